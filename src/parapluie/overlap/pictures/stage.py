"""Which figures of the overlap there are, and which are not drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from parapluie.figure.drawn import Drawing, NotDrawn, in_parts
from parapluie.overlap.pictures import citation_matrix, distribution, heat_map, intersections
from parapluie.overlap.pictures.lists import INCLUDED, Lists, Sources, lists_of
from parapluie.overlap.pictures.tracing import add_figures, add_steps
from parapluie.trace import Figures

HEAT_MAP, MATRIX, UPSET = "heatmap", "citation_matrix", "upset"
DISTRIBUTION, RECORDED = "distribution", "distribution_recorded"
KINDS = (HEAT_MAP, MATRIX, UPSET, DISTRIBUTION, RECORDED)
"""Kinds of figures, in the order of the report."""
MOST_REVIEWS, MOST_STUDIES = 150, 3_000
"""More than these cannot be read in a figure; the tables hold them."""
NO_LISTS = "not_available: no included review has a list of its studies"
INTERSECTIONS = ("reviews", "n_reviews", "n_studies")


@dataclass(frozen=True)
class Pictures:
    """What there is to draw, what is not drawn, and the table of intersections."""

    drawings: Sequence[Drawing]
    not_drawn: Sequence[NotDrawn]
    intersections: pd.DataFrame


def plan(sources: Sources, made: Figures, width_mm: float = 180.0) -> Pictures:
    """Say which figures there are.

    Parameters
    ----------
    sources : Sources
    made : Figures
        The figures of the stage; numbers that only the drawings show are added.
    width_mm : float
    """
    lists = lists_of(sources) if not _too_many(sources) else None
    if lists and lists.studies:
        add_figures(made, sources, lists, width_mm)
    found = [*_of_lists(sources, lists, width_mm), *_distributions(sources, made, width_mm)]
    drawings = [d for d in found if isinstance(d, Drawing)]
    drawings.sort(key=lambda d: (KINDS.index(d.kind), d.part))
    return Pictures(drawings, [d for d in found if isinstance(d, NotDrawn)], _table(lists))


def _too_many(sources: Sources) -> str:
    """Say why a body of reviews is too large to be drawn; ``""`` where it is not."""
    n = len(sources.listed)
    if n > MOST_REVIEWS:
        return f"too_many: {n} reviews, a figure holds {MOST_REVIEWS}; see the tables"
    studies = sources.matrix["study_id"].nunique()
    if studies > MOST_STUDIES:
        return f"too_many: {studies} studies, a figure holds {MOST_STUDIES}; see the tables"
    return ""


def _of_lists(
    sources: Sources, lists: Lists | None, width_mm: float
) -> Iterator[Drawing | NotDrawn]:  # fmt: skip
    reason = _too_many(sources)
    if lists is None or not lists.studies:
        for kind in (HEAT_MAP, MATRIX, UPSET):
            yield NotDrawn(kind, reason or NO_LISTS)
        return
    one = "not_applicable: one review alone has a list of its studies"
    if len(lists.reviews) < 2:
        yield NotDrawn(HEAT_MAP, one)
        yield NotDrawn(UPSET, one)
    else:
        yield from in_parts(HEAT_MAP, heat_map.TITLE, heat_map.CAPTION,
                            heat_map.heat_maps(sources, lists, width_mm))  # fmt: skip
        yield from _upset(sources, lists, width_mm)
    caption = citation_matrix.CAPTION
    caption += citation_matrix.CROSSED if lists.missing.any() else ""
    yield from in_parts(MATRIX, citation_matrix.TITLE, caption,
                        citation_matrix.matrices(sources, lists, width_mm))  # fmt: skip


def _upset(sources: Sources, lists: Lists, width_mm: float) -> Iterator[Drawing | NotDrawn]:
    if len(lists.reviews) > intersections.MOST_REVIEWS:
        yield NotDrawn(UPSET, intersections.reason_for_many(sources, lists))
        return
    yield from in_parts(UPSET, intersections.TITLE, intersections.CAPTION,
                        intersections.upset(sources, lists, width_mm))  # fmt: skip


def _distributions(
    sources: Sources, made: Figures, width_mm: float
) -> Iterator[Drawing | NotDrawn]:  # fmt: skip
    rows = sources.matrix[sources.matrix["state"] == INCLUDED]
    if len(rows):
        times = rows.groupby("study_id", sort=False).size().value_counts()
        counts = [int(times.get(k, 0)) for k in range(1, int(times.index.max()) + 1)]
        steps = distribution.counted_steps(counts)
        add_steps(made, sources, steps)
        draws = distribution.distribution(sources, steps, False, width_mm)
        yield from in_parts(DISTRIBUTION, distribution.TITLE, distribution.CAPTION, draws)
    else:
        yield NotDrawn(DISTRIBUTION, NO_LISTS)
    if sources.steps:
        steps = distribution.recorded_steps(sources)
        draws = distribution.distribution(sources, steps, True, width_mm)
        yield from in_parts(RECORDED, distribution.RECORDED_TITLE,
                            distribution.RECORDED_CAPTION, draws)  # fmt: skip


def _table(lists: Lists | None) -> pd.DataFrame:
    """List intersections: all of them up to 12 reviews, else the largest of several reviews."""
    found = intersections.listed_intersections(lists) if lists and lists.studies else []
    rows = [
        (";".join(lists.reviews[j].id for j in one.reviews), len(one.reviews), one.n)
        for one in found
        if lists
    ]
    return pd.DataFrame(rows, columns=list(INTERSECTIONS), dtype="object")
