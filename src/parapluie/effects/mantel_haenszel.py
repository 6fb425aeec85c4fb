"""Mantel-Haenszel: a common effect from raw counts, with no correction for zero cells by default.

Mantel and Haenszel 1959, J Natl Cancer Inst 22:719-748 (odds ratio, test); Greenland and Robins
1985, Biometrics 41:55-68 (risk ratio and rate ratio with their variances, rate difference); Robins,
Breslow and Greenland 1986, Biometrics 42:311-323 (variance of the odds ratio); Sato, Greenland and
Robins 1989, Biometrics 45:1323-1324 (variance of the risk difference).

Q compares the tables' own effects (0.5 added to tables with a zero cell; tables without events, or
with nothing but events, in both arms left out) with the common one, as R's metafor does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from parapluie.effects.cells import Sizes, columns
from parapluie.effects.correction import NO_CORRECTION, Correction, corrected
from parapluie.effects.pool_blocks import Array
from parapluie.effects.pool_tables import (
    Common,
    PooledTables,
    Test,
    chi_squared,
    left_out,
    pooled_tables,
)
from parapluie.effects.sizes import rates, tables

METHOD = "MH"
OWN_EFFECTS = Correction(0.5, "only0", drop00=True)
"""What is done to zero cells for the tables' own effects, which only Q uses."""

Sums = tuple[float, float, str]
"""Estimate, variance, and why there is none."""


def mantel_haenszel(
    ai: ArrayLike, bi: ArrayLike, ci: ArrayLike, di: ArrayLike, measure: str = "OR",
    *, correct: bool = True, correction: Correction = NO_CORRECTION, level: float = 0.95,
) -> PooledTables:  # fmt: skip
    """Pool two-by-two tables.

    Parameters
    ----------
    ai, bi, ci, di : array_like, shape (k,)
        People with and without the event in arm 1, and in arm 2.
    measure : {'OR', 'RR', 'RD'}
    correct : bool
        Continuity correction of the test of Mantel and Haenszel (odds ratio only).
    correction : Correction
        What is added to cells before they are pooled: nothing, which the method does not need; R's
        meta adds 0.5 to tables with a zero cell (`OWN_EFFECTS`).
    level : float
        Of the interval.

    Returns
    -------
    PooledTables
        For the odds ratio with the tests ``cmh`` (of no effect), ``breslow_day`` and ``tarone`` (of
        one common odds ratio).

    Raises
    ------
    ValueError
        If the measure is none of these.

    Examples
    --------
    >>> found = mantel_haenszel([4, 6], [119, 300], [11, 29], [128, 274], "RR")
    >>> round(math.exp(found.estimate), 3)
    0.245
    """
    if measure not in _OF_TABLES:
        raise ValueError(f"measure {measure!r} is not one of {', '.join(_OF_TABLES)}")
    four, reason = tables.counts({"ai": ai, "bi": bi, "ci": ci, "di": di})
    whole = reason == ""
    cells = [x[whole] for x in four]
    own = _OWN[measure](dict(zip(("ai", "bi", "ci", "di"), cells, strict=True)), OWN_EFFECTS)
    used, said = corrected(_with_events(cells) if correction.drop00 else cells, correction)
    common = _common(measure, level, _OF_TABLES[measure], used)
    tests = _tests(cells, common.estimate, correct) if measure == "OR" else {}
    notes = _notes(own, int(np.count_nonzero(~whole)), int(np.count_nonzero(said != "")))
    return pooled_tables(common, own, tests, notes)


