"""The field map: which tags fill which column of records.csv.

The first tag with a value wins. A value that a column holds word for word is used up; every other
value goes to ``raw_extra``, so that nothing of an export is lost.
"""

from __future__ import annotations

import dataclasses
import functools
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any
from urllib.parse import unquote

COLUMNS = (
    "record_id", "search_id", "source_file", "source_sha256", "source_record_no", "line_first",
    "line_last", "dialect", "database", "search_date", "type", "title", "abstract", "authors",
    "group_authors", "year", "year_raw", "journal", "volume", "issue", "pages", "article_no", "doi",
    "pmid", "pmcid", "accession", "cochrane_id", "issn", "isbn", "urls", "language", "keywords",
    "pub_types", "notes", "retraction_status", "raw_extra", "warnings",
)  # fmt: skip
"""Columns of records.csv."""

Tags = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class FieldMap:
    """Which fields of a format hold what; of several, the first with a value wins.

    Parameters
    ----------
    type, title, abstract, authors, group_authors, journal, year, urls, volume, issue, pages, \
    first_page, last_page, article_no, issn, isbn, database, language, keywords, pub_types, notes, \
    pmcid, cochrane_id : tuple of str
        Names of fields as the format calls them.
    book_title : tuple of str
        Further titles of chapters, books and conference papers.
    numbers : tuple of str
        Fields that hold ISSN or ISBN; told apart by their length.
    doi : tuple of str
        Fields that hold a DOI.
    doi_said : tuple of str
        Those of `doi` that hold other text too: a DOI counts only where it is said to be one.
    pmid, accession : mapping
        Dialect to fields; ``""`` for every dialect that is not named.
    """

    type: Tags = ()
    title: Tags = ()
    book_title: Tags = ()
    abstract: Tags = ()
    authors: Tags = ()
    group_authors: Tags = ()
    journal: Tags = ()
    year: Tags = ()
    doi: Tags = ()
    doi_said: Tags = ()
    urls: Tags = ()
    volume: Tags = ()
    issue: Tags = ()
    pages: Tags = ()
    first_page: Tags = ()
    last_page: Tags = ()
    article_no: Tags = ()
    numbers: Tags = ()
    issn: Tags = ()
    isbn: Tags = ()
    database: Tags = ()
    language: Tags = ()
    keywords: Tags = ()
    pub_types: Tags = ()
    notes: Tags = ()
    pmcid: Tags = ()
    cochrane_id: Tags = ()
    pmid: Mapping[str, Tags] = field(default_factory=dict)
    accession: Mapping[str, Tags] = field(default_factory=dict)

    def of(self, name: str, dialect: str) -> Tags:
        """Give the fields of ``pmid`` or ``accession`` for a dialect."""
        by_dialect: Mapping[str, Tags] = getattr(self, name)
        return by_dialect.get(dialect, by_dialect.get("", ()))

    @functools.lru_cache(maxsize=8192)  # noqa: B019  # maps live as long as the program
    def within(self, names: frozenset[str]) -> FieldMap:
        """Give the part of the map that a record with these fields needs."""

        def kept(tags: Tags) -> Tags:
            return tuple(tag for tag in tags if tag in names)

        parts: dict[str, Any] = {}
        for part in dataclasses.fields(self):
            value = getattr(self, part.name)
            is_map = isinstance(value, Mapping)
            parts[part.name] = {k: kept(v) for k, v in value.items()} if is_map else kept(value)
        return FieldMap(**parts)


