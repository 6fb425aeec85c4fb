"""Random sets of effects, and their tau² by another way: long doubles, a dense grid, bisection.

Nothing here is shared with `parapluie.effects`: the sums are written as in the papers, and a root
is every change of sign between neighbours on a grid. Slow on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Long = NDArray[np.longdouble]
Floats = NDArray[np.float64]

GRID = 1500
"""Points at which the score is looked at, from 1e-9 of the smallest variance to where it is
negative for good."""
HALVINGS = 70
"""Bisections of a bracket: more than the 64 binary digits of a long double."""


@dataclass(frozen=True)
class Drawn:
    """A random set and the family it is of."""

    family: str
    yi: Floats
    vi: Floats


@dataclass(frozen=True)
class Reference:
    """What the grid finds: the likeliest tau², all maxima, and the sign of the score at 0."""

    tau2: float
    maxima: tuple[float, ...]
    score_at_zero: float


# --- sets -----------------------------------------------------------------------------------------


def _variances(rng: np.random.Generator, k: int) -> Floats:
    return rng.gamma(1.5, 0.1, k) + 0.002


def _usual(rng: np.random.Generator) -> tuple[Floats, Floats]:
    v = _variances(rng, int(rng.integers(3, 40)))
    return rng.normal(0.3, np.sqrt(v + rng.choice([0.02, 0.1, 0.5]))), v


def _none(rng: np.random.Generator) -> tuple[Floats, Floats]:
    v = _variances(rng, int(rng.integers(3, 40)))
    return rng.normal(0.3, np.sqrt(v)), v


def _two(rng: np.random.Generator) -> tuple[Floats, Floats]:
    v = np.exp(rng.normal(-3, 2, 2))
    return rng.normal(0, np.sqrt(v + rng.choice([0, 0.1, 10]))), v


def _tiny(rng: np.random.Generator) -> tuple[Floats, Floats]:
    y, v = _usual(rng)
    return 1e-5 * y, 1e-10 * v


def _large(rng: np.random.Generator) -> tuple[Floats, Floats]:
    y, v = _usual(rng)
    return 1e6 + 1e4 * y, 1e8 * v


def _unequal(rng: np.random.Generator) -> tuple[Floats, Floats]:
    v = np.exp(rng.normal(-3, 3, int(rng.integers(2, 30))))
    return rng.normal(0, np.sqrt(v + rng.choice([0, 0.01, 1]))), v


def _two_sorts(rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw precise studies that differ little, and imprecise ones: often with several maxima."""
    few, many = int(rng.integers(2, 5)), int(rng.integers(2, 12))
    v = np.concatenate([rng.uniform(0.5, 2, few) * 1e-4, rng.uniform(0.5, 2, many)])
    small, wide = np.exp(rng.normal(-4, 1.5)), np.exp(rng.normal(0.5, 0.7))
    spread = np.concatenate([np.full(few, small), np.full(many, wide)])
    return rng.normal(0, spread), v


def _outlier(rng: np.random.Generator) -> tuple[Floats, Floats]:
    v = np.exp(rng.normal(-3, 1.5, int(rng.integers(3, 15))))
    y = rng.normal(0, np.sqrt(v))
    y[0] += rng.normal(0, 6)
    return y, v


def _equal(rng: np.random.Generator) -> tuple[Floats, Floats]:
    k = int(rng.integers(2, 20))
    v = np.full(k, float(np.exp(rng.normal(-3, 2))))
    return rng.normal(0, np.sqrt(v * rng.choice([0.2, 1, 5]))), v


def _identical(rng: np.random.Generator) -> tuple[Floats, Floats]:
    v = _variances(rng, int(rng.integers(2, 10)))
    return np.full(v.size, rng.normal()), v


FAMILIES: dict[str, Callable[[np.random.Generator], tuple[Floats, Floats]]] = {
    "usual": _usual,
    "tau2 = 0": _none,
    "k = 2": _two,
    "tiny scale": _tiny,
    "large scale": _large,
    "unequal variances": _unequal,
    "two sorts of studies": _two_sorts,
    "outlier": _outlier,
    "equal variances": _equal,
    "identical effects": _identical,
}


def draw(count: int, seed: int = 20261125) -> Iterator[Drawn]:
    """Draw sets, one family after the other."""
    rng = np.random.default_rng(seed)
    names = list(FAMILIES)
    for i in range(count):
        family = names[i % len(names)]
        yield Drawn(family, *FAMILIES[family](rng))


# --- likelihood in long doubles -------------------------------------------------------------------


def _terms(drawn: Drawn, tau2: Long) -> tuple[Long, Long, Long]:
    """Give weights and residuals at each tau², and the sums of weights."""
    y, v = drawn.yi.astype(np.longdouble), drawn.vi.astype(np.longdouble)
    w = 1 / (v + tau2[:, None])
    total = w.sum(axis=1)
    y = y - y[np.argmin(v)]
    return w, y - ((w @ y) / total)[:, None], total


def score(drawn: Drawn, tau2: Long, restricted: bool) -> Long:
    """Twice the slope of the (restricted) log-likelihood (Viechtbauer 2005)."""
    w, r, total = _terms(drawn, tau2)
    found: Long = (w**2 * r**2).sum(axis=1) - total
    return found + (w**2).sum(axis=1) / total if restricted else found


def likelihood(drawn: Drawn, tau2: Long, restricted: bool) -> Long:
    """Give the (restricted) log-likelihood without its constants."""
    w, r, total = _terms(drawn, tau2)
    found: Long = np.log(w).sum(axis=1) - (w * r**2).sum(axis=1)
    return (found - np.log(total) if restricted else found) / 2


def q(drawn: Drawn, tau2: Long) -> Long:
    """Give the weighted squares about the mean."""
    w, r, _ = _terms(drawn, tau2)
    found: Long = (w * r**2).sum(axis=1)
    return found


# --- the other way --------------------------------------------------------------------------------


def bisect(sign: Callable[[Long], Long], low: Long, high: Long) -> Long:
    """Narrow brackets, positive at `low` and not at `high`, to nothing."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        right = sign(middle) > 0
        low, high = np.where(right, middle, low), np.where(right, high, middle)
    return (low + high) / 2


def largest_maximum(drawn: Drawn, restricted: bool, grid: int = GRID) -> Reference:
    """Find the likeliest tau² by looking everywhere."""
    top = float(((drawn.yi - drawn.yi.mean()) ** 2).sum()) + float(drawn.vi.max())
    points = np.geomspace(drawn.vi.min() * 1e-9, top, grid).astype(np.longdouble)
    points = np.concatenate([np.zeros(1, np.longdouble), points])
    signs = score(drawn, points, restricted)
    falls = np.flatnonzero((signs[:-1] > 0) & (signs[1:] <= 0))
    roots = points[:0]
    if falls.size:
        roots = bisect(lambda t: score(drawn, t, restricted), points[falls], points[falls + 1])
    if signs[0] <= 0:
        roots = np.concatenate([points[:1], roots])
    best = int(np.argmax(likelihood(drawn, roots, restricted)))
    return Reference(float(roots[best]), tuple(float(r) for r in roots), float(signs[0]))


def where_q_is(drawn: Drawn, target: float) -> float:
    """Find the tau² at which Q falls to a value."""
    zero = np.zeros(1, np.longdouble)
    if q(drawn, zero)[0] <= target:
        return 0.0
    high = zero + float(((drawn.yi - drawn.yi.mean()) ** 2).sum() / target) * 2
    return float(bisect(lambda t: q(drawn, t) - target, zero, high)[0])
