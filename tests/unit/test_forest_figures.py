"""The figures beside forest plots: what stands on them, and that nothing overlaps."""

from __future__ import annotations

import dataclasses
import math
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from parapluie import tables
from parapluie.cli import main
from parapluie.effects.curves import baujat, p_function, radial
from parapluie.effects.leave_out import cumulative, leave_one_out
from parapluie.effects.subgroups import between, subgroups
from parapluie.effects.trim_fill import trim_and_fill
from parapluie.figure.looks import QUALITY, look_of
from parapluie.figure.spots import Spot, with_spots
from parapluie.forest import KINDS, Drawing, Sources, Wanted, plan
from parapluie.forest.directions import (
    DIFFERS,
    IMPROVED,
    NO_EFFECT,
    SHOWN,
    UNCLEAR,
    WORSENED,
    shown_by,
    votes,
)
from parapluie.forest.evidence_map import area_of, evidence_map
from parapluie.forest.funnel import CONTOURS
from parapluie.forest.harvest import harvest
from parapluie.forest.layout import PAGE_HIGH
from parapluie.forest.pools import pools
from parapluie.forest.umbrella import umbrella_plot
from parapluie.report.page import drawings as drawings_of_page
from parapluie.report.results import Results
from parapluie.report.tables import figures_not_drawn
from parapluie.trace import resolve
from tests.figure_boxes import assert_readable
from tests.forest_sources import BCG, GOLDEN, LONG, PARTS, bcg, reviews

WIDTHS = (85, 120, 180)
BARE = re.compile(r"(?=.*\d)[\s\d.,%+−\-\[\]/]+")
Z95, Z99, Z90 = 1.959963984540054, 2.5758293035489004, 1.6448536269514722


def drawings(sources: Sources, width: float = 180, **wanted: Any) -> dict[str, Drawing]:
    return {d.kind: d for d in plan(sources, Wanted(width_mm=width, **wanted)).drawings}


def texts(figure: Figure) -> list[str]:
    return [t.get_text() for t in figure.texts]


def part(figure: Figure, gid: str) -> Any:
    axes = figure.axes[0]
    found = [a for a in (*axes.collections, *axes.lines, *axes.patches) if a.get_gid() == gid]
    assert len(found) == 1, gid
    return found[0]


@pytest.fixture(scope="module")
def trials() -> dict[str, Drawing]:
    return drawings(bcg())


