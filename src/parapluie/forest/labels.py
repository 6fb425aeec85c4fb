"""Names beside points: as many as find a free place, none over another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parapluie.figure.texts import width

HEIGHT = 7.6
"""Of a line of type, in points."""
AWAY = 3.5
"""Gap between a point and its name."""


@dataclass(frozen=True)
class Label:
    """A name at a place in points; ``side`` is how it is aligned."""

    index: int
    x: float
    y: float
    side: str


Box = tuple[float, float, float, float]


def place_labels(
    points: Sequence[tuple[float, float]],
    names: Sequence[str],
    first: Sequence[int],
    inside: Box,
) -> list[Label]:
    """Place names beside their points, the most wanted first; those without a free place have none.

    Parameters
    ----------
    points : sequence of (float, float)
        In points.
    names : sequence of str
    first : sequence of int
        Places of the names that are wanted, the most wanted first.
    inside : (float, float, float, float)
        Left, bottom, right and top of the room.
    """
    taken: list[Box] = [(x - 2, y - 2, x + 2, y + 2) for x, y in points]
    placed = []
    for i in first:
        found = _free(points[i], width(names[i]), taken, inside)
        if found:
            label, box = found
            placed.append(Label(i, *label))
            taken.append(box)
    return placed


def _free(
    point: tuple[float, float], wide: float, taken: Sequence[Box], inside: Box
) -> tuple[tuple[float, float, str], Box] | None:
    x, y = point
    for dx, dy, side in (
        (AWAY, 0, "left"), (-AWAY, 0, "right"), (0, AWAY + HEIGHT / 2, "center"),
        (0, -AWAY - HEIGHT / 2, "center"), (AWAY, HEIGHT / 2, "left"), (AWAY, -HEIGHT / 2, "left"),
        (-AWAY, HEIGHT / 2, "right"), (-AWAY, -HEIGHT / 2, "right"),
    ):  # fmt: skip
        at, up = x + dx, y + dy
        left = {"left": at, "right": at - wide, "center": at - wide / 2}[side]
        box = (left, up - HEIGHT / 2, left + wide, up + HEIGHT / 2)
        fits = inside[0] <= box[0] and inside[1] <= box[1] and box[2] <= inside[2]
        if fits and box[3] <= inside[3] and not any(_cross(box, other) for other in taken):
            return (at, up, side), box
    return None


def _cross(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
