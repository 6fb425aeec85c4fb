"""Bring the reviews' own results to one direction per outcome, and find results told twice."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from parapluie.measures import MEASURES, Measure
from parapluie.synthesis.pooling import Z

AS_PRINTED = "as_printed"
SIGN_CHANGED = "sign_changed"
INVERTED = "inverted"
NOT_HARMONISED = "not_harmonised"

RULES = {
    AS_PRINTED: "as printed by the review",
    SIGN_CHANGED: "sign changed, so that all results of the outcome point one way",
    INVERTED: "inverted (1 / value), so that all results of the outcome point one way",
    NOT_HARMONISED: "as printed by the review; not brought to the direction of the outcome",
}
"""What was done to a printed number, for readers."""


@dataclass(frozen=True)
class Shown:
    """A result as it is displayed (natural scale), and what was done to it.

    ``yi`` and ``se`` are on the scale of analysis, ``se`` from the width of the interval; NaN
    where there is none. ``reason`` says why a direction could not be harmonised or a number is
    missing.
    """

    direction: str
    estimate: float
    ci_low: float
    ci_high: float
    yi: float
    se: float
    reason: str


def turn(row: Mapping[str, Any], wanted: str) -> tuple[str, str]:
    """Decide what is done to a printed result, and why if nothing can be done.

    Parameters
    ----------
    row : mapping
        measure and better_when of the printed number.
    wanted : str
        ``higher`` or ``lower`` as the protocol has it for the display; ``""`` if it says nothing.
    """
    given, measure = row["better_when"], MEASURES[row["measure"]]
    if not wanted:
        return AS_PRINTED, ""
    if given not in ("higher", "lower"):
        return NOT_HARMONISED, "which direction of the printed number is better is not known"
    if given == wanted:
        return AS_PRINTED, ""
    if measure.signed:
        return SIGN_CHANGED, ""
    if measure.invertible:
        return INVERTED, ""
    return NOT_HARMONISED, f"{measure.label} is not turned round: {given} is better in this row"


def shown(row: Mapping[str, Any], wanted: str) -> Shown:
    """Give one row of effects.csv as it is displayed.

    Parameters
    ----------
    row : mapping
        measure, estimate, ci_low, ci_high (natural scale, NaN where absent), better_when.
    wanted : str
        As for `turn`.
    """
    if row["measure"] not in MEASURES:
        nan, reason = math.nan, "not_available: no measure in data"
        return Shown(AS_PRINTED, nan, nan, nan, nan, nan, reason)
    measure = MEASURES[row["measure"]]
    direction, reason = turn(row, wanted)
    triple = _turned(direction, row["estimate"], row["ci_low"], row["ci_high"])
    if math.isnan(triple[0]):
        reason = "not_available: no estimate in data"
    return Shown(direction, *triple, measure.to_analysis(triple[0]), _se(measure, triple), reason)


def _turned(direction: str, middle: float, low: float, high: float) -> tuple[float, float, float]:
    if direction == SIGN_CHANGED:
        return 0.0 - middle, 0.0 - high, 0.0 - low
    if direction == INVERTED:
        return _inverse(middle), _inverse(high), _inverse(low)
    return middle + 0.0, low + 0.0, high + 0.0


def _inverse(value: float) -> float:
    return 1 / value if value > 0 else math.nan


def _se(measure: Measure, triple: tuple[float, float, float]) -> float:
    if not measure.symmetric:
        return math.nan
    return (measure.to_analysis(triple[2]) - measure.to_analysis(triple[1])) / (2 * Z)


# --- the same result twice ------------------------------------------------------------------------

LINKED = "linked by same_result_as"
EQUAL = "k, n, Q and size are equal"


def same_results(rows: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Find rows that tell one result.

    Parameters
    ----------
    rows : DataFrame
        effect_id, outcome, measure, shown_estimate, shown_low, shown_high, k, n, q,
        same_result_as.

    Returns
    -------
    dict
        effect_id to (the row that stands for the result, basis), for rows of a result that is told
        more than once. The row that others point to stands for it; then the one with the most
        numbers; then the first.
    """
    leader: dict[str, str] = {e: e for e in rows["effect_id"]}
    basis: dict[str, str] = {}
    for a, b, why in [*_equal_pairs(rows), *_linked_pairs(rows)]:
        _join(leader, a, b)
        basis[a] = basis[b] = why
    groups: dict[str, list[str]] = {}
    for effect in leader:
        groups.setdefault(_root(leader, effect), []).append(effect)
    rank = ranks(rows)
    return {
        effect: (min(group, key=lambda e: rank[e]), basis[effect])
        for group in groups.values()
        if len(group) > 1
        for effect in group
    }


def _linked_pairs(rows: pd.DataFrame) -> list[tuple[str, str, str]]:
    known = set(rows["effect_id"])
    pairs = zip(rows["effect_id"], rows["same_result_as"], strict=True)
    return [(a, b, LINKED) for a, b in pairs if b in known and a != b]


def _equal_pairs(rows: pd.DataFrame) -> list[tuple[str, str, str]]:
    groups: dict[tuple[Any, ...], list[str]] = {}
    for row in rows.dropna(subset=["k", "n", "q", "shown_estimate"]).to_dict("records"):
        size = (row["shown_estimate"], row["shown_low"], row["shown_high"])
        ends = ("" if math.isnan(x) else round(x, 9) for x in size)
        key = (row["outcome"], row["measure"], row["k"], row["n"], row["q"], *ends)
        groups.setdefault(key, []).append(row["effect_id"])
    return [(g[0], other, EQUAL) for g in groups.values() for other in g[1:]]


def _root(leader: dict[str, str], effect: str) -> str:
    while leader[effect] != effect:
        effect = leader[effect]
    return effect


def _join(leader: dict[str, str], a: str, b: str) -> None:
    low, high = sorted((_root(leader, a), _root(leader, b)))
    leader[high] = low


def ranks(rows: pd.DataFrame) -> dict[str, tuple[bool, int, str]]:
    """Order rows by how well they stand for a result: linked to last, emptier later."""
    numbers: Sequence[str] = ("estimate", "ci_low", "ci_high", "k", "n", "i2", "q", "df", "p", "z")
    filled = rows[list(numbers)].notna().sum(axis=1)
    columns = (rows["effect_id"], rows["same_result_as"], filled)
    return {e: (bool(link), -int(n), e) for e, link, n in zip(*columns, strict=True)}
