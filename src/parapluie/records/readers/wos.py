"""Web of Science, tagged: ``savedrecs.txt``, ``.ciw`` and what its other databases write alike."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from parapluie.records.columns import Made, filled, issns, union
from parapluie.records.fields import FieldMap
from parapluie.records.marks import first_mark
from parapluie.records.scan import Scan, decode
from parapluie.records.tagged import REPAIRS as TAGGED
from parapluie.records.tagged import (
    Grammar,
    TaggedBlock,
    block_of,
    lines_of,
    places,
    read,
)

NAME = "Web of Science (tagged)"
ENDINGS = (".ciw",)
PRIORITY = 9  # before RIS, which takes every file with a line TY; here what stands first decides

REPAIRS = {
    **{c: TAGGED[c] for c in ("tag_before_first", "tag_after_end", "unknown_tag_in_text")},
    "doubled_end": "an ER line stood outside a record; it was passed over",
    "no_end": "the record had no ER line; it was closed where the next one begins",
    "no_type": "the record had no PT line; it was opened at its first tag",
}
"""What each code of a repair means."""

_TAGS = """
AB AE AF AN AR AU AW BA BD BE BF BN BP BR BS C1 C3 CA CC CL CP CR CT CY D2 DA DE DG DI DL DM DT EA
ED EI EM EP ER EY FP FU FX GA GI GP HC HO HP ID IS J9 JC JI LA LS MA MC MI MQ MS NR NT OA OI OR P2
PA PD PE PG PI PM PN PR PS PT PU PY RC RI RP SA SC SE SI SN SO SP ST SU TA TC TI TM TN TT U1 U2 UR
UT VL VR WC WE Z8 Z9 ZA ZB ZR ZS
"""

GRAMMAR = Grammar(
    tag=re.compile(r"(\n([A-Z][A-Z0-9])(?:[ \t]|(?=\n)|\Z))"),
    known=frozenset(_TAGS.split()),
    free_text=frozenset({"AB"}),
    listed=frozenset({"AU", "AF", "BA", "BF", "BE", "CA", "CR"}),
    silent=frozenset({"ER", "EF"}),
)

FIELDS = FieldMap(
    type=("type",),
    title=("TI",),
    abstract=("AB",),
    authors=("authors",),
    group_authors=("CA",),
    journal=("SO", "JI", "J9"),
    year=("PY", "EY", "EA", "PD"),
    doi=("DI", "doi", "UR"),
    doi_said=("UR",),
    urls=("UR", "HP"),
    volume=("VL",),
    issue=("IS",),
    pages=("PS",),
    first_page=("BP",),
    last_page=("EP",),
    article_no=("article_no",),
    issn=("issn",),
    isbn=("BN",),
    database=("database",),
    language=("LA",),
    keywords=("keywords",),
    pub_types=("DT",),
    pmid={"": ("PM", "pmid")},
    accession={"": ("UT", "AN")},
)
"""Where the tags go; names in small letters are fields that `_made` makes."""

DATABASES = {
    "WOS": "Web of Science Core Collection",
    "MEDLINE": "MEDLINE",
    "ZOOREC": "Zoological Record",
    "BCI": "BIOSIS Citation Index",
    "BIOSIS": "BIOSIS Previews",
    "CABI": "CAB Abstracts",
    "FSTA": "Food Science and Technology Abstracts",
    "INSPEC": "Inspec",
    "KJD": "KCI-Korean Journal Database",
    "SCIELO": "SciELO Citation Index",
    "PPRN": "Preprint Citation Index",
    "PQDT": "ProQuest Dissertations & Theses Citation Index",
    "DRCI": "Data Citation Index",
    "DIIDW": "Derwent Innovations Index",
}
"""How an accession number begins, and the database of the platform that it is from."""

_KINDS = {"J": "JOUR", "S": "SER", "C": "CONF", "P": "PAT"}
_UNSPECIFIED = re.compile(r"^UNSP\s+")
_ADDRESS = re.compile(r"\s*\([^()\s]+@[^()\s]+\)")
_MARKS: Mapping[str, re.Pattern[str]] = {
    "PT": re.compile(r"PT [A-Z][ \t]*$"),
    "ER": re.compile(r"ER[ \t]*$"),
    "EF": re.compile(r"EF[ \t]*$"),
    "FN": re.compile(r"FN .*(Clarivate|Thomson|Web of|ISI|Derwent)"),
    "VR": re.compile(r"VR [\d.]+[ \t]*$"),
}
"""Lines that part records from each other."""


def sniff(data: bytes, text: str) -> bool:
    """Tell whether what stands first in a text is a record of the Web of Science."""
    return first_mark(text) == "wos"


# --- where records begin and end ------------------------------------------------------------------


def scan(data: bytes) -> Scan[TaggedBlock]:
    """Find the records: from PT to a bare ER, the next PT or the end of the file."""
    found: Scan[TaggedBlock] = Scan(*decode(data))
    lines = lines_of(found.text)
    start, free = -1, 0
    for i, mark in [*_marks(lines), (len(lines), "")]:
        if start >= 0:
            _close(found, lines, start, i, mark)
        else:
            _between(found, lines, free, i, mark)
        start, free = (i if mark == "PT" else -1), i + 1
    if found.blocks:
        _take_header(found, lines)
    return found


def cuts(data: bytes, size: int) -> Iterator[int]:
    """Give places where a PT line follows an ER line, `size` bytes apart."""
    return places(data, size, _BEGIN, _OPENING)


_OPENING = re.compile(rb"(?:\A(?:\xef\xbb\xbf)?|\n)PT [A-Z][ \t]*\r?\n")
_BEGIN = re.compile(rb"\nER[ \t]*\r?\n(?:\s*\n)?(?=PT [A-Z][ \t]*\r?\n)")


def _marks(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Give the lines that part records, with their places."""
    for i, line in enumerate(lines):
        mark = line[:2]
        if mark in _MARKS and _MARKS[mark].match(line):
            yield i, mark


