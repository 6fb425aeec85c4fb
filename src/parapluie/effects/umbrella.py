"""All that an umbrella meta-analysis asks of each factor, for any number of factors at once.

Vocabulary: a *factor* is a set of studies that are pooled together (a risk factor, or an outcome of
an intervention); its studies are independent, one row each. All numbers are on the scale of
analysis (natural logs for ratios) unless their name says otherwise.

The pooled effect comes from `parapluie.effects.pooling`. What is added here, and its sources:

* Egger's test, excess significance and power (`umbrella_tests`);
* small-study effects as umbrella reviews count them: Egger's p below 0.10, and the largest study
  more conservative than the pooled effect (Tzoulaki I et al. BMJ 2011;343:d6829);
* the largest study with its own interval, significant studies against the pooled effect, the pooled
  effect without each study, and the power of all people together for given standardised
  differences (Gosling CJ et al. BMJ Ment Health 2023;26:e300534).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit

from parapluie.effects import umbrella_tests as tests
from parapluie.effects.excess import ALPHA
from parapluie.effects.intervals import CI_ALIASES, CI_RULES, DEFAULT_CI, two_sided_p
from parapluie.effects.pool_blocks import Array, Flags, Integers
from parapluie.effects.pooling import Pools, pool_sets
from parapluie.effects.prediction import PI_ALIASES, PI_RULES, T_K1
from parapluie.effects.tau2 import ALIASES, ESTIMATORS, REML
from parapluie.effects.umbrella_tests import Excess, Grouped, Slopes

Texts = NDArray[np.object_]

UWLS, LARGEST, POOLED = "UWLS", "largest", "pooled"
TRUE_EFFECTS = {
    UWLS: "mean weighted by 1/v (unrestricted weighted least squares; Stanley et al. 2021)",
    LARGEST: "effect of the largest study (Ioannidis and Trikalinos 2007)",
    POOLED: "pooled effect",
}
"""What the power of the studies may be computed for, beside a number."""

STANDARDISED = {"power_small": 0.2, "power_medium": 0.5, "power_large": 0.8}
"""Standardised differences for which the power of all people together is given (Cohen 1988)."""

SMALL_STUDY_ALPHA = 0.10
"""Egger's p below which small studies differ."""


@dataclass(frozen=True)
class Conventions:
    """How factors are pooled and tested.

    Parameters
    ----------
    method, ci, pi : str
        As in `pooling.pool`.
    excess : str
        A key of `umbrella_tests.EXCESS_TESTS`.
    true_effect : str, float or sequence of float
        A key of `TRUE_EFFECTS`, or a number on the scale of analysis: one for all factors, or one
        for each.
    tau2_of_power : float, optional
        Variance between studies for the power of the studies; default that of the pooled effect.
    """

    method: str = REML
    ci: str = DEFAULT_CI
    pi: str = T_K1
    excess: str = tests.TES
    true_effect: str | float | Sequence[float] = LARGEST
    tau2_of_power: float | None = None

    def __post_init__(self) -> None:
        """Refuse a name that is none."""
        for name, given, known in (
            ("method", self.method, {**ESTIMATORS, **ALIASES}),
            ("ci", self.ci, {**CI_RULES, **CI_ALIASES}),
            ("pi", self.pi, {**PI_RULES, **PI_ALIASES}),
            ("excess", self.excess, tests.EXCESS_TESTS),
        ):
            if given not in known:
                raise ValueError(f"{name} {given!r} is not one of {', '.join(known)}")
        if isinstance(self.true_effect, str) and self.true_effect not in TRUE_EFFECTS:
            raise ValueError(
                f"true_effect {self.true_effect!r} is neither a number nor one of "
                f"{', '.join(TRUE_EFFECTS)}"
            )

    def but(self, changed: Mapping[str, Any]) -> Conventions:
        """Give the same conventions with some of them changed."""
        return replace(self, **changed)


# --- studies of factors ---------------------------------------------------------------------------

