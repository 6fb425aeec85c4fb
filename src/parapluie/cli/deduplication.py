"""``parapluie deduplication``: join the records to reports."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from parapluie import tables
from parapluie.cli.options import file_in, folder_out
from parapluie.errors import Problem, raise_if
from parapluie.search_names import labels_of

POLICIES = ("keep", "set_aside")


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "deduplication", help="join records of one report; nothing is lost"
    )
    file_in(parser, "records", "results/records/records.csv, or any table with a record_id")
    file_in(parser, "searches", "data/search/searches.csv", required=False)
    file_in(parser, "overrides", "human answers on pairs of records", required=False)
    file_in(parser, "removed", "records removed before screening", required=False)
    parser.add_argument(
        "--policy",
        action="append",
        default=[],
        metavar="RELATION=keep|set_aside",
        help="what to do with linked reports; may be repeated",
    )
    parser.add_argument("--memory", default="", metavar="SIZE", help="most memory, as 2GB")
    parser.add_argument(
        "--keys", type=Path, metavar="FILE.parquet", help="also write what is compared"
    )
    folder_out(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Read the records and what people said of them; write the clusters and all that follows.

    Raises
    ------
    InputError
        With every fault of the human tables.
    """
    from parapluie.deduplication import deduplicate
    from parapluie.deduplication.engine import new_engine

    paths = {"overrides": args.overrides, "removed": args.removed}
    shown = {name: path.as_posix() for name, path in paths.items() if path}
    human = {
        name: tables.read(path, f"search/{name}", shown.get(name)) for name, path in paths.items()
    }
    shown_searches = args.searches.as_posix() if args.searches else None
    searches = tables.read(args.searches, "search/searches", shown_searches)
    engine = new_engine(args.memory)
    result = deduplicate(
        tables.scan(args.records, engine),
        searches,
        human["overrides"],
        human["removed"],
        shown,
        _policy(args.policy),
        engine,
        keep_keys=bool(args.keys),
    )
    tables.write(result.clusters, args.out / "clusters.csv")
    tables.write(result.aliases, args.out / "aliases.csv")
    tables.write(result.relations, args.out / "relations.csv")
    tables.write(result.pairs_to_check, args.out / "pairs_to_check.csv")
    tables.write(result.reports, args.out / "reports.csv")
    tables.write(result.problems, args.out / "problems.csv")
    tables.write(result.sources.by_source, args.out / "sources.csv")
    tables.write(result.sources.overlap, args.out / "source_overlap.csv")
    tables.write(result.sources.combinations, args.out / "source_combinations.csv")
    tables.write(result.sources.rules, args.out / "rules.csv")
    tables.write(result.figures.frame(), args.out / "figures.csv")
    if args.searches:  # a table alone has no searches to compare
        from parapluie.deduplication.picture import draw

        draw(result.sources, labels_of(searches.to_dict("records")), args.out)
    if args.keys:
        engine.sql("select * from keys order by record_id").write_parquet(args.keys.as_posix())


def _policy(words: list[str]) -> dict[str, str]:
    pairs = {word: _named(word) for word in words}
    raise_if(
        Problem("--policy", repr(word), "RELATION=keep or RELATION=set_aside", "Correct the word.")
        for word, (relation, policy) in pairs.items()
        if not relation or policy not in POLICIES
    )
    return dict(pairs.values())


def _named(word: str) -> tuple[str, str]:
    relation, _, policy = word.partition("=")
    return relation.strip(), policy.strip()
