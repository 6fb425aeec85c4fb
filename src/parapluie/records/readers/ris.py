"""RIS: found and read in one pass; rispy reads each record too where it is asked to verify."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from parapluie.records.fields import dialect_of, row_of
from parapluie.records.ris import REPAIRS, RisBlock, aliases, gathered, strict_text
from parapluie.records.ris import scan as scan  # the scanner is part of what a reader offers
from parapluie.records.scan import Scan

NAME = "RIS"
ENDINGS = (".ris",)
PRIORITY = 10
HEAD = 100_000
_FIRST = re.compile(r"^[Tt][Yy][ \t]{0,3}-", re.MULTILINE)


def sniff(data: bytes, text: str) -> bool:
    """Tell whether a text holds at least one line ``TY  - ``."""
    return bool(_FIRST.search(text))


def cuts(data: bytes, size: int) -> Iterator[int]:
    """Give places where a record begins right after the end of another one, `size` bytes apart.

    Files in other encodings than one byte a letter and UTF-8 are not cut, nor are those whose lines
    end with CR alone.
    """
    if b"\0" in data[:400] or b"\n" not in data[:HEAD]:
        return
    first = _OPENING.search(data)  # what stands before the first record is in its piece
    place = max(size, first.end() if first else len(data))
    while place < len(data):
        end = _END.search(data, place)
        begin = _BEGIN.search(data, end.end() - 1) if end else None
        if begin is None:
            return
        yield begin.start() + 1
        place = begin.start() + size


_OPENING = re.compile(rb"(?:\A(?:\xef\xbb\xbf)?|[\r\n])[Tt][Yy][ \t]{0,3}-")
_END = re.compile(rb"[\r\n][Ee][Rr][ \t]{0,3}-[ \t]*[\r\n]")
_BEGIN = re.compile(rb"[\r\n][Tt][Yy][ \t]{0,3}-")


def read(scanned: Scan[RisBlock]) -> list[dict[str, list[str]]]:
    """Read the records of a scan.

    Returns
    -------
    list of dict
        Tag to its values; ``TY`` is there in each.
    """
    return [_typed(gathered(block)) for block in scanned.blocks]


def _typed(values: dict[str, list[str]]) -> dict[str, list[str]]:
    if "TY" not in values:
        values["TY"] = ["GEN"]
    elif len(values["TY"]) > 1:
        values["TY"] = values["TY"][:1]
    return values


def reference(scanned: Scan[RisBlock]) -> list[dict[str, list[str]]]:
    """Read the records of a scan with rispy, the reference parser of RIS.

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


__all__ = [
    "ENDINGS", "NAME", "PRIORITY", "REPAIRS", "cuts", "dialect", "read", "reference", "row", "scan",
    "sniff",
]  # fmt: skip
