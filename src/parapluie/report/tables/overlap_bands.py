"""Pairs of reviews by band of overlap, beside the overall corrected covered area."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make
from parapluie.report.tables.overlap import columns_of

_COLUMNS = (
    Column("scope", "Studies counted"),
    *columns_of(("cca", "CCA of all reviews", "share")),
    Column("band", "Overlap"),
    *columns_of(
        ("pairs", "Pairs of reviews", "count"),
        ("share_slight", "Slight", "share"),
        ("share_moderate", "Moderate", "share"),
        ("share_high", "High", "share"),
        ("share_very_high", "Very high", "share"),
    ),
)


def build(results: Results) -> Table:
    """Make the table."""
    rows = [row for row in results.rows("overlap/cca") if row.get("pairs", "0") not in ("", "0")]
    return make(
        "overlap_bands",
        "How many pairs of reviews overlap how much",
        _COLUMNS,
        rows,
        results.figures,
        notes=["One CCA of all reviews can hide pairs that share most of their studies."],
    )
