"""Peto's common odds ratio from two-by-two tables, with no correction for zero cells.

Yusuf, Peto, Lewis, Collins and Sleight 1985, Prog Cardiovasc Dis 27:335-371: with O events observed
in arm 1, E expected and V the hypergeometric variance, log OR = sum(O - E)/sum(V), variance
1/sum(V), Q = sum V ((O - E)/V - log OR)².
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from parapluie.effects.pool_tables import (
    Common,
    PooledTables,
    chi_squared,
    left_out,
    pooled_tables,
)
from parapluie.effects.sizes import tables

METHOD = "Peto"


def peto(
    ai: ArrayLike, bi: ArrayLike, ci: ArrayLike, di: ArrayLike, *, level: float = 0.95
) -> PooledTables:
    """Pool two-by-two tables by Peto's one step.

    Parameters
    ----------
    ai, bi, ci, di : array_like, shape (k,)
        People with and without the event in arm 1, and in arm 2.
    level : float
        Of the interval.

    Returns
    -------
    PooledTables
        With the test ``no_effect``.

    Notes
    -----
    Good for rare events, arms of like size and small effects only; else it is biased (Greenland and
    Salvan 1990, Stat Med 9:247-252).

    Examples
    --------
    >>> round(peto([1, 3], [99, 97], [4, 6], [96, 94]).estimate, 3)
    -0.886
    """
    cells = {"ai": ai, "bi": bi, "ci": ci, "di": di}
    four, reason = tables.counts(cells)
    whole = reason == ""
    own = tables.peto_odds_ratio({n: x[whole] for n, x in zip(cells, four, strict=True)})
    usable = own.reason == ""
    weights = 1 / own.vi[usable]
    total = float(weights.sum())
    common = Common(METHOD, "OR", level, len(own))
    if usable.any():
        estimate = float((weights * own.yi[usable]).sum()) / total
        common = replace(common, estimate=estimate, variance=1 / total)
    silent = int(np.count_nonzero(~usable))
    notes = left_out(int(np.count_nonzero(~whole)))
    if silent:
        notes += (f"tables that tell nothing (no events, or nothing but events): {silent}",)
    test = chi_squared(common.estimate**2 * total, 1 if usable.any() else 0)
    return pooled_tables(common, own, {"no_effect": test}, notes)
