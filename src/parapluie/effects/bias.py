"""Small-study effects and publication bias: tests, and what the result would be without.

Effects on the scale of analysis with their sampling variances. None of these tests shows that
something was not published: they show that small studies differ, for whatever reason.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from parapluie.effects.pool_reasons import ZERO_BY_ZERO
from parapluie.effects.regression import (
    DL,
    REML,
    RegressionFit,
    critical_value,
    design,
    least_squares,
    meta_regression,
    two_sided_p,
)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Asymmetry:
    """A regression test for funnel plot asymmetry.

    Parameters
    ----------
    test, predictor : str
        Name of the test and of what the effects were regressed on.
    k : int
        Number of studies.
    slope, se, statistic, df, p : float
        Of the predictor; `statistic` is t, or z where `df` is infinite. For Egger's test the slope
        is the intercept of his plot of y/se on 1/se.
    limit, limit_low, limit_high : float
        What the regression gives for a study without sampling error (95% interval); NaN where the
        predictor does not vanish with it.
    reason : str
        Why there is no test; then the numbers are NaN.
    """

    test: str
    predictor: str
    k: int
    slope: float = math.nan
    se: float = math.nan
    statistic: float = math.nan
    df: float = math.nan
    p: float = math.nan
    limit: float = math.nan
    limit_low: float = math.nan
    limit_high: float = math.nan
    reason: str = ""


LM, MIXED = "lm", "mixed"
FEWEST = 3
"""Studies that a line with an error of its own needs."""

_ROUNDING = 1e-26
"""Share of the squares that is left of them by the computer's rounding alone."""
_VANISHING = frozenset({"sei", "vi", "ninv", "sqrtninv"})


def egger(yi: ArrayLike, vi: ArrayLike) -> Asymmetry:
    """Test with Egger et al. (BMJ 1997;315:629-634): effects on standard errors, weights 1/v.

    The test is that of the slope by t on k - 2 degrees of freedom, with a multiplicative error.
    """
    v = np.asarray(vi, dtype=float)
    return regression_test("egger", yi, v, np.sqrt(v), "sei")


def regression_test(
    test: str,
    yi: ArrayLike,
    vi: ArrayLike,
    x: ArrayLike,
    predictor: str,
    model: str = LM,
    method: str = REML,
) -> Asymmetry:
    """Regress effects on something that grows or falls with the size of a study.

    Parameters
    ----------
    test, predictor : str
        Names for the result; with ``sei``, ``vi``, ``ninv`` and ``sqrtninv`` the limit is given.
    yi, vi, x : array_like, shape (k,)
        Effects, sampling variances, predictor.
    model : {'lm', 'mixed'}
        Weighted regression with a multiplicative error (t), or a meta-regression (z; Sterne and
        Egger 2005).
    method : str
        Estimator of tau² of the mixed model (see `regression.meta_regression`).
    """
    y, v, predicted_by = (np.asarray(a, dtype=float) for a in (yi, vi, x))
    reason = _unfit(y, predicted_by)
    if reason:
        return Asymmetry(test, predictor, int(y.size), reason=reason)
    matrix = design(predicted_by)
    if model == MIXED:
        return _of_fit(test, predictor, meta_regression(y, v, matrix, method))
    fit = least_squares(y, v, matrix)
    if fit.q <= _ROUNDING * float((y**2 / v).sum()):
        reason = "not_estimable: the studies lie on the line"
        return Asymmetry(test, predictor, fit.k, float(fit.coefficients[1]), reason=reason)
    return _of_fit(test, predictor, fit)


def _unfit(y: Array, x: Array) -> str:
    if y.size < FEWEST:
        return f"not_estimable: k={y.size}, a line with its error needs {FEWEST}"
    if np.ptp(x) <= 1e-12 * np.abs(x).max():
        return "not_estimable: all studies have the same precision"
    return ""


def _of_fit(test: str, predictor: str, fit: RegressionFit) -> Asymmetry:
    low, high = fit.interval()
    limit = (float(fit.coefficients[0]), float(low[0]), float(high[0]))
    if predictor not in _VANISHING:
        limit = (math.nan, math.nan, math.nan)
    slope, se, statistic, p = (
        float(x[1]) for x in (fit.coefficients, fit.se, fit.statistic, fit.p)
    )
    return Asymmetry(test, predictor, fit.k, slope, se, statistic, fit.df, p, *limit)


