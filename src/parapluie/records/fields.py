"""The field map: which tags fill which column of records.csv.

The first tag with a value wins. A value that a column holds word for word is used up; every other
value goes to ``raw_extra``, so that nothing of an export is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True)
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


RIS = FieldMap(
    type=("TY",),
    title=("TI", "T1"),
    book_title=("CT", "BT"),
    abstract=("AB", "N2"),
    authors=("AU", "A1"),
    journal=("JO", "JF", "T2", "JA", "J2", "SO"),
    year=("PY", "Y1", "DA"),
    doi=("DO", "L3", "M3", "UR", "N1"),
    doi_said=("UR", "N1"),
    urls=("UR", "LK", "L2", "L1"),
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
    pmcid=("PMCID", "PMC", "C2", "ID"),
    cochrane_id=("AN", "SP", "C7", "ID"),
    pmid={
        "": ("PMID",),
        "scopus": ("PMID", "C2"),
        "cochrane": ("PMID", "C3"),
        "dimensions": ("PMID", "U1"),
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
    ("cochrane", r"(?m)^AN  ?- +CN-\d|cochranelibrary\.com"),
    ("ovid", r"(?m)^NL  - |^Link to the (External )?(Link Resolver|Ovid)|ovidsp\.ovid|ovidweb"),
    ("ebsco", r"search\.ebscohost\.com|openurl\.ebsco"),
    ("embase", r"(?m)^UR  - https?://www\.embase\.com|^U2  - L\d"),
    ("proquest", r"search\.proquest\.com|www\.proquest\.com"),
    ("scopus", r"www\.scopus\.com|(?m:^N1  - Export Date)"),
    ("wos", r"(?m)^AN  - WOS:"),
    ("dimensions", r"(?m)^AN  - pub\.\d"),
    ("lens", r"(?m)^UR  - https?://(www\.)?lens\.org"),
    ("openalex", r"(?m)^(ID|UR|AN)  - https?://openalex\.org"),
    ("psycnet", r"(?m)^Provider: American Psychological"),
)
"""Name of an exporting tool and what its exports hold; the first that fits."""

_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")
_DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]+")
_DOI_SAID = re.compile(r"(?i)\bdoi(?:\.org/|[:\s])\s*(10\.\d{4,9}/[^\s\"<>]+)")
_PMID = re.compile(r"(?i)(?:pmid:?|pubmed)?\s*(\d{5,8})")
_COCHRANE = re.compile(r"\bCD\d{6}(?:\.PUB\d+)?", re.IGNORECASE)
_NOTICE = re.compile(r"(?i)^\s*(copyright of |copyright ©|©)")
_URL_BORDER = re.compile(r";\s*(?=https?://)|\s+(?=https?://)")
_RETRACTED = re.compile(
    r"(?i)^\W*(retracted\b|withdrawn\W)|\[retracted\]|\bretracted publication\b"
)
_RETRACTION = re.compile(r"(?i)^\W*retraction\b|\bretraction of publication\b")
_CONCERN = re.compile(r"(?i)\bexpression of concern\b")


@dataclass
class Entry:
    """One record as read, with the note of which of its values a column has taken.

    Parameters
    ----------
    values : mapping
        Tag to its values in order.
    """

    values: Mapping[str, list[str]]
    used: set[tuple[str, int]] = field(default_factory=set)

    def known(self, tag: str) -> list[tuple[int, str]]:
        """Give the values of a tag that say something, with their places."""
        return [
            (i, value)
            for i, value in enumerate(self.values.get(tag, ()))
            if value and value.lower() not in NULL_WORDS
        ]

    def first(self, *tags: str) -> str:
        """Take the first value among tags; the same text under another of them is used up too."""
        found = next((value for tag in tags for _, value in self.known(tag)), "")
        if found:
            self.use(found, *tags)
        return found

    def every(self, *tags: str) -> list[str]:
        """Take all values of the first tag that has any."""
        for tag in tags:
            found = self.known(tag)
            if found:
                self.used.update((tag, i) for i, _ in found)
                return [value for _, value in found]
        return []

    def use(self, text: str, *tags: str) -> None:
        """Mark as used each value under these tags that is exactly this text."""
        self.used.update(
            (tag, i)
            for tag in tags
            for i, value in enumerate(self.values.get(tag, ()))
            if value == text
        )

    def rest(self) -> str:
        """Give the values that no column took, as JSON; ``""`` when there are none."""
        left = {
            tag: kept
            for tag, values in sorted(self.values.items())
            if (kept := [v for i, v in enumerate(values) if v and (tag, i) not in self.used])
        }
        return json.dumps(left, ensure_ascii=False) if left else ""


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
    row = {"type": entry.first(*fields.type), "dialect": dialect}
    row["title"] = _title(entry, row["type"], fields)
    row["abstract"] = _abstract(entry, fields)
    row.update(_names(entry, fields))
    row.update(_year(entry, fields))
    row.update(_place(entry, fields))
    row.update(_identifiers(entry, dialect, fields))
    row["database"] = _database(entry, fields) or source
    row["urls"] = "; ".join(_urls(entry, fields))
    row["language"] = "; ".join(entry.every(*fields.language))
    row["keywords"] = "; ".join(entry.every(*fields.keywords))
    row["pub_types"] = "; ".join(entry.every(*fields.pub_types))
    row["notes"] = " | ".join(entry.every(*fields.notes))
    row["retraction_status"] = _retraction(row)
    row["raw_extra"] = entry.rest()
    row["warnings"] = ";".join(_warnings(row, entry, fields))
    return row


# --- columns --------------------------------------------------------------------------------------


def _title(entry: Entry, kind: str, fields: FieldMap) -> str:
    books = fields.book_title if kind in ("CHAP", "BOOK", "CONF") else ()
    return entry.first(*fields.title, *books)


def _abstract(entry: Entry, fields: FieldMap) -> str:
    """Join the parts of the abstract; a copyright notice of EBSCOhost stays out of it."""
    for tag in fields.abstract:
        parts = [(i, v) for i, v in entry.known(tag) if not _NOTICE.match(v)]
        if parts:
            text = " ".join(dict.fromkeys(v for _, v in parts))
            entry.used.update((tag, i) for i, _ in parts)
            entry.use(text, *fields.abstract)
            return text
    return ""


def _names(entry: Entry, fields: FieldMap) -> dict[str, str]:
    """Give persons and groups; a name that ends with a comma is a group, as EndNote writes it."""
    names = entry.every(*fields.authors)
    groups = [n for n in names if n.endswith(",")] + entry.every(*fields.group_authors)
    return {
        "authors": "; ".join(n for n in names if not n.endswith(",")),
        "group_authors": "; ".join(groups),
    }


def _year(entry: Entry, fields: FieldMap) -> dict[str, str]:
    for tag in fields.year:
        for _, value in entry.known(tag):
            found = _YEAR.search(value)
            if found:
                entry.use(value, *fields.year)
                return {"year": found[1], "year_raw": value}
    return {"year": "", "year_raw": entry.first(*fields.year)}


def _place(entry: Entry, fields: FieldMap) -> dict[str, str]:
    first, last = entry.first(*fields.first_page), entry.first(*fields.last_page)
    pages = f"{first}-{last}" if first and last and last != first else first or last
    numbers = entry.every(*fields.numbers)
    books = [n for n in numbers if len(re.sub(r"\W", "", n)) in (10, 13)]
    papers = [n for n in numbers if n not in books]
    return {
        "journal": entry.first(*fields.journal),
        "volume": entry.first(*fields.volume),
        "issue": entry.first(*fields.issue),
        "pages": pages or entry.first(*fields.pages),
        "article_no": entry.first(*fields.article_no),
        "issn": "; ".join(papers + entry.every(*fields.issn)),
        "isbn": "; ".join(books + entry.every(*fields.isbn)),
    }


def _database(entry: Entry, fields: FieldMap) -> str:
    """Give the names of the databases, without years in ``<>``, EBSCOhost's codes resolved."""
    for tag in fields.database:
        names: dict[str, None] = {}
        for i, value in entry.known(tag):
            name = re.sub(r"\s*<.*?>\s*$", "", value)
            name = DATABASE_CODES.get(name, name)
            names[name] = None
            if name == value:
                entry.used.add((tag, i))
        if names:
            return "; ".join(names)
    return ""


