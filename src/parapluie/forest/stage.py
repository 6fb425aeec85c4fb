"""The stage as a whole: frames in, drawings to be made and their figures out."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from parapluie.figure.spots import Spot
from parapluie.forest.drapery import drapery, draw_drapery
from parapluie.forest.evidence_map import draw_map, evidence_map
from parapluie.forest.funnel import draw_funnel, funnel, funnel_reason
from parapluie.forest.galbraith import draw_galbraith, galbraith_of, galbraith_reason
from parapluie.forest.harvest import draw_harvest, harvest
from parapluie.forest.influence_plot import draw_influence, influence_of, influence_reason
from parapluie.forest.layout import PAGE_HIGH, lay_out
from parapluie.forest.model import REVIEWS, STUDIES, UMBRELLA, Plot
from parapluie.forest.plotting import draw_pages, draw_places, spots
from parapluie.forest.pools import Pool, pools
from parapluie.forest.refits import CUMULATIVE, LEAVE_OUT, refit_plot, refit_reason
from parapluie.forest.reviews import review_plots
from parapluie.forest.sources import Sources
from parapluie.forest.studies import study_plots
from parapluie.forest.subgroups import split_reason, wanted_splits
from parapluie.forest.tracing import figures_of
from parapluie.forest.umbrella import umbrella_plot
from parapluie.trace import Figures

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = (
    "umbrella", "forest", "subgroups", LEAVE_OUT, CUMULATIVE, "funnel", "baujat", "galbraith",
    "drapery", "evidence_map", "harvest",
)  # fmt: skip
"""Kinds of figures, in the order of the report."""
OF_POOLS = (LEAVE_OUT, CUMULATIVE, "funnel", "baujat", "galbraith", "drapery")
"""Those that show several studies of one outcome."""


@dataclass(frozen=True)
class Wanted:
    """How figures are drawn.

    Parameters
    ----------
    width_mm : float
    limits : mapping
        Measure to the ends of its axis, natural values.
    kinds : sequence of str
        Which of `KINDS` are drawn.
    """

    width_mm: float = 180.0
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    kinds: Sequence[str] = KINDS


@dataclass(frozen=True)
class Drawing:
    """A figure that is still to be drawn: what the index says of it, and how it is made.

    ``pages`` draws it in parts where it is higher than a page.
    """

    stem: str
    kind: str
    outcome: str
    level: str
    scale: str
    title: str
    caption: str
    n_rows: int
    draw: Callable[[], tuple[Figure, list[Spot]]]
    pages: Callable[[], list[Figure]] | None = None


@dataclass(frozen=True)
class NotDrawn:
    """A figure that is not drawn, and why."""

    kind: str
    outcome: str
    scale: str
    reason: str


@dataclass(frozen=True)
class Result:
    """What the stage gives."""

    drawings: Sequence[Drawing]
    not_drawn: Sequence[NotDrawn]
    figures: Figures = field(repr=False)


def plan(sources: Sources, wanted: Wanted | None = None) -> Result:
    """Say which figures there are, and which are not drawn; give the numbers that they show.

    Parameters
    ----------
    sources : Sources
    wanted : Wanted, optional
    """
    wanted = wanted or Wanted()
    found = [d for d in _all(sources, wanted) if d.kind in wanted.kinds]
    order = sources.outcome_order
    drawings = [d for d in found if isinstance(d, Drawing)]
    drawings.sort(
        key=lambda d: (
            d.outcome != "",
            order.get(d.outcome, len(order)),
            d.outcome,
            KINDS.index(d.kind),
            d.stem,
        )
    )
    return Result(
        drawings,
        [d for d in found if isinstance(d, NotDrawn)],
        figures_of(sources, wanted.kinds),
    )


def _all(sources: Sources, wanted: Wanted) -> Iterator[Drawing | NotDrawn]:
    umbrella = umbrella_plot(sources, wanted.width_mm)
    if umbrella:
        yield _of_plot(umbrella, wanted)
    else:
        yield NotDrawn("umbrella", "", "", "not_available: no result with an effect")
    for plot in (*review_plots(sources), *study_plots(sources)):
        yield _of_plot(plot, wanted)
    for pool in pools(sources):
        yield from _of_pool(sources, pool, wanted)
        yield from _without_subgroups(sources, pool)
    yield from _single_studies(sources)
    yield from _maps(sources, wanted)
    yield from _without_estimates(sources)


def _of_plot(plot: Plot, wanted: Wanted) -> Drawing:
    ends = None if plot.level == UMBRELLA else wanted.limits.get(plot.measure.code)
    places = functools.cache(lambda: lay_out(plot, wanted.width_mm))

    def draw() -> tuple[Figure, list[Spot]]:
        return draw_places(places(), ends), spots(places())

    def pages() -> list[Figure]:
        return draw_pages(plot, wanted.width_mm, ends) if places().height > PAGE_HIGH else []

    return Drawing(plot.stem, plot.kind, plot.outcome, plot.level, plot.measure.code, plot.title,
                   plot.caption, plot.n_rows, draw, pages)  # fmt: skip


def _of_pool(sources: Sources, pool: Pool, wanted: Wanted) -> Iterator[Drawing | NotDrawn]:
    """Give the figures of one pool of studies."""
    code, width = pool.measure.code, wanted.width_mm
    for kind in (LEAVE_OUT, CUMULATIVE):
        reason = refit_reason(pool, kind)
        yield (
            NotDrawn(kind, pool.outcome, code, reason)
            if reason
            else _of_plot(refit_plot(sources, pool, kind), wanted)
        )
    parts: list[tuple[str, str, Callable[[], Any], Callable[[Any, float], Any]]] = [
        ("funnel", funnel_reason(pool), lambda: funnel(sources, pool), draw_funnel),
        ("baujat", influence_reason(pool), lambda: influence_of(pool), draw_influence),
        ("galbraith", galbraith_reason(pool), lambda: galbraith_of(pool), draw_galbraith),
        ("drapery", "", lambda: drapery(sources, pool), draw_drapery),
    ]
    for kind, reason, make, draw in parts:
        if kind not in wanted.kinds:
            continue
        if reason:
            yield NotDrawn(kind, pool.outcome, code, reason)
        else:
            made = make()
            yield Drawing(made.stem, kind, pool.outcome, STUDIES, code, made.title, made.caption,
                          pool.k, _later(draw, made, width))  # fmt: skip


def _without_subgroups(sources: Sources, pool: Pool) -> Iterator[NotDrawn]:
    """Name the ways to form subgroups that the protocol wants and that do not part a pool."""
    part = sources.averages[sources.averages["pool_id"] == pool.id]
    for wanted in wanted_splits(sources):
        reason = split_reason(sources, str(wanted["column"]), part)
        if reason:
            yield NotDrawn("subgroups", pool.outcome, pool.measure.code, reason)


def _single_studies(sources: Sources) -> Iterator[NotDrawn]:
    """Name the figures of several studies that an outcome with one study has not."""
    for (outcome, code), part in sources.averages.groupby(["outcome", "measure"], sort=True):
        if len(part) == 1:
            for kind in OF_POOLS:
                yield NotDrawn(kind, str(outcome), str(code), "not_estimable: k=1")


def _later(
    draw: Callable[[Any, float], Any], made: Any, width: float
) -> Callable[[], tuple[Figure, list[Spot]]]:
    """Keep what is needed to draw a figure when it is asked for."""

    def now() -> tuple[Figure, list[Spot]]:
        figure, found = draw(made, width)
        return figure, found

    return now


def _maps(sources: Sources, wanted: Wanted) -> Iterator[Drawing | NotDrawn]:
    made = evidence_map(sources)
    if made:
        yield Drawing(made.stem, "evidence_map", "", REVIEWS, "", made.title, made.caption,
                      len(made.cells), _later(draw_map, made, wanted.width_mm))  # fmt: skip
    else:
        reason = "not_available: no review reports a result or a direction"
        yield NotDrawn("evidence_map", "", "", reason)
    bars = harvest(sources)
    if bars:
        n = sum(len(v) for v in bars.votes.values())
        yield Drawing(bars.stem, "harvest", "", REVIEWS, "", bars.title, bars.caption, n,
                      _later(draw_harvest, bars, wanted.width_mm))  # fmt: skip
    else:
        yield NotDrawn("harvest", "", "", "not_available: no review reports a direction")


def _without_estimates(sources: Sources) -> Iterator[NotDrawn]:
    """Name the outcomes of which no result has an estimate, so that they have no plot."""
    effects = sources.effects
    drawn = effects[effects["drawn"] == "yes"]
    has = set(zip(drawn["outcome"], drawn["measure"], strict=True))
    without = effects[(effects["reason"] != "") & (effects["same_as"] == "")]
    for (outcome, measure), part in without.groupby(["outcome", "measure"], sort=True):
        if (outcome, measure) not in has:
            named = ", ".join(sorted(part["effect_id"]))
            reasons = "; ".join(sorted(set(part["reason"])))
            yield NotDrawn("forest", str(outcome), str(measure), f"{reasons} ({named})")
