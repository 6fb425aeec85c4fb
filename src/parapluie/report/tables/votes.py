"""Directions as the reviews report them, and beside them the quality of these reviews."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

_KEY = "narrative.votes.{outcome}.{timepoint_class}.{evidence}."
QUALITY = (
    ("quality_high", "AMSTAR 2 high"),
    ("quality_moderate", "Moderate"),
    ("quality_low", "Low"),
    ("quality_critically_low", "Critically low"),
    ("quality_not_rated", "Not graded"),
)
"""Columns of the reviews behind a row, by grade."""
_COUNTS = (
    ("reviews", "Reviews"),
    ("improved", "Improved"),
    ("no_effect", "No effect"),
    ("mixed", "Mixed"),
    ("worsened", "Worsened"),
    ("unclear", "Unclear"),
    ("differs_within_review", "Differs within review"),
)


def build(results: Results) -> Table:
    """Make the table."""
    columns = (
        Column("outcome", "Outcome", "label", say=results.outcome_labels()),
        Column("timepoint_class", "Time"),
        Column("evidence", "Evidence"),
        *(Column(name, title, "count", _KEY + name) for name, title in (*_COUNTS, *QUALITY)),
    )
    return make(
        "votes",
        "Directions that reviews report",
        columns,
        results.rows("narrative/votes"),
        results.figures,
        notes=["As reported; not an effect estimate; reviews may share trials."],
        empty="No direction of an included review is extracted yet.",
    )
