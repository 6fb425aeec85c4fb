"""Meta-analysis of independent effects: one set, or any number of sets at once.

`pool` gives every number of one set and names every convention. `pool_sets` does the same for many
sets in arrays, without a loop over sets; `pool` is `pool_sets` with one set.

Vocabulary: an *effect* is one number on the scale of analysis (natural logs for ratios) with its
sampling variance; a *set* is the effects that are pooled together; *tau²* is the variance of true
effects between studies.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import ArrayLike

from parapluie.effects.intervals import CI_ALIASES, CI_RULES, DEFAULT_CI, Texts
from parapluie.effects.pool_blocks import Array, Flags, Integers, blocks
from parapluie.effects.pool_fit import GIVEN, Part, Rules, pool_block
from parapluie.effects.pool_reasons import Facts, notes, reason
from parapluie.effects.prediction import PI_ALIASES, PI_RULES, T_K1
from parapluie.effects.tau2 import ALIASES, ESTIMATORS, FIXED_WEIGHTS, REML

MOST = 1e20
"""Largest effect, and largest and smallest standard error, with which all products stay within
doubles."""
OUT_OF_REACH = (
    f"pooling needs effects up to {MOST:g} and standard errors from {1 / MOST:g} to {MOST:g}"
)


@dataclass(frozen=True)
class Spread:
    """What takes more work: intervals of heterogeneity, and likelihood; arrays of shape (m,).

    Parameters
    ----------
    se_tau2 : array
        Asymptotic standard error of tau².
    tau2_low, tau2_high, i2_low, i2_high, h2_low, h2_high : array
        Q-profile interval of tau², and what follows from it for I² (percent) and H² by tau².
    tau2_pl_low, tau2_pl_high : array
        For ML and REML: interval of tau² by profile likelihood.
    i2_q_low, i2_q_high, h_q_low, h_q_high : array
        Test-based intervals of I² (percent) and H by Q.
    log_likelihood, aic, bic, aicc : array
        For ML and REML; the likelihood of REML is the restricted one.
    r_b : array
        Percent of the variance of the mean that is due to tau² (Crippa et al. 2016, Stat Med
        35:3661-3675).
    """

    se_tau2: Array
    tau2_low: Array
    tau2_high: Array
    tau2_pl_low: Array
    tau2_pl_high: Array
    i2_low: Array
    i2_high: Array
    h2_low: Array
    h2_high: Array
    i2_q_low: Array
    i2_q_high: Array
    h_q_low: Array
    h_q_high: Array
    log_likelihood: Array
    aic: Array
    bic: Array
    aicc: Array
    r_b: Array


@dataclass(frozen=True)
class Pools:
    """Pooled sets: each number is an array, shape (m,), in the order of the sets.

    Where a number is NaN, `reason` says why. See `Pooled` for what the numbers are.
    """

    rules: Rules
    k: Array
    estimate: Array
    se: Array
    se_model: Array
    ci_low: Array
    ci_high: Array
    statistic: Array
    df_ci: Array
    p: Array
    ci_used: Texts
    tau2: Array
    typical_variance: Array
    q: Array
    df: Array
    q_p: Array
    i2: Array
    h2: Array
    i2_q: Array
    h2_q: Array
    pi_low: Array
    pi_high: Array
    df_pi: Array
    spread: Spread | None = None

    def __len__(self) -> int:
        """Give the number of sets."""
        return int(self.k.size)

    def reason(self, number: str, which: int) -> str:
        """Say why a number of a set is absent; empty if it is there."""
        of = self.spread if number in SPREAD else self
        there = not math.isnan(getattr(of, number)[which])
        return "" if there else reason(number, self.facts(which))

    def facts(self, which: int) -> Facts:
        """Give what decides which numbers of a set can be had."""
        return Facts(
            k=int(self.k[which]),
            method=self.rules.method,
            pi=self.rules.pi,
            ci=self.rules.ci,
            q=float(self.q[which]),
            se=float(self.se[which]),
            level=self.rules.level,
        )


SPREAD = tuple(f.name for f in fields(Spread))
NUMBERS = tuple(f.name for f in fields(Pools) if f.name not in ("rules", "ci_used", "spread"))


@dataclass(frozen=True)
class Pooled:
    """One pooled set. All numbers are on the scale of analysis; natural logs for ratios.

    Where a number is NaN, `reasons` says why; there is no other NaN.

    Parameters
    ----------
    method, ci_method, pi_method : str
        Estimator of tau² and rules of the intervals: keys of `tau2.ESTIMATORS`,
        `intervals.CI_RULES` and `prediction.PI_RULES`.
    ci_used : str
        The rule that `ci_method` came to; one study has the normal interval.
    level : float
        Of all intervals.
    k : int
        Number of effects.
    estimate, se, ci_low, ci_high : float
        Pooled effect with its interval.
    se_model : float
        Standard error if tau² were known.
    statistic, df_ci, p : float
        Estimate over `se`, its degrees of freedom (infinite: normal), and two-sided p.
    tau2, se_tau2, tau2_low, tau2_high : float
        Variance between studies, with its Q-profile interval.
    tau2_pl_low, tau2_pl_high : float
        Its interval by profile likelihood, for ML and REML.
    typical_variance : float
        Sampling variance of a typical study (Higgins and Thompson 2002).
    i2, i2_low, i2_high, h2, h2_low, h2_high : float
        I² (percent) and H² by tau². For the common effect, which has no tau², they are those by Q.
    i2_q, i2_q_low, i2_q_high, h2_q, h_q_low, h_q_high : float
        I² (percent) and H² by Q, test-based intervals of I² and H.
    q, df, q_p : float
        Cochran's Q, its degrees of freedom, and the p of homogeneity.
    pi_low, pi_high, df_pi : float
        Prediction interval.
    log_likelihood, aic, bic, aicc : float
        For ML and REML.
    r_b : float
        Percent of the variance of the mean that is due to tau².
    weights : array, shape (k,)
        Percent.
    reasons : mapping
        Name of an absent number to the reason.
    notes : tuple of str
        What a reader should know of the numbers that are there.
    """

    method: str
    ci_method: str
    ci_used: str
    pi_method: str
    level: float
    k: int
    estimate: float
    se: float
    se_model: float
    ci_low: float
    ci_high: float
    statistic: float
    df_ci: float
    p: float
    tau2: float
    se_tau2: float
    tau2_low: float
    tau2_high: float
    tau2_pl_low: float
    tau2_pl_high: float
    typical_variance: float
    i2: float
    i2_low: float
    i2_high: float
    h2: float
    h2_low: float
    h2_high: float
    i2_q: float
    i2_q_low: float
    i2_q_high: float
    h2_q: float
    h_q_low: float
    h_q_high: float
    q: float
    df: float
    q_p: float
    pi_low: float
    pi_high: float
    df_pi: float
    log_likelihood: float
    aic: float
    bic: float
    aicc: float
    r_b: float
    weights: Array
    reasons: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def pool(
    yi: ArrayLike, vi: ArrayLike, method: str = REML, ci: str = DEFAULT_CI, pi: str = T_K1,
    *, level: float = 0.95, tau2: float | None = None,
) -> Pooled:  # fmt: skip
    """Pool one set of independent effects.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects on the scale of analysis and their sampling variances; k at least 1.
    method : str
        Estimator of tau²: a key of `tau2.ESTIMATORS` or of its `ALIASES`.
    ci : str
        Rule of the confidence interval: a key of `intervals.CI_RULES` or `CI_ALIASES`.
    pi : str
        Rule of the prediction interval: a key of `prediction.PI_RULES` or `PI_ALIASES`.
    level : float
        Of all intervals.
    tau2 : float, optional
        Take this tau² rather than estimate it; `method` is then `GIVEN`.

    Returns
    -------
    Pooled

    Raises
    ------
    ValueError
        If there is no effect, an effect is not finite, a variance is not a positive number, one of
        them is out of reach of doubles (see `MOST`), or a rule has no such name.

    Examples
    --------
    >>> found = pool([0.1, 0.3, 0.5], [0.04, 0.02, 0.05], "DL", "z")
    >>> round(found.estimate, 3), found.ci_used, found.pi_method
    (0.289, 'z', 't_k1')
    """
    y, v = np.atleast_1d(np.asarray(yi, float)), np.atleast_1d(np.asarray(vi, float))
    if not y.size:
        raise ValueError("pooling needs at least one effect, with a positive variance")
    given = None if tau2 is None else np.array([tau2])
    found = pool_sets(y, v, [0, y.size], method, ci, pi, level=level, tau2=given, with_spread=True)
    return one(found, y, v)


def pool_sets(
    yi: ArrayLike, vi: ArrayLike, offsets: ArrayLike, method: str = REML, ci: str = DEFAULT_CI,
    pi: str = T_K1, *, level: float = 0.95, tau2: ArrayLike | None = None,
    with_spread: bool = False,
) -> Pools:  # fmt: skip
    """Pool many sets of independent effects at once.

    Parameters
    ----------
    yi, vi : array_like, shape (n,)
        Effects and sampling variances of all sets, one set after the other.
    offsets : array_like of int, shape (m + 1,)
        Where each set begins, and n at the end. A set may be empty; its numbers are then absent.
    method, ci, pi, level
        As in `pool`.
    tau2 : array_like, shape (m,), optional
        Take these tau² rather than estimate them.
    with_spread : bool
        Also compute `Spread`.

    Raises
    ------
    ValueError
        As in `pool`, and if the offsets do not cut up the effects.

    Examples
    --------
    Leave out one of three studies at a time:

    >>> y, v = np.array([0.1, 0.3, 0.5]), np.array([0.04, 0.02, 0.05])
    >>> others = np.array([1, 2, 0, 2, 0, 1])
    >>> pool_sets(y[others], v[others], [0, 2, 4, 6], "common").estimate.round(3).tolist()
    [0.357, 0.278, 0.233]
    """
    y, v = np.asarray(yi, float), np.asarray(vi, float)
    sizes = _sizes(y, v, offsets)
    given = None if tau2 is None else _tau2_of(tau2, sizes)
    rules = Rules(
        GIVEN if given is not None else _named(method, ESTIMATORS, ALIASES, "method"),
        _named(ci, CI_RULES, CI_ALIASES, "ci"),
        _named(pi, PI_RULES, PI_ALIASES, "pi"),
        level,
    )
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, as 0.95; found {level}")
    parts = [pool_block(b, rules, given, with_spread) for b in blocks(y, v, sizes)]
    return _gathered(rules, sizes, parts, with_spread)


# --- arrays ---------------------------------------------------------------------------------------


def _gathered(rules: Rules, sizes: Integers, parts: Sequence[Part], with_spread: bool) -> Pools:
    """Put the numbers of all blocks into the order of the sets; of empty sets all are absent."""
    used = np.full(sizes.size, "", dtype=object)
    columns = {name: np.full(sizes.size, np.nan) for name in (*NUMBERS, *SPREAD * with_spread)}
    columns["k"] = sizes.astype(float)
    for part in parts:
        used[part.index] = part.used
        for name, values in part.numbers.items():
            columns[name][part.index] = values
    spread = None
    if with_spread:
        spread = Spread(**{name: columns[name] for name in SPREAD})
    numbers = {name: columns[name] for name in NUMBERS}
    return Pools(rules=rules, ci_used=used, spread=spread, **numbers)


def one(found: Pools, y: Array, v: Array) -> Pooled:
    """Take a single set, pooled with its spread, out of its arrays."""
    if found.spread is None or len(found) != 1:
        raise ValueError("one set, pooled with its spread, is needed")
    numbers = {name: float(getattr(found, name)[0]) for name in NUMBERS if name != "k"}
    numbers |= {name: float(getattr(found.spread, name)[0]) for name in SPREAD}
    absent = {n: found.reason(n, 0) for n, value in numbers.items() if math.isnan(value)}
    rules = found.rules
    return Pooled(
        method=rules.method,
        ci_method=rules.ci,
        ci_used=str(found.ci_used[0]),
        pi_method=rules.pi,
        level=rules.level,
        k=y.size,
        weights=_weights(v, 0.0 if rules.method in FIXED_WEIGHTS else numbers["tau2"]),
        reasons=absent,
        notes=notes(found.facts(0)),
        **numbers,
    )


def _weights(v: Array, tau2: float) -> Array:
    w = 1 / (v + (0.0 if math.isnan(tau2) else tau2))
    percent: Array = 100 * w / w.sum()
    return percent


# --- what the caller gives ------------------------------------------------------------------------


def _named(given: str, known: Mapping[str, object], aliases: Mapping[str, str], name: str) -> str:
    """Find a rule by its name or another name of it, whatever the case of the letters."""
    names = {**{k: k for k in known}, **aliases}
    found = names.get(given) or {k.lower(): v for k, v in names.items()}.get(given.lower())
    if found is None:
        raise ValueError(f"{name} {given!r} is not one of {', '.join(names)}")
    return found


def _sizes(y: Array, v: Array, offsets: ArrayLike) -> Integers:
    """Check effects, variances and offsets."""
    if y.ndim != 1 or y.shape != v.shape:
        raise ValueError(f"effects and variances must be of one length; found {y.shape}, {v.shape}")
    usable = np.isfinite(y) & np.isfinite(v) & (v > 0)
    if not usable.all():
        raise ValueError(
            "pooling needs finite effects, each with a positive variance; not so at "
            f"{_places(~usable)}"
        )
    if (far := out_of_reach(y, v)).any():
        raise ValueError(f"{OUT_OF_REACH}; not so at {_places(far)}")
    ends = np.asarray(offsets, dtype=np.int64)
    sizes = np.diff(ends)
    if ends.ndim != 1 or not ends.size or ends[0] != 0 or ends[-1] != y.size or (sizes < 0).any():
        raise ValueError(f"offsets must rise from 0 to the number of effects, {y.size}")
    return sizes


def out_of_reach(y: Array, v: Array) -> Flags:
    """Tell which effects and variances are so large or small that their products leave doubles."""
    found: Flags = (np.abs(y) > MOST) | (v < 1 / MOST**2) | (v > MOST**2)
    return found


def _places(which: Flags) -> str:
    at = np.flatnonzero(which)
    return ", ".join(str(i) for i in at[:5]) + (", ..." if at.size > 5 else "")


def _tau2_of(tau2: ArrayLike, sizes: Integers) -> Array:
    given = np.asarray(tau2, float)
    if given.shape != sizes.shape or not (np.isfinite(given) & (given >= 0)).all():
        raise ValueError("tau2 must be one finite number, not negative, for each set")
    return given
