"""Meta-regression: how effects depend on what studies have, and the tests that rest on it.

Effects are on the scale of analysis (natural logs for ratios), with their sampling variances.
Sources of the formulas:

* Raudenbush SW. Analyzing effect sizes: random-effects models. In: Cooper H, Hedges LV, Valentine
  JC (eds). The Handbook of Research Synthesis and Meta-Analysis, 2nd ed. 2009 (mixed-effects model,
  method of moments);
* Viechtbauer W. J Educ Behav Stat 2005;30:261-293 (REML);
* Knapp G, Hartung J. Stat Med 2003;22:2693-2710 (intervals by t).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, fdtrc, ndtr, ndtri, stdtr, stdtrit

Array = NDArray[np.float64]

COMMON, DL, ML, REML = "common", "DL", "ML", "REML"
METHODS = (COMMON, DL, ML, REML)
"""Estimators of the variance between studies that is left beside the moderators."""

_GRID = 64
"""Points at which the score of a likelihood is looked at to bracket its roots."""
_RELATIVE = 1e-13
"""Relative width of the bracket of tau² at which the search ends."""


@dataclass(frozen=True)
class RegressionFit:
    """Coefficients of a meta-regression.

    Parameters
    ----------
    method, test : str
        Estimator of tau², and ``z``, ``HK`` or ``lm``.
    k : int
        Number of effects.
    coefficients, se, statistic, p : array, shape (p,)
        The intercept first, then the moderators in their order; `statistic` is z or t.
    df : float
        Degrees of freedom of t; infinite for z.
    covariance : array, shape (p, p)
        Of the coefficients.
    tau2 : float
        Residual variance between studies.
    q, q_p : float
        Weighted squares of the residuals under the common-effect weights, and their p (k - p df).
    i2 : float
        Percent of the unexplained variance that is not sampling error: by tau² and the typical
        sampling variance, by Q for the common effect.
    moderators, moderators_p : float
        Wald test of all moderators (QM, chi-square; F under HK), NaN without any.
    r2 : float
        Share (percent) of tau² without moderators that they explain; of Q over its degrees of
        freedom for the common effect; NaN where there is nothing to explain.
    """

    method: str
    test: str
    k: int
    coefficients: Array
    se: Array
    statistic: Array
    p: Array
    df: float
    covariance: Array
    tau2: float
    q: float
    q_p: float
    i2: float
    moderators: float
    moderators_p: float
    r2: float

    def interval(self, level: float = 0.95) -> tuple[Array, Array]:
        """Give both ends of the interval of each coefficient."""
        half = critical_value(self.df, level) * self.se
        return self.coefficients - half, self.coefficients + half


def critical_value(df: float, level: float = 0.95) -> float:
    """Give the two-sided quantile of t, or of the normal where `df` is infinite."""
    tail = 0.5 + level / 2
    return float(ndtri(tail)) if math.isinf(df) else float(stdtrit(df, tail))


def two_sided_p(statistic: ArrayLike, df: float = math.inf) -> Array:
    """Give the two-sided p of statistics that are normal, or t distributed."""
    z = -np.abs(np.asarray(statistic, dtype=float))
    return np.asarray(2 * (ndtr(z) if math.isinf(df) else stdtr(df, z)), dtype=float)


def design(*moderators: ArrayLike) -> Array:
    """Give the design matrix: a column of ones, and the moderators."""
    columns = [np.asarray(m, dtype=float) for m in moderators]
    return np.column_stack([np.ones_like(columns[0]), *columns])


def solve(y: Array, x: Array, w: Array) -> tuple[Array, Array, Array]:
    """Weighted least squares: coefficients, (X'WX)⁻¹ and residuals.

    Solved by QR of the weighted design, which keeps more digits than the normal equations.
    """
    root = np.sqrt(w)
    q, r = np.linalg.qr(x * root[:, None])
    inverse = np.linalg.inv(r)
    b = inverse @ (q.T @ (root * y))
    return b, inverse @ inverse.T, y - x @ b


def meta_regression(
    yi: ArrayLike,
    vi: ArrayLike,
    x: ArrayLike,
    method: str = REML,
    test: str = "z",
) -> RegressionFit:
    """Regress effects on moderators.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects on the scale of analysis and their sampling variances.
    x : array_like, shape (k, p)
        Design matrix, with a column of ones first (see `design`) or, for the mean of each group,
        with none; then all coefficients are tested as moderators.
    method : {'common', 'DL', 'ML', 'REML'}
        Estimator of the residual variance between studies.
    test : {'z', 'HK'}
        Normal, or Knapp and Hartung (2003) with t on k - p degrees of freedom, without a floor.

    Raises
    ------
    ValueError
        If there are not more effects than coefficients, or the moderators depend on each other.
    """
    y, v, matrix = _checked(yi, vi, x)
    k, p = matrix.shape
    tau2 = residual_tau2(y, v, matrix, method)
    b, covariance, residual = solve(y, matrix, 1 / (v + tau2))
    df = math.inf
    if test == "HK":
        df = float(k - p)
        covariance = covariance * float((residual**2 / (v + tau2)).sum() / df)
    se = np.sqrt(np.diag(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):  # HK of effects without any residual
        statistic = b / se
    q = _q(y, v, matrix)
    first = _first_moderator(matrix)
    return RegressionFit(
        method, test, k, b, se, statistic, two_sided_p(statistic, df), df, covariance, tau2, q,
        float(chdtrc(k - p, q)), _i2(method, tau2, q, v, matrix),
        *_wald(b, covariance, df, first),
        _explained(y, v, matrix, tau2, method) if first and p > 1 else math.nan,
    )  # fmt: skip


def _checked(yi: ArrayLike, vi: ArrayLike, x: ArrayLike) -> tuple[Array, Array, Array]:
    y, v, matrix = (np.asarray(a, dtype=float) for a in (yi, vi, x))
    largest = np.abs(matrix).max(axis=0, initial=0.0)
    scaled = matrix / np.where(largest > 0, largest, 1.0)  # no moderator counts less for its unit
    if matrix.shape[0] <= matrix.shape[1] or np.linalg.matrix_rank(scaled) < matrix.shape[1]:
        raise ValueError("a regression needs more effects than coefficients, not collinear")
    return y, v, matrix


def _first_moderator(x: Array) -> int:
    """Give the place of the first moderator: behind the column of ones, if there is one."""
    return int((x[:, 0] == 1).all())


def _explained(y: Array, v: Array, x: Array, tau2: float, method: str) -> float:
    """Give the percent that the moderators explain, never below 0.

    Of tau²; for the common effect, which has none, of Q over its degrees of freedom.
    """
    ones = np.ones((y.size, 1))
    left, whole = tau2, residual_tau2(y, v, ones, method)
    if method == COMMON:
        left, whole = _q(y, v, x) / (y.size - x.shape[1]), _q(y, v, ones) / (y.size - 1)
    return 100 * max(0.0, 1 - left / whole) if whole > 0 else math.nan


def _i2(method: str, tau2: float, q: float, v: Array, x: Array) -> float:
    df = x.shape[0] - x.shape[1]
    if method == COMMON:
        return 100 * max(0.0, (q - df) / q) if q > 0 else 0.0
    w = 1 / v
    typical = df / _trace(x, w, solve(v, x, w)[1])
    return float(100 * tau2 / (tau2 + typical))


def _wald(b: Array, covariance: Array, df: float, first: int) -> tuple[float, float]:
    """Test all coefficients from `first` on: QM by chi-square, or F where `df` is finite."""
    m = b.size - first
    if m == 0:
        return math.nan, math.nan
    part = b[first:]
    qm = float(part @ np.linalg.solve(covariance[first:, first:], part))
    if math.isinf(df):
        return qm, float(chdtrc(m, qm))
    return qm / m, float(fdtrc(m, df, qm / m))


def least_squares(yi: ArrayLike, vi: ArrayLike, x: ArrayLike) -> RegressionFit:
    """Regress with weights 1/v and a multiplicative error, as ``lm`` in statistics programs does.

    The standard errors carry the residual mean square; tests are by t on k - p degrees of freedom
    (Egger et al. 1997; Stanley and Doucouliagos 2014).

    Raises
    ------
    ValueError
        If there are not more effects than coefficients, or the moderators depend on each other.
    """
    y, v, matrix = _checked(yi, vi, x)
    k, p = matrix.shape
    b, inverse, residual = solve(y, matrix, 1 / v)
    df = float(k - p)
    q = float((residual**2 / v).sum())
    covariance = inverse * (q / df)
    se = np.sqrt(np.diag(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = b / se
    wald = (math.nan, math.nan)
    if q > 0:
        wald = _wald(b, covariance, df, _first_moderator(matrix))
    return RegressionFit(
        COMMON, "lm", k, b, se, statistic, two_sided_p(statistic, df), df, covariance, 0.0, q,
        float(chdtrc(df, q)), _i2(COMMON, 0.0, q, v, matrix), *wald, math.nan,
    )  # fmt: skip


# --- the variance between studies -----------------------------------------------------------------


def residual_tau2(y: Array, v: Array, x: Array, method: str) -> float:
    """Estimate the variance between studies that the moderators leave."""
    if method == COMMON:
        return 0.0
    return _moments(y, v, x) if method == DL else _likeliest(y, v, x, method == REML)


def _q(y: Array, v: Array, x: Array) -> float:
    return float((solve(y, x, 1 / v)[2] ** 2 / v).sum())


def _trace(x: Array, w: Array, inverse: Array) -> float:
    """Give the trace of P = W - WX(X'WX)⁻¹X'W."""
    return float(w.sum() - np.einsum("ij,ik,jk->", x * (w**2)[:, None], x, inverse))


def _moments(y: Array, v: Array, x: Array) -> float:
    """Estimate by the method of moments (DerSimonian and Laird, with moderators), never below 0."""
    w = 1 / v
    _, inverse, residual = solve(y, x, w)
    k, p = x.shape
    q = float((residual**2 * w).sum())
    return max(0.0, float((q - (k - p)) / _trace(x, w, inverse)))


def score(tau2: float, y: Array, v: Array, x: Array, restricted: bool = True) -> float:
    """Give twice the derivative of the log-likelihood of tau²."""
    w = 1 / (v + tau2)
    _, inverse, residual = solve(y, x, w)
    spent = _trace(x, w, inverse) if restricted else float(w.sum())
    return float((w * residual) @ (w * residual)) - spent


def likelihood(tau2: float, y: Array, v: Array, x: Array, restricted: bool = True) -> float:
    """Give the log-likelihood of tau², but for a constant."""
    w = 1 / (v + tau2)
    _, inverse, residual = solve(y, x, w)
    log_det = float(np.linalg.slogdet(inverse)[1]) if restricted else 0.0
    return float(np.log(w).sum() + log_det - (w * residual) @ residual) / 2


def _likeliest(y: Array, v: Array, x: Array, restricted: bool) -> float:
    """Estimate by (restricted) likelihood: where the score falls through 0, the likeliest wins.

    No step depends on a starting value, so nothing can fail to converge, on whatever scale.
    """
    from scipy.optimize import brentq  # loads for longer than most commands take

    top = max(float(v.mean()), float(np.ptp(y)) ** 2)
    while score(top, y, v, x, restricted) > 0:
        top *= 4
    grid = np.concatenate([[0.0], np.geomspace(float(v.min()) * 1e-6, top, _GRID)])
    at = [score(t, y, v, x, restricted) for t in grid]
    found = [0.0]
    for i in range(len(grid) - 1):
        if at[i] > 0 >= at[i + 1]:
            ends = (float(grid[i]), float(grid[i + 1]))
            found.append(float(brentq(  # type: ignore[no-untyped-call]
                score, *ends, (y, v, x, restricted), xtol=1e-300, rtol=_RELATIVE)
            ))  # fmt: skip
    return max(found, key=lambda t: likelihood(t, y, v, x, restricted))
