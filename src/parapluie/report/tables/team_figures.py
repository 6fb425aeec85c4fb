"""Figures that the team defines in ``figures.yaml``, under its own headings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parapluie.report.results import Results
from parapluie.report.table import Cell, Column, Table, number_cell

_COLUMNS = (
    Column("section", "About", "label"),
    Column("label", "Figure", "label"),
    Column("value", "Value", "free"),
    Column("percent", "Percent", "percent"),
)


def build(results: Results) -> Table:
    """Make the table."""
    return Table(
        "team_figures",
        "Characteristics that the team counts",
        _COLUMNS,
        tuple(_row(results, definition) for definition in results.team),
        empty="The team defines no figures of its own (data/figures.yaml).",
        folded=len(results.team) > 30,
    ).without_empty_columns()


def _row(results: Results, definition: Mapping[str, Any]) -> tuple[Cell, ...]:
    key = f"figures.{definition['key']}"
    line = results.figures[key]
    percent = results.figures.get(f"{key}.percent")
    section = str(definition.get("section", ""))
    is_year = definition.get("of") == "year" or definition.get("column") == "year"
    kind = "share" if line["unit"] == "proportion" else ("year" if is_year else "free")
    if is_year and not float(line["value"] or 0).is_integer():
        kind = "free"
    return (
        Cell(section, section, "", "label"),
        Cell(str(definition["label"]), str(definition["label"]), "", "label"),
        number_cell(key, line, kind),
        number_cell(f"{key}.percent", percent, "percent") if percent else Cell("", ""),
    )
