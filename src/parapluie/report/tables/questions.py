"""Pairs of reports on which a human answer is awaited; the page shows the first side by side."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

FIELDS = {
    "title": ("Title", "label"),
    "author": ("Authors", "label"),
    "year": ("Year", "date"),
    "journal": ("Journal", "label"),
    "place": ("Volume, issue, pages", "ref"),
    "doi": ("DOI", "ref"),
}
"""What a person compares: the column without its side, its name, and its class."""


def build(results: Results) -> Table:
    """Make the table, the likeliest pairs first."""
    columns = (
        Column("record_a", "Record A", "id"),
        Column("record_b", "Record B", "id"),
        Column("reason", "Why it is asked", "label"),
        *(
            Column(f"{name}_{side}", f"{title}, {side.upper()}", kind)
            for name, (title, kind) in FIELDS.items()
            for side in "ab"
        ),
    )
    return make(
        "duplicates_to_check",
        "Pairs of reports that may be one",
        columns,
        results.rows("deduplication/pairs_to_check"),
        results.figures,
        empty="No pair waits for an answer.",
    )
