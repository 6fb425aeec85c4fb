"""``parapluie deduplication``: join the records to reports."""

from __future__ import annotations

import argparse
from typing import Any

from parapluie import tables
from parapluie.cli.options import file_in, folder_out
from parapluie.deduplication import deduplicate


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "deduplication", help="join records of one report; nothing is lost"
    )
    file_in(parser, "records", "results/records/records.csv")
    file_in(parser, "searches", "data/search/searches.csv")
    file_in(parser, "overrides", "human answers on pairs of records", required=False)
    file_in(parser, "removed", "records removed before screening", required=False)
    folder_out(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Read the records and what people said of them; write the clusters and all that follows.

    Raises
    ------
    InputError
        With every fault of the human tables.
    """
    paths = {"overrides": args.overrides, "removed": args.removed}
    shown = {name: path.as_posix() for name, path in paths.items() if path}
    human = {
        name: tables.read(path, f"search/{name}", shown.get(name)) for name, path in paths.items()
    }
    result = deduplicate(
        tables.read_result(args.records),
        tables.read(args.searches, "search/searches", args.searches.as_posix()),
        human["overrides"],
        human["removed"],
        shown,
    )
    tables.write(result.clusters, args.out / "clusters.csv", ["record_id"])
    tables.write(result.aliases, args.out / "aliases.csv", ["alias"])
    tables.write(result.relations, args.out / "relations.csv")
    tables.write(result.pairs_to_check, args.out / "pairs_to_check.csv")
    tables.write(result.reports, args.out / "reports.csv", ["report_id"])
    tables.write(result.problems, args.out / "problems.csv")
    tables.write(result.figures.frame(), args.out / "figures.csv")
