"""From typed cells to one answer per review and item: read, combine, settle between raters."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from parapluie.appraisal.tool import (
    NO_META_ANALYSIS,
    NOT_APPLICABLE,
    NOT_NEEDED,
    Criterion,
    Item,
    Profile,
    Tool,
)
from parapluie.errors import Problem

CONSENSUS = "consensus"
"""Name of the file that holds what the raters agreed on."""


@dataclass(frozen=True)
class Source:
    """A human table of a tool: the tool, rater or ``consensus``, and its name in messages."""

    tool: str
    name: str
    shown: str
    data: pd.DataFrame

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Review to the places of its rows."""
        found: dict[str, list[int]] = {}
        for place, review in enumerate(self.data["review_id"]):
            found.setdefault(review, []).append(place)
        return found

    def count(self, hidden: Container[str] = (), **conditions: Container[str]) -> int:
        """Count the rows whose cells are among the given texts, without those of some reviews."""
        reviews = conditions.pop("review_id", None)
        mine = [
            place
            for review, places in self.places.items()
            if (reviews is None or review in reviews) and review not in hidden
            for place in places
        ]
        for column, values in conditions.items():
            cells = self.data[column].to_numpy()
            mine = [place for place in mine if cells[place] in values]
        return len(mine)


Answers = dict[tuple[str, str], str]
"""Review and item (or part of an item) to an answer; ``""`` for a cell that is still empty."""


@dataclass(frozen=True)
class Settled:
    """The answer to one item of one review, or why there is none.

    Parameters
    ----------
    answer : str
        ``""`` when it is open.
    state : str
        ``consensus``, ``raters_agree``, ``one_rater``, ``not_scored``, ``open`` (raters differ),
        ``empty`` (not yet answered), ``waiting`` (a rater has not finished; nothing is shown).
    waits_for : tuple of str
        Names of the item, its parts or its criteria that are empty or open, or of raters.
    given : mapping
        Item and parts to their answers.
    """

    answer: str
    state: str
    waits_for: tuple[str, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict)


# --- reading --------------------------------------------------------------------------------------


@dataclass
class Read:
    """What one table holds.

    Parameters
    ----------
    answers : dict
        Review and item or part to the answer: as typed, else as its criteria give it.
    gaps : dict
        Review and item or part to the criteria that are still empty where no answer is typed.
    problems : list of Problem
        Cells that the tool does not know or does not allow.
    remarks : list of (str, Problem)
        Review, and answers that differ from their criteria.
    """

    answers: Answers = field(default_factory=dict)
    gaps: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    remarks: list[tuple[str, Problem]] = field(default_factory=list)

    @cached_property
    def reviews(self) -> frozenset[str]:
        """Reviews that have a row here."""
        return frozenset(review for review, _ in self.answers)

    def joined(self, other: Read) -> Read:
        """Put two tables of one rater together, such as the sheets of two reviews."""
        return Read(
            self.answers | other.answers,
            self.gaps | other.gaps,
            [*self.problems, *other.problems],
            [*self.remarks, *other.remarks],
        )


def read_answers(source: Source, tool: Tool, unscored: Mapping[str, Container[str]]) -> Read:
    """Read the answers of one table.

    Parameters
    ----------
    source : Source
    tool : Tool
    unscored : mapping
        Included review to the items that are not scored for it: only there "not applicable" is an
        answer, where the item itself does not have it.
    """
    places, found = tool.places(), Read()
    ticked: dict[tuple[str, str], dict[str, str]] = {}
    for row, review, name, criterion, text in _cells(source):
        place = places.get(name)
        if place is None:
            found.problems.append(_unknown_item(source, row, name, places))
        elif criterion and criterion not in place[1].criteria:
            found.problems.append(_unknown_criterion(source, row, place[1], criterion))
        elif criterion:
            said = _ticked(tool, place[1].criteria[criterion], text)
            if said is None:
                allowed = place[1].criteria[criterion].answers
                found.problems.append(_unknown_answer(source, row, place[1].id, allowed, text))
            else:
                ticked.setdefault((review, name), {})[criterion] = said
        else:
            answer = _allowed(tool, place[1], text)
            scored = review in unscored and place[0].id not in unscored[review]
            if answer is None or (
                answer == NOT_APPLICABLE and scored and answer not in place[1].answers
            ):
                found.problems.append(
                    _unknown_answer(source, row, place[1].id, place[1].answers, text)
                )
            else:
                found.answers[review, name] = answer
    _derive(source, tool, ticked, found)
    found.problems += _form_problems(source, found.answers, tool)
    return found


def _cells(source: Source) -> Iterator[tuple[int, str, str, str, str]]:
    """Give row, review, item, criterion and answer of each row."""
    data = source.data
    criteria = data["criterion"] if "criterion" in data else [""] * len(data)
    columns = (data[c] for c in ("_row", "review_id", "item"))
    for row, review, item, criterion, text in zip(*columns, criteria, data["answer"], strict=True):
        yield int(row), review, item.strip(), criterion.strip(), text


