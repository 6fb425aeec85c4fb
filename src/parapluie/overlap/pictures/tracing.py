"""The numbers that only the figures of the overlap show, with rules and what they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parapluie.overlap.pictures.distribution import Step
from parapluie.overlap.pictures.heat_map import counts_of
from parapluie.overlap.pictures.intersections import (
    MOST_REVIEWS,
    hidden_intersections,
    intersection_key,
    listed_intersections,
)
from parapluie.overlap.pictures.lists import Lists, Sources, pair_key, study_key
from parapluie.trace import ALL, Figures, Rows

PREFIX = "overlap."


class _Adder:
    """Adds what the stage has not counted; every number rests on the lists of the reviews."""

    def __init__(self, made: Figures, sources: Sources) -> None:
        self.made = made
        self.rows = [Rows(file, ALL) for file in (sources.shown, sources.links) if file]

    def __call__(self, key: str, value: Any, rule: str, unit: str = "studies") -> None:
        if not key or key in self.made.lines:
            return
        absent = "" if value is not None else "not_estimable: no study in the list"
        self.made.add(
            key.removeprefix(PREFIX), value, rule=rule, unit=unit, absent=absent,
            basis=self.rows, rests_on=["included.reviews"],
        )  # fmt: skip


def add_figures(made: Figures, sources: Sources, lists: Lists, width_mm: float) -> None:
    """Add the numbers of reviews, pairs, studies and intersections that have no key yet."""
    add = _Adder(made, sources)
    for j, review in enumerate(lists.reviews):
        key = f"overlap.reviews.{review.id}"
        add(f"{key}.total", int(lists.sizes[j]), "studies of this review")
        add(f"{key}.unique", int(lists.alone[j]), "studies that no other included review has")
    for study, n in zip(lists.studies, lists.times.tolist(), strict=True):
        add(study_key(study.id), n, "included reviews that hold this study", "reviews")
    _add_pairs(add, lists)
    _add_intersections(add, lists, width_mm)


def _add_pairs(add: _Adder, lists: Lists) -> None:
    counts = counts_of(lists)
    for i in range(len(lists.reviews)):
        for j in range(i):
            pair = counts.pair(i, j)
            for name, rule, unit in PAIR_RULES:
                if name != "cca_adjusted" or pair.x:
                    key = f"{pair_key(pair.a, pair.b)}.{name}"
                    add(key, getattr(pair, name), rule, unit)


PAIR_RULES: Sequence[tuple[str, str, str]] = (
    ("shared", "studies that both reviews include", "studies"),
    ("cca", "shared / (n_a + n_b - shared)", "proportion"),
    ("cca_adjusted", "shared / (studies in either - X of the pair)", "proportion"),
    ("contained_a", "shared / n_a", "proportion"),
    ("contained_b", "shared / n_b", "proportion"),
)
"""Numbers of a pair, named as in `cca.Pair`."""


def _add_intersections(add: _Adder, lists: Lists, width_mm: float) -> None:
    for one in listed_intersections(lists):
        add(intersection_key(lists, one), one.n, "studies that exactly these reviews include")
    hidden = hidden_intersections(lists, width_mm) if len(lists.reviews) <= MOST_REVIEWS else []
    if hidden:
        key = "overlap.intersections_not_drawn"
        add(key, len(hidden), "sets of reviews for which the plot has no room", "sets of reviews")
        rule = "studies of the sets of reviews for which the plot has no room"
        add(f"{key}.studies", sum(x.n for x in hidden), rule)


def add_steps(made: Figures, sources: Sources, steps: Sequence[Step]) -> None:
    """Add the rows of the distribution that are ranges."""
    add = _Adder(made, sources)
    for step in steps:
        add(step.key, step.n, f"studies that are in {step.text} of these reviews")
