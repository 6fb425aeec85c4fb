"""Records: every entry of every search export, read without loss, counted and named.

The scanner finds the records of a file (found), the reader reads them (parsed), the source said how
many there are (declared). Where the three differ the stage stops, unless a person accepts the
difference with a reason.

An import has three steps: `plan` looks at the files and cuts them into pieces, `read` reads a piece
(any number at a time, in any process), `finish` puts the pieces together.
"""

from __future__ import annotations

import functools
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from parapluie.errors import Problem, raise_if
from parapluie.records.faults import changed, other_count, same_content
from parapluie.records.ids import given_problems, hashed_id, repeated_ids
from parapluie.records.lines import Lines, Read, encoded
from parapluie.records.pieces import Export, cut, raws, read_piece
from parapluie.records.readers import Reader, misleading, recognise
from parapluie.records.repairs import add_repairs
from parapluie.records.scan import form_notes
from parapluie.tables import split_list

if TYPE_CHECKING:
    import pandas as pd

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

FILE_NOTES = {
    "not_utf8": "the file is not all UTF-8; the other lines were read as Windows-1252, so check "
    "accented letters",
    "replacement_character": "letters were lost before the export came here (U+FFFD)",
    "mojibake": "accented letters were spoilt before the export came here; they stay as they are",
    "mojibake_mended": "accented letters were spoilt before the export came here; they were put "
    "right, and what stood there is in raw_extra",
}
"""What the codes about the characters of a file mean."""

OTHER_NAME = "other_name"
"""Code of a file whose name promises another format than its content has."""

COUNT_AGREES = (
    "a difference was accepted for this search, but declared and parsed do not differ; take the "
    "reason away, so that a later difference is not accepted unseen"
)

_SHOWN_LINES = 10

Buffer = Any
"""Bytes, or a file mapped into memory."""


@dataclass(frozen=True)
class Task:
    """A piece of an export that is to be read: bytes `start` to `end`, after `line` lines."""

    file: int
    about: Export
    start: int
    end: int
    line: int
    verify: bool = False


@dataclass
class _File:
    """One export on its way through the stage."""

    about: Export
    content: Buffer
    row: int
    reader: Reader | None = None
    decisions_log: bool = False
    reads: list[tuple[Task, Read]] = field(default_factory=list)

    @functools.cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def found(self) -> int:
        return sum(r.found for _, r in self.reads)

    @property
    def parsed(self) -> int:
        return sum(len(r.ends) for _, r in self.reads)


@dataclass
class _Search:
    """One row of searches.csv with its files."""

    search_id: str
    declared: int | None
    row: int
    names: list[str]
    noted: list[str]
    files: list[_File] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    @property
    def found(self) -> int:
        return sum(f.found for f in self.files)

    @property
    def parsed(self) -> int:
        return sum(f.parsed for f in self.files)

    @property
    def differs(self) -> bool:
        """Whether the source declared another number than was read."""
        return self.declared is not None and self.declared != self.parsed


@dataclass
class Plan:
    """What is to be read, and what was wrong before anything is.

    Parameters
    ----------
    tasks : list of Task
        The pieces of all files, in the order of searches, files and records.
    problems : list of Problem
        Faults of searches.csv and of files.
    """

    searches: list[_Search]
    files: list[_File]
    tasks: list[Task]
    problems: list[Problem]
    accepted: Mapping[str, str]
    shown: str


@dataclass(frozen=True)
class RecordsResult:
    """What the stage hands on.

    Parameters
    ----------
    lines : Lines
        One line of CSV a record, columns as `fields.COLUMNS`.
    log_rows : list of dict
        One row a file, columns `LOG_COLUMNS`.
    problem_rows : list of dict
        What was odd or mended, one row a code and file, columns `PROBLEM_COLUMNS`.
    decision_rows : list of dict
        Decisions of screening tools that stood in the exports, columns as `decisions.COLUMNS`.
    figures : Figures
        Declared, found and parsed, in all and by search; what was mended.
    """

    lines: Lines
    log_rows: list[dict[str, Any]]
    problem_rows: list[dict[str, Any]]
    decision_rows: list[dict[str, str]]
    figures: Figures

    @property
    def records(self) -> pd.DataFrame:
        """The records in the order of searches, files and records, all cells as text."""
        return self.lines.frame()

    @property
    def import_log(self) -> pd.DataFrame:
        """`log_rows` as a frame."""
        import pandas as pd

        return pd.DataFrame(self.log_rows, columns=list(LOG_COLUMNS), dtype="object")

    @property
    def problems(self) -> pd.DataFrame:
        """`problem_rows` as a frame."""
        import pandas as pd

        return pd.DataFrame(self.problem_rows, columns=list(PROBLEM_COLUMNS), dtype="object")


