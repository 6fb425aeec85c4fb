"""RIS: found by our scanner, read by rispy from the strict form."""

from __future__ import annotations

import re
from collections.abc import Mapping

from parapluie.records.fields import dialect_of, row_of
from parapluie.records.ris import REPAIRS, RisBlock, aliases, strict_text
from parapluie.records.ris import scan as scan  # the scanner is part of what a reader offers
from parapluie.records.scan import Scan

NAME = "RIS"
PRIORITY = 10
_FIRST = re.compile(r"^[Tt][Yy][ \t]{0,3}-", re.MULTILINE)


def sniff(data: bytes, text: str) -> bool:
    """Tell whether a text holds at least one line ``TY  - ``."""
    return bool(_FIRST.search(text))


def read(scanned: Scan[RisBlock]) -> list[dict[str, list[str]]]:
    """Read the records of a scan with rispy.

    rispy is given strict RIS, every tag as a list and no delimiters, since by itself it keeps only
    the first value of a repeated tag and cuts addresses at ``;``.

    Returns
    -------
    list of dict
        Tag to its values; ``TY`` is there in each.
    """
    import rispy

    short = aliases(scanned.blocks)
    tags = sorted({short.get(tag, tag) for block in scanned.blocks for tag, _ in block.tags})
    mapping = {tag: tag for tag in [*tags, "TY", "ER", "UK"]}
    parsed = rispy.loads(
        strict_text(scanned.blocks, short),
        mapping=mapping,
        list_tags=[tag for tag in mapping if tag != "TY"],
        delimiter_tags_mapping={},
    )
    long = {alias: tag for tag, alias in short.items()}
    return [_entry(record, long) for record in parsed]


def _entry(record: dict[str, str | list[str]], long: dict[str, str]) -> dict[str, list[str]]:
    return {
        long.get(tag, tag): list(values) if isinstance(values, list) else [values]
        for tag, values in record.items()
    }


def dialect(scanned: Scan[RisBlock]) -> str:
    """Name the tool that wrote the export; ``ris`` where nothing in it tells."""
    return dialect_of(scanned.text)


def row(values: Mapping[str, list[str]], dialect: str, source: str) -> dict[str, str]:
    """Make the columns of one record."""
    return row_of(values, dialect, source)


__all__ = ["NAME", "PRIORITY", "REPAIRS", "dialect", "read", "row", "scan", "sniff"]
