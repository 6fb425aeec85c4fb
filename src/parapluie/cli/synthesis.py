"""``parapluie synthesis``: harmonise and check the reviews' results, pool those of studies."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parapluie import tables
from parapluie.cli.options import file_in, folder_out, read_protocol

if TYPE_CHECKING:
    from parapluie.synthesis.choices.stage import Evidence

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
    "choices": ["unit", "rule", "group"],
    "choice_losses": ["unit", "rule"],
    "supplement": ["unit", "study_id"],
    "results_by_rule": ["level", "outcome", "measure", "view"],
    "shared_results": ["level", "pair"],
    "discordance": ["unit", "pair"],
    "by_quality": ["level", "outcome", "measure", "view"],
    "left_out_by_quality": ["review_id"],
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
    file_in(parser, "appraisal", "results/appraisal/overall.csv", required=False)
    file_in(parser, "inclusions", "results/overlap/inclusions.csv", required=False)
    file_in(parser, "study-facts", "numbers of participants of studies", required=False)
    file_in(parser, "relevance", "how relevant raters find reviews", required=False)
    file_in(parser, "choices", "what people chose among reviews that share studies", required=False)
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
            evidence=_evidence(args),
        )
    )
    for name, by in SORTED_BY.items():
        tables.write(getattr(result, name), args.out / f"{name}.csv", by)
    tables.write(result.figures.frame(), args.out / "figures.csv")


def _evidence(args: argparse.Namespace) -> Evidence:
    """Read grades, lists of studies, and what people chose."""
    from parapluie.synthesis.choices.stage import NO_INCLUSIONS, Evidence

    _read(args.relevance, "relevance")
    chosen = _read(args.choices, "choices")
    return Evidence(
        appraisal=_cells(args.appraisal),
        inclusions=tables.read_result(args.inclusions) if args.inclusions else NO_INCLUSIONS,
        facts=_read(args.study_facts, "study_facts"),
        relevance=_cells(args.relevance),
        choices=_cells(args.choices),
        choice_rows=[int(n) for n in chosen["_row"]],
        facts_file=_shown(args.study_facts),
        relevance_file=_shown(args.relevance),
        choices_file=_shown(args.choices),
    )


def _shown(path: Path | None) -> str:
    return path.as_posix() if path else ""


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