STUDY_NUMBERS = (
    "yi", "vi", "df", "ci_low", "ci_high", "excess_yi", "excess_vi", "n_cases", "n_controls",
    "n_total", "n_group1", "n_group2", "low_risk", "low_reporting",
)  # fmt: skip
"""Numbers of a study; all but the first two may be absent (NaN)."""


@dataclass(frozen=True)
class Factors:
    """Studies of many factors, factor after factor; see `factors`."""

    names: Texts
    studies: Texts
    group: Grouped
    numbers: Mapping[str, Array]

    def __len__(self) -> int:
        """Give the number of factors."""
        return len(self.names)

    @property
    def offsets(self) -> Integers:
        """Where the studies of each factor begin, and n at the end."""
        return np.concatenate([[0], np.cumsum(self.group.k)]).astype(np.int64)


def factors(
    names: Sequence[str], offsets: ArrayLike, studies: Sequence[str], **numbers: ArrayLike
) -> Factors:
    """Put the studies of many factors together.

    Parameters
    ----------
    names : sequence of str, length m
        The factors.
    offsets : array_like of int, shape (m + 1,)
        Where the studies of each factor begin, and n at the end.
    studies : sequence of str, length n
        Names of the studies.
    **numbers : array_like, shape (n,)
        Some of `STUDY_NUMBERS`: ``yi`` and ``vi``, effect and sampling variance; ``df`` of its own
        interval (default normal), and its ends ``ci_low`` and ``ci_high`` (default by `df`);
        ``excess_yi`` and ``excess_vi``, effect and variance for the test of excess significance, by
        `df` (default `yi` and `vi`); ``n_cases`` and ``n_controls``, people with and without
        the outcome; ``n_total``, all people (default their sum); ``n_group1`` and ``n_group2``,
        people in the groups that are compared (default cases and controls); ``low_risk`` and
        ``low_reporting``, 1 where the risk of bias, and of selective reporting, is low, else 0.

    Raises
    ------
    ValueError
        If a number has no such name, or lengths do not fit.
    """
    unknown = sorted(set(numbers) - set(STUDY_NUMBERS))
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: not one of {', '.join(STUDY_NUMBERS)}")
    n, ends = len(studies), np.asarray(offsets, dtype=np.int64)
    found = {c: np.array(numbers.get(c, np.full(n, np.nan)), dtype=float) for c in STUDY_NUMBERS}
    if any(v.shape != (n,) for v in found.values()) or len(ends) != len(names) + 1 or ends[-1] != n:
        raise ValueError("names, offsets, studies and numbers are not of lengths that fit")
    _fill_in(found)
    return Factors(np.array(names, object), np.array(studies, object), Grouped.by(ends), found)


def _fill_in(found: dict[str, Array]) -> None:
    """Work out what a study lacks from what it has."""
    se = np.sqrt(found["vi"])
    df = found["df"] = np.where(np.isnan(found["df"]), np.inf, found["df"])
    finite = np.isfinite(df)
    crit = np.where(finite, stdtrit(np.where(finite, df, 1.0), 0.975), float(ndtri(0.975)))
    for column, worked_out in (
        ("ci_low", found["yi"] - crit * se),
        ("ci_high", found["yi"] + crit * se),
        ("excess_yi", found["yi"]),
        ("excess_vi", found["vi"]),
        ("n_total", found["n_cases"] + found["n_controls"]),
        ("n_group1", found["n_cases"]),
        ("n_group2", found["n_controls"]),
    ):
        found[column] = np.where(np.isnan(found[column]), worked_out, found[column])


