"""Excess significance: are there more significant studies than their power lets expect?

Ioannidis and Trikalinos (Clin Trials 2007;4:245-253) compare the number of significant studies with
the sum of their powers; Stanley, Doucouliagos, Ioannidis and Carter (Res Synth Methods
2021;12:776-795) give the proportion of statistical significance tests (PSST, TESS).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtrc, chdtrc, ndtr, ndtri

Array = NDArray[np.float64]

ALPHA = 0.05
"""Level at which a study counts as significant."""
LIMIT_ALPHA = 0.10
"""Level of the test itself (Ioannidis and Trikalinos 2007)."""


ALL_OR_NONE = "not_estimable: all studies, or none, are expected to be significant"


@dataclass(frozen=True)
class Excess:
    """What is observed and expected.

    Parameters
    ----------
    k, observed : int
        Studies, and those of them that are significant.
    expected : float
        Sum of the powers.
    theta, tau2 : float
        The true effect and its variance between studies for which the power is computed.
    power : array, shape (k,)
        Of each study.
    significant : array of bool, shape (k,)
    p_exact, p_chi2, p_binomial : float
        One-sided: Poisson-binomial by convolution, chi-square, binomial with the mean power.
    """

    k: int
    observed: int
    expected: float
    theta: float
    tau2: float
    power: Array
    significant: NDArray[np.bool_]
    p_exact: float
    p_chi2: float
    p_binomial: float

    @property
    def chi2_reason(self) -> str:
        """Say why there is no p by chi-square; empty where there is one."""
        return ALL_OR_NONE if math.isnan(self.p_chi2) else ""


def powers(theta: float, tau2: float, se: Array, alpha: float = ALPHA) -> Array:
    """Give the two-sided power of each study when true effects scatter about `theta`."""
    crit = float(ndtri(1 - alpha / 2)) * se
    spread = np.sqrt(se**2 + tau2)
    return np.asarray(ndtr((theta - crit) / spread) + ndtr((-crit - theta) / spread), dtype=float)


def excess_significance(
    yi: ArrayLike, vi: ArrayLike, theta: float, tau2: float = 0.0, alpha: float = ALPHA
) -> Excess:
    """Compare the number of significant studies with what their power lets expect.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects on the scale of analysis and their sampling variances.
    theta, tau2 : float
        The assumed true effect (the pooled one, that of the largest study ...) and its variance.
    alpha : float
        Two-sided level of the studies.
    """
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    se = np.sqrt(v)
    significant = np.abs(y / se) >= float(ndtri(1 - alpha / 2))
    power = powers(theta, tau2, se, alpha)
    observed, expected, k = int(significant.sum()), float(power.sum()), int(y.size)
    return Excess(
        k, observed, expected, theta, tau2, power, significant,
        poisson_binomial_tail(power, observed),
        _chi_square(observed, expected, k),
        _binomial(observed, expected, k),
    )  # fmt: skip


def poisson_binomial_tail(power: Array, observed: int) -> float:
    """Give the chance of at least `observed` successes of independent trials, by convolution."""
    chances = np.zeros(power.size + 1)
    chances[0] = 1.0
    for p in power:
        chances[1:] = chances[1:] * (1 - p) + chances[:-1] * p
        chances[0] *= 1 - p
    return float(min(1.0, chances[observed:].sum()))


def _chi_square(observed: int, expected: float, k: int) -> float:
    """Give the one-sided p of Ioannidis and Trikalinos; NaN where nothing or all is expected."""
    if not 0 < expected < k:
        return math.nan
    p = float(chdtrc(1, (observed - expected) ** 2 * (1 / expected + 1 / (k - expected))))
    return p / 2 if observed > expected else 1 - p / 2


EXACT, CHI2, BINOMIAL = "exact", "chi2", "binomial"


def limit_effect(
    found: Excess, vi: ArrayLike, alpha: float = LIMIT_ALPHA, test: str = EXACT
) -> float:
    """Give the true effect at which the excess is just significant; NaN where there is none.

    Of effects with the sign of the assumed one, smaller ones make the excess significant at
    `alpha`, larger ones do not (Ioannidis and Trikalinos 2007).

    Parameters
    ----------
    found : Excess
        With the variance between studies that is kept.
    vi : array_like, shape (k,)
    alpha : float
        Level of the test of excess.
    test : {'exact', 'chi2', 'binomial'}
        Whose p is meant.
    """
    from scipy.optimize import brentq  # loads for longer than most commands take

    se = np.sqrt(np.asarray(vi, dtype=float))

    def gap(theta: float) -> float:
        power = powers(theta, found.tau2, se)
        return _p_of(power, found.observed, test) - alpha

    sign, low, high = math.copysign(1.0, found.theta), 0.0, float(se.min()) / 16
    most = 16 * max(abs(found.theta), float(se.max()))
    if not gap(0.0) < 0:
        return math.nan
    while gap(sign * high) < 0 and high < most:
        low, high = high, 2 * high
    if not gap(sign * high) > 0:
        return math.nan
    ends = (sign * low, sign * high)
    found_at: float = brentq(gap, *ends, xtol=1e-14, rtol=1e-12)  # type: ignore[no-untyped-call]
    return found_at


def _p_of(power: Array, observed: int, test: str) -> float:
    expected, k = float(power.sum()), int(power.size)
    if test == EXACT:
        return poisson_binomial_tail(power, observed)
    return _chi_square(observed, expected, k) if test == CHI2 else _binomial(observed, expected, k)


def _binomial(observed: int, expected: float, k: int) -> float:
    """Give the chance of at least `observed` successes at the mean power."""
    return float(bdtrc(observed - 1, k, min(1.0, expected / k))) if observed else 1.0


# --- tests of Stanley and others ------------------------------------------------------------------


@dataclass(frozen=True)
class ProportionTest:
    """PSST and TESS: z of the excess, one-sided p each, and the smaller of the two.

    `expected` is the sum of the chances to be significant in the direction of `mu`.
    """

    observed: int
    expected: float
    z_psst: float
    p_psst: float
    z_tess: float
    p_tess: float

    @property
    def p(self) -> float:
        """The smaller p, which the two tests together are judged by."""
        return min(self.p_psst, self.p_tess)


def proportion_tests(
    significant: ArrayLike, se: ArrayLike, mu: float, tau2: float
) -> ProportionTest:
    """Test the proportion of significant studies (Stanley et al. 2021, equations 2 to 6).

    Parameters
    ----------
    significant : array_like of bool, shape (k,)
        Which studies are significant at 0.05, two-sided.
    se : array_like, shape (k,)
        Their standard errors.
    mu, tau2 : float
        The true effect (there: the unrestricted weighted least squares estimate) and its variance.
    """
    flags, s = np.asarray(significant, dtype=bool), np.asarray(se, dtype=float)
    k, observed = int(flags.size), int(flags.sum())
    crit = 1.96  # as the authors write it
    chance = 1 - ndtr((crit * s - abs(mu)) / np.sqrt(s**2 + tau2))
    expected = float(chance.sum())
    share = expected / k
    z_psst = (observed / k - share) / math.sqrt(share * (1 - share) / k)
    z_tess = ((observed - expected) / k - 0.05) / math.sqrt(0.05 * 0.95 / k)
    return ProportionTest(
        observed, expected, z_psst, float(ndtr(-z_psst)), z_tess, float(ndtr(-z_tess))
    )
