"""Letters that were spoilt before the export came here: found, and put right where that is certain.

UTF-8 that a program read as Windows-1252 shows each letter beyond ASCII as two or three (``Ã©``).
Where all of a value goes back to UTF-8 that way, nothing else can have been meant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

_LATER = "".join(
    bytes([n]).decode("cp1252", "replace").replace("\ufffd", chr(n)) for n in range(128, 192)
)
"""What the second and later bytes of a letter in UTF-8 look like."""

_NO_MARK = re.sub("[‘’“”–—\xa0]", "", _LATER)
"""The same without quotes, dashes and blanks, which may well follow a letter."""

_FIRST = "âÃÂÅÎÏ"
"""What the first byte of most spoilt letters looks like."""

_SPOILT = re.compile(  # a set of letters in front makes the search fast
    f"[{_FIRST}][{_LATER}](?:(?<=Ã.)|(?<=Â[\xa0-\xbf])|(?<=[ÅÎÏ][{_NO_MARK}])"
    f"|(?<=â[€‚„†ˆ])[{_LATER}])"
)
_MET = {
    "not_utf8": re.compile(r"[^\x00-\x7f]"),
    "replacement_character": re.compile("\ufffd"),
    "mojibake": _SPOILT,
}
_BYTES = {letter: 128 + n for n, letter in enumerate(_LATER)}

COLUMNS = (
    "title", "abstract", "authors", "group_authors", "journal", "keywords", "notes", "database",
)  # fmt: skip
"""Columns whose letters are put right; ids and addresses stay as they are."""

AS_EXPORTED = " (as exported)"
"""Stands behind the name of a column in raw_extra that holds the value before it was put right."""


def is_mojibake(text: str) -> bool:
    """Tell whether a text holds UTF-8 that was read as Windows-1252."""
    if text.isascii() or not any(letter in text for letter in _FIRST):
        return False
    return bool(_SPOILT.search(text))


def has_spoilt(code: str, text: str) -> bool:
    """Tell whether a note of `scan.Scan.notes` is about this part of the file."""
    return bool(_MET[code].search(text))


def unspoilt(text: str) -> str:
    """Give a text with its letters put right; as it is where that is not certain.

    Examples
    --------
    >>> unspoilt("A cafÃ©"), unspoilt("A cafÃ© and a café")
    ('A café', 'A cafÃ© and a café')
    """
    while is_mojibake(text):
        try:
            found = bytes(_BYTES.get(letter) or _latin(letter) for letter in text).decode()
        except ValueError:
            break
        text = found
    return text


def _latin(letter: str) -> int:
    """Give the byte of a letter below 256, for which Latin-1 and Windows-1252 agree."""
    number = ord(letter)
    if number > 255:
        raise ValueError(letter)
    return number


def put_right(row: dict[str, str]) -> list[str]:
    """Put the letters of a record right, and keep each value as it was in ``raw_extra``.

    Parameters
    ----------
    row : dict
        Its columns; changed in place.

    Returns
    -------
    list of str
        The codes that say what was found: ``mojibake_mended``, ``mojibake``, or both.
    """
    new = {column: unspoilt(row[column]) for column in COLUMNS}
    old = {column: row[column] for column in COLUMNS if new[column] != row[column]}
    row.update(new)
    if old:
        row["raw_extra"] = _with(row["raw_extra"], old)
    is_left = not old or any(map(is_mojibake, new.values()))
    return ["mojibake_mended"] * bool(old) + ["mojibake"] * is_left


def _with(raw_extra: str, old: Mapping[str, str]) -> str:
    extra = json.loads(raw_extra or "{}")
    extra |= {f"{column}{AS_EXPORTED}": [text] for column, text in old.items()}
    return json.dumps(dict(sorted(extra.items())), ensure_ascii=False)
