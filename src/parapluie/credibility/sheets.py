"""Tables of effects of studies, as text, made into factors.

Two forms are read: the columns of ``study_effects.csv``, with a column that names the factor; and
sheets in the form of R's metaumbrella.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parapluie.credibility.facts import Array, Texts
from parapluie.credibility.measured import About
from parapluie.credibility.people import COLUMNS as PEOPLE
from parapluie.credibility.people import low_risk, most_of, people
from parapluie.effects.cells import texts
from parapluie.effects.enter import enter, paths
from parapluie.effects.entry import TEXT_COLUMNS
from parapluie.effects.registry import MEASURES
from parapluie.effects.umbrella import Factors, factors
from parapluie.errors import Problem, raise_if
from parapluie.schema import ABSENT_CODES
from parapluie.tables import Table, parse_number

Places = NDArray[np.intp]

LEFT_OUT_COLUMNS = ("factor", "study", "row", "reason")
"""Columns of the lines on rows that were not used."""


@dataclass(frozen=True)
class Sheet:
    """Factors with what a table says of them.

    Parameters
    ----------
    factors : Factors
    about : About
        Of each factor, in the same order.
    paths : array of str
        How the effect of each study was had.
    raw : (array, array)
        Mean difference or change itself and its variance, of each study; NaN where there is none.
    left_out : list of mapping
        Rows that were not used, with the reason.
    """

    factors: Factors
    about: About
    paths: Texts
    raw: tuple[Array, Array]
    left_out: list[dict[str, str]]


# --- cells ----------------------------------------------------------------------------------------


_PLAIN = frozenset("0123456789.+-eE")
"""Characters of numbers that need no care."""


class Cells:
    """The cells of a table by column, numbers read where they are asked for."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.problems: list[Problem] = list(table.problems)

    def __len__(self) -> int:
        """Give the number of rows."""
        return len(self.table.rows)

    def has(self, column: str) -> bool:
        """Tell whether the header has a column."""
        return column in self.table.columns

    def words(self, column: str) -> Texts:
        """Give a column as text; a column that is not there is empty."""
        return np.array([row.get(column, "") for row in self.table.rows], dtype=object)

    def numbers(self, column: str, mend: str = "Correct the cell.") -> Array:
        """Give a column as numbers, NaN where absent; what is neither is a fault."""
        said = [row.get(column, "") for row in self.table.rows]
        if all(said) and _PLAIN.issuperset("".join(said)):
            with contextlib.suppress(ValueError):
                numbers = np.array(said, dtype=float)
                if np.isfinite(numbers).all():
                    return numbers
        found = np.full(len(self), np.nan)
        absent = (*ABSENT_CODES, "NaN")
        for i, row in enumerate(self.table.rows):
            text = row.get(column, "")
            if text and text not in absent:
                value = parse_number(text, self.table.delimiter)
                if value is None:
                    self.fault(i, column, repr(text), "a number", mend)
                else:
                    found[i] = value
        return found

    def fault(self, i: int, column: str, found: str, allowed: str, mend: str) -> None:
        """Keep a fault of a cell."""
        row = self.table.numbers[i]
        self.problems.append(Problem(self.table.shown, found, allowed, mend, row, column))

    def need(self, columns: Sequence[str]) -> None:
        """Refuse a table without these columns.

        Raises
        ------
        InputError
            With every fault so far.
        """
        if not self.table.columns:
            raise_if(self.problems)
        there = ", ".join(self.table.columns)
        self.problems += [
            Problem(self.table.shown, f"no column {c}", f"a header with {c} (it has {there})",
                    f"Add the column {c}.", row=1, column=c)
            for c in columns if not self.has(c)
        ]  # fmt: skip
        raise_if(self.problems)

    def filled(self, columns: Sequence[str]) -> None:
        """Keep a fault for every empty cell of these columns."""
        for column in columns:
            self.among(column, lambda text: text not in ABSENT_CODES, "a name", "Fill in the cell.")

    def among(self, column: str, allowed: Callable[[str], bool], said: str, mend: str) -> None:
        """Keep a fault for every cell of a column whose text is not allowed."""
        words = self.words(column)
        bad = {text for text in set(words) if not allowed(text)}
        for i in [i for i, text in enumerate(words) if text in bad] if bad else ():
            self.fault(i, column, repr(words[i]), said, mend)


