"""A tolerant scanner of BibTeX: where entries begin and end, and which fields they hold.

Databases write texts into BibTeX whose braces do not balance, keys with blanks, and fields twice.
The scanner finds the entries (`scan`) without changing a byte of them; bibtexparser reads their
fields, and what it refuses or would misread is read line by line.
"""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from parapluie.records.scan import Repair, Scan, decode
from parapluie.records.tex import is_held

REPAIRS = {
    "no_end": "the entry was not closed; it was closed where the next one begins",
    "braces": "the braces of the entry do not balance; its fields were read line by line",
    "no_comma": "a comma between two fields was missing; the fields were read line by line",
    "no_key": "the entry has no key",
    "odd_key": "the key of the entry holds blanks or marks that BibTeX does not allow",
    "repeated_field": "a field stood twice in the entry; both were kept",
    "unread": "no field of the entry could be read; its text is kept whole in raw_extra",
}
"""What each code of a repair means."""

NO_RECORDS = frozenset({"comment", "preamble", "string"})
"""Kinds of blocks that are not records (lower case)."""

NAME, KEY, TEXT = "entrytype", "ID", "text"
"""Fields that stand for the type and the key of an entry, and for text outside its fields."""

_START = re.compile(r"@[ \t]*([A-Za-z]+)\s*([{(])")
_HEAD = re.compile(r"@[ \t]*([A-Za-z]+)\s*([{(])\s*")
_WORD = r"[A-Za-z][\w:+.\-]*(?:[ \xa0]\d+)?"
_FULL = re.compile(rf"\s*(?:[^={{}}\"\n]{{0,300}}?,\s*)?{_WORD}\s*=\s*[{{\"\w]")
_EMPTY = re.compile(r"\s*[^={}\"\s,]{1,300},?\s*\}")
_FIELD_LINE = re.compile(rf"(?m)^[ \t,]*({_WORD})[ \t]*=[ \t]*(?=[{{\"])")
_FIELD_HERE = re.compile(rf"(?:^|(?<=[,\n]))\s*({_WORD})[ \t]*=[ \t]*(?=[{{\"])")
_BARE_LINE = re.compile(
    r"(?mi)^[ \t,]*(year|month|volume|number|pages|issn|chapter)[ \t]*=[ \t]*(?=\w+[ \t]*,?[ \t]*$)"
)
_GLUED = re.compile(rf"[}}\"]\s*{_WORD}\s*=\s*[{{\"]")
_BRACES = re.compile(r"(?<!\\)[{}]")
_MARKS_OF_ROUND = re.compile(r"(?<!\\)[{})\"]")
_BLANK = " \t\n\ufeff"


@dataclass
class Strings:
    """The abbreviations that a file defines (``@string``), read when an entry first needs them."""

    texts: list[str] = field(default_factory=list)

    @functools.cached_property
    def known(self) -> dict[str, str]:
        """Name in lower case to its value."""
        found: dict[str, str] = {}
        for text in self.texts:
            name, _, value = re.split(r"[{(]", text, maxsplit=1)[-1][:-1].partition("=")
            found[name.strip().lower()] = unwrapped(value, found)
        return found


@dataclass
class BibBlock:
    """One entry of an export, as it stands there.

    Parameters
    ----------
    raw : str
        Its text from ``@`` to the closing brace, with LF line ends.
    line_first, line_last : int
        Its place in the file, counted from 1.
    strings : Strings
        The abbreviations of the file.
    repairs : list of (int, str)
        What had to be mended.
    """

    raw: str
    line_first: int
    line_last: int
    strings: Strings
    repairs: list[Repair] = field(default_factory=list)

    @functools.cached_property
    def tags(self) -> list[tuple[str, str]]:
        """Type, key and fields (names in lower case) with their values, braces around taken off."""
        return list(_tags_of(self))

    def mend(self, code: str) -> None:
        """Note a repair once."""
        if (self.line_first, code) not in self.repairs:
            self.repairs.append((self.line_first, code))


# --- where entries begin and end ------------------------------------------------------------------


def scan(data: bytes) -> Scan[BibBlock]:
    """Find the entries of a BibTeX file.

    An entry ends where its braces balance. Where they never do, or where more fields follow behind
    that place, it ends at the next line that opens an entry.

    Parameters
    ----------
    data : bytes
        The file, unchanged.

    Returns
    -------
    Scan
        Without blocks if the file holds none; nothing is raised.
    """
    text, encoding = decode(data)
    found: Scan[BibBlock] = Scan(text, encoding)
    strings = Strings()
    place, line = 0, 1
    for start, end, kind, code in _pieces(text):
        found.n_junk += _lines_in(text[place:start])
        line += text.count("\n", place, start)
        raw = text[start:end]
        last = line + raw.count("\n")
        if kind in NO_RECORDS:
            found.n_junk += _lines_in(raw)
            strings.texts.extend([raw] if kind == "string" else [])
        else:
            repairs = [(line, code)] if code else []
            found.header = found.header if found.blocks else text[:start]
            found.blocks.append(BibBlock(raw, line, last, strings, repairs))
        place, line = end, last
    found.n_junk += _lines_in(text[place:])
    return found