# --- the battery ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Battery:
    """Everything about each factor. Where a number is NaN, `reason` says why.

    Parameters
    ----------
    conventions : Conventions
    pools : Pools
        As pooled, with intervals of heterogeneity.
    numbers : mapping
        Name of a number to an array, shape (m,); `NUMBERS` says what they are.
    of_studies : mapping
        Name to an array, shape (n,): ``power`` (two-sided), ``chance`` (of significance in the
        direction of the true effect), ``significant``, ``weight`` (percent), ``p_without`` and
        ``estimate_without`` (pooled without the study).
    largest : array of int, shape (m,)
        Place of the largest study among all studies; -1 where there is none.
    """

    factors: Factors
    conventions: Conventions
    pools: Pools
    numbers: Mapping[str, Array]
    of_studies: Mapping[str, Array]
    largest: Integers

    def __len__(self) -> int:
        """Give the number of factors."""
        return len(self.factors)

    def reason(self, name: str, which: int) -> str:
        """Say why a number of a factor is absent; empty if it is there."""
        if not math.isnan(self.numbers[name][which]):
            return ""
        k = int(self.factors.group.k[which])
        return _reason(self, name, which, k)


NUMBERS = {
    "k": "studies",
    "estimate": "pooled effect",
    "se": "its standard error",
    "ci_low": "lower end of its 95% confidence interval",
    "ci_high": "upper end of its 95% confidence interval",
    "p": "its two-sided p",
    "pi_low": "lower end of its 95% prediction interval",
    "pi_high": "upper end of its 95% prediction interval",
    "tau2": "variance between studies",
    "tau2_low": "lower end of its 95% interval (Q-profile)",
    "tau2_high": "upper end of its 95% interval (Q-profile)",
    "i2": "I² by tau² (percent)",
    "i2_low": "lower end of its 95% interval (Q-profile)",
    "i2_high": "upper end of its 95% interval (Q-profile)",
    "i2_q": "I² by Q (percent)",
    "q": "Cochran's Q",
    "q_p": "p of homogeneity",
    "egger_t": "t of Egger's test",
    "egger_p": "p of Egger's test",
    "small_study_effects": "1 where Egger's p is below 0.10 and the largest study is more "
    "conservative than the pooled effect, else 0",
    "true_effect": "true effect for which the power of the studies is computed",
    "observed": "significant studies",
    "expected": "expected number of significant studies, by the test that is asked for",
    "excess_p": "p of the test of excess significance that is asked for",
    "tes_p": "p of TES, exact",
    "tes_chi2_p": "p of TES by chi-square",
    "tess_p": "p of TESS",
    "psst_p": "p of PSST",
    "tesspsst_p": "the smaller p of TESS and PSST",
    "jackknife_p": "largest p of the pooled effect without one study",
    "largest": "effect of the largest study",
    "largest_ci_low": "lower end of its own 95% interval",
    "largest_ci_high": "upper end of its own 95% interval",
    "opposite": "share of studies that are significant against the pooled effect (0 to 1)",
    "n_cases": "people with the outcome",
    "n_controls": "people without the outcome",
    "n_total": "all people",
    "n_cases_known": "the same, of studies where it is known",
    "n_controls_known": "the same, of studies where it is known",
    "n_total_known": "the same, of studies where it is known",
    "n_group1": "people in the first of the two groups that are compared; half of all where the "
    "groups are not told apart",
    "n_group2": "people in the second",
    "low_risk": "share of the weight of studies with a low risk of bias (percent)",
    "low_risk_least": "the same, if all studies not known were not low",
    "low_risk_most": "the same, if all studies not known were low",
    "low_reporting": "share of the weight of studies with a low risk of selective reporting "
    "(percent)",
    "power_small": "power of all people together for a standardised difference of 0.2",
    "power_medium": "the same for 0.5",
    "power_large": "the same for 0.8",
}
"""Numbers of the battery, with what they are."""


