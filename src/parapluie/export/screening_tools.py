"""The tables that Rayyan and ASReview import."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from parapluie.export.values import ID_COLUMN, Row, id_of, items, line, notes_of, pages_of, year_of
from parapluie.vocabulary import EXCLUDE, INCLUDE

RAYYAN = (
    "key", "title", "year", "month", "day", "journal", "issn", "volume", "issue", "pages",
    "authors", "url", "language", "publisher", "location", "abstract", "notes", "doi", "keywords",
    "pubmed_id", "pmc_id",
)  # fmt: skip
"""The columns of Rayyan, in its order."""

ASREVIEW = (ID_COLUMN, "title", "abstract", "authors", "keywords", "doi", "url", "year", "notes",
            "included")  # fmt: skip
"""The columns for ASReview; ``included`` is 1, 0 or empty. The id does not stand in ``record_id``:
version 1 refuses words there, and version 2 puts numbers of its own in their place."""

_SAME = ("title", "journal", "volume", "issue", "language", "abstract", "doi")
_LABELS = {INCLUDE: "1", EXCLUDE: "0"}


def rayyan(rows: Sequence[Row]) -> str:
    """Write a table for Rayyan; the own id is the key and stands in the notes too."""
    return _table(RAYYAN, (_rayyan_row(row) for row in rows))


def _rayyan_row(row: Row) -> dict[str, str]:
    names = items(row, "authors") + items(row, "group_authors")
    return {
        **{c: line(row.get(c, "")) for c in _SAME},
        "key": id_of(row),
        "year": year_of(row),
        "issn": "; ".join(items(row, "issn")),
        "pages": pages_of(row),
        "authors": " and ".join(names),
        "url": " ".join(items(row, "urls")[:1]),  # Rayyan glues several into one
        "notes": " | ".join(notes_of(row)),
        "keywords": ";".join(items(row, "keywords")),
        "pubmed_id": row.get("pmid", ""),
        "pmc_id": row.get("pmcid", ""),
    }


def asreview(rows: Sequence[Row]) -> str:
    """Write a table for ASReview.

    Parameters
    ----------
    rows : sequence of mapping
        Reports or records; the column ``state`` (of screening) gives the label, if it is there.
    """
    return _table(ASREVIEW, (_asreview_row(row) for row in rows))


def _asreview_row(row: Row) -> dict[str, str]:
    return {
        ID_COLUMN: id_of(row),
        **{c: line(row.get(c, "")) for c in ("title", "abstract", "doi")},
        "year": year_of(row),
        "notes": " | ".join(notes_of(row)),
        "authors": "; ".join(items(row, "authors") + items(row, "group_authors")),
        "keywords": "; ".join(items(row, "keywords")),
        "url": " ".join(items(row, "urls")[:1]),
        "included": _LABELS.get(row.get("state", ""), ""),
    }


def _table(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """Write CSV with the cells as they are: these tools do not take back an escaped formula."""
    lines = [columns, *([row.get(c, "") for c in columns] for row in rows)]
    return "".join(",".join(_quoted(cell) for cell in line) + "\n" for line in lines)


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if re.search(r'[",\r\n]', cell) else cell