def _places(names: Iterable[object]) -> tuple[list[str], Places]:
    """Number names in the order in which they first come."""
    found: dict[str, int] = {}
    which = [found.setdefault(str(name), len(found)) for name in names]
    return list(found), np.array(which, dtype=np.intp)


# --- the columns of study_effects.csv -------------------------------------------------------------

STUDY, MEASURE = "study_id", "measure"


def number_columns() -> frozenset[str]:
    """Name every column of numbers from which an effect may come."""
    needs = {n for measure in MEASURES.values() for way in paths(measure) for n in way.needs}
    names = {name for need in needs for name in need.split("|")}
    more = {"ri", "ci_level", "df", "direction", "n_covariates", "min_1i", "min_2i", "q3_1i"}
    return frozenset((names | more | set(PEOPLE) | _FIVES) - set(TEXT_COLUMNS))


_FIVES = {f"{c}_{g}i" for c in ("min", "q1", "median", "q3", "max") for g in (1, 2)}


def study_effects(table: Table, by: str, r: float = np.nan) -> Sheet:
    """Make factors of a table with the columns of ``study_effects.csv``.

    Rows of one study, factor and measure are averaged without weights, with the correlation `r`, or
    that of a column ``r``; people are the most of any row. A factor with several measures becomes
    one for each.

    Parameters
    ----------
    table : Table
        As text; needs the columns `by`, ``study_id`` and ``measure``.
    by : str
        Column that names the factor.
    r : float
        Correlation between results of one study; NaN if it is not known.

    Raises
    ------
    InputError
        With every fault of the table.
    """
    cells = Cells(table)
    cells.need((by, STUDY, MEASURE))
    cells.filled((by, STUDY))
    measures = cells.words(MEASURE)
    cells.among(MEASURE, MEASURES.__contains__, ", ".join(MEASURES), "Correct the measure.")
    columns = {c: cells.numbers(c) for c in table.columns if c in number_columns()}
    said = {c: cells.words(c) for c in TEXT_COLUMNS if cells.has(c)}
    own_r = cells.numbers("r") if cells.has("r") else np.full(len(cells), np.nan)
    raise_if(cells.problems)
    entered = _entered(measures, {**columns, **said})
    names, which = _factor_names(cells.words(by), measures)
    rows = _Rows(which, cells.words(STUDY), np.where(np.isnan(own_r), r, own_r), entered)
    _need_r(cells, rows, table.shown)
    return _sheet(cells, names, rows, columns, measures)


@dataclass(frozen=True)
class _Entered:
    yi: Array
    vi: Array
    path: Texts
    reason: Texts


