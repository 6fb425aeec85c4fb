"""A citation matrix or a long table that somebody hands in, without the rest of a review folder.

Both become the frames that the stage reads: one row for each cell that is not empty, and one for
each review. Names are kept as they are written, apart from blanks; ids are made of them.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from parapluie.errors import Problem, raise_if
from parapluie.overlap.codes import (
    ALLOWED,
    INCLUDED,
    NOT_INCLUDED,
    UNKNOWN,
    Codes,
    state_of,
)
from parapluie.overlap.names import ids_of, slug, trimmed, without_year, year_in
from parapluie.schema import table_schema
from parapluie.tables import Table, frame, parse_number, problems_of

OF_STUDIES = {
    "year": "year",
    "study year": "year",
    "publication year": "year",
    "publication date": "publication_date",
    "n": "n_participants",
    "n participants": "n_participants",
    "sample size": "n_participants",
    "first author": "first_author",
    "author": "first_author",
    "title": "title",
    "doi": "doi",
    "pmid": "pmid",
    "registration": "registration",
    "design": "design",
    "eligible": "eligible",
    "outcome": "outcome",
    "comparison": "comparison",
}
"""Headers (or, of a matrix with reviews in rows, first cells) that tell facts of studies."""

OF_REVIEWS = {
    "year": "year",
    "review year": "year",
    "publication year": "year",
    "search end": "search_end",
    "search date": "search_end",
    "last search": "search_end",
}
"""First cells of rows (or headers, with reviews in rows) that tell facts of reviews."""

_REVIEW_WORDS = {"review", "reviews", "systematic review", "systematic reviews", "review id"}
LAYOUTS = ("auto", "columns", "rows")


@dataclass
class Given:
    """What a matrix or a long table tells.

    Parameters
    ----------
    studies : list of dict
        Rows of studies.csv: review_id, study_id, study_label, status, and facts of the study.
    reviews : list of dict
        review_id, first_author, year, search_end, name.
    rows : list of int
        Row number of each row of `studies`.
    listed : list of str
        Reviews that have a list, even one without a study.
    warnings : list of Problem
        What was dropped, left out or taken for granted.
    notes : list of (str, str)
        Assumptions: what, and how it was decided.
    """

    studies: list[dict[str, str]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    reviews: list[dict[str, str]] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)


def frames_of(made: Given, shown: str, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the frames of reviews and of studies that the stage reads.

    Parameters
    ----------
    made : Given
    shown : str
        The file in messages.
    name : str
        Schema of the rows of studies.

    Raises
    ------
    InputError
        With every fact that is none, such as a year of three digits.
    """
    columns = list(dict.fromkeys(c for row in made.studies for c in row))
    texts = [{c: row.get(c, "") for c in columns} for row in made.studies]
    table = Table(shown, columns, texts, made.rows)
    schema = table_schema(name)
    faults = problems_of(table, schema) if texts else []
    raise_if([*faults, *(p for row in made.reviews for p in _review_faults(shown, row))])
    reviews = pd.DataFrame(made.reviews, dtype="object")
    reviews["year"] = [_or_nan(text) for text in reviews["year"]]
    reviews["n_studies"] = math.nan
    return reviews, frame(table, schema)


def _or_nan(text: str) -> float:
    number = parse_number(text)
    return math.nan if number is None else number


def _review_faults(shown: str, row: Mapping[str, str]) -> Iterator[Problem]:
    allowed = {
        "year": (_YEAR, "a year of four digits"),
        "search_end": (_DATE, "2019 to 2019-05-31"),
    }
    for column, (pattern, said) in allowed.items():
        if row[column] not in ("", "NR", "NA") and not pattern.fullmatch(row[column]):
            found = f"{row[column]!r} of {row['name']}"
            yield Problem(shown, found, said, "Correct the cell.", column=column)


_YEAR = re.compile(r"(18|19|20)\d\d")
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


@dataclass(frozen=True)
class _Grid:
    """A matrix with studies in rows, wherever they were: names, cells, facts, and their places."""

    studies: Sequence[str]
    reviews: Sequence[str]
    cells: Sequence[Sequence[str]]
    study_facts: Sequence[Mapping[str, str]]
    review_facts: Mapping[str, Mapping[str, str]]
    study_rows: Sequence[int]
    review_rows: Sequence[int]
    turned: bool

    def place(self, i: int, j: int) -> tuple[int, str]:
        """Give row number and column of a cell as the file has it."""
        if self.turned:
            return self.review_rows[j], self.studies[i]
        return self.study_rows[i], self.reviews[j]


