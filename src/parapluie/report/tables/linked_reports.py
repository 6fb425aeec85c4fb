"""Reports that belong together and are not one: versions, protocols, errata, comments."""

from __future__ import annotations

from dataclasses import replace

from parapluie.report.results import Results
from parapluie.report.table import ON_PAGE, Column, Table, make

RELATIONS = {
    "retraction_of": "retracts",
    "erratum_of": "is an erratum of",
    "comment_on": "comments on",
    "version_of": "is a version of",
    "protocol_of": "is the protocol of",
    "abstract_of": "is an abstract of",
    "companion_of": "is a companion of",
}
"""What a relation says between the two titles, in the order of the table."""


def build(results: Results) -> Table:
    """Make the table."""
    titles = {r["report_id"]: r["title"] for r in results.rows("deduplication/named_reports")}
    columns = (
        Column("report_a", "Report", "id"),
        Column("title_a", "Title", "label"),
        Column("relation", "Link", say=RELATIONS),
        Column("title_b", "Title", "label"),
        Column("report_b", "Report", "id"),
        Column("basis", "Seen by", "ref"),
    )
    order = list(RELATIONS)
    rows = [
        {**row, **{f"title_{side}": titles.get(row[f"report_{side}"], "") for side in "ab"}}
        for row in results.rows("deduplication/relations")
    ]
    rows.sort(key=lambda r: (_place(order, r["relation"]), r["report_a"], r["report_b"]))
    table = make(
        "linked_reports",
        "Which report belongs to which",
        columns,
        rows,
        results.figures,
        notes=["Each keeps its own decision; none of them was joined or removed."],
        empty="No two reports are linked.",
        folded=True,
    )
    return replace(table, on_page=ON_PAGE)


def _place(order: list[str], relation: str) -> int:
    return order.index(relation) if relation in order else len(order)
