"""Legends and notes below a figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from parapluie.figure.canvas import Canvas
from parapluie.figure.legend import Entry, draw_legend, lines_of
from parapluie.figure.sizes import GAP, LINE, MARGIN
from parapluie.figure.texts import Cell, flow, note_on_boxes

LEGEND_LINE = 11.5


class Below:
    """Legends, each beginning a line, and notes, as wide as the figure.

    Parameters
    ----------
    legends : sequence of sequence of Entry
    notes : iterable of sequence of Cell
    wide : float
        Width of the figure in points.
    letters : sequence of str
        Texts above, for a note on letters that no font has.
    line : float
        Height of a line of a legend.
    """

    def __init__(
        self, legends: Sequence[Sequence[Entry]], notes: Iterable[Sequence[Cell]], wide: float,
        letters: Sequence[str] = (), line: float = LEGEND_LINE,
    ) -> None:  # fmt: skip
        room, notes, self.line = wide - 2 * MARGIN, list(notes), line
        self.legend = [part for entries in legends if entries for part in lines_of(entries, room)]
        boxes = [[(text, "")] for text in note_on_boxes([*letters, ""])]
        self.notes = [part for note in (*notes, *boxes) for part in flow(note, room)]
        self.height = len(self.legend) * line + len(self.notes) * (LINE + 1) + GAP
        self.texts = [t for note in notes for t, _ in note]
        self.texts += [e.words for entries in legends for e in entries]

    def draw(self, canvas: Canvas, top: float) -> None:
        """Draw it from `top` downwards."""
        top = draw_legend(canvas, self.legend, MARGIN, top, self.line, "below")
        for i, line in enumerate(self.notes):
            canvas.cells(MARGIN, top + 2 + (i + 0.5) * (LINE + 1), line, f"note-{i}")
