"""Tests of many factors at once: small-study effects, excess significance, power.

The same as `parapluie.effects.bias.egger` and `parapluie.effects.excess` compute for one set, in
arrays over factors, without a loop over them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, nctdtr, ndtr, stdtrit

from parapluie.effects.excess import ALPHA, powers
from parapluie.effects.intervals import two_sided_p
from parapluie.effects.pool_blocks import Array, Flags, Integers

TES, TES_CHI2, TESS, PSST, TESSPSST = "TES", "TES_chi2", "TESS", "PSST", "TESSPSST"
EXCESS_TESTS = {
    TES: "observed against expected number of significant studies, exact (Poisson-binomial; "
    "Ioannidis and Trikalinos 2007)",
    TES_CHI2: "the same by chi-square, one-sided",
    TESS: "test of excess statistical significance (Stanley et al. 2021)",
    PSST: "proportion of statistical significance test (Stanley et al. 2021)",
    TESSPSST: "the smaller p of TESS and PSST (Stanley et al. 2021)",
}
"""Tests of excess significance, with their words."""

FEWEST_EGGER, FEWEST_EXCESS = 3, 2
"""Studies that a line with an error of its own, and a test of an excess, need."""


@dataclass(frozen=True)
class Grouped:
    """Which factor each study belongs to.

    Parameters
    ----------
    of : array of int, shape (n,)
        Factor of each study, rising.
    k : array of int, shape (m,)
        Number of studies of each factor.
    """

    of: Integers
    k: Integers

    @classmethod
    def by(cls, offsets: Integers) -> Grouped:
        """Make it from where each factor begins."""
        k = np.diff(offsets)
        return cls(np.repeat(np.arange(k.size), k), k)

    def total(self, x: Array) -> Array:
        """Add up over the studies of each factor."""
        return np.asarray(np.bincount(self.of, weights=x, minlength=self.k.size), dtype=float)

    def mean(self, x: Array, w: Array) -> Array:
        """Give the weighted mean of each factor; NaN of one without studies."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.total(w * x) / self.total(w))

    def any(self, flags: Flags) -> Flags:
        """Tell whether a flag is set in any study of each factor."""
        return np.asarray(self.total(flags.astype(float)) > 0, dtype=bool)

    def first(self, *keys: Array) -> Integers:
        """Give the study of each factor that comes first by these keys, the most important first.

        -1 for a factor without studies. Equal ones stay in their order.
        """
        order = np.lexsort((*reversed(keys), self.of))
        starts = np.concatenate([[0], np.cumsum(self.k)[:-1]])
        found = np.full(self.k.size, -1, dtype=np.int64)
        there = self.k > 0
        found[there] = order[starts[there]]
        return found


# --- small studies --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slopes:
    """Egger's test of each factor: slope on the standard error, its t and p; NaN where none."""

    slope: Array
    statistic: Array
    p: Array


def egger(group: Grouped, yi: Array, vi: Array) -> Slopes:
    """Test effects on standard errors, weights 1/v, by t with k - 2 degrees of freedom.

    Egger et al., BMJ 1997;315:629-634. NaN below three studies, where all have the same precision,
    and where they lie on a line.
    """
    s, w = np.sqrt(vi), 1 / vi
    x = s - group.mean(s, w)[group.of]
    y = yi - group.mean(yi, w)[group.of]
    across = group.total(w * x * x)
    df = group.k.astype(np.float64) - 2.0
    flat = across <= 1e-20 * group.total(w * s * s)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(flat | (df < 1), np.nan, group.total(w * x * y) / across)
        left = y - slope[group.of] * x
        error = np.sqrt(group.total(w * left * left) / df / across)
        t = np.where(error > 0, slope / error, np.nan)
    p = np.full(t.shape, np.nan)
    there = np.isfinite(t)
    p[there] = two_sided_p(t[there], df[there])
    return Slopes(slope, t, p)


# --- excess significance --------------------------------------------------------------------------


@dataclass(frozen=True)
class Excess:
    """Observed and expected numbers of significant studies, and the tests of their difference.

    Parameters
    ----------
    observed : array, shape (m,)
    expected, expected_one_sided : array
        Sum of the two-sided powers, by which TES judges, and of the chances below.
    p : mapping
        A key of `EXCESS_TESTS` to one-sided p; NaN where a test has none.
    power, chance : array, shape (n,)
        Two-sided power of each study, and its chance to be significant in the direction of the true
        effect, by which TESS and PSST judge.
    z : mapping
        TESS and PSST to z.
    """

    observed: Array
    expected: Array
    expected_one_sided: Array
    p: dict[str, Array]
    power: Array
    chance: Array
    z: dict[str, Array]