RIS = FieldMap(
    type=("TY",),
    title=("TI", "T1"),
    book_title=("CT", "BT"),
    abstract=("AB", "N2"),
    authors=("AU", "A1"),
    journal=("JO", "JF", "T2", "JA", "J2", "SO"),
    year=("PY", "Y1", "DA"),
    doi=("DO", "DOI", "DI", "L3", "M3", "UR", "N1"),
    doi_said=("UR", "N1"),
    urls=("UR", "URL", "LK", "L2", "L1"),
    volume=("VL", "VO"),
    issue=("IS", "IP"),
    pages=("PG",),
    first_page=("SP",),
    last_page=("EP",),
    article_no=("C7",),
    numbers=("SN",),
    database=("DB", "DP"),
    language=("LA",),
    keywords=("KW",),
    pub_types=("PT", "M3"),
    notes=("N1",),
    pmcid=("PMCID", "PMC", "C2", "ID", "U1", "U2"),
    cochrane_id=("AN", "SP", "C7", "ID"),
    pmid={
        "": ("PMID",),
        "scopus": ("PMID", "C2"),
        "cochrane": ("PMID", "C3"),
        "dimensions": ("PMID", "U1"),
        "embase": ("PMID", "C5"),  # as Medline PMID in the CSV of the same search
        "pubmed": ("PMID", "U1"),
        "ovid": ("PMID", "ID"),
    },
    accession={
        "": ("AN",),
        "ovid": ("ID", "AN"),
        "embase": ("U2", "AN"),
        "lens": ("ID",),
        "psycnet": ("ID",),
        "eppi": ("U1",),
        "rayyan": (),
    },
)
"""Where the tags of RIS go; a dialect that is not named follows the common rule."""

NULL_WORDS = frozenset({
    "na", "n/a", "no", "none", "null", "nan", "undefined", "specified", "not specified", "-",
    "no abstract available", "[no abstract available]", "no abstract", "no title",
})  # fmt: skip
"""What tools write for a value they do not have (lower case)."""

DATABASE_CODES = {
    "aph": "Academic Search Premier",
    "cin20": "CINAHL",
    "ccm": "CINAHL",
    "ecn": "EconLit",
    "egh": "GreenFILE",
    "psyh": "APA PsycInfo",
    "eric": "ERIC",
    "mdc": "MEDLINE",
    "cmedm": "MEDLINE",
}
"""Codes by which EBSCOhost names databases."""

DIALECTS = (
    ("rayyan", r"(?m)^AN  - rayyan-|RAYYAN-INCLUSION"),
    ("asreview", r"ASReview_(relevant|irrelevant|not_seen|prior)"),
    # Reference managers and screening tools come first: they hand on the marks of the databases.
    # EPPI-Reviewer: its own source, item-list.service.ts (EPPI-Centre/EPPI-Reviewer-4).
    ("eppi", r"(?m)^KW  - eppi-reviewer"),
    # The others by the order of tags in exports of 2019 to 2024.
    ("covidence", r"(?m)^NS  - [^\n]*\nN1  - "),
    ("endnote", r"(?m)^ID  - \d+[ ]*\n(?:ER|er)  -"),
    ("zotero", r"(?m)^DA  - \d{4}/\d*/[^\n]*\nPY  - \d{4}"),
    ("mendeley", r"(?m)^PY  - \d{4}\n(?:(?:S[NP]|EP)  - [^\n]*\n)*TI  - [^\n]*\nT2  - "),
    # OpenAlex: its own source, formats/ris.py (ourresearch/openalex-formatter), 2023 to 2024.
    (
        "openalex",
        r"(?m)^DI  - 10\.[^\n]*\nURL {1,2}- |^DA  - \d{4}-\d\d-\d\d\nAU  - "
        r"|^(ID|UR|AN)  - https?://openalex\.org",
    ),
    ("cochrane", r"(?m)^AN  ?- +CN-\d|cochranelibrary\.com"),
    (
        "ovid",
        r"(?m)^NL  - |^Link to the (External )?(Link Resolver|Ovid)|ovidsp\.ovid|ovidweb"
        r"|^TY  - \w+[ ]*\nDB  - [^\n]*\nID  - \S+[ ]*\n",
    ),
    ("ebsco", r"(?m)(search|research)\.ebsco(host)?\.com|openurl\.ebsco|^DP  - EBSCOhost"),
    ("embase", r"(?m)^UR  - https?://www\.embase\.com|^U2  - L\d"),
    ("proquest", r"search\.proquest\.com|www\.proquest\.com"),
    ("scopus", r"www\.scopus\.com|(?m:^N1  - Export Date)"),
    (
        "wos",
        r"(?m)^(?:WE  - .*)?AN  - "
        r"(WOS|MEDLINE|BCI|BIOABS|CABI|CCC|CSCD|FSTA|KJD|RSCI|SCIELO|ZOOREC):",
    ),
    ("dimensions", r"(?m)^AN  - pub\.\d"),
    ("lens", r"(?m)^UR  - https?://(www\.)?lens\.org"),
    ("psycnet", r"(?m)^Provider: American Psychological"),
    (
        "pubmed",
        r"(?m)^D[BP]  - (PubMed|NLM)[ ]*$|^UR  - https?://(www\.)?(pubmed\.)?ncbi\.nlm\.nih\.gov"
        r"/(pubmed/)?\d",
    ),
)
"""Name of an exporting tool and what its exports hold; the first that fits."""

