"""Effects that depend on each other: several outcomes, times, arms or groups of one study.

Effects on the scale of analysis. Sources of the formulas:

* Borenstein M, Hedges LV, Higgins JPT, Rothstein HR. Introduction to Meta-Analysis, 2009, chapters
  23 to 25 (composites; shared controls);
* Konstantopoulos S. Res Synth Methods 2011;2:61-76 (three levels);
* Harville DA. J Am Stat Assoc 1977;72:320-338 (likelihood, scores and information);
* Pustejovsky JE, Tipton E. J Bus Econ Stat 2018;36:672-683, and Prev Sci 2022;23:425-438 (cluster-
  robust variances CR0 to CR2, Satterthwaite degrees of freedom; correlated and hierarchical
  effects).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parapluie.effects.regression import critical_value, two_sided_p

Array = NDArray[np.float64]

REML, ML = "REML", "ML"


def groups_of(labels: Sequence[Hashable] | NDArray[np.generic]) -> list[NDArray[np.intp]]:
    """Give the places of the members of each group, in the order in which groups first come."""
    found: dict[Hashable, list[int]] = {}
    for place, label in enumerate(labels):
        found.setdefault(label, []).append(place)
    return [np.array(places, dtype=np.intp) for places in found.values()]


# --- one row a study ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Composite:
    """One effect for each study, in the order in which studies first come, shape (m,)."""

    yi: Array
    vi: Array
    n: NDArray[np.int64]


def composites(
    yi: ArrayLike, vi: ArrayLike, study: Sequence[Hashable], r: float, weighted: bool = False
) -> Composite:
    """Join the outcomes of each study, which are correlated.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects and their sampling variances.
    study : sequence, length k
        The study of each effect.
    r : float
        Correlation of the sampling errors within a study.
    weighted : bool
        Best linear combination (generalised least squares) in place of the plain mean.

    Raises
    ------
    ValueError
        If `r` is not a correlation that the covariance of every study can have.
    """
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    means, variances, sizes = [], [], []
    for places in groups_of(study):
        covariance = compound_symmetric(v[places], r)
        mean, variance = _joined(y[places], covariance, weighted)
        means.append(mean)
        variances.append(variance)
        sizes.append(len(places))
    return Composite(np.array(means), np.array(variances), np.array(sizes, dtype=np.int64))


def compound_symmetric(v: Array, r: float) -> Array:
    """Give the covariance of effects of one study that all have the same correlation."""
    m = v.size
    if m > 1 and not -1 / (m - 1) < r <= 1:
        raise ValueError(f"r = {r} is no correlation that {m} effects of one study can have")
    s = np.sqrt(v)
    covariance = r * np.outer(s, s)
    np.fill_diagonal(covariance, v)
    return np.asarray(covariance)


def _joined(y: Array, covariance: Array, weighted: bool) -> tuple[float, float]:
    if not weighted:
        return float(y.mean()), float(covariance.sum() / y.size**2)
    weights = np.linalg.solve(covariance, np.ones(y.size))
    return float(weights @ y / weights.sum()), float(1 / weights.sum())


def joined_groups(yi: ArrayLike, vi: ArrayLike, study: Sequence[Hashable]) -> Composite:
    """Join the effects of independent groups of each study by inverse variance."""
    return composites(yi, vi, study, 0.0, weighted=True)


def split_control(n: ArrayLike, comparisons: ArrayLike, events: ArrayLike | None = None) -> Array:
    """Share a control group among the comparisons that use it.

    Parameters
    ----------
    n : array_like
        Size of the control group (with `events`, also those are shared; give them in its place).
    comparisons : array_like
        How many comparisons use it.

    Returns
    -------
    array
        The part of each comparison (Higgins et al., Cochrane Handbook, 6.2.9 and 23.3.4): n over
        the number of comparisons, not rounded; the mean and standard deviation stay.
    """
    given = n if events is None else events
    shared: Array = np.asarray(given, dtype=float) / np.asarray(comparisons, dtype=float)
    return shared


# --- three levels ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class ThreeLevelFit:
    """A model with variance between studies and between effects within studies.

    Parameters
    ----------
    method : str
        REML or ML.
    k, n_studies : int
    estimate, se, statistic, p, ci_low, ci_high : float
        By the normal distribution, or by t on `df`.
    df : float
        Degrees of freedom; infinite for the normal.
    sigma2 : (float, float)
        Variance between studies, and between effects within studies.
    log_likelihood : float
    q, q_p : float
        Weighted squares about the common effect, under the sampling covariance alone.
    i2 : (float, float)
        Percent of the variance that lies between and within studies, by the typical variance.
    gradient : float
        Largest derivative of the log-likelihood that is not at its border; tells of convergence.
    covariance : array, shape (k, k)
        Of the effects under the model; the working covariance of `cluster_robust`.
    """

    method: str
    k: int
    n_studies: int
    estimate: float
    se: float
    statistic: float
    p: float
    ci_low: float
    ci_high: float
    df: float
    sigma2: tuple[float, float]
    log_likelihood: float
    q: float
    q_p: float
    i2: tuple[float, float]
    gradient: float
    covariance: Array

    @property
    def i2_total(self) -> float:
        """Percent of the variance that is not sampling error."""
        return sum(self.i2)


def sampling_covariance(vi: ArrayLike, study: Sequence[Hashable], r: float = 0.0) -> Array:
    """Give the covariance of all sampling errors, shape (k, k): correlation `r` within a study."""
    v = np.asarray(vi, dtype=float)
    covariance = np.zeros((v.size, v.size))
    for places in groups_of(study):
        covariance[np.ix_(places, places)] = compound_symmetric(v[places], r)
    return covariance


def three_level(
    yi: ArrayLike,
    vi: ArrayLike,
    study: Sequence[Hashable],
    method: str = REML,
    test: str = "z",
    r: float = 0.0,
) -> ThreeLevelFit:
    """Fit effects within studies.

    With `r` above 0 the sampling errors of a study are correlated too (correlated and hierarchical
    effects; use `cluster_robust` on the result).

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
    study : sequence, length k
        The study of each effect.
    method : {'REML', 'ML'}
    test : {'z', 't'}
        Normal, or t on k - 1 degrees of freedom.
    r : float
        Correlation of the sampling errors within a study.
    """
    from scipy.special import chdtrc

    data = _Clustered.of(yi, vi, study, r)
    s, gradient = _maximum(data, method == REML)
    state = _State(data, s)
    df = math.inf if test == "z" else float(data.y.size - 1)
    estimate, se = state.mean, math.sqrt(1 / state.total)
    half = critical_value(df) * se
    sampling = _State(data, np.zeros(2))
    return ThreeLevelFit(
        method, int(data.y.size), data.n, estimate, se, estimate / se,
        float(two_sided_p(estimate / se, df)), estimate - half, estimate + half, df,
        (float(s[0]), float(s[1])), state.log_likelihood(method == REML),
        sampling.squares, float(chdtrc(data.y.size - 1, sampling.squares)),
        _shares(sampling, s), gradient, _model(vi, study, r, s),
    )  # fmt: skip


def _model(vi: ArrayLike, study: Sequence[Hashable], r: float, s: Array) -> Array:
    covariance = sampling_covariance(vi, study, r) + s[1] * np.eye(len(study))
    for places in groups_of(study):
        covariance[np.ix_(places, places)] += s[0]
    return np.asarray(covariance)


@dataclass(frozen=True)
class _Clustered:
    """Effects in the order of their studies; sums over a study are cheap then."""

    y: Array
    v: Array
    r: float
    starts: NDArray[np.intp]
    of_study: NDArray[np.intp]

    @property
    def n(self) -> int:
        return self.starts.size

    @classmethod
    def of(cls, yi: ArrayLike, vi: ArrayLike, study: Sequence[Hashable], r: float) -> _Clustered:
        members = groups_of(study)
        v = np.asarray(vi, dtype=float)
        for places in members:
            compound_symmetric(v[places], r)  # says what is wrong with r
        order = np.concatenate(members)
        sizes = np.array([len(places) for places in members])
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)
        of_study = np.repeat(np.arange(len(members)), sizes)
        return cls(np.asarray(yi, dtype=float)[order], v[order], r, starts, of_study)

    def sums(self, x: Array) -> Array:
        """Add up over each study, along the first axis."""
        return np.asarray(np.add.reduceat(x, self.starts, axis=0))


class _State:
    """The model at one pair of variances: all that likelihood, scores and information need.

    The covariance of a study is D + U C U', with D diagonal, U = [1, sqrt v] and C = diag(s, r);
    its inverse is D⁻¹ - D⁻¹ U K U' D⁻¹ with K = (1 + C G)⁻¹ C and G = U' D⁻¹ U (Woodbury 1950), so
    nothing is larger than two by two.
    """

    def __init__(self, data: _Clustered, s: Array) -> None:
        self.data = data
        floor = np.finfo(float).tiny ** 0.25
        self.d = np.maximum((1 - data.r) * data.v + s[1], floor)
        self.u = np.column_stack([np.ones_like(data.v), np.sqrt(data.v)])
        c = np.array([[s[0], 0.0], [0.0, data.r]])
        inner = np.eye(2) + c @ self._gram(1)
        self.k = np.linalg.solve(inner, np.broadcast_to(c, inner.shape))
        self.log_det = float(np.log(self.d).sum() + np.linalg.slogdet(inner)[1].sum())
        self.w = self.solve(np.ones_like(data.y))
        self.total = float(self.w.sum())
        self.mean = float(self.w @ data.y / self.total)
        self.py = self.solve(data.y - self.mean)
        self.squares = float((data.y - self.mean) @ self.py)

    def _gram(self, power: int) -> Array:
        products = self.u[:, :, None] * self.u[:, None, :] / (self.d**power)[:, None, None]
        return self.data.sums(products)

    def solve(self, x: Array) -> Array:
        """Multiply by the inverse of the covariance."""
        inner = self.data.sums(self.u * (x / self.d)[:, None])
        back = np.einsum("mij,mj->mi", self.k, inner)[self.data.of_study]
        return np.asarray(x / self.d - (self.u * back).sum(axis=1) / self.d)

    def log_likelihood(self, restricted: bool) -> float:
        """Give the log-likelihood; the restricted one with log |X'X| added, as metafor does."""
        k = self.data.y.size
        if not restricted:
            return -0.5 * (k * math.log(2 * math.pi) + self.log_det + self.squares)
        constant = (k - 1) * math.log(2 * math.pi) - math.log(k)
        return -0.5 * (constant + self.log_det + math.log(self.total) + self.squares)

    def traces(self) -> tuple[Array, Array]:
        """Give tr(M⁻¹A) and tr(M⁻¹A M⁻¹B) for A, B of the two variances."""
        g2, g3 = self._gram(2), self._gram(3)
        sums = self.data.sums(self.w)
        kg2 = self.k @ g2
        one = float((1 / self.d).sum() - np.trace(kg2, axis1=1, axis2=2).sum())
        cross = float((self.data.sums(self.w**2)).sum())
        squared = (
            float((1 / self.d**2).sum())
            - 2 * float(np.einsum("mij,mji->", self.k, g3))
            + float(np.einsum("mij,mji->", kg2, kg2))
        )
        first = np.array([float(sums.sum()), one])
        second = np.array([[float((sums**2).sum()), cross], [cross, squared]])
        return first, second

    def score(self, restricted: bool) -> tuple[Array, Array]:
        """Give the scores and the expected information of the two variances (Harville 1977)."""
        data = self.data
        first, second = self.traces()
        if restricted:
            sums = data.sums(self.w)
            in_w = np.array([float((sums**2).sum()), float(self.w @ self.w)])
            parts = (sums[data.of_study], self.w)
            solved = [self.solve(part) for part in parts]
            mixed = np.array([[float(a @ b) for b in solved] for a in parts])
            first = first - in_w / self.total
            second = second - 2 * mixed / self.total + np.outer(in_w, in_w) / self.total**2
        explained = [float((data.sums(self.py) ** 2).sum()), float(self.py @ self.py)]
        return -0.5 * (first - np.array(explained)), 0.5 * second