def from_matrix(table: Table, codes: Codes, layout: str = "auto") -> Given:
    """Read a matrix of studies and reviews.

    Parameters
    ----------
    table : Table
        The file as text; the first column names the rows.
    codes : Codes
    layout : {"auto", "columns", "rows"}
        Where the reviews are. ``auto``: in the columns, unless the header of the first column says
        ``review``.

    Raises
    ------
    InputError
        With every fault: names twice, cells that are no code, a review known in part.
    """
    problems = list(table.problems)
    turned = layout == "rows" or (layout == "auto" and _says_reviews(table))
    grid = _grid(table, turned)
    told: list[Problem] = []
    if codes.repeats == "different":
        grid, told = _told_apart(table.shown, grid)
    problems += _names_twice(table.shown, grid) + _nothing(table, grid)
    states = [[state_of(text, codes) for text in row] for row in grid.cells]
    problems += list(_no_codes(table.shown, grid, states))
    problems += _known_in_part(table.shown, grid, states)
    raise_if(problems)
    made = Given()
    _fill(made, grid, [[str(s) for s in row] for row in states])
    made.warnings += [*told, *_warnings(table.shown, grid, states, codes, layout)]
    made.notes += _notes(grid, codes)
    return made


def _says_reviews(table: Table) -> bool:
    return bool(table.columns) and _plain(table.columns[0]) in _REVIEW_WORDS


def _plain(text: str) -> str:
    return trimmed(text.replace("_", " ")).casefold()


# --- the shape of the file ------------------------------------------------------------------------


def _grid(table: Table, turned: bool) -> _Grid:
    """Part names, cells and facts; a matrix with reviews in rows is turned."""
    head = table.columns[:1]
    of_columns, of_rows = (OF_REVIEWS, OF_STUDIES) if turned else (OF_STUDIES, OF_REVIEWS)
    facts = {c: of_columns[_plain(c)] for c in table.columns[1:] if _plain(c) in of_columns}
    across = [c for c in table.columns[1:] if c not in facts]
    down, numbers, cells, row_facts = [], [], [], []
    column_facts: dict[str, dict[str, str]] = defaultdict(dict)
    for row, number in zip(table.rows, table.numbers, strict=True):
        name = trimmed(row[head[0]])
        if _plain(name) in of_rows:
            for c in across:
                column_facts[trimmed(c)][of_rows[_plain(name)]] = row[c]
            continue
        down.append(name)
        numbers.append(number)
        cells.append([row[c] for c in across])
        row_facts.append({known: row[c] for c, known in facts.items()})
    names = [trimmed(c) for c in across]
    if not turned:
        return _Grid(down, names, cells, row_facts, column_facts, numbers, [1] * len(names), False)
    return _Grid(
        names,
        down,
        [list(column) for column in zip(*cells, strict=True)] or [[] for _ in names],
        [column_facts.get(c, {}) for c in names],
        dict(zip(down, row_facts, strict=True)),
        [1] * len(names),
        numbers,
        True,
    )


def _names_twice(shown: str, grid: _Grid) -> list[Problem]:
    """Find names that stand twice, or not at all, with both rows."""
    problems = []
    kinds = (("study", grid.studies, grid.study_rows), ("review", grid.reviews, grid.review_rows))
    for kind, names, rows in kinds:
        places = defaultdict(list)
        for name, row in zip(names, rows, strict=True):
            places[name].append(row)
        for name, found in places.items():
            if not name:
                problems += [_no_name(shown, kind, row) for row in found]
            elif len(found) > 1:
                where = f"in rows {' and '.join(map(str, found))}" if found[1] > 1 else "in row 1"
                problems.append(
                    Problem(
                        shown,
                        f"{kind} {name!r} {len(found)} times, {where}",
                        f"each {kind} once",
                        "Join the two, or name them apart (--repeats different: two studies)."
                        if kind == "study"
                        else "Join the two, or give them different names.",
                        found[-1],
                    )
                )
    return problems


def _told_apart(shown: str, grid: _Grid) -> tuple[_Grid, list[Problem]]:
    """Add the row to the name of each study that stands twice; it counts as two studies."""
    times = Counter(grid.studies)
    names, told = [], []
    for name, row in zip(grid.studies, grid.study_rows, strict=True):
        again = times[name] > 1 and name
        names.append(f"{name} (row {row})" if again else name)
        if again:
            found = f"study {name!r} {times[name]} times"
            mend = "Check that they are different studies; they count as such."
            told.append(Problem(shown, found, "each study once", mend, row))
    return replace(grid, studies=names), told


