"""Jackson's interval of tau², which R's meta gives beside the estimator of DerSimonian and Laird.

The Q-profile interval has weights that change with tau²; this one keeps those of a Q with fixed
weights, whose distribution is known for every tau². Jackson 2013, Res Synth Methods 4:220-229.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

_REFINED = 10
_NOTHING = 1e-18
"""Share of the first term below which the path ends."""
_NO_SPREAD = 1e-20
"""Q of effects that are equal but for rounding."""
_STEPS, _EXACT = 200, 1e-14
"""Steps to a root at most, and how near the chance is to be."""


@dataclass(frozen=True)
class Tau2Interval:
    """Ends of an interval of tau²; where they are NaN, ``reason`` says why."""

    low: float
    high: float
    reason: str = ""


def tail_of_squares(q: float, weights: ArrayLike) -> float:
    """Give the chance that a weighted sum of squares of standard normals exceeds `q`.

    The distribution function is the inverse Laplace transform of prod(1 + 2 w s)^(-1/2) / s, whose
    singularities all lie on the negative real line or at 0. It is summed by the trapezoidal rule
    along a parabola about them that begins at the saddle point (Rice 1980, SIAM J Sci Stat Comput
    1:438-448); the steps are halved until the sum stays.

    Parameters
    ----------
    q : float
        Above 0.
    weights : array_like
        Not below 0, at least one above 0.

    Examples
    --------
    >>> round(tail_of_squares(3.841459, [1.0]), 6)
    0.05
    """
    w = np.asarray(weights, dtype=float) / q
    saddle = _saddle(w)
    first = saddle**-2.0
    second = 2 * float(((w / (1 + 2 * w * saddle)) ** 2).sum()) + first
    third = -8 * float(((w / (1 + 2 * w * saddle)) ** 3).sum()) - 2 * first / saddle
    # no closer to the nearest singularity, which may be of high order, than the saddle is to it
    bend = min(-third / (6 * second), 1 / (saddle + 1 / (2 * w.max())))
    path = _Path(w, saddle, second**-0.5, bend)
    reach = 8.0
    while abs(path.terms(np.array([reach]))[0]) > _NOTHING * abs(path.terms(np.array([0.0]))[0]):
        reach *= 1.5
    previous, step = math.inf, 0.25
    for _ in range(_REFINED):
        found = path.sum(step, reach)
        if abs(found - previous) < 1e-13:
            break
        previous, step = found, step / 2
    return min(1.0, max(0.0, 1 - found))


@dataclass(frozen=True)
class _Path:
    """A parabola from the saddle point on, open to the left, in widths of the saddle."""

    w: Array
    saddle: float
    unit: float
    bend: float

    def terms(self, place: Array) -> NDArray[np.complex128]:
        """Give the transform times exp(s) and the slope of the path."""
        at = self.unit * place
        s = self.saddle - self.bend * at**2 + 1j * at
        logs = s - 0.5 * np.log(1 + 2 * self.w[:, None] * s).sum(axis=0) - np.log(s)
        return np.asarray(np.exp(logs) * (1j - 2 * self.bend * at), dtype=complex)

    def sum(self, step: float, reach: float) -> float:
        """Sum upwards by the trapezoidal rule; the lower half mirrors the upper."""
        terms = self.terms(step * np.arange(int(reach / step) + 1, dtype=float)).imag
        return float(terms[0] / 2 + terms[1:].sum()) * self.unit * step / math.pi


def _saddle(w: Array) -> float:
    """Find where the transform times exp(s) is least on the positive line."""
    low, high = 0.0, 1.0
    while 1 - float((w / (1 + 2 * w * high)).sum()) - 1 / high < 0:
        low, high = high, 2 * high
    for _ in range(50):
        middle = (low + high) / 2
        rising = 1 - float((w / (1 + 2 * w * middle)).sum()) - 1 / middle > 0
        low, high = (low, middle) if rising else (middle, high)
    return (low + high) / 2


def jackson_interval(
    yi: ArrayLike, vi: ArrayLike, level: float = 0.95, power: float = 0.5
) -> Tau2Interval:
    """Give all tau² under which a generalised Q is no outlier of its distribution.

    Q is the squares about the mean with weights w = v^(-power). Under tau² it is a weighted sum of
    squares of standard normals, with the eigenvalues of S^(1/2) A S^(1/2) as weights: S the
    variances v + tau², A = diag(w) - w w' / sum(w).

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects on the scale of analysis and their sampling variances.
    level : float
        Of the interval.
    power : float
        0.5 for weights of 1/se, which Jackson recommends and R's meta has; 1 for those of Cochran's
        Q.

    Returns
    -------
    Tau2Interval
        An end is 0 where no tau² fits, as where Q is below what chance alone gives.

    Examples
    --------
    >>> found = jackson_interval([0.1, 0.9, 0.5], [0.04, 0.02, 0.05])
    >>> round(found.low, 3), round(found.high, 3)
    (0.012, 6.933)
    """
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    if y.size < 2:
        return Tau2Interval(math.nan, math.nan, f"not_estimable: k={y.size}")
    unit = float(np.exp(np.log(v).mean()))
    y, v = y / math.sqrt(unit), v / unit
    w = v**-power
    q = float(w @ (y - (w @ y) / w.sum()) ** 2)
    tail = (1 - level) / 2
    low, high = (_where(q, v, w, chance) for chance in (tail, 1 - tail))
    return Tau2Interval(low * unit, high * unit)


def _chance(q: float, v: Array, w: Array, tau2: float) -> float:
    root = np.sqrt(v + tau2)
    inner = np.diag(w) - np.outer(w, w) / w.sum()
    values = np.linalg.eigvalsh(root[:, None] * inner * root)
    return tail_of_squares(q, np.maximum(values[1:], 0.0))  # the first is 0


def _where(q: float, v: Array, w: Array, chance: float) -> float:
    """Find the tau² under which Q is exceeded by a chance; 0 where it always is by more.

    Regula falsi with halved values (Dowell and Jarratt 1971), in the logarithm of 1 + tau².
    """

    def off(log: float) -> float:
        return _chance(q, v, w, math.expm1(log)) - chance

    if q <= _NO_SPREAD or (below := off(0.0)) >= 0:
        return 0.0
    low = 0.0
    high, above = 1.0, off(1.0)
    while above < 0:
        low, below, high = high, above, 2 * high
        above = off(high)
    last = 0
    for _ in range(_STEPS):
        if high - low <= 1e-14 * high:
            break
        new = (low * above - high * below) / (above - below)
        found = off(new)
        if abs(found) < _EXACT:
            return math.expm1(new)
        side = 1 if found > 0 else -1
        if side > 0:
            high, above, below = new, found, below / 2 if last == side else below
        else:
            low, below, above = new, found, above / 2 if last == side else above
        last = side
    return math.expm1((low + high) / 2)
