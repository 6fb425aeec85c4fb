"""The PDFs of the reports of each review, read only where something is to be looked up in them."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from parapluie import tables
from parapluie.pdf import read_pdf

if TYPE_CHECKING:
    from parapluie.appraisal.quotes import FullText

_READABLE = ("ok", "scanned", "wrong_article")


def of_reviews(reports: Path | None, status: Path | None) -> dict[str, list[FullText]]:
    """Give the full texts of each review, the main report first.

    Parameters
    ----------
    reports : Path or None
        ``results/included/reports.csv``: which reports a review has.
    status : Path or None
        ``results/fulltexts/status.csv``: where their PDFs are. Without one of the two there are
        no full texts.
    """
    from parapluie.appraisal.quotes import FullText

    if reports is None or status is None:
        return {}
    files = {
        row["report_id"]: row["file"]
        for row in tables.read_text(status).rows
        if row["file"] and row["pdf_status"] in _READABLE
    }
    found: dict[str, list[FullText]] = defaultdict(list)
    for row in sorted(tables.read_text(reports).rows, key=lambda r: r["role"] != "main"):
        file = files.get(row["report_id"], "")
        if row["review_id"] and file and Path(file).is_file():
            text = FullText(row["report_id"], file, functools.partial(_pages, file))
            found[row["review_id"]].append(text)
    return found


@functools.lru_cache(maxsize=8)
def _pages(file: str) -> Sequence[str]:
    return read_pdf(Path(file)).pages
