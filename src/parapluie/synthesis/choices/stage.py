"""All tables of the choice among overlapping reviews, and of the view without weak ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from parapluie import quality
from parapluie.errors import Problem
from parapluie.quality import Quality
from parapluie.synthesis.choices.facts import Facts
from parapluie.synthesis.choices.rules import (
    BASE_PLUS_SUPPLEMENT,
    KEEP_ALL,
    SERIES_RULES,
    Settings,
    for_unit,
)
from parapluie.synthesis.choices.sharing import discordance_frame, shared_frame
from parapluie.synthesis.choices.tables import (
    Chosen,
    choice_frame,
    loss_frame,
    supplement_frame,
)
from parapluie.synthesis.choices.units import Lists, units
from parapluie.synthesis.choices.views import (
    ALL_REVIEWS,
    Pooling,
    by_quality_views,
    by_rule_views,
    left_out_frame,
    rule_view,
    view_frame,
)

Row = Mapping[str, str]
NO_INCLUSIONS = pd.DataFrame(columns=["review_id", "study_id", "outcome", "eligible"], dtype=object)
NO_FACTS = pd.DataFrame(columns=["study_id", "n_participants"])


@dataclass(frozen=True)
class Evidence:
    """What the stages before found about reviews and studies, and what people chose.

    Parameters
    ----------
    appraisal : sequence of mapping
        Rows of results/appraisal/overall.csv.
    inclusions : DataFrame
        results/overlap/inclusions.csv.
    facts : DataFrame
        study_facts.csv through its schema.
    relevance, choices : sequence of mapping
        Rows of relevance.csv and choices.csv as text; ``choice_rows`` are their numbers.
    facts_file, relevance_file, choices_file : str
        As shown to users; ``""`` where there is no such file.
    """

    appraisal: Sequence[Row] = ()
    inclusions: pd.DataFrame = field(default_factory=NO_INCLUSIONS.copy)
    facts: pd.DataFrame = field(default_factory=NO_FACTS.copy)
    relevance: Sequence[Row] = ()
    choices: Sequence[Row] = ()
    choice_rows: Sequence[int] = ()
    facts_file: str = ""
    relevance_file: str = ""
    choices_file: str = ""

    @property
    def qualities(self) -> dict[str, Quality]:
        """Review to its quality."""
        return quality.qualities(self.appraisal)

    def facts_of(self, reviews: pd.DataFrame, series: str) -> Facts:
        """Gather what the rules compare."""
        people = dict(zip(self.facts["study_id"], self.facts["n_participants"], strict=True))
        rows = {str(r["review_id"]): r for r in reviews.to_dict("records")}
        known = {str(s): float(n) for s, n in people.items()}
        return Facts(rows, self.qualities, known, self.relevance, series)


def setting_faults(protocol: Mapping[str, Any], file: str) -> list[Problem]:
    """Name a rule that needs a series where the protocol names none."""
    given = (protocol.get("overlap") or {}).get("choice") or {}
    if given.get("rule") not in SERIES_RULES or given.get("series"):
        return []
    return [
        Problem(file, "no value", "the name of a series, as in the column series of reviews.csv",
                f"Name the series, or plan another rule than {given['rule']}.",
                column="overlap.choice.series")
    ]  # fmt: skip


def choose_all(
    reviews: pd.DataFrame, effects: pd.DataFrame, studies: pd.DataFrame,
    findings: pd.DataFrame, evidence: Evidence, protocol: Mapping[str, Any],
) -> Chosen:  # fmt: skip
    """Make the units and apply every rule to them.

    Parameters
    ----------
    reviews : DataFrame
        The included reviews.
    effects, findings : DataFrame
        Their results and what they say in words.
    studies : DataFrame
        All usable results of studies.
    evidence : Evidence
    protocol : mapping
    """
    settings = Settings.of(protocol)
    ids = sorted(reviews["review_id"])
    lists = Lists(evidence.inclusions, effects, studies, findings, ids)
    facts = evidence.facts_of(reviews, settings.series)
    return Chosen.of(units(lists, settings.by), facts, settings, evidence.choices)


def choice_faults(chosen: Chosen, evidence: Evidence) -> Iterator[Problem]:
    """Name the choices of people that fit no unit, and reviews that are not in it."""
    known = ", ".join(sorted({u.outcome for u in chosen.units if u.outcome})) or "no outcome yet"
    for row, number in zip(evidence.choices, evidence.choice_rows, strict=True):
        fitting = [u for u in chosen.units if for_unit(row, u)]
        if not fitting:
            yield Problem(evidence.choices_file, repr(row.get("outcome", "")), known,
                          "Name an outcome (and comparator) of which reviews give results.",
                          number, "outcome")  # fmt: skip
        elif not any(row["review_id"] in u.held for u in fitting):
            members = sorted({r for u in fitting for r in u.held})
            yield Problem(evidence.choices_file, repr(row["review_id"]), ", ".join(members),
                          "Choose a review that gives data for the outcome.",
                          number, "review_id")  # fmt: skip


def used_studies(studies: pd.DataFrame, chosen: Chosen) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split the results of studies into those that the planned rule uses and the others."""
    rule = chosen.settings.rule
    if rule == KEEP_ALL or not len(studies):
        return studies, studies.iloc[:0]
    kept = [
        rule_view(chosen, str(outcome), rule).of_studies(part)
        for outcome, part in studies.groupby("outcome", sort=False)
    ]
    stays = studies.index.isin(pd.concat(kept).index)
    return studies[stays].reset_index(drop=True), studies[~stays]


