"""``parapluie worklist``: what waits for a person, as a workbook to fill in."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from parapluie import tables
from parapluie.cli.options import read_protocol
from parapluie.decision_log import COLUMNS, Place, reviewer_roles
from parapluie.errors import Problem, raise_if
from parapluie.vocabulary import STAGES
from parapluie.worklist import columns_of, waiting_for, workbook, worklist_rows

REPORTS = "results/deduplication/reports.csv"
STATE = "results/screening/state.csv"


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("worklist", help="what waits for a person, to fill in")
    parser.add_argument("--stage", required=True, choices=STAGES)
    parser.add_argument("--reviewer", required=True, metavar="NAME", help="pseudonym")
    parser.add_argument("--round", default="main", metavar="NAME", help="default: main")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="workbook (.xlsx) or .csv to write"
    )
    parser.add_argument(
        "--review", type=Path, default=Path(), metavar="PATH", help="folder of the review"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Write the worklist and say how many reports it holds."""
    review: Path = args.review
    place = Place(args.stage, args.round, args.reviewer)
    protocol = read_protocol(review / "data" / "protocol.yaml")
    raise_if(place_problems(place, protocol) + _out_problems(args.out))
    raise_if(absent_results(review, (REPORTS, STATE)))
    reports = {row["report_id"]: row for row in tables.read_text(review / REPORTS).rows}
    state = tables.read_text(review / STATE).rows
    ids = waiting_for(state, place.stage, place.reviewer, reviewer_roles(protocol))
    rows = worklist_rows(ids, reports, place.stage)
    _write(args.out, rows, place, protocol)
    _make_expected_file(review, place)
    print(f"{len(rows)} reports wait for {place.reviewer} at {place.stage}: {args.out}")


def place_problems(place: Place, protocol: Mapping[str, Any]) -> list[Problem]:
    """Check stage, round and reviewer against the protocol."""
    names = sorted(reviewer_roles(protocol))
    problems = []
    if place.reviewer not in names:
        problems.append(
            Problem(
                "--reviewer",
                repr(place.reviewer),
                ", ".join(names) or "no reviewers yet",
                "Add the reviewer to data/protocol.yaml or correct the name.",
            )
        )
    if place.stage not in STAGES:
        problems.append(Problem("--stage", repr(place.stage), ", ".join(STAGES), "Give the stage."))
    if not re.fullmatch(r"[a-z0-9_-]+", place.round):
        problems.append(
            Problem("--round", repr(place.round), "a-z, 0-9, _ and -", "Correct the name.")
        )
    return problems


def absent_results(review: Path, names: tuple[str, ...]) -> list[Problem]:
    """Say which results are not there yet."""
    return [
        Problem(name, "no such file", "the result of the stage", "Run `snakemake` first.")
        for name in names
        if not (review / name).is_file()
    ]


def _out_problems(out: Path) -> list[Problem]:
    if out.suffix not in (".xlsx", ".csv"):
        return [Problem("--out", repr(out.name), "a name with .xlsx or .csv", "Correct the name.")]
    if out.exists():
        return [
            Problem(
                "--out",
                f"{out}, which is there already",
                "a new file",
                "Take another name: the file may hold answers.",
            )
        ]
    return []


def _write(
    out: Path, rows: list[dict[str, str]], place: Place, protocol: Mapping[str, Any]
) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix == ".csv":
        tables.append_rows(out, columns_of(place.stage), rows)
    else:
        workbook(rows, place, protocol).save(out)


def _make_expected_file(review: Path, place: Place) -> None:
    """Make the event file, without events, where rounds.csv expects it and it is not there yet."""
    folder = review / "data" / "screening"
    rounds = tables.locate(folder, "rounds")
    path = folder.joinpath(*place).with_suffix(".csv")
    if rounds is None or path.exists():
        return
    named = [tuple(row.get(c, "") for c in Place._fields) for row in tables.read_text(rounds).rows]
    if tuple(place) in named:
        tables.append_rows(path, COLUMNS, [])
