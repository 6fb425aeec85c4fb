"""What each study does to the pooled effect, and what its own true effect may be."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri

from parapluie.effects.leave_out import leave_one_out
from parapluie.effects.pooling import pool_sets
from parapluie.effects.regression import critical_value
from parapluie.effects.tau2 import REML

Array = NDArray[np.float64]

_NORMAL = "z"
_MEDIAN = float(chdtri(1, 0.5))
"""Median of chi-square with one degree of freedom."""


@dataclass(frozen=True)
class Influence:
    """What each study does to the pooled effect (Viechtbauer and Cheung 2010), shape (k,) each.

    Parameters
    ----------
    residual : array
        Distance of the study from the estimate without it, in standard errors of that distance.
    dffits : array
        How many standard errors its own prediction moves when it is left out.
    cook : array
        Squared move of the estimate, over the variance of the estimate.
    cov_ratio : array
        Variance of the estimate without the study over that with it; below 1 it makes worse.
    tau2, q : array
        Variance between studies, and Q, without the study.
    hat : array
        Weight as a share of 1.
    dfbetas : array
        How many standard errors the estimate moves.
    influential : array of bool
        By the rules of thumb of that paper.
    """

    residual: Array
    dffits: Array
    cook: Array
    cov_ratio: Array
    tau2: Array
    q: Array
    hat: Array
    dfbetas: Array
    influential: NDArray[np.bool_]


def influence(yi: ArrayLike, vi: ArrayLike, method: str = REML) -> Influence:
    """Leave out each study and see how far the estimate moves.

    Viechtbauer W, Cheung MWL. Res Synth Methods 2010;1:112-125.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects on the scale of analysis and their sampling variances; k of 3 or more.
    method : str
        As in `pooling.pool`.

    Raises
    ------
    ValueError
        If there are fewer than three studies.
    """
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    k = y.size
    if k < 3:
        raise ValueError(f"influence needs three studies or more; there are {k}")
    full = pool_sets(y, v, [0, k], method, _NORMAL)
    without = leave_one_out(y, v, method, _NORMAL).pools
    moved = full.estimate[0] - without.estimate
    w = 1 / (v + full.tau2[0])
    hat = w / w.sum()
    total = v + without.tau2
    # the variance of the estimate of all studies, were tau² that without the study
    precision = (1 / (v + without.tau2[:, None])).sum(axis=1)
    dffits, dfbetas = moved / np.sqrt(hat * total), moved * np.sqrt(precision)
    cook = (moved / full.se[0]) ** 2
    rules = (
        np.abs(dffits) > 3 * math.sqrt(1 / (k - 1)),
        cook > _MEDIAN,
        hat > 3 / k,
        np.abs(dfbetas) > 1,
    )
    return Influence(
        (y - without.estimate) / np.sqrt(total + without.se**2),
        dffits,
        cook,
        (without.se / full.se[0]) ** 2,
        without.tau2,
        without.q,
        hat,
        dfbetas,
        np.logical_or.reduce(rules),
    )


@dataclass(frozen=True)
class Shrunken:
    """Best linear unbiased predictions of the true effects, shape (k,) each; 95% ends.

    ``reason`` says why there are none; then the numbers are NaN.
    """

    estimate: Array
    se: Array
    low: Array
    high: Array
    reason: str = ""


def shrunken(yi: ArrayLike, vi: ArrayLike, method: str = REML) -> Shrunken:
    """Predict the true effect of each study (Raudenbush and Bryk, J Educ Stat 1985;10:75-98)."""
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    fit = pool_sets(y, v, [0, y.size], method, _NORMAL)
    tau2 = float(fit.tau2[0])
    share = tau2 / (tau2 + v)
    estimate = share * y + (1 - share) * fit.estimate[0]
    se = np.sqrt(share * v + (1 - share) ** 2 * fit.se[0] ** 2)
    half = critical_value(math.inf) * se
    absent = fit.reason("tau2", 0) if np.isnan(se).any() else ""
    return Shrunken(estimate, se, estimate - half, estimate + half, absent)
