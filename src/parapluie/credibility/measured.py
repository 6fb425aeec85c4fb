"""The facts of factors whose studies are known: all of them are computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parapluie.credibility import geometry
from parapluie.credibility.classify import Results
from parapluie.credibility.facts import (
    Array,
    Facts,
    Texts,
    Values,
    between,
    exactly,
    flags,
    unknown,
    words,
)
from parapluie.credibility.rules import RuleSet
from parapluie.effects.registry import MEASURES
from parapluie.effects.umbrella import Battery
from parapluie.effects.umbrella_tests import power_of_groups

STUDIES, REVIEWS = "studies", "reviews"
"""Levels: pooled from studies, or printed by a review."""

CORRELATIONS = frozenset({"COR", "ZCOR"})
DIFFERENCES = frozenset({"SMD", "SMC"})
"""Measures on the scale of a standardised difference."""


def kind_of_effect(measure: str) -> str:
    """Tell whether a measure is a standardised difference, a ratio, a correlation or another."""
    if measure in DIFFERENCES:
        return "difference"
    if measure in CORRELATIONS:
        return "correlation"
    about = MEASURES.get(measure)
    return "ratio" if about is not None and about.log and measure != "ROM" else "other"


_CONTINUOUS = frozenset({"SMD", "MD", "ROM", "SMC", "MC"})
_DICHOTOMOUS = frozenset({"RR", "OR", "RD", "AS", "HR", "IRR", "IRD"})

NO_CASES = "does_not_apply: a continuous outcome has no cases"


def type_of_outcome(measure: str) -> str:
    """Tell whether a measure is of a dichotomous or of a continuous outcome, or of another one."""
    if measure in _CONTINUOUS:
        return "continuous"
    return "dichotomous" if measure in _DICHOTOMOUS else "other"


@dataclass(frozen=True)
class Known:
    """Results with what is known of them, before any set of rules.

    Parameters
    ----------
    results : Results
    ci, pi : (array, array)
        Ends on the scale of analysis; NaN where there is none.
    reasons : mapping
        ``ci`` and ``pi`` to why there is none.
    groups : (array, array)
        Sizes of two groups for power; NaN where not known.
    group_reasons : array of str
        Why sizes are not known.
    """

    results: Results
    ci: tuple[Array, Array]
    pi: tuple[Array, Array]
    reasons: Mapping[str, Texts]
    groups: tuple[Array, Array]
    group_reasons: Texts

    def facts_for(self, rules: RuleSet) -> Facts:
        """Give all facts, with those that depend on the options of a set of rules."""
        found = dict(self.results.facts)
        if rules.equivalence is not None:
            found |= geometry.within_range(
                self.ci, self.pi, self.results.effects, rules.equivalence, self.reasons
            )
        for criterion in rules.criteria:
            if criterion.base == "power":
                d = float(criterion.fact.partition("@")[2])
                found[criterion.fact] = exactly(
                    power_of_groups(*self.groups, d), self.group_reasons
                )
        return found


@dataclass(frozen=True)
class About:
    """What is known of each factor beside its studies; empty or NaN where nothing is.

    Parameters
    ----------
    outcomes, measures : sequence of str
    amstar : array_like
        Score as a sheet gives it.
    indirectness : sequence of str
        One of the words of the fact.
    cca : array_like
        Corrected covered area in percent.
    """

    outcomes: Sequence[str]
    measures: Sequence[str]
    amstar: Sequence[float] = ()
    indirectness: Sequence[str] = ()
    cca: Sequence[float] = ()


def known_of(found: Battery, about: About) -> Known:
    """Give the facts of factors whose battery is computed."""
    m, numbers = len(found), found.numbers
    reasons = {name: _reasons(found, name) for name in numbers}
    ci, pi, largest = (
        (numbers[f"{name}_low"], numbers[f"{name}_high"]) for name in ("ci", "pi", "largest_ci")
    )
    kinds = np.array([kind_of_effect(measure) for measure in about.measures], dtype=object)
    facts = (
        _numbers(found, reasons) | _shares(found, reasons) | _intervals(ci, pi, largest, reasons)
    )
    facts["effect"] = words("effect", kinds, "")
    types = np.array([type_of_outcome(measure) for measure in about.measures], dtype=object)
    facts["outcome_type"] = words("outcome_type", types, "")
    facts["n_cases"] = _cases(facts["n_cases"], types)
    facts |= _beside(about, m)
    results = Results(
        found.factors.names,
        np.array(about.outcomes, dtype=object),
        np.full(m, STUDIES, dtype=object),
        facts,
        kinds,
    )
    why = {"ci": reasons["ci_low"], "pi": reasons["pi_low"]}
    groups = (numbers["n_group1"], numbers["n_group2"])
    return Known(results, ci, pi, why, groups, reasons["n_group1"])


def _cases(values: Values, types: Texts) -> Values:
    """Say of continuous outcomes that they have no cases, unless a table gives their number."""
    none = values.missing & (types == "continuous")
    return Values(values.low, values.high, np.where(none, NO_CASES, values.reason).astype(object))


def _reasons(found: Battery, name: str) -> Texts:
    gone = np.flatnonzero(np.isnan(found.numbers[name]))
    out = np.full(len(found), "", dtype=object)
    out[gone] = [found.reason(name, int(i)) for i in gone]
    return out


_EXACT = {
    "n_studies": "k", "p": "p", "i2": "i2_q", "i2_tau2": "i2", "egger_p": "egger_p",
    "excess_p": "excess_p", "jackknife_p": "jackknife_p", "opposite": "opposite",
    "low_reporting": "low_reporting",
}  # fmt: skip
"""Fact to the number of the battery that it is."""


def _numbers(found: Battery, reasons: Mapping[str, Texts]) -> dict[str, Values]:
    facts = {fact: exactly(found.numbers[name], reasons[name]) for fact, name in _EXACT.items()}
    small = found.numbers["small_study_effects"]
    facts["small_study_effects"] = flags(
        small == 1, ~np.isnan(small), reasons["small_study_effects"]
    )
    return facts


_PEOPLE = {"n_total": "total_n"}
"""Number of the battery to the fact that it is, where the names differ."""


def _shares(found: Battery, reasons: Mapping[str, Texts]) -> dict[str, Values]:
    """Give sums and shares; where some studies are not known, the ends between which they lie."""
    numbers = found.numbers
    facts = {}
    for name in ("n_total", "n_cases", "n_controls"):
        none = np.isnan(numbers[name]) & (numbers[f"{name}_known"] == 0)
        least = np.where(none, np.nan, numbers[f"{name}_known"])
        facts[_PEOPLE.get(name, name)] = between(least, numbers[name], reasons[name])
    smaller = np.minimum(numbers["n_group1"], numbers["n_group2"])
    facts["smaller_arm"] = exactly(smaller, reasons["n_group1"])
    none = (numbers["low_risk_least"] == 0) & (numbers["low_risk_most"] >= 100 - 1e-9)
    facts["rob"] = between(
        np.where(none, np.nan, numbers["low_risk_least"]),
        np.where(none, np.nan, numbers["low_risk_most"]),
        reasons["low_risk"],
    )
    return facts


def _intervals(
    ci: tuple[Array, Array],
    pi: tuple[Array, Array],
    largest: tuple[Array, Array],
    reasons: Mapping[str, Texts],
) -> dict[str, Values]:
    of_largest = reasons["largest_ci_low"]
    return {
        "pi": geometry.excludes_null(*pi, reasons["pi_low"]),
        "largest_ci": geometry.excludes_null(*largest, of_largest),
        "largest_same_side": geometry.same_side(ci, largest, of_largest),
        "ci_side": geometry.side(*ci, reasons["ci_low"]),
        "pi_side": geometry.side(*pi, reasons["pi_low"]),
    }


def _beside(about: About, m: int) -> dict[str, Values]:
    """Give what was recorded of factors beside their studies."""
    none = "not_available: nobody recorded it"
    facts = {
        name: exactly(values, none)
        for name, values in (("amstar", about.amstar), ("cca", about.cca))
        if len(values)
    }
    if len(about.indirectness):
        facts["indirectness"] = words("indirectness", about.indirectness, none)
    facts["amstar2"] = unknown(m, "does_not_apply: the result is no review's, but of studies")
    return facts
