"""The ids of records: stable from one run to the next, and from one computer to the next."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from parapluie.errors import Problem
from parapluie.records.decisions.log import is_log
from parapluie.records.readers import recognise
from parapluie.records.scan import Block, decode, problems_of

SEARCHES = "data/search/searches.csv"
ID_FIELDS = frozenset({"ID", "id", "record_id"})
"""Names of the field in which an export gives ids of its own."""

_ID = re.compile(r"[A-Za-z0-9._:-]+")


def hashed_id(search_id: str, ordinal: int, raw: str) -> str:
    """Make the id of a record from its raw text.

    Parameters
    ----------
    search_id : str
        The search.
    ordinal : int
        Its number among equal records of the search, from 1: an export that holds a record twice
        gives two ids.
    raw : str
        The record as it stands, with LF line ends.

    Returns
    -------
    str
        ``rec_`` and the first 16 hex digits of the SHA-256 of search, ordinal and raw text.
    """
    text = f"{search_id}\n{ordinal}\n{raw}"
    return "rec_" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def record_ids(search_id: str, raws: Iterable[str]) -> list[str]:
    """Make the ids of the records of one search, over all its files, in order.

    Parameters
    ----------
    search_id : str
        The search.
    raws : iterable of str
        Their raw texts.
    """
    seen: Counter[str] = Counter()
    ids = []
    for raw in raws:
        first = hashed_id(search_id, 1, raw)
        seen[first] += 1
        ids.append(first if seen[first] == 1 else hashed_id(search_id, seen[first], raw))
    return ids


def given_ids(blocks: Sequence[Block]) -> list[str]:
    """Give the ids that an export brings itself (tag or column ID); ``""`` where there is none."""
    return [next((v for tag, v in block.tags if tag in ID_FIELDS and v), "") for block in blocks]


def ids_of_search(
    search_id: str,
    ids: str,
    contents: Mapping[str, bytes],
    mappings: Mapping[str, Any] | None = None,
) -> tuple[list[str], list[Problem]]:
    """Give the ids of all records of one search, and the faults of its files.

    Parameters
    ----------
    search_id, ids : str
        The cells of searches.csv; `ids` is ``given`` or ``hashed`` (also when empty).
    contents : mapping
        Name of each file as shown in messages, to its bytes, in the order of searches.csv.
    mappings : mapping, optional
        Name of a file as shown to the mapping that says what its columns hold.
    """
    from parapluie.records.mixed import second_format
    from parapluie.records.pieces import cut

    raws: list[str] = []
    given: list[str] = []
    problems: list[Problem] = []
    for shown, data in contents.items():
        if is_log(decode(data[:2000])[0]):  # decisions, not records
            continue
        reader, faults = recognise(shown, data, (mappings or {}).get(shown))
        problems.extend(faults)
        if reader is None:
            continue
        for start, end, line in cut(reader, data):
            scanned = reader.scan(data[start:end])
            scanned.problems.extend(second_format(reader.NAME, scanned, line))
            problems.extend(problems_of(scanned, shown))
            blocks = scanned.blocks
            if ids == "given":
                found = given_ids(blocks)
                places = [(shown, block.line_first + line) for block in blocks]
                problems.extend(given_problems(found, places))
                given.extend(found)
            else:
                raws.extend(block.raw for block in blocks)
    return given or record_ids(search_id, raws), problems


def given_problems(given: Sequence[str], places: Sequence[tuple[str, int]]) -> Iterator[Problem]:
    """Report ids that an export should give and does not (`places`: file and line)."""
    for found, (shown, line) in zip(given, places, strict=True):
        if not _ID.fullmatch(found):
            yield Problem(
                shown,
                f"id {found!r}" if found else "a record without the tag ID",
                "an ID of letters, digits and . _ : - in each record (searches.csv: ids given)",
                "Complete the export, or leave the cell `ids` of the search empty.",
                line,
            )


def repeated_ids(known: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    """Report ids that more than one record has, over all searches.

    Parameters
    ----------
    known : mapping
        search_id to the ids of its records.
    """
    first: dict[str, str] = {}
    for search_id, ids in known.items():
        for record_id in ids:
            if record_id and record_id in first:
                yield Problem(
                    SEARCHES,
                    f"record {record_id} in search {search_id}, but also in {first[record_id]}",
                    "each id once over all searches",
                    "Correct the ID in one of the exports, or leave the cell `ids` empty.",
                    column="ids",
                )
            first.setdefault(record_id, search_id)