# --- statistics -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("ours", "theirs"), [("common", "FE"), ("DL", "DL"), ("REML", "REML")])
def test_baujat_is_that_of_metafor(ours: str, theirs: str) -> None:
    found, golden = baujat(BCG["yi"], BCG["vi"], ours), PARTS[f"baujat_{theirs}"]
    assert np.allclose(found.contribution, golden["contribution"], rtol=1e-9, atol=1e-11)
    assert np.allclose(found.influence, golden["influence"], rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(("ours", "theirs"), [("common", "FE"), ("DL", "DL"), ("REML", "REML")])
def test_the_plot_of_galbraith_is_that_of_metafor(ours: str, theirs: str) -> None:
    found, golden = radial(BCG["yi"], BCG["vi"], ours), PARTS[f"radial_{theirs}"]
    assert np.allclose(found.precision, golden["precision"], rtol=1e-9)
    assert np.allclose(found.z, golden["z"], rtol=1e-9)
    through_the_origin = (found.precision @ found.z) / (found.precision @ found.precision)
    assert found.slope == pytest.approx(through_the_origin, rel=1e-12)


def test_contributions_to_the_common_effect_sum_to_q() -> None:
    assert baujat(BCG["yi"], BCG["vi"], "common").contribution.sum() == pytest.approx(152.23300808)


@pytest.mark.parametrize(("ci", "test"), [("z", "z"), ("HK", "knha")])
def test_subgroups_and_their_test_are_those_of_metafor(ci: str, test: str) -> None:
    found, golden = subgroups(BCG["yi"], BCG["vi"], PARTS["alloc"], "REML", ci), PARTS[
        f"subgroups_{test}"]  # fmt: skip
    order = [found.names.index(name) for name in golden["names"]]
    for name in ("estimate", "se", "ci_low", "ci_high", "tau2"):
        assert np.allclose(getattr(found.pools, name)[order], golden[name], rtol=1e-9)
    model_based = PARTS["subgroups_z"]  # the test does not depend on the interval
    assert found.difference.q == pytest.approx(model_based["q"], rel=1e-9)
    assert found.difference.df == model_based["df"]
    assert found.difference.p == pytest.approx(model_based["p"], rel=1e-9)


def test_studies_in_no_real_subgroup_are_drawn_but_not_tested() -> None:
    sources = bcg()
    table = sources.study_effects.copy()
    whole = next(d for d in plan(sources).drawings if d.kind == "subgroups")
    table.loc[table["alloc"] == "alternate", "alloc"] = ""
    found = plan(dataclasses.replace(sources, study_effects=table))
    (drawing,) = [d for d in found.drawings if d.kind == "subgroups"]
    said = " ".join(texts(drawing.draw()[0]))
    assert "Not reported" in said and "(of the named subgroups)" in said
    golden = PARTS["subgroups_z"]
    two = between(np.array(golden["estimate"][1:]), np.array(golden["se"][1:]))
    assert found.figures.lines["forest.subgroups.tb.alloc.q"]["value"] == pytest.approx(two.q)
    assert "(of the named subgroups)" not in " ".join(texts(whole.draw()[0]))


def test_of_two_studies_that_agree_hartung_and_knapp_would_test_with_no_error() -> None:
    """Two effects that happen to be equal: the error of Hartung and Knapp is 0, the model's not."""
    found = subgroups([0.1, 0.1, 0.3, 0.5, 0.2], [0.04] * 5, list("aabbb"), "REML", "HK")
    assert found.pools.se[0] == pytest.approx(0, abs=1e-12)
    assert found.difference.reason == "" and found.difference.p > 0.1


def test_one_subgroup_has_no_test_and_says_why() -> None:
    found = subgroups([0.1, 0.2], [0.1, 0.1], ["a", "a"]).difference
    assert math.isnan(found.q) and found.reason == "not_estimable: one subgroup"
    assert between(np.array([1.0, 2.0]), np.array([0.0, 1.0])).reason


def test_a_p_function_is_one_at_its_estimate_and_five_percent_at_the_ends() -> None:
    ends = [0.5, 0.5 - Z95 * 0.2, 0.5 + Z95 * 0.2]
    assert np.allclose(p_function(ends, 0.5, 0.2), [1, 0.05, 0.05])
    assert p_function([0.5 + 2.2281388 * 0.2], 0.5, 0.2, df=10)[0] == pytest.approx(0.05, rel=1e-6)


# --- leave-one-out and cumulative -----------------------------------------------------------------


def test_each_row_is_the_refit_without_its_study(trials: dict[str, Drawing]) -> None:
    figure, spots = trials["leave_one_out"].draw()
    found = leave_one_out(BCG["yi"], BCG["vi"], "REML", "z", "t_k2").pools
    wanted = dict(zip(BCG["label"], np.exp(found.estimate), strict=True))
    points = sorted(np.asarray(part(figure, "markers").get_offsets()).tolist(), key=lambda p: -p[1])
    names = [spot.name for spot in spots][: len(points)]
    assert len(points) == 13 and names == sorted(names, key=str.casefold)
    for name, (x, _) in zip(names, points, strict=True):
        assert x == pytest.approx(wanted[name])


def test_studies_are_added_in_order_of_year(trials: dict[str, Drawing]) -> None:
    figure, spots = trials["cumulative"].draw()
    years = dict(zip(BCG["label"], PARTS["year"], strict=True))
    added = [years[spot.name] for spot in spots if spot.name in years]
    assert added == sorted(PARTS["year"])
    points = sorted(np.asarray(part(figure, "markers").get_offsets()).tolist(), key=lambda p: -p[1])
    last = cumulative(BCG["yi"], BCG["vi"], PARTS["year"], "REML", "z").pools.estimate[-1]
    assert points[-1][0] == pytest.approx(math.exp(last))
    assert points[-1][0] == pytest.approx(math.exp(BCG["reml"]["estimate"]), rel=1e-6)


def test_without_years_nothing_is_cumulated_and_it_is_said() -> None:
    found = plan(bcg(study_years={"s0": 1948.0}))
    assert "cumulative" not in {d.kind for d in found.drawings}
    (line,) = [n for n in found.not_drawn if n.kind == "cumulative"]
    assert line.reason == "not_available: the year of 12 of 13 studies is not known"


# --- funnel ---------------------------------------------------------------------------------------


def test_the_funnel_shows_each_study_at_its_error(trials: dict[str, Drawing]) -> None:
    figure, spots = trials["funnel"].draw()
    points = np.asarray(part(figure, "studies").get_offsets())
    assert np.allclose(sorted(points[:, 0]), sorted(np.exp(BCG["yi"])))
    assert np.allclose(sorted(points[:, 1]), sorted(np.sqrt(BCG["vi"])))
    low, high = figure.axes[0].get_ylim()
    assert high == 0 < low  # errors grow downwards
    assert len(spots) == 13


def test_the_contours_are_those_of_their_p(trials: dict[str, Drawing]) -> None:
    figure, _ = trials["funnel"].draw()
    for (p, *_), z in zip(CONTOURS, (Z99, Z95, Z90), strict=True):
        corners = part(figure, f"contour-{p:g}").get_xy()
        deepest = corners[:, 1].max()
        assert np.log(corners[:, 0]).max() == pytest.approx(z * deepest)
        assert np.log(corners[:, 0]).min() == pytest.approx(-z * deepest)


def test_the_funnel_shows_what_trim_and_fill_adds(trials: dict[str, Drawing]) -> None:
    figure, _ = trials["funnel"].draw()
    filled = trim_and_fill(BCG["yi"], BCG["vi"], "REML")
    assert filled.k0 > 0
    added = np.asarray(part(figure, "added").get_offsets())
    assert np.allclose(sorted(added[:, 0]), sorted(np.exp(filled.added[0])))
    assert "added by trim and fill" in texts(figure)


def test_few_studies_have_no_funnel_and_it_is_said() -> None:
    found = plan(_first(bcg(), 9))
    assert "funnel" not in {d.kind for d in found.drawings}
    (line,) = [n for n in found.not_drawn if n.kind == "funnel"]
    assert line.reason == "not_estimable: k=9, fewer than 10"


def test_one_study_has_no_figure_of_several_and_it_is_said() -> None:
    found = plan(_first(bcg(), 1))
    one = {n.kind: n.reason for n in found.not_drawn if n.outcome == "tb"}
    kinds = ("leave_one_out", "cumulative", "funnel", "baujat", "galbraith", "drapery")
    assert {k: one.get(k) for k in kinds} == dict.fromkeys(kinds, "not_estimable: k=1")
    assert not {d.kind for d in found.drawings} & set(kinds)


def _first(sources: Sources, k: int) -> Sources:
    """Give the first trials alone, as if no other had been pooled."""
    main = sources.pooled.assign(k_studies=k)
    return dataclasses.replace(sources, averages=sources.averages.head(k), pooled=main)


def test_subgroups_that_cannot_be_formed_are_told() -> None:
    sources = bcg()
    wanted = [{"column": "alloc"}, {"column": "no_such"}, {"column": "measure"}]
    protocol = {**sources.protocol, "synthesis": {"method": "REML", "subgroups": wanted}}
    found = plan(dataclasses.replace(sources, protocol=protocol))
    assert [d.stem for d in found.drawings if d.kind == "subgroups"] == [
        "tb__RR__studies__by_alloc"
    ]
    assert [n.reason for n in found.not_drawn if n.kind == "subgroups"] == [
        "not_available: neither study_effects nor study_facts has a column no_such",
        "not_estimable: all studies are in one subgroup of measure",
    ]


# --- Baujat and drapery ---------------------------------------------------------------------------


def test_the_plot_of_baujat_shows_and_names_the_studies_that_matter(
    trials: dict[str, Drawing],
) -> None:
    figure, _ = trials["baujat"].draw()
    points = np.asarray(part(figure, "studies").get_offsets())
    golden = PARTS["baujat_REML"]
    assert np.allclose(sorted(points[:, 0]), sorted(golden["contribution"]))
    assert np.allclose(sorted(points[:, 1]), sorted(golden["influence"]))
    assert BCG["label"][int(np.argmax(golden["influence"]))] in texts(figure)


def test_the_plot_of_galbraith_names_the_studies_outside_the_band(
    trials: dict[str, Drawing],
) -> None:
    figure, spots = trials["galbraith"].draw()
    golden = PARTS["radial_REML"]
    points = np.asarray(part(figure, "studies").get_offsets())
    assert np.allclose(points[:, 0].sum(), np.sum(golden["precision"]))
    assert np.allclose(sorted(points[:, 1]), sorted(golden["z"]))
    x, y = np.asarray(golden["precision"]), np.asarray(golden["z"])
    off = np.abs(y - BCG["reml"]["estimate"] * x)
    outside = {name for name, o in zip(BCG["label"], off, strict=True) if o > 1.959964}
    named = outside & set(texts(figure))
    assert named == outside and {str(len(outside)), "13"} <= set(texts(figure))
    assert not set(BCG["label"]) - outside & set(texts(figure))
    assert len(spots) == 13
    line = part(figure, "pooled")
    slope = line.get_ydata()[1] / line.get_xdata()[1]
    assert slope == pytest.approx(BCG["reml"]["estimate"], rel=1e-6)


def test_the_scale_of_galbraith_is_read_off_at_the_right(trials: dict[str, Drawing]) -> None:
    figure, _ = trials["galbraith"].draw()
    axes = figure.axes[0]
    (one,) = [t for t in figure.texts if t.get_text() == "1" and "axis-effect" in t.get_gid()]
    scale = [t.get_text() for t in figure.texts if "axis-effect-" in t.get_gid()]
    assert all(len(text) <= 4 for text in scale[:-1]) and scale[-1] == "Risk ratio"
    top = axes.transData.transform((axes.get_xlim()[1], 0.0))[1]
    shown = figure.transFigure.transform(one.get_position())[1]
    assert shown == pytest.approx(top, abs=1.0)


def test_curves_of_the_drapery_top_at_their_estimates(trials: dict[str, Drawing]) -> None:
    figure, _ = trials["drapery"].draw()
    line = part(figure, "pooled")
    x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    assert x[int(np.argmax(y))] == pytest.approx(math.exp(BCG["reml"]["estimate"]), rel=1e-6)
    inside = x[y >= 0.05]
    assert inside.min() == pytest.approx(math.exp(BCG["reml"]["ci"][0]), rel=0.02)
    assert inside.max() == pytest.approx(math.exp(BCG["reml"]["ci"][1]), rel=0.02)
    assert len([c for c in figure.axes[0].lines if str(c.get_gid()).startswith("study-")]) == 13


# --- umbrella -------------------------------------------------------------------------------------


def test_the_umbrella_holds_every_result_once_by_domain() -> None:
    plot = umbrella_plot(reviews(40))
    assert plot is not None and plot.n_rows == 40
    headings = [row.label[0] for row in plot.rows if row.is_heading]
    assert headings == ["Psychosocial", "Clinical", "Other outcomes"]
    labels = [row.label[0] for row in plot.results if row.label[0]]
    assert labels == ["Hope", "Pain", "Length of stay in days"]


def test_effects_of_which_less_is_better_are_turned_and_others_are_not() -> None:
    sources = reviews(6)
    plot = umbrella_plot(sources)
    assert plot is not None
    shown = {row.cells["review"][0].split(" 2020")[0]: row for row in plot.results}
    for i, row in enumerate(sources.effects.to_dict("records")):
        found = shown[f"Author {i}"]
        sign = -1 if row["outcome"] == "pain" else 1
        assert found.estimate == pytest.approx(sign * row["estimate"])
        assert found.low <= found.estimate <= found.high
        assert ("‖" in found.cells["review"][0]) is (row["outcome"] == "stay")
    notes = " ".join(text for line in plot.notes for text, _ in line)
    assert "Where less is better, the effect is turned" in notes
    assert "‖ The protocol does not say which direction is better" in notes


def test_ratios_are_drawn_as_odds_ratios_when_most_results_are_ratios() -> None:
    sources = reviews(6)
    equivalents = sources.equivalents.assign(measure=["OR"] * 5 + ["SMD"])
    plot = umbrella_plot(dataclasses.replace(sources, equivalents=equivalents))
    assert plot is not None and plot.measure.code == "OR"
    pain = next(r for r in plot.results if r.label[0] == "Pain")
    assert pain.estimate == pytest.approx(math.exp(-sources.effects["estimate"].iloc[1]))


def test_a_result_without_equivalent_is_listed_in_words() -> None:
    sources = reviews(3)
    equivalents = sources.equivalents.copy()
    ends = [f"eg{end}" for end in ("", "_low", "_high")]
    equivalents.loc[0, ends] = math.nan
    equivalents.loc[0, "eg_reason"] = "not_available: one needs an SD"
    plot = umbrella_plot(dataclasses.replace(sources, equivalents=equivalents))
    assert plot is not None
    row = next(r for r in plot.rows if r.label[0] == "Hope")
    assert row.cells["effect"][0] == "no equivalent"
    assert ("Why", "not_available: one needs an SD", "") in row.facts
    assert len(plot.results) == 2


def test_a_result_without_estimate_is_listed_in_the_umbrella_too() -> None:
    sources = reviews(3)
    effects = sources.effects.copy()
    effects.loc[1, ["estimate", "ci_low", "ci_high"]] = math.nan
    effects.loc[1, ["drawn", "reason"]] = ["no", "not_available: no estimate"]
    kept = sources.equivalents[sources.equivalents["id"] != "E001"]
    changed = dataclasses.replace(sources, effects=effects, equivalents=kept)
    plot = umbrella_plot(changed)
    assert plot is not None and plot.n_rows == 3 and len(plot.results) == 2
    row = next(r for r in plot.rows if r.label[0] == "Pain")
    assert ("Why", "not_available: no estimate", "") in row.facts
    assert row.cells["as_printed"] == ("–", "")
    assert_readable(drawings(changed)["umbrella"].draw()[0])


def test_quality_is_told_by_form_and_colour_and_words() -> None:
    plot = umbrella_plot(reviews(15))
    assert plot is not None
    looks = {row.style: look_of(row.style) for row in plot.results}
    assert len(looks) == 5
    assert len({(look.sign, look.colour) for look in looks.values()}) == 5
    rated = [look for style, look in looks.items() if style != "quality:"]
    assert len({look.sign for look in rated}) == len(rated)  # no two by colour alone
    words = [entry.words for entry in plot.legend]
    assert words == ["High", "Moderate", "Low", "Critically low", "Not rated"]
    assert all("amstar2" in row.cells for row in plot.results)


def test_a_set_of_grades_has_a_look_of_its_own() -> None:
    sources = reviews(3)
    appraisal = sources.appraisal.assign(final="", final_set="low;critically_low")
    plot = umbrella_plot(dataclasses.replace(sources, appraisal=appraisal))
    assert plot is not None
    assert {row.style for row in plot.results} == {"quality:set"}
    assert {row.cells["amstar2"][0] for row in plot.results} == {"Low or critically low"}
    assert set(QUALITY) == {"high", "moderate", "low", "critically_low", "set", ""}


# --- directions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "better", "said"),
    [(-2, -1, "lower", IMPROVED), (-2, -1, "higher", WORSENED), (1, 2, "higher", IMPROVED),
     (-1, 2, "higher", NO_EFFECT), (1, 2, "", UNCLEAR), (math.nan, 2, "lower", UNCLEAR)],
)  # fmt: skip
def test_the_direction_of_an_interval(low: float, high: float, better: str, said: str) -> None:
    assert shown_by(low, high, 0.0, better) == said


