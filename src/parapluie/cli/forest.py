"""``parapluie forest``: the figures of synthesis, one file a figure and format."""

from __future__ import annotations

import argparse
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parapluie import tables
from parapluie.cli.options import file_in, folder_out, read_protocol
from parapluie.errors import InputError, Problem

if TYPE_CHECKING:
    from parapluie.forest import Result, Sources

_EFFECTS = (
    "estimate", "ci_low", "ci_high", "printed_estimate", "printed_ci_low", "printed_ci_high", "k",
    "n", "i2",
)  # fmt: skip
_POOLED = (
    "k_studies", "k_effects", "natural_estimate", "natural_ci_low", "natural_ci_high",
    "natural_pi_low", "natural_pi_high", "tau2", "i2", "i2_q", "q", "df", "q_p",
)  # fmt: skip
_AVERAGES = ("n_effects", "yi", "vi", "estimate", "ci_low", "ci_high", "weight")
_EQUIVALENTS = tuple(f"{c}{end}" for c in ("eg", "eor") for end in ("", "_low", "_high"))
INDEX = ("stem", "kind", "outcome", "level", "scale", "title", "caption", "n_rows")
ALL = "all"
NOT_DRAWN = ("kind", "outcome", "scale", "reason")
_OPTIONAL = {
    "verdicts": "credibility classes, written by the stage credibility",
    "matrix": "which review includes which study, written by the stage overlap",
    "equivalents": "effects on common scales, written by the stage synthesis",
    "problems": "results that are not used, written by the stage synthesis",
    "study-facts": "the table of primary studies, for names, years and subgroups",
    "study-effects": "the results of primary studies, for raw cells and subgroups",
    "findings": "directions that reviews report",
}


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser("forest", help="draw forest plots and the figures beside them")
    file_in(parser, "protocol", "the protocol of the review")
    file_in(parser, "effects", "results of reviews, written by the stage synthesis")
    file_in(parser, "pooled", "pooled results, written by the stage synthesis")
    file_in(parser, "studies", "averages of studies, written by the stage synthesis")
    file_in(parser, "reviews", "included reviews, written by the stage included")
    file_in(parser, "appraisal", "overall grades of the reviews (review_id, final, final_set)")
    for name, text in _OPTIONAL.items():
        file_in(parser, name, text, required=False)
    parser.add_argument("--width-mm", type=float, default=180, metavar="MM", help="width")
    parser.add_argument("--dpi", type=int, default=300, help="resolution of the PNG")
    parser.add_argument(
        "--kinds", nargs="*", default=[ALL], metavar="KIND", help="kinds of figures, or all"
    )
    parser.add_argument(
        "--limits", nargs="*", default=[], metavar="MEASURE=LOW,HIGH",
        help="ends of the axis of a measure, on the natural scale",
    )  # fmt: skip
    folder_out(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Read, call, write."""
    from parapluie.forest import KINDS, Wanted, plan

    wanted = Wanted(
        width_mm=args.width_mm,
        limits=dict(_limit(text) for text in args.limits),
        kinds=_known(args.kinds, KINDS),
    )
    found = plan(_sources(args), wanted)
    args.out.mkdir(parents=True, exist_ok=True)
    _remove_others(args.out, {drawing.stem for drawing in found.drawings})
    _draw(found, args.out, args.dpi)
    lines = [{c: getattr(d, c) for c in INDEX} for d in found.drawings]
    tables.write_rows(args.out / "index.csv", INDEX, lines)
    absent = [{c: getattr(n, c) for c in NOT_DRAWN} for n in found.not_drawn]
    tables.write_rows(args.out / "not_drawn.csv", NOT_DRAWN, absent)
    tables.write(found.figures.frame(), args.out / "figures.csv")


def _draw(found: Result, out: Path, dpi: int) -> None:
    """Draw and save one figure after the other; only one is held at a time."""
    from parapluie.drawing import save
    from parapluie.forest import boxes_allowed, with_spots

    for drawing in found.drawings:
        figure, spots = drawing.draw()
        rework = functools.partial(with_spots, spots=spots)
        with boxes_allowed():
            pages = drawing.pages() if drawing.pages else []
            save(
                figure, out / drawing.stem, drawing.title, drawing.caption, rework=rework, dpi=dpi,
                pages=pages,
            )  # fmt: skip


def _sources(args: argparse.Namespace) -> Sources:
    """Read all tables; those that are not given are empty."""
    from parapluie.forest import Sources

    facts = tables.read(args.study_facts, "extraction/study_facts")
    given: dict[str, Any] = {
        "verdicts": (args.verdicts, ()),
        "matrix": (args.matrix, ()),
        "equivalents": (args.equivalents, _EQUIVALENTS),
        "problems": (args.problems, ()),
    }
    read: dict[str, Any] = {
        name: tables.read_result(path, numbers) for name, (path, numbers) in given.items() if path
    }
    if args.study_effects:
        read["study_effects_file"] = args.study_effects.as_posix()
    return Sources(
        protocol=read_protocol(args.protocol),
        effects=tables.read_result(args.effects, _EFFECTS),
        pooled=tables.read_result(args.pooled, _POOLED),
        averages=tables.read_result(args.studies, _AVERAGES),
        reviews=tables.read_result(args.reviews),
        appraisal=tables.read_result(args.appraisal),
        study_labels=_column(facts, "study_label"),
        study_years=_column(facts, "year"),
        study_facts=facts,
        study_effects=tables.read(args.study_effects, "extraction/study_effects"),
        findings=tables.read(args.findings, "extraction/findings"),
        **read,
    )


def _column(facts: Any, column: str) -> dict[str, Any]:
    """Give a column by study, where it is known."""
    if column not in facts:
        return {}
    named = facts[(facts[column] != "") & facts[column].notna()]
    return dict(zip(named["study_id"], named[column], strict=True))


def _known(kinds: Sequence[str], known: Sequence[str]) -> Sequence[str]:
    """Give the kinds that are wanted.

    Raises
    ------
    InputError
        If there is no such kind.
    """
    if list(kinds) == [ALL]:
        return known
    unknown = [k for k in kinds if k not in known]
    if unknown:
        raise InputError(
            [Problem("config/config.yaml", repr(kind), ", ".join((ALL, *known)),
                     "Correct the setting.", column="forest.figures") for kind in unknown]
        )  # fmt: skip
    return kinds


def _limit(text: str) -> tuple[str, tuple[float, float]]:
    """Read MEASURE=LOW,HIGH."""
    measure, _, ends = text.partition("=")
    try:
        low, high = (float(x) for x in ends.split(","))
    except ValueError:
        low = high = 0.0
    from parapluie.measures import MEASURES

    known = MEASURES.get(measure)
    if known is None or not low < high or (known.log and low <= 0):
        raise InputError(
            [Problem("config/config.yaml", repr(text), "a measure and two ends, the lower first",
                     "Correct the setting; ratios need ends above 0.", column="forest.limits")]
        )  # fmt: skip
    return measure, (low, high)


def _remove_others(folder: Path, stems: set[str]) -> None:
    """Remove figures of earlier runs that are not drawn any more."""
    for path in sorted(folder.iterdir()):
        if path.suffix in (".svg", ".pdf", ".png") and path.stem not in stems:
            path.unlink()