@dataclass(frozen=True)
class _Rows:
    """Rows with the factor, the study, the correlation and the effect of each."""

    factor: Places
    study: Texts
    r: Array
    effect: _Entered

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Rows with an effect."""
        return np.asarray(self.effect.reason == "")


def _entered(measures: Texts, columns: Mapping[str, Array | Texts]) -> _Entered:
    n = len(measures)
    out = _Entered(np.full(n, np.nan), np.full(n, np.nan), texts(n), texts(n))
    for measure in dict.fromkeys(measures):
        rows = np.flatnonzero(measures == measure)
        found = enter(str(measure), {c: v[rows] for c, v in columns.items()})
        for name in ("yi", "vi", "path", "reason"):
            getattr(out, name)[rows] = getattr(found, name)
    return out


def _factor_names(by: Texts, measures: Texts) -> tuple[list[str], Places]:
    """Name each factor; with several measures it is one for each, named FACTOR__MEASURE."""
    several: dict[str, set[str]] = {}
    for name, measure in zip(by, measures, strict=True):
        several.setdefault(str(name), set()).add(str(measure))
    return _places([
        name if len(several[str(name)]) == 1 else f"{name}__{measure}"
        for name, measure in zip(by, measures, strict=True)
    ])  # fmt: skip


def _pairs(rows: _Rows) -> tuple[Places, Places]:
    """Number the pairs of factor and study of usable rows, factor after factor; give both."""
    used = np.flatnonzero(rows.usable)
    _, study = _places(rows.study[used])
    first: dict[tuple[int, int], int] = {}
    keys = list(zip(rows.factor[used].tolist(), study.tolist(), strict=True))
    for place, key in enumerate(keys):
        first.setdefault(key, place)
    order = {key: i for i, key in enumerate(sorted(first, key=lambda k: (k[0], first[k])))}
    return used, np.array([order[key] for key in keys], dtype=np.intp)


def _need_r(cells: Cells, rows: _Rows, shown: str) -> None:
    """Refuse several rows of one study without a correlation."""
    used, pair = _pairs(rows)
    times = np.bincount(pair) if pair.size else np.array([0])
    faulty = used[(times[pair] > 1) & np.isnan(rows.r[used])] if pair.size else used
    if faulty.size:
        row = cells.table.numbers[int(faulty[0])]
        found = f"{faulty.size} rows of studies with several results of one factor, no correlation"
        raise_if([Problem(shown, found, "a number from -1 to 1", "Give --r, or fill a column r.",
                          row, "r")])  # fmt: skip


def _sheet(
    cells: Cells, names: list[str], rows: _Rows, columns: Mapping[str, Array], measures: Texts
) -> Sheet:
    used, pair = _pairs(rows)
    m = int(pair.max()) + 1 if pair.size else 0
    first = np.full(m, -1, dtype=np.intp)
    first[pair[::-1]] = used[::-1]
    yi, vi = averaged(rows.effect.yi[used], rows.effect.vi[used], rows.r[used], pair, m)
    numbers = {"yi": yi, "vi": vi}
    counted = people({c: v[used] for c, v in columns.items()}, used.size)
    numbers |= {name: most_of(values, pair, m) for name, values in counted.items()}
    rob = low_risk(cells.words("rob" if cells.has("rob") else "rob_overall"))
    numbers["low_risk"] = rob[first] if m else rob[:0]
    ends = np.concatenate([[0], np.cumsum(np.bincount(rows.factor[first], minlength=len(names)))])
    made = factors(names, ends, list(rows.study[first]), **numbers)
    by_factor = _first_rows(rows.factor, len(names))
    about = About(names, list(measures[by_factor]), *_beside(cells, by_factor))
    path = np.where(
        np.bincount(pair, minlength=m) > 1, "mean of the results of the study",
        rows.effect.path[first],
    ) if m else rows.effect.path[:0]  # fmt: skip
    empty = np.full(m, np.nan)
    return Sheet(made, about, path.astype(object), (empty, empty), list(_left(cells, names, rows)))


def averaged(yi: Array, vi: Array, r: Array, which: Places, m: int) -> tuple[Array, Array]:
    """Average effects of each study without weights (Borenstein et al. 2009, formula 24.6).

    Parameters
    ----------
    yi, vi, r : array, shape (n,)
        Effects, variances, and the correlation of the results of the study of each.
    which : array of int, shape (n,)
        Study of each effect.
    m : int
        Number of studies.
    """

    def total(x: Array) -> Array:
        return np.asarray(np.bincount(which, weights=x, minlength=m), dtype=float)

    k, sums = np.bincount(which, minlength=m), total(vi)
    crossed = total(np.sqrt(vi)) ** 2 - sums
    share = np.where(k > 1, total(np.where(np.isnan(r), 0.0, r)) / k, 0.0)
    variance = np.where(k > 1, (sums + share * crossed) / k**2, sums)
    return total(yi) / k, variance


def _first_rows(which: Places, m: int) -> Places:
    first = np.full(m, -1, dtype=np.intp)
    first[which[::-1]] = np.arange(which.size)[::-1]
    return first


def _beside(cells: Cells, rows: Places) -> tuple[list[float], list[str]]:
    """Give AMSTAR score and indirectness of each factor, where the table has such columns."""
    amstar = list(cells.numbers("amstar")[rows]) if cells.has("amstar") else []
    said = list(cells.words("indirectness")[rows]) if cells.has("indirectness") else []
    raise_if(cells.problems)
    return amstar, [str(s) for s in said]


def _left(cells: Cells, names: list[str], rows: _Rows) -> Iterator[dict[str, str]]:
    for i in np.flatnonzero(~rows.usable):
        yield {
            "factor": names[rows.factor[i]],
            "study": str(rows.study[i]),
            "row": str(cells.table.numbers[i]),
            "reason": str(rows.effect.reason[i]),
        }
