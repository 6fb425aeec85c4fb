"""Studies of which several reviews give results: what is pooled, and what is not."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make


def build(results: Results) -> Table:
    """Make the table."""
    columns = (
        Column("study_effect_id", "Row", "id"),
        Column("outcome", "Outcome", "label", say=results.outcome_labels()),
        Column("study_id", "Study", "id"),
        Column("review_id", "Told by", "label", say=results.review_labels()),
        Column("kept", "Pooled"),
        Column("why", "Why", "label"),
    )
    return make(
        "chosen_results",
        "Studies told of by several reviews: each is pooled once",
        columns,
        results.rows("synthesis/chosen_results"),
        results.figures,
        empty="",
        folded=True,
    )
