"""``parapluie export``: reports or records for a reference manager or a screening tool."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from parapluie import tables
from parapluie.errors import Problem, raise_if
from parapluie.export import WRITERS
from parapluie.export.values import id_of
from parapluie.vocabulary import STAGES, STATES

STATE = "results/screening/state.csv"


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("export", help="write reports for another tool")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--reports", type=Path, metavar="FILE", help="reports.csv of deduplication")
    source.add_argument("--records", type=Path, metavar="FILE", help="records.csv")
    parser.add_argument("--to", required=True, choices=WRITERS, help="format")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="file to write")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="WORD", help="ids, or states of the stage"
    )
    parser.add_argument("--stage", choices=STAGES, default=STAGES[0], help="of the states")
    parser.add_argument("--state", type=Path, default=Path(STATE), metavar="FILE")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Write the file and say how many rows it holds."""
    path: Path = args.reports or args.records
    if not path.is_file():
        raise_if([Problem(str(path), "no such file", "a result", "Run `snakemake` first.")])
    table = tables.read_text(path)
    raise_if(table.problems)
    rows = _with_states(table.rows, args.state, args.stage)
    raise_if(_only_problems(rows, args.only, args.state))
    chosen = [r for r in rows if not args.only or {id_of(r), r["state"]} & set(args.only)]
    text = WRITERS[args.to](chosen)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_bytes(text.encode("utf-8"))
    print(f"{len(chosen)} of {len(rows)} written to {args.out}")


def _with_states(rows: Sequence[dict[str, str]], path: Path, stage: str) -> list[dict[str, str]]:
    states = {}
    if path.is_file():
        found = tables.read_text(path).rows
        states = {r["report_id"]: r["state"] for r in found if r["stage"] == stage}
    return [{**row, "state": states.get(id_of(row), "")} for row in rows]


def _only_problems(
    rows: Sequence[dict[str, str]], only: Sequence[str], state: Path
) -> list[Problem]:
    ids = {id_of(row) for row in rows}
    allowed = f"an id, or one of {', '.join(STATES)}"
    problems = [
        Problem("--only", repr(word), allowed, "Correct the word.")
        for word in only
        if word not in ids and word not in STATES
    ]
    if not state.is_file() and set(only) & set(STATES):
        name = state.as_posix()
        problems.append(
            Problem(name, "no such file", "the states of reports", "Run `snakemake` first.")
        )
    return problems
