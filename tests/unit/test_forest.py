"""Forest plots, measured on the boxes that the renderer gives."""

from __future__ import annotations

import json
import math
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from parapluie.drawing import save
from parapluie.forest import Plot, Row, Sources, Summary, draw, plots
from parapluie.forest.content import Column, number
from parapluie.forest.layout import lay_out, ticks, wrap
from parapluie.measures import MEASURES
from parapluie.synthesis.pooled import Plan, pooled_tables

BCG: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "golden" / "forest_bcg.json").read_text(encoding="utf-8")
)
LONG = "A name of just eighty characters, as reviews have them in their longest moments."


def texts(figure: Figure) -> list[str]:
    return [t.get_text() for t in figure.texts]


def markers(figure: Figure) -> PathCollection:
    (found,) = [c for c in figure.axes[0].collections if c.get_gid() == "markers"]
    assert isinstance(found, PathCollection)
    return found


def boxes(figure: Figure) -> list[tuple[str, Any]]:
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    every = [*figure.texts, *figure.axes[0].get_xticklabels()]
    return [(t.get_text(), t.get_window_extent(renderer)) for t in every if t.get_text()]


def assert_readable(figure: Figure) -> None:
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


def sources(outcome: str = "tb", labels: Sequence[str] = BCG["label"], method: str = "REML",
            ci: str = "z") -> Sources:  # fmt: skip
    """The 13 trials as study effects, pooled by our own stage."""
    rows = pd.DataFrame(
        {"outcome": outcome, "measure": "RR", "study_id": labels, "review_id": "this_overview",
         "yi": BCG["yi"], "vi": BCG["vi"]}
    )  # fmt: skip
    effects = pd.DataFrame(columns=["drawn", "outcome", "measure", "same_basis", "effect_id"])
    pooled, averages = pooled_tables(rows, effects, Plan(method, ci, "t_k2"))
    protocol = {"outcomes": [{"id": outcome, "label": "Tuberculosis", "better_when": "lower"}]}
    empty = pd.DataFrame({"review_id": [], "final": [], "final_set": []}, dtype="object")
    return Sources(protocol, effects, pooled, averages, empty, empty)


@pytest.fixture(scope="module")
def bcg() -> tuple[Plot, Figure]:
    (plot,) = plots(sources())
    return plot, draw(plot, 175, (0.1, 4.0))


def test_thirteen_squares_with_areas_in_the_order_of_the_weights(bcg: tuple[Plot, Figure]) -> None:
    plot, figure = bcg
    drawn = markers(figure)
    assert len(np.asarray(drawn.get_offsets())) == plot.n_rows == 13
    by_y = sorted(
        zip(np.asarray(drawn.get_offsets())[:, 1], drawn.get_sizes(), strict=True), reverse=True
    )
    areas = [area for _, area in by_y]
    weights = [row.weight for row in plot.rows]
    assert np.argsort(areas).tolist() == np.argsort(weights).tolist()
    golden = dict(zip(BCG["label"], BCG["weight"], strict=True))
    for row in plot.rows:
        assert math.isclose(row.weight, golden[row.label[0]], rel_tol=1e-6)


def test_the_squares_stand_at_their_estimates(bcg: tuple[Plot, Figure]) -> None:
    plot, figure = bcg
    points = np.asarray(markers(figure).get_offsets())
    x = [p[0] for p in sorted(points.tolist(), key=lambda p: -p[1])]
    assert np.allclose(x, [row.estimate for row in plot.rows])


def test_the_diamond_is_the_pooled_result_of_r(bcg: tuple[Plot, Figure]) -> None:
    (diamond,) = [p for p in bcg[1].axes[0].patches if isinstance(p, Polygon)]
    x = sorted({round(float(v), 9) for v in diamond.get_xy()[:, 0]})
    wanted = [BCG["reml"]["ci"][0], BCG["reml"]["estimate"], BCG["reml"]["ci"][1]]
    assert np.allclose(x, np.exp(wanted), rtol=1e-6)


