"""Figures of what is compared over reviews: pooled again, each study once, on common scales."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from parapluie.synthesis.double_counting import COUNTED_TWICE, RULES
from parapluie.synthesis.equivalents import EFFECT, SCALES
from parapluie.synthesis.umbrella import NOT_AVAILABLE, STATUSES
from parapluie.trace import ALL, Figures, Rows, where

if TYPE_CHECKING:
    from parapluie.synthesis.stage import Sources

INCLUDED = "included.reviews"
_AGAIN = ("status", "natural_estimate", "natural_ci_low", "natural_ci_high", "difference")
_BY_RULE = ("k_studies", "natural_estimate", "natural_ci_low", "natural_ci_high")
_ENDS = {"": "estimate", "_low": "lower end", "_high": "upper end"}
_NAMES = {"eg": "Standardised mean difference", "eor": "Odds ratio", "err": "Risk ratio"}


def add_umbrella(out: Figures, tables: Mapping[str, pd.DataFrame], sources: Sources) -> None:
    """Add the figures of repooled, chosen_results, pooled_by_rule and equivalents."""
    _repooled(out, tables["repooled"], sources)
    _once(out, tables["chosen_results"], tables["pooled_by_rule"], sources)
    for row in tables["equivalents"].to_dict("records"):
        _equivalent(out, row, sources)


# --- pooled again ---------------------------------------------------------------------------------


def _repooled(out: Figures, again: pd.DataFrame, sources: Sources) -> None:
    known = again[again["status"] != NOT_AVAILABLE]
    for row in known.to_dict("records"):
        for column in _AGAIN:
            value = row[column]
            out.add(
                f"repooled.{row['effect_id']}.{column}",
                value,
                rule=f"{_sentence(column)} {row['method']}.",
                basis=_basis(row, sources),
                rests_on=[INCLUDED],
                absent="not_available: no printed estimate" if value != value else "",
            )
    _count_again(out, again, known, sources)


def _sentence(column: str) -> str:
    if column == "status":
        return "What explains the printed result, against the result pooled again:"
    if column == "difference":
        return "Pooled again less printed, on the scale of analysis;"
    return "Pooled again from the results of the review's own studies;"


def _basis(row: Mapping[Any, Any], sources: Sources) -> list[Rows]:
    effect = Rows(sources.effects_file, where(effect_id=row["effect_id"]), 1)
    own = where(review_id=row["review_id"], outcome=row["outcome"])
    return [effect, Rows(sources.study_effects_file, own)]


def _count_again(
    out: Figures, again: pd.DataFrame, known: pd.DataFrame, sources: Sources
) -> None:  # fmt: skip
    files = [f for f in (sources.effects_file, sources.study_effects_file) if f]
    basis = [Rows(file, ALL) for file in files]
    absent = "" if len(known) else f"not_available: {STATUSES[NOT_AVAILABLE]}"
    out.add(
        "repooled_results",
        len(known) or None,
        rests_on=[INCLUDED],
        basis=basis,
        absent=absent,
        rule="Results of reviews that are pooled again from the results of their studies.",
    )
    for status, words in STATUSES.items():
        if status != NOT_AVAILABLE and len(known):
            number = int((known["status"] == status).sum())
            out.add(
                f"repooled_results.{status}",
                number,
                basis=basis,
                rests_on=[INCLUDED],
                rule=f"Of these: {words}.",
            )


# --- each study once ------------------------------------------------------------------------------


def _once(out: Figures, chosen: pd.DataFrame, rules: pd.DataFrame, sources: Sources) -> None:
    file = sources.study_effects_file
    counts = {
        "shared_studies": (
            len(chosen.drop_duplicates(["outcome", "measure", "study_id"])),
            "Studies, by outcome and measure, of which more than one source gives results.",
        ),
        "dropped_results": (
            int((chosen["kept"] == "no").sum()),
            f"Their results that are not pooled; taken is {RULES[sources.trials_once]}.",
        ),
    }
    for key, (value, rule) in counts.items():
        basis = [Rows(file, ALL, len(sources.study_effects))] if file else []
        absent = "" if file else "not_available: no results of studies extracted"
        out.add(key, value if file else None, rule=rule, basis=basis, rests_on=[INCLUDED],
                absent=absent)  # fmt: skip
    for row in rules.to_dict("records"):
        words = RULES.get(row["rule"], "every source counted, studies more than once")
        own = where(outcome=row["outcome"], measure=row["measure"])
        for column in _BY_RULE:
            out.add(
                f"by_rule.{row['outcome']}__{row['measure']}.{row['rule']}.{column}",
                row[column],
                rule=f"Pooled by {row['method']}; of shared studies {words}"
                + ("." if row["rule"] != COUNTED_TWICE else ": to show what that would do."),
                basis=[Rows(file, own)],
                rests_on=[INCLUDED],
            )


# --- common scales --------------------------------------------------------------------------------


def _equivalent(out: Figures, row: Mapping[Any, Any], sources: Sources) -> None:
    effect = row["level"] == EFFECT
    basis = [Rows(sources.effects_file, where(effect_id=row["id"]), 1)] if effect else [
        Rows(sources.study_effects_file, where(outcome=row["outcome"]))]  # fmt: skip
    for scale in SCALES:
        key = f"equivalents.{row['level']}.{row['id']}.{scale}"
        if row[f"{scale}_reason"]:
            out.add(
                key,
                None,
                rule=f"{_NAMES[scale]}, equivalent.",
                basis=basis,
                rests_on=[INCLUDED],
                absent=row[f"{scale}_reason"],
            )
            continue
        way = f"{row[f'{scale}_path']}" + (
            f"; supposes: {row[f'{scale}_supposes']}" if row[f"{scale}_supposes"] else ""
        )
        for end, words in _ENDS.items():
            value = row[f"{scale}{end}"]
            out.add(
                f"{key}{end}",
                value,
                basis=basis,
                rests_on=[INCLUDED],
                rule=f"{_NAMES[scale]}, equivalent, {words}: {way}.",
                absent="not_available: no interval in data" if value != value else "",
            )
