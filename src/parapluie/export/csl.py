"""CSL-JSON, as Zotero, Mendeley and pandoc read it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from parapluie.export.values import (
    KINDS,
    Row,
    id_of,
    items,
    kind_of,
    line,
    notes_of,
    pages_of,
    year_of,
)

_SAME = {
    "title": "title", "container-title": "journal", "volume": "volume", "issue": "issue",
    "number": "article_no", "DOI": "doi", "PMID": "pmid", "PMCID": "pmcid",
    "language": "language", "abstract": "abstract", "genre": "pub_types", "source": "database",
}  # fmt: skip
_JOINED = {"ISSN": "issn", "ISBN": "isbn", "keyword": "keywords"}


def csl(rows: Sequence[Row]) -> str:
    """Write CSL-JSON: a list of items, each with ``id`` and ``type``."""
    return json.dumps([_item(row) for row in rows], ensure_ascii=False, indent=1) + "\n"


def _item(row: Row) -> dict[str, Any]:
    item: dict[str, Any] = {"id": id_of(row), "type": KINDS[kind_of(row)][0]}
    item |= {name: v for name, c in _SAME.items() if (v := line(row.get(c, "")))}
    item |= {name: ", ".join(found) for name, c in _JOINED.items() if (found := items(row, c))}
    if urls := items(row, "urls"):
        item["URL"] = urls[0]
    if pages := pages_of(row):
        item["page"] = pages
    names = [_name(n) for n in items(row, "authors")]
    names += [{"literal": n.rstrip(",")} for n in items(row, "group_authors")]
    if names:
        item["author"] = names
    if year := year_of(row):
        item["issued"] = {"date-parts": [[int(year)]]}
    item["note"] = "\n".join(notes_of(row))
    return item


def _name(text: str) -> dict[str, str]:
    """Give the parts of ``Family, Given, Suffix``; a name without a comma stays whole."""
    parts = [part.strip() for part in text.split(",", maxsplit=2)]
    if len(parts) == 1:
        return {"literal": text}
    found = dict(zip(("family", "given", "suffix"), parts, strict=False))
    return {name: part for name, part in found.items() if part}