def test_the_prediction_interval_is_that_of_r(bcg: tuple[Plot, Figure]) -> None:
    (line,) = [x for x in bcg[1].axes[0].lines if x.get_gid() == "prediction-interval"]
    assert np.allclose(line.get_xdata(), np.exp(BCG["reml"]["pi_t_kminus2"]), rtol=1e-6)


def test_clipped_intervals_end_in_arrows(bcg: tuple[Plot, Figure]) -> None:
    plot, figure = bcg
    gids = [str(line.get_gid()) for line in figure.axes[0].lines]
    rows = {13 + 1 - i: row.label[0] for i, row in enumerate(plot.rows)}
    left = {rows[int(g.rsplit("-", 1)[1])] for g in gids if g.startswith("arrow-left")}
    right = {rows[int(g.rsplit("-", 1)[1])] for g in gids if g.startswith("arrow-right")}
    assert left == {"Ferguson & Simes, 1949", "Rosenthal et al, 1960", "Vandiviere et al, 1973"}
    assert right == {"Comstock & Webster, 1969"}


def test_the_line_on_heterogeneity(bcg: tuple[Plot, Figure]) -> None:
    line = texts(bcg[1])
    for text in ("Q = 152.23,", "df = 12,", "p < 0.001;", "τ² = 0.313;", "I² = 92.2%"):
        assert text in line


def test_the_log_axis_has_plain_numbers_and_the_null_line_stands_at_one(
    bcg: tuple[Plot, Figure],
) -> None:
    axes = bcg[1].axes[0]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["0.1", "0.25", "0.5", "1", "2", "4"]
    assert axes.get_xscale() == "log"
    assert any(np.allclose(line.get_xdata(), 1) for line in axes.lines)


def test_hartung_knapp_changes_the_diamond() -> None:
    (plot,) = plots(sources(ci="HK"))
    assert plot.summary is not None
    found = (plot.summary.low, plot.summary.high)
    assert np.allclose(found, np.exp(BCG["reml_hk_ci"]), rtol=1e-6)


def made(n: int, label: str = LONG, detail: str = LONG, summary: bool = True) -> Plot:
    """A plot of n rows that all have one long label."""
    rows = [
        Row((label, "x.y"), detail, 0.5 + 0.01 * i, 0.1, 2.0 + i, 100 / n,
            {"k": (str(i), ""), "n": ("123456", ""), "effect": ("−0.50 [−10.10, 12.00]", "a.b"),
             "i2": ("100%", ""), "amstar2": ("Low or critically low", ""),
              "grade": ("Very low", "")})
        for i in range(n)
    ]  # fmt: skip
    pooled = Summary("Random effects (REML, Hartung-Knapp)", 0.6, 0.4, 0.9, 0.1, 3.0,
                     "95% prediction interval", {"effect": ("0.60 [0.40, 0.90]", "c.d")},
                     ("[0.10, 3.00]", "e.f"), [("Q = 1,", "g"), ("df = 1", "h")])  # fmt: skip
    return Plot(
        stem="o__OR__reviews", outcome="o", level="reviews", measure=MEASURES["OR"], title="T",
        caption="C", left=(Column("k", "k", True), Column("n", "n", True)),
        right=(Column("effect", "OR [95% CI]", True), Column("i2", "I²", True),
               Column("amstar2", "AMSTAR 2"), Column("grade", "GRADE")),
        rows=[Row((LONG, "")), *rows], summary=pooled if summary and n > 1 else None,
        notes=["† " + LONG, "‡ " + LONG], favours=("Favours intervention", "Favours control"),
    )  # fmt: skip


@pytest.mark.parametrize("width_mm", [120, 175])
@pytest.mark.parametrize("n", [1, 2, 13, 60])
def test_long_names_neither_overlap_nor_are_cut_off(n: int, width_mm: int) -> None:
    figure = draw(made(n), width_mm)
    assert len(np.asarray(markers(figure).get_offsets())) == n
    assert_readable(figure)