def _lines_in(text: str) -> int:
    return sum(1 for line in text.split("\n") if line.strip(_BLANK)) if text.strip(_BLANK) else 0


def _pieces(text: str) -> Iterator[tuple[int, int, str, str]]:
    """Give start, end, kind and code of repair of each block."""
    starts = [m for m in _START.finditer(text) if _opens(text, m)]
    full = [m.start() for m in starts if _FULL.match(text, m.end()) or _EMPTY.match(text, m.end())]
    full.append(len(text))
    place, k = 0, 0
    for start in starts:
        first = start.start()
        if first < place:
            continue
        while full[k] <= first:
            k += 1
        end, code = _end(text, start, full[k])
        yield first, end, start[1].lower(), code
        place = end


def opens_entry(text: str) -> int:
    """Give the place of the first entry with fields in a text, -1 if there is none."""
    for start in _START.finditer(text):
        is_record = start[1].lower() not in NO_RECORDS
        if is_record and _opens(text, start) and _FULL.match(text, start.end()):
            return start.start()
    return -1


def _opens(text: str, start: re.Match[str]) -> bool:
    """Tell whether a block may open here: at the start of a line; behind a brace a whole entry."""
    before = text[max(0, start.start() - 80) : start.start()].rstrip(" \t\ufeff")
    if not before or before[-1] == "\n":
        return True
    return before[-1] in "})" and bool(_FULL.match(text, start.end()))


def _end(text: str, start: re.Match[str], limit: int) -> tuple[int, str]:
    """Find the end of a block before the next one opens at `limit`."""
    end = _balanced(text, start.end(), limit, start[2])
    if end < 0:
        return _trimmed(text, start.end(), limit), "no_end"
    if start[1].lower() not in NO_RECORDS and _goes_on(text, end, limit):
        last = max(text.rfind("}", end, limit), text.rfind(")", end, limit))
        return (last + 1 if last >= 0 else _trimmed(text, end, limit)), "braces"
    return end, ""


def _goes_on(text: str, end: int, limit: int) -> bool:
    """Tell whether an entry goes on where its braces balance: by words behind, or more fields."""
    if not text[end:limit].strip(_BLANK):
        return False
    behind = text[end:limit].split("\n", 1)[0].strip(" \t,;})\ufeff")
    is_text = bool(behind) and behind[0] not in "%@"
    return is_text or bool(_FIELD_LINE.search(text, end, limit))


def _trimmed(text: str, first: int, limit: int) -> int:
    return first + len(text[first:limit].rstrip(_BLANK))


def _balanced(text: str, first: int, limit: int, opening: str) -> int:
    """Give the place behind the brace that closes a block; -1 if none does before `limit`."""
    if opening == "(":
        return _balanced_round(text, first, limit)
    depth = 1
    for found in _BRACES.finditer(text, first, limit):
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            return found.end()
    return -1


def _balanced_round(text: str, first: int, limit: int) -> int:
    """Do the same for ``@article( ... )``, where a ``)`` in braces or quotes closes nothing."""
    depth, is_quoted = 0, False
    for found in _MARKS_OF_ROUND.finditer(text, first, limit):
        mark = found[0]
        if mark in "{}":
            depth += 1 if mark == "{" else -1
        elif mark == '"':
            is_quoted ^= depth == 0
        elif depth == 0 and not is_quoted:
            return found.end()
    return -1


def cuts(data: bytes, size: int) -> list[int]:
    """Give the places where a file may be cut into pieces of at least `size` bytes.

    A file with abbreviations is not cut, since they count for all its entries.
    """
    if b"\0" in data[:400] or re.search(rb"(?i)@[ \t]*string", data):
        return []
    found, place = [], size
    opening = re.compile(rb"\n@[A-Za-z]+\{[^={}\"\n]{1,300},\s*[A-Za-z][\w:+.\-]*\s*=\s*[{\"\w]")
    while place < len(data) and (m := opening.search(data, place)):
        found.append(m.start() + 1)
        place = m.start() + 1 + size
    return found


# --- the fields of an entry -----------------------------------------------------------------------


