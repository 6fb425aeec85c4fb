"""Figures of the choice: losses, results under each rule and without weak reviews, shared trials.

Which reviews share studies may change with any row of the lists, so these figures rest on the whole
tables, never on single rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from parapluie.synthesis.choices.rules import RULES
from parapluie.synthesis.choices.views import ALL_REVIEWS, NOTHING_LEFT, POOLED
from parapluie.trace import Figures, Rows
from parapluie.vocabulary import GRADES

_COUNTED = {
    "reviews": "Reviews with data for the unit.",
    "reviews_kept": "Reviews that stay",
    "groups_open": "Groups in which nothing decides, so that people must choose",
    "studies": "Eligible studies of these reviews.",
    "studies_kept": "Studies that reviews which stay hold",
    "studies_lost": "Studies that only reviews which do not stay hold",
    "participants_lost": "Participants of the studies lost, as far as known",
}
_ENDS = ("natural_estimate", "natural_ci_low", "natural_ci_high")
_SHARED = {
    "n_a": "Studies behind the first result.",
    "n_b": "Studies behind the second result.",
    "shared": "Studies behind both results.",
    "contained_a": "Share of the first result's studies that are behind the second too.",
    "contained_b": "Share of the second result's studies that are behind the first too.",
}
_DIFFER = {
    "n_a": "Studies of the first review in this unit.",
    "n_b": "Studies of the second review in this unit.",
    "shared": "Studies of both.",
    "only_a": "Studies of the first review only.",
    "only_b": "Studies of the second review only.",
}


class Basis:
    """What the figures rest on: files as a whole, and keys of other stages."""

    def __init__(self, files: Iterable[tuple[str, int]], lists: bool, rated: bool) -> None:
        self.rows = [Rows(file, "all", n) for file, n in files if file]
        self.lists = ["included.reviews", *(["overlap.all.r"] if lists else [])]
        self.graded = [*self.lists, *(f"appraisal.overall.{g}" for g in GRADES if rated)]


def add_choices(out: Figures, tables: Mapping[str, pd.DataFrame], basis: Basis) -> None:
    """Add the figures of all tables of the choice."""
    _counts(out, tables, basis)
    for row in tables["choice_losses"].to_dict("records"):
        _loss(out, row, basis)
    for name in ("results_by_rule", "by_quality"):
        for row in tables[name].to_dict("records"):
            _view(out, name, row, basis)
    for name, words in (("shared_results", _SHARED), ("discordance", _DIFFER)):
        for row in tables[name].to_dict("records"):
            _pair(out, f"{name}.{row['pair']}", row, words, basis)


def _counts(out: Figures, tables: Mapping[str, pd.DataFrame], basis: Basis) -> None:
    losses, made, pairs = (tables[n] for n in ("choice_losses", "choices", "shared_results"))
    used = made[made["used"] == "yes"]
    gone = tables["left_out_by_quality"]
    counts = {
        "choice.units": (losses["unit"].nunique(), "Units of choice: outcomes, by comparator."),
        "choice.groups": (
            int(used["members"].str.contains(";").sum()),
            "Groups of reviews of a unit that share studies.",
        ),
        "choice.not_used": (
            int((tables["effects"]["used"] == "no").sum()),
            "Results of reviews that the planned rule does not use; they stay in the tables.",
        ),
        "shared_results.pairs": (
            len(pairs),
            "Pairs of results that rest on some of the same studies.",
        ),
        "shared_results.opposite": (
            int((pairs["agreement"] == "opposite directions").sum()),
            "Of these: pairs that point in opposite directions.",
        ),
        "discordance.pairs": (
            len(tables["discordance"]),
            "Pairs of reviews that disagree on an outcome and share, or may share, studies.",
        ),
        "by_quality.left_out": (
            int((gone["left_out"] == "yes").sum()),
            "Included reviews that the view by quality leaves out.",
        ),
        "by_quality.not_graded": (
            int((gone["quality"] == "").sum()),
            "Included reviews without a single grade.",
        ),
    }
    for key, (value, rule) in counts.items():
        out.add(key, value, rule=rule, basis=basis.rows, rests_on=basis.graded)


def _loss(out: Figures, row: Mapping[Any, Any], basis: Basis) -> None:
    for column, words in _COUNTED.items():
        rule = words if words.endswith(".") else f"{words}: {RULES[row['rule']]}."
        value = row[column]
        out.add(f"choice.{row['unit']}.{row['rule']}.{column}", value, rule=rule, basis=basis.rows,
                rests_on=basis.graded, absent=row["reason"] if _none(value) else "")  # fmt: skip


def _none(value: Any) -> bool:
    return value is None or value != value


def _view(out: Figures, name: str, row: Mapping[Any, Any], basis: Basis) -> None:
    """Add the numbers of a result in a view."""
    place = f"{row['outcome']}__{row['measure']}" if row["measure"] else row["outcome"]
    seen = RULES.get(row["view"]) or _seen(str(row["view"]))
    pooled = row["level"] == POOLED
    numbers = ("reviews_kept", "k_studies", *_ENDS) if pooled else ("reviews_kept", "k_results")
    for column in numbers:
        value = row[column]
        out.add(f"{name}.{row['level']}.{place}.{row['view']}.{column}", value,
                rule=f"{_of(column)} Kept: {seen}.", basis=basis.rows, rests_on=basis.graded,
                absent=(row["reason"] or NOTHING_LEFT) if _none(value) else "")  # fmt: skip


def _seen(view: str) -> str:
    """Say in words what a view by quality keeps."""
    if view == ALL_REVIEWS:
        return "all reviews that the rule in use keeps"
    grade = view.removeprefix("without_").replace("_", " ")
    return f"these, without reviews graded {grade} or below"


def _of(column: str) -> str:
    return {
        "reviews_kept": "Reviews that stay.",
        "k_studies": "Studies pooled by the method of the protocol.",
        "k_results": "Results of the reviews that stay, without subgroups.",
    }.get(column, "Pooled by the method of the protocol, on the natural scale.")


def _pair(
    out: Figures, key: str, row: Mapping[Any, Any], words: Mapping[str, str], basis: Basis
) -> None:
    for column, rule in words.items():
        value = row[column]
        out.add(f"{key}.{column}", value, rule=rule, basis=basis.rows, rests_on=basis.lists,
                absent=row["reason"] if _none(value) else "")  # fmt: skip
