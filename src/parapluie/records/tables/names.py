"""Names of people as databases list them, put as ``Family, Given``."""

from __future__ import annotations

import ast
import functools
import re

FAMILY_FIRST = "family given"
GIVEN_FIRST = "given family"

GLUED = "glued"
"""Separator of lists in which names follow each other without a blank."""

NEWLINE = "newline"
"""Separator of lists with a line for each value."""

_SUFFIX = re.compile(r"(?i)(?:jr|sr|ii|iii|iv|2nd|3rd|4th)\.?")
_PARTICLES = frozenset({
    "af", "al", "bin", "da", "das", "de", "del", "della", "den", "der", "di", "do", "dos", "du",
    "el", "la", "le", "ten", "ter", "van", "von", "vom", "zu", "zur", "'t",
})  # fmt: skip
_GROUP = re.compile(
    r"(?i)\b(?:groups?|consortium|collaborat\w+|committee|network|investigators|associations?"
    r"|society|organi[sz]ation|institutes?|university|foundation|council|team|initiative|ministry"
    r"|department|cent(?:er|re)s?|task force|working party|alliance|trialists|commission|agency)\b"
)
_UPPER = "A-Z" + "".join(c for c in map(chr, range(0xC0, 0x250)) if c.isupper())
_GLUE = re.compile(rf"(?<=[^\W\d_{_UPPER}]|[.)])(?=[{_UPPER}])")
_OTHER_SCRIPT = re.compile(r"(?<=\w)\s+[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+$")
_SYLLABLE = 5
"""Letters up to which a word alone is the first part of a given name, as Wen in WenGuang."""
_BEFORE_CAPITAL = re.compile(r"(?:^|[\s-])(?:Mc|Mac|De|Di|Du|La|Le|Van|Von|Fitz|O'|D')$")
_COMMA = re.compile(r",(?![^()]*\))")  # not inside of brackets
_INITIALS = re.compile(r"(?:[^\W\d_a-z]\.?-?){1,3}|(?:[^\W\d_a-z]\.-?){4,6}")
_EMPTY = frozenset({"null", "none", "nan", "na", "n/a"})


def split(text: str, separator: str) -> list[str]:
    """Split a list; the values are trimmed, and empty ones left out.

    Parameters
    ----------
    text : str
        The cell.
    separator : str
        What stands between two values; `NEWLINE` or `GLUED` as words.
    """
    if separator == NEWLINE:
        parts = re.split(r"\s*\n\s*", text)
    elif separator == GLUED:
        parts = _unglued(text)
    elif separator.strip().isalpha():
        parts = re.split(rf"\s+{separator.strip()}\s+", text)
    elif separator == ",":
        parts = _COMMA.split(text)
    else:
        parts = text.split(separator.strip() or separator)
    return [part for p in parts if (part := " ".join(p.split()).strip(" ;"))]


def _unglued(text: str) -> list[str]:
    """Split before a capital that follows a small letter, unless it is inside of a name.

    A name that stands a second time in another script is left out there.
    """
    parts = [""]
    for piece in _GLUE.split(text):
        if _is_whole(parts[-1]):
            parts.append(piece)
        else:
            parts[-1] += piece
    return [_OTHER_SCRIPT.sub("", part) for part in parts]


def _is_whole(name: str) -> bool:
    if " " not in name and len(name) <= _SYLLABLE:
        return False
    return not _BEFORE_CAPITAL.search(name) and not name.endswith(".")


