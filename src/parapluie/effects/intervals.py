"""Pooled means, their standard errors and confidence intervals, for many sets at once.

Every interval has a name, and tells which rule it came to use where a rule chooses between two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from parapluie.effects.pool_blocks import Array, Block, Flags
from parapluie.effects.pool_moments import residuals, traces

Texts = NDArray[np.object_]

NORMAL, T, HK, FLOOR, HYBRID, IQWIG, KR = "z", "t", "HK", "HK_floor", "HK_ci", "HK_IQWiG6", "KR"
CI_RULES = {
    NORMAL: "normal",
    T: "t with k-1 degrees of freedom",
    HK: "Hartung-Knapp, t with k-1 degrees of freedom, no floor",
    FLOOR: "Hartung-Knapp, t with k-1 degrees of freedom, its factor at least 1",
    HYBRID: "the wider of Hartung-Knapp and normal",
    IQWIG: "Hartung-Knapp; factor at least 1 where narrower than normal with DerSimonian-Laird",
    KR: "Kenward-Roger",
}
"""Rule of a confidence interval to its words.

Sources: Hartung and Knapp 2001, Stat Med 20:3875-3889, and Knapp and Hartung 2003, Stat Med
22:2693-2710 (HK and its floor); Jackson et al. 2017, Stat Med 36:3923-3934 (hybrid); IQWiG 2022,
General Methods 6.1 (ad hoc correction); Kenward and Roger 1997, Biometrics 53:983-997, with
Partlett and Riley 2017, Stat Med 36:301-317 (KR with the expected information)."""
CI_ALIASES = {
    "hksj": HK, "knha": HK, "adhoc": FLOOR, "HK_se": FLOOR, "normal": NORMAL, "classic": NORMAL,
}  # fmt: skip
"""Other names: those of metafor and meta, and of Hartung, Knapp, Sidik and Jonkman together."""
DEFAULT_CI = FLOOR
"""Where nobody chooses. Without its floor Hartung and Knapp's interval can be far narrower than the
normal one where few effects happen to lie close together (Jackson et al. 2017; Röver, Knapp and
Friede 2015, BMC Med Res Methodol 15:99)."""


@dataclass(frozen=True)
class Centre:
    """Pooled means at given tau², in the caller's units.

    Parameters
    ----------
    k : array, shape (m,)
        Number of effects.
    estimate, variance : array
        Pooled mean and its variance if tau² were known.
    squares : array
        Squares about the mean with weights 1/(v + tau²), weighted so; without unit.
    """

    k: Array
    estimate: Array
    variance: Array
    squares: Array


@dataclass(frozen=True)
class Interval:
    """Confidence intervals.

    Parameters
    ----------
    se, df : array, shape (m,)
        Standard error, and degrees of freedom of t (infinite: normal).
    low, high : array
        Ends, in the caller's units.
    statistic, p : array
        Estimate over `se`, and its two-sided p; NaN where both are 0.
    used : array of str
        Key of `CI_RULES` that was used.
    """

    se: Array
    df: Array
    low: Array
    high: Array
    statistic: Array
    p: Array
    used: Texts


def centre(block: Block, tau2: Array, fixed_weights: bool = False) -> Centre:
    """Pool at a given tau².

    Parameters
    ----------
    block : Block
    tau2 : array, shape (m,)
        In units of the sets.
    fixed_weights : bool
        Weights 1/v rather than 1/(v + tau²) (Henmi and Copas 2010, Stat Med 29:2969-2983).
    """
    w, _, total, r = residuals(block, tau2)
    mean, variance = -block.first(r), 1 / total
    if fixed_weights:
        a, _, sum_a, from_mean = residuals(block, np.zeros(block.n_sets))
        mean = -block.first(from_mean)
        share = a / block.over(sum_a)
        variance = block.total(np.where(w > 0, share**2, 0.0) / np.where(w > 0, w, 1.0))
    return Centre(
        k=block.k,
        estimate=block.origin + block.root * mean,
        variance=block.root**2 * variance,
        squares=block.total(w * r * r),
    )


def interval(
    found: Centre, rule: str, level: float, dl: Centre | None = None, kr: Errors | None = None
) -> Interval:
    """Give the confidence interval of each set.

    Parameters
    ----------
    found : Centre
        Of sets of more than one effect, or with the rule `NORMAL`.
    rule : str
        A key of `CI_RULES`.
    level : float
        As 0.95.
    dl : Centre, optional
        Means by DerSimonian and Laird, for the rule `IQWIG`.
    kr : Errors, optional
        Of `kenward_roger`, for the rule `KR`.
    """
    errors = _RULES[rule](_Given(found, level, dl, kr))
    half = quantile(errors.df, level) * errors.se
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = found.estimate / errors.se
    return Interval(
        se=errors.se,
        df=errors.df,
        low=found.estimate - half,
        high=found.estimate + half,
        statistic=statistic,
        p=two_sided_p(statistic, errors.df),
        used=errors.used,
    )


@dataclass(frozen=True)
class Errors:
    """Standard errors, degrees of freedom, and the key of `CI_RULES` that was used."""

    se: Array
    df: Array
    used: Texts


@dataclass(frozen=True)
class _Given:
    """What the rules choose from."""

    found: Centre
    level: float
    dl: Centre | None = None
    kr: Errors | None = None

    @property
    def df(self) -> Array:
        return self.found.k - 1


def _same(se: Array, df: Array, rule: str) -> Errors:
    return Errors(se, df, np.full(se.shape, rule, dtype=object))


def _normal(given: _Given) -> Errors:
    return _same(np.sqrt(given.found.variance), np.full(given.df.shape, np.inf), NORMAL)


def _t(given: _Given) -> Errors:
    return _same(np.sqrt(given.found.variance), given.df, T)


def _hartung_knapp(given: _Given) -> Errors:
    factor = given.found.squares / given.df
    return _same(np.sqrt(given.found.variance * factor), given.df, HK)


def _floored(given: _Given) -> Errors:
    factor = np.maximum(given.found.squares / given.df, 1.0)
    return _same(np.sqrt(given.found.variance * factor), given.df, FLOOR)


def _wider(given: _Given) -> Errors:
    hk, normal = _hartung_knapp(given), _normal(given)
    return _where(_width(hk, given.level) < _width(normal, given.level), normal, hk)


def _iqwig(given: _Given) -> Errors:
    if given.dl is None:
        raise TypeError("the rule HK_IQWiG6 needs the means by DerSimonian and Laird")
    hk, normal = _hartung_knapp(given), _normal(_Given(given.dl, given.level))
    return _where(_width(hk, given.level) < _width(normal, given.level), _floored(given), hk)


def _by_kenward_roger(given: _Given) -> Errors:
    if given.kr is None:
        raise TypeError("the rule KR needs what `kenward_roger` gives")
    return given.kr


_RULES: dict[str, Callable[[_Given], Errors]] = {
    NORMAL: _normal,
    T: _t,
    HK: _hartung_knapp,
    FLOOR: _floored,
    HYBRID: _wider,
    IQWIG: _iqwig,
    KR: _by_kenward_roger,
}


def _width(errors: Errors, level: float) -> Array:
    return quantile(errors.df, level) * errors.se


def _where(which: Flags, first: Errors, second: Errors) -> Errors:
    return Errors(
        np.where(which, first.se, second.se),
        np.where(which, first.df, second.df),
        np.where(which, first.used, second.used),
    )


def kenward_roger(block: Block, tau2: Array) -> Errors:
    """Give standard errors (caller's units) and degrees of freedom by Kenward and Roger (1997).

    For one mean of effects with variance v + tau²: with Si the sum of (v + tau²)⁻ⁱ and
    W = 2 / tr PP the asymptotic variance of tau², the variance is U = 1/S1 + 2 W (S3 - S2²/S1)/S1².
    The degrees of freedom are 2 / (W (S2 U)²), with U where Kenward and Roger have 1/S1, as in R's
    meta.
    """
    w, others, s1, _ = residuals(block, tau2)
    s2, s3 = block.total(w * w), block.total(w * w * w)
    of_tau2 = 2 / traces(block, w, others)[1]
    with np.errstate(over="ignore"):
        variance = 1 / s1 + 2 * of_tau2 * np.maximum(s3 - s2**2 / s1, 0.0) / s1**2
        df = 2 / (of_tau2 * (s2 * variance) ** 2)
    return _same(block.root * np.sqrt(variance), df, KR)


_PRECISE = 1e-8
"""Relative error of the tail beyond a quantile that is let pass."""


def quantile(df: Array, level: float) -> Array:
    """Give the two-sided quantile of t; of the normal where the degrees of freedom are infinite.

    NaN where the degrees of freedom are so few (far below 1) that the quantile is out of reach of
    doubles; only the rule KR gives such.
    """
    values, where = np.unique(df, return_inverse=True)
    tail = (1 - level) / 2
    upper = np.where(np.isinf(values), float(ndtri(1 - tail)), stdtrit(values, 1 - tail))
    few = np.flatnonzero(values < 1)
    wrong = np.abs(stdtr(values[few], -upper[few]) / tail - 1) > _PRECISE
    upper[few[wrong]] = np.nan
    found: Array = upper[where]
    return found


def two_sided_p(statistic: Array, df: Array) -> Array:
    """Give the two-sided p of a statistic that is t distributed, or normal where df is infinite."""
    beyond = -np.abs(statistic)
    normal = np.isinf(df)
    found: Array = 2 * np.where(normal, ndtr(beyond), stdtr(np.where(normal, 1.0, df), beyond))
    return found
