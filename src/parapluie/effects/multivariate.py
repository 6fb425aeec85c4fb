"""Several outcomes of the same studies at once, whose true effects may correlate.

Berkey CS, Hoaglin DC, Antczak-Bouckoms A, Mosteller F, Colditz GA. Stat Med 1998;17:2537-2550;
Jackson D, Riley R, White IR. Stat Med 2011;30:2481-2498. Effects on the scale of analysis. The
covariance of the true effects is any (unstructured); it is kept possible by its Cholesky root.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from parapluie.effects.dependence import groups_of
from parapluie.effects.regression import critical_value, two_sided_p

Array = NDArray[np.float64]

REML, ML = "REML", "ML"


@dataclass(frozen=True)
class MultivariateFit:
    """Mean effects of several outcomes.

    Parameters
    ----------
    method : str
        REML or ML.
    outcomes : tuple
        In the order in which they first come.
    k, n_studies : int
    estimate, se, statistic, p, ci_low, ci_high : array, shape (p,)
        Of each outcome; normal.
    covariance : array, shape (p, p)
        Of the estimates.
    between : array, shape (p, p)
        Covariance of the true effects between studies.
    log_likelihood, aic, bic : float
    q, q_p : float
        Weighted squares about the means under the sampling covariance, on k - p degrees of freedom.
    all_zero, all_zero_p : float
        Wald test that no outcome has an effect, by chi-square.
    gradient : float
        Largest derivative of the log-likelihood by the root of `between`; tells of convergence.
    """

    method: str
    outcomes: tuple[Hashable, ...]
    k: int
    n_studies: int
    estimate: Array
    se: Array
    statistic: Array
    p: Array
    ci_low: Array
    ci_high: Array
    covariance: Array
    between: Array
    log_likelihood: float
    aic: float
    bic: float
    q: float
    q_p: float
    all_zero: float
    all_zero_p: float
    gradient: float

    @property
    def tau2(self) -> Array:
        """Variance between studies of each outcome."""
        return np.diag(self.between).copy()

    @property
    def correlation(self) -> Array:
        """Correlation of the true effects; NaN where a variance is 0."""
        spread = np.sqrt(self.tau2)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(self.between / np.outer(spread, spread))


def multivariate(
    yi: ArrayLike,
    covariance: ArrayLike,
    study: Sequence[Hashable],
    outcome: Sequence[Hashable],
    method: str = REML,
) -> MultivariateFit:
    """Pool several outcomes together.

    Parameters
    ----------
    yi : array_like, shape (k,)
    covariance : array_like, shape (k, k)
        Of the sampling errors; between studies there is none.
    study, outcome : sequence, length k
        A study may lack outcomes, and has each at most once.
    method : {'REML', 'ML'}

    Raises
    ------
    ValueError
        If a study has an outcome twice, or an outcome has fewer than two studies.
    """
    data = _Outcomes.of(yi, covariance, study, outcome)
    p, k, restricted = len(data.names), data.y.size, method == REML
    root, gradient = _best_root(data, restricted)
    state = _State(data, root @ root.T)
    sampling = _State(data, np.zeros((p, p)))
    se = np.sqrt(np.diag(state.c))
    n, value = p + p * (p + 1) // 2, state.log_likelihood(restricted)
    half = critical_value(math.inf) * se
    wald = float(state.b @ np.linalg.solve(state.c, state.b))
    return MultivariateFit(
        method, data.names, k, len(data.places), state.b, se, state.b / se,
        two_sided_p(state.b / se), state.b - half, state.b + half, state.c, root @ root.T, value,
        2 * n - 2 * value, n * math.log(k - p * restricted) - 2 * value, sampling.squares,
        float(chdtrc(k - p, sampling.squares)), wald, float(chdtrc(p, wald)), gradient,
    )  # fmt: skip


@dataclass(frozen=True)
class _Outcomes:
    """Effects by study; `which` tells the outcome of each effect."""

    y: Array
    v: list[Array]
    places: list[NDArray[np.intp]]
    which: NDArray[np.intp]
    names: tuple[Hashable, ...]

    @classmethod
    def of(
        cls, yi: ArrayLike, covariance: ArrayLike, study: Sequence[Hashable],
        outcome: Sequence[Hashable],
    ) -> _Outcomes:  # fmt: skip
        y, v = np.asarray(yi, dtype=float), np.asarray(covariance, dtype=float)
        names = tuple(dict.fromkeys(outcome))
        which = np.array([names.index(o) for o in outcome], dtype=np.intp)
        places = groups_of(study)
        for own in places:
            if np.unique(which[own]).size < own.size:
                raise ValueError(f"study {study[own[0]]!r} has an outcome twice: join its results")
        few = [names[o] for o in range(len(names)) if (which == o).sum() < 2]
        if few:
            raise ValueError(f"outcomes of fewer than two studies: {few}")
        return cls(y, [v[np.ix_(own, own)] for own in places], places, which, names)


class _State:
    """The model at one covariance of the true effects."""

    def __init__(self, data: _Outcomes, between: Array) -> None:
        p = len(data.names)
        self.data = data
        self.inverse, self.log_det, information, right = [], 0.0, np.zeros((p, p)), np.zeros(p)
        for own, v in zip(data.places, data.v, strict=True):
            at = data.which[own]
            m = v + between[np.ix_(at, at)]
            inverse = np.linalg.inv(m)
            self.inverse.append(inverse)
            self.log_det += float(np.linalg.slogdet(m)[1])
            information[np.ix_(at, at)] += inverse
            right[at] += inverse @ data.y[own]
        self.c: Array = np.asarray(np.linalg.inv(information), dtype=float)
        self.b: Array = self.c @ right
        self.solved = [
            inverse @ (data.y[own] - self.b[data.which[own]])
            for own, inverse in zip(data.places, self.inverse, strict=True)
        ]
        self.squares = float(
            sum(s @ (data.y[own] - self.b[data.which[own]])
                for own, s in zip(data.places, self.solved, strict=True))
        )  # fmt: skip

    def log_likelihood(self, restricted: bool) -> float:
        """Give the log-likelihood; the restricted one with log |X'X| added, as metafor does."""
        k, p = self.data.y.size, len(self.data.names)
        value = -0.5 * (self.log_det + self.squares)
        if not restricted:
            return value - 0.5 * k * math.log(2 * math.pi)
        counts = np.bincount(self.data.which, minlength=p)
        value += 0.5 * float(np.log(counts).sum() + np.linalg.slogdet(self.c)[1])
        return value - 0.5 * (k - p) * math.log(2 * math.pi)

    def gradient(self, restricted: bool) -> Array:
        """Give the derivatives of the log-likelihood by the covariance of the true effects."""
        out = np.zeros_like(self.c)
        for own, inverse, solved in zip(
            self.data.places, self.inverse, self.solved, strict=True
        ):  # fmt: skip
            at = self.data.which[own]
            part = inverse - np.outer(solved, solved)
            if restricted:
                part = part - inverse @ self.c[np.ix_(at, at)] @ inverse
            out[np.ix_(at, at)] -= part / 2
        return out


_STARTS = (1.0, 0.1, 0.01)
"""Shares of the spread of each outcome at which the search begins."""


def _best_root(data: _Outcomes, restricted: bool) -> tuple[Array, float]:
    """Search for the Cholesky root of the likeliest covariance from several places."""
    from scipy.optimize import minimize  # loads for longer than most commands take

    p = len(data.names)
    lower = np.tril_indices(p)
    spread = np.array([np.std(data.y[data.which == o]) for o in range(p)])

    def fall(packed: Array) -> tuple[float, Array]:
        root = np.zeros((p, p))
        root[lower] = packed
        state = _State(data, root @ root.T)
        slope = 2 * state.gradient(restricted) @ root
        return -state.log_likelihood(restricted), -slope[lower]

    options = {"gtol": 1e-9, "maxiter": 1000}
    starts = [np.diag(spread * math.sqrt(share))[lower] for share in _STARTS]
    runs = [
        minimize(fall, start, jac=True, method="BFGS", options=options)  # type: ignore[no-untyped-call]
        for start in starts
    ]
    best = min(runs, key=lambda run: float(run.fun))
    root = np.zeros((p, p))
    root[lower] = best.x
    return root, float(np.abs(best.jac).max())
