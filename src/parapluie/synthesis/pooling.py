"""Meta-analysis of independent effects: common effect, DerSimonian-Laird and REML.

All on the scale of analysis (natural logs for ratios). Formulas from

* DerSimonian R, Laird N. Control Clin Trials 1986;7:177-188 (DL);
* Viechtbauer W. J Educ Behav Stat 2005;30:261-293 (REML, score);
* Knapp G, Hartung J. Stat Med 2003;22:2693-2710, without a floor (HK);
* Higgins JPT, Thompson SG. Stat Med 2002;21:1539-1558 (Q, I², H², typical variance);
* Higgins JPT, Thompson SG, Spiegelhalter DJ. J R Stat Soc A 2009;172:137-159 (prediction).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, ndtr, ndtri, stdtr, stdtrit

Array = NDArray[np.float64]

LEVEL = 0.95
Z = float(ndtri(0.5 + LEVEL / 2))
"""Normal quantile of a 95% interval."""

COMMON, DL, REML = "common", "DL", "REML"
NORMAL, HK = "z", "HK"
PI_RULES = {
    "t_k1": "t with k-1 degrees of freedom",
    "t_k2": "t with k-2 degrees of freedom (Higgins, Thompson and Spiegelhalter 2009)",
    "z": "normal",
}
"""Conventions of the prediction interval: half-width quantile times sqrt(tau² + se²)."""

_GRID = 48
"""Points at which the REML score is looked at to bracket its roots."""
_RELATIVE = 1e-13
"""Relative width of the bracket of tau² at which the search ends."""


@dataclass(frozen=True)
class Fit:
    """A pooled effect on the scale of analysis.

    ``tau2`` is the between-study variance; ``i2`` (percent) and ``h2`` rest on tau² and the typical
    sampling variance, ``i2_q`` on Q; ``df_ci`` is infinite for a normal interval; ``pi_low`` and
    ``pi_high`` are NaN where there is no prediction interval; ``weights`` are percent.
    """

    method: str
    ci_method: str
    k: int
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    statistic: float
    df_ci: float
    p: float
    tau2: float
    i2: float
    i2_q: float
    h2: float
    q: float
    df: int
    q_p: float
    pi_low: float
    pi_high: float
    weights: Array


def quantile(df: float) -> float:
    """Give the two-sided 95% quantile of t, or of the normal where `df` is infinite."""
    return Z if math.isinf(df) else float(stdtrit(df, 0.5 + LEVEL / 2))


def two_sided_p(statistic: float, df: float = math.inf) -> float:
    """Give the two-sided p of a statistic that is normal or t distributed."""
    tail = ndtr(-abs(statistic)) if math.isinf(df) else stdtr(df, -abs(statistic))
    return float(2 * tail)


def pool(
    yi: ArrayLike, vi: ArrayLike, method: str = REML, ci: str = NORMAL, pi: str = "t_k1"
) -> Fit:
    """Pool independent effects.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects on the scale of analysis and their sampling variances; k at least 1.
    method : {'common', 'DL', 'REML'}
        Estimator of the between-study variance.
    ci : {'z', 'HK'}
        Normal, or Hartung-Knapp with t on k-1 degrees of freedom. One study always has the normal
        interval, for which it alone gives the standard error.
    pi : {'t_k1', 't_k2', 'z'}
        Convention of the prediction interval (see `PI_RULES`).

    Raises
    ------
    ValueError
        If there is no study, or a variance is not a positive number.
    """
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    if y.size == 0 or y.shape != v.shape or not (np.isfinite(y).all() and (v > 0).all()):
        raise ValueError("pooling needs at least one effect, each with a positive variance")
    q = cochran_q(y, v)
    tau2 = {COMMON: _no_variance, DL: dersimonian_laird, REML: reml}[method](y, v)
    weights = 1 / (v + tau2)
    estimate = float(weights @ y / weights.sum())
    se, df_ci = _standard_error(y, weights, estimate, ci)
    half = quantile(df_ci) * se
    statistic = estimate / se if se > 0 else math.copysign(math.inf, estimate)
    pi_half = _prediction_half_width(method, pi, y.size, tau2, se)
    i2_q, h2_q = _from_q(q, y.size - 1)
    i2, h2 = (i2_q, h2_q) if method == COMMON else _from_tau2(tau2, v)
    return Fit(
        method=method,
        ci_method=NORMAL if math.isinf(df_ci) else HK,
        k=int(y.size),
        estimate=estimate,
        se=se,
        ci_low=estimate - half,
        ci_high=estimate + half,
        statistic=statistic,
        df_ci=df_ci,
        p=two_sided_p(statistic, df_ci),
        tau2=tau2,
        i2=i2,
        i2_q=i2_q,
        h2=h2,
        q=q,
        df=int(y.size - 1),
        q_p=float(chdtrc(y.size - 1, q)) if y.size > 1 else 1.0,
        pi_low=estimate - pi_half,
        pi_high=estimate + pi_half,
        weights=100 * weights / weights.sum(),
    )


def cochran_q(y: Array, v: Array) -> float:
    """Give Cochran's Q: weighted squares about the common effect."""
    w = 1 / v
    return float(w @ (y - w @ y / w.sum()) ** 2)


