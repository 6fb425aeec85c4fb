"""``parapluie credibility``: an empty table of classes, with its reason."""

from __future__ import annotations

import argparse
from typing import Any

from parapluie import credibility, tables
from parapluie.cli import options
from parapluie.trace import COLUMNS


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("credibility", help="credibility class of each pooled result")
    options.file_in(parser, "protocol", "the protocol")
    options.file_in(parser, "pooled", "results/synthesis/pooled.csv")
    options.file_in(parser, "appraisal", "results/appraisal/overall.csv")
    options.file_in(parser, "overlap", "results/overlap/cca.csv")
    options.folder_out(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Write the table."""
    tables.write_rows(args.out / "classes.csv", credibility.COLUMNS, [])
    lines = credibility.figures().lines
    tables.write_rows(args.out / "figures.csv", COLUMNS, [lines[key] for key in sorted(lines)])
