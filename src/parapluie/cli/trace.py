"""``parapluie trace KEY``: the way back from a number of the report to rows in data."""

from __future__ import annotations

import argparse
import difflib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from parapluie import tables
from parapluie.errors import InputError, Problem
from parapluie.trace import matches, resolve

Line = Mapping[str, str]
KEYS = "reports/tables/keys.csv"
MANIFEST = "reports/manifest.json"
MADE_BY = ("parapluie", "numpy", "scipy", "pandas")
"""Software whose versions are printed beside a number; the manifest has all."""
SHOWN_ROWS = 10
SHOWN_WIDTH = 160


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("trace", help="the way back from a number to rows in data")
    parser.add_argument("key", metavar="KEY", help="key of the number, as in " + KEYS)
    parser.add_argument("--review", type=Path, default=Path(), metavar="PATH", help="review folder")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Print value, rule, source, what it rests on, and rows."""
    figures = _figures(args.review)
    if args.key not in figures:
        raise InputError([_unknown(args.key, list(figures))])
    print("\n".join(lines(figures, args.key, args.review)))


def _figures(review: Path) -> dict[str, Line]:
    path = review / KEYS
    if not path.is_file():
        problem = Problem(KEYS, "no such file", "the keys of a report", "Run snakemake first.")
        raise InputError([problem])
    return {row["key"]: row for row in tables.read_text(path).rows}


def _unknown(key: str, known: list[str]) -> Problem:
    near = difflib.get_close_matches(key, known, n=5, cutoff=0.5)
    near += [k for k in known if key.lower() in k.lower() and k not in near][: 5 - len(near)]
    return Problem(
        KEYS,
        f"no key {key!r}",
        "nearest are " + ", ".join(near) if near else "a key of this file",
        "Copy a key from the page or from this file.",
    )


def lines(figures: Mapping[str, Line], key: str, review: Path) -> Iterator[str]:
    """Give the lines that are printed for a figure."""
    line = figures[key]
    yield key
    value = line["value"] or f"absent ({line['absent_reason']})"
    yield f"  value   {value}" + (f"  [{line['unit']}]" if line["unit"] else "")
    yield f"  rule    {line['rule']}"
    for source in filter(None, line["source"].split(";")):
        yield f"  source  {source.strip()}"
    yield from _software(review)
    for file, counted in _own_rows(line):
        yield f"  rows    {file}: {counted}"
    yield from _chain(figures, key)
    yield from _rows(figures, key, review)


def _software(review: Path) -> Iterator[str]:
    """Tell by which versions the report was made."""
    path = review / MANIFEST
    if path.is_file():
        found = json.loads(path.read_text(encoding="utf-8")).get("versions", {})
        yield "  by      " + ", ".join(f"{name} {found[name]}" for name in MADE_BY if name in found)


def _own_rows(line: Line) -> list[tuple[str, str]]:
    files = [f for f in line["file"].split(";") if f]
    return list(zip(files, [r.strip() for r in line["rows"].split(";") if r.strip()], strict=True))


def _chain(figures: Mapping[str, Line], key: str) -> Iterator[str]:
    """Print what the figure rests on, each key once, deeper ones further in."""
    seen = {key}
    stack = [(k, 1) for k in reversed(_rests(figures[key]))]
    if stack:
        yield "  rests on"
    while stack:
        current, depth = stack.pop()
        if current in seen:
            continue
        seen.add(current)
        line = figures.get(current)
        shown = (line["value"] or line["absent_reason"]) if line else "made by no stage"
        yield f"  {'  ' * depth}{current} = {shown}"
        if line:
            stack += [(k, depth + 1) for k in reversed(_rests(line))]


def _rests(line: Line) -> list[str]:
    return [k for k in line["rests_on"].split(";") if k]


def _rows(figures: Mapping[str, Line], key: str, review: Path) -> Iterator[str]:
    known = {k: _known_rests(line, figures) for k, line in figures.items()}
    yield "  rows in data"
    for file, filter_text in resolve(known, key):
        yield f"    {file}: {filter_text}"
        yield from _table_rows(review / file, filter_text)


def _known_rests(line: Line, figures: Mapping[str, Line]) -> dict[str, str]:
    return {**line, "rests_on": ";".join(k for k in _rests(line) if k in figures)}


def _table_rows(path: Path, filter_text: str) -> Iterator[str]:
    if path.suffix not in (".csv", ".tsv", ".xlsx"):
        return
    if not path.is_file():
        yield "      the file is not there any more"
        return
    table = tables.read_text(path)
    found = [
        (number, row)
        for row, number in zip(table.rows, table.numbers, strict=True)
        if matches(filter_text, row, number)
    ]
    for number, row in found[:SHOWN_ROWS]:
        cells = "  ".join(f"{c}={v}" for c, v in row.items() if v)
        yield f"      row {number}: {cells[:SHOWN_WIDTH]}"
    if len(found) > SHOWN_ROWS:
        yield f"      and {len(found) - SHOWN_ROWS} more rows"
