"""What the choice among reviews that share studies does to the pooled results."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

_KEY = "synthesis.by_rule.{outcome}__{measure}.{rule}."
_SAID = {
    "most_recent": "latest search",
    "most_studies": "most studies",
    "most_participants": "most participants",
    "review_order": "order of the protocol",
    "counted_twice": "none: studies counted more than once",
}


def build(results: Results) -> Table:
    """Make the table."""
    columns = (
        Column("outcome", "Outcome", "label", say=results.outcome_labels()),
        Column("measure", "Measure"),
        Column("rule", "Taken of shared studies", "label", say=_SAID),
        Column("used", "Planned"),
        Column("k_studies", "Studies", "count", _KEY + "k_studies"),
        Column("natural_estimate", "Estimate", "d2", _KEY + "natural_estimate"),
        Column("natural_ci_low", "CI low", "d2", _KEY + "natural_ci_low"),
        Column("natural_ci_high", "CI high", "d2", _KEY + "natural_ci_high"),
        Column("note", "Note", "label"),
    )
    return make(
        "pooled_by_rule",
        "The pooled results under other rules for studies that reviews share",
        columns,
        results.rows("synthesis/pooled_by_rule"),
        results.figures,
        empty="",
        folded=True,
    ).without_empty_columns()
