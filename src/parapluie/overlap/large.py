"""Pairs of very many reviews as a Parquet file, block by block, on several processes.

The numbers of a pair follow from three whole numbers (shared, n_a, n_b), of which few combinations
occur: each share is worked out once for each combination and block, and rows name it by a code.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parapluie import parquet
from parapluie.overlap.cca import BANDS, CUTS
from parapluie.overlap.sparse import Block, Floats, Ints, Pairing
from parapluie.parquet import FLOAT, INT, TEXT, Chunk, Group

MOST_IN_CSV = 1_000_000
"""More pairs than these go to Parquet."""

PROCESSES = 2
"""Used by default, as far as there are cores: each holds the inclusions and a block of pairs."""

FEW = 2_000_000
"""Shared studies up to which a second process costs more time than it saves."""


@dataclass(frozen=True)
class Part:
    """A row group, and how many of its pairs are in each band (plain, adjusted)."""

    group: Group
    bands: tuple[Ints, Ints]


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class PairFile:
    """What the rows of pairs are made from.

    Parameters
    ----------
    work : Pairing
        With `times` X and the adjusted CCA are told, with `weights` the weighted CCA: these must
        then be known for all studies.
    bands : {"half_open", "pieper2014"}
    """

    work: Pairing
    bands: str = "half_open"

    @property
    def columns(self) -> list[tuple[str, int]]:
        """Name and type of each column."""
        found = [("review_a", TEXT), ("review_b", TEXT), ("n_a", INT), ("n_b", INT)]
        found += [("shared", INT), ("cca", FLOAT), ("contained_a", FLOAT), ("contained_b", FLOAT)]
        found += [("overlap_coefficient", FLOAT)]
        found += [("x", INT), ("cca_adjusted", FLOAT)] if self.work.times is not None else []
        return found + ([("wcca", FLOAT)] if self.work.weights is not None else [])

    @cached_property
    def _names(self) -> parquet.Texts:
        return parquet.Texts(self.work.held.reviews)

    @cached_property
    def _sizes(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Distinct sizes of reviews, ascending, and which of them each review has."""
        return np.unique(self.work.held.sizes, return_inverse=True)

    @cached_property
    def _total_weight(self) -> Floats:
        held = self.work.held
        assert self.work.weights is not None
        weights = self.work.weights[held.study]
        return np.bincount(held.review, weights, minlength=len(held.reviews)).astype(np.float64)

    def part(self, first: int, last: int) -> Part:
        """Make the row group of the pairs whose first review is from `first` to before `last`."""
        block = self.work.block(first, last)
        plain, of_plain = self._ratio(block, self._either(block))
        adjusted, of_adjusted = plain, np.zeros_like(of_plain)
        if block.x is not None:
            adjusted, of_adjusted = self._ratio(block, self._either(block) - block.x)
        chunks = self._chunks(block, first, last, plain, adjusted)
        return Part(parquet.group(block.a.size, chunks), (of_plain, of_adjusted))

    def _ratio(self, block: Block, below: NDArray[np.int64]) -> tuple[Chunk, Ints]:
        """Make the column of shared / below, and count its bands."""
        across = _bound(below)
        keys = block.shared * across + below
        found, codes = _distinct(keys, _bound(block.shared) * across)
        values = (found // across) / (found % across)
        counts = np.bincount(codes, minlength=found.size)
        bands = np.bincount(band_places(values, self.bands), counts, len(BANDS))
        return _column(FLOAT, values, codes), bands.astype(np.int64)

    def _chunks(
        self, block: Block, first: int, last: int, plain: Chunk, adjusted: Chunk
    ) -> Iterator[Chunk]:
        sizes, size = self._sizes
        reviews = len(self.work.held.reviews)
        lengths = np.bincount(block.a - first, minlength=last - first).tolist()
        yield parquet.runs(self._names.part(first, last), lengths, range(last - first))
        yield self._second(block, first, reviews)
        of_a, code = np.unique(size[first:last], return_inverse=True)
        yield parquet.runs(parquet.numbers(INT, sizes[of_a]), lengths, code.tolist())
        yield _coded(INT, size[block.b], sizes.size, lambda key: sizes[key])
        yield _coded(INT, block.shared, _bound(block.shared), lambda key: key)
        yield plain
        yield from self._shares(block)
        if block.x is not None:
            yield _coded(INT, block.x, _bound(block.x), lambda key: key)
            yield adjusted
        yield from self._of_weight(block)

    def _second(self, block: Block, first: int, reviews: int) -> Chunk:
        """Name the second reviews: those behind the first of the block, or those that occur."""
        if reviews - first <= 1 << 16:
            return parquet.coded(self._names.part(first, reviews), block.b - first)
        there, codes = _distinct(block.b, reviews)
        names = parquet.Texts([self.work.held.reviews[i] for i in there.tolist()])
        return parquet.coded(names.part(0, there.size), codes)

    def _shares(self, block: Block) -> Iterator[Chunk]:
        sizes, size = self._sizes
        width = sizes.size
        a, b = size[block.a], size[block.b]
        base = block.shared * width
        bound = _bound(block.shared) * width
        for other in (a, b, np.minimum(a, b)):
            yield _coded(
                FLOAT, base + other, bound, lambda key: (key // width) / sizes[key % width]
            )

    def _either(self, block: Block) -> NDArray[np.int64]:
        sizes = self.work.held.sizes
        found: NDArray[np.int64] = sizes[block.a] + sizes[block.b] - block.shared
        return found

    def _of_weight(self, block: Block) -> Iterator[Chunk]:
        if block.weight is None:
            return
        total = self._total_weight
        either = total[block.a] + total[block.b] - block.weight
        yield parquet.in_full(FLOAT, np.minimum(block.weight / either, 1.0))


def _bound(values: NDArray[np.int64]) -> int:
    return int(values.max(initial=0)) + 1


def _distinct(keys: NDArray[np.int64], bound: int) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Give the distinct keys and the position of each; keys are from 0 to before `bound`."""
    if bound > 4 * keys.size + 1024:
        return np.unique(keys, return_inverse=True)
    there = np.zeros(bound, dtype=bool)
    there[keys] = True
    found = np.flatnonzero(there)
    place = np.zeros(bound, dtype=np.uint16 if found.size <= 1 << 16 else np.int64)
    place[found] = np.arange(found.size)
    return found, place[keys]


def _coded(
    kind: int, keys: NDArray[np.int64], bound: int,
    value: Callable[[NDArray[np.int64]], NDArray[Any]],
) -> Chunk:  # fmt: skip
    """Make a column of values that follow from a key; in full where they hardly repeat."""
    found, codes = _distinct(keys, bound)
    return _column(kind, value(found), codes)


def _column(kind: int, values: NDArray[Any], codes: NDArray[Any]) -> Chunk:
    if values.size > 1 << 16:
        return parquet.in_full(kind, values[codes])
    return parquet.coded(parquet.numbers(kind, values), codes)


def band_places(cca: Floats, scheme: str) -> Ints:
    """Give the place of each CCA (a proportion) in `BANDS`: `parapluie.overlap.cca.band` for many.

    Parameters
    ----------
    cca : array of float
    scheme : {"half_open", "pieper2014"}
    """
    percent = np.round(100 * cca, 12)
    percent = np.floor(percent + 0.5) if scheme == "pieper2014" else percent
    return np.searchsorted(np.array(CUTS[scheme]), percent, side="right").astype(np.int64)


# --- several processes ----------------------------------------------------------------------------


def parts(pairs: PairFile, processes: int | None = None) -> Iterator[Part]:
    """Make every row group in its order; the same on any number of processes.

    Parameters
    ----------
    pairs : PairFile
    processes : int, optional
        Default 2, or 1 with one core or few pairs.
    """
    ranges = pairs.work.ranges()
    if processes is None:
        few = pairs.work.held.comparisons[-1] < FEW
        processes = 1 if few else min(PROCESSES, cores())
    # A forked process shares the inclusions with this one; elsewhere they are handed over.
    forks = "fork" in multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("fork" if forks else "spawn")
    helpers = []
    for number in range(1, processes):
        ours, theirs = context.Pipe(duplex=False)
        helper = context.Process(
            target=_help, args=(pairs, ranges[number::processes], theirs), daemon=True
        )
        helper.start()
        theirs.close()
        helpers.append((helper, ours))
    for i, (first, last) in enumerate(ranges):
        mine = i % processes == 0
        yield pairs.part(first, last) if mine else _received(helpers[i % processes - 1][1])
    for helper, ours in helpers:
        helper.join()
        ours.close()


def _help(pairs: PairFile, ranges: Sequence[tuple[int, int]], to: Connection) -> None:
    for first, last in ranges:
        made = pairs.part(first, last)
        to.send((made.group.rows, made.group.sizes, made.bands))
        to.send_bytes(made.group.data)
    to.close()


def _received(source: Connection) -> Part:
    try:
        rows, sizes, bands = source.recv()
        return Part(Group(rows, source.recv_bytes(), sizes), bands)
    except EOFError:
        raise RuntimeError("a process that counts pairs has ended early") from None
