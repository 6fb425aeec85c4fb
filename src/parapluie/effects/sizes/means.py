"""Means of two independent groups: mean difference, standardised mean difference, ratio of means.

Cells: means ``m1i m2i``, standard deviations ``sd1i sd2i`` and sizes ``n1i n2i``; 1 is the
intervention.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln

from parapluie.effects.cells import Array, Cells, Sizes, Texts, absent, columns, finish, mark
from parapluie.effects.correction import ONLY0, Correction

CELLS = ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i")


@dataclass(frozen=True)
class Groups:
    """Means, standard deviations and sizes of two groups, and why a row has none."""

    m1: Array
    s1: Array
    n1: Array
    m2: Array
    s2: Array
    n2: Array
    reason: Texts

    @property
    @np.errstate(all="ignore")
    def df(self) -> Array:
        """Degrees of freedom of the pooled standard deviation."""
        return self.n1 + self.n2 - 2

    @property
    def pooled_sd(self) -> Array:
        """Pooled standard deviation."""
        with np.errstate(all="ignore"):
            squares = (self.n1 - 1) * self.s1**2 + (self.n2 - 1) * self.s2**2
            return np.asarray(np.sqrt(squares / self.df))


def groups(cells: Cells) -> Groups:
    """Give the numbers of two groups."""
    values = columns(cells, CELLS)
    reason = absent(dict(zip(CELLS, values, strict=True)))
    m1, s1, n1, m2, s2, n2 = values
    with np.errstate(invalid="ignore"):
        mark(reason, (s1 < 0) | (s2 < 0), "a standard deviation is below 0")
        mark(reason, (n1 < 1) | (n2 < 1), "a group has nobody")
    return Groups(m1, s1, n1, m2, s2, n2, reason)


_LARGE = 1000.0
"""Degrees of freedom from which on the series is exact; logarithms of gamma would lose digits."""


@np.errstate(all="ignore")
def hedges_factor(m: Array) -> Array:
    """Give the exact factor that takes the bias from a standardised mean difference.

    ``J(m) = gamma(m/2)/(sqrt(m/2) gamma((m - 1)/2))`` for `m` degrees of freedom. Hedges LV. J Educ
    Stat 1981;6:107-128. NaN below two degrees of freedom, where there is none.
    """
    m = np.asarray(m, dtype=float)
    small = np.exp(gammaln(m / 2) - gammaln((m - 1) / 2)) / np.sqrt(m / 2)
    return np.where(m >= 2, np.where(m < _LARGE, small, _series(m)), np.nan)


def _series(m: Array) -> Array:
    """Give the factor for large `m`.

    ``gamma(x + 1/2)/(gamma(x) sqrt(x))`` by Stirling's series at ``x = (m - 1)/2``. Abramowitz M,
    Stegun IA. Handbook of Mathematical Functions. 1964, formula 6.1.47.
    """
    y = 2 / (m - 1)
    series = 1 - y / 8 + y**2 / 128 + 5 * y**3 / 1024 - 21 * y**4 / 32768
    return np.asarray(series * np.sqrt((m - 1) / m))


def mean_difference(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Mean difference in the unit of the outcome, variances not taken as equal.

    ``m1 - m2`` with variance ``sd1^2/n1 + sd2^2/n2``. Borenstein et al. 2009, chapter 4.
    """
    g = groups(cells)
    return finish(lambda: (g.m1 - g.m2, g.s1**2 / g.n1 + g.s2**2 / g.n2), g.reason)


def mean_difference_equal_variances(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Mean difference, one variance for both groups.

    Variance ``s^2 (1/n1 + 1/n2)`` with the pooled ``s``. Borenstein et al. 2009, chapter 4;
    metafor's vtype ``HO``.
    """
    g = groups(cells)
    mark(g.reason, ~(g.df > 0), "no degrees of freedom for the pooled standard deviation")
    return finish(lambda: (g.m1 - g.m2, g.pooled_sd**2 * (1 / g.n1 + 1 / g.n2)), g.reason)


def ratio_of_means(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Log ratio of means, without correction of its bias.

    ``ln(m1/m2)`` with variance ``sd1^2/(n1 m1^2) + sd2^2/(n2 m2^2)``. Hedges LV, Gurevitch J,
    Curtis PS. Ecology 1999;80:1150-1156. metafor below 5.0.
    """
    g = groups(cells)
    _same_sign(g)
    return finish(lambda: _log_ratio(g), g.reason)


def ratio_of_means_corrected(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Log ratio of means with the second-order correction of its bias.

    Adds ``(sd1^2/(n1 m1^2) - sd2^2/(n2 m2^2))/2``. Lajeunesse MJ. Ecology 2015;96:2056-2063. The
    variance stays that of `ratio_of_means`, as in metafor from 5.0.
    """
    g = groups(cells)
    _same_sign(g)

    def compute() -> tuple[Array, Array]:
        yi, vi = _log_ratio(g)
        return yi + (g.s1**2 / (g.n1 * g.m1**2) - g.s2**2 / (g.n2 * g.m2**2)) / 2, vi

    return finish(compute, g.reason)


def _same_sign(g: Groups) -> None:
    with np.errstate(invalid="ignore"):
        mark(g.reason, ~(g.m1 / np.where(g.m2 == 0, np.nan, g.m2) > 0),
             "the means are not both above 0, or both below")  # fmt: skip


def _log_ratio(g: Groups) -> tuple[Array, Array]:
    return np.log(g.m1 / g.m2), g.s1**2 / (g.n1 * g.m1**2) + g.s2**2 / (g.n2 * g.m2**2)