def battery(given: Factors, conventions: Conventions | None = None) -> Battery:
    """Compute everything for each factor.

    Parameters
    ----------
    given : Factors
        At least one study in all; every effect finite, every variance positive.
    conventions : Conventions, optional

    Returns
    -------
    Battery

    Raises
    ------
    ValueError
        As `pooling.pool_sets`.

    Examples
    --------
    >>> two = factors(["a", "b"], [0, 3, 4], list("wxyz"), yi=[0.1, 0.3, 0.5, 0.2],
    ...               vi=[0.04, 0.02, 0.05, 0.01])
    >>> found = battery(two)
    >>> found.numbers["k"].tolist(), found.reason("egger_p", 1)
    ([3.0, 1.0], 'not_estimable: k=1, a line with its error needs 3')
    """
    rules = conventions or Conventions()
    group, of = given.group, given.numbers
    pools = pool_sets(
        of["yi"], of["vi"], given.offsets, rules.method, rules.ci, rules.pi, with_spread=True
    )
    largest = largest_study(given)
    slopes = tests.egger(group, of["yi"], of["vi"])
    theta, tau2 = _true_effect(given, rules, pools, largest)
    significant, found = _excess(given, theta, tau2)
    weight = _weights(given, pools)
    p_without, estimate_without = _without_each(given, rules)
    numbers = _pooled(given, pools) | _of_largest(given, largest) | _people(given)
    numbers |= {"egger_t": slopes.statistic, "egger_p": slopes.p, "true_effect": theta}
    numbers |= _of_excess(found, rules.excess)
    numbers["small_study_effects"] = _small_study_effects(numbers, slopes)
    numbers["jackknife_p"] = _largest_p(group, p_without)
    numbers["opposite"] = _opposite(given, numbers["estimate"])
    numbers |= _low(given, weight, "low_risk") | _low(given, weight, "low_reporting")
    return Battery(
        given,
        rules,
        pools,
        {name: numbers[name] for name in NUMBERS},
        {
            "power": found.power,
            "chance": found.chance,
            "significant": significant.astype(float),
            "weight": weight,
            "p_without": p_without,
            "estimate_without": estimate_without,
        },
        largest,
    )


def _pooled(given: Factors, pools: Pools) -> dict[str, Array]:
    """Give the pooled numbers; of one study its own interval and p, which may be by t."""
    names = ("estimate", "se", "ci_low", "ci_high", "p", "pi_low", "pi_high", "tau2", "i2", "i2_q",
             "q", "q_p")  # fmt: skip
    numbers = {name: getattr(pools, name).copy() for name in names}
    numbers |= {
        name: getattr(pools.spread, name) for name in ("tau2_low", "tau2_high", "i2_low", "i2_high")
    }
    numbers["k"] = given.group.k.astype(float)
    alone = np.flatnonzero(given.group.k == 1)
    row, of = given.offsets[alone], given.numbers
    numbers["ci_low"][alone], numbers["ci_high"][alone] = of["ci_low"][row], of["ci_high"][row]
    numbers["p"][alone] = two_sided_p(of["yi"][row] / np.sqrt(of["vi"][row]), of["df"][row])
    return numbers


# --- the largest study ----------------------------------------------------------------------------


def largest_study(given: Factors) -> Integers:
    """Give the place of the largest study of each factor; -1 of one without studies.

    The one with most people, of equal ones that with the smallest effect; where the size of a study
    of the factor is not known, the one with the smallest variance.
    """
    group, of = given.group, given.numbers
    known = ~group.any(np.isnan(of["n_total"]))[group.of]
    return group.first(
        np.where(known, -of["n_total"], of["vi"]), np.where(known, np.abs(of["yi"]), 0.0)
    )


def _of_study(given: Factors, column: str, place: Integers) -> Array:
    """Give a number of one study of each factor; NaN where the factor has none."""
    there = place >= 0
    found = np.full(place.shape, np.nan)
    found[there] = given.numbers[column][place[there]]
    return found


def _of_largest(given: Factors, largest: Integers) -> dict[str, Array]:
    pairs = {"largest": "yi", "largest_ci_low": "ci_low", "largest_ci_high": "ci_high"}
    return {name: _of_study(given, column, largest) for name, column in pairs.items()}


def _small_study_effects(numbers: Mapping[str, Array], slopes: Slopes) -> Array:
    mu = numbers["estimate"]
    conservative = np.sign(mu) * numbers["largest"] < np.abs(mu)
    flag = (slopes.p < SMALL_STUDY_ALPHA) & conservative
    return np.where(np.isnan(slopes.p), np.nan, flag.astype(float))


# --- excess significance --------------------------------------------------------------------------


