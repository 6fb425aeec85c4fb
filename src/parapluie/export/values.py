"""What the writers share: the id, clean lines, names and the kind of a work."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

ID_NOTE = "parapluie-id: "
"""Stands before the own id among the notes; tools keep notes when they replace other ids."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_NOTE = re.compile(r"parapluie-id:\s*((?:[A-Za-z0-9._:-]|\\_)+)")  # TeX writes _ with a stroke
ID_COLUMN = "parapluie_id"
"""Column of the own id in tables; ASReview takes ``record_id`` for a number of its own."""

_ID_FIELDS = frozenset({"an", "id", "key", "record_id", "accession number", "report_id", ID_COLUMN})

Row = Mapping[str, str]


def id_of(row: Row) -> str:
    """Give the id of a report or record."""
    return row.get("report_id") or row.get("record_id", "")


def own_id(values: Mapping[str, Sequence[str]], known: Mapping[str, object]) -> str:
    """Find the own id in a record that came back from another tool; ``""`` if there is none.

    Parameters
    ----------
    values : mapping
        Name of a field to its values.
    known : mapping
        Its keys are every id of the review; an accession number counts only if it is one of them.
    """
    noted = (
        m[1].replace("\\", "") for vs in values.values() for v in vs for m in _NOTE.finditer(v)
    )
    named = (v for name, vs in values.items() if name.lower() in _ID_FIELDS for v in vs)
    first = next(noted, "")
    return first or next((v for v in named if v in known), "")


def line(text: str) -> str:
    """Give a text as one line: line breaks and runs of blanks become one blank.

    Some readers take three blanks and a tag inside a line for a new field.
    """
    return re.sub(r" {2,}", " ", _CONTROL.sub(" ", text)).strip()


def items(row: Row, column: str) -> list[str]:
    """Split a column that holds a list."""
    return [part for p in row.get(column, "").split("; ") if (part := line(p))]


def year_of(row: Row) -> str:
    """Give the year if it is one; some tools refuse a file for a word in its place."""
    year = line(row.get("year", ""))
    return year if year.isdecimal() else ""


def pages_of(row: Row) -> str:
    """Give the pages; the article number where there are none, since few tools know both."""
    return line(row.get("pages", "")) or line(row.get("article_no", ""))


def notes_of(row: Row, but: str = "") -> list[str]:
    """Give the notes, the identifiers that formats have no field for, and the own id.

    Parameters
    ----------
    row : mapping
        A report or record.
    but : str
        An identifier that the format has a field for.
    """
    said = [f"{name}: {row[c]}" for c, name in _NOTED.items() if row.get(c) and c != but]
    return [n for n in [line(row.get("notes", "")), *said] if n] + [ID_NOTE + id_of(row)]


_NOTED = {"pmid": "PMID", "cochrane_id": "Cochrane", "accession": "Accession"}


def kind_of(row: Row) -> str:
    """Give the type of a work as RIS names it; what is not known is a journal article or generic.

    reports.csv has no type, since merged records may disagree; a journal is what then decides.
    """
    known = row.get("type", "").strip().upper()
    if known in KINDS:
        return known
    if row.get("journal"):
        return "JOUR"
    return "BOOK" if row.get("isbn") else "GEN"


KINDS: Mapping[str, tuple[str, str]] = {
    "JOUR": ("article-journal", "article"),
    "EJOUR": ("article-journal", "article"),
    "ABST": ("article-journal", "article"),
    "INPR": ("article-journal", "article"),
    "MGZN": ("article-magazine", "article"),
    "NEWS": ("article-newspaper", "article"),
    "BOOK": ("book", "book"),
    "EBOOK": ("book", "book"),
    "EDBOOK": ("book", "book"),
    "SER": ("book", "book"),
    "CHAP": ("chapter", "incollection"),
    "ECHAP": ("chapter", "incollection"),
    "DICT": ("entry-dictionary", "incollection"),
    "ENCYC": ("entry-encyclopedia", "incollection"),
    "CPAPER": ("paper-conference", "inproceedings"),
    "CONF": ("paper-conference", "inproceedings"),
    "SLIDE": ("speech", "misc"),
    "THES": ("thesis", "phdthesis"),
    "RPRT": ("report", "techreport"),
    "GOVDOC": ("report", "techreport"),
    "STAND": ("report", "techreport"),
    "PAMP": ("pamphlet", "booklet"),
    "DATA": ("dataset", "misc"),
    "DBASE": ("dataset", "misc"),
    "ELEC": ("webpage", "misc"),
    "BLOG": ("post-weblog", "misc"),
    "PAT": ("patent", "misc"),
    "VIDEO": ("motion_picture", "misc"),
    "MANSCPT": ("manuscript", "unpublished"),
    "UNPB": ("manuscript", "unpublished"),
    "GEN": ("document", "misc"),
}
"""Type in RIS to its names in CSL and BibTeX."""
