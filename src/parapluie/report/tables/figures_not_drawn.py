"""Figures of synthesis that are not drawn, each with its reason."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

KINDS = {
    "umbrella": "umbrella forest",
    "forest": "forest plot",
    "subgroups": "forest plot in subgroups",
    "leave_one_out": "each study left out",
    "cumulative": "studies added by year",
    "funnel": "funnel plot",
    "baujat": "Baujat plot",
    "galbraith": "Galbraith plot",
    "drapery": "drapery plot",
    "evidence_map": "evidence map",
    "harvest": "harvest plot",
}
"""Kind of figure to its words."""


def build(results: Results) -> Table:
    """Make the table."""
    columns = (
        Column("outcome", "Outcome", "label", say=results.outcome_labels()),
        Column("scale", "Scale", "id"),
        Column("kind", "Figure", "label", say=KINDS),
        Column("reason", "Why not", "label"),
    )
    return make(
        "figures_not_drawn",
        "Figures that are not drawn",
        columns,
        results.rows("forest/not_drawn"),
        results.figures,
        empty="",
        folded=True,
    ).without_empty_columns()
