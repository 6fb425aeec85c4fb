"""The largest maximum of the likelihood over tau², found with certainty, for many sets at once.

The score (twice the slope of the log-likelihood) is A - B with A = y'PPy and B = tr P (restricted)
or B = sum of weights (unrestricted); Harville 1977, J Am Stat Assoc 72:320-338. In coordinates that
diagonalise the contrasts of the variance, with eigenvalues e between the smallest and the largest
variance, A = sum u²/(e + tau²)² and B = sum 1/(e + tau²). From this follows for every set:

1. A and B fall as tau² grows. So does Q = y'Py, whose slope is -A.
2. 1/B and A^(-1/2) are concave, being power means of e + tau² (Hardy, Littlewood and Polya 1934,
   Inequalities, theorem 198). Between two points each lies above its chord and below its tangents.
3. Where A = B, the slope of the score is at most D - 2 B²/Q with D the sum of 1/(e + tau²)² (by
   Cauchy and Schwarz); and Q D / B² falls as tau² grows. So beyond a point with Q D <= 2 B² every
   root is a maximum, hence there is at most one.
4. Beyond tau² = v_max - 2 v_min, A/B falls, so there is at most one root.

The line from 0 on is cut into cells until each is known to have no root (1, 2), or at most one
(3, 4). What is left are brackets with one root each; of several maxima, and of 0 where the score is
not positive there, the likeliest is taken.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parapluie.effects.pool_blocks import Array, Block, Flags, Integers
from parapluie.effects.pool_moments import Moments, log_likelihood, moments
from parapluie.effects.pool_roots import bracketed, middle, squares_about_mean

_NARROW = 1e-7
"""Relative width at which a cell that is still undecided counts as having one root at most: two
roots so near to each other enclose a hump of the likelihood of less than the rounding error."""
_AIM = 1.95
"""What Q D / B² is brought down to by the first cut; 2 would do."""


@dataclass(frozen=True)
class Maxima:
    """Local maxima of the likelihood within tau² >= 0.

    Parameters
    ----------
    tau2 : array, shape (m,)
        The global maximum of each set, in units of the set.
    of : array of int
        Set of each local maximum, 0 included where it is one.
    at : array
        Its tau².
    """

    tau2: Array
    of: Integers
    at: Array


@dataclass(frozen=True)
class _Cells:
    """Parts of the line of some sets, with the sums at both ends."""

    of: Integers
    low: Array
    high: Array
    left: Moments
    right: Moments

    def take(self, which: Integers) -> _Cells:
        """Give some of the cells."""
        left, right = self.left.take(which), self.right.take(which)
        return _Cells(self.of[which], self.low[which], self.high[which], left, right)


def joined(cells: list[_Cells]) -> _Cells:
    """Put cells together."""
    return _Cells(
        np.concatenate([c.of for c in cells]),
        np.concatenate([c.low for c in cells]),
        np.concatenate([c.high for c in cells]),
        Moments(np.concatenate([c.left.values for c in cells], axis=1)),
        Moments(np.concatenate([c.right.values for c in cells], axis=1)),
    )


def maxima(block: Block, restricted: bool, begin: Moments | None = None) -> Maxima:
    """Find the maxima of the (restricted) likelihood.

    Parameters
    ----------
    block : Block
        Sets of at least two effects.
    restricted : bool
        Restricted likelihood (REML), else the full one (ML).
    begin : Moments, optional
        Those at tau² = 0, if they are known.
    """
    if begin is None:
        begin = moments(block, np.zeros(block.n_sets), restricted)
    cells, tail = _first_cut(block, begin, restricted)
    brackets = [tail]
    while cells.of.size:
        cells, found = _sorted_out(cells)
        brackets.append(found)
        cells = _split(block, cells, begin.b / begin.d, restricted)
    one_each = joined(brackets)
    typical = (block.k - 1) / begin.b
    roots = _roots(block.take(one_each.of), one_each, typical[one_each.of], restricted)
    return _likeliest(block, begin.score <= 0, one_each.of, roots, restricted)


# --- cells ----------------------------------------------------------------------------------------


def _first_cut(block: Block, begin: Moments, restricted: bool) -> tuple[_Cells, _Cells]:
    """Cut the line until its last part has one root at most.

    Returns
    -------
    (cells, tail)
        The parts before, and the last part of those sets that have a root there.
    """
    limit = block.largest - 2 * block.first(block.v)
    at, sums = np.zeros(block.n_sets), begin.values.copy()
    cells = [
        _Cells(np.arange(0), at[:0], at[:0], begin.take(np.arange(0)), begin.take(np.arange(0)))
    ]
    open_ = np.flatnonzero(~_one_root_beyond(begin, at, limit))
    while open_.size:
        now, low = Moments(sums[:, open_]), at[open_]
        aim = _AIM * now.b**2 / now.d
        high = np.minimum(low + now.q * (now.q - aim) / (aim * now.a), limit[open_])
        then = moments(block.take(open_), high, restricted)
        cells.append(_Cells(open_, low, high, now, then))
        at[open_], sums[:, open_] = high, then.values
        open_ = open_[~_one_root_beyond(then, high, limit[open_])]
    up = np.flatnonzero(sums[1] > sums[3])
    top = np.maximum(squares_about_mean(block.take(up)), at[up])
    last = Moments(sums[:, up])
    return joined(cells), _Cells(up, at[up], top, last, last)


def _one_root_beyond(sums: Moments, tau2: Array, limit: Array) -> Flags:
    found: Flags = (sums.q * sums.d <= 2 * sums.b**2) | (tau2 >= limit)
    return found


def _sorted_out(cells: _Cells) -> tuple[_Cells, _Cells]:
    """Give the cells that are still undecided, and those with exactly one root, a maximum."""
    left, right = cells.left, cells.right
    crossed = (left.score > 0) & (right.score <= 0)
    narrow = cells.high - cells.low <= _NARROW * cells.high
    falls = 2 * right.c * left.b > left.d * right.a
    one = falls | narrow
    none = np.zeros(one.size, dtype=bool)
    rest = np.flatnonzero(~crossed & ~one)
    none[rest] = _no_root(cells.take(rest))
    return cells.take(np.flatnonzero(~one & ~none)), cells.take(np.flatnonzero(one & crossed))


def _no_root(cells: _Cells) -> Flags:
    """Tell of which cells the bounds show that the score has one sign throughout."""
    width = cells.high - cells.low
    above, below = (f(width, cells.left, cells.right) for f in (_positive, _negative))
    return above | below


def _positive(width: Array, left: Moments, right: Moments) -> Flags:
    """Compare the chord of 1/B with the tangents of A^(-1/2), squared, where those meet."""
    root0, root1 = left.a**-0.5, right.a**-0.5
    slope0, slope1 = left.c * root0**3, right.c * root1**3
    x = _meeting(root1 - slope1 * width - root0, slope0 - slope1, width)
    highest = np.minimum(root0 + slope0 * x, root1 - slope1 * (width - x))
    chord = 1 / left.b + (1 / right.b - 1 / left.b) * x / width
    found: Flags = (left.score > 0) & (right.score > 0) & (chord > highest**2)
    return found


def _negative(width: Array, left: Moments, right: Moments) -> Flags:
    """Compare the chord of A^(-1/2), squared, with the tangents of 1/B."""
    root0, inverse0, inverse1 = left.a**-0.5, 1 / left.b, 1 / right.b
    slope = (right.a**-0.5 - root0) / width
    slope0, slope1 = left.d * inverse0**2, right.d * inverse1**2
    x = _meeting(inverse1 - slope1 * width - inverse0, slope0 - slope1, width)

    def least(low: Array, high: Array, at: Array, rise: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            lowest = (rise / (2 * slope) - root0) / slope
        t = np.clip(np.where(np.isfinite(lowest), lowest, 0.0), low, high)
        found: Array = (root0 + slope * t) ** 2 - at - rise * t
        return found

    before = least(np.zeros_like(x), x, inverse0, slope0)
    after = least(x, width, inverse1 - slope1 * width, slope1)
    found: Flags = (left.score < 0) & (right.score < 0) & (np.minimum(before, after) > 0)
    return found


def _meeting(gap: Array, difference: Array, width: Array) -> Array:
    """Give where two tangents meet, within the cell."""
    with np.errstate(divide="ignore", invalid="ignore"):
        x = gap / difference
    return np.where((x >= 0) & (x <= width), x, 0.0)


def _split(block: Block, cells: _Cells, scale: Array, restricted: bool) -> _Cells:
    if not cells.of.size:
        return cells
    cut = middle(cells.low, cells.high, scale[cells.of])
    sums = moments(block.take(cells.of), cut, restricted)
    return joined(
        [
            _Cells(cells.of, cells.low, cut, cells.left, sums),
            _Cells(cells.of, cut, cells.high, sums, cells.right),
        ]
    )


# --- roots ----------------------------------------------------------------------------------------


def _roots(block: Block, cells: _Cells, scale: Array, restricted: bool) -> Array:
    """Find the root of each cell; B/A, whose value is 1 there, is nearly linear in tau²."""

    def newton(sums: Moments, tau2: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            rise = 2 * sums.b * sums.c - sums.a * sums.d
            to: Array = tau2 + sums.score * sums.a / rise
        return to

    def ask(some: Block, tau2: Array, left: Integers) -> tuple[Array, Array]:
        sums = moments(some, tau2, restricted)
        return sums.score, newton(sums, tau2)

    first = newton(cells.left, cells.low)
    inside = (first > cells.low) & (first < cells.high)
    start = np.where(inside, first, middle(cells.low, cells.high, scale))
    return bracketed(block, ask, cells.low, cells.high, start, scale)


def _likeliest(
    block: Block, at_zero: Flags, of: Integers, roots: Array, restricted: bool
) -> Maxima:
    """Choose among the maxima of each set; of equally likely ones the smallest."""
    zeros = np.flatnonzero(at_zero)
    of, at = np.concatenate([zeros, of]), np.concatenate([np.zeros(zeros.size), roots])
    order = np.lexsort((at, of))
    of, at = of[order], at[order]
    best = np.zeros(block.n_sets)
    counts = np.bincount(of, minlength=block.n_sets)
    alone = counts[of] == 1
    best[of[alone]] = at[alone]
    several = np.flatnonzero(~alone)
    if several.size:
        likely = log_likelihood(block.take(of[several]), at[several], restricted)
        by_set = np.lexsort((at[several], -likely, of[several]))
        first = by_set[np.unique(of[several][by_set], return_index=True)[1]]
        best[of[several][first]] = at[several][first]
    return Maxima(best, of, at)
