"""Estimators of tau², the variance between studies, for many sets of effects at once.

None can fail to converge: those with a closed form need no search, the others are bracketed (see
`pool_likelihood` and `pool_roots`). None depends on the scale of the effects. All are cut off at 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri

from parapluie.effects.pool_blocks import Array, Block
from parapluie.effects.pool_likelihood import maxima
from parapluie.effects.pool_moments import Moments, moments, residuals, weighted_squares
from parapluie.effects.pool_roots import squares_about_mean, where_q_is

COMMON, REML, ML = "common", "REML", "ML"

Estimate = Callable[[Block, Moments], Array]
"""From a block of sets of at least two effects, and the restricted moments at tau² = 0, to tau² in
units of the sets."""


@dataclass(frozen=True)
class Estimator:
    """One estimator of tau².

    Parameters
    ----------
    code : str
        Its name in tables and options.
    label : str
        Its name for readers.
    source : str
        Author, year, place.
    tau2 : callable
        See `Estimate`.
    error : callable
        Standard error of tau² from the block, the restricted moments at 0, and tau²; NaN where the
        literature has none.
    """

    code: str
    label: str
    source: str
    tau2: Estimate
    error: Callable[[Block, Moments, Array], Array]


def none(block: Block, begin: Moments) -> Array:
    """Give 0: one effect is common to all studies."""
    return np.zeros(block.n_sets)


def dersimonian_laird(block: Block, begin: Moments) -> Array:
    """Estimate by moments with weights 1/v: (Q - (k - 1)) / (S1 - S2/S1)."""
    return np.maximum((begin.q - (block.k - 1)) / begin.b, 0.0)


def hedges(block: Block, begin: Moments) -> Array:
    """Estimate by moments without weights: variance of the effects less the mean variance."""
    mean_variance = block.total(_variances(block)) / block.k
    return np.maximum(squares_about_mean(block) / (block.k - 1) - mean_variance, 0.0)


def hunter_schmidt(block: Block, begin: Moments) -> Array:
    """Estimate by (Q - k) / S1."""
    return np.maximum((begin.q - block.k) / _weights(block), 0.0)


def hunter_schmidt_k(block: Block, begin: Moments) -> Array:
    """Estimate like Hunter and Schmidt, Q multiplied by k / (k - 1)."""
    inflated = begin.q * block.k / (block.k - 1)
    return np.maximum((inflated - block.k) / _weights(block), 0.0)


def sidik_jonkman(block: Block, begin: Moments) -> Array:
    """Estimate in two steps, from the variance of the effects with divisor k."""
    start = squares_about_mean(block) / block.k
    q, _ = weighted_squares(block, start)
    return start * q / (block.k - 1)


def restricted_likelihood(block: Block, begin: Moments) -> Array:
    """Give the global maximum of the restricted likelihood."""
    return maxima(block, restricted=True, begin=begin).tau2


def full_likelihood(block: Block, begin: Moments) -> Array:
    """Give the global maximum of the likelihood."""
    return maxima(block, restricted=False).tau2


def paule_mandel(block: Block, begin: Moments) -> Array:
    """Solve Q(tau²) = k - 1."""
    return where_q_is(block, block.k - 1, typical_variance(block, begin))


def paule_mandel_median(block: Block, begin: Moments) -> Array:
    """Solve Q(tau²) = median of chi-squared with k - 1 degrees of freedom."""
    return where_q_is(block, chdtri(block.k - 1, 0.5), typical_variance(block, begin))


def typical_variance(block: Block, begin: Moments) -> Array:
    """Give the typical sampling variance, (k - 1) S1 / (S1² - S2), in units of the sets.

    Higgins and Thompson 2002, Stat Med 21:1539-1558, equation 9.
    """
    typical: Array = (block.k - 1) / begin.b
    return typical


# --- standard errors ------------------------------------------------------------------------------


def error_of_squares(block: Block, weights: Array, factor: Array, tau2: Array) -> Array:
    """Give the standard error of `factor` times squares about the mean, both with `weights`.

    The variance of a quadratic form y'Ay is 2 tr(AΣAΣ) for A that annuls the mean and Σ the
    diagonal of v + tau² (Biggerstaff and Tweedie 1997, Stat Med 16:753-768, for the weights 1/v).
    """
    total = block.total(weights)
    once = weights * np.where(weights > 0, _variances(block) + block.over(tau2), 0.0)
    twice = once * once
    trace = (
        block.total(twice)
        - 2 * block.total(weights * twice) / total
        + (block.total(weights * once) / total) ** 2
    )
    error: Array = factor * np.sqrt(2 * np.maximum(trace, 0.0))
    return error


def _error_by_moments(factor: Estimate) -> Callable[[Block, Moments, Array], Array]:
    def error(block: Block, begin: Moments, tau2: Array) -> Array:
        return error_of_squares(block, 1 / block.v, factor(block, begin), tau2)

    return error


def _error_of_hedges(block: Block, begin: Moments, tau2: Array) -> Array:
    equal = np.where(np.isfinite(block.v), 1.0, 0.0)
    return error_of_squares(block, equal, 1 / (block.k - 1), tau2)


def _error_of_sidik_jonkman(block: Block, begin: Moments, tau2: Array) -> Array:
    start = squares_about_mean(block) / block.k
    weights = 1 / (block.v + block.over(start))
    return error_of_squares(block, weights, start / (block.k - 1), tau2)


def _error_of_restricted(block: Block, begin: Moments, tau2: Array) -> Array:
    """Give the root of the inverse expected information, 2 / tr PP (Viechtbauer 2005)."""
    return np.sqrt(2 / moments(block, tau2, restricted=True).d)


def _error_of_likelihood(block: Block, begin: Moments, tau2: Array) -> Array:
    """Give the root of the inverse expected information, 2 / S2 (Viechtbauer 2005)."""
    return np.sqrt(2 / moments(block, tau2, restricted=False).d)


def _error_of_paule_mandel(block: Block, begin: Moments, tau2: Array) -> Array:
    """Give the root of 2 k² / ((k - 1) S1²) (Morris 1983, J Am Stat Assoc 78:47-55)."""
    _, _, total, _ = residuals(block, tau2)
    return np.sqrt(2 / (block.k - 1)) * block.k / total


def _no_error(block: Block, begin: Moments, tau2: Array) -> Array:
    return np.full(block.n_sets, np.nan)


def _variances(block: Block) -> Array:
    """Give the variances, 0 on padding."""
    return np.where(np.isfinite(block.v), block.v, 0.0)


def _weights(block: Block) -> Array:
    return block.total(1 / block.v)


_PAULE = "Paule and Mandel 1982, J Res Natl Bur Stand 87:377-385"
_VIECHTBAUER = "Viechtbauer 2005, J Educ Behav Stat 30:261-293"
_DL = _error_by_moments(lambda block, begin: 1 / begin.b)
_HS = _error_by_moments(lambda block, begin: 1 / _weights(block))
_HSK = _error_by_moments(lambda block, begin: block.k / (block.k - 1) / _weights(block))

ESTIMATORS = {
    e.code: e
    for e in (
        Estimator(COMMON, "Common effect", "no variance between studies", none, _no_error),
        Estimator(
            "DL", "DerSimonian-Laird",
            "DerSimonian and Laird 1986, Control Clin Trials 7:177-188", dersimonian_laird, _DL,
        ),
        Estimator(
            "HE", "Hedges", "Hedges 1983, Psychol Bull 93:388-395", hedges, _error_of_hedges
        ),
        Estimator(
            "HS", "Hunter-Schmidt", "Hunter and Schmidt 1990, Methods of Meta-Analysis, chapter 3",
            hunter_schmidt, _HS,
        ),
        Estimator(
            "HSk", "Hunter-Schmidt, corrected for k",
            "Brannick et al. 2019, Organ Res Methods 22:490-514", hunter_schmidt_k, _HSK,
        ),
        Estimator(
            "SJ", "Sidik-Jonkman", "Sidik and Jonkman 2005, J R Stat Soc C 54:367-384",
            sidik_jonkman, _error_of_sidik_jonkman,
        ),
        Estimator(ML, "Maximum likelihood", _VIECHTBAUER, full_likelihood, _error_of_likelihood),
        Estimator(
            REML, "Restricted maximum likelihood", _VIECHTBAUER, restricted_likelihood,
            _error_of_restricted,
        ),
        Estimator(
            "EB", "Empirical Bayes, which solves the equation of PM",
            "Morris 1983, J Am Stat Assoc 78:47-55", paule_mandel, _error_of_paule_mandel,
        ),
        Estimator("PM", "Paule-Mandel", _PAULE, paule_mandel, _error_of_paule_mandel),
        Estimator(
            "PMM", "Paule-Mandel, median unbiased",
            "Viechtbauer 2021, European Congress of Methodology, Valencia",
            paule_mandel_median, _error_of_paule_mandel,
        ),
        Estimator(
            "GENQ", "Generalised Q, weights 1/v also for the mean",
            "DerSimonian and Kacker 2007, Contemp Clin Trials 28:105-114", dersimonian_laird, _DL,
        ),
    )
}  # fmt: skip
"""Code to estimator."""

FIXED_WEIGHTS = frozenset({"GENQ"})
"""Estimators whose mean keeps the weights 1/v, whatever tau² is (Henmi and Copas 2010)."""

ALIASES = {"EE": COMMON, "FE": COMMON}
"""Other names of estimators."""