def records(
    searches: pd.DataFrame,
    exports: Mapping[str, Buffer],
    accepted: Mapping[str, str] | None = None,
    shown: str = "data/search/searches.csv",
    mappings: Mapping[str, Any] | None = None,
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
    mappings : mapping, optional
        Name of a file to the mapping that says what its columns hold.

    Raises
    ------
    InputError
        If a file is missing, named by no search, there twice, or not readable; if counts differ; if
        an id is missing or there twice.
    """
    planned = plan(searches.to_dict("records"), exports, accepted, shown, mappings)
    readers = [f.reader for f in planned.files]
    reads = [
        read(task, readers[task.file], planned.files[task.file].content) for task in planned.tasks
    ]
    return finish(planned, reads)


# --- what is to be read ---------------------------------------------------------------------------


def plan(
    searches: Sequence[Mapping[Any, Any]],
    exports: Mapping[str, Buffer],
    accepted: Mapping[str, str] | None = None,
    shown: str = "data/search/searches.csv",
    mappings: Mapping[str, Any] | None = None,
    verify: bool = False,
) -> Plan:
    """Look at the files, find the reader of each, and cut them into pieces (see `records`).

    Parameters
    ----------
    searches : sequence of mapping
        The rows of searches.csv, through its schema.
    verify : bool
        Whether a second parser is to read each record too, where the format has one.
    """
    found = Plan([], [], [], [], accepted or {}, shown)
    found.problems.extend(_file_problems(searches, exports, found))
    for row in searches:
        declared = row["declared_records"]
        count = None if declared != declared else int(declared)
        noted = split_list(str(row.get("sha256") or ""))
        search = _Search(row["search_id"], count, int(row["_row"]), _names(row), noted)
        found.searches.append(search)
        for name in _names(row):
            if name in exports:
                file = _recognised(row, name, exports[name], found, mappings or {})
                search.files.extend([file] if file else [])
    for number, file in enumerate(found.files):
        found.tasks.extend(_tasks(file, number, verify))
    return found


def _names(row: Mapping[Any, Any]) -> list[str]:
    return [n.strip() for n in row["files"].split(";") if n.strip()]


def _recognised(
    row: Mapping[Any, Any],
    name: str,
    content: Buffer,
    found: Plan,
    mappings: Mapping[str, Any],
) -> _File | None:
    about = Export(row["search_id"], row["source"], row["search_date"], row["ids"] == "given", name)
    if _is_decisions_log(content):
        file = _File(about, content, int(row["_row"]), None, True)
        found.files.append(file)
        return file
    reader, problems = recognise(RAW + name, content, mappings.get(name))
    found.problems.extend(problems)
    if reader is None:
        return None
    file = _File(about, content, int(row["_row"]), reader)
    found.files.append(file)
    return file


def _is_decisions_log(content: Buffer) -> bool:
    from parapluie.records.decisions import is_log
    from parapluie.records.scan import decode

    return is_log(decode(bytes(content[:2000]))[0])


def _tasks(file: _File, number: int, verify: bool) -> Iterator[Task]:
    if file.reader is None:
        return
    pieces = list(cut(file.reader, file.content))
    if (
        len(pieces) > 1
    ):  # the first records tell the tool; a file in one piece tells when it is read
        first = bytes(file.content[: pieces[0][1]])
        file.about = replace(file.about, dialect=file.reader.dialect(file.reader.scan(first)))
    for start, end, line in pieces:
        yield Task(number, file.about, start, end, line, verify)


# --- reading --------------------------------------------------------------------------------------


def read(task: Task, reader: Reader | None, content: Buffer) -> Read:
    """Read a piece of an export.

    Parameters
    ----------
    task : Task
        Which piece.
    reader : Reader
        The format of its file.
    content : bytes or mmap
        The whole file.
    """
    assert reader is not None  # a file without a reader has no tasks
    return encoded(
        read_piece(
            reader, bytes(content[task.start : task.end]), task.about, task.line, task.verify
        )
    )


# --- faults ---------------------------------------------------------------------------------------


def _file_problems(
    searches: Sequence[Mapping[Any, Any]], exports: Mapping[str, Buffer], plan: Plan
) -> Iterator[Problem]:
    for row in searches:
        for name in _names(row):
            if name not in exports:
                yield Problem(plan.shown, f"{name!r}, which is not there", f"a file in {RAW}",
                              "Put the file there or correct the name.", int(row["_row"]),
                              "files")  # fmt: skip
    known = sorted(row["search_id"] for row in searches)
    for search_id in sorted(set(plan.accepted) - set(known)):
        yield Problem(plan.shown, f"--accept-count for {search_id!r}", ", ".join(known),
                      "Correct the name of the search.")  # fmt: skip


def _count_problems(search: _Search, plan: Plan) -> Iterator[Problem]:
    """Compare declared, found and parsed; the last two may never differ."""
    for file in search.files:
        for _, one in file.reads:
            yield from one.problems
        if file.reader and not file.found and not any(one.problems for _, one in file.reads):
            yield Problem(RAW + file.about.name, f"0 records of {file.reader.NAME}",
                          "at least one record", "Download the export again.")  # fmt: skip
        if file.found != file.parsed:
            yield Problem(
                RAW + file.about.name,
                f"{file.found} records by their first lines, {file.parsed} read",
                "the same number",
                "Please report this with a sample of the file; nothing was imported.",
            )
    if search.declared is not None and search.differs and search.search_id not in plan.accepted:
        files = [f.about.name for f in search.files]
        place = (plan.shown, search.row)
        yield other_count(place, search.search_id, search.declared, search.parsed, files)


# --- results --------------------------------------------------------------------------------------


def finish(plan: Plan, reads: Iterable[Read]) -> RecordsResult:
    """Put the pieces together.

    Parameters
    ----------
    plan : Plan
        What was to be read.
    reads : iterable of Read
        For each task of the plan, in its order.

    Raises
    ------
    InputError
        With every fault, also those of the plan.
    """
    for task, one in zip(plan.tasks, reads, strict=True):
        file = plan.files[task.file]
        file.reads.append((task, one))
        file.about = replace(file.about, dialect=one.dialect)
    named = [(f.row, f.about.name, f.sha256) for f in plan.files]
    problems = [*plan.problems, *same_content(plan.shown, named)]
    now = {name: digest for _, name, digest in named}
    for search in plan.searches:
        problems.extend(changed((plan.shown, search.row), search.names, search.noted, now))
    is_whole = not problems
    for search in plan.searches:
        search.ids = _ids(search, problems)
        if is_whole:
            problems.extend(_count_problems(search, plan))
    problems.extend(repeated_ids({s.search_id: s.ids for s in plan.searches}))
    raise_if(problems)
    return _result(plan)


def _ids(search: _Search, problems: list[Problem]) -> list[str]:
    """Give the ids of all records of a search; equal records are told apart by their ordinal."""
    ids: list[str] = []
    seen: Counter[str] = Counter()
    for file in search.files:
        for task, one in file.reads:
            if file.about.has_given_ids:
                places = [(RAW + file.about.name, first) for first, _ in one.places]
                problems.extend(given_problems(one.ids, places))
            elif len(set(one.ids)) < len(one.ids) or not seen.keys().isdisjoint(one.ids):
                one.ids = _ordinal_ids(search.search_id, file, task, one.ids, seen)
            else:
                seen.update(one.ids)
            ids.extend(one.ids)
    return ids


def _ordinal_ids(
    search_id: str, file: _File, task: Task, ids: Sequence[str], seen: Counter[str]
) -> list[str]:
    assert file.reader is not None
    blocks = raws(file.reader, bytes(file.content[task.start : task.end]))
    found = []
    for first, raw in zip(ids, blocks, strict=True):
        seen[first] += 1
        found.append(first if seen[first] == 1 else hashed_id(search_id, seen[first], raw))
    return found


def _result(plan: Plan) -> RecordsResult:
    lines = Lines()
    log: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for search in plan.searches:
        for file in search.files:
            number = 0
            for _, one in file.reads:
                lines.add(one, file.about, file.sha256, number)
                number += len(one.ends)
            reason = plan.accepted.get(search.search_id, "")
            log.append(_log_row(search, file, reason if search.differs else ""))
            notes.extend(_notes(file, bool(reason) and not search.differs))
    figures = _figures(plan.searches, plan.shown)
    repairs = {code for f in plan.files if f.reader for code in f.reader.REPAIRS}
    add_repairs(
        figures, [s.search_id for s in plan.searches], log, notes, repairs, (plan.shown, RAW)
    )
    return RecordsResult(lines, log, notes, _decisions(plan), figures)


def _log_row(search: _Search, file: _File, reason: str) -> dict[str, Any]:
    encodings = dict.fromkeys(one.encoding for _, one in file.reads)
    return {
        "search_id": search.search_id,
        "file": file.about.name,
        "sha256": file.sha256,
        "dialect": "rayyan_log" if file.decisions_log else file.about.dialect,
        "encoding": "; ".join(encodings),
        "declared": search.declared,
        "found": file.found,
        "parsed": file.parsed,
        "repaired": sum(one.n_repaired for _, one in file.reads),
        "junk_lines": sum(one.n_junk for _, one in file.reads),
        "accepted_reason": reason,
    }


def _notes(file: _File, is_accepted_in_vain: bool) -> list[dict[str, Any]]:
    """List each code of a file once: about its characters, its repairs and its records."""
    from parapluie.records.fields import WARNINGS

    places: dict[str, list[int]] = {}
    for _, one in file.reads:
        for code, found in one.codes.items():
            places.setdefault(code, []).extend(found)
        places.update({code: [] for code in one.remarks})
    of_file = form_notes(file.content)
    if file.reader and (misled := misleading(file.about.name, file.reader)):
        of_file[OTHER_NAME] = misled
    if is_accepted_in_vain:
        of_file["count_agrees"] = COUNT_AGREES
    places.update({code: [] for code in of_file})
    meanings = {**WARNINGS, **FILE_NOTES, **(file.reader.REPAIRS if file.reader else {})}
    for remarks in (of_file, *(one.remarks for _, one in file.reads[:1])):
        meanings |= remarks
    return [
        {
            "search_id": file.about.search_id,
            "file": file.about.name,
            "code": code,
            "n": len(found) or None,
            "lines": ";".join(str(n) for n in found[:_SHOWN_LINES]),
            "meaning": meanings[code],
        }
        for code, found in sorted(places.items())
    ]


def _decisions(plan: Plan) -> list[dict[str, str]]:
    """Give the decisions in notes and columns of exports, and in logs of Rayyan beside them."""
    from parapluie.records.decisions import joined, log_decisions, log_rows
    from parapluie.records.scan import decode

    noted: list[dict[str, str]] = []
    logged: list[dict[str, str]] = []
    for search in plan.searches:
        known: dict[str, dict[str, str]] = {}
        for file in search.files:
            for _, one in file.reads:
                noted.extend({**row, "record_id": one.ids[n]} for n, row in one.decisions)
                known |= {
                    article: {"record_id": one.ids[n], "search_id": search.search_id}
                    for article, n in one.articles.items()
                }
        for file in (f for f in search.files if f.decisions_log):
            text, _ = decode(bytes(file.content))
            logged.extend(log_decisions(log_rows(text), known, file.about.name))
    return joined(noted, logged)


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
        files = [Rows(RAW + f.about.name, n=f.found) for f in search.files]
        figures.add(
            f"search.{search.search_id}.{word}",
            value,
            rule=rule,
            basis=[row] if word == "declared" else [row, *files],
            unit="records",
            absent="" if value is not None else "not_available: no declared number in searches.csv",
        )
