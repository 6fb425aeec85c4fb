"""``parapluie synthesis``: harmonise and check the reviews' results, pool those of studies."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from parapluie import tables
from parapluie.cli.options import file_in, folder_out, read_protocol

SORTED_BY = {
    "effects": ["effect_id"],
    "pooled": ["pool_id", "level", "method"],
    "study_averages": ["pool_id", "study_id"],
    "problems": ["effect_id", "kind", "check"],
    "same_results": ["same_as", "effect_id"],
    "repooled": ["effect_id"],
    "chosen_results": ["outcome", "measure", "study_id", "study_effect_id"],
    "pooled_by_rule": ["outcome", "measure", "rule"],
    "equivalents": ["level", "id"],
}
"""Tables that the stage writes, and the columns they are sorted by."""


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser("synthesis", help="harmonise, check and pool results")
    file_in(parser, "protocol", "the protocol of the review")
    file_in(parser, "reviews", "included reviews, written by the stage included")
    file_in(parser, "effects", "results that reviews print", required=False)
    file_in(parser, "study-effects", "results of primary studies", required=False)
    file_in(parser, "findings", "what reviews say in words, to check signs", required=False)
    file_in(parser, "matrix", "matrix of studies, to name trials pooled twice", required=False)
    folder_out(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Read, call, write."""
    from parapluie.synthesis import Sources, synthesise

    result = synthesise(
        Sources(
            protocol=read_protocol(args.protocol),
            reviews=tables.read_result(args.reviews),
            effects=_read(args.effects, "effects"),
            study_effects=_read(args.study_effects, "study_effects"),
            effects_text=_cells(args.effects),
            study_effects_text=_cells(args.study_effects),
            matrix=_inclusions(args.matrix),
            protocol_file=args.protocol.as_posix(),
            effects_file=args.effects.as_posix() if args.effects else "",
            study_effects_file=args.study_effects.as_posix() if args.study_effects else "",
            findings=_read(args.findings, "findings"),
            findings_file=args.findings.as_posix() if args.findings else "",
        )
    )
    for name, by in SORTED_BY.items():
        tables.write(getattr(result, name), args.out / f"{name}.csv", by)
    tables.write(result.figures.frame(), args.out / "figures.csv")


def _cells(path: Path | None) -> list[dict[str, str]]:
    return tables.read_text(path).rows if path else []


def _read(path: Path | None, name: str) -> Any:
    return tables.read(path, f"extraction/{name}", path.as_posix() if path else None)


def _inclusions(path: Path | None) -> Any:
    """Give the pairs of study and review that the matrix holds, not those that could not be."""
    if path is None:
        return None
    matrix = tables.read_result(path)
    return matrix[matrix["state"] == "included"]
