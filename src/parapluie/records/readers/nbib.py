"""PubMed (nbib): the format of PubMed and MEDLINE, which ERIC writes too."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence

from parapluie.records.columns import Made, filled, inverted, isbns, issns, union
from parapluie.records.fields import FieldMap, clean_doi
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

NAME = "PubMed (nbib)"
ENDINGS = (".nbib",)
PRIORITY = 9  # before RIS, which takes every file with a line TY; here what stands first decides

REPAIRS = {
    **{c: TAGGED[c] for c in ("blank_line", "no_blank_line", "unknown_tag_in_text")},
    "cut_short": "the record has no SO line, with which PubMed ends it; the file may be cut there",
}
"""What each code of a repair means."""

_PUBMED = """
AB AD AID AU AUID BTI CDAT CI CIN CN COI COIS CON CP CRDT CRF CRI CTDT CTI DA DCOM DDIN DEP DP DRDT
DRIN ECF ECI ED EDAT EFR EIN EN FAU FED FIR FPS GN GR GS IP IR IRAD IS ISBN JID JT LA LID LR MH MHDA
MID NM OAB OABL OCI OID ORI OT OTO OWN PB PG PHST PL PMC PMCR PMID PRIN PROF PS PST PT PUBM RF RIN
RN ROF RPF RPI RRF RRI SB SFM SI SO SPIN STAT TA TI TT UIN UOF VI VTI
"""
_ERIC = "EISSN ISSN UR URL"

GRAMMAR = Grammar(
    tag=re.compile(r"(\n([A-Z][A-Z0-9]{1,4}) {0,2}-(?:[ \t]|(?=\n)|\Z|(?<=\nPMID-)(?=\d)))"),
    known=frozenset((_PUBMED + _ERIC).split()),
    free_text=frozenset({"AB", "OAB"}),
)

_STYLE = Paragraphs(
    GRAMMAR,
    first="PMID",
    once=frozenset({"PMID", "OWN", "TI", "BTI"}),
    within={"PMID": frozenset({"PMID"}), "OWN": frozenset({"OWN"})},
)

FIELDS = FieldMap(
    type=("type",),
    title=("TI", "BTI", "VTI", "CTI", "TT"),
    abstract=("AB", "OAB"),
    authors=("authors",),
    group_authors=("CN",),
    journal=("JT", "book", "TA"),
    year=("DP", "EDAT"),
    doi=("doi", "URL", "UR", "SO"),
    doi_said=("URL", "UR", "SO"),
    urls=("LID", "AID", "URL", "UR"),
    volume=("VI",),
    issue=("IP",),
    pages=("PG",),
    article_no=("article_no",),
    issn=("issn",),
    isbn=("isbn",),
    language=("LA",),
    keywords=("keywords",),
    pub_types=("PT",),
    notes=("GN",),
    pmcid=("PMC",),
    pmid={"": ("PMID",)},
    accession={"eric": ("OID",)},
)
"""Where the tags go; names in small letters are fields that `_made` makes."""

_UNTRANSLATED = dataclasses.replace(FIELDS, title=("TT", *FIELDS.title))
"""The same where PubMed has no English title and says so under TI."""

LINKS = {
    "RIN": "retracted",
    "RRI": "retracted",
    "ROF": "retraction_notice",
    "ECI": "expression_of_concern",
    "ECF": "expression_of_concern",
}
"""Tags that link to a retraction or concern, and what they say of the record they stand in."""

_KINDS = (("THES", "dissertations/"), ("BOOK", "books"), ("RPRT", "reports - "))
"""Type as RIS names it, and how ERIC's types begin."""

_MARKED = re.compile(r"(.*?)\s*\[(\w+)\]\s*")
_ARTICLE_NO = re.compile(r"[A-Za-z]{0,2}\d{1,8}")


def sniff(data: bytes, text: str) -> bool:
    """Tell whether the first record of a text is one of PubMed."""
    return first_mark(text) == "nbib"


def scan(data: bytes) -> Scan[TaggedBlock]:
    """Find the records; a record begins at a PMID or OWN line or behind a blank line."""
    found = scan_paragraphs(data, _STYLE)
    for block in found.blocks:
        if "\nSTAT- " in block.raw and not _WHOLE.search(block.raw):
            block.repairs.append((block.line_last, "cut_short"))
    return found


