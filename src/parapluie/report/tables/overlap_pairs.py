"""Overlap of each pair of reviews."""

from __future__ import annotations

from dataclasses import replace

from parapluie.report.results import Results, Row
from parapluie.report.table import Column, Table, make
from parapluie.rounding import decimal

SHOWN = 100
"""Pairs that the page shows, those with the highest CCA first; the file has all."""

_KEY = "overlap.pairs.{review_a}.{review_b}."


def build(results: Results) -> Table:
    """Make the table, the highest overlap first."""
    labels = results.review_labels()
    columns = (
        Column("review_a", "Review A", "label", say=labels),
        Column("review_b", "Review B", "label", say=labels),
        Column("n_a", "Studies of A", "count", "overlap.reviews.{review_a}.total"),
        Column("n_b", "Studies of B", "count", "overlap.reviews.{review_b}.total"),
        Column("shared", "Shared", "count", _KEY + "shared"),
        Column("cca", "CCA", "share", _KEY + "cca"),
        Column("band", "Overlap"),
        Column("cca_adjusted", "CCA without structurally missing", "share", _KEY + "cca_adjusted"),
        Column("contained_a", "A in B", "share", _KEY + "contained_a"),
        Column("contained_b", "B in A", "share", _KEY + "contained_b"),
        Column("overlap_coefficient", "Of the smaller", "share", _KEY + "overlap_coefficient"),
    )
    table = make(
        "overlap_pairs",
        "Overlap of each pair of reviews",
        columns,
        sorted(results.rows("overlap/pairs"), key=_by_overlap),
        results.figures,
        empty="No two reviews have lists of studies yet.",
        notes=["Of the smaller: shared studies among those of the review with fewer."],
        folded=True,
    ).without_empty_columns()
    return replace(table, on_page=SHOWN)


def _by_overlap(row: Row) -> tuple[float, str, str]:
    number = decimal(row["cca"])
    return (1.0 if number is None else -float(number), row["review_a"], row["review_b"])
