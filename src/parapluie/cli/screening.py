"""``parapluie screening``: the state of every report, from the events of the reviewers."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from parapluie import tables
from parapluie.cli.ids import read_aliases
from parapluie.cli.options import file_in, files_in, folder_out, read_protocol
from parapluie.decision_log import (
    Log,
    decision_problems,
    lock_problems,
    place_of,
    rounds_problems,
)
from parapluie.errors import Problem, raise_if
from parapluie.schema import table_schema
from parapluie.screening import screen


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("screening", help="state of every report at each stage")
    file_in(parser, "protocol", "data/protocol.yaml")
    file_in(parser, "reports", "results/deduplication/reports.csv")
    file_in(parser, "aliases", "results/deduplication/aliases.csv")
    file_in(parser, "rounds", "data/screening/rounds.csv", required=False)
    files_in(parser, "decisions", "data/screening/STAGE/ROUND/REVIEWER.csv")
    folder_out(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Read the event files, compute the states, write the tables of the stage."""
    protocol = read_protocol(args.protocol)
    report_ids = [row["report_id"] for row in tables.read_text(args.reports).rows]
    aliases = read_aliases(args.aliases, report_ids)
    logs = read_logs(args.rounds, args.decisions, set(aliases), protocol)
    found = screen(report_ids, aliases, logs, protocol)
    tables.write(found.state, args.out / "state.csv", ["stage", "report_id"])
    tables.write(found.conflicts, args.out / "conflicts.csv", ["stage", "report_id", "kind"])
    tables.write(found.agreement, args.out / "agreement.csv", ["stage", "round", "pair", "maybe"])
    tables.write(found.problems, args.out / "problems.csv", ["file", "row", "problem"])
    tables.write(found.figures.frame(), args.out / "figures.csv")


def read_logs(
    rounds: Path | None,
    decisions: Sequence[Path],
    known_ids: set[str],
    protocol: Mapping[str, Any],
) -> list[Log]:
    """Read and check rounds.csv and all event files.

    Raises
    ------
    InputError
        With every fault of all of them.
    """
    expected = tables.read_text(rounds) if rounds else tables.Table("data/screening/rounds.csv")
    problems = (
        list(tables.problems_of(expected, table_schema("screening/rounds"))) if rounds else []
    )
    order = {_key(row): i for i, row in enumerate(expected.rows)}
    locked = {_key(row): row.get("locked", "") for row in expected.rows}
    problems += rounds_problems(expected, [path.as_posix() for path in decisions])
    logs = []
    for path in decisions:
        place = place_of(path.as_posix())
        if place is None:
            continue
        table = tables.read_text(path)
        problems += _problems_of(table, place.stage, place.reviewer, known_ids, protocol)
        problems += lock_problems(table, locked.get(tuple(place), ""))
        logs.append(Log(table, place, order.get(tuple(place), len(order))))
    raise_if(problems)
    return logs


def _key(row: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(row.get(c, "") for c in ("stage", "round", "reviewer"))


def _problems_of(
    table: tables.Table,
    stage: str,
    reviewer: str,
    known_ids: set[str],
    protocol: Mapping[str, Any],
) -> list[Problem]:
    schema = table_schema("screening/decisions")
    return tables.problems_of(table, schema) + decision_problems(
        table, stage, reviewer, known_ids, protocol
    )
