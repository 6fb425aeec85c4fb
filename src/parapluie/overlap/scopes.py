"""The citation matrix of each scope: all studies, the eligible ones, and each outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from parapluie.errors import Problem
from parapluie.overlap.cca import Matrix, matrix
from parapluie.trace import ALL, where

RESERVED = frozenset({"all", "eligible", "pairs", "recorded", "reviews"})
"""First parts of keys that an outcome of the same name must not take."""


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
    """

    name: str
    cells: Matrix
    rows: str
    rows_of_reviews: str


def scopes(
    studies: pd.DataFrame, reviews: Sequence[str], years: Years | None, own_ids: bool
) -> list[Scope]:
    """Make the matrix of every scope that the table can give.

    Parameters
    ----------
    studies : frame
        Rows of included reviews with the column ``study`` (the name of the study).
    reviews : sequence of str
        Included reviews that have a list of studies, in their order.
    years : Years or None
        Years for structural missingness; ``None`` when it is not asked for.
    own_ids : bool
        Whether every row names its study by a study_id, so that other rows cannot change that.
    """
    found = [_scope("all", studies, reviews, years, ALL, ALL)]
    if (studies["eligible"] != "").any():
        part = studies[studies["eligible"] == "yes"]
        rows = where(eligible="yes") if own_ids else ALL
        found.append(_scope("eligible", part, reviews, years, rows, ALL))
    for outcome in sorted(set(studies["outcome"]) - {"", "NR", "NA"}):
        part = studies[studies["outcome"] == outcome]
        held = [r for r in reviews if r in set(part["review_id"])]
        rows = where(outcome=outcome) if own_ids else ALL
        name = f"outcome_{outcome}" if outcome in RESERVED else outcome
        found.append(_scope(name, part, held, years, rows, rows))
    return found


def _scope(
    name: str,
    part: pd.DataFrame,
    reviews: Sequence[str],
    years: Years | None,
    rows: str,
    rows_of_reviews: str,
) -> Scope:
    cells = incidence(part, reviews, years)
    return Scope(name, cells, rows, rows_of_reviews)


def incidence(part: pd.DataFrame, reviews: Sequence[str], years: Years | None) -> Matrix:
    """Turn rows (review_id, study) into a matrix, with X by year if `years` are given."""
    names = sorted(set(part["study"]))
    line = {name: i for i, name in enumerate(names)}
    column = {name: j for j, name in enumerate(reviews)}
    included = np.zeros((len(names), len(reviews)), dtype=bool)
    for study, review in zip(part["study"], part["review_id"], strict=True):
        included[line[study], column[review]] = True
    missing = years.later(names, reviews) & ~included if years else None
    return matrix(names, list(reviews), included, missing)


# --- structural missingness -----------------------------------------------------------------------


@dataclass(frozen=True)
class Years:
    """Years of studies and reviews; ``NaN`` where a year is not known.

    A study published after a review could not have been in it. A review that nevertheless includes
    such a study (online first, or a slip) keeps it.
    """

    study: dict[str, float]
    review: dict[str, float]

    def later(self, studies: Sequence[str], reviews: Sequence[str]) -> np.ndarray:
        """Tell for each cell whether the study is later than the review (strictly)."""
        of_study = np.array([self.study.get(s, np.nan) for s in studies], dtype=float)
        of_review = np.array([self.review.get(r, np.nan) for r in reviews], dtype=float)
        return np.asarray(of_study[:, None] > of_review[None, :])


def years_of(studies: pd.DataFrame, facts: pd.DataFrame, reviews: pd.DataFrame) -> Years:
    """Take a study's year from study_facts.csv, else the earliest that studies.csv has."""
    earliest: dict[str, float] = {}
    for study, year in zip(studies["study"], studies["year"], strict=True):
        earliest[study] = float(np.fmin(earliest.get(study, np.nan), year))
    known = facts.dropna(subset=["year"])
    earliest |= dict(zip(known["study_id"], known["year"], strict=True))
    return Years(earliest, dict(zip(reviews["review_id"], reviews["year"], strict=True)))


def later_than_review(cells: Matrix, years: Years, shown: str) -> list[Problem]:
    """List the studies that a review includes although they are later than itself."""
    conflicts = cells.included & years.later(cells.studies, cells.reviews)
    return [
        Problem(
            shown,
            f"{cells.studies[i]} ({int(years.study[cells.studies[i]])}) in {cells.reviews[j]} "
            f"({int(years.review[cells.reviews[j]])})",
            "a study not later than the review",
            "Check both years; the study is counted as included.",
            column="year",
        )
        for i, j in zip(*np.nonzero(conflicts), strict=True)
    ]
