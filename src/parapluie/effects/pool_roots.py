"""Roots of one function for each set of a block, always between two ends that hold the root.

Newton's step is taken while it stays inside and shrinks; else the middle. So the search ends for
whatever function, scale and start (Dekker's safeguard; Brent 1973, Algorithms for Minimization
without Derivatives, chapter 4).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from parapluie.effects.pool_blocks import Array, Block, Flags, Integers
from parapluie.effects.pool_moments import weighted_squares

TOLERANCE = 1e-10
"""Last step, as a share of tau² plus the typical variance, with which the search ends. A step of
Newton of that size leaves an error of about its square, which is below the precision of doubles."""
MOST_STEPS = 400
"""A bound that bisection alone keeps: a bracket of 1e300 is halved to nothing in fewer."""

_LEAVE = 0.2
"""Share of searches that must have ended before they are left out: it costs as much as a step."""

Ask = Callable[[Block, Array, Integers], tuple[Array, Array]]
"""From a block, one tau² a set and the numbers of the sets: how far the root lies to the right
(positive: right; else left), and where Newton would go."""


def bracketed(block: Block, ask: Ask, low: Array, high: Array, start: Array, scale: Array) -> Array:
    """Find a root of each set.

    Parameters
    ----------
    block : Block
    ask : callable
        See `Ask`; positive at `low`, not positive at `high`.
    low, high, start : array, shape (m,)
        Two ends and where to begin, in units of the set.
    scale : array, shape (m,)
        A typical variance: what a change of tau² is measured against.

    Raises
    ------
    ArithmeticError
        If a search does not end, which would be a fault of this module.
    """
    found, left = start.copy(), np.arange(start.size)
    at, last = start.copy(), high - low
    ended = np.zeros(start.size, dtype=bool)
    for _ in range(MOST_STEPS):
        if ended.all():
            return found
        if ended.mean() > _LEAVE:
            open_ = np.flatnonzero(~ended)
            block, left, scale, ended = block.take(open_), left[open_], scale[open_], ended[open_]
            at, low, high, last = at[open_], low[open_], high[open_], last[open_]
        value, proposed = ask(block, at, left)
        low, high = np.where(value > 0, at, low), np.where(value > 0, high, at)
        to, done = _next(at, low, high, last, proposed, scale)
        found[left[~ended]] = to[~ended]
        ended, last, at = ended | done, np.abs(to - at), to
    raise ArithmeticError(f"{left.size} searches of a root did not end")  # pragma: no cover


def _next(
    at: Array, low: Array, high: Array, last: Array, proposed: Array, scale: Array
) -> tuple[Array, Flags]:
    """Choose where to look next, and tell which searches have ended."""
    with np.errstate(invalid="ignore"):
        newton = (proposed >= low) & (proposed <= high) & (np.abs(proposed - at) <= last / 2)
    to = np.where(newton, proposed, middle(low, high, scale))
    near = TOLERANCE * (to + scale)
    done: Flags = (newton & (np.abs(to - at) <= near)) | (high - low <= 1e-5 * near)
    return to, done


def middle(low: Array, high: Array, scale: Array) -> Array:
    """Give the middle of two tau² on a scale that is linear near 0 and logarithmic above."""
    between: Array = np.sqrt((low + scale) * (high + scale)) - scale
    return np.where((between > low) & (between < high), between, (low + high) / 2)


def where_q_is(block: Block, target: Array, scale: Array) -> Array:
    """Find the tau² at which Q falls to a value; 0 where it is not above it at 0.

    Q as a function of tau² falls from its value at 0 to 0, and its reciprocal is concave (it is a
    weighted harmonic mean of the eigenvalues of the variance plus tau²), so that Newton's steps on
    the reciprocal go to the root from the left and never beyond.
    """
    zero = np.zeros(block.n_sets)
    q, _ = weighted_squares(block, zero)
    above = np.flatnonzero(q > target)
    found = zero
    if above.size:
        part, wanted = block.take(above), target[above]

        def ask(some: Block, tau2: Array, left: Integers) -> tuple[Array, Array]:
            q, a = weighted_squares(some, tau2)
            over = q - wanted[left]
            return over, tau2 + q * over / (wanted[left] * a)

        low = np.zeros(above.size)
        # each term of Q is at most u² / tau², and the u² add up to the squares about the mean
        high = squares_about_mean(part) / wanted
        found[above] = bracketed(part, ask, low, high, low, scale[above])
    return found


def squares_about_mean(block: Block) -> Array:
    """Give the sum of squares about the plain mean, in units of the set."""
    mean = block.total(block.y) / block.k
    residual = np.where(np.isfinite(block.v), block.y - block.over(mean), 0.0)
    return block.total(residual * residual)
