"""What a reader finds in an export: its text, and where each record stands in it."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar

from parapluie.errors import Problem
from parapluie.records.spoilt import is_mojibake

Repair = tuple[int, str]
"""Line of the file and code of a repair; the reader says what its codes mean."""

_SPOILT_MARK = "ï»¿"  # a byte order mark that was read as Windows-1252 and saved as UTF-8


class Block(Protocol):
    """One record of an export, as it stands there.

    ``raw`` is what the id of the record is made from; the lines are counted from 1 (in a workbook,
    the rows); ``repairs`` tells what had to be mended.
    """

    line_first: int
    line_last: int
    repairs: list[Repair]

    @property
    def raw(self) -> str:
        """The record as it stands, with LF line ends."""
        ...

    @property
    def tags(self) -> list[tuple[str, str]]:
        """Names of fields, as the format calls them, and their values, in order."""
        ...


@dataclass
class Record:
    """A block whose fields are known as soon as it is found."""

    raw: str
    line_first: int
    line_last: int
    tags: list[tuple[str, str]]
    repairs: list[Repair] = field(default_factory=list)


B = TypeVar("B", bound=Block)


@dataclass
class Scan(Generic[B]):
    """An export after scanning.

    Parameters
    ----------
    text : str
        The decoded file with LF line ends; of a workbook its cells, separated by tabs.
    encoding : str
        How it was decoded: ``utf-8``, ``utf-8 with BOM``, ``utf-16``, ``cp1252``, ``latin-1``,
        ``utf-8 and cp1252``, or the name of a format that is not text.
    blocks : list of Block
        The records in the order of the file.
    repairs : list of (int, str)
        What had to be mended between the records.
    n_junk : int
        Number of lines between records that belong to none of them ("1.", "Record #1 of 3").
    header : str
        The lines before the first record.
    dialect : str
        Name of the tool that wrote the file, where the reader knows it from the scan.
    problems : list of Problem
        What could not be read, so that nothing may be imported; without the name of the file, or
        with that of a file beside it.
    remarks : dict
        Code to what is said of this file, such as the columns that were taken.
    is_regular : bool
        Whether it is known that nothing but blank lines stands between the records.
    """

    text: str
    encoding: str
    blocks: list[B] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    n_junk: int = 0
    header: str = ""
    dialect: str = ""
    problems: list[Problem] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)
    is_regular: bool = False

    @property
    def notes(self) -> list[str]:
        """Codes for what is odd about the file's characters."""
        notes = ["not_utf8"] if self.encoding in ("cp1252", "latin-1", MIXED) else []
        notes += ["replacement_character"] if "\ufffd" in self.text else []
        return notes + (["mojibake"] if is_mojibake(self.text) else [])


def form_notes(data: Any) -> dict[str, str]:
    """Say what is unusual about the form of a text file, which changes nothing in its records.

    Parameters
    ----------
    data : bytes or mmap
        The whole file.

    Returns
    -------
    dict
        Code to what it means.
    """
    head = bytes(data[:400])
    if head.startswith(b"PK\x03\x04"):
        return {}
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in head:
        return {"utf16": "the file is UTF-16; it was read as such"}
    found = {}
    if head.startswith(codecs.BOM_UTF8):
        found["byte_order_mark"] = "the file begins with a byte order mark, which was passed over"
    if data.find(b"\r") < 0:
        return found
    n_cr, n_lf, n_both = (_count(data, end) for end in (b"\r", b"\n", b"\r\n"))
    kinds = sum(n > 0 for n in (n_both, n_cr - n_both, n_lf - n_both))
    if n_cr > n_both and kinds == 1:
        found["cr_line_ends"] = "lines end in CR alone; they were read as lines"
    if kinds > 1:
        found["mixed_line_ends"] = "lines end in more than one way (CR, LF, CRLF); all were read"
    return found


def _count(data: Any, part: bytes) -> int:
    """Count a part of a file; a mapped file is looked at a piece at a time."""
    size, n = 1 << 22, 0
    for start in range(0, len(data), size):
        n += data[start : start + size + len(part) - 1].count(part)
    return n


def problems_of(scanned: Scan[Any], shown: str) -> list[Problem]:
    """Give the problems of a scan with the name of the file in messages."""
    return [replace(p, file=p.file or shown) for p in scanned.problems]


def gathered(block: Block) -> dict[str, list[str]]:
    """Give the values of a block by the name of their field, in order."""
    found: dict[str, list[str]] = {}
    for tag, value in block.tags:
        if tag in found:
            found[tag].append(value)
        else:
            found[tag] = [value]
    return found


def line_count(data: bytes) -> int:
    """Count the line ends of a part of a file: CRLF, LF or CR."""
    n = data.count(b"\n")
    return n + data.count(b"\r") - data.count(b"\r\n") if b"\r" in data else n


def decode(data: bytes) -> tuple[str, str]:
    """Decode an export; give its text with LF line ends, and the name of the encoding.

    A byte order mark decides; else UTF-8; else each line is UTF-8 or cp1252, which old reference
    managers and spreadsheets write; its few unassigned bytes are read as latin-1 so that none is
    lost. Several such exports put into one file are read right, and one odd byte spoils one line.
    """
    text, encoding = _decoded(data)
    text = text.removeprefix("\ufeff").removeprefix(_SPOILT_MARK)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text, encoding


def _decoded(data: bytes) -> tuple[str, str]:
    even = data[: len(data) // 2 * 2]  # half a letter may be left where a file was cut off
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return even.decode("utf-16", "replace"), "utf-16"
    encodings = [("utf-8", "utf-8")]
    if data.startswith(codecs.BOM_UTF8):
        encodings = [("utf-8-sig", "utf-8 with BOM")]
    elif b"\0" in data[:400]:
        little = data[1:2] == b"\0"
        encodings = [("utf-16-le" if little else "utf-16-be", "utf-16")]
    for codec, name in encodings:
        try:
            return (even if name == "utf-16" else data).decode(codec), name
        except UnicodeDecodeError:
            continue
    return _by_line(data.removeprefix(codecs.BOM_UTF8))


MIXED = "utf-8 and cp1252"
"""Encoding of a file of which some lines are UTF-8, and others are not."""


def _by_line(data: bytes) -> tuple[str, str]:
    """Decode a file that is not all UTF-8, line by line: one odd byte must not spoil the others."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    n_utf8, odd = 0, []
    texts = []
    for number, line in enumerate(lines):
        try:
            texts.append(line.decode())
            n_utf8 += not line.isascii()
        except UnicodeDecodeError:
            odd.append(number)
            texts.append("")
    whole = _before_the_cut(lines[-1]) if odd == [len(lines) - 1] else ""
    if whole and (n_utf8 or not whole.isascii()):
        texts[-1] = whole + "\ufffd"
        return "\n".join(texts), "utf-8"
    names = set()
    for number in odd:
        texts[number], name = _narrow(lines[number])
        names.add(name)
    name = MIXED if n_utf8 else "latin-1" if "latin-1" in names else "cp1252"
    return "\n".join(texts), name


def _before_the_cut(line: bytes) -> str:
    """Give a line without the letter at its end that is not whole; ``""`` if it is not so."""
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        is_cut = error.reason == "unexpected end of data"
        return line[: error.start].decode() if is_cut else ""


def _narrow(line: bytes) -> tuple[str, str]:
    try:
        return line.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        return line.decode("latin-1"), "latin-1"
