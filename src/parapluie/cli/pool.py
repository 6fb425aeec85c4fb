"""``parapluie pool``: pool the effects of any table, group by group."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parapluie import tables
from parapluie.errors import Problem, raise_if
from parapluie.schema import ABSENT_CODES

if TYPE_CHECKING:
    from parapluie.effects.cells import Texts

ALL = "all"
"""Name of the one group of a table without --by."""
_Made = dict[tuple[str, str], dict[str, object]]
"""Group and method to a row of the result."""
OTHER_NAMES = {"sei": "se", "ci_lb": "ci_low", "ci_ub": "ci_high"}
"""metafor's names to ours."""


OPTIONS: dict[str, dict[str, Any]] = {
    "file": {"type": Path, "metavar": "FILE", "help": "table to read"},
    "--by": {"default": "", "metavar": "COLUMN", "help": "pool each of its values alone"},
    "--study": {"default": "", "metavar": "COLUMN", "help": "names the study of each row"},
    "--measure": {"default": "GEN", "metavar": "M", "help": "as RR, OR, SMD, MD; default GEN"},
    "--method": {
        "nargs": "+", "default": ["REML"], "metavar": "M", "help": "one or more of common, DL, HE, "
        "HS, HSk, SJ, ML, REML, EB, PM, PMM, GENQ; MH or Peto for raw counts; default REML",
    },
    "--ci": {
        "default": "HK_floor", "metavar": "RULE", "help": "confidence interval: z, t, HK (hksj), "
        "HK_floor, HK_ci, HK_IQWiG6, KR; default HK_floor",
    },
    "--pi": {
        "default": "t_k1", "metavar": "RULE", "help": "prediction interval: t_k1, t_k2, z, V, HTS, "
        "S, HK, KR; default t_k1",
    },
    "--level": {"type": float, "default": 95, "metavar": "PERCENT", "help": "default 95"},
    "--out": {"type": Path, "required": True, "metavar": "FILE", "help": "table to write"},
}  # fmt: skip


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "pool",
        help="pool the effects of any table",
        description="Pool the effects of any table. It has the columns yi and vi; or yi and sei; "
        "or estimate, ci_low and ci_high (natural scale for ratios); or raw cells under metafor's "
        "names.",
    )
    for name, rest in OPTIONS.items():
        parser.add_argument(name, **rest)
    parser.set_defaults(run=run)


@dataclass(frozen=True)
class _Rules:
    """The options, under their proper names."""

    measure: str
    methods: tuple[str, ...]
    ci: str
    pi: str
    level: float


def run(args: argparse.Namespace) -> None:
    """Read, pool, write, and say what was left out."""
    path: Path = args.file
    raise_if(_missing(path))
    table = tables.read_text(path)
    rules, problems = _rules(args)
    problems += [*table.problems, *_column_problems(table, args)]
    raise_if(problems)
    if rules is None:  # pragma: no cover
        raise RuntimeError("no rules and no problem")
    cells = _cells(table, rules)
    lines = _Job(table, cells, rules, args.by, args.study).lines()
    from parapluie.effects.pool_groups import COLUMNS

    tables.write_rows(args.out, (args.by or "group", *COLUMNS), lines)
    _say(f"{len(lines)} pooled results written to {args.out}")


# --- options --------------------------------------------------------------------------------------


def _missing(path: Path) -> list[Problem]:
    if path.is_file():
        return []
    return [Problem(path.as_posix(), "no such file", "a table", "Correct the path.")]


def _rules(args: argparse.Namespace) -> tuple[_Rules | None, list[Problem]]:
    """Check the options; all that are wrong at once."""
    allowed = _allowed()
    given = {"measure": [args.measure], "ci": [args.ci], "pi": [args.pi], "method": args.method}
    found = {name: [_choice(w, allowed[name]) for w in words] for name, words in given.items()}
    problems = [
        Problem(f"--{name}", repr(word), ", ".join(allowed[name]), "Correct the name.")
        for name, words in given.items()
        for word, choice in zip(words, found[name], strict=True)
        if choice is None
    ]
    if not 0 < args.level < 100:
        percent = f"{args.level:g}"
        problems.append(Problem("--level", percent, "between 0 and 100, as 95", "Correct it."))
    if not problems:
        (measure,), (ci,), (pi,) = (map(str, found[name]) for name in ("measure", "ci", "pi"))
        methods = tuple(dict.fromkeys(map(str, found["method"])))
        problems = _without_counts(methods, measure)
        if not problems:
            return _Rules(measure, methods, ci, pi, args.level / 100), []
    return None, problems


