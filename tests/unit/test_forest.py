"""Forest plots, measured on what stands on the axes and on the boxes that the renderer gives."""

from __future__ import annotations

import math
import re
import warnings
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
from parapluie.figure.texts import flow, width, wrap
from parapluie.forest import Column, Plot, Row, Sources, draw, with_spots
from parapluie.forest.axis import limits, ticks
from parapluie.forest.layout import lay_out
from parapluie.forest.model import (
    HEADING,
    NOT_ESTIMABLE,
    POOLED,
    PREDICTION,
    WORDS,
    number,
    p_value,
)
from parapluie.forest.plotting import areas_of, draw_places, spots
from parapluie.forest.reviews import review_plots
from parapluie.forest.studies import study_plots
from parapluie.measures import MEASURES
from tests.figure_boxes import assert_readable
from tests.forest_sources import BCG, LONG, PARTS, bcg, reviews

WIDTHS = (85, 120, 180)
LIMITS = (0.1, 4.0)


def texts(figure: Figure) -> list[str]:
    return [t.get_text() for t in figure.texts]


def markers(figure: Figure) -> PathCollection:
    (found,) = [c for c in figure.axes[0].collections if c.get_gid() == "markers"]
    assert isinstance(found, PathCollection)
    return found


def patches(figure: Figure, gid: str) -> list[Polygon]:
    found = [p for p in figure.axes[0].patches if p.get_gid() == gid]
    return [p for p in found if isinstance(p, Polygon)]


def corners(diamond: Polygon) -> list[float]:
    return sorted({round(float(v), 9) for v in diamond.get_xy()[:, 0]})


@pytest.fixture(scope="module")
def drawn() -> tuple[Plot, Figure]:
    plot = next(iter(study_plots(bcg())))
    return plot, draw(plot, 180, LIMITS)


@pytest.fixture(scope="module")
def split() -> tuple[Plot, Figure]:
    _, plot = study_plots(bcg())
    return plot, draw(plot, 180, LIMITS)


# --- against R ------------------------------------------------------------------------------------


def test_thirteen_squares_with_areas_in_the_order_of_the_weights(
    drawn: tuple[Plot, Figure],
) -> None:
    plot, figure = drawn
    found = markers(figure)
    assert len(np.asarray(found.get_offsets())) == plot.n_rows == 13
    by_y = sorted(
        zip(np.asarray(found.get_offsets())[:, 1], found.get_sizes(), strict=True), reverse=True
    )
    areas = [area for _, area in by_y]
    weights = [row.weight for row in plot.results]
    assert np.argsort(areas, kind="stable").tolist() == np.argsort(weights, kind="stable").tolist()
    assert np.allclose(np.divide(areas, weights), areas[0] / weights[0])  # areas are weights
    golden = dict(zip(BCG["label"], BCG["weight"], strict=True))
    for row in plot.results:
        assert math.isclose(row.weight, golden[row.label[0]], rel_tol=1e-6)


def test_the_squares_stand_at_their_estimates(drawn: tuple[Plot, Figure]) -> None:
    plot, figure = drawn
    points = np.asarray(markers(figure).get_offsets())
    x = [p[0] for p in sorted(points.tolist(), key=lambda p: -p[1])]
    assert np.allclose(x, [row.estimate for row in plot.results])


def test_the_intervals_stand_in_the_rows_of_their_squares(drawn: tuple[Plot, Figure]) -> None:
    plot, figure = drawn
    (bars,) = [c for c in figure.axes[0].collections if c.get_gid() == "intervals"]
    at = {round(float(s[0][1]), 6): s[:, 0] for s in map(np.asarray, bars.get_segments())}  # type: ignore[attr-defined]
    points = np.asarray(markers(figure).get_offsets())
    for row, (_, y) in zip(plot.results, sorted(points.tolist(), key=lambda p: -p[1]), strict=True):
        assert np.allclose(at[round(y, 6)], [row.low, row.high])


def test_the_diamond_is_the_pooled_result_of_r(drawn: tuple[Plot, Figure]) -> None:
    (diamond,) = patches(drawn[1], "diamond")
    wanted = [BCG["reml"]["ci"][0], BCG["reml"]["estimate"], BCG["reml"]["ci"][1]]
    assert np.allclose(corners(diamond), np.exp(wanted), rtol=1e-6)
    assert np.allclose(corners(diamond), np.exp([-1.066898, -0.714532, -0.362167]), rtol=1e-6)