def thompson_sharp(yi: ArrayLike, vi: ArrayLike, method: str = DL) -> Asymmetry:
    """Test with an additive variance between studies (Thompson and Sharp 1999, method 3b).

    Stat Med 1999;18:2693-2708. Effects on standard errors, weights 1/(v + tau²); t on k - 2 degrees
    of freedom, as R's meta gives it.
    """
    v = np.asarray(vi, dtype=float)
    found = regression_test("thompson_sharp", yi, v, np.sqrt(v), "sei", MIXED, method)
    if found.reason:
        return found
    df = float(found.k - 2)
    half = critical_value(df) * (found.limit_high - found.limit) / critical_value(math.inf)
    return replace(
        found,
        df=df,
        p=float(two_sided_p(found.statistic, df)),
        limit_low=found.limit - half,
        limit_high=found.limit + half,
    )


def pustejovsky_rodgers(yi: ArrayLike, vi: ArrayLike, n1i: ArrayLike, n2i: ArrayLike) -> Asymmetry:
    """Test standardised differences (Pustejovsky and Rodgers, Res Synth Methods 2019;10:57-71).

    The variance of g holds g itself, so that Egger's test finds asymmetry too often. The predictor
    is the part that does not, sqrt(1/n1 + 1/n2); weights 1/v.
    """
    n1, n2 = np.asarray(n1i, dtype=float), np.asarray(n2i, dtype=float)
    return regression_test("pustejovsky_rodgers", yi, vi, np.sqrt(1 / n1 + 1 / n2), "sqrtninv")


# --- rank tests -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class RankTest:
    """Kendall's rank correlation of standardised effects with their variances.

    Parameters
    ----------
    tau, p : float
        Correlation and its two-sided p.
    exact : bool
        Whether p is exact; with ties it is a normal approximation without a correction.
    score, se : float
        Concordant less discordant pairs, and its standard error with ties.
    reason : str
        Why there is no test; then the numbers are NaN.
    """

    tau: float = math.nan
    p: float = math.nan
    exact: bool = False
    score: float = math.nan
    se: float = math.nan
    reason: str = ""


def begg(yi: ArrayLike, vi: ArrayLike, approximate: bool = False) -> RankTest:
    """Test the rank correlation of effects and variances (Begg and Mazumdar 1994).

    Biometrics 1994;50:1088-1101. Effects are standardised by the variance of their distance from
    the common effect.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
    approximate : bool
        Normal approximation even without ties, as in the paper and R's meta; else exact.
    """
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    if y.size < FEWEST:
        return RankTest(reason=f"not_estimable: k={y.size}")
    w = 1 / v
    distance = np.sqrt(np.maximum(v - 1 / w.sum(), np.finfo(float).tiny))
    return rank_test((y - w @ y / w.sum()) / distance, v, approximate)


def rank_test(x: Array, y: Array, approximate: bool = False) -> RankTest:
    """Test the rank correlation of two arrays of shape (k,) (Kendall 1970, Rank Correlation)."""
    from scipy.stats import kendalltau  # loads for longer than most commands take

    if x.size < FEWEST or np.ptp(x) == 0 or np.ptp(y) == 0:
        return RankTest(reason="not_estimable: no ranks to compare")
    exact = not approximate and np.unique(x).size == x.size and np.unique(y).size == y.size
    tau, p = kendalltau(x, y, method="exact" if exact else "asymptotic")
    signs = np.sign(x[:, None] - x) * np.sign(y[:, None] - y)
    return RankTest(float(tau), float(p), exact, float(signs.sum() / 2), _error_of_score(x, y))


def _error_of_score(x: Array, y: Array) -> float:
    """Give the standard error of Kendall's score under no correlation, with ties (Kendall 1970)."""
    k = x.size
    t, u = (np.unique(a, return_counts=True)[1].astype(float) for a in (x, y))
    two_t, two_u = (float((a * (a - 1)).sum()) for a in (t, u))
    three_t, three_u = (float((a * (a - 1) * (a - 2)).sum()) for a in (t, u))
    tied = sum(float((a * (a - 1) * (2 * a + 5)).sum()) for a in (t, u))
    variance = (k * (k - 1) * (2 * k + 5) - tied) / 18
    variance += three_t * three_u / (9 * k * (k - 1) * (k - 2)) + two_t * two_u / (2 * k * (k - 1))
    return math.sqrt(variance)


# --- effects beyond precision ---------------------------------------------------------------------


@dataclass(frozen=True)
class Corrected:
    """An estimate with the error of a weighted regression: UWLS, PET or PEESE.

    `ci_low` and `ci_high` are the ends of the 95% interval by t on `df`; `reason` says why numbers
    are absent: all of them, or p where estimate and error are both 0.
    """

    name: str
    estimate: float = math.nan
    se: float = math.nan
    df: float = math.nan
    p: float = math.nan
    ci_low: float = math.nan
    ci_high: float = math.nan
    reason: str = ""