@pytest.mark.parametrize("n", [1, 13])
def test_one_word_of_eighty_letters_is_broken(n: int) -> None:
    assert_readable(draw(made(n, label="w" * 80, detail=""), 175))


def test_the_least_width_drops_columns_by_name() -> None:
    plot = made(3)
    assert lay_out(plot, 85).dropped[0] == "GRADE"
    figure = draw(plot, 85)
    assert any("AMSTAR 2: Low" in " ".join(texts(figure)[i : i + 3]) for i in range(99))
    assert figure.axes[0].get_position().width > 0.2
    assert_readable(figure)


def test_equal_labels_keep_their_own_rows() -> None:
    figure = draw(made(13, label="Comstock"), 175)
    y = np.asarray(markers(figure).get_offsets())[:, 1]
    assert len(set(y.tolist())) == 13


def test_an_interval_that_misses_its_estimate_is_drawn_as_printed() -> None:
    plot = made(1)
    row = Row(("a", ""), "", 3.0, 0.5, 2.0, math.nan, dict(plot.rows[1].cells))
    figure = draw(Plot(**{**vars(plot), "rows": [row]}), 175)
    assert any(np.allclose(line.get_xdata(), [0.5, 2.0]) for line in figure.axes[0].lines)


def test_an_estimate_without_interval_has_a_marker() -> None:
    plot = made(1)
    row = Row(("a", ""), "", 3.0, cells=dict(plot.rows[1].cells))
    figure = draw(Plot(**{**vars(plot), "rows": [row]}), 175)
    assert len(np.asarray(markers(figure).get_offsets())) == 1


def test_drawing_leaves_the_warnings_of_python_as_they_are() -> None:
    before = list(warnings.filters)
    draw(made(2), 175)
    assert list(warnings.filters) == before
    assert np.geterr()["invalid"] == "warn"


def test_the_same_plot_gives_the_same_bytes_and_keys(tmp_path: Path) -> None:
    plot = made(3)
    for folder in ("one", "two"):
        save(draw(plot, 175), tmp_path / folder / plot.stem, plot.title, plot.caption)
    for ending in ("svg", "pdf", "png"):
        first, second = (
            (tmp_path / f / f"{plot.stem}.{ending}").read_bytes() for f in ("one", "two")
        )
        assert first == second
    svg = (tmp_path / "one" / f"{plot.stem}.svg").read_text(encoding="utf-8")
    assert svg.count('data-key="a.b"') == 3 and 'data-key="c.d"' in svg


def test_a_plot_takes_little_time(tmp_path: Path) -> None:
    draw(made(2), 175)
    start = time.perf_counter()
    save(draw(made(13), 175), tmp_path / "a__b__c", "t", "d")
    assert time.perf_counter() - start < 5  # about 0.5 s on an idle machine


# --- parts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"), [(-0.004, "0.00"), (-0.39, "−0.39"), (12.0, "12.00"), (0.0, "0.00")]
)
def test_numbers_have_a_true_minus_and_no_minus_zero(value: float, text: str) -> None:
    assert number(value) == text


@given(st.floats(-5, 5), st.floats(0.01, 20))
def test_ticks_lie_on_the_axis(low: float, span: float) -> None:
    for log in (False, True):
        ends = (math.exp(low), math.exp(low + min(span, 9))) if log else (low, low + span)
        found = list(ticks(*ends, log, 120))
        slack = 1e-6 * (ends[1] - ends[0]) + 1e-9
        assert found == sorted(found) and len(found) <= 9
        assert all(ends[0] - slack <= x <= ends[1] + slack for x in found)


def test_ticks_of_a_ratio_hold_one() -> None:
    assert list(ticks(0.1, 4, True, 200)) == [0.1, 0.25, 0.5, 1.0, 2.0, 4.0]


def test_wrapping_loses_nothing() -> None:
    assert " ".join(wrap(LONG, 60)) == LONG
    assert "".join(wrap("w" * 80, 60)) == "w" * 80
