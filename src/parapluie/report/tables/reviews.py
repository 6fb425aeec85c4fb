"""The included reviews, one row each."""

from __future__ import annotations

from parapluie.report.results import Results, label_of
from parapluie.report.table import Column, Table, make


def build(results: Results) -> Table:
    """Make the table."""
    rows = [{**row, "label": label_of(row)} for row in results.rows("included/reviews")]
    table = make(
        "reviews",
        "Included reviews",
        _columns(results),
        rows,
        results.figures,
        empty="No review is included yet.",
    )
    return table.without_empty_columns().with_note(
        "· not known yet; NR not reported in the source; NA does not apply."
    )


def _columns(results: Results) -> tuple[Column, ...]:
    types = {t["id"]: t["label"] for t in results.protocol.get("review_types", [])}
    key = "included.reviews.{review_id}."
    return (
        Column("label", "Review", "label"),
        Column("title", "Title", "label"),
        Column("review_type", "Type", "label", say=types),
        Column("questions", "Questions", "list"),
        Column("population_groups", "Population", "list"),
        Column("format", "Format", "list"),
        Column("n_studies", "Studies", "count", key + "n_studies"),
        Column("n_participants", "Participants", "count", key + "n_participants"),
        Column("search_end", "Last search", "date"),
        Column("databases", "Databases", "list"),
        Column("registered", "Registered"),
        Column("rob_tool", "Risk of bias tool", "label"),
        Column("grade_used", "GRADE used"),
        Column("lived_experience_involved", "Lived experience"),
        Column("n_reports", "Reports", "count", key + "n_reports"),
        Column("doi", "DOI", "doi"),
    )
