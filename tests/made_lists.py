"""Made-up lists of studies and made-up appraisals, for the figures: few and many, odd names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from parapluie.appraisal.pictures import Sources as Ratings
from parapluie.appraisal.tool import Profile, Tool
from parapluie.overlap.pictures import Sources
from parapluie.overlap.recorded import Step

AUTHORS = (
    "Smith", "van der Meer-Oudenaarden", "Müller", "O’Brien", "Łukasz", "Nguyễn", "Иванов",
    "Παπαδόπουλος", "Å", "García Márquez", "Ng", "Smith",
)  # fmt: skip
LONG = " and the Collaborating Group of Long Names for Systematic Reviews of Everything"


def names(count: int, first: int = 2000) -> pd.DataFrame:
    """Give reviews with years; every seventh name is long, and some authors stand twice."""
    rows = [
        (
            f"r{i:03}",
            AUTHORS[i % len(AUTHORS)] + (LONG if i % 7 == 3 else ""),
            float(first + i * 24 // max(count, 1)),
        )
        for i in range(count)
    ]
    return pd.DataFrame(rows, columns=["review_id", "first_author", "year"])


def sources(reviews: int, studies: int, *, years: bool = True, steps: bool = False) -> Sources:
    """Make lists in which few studies stand in many reviews.

    Parameters
    ----------
    reviews, studies : int
    years : bool
        Whether a study later than a review is structurally missing there.
    steps : bool
        Whether a recorded distribution is there too.
    """
    generator = np.random.default_rng(reviews * 1_000 + studies)
    table = names(reviews)
    share = 0.7 * generator.random(studies) ** 6 + 0.01
    same = (np.arange(studies) % 3)[:, None] == (np.arange(reviews) % 3)[None, :]
    held = generator.random((studies, reviews)) < share[:, None] * np.where(same, 1.0, 0.15)
    held[np.arange(studies), generator.integers(0, reviews, studies)] = True
    born = generator.integers(1985, 2024, studies)
    later = (born[:, None] > table["year"].to_numpy()[None, :]) & ~held if years else held & False
    rows = [
        (f"s{i:04}", f"r{j:03}", state)
        for state, mask in (("included", held), ("structural_missing", later))
        for i, j in np.argwhere(mask)
    ]
    labels = {f"s{i:04}": f"{AUTHORS[i % len(AUTHORS)]} {born[i]}" for i in range(studies)}
    return Sources(
        pd.DataFrame(rows, columns=["study_id", "review_id", "state"]),
        table,
        list(table["review_id"]),
        labels,
        {f"s{i:04}": float(born[i]) for i in range(studies)},
        steps=[Step(1, 1, 241, "1", 2, "S1"), Step(2, 2, 20, "2", 3, "S1"),
               Step(4, 8, 7, "4-8", 4, "S1")] if steps else [],
    )  # fmt: skip


def appraised(reviews: int, tool: Tool, *, recorded: int = 0, open_every: int = 0) -> Ratings:
    """Make an appraisal with every answer, items that are not scored, and grades of all kinds.

    Parameters
    ----------
    reviews, recorded : int
        Reviews with answers to items, and with a recorded grade or set of grades alone.
    tool : Tool
    open_every : int
        Every so many cells wait for an answer; 0 for none.
    """
    table = names(reviews + recorded)
    ids = list(table["review_id"])
    generator = np.random.default_rng(reviews)
    rows = []
    for i, review in enumerate(ids[:reviews]):
        for k, item in enumerate(tool.items):
            unscored = i % 3 == 0 and k in (10, 11, 14)
            waits = open_every and (i + k) % open_every == 0 and not unscored
            given = item.answers[int(generator.integers(len(item.answers)))]
            state = "not_scored" if unscored else "open" if waits else "consensus"
            rows.append((review, item.id, "" if unscored or waits else given, state))
    grades = list(tool.grades)
    overall = [_grade(review, i, i < reviews, grades) for i, review in enumerate(ids)]
    return Ratings(
        pd.DataFrame(rows, columns=["review_id", "item", "answer", "state"]),
        pd.DataFrame(overall, columns=["review_id", "final", "final_set", "basis", "source"]),
        table,
        tool,
        next(iter(tool.profiles.values()), Profile("", frozenset(), {}, "", "")),
        ["data/appraisal/amstar2/consensus.csv"],
    )


def _grade(review: str, i: int, answered: bool, grades: Sequence[str]) -> tuple[str, ...]:
    if not grades:
        return (review, "", "", "", "")
    if answered and i % 9 == 4:
        return (review, "", "", "none", "")
    grade = grades[i % len(grades)]
    if answered:
        return (review, grade, grade, "override" if i % 8 == 5 else "computed", "")
    if i % 2:
        return (review, "", f"{grades[-2]};{grades[-1]}", "recorded_set", "Cooper 2024 (S1)")
    return (review, grade, grade, "recorded", "Cooper 2024 (S1)")
