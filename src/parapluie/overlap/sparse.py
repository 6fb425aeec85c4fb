"""Overlap of very many reviews: totals and every pair with a shared study, from inclusions alone.

No matrix of studies by reviews is held. With N inclusions, c reviews and P pairs (counted once for
each study they share), time grows with N + P, and memory with N and the block in hand.

    held = incidence(studies, reviews, study_of_row, review_of_row)
    totals(held)                        # N, r, c, X and the covered areas
    for block in pair_blocks(held): ... # arrays (a, b, shared, x), a < b, ordered

Structural missingness: X counts, for each review, the studies later than it that it does not
include, so that sorted years give it: for a pair, the studies of one that are later than the other,
without those that both include. The formulas are those of `cca`, which counts whole matrices.

References
----------
As in `parapluie.overlap.cca`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parapluie.overlap.cca import corrected_covered_area

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

CELLS = 1_000_000
"""Cells (reviews in hand × reviews) that are counted at once: bounds the memory of a block."""

FEW = 16
"""With fewer than one shared study per so many cells, sorting is faster than counting cells."""


@dataclass(frozen=True)
class Incidence:
    """Which reviews include which studies, as positions; made by `incidence`.

    Parameters
    ----------
    studies, reviews : sequence of str
        Names; every study is in a review, a review may have no study.
    study, review : array of int, shape (inclusions,)
        Positions, ordered by study, then review; no row twice.
    """

    studies: Sequence[str]
    reviews: Sequence[str]
    study: Ints
    review: Ints

    @cached_property
    def times(self) -> Ints:
        """Number of reviews that include each study."""
        return np.bincount(self.study, minlength=len(self.studies))

    @cached_property
    def sizes(self) -> Ints:
        """Number of studies in each review."""
        return np.bincount(self.review, minlength=len(self.reviews))

    @cached_property
    def only_here(self) -> Ints:
        """Number of studies of each review that no other review includes."""
        single = self.review[self.times[self.study] == 1]
        return np.bincount(single, minlength=len(self.reviews))

    @cached_property
    def later(self) -> Ints:
        """Number of inclusions of its study that follow each one: its partners in later reviews."""
        return np.repeat(np.cumsum(self.times), self.times) - np.arange(self.study.size) - 1

    @cached_property
    def by_review(self) -> Ints:
        """Order of the inclusions by review, then study."""
        return np.argsort(self.review, kind="stable")

    @cached_property
    def starts(self) -> Ints:
        """Where the inclusions of each review begin in that order; one more than reviews."""
        return np.concatenate([[0], np.cumsum(self.sizes)])

    @cached_property
    def comparisons(self) -> Ints:
        """Shared studies with later reviews, cumulated over the reviews before each one."""
        return np.concatenate([[0], np.cumsum(self.later[self.by_review])])[self.starts]


def incidence(
    studies: Sequence[str], reviews: Sequence[str], study: ArrayLike, review: ArrayLike
) -> Incidence:
    """Order inclusions; a row that comes again counts once, a study without a row is dropped.

    Parameters
    ----------
    studies, reviews : sequence of str
        Names.
    study, review : array of int, shape (rows,)
        Position of the study and of the review of each row.
    """
    width = max(len(reviews), 1)
    rows = np.asarray(study, dtype=np.int64) * width + np.asarray(review, dtype=np.int64)
    rows.sort()
    rows = rows[np.flatnonzero(np.diff(rows, prepend=-1))]
    place, column = np.divmod(rows, width)
    held = np.flatnonzero(np.bincount(place, minlength=len(studies)))
    if held.size < len(studies):
        studies, place = [studies[i] for i in held.tolist()], np.searchsorted(held, place)
    return Incidence(studies, reviews, place, column)


# --- structural missingness -----------------------------------------------------------------------


@dataclass(frozen=True)
class Times:
    """Years (or days) of studies and reviews, NaN where not known, as `Incidence` names them.

    A study strictly later than a review could not have been in it.
    """

    study: Floats
    review: Floats

    @cached_property
    def known(self) -> Floats:
        """Distinct times of reviews, ascending."""
        return np.unique(self.review[~np.isnan(self.review)])

    @cached_property
    def column(self) -> Ints:
        """Where each review stands in `known`; behind its end where its time is not known."""
        found = np.searchsorted(self.known, self.review)
        return np.where(np.isnan(self.review), self.known.size, found)

    @cached_property
    def rank(self) -> Ints:
        """Number of times in `known` that are before each study; 0 where its time is not known."""
        found = np.searchsorted(self.known, self.study, side="left")
        return np.where(np.isnan(self.study), 0, found)

    def conflicts(self, held: Incidence) -> NDArray[np.bool_]:
        """Tell for each inclusion whether the study is later than its review."""
        return np.asarray(self.study[held.study] > self.review[held.review])

    def later_studies(self, held: Incidence) -> NDArray[np.int32]:
        """Count for each review (row) its studies later than each time of `known` (column).

        The last column, for reviews without a time, is 0.
        """
        width = self.known.size + 1
        cell = held.review * width + self.rank[held.study]
        counts = np.bincount(cell, minlength=len(held.reviews) * width)
        counts = counts.reshape(len(held.reviews), width).astype(np.int32)
        found = np.zeros(counts.shape, dtype=np.int32)
        # A study of rank k is later than the first k times: sum over the ranks behind each column.
        found[:, :-1] = np.cumsum(counts[:, :0:-1], axis=1)[:, ::-1]
        return found


def missing_cells(held: Incidence, times: Times) -> int:
    """Count X: cells of a study later than a review that does not include it."""
    width = times.known.size
    counts = np.bincount(times.rank, minlength=width + 1)
    later = np.append(np.cumsum(counts[:0:-1])[::-1], 0)
    return int(later[times.column].sum() - times.conflicts(held).sum())


def missing_weight(held: Incidence, times: Times, weights: Floats) -> float:
    """Sum the weights of the studies (one each) over the X cells."""
    counts = np.bincount(times.rank, weights, minlength=times.known.size + 1)
    later = np.append(np.cumsum(counts[:0:-1])[::-1], 0)
    included = weights[held.study[times.conflicts(held)]]
    return float(later[times.column].sum() - included.sum())


# --- totals ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Totals:
    """Counts of a whole scope, and its covered areas as proportions (``None``: not defined)."""

    n: int
    r: int
    c: int
    x: int
    cca: float | None
    cca_adjusted: float | None
    wcca: float | None


def totals(
    held: Incidence, times: Times | None = None, participants: Floats | None = None
) -> Totals:
    """Count the overlap of all reviews.

    Parameters
    ----------
    held : Incidence
    times : Times, optional
        For structural missingness.
    participants : array of float, shape (studies,), optional
        Sample sizes for the weighted covered area (NaN: not known, then there is none).
    """
    n, r, c = held.study.size, len(held.studies), len(held.reviews)
    x = missing_cells(held, times) if times else 0
    weighted = None if participants is None else _weighted(held, np.sqrt(participants))
    adjusted = corrected_covered_area(n, r, c, x) if x else None
    return Totals(n, r, c, x, corrected_covered_area(n, r, c), adjusted, weighted)


def _weighted(held: Incidence, weights: Floats) -> float | None:
    total = float(weights.sum())
    denominator = (len(held.reviews) - 1) * total
    if not np.isfinite(total) or denominator <= 0:
        return None
    return (float((weights * held.times).sum()) - total) / denominator


# --- pairs ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Block:
    """Pairs of reviews with a shared study, ordered by the first, then the second review.

    Parameters
    ----------
    a, b : array of int, shape (pairs,)
        Positions of the two reviews, a < b.
    shared : array of int
        Studies in both.
    x : array of int or None
        Studies of one that could not have been in the other.
    weight : array of float or None
        Sum of the weights of the shared studies.
    """

    a: Ints
    b: Ints
    shared: Ints
    x: Ints | None = None
    weight: Floats | None = None


@dataclass(frozen=True)
class Pairing:
    """What blocks of pairs are counted from.

    Parameters
    ----------
    held : Incidence
    times : Times, optional
        For X of each pair.
    weights : array of float, shape (studies,), optional
        For the summed weight of the shared studies.
    cells : int
        Bounds the reviews of a block.
    """

    held: Incidence
    times: Times | None = None
    weights: Floats | None = None
    cells: int = CELLS

    @cached_property
    def _later_studies(self) -> NDArray[np.int32]:
        assert self.times is not None
        return self.times.later_studies(self.held)

    @cached_property
    def _conflicts(self) -> NDArray[np.bool_]:
        assert self.times is not None
        return self.times.conflicts(self.held)

    def ranges(self) -> list[tuple[int, int]]:
        """Cut the reviews into blocks: bounded in cells and in shared studies."""
        held, found, first = self.held, [], 0
        while first < len(held.reviews):
            rows = max(1, self.cells // (len(held.reviews) - first))
            most = held.comparisons[first] + self.cells
            last = int(np.searchsorted(held.comparisons, most, side="right")) - 1
            last = min(max(last, first + 1), first + rows, len(held.reviews))
            found.append((first, last))
            first = last
        return found

    def block(self, first: int, last: int) -> Block:
        """Count the pairs whose first review is one from `first` to before `last`."""
        held, width = self.held, len(self.held.reviews) - first
        mine = held.by_review[held.starts[first] : held.starts[last]]
        partners = held.later[mine]
        ends = np.cumsum(partners)
        # Partners of an inclusion follow it: its place + 1, + 2, ... as the list of all runs on.
        other = np.repeat(mine + 1 - ends + partners, partners)
        other += np.arange(other.size)
        cell = np.repeat((held.review[mine] - first) * width - first, partners)
        cell += held.review[other]
        cells, place = (last - first) * width, None
        if cell.size * FEW < cells or self.weights is not None:
            found, place, shared = np.unique(cell, return_inverse=True, return_counts=True)
        else:
            counts = np.bincount(cell)
            found = np.flatnonzero(counts)
            shared = counts[found]
        row, column = np.divmod(found, width)
        a, b = row + first, column + first
        weight = self._weight(place, mine, partners)
        x = None if self.times is None else self._missing(found, cell, a, b, mine, partners, other)
        return Block(a, b, shared, x, weight)

    def _weight(self, place: Ints | None, mine: Ints, partners: Ints) -> Floats | None:
        if self.weights is None or place is None:
            return None
        shared = np.repeat(self.weights[self.held.study[mine]], partners)
        summed: Floats = np.bincount(place, weights=shared).astype(np.float64)
        return summed

    def _missing(
        self, found: Ints, cell: Ints, a: Ints, b: Ints, mine: Ints, partners: Ints, other: Ints
    ) -> Ints:
        """Count X of each pair: later studies of both sides, without those that both include."""
        assert self.times is not None
        table, column = self._later_studies, self.times.column
        x = table[a, column[b]].astype(np.int64) + table[b, column[a]]
        for late in (np.repeat(self._conflicts[mine], partners), self._conflicts[other]):
            if late.any():
                np.subtract.at(x, np.searchsorted(found, cell[late]), 1)
        return x


def pair_blocks(
    held: Incidence,
    times: Times | None = None,
    weights: Floats | None = None,
    cells: int = CELLS,
) -> Iterator[Block]:
    """Give every pair of reviews with a shared study, block by block (see `Pairing`)."""
    work = Pairing(held, times, weights, cells)
    for first, last in work.ranges():
        yield work.block(first, last)