def _urls(entry: Entry, fields: FieldMap) -> list[str]:
    found: list[str] = []
    for tag in fields.urls:
        for i, value in entry.known(tag):
            if value.lower().startswith(("http", "www.")):
                entry.used.add((tag, i))
                found.extend(part for part in _URL_BORDER.split(value) if part)
    return list(dict.fromkeys(found))


# --- identifiers ----------------------------------------------------------------------------------


def clean_doi(text: str) -> str:
    """Give a DOI in lower case without address, escapes and closing marks; ``""`` if there is none.

    Examples
    --------
    >>> clean_doi("https://doi.org/10.1186/1471-244X-14-39.")
    '10.1186/1471-244x-14-39'
    """
    found = _DOI.search(unquote(text))
    if not found:
        return ""
    doi = found[0].lower().rstrip(".,;:'")
    for opening, closing in ("()", "[]"):
        while doi.endswith(closing) and doi.count(closing) > doi.count(opening):
            doi = doi[:-1].rstrip(".,;:")
    return doi


def _said_doi(tag: str, value: str, fields: FieldMap) -> str:
    """Give the DOI of a value; beside other text only where it is said to be one of this record."""
    if tag in fields.doi_said:
        found = _DOI_SAID.search(value) if len(value) < 500 else None
        return clean_doi(found[1]) if found else ""
    return clean_doi(value)


