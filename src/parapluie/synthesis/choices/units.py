"""Units of choice (comparison and outcome), the studies of each review there, and the groups of
reviews that share studies."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from parapluie.vocabulary import THIS_OVERVIEW

Held = Mapping[str, frozenset[str] | None]
"""Review to its eligible studies in a unit; None where it has no list."""

CCA, COEFFICIENT = "cca", "overlap_coefficient"
BY_OUTCOME = "studies that the lists name for the outcome"
BY_RESULTS = "listed studies with an extracted result for the outcome"
WHOLE = "all listed studies: which of them give data for the outcome is not known"
NO_LIST = "no review has a list of its studies"
SMALL_CCA, INSIDE = 0.1, 0.8
"""Pairs below this CCA and from this overlap coefficient are flagged (after Kirvalidze et al. Res
Synth Methods 2023;14:764)."""


@dataclass(frozen=True)
class Threshold:
    """Link two reviews only from a value of a measure (``cca``, ``overlap_coefficient``) upward."""

    measure: str = ""
    at_least: float = 0.0

    @classmethod
    def of(cls, given: Mapping[str, Any] | None) -> Threshold:
        """Read it from the protocol; without one a shared study is enough."""
        return cls(str(given["measure"]), float(given["at_least"])) if given else cls()

    def links(self, shared: int, n_a: int, n_b: int) -> bool:
        """Tell whether two reviews with these numbers of studies are linked."""
        if not shared:
            return False
        whole = n_a + n_b - shared if self.measure == CCA else min(n_a, n_b)
        return shared / whole >= self.at_least


@dataclass(frozen=True)
class Unit:
    """One choice: an outcome, a comparator where reviews name several, the reviews with data.

    Parameters
    ----------
    outcome, comparator : str
        ``outcome`` is ``""`` for one choice over the whole overview.
    held : mapping
        Review to its eligible studies here.
    basis : str
        How the studies of the outcome were found.
    same : tuple of pairs
        Reviews that tell one result: they share studies whether or not they have lists.
    """

    outcome: str
    comparator: str
    held: Held
    basis: str = ""
    same: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Name the unit in tables and keys."""
        place = self.outcome or "overview"
        return f"{place}__{_slug(self.comparator)}" if self.comparator else place

    @property
    def without_list(self) -> list[str]:
        """Name the reviews without a list of studies."""
        return sorted(r for r, studies in self.held.items() if studies is None)

    def studies(self, reviews: Iterable[str]) -> set[str]:
        """Give the studies that any of these reviews holds."""
        return {s for r in reviews for s in self.held.get(r) or ()}


csr_array: Any = sparse.csr_array


def _slug(text: str) -> str:
    return "_".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


def groups(unit: Unit, threshold: Threshold | None = None) -> list[list[str]]:
    """Give the connected parts of the graph of shared studies: groups of reviews, sorted.

    A review that shares nothing, or of which no list is known, is a group of its own.
    """
    names = sorted(unit.held)
    if not names:
        return []
    place = {name: i for i, name in enumerate(names)}
    links = [(place[a], place[b]) for a, b in linked(unit, threshold or Threshold())]
    ends = np.array(links, dtype=int).reshape(-1, 2)
    graph = csr_array((np.ones(len(links)), (ends[:, 0], ends[:, 1])), shape=(len(names),) * 2)
    _, label = connected_components(graph, directed=False)
    parts: dict[int, list[str]] = {}
    for name, part in zip(names, label.tolist(), strict=True):
        parts.setdefault(part, []).append(name)
    return sorted(parts.values())


def linked(unit: Unit, threshold: Threshold) -> list[tuple[str, str]]:
    """Name pairs of reviews that are linked: enough of them to tell the groups."""
    found = [(min(pair), max(pair)) for pair in unit.same if set(pair) <= set(unit.held)]
    if not threshold.measure:
        return sorted({*found, *_by_first_holder(unit.held)})
    found += [
        (a, b)
        for a, b, shared in shared_pairs(unit.held)
        if threshold.links(shared, len(unit.held[a] or ()), len(unit.held[b] or ()))
    ]
    return sorted(set(found))


def _by_first_holder(held: Held) -> Iterator[tuple[str, str]]:
    """Link each review to the first that holds one of its studies: as many links as inclusions."""
    first: dict[str, str] = {}
    for review in sorted(held):
        for study in held[review] or ():
            if first.setdefault(study, review) != review:
                yield first[study], review


def shared_pairs(held: Held) -> list[tuple[str, str, int]]:
    """Count the shared studies of each pair of reviews that shares any; pairs sorted."""
    names = sorted(r for r, studies in held.items() if studies)
    every = sorted({s for r in names for s in held[r] or ()})
    place = {s: i for i, s in enumerate(every)}
    columns = [place[s] for r in names for s in sorted(held[r] or ())]
    rows = [i for i, r in enumerate(names) for _ in held[r] or ()]
    cells = csr_array((np.ones(len(rows), dtype=int), (rows, columns)),
                      shape=(len(names), len(every)))  # fmt: skip
    found = (cells @ cells.T).tocoo()
    triples = zip(found.row.tolist(), found.col.tolist(), found.data.tolist(), strict=True)
    return sorted((names[i], names[j], int(n)) for i, j, n in triples if i < j)