def uwls(yi: ArrayLike, vi: ArrayLike) -> Corrected:
    """Unrestricted weighted least squares (Stanley, Doucouliagos, Stat Med 2015;34:2116-2127)."""
    return _intercept("UWLS", yi, vi)


def pet(yi: ArrayLike, vi: ArrayLike) -> Corrected:
    """Precision-effect test: the effect at a standard error of 0 (Stanley, Doucouliagos 2014)."""
    return _intercept("PET", yi, vi, np.sqrt(np.asarray(vi, dtype=float)))


def peese(yi: ArrayLike, vi: ArrayLike) -> Corrected:
    """Precision-effect estimate with standard error: the same on variances (ibid.)."""
    return _intercept("PEESE", yi, vi, vi)


def pet_peese(yi: ArrayLike, vi: ArrayLike, alpha: float = 0.05) -> Corrected:
    """Give PEESE where PET finds an effect, else PET (ibid.).

    Res Synth Methods 2014;5:60-78. PET finds an effect where its p, one-sided in the direction of
    its estimate, is below `alpha`.
    """
    first = pet(yi, vi)
    return peese(yi, vi) if first.p / 2 < alpha else first


def _intercept(name: str, yi: ArrayLike, vi: ArrayLike, *predictors: ArrayLike) -> Corrected:
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    x = np.column_stack([np.ones_like(y), *(np.asarray(p, dtype=float) for p in predictors)])
    if y.size <= x.shape[1]:
        return Corrected(name, reason=f"not_estimable: k={y.size}")
    if predictors and _unfit(y, x[:, 1]):
        return Corrected(name, reason=_unfit(y, x[:, 1]))
    fit = least_squares(y, v, x)
    low, high = fit.interval()
    estimate, se, p, *ends = (float(a[0]) for a in (fit.coefficients, fit.se, fit.p, low, high))
    reason = ZERO_BY_ZERO if math.isnan(p) else ""
    return Corrected(name, estimate, se, fit.df, p, ends[0], ends[1], reason)


# --- fail-safe numbers ----------------------------------------------------------------------------


@dataclass(frozen=True)
class FailSafe:
    """How many studies without an effect would undo the result.

    Parameters
    ----------
    name : str
    n : int
        The number; 0 where there is nothing to undo.
    p : float
        Of the result as it is: one-sided for Rosenthal, two-sided for Rosenberg.
    target : float
        For Orwin: the mean that so many studies leave.
    """

    name: str
    n: int
    p: float
    target: float


def fail_safe(
    yi: ArrayLike, vi: ArrayLike, alpha: float = 0.05, target: float | None = None
) -> Mapping[str, FailSafe]:
    """Give fail-safe numbers by Rosenthal, Orwin and Rosenberg.

    Rosenthal (Psychol Bull 1979;86:638-641): studies with z = 0 that bring the sum of z to p above
    `alpha`, one-sided. Orwin (J Educ Stat 1983;8:157-159): studies without an effect that bring the
    mean, without weights, down to `target`. Rosenberg (Evolution 2005;59:464-468): studies without
    an effect and of mean weight that bring the common effect to p above `alpha`, two-sided.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
    alpha : float
    target : float, optional
        An effect too small to matter, for Orwin; half the mean without it, which always gives k.
    """
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    return {
        "Rosenthal": _rosenthal(y, v, alpha),
        "Orwin": _orwin(y, target),
        "Rosenberg": _rosenberg(y, v, alpha),
    }


def _whole(value: float) -> int:
    # whole numbers are found a little above themselves after divisions
    return math.ceil(max(0.0, value - 1e-9)) if math.isfinite(value) else 0


def _rosenthal(y: Array, v: Array, alpha: float) -> FailSafe:
    k = y.size
    z = float(abs((y / np.sqrt(v)).sum() / math.sqrt(k)))
    return FailSafe(
        "Rosenthal", _whole(k * (z / float(ndtri(1 - alpha))) ** 2 - k), float(ndtr(-z)), math.nan
    )


def _orwin(y: Array, target: float | None) -> FailSafe:
    mean = float(y.mean())
    aim = mean / 2 if target is None else math.copysign(target, mean)
    n = _whole(y.size * (mean - aim) / aim) if aim else 0
    return FailSafe("Orwin", n, math.nan, aim)


def _rosenberg(y: Array, v: Array, alpha: float) -> FailSafe:
    w = 1 / v
    total, found = float(w.sum()), float(w @ y)
    p = float(two_sided_p(found / math.sqrt(total)))
    limit = (found / float(ndtri(1 - alpha / 2))) ** 2 - total
    return FailSafe("Rosenberg", _whole(y.size * limit / total), p, math.nan)
