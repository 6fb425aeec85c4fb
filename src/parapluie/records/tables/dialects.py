"""Which column of a table holds what, for each database and tool that writes tables.

A dialect is a YAML file under ``dialects/``: its keys are columns of records.csv, its values the
names of headers. Of several headers the first that is filled gives the column; lists, such as
keywords, are joined. Names are compared without case, and ``_ . - / :`` count as blanks.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

LISTS = frozenset({
    "authors", "group_authors", "numbers", "issn", "isbn", "urls", "language", "keywords",
    "pub_types", "notes",
})  # fmt: skip
"""Columns that take the values of all their headers."""

ROLES = (
    "type", "title", "abstract", "authors", "group_authors", "year", "journal", "volume", "issue",
    "pages", "first_page", "last_page", "article_no", "doi", "pmid", "pmcid", "accession",
    "cochrane_id", "issn", "isbn", "numbers", "urls", "language", "keywords", "pub_types", "notes",
    "database", "retraction_status", "record_id",
)  # fmt: skip
"""What a header can be: a column of records.csv, or the first or last page, or ISSN and ISBN."""

SEPARATED = ("authors", "group_authors", "keywords")
"""Columns that may have a separator of their own, as in ``authors_separator``."""

PLAIN = "table"
"""The dialect of tables that no tool is known by: plain names."""

MAPPED = "mapped"
"""The dialect of tables that a team mapped."""

_RANKS = 1000
"""What separates two headers of a column, so that numbered columns find a place between."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BLANKS = re.compile(r"[\s_.\-/:]+")


@functools.lru_cache(maxsize=10_000)
def plain(header: str) -> str:
    """Give a header as it is compared.

    Examples
    --------
    >>> plain("Art. No."), plain("pub_year")
    ('art no', 'pub year')
    """
    return " ".join(_BLANKS.sub(" ", header.lstrip("\ufeff").casefold()).split())


@dataclass(frozen=True)
class Part:
    """A pattern whose named groups give columns that stand inside the cells of one header."""

    header: re.Pattern[str]
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Dialect:
    """How one tool writes tables.

    Parameters
    ----------
    name : str
        That of its file, as in the column ``dialect`` of records.csv.
    format : str
        What messages call it.
    headers : mapping
        Column (one of `ROLES`) to the headers that hold it, as written.
    recognised_by : tuple of frozenset
        Sets of headers; a table that has all of one set is of this dialect.
    separators : mapping
        One of `SEPARATED` to what separates its values (see `names.split`).
    authors_order : str
        ``family given``, ``given family``, or empty where it has to be seen from the names.
    cut : mapping
        Column to a pattern that is no part of its value.
    parts : tuple of Part
        Values inside of cells.
    widths : frozenset of int
        Numbers of cells that a row may have besides that of the header.
    text_rows : tuple of pattern
        Lines of text between the rows.
    empty_words : frozenset of str
        What the tool writes for a value it does not have (lower case).
    fused_tags : bool
        Whether cells may hold tags of RIS, as in ``10.1/x     LK  - https://...``.
    plain_names : bool
        Whether columns without a header here are found by plain names.
    """

    name: str
    format: str
    headers: Mapping[str, tuple[str, ...]]
    recognised_by: tuple[frozenset[str], ...] = ()
    separators: Mapping[str, str] = field(default_factory=dict)
    authors_order: str = ""
    cut: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    widths: frozenset[int] = frozenset()
    text_rows: tuple[re.Pattern[str], ...] = ()
    empty_words: frozenset[str] = frozenset()
    fused_tags: bool = False
    plain_names: bool = False

    @functools.cached_property
    def _exact(self) -> Mapping[str, list[tuple[str, int]]]:
        """Give for each plain header the columns it fills, with its rank among their headers."""
        found: dict[str, list[tuple[str, int]]] = {}
        for role, names in self.headers.items():
            for rank, name in enumerate(names):
                found.setdefault(plain(name), []).append((role, rank * _RANKS))
        return found

    @functools.cached_property
    def _counted(self) -> Sequence[tuple[re.Pattern[str], str, int]]:
        """Give the headers in which ``*`` stands for a number."""
        return [
            (_pattern(name), role, rank * _RANKS)
            for role, names in self.headers.items()
            for rank, name in enumerate(names)
            if "*" in name
        ]

    @functools.cached_property
    def _known(self) -> dict[str, tuple[tuple[str, int], ...]]:
        """Keep what was asked before, since every row has the same headers."""
        return {}

    def roles_of(self, header: str) -> tuple[tuple[str, int], ...]:
        """Give the columns that a header fills, each with its rank among their headers."""
        if header not in self._known:
            self._known[header] = tuple(self._roles(plain(header)))
        return self._known[header]

    def _roles(self, name: str) -> Iterable[tuple[str, int]]:
        yield from self._exact.get(name, ())
        for pattern, role, rank in self._counted:
            match = pattern.fullmatch(name)
            if match:
                yield role, rank + int(match[1])
        if self.plain_names:
            for role, rank in by_name()[PLAIN].roles_of(name):
                if role not in self.headers:
                    yield role, rank


