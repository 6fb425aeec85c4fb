"""AMSTAR 2 by item: how many reviews have which answer."""

from __future__ import annotations

import re

from parapluie.report.results import Results
from parapluie.report.table import Cell, Column, Table, number_cell

_PREFIX = "appraisal.item."
_ORDER = ("no", "partial_yes", "yes")


def build(results: Results) -> Table:
    """Make the table."""
    found: dict[str, dict[str, str]] = {}
    for key in results.keys(_PREFIX):
        item, _, answer = key.removeprefix(_PREFIX).rpartition(".")
        found.setdefault(item, {})[answer] = key
    answers = sorted({a for item in found.values() for a in item}, key=_rank)
    columns = (
        Column("item", "Item", "label"),
        *(Column(a, a.replace("_", " ").capitalize(), "count") for a in answers),
    )
    rows = tuple(
        (
            Cell(item, item.replace("_", " "), "", "label"),
            *(_number(results, found[item].get(a, "")) for a in answers),
        )
        for item in sorted(found, key=_natural)
    )
    return Table(
        "appraisal_items",
        "Reviews by item and answer",
        columns,
        rows,
        empty="No item is answered yet.",
        folded=True,
    )


def _rank(answer: str) -> tuple[int, str]:
    return (_ORDER.index(answer) if answer in _ORDER else len(_ORDER), answer)


def _natural(item: str) -> tuple[int, str]:
    number = re.match(r"\d+", item)
    return (int(number.group()) if number else 99, item)


def _number(results: Results, key: str) -> Cell:
    line = results.figures.get(key)
    return number_cell(key, line, "count") if line else Cell("", "·", "", "label")
