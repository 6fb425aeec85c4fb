"""Pooled and tabulated results seen under other rules, and without weak reviews: side by side.

A view keeps some reviews for each outcome. The result of a study stays if a review that is kept
holds the study, or if no review of the outcome does (the overview found it by other ways); one that
a review tells also needs that review to be kept.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from parapluie.measures import MEASURES
from parapluie.quality import Quality, left_out, not_graded, of
from parapluie.synthesis.choices.rules import BASE_PLUS_SUPPLEMENT
from parapluie.synthesis.choices.tables import Chosen
from parapluie.synthesis.double_counting import Reviews, choices, once
from parapluie.synthesis.pooled import Plan
from parapluie.synthesis.study_effects import study_averages
from parapluie.vocabulary import GRADES, THIS_OVERVIEW

POOLED, REVIEWS = "pooled", "reviews"
VIEW_COLUMNS = (
    "level", "outcome", "measure", "view", "used", "reviews_kept", "reviews", "k_studies",
    "k_results", "yi", "se", "natural_estimate", "natural_ci_low", "natural_ci_high", "directions",
    "quality", "certainty", "lost", "changes", "reason",
)  # fmt: skip
NOTHING_LEFT = "not_estimable: no result is left"
BETTER, WORSE, EITHER, NO_INTERVAL = "better", "worse", "no clear difference", "not known"
ALL_REVIEWS = "all"
"""Name of the view by quality that leaves nothing out."""


@dataclass(frozen=True)
class View:
    """What is kept of an outcome.

    Parameters
    ----------
    name : str
        A rule, or the name of a view by quality.
    reviews : set of str
        Reviews that stay.
    studies : set of str
        Studies that a review which stays holds (with those added to a base).
    listed : set of str
        Studies that any review of the outcome holds.
    """

    name: str
    reviews: frozenset[str]
    studies: frozenset[str]
    listed: frozenset[str]

    def of_studies(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Take the results of studies that stay; those added to a base by whoever tells them."""
        held = rows["study_id"].isin(self.studies) | ~rows["study_id"].isin(self.listed)
        if self.name == BASE_PLUS_SUPPLEMENT:
            return rows[held]
        return rows[rows["review_id"].isin(self.reviews | {THIS_OVERVIEW}) & held]


def rule_view(chosen: Chosen, outcome: str, rule: str) -> View:
    """Give what a rule keeps of an outcome: what it keeps for any of its comparators."""
    own = [u for u in chosen.units if u.outcome in (outcome, "")]
    reviews = frozenset(r for u in own for r in chosen.kept(u, rule))
    studies = frozenset(s for u in own for s in chosen.studies(u, rule))
    listed = frozenset(s for u in own for s in u.studies(u.held))
    return View(rule, reviews, studies, listed)


def quality_view(
    chosen: Chosen, outcome: str, known: Mapping[str, Quality], threshold: str
) -> View:
    """Give what is left of an outcome without reviews graded `threshold` or below."""
    planned = rule_view(chosen, outcome, chosen.settings.rule)
    own = [u for u in chosen.units if u.outcome in (outcome, "")]
    adds = chosen.settings.rule == BASE_PLUS_SUPPLEMENT
    members = {r for u in own for r in u.held} if adds else planned.reviews
    reviews = frozenset(members) - set(left_out(members, known, threshold))
    studies = frozenset(s for u in own for s in u.studies(reviews))
    return View(f"without_{threshold}", reviews, studies, planned.listed)


