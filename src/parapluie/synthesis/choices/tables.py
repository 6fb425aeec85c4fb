"""The choices as tables: the record of each, what each rule loses, which studies to add."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from parapluie.synthesis.choices.facts import Facts
from parapluie.synthesis.choices.rules import (
    BASE_PLUS_SUPPLEMENT,
    ONLY_SERIES,
    Choice,
    Settings,
    choose,
    kept_of,
    studies_kept,
    supplement,
)
from parapluie.synthesis.choices.units import Unit

CHOICE_COLUMNS = (
    "unit", "outcome", "comparator", "group", "rule", "used", "members", "kept", "dropped",
    "values", "decided_by", "tied", "open", "flags", "overridden", "reason", "by", "date",
    "standing", "studies_from",
)  # fmt: skip
LOSS_COLUMNS = (
    "unit", "outcome", "comparator", "rule", "used", "reviews", "reviews_kept", "dropped",
    "groups_open", "studies", "studies_kept", "studies_lost", "lost", "participants_lost",
    "lost_without_size", "without_review", "winner_lacks", "without_list", "warning", "reason",
)  # fmt: skip
SUPPLEMENT_COLUMNS = ("unit", "outcome", "comparator", "study_id", "review_ids")
NO_LISTS = "not_available: no review of this unit has a list of its studies"


@dataclass(frozen=True)
class Chosen:
    """All choices: for each unit and rule."""

    units: tuple[Unit, ...]
    settings: Settings
    choices: Mapping[tuple[str, str], Sequence[Choice]]
    people: Mapping[str, float]

    @classmethod
    def of(
        cls, units: Sequence[Unit], facts: Facts, settings: Settings,
        manual: Sequence[Mapping[str, str]] = (),
    ) -> Chosen:  # fmt: skip
        """Apply every rule to every unit."""
        made = {
            (u.name, rule): choose(u, rule, facts, settings, manual)
            for u in units
            for rule in settings.rules
        }
        return cls(tuple(units), settings, made, facts.people)

    def kept(self, unit: Unit, rule: str) -> list[str]:
        """Name the reviews that stay in a unit under a rule."""
        return kept_of(self.choices[unit.name, rule])

    def studies(self, unit: Unit, rule: str) -> set[str]:
        """Give the studies that stay in a unit under a rule."""
        return studies_kept(unit, rule, self.choices[unit.name, rule])

    def not_used(self, outcome: str) -> dict[str, str]:
        """Name the reviews not used for an outcome under the planned rule, with the reason.

        A review stays for an outcome if it stays for one of its comparators.
        """
        own = [u for u in self.units if u.outcome in (outcome, "")]
        rule = self.settings.rule
        kept = {r for u in own for r in self.kept(u, rule)}
        return {
            review: _why_not(choice)
            for u in own
            for choice in self.choices[u.name, rule]
            for review in choice.dropped
            if review not in kept
        }


def _why_not(choice: Choice) -> str:
    taken = ", ".join(choice.kept) or "no review"
    return f"not used for this unit: {taken} is taken ({choice.rule}: {choice.decided_by})"


def choice_frame(chosen: Chosen) -> pd.DataFrame:
    """Give the record of every choice: one row for each unit, rule and group."""
    lines = []
    for unit in chosen.units:
        for rule in chosen.settings.rules:
            found = chosen.choices[unit.name, rule]
            lines += [_record(unit, i, c, chosen) for i, c in enumerate(found, start=1)]
    return pd.DataFrame(lines, columns=list(CHOICE_COLUMNS), dtype="object")


def _record(unit: Unit, number: int, choice: Choice, chosen: Chosen) -> dict[str, Any]:
    return {
        **_place(unit), "group": f"g{number}", "rule": choice.rule,
        "used": _yes(choice.rule == chosen.settings.rule),
        **{c: ";".join(getattr(choice, c)) for c in ("members", "kept", "dropped", "tied")},
        **{c: getattr(choice, c) for c in ("values", "decided_by", "open", "overridden", "reason",
                                           "by", "date", "standing")},
        "flags": "; ".join(choice.flags), "studies_from": unit.basis,
    }  # fmt: skip


def _place(unit: Unit) -> dict[str, str]:
    return {"unit": unit.name, "outcome": unit.outcome, "comparator": unit.comparator}


def _yes(truth: bool) -> str:
    return "yes" if truth else "no"


def loss_frame(chosen: Chosen) -> pd.DataFrame:
    """Give what each rule loses in each unit: reviews, studies, participants."""
    lines = [_loss(u, rule, chosen) for u in chosen.units for rule in chosen.settings.rules]
    return pd.DataFrame(lines, columns=list(LOSS_COLUMNS), dtype="object")


def _loss(unit: Unit, rule: str, chosen: Chosen) -> dict[str, Any]:
    choices, kept = chosen.choices[unit.name, rule], chosen.kept(unit, rule)
    every, stay = unit.studies(unit.held), chosen.studies(unit, rule)
    lost = sorted(every - stay)
    known = any(studies is not None for studies in unit.held.values())
    sizes = [chosen.people.get(s, math.nan) for s in lost]
    warning = "takes out every review outside the series" if rule == ONLY_SERIES else ""
    return {
        **_place(unit), "rule": rule, "used": _yes(rule == chosen.settings.rule),
        "reviews": len(unit.held), "reviews_kept": len(kept),
        "dropped": ";".join(sorted(set(unit.held) - set(kept))),
        "groups_open": sum(bool(c.open) for c in choices),
        "studies": len(every) if known else None, "studies_kept": len(stay) if known else None,
        "studies_lost": len(lost) if known else None, "lost": ";".join(lost),
        "participants_lost": math.fsum(n for n in sizes if not math.isnan(n)) if known else None,
        "lost_without_size": sum(math.isnan(n) for n in sizes) if known else None,
        "without_review": _yes(not kept), "winner_lacks": _lacks(unit, choices),
        "without_list": ";".join(unit.without_list), "warning": warning,
        "reason": "" if known else NO_LISTS,
    }  # fmt: skip


def _lacks(unit: Unit, choices: Sequence[Choice]) -> str:
    """Say how many eligible studies of the other members the review that is taken lacks."""
    said = []
    for choice in choices:
        missing = unit.studies(choice.dropped) - unit.studies(choice.kept)
        if choice.kept and missing:
            said.append(f"{', '.join(choice.kept)} lacks {len(missing)}")
    return "; ".join(said)


def supplement_frame(chosen: Chosen) -> pd.DataFrame:
    """List the studies to add to the base, each with the reviews that hold it."""
    lines = [
        {**_place(unit), "study_id": study, "review_ids": ";".join(reviews)}
        for unit in chosen.units
        for study, reviews in supplement(
            unit, chosen.choices[unit.name, BASE_PLUS_SUPPLEMENT]
        ).items()
    ]
    return pd.DataFrame(lines, columns=list(SUPPLEMENT_COLUMNS), dtype="object")
