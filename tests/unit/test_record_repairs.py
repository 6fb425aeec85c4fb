"""Every number of what was mended while the exports were read has a key."""

from __future__ import annotations

import pandas as pd

from parapluie.records import records
from parapluie.trace import Figures

FAULTY = b"""TY  - JOUR
TI  - One without an end
PY  - 2020
TY  - JOUR
TI  - Another one
AU  - Ash, A
PY  - 2020
AB  - Words.
ER  -
"""
SOUND = b"TY  - JOUR\nTI  - Sound\nAU  - Oak, B\nPY  - 2020\nAB  - Words.\nER  -\n"


def read(**exports: bytes) -> Figures:
    rows = [
        {"search_id": name, "source": name, "kind": "database", "search_date": "",
         "declared_records": float("nan"), "files": f"{name}.ris" if data else "",
         "ids": "hashed", "_row": row}
        for row, (name, data) in enumerate(exports.items(), start=2)
    ]  # fmt: skip
    files = {f"{name}.ris": data for name, data in exports.items() if data}
    return records(pd.DataFrame(rows), files).figures


def test_what_was_mended_is_counted_by_search_and_by_code() -> None:
    lines = read(faulty=FAULTY, sound=SOUND, none=b"").lines
    assert lines["records.search.faulty.repaired"]["value"] == 1
    assert lines["records.search.sound.repaired"]["value"] == 0
    assert lines["records.search.none.repaired"]["value"] == 0
    assert lines["records.repaired"]["value"] == 1
    assert lines["records.repairs.faulty.no_end"]["value"] == 1
    assert lines["records.repairs.faulty.no_end"]["rule"].startswith("the record had no ER line")
    assert "data/search/raw/faulty.ris" in lines["records.repairs.faulty.no_end"]["file"]


def test_what_is_missing_in_a_record_is_no_repair() -> None:
    lines = read(faulty=FAULTY).lines
    assert lines["records.warnings.faulty.no_abstract"]["value"] == 1
    assert "records.repairs.faulty.no_abstract" not in lines
    assert not [key for key in read(sound=SOUND).lines if ".repairs." in key or "warnings" in key]


def test_a_file_in_other_letters_counts_as_one_file() -> None:
    lines = read(odd=SOUND.replace(b"Sound", b"Caf\xe9")).lines
    assert lines["records.warnings.odd.not_utf8"]["value"] == 1
