"""Prediction intervals: where the effect of a new study would lie."""

from __future__ import annotations

import numpy as np

from parapluie.effects.intervals import Errors, Interval, quantile
from parapluie.effects.pool_blocks import Array

T_K1, T_K2, NORMAL = "t_k1", "t_k2", "z"
PI_RULES = {
    T_K1: "t with k-1 degrees of freedom, standard error of the confidence interval",
    T_K2: "t with k-2 degrees of freedom, standard error of the confidence interval",
    NORMAL: "normal, standard error of the confidence interval",
    "V": "t with k-1 degrees of freedom, model-based standard error",
    "HTS": "t with k-2 degrees of freedom, model-based standard error",
    "S": "normal, model-based standard error",
    "HK": "t with k-1 degrees of freedom, Hartung-Knapp standard error",
    "KR": "t with Kenward-Roger degrees of freedom and standard error",
}
"""Rule to its words. The half-width is a quantile times the root of tau² + se². Sources: Higgins,
Thompson and Spiegelhalter 2009, J R Stat Soc A 172:137-159 (k-2); Veroniki et al. 2019, Res Synth
Methods 10:23-43 (k-1); Partlett and Riley 2017, Stat Med 36:301-317 (HK, KR); Skipka 2006 (normal).
V, HTS, S, HK and KR are the names of R's meta; t_k1, t_k2 and z take the standard error of the
interval in use, as R's metafor does."""
PI_ALIASES = {"riley": T_K2}
"""Other names."""

OWN, PLAIN, HARTUNG_KNAPP, KENWARD_ROGER = "own", "plain", "HK", "KR"
_ERROR = {
    T_K1: OWN, T_K2: OWN, NORMAL: OWN, "V": PLAIN, "HTS": PLAIN, "S": PLAIN, "HK": HARTUNG_KNAPP,
    "KR": KENWARD_ROGER,
}  # fmt: skip
_LOST = {T_K1: 1, "V": 1, "HK": 1, T_K2: 2, "HTS": 2}
"""Degrees of freedom that a rule takes off k."""


def error_of(rule: str) -> str:
    """Name the standard error that a rule needs."""
    return _ERROR[rule]


def degrees_of_freedom(rule: str, k: Array) -> Array:
    """Give the degrees of freedom of a rule but KR; infinite where normal, NaN where below 1."""
    lost = _LOST.get(rule)
    if lost is None:
        return np.where(k > 1, np.inf, np.nan)
    return np.where(k > lost, k - lost, np.nan)


def prediction(
    rule: str, k: Array, estimate: Array, tau2: Array, errors: Interval | Errors, level: float
) -> tuple[Array, Array, Array]:
    """Give ends and degrees of freedom of prediction intervals; NaN where k is too small.

    Parameters
    ----------
    rule : str
        A key of `PI_RULES`.
    k, estimate, tau2 : array, shape (m,)
        On the scale of analysis.
    errors : Interval or Errors
        Those that `error_of` names.
    level : float
        As 0.95.
    """
    df = errors.df if rule == "KR" else degrees_of_freedom(rule, k)
    df = np.where(k > 1, df, np.nan)
    there = np.isfinite(df) | np.isinf(df)
    half = np.full(df.shape, np.nan)
    spread = np.sqrt(tau2 + errors.se**2)
    half[there] = quantile(df[there], level) * spread[there]
    return estimate - half, estimate + half, df
