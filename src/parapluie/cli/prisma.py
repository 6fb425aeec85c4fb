"""The command ``parapluie prisma``: the flow, its identities and its drawing."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parapluie import drawing, tables
from parapluie.cli import options
from parapluie.prisma import checks, counts, diagram, recount
from parapluie.prisma.template import TEMPLATES
from parapluie.trace import Figures

if TYPE_CHECKING:
    import pandas as pd

RECORDED_TITLE = "Recorded in the publication"
AUTO = "auto"


def add_parser(commands: Any) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("prisma", help="count, check and draw the PRISMA 2020 flow")
    for name, text in (
        ("protocol", "data/protocol.yaml"),
        ("searches", "data/search/searches.csv"),
        ("records", "records.csv of the stage records"),
        ("clusters", "clusters.csv of the stage deduplication"),
        ("reports", "reports.csv of the stage deduplication"),
        ("aliases", "aliases.csv of the stage deduplication"),
        ("state", "state.csv of the stage screening"),
        ("fulltexts", "status.csv of the stage fulltexts"),
        ("included-reports", "reports.csv of the stage included"),
        ("included-reviews", "reviews.csv of the stage included"),
    ):
        options.file_in(parser, name, text)
    for name, text in (
        ("removed", "data/search/removed.csv"),
        ("studies", "data/extraction/studies.csv"),
        ("recorded-flow", "data/search/recorded_flow.csv"),
    ):
        options.file_in(parser, name, text, required=False)
    options.files_in(parser, "decisions", "files of decisions in the order of rounds.csv")
    parser.add_argument(
        "--template",
        choices=(AUTO, *TEMPLATES),
        default=AUTO,
        help="which official template to draw (auto: the one that fits)",
    )
    parser.add_argument(
        "--per-source",
        choices=("yes", "no"),
        default="yes",
        help="list databases and registers one by one",
    )
    options.folder_out(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Read, count, check, draw, write."""
    given = _inputs(args)
    counted = counts.count_flow(given)
    recorded = _recorded(args.recorded_flow)
    scopes = {"counted": _checks(args, given, counted)}
    if recorded:
        scopes["recorded"] = checks.check_recorded(checks.flow_of(recorded))
    figures = Figures("prisma")
    counts.add_figures(figures, [*counted, *recorded])
    fallback = {
        "counted": [f"prisma.{box}" for box in ("identified", "screened", "assessed")],
        "recorded": [f"prisma.{c.key}" for c in recorded],
    }
    for scope, found in scopes.items():
        checks.add_figures(figures, scope, found, fallback[scope])
    args.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(counts.as_json([*counted, *recorded]), indent=1, ensure_ascii=False)
    (args.out / "flow.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    tables.write(checks.as_frame(scopes), args.out / "checks.csv")
    tables.write(figures.frame(), args.out / "figures.csv")
    _draw(args, counted, recorded)


def _inputs(args: argparse.Namespace) -> counts.Inputs:
    shown = {
        name: path.as_posix()
        for name, path in (
            ("protocol", args.protocol),
            ("searches", args.searches),
            ("removed", args.removed),
            ("studies", args.studies),
        )
        if path
    }
    folder = args.protocol.parent / "extraction"
    named = tables.locate(folder, "reports") or folder / "reports.csv"
    shown["extraction_reports"] = named.as_posix()
    return counts.Inputs(
        protocol=options.read_protocol(args.protocol),
        searches=tables.read(args.searches, "search/searches", shown["searches"]),
        records=tables.read_result(args.records),
        clusters=tables.read_result(args.clusters),
        reports=tables.read_result(args.reports),
        removed=tables.read(args.removed, "search/removed", shown.get("removed")),
        state=tables.read_result(args.state),
        status=tables.read_result(args.fulltexts),
        included_reports=tables.read_result(args.included_reports),
        included_reviews=tables.read_result(args.included_reviews),
        studies=tables.read(args.studies, "extraction/studies", shown.get("studies")),
        shown=shown,
    )


def _recorded(path: Path | None) -> list[counts.Count]:
    if path is None:
        return []
    frame = tables.read(path, "search/recorded_flow", path.as_posix())
    return counts.recorded_flow(frame, path.as_posix())


def _checks(
    args: argparse.Namespace, given: counts.Inputs, counted: Sequence[counts.Count]
) -> list[checks.Check]:
    flow = checks.flow_of(counted)
    by_box = {c.box: c for c in counted}
    awaiting, without_report = counts.unmatched_reviews(given)
    aliases = tables.read_result(args.aliases)
    again = recount.recount(
        _events(args.decisions),
        dict(zip(aliases["alias"], aliases["report_id"], strict=True)),
        list(given.reports["report_id"]),
        given.protocol,
    )
    return [
        *checks.check_template(flow),
        *checks.check_whole(flow),
        *checks.check_overview(
            flow, len(awaiting), by_box["reviews_without_list"].note, without_report
        ),
        *checks.check_recount(_states(given.state), again),
    ]


def _states(state: pd.DataFrame) -> dict[str, Counter[str]]:
    return {
        stage: Counter(state.loc[state["stage"] == stage, "state"])
        for stage in ("title_abstract", "full_text")
    }


def _events(paths: Sequence[Path]) -> Iterator[recount.Event]:
    """Give the events of files screening/STAGE/ROUND/REVIEWER.csv as they stand."""
    for path in paths:
        for row in tables.read_text(path).rows:
            yield recount.Event(path.parts[-3], path.parts[-2], path.stem, row)


def _draw(
    args: argparse.Namespace, counted: Sequence[counts.Count], recorded: Sequence[counts.Count]
) -> None:
    for stem, flow, title in (("flow", counted, ""), ("recorded", recorded, RECORDED_TITLE)):
        if not flow:
            continue
        template = args.template
        if template == AUTO:
            template = checks.template_of(checks.flow_of(flow), recorded=bool(title))
        made = diagram.draw(
            flow, template, title, diagram.notes_of(flow), per_source=args.per_source == "yes"
        )
        name = diagram.TITLE + (f": {title.lower()}" if title else "")
        drawing.save(made.figure, args.out / stem, name, made.description)