def test_the_prediction_interval_is_that_of_r(drawn: tuple[Plot, Figure]) -> None:
    (line,) = [x for x in drawn[1].axes[0].lines if x.get_gid() == "prediction-interval"]
    assert np.allclose(line.get_xdata(), np.exp(BCG["reml"]["pi_t_kminus2"]), rtol=1e-6)


def test_clipped_intervals_end_in_arrows(drawn: tuple[Plot, Figure]) -> None:
    plot, figure = drawn
    points = sorted(np.asarray(markers(figure).get_offsets()).tolist(), key=lambda p: -p[1])
    rows = {f"{y:g}": row.label[0] for row, (_, y) in zip(plot.results, points, strict=True)}
    gids = [str(line.get_gid()) for line in figure.axes[0].lines]
    found = {
        side: {
            rows[g.removeprefix(f"arrow-{side}-")] for g in gids if g.startswith(f"arrow-{side}")
        }
        for side in ("left", "right")
    }
    assert found["left"] == {
        "Ferguson & Simes, 1949", "Rosenthal et al, 1960", "Vandiviere et al, 1973",
    }  # fmt: skip
    assert found["right"] == {"Comstock & Webster, 1969"}


def test_the_line_on_heterogeneity(drawn: tuple[Plot, Figure]) -> None:
    line = texts(drawn[1])
    for text in ("Q = 152.23,", "df = 12,", "p < 0.001;", "τ² = 0.313", "(REML);", "I² = 92.2%"):
        assert text in line


def test_the_interval_of_i2_is_that_of_r(drawn: tuple[Plot, Figure]) -> None:
    """metafor's confint() of the same fit: I² 81.9177 to 97.6781."""
    assert "[81.9, 97.7]" in texts(drawn[1])


def test_subtotals_are_those_of_r(split: tuple[Plot, Figure]) -> None:
    plot, figure = split
    golden = PARTS["subgroups_z"]
    rows = {row.label[0]: row for row in plot.rows if row.kind == POOLED and row.level == 1}
    assert list(rows) == [f"Subtotal, {name.capitalize()}" for name in golden["names"]]
    for i, row in enumerate(rows.values()):
        wanted = np.exp([golden["estimate"][i], golden["ci_low"][i], golden["ci_high"][i]])
        assert np.allclose([row.estimate, row.low, row.high], wanted, rtol=1e-9)
    assert len(patches(figure, "subtotal")) == 3
    assert [f"τ² = {t:.3f};" in texts(figure) for t in golden["tau2"]] == [True] * 3


def test_the_test_of_subgroup_differences_is_that_of_r(split: tuple[Plot, Figure]) -> None:
    golden = PARTS["subgroups_z"]
    line = split[0].rows[-1]
    assert line.kind == WORDS
    assert [text for text, _ in line.words] == [
        "Test of subgroup differences:", f"Q = {golden['q']:.2f},", f"df = {golden['df']},",
        f"p = {golden['p']:.2f}",
    ]  # fmt: skip


def test_subgroups_hold_every_study_once(split: tuple[Plot, Figure]) -> None:
    plot, figure = split
    assert sorted(row.label[0] for row in plot.results) == sorted(BCG["label"])
    groups: dict[str, list[str]] = {}
    for row in plot.rows:
        if row.kind == HEADING:
            groups[row.label[0]] = []
        elif row in plot.results:
            groups[list(groups)[-1]].append(row.label[0])
    for label, alloc in zip(BCG["label"], PARTS["alloc"], strict=True):
        assert label in groups[alloc.capitalize()]
    assert_readable(figure)


def test_hartung_knapp_changes_the_diamond() -> None:
    plot = next(iter(study_plots(bcg(ci="HK"))))
    found = [(row.low, row.high) for row in plot.pooled]
    assert np.allclose(found, [np.exp(BCG["reml_hk_ci"])], rtol=1e-6)


def test_raw_cells_stand_in_columns(drawn: tuple[Plot, Figure]) -> None:
    row = next(r for r in drawn[0].results if r.label[0] == "Aronson, 1948")
    assert row.cells["cells_1"][0] == "4/123" and row.cells["cells_2"][0] == "11/139"


