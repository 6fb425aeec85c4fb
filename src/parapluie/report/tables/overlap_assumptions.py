"""What the overlap rests on, and what it would be under other assumptions."""

from __future__ import annotations

from dataclasses import replace

from parapluie.report.results import Results
from parapluie.report.table import Cell, Column, Table, make, number_cell

_COLUMNS = (Column("assumption", "Assumption", "label"), Column("shown", "Taken as", "label"))

_OPEN = "overlap.matches_to_check"

PLACES = {
    "as counted": "all",
    "all the same": "questions.if_same",
    "all different": "questions.if_different",
    "none": "missingness.none",
    "year": "missingness.year",
    "date": "missingness.date",
}
"""Value of an assumption to the first part of the keys of its numbers."""

_OTHER = (
    Column("assumption", "Assumption", "label"),
    Column("value", "Taken as", "label"),
    *(
        Column(name, title, kind, f"overlap.{{place}}.{name}")
        for name, title, kind in (
            ("r", "Different studies", "count"),
            ("cca", "CCA", "share"),
            ("x", "Structurally missing", "count"),
            ("cca_adjusted", "CCA without these", "share"),
        )
    ),
)


def build(results: Results) -> Table:
    """Make the table of assumptions."""
    rows = [
        {**row, "shown": row["value"].replace("_", " ")}
        for row in results.rows("overlap/assumptions")
    ]
    title = "What the overlap rests on"
    table = make("overlap_assumptions", title, _COLUMNS, rows, results.figures)
    return replace(table, rows=tuple(_traced(results, row) for row in table.rows))


def _traced(results: Results, row: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Give the number of open questions its key; the other values are words."""
    line = results.figures.get(_OPEN)
    if row[0].value != "open questions on studies" or line is None:
        return row
    return (row[0], number_cell(_OPEN, line, "count"))


def sensitivity(results: Results) -> Table:
    """Make the table of the overlap under other assumptions."""
    rows = results.rows("overlap/sensitivity")
    return make(
        "overlap_sensitivity",
        "Overlap under other assumptions",
        _OTHER,
        [{**row, "place": PLACES.get(row["value"], "")} for row in rows],
        results.figures,
        notes=["Over all studies; each line changes one assumption alone."],
    )