_STARTS = ((0.5, 0.5), (1.0, 0.0), (0.0, 1.0), (0.1, 0.01), (0.01, 0.1), (0.0, 0.0))
"""Shares of the spread of the effects at which the search begins."""
_ROUNDS = 200


def _maximum(data: _Clustered, restricted: bool) -> tuple[Array, float]:
    """Climb from several places and give the highest; variances that want to be negative are 0."""
    spread = max(float(np.var(data.y)), 1e-12 * float(data.v.mean()))
    best: tuple[float, Array, float] | None = None
    for shares in _STARTS:
        found = _climb(np.array(shares) * spread, data, restricted)
        if best is None or found[0] > best[0] + 1e-10:
            best = found
    assert best is not None
    return best[1], best[2]


def _climb(s: Array, data: _Clustered, restricted: bool) -> tuple[float, Array, float]:
    """Take scoring steps with halving, within the borders, until none rises any more."""
    state = _State(data, s)
    value = state.log_likelihood(restricted)
    score, information = state.score(restricted)
    for _ in range(_ROUNDS):
        free = (s > 0) | (score > 0)
        if not free.any():
            break
        step = np.zeros(2)
        step[free] = np.linalg.lstsq(information[np.ix_(free, free)], score[free], rcond=None)[0]
        new, risen = _risen(data, s, step, value, restricted)
        moved = float(np.abs(new - s).max())
        if risen is None or moved <= 1e-13 * max(float(data.v.mean()), float(s.max())):
            break
        s, value = new, risen.log_likelihood(restricted)
        score, information = risen.score(restricted)
    inner = score[s > 0]
    return value, s, float(np.abs(inner).max()) if inner.size else 0.0