def test_the_log_axis_has_plain_numbers_and_the_null_line_stands_at_one(
    drawn: tuple[Plot, Figure],
) -> None:
    axes = drawn[1].axes[0]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["0.1", "0.25", "0.5", "1", "2", "4"]
    assert axes.get_xscale() == "log"
    (null,) = [line for line in axes.lines if line.get_gid() == "null"]
    assert np.allclose(null.get_xdata(), 1)


# --- nothing overlaps, nothing is cut off ---------------------------------------------------------


def made(n: int, label: str = LONG, detail: str = LONG, summary: bool = True) -> Plot:
    """A plot of n rows that all have one long label, and every column there is."""
    rows = [
        Row((label, "x.y"), detail, 0.5 + 0.01 * i, 0.1, 2.0 + i, 100 / n,
            {"k": (str(i), ""), "n": ("123456", ""), "effect": ("−0.50 [−10.10, 12.00]", "a.b"),
             "shared": ("12/130", "s.t"), "i2": ("100%", ""), "weight": ("12.5%", ""),
             "amstar2": ("Low or critically low", ""), "grade": ("Very low", ""),
             "class": ("not assessable", "")}, facts=[("SMD", "−0.50 [−10.10, 12.00]", "a.b")])
        for i in range(n)
    ]  # fmt: skip
    pooled = [
        Row(("Random effects (REML, Hartung-Knapp)", ""), "", 0.6, 0.4, 0.9, kind=POOLED,
            ruled=True, cells={"effect": ("0.60 [0.40, 0.90]", "c.d")}),
        Row(("95% prediction interval", ""), "", 0.6, 0.1, 3.0, kind=PREDICTION,
            cells={"effect": ("[0.10, 3.00]", "e.f")}),
        Row(("", ""), kind=WORDS, words=[("Heterogeneity:", ""), ("Q = 1,", "g"), ("df = 1", "h"),
                                         ("I² = 12.3%", "i"), ("[0.0, 99.9]", "j")]),
    ]  # fmt: skip
    return Plot(
        stem="o__OR__reviews", outcome="o", level="reviews", measure=MEASURES["OR"], title="T",
        caption="C", name="Review",
        left=(Column("k", "k", True), Column("n", "n", True), Column("shared", "Shared", True)),
        right=(Column("weight", "Weight", True), Column("effect", "OR [95% CI]", True),
               Column("i2", "I²", True), Column("amstar2", "AMSTAR 2", moves=True),
               Column("grade", "GRADE", moves=True), Column("class", "Class", moves=True)),
        rows=[Row((LONG, ""), kind=HEADING, level=1), *rows, *pooled[: 3 * (summary and n > 1)]],
        notes=[[("† " + LONG, "")], [("‡ " + LONG, "")]],
        favours=("Favours intervention", "Favours control"), reference=0.6,
    )  # fmt: skip


@pytest.mark.parametrize("width_mm", WIDTHS)
@pytest.mark.parametrize("n", [1, 3, 13, 40, 120])
def test_long_names_neither_overlap_nor_are_cut_off(n: int, width_mm: int) -> None:
    figure = draw(made(n), width_mm)
    assert len(np.asarray(markers(figure).get_offsets())) == n
    assert_readable(figure)


@pytest.mark.parametrize("width_mm", WIDTHS)
@pytest.mark.parametrize("n", [3, 120])
def test_short_names_neither_overlap_nor_are_cut_off(n: int, width_mm: int) -> None:
    assert_readable(draw(made(n, "Smith 2020", ""), width_mm))


@pytest.mark.parametrize("width_mm", WIDTHS)
def test_the_trials_and_their_subgroups_fit_every_width(width_mm: int) -> None:
    for plot in study_plots(bcg()):
        figure = draw(plot, width_mm)
        assert figure.get_figwidth() * 25.4 == pytest.approx(width_mm)
        assert_readable(figure)


@pytest.mark.parametrize("width_mm", WIDTHS)
@pytest.mark.parametrize("n", [3, 40, 120])
def test_reviews_with_every_column_fit_every_width(n: int, width_mm: int) -> None:
    for plot in review_plots(reviews(n)):
        assert_readable(draw(plot, width_mm))


@pytest.mark.parametrize("n", [1, 13])
def test_one_word_of_eighty_letters_is_broken(n: int) -> None:
    assert_readable(draw(made(n, label="w" * 80, detail=""), 180))


