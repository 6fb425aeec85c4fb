"""Effects of single studies as rows of a table: each by its way, then one average per study.

The ways and formulas are those of `parapluie.effects`; this module only brings rows there and back.

Formula of the average: Borenstein M, Hedges LV, Higgins JPT, Rothstein HR. Introduction to
Meta-Analysis. Wiley 2009, chapter 24.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from parapluie.effects.enter import NUMBERS, enter
from parapluie.effects.entry import TEXT_COLUMNS

AVERAGED = (
    "outcome", "measure", "study_id", "review_ids", "n_effects", "yi", "vi", "paths", "how",
)  # fmt: skip
"""Columns of the averages: ``paths`` are the codes of the ways, ``how`` is them in words."""


def with_effects(rows: pd.DataFrame) -> pd.DataFrame:
    """Add effects to rows of study_effects.csv.

    Parameters
    ----------
    rows : DataFrame
        With ``measure`` and any of the columns that a way reads.

    Returns
    -------
    DataFrame
        The rows with ``yi``, ``vi`` (scale of analysis), ``path`` (code of the way), ``how`` (the
        way in words) and ``reason`` (why a row has no effect).
    """
    out = rows.copy()
    out["yi"], out["vi"] = math.nan, math.nan
    out["path"], out["how"], out["reason"] = "", "", ""
    for measure in sorted(set(rows["measure"])):
        here = (rows["measure"] == measure).to_numpy()
        found = enter(measure, _cells(rows[here]))
        values = (found.yi, found.vi, found.path, found.words, found.reason)
        for column, value in zip(("yi", "vi", "path", "how", "reason"), values, strict=True):
            out.loc[here, column] = value
    return out


def _cells(rows: pd.DataFrame) -> dict[str, Any]:
    """Give the columns that a way may read."""
    cells: dict[str, Any] = {
        c: rows[c].to_numpy(float) for c in NUMBERS if c in rows and rows[c].dtype == float
    }
    return cells | {c: rows[c].to_numpy(object) for c in TEXT_COLUMNS if c in rows}


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
        outcome, measure, study_id, review_ids, n_effects, yi, vi, paths, how; sorted.
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
                "paths": ";".join(sorted(set(part.get("path", ())))),
                "how": " | ".join(sorted(set(part.get("how", ())))),
            }
        )
    return pd.DataFrame(lines, columns=list(AVERAGED))
