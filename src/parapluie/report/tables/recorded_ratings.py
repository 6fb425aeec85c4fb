"""Ratings and counts that sources print, of AMSTAR 2 and of other tools."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Cell, Column, Table, number_cell

_COLUMNS = (
    Column("what", "As recorded", "label"),
    Column("n", "Reviews", "count"),
    Column("source", "Source", "ref"),
)


def build(results: Results) -> Table:
    """Make the table."""
    keys = [*results.keys("appraisal.recorded."), *results.keys("appraisal.counts.")]
    rows = tuple(_row(results, key) for key in keys)
    return Table(
        "recorded_ratings",
        "Ratings and counts as sources print them",
        _COLUMNS,
        rows,
        notes=("Shown as recorded; never mixed with what is counted from item answers.",),
        empty="No rating is recorded.",
        folded=True,
    )


def _row(results: Results, key: str) -> tuple[Cell, ...]:
    parts = [part.replace("_", " ") for part in key.split(".")[2:]]
    line = results.figures[key]
    source = str(line["source"])
    return (
        Cell(key, ", ".join(parts), "", "label"),
        number_cell(key, line, "count"),
        Cell(source, source, "", "ref"),
    )
