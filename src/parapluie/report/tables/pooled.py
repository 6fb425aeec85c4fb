"""Results of primary studies, pooled by several methods."""

from __future__ import annotations

from parapluie.report.results import Results, Row
from parapluie.report.table import Column, Table, make
from parapluie.report.tables.credibility import class_of

_KEY = "synthesis.pooled.{pool_id}.{method}."
_NUMBERS = (
    ("k_studies", "Studies", "count"),
    ("k_effects", "Results", "count"),
    ("natural_estimate", "Estimate", "d2"),
    ("natural_ci_low", "CI low", "d2"),
    ("natural_ci_high", "CI high", "d2"),
    ("natural_pi_low", "PI low", "d2"),
    ("natural_pi_high", "PI high", "d2"),
    ("tau2", "τ²", "d3"),
    ("i2", "I²", "percent"),
    ("q", "Q", "d2"),
    ("df", "df", "count"),
)


def build(results: Results) -> Table:
    """Make the table."""
    columns = (
        Column("outcome", "Outcome", "label", say=results.outcome_labels()),
        Column("level", "Level"),
        Column("measure", "Measure"),
        Column("method_label", "Method", "label"),
        Column("main", "Planned"),
        *(Column(name, title, kind, _KEY + name) for name, title, kind in _NUMBERS),
        Column("ci_method", "CI by", "label"),
        Column("pi_method", "PI by", "label"),
        Column("credibility", "Credibility class", "label"),
        Column("reason", "Why not", "label"),
        Column("counted_twice", "Studies in more than one of these reviews", "list"),
    )
    return make(
        "pooled",
        "Pooled results of primary studies",
        columns,
        _with_classes(results),
        results.figures,
        notes=[
            "CI: confidence interval; PI: prediction interval; both at the natural scale.",
            "Several results of one study are averaged first, then studies are pooled.",
        ],
        empty="No result of a primary study is extracted yet.",
    ).without_empty_columns()


def _with_classes(results: Results) -> list[Row]:
    """Add the credibility class to the planned result of each pool."""
    classes = class_of(results)
    return [
        {**row, "credibility": classes.get(row["pool_id"], "") if row["main"] == "yes" else ""}
        for row in results.rows("synthesis/pooled")
    ]
