"""RIS: found by our scanner, read by rispy from the strict form."""

from __future__ import annotations

import re

from parapluie.records.ris import Scan, aliases, strict_text
from parapluie.records.ris import scan as scan  # the scanner is part of what a reader offers

NAME = "RIS"
_FIRST = re.compile(r"^[Tt][Yy][ \t]{0,3}-", re.MULTILINE)


def sniff(text: str) -> bool:
    """Tell whether a text holds at least one line ``TY  - ``."""
    return bool(_FIRST.search(text))


def read(scanned: Scan) -> list[dict[str, list[str]]]:
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


__all__ = ["NAME", "read", "scan", "sniff"]
