"""BibTeX: marks of TeX escaped, capitals held by braces, the own id as key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from parapluie.export.values import KINDS, Row, id_of, items, kind_of, line, notes_of

ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",  # not \{, which BibTeX counts when it balances braces
    "}": r"\textbraceright{}",
    "%": r"\%",
    "&": r"\&",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
}
"""Characters with a meaning in TeX, and how they are written."""

_BACK = {text: mark for mark, text in ESCAPES.items()}
_ESCAPED = re.compile("|".join(re.escape(text) for text in _BACK))
_CONTAINERS = {
    "incollection": "booktitle",
    "inproceedings": "booktitle",
    "techreport": "institution",
    "phdthesis": "school",
}
_SINGLE = {"year": "year", "volume": "volume", "issue": "number", "pmid": "pmid", "pmcid": "pmcid",
           "language": "language", "abstract": "abstract"}  # fmt: skip
_BARE = {"{": "%7B", "}": "%7D", "\\": "%5C"}


def escape(text: str) -> str:
    """Write a text so that TeX prints it as it is."""
    return "".join(ESCAPES.get(mark, mark) for mark in line(text))


def plain(text: str) -> str:
    """Take back `escape`."""
    return _ESCAPED.sub(lambda m: _BACK[m[0]], text)


def bibtex(rows: Sequence[Row]) -> str:
    """Write BibTeX; the ids of a review are unique, hence so are the keys."""
    return "\n".join(_entry(row) for row in rows)


def _entry(row: Row) -> str:
    kind = KINDS[kind_of(row)][1]
    fields = "".join(f"  {name} = {{{value}}},\n" for name, value in _fields(row, kind))
    return f"@{kind}{{{id_of(row)},\n{fields}}}\n"


def _fields(row: Row, kind: str) -> Iterator[tuple[str, str]]:
    if title := escape(row.get("title", "")):
        yield "title", f"{{{title}}}"  # the inner braces keep capitals
    names = [_name(n) for n in items(row, "authors")]
    names += [f"{{{escape(n.rstrip(','))}}}" for n in items(row, "group_authors")]
    if names:
        yield "author", " and ".join(names)
    if journal := escape(row.get("journal", "")):
        yield _CONTAINERS.get(kind, "journal"), journal
    for column, name in _SINGLE.items():
        if value := escape(row.get(column, "")):
            yield name, value
    if pages := escape(row.get("pages", "") or row.get("article_no", "")):
        yield "pages", pages
    for column in ("issn", "isbn", "keywords"):
        if found := items(row, column):
            yield column, escape("; ".join(found))
    yield from _addresses(row)
    yield "note", escape(" | ".join(notes_of(row)))


def _name(text: str) -> str:
    name = escape(text)
    return f"{{{name}}}" if re.search(r"(?i)\band\b", name) else name


def _addresses(row: Row) -> Iterator[tuple[str, str]]:
    """DOI and URL are read as they stand; only what would spoil the braces is encoded."""
    found = {"doi": line(row.get("doi", "")), "url": " ".join(items(row, "urls"))}
    for name, value in found.items():
        if value:
            yield name, "".join(_BARE.get(mark, mark) for mark in value)
