"""Results of the reviews, each in the displayed direction, with three columns never merged."""

from __future__ import annotations

from collections.abc import Mapping

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make
from parapluie.report.tables.credibility import class_of

_KEY = "synthesis.effects.{effect_id}."


def build(results: Results) -> Table:
    """Make the table."""
    classes = class_of(results)
    rows = [
        {
            **row,
            "certainty": row.get("grade_certainty") or "not rated",
            "amstar2": row.get("quality_words") or "not graded",
            "credibility": classes.get(row.get("same_as") or row["effect_id"]) or "no rules chosen",
        }
        for row in results.rows("synthesis/effects")
    ]
    return make(
        "effects",
        "Results as the reviews print them, in the displayed direction",
        _columns(results.outcome_labels(), results.review_labels()),
        rows,
        results.figures,
        notes=[
            "Reviews’ own pooled results are not pooled again: reviews may share trials.",
            "Certainty (GRADE as the review gives it), quality of the review (AMSTAR 2) and "
            "credibility are three different judgements.",
        ],
        empty="No result of a review is extracted yet.",
    ).without_empty_columns()


def _columns(outcomes: Mapping[str, str], reviews: Mapping[str, str]) -> tuple[Column, ...]:
    return (
        Column("effect_id", "Row", "id"),
        Column("outcome", "Outcome", "label", say=outcomes),
        Column("review_id", "Review", "label", say=reviews),
        Column("timepoint", "Time", "label"),
        Column("measure", "Measure"),
        Column("estimate", "Estimate", "d2", _KEY + "estimate"),
        Column("ci_low", "CI low", "d2", _KEY + "ci_low"),
        Column("ci_high", "CI high", "d2", _KEY + "ci_high"),
        Column("k", "Studies", "count", _KEY + "k"),
        Column("n", "Participants", "count", _KEY + "n"),
        Column("i2", "I²", "percent", _KEY + "i2"),
        Column("certainty", "Certainty (GRADE)"),
        Column("amstar2", "Quality (AMSTAR 2)", "label"),
        Column("credibility", "Credibility class", "label"),
        Column("used_reason", "Not used", "label"),
        Column("same_as", "Same trials as", "id"),
        Column("direction", "Direction", "word"),
        Column("source", "Source", "ref"),
    )
