"""Raw cells of studies as columns: events of all, or mean, standard deviation and number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from parapluie.forest.model import Cell, Column, number
from parapluie.measures import Measure

INTERVENTION, CONTROL = "cells_1", "cells_2"


def columns(found: Mapping[str, Mapping[str, Cell]]) -> tuple[Column, ...]:
    """Give the columns of the two arms; none where no study has cells."""
    if not found:
        return ()
    kind = "n/N" if "/" in next(iter(found.values()))[INTERVENTION][0] else "mean (SD), n"
    return (
        Column(INTERVENTION, f"Intervention\n{kind}", True),
        Column(CONTROL, f"Control\n{kind}", True),
    )


def cells_of(
    table: pd.DataFrame, outcome: str, measure: Measure, part: pd.DataFrame
) -> dict[str, dict[str, Cell]]:
    """Give the cells of both arms of each study.

    Only where every study of the plot has one result, with its cells: an average of several
    results has none.

    Parameters
    ----------
    table : DataFrame
        study_effects.csv.
    outcome : str
    measure : Measure
    part : DataFrame
        The averages of the plot.
    """
    if not len(table) or (part["n_effects"] > 1).any():
        return {}
    own = table[(table["outcome"] == outcome) & (table["measure"] == measure.code)]
    rows = own.drop_duplicates("study_id").to_dict("records")
    found = {str(r["study_id"]): _arms(r) for r in rows}
    if not set(part["study_id"]) <= {s for s, arms in found.items() if arms}:
        return {}
    return {s: arms for s, arms in found.items() if arms}


def _arms(row: Mapping[Any, Any]) -> dict[str, Cell]:
    key = f"forest.cells.{row['study_effect_id']}"
    arms = {}
    for name, a, b, m, sd, n in (
        (INTERVENTION, "ai", "bi", "m1i", "sd1i", "n1i"),
        (CONTROL, "ci", "di", "m2i", "sd2i", "n2i"),
    ):
        text = _events(row, a, b, n) or _mean(row, m, sd, n)
        if not text:
            return {}
        arms[name] = (text, f"{key}.{name[-1]}")
    return arms


def _value(row: Mapping[Any, Any], column: str) -> float:
    value = row.get(column, math.nan)
    return float(value) if isinstance(value, (int, float)) else math.nan


def _events(row: Mapping[Any, Any], a: str, b: str, n: str) -> str:
    events, others, total = (_value(row, c) for c in (a, b, n))
    total = events + others if math.isnan(total) else total
    return "" if math.isnan(events + total) else f"{number(events, 0)}/{number(total, 0)}"


def _mean(row: Mapping[Any, Any], m: str, sd: str, n: str) -> str:
    values = [_value(row, c) for c in (m, sd, n)]
    if any(math.isnan(v) for v in values):
        return ""
    return f"{number(values[0], 1)} ({number(values[1], 1)}), {number(values[2], 0)}"


def cell_figures(
    table: pd.DataFrame, found: Mapping[str, Mapping[str, Cell]]
) -> Sequence[tuple[str, str, str]]:
    """Give key, text and row id of each cell that is shown."""
    shown = {text[1]: text[0] for arms in found.values() for text in arms.values()}
    return [
        (key, shown[key], str(i))
        for i in (table["study_effect_id"] if len(table) else ())
        for key in (f"forest.cells.{i}.1", f"forest.cells.{i}.2")
        if key in shown
    ]
