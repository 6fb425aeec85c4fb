"""The quality of reviews as it stands beside their evidence: the grade, where it is from, or why
there is none.

A review without a grade is never taken for a weak one: a view that leaves out weak reviews keeps
it, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from parapluie.tables import split_list
from parapluie.vocabulary import GRADES

CRITICALLY_LOW, LOW = "critically_low", "low"
LEAVE_OUT = (CRITICALLY_LOW, LOW)
"""What a protocol may leave out in the view by quality: this grade and those below it."""
ROBIS = ("low", "unclear", "high")
"""Overall risk of bias of a review (ROBIS), best first."""
NOT_GRADED = "not graded"
NO_APPRAISAL = "no rating of this review"
NOT_RATED = "not_rated"
BASES = {"recorded_set": "recorded", "override": "set by hand"}
"""Basis of a grade to words, where they differ."""
QUALITIES = (*GRADES, NOT_RATED)
QUALITY_COUNTS = tuple(f"quality_{grade}" for grade in QUALITIES)


@dataclass(frozen=True)
class Quality:
    """What is known of the quality of one review.

    Parameters
    ----------
    grade : str
        The grade that stands: by hand, else computed, else recorded; ``""`` where there is none.
    basis : str
        ``override``, ``computed``, ``recorded``, ``recorded_set``; ``""`` where there is none.
    possible : tuple of str
        The grades that it may have: one where it is known, several where a source names a set.
    reason : str
        Why there is no grade.
    tool : str
    failed_critical : int or None
        Critical items answered no; None where items are not rated.
    """

    grade: str = ""
    basis: str = ""
    possible: tuple[str, ...] = ()
    reason: str = NO_APPRAISAL
    tool: str = ""
    failed_critical: int | None = None

    @property
    def words(self) -> str:
        """Give grade and basis, or ``not graded`` and why, in words."""
        if self.possible:
            return f"{self.grades} ({BASES.get(self.basis, self.basis)})"
        return f"{NOT_GRADED}: {self.reason}"

    @property
    def grades(self) -> str:
        """Give the grade, or those it may be, or ``not graded``."""
        named = [self.grade] if self.grade else self.possible
        return " or ".join(g.replace("_", " ") for g in named) or NOT_GRADED

    def at_most(self, threshold: str) -> bool:
        """Tell whether the grade is surely `threshold` or below it (AMSTAR 2 grades only)."""
        known = [g for g in self.possible if g in GRADES]
        if self.tool == "robis" or not known:
            return False
        return all(GRADES.index(g) >= GRADES.index(threshold) for g in known)


def qualities(rows: Iterable[Mapping[str, Any]]) -> dict[str, Quality]:
    """Read results/appraisal/overall.csv: review to its quality."""
    return {str(row["review_id"]): _quality(row) for row in rows}


def _quality(row: Mapping[str, Any]) -> Quality:
    grade = str(row.get("final") or "")
    possible = tuple(split_list(str(row.get("final_set") or ""))) or ((grade,) if grade else ())
    failed = str(row.get("n_critical") or "")
    return Quality(
        grade,
        str(row.get("basis") or ""),
        possible,
        "" if possible else _why(row),
        str(row.get("tool") or ""),
        int(float(failed)) if failed else None,
    )


def _why(row: Mapping[str, Any]) -> str:
    if row.get("reason"):
        return str(row["reason"]).removeprefix("not_available: ")
    return f"no answer to {row['blocked_by']}" if row.get("blocked_by") else NO_APPRAISAL


def of(review: str, known: Mapping[str, Quality]) -> Quality:
    """Give the quality of a review; one that nobody rated is not graded."""
    return known.get(review, Quality())


def behind(reviews: Iterable[str], known: Mapping[str, Quality]) -> str:
    """Write the quality behind a row: each review with its grade, or why it has none.

    Examples
    --------
    >>> behind(["b", "a"], {"a": Quality("low", "computed", ("low",), "")})
    'a: low (computed); b: not graded: no rating of this review'
    """
    return "; ".join(f"{r}: {of(r, known).words}" for r in sorted(set(reviews)))


def counts(reviews: Iterable[str], known: Mapping[str, Quality]) -> dict[str, int]:
    """Count reviews by grade, with the names of columns; a set of grades is not a grade."""
    found = dict.fromkeys(QUALITY_COUNTS, 0)
    for review in set(reviews):
        grade = of(review, known).grade
        found[f"quality_{grade if grade in GRADES else NOT_RATED}"] += 1
    return found


def left_out(reviews: Iterable[str], known: Mapping[str, Quality], threshold: str) -> list[str]:
    """Name the reviews that a view by quality leaves out, sorted."""
    return sorted(r for r in set(reviews) if of(r, known).at_most(threshold))


def not_graded(reviews: Iterable[str], known: Mapping[str, Quality]) -> list[str]:
    """Name the reviews without a single grade, sorted: a view by quality keeps them if in doubt."""
    return sorted(r for r in set(reviews) if not of(r, known).grade)


def threshold_of(protocol: Mapping[str, Any]) -> str:
    """Give the grade at and below which the protocol leaves out; critically low by default."""
    return str((protocol.get("appraisal") or {}).get("leave_out") or CRITICALLY_LOW)
