"""Which results rest on the same trials, and where reviews that share trials disagree.

Disagreement is flagged with the studies that differ; nothing is resolved here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from parapluie.synthesis.choices.rules import Settings
from parapluie.synthesis.choices.units import BY_OUTCOME, BY_RESULTS, Unit, groups
from parapluie.synthesis.choices.views import (
    BETTER,
    NO_INTERVAL,
    POOLED,
    REVIEWS,
    WORSE,
    favours,
    main_results,
)

SHARED_COLUMNS = (
    "pair", "level", "outcome_a", "result_a", "review_a", "outcome_b", "result_b", "review_b",
    "n_a", "n_b", "shared", "contained_a", "contained_b", "says_a", "says_b", "agreement",
    "studies_from", "shared_studies",
)  # fmt: skip
DISCORDANCE_COLUMNS = (
    "pair", "unit", "outcome", "measure", "timepoint_class", "effect_a", "review_a", "effect_b",
    "review_b", "says_a", "says_b", "kind", "n_a", "n_b", "shared", "only_a", "only_b",
    "studies_only_a", "studies_only_b", "studies_from", "reason",
)  # fmt: skip
OPPOSITE, SIGNIFICANCE, SAME, NOT_COMPARED = (
    "opposite directions", "one clear, the other not", "same", "cannot be compared",
)  # fmt: skip
NO_LIST = "not_available: no list of studies of {}"


@dataclass(frozen=True)
class _Told:
    """A result: where it stands, what it says, the studies behind it."""

    level: str
    outcome: str
    name: str
    review: str
    says: str
    sign: int
    studies: frozenset[str] | None
    basis: str
    measure: str = ""
    time: str = ""


def shared_frame(
    averages: pd.DataFrame, pooled: pd.DataFrame, effects: pd.DataFrame, units: Sequence[Unit],
    better: Mapping[str, str],
) -> pd.DataFrame:  # fmt: skip
    """List the pairs of results that rest on the same trials.

    Parameters
    ----------
    averages, pooled : DataFrame
        As in study_averages.csv and pooled.csv: pooled results and the studies in them.
    effects : DataFrame
        Results of included reviews; two reviews are compared within an outcome.
    units : sequence of Unit
    better : mapping
        Outcome to ``higher`` or ``lower``.
    """
    told = [*_pools(averages, pooled, better), *_results(effects, units)]
    pairs = [
        (a, b) for a, b in itertools.combinations(told, 2)
        if a.level == b.level and (a.level == POOLED or _comparable(a, b))
    ]  # fmt: skip
    lines = [_shared(a, b) for a, b in pairs if a.studies and b.studies and a.studies & b.studies]
    return pd.DataFrame(lines, columns=list(SHARED_COLUMNS), dtype="object")


def _comparable(a: _Told, b: _Told) -> bool:
    return a.outcome == b.outcome and a.review != b.review


def _pools(
    averages: pd.DataFrame, pooled: pd.DataFrame, better: Mapping[str, str]
) -> Iterator[_Told]:
    main = pooled[(pooled["main"] == "yes") & (pooled["level"] == "studies")]
    for row in main.to_dict("records"):
        own = averages[averages["pool_id"] == row["pool_id"]]
        wanted = {"higher": 1, "lower": -1}.get(better.get(row["outcome"], ""), 0)
        sign = wanted * ((row["estimate"] > 0) - (row["estimate"] < 0))
        clear = not row["ci_low"] <= 0 <= row["ci_high"]
        yield _Told(
            POOLED, row["outcome"], row["pool_id"], "", _words(sign, clear), sign,
            frozenset(own["study_id"]), "studies that are pooled", row["measure"],
        )  # fmt: skip


def _words(sign: int, clear: bool) -> str:
    if not sign:
        return NO_INTERVAL
    return f"{BETTER if sign > 0 else WORSE}, {'clear' if clear else 'not clear'}"


def _results(effects: pd.DataFrame, units: Sequence[Unit]) -> Iterator[_Told]:
    for row in main_results(effects).to_dict("records"):
        held, basis = _held(row, units)
        says = favours(row)
        sign = _sign(row)
        clear = says in (BETTER, WORSE)
        yield _Told(
            REVIEWS, row["outcome"], row["effect_id"], row["review_id"],
            _words(sign, clear) if says != NO_INTERVAL else says, sign, held, basis,
            row["measure"], str(row["timepoint_class"]),
        )  # fmt: skip


def _sign(row: Mapping[Any, Any]) -> int:
    better = {"higher": 1, "lower": -1}.get(str(row["shown_better_when"]), 0)
    if row["direction"] == "not_harmonised" or row["yi"] != row["yi"]:
        return 0
    return better * (int(row["yi"] > 0) - int(row["yi"] < 0))


def _held(row: Mapping[Any, Any], units: Sequence[Unit]) -> tuple[frozenset[str] | None, str]:
    """Give the studies behind a result of a review: those that it holds for the outcome."""
    for unit in units:
        fits = unit.comparator in ("", str(row["comparator"]))
        if unit.outcome in (row["outcome"], "") and fits and row["review_id"] in unit.held:
            return unit.held[row["review_id"]], unit.basis
    return None, ""


def _shared(a: _Told, b: _Told) -> dict[str, Any]:
    assert a.studies is not None and b.studies is not None
    both = a.studies & b.studies
    exact = a.level == POOLED or a.basis in (BY_OUTCOME, BY_RESULTS)
    return {
        "pair": f"{a.name}.{b.name}", "level": a.level,
        "outcome_a": a.outcome, "result_a": a.name, "review_a": a.review,
        "outcome_b": b.outcome, "result_b": b.name, "review_b": b.review,
        "n_a": len(a.studies), "n_b": len(b.studies), "shared": len(both),
        "contained_a": len(both) / len(a.studies), "contained_b": len(both) / len(b.studies),
        "says_a": a.says, "says_b": b.says, "agreement": _agreement(a, b),
        "studies_from": a.basis, "shared_studies": ";".join(sorted(both)) if exact else "",
    }  # fmt: skip


def _agreement(a: _Told, b: _Told) -> str:
    if a.sign * b.sign < 0:
        return OPPOSITE
    if not a.sign or not b.sign:
        return NOT_COMPARED
    return SIGNIFICANCE if _clear(a) != _clear(b) else SAME


def _clear(told: _Told) -> bool:
    return told.says.endswith(", clear")


# --- reviews that disagree ------------------------------------------------------------------------


def discordance_frame(
    effects: pd.DataFrame, units: Sequence[Unit], settings: Settings
) -> pd.DataFrame:
    """List the pairs of reviews of one group whose results disagree, with their other studies.

    Two results are compared on one outcome, measure and class of time. Reviews without a list of
    studies have no group; where their results disagree the line says that it is not known whether
    they share trials.
    """
    lines: list[dict[str, Any]] = []
    told = list(_results(effects, units))
    for unit in units:
        group = {r: i for i, g in enumerate(groups(unit, settings.threshold)) for r in g}
        own = [t for t in told if unit.outcome in (t.outcome, "") and t.review in group]
        for a, b in itertools.combinations(own, 2):
            together = group[a.review] == group[b.review]
            unknown = [t.review for t in (a, b) if unit.held[t.review] is None]
            if _alike(a, b) and (together or unknown) and _agreement(a, b) in _KINDS:
                lines.append(_discordant(unit, a, b, [] if together else unknown))
    return pd.DataFrame(lines, columns=list(DISCORDANCE_COLUMNS), dtype="object")


_KINDS = (OPPOSITE, SIGNIFICANCE)


def _alike(a: _Told, b: _Told) -> bool:
    return _comparable(a, b) and a.measure == b.measure and a.time == b.time


def _discordant(unit: Unit, a: _Told, b: _Told, unknown: Sequence[str]) -> dict[str, Any]:
    line: dict[str, Any] = {
        "pair": f"{unit.name}.{a.name}.{b.name}", "unit": unit.name, "outcome": a.outcome,
        "measure": a.measure, "timepoint_class": a.time, "effect_a": a.name, "review_a": a.review,
        "effect_b": b.name, "review_b": b.review, "says_a": a.says, "says_b": b.says,
        "kind": _agreement(a, b), "studies_from": unit.basis, "reason": "",
    }  # fmt: skip
    left, right = unit.held[a.review], unit.held[b.review]
    if left is None or right is None:
        missing = [r for r, s in ((a.review, left), (b.review, right)) if s is None]
        return line | {"reason": NO_LIST.format(" and ".join(missing))}
    only_a, only_b = sorted(left - right), sorted(right - left)
    return line | {
        "n_a": len(left), "n_b": len(right), "shared": len(left & right),
        "only_a": len(only_a), "only_b": len(only_b),
        "studies_only_a": ";".join(only_a), "studies_only_b": ";".join(only_b),
    }  # fmt: skip
