"""``parapluie check``: read all that people write and print every problem."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from parapluie.check import problems_of_review
from parapluie.errors import raise_if


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("check", help="check all inputs of a review; print every problem")
    parser.add_argument(
        "review",
        type=Path,
        nargs="?",
        default=Path(),
        metavar="PATH",
        help="folder of the review (default: this one)",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Print every problem, or that there is none.

    Raises
    ------
    InputError
        With every problem.
    """
    raise_if(problems_of_review(args.review))
    print("No problems found.")
