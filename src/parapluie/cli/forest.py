"""``parapluie forest``: draw one forest plot per outcome and scale."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from parapluie import tables
from parapluie.cli.options import file_in, folder_out, read_protocol
from parapluie.errors import InputError, Problem

_EFFECTS = ("estimate", "ci_low", "ci_high", "k", "n", "i2")
_POOLED = (
    "k_studies", "k_effects", "natural_estimate", "natural_ci_low", "natural_ci_high",
    "natural_pi_low", "natural_pi_high", "tau2", "i2", "i2_q", "q", "df", "q_p",
)  # fmt: skip
_AVERAGES = ("n_effects", "estimate", "ci_low", "ci_high", "weight")
INDEX = ("stem", "outcome", "level", "scale", "title", "caption", "n_rows")


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser("forest", help="draw the forest plots")
    file_in(parser, "protocol", "the protocol of the review")
    file_in(parser, "effects", "results of reviews, written by the stage synthesis")
    file_in(parser, "pooled", "pooled results, written by the stage synthesis")
    file_in(parser, "studies", "averages of studies, written by the stage synthesis")
    file_in(parser, "study-facts", "the table of primary studies, for their names", required=False)
    file_in(parser, "reviews", "included reviews, written by the stage included")
    file_in(parser, "appraisal", "overall grades of the reviews (review_id, final, final_set)")
    parser.add_argument("--width-mm", type=float, default=175, metavar="MM", help="width of a plot")
    parser.add_argument(
        "--limits", nargs="*", default=[], metavar="MEASURE=LOW,HIGH",
        help="ends of the axis of a measure, on the natural scale",
    )  # fmt: skip
    folder_out(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Read, call, write."""
    import pandas as pd

    from parapluie.drawing import save
    from parapluie.forest import Sources, draw, plots

    limits = dict(_limit(text) for text in args.limits)
    made = plots(
        Sources(
            protocol=read_protocol(args.protocol),
            effects=tables.read_result(args.effects, _EFFECTS),
            pooled=tables.read_result(args.pooled, _POOLED),
            averages=tables.read_result(args.studies, _AVERAGES),
            reviews=tables.read_result(args.reviews),
            appraisal=tables.read_result(args.appraisal),
            study_labels=_labels(args.study_facts),
        )
    )
    args.out.mkdir(parents=True, exist_ok=True)
    _remove_others(args.out, {plot.stem for plot in made})
    lines = []
    for plot in made:
        figure = draw(plot, args.width_mm, limits.get(plot.measure.code))
        save(figure, args.out / plot.stem, plot.title, plot.caption)
        line = (plot.stem, plot.outcome, plot.level, plot.measure.code, plot.title, plot.caption)
        lines.append((*line, plot.n_rows))
    tables.write(pd.DataFrame(lines, columns=list(INDEX)), args.out / "index.csv")


def _labels(path: Path | None) -> dict[str, str]:
    """Read the names of studies; a study may lack one."""
    facts = tables.read(path, "extraction/study_facts")
    named = facts[facts["study_label"] != ""]
    return dict(zip(named["study_id"], named["study_label"], strict=True))


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
    """Remove plots of earlier runs that are not drawn any more."""
    for path in sorted(folder.glob("*__*.*")):
        if path.suffix in (".svg", ".pdf", ".png") and path.stem not in stems:
            path.unlink()
