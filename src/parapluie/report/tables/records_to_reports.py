"""How records became reports: read, removed before screening, joined by which rule, left."""

from __future__ import annotations

from collections.abc import Iterator

from parapluie.report.results import Results
from parapluie.report.table import Cell, Column, Table, number_cell

_COLUMNS = (
    Column("step", "Step"),
    Column("how", "How", "label"),
    Column("n", "How many", "count"),
    Column("rule", "Rule", "id"),
)
_BEFORE = (
    ("records", "Records read", "all searches together"),
    (
        "removed.only_number",
        "Records before the export",
        "removed there; only their number is known",
    ),
    ("removed.automatic", "Removed before screening", "marked as ineligible by automation tools"),
    ("removed.other", "Removed before screening", "for other reasons"),
)
_ALWAYS = ("records", "removed.automatic", "removed.other")


def build(results: Results) -> Table:
    """Make the table."""
    return Table(
        "records_to_reports",
        "How records became reports",
        _COLUMNS,
        tuple(_rows(results)),
        notes=(
            "What was read and what was removed before the export, less what was removed and less "
            "the duplicates, gives the reports. A duplicate is a record that is not the first of "
            "its report; it stays in the data and counts under the rule that joined it.",
        ),
        empty="No records are read yet.",
    ).without_empty_columns()


def _rows(results: Results) -> Iterator[tuple[Cell, ...]]:
    for name, step, how in _BEFORE:
        if name in _ALWAYS or results.value(f"deduplication.{name}"):
            yield from _row(results, name, step, how)
    for row in results.rows("deduplication/rules"):
        yield from _row(
            results, f"rules.{row['rule']}.duplicates", "Duplicate", row["meaning"], row["rule"]
        )
    yield from _row(results, "duplicates", "Duplicates", "by all rules together")
    yield from _row(results, "reports", "Reports", "what is screened")


def _row(
    results: Results, name: str, step: str, how: str, rule: str = ""
) -> Iterator[tuple[Cell, ...]]:
    key = f"deduplication.{name}"
    if key in results.figures:
        number = number_cell(key, results.figures[key], "count")
        yield Cell(step, step), Cell(how, how, "", "label"), number, Cell(rule, rule, "", "id")