def test_no_marker_leaves_its_row(drawn: tuple[Plot, Figure]) -> None:
    places = lay_out(made(120, "Smith 2020", ""), 85)
    figure = draw_places(places)
    areas = markers(figure).get_sizes()
    assert max(areas) ** 0.5 < places.line


def test_the_least_width_moves_words_and_names_what_it_drops() -> None:
    plot = made(3)
    places = lay_out(plot, 85)
    assert "GRADE" in places.dropped and "AMSTAR 2" in places.dropped
    words = " ".join(texts(draw(plot, 85)))
    assert "AMSTAR 2: Low or critically low" in re.sub(r"\s+", " ", words)
    assert "Left out for want of width:" in words
    assert places.room > 0.2 * places.width


def test_columns_in_which_no_row_is_rated_say_so_once_where_they_are_dropped() -> None:
    plot = made(3)
    rows = [
        Row(r.label, "", r.estimate, r.low, r.high, cells={**r.cells, "grade": ("not rated", "")})
        for r in plot.results
    ]
    words = " ".join(texts(draw(Plot(**{**vars(plot), "rows": rows}), 85)))
    assert "GRADE: no row is rated." in words and words.count("GRADE") == 1


# --- rows -----------------------------------------------------------------------------------------


def test_equal_labels_keep_their_own_rows() -> None:
    for labels in (["Comstock"] * 13, BCG["author"]):
        plot = next(iter(study_plots(bcg(labels=labels))))
        y = np.asarray(markers(draw(plot, 180)).get_offsets())[:, 1]
        assert len(set(y.tolist())) == 13


def test_reviews_of_one_name_are_told_apart() -> None:
    found = [row.label[0] for p in review_plots(reviews(4, "Smith")) for row in p.results]
    assert len(set(found)) == 4


def test_a_result_without_estimate_is_listed_in_words() -> None:
    sources = reviews(6)
    effects = sources.effects.copy()
    effects.loc[0, ["estimate", "ci_low", "ci_high"]] = math.nan
    effects.loc[0, ["drawn", "reason"]] = ["no", "not_available: no estimate"]
    plot = next(p for p in review_plots(_with(sources, effects=effects)) if p.outcome == "hope")
    row = next(r for r in plot.rows if "Author 0" in r.label[0])
    assert row.cells["effect"][0] == "no estimate"
    assert ("Why", "not_available: no estimate", "") in row.facts
    figure = draw(plot, 180)
    assert "no estimate" in texts(figure)
    assert len(np.asarray(markers(figure).get_offsets())) == plot.n_rows - 1
    assert_readable(figure)


def test_a_study_without_effect_is_listed_as_not_estimable() -> None:
    sources = bcg()
    empty = {"study_effect_id": "s13", "study_id": "s13", "outcome": "tb", "measure": "RR",
             "ai": 0.0, "bi": 50.0, "ci": 0.0, "di": 60.0, "alloc": "random"}  # fmt: skip
    table = pd.concat([sources.study_effects, pd.DataFrame([empty])], ignore_index=True)
    why = "not_estimable: no events in both groups"
    problems = pd.DataFrame(
        [{"effect_id": "s13", "kind": "left_out", "check": "no effect", "why": why}]
    )
    whole, parted = study_plots(_with(sources, study_effects=table, problems=problems))
    for plot in (whole, parted):
        row = next(r for r in plot.rows if r.label[0] == "s13")
        assert row.cells["effect"][0] == NOT_ESTIMABLE
        assert row.cells["cells_1"][0] == "0/50"
        assert ("Why", why, "") in row.facts
        figure = draw(plot, 180)
        assert NOT_ESTIMABLE in texts(figure)
        assert_readable(figure)


def _with(sources: Sources, **changed: Any) -> Sources:
    return Sources(**{**vars(sources), **changed})


def test_a_plot_of_reviews_has_no_diamond_weight_or_i2_of_its_own() -> None:
    for plot in review_plots(reviews(9)):
        assert plot.pooled == [] and all(math.isnan(r.weight) for r in plot.rows)
        assert "weight" not in [c.name for c in plot.right]
        assert not any(row.kind == WORDS for row in plot.rows)
        assert len(set(markers(draw(plot, 180)).get_sizes().tolist())) == 1


