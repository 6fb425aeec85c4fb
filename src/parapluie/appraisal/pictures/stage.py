"""Which figures of the appraisal there are, and which are not drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from parapluie.appraisal.answers import Source
from parapluie.appraisal.pictures.bars import ITEM, grade_bars, left_over, stacked_bars
from parapluie.appraisal.pictures.item_table import item_tables
from parapluie.appraisal.pictures.recorded import CAPTION, TITLE, add_figures, recorded_sources
from parapluie.appraisal.pictures.sources import Sources
from parapluie.figure.drawn import Drawing, NotDrawn, in_parts
from parapluie.trace import Figures

ITEMS, ANSWERS, GRADES, RECORDED = "items", "answers", "grades", "recorded"
KINDS = (ITEMS, ANSWERS, GRADES, RECORDED)
"""Kinds of figures, in the order of the report."""
MOST_REVIEWS = 1_000
NO_ITEMS = "not_available: no answers to items are recorded"


@dataclass(frozen=True)
class Pictures:
    """What there is to draw, and what is not drawn."""

    drawings: Sequence[Drawing]
    not_drawn: Sequence[NotDrawn]


def plan(
    sources: Sources, made: Figures, width_mm: float = 180.0, recorded: Sequence[Source] = ()
) -> Pictures:
    """Say which figures there are.

    Parameters
    ----------
    sources : Sources
    made : Figures
        The figures of the stage; numbers that only the drawings show are added.
    width_mm : float
    recorded : sequence of Source
        Ratings of parts of any tool, as recorded.
    """
    if sources.answered:
        _add_left_over(sources, made)
    found = list(_all(sources, width_mm))
    parts = recorded_sources(sources.reviews, recorded, sources.tool.id)
    if parts and len(parts.answered) <= MOST_REVIEWS:
        add_figures(parts, made)
        found += in_parts(RECORDED, f"{parts.tool.label}: {TITLE[0].lower()}{TITLE[1:]}", CAPTION,
                          item_tables(parts, width_mm))  # fmt: skip
    return Pictures([d for d in found if isinstance(d, Drawing)],
                    [d for d in found if isinstance(d, NotDrawn)])  # fmt: skip


def _all(sources: Sources, width_mm: float) -> Iterator[Drawing | NotDrawn]:
    tool = sources.tool.label
    if not sources.answered:
        yield NotDrawn(ITEMS, NO_ITEMS)
        yield NotDrawn(ANSWERS, NO_ITEMS)
        yield from _grades(sources, width_mm)
        return
    if len(sources.rated) > MOST_REVIEWS:
        reason = f"too_many: {len(sources.rated)} reviews, a figure holds {MOST_REVIEWS}"
        yield NotDrawn(ITEMS, f"{reason}; see the tables")
    else:
        caption = "Reviews by items; letters: answers to the items. Last column: overall grade."
        caption = caption if sources.tool.grades else caption.partition(" Last")[0]
        yield from in_parts(ITEMS, f"{tool} by review and item", caption,
                            item_tables(sources, width_mm))  # fmt: skip
    caption = "Items that are not scored for a review leave the denominator."
    yield from in_parts(ANSWERS, f"{tool}: answers by item", caption,
                        stacked_bars(sources, width_mm))  # fmt: skip


def _grades(sources: Sources, width_mm: float) -> Iterator[Drawing | NotDrawn]:
    if not sources.graded:
        yield NotDrawn(GRADES, "not_available: no review has a grade")
        return
    caption = "As recorded by the source; the answers to the items are not available."
    yield from in_parts(GRADES, f"Reviews by overall grade, {sources.tool.label}", caption,
                        grade_bars(sources, width_mm))  # fmt: skip


def _add_left_over(sources: Sources, made: Figures) -> None:
    """Give keys to the numbers of reviews of which an item is not scored, or waits."""
    rules = {"not_scored": "included reviews of which the item is not scored, by the profile",
             "waiting": "included reviews of which the item waits for an answer"}  # fmt: skip
    # whether anybody has begun to rate a review is seen from the answers to any of its items
    scored = [f"{ITEM}.{item.id}.scored" for item in sources.tool.items]
    for item in sources.tool.items:
        for name, n in left_over(sources, item).items():
            key = f"{ITEM}.{item.id}.{name}"
            if key not in made.lines and set(scored) <= set(made.lines):
                made.add(key.removeprefix("appraisal."), n, rule=rules[name], unit="reviews",
                         rests_on=scored)  # fmt: skip
