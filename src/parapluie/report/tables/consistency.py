"""Printed numbers that cannot all be right."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

_KEY = "synthesis.problems.{effect_id}.{check_key}."


def build(results: Results) -> Table:
    """Make the table."""
    rows = [
        {**row, "check_key": row.get("check", "").lower().replace(" ", "_")}
        for row in results.rows("synthesis/problems")
        if row.get("kind", "consistency") == "consistency"
    ]
    columns = (
        Column("effect_id", "Row", "id"),
        Column("review_id", "Review", "label", say=results.review_labels()),
        Column("check", "Compared", "label"),
        Column("printed", "Printed", "free", _KEY + "printed"),
        Column("implied", "Allowed by the other numbers", "free", _KEY + "implied"),
        Column("difference", "Apart by at least", "free", _KEY + "difference"),
        Column("why", "Why", "label"),
    )
    return make(
        "consistency",
        "Results flagged by the consistency checks",
        columns,
        rows,
        results.figures,
        notes=["Flagged is only what no unrounded values could have printed."],
        empty="No printed number contradicts another one.",
    ).without_empty_columns()
