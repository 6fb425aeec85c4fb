"""Records: every entry of every search export, read without loss, counted and named.

The scanner finds the records of a file (found), the reader reads them (parsed), the source said how
many there are (declared). Where the three differ the stage stops, unless a person accepts the
difference with a reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from parapluie.errors import Problem, raise_if
from parapluie.records.faults import other_count, same_content
from parapluie.records.repairs import add_repairs

if TYPE_CHECKING:
    import pandas as pd

    from parapluie.records.readers import Reader
    from parapluie.records.scan import Scan
    from parapluie.trace import Figures

RAW = "data/search/raw/"
"""Folder of the untouched exports, as messages and traces name it."""

LOG_COLUMNS = (
    "search_id", "file", "sha256", "dialect", "encoding", "declared", "found", "parsed", "repaired",
    "junk_lines", "accepted_reason",
)  # fmt: skip
"""Columns of import_log.csv; ``declared`` is that of the whole search, on each of its files."""

PROBLEM_COLUMNS = ("search_id", "file", "code", "n", "lines", "meaning")
"""Columns of problems.csv: one code in one file, how many records or lines, and the first lines."""


@dataclass
class _File:
    """One export on its way through the stage."""

    name: str
    sha256: str
    reader: Reader
    scan: Scan[Any]
    dialect: str
    entries: list[dict[str, list[str]]]


@dataclass
class _Search:
    """One row of searches.csv with its files, ids and counts."""

    search_id: str
    source: str
    date: str
    declared: int | None
    row: int
    files: list[_File] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    @property
    def found(self) -> int:
        return sum(len(f.scan.blocks) for f in self.files)

    @property
    def parsed(self) -> int:
        return sum(len(f.entries) for f in self.files)


@dataclass(frozen=True)
class RecordsResult:
    """What the stage hands on.

    Parameters
    ----------
    records : DataFrame
        One row a record, columns as `fields.COLUMNS`, in the order of searches, files and records.
    import_log : DataFrame
        One row a file.
    problems : DataFrame
        What was odd or mended, one row a code and file.
    figures : Figures
        Declared, found and parsed, in all and by search.
    """

    records: pd.DataFrame
    import_log: pd.DataFrame
    problems: pd.DataFrame
    figures: Figures


def records(
    searches: pd.DataFrame,
    exports: Mapping[str, bytes],
    accepted: Mapping[str, str] | None = None,
    shown: str = "data/search/searches.csv",
) -> RecordsResult:
    """Read the exports of all searches.

    Parameters
    ----------
    searches : DataFrame
        The rows of searches.csv, through its schema.
    exports : mapping
        Name of a file under data/search/raw/ to its bytes.
    accepted : mapping, optional
        search_id to the reason why its declared number may differ from the number of records read.
    shown : str
        Name of searches.csv in messages.

    Raises
    ------
    InputError
        If a file is missing, named by no search, there twice, or not readable; if counts differ; if
        an id is missing or there twice.
    """
    accepted = accepted or {}
    problems = list(_file_problems(searches, exports, accepted, shown))
    read = []
    for row in searches.to_dict("records"):
        search, faults = _read_search(row, exports)
        read.append(search)
        problems.extend(faults)
        if not faults:
            problems.extend(_count_problems(search, accepted, shown))
    problems.extend(_repeated(read))
    raise_if(problems)
    return _result(read, accepted, shown)


# --- reading --------------------------------------------------------------------------------------


def _names(row: Mapping[Any, Any]) -> list[str]:
    return [n.strip() for n in row["files"].split(";") if n.strip()]


def _read_search(
    row: Mapping[Any, Any], exports: Mapping[str, bytes]
) -> tuple[_Search, list[Problem]]:
    from parapluie.records.ids import ids_of_blocks

    declared = row["declared_records"]
    search = _Search(
        row["search_id"],
        row["source"],
        row["search_date"],
        None if declared != declared else int(declared),
        int(row["_row"]),
    )
    problems: list[Problem] = []
    for name in _names(row):
        if name in exports:
            file, faults = _read_file(name, exports[name])
            problems.extend(faults)
            search.files.extend([file] if file else [])
    blocks = [b for f in search.files for b in f.scan.blocks]
    places = [(RAW + f.name, b.line_first) for f in search.files for b in f.scan.blocks]
    search.ids, faults = ids_of_blocks(search.search_id, row["ids"], blocks, places)
    return search, [*problems, *faults]


def _read_file(name: str, data: bytes) -> tuple[_File | None, list[Problem]]:
    from parapluie.records.readers import recognise

    reader, problems = recognise(RAW + name, data)
    if reader is None:
        return None, problems
    scanned = reader.scan(data)
    entries = reader.read(scanned)
    dialect = reader.dialect(scanned)
    digest = hashlib.sha256(data).hexdigest()
    return _File(name, digest, reader, scanned, dialect, entries), []


# --- faults ---------------------------------------------------------------------------------------


def _file_problems(
    searches: pd.DataFrame, exports: Mapping[str, bytes], accepted: Mapping[str, str], shown: str
) -> Iterator[Problem]:
    known = set()
    named = []
    for row in searches.to_dict("records"):
        known.add(row["search_id"])
        for name in _names(row):
            place = (shown, row["_row"], "files")
            if name not in exports:
                yield _at(place, f"{name!r}, which is not there", f"a file in {RAW}",
                          "Put the file there or correct the name.")  # fmt: skip
                continue
            named.append((int(row["_row"]), name, exports[name]))
    yield from same_content(shown, named)
    for search_id in sorted(set(accepted) - known):
        yield Problem(shown, f"--accept-count for {search_id!r}", ", ".join(sorted(known)),
                      "Correct the name of the search.")  # fmt: skip


def _at(place: tuple[str, int, str], found: str, allowed: str, mend: str) -> Problem:
    file, row, column = place
    return Problem(file, found, allowed, mend, int(row), column)


def _count_problems(search: _Search, accepted: Mapping[str, str], shown: str) -> Iterator[Problem]:
    """Compare declared, found and parsed; the last two may never differ."""
    for file in search.files:
        if len(file.scan.blocks) != len(file.entries):
            yield Problem(
                RAW + file.name,
                f"{len(file.scan.blocks)} records by their first lines, {len(file.entries)} read",
                "the same number",
                "Please report this with a sample of the file; nothing was imported.",
            )
    if search.declared is None or search.declared == search.parsed:
        return
    if search.search_id not in accepted:
        files = [f.name for f in search.files]
        yield other_count(
            (shown, search.row), search.search_id, search.declared, search.parsed, files
        )


def _repeated(read: Sequence[_Search]) -> Iterator[Problem]:
    from parapluie.records.ids import repeated_ids

    yield from repeated_ids({s.search_id: s.ids for s in read})


# --- results --------------------------------------------------------------------------------------


def _result(read: Sequence[_Search], accepted: Mapping[str, str], shown: str) -> RecordsResult:
    import pandas as pd

    from parapluie.records.fields import COLUMNS

    rows, log, notes = [], [], []
    for search in read:
        ids = iter(search.ids)
        for file in search.files:
            added = list(_rows(search, file, ids))
            rows.extend(added)
            log.append(_log_row(search, file, accepted.get(search.search_id, "")))
            notes.extend(_notes(search.search_id, file, added))
    figures = _figures(read, shown)
    repairs = {code for s in read for f in s.files for code in f.reader.REPAIRS}
    add_repairs(figures, [s.search_id for s in read], log, notes, repairs, (shown, RAW))
    return RecordsResult(
        pd.DataFrame(rows, columns=list(COLUMNS), dtype="object"),
        pd.DataFrame(log, columns=list(LOG_COLUMNS), dtype="object"),
        pd.DataFrame(notes, columns=list(PROBLEM_COLUMNS), dtype="object"),
        figures,
    )


def _rows(search: _Search, file: _File, ids: Iterator[str]) -> Iterator[dict[str, Any]]:
    for number, (block, values) in enumerate(
        zip(file.scan.blocks, file.entries, strict=True), start=1
    ):
        row: dict[str, Any] = dict(file.reader.row(values, file.dialect, search.source))
        codes = [row["warnings"], *dict.fromkeys(code for _, code in block.repairs)]
        row.update(
            record_id=next(ids),
            search_id=search.search_id,
            source_file=file.name,
            source_sha256=file.sha256,
            source_record_no=number,
            line_first=block.line_first,
            line_last=block.line_last,
            search_date=search.date,
            warnings=";".join(c for c in codes if c),
        )
        yield row


def _log_row(search: _Search, file: _File, reason: str) -> dict[str, Any]:
    repaired = sum(1 for b in file.scan.blocks if b.repairs) + len(file.scan.repairs)
    return {
        "search_id": search.search_id,
        "file": file.name,
        "sha256": file.sha256,
        "dialect": file.dialect,
        "encoding": file.scan.encoding,
        "declared": search.declared,
        "found": len(file.scan.blocks),
        "parsed": len(file.entries),
        "repaired": repaired,
        "junk_lines": file.scan.n_junk,
        "accepted_reason": reason,
    }


FILE_NOTES = {
    "not_utf8": "the file is not UTF-8; it was read as Windows-1252, so check accented letters",
    "replacement_character": "letters were lost before the export came here (U+FFFD)",
    "mojibake": "accented letters were spoilt before the export came here",
}
"""What the codes about the characters of a file mean."""


def _notes(search_id: str, file: _File, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """List each code of a file once: about its characters, its repairs and its records."""
    from parapluie.records.fields import WARNINGS

    lines: dict[str, list[int]] = {code: [] for code in file.scan.notes}
    for line, code in [*file.scan.repairs, *(r for b in file.scan.blocks for r in b.repairs)]:
        lines.setdefault(code, []).append(line)
    for row in rows:
        for code in row["warnings"].split(";"):
            if code in WARNINGS:
                lines.setdefault(code, []).append(row["line_first"])
    meanings = {**WARNINGS, **file.reader.REPAIRS, **FILE_NOTES}
    return [
        {
            "search_id": search_id,
            "file": file.name,
            "code": code,
            "n": len(places) or None,
            "lines": ";".join(str(n) for n in places[:10]),
            "meaning": meanings[code],
        }
        for code, places in sorted(lines.items())
    ]


def _figures(read: Sequence[_Search], shown: str) -> Figures:
    from parapluie.trace import Figures, Rows

    figures = Figures("records")
    for search in read:
        _search_figures(figures, search, shown)
    keys = {w: [f"records.search.{s.search_id}.{w}" for s in read] for w in _RULES}
    unknown = [s.search_id for s in read if s.declared is None]
    figures.add(
        "declared",
        None if unknown else sum(s.declared or 0 for s in read),
        rule="sum of the numbers that the sources declared",
        basis=[Rows(shown, n=len(read))],
        rests_on=keys["declared"],
        unit="records",
        absent=f"not_available: no declared number for {', '.join(unknown)}" if unknown else "",
    )
    for word in ("found", "parsed"):
        figures.add(
            word,
            sum(getattr(s, word) for s in read),
            rule=f"sum over all searches: {_RULES[word]}",
            basis=[Rows(shown, n=len(read))],
            rests_on=keys[word],
            unit="records",
        )
    return figures


_RULES = {
    "declared": "number of records that the source said it found",
    "found": "records counted by their first lines in the exports",
    "parsed": "records read from the exports",
}


def _search_figures(figures: Figures, search: _Search, shown: str) -> None:
    from parapluie.trace import Rows, where

    row = Rows(shown, where(search_id=search.search_id), 1)
    for word, rule in _RULES.items():
        value = getattr(search, word)
        files = [Rows(RAW + f.name, n=len(f.scan.blocks)) for f in search.files]
        figures.add(
            f"search.{search.search_id}.{word}",
            value,
            rule=rule,
            basis=[row] if word == "declared" else [row, *files],
            unit="records",
            absent="" if value is not None else "not_available: no declared number in searches.csv",
        )
