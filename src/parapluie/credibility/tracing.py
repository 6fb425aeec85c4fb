"""The figures of the stage: classes, and the facts on which they rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from parapluie.credibility.classify import Classified, fact_key
from parapluie.credibility.conditions import Criterion, value_of
from parapluie.credibility.facts import FACTS, NUMBER, Fact, shown
from parapluie.credibility.measured import STUDIES
from parapluie.credibility.rules import NOT_ASSESSABLE, RuleSet
from parapluie.effects.umbrella import Battery
from parapluie.effects.umbrella_tests import EXCESS_TESTS
from parapluie.trace import Figures, Rows, where

if TYPE_CHECKING:
    from parapluie.credibility.stage import Sources

NO_RULES = "not_available: no set of rules for credibility is chosen"
NO_RESULTS = "not_available: no pooled result"
CLASSES_RULE = "Number of pooled results that have a credibility class."

_POOLED = {
    "n_studies": ("k_studies",), "p": ("p",), "i2": ("i2_q",), "i2_tau2": ("i2",),
    "pi": ("pi_low", "pi_high"), "pi_side": ("pi_low", "pi_high"), "ci_side": ("ci_low", "ci_high"),
}  # fmt: skip
"""Fact to the columns of the pooled result that it is made of."""
_UNITS = {"percent": "percent", "count": "", "share": "proportion", "": ""}


def figures_of(
    judged: Sequence[Classified],
    main: Sequence[Mapping[str, Any]],
    found: Battery | None,
    verdicts: Sequence[Mapping[str, str]],
    sources: Sources,
) -> Figures:
    """Collect all figures of the stage."""
    out = Figures("credibility")
    methods = {row["pool_id"]: row["method"] for row in main}
    seen: set[tuple[str, str]] = set()
    for classified in judged:
        for i in range(len(classified.results)):
            keys = [
                _fact(out, classified, c, i, methods, found, sources, seen)
                for c in classified.rules.criteria
            ]
            _class(out, classified, i, keys, sources)
    _counts(out, verdicts, sources)
    return out


def _counts(out: Figures, verdicts: Sequence[Mapping[str, str]], sources: Sources) -> None:
    """Count results with a class, of all sets of rules and of each."""
    if not sources.rules or not verdicts:
        reason = NO_RESULTS if sources.rules else NO_RULES
        out.add("classes", None, rule=CLASSES_RULE, absent=reason)
        return
    traced = [row for row in verdicts if f"credibility.{_class_key(row)}" in out.lines]
    classed = [row for row in traced if row["class"] != NOT_ASSESSABLE]
    out.add(
        "classes",
        len({row["result_id"] for row in classed}),
        rule=CLASSES_RULE,
        rests_on=[f"credibility.{_class_key(row)}" for row in traced],
    )
    for rules in sources.rules:
        out.add(
            f"rule_set.{rules.name}",
            sum(row["rule_set"] == rules.name for row in classed),
            rule=f"Number of pooled results that have a class by {rules.label} ({rules.source}).",
            rests_on=[
                f"credibility.{_class_key(r)}" for r in traced if r["rule_set"] == rules.name
            ],
        )


def _class_key(row: Mapping[str, str]) -> str:
    return f"class.{row['rule_set']}.{row['result_id']}"


def _class(out: Figures, classified: Classified, i: int, keys: list[str], sources: Sources) -> None:
    rules, verdict = classified.rules, classified.verdicts[i]
    reason = classified.reason(i)
    out.add(
        f"class.{rules.name}.{classified.results.ids[i]}",
        None if reason else verdict.name,
        rule=f"{rules.label}: {_how(rules)} ({rules.source}).",
        rests_on=keys,
        basis=_basis(classified, i, sources),
        absent=reason,
    )


def _how(rules: RuleSet) -> str:
    if rules.rungs:
        return "the first class whose criteria all pass"
    return "points taken off in each domain, added up"


def _basis(classified: Classified, i: int, sources: Sources) -> list[Rows]:
    results = classified.results
    if results.levels[i] == STUDIES:
        file, filter_text = sources.study_effects_file, where(outcome=str(results.outcomes[i]))
        n = sum(row["outcome"] == results.outcomes[i] for row in sources.study_effects)
        return [Rows(file, filter_text, n)] if file else []
    file = sources.review_effects_file
    return [Rows(file, where(effect_id=str(results.ids[i])), 1)] if file else []


def _fact(
    out: Figures,
    classified: Classified,
    criterion: Criterion,
    i: int,
    methods: Mapping[str, str],
    found: Battery | None,
    sources: Sources,
    seen: set[tuple[str, str]],
) -> str:
    """Add a fact of a result once and give its key; facts of a range carry the set of rules."""
    result = str(classified.results.ids[i])
    name = fact_key(criterion.fact, classified.rules)
    key = f"fact.{result}.{name}"
    if (result, name) not in seen:
        seen.add((result, name))
        about, (value, reason) = FACTS[criterion.base], _value(classified, criterion, i)
        out.add(
            key,
            value,
            rule=_rule(about, criterion, found, classified.results.levels[i]),
            basis=_basis(classified, i, sources),
            rests_on=_rests_on(criterion.base, result, methods),
            unit=_UNITS[about.unit],
            absent=reason,
        )
    return f"credibility.{key}"


def _value(classified: Classified, criterion: Criterion, i: int) -> tuple[Any, str]:
    """Give a fact as number or words, or why there is none."""
    values = value_of(classified.facts, criterion.fact, len(classified.results))
    about, low, high = FACTS[criterion.base], float(values.low[i]), float(values.high[i])
    text = shown(about, low, high)
    if not text:
        return None, str(values.reason[i]) or "not_available"
    return (low if about.kind == NUMBER and low == high else text.replace("_", " ")), ""


def _rule(about: Fact, criterion: Criterion, found: Battery | None, level: str) -> str:
    said = f"{about.label[0].upper()}{about.label[1:]}"
    if "@" in criterion.fact:
        said += f" for a standardised difference of {criterion.fact.partition('@')[2]}"
    if about.name == "excess_p" and found is not None and level == STUDIES:
        said += f": {EXCESS_TESTS[found.conventions.excess]}"
    return f"{said}, from {'the studies' if level == STUDIES else 'what the review prints'}."


def _rests_on(fact: str, result: str, methods: Mapping[str, str]) -> Iterator[str]:
    if result in methods:
        for column in _POOLED.get(fact, ()):
            yield f"synthesis.pooled.{result}.{methods[result]}.{column}"