def _close(found: Scan[TaggedBlock], lines: Sequence[str], start: int, i: int, mark: str) -> None:
    """Close the open record at a mark; only ER is part of it."""
    block = block_of(lines, start, i if mark == "ER" else i - 1, GRAMMAR)
    if mark != "ER":
        block.repairs.append((block.line_last, "no_end"))
    found.blocks.append(block)


def _between(found: Scan[TaggedBlock], lines: Sequence[str], first: int, i: int, mark: str) -> None:
    """Judge lines outside a record: one that lost its PT line, tags of the last one, or junk."""
    begin = next((n for n in range(first, i) if _tag(lines[n])), i)
    found.n_junk += sum(1 for line in lines[first:begin] if line.strip())
    tags = {_tag(line) for line in lines[begin:i]}
    if tags & (_OF_RECORDS if mark == "ER" else {"TI"}):
        _close(found, lines, begin, i, mark)
        found.blocks[-1].repairs.append((begin + 1, "no_type"))
        return
    if mark == "ER":
        found.repairs.append((i + 1, "doubled_end"))
    if begin < i and found.blocks:
        _add(found.blocks[-1], lines[begin:i], (begin + 1, "tag_after_end"))


_OF_RECORDS = frozenset({"TI", "AU", "SO", "UT"})
"""Tags of which one shows that lines before an ER line are a record."""


def _tag(line: str) -> str:
    tag = GRAMMAR.of(line)
    return tag if tag in GRAMMAR.known and tag not in _MARKS else ""


def _take_header(found: Scan[TaggedBlock], lines: Sequence[str]) -> None:
    """Give tags before the first record to it."""
    first = found.blocks[0]
    header = lines[: first.line_first - 1]
    found.header = "\n".join(header)
    begin = next((n for n, line in enumerate(header) if _tag(line)), -1)
    if begin >= 0:
        kept = [line for line in header[begin:] if line[:2] not in _MARKS]
        _add(first, kept, (begin + 1, "tag_before_first"))


def _add(block: TaggedBlock, lines: Sequence[str], repair: tuple[int, str]) -> None:
    block.outside = "\n".join([*filter(None, [block.outside]), *lines]).rstrip()
    block.repairs.append(repair)


# --- records --------------------------------------------------------------------------------------


def dialect(scanned: Scan[TaggedBlock]) -> str:
    """Name the platform."""
    return "wos"


def row(values: Mapping[str, list[str]], dialect: str, source: str) -> dict[str, str]:
    """Make the columns of one record."""
    return filled(values, _made(values), (dialect, source), FIELDS)


def _made(values: Mapping[str, list[str]]) -> dict[str, Made]:
    """Make the fields that no tag holds as a column wants it."""
    base, _, number = values.get("UT", [""])[0].partition(":")
    kind = _kind(values)
    names = next((values[t] for t in ("AF", "AU", "BF", "BA") if values.get(t)), [])
    numbers = [*values.get("SN", []), *values.get("EI", [])]
    return {
        "type": ((), [kind] if kind else []),
        "article_no": (("AR",), [_UNSPECIFIED.sub("", n) for n in values.get("AR", [])[:1]]),
        "authors": (("AF", "AU", "BF", "BA"), [_ADDRESS.sub("", n) for n in names]),
        "doi": ((), values.get("D2", [])[:1] if kind == "BOOK" else []),
        "issn": (("SN", "EI"), issns(numbers)),
        "database": ((), [DATABASES[base]] if base in DATABASES else []),
        "keywords": union(values, "DE", "ID"),
        "pmid": ((), [number] if base == "MEDLINE" and not values.get("PM") else []),
    }


def _kind(values: Mapping[str, list[str]]) -> str:
    """Name the type as RIS does; a book that has a title of its own beside its source is a chapter.

    Source: Clarivate, Core Collection full record details.
    """
    written = values.get("PT", [""])[0].upper()
    if written != "B":
        return _KINDS.get(written, "")
    title, source = (" ".join(values.get(t, ())).casefold() for t in ("TI", "SO"))
    return "CHAP" if source and title != source else "BOOK"


__all__ = [
    "ENDINGS", "NAME", "PRIORITY", "REPAIRS", "cuts", "dialect", "read", "row", "scan", "sniff",
]  # fmt: skip