_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")
# DOIs of before 2000 may hold the code of an article with < and > in it (SICI)
_BARE_DOI = r"10\.\d{4,9}/[^\s\"<>]+(?:<[^\s<>]{1,40}>[\d.]*co;[\w-]+)?"
_DOI = re.compile(rf"(?i){_BARE_DOI}")
_DOI_SAID = re.compile(rf"(?i)\bdoi(?:\.org/|[:\s])\s*({_BARE_DOI})")
_PMID = re.compile(r"(?i)(?:pmid:?|pubmed)?\s*(\d{5,8})(?:\s*\[pmid\])?")
_COCHRANE = re.compile(r"\bCD\d{6}(?:\.PUB\d+)?", re.IGNORECASE)
_NOTICE = re.compile(r"(?i)^\s*(copyright of |copyright ©|©)")
_URL_BORDER = re.compile(r";\s*(?=https?://)|\s+(?=https?://)")
_RETRACTED = re.compile(
    r"(?i)^\W*(retracted\b|withdrawn\W)|\[retracted\]|\bretracted publication\b"
)
_RETRACTION = re.compile(r"(?i)^\W*retraction\b|\bretraction of publication\b")
_SUSPECT = ("retract", "withdrawn", "concern")
_PMCID = re.compile(r"(?i)(PMC\d{4,9})(?:\s*\[pmcid\])?")
_CONCERN = re.compile(r"(?i)\bexpression of concern\b")


class Entry:
    """One record as read, and what no column has taken of it yet.

    Parameters
    ----------
    values : mapping
        Tag to its values in order.
    """

    __slots__ = ("left", "said", "values")

    def __init__(self, values: Mapping[str, list[str]]) -> None:
        self.values = values
        self.left: dict[str, list[str]] = dict(values)
        self.said: Mapping[str, list[str]] = values
        short = [
            v.lower()
            for v in chain.from_iterable(values.values())
            if len(v) in _LENGTHS and v[:1] in _STARTS
        ]
        if short and not _SAYS_NOTHING.isdisjoint(short):
            said = {tag: [v for v in found if not is_null(v)] for tag, found in values.items()}
            self.said = {tag: found for tag, found in said.items() if found}

    def known(self, tag: str) -> list[str]:
        """Give the values of a tag that say something."""
        return self.said.get(tag, [])

    def first(self, tags: Tags) -> str:
        """Take the first value among tags; the same text under another of them is used up too."""
        said = self.said
        for tag in tags:
            if tag in said:
                values = said[tag]
                if len(tags) == 1 and len(values) == 1 and said is self.values:
                    self.left[tag] = []
                else:
                    self.use(values[0], tags)
                return values[0]
        return ""

    def every(self, tags: Tags) -> list[str]:
        """Take all values of the first tag that has any."""
        said = self.said
        for tag in tags:
            if tag in said:
                found = said[tag]
                self.take(tag, found)
                return found
        return []

    def take(self, tag: str, found: list[str]) -> None:
        """Mark these values of a tag as used."""
        values = self.values[tag]
        self.left[tag] = [] if len(found) == len(values) else [v for v in values if v not in found]

    def use(self, text: str, tags: Tags) -> None:
        """Mark as used each value under these tags that is exactly this text."""
        left = self.left
        for tag in tags:
            if tag in left:
                values = left[tag]
                if len(values) > 1:
                    left[tag] = [v for v in values if v != text]
                elif values and values[0] == text:
                    left[tag] = []

    def rest(self) -> str:
        """Give the values that no column took, as JSON; ``""`` when there are none."""
        kept = {tag: values for tag, values in self.left.items() if values}
        if not kept:
            return ""
        kept = {tag: found for tag in sorted(kept) if (found := [v for v in kept[tag] if v])}
        return _json(kept) if kept else ""


_json = json.JSONEncoder(ensure_ascii=False).encode


def is_null(value: str) -> bool:
    """Tell whether a value is empty or only says that there is none."""
    return value.lower() in _SAYS_NOTHING


