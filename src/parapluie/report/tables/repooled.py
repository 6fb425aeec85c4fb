"""Results of reviews, pooled again from the results of their own studies."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

_KEY = "synthesis.repooled.{effect_id}."
_PRINTED = "synthesis.effects.{effect_id}."
_SAID = {
    "agrees": "agrees",
    "method": "another method",
    "study_set": "another set of studies",
    "slip": "a slip",
    "not_explained": "not explained",
}


def build(results: Results) -> Table:
    """Make the table."""
    rows = [
        row for row in results.rows("synthesis/repooled") if row.get("status") != "not_available"
    ]
    columns = (
        Column("effect_id", "Row", "id"),
        Column("review_id", "Review", "label", say=results.review_labels()),
        Column("outcome", "Outcome", "label", say=results.outcome_labels()),
        Column("measure", "Measure"),
        *(
            Column(f"printed_{c}", f"Printed {title}", "d2", f"{_PRINTED}printed_{c}")
            for c, title in _ENDS
        ),
        *(
            Column(f"natural_{c}", f"Pooled again {title}", "d2", f"{_KEY}natural_{c}")
            for c, title in _ENDS
        ),
        Column("status", "Comparison", "label", say=_SAID),
        Column("explanation", "Why", "label"),
    )
    return make(
        "repooled",
        "Results of reviews, pooled again from their own studies",
        columns,
        rows,
        results.figures,
        notes=[
            "All are pooled by the method of the protocol. A reason is named only if it brings out "
            "every printed number, within rounding."
        ],
        empty="",
    ).without_empty_columns()


_ENDS = (("estimate", "estimate"), ("ci_low", "CI low"), ("ci_high", "CI high"))
