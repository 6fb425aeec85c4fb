"""Apply sets of rules to many results at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from parapluie.credibility.conditions import (
    FAILED,
    MISSING,
    OPEN,
    PASSED,
    Criterion,
    states,
    value_of,
)
from parapluie.credibility.facts import FACTS, RANGED, Facts, Texts, shown
from parapluie.credibility.rules import FAILS, NOT_ASSESSABLE, RuleSet
from parapluie.credibility.verdicts import Line, Verdict, judge

SAID = {PASSED: "yes", FAILED: "no", OPEN: NOT_ASSESSABLE}
"""State of a criterion to the word in the column ``passed``."""


@dataclass(frozen=True)
class Results:
    """Pooled results to be judged.

    Parameters
    ----------
    ids, outcomes, levels : array of str, shape (m,)
        Name of each result, its outcome, and whether it is pooled from studies or printed by a
        review.
    facts : mapping
        Of all results.
    effects : array of str
        Kind of effect: difference, ratio, correlation or other.
    """

    ids: Texts
    outcomes: Texts
    levels: Texts
    facts: Facts
    effects: Texts

    def __len__(self) -> int:
        """Give the number of results."""
        return len(self.ids)


@dataclass(frozen=True)
class Classified:
    """Results under one set of rules: the verdict of each, and the facts it rests on.

    Parameters
    ----------
    verdicts : list of Verdict
        One for each result; equal ones are the same object.
    outside : array of bool
        Results of a kind of effect that the rules are not for.
    """

    rules: RuleSet
    results: Results
    facts: Facts
    verdicts: list[Verdict]
    outside: np.typing.NDArray[np.bool_]

    def reason(self, which: int) -> str:
        """Say why a result has no class; empty if it has one."""
        if self.outside[which]:
            return f"does_not_apply: the rules are for {' and '.join(self.rules.effects)} effects"
        if self.verdicts[which].name != NOT_ASSESSABLE:
            return ""
        return f"not_assessable: {'; '.join(self._open(which)) or 'no class is certain'}"

    def _open(self, which: int) -> Iterator[str]:
        """Name the facts that decide and are not known, each with its reason."""
        named: set[str] = set()
        for line in self.verdicts[which].lines:
            for c in _criteria(self.rules, line):
                values = value_of(self.facts, c.fact, len(self.results))
                if line.state == OPEN and c.base not in named and not values.known[which]:
                    named.add(c.base)
                    yield f"{FACTS[c.base].label} ({values.reason[which]})"


def _criteria(rules: RuleSet, line: Line) -> list[Criterion]:
    if line.criterion is not None:
        return [line.criterion]
    domain = next(d for d in rules.domains if d.name == line.name)
    return [c for s in domain.steps for r in s.requirements for a in r for c in a]


def classify(rules: RuleSet, results: Results, facts: Facts) -> Classified:
    """Judge every result by one set of rules.

    Parameters
    ----------
    rules : RuleSet
    results : Results
    facts : mapping
        Its facts, with those that depend on the options of the rules.
    """
    n, criteria = len(results), rules.criteria
    found = np.array([states(c, value_of(facts, c.fact, n)) for c in criteria], dtype=np.int8)
    patterns, which = np.unique(found.reshape(len(criteria), n), axis=1, return_inverse=True)
    judged = [
        judge(rules, dict(zip(criteria, map(int, column), strict=True))) for column in patterns.T
    ]
    outside = np.array([bool(rules.effects) and e not in rules.effects for e in results.effects])
    verdicts = [judged[i] for i in which.ravel()]
    return Classified(rules, results, facts, verdicts, outside.astype(bool))


# --- rows -----------------------------------------------------------------------------------------

CLASS_COLUMNS = (
    "result_id", "outcome", "level", "rule_set", "class", "at_best", "at_least", "for_class",
    "alternative", "criterion", "fact", "value", "threshold", "passed", "reason", "would_change",
    "figure",
)  # fmt: skip
"""Columns of ``classes.csv``."""
VERDICT_COLUMNS = (
    "result_id", "outcome", "level", "rule_set", "label", "class", "class_label", "at_best",
    "at_least", "to_lift", "to_lower", "reason",
)  # fmt: skip
"""Columns of ``verdicts.csv``."""


def verdict_rows(found: Classified) -> Iterator[dict[str, str]]:
    """Give one row for each result."""
    labels = {r.name: r.label for r in found.rules.rungs}
    labels[found.rules.otherwise[0]] = found.rules.otherwise[1]
    for i, verdict in enumerate(found.verdicts):
        name = NOT_ASSESSABLE if found.outside[i] else verdict.name
        row = _head(found, i) | {
            "label": found.rules.label,
            "class_label": labels.get(name, ""),
            "reason": found.reason(i),
        }
        if not found.outside[i]:
            row |= {"to_lift": verdict.to_lift, "to_lower": verdict.to_lower}
        yield row


def _head(found: Classified, i: int) -> dict[str, str]:
    verdict, outside = found.verdicts[i], bool(found.outside[i])
    return {
        "result_id": found.results.ids[i],
        "outcome": found.results.outcomes[i],
        "level": found.results.levels[i],
        "rule_set": found.rules.name,
        "class": NOT_ASSESSABLE if outside else verdict.name,
        "at_best": "" if outside else verdict.at_best,
        "at_least": "" if outside else verdict.at_least,
    }


def class_rows(found: Classified) -> Iterator[dict[str, str]]:
    """Give one row for each result and criterion, or domain."""
    writers = {c: _Values(found, c) for c in found.rules.criteria}
    for i, verdict in enumerate(found.verdicts):
        head = _head(found, i)
        for line in verdict.lines:
            yield head | _line(found, line, i, writers)


def _line(
    found: Classified, line: Line, i: int, writers: dict[Criterion, _Values]
) -> dict[str, str]:
    if line.criterion is None:
        return _domain_line(found, line, i, writers)
    writer = writers[line.criterion]  # looked up once: there are thousands of lines
    value, reason = writer.at(i)
    passed = SAID[line.state]
    if line.state == FAILED and reason and found.rules.missing == FAILS:
        reason = f"{reason} (by the rules what is not known fails)"
    return {
        "for_class": line.of_class,
        "alternative": line.alternative,
        "criterion": line.criterion.label,
        "fact": line.criterion.fact,
        "value": value,
        "threshold": writer.threshold,
        "passed": passed,
        "reason": reason if passed != "yes" else "",
        "would_change": "" if found.outside[i] else line.would_change,
        "figure": f"credibility.fact.{found.results.ids[i]}.{writer.key}",
    }


def _domain_line(
    found: Classified, line: Line, i: int, writers: dict[Criterion, _Values]
) -> dict[str, str]:
    """Write a domain: the points it takes off, why, and what is not known of it."""
    asked = _criteria(found.rules, line)
    by_fact = {c.fact: writers[c] for c in asked}
    least, most = line.down
    points = f"{least}" if least == most else f"{least} to {most}"
    why = "; ".join(
        c.sentence() + (f" ({by_fact[c.fact].short(i)})" if c.operator != MISSING else "")
        for c in line.step
    )
    if not line.step and len(by_fact) <= _FEW:
        told = ", ".join(
            f"{FACTS[f.partition('@')[0]].label} {v.short(i)}" for f, v in by_fact.items()
        )
        why = f"{line.said} ({told})"
    gone = {
        FACTS[f.partition("@")[0]].label: v.reason[i] for f, v in by_fact.items() if v.reason[i]
    }
    return {
        "criterion": line.name,
        "fact": ";".join(by_fact),
        "value": f"{points} off",
        "threshold": why or line.said,
        "passed": SAID[line.state],
        "reason": "; ".join(f"{label}: {reason}" for label, reason in gone.items()),
        "would_change": "" if found.outside[i] else line.would_change,
    }


def fact_key(fact: str, rules: RuleSet) -> str:
    """Give the last part of the key of a fact; those of a range carry the name of the rules."""
    plain = fact.replace("@", "_for_").replace(".", "_")
    return f"{plain}.{rules.name}" if fact.partition("@")[0] in RANGED else plain


_FEW = 3
"""Facts of a domain that are told where no step fits."""


class _Values:
    """The values of the fact of a criterion as text, each written once."""

    def __init__(self, found: Classified, criterion: Criterion) -> None:
        fact = criterion.fact
        self.threshold = criterion.text()
        values = value_of(found.facts, fact, len(found.results))
        about = FACTS[fact.partition("@")[0]]
        ends = zip(values.low.tolist(), values.high.tolist(), strict=True)
        self.label = about.label
        self.key = fact_key(fact, found.rules)
        self.text = [shown(about, low, high) for low, high in ends]
        self.reason = [str(r) for r in values.reason]

    def short(self, i: int) -> str:
        """Give the value of a result in four digits, for words that explain."""
        text = self.text[i]
        if "." in text and text.replace(".", "").replace("-", "").replace("e", "").isdigit():
            return f"{float(text):.4g}"
        return text.replace("_", " ") or "not known"

    def at(self, i: int) -> tuple[str, str]:
        """Give the value of a result and why it is not known, or not exactly."""
        return self.text[i], self.reason[i]
