"""The mapping that a team writes beside an export, so that any table can be read.

``data/search/raw/FILE.mapping.yaml`` says which header fills which column of records.csv.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from parapluie.errors import InputError, Problem
from parapluie.records.tables.dialects import (
    MAPPED,
    ROLES,
    Dialect,
    dialect_from,
    plain,
    plain_columns,
)

SCHEMA = "search/mapping"
NEEDED = frozenset({"title", "doi", "pmid"})
"""One of these must be mapped: without any, a record is known by nothing."""

_SEPARATORS = {"tab": "\t"}


@dataclass(frozen=True)
class TableMapping:
    """What a mapping says.

    Parameters
    ----------
    dialect : Dialect
        The headers of each column; without any, tables are recognised by themselves.
    separator : str
        What separates cells; empty where it has to be seen.
    sheet : str
        The sheet of a workbook that is read.
    header_row : int
        Line or row of the header; 0 where it has to be found.
    encoding : str
        Name of the encoding of the text.
    ignore_rows : frozenset of int
        Lines or rows that hold no record.
    shown : str
        Name of the mapping in messages.
    lines : mapping
        Key to its line in the mapping.
    """

    dialect: Dialect = field(default_factory=lambda: Dialect("", "", {}))
    separator: str = ""
    sheet: str = ""
    header_row: int = 0
    encoding: str = ""
    ignore_rows: frozenset[int] = frozenset()
    shown: str = ""
    lines: Mapping[tuple[str | int, ...], int] = field(default_factory=dict)

    def recognise(self, cells: Sequence[str]) -> Dialect | None:
        """Take a row in which every header stands that the mapping names."""
        names = {plain(c) for c in cells}
        return self.dialect if all(plain(h) in names for h in self.named) else None

    @property
    def named(self) -> list[str]:
        """Every header that the mapping names."""
        return [h for headers in self.dialect.headers.values() for h in headers]

    def decode(self, data: bytes) -> tuple[str, str] | None:
        """Decode the export as the mapping says; ``None`` where it says nothing."""
        if not self.encoding:
            return None
        text = data.decode(self.encoding, "replace").lstrip("\ufeff")
        return text.replace("\r\n", "\n").replace("\r", "\n"), self.encoding


def mapping_of(shown: str, data: bytes) -> tuple[TableMapping | None, list[Problem]]:
    """Read a mapping and check it: every wrong key gives one line.

    Parameters
    ----------
    shown : str
        Name of the file in messages.
    data : bytes
        Its content.

    Returns
    -------
    (TableMapping or None, list of Problem)
        The mapping where it has no fault.
    """
    from parapluie.schema import document_problems, parse_document

    try:
        content, lines = parse_document(data, shown)
    except InputError as error:
        return None, list(error.problems)
    problems = document_problems(SCHEMA, content or {}, lines, shown)
    if not problems:
        problems = list(_faults(content or {}, lines, shown))
    return (None, problems) if problems else (_mapping(content, lines, shown), [])


def _faults(
    body: Mapping[str, Any], lines: Mapping[tuple[str | int, ...], int], shown: str
) -> list[Problem]:
    """Find what the schema cannot say."""
    found = []
    if not NEEDED & body.keys():
        keys = ", ".join(body) or "no keys"
        found.append(Problem(shown, f"only {keys}", "title, doi or pmid among the keys",
                             "Name the header of at least one of them."))  # fmt: skip
    if "encoding" in body and not _is_encoding(body["encoding"]):
        allowed = "an encoding such as cp1252 or gb18030"
        found.append(Problem(shown, repr(body["encoding"]), allowed, "Correct the name.",
                             lines.get(("encoding",)), "encoding"))  # fmt: skip
    return found


def _is_encoding(name: str) -> bool:
    try:
        "a".encode(name)
    except LookupError:
        return False
    return True


def _mapping(
    body: Mapping[str, Any], lines: Mapping[tuple[str | int, ...], int], shown: str
) -> TableMapping:
    separator = str(body.get("separator", ""))
    return TableMapping(
        dialect=dialect_from(MAPPED, body),
        separator=_SEPARATORS.get(separator, separator),
        sheet=str(body.get("sheet", "")),
        header_row=int(body.get("header_row", 0)),
        encoding=str(body.get("encoding", "")),
        ignore_rows=frozenset(body.get("ignore_rows", ())),
        shown=shown,
        lines=lines,
    )


def missing_headers(mapping: TableMapping, rows: Sequence[Sequence[str]]) -> list[Problem]:
    """Say which headers of a mapping a file has not; compared with the row that has most of them.

    Parameters
    ----------
    mapping : TableMapping
        The mapping.
    rows : sequence of sequence of str
        Rows of the file that may be its header.
    """
    wanted = {plain(h) for h in mapping.named}
    best = max(rows, key=lambda r: (len(wanted & {plain(c) for c in r}), len(plain_columns(r))),
               default=[])  # fmt: skip
    names = {plain(c) for c in best}
    there = ", ".join(c.strip() for c in best if c.strip()) or "no cells"
    return [
        Problem(mapping.shown, f"{header!r}, which is no header of the export", there,
                "Write the header as it stands in the export.",
                mapping.lines.get((role,)), role)
        for role in ROLES
        for header in mapping.dialect.headers.get(role, ())
        if plain(header) not in names
    ]  # fmt: skip


def unknown_rows(mapping: TableMapping, numbers: Collection[int]) -> list[Problem]:
    """Say which rows to pass over are none; `numbers` are the lines on which rows begin."""
    wrong = sorted(mapping.ignore_rows - set(numbers))
    if not wrong:
        return []
    return [
        Problem(
            mapping.shown,
            f"{', '.join(map(str, wrong))}, where no row below the header begins",
            "first lines of rows, as messages name them",
            "Correct the numbers.",
            mapping.lines.get(("ignore_rows",)),
            "ignore_rows",
        )
    ]
