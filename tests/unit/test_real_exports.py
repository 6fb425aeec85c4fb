"""Every real export in every format: recognised by content, counted right, no value lost."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from parapluie.records.readers import recognise

NOT_SEARCH_RESULTS = frozenset({
    "lb_pubmed_abstracts.txt",  # free text without tags: refused with advice
    "lb_fulltext.csv",  # answers of two reviewers; titles, but no year, journal or id
    "ray_felipe_log.csv", "ray_nalaham_log.csv", "ray_tinea_log.csv",  # logs of Rayyan
})  # fmt: skip
"""Files of the folder that hold no bibliographic records."""

RECOUNTED = {"col_ais_enl.txt": 6, "col_enl_data.enl": 3}
"""Files that hold more records than the README's table says: it counted lines ``%0``, which most
records of these two do not have. Both were counted by eye."""


def bare(text: str) -> str:
    """Leave out what separates values: blanks, line ends, ``;`` and ``|``."""
    return re.sub(r"[\s;|]+", "", text)


def listed(folder: Path) -> Iterator[tuple[str, str, int]]:
    """Give name, format and number of records of each file in the table of the folder's README."""
    for line in (folder / "README.md").read_text(encoding="utf-8").splitlines():
        cells = [c.strip() for c in line.split("|")]
        if len(cells) > 8 and cells[5].isdigit() and cells[4] != "yaml":
            yield cells[1], cells[4], RECOUNTED.get(cells[1], int(cells[5]))


FORMATS = ("ris", "nbib", "wos", "enw", "ovid", "xml", "bib", "csv", "tsv", "xlsx")


@pytest.mark.shared
@pytest.mark.parametrize("kind", FORMATS)
def test_real_exports_are_read_whole(shared: Path, kind: str) -> None:
    folder = shared / "corpora" / "search-exports"
    files = [
        (name, n) for name, k, n in listed(folder) if k == kind and name not in NOT_SEARCH_RESULTS
    ]
    assert files
    for name, n in files:
        reader, problems = recognise(name, (folder / name).read_bytes())
        assert reader is not None, (name, problems)
        scanned = reader.scan((folder / name).read_bytes())
        entries = reader.read(scanned)
        assert (name, len(scanned.blocks), len(entries)) == (name, n, n)
        dialect = reader.dialect(scanned)
        for block, entry in zip(scanned.blocks, entries, strict=True):
            row = reader.row(entry, dialect, "")
            extra = json.loads(row["raw_extra"] or "{}")
            kept = bare("\n".join(row.values()) + "\n".join(v for vs in extra.values() for v in vs))
            for value in (v for values in entry.values() for v in values):
                assert bare(value) in kept, (name, block.line_first, value)
