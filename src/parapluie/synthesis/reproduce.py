"""Many ways of pooling at once, to find the one by which a printed result was made.

A way is an estimator of the variance between studies with a rule of the interval, or one of the
methods for tables of counts. Sets of studies are pooled together, way by way.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from parapluie.effects import mantel_haenszel, peto, pool_sets
from parapluie.effects.intervals import CI_RULES, FLOOR, HK, NORMAL, T
from parapluie.effects.leave_out import leave_one_out
from parapluie.effects.pooling import Pools
from parapluie.effects.tau2 import COMMON, ESTIMATORS, REML

Array = NDArray[np.float64]
Pair = tuple[str, str]

TABLE = ("ai", "bi", "ci", "di")
USUAL: tuple[Pair, ...] = (
    (COMMON, NORMAL), ("DL", NORMAL), (REML, NORMAL), (REML, HK), ("DL", HK), ("PM", NORMAL),
    ("PM", HK), (REML, FLOOR),
)  # fmt: skip
"""Estimators and intervals that reviews mostly use, in the order in which they are named."""
OTHERS: tuple[Pair, ...] = tuple(
    (method, ci)
    for method in ESTIMATORS
    for ci in (NORMAL, HK, T, FLOOR)
    if (method, ci) not in USUAL
)


def pairs_with(planned: Pair) -> tuple[Pair, ...]:
    """Give all estimators with intervals that are tried, and the planned one."""
    return tuple(dict.fromkeys((*USUAL, *OTHERS, planned)))


@dataclass(frozen=True)
class Studies:
    """The studies of one pooled result, read in one way.

    Parameters
    ----------
    yi, vi : array, shape (k,)
        On the scale of analysis.
    names : tuple of str, length k
    words : str
        How they are read, where that is not the plain way.
    measure : str
    table : mapping
        Cells of two-by-two tables, each of shape (k,); empty where not all are known.
    """

    yi: Array
    vi: Array
    names: tuple[str, ...]
    words: str = ""
    measure: str = ""
    table: Mapping[str, Array] = field(default_factory=dict)


@dataclass(frozen=True)
class Ways:
    """Pooled results of sets of studies by many ways.

    Parameters
    ----------
    words : list of str
        Of each way.
    ends : array, shape (ways, sets, 3)
        Estimate, lower and upper end, on the scale of analysis; NaN where a way does not apply.
    """

    words: list[str]
    ends: Array


def words_of(method: str, ci: str) -> str:
    """Say a way in words."""
    name = "common effect" if method == COMMON else f"random effects ({ESTIMATORS[method].label})"
    rule = "normal interval" if ci == NORMAL else CI_RULES[ci]
    return f"{name}, {rule}"


def by_all_ways(sets: Sequence[Studies], pairs: Sequence[Pair] = (*USUAL, *OTHERS)) -> Ways:
    """Pool sets of studies by all ways, those for tables of counts included."""
    y, v, offsets = _stacked(sets)
    words = [words_of(*pair) for pair in pairs]
    ends = [_ends(pool_sets(y, v, offsets, *pair)) for pair in pairs]
    for name, way in _OF_TABLES.items():
        words.append(name)
        ends.append(np.array([way(s) for s in sets], dtype=float).reshape(len(sets), 3))
    return Ways(words, np.array(ends).reshape(len(words), len(sets), 3))


def without_one(studies: Studies, pairs: Sequence[Pair] = USUAL) -> Ways:
    """Pool one set without each of its studies, by the usual ways; the sets are the studies."""
    refits = [leave_one_out(studies.yi, studies.vi, *pair).pools for pair in pairs]
    return Ways([words_of(*pair) for pair in pairs], np.array([_ends(r) for r in refits]))


def _stacked(sets: Sequence[Studies]) -> tuple[Array, Array, list[int]]:
    offsets = [0, *np.cumsum([s.yi.size for s in sets]).tolist()]
    empty = np.array([])
    y, v = (np.concatenate([empty, *(getattr(s, c) for s in sets)]) for c in ("yi", "vi"))
    return y, v, offsets


def _ends(pools: Pools) -> Array:
    return np.column_stack([pools.estimate, pools.ci_low, pools.ci_high])


# --- tables of counts -----------------------------------------------------------------------------

_ABSENT = (math.nan, math.nan, math.nan)
Ends = tuple[float, float, float]


def _mantel_haenszel(studies: Studies) -> Ends:
    if not studies.table or studies.measure not in ("OR", "RR", "RD"):
        return _ABSENT
    a, b, c, d = (studies.table[cell] for cell in TABLE)
    found = mantel_haenszel(a, b, c, d, studies.measure)
    return found.estimate, found.ci_low, found.ci_high


def _random_about_mantel_haenszel(studies: Studies) -> Ends:
    """Pool by DerSimonian and Laird with Q about the estimate of Mantel and Haenszel.

    As Review Manager does for random effects of counts (Deeks and Higgins 2010, Statistical
    algorithms in Review Manager 5, section 9).
    """
    centre = _mantel_haenszel(studies)[0]
    k = studies.yi.size
    if math.isnan(centre) or k < 2:
        return _ABSENT
    w = 1 / studies.vi
    q = float(w @ (studies.yi - centre) ** 2)
    tau2 = max(0.0, (q - (k - 1)) / float(w.sum() - w @ w / w.sum()))
    pools = pool_sets(studies.yi, studies.vi, [0, k], ci=NORMAL, tau2=[tau2])
    estimate, low, high = _ends(pools)[0].tolist()
    return estimate, low, high


def _peto(studies: Studies) -> Ends:
    if not studies.table or studies.measure != "OR":
        return _ABSENT
    a, b, c, d = (studies.table[cell] for cell in TABLE)
    found = peto(a, b, c, d)
    return found.estimate, found.ci_low, found.ci_high


_OF_TABLES = {
    "common effect (Mantel-Haenszel), normal interval": _mantel_haenszel,
    "random effects (DerSimonian-Laird about Mantel-Haenszel), normal interval":
        _random_about_mantel_haenszel,
    "common effect (Peto), normal interval": _peto,
}  # fmt: skip

USUAL_WORDS = frozenset([*(words_of(*pair) for pair in USUAL), *_OF_TABLES])
"""The ways that reviews mostly use, in words."""
