"""Several results of one study: joined to one, and control groups shared out.

Effects on the scale of analysis. Borenstein M, Hedges LV, Higgins JPT, Rothstein HR. Introduction
to Meta-Analysis, 2009, chapters 23 to 25. Models that keep all results: `three_level`, `robust`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


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
