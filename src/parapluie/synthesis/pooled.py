"""Pooled results: one row per outcome, measure and method, with every convention named."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from parapluie.effects import pool_sets
from parapluie.effects.robust import RveFit, robust_variance
from parapluie.effects.tau2 import ESTIMATORS
from parapluie.measures import MEASURES, Measure
from parapluie.synthesis.pooling import (
    CI_NAMES,
    COMMON,
    DL,
    GUARDED,
    HK,
    KR,
    NORMAL,
    PI_RULES,
    REML,
    Fit,
    T,
    pool,
)
from parapluie.synthesis.study_effects import study_averages

STUDIES, REVIEWS = "studies", "reviews"
METHODS = {
    "common": (COMMON, NORMAL),
    "DL": (DL, NORMAL),
    "DL_HK": (DL, HK),
    "REML": (REML, NORMAL),
    "REML_HK": (REML, HK),
}
"""Name of a row that every pool has to its estimator and interval."""
RVE = "RVE"
"""Robust variance estimation, where studies have several results."""
ROBUST_LABEL = "Robust variance estimation (correlated effects)"
POOLED_COLUMNS = (
    "pool_id", "outcome", "measure", "level", "method", "main", "method_label", "scale",
    "ci_method", "pi_method", "r", "k_studies", "k_effects", "estimate", "se", "ci_low", "ci_high",
    "p", "pi_low", "pi_high", "tau2", "i2", "i2_q", "h2", "q", "df", "q_p", "natural_estimate",
    "natural_ci_low", "natural_ci_high", "natural_pi_low", "natural_pi_high", "reason",
    "pi_reason", "counted_twice",
)  # fmt: skip
SPREAD = ("tau2", "i2", "i2_q", "h2", "q", "q_p")
"""Columns that say how results differ: nothing can be said of one study."""
AVERAGE_COLUMNS = (
    "pool_id", "outcome", "measure", "study_id", "review_ids", "n_effects", "yi", "vi", "se",
    "estimate", "ci_low", "ci_high", *(f"weight_{m}" for m in ("common", "DL", "REML")), "weight",
    "paths", "how",
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """What the protocol says about pooling.

    Parameters
    ----------
    method, ci, pi : str
        As in `effects.pool`.
    r : float
        Correlation between results of one study; NaN where it is not needed.
    across_reviews : bool
        Whether reviews' own pooled results may be pooled.
    scales : mapping
        Outcome to the measure on which the protocol shows it.
    """

    method: str = REML
    ci: str = GUARDED
    pi: str = "t_k1"
    r: float = math.nan
    across_reviews: bool = False
    scales: Mapping[str, str] | None = None

    @classmethod
    def of(cls, protocol: Mapping[str, Any]) -> Plan:
        """Read the plan from a protocol; what it leaves out is as by default."""
        given = protocol.get("synthesis") or {}
        return cls(
            method=given.get("method", REML),
            ci=given.get("ci", GUARDED),
            pi=given.get("pi", "t_k1"),
            r=float(given.get("r", math.nan)),
            across_reviews=bool(given.get("pool_across_reviews", False)),
            scales={o["id"]: o.get("scale", "") for o in protocol.get("outcomes") or []},
        )

    @property
    def main(self) -> str:
        """Name of the row that stands in the report; the common effect has a normal interval."""
        plain = self.method == COMMON or self.ci == NORMAL
        return self.method if plain else f"{self.method}_{self.ci}"

    @property
    def methods(self) -> dict[str, tuple[str, str]]:
        """Name to estimator and interval: what every pool has, and what the protocol plans."""
        ci = NORMAL if self.method == COMMON else self.ci
        return {**METHODS, self.main: (self.method, ci)}


def pooled_tables(
    rows: pd.DataFrame, effects: pd.DataFrame, plan: Plan, matrix: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pool primary studies, and reviews where the protocol wants it.

    Parameters
    ----------
    rows : DataFrame
        Of `study_effects.with_effects`, all with yi and vi.
    effects : DataFrame
        Harmonised results of reviews.
    plan : Plan
    matrix : DataFrame or None
        study_id and review_id, to name trials counted twice.

    Returns
    -------
    (DataFrame, DataFrame)
        Pooled results and study averages.
    """
    averages = study_averages(rows, plan.r)
    averages["pool_id"] = _pool_ids(averages, plan)
    lines: list[dict[str, Any]] = []
    parts = []
    for (outcome, measure), part in averages.groupby(["outcome", "measure"], sort=True):
        fits = _fits(part, plan)
        lines += [_line(name, fit, part, plan) for name, fit in fits.items()]
        every = rows[(rows["outcome"] == outcome) & (rows["measure"] == measure)]
        if len(every) > len(part) > 1 and 0 <= plan.r <= 1:
            lines.append(_robust_line(every, part, plan))
        parts.append(_weighed(part, fits, plan))
    if plan.across_reviews:
        lines += _across_reviews(effects, plan, matrix)
    pooled = pd.DataFrame(lines, columns=list(POOLED_COLUMNS))
    return pooled, pd.concat(parts) if parts else pd.DataFrame(columns=list(AVERAGE_COLUMNS))


