"""What rules may ask of a result: the facts, each with its kind and its words.

Vocabulary: a *fact* is one thing known of a pooled result (its p, its number of studies, whether
its prediction interval excludes no effect); a *criterion* compares one fact with a threshold; a
*requirement* is a criterion, or several of which one is enough.

All facts are held as the lowest and the highest value that they may have. A number that is known
has both ends equal; one that is not known at all reaches from minus to plus infinity; a p printed
as ``< 0.001`` lies between 0 and 0.001. Words are held as their place in the list of words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Texts = NDArray[np.object_]

NUMBER, WORD = "number", "word"

EXCLUDES, INCLUDES = "excludes_null", "includes_null"
YES, NO = "yes", "no"
BELOW, SPANS, ABOVE = "below", "spans", "above"


@dataclass(frozen=True)
class Fact:
    """One thing that is known of a pooled result.

    Parameters
    ----------
    name : str
        Its name in rule sets and tables.
    label : str
        Its name for readers.
    unit : str
        Of a number: ``percent``, ``count``, ``share`` or nothing.
    words : tuple of str
        What a fact that is no number may be; ordered ones from least to most.
    ordered : bool
        Whether words can be compared with ``at_least`` and ``at_most``.
    whole : bool
        Whether a number is whole.
    """

    name: str
    label: str
    unit: str = ""
    words: tuple[str, ...] = ()
    ordered: bool = False
    whole: bool = False

    @property
    def kind(self) -> str:
        """Whether it is a number or a word."""
        return WORD if self.words else NUMBER


FLAG = (NO, YES)
"""Words of a fact that holds or does not."""
NULL = (INCLUDES, EXCLUDES)
"""Words of an interval."""
SIDES = (BELOW, SPANS, ABOVE)
"""Where an interval lies against null."""

FACTS: Mapping[str, Fact] = {
    f.name: f
    for f in (
        Fact("n_studies", "studies", "count", whole=True),
        Fact("total_n", "people", "count", whole=True),
        Fact("n_cases", "cases", "count", whole=True),
        Fact("n_controls", "controls", "count", whole=True),
        Fact("smaller_arm", "people in the smaller group", "count", whole=True),
        Fact("p", "p"),
        Fact("i2", "I² by Q", "percent"),
        Fact("i2_tau2", "I² by τ²", "percent"),
        Fact("pi", "prediction interval", words=NULL),
        Fact("largest_ci", "largest study", words=NULL),
        Fact(
            "largest_same_side",
            "largest study and pooled interval on one side of null",
            words=FLAG,
        ),
        Fact("egger_p", "Egger's p"),
        Fact("small_study_effects", "small-study effects", words=FLAG),
        Fact("excess_p", "p of excess significance"),
        Fact("jackknife_p", "largest p without a study"),
        Fact("opposite", "share of studies significantly against it", "share"),
        Fact("rob", "weight of studies of low risk of bias", "percent"),
        Fact("low_reporting", "weight of studies of low risk of selective reporting", "percent"),
        Fact("power", "power"),
        Fact("amstar", "AMSTAR score of the review"),
        Fact(
            "amstar2",
            "overall confidence in the review (AMSTAR 2)",
            words=("critically_low", "low", "moderate", "high"),
            ordered=True,
        ),
        Fact(
            "indirectness",
            "indirectness",
            words=("no indirectness", "serious", "very serious"),
            ordered=True,
        ),
        Fact("cca", "corrected covered area of the reviews", "percent"),
        Fact("effect", "kind of effect", words=("difference", "ratio", "correlation", "other")),
        Fact("outcome_type", "kind of outcome", words=("dichotomous", "continuous", "other")),
        Fact("ci_side", "confidence interval", words=SIDES),
        Fact("pi_side", "prediction interval", words=SIDES),
        Fact("ci_low_inside", "lower end of the interval within the range", words=FLAG),
        Fact("ci_high_inside", "upper end of the interval within the range", words=FLAG),
        Fact("ci_low_beyond", "lower end of the interval below the range", words=FLAG),
        Fact("ci_high_beyond", "upper end of the interval above the range", words=FLAG),
        Fact("pi_low_beyond", "lower end of the prediction interval below the range", words=FLAG),
        Fact("pi_high_beyond", "upper end of the prediction interval above the range", words=FLAG),
        Fact("pi_inside", "prediction interval within the range", words=FLAG),
        Fact("ci_to_large", "interval spans null and reaches a large effect", words=FLAG),
    )
}
"""Name to fact."""

ALIASES = {
    "p_value": "p",
    "k": "n_studies",
    "esb_p": "excess_p",
    "jk_p": "jackknife_p",
    "largest_study": "largest_ci",
    "low_risk": "rob",
    "imprecision": "power",
}
"""Other names of facts, in lower case."""

FIXED = frozenset({"effect", "outcome_type"})
"""Facts that no further evidence would change."""

RANGED = frozenset(
    {
        "ci_low_inside", "ci_high_inside", "ci_low_beyond", "ci_high_beyond", "pi_low_beyond",
        "pi_high_beyond", "pi_inside", "ci_to_large",
    }
)  # fmt: skip
"""Facts that depend on the range of equivalence of a rule set."""


def fact_of(name: str) -> Fact | None:
    """Find a fact by its name or another name of it, whatever the case of the letters."""
    plain = name.lower()
    return FACTS.get(ALIASES.get(plain, plain))


# --- values ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Values:
    """One fact of many results.

    Parameters
    ----------
    low, high : array, shape (m,)
        Between which values the fact lies; infinite where nothing is known on that side.
    reason : array of str
        Why the fact is not known, or not exactly; empty where it is.
    """

    low: Array
    high: Array
    reason: Texts

    def __len__(self) -> int:
        """Give the number of results."""
        return len(self.low)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Where the fact is one value."""
        return np.asarray(self.low == self.high)

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Where nothing is known of it."""
        return np.asarray(np.isneginf(self.low) & np.isposinf(self.high))


def exactly(x: ArrayLike, reason: Texts | Sequence[str] | str = "") -> Values:
    """Take numbers as they are; NaN for those not known, with the reason."""
    values = np.asarray(x, dtype=float)
    gone = np.isnan(values)
    why = np.broadcast_to(np.asarray(reason, dtype=object), values.shape)
    return Values(
        np.where(gone, -np.inf, values),
        np.where(gone, np.inf, values),
        np.where(gone, why, "").astype(object),
    )


def between(low: ArrayLike, high: ArrayLike, reason: Texts | Sequence[str] | str) -> Values:
    """Take numbers that lie between two ends; NaN for an end that is not known."""
    ends = np.broadcast_arrays(np.asarray(low, dtype=float), np.asarray(high, dtype=float))
    first = np.where(np.isnan(ends[0]), -np.inf, ends[0])
    last = np.where(np.isnan(ends[1]), np.inf, ends[1])
    why = np.broadcast_to(np.asarray(reason, dtype=object), first.shape)
    return Values(first, last, np.where(first == last, "", why).astype(object))


def words(name: str, said: Sequence[str] | Texts, reason: Texts | Sequence[str] | str) -> Values:
    """Take words of a fact; an empty one is not known."""
    places = {word: float(i) for i, word in enumerate(FACTS[name].words)}
    return exactly([places.get(str(w), np.nan) for w in said], reason)


def flags(true: ArrayLike, known: ArrayLike, reason: Texts | Sequence[str] | str) -> Values:
    """Take a fact with two words: the second where `true`; not known where `known` is false."""
    return exactly(np.where(np.asarray(known), np.asarray(true, dtype=float), np.nan), reason)


def unknown(n: int, reason: str) -> Values:
    """Give a fact that is not known of any of `n` results."""
    return exactly(np.full(n, np.nan), reason)


Facts = Mapping[str, Values]
"""Name of a fact to its values; what is not among them is not known of any result."""


def shown(fact: Fact, low: float, high: float) -> str:
    """Write a value: a number in full, a word, or the two ends between which it lies."""
    if np.isneginf(low) and np.isposinf(high):
        return ""
    if low == high:
        return _one(fact, low)
    if np.isneginf(low):
        return f"at most {_one(fact, high)}"
    if np.isposinf(high):
        return f"at least {_one(fact, low)}"
    return f"{_one(fact, low)} to {_one(fact, high)}"


def _one(fact: Fact, value: float) -> str:
    if fact.words:
        return fact.words[int(value)]
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))