def _true_effect(
    given: Factors, rules: Conventions, pools: Pools, largest: Integers
) -> tuple[Array, Array]:
    """Give the true effect and its variance for which the power of the studies is computed."""
    of, m = given.numbers, len(given)
    if rules.true_effect == POOLED:
        theta = pools.estimate
    elif rules.true_effect == UWLS:
        theta = given.group.mean(of["excess_yi"], 1 / of["excess_vi"])
    elif rules.true_effect == LARGEST:
        theta = _of_study(given, "excess_yi", largest)
    else:
        theta = np.full(m, np.asarray(rules.true_effect, dtype=float))
    if rules.tau2_of_power is not None:
        return theta, np.full(m, rules.tau2_of_power)
    return theta, np.where(np.isnan(pools.tau2), 0.0, pools.tau2)


def _excess(given: Factors, theta: Array, tau2: Array) -> tuple[Flags, Excess]:
    """Tell which studies are significant, and compare their number with what is expected."""
    of = given.numbers
    error = np.sqrt(of["excess_vi"])
    significant: Flags = two_sided_p(of["excess_yi"] / error, of["df"]) < ALPHA
    return significant, tests.excess(given.group, significant, error, theta, tau2)


def _of_excess(found: Excess, test: str) -> dict[str, Array]:
    by_power = test in (tests.TES, tests.TES_CHI2)
    names = {tests.TES: "tes_p", tests.TES_CHI2: "tes_chi2_p", tests.TESS: "tess_p",
             tests.PSST: "psst_p", tests.TESSPSST: "tesspsst_p"}  # fmt: skip
    expected = found.expected if by_power else found.expected_one_sided
    return {
        "observed": found.observed,
        "expected": expected,
        "excess_p": found.p[test],
        **{name: found.p[key] for key, name in names.items()},
    }


# --- without each study ---------------------------------------------------------------------------

_MOST_AT_ONCE = 4_000_000
"""Effects that are pooled at once, so that memory stays within some hundred MB."""


def _without_each(given: Factors, rules: Conventions) -> tuple[Array, Array]:
    """Pool each factor without each of its studies: p and estimate; NaN for one study alone."""
    n = given.studies.size
    p, estimate = np.full(n, np.nan), np.full(n, np.nan)
    k = given.group.k[given.group.of]
    rows = np.flatnonzero(k > 1)
    ends = np.cumsum(k[rows] - 1)
    cuts = np.searchsorted(ends, np.arange(0, ends[-1] if ends.size else 0, _MOST_AT_ONCE), "left")
    for part in np.split(rows, cuts[1:]) if rows.size else ():
        found = _pooled_without(given, rules, part)
        p[part], estimate[part] = found.p, found.estimate
    return p, estimate


def _pooled_without(given: Factors, rules: Conventions, rows: Integers) -> Pools:
    """Pool the factor of each row without that row."""
    start = given.offsets[given.group.of[rows]]
    left = given.group.k[given.group.of[rows]] - 1
    ends = np.concatenate([[0], np.cumsum(left)])
    place = np.arange(ends[-1]) - np.repeat(ends[:-1], left)
    others = np.repeat(start, left) + place + (place >= np.repeat(rows - start, left))
    of = given.numbers
    return pool_sets(of["yi"][others], of["vi"][others], ends, rules.method, rules.ci, rules.pi)


def _largest_p(group: Grouped, p: Array) -> Array:
    place = group.first(-p)  # NaN sorts last
    found = np.full(place.shape, np.nan)
    found[place >= 0] = p[place[place >= 0]]
    return found


# --- shares and people ----------------------------------------------------------------------------


def _opposite(given: Factors, estimate: Array) -> Array:
    """Give the share of studies whose interval lies on the other side of no effect."""
    of, mu = given.numbers, estimate[given.group.of]
    against = np.where(mu > 0, of["ci_high"] < 0, (of["ci_low"] > 0) & (mu < 0))
    with np.errstate(invalid="ignore"):
        return np.asarray(given.group.total(against.astype(float)) / given.group.k)