def _derive(
    source: Source, tool: Tool, ticked: Mapping[tuple[str, str], Mapping[str, str]], found: Read
) -> None:
    """Add what criteria give; an answer that was typed stays, and a difference is told."""
    places = tool.places()
    for (review, name), given in ticked.items():
        item, typed = places[name][1], found.answers.get((review, name), "")
        derived, empty = given_by(item, given)
        if typed and derived and typed != derived and typed not in tool.absent:
            found.remarks.append((review, _differs(source, review, item, typed, derived)))
        if not typed:
            found.answers[review, name] = derived
            if empty:
                found.gaps[review, name] = empty


def given_by(item: Item, ticked: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Give the answer that criteria give, or those that are still empty.

    Parameters
    ----------
    item : Item
    ticked : mapping
        Criterion to ``yes``, ``no``, ``not_needed``, or ``""``.

    Returns
    -------
    (str, tuple of str)
        The answer (``""`` while a criterion is empty), and the empty criteria.
    """
    empty = tuple(c.id for c in item.criteria.values() if not c.optional and not ticked.get(c.id))
    if empty:
        return "", empty
    met = {name for name, answer in ticked.items() if answer in ("yes", NOT_NEEDED)}
    for gives in item.gives:
        if met.issuperset(gives.all_of) and (not gives.any_of or met & set(gives.any_of)):
            return gives.answer, ()
    return item.otherwise, ()


def _ticked(tool: Tool, criterion: Criterion, text: str) -> str | None:
    if not text.strip():
        return ""
    return next((a for a in tool.read_answer(text) if a in criterion.answers), None)


def _allowed(tool: Tool, item: Item, text: str) -> str | None:
    """Give the answer that a text means on this item; ``None`` if it means none."""
    if not text.strip():
        return ""
    meant = tool.read_answer(text)
    for answer in meant:
        if answer in item.answers:
            return answer
        if answer in item.read_as:
            return item.read_as[answer]
    return NOT_APPLICABLE if NOT_APPLICABLE in meant else None


def _unknown_item(source: Source, row: int, item: str, known: Iterable[str]) -> Problem:
    mend = "Write the number of the item, with its part where it is split."
    return Problem(source.shown, repr(item), ", ".join(known), mend, row, "item")


def _unknown_criterion(source: Source, row: int, item: Item, name: str) -> Problem:
    allowed = ", ".join(item.criteria) or "no criterion"
    mend = f"Write the name of a criterion of item {item.id}, or leave the cell empty."
    return Problem(source.shown, repr(name), allowed, mend, row, "criterion")


def _differs(source: Source, review: str, item: Item, typed: str, derived: str) -> Problem:
    return Problem(
        source.shown,
        f"{typed} on item {item.id} of {review}",
        f"{derived}, as its criteria give it",
        "Check the item and its criteria; the answer to the item is used.",
        None,
        "answer",
    )


def _unknown_answer(
    source: Source, row: int, name: str, allowed: Sequence[str], text: str
) -> Problem:
    mend = f"Write an answer that item {name} allows, or leave the cell empty until it is rated."
    return Problem(source.shown, repr(text), ", ".join(allowed), mend, row, "answer")


def _form_problems(source: Source, answers: Answers, tool: Tool) -> Iterator[Problem]:
    """Find items answered whole and in parts, and items of which no part is left."""
    for item in tool.items:
        names = [part.id for part in item.parts]
        reviews = sorted({r for r, i in answers if i in names})
        for review in reviews:
            given = [answers.get((review, name), "") for name in names]
            if answers.get((review, item.id)) and any(given):
                found, mend = (
                    f"item {item.id} and {' or '.join(names)}",
                    "Keep one of the two forms.",
                )
                yield Problem(
                    source.shown, f"{found} of {review}", "one of them", mend, None, "item"
                )
            elif all(given) and combine(tool, item, given) is None:
                yield Problem(
                    source.shown,
                    f"{' and '.join(given)} on item {item.id} of {review}",
                    "an answer on at least one part",
                    "Correct one of the parts: a review holds studies of some design.",
                    None,
                    "answer",
                )


def combine(tool: Tool, item: Item, given: Sequence[str], rule: str = "") -> str | None:
    """Combine the parts of an item: by default the worst of those that apply.

    Parameters
    ----------
    tool : Tool
    item : Item
    given : sequence of str
        Answers to the parts, in their order.
    rule : str
        ``worst``, ``best`` or ``first`` (of those that apply); empty: that of the tool.

    Returns
    -------
    str or None
        The answer; no meta-analysis where no part applies and the item allows that, else ``None``.
    """
    applying = [answer for answer in given if answer not in tool.absent]
    if not applying:
        return NO_META_ANALYSIS if NO_META_ANALYSIS in item.answers else None
    rule = rule or tool.combine
    if rule == "first":
        return applying[0]
    ordered = [answer for answer in tool.order if answer in applying]
    if not ordered:
        return applying[0]
    return ordered[0] if rule == "worst" else ordered[-1]


# --- settling between raters ----------------------------------------------------------------------


@dataclass(frozen=True)
class Ratings:
    """What all tables of a tool hold: consensus, and each rater."""

    tool: Tool
    consensus: Read
    raters: Mapping[str, Read]

    def of(self, review: str, names: Container[str] | None = None) -> Ratings:
        """Keep the raters who began with a review, and of these those that are named."""
        mine = {
            name: read
            for name, read in self.raters.items()
            if (names is None or name in names) and review in read.reviews
        }
        return Ratings(self.tool, self.consensus, mine)

    def alone(self, rater: str) -> Ratings:
        """Keep one rater, without the consensus."""
        return Ratings(self.tool, Read(), {rater: self.raters[rater]})


def settle(ratings: Ratings, item: Item, review: str, rule: str = "") -> Settled:
    """Settle one item of one review: consensus, else what the raters agree on.

    Parameters
    ----------
    ratings : Ratings
        Answers of the raters who rate this review, and the consensus.
    item : Item
    review : str
    rule : str
        How parts are combined; empty: as the tool says.
    """
    reads = [ratings.consensus, *ratings.raters.values()]
    names = _form(item, review, reads)
    found = [_settle_one(name, review, ratings) for name in names]
    waiting = tuple(
        waits for name, one in zip(names, found, strict=True) if not one.answer
        for waits in _gaps(name, review, reads)
    )  # fmt: skip
    answers = {name: one.answer for name, one in zip(names, found, strict=True)}
    if waiting:
        state = "open" if any(one.state == "open" for one in found) else "empty"
        return Settled("", state, waiting, answers)
    given = list(answers.values())
    answer = given[0] if names == [item.id] else combine(ratings.tool, item, given, rule) or ""
    states = {one.state for one in found}
    state = "consensus" if "consensus" in states else found[0].state
    waits = () if answer else (item.id,)
    return Settled(answer, state if answer else "open", waits, answers | {item.id: answer})


def _gaps(name: str, review: str, reads: Iterable[Read]) -> list[str]:
    """Name what an answer waits for: its empty criteria, or the item itself."""
    empty = [c for read in reads for c in read.gaps.get((review, name), ())]
    return [f"{name} {criterion}" for criterion in dict.fromkeys(empty)] or [name]


def _form(item: Item, review: str, reads: Sequence[Read]) -> list[str]:
    """Tell whether the item is answered whole or in parts; consensus comes first.

    A sheet has a row for the item and rows for its parts: that which holds an answer counts.
    """
    parts = [part.id for part in item.parts]
    for read in reads:
        if read.answers.get((review, item.id)):
            return [item.id]
        if any(read.answers.get((review, part)) for part in parts):
            return parts
    begun = any((review, part) in read.answers for read in reads for part in parts)
    return parts if begun else [item.id]


def _settle_one(name: str, review: str, ratings: Ratings) -> Settled:
    place = (review, name)
    agreed = ratings.consensus.answers.get(place, "")
    if agreed or (place in ratings.consensus.answers and not ratings.raters):
        return Settled(agreed, "consensus" if agreed else "empty")
    given = {read.answers.get(place, "") for read in ratings.raters.values()}
    if len(given - {""}) > 1:
        return Settled("", "open")
    if not given or "" in given or place in ratings.consensus.answers:
        return Settled("", "empty")
    return Settled(given.pop(), "raters_agree" if len(ratings.raters) > 1 else "one_rater")


def not_scored(profile: Profile, kinds: Iterable[str]) -> dict[str, str]:
    """Give the items that the profile leaves out for a review of these kinds, with the reason."""
    words = {
        "scoping": "scoping review",
        "qualitative": "qualitative review",
        NO_META_ANALYSIS: "review without meta-analysis",
    }
    return {
        item: f"{words.get(kind, kind)} (profile {profile.id})"
        for kind in kinds
        for item in profile.not_scored.get(kind, ())
    }


# --- differences ----------------------------------------------------------------------------------


def differences(ratings: Ratings, reviews: Iterable[str]) -> pd.DataFrame:
    """List items on which raters differ, with what each answered and the consensus, if any."""
    names = sorted(ratings.raters)
    rows = []
    for review in reviews:
        for name, (_, item) in ratings.tool.places().items():
            given = [ratings.raters[rater].answers.get((review, name), "") for rater in names]
            if len(set(given) - {""}) > 1:
                agreed = ratings.consensus.answers.get((review, name), "")
                state = "settled" if agreed else "open"
                both = "; ".join(f"{r}: {a}" for r, a in zip(names, given, strict=True) if a)
                rows.append((review, name, item.label, both, agreed, state))
    columns = ["review_id", "item", "label", "answers", "consensus", "state"]
    return pd.DataFrame(rows, columns=columns, dtype="object")
