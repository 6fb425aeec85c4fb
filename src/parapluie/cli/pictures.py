"""Options and files that the figures of appraisal and overlap share."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from parapluie import tables
from parapluie.errors import InputError, Problem

ALL = "all"

if TYPE_CHECKING:
    from parapluie.figure.drawn import Drawing, NotDrawn


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add width, resolution and kinds."""
    parser.add_argument(
        "--width-mm", type=float, default=180, metavar="MM", help="width of the figures, at most"
    )
    parser.add_argument("--dpi", type=int, default=300, help="resolution of the PNG")
    parser.add_argument(
        "--kinds", nargs="*", default=[ALL], metavar="KIND",
        help="kinds of figures, or all; without a value none is drawn",
    )  # fmt: skip


def write_all(
    drawings: Sequence[Drawing], not_drawn: Sequence[NotDrawn], kinds: Sequence[str],
    args: argparse.Namespace,
) -> None:  # fmt: skip
    """Write the figures, their index and the reasons of those that are not drawn.

    Raises
    ------
    InputError
        If a kind is wanted that there is not.
    """
    from parapluie.figure.drawn import COLUMNS, NOT_DRAWN, write

    wanted = _wanted(args.kinds, kinds)
    drawings = [d for d in drawings if d.kind in wanted]
    not_drawn = [n for n in not_drawn if n.kind in wanted]
    out: Path = args.out
    write(drawings, kinds, out, args.dpi)
    tables.write_rows(out / "drawings.csv", COLUMNS, [d.line() for d in drawings])
    tables.write_rows(out / "not_drawn.csv", NOT_DRAWN, [n.line() for n in not_drawn])


def _wanted(given: Sequence[str], known: Sequence[str]) -> Sequence[str]:
    if list(given) == [ALL]:
        return known
    unknown = [k for k in given if k not in known]
    if unknown:
        allowed = ", ".join((ALL, *known))
        raise InputError([Problem("--kinds", repr(k), allowed, "Correct it.") for k in unknown])
    return given
