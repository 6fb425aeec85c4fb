"""Every criterion of every class: value, threshold, whether it passed, and what it would change."""

from __future__ import annotations

from dataclasses import replace

from parapluie.report.results import Results, Row
from parapluie.report.table import ON_PAGE, Cell, Column, Table, make, short_reason
from parapluie.report.tables.credibility import NONE

_VALUE = "value"


def build(results: Results) -> Table:
    """Make the table."""
    columns = (
        Column("outcome", "Outcome", "label", say=results.outcome_labels()),
        Column("effect", "Printed result", "id"),
        Column("rule_set", "Rules", "id"),
        Column("class", "Class"),
        Column("for_class", "Asked for by"),
        Column("criterion", "Criterion", "label"),
        Column(_VALUE, "Value", "label"),
        Column("threshold", "Threshold, or why points are off", "label"),
        Column("passed", "Passed"),
        Column("would_change", "What it would change", "label"),
        Column("reason", "Why not known", "label"),
        Column("alternative", "One of", "label"),
    )
    rows = [_filled(row) for row in results.rows("credibility/classes")]
    table = make(
        "credibility_criteria",
        "Criteria of the credibility classes",
        columns,
        rows,
        results.figures,
        notes=["Not assessable: the value is not known, or not well enough to tell."],
        empty="No class is given.",
        folded=True,
    )
    place = [c.name for c in columns].index(_VALUE)
    shown = tuple(
        (*cells[:place], _value(results, row, cells[place]), *cells[place + 1 :])
        for cells, row in zip(table.rows, rows, strict=True)
    )
    return replace(table, rows=shown, on_page=ON_PAGE).without_empty_columns()


def _filled(row: Row) -> Row:
    """Put a dash where there is nothing to say; an empty cell would be one not known yet."""
    columns = ("for_class", "alternative", "reason", "would_change")
    effect = row["result_id"] if row["level"] == "reviews" else ""
    return {**row, "effect": effect, **{c: row[c] or NONE for c in columns}}


def _value(results: Results, row: Row, plain: Cell) -> Cell:
    """Show a value in four digits with the key of its figure; of a domain its points."""
    key = row.get("figure", "")
    line = results.figures.get(key)
    if line is None:
        return plain
    if line["absent_reason"]:
        reason = str(line["absent_reason"])
        return Cell("", short_reason(reason), key, "absent", reason)
    value = line["value"]
    return Cell(str(value), _four_digits(str(value)), key, "number")


def _four_digits(text: str) -> str:
    try:
        return f"{float(text):.4g}".replace("-", "−")
    except ValueError:
        return text
