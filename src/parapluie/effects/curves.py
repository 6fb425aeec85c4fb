"""What pictures of a meta-analysis show beside a forest plot: places in them, and curves."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, stdtr

from parapluie.effects.leave_out import leave_one_out
from parapluie.effects.pooling import pool_sets
from parapluie.effects.tau2 import REML

Array = NDArray[np.float64]
_NORMAL = "z"


@dataclass(frozen=True)
class Baujat:
    """Where each study stands in the plot of Baujat et al. (2002), shape (k,) each.

    Parameters
    ----------
    contribution : array
        Squared Pearson residual: (effect - pooled effect)² / (sampling variance + tau²). For the
        common effect they sum to Q.
    influence : array
        Squared move of the pooled effect when the study is left out, over the variance of the
        pooled effect without it.
    """

    contribution: Array
    influence: Array


def baujat(yi: ArrayLike, vi: ArrayLike, method: str = REML) -> Baujat:
    """Tell how much each study adds to heterogeneity, and how far it moves the pooled effect.

    Baujat B, Mahé C, Pignon JP, Hill C. Stat Med 2002;21:2641-2652, for the common effect; with
    tau² in the variances for random effects, as R's metafor does.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects on the scale of analysis and their sampling variances; k of 2 or more.
    method : str
        As in `pooling.pool`.

    Raises
    ------
    ValueError
        If there are fewer than two studies.
    """
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    if y.size < 2:
        raise ValueError(f"Baujat's plot needs two studies or more; there are {y.size}")
    full = pool_sets(y, v, [0, y.size], method, _NORMAL)
    tau2 = float(np.nan_to_num(full.tau2[0]))
    without = leave_one_out(y, v, method, _NORMAL).pools
    moved = (full.estimate[0] - without.estimate) / without.se
    return Baujat((y - full.estimate[0]) ** 2 / (v + tau2), moved**2)


@dataclass(frozen=True)
class Radial:
    """Where each study stands in the plot of Galbraith, shape (k,) each.

    Parameters
    ----------
    precision : array
        One over the standard error, which holds tau² for random effects.
    z : array
        Effect over that standard error. The slope of a line from the origin is an effect.
    slope : float
        Pooled effect.
    """

    precision: Array
    z: Array
    slope: float


def radial(yi: ArrayLike, vi: ArrayLike, method: str = REML) -> Radial:
    """Give effects by their precision.

    Galbraith RF. Stat Med 1988;7:889-894, for the common effect; with tau² in the variances for
    random effects, as R's metafor does. Studies farther than 1.96 above or below the line of the
    pooled effect differ from it by more than chance explains, one in twenty aside.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects on the scale of analysis and their sampling variances.
    method : str
        As in `pooling.pool`.

    Examples
    --------
    >>> radial([0.1, 0.3], [0.04, 0.01], "common").z.round(6).tolist()
    [0.5, 3.0]
    """
    y, v = np.asarray(yi, dtype=float), np.asarray(vi, dtype=float)
    full = pool_sets(y, v, [0, y.size], method, _NORMAL)
    error = np.sqrt(v + np.nan_to_num(full.tau2[0]))
    return Radial(1 / error, y / error, float(full.estimate[0]))


def p_function(theta: ArrayLike, estimate: float, se: float, df: float = math.inf) -> Array:
    """Give the two-sided p of an effect against each value of a null hypothesis.

    Rücker G, Schwarzer G. Res Synth Methods 2021;12:308-319.

    Parameters
    ----------
    theta : array_like
        Values of the null hypothesis, on the scale of analysis.
    estimate, se : float
    df : float
        Degrees of freedom of t; infinite for the normal distribution.

    Examples
    --------
    >>> p_function([0.0, 0.5], 0.5, 0.25).round(4).tolist()
    [0.0455, 1.0]
    """
    z = -np.abs(np.asarray(theta, dtype=float) - estimate) / se
    return np.asarray(2 * (ndtr(z) if math.isinf(df) else stdtr(df, z)), dtype=float)
