"""Letters, colours and words of answers and grades: a letter carries what its colour repeats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from parapluie.figure.canvas import Canvas
from parapluie.figure.legend import Entry
from parapluie.figure.texts import width
from parapluie.grid import ink

LEGEND_LINE = 12.0
EDGE = "#7A8590"


@dataclass(frozen=True)
class Look:
    """An answer or grade: its letter, its colour, its word."""

    letter: str
    colour: str
    word: str


ANSWERS = {
    "yes": Look("Y", "#6FB6DF", "yes"),
    "low": Look("L", "#6FB6DF", "low"),
    "probably_yes": Look("PY", "#BBDDF0", "probably yes"),
    "partial_yes": Look("PY", "#F0E7B0", "partial yes"),
    "unclear": Look("U", "#F0E7B0", "unclear"),
    "no_information": Look("NI", "#F0E7B0", "no information"),
    "probably_no": Look("PN", "#F0B088", "probably no"),
    "no": Look("N", "#D55E00", "no"),
    "high": Look("H", "#D55E00", "high"),
    "no_meta_analysis": Look("NM", "#D3D7DB", "no meta-analysis"),
    "not_applicable": Look("NA", "#D3D7DB", "not applicable"),
}
"""Answer to its look; blue to orange, apart in grey and for colour-blind readers."""
NOT_SCORED = Look("–", "#F3F4F5", "not scored for this review")
WAITING = Look("?", "#FFFFFF", "waits for an answer")
OTHERS = ("#C9B8D9", "#A9CDBB", "#E3C9A8", "#D9D9D9")
"""Colours of answers that no tool of ours has."""

GRADES = {
    "high": "#0B3C6B",
    "moderate": "#4C95C8",
    "low": "#F0C27A",
    "critically_low": "#C65A11",
}
SET, UNGRADED = "#E3B58F", "#FFFFFF"
"""Several grades are possible; no grade."""
MARKS = {"recorded": "†", "recorded_set": "†", "override": "‡"}


def look_of(answer: str) -> Look:
    """Give the look of an answer; one that is not known has its first letters."""
    if answer in ANSWERS:
        return ANSWERS[answer]
    words = answer.replace("_", " ").split()
    letters = "".join(word[0] for word in words)[:2].upper()
    return Look(letters, OTHERS[sum(map(ord, answer)) % len(OTHERS)], " ".join(words))


def look_of_cell(answer: str, state: str) -> Look:
    """Give the look of the cell of an item."""
    if state == "not_scored":
        return NOT_SCORED
    return look_of(answer) if answer else WAITING


def lettered(look: Look) -> Entry:
    """Give the entry of a legend: a box with its letter, and its word."""
    wide = max(12.0, width(look.letter) + 3)
    return Entry(look.word, wide, _box(look, wide))


def _box(look: Look, wide: float) -> Callable[[Canvas, float, float], None]:
    def draw(canvas: Canvas, x: float, y: float) -> None:
        canvas.box(x, y - 4.6, wide, 9.2, fc=look.colour, ec=EDGE, lw=0.5)
        name = f"legend-letter-{look.word.replace(' ', '-')}"
        canvas.write(x + wide / 2, y, look.letter, name, ha="center", color=ink(look.colour))

    return draw


def plain_entry(colour: str, words: str) -> Entry:
    """Give the entry of a legend without a letter."""
    return Entry(words, 9.0, _box(Look("", colour, words), 9.0))
