"""A long table of very many inclusions, read by DuckDB as positions instead of rows of text.

For tables that name every study by a study_id: then no label has to be compared. A table of another
form is left to `given`, which tells what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
from numpy.typing import NDArray

from parapluie.overlap.codes import EXCLUDED, INCLUDED, NOT_INCLUDED, Codes, state_of
from parapluie.overlap.given import OF_STUDIES
from parapluie.overlap.names import ids_of, slug, trimmed, year_in
from parapluie.overlap.scopes import ABSENT, days
from parapluie.overlap.sparse import Floats, Incidence, Ints, Times, incidence

NAMES = {
    "review id": "review_id",
    "review": "review_id",
    "study id": "study_id",
    "study label": "study_label",
    "study": "study_label",
    "status": "status",
    "state": "status",
    **OF_STUDIES,
}
"""Headers to the columns that they mean, as in `given`; the others are not read."""

_READ = (
    "review_id", "study_id", "study_label", "status", "year", "publication_date",
    "n_participants", "eligible", "outcome", "comparison",
)  # fmt: skip
_HANDLED = {INCLUDED, NOT_INCLUDED, EXCLUDED}


@dataclass(frozen=True)
class LongTable:
    """The table as positions.

    Parameters
    ----------
    engine : DuckDBPyConnection
        Holds the rows.
    columns : set of str
        Columns that are there.
    rows : int
    names : list of str
        Reviews as they are written.
    reviews, studies : list of str
        Ids of reviews, made of their names; studies as they are written.
    review, study : array of int, shape (rows,)
        Position of the review and the study of each row that says included.
    """

    engine: duckdb.DuckDBPyConnection
    columns: frozenset[str]
    rows: int
    names: list[str]
    reviews: list[str]
    studies: list[str]
    review: Ints
    study: Ints

    def all_studies(self) -> Incidence:
        """Give the inclusions of the whole table."""
        return incidence(self.studies, self.reviews, self.study, self.review)

    def scopes(self) -> Iterator[tuple[str, Incidence]]:
        """Give the inclusions of the eligible studies, of each outcome, each comparison with it."""
        if "eligible" in self.columns and self._count("eligible <> ''"):
            yield "eligible", self._part("eligible = 'yes'", reviews=self.reviews)
        for columns in (("outcome",), ("comparison", "outcome")):
            if self.columns.issuperset(columns):
                yield from self._by(columns)

    def _by(self, columns: Sequence[str]) -> Iterator[tuple[str, Incidence]]:
        listed = ", ".join(columns)
        texts = self.engine.execute(f"select distinct {listed} from held").fetchall()
        named: dict[str, list[tuple[str, ...]]] = {}
        for values in texts:
            if not ABSENT.intersection(values):
                named.setdefault("__".join(map(slug, values)), []).append(values)
        for name in sorted(named):
            marks = " or ".join(
                "(" + " and ".join(f"{c} = ?" for c in columns) + ")" for _ in named[name]
            )
            yield name, self._part(marks, [v for values in named[name] for v in values])

    def _count(self, condition: str) -> int:
        found = self.engine.execute(f"select count(*) from held where {condition}").fetchone()
        return int(found[0]) if found else 0

    def _part(
        self, condition: str, values: Sequence[str] = (), reviews: Sequence[str] | None = None
    ) -> Incidence:
        """Keep some rows; the reviews are those that have one, unless they are given."""
        asked = f"select review, study from held where {condition}"
        review, study = _places(self.engine, asked, values)
        if reviews is None:
            there, review = np.unique(review, return_inverse=True)
            reviews = [self.reviews[i] for i in there.tolist()]
        return incidence(self.studies, reviews, study, review)

    def participants(self) -> dict[str, float]:
        """Give the largest sample size that is told of each study."""
        if "n_participants" not in self.columns:
            return {}
        found = self.engine.execute(
            "select study, max(try_cast(n_participants as double)) n from held group by study"
            " having n is not null and isfinite(n)"
        ).fetchall()
        return {self.studies[study]: n for study, n in found}

    def times(self, held: Incidence, rule: str) -> Times:
        """Give the first day of each study and the last of each review, as yyyymmdd.

        Parameters
        ----------
        held : Incidence
            Names the studies and reviews.
        rule : {"year", "date"}
        """
        first = self._first_days(rule)
        years = {r: year_in(n) for r, n in zip(self.reviews, self.names, strict=True)}
        return Times(
            np.array([first.get(s, np.nan) for s in held.studies], dtype=float),
            np.array([(years[r] or np.nan) * 10_000 + 1231 for r in held.reviews], dtype=float),
        )

    def _first_days(self, rule: str) -> dict[str, float]:
        """Take date or year of the rows of a study, else the year in its label; the earliest."""
        there = self.columns
        date = "publication_date" if rule == "date" and "publication_date" in there else "''"
        year = "year" if "year" in there else "''"
        label = "study_label" if "study_label" in there else "''"
        asked = f"select distinct study, {date}, {year}, {label} from held"
        found: dict[str, float] = {}
        for place, day, told, named in self.engine.execute(asked).fetchall():
            study = self.studies[place]
            value = days(day)
            if value != value:
                in_name = year_in(named or study)
                value = days(told) if told else (in_name or np.nan) * 10_000 + 101
            found[study] = float(np.fmin(found.get(study, np.nan), value))
        return found


def read(relation: duckdb.DuckDBPyRelation, engine: duckdb.DuckDBPyConnection, codes: Codes,
         least: int) -> LongTable | None:  # fmt: skip
    """Read a long table of more than `least` reviews.

    Parameters
    ----------
    relation : DuckDBPyRelation
        The table, every cell as text.
    engine : DuckDBPyConnection
        The engine of the relation.
    codes : Codes
    least : int

    Returns
    -------
    LongTable or None
        ``None`` where the table is smaller, or of a form that it takes `given` to read or to
        refuse: a study without study_id, a code of ``status`` beyond included, not included and
        excluded, a column twice.
    """
    columns = _columns(relation.columns)
    if columns is None or not {"review_id", "study_id"} <= set(columns):
        return None
    cells = ", ".join(f"coalesce(\"{name}\", '') as {known}" for known, name in columns.items())
    relation.project(cells).create("given_rows")
    states = _states(engine, codes) if "status" in columns else {}
    if states is None or not _named_and_many(engine, least):
        return None
    names = _number(engine, "review_id", "reviews_there")
    studies = _number(engine, "study_id", "studies_there")
    if names is None or studies is None:
        return None
    ids = ids_of(names, "review")
    names = _by_id(engine, names, ids)
    rest = [c for c in columns if c not in ("review_id", "study_id", "status")]
    _hold(engine, rest, [text for text, state in states.items() if state != INCLUDED])
    return LongTable(
        engine,
        frozenset(columns),
        _rows(engine),
        names,
        [ids[n] for n in names],
        studies,
        *_places(engine, "select review, study from held"),
    )


def _columns(header: Sequence[str]) -> dict[str, str] | None:
    """Find what each header means; ``None`` if two mean the same."""
    found: dict[str, str] = {}
    for name in header:
        known = NAMES.get(trimmed(name.replace("_", " ")).casefold())
        if known in found or '"' in name:
            return None
        if known in _READ:
            found[known] = name
    return found


def _states(engine: duckdb.DuckDBPyConnection, codes: Codes) -> Mapping[str, str] | None:
    """Read the codes of ``status``; an empty one means included, as the row says so."""
    texts = engine.execute("select distinct status from given_rows").fetchall()
    found = {text: state_of(text, codes) if text else INCLUDED for (text,) in texts}
    if not set(found.values()) <= _HANDLED:
        return None
    return {text: str(state) for text, state in found.items()}


def _named_and_many(engine: duckdb.DuckDBPyConnection, least: int) -> bool:
    """Tell whether all rows name review and study, and the reviews are many."""
    found = engine.execute(
        "select count(*) filter (review_id = '' or study_id = ''), approx_count_distinct(review_id)"
        " from given_rows"
    ).fetchone()
    return found is not None and found[0] == 0 and found[1] > least


def _number(engine: duckdb.DuckDBPyConnection, column: str, table: str) -> list[str] | None:
    """Number the names of a column in their order; ``None`` if blanks alone tell two apart."""
    engine.execute(
        f"create table {table} as select name, (row_number() over (order by name) - 1)::int"
        f" as place from (select distinct {column} as name from given_rows)"
    )
    found = engine.execute(f"select name from {table} order by place").fetchnumpy()["name"]
    clean = [trimmed(str(name)) for name in found.tolist()]
    return clean if len(set(clean)) == len(clean) else None


def _by_id(
    engine: duckdb.DuckDBPyConnection, names: list[str], ids: Mapping[str, str]
) -> list[str]:
    """Give each review its id, and order them by it, as all tables do."""
    order = sorted(range(len(names)), key=lambda i: ids[names[i]])
    engine.execute("alter table reviews_there add column id varchar")
    engine.execute(
        "update reviews_there set id = (?::varchar[])[place + 1], place = (?::int[])[place + 1]",
        [[ids[name] for name in names], np.argsort(order).tolist()],
    )
    return [names[i] for i in order]


def _hold(engine: duckdb.DuckDBPyConnection, rest: Sequence[str], left: Sequence[str]) -> None:
    """Keep the rows that say included, with positions in place of names."""
    kept = ", ".join(["r.place as review", "s.place as study", *rest])
    where = f" where status not in ({', '.join('?' * len(left))})" if left else ""
    engine.execute(
        f"create table held as select {kept} from given_rows g"
        " join reviews_there r on r.name = g.review_id join studies_there s on s.name = g.study_id"
        + where,
        list(left),
    )


def _places(
    engine: duckdb.DuckDBPyConnection, asked: str, values: Sequence[str] = ()
) -> tuple[Ints, Ints]:
    found = engine.execute(asked, list(values)).fetchnumpy()
    review, study = (np.asarray(found[name], dtype=np.int64) for name in ("review", "study"))
    return review, study


def _rows(engine: duckdb.DuckDBPyConnection) -> int:
    found = engine.execute("select count(*) from given_rows").fetchone()
    engine.execute("drop table given_rows")
    return int(found[0]) if found else 0


def sizes_for(held: Incidence, known: Mapping[str, float], impute: str) -> tuple[Floats, int, int]:
    """Give the sample size of each study, how many are not known, and how many imputed."""
    values = np.array([known.get(s, np.nan) for s in held.studies], dtype=float)
    gaps: NDArray[np.bool_] = np.isnan(values)
    unknown = int(gaps.sum())
    if impute == "median" and 0 < unknown < gaps.size:
        values[gaps] = np.median(values[~gaps])
        return values, unknown, unknown
    return values, unknown, 0
