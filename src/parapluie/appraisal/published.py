"""Published grades beside computed ones, and what explains a difference.

A published grade that differs is compared with other readings of the same answers: another set of
critical items, the better part of items that are answered per design, partial yes as a weakness.
What no reading gives is a slip, or an override that the authors do not state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from parapluie.appraisal.answers import Settled, combine
from parapluie.appraisal.grades import compute
from parapluie.appraisal.tool import Profile, Tool

SLIP = "slip or override not stated"
MOST_CHANGES = 6
"""Items that the search takes out of the critical set or puts into it, at most."""


@dataclass(frozen=True)
class Compared:
    """A review with its items, and the grade that a source prints."""

    review: str
    settled: Mapping[str, Settled]
    published: str
    computed: str
    override: str = ""

    @property
    def agrees(self) -> bool:
        """Whether the rule gives the published grade."""
        return self.published == self.computed


def explain(tool: Tool, profile: Profile, rows: Sequence[Compared]) -> dict[str, str]:
    """Tell for each review whose published grade differs what explains it.

    Parameters
    ----------
    tool, profile : Tool, Profile
        The rule under which the grades were computed.
    rows : sequence of Compared
        Every review with a computed and a published grade: a reading must fit all of them.
    """
    differing = [row for row in rows if not row.agrees]
    if not differing:
        return {}
    # An override that is stated says nothing of the set; its review does not bind the search.
    free = [row for row in rows if not row.override]
    reviews = f"all {len(free)} reviews" if len(free) > 1 else "the only review"
    sets = [f"{_set_words(tool, profile, s)} fits {reviews}" for s in fitting(tool, profile, free)]
    found = {}
    for row in differing:
        stated = [f"override: {row.override}"] if row.override else []
        readings = [*([] if stated else sets), *_readings(tool, profile, row)]
        found[row.review] = "; or ".join([*stated, *readings]) or SLIP
    return found


def fitting(tool: Tool, profile: Profile, rows: Sequence[Compared]) -> list[tuple[str, ...]]:
    """Find the critical sets, nearest to that of the profile, which give every published grade.

    Returns
    -------
    list of tuple of str
        All sets with the smallest number of changed items; empty if none with at most
        `MOST_CHANGES` changes fits.
    """
    if (
        all(row.agrees for row in rows)
        or not tool.rules
        or any(rule.answers for rule in tool.rules)
    ):
        return []
    order = [item.id for item in tool.items]
    weakness = profile.weakness or tool.weakness
    weak = np.array(
        [[row.settled[i].answer in weakness for i in order] for row in rows], dtype=np.int64
    )
    wanted = np.array([row.published for row in rows])
    start = np.array([i in profile.critical for i in order])
    for size in range(1, min(MOST_CHANGES, len(order)) + 1):
        found = list(_of_size(tool, weak, wanted, start, size))
        if found:
            return [tuple(i for i, c in zip(order, one, strict=True) if c) for one in found]
    return []


def _of_size(
    tool: Tool,
    weak: NDArray[np.int64],
    wanted: NDArray[np.str_],
    start: NDArray[np.bool_],
    size: int,
) -> Iterator[NDArray[np.bool_]]:
    total = weak.sum(axis=1)
    for changed in combinations(range(len(start)), size):
        critical = start.copy()
        critical[list(changed)] ^= True
        if np.array_equal(_grades(tool, weak @ critical, total), wanted):
            yield critical


def _grades(tool: Tool, critical: NDArray[np.int64], total: NDArray[np.int64]) -> NDArray[np.str_]:
    """Apply the rules to many reviews at once."""
    conditions = [
        (critical >= rule.critical)
        & (total - critical >= rule.noncritical)
        & (total >= rule.weaknesses)
        for rule in tool.rules
    ]
    names = [np.array(rule.grade, dtype=object) for rule in tool.rules]
    return np.select(conditions, names, default="").astype(str)


def _set_words(tool: Tool, profile: Profile, critical: Sequence[str]) -> str:
    order = [item.id for item in tool.items]
    without = [i for i in order if i in profile.critical and i not in critical]
    added = [i for i in order if i in critical and i not in profile.critical]
    words = [f"without {', '.join(without)}"] if without else []
    words += [f"with {', '.join(added)}"] if added else []
    return f"critical set {' and '.join(words)} ({', '.join(critical)})"


def _readings(tool: Tool, profile: Profile, row: Compared) -> Iterator[str]:
    """Give the readings of the answers of one review that lead to its published grade."""
    better = {}
    for item in tool.items:
        settled = row.settled[item.id]
        given = [settled.given[p.id] for p in item.parts if settled.given.get(p.id)]
        if len(given) > 1:
            best = combine(tool, item, given, "best") or ""
            if best != settled.answer:
                better[item.id] = replace(settled, answer=best)
    for read in (x for n in range(1, len(better) + 1) for x in combinations(better, n)):
        changed = {item: better[item] for item in read}
        if compute(tool, profile, {**row.settled, **changed}).grade == row.published:
            yield f"better part of split items ({', '.join(read)})"
            break
    weakness = profile.weakness or tool.weakness
    stricter = replace(profile, weakness=weakness | {"partial_yes"})
    if compute(tool, stricter, row.settled).grade == row.published:
        yield "partial yes counted as a weakness"