def test_a_review_with_two_directions_differs_and_counts_as_that_only() -> None:
    sources = reviews(3)
    again = sources.findings.head(1).assign(finding_id="X", result="worsened")
    findings = pd.concat([sources.findings, again])
    found = votes(dataclasses.replace(sources, findings=findings))
    assert [v.direction for v in found if v.review == "r000"] == [DIFFERS]
    assert len(found) == 3


def test_the_map_has_a_bubble_for_each_review_and_outcome() -> None:
    sources = reviews(12)
    found = evidence_map(sources)
    assert found is not None
    places = {(c.review, c.outcome) for c in found.cells}
    assert places == set(zip(sources.effects["review_id"], sources.effects["outcome"], strict=True))
    figure, spots = drawings(sources)["evidence_map"].draw()
    signs = [t for t in texts(figure) if t in {sign for sign, _, _ in SHOWN.values()}]
    assert len(spots) == 12 and len(signs) == 12 + len({c.direction for c in found.cells})
    assert any(("Source", "Author 2020, page 3", "") in spot.facts for spot in spots)


def test_areas_of_bubbles_rise_with_the_number_of_studies() -> None:
    areas = [area_of(k, 40.0) for k in (1, 2, 10, 40)]
    assert areas == sorted(areas) and len(set(areas)) == 4
    assert area_of(math.nan, 40.0) == areas[0]
    signs = {sign for sign, _, _ in SHOWN.values()}
    assert len(signs) == len(SHOWN)  # no direction by colour alone


