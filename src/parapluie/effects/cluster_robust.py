"""Cluster-robust variances: right whatever the dependence of effects within a cluster.

Sources of the formulas: Bell RM, McCaffrey DF. Surv Methodol 2002;28:169-181 (bias-reduced
linearisation); Pustejovsky JE, Tipton E. J Bus Econ Stat 2018;36:672-683 (CR2 with any working
covariance and weights, Satterthwaite degrees of freedom).

Working covariance and weights are blocks, one a cluster; no larger matrix is made.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parapluie.effects.dependence import groups_of
from parapluie.effects.pool_reasons import ZERO_BY_ZERO
from parapluie.effects.regression import critical_value, two_sided_p

Array = NDArray[np.float64]
Places = list[NDArray[np.intp]]
Blocks = ArrayLike | Sequence[Array]
"""Variances, shape (k,); a matrix, shape (k, k); or a matrix for each cluster."""

CR0, CR1, CR1S, CR2 = "CR0", "CR1", "CR1S", "CR2"
CR1P = "CR1p"
"""Factor m/(m - p), as R's metafor and robumeta have it."""
SATTERTHWAITE, CLUSTERS = "satterthwaite", "clusters"
FEWEST_DF = 4.0
"""Satterthwaite degrees of freedom below which p is too small too often (Tipton 2015)."""


@dataclass(frozen=True)
class RobustFit:
    """Coefficients with variances that hold whatever the dependence within clusters.

    Parameters
    ----------
    kind : str
        CR0, CR1, CR1S, CR1p or CR2.
    n_clusters : int
    coefficients, se, statistic, df, p, ci_low, ci_high : array, shape (p,)
        Statistic and p are NaN where coefficient and error are both 0; see `reason`.
    """

    kind: str
    n_clusters: int
    coefficients: Array
    se: Array
    statistic: Array
    df: Array
    p: Array
    ci_low: Array
    ci_high: Array

    @property
    def reason(self) -> str:
        """Say why a p is absent; empty where all are there."""
        return ZERO_BY_ZERO if np.isnan(self.p).any() else ""

    @property
    def few(self) -> NDArray[np.bool_]:
        """Tell which coefficients have too few degrees of freedom for their p to be trusted."""
        return np.asarray(self.df < FEWEST_DF, dtype=bool)


def cluster_robust(
    yi: ArrayLike,
    covariance: Blocks,
    cluster: Sequence[Hashable],
    x: ArrayLike | None = None,
    kind: str = CR2,
    df: str = SATTERTHWAITE,
    weights: Blocks | None = None,
) -> RobustFit:
    """Give cluster-robust tests of a weighted regression.

    Parameters
    ----------
    yi : array_like, shape (k,)
    covariance : array_like or list of array
        Working covariance of the effects; between clusters there is none.
    cluster : sequence, length k
        The cluster (study) of each effect.
    x : array_like, shape (k, p), optional
        Design matrix; a column of ones without it.
    kind : {'CR2', 'CR1S', 'CR1', 'CR1p', 'CR0'}
    df : {'satterthwaite', 'clusters'}
        Degrees of freedom: approximated, or the number of clusters less that of coefficients.
    weights : array_like or list of array, optional
        Weights; the inverse of the working covariance without them.

    Raises
    ------
    ValueError
        If there are not more clusters than coefficients, or effects of two clusters covary.
    """
    y = np.asarray(yi, dtype=float)
    design = np.ones((y.size, 1)) if x is None else np.asarray(x, dtype=float)
    members = groups_of(cluster)
    if len(members) <= design.shape[1]:
        raise ValueError(
            f"cluster-robust variances of {design.shape[1]} coefficients need more clusters; "
            f"there are {len(members)}"
        )
    model = _Model.of(design, members, covariance, weights)
    b = model.coefficients(y)
    residual = y - design @ b
    scores = [model.adjusted(j, kind) for j in range(len(members))]
    moved = np.array([s @ residual[places] for s, places in zip(scores, members, strict=True)])
    se = np.sqrt((moved**2).sum(axis=0))
    freedom = np.full(b.size, float(len(members) - b.size))
    if df == SATTERTHWAITE:
        freedom = np.array([model.degrees(c, scores) for c in range(b.size)])
    with np.errstate(divide="ignore", invalid="ignore"):  # effects without any residual
        statistic = b / se
    p = np.array([float(two_sided_p(t, d)) for t, d in zip(statistic, freedom, strict=True)])
    half = np.array([critical_value(d) for d in freedom]) * se
    return RobustFit(kind, len(members), b, se, statistic, freedom, p, b - half, b + half)


