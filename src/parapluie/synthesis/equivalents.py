"""Effects of unlike measures on common scales: standardised difference, odds ratio, risk ratio.

An equivalent is for reading results side by side, not for pooling. Each names the steps by which it
was made and what they suppose; a step that needs a fact which is not stated is not taken. All
equivalents have the direction of the outcome: on the common scale a risk ratio can be turned round,
for it has become an odds ratio.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from parapluie.effects.convert import convert, equivalent_g
from parapluie.measures import MEASURES

EFFECT, POOLED = "effect", "pooled"
SCALES = {"eg": "SMD", "eor": "OR", "err": "RR"}
"""Column to the measure it is an equivalent of."""
EQUIVALENT_COLUMNS = (
    "level", "id", "outcome", "review_id", "measure", "direction", "baseline_risk",
    "baseline_source",
    *(f"{c}{end}" for c in SCALES for end in ("", "_low", "_high")),
    *(f"{c}_{part}" for c in SCALES for part in ("path", "supposes", "reason")),
)  # fmt: skip
TURNED = "turned on the common scale"
_RATIOS = ("RR", "HR", "IRR")


@dataclass(frozen=True)
class Baseline:
    """The risk without the intervention that an outcome's equivalents suppose."""

    risk: float = math.nan
    source: str = ""

    @classmethod
    def of(cls, outcome: Mapping[str, Any]) -> Baseline:
        """Take it from an outcome of the protocol."""
        return cls(float(outcome.get("baseline_risk", math.nan)),
                   str(outcome.get("baseline_source", "")))  # fmt: skip


@dataclass(frozen=True)
class Equivalent:
    """An effect on another scale (ratios natural), its way, or the reason why there is none."""

    estimate: float = math.nan
    low: float = math.nan
    high: float = math.nan
    path: str = ""
    supposes: str = ""
    reason: str = ""


def equivalent(
    ends: tuple[float, float, float], measure: str, target: str, baseline: Baseline, turn: bool
) -> Equivalent:
    """Bring an effect with its interval to another measure.

    Parameters
    ----------
    ends : (float, float, float)
        Estimate, lower and upper end on the scale of analysis of `measure`.
    measure, target : str
    baseline : Baseline
    turn : bool
        Whether the direction is changed, which is done as odds ratio or standardised difference.

    Returns
    -------
    Equivalent
        Without a baseline risk, a risk ratio stands for an odds ratio in the standardised
        difference, as in metaumbrella; it is said so.
    """
    facts = {} if math.isnan(baseline.risk) else {"baseline_risk": baseline.risk}
    if turn and target == "RR":
        return _turned_ratio(ends, measure, facts)
    try:
        found = convert(ends, [1.0] * 3, measure, target, facts)
    except ValueError as error:
        return _taken_for_odds(ends, measure, target, turn, str(error))
    reason = str(found.reason[0])
    if reason:
        return Equivalent(reason=reason)
    return _finished(found.yi, target, turn, found.path, found.supposes)


def _turned_ratio(
    ends: tuple[float, float, float], measure: str, facts: Mapping[str, float]
) -> Equivalent:
    """Turn an effect round as an odds ratio, and bring that to a risk ratio."""
    try:
        odds = convert(ends, [1.0] * 3, measure, "OR", facts)
        back = convert(-odds.yi, odds.vi, "OR", "RR", facts)
    except ValueError as error:
        return Equivalent(reason=f"not_available: {error}")
    if odds.reason[0] or back.reason[0]:
        return Equivalent(reason=str(odds.reason[0] or back.reason[0]))
    path = odds.path if odds.path.endswith("OR") else f"{odds.path} to OR"
    supposes = "; ".join(part for part in (odds.supposes, back.supposes) if part)
    return _finished(back.yi, "RR", False, f"{path}, turned round, to RR", supposes)