def test_the_map_reads_directions_from_intervals_where_no_finding_says_any() -> None:
    sources = dataclasses.replace(reviews(6), findings=reviews(6).findings.head(0))
    found = evidence_map(sources)
    assert found is not None
    for cell, row in zip(
        sorted(found.cells, key=lambda c: c.review), sources.effects.to_dict("records"), strict=True
    ):
        better = sources.outcome(row["outcome"])["better_when"]
        assert cell.direction == shown_by(row["ci_low"], row["ci_high"], 0.0, better)


def test_each_vote_is_a_bar_as_high_as_the_quality_of_its_review() -> None:
    sources = reviews(10)
    found = harvest(sources)
    assert found is not None
    assert sum(len(v) for v in found.votes.values()) == 10
    assert [found.heights[r] for r in ("r000", "r001", "r002", "r003", "r004")] == [4, 3, 2, 1, 0]
    figure, spots = drawings(sources)["harvest"].draw()
    bars = [a for a in figure.artists if isinstance(a, Rectangle)]
    assert len(spots) == 10 and len(bars) > 10
    notes = re.sub(r"\s+", " ", " ".join(texts(figure)))
    for review, number in found.numbers.items():
        assert f"{number} {found.names[review]}" in notes


# --- every figure ---------------------------------------------------------------------------------


