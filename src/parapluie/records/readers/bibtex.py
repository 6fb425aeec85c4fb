"""BibTeX: found by our scanner, read by bibtexparser, made plain text where TeX stands in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import unquote

from parapluie.records.bibtex import KEY, NO_RECORDS, REPAIRS, TEXT, BibBlock, opens_entry
from parapluie.records.bibtex import NAME as TYPE
from parapluie.records.bibtex import cuts as cuts  # part of what a reader offers
from parapluie.records.bibtex import scan as scan
from parapluie.records.bibtex_names import people, turned
from parapluie.records.columns import isbns, issns, retraction_of
from parapluie.records.fields import FieldMap, row_of
from parapluie.records.marks import first_mark
from parapluie.records.scan import Scan, gathered
from parapluie.records.tex import folded, from_address, from_plain, from_tex

NAME = "BibTeX"
ENDINGS = (".bib",)
PRIORITY = 9  # before RIS, which takes every file with a line TY

TYPES = {
    "article": "JOUR", "suppperiodical": "JOUR", "review": "JOUR", "periodical": "JFULL",
    "book": "BOOK", "mvbook": "BOOK", "booklet": "PAMP", "collection": "EDBOOK",
    "inbook": "CHAP", "incollection": "CHAP", "bookinbook": "CHAP", "suppbook": "CHAP",
    "inproceedings": "CPAPER", "conference": "CPAPER", "proceedings": "CONF",
    "phdthesis": "THES", "mastersthesis": "THES", "thesis": "THES", "bathesis": "THES",
    "techreport": "RPRT", "report": "RPRT", "manual": "RPRT", "standard": "STAND",
    "unpublished": "UNPB", "preprint": "UNPB", "online": "ELEC", "electronic": "ELEC",
    "www": "ELEC", "webpage": "ELEC", "dataset": "DATA", "software": "COMP", "patent": "PAT",
    "reference": "ENCYC", "inreference": "ENCYC", "video": "VIDEO", "misc": "GEN",
}  # fmt: skip
"""Type of an entry to that of RIS, which `type` holds for every format; others are ``GEN``."""

FIELDS = FieldMap(
    type=("RIS type",),
    title=("title", "booktitle"),
    abstract=("abstract",),
    authors=("author",),
    group_authors=("author (groups)",),
    journal=("journal", "journaltitle", "booktitle", "institution", "school"),
    year=("year", "date", "issue_date"),
    doi=("doi", "url", "note", "howpublished", "bdsk-url-1"),
    doi_said=("url", "note", "howpublished", "bdsk-url-1"),
    urls=("url", "howpublished", "link", "ee", "bdsk-url-1", "bdsk-url-2", "bdsk-url-3"),
    volume=("volume",),
    issue=("number", "issue"),
    pages=("pages",),
    article_no=("article-number", "art_number", "articleno", "eid"),
    issn=("issn",),
    isbn=("isbn",),
    database=("source",),
    language=("language", "langid"),
    keywords=("keywords",),
    pub_types=("document_type", "type"),
    notes=("note", "notes", "annote", "annotation"),
    pmcid=("pmcid", "pmc"),
    cochrane_id=("eid", "pages"),
    pmid={"": ("pmid", "pubmed_id")},
    accession={"": (), "wos": ("unique-id",)},
)
"""Where the fields go; ``RIS type`` and ``author (groups)`` are made here."""

RAW = " (raw)"
"""Stands behind the name of a field in raw_extra where a column holds the value in another form."""

DIALECTS = (
    ("parapluie", r"parapluie-id: "),
    ("rayyan", r"@\w+\{rayyan-\d|RAYYAN-INCLUSION"),
    ("asreview", r"ASReview\\?_(relevant|irrelevant|not_seen|prior)"),
    ("ebsco", r"search\.ebscohost\.com|openurl\.ebsco"),
    ("scopus", r"(?i)source *= *\{Scopus\}|www\.scopus\.com/inward"),
    ("wos", r"(?i)unique-id *= *\{+(WOS|ISI|MEDLINE|BCI|CCC|INSPEC|KJD|SCIELO|ZOOREC):"),
    ("wiley", r"https?://onlinelibrary\.wiley\.com/doi/(abs|pdf)/"),
    ("acm", r"(?i)address *= *\{New York, NY, USA\}|doi\.org/10\.1145/"),
    ("proquest", r"search\.proquest\.com|www\.proquest\.com"),
    ("mendeley", r"Mendeley|mendeley-(groups|tags)"),
    ("bibdesk", r"BibDesk|bdsk-url-1"),
    ("jabref", r"JabRef|jabref-meta|jabref-entrytype"),
    ("zotero", r"@\w+\{[^\s,{}]+_\w*_?(\d{4}|nodate)\w*(-\d+)?,\n\t\w+ = "),
    ("endnote", r"@\w+\{RN\d+,\n +author = "),
)
"""Name of an exporting tool and what its files hold; the first that fits."""

PLAIN = frozenset({"rayyan", "ebsco", "scopus", "wiley", "proquest"})
"""Tools that write plain text into BibTeX: their braces, ``~`` and ``--`` mean themselves."""

_TEXTS = frozenset({
    "title", "booktitle", "journal", "journaltitle", "institution", "school", "abstract", "volume",
    "number", "issue", "year", "date", "language", "langid", "document_type", "type", "source",
    "eid", "articleno", "article-number", "art_number", "issue_date", *FIELDS.notes,
})  # fmt: skip
_ADDRESSES = frozenset({*FIELDS.doi[:2], *FIELDS.urls, "pmid", "pubmed_id", "pmcid", "pmc"})
_NOTES = frozenset(FIELDS.notes)
_KEYWORDS = ("author_keywords", "keywords")
_OF_TOOLS = re.compile(r"ASReview\\_|parapluie-id|RAYYAN-[A-Z-]+: ?\\\{")
_AS_RAYYAN = re.compile(r"RAYYAN-INCLUSION: ?\{")  # its own export, which escapes nothing
_DASH = re.compile(r"\s*(?:-{1,3}|–|—)\s*")
_BETWEEN = re.compile(r"[\s;|]+")
_DOI_IN_SCOPUS = re.compile(r"(?i)[?&]doi=(10\.\d{4,9}(?:%2f|/)[^&\s]+)")
_PMID_SAID = re.compile(r"(?i)\bPMID:?\s*(\d{5,8})\b")
_PMCID_SAID = re.compile(r"\bPMC\d{4,9}\b")

Entry = dict[str, list[str]]


def sniff(data: bytes, text: str) -> bool:
    """Tell whether an entry stands in a text before the mark of any other format."""
    head = text.lstrip("\ufeff \t\r\n")
    if head[:1] in ("<", "{", "["):  # a web page that shows BibTeX, XML, JSON
        return False
    place = opens_entry(head[:1_000_000])
    return place >= 0 and not first_mark(head[:place])


def read(scanned: Scan[BibBlock]) -> list[Entry]:
    """Give the fields of each entry; notes in which tools leave their marks are read from TeX."""
    return [_with_notes(gathered(block)) for block in scanned.blocks]


def _with_notes(entry: Entry) -> Entry:
    for name in [n for n in entry if n in _NOTES]:
        if any(_OF_TOOLS.search(v) and not _AS_RAYYAN.search(v) for v in entry[name]):
            entry[name + RAW] = entry[name]
            entry[name] = [from_tex(v) for v in entry[name]]
    return entry


def dialect(scanned: Scan[BibBlock]) -> str:
    """Name the tool that wrote the file; ``bibtex`` where nothing in it tells."""
    text = scanned.text[:100_000] + scanned.text[-3000:]  # JabRef leaves its mark at the end
    return next((name for name, pattern in DIALECTS if re.search(pattern, text)), "bibtex")


def row(values: Mapping[str, list[str]], dialect: str, source: str) -> dict[str, str]:
    """Make the columns of one entry."""
    made = row_of(_prepared(values, dialect), dialect, source, FIELDS)
    made["retraction_status"] = retraction_of(made, values, {})
    return made


# --- fields as the columns want them --------------------------------------------------------------


def _prepared(values: Mapping[str, list[str]], dialect: str) -> Entry:
    decoded = from_plain if dialect in PLAIN else from_tex
    entry: Entry = {}
    for name, found in values.items():
        if name not in _KEYWORDS:
            is_read = name + RAW in values or _is_of_rayyan(name, found)
            read = [folded(v) for v in found] if is_read else _read(name, found, decoded)
            _put(entry, name, found, read)
    keywords = [v for name in _KEYWORDS for v in values.get(name, ())]
    words = list(dict.fromkeys(w for v in keywords for w in _words(decoded(v))))
    _put(entry, "keywords", keywords, words)
    kind = values.get(TYPE, [""])[0].lower()
    entry["RIS type"] = [TYPES.get(kind, "GEN")]
    _put_names(entry, values.get("author", ()), dialect)
    _put_numbers(entry, values)
    _join_title(entry)
    _add_identifiers(entry)
    if entry.get("pages") and entry["pages"] == entry.get("eid"):
        del entry["pages"]  # the article number, where a tool knows no field for it
    return {name: found for name, found in entry.items() if found}


def _put(entry: Entry, name: str, raw: Sequence[str], read: list[str]) -> None:
    """Keep values as read, and those whose words no longer stand there as they were."""
    entry[name] = [*entry.get(name, ()), *read]
    if list(raw) == read:
        return
    shown = bare("".join(read))
    if lost := [v for v in raw if bare(v) not in shown]:
        entry[name + RAW] = [*entry.get(name + RAW, ()), *lost]


def bare(text: str) -> str:
    """Leave out what separates values: blanks, ``;`` and ``|``."""
    return _BETWEEN.sub("", text)


def _is_of_rayyan(name: str, found: Sequence[str]) -> bool:
    """Tell whether notes hold decisions, whose quotes and braces are not TeX."""
    return name in _NOTES and any("RAYYAN-INCLUSION" in v for v in found)


def _read(name: str, found: Sequence[str], decoded: Callable[[str], str]) -> list[str]:
    if name in _ADDRESSES:
        return [from_address(v) for v in found]
    if name == "pages":
        return [_DASH.sub("-", decoded(v)) for v in found]
    return [decoded(v) for v in found] if name in _TEXTS else list(found)


def _words(text: str) -> list[str]:
    """Split keywords at ``;``, or at commas where there is none."""
    return [w.strip() for w in text.split(";" if ";" in text else ",") if w.strip()]


def _put_names(entry: Entry, raw: Sequence[str], dialect: str) -> None:
    read = [people(v, from_tex) for v in raw]  # no name has braces or dashes of its own
    persons = [name for persons, _ in read for name in persons]
    entry["author"] = turned(persons) if dialect == "rayyan" else persons
    entry["author (groups)"] = [name for _, groups in read for name in groups]
    shown = [bare("".join(entry["author"])), bare("".join(entry["author (groups)"]))]
    entry["author" + RAW] = [v for v in raw if bare(v) not in shown]


def _put_numbers(entry: Entry, values: Mapping[str, list[str]]) -> None:
    """Take ISSN and ISBN from where they stand, some tools write both into one field."""
    names = ("issn", "eissn", "isbn")
    texts = [v for name in names for v in values.get(name, ())]
    found = {"issn": issns(texts), "isbn": isbns(texts)}
    found["issn"] = [n for n in found["issn"] if not any(n in book for book in found["isbn"])]
    shown = [bare(n) for numbers in found.values() for n in numbers]
    for name in names:
        entry[name] = found.get(name, [])
        whole = "".join(shown)
        entry[name + RAW] = [v for v in values.get(name, ()) if bare(v) not in [*shown, whole]]


def _join_title(entry: Entry) -> None:
    if entry.get("title") and entry.get("subtitle"):
        entry["title"] = [f"{entry['title'][0]}: {from_tex(entry.pop('subtitle')[0])}"]


def _add_identifiers(entry: Entry) -> None:
    """Add ids that have no field: in notes (Zotero), addresses (Scopus), keys (Europe PMC)."""
    notes = " ".join(v for name in _NOTES for v in entry.get(name, ()))
    linked = [m[1] for v in entry.get("url", ()) if (m := _DOI_IN_SCOPUS.search(v))]
    keys = [m[1] for key in entry.get(KEY, ()) if (m := _PMID_SAID.fullmatch(key))]
    said = {
        "doi": [unquote(doi) for doi in linked][:1],
        "pmid": keys or list(dict.fromkeys(_PMID_SAID.findall(notes))),
        "pmcid": list(dict.fromkeys(_PMCID_SAID.findall(notes))),
    }
    for name, found in said.items():
        if len(found) == 1 and not entry.get(name):
            entry[name] = found


__all__ = [
    "ENDINGS", "KEY", "NAME", "NO_RECORDS", "PRIORITY", "REPAIRS", "TEXT", "cuts", "dialect",
    "read", "row", "scan", "sniff",
]  # fmt: skip
