"""Which labels of reviews mean the same primary study.

A ``study_id`` names a study across reviews; what people answer in study_links.csv wins over it.
After these, two rules join labels of different reviews, and each join is listed with its rule:
the same DOI or PMID where other facts agree and none differs, and, for rows without a
study_id, the same label, first author and year. Where a rule would join what ids, answers or one
review keep apart, it joins nothing. All else that looks alike is a question.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from parapluie.errors import Problem
from parapluie.overlap.compared import (
    Known,
    Place,
    Two,
    candidates,
    chains,
    compare,
    pairs_within,
    place_of,
    places_of,
    sharing,
)
from parapluie.overlap.names import folded, slug

BY_ID, BY_ANSWER, BY_LABEL = "study_id", "answer", "label, first author and year"
BY_DOI, BY_PMID = "DOI, other facts agree", "PMID, other facts agree"
"""Rules under which two labels are one study."""

QUESTIONS = (
    "rank",
    "review_a",
    "study_label_a",
    "review_b",
    "study_label_b",
    "answer",
    "counted_as",
    "looks_same_by",
    "differs_in",
    "points",
)
MERGES = ("study_id", "rule", "review_a", "study_label_a", "review_b", "study_label_b")


@dataclass
class Identity:
    """The answer of this module.

    Parameters
    ----------
    study : dict
        Place to the name of its study.
    if_same, if_different : dict
        The same if all questions were answered with ``same``, or with ``different``.
    to_check : frame
        Questions, as rows of study_links.csv with the answer left open; the most alike first.
    merges : frame
        Each two labels that count as one study, with the rule.
    problems : list of Problem
        Answers that cannot be followed.
    same_report : list
        Pairs of places that people called the same, down to the report.
    """

    study: dict[Place, str]
    if_same: dict[Place, str]
    if_different: dict[Place, str]
    to_check: pd.DataFrame
    merges: pd.DataFrame
    problems: list[Problem]
    same_report: list[Two] = field(default_factory=list)


def identify(studies: pd.DataFrame, links: pd.DataFrame, links_shown: str) -> Identity:
    """Decide for every row of studies.csv which study it names.

    Parameters
    ----------
    studies, links : frame
        studies.csv and study_links.csv as read.
    links_shown : str
        Name of study_links.csv in messages.
    """
    places = places_of(studies)
    answers, problems = _answers(links, places, links_shown)
    problems += list(_twice(answers, links_shown))
    groups, found = _by_people(places, answers, links_shown)
    problems += found
    _join_by(groups, places, BY_DOI, _certain(places, "doi"))
    _join_by(groups, places, BY_PMID, _certain(places, "pmid"))
    apart = groups.copy()
    _join_by(groups, places, BY_LABEL, _by_label(places))
    asked = _questions(places, groups, answers)
    together = groups.copy()
    for a, b in asked:
        together.join(a, b, "if same")
    _join_by(apart, places, BY_LABEL, _by_more_than_label(places))
    return Identity(
        groups.names(),
        together.names(),
        apart.names(),
        _asked_frame(places, groups, asked),
        _merge_frame(groups),
        problems,
        [(a, b) for a, b, answer, _ in answers if answer == "same"],
    )


def _by_people(
    places: Mapping[Place, Known], answers: Sequence[Answer], shown: str
) -> tuple[_Groups, list[Problem]]:
    """Join what answers and ids call the same."""
    groups = _Groups(places, [(a, b) for a, b, answer, _ in answers if answer == "different"])
    problems = []
    for a, b, answer, row in answers:
        if answer != "different" and not groups.join(a, b, BY_ANSWER):
            problems.append(_contradiction(shown, row))
    for a, b in _by_id(places):
        if not groups.join(a, b, BY_ID):
            problems.extend(_against_id(answers, a, b, shown))
    return groups, problems


# --- rules ----------------------------------------------------------------------------------------


def _by_id(places: Iterable[Place]) -> Iterator[Two]:
    groups: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        if place[2]:
            groups[place[2]].append(place)
    return chains(groups)


def _certain(places: Mapping[Place, Known], fact: str) -> Iterator[Two]:
    """Give labels of two reviews with one identifier, where more agrees and nothing differs."""
    for a, b in pairs_within(sharing(places, fact)):
        if a[0] == b[0] or (a[2] and b[2]):
            continue
        found = compare(places, a, b)
        if len(found.agree) > 1 and not set(found.differ) - {"design"}:
            yield a, b


def _by_label(places: Mapping[Place, Known]) -> Iterator[Two]:
    """Give rows without id with one label, author and year; identifiers that differ speak against.

    Titles that differ do, too.
    """
    groups: dict[tuple[str, ...], list[Place]] = defaultdict(list)
    for place, known in places.items():
        if not place[2] and folded(place[1]):
            groups[folded(place[1]), *known.typed].append(place)
    for a, b in pairs_within(groups):
        against = {"doi", "pmid", "registration", "title"}
        if not against & set(compare(places, a, b).differ):
            yield a, b


def _by_more_than_label(places: Mapping[Place, Known]) -> Iterator[Two]:
    """Give the pairs with one label that an identifier or the title confirms."""
    for a, b in _by_label(places):
        if CONFIRMS & set(compare(places, a, b).agree):
            yield a, b


def _join_by(
    groups: _Groups, places: Mapping[Place, Known], rule: str, found: Iterable[Two]
) -> None:
    """Join pairs under a rule; a body of them in which something is kept apart stays as it is.

    Which of two studies a third label belongs to is then not decided by the order of names.
    """
    edges = list(found)
    bodies = groups.copy()
    bodies.apart = []
    for a, b in edges:
        bodies.join(a, b, rule)
    split = _split_bodies(groups, bodies, {place for two in edges for place in two})
    for a, b in edges:
        if bodies.of(a) not in split:
            groups.join(a, b, rule)


def _split_bodies(groups: _Groups, bodies: _Groups, touched: Iterable[Place]) -> set[Place]:
    """Find the bodies with two ids, an answer ``different``, or two labels of one review."""
    split = {bodies.of(a) for a, b in groups.apart if bodies.of(a) == bodies.of(b)}
    named: dict[Place, set[Place]] = defaultdict(set)
    reviews: dict[tuple[Place, str], set[Place]] = defaultdict(set)
    members = groups.members()
    for root in {groups.of(place) for place in touched}:
        for place in members[root]:
            body = bodies.of(place)
            reviews[body, place[0]].add(root)
            if place[2]:
                named[body].add(root)
    split |= {body for body, roots in named.items() if len(roots) > 1}
    return split | {body for (body, _), roots in reviews.items() if len(roots) > 1}


# --- what people answered -------------------------------------------------------------------------

Answer = tuple[Place, Place, str, int]


def _answers(
    links: pd.DataFrame, places: Iterable[Place], shown: str
) -> tuple[list[Answer], list[Problem]]:
    by_label: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for place in places:
        by_label[place[0], place[1]].append(place)
    answers: list[Answer] = []
    problems: list[Problem] = []
    for row in links.to_dict("records"):
        ends = [(row[f"review_{s}"], row[f"study_label_{s}"]) for s in "ab"]
        faults = [
            _unknown(shown, row["_row"], s, e)
            for s, e in zip("ab", ends, strict=True)
            if len(by_label[e]) != 1
        ]
        problems.extend(faults)
        if not faults:
            a, b = (by_label[e][0] for e in ends)
            answers.append((a, b, row["answer"], int(row["_row"])))
    return answers, problems


def _unknown(shown: str, row: int, side: str, end: tuple[str, str]) -> Problem:
    return Problem(
        shown,
        f"{end[1]!r} of review {end[0]!r}",
        "a label that this review has once in studies.csv, under one study_id",
        "Write review and label exactly as in studies.csv.",
        int(row),
        f"study_label_{side}",
    )


def _twice(answers: Sequence[Answer], shown: str) -> Iterator[Problem]:
    """Find pairs that are called one report in one row and two reports of one study in another."""
    said: dict[frozenset[Place], str] = {}
    for a, b, answer, row in answers:
        before = said.setdefault(frozenset((a, b)), answer)
        if {before, answer} == {"same", "same_thread"}:
            yield Problem(
                shown,
                f"{answer}, for two labels that another row calls {before}",
                "one answer on two labels",
                "Remove one of the two rows.",
                row,
                "answer",
            )


def _contradiction(shown: str, row: int) -> Problem:
    return Problem(
        shown,
        "same, for two labels that other rows keep apart",
        "answers that agree with each other",
        "Correct this answer or the one that says different.",
        row,
        "answer",
    )


def _against_id(answers: Sequence[Answer], a: Place, b: Place, shown: str) -> Iterator[Problem]:
    for first, second, answer, row in answers:
        if answer == "different" and first[2] == second[2] == a[2] == b[2]:
            yield Problem(
                shown,
                f"different, for two labels with the study_id {a[2]}",
                "answers that agree with studies.csv",
                "Correct the answer, or give one of the labels another study_id.",
                row,
                "answer",
            )


# --- groups of places -----------------------------------------------------------------------------


class _Groups:
    """Places joined to studies; two places that a person called different never end up together."""

    def __init__(self, places: Iterable[Place], apart: Iterable[Two]) -> None:
        self.root = {place: place for place in places}
        self.apart = list(apart)
        self.joins: list[tuple[Place, Place, str]] = []

    def copy(self) -> _Groups:
        """Give groups that are joined further without a change of these."""
        made = _Groups((), self.apart)
        made.root, made.joins = dict(self.root), list(self.joins)
        return made

    def of(self, place: Place) -> Place:
        while self.root[place] != place:
            self.root[place] = self.root[self.root[place]]
            place = self.root[place]
        return place

    def join(self, a: Place, b: Place, rule: str) -> bool:
        """Join the groups of two places; ``False`` where a person keeps them apart."""
        one, two = sorted((self.of(a), self.of(b)))
        if one == two:
            return not any(self.of(x) == one == self.of(y) for x, y in self.apart)
        if any({self.of(x), self.of(y)} == {one, two} for x, y in self.apart):
            return False
        self.root[two] = one
        self.joins.append((min(a, b), max(a, b), rule))
        return True

    def members(self) -> dict[Place, list[Place]]:
        """Give the places of each group, in the order of their names."""
        found: dict[Place, list[Place]] = defaultdict(list)
        for place in sorted(self.root):
            found[self.of(place)].append(place)
        return found

    def names(self) -> dict[Place, str]:
        """Name each group by its least study_id, or by its least label."""
        names: dict[Place, str] = {}
        taken = {place[2] for place in self.root if place[2]}
        for group in self.members().values():
            name = min((p[2] for p in group if p[2]), default="") or _unused(
                min(slug(p[1]) or "study" for p in group), taken
            )
            taken.add(name)
            names.update(dict.fromkeys(group, name))
        return names


def _unused(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}__{number}"
    return free


def _merge_frame(groups: _Groups) -> pd.DataFrame:
    names = groups.names()
    rows = sorted((names[a], rule, *a[:2], *b[:2]) for a, b, rule in groups.joins if rule != BY_ID)
    return pd.DataFrame(rows, columns=list(MERGES), dtype="object")


# --- what a person should look at -----------------------------------------------------------------

CONFIRMS = frozenset({"doi", "pmid", "registration", "title"})
"""What makes one label in two reviews more than a likeness of names."""

STRONG = CONFIRMS | {"label"}
"""What must agree to ask about two studies that have ids of their own, or stand in one review."""


def _questions(
    places: Mapping[Place, Known], groups: _Groups, answers: Sequence[Answer]
) -> list[Two]:
    """Give the pairs to ask about, the most alike first; of two groups the most alike pair only."""
    answered = {frozenset((a, b)) for a, b, _, _ in answers}
    decided = {
        frozenset((groups.of(a), groups.of(b))) for a, b, answer, _ in answers
        if answer == "different"
    }  # fmt: skip
    by_label = {frozenset((a, b)) for a, b, rule in groups.joins if rule == BY_LABEL}
    best: dict[frozenset[Place], tuple[float, Two]] = {}
    for a, b in candidates(places):
        two, bodies = frozenset((a, b)), frozenset((groups.of(a), groups.of(b)))
        joined = len(bodies) == 1
        if two in answered or (two not in by_label if joined else bodies in decided):
            continue
        found = compare(places, a, b)
        if joined and CONFIRMS & set(found.agree):
            continue
        if not joined and (a[0] == b[0] or (a[2] and b[2])) and not STRONG & set(found.agree):
            continue
        key = two if joined else bodies
        rank = (-found.points, (a, b))
        best[key] = min(best.get(key, rank), rank)
    return [two for _, two in sorted(best.values())]


def _asked_frame(
    places: Mapping[Place, Known], groups: _Groups, asked: Sequence[Two]
) -> pd.DataFrame:
    rows = []
    for rank, (a, b) in enumerate(asked, start=1):
        found = compare(places, a, b)
        counted = "same" if groups.of(a) == groups.of(b) else "different"
        alike, unlike = ";".join(found.agree), ";".join(found.differ)
        rows.append((rank, *a[:2], *b[:2], "", counted, alike, unlike, found.points))
    return pd.DataFrame(rows, columns=list(QUESTIONS), dtype="object")


__all__ = ["Identity", "Place", "folded", "identify", "place_of"]
