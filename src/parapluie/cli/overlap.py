"""``parapluie overlap``: shared primary studies of the included reviews."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parapluie import tables
from parapluie.cli import options, overlap_large, pictures
from parapluie.errors import Problem, raise_if

if TYPE_CHECKING:
    import pandas as pd

    from parapluie.overlap import Inputs, Overlap
    from parapluie.overlap.pictures import Sources

SCHEMAS = {
    "studies": "studies",
    "facts": "study_facts",
    "links": "study_links",
    "distribution": "overlap_distribution",
}


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "overlap", help="citation matrix, corrected covered area, containment, heat map"
    )
    options.file_in(
        parser, "matrix", "a citation matrix, CSV or workbook, that stands alone", False
    )
    options.file_in(parser, "reviews", "results/included/reviews.csv", required=False)
    options.file_in(
        parser, "studies", "data/extraction/studies.csv, or a long table that stands alone", False
    )
    options.file_in(parser, "study-facts", "data/extraction/study_facts.csv", required=False)
    options.file_in(parser, "links", "data/extraction/study_links.csv", required=False)
    options.file_in(
        parser, "distribution", "data/extraction/overlap_distribution.csv", required=False
    )
    _add_reading(parser)
    _add_counting(parser)
    pictures.add_options(parser)
    options.folder_out(parser)
    parser.set_defaults(run=run)


def _add_reading(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sheet", metavar="NAME", help="sheet of the workbook; its only one")
    parser.add_argument(
        "--reviews-in",
        choices=("auto", "columns", "rows"),
        default="auto",
        help="where the reviews of the matrix are; auto: rows if the first header says review",
    )
    parser.add_argument(
        "--empty",
        choices=("not_included", "structural_missing"),
        default="not_included",
        help="what an empty cell of the matrix means",
    )
    parser.add_argument(
        "--repeats",
        choices=("error", "different"),
        default="error",
        help="two rows of the matrix with one name: a fault, or two studies",
    )
    parser.add_argument(
        "--lower-case-x", action="store_true", help="read a lower-case x as included"
    )


def _add_counting(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--bands",
        choices=("half_open", "pieper2014"),
        default="half_open",
        help="names of the bands of the CCA",
    )
    parser.add_argument(
        "--structural-missingness",
        choices=("none", "year", "date"),
        default="none",
        help="year: a study later than a review could not have been in it; date: one published "
        "after the last search, by year where a date is not known",
    )
    parser.add_argument(
        "--ineligible",
        choices=("not_included", "structural_missing"),
        default="not_included",
        help="what a study outside the scope of a review counts as",
    )
    parser.add_argument(
        "--impute",
        choices=("none", "median"),
        default="none",
        help="what stands in for unknown sample sizes in the weighted CCA",
    )


def run(args: argparse.Namespace) -> None:
    """Read the tables, count, write tables, figures and the drawing."""
    raise_if(_not_there(args))
    if overlap_large.run(args):
        return
    from parapluie.overlap import Options, overlap
    from parapluie.overlap.pictures import KINDS, plan

    inputs = _inputs(args)
    found = overlap(
        inputs, Options(args.bands, args.structural_missingness, args.ineligible, args.impute)
    )
    for name, table in found.tables.items():
        tables.write(table, args.out / f"{name}.csv")
    (args.out / "sentence.txt").write_text(found.sentence, encoding="utf-8", newline="")
    drawn = plan(_to_draw(found, inputs, args.bands), found.figures, args.width_mm)
    tables.write(found.figures.frame(), args.out / "figures.csv")
    tables.write(drawn.intersections, args.out / "intersections.csv")
    pictures.write_all(drawn.drawings, drawn.not_drawn, KINDS, args)
    if inputs.alone is not None:
        _tell(found)


def _not_there(args: argparse.Namespace) -> list[Problem]:
    """Find files that are not there, and choices that exclude each other."""
    named = ("matrix", "reviews", "studies", "study_facts", "links", "distribution")
    problems = [
        Problem(f"--{name.replace('_', '-')}", path.as_posix(), "a file", "Correct the path.")
        for name in named
        if (path := getattr(args, name)) and not path.is_file()
    ]
    if args.matrix and (args.reviews or args.studies):
        problems.append(
            Problem("--matrix", "--reviews or --studies beside it", "one of them", "Choose one.")
        )
    if not (args.matrix or args.reviews or args.studies):
        allowed = "--matrix FILE, --studies FILE, or --reviews FILE with --studies"
        problems.append(Problem("overlap", "no lists of studies", allowed, "Name the file."))
    return problems


def _inputs(args: argparse.Namespace) -> Inputs:
    """Read the tables of a review folder, or a file that stands alone."""
    from parapluie.overlap import Inputs

    given = {"facts": args.study_facts, "links": args.links, "distribution": args.distribution}
    alone = args.matrix or (None if args.reviews else args.studies)
    files: dict[str, Path | None] = {"studies": args.matrix or args.studies, **given}
    shown = {name: path.as_posix() for name, path in files.items() if path}
    frames = {
        name: tables.read(path, f"extraction/{SCHEMAS[name]}", shown.get(name))
        for name, path in files.items()
        if name != "studies" or alone is None
    }
    if alone is None:
        reviews = _reviews(args.reviews)
        return Inputs(
            reviews, frames["studies"], frames["links"], frames["facts"], frames["distribution"],
            shown,
        )  # fmt: skip
    return _alone(args, alone, frames, shown)


def _alone(
    args: argparse.Namespace, path: Path, frames: Mapping[str, pd.DataFrame],
    shown: dict[str, str],
) -> Inputs:  # fmt: skip
    from parapluie.overlap import Inputs
    from parapluie.overlap.codes import Codes
    from parapluie.overlap.given import frames_of, from_long, from_matrix

    codes = Codes(args.empty, args.lower_case_x, args.repeats)
    table = tables.read_text(path, sheet=args.sheet)
    made = from_matrix(table, codes, args.reviews_in) if args.matrix else from_long(table, codes)
    reviews, studies = frames_of(made, table.shown, "extraction/studies")
    return Inputs(
        reviews, studies, frames["links"], frames["facts"], frames["distribution"], shown,
        tuple(made.listed), tuple(made.warnings), tuple(made.notes), len(table.rows),
    )  # fmt: skip


def _tell(found: Overlap) -> None:
    """Print the sentence, and what a person should look at."""
    for row in found.tables["problems"].to_dict("records"):
        number = None if row["row"] is None or row["row"] != row["row"] else int(row["row"])
        said = Problem(row["file"], row["found"], row["allowed"], row["mend"], number,
                       row["column"])  # fmt: skip
        print(said.line(), file=sys.stderr)
    print(found.sentence, end="")


def _to_draw(found: Overlap, inputs: Inputs, scheme: str) -> Sources:
    """Gather what the figures are made from."""
    from parapluie.overlap.pictures import MOST_REVIEWS, Sources, years_and_names

    without = set(found.without_list)
    reviews = inputs.reviews
    listed = [r for r in reviews["review_id"] if r not in without]
    labels, years = (
        years_and_names(inputs.studies, inputs.facts) if len(listed) <= MOST_REVIEWS else ({}, {})
    )
    return Sources(
        found.tables["matrix"], reviews, listed, labels, years, found.shorter, found.steps,
        found.figures.lines, scheme,
        shown=inputs.shown.get("studies", "data/extraction/studies.csv"),
        links=inputs.shown.get("links", ""),
    )  # fmt: skip


def _reviews(path: Path) -> pd.DataFrame:
    """Read the included reviews; a number that is not there, or NR, is NaN."""
    reviews = tables.read_result(path)
    for column in ("year", "n_studies"):
        texts = reviews.get(column, [""] * len(reviews))
        numbers = [tables.parse_number(text) for text in texts]
        reviews[column] = [math.nan if n is None else n for n in numbers]
    return reviews
