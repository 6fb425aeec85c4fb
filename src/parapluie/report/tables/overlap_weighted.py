"""Overlap with each study weighted by the square root of its participants."""

from __future__ import annotations

from parapluie.report.results import Results, Row
from parapluie.report.table import Column, Table, make
from parapluie.report.tables.overlap import columns_of

WCCA = "wCCA (square-root weights, after Ying 2025)"
_COLUMNS = (
    Column("scope", "Studies counted"),
    *columns_of(
        ("cca", "CCA", "share"),
        ("wcca", WCCA, "share"),
        ("wcca_adjusted", "wCCA without structurally missing cells", "share"),
    ),
    Column("why", "Why not", "label"),
)


def build(results: Results) -> Table:
    """Make the table."""
    rows = [row for row in results.rows("overlap/cca") if row.get("r")]
    return make(
        "overlap_weighted",
        "Overlap weighted by participants",
        _COLUMNS,
        [{**row, "why": _why(results, row)} for row in rows],
        results.figures,
        notes=[
            "“After”, because the example printed there has not been reproduced yet.",
            *_imputed(rows),
        ],
    ).without_empty_columns()


def _why(results: Results, row: Row) -> str:
    """Give the reason why there is no weighted area."""
    line = results.figures.get(f"overlap.{row['scope']}.wcca", {})
    return str(line.get("absent_reason", "")).partition(": ")[2]


def _imputed(rows: list[Row]) -> list[str]:
    told = [f"{r['sizes_imputed']} ({r['scope'].replace('_', ' ')})" for r in rows
            if r.get("sizes_imputed", "0") not in ("", "0")]  # fmt: skip
    return [f"Sample sizes taken as the median: {', '.join(told)}."] if told else []
