"""The formats that exports are read from.

A reader is a module that offers what `Reader` lists; a line under ``parapluie.readers`` in the
entry points of its package makes it known. The content of a file decides which one reads it, never
its name.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import PurePath
from typing import Any, Protocol

from parapluie.errors import Problem
from parapluie.records.scan import Scan, decode
from parapluie.records.unsupported import looks_like

GROUP = "parapluie.readers"
"""Name of the entry points under which packages offer readers."""

Entry = dict[str, list[str]]
"""One record as read: name of a field, as the format calls it, to its values in order."""


class Reader(Protocol):
    """What the module of a format offers.

    ``NAME`` is that of the format in messages. ``PRIORITY`` says when it is asked: lower first; a
    format with a mark of its own (10) before one that is known by its look only (50). ``REPAIRS``
    gives each code of its repairs with its meaning.

    A reader may also offer ``cuts(data, size)``: places, at least `size` bytes apart, at which a
    file can be cut so that its parts hold the same records as the whole (see `pieces.cut`); and
    ``reference(scanned)``: what a second parser reads, record by record (``--verify``);
    ``refusal(data, text)``: what a file is that it knows and that holds no records, and the remedy;
    and ``ENDINGS``: how the names of its files mostly end.
    """

    NAME: str
    PRIORITY: int
    REPAIRS: Mapping[str, str]

    def sniff(self, data: bytes, text: str) -> bool:
        """Tell whether a file is in this format; it is given as bytes, and decoded."""
        ...

    def scan(self, data: bytes) -> Scan[Any]:
        """Find the records, fast and without changing them."""
        ...

    def read(self, scanned: Scan[Any]) -> list[Entry]:
        """Read the records that a scan found."""
        ...

    def dialect(self, scanned: Scan[Any]) -> str:
        """Name the tool that wrote the file."""
        ...

    def row(self, values: Entry, dialect: str, source: str) -> dict[str, str]:
        """Make the columns of records.csv from one entry (see `fields.row_of`)."""
        ...


@functools.cache
def readers() -> Sequence[Reader]:
    """Give every reader that is installed, in the order in which they are asked."""
    found: list[Reader] = [point.load() for point in entry_points(group=GROUP)]
    return sorted(found, key=lambda reader: (reader.PRIORITY, reader.NAME))


def misleading(name: str, reader: Reader) -> str:
    """Say which format the name of a file promises that its content is not; mostly empty.

    Parameters
    ----------
    name : str
        The file.
    reader : Reader
        The format of its content.
    """
    ending = PurePath(name).suffix.lower()
    promised = [other for other in readers() if ending in getattr(other, "ENDINGS", ())]
    if not promised or ending in getattr(reader, "ENDINGS", (ending,)):
        return ""
    names = " or ".join(other.NAME for other in promised)
    return (
        f"the name ends in {ending}, as for {names}; the content is {reader.NAME} and was read so"
    )


HEAD = 400_000
"""Bytes of a file by which most are recognised."""


def recognise(shown: str, data: bytes, mapping: Any = None) -> tuple[Reader | None, list[Problem]]:
    """Find the reader of a file by its content; without one, say what the file looks like.

    Parameters
    ----------
    shown : str
        Name of the file in messages.
    data : bytes
        Its content.
    mapping : TableMapping, optional
        What the columns of the file hold, if a person has said so (see `table.read_mapping`).
    """
    if mapping is not None:
        from parapluie.records.readers.table import with_mapping

        return with_mapping(mapping), []
    head = data[:HEAD]
    if len(data) > HEAD:  # whole lines, so that no letter is cut in two
        head = head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1] or head
    for part in (head, data) if len(data) > HEAD else (head,):
        text, _ = decode(part)
        for reader in readers():
            if reader.sniff(part, text):
                return reader, []
    refused = (each.refusal(data, text) for each in readers() if hasattr(each, "refusal"))
    found, mend = next(filter(None, refused), None) or looks_like(data, text)
    names = ", ".join(r.NAME for r in readers())
    allowed = f"an export with at least one record, in one of these formats: {names}"
    return None, [Problem(shown, found, allowed, mend)]
