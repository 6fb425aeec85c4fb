"""BibTeX: marks of TeX escaped, capitals held by braces, the own id as key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from parapluie.export.values import (
    KINDS,
    Row,
    id_of,
    items,
    kind_of,
    line,
    notes_of,
    pages_of,
    year_of,
)

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

_LIGATURES = re.compile(r"-(?=-)|`(?=`)|'(?=')|[?!](?=`)|<(?=<)|>(?=>)|,(?=,)")
"""Characters that TeX draws together with the next one: ``--`` would become a dash."""

_CONTAINERS = {
    "incollection": "booktitle",
    "inproceedings": "booktitle",
    "techreport": "institution",
    "phdthesis": "school",
}
_SINGLE = {"volume": "volume", "issue": "number", "article_no": "eid", "pmid": "pmid",
           "pmcid": "pmcid", "language": "language", "pub_types": "type",
           "abstract": "abstract"}  # fmt: skip
_BARE = {"{": "%7B", "}": "%7D", "\\": "%5C"}
_ENTITY = re.compile(r"&(?=#?\w{1,8};)")
_SUFFIX = re.compile(r"(?i)(?:jr|sr|2nd|3rd|4th|ii|iii|iv)\.?")


def escape(text: str) -> str:
    """Write a text so that TeX prints it as it is."""
    apart = _LIGATURES.sub(lambda m: m[0] + "\0", line(text))
    return "".join(ESCAPES.get(mark, mark) for mark in apart).replace("\0", "{}")


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
    if year := year_of(row):
        yield "year", year
    for column, name in _SINGLE.items():
        if value := escape(row.get(column, "")):
            yield name, value
    if pages := escape(pages_of(row)):
        yield "pages", pages
    for column in ("issn", "isbn", "keywords"):
        if found := items(row, column):
            yield column, escape(_joined(found))
    yield from _addresses(row)
    yield "note", escape(" | ".join(notes_of(row, but="pmid")))


def _joined(found: Sequence[str]) -> str:
    """Join a list; a single value with a comma is closed, so that it is not taken for several."""
    is_doubtful = len(found) == 1 and "," in found[0]
    return "; ".join(found) + ";" * is_doubtful


def _name(text: str) -> str:
    """Write ``Family, Suffix, Given``; a name without a comma is held, so that it stays whole."""
    family, _, given = (part.strip() for part in text.partition(","))
    if not family or not given:
        return f"{{{escape(text.strip(', '))}}}"
    first, _, suffix = (part.strip() for part in given.rpartition(","))
    parts = [family, suffix, first] if first and _SUFFIX.fullmatch(suffix) else [family, given]
    return ", ".join(_held(part) for part in parts)


def _held(part: str) -> str:
    """Hold a part of a name in braces where it would be cut."""
    held = escape(part)
    return f"{{{held}}}" if re.search(r"(?i)\band\b|[,;]", part) else held


def _addresses(row: Row) -> Iterator[tuple[str, str]]:
    """DOI and URL are read as they stand; only what would spoil the braces is encoded."""
    found = {"doi": line(row.get("doi", "")), "url": " ".join(items(row, "urls"))}
    for name, value in found.items():
        if value:
            value = "".join(_BARE.get(mark, mark) for mark in value)
            yield name, _ENTITY.sub(r"\&", value)
