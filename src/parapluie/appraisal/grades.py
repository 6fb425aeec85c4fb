"""The overall grade of a review, computed from its items, recorded by a source, or set by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from parapluie.appraisal.answers import Settled
from parapluie.appraisal.tool import Profile, Rule, Tool


@dataclass(frozen=True)
class Computed:
    """What the rule gives: a grade, or what blocks it.

    Parameters
    ----------
    grade : str
        ``""`` when blocked, and for a tool without a rule.
    n_critical, n_noncritical : int
        Weaknesses, as the tool defines them (AMSTAR 2: items answered no).
    failed : tuple of str
        Critical items that are weak.
    blocked_by : tuple of str
        Items, parts or criteria that are empty or on which raters differ.
    """

    grade: str
    n_critical: int
    n_noncritical: int
    failed: tuple[str, ...]
    blocked_by: tuple[str, ...]


def overall(tool: Tool, n_critical: int, n_noncritical: int, answers: Mapping[str, int]) -> str:
    """Give the grade of the first rule that holds; ``""`` if none does.

    Parameters
    ----------
    tool : Tool
    n_critical, n_noncritical : int
        Weaknesses.
    answers : mapping
        Answer to the number of items that have it.

    Examples
    --------
    >>> from parapluie.appraisal.tool import load_tool
    >>> [overall(load_tool("amstar2"), *n, {}) for n in ((0, 1), (0, 2), (1, 0), (2, 0))]
    ['high', 'moderate', 'low', 'critically_low']
    """
    for rule in tool.rules:
        if _holds(rule, n_critical, n_noncritical, answers):
            return rule.grade
    return ""


def _holds(rule: Rule, critical: int, noncritical: int, answers: Mapping[str, int]) -> bool:
    return (
        critical >= rule.critical
        and noncritical >= rule.noncritical
        and critical + noncritical >= rule.weaknesses
        and all(answers.get(answer, 0) >= least for answer, least in rule.answers.items())
    )


def compute(tool: Tool, profile: Profile, settled: Mapping[str, Settled]) -> Computed:
    """Apply the rule of the tool to the items of one review.

    Parameters
    ----------
    tool, profile : Tool, Profile
    settled : mapping
        Item to its settled answer, for every item of the tool.
    """
    weakness = profile.weakness or tool.weakness
    needed = [item.id for item in tool.items if not item.optional]
    blocked = dict.fromkeys(name for item in needed for name in settled[item].waits_for)
    weak = [i.id for i in tool.items if settled[i.id].answer in weakness]
    failed = tuple(item for item in weak if item in profile.critical)
    minor = len(weak) - len(failed)
    grade = ""
    if not blocked and tool.as_judged:
        grade = settled[tool.as_judged].answer
    elif not blocked:
        counted = Counter(settled[item].answer for item in needed)
        grade = overall(tool, len(failed), minor, counted)
    return Computed(grade, len(failed), minor, failed, tuple(blocked))


@dataclass(frozen=True)
class Final:
    """The grade that the review is given, the set if that is all there is, and where it is from.

    Parameters
    ----------
    final : str
    final_set : tuple of str
        Grades among which the source leaves it open; the grade itself where it is known.
    basis : str
        ``override``, ``computed``, ``recorded``, ``recorded_set`` or ``none``.
    reason : str
        Why there is no grade.
    """

    final: str
    final_set: tuple[str, ...]
    basis: str
    reason: str


def final_of(
    computed: Computed | None, override: str, recorded: str, among: tuple[str, ...]
) -> Final:
    """Choose the grade: set by hand, computed, or recorded where there are no item answers.

    A grade that an open item blocks stays open, even where a source prints one: the source's grade
    may rest on other answers.
    """
    if override:
        return Final(override, (override,), "override", "")
    if computed and computed.grade:
        return Final(computed.grade, (computed.grade,), "computed", "")
    if computed and computed.blocked_by:
        return Final("", (), "none", f"open: {', '.join(computed.blocked_by)}")
    if recorded:
        return Final(recorded, (recorded,), "recorded", "")
    if among:
        return Final("", among, "recorded_set", "the source leaves it open")
    if computed:
        return Final("", (), "none", "not_applicable: the tool has no overall grade")
    return Final("", (), "none", "not_available: no item answers and no recorded grade")