def mantel_haenszel_rates(
    x1i: ArrayLike, t1i: ArrayLike, x2i: ArrayLike, t2i: ArrayLike, measure: str = "IRR",
    *, level: float = 0.95,
) -> PooledTables:  # fmt: skip
    """Pool events in person-time.

    Parameters
    ----------
    x1i, t1i, x2i, t2i : array_like, shape (k,)
        Events and person-time of arm 1, and of arm 2.
    measure : {'IRR', 'IRD'}
    level : float
        Of the interval.

    Raises
    ------
    ValueError
        If the measure is none of these.
    """
    if measure not in _OF_RATES:
        raise ValueError(f"measure {measure!r} is not one of {', '.join(_OF_RATES)}")
    names = ("x1i", "t1i", "x2i", "t2i")
    given = dict(zip(names, (x1i, t1i, x2i, t2i), strict=True))
    whole = np.isfinite(rates.rate_difference(given, NO_CORRECTION).yi)
    cells = [x[whole] for x in columns(given, names)]
    own = _OWN[measure](dict(zip(names, cells, strict=True)), OWN_EFFECTS)
    common = _common(measure, level, _OF_RATES[measure], cells)
    return pooled_tables(common, own, {}, _notes(own, int(np.count_nonzero(~whole))))


def _common(
    measure: str, level: float, sums: Callable[..., Sums], cells: Sequence[Array]
) -> Common:
    k = int(cells[0].size)
    if not k:
        return Common(METHOD, measure, level, k)
    estimate, variance, reason = sums(*cells)
    return Common(METHOD, measure, level, k, estimate, variance, reason)


def _with_events(cells: Sequence[Array]) -> list[Array]:
    """Give the tables that have people both with and without the event."""
    a, b, c, d = cells
    some = (a + c > 0) & (b + d > 0)
    return [x[some] for x in cells]


def _notes(own: Sizes, without: int, changed: int = 0) -> tuple[str, ...]:
    how = "the estimate uses the cells as they are"
    if changed:
        how = f"a constant is added to the cells of {changed} tables, also for the estimate"
    found = (how, *left_out(without))
    mended = int(np.count_nonzero((own.rule != "") & (own.reason == "")))
    if not mended:
        return found
    return (*found, f"0.5 is added to the cells of tables with a zero cell, for Q alone: {mended}")


# --- two-by-two tables ----------------------------------------------------------------------------


def _odds_ratio(a: Array, b: Array, c: Array, d: Array) -> Sums:
    n = a + b + c + d
    r, s, p, q = a * d / n, b * c / n, (a + d) / n, (b + c) / n
    total_r, total_s = r.sum(), s.sum()
    if total_r == 0 or total_s == 0:
        return math.nan, math.nan, _one_sided("odds", total_r, total_s)
    variance = (
        (p * r).sum() / total_r**2
        + (p * s + q * r).sum() / (total_r * total_s)
        + (q * s).sum() / total_s**2
    ) / 2
    return math.log(total_r / total_s), float(variance), ""


def _risk_ratio(a: Array, b: Array, c: Array, d: Array) -> Sums:
    n1, n2, n = a + b, c + d, a + b + c + d
    r, s = (a * n2 / n).sum(), (c * n1 / n).sum()
    if r == 0 or s == 0:
        return math.nan, math.nan, _one_sided("risk", r, s)
    spread = ((a + c) * n1 * n2 / n**2 - a * c / n).sum()
    return math.log(r / s), float(spread / (r * s)), ""


def _risk_difference(a: Array, b: Array, c: Array, d: Array) -> Sums:
    n1, n2, n = a + b, c + d, a + b + c + d
    w = (n1 * n2 / n).sum()
    difference = ((a * n2 - c * n1) / n).sum() / w
    p = ((n1**2 * c - n2**2 * a + n1 * n2 * (n2 - n1) / 2) / n**2).sum()
    q = ((a * d + c * b) / (2 * n)).sum()
    return float(difference), float((difference * p + q) / w**2), ""


def _one_sided(word: str, r: float, s: float) -> str:
    arm = "either arm" if r == s == 0 else "arm 1" if r == 0 else "arm 2"
    return f"not_estimable: the common {word} of {arm} is 0, so there is no ratio"