_SAYS_NOTHING = NULL_WORDS | {""}
_LENGTHS = frozenset(map(len, _SAYS_NOTHING))
_STARTS = "".join(sorted({word[:1] for word in NULL_WORDS} | {w[:1].upper() for w in NULL_WORDS}))


def dialect_of(text: str) -> str:
    """Name the tool that wrote an export; ``ris`` where nothing in it tells."""
    head = text[:100_000]  # tools write their marks in every record
    return next((name for name, pattern in DIALECTS if re.search(pattern, head)), "ris")


def row_of(
    values: Mapping[str, list[str]], dialect: str, source: str, fields: FieldMap = RIS
) -> dict[str, str]:
    """Make the columns of one record from its fields.

    Parameters
    ----------
    values : mapping
        Name of a field to its values.
    dialect : str
        Name of the exporting tool (see `dialect_of`).
    source : str
        The database as searches.csv names it, where the record does not.
    fields : FieldMap
        Where the fields go.

    Returns
    -------
    dict
        Column to text; the codes of what is missing or odd are in ``warnings``.
    """
    entry = Entry(values)
    names = (fields.title[:1], fields.doi[:1], fields.notes)
    fields = fields.within(frozenset(values))
    first, every = entry.first, entry.every
    row = {"type": first(fields.type), "dialect": dialect}
    row["title"] = _title(entry, row["type"], fields)
    row["abstract"] = _abstract(entry, fields)
    _names(row, entry, fields)
    _year(row, entry, fields)
    _place(row, entry, fields)
    _identifiers(row, entry, dialect, fields)
    row["database"] = _database(entry, fields) or source
    row["urls"] = "; ".join(_urls(entry, fields))
    row["language"] = "; ".join(every(fields.language))
    row["keywords"] = "; ".join(every(fields.keywords))
    row["pub_types"] = "; ".join(_pub_types(entry, fields))
    row["notes"] = " | ".join(every(fields.notes))
    row["retraction_status"] = _retraction(row)
    row["raw_extra"] = entry.rest()
    row["warnings"] = ";".join(_warnings(row, entry, *names))
    return row


# --- columns --------------------------------------------------------------------------------------


def _title(entry: Entry, kind: str, fields: FieldMap) -> str:
    if kind in _BOOKS:
        return entry.first(fields.title + fields.book_title)
    return entry.first(fields.title)


_BOOKS = frozenset({"CHAP", "BOOK", "CONF"})


def _abstract(entry: Entry, fields: FieldMap) -> str:
    """Join the parts of the abstract; a copyright notice of EBSCOhost stays out of it."""
    for tag in fields.abstract:
        parts = [v for v in entry.known(tag) if not _NOTICE.match(v)]
        if parts:
            text = parts[0] if len(parts) == 1 else " ".join(dict.fromkeys(parts))
            entry.take(tag, parts)
            entry.use(text, fields.abstract)
            return text
    return ""


_TIGHT = re.compile(r"(?<=\w),(?=[^\W\d_])")
"""The comma of a name as Atypon writes it: no blank behind it."""


def _pub_types(entry: Entry, fields: FieldMap) -> list[str]:
    """Give the types of publication; Atypon sets the DOI under the same tag."""
    for tag in fields.pub_types:
        found = [v for v in entry.known(tag) if not ("10." in v and clean_doi(v))]
        if found:
            entry.take(tag, found)
            return found
    return []


def _names(row: dict[str, str], entry: Entry, fields: FieldMap) -> None:
    """Fill in persons and groups; EndNote marks a group by a comma at its end."""
    names = entry.every(fields.authors)
    if any("," in n and ", " not in n for n in names):
        names = [_TIGHT.sub(", ", n) for n in names]
    groups = [n for n in names if n[-1] == ","]
    if groups:
        names = [n for n in names if n[-1] != ","]
    row["authors"] = "; ".join(names)
    row["group_authors"] = "; ".join(groups + entry.every(fields.group_authors))


def _year(row: dict[str, str], entry: Entry, fields: FieldMap) -> None:
    for tag in fields.year:
        for value in entry.known(tag):
            found = _YEAR.search(value)
            if found:
                entry.use(value, fields.year)
                row["year"], row["year_raw"] = found[1], value
                return
    row["year"], row["year_raw"] = "", entry.first(fields.year)


