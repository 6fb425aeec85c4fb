"""CSL-JSON, as Zotero, Mendeley and pandoc read it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from parapluie.export.values import KINDS, Row, id_of, items, kind_of, line, notes_of

_SAME = {
    "title": "title", "container-title": "journal", "volume": "volume", "issue": "issue",
    "page": "pages", "number": "article_no", "DOI": "doi", "PMID": "pmid", "PMCID": "pmcid",
    "language": "language", "abstract": "abstract",
}  # fmt: skip
_FIRST = {"ISSN": "issn", "ISBN": "isbn", "URL": "urls"}


def csl(rows: Sequence[Row]) -> str:
    """Write CSL-JSON: a list of items, each with ``id`` and ``type``."""
    return json.dumps([_item(row) for row in rows], ensure_ascii=False, indent=1) + "\n"


def _item(row: Row) -> dict[str, Any]:
    item: dict[str, Any] = {"id": id_of(row), "type": KINDS[kind_of(row)][0]}
    item |= {name: v for name, c in _SAME.items() if (v := line(row.get(c, "")))}
    item |= {name: found[0] for name, c in _FIRST.items() if (found := items(row, c))}
    names = [_name(n) for n in items(row, "authors")]
    names += [{"literal": n.rstrip(",")} for n in items(row, "group_authors")]
    if names:
        item["author"] = names
    if row.get("year", "").isdigit():
        item["issued"] = {"date-parts": [[int(row["year"])]]}
    if words := items(row, "keywords"):
        item["keyword"] = ", ".join(words)
    item["note"] = "\n".join(notes_of(row))
    return item


def _name(text: str) -> dict[str, str]:
    """Give the parts of ``Family, Given``; a name without a comma stays whole."""
    family, comma, given = text.partition(",")
    if not comma:
        return {"literal": text}
    parts = {"family": family.strip(), "given": given.strip()}
    return {name: part for name, part in parts.items() if part}