def _no_name(shown: str, kind: str, row: int) -> Problem:
    return Problem(shown, f"a {kind} without a name", "a name", "Name it, or remove it.", row)


def _nothing(table: Table, grid: _Grid) -> list[Problem]:
    if table.columns and not (grid.studies and grid.reviews):
        return [
            Problem(
                table.shown,
                f"{len(grid.studies)} studies and {len(grid.reviews)} reviews",
                "names of studies in the first column, and one column for each review",
                "Add what is missing; another layout is told by --reviews-in rows.",
                1,
            )
        ]
    return []


# --- cells ----------------------------------------------------------------------------------------


def _no_codes(
    shown: str, grid: _Grid, states: Sequence[Sequence[str | None]]
) -> Iterator[Problem]:  # fmt: skip
    for i, row in enumerate(states):
        for j, state in enumerate(row):
            if state is not None:
                continue
            number, column = grid.place(i, j)
            text = trimmed(grid.cells[i][j])
            mend = "Correct the cell."
            if text == "x":
                mend = "Say --lower-case-x if it means included; write X for structurally missing."
            yield Problem(shown, repr(text), ALLOWED, mend, number, column)


def _known_in_part(
    shown: str, grid: _Grid, states: Sequence[Sequence[str | None]]
) -> list[Problem]:  # fmt: skip
    """Refuse a review that is unknown in some cells: then it has a list, and they are in it."""
    problems = []
    for j, review in enumerate(grid.reviews):
        unknown = [i for i, row in enumerate(states) if row[j] == UNKNOWN]
        if unknown and len(unknown) < len(states):
            number, column = grid.place(unknown[0], j)
            problems.append(
                Problem(
                    shown,
                    f"{review} unknown in {len(unknown)} of {len(states)} cells",
                    "unknown in all cells of a review that gives no list, or in none",
                    "Write what the list of the review says.",
                    number,
                    column,
                )
            )
    return problems


def _fill(made: Given, grid: _Grid, states: Sequence[Sequence[str]]) -> None:
    """Turn the cells into rows of studies.csv, and the reviews into rows of reviews.csv."""
    studies = ids_of(grid.studies, "study")
    reviews = ids_of(grid.reviews, "review")
    for j, review in enumerate(grid.reviews):
        made.reviews.append(_review(review, reviews[review], grid.review_facts.get(review, {})))
        column = [row[j] for row in states]
        if any(state != UNKNOWN for state in column):
            made.listed.append(reviews[review])
        for i, state in enumerate(column):
            if state in (NOT_INCLUDED, UNKNOWN):
                continue
            name = grid.studies[i]
            row = {"review_id": reviews[review], "study_id": studies[name], "study_label": name}
            made.studies.append({**row, "status": state, **_facts(name, grid.study_facts[i])})
            made.rows.append(grid.place(i, j)[0])


def _facts(name: str, known: Mapping[str, str]) -> dict[str, str]:
    year = "" if known.get("year") else str(year_in(name) or "")
    return {**known, "year": known.get("year") or year}


def _review(name: str, review_id: str, known: Mapping[str, str]) -> dict[str, str]:
    year = known.get("year") or str(year_in(name) or "")
    same = known.get("year", year) == str(year_in(name) or "")
    return {
        "review_id": review_id,
        "first_author": without_year(name) if same else name,
        "year": year,
        "search_end": known.get("search_end", ""),
        "n_studies": "",
        "name": name,
    }


# --- what to tell ---------------------------------------------------------------------------------


def _warnings(
    shown: str,
    grid: _Grid,
    states: Sequence[Sequence[str | None]],
    codes: Codes,
    layout: str,
) -> Iterator[Problem]:
    texts = Counter(trimmed(text) for row in grid.cells for text in row)
    zeros = sum(n for text, n in texts.items() if text and state_of(text, codes) == NOT_INCLUDED)
    if texts[""] and zeros:
        yield Problem(
            shown,
            f"{texts['']} empty cells beside {zeros} that say not included",
            "one code for one meaning",
            f"Check what empty means here; it is read as {codes.empty} (--empty).",
        )
    for i, row in enumerate(states):
        if INCLUDED not in row:
            yield Problem(
                shown,
                f"study {grid.studies[i]!r} in no review",
                "a study that at least one review includes",
                "Check the row; it is dropped, and does not count.",
                None if grid.turned else grid.study_rows[i],
            )
    if layout == "auto" and not grid.turned and len(grid.reviews) > len(grid.studies):
        yield Problem(
            shown,
            f"{len(grid.reviews)} reviews in columns and {len(grid.studies)} studies in rows",
            "a layout that the file tells",
            "Say --reviews-in rows if the rows are reviews.",
            1,
        )


