"""Standard errors from what papers print beside an estimate: interval, p, test statistic.

All on the scale on which the interval is symmetric (natural logs for ratios, Fisher's z for
correlations). Source: Higgins JPT, Thomas J et al. (editors). Cochrane Handbook for Systematic
Reviews of Interventions, chapter 6 (sections 6.3 and 6.5.2): half-width over a quantile of t or of
the normal distribution, estimate over test statistic, test statistic from p.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit

from parapluie.effects.cells import Array, Texts, mark, texts

LEVEL = 95.0
"""Percent of an interval whose level is not said."""
MAX_ASYMMETRY = 0.1
"""From this size on, an interval is called asymmetric in words (metaumbrella stops at 10%)."""


@dataclass(frozen=True)
class Recovered:
    """Standard errors, and what is to be said of them.

    Parameters
    ----------
    se : array of float
        Standard error on the scale of the interval; NaN where `reason` says why.
    asymmetry : array of float
        ``(upper - lower)/(upper + lower)`` for the parts of the interval above and below the
        estimate: 0 symmetric, 1 all above, -1 all below; NaN where there is none.
    reason, note : array of str
        Why there is no standard error; what a reader should know of it.
    """

    se: Array
    asymmetry: Array
    reason: Texts
    note: Texts


@np.errstate(all="ignore")
def critical_value(level: ArrayLike = LEVEL, df: ArrayLike = np.inf) -> Array:
    """Give the two-sided quantile of t, or of the normal distribution.

    Parameters
    ----------
    level : array_like of float
        Percent of the interval, as in 95.
    df : array_like of float
        Degrees of freedom; infinite, NaN or below 1 for normal.
    """
    upper = 0.5 + np.asarray(level, dtype=float) / 200
    degrees = np.asarray(df, dtype=float)
    normal = ~(np.isfinite(degrees) & (degrees >= 1))
    return np.asarray(
        np.where(normal, ndtri(upper), stdtrit(np.where(normal, 1.0, degrees), upper))
    )


@np.errstate(all="ignore")
def from_interval(
    estimate: Array, low: Array, high: Array, level: ArrayLike = LEVEL, df: ArrayLike = np.inf
) -> Recovered:
    """Give the standard error of an interval, and how far it is from symmetric.

    The standard error is the whole width over twice the quantile. Where the estimate does not stand
    in the middle, either a number was rounded or the interval is not a normal one on this scale;
    the size of that is given, not hidden.

    Parameters
    ----------
    estimate, low, high : array
        On the scale on which the interval should be symmetric.
    level : array_like of float
        Percent of the interval.
    df : array_like of float
        Degrees of freedom of t; infinite for a normal interval.
    """
    reason, note = texts(len(low)), texts(len(low))
    above, below = high - estimate, estimate - low
    mark(reason, ~(np.isfinite(low) & np.isfinite(high)), _NOT_ON_SCALE)
    mark(reason, high < low, "the interval ends below its start")
    mark(reason, high == low, "the interval has no width")
    mark(reason, (above < 0) | (below < 0), "the estimate is outside its interval")
    asymmetry = np.where(reason == "", (above - below) / (above + below), np.nan)
    se = np.where(reason == "", (high - low) / (2 * critical_value(level, df)), np.nan)
    far = np.abs(asymmetry) > MAX_ASYMMETRY
    note[far] = [_asymmetric(a) for a in asymmetry[far]]
    mark(reason, np.isnan(se), "the level of the interval is not between 0 and 100")
    return Recovered(se, asymmetry, reason, note)


_NOT_ON_SCALE = "an end of the interval has no value on the scale of analysis"


def _asymmetric(a: float) -> str:
    side = "above" if a > 0 else "below"
    share = 100 * (1 + abs(a)) / 2
    return f"asymmetric interval: {share:.0f}% of its width lies {side} the estimate"


@np.errstate(all="ignore")
def from_one_side(
    estimate: Array, low: Array, high: Array, level: ArrayLike = LEVEL, df: ArrayLike = np.inf
) -> Recovered:
    """Give the standard error from the one end of an interval that there is.

    Supposes that the other end is as far away: for an end that is not printed, or that was rounded
    to a ratio of 0.
    """
    half = np.where(np.isfinite(high), high - estimate, estimate - low)
    reason, note = texts(len(half)), texts(len(half))
    mark(reason, ~np.isfinite(half), _NOT_ON_SCALE)
    mark(reason, ~(half > 0), "the estimate is outside its interval")
    se = np.where(reason == "", half / critical_value(level, df), np.nan)
    note[reason == ""] = "one end of the interval; the other is taken as equally far"
    return Recovered(se, np.full(len(half), np.nan), reason, note)


@np.errstate(all="ignore")
def statistic_from_p(p: ArrayLike, df: ArrayLike = np.inf) -> Array:
    """Give the size of the statistic whose two-sided p this is.

    Parameters
    ----------
    p : array_like of float
        Two-sided p, above 0 and at most 1; NaN elsewhere.
    df : array_like of float
        Degrees of freedom of t; infinite for normal.

    Returns
    -------
    array
        At least 0.
    """
    p = np.asarray(p, dtype=float)
    degrees = np.asarray(df, dtype=float)
    normal = ~(np.isfinite(degrees) & (degrees >= 1))
    half = np.where((p > 0) & (p <= 1), p, np.nan) / 2
    # The lower tail keeps its digits for tiny p, where 1 - p/2 would be 1.
    t = stdtrit(np.where(normal, 1.0, degrees), half)
    return np.asarray(np.abs(np.where(normal, ndtri(half), t)))


@np.errstate(all="ignore")
def from_statistic(estimate: Array, statistic: Array) -> Recovered:
    """Give the standard error as estimate over statistic (z or t).

    Only sizes are used; a statistic of 0 gives none. Where estimate and statistic have opposite
    signs, the note says so.
    """
    reason, note = texts(len(estimate)), texts(len(estimate))
    mark(reason, ~np.isfinite(estimate), "the estimate has no value on the scale of analysis")
    mark(reason, ~np.isfinite(statistic), "the statistic is not finite")
    mark(reason, (statistic == 0) | (estimate == 0), "an effect or statistic of 0 has no ratio")
    se = np.where(reason == "", np.abs(estimate / statistic), np.nan)
    note[(reason == "") & (estimate * statistic < 0)] = "estimate and statistic differ in sign"
    return Recovered(se, np.full(len(se), np.nan), reason, note)
