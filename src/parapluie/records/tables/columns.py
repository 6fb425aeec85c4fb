"""One row of a table as the columns of a record.

`fields.row_of` does what is common to all formats, with one field for each column; what is done
here comes before and after: names are put as ``Family, Given``, lists are cut, values inside of
cells are found, and every cell that no column holds word for word goes to ``raw_extra``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from parapluie.records.fields import FieldMap, clean_doi, is_null, row_of
from parapluie.records.tables.dialects import LISTS, Dialect, plain
from parapluie.records.tables.names import people, split

FIELDS = FieldMap(
    type=("type",),
    title=("title",),
    abstract=("abstract",),
    authors=("authors",),
    group_authors=("group_authors",),
    journal=("journal",),
    year=("year",),
    doi=("doi", "urls", "notes"),
    doi_said=("urls", "notes"),
    urls=("urls",),
    volume=("volume",),
    issue=("issue",),
    pages=("pages",),
    first_page=("first_page",),
    last_page=("last_page",),
    article_no=("article_no",),
    numbers=("numbers",),
    issn=("issn",),
    isbn=("isbn",),
    database=("database",),
    language=("language",),
    keywords=("keywords",),
    pub_types=("pub_types",),
    notes=("notes",),
    pmcid=("pmcid",),
    cochrane_id=("cochrane_id",),
    pmid={"": ("pmid",)},
    accession={"": ("accession",)},
)
"""One field for each column, since headers are sorted out before."""

HELD_IN: Mapping[str, tuple[str, ...]] = {
    "authors": ("authors", "group_authors"),
    "year": ("year_raw", "year"),
    "first_page": ("pages",),
    "last_page": ("pages",),
    "numbers": ("issn", "isbn"),
    "record_id": (),
}
"""Columns in which a value may be found again, where they are not called like its field."""

TYPES: Mapping[str, str] = {
    "journalarticle": "JOUR", "journal article": "JOUR", "article": "JOUR", "journal": "JOUR",
    "book": "BOOK", "booksection": "CHAP", "book section": "CHAP", "book chapter": "CHAP",
    "chapter": "CHAP", "thesis": "THES", "dissertation": "THES", "conferencepaper": "CPAPER",
    "conference paper": "CPAPER", "conference proceedings": "CONF", "proceedings article": "CPAPER",
    "report": "RPRT", "dataset": "DATA", "webpage": "ELEC", "web page": "ELEC",
    "newspaperarticle": "NEWS", "newspaper article": "NEWS", "magazinearticle": "MGZN",
    "magazine article": "MGZN", "patent": "PAT",
    "j": "JOUR", "b": "BOOK", "s": "SER", "c": "CONF", "p": "PAT",  # letters of Web of Science
}  # fmt: skip
"""Type of RIS by the words of tables; words that say more, such as preprint or erratum, stay."""

_WHOLE = frozenset({"year", "volume", "issue", "pages", "first_page", "last_page", "pmid",
                    "accession", "article_no"})  # fmt: skip
_FLOAT = re.compile(r"(\d+)\.0")
_YEAR = re.compile(r"(?<!\d)(?:1[89]\d\d|20\d\d)(?!\d)")
_NUMBER = re.compile(r"\d{4}-?\d{3}[\dXx]|[\d-]{9,16}[\dXx]")
_APART = re.compile(r"[\s;|]+")
_GLUED_URL = re.compile(r"(?<=[\w)])(?=https?://)|\s*\|\s*(?=https?://)")
_LONG = 40
"""Characters from which on a value cannot be a word for nothing."""

_TRUE = frozenset({"true", "yes", "1", "1.0"})

Values = Mapping[str, Sequence[str]]
Roles = Mapping[str, Sequence[tuple[str, str]]]
"""Column to its headers and cells."""

_json = json.JSONEncoder(ensure_ascii=False).encode


def row(values: Values, dialect: Dialect, source: str) -> dict[str, str]:
    """Make the columns of records.csv from the cells of a row.

    Parameters
    ----------
    values : mapping
        Header to its cells.
    dialect : Dialect
        How the columns are called.
    source : str
        The database as searches.csv names it, where the row does not.
    """
    roles = _by_role(values, dialect)
    found = row_of(_fields(values, roles, dialect), dialect.name, source, FIELDS)
    found["type"] = TYPES.get(plain(found["type"]), found["type"])
    flags = roles.get("retraction_status", ())
    if not found["retraction_status"] and any(v.lower() in _TRUE for _, v in flags):
        found["retraction_status"] = "retracted"
    found["raw_extra"] = _rest(values, dialect, found)
    return found


# --- before ---------------------------------------------------------------------------------------


def _by_role(values: Values, dialect: Dialect) -> Roles:
    """Give for each column its headers and cells, the headers in the order of the dialect."""
    ranked: dict[str, list[tuple[int, str, str]]] = {}
    for header, cells in values.items():
        for role, rank in dialect.roles_of(header):
            for cell in cells:
                ranked.setdefault(role, []).append((rank, header, cell))
    for items in ranked.values():
        if len(items) > 1:
            items.sort(key=_rank)
    return {role: [(h, v) for _, h, v in items] for role, items in ranked.items()}


def _rank(item: tuple[int, str, str]) -> int:
    return item[0]


def _fields(values: Values, roles: Roles, dialect: Dialect) -> dict[str, list[str]]:
    """Give the values of each column as `FIELDS` names it."""
    fields: dict[str, list[str]] = {}
    for role, items in roles.items():
        cut = dialect.cut.get(role)
        cells = [(h, cut.sub("", v)) for h, v in items] if cut else items
        said = [one for one in cells if not _is_empty(one[1], dialect)]
        if said:
            fields[role] = _listed(role, said, dialect) if role in LISTS else _chosen(role, said)
    _add_parts(fields, values, dialect)
    if fields.get("pmcid", [""])[0].isdigit():
        fields["pmcid"] = [f"PMC{fields['pmcid'][0]}"]
    if "authors" in fields:
        _take_people(fields, fields["authors"], dialect)
    return fields


def _is_empty(value: str, dialect: Dialect) -> bool:
    return len(value) < _LONG and (is_null(value) or value.lower() in dialect.empty_words)


def _chosen(role: str, said: Sequence[tuple[str, str]]) -> list[str]:
    """Give the cells of the first header that is filled with what the column wants."""
    if len(said) == 1:
        cells = [" ".join(said[0][1].split())]
    else:
        best = next((h for h, v in said if _is_wanted(role, v)), said[0][0])
        cells = [" ".join(v.split()) for h, v in said if h == best]
    if role in _WHOLE:
        return [m[1] if (m := _FLOAT.fullmatch(v)) else v for v in cells]
    return cells


def _is_wanted(role: str, value: str) -> bool:
    if role == "year":
        return bool(_YEAR.search(value))
    return bool(clean_doi(value)) if role == "doi" else True


def _listed(role: str, said: Sequence[tuple[str, str]], dialect: Dialect) -> list[str]:
    """Give the values of all cells of a list, each once."""
    if role == "authors":
        first = said[0][0]
        counted = plain(first).rstrip("0123456789")  # one column for each author
        return [v for h, v in said if h == first or plain(h).rstrip("0123456789") == counted]
    found = [part for _, v in said for part in _cut(role, v, dialect)]
    return list(dict.fromkeys(found))


def _cut(role: str, value: str, dialect: Dialect) -> list[str]:
    separator = dialect.separators.get(role, "")
    if separator:
        return split(value, separator)
    if role in ("issn", "isbn", "numbers"):
        parts = _APART.split(value)
        numbers = all(_NUMBER.fullmatch(p) for p in parts if p)
        return [p for p in parts if p] if numbers else [" ".join(value.split())]
    if role == "urls":
        return [p.strip() for p in _GLUED_URL.split(value) if p.strip()]
    return [" ".join(value.split())]


def _add_parts(fields: dict[str, list[str]], values: Values, dialect: Dialect) -> None:
    """Find values inside of cells for columns that have none."""
    for part in dialect.parts:
        for header, cells in values.items():
            if not part.header.fullmatch(plain(header)):
                continue
            match = part.pattern.search(" ".join(cells[0].split()))
            for role, value in (match.groupdict() if match else {}).items():
                if value and value.strip() and not _has(fields, role, dialect):
                    fields[role] = [value.strip()]


def _has(fields: Mapping[str, list[str]], role: str, dialect: Dialect) -> bool:
    if role == "pages" and ("first_page" in fields or "article_no" in fields):
        return True
    return any(not _is_empty(v, dialect) for v in fields.get(role, ()))


def _take_people(fields: dict[str, list[str]], cells: Sequence[str], dialect: Dialect) -> None:
    persons: list[str] = []
    groups: list[str] = []
    for cell in cells:
        names, others = people(cell, dialect.separators.get("authors", ""), dialect.authors_order)
        persons += names
        groups += others
    fields["authors"] = persons
    if groups:
        fields["group_authors"] = [*fields.get("group_authors", ()), *groups]


# --- after ----------------------------------------------------------------------------------------


def _rest(values: Values, dialect: Dialect, found: Mapping[str, str]) -> str:
    """Give the cells that no column of theirs holds word for word, as JSON."""
    extra: dict[str, list[str]] = {}
    for header in sorted(values):
        roles = dialect.roles_of(header)
        kept = list(values[header])
        for role, _ in roles:
            kept = [v for v in kept if not _holds(found, role, v)]
        if kept:
            extra[header] = kept
    return _json(extra) if extra else ""


def _holds(found: Mapping[str, str], role: str, value: str) -> bool:
    for column in HELD_IN.get(role, (role,)):
        text = found.get(column, "")
        if value == text:
            return True
        if not text:
            continue
        if role in LISTS or column == "pages":
            if value in text or _bare(value) in _bare(text):
                return True
        elif _bare(value) == _bare(text):
            return True
    return False


def _bare(text: str) -> str:
    return _APART.sub("", text)
