"""Tests for funnel plot asymmetry of two-by-two tables.

A log odds ratio and its standard error depend on each other, so that Egger's test finds asymmetry
too often; these tests put something else in the place of the standard error. Cells are ``ai bi ci
di``: events and others with the intervention, then without.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parapluie.effects.bias import FEWEST, Asymmetry, RankTest, rank_test, regression_test

Array = NDArray[np.float64]

OR, RR = "OR", "RR"


@dataclass(frozen=True)
class Tables:
    """Two-by-two tables, shape (k,) each.

    Parameters
    ----------
    a, b, c, d : array
        Events and others with the intervention, then without.
    """

    a: Array
    b: Array
    c: Array
    d: Array

    @classmethod
    def of(cls, ai: ArrayLike, bi: ArrayLike, ci: ArrayLike, di: ArrayLike) -> Tables:
        """Make tables of cells."""
        a, b, c, d = (np.asarray(x, dtype=float) for x in (ai, bi, ci, di))
        return cls(a, b, c, d)

    @property
    def n(self) -> Array:
        """People."""
        return self.a + self.b + self.c + self.d

    @property
    def n1(self) -> Array:
        """People with the intervention."""
        return self.a + self.b

    @property
    def n2(self) -> Array:
        """People without it."""
        return self.c + self.d

    @property
    def events(self) -> Array:
        """Events of both arms."""
        return self.a + self.c

    @property
    def others(self) -> Array:
        """People of both arms without the event."""
        return self.b + self.d

    @property
    def informative(self) -> NDArray[np.bool_]:
        """Tell which tables have both people with and people without the event."""
        return np.asarray((self.events > 0) & (self.others > 0), dtype=bool)

    def part(self, use: NDArray[np.bool_]) -> Tables:
        """Take some of the tables."""
        return Tables(self.a[use], self.b[use], self.c[use], self.d[use])


def harbord(tables: Tables, measure: str = OR) -> Asymmetry:
    """Regress the efficient score on its variance (Harbord, Egger and Sterne 2006).

    Stat Med 2006;25:3443-3457 for odds ratios; Harbord, Harris and Sterne, Stata J 2009;9:197-210
    for risk ratios. Score over variance on one over the root of the variance, weights the variance.
    Tables without events, or with nothing else, say nothing and are left out.

    Parameters
    ----------
    tables : Tables
    measure : {'OR', 'RR'}
    """
    t = tables.part(tables.informative)
    beyond = t.a - t.n1 * t.events / t.n
    if measure == RR:
        score = beyond * t.n / t.others
        variance = t.n1 * t.n2 * t.events / (t.n * t.others)
    else:
        score = beyond
        variance = t.n1 * t.n2 * t.events * t.others / (t.n**2 * (t.n - 1))
    return regression_test("harbord", score / variance, 1 / variance, variance**-0.5, "sei")


def peters(yi: ArrayLike, tables: Tables) -> Asymmetry:
    """Regress effects on one over the number of people (Peters et al., JAMA 2006;295:676-680).

    Weights are events times others over people, those of the pooled risk.

    Parameters
    ----------
    yi : array_like, shape (k,)
        Log odds ratios in the paper; NaN where a table has no effect.
    tables : Tables
    """
    y, t, use = _usable(yi, tables)
    weights = t.events * t.others / t.n
    return regression_test("peters", y[use], 1 / weights, 1 / t.n, "ninv")


def macaskill(yi: ArrayLike, tables: Tables, vi: ArrayLike | None = None) -> Asymmetry:
    """Regress effects on the number of people (Macaskill, Walter and Irwig 2001).

    Stat Med 2001;20:641-654.

    Parameters
    ----------
    yi : array_like, shape (k,)
    tables : Tables
    vi : array_like, shape (k,), optional
        Weigh by 1/v (their inverse variance, and that of R's meta); without them by the pooled risk
        (events times others over people), which they prefer.
    """
    y, t, use = _usable(yi, tables)
    v = t.n / (t.events * t.others) if vi is None else np.asarray(vi, dtype=float)[use]
    return regression_test("macaskill", y[use], v, t.n, "ni")


def deeks(yi: ArrayLike, tables: Tables) -> Asymmetry:
    """Regress effects on the root of one over the effective sample size (Deeks et al. 2005).

    J Clin Epidemiol 2005;58:882-893. The effective size is 4 n1 n2/(n1 + n2), also the weight; n1
    and n2 are the diseased and the others of diagnostic studies, here the two arms.
    """
    y, t, use = _usable(yi, tables)
    effective = 4 * t.n1 * t.n2 / t.n
    return regression_test("deeks", y[use], 1 / effective, effective**-0.5, "sqrtninv")


def schwarzer(tables: Tables, odds_ratio: float | None = None) -> RankTest:
    """Rank the events beyond expectation against their precision (Schwarzer et al. 2007).

    Stat Med 2007;26:721-733. For sparse data: events with the intervention, less their mean and
    over their standard deviation under the noncentral hypergeometric distribution, against one
    over the variance; normal approximation.

    Parameters
    ----------
    tables : Tables
    odds_ratio : float, optional
        The common odds ratio; that of Mantel and Haenszel on the raw cells without it.
    """
    from scipy.stats import nchypergeom_fisher  # type: ignore[attr-defined]

    t = tables.part(tables.informative)
    up, down = float((t.a * t.d / t.n).sum()), float((t.b * t.c / t.n).sum())
    if odds_ratio is None and (t.n.size < FEWEST or not up or not down):
        return RankTest(reason="not_estimable: no common odds ratio")
    common = up / down if odds_ratio is None else odds_ratio
    law = nchypergeom_fisher(t.n.astype(int), t.events.astype(int), t.n1.astype(int), common)
    mean, variance = np.asarray(law.mean()), np.asarray(law.var())
    return rank_test((t.a - mean) / np.sqrt(variance), 1 / variance, approximate=True)


def _usable(yi: ArrayLike, tables: Tables) -> tuple[Array, Tables, NDArray[np.bool_]]:
    """Give effects, the tables that have one and both kinds of people, and which these are."""
    y = np.asarray(yi, dtype=float)
    use = np.isfinite(y) & tables.informative
    return y, tables.part(use), use