def test_certainty_quality_and_class_stand_in_three_columns() -> None:
    plot = next(iter(review_plots(reviews(9))))
    names = [c.heading for c in plot.right]
    assert [n for n in names if n in ("AMSTAR 2", "GRADE", "Class")] == [
        "AMSTAR 2", "GRADE", "Class",
    ]  # fmt: skip
    row = plot.results[0]
    assert row.cells["amstar2"][0] != row.cells["grade"][0]


def test_shared_trials_are_counted_from_the_lists() -> None:
    sources = reviews(6)
    matrix = pd.DataFrame(
        [("t1", "r000"), ("t2", "r000"), ("t3", "r000"), ("t1", "r003"), ("t9", "r003"),
         ("t2", "r001")],
        columns=["study_id", "review_id"],
    ).assign(state="included")  # fmt: skip
    plot = next(p for p in review_plots(_with(sources, matrix=matrix)) if p.outcome == "hope")
    shared = {r.label[0].split(" 2020")[0]: r.cells["shared"][0] for r in plot.results}
    assert shared == {"Author 0": "1/3", "Author 3": "1/2"}  # r001 is in another plot
    said = [" ".join(text for text, _ in line) for _, line in plot.column_notes]
    assert "Author 0 2020 and Author 3 2020 rest on 1 of the same trials." in said


def test_an_interval_that_misses_its_estimate_is_drawn_as_printed() -> None:
    plot = made(1)
    row = Row(("a", ""), "", 3.0, 0.5, 2.0, cells=dict(plot.results[0].cells))
    figure = draw(Plot(**{**vars(plot), "rows": [row]}), 180)
    assert any(np.allclose(line.get_xdata(), [0.5, 2.0]) for line in figure.axes[0].lines)


def test_an_estimate_without_interval_has_a_marker() -> None:
    plot = made(1)
    row = Row(("a", ""), "", 3.0, cells=dict(plot.results[0].cells))
    figure = draw(Plot(**{**vars(plot), "rows": [row]}), 180)
    assert len(np.asarray(markers(figure).get_offsets())) == 1


def test_a_marker_beyond_given_ends_leaves_an_arrow() -> None:
    figure = draw(made(2, "Smith", ""), 180, (1.0, 2.0))
    gids = [str(line.get_gid()) for line in figure.axes[0].lines]
    assert sum(g.startswith("arrow-left") for g in gids) >= 2


def test_no_area_is_too_small_to_see() -> None:
    tiny = [Row(("a", ""), weight=99.9), Row(("b", ""), weight=0.1)]
    assert areas_of(tiny)[0] > areas_of(tiny)[1] >= 4


# --- files ----------------------------------------------------------------------------------------


def saved(folder: Path, plot: Plot, dpi: int = 300) -> Path:
    places = lay_out(plot, 120)
    save(draw_places(places), folder / plot.stem, plot.title, plot.caption, dpi=dpi,
         rework=lambda svg: with_spots(svg, spots(places)))  # fmt: skip
    return folder / plot.stem


def test_the_svg_has_texts_with_keys_and_rows_that_tell_their_facts(tmp_path: Path) -> None:
    plot = made(3)
    svg = saved(tmp_path, plot).with_suffix(".svg").read_text(encoding="utf-8")
    assert svg.count("<text") > 20
    assert svg.count('data-key="a.b"') == 3 and 'data-key="c.d"' in svg
    rows = re.findall(r'<g id="o__OR__reviews-spot-row\d+" class="spot" tabindex="0"', svg)
    assert len(rows) == 3
    first = svg.split('class="spot"')[1]
    assert "SMD: −0.50 [−10.10, 12.00]" in first and 'data-keys="a.b"' in first
    assert first.count("<text") > 1  # the texts of the row stand in its group
    ids = re.findall(r'\bid="([^"]*)"', svg)
    assert len(ids) == len(set(ids)) and all(i.startswith("o__OR__reviews-") for i in ids)


def test_the_svg_asks_for_fonts_that_readers_have(tmp_path: Path) -> None:
    svg = saved(tmp_path, made(1)).with_suffix(".svg").read_text(encoding="utf-8")
    assert "Arial" in svg and "sans-serif" in svg and " cut'" not in svg


