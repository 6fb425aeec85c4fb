"""A table of item answers that stands alone: long, or wide with one row a review."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from parapluie.appraisal.answers import CONSENSUS, Source
from parapluie.appraisal.stage import OVERALL
from parapluie.appraisal.tool import Tool, plain
from parapluie.errors import Problem

if TYPE_CHECKING:
    from parapluie.tables import Table

REVIEW = ("review_id", "review", "study", "author", "reference")
"""Columns that may name the review, the first that is there; else the first column."""
PUBLISHED = ("published_overall", "published", "published_grade", "overall", "rating")
"""Columns that may hold the grade that the authors print."""
KINDS = "review_type"
"""Column with the kinds of a review, as ``scoping`` or ``no_meta_analysis``."""
_LONG = {"item", "answer"}


@dataclass
class Standalone:
    """What the table holds, as the stage reads it."""

    ratings: list[Source] = field(default_factory=list)
    recorded: list[Source] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    @property
    def reviews(self) -> pd.DataFrame:
        """The reviews of the table."""
        return pd.DataFrame({"review_id": list(self.kinds), "review_type": self.kinds.values()})

    def review_types(self) -> dict[str, dict[str, bool]]:
        """Give each text of the column of kinds with what it says."""
        found = {}
        for text in set(self.kinds.values()):
            words = {plain(part).replace(" ", "_") for part in text.split(";")}
            found[text] = {
                "scoping": "scoping" in words or "scoping_review" in words,
                "qualitative": "qualitative" in words or "qualitative_review" in words,
                "meta_analysis": "no_meta_analysis" not in words,
            }
        return found


def standalone(table: Table, tool: Tool) -> Standalone:
    """Read a long or wide table of item answers.

    Parameters
    ----------
    table : Table
        As text. Long: columns ``item`` and ``answer``, and perhaps ``criterion`` and ``rater``.
        Wide: a column for each item or part of an item, by its name (``9_rct``; ``Item 9`` is read
        too). Further columns are passed over, but for the published grade and the kinds of review.
    tool : Tool

    Returns
    -------
    Standalone
        Faults are in ``problems``, what a person should look at in ``notes``; nothing is raised.
    """
    found = Standalone(problems=list(table.problems))
    if not table.columns:
        return found
    named = _named(table.columns, REVIEW) or table.columns[0]
    columns = {c: name for c in table.columns if (name := _item_name(c, tool)) and c != named}
    is_long = set(table.columns) >= _LONG
    if not is_long and not columns:
        mend = "Name the columns by the items, or give columns review_id, item and answer."
        allowed = ", ".join(tool.places())
        found.problems.append(Problem(table.shown, "no column of an item", allowed, mend, 1))
        return found
    rows: _Rows = list(zip(table.numbers, table.rows, strict=True))
    found.problems += _unnamed(table, rows, named)
    rows = [(n, row) for n, row in rows if row.get(named, "").strip()]
    doubled = [] if is_long else list(_doubled(table, columns))
    found.problems += doubled
    if doubled:
        return found
    if not is_long:
        rows, found.notes = _told_apart(table.shown, rows, named)
    cells = _long(rows, named) if is_long else _wide(rows, named, columns)
    found.ratings = _ratings(table.shown, tool, cells, found.problems)
    for _, row in rows:
        found.kinds[row[named].strip()] = row.get(KINDS, "").strip()
    if tool.grades:
        found.recorded = _recorded(table, tool, rows, named, found.problems)
    return found


def _told_apart(shown: str, rows: _Rows, named: str) -> tuple[_Rows, list[Problem]]:
    """Give two reviews of one name in a wide table names of their own: the row is added."""
    seen: dict[tuple[str, str], int] = {}
    found: list[tuple[int, Mapping[str, str]]] = []
    notes = []
    for number, row in rows:
        place = (row.get("rater", "").strip(), row[named].strip())
        if place in seen:
            own = f"{place[1]} (row {number})"
            mend = f"It is called {own} here; correct it if it is the same review."
            allowed = f"another name than row {seen[place]}"
            notes.append(Problem(shown, place[1], allowed, mend, number, named))
            row = {**row, named: own}
        else:
            seen[place] = number
        found.append((number, row))
    return found, notes


def _named(columns: Sequence[str], wanted: Iterable[str]) -> str:
    have = {c.casefold(): c for c in reversed(columns)}
    return next((have[name] for name in wanted if name in have), "")


def _item_name(column: str, tool: Tool) -> str:
    """Give the item that a column names, ``""`` if it names none."""
    reduced = re.sub(r"[\s.:-]+", "_", column.strip().casefold()).strip("_*")
    bare = re.sub(r"^(item|question|q|amstar_?2?)_?(?=\d)", "", reduced)
    names = {name.casefold(): name for name in tool.places()}
    return names.get(reduced) or names.get(bare) or names.get(column.strip().casefold(), "")


_Cell = tuple[str, int, str, str, str, str]
"""Rater, row, review, item, criterion, answer."""
_Rows = Sequence[tuple[int, Mapping[str, str]]]


def _long(rows: _Rows, named: str) -> Iterator[_Cell]:
    for number, row in rows:
        rater = row.get("rater", "").strip() or CONSENSUS
        told = (row.get("criterion", "").strip(), row["answer"])
        yield rater, number, row[named].strip(), row["item"].strip(), *told


def _wide(rows: _Rows, named: str, columns: Mapping[str, str]) -> Iterator[_Cell]:
    for number, row in rows:
        rater = row.get("rater", "").strip() or CONSENSUS
        for column, item in columns.items():
            yield rater, number, row[named].strip(), item, "", row[column]


def _ratings(
    shown: str, tool: Tool, cells: Iterable[_Cell], problems: list[Problem]
) -> list[Source]:
    by_rater: dict[str, list[tuple[int, str, str, str, str]]] = {}
    first: dict[tuple[str, ...], int] = {}
    for rater, number, review, item, criterion, answer in cells:
        place = (rater, review, item, criterion)
        if place in first:
            words = " ".join(part for part in place if part)
            mend = "Keep one of the two."
            allowed = f"once; row {first[place]} has it already"
            problems.append(Problem(shown, words, allowed, mend, number, "item"))
            continue
        first[place] = number
        by_rater.setdefault(rater, []).append((number, review, item, criterion, answer))
    columns = ["_row", "review_id", "item", "criterion", "answer"]
    return [
        Source(tool.id, rater, shown, pd.DataFrame(rows, columns=columns))
        for rater, rows in sorted(by_rater.items())
    ]


def _recorded(
    table: Table, tool: Tool, rows: _Rows, named: str, problems: list[Problem]
) -> list[Source]:
    """Read the published grades; one review has one, however many rows it has."""
    column = _named(table.columns, PUBLISHED)
    if not column:
        return []
    grades = {plain(text): grade for grade, label in tool.grades.items() for text in (grade, label)}
    found: dict[str, tuple[int, str]] = {}
    for number, row in rows:
        text, review = row[column].strip(), row[named].strip()
        grade = grades.get(plain(text), "")
        if text and not grade:
            mend = "Write one of these grades, or leave the cell empty."
            allowed = ", ".join(tool.grades)
            problems.append(Problem(table.shown, repr(text), allowed, mend, number, column))
        elif grade and found.setdefault(review, (number, grade))[1] != grade:
            allowed = f"{found[review][1]}, as in row {found[review][0]}"
            mend = "Give a review one published grade."
            problems.append(Problem(table.shown, grade, allowed, mend, number, column))
    lines = [(n, review, OVERALL, grade, "", table.shown) for review, (n, grade) in found.items()]
    columns = ["_row", "review_id", "part", "rating", "set", "source"]
    frame = pd.DataFrame(lines, columns=columns, dtype="object")
    return [Source(tool.id, "recorded", table.shown, frame)]


def _unnamed(table: Table, rows: _Rows, named: str) -> Iterator[Problem]:
    for number, row in rows:
        if not row.get(named, "").strip():
            mend = "Name the review."
            yield Problem(table.shown, "an empty cell", "the name of a review", mend, number, named)


def _doubled(table: Table, columns: Mapping[str, str]) -> Iterator[Problem]:
    """Name columns of one item that stand twice under other names."""
    seen: dict[str, str] = {}
    for column, item in columns.items():
        if item in seen:
            mend = "Keep one of the two columns."
            yield Problem(table.shown, column, f"one column for item {item}", mend, 1, column)
        seen[item] = column
