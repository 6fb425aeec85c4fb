"""The grid drawings have room: no two texts overlap, none is cut off, every number has a key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from parapluie import drawing, grid
from parapluie.appraisal import Inputs, Source, appraise
from parapluie.appraisal.picture import grade_bars, item_grid
from parapluie.appraisal.tool import load_tool
from parapluie.overlap.cca import Matrix, matrix
from parapluie.overlap.picture import heatmap, recorded_bars
from parapluie.overlap.recorded import Step

COUNTS = pytest.mark.parametrize("count", [1, 2, 13, 60])
LENGTHS = pytest.mark.parametrize("length", [10, 80])


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Collect figures in place of writing them."""
    figures: list[Any] = []
    monkeypatch.setattr(drawing, "save", lambda figure, *_: figures.append(figure) or [])
    return figures


def texts_of(figure: Any) -> list[Any]:
    return [t for axes in figure.axes for t in axes.texts if t.get_text()]


def assert_has_room(figure: Any) -> None:
    """No two text boxes overlap by more than a third of a point, and none leaves the figure."""
    renderer = figure.canvas.get_renderer()
    boxes = np.array([t.get_window_extent(renderer).extents for t in texts_of(figure)])
    low, high = boxes[:, :2], boxes[:, 2:]
    assert (low >= -0.5).all() and (high <= np.array(figure.bbox.size) + 0.5).all()
    apart = np.maximum(low[:, None], low[None]) + 0.5 >= np.minimum(high[:, None], high[None])
    meets = ~apart.any(axis=2)
    np.fill_diagonal(meets, False)
    pairs = [tuple(texts_of(figure)[k].get_text() for k in pair) for pair in np.argwhere(meets)]
    assert not pairs, pairs[:5]


def label(name: str, length: int) -> str:
    return (f"{name} " + "Longauthor and Other-Author " * 4)[:length].strip()


def random_matrix(count: int) -> Matrix:
    generator = np.random.default_rng(count)
    held = generator.random((5 * count + 140, count)) < 0.4
    held[:, 0] = True
    return matrix([f"s{i}" for i in range(len(held))], [f"r{j:02}" for j in range(count)], held)


@COUNTS
@LENGTHS
def test_heatmap(count: int, length: int, drawn: list[Any]) -> None:
    cells = random_matrix(count)
    labels = {r: label(r, length) for r in cells.reviews}
    notes = [f"Left out, as their studies are not listed: {'; '.join(labels.values())}."]
    heatmap(cells, labels, notes, 12.3, "half_open", Path("heatmap"))
    assert_has_room(drawn[0])
    keys = [t.get_gid() for t in texts_of(drawn[0]) if (t.get_gid() or "").startswith("key:")]
    assert len(keys) == len(set(keys)) == count * (count - 1) / 2 + 2 * count + 1
    assert min(t.get_fontsize() for t in texts_of(drawn[0])) >= 5


def test_recorded_distribution(drawn: list[Any]) -> None:
    recorded_bars(
        [Step(i, i + 4, 10**i, f"{10 * i}-{10 * i + 4}", 2, "") for i in range(1, 6)], Path("d")
    )
    assert_has_room(drawn[0])


def appraised(count: int, only_recorded: int = 0) -> Any:
    reviews = [f"r{i:02}" for i in range(count + only_recorded)]
    answers = ["yes", "no", "partial_yes", "no_meta_analysis"]
    tool = load_tool("amstar2")
    rows = [
        (r, item.id, next(a for a in answers[i % 4 :] + answers if a in item.answers))
        for i, r in enumerate(reviews[:count])
        for item in tool.items
    ]
    ratings = pd.DataFrame(rows, columns=["review_id", "item", "answer"])
    ratings["_row"] = range(2, len(rows) + 2)
    recorded = pd.DataFrame(
        {
            "review_id": reviews,
            "part": "overall",
            "rating": "",
            "_row": 2,
            "set": "low;critically_low",
            "source": "S1",
        }
    )
    inputs = Inputs(
        pd.DataFrame({"review_id": reviews, "review_type": "x"}),
        [Source("amstar2", "consensus", "data/appraisal/amstar2/consensus.csv", ratings)]
        if count
        else [],
        [Source("amstar2", "recorded", "data/appraisal/amstar2/recorded.csv", recorded)],
        review_types={"x": {"scoping": True, "meta_analysis": False}},
    )
    return appraise(inputs, "amstar2", "cooper2024")


@COUNTS
@LENGTHS
def test_item_grid(count: int, length: int, drawn: list[Any]) -> None:
    found, tool = appraised(count, only_recorded=2), load_tool("amstar2")
    labels = {one.review: label(one.review, length) for one in found.graded}
    item_grid(found.graded, labels, tool, found.profile, Path("items"))
    assert_has_room(drawn[0])
    keys = {t.get_gid() for t in texts_of(drawn[0]) if (t.get_gid() or "").startswith("key:")}
    assert len(keys) == 16 * count + 32
    assert {k.removeprefix("key:") for k in keys} <= set(found.figures.lines)


def test_grade_bars(drawn: list[Any]) -> None:
    found = appraised(0, only_recorded=12)
    grade_bars(found.graded, load_tool("amstar2"), Path("items"))
    assert_has_room(drawn[0])
    keys = {(t.get_gid() or "").removeprefix("key:") for t in texts_of(drawn[0])} - {""}
    assert "appraisal.overall.set.low.critically_low" in keys
    assert keys <= set(found.figures.lines)


def test_wrapped_lines_fit() -> None:
    lines = grid.wrap(label("x", 80) + " " + "w" * 60, 30, 7)
    assert "".join(lines).replace(" ", "") == (label("x", 80) + "w" * 60).replace(" ", "")
    assert max(grid.text_width(line, 7) for line in lines) <= 30


def test_labels_name_reviews_apart() -> None:
    frame = pd.DataFrame(
        [("a1", "Smith", 2010.0), ("a2", "Smith", 2010.0), ("a3", "", float("nan"))],
        columns=["review_id", "first_author", "year"],
    )
    assert grid.labels_of(frame) == {"a1": "Smith 2010 (a1)", "a2": "Smith 2010 (a2)", "a3": "a3"}