def joined(effects: pd.DataFrame, chosen: Chosen, known: Mapping[str, Quality]) -> pd.DataFrame:
    """Add to each result of a review its quality, and whether the planned rule uses it."""
    out = effects.copy()
    found = [quality.of(r, known) for r in out["review_id"]]
    out["quality"] = pd.Series([q.grade for q in found], index=out.index, dtype="object")
    out["quality_basis"] = pd.Series([q.basis for q in found], index=out.index, dtype="object")
    out["quality_words"] = pd.Series([q.words for q in found], index=out.index, dtype="object")
    why = {o: chosen.not_used(o) for o in set(out["outcome"])}
    pairs = zip(out["outcome"], out["review_id"], strict=True)
    reasons = [why[o].get(r, "") for o, r in pairs]
    if chosen.settings.rule == BASE_PLUS_SUPPLEMENT:
        reasons = [f"{r}; its further studies are added" if r else "" for r in reasons]
    out["used"] = pd.Series(
        ["no" if r else "yes" for r in reasons], index=out.index, dtype="object"
    )
    out["used_reason"] = pd.Series(reasons, index=out.index, dtype="object")
    return out


def choice_tables(
    tables: Mapping[str, pd.DataFrame], every: pd.DataFrame, chosen: Chosen, evidence: Evidence,
    pooling: Pooling, protocol: Mapping[str, Any], reviews: Sequence[str],
) -> dict[str, pd.DataFrame]:  # fmt: skip
    """Give the tables of the choice.

    Parameters
    ----------
    tables : mapping
        effects, pooled and study_averages of the stage.
    every : DataFrame
        All usable results of studies.
    """
    known, threshold = evidence.qualities, quality.threshold_of(protocol)
    effects, settings = tables["effects"], chosen.settings
    better = {
        o["id"]: str(o.get("better_when") or "") for o in protocol.get("outcomes") or []
    }  # fmt: skip
    return {
        "choices": choice_frame(chosen),
        "choice_losses": loss_frame(chosen),
        "supplement": supplement_frame(chosen),
        "results_by_rule": view_frame(
            every, effects, by_rule_views(chosen), pooling, known, settings.rule
        ),
        "shared_results": shared_frame(
            tables["study_averages"], tables["pooled"], effects, chosen.units, better
        ),
        "discordance": discordance_frame(effects, chosen.units, settings),
        "by_quality": view_frame(
            every, effects, by_quality_views(chosen, known, threshold), pooling, known, ALL_REVIEWS
        ),
        "left_out_by_quality": left_out_frame(reviews, known, threshold),
    }