def _allowed() -> dict[str, list[str]]:
    """List the names that each option knows."""
    from parapluie.effects.intervals import CI_ALIASES, CI_RULES
    from parapluie.effects.pool_groups import TABLE_METHODS
    from parapluie.effects.prediction import PI_ALIASES, PI_RULES
    from parapluie.effects.registry import MEASURES
    from parapluie.effects.tau2 import ALIASES, ESTIMATORS

    return {
        "measure": list(MEASURES),
        "method": [*ESTIMATORS, *ALIASES, *TABLE_METHODS],
        "ci": [*CI_RULES, *CI_ALIASES],
        "pi": [*PI_RULES, *PI_ALIASES],
    }


def _without_counts(methods: Iterable[str], measure: str) -> list[Problem]:
    """Find methods for raw counts that do not have the measure."""
    from parapluie.effects.pool_groups import TABLE_METHODS

    return [
        Problem("--method", f"{m} with measure {measure}", ", ".join(TABLE_METHODS[m]),
                "Name one of these with --measure, or choose another method.")
        for m in methods
        if m in TABLE_METHODS and measure not in TABLE_METHODS[m]
    ]  # fmt: skip


def _choice(given: str, allowed: Iterable[str]) -> str | None:
    """Find a name whatever the case of its letters."""
    names = list(allowed)
    exact = [n for n in names if n == given] or [n for n in names if n.lower() == given.lower()]
    return exact[0] if exact else None


# --- the table ------------------------------------------------------------------------------------


def _column_problems(table: tables.Table, args: argparse.Namespace) -> list[Problem]:
    """Check that the named columns are there, and that nothing is written over."""
    from parapluie.effects.pool_groups import COLUMNS

    there = ", ".join(table.columns)
    problems = [
        Problem(table.shown, f"no column {name}", there, f"Correct --{option}, or the header.", 1)
        for option, name in (("by", args.by), ("study", args.study))
        if name and table.columns and name not in table.columns
    ]
    if not table.rows and not table.problems:
        problems.append(
            Problem(table.shown, "no rows", "a row for each effect", "Write the effects.")
        )
    if args.out.resolve() == args.file.resolve():
        problems.append(
            Problem("--out", args.out.as_posix(), "another file than the input", "Rename it.")
        )
    if args.by in COLUMNS:
        problems.append(
            Problem("--by", repr(args.by), "a name that is no column of the result", "Rename it.")
        )
    return problems


def _cells(table: tables.Table, rules: _Rules) -> dict[str, Any]:
    """Give the columns that can be used as arrays; a word in place of a number is a problem."""
    import numpy as np

    needed, words = _known_columns(rules.measure)
    cells: dict[str, Any] = {}
    problems = []
    for column in table.columns:
        name = OTHER_NAMES.get(column, column)
        texts = [row[column] for row in table.rows]
        if name in words:
            cells[name] = np.array(texts, dtype=object)
            continue
        numbers, bad = _as_numbers(table, column, texts)
        if name in needed:
            problems += bad
        if not bad:
            cells[name] = np.array(numbers, dtype=float)
    if not needed & cells.keys() and not problems:
        ways = "yi and vi; yi and sei; estimate, ci_low and ci_high; raw cells as ai, n1i, ci, n2i"
        problems.append(
            Problem(table.shown, f"columns {', '.join(table.columns)}", ways, "Rename them.", 1)
        )
    raise_if(problems)
    return cells


def _known_columns(measure: str) -> tuple[set[str], set[str]]:
    """Give the columns that lead to an effect, and those of words."""
    from parapluie.effects.enter import paths
    from parapluie.effects.entry import TEXT_COLUMNS
    from parapluie.effects.registry import MEASURES

    needs = {n for way in paths(MEASURES[measure]) for need in way.needs for n in need.split("|")}
    return needs - set(TEXT_COLUMNS), set(TEXT_COLUMNS)


def _as_numbers(
    table: tables.Table, column: str, texts: Sequence[str]
) -> tuple[list[float], list[Problem]]:
    numbers, problems = [], []
    for text, number in zip(texts, table.numbers, strict=True):
        value = tables.parse_number(text, table.delimiter)
        if value is None and text not in ("", *ABSENT_CODES):
            comma = tables.parse_number(text, ";") is not None
            mend = "Write a decimal point, or separate the columns by ; or tab." if comma else (
                "Correct the cell.")  # fmt: skip
            problems.append(
                Problem(table.shown, repr(text), "a number, or empty", mend, number, column)
            )
        numbers.append(float("nan") if value is None else value)
    return numbers, problems


