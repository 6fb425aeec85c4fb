"""Bounds of the CCA from a published distribution, where the lists of studies cannot be had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from parapluie.errors import Problem
from parapluie.overlap.cca import corrected_covered_area


@dataclass(frozen=True)
class Step:
    """One line of a published distribution: `n` studies are in `low` to `high` reviews each."""

    low: int
    high: int
    n: int
    text: str
    row: int
    source: str


@dataclass(frozen=True)
class Bounds:
    """Unique studies r, and the least and greatest N and CCA (proportion) that agree with it."""

    r: int
    n_low: int
    n_high: int
    cca_low: float | None
    cca_high: float | None


def steps(distribution: pd.DataFrame) -> list[Step]:
    """Read the lines of overlap_distribution.csv, in the order of times included.

    A range such as ``4-8`` leaves open how its studies spread over these numbers.
    """
    made = []
    for row in distribution.to_dict("records"):
        low, _, high = str(row["times_included"]).partition("-")
        made.append(
            Step(
                int(low),
                int(high or low),
                int(row["n_studies"]),
                str(row["times_included"]),
                int(row["_row"]),
                str(row["source"]),
            )
        )
    return sorted(made, key=lambda s: (s.low, s.high))


def step_problems(listed: Sequence[Step], shown: str) -> list[Problem]:
    """Find ranges that run backwards, start at 0, or overlap with the one before."""
    problems = []
    last = 0
    for step in listed:
        if not last < step.low <= step.high:
            problems.append(
                Problem(
                    shown,
                    repr(step.text),
                    "numbers from 1, ranges upwards and apart from others",
                    "Correct the range.",
                    step.row,
                    "times_included",
                )
            )
        last = max(last, step.high)
    return problems


def bounds(listed: Sequence[Step], c: int) -> Bounds:
    """Bound N and CCA.

    Parameters
    ----------
    listed : sequence of Step
    c : int
        Number of reviews.
    """
    r = sum(s.n for s in listed)
    low = sum(s.low * s.n for s in listed)
    high = sum(s.high * s.n for s in listed)
    return Bounds(
        r, low, high, corrected_covered_area(low, r, c), corrected_covered_area(high, r, c)
    )
