"""The formats that exports are read from.

A reader is a module here with ``NAME``, ``sniff(text)``, ``scan(data)`` and ``read(scan)``; a
line in `READERS` makes it known. The content of a file decides which one reads it, never its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from parapluie.errors import Problem
from parapluie.records.readers import ris
from parapluie.records.ris import Scan, decode
from parapluie.records.unsupported import looks_like

Entry = dict[str, list[str]]
"""One record as read: tag to its values, in order."""


class Reader(Protocol):
    """What the module of a format offers."""

    NAME: str

    def sniff(self, text: str) -> bool:
        """Tell whether a text is in this format."""
        ...

    def scan(self, data: bytes) -> Scan:
        """Find the records, fast and without changing them."""
        ...

    def read(self, scanned: Scan) -> list[Entry]:
        """Read the records that a scan found."""
        ...


READERS: Sequence[Reader] = (ris,)
"""Every reader, in the order in which they are asked."""


def recognise(shown: str, data: bytes) -> tuple[Reader | None, list[Problem]]:
    """Find the reader of a file by its content; without one, say what the file looks like.

    Parameters
    ----------
    shown : str
        Name of the file in messages.
    data : bytes
        Its content.
    """
    text, _ = decode(data)
    for reader in READERS:
        if reader.sniff(text):
            return reader, []
    found, mend = looks_like(data, text)
    allowed = f"an export with at least one record, in {', '.join(r.NAME for r in READERS)} format"
    return None, [Problem(shown, found, allowed, mend)]