def cuts(data: bytes, size: int) -> Iterator[int]:
    """Give places where a PMID line stands behind a blank line, `size` bytes apart."""
    return places(data, size, _BEGIN)


_WHOLE = re.compile(r"\n(?:SO  |BTI )- ")  # books have no source
_BEGIN = re.compile(rb"\n[ \t]*\r?\n(?=PMID- [^\n]*\n[A-Z][A-Z0-9]{1,3} {0,2}- )")


def dialect(scanned: Scan[TaggedBlock]) -> str:
    """Name the database: ``eric`` by its mark, else ``pubmed`` where records have a PMID."""
    head = "\n" + scanned.text[:100_000]
    if "\nOWN - ERIC" in head:
        return "eric"
    return "pubmed" if "\nPMID- " in head else "nbib"


def row(values: Mapping[str, list[str]], dialect: str, source: str) -> dict[str, str]:
    """Make the columns of one record."""
    title = values.get("TI", [""])[0].strip("[]. ").lower()
    fields = _UNTRANSLATED if title == "not available" else FIELDS
    made = filled(values, _made(values), (dialect, source), fields, LINKS)
    number = values.get("PMID", [""])[0]
    if not made["pmid"] and number.isdigit():  # the first ones have fewer than five digits
        made["pmid"] = number
    return made


def _made(values: Mapping[str, list[str]]) -> dict[str, Made]:
    """Make the fields that no tag holds as a column wants it."""
    located = [m for v in values.get("LID", ()) if (m := _MARKED.fullmatch(v))]
    numbers = [v for tag in ("IS", "ISSN", "EISSN") for v in values.get(tag, ())]
    return {
        "type": ((), _kind(values)),
        "authors": (("FAU", "AU"), list(_authors(values))),
        "book": (("BTI",), values.get("BTI", []) if values.get("TI") else []),
        "doi": ((), list(dict.fromkeys(_dois(values)))),
        "article_no": ((), [] if values.get("PG") else _article_no(located)),
        "issn": (("IS", "ISSN", "EISSN"), issns(numbers)),
        "isbn": (("ISBN",), isbns(values.get("ISBN", ()))),
        "keywords": union(values, "MH", "OT"),
    }


def _kind(values: Mapping[str, list[str]]) -> list[str]:
    """Name the type as RIS does."""
    if values.get("BTI"):
        return ["CHAP" if values.get("TI") else "BOOK"]
    types = " ".join(values.get("PT", ())).lower()
    if values.get("JT") or values.get("TA") or "journal article" in types:
        return ["JOUR"]
    return [name for name, word in _KINDS if word in types][:1]


def _authors(values: Mapping[str, list[str]]) -> Iterator[str]:
    """Give the full names; of those who have none, the short one in its place."""
    full = list(values.get("FAU", ()))
    short = list(values.get("AU", ()))
    if len(full) >= len(short):
        yield from full
        return
    for name in short:
        family = inverted(name).partition(",")[0].lower()
        if full and full[0].lower().startswith(family):
            yield full.pop(0)
        else:
            yield inverted(name)
    yield from full


def _dois(values: Mapping[str, list[str]]) -> Iterator[str]:
    """Give the DOIs: what is marked as one, or stands as an address or alone."""
    for tag in ("LID", "AID"):
        for value in values.get(tag, ()):
            marked = _MARKED.fullmatch(value)
            found = clean_doi(marked[1] if marked else value)
            if marked and marked[2].lower() == "doi":
                yield found or marked[1]
            elif found and not marked:
                yield found


def _article_no(located: Sequence[re.Match[str]]) -> list[str]:
    """Give the place that stands for pages, as the NLM describes LID, if it looks like a number."""
    return [m[1] for m in located if m[2] == "pii" and _ARTICLE_NO.fullmatch(m[1])][:1]


__all__ = [
    "ENDINGS", "NAME", "PRIORITY", "REPAIRS", "cuts", "dialect", "read", "row", "scan", "sniff",
]  # fmt: skip
