"""Which rows of a plot rest on the same trials."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from parapluie.forest.model import Cell, note
from parapluie.forest.sources import Sources

NAMED_PAIRS = 3
"""Pairs of reviews that a note names, those that share most first."""


@dataclass(frozen=True)
class Shared:
    """Trials that the reviews of a plot share.

    Parameters
    ----------
    counts : mapping
        review_id to "shared of listed", with the key of the figure; empty where no list is known.
    notes : sequence
        What stands below the plot.
    figures : sequence of (str, int, int, sequence of str)
        Key, shared and listed trials, and the keys on which the figure rests.
    """

    counts: Mapping[str, Cell] = field(default_factory=dict)
    notes: Sequence[list[Cell]] = ()
    figures: Sequence[tuple[str, int, int, tuple[str, ...]]] = ()


def shared_trials(sources: Sources, name: str, of: set[str]) -> Shared:
    """Count, for each review of a plot, its trials that another review of the plot includes too.

    Parameters
    ----------
    sources : Sources
    name : str
        Name of the plot, for the keys.
    of : set of str
        The reviews of the plot.
    """
    reviews = sorted(of)
    lists = trial_lists(sources.matrix, reviews)
    if len(lists) < 2:
        return Shared()
    counts: dict[str, Cell] = {}
    figures = []
    for review, own in lists.items():
        others = set().union(*(lists[r] for r in lists if r != review))
        key = f"shared.{name}.{review}"
        shared = len(own & others)
        counts[review] = (f"{shared}/{len(own)}", f"forest.{key}")
        figures.append((key, shared, len(own), _rests(review, lists)))
    return Shared(counts, _notes(lists, reviews, sources.names), figures)


def trial_lists(matrix: pd.DataFrame, reviews: Sequence[str]) -> dict[str, set[str]]:
    """Give the trials of each review whose list is known."""
    inside = matrix[(matrix["state"] == "included") & matrix["review_id"].isin(reviews)]
    return {str(r): set(g["study_id"]) for r, g in inside.groupby("review_id", sort=True)}


def _rests(review: str, lists: Mapping[str, set[str]]) -> tuple[str, ...]:
    pairs = [sorted((review, other)) for other in lists if other != review]
    return (f"overlap.reviews.{review}.total",
            *(f"overlap.pairs.{a}.{b}.shared" for a, b in pairs))  # fmt: skip


def _notes(
    lists: Mapping[str, set[str]], reviews: Sequence[str], names: Mapping[str, str]
) -> list[list[Cell]]:
    text = (
        "Shared: trials of the review that another review of this plot includes too, of all that "
        "it lists"
    )
    without = [names[r] for r in reviews if r not in lists]
    if without:
        text += f"; no list of trials: {', '.join(without)}"
    found = [note(f"{text}.")]
    pairs = [(len(lists[a] & lists[b]), a, b) for a, b in itertools.combinations(sorted(lists), 2)]
    most = sorted((p for p in pairs if p[0]), key=lambda p: (-p[0], p[1], p[2]))
    for n, a, b in most[:NAMED_PAIRS]:
        words = f"{names[a]} and {names[b]} rest on"
        found.append(
            [(words, ""), (str(n), f"overlap.pairs.{a}.{b}.shared"), ("of the same trials.", "")]
        )
    return found
