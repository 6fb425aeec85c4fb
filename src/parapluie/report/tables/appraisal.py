"""AMSTAR 2 of each review: grade by the rule, and the grade that a source prints."""

from __future__ import annotations

from collections.abc import Iterable

from parapluie.report.results import Results, Row
from parapluie.report.table import Column, Table, make
from parapluie.tables import split_list


def build(results: Results) -> Table:
    """Make the table."""
    rows = results.rows("appraisal/overall")
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
        Column("standard_shown", "Under the standard critical set"),
        Column("recorded_shown", "As a source prints it", "list"),
        Column("agrees", "Source agrees with the rule"),
        Column("explained_by", "What explains the difference", "label"),
        Column("reason", "Why not rated", "label"),
    )
    return make(
        "appraisal",
        "Overall confidence in each review (AMSTAR 2)",
        columns,
        [_shown(row) for row in rows],
        results.figures,
        notes=[
            "Items that are not scored leave the denominator; no answer is taken as no.",
            *_sets(rows),
        ],
        empty="No included review has an item answer or a recorded grade yet.",
    ).without_empty_columns()


def _is_custom(row: Row) -> bool:
    """Tell whether other items than those of the profile are critical."""
    return row.get("critical_set", "") != row.get("standard_set", "")


def _shown(row: Row) -> dict[str, str]:
    """Put into words what a source prints: a grade, or the set in which it leaves it."""
    printed = row.get("recorded") or " or ".join(split_list(row.get("recorded_set", "")))
    standard = row.get("standard_grade", "") if _is_custom(row) else ""
    shown = {"recorded_shown": printed.replace("_", " "), "standard_shown": standard}
    reason = row.get("reason", "")
    if waits(row):
        shown["blocked_by"] = ""
    return {**row, **shown, "reason": reason.partition(": ")[2] or reason}


def waits(row: Row) -> bool:
    """Tell whether a review waits for a rater: the stage then names no item of it."""
    return row.get("reason", "").startswith("waiting for ")


def _sets(rows: Iterable[Row]) -> list[str]:
    """Say which items the team made critical, and why."""
    said = {
        f"Critical items of this review: {_items(row['critical_set'])}"
        f"{_because(row)}. The standard set: {_items(row['standard_set'])}."
        for row in rows
        if _is_custom(row)
    }
    return sorted(said)


def _items(text: str) -> str:
    return ", ".join(split_list(text)) or "none"


def _because(row: Row) -> str:
    return f" ({row['critical_reason']})" if row.get("critical_reason") else ""
