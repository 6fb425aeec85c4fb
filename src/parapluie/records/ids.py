"""The ids of records: stable from one run to the next, and from one computer to the next."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from parapluie.errors import Problem
from parapluie.records.readers import recognise
from parapluie.records.scan import Block

SEARCHES = "data/search/searches.csv"
ID_FIELDS = frozenset({"ID", "id", "record_id"})
"""Names of the field in which an export gives ids of its own."""

_ID = re.compile(r"[A-Za-z0-9._:-]+")


def record_ids(search_id: str, blocks: Sequence[Block]) -> list[str]:
    """Make the ids of the records of one search from their raw text.

    Parameters
    ----------
    search_id : str
        The search.
    blocks : sequence of Block
        All its records, over all its files, in order.

    Returns
    -------
    list of str
        ``rec_`` and the first 16 hex digits of the SHA-256 of search, ordinal and raw block; the
        ordinal counts equal blocks of the search from 1, so that an export with a record twice
        gives two ids.
    """
    seen: Counter[str] = Counter()
    ids = []
    for block in blocks:
        raw = block.raw
        seen[raw] += 1
        text = f"{search_id}\n{seen[raw]}\n{raw}"
        ids.append("rec_" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16])
    return ids


def given_ids(blocks: Sequence[Block]) -> list[str]:
    """Give the ids that an export brings itself (tag or column ID); ``""`` where there is none."""
    return [next((v for tag, v in block.tags if tag in ID_FIELDS and v), "") for block in blocks]


def ids_of_search(
    search_id: str, ids: str, contents: Mapping[str, bytes]
) -> tuple[list[str], list[Problem]]:
    """Give the ids of all records of one search, and the faults of its files.

    Parameters
    ----------
    search_id, ids : str
        The cells of searches.csv; `ids` is ``given`` or ``hashed`` (also when empty).
    contents : mapping
        Name of each file as shown in messages, to its bytes, in the order of searches.csv.
    """
    blocks: list[Block] = []
    places: list[tuple[str, int]] = []
    problems: list[Problem] = []
    for shown, data in contents.items():
        reader, faults = recognise(shown, data)
        problems.extend(faults)
        if reader is not None:
            scanned = reader.scan(data)
            blocks.extend(scanned.blocks)
            places.extend((shown, block.line_first) for block in scanned.blocks)
    return ids_of_blocks(search_id, ids, blocks, places, problems)


def ids_of_blocks(
    search_id: str,
    ids: str,
    blocks: Sequence[Block],
    places: Sequence[tuple[str, int]],
    problems: Sequence[Problem] = (),
) -> tuple[list[str], list[Problem]]:
    """Give the ids of scanned records, and the faults of given ids (`places`: file, line)."""
    if ids != "given":
        return record_ids(search_id, blocks), list(problems)
    given = given_ids(blocks)
    return given, [*problems, *_given_problems(given, places)]


def _given_problems(given: Sequence[str], places: Sequence[tuple[str, int]]) -> Iterator[Problem]:
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