def _place(row: dict[str, str], entry: Entry, fields: FieldMap) -> None:
    first, last = entry.first(fields.first_page), entry.first(fields.last_page)
    pages = f"{first}-{last}" if first and last and last != first else first or last
    numbers = entry.every(fields.numbers)
    books = [n for n in numbers if len(n) > 9 and len(re.sub(r"\W", "", n)) in (10, 13)]
    papers = [n for n in numbers if n not in books] if books else numbers
    row["journal"] = entry.first(fields.journal)
    row["volume"] = entry.first(fields.volume)
    row["issue"] = entry.first(fields.issue)
    row["pages"] = pages or entry.first(fields.pages)
    row["article_no"] = entry.first(fields.article_no)
    row["issn"] = "; ".join(papers + entry.every(fields.issn))
    row["isbn"] = "; ".join(books + entry.every(fields.isbn))


def _database(entry: Entry, fields: FieldMap) -> str:
    """Give the names of the databases, without years in ``<>``, EBSCOhost's codes resolved."""
    for tag in fields.database:
        found = entry.known(tag)
        if found:
            names = {value: _database_name(value) for value in found}
            entry.take(tag, [value for value, name in names.items() if value == name])
            return "; ".join(dict.fromkeys(names.values()))
    return ""


@functools.lru_cache(maxsize=1000)
def _database_name(value: str) -> str:
    name = re.sub(r"\s*<.*?>\s*$", "", value)
    return DATABASE_CODES.get(name, name)


def _urls(entry: Entry, fields: FieldMap) -> list[str]:
    found: list[str] = []
    for tag in fields.urls:
        addresses = [v for v in entry.known(tag) if v[:4].lower() in ("http", "www.")]
        if addresses:
            entry.take(tag, addresses)
            found.extend(addresses)
    values = dict.fromkeys(found) if len(found) > 1 else found
    return [part for value in values for part in _URL_BORDER.split(value) if part]


# --- identifiers ----------------------------------------------------------------------------------


def clean_doi(text: str) -> str:
    """Give a DOI in lower case without address, escapes and closing marks; ``""`` if there is none.

    Examples
    --------
    >>> clean_doi("https://doi.org/10.1186/1471-244X-14-39.")
    '10.1186/1471-244x-14-39'
    """
    if "%" in text:
        text = unquote(text)
    if "&" in text:
        text = html.unescape(text)
    found = _DOI.search(text)
    if not found:
        return ""
    doi = found[0].lower().rstrip(".,;:'")
    if doi[-1:] not in (")", "]"):
        return doi
    for opening, closing in ("()", "[]"):
        while doi.endswith(closing) and doi.count(closing) > doi.count(opening):
            doi = doi[:-1].rstrip(".,;:")
    return doi


_OTHER_WORK = re.compile(
    r"(?i)\b(errat|corrig|addend|correct(ion|ed|s)|comment|retract|republish|reprint|updat|expression"
    r" of concern|original|repl(y|ies)|respon|pre-?print|version|protocol|companion|see also|summar"
    r"|cite[sd]|referenc|supplement|dataset|data set)"
)
"""Words of a note after which a DOI is that of another work."""


def _said_doi(tag: str, value: str, fields: FieldMap) -> str:
    """Give the DOI of a value; beside other text only where it is said to be one of this record."""
    if tag in fields.doi_said:
        found = _DOI_SAID.search(value) if len(value) < 500 else None
        is_other = found and tag in fields.notes and _tells_of_another(value, found)
        return clean_doi(found[1]) if found and not is_other else ""
    return clean_doi(value)


def _tells_of_another(value: str, doi: re.Match[str]) -> bool:
    return bool(_OTHER_WORK.search(value, 0, doi.start()))


def _dois(entry: Entry, fields: FieldMap) -> list[str]:
    for tag in fields.doi:
        found = [doi for v in entry.known(tag) if (doi := _said_doi(tag, v, fields))]
        if found:
            entry.use(found[0], tuple(t for t in fields.doi if t not in fields.doi_said))
            return list(dict.fromkeys(found))
    return []