def people(text: str, separator: str = "", order: str = "") -> tuple[list[str], list[str]]:
    """Give the persons of a list as ``Family, Given``, and its groups as they are written.

    Parameters
    ----------
    text : str
        The cell.
    separator : str
        What stands between two names; empty where it has to be seen from the text.
    order : str
        `FAMILY_FIRST` or `GIVEN_FIRST` for names without a comma; empty where it has to be seen.

    Examples
    --------
    >>> people("Smith J, Doe K; A Group.", ",", "family given")
    (['Smith, J', 'Doe, K'], ['A Group'])
    >>> people("Jane van Dam and John Roe")
    (['van Dam, Jane', 'Roe, John'], [])
    """
    text = text.strip()
    found: list[str] = []
    groups: list[str] = []
    if separator == ",":
        text, *rest = text.split(";")
        groups = [g for r in rest if (g := r.strip().rstrip("."))]
    for part in split(text, separator) if separator else _seen(text):
        name = _person(part, order)
        (groups if name is None else found).append(part if name is None else name)
    return found, groups


@functools.lru_cache(maxsize=50_000)
def _person(part: str, order: str) -> str | None:
    """Give one name as ``Family, Given``; ``None`` for a group."""
    family, comma, given = part.partition(",")
    if comma:
        given = given.strip()
        if given.lower() in _EMPTY:
            return family.strip()
        return f"{family.strip()}, {given}" if given else family.strip()
    if _GROUP.search(part):
        return None
    words = part.split()
    suffix = ""
    if len(words) > 2 and _SUFFIX.fullmatch(words[-1]):
        suffix = " " + words.pop()
    if len(words) < 2 or words[-1].lower().rstrip(".") == "al":
        return part
    if _is_family_first(words, order):
        return _family_first(words) + suffix
    return _given_first(words) + suffix


def _is_family_first(words: list[str], order: str) -> bool:
    if order:
        return order == FAMILY_FIRST
    return _is_initials(words[-1]) and not _is_initials(words[0])


def _is_initials(word: str) -> bool:
    return bool(_INITIALS.fullmatch(word))


def _family_first(words: list[str]) -> str:
    """Put the comma before the initials at the end; without initials before the last word."""
    at = len(words) - 1
    while at > 1 and _is_initials(words[at]) and _is_initials(words[at - 1]):
        at -= 1
    return f"{' '.join(words[:at])}, {' '.join(words[at:])}"


def _given_first(words: list[str]) -> str:
    at = len(words) - 1
    while at > 1 and words[at - 1].lower() in _PARTICLES:
        at -= 1
    return f"{' '.join(words[at:])}, {' '.join(words[:at])}"


# --- lists whose separator has to be seen ---------------------------------------------------------


def _seen(text: str) -> list[str]:
    """Split a list of names by what seems to separate it."""
    listed = _literal(text)
    if listed:
        return [" ".join(v.split()) for v in listed if v.strip()]
    for separator in (";", "|", " and ", NEWLINE):
        found = split(text, separator)
        if len(found) > 1:
            return found if separator != " and " else [n for p in found for n in _and_commas(p)]
    return _commas(text)


def _and_commas(part: str) -> list[str]:
    """Split ``Ann Roe, Bo Lee`` before an ``and``, but not ``Roe, Ann``."""
    words = [p.split() for p in part.split(",") if p.strip()]
    if len(words) > 1 and all(len(w) > 1 for w in words):
        return [" ".join(w) for w in words]
    return [part]


def _commas(text: str) -> list[str]:
    """Split at commas: names with initials, names in full, or pairs of family and initials."""
    parts = [" ".join(p.split()) for p in text.split(",") if p.strip()]
    if len(parts) < 2:
        return parts
    given = parts[1::2]
    if len(parts) % 2 == 0 and all(_is_given(g) for g in given):
        return [f"{a}, {b}" for a, b in zip(parts[::2], given, strict=True)]
    if len(parts) == 2 and not all(len(p.split()) > 1 for p in parts):
        return [", ".join(parts)]
    return parts


def _is_given(text: str) -> bool:
    return all(_is_initials(word) for word in text.split())


def _literal(text: str) -> list[str]:
    """Give the texts of a list as programs write it, ``['A', 'B']``; ``[]`` for anything else."""
    if not (text.startswith("[") and text.endswith("]")):
        return []
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return []
    return [v for v in found if isinstance(v, str)]