def _pattern(name: str) -> re.Pattern[str]:
    """Make a pattern of a header in which ``*`` stands for a number."""
    before, _, after = name.partition("*")
    return re.compile(f"{re.escape(plain(before))} (\\d+)(?: {re.escape(plain(after))})?"
                      if after else f"{re.escape(plain(before))} (\\d+)")  # fmt: skip


# --- from YAML ------------------------------------------------------------------------------------


def dialect_from(name: str, body: Mapping[str, Any]) -> Dialect:
    """Make a dialect of the content of its file, or of the mapping that a team wrote."""
    sets = body.get("recognised_by", [])
    if sets and isinstance(sets[0], str):
        sets = [sets]
    return Dialect(
        name=name,
        format=str(body.get("format", "table with a mapping")),
        headers={role: _listed(body[role]) for role in ROLES if body.get(role)},
        recognised_by=tuple(frozenset(plain(h) for h in one) for one in sets),
        separators={c: str(body[k]) for c in SEPARATED if (k := f"{c}_separator") in body},
        authors_order=str(body.get("authors_order", "")),
        cut={c: re.compile(p) for c, p in body.get("cut", {}).items()},
        parts=tuple(_part(p) for p in body.get("parts", ())),
        widths=frozenset(body.get("widths", ())),
        text_rows=tuple(re.compile(p) for p in body.get("text_rows", ())),
        empty_words=frozenset(str(w).lower() for w in body.get("empty_words", ())),
        fused_tags=bool(body.get("fused_tags", False)),
        plain_names=bool(body.get("plain_names", False)),
    )


def _listed(value: Any) -> tuple[str, ...]:
    return tuple(str(v) for v in value) if isinstance(value, list) else (str(value),)


def _part(body: Mapping[str, str]) -> Part:
    name = body["header"]
    header = _pattern(name) if "*" in name else re.compile(re.escape(plain(name)))
    return Part(header, re.compile(body["pattern"]))


@functools.cache
def by_name() -> Mapping[str, Dialect]:
    """Give every dialect by its name, in sorted order."""
    folder = Path(__file__).parent / "dialects"
    bodies = {p.stem: p.read_text(encoding="utf-8") for p in sorted(folder.glob("*.yaml"))}
    return {name: dialect_from(name, yaml.load(b, Loader=_LOADER)) for name, b in bodies.items()}


# --- which dialect a header is --------------------------------------------------------------------


def known(header: Sequence[str]) -> Dialect | None:
    """Give the dialect of a tool by its header; of several, the one that asks for most names."""
    names = {plain(h) for h in header}
    found = [
        (len(one), dialect)
        for dialect in by_name().values()
        for one in dialect.recognised_by
        if one <= names
    ]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def plain_columns(header: Sequence[str]) -> dict[str, list[str]]:
    """Give for each column of records.csv the headers that name it plainly."""
    found: dict[str, list[str]] = {}
    for name in header:
        for role, _ in by_name()[PLAIN].roles_of(name):
            found.setdefault(role, []).append(name)
    return found


def is_plain(header: Sequence[str]) -> bool:
    """Tell whether a header names records: a title, DOI or PubMed id, and something beside it."""
    found = plain_columns(header)
    named = [h for h in header if h.strip()]
    ids = found.keys() & {"doi", "pmid"}
    return bool(found.keys() & {"title", "doi", "pmid"}) and (
        len(found) >= 2 or (len(named) == 1 and bool(ids))
    )
