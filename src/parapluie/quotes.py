"""Quotes looked up in the pages of a text: what typesetting changes makes no difference."""

from __future__ import annotations

import bisect
import functools
import itertools
import re
import unicodedata
from collections.abc import Sequence

YES, NO = "yes", "no"
OTHER_PAGE = "other_page"
TOO_SHORT = "too_short"

SHORTEST = 4
"""Letters and digits; fewer could stand on any page by chance."""

_SHORTEST_HALF = 8
"""Characters that must stand on each of two pages, where a quote runs over with words between."""

_HYPHENS = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_JOINED = re.compile(rf"(?<=[^\W\d_])\s*[{_HYPHENS}]+\s*(?=[^\W\d_])")
_DASH = re.compile(rf"[{_HYPHENS[2:]}]")
_MARKS = re.compile("[\"'`´‘’‚‛“”„‟«»‹›′″\u00ad\u200b-\u200d\ufeff\x00-\x08\x0e-\x1f]")
_ELLIPSIS = re.compile(r"\[\s*(?:…|\.{2,}|(?:\.\s+){2,}\.?)\s*\]|\(\s*(?:…|\.{3,})\s*\)|…|\.{3,}")
_EDGE = ".,;:"

_NUMBER = re.compile(r"\d+")
_RANGE = re.compile(r"(\d+)\s*[-\u2010-\u2015\u2212]\s*(\d+)")
_LONGEST_RANGE = 20


def for_comparison(text: str) -> str:
    """Reduce a text to what survives typesetting, so that a typed quote can be found in it.

    Ligatures are taken apart; hyphens and dashes between letters, wherever a line ended, all
    blanks, quotation marks and signs that are not shown are removed; other dashes become plain. A
    minus before a digit stays.

    Examples
    --------
    >>> for_comparison("the ef\\ufb01-\\ncacy of “self-help”, g = \\u22120.3")
    'theefficacyofselfhelp,g=-0.3'
    """
    plain = _MARKS.sub("", unicodedata.normalize("NFKC", text.replace("´", "")).casefold())
    return "".join(_DASH.sub("-", _JOINED.sub("", plain)).split())


def pieces(quote: str) -> tuple[str, ...]:
    """Give the parts of a quote between its ellipses, each reduced by `for_comparison`.

    ``[...]``, ``(...)``, ``...`` and the sign for it leave words out. Points and commas at the
    ends of a part do not count, nor a hyphen at its end: they may be the writer's.
    """
    parts = (
        for_comparison(part).lstrip(_EDGE).rstrip(_EDGE + "-") for part in _ELLIPSIS.split(quote)
    )
    return tuple(part for part in parts if part)


def named_pages(page: str) -> tuple[int, ...]:
    """Give the pages that a typed text names: ``p. 3``, ``3, 5`` and ``3-5``.

    Examples
    --------
    >>> named_pages("pp. 3-5, 9")
    (3, 4, 5, 9)
    """
    found = [int(number) for number in _NUMBER.findall(page)]
    for first, last in ((int(a), int(b)) for a, b in _RANGE.findall(page)):
        if first < last <= first + _LONGEST_RANGE:
            found.extend(range(first, last + 1))
    return tuple(sorted(set(found)))


def look_up(quote: str, page: str, pages: Sequence[str]) -> str:
    """Look a quote up.

    Parameters
    ----------
    quote : str
        Words of the text; ``[...]`` stands for words left out.
    page : str
        Page or pages, the first of the file being 1, as typed; may be empty.
    pages : sequence of str
        Text of each page.

    Returns
    -------
    str
        ``yes`` (it stands on a page named, or begins there and ends on the next), ``no``,
        ``other_page N`` with the first page on which it stands, or ``too_short`` where so few
        letters could stand on any page by chance.
    """
    wanted = pieces(quote)
    if sum(c.isalnum() for part in wanted for c in part) < SHORTEST:
        return TOO_SHORT
    reduced = _reduced(tuple(pages))
    found = [i for i, text in enumerate(reduced, start=1) if _stands_in(wanted, text)]
    if not found:
        pairs = itertools.pairwise(reduced)
        found = [i for i, pair in enumerate(pairs, start=1) if _runs_over(wanted, *pair)]
    if set(named_pages(page)) & set(found):
        return YES
    return f"{OTHER_PAGE} {found[0]}" if found else NO


def _stands_in(wanted: Sequence[str], text: str) -> bool:
    """Tell whether all parts stand in a text one after the other."""
    at = 0
    for part in wanted:
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True


def _runs_over(wanted: Sequence[str], page: str, following: str) -> bool:
    """Tell whether a quote begins on a page and ends on the next.

    Feet and heads of pages may stand between its halves, so both are looked for by themselves.
    """
    if _stands_in(wanted, page + following):
        return True
    if len(wanted) > 1:
        return any(
            _stands_in(wanted[:i], page) and _stands_in(wanted[i:], following)
            for i in range(1, len(wanted))
        )
    whole = wanted[0]
    lengths = range(len(whole) + 1)
    begun = bisect.bisect_left(lengths, True, key=lambda n: whole[:n] not in page) - 1
    rest = len(whole) - begun
    return min(begun, rest) >= _SHORTEST_HALF and whole[begun:] in following


@functools.lru_cache(maxsize=256)
def _reduced(pages: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(for_comparison(page) for page in pages)
