"""``parapluie records``: read the search exports."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from parapluie import tables
from parapluie.cli.options import file_in, files_in, folder_out
from parapluie.errors import Problem, raise_if
from parapluie.records import records


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("records", help="read the search exports; stop if counts differ")
    file_in(parser, "searches", "data/search/searches.csv")
    files_in(parser, "raw", "the exports, as the searches name them")
    folder_out(parser)
    parser.add_argument(
        "--accept-count",
        action="append",
        default=[],
        metavar="SEARCH_ID=REASON",
        help="accept that a search declared another number of records than its files hold; "
        "may be repeated",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Read the searches and their exports; write records, import log, problems and figures.

    Raises
    ------
    InputError
        With every fault of the searches and their files.
    """
    shown = args.searches.as_posix()
    searches = tables.read(args.searches, "search/searches", shown)
    result = records(
        searches, _contents(args.raw, args.searches), _accepted(args.accept_count), shown
    )
    tables.write(result.records, args.out / "records.csv", ["record_id"])
    tables.write(result.import_log, args.out / "import_log.csv")
    tables.write(result.problems, args.out / "problems.csv")
    tables.write(result.figures.frame(), args.out / "figures.csv")


def _contents(paths: list[Path], searches: Path) -> dict[str, bytes]:
    """Read the exports, named relative to the folder ``raw`` beside searches.csv."""
    folder = searches.parent / "raw"
    return {
        (
            p.relative_to(folder) if p.is_relative_to(folder) else Path(p.name)
        ).as_posix(): p.read_bytes()
        for p in paths
        if p.is_file()
    }


def _accepted(words: list[str]) -> dict[str, str]:
    """Split the accepted differences; each needs a reason."""
    pairs = {word: [part.strip() for part in word.partition("=")[::2]] for word in words}
    raise_if(
        Problem(
            "--accept-count", repr(word), "SEARCH_ID=REASON", "Say why the difference is right."
        )
        for word, (search_id, reason) in pairs.items()
        if not search_id or not reason
    )
    return {pair[0]: pair[1] for pair in pairs.values()}