def _pool_ids(averages: pd.DataFrame, plan: Plan) -> list[str]:
    """Name each pool by its outcome; a measure that is not its scale adds its own name.

    Where the protocol gives no scale, the only measure of an outcome is its scale. Where it gives
    one, the name of a pool does not depend on which other results there are.
    """
    measures = averages.groupby("outcome")["measure"].nunique()
    scales = plan.scales or {}
    return [
        o if scales.get(o, "") == m or (not scales.get(o) and measures[o] == 1) else f"{o}__{m}"
        for o, m in zip(averages["outcome"], averages["measure"], strict=True)
    ]


def _fits(part: pd.DataFrame, plan: Plan) -> dict[str, Fit]:
    yi, vi = part["yi"].to_numpy(float), part["vi"].to_numpy(float)
    return {name: pool(yi, vi, m, ci, plan.pi) for name, (m, ci) in plan.methods.items()}


def _line(name: str, fit: Fit, part: pd.DataFrame, plan: Plan) -> dict[str, Any]:
    """Make one row of pooled.csv; what cannot be estimated is empty and has its reason."""
    measure = MEASURES[part["measure"].iloc[0]]
    line: dict[str, Any] = {
        "pool_id": part["pool_id"].iloc[0],
        "outcome": part["outcome"].iloc[0],
        "measure": measure.code,
        "level": STUDIES,
        "method": name,
        "main": "yes" if name == plan.main else "no",
        "method_label": label_of(*plan.methods[name]),
        "scale": measure.scale,
        "ci_method": _interval(fit),
        "pi_method": PI_RULES[plan.pi] if fit.method != COMMON else "",
        "r": plan.r if (part["n_effects"] > 1).any() else None,
        "k_studies": fit.k,
        "k_effects": int(part["n_effects"].sum()),
        "reason": "",
        "pi_reason": _no_prediction(fit, plan),
        "counted_twice": "",
    }
    columns = ("estimate", "se", "ci_low", "ci_high", "p", "pi_low", "pi_high", "df", *SPREAD)
    line |= {c: getattr(fit, c) for c in columns}
    line |= _natural(line, measure)
    if fit.k == 1:
        line |= dict.fromkeys(SPREAD)
        line["reason"] = "not_estimable: k=1"
    return line


def label_of(method: str, ci: str) -> str:
    """Say how a row was pooled: model, estimator of tau², and the interval but for the normal."""
    if method == COMMON:
        return "Common effect"
    said = [method if method == REML else ESTIMATORS[method].label]
    said += [] if ci == NORMAL else [CI_NAMES[ci]]
    return f"Random effects ({', '.join(said)})"


def _interval(fit: Fit) -> str:
    """Name the interval that the rule came to, with its degrees of freedom."""
    if fit.ci_method == NORMAL:
        return "normal"
    df = f"{fit.df_ci:.1f}" if fit.ci_method == KR else f"{fit.df}"
    return f"t({df})" if fit.ci_method == T else f"{CI_NAMES[fit.ci_method]}, t({df})"


def _natural(line: Mapping[str, Any], measure: Measure) -> dict[str, Any]:
    """Give estimate and ends on the natural scale."""
    columns = ("estimate", "ci_low", "ci_high", "pi_low", "pi_high")
    return {f"natural_{c}": measure.to_natural(line[c]) for c in columns}


