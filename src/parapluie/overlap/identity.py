"""Which labels of reviews mean the same primary study.

A ``study_id`` names a study across reviews. Where it is missing, one review's rows with one label
are one study, and labels of two reviews are the same study when label, first author and year are
the same. What people answer in study_links.csv wins over both.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd

from parapluie.errors import Problem

Place = tuple[str, str, str]
"""One study as one review names it: review, label, study_id (``""`` when there is none)."""


def folded(text: str) -> str:
    """Reduce a name to its letters and digits, without accents and case."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(
        re.findall(r"[^\W_]+", "".join(c for c in plain if not unicodedata.combining(c)))
    )


@dataclass(frozen=True)
class Named:
    """What is known of a place: first author and year as typed, DOI, and its first row."""

    author: str
    year: str
    doi: str
    row: int


@dataclass
class Identity:
    """The answer of this module.

    Parameters
    ----------
    study : dict
        Place to the name of its study.
    to_check : frame
        Pairs of labels that look the same, as rows of study_links.csv with ``counted_as`` and
        ``looks_same_by`` added and the answer left open.
    problems : list of Problem
        Answers that cannot be followed.
    """

    study: dict[Place, str]
    to_check: pd.DataFrame
    problems: list[Problem]


def place_of(row: Mapping[Any, Any]) -> Place:
    """Give the place of a row of studies.csv."""
    return (str(row["review_id"]), str(row["study_label"]), str(row["study_id"]))


def identify(studies: pd.DataFrame, links: pd.DataFrame, links_shown: str) -> Identity:
    """Decide for every row of studies.csv which study it names.

    Parameters
    ----------
    studies, links : frame
        studies.csv and study_links.csv as read.
    links_shown : str
        Name of study_links.csv in messages.
    """
    places = _places(studies)
    answers, problems = _answers(links, places, links_shown)
    groups = _Groups(places, [(a, b) for a, b, answer, _ in answers if answer == "different"])
    for a, b, answer, row in answers:
        if answer == "same" and not groups.join(a, b):
            problems.append(_contradiction(links_shown, row))
    for a, b in _by_id(places):
        if not groups.join(a, b) and a[2]:
            problems.extend(_against_id(answers, a, b, links_shown))
    for a, b in _by_label(places):
        groups.join(a, b)
    answered = {frozenset((a, b)) for a, b, _, _ in answers}
    return Identity(groups.names(), _to_check(places, groups, answered), problems)


def _places(studies: pd.DataFrame) -> dict[Place, Named]:
    places: dict[Place, Named] = {}
    years = ["" if y != y else str(int(y)) for y in studies["year"]]
    columns = ("review_id", "study_label", "study_id", "first_author", "doi", "_row")
    for (review, label, study, author, doi, row), year in zip(
        studies[list(columns)].itertuples(index=False), years, strict=True
    ):
        places.setdefault((review, label, study), Named(author, year, doi.casefold(), int(row)))
    return places


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


def _contradiction(shown: str, row: int) -> Problem:
    return Problem(
        shown,
        "same, for two labels that other rows keep apart",
        "answers that agree with each other",
        "Correct this answer or the one that says different.",
        row,
        "answer",
    )


def _against_id(answers: list[Answer], a: Place, b: Place, shown: str) -> Iterator[Problem]:
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

    def __init__(self, places: Iterable[Place], apart: Iterable[tuple[Place, Place]]) -> None:
        self.root = {place: place for place in places}
        self.apart = list(apart)

    def of(self, place: Place) -> Place:
        while self.root[place] != place:
            self.root[place] = self.root[self.root[place]]
            place = self.root[place]
        return place

    def join(self, a: Place, b: Place) -> bool:
        """Join the groups of two places; ``False`` where a person keeps them apart."""
        one, two = sorted((self.of(a), self.of(b)))
        if one == two:
            return not any(self.of(x) == one == self.of(y) for x, y in self.apart)
        if any({self.of(x), self.of(y)} == {one, two} for x, y in self.apart):
            return False
        self.root[two] = one
        return True

    def names(self) -> dict[Place, str]:
        """Name each group by its least study_id, or by its least label."""
        members: dict[Place, list[Place]] = defaultdict(list)
        for place in sorted(self.root):
            members[self.of(place)].append(place)
        names: dict[Place, str] = {}
        taken: set[str] = set()
        given = {place[2] for place in self.root if place[2]}
        for group in members.values():
            name = min((p[2] for p in group if p[2]), default="") or _unused(
                min(_slug(p[1]) for p in group), taken | given
            )
            taken.add(name)
            names.update(dict.fromkeys(group, name))
        return names


def _slug(label: str) -> str:
    plain = unicodedata.normalize("NFKD", label).casefold()
    return "_".join(re.findall(r"[a-z0-9]+", plain)) or "study"


def _unused(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}__{number}"
    return free


def _chains(groups: dict[tuple[str, ...], list[Place]]) -> Iterator[tuple[Place, Place]]:
    for key in sorted(groups):
        yield from pairwise(sorted(groups[key]))


def _by_id(places: Iterable[Place]) -> Iterator[tuple[Place, Place]]:
    groups: dict[tuple[str, ...], list[Place]] = defaultdict(list)
    for place in places:
        if place[2]:
            groups[(place[2],)].append(place)
    return _chains(groups)


def _by_label(places: dict[Place, Named]) -> Iterator[tuple[Place, Place]]:
    groups: dict[tuple[str, ...], list[Place]] = defaultdict(list)
    for place, named in places.items():
        if not place[2] and folded(place[1]):
            groups[folded(place[1]), folded(named.author), named.year].append(place)
    return _chains(groups)


# --- what a person should look at -----------------------------------------------------------------


def _looks(places: dict[Place, Named]) -> Iterator[tuple[str, tuple[Place, Place]]]:
    """Give pairs of neighbours that look the same, with what makes them look so."""
    for reason in ("label", "doi", "first author and year"):
        groups: dict[tuple[str, ...], list[Place]] = defaultdict(list)
        for place, named in places.items():
            key = {
                "label": (folded(place[1]),),
                "doi": (named.doi,),
                "first author and year": (folded(named.author), named.year),
            }[reason]
            if all(key):
                groups[key].append(place)
        for pair in _chains(groups):
            yield reason, pair


def _to_check(
    places: dict[Place, Named], groups: _Groups, answered: set[frozenset[Place]]
) -> pd.DataFrame:
    rows: dict[frozenset[Place], dict[str, str]] = {}
    for reason, (a, b) in _looks(places):
        pair = frozenset((a, b))
        if a[0] == b[0] or (a[2] and b[2]) or pair in answered or pair in rows:
            continue
        rows[pair] = {
            "review_a": a[0],
            "study_label_a": a[1],
            "review_b": b[0],
            "study_label_b": b[1],
            "answer": "",
            "counted_as": "same" if groups.of(a) == groups.of(b) else "different",
            "looks_same_by": reason,
        }
    columns = [
        "review_a",
        "study_label_a",
        "review_b",
        "study_label_b",
        "answer",
        "counted_as",
        "looks_same_by",
    ]
    return pd.DataFrame(list(rows.values()), columns=columns, dtype="object")
