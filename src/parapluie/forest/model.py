"""What a forest plot is made of: rows, columns, texts with their keys."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from parapluie.figure import texts
from parapluie.measures import Measure
from parapluie.rounding import half_away

REVIEWS, STUDIES, UMBRELLA = "reviews", "studies", "umbrella"
HEADING, RESULT, POOLED, PREDICTION, WORDS = "heading", "result", "pooled", "prediction", "words"
"""Kinds of rows: a title; a marker with its interval; a diamond; the line of a prediction
interval; a line of words."""
NOT_ESTIMABLE = "not estimable"
ABSENT = "–"
"""Stands where the data have no number."""

Cell = texts.Cell
"""A text and the key of the figure that it shows (``""`` for none)."""


@dataclass(frozen=True)
class Column:
    """A column of text: its name in `Row.cells`, its heading, and whether it is right-aligned.

    ``room`` is the width in points beyond which words are wrapped. A column that `moves` has its
    words below the name of the row where the width does not hold it; others are left out then, and
    a note says so.
    """

    name: str
    heading: str
    right: bool = False
    moves: bool = False
    room: float = 52.0


@dataclass(frozen=True)
class Row:
    """One line of a forest plot.

    Estimate and interval are natural values; NaN where there is none. ``weight`` is percent, NaN
    where nothing was pooled.

    Parameters
    ----------
    label : Cell
    detail : str
        Smaller words below the label.
    estimate, low, high, weight : float
    cells : mapping
        Name of a column to its text.
    kind : str
        One of `HEADING`, `RESULT`, `POOLED`, `PREDICTION`, `WORDS`.
    words : sequence of Cell
        Of a row of `WORDS`.
    style : str
        Name of the look of the marker; ``""`` is the plain square.
    facts : sequence of (str, str, str)
        What a reader is told who points at the row: name, text, key.
    ruled : bool
        Whether a line is drawn above.
    level : int
        Of a heading or pooled row: 0 for the whole, 1 for a part.
    joined : bool
        Whether the row belongs to the one above: both are shaded, or neither.
    """

    label: Cell
    detail: str = ""
    estimate: float = math.nan
    low: float = math.nan
    high: float = math.nan
    weight: float = math.nan
    cells: Mapping[str, Cell] = field(default_factory=dict)
    kind: str = RESULT
    words: Sequence[Cell] = ()
    style: str = ""
    facts: Sequence[tuple[str, str, str]] = ()
    ruled: bool = False
    level: int = 0
    joined: bool = False

    @property
    def is_heading(self) -> bool:
        """Whether the row is a title."""
        return self.kind == HEADING


@dataclass(frozen=True)
class Legend:
    """What a look of a marker means, in words below the plot."""

    style: str
    words: str


ColumnNote = tuple[str, Sequence[Cell]]
"""Name of a column, and the note that stands where the column (or its words) is drawn; `ABSENT`
for the note on the sign of that name."""


@dataclass(frozen=True)
class Plot:
    """Everything that one forest plot shows.

    ``reference`` is where a dashed line stands (the pooled result), NaN for none. ``favours`` says
    what the left and the right side favour. ``dropped_first`` are the columns given up, in this
    order, where the width does not hold all.
    """

    stem: str
    outcome: str
    level: str
    measure: Measure
    title: str
    caption: str
    name: str
    left: Sequence[Column]
    right: Sequence[Column]
    rows: Sequence[Row]
    notes: Sequence[Sequence[Cell]]
    favours: tuple[str, str] | None
    reference: float = math.nan
    axis_name: str = ""
    column_notes: Sequence[ColumnNote] = ()
    legend: Sequence[Legend] = ()
    legend_title: str = ""
    dropped_first: Sequence[str] = (
        "n_effects", "reviews", "shared", "as_printed", "grade", "i2", "cells_1", "cells_2", "n",
        "class", "k", "review", "amstar2", "weight",
    )  # fmt: skip
    kind: str = "forest"

    @property
    def n_rows(self) -> int:
        """How many results are listed."""
        return sum(row.kind == RESULT for row in self.rows)

    @property
    def results(self) -> list[Row]:
        """Rows with a marker."""
        return [r for r in self.rows if r.kind == RESULT and not math.isnan(r.estimate)]

    @property
    def pooled(self) -> list[Row]:
        """Rows with a diamond."""
        return [r for r in self.rows if r.kind == POOLED and not math.isnan(r.estimate)]


def note(text: str) -> list[Cell]:
    """Give a note without numbers of the report."""
    return [(text, "")]


def number(value: float, digits: int = 2) -> str:
    """Write a number: halves rounded away from zero, a true minus sign, no minus before zero."""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if abs(value) >= 1e6 or 0 < abs(value) < 1e-9:
        return f"{value:.3g}".replace("e+0", "e").replace("e+", "e").replace("-", "−")
    return f"{half_away(float(value), digits):f}".replace("-", "−")


def interval(
    estimate: float, low: float, high: float, digits: int = 2, absent: str = "not reported"
) -> str:
    """Write an estimate with its interval."""
    ends = absent if math.isnan(low + high) else f"{number(low, digits)}, {number(high, digits)}"
    return f"{number(estimate, digits)} [{ends}]"


def p_value(p: float) -> str:
    """Write a p value: three decimals, fewer where they say enough."""
    if p < 0.001:
        return "p < 0.001"
    return f"p = {number(p, 3 if p < 0.1 else 2)}"


def digits_for(rows: Sequence[Row]) -> int:
    """Give the decimals that the narrowest usual interval of these rows needs: 2, 3 or 4."""
    halves = sorted((r.high - r.low) / 2 for r in rows if r.high > r.low)
    typical = halves[len(halves) // 2] if halves else 1.0
    return next((d for d in (2, 3) if typical >= 2 * 10**-d), 4)


def in_type(text: str) -> str:
    """Set the minus of words like k-1 as one."""
    return re.sub(r"(?<=\bk)-(?=\d)", "−", text)
