"""Subgroups: each pooled by itself, and a test of whether they differ.

Borenstein M, Hedges LV, Higgins JPT, Rothstein HR. Introduction to Meta-Analysis. Wiley 2009,
chapter 19.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from parapluie.effects.intervals import DEFAULT_CI
from parapluie.effects.pooling import Pools, pool_sets
from parapluie.effects.prediction import T_K1
from parapluie.effects.tau2 import REML

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """A test of whether subgroups differ: chi-square on their number less one.

    ``reason`` says why there is no test; then the numbers are NaN.
    """

    q: float = math.nan
    df: float = math.nan
    p: float = math.nan
    reason: str = ""


@dataclass(frozen=True)
class Subgroups:
    """Subgroups in the order of their first study.

    Parameters
    ----------
    names : tuple
    members : tuple of array of int
        Places of the studies of each.
    pools : Pools
        Each pooled with a tau² of its own.
    difference : Difference
        From the pooled effects and their standard errors (Q between). They are the model-based
        ones: those of Hartung and Knapp are near 0 by chance in subgroups of two or three studies,
        which a test by chi-square does not allow for.
    """

    names: tuple[Hashable, ...]
    members: tuple[NDArray[np.intp], ...]
    pools: Pools
    difference: Difference


def subgroups(
    yi: ArrayLike, vi: ArrayLike, group: Sequence[Hashable], method: str = REML,
    ci: str = DEFAULT_CI, pi: str = T_K1,
) -> Subgroups:  # fmt: skip
    """Pool each subgroup, with a tau² of its own, and test whether they differ.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects on the scale of analysis and their sampling variances.
    group : sequence, length k
        The subgroup of each study.
    method, ci, pi : str
        As in `pooling.pool`.

    Examples
    --------
    >>> found = subgroups([0.1, 0.3, 0.9, 1.1], [0.04] * 4, "aabb", "common", "z")
    >>> found.names, found.pools.estimate.round(2).tolist(), round(found.difference.q, 1)
    (('a', 'b'), [0.2, 1.0], 16.0)
    """
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    names = tuple(dict.fromkeys(group))
    members = tuple(np.array([i for i, g in enumerate(group) if g == name]) for name in names)
    order = np.concatenate(members)
    ends = np.cumsum([0, *(len(m) for m in members)])
    pools = pool_sets(y[order], v[order], ends, method, ci, pi)
    return Subgroups(names, members, pools, between(pools.estimate, pools.se_model))


def between(estimate: Array, se: Array) -> Difference:
    """Test whether independent pooled effects differ (Borenstein et al. 2009, Q between)."""
    if estimate.size < 2:
        return Difference(reason="not_estimable: one subgroup")
    if not (se > 0).all():
        return Difference(reason="not_estimable: a subgroup has a standard error of 0")
    weights = 1 / se**2
    centre = float((weights * estimate).sum() / weights.sum())
    q = float((weights * (estimate - centre) ** 2).sum())
    df = float(estimate.size - 1)
    return Difference(q, df, float(chdtrc(df, q)))
