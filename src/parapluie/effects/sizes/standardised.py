"""Standardised mean differences of two independent groups, by how their variance is taken.

All but `bonett` share ``g = J(n1 + n2 - 2) (m1 - m2)/s`` with the pooled ``s`` and the exact factor
of Hedges (1981); `d` is the same without the factor.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from parapluie.effects.cells import Array, Cells, Sizes, Texts, finish, mark
from parapluie.effects.correction import ONLY0, Correction
from parapluie.effects.sizes.means import groups, hedges_factor

Variance = Callable[[Array, Array, Array, Array], Array]
"""Variance from d, J, n1, n2."""


def large_sample(d: Array, j: Array, n1: Array, n2: Array) -> Array:
    """Large-sample variance at g: ``1/n1 + 1/n2 + g^2/(2 (n1 + n2))``.

    Hedges LV, Olkin I. Statistical Methods for Meta-Analysis. 1985, chapter 5, formula 15.
    """
    return 1 / n1 + 1 / n2 + (j * d) ** 2 / (2 * (n1 + n2))


def large_sample_scaled(d: Array, j: Array, n1: Array, n2: Array) -> Array:
    """Variance of d, times J²: ``J^2 (1/n1 + 1/n2 + d^2/(2 (n1 + n2)))``.

    Borenstein et al. 2009, chapter 4; also what metaumbrella uses.
    """
    return np.asarray(j**2 * (1 / n1 + 1 / n2 + d**2 / (2 * (n1 + n2))))


def unbiased(d: Array, j: Array, n1: Array, n2: Array) -> Array:
    """Unbiased variance: ``1/n1 + 1/n2 + (1 - (m - 2)/(m J^2)) g^2`` with ``m = n1 + n2 - 2``.

    Hedges LV. Psychol Bull 1983;93:388-395. May be negative by chance in tiny groups.
    """
    m = n1 + n2 - 2
    return np.asarray(1 / n1 + 1 / n2 + (1 - (m - 2) / (m * j**2)) * (j * d) ** 2)


def from_average(d: Array, j: Array, n1: Array, n2: Array) -> Array:
    """Large-sample variance at the average effect of all rows, weighted by size.

    ``1/n1 + 1/n2 + gbar^2/(2 (n1 + n2))``: supposes one effect. Hedges and Olkin 1985, chapter 6;
    metafor's vtype ``AV``. Depends on which rows are given together.
    """
    n, g = n1 + n2, j * d
    there = np.isfinite(g) & np.isfinite(n)
    average = np.sum((n * g)[there]) / np.sum(n[there]) if there.any() else np.nan
    return np.asarray(1 / n1 + 1 / n2 + average**2 / (2 * n))


def hedges_g(cells: Cells, rule: Correction = ONLY0, variance: Variance = large_sample) -> Sizes:
    """Hedges' g from means and standard deviations; see `large_sample` and the others."""
    g = groups(cells)
    sd, j = g.pooled_sd, hedges_factor(g.df)
    _standardisable(g.reason, sd, g.df)

    def compute() -> tuple[Array, Array]:
        # A row with a reason takes no part in an average over rows.
        d = np.where(g.reason == "", (g.m1 - g.m2) / sd, np.nan)
        return j * d, variance(d, j, g.n1, g.n2)

    return finish(compute, g.reason)


def g_scaled(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Hedges' g with `large_sample_scaled` (metafor's vtype ``LS2``)."""
    return hedges_g(cells, rule, large_sample_scaled)


def g_unbiased(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Hedges' g with the `unbiased` variance (metafor's vtype ``UB``)."""
    return hedges_g(cells, rule, unbiased)


def g_average(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Hedges' g with the variance `from_average` (metafor's vtype ``AV``)."""
    return hedges_g(cells, rule, from_average)


def cohens_d(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Cohen's d, not corrected for bias: variance ``1/n1 + 1/n2 + d^2/(2 (n1 + n2))``.

    Borenstein et al. 2009, chapter 4.
    """
    g = groups(cells)
    sd = g.pooled_sd
    _standardisable(g.reason, sd, g.df)
    one = np.ones_like(sd)
    return finish(
        lambda: ((g.m1 - g.m2) / sd, large_sample((g.m1 - g.m2) / sd, one, g.n1, g.n2)), g.reason
    )


def bonett(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Difference standardised by the square root of the mean of both variances.

    ``g = J(n1 + n2 - 2) (m1 - m2)/s`` with ``s^2 = (sd1^2 + sd2^2)/2`` and variance
    ``g^2 (sd1^4/(n1 - 1) + sd2^4/(n2 - 1))/(8 s^4) + (sd1^2/(n1 - 1) + sd2^2/(n2 - 1))/s^2``.
    Bonett DG. Psychol Methods 2008;13:99-109, with g in the place of d.
    """
    return _heteroscedastic(cells, scaled=False)


def bonett_scaled(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """The variance of `bonett` times J²: metafor's ``SMDH`` before 4.6."""
    return _heteroscedastic(cells, scaled=True)


@np.errstate(all="ignore")
def _heteroscedastic(cells: Cells, *, scaled: bool) -> Sizes:
    g = groups(cells)
    s2 = (g.s1**2 + g.s2**2) / 2
    _standardisable(g.reason, np.sqrt(s2), np.minimum(g.df, np.minimum(g.n1, g.n2)))
    j = hedges_factor(g.df)

    def compute() -> tuple[Array, Array]:
        yi = j * (g.m1 - g.m2) / np.sqrt(s2)
        spread = g.s1**4 / (g.n1 - 1) + g.s2**4 / (g.n2 - 1)
        middle = (g.s1**2 / (g.n1 - 1) + g.s2**2 / (g.n2 - 1)) / s2
        vi = yi**2 * spread / (8 * s2**2) + middle
        return yi, vi * j**2 if scaled else vi

    return finish(compute, g.reason)


def _standardisable(reason: Texts, sd: Array, df: Array) -> None:
    with np.errstate(invalid="ignore"):
        mark(reason, ~(df >= 2), "too few people to standardise")
        mark(reason, ~(sd > 0), "the standard deviation is 0")