@pytest.mark.parametrize("width", WIDTHS)
def test_no_text_of_a_figure_of_trials_is_cut_off_or_crosses_another(width: int) -> None:
    for labels in ((), [f"{i} {LONG}" for i in range(13)]):
        for drawing in plan(bcg(labels=labels), Wanted(width_mm=width)).drawings:
            figure, _ = drawing.draw()
            assert figure.get_figwidth() * 25.4 <= width + 1e-6
            assert_readable(figure)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("n", [3, 40, 120])
def test_no_text_of_a_figure_of_reviews_is_cut_off_or_crosses_another(n: int, width: int) -> None:
    wanted = Wanted(width_mm=width, kinds=("umbrella", "evidence_map", "harvest"))
    for drawing in plan(reviews(n), wanted).drawings:
        figure, _ = drawing.draw()
        assert figure.get_figwidth() * 25.4 == pytest.approx(width)
        assert_readable(figure)


@pytest.mark.parametrize("width", [85, 180])
def test_long_names_of_reviews_fit_the_maps(width: int) -> None:
    wanted = Wanted(width_mm=width, kinds=("umbrella", "evidence_map", "harvest"))
    for drawing in plan(reviews(13, LONG), wanted).drawings:
        assert_readable(drawing.draw()[0])


def test_plots_higher_than_a_page_are_cut_into_pages() -> None:
    sources = reviews(120)
    drawing = drawings(sources, kinds=("umbrella",))["umbrella"]
    whole, _ = drawing.draw()
    assert drawing.pages is not None
    pages = drawing.pages()
    assert whole.get_figheight() * 72 > PAGE_HIGH and len(pages) > 1
    assert all(page.get_figheight() * 72 <= PAGE_HIGH + 40 for page in pages)
    n = [len(np.asarray(part(page, "markers").get_offsets())) for page in pages]
    assert sum(n) == 120
    assert len({page.axes[0].get_xlim() for page in pages}) == 1
    for page in pages:
        assert_readable(page)
    assert "Goes on on the next page." in texts(pages[0])


