"""The rules by which two records are one report, and what forbids it."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from parapluie.deduplication.keys import Keys

WORDS_SHARED = 0.6
"""Share of the shorter title's words that two titles under one identifier must have in common."""

YEARS_APART = 2
"""Years by which two records under one identifier may differ (online first, then print)."""

LONG_TITLE = 20
"""Letters from which a title alone is telling; shorter ones are "Editorial" and the like."""

ALL_PAIRS = 40
"""Size up to which each pair of records with a common key is looked at; beyond, neighbours only."""


@dataclass(frozen=True, order=True)
class Edge:
    """Two records that a rule would join.

    Parameters
    ----------
    rank : int
        0 for a human answer, then the rules in their order; lower ranks are joined first.
    key : str
        What the two have in common.
    a, b : str
        The record ids, `a` before `b`.
    rule : str
        Name of the rule.
    """

    rank: int
    key: str
    a: str
    b: str
    rule: str


@dataclass(frozen=True)
class Doubt:
    """Two records of which only a human can say whether they are one report.

    Parameters
    ----------
    a, b : str
        The record ids.
    reason : str
        What they have in common, and what speaks against it.
    is_veto : bool
        Whether a rule would join them but for what speaks against it.
    """

    a: str
    b: str
    reason: str
    is_veto: bool = False


def _versions(a: Keys, b: Keys) -> str:
    if (
        a.cochrane
        and a.cochrane == b.cochrane
        and a.version
        and b.version
        and a.version != b.version
    ):
        return "other version of a Cochrane review"
    return ""


def _kinds(a: Keys, b: Keys) -> str:
    return f"{a.kind or b.kind} and another kind of document" if a.kind != b.kind else ""


def _titles(a: Keys, b: Keys) -> str:
    if not (a.words and b.words) or a.title == b.title:
        return ""
    shared = len(a.words & b.words) / min(len(a.words), len(b.words))
    return "titles differ" if shared < WORDS_SHARED else ""


def _years(a: Keys, b: Keys) -> str:
    if a.year and b.year and abs(a.year - b.year) > YEARS_APART:
        return "years differ"
    return ""


def _dois(a: Keys, b: Keys) -> str:
    return "DOIs differ" if a.doi and b.doi and a.doi != b.doi else ""


def _places(a: Keys, b: Keys) -> str:
    """Compare volume, issue and first page: an abstract or a column has the title of another one.

    Equal first pages settle it, since databases write volumes and issues in several ways.
    """
    if a.page and a.page == b.page:
        return ""
    if _differ(a.volume, b.volume) or _differ(a.issue, b.issue):
        return "volume or issue differ"
    if len(a.title) < LONG_TITLE and _differ(a.page, b.page):
        return "pages differ"
    return ""


def _differ(a: str, b: str) -> bool:
    return bool(a and b and a != b)


Veto = Callable[[Keys, Keys], str]
_OF_IDENTIFIERS: tuple[Veto, ...] = (_versions, _kinds, _titles, _years)
_OF_TITLES: tuple[Veto, ...] = (_versions, _kinds, _dois, _places)


@dataclass(frozen=True)
class Rule:
    """A key that joins records, and the vetoes that turn a join into a question.

    Parameters
    ----------
    name : str
        Name in clusters.csv.
    key : callable
        Gives the key of a record, or a false value if it has none.
    vetoes : tuple of callable
        Each gives a reason against the join, or ``""``.
    """

    name: str
    key: Callable[[Keys], Hashable]
    vetoes: tuple[Veto, ...]


def _cochrane(k: Keys) -> Hashable:
    return (k.cochrane, k.version) if k.cochrane and k.version else None


def _title_place(k: Keys) -> Hashable:
    if len(k.title) < LONG_TITLE or not (k.author and k.volume and k.page):
        return None
    return (k.title, k.author, k.volume, k.page)


RULES = (
    Rule("doi", lambda k: k.doi, _OF_IDENTIFIERS),
    Rule("pmid", lambda k: k.pmid, _OF_IDENTIFIERS),
    Rule("pmcid", lambda k: k.pmcid, _OF_IDENTIFIERS),
    Rule("cochrane_id", _cochrane, _OF_IDENTIFIERS),
    Rule("title_year_author", lambda k: k.exact, _OF_TITLES),
    Rule("title_author_volume_page", _title_place, (*_OF_TITLES, _years)),
)
"""The rules in the order in which they join; the last catches online and print years."""


def apply(keys: Sequence[Keys]) -> tuple[list[Edge], list[Doubt]]:
    """Give the joins and the questions of all rules.

    Returns
    -------
    (list of Edge, list of Doubt)
        Both sorted, so that the order of the records does not matter.
    """
    edges: list[Edge] = []
    doubts: dict[tuple[str, str], Doubt] = {}
    for rank, rule in enumerate(RULES, start=1):
        for key, a, b in _pairs(keys, rule.key):
            reason = next((text for veto in rule.vetoes if (text := veto(a, b))), "")
            if reason:
                doubts.setdefault(
                    (a.record_id, b.record_id),
                    Doubt(a.record_id, b.record_id, f"same {rule.name}; {reason}", True),
                )
            else:
                edges.append(Edge(rank, str(key), a.record_id, b.record_id, rule.name))
    for of, explain in ((_long_title, _near), (_place, _other_title)):
        for _, a, b in _pairs(keys, of):
            doubt = Doubt(a.record_id, b.record_id, explain(a, b))
            doubts.setdefault((a.record_id, b.record_id), doubt)
    return sorted(edges), sorted(doubts.values(), key=lambda d: (d.a, d.b))


def _long_title(k: Keys) -> Hashable:
    return k.title if len(k.title) >= LONG_TITLE else None


def _place(k: Keys) -> Hashable:
    return (
        (k.author, k.year, k.volume, k.page)
        if k.author and k.year and k.volume and k.page
        else None
    )


def _near(a: Keys, b: Keys) -> str:
    other = [
        word
        for word, x, y in (("year", a.year, b.year), ("first author", a.author, b.author))
        if x != y
    ]
    return f"same title; other {' and '.join(other)}" if other else "same title"


def _other_title(a: Keys, b: Keys) -> str:
    return "same author, year, volume and page; other title"


def _pairs(
    keys: Sequence[Keys], of: Callable[[Keys], Hashable]
) -> Iterator[tuple[Hashable, Keys, Keys]]:
    """Give the pairs of records with a common key, each with the smaller id first."""
    groups: Mapping[Hashable, list[Keys]] = defaultdict(list)
    for k in sorted(keys, key=lambda k: k.record_id):
        if found := of(k):
            groups[found].append(k)
    for key, group in groups.items():
        if len(group) < 2:
            continue
        some = (
            itertools.combinations(group, 2)
            if len(group) <= ALL_PAIRS
            else itertools.pairwise(group)
        )
        for a, b in some:
            yield key, a, b


def versions(keys: Sequence[Keys]) -> list[tuple[str, str]]:
    """Give pairs of records that are different versions of one Cochrane review, older first."""
    found = []
    for _, a, b in _pairs(keys, lambda k: k.cochrane if k.version else None):
        if a.version != b.version:
            older, newer = sorted((a, b), key=lambda k: (_version_number(k.version), k.record_id))
            found.append((older.record_id, newer.record_id))
    return sorted(found)


def _version_number(version: str) -> int:
    digits = "".join(c for c in version if c.isdigit())
    return int(digits) if digits else 0
