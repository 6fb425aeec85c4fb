"""The table of items by reviews, with the grade of each review in the last column."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parapluie.appraisal.pictures.looks import (
    ANSWERS,
    LEGEND_LINE,
    NOT_SCORED,
    WAITING,
    Look,
    lettered,
    look_of,
)
from parapluie.appraisal.pictures.sources import Rated, Sources, grade_colour
from parapluie.appraisal.tool import Item
from parapluie.figure.below import Below
from parapluie.figure.canvas import Canvas, Place
from parapluie.figure.drawn import Draw
from parapluie.figure.legend import Entry
from parapluie.figure.sizes import GAP, LINE, MARGIN, MIN_WIDTH, PAGE_HIGH, POINTS_PER_MM, chunks
from parapluie.figure.spots import Spot
from parapluie.figure.texts import width, wrap
from parapluie.grid import ink

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROW, PITCH_MAX, LABEL_LEAST, LABEL_MAX, GRADE_LEAST = 12.0, 17.0, 62.0, 150.0, 54.0
HEAD_MAX = 110.0


@dataclass(frozen=True)
class _Plan:
    """Sizes in points; and which items stand beside each other, all where the width holds them."""

    items: Sequence[Item]
    width: float
    label: float
    pitch: float
    grade: float
    short: bool

    @property
    def left(self) -> float:
        """Left edge of the first item."""
        return MARGIN + self.label + GAP

    @property
    def right(self) -> float:
        """Left edge of the column of grades."""
        return self.left + len(self.items) * self.pitch + GAP


def item_tables(sources: Sources, width_mm: float) -> list[Draw]:
    """Give the parts of the table, each with the names of the items above."""
    shown = [r for r in sources.rated if r.states or r.grades]
    return [
        _later(sources, plan, part)
        for plan in _plans(sources, shown, width_mm * POINTS_PER_MM)
        for part in _parts(sources, plan, shown)
    ]


def _later(sources: Sources, plan: _Plan, part: Sequence[Rated]) -> Draw:
    return lambda: _draw(sources, plan, part)


def _plans(sources: Sources, shown: Sequence[Rated], total: float) -> list[_Plan]:
    """Give the sizes; several where the width does not hold all items. The last has the grades."""
    items = sources.tool.items
    letters = max((width(r.look(i.id).letter) for r in shown if r.states for i in items),
                  default=8.0)  # fmt: skip
    least = max(LINE, letters + 1.0)
    needed = max(width(r.label) for r in shown) + 1
    room = total - 2 * MARGIN - GAP
    grade, short = _grade_room(sources, shown), False
    if grade and room - len(items) * least - grade - GAP < min(needed, LABEL_LEAST):
        short, grade = True, max(width(sources.grade_letters(r)) for r in shown) + 5
    used = grade + GAP if grade else 0.0
    groups = chunks(len(items), int((room - used - min(needed, LABEL_LEAST)) // least))
    plans = []
    for group in groups:
        last = group is groups[-1]
        beside, n = (used if last else 0.0), len(group)
        label = min(needed, LABEL_MAX, room - n * least - beside)
        pitch = min(PITCH_MAX, (room - label - beside) / n)
        own = 2 * MARGIN + GAP + label + n * pitch + beside
        plans.append(_Plan(items[group.start : group.stop], max(own, MIN_WIDTH * POINTS_PER_MM),
                           label, pitch, grade if last else 0.0, short))  # fmt: skip
    return plans


def _grade_room(sources: Sources, shown: Sequence[Rated]) -> float:
    """Give the width of the column of grades; 0 for a tool without grades."""
    if not sources.tool.grades:
        return 0.0
    words = [part for r in shown for part in sources.grade_words(r).split(" or ")]
    return max(GRADE_LEAST, max(width(w) for w in words) + 8)


def _grade_lines(sources: Sources, plan: _Plan, one: Rated) -> list[str]:
    if plan.short:
        return [sources.grade_letters(one)]
    return wrap(sources.grade_words(one), plan.grade - 5)


def _height(sources: Sources, plan: _Plan, one: Rated) -> float:
    lines = len(wrap(one.label, plan.label))
    if plan.grade:
        lines = max(lines, len(_grade_lines(sources, plan, one)))
    return max(ROW, lines * LINE + 3)


def _parts(sources: Sources, plan: _Plan, shown: Sequence[Rated]) -> list[list[Rated]]:
    """Cut the reviews into parts of nearly equal height, each at most a page."""
    high = [_height(sources, plan, r) for r in shown]
    below = _below(sources, plan, shown).height
    room = PAGE_HIGH - _head(sources, plan) - below - 2 * MARGIN
    target = sum(high) / math.ceil(sum(high) / room) + max(high) / 2
    parts: list[list[Rated]] = [[]]
    used = 0.0
    for one, tall in zip(shown, high, strict=True):
        if parts[-1] and used + tall > min(room, target):
            parts.append([])
            used = 0.0
        parts[-1].append(one)
        used += tall
    return parts


def _head(sources: Sources, plan: _Plan) -> float:
    return max(width(t, bold=True) for t in _heads(sources, plan)) + GAP


def _heads(sources: Sources, plan: _Plan) -> list[str]:
    heads = []
    for item in plan.items:
        text = sources.head(item)
        while width(text, bold=True) > HEAD_MAX:
            text = f"{text.rstrip('…')[:-1].rstrip()}…"
        heads.append(text)
    return heads


def _below(sources: Sources, plan: _Plan, shown: Sequence[Rated]) -> Below:
    """Give the legend, the same below every part, and the notes on these reviews."""
    used = {r.look(i.id) for r in sources.answered for i in sources.tool.items}
    known: list[Look] = [*ANSWERS.values()]
    others = [look_of(a) for i in sources.tool.items for a in i.answers]
    order = list(dict.fromkeys([*known, *others, NOT_SCORED, WAITING]))
    entries: list[Entry] = [lettered(look) for look in order if look in used]
    letters: list[Entry] = []
    if plan.short and plan.grade:
        graded = {g for r in shown for g in r.grades}
        letters = [Entry("Grade:")] + [
            Entry(f"{''.join(w[0] for w in words.split()).upper()} {words.lower()}")
            for g, words in sources.tool.grades.items() if g in graded
        ]  # fmt: skip
    names = [r.label for r in shown]
    return Below([entries, letters], sources.notes(shown), plan.width, names, LEGEND_LINE)


# --- drawing --------------------------------------------------------------------------------------


def _draw(
    sources: Sources, plan: _Plan, part: Sequence[Rated]
) -> tuple[Figure, list[Spot]]:  # fmt: skip
    below = _below(sources, plan, part)
    top = MARGIN + _head(sources, plan)
    high = sum(_height(sources, plan, r) for r in part)
    foot = top + high + GAP
    letters = [*below.texts, *(r.label for r in part), "†‡–…?"]
    canvas = Canvas(plan.width, foot + below.height + MARGIN, letters)
    _write_heads(canvas, sources, plan, top)
    spots: list[Spot] = []
    for i, one in enumerate(part):
        tall = _height(sources, plan, one)
        spots += _row(canvas, sources, plan, one, (i, top, tall))
        top += tall
    below.draw(canvas, foot)
    return canvas.figure, spots


def _write_heads(canvas: Canvas, sources: Sources, plan: _Plan, top: float) -> None:
    for n, (item, words) in enumerate(zip(plan.items, _heads(sources, plan), strict=True)):
        x = plan.left + (n + 0.5) * plan.pitch
        weight = "bold" if sources.critical(item) else "normal"
        canvas.write(x, top - 3, words, f"label-item-{n}", rotation=90, ha="center", va="bottom",
                     weight=weight)  # fmt: skip
    if plan.grade:
        x = plan.right
        if plan.short:
            canvas.write(x + plan.grade / 2, top - 3, "Grade", "label-grade", rotation=90,
                         ha="center", va="bottom", weight="bold")  # fmt: skip
        else:
            canvas.write(x + 2, top - 6, "Overall", "label-grade", weight="bold")


def _row(
    canvas: Canvas, sources: Sources, plan: _Plan, one: Rated, at: tuple[int, float, float]
) -> Iterator[Spot]:  # fmt: skip
    i, top, high = at
    _write_lines(canvas, MARGIN + plan.label, (top, high), wrap(one.label, plan.label),
                 f"label-review-{i}", ha="right")  # fmt: skip
    places: list[Place] = []
    colours: list[str] = []
    for n, item in enumerate(plan.items if one.states else ()):
        place = (plan.left + n * plan.pitch, top, plan.pitch, high)
        look, name = one.look(item.id), f"cell{i * 1_000 + n}"
        key = f"{sources.prefix}.{one.review}.{item.id}"
        canvas.write(place[0] + plan.pitch / 2, top + high / 2, look.letter, f"{name}|key:{key}",
                     ha="center", color=ink(look.colour))  # fmt: skip
        places.append(place)
        colours.append(look.colour)
        yield Spot(
            name, f"{one.label}, {sources.item_name(item)}", _facts(sources, one, item, key), *place
        )
    if plan.grade:
        x = plan.right
        places.append((x, top, plan.grade, high))
        colours.append(grade_colour(one))
        yield _grade(canvas, sources, plan, one, (i, x, top, high))
    canvas.boxes(places, colours, edgecolors="#FFFFFF", linewidths=0.8)


def _write_lines(
    canvas: Canvas, x: float, at: tuple[float, float], lines: Sequence[str], gid: str,
    **style: str,
) -> None:  # fmt: skip
    for m, line in enumerate(lines):
        y = at[0] + at[1] / 2 + (m - (len(lines) - 1) / 2) * LINE
        canvas.write(x, y, line, f"{gid}-{m}", **style)


def _facts(sources: Sources, one: Rated, item: Item, key: str) -> list[tuple[str, str, str]]:
    facts = [(item.label, one.look(item.id).word, key)]
    if sources.critical(item):
        facts.append(("Critical item", "yes", ""))
    state = one.states.get(item.id, "").replace("_", " ")
    if state and state != "recorded" and one.answers.get(item.id):
        facts.append(("Settled by", state, ""))
    source = sources.documents.get((one.review, item.id)) or "; ".join(sources.files)
    return [*facts, ("Source", source, "")] if source else facts


def _grade(
    canvas: Canvas, sources: Sources, plan: _Plan, one: Rated,
    at: tuple[int, float, float, float],
) -> Spot:  # fmt: skip
    i, x, top, high = at
    colour = grade_colour(one)
    _write_lines(canvas, x + (plan.grade / 2 if plan.short else 3), (top, high),
                 _grade_lines(sources, plan, one), f"grade{i}|label-grade-{i}",
                 color=ink(colour), ha="center" if plan.short else "left")  # fmt: skip
    facts = [("Overall", sources.grade_words(one), f"appraisal.overall.{one.review}.grade")]
    facts += [("Source", one.source, "")] if one.source else []
    return Spot(f"grade{i}", one.label, facts, x, top, plan.grade, high)