def test_small_plots_have_one_page() -> None:
    drawing = drawings(reviews(3), kinds=("umbrella",))["umbrella"]
    assert drawing.pages is not None and drawing.pages() == []


def test_only_the_wanted_kinds_are_planned() -> None:
    found = plan(bcg(), Wanted(kinds=("funnel",)))
    assert [d.kind for d in found.drawings] == ["funnel"]
    assert {key.split(".")[1] for key in found.figures.lines} == {"funnel"}
    assert set(drawings(bcg())) <= set(KINDS)


def test_an_empty_review_has_no_figure_and_says_so() -> None:
    sources = bcg()
    empty = dataclasses.replace(
        sources, averages=sources.averages.head(0), pooled=sources.pooled.head(0)
    )
    found = plan(empty)
    assert found.drawings == []
    assert {n.kind for n in found.not_drawn} == {"umbrella", "evidence_map", "harvest"}


# --- keys -----------------------------------------------------------------------------------------


def keys_of(drawing: Drawing) -> set[str]:
    figure, spots = drawing.draw()
    gids = [str(t.get_gid()) for t in figure.texts]
    shown = {g.split("key:", 1)[1] for g in gids if "key:" in g}
    return shown | {key for spot in spots for _, _, key in spot.facts if key}


@pytest.mark.parametrize("sources", [bcg(), bcg(ci="HK"), reviews(9)], ids=["z", "HK", "reviews"])
def test_every_number_of_a_figure_has_a_key_that_is_known(sources: Sources) -> None:
    found = plan(sources)
    for drawing in found.drawings:
        own = {k for k in keys_of(drawing) if k.startswith("forest.")}
        assert own <= set(found.figures.lines), drawing.stem
        others = keys_of(drawing) - own
        assert all(re.match(r"(synthesis|credibility|included|overlap)\.", k) for k in others)