def _taken_for_odds(
    ends: tuple[float, float, float], measure: str, target: str, turn: bool, why: str
) -> Equivalent:
    if measure not in _RATIOS or target == "RR":
        return Equivalent(reason=f"not_available: {why}")
    values = np.array(ends) if target == "OR" else equivalent_g(ends, measure)
    words = f"the {MEASURES[measure].label.lower()} is taken for an odds ratio: {why}"
    return _finished(values, target, turn, f"{measure} as OR to {target}", words)


def _finished(values: Any, target: str, turn: bool, path: str, supposes: str) -> Equivalent:
    """Turn round where needed, order the ends, and give ratios on the natural scale."""
    y = -np.asarray(values, dtype=float) if turn else np.asarray(values, dtype=float)
    low, high = sorted((float(y[1]), float(y[2])))
    back = MEASURES[target].to_natural
    words = f"{path}, turned round" if turn else path
    return Equivalent(back(float(y[0])), back(low), back(high), words, supposes)


# --- frames ---------------------------------------------------------------------------------------


def equivalents(
    effects: pd.DataFrame, pooled: pd.DataFrame, outcomes: Mapping[str, Mapping[str, Any]]
) -> pd.DataFrame:
    """Give the equivalents of every displayed result of a review and every planned pooled result.

    Parameters
    ----------
    effects : DataFrame
        Harmonised results of reviews: yi, se, direction, drawn, ...
    pooled : DataFrame
        Pooled results of primary studies, of which those with ``main`` are taken.
    outcomes : mapping
        Outcomes of the protocol by id; ``baseline_risk`` (0 to 1) and ``baseline_source`` are used.

    Returns
    -------
    DataFrame
        With `EQUIVALENT_COLUMNS`; ratios natural.
    """
    lines = [_of_effect(row, outcomes) for row in _displayed(effects).to_dict("records")]
    planned = pooled[(pooled["main"] == "yes") & (pooled["level"] == "studies")]
    lines += [_of_pooled(row, outcomes) for row in planned.to_dict("records")]
    return pd.DataFrame(lines, columns=list(EQUIVALENT_COLUMNS))


def _displayed(effects: pd.DataFrame) -> pd.DataFrame:
    return effects[(effects["drawn"] == "yes") & effects["yi"].notna()]


def _of_effect(
    row: Mapping[Any, Any], outcomes: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:  # fmt: skip
    measure = MEASURES[row["measure"]]
    ends = tuple(measure.to_analysis(row[c]) for c in ("estimate", "ci_low", "ci_high"))
    known = row["better_when"] in ("higher", "lower") and bool(row["shown_better_when"])
    turn = row["direction"] == "not_harmonised" and known
    line = {"level": EFFECT, "id": row["effect_id"], "review_id": row["review_id"]}
    line["direction"] = TURNED if turn else row["direction"]
    return line | _scales(row, (ends[0], ends[1], ends[2]), outcomes, turn)


def _of_pooled(
    row: Mapping[Any, Any], outcomes: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:  # fmt: skip
    line = {"level": POOLED, "id": row["pool_id"], "review_id": "", "direction": "as_pooled"}
    ends = (row["estimate"], row["ci_low"], row["ci_high"])
    return line | _scales(row, ends, outcomes, False)


def _scales(
    row: Mapping[Any, Any], ends: tuple[float, float, float],
    outcomes: Mapping[str, Mapping[str, Any]], turn: bool,
) -> dict[str, Any]:  # fmt: skip
    baseline = Baseline.of(outcomes.get(row["outcome"], {}))
    line: dict[str, Any] = {
        "outcome": row["outcome"], "measure": row["measure"],
        "baseline_risk": baseline.risk, "baseline_source": baseline.source,
    }  # fmt: skip
    for column, target in SCALES.items():
        found = equivalent(ends, row["measure"], target, baseline, turn)
        line |= {column: found.estimate, f"{column}_low": found.low, f"{column}_high": found.high}
        line |= {f"{column}_{p}": getattr(found, p) for p in ("path", "supposes", "reason")}
    return line
