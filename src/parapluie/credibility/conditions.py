"""Criteria and what they come to for many results at once: failed, open or passed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parapluie.credibility.facts import FACTS, FLAG, NULL, SIDES, YES, Facts, Values, unknown

States = NDArray[np.int8]

FAILED, OPEN, PASSED = 0, 1, 2
"""What a criterion comes to; `OPEN` where the fact is not known well enough to tell."""

ABOVE, BELOW, AT_LEAST, AT_MOST, IS, MISSING = (
    "above", "below", "at_least", "at_most", "is", "missing",
)  # fmt: skip
OPERATORS = {
    ABOVE: "above",
    BELOW: "below",
    AT_LEAST: "at least",
    AT_MOST: "at most",
    IS: "",
    MISSING: "not known",
}
"""How a fact is compared, with the words; ``above`` and ``below`` are strict."""

NOT_MEASURED = "not_available: nobody recorded it"


@dataclass(frozen=True)
class Criterion:
    """One comparison of a fact.

    Parameters
    ----------
    fact : str
        A key of `facts.FACTS`; ``power@0.2`` is the power for a standardised difference of 0.2.
    operator : str
        A key of `OPERATORS`.
    threshold : float
        What the fact is compared with; of ``is`` not used.
    words : frozenset of int
        Of ``is``: the places of the words that pass.
    """

    fact: str
    operator: str
    threshold: float = np.nan
    words: frozenset[int] = frozenset()

    @property
    def base(self) -> str:
        """Name of the fact without what it is for."""
        return self.fact.partition("@")[0]

    def text(self) -> str:
        """Write the comparison without the name of the fact, as ``above 1000``."""
        about = FACTS[self.base]
        if self.operator == MISSING:
            return OPERATORS[MISSING]
        if self.operator == IS:
            return " or ".join(about.words[i].replace("_", " ") for i in sorted(self.words))
        value = about.words[int(self.threshold)] if about.words else f"{self.threshold:g}"
        return f"{OPERATORS[self.operator]} {value}"

    @property
    def label(self) -> str:
        """Name of its fact for readers."""
        said = FACTS[self.base].label
        return f"{said} for SMD {self.fact.partition('@')[2]}" if "@" in self.fact else said

    def sentence(self) -> str:
        """Write the comparison with the name of its fact, as ``cases above 1000``."""
        if self.operator != IS:
            return f"{self.label} {self.text()}"
        said = self.text()
        if FACTS[self.base].words == FLAG:
            return self.label if said == YES else f"not {self.label}"
        if FACTS[self.base].words == SIDES:
            return f"{self.label} {said} null"
        return f"{self.label} {'' if FACTS[self.base].words == NULL else 'is '}{said}"


Requirement = tuple[tuple[Criterion, ...], ...]
"""Alternatives, each a set of criteria that all must pass; one alternative is enough."""


def alone(criterion: Criterion) -> Requirement:
    """Make a requirement of one criterion."""
    return ((criterion,),)


def criteria_of(requirement: Requirement) -> list[Criterion]:
    """Give all criteria of a requirement, in their order."""
    return [c for alternative in requirement for c in alternative]


def value_of(facts: Facts, name: str, n: int) -> Values:
    """Give the values of a fact; one that nobody recorded is not known of any result."""
    return facts.get(name) or unknown(n, NOT_MEASURED)


def states(criterion: Criterion, values: Values) -> States:
    """Tell what a criterion comes to for each result."""
    low, high, t = values.low, values.high, criterion.threshold
    if criterion.operator == MISSING:
        return np.where(values.missing, PASSED, FAILED).astype(np.int8)
    if criterion.operator == IS:
        return _of_words(criterion, values)
    passed, failed = {
        ABOVE: (low > t, high <= t),
        BELOW: (high < t, low >= t),
        AT_LEAST: (low >= t, high < t),
        AT_MOST: (high <= t, low > t),
    }[criterion.operator]
    return np.where(passed, PASSED, np.where(failed, FAILED, OPEN)).astype(np.int8)


def _of_words(criterion: Criterion, values: Values) -> States:
    """Tell whether a word is among those that pass; open where it is not known."""
    among = np.isin(values.low, list(criterion.words))
    return np.where(~values.known, OPEN, np.where(among, PASSED, FAILED)).astype(np.int8)


def of_requirement(requirement: Requirement, found: dict[Criterion, int]) -> int:
    """Tell what a requirement comes to, given what each of its criteria does."""
    return max(min(found[c] for c in alternative) for alternative in requirement)


# --- what if --------------------------------------------------------------------------------------


def if_moved(
    found: dict[Criterion, int], wanted: list[Criterion], state: int
) -> dict[Criterion, int]:
    """Give the states if some criteria passed (or failed) by a hair.

    A fact has one value: when it is moved over one threshold, all criteria on it are judged anew.

    Parameters
    ----------
    found : dict
        Criterion to its state.
    wanted : list of Criterion
        Those that are moved; one that has the state already stays.
    state : int
        `PASSED` or `FAILED`.
    """
    out = dict(found)
    for criterion in wanted:
        if out[criterion] == state:
            continue
        place = _place(criterion, state)
        for other in found:
            if place is not None and other.fact == criterion.fact:
                out[other] = _at(other, place)
        out[criterion] = state
    return out


Place = tuple[float, int]
"""A value, and whether it lies a hair above (1) or below (-1) it."""

_HAIR = {
    (ABOVE, PASSED): 1, (ABOVE, FAILED): 0, (AT_LEAST, PASSED): 0, (AT_LEAST, FAILED): -1,
    (BELOW, PASSED): -1, (BELOW, FAILED): 0, (AT_MOST, PASSED): 0, (AT_MOST, FAILED): 1,
}  # fmt: skip


def _place(criterion: Criterion, state: int) -> Place | None:
    """Give the value nearest to the threshold at which a criterion has a state."""
    if criterion.operator == MISSING:
        return None
    if criterion.operator != IS:
        return criterion.threshold, _HAIR[criterion.operator, state]
    every = range(len(FACTS[criterion.base].words))
    fitting = [w for w in every if (w in criterion.words) == (state == PASSED)]
    return (float(fitting[0]), 0) if len(fitting) == 1 else None


def _at(criterion: Criterion, place: Place) -> int:
    """Judge a criterion at a value."""
    edge = (criterion.threshold, 0)
    passed = {
        ABOVE: place > edge,
        AT_LEAST: place >= edge,
        BELOW: place < edge,
        AT_MOST: place <= edge,
        IS: int(place[0]) in criterion.words,
        MISSING: False,
    }
    return PASSED if passed[criterion.operator] else FAILED