def test_bare_numbers_have_keys() -> None:
    for sources in (bcg(), reviews(9)):
        for drawing in plan(sources).drawings:
            figure, _ = drawing.draw()
            for text in figure.texts:
                gid, words = str(text.get_gid()), text.get_text()
                if BARE.fullmatch(words) and "key:" not in gid:
                    assert "axis-" in gid, (drawing.stem, words, gid)


def test_the_figures_of_the_stage_lead_to_rows() -> None:
    found = plan(bcg())
    every = found.figures.lines.items()
    lines = {key: {name: str(v or "") for name, v in line.items()} for key, line in every}
    cells = [k for k in lines if k.startswith("forest.cells.")]
    assert len(cells) == 26
    assert resolve(lines, cells[0]) == [
        ("data/extraction/study_effects.csv", f"study_effect_id={cells[0].split('.')[2]}")
    ]
    for key, line in lines.items():
        assert line["rule"] and (line["rests_on"] or line["file"]), key


# --- on the page ----------------------------------------------------------------------------------


def test_forest_plots_stand_open_on_the_page_and_what_lies_behind_them_is_folded() -> None:
    found = plan(bcg())
    index = [
        {c: str(getattr(d, c)) for c in ("stem", "kind", "outcome", "scale", "title", "caption")}
        for d in found.drawings
    ]
    index.append({**index[0], "stem": "harvest", "kind": "harvest", "outcome": ""})
    svg = '<svg xmlns="http://www.w3.org/2000/svg"/>'
    results = Results(
        stages={"forest/index": index},
        figures={},
        protocol=bcg().protocol,
        drawings={f"forest/{row['stem']}": svg for row in index},
    )
    placed = drawings_of_page(results)
    assert [d.name for d in placed["votes"]] == ["forest_harvest"]
    folds = {d.name: d.fold for d in placed["effects"]}
    assert list(folds) == [f"forest_{d.stem}" for d in found.drawings]  # in the order of the index
    assert folds.pop("forest_tb__RR__studies") == ""
    assert set(folds.values()) == {"Tuberculosis (RR): what lies behind the pooled result"}


def test_the_page_lists_what_is_not_drawn_and_why() -> None:
    found = plan(_first(bcg(), 9))
    rows = [
        {c: str(getattr(n, c)) for c in ("kind", "outcome", "scale", "reason")}
        for n in found.not_drawn
    ]
    results = Results(stages={"forest/not_drawn": rows}, figures={}, protocol=bcg().protocol)
    table = figures_not_drawn.build(results)
    said = [[cell.shown for cell in row] for row in table.rows]
    assert ["Tuberculosis", "RR", "funnel plot", "not_estimable: k=9, fewer than 10"] in said
    assert set(figures_not_drawn.KINDS) == set(KINDS)


# --- the command ----------------------------------------------------------------------------------


