"""All numbers of the sets of one block, under given rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from parapluie.effects import heterogeneity as differ
from parapluie.effects import prediction as predict
from parapluie.effects.intervals import (
    DEFAULT_CI,
    HK,
    IQWIG,
    KR,
    NORMAL,
    Centre,
    Errors,
    Interval,
    Texts,
    centre,
    interval,
    kenward_roger,
)
from parapluie.effects.pool_blocks import Array, Block, Integers
from parapluie.effects.pool_likelihood import maxima
from parapluie.effects.pool_moments import Moments, moments
from parapluie.effects.tau2 import (
    COMMON,
    ESTIMATORS,
    FIXED_WEIGHTS,
    ML,
    REML,
    typical_variance,
)

GIVEN = "given"
"""Name of the method where the caller gives tau²."""

Numbers = dict[str, Array]


@dataclass(frozen=True)
class Rules:
    """What is done to each set.

    Parameters
    ----------
    method : str
        A key of `tau2.ESTIMATORS`, or `GIVEN`.
    ci, pi : str
        Keys of `intervals.CI_RULES` and `prediction.PI_RULES`.
    level : float
        Of all intervals, as 0.95.
    """

    method: str = REML
    ci: str = DEFAULT_CI
    pi: str = predict.T_K1
    level: float = 0.95


@dataclass(frozen=True)
class Part:
    """Results of one block: which sets, their numbers, and the rule that each interval came to."""

    index: Integers
    numbers: Mapping[str, Array]
    used: Texts


def pool_block(block: Block, rules: Rules, given: Array | None, with_spread: bool) -> Part:
    """Pool the sets of a block; numbers that are not in the result are absent.

    Parameters
    ----------
    block : Block
        Sets of one effect, or sets of more than one.
    rules : Rules
    given : array or None
        tau² of all sets of the caller, in the caller's units.
    with_spread : bool
        Also give the numbers of `pooling.Spread`.
    """
    if block.k[0] == 1:
        return _alone(block, rules, given)
    begin = moments(block, np.zeros(block.n_sets), restricted=True)
    if given is None:
        tau2 = ESTIMATORS[rules.method].tau2(block, begin)
    else:
        tau2 = given[block.index] / block.root**2
    found = centre(block, tau2, rules.method in FIXED_WEIGHTS)
    numbers, used = _means(block, begin, tau2, found, rules)
    numbers |= _differences(block, begin, tau2, rules)
    if with_spread:
        numbers |= _spread(block, begin, tau2, found, rules)
    return Part(block.index, numbers, used)


def _alone(block: Block, rules: Rules, given: Array | None) -> Part:
    """Give what one study tells: itself, with a normal interval; of tau² only what was given."""
    known = given is not None or rules.method == COMMON
    tau2 = np.zeros(block.n_sets) if given is None else given[block.index]
    found = centre(block, tau2 / block.root**2)
    numbers = _mean_numbers(found, interval(found, NORMAL, rules.level))
    numbers |= {"q": np.zeros(block.n_sets), "df": np.zeros(block.n_sets)}
    if known:
        numbers["tau2"] = tau2
    return Part(block.index, numbers, np.full(block.n_sets, NORMAL, dtype=object))


def _mean_numbers(found: Centre, ci: Interval) -> Numbers:
    return {
        "estimate": found.estimate,
        "se": ci.se,
        "se_model": np.sqrt(found.variance),
        "ci_low": ci.low,
        "ci_high": ci.high,
        "statistic": ci.statistic,
        "df_ci": ci.df,
        "p": ci.p,
    }


def _means(
    block: Block, begin: Moments, tau2: Array, found: Centre, rules: Rules
) -> tuple[Numbers, Texts]:
    """Give pooled effects, confidence intervals and prediction intervals."""
    dl = found
    if rules.ci == IQWIG:
        dl = centre(block, ESTIMATORS["DL"].tau2(block, begin))
    kr = kenward_roger(block, tau2) if KR in (rules.ci, rules.pi) else None
    ci = interval(found, rules.ci, rules.level, dl, kr)
    numbers = _mean_numbers(found, ci)
    numbers["tau2"] = tau2 * block.root**2
    if rules.method != COMMON:
        errors = _errors_of_prediction(found, ci, kr, rules)
        ends = predict.prediction(
            rules.pi, block.k, found.estimate, numbers["tau2"], errors, rules.level
        )
        numbers |= dict(zip(("pi_low", "pi_high", "df_pi"), ends, strict=True))
    return numbers, ci.used


def _errors_of_prediction(
    found: Centre, ci: Interval, kr: Errors | None, rules: Rules
) -> Interval | Errors:
    wanted = predict.error_of(rules.pi)
    if wanted == predict.KENWARD_ROGER and kr is not None:
        return kr
    if wanted == predict.OWN:
        return ci
    return interval(found, HK if wanted == predict.HARTUNG_KNAPP else NORMAL, rules.level)


def _differences(block: Block, begin: Moments, tau2: Array, rules: Rules) -> Numbers:
    """Give Q, I² and H²."""
    df, typical = block.k - 1, typical_variance(block, begin)
    i2_q, h2_q = differ.from_q(begin.q, df)
    i2, h2 = (i2_q, h2_q) if rules.method == COMMON else differ.from_tau2(tau2, typical)
    return {
        "typical_variance": typical * block.root**2,
        "q": begin.q,
        "df": df,
        "q_p": differ.p_of_q(begin.q, df),
        "i2": i2,
        "h2": h2,
        "i2_q": i2_q,
        "h2_q": h2_q,
    }


def _spread(block: Block, begin: Moments, tau2: Array, found: Centre, rules: Rules) -> Numbers:
    """Give the numbers of `pooling.Spread`; those of tau² only where there is one."""
    numbers: Numbers = {}
    ends_i2, ends_h = differ.test_based(begin.q, block.k - 1, rules.level)
    numbers["i2_q_low"], numbers["i2_q_high"] = ends_i2
    numbers["h_q_low"], numbers["h_q_high"] = ends_h
    if rules.method == COMMON:
        return numbers
    numbers |= _interval_of_tau2(block, begin, rules)
    numbers["r_b"] = 100 * tau2 * block.root**2 / (block.k * found.variance)
    if rules.method != GIVEN:
        error = ESTIMATORS[rules.method].error(block, begin, tau2)
        numbers["se_tau2"] = error * block.root**2
    if rules.method in (ML, REML):
        restricted = rules.method == REML
        likelihood = differ.full_log_likelihood(block, tau2, restricted)
        criteria = differ.information_criteria(likelihood, block.k, restricted)
        numbers["log_likelihood"] = likelihood
        numbers |= dict(zip(("aic", "bic", "aicc"), criteria, strict=True))
    return numbers


def _interval_of_tau2(block: Block, begin: Moments, rules: Rules) -> Numbers:
    """Give the Q-profile interval of tau², I² and H², and the one by profile likelihood of tau²."""
    typical = typical_variance(block, begin)
    numbers: Numbers = {}
    ends = differ.q_profile(block, typical, rules.level)
    for end, tau2 in zip(("low", "high"), ends, strict=True):
        numbers[f"tau2_{end}"] = tau2 * block.root**2
        numbers[f"i2_{end}"], numbers[f"h2_{end}"] = differ.from_tau2(tau2, typical)
    if rules.method in (ML, REML):
        restricted = rules.method == REML
        known = maxima(block, restricted, begin if restricted else None)
        ends = differ.profile_likelihood(block, restricted, typical, rules.level, known)
        numbers["tau2_pl_low"], numbers["tau2_pl_high"] = (e * block.root**2 for e in ends)
    return numbers
