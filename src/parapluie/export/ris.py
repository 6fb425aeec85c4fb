"""RIS as EndNote, Zotero, Rayyan and Covidence all take it.

UTF-8 without a byte order mark, since several importers drop the first record behind one; CRLF,
which the format's description asks for and EndNote expects, and which the others accept; TY first;
``XX  - `` before each value; one value a line; the bare ``ER  - `` last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from parapluie.export.values import Row, id_of, items, kind_of, line, notes_of, pages_of, year_of

_PAGES = re.compile(r"([A-Za-z]*\d+[A-Za-z]*)-([A-Za-z]*\d+[A-Za-z]*)")
_SINGLE = {
    "title": "TI", "journal": "T2", "volume": "VL", "issue": "IS",
    "article_no": "C7", "pmcid": "C2", "doi": "DO", "abstract": "AB",
}  # fmt: skip
_LISTS = {
    "issn": "SN", "isbn": "SN", "urls": "UR", "language": "LA", "keywords": "KW", "pub_types": "PT",
}  # fmt: skip


def ris(rows: Sequence[Row]) -> str:
    """Write RIS.

    Parameters
    ----------
    rows : sequence of mapping
        Reports or records.
    """
    return "".join("\r\n".join([*_lines(row), "ER  - ", "", ""]) for row in rows)


def _lines(row: Row) -> Iterator[str]:
    yield f"TY  - {kind_of(row)}"
    yield f"AN  - {id_of(row)}"
    for name in items(row, "authors"):
        yield f"AU  - {name}"
    for name in items(row, "group_authors"):
        yield f"AU  - {name.rstrip(',')},"  # the comma keeps a group from being cut into names
    if year := year_of(row):
        yield f"PY  - {year}"
    for column, tag in _SINGLE.items():
        if value := line(row.get(column, "")):
            yield f"{tag}  - {value}"
    yield from _pages(pages_of(row))
    for column, tag in _LISTS.items():
        for value in items(row, column):
            yield f"{tag}  - {value}"
    for note in notes_of(row):
        yield f"N1  - {note}"


def _pages(pages: str) -> Iterator[str]:
    found = _PAGES.fullmatch(pages)
    if found and found[1] != found[2]:
        yield f"SP  - {found[1]}"
        yield f"EP  - {found[2]}"
    elif pages:
        yield f"SP  - {pages}"