# --- pooling --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Job:
    """A table whose rows are pooled."""

    table: tables.Table
    cells: dict[str, Any]
    rules: _Rules
    by: str
    study: str

    @cached_property
    def names(self) -> list[str]:
        """Group of each row; empty where none is named."""
        if not self.by:
            return [ALL] * len(self.table.rows)
        cells = [row[self.by] for row in self.table.rows]
        return ["" if name in ABSENT_CODES else name for name in cells]

    @cached_property
    def groups(self) -> list[str]:
        """Names of the groups, sorted."""
        return sorted(set(self.names) - {""})

    def lines(self) -> list[dict[str, object]]:
        """Pool each group by each method; groups in the order of their names."""
        from parapluie.effects.pool_groups import TABLE_METHODS

        made: _Made = {}
        by_effects = [m for m in self.rules.methods if m not in TABLE_METHODS]
        by_counts = [m for m in self.rules.methods if m in TABLE_METHODS]
        if by_effects:
            made |= self.pooled_effects(by_effects)
        if by_counts:
            made |= self.pooled_counts(by_counts)
        key = self.by or "group"
        return [{key: g, **made[g, m]} for g in self.groups for m in self.rules.methods]

    def pooled_counts(self, methods: Sequence[str]) -> _Made:
        """Pool raw counts."""
        import numpy as np

        from parapluie.effects.pool_groups import rows_of_tables, without_counts

        rules = self.rules
        numbers = {n: v for n, v in self.cells.items() if v.dtype != object}
        reasons = without_counts(numbers, rules.measure)
        self.say_left_out(reasons, f"for {' and '.join(methods)} ")
        place = {g: i for i, g in enumerate(self.groups)}
        of = np.array([place.get(n, -1) for n in self.names])
        made: _Made = {}
        for m in methods:
            rows = rows_of_tables(self.groups, of, numbers, rules.measure, m, rules.level)
            made |= {(g, m): row for g, row in zip(self.groups, rows, strict=True)}
        return made

    def pooled_effects(self, methods: Sequence[str]) -> _Made:
        """Pool effects, however the rows give them."""
        import numpy as np

        from parapluie.effects.enter import enter
        from parapluie.effects.pool_groups import Effects, pooled_rows
        from parapluie.effects.pooling import OUT_OF_REACH, out_of_reach

        rules = self.rules
        entered = enter(rules.measure, self.cells)
        far = (entered.reason == "") & out_of_reach(entered.yi, entered.vi)
        usable = self.say_left_out(np.where(far, OUT_OF_REACH, entered.reason))
        _say_ways(entered.path[usable])
        order = sorted(usable, key=lambda i: self.names[i])
        self.say_repeats(order)
        counts = Counter(self.names[i] for i in order)
        offsets = np.cumsum([0, *(counts[g] for g in self.groups)])
        studies = [self.table.rows[i][self.study] for i in order] if self.study else []
        effects = Effects(self.groups, offsets, entered.yi[order], entered.vi[order], studies)
        made: _Made = {}
        for m in methods:
            rows = pooled_rows(effects, rules.measure, m, rules.ci, rules.pi, rules.level)
            made |= {(g, m): row for g, row in zip(self.groups, rows, strict=True)}
        return made

    def say_left_out(self, reasons: Texts, what: str = "") -> list[int]:
        """Tell which rows are not used, and why; give the others."""
        used, left_out = [], 0
        for i, (name, reason) in enumerate(zip(self.names, reasons, strict=True)):
            why = str(reason) if name else f"no value in column {self.by}"
            if why:
                left_out += 1
                _say(f"{self.table.shown} row {self.table.numbers[i]}: {what}left out: {why}")
            else:
                used.append(i)
        _say(f"{what}{len(used)} of {len(self.names)} rows used, {left_out} left out")
        return used

    def say_repeats(self, order: Sequence[int]) -> None:
        """Tell which studies have several effects in a group: they are pooled as independent."""
        if not self.study:
            return
        rows: dict[tuple[str, str], list[int]] = {}
        for i in order:
            key = self.names[i], self.table.rows[i][self.study]
            rows.setdefault(key, []).append(self.table.numbers[i])
        for (group, study), numbers in rows.items():
            if len(numbers) > 1:
                where = ", ".join(str(n) for n in numbers)
                _say(
                    f"{self.table.shown} rows {where}: study {study!r} has {len(numbers)} effects "
                    f"in {group!r}, pooled as if they were independent"
                )


def _say_ways(ways: Iterable[object]) -> None:
    """Tell by which ways the rows got their effects."""
    counts = Counter(str(way) for way in ways)
    if counts:
        _say("effects by: " + ", ".join(f"{way} ({n})" for way, n in sorted(counts.items())))


def _say(line: str) -> None:
    print(line, file=sys.stderr)
