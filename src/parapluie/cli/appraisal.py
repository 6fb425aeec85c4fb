"""``parapluie appraisal``: grades of the included reviews, from item answers and as recorded."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parapluie import rating_sheets, tables
from parapluie.cli import appraisal_sheets, full_texts, options, pictures
from parapluie.errors import Problem, raise_if
from parapluie.schema import table_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parapluie.appraisal import Appraisal, Source
    from parapluie.appraisal.tool import Tool

KINDS = ("ratings", "recorded", "counts", "overrides")
"""Tables of ``data/appraisal/TOOL/``, each with its option and its schema."""


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "appraisal", help="AMSTAR 2 grades, agreement of raters, items by reviews"
    )
    options.file_in(parser, "protocol", "data/protocol.yaml", required=False)
    options.file_in(parser, "reviews", "results/included/reviews.csv", required=False)
    options.files_in(parser, "ratings", "data/appraisal/TOOL/RATER.csv and consensus.csv")
    options.files_in(parser, "recorded", "data/appraisal/TOOL/recorded.csv")
    options.files_in(parser, "counts", "data/appraisal/TOOL/counts.csv")
    options.files_in(parser, "overrides", "data/appraisal/TOOL/overrides.csv")
    options.file_in(parser, "reports", "results/included/reports.csv, for quotes", required=False)
    options.file_in(parser, "status", "results/fulltexts/status.csv, for quotes", required=False)
    pictures.add_options(parser)
    options.folder_out(parser)
    appraisal_sheets.add_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Read protocol and tables, grade, write tables, figures and the drawing."""
    if args.blank:
        appraisal_sheets.run(args)
        return
    raise_if(_not_given(args))
    from parapluie.appraisal import Inputs, appraise
    from parapluie.appraisal.pictures import KINDS, plan
    from parapluie.appraisal.pictures import Sources as Shown
    from parapluie.appraisal.tool import load_tool

    protocol = options.read_protocol(args.protocol)
    chosen = protocol.get("appraisal", {})
    reviews = tables.read_result(args.reviews)
    inputs = Inputs(
        reviews,
        review_types={entry["id"]: entry for entry in protocol.get("review_types", ())},
        **_sources(args),
    )
    found = appraise(inputs, chosen.get("tool", "amstar2"), chosen.get("profile", ""))
    tool = load_tool(chosen.get("tool", "amstar2"))
    _add_quotes(args, found, inputs.of("ratings", tool.id), tool)
    for name, table in found.tables.items():
        tables.write(table, args.out / f"{name}.csv")
    files = [s.shown for s in inputs.of("ratings", tool.id)]
    shown = Shown(found.tables["items"], found.tables["overall"], reviews, tool, found.profile,
                  files, found.figures.lines)  # fmt: skip
    drawn = plan(shown, found.figures, args.width_mm, inputs.recorded)
    tables.write(found.figures.frame(), args.out / "figures.csv")
    pictures.write_all(drawn.drawings, drawn.not_drawn, KINDS, args)


def _add_quotes(
    args: argparse.Namespace, found: Appraisal, sources: Sequence[Source], tool: Tool
) -> None:
    """Look up the quotes of raters, and mark the items behind which they stand."""
    from parapluie.appraisal import quotes

    items = found.tables["items"]
    looked_up = quotes.look_up_all(sources, items, full_texts.of_reviews(args.reports, args.status))
    item_of = {name: item.id for name, (item, _) in tool.places().items()}
    found.tables["items"] = items.assign(quotes=quotes.with_marks(items, looked_up, item_of))
    found.tables["quotes"] = looked_up
    quotes.add_figures(found.figures, looked_up, sources)


def _not_given(args: argparse.Namespace) -> list[Problem]:
    return [
        Problem(f"--{name}", "no file", "a file", f"Give --{name}, or --blank for a sheet.")
        for name in ("protocol", "reviews")
        if getattr(args, name) is None
    ]


def _sources(args: argparse.Namespace) -> dict[str, list[Source]]:
    """Read every table; the faults of all of them are told together."""
    from parapluie.appraisal import Source

    found: dict[str, list[Source]] = {kind: [] for kind in KINDS}
    problems: list[Problem] = []
    rated: list[tuple[Path, tables.Table]] = []
    for kind in KINDS:
        schema = table_schema(f"appraisal/{kind}")
        for path in getattr(args, kind):
            table = tables.read_text(path, path.as_posix())
            faults = tables.problems_of(table, schema)
            if kind == "ratings":
                faults += rating_sheets.problems(table, path)
                rated.append((path, table))
            problems += faults
            if not faults:
                place = rating_sheets.place_of(path)
                found[kind].append(Source(*place, table.shown, tables.frame(table, schema)))
    raise_if([*problems, *rating_sheets.rated_twice(rated)])
    return found
