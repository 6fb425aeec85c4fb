"""Overlap of each pair of reviews."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

_KEY = "overlap.pairs.{review_a}.{review_b}."


def build(results: Results) -> Table:
    """Make the table."""
    labels = results.review_labels()
    columns = (
        Column("review_a", "Review A", "label", say=labels),
        Column("review_b", "Review B", "label", say=labels),
        Column("n_a", "Studies of A", "count", "overlap.reviews.{review_a}.total"),
        Column("n_b", "Studies of B", "count", "overlap.reviews.{review_b}.total"),
        Column("shared", "Shared", "count", _KEY + "shared"),
        Column("cca", "CCA", "share", _KEY + "cca"),
        Column("contained_a", "A in B", "share", _KEY + "contained_a"),
        Column("contained_b", "B in A", "share", _KEY + "contained_b"),
    )
    return make(
        "overlap_pairs",
        "Overlap of each pair of reviews",
        columns,
        results.rows("overlap/pairs"),
        results.figures,
        empty="No two reviews have lists of studies yet.",
        folded=True,
    )