def inside_others(unit: Unit, members: Sequence[str]) -> list[str]:
    """Say which reviews nearly lie inside others although their CCA is small."""
    own = {r: unit.held[r] for r in members}
    found: dict[str, list[str]] = {}
    for a, b, shared in shared_pairs(own):
        n_a, n_b = len(own[a] or ()), len(own[b] or ())
        cca, coefficient = shared / (n_a + n_b - shared), shared / min(n_a, n_b)
        if cca < SMALL_CCA and coefficient >= INSIDE:
            small, large = (a, b) if n_a <= n_b else (b, a)
            found.setdefault(small, []).append(f"{large} ({coefficient:.0%}, CCA {cca:.1%})")
    return [f"{small} lies inside {', '.join(found[small])}" for small in sorted(found)]


# --- which units there are ------------------------------------------------------------------------


@dataclass(frozen=True)
class Lists:
    """What the units are made from.

    Parameters
    ----------
    inclusions : DataFrame
        review_id, study_id, outcome, eligible: of results/overlap/inclusions.csv.
    effects : DataFrame
        Results of included reviews: effect_id, review_id, outcome, comparator, same_as.
    study_effects : DataFrame
        Usable results of studies: study_id, review_id, outcome.
    findings : DataFrame
        review_id, outcome.
    reviews : sequence of str
        The included reviews.
    """

    inclusions: pd.DataFrame
    effects: pd.DataFrame
    study_effects: pd.DataFrame
    findings: pd.DataFrame
    reviews: Sequence[str]


def units(lists: Lists, by: str = "comparison") -> list[Unit]:
    """Make the units of choice.

    Parameters
    ----------
    lists : Lists
    by : str
        ``comparison`` (comparator and outcome), ``outcome``, or ``overview`` (one choice in all).
    """
    rows = _eligible(lists.inclusions, lists.reviews)
    whole = _by_review(rows)
    if by == "overview":
        held: Held = {r: whole.get(r) for r in lists.reviews}
        return [Unit("", "", held, "all listed studies", _same(lists.effects))] if held else []
    tables = (lists.effects, lists.study_effects, lists.findings, rows)
    outcomes = sorted({o for t in tables for o in t["outcome"]} - {"", "NR", "NA"})
    return [
        unit for o in outcomes for unit in _of_outcome(o, lists, rows, whole, by == "comparison")
    ]


def _by_review(rows: pd.DataFrame) -> dict[str, frozenset[str] | None]:
    return {str(r): frozenset(g["study_id"]) for r, g in rows.groupby("review_id")}


def _eligible(rows: pd.DataFrame, reviews: Sequence[str]) -> pd.DataFrame:
    """Take the inclusions of studies that fit the overview; all where nobody has said which do."""
    own = rows[rows["review_id"].isin(reviews)]
    said = own["eligible"].isin(["yes", "no", "unclear"])
    return own[own["eligible"] == "yes"] if said.any() else own


def _of_outcome(
    outcome: str, lists: Lists, rows: pd.DataFrame, whole: Held, split: bool
) -> list[Unit]:
    effects = lists.effects[lists.effects["outcome"] == outcome]
    held, basis = _held(outcome, lists, rows, whole)
    same = _same(effects)
    given = {str(c) for c in effects["comparator"]} - {"", "NR", "NA"}
    if not split or len(given) < 2:
        return [Unit(outcome, "", held, basis, same)]
    made = []
    for comparator in sorted(given):
        other = effects[~effects["comparator"].isin([comparator, "", "NR", "NA"])]
        own = effects[effects["comparator"] == comparator]
        apart = set(other["review_id"]) - set(own["review_id"])
        part = {r: s for r, s in held.items() if r not in apart}
        made.append(Unit(outcome, comparator, part, basis, same))
    return made


def _held(
    outcome: str, lists: Lists, rows: pd.DataFrame, whole: Held
) -> tuple[dict[str, frozenset[str] | None], str]:
    """Give the reviews with data for an outcome and their studies in it."""
    told = [t[t["outcome"] == outcome] for t in (lists.effects, lists.findings)]
    members = {r for t in told for r in t["review_id"]} & set(lists.reviews)
    results = lists.study_effects[lists.study_effects["outcome"] == outcome]
    own: dict[str, set[str]] = {}
    for review, study in zip(results["review_id"], results["study_id"], strict=True):
        if review != THIS_OVERVIEW:
            own.setdefault(review, set()).add(study)
    named = rows[rows["outcome"] == outcome]
    if len(named):
        lists_of = {r: set(s or ()) for r, s in _by_review(named).items()}
        basis = BY_OUTCOME
    elif len(results):
        wanted = set(results["study_id"])
        lists_of = {r: set(s or ()) & wanted for r, s in whole.items()}
        lists_of = {r: s for r, s in lists_of.items() if s or r in members}
        basis = BY_RESULTS
    else:
        lists_of = {r: set(s) for r in members if (s := whole.get(r)) is not None}
        basis = WHOLE
    if not lists_of and not own:
        basis = NO_LIST
    for review, studies in own.items():
        lists_of[review] = lists_of.get(review, set()) | studies
    return {
        r: frozenset(lists_of[r]) if r in lists_of else _whole_or_none(r, whole, basis)
        for r in sorted(members | set(lists_of))
    }, basis


def _whole_or_none(review: str, whole: Held, basis: str) -> frozenset[str] | None:
    """Give all studies of a review whose rows name no outcome; none of them is invented."""
    return whole.get(review) if basis == BY_OUTCOME else None


def _same(effects: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    """Name pairs of reviews that tell one result."""
    owner = dict(zip(effects["effect_id"], effects["review_id"], strict=True))
    told: dict[str, set[str]] = {}
    for effect, same in zip(effects["effect_id"], effects["same_as"], strict=True):
        if same in owner:
            told.setdefault(same, {owner[same]}).add(owner[effect])
    return tuple(
        sorted({pair for who in told.values() for pair in itertools.combinations(sorted(who), 2)})
    )
