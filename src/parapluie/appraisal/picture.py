"""The drawing of the appraisal: items by reviews, or the grades alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from parapluie import drawing, grid
from parapluie.appraisal.stage import Appraisal, Graded
from parapluie.appraisal.tool import Profile, Tool

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CELLS = {
    "yes": ("Y", "#8CC5E3", "yes"),
    "partial_yes": ("P", "#F0E7B0", "partial yes"),
    "no": ("N", "#D55E00", "no"),
    "no_meta_analysis": ("M", "#D9D9D9", "no meta-analysis"),
    "not_scored": ("–", "#F4F4F4", "not scored for this review"),
    "open": ("?", "#FFFFFF", "open"),
}
"""Answer to letter, colour and word; letters carry the meaning, colours repeat it."""

GRADES = {
    "high": "#0B3C6B",
    "moderate": "#4C95C8",
    "low": "#F0C27A",
    "critically_low": "#C65A11",
}
UNGRADED = "#FFFFFF"
SET = "#E3B58F"
MARGIN, GAP, CELL, ROW = 4.0, 2.0, 6.4, 5.4
LABEL_WIDTH, GRADE_WIDTH = 44.0, 30.0
SIZE, SMALL = 7.0, 6.0
"""Widths and heights in mm, type in points."""

MARKS = {"recorded": "†", "recorded_set": "†", "override": "‡"}


def draw(
    found: Appraisal, reviews: pd.DataFrame, tool: Tool, profile: Profile, out: Path
) -> list[Path]:
    """Draw what there is: items by reviews, else the grades, else nothing.

    Parameters
    ----------
    found : Appraisal
    reviews : frame
        The included reviews, for their labels.
    tool, profile : Tool, Profile
    out : Path
        Folder; the files are called ``items``. Files of an earlier run are removed first.
    """
    for ending in drawing.FORMATS:
        (out / f"items.{ending}").unlink(missing_ok=True)
    labels = grid.labels_of(reviews)
    if any(one.settled for one in found.graded):
        shown = [one for one in found.graded if one.settled or one.final.final_set]
        return item_grid(shown, labels, tool, profile, out / "items")
    if any(one.final.final_set for one in found.graded):
        return grade_bars(found.graded, tool, out / "items")
    return []


def grade_words(one: Graded, tool: Tool) -> str:
    """Write the grade of a review with the mark of where it is from."""
    words = " or ".join(tool.grades[g].lower() for g in one.final.final_set) or "open"
    return (
        words[0].upper() + words[1:] + (f" {MARKS[b]}" if (b := one.final.basis) in MARKS else "")
    )


def grade_colour(one: Graded) -> str:
    """Colour of the cell that holds a grade."""
    if one.final.final:
        return GRADES.get(one.final.final, UNGRADED)
    return SET if one.final.final_set else UNGRADED


# --- items by reviews -----------------------------------------------------------------------------


class _Plan:
    """Places of the item grid, in mm."""

    def __init__(
        self, graded: Sequence[Graded], names: Sequence[str], tool: Tool, notes: Sequence[str]
    ) -> None:
        self.rows = [grid.wrap(name, LABEL_WIDTH, SIZE) for name in names]
        self.grades = [grid.wrap(grade_words(g, tool), GRADE_WIDTH - 1.5, SMALL) for g in graded]
        self.heights = [
            max(ROW, grid.height_of(len(r), SIZE) + 1, grid.height_of(len(g), SMALL) + 1)
            for r, g in zip(self.rows, self.grades, strict=True)
        ]
        widest = max(grid.text_width(line, SIZE) for row in self.rows for line in row)
        self.left = MARGIN + max(widest, grid.text_width("Answered no", SIZE)) + GAP
        self.grade = self.left + len(tool.items) * CELL + 1
        self.width = self.grade + GRADE_WIDTH + MARGIN
        self.heads = [f"{i.short}" for i in tool.items]
        turned = max(grid.text_width(h, SIZE) for h in self.heads)
        self.top = MARGIN + turned + GAP + grid.height_of(1, SIZE) + 1
        self.tops = [self.top + sum(self.heights[:i]) for i in range(len(names) + 1)]
        self.sums = self.tops[-1] + 1.5
        self.legend = self.sums + 2 * grid.height_of(1, SIZE) + 2 * GAP
        room = self.width - 2 * MARGIN
        self.notes = [line for note in notes for line in grid.wrap(note, room, SMALL)]
        below = grid.height_of(len(self.notes), SMALL) + 1.5 * ROW
        self.height = self.legend + below + MARGIN

    def x(self, column: int) -> float:
        """Left edge of the column of an item."""
        return self.left + column * CELL


def item_grid(
    graded: Sequence[Graded],
    labels: Mapping[str, str],
    tool: Tool,
    profile: Profile,
    stem: Path,
) -> list[Path]:
    """Draw items by reviews, with the grade in the last column.

    Parameters
    ----------
    graded : sequence of Graded
        The reviews to show, in this order.
    labels : mapping
        Review to its label.
    tool, profile : Tool, Profile
    stem : Path
        Path of the files without ending.
    """
    names = [labels[one.review] for one in graded]
    plan = _Plan(graded, names, tool, footnotes(graded, tool, profile))
    figure, axes = grid.sheet(plan.width, plan.height)
    _heads(axes, plan, tool, profile)
    _cells(axes, plan, graded, tool)
    _sums(axes, plan, graded, tool)
    _legend(axes, plan)
    description = (
        f"{len(graded)} reviews by {len(tool.items)} items: Y yes, P partial yes, N no, M no "
        "meta-analysis. Critical items carry a star. Last column: overall grade."
    )
    return drawing.save(figure, stem, f"{tool.label} by item and review", description)


def footnotes(graded: Sequence[Graded], tool: Tool, profile: Profile) -> list[str]:
    """Say how the tool was used and what the marks mean."""
    order = [item.id for item in tool.items if item.id in profile.critical]
    notes = [f"Profile {profile.id} ({profile.reference}); * critical item: {', '.join(order)}."]
    if profile.note:
        notes.append(profile.note)
    bases = {one.final.basis for one in graded}
    if bases & {"recorded", "recorded_set"}:
        notes.append(
            "† Grade as recorded by its source; the answers to the items are not available."
        )
    if "override" in bases:
        notes.append("‡ Grade set by hand, with its reason in the table of grades.")
    if any(not one.final.final_set for one in graded):
        notes.append("Open: items that are not settled yet keep the grade back.")
    return notes


def _heads(axes: Axes, plan: _Plan, tool: Tool, profile: Profile) -> None:
    y = plan.top - 1 - grid.height_of(1, SIZE) / 2
    for j, (item, words) in enumerate(zip(tool.items, plan.heads, strict=True)):
        x = plan.x(j) + CELL / 2
        critical = item.id in profile.critical
        weight = "bold" if critical else "normal"
        grid.text(
            axes,
            x,
            y,
            item.id + ("*" if critical else ""),
            ha="center",
            fontsize=SIZE,
            fontweight=weight,
        )
        above = y - grid.height_of(1, SIZE) / 2 - 1
        grid.text(axes, x, above, words, rotation=90, ha="left", fontsize=SIZE)
    grid.text(axes, plan.grade + 1, y, "Overall", fontsize=SIZE, fontweight="bold")


def cell_of(one: Graded, item: str) -> tuple[str, str, str]:
    """Give letter, colour and word of a cell."""
    settled = one.settled[item]
    if settled.state == "not_scored":
        return CELLS["not_scored"]
    return CELLS[settled.answer or "open"]


def _cells(axes: Axes, plan: _Plan, graded: Sequence[Graded], tool: Tool) -> None:
    places: list[tuple[float, float, float, float]] = []
    colours: list[str] = []
    for i, one in enumerate(graded):
        top, height = plan.tops[i], plan.heights[i]
        middle = top + height / 2
        for j, item in enumerate(tool.items if one.settled else ()):
            letter, colour, _ = cell_of(one, item.id)
            places.append((plan.x(j), top, CELL, height))
            colours.append(colour)
            grid.text(
                axes,
                plan.x(j) + CELL / 2,
                middle,
                letter,
                ha="center",
                fontsize=SIZE,
                color=grid.ink(colour),
                key=f"appraisal.items.{one.review}.{item.id}",
            )
        _name_and_grade(axes, plan, i, one)
        places.append((plan.grade, top, GRADE_WIDTH, height))
        colours.append(grade_colour(one))
    grid.boxes(axes, places, colours)


def _name_and_grade(axes: Axes, plan: _Plan, i: int, one: Graded) -> None:
    top, height = plan.tops[i], plan.heights[i]
    for words, x, size, style in (
        (plan.rows[i], plan.left - GAP, SIZE, {"ha": "right"}),
        (plan.grades[i], plan.grade + 1, SMALL, {"color": grid.ink(grade_colour(one))}),
    ):
        y = top + (height - grid.height_of(len(words), size)) / 2
        grid.lines(axes, x, y, words, size, **style)


def _sums(axes: Axes, plan: _Plan, graded: Sequence[Graded], tool: Tool) -> None:
    step = grid.height_of(1, SIZE)
    axes.plot([plan.left, plan.grade - 1], [plan.sums - 0.7] * 2, color="#000000", linewidth=0.5)
    for line, (words, name) in enumerate((("Answered no", "no"), ("Scored", "scored"))):
        y = plan.sums + (line + 0.5) * step
        grid.text(axes, plan.left - GAP, y, words, ha="right", fontsize=SIZE)
        for j, item in enumerate(tool.items):
            answers = [one.settled[item.id].answer for one in graded if one.settled]
            n = sum(a == "no" if name == "no" else bool(a) for a in answers)
            grid.text(
                axes,
                plan.x(j) + CELL / 2,
                y,
                str(n),
                ha="center",
                fontsize=SIZE,
                key=f"appraisal.item.{item.id}.{name}",
            )


def _legend(axes: Axes, plan: _Plan) -> None:
    x, y = MARGIN, plan.legend
    for letter, colour, word in CELLS.values():
        wide = CELL + 1 + grid.text_width(word, SMALL) + 3
        if x + wide > plan.width - MARGIN:
            x, y = MARGIN, y + ROW
        grid.boxes(axes, [(x, y, CELL - 1, ROW - 1)], [colour])
        axes.plot(
            [x, x + CELL - 1, x + CELL - 1, x, x],
            [y, y, y + ROW - 1, y + ROW - 1, y],
            color="#777777",
            linewidth=0.4,
        )
        grid.text(
            axes,
            x + (CELL - 1) / 2,
            y + (ROW - 1) / 2,
            letter,
            ha="center",
            fontsize=SMALL,
            color=grid.ink(colour),
        )
        grid.text(axes, x + CELL, y + (ROW - 1) / 2, word, fontsize=SMALL)
        x += wide
    grid.lines(axes, MARGIN, y + ROW + 1, plan.notes, SMALL)


# --- grades alone ---------------------------------------------------------------------------------


def grade_bars(graded: Sequence[Graded], tool: Tool, stem: Path) -> list[Path]:
    """Draw how many reviews have each grade, and each set of grades that a source leaves open."""
    lines = [
        (label, f"overall.{grade}", sum(g.final.final == grade for g in graded), GRADES[grade])
        for grade, label in tool.grades.items()
    ]
    sets = sorted({g.final.final_set for g in graded if g.final.basis == "recorded_set"})
    for among in sets:
        words = " or ".join(tool.grades[g].lower() for g in among)
        n = sum(g.final.final_set == among and not g.final.final for g in graded)
        lines.append((words.capitalize(), f"overall.set.{'.'.join(among)}", n, SET))
    unrated = sum(not g.final.final_set for g in graded)
    if unrated:
        lines.append(("Not rated", "overall.not_rated", unrated, "#D9D9D9"))
    left = MARGIN + max(grid.text_width(words, 7.5) for words, *_ in lines) + GAP
    room, top, tall = 80.0, MARGIN + grid.height_of(2, 8), ROW + 1
    bottom = top + tall * len(lines)
    figure, axes = grid.sheet(left + room + 14, bottom + GAP + grid.height_of(2, SMALL))
    heading = f"Reviews by overall grade, {tool.label}"
    grid.text(axes, MARGIN, MARGIN + grid.height_of(1, 8) / 2, heading, fontsize=8)
    most = max(n for _, _, n, _ in lines)
    places = [
        (left, top + i * tall + 0.8, room * n / most, tall - 1.6)
        for i, (_, _, n, _) in enumerate(lines)
    ]
    grid.boxes(axes, places, [colour for *_, colour in lines])
    for (words, key, n, _), (x, y, width, height) in zip(lines, places, strict=True):
        grid.text(axes, left - GAP, y + height / 2, words, ha="right", fontsize=7.5)
        grid.text(
            axes, x + width + GAP / 2, y + height / 2, str(n), fontsize=7.5, key=f"appraisal.{key}"
        )
    axes.plot([left, left], [top, bottom], color="#000000", linewidth=0.6)
    by_hand = any(g.final.basis == "override" for g in graded)
    note = "As recorded by the source; the answers to the items are not available."
    note = f"Some set by hand, the others: {note[0].lower()}{note[1:]}" if by_hand else note
    grid.lines(axes, MARGIN, bottom + GAP, [note], SMALL)
    return drawing.save(figure, stem, heading, note)
