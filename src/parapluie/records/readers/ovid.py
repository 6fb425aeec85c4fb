"""Ovid, tagged text (its format "Citavi"): records headed by ``<12. >``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from parapluie.records.columns import Made, filled, inverted, isbns, issns, union
from parapluie.records.fields import FieldMap
from parapluie.records.marks import first_mark
from parapluie.records.scan import Scan
from parapluie.records.tagged import REPAIRS as TAGGED
from parapluie.records.tagged import (
    Grammar,
    Paragraphs,
    TaggedBlock,
    places,
    read,
    scan_paragraphs,
)

NAME = "Ovid (tagged)"
ENDINGS = (".cgi",)
PRIORITY = 9  # before RIS, which takes every file with a line TY; here what stands first decides

REPAIRS = {c: TAGGED[c] for c in ("blank_line", "no_blank_line")}
"""What each code of a repair means."""

GRAMMAR = Grammar(tag=re.compile(r"(\n([A-Z][A-Z0-9]) {1,2}-(?:[ \t]|(?=\n)|\Z))"))

_STYLE = Paragraphs(
    GRAMMAR,
    first="VN",
    once=frozenset({"VN", "UI", "TI"}),
    within={"VN": frozenset({"VN"})},
    number=re.compile(r"\s*<\d+\.?\s*>\s*$"),
)

FIELDS = FieldMap(
    type=("type",),
    title=("TI",),
    abstract=("AB",),
    authors=("authors",),
    group_authors=("CA",),
    journal=("JN", "JT", "journal", "SO", "TA"),
    year=("YR", "PY", "DP", "year"),
    doi=("DO", "DI"),
    urls=("UR", "JL", "LK", "XL"),
    volume=("VI", "VO", "volume"),
    issue=("IP", "issue"),
    pages=("PG", "pages"),
    article_no=("article_no",),
    issn=("issn",),
    isbn=("isbn",),
    database=("DB",),
    language=("LG", "LA"),
    keywords=("keywords",),
    pub_types=("pub_types",),
    pmcid=("PC", "OI"),
    cochrane_id=("AN", "UI"),
    pmid={"": ("PM", "pmid")},
    accession={"": ("UI", "AN")},
)
"""Where the tags go; names in small letters are fields that `_made` makes."""

_KINDS = {
    "book": "BOOK",
    "book chapter": "CHAP",
    "chapter": "CHAP",
    "patent": "PAT",
    "conference abstract": "ABST",
    "dissertation": "THES",
    "dissertation abstract": "THES",
    "preprint": "UNPB",
}

_PLACE = r"(?P<volume>[^\s():,]+)?\s*(?:\((?P<issue>[^()]*)\)|(?P<supplement>Suppl[^:(,]*))?\s*"
_SOURCES = tuple(
    re.compile(pattern)
    for pattern in (
        # Embase: Journal. Conference: Name. Place. 12 (Supplement 3) (pp 1-9), 2018.
        rf"(?P<journal>.+?)\. (?:Conference: .*\. )?{_PLACE}"
        r"\((?:pp (?P<pages>[^()]+)|no pagination)\), .*?(?P<year>\d{4})"
        r"(?:.*\bArticle Number: (?P<article_no>[^\s.]+))?",
        # PsycINFO: Journal. Vol.12(3), Jun 2010, pp. 45-52.
        rf"(?P<journal>.+?)\. Vol\.? ?{_PLACE}, .*?(?P<year>\d{{4}})"
        r"(?:, (?:pp?\. (?P<pages>[\w-]+)|ArtID:? (?P<article_no>[^\s.]+)))?",
        # Journals@Ovid: Journal January/February 2010;14(1):56
        r"(?P<journal>.+?)(?: [A-Z][a-z]+(?:/[A-Z][a-z]+)?(?: \d+)?)?,? (?P<year>\d{4});"
        rf"{_PLACE}:(?P<pages>[\w-]+)",
        # MEDLINE, BIOSIS: Journal. 12(3):45-67, 2020 Jan.
        rf"(?P<journal>.+?)\.\s*{_PLACE}:\s*(?P<pages>[^\s,]+), .*?(?P<year>\d{{4}})",
    )
)
"""How the databases write where a work is found, for records without fields for the parts."""

_LONGEST_SOURCE = 600
"""Characters of a source that are looked at; the longest are those of conferences."""

_ROLE = re.compile(r"\s*\[.*")
_MARKS = re.compile(r"[\s\d,+*#]+$")
_DEGREES = re.compile(
    r"(.+?,\s*\S+.*?),?\s+(?:MD|M\.D\.|PhD|Ph\.D\.?|MPH|MSc|BSc|DrPH|RN|MBBS|DPhil)(?:[\s,.].*)?$"
)
_FULL_STOP = re.compile(r"(?<=[a-z]{2})\.$")
_LEADING_NUMBER = re.compile(r"\d{5,8}(?=\s|$)")


def sniff(data: bytes, text: str) -> bool:
    """Tell whether what stands first in a text is a record in the tagged format of Ovid."""
    return first_mark(text) == "ovid"


def scan(data: bytes) -> Scan[TaggedBlock]:
    """Find the records; the number above a record is no part of it, so that its id stays."""
    return scan_paragraphs(data, _STYLE)


def cuts(data: bytes, size: int) -> Iterator[int]:
    """Give places where the number of a record stands behind a blank line, `size` bytes apart."""
    return places(data, size, _BEGIN)


_BEGIN = re.compile(rb"\n[ \t]*\r?\n(?=<\d+\.? *>[ \t]*\r?\n[A-Z][A-Z0-9] {1,2}- )")


def dialect(scanned: Scan[TaggedBlock]) -> str:
    """Name the platform."""
    return "ovid"


def row(values: Mapping[str, list[str]], dialect: str, source: str) -> dict[str, str]:
    """Make the columns of one record."""
    return filled(values, _made(values), (dialect, source), FIELDS)


def _made(values: Mapping[str, list[str]]) -> dict[str, Made]:
    """Make the fields that no tag holds as a column wants it."""
    names = values.get("FA") or values.get("AU", [])
    types = [*values.get("PT", []), *values.get("ST", [])]
    kinds = [_KINDS[t.lower()] for t in types if t.lower() in _KINDS]
    pmid = _LEADING_NUMBER.match(values.get("PM", [""])[0])
    parts = source_parts(values.get("SO", [""])[0])
    return {
        "type": ((), kinds[:1] or (["JOUR"] if parts else [])),
        "authors": (("FA", "AU"), [author(name) for name in names]),
        "issn": (("IS",), issns(values.get("IS", ()))),
        "isbn": (("IB",), isbns(values.get("IB", ()))),
        "keywords": union(values, "MH", "SH", "DE", "ID", "KW", "OD"),
        "pub_types": union(values, "PT", "DT"),
        "pmid": ((), [pmid[0]] if pmid else []),
        **{name: ((), [part]) for name, part in parts.items()},
    }


def author(written: str) -> str:
    """Give the name of an author without roles, marks of addresses and degrees.

    Examples
    --------
    >>> author("Werner, S. M. [Author, Reprint Author]"), author("Zhang, Weijia 1,2,+")
    ('Werner, S. M.', 'Zhang, Weijia')
    >>> author("Gazic, Barbara MD, PhD *"), author("Behan L."), author("AHMED, Mughees.")
    ('Gazic, Barbara', 'Behan, L.', 'AHMED, Mughees')
    """
    bare = _MARKS.sub("", _ROLE.sub("", written))
    degrees = _DEGREES.match(bare)
    return inverted(_FULL_STOP.sub("", degrees[1] if degrees else bare))


def source_parts(source: str) -> dict[str, str]:
    """Give journal, volume, issue, pages and article number from the text of a source.

    Returns
    -------
    dict
        Column to text; empty if the text has another form than those of `_SOURCES`.
    """
    match = next((m for p in _SOURCES if (m := p.match(source[:_LONGEST_SOURCE]))), None)
    parts = match.groupdict() if match else {}
    parts["issue"] = parts.get("issue") or parts.pop("supplement", None)
    return {name: part.strip() for name, part in parts.items() if part and part.strip()}


__all__ = [
    "ENDINGS", "NAME", "PRIORITY", "REPAIRS", "cuts", "dialect", "read", "row", "scan", "sniff",
]  # fmt: skip
