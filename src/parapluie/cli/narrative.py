"""``parapluie narrative``: directions, frameworks and themes, as the reviews report them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from parapluie import narrative, tables
from parapluie.cli import options
from parapluie.errors import raise_if
from parapluie.schema import table_schema
from parapluie.trace import COLUMNS, Figures


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("narrative", help="votes, frameworks and themes of the reviews")
    options.file_in(parser, "protocol", "the protocol")
    options.file_in(parser, "reviews", "results/included/reviews.csv")
    options.file_in(parser, "findings", "directions that reviews report", required=False)
    options.file_in(parser, "framework", "findings under domains", required=False)
    options.file_in(parser, "themes", "findings under themes", required=False)
    options.file_in(parser, "appraisal", "results/appraisal/overall.csv")
    options.folder_out(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Read, count, write."""
    protocol = options.read_protocol(args.protocol)
    included = [row["review_id"] for row in tables.read_text(args.reviews).rows]
    grades = {r["review_id"]: r.get("final", "") for r in tables.read_text(args.appraisal).rows}
    figures = Figures("narrative")
    votes = narrative.votes(_source(args.findings, "findings"), included, grades, figures)
    framework, problems = narrative.framework(
        _source(args.framework, "framework"), included, _domains(protocol), figures
    )
    themes, more = narrative.themes(
        _source(args.themes, "themes"),
        included,
        protocol.get("themes", {}).get("themes", []),
        protocol.get("themes", {}).get("perspectives", []),
        figures,
    )
    write = tables.write_rows
    write(args.out / "votes.csv", narrative.VOTE_COLUMNS, votes)
    write(args.out / "framework.csv", narrative.FRAMEWORK_COLUMNS, framework)
    write(args.out / "themes.csv", narrative.THEME_COLUMNS, themes)
    write(args.out / "problems.csv", narrative.PROBLEM_COLUMNS, [*problems, *more])
    lines = [figures.lines[key] for key in sorted(figures.lines)]
    write(args.out / "figures.csv", COLUMNS, lines)


def _domains(protocol: Mapping[str, Any]) -> list[str]:
    return [d for framework in protocol.get("frameworks", []) for d in framework.get("domains", [])]


def _source(path: Path | None, name: str) -> narrative.Source:
    """Read a human table as text, once its schema has nothing against it."""
    if path is None:
        return narrative.Source(f"data/extraction/{name}.csv")
    table = tables.read_text(path)
    raise_if(tables.problems_of(table, table_schema(f"extraction/{name}")))
    return narrative.Source(table.shown, table.rows, table.numbers)
