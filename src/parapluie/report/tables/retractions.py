"""Retracted reports, notices of retraction and expressions of concern: for people to decide."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make
from parapluie.search_names import labels_of
from parapluie.vocabulary import STAGES

STATUSES = {
    "retracted": "retracted",
    "retraction_notice": "notice of retraction",
    "expression_of_concern": "expression of concern",
}
_TITLES = {"title_abstract": "Title and abstract", "full_text": "Full text"}


def build(results: Results) -> Table:
    """Make the table: retracted publications first, with what was decided on each so far."""
    listed = results.data.get("search/searches.csv")
    labels = labels_of(listed.rows if listed else [])
    columns = (
        Column("report_id", "Report", "id"),
        Column("retraction_status", "What", say=STATUSES),
        Column("title", "Title", "label"),
        Column("year", "Year", "date"),
        Column("doi", "DOI", "doi"),
        Column("searches", "Found by", "label"),
        *(Column(stage, title) for stage, title in _TITLES.items()),
    )
    states = {(r["report_id"], r["stage"]): r["state"] for r in results.rows("screening/state")}
    order = list(STATUSES)
    rows = [
        {
            **row,
            "searches": "; ".join(labels.get(s, s) for s in row["search_ids"].split(";") if s),
            **{stage: states.get((row["report_id"], stage), "") for stage in STAGES},
        }
        for row in results.rows("deduplication/named_reports")
        if row["retraction_status"] in STATUSES
    ]
    rows.sort(key=lambda row: (order.index(row["retraction_status"]), row["report_id"]))
    return make(
        "retractions",
        "Retracted reports, notices of retraction and expressions of concern",
        columns,
        rows,
        results.figures,
        notes=[
            "As the exports say it, in a title, in a kind of publication, or by a notice that is"
            " among the records. A retraction that no export tells is not known here.",
        ],
        empty="No record tells of a retraction or of a concern.",
    ).without_empty_columns()
