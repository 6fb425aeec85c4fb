"""What is compared between reviews that share studies: dates, sizes, grades, relevance.

Every value is a range. One review is better than another only if its whole range is; a value that
is not known could be anything, so it never loses and never wins. Dates given as a year or a month
are the days in it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parapluie.quality import ROBIS, Quality
from parapluie.synthesis.choices.units import Unit
from parapluie.tables import parse_number, split_list
from parapluie.vocabulary import GRADES

SERIES, RELEVANCE, SEARCH, PUBLISHED, N_STUDIES, PARTICIPANTS, GRADE, CRITICAL = (
    "series", "relevance", "search", "published", "studies", "participants", "grade",
    "critical_items",
)  # fmt: skip
STEPS = {
    SERIES: "of the series",
    RELEVANCE: "relevance to the question",
    SEARCH: "latest search",
    PUBLISHED: "latest year of publication",
    N_STUDIES: "most eligible studies",
    PARTICIPANTS: "most participants",
    GRADE: "best quality",
    CRITICAL: "fewest critical items answered no",
}
"""Step of a chain to what it looks for."""
MOST_RELEVANT = 3
_DATE = re.compile(r"^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")
NOT_KNOWN = "not known"


@dataclass(frozen=True)
class Value:
    """A range of what a review may be worth in a step (more is better), and that in words."""

    low: float
    high: float
    words: str
    flag: str = ""

    @property
    def known(self) -> bool:
        """Whether it can be compared."""
        return math.isfinite(self.low)

    def beats(self, other: Value) -> bool:
        """Tell whether this is better than the other whatever the two really are."""
        return self.low > other.high


def unknown(words: str = NOT_KNOWN) -> Value:
    """Give the value of which nothing is known."""
    return Value(-math.inf, math.inf, words)


def exact(number: float, words: str) -> Value:
    """Give a value that is known."""
    return Value(number, number, words)


def best(values: Mapping[str, Value]) -> list[str]:
    """Name those that no other surely beats, sorted."""
    return sorted(
        name for name, own in values.items() if not any(v.beats(own) for v in values.values())
    )


def date_value(text: str, words: str, flag: str = "") -> Value:
    """Read a date, as exact as it is given.

    Examples
    --------
    >>> date_value("2020-05", "").beats(date_value("2020-04-30", ""))
    True
    >>> date_value("2020", "").beats(date_value("2020-04-30", ""))
    False
    """
    found = _DATE.match(text)
    if not found:
        return unknown()
    year, month, day = found.groups()
    first = int(year) * 10000 + int(month or 1) * 100 + int(day or 1)
    last = int(year) * 10000 + int(month or 12) * 100 + int(day or 31)
    return Value(float(first), float(last), words, flag)


@dataclass(frozen=True)
class Facts:
    """What the choice knows beside the lists of studies.

    Parameters
    ----------
    reviews : mapping
        review_id to its row of results/included/reviews.csv.
    qualities : mapping
        review_id to its quality.
    people : mapping
        study_id to its number of participants.
    relevance : sequence of mapping
        Rows of relevance.csv.
    series : str
        The series that some rules prefer.
    """

    reviews: Mapping[str, Mapping[Any, Any]]
    qualities: Mapping[str, Quality]
    people: Mapping[str, float]
    relevance: Sequence[Mapping[str, str]] = ()
    series: str = ""

    def value(self, step: str, review: str, unit: Unit) -> Value:
        """Give what a review of a unit is worth in a step."""
        of = {
            SERIES: self._series, SEARCH: self._search, PUBLISHED: self._published,
            GRADE: self._grade, CRITICAL: self._critical,
        }  # fmt: skip
        if step in of:
            return of[step](review)
        if step == RELEVANCE:
            return self.relevant(review, unit)
        return _studies(review, unit) if step == N_STUDIES else self._participants(review, unit)

    def in_series(self, review: str) -> bool:
        """Tell whether a review is of the series (column ``series`` of reviews.csv)."""
        named = split_list(str(self.reviews.get(review, {}).get("series") or ""))
        return self.series.casefold() in {n.casefold() for n in named} and bool(self.series)

    def _series(self, review: str) -> Value:
        inside = self.in_series(review)
        return exact(float(inside), f"{'' if inside else 'not '}{self.series}")

    def _search(self, review: str) -> Value:
        row = self.reviews.get(review, {})
        text = str(row.get("search_end") or "")
        if _DATE.match(text):
            return date_value(text, f"searched {text}")
        year = _year(row)
        if not year:
            return unknown("no date of search or publication")
        words = f"published {year}, date of search not known"
        return date_value(year, words, f"{review}: year of publication in place of the search")

    def _published(self, review: str) -> Value:
        year = _year(self.reviews.get(review, {}))
        return date_value(year, f"published {year}")

    def _grade(self, review: str) -> Value:
        quality = self.qualities.get(review, Quality())
        order = ROBIS if quality.tool == "robis" else GRADES
        ranks = [-order.index(g) for g in quality.possible if g in order]
        if not ranks:
            return unknown(quality.words)
        return Value(float(min(ranks)), float(max(ranks)), quality.words)

    def _critical(self, review: str) -> Value:
        failed = self.qualities.get(review, Quality()).failed_critical
        if failed is None:
            return unknown("critical items not rated")
        return exact(-failed, f"{failed} critical items answered no")

    def _participants(self, review: str, unit: Unit) -> Value:
        held = unit.held[review]
        sizes = [self.people.get(s, math.nan) for s in held or ()]
        if held is None or any(math.isnan(n) for n in sizes):
            return unknown("participants not known")
        return exact(math.fsum(sizes), f"{math.fsum(sizes):g} participants")

    def relevant(self, review: str, unit: Unit) -> Value:
        """Give the relevance on which two raters agree, or that of the consensus."""
        rows = [r for r in self.relevance if r["review_id"] == review and _meant(r, unit)]
        settled = [r for r in rows if r["rater"].casefold() == "consensus"]
        marks = {int(r["relevance"]) for r in settled or rows}
        if len(settled) != 1 and len({r["rater"] for r in rows}) < 2:
            return unknown("relevance not rated by two")
        if len(marks) != 1:
            return unknown(f"raters disagree ({', '.join(map(str, sorted(marks)))})")
        mark = marks.pop()
        return exact(mark, f"relevance {mark} of {MOST_RELEVANT}")


def _meant(row: Mapping[str, str], unit: Unit) -> bool:
    """Tell whether a row speaks of a unit: an empty cell speaks of all."""
    return all(row.get(c, "") in ("", getattr(unit, c)) for c in ("outcome", "comparator"))


def _year(row: Mapping[Any, Any]) -> str:
    number = parse_number(str(row.get("year") or ""))
    return f"{number:.0f}" if number is not None and not math.isnan(number) else ""


def _studies(review: str, unit: Unit) -> Value:
    held = unit.held[review]
    if held is None:
        return unknown("no list of studies")
    return exact(len(held), f"{len(held)} studies")
