"""How much results differ: Q, I² and H² in both definitions, intervals of tau², likelihood.

I² and H² have two definitions that agree only for the estimator of DerSimonian and Laird. By tau²:
100 tau² / (tau² + s²) and 1 + tau²/s², with s² the typical sampling variance. By Q: 100 (Q - df)/Q
and Q/df. Here `i2` and `h2` are those by tau², `i2_q` and `h2_q` those by Q (Higgins and Thompson
2002, Stat Med 21:1539-1558).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, chdtri, ndtri

from parapluie.effects.pool_blocks import Array, Block, Flags, Integers
from parapluie.effects.pool_likelihood import Maxima, maxima
from parapluie.effects.pool_moments import log_likelihood, moments
from parapluie.effects.pool_roots import bracketed, middle, where_q_is

Pair = tuple[Array, Array]


def p_of_q(q: Array, df: Array) -> Array:
    """Give the p of homogeneity: chi-squared above `q` (Cochran 1954, Biometrics 10:101-129)."""
    found: Array = chdtrc(df, q)
    return found


def from_q(q: Array, df: Array) -> Pair:
    """Give I² (percent) and H² by Q of sets of more than one effect."""
    with np.errstate(divide="ignore", invalid="ignore"):
        i2 = np.where(q > df, 100 * (q - df) / q, 0.0)
    return i2, q / df


def from_tau2(tau2: Array, typical: Array) -> Pair:
    """Give I² (percent) and H² by tau² and the typical sampling variance, in the same units."""
    return 100 * tau2 / (tau2 + typical), (tau2 + typical) / typical


def test_based(q: Array, df: Array, level: float) -> tuple[Pair, Pair]:
    """Give intervals of I² (percent) and of H by Q, from a test that H is 1.

    Higgins and Thompson 2002, appendix: ln H is taken as normal, with standard error
    (ln Q - ln df) / (2 (sqrt(2 Q) - sqrt(2 k - 3))) where Q > k, else
    sqrt((1 - 1/(3 (k - 2)²)) / (2 (k - 2))). H is cut off at 1. Absent where k is 2 and Q <= k.
    """
    k = df + 1
    with np.errstate(divide="ignore", invalid="ignore"):
        far = (np.log(q) - np.log(df)) / (2 * (np.sqrt(2 * q) - np.sqrt(2 * k - 3)))
        near = np.sqrt((1 - 1 / (3 * (k - 2) ** 2)) / (2 * (k - 2)))
        error = np.where(q > k, far, np.where(k > 2, near, np.nan))
        middle_ = np.log(np.maximum(np.sqrt(q / df), 1.0))
    half = ndtri(0.5 + level / 2) * error
    low, high = (np.maximum(np.exp(middle_ + sign * half), 1.0) for sign in (-1, 1))
    return (100 * (low**2 - 1) / low**2, 100 * (high**2 - 1) / high**2), (low, high)


# --- intervals of tau² ----------------------------------------------------------------------------


def q_profile(block: Block, typical: Array, level: float) -> Pair:
    """Give the interval of all tau² whose Q is no outlier of chi-squared, in units of the sets.

    Viechtbauer 2007, Stat Med 26:37-52. Where even Q at 0 lies below the lower quantile, no tau²
    fits; both ends are then 0, as in R's metafor.
    """
    tail = (1 - level) / 2
    low = where_q_is(block, chdtri(block.k - 1, tail), typical)
    return low, where_q_is(block, chdtri(block.k - 1, 1 - tail), typical)


def profile_likelihood(
    block: Block, restricted: bool, typical: Array, level: float, found: Maxima | None = None
) -> Pair:
    """Give the smallest and the largest tau² that are likely enough, in units of the sets.

    The (restricted) log-likelihood falls from its maximum by half a quantile of chi-squared with
    one degree of freedom (Hardy and Thompson 1996, Stat Med 15:619-629). With several maxima the
    interval reaches over all parts that are likely enough.
    """
    found = found or maxima(block, restricted)
    cut = log_likelihood(block, found.tau2, restricted) - chdtri(1, 1 - level) / 2
    likely = log_likelihood(block.take(found.of), found.at, restricted) >= cut[found.of]
    first, last = _outermost(found, likely, block.n_sets)
    at_zero = log_likelihood(block, np.zeros(block.n_sets), restricted)
    low = np.zeros(block.n_sets)
    inner = np.flatnonzero(at_zero < cut)
    line = _Line(restricted, typical, cut)
    low[inner] = line.crossing(block, inner, np.zeros(inner.size), first[inner], rising=True)
    everyone = np.arange(block.n_sets)
    high = line.crossing(block, everyone, last, _beyond(block, cut, restricted), rising=False)
    return low, high


def _outermost(found: Maxima, likely: Flags, n_sets: int) -> Pair:
    """Give the smallest and the largest of the likely maxima of each set."""
    first, last = np.full(n_sets, np.inf), np.zeros(n_sets)
    np.minimum.at(first, found.of[likely], found.at[likely])
    np.maximum.at(last, found.of[likely], found.at[likely])
    return first, last


def _beyond(block: Block, cut: Array, restricted: bool) -> Array:
    """Give a tau² beyond which nothing is likely enough.

    The log-likelihood is at most that of effects without residuals and with the smallest variance.
    """
    terms = block.k - 1 if restricted else block.k
    constant = np.log(block.k) if restricted else 0.0
    found: Array = np.exp((-2 * cut - constant) / terms) - block.first(block.v)
    return found


@dataclass(frozen=True)
class _Line:
    """A height that a log-likelihood crosses."""

    restricted: bool
    scale: Array
    height: Array

    def crossing(
        self, block: Block, which: Integers, low: Array, high: Array, rising: bool
    ) -> Array:
        """Find where the curve crosses the height between two ends."""
        sign = -1.0 if rising else 1.0
        height, scale = self.height[which], self.scale[which]

        def ask(some: Block, tau2: Array, left: Integers) -> Pair:
            above = log_likelihood(some, tau2, self.restricted) - height[left]
            slope = moments(some, tau2, self.restricted).score / 2 * (tau2 + scale[left])
            with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
                to = (tau2 + scale[left]) * np.exp(-above / slope) - scale[left]
            return sign * above, to

        high = np.maximum(high, low)
        start = middle(low, high, scale)
        return bracketed(block.take(which), ask, low, high, start, scale)


# --- likelihood -----------------------------------------------------------------------------------


def full_log_likelihood(block: Block, tau2: Array, restricted: bool) -> Array:
    """Give the (restricted) log-likelihood with all constants, of effects in the caller's units.

    The restricted one carries log |1'1| / 2 = log(k) / 2 (Harville 1977, J Am Stat Assoc
    72:320-338), as in R's metafor.
    """
    terms = block.k - 1 if restricted else block.k
    constant = np.log(block.k) / 2 if restricted else 0.0
    scaled = log_likelihood(block, tau2, restricted) - terms * np.log(block.root)
    found: Array = scaled - terms * np.log(2 * np.pi) / 2 + constant
    return found


def information_criteria(likelihood: Array, k: Array, restricted: bool) -> tuple[Array, ...]:
    """Give AIC, BIC and AICc with two parameters, the mean and tau².

    Akaike 1974, IEEE Trans Automat Contr 19:716-723; Schwarz 1978, Ann Stat 6:461-464; Hurvich and
    Tsai 1989, Biometrika 76:297-307. The restricted likelihood counts k - 1 observations; AICc
    counts at least 4.
    """
    n = k - 1 if restricted else k
    deviance, enough = -2 * likelihood, np.maximum(n, 4.0)
    return deviance + 4, deviance + 2 * np.log(n), deviance + 4 * enough / (enough - 3)
