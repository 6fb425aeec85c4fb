"""Whether two labels of reviews may mean one primary study: what agrees, what differs."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import pandas as pd
from rapidfuzz import fuzz

from parapluie.overlap.names import folded, without_year, year_in

Place = tuple[str, str, str]
"""One study as one review names it: review, label, study_id (``""`` when there is none)."""

Two = tuple[Place, Place]

FACTS = ("doi", "pmid", "registration", "title", "author", "year", "n", "design")
"""What is compared, beside the label; the strongest first."""

WEIGHTS = {
    "doi": (5.0, 1.0),
    "pmid": (5.0, 1.0),
    "registration": (4.0, 3.0),
    "title": (3.0, 2.0),
    "label": (2.0, 0.0),
    "author": (1.0, 2.0),
    "year": (1.0, 1.0),
    "n": (1.0, 1.0),
    "design": (0.5, 0.5),
}
"""Points of a question for what agrees, and off for what differs: they rank, and decide nothing.
Reports of one study have other DOIs, so that these take off less than another registration."""

SAME_TITLE, OTHER_TITLE = 90.0, 70.0
"""Likeness of titles in percent (rapidfuzz ratio of letters and digits)."""

ALL_PAIRS = 40
"""Up to this many labels under one key every two are compared; beyond, neighbours only."""

_ETAL = re.compile(r"\b(et\.?\s*al\.?|and colleagues)", re.IGNORECASE)
_COLUMNS = {
    "doi": "doi",
    "pmid": "pmid",
    "registration": "registration",
    "title": "title",
    "author": "first_author",
    "year": "year",
    "n": "n_participants",
    "design": "design",
}


@dataclass(frozen=True)
class Known:
    """What is known of a place: each fact with its values, ready to be compared.

    ``typed`` holds author and year as the table has them, without what the label tells; ``row`` is
    the first row of the place.
    """

    facts: Mapping[str, frozenset[str]]
    typed: tuple[str, str]
    row: int


def place_of(row: Mapping[Any, Any]) -> Place:
    """Give the place of a row of studies.csv."""
    return (str(row["review_id"]), str(row["study_label"]), str(row["study_id"]))


def places_of(studies: pd.DataFrame) -> dict[Place, Known]:
    """Gather what all rows of a place tell; the order of the rows does not matter."""
    values: dict[Place, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    rows: dict[Place, int] = {}
    there = {fact: column for fact, column in _COLUMNS.items() if column in studies}
    columns = ["review_id", "study_label", "study_id", "_row", *there.values()]
    for review, label, study, row, *cells in studies[columns].itertuples(index=False):
        place = (review, label, study)
        rows[place] = min(int(row), rows.get(place, int(row)))
        for fact, cell in zip(there, cells, strict=True):
            plain = _plain(fact, cell)
            if plain:
                values[place][fact].add(plain)
    return {place: _known(place, values[place], row) for place, row in sorted(rows.items())}


def _known(place: Place, values: Mapping[str, set[str]], row: int) -> Known:
    facts = {fact: frozenset(values[fact]) for fact in FACTS if values.get(fact)}
    typed = ("|".join(sorted(facts.get("author", ()))), "|".join(sorted(facts.get("year", ()))))
    author = folded(without_year(_ETAL.sub("", place[1])))
    if "author" not in facts and author and not author.isdigit():
        facts["author"] = frozenset((author,))
    year = year_in(place[1])
    if "year" not in facts and year:
        facts["year"] = frozenset((str(year),))
    return Known(facts, typed, row)


def _plain(fact: str, cell: Any) -> str:
    if cell is None or cell != cell or cell in ("", "NR", "NA"):
        return ""
    if fact in ("year", "n"):
        return str(int(float(cell)))
    text = str(cell).strip()
    if fact == "doi":
        return re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", text.casefold()).rstrip(".")
    if fact == "author":
        return folded(_ETAL.sub("", text.partition(",")[0]))
    return folded(text)


# --- two places -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Comparison:
    """Facts that agree, and facts that differ; what one of the two does not tell is in neither."""

    agree: tuple[str, ...]
    differ: tuple[str, ...]

    @property
    def points(self) -> float:
        """How much speaks for one study."""
        return sum(WEIGHTS[f][0] for f in self.agree) - sum(WEIGHTS[f][1] for f in self.differ)


def compare(places: Mapping[Place, Known], a: Place, b: Place) -> Comparison:
    """Compare label and facts of two places."""
    agree = ["label"] if folded(a[1]) and folded(a[1]) == folded(b[1]) else []
    differ: list[str] = []
    for fact in FACTS:
        mine, other = places[a].facts.get(fact), places[b].facts.get(fact)
        if not mine or not other:
            continue
        same = _alike(fact, mine, other)
        # A label may begin with the name of a trial: it speaks for an author, never against one.
        guessed = fact == "author" and not (places[a].typed[0] and places[b].typed[0])
        if same or (same is False and not guessed):
            (agree if same else differ).append(fact)
    return Comparison(tuple(agree), tuple(differ))


def _alike(fact: str, mine: frozenset[str], other: frozenset[str]) -> bool | None:
    """Tell whether a fact is the same; ``None`` where it is neither."""
    if mine & other:
        return True
    if fact == "title":
        likeness = max(fuzz.ratio(a, b) for a in mine for b in other)
        return True if likeness >= SAME_TITLE else False if likeness < OTHER_TITLE else None
    if fact == "year":
        apart = min(abs(int(a) - int(b)) for a in mine for b in other)
        return None if apart == 1 else False
    return False


# --- pairs worth a look ---------------------------------------------------------------------------


def chains(groups: Mapping[Any, Iterable[Place]]) -> Iterator[Two]:
    """Give neighbours of each group, in the order of their names."""
    for key in sorted(groups):
        yield from pairwise(sorted(groups[key]))


def pairs_within(groups: Mapping[Any, Iterable[Place]]) -> Iterator[Two]:
    """Give every two of each group; of large ones neighbours only."""
    for key in sorted(groups):
        members = sorted(groups[key])
        yield from combinations(members, 2) if len(members) <= ALL_PAIRS else pairwise(members)


def sharing(places: Mapping[Place, Known], fact: str) -> dict[str, list[Place]]:
    """Group the places by each value of a fact."""
    groups: dict[str, list[Place]] = defaultdict(list)
    for place, known in places.items():
        for value in known.facts.get(fact, ()):
            groups[value].append(place)
    return groups


def candidates(places: Mapping[Place, Known]) -> Iterator[Two]:
    """Give the pairs that share a label, an identifier, a title, or author and year."""
    labels: dict[str, list[Place]] = defaultdict(list)
    named: dict[tuple[str, str], list[Place]] = defaultdict(list)
    for place, known in places.items():
        if folded(place[1]):
            labels[folded(place[1])].append(place)
        for author in known.facts.get("author", ()):
            for year in known.facts.get("year", ()):
                named[author, year].append(place)
    yield from pairs_within(labels)
    for fact in ("doi", "pmid", "registration", "title"):
        yield from pairs_within(sharing(places, fact))
    yield from pairs_within(named)
