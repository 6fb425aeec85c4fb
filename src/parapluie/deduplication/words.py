"""Titles and journals that are nearly the same: which differences are only spelling."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import OSA

STOP_WORDS = frozenset(
    ("a", "an", "the", "of", "in", "on", "for", "and", "or", "with", "to", "by", "at", "from", "as",
     "is", "are", "its", "into", "using", "use", "via", "versus", "vs", "et", "al", "de", "la",
     "le", "der", "die", "und", "el")
)  # fmt: skip
"""Words that a title may have more or less without being another title."""

OPPOSITES = (
    ("hyper", "hypo"), ("in", "out"), ("pre", "post"), ("pre", "peri"), ("post", "peri"),
    ("pre", "pro"), ("pro", "anti"), ("intra", "inter"), ("intra", "extra"), ("inter", "extra"),
    ("micro", "macro"), ("uni", "bi"), ("mono", "poly"), ("mono", "bi"), ("under", "over"),
    ("endo", "exo"), ("in", "de"), ("male", "female"), ("men", "women"), ("man", "woman"),
    ("boys", "girls"), ("east", "west"), ("north", "south"), ("ab", "ad"), ("af", "ef"),
    ("systol", "diastol"), ("homo", "hetero"), ("ante", "post"), ("con", "dis"), ("sub", "supra"),
    ("ad", "pre"), ("im", "e"), ("up", "down"), ("gain", "loss"), ("high", "low"),
)  # fmt: skip
"""Beginnings that turn a word into another one, however few letters they change."""

HOPELESS = 5
"""Words that each of two titles has alone, beyond which no spelling makes them one."""

_NEGATIONS = frozenset({"not", "non", "no", "without", "nor"})
_SHORTEST = 4
_LONG_WORD = 8


@dataclass(frozen=True)
class TitleDifference:
    """How two titles differ in their words.

    Parameters
    ----------
    relation : str
        ``equal`` (but for blanks), ``variant`` (spelling and stop words only), ``extra`` (one has
        words that the other has not) or ``differs``.
    only_a, only_b : int
        Number of telling words that only one of them has.
    """

    relation: str
    only_a: int = 0
    only_b: int = 0


@functools.lru_cache(maxsize=200_000)
def is_variant(a: str, b: str) -> bool:
    """Tell whether two words are one word in two spellings, a plural or a slip of typing.

    Examples
    --------
    >>> is_variant("hemolytic", "haemolytic"), is_variant("hypertension", "hypotension")
    (True, False)
    """
    shorter = min(len(a), len(b))
    if shorter < _SHORTEST:
        return a + "s" == b or b + "s" == a
    if a in _NEGATIONS or b in _NEGATIONS or not (a.isalpha() and b.isalpha()):
        return False
    if _is_inflected(a, b) or _is_inflected(b, a):
        return True
    if a.endswith(b) or b.endswith(a):  # a letter before a word: asymptomatic, untreated
        return False
    edits = OSA.distance(a, b, score_cutoff=2)  # swapped neighbours count as one edit
    if edits > 2 or (edits == 2 and shorter < _LONG_WORD):
        return False
    return not _are_opposite(a, b)


def _is_inflected(word: str, stem: str) -> bool:
    return word.startswith(stem) and word[len(stem) :] in ("s", "es", "d", "ed", "ing")


def _are_opposite(a: str, b: str) -> bool:
    for one, other in OPPOSITES:
        for x, y in ((one, other), (other, one)):
            if a.startswith(x) and b.startswith(y):
                rest_a, rest_b = a[len(x) :], b[len(y) :]
                if rest_a == rest_b or (len(rest_a) > 4 and rest_a[:4] == rest_b[:4]):
                    return True
    return False


@functools.lru_cache(maxsize=200_000)
def compare_titles(a: str, b: str) -> TitleDifference:
    """Compare two titles, given as folded words with single blanks."""
    words_a, words_b = a.split(), b.split()
    if "".join(words_a) == "".join(words_b):
        return TitleDifference("equal")
    count_a, count_b = Counter(words_a), Counter(words_b)
    only_a = list((count_a - count_b).elements())
    only_b = list((count_b - count_a).elements())
    if min(len(only_a), len(only_b)) > HOPELESS:
        return TitleDifference("differs", len(only_a), len(only_b))
    _drop_joined(only_a, only_b, words_b)
    _drop_joined(only_b, only_a, words_a)
    _drop_variants(only_a, only_b)
    n_a = sum(word not in STOP_WORDS for word in only_a)
    n_b = sum(word not in STOP_WORDS for word in only_b)
    if not n_a and not n_b:
        return TitleDifference("variant")
    return TitleDifference("differs" if n_a and n_b else "extra", n_a, n_b)


def _drop_joined(only: list[str], others: list[str], words: list[str]) -> None:
    """Drop a word that the other title writes as two, with those two."""
    for word in list(only):
        for first, second in pairwise(words):
            if first + second == word:
                only.remove(word)
                for part in (first, second):
                    if part in others:
                        others.remove(part)
                break


def _drop_variants(only_a: list[str], only_b: list[str]) -> None:
    for word in list(only_a):
        other = next((w for w in only_b if is_variant(word, w)), None)
        if other is not None:
            only_a.remove(word)
            only_b.remove(other)


@functools.lru_cache(maxsize=500_000)
def compare_journals(a: str, b: str) -> int:
    """Compare two journals, given as folded words without articles.

    Returns
    -------
    int
        1 for the same or an abbreviation of it, -1 for another one, 0 where that cannot be told.

    Examples
    --------
    >>> compare_journals("br j psychiatry", "british journal psychiatry")
    1
    """
    if not a or not b:
        return 0
    if a == b or a.replace(" ", "") == b.replace(" ", ""):
        return 1
    short, long = sorted((a.split(), b.split()), key=len)
    if len(short) == 1 and len(short[0]) >= 3 and short[0] == "".join(w[0] for w in long):
        return 1
    hits = _abbreviated(short, long)
    if hits == len(short) and short[0][0] == long[0][0] and (hits >= 2 or len(long) <= 2):
        return 1
    return 0 if 2 * hits >= len(short) else -1


def _abbreviated(short: list[str], long: list[str]) -> int:
    """Count the words of one that abbreviate words of the other, in their order."""
    hits = start = 0
    for word in short:
        for place in range(start, len(long)):
            if _abbreviates(word, long[place]):
                hits, start = hits + 1, place + 1
                break
    return hits


def _abbreviates(word: str, other: str) -> bool:
    if other.startswith(word) or word.startswith(other):
        return True
    if len(word) < 2 or word[0] != other[0]:
        return False
    letters = iter(other)
    return all(c in letters for c in word)
