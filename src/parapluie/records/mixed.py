"""Exports of two formats in one file: said with the line, since a reader sees one of them only."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from parapluie.errors import Problem
from parapluie.records.scan import Scan
from parapluie.tables import csv_rows

_BEFORE = re.compile(r"[ \t]*|ER {0,2}-?[ \t]*|EF[ \t]*|\}[ \t]*")
"""The line before the first record of the second part: blank, or the end of a record."""

_FIRST: Mapping[str, str] = {
    "RIS": r"TY  - [A-Z]{3,8}[ \t]*\n[A-Z][A-Z0-9]  - ",
    "PubMed (nbib)": r"PMID- \d+[ \t]*\n[A-Z]{2,4} {0,2}- ",
    "Web of Science (tagged)": (
        r"(?:FN [^\n]+\n)?(?:VR [\d.]+[ \t]*\n)?PT [A-Z][ \t]*\n(?:AU|AF|CA|TI|BA) \S"
    ),
    "EndNote tags (enw)": r"%0 [A-Z][^\n]*\n%[A-Z] ",
    "Ovid (tagged)": r"<\d+\.?[ ]*>[ \t]*\n[A-Z][A-Z0-9]  - ",
    "BibTeX": r"@[A-Za-z]+\s*\{[^\s,{}]*,[ \t]*\n\s*[\w-]+\s*=\s*[{\"\d]",
}
"""Reader to how its first record begins."""

_TABLE = "table (CSV, TSV, XLSX)"


def second_format(name: str, scanned: Scan[Any], before: int) -> Iterator[Problem]:
    """Report each other format of which a record begins between those of this one.

    Parameters
    ----------
    name : str
        The reader of the file.
    scanned : Scan
        What it found.
    before : int
        Number of lines of the file before this part of it.
    """
    if name.endswith("XML") or scanned.encoding == "xlsx" or scanned.is_regular:
        return
    for other, place in _others(name, scanned.text):
        yield Problem(
            "",
            f"a record of {other}, in a file of {name}",
            "one format in a file",
            "Cut the file in two where the format changes and name both parts in searches.csv.",
            scanned.text.count("\n", 0, place) + 1 + before,
        )


@functools.cache
def _of_others(name: str) -> tuple[re.Pattern[str], list[str]]:
    """Give one pattern for first records of the other formats, a group each, and their names."""
    others = [other for other in _FIRST if other != name]
    return re.compile(r"\n(?:" + "|".join(f"({_FIRST[other]})" for other in others) + ")"), others


def _others(name: str, text: str) -> Iterator[tuple[str, int]]:
    """Give the other formats in a text, and where each begins."""
    pattern, others = _of_others(name)
    found: dict[str, int] = {}
    for match in pattern.finditer(text):
        if match.lastindex and _may_begin(text, match.start() + 1):
            found.setdefault(others[match.lastindex - 1], match.start() + 1)
    if name != _TABLE:
        starts = {
            text.rfind("\n", 0, p) + 1 for word in ("Title", "title") for p in _at(text, word)
        }
        headers = (p for p in sorted(starts) if _may_begin(text, p) and _is_header(text, p))
        found.update((_TABLE, p) for p in itertools.islice(headers, 1))
    return iter(found.items())


def _at(text: str, word: str) -> Iterator[int]:
    place = text.find(word)
    while place >= 0:
        yield place
        place = text.find(word, place + 1)


def _may_begin(text: str, place: int) -> bool:
    """Tell whether a record may begin in a line, by the line before it."""
    if place == 0:
        return True
    return bool(_BEFORE.fullmatch(text, text.rfind("\n", 0, place - 1) + 1, place - 1))


def _is_header(text: str, place: int) -> bool:
    """Tell whether the line at a place is the header of a table of records."""
    from parapluie.records.tables.dialects import is_plain, known

    end = text.find("\n", place)
    line = text[place : end if end >= 0 else len(text)]
    for separator in ",;\t":
        cells, _ = next(csv_rows([line], separator), ([], 0))
        if len(cells) > 2 and (known(cells) or is_plain(cells)):
            return True
    return False
