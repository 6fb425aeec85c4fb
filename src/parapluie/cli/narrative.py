"""``parapluie narrative``: directions, frameworks and themes, as the reviews report them."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from parapluie import narrative, quality, tables
from parapluie.cli import options
from parapluie.errors import raise_if
from parapluie.quality import Quality
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
    """Read, count, once with all reviews and once without weak ones, write."""
    protocol = options.read_protocol(args.protocol)
    known = quality.qualities(tables.read_text(args.appraisal).rows)
    threshold = quality.threshold_of(protocol)
    sources = {name: _source(getattr(args, name), name) for name in _TABLES}
    included = [row["review_id"] for row in tables.read_text(args.reviews).rows]
    gone = set(quality.left_out(included, known, threshold))
    figures, apart = Figures("narrative"), Figures("narrative")
    counted, problems = _count(protocol, sources, included, known, figures)
    _count(protocol, sources, [r for r in included if r not in gone], known, apart)
    views = narrative.by_quality(figures, apart, known, threshold)
    write = tables.write_rows
    for name, columns in _COLUMNS.items():
        rows = narrative.with_quality(counted[name], known, threshold)
        write(args.out / f"{name}.csv", columns, rows)
    write(args.out / "by_quality.csv", narrative.BY_QUALITY_COLUMNS, views)
    write(args.out / "problems.csv", narrative.PROBLEM_COLUMNS, problems)
    lines = [figures.lines[key] for key in sorted(figures.lines)]
    write(args.out / "figures.csv", COLUMNS, lines)


_TABLES = ("findings", "framework", "themes")
_COLUMNS = {
    "votes": narrative.VOTE_COLUMNS,
    "framework": narrative.FRAMEWORK_COLUMNS,
    "themes": narrative.THEME_COLUMNS,
}


def _count(
    protocol: Mapping[str, Any], sources: Mapping[str, narrative.Source], included: list[str],
    known: Mapping[str, Quality], figures: Figures,
) -> tuple[dict[str, list[dict[str, object]]], list[dict[str, object]]]:  # fmt: skip
    """Count votes, findings and themes of reviews; give their rows and the problems."""
    grades = {review: found.grade for review, found in known.items()}
    votes = narrative.votes(sources["findings"], included, grades, figures)
    framework, problems = narrative.framework(
        sources["framework"], included, _domains(protocol), figures, known
    )
    given = protocol.get("themes", {})
    themes, more = narrative.themes(
        sources["themes"], included, given.get("themes", []), given.get("perspectives", []),
        figures, known,
    )  # fmt: skip
    rows = {"votes": votes, "framework": framework, "themes": themes}
    return rows, [*problems, *more]


def _domains(protocol: Mapping[str, Any]) -> list[str]:
    return [d for framework in protocol.get("frameworks", []) for d in framework.get("domains", [])]


def _source(path: Path | None, name: str) -> narrative.Source:
    """Read a human table as text, once its schema has nothing against it."""
    if path is None:
        return narrative.Source(f"data/extraction/{name}.csv")
    table = tables.read_text(path)
    raise_if(tables.problems_of(table, table_schema(f"extraction/{name}")))
    return narrative.Source(table.shown, table.rows, table.numbers)
