"""Sums from which every estimate is made, at one tau² for each set of a block.

With W the diagonal of 1/(v + tau²) and P = W - W1(1'W1)⁻¹1'W (Harville 1977, J Am Stat Assoc
72:320-338), the sums are the quadratic forms y'Py, y'PPy, y'PPPy and the traces of P and PP. They
are written so that they keep their digits however unequal the variances are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parapluie.effects.pool_blocks import Array, Block, Integers


@dataclass(frozen=True)
class Moments:
    """Sums at one tau² of each set, in units of the set.

    Parameters
    ----------
    values : array, shape (5, m)
        `q` is y'Py, the weighted squares about the weighted mean; `a` is y'PPy, minus the slope of
        `q`; `c` is y'PPPy, minus half the slope of `a`; `b` is the trace of P (restricted) or the
        sum of weights; `d`, minus the slope of `b`, the trace of PP or the sum of squared weights.
    """

    values: Array

    @property
    def q(self) -> Array:
        """y'Py."""
        found: Array = self.values[0]
        return found

    @property
    def a(self) -> Array:
        """y'PPy."""
        found: Array = self.values[1]
        return found

    @property
    def c(self) -> Array:
        """y'PPPy."""
        found: Array = self.values[2]
        return found

    @property
    def b(self) -> Array:
        """Trace of P, or sum of weights."""
        found: Array = self.values[3]
        return found

    @property
    def d(self) -> Array:
        """Trace of PP, or sum of squared weights."""
        found: Array = self.values[4]
        return found

    @property
    def score(self) -> Array:
        """Twice the slope of the log-likelihood by tau²."""
        return self.a - self.b

    def take(self, which: Integers) -> Moments:
        """Give those of some of the sets."""
        return Moments(self.values[:, which])


def residuals(block: Block, tau2: Array) -> tuple[Array, Array, Array, Array]:
    """Give weights, the sum of all but the first, the sum of all, and effects less their mean."""
    w = block.v + block.over(tau2)
    np.divide(1.0, w, out=w)
    others = block.total_of_others(w)
    total = block.first(w) + others
    mean = block.total_of_others(w * block.y) / total
    return w, others, total, block.y - block.over(mean)


def weighted_squares(block: Block, tau2: Array) -> tuple[Array, Array]:
    """Give `q` and `a` (see `Moments`) at one tau² of each set."""
    w, _, _, r = residuals(block, tau2)
    e = w * r
    return block.total(r * e), block.total(e * e)


def moments(block: Block, tau2: Array, restricted: bool) -> Moments:
    """Give all sums at one tau² of each set."""
    w, others, total, r = residuals(block, tau2)
    e = w * r
    q, a = block.total(np.multiply(r, e, out=r)), block.total(np.multiply(e, e, out=r))
    c = _cubic(block, w, e, others)
    if not restricted:
        return Moments(np.array([q, a, c, total, block.total(w * w)]))
    return Moments(np.array([q, a, c, *traces(block, w, others)]))


def _cubic(block: Block, w: Array, e: Array, others: Array) -> Array:
    """Give y'PPPy, the sum of w e² less the square of the sum of w e over the sum of weights.

    The first study, whose weight may exceed all others, is kept apart: what cancels is left out.
    """
    w0, e0 = block.first(w), block.first(e)
    f = w * e
    x = block.total_of_others(f)
    xx = block.total_of_others(np.multiply(f, e, out=f))
    total = w0 + others
    apart = w0 * (others * e0**2 + xx - 2 * e0 * x)
    return np.maximum((apart + others * xx - x**2) / total, 0.0)


def traces(block: Block, w: Array, others: Array) -> tuple[Array, Array]:
    """Give the traces of P and PP: S1 - S2/S1 and S2 - 2 S3/S1 + (S2/S1)², Si the sum of wⁱ.

    Written with shares of the sum, the first study (share `x`) kept apart from the sums of the
    others (`y1`, `y2`, `y3`), the terms in which `x` alone would cancel are left out.
    """
    total = block.first(w) + others
    powers = w * w
    x, y1 = block.first(w) / total, others / total
    y2 = block.total_of_others(powers) / total**2
    y3 = block.total_of_others(np.multiply(powers, w, out=powers)) / total**3
    first = 2 * x * y1 + y1**2 - y2
    second = x**2 * (y1**2 + 3 * y2) + 2 * y1 * (x * y2 - y3) + y1**2 * y2 + y2**2 - 2 * x * y3
    return total * first, total**2 * second


def log_likelihood(block: Block, tau2: Array, restricted: bool) -> Array:
    """Give the (restricted) log-likelihood in units of the set, without what tau² does not change.

    Viechtbauer 2005, J Educ Behav Stat 30:261-293.
    """
    w, _, total, r = residuals(block, tau2)
    logs = block.total(np.log(np.where(w > 0, w, 1.0)))
    if restricted:
        logs -= np.log(total)
    found: Array = (logs - block.total(w * r * r)) / 2
    return found
