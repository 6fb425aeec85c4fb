"""Table of the flow: every box counted from the rows, and beside it the published flow."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Cell, Column, Table, number_cell

_COLUMNS = (
    Column("box", "Box", "label"),
    Column("unit", "Unit"),
    Column("n", "Counted", "count"),
    Column("recorded", "As published", "count"),
    Column("note", "Note", "label"),
)


def build(results: Results) -> Table:
    """Make the table."""
    counted = {str(b["box"]): b for b in results.flow if b.get("kind", "counted") == "counted"}
    published = {str(row["box"]): row for row in _published(results)}
    rows = tuple(
        _row(results, name, counted.get(name, {}), published.get(name, {}))
        for name in [*counted, *(b for b in published if b not in counted)]
    )
    table = Table("flow", "Boxes of the flow", _COLUMNS, rows, empty="No box is counted yet.")
    if published:
        table = table.with_note(
            "As published: as a source prints it; never mixed with what is counted here."
        )
    return table.without_empty_columns()


def _published(results: Results) -> list[dict[str, str]]:
    table = results.data.get("search/recorded_flow.csv")
    return list(table.rows) if table else []


def _row(
    results: Results, name: str, box: dict[str, object], published: dict[str, str]
) -> tuple[Cell, ...]:
    label = str(box.get("label") or published.get("label") or name.replace("_", " "))
    unit = str(box.get("unit") or published.get("unit") or "")
    note = str(box.get("note") or "")
    return (
        Cell(name, label, "", "label"),
        Cell(unit, unit),
        _number(results, f"prisma.{name}"),
        _number(results, f"prisma.recorded.{name}"),
        Cell(note, note, "", "label"),
    )


def _number(results: Results, key: str) -> Cell:
    line = results.figures.get(key)
    return number_cell(key, line, "count") if line else Cell("", "")