def test_the_pdf_embeds_its_fonts_and_keeps_its_texts(tmp_path: Path) -> None:
    import pymupdf

    page = pymupdf.open(saved(tmp_path, made(3)).with_suffix(".pdf"))[0]
    fonts = page.get_fonts()
    assert fonts
    for _, ending, kind, name, *_ in fonts:
        assert ending == "ttf" and kind in ("Type0", "TrueType"), name
    words = page.get_text()
    assert "AMSTAR 2" in words and "−0.50 [−10.10, 12.00]" in words


@pytest.mark.parametrize("dpi", [300, 600])
def test_the_png_has_its_resolution(tmp_path: Path, dpi: int) -> None:
    from PIL import Image

    image = Image.open(saved(tmp_path, made(1, "Smith", ""), dpi).with_suffix(".png"))
    assert image.info["dpi"] == pytest.approx((dpi, dpi), abs=0.5)
    assert image.width == pytest.approx(120 / 25.4 * dpi, abs=1)


def test_the_same_plot_gives_the_same_bytes(tmp_path: Path) -> None:
    plot = made(3)
    one, two = saved(tmp_path / "one", plot), saved(tmp_path / "two", plot)
    for ending in (".svg", ".pdf", ".png"):
        assert one.with_suffix(ending).read_bytes() == two.with_suffix(ending).read_bytes()


def test_drawing_leaves_the_warnings_of_python_as_they_are() -> None:
    before = list(warnings.filters)
    draw(made(2), 180)
    assert list(warnings.filters) == before
    assert np.geterr()["invalid"] == "warn"


# --- parts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [(-0.004, "0.00"), (-0.39, "−0.39"), (12.0, "12.00"), (0.0, "0.00"), (0.125, "0.13"),
     (math.inf, "∞"), (2.5e9, "2.5e9")],
)  # fmt: skip
def test_numbers_have_a_true_minus_and_round_halves_away(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("p", "text"), [(0.0004, "p < 0.001"), (0.0123, "p = 0.012"), (0.41, "p = 0.41")]
)
def test_p_values(p: float, text: str) -> None:
    assert p_value(p) == text


@given(st.floats(-5, 5), st.floats(0.01, 20))
def test_ticks_lie_on_the_axis(low: float, span: float) -> None:
    for log in (False, True):
        ends = (math.exp(low), math.exp(low + min(span, 9))) if log else (low, low + span)
        found = list(ticks(*ends, log, 120))
        slack = 1e-6 * (ends[1] - ends[0]) + 1e-9
        assert found == sorted(found) and len(found) <= 11
        assert all(ends[0] - slack <= x <= ends[1] + slack for x in found)


@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(0.01, 4)), min_size=1, max_size=9))
def test_the_axis_holds_every_estimate_and_the_null_value(
    drawn_at: list[tuple[float, float]],
) -> None:
    for code, back in (("SMD", float), ("OR", math.exp)):
        rows = [Row(("", ""), "", back(y), back(y - h), back(y + h)) for y, h in drawn_at]
        low, high = limits(rows, [], MEASURES[code])
        null = MEASURES[code].null
        assert null is not None and low <= null <= high
        assert all(low <= row.estimate <= high for row in rows)


def test_ticks_of_a_ratio_hold_one() -> None:
    assert list(ticks(0.1, 4, True, 200)) == [0.1, 0.25, 0.5, 1.0, 2.0, 4.0]


def test_wrapping_loses_nothing() -> None:
    assert " ".join(wrap(LONG, 60)) == LONG
    assert "".join(wrap("w" * 80, 60)) == "w" * 80
    assert wrap("(post-intervention)", width("intervention)") + 1) == ["(post-", "intervention)"]


def test_flowing_keeps_keys_and_order() -> None:
    cells = [(LONG, ""), ("12", "a.b"), ("of them.", "")]
    lines = flow(cells, 150)
    assert [c for line in lines for c in line if c[1]] == [("12", "a.b")]
    assert " ".join(t for line in lines for t, _ in line) == f"{LONG} 12 of them."
    for line in lines:
        assert width(" ".join(t for t, _ in line)) <= 150


# --- letters --------------------------------------------------------------------------------------


