"""Sheets in the form of R's metaumbrella: read, checked, and made into factors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from parapluie.credibility.facts import Array, Texts
from parapluie.credibility.measured import About
from parapluie.credibility.people import low_risk
from parapluie.credibility.sheets import Cells, Sheet
from parapluie.effects import metaumbrella as form
from parapluie.effects.umbrella import factors
from parapluie.errors import raise_if
from parapluie.tables import Table

REQUIRED = ("meta_review", "factor", "author", "year", "measure")
"""Columns that every sheet has."""

R, PRE_POST = 0.5, 0.8
"""Correlation of outcomes of a study, and of values before and after, where a row gives none."""

REVERSE = "reverse"
_DISCARDED = frozenset({"yes", "true"})


def read(table: Table, r: float = R, pre_post: float = PRE_POST) -> Sheet:
    """Make factors of a sheet.

    Parameters
    ----------
    table : Table
        As text.
    r : float
        Correlation of the outcomes of a study that gives none in a column ``r``.
    pre_post : float
        Correlation of values before and after where ``pre_post_cor`` is empty.

    Raises
    ------
    InputError
        With every fault of the sheet.
    """
    cells = Cells(_kept(table))
    cells.need(REQUIRED)
    cells.filled(("factor", "author", "year"))
    _check_words(cells)
    columns = {c: cells.numbers(c) for c in form.NUMBER_COLUMNS}
    columns["r"] = np.where(np.isnan(columns["r"]), r, columns["r"])
    columns["pre_post_cor"] = np.where(
        np.isnan(columns["pre_post_cor"]), pre_post, columns["pre_post_cor"]
    )
    _check_studies(cells)
    scales = _scales(cells)
    raise_if(cells.problems)
    return _sheet(cells, columns, scales)


def _kept(table: Table) -> Table:
    """Leave out rows that the sheet discards."""
    keep = [row.get("discard", "").lower() not in _DISCARDED for row in table.rows]
    rows = [row for row, k in zip(table.rows, keep, strict=True) if k]
    numbers = [n for n, k in zip(table.numbers, keep, strict=True) if k]
    return replace(table, rows=rows, numbers=numbers)


# --- faults ---------------------------------------------------------------------------------------

_WORDS = {
    "multiple_es": (form.GROUPS, form.OUTCOMES),
    "reverse_es": (REVERSE,),
    "rob": ("low", "unclear", "high"),
    "indirectness": ("no indirectness", "serious", "very serious"),
}


def _check_words(cells: Cells) -> None:
    for i, measure in enumerate(cells.words("measure")):
        if measure not in form.MEASURES:
            cells.fault(i, "measure", repr(measure), ", ".join(form.MEASURES), "Correct the cell.")
    for column, allowed in _WORDS.items():
        for i, word in enumerate(cells.words(column)):
            if word not in ("", "NA", *allowed):
                cells.fault(i, column, repr(word), ", ".join(allowed), "Correct or empty the cell.")


def _check_studies(cells: Cells) -> None:
    """Find studies whose rows do not say why there are several, or say both reasons."""
    kinds = cells.words("multiple_es")
    for rows in _by_study(cells).values():
        said = {str(kinds[i]) for i in rows}
        if len(rows) > 1 and (said & {"", "NA"} or len(said) > 1):
            cells.fault(
                rows[1], "multiple_es", f"{len(rows)} rows of one study with {_listed(said)}",
                "groups in all its rows, or outcomes in all",
                "Say whether they are groups of people or outcomes of the same people.",
            )  # fmt: skip


def _listed(said: set[str]) -> str:
    return ", ".join(sorted(repr(s) for s in said))


def _by_study(cells: Cells) -> dict[tuple[str, str, str], list[int]]:
    found: dict[tuple[str, str, str], list[int]] = {}
    columns = (cells.words("factor"), cells.words("author"), cells.words("year"))
    for i, key in enumerate(zip(*columns, strict=True)):
        found.setdefault(key, []).append(i)
    return found


def _scales(cells: Cells) -> dict[str, tuple[list[int], str]]:
    """Give the rows and the scale of each factor, in the order in which factors first come."""
    found: dict[str, list[int]] = {}
    for i, factor in enumerate(cells.words("factor")):
        found.setdefault(str(factor), []).append(i)
    measures, out = cells.words("measure"), {}
    for factor, rows in found.items():
        known = [str(measures[i]) for i in rows if measures[i] in form.MEASURES]
        try:
            out[factor] = rows, form.common_scale(known) if known else ""
        except ValueError as error:
            cells.fault(
                rows[0], "measure", f"{factor}: {error}",
                "differences with or without OR; ratios; R and Z",
                "Split the factor, or convert the rows to one measure.",
            )  # fmt: skip
    return out


# --- factors --------------------------------------------------------------------------------------


def _sheet(
    cells: Cells, columns: dict[str, Array], scales: dict[str, tuple[list[int], str]]
) -> Sheet:
    parts, left, names, measures, firsts = [], [], [], [], []
    for factor, (places, scale) in scales.items():
        rows = np.array(places, dtype=np.intp)
        effects = _effects(cells, columns, rows, scale)
        left += list(_left(cells, factor, rows, effects))
        fine = effects.reason == ""
        if fine.any():
            parts.append(_studies(cells, columns, rows[fine], _some(effects, fine), scale))
            names.append(factor)
            measures.append(scale)
            firsts.append(int(rows[0]))
    about = About(names, measures, *_beside(cells, columns, firsts))
    return _joined(parts, about, left)


def _effects(
    cells: Cells, columns: dict[str, Array], rows: np.typing.NDArray[np.intp], scale: str
) -> form.Rows:
    part = {name: values[rows] for name, values in columns.items()}
    found = form.effects(cells.words("measure")[rows], part, scale)
    turned = np.where(cells.words("reverse_es")[rows] == REVERSE, -1.0, 1.0)
    low = np.where(turned > 0, found.ci_low, -found.ci_high)
    high = np.where(turned > 0, found.ci_high, -found.ci_low)
    return replace(
        found, yi=turned * found.yi, raw_yi=turned * found.raw_yi, ci_low=low, ci_high=high
    )


def _some(rows: form.Rows, which: np.typing.NDArray[np.bool_]) -> form.Rows:
    people = {name: values[which] for name, values in rows.people.items()}
    arrays = {
        name: getattr(rows, name)[which]
        for name in ("yi", "vi", "df", "ci_low", "ci_high", "raw_yi", "raw_vi", "path", "reason")
    }
    return form.Rows(people=people, **arrays)


_REPORTING = ("rob1_report", "rob2_report")
"""Columns on the risk of selective reporting; the first that is filled counts."""


def _studies(
    cells: Cells,
    columns: dict[str, Array],
    rows: np.typing.NDArray[np.intp],
    effects: form.Rows,
    scale: str,
) -> tuple[form.Studies, Texts]:
    authors, years = cells.words("author")[rows], cells.words("year")[rows]
    names = np.array([f"{a} {y}" for a, y in zip(authors, years, strict=True)], dtype=object)
    first, second = (low_risk(cells.words(c)[rows]) for c in _REPORTING)
    low = {
        "low_risk": low_risk(cells.words("rob")[rows]),
        "low_reporting": np.where(np.isnan(first), second, first),
    }
    kinds = np.where(cells.words("multiple_es")[rows] == "NA", "", cells.words("multiple_es")[rows])
    found = form.studies(effects, names, kinds.astype(object), columns["r"][rows], low, scale)
    several = found.joined != ""
    path = np.where(several, found.joined, effects.path[found.first])
    return found, path.astype(object)


def _left(
    cells: Cells, factor: str, rows: np.typing.NDArray[np.intp], effects: form.Rows
) -> Iterator[dict[str, str]]:
    authors, years = cells.words("author"), cells.words("year")
    for i in np.flatnonzero(effects.reason != ""):
        yield {
            "factor": factor,
            "study": f"{authors[rows[i]]} {years[rows[i]]}",
            "row": str(cells.table.numbers[rows[i]]),
            "reason": str(effects.reason[i]),
        }


def _beside(
    cells: Cells, columns: dict[str, Array], firsts: list[int]
) -> tuple[list[float], list[str]]:
    """Give AMSTAR score and indirectness of each factor, from its first row."""
    amstar = [float(columns["amstar"][i]) for i in firsts] if cells.has("amstar") else []
    said = cells.words("indirectness")
    return amstar, [str(said[i]) for i in firsts] if cells.has("indirectness") else []


def _joined(
    parts: list[tuple[form.Studies, Texts]], about: About, left: list[dict[str, str]]
) -> Sheet:
    found = [studies for studies, _ in parts]
    sizes = [len(s.names) for s in found]
    ends = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    def together(arrays: list[Array]) -> Array:
        return np.concatenate(arrays) if arrays else np.array([])

    columns = list(found[0].numbers) if found else []
    numbers = {c: together([s.numbers[c] for s in found]) for c in columns}
    if not found:
        numbers = {"yi": np.array([]), "vi": np.array([])}
    names = [str(n) for s in found for n in s.names]
    made = factors(list(about.outcomes), ends, names, **numbers)
    raw = (together([s.raw_yi for s in found]), together([s.raw_vi for s in found]))
    path = np.array([str(p) for _, paths in parts for p in paths], dtype=object)
    return Sheet(made, about, path, raw, left)
