"""``parapluie decide``: append decisions, of a worklist, one by hand, or of other tools."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from parapluie import __version__, tables
from parapluie.cli.ids import read_aliases
from parapluie.cli.options import read_protocol
from parapluie.cli.worklist import absent_results, place_problems
from parapluie.decision_import import Imported, Wanted, imported, rows_of_export, without_repeated
from parapluie.decision_log import COLUMNS, LOCK, Log, Place, reviewer_roles
from parapluie.errors import Problem, raise_if
from parapluie.records.decisions import COLUMNS as DECISION_COLUMNS
from parapluie.schema import table_schema
from parapluie.vocabulary import STAGES
from parapluie.worklist import Answers, answers, read_workbook, stamped

REPORTS = "results/deduplication/reports.csv"
ALIASES = "results/deduplication/aliases.csv"
RECORDS = "results/records/records.csv"
IMPORTED_COLUMNS = (*COLUMNS, "labels", "origin")
"""Columns of an event file that an import makes."""

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
    _add_import(parser)
    parser.add_argument("--stage", choices=STAGES, help="default: as the workbook says")
    parser.add_argument("--round", metavar="NAME", help="default: as the workbook says, or main")
    parser.add_argument("--reviewer", metavar="NAME", help="default: as the workbook says")
    parser.add_argument(
        "--review", type=Path, default=Path(), metavar="PATH", help="folder of the review"
    )
    parser.set_defaults(run=run)


def _add_import(parser: argparse.ArgumentParser) -> None:
    several: Mapping[str, Any] = {"nargs": "+", "action": "extend", "default": []}
    parser.add_argument(
        "--import", dest="imports", metavar="FILE", type=Path, help="decisions of tools", **several
    )
    parser.add_argument("--map", dest="people", metavar="NAME=REVIEWER", **several)
    parser.add_argument("--map-reason", dest="reasons", metavar="WORDS=CODE", **several)
    parser.add_argument("--files", metavar="FILE", help="only of these exports", **several)
    parser.add_argument("--leave", metavar="ID", help="records to leave out", **several)
    parser.add_argument("--check", action="store_true", help="only say what an import would do")


def run(args: argparse.Namespace) -> None:
    """Check all decisions, append all of them or none, and say what was done."""
    review: Path = args.review
    if args.imports:
        _run_import(args, review)
        return
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


# --- decisions of other tools ---------------------------------------------------------------------


def _run_import(args: argparse.Namespace, review: Path) -> None:
    raise_if(_import_problems(args) + absent_results(review, (REPORTS, ALIASES)))
    protocol = read_protocol(review / "data" / "protocol.yaml")
    reports = [row["report_id"] for row in tables.read_text(review / REPORTS).rows]
    aliases = read_aliases(review / ALIASES, reports)
    wanted = Wanted(
        args.stage,
        _pairs(args.people),
        _pairs(args.reasons),
        args.reviewer or "",
        args.decision or "",
        args.files,
        args.leave,
    )
    rows = _import_rows(args, review, aliases)
    shown = ", ".join(path.as_posix() for path in args.imports)
    found = imported(rows, shown, wanted, aliases, protocol)
    round_ = args.round or "main"
    logs = {p: _log(review, Place(args.stage, round_, p)) for p in sorted(found.events)}
    problems = list(found.problems)
    new = {}
    for person, log in logs.items():
        new[person] = without_repeated(found, person, log, aliases, protocol)
        if new[person]:
            problems += _lacking(log, new[person]) + place_problems(log.place, protocol)
            problems += _closed(review, log)
    raise_if(problems)
    if not args.check:
        _append_all(review, {logs[p].place: found_rows for p, found_rows in new.items()})
    _report_import(found, new, round_, args)


def _import_problems(args: argparse.Namespace) -> list[Problem]:
    faults = []
    if not args.stage:
        faults.append(("--import without --stage", ", ".join(STAGES), "Give the stage."))
    if args.source or args.report or args.note or args.reason:
        faults.append(("--import with a decision by hand", "one of the two", "Leave one out."))
    if args.decision and not args.files:
        faults.append(("--decision without --files", "the exports that it holds for",
                       "Name them: --files excluded.csv."))  # fmt: skip
    if args.decision and args.decision not in ("include", "exclude", "maybe"):
        faults.append((f"--decision {args.decision!r}", "include, exclude, maybe", "Correct it."))
    for pair in (*args.people, *args.reasons):
        if "=" not in pair:
            faults.append((repr(pair), "NAME=REVIEWER or WORDS=CODE", "Correct the pair."))
    problems = [Problem("decide", *fault) for fault in faults]
    return problems + [
        Problem(path.as_posix(), "no such file", "decisions.csv or an export", "Correct the name.")
        for path in args.imports
        if not path.is_file()
    ]


def _pairs(words: Sequence[str]) -> dict[str, str]:
    """Split at the last sign of equality: a reason may hold one, a code does not."""
    return {left.strip(): right.strip() for left, _, right in (w.rpartition("=") for w in words)}


def _import_rows(
    args: argparse.Namespace, review: Path, aliases: Mapping[str, str]
) -> list[dict[str, str]]:
    """Read the decisions: decisions.csv as it is, exports through their readers.

    Raises
    ------
    InputError
        If a file is neither, or a file of --files is not known.
    """
    rows, exports = [], []
    for path in args.imports:
        data = path.read_bytes()
        if data.decode("utf-8-sig", "replace").startswith(",".join(DECISION_COLUMNS[:4])):
            table = tables.read_text(path)
            raise_if(table.problems)
            rows += [{c: row.get(c, "") for c in DECISION_COLUMNS} for row in table.rows]
        else:
            exports.append((path.name, data))
    added, problems = rows_of_export(exports, aliases)
    raise_if(problems)
    rows += added
    if args.decision:
        rows += _of_files(review, args.files, {row["record_id"] for row in rows})
    known = {row["source_file"] for row in rows}
    raise_if(
        Problem("--files", repr(name), ", ".join(sorted(known)), "Correct the name.")
        for name in args.files
        if name not in known
    )
    return rows


def _of_files(review: Path, files: Sequence[str], known: set[str]) -> list[dict[str, str]]:
    """Give the records of exports in which nothing is decided but by the choice of the file."""
    path = review / RECORDS
    rows = tables.read_text(path).rows if path.is_file() else []
    return [
        {
            **{c: row.get(c, "") for c in DECISION_COLUMNS},
            **dict.fromkeys(("labels", "note", "warnings"), ""),
            "tool": "file",
            "origin": f"{row['source_file']} line {row.get('line_first', '')}",
        }
        for row in rows
        if row.get("source_file") in files and row["record_id"] not in known
    ]


def _lacking(log: Log, rows: Sequence[Mapping[str, str]]) -> list[Problem]:
    """Find columns that imported events fill and an existing file lacks."""
    filled = {c for row in rows for c, value in row.items() if value and value != "reviewer"}
    missing = sorted(filled - {"event"} - set(log.table.columns)) if log.table.columns else []
    return [
        Problem(log.file, f"no column {c}", ", ".join(IMPORTED_COLUMNS),
                f"Add the column {c} at the end of the header.", 1, c)
        for c in missing
    ]  # fmt: skip


def _append_all(review: Path, new: Mapping[Place, Sequence[Mapping[str, str]]]) -> None:
    """Append the events of all people, or of none."""
    now = datetime.now(UTC)
    paths = [_path(review, place) for place, rows in new.items() if rows]
    paths.append(review / "data" / "screening" / "rounds.csv")
    before = {path: path.read_bytes() if path.exists() else None for path in paths}
    try:
        for place, rows in new.items():
            if rows:
                told = stamped(rows, place.reviewer, now, "")
                kept = [
                    {
                        **event,
                        "time": row["time"],
                        "tool": f"{row['tool']}, parapluie {__version__}",
                    }
                    for event, row in zip(told, rows, strict=True)
                ]
                _append_events(review, place, kept, IMPORTED_COLUMNS)
    except BaseException:
        for path, data in before.items():
            if data is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(data)
        raise


def _report_import(
    found: Imported,
    new: Mapping[str, Sequence[Mapping[str, str]]],
    round_: str,
    args: argparse.Namespace,
) -> None:
    done = "would be appended" if args.check else "appended"
    for person, rows in new.items():
        counts = {w: sum(r["decision"] == w for r in rows) for w in ("include", "exclude", "maybe")}
        told = ", ".join(f"{n} {word}" for word, n in counts.items() if n)
        print(f"{args.stage}/{round_}/{person}: {len(rows)} decisions {done}"
              + (f" ({told})" if told else ""))  # fmt: skip
    print(
        f"{found.repeated} were there already; {found.undecided} rows without a decision; "
        f"{found.merged} on further records of the same report; "
        f"{found.superseded} notes for which the log speaks."
    )


def _append(review: Path, place: Place, found: Answers) -> None:
    """Write the events and, where it is missing, the row of rounds.csv: both or neither."""
    if found.rows:
        rows = stamped(found.rows, place.reviewer, datetime.now(UTC), f"parapluie {__version__}")
        _append_events(review, place, rows, COLUMNS)


def _append_events(
    review: Path, place: Place, rows: Sequence[Mapping[str, str]], columns: Sequence[str]
) -> None:
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
    try:
        tables.append_rows(path, columns, rows)
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