def _notes(grid: _Grid, codes: Codes) -> list[tuple[str, str]]:
    layout = "reviews in rows" if grid.turned else "reviews in columns"
    named = sum(
        bool(year_in(s)) and not f.get("year")
        for s, f in zip(grid.studies, grid.study_facts, strict=True)
    )
    mine = [r for r in grid.reviews if not grid.review_facts.get(r, {}).get("year")]
    from_names = sum(year_in(r) is not None for r in mine)
    return [
        ("layout of the matrix", layout),
        ("empty cells", codes.empty),
        ("studies that stand twice", codes.repeats),
        ("lower-case x", INCLUDED if codes.lower_x else "refused"),
        (
            "years taken from names",
            f"{named} of {len(grid.studies)} studies, {from_names} of {len(grid.reviews)} reviews",
        ),
    ]


# --- the long table -------------------------------------------------------------------------------

_LONG = {
    "review id": "review_id",
    "review": "review_id",
    "study id": "study_id",
    "study label": "study_label",
    "study": "study_label",
    "report id": "report_id",
    "status": "status",
    "state": "status",
    **OF_STUDIES,
}


def from_long(table: Table, codes: Codes) -> Given:
    """Read a long table that stands alone: review, study, and what else is known of the study.

    Parameters
    ----------
    table : Table
        Columns ``review`` or ``review_id``, ``study_label``, ``study`` or ``study_id``; further
        ones as in studies.csv.
    codes : Codes
        Of ``status``; an empty one means included here: the row says so.

    Raises
    ------
    InputError
        If names or columns are missing.
    """
    known = {c: _LONG[_plain(c)] for c in table.columns if _plain(c) in _LONG}
    raise_if([*table.problems, *_long_header(table, set(known.values()))])
    rows = [{known.get(c, c): text for c, text in row.items()} for row in table.rows]
    problems = [p for row, n in zip(rows, table.numbers, strict=True)
                for p in _long_row(table.shown, row, n, codes)]  # fmt: skip
    raise_if(problems)
    made = Given()
    _fill_long(made, rows, table.numbers, codes)
    return made


def _fill_long(
    made: Given, rows: Sequence[Mapping[str, str]], numbers: Sequence[int], codes: Codes
) -> None:
    reviews = ids_of((trimmed(row["review_id"]) for row in rows), "review")
    studies = ids_of((trimmed(row["study_id"]) for row in rows if row.get("study_id")), "study")
    for row, number in zip(rows, numbers, strict=True):
        study = trimmed(row.get("study_id", ""))
        label = trimmed(row.get("study_label", "")) or study
        if not label:  # a review without a list has a row, and no study
            continue
        made.rows.append(number)
        state = state_of(row["status"], codes) if row.get("status") else INCLUDED
        made.studies.append(
            {
                **row,
                "review_id": reviews[trimmed(row["review_id"])],
                "study_id": studies[study] if study else "",
                "study_label": label,
                "status": str(state),
                "year": row.get("year") or str(year_in(label) or ""),
                **{c: slug(row[c]) for c in ("outcome", "comparison") if row.get(c)},
            }
        )
    made.reviews = [_review(name, i, {}) for name, i in reviews.items()]
    known = {row["review_id"] for row in made.studies if row["status"] != UNKNOWN}
    made.listed = [i for i in reviews.values() if i in known]


def _long_header(table: Table, known: set[str]) -> list[Problem]:
    wanted = []
    if "review_id" not in known:
        wanted.append(("review_id", "review_id or review"))
    if not known & {"study_id", "study_label"}:
        wanted.append(("study_label", "study_label, study or study_id"))
    return [
        Problem(table.shown, f"no column {c}", allowed, "Add the column to the header.", 1, c)
        for c, allowed in wanted
        if table.columns
    ]


def _long_row(shown: str, row: Mapping[str, str], number: int, codes: Codes) -> Iterator[Problem]:
    if not row["review_id"]:
        yield Problem(shown, "an empty cell", "a name", "Name the review.", number, "review_id")
    unknown = state_of(row.get("status") or "1", codes) == UNKNOWN
    if not (row.get("study_label") or row.get("study_id")) and not unknown:
        yield Problem(shown, "an empty cell", "a name", "Name the study.", number, "study_label")
    status = row.get("status", "")
    if status and state_of(status, codes) is None:
        yield Problem(shown, repr(status), ALLOWED, "Correct the cell.", number, "status")
