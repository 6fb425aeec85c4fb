"""Bounds of the overlap from a recorded distribution, where the rows cannot be had."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Cell, Column, Table, number_cell

_COLUMNS = (Column("what", "Figure", "label"), Column("value", "Value", "d1"))
_KINDS = {"cca_low": "share", "cca_high": "share"}
_PREFIX = "overlap.recorded."


def build(results: Results) -> Table:
    """Make the table."""
    keys = [k for k in results.keys(_PREFIX) if ".distribution." not in k and "percent" not in k]
    rows = tuple(
        (
            Cell(key, str(results.figures[key]["rule"]), "", "label"),
            number_cell(key, results.figures[key], _KINDS.get(key.removeprefix(_PREFIX), "count")),
        )
        for key in keys
    )
    return Table(
        "overlap_recorded",
        "Overlap that the recorded distribution allows",
        _COLUMNS,
        rows,
        notes=("The lists of studies cannot be had; only bounds can be given.",),
        empty="",
    )