def test_greek_cyrillic_and_accents_are_drawn_with_the_narrow_font(tmp_path: Path) -> None:
    import pymupdf

    plot = made(1, "Петров Ångström Nguyễn Παπαδόπουλος 2020", "")
    assert not any("boxes" in " ".join(t for t, _ in line) for line in lay_out(plot, 180).notes)
    page = pymupdf.open(saved(tmp_path, plot).with_suffix(".pdf"))[0]
    assert "Петров" in page.get_text() and "Nguyễn" in page.get_text()
    assert {name.split("+")[-1].split("-")[0] for _, _, _, name, *_ in page.get_fonts()} == {
        "DejaVuSansCondensed"
    }


def test_letters_that_no_font_has_stand_as_boxes_and_a_note_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from matplotlib import font_manager

    from parapluie import fonts

    own = [e for e in font_manager.fontManager.ttflist if e.name.startswith(("DejaVu", "Last"))]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", own)
    others, missing = fonts.others_for(frozenset("张a"))
    assert others == () and missing == {"张"}
    notes = [" ".join(t for t, _ in line) for line in lay_out(made(1, "张 2020", ""), 180).notes]
    assert "Letters that no font of this machine has stand as boxes: U+5F20." in notes


def test_a_font_made_anew_is_the_same_to_the_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The PDF embeds it, so a date in it would change every PDF."""
    from parapluie import fonts

    made_fonts = []
    for day in ("1000000000", "1700000000"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", day)  # fontTools writes it as the time of the file
        path = tmp_path / f"{day}.ttf"
        fonts._cut(fonts._full("DejaVuSans.ttf"), path)
        fonts._narrow(path, "DejaVuSansCondensed")
        made_fonts.append(path.read_bytes())
    assert made_fonts[0] == made_fonts[1]


def test_letters_come_from_other_fonts_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A font with one Chinese letter, made of DejaVu's A, stands for one that is installed."""
    from fontTools.ttLib import TTFont
    from matplotlib import font_manager

    from parapluie import fonts

    font = TTFont(fonts._full("DejaVuSans.ttf"))
    for table in font["cmap"].tables:
        table.cmap = {0x5F20: "A"}
    for record in font["name"].names:
        record.string = "MadeHan" if record.nameID == 6 else "Made Han"
    font.save(tmp_path / "MadeHan.ttf")
    entry = font_manager.ttfFontProperty(font_manager.get_font(tmp_path / "MadeHan.ttf"))
    own = [e for e in font_manager.fontManager.ttflist if e.name.startswith(("DejaVu", "Last"))]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [*own, entry])
    assert fonts.others_for(frozenset("张a")) == (("Made Han",), frozenset())
    plot = made(1, "张 2020", "")
    assert not any("boxes" in " ".join(t for t, _ in line) for line in lay_out(plot, 180).notes)
    assert_readable(draw(plot, 180))
    svg = saved(tmp_path, plot).with_suffix(".svg").read_text(encoding="utf-8")
    assert "张 2020" in svg and "Made Han" in svg


def test_notes_on_columns_stand_only_where_the_column_does() -> None:
    plot = next(p for p in review_plots(reviews(6)) if p.outcome == "hope")
    said = {
        width_mm: " ".join(text for line in lay_out(plot, width_mm).notes for text, _ in line)
        for width_mm in (85, 180)
    }
    assert "Shared:" in said[180] and "Shared:" not in said[85]
    assert "Class:" in said[180] and "Class:" in said[85]  # its words moved below the names
    assert "– not given" not in said[180]  # every cell has a number


def test_an_axis_of_two_units_has_ticks_at_halves_where_there_is_room() -> None:
    assert list(ticks(-0.9, 1.0, False, 60)) == [-0.5, 0.0, 0.5, 1.0]


def test_texts_of_a_row_stand_on_one_line_whatever_accents_they_have() -> None:
    labels = [*BCG["label"][:-2], "Nguyễn Åkerblom", "Möller, 1973"]
    figure = draw(next(iter(study_plots(bcg(labels=labels)))), 180)
    rows: dict[str, set[float]] = {}
    for text in figure.texts:
        place = str(text.get_gid()).split("|")[0]
        assert text.get_va() == "baseline"
        rows.setdefault(place, set()).add(round(text.get_position()[1], 9))
    assert all(len(rows[f"row{i}"]) == 1 for i in range(13))


def test_both_arms_are_given_up_together() -> None:
    plot = next(iter(study_plots(bcg())))
    for width_mm in range(85, 185, 5):
        kept = {c.name for c, _ in lay_out(plot, width_mm).columns}
        assert ("cells_1" in kept) is ("cells_2" in kept)
