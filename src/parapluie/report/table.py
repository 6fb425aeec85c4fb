"""A table of the report: a frozen value. How it is drawn (HTML, CSV, workbook) stands elsewhere.

Numbers are kept at full precision with the key of their figure; they are rounded where they are
shown, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from parapluie import rounding
from parapluie.schema import ABSENT_CODES

UNTRACED = ("ref", "id", "date", "label", "axis")
"""Classes of texts whose digits are no figures.

``ref``: files, rows, filters, keys, DOIs, citations; ``id``: names given to rows; ``date``: dates;
``label``: words of the team or of a source as they stand there, names of tools, versions; ``axis``:
ticks of drawings.
"""

PLACES: Mapping[str, int] = {
    "count": 0,
    "d1": 1,
    "d2": 2,
    "d3": 3,
    "year": 0,
    "free": 4,
    "percent": 1,
    "share": 1,
    "p": 3,
}
"""Formats of numbers, with their decimals. ``share`` is a proportion shown in percent; ``free``
drops zeros at the end."""

ON_PAGE = 200
"""Rows on the page of a table that may have thousands."""

NOT_KNOWN = "·"
"""Stands for an empty cell."""


@dataclass(frozen=True)
class Column:
    """A column: its name in CSV, its heading, and what its cells are.

    Parameters
    ----------
    name : str
        Name of the column in the files.
    title : str
        Heading on the page.
    kind : str
        A class of `UNTRACED`, ``word`` (plain words) or a format of `PLACES`.
    key : str
        Template of the key of its numbers, as in ``synthesis.effects.{effect_id}.estimate``.
    say : mapping
        Words shown for codes.
    """

    name: str
    title: str
    kind: str = "word"
    key: str = ""
    say: Mapping[str, str] | None = None

    @property
    def is_number(self) -> bool:
        """Whether its cells are numbers."""
        return self.kind in PLACES


@dataclass(frozen=True)
class Cell:
    """A cell: the value at full precision, how it is shown, its key or its class."""

    value: str
    shown: str
    key: str = ""
    kind: str = "word"
    title: str = ""
    href: str = ""


@dataclass(frozen=True)
class Table:
    """A table with title, columns, rows of cells and notes.

    ``empty`` says why there are no rows. A ``long`` table scrolls in a frame on the screen and is
    whole in print. ``folded`` ones open by a click. Of a table with ``on_page`` the page shows that
    many rows (0: all) and says so; its file has all.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...] = ()
    notes: tuple[str, ...] = ()
    empty: str = ""
    folded: bool = False
    on_page: int = 0

    @property
    def is_long(self) -> bool:
        """Whether it needs a frame that scrolls."""
        return len(self.rows) > 40

    def for_page(self) -> Table:
        """Give what the page shows of it, with a note if that is not all."""
        if not self.on_page or len(self.rows) <= self.on_page:
            return self
        note = "Only the first rows are shown here; the CSV has all."
        return replace(self, rows=self.rows[: self.on_page]).with_note(note)

    def with_note(self, *notes: str) -> Table:
        """Give the same table with more notes."""
        return replace(self, notes=(*self.notes, *notes))

    def without_empty_columns(self) -> Table:
        """Give the same table without the columns in which nothing is known."""
        if not self.rows:
            return self
        kept = [i for i in range(len(self.columns)) if any(row[i].value for row in self.rows)]
        return replace(
            self,
            columns=tuple(self.columns[i] for i in kept),
            rows=tuple(tuple(row[i] for i in kept) for row in self.rows),
        )


def show(value: Any, kind: str) -> str:
    """Write a number as the page shows it; text that is no number is given back.

    Examples
    --------
    >>> show("0.0678", "share")
    '6.8%'
    """
    number = rounding.decimal(str(value))
    if number is None:
        return str(value)
    if kind == "share":
        number *= Decimal(100)
    if kind == "p" and 0 < number < Decimal("0.001"):
        return "<0.001"
    text = f"{rounding.half_away(number, PLACES.get(kind, 4)):{'f' if kind == 'year' else ',f'}}"
    if kind == "free" and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", "−") + ("%" if kind in ("share", "percent") else "")


def short_reason(reason: str) -> str:
    """Give the code of a reason of absence in words: ``not estimable``."""
    return reason.split(":", 1)[0].replace("_", " ")


def cell(column: Column, row: Mapping[str, Any], figures: Mapping[str, Mapping[str, Any]]) -> Cell:
    """Make the cell of a row in a column.

    A number is taken from its figure, so that page and trace cannot differ; a number without a
    figure stays without a key (the tests of the page find it).
    """
    text = str(row.get(column.name, "") or "")
    if not column.is_number:
        return _text_cell(column, text)
    key = column.key.format_map({**row})
    line = figures.get(key)
    if line is not None:
        return number_cell(key, line, column.kind)
    if text in ABSENT_CODES or rounding.decimal(text) is None:
        return Cell(text, text or NOT_KNOWN, "", "label", ABSENT_CODES.get(text, ""))
    return Cell(text, show(text, column.kind), "", "number")


def number_cell(key: str, line: Mapping[str, Any], kind: str) -> Cell:
    """Make the cell of a figure."""
    if line["absent_reason"]:
        reason = str(line["absent_reason"])
        return Cell("", short_reason(reason), key, "absent", reason)
    return Cell(str(line["value"]), show(line["value"], kind), key, "number")


def _text_cell(column: Column, text: str) -> Cell:
    if not text:
        return Cell("", NOT_KNOWN, "", "label", ABSENT_CODES[""])
    shown = (column.say or {}).get(text, text)
    if column.kind == "word":
        shown = shown.replace("_", " ")
    if column.kind == "list":
        shown = "; ".join(p.strip() for p in text.split(";")).replace("_", " ")
        return Cell(text, shown, "", "label")
    if column.kind == "doi":
        return Cell(text, text, "", "ref", "", f"https://doi.org/{text}")
    has_digit = any(c.isdigit() for c in shown)
    return Cell(text, shown, "", "label" if column.kind == "word" and has_digit else column.kind)


def make(
    name: str,
    title: str,
    columns: Iterable[Column],
    rows: Iterable[Mapping[str, Any]],
    figures: Mapping[str, Mapping[str, Any]],
    *,
    notes: Iterable[str] = (),
    empty: str = "",
    folded: bool = False,
    shown: Callable[[Mapping[str, Any]], bool] = lambda row: True,
) -> Table:
    """Make a table of rows as text.

    Parameters
    ----------
    name, title : str
        File name without ending; caption.
    columns : iterable of Column
    rows : iterable of mappings
    figures : mapping
        Every figure of the report by its key.
    notes : iterable of str
        Lines under the table.
    empty : str
        Why there are no rows.
    folded : bool
        Whether the table opens by a click.
    shown : callable
        Which rows are taken.
    """
    listed = tuple(columns)
    cells = tuple(tuple(cell(c, row, figures) for c in listed) for row in rows if shown(row))
    return Table(name, title, listed, cells, tuple(notes), empty, folded)
