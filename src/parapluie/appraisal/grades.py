"""The overall grade of a review, computed from its items, recorded by a source, or set by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from parapluie.appraisal.answers import Settled
from parapluie.appraisal.tool import Profile, Tool


@dataclass(frozen=True)
class Computed:
    """What the rule gives: a grade, or what blocks it.

    Parameters
    ----------
    grade : str
        ``""`` when blocked.
    n_critical, n_noncritical : int
        Weaknesses: items answered no.
    failed : tuple of str
        Critical items answered no.
    blocked_by : tuple of str
        Items (or parts) that are empty or on which raters differ.
    """

    grade: str
    n_critical: int
    n_noncritical: int
    failed: tuple[str, ...]
    blocked_by: tuple[str, ...]


def overall(n_critical: int, n_noncritical: int) -> str:
    """Grade a review by its weaknesses (Shea et al. 2017, box 2).

    Examples
    --------
    >>> overall(0, 1), overall(0, 2), overall(1, 0), overall(2, 0)
    ('high', 'moderate', 'low', 'critically_low')
    """
    if n_critical >= 2:
        return "critically_low"
    if n_critical == 1:
        return "low"
    return "moderate" if n_noncritical >= 2 else "high"


def compute(tool: Tool, profile: Profile, settled: Mapping[str, Settled]) -> Computed:
    """Apply the rule to the items of one review.

    Parameters
    ----------
    tool, profile : Tool, Profile
    settled : mapping
        Item to its settled answer, for every item of the tool.
    """
    order = [item.id for item in tool.items]
    blocked = tuple(name for item in order for name in settled[item].waits_for)
    weak = [item for item in order if settled[item].answer == "no"]
    failed = tuple(item for item in weak if item in profile.critical)
    minor = len(weak) - len(failed)
    grade = "" if blocked else overall(len(failed), minor)
    return Computed(grade, len(failed), minor, failed, blocked)


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
    if computed:
        return Final("", (), "none", f"open: {', '.join(computed.blocked_by)}")
    if recorded:
        return Final(recorded, (recorded,), "recorded", "")
    if among:
        return Final("", among, "recorded_set", "the source leaves it open")
    return Final("", (), "none", "not_available: no item answers and no recorded grade")
