"""From typed cells to one answer per review and item: read, combine, settle between raters."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from parapluie.appraisal.tool import NO_META_ANALYSIS, NOT_APPLICABLE, Item, Profile, Tool
from parapluie.errors import Problem

CONSENSUS = "consensus"
"""Name of the file that holds what the raters agreed on."""

ABSENT_PARTS = frozenset({"only_rct", "only_nrsi", NO_META_ANALYSIS})


@dataclass(frozen=True)
class Source:
    """A human table of a tool: the tool, rater or ``consensus``, and its name in messages."""

    tool: str
    name: str
    shown: str
    data: pd.DataFrame


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
        ``empty`` (not yet answered).
    waits_for : tuple of str
        Names of the item or its parts that are empty or open.
    """

    answer: str
    state: str
    waits_for: tuple[str, ...] = ()


# --- reading --------------------------------------------------------------------------------------


def read_answers(
    source: Source, tool: Tool, unscored: Mapping[str, Container[str]]
) -> tuple[Answers, list[Problem]]:
    """Read the answers of one table.

    Parameters
    ----------
    source : Source
    tool : Tool
    unscored : mapping
        Included review to the items that are not scored for it: only there "not applicable" is an
        answer.

    Returns
    -------
    (dict, list of Problem)
        Answers, and cells that the tool does not know or does not allow.
    """
    places = tool.places()
    answers: Answers = {}
    problems: list[Problem] = []
    columns = ("_row", "review_id", "item", "answer")
    for row, review, item, text in source.data[list(columns)].itertuples(index=False):
        place = places.get(item.strip())
        if place is None:
            problems.append(_unknown_item(source, int(row), item, places))
            continue
        answer = _allowed(tool, place[1], text)
        scored = review in unscored and place[0].id not in unscored[review]
        if answer is None or (answer == NOT_APPLICABLE and scored):
            problems.append(_unknown_answer(source, int(row), place[1], text))
        else:
            answers[review, place[1].id] = answer
    return answers, [*problems, *_form_problems(source, answers, tool)]


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


def _unknown_answer(source: Source, row: int, item: Item, text: str) -> Problem:
    allowed = ", ".join(item.answers)
    mend = f"Write an answer that item {item.id} allows, or leave the cell empty until it is rated."
    return Problem(source.shown, repr(text), allowed, mend, row, "answer")


def _form_problems(source: Source, answers: Answers, tool: Tool) -> Iterator[Problem]:
    """Find items answered whole and in parts, and items of which no part is left."""
    for item in tool.items:
        names = [part.id for part in item.parts]
        reviews = sorted({r for r, i in answers if i in names})
        for review in reviews:
            given = [answers.get((review, name), "") for name in names]
            if (review, item.id) in answers:
                found, mend = (
                    f"item {item.id} and {' or '.join(names)}",
                    "Keep one of the two forms.",
                )
                yield Problem(
                    source.shown, f"{found} of {review}", "one of them", mend, None, "item"
                )
            elif all(given) and combine(item, given) is None:
                yield Problem(
                    source.shown,
                    f"{' and '.join(given)} on item {item.id} of {review}",
                    "an answer on at least one part",
                    "Correct one of the parts: a review holds studies of some design.",
                    None,
                    "answer",
                )


def combine(item: Item, given: Sequence[str]) -> str | None:
    """Combine the parts of an item: the worst of those that apply.

    Returns
    -------
    str or None
        The answer; no meta-analysis where no part applies and the item allows that, else ``None``.
    """
    applying = [answer for answer in given if answer not in ABSENT_PARTS]
    for answer in ("no", "partial_yes", "yes"):
        if answer in applying:
            return answer
    if applying:
        return applying[0]
    return NO_META_ANALYSIS if NO_META_ANALYSIS in item.answers else None


# --- settling between raters ----------------------------------------------------------------------


def settle(item: Item, review: str, consensus: Answers, raters: Mapping[str, Answers]) -> Settled:
    """Settle one item of one review: consensus, else what the raters agree on.

    Parameters
    ----------
    item : Item
    review : str
    consensus : dict
        Answers agreed on.
    raters : mapping
        Raters who rate this review, to their answers.
    """
    names = _form(item, review, [consensus, *raters.values()])
    found = [_settle_one(name, review, consensus, raters) for name in names]
    waiting = tuple(name for name, one in zip(names, found, strict=True) if not one.answer)
    if waiting:
        state = "open" if any(one.state == "open" for one in found) else "empty"
        return Settled("", state, waiting)
    given = [one.answer for one in found]
    answer = given[0] if len(names) == 1 else combine(item, given) or ""
    states = {one.state for one in found}
    state = "consensus" if "consensus" in states else found[0].state
    return Settled(answer, state if answer else "open", () if answer else (item.id,))


def _form(item: Item, review: str, sources: Sequence[Answers]) -> list[str]:
    """Tell whether the item is answered whole or in parts; consensus comes first."""
    parts = [part.id for part in item.parts]
    for answers in sources:
        if (review, item.id) in answers:
            return [item.id]
        if any((review, part) in answers for part in parts):
            return parts
    return [item.id]


def _settle_one(
    name: str, review: str, consensus: Answers, raters: Mapping[str, Answers]
) -> Settled:
    place = (review, name)
    if place in consensus:
        return Settled(consensus[place], "consensus" if consensus[place] else "empty")
    given = {answers.get(place, "") for answers in raters.values()}
    if len(given - {""}) > 1:
        return Settled("", "open")
    if not given or "" in given:
        return Settled("", "empty")
    return Settled(given.pop(), "raters_agree" if len(raters) > 1 else "one_rater")


def not_scored(profile: Profile, kinds: Iterable[str]) -> dict[str, str]:
    """Give the items that the profile leaves out for a review of these kinds, with the reason."""
    words = {"scoping": "scoping review", NO_META_ANALYSIS: "review without meta-analysis"}
    return {
        item: f"{words.get(kind, kind)} (profile {profile.id})"
        for kind in kinds
        for item in profile.not_scored.get(kind, ())
    }


# --- differences ----------------------------------------------------------------------------------


def differences(
    tool: Tool, reviews: Iterable[str], consensus: Answers, raters: Mapping[str, Answers]
) -> pd.DataFrame:
    """List items on which raters differ, with what each answered and the consensus, if any."""
    names = sorted(raters)
    rows = []
    for review in reviews:
        for item in tool.items:
            for name in (item.id, *(part.id for part in item.parts)):
                given = [raters[rater].get((review, name), "") for rater in names]
                if len(set(given) - {""}) > 1:
                    agreed = consensus.get((review, name), "")
                    state = "settled" if agreed else "open"
                    both = "; ".join(f"{r}: {a}" for r, a in zip(names, given, strict=True) if a)
                    rows.append((review, name, item.label, both, agreed, state))
    columns = ["review_id", "item", "label", "answers", "consensus", "state"]
    return pd.DataFrame(rows, columns=columns, dtype="object")
