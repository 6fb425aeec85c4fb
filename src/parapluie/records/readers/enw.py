"""EndNote tags: lines that begin with ``%`` and a letter (.enw; Refer, BibIX)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from parapluie.records.columns import Made, filled, inverted
from parapluie.records.fields import FieldMap
from parapluie.records.marks import first_mark
from parapluie.records.scan import Scan, decode
from parapluie.records.tagged import REPAIRS as TAGGED
from parapluie.records.tagged import (
    Grammar,
    Paragraphs,
    TaggedBlock,
    places,
    read,
    scan_paragraphs,
)

NAME = "EndNote tags (enw)"
ENDINGS = (".enw",)
PRIORITY = 9  # before RIS, which takes every file with a line TY; here what stands first decides

REPAIRS = {c: TAGGED[c] for c in ("blank_line", "no_blank_line")}
"""What each code of a repair means."""

GRAMMAR = Grammar(
    tag=re.compile(r"(\n(%[0-9A-Z!@#$^&*()\[\]+=<>?~`])(?:[ \t]|(?=\n)|\Z))"),
    listed=frozenset({"%A", "%E", "%Y", "%?", "%K", "%U", "%>", "%@"}),
)

_TYPE_FIRST = Paragraphs(
    GRAMMAR,
    first="%0",
    once=frozenset({"%0", "%T"}),
    within={"%0": frozenset({"%0"})},
)
_TITLE_FIRST = Paragraphs(
    GRAMMAR,
    first="%T",
    once=frozenset({"%0", "%T"}),
    within={"%T": frozenset({"%T"})},
)

FIELDS = FieldMap(
    type=("type", "%0"),
    title=("%T",),
    abstract=("%X",),
    authors=("authors",),
    journal=("%J", "%B", "%S"),
    year=("%D", "%8"),
    doi=("%R", "%U", "%>"),
    doi_said=("%U", "%>"),
    urls=("%U", "%>"),
    volume=("%V",),
    issue=("%N",),
    pages=("%P", "%&"),
    numbers=("%@",),
    database=("%~",),
    language=("%G",),
    keywords=("%K",),
    pub_types=("%9",),
    notes=("%Z",),
    pmcid=("%2",),
    pmid={"": ("pmid",)},
    accession={"": ("%M", "pmid")},
)
"""Where the tags go; names without ``%`` are fields that `row` makes."""

KINDS = {
    "journal article": "JOUR",
    "electronic article": "EJOUR",
    "magazine article": "MGZN",
    "newspaper article": "NEWS",
    "book": "BOOK",
    "edited book": "EDBOOK",
    "electronic book": "EBOOK",
    "book section": "CHAP",
    "electronic book section": "ECHAP",
    "conference paper": "CPAPER",
    "conference proceedings": "CONF",
    "thesis": "THES",
    "report": "RPRT",
    "government document": "GOVDOC",
    "web page": "ELEC",
    "dataset": "DATA",
    "unpublished work": "UNPB",
    "manuscript": "UNPB",
    "generic": "GEN",
}
"""Types as EndNote names them, and as RIS does."""

_MEDLINE = re.compile(r"(?i)nlm\b|.*(medline|pubmed)")


def sniff(data: bytes, text: str) -> bool:
    """Tell whether what stands first in a text is a record with ``%`` tags."""
    return first_mark(text) == "enw"


def scan(data: bytes) -> Scan[TaggedBlock]:
    """Find the records; each stands behind a blank line, with its type or its title first."""
    text, _ = decode(data)
    first = GRAMMAR.tag.search("\n" + text)
    return scan_paragraphs(data, _TITLE_FIRST if first and first[2] == "%T" else _TYPE_FIRST)


def cuts(data: bytes, size: int) -> Iterator[int]:
    """Give places where the first tag of the file stands behind a blank line, `size` bytes
    apart."""
    first = GRAMMAR.tag.search("\n" + decode(bytes(data[:10_000]))[0])
    return places(data, size, _BEGIN["%T" if first and first[2] == "%T" else "%0"])


_BEGIN = {
    tag: re.compile(rb"\n[ \t]*\r?\n(?=" + tag.encode() + rb"[ \t][^\n]*\n%[^\s%][ \t])")
    for tag in ("%0", "%T")
}


def dialect(scanned: Scan[TaggedBlock]) -> str:
    """Name the format; many tools write it, and none leaves a mark."""
    return "endnote"


def row(values: Mapping[str, list[str]], dialect: str, source: str) -> dict[str, str]:
    """Make the columns of one record."""
    kind = KINDS.get(values.get("%0", [""])[0].lower(), "")
    from_medline = any(map(_MEDLINE.match, [*values.get("%~", []), *values.get("%W", [])]))
    made: dict[str, Made] = {
        "type": ((), [kind] if kind else []),
        "authors": (("%A",), list(_authors(values.get("%A", ())))),
        "pmid": (("%M",), values.get("%M", []) if from_medline else []),
    }
    return filled(values, made, (dialect, source), FIELDS)


def _authors(written: Sequence[str]) -> Iterator[str]:
    """Give the authors; a line of several is cut at ``and`` where both sides are full names."""
    for line in written:
        names = line.split(" and ")
        yield from map(inverted, names if all(", " in name for name in names) else [line])


__all__ = [
    "ENDINGS", "NAME", "PRIORITY", "REPAIRS", "cuts", "dialect", "read", "row", "scan", "sniff",
]  # fmt: skip
