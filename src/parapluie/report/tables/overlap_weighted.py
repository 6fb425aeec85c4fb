"""Overlap with each study weighted by the square root of its participants."""

from __future__ import annotations

from collections.abc import Sequence

from parapluie.report.results import Results, Row
from parapluie.report.table import Column, Table, make
from parapluie.report.tables.overlap import columns_of

WCCA = "wCCA (square-root weights, after Ying 2025)"
_ADJUSTED = ("wcca_adjusted", "wCCA without structurally missing cells", "share")


def _columns(rows: Sequence[Row]) -> tuple[Column, ...]:
    """Give the columns; the one without impossible cells where there are such cells."""
    adjusted = [_ADJUSTED] * any(row.get("x", "0") not in ("", "0") for row in rows)
    return (
        Column("scope", "Studies counted"),
        *columns_of(("cca", "CCA", "share"), ("wcca", WCCA, "share"), *adjusted),
        *[Column("why", "Why not", "label")] * any(row["why"] for row in rows),
    )


def build(results: Results) -> Table:
    """Make the table."""
    counted = [row for row in results.rows("overlap/cca") if row.get("r")]
    rows = [{**row, "why": _why(results, row)} for row in counted]
    return make(
        "overlap_weighted",
        "Overlap weighted by participants",
        _columns(rows),
        rows,
        results.figures,
        notes=[
            "“After”, because the example printed there has not been reproduced yet.",
            *_imputed(rows),
        ],
    )


def _why(results: Results, row: Row) -> str:
    """Give the reason why there is no weighted area."""
    line = results.figures.get(f"overlap.{row['scope']}.wcca", {})
    return str(line.get("absent_reason", "")).partition(": ")[2]


def _imputed(rows: Sequence[Row]) -> list[str]:
    told = [f"{r['sizes_imputed']} ({r['scope'].replace('_', ' ')})" for r in rows
            if r.get("sizes_imputed", "0") not in ("", "0")]  # fmt: skip
    return [f"Sample sizes taken as the median: {', '.join(told)}."] if told else []
