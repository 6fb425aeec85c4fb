"""AMSTAR 2 of each review: grade by the rule, and the grade that a source prints."""

from __future__ import annotations

from parapluie.report.results import Results, Row
from parapluie.report.table import Column, Table, make
from parapluie.tables import split_list


def build(results: Results) -> Table:
    """Make the table."""
    columns = (
        Column("review_id", "Review", "label", say=results.review_labels()),
        Column("final", "Overall confidence"),
        Column("basis", "Basis"),
        Column("n_critical", "Critical", "count", "appraisal.overall.{review_id}.n_critical"),
        Column("n_noncritical", "Other", "count", "appraisal.overall.{review_id}.n_noncritical"),
        Column("failed_critical", "Critical items failed", "list"),
        Column("blocked_by", "Items without answer", "list"),
        Column("override", "Set by hand", "label"),
        Column("computed", "By the rule"),
        Column("recorded_shown", "As a source prints it", "list"),
        Column("reason", "Why not rated", "label"),
    )
    return make(
        "appraisal",
        "Overall confidence in each review (AMSTAR 2)",
        columns,
        [_shown(row) for row in results.rows("appraisal/overall")],
        results.figures,
        notes=["Items that are not scored leave the denominator; no answer is taken as no."],
        empty="No included review has an item answer or a recorded grade yet.",
    ).without_empty_columns()


def _shown(row: Row) -> dict[str, str]:
    """Put what a source prints into words: a grade, or the set in which it leaves it."""
    printed = row.get("recorded") or " or ".join(split_list(row.get("recorded_set", "")))
    return {**row, "recorded_shown": printed.replace("_", " ")}
