"""Figures that a team defines over its own tables (``data/figures.yaml``): shown as figures.KEY.

A figure is a statistic over the rows of one table that pass a filter, if wished joined to a second
table and grouped first. So characteristics of reviews and studies need no code about them.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parapluie.errors import Problem, raise_if
from parapluie.schema import ABSENT_CODES
from parapluie.tables import format_number, parse_number, split_list
from parapluie.trace import ALL, Figures, Rows, encode
from parapluie.vocabulary import THIS_OVERVIEW

Row = Mapping[str, str]
Definition = Mapping[str, Any]

FILE = "data/figures.yaml"
INCLUDED = "included.reviews"
PROBLEM_COLUMNS = ("file", "row", "column", "found", "problem")


@dataclass(frozen=True)
class Source:
    """A human table: its name as shown, its columns, its rows as text."""

    shown: str
    columns: Sequence[str]
    rows: Sequence[Row]


@dataclass(frozen=True)
class Condition:
    """One condition of a filter: the column, how a cell is tried, and how a trace writes it.

    ``traced`` is empty where the grammar of traces has no word for the condition; the trace then
    names more rows than the figure uses, never fewer.
    """

    column: str
    holds: Callable[[str], bool]
    traced: str


class NoFigure(Exception):  # noqa: N818
    """The rows give no value; says why."""


# --- filters --------------------------------------------------------------------------------------


def conditions(definition: Definition) -> list[Condition]:
    """Read the filter of a figure.

    ``column: value`` (equal), a list (any of), ``{has: item}`` and ``{has_not: item}`` (of a ``;``
    list), ``{not: value}``, ``{empty: true}``, ``{from: a, to: b}`` (numbers, both ends in).
    """
    made = []
    for column, wish in (definition.get("filter") or {}).items():
        if isinstance(wish, Mapping):
            made += [_condition(column, word, value) for word, value in sorted(wish.items())]
        else:
            made.append(_equal(column, wish))
    return made


def _texts(value: Any) -> list[str]:
    return [_text(v) for v in value] if isinstance(value, list) else [_text(value)]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return format_number(value) if isinstance(value, float) else str(value)


def _alternatives(values: Iterable[str]) -> str:
    return "|".join(encode(v) for v in values)


def _equal(column: str, wish: Any) -> Condition:
    values = _texts(wish)
    return Condition(column, lambda cell: cell in values, f"{column}={_alternatives(values)}")


def _condition(column: str, word: str, value: Any) -> Condition:
    values = _texts(value)
    if word == "has":
        traced = f"{column}~{_alternatives(values)}"
        return Condition(column, lambda cell: bool({*split_list(cell)} & {*values}), traced)
    if word == "has_not":
        return Condition(column, lambda cell: not {*split_list(cell)} & {*values}, "")
    if word == "not":
        traced = f"{column}!={_alternatives(values)}"
        return Condition(column, lambda cell: cell not in values, traced)
    if word == "empty":
        return Condition(
            column, lambda cell: (cell == "") is bool(value), f"{column}{'=' if value else '!='}"
        )
    return Condition(column, lambda cell: _within(cell, word, float(value)), "")


def _within(cell: str, word: str, bound: float) -> bool:
    number = parse_number(cell)
    return number is not None and (number >= bound if word == "from" else number <= bound)


_WORDS = ("has", "has_not", "not", "empty", "from", "to")


# --- figures --------------------------------------------------------------------------------------


def compute(
    definitions: Sequence[Definition],
    sources: Mapping[str, Source],
    included: Iterable[str],
    others: Mapping[str, Mapping[str, Any]],
) -> tuple[Figures, list[dict[str, Any]]]:
    """Compute every figure of ``figures.yaml``.

    Parameters
    ----------
    definitions : sequence of mappings
        Content of ``figures.yaml``, checked against its schema.
    sources : mapping
        Tables by their path under ``data/``, as in ``extraction/reviews.csv``.
    included : iterable of str
        Ids of the included reviews.
    others : mapping
        Figures of the stages, for denominators: key to a line of ``figures.csv``.

    Returns
    -------
    (Figures, list of dict)
        The figures (``KEY``, and ``KEY.percent`` where there is a denominator); and the problems
        that left a figure without a value.

    Raises
    ------
    InputError
        If definitions name unknown columns or keys, or one key twice.
    """
    raise_if(_faults(definitions, sources, others))
    figures = Figures("figures")
    problems: list[dict[str, Any]] = []
    reviews = {*included, THIS_OVERVIEW}
    for definition in definitions:
        _add(definition, sources, reviews, figures, problems)
    for definition in definitions:
        if definition.get("denominator"):
            _add_percent(definition, others, figures)
    return figures, problems


def _faults(
    definitions: Sequence[Definition],
    sources: Mapping[str, Source],
    others: Mapping[str, Mapping[str, Any]],
) -> list[Problem]:
    keys = [str(d["key"]) for d in definitions]
    known = {f"figures.{k}" for k in keys} | set(others)
    faults = [
        Problem(FILE, f"the key {key} twice", "each key once", "Rename one of the two.")
        for key in sorted({k for k in keys if keys.count(k) > 1})
    ]
    for definition in definitions:
        denominator = definition.get("denominator")
        if denominator and denominator not in known:
            faults.append(_fault(definition, "denominator", denominator, "a key of the report"))
        faults += _column_faults(definition, sources)
    return faults


def _fault(definition: Definition, part: str, found: str, allowed: str) -> Problem:
    return Problem(
        FILE, f"{found!r} in figure {definition['key']}", allowed, "Correct the name.", None, part
    )


def _column_faults(definition: Definition, sources: Mapping[str, Source]) -> list[Problem]:
    join = definition.get("join") or {}
    names = [definition["table"], *([join["table"]] if join else [])]
    if any(name not in sources for name in names):
        return []
    columns = list(dict.fromkeys(c for name in names for c in sources[name].columns))
    allowed = ", ".join(columns)
    used = [*(definition.get("filter") or {}), definition.get("per"), definition.get("column")]
    faults = [_fault(definition, "column", c, allowed) for c in used if c and c not in columns]
    faults += [
        _fault(definition, "join", join["by"], ", ".join(sources[name].columns))
        for name in names
        if join and join["by"] not in sources[name].columns
    ]
    for wish in (definition.get("filter") or {}).values():
        if isinstance(wish, Mapping):
            words = [w for w in wish if w not in _WORDS]
            faults += [_fault(definition, "filter", w, ", ".join(_WORDS)) for w in words]
    if definition["statistic"] not in ("count", "share") and not (
        definition.get("column") or definition.get("of") == "rows"
    ):
        faults.append(_fault(definition, "column", "no column", allowed))
    return faults


def _add(
    definition: Definition,
    sources: Mapping[str, Source],
    reviews: set[str],
    figures: Figures,
    problems: list[dict[str, Any]],
) -> None:
    missing = _missing(definition, sources)
    if missing:
        _add_absent(definition, f"not_available: {missing} is not there", (), figures)
        return
    wishes = conditions(definition)
    everything = _rows(definition, sources, reviews)
    rows = [row for row in everything if all(w.holds(row.get(w.column, "")) for w in wishes)]
    basis = _basis(definition, sources, wishes)
    rests = [INCLUDED] if _restricted(definition, sources) else []
    try:
        value = _statistic(definition, rows, everything)
    except NoFigure as reason:
        _add_absent(definition, f"not_estimable: {reason}", basis, figures, rests)
        if rows:
            problems.append(
                {
                    "file": f"data/{definition['table']}",
                    "column": definition.get("column", ""),
                    "problem": f"figure {definition['key']} has no value: {reason}",
                }
            )
        return
    figures.add(
        str(definition["key"]),
        value,
        rule=_rule(definition),
        basis=basis,
        rests_on=rests,
        unit=_unit(definition),
    )


def _missing(definition: Definition, sources: Mapping[str, Source]) -> str:
    join = definition.get("join") or {}
    names = [definition["table"], *([join["table"]] if join else [])]
    return ", ".join(f"data/{name}" for name in names if name not in sources)


def _add_absent(
    definition: Definition,
    reason: str,
    basis: Sequence[Rows],
    figures: Figures,
    rests: Sequence[str] = (),
) -> None:
    figures.add(
        str(definition["key"]),
        None,
        rule=_rule(definition),
        basis=basis,
        rests_on=rests,
        absent=reason,
        unit=_unit(definition),
    )


def _unit(definition: Definition) -> str:
    default = "proportion" if definition["statistic"] == "share" else ""
    return str(definition.get("unit", default))


def _restricted(definition: Definition, sources: Mapping[str, Source]) -> bool:
    wish = definition.get("reviews", "included")
    return wish == "included" and "review_id" in sources[definition["table"]].columns


def _rows(
    definition: Definition, sources: Mapping[str, Source], reviews: set[str]
) -> list[dict[str, str]]:
    rows = [dict(row) for row in sources[definition["table"]].rows]
    if _restricted(definition, sources):
        rows = [row for row in rows if row["review_id"] in reviews]
    join = definition.get("join")
    if not join:
        return rows
    partner = {row[join["by"]]: row for row in reversed(sources[join["table"]].rows)}
    return [{**partner.get(row[join["by"]], {}), **row} for row in rows]


def _basis(
    definition: Definition, sources: Mapping[str, Source], wishes: Sequence[Condition]
) -> list[Rows]:
    own = sources[definition["table"]]
    basis = [_picked(own, [w for w in wishes if w.column in own.columns])]
    if definition.get("join"):
        other = sources[definition["join"]["table"]]
        theirs = [w for w in wishes if w.column not in own.columns]
        basis.append(_picked(other, theirs))
    return basis


def _picked(source: Source, wishes: Sequence[Condition]) -> Rows:
    traced = [w for w in wishes if w.traced]
    n = sum(all(w.holds(row.get(w.column, "")) for w in traced) for row in source.rows)
    return Rows(source.shown, " & ".join(w.traced for w in traced) or ALL, n)


# --- statistics -----------------------------------------------------------------------------------


def _statistic(
    definition: Definition, rows: Sequence[Row], everything: Sequence[Row]
) -> float | int:
    statistic, per = definition["statistic"], definition.get("per")
    if statistic == "count":
        return len(_groups(rows, per)) if per else len(rows)
    if statistic == "distinct":
        return len({row[definition["column"]] for row in rows} - {*ABSENT_CODES})
    if statistic == "share":
        if not everything:
            raise NoFigure("the table has no rows")
        return len(rows) / len(everything)
    return _whole(_OF_NUMBERS[statistic](_numbers(definition, rows)))


_OF_NUMBERS: Mapping[str, Callable[[list[float]], float]] = {
    "sum": sum,
    "min": min,
    "max": max,
    "median": statistics.median,
}


def _whole(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _groups(rows: Iterable[Row], per: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if row.get(per, "") not in ABSENT_CODES:
            groups.setdefault(row[per], []).append(row)
    return groups


def _numbers(definition: Definition, rows: Sequence[Row]) -> list[float]:
    """Give one number a row, or one a group; absent cells give none."""
    per = definition.get("per")
    if definition.get("of") == "rows":
        numbers = (
            [float(len(g)) for g in _groups(rows, per).values()] if per else [float(len(rows))]
        )
    elif per:
        groups = _groups(rows, per)
        numbers = [n for name, group in groups.items() for n in _one_value(definition, name, group)]
    else:
        numbers = [n for row in rows for n in _number(definition, row)]
    if not numbers:
        raise NoFigure("no row has a number" if rows else "no row passes the filter")
    return numbers


def _one_value(definition: Definition, name: str, group: Sequence[Row]) -> list[float]:
    found = sorted({n for row in group for n in _number(definition, row)})
    if len(found) > 1:
        raise NoFigure(f"{name} has several values in {definition['column']}")
    return found


def _number(definition: Definition, row: Row) -> list[float]:
    text = row.get(definition["column"], "")
    if text in ABSENT_CODES:
        return []
    number = parse_number(text[:4] if definition.get("of") == "year" else text)
    if number is None:
        raise NoFigure(f"{text!r} in {definition['column']} is no number")
    return [number]


# --- words ----------------------------------------------------------------------------------------


def _rule(definition: Definition) -> str:
    parts = [f"{definition['label']}: {_what(definition)} of data/{definition['table']}"]
    if definition.get("join"):
        join = definition["join"]
        parts.append(f"joined to data/{join['table']} by {join['by']}")
    if definition.get("filter"):
        parts.append("with " + " and ".join(_said(definition["filter"])))
    return " ".join(parts) + "."


def _what(definition: Definition) -> str:
    statistic, column = definition["statistic"], definition.get("column", "")
    per = f" per {definition['per']}" if definition.get("per") else ""
    if statistic == "count":
        return f"number of different {definition['per']} in the rows" if per else "number of rows"
    if statistic == "share":
        return "share of the rows"
    if statistic == "distinct":
        return f"number of different values of {column} in the rows"
    of = {"rows": "number of rows", "year": f"year of {column}"}.get(
        str(definition.get("of")), column
    )
    return f"{statistic} of the {of}{per} over the rows"


def _said(wishes: Mapping[str, Any]) -> list[str]:
    said = []
    for column, wish in wishes.items():
        if isinstance(wish, Mapping):
            said += [f"{column} {word} {' or '.join(_texts(v))}" for word, v in wish.items()]
        else:
            said.append(f"{column} = {' or '.join(_texts(wish))}")
    return said


# --- percentages ----------------------------------------------------------------------------------


def _add_percent(
    definition: Definition, others: Mapping[str, Mapping[str, Any]], figures: Figures
) -> None:
    key, denominator = str(definition["key"]), str(definition["denominator"])
    own = figures.lines[f"figures.{key}"]
    whole = figures.lines.get(denominator) or others[denominator]
    value, absent = _percent(own, whole)
    figures.add(
        f"{key}.percent",
        value,
        rule=f"{definition['label']}: 100 times the figure, divided by {denominator}.",
        rests_on=[f"figures.{key}", denominator],
        unit="percent",
        absent=absent,
    )


def _percent(own: Mapping[str, Any], whole: Mapping[str, Any]) -> tuple[float | None, str]:
    for line in (own, whole):
        if line["absent_reason"]:
            return None, str(line["absent_reason"])
    below = parse_number(str(whole["value"]))
    if not below:
        return None, "not_estimable: the denominator is 0"
    # integers stay integers, so that halves stay halves for the rounding
    return 100 * (parse_number(str(own["value"])) or 0.0) / below, ""
