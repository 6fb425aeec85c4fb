"""The citation matrix of each scope: all studies, the eligible ones, each outcome, all reports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parapluie.errors import Problem
from parapluie.overlap.cca import Matrix, matrix_of
from parapluie.overlap.codes import INCLUDED, INELIGIBLE, STRUCTURAL_MISSING
from parapluie.trace import ALL, where

RESERVED = frozenset(
    {"all", "all_reports", "eligible", "pairs", "questions", "recorded", "reviews", "studies"}
)
"""First parts of keys that an outcome of the same name must not take."""

ABSENT = frozenset({"", "NR", "NA"})


@dataclass(frozen=True)
class Scope:
    """One matrix with the rows of studies.csv that it was counted from.

    Parameters
    ----------
    name : str
        Part of its keys.
    cells : Matrix
    rows, rows_of_reviews : str
        Filters on studies.csv: the rows of its studies, and the rows that decide its reviews.
    level : {"study", "report"}
    """

    name: str
    cells: Matrix
    rows: str
    rows_of_reviews: str
    level: str = "study"


@dataclass(frozen=True)
class Body:
    """What all scopes are made of.

    Parameters
    ----------
    studies : frame
        Rows of included reviews, with ``study`` (the name of the study), ``status`` and, where
        every inclusion tells its report, ``report``.
    reviews : sequence of str
        Included reviews that have a list of studies, in their order.
    when : When or None
        Dates for structural missingness; ``None`` when it is not asked for.
    own_ids : bool
        Whether every row names its study by a study_id, so that other rows cannot change that.
    ineligible_missing : bool
        Whether a study outside the scope of a review counts as structurally missing there.
    """

    studies: pd.DataFrame
    reviews: Sequence[str]
    when: When | None = None
    own_ids: bool = False
    ineligible_missing: bool = False


def scopes(body: Body) -> list[Scope]:
    """Make the matrix of every scope that the table can give."""
    studies = body.studies
    held = studies[studies["status"] == INCLUDED]
    found = [Scope("all", incidence(body, held, body.reviews), ALL, ALL)]
    if "report" in studies:
        cells = incidence(body, held, body.reviews, "report")
        found.append(Scope("all_reports", cells, ALL, ALL, "report"))
    if (studies["eligible"] != "").any():
        part = held[held["eligible"] == "yes"]
        rows = where(eligible="yes") if body.own_ids else ALL
        found.append(Scope("eligible", incidence(body, part, body.reviews), rows, ALL))
    return [*found, *_by_outcome(body, held)]


def _by_outcome(body: Body, held: pd.DataFrame) -> Iterator[Scope]:
    """Count each outcome, and each comparison and outcome: reviews and studies with data for it."""
    for columns in (("outcome",), ("comparison", "outcome")):
        told = held
        for column in columns:
            told = told[~told[column].isin(ABSENT)] if column in told else told[:0]
        for names, part in told.groupby(list(columns), sort=True):
            reviews = [r for r in body.reviews if r in set(part["review_id"])]
            texts = [str(n) for n in names]
            named = dict(zip(columns, texts, strict=True))
            rows = where(**named) if body.own_ids else ALL
            name = "__".join(texts)
            name = f"outcome_{name}" if name in RESERVED else name
            yield Scope(name, incidence(body, part, reviews), rows, rows)


def incidence(
    body: Body, part: pd.DataFrame, reviews: Sequence[str], unit: str = "study"
) -> Matrix:
    """Turn rows (review_id, study) into a matrix, with its structurally missing cells.

    Parameters
    ----------
    body : Body
    part : frame
        The inclusions of the scope.
    reviews : sequence of str
    unit : {"study", "report"}
    """
    names = sorted(set(part[unit]))
    line = {name: i for i, name in enumerate(names)}
    column = {name: j for j, name in enumerate(reviews)}
    rows, columns = _at(part[unit], line), _at(part["review_id"], column)
    missing = _missing_cells(body, part, names, reviews, unit)
    width = max(len(reviews), 1)
    free = ~np.isin(missing[0] * width + missing[1], rows * width + columns)
    return matrix_of(names, reviews, (rows, columns), (missing[0][free], missing[1][free]))


def _at(names: pd.Series[str], place: Mapping[str, int]) -> NDArray[np.int64]:
    return np.fromiter((place[name] for name in names), np.int64, len(names))


def _missing_cells(
    body: Body, part: pd.DataFrame, names: Sequence[str], reviews: Sequence[str], unit: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the cells that are X as given, out of scope, or by date; of the studies of a scope."""
    study_of = dict(zip(part[unit], part["study"], strict=True))
    units: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        units.setdefault(study_of[name], []).append(i)
    column = {name: j for j, name in enumerate(reviews)}
    states = {STRUCTURAL_MISSING, INELIGIBLE} if body.ineligible_missing else {STRUCTURAL_MISSING}
    said = body.studies[body.studies["status"].isin(states)]
    cells = [
        (i, column[review])
        for study, review in zip(said["study"], said["review_id"], strict=True)
        if review in column
        for i in units.get(study, ())
    ]
    rows = np.array([i for i, _ in cells], dtype=np.int64)
    columns = np.array([j for _, j in cells], dtype=np.int64)
    if body.when is None:
        return rows, columns
    later = body.when.later([study_of[name] for name in names], reviews)
    return np.concatenate([rows, later[0]]), np.concatenate([columns, later[1]])


