"""Each study left out, studies added one by one, and the largest study.

All refits of a set go through the pooling engine at once. Effects are on the scale of analysis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parapluie.effects.intervals import DEFAULT_CI
from parapluie.effects.pooling import Pools, pool_sets
from parapluie.effects.prediction import T_K1
from parapluie.effects.regression import critical_value, two_sided_p
from parapluie.effects.tau2 import REML

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Places = Callable[[int, int, Integers], Integers]
"""Start and size of a set, and some of its studies, to the studies that go into each refit."""

_AT_ONCE = 2_000_000
"""Effects that are refitted in one go; more would only take memory."""


@dataclass(frozen=True)
class Refits:
    """Refits of one or several sets, in the order of the studies in them.

    Parameters
    ----------
    study : array of int, shape (n,)
        The study (its place among all effects given) that is left out, or added last.
    pools : Pools
        The refit of each, shape (n,).
    """

    study: Integers
    pools: Pools


def leave_one_out(
    yi: ArrayLike, vi: ArrayLike, method: str = REML, ci: str = DEFAULT_CI, pi: str = T_K1,
    *, offsets: ArrayLike | None = None,
) -> Refits:  # fmt: skip
    """Pool again without each study.

    Parameters
    ----------
    yi, vi : array_like, shape (n,)
        Effects and sampling variances of a set, or of several sets one after the other.
    method, ci, pi : str
        As in `pooling.pool`.
    offsets : array_like of int, shape (m + 1,), optional
        Where each set begins, and n at the end; one set without it.

    Returns
    -------
    Refits
        A set of one study has one refit, of no study: its numbers are absent, with the reason.

    Examples
    --------
    >>> leave_one_out([0.1, 0.3, 0.5], [0.04, 0.02, 0.05], "common").pools.estimate.round(3)
    array([0.357, 0.278, 0.233])
    """
    ends = _ends(yi, offsets)
    sizes = np.repeat(np.diff(ends) - 1, np.diff(ends))
    return _refits(yi, vi, ends, sizes, _others, method, ci, pi)


def cumulative(
    yi: ArrayLike, vi: ArrayLike, order: ArrayLike | None = None, method: str = REML,
    ci: str = DEFAULT_CI, pi: str = T_K1, *, offsets: ArrayLike | None = None,
) -> Refits:  # fmt: skip
    """Pool the first study, the first two, and so on.

    Parameters
    ----------
    yi, vi : array_like, shape (n,)
        As in `leave_one_out`.
    order : array_like, shape (n,), optional
        What the studies of a set are ordered by (as the year); ties, and all without it, stay in
        the order given.
    method, ci, pi, offsets
        As in `leave_one_out`.
    """
    ends = _ends(yi, offsets)
    place = np.arange(ends[-1])
    if order is not None:
        by = np.asarray(order)
        sets = np.repeat(np.arange(ends.size - 1), np.diff(ends))
        place = np.lexsort((place, by, sets))
    sizes = np.concatenate([np.arange(1, n + 1) for n in np.diff(ends)] or [place])
    y, v = (np.asarray(a, dtype=float)[place] for a in (yi, vi))
    found = _refits(y, v, ends, sizes, _first_ones, method, ci, pi)
    return replace(found, study=place[found.study])


def _ends(yi: ArrayLike, offsets: ArrayLike | None) -> Integers:
    if offsets is None:
        return np.array([0, np.asarray(yi).size], dtype=np.int64)
    return np.asarray(offsets, dtype=np.int64)


def _others(start: int, size: int, which: Integers) -> Integers:
    """Give the places of all others for each of the studies `which` of a set."""
    grid = np.broadcast_to(np.arange(size), (which.size, size))
    kept: Integers = grid[grid != which[:, None]] + start
    return kept


def _first_ones(start: int, size: int, which: Integers) -> Integers:
    """Give the places of all studies up to each of the studies `which` of a set."""
    grid = np.broadcast_to(np.arange(size), (which.size, size))
    kept: Integers = grid[grid <= which[:, None]] + start
    return kept


def _refits(
    yi: ArrayLike, vi: ArrayLike, ends: Integers, sizes: Integers, places: Places, *rules: str
) -> Refits:
    """Pool the sets that `places` makes of each study, part by part."""
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    parts = []
    for first, last, index in _parts(ends, places):
        offsets = np.concatenate([[0], np.cumsum(sizes[first:last])])
        parts.append(pool_sets(y[index], v[index], offsets, *rules))
    if not parts:
        parts.append(pool_sets(y, v, [0], *rules))
    return Refits(np.arange(ends[-1]), _joined(parts))


def _parts(ends: Integers, places: Places) -> Iterator[tuple[int, int, Integers]]:
    """Cut the studies into runs whose refits fit into memory; give the places that each needs."""
    first, filled = 0, 0
    index: list[Integers] = []
    for start, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
        step = max(1, _AT_ONCE // max(1, end - start))
        for low in range(0, end - start, step):
            which = np.arange(low, min(low + step, end - start))
            found = places(start, end - start, which)
            if filled + found.size > _AT_ONCE and index:
                yield first, start + low, np.concatenate(index)
                first, filled, index = start + low, 0, []
            index.append(found)
            filled += found.size
    if index:
        yield first, int(ends[-1]), np.concatenate(index)


def _joined(parts: list[Pools]) -> Pools:
    if len(parts) == 1:
        return parts[0]
    names = [f.name for f in fields(Pools) if f.name not in ("rules", "spread")]
    joined: dict[str, Any] = {
        name: np.concatenate([getattr(p, name) for p in parts]) for name in names
    }
    return replace(parts[0], **joined)


# --- the largest study ----------------------------------------------------------------------------

BY_SIZE, BY_ERROR = "most participants", "smallest standard error"


@dataclass(frozen=True)
class Largest:
    """The largest study of a set, by itself.

    Parameters
    ----------
    study : int
        Its place.
    rule : str
        By what it is the largest.
    estimate, se, ci_low, ci_high, p : float
        Its own numbers, normal.
    """

    study: int
    rule: str
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    p: float


def largest_study(yi: ArrayLike, vi: ArrayLike, ni: ArrayLike | None = None) -> Largest:
    """Find the largest study of a set.

    By the number of participants where that of every study is known; of equal ones that with the
    smallest effect, whatever its sign, so that it is not chosen for its result. Else by the
    standard error.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
    ni : array_like, shape (k,), optional
        Participants; NaN where not known.

    Raises
    ------
    ValueError
        If there is no study.
    """
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    if y.size == 0:
        raise ValueError("there is no study, so none is the largest")
    n = np.full(y.size, np.nan) if ni is None else np.asarray(ni, dtype=float)
    rule, size = (BY_SIZE, n) if np.isfinite(n).all() else (BY_ERROR, -v)
    which = int(np.lexsort((np.abs(y), -size))[0])
    estimate, se = float(y[which]), float(np.sqrt(v[which]))
    half = critical_value(np.inf) * se
    p = float(two_sided_p(estimate / se))
    return Largest(which, rule, estimate, se, estimate - half, estimate + half, p)