def _risen(
    data: _Clustered, s: Array, step: Array, value: float, restricted: bool
) -> tuple[Array, _State | None]:
    """Halve a step until the likelihood does not fall; ``None`` when no step is small enough."""
    size = 1.0
    while size > 1e-8:
        new = np.maximum(0.0, s + size * step)
        state = _State(data, new)
        if state.log_likelihood(restricted) >= value:
            return new, state
        size /= 2
    return s, None


def _shares(sampling: _State, s: Array) -> tuple[float, float]:
    """Split I² over the levels, with the typical sampling variance (Higgins and Thompson 2002)."""
    first, _ = sampling.traces()
    p_trace = float(first[1]) - float(sampling.w @ sampling.w) / sampling.total
    typical = (sampling.data.y.size - 1) / p_trace
    whole = float(s.sum()) + typical
    return 100 * float(s[0]) / whole, 100 * float(s[1]) / whole


# --- cluster-robust variances ---------------------------------------------------------------------


@dataclass(frozen=True)
class RobustFit:
    """Coefficients with variances that hold whatever the dependence within clusters.

    Parameters
    ----------
    kind : str
        CR0, CR1, CR1S or CR2.
    n_clusters : int
    coefficients, se, statistic, df, p, ci_low, ci_high : array, shape (p,)
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


FEWEST_DF = 4.0
"""Satterthwaite degrees of freedom below which p is too small too often (Tipton 2015)."""


def cluster_robust(
    yi: ArrayLike,
    covariance: ArrayLike,
    cluster: Sequence[Hashable],
    x: ArrayLike | None = None,
    kind: str = "CR2",
    df: str = "satterthwaite",
    weights: ArrayLike | None = None,
) -> RobustFit:
    """Give cluster-robust tests of a weighted regression.

    Parameters
    ----------
    yi : array_like, shape (k,)
    covariance : array_like, shape (k,) or (k, k)
        Working covariance of the effects: variances, or the matrix of a model.
    cluster : sequence, length k
        The cluster (study) of each effect.
    x : array_like, shape (k, p), optional
        Design matrix; a column of ones without it.
    kind : {'CR2', 'CR1S', 'CR1', 'CR0'}
    df : {'satterthwaite', 'clusters'}
        Degrees of freedom: approximated, or the number of clusters less that of coefficients.
    weights : array_like, shape (k,) or (k, k), optional
        Weights; the inverse of the working covariance without them.
    """
    y = np.asarray(yi, dtype=float)
    design = np.ones((y.size, 1)) if x is None else np.asarray(x, dtype=float)
    phi = _matrix(covariance)
    w = np.linalg.inv(phi) if weights is None else _matrix(weights)
    members = groups_of(cluster)
    bread = np.linalg.inv(design.T @ w @ design)
    b = bread @ design.T @ w @ y
    residual = y - design @ b
    hat: Array = np.asarray(design @ bread @ design.T @ w)
    adjust = [_adjustment(kind, places, hat, phi, len(members), design.shape) for places in members]
    outer = [
        bread @ design[p].T @ w[np.ix_(p, p)] @ a for p, a in zip(members, adjust, strict=True)
    ]
    scores = [o @ residual[p] for o, p in zip(outer, members, strict=True)]
    se = np.sqrt(np.sum([s**2 for s in scores], axis=0))
    freedom = np.full(b.size, float(len(members) - b.size))
    if df == "satterthwaite":
        freedom = _satterthwaite(outer, members, hat, phi)
    statistic = b / se
    p = np.array([float(two_sided_p(t, d)) for t, d in zip(statistic, freedom, strict=True)])
    half = np.array([critical_value(d) for d in freedom]) * se
    return RobustFit(kind, len(members), b, se, statistic, freedom, p, b - half, b + half)


def _matrix(values: ArrayLike) -> Array:
    found = np.asarray(values, dtype=float)
    return np.diag(found) if found.ndim == 1 else found


def _adjustment(
    kind: str, places: NDArray[np.intp], hat: Array, phi: Array, m: int, shape: tuple[int, ...]
) -> Array:
    """Give the matrix that makes up for the residuals of a cluster being too small."""
    n = len(places)
    if kind in ("CR0", "CR1", "CR1S"):
        k, p = shape
        factor = {"CR0": 1.0, "CR1": m / (m - 1), "CR1S": m * (k - 1) / ((m - 1) * (k - p))}[kind]
        return math.sqrt(factor) * np.eye(n)
    rows = np.eye(hat.shape[0])[places] - hat[places]
    root = np.linalg.cholesky(phi[np.ix_(places, places)]).T  # upper: phi = root' root
    middle = root @ rows @ phi @ rows.T @ root.T
    return np.asarray(root.T @ _inverse_root(middle) @ root)


def _inverse_root(matrix: Array) -> Array:
    """Give the symmetric inverse square root, of the part that is not singular."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    keep = values > 1e-10 * max(float(values.max()), 1e-300)
    scaled = vectors[:, keep] / np.sqrt(values[keep])
    return np.asarray(scaled @ vectors[:, keep].T)


def _satterthwaite(
    outer: list[Array], members: list[NDArray[np.intp]], hat: Array, phi: Array
) -> Array:
    """Match the first two moments of the variance estimate under the working covariance."""
    k = phi.shape[0]
    identity = np.eye(k)
    found = []
    for c in range(outer[0].shape[0]):
        vectors = np.array(
            [(o[c] @ (identity[p] - hat[p])) for o, p in zip(outer, members, strict=True)]
        )
        products = vectors @ phi @ vectors.T
        found.append(float(np.trace(products) ** 2 / (products**2).sum()))
    return np.array(found)
