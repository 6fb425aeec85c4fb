"""Quotes of raters: whether each stands on its page, with a link to it."""

from __future__ import annotations

from urllib.parse import quote as escaped

from parapluie.report.results import Results, Row
from parapluie.report.table import Cell, Column, Table

_COLUMNS = (
    Column("review_id", "Review", "label"),
    Column("rater", "Rater", "id"),
    Column("item", "Item", "label"),
    Column("criterion", "Criterion", "label"),
    Column("quote", "Quote", "label"),
    Column("found", "Found", "label"),
    Column("page", "Page", "ref"),
)
_WORDS = {
    "yes": "✓ on this page",
    "no": "✗ not found",
    "no_pdf": "no PDF",
    "no_text": "PDF without text",
    "too_short": "too short to look up",
}


def build(results: Results) -> Table:
    """Make the table."""
    labels = results.review_labels()
    rows = tuple(_row(row, labels.get(row["review_id"], row["review_id"]))
                 for row in results.rows("appraisal/quotes"))  # fmt: skip
    return Table(
        "appraisal_quotes",
        "Quotes of raters in the full texts",
        _COLUMNS,
        rows,
        notes=("Pages are those of the PDF, the first being 1; a page opens the PDF there.",),
        folded=True,
        on_page=200,
    )


def _row(row: Row, label: str) -> tuple[Cell, ...]:
    found = _WORDS.get(row["found"]) or row["found"].replace("other_page", "✗ on page")
    page = row.get("link_page", "")
    href = f"../{escaped(row['file'])}#page={page}" if row.get("file") and page else ""
    typed = row.get("page", "")
    elsewhere = row["found"].startswith("other_page") or not typed
    shown = f"{typed} → {page}".strip() if elsewhere and page else typed or "·"
    return (
        Cell(row["review_id"], label, "", "label"),
        Cell(row["rater"], row["rater"], "", "id"),
        Cell(row["item"], row["item"].replace("_", " "), "", "label"),
        Cell(row["criterion"], row["criterion"].replace("_", " ") or "·", "", "label"),
        Cell(row["quote"], row["quote"], "", "label"),
        Cell(row["found"], found, "", "label"),
        Cell(typed, shown, "", "ref", "", href),
    )