def _robust_line(rows: pd.DataFrame, part: pd.DataFrame, plan: Plan) -> dict[str, Any]:
    """Make the row of robust variance estimation from all results of the studies."""
    measure = MEASURES[part["measure"].iloc[0]]
    found = robust_variance(rows["yi"], rows["vi"], rows["study_id"].tolist(), rho=plan.r)
    fit = found.fit
    line: dict[str, Any] = {
        "pool_id": part["pool_id"].iloc[0], "outcome": part["outcome"].iloc[0],
        "measure": measure.code, "level": STUDIES, "method": RVE, "main": "no",
        "method_label": ROBUST_LABEL, "scale": measure.scale, "ci_method": _robust_interval(found),
        "pi_method": PI_RULES["t_k2"], "r": plan.r, "k_studies": found.n_studies,
        "k_effects": found.k, "estimate": found.estimate, "se": float(fit.se[0]),
        "ci_low": float(fit.ci_low[0]), "ci_high": float(fit.ci_high[0]), "p": float(fit.p[0]),
        "pi_low": found.pi_low, "pi_high": found.pi_high, "tau2": found.tau2, "i2_q": found.i2,
        "q": found.q, "reason": NOT_ROBUST, "counted_twice": "",
        "pi_reason": "" if math.isfinite(found.pi_low) else "not_estimable: k=2",
    }  # fmt: skip
    return line | _natural(line, measure)


NOT_ROBUST = (
    "does not apply: robust variance estimation tells heterogeneity by its own Q and I² only"
)


def _robust_interval(found: RveFit) -> str:
    df = float(found.fit.df[0])
    few = ", too few to trust p" if found.fit.few[0] else ""
    return f"robust (CR2), t({df:.1f}{few})"


def _no_prediction(fit: Fit, plan: Plan) -> str:
    if not math.isnan(fit.pi_low):
        return ""
    if fit.method == COMMON:
        return "does not apply: a common effect has no spread"
    return f"not_estimable: k={fit.k}" + (" with k-2 degrees of freedom" if fit.k == 2 else "")


def _weighed(part: pd.DataFrame, fits: Mapping[str, Fit], plan: Plan) -> pd.DataFrame:
    """Add each study's own interval (normal) and its weights in percent."""
    out = part.copy()
    measure = MEASURES[part["measure"].iloc[0]]
    singles = pool_sets(part["yi"], part["vi"], range(len(part) + 1), ci=NORMAL)
    out["se"] = singles.se
    for column in ("estimate", "ci_low", "ci_high"):
        out[column] = [measure.to_natural(x) for x in getattr(singles, column).tolist()]
    for name in ("common", "DL", "REML"):
        out[f"weight_{name}"] = fits[name].weights
    out["weight"] = fits[plan.main].weights
    return out[list(AVERAGE_COLUMNS)]


# --- across reviews -------------------------------------------------------------------------------


def _across_reviews(
    effects: pd.DataFrame, plan: Plan, matrix: pd.DataFrame | None
) -> list[dict[str, Any]]:
    usable = effects[
        (effects["drawn"] == "yes") & (effects["is_subgroup"] != "yes") & (effects["vi"] > 0)
        & (effects["direction"] != "not_harmonised")
    ]  # fmt: skip
    lines = []
    for (outcome, measure), part in usable.groupby(["outcome", "measure"], sort=True):
        pooled = part.assign(pool_id=f"{outcome}__{measure}__reviews", n_effects=1)
        for name, fit in _fits(pooled, plan).items():
            line = _line(name, fit, pooled, plan) | {"level": REVIEWS, "r": None}
            line["counted_twice"] = counted_twice(sorted(set(part["review_id"])), matrix)
            lines.append(line)
    return lines


def counted_twice(reviews: list[str], matrix: pd.DataFrame | None) -> str:
    """Name the studies that more than one of the pooled reviews includes."""
    if matrix is None or not len(matrix):
        return "not_available: no lists of studies"
    known = matrix[matrix["review_id"].isin(reviews)].drop_duplicates(["study_id", "review_id"])
    times = known["study_id"].value_counts()
    without = sorted(set(reviews) - set(known["review_id"]))
    names = "; ".join(sorted(str(s) for s in times[times > 1].index)) or "none known"
    return names + (f" (no list of studies: {', '.join(without)})" if without else "")
