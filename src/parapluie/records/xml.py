"""Records in XML: where they stand in the file, and their elements even where the XML is broken.

lxml knows lines up to 65,535 only, and the text of a record is needed as it stands; so records are
found by their tags, and each is parsed for itself. A fault in one record then spoils no other, and
what stands before a file was cut off is read. No entity is expanded and nothing is fetched.
"""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.entities import html5
from typing import Any

from parapluie.records.scan import MIXED, Repair, Scan, decode

Element = Any
"""An element of lxml, which has no types."""

REPAIRS = {
    "no_end": "the record was not closed; it was closed where the next one begins or the file ends",
    "xml_mended": "the XML of the record was not well formed (bare & or <, characters that XML "
    "forbids); it was read with these mended",
    "xml_broken": "the XML of the record is broken; what could be read was, and its text is kept "
    "whole in raw_extra",
    "file_cut": "the file ends before its last closing tag; it may be cut off, and records behind "
    "this line may be missing: compare with the number that the source declared",
}
"""What each code of a repair means."""

TEXT = "xml"
"""Field that holds the text of a record whose XML could not be read whole."""

_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
_TAG = re.compile(r"<!--.*?-->|<!\[CDATA\[|\]\]>|<[!?/]?[A-Za-z][^<>]*>", re.DOTALL)
_HIDDEN = r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|"
_BARE_AND = re.compile(r"&(?!#\d+;|#[xX][0-9A-Fa-f]+;|(?:amp|lt|gt|quot|apos);)(\w{1,31};)?")
_BARE_LESS = re.compile(r"<(?!(?:[/?]?[A-Za-z_]|!--|!\[)[^<>]*>|!--|!\[)")
_HALF_TAG = re.compile(r"<(?:/?[A-Za-z][\w:-]*(?:\s+[\w:-]+=[^<>]*)?|[/!?]?)\Z")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&#([xX][0-9A-Fa-f]+|\d+);")


@dataclass
class XmlBlock:
    """One record of an export, as it stands there.

    Parameters
    ----------
    raw : str
        Its text from its opening to its closing tag, with LF line ends.
    line_first, line_last : int
        Its place in the file, counted from 1.
    fields : callable
        Gives the names and values that an element holds.
    repairs : list of (int, str)
        What had to be mended.
    """

    raw: str
    line_first: int
    line_last: int
    fields: Callable[[Element], Iterator[tuple[str, str]]]
    repairs: list[Repair] = field(default_factory=list)

    @functools.cached_property
    def tags(self) -> list[tuple[str, str]]:
        """Names of fields and their values in order."""
        element, code = parsed(self.raw)
        found = [] if element is None else list(self.fields(element))
        if code:
            self.repairs.append((self.line_first, code))
        return [*found, (TEXT, self.raw)] if code == "xml_broken" else found


def scan_xml(
    data: bytes, names: str, fields: Callable[[Element], Iterator[tuple[str, str]]]
) -> Scan[XmlBlock]:
    """Find the records of an XML file.

    Parameters
    ----------
    data : bytes
        The file, unchanged.
    names : str
        Names of the elements that are records, as a pattern: ``record`` or ``A|B``.
    fields : callable
        Gives the names and values of a record's element.

    Returns
    -------
    Scan
        Without blocks if the file holds none; nothing is raised.
    """
    text, encoding = decoded(data)
    found: Scan[XmlBlock] = Scan(text, encoding)
    place, line = 0, 1
    for start, end, is_closed in _pieces(text, names):
        line += text.count("\n", place, start)
        found.n_junk += _lines_in(text[place:start]) if found.blocks else 0
        found.header = found.header if found.blocks else text[:start]
        raw = text[start:end]
        last = line + raw.count("\n")
        block = XmlBlock(raw, line, last, fields)
        block.repairs.extend([] if is_closed else [(last, "no_end")])
        found.blocks.append(block)
        place, line = end, last
    found.n_junk += _lines_in(text[place:])
    if found.blocks and found.header.strip() and not re.search(r"</[\w:]+\s*>", text[place:]):
        found.repairs.append((line, "file_cut"))
    return found


def decoded(data: bytes) -> tuple[str, str]:
    """Decode an XML file: as UTF-8 or UTF-16 if it is, else as it says."""
    text, encoding = decode(data)
    named = _DECLARED.match(data[:300].lstrip())
    if encoding not in ("cp1252", "latin-1", MIXED) or not named:
        return text, encoding
    try:
        text = data.decode(named[1].decode("ascii"))
    except (LookupError, UnicodeDecodeError):
        return text, encoding
    return text.replace("\r\n", "\n").replace("\r", "\n"), named[1].decode("ascii").lower()


def _pieces(text: str, names: str) -> Iterator[tuple[int, int, bool]]:
    """Give start and end of each record, and whether it is closed."""
    hidden = _HIDDEN if "<!--" in text or "<![CDATA[" in text else ""
    marks = re.compile(rf"{hidden}<(?:{names})(?=[\s>/])[^<>]*>|(</(?:{names})\s*>)", re.DOTALL)
    start = -1
    for mark in marks.finditer(text):
        if mark[0].startswith("<!"):
            continue
        if mark[1]:
            if start >= 0:
                yield start, mark.end(), True
            start = -1
            continue
        if start >= 0:
            yield start, _trimmed(text, start, mark.start()), False
        start = mark.start()
        if mark[0].endswith("/>"):
            yield start, mark.end(), True
            start = -1
    if start >= 0:
        yield start, _trimmed(text, start, len(text)), False


def _trimmed(text: str, first: int, last: int) -> int:
    return first + len(text[first:last].rstrip())


def _lines_in(text: str) -> int:
    """Count the lines of what stands between records and is no markup."""
    if not text.strip():
        return 0
    return sum(1 for line in _TAG.sub("", text).split("\n") if line.strip())


# --- one record -----------------------------------------------------------------------------------


def parsed(raw: str) -> tuple[Element | None, str]:
    """Parse the text of one record.

    Returns
    -------
    (element or None, str)
        The element, and the code of what had to be mended; ``""`` if nothing had.
    """
    from lxml import etree

    try:
        return etree.fromstring(raw, _parser(False)), ""
    except (etree.XMLSyntaxError, ValueError):
        mended = _mended(raw)
    try:
        return etree.fromstring(mended, _parser(False)), "xml_mended"
    except (etree.XMLSyntaxError, ValueError):
        return etree.fromstring(mended, _parser(True)), "xml_broken"


@functools.cache
def _parser(recovers: bool) -> Any:
    from lxml import etree

    return etree.XMLParser(
        recover=recovers,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )


def _mended(raw: str) -> str:
    """Write what XML forbids as it allows it; a forbidden character becomes a blank.

    A tag that was cut at the end of the file goes.
    """
    raw = _REFERENCE.sub(_allowed, _FORBIDDEN.sub(" ", _HALF_TAG.sub("", raw)))
    return _BARE_LESS.sub("&lt;", _BARE_AND.sub(_and, raw))


def _allowed(found: re.Match[str]) -> str:
    digits = found[1]
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    is_character = code < 0x110000 and not _FORBIDDEN.match(chr(code))
    return found[0] if is_character else " "


def _and(found: re.Match[str]) -> str:
    """Resolve a name that HTML knows and XML does not; any other ``&`` means itself."""
    name = found[1] or ""
    return html.escape(html5[name]) if name in html5 else f"&amp;{name}"
