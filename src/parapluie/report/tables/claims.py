"""Figures that a manuscript prints, each against the recomputed one."""

from __future__ import annotations

from parapluie.report.results import Results, Row
from parapluie.report.table import Cell, Column, Table, number_cell

_COLUMNS = (
    Column("claim_id", "Claim", "id"),
    Column("result", "Result"),
    Column("printed", "Printed", "free"),
    Column("recomputed", "Recomputed", "free"),
    Column("printed_percent", "Printed %", "percent"),
    Column("recomputed_percent", "Recomputed %", "percent"),
    Column("reason", "Reason", "label"),
    Column("where", "Where", "ref"),
    Column("key", "Key", "ref"),
    Column("note", "Note", "label"),
)
_ORDER = {"disagrees": 0, "unknown_key": 1, "not_recomputed": 2, "agrees": 3}


def build(results: Results) -> Table:
    """Make the table: what disagrees first."""
    rows = sorted(results.claims, key=lambda r: (_ORDER[r["result"]], int(r["row"])))
    return Table(
        "claims",
        "Printed figures against recomputed ones",
        _COLUMNS,
        tuple(_row(results, row) for row in rows),
        notes=(
            "Compared at the printed precision, halves rounded away from zero; a proportion as "
            "percent.",
        ),
        empty="No claims are listed (data/claims.csv).",
    ).without_empty_columns()


def _row(results: Results, row: Row) -> tuple[Cell, ...]:
    cells = []
    for column in _COLUMNS:
        text = row.get(column.name, "")
        if column.name.startswith("printed"):
            cells.append(_printed(results, f"report.claims.{row['row']}.{column.name}", text))
        elif column.name.startswith("recomputed"):
            key = row["key"] + (".percent" if column.name.endswith("percent") else "")
            cells.append(Cell(text, text.replace("-", "−"), key if text else "", "number"))
        else:
            shown = text.replace("_", " ") if column.name == "result" else text
            cells.append(Cell(text, shown, "", column.kind))
    return tuple(cells)


def _printed(results: Results, key: str, text: str) -> Cell:
    line = results.figures.get(key)
    if line is None:
        return Cell(text, text)
    return Cell(text, text or number_cell(key, line, "label").shown, key, "number")
