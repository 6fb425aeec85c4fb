"""Boxes of the texts of a figure, as the renderer gives them: none may cross or be cut off."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure


def boxes(figure: Figure) -> list[tuple[str, Any]]:
    """Give every text that is drawn, with its box in pixels."""
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    every = list(figure.texts)
    for axes in figure.axes:
        every += [*axes.texts, *axes.get_xticklabels(), *axes.get_yticklabels()]
    return [(t.get_text(), t.get_window_extent(renderer)) for t in every if t.get_text()]


def assert_readable(figure: Figure) -> None:
    """Hold that no text is cut off, and none lies over another."""
    found, edge = boxes(figure), figure.bbox
    for text, box in found:
        inside = box.x0 >= -0.5 and box.x1 <= edge.x1 + 0.5 and box.y0 >= -0.5 and box.y1 <= edge.y1
        assert inside, f"cut off: {text}"
    corners = np.array([box.extents for _, box in found])
    low, high = corners[:, None, :], corners[None, :, :]
    shared = np.minimum(low[..., 2:], high[..., 2:]) - np.maximum(low[..., :2], high[..., :2])
    # 0.8 px of height: what a descender may take of the line below
    crossing = np.argwhere(np.triu((shared[..., 0] > 0.3) & (shared[..., 1] > 0.8), 1))
    assert [(found[i][0], found[j][0]) for i, j in crossing] == []
