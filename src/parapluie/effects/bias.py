"""Small-study effects and publication bias: tests, and what the result would be without.

Effects on the scale of analysis with their sampling variances. None of these tests shows that
something was not published: they show that small studies differ, for whatever reason.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import kendalltau

from parapluie.effects.regression import (
    RegressionFit,
    critical_value,
    design,
    least_squares,
    meta_regression,
    solve,
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


FEWEST = 3
"""Studies that a line with an error of its own needs."""

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
    model: str = "lm",
    method: str = "REML",
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
    mixed = model == "mixed"
    fit = meta_regression(y, v, matrix, method) if mixed else least_squares(y, v, matrix)
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
    statistic, p = float(fit.statistic[1]), float(fit.p[1])
    reason = "" if math.isfinite(statistic) else "not_estimable: the studies lie on the line"
    return Asymmetry(
        test, predictor, fit.k, float(fit.coefficients[1]), float(fit.se[1]), statistic, fit.df, p,
        *limit, reason,
    )  # fmt: skip


# --- tests for tables of counts -------------------------------------------------------------------


def harbord(ai: ArrayLike, bi: ArrayLike, ci: ArrayLike, di: ArrayLike) -> Asymmetry:
    """Test the odds ratios of 2x2 tables (Harbord, Egger and Sterne, Stat Med 2006;25:3443-3457).

    The efficient score over its variance is regressed on one over the root of the variance; rows
    without events, or with nothing but events, in both arms say nothing and are left out.
    """
    a, b, c, d = _tables(ai, bi, ci, di)
    total, n1, m1 = a + b + c + d, a + b, a + c
    score = a - n1 * m1 / total
    variance = n1 * (c + d) * m1 * (b + d) / (total**2 * (total - 1))
    use = variance > 0
    effect, v = score[use] / variance[use], 1 / variance[use]
    return regression_test("harbord", effect, v, np.sqrt(v), "sei")


def peters(ai: ArrayLike, bi: ArrayLike, ci: ArrayLike, di: ArrayLike) -> Asymmetry:
    """Test the odds ratios of 2x2 tables (Peters et al., JAMA 2006;295:676-680).

    Log odds ratios (one half added to tables with a zero) on 1/n, weights (1/events + 1/others)⁻¹.
    """
    a, b, c, d = _tables(ai, bi, ci, di)
    total, events = a + b + c + d, a + c
    weights = events * (total - events) / total
    use = weights > 0
    half = np.where((a == 0) | (b == 0) | (c == 0) | (d == 0), 0.5, 0.0)
    log_or = np.log((a + half) * (d + half) / ((b + half) * (c + half)))
    return regression_test("peters", log_or[use], 1 / weights[use], 1 / total[use], "ninv")


def _tables(*cells: ArrayLike) -> tuple[Array, Array, Array, Array]:
    a, b, c, d = (np.asarray(x, dtype=float) for x in cells)
    return a, b, c, d


# --- rank test ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RankTest:
    """Kendall's tau between standardised effects and their variances, and its p.

    `exact` tells whether p is exact; with ties it is a normal approximation.
    """

    tau: float
    p: float
    exact: bool
    reason: str = ""


def begg(yi: ArrayLike, vi: ArrayLike) -> RankTest:
    """Test the rank correlation of effects and variances (Begg and Mazumdar 1994, Biometrics 50).

    Effects are standardised by the variance of their distance from the common effect.
    """
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    if y.size < FEWEST:
        return RankTest(math.nan, math.nan, False, f"not_estimable: k={y.size}")
    w = 1 / v
    centred = (y - w @ y / w.sum()) / np.sqrt(np.maximum(v - 1 / w.sum(), np.finfo(float).tiny))
    exact = np.unique(centred).size == y.size and np.unique(v).size == y.size
    tau, p = kendalltau(centred, v, method="exact" if exact else "asymptotic")
    if not math.isfinite(tau):
        return RankTest(math.nan, math.nan, False, "not_estimable: no ranks to compare")
    return RankTest(float(tau), float(p), exact)


# --- effects beyond precision ---------------------------------------------------------------------


@dataclass(frozen=True)
class Corrected:
    """An estimate with the error of a weighted regression: UWLS, PET or PEESE."""

    name: str
    estimate: float
    se: float
    df: float
    p: float
    ci_low: float
    ci_high: float


def uwls(yi: ArrayLike, vi: ArrayLike) -> Corrected:
    """Unrestricted weighted least squares (Stanley, Doucouliagos, Stat Med 2015;34:2116-2127)."""
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    return _intercept("UWLS", y, v, np.ones((y.size, 1)))


def pet(yi: ArrayLike, vi: ArrayLike) -> Corrected:
    """Precision-effect test: the effect at a standard error of 0 (Stanley, Doucouliagos 2014)."""
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    return _intercept("PET", y, v, design(np.sqrt(v)))


def peese(yi: ArrayLike, vi: ArrayLike) -> Corrected:
    """Precision-effect estimate with standard error: the same on variances (ibid.)."""
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    return _intercept("PEESE", y, v, design(v))


def pet_peese(yi: ArrayLike, vi: ArrayLike, alpha: float = 0.10) -> Corrected:
    """Give PEESE where PET finds an effect (one-sided `alpha` 0.05), else PET (ibid.).

    Res Synth Methods 2014;5:60-78.
    """
    first = pet(yi, vi)
    return peese(yi, vi) if first.p < alpha else first


def _intercept(name: str, y: Array, v: Array, x: Array) -> Corrected:
    fit = least_squares(y, v, x)
    low, high = fit.interval()
    return Corrected(
        name, float(fit.coefficients[0]), float(fit.se[0]), fit.df, float(fit.p[0]),
        float(low[0]), float(high[0]),
    )  # fmt: skip


# --- fail-safe numbers ----------------------------------------------------------------------------


@dataclass(frozen=True)
class FailSafe:
    """How many studies without an effect would undo the result."""

    name: str
    n: int
    p: float
    target: float


def fail_safe(yi: ArrayLike, vi: ArrayLike, alpha: float = 0.05) -> Mapping[str, FailSafe]:
    """Give fail-safe numbers by Rosenthal (1979), Orwin (1983) and Rosenberg (2005).

    Orwin's averages effects without weights and asks for the number that halves the mean.
    """
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    return {
        "Rosenthal": _rosenthal(y, v, alpha),
        "Orwin": _orwin(y),
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


def _orwin(y: Array) -> FailSafe:
    mean = float(y.mean())
    target = mean / 2
    return FailSafe(
        "Orwin", _whole(y.size * (mean - target) / target) if target else 0, math.nan, target
    )


def _rosenberg(y: Array, v: Array, alpha: float) -> FailSafe:
    w = 1 / v
    total, found = float(w.sum()), float(w @ y)
    p = float(two_sided_p(found / math.sqrt(total)))
    limit = (found / float(ndtri(1 - alpha / 2))) ** 2 - total
    return FailSafe("Rosenberg", _whole(y.size * limit / total), p, math.nan)


# --- trim and fill --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filled:
    """What trim and fill adds.

    Parameters
    ----------
    side : str
        ``left`` or ``right``: where studies seem to be missing.
    k0 : int
        Number of studies added; `se_k0` is the standard error of the number before rounding,
        `p_k0` of R0 that of no missing study.
    yi, vi : array, shape (k + k0,)
        The effects and the mirrored ones behind them.
    """

    side: str
    estimator: str
    k0: int
    se_k0: float
    p_k0: float
    yi: Array
    vi: Array


MAX_ROUNDS = 100


def trim_and_fill(
    yi: ArrayLike, vi: ArrayLike, method: str = "REML", estimator: str = "L0", side: str = "auto"
) -> Filled:
    """Mirror the studies that make a funnel plot lopsided (Duval and Tweedie 2000).

    J Am Stat Assoc 2000;95:89-98; Biometrics 2000;56:455-463. Pool the result with the same method
    to see what it would be.

    Parameters
    ----------
    method : {'common', 'DL', 'REML'}
        Of the estimate about which studies are mirrored.
    estimator : {'L0', 'R0'}
        Of the number of missing studies.
    side : {'auto', 'left', 'right'}
        Where they are missing; ``auto`` follows the slope of effects on standard errors.
    """
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    if side == "auto":
        side = _side(y, v, method)
    sign = -1.0 if side == "right" else 1.0
    order = np.argsort(sign * y, kind="stable")
    ys, vs = (sign * y)[order], v[order]
    k0, unrounded = _missing(ys, vs, method, estimator)
    centre = _estimate(ys[: ys.size - k0], vs[: ys.size - k0], method)
    added = 2 * centre - ys[ys.size - k0 :] if k0 else ys[:0]
    return Filled(
        side,
        estimator,
        k0,
        _se_of_missing(y.size, unrounded, estimator),
        0.5 ** (k0 + 1) if estimator == "R0" else math.nan,
        np.concatenate([sign * ys, sign * added]),
        np.concatenate([vs, vs[ys.size - k0 :] if k0 else vs[:0]]),
    )


def _side(y: Array, v: Array, method: str) -> str:
    if _unfit(y, np.sqrt(v)):
        return "left"
    slope = meta_regression(y, v, design(np.sqrt(v)), method).coefficients[1]
    return "right" if slope < 0 else "left"


def _estimate(y: Array, v: Array, method: str) -> float:
    if y.size < 2:
        return float(y[0])
    return float(meta_regression(y, v, np.ones((y.size, 1)), method).coefficients[0])


def _missing(y: Array, v: Array, method: str, estimator: str) -> tuple[int, float]:
    """Repeat trimming until the number of studies to trim stays; give it rounded and not."""
    k, k0, found = y.size, 0, 0.0
    for _ in range(MAX_ROUNDS):
        kept = k - k0
        if kept < 1:
            break
        ranks = _signed_ranks(y - _estimate(y[:kept], v[:kept], method))
        if estimator == "L0":
            found = float((4 * ranks[ranks > 0].sum() - k * (k + 1)) / (2 * k - 1))
        else:
            found = k - max(0.0, float((-ranks).max())) - 1
        new = max(0, round(found))
        if new == k0:
            break
        k0 = min(new, k - 1)
    return k0, found


def _signed_ranks(distance: Array) -> Array:
    from scipy.stats import rankdata

    return np.asarray(rankdata(np.abs(distance)) * np.sign(distance), dtype=float)


def _se_of_missing(k: int, k0: float, estimator: str) -> float:
    if estimator == "R0":
        return math.sqrt(2 * max(0.0, k0) + 2)
    variance = (
        k * (k + 1) * (2 * k + 1) + 10 * k0**3 + 27 * k0**2 + 17 * k0
        - 18 * k * k0**2 - 18 * k * k0 + 6 * k**2 * k0
    ) / 24  # fmt: skip
    return 4 * math.sqrt(max(0.0, variance)) / (2 * k - 1)


# --- influence ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Influence:
    """What each study does to the pooled effect (Viechtbauer and Cheung 2010).

    Parameters
    ----------
    dfbetas : array, shape (k,)
        How many standard errors the estimate moves when the study is left out.
    dffits, cook, hat : array, shape (k,)
        Move of its own prediction; squared distance of the estimates; weight as a share of 1.
    influential : array of bool, shape (k,)
        By the rules of thumb of that paper.
    """

    dfbetas: Array
    dffits: Array
    cook: Array
    hat: Array
    influential: NDArray[np.bool_]


def influence(yi: ArrayLike, vi: ArrayLike, method: str = "REML") -> Influence:
    """Leave out each study and see how far the estimate moves.

    Viechtbauer W, Cheung MWL. Res Synth Methods 2010;1:112-125. `method` as in
    `regression.meta_regression`. Needs k of 3 or more.
    """
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    ones = np.ones((y.size, 1))
    fit = meta_regression(y, v, ones, method)
    full, variance = float(fit.coefficients[0]), float(fit.covariance[0, 0])
    dfbetas, dffits, cook = (np.zeros(y.size) for _ in range(3))
    w = 1 / (v + fit.tau2)
    hat = w / w.sum()
    for i in range(y.size):
        rest = np.arange(y.size) != i
        part = meta_regression(y[rest], v[rest], ones[rest], method)
        moved = full - float(part.coefficients[0])
        total = (1 / (v + part.tau2)).sum()
        dfbetas[i] = moved * math.sqrt(total)
        dffits[i] = moved / math.sqrt(hat[i] * (part.tau2 + v[i]))
        cook[i] = moved**2 / variance
    k = y.size
    rules = (
        np.abs(dffits) > 3 * math.sqrt(1 / (k - 1)),
        cook > 0.4549364231195724,  # median of chi-square with one degree of freedom
        hat > 3 / k,
        np.abs(dfbetas) > 1,
    )
    return Influence(dfbetas, dffits, cook, hat, np.logical_or.reduce(rules))


@dataclass(frozen=True)
class Shrunken:
    """Best linear unbiased predictions of the true effects, shape (k,) each; 95% ends."""

    estimate: Array
    se: Array
    low: Array
    high: Array


def shrunken(yi: ArrayLike, vi: ArrayLike, method: str = "REML") -> Shrunken:
    """Predict the true effect of each study (empirical Bayes; Raudenbush and Bryk 1985).

    J Educ Stat 1985;10:75-98.
    """
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    fit = meta_regression(y, v, np.ones((y.size, 1)), method)
    share = fit.tau2 / (fit.tau2 + v)
    estimate = share * y + (1 - share) * fit.coefficients[0]
    se = np.sqrt(share * v + (1 - share) ** 2 * fit.covariance[0, 0])
    half = critical_value(math.inf) * se
    return Shrunken(estimate, se, estimate - half, estimate + half)


__all__ = [
    "Asymmetry", "Corrected", "FailSafe", "Filled", "Influence", "RankTest", "Shrunken", "begg",
    "egger", "fail_safe", "harbord", "influence", "peese", "pet", "pet_peese", "peters",
    "regression_test", "shrunken", "solve", "trim_and_fill", "uwls",
]  # fmt: skip
