"""The rows of a pooled result: diamond, prediction interval, heterogeneity."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from parapluie.forest.model import (
    POOLED,
    PREDICTION,
    WORDS,
    Cell,
    Row,
    in_type,
    interval,
    number,
    p_value,
)
from parapluie.measures import Measure


def method_row(
    pooled: pd.DataFrame, outcome: str, measure: Measure, level: str
) -> dict[Any, Any] | None:
    """Give the row of the protocol's method; ``None`` where nothing was pooled."""
    found = pooled[
        (pooled["outcome"] == outcome)
        & (pooled["measure"] == measure.code)
        & (pooled["level"] == level)
        & (pooled["main"] == "yes")
        & (pooled["k_studies"] > 1)
    ]
    return dict(found.iloc[0].to_dict()) if len(found) else None


def key_of(row: Mapping[Any, Any]) -> str:
    """Give the key under which the figures of a pooled result stand."""
    return f"synthesis.pooled.{row['pool_id']}.{row['method']}"


def pooled_rows(row: Mapping[Any, Any], cells: Mapping[str, Cell], digits: int) -> list[Row]:
    """Make diamond, prediction interval and the line on heterogeneity.

    Parameters
    ----------
    row : mapping
        A row of pooled.csv.
    cells : mapping
        Further cells of the row of the diamond.
    digits : int
        Decimals of the effect.
    """
    key = key_of(row)
    estimate, low, high = (row[f"natural_{c}"] for c in ("estimate", "ci_low", "ci_high"))
    effect = (interval(estimate, low, high, digits), f"{key}.natural_estimate")
    diamond = Row(
        (row["method_label"], ""), "", estimate, low, high, kind=POOLED, ruled=True,
        cells={**cells, "effect": effect},
        facts=[("Pooled", *effect), *_spread(row, key), ("How", _how(row), "")],
    )  # fmt: skip
    return [diamond, *prediction_rows(row, key, digits), heterogeneity_row(row, key)]


def _how(row: Mapping[Any, Any]) -> str:
    return f"{row['method_label']}; interval {row['ci_method']}"


def _spread(row: Mapping[Any, Any], key: str) -> list[tuple[str, str, str]]:
    found = []
    for name, column, digits, unit in (("τ²", "tau2", 3, ""), ("I²", "i2", 1, "%")):
        if not math.isnan(row[column]):
            found.append((name, f"{number(row[column], digits)}{unit}", f"{key}.{column}"))
    return found


def prediction_rows(row: Mapping[Any, Any], key: str, digits: int) -> list[Row]:
    """Make the row of the prediction interval; none where there is no such interval."""
    low, high = row["natural_pi_low"], row["natural_pi_high"]
    if math.isnan(low):
        return []
    text = (f"[{number(low, digits)}, {number(high, digits)}]", f"{key}.natural_pi_low")
    facts = [("Prediction interval", *text), ("How", in_type(row["pi_method"]), "")]
    label = ("95% prediction interval", "")
    return [Row(label, "", row["natural_estimate"], low, high, kind=PREDICTION,
                cells={"effect": text}, facts=facts)]  # fmt: skip


def heterogeneity_row(row: Mapping[Any, Any], key: str) -> Row:
    """Make the line on heterogeneity."""
    return Row(("", ""), kind=WORDS, words=heterogeneity(row, key))


def heterogeneity(row: Mapping[Any, Any], key: str) -> list[Cell]:
    """Tell Q with its degrees of freedom and p, tau² with its estimator, I² with its interval."""
    cells = [
        ("Heterogeneity:", ""),
        (f"Q = {number(row['q'])},", f"{key}.q"),
        (f"df = {row['df']:.0f},", f"{key}.df"),
        (f"{p_value(row['q_p'])};", f"{key}.q_p"),
    ]
    if row["method"] == "common":
        return [*cells, (f"I² = {number(row['i2_q'], 1)}%", f"{key}.i2_q"), ("(from Q)", "")]
    estimator = str(row["method"]).partition("_")[0]
    cells += [
        (f"τ² = {number(row['tau2'], 3)}", f"{key}.tau2"),
        (f"({estimator});", ""),
        (f"I² = {number(row['i2'], 1)}%", f"{key}.i2"),
    ]
    if not math.isnan(row.get("i2_low", math.nan)):
        ends = f"[{number(row['i2_low'], 1)}, {number(row['i2_high'], 1)}]"
        cells.append((ends, f"forest.spread.{row['pool_id']}.i2_low"))
    return cells
