"""Findings under themes, each with its reviews."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

_COLUMNS = (
    Column("row_id", "Row", "id"),
    Column("theme", "Theme", "label"),
    Column("subtheme", "Subtheme", "label"),
    Column("perspective", "Perspective", "label"),
    Column("valence", "Valence"),
    Column("finding", "Finding", "label"),
    Column("reviews_shown", "Reviews", "list"),
    Column("quality", "Quality of the reviews", "label"),
    Column("only_left_out", "Weak reviews only"),
)


def build(results: Results) -> Table:
    """Make the table."""
    labels = results.review_labels()
    rows = [
        {**row, "reviews_shown": ";".join(labels.get(r, r) for r in row["review_ids"].split(";"))}
        for row in results.rows("narrative/themes")
    ]
    return make(
        "themes_findings", "Findings by theme", _COLUMNS, rows, results.figures, folded=True
    )
