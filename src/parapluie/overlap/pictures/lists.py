"""What the figures of the overlap are made from: reviews and studies by their years."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parapluie.grid import labels_of
from parapluie.overlap.recorded import Step

Cells = NDArray[np.bool_]

INCLUDED, MISSING = "included", "structural_missing"
_SAFE = re.compile(r"[\w.-]+")


@dataclass(frozen=True)
class Sources:
    """The tables that the figures are made from.

    Parameters
    ----------
    matrix : DataFrame
        study_id, review_id, state; a line for each cell that is included or structurally missing.
    reviews : DataFrame
        The included reviews: review_id, first_author, year.
    listed : sequence of str
        Reviews that have a list of studies, which may be empty.
    labels, years : mapping
        Study to its name and its year; a study without a name is drawn under its id.
    shorter : sequence of str
        Reviews whose list is shorter than they report.
    steps : sequence of Step
        The recorded distribution.
    lines : mapping
        Key to a line of figures.csv of the stage.
    scheme : str
        How bands are named.
    documents : mapping
        Review to the documents that its list of studies is from.
    shown, links : str
        File of the lists, and of answers on which labels are one study (``""`` where there is
        none), as shown to users.
    """

    matrix: pd.DataFrame
    reviews: pd.DataFrame
    listed: Sequence[str] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    years: Mapping[str, float] = field(default_factory=dict)
    shorter: Sequence[str] = ()
    steps: Sequence[Step] = ()
    lines: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    scheme: str = "half_open"
    documents: Mapping[str, str] = field(default_factory=dict)
    shown: str = "data/extraction/studies.csv"
    links: str = ""

    @property
    def without_list(self) -> list[str]:
        """Included reviews whose studies are not listed."""
        listed = set(self.listed)
        return [str(r) for r in self.reviews["review_id"] if r not in listed]


@dataclass(frozen=True)
class Named:
    """A review or a study: its id, its name, its year (NaN where not known)."""

    id: str
    label: str
    year: float = math.nan


@dataclass(frozen=True)
class Lists:
    """Reviews and studies by year, then by name, and which review includes which study.

    ``included`` and ``missing`` have the shape (studies, reviews).
    """

    reviews: Sequence[Named]
    studies: Sequence[Named]
    included: Cells
    missing: Cells

    @property
    def times(self) -> NDArray[np.int64]:
        """Number of reviews that include each study."""
        return np.asarray(self.included.sum(axis=1), dtype=np.int64)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Number of studies of each review."""
        return np.asarray(self.included.sum(axis=0), dtype=np.int64)

    @property
    def alone(self) -> NDArray[np.int64]:
        """Number of studies of each review that no other one includes."""
        return np.asarray(self.included[self.times == 1].sum(axis=0), dtype=np.int64)


def reviews_by_year(sources: Sources) -> list[Named]:
    """Give the reviews that have a list, the oldest first."""
    names = labels_of(sources.reviews)
    known = sources.reviews if "year" in sources.reviews else sources.reviews.assign(year=math.nan)
    year = dict(zip(known["review_id"], known["year"], strict=True))
    listed = set(sources.listed)
    found = [Named(r, names[r], _number(year.get(r))) for r in names if r in listed]
    return sorted(found, key=_order)


def studies_by_year(sources: Sources) -> list[Named]:
    """Give the studies, the oldest first; names that two of them share carry the id."""
    ids = sorted(set(sources.matrix.loc[sources.matrix["state"] == INCLUDED, "study_id"]))
    said = {s: sources.labels.get(s) or s for s in ids}
    counts: dict[str, int] = {}
    for name in said.values():
        counts[name] = counts.get(name, 0) + 1
    found = []
    for study, name in said.items():
        year = _number(sources.years.get(study))
        if name == study and not math.isnan(year) and f"{year:.0f}" not in name:
            name = f"{name} ({year:.0f})"
        elif counts[name] > 1 and name != study:
            name = f"{name} ({study})"
        found.append(Named(study, name, year))
    return sorted(found, key=_order)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _order(one: Named) -> tuple[float, str, str]:
    return (math.inf if math.isnan(one.year) else one.year, one.label.casefold(), one.id)


def lists_of(sources: Sources) -> Lists:
    """Spread the matrix out; for as many cells as a figure can show."""
    reviews, studies = reviews_by_year(sources), studies_by_year(sources)
    column = {r.id: i for i, r in enumerate(reviews)}
    line = {s.id: i for i, s in enumerate(studies)}
    shape = (len(studies), len(reviews))
    cells = {INCLUDED: np.zeros(shape, dtype=bool), MISSING: np.zeros(shape, dtype=bool)}
    for state, array in cells.items():
        rows = sources.matrix[sources.matrix["state"] == state]
        rows = rows[rows["study_id"].isin(line) & rows["review_id"].isin(column)]
        array[
            rows["study_id"].map(line).to_numpy(int), rows["review_id"].map(column).to_numpy(int)
        ] = True
    return Lists(reviews, studies, cells[INCLUDED], cells[MISSING])


def years_and_names(
    studies: pd.DataFrame, facts: pd.DataFrame
) -> tuple[dict[str, str], dict[str, float]]:  # fmt: skip
    """Give the names and the years of studies: of study_facts.csv, else as the lists have them.

    Parameters
    ----------
    studies, facts : DataFrame
        The tables of extraction; columns that are not there are done without.
    """
    names: dict[str, str] = {}
    years: dict[str, float] = {}
    for table in (studies, facts):
        columns = [
            table[c] if c in table else [""] * len(table)
            for c in ("study_id", "study_label", "year")
        ]
        for study, label, said in zip(*columns, strict=True):
            known = str(study or label or "")
            if label:
                names[known] = str(label)
            year = _number(said)
            if not math.isnan(year):
                years[known] = year if table is facts else min(year, years.get(known, year))
    return names, years


def study_key(study: str) -> str:
    """Give the key of the number of reviews that include a study; ``""`` where its id is none."""
    return f"overlap.studies.{study}.reviews" if _SAFE.fullmatch(study) else ""


def pair_key(a: str, b: str) -> str:
    """Give the first part of the keys of a pair; its reviews stand in the order of the alphabet."""
    first, second = sorted((a, b))
    return f"overlap.pairs.{first}.{second}"