# --- pooled results -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pooling:
    """What pooling a view again needs: the reviews, the plan, the rule for shared studies."""

    reviews: Reviews
    plan: Plan
    trials_once: str

    def line(self, rows: pd.DataFrame, every: pd.DataFrame) -> dict[str, Any]:
        """Pool results of studies, each study once; a reason where nothing is left."""
        from parapluie.effects import pool

        gone = sorted(set(every["study_id"]) - set(rows["study_id"]))
        line: dict[str, Any] = {"k_studies": 0, "k_results": len(rows), "lost": ";".join(gone)}
        if not len(rows):
            return line | {"reason": NOTHING_LEFT}
        taken = once(rows, choices(rows, self.reviews, self.trials_once))
        averages = study_averages(taken, self.plan.r)
        ci = "z" if self.plan.method == "common" else self.plan.ci
        found = pool(averages["yi"], averages["vi"], self.plan.method, ci)
        back: Callable[[float], float] = MEASURES[rows["measure"].iloc[0]].to_natural
        ends = ("estimate", "ci_low", "ci_high")
        return line | {
            "k_studies": found.k, "k_results": len(taken), "yi": found.estimate, "se": found.se,
            **{f"natural_{c}": back(getattr(found, c)) for c in ends},
            "_low": found.ci_low, "_high": found.ci_high, "reason": "",
        }  # fmt: skip


def pooled_lines(
    rows: pd.DataFrame, views: Sequence[View], pooling: Pooling, used: str
) -> list[dict[str, Any]]:
    """Pool one outcome and measure under each view, and say what changes against the used one."""
    head = {"level": POOLED, "outcome": rows["outcome"].iloc[0], "measure": rows["measure"].iloc[0]}
    lines = []
    for view in views:
        lines.append(head | _head(view, used) | pooling.line(view.of_studies(rows), rows))
    base = next(line for line in lines if line["used"] == "yes")
    for line in lines:
        line["changes"] = "; ".join(_pooled_changes(line, base))
    return lines


def _head(view: View, used: str) -> dict[str, Any]:
    names = ";".join(sorted(view.reviews))
    return {"view": view.name, "used": "yes" if view.name == used else "no",
            "reviews_kept": len(view.reviews), "reviews": names}  # fmt: skip


def _pooled_changes(line: Mapping[str, Any], base: Mapping[str, Any]) -> list[str]:
    if not line["k_studies"] or not base["k_studies"]:
        return ["no result is left"] if base["k_studies"] and not line["k_studies"] else []
    found = []
    if line["yi"] * base["yi"] < 0:
        found.append("the direction is another one")
    holds, held = (x["_low"] <= 0 <= x["_high"] for x in (line, base))
    if holds != held and math.isfinite(line["_low"]):
        found.append(
            "the interval includes no effect"
            if holds
            else "the interval no longer includes no effect"
        )
    return found


# --- results of reviews ---------------------------------------------------------------------------


def main_results(effects: pd.DataFrame) -> pd.DataFrame:
    """Take the reviews' own results that stand in tables: drawn, and of no subgroup."""
    return effects[(effects["drawn"] == "yes") & (effects["is_subgroup"] != "yes")]


def favours(row: Mapping[Any, Any]) -> str:
    """Say what a result of a review tells: better, worse, no clear difference, not known."""
    better = {"higher": 1, "lower": -1}.get(str(row["shown_better_when"]), 0)
    measure = MEASURES.get(row["measure"])
    if measure is None or not better or row["direction"] == "not_harmonised":
        return NO_INTERVAL
    low, high = (measure.to_analysis(row[c]) for c in ("ci_low", "ci_high"))
    if math.isnan(low) or math.isnan(high):
        return NO_INTERVAL
    if low <= 0 <= high:
        return EITHER
    return BETTER if (low > 0) == (better > 0) else WORSE


def reviews_lines(
    rows: pd.DataFrame, views: Sequence[View], known: Mapping[str, Quality], used: str
) -> list[dict[str, Any]]:
    """Tell the reviews' results of one outcome under each view, and what changes."""
    lines = []
    for view in views:
        own = rows[rows["review_id"].isin(view.reviews)]
        gone = rows.loc[~rows["review_id"].isin(view.reviews), "effect_id"]
        lines.append(
            {"level": REVIEWS, "outcome": rows["outcome"].iloc[0], "measure": ""}
            | _head(view, used) | _told(own, known)
            | {"lost": ";".join(sorted(gone)), "reason": "" if len(own) else NOTHING_LEFT}
        )  # fmt: skip
    base = next(line for line in lines if line["used"] == "yes")
    for line in lines:
        line["changes"] = "; ".join(_told_changes(line, base))
    return lines


