"""Many sets of effects at once: sets of like size side by side, ready for sums over studies.

A ragged collection of sets (one flat array and the size of each set) is cut into blocks. In a block
every set has as many rows as the largest; a row that a set does not have carries an infinite
variance, so that its weight is 0 whatever tau² is. No loop runs over sets.

Within a block the numbers are made harmless, exactly where doubles allow it:

* the study with the smallest variance stands first, and effects are taken as differences from its
  effect. Sums about a mean that lies near that study then lose no digits, and what is left when its
  weight is taken from the sum of weights can be summed rather than subtracted;
* variances are divided by a power of four near the smallest of their set, effects by its root. So
  no step depends on the scale.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

GROWTH = 1.5
"""Largest size in a block over its smallest, so that at most a third of a block is padding."""
_LONG = 128
"""From this size on studies stand along the last axis: NumPy then sums along memory."""


@dataclass(frozen=True)
class Block:
    """Sets of like size.

    Parameters
    ----------
    index : array of int, shape (m,)
        Which sets of the caller these are.
    k : array, shape (m,)
        Number of studies in each.
    y, v : array, shape (n, m) or (m, n)
        Differences from the effect of the first study, and variances, in units of the set; studies
        along `axis`; padding has effect 0 and an infinite variance.
    origin : array, shape (m,)
        Effect of the first study, which has the smallest variance, in the caller's units.
    root : array, shape (m,)
        Unit of effects; its square is the unit of variances.
    axis : int
        Axis of the studies.
    """

    index: Integers
    k: Array
    y: Array
    v: Array
    origin: Array
    root: Array
    axis: int

    @property
    def n_sets(self) -> int:
        """Number of sets."""
        return int(self.k.size)

    @property
    def largest(self) -> Array:
        """Largest variance of each set."""
        found: Array = np.where(np.isfinite(self.v), self.v, 0.0).max(axis=self.axis)
        return found

    def total(self, x: Array) -> Array:
        """Sum over the studies of each set."""
        summed: Array = np.add.reduce(x, axis=self.axis)
        return summed

    def first(self, x: Array) -> Array:
        """View of the study with the smallest variance."""
        return x[0] if self.axis == 0 else x[:, 0]

    def total_of_others(self, x: Array) -> Array:
        """Sum over all studies but the first."""
        return self.total(x[1:] if self.axis == 0 else x[:, 1:])

    def over(self, value: Array) -> Array:
        """Lay one number of each set over its studies."""
        return value if self.axis == 0 else value[:, None]

    def take(self, which: Integers) -> Block:
        """Give some of the sets."""
        across = 1 - self.axis
        return replace(
            self,
            index=self.index[which],
            k=self.k[which],
            y=np.take(self.y, which, axis=across),
            v=np.take(self.v, which, axis=across),
            origin=self.origin[which],
            root=self.root[which],
        )


def blocks(y: Array, v: Array, sizes: Integers) -> Iterator[Block]:
    """Cut sets into blocks of like size.

    Parameters
    ----------
    y, v : array, shape (n,)
        Effects and positive variances of all sets, one set after the other.
    sizes : array of int, shape (m,)
        Number of effects of each set; sets of size 0 are in no block.
    """
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    order = np.argsort(sizes, kind="stable")
    order = order[sizes[order] > 0]
    while order.size:
        smallest = int(sizes[order[0]])
        count = int(np.searchsorted(sizes[order], max(smallest, int(smallest * GROWTH)), "right"))
        yield _block(y, v, starts, sizes, order[:count])
        order = order[count:]


def _block(y: Array, v: Array, starts: Integers, sizes: Integers, index: Integers) -> Block:
    """Fill a block, the most precise study of each set first."""
    k, begin = sizes[index], starts[index]
    longest = int(k[-1])
    place = np.arange(longest)
    cells = begin[:, None] + np.minimum(place, k[:, None] - 1)
    effects, variances = y[cells], v[cells]
    variances[place >= k[:, None]] = np.inf
    row = np.arange(k.size)
    best = variances.argmin(axis=1)
    origin, least = effects[row, best], variances[row, best]
    effects[row, best], variances[row, best] = effects[:, 0], variances[:, 0]
    effects[:, 0], variances[:, 0] = origin, least
    root = np.ldexp(1.0, np.frexp(least)[1] // 2)
    effects = (effects - origin[:, None]) / root[:, None]
    effects[place >= k[:, None]] = 0.0
    variances /= (root**2)[:, None]
    axis = 1 if longest >= _LONG else 0
    if axis == 0:
        effects, variances = np.ascontiguousarray(effects.T), np.ascontiguousarray(variances.T)
    return Block(index, k.astype(float), effects, variances, origin, root, axis)