def excess(group: Grouped, significant: Flags, se: Array, theta: Array, tau2: Array) -> Excess:
    """Compare the number of significant studies with what their power lets expect.

    Parameters
    ----------
    group : Grouped
    significant : array of bool, shape (n,)
        Which studies are significant at 0.05, two-sided.
    se : array, shape (n,)
        Standard errors.
    theta, tau2 : array, shape (m,)
        True effect of each factor, and its variance between studies.
    """
    power = _powers(group, se, theta, tau2)
    observed, expected = group.total(significant.astype(float)), group.total(power)
    mu, spread = np.abs(theta)[group.of], np.sqrt(se**2 + tau2[group.of])
    chance = np.asarray(ndtr((mu - 1.96 * se) / spread))  # 1.96 as the authors write it
    one_sided = group.total(chance)
    z = _proportions(group.k, observed, one_sided)
    p = {TES: _exact(group, power, observed), TES_CHI2: _chi_square(group.k, observed, expected)}
    p |= {name: np.asarray(ndtr(-value)) for name, value in z.items()}
    p[TESSPSST] = np.fmin(p[TESS], p[PSST])
    few = group.k < FEWEST_EXCESS
    for values in (*p.values(), *z.values()):
        values[few] = np.nan
    return Excess(observed, expected, one_sided, p, power, chance, z)


def _powers(group: Grouped, se: Array, theta: Array, tau2: Array) -> Array:
    found: Array = powers(theta[group.of], tau2[group.of], se)  # type: ignore[arg-type]
    return found


def _proportions(k: Integers, observed: Array, expected: Array) -> dict[str, Array]:
    """Give z of TESS and PSST (Stanley et al. 2021, equations 2 to 6)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = expected / k
        error = np.sqrt(share * (1 - share) / k)
        psst = np.where(error > 0, (observed / k - share) / error, np.nan)
        tess = ((observed - expected) / k - ALPHA) / np.sqrt(ALPHA * (1 - ALPHA) / k)
    return {TESS: tess, PSST: psst}


def _exact(group: Grouped, power: Array, observed: Array) -> Array:
    """Give the chance of at least `observed` significant studies, by convolution over studies."""
    found = np.ones(group.k.size)
    place = np.arange(group.of.size) - np.concatenate([[0], np.cumsum(group.k)])[group.of]
    for size in np.unique(group.k[group.k > 0]):
        some = np.flatnonzero(group.k == size)
        rows = np.isin(group.of, some)
        table = np.zeros((some.size, size))
        table[np.searchsorted(some, group.of[rows]), place[rows]] = power[rows]
        found[some] = _tails(table, observed[some])
    return found


def _tails(power: Array, observed: Array) -> Array:
    chances = np.zeros((power.shape[0], power.shape[1] + 1))
    chances[:, 0] = 1.0
    for p in power.T[:, :, None]:
        chances[:, 1:] = chances[:, 1:] * (1 - p) + chances[:, :-1] * p
        chances[:, :1] *= 1 - p
    at_least = np.arange(chances.shape[1]) >= observed[:, None]
    found: Array = np.minimum(1.0, np.where(at_least, chances, 0.0).sum(axis=1))
    return found


def _chi_square(k: Integers, observed: Array, expected: Array) -> Array:
    """Give the one-sided p of Ioannidis and Trikalinos; NaN where nothing or all is expected."""
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = (observed - expected) ** 2 * (1 / expected + 1 / (k - expected))
        p = np.asarray(chdtrc(1, distance))
    p = np.where(observed > expected, p / 2, 1 - p / 2)
    return np.where((expected > 0) & (expected < k), p, np.nan)


# --- power ----------------------------------------------------------------------------------------


def power_of_groups(n1: Array, n2: Array, d: float, alpha: float = ALPHA) -> Array:
    """Give the two-sided power of a t test of two groups for a standardised difference.

    Cohen J. Statistical Power Analysis for the Behavioral Sciences, 2nd edition 1988, chapter 2
    (noncentral t). NaN where a group has fewer than two people or its size is not known.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        there = (n1 >= 2) & (n2 >= 2)
    found = np.full(n1.shape, np.nan)
    a, b = n1[there], n2[there]
    df, shift = a + b - 2, abs(d) / np.sqrt(1 / a + 1 / b)
    crit = stdtrit(df, 1 - alpha / 2)
    sure = (shift - crit > _SURE) & (df > _MANY)
    upper = np.where(sure, 1.0, 1 - nctdtr(df, np.where(sure, 0.0, shift), crit))
    near = shift < _FAR
    lower = np.where(near, nctdtr(df, np.where(near, shift, 0.0), -crit), 0.0)
    found[there] = upper + lower
    return found


_SURE = 9.0
"""Shift beyond the threshold from which on a lack of significance has a chance below 1e-15, with
more than `_MANY` degrees of freedom; the distribution itself gives out far beyond."""
_MANY = 50
_FAR = 6.0
"""Shift from which on significance in the wrong direction has a chance below 1e-14."""
