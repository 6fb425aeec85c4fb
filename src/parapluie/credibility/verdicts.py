"""From the states of criteria to a class, and what would change it.

Many results have the same states; each pattern of states is judged once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

from parapluie.credibility.conditions import (
    FAILED,
    OPEN,
    PASSED,
    Criterion,
    Requirement,
    criteria_of,
    if_moved,
    of_requirement,
)
from parapluie.credibility.facts import FIXED
from parapluie.credibility.rules import FAILS, LADDER, NOT_ASSESSABLE, Domain, RuleSet

States = dict[Criterion, int]


@dataclass(frozen=True)
class Line:
    """One criterion (of a ladder) or domain (of downgrades) in a verdict.

    Parameters
    ----------
    of_class : str
        Class that asks for the criterion; empty for a domain.
    criterion : Criterion or None
        None for a domain.
    name : str
        The criterion without its fact, or the domain.
    alternative : str
        Which of several alternatives it belongs to; empty where it must pass.
    state : int
    down : tuple of int
        Of a domain: least and most points taken off.
    step : tuple of Criterion
        Of a domain: what makes its step fit.
    said : str
        Of a domain without such criteria: which step it is.
    would_change : str
        What would become of the class.
    """

    of_class: str
    criterion: Criterion | None
    name: str
    alternative: str
    state: int
    down: tuple[int, int] = (0, 0)
    step: tuple[Criterion, ...] = ()
    said: str = ""
    would_change: str = ""


@dataclass(frozen=True)
class Verdict:
    """The class of one pattern of states.

    Parameters
    ----------
    name : str
        The class, or ``not_assessable`` where what is not known decides.
    at_best, at_least : str
        The best and the worst class that it may be.
    lines : tuple of Line
    to_lift, to_lower : str
        In words, what would give the next better class, and a lower one.
    """

    name: str
    at_best: str
    at_least: str
    lines: tuple[Line, ...]
    to_lift: str
    to_lower: str


def judge(rules: RuleSet, found: States) -> Verdict:
    """Give the class for one pattern of states.

    Parameters
    ----------
    rules : RuleSet
    found : dict
        Each of `rules.criteria` to its state.
    """
    if rules.missing == FAILS:
        found = {c: FAILED if s == OPEN else s for c, s in found.items()}
    return _of_ladder(rules, found) if rules.kind == LADDER else _of_downgrades(rules, found)


def _named(rules: RuleSet, best: int, least: int) -> tuple[str, str, str]:
    names = rules.classes
    return names[best] if best == least else NOT_ASSESSABLE, names[best], names[least]


# --- ladder ---------------------------------------------------------------------------------------


def rungs_reached(rules: RuleSet, found: States) -> tuple[int, int]:
    """Give the places of the best class that may be reached, and of the one that is."""
    of_rung = [min(of_requirement(r, found) for r in rung.requirements) for rung in rules.rungs]
    end = len(of_rung)
    best = next((i for i, s in enumerate(of_rung) if s != FAILED), end)
    least = next((i for i, s in enumerate(of_rung) if s == PASSED), end)
    return best, least


def _of_ladder(rules: RuleSet, found: States) -> Verdict:
    best, least = rungs_reached(rules, found)
    name, at_best, at_least = _named(rules, best, least)
    lines = []
    for place, rung in enumerate(rules.rungs):
        for requirement in rung.requirements:
            for nth, alternative in enumerate(requirement):
                said = _alternative(nth, alternative, requirement)
                for c in alternative:
                    change = _change_of(rules, found, place, c, least)
                    lines.append(Line(rung.name, c, c.text(), said, found[c], would_change=change))
    to_lift = _to_lift(rules, found, least)
    to_lower = _to_lower(rules, found, least)
    return Verdict(name, at_best, at_least, tuple(lines), to_lift, to_lower)


def _alternative(nth: int, part: tuple[Criterion, ...], requirement: Requirement) -> str:
    if len(requirement) == 1:
        return ""
    many = f", all {len(part)} of it" if len(part) > 1 else ""
    return f"alternative {nth + 1} of {len(requirement)}{many}"


def _short_of(
    rules: RuleSet, found: States, place: int, by: Criterion | None = None
) -> list[Criterion]:
    """Give the fewest criteria that a rung lacks, by way of one of its criteria if that is asked.

    Of alternatives that lack as little, the one of which more passes already.
    """
    lacking: list[Criterion] = []
    for requirement in rules.rungs[place].requirements:
        if of_requirement(requirement, found) != PASSED:
            ways = [a for a in requirement if by in a] or list(requirement)
            short = [[c for c in a if found[c] != PASSED] for a in ways]
            order = [(not _can_move(s), len(s), -len(a), i)
                     for i, (s, a) in enumerate(zip(short, ways, strict=True))]  # fmt: skip
            lacking += short[min(order)[-1]]
    return list(dict.fromkeys(lacking))


def _can_move(criteria: list[Criterion]) -> bool:
    """Tell whether new evidence could move all of them: the kind of effect stays what it is."""
    return all(c.base not in FIXED for c in criteria)


def _change_of(rules: RuleSet, found: States, place: int, c: Criterion, least: int) -> str:
    """Say what one criterion would change, alone and together with others of its class."""
    names = rules.classes
    if not _can_move([c]):
        return ""
    if place < least and found[c] != PASSED:
        alone = rungs_reached(rules, if_moved(found, [c], PASSED))[1]
        lacking = _short_of(rules, found, place, c)
        if alone < least:
            return f"alone, if it passed: {names[alone]}"
        others = [o for o in lacking if o != c]
        together = rungs_reached(rules, if_moved(found, [c, *others], PASSED))[1]
        if together < least and others:
            return f"if it passed with {_list(others)}: {names[together]}"
        return ""
    if place == least and found[c] == PASSED:
        alone = rungs_reached(rules, if_moved(found, [c], FAILED))[1]
        return f"alone, if it failed: {names[alone]}" if alone > least else ""
    return ""


def _to_lift(rules: RuleSet, found: States, least: int) -> str:
    """Say, for each better class, what it lacks."""
    said = []
    for place in range(least - 1, -1, -1):
        lacking = _short_of(rules, found, place)
        if lacking and _can_move(lacking):
            said.append(f"{rules.rungs[place].name}: {_list(lacking)}")
    return "; ".join(said)


def _to_lower(rules: RuleSet, found: States, least: int) -> str:
    """Say, for each criterion of the class, what its failing would give."""
    if least == len(rules.rungs):
        return ""
    names, by_class = rules.classes, dict[str, list[Criterion]]()
    for requirement in rules.rungs[least].requirements:
        for c in criteria_of(requirement):
            if found[c] == PASSED and _can_move([c]):
                after = rungs_reached(rules, if_moved(found, [c], FAILED))[1]
                if after > least:
                    by_class.setdefault(names[after], []).append(c)
    return "; ".join(f"{name}: not {_list(cs, 'or')}" for name, cs in by_class.items())


def _list(criteria: list[Criterion], last: str = "and") -> str:
    return _joined([c.sentence() for c in criteria], last)


def _joined(said: list[str], last: str = "and") -> str:
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} {last} {said[-1]}"


# --- downgrades -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Points:
    """What one domain takes off: least and most, what makes the step fit, and words for others."""

    least: int
    most: int
    step: tuple[Criterion, ...] = ()
    said: str = ""


NO_STEP, SEVERAL = "no step fits", "which step fits is not known"


def points_of(domain: Domain, found: States) -> Points:
    """Give the points of a domain: those of the first step that fits."""
    possible: list[Points] = []
    for step in domain.steps:
        state = min(of_requirement(r, found) for r in step.requirements)
        if state != FAILED:
            possible.append(Points(step.down, step.down, _fitting(step.requirements, found)))
        if state == PASSED:
            break
    else:
        possible.append(Points(domain.otherwise, domain.otherwise, said=NO_STEP))
    if len(possible) == 1:
        return possible[0]
    downs = [p.least for p in possible]
    return Points(min(downs), max(downs), said=SEVERAL)


def _fitting(requirements: tuple[Requirement, ...], found: States) -> tuple[Criterion, ...]:
    """Give the criteria that make a step fit; of alternatives the first that does."""
    chosen: list[Criterion] = []
    for requirement in requirements:
        passing = [a for a in requirement if min(found[c] for c in a) == PASSED]
        chosen += (passing or requirement)[0]
    return tuple(chosen)


def grade_of(rules: RuleSet, points: int) -> int:
    """Give the place of the class for a number of points."""
    for place, (_, most) in enumerate(rules.grades):
        if most is None or points <= most:
            return place
    return len(rules.grades) - 1


def _of_downgrades(rules: RuleSet, found: States) -> Verdict:
    points = [points_of(domain, found) for domain in rules.domains]
    best = grade_of(rules, sum(p.least for p in points))
    least = grade_of(rules, sum(p.most for p in points))
    name, at_best, at_least = _named(rules, best, least)
    lines = tuple(
        Line("", None, domain.name, "", _state(p), (p.least, p.most), p.step, p.said,
             _change_of_domain(rules, points, i, least))
        for i, (domain, p) in enumerate(zip(rules.domains, points, strict=True))
    )  # fmt: skip
    return Verdict(
        name, at_best, at_least, lines, _domains_to_lift(rules, points, least),
        _domains_to_lower(rules, points, least),
    )  # fmt: skip


def _state(points: Points) -> int:
    if points.most == 0:
        return PASSED
    return OPEN if points.least == 0 else FAILED


def _without(rules: RuleSet, points: list[Points], which: tuple[int, ...]) -> int:
    """Give the class if some domains took nothing off."""
    return grade_of(rules, sum(p.most for i, p in enumerate(points) if i not in which))


def _fewest(
    rules: RuleSet, points: list[Points], least: int, among: Callable[[tuple[int, ...]], bool]
) -> tuple[int, ...]:
    """Give the fewest domains without whose points the class is better; of equal ones the first."""
    costly = [i for i, p in enumerate(points) if p.most]
    for size in range(1, len(costly) + 1):
        for which in combinations(costly, size):
            if among(which) and _without(rules, points, which) < least:
                return which
    return ()


def _change_of_domain(rules: RuleSet, points: list[Points], i: int, least: int) -> str:
    names, taken = rules.classes, points[i]
    if taken.most:
        which = _fewest(rules, points, least, lambda some: i in some)
        if not which:
            return ""
        after = names[_without(rules, points, which)]
        if which == (i,):
            return f"alone, without its points: {after}"
        others = [rules.domains[j].name for j in which if j != i]
        return f"without its points and those of {_joined(others)}: {after}"
    for more in range(1, _worst(rules.domains[i]) + 1):
        after_more = grade_of(rules, sum(p.most for p in points) + more)
        if after_more > least:
            return f"alone, with {more} point{'s' * (more > 1)} off: {names[after_more]}"
    return ""


def _worst(domain: Domain) -> int:
    return max([domain.otherwise, *(step.down for step in domain.steps)])


def _domains_to_lift(rules: RuleSet, points: list[Points], least: int) -> str:
    which = _fewest(rules, points, least, lambda some: True)
    if not which:
        return ""
    named = _joined([rules.domains[i].name for i in which])
    return f"{rules.classes[_without(rules, points, which)]}: no points off for {named}"


def _domains_to_lower(rules: RuleSet, points: list[Points], least: int) -> str:
    if least == len(rules.grades) - 1:
        return ""
    most = rules.grades[least][1]
    assert most is not None
    more = most - sum(p.most for p in points) + 1
    return f"{rules.classes[least + 1]}: {more} more point{'s' * (more > 1)} off"
