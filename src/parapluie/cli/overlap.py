"""``parapluie overlap``: shared primary studies of the included reviews."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parapluie import tables
from parapluie.cli import options, pictures

if TYPE_CHECKING:
    import pandas as pd

    from parapluie.overlap import Overlap
    from parapluie.overlap.pictures import Sources


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "overlap", help="citation matrix, corrected covered area, containment, heat map"
    )
    options.file_in(parser, "reviews", "results/included/reviews.csv")
    options.file_in(parser, "studies", "data/extraction/studies.csv", required=False)
    options.file_in(parser, "study-facts", "data/extraction/study_facts.csv", required=False)
    options.file_in(parser, "links", "data/extraction/study_links.csv", required=False)
    options.file_in(
        parser, "distribution", "data/extraction/overlap_distribution.csv", required=False
    )
    parser.add_argument(
        "--bands",
        choices=("half_open", "pieper2014"),
        default="half_open",
        help="names of the bands of the CCA",
    )
    parser.add_argument(
        "--structural-missingness",
        choices=("none", "year"),
        default="none",
        help="year: a study later than a review could not have been in it",
    )
    pictures.add_options(parser)
    options.folder_out(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Read the tables, count, write tables, figures and the drawing."""
    from parapluie.overlap import Inputs, Options, overlap
    from parapluie.overlap.pictures import KINDS, plan

    files: dict[str, Path | None] = {
        "studies": args.studies,
        "facts": args.study_facts,
        "links": args.links,
        "distribution": args.distribution,
    }
    schemas = {
        "studies": "studies",
        "facts": "study_facts",
        "links": "study_links",
        "distribution": "overlap_distribution",
    }
    frames = {
        name: tables.read(path, f"extraction/{schemas[name]}", path.as_posix() if path else None)
        for name, path in files.items()
    }
    reviews = _reviews(args.reviews)
    shown = {name: path.as_posix() for name, path in files.items() if path}
    found = overlap(
        Inputs(reviews, shown=shown, **frames), Options(args.bands, args.structural_missingness)
    )
    for name, table in found.tables.items():
        tables.write(table, args.out / f"{name}.csv")
    drawn = plan(_to_draw(found, reviews, frames, shown, args.bands), found.figures, args.width_mm)
    tables.write(found.figures.frame(), args.out / "figures.csv")
    tables.write(drawn.intersections, args.out / "intersections.csv")
    pictures.write_all(drawn.drawings, drawn.not_drawn, KINDS, args)


def _to_draw(
    found: Overlap, reviews: pd.DataFrame, frames: Mapping[str, pd.DataFrame],
    shown: Mapping[str, str], scheme: str,
) -> Sources:  # fmt: skip
    """Gather what the figures are made from."""
    from parapluie.overlap.pictures import MOST_REVIEWS, Sources, years_and_names

    without = set(found.without_list)
    listed = [r for r in reviews["review_id"] if r not in without]
    labels, years = (
        years_and_names(frames["studies"], frames["facts"])
        if len(listed) <= MOST_REVIEWS
        else ({}, {})
    )
    return Sources(
        found.tables["matrix"], reviews, listed, labels, years, found.shorter, found.steps,
        found.figures.lines, scheme,
        shown=shown.get("studies", "data/extraction/studies.csv"), links=shown.get("links", ""),
    )  # fmt: skip


def _reviews(path: Path) -> pd.DataFrame:
    """Read the included reviews; a number that is not there, or NR, is NaN."""
    reviews = tables.read_result(path)
    for column in ("year", "n_studies"):
        texts = reviews.get(column, [""] * len(reviews))
        numbers = [tables.parse_number(text) for text in texts]
        reviews[column] = [math.nan if n is None else n for n in numbers]
    return reviews
