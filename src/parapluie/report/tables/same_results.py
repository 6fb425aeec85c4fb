"""Rows that report the same trials: drawn and counted once."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make


def build(results: Results) -> Table:
    """Make the table."""
    columns = (
        Column("effect_id", "Row", "id"),
        Column("review_id", "Review", "label", say=results.review_labels()),
        Column("outcome", "Outcome", "label", say=results.outcome_labels()),
        Column("same_as", "Same trials as", "id"),
        Column("basis", "Why", "label"),
        Column("note", "Note", "label"),
    )
    return make(
        "same_results",
        "The same trials behind two rows",
        columns,
        results.rows("synthesis/same_results"),
        results.figures,
        empty="",
        folded=True,
    ).without_empty_columns()
