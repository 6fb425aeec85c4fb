"""Keys of records: what of a title, name, page or identifier must be equal for two to be one."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

_BRACKET_TAIL = re.compile(r"\s*[\[(][^\[\]()]{0,80}[\])]\s*[.?!]?\s*$")
_TAGS = re.compile(r"</?[a-zA-Z][^<>]{0,20}>")
_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")
_NUMBER = re.compile(r"[a-z]*\d+")
_FOLDED = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "ł": "l",
                         "þ": "th", "ı": "i"})  # fmt: skip

KINDS = (
    (
        "erratum",
        r"^\W*(erratum|errata|corrigend|(author |publisher )?correction\b)|\(vol\.? \d+",
    ),
    ("retraction", r"^\W*(retraction\b|retraction note|withdrawal\b)"),
    (
        "comment",
        r"^\W*(comment(ary)? (on|to)|reply\b|response to|in response|authors? (reply|response)"
        r"|letter\b|editorial\b)",
    ),
    ("protocol", r"\bprotocol\b"),
)  # fmt: skip
"""Kinds of document that tell of another one, by their titles."""


@functools.lru_cache(maxsize=100_000)
def letters(text: str) -> str:
    """Give letters and digits only: case and accents folded, all else left out.

    Examples
    --------
    >>> letters("Åkerblom, K.-B. 2")
    'akerblomkb2'
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.casefold().translate(_FOLDED))
    return "".join(c for c in text.casefold() if c.isalnum())


def bare_title(title: str) -> str:
    """Give a title without markup and without notes in brackets at its end, as ``[Review]``.

    A title that stands in brackets as a whole (a translated one) keeps its words.
    """
    text = _TAGS.sub("", title).strip()
    cut = _BRACKET_TAIL.sub("", text)
    while cut and cut != text:
        text, cut = cut, _BRACKET_TAIL.sub("", cut)
    return text


def words(title: str) -> frozenset[str]:
    """Give the words of a title, folded."""
    parts = re.split(r"[^\w]+", _TAGS.sub("", title))
    return frozenset(folded for part in parts if (folded := letters(part)))


def kind_of(title: str) -> str:
    """Name the kind of a document that tells of another one; ``""`` for any other."""
    low = title.casefold()
    return next((kind for kind, pattern in KINDS if re.search(pattern, low)), "")


def family_name(authors: str) -> str:
    """Give the folded family name of the first author of ``Family, Given; ...``."""
    first = authors.split(";", 1)[0].strip()
    if "," in first:
        return letters(first.split(",", 1)[0])
    parts = first.split()
    # "Smith AB": what follows the name is initials; "Anna Smith": the last word is the name
    while len(parts) > 1 and parts[-1].replace(".", "").isupper() and len(parts[-1]) <= 4:
        parts.pop()
        if len(parts) == 1 or not parts[-1].replace(".", "").isupper():
            return letters(" ".join(parts))
    return letters(parts[-1]) if parts else ""


@dataclass(frozen=True)
class Keys:
    """What the rules of deduplication look at in one record; ``""`` where it has none.

    Parameters
    ----------
    record_id : str
        The record.
    title, author : str
        Letters and digits of the title (without notes in brackets at its end) and of the first
        author's family name.
    year : int or None
        Year of publication.
    doi, pmid, pmcid : str
        Identifiers without prefix.
    cochrane, version : str
        Number of a Cochrane review, and its version (``pub2``).
    volume, issue, page : str
        Volume, issue, and first page or article number.
    kind : str
        See `kind_of`.
    words : frozenset of str
        Words of the title.
    """

    record_id: str
    title: str
    author: str
    year: int | None
    doi: str
    pmid: str
    pmcid: str
    cochrane: str
    version: str
    volume: str
    issue: str
    page: str
    kind: str
    words: frozenset[str]

    @property
    def exact(self) -> tuple[str, str, str] | None:
        """Title, year and author, or ``None`` if a part is empty."""
        if not (self.title and self.author and self.year):
            return None
        return (self.title, str(self.year), self.author)


def bare_doi(text: str) -> str:
    """Give a DOI in lower case without the address of a resolver; ``""`` if it is none."""
    found = re.search(r"10\.\d{4,9}/\S+", text.strip().lower())
    return found[0].rstrip(".,;") if found else ""


def keys_of(record: Mapping[str, str]) -> Keys:
    """Make the keys of one row of records.csv; columns that are not there count as empty."""
    title = record.get("title", "")
    year = _YEAR.search(record.get("year", ""))
    number, _, version = record.get("cochrane_id", "").partition(".")
    page = record.get("pages", "") or record.get("article_no", "")
    return Keys(
        record_id=record["record_id"],
        title=letters(bare_title(title)),
        author=family_name(record.get("authors", "")),
        year=int(year[1]) if year else None,
        doi=bare_doi(record.get("doi", "")),
        pmid=record.get("pmid", "").strip(),
        pmcid=record.get("pmcid", "").strip().upper(),
        cochrane=number.upper(),
        version=version.lower(),
        volume=letters(record.get("volume", "")),
        issue=letters(record.get("issue", "")),
        page=_first_page(page),
        kind=kind_of(title),
        words=words(bare_title(title)),
    )


def _first_page(pages: str) -> str:
    found = _NUMBER.search(pages.casefold())
    return found[0].lstrip("0") if found else ""
