"""Measuring and breaking texts, in points, with the fonts that draw them."""

from __future__ import annotations

import contextlib
import functools
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from parapluie.fonts import narrow_families, others_for

Cell = tuple[str, str]
"""A text and the key of the figure that it shows (``""`` for none)."""

SIZE, SMALL = 7.0, 7.0
"""Sizes of type: no journal takes less than 7 points after reduction."""
RISE = 2.5
"""From the baseline to the middle of capitals and digits: all texts of a row stand on one line,
whatever accents they have."""


def families_for(texts: Iterable[str]) -> tuple[str, ...]:
    """Give the families that draw these texts: ours, then those of this machine for the rest."""
    others, _ = others_for(frozenset().union(*texts))
    return (*narrow_families(), *others)


def without_font(texts: Iterable[str]) -> frozenset[str]:
    """Give the letters that no font of this machine has; they are drawn as boxes."""
    return others_for(frozenset().union(*texts))[1]


def note_on_boxes(texts: Iterable[str]) -> list[str]:
    """Say which letters stand as boxes in the PDF and the PNG; nothing where none does."""
    boxes = sorted(without_font(texts))
    if not boxes:
        return []
    named = ", ".join(f"U+{ord(c):04X}" for c in boxes[:6])
    named += f" and {len(boxes) - 6} more" if len(boxes) > 6 else ""
    return [f"Letters that no font of this machine has stand as boxes: {named}."]


@contextlib.contextmanager
def boxes_allowed() -> Iterator[None]:
    """Keep matplotlib from warning of each letter without font: a note of the figure says it."""
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", message="Glyph .* missing from font", category=UserWarning
        )
        yield


@functools.cache
def _font(bold: bool, others: tuple[str, ...]) -> Any:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    weight = "bold" if bold else "normal"
    names = (*narrow_families(), *others)
    return get_font([findfont(FontProperties(family=name, weight=weight)) for name in names])


@functools.lru_cache(maxsize=20_000)
def width(text: str, size: float = SIZE, bold: bool = False) -> float:
    """Measure a text in points."""
    others, missing = ((), ()) if text.isascii() else others_for(frozenset(text))
    font = _font(bold, others)
    font.set_size(size, 720)
    with boxes_allowed() if missing else contextlib.nullcontext():
        font.set_text(text, 0.0)
    measured: float = font.get_width_height()[0] / 64 / 10
    return measured


def wrap(text: str, room: float, size: float = SIZE, bold: bool = False) -> list[str]:
    """Break a text into lines of at most `room` points.

    A word that is too long for a line is broken too: behind a hyphen or slash, else anywhere.
    """
    lines: list[str] = []
    for word in _words_of(text):
        if lines and width(f"{lines[-1]} {word}", size, bold) <= room:
            lines[-1] += f" {word}"
            continue
        while width(word, size, bold) > room and len(word) > 1:
            fit = _break(word, room, size, bold)
            lines.append(word[:fit])
            word = word[fit:]
        lines.append(word)
    return lines or [""]


def _words_of(text: str) -> list[str]:
    """Give the words of a text; a no-break space holds two together."""
    return [word for word in re.split(r"[ \t\n]+", text) if word]


def _break(word: str, room: float, size: float, bold: bool) -> int:
    """Give how many letters of a word stand on its first line."""
    fit = next((n for n in range(len(word) - 1, 1, -1) if width(word[:n], size, bold) <= room), 1)
    behind = max(word.rfind(sign, 2, fit) for sign in "-–/") + 1
    return behind if behind > 2 else fit


def flow(cells: Sequence[Cell], room: float, bold: bool = False) -> list[list[Cell]]:
    """Break a line of cells into lines of at most `room` points; words without key anywhere."""
    lines: list[list[Cell]] = [[]]
    used = 0.0
    for text, key in _words(cells, room, bold):
        need = width(f"{text} ", SMALL, bold)
        if lines[-1] and used + need - width(" ", SMALL, bold) > room:
            lines.append([])
            used = 0.0
        if lines[-1] and not key and not lines[-1][-1][1]:
            lines[-1][-1] = (f"{lines[-1][-1][0]} {text}", "")
        else:
            lines[-1].append((text, key))
        used += need
    return lines


def _words(cells: Sequence[Cell], room: float, bold: bool) -> Iterable[Cell]:
    for text, key in cells:
        pieces = [text] if key else _words_of(text)
        for piece in pieces:
            for part in wrap(piece, room, SMALL, bold):
                yield part, key
