"""Sets of rules in words: the tables of the documentation."""

from __future__ import annotations

from collections.abc import Iterator

from parapluie.credibility.conditions import Requirement
from parapluie.credibility.facts import ALIASES, FACTS
from parapluie.credibility.rules import LADDER, RuleSet, Step


def markdown(rules: RuleSet) -> str:
    """Write a set of rules as Markdown: its source, its options and its table."""
    parts = [f"### `{rules.name}`: {rules.label}", f"Source: {rules.source}."]
    if rules.note:
        parts[-1] += f" {rules.note}"
    parts.append(_missing(rules))
    table = _ladder(rules) if rules.kind == LADDER else _downgrades(rules)
    parts.append("\n".join(table))
    if rules.options:
        said = "; ".join(f"`{name}` {_value(value)}" for name, value in rules.options.items())
        parts.append(f"Options: {said}.")
    return "\n\n".join(parts)


def _missing(rules: RuleSet) -> str:
    said = {
        "not_assessable": "A criterion whose fact is not known is not assessable.",
        "fails": "A criterion whose fact is not known fails.",
    }[rules.missing]
    if rules.effects:
        said += f" For {' and '.join(rules.effects)} effects."
    return said


def _value(value: object) -> str:
    return " to ".join(f"{v:g}" for v in value) if isinstance(value, list) else f"{value:g}"


def _ladder(rules: RuleSet) -> Iterator[str]:
    yield "| class | takes all of |"
    yield "| --- | --- |"
    for rung in rules.rungs:
        label = f" ({rung.label})" if rung.label else ""
        yield f"| {rung.name}{label} | {'; '.join(map(_words, rung.requirements))} |"
    name, label = rules.otherwise
    yield f"| {name}{f' ({label})' if label else ''} | all others |"


def _downgrades(rules: RuleSet) -> Iterator[str]:
    grades = ", ".join(
        f"{name} from {_least(rules, i)}" if most is None else f"{name} up to {most}"
        for i, (name, most) in enumerate(rules.grades)
    )
    yield f"Points off, added up: {grades}. In each domain the first step that fits counts."
    yield ""
    yield "| domain | points off | where |"
    yield "| --- | --- | --- |"
    for domain in rules.domains:
        for i, step in enumerate(domain.steps):
            yield f"| {domain.name if i == 0 else ''} | {step.down} | {_step(step)} |"
        yield f"| | {domain.otherwise} | otherwise |"


def _least(rules: RuleSet, place: int) -> int:
    before = rules.grades[place - 1][1]
    return 0 if before is None else before + 1


def _step(step: Step) -> str:
    return "; ".join(map(_words, step.requirements))


def _words(requirement: Requirement) -> str:
    said = [" and ".join(c.sentence() for c in alternative) for alternative in requirement]
    return said[0] if len(said) == 1 else "either " + ", or ".join(said)


def facts_markdown() -> str:
    """Write the facts that a set of rules may ask for, as a Markdown table."""
    others: dict[str, list[str]] = {}
    for other, name in ALIASES.items():
        others.setdefault(name, []).append(f"`{other}`")
    lines = ["| fact | what | values |", "| --- | --- | --- |"]
    for fact in FACTS.values():
        names = ", ".join([f"`{fact.name}`", *others.get(fact.name, ())])
        values = ", ".join(fact.words) or fact.unit or "number"
        lines.append(f"| {names} | {fact.label} | {values} |")
    return "\n".join(lines)
