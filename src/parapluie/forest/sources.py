"""What the figures are made from, and small look-ups that several of them need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from parapluie.forest.model import Cell
from parapluie.grid import labels_of

NOT_RATED = "not rated"
GRADES = ("high", "moderate", "low", "critically_low")


def _empty(*columns: str) -> pd.DataFrame:
    return pd.DataFrame({c: pd.Series(dtype="object") for c in columns})


@dataclass(frozen=True)
class Sources:
    """The frames that the figures are made from; those that are empty are done without.

    Parameters
    ----------
    protocol : mapping
    effects, pooled, averages : DataFrame
        results/synthesis/effects.csv, pooled.csv and study_averages.csv.
    reviews : DataFrame
        results/included/reviews.csv.
    appraisal : DataFrame
        review_id, final, final_set.
    study_labels, study_years : mapping
        study_id to the name of the study, and to its year; a study without a name is drawn under
        its id.
    verdicts : DataFrame
        results/credibility/verdicts.csv.
    matrix : DataFrame
        results/overlap/matrix.csv.
    equivalents : DataFrame
        results/synthesis/equivalents.csv.
    study_effects, study_facts : DataFrame
        The tables of extraction, for subgroups and raw cells.
    problems : DataFrame
        results/synthesis/problems.csv, for results that have no effect.
    findings : DataFrame
        The table of extraction.
    study_effects_file : str
        As shown to users.
    """

    protocol: Mapping[str, Any]
    effects: pd.DataFrame
    pooled: pd.DataFrame
    averages: pd.DataFrame
    reviews: pd.DataFrame
    appraisal: pd.DataFrame
    study_labels: Mapping[str, str] = field(default_factory=dict)
    study_years: Mapping[str, float] = field(default_factory=dict)
    verdicts: pd.DataFrame = field(
        default_factory=lambda: _empty("result_id", "rule_set", "label", "class", "class_label")
    )
    matrix: pd.DataFrame = field(default_factory=lambda: _empty("study_id", "review_id", "state"))
    equivalents: pd.DataFrame = field(default_factory=lambda: _empty("level", "id", "measure"))
    study_effects: pd.DataFrame = field(
        default_factory=lambda: _empty("study_effect_id", "study_id", "outcome", "measure")
    )
    study_facts: pd.DataFrame = field(default_factory=lambda: _empty("study_id"))
    problems: pd.DataFrame = field(
        default_factory=lambda: _empty("effect_id", "kind", "check", "why")
    )
    findings: pd.DataFrame = field(
        default_factory=lambda: _empty("finding_id", "review_id", "outcome", "evidence", "result")
    )

    study_effects_file: str = "data/extraction/study_effects.csv"

    @property
    def names(self) -> dict[str, str]:
        """Give each review its name: first author and year, or its id."""
        return labels_of(self.reviews)

    def outcome(self, outcome: str) -> Mapping[str, Any]:
        """Give what the protocol says of an outcome."""
        found = [o for o in self.protocol.get("outcomes") or [] if o["id"] == outcome]
        return found[0] if found else {}

    def outcome_label(self, outcome: str) -> str:
        """Give the name of an outcome."""
        return str(self.outcome(outcome).get("label", outcome))

    @property
    def outcome_order(self) -> dict[str, int]:
        """Give the place of each outcome in the protocol."""
        return {o["id"]: i for i, o in enumerate(self.protocol.get("outcomes") or [])}

    def favours(self, outcome: str) -> tuple[str, str] | None:
        """Say what each side of the null line favours, where the protocol says what is better."""
        sides = ("Favours intervention", "Favours control")
        better = self.outcome(outcome).get("better_when", "")
        return {"lower": sides, "higher": (sides[1], sides[0])}.get(better)

    def quality(self) -> dict[str, tuple[str, ...]]:
        """Give each review its AMSTAR 2 grade; several where only a set of grades is known."""
        out: dict[str, tuple[str, ...]] = {}
        for row in self.appraisal.to_dict("records"):
            text = row["final"] or row.get("final_set", "")
            out[str(row["review_id"])] = tuple(g for g in str(text).split(";") if g)
        return out

    def rule_set(self) -> tuple[str, str]:
        """Give name and label of the first set of rules for credibility; empty without one."""
        chosen = (self.protocol.get("credibility") or {}).get("rule_sets") or []
        for name in [c["id"] for c in chosen]:
            found = self.verdicts[self.verdicts["rule_set"] == name]
            if len(found):
                return str(name), str(found.iloc[0]["label"])
        return "", ""

    def classes(self) -> dict[str, Cell]:
        """Give each result its credibility class by the first set of rules."""
        name, _ = self.rule_set()
        rows = self.verdicts[self.verdicts["rule_set"] == name].to_dict("records")
        return {
            str(r["result_id"]): (
                str(r["class"]).replace("_", " "),
                f"credibility.class.{name}.{r['result_id']}",
            )
            for r in rows
        }

    def class_note(self, shown: Iterable[str]) -> list[list[Cell]]:
        """Say by which rules classes are given, and what those that are shown are called."""
        name, label = self.rule_set()
        if not name:
            return []
        rows = self.verdicts[self.verdicts["rule_set"] == name].to_dict("records")
        known = {str(r["class"]).replace("_", " "): str(r["class_label"]) for r in rows}
        words = [f"{c} {known[c]}" for c in sorted(set(shown)) if known.get(c)]
        text = f"Class: credibility by {label}" + (f": {', '.join(words)}" if words else "")
        return [[(f"{text}.", "")]]


def grade_words(grades: tuple[str, ...]) -> str:
    """Write an AMSTAR 2 grade, or a set of them."""
    return " or ".join(g.replace("_", " ") for g in grades).capitalize() or NOT_RATED


def certainty(row: Mapping[Any, Any]) -> Cell:
    """Give the certainty that a review states (GRADE)."""
    return (str(row["grade_certainty"]).replace("_", " ").capitalize() or NOT_RATED, "")
