"""The numbers that only the figures show, each with its rule and what it rests on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from parapluie.forest.cells import cell_figures, cells_of
from parapluie.forest.funnel import ESTIMATOR, funnel, funnel_reason
from parapluie.forest.galbraith import galbraith_of, galbraith_reason
from parapluie.forest.influence_plot import influence_of, influence_reason
from parapluie.forest.pools import Pool, pools
from parapluie.forest.refits import CUMULATIVE, LEAVE_OUT, refit_reason, refits
from parapluie.forest.shared import shared_trials
from parapluie.forest.sources import Sources
from parapluie.forest.studies import spread_of
from parapluie.forest.subgroups import Split, splits
from parapluie.forest.umbrella import shared_by_outcome, umbrella_figures
from parapluie.measures import MEASURES, Measure
from parapluie.trace import Figures, Rows, where

SHARED = "Trials of the review that another review drawn beside it includes too."
IN_REVIEWS = "Included reviews that hold the study."
Q_PROFILE = "of the 95% interval of I² that follows from that of tau² (Q-profile)."


def figures_of(sources: Sources, kinds: Sequence[str]) -> Figures:
    """Collect the figures of the stage.

    Parameters
    ----------
    sources : Sources
    kinds : sequence of str
        The kinds of figures that are drawn; numbers of others are left out.
    """
    out = Figures("forest")
    if "forest" in kinds or "subgroups" in kinds:
        _of_forests(out, sources)
    if "subgroups" in kinds:
        for _, part in sources.averages.groupby(["outcome", "measure"], sort=True):
            measure = MEASURES[str(part["measure"].iloc[0])]
            for split in splits(sources, part):
                _subgroups(out, split, measure)
    if "umbrella" in kinds:
        _umbrella(out, sources)
    for pool in pools(sources):
        _of_pool(out, pool, sources, kinds)
    return out


# --- forest plots ---------------------------------------------------------------------------------


def _of_forests(out: Figures, sources: Sources) -> None:
    drawn = sources.effects[sources.effects["drawn"] == "yes"]
    for (outcome, measure), part in drawn.groupby(["outcome", "measure"], sort=True):
        _shared(out, sources, f"{outcome}__{measure}", set(part["review_id"]))
    _in_reviews(out, sources)
    for (outcome, code), part in sources.averages.groupby(["outcome", "measure"], sort=True):
        found = cells_of(sources.study_effects, str(outcome), MEASURES[str(code)], part)
        for key, text, row in cell_figures(sources.study_effects, found):
            out.add(
                key.removeprefix("forest."),
                text,
                rule="As extracted.",
                basis=[Rows(sources.study_effects_file, where(study_effect_id=row), 1)],
            )


def _shared(out: Figures, sources: Sources, name: str, reviews: set[str]) -> None:
    for key, shared, _, rests in shared_trials(sources, name, reviews).figures:
        if f"forest.{key}" not in out.lines:
            out.add(key, shared, rule=SHARED, rests_on=rests, unit="trials")


def _in_reviews(out: Figures, sources: Sources) -> None:
    inside = sources.matrix[sources.matrix["state"] == "included"]
    drawn = set(sources.averages["study_id"])
    by_study = {str(s): sorted(set(g["review_id"])) for s, g in inside.groupby("study_id")}
    for study in sorted(drawn if len(inside) else ()):
        reviews = by_study.get(str(study), [])
        rests = [f"overlap.reviews.{r}.total" for r in reviews] or ["included.reviews"]
        out.add(f"in_reviews.{study}", len(reviews), rule=IN_REVIEWS, rests_on=rests,
                unit="reviews")  # fmt: skip


def _studies_of(split: Split, i: int) -> list[str]:
    pool = split.key.split(".")[2]
    return [f"synthesis.studies.{pool}.{s}.yi" for s in split.groups[i].studies]


def _subgroups(out: Figures, split: Split, measure: Measure) -> None:
    pools_, begin = split.found.pools, len("forest.")
    for i, group in enumerate(split.groups):
        if len(group.studies) == 1:
            continue
        key = split.group_key(i)[begin:]
        natural = ("estimate", "ci_low", "ci_high")
        numbers = {n: measure.to_natural(float(getattr(pools_, n)[i])) for n in natural}
        numbers |= {n: float(getattr(pools_, n)[i]) for n in ("q", "df", "q_p", "tau2", "i2")}
        rule = f"Subgroup of {split.label.lower()}: {group.label}, pooled with a tau² of its own."
        rests = _studies_of(split, i)
        out.add(f"{key}.k", len(group.studies), rule=rule, rests_on=rests, unit="studies")
        for name, value in numbers.items():
            if not math.isnan(value):
                out.add(f"{key}.{name}", value, rule=rule, rests_on=rests,
                        unit="percent" if name == "i2" else "")  # fmt: skip
    _difference(out, split)


def _difference(out: Figures, split: Split) -> None:
    found, key = split.difference, split.key[len("forest.") :]
    rule = (
        f"Test of subgroup differences by {split.label.lower()}: Q between the subtotals, each "
        "with a tau² of its own and its model-based error (Borenstein et al. 2009, chapter 19)."
    )
    rests = [k for i in range(len(split.groups)) for k in _studies_of(split, i)]
    for name in ("q", "df", "p"):
        value = None if found.reason else getattr(found, name)
        out.add(f"{key}.{name}", value, rule=rule, rests_on=rests, absent=found.reason)


def _umbrella(out: Figures, sources: Sources) -> None:
    for name, value, rule, rests in umbrella_figures(sources):
        out.add(f"umbrella.{name}", value, rule=rule, rests_on=[rests])
    for outcome, found in shared_by_outcome(sources).items():
        if found.counts:
            effects = sources.effects[sources.effects["outcome"] == outcome]
            reviews = set(effects.loc[effects["is_subgroup"] != "yes", "review_id"])
            _shared(out, sources, outcome, reviews)


# --- figures of one pool --------------------------------------------------------------------------


def _of_pool(out: Figures, pool: Pool, sources: Sources, kinds: Sequence[str]) -> None:
    pooled = pool.pooled_key("estimate")
    if ("forest" in kinds or "subgroups" in kinds) and pool.main["method"] != "common":
        _spread(out, pool, sources)
    for kind in (LEAVE_OUT, CUMULATIVE):
        if kind in kinds and not refit_reason(pool, kind):
            for name, value, absent, study in _refitted(pool, kind):
                rule = "Pooled without this study" if kind == LEAVE_OUT else (
                    "Pooled from this study and all earlier ones")  # fmt: skip
                out.add(f"{kind}.{pool.id}.{name}", value, absent=absent,
                        rule=f"{rule}: {pool.main['method_label']}.",
                        rests_on=[pooled, pool.study_key(study, "yi")])  # fmt: skip
    if "funnel" in kinds and not funnel_reason(pool):
        for name, value, rule in _funnel_numbers(sources, pool):
            out.add(f"funnel.{pool.id}.{name}", value, rule=rule, rests_on=[pooled])
    if "baujat" in kinds and not influence_reason(pool):
        _baujat(out, pool, pooled)
    if "galbraith" in kinds and not galbraith_reason(pool):
        _galbraith(out, pool, pooled)


def _spread(out: Figures, pool: Pool, sources: Sources) -> None:
    part = sources.averages[sources.averages["pool_id"] == pool.id]
    for name, end, value in zip(
        ("i2_low", "i2_high"), ("Lower", "Upper"), spread_of(part, pool.main), strict=True
    ):
        if not math.isnan(value):
            out.add(f"spread.{pool.id}.{name}", value, rule=f"{end} end {Q_PROFILE}",
                    rests_on=[pool.pooled_key("i2")], unit="percent")  # fmt: skip


def _refitted(pool: Pool, kind: str) -> Iterator[tuple[str, float | None, str, int]]:
    found = refits(pool, kind)
    for n, study in enumerate(int(s) for s in found.study):
        name = pool.studies[study]
        for column in ("estimate", "ci_low", "ci_high"):
            value = pool.measure.to_natural(float(getattr(found.pools, column)[n]))
            yield f"{name}.{column}", value, "", study
        for column in ("tau2", "i2"):
            value = float(getattr(found.pools, column)[n])
            absent = found.pools.reason(column, n)
            yield f"{name}.{column}", None if absent else value, absent, study


def _funnel_numbers(sources: Sources, pool: Pool) -> Iterator[tuple[str, Any, str]]:
    made = funnel(sources, pool)
    if not made.egger.reason:
        rule = "Egger's test: effects on standard errors, weights 1/v (Egger et al. 1997)."
        for name, column in (("egger_t", "statistic"), ("egger_df", "df"), ("egger_p", "p")):
            yield name, getattr(made.egger, column), rule
    if not made.filled.reason:
        rule = f"Trim and fill by {ESTIMATOR} (Duval and Tweedie 2000)."
        yield "k0", made.filled.k0, rule
        for name, value in zip(
            ("filled_estimate", "filled_ci_low", "filled_ci_high"), made.with_filled, strict=False
        ):
            yield name, value, f"{rule} Pooled with the added studies."


def _baujat(out: Figures, pool: Pool, pooled: str) -> None:
    found = influence_of(pool).found
    columns: dict[str, np.typing.NDArray[np.float64]] = {
        "contribution": found.contribution, "influence": found.influence,
    }  # fmt: skip
    for i, study in enumerate(pool.studies):
        for name, values in columns.items():
            out.add(f"baujat.{pool.id}.{study}.{name}", float(values[i]),
                    rule="Place in the plot of Baujat et al. (2002).",
                    rests_on=[pooled, pool.study_key(i, "yi")])  # fmt: skip


def _galbraith(out: Figures, pool: Pool, pooled: str) -> None:
    made = galbraith_of(pool)
    every = [pooled, *(pool.study_key(i, "yi") for i in range(pool.k))]
    out.add(f"galbraith.{pool.id}.outside", len(made.away), rests_on=every, unit="studies",
            rule="Studies outside the band of Galbraith's plot (1988): farther than 1.96 standard "
            "errors (with tau² in them) from the pooled effect.")  # fmt: skip
    for i, study in enumerate(pool.studies):
        for name, values in (("precision", made.found.precision), ("z", made.found.z)):
            out.add(f"galbraith.{pool.id}.{study}.{name}", float(values[i]),
                    rule="Place in the plot of Galbraith (1988).",
                    rests_on=[pooled, pool.study_key(i, "yi")])  # fmt: skip
