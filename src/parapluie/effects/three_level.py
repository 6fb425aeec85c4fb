"""Effects within studies: a model with variance between studies and within them.

Effects on the scale of analysis. Sources of the formulas:

* Konstantopoulos S. Res Synth Methods 2011;2:61-76 (three levels);
* Harville DA. J Am Stat Assoc 1977;72:320-338 (likelihood, scores and information);
* Pustejovsky JE, Tipton E. Prev Sci 2022;23:425-438 (correlated and hierarchical effects);
* Viechtbauer W. J Stat Softw 2010;36(3) (profile likelihood intervals).

All sums are over the effects of a study, so that the work grows with the number of effects and no
matrix is larger than two by two.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, chdtri

from parapluie.effects.dependence import compound_symmetric, groups_of
from parapluie.effects.regression import critical_value, two_sided_p

Array = NDArray[np.float64]

REML, ML = "REML", "ML"
BOTH, BETWEEN = "both", "between"


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
    pi_low, pi_high : float
        Prediction interval of the effect of a new study, by the same distribution.
    df : float
        Degrees of freedom; infinite for the normal.
    sigma2 : (float, float)
        Variance between studies, and between effects within studies.
    log_likelihood, aic, bic : float
    q, q_p : float
        Weighted squares about the common effect, under the sampling covariance alone.
    i2 : (float, float)
        Percent of the variance that lies between and within studies, by the typical variance.
    typical_variance : float
        Sampling variance of a typical effect (Higgins and Thompson 2002), under the covariance.
    gradient : float
        Largest derivative of the log-likelihood that is not at its border; tells of convergence.
    note : str
        What a reader should know of the numbers.
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
    pi_low: float
    pi_high: float
    df: float
    sigma2: tuple[float, float]
    log_likelihood: float
    aic: float
    bic: float
    q: float
    q_p: float
    i2: tuple[float, float]
    typical_variance: float
    gradient: float
    note: str = ""

    @property
    def i2_total(self) -> float:
        """Percent of the variance that is not sampling error."""
        return sum(self.i2)


def three_level(
    yi: ArrayLike,
    vi: ArrayLike,
    study: Sequence[Hashable],
    method: str = REML,
    test: str = "z",
    r: float = 0.0,
    levels: str = BOTH,
) -> ThreeLevelFit:
    """Fit effects within studies.

    With `r` above 0 the sampling errors of a study are correlated too (correlated and hierarchical
    effects; use `cluster_robust` on `working_covariance`).

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
    levels : {'both', 'between'}
        Whether effects of one study differ beyond sampling error.

    Raises
    ------
    ValueError
        If there are fewer than two studies, or `r` is not a correlation they can have.
    """
    data = _Clustered.of(yi, vi, study, r)
    free, note = _free(data, levels)
    s, gradient = _maximum(data, method == REML, free)
    state, k = _State(data, s), data.y.size
    df = math.inf if test == "z" else float(k - 1)
    estimate, se, crit = state.mean, math.sqrt(1 / state.total), critical_value(df)
    reach = crit * math.sqrt(se**2 + float(s.sum()))
    sampling = _State(data, np.zeros(2))
    likelihood, n = state.log_likelihood(method == REML), 1 + sum(free)
    typical = _typical_variance(sampling)
    whole = float(s.sum()) + typical
    return ThreeLevelFit(
        method, k, data.n, estimate, se, estimate / se, float(two_sided_p(estimate / se, df)),
        estimate - crit * se, estimate + crit * se, estimate - reach, estimate + reach, df,
        (float(s[0]), float(s[1])), likelihood, 2 * n - 2 * likelihood,
        n * math.log(k - (method == REML)) - 2 * likelihood,
        sampling.squares, float(chdtrc(k - 1, sampling.squares)),
        (100 * float(s[0]) / whole, 100 * float(s[1]) / whole), typical, gradient, note,
    )  # fmt: skip


def _free(data: _Clustered, levels: str) -> tuple[tuple[bool, bool], str]:
    """Tell which variances are estimated."""
    if data.n < 2:
        raise ValueError(f"a variance between studies needs two studies; there are {data.n}")
    if levels == BETWEEN:
        return (True, False), ""
    if data.n == data.y.size:
        return (True, False), "each study has one effect: what lies within studies cannot be told"
    return (True, True), ""


def working_covariance(
    vi: ArrayLike, study: Sequence[Hashable], sigma2: tuple[float, float], r: float = 0.0
) -> list[Array]:
    """Give the covariance of the effects of each study under a fitted model.

    Parameters
    ----------
    vi : array_like, shape (k,)
    study : sequence, length k
    sigma2 : (float, float)
        Variances between and within studies.
    r : float
        Correlation of the sampling errors within a study.

    Returns
    -------
    list of array
        In the order in which studies first come; for `cluster_robust`.
    """
    v = np.asarray(vi, dtype=float)
    return [
        compound_symmetric(v[places], r) + sigma2[0] + sigma2[1] * np.eye(len(places))
        for places in groups_of(study)
    ]


# --- the data in the order of studies -------------------------------------------------------------


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
        sizes = np.array([len(places) for places in members])
        largest = int(sizes.max()) if sizes.size else 1
        compound_symmetric(np.ones(min(largest, 2)), r)  # says what is wrong with r
        if largest > 2 and r <= -1 / (largest - 1):
            compound_symmetric(np.ones(largest), r)
        order = np.concatenate(members) if members else np.array([], dtype=np.intp)
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp)[: sizes.size]
        y, v = (np.asarray(a, dtype=float)[order] for a in (yi, vi))
        return cls(y, v, r, starts, np.repeat(np.arange(sizes.size), sizes))

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


def _typical_variance(sampling: _State) -> float:
    """Give the typical sampling variance, (k - 1) over the trace of P (Higgins, Thompson 2002)."""
    first, _ = sampling.traces()
    trace = float(first[1]) - float(sampling.w @ sampling.w) / sampling.total
    return (sampling.data.y.size - 1) / trace


# --- the search -----------------------------------------------------------------------------------

_STARTS = ((0.5, 0.5), (1.0, 0.0), (0.0, 1.0), (0.1, 0.01), (0.01, 0.1), (0.0, 0.0))
"""Shares of the spread of the effects at which the search begins."""
_ROUNDS = 200


def _maximum(
    data: _Clustered, restricted: bool, free: tuple[bool, bool], fixed: Array | None = None
) -> tuple[Array, float]:
    """Climb from several places and give the highest; variances that want to be negative are 0.

    Variances that are not free stay as in `fixed`, or 0.
    """
    spread = max(float(np.var(data.y)), 1e-12 * float(data.v.mean()))
    held = np.zeros(2) if fixed is None else fixed
    mask = np.array(free)
    starts = {tuple(np.where(mask, np.array(shares) * spread, held)) for shares in _STARTS}
    best: tuple[float, Array, float] | None = None
    for start in sorted(starts, reverse=True):
        found = _climb(np.array(start), data, restricted, mask)
        if best is None or found[0] > best[0] + 1e-10:
            best = found
    assert best is not None
    return best[1], best[2]


def _climb(
    s: Array, data: _Clustered, restricted: bool, mask: NDArray[np.bool_]
) -> tuple[float, Array, float]:
    """Take scoring steps with halving, within the borders, until none rises any more."""
    state = _State(data, s)
    value = state.log_likelihood(restricted)
    score, information = state.score(restricted)
    for _ in range(_ROUNDS):
        free = mask & ((s > 0) | (score > 0))
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
    inner = score[mask & (s > 0)]
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


# --- profile likelihood ---------------------------------------------------------------------------


@dataclass(frozen=True)
class VarianceInterval:
    """Interval of a variance by profile likelihood.

    `low` is 0 where no variance, however small, can be excluded.
    """

    estimate: float
    low: float
    high: float


def variance_intervals(
    yi: ArrayLike,
    vi: ArrayLike,
    study: Sequence[Hashable],
    method: str = REML,
    r: float = 0.0,
    level: float = 0.95,
) -> tuple[VarianceInterval, VarianceInterval]:
    """Give intervals of the variances between and within studies by profile likelihood.

    All values at which the likelihood, with the other variance at its best, is not more than half
    the chi-square quantile below its maximum.

    Parameters
    ----------
    yi, vi, study, method, r
        As in `three_level`.
    level : float
    """
    data = _Clustered.of(yi, vi, study, r)
    free, _ = _free(data, BOTH)
    restricted = method == REML
    s, _ = _maximum(data, restricted, free)
    most = _State(data, s).log_likelihood(restricted)
    drop = float(chdtri(1, 1 - level)) / 2
    found = []
    for which in (0, 1):
        profile = _Profile(data, restricted, which, free, most - drop)
        found.append(_interval(float(s[which]), profile, float(s.sum() + data.v.mean())))
    return found[0], found[1]


@dataclass(frozen=True)
class _Profile:
    """Height of the profile likelihood above the limit, as a function of one variance."""

    data: _Clustered
    restricted: bool
    which: int
    free: tuple[bool, bool]
    limit: float

    def __call__(self, value: float) -> float:
        held = np.where(np.arange(2) == self.which, value, 0.0)
        others = (self.free[0] and self.which != 0, self.free[1] and self.which != 1)
        s, _ = _maximum(self.data, self.restricted, others, held)
        return _State(self.data, s).log_likelihood(self.restricted) - self.limit


def _interval(estimate: float, above: _Profile, unit: float) -> VarianceInterval:
    from scipy.optimize import brentq  # loads for longer than most commands take

    if not above.free[above.which]:
        return VarianceInterval(estimate, math.nan, math.nan)
    low = 0.0
    if estimate > 0 and above(0.0) < 0:
        low = float(brentq(above, 0.0, estimate, rtol=1e-9))  # type: ignore[no-untyped-call]
    far = max(2 * estimate, unit / 4)
    while above(far) > 0:
        far *= 2
    high = float(brentq(above, estimate, far, rtol=1e-9))  # type: ignore[no-untyped-call]
    return VarianceInterval(estimate, low, high)
