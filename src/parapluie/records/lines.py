"""Records as lines of CSV, in the memory of the piece that they were read from.

A line is made of the place of the record, which is known last, and of its fields, which are written
where they were read: in another process for a large import, whose body then stands in a file.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from parapluie.errors import Problem
from parapluie.records.fields import COLUMNS
from parapluie.records.pieces import PLACE, Export, Piece
from parapluie.tables import csv_line, csv_rows

if TYPE_CHECKING:
    import pandas as pd

REST = COLUMNS[len(PLACE) :]
"""Columns of records.csv behind those of the place."""


@dataclass
class Read:
    """A piece that was read: see `pieces.Piece`, but with its rows as text.

    Parameters
    ----------
    body : bytes or memoryview
        The columns `REST` of each record, a line each.
    ends : list of int
        Where the line of each record ends in the body.
    problems : list of Problem
        What could not be read, and what a second parser read otherwise.
    remarks : dict
        Code to what is said of the file.
    """

    body: Any
    ends: list[int]
    ids: list[str]
    places: list[tuple[int, int]]
    found: int
    encoding: str
    n_junk: int
    n_repaired: int
    codes: dict[str, list[int]]
    decisions: list[tuple[int, dict[str, str]]]
    articles: dict[str, int]
    problems: list[Problem] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)
    dialect: str = ""


def encoded(piece: Piece) -> Read:
    """Write the rows of a piece as lines of CSV."""
    lines = [csv_line([row[c] for c in REST]).encode() for row in piece.rows]
    ends, place = [], 0
    for line in lines:
        place += len(line)
        ends.append(place)
    return Read(
        b"".join(lines), ends, piece.ids, piece.lines, piece.found, piece.encoding, piece.n_junk,
        piece.n_repaired, piece.codes, piece.decisions, piece.articles, piece.problems,
        piece.remarks, piece.dialect,
    )  # fmt: skip


@dataclass
class Lines:
    """The lines of all records, in the order in which they were read.

    Parameters
    ----------
    ids : list of str
        record_id of each.
    """

    ids: list[str] = field(default_factory=list)
    _heads: list[str] = field(default_factory=list)
    _bodies: list[tuple[Any, int, int]] = field(default_factory=list)

    def add(self, piece: Read, about: Export, sha256: str, before: int) -> None:
        """Add a piece of a file, of which `before` records come before it."""
        middle = csv_line([about.search_id, about.name, sha256])[:-1]
        self._heads.extend(
            f"{i},{middle},{n},{first},{last},"
            for n, (i, (first, last)) in enumerate(
                zip(piece.ids, piece.places, strict=True), start=before + 1
            )
        )
        body = piece.body
        self._bodies.extend(
            (body, a, b) for a, b in zip([0, *piece.ends], piece.ends, strict=False)
        )
        self.ids.extend(piece.ids)

    def ordered(self) -> Iterator[bytes]:
        """Give the lines in the order of the ids, as records.csv has them."""
        yield csv_line(COLUMNS).encode()
        for n in sorted(range(len(self.ids)), key=self.ids.__getitem__):
            body, start, end = self._bodies[n]
            yield self._heads[n].encode()
            yield body[start:end]

    def frame(self) -> pd.DataFrame:
        """Give the records as a frame, in the order in which they were read; every cell as text.

        The numbers of the place (`source_record_no`, `line_first`, `line_last`) are integers.
        """
        import pandas as pd

        lines = zip(self._heads, self._bodies, strict=True)
        text = "".join(head + bytes(body[a:b]).decode() for head, (body, a, b) in lines)
        rows = [cells for cells, _ in csv_rows(io.StringIO(text, newline=""))]
        found = pd.DataFrame(rows, columns=list(COLUMNS), dtype="object")
        for column in ("source_record_no", "line_first", "line_last"):
            found[column] = found[column].astype("int64")
        return found