def _no_variance(y: Array, v: Array) -> float:
    return 0.0


def dersimonian_laird(y: Array, v: Array) -> float:
    """Estimate tau² by the method of moments (DerSimonian and Laird 1986), never below 0."""
    w = 1 / v
    spread = w.sum() - (w @ w) / w.sum()
    return max(0.0, float((cochran_q(y, v) - (y.size - 1)) / spread)) if y.size > 1 else 0.0


def reml(y: Array, v: Array) -> float:
    """Estimate tau² by restricted maximum likelihood.

    The score is looked at on a grid from 0 upwards; each change from plus to minus brackets a
    maximum, which is narrowed down to `_RELATIVE`; of several (and 0) the likeliest is taken. No
    step depends on a starting value, so nothing can fail to converge, on whatever scale.
    """
    if y.size < 2:
        return 0.0
    top = max(float(v.mean()), float(np.ptp(y)) ** 2)
    while _score(np.array([top]), y, v)[0] > 0:
        top *= 4
    grid = np.concatenate([[0.0], np.geomspace(float(v.min()) * 1e-6, top, _GRID)])
    score = _score(grid, y, v)
    falls = np.flatnonzero((score[:-1] > 0) & (score[1:] <= 0))
    found = [0.0] + [_narrow(grid[i], grid[i + 1], y, v) for i in falls]
    return found[int(np.argmax([_restricted_likelihood(t, y, v) for t in found]))]


def _narrow(low: float, high: float, y: Array, v: Array) -> float:
    """Find where the score changes from plus to minus, by cutting the bracket into many parts."""
    while high - low > _RELATIVE * high:
        points = np.linspace(low, high, _GRID)
        first = int(np.argmax(_score(points, y, v) <= 0)) if points[1] > low else 0
        if first == 0:
            break
        low, high = float(points[first - 1]), float(points[first])
    return (low + high) / 2


def _score(tau2: Array, y: Array, v: Array) -> Array:
    """Twice the derivative of the restricted log-likelihood, at each of several tau²."""
    w = 1 / (v + tau2[:, None])
    total = w.sum(axis=1)
    residual = y - ((w @ y) / total)[:, None]
    squares: Array = (w**2 * residual**2).sum(axis=1) - total + (w**2).sum(axis=1) / total
    return squares


def _restricted_likelihood(tau2: float, y: Array, v: Array) -> float:
    w = 1 / (v + tau2)
    residual = y - w @ y / w.sum()
    return float(np.log(w).sum() - np.log(w.sum()) - w @ residual**2) / 2


def _standard_error(y: Array, w: Array, estimate: float, ci: str) -> tuple[float, float]:
    """Give the standard error and the degrees of freedom of its interval."""
    if ci == NORMAL or y.size < 2:
        return float(1 / math.sqrt(w.sum())), math.inf
    df = y.size - 1
    return float(math.sqrt(w @ (y - estimate) ** 2 / (df * w.sum()))), float(df)


def _prediction_half_width(method: str, pi: str, k: int, tau2: float, se: float) -> float:
    df = {"t_k1": k - 1, "t_k2": k - 2, "z": math.inf}[pi]
    if method == COMMON or k < 2 or df < 1:
        return math.nan
    return quantile(df) * math.sqrt(tau2 + se**2)


def _from_q(q: float, df: int) -> tuple[float, float]:
    """Give I² (percent) and H² by Q (Higgins and Thompson 2002)."""
    if df < 1:
        return 0.0, 1.0
    return (max(0.0, 100 * (q - df) / q) if q > 0 else 0.0), q / df


def _from_tau2(tau2: float, v: Array) -> tuple[float, float]:
    """Give I² (percent) and H² by tau² and the typical sampling variance."""
    if v.size < 2:
        return 0.0, 1.0
    w = 1 / v
    typical = (v.size - 1) * w.sum() / (w.sum() ** 2 - w @ w)
    return float(100 * tau2 / (tau2 + typical)), float((tau2 + typical) / typical)