def _identifiers(row: dict[str, str], entry: Entry, dialect: str, fields: FieldMap) -> None:
    dois = _dois(entry, fields)
    row["doi"] = dois[0] if dois else ""
    row["accession"] = entry.first(fields.of("accession", dialect))
    row["pmid"] = _pmid(entry, dialect, fields)
    row["pmcid"] = _pmcid(entry, fields)
    row["cochrane_id"] = _cochrane_id(entry, dois, fields)


def _pmid(entry: Entry, dialect: str, fields: FieldMap) -> str:
    """Give the PubMed id; the accession number is one where the record comes from MEDLINE."""
    tags = list(fields.of("pmid", dialect))
    bases = " ".join(v for t in fields.database for v in entry.values.get(t, ())).lower()
    in_medline = "medline" in bases or "pubmed" in bases or bases == "nlm"
    if dialect == "ovid" and not in_medline and "ID" in tags:
        tags.remove("ID")
    if in_medline and dialect != "rayyan":
        tags.extend(fields.of("accession", ""))
    for tag in tags:
        for value in entry.known(tag):
            found = _PMID.fullmatch(value)
            if found:
                entry.use(found[1], (tag,))
                return found[1]
    return ""


def _pmcid(entry: Entry, fields: FieldMap) -> str:
    for tag in fields.pmcid:
        for value in entry.known(tag):
            found = _PMCID.fullmatch(value) if value[:3].upper() == "PMC" else None
            if found:
                number = found[1].upper()  # another spelling is kept as it stands
                entry.use(number, (tag,))
                return number
    return ""


def _cochrane_id(entry: Entry, dois: list[str], fields: FieldMap) -> str:
    """Give the number of a Cochrane review with its version, best from the DOI, which has it."""
    places = [d for d in dois if d.startswith("10.1002/14651858.")]
    places += [v for t in fields.cochrane_id for v in entry.known(t) if v.startswith("CD")]
    if not places:
        return ""
    found = next((m[0] for text in places if (m := _COCHRANE.search(text))), "")
    return found.upper().replace(".PUB", ".pub")


def _retraction(row: Mapping[str, str]) -> str:
    text = f"{row['title']}\n{row['pub_types']}"
    small = text.lower()
    if not any(word in small for word in _SUSPECT):
        return ""
    for status, pattern in (
        ("retracted", _RETRACTED),
        ("retraction_notice", _RETRACTION),
        ("expression_of_concern", _CONCERN),
    ):
        if any(pattern.search(line) for line in text.split("\n")):
            return status
    return ""


# --- warnings -------------------------------------------------------------------------------------

WARNINGS: Mapping[str, str] = {
    "no_title": "the record has no title",
    "no_abstract": "the record has no abstract",
    "no_authors": "the record has no authors",
    "no_year": "the record has no year",
    "doi_malformed": "what stands under DO is not a DOI; it is kept in raw_extra",
    "several_dois": "the record gives more than one DOI; the first is used",
    "doi_of_other_work": "a note gives the DOI of another work, as of an erratum; it is kept there",
    "several_titles": "the record gives more than one title; the first is used",
    "replacement_character": "a letter was lost before the export came here (U+FFFD)",
}
"""What each code of a warning means; the codes of repairs come to them."""

_EMPTY = (("no_title", "title"), ("no_abstract", "abstract"), ("no_year", "year"))


def _gives_other_doi(value: str) -> bool:
    if value.startswith("References:"):  # Scopus: the works that are cited, not one about this one
        return False
    doi = _DOI_SAID.search(value) if "10." in value else None
    return doi is not None and _tells_of_another(value, doi)


def _warnings(
    row: Mapping[str, str], entry: Entry, title: Tags, doi: Tags, notes: Tags
) -> list[str]:
    found = [code for code, column in _EMPTY if not row[column]]
    if not row["authors"] and not row["group_authors"]:
        found.append("no_authors")
    dois = [v for t in doi for v in entry.known(t)]
    if not row["doi"] and dois:
        found.append("doi_malformed")
    if len(dois) > 1 and len({d for v in dois if (d := clean_doi(v))}) > 1:
        found.append("several_dois")
    if any(_gives_other_doi(v) for t in notes for v in entry.known(t)):
        found.append("doi_of_other_work")
    titles = [v for t in title for v in entry.known(t)]
    if len(titles) > 1 and len(set(titles)) > 1:
        found.append("several_titles")
    if any("\ufffd" in row[c] for c in ("title", "abstract", "authors")):
        found.append("replacement_character")
    return found
