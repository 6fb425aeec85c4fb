"""Who has not finished: until then no output shows any answer of a rater to the others."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from parapluie.appraisal.answers import Ratings, settle

ANOTHER = "another rater"


@dataclass(frozen=True)
class Team:
    """Who rates, and how many rate each review.

    Parameters
    ----------
    raters : sequence of str
        Raters whom the protocol names; where none is named, those who have a file.
    each : int
        Raters that each review needs; 0: two where two raters are known, else one.
    """

    raters: Sequence[str] = ()
    each: int = 0

    def known(self, with_files: Iterable[str]) -> list[str]:
        """Name the raters, sorted."""
        return sorted({*self.raters, *with_files})

    def needed(self, known: Sequence[str]) -> int:
        """Tell how many raters each review needs."""
        return self.each or min(2, max(1, len(known)))


def waits_for(
    ratings: Ratings, reviews: Iterable[str], unscored: Mapping[str, Container[str]], team: Team
) -> dict[str, tuple[str, ...]]:
    """Tell for each review that some rater began whom it waits for.

    A review that waits for nobody is left out: one on which every rater who began has answered
    every item that is scored, and who are as many as are needed; and one of which the consensus
    holds every item, since a consensus is made when the raters are done.

    Returns
    -------
    dict
        Review to the names of the raters.
    """
    found = {}
    for review in reviews:
        mine = ratings.of(review)
        if not mine.raters or _complete(
            Ratings(ratings.tool, ratings.consensus, {}), review, unscored[review]
        ):
            continue
        waiting = _awaited(mine, review, unscored[review], team.known(ratings.raters), team)
        if waiting:
            found[review] = waiting
    return found


def _awaited(
    mine: Ratings, review: str, unscored: Container[str], known: Sequence[str], team: Team
) -> tuple[str, ...]:
    begun = sorted(mine.raters)
    unfinished = [r for r in begun if not _complete(mine.alone(r), review, unscored)]
    lacking = team.needed(known) - len(begun)
    if lacking <= 0:
        return tuple(unfinished)
    others = [r for r in known if r not in begun]
    # Where any of several may be the second rater, nobody can be named.
    named = others if len(others) <= lacking else [ANOTHER]
    return tuple(sorted([*unfinished, *(named or [ANOTHER])]))


def _complete(ratings: Ratings, review: str, unscored: Container[str]) -> bool:
    """Tell whether every item that is scored and not optional has an answer."""
    needed = [i for i in ratings.tool.items if i.id not in unscored and not i.optional]
    return all(settle(ratings, item, review).answer for item in needed)
