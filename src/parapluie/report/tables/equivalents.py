"""Results of unlike measures on common scales, to be read side by side."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

_KEY = "synthesis.equivalents.{level}.{id}."
_SCALES = (("eg", "g"), ("eor", "OR"), ("err", "RR"))


def build(results: Results) -> Table:
    """Make the table."""
    numbers = [
        Column(f"{column}{end}", f"e{scale}{title}", "d2", f"{_KEY}{column}{end}")
        for column, scale in _SCALES
        for end, title in (("", ""), ("_low", " CI low"), ("_high", " CI high"))
    ]
    columns = (
        Column("id", "Row", "id"),
        Column("level", "Result of"),
        Column("outcome", "Outcome", "label", say=results.outcome_labels()),
        Column("review_id", "Review", "label", say=results.review_labels()),
        Column("measure", "Measure"),
        *numbers,
        Column("eg_supposes", "eg supposes", "label"),
        Column("err_supposes", "eRR supposes", "label"),
    )
    return make(
        "equivalents",
        "Results on common scales",
        columns,
        results.rows("synthesis/equivalents"),
        results.figures,
        notes=[
            "eg, eOR and eRR: equivalents as standardised mean difference, odds ratio and risk "
            "ratio, for reading unlike measures side by side, not for pooling. Their file has the "
            "steps of each, and why one is absent."
        ],
        empty="",
        folded=True,
    ).without_empty_columns()