def _told(own: pd.DataFrame, known: Mapping[str, Quality]) -> dict[str, Any]:
    said = [favours(row) for row in own.to_dict("records")]
    directions = [f"{said.count(w)} {w}" for w in (BETTER, WORSE, EITHER, NO_INTERVAL) if w in said]
    grades = {of(r, known).grades for r in own["review_id"]}
    order = [g.replace("_", " ") for g in GRADES]
    certainty = sorted({c or "not rated" for c in own["grade_certainty"].astype(str)})
    ranked = sorted(grades, key=lambda g: (order.index(g) if g in order else len(order), g))
    return {"k_results": len(own), "directions": "; ".join(directions), "_said": set(said),
            "quality": ";".join(ranked), "certainty": ";".join(certainty)}  # fmt: skip


def _told_changes(line: Mapping[str, Any], base: Mapping[str, Any]) -> list[str]:
    if not line["k_results"]:
        return ["no result is left"] if base["k_results"] else []
    found = []
    if line["_said"] != base["_said"]:
        found.append("other directions")
    found += ["other grades of the reviews"] if line["quality"] != base["quality"] else []
    found += ["other certainty"] if line["certainty"] != base["certainty"] else []
    return found


# --- tables ---------------------------------------------------------------------------------------


def view_frame(
    studies: pd.DataFrame, effects: pd.DataFrame, views: Callable[[str], Sequence[View]],
    pooling: Pooling, known: Mapping[str, Quality], used: str,
) -> pd.DataFrame:  # fmt: skip
    """Put every pooled result and the reviews' results of every outcome under its views.

    Parameters
    ----------
    studies : DataFrame
        All usable results of studies.
    effects : DataFrame
        Results of included reviews, as in effects.csv.
    views : callable
        Outcome to its views; one of them is named `used`.
    """
    lines: list[dict[str, Any]] = []
    for (outcome, _), part in studies.groupby(["outcome", "measure"], sort=True):
        lines += pooled_lines(part, views(str(outcome)), pooling, used)
    for outcome, part in main_results(effects).groupby("outcome", sort=True):
        lines += reviews_lines(part, views(str(outcome)), known, used)
    return pd.DataFrame(lines, columns=list(VIEW_COLUMNS))


def by_rule_views(chosen: Chosen) -> Callable[[str], list[View]]:
    """Give for an outcome its views under every rule."""
    return lambda outcome: [rule_view(chosen, outcome, rule) for rule in chosen.settings.rules]


def by_quality_views(
    chosen: Chosen, known: Mapping[str, Quality], threshold: str
) -> Callable[[str], list[View]]:
    """Give for an outcome the view under the planned rule, and that without weak reviews."""
    return lambda outcome: [
        replace(rule_view(chosen, outcome, chosen.settings.rule), name=ALL_REVIEWS),
        quality_view(chosen, outcome, known, threshold),
    ]


def left_out_frame(
    reviews: Sequence[str], known: Mapping[str, Quality], threshold: str
) -> pd.DataFrame:
    """Say of each included review whether the view by quality leaves it out, and why not."""
    gone, without = (
        set(left_out(reviews, known, threshold)), set(not_graded(reviews, known)),
    )  # fmt: skip
    lines = []
    for review in sorted(reviews):
        quality = of(review, known)
        kept = "kept: it is not surely so low" if review in without else "kept"
        lines.append({
            "review_id": review, "quality": quality.grade, "quality_basis": quality.basis,
            "left_out": "yes" if review in gone else "no",
            "why": quality.words if review in gone else f"{kept} ({quality.words})",
        })  # fmt: skip
    return pd.DataFrame(
        lines, columns=["review_id", "quality", "quality_basis", "left_out", "why"], dtype="object"
    )
