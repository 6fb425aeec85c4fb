"""Why a number of a pooled set is absent, and what to know of those that are there."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import chdtri

from parapluie.effects.intervals import CI_RULES, KR, NORMAL, T
from parapluie.effects.tau2 import COMMON, ML, REML

NOT_ESTIMABLE = "not_estimable"
NO_SPREAD = "does_not_apply: a common effect has no variance between studies"
NO_LIKELIHOOD = "does_not_apply: only ML and REML maximise a likelihood"
GIVEN_TAU2 = "does_not_apply: tau2 was given"
TOO_FEW = "not_estimable: too few Kenward-Roger degrees of freedom for a quantile of t"
ZERO_BY_ZERO = "not_estimable: estimate and standard error are both 0"

_OF_LIKELIHOOD = frozenset({"log_likelihood", "aic", "bic", "aicc", "tau2_pl_low", "tau2_pl_high"})
_OF_TAU2 = frozenset(
    {
        "tau2", "se_tau2", "tau2_low", "tau2_high", "i2_low", "i2_high", "h2_low", "h2_high", "r_b",
        "pi_low", "pi_high", "df_pi",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """What decides which numbers of a set can be had."""

    k: int
    method: str
    pi: str
    ci: str
    q: float
    se: float
    level: float


def reason(number: str, facts: Facts) -> str:
    """Say why a number is absent.

    Parameters
    ----------
    number : str
        Name of a field of `pooling.Pooled` that is NaN.
    facts : Facts
        Of its set.
    """
    if facts.method == COMMON and number in _OF_TAU2 | _OF_LIKELIHOOD:
        return NO_SPREAD
    if number in _OF_LIKELIHOOD and facts.method not in (ML, REML):
        return NO_LIKELIHOOD
    if facts.k < 2:
        return f"{NOT_ESTIMABLE}: k={facts.k}"
    if number == "se_tau2" and facts.method == "given":
        return GIVEN_TAU2
    few = KR in (facts.ci, facts.pi) and facts.se > 0
    if few and number in ("ci_low", "ci_high", "pi_low", "pi_high", "p"):
        return TOO_FEW
    if number in ("pi_low", "pi_high", "df_pi"):
        return f"{NOT_ESTIMABLE}: k={facts.k} with k-2 degrees of freedom"
    if number in ("statistic", "p"):
        return ZERO_BY_ZERO
    return f"{NOT_ESTIMABLE}: k={facts.k}"


def notes(facts: Facts) -> tuple[str, ...]:
    """Say what a reader should know of the numbers that are there."""
    found = []
    if facts.k == 1 and facts.ci != NORMAL:
        found.append(f"k=1: normal interval; {facts.ci} ({CI_RULES[facts.ci]}) needs two effects")
    if facts.k > 1 and facts.method == COMMON and facts.ci not in (NORMAL, T):
        found.append(f"{facts.ci} is meant for random effects")
    if facts.k > 1 and facts.se == 0:
        found.append("the standard error is 0 because all effects are equal")
    if facts.k > 1 and _below(facts) and facts.method != COMMON:
        found.append(f"Q lies below its lower {50 * (1 - facts.level):g}% quantile")
    return tuple(found)


def _below(facts: Facts) -> bool:
    return bool(facts.q < chdtri(facts.k - 1, 0.5 + facts.level / 2))
