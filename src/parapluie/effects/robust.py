"""Robust variance estimation: means and regressions of effects that depend on each other.

The variance between studies comes from moments under a simple working model, the standard errors
hold whatever the true dependence. As R's robumeta. Sources of the formulas:

* Hedges LV, Tipton E, Johnson MC. Res Synth Methods 2010;1:39-65 (correlated and hierarchical
  effects: weights and moments);
* Tipton E. Psychol Methods 2015;20:375-393 (small samples: CR2 and Satterthwaite degrees of
  freedom);
* Fisher Z, Tipton E. arXiv 2015;1503.02220 (I² of correlated effects).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parapluie.effects.cluster_robust import (
    CLUSTERS,
    CR1P,
    CR2,
    SATTERTHWAITE,
    RobustFit,
    cluster_robust,
)
from parapluie.effects.dependence import groups_of
from parapluie.effects.regression import critical_value

Array = NDArray[np.float64]

CORRELATED, HIERARCHICAL = "CORR", "HIER"
RHO = 0.8
"""Correlation within a study where nothing is known (Hedges, Tipton and Johnson 2010)."""


@dataclass(frozen=True)
class RveFit:
    """Coefficients by robust variance estimation.

    Parameters
    ----------
    model : str
        ``CORR`` or ``HIER``.
    rho : float
        Correlation of the sampling errors within a study; NaN for hierarchical effects.
    small : bool
        Whether standard errors and degrees of freedom are those for few studies.
    k, n_studies : int
    fit : RobustFit
        Coefficients with standard errors, t, degrees of freedom, p and 95% intervals.
    pi_low, pi_high : float
        Prediction interval of the first coefficient, by t with m - 2 degrees of freedom for m
        studies; NaN for two studies, or with moderators.
    tau2, omega2 : float
        Variance between studies, and between effects within them (0 for correlated effects).
    i2 : float
        Percent of the squares about the common effect beyond those expected without tau²; NaN for
        hierarchical effects.
    q : float
        Those squares.
    """

    model: str
    rho: float
    small: bool
    k: int
    n_studies: int
    fit: RobustFit
    pi_low: float
    pi_high: float
    tau2: float
    omega2: float
    i2: float
    q: float

    @property
    def pi_reason(self) -> str:
        """Say why there is no prediction interval; empty where there is one."""
        if not math.isnan(self.pi_low):
            return ""
        if self.fit.coefficients.size > 1:
            return "does_not_apply: the mean effect depends on moderators"
        return f"not_estimable: k={self.n_studies} with k-2 degrees of freedom"

    @property
    def estimate(self) -> float:
        """The first coefficient: the mean effect where there are no moderators."""
        return float(self.fit.coefficients[0])


def robust_variance(
    yi: ArrayLike,
    vi: ArrayLike,
    study: Sequence[Hashable],
    x: ArrayLike | None = None,
    model: str = CORRELATED,
    rho: float = RHO,
    small: bool = True,
) -> RveFit:
    """Estimate a mean effect, or a regression, with several effects of a study.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects on the scale of analysis and their sampling variances.
    study : sequence, length k
        The study of each effect.
    x : array_like, shape (k, p), optional
        Design matrix; a column of ones without it.
    model : {'CORR', 'HIER'}
        Effects of a study share sampling error (several outcomes of the same people), or differ in
        truth (several groups of one study).
    rho : float
        Correlation of the sampling errors of correlated effects, from 0 to 1.
    small : bool
        CR2 and Satterthwaite degrees of freedom; else a factor m/(m - p) and m - p.

    Raises
    ------
    ValueError
        If there are not more studies than coefficients, or `rho` is no such correlation.

    Examples
    --------
    >>> found = robust_variance([0.1, 0.3, 0.5, 0.2], [0.04] * 4, ["a", "a", "b", "c"])
    >>> round(found.estimate, 3), found.n_studies
    (0.3, 3)
    """
    if model == CORRELATED and not 0 <= rho <= 1:
        raise ValueError(f"rho must lie between 0 and 1; found {rho}")
    data = _Clusters.of(yi, vi, study, x)
    if data.m <= data.p:
        raise ValueError(
            f"{data.p} coefficients need more studies by robust variance estimation; "
            f"there are {data.m}"
        )
    correlated = model == CORRELATED
    tau2, omega2, q, i2 = _correlated(data, rho) if correlated else _hierarchical(data)
    variance = data.sizes * (data.mean_v + tau2) if correlated else data.v + tau2 + omega2
    fit = cluster_robust(
        data.y,
        variance,
        data.study.tolist(),
        data.x,
        kind=CR2 if small else CR1P,
        df=SATTERTHWAITE if small else CLUSTERS,
    )
    reach = math.nan
    if data.m > 2 and data.p == 1:
        reach = critical_value(data.m - 2.0) * math.sqrt(tau2 + omega2 + float(fit.se[0]) ** 2)
    middle = float(fit.coefficients[0])
    return RveFit(
        model, rho if correlated else math.nan, small, data.y.size, data.m, fit, middle - reach,
        middle + reach, tau2, omega2, i2, q,
    )  # fmt: skip


@dataclass(frozen=True)
class _Clusters:
    """Effects with what their studies are; `sizes` and `mean_v` are of the study of each effect."""

    y: Array
    v: Array
    x: Array
    study: NDArray[np.intp]
    sizes: Array
    mean_v: Array
    m: int

    @classmethod
    def of(
        cls, yi: ArrayLike, vi: ArrayLike, study: Sequence[Hashable], x: ArrayLike | None
    ) -> _Clusters:
        y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
        place = np.zeros(y.size, dtype=np.intp)
        members = groups_of(study)
        for j, places in enumerate(members):
            place[places] = j
        n = np.bincount(place, minlength=len(members)).astype(float)
        design = np.ones((y.size, 1)) if x is None else np.asarray(x, dtype=float)
        mean = np.bincount(place, v) / n if members else n
        return cls(y, v, design, place, n[place], mean[place], len(members))

    @property
    def p(self) -> int:
        """Number of coefficients."""
        return int(self.x.shape[1])

    def sums(self, values: Array) -> Array:
        """Add up over each study, along the first axis."""
        out = np.zeros((self.m, *values.shape[1:]))
        np.add.at(out, self.study, values)
        return out


def _fitted(data: _Clusters, w: Array) -> tuple[Array, Array]:
    """Give (X'WX)⁻¹ and residuals for diagonal weights."""
    bread = np.asarray(np.linalg.inv(data.x.T @ (w[:, None] * data.x)), dtype=float)
    return bread, data.y - data.x @ (bread @ (data.x.T @ (w * data.y)))


def _correlated(data: _Clusters, rho: float) -> tuple[float, float, float, float]:
    """Estimate tau² by moments (Hedges, Tipton and Johnson 2010, equation 15); and Q and I²."""
    w = 1 / (data.sizes * data.mean_v)
    bread, residual = _fitted(data, w)
    q = float(w @ residual**2)
    ratio = (w / data.sizes)[:, None]
    joined, weighted = data.sums(np.sqrt(ratio) * data.x), data.sums(w[:, None] * data.x)
    apart = float(np.trace(bread @ data.x.T @ (ratio * data.x)))
    together = float(np.trace(bread @ joined.T @ joined))
    expected = data.m - (1 - rho) * apart - rho * together
    slope = float(w.sum() - np.trace(bread @ weighted.T @ weighted))
    i2 = 100 * max(0.0, (q - expected) / q) if q > 0 else 0.0
    return max(0.0, (q - expected) / slope), 0.0, q, i2


def _hierarchical(data: _Clusters) -> tuple[float, float, float, float]:
    """Estimate tau² and omega² from two moments (Hedges, Tipton and Johnson 2010, section 4).

    Q, with weights 1/v, and the squares of the sums of the residuals of each study. Both are linear
    in the variances; what comes out below 0 is 0, omega² first.
    """
    w = 1 / data.v
    bread, residual = _fitted(data, w)
    q = float(w @ residual**2)
    q1 = float((data.sums(residual) ** 2).sum())
    by_v, by_tau2, by_omega2 = (_moments(data, w, bread, kind) for kind in ("v", "tau2", "omega2"))
    left = np.array([[by_tau2[0], by_omega2[0]], [by_tau2[1], by_omega2[1]]])
    right = np.array([q - by_v[0], q1 - by_v[1]])
    omega2 = max(0.0, float(np.linalg.lstsq(left, right, rcond=None)[0][1]))
    tau2 = max(0.0, (right[0] - omega2 * by_omega2[0]) / by_tau2[0])
    return float(tau2), omega2, q, math.nan


def _moments(data: _Clusters, w: Array, bread: Array, kind: str) -> tuple[float, float]:
    """Give what both squares expect of one part of the covariance, of unit size.

    The part is diag(v), ones within a study (tau²), or the unit matrix (omega²).
    """
    ones = np.ones_like(data.v)
    within = data.v if kind == "v" else ones
    if kind == "tau2":
        counts = data.sums(ones)
        weighted = data.sums(w[:, None] * data.x)
        meat, mixed, own = weighted.T @ weighted, weighted * counts[:, None], counts**2
    else:
        scaled = w[:, None] * data.x
        meat = scaled.T @ (within[:, None] * scaled)
        mixed, own = data.sums(within[:, None] * scaled), data.sums(within)
    sums_x = data.sums(data.x)
    first = float((w * within).sum() - np.trace(bread @ meat))
    spread = bread @ meat @ bread
    second = own - 2 * np.einsum("mi,ij,mj->m", sums_x, bread, mixed)
    second = second + np.einsum("mi,ij,mj->m", sums_x, spread, sums_x)
    return first, float(second.sum())
