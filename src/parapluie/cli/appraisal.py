"""``parapluie appraisal``: grades of the included reviews, from item answers and as recorded."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parapluie import rating_sheets, tables
from parapluie.cli import appraisal_sheets, full_texts, options, pictures
from parapluie.errors import InputError, Problem, raise_if
from parapluie.schema import table_schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from parapluie.appraisal import Appraisal, Inputs, Source, Team
    from parapluie.appraisal.tool import Profile, Tool

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
    options.files_in(parser, "tools", "data/appraisal/TOOL/tool.yaml, tools of the team")
    parser.add_argument(
        "--items", type=Path, metavar="FILE",
        help="a table of answers alone, long or wide, in place of protocol, reviews and ratings",
    )  # fmt: skip
    parser.add_argument(
        "--critical", type=_items_of, metavar="ITEMS", help="critical items, as 4,7,9,11,13"
    )
    options.file_in(parser, "reports", "results/included/reports.csv, for quotes", required=False)
    options.file_in(parser, "status", "results/fulltexts/status.csv, for quotes", required=False)
    pictures.add_options(parser)
    options.folder_out(parser)
    appraisal_sheets.add_options(parser)
    parser.set_defaults(run=run)


def _items_of(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def run(args: argparse.Namespace) -> None:
    """Read the tables, grade, write tables, figures and drawings."""
    if args.blank:
        appraisal_sheets.run(args)
        return
    raise_if(_not_given(args))
    from parapluie.appraisal import appraise

    given = _of_one_table(args) if args.items else _of_a_review(args)
    found = appraise(
        given.inputs, given.tool, given.profile, given.critical, given.reason, given.shown
    )
    if not args.items:
        _add_quotes(args, found, given.inputs.of("ratings", found.tool.id), found.tool)
    _write(args, found, given.inputs)


def _write(args: argparse.Namespace, found: Appraisal, inputs: Inputs) -> None:
    from parapluie.appraisal.pictures import KINDS, plan
    from parapluie.appraisal.pictures import Sources as Shown

    for name, table in found.tables.items():
        tables.write(table, args.out / f"{name}.csv")
    files = list(dict.fromkeys(s.shown for s in inputs.of("ratings", found.tool.id)))
    shown = Shown(found.tables["items"], found.tables["overall"], inputs.reviews, found.tool,
                  found.profile, files, found.figures.lines)  # fmt: skip
    drawn = plan(shown, found.figures, args.width_mm, inputs.recorded)
    tables.write(found.figures.frame(), args.out / "figures.csv")
    pictures.write_all(drawn.drawings, drawn.not_drawn, KINDS, args)


@dataclass(frozen=True)
class _Given:
    """What is appraised, with which tool, and where that is said."""

    inputs: Inputs
    tool: Tool
    profile: str | Profile
    critical: Sequence[str]
    reason: str
    shown: str


def _of_a_review(args: argparse.Namespace) -> _Given:
    """Read the tables of a review, and what its protocol says of the appraisal."""
    from parapluie.appraisal import Inputs

    protocol = options.read_protocol(args.protocol)
    chosen = protocol.get("appraisal", {})
    sources = _sources(args)
    inputs = Inputs(
        tables.read_result(args.reviews),
        sources["ratings"],
        sources["recorded"],
        sources["counts"],
        sources["overrides"],
        review_types={entry["id"]: entry for entry in protocol.get("review_types", ())},
        team=_team(protocol),
    )
    tool = _tool(args.tool or chosen.get("tool", "amstar2"), args.tools)
    profile = args.profile or ("" if args.tool else chosen.get("profile", ""))
    critical = args.critical or [str(item) for item in chosen.get("critical", ())]
    reason = "" if args.critical else chosen.get("critical_reason", "")
    return _Given(inputs, tool, _profile(profile), critical, reason, args.protocol.as_posix())


def _of_one_table(args: argparse.Namespace) -> _Given:
    """Read a table of item answers that stands alone."""
    from parapluie.appraisal import Inputs
    from parapluie.appraisal.tables_in import standalone

    tool = _tool(args.tool or "amstar2", args.tools)
    table = standalone(tables.read_text(args.items, args.items.as_posix()), tool)
    inputs = Inputs(
        table.reviews,
        table.ratings,
        table.recorded,
        review_types=table.review_types(),
        notes=table.notes,
    )
    given = _Given(inputs, tool, _profile(args.profile or ""), args.critical or [], "", "--profile")
    raise_if(_all_problems(table.problems, given))
    return given


def _all_problems(found: Sequence[Problem], given: _Given) -> list[Problem]:
    """Add to the faults of the table, if it has any, those of its answers: all are told at once."""
    from parapluie.appraisal import appraise

    if not found:
        return []
    try:
        appraise(given.inputs, given.tool, given.profile, given.critical, "", given.shown)
    except InputError as error:
        return [*found, *error.problems]
    return list(found)


def _team(protocol: Mapping[str, Any]) -> Team:
    """Tell who rates: whom the protocol names for the appraisal, else its reviewers."""
    from parapluie.appraisal import Team

    chosen = protocol.get("appraisal", {})
    reviewers = [
        r["id"] for r in protocol.get("reviewers", ()) if r.get("role", "reviewer") == "reviewer"
    ]
    return Team(chosen.get("raters", reviewers), chosen.get("raters_per_review", 0))


def _tool(name: str, files: Sequence[Path]) -> Tool:
    """Give a tool by its file, or by its name: one that the team defined, else one of ours."""
    from parapluie.appraisal.tool import load_tool, read_tool, tool_names

    if name.endswith((".yaml", ".yml")):
        return read_tool(_there(Path(name), "--tool"))
    defined = {tool.id: tool for tool in map(read_tool, files)}
    if name in defined:
        return defined[name]
    if name not in tool_names():
        known = ", ".join([*sorted(defined), *tool_names()])
        mend = "Write the name of a tool, or the path of its file."
        raise_if([Problem("--tool", repr(name), known, mend)])
    return load_tool(name)


def _profile(name: str) -> str | Profile:
    """Give a profile by its file, or its name as it is."""
    from parapluie.appraisal.tool import read_profile

    is_file = name.endswith((".yaml", ".yml"))
    return read_profile(_there(Path(name), "--profile")) if is_file else name


def _there(path: Path, option: str) -> Path:
    if not path.is_file():
        raise_if([Problem(option, path.as_posix(), "a file that is there", "Correct the path.")])
    return path


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
    if args.items:
        _there(args.items, "--items")
        return []
    mend = "or --items for a table of answers, or --blank for a sheet."
    return [
        Problem(f"--{name}", "no file", "a file", f"Give --{name}, {mend}")
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
