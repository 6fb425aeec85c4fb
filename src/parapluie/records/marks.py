"""Which of the tagged formats a file is in: that whose mark stands first.

A text of any of them may hold the mark of another one further down, in an abstract or a note.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

HEADS = (100_000, 5_000_000)
"""Characters at the start of a file in which its first record must stand: most often, and at all;
what comes before may be a long history of a search."""


@dataclass(frozen=True)
class Mark:
    """How the first lines of a record look.

    Parameters
    ----------
    starts : tuple of str
        What the line begins with; quick to look for.
    pattern : Pattern
        What the line and the next one must match.
    """

    starts: tuple[str, ...]
    pattern: re.Pattern[str]


_NEXT = r"[^\n]*(?:\n[ \t]*)*(?:\Z|\n"

MARKS: Mapping[str, Mark] = {
    "ris": Mark(("TY", "Ty", "ty"), re.compile(r"[Tt][Yy][ \t]{0,3}-")),
    "nbib": Mark(
        ("PMID", "OWN", "STAT"),
        re.compile(rf"(?:PMID|OWN |STAT)- ?\S{_NEXT}[A-Z][A-Z0-9]{{1,3}} {{0,2}}-(?: |\n))"),
    ),
    "wos": Mark(
        ("FN ", "VR ", "PT "),
        re.compile(
            r"(?:FN \S[^\n]*\s*\n)?VR [\d.]+[\s\S]{0,20000}?\n(?:PT|TI) "
            rf"|PT [A-Z][ \t]*{_NEXT}[A-Z][A-Z0-9][ \n])"
        ),
    ),
    "enw": Mark(
        ("%0", "%T", "%A"),
        re.compile(r"%[0TA][ \t]+\S[^\n]*(?:\n[^%\n]*){0,30}?(?:\s*\Z|\n%\S[ \t])"),
    ),
    "ovid": Mark(
        ("<", "VN"),
        re.compile(
            r"<\d+\.?[ ]*>[ \t]*\n\s*(?!TY)[A-Z][A-Z0-9] {1,2}- |VN {1,2}- Ovid Technologies"
        ),
    ),
}
"""Name of a format to its mark."""


_NOT_TEXT = ("PK\x03\x04", "%PDF-", "\xd0\xcf\x11\xe0", "ÐÏ\x11à")
"""How archives, PDFs and old office documents begin: what looks like a mark in them is chance."""


def first_mark(text: str) -> str:
    """Name the format whose mark stands first in a text; ``""`` where there is none."""
    if text.startswith(_NOT_TEXT):
        return ""
    for end in HEADS:
        places = {name: _place(text[:end], mark) for name, mark in MARKS.items()}
        found = {name: place for name, place in places.items() if place >= 0}
        if found:
            return min(found, key=lambda name: (found[name], name))
    return ""


def _place(text: str, mark: Mark) -> int:
    """Give the place of the first line that fits, or -1."""
    places = [place for start in mark.starts for place in _lines(text, start, mark.pattern)]
    return min(places, default=-1)


def _lines(text: str, start: str, pattern: re.Pattern[str]) -> list[int]:
    """Give the place of the first line with this start that fits, if there is one."""
    if pattern.match(text):
        return [0]
    place = text.find("\n" + start)
    while place >= 0:
        if pattern.match(text, place + 1):
            return [place + 1]
        place = text.find("\n" + start, place + 1)
    return []
