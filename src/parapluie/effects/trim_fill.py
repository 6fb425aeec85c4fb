"""Trim and fill: mirror the studies that make a funnel plot lopsided.

Duval S, Tweedie R. J Am Stat Assoc 2000;95:89-98 (estimators of the number of missing studies and
their variances); Biometrics 2000;56:455-463 (the iteration).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parapluie.effects.pooling import pool_sets
from parapluie.effects.regression import REML, design, meta_regression

Array = NDArray[np.float64]

L0, R0, Q0 = "L0", "R0", "Q0"
AUTO, LEFT, RIGHT = "auto", "left", "right"
MAX_ROUNDS = 100
"""Rounds of trimming after which a number that still moves is called not settled."""


@dataclass(frozen=True)
class Filled:
    """What trim and fill adds.

    Parameters
    ----------
    side : str
        ``left`` or ``right``: where studies seem to be missing.
    estimator : str
        L0, R0 or Q0.
    k0 : int
        Number of studies added.
    se_k0 : float
        Standard error of that number before rounding; NaN where its variance is below 0.
    p_k0 : float
        Of R0: chance of so many if none is missing.
    yi, vi : array, shape (k + k0,)
        The effects in rising order from the full side, and behind them the mirrored ones.
    reason : str
        Why nothing could be estimated; then `k0` is 0 and nothing is added.
    """

    side: str
    estimator: str
    k0: int
    se_k0: float
    p_k0: float
    yi: Array
    vi: Array
    reason: str = ""

    @property
    def added(self) -> tuple[Array, Array]:
        """Effects and variances of the mirrored studies."""
        k = self.yi.size - self.k0
        return self.yi[k:], self.vi[k:]


class _NoValueError(ArithmeticError):
    """The estimator has no real value."""


def trim_and_fill(
    yi: ArrayLike, vi: ArrayLike, method: str = REML, estimator: str = L0, side: str = AUTO
) -> Filled:
    """Add mirrors of the studies that have no counterpart; pool the result to see what changes.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects on the scale of analysis and their sampling variances.
    method : str
        Of the estimate about which studies are mirrored, as in `pooling.pool`; for a side to be
        found it must be one of `regression.METHODS`.
    estimator : {'L0', 'R0', 'Q0'}
        Of the number of missing studies.
    side : {'auto', 'left', 'right'}
        Where they are missing; ``auto`` follows the slope of effects on standard errors.
    """
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    if side == AUTO:
        side = missing_side(y, v, method)
    sign = -1.0 if side == RIGHT else 1.0
    order = np.argsort(sign * y, kind="stable")
    ys, vs = (sign * y)[order], v[order]
    try:
        k0, unrounded = _missing(ys, vs, method, estimator)
    except _NoValueError as found:
        return Filled(side, estimator, 0, math.nan, math.nan, sign * ys, vs, str(found))
    kept = ys.size - k0
    added = 2 * _estimate(ys[:kept], vs[:kept], method) - ys[kept:]
    return Filled(
        side,
        estimator,
        k0,
        _standard_error(y.size, unrounded, estimator),
        0.5 ** (k0 + 1) if estimator == R0 else math.nan,
        np.concatenate([sign * ys, sign * added]),
        np.concatenate([vs, vs[kept:]]),
    )


def missing_side(yi: ArrayLike, vi: ArrayLike, method: str = REML) -> str:
    """Tell on which side studies seem to be missing: away from where small studies lie."""
    y, se = np.asarray(yi, dtype=float), np.sqrt(np.asarray(vi, dtype=float))
    if y.size < 3 or np.ptp(se) <= 1e-12 * se.max():
        return LEFT
    return RIGHT if meta_regression(y, se**2, design(se), method).coefficients[1] < 0 else LEFT


def _estimate(y: Array, v: Array, method: str) -> float:
    return float(pool_sets(y, v, [0, y.size], method, "z").estimate[0])


def _missing(y: Array, v: Array, method: str, estimator: str) -> tuple[int, float]:
    """Repeat trimming until the number of studies to trim stays; give it rounded and not."""
    from scipy.stats import rankdata  # loads for longer than most commands take

    k, k0 = y.size, 0
    for _ in range(MAX_ROUNDS):
        distance = y - _estimate(y[: k - k0], v[: k - k0], method)
        found = _number(rankdata(np.abs(distance), method="ordinal") * np.sign(distance), estimator)
        new = min(max(0, round(found)), k - 1)
        if new == k0:
            return k0, found
        k0 = new
    raise _NoValueError(f"not_estimable: the number did not settle in {MAX_ROUNDS} rounds")


def _number(ranks: Array, estimator: str) -> float:
    """Estimate how many studies are missing from the signed ranks of all."""
    k = ranks.size
    if estimator == R0:
        return k - max(0.0, float((-ranks).max())) - 1
    above = float(ranks[ranks > 0].sum())
    if estimator == L0:
        return (4 * above - k * (k + 1)) / (2 * k - 1)
    inner = 2 * k**2 - 4 * above + 0.25
    if inner < 0:
        raise _NoValueError(f"not_estimable: Q0 is the root of a number below 0 ({inner:g})")
    return k - 0.5 - math.sqrt(inner)


def _standard_error(k: int, k0: float, estimator: str) -> float:
    """Give the standard error of the unrounded number `k0` (Duval and Tweedie 2000, section 4)."""
    if estimator == R0:
        return math.sqrt(2 * max(0.0, k0) + 2)
    variance = (
        k * (k + 1) * (2 * k + 1) + 10 * k0**3 + 27 * k0**2 + 17 * k0
        - 18 * k * k0**2 - 18 * k * k0 + 6 * k**2 * k0
    ) / 24  # fmt: skip
    slope = 2 * k - 1.0
    if estimator == Q0:
        inner = (k - 0.5) ** 2 - k0 * (2 * k - k0 - 1)
        slope = 2 * math.sqrt(inner) if inner > 0 else math.nan
    return 4 * math.sqrt(variance) / slope if variance >= 0 else math.nan
