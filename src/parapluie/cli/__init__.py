"""The command line: every command reads files, calls pure functions, and writes files.

One module a command; each has ``add_parser(subparsers)`` and ``run(args)``.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from parapluie import __version__
from parapluie.errors import InputError

BY_HAND = ("new", "check", "worklist", "decide", "export", "pool", "trace")
"""Commands that a person runs."""

STAGES = (
    "records",
    "deduplication",
    "screening",
    "fulltexts",
    "included",
    "prisma",
    "appraisal",
    "overlap",
    "synthesis",
    "forest",
    "credibility",
    "narrative",
    "report",
)
"""Stages in the order of the work; each carries the name of its rule and its folder."""

COMMANDS = (*BY_HAND, *STAGES)
"""Commands in the order in which the help shows them."""


def _parser(wanted: str | None) -> argparse.ArgumentParser:
    """Build the parser; only the wanted command is imported, so that commands start fast."""
    parser = argparse.ArgumentParser(
        prog="parapluie",
        description="Umbrella reviews that are run, not typed. Start with: parapluie new PATH",
    )
    parser.add_argument("--version", action="version", version=f"parapluie {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in [wanted] if wanted in COMMANDS else COMMANDS:
        importlib.import_module(f"parapluie.cli.{name}").add_parser(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns
    -------
    int
        0 when all went well, 2 when an input must be mended.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    wanted = next((word for word in words if not word.startswith("-")), None)
    args = _parser(wanted).parse_args(words)
    try:
        args.run(args)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return 0
