"""``parapluie included``: included reviews and reports, and what waits for extraction."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pandas as pd

from parapluie import tables
from parapluie.cli.ids import read_aliases
from parapluie.cli.options import file_in, folder_out, read_protocol
from parapluie.errors import InputError, Problem, raise_if
from parapluie.included import LATEST, Sources, included


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("included", help="included reviews and their reports")
    file_in(parser, "protocol", "data/protocol.yaml")
    file_in(parser, "state", "results/screening/state.csv")
    file_in(parser, "reports", "results/deduplication/reports.csv")
    file_in(parser, "aliases", "results/deduplication/aliases.csv")
    file_in(parser, "extraction-reports", "data/extraction/reports.csv", required=False)
    file_in(parser, "extraction-reviews", "data/extraction/reviews.csv", required=False)
    folder_out(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Join screening to extraction and write the tables of the stage."""
    protocol = read_protocol(args.protocol)
    about = {row["report_id"]: row for row in tables.read_text(args.reports).rows}
    links, reviews = _extraction(args.extraction_reports, args.extraction_reviews)
    found = included(
        Sources(
            tables.read_result(args.state),
            about,
            read_aliases(args.aliases, about),
            links,
            reviews,
            _shown(args.extraction_reports, "reports"),
            _shown(args.extraction_reviews, "reviews"),
            str(protocol.get("versions") or LATEST),
        )
    )
    tables.write(found.reviews, args.out / "reviews.csv", ["review_id"])
    tables.write(found.reports, args.out / "reports.csv", ["report_id"])
    tables.write(found.awaiting, args.out / "awaiting_extraction.csv", ["report_id"])
    tables.write(found.problems, args.out / "problems.csv", ["file", "row", "problem"])
    tables.write(found.figures.frame(), args.out / "figures.csv")


def _shown(path: Path | None, name: str) -> str:
    return path.as_posix() if path else f"data/extraction/{name}.csv"


def _extraction(links: Path | None, reviews: Path | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read both tables; the faults of both are told together."""
    frames: list[pd.DataFrame] = []
    problems: list[Problem] = []
    for path, name in ((links, "extraction/reports"), (reviews, "extraction/reviews")):
        try:
            frames.append(tables.read(path, name))
        except InputError as error:
            problems.extend(error.problems)
    raise_if(problems)
    return frames[0], frames[1]
