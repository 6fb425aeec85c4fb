"""AMSTAR 2 of each review: grade by the rule, and the grade that a source prints."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make


def build(results: Results) -> Table:
    """Make the table."""
    columns = (
        Column("review_id", "Review", "label", say=results.review_labels()),
        Column("grade", "Overall confidence"),
        Column("n_critical", "Critical", "count", "appraisal.overall.{review_id}.n_critical"),
        Column("n_noncritical", "Other", "count", "appraisal.overall.{review_id}.n_noncritical"),
        Column("failed_critical", "Critical items failed", "list"),
        Column("blocked_by", "Items without answer", "list"),
        Column("override", "Set by hand", "label"),
        Column("recorded", "As a source prints it", "list"),
    )
    return make(
        "appraisal",
        "Overall confidence in each review (AMSTAR 2)",
        columns,
        results.rows("appraisal/overall"),
        results.figures,
        notes=["Items that are not scored leave the denominator; no answer is taken as no."],
        empty="No included review has an item answer or a recorded grade yet.",
    ).without_empty_columns()
