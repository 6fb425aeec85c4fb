"""Effects of single studies: from what a row gives to yi and vi, then one average per study.

The raw cells carry metafor's names: ``ai bi ci di n1i n2i`` (events, others and sizes; 1 =
intervention), ``m1i sd1i n1i m2i sd2i n2i``, ``x1i t1i x2i t2i`` (events and person-time),
``ri ni``, ``xi mi ni``.

Formulas: Borenstein M, Hedges LV, Higgins JPT, Rothstein HR. Introduction to Meta-Analysis. Wiley
2009, chapters 4 to 6 (effects) and 24 (averages); Hedges LV. J Educ Stat 1981;6:107-128 (exact
correction of the standardised mean difference).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import pandas as pd
from scipy.special import gammaln

from parapluie.measures import MEASURES, Measure
from parapluie.synthesis.pooling import Z

Cells = Mapping[str, float]
Pair = tuple[float, float]

CORRECTION = 0.5
"""Added to all cells of a two-by-two table, or to both counts, if one of them is zero."""


def effect_of(row: Cells, measure: Measure) -> tuple[float, float, str]:
    """Give yi, vi and the path by which they were found, for one row.

    The first complete path is taken: ``yi`` with ``vi``; ``yi`` with ``se``; ``estimate`` with its
    interval (natural scale); raw cells.

    Parameters
    ----------
    row : mapping
        Column to number; NaN where absent.
    measure : Measure

    Returns
    -------
    (float, float, str)
        yi and vi on the scale of analysis; NaN and the reason where no path is complete.
    """
    given = {c: x for c, x in row.items() if isinstance(x, (int, float)) and not math.isnan(x)}
    for path, recipe in PATHS.items():
        try:
            yi, vi = recipe(given, measure)
        except (KeyError, ValueError, ZeroDivisionError):
            continue
        if math.isfinite(yi) and math.isfinite(vi) and vi > 0:
            return yi, vi, path
    return math.nan, math.nan, f"not_estimable: no complete set of columns for {measure.code}"


def _from_interval(given: Cells, measure: Measure) -> Pair:
    """Take the interval as a normal 95% interval on the scale of analysis."""
    if not measure.symmetric:
        raise ValueError(measure.code)
    low, middle, high = (measure.to_analysis(given[c]) for c in ("ci_low", "estimate", "ci_high"))
    return middle, ((high - low) / (2 * Z)) ** 2


PATHS: dict[str, Callable[[Cells, Measure], Pair]] = {
    "yi and vi": lambda given, _: (given["yi"], given["vi"]),
    "yi and se": lambda given, _: (given["yi"], given["se"] ** 2),
    "estimate and interval": _from_interval,
    "raw cells": lambda given, measure: escalc(measure.code, given),
}
"""The ways from a row to yi and vi, in the order in which they are tried."""


# --- raw cells ------------------------------------------------------------------------------------


def escalc(measure: str, cells: Cells) -> Pair:
    """Compute yi and vi from raw cells.

    Parameters
    ----------
    measure : str
        A key of `RECIPES`.
    cells : mapping
        The cells that are there.

    Raises
    ------
    KeyError
        If there is no recipe for the measure, or a cell is missing.
    ValueError, ZeroDivisionError
        If the cells have no effect (as an arm without people).
    """
    return RECIPES[measure](cells)


def _table(cells: Cells) -> tuple[float, float, float, float]:
    """Give events and others of both arms, with the correction for zero cells."""
    a, c = cells["ai"], cells["ci"]
    b = cells["bi"] if "bi" in cells else cells["n1i"] - a
    d = cells["di"] if "di" in cells else cells["n2i"] - c
    if min(a, b, c, d) < 0:
        raise ValueError("more events than people")
    add = CORRECTION if 0 in (a, b, c, d) else 0.0
    return a + add, b + add, c + add, d + add


def _risk_ratio(cells: Cells) -> Pair:
    a, b, c, d = _table(cells)
    return math.log(a / (a + b) / (c / (c + d))), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def _odds_ratio(cells: Cells) -> Pair:
    a, b, c, d = _table(cells)
    return math.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d


def _risk_difference(cells: Cells) -> Pair:
    a, b, c, d = _table(cells)
    n1, n2 = a + b, c + d
    return a / n1 - c / n2, a * b / n1**3 + c * d / n2**3


def _rates(cells: Cells) -> tuple[float, float, float, float]:
    x1, x2 = cells["x1i"], cells["x2i"]
    add = CORRECTION if 0 in (x1, x2) else 0.0
    return x1 + add, cells["t1i"], x2 + add, cells["t2i"]


def _rate_ratio(cells: Cells) -> Pair:
    x1, t1, x2, t2 = _rates(cells)
    return math.log(x1 / t1 / (x2 / t2)), 1 / x1 + 1 / x2


def _rate_difference(cells: Cells) -> Pair:
    x1, t1, x2, t2 = _rates(cells)
    return x1 / t1 - x2 / t2, x1 / t1**2 + x2 / t2**2


def _groups(cells: Cells) -> tuple[float, float, float, float, float, float]:
    m1, s1, n1, m2, s2, n2 = (cells[c] for c in ("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i"))
    return m1, s1, n1, m2, s2, n2


def hedges_correction(m: float) -> float:
    """Give the exact factor of Hedges (1981) for `m` degrees of freedom."""
    return math.exp(gammaln(m / 2) - gammaln((m - 1) / 2)) / math.sqrt(m / 2)


def _standardised_difference(cells: Cells) -> Pair:
    m1, s1, n1, m2, s2, n2 = _groups(cells)
    df = n1 + n2 - 2
    pooled = math.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / df)
    g = hedges_correction(df) * (m1 - m2) / pooled
    return g, 1 / n1 + 1 / n2 + g**2 / (2 * (n1 + n2))


def _mean_difference(cells: Cells) -> Pair:
    m1, s1, n1, m2, s2, n2 = _groups(cells)
    return m1 - m2, s1**2 / n1 + s2**2 / n2


def _ratio_of_means(cells: Cells) -> Pair:
    """Log ratio of means without the second-order correction of bias."""
    m1, s1, n1, m2, s2, n2 = _groups(cells)
    return math.log(m1 / m2), s1**2 / (n1 * m1**2) + s2**2 / (n2 * m2**2)


def _correlation(cells: Cells) -> Pair:
    return cells["ri"], (1 - cells["ri"] ** 2) ** 2 / (cells["ni"] - 1)


def _fisher_z(cells: Cells) -> Pair:
    return math.atanh(cells["ri"]), 1 / (cells["ni"] - 3)


def _logit(cells: Cells) -> Pair:
    x = cells["xi"]
    m = cells["mi"] if "mi" in cells else cells["ni"] - x
    add = CORRECTION if 0 in (x, m) else 0.0
    x, m = x + add, m + add
    return math.log(x / m), 1 / x + 1 / m


RECIPES: dict[str, Callable[[Cells], Pair]] = {
    "RR": _risk_ratio,
    "OR": _odds_ratio,
    "RD": _risk_difference,
    "IRR": _rate_ratio,
    "IRD": _rate_difference,
    "SMD": _standardised_difference,
    "MD": _mean_difference,
    "ROM": _ratio_of_means,
    "COR": _correlation,
    "ZCOR": _fisher_z,
    "PLO": _logit,
}
"""Measure to the computation of yi and vi from raw cells."""


# --- frames ---------------------------------------------------------------------------------------


def with_effects(rows: pd.DataFrame) -> pd.DataFrame:
    """Add ``yi``, ``vi`` (scale of analysis) and ``path`` to rows of study_effects.csv."""
    out = rows.copy()
    found = [
        effect_of({str(c): x for c, x in row.items()}, MEASURES[row["measure"]])
        for row in rows.to_dict("records")
    ]
    out["yi"] = [f[0] for f in found]
    out["vi"] = [f[1] for f in found]
    out["path"] = [f[2] for f in found]
    return out


def average_variance(variances: list[float], r: float) -> float:
    """Give the variance of the plain mean of correlated effects (Borenstein 2009, formula 24.6).

    Parameters
    ----------
    variances : list of float
        Sampling variances of the effects of one study.
    r : float
        Correlation between any two of them.
    """
    errors = [math.sqrt(v) for v in variances]
    total = math.fsum(variances)
    crossed = math.fsum(errors) ** 2 - total
    return (total + r * crossed) / len(variances) ** 2


def study_averages(rows: pd.DataFrame, r: float) -> pd.DataFrame:
    """Average the results of each study, outcome and measure, without weights.

    Parameters
    ----------
    rows : DataFrame
        Of `with_effects`, with finite yi and vi.
    r : float
        Correlation between results of one study.

    Returns
    -------
    DataFrame
        outcome, measure, study_id, review_ids, n_effects, yi, vi; sorted.
    """
    lines = []
    for (outcome, measure, study), part in rows.groupby(["outcome", "measure", "study_id"]):
        variances = [float(v) for v in part["vi"]]
        lines.append(
            {
                "outcome": outcome,
                "measure": measure,
                "study_id": study,
                "review_ids": ";".join(sorted(set(part["review_id"]))),
                "n_effects": len(part),
                "yi": math.fsum(part["yi"]) / len(part),
                "vi": average_variance(variances, r) if len(part) > 1 else variances[0],
            }
        )
    columns = ["outcome", "measure", "study_id", "review_ids", "n_effects", "yi", "vi"]
    return pd.DataFrame(lines, columns=columns)
