"""One pair of axes with its names, legend and notes: the frame of the figures that scatter points.

All places are counted in points from the lower left corner of the figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parapluie.figure.canvas import Canvas
from parapluie.figure.legend import Entry, draw_legend, lines_of
from parapluie.figure.looks import GREY, INK, THIN
from parapluie.figure.texts import RISE, SIZE, SMALL, flow, note_on_boxes, width, wrap
from parapluie.forest.axis import ticks
from parapluie.forest.layout import POINTS_PER_MM
from parapluie.forest.model import Cell, note

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARGIN, LINE = 4.0, 9.6
LEGEND_LINE = 10.0
TICKS, NAME = 13.0, 12.0
"""Heights below the axes: of the labels of the ticks, and of a line of the name."""


@dataclass(frozen=True)
class Frame:
    """What stands about the axes.

    Parameters
    ----------
    x_name, y_name : str
    sides : (str, str) or None
        What the left and the right side favour.
    notes : sequence of sequence of Cell
    left : float
        Room for the labels of the vertical axis, in points.
    right : float
        Room for a second scale at the right, in points.
    letters : sequence of str
        Texts that will be written inside the axes, for their fonts.
    legend : sequence of sequence of Entry
        Parts of the legend below the axes; each begins a line.
    """

    x_name: str
    y_name: str
    notes: Sequence[Sequence[Cell]] = ()
    sides: tuple[str, str] | None = None
    left: float = 26.0
    right: float = 0.0
    letters: Sequence[str] = ("0",)
    legend: Sequence[Sequence[Entry]] = ()


class Panel:
    """A figure with one pair of axes.

    Parameters
    ----------
    width_mm, height_mm : float
        Width of the figure; height of the axes.
    frame : Frame
    """

    def __init__(self, width_mm: float, height_mm: float, frame: Frame) -> None:
        self.frame = frame
        self.width = width_mm * POINTS_PER_MM
        self.left = MARGIN + LINE + frame.left
        self.right = self.width - MARGIN - 4 - frame.right
        letters = [*frame.letters, *(t for n in frame.notes for t, _ in n)]
        notes = [*frame.notes, *(note(t) for t in note_on_boxes(letters))]
        self.notes = [line for n in notes for line in flow(n, self.width - 2 * MARGIN)]
        self.x_lines = wrap(frame.x_name, self.right - self.left)
        self.legend = [x for part in frame.legend for x in lines_of(part, self.width - 2 * MARGIN)]
        below = TICKS + NAME * (len(self.x_lines) + bool(frame.sides)) + 3
        below += len(self.legend) * LEGEND_LINE
        self.bottom = MARGIN + len(self.notes) * LINE + below
        self.tall = height_mm * POINTS_PER_MM
        self.height = self.bottom + self.tall + MARGIN + 5
        self.canvas = Canvas(self.width, self.height, letters)
        self.figure: Figure = self.canvas.figure
        self.axes: Axes = self.figure.add_axes(
            (
                self.left / self.width,
                self.bottom / self.height,
                (self.right - self.left) / self.width,
                self.tall / self.height,
            ),
            facecolor="none",
        )
        self._dress()

    @property
    def room(self) -> float:
        """Length of the horizontal axis in points."""
        return self.right - self.left

    def write(self, x: float, y: float, text: str, gid: str, **style: Any) -> None:
        """Write a text at a place in points."""
        look: dict[str, Any] = {"size": SIZE, "va": "baseline", "color": INK} | style
        y -= RISE if look["va"] == "baseline" else 0.0
        made = self.figure.text(x / self.width, y / self.height, text, gid=f"|{gid}", **look)
        made.set_parse_math(False)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Give the place of a point of the axes, in points from the lower left corner."""
        shown = self.axes.transData.transform((x, y))
        scale = 72 / self.figure.dpi
        return float(shown[0]) * scale, float(shown[1]) * scale

    def _dress(self) -> None:
        for side in ("right", "top"):
            self.axes.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            self.axes.spines[side].set_color(INK)
            self.axes.spines[side].set_linewidth(THIN)
        self.axes.tick_params(labelsize=SIZE, length=2.5, width=THIN, pad=2, colors=INK)
        self._names()
        foot = MARGIN + len(self.notes) * LINE + 2
        top = self.height - foot - len(self.legend) * LEGEND_LINE
        draw_legend(self.canvas, self.legend, MARGIN, top, LEGEND_LINE, "panel")
        y = MARGIN + (len(self.notes) - 0.5) * LINE
        for i, line in enumerate(self.notes):
            x = MARGIN
            for n, (text, key) in enumerate(line):
                self.write(x, y, text, f"key:{key}" if key else f"note-{i}-{n}", size=SMALL)
                x += width(f"{text} ", SMALL)
            y -= LINE

    def _names(self) -> None:
        y = self.bottom - TICKS - NAME / 2
        if self.frame.sides:
            left, right = f"← {self.frame.sides[0]}", f"{self.frame.sides[1]} →"
            self.write(self.left, y, left, "favours-left", color=GREY)
            self.write(self.right, y, right, "favours-right", color=GREY, ha="right")
            y -= NAME
        for i, line in enumerate(self.x_lines):
            self.write((self.left + self.right) / 2, y, line, f"axis-x-{i}", ha="center")
            y -= NAME
        middle = self.bottom + self.tall / 2
        for i, line in enumerate(wrap(self.frame.y_name, self.tall)[:1]):
            self.write(MARGIN + LINE / 2, middle, line, f"axis-y-{i}", rotation=90, ha="center",
                       va="center")  # fmt: skip

    def x_axis(self, ends: tuple[float, float], log: bool) -> None:
        """Set the horizontal axis, in natural values."""
        self.axes.set_xscale("log" if log else "linear")
        self.axes.set_xlim(*ends)
        self._ticks(self.axes.xaxis, ticks(*ends, log, self.room))

    def y_axis(self, low: float, high: float, every: float = 20.0) -> None:
        """Set the vertical axis from `low` below to `high` above, with ticks that stand apart."""
        self.axes.set_ylim(low, high)
        marks = ticks(min(low, high), max(low, high), False, self.tall / every * 16)
        self._ticks(self.axes.yaxis, marks)

    @staticmethod
    def _ticks(axis: Any, marks: dict[float, str]) -> None:
        from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

        axis.set_major_locator(FixedLocator(list(marks)))
        axis.set_major_formatter(FixedFormatter(list(marks.values())))
        axis.set_minor_locator(NullLocator())