_OF_TABLES = {"OR": _odds_ratio, "RR": _risk_ratio, "RD": _risk_difference}


# --- person-time ----------------------------------------------------------------------------------


def _rate_ratio(x1: Array, t1: Array, x2: Array, t2: Array) -> Sums:
    t = t1 + t2
    r, s = (x1 * t2 / t).sum(), (x2 * t1 / t).sum()
    if r == 0 or s == 0:
        return math.nan, math.nan, _one_sided("rate", r, s)
    return math.log(r / s), float(((x1 + x2) * t1 * t2 / t**2).sum() / (r * s)), ""


def _rate_difference(x1: Array, t1: Array, x2: Array, t2: Array) -> Sums:
    t = t1 + t2
    w = (t1 * t2 / t).sum()
    difference = ((x1 * t2 - x2 * t1) / t).sum() / w
    return float(difference), float(((x1 * t2**2 + x2 * t1**2) / t**2).sum() / w**2), ""


_OF_RATES = {"IRR": _rate_ratio, "IRD": _rate_difference}
_OWN = {
    "OR": tables.odds_ratio,
    "RR": tables.risk_ratio,
    "RD": tables.risk_difference,
    "IRR": rates.rate_ratio,
    "IRD": rates.rate_difference,
}


# --- tests of the odds ratio ----------------------------------------------------------------------


def _tests(cells: Sequence[Array], estimate: float, correct: bool) -> dict[str, Test]:
    """Give the tests of no effect, and of one common odds ratio; empty margins tell nothing."""
    a, b, c, d = cells
    informative = ((a + c) > 0) & ((b + d) > 0)
    a, b, c, d = (x[informative] for x in cells)
    return {"cmh": _no_effect(a, b, c, d, correct), **_one_odds_ratio(a, b, c, d, estimate)}


def _no_effect(a: Array, b: Array, c: Array, d: Array, correct: bool) -> Test:
    """Test that no table shows an effect (Mantel and Haenszel 1959; Cochran 1954)."""
    n1, n2, m, n = a + b, c + d, a + c, a + b + c + d
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = float((n1 * n2 * m * (n - m) / (n**2 * (n - 1))).sum())
    if not variance > 0:
        return chi_squared(math.nan, 0)
    gap = abs(float((a - n1 * m / n).sum()))
    return chi_squared((gap - 0.5 if correct else gap) ** 2 / variance, 1)


def _one_odds_ratio(a: Array, b: Array, c: Array, d: Array, estimate: float) -> dict[str, Test]:
    """Test that all tables share the common odds ratio.

    Breslow and Day 1980, Statistical Methods in Cancer Research 1, section 4.4; Tarone 1985,
    Biometrika 72:91-95.
    """
    df = a.size - 1
    if math.isnan(estimate) or df < 1:
        return dict.fromkeys(("breslow_day", "tarone"), chi_squared(math.nan, max(df, 0)))
    expected = _expected(a + b, c + d, a + c, math.exp(estimate))
    others = [expected, a + b - expected, a + c - expected, d - a + expected]
    variance = 1 / np.sum([1 / x for x in others], axis=0)
    gap = a - expected
    breslow_day = float((gap**2 / variance).sum())
    tarone = breslow_day - float(gap.sum()) ** 2 / float(variance.sum())
    return {"breslow_day": chi_squared(breslow_day, df), "tarone": chi_squared(tarone, df)}


def _expected(n1: Array, n2: Array, m: Array, odds_ratio: float) -> Array:
    """Give the events of arm 1 that margins and a common odds ratio let expect.

    The root within the margins of x (n2 - m + x) = OR (n1 - x)(m - x), in the form that does not
    cancel.
    """
    square = 1 - odds_ratio
    linear = n2 - m + odds_ratio * (n1 + m)
    constant = -odds_ratio * n1 * m
    root = np.sqrt(linear**2 - 4 * square * constant)
    found: Array = -2 * constant / (linear + root)
    return found