def _dois(entry: Entry, fields: FieldMap) -> list[str]:
    for tag in fields.doi:
        found = [doi for _, v in entry.known(tag) if (doi := _said_doi(tag, v, fields))]
        if found:
            entry.use(found[0], *(t for t in fields.doi if t not in fields.doi_said))
            return list(dict.fromkeys(found))
    return []


def _identifiers(entry: Entry, dialect: str, fields: FieldMap) -> dict[str, str]:
    dois = _dois(entry, fields)
    return {
        "doi": dois[0] if dois else "",
        "accession": entry.first(*fields.of("accession", dialect)),
        "pmid": _pmid(entry, dialect, fields),
        "pmcid": _pmcid(entry, fields),
        "cochrane_id": _cochrane_id(entry, dois, fields),
    }


def _pmid(entry: Entry, dialect: str, fields: FieldMap) -> str:
    """Give the PubMed id; the accession number is one where the record comes from MEDLINE."""
    tags = list(fields.of("pmid", dialect))
    bases = " ".join(v for t in fields.database for v in entry.values.get(t, ())).lower()
    in_medline = "medline" in bases or "pubmed" in bases
    if dialect == "ovid" and not in_medline and "ID" in tags:
        tags.remove("ID")
    if in_medline and dialect != "rayyan":
        tags.extend(fields.of("accession", ""))
    for tag in tags:
        for _, value in entry.known(tag):
            found = _PMID.fullmatch(value)
            if found:
                entry.use(found[1], tag)
                return found[1]
    return ""


def _pmcid(entry: Entry, fields: FieldMap) -> str:
    for tag in fields.pmcid:
        for _, value in entry.known(tag):
            found = re.fullmatch(r"(?i)PMC\d{4,9}", value)
            if found:
                entry.use(value, tag)
                return value.upper()
    return ""


def _cochrane_id(entry: Entry, dois: list[str], fields: FieldMap) -> str:
    """Give the number of a Cochrane review with its version, best from the DOI, which has it."""
    places = [d for d in dois if d.startswith("10.1002/14651858.")]
    places += [v for t in fields.cochrane_id for _, v in entry.known(t) if v.startswith("CD")]
    found = next((m[0] for text in places if (m := _COCHRANE.search(text))), "")
    return found.upper().replace(".PUB", ".pub")


def _retraction(row: Mapping[str, str]) -> str:
    text = "\n".join(row[c] for c in ("title", "pub_types"))
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
    "several_titles": "the record gives more than one title; the first is used",
    "replacement_character": "a letter was lost before the export came here (U+FFFD)",
}
"""What each code of a warning means; the codes of repairs come to them."""

_EMPTY: Mapping[str, str] = {"no_title": "title", "no_abstract": "abstract", "no_year": "year"}


def _warnings(row: Mapping[str, str], entry: Entry, fields: FieldMap) -> list[str]:
    doi, title = fields.doi[:1], fields.title[:1]
    tests: Mapping[str, Callable[[], bool]] = {
        "no_authors": lambda: not (row["authors"] or row["group_authors"]),
        "doi_malformed": lambda: not row["doi"] and any(entry.known(t) for t in doi),
        "several_dois": lambda: (
            len({d for t in doi for _, v in entry.known(t) if (d := clean_doi(v))}) > 1
        ),
        "several_titles": lambda: len({v for t in title for _, v in entry.known(t)}) > 1,
        "replacement_character": lambda: (
            "\ufffd" in row["title"] + row["abstract"] + row["authors"]
        ),
    }
    found = [code for code, column in _EMPTY.items() if not row[column]]
    return [*found, *(code for code, test in tests.items() if test())]