def _tags_of(block: BibBlock) -> Iterator[tuple[str, str]]:
    kind, key, opening, body = _head(block)
    yield NAME, kind
    if key:
        yield KEY, key
    fields = _parsed(block, opening, body)
    for name, value in _by_lines(block, body) if fields is None else fields:
        if text := value.strip():
            yield name.lower(), text


def _head(block: BibBlock) -> tuple[str, str, str, str]:
    """Give type, key, opening bracket, and the text behind the key."""
    head = _HEAD.match(block.raw)
    kind, opening = (head[1], head[2]) if head else ("", "{")
    first = head.end() if head else 0
    rest = block.raw[first:]
    if re.match(rf"{_WORD}\s*=\s*[{{\"\w]", rest):
        block.mend("no_key")
        return kind, "", opening, rest
    found = re.match(r"([^,={}\"\n]*),|([^,\n]*?)(?:,|\n|[})]?\s*$)", rest)
    key = ((found[1] or found[2] or "") if found else "").strip()
    if not key:
        block.mend("no_key")
    elif re.search(r"[\s#%\\{}\"=]", key):
        block.mend("odd_key")
    body = rest[found.end() :] if found else rest
    return kind, key, opening, body or ("}" if opening == "{" else ")")


logging.getLogger("bibtexparser").addHandler(logging.NullHandler())  # it warns on stderr


def _parsed(block: BibBlock, opening: str, body: str) -> list[tuple[str, str]] | None:
    """Read the fields with bibtexparser; None if it refuses them or does not read to the end."""
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.model import DuplicateFieldKeyBlock, Entry

    codes = {code for _, code in block.repairs}
    if "braces" in codes:
        return None
    closing = ("}" if opening == "{" else ")") * ("no_end" in codes)
    text = f"@entry{opening}k,{body}{closing}"
    blocks = parse_string(text, parse_stack=[]).blocks
    one = blocks[0] if len(blocks) == 1 else None
    if isinstance(one, DuplicateFieldKeyBlock):
        block.mend("repeated_field")
        one = one.ignore_error_block
    if not isinstance(one, Entry) or len((one.raw or "").rstrip()) < len(text.rstrip()):
        block.mend("braces")
        return None
    values = [(f.key, str(f.value)) for f in one.fields]
    if any(not is_held(v) and _GLUED.search(v) for _, v in values):
        block.mend("no_comma")
        return None
    strings = block.strings.known if block.strings.texts else {}
    return [(key, unwrapped(value, strings)) for key, value in values]


def _by_lines(block: BibBlock, body: str) -> Iterator[tuple[str, str]]:
    """Read fields by the lines that open them; of an entry in one line, by the commas."""
    opening = _FIELD_LINE if body.count("\n") > 2 else _FIELD_HERE
    found = [*opening.finditer(body), *_BARE_LINE.finditer(body)]
    marks = sorted(found, key=lambda m: m.start(1))
    if not marks:
        block.mend("unread")
        yield TEXT, block.raw
        return
    yield TEXT, body[: marks[0].start()].strip(" \t\n,")
    ends = [m.start() for m in marks[1:]] + [len(body)]
    for mark, end in zip(marks, ends, strict=True):
        value = body[mark.end() : end].strip(" \t\n,\ufeff")
        if end == len(body) and not is_held(value):
            value = re.sub(r"[,\s]*[})]$", "", value)  # the brace that closes the entry
        yield mark[1], _loosely_unwrapped(value)


def _loosely_unwrapped(value: str) -> str:
    """Take off the marks around a value whose own braces need not balance."""
    for opening, closing in ("{}", '""'):
        if value.startswith(opening):
            return value[1:].removesuffix(closing)
    return value


def unwrapped(value: str, strings: dict[str, str]) -> str:
    """Take off the braces or quotes around a value, join its parts, and resolve abbreviations."""
    value = value.strip()
    if is_held(value):
        return value[1:-1]
    parts = _parts(value)
    if len(parts) > 1:
        return "".join(unwrapped(part, strings) for part in parts)
    if len(value) > 1 and value[0] == value[-1] == '"':
        return value[1:-1]
    return strings.get(value.lower(), value)


def _parts(value: str) -> list[str]:
    """Split a value at the ``#`` that join its parts."""
    if "#" not in value:
        return [value]
    parts, depth, quoted, start = [], 0, False, 0
    for place, mark in enumerate(value):
        if mark in "{}" and value[place - 1 : place] != "\\":
            depth += 1 if mark == "{" else -1
        elif mark == '"' and depth == 0:
            quoted = not quoted
        elif mark == "#" and depth == 0 and not quoted:
            parts.append(value[start:place])
            start = place + 1
    return [*parts, value[start:]]
