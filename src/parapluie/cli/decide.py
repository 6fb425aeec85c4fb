"""``parapluie decide``: append decisions, from a filled worklist or one by hand."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from parapluie import __version__, tables
from parapluie.cli.ids import read_aliases
from parapluie.cli.options import read_protocol
from parapluie.cli.worklist import absent_results, place_problems
from parapluie.decision_log import COLUMNS, LOCK, Log, Place, reviewer_roles
from parapluie.errors import Problem, raise_if
from parapluie.schema import table_schema
from parapluie.vocabulary import STAGES
from parapluie.worklist import Answers, answers, read_workbook, stamped

REPORTS = "results/deduplication/reports.csv"
ALIASES = "results/deduplication/aliases.csv"
_PROVENANCE = {"event_id", "time", "tool", "event", "role"}
"""Columns that a file made by hand may lack; all others must be there if they are filled."""


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("decide", help="append decisions of a person")
    parser.add_argument("--from", dest="source", type=Path, metavar="FILE", help="filled worklist")
    parser.add_argument("--report", metavar="ID", help="one decision by hand: the report")
    parser.add_argument("--decision", metavar="WORD", help="include, exclude or maybe")
    parser.add_argument("--reason", default="", metavar="CODE", help="of an exclusion at full text")
    parser.add_argument("--note", default="", metavar="TEXT")
    parser.add_argument("--stage", choices=STAGES, help="default: as the workbook says")
    parser.add_argument("--round", metavar="NAME", help="default: as the workbook says, or main")
    parser.add_argument("--reviewer", metavar="NAME", help="default: as the workbook says")
    parser.add_argument(
        "--review", type=Path, default=Path(), metavar="PATH", help="folder of the review"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Check all decisions, append all of them or none, and say what was done."""
    review: Path = args.review
    raise_if(_usage_problems(args))
    table, about = _source(args)
    place = Place(*(getattr(args, c) or about.get(c, "") for c in Place._fields))
    place = place._replace(round=place.round or "main")
    protocol = read_protocol(review / "data" / "protocol.yaml")
    raise_if(place_problems(place, protocol) + absent_results(review, (REPORTS, ALIASES)))
    log = _log(review, place)
    aliases = read_aliases(
        review / ALIASES, [row["report_id"] for row in tables.read_text(review / REPORTS).rows]
    )
    found = answers(table, log, aliases, protocol, reviewer_roles(protocol)[place.reviewer])
    columns_missing = _column_problems(log, found)
    raise_if([*table.problems, *found.problems, *columns_missing, *_closed(review, log)])
    _append(review, place, found)
    _report(found, review, place)


def _usage_problems(args: argparse.Namespace) -> list[Problem]:
    by_hand = bool(args.report and args.decision)
    if args.source is None and not by_hand:
        return [
            Problem(
                "decide",
                "neither --from nor --report with --decision",
                "one of the two",
                "Give --from FILE, or --report ID --decision WORD.",
            )
        ]
    if args.source and (args.report or args.decision or args.reason or args.note):
        return [
            Problem(
                "decide",
                "--from together with a decision by hand",
                "one of the two",
                "Leave one of them out.",
            )
        ]
    if args.source and not args.source.is_file():
        return [Problem(str(args.source), "no such file", "a filled worklist", "Correct the name.")]
    return []


def _source(args: argparse.Namespace) -> tuple[tables.Table, dict[str, str]]:
    if args.source is None:
        row = {c: getattr(args, c) for c in ("decision", "reason", "note")}
        table = tables.Table(
            "by hand", ["report_id", *row], [{"report_id": args.report, **row}], [1]
        )
        return table, {}
    if args.source.suffix == ".xlsx":
        return read_workbook(args.source, args.source.as_posix())
    return tables.read_text(args.source), {}


def _path(review: Path, place: Place) -> Path:
    return (review / "data" / "screening").joinpath(*place).with_suffix(".csv")


def _log(review: Path, place: Place) -> Log:
    """Read the event file as it is.

    Raises
    ------
    InputError
        If it has faults, or is not separated by commas, so that nothing can be appended.
    """
    path = _path(review, place)
    shown = path.relative_to(review).as_posix()
    if not path.is_file():
        return Log(tables.Table(shown), place, 0)
    table = tables.read_text(path, shown)
    problems = tables.problems_of(table, table_schema("screening/decisions"))
    if table.delimiter != ",":
        problems.append(
            Problem(
                shown,
                f"columns separated by {table.delimiter!r}",
                "columns separated by commas",
                "Save the file with commas; then run this command again.",
                row=1,
            )
        )
    raise_if(problems)
    return Log(table, place, 0)


def _column_problems(log: Log, found: Answers) -> list[Problem]:
    """Find columns that the decisions need and an existing file lacks."""
    if not log.table.columns:
        return []
    filled = {c for row in found.rows for c, value in row.items() if value}
    missing = sorted(filled - set(log.table.columns) - _PROVENANCE)
    return [
        Problem(
            log.file,
            f"no column {c}",
            ", ".join(COLUMNS),
            f"Add the column {c} to the header.",
            row=1,
            column=c,
        )
        for c in missing
    ]


def _closed(review: Path, log: Log) -> list[Problem]:
    """Find out whether the reviewer has closed the round."""
    rounds = tables.locate(review / "data" / "screening", "rounds")
    rows = tables.read_text(rounds).rows if rounds else []
    days = [row.get("locked", "") for row in rows if _is(row, log.place)]
    locked = any(days) or any(row.get("event") == LOCK for row in log.table.rows)
    if not locked:
        return []
    return [
        Problem(
            log.file,
            "a round that is locked",
            "an open round",
            "Decide in a new round (--round NAME), or let an adjudicator decide.",
        )
    ]


def _is(row: Mapping[str, str], place: Place) -> bool:
    return tuple(row.get(c, "") for c in Place._fields) == tuple(place)


def _append(review: Path, place: Place, found: Answers) -> None:
    """Write the events and, where it is missing, the row of rounds.csv: both or neither."""
    if not found.rows:
        return
    path, rounds = _path(review, place), review / "data" / "screening" / "rounds.csv"
    located = tables.locate(rounds.parent, "rounds")
    named = located is not None and any(_is(r, place) for r in tables.read_text(located).rows)
    if located is not None and located != rounds and not named:
        raise_if(
            [
                Problem(
                    located.relative_to(review).as_posix(),
                    f"no row {','.join(place)}",
                    "a row for each event file",
                    "Add the row; a command appends to .csv only.",
                )
            ]
        )
    before = path.read_bytes() if path.exists() else None
    rows = stamped(found.rows, place.reviewer, datetime.now(UTC), f"parapluie {__version__}")
    try:
        tables.append_rows(path, COLUMNS, rows)
        if not named:
            tables.append_rows(rounds, (*Place._fields, "locked"), [place._asdict()])
    except OSError:
        if before is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(before)
        raise


def _report(found: Answers, review: Path, place: Place) -> None:
    shown = _path(review, place).relative_to(review).as_posix()
    print(
        f"{len(found.rows)} decisions appended to {shown}; "
        f"{found.repeated} were there already; {found.unanswered} rows without a decision."
    )