def run(folder: Path, sources: Sources, *more: str) -> int:
    given = {"effects": "effects", "pooled": "pooled", "studies": "averages", "reviews": "reviews",
             "appraisal": "appraisal", "verdicts": "verdicts", "matrix": "matrix",
             "equivalents": "equivalents"}  # fmt: skip
    words = ["forest", "--protocol", str(folder / "protocol.yaml"), "--out", str(folder / "out")]
    for option, name in given.items():
        tables.write(getattr(sources, name), folder / f"{name}.csv")
        words += [f"--{option}", str(folder / f"{name}.csv")]
    (folder / "protocol.yaml").write_text(
        "title: T\noutcomes:\n"
        "  - {id: hope, label: Hope, domain: psychosocial, better_when: higher}\n"
        "  - {id: pain, label: Pain, domain: clinical, better_when: lower}\n"
        "  - {id: stay, label: Stay}\n",
        encoding="utf-8",
    )
    return main([*words, *more])


def test_the_command_writes_figures_index_and_what_is_not_drawn(tmp_path: Path) -> None:
    assert run(tmp_path, reviews(6), "--width-mm", "120", "--dpi", "150") == 0
    index = tables.read_result(tmp_path / "out" / "index.csv", ("n_rows",))
    assert index["kind"].tolist()[0] == "umbrella"
    for stem in index["stem"]:
        for ending in ("svg", "pdf", "png"):
            assert (tmp_path / "out" / f"{stem}.{ending}").stat().st_size > 500
    figures = tables.read_result(tmp_path / "out" / "figures.csv")
    assert figures["key"].str.startswith("forest.").all()
    absent = tables.read_result(tmp_path / "out" / "not_drawn.csv")
    assert absent["kind"].tolist() == ["harvest"]
    root = Xml.parse(tmp_path / "out" / f"{index['stem'][0]}.svg").getroot()
    assert root.get("role") == "group" and root.get("width", "").startswith("340.1")


def test_the_command_removes_figures_that_are_no_longer_drawn(tmp_path: Path) -> None:
    assert run(tmp_path, reviews(6), "--kinds", "umbrella", "evidence_map") == 0
    assert (tmp_path / "out" / "evidence_map.svg").is_file()
    assert run(tmp_path, reviews(6), "--kinds", "umbrella") == 0
    left = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert left == ["figures.csv", "index.csv", "not_drawn.csv", "umbrella__SMD.pdf",
                    "umbrella__SMD.png", "umbrella__SMD.svg"]  # fmt: skip


def test_unknown_kinds_and_limits_are_told_with_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, reviews(3), "--kinds", "pie", "umbrella") == 2
    said = capsys.readouterr().err
    assert "forest.figures" in said and "'pie'" in said and "evidence_map" in said
    assert run(tmp_path, reviews(3), "--limits", "RR=0,4") == 2
    assert "forest.limits" in capsys.readouterr().err


def test_the_command_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    found = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        assert run(tmp_path / name, reviews(4)) == 0
        files = sorted((tmp_path / name / "out").iterdir())
        found.append({p.name: p.read_bytes() for p in files})
    assert found[0] == found[1]


# --- spots ----------------------------------------------------------------------------------------


def test_a_spot_gathers_its_texts_and_can_have_the_focus() -> None:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg"><metadata>x</metadata><g id="figure_1">'
        '<g id="row1|key:a.b"><text style="font-size: 7px; fill: #111" transform="rotate(-0 1 2)"'
        ' x="1.00000" y="2">5</text></g><g id="|note-0"><text style="font-size: 7px">n</text></g>'
        "</g></svg>"
    )
    spot = Spot("row1", "Smith 2020", [("RR", "0.5", "a.b"), ("Source", "p. 2", "")], 1, 2, 3, 4)
    root = Xml.fromstring(with_spots(svg, [spot]))
    space = {"s": "http://www.w3.org/2000/svg"}
    (group,) = root.findall(".//s:g[@class='spot']", space)
    assert group.get("tabindex") == "0" and group.get("data-keys") == "a.b;"
    assert group.findtext("s:title", "", space) == "Smith 2020\nRR: 0.5\nSource: p. 2"
    text = group.find("s:g/s:text", space)
    assert text is not None and text.attrib == {"x": "1", "y": "2", "fill": "#111"}
    assert [g.get("id") for g in root.iter(f"{{{space['s']}}}g")][:2] == ["figure_1", "note-0"]
    assert root.find("s:metadata", space) is None


def test_the_golden_parts_name_how_they_were_made() -> None:
    assert PARTS["made_by"].startswith("metafor 3.8")
    assert (GOLDEN / "forest_bcg_parts.R").is_file()
    assert len(list(pools(bcg()))) == 1
