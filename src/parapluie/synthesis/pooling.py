"""Pooling as the stage uses it: few methods, on top of `parapluie.effects`.

All on the scale of analysis (natural logs for ratios). The formulas and their sources are in
`parapluie.effects`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, stdtr

from parapluie.effects import intervals, prediction, tau2
from parapluie.effects.pooling import Pooled
from parapluie.effects.pooling import pool as pool_effects

Array = NDArray[np.float64]

LEVEL = 0.95
Z = float(intervals.quantile(np.array([np.inf]), LEVEL)[0])
"""Normal quantile of a 95% interval."""

COMMON, DL, REML = tau2.COMMON, "DL", tau2.REML
NORMAL, T, HK, KR = intervals.NORMAL, intervals.T, intervals.HK, intervals.KR
GUARDED = intervals.DEFAULT_CI
"""Interval where the protocol names none."""
CI_NAMES = {
    T: "t", HK: "Hartung-Knapp", intervals.FLOOR: "Hartung-Knapp with floor",
    intervals.HYBRID: "Hartung-Knapp or normal, the wider",
    intervals.IQWIG: "Hartung-Knapp, with floor where narrow", KR: "Kenward-Roger",
}  # fmt: skip
"""Intervals as a reader knows them."""
PI_RULES = {
    **prediction.PI_RULES,
    "t_k1": "t with k-1 degrees of freedom",
    "t_k2": "t with k-2 degrees of freedom (Higgins, Thompson and Spiegelhalter 2009)",
    "z": "normal",
}
"""Conventions of the prediction interval: half-width quantile times sqrt(tau² + se²)."""


@dataclass(frozen=True)
class Fit:
    """A pooled effect on the scale of analysis.

    ``tau2`` is the between-study variance; ``i2`` (percent) and ``h2`` rest on tau² and the typical
    sampling variance (of a common effect, on Q), ``i2_q`` on Q; ``df_ci`` is infinite for a normal
    interval; ``pi_low`` and ``pi_high`` are NaN where there is no prediction interval; ``weights``
    are percent. Of one study tau², Q, I² are 0 and H² is 1: the stage shows none of them.
    """

    method: str
    ci_method: str
    k: int
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    statistic: float
    df_ci: float
    p: float
    tau2: float
    i2: float
    i2_q: float
    h2: float
    q: float
    df: int
    q_p: float
    pi_low: float
    pi_high: float
    weights: Array


@cache
def quantile(df: float) -> float:
    """Give the two-sided 95% quantile of t, or of the normal where `df` is infinite."""
    return float(intervals.quantile(np.array([df]), LEVEL)[0])


def two_sided_p(statistic: float, df: float = math.inf) -> float:
    """Give the two-sided p of a statistic that is normal or t distributed."""
    tail = ndtr(-abs(statistic)) if math.isinf(df) else stdtr(df, -abs(statistic))
    return float(2 * tail)


def pool(
    yi: ArrayLike, vi: ArrayLike, method: str = REML, ci: str = NORMAL, pi: str = "t_k1"
) -> Fit:
    """Pool independent effects.

    Parameters
    ----------
    yi, vi : array_like, shape (k,)
        Effects on the scale of analysis and their sampling variances; k at least 1.
    method, ci : str
        Keys of `effects.tau2.ESTIMATORS` and `effects.intervals.CI_RULES`. One study always has the
        normal interval, for which it alone gives the standard error.
    pi : str
        Convention of the prediction interval: a key of `PI_RULES`.

    Raises
    ------
    ValueError
        If there is no study, or a variance is not a positive number.
    """
    found = pool_effects(yi, vi, method, ci, pi)
    return Fit(
        method=method,
        ci_method=found.ci_used,
        k=found.k,
        estimate=found.estimate,
        se=found.se,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        statistic=found.statistic,
        df_ci=found.df_ci,
        p=found.p,
        q=found.q,
        df=int(found.df),
        pi_low=found.pi_low,
        pi_high=found.pi_high,
        weights=found.weights,
        **_heterogeneity(found),
    )


def _heterogeneity(found: Pooled) -> dict[str, float]:
    if found.k == 1:
        return {"tau2": 0.0, "i2": 0.0, "i2_q": 0.0, "h2": 1.0, "q_p": 1.0}
    return {name: getattr(found, name) for name in ("tau2", "i2", "i2_q", "h2", "q_p")}


def reml(yi: ArrayLike, vi: ArrayLike) -> float:
    """Give tau² by restricted maximum likelihood: the global maximum, on any scale."""
    return _heterogeneity(pool_effects(yi, vi, REML))["tau2"]