def included_and_missing(body: Body, shown: str) -> list[Problem]:
    """Find studies that one review includes and is said to have been unable to include."""
    of = body.studies[body.studies["status"].isin([INCLUDED, STRUCTURAL_MISSING])]
    two = of.groupby(["review_id", "study"])["status"].nunique()
    keys = zip(of["review_id"], of["study"], strict=True)
    both = of[np.array([two[key] > 1 for key in keys], dtype=bool)]
    return [
        Problem(
            shown,
            f"{row['study_label']!r} structurally missing in {row['review_id']}, which includes it",
            "X only where the review does not include the study",
            "Remove the X, or the inclusion.",
            int(row["_row"]),
            "status",
        )
        for row in both[both["status"] == STRUCTURAL_MISSING].to_dict("records")
    ]


# --- structural missingness -----------------------------------------------------------------------

_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")
NOT_KNOWN = np.nan


@dataclass(frozen=True)
class When:
    """The earliest day of each study and the latest of each review, as yyyymmdd; NaN if not known.

    A study published after a review (by ``date``: after its last search) could not have been in it.
    A year alone stands for all of its days, so that only a study that is later for sure is X. A
    review that nevertheless includes such a study (online first, or a slip) keeps it.
    """

    study: dict[str, float]
    review: dict[str, float]
    by_date: int = 0

    def _arrays(
        self, studies: Sequence[str], reviews: Sequence[str]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        first = [self.study.get(s, NOT_KNOWN) for s in studies]
        last = [self.review.get(r, NOT_KNOWN) for r in reviews]
        return np.array(first, dtype=float), np.array(last, dtype=float)

    def later(
        self, studies: Sequence[str], reviews: Sequence[str]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give rows and columns of the cells in which the study is later than the review."""
        first, last = self._arrays(studies, reviews)
        rows, columns = [], []
        for j, end in enumerate(last.tolist()):
            found = np.flatnonzero(first > end)
            rows.append(found)
            columns.append(np.full(len(found), j))
        none = np.zeros(0, dtype=np.int64)
        return (
            np.concatenate([none, *rows]).astype(np.int64),
            np.concatenate([none, *columns]).astype(np.int64),
        )

    def conflicts(self, cells: Matrix) -> list[tuple[str, str]]:
        """Give study and review of the inclusions in which the study is later."""
        first, last = self._arrays(cells.studies, cells.reviews)
        found = np.flatnonzero(first[cells.rows] > last[cells.columns]).tolist()
        return [(cells.studies[cells.rows[i]], cells.reviews[cells.columns[i]]) for i in found]


def days(text: str, last: bool = False) -> float:
    """Read a date, a month or a year as yyyymmdd: its first or its last day; NaN if it is none.

    Examples
    --------
    >>> days("2019-05"), days("2019", last=True)
    (20190501.0, 20191231.0)
    """
    found = _DATE.fullmatch(text.strip())
    if not found:
        return NOT_KNOWN
    year, month, day = found.groups()
    return float(f"{year}{month or ('12' if last else '01')}{day or ('31' if last else '01')}")


def when_of(studies: pd.DataFrame, facts: pd.DataFrame, reviews: pd.DataFrame, rule: str) -> When:
    """Take the dates of studies and reviews.

    Parameters
    ----------
    studies, facts, reviews : frame
        A study's year or date is that of study_facts.csv, else the earliest that studies.csv has.
    rule : {"year", "date"}
        By year alone, or by publication date and last search, with the years where these are
        not known.
    """
    first: dict[str, float] = {}
    for row in _dated(studies, "study", rule):
        first[row[0]] = float(np.fmin(first.get(row[0], NOT_KNOWN), row[1]))
    first |= {s: day for s, day in _dated(facts, "study_id", rule) if day == day}
    last = {}
    searched = 0
    ends = reviews["search_end"] if "search_end" in reviews else [""] * len(reviews)
    for review, year, end in zip(reviews["review_id"], reviews["year"], ends, strict=True):
        day = days(str(end), last=True) if rule == "date" else NOT_KNOWN
        searched += day == day
        last[review] = day if day == day else _of_year(year) + 1231
    return When(first, last, searched)


def _dated(table: pd.DataFrame, name: str, rule: str) -> Iterator[tuple[str, float]]:
    dates = table["publication_date"] if "publication_date" in table else [""] * len(table)
    for study, year, date in zip(table[name], table["year"], dates, strict=True):
        day = days(str(date))
        if rule != "date" or day != day:
            told = year if year == year else day // 10000
            day = _of_year(told) + 101
        yield study, day


def _of_year(year: float) -> float:
    return float(year) * 10000


def later_than_review(cells: Matrix, when: When, shown: str) -> list[Problem]:
    """List the studies that a review includes although they are later than itself."""
    return [
        Problem(
            shown,
            f"{study} ({_said(when.study[study])}) in {review} ({_said(when.review[review])})",
            "a study not later than the review",
            "Check both dates; the study is counted as included.",
            column="year",
        )
        for study, review in when.conflicts(cells)
    ]


def _said(day: float) -> str:
    text = f"{day:.0f}"
    return text[:4] if text[4:] in ("0101", "1231") else f"{text[:4]}-{text[4:6]}-{text[6:]}"