@dataclass(frozen=True)
class _Model:
    """A weighted regression, cluster by cluster.

    Parameters
    ----------
    n : int
        Number of effects.
    x, phi, w : list of array
        Design, working covariance and weights of each cluster.
    bread : array, shape (p, p)
        (X'WX)⁻¹.
    meat : array, shape (p, p)
        X'WΦWX; the inverse of `bread` where the weights are the inverse of the covariance.
    members : list of array
    """

    n: int
    x: list[Array]
    phi: list[Array]
    w: list[Array]
    bread: Array
    meat: Array
    members: Places

    @classmethod
    def of(
        cls, design: Array, members: Places, covariance: Blocks, weights: Blocks | None
    ) -> _Model:
        phi = _blocks(covariance, members)
        w = [np.asarray(np.linalg.inv(block), dtype=float) for block in phi]
        if weights is not None:
            w = _blocks(weights, members)
        x = [design[places] for places in members]
        parts = [xj.T @ wj for xj, wj in zip(x, w, strict=True)]
        bread = np.linalg.inv(sum(a @ xj for a, xj in zip(parts, x, strict=True)))
        meat = np.asarray(sum(a @ f @ a.T for a, f in zip(parts, phi, strict=True)), dtype=float)
        return cls(design.shape[0], x, phi, w, np.asarray(bread, dtype=float), meat, members)

    def coefficients(self, y: Array) -> Array:
        """Fit."""
        parts = zip(self.x, self.w, self.members, strict=True)
        return np.asarray(self.bread @ sum(x.T @ w @ y[places] for x, w, places in parts))

    def adjusted(self, j: int, kind: str) -> Array:
        """Give the rows that turn the residuals of cluster `j` into its part of the coefficients.

        Residuals are too small, which `kind` makes up for.
        """
        plain = self.bread @ self.x[j].T @ self.w[j]
        return np.asarray(plain @ self._root(j) if kind == CR2 else plain * self._factor(kind))

    def _factor(self, kind: str) -> float:
        m, p, k = len(self.members), self.bread.shape[0], self.n
        factors = {CR0: 1.0, CR1: m / (m - 1), CR1P: m / (m - p)}
        factors[CR1S] = m * (k - 1) / ((m - 1) * (k - p))
        return math.sqrt(factors[kind])

    def _root(self, j: int) -> Array:
        """Give the matrix with which the residuals have the working covariance (CR2)."""
        phi = self.phi[j]
        hat = self.x[j] @ self.bread @ self.x[j].T
        crossed = hat @ self.w[j] @ phi
        of_residuals = phi - crossed - crossed.T
        of_residuals += self.x[j] @ self.bread @ self.meat @ self.bread @ self.x[j].T
        root = np.linalg.cholesky(phi).T  # upper: phi = root' root
        return np.asarray(root.T @ _inverse_root(root @ of_residuals @ root.T) @ root)

    def degrees(self, c: int, scores: list[Array]) -> float:
        """Match the first two moments of a variance under the working covariance (Satterthwaite).

        The covariance of the scores of the clusters is diag(d) + F'KF with F of 2p rows, so that
        its trace and the sum of its squares need no matrix of clusters by clusters.
        """
        rows = [s[c] for s in scores]
        d = np.array([u @ f @ u for u, f in zip(rows, self.phi, strict=True)])
        a = np.array([x.T @ u for x, u in zip(self.x, rows, strict=True)])
        parts = zip(self.x, self.w, self.phi, rows, strict=True)
        b = np.array([x.T @ w @ f @ u for x, w, f, u in parts])
        f = np.hstack([a, b])
        zero, bread = np.zeros_like(self.bread), self.bread
        kernel = np.block([[bread @ self.meat @ bread, -bread], [-bread, zero]])
        gram = kernel @ (f.T @ f)
        own = np.einsum("mi,ij,mj->m", f, kernel, f)
        trace = float(d.sum() + own.sum())
        squares = float((d**2).sum() + 2 * (d * own).sum() + np.trace(gram @ gram))
        return trace**2 / squares


def _blocks(values: Blocks, members: Places) -> list[Array]:
    """Cut variances or a matrix into the blocks of the clusters."""
    if isinstance(values, list):
        return [np.asarray(block, dtype=float) for block in values]
    found = np.asarray(values, dtype=float)
    if found.ndim == 1:
        return [np.diag(found[places]) for places in members]
    blocks = [found[np.ix_(places, places)] for places in members]
    if np.count_nonzero(found) != sum(np.count_nonzero(block) for block in blocks):
        raise ValueError("effects of two clusters covary: join the clusters")
    return blocks


def _inverse_root(matrix: Array) -> Array:
    """Give the symmetric inverse square root, of the part that is not singular."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    keep = values > 1e-10 * max(float(values.max()), 1e-300)
    scaled = vectors[:, keep] / np.sqrt(values[keep])
    return np.asarray(scaled @ vectors[:, keep].T)
