"""Figures of appraisal and overlap that are not drawn, each with its reason."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

KINDS = {
    "items": "items by reviews",
    "answers": "answers by item",
    "grades": "reviews by grade",
    "heatmap": "overlap by pair of reviews",
    "citation_matrix": "citation matrix",
    "upset": "studies by the reviews that include them",
    "distribution": "studies by number of reviews",
}
"""Kind of figure to its words."""


def _build(results: Results, stage: str, name: str) -> Table:
    columns = (Column("kind", "Figure", "label", say=KINDS), Column("reason", "Why not", "label"))
    rows = [
        {**row, "reason": row["reason"].partition(": ")[2] or row["reason"]}
        for row in results.rows(f"{stage}/not_drawn")
    ]
    title = f"Figures of {name} that are not drawn"
    return make(f"{stage}_not_drawn", title, columns, rows, results.figures, empty="")


def of_appraisal(results: Results) -> Table:
    """Make the table of the stage appraisal."""
    return _build(results, "appraisal", "quality")


def of_overlap(results: Results) -> Table:
    """Make the table of the stage overlap."""
    return _build(results, "overlap", "overlap")
