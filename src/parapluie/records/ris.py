"""A tolerant scanner of RIS: where records begin and end, and which values their tags hold.

RIS as databases write it departs from every description of it: byte order marks, missing ends,
tags after the end, values over several lines. The scanner finds the records without changing a
byte of them (`scan`), and reads their tags (`RisBlock.tags`); nothing is imported here that starts
slowly, since ``parapluie check`` scans all exports each time. What it hands on is strict RIS
(`strict_text`), which the parser of the reader can no longer misread.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from parapluie.records.scan import Repair, Scan, decode

_DESCRIBED = """
TY A1 A2 A3 A4 AB AD AN AU AV BT C1 C2 C3 C4 C5 C6 C7 C8 CA CN CP CT CY DA DB DI DO DP ED EP ET ID
IS IP J1 J2 JA JF JO KW L1 L2 L3 L4 LA LB LK M1 M2 M3 M4 M5 N1 N2 NV OP PB PG PP PY RI RN RP SE SN
SO SP ST SV T1 T2 T3 TA TI TT U1 U2 U3 U4 U5 UR VL VO Y1 Y2 Y3
"""
_OF_DATABASES = """
AI AID AUID CC CI DCOM DOI FU FX GR J9 JI LID NL NS PA PD PI PMC PMCID PMID PT PU SI TS UK URL UT WE
"""

KNOWN_TAGS = frozenset((_DESCRIBED + _OF_DATABASES).split())
"""Tags that begin a new value wherever they stand at the start of a line."""

FREE_TEXT_TAGS = frozenset({"AB", "N1", "N2"})
"""Tags whose text wraps in some exports, so that a line like ``HR  - 1.2`` may be part of it."""

REPAIRS = {
    "no_end": "the record had no ER line; it was closed where the next one begins",
    "no_type": "the record had no TY line; it was opened at its first tag",
    "doubled_type": "the TY line stood twice; one was kept",
    "doubled_end": "an ER line stood outside a record; it was passed over",
    "tag_after_end": "a tag stood after the ER line; it was given to the record just closed",
    "tag_before_first": "a tag stood before the first record; it was given to the first record",
    "unknown_tag_in_text": "a line that looks like an unknown tag was kept as part of the text",
    "fused_tags": "two tags stood in one line; they were cut apart",
}
"""What each code of a repair means."""

_TYPE_LINE = re.compile(r"[Tt][Yy]([ \t]{0,3})-\s*(\S.*)?$")
_PLAIN_TYPE = re.compile(r"[A-Za-z]{3,8}\s*$")
_END_LINE = re.compile(r"[Ee][Rr][ \t]{0,3}-\s*$")
_STRICT = re.compile(r"([A-Z][A-Z0-9]{1,4})  -(.*)$")
_LOOSE = re.compile(r"([A-Za-z][A-Za-z0-9]{1,4})(?:[ \t]{1,4}-|-(?=[ \t]|$))(.*)$")
_BLANKS = re.compile(r"([A-Z][A-Z0-9]{1,4})[ \t]{1,4}-(.*)$")
_FUSED = re.compile(r"[ \t]{3,}([A-Z][A-Z0-9]{1,3})  - ")
_JOINED = re.compile(r"(?<=[^\W_])(?=(?:AD|C3|PU|FU|AN)  - )|(?<=\))(?=AN  - )")
"""Where a line end (CR alone) of Web of Science was lost on the way."""

_JUNK = re.compile(
    r"\s*(?:<?\d+\.\s*>?|Record #\d+ of \d+|(?:Provider|Content|Database)\s*:.*|Link to the .*)\s*$"
)


@dataclass
class RisBlock:
    """One record of an export, as it stands there.

    Parameters
    ----------
    raw : str
        The raw lines from the TY line to the ER line (or the last line), joined by LF, blank ones
        at the end left out: what the id of the record is made from.
    line_first, line_last : int
        Their place in the file, counted from 1.
    outside : list of (int, str)
        Tag lines that stood outside any record and belong to this one, with their line numbers.
    repairs : list of (int, str)
        What had to be mended.
    """

    raw: str
    line_first: int
    line_last: int
    outside: list[tuple[int, str]] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)

    @property
    def lines(self) -> list[str]:
        """The raw lines."""
        return self.raw.split("\n")

    @functools.cached_property
    def tags(self) -> list[tuple[str, str]]:
        """Tags and their values in order, lines folded, fused tags cut; without ER."""
        plain = _plain_values(self)
        return _tags_of(self) if plain is None else [(tag, v.strip()) for tag, v in plain]

    def values(self, tag: str) -> list[str]:
        """Give the values of one tag in order."""
        return [value for name, value in self.tags if name == tag]


# --- where records begin and end ------------------------------------------------------------------


def scan(data: bytes) -> Scan[RisBlock]:
    """Find the records of a RIS export.

    A record begins at a TY line and ends at a bare ER line, the next TY line or the end of the
    file. Tags after the end are given to the record just closed, as Ovid writes its ``NL`` there.

    Parameters
    ----------
    data : bytes
        The file, unchanged.

    Returns
    -------
    Scan
        Without records if the file holds none; nothing is raised.
    """
    text, encoding = decode(data)
    found: Scan[RisBlock] = Scan(text, encoding)
    if _take_regular(found):
        return found
    lines = text.split("\n")
    start, outside_from = -1, 0
    for i, line in enumerate(lines):
        if line[:2] not in _BORDERS:
            continue
        if _END_LINE.match(line):
            if start >= 0:
                found.blocks.append(_block(lines, start, i))
            else:
                _end_outside(found, lines, outside_from, i)
            start, outside_from = -1, i + 1
        elif _begins(line, start >= 0):
            if start >= 0 and not any(s.strip() for s in lines[start + 1 : i]):
                found.repairs.append((i + 1, "doubled_type"))
                continue
            if start >= 0:
                found.blocks.append(_unended(lines, start, i - 1))
            else:
                _outside(found, lines, outside_from, i)
            start = i
    if start >= 0:
        found.blocks.append(_unended(lines, start, len(lines) - 1))
    else:
        _outside(found, lines, outside_from, len(lines))
    return _finished(found, lines)


_BORDERS = frozenset({"TY", "ER", "ty", "er", "Ty", "Er", "tY", "eR"})
_BORDER = re.compile(r"\n([Tt][Yy]|[Ee][Rr])(  -(?: [^\n]*|(?=\n|\Z)))?")


def _take_regular(found: Scan[RisBlock]) -> bool:
    """Find the records of a file in which each is ``TY  - `` to ``ER  - `` and nothing else stands.

    Such a file, and nearly all are, is gone through by its borders, not line by line.

    Returns
    -------
    bool
        False if there is anything else; then nothing has been found yet.
    """
    text = "\n" + found.text
    blocks: list[RisBlock] = []
    place, line, start = 0, 1, -1
    for border in _BORDER.finditer(text):
        name, rest = border.groups()
        if rest is None or name not in _REGULAR:
            return False
        if name == "TY":
            if len(rest) < 4:
                return False
            between = text[place : border.start() + 1]
            if start >= 0 or between.strip():
                return False
            start = border.start() + 1
            line += between.count("\n") - (0 if blocks else 1)
        else:
            place = border.end()
            if start < 0 or rest[3:].strip():
                return False
            raw = text[start:place]
            last = line + raw.count("\n")
            blocks.append(RisBlock(raw, line, last))
            line, start = last, -1
    if start >= 0 or text[place:].strip() or not blocks:
        return False
    found.blocks = blocks
    found.is_regular = True
    found.header = "\n" * (blocks[0].line_first - 1)
    return True


_REGULAR = frozenset({"TY", "ER"})


def _begins(line: str, is_open: bool) -> bool:
    """Tell whether a line opens a record; inside an open one only a plain type word does."""
    match = _TYPE_LINE.match(line)
    if not match:
        return False
    return not is_open or bool(_PLAIN_TYPE.match(match[2] or ""))


def _block(lines: list[str], first: int, last: int) -> RisBlock:
    while last > first and not lines[last].strip():
        last -= 1
    return RisBlock("\n".join(lines[first : last + 1]), first + 1, last + 1)


def _unended(lines: list[str], first: int, last: int) -> RisBlock:
    block = _block(lines, first, last)
    block.repairs.append((block.line_last, "no_end"))
    return block


def _end_outside(found: Scan[RisBlock], lines: list[str], first: int, last: int) -> None:
    """Judge lines that end with ER but began without TY: a record of its own if it has a title."""
    begin = next((i for i in range(first, last) if _tag_of(lines[i])), None)
    tags = {_tag_of(line) for line in lines[first:last]}
    if begin is not None and tags & {"TI", "T1"}:
        _outside(found, lines, first, begin)
        block = _block(lines, begin, last)
        block.repairs.append((begin + 1, "no_type"))
        found.blocks.append(block)
        return
    found.repairs.append((last + 1, "doubled_end"))
    _outside(found, lines, first, last)


def _outside(found: Scan[RisBlock], lines: list[str], first: int, last: int) -> None:
    """Give tag lines between two records to the one just closed; count the other lines."""
    if not found.blocks:
        found.header = "\n".join(lines[:last])
    kept = list(_values_in(lines, first, last))
    found.n_junk += sum(bool(line.strip()) for line in lines[first:last]) - len(kept)
    if kept and found.blocks:
        found.blocks[-1].outside.extend(kept)
        found.blocks[-1].repairs.append((kept[0][0], "tag_after_end"))


def _values_in(lines: list[str], first: int, last: int) -> Iterator[tuple[int, str]]:
    """Give the lines of tags and those that continue them, with their numbers."""
    in_value = False
    for i in range(first, last):
        line = lines[i]
        is_text = bool(line.strip()) and not _JUNK.match(line) and not _END_LINE.match(line)
        in_value = bool(_tag_of(line)) or (in_value and is_text)
        if in_value:
            yield i + 1, line


def _finished(found: Scan[RisBlock], lines: list[str]) -> Scan[RisBlock]:
    """Give tags before the first record to it."""
    if not found.blocks:
        return found
    before = found.header.split("\n")
    header = list(_values_in(before, 0, len(before)))
    if header:
        found.blocks[0].outside[:0] = header
        found.blocks[0].repairs.append((header[0][0], "tag_before_first"))
    return found


def _tag_of(line: str) -> str:
    """Give the known tag with which a line begins in the strict form, or ``""``."""
    match = _STRICT.match(line)
    return match[1] if match and match[1] in KNOWN_TAGS else ""


# --- the tags of a record -------------------------------------------------------------------------


_PLAIN_TAGS = frozenset(tag for tag in KNOWN_TAGS if len(tag) == 2) - {"ER"}
_PLAIN_LINE = re.compile(r"^([A-Z][A-Z0-9])  - (.*)$", re.MULTILINE)


def _plain_values(block: RisBlock) -> list[tuple[str, str]] | None:
    """Give tags and values of a record in which each line is a known tag with its value."""
    raw = block.raw
    if block.outside:
        return None
    found: list[tuple[str, str]] = _PLAIN_LINE.findall(raw)
    n = raw.count("\n")  # lines before that of ER
    if found and found[-1][0] == "ER":
        if found.pop()[1].strip():
            return None
    elif not raw.endswith("\nER  -"):
        return None
    if n != len(found) or raw.count("  - ", 0, -len("ER  -")) != n:
        return None
    tags = [tag for tag, _ in found]
    if not _PLAIN_TAGS.issuperset(tags) or "TY" in tags[1:]:
        return None
    return found


def gathered(block: RisBlock) -> dict[str, list[str]]:
    """Give the values of a record by their tag, in order."""
    found: dict[str, list[str]] = {}
    for tag, value in _plain_values(block) or block.tags:  # keeping plain ones costs memory
        if tag in found:
            found[tag].append(value.strip())
        else:
            found[tag] = [value.strip()]
    return found


def _tags_of(block: RisBlock) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    lines = block.lines
    is_loose = _is_loose(lines)
    for number, line in [*enumerate(lines, start=block.line_first), *block.outside]:
        _take_line(found, block, number, line, is_loose)
    return found


def _is_loose(lines: list[str]) -> bool:
    """Tell from its first lines whether a record writes tags in another form than ``XX  - ``."""
    return any(line.strip() and not _STRICT.match(line) for line in lines[:2])


def _take_line(
    found: list[tuple[str, str]], block: RisBlock, number: int, line: str, is_loose: bool
) -> None:
    if _END_LINE.match(line) or not line.strip():
        return
    current = found[-1][0] if found else ""
    match = _STRICT.match(line)
    if match and match[1] not in KNOWN_TAGS and current in FREE_TEXT_TAGS:
        block.repairs.append((number, "unknown_tag_in_text"))
        match = None
    elif not match:
        match = _loose_tag(line, current, is_loose)
    if not match:
        _continue(found, line)
        return
    tag, value = match[1].upper(), match[2] or ""
    if tag == "ER":
        _continue(found, line)
        return
    if tag == "TY" and found and found[0][0] == "TY":
        if value.strip() not in ("", found[0][1]):  # another type is kept, as a note
            found.append(("N1", line.strip()))
        return
    for name, part in _cut(tag, value, block, number):
        found.append((name, part.strip()))


def _loose_tag(line: str, current: str, is_loose: bool) -> re.Match[str] | None:
    """Read a tag with other blanks or in lower case; only where text is unlikely to look so."""
    if current in FREE_TEXT_TAGS and not is_loose:
        return None
    match = _BLANKS.match(line) or (_LOOSE.match(line) if is_loose else None)
    return match if match and match[1].upper() in KNOWN_TAGS else None


def _continue(found: list[tuple[str, str]], line: str) -> None:
    """Fold a line into the value before it; under KW each line is a keyword of its own."""
    if not found or (len(found) == 1 and found[0][0] == "TY"):
        return _continue_type(found, line)
    tag, value = found[-1]
    if tag == "KW":
        found.append(("KW", line.strip()))
    else:
        found[-1] = (tag, f"{value} {line.strip()}".strip())
    return None


def _continue_type(found: list[tuple[str, str]], line: str) -> None:
    """Keep a line that follows TY without a tag: a note, never part of the type."""
    if not _JUNK.match(line):
        found.append(("N1", line.strip()))


def _cut(tag: str, value: str, block: RisBlock, number: int) -> Iterator[tuple[str, str]]:
    """Cut a value at tags fused into its line, as in ``DO  - 10.1/x     LK  - https://...``."""
    if "  - " not in value:
        yield tag, value
        return
    if tag in ("AD", "C3", "WE"):
        value = _JOINED.sub("   ", value)
    parts = _FUSED.split(value)
    kept = [parts[0]]
    names = [tag]
    for name, part in zip(parts[1::2], parts[2::2], strict=True):
        if name in KNOWN_TAGS:
            block.repairs.append((number, "fused_tags"))
            names.append(name)
            kept.append(part)
        else:
            kept[-1] += f"   {name}  - {part}"
    yield from zip(names, kept, strict=True)


# --- strict RIS -----------------------------------------------------------------------------------


def aliases(blocks: Iterable[RisBlock]) -> dict[str, str]:
    """Give each tag that is not two characters long a free one that is, as strict RIS needs it."""
    used = {tag for block in blocks for tag, _ in block.tags}
    free = (f"{a}{b}" for a in "ZXQ" for b in "0123456789ABCDEFGH" if f"{a}{b}" not in used)
    return {tag: next(free) for tag in sorted(used) if len(tag) != 2}


def strict_text(blocks: Iterable[RisBlock], short: dict[str, str]) -> str:
    """Write records as strict RIS: TY first, one line a value, a bare ER."""
    lines: list[str] = []
    for block in blocks:
        kind = next((value for tag, value in block.tags if tag == "TY"), "GEN")
        lines.append(f"TY  - {kind}")
        lines.extend(f"{short.get(t, t)}  - {v}" for t, v in block.tags if t != "TY")
        lines.append("ER  - ")
    return "\n".join(lines) + "\n"