def _weights(given: Factors, pools: Pools) -> Array:
    """Give the weight of each study in percent of its factor."""
    tau2 = np.where(np.isnan(pools.tau2), 0.0, pools.tau2)
    w = 1 / (given.numbers["vi"] + tau2[given.group.of])
    return np.asarray(100 * w / given.group.total(w)[given.group.of])


def _low(given: Factors, weight: Array, name: str) -> dict[str, Array]:
    """Give the share of weight of studies of low risk, and its ends where some are not known."""
    low, total = given.numbers[name], given.group.total
    least, open_ = total(weight * (low == 1)), total(weight * np.isnan(low))
    empty = given.group.k == 0
    least, most = (np.where(empty, np.nan, x) for x in (least, least + open_))
    numbers = {name: np.where(given.group.any(np.isnan(low)), np.nan, least)}
    if name == "low_risk":
        numbers |= {"low_risk_least": least, "low_risk_most": most}
    return numbers


def _people(given: Factors) -> dict[str, Array]:
    """Add up people; NaN where a study's number is not known, with the sum of those known."""
    numbers = {}
    for name in ("n_cases", "n_controls", "n_total"):
        of_study = given.numbers[name]
        gone = np.isnan(of_study)
        numbers[f"{name}_known"] = given.group.total(np.where(gone, 0.0, of_study))
        empty = given.group.any(gone) | (given.group.k == 0)
        numbers[name] = np.where(empty, np.nan, numbers[f"{name}_known"])
    numbers |= _groups(given, numbers["n_total"])
    for name, d in STANDARDISED.items():
        numbers[name] = tests.power_of_groups(numbers["n_group1"], numbers["n_group2"], d)
    return numbers


def _groups(given: Factors, everyone: Array) -> dict[str, Array]:
    """Add up the two groups; halves of all people where a study does not tell them apart."""
    n1, n2 = given.numbers["n_group1"], given.numbers["n_group2"]
    mixed: Flags = given.group.any(np.isnan(n1) | np.isnan(n2))
    sums = {"n_group1": given.group.total(n1), "n_group2": given.group.total(n2)}
    return {name: np.where(mixed, everyone / 2, added) for name, added in sums.items()}


# --- reasons --------------------------------------------------------------------------------------


def _reason(found: Battery, name: str, which: int, k: int) -> str:
    if hasattr(found.pools, name) or hasattr(found.pools.spread, name):
        return found.pools.reason(name, which) or f"not_estimable: k={k}"
    if k == 0:
        return "not_estimable: k=0"
    if name in ("egger_t", "egger_p", "small_study_effects"):
        return _no_line(found, which, k)
    if name.startswith(("power", "n_group")):
        return _unknown(found, "n_total", which, k)
    if name.startswith(("n_", "low_")):
        return _unknown(found, name, which, k)
    if name.endswith("_p") and k > 1:
        return "not_estimable: as many significant studies as there can be are expected"
    return f"not_estimable: k={k}"


def _no_line(found: Battery, which: int, k: int) -> str:
    if k < tests.FEWEST_EGGER:
        return f"not_estimable: k={k}, a line with its error needs {tests.FEWEST_EGGER}"
    start, end = found.factors.offsets[which : which + 2]
    v = found.factors.numbers["vi"][start:end]
    same = float(np.ptp(np.sqrt(v))) <= 1e-9 * float(np.sqrt(v.max()))
    return (
        "not_estimable: all studies have the same precision"
        if same
        else ("not_estimable: the studies lie on the line")
    )


_WORDS = {
    "n_cases": "number of cases",
    "n_controls": "number of controls",
    "n_total": "number of people",
    "low_risk": "risk of bias",
    "low_reporting": "risk of selective reporting",
}


def _unknown(found: Battery, name: str, which: int, k: int) -> str:
    column = name.removesuffix("_known").removesuffix("_least").removesuffix("_most")
    start, end = found.factors.offsets[which : which + 2]
    gone = int(np.isnan(found.factors.numbers[column][start:end]).sum())
    studies = "of the only study" if k == 1 else f"of {gone} of {k} studies"
    return f"not_available: no {_WORDS[column]} {studies}"
