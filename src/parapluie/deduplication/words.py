"""Titles and journals that are nearly the same: which differences are only spelling."""

from __future__ import annotations

import functools
import re
from collections import Counter
from dataclasses import dataclass
from itertools import groupby, pairwise

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

ENDINGS = (("ate", "ite"), ("ide", "ine"), ("ide", "ite"), ("ane", "ene"), ("ene", "yne"))
"""Endings that make another substance of a word."""

_NEGATIONS = frozenset({"not", "non", "no", "without", "nor"})
_SHORTEST = 4
_LONG_WORD = 8
_TELLING = 4
_JOURNALS = frozenset({"journal", "j", "annals", "ann", "archives", "arch", "magazine", "bulletin"})
_MEETINGS = frozenset(
    {"workshop", "conference", "conf", "symposium", "symp", "congress", "meeting", "proceedings"}
)
_EDITION = re.compile(r"(19|20)\d\d|\d+(st|nd|rd|th)|annual|proceedings|proc")
_SPELLINGS = (
    ("ae", "e"), ("oe", "e"), ("our", "or"), ("isation", "ization"), ("ise", "ize"), ("yse", "yze"),
    ("ising", "izing"), ("ph", "f"), ("tre", "ter"), ("k", "c"), ("y", "i"), ("sch", "sh"),
)  # fmt: skip


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
    if _is_inflected(a, b) or _is_inflected(b, a) or _spelt(a) == _spelt(b):
        return True
    if a.endswith(b) or b.endswith(a):  # a letter before a word: asymptomatic, untreated
        return False
    if a[0] != b[0] or OSA.distance(a, b, score_cutoff=1) > 1:  # maternal is not paternal
        return False  # two edits already turn fluoxetine into duloxetine
    return not _are_opposite(a, b)


@functools.lru_cache(maxsize=100_000)
def _spelt(word: str) -> str:
    """Write a word so that its British and its American spelling are one, each letter once."""
    for one, other in _SPELLINGS:
        word = word.replace(one, other)
    return "".join(letter for letter, _ in groupby(word))


def _is_inflected(word: str, stem: str) -> bool:
    return word.startswith(stem) and word[len(stem) :] in ("s", "es", "d", "ed", "ing")


def _are_opposite(a: str, b: str) -> bool:
    for one, other in OPPOSITES:
        for x, y in ((one, other), (other, one)):
            if a.startswith(x) and b.startswith(y):
                rest_a, rest_b = a[len(x) :], b[len(y) :]
                if rest_a == rest_b or (len(rest_a) > 4 and rest_a[:4] == rest_b[:4]):
                    return True
    return any({a.removesuffix(x) + y, a.removesuffix(y) + x} & {b} for x, y in ENDINGS)


@functools.lru_cache(maxsize=200_000)
def compare_titles(a: str, b: str) -> TitleDifference:
    """Compare two titles, given as folded words with single blanks."""
    words_a, words_b = a.split(), b.split()
    if "".join(words_a) == "".join(words_b):
        return TitleDifference("equal")
    only_a, only_b = _without(words_a, words_b), _without(words_b, words_a)
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


def _without(words: list[str], others: list[str]) -> list[str]:
    """Give the words beyond those that the others have too, each as often as it is left over."""
    distinct = set(words)
    if len(distinct) == len(words):  # as in most titles; counting takes several times as long
        known = set(others)
        return [word for word in words if word not in known]
    return list((Counter(words) - Counter(others)).elements())


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
    short, long = sorted((_venue_words(a), _venue_words(b)), key=len)
    if _is_acronym(short, long) or _is_acronym(long, short):
        return 1
    rest_short, rest_long = _left_over(short, long)
    if not rest_short:
        begins_alike = short[0][0] == long[0][0]
        return 1 if begins_alike and (len(short) >= 2 or len(long) == 1) else 0
    few_alike = 2 * len(rest_short) > len(short)
    meets = [_MEETINGS & {*a.split()}, _MEETINGS & {*b.split()}]
    if not any(meets):
        return -1 if few_alike or _say_another(rest_short, rest_long) else 0
    return -1 if few_alike or _JOURNALS & {*rest_short, *rest_long} else 0


def _venue_words(name: str) -> list[str]:
    """Give the words of a journal or a meeting, without its number and year."""
    words = [w for w in name.split() if not _EDITION.fullmatch(w)]
    return words or name.split()


def _is_acronym(short: list[str], long: list[str]) -> bool:
    if len(short) != 1 or len(short[0]) < 3:
        return False
    initials = "".join(word[0] for word in long)
    return short[0] in (initials, initials.removeprefix("p"))  # of proceedings


def _say_another(one: list[str], other: list[str]) -> bool:
    """Tell whether what only one and only the other name has makes them two."""
    return any(len(w) >= _TELLING for w in one) and any(len(w) >= _TELLING for w in other)


def _left_over(short: list[str], long: list[str]) -> tuple[list[str], list[str]]:
    """Give the words of each that abbreviate none of the other, which stand in the same order."""
    start, rest_short, taken = 0, [], set()
    for word in short:
        place = next((n for n in range(start, len(long)) if _abbreviates(word, long[n])), None)
        if place is None:
            rest_short.append(word)
        else:
            taken.add(place)
            start = place + 1
    return rest_short, [word for n, word in enumerate(long) if n not in taken]


def _abbreviates(word: str, other: str) -> bool:
    if other.startswith(word) or word.startswith(other):
        return True
    if len(word) < 2 or word[0] != other[0]:
        return False
    letters = iter(other)
    return all(c in letters for c in word)
