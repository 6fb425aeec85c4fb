"""The figures of overlap and appraisal: all is there, nothing overlaps, nothing is cut off."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import numpy as np
import pandas as pd
import pytest

from parapluie import grid
from parapluie.appraisal import Source
from parapluie.appraisal import pictures as appraisal_pictures
from parapluie.appraisal.pictures.looks import look_of
from parapluie.appraisal.tool import load_tool, tool_names
from parapluie.cli import main
from parapluie.figure.drawn import Drawing, in_parts, write
from parapluie.figure.sizes import POINTS_PER_MM
from parapluie.figure.texts import boxes_allowed
from parapluie.overlap import pictures as overlap_pictures
from parapluie.overlap.cca import BANDS
from parapluie.overlap.pictures import Sources, lists_of
from parapluie.overlap.pictures.distribution import counted_steps
from parapluie.overlap.pictures.frame import percent, turned
from parapluie.overlap.pictures.heat_map import COLOURS
from parapluie.overlap.pictures.intersections import intersections_of
from parapluie.report.svg import inline
from parapluie.trace import Figures
from tests import made_lists
from tests.figure_boxes import assert_readable

PAGE_MM = 240.0
LISTS = pytest.mark.parametrize(
    ("reviews", "studies", "width"),
    [(2, 1, 85), (4, 10, 180), (4, 10, 85), (12, 60, 180), (12, 60, 85), (24, 450, 180),
     (24, 80, 120), (60, 150, 180), (120, 60, 180)],
)  # fmt: skip
RATED = pytest.mark.parametrize(
    ("reviews", "recorded", "width"),
    [(1, 0, 180), (4, 2, 180), (4, 2, 85), (12, 0, 120), (24, 4, 180), (60, 3, 180), (60, 0, 85),
     (120, 0, 180)],
)  # fmt: skip


def texts_of(figure: Any) -> list[Any]:
    return [t for t in figure.texts if t.get_text()]


def keys_of(figure: Any) -> list[str]:
    gids = [(t.get_gid() or "").partition("|")[2] for t in texts_of(figure)]
    return [g.removeprefix("key:") for g in gids if g.startswith("key:")]


def assert_clear(figure: Any, spots: Sequence[Any], labels: str, places: str) -> None:
    """Hold that no text of a kind lies over a part of the drawing of a kind."""
    renderer = figure.canvas.get_renderer()
    scale, high = figure.dpi / 72, figure.bbox.y1
    boxes = np.array([
        [s.x * scale, high - (s.y + s.height) * scale, (s.x + s.width) * scale, high - s.y * scale]
        for s in spots if re.match(places, s.place)
    ])  # fmt: skip
    for text in texts_of(figure):
        if re.search(labels, text.get_gid()):
            x0, y0, x1, y1 = text.get_window_extent(renderer).extents
            across = np.minimum(boxes[:, 2], x1) - np.maximum(boxes[:, 0], x0)
            down = np.minimum(boxes[:, 3], y1) - np.maximum(boxes[:, 1], y0)
            assert not ((across > 0.3) & (down > 0.8)).any(), text.get_text()


def assert_printable(drawing: Drawing, figure: Any, spots: Sequence[Any], width: float) -> None:
    """Hold what holds of every figure: size, type, room, and what its parts tell."""
    assert_readable(figure)
    wide, high = figure.get_size_inches() * 25.4
    assert wide <= width + 0.1 and high <= PAGE_MM, drawing.stem
    assert {t.get_fontsize() for t in texts_of(figure)} == {7.0}
    assert len({s.place for s in spots}) == len(spots)
    for spot in spots:
        assert spot.name and spot.facts
        assert spot.x >= 0 and spot.x + spot.width <= wide * POINTS_PER_MM + 0.1
    for text in texts_of(figure):
        place, _, name = text.get_gid().partition("|")
        bare = re.fullmatch(r"(?=.*\d)[\s\d.,%+−–-]+", text.get_text())
        assert not bare or name.startswith(("key:", "axis-", "label-")), text.get_text()
        assert not place or place in {s.place for s in spots}


# --- overlap --------------------------------------------------------------------------------------


def drawn(
    sources: Any, width: float, stage: str = "overlap"
) -> tuple[dict[str, list[Any]], Figures, Any]:
    """Draw every figure of a stage; give them by kind."""
    made = Figures(stage)
    plan = {"overlap": overlap_pictures.plan, "appraisal": appraisal_pictures.plan}[stage]
    found: Any = plan(sources, made, width)
    by_kind: dict[str, list[Any]] = {}
    for drawing in found.drawings:
        with boxes_allowed():
            figure, spots = drawing.draw()
            assert_printable(drawing, figure, spots, width)
        by_kind.setdefault(drawing.kind, []).append((figure, spots))
    return by_kind, made, found


@LISTS
def test_overlap_can_be_read_at_every_size(reviews: int, studies: int, width: float) -> None:
    sources = made_lists.sources(reviews, studies, steps=True)
    by_kind, made, found = drawn(sources, width)
    lists = lists_of(sources)
    figures = [f for parts in by_kind.values() for f, _ in parts]
    recorded = {f"overlap.recorded.distribution.{s.text}" for s in sources.steps}
    assert {k for f in figures for k in keys_of(f)} <= set(made.lines) | recorded
    assert ("upset" in by_kind) is (reviews <= 12)
    assert [n.kind for n in found.not_drawn] == ([] if reviews <= 12 else ["upset"])
    _assert_every_pair(by_kind["heatmap"], made, lists)
    _assert_every_study(by_kind["citation_matrix"], lists)
    assert f"too_many: {reviews} reviews" in "".join(n.reason for n in found.not_drawn) or (
        reviews <= 12
    )


def _assert_every_pair(parts: Sequence[Any], made: Figures, lists: Any) -> None:
    """Each pair that shares a study has its number in exactly one cell, as the lists give it."""
    shown = {}
    for figure, spots in parts:
        for text in texts_of(figure):
            if text.get_gid().endswith(".cca"):
                key = text.get_gid().partition("|key:")[2]
                assert key not in shown
                shown[key] = text.get_text()
        assert_clear(figure, spots, r"\|label-(row|column)", "cell")
    held = lists.included.astype(int)
    for i, a in enumerate(lists.reviews):
        for j, b in enumerate(lists.reviews[:i]):
            shared = int(held[:, i] @ held[:, j])
            either = int((held[:, i] | held[:, j]).sum())
            key = f"overlap.pairs.{'.'.join(sorted((a.id, b.id)))}.cca"
            if shared:
                assert shown[key] == percent(shared / either)
                assert made.lines[key]["value"] == shared / either
            else:
                assert shown.get(key, "0") in ("0", "–")
    numbers = Counter(k for f, _ in parts for k in keys_of(f) if k.endswith((".total", ".unique")))
    assert set(numbers.values()) == {1} and len(numbers) == 2 * len(lists.reviews)


def _assert_every_study(parts: Sequence[Any], lists: Any) -> None:
    """Each study stands once for each run of reviews that includes it, with its dots."""
    dots = sum(
        len(c.get_offsets())
        for figure, _ in parts
        for c in figure.artists
        if type(c).__name__ == "CircleCollection" and len(c.get_offsets())
    )
    assert dots == int(lists.included.sum()) + 2 * len(parts)  # two in each legend
    named = [s.name for _, spots in parts for s in spots if s.place.startswith("row")]
    assert set(named) == {s.label for s in lists.studies}
    for figure, spots in parts:
        _assert_names_left_of_dots(figure, spots)


def _assert_names_left_of_dots(figure: Any, spots: Sequence[Any]) -> None:
    renderer, scale = figure.canvas.get_renderer(), figure.dpi / 72
    heads = [(s.x * scale, (s.x + s.width) * scale) for s in spots if s.place.startswith("head")]
    for text in texts_of(figure):
        if "|label-study" in text.get_gid():
            box = text.get_window_extent(renderer)
            assert all(box.x1 <= a + 0.3 or box.x0 >= b - 0.3 for a, b in heads), text.get_text()


@pytest.mark.parametrize(("reviews", "studies"), [(4, 10), (12, 60)])
def test_intersections_are_those_of_the_lists(reviews: int, studies: int) -> None:
    sources = made_lists.sources(reviews, studies)
    by_kind, made, found = drawn(sources, 180)
    lists = lists_of(sources)
    expected = Counter(tuple(np.flatnonzero(row)) for row in lists.included)
    assert {x.reviews: x.n for x in intersections_of(lists)} == expected
    assert found.intersections["n_studies"].sum() == studies
    ids = [r.id for r in lists.reviews]
    for key in keys_of(by_kind["upset"][0][0]):
        if key.startswith("overlap.intersections."):
            names = key.split(".")[2].split("+")
            assert made.lines[key]["value"] == expected[tuple(ids.index(n) for n in names)]


def test_many_reviews_get_the_largest_intersections_in_words() -> None:
    *_, found = drawn(made_lists.sources(24, 80), 180)
    assert 1 <= len(found.intersections) <= 20
    assert found.intersections["n_reviews"].min() > 1
    assert re.search(r"the most: \d+ in .+ and .+", found.not_drawn[0].reason)


def test_what_is_not_listed_is_said() -> None:
    full = made_lists.sources(4, 10)
    table = pd.concat([full.reviews, pd.DataFrame([("x", "Absent", 2020.0)],
                                                  columns=full.reviews.columns)])  # fmt: skip
    sources = Sources(full.matrix, table, full.listed, full.labels, full.years, ["r001"])
    by_kind, *_ = drawn(sources, 180)
    for kind in ("heatmap", "citation_matrix", "upset"):
        words = " ".join(t.get_text() for t in texts_of(by_kind[kind][0][0]))
        assert "Left out, as their studies are not listed: Absent 2020." in words
    words = " ".join(t.get_text() for t in texts_of(by_kind["heatmap"][0][0]))
    assert "Listed with fewer studies than they report: van der Meer-Oudenaarden 2006." in words


def test_without_lists_the_recorded_distribution_stands_alone() -> None:
    full = made_lists.sources(4, 10, steps=True)
    bounds = {f"overlap.recorded.cca_{e}_percent": {"value": v}
              for e, v in (("low", 1.46), ("high", 2.5))}  # fmt: skip
    empty = Sources(full.matrix.iloc[:0], full.reviews, steps=full.steps, lines=bounds)
    by_kind, _, found = drawn(empty, 180)
    assert list(by_kind) == ["distribution_recorded"]
    absent = ["heatmap", "citation_matrix", "upset", "distribution"]
    assert [n.kind for n in found.not_drawn] == absent
    assert {n.reason for n in found.not_drawn} == {
        "not_available: no included review has a list of its studies"
    }
    figure, spots = by_kind["distribution_recorded"][0]
    shown = [t.get_text() for t in texts_of(figure)]
    assert {"241", "20", "7", "4–8", "1.5", "2.5"} <= set(shown)
    assert ("Source", "S1", "") in spots[0].facts


def test_the_whole_stands_below_the_pairs_plain_and_adjusted() -> None:
    full = made_lists.sources(4, 10)
    lines = {
        "overlap.all.cca_percent": {"value": 6.849},
        "overlap.all.cca_adjusted": {"value": None},
    }
    for adjusted, shown in ((None, ["6.8"]), (0.0712, ["6.8", "7.1"])):
        lines["overlap.all.cca_adjusted"] = {"value": adjusted}
        sources = Sources(full.matrix, full.reviews, full.listed, full.labels, full.years,
                          lines=lines)  # fmt: skip
        figure, _ = overlap_pictures.plan(sources, Figures("overlap")).drawings[0].draw()
        assert_readable(figure)
        found = [t.get_text() for t in texts_of(figure) if "overlap.all.cca" in t.get_gid()]
        assert found == shown


def test_one_review_alone_has_no_pairs() -> None:
    by_kind, _, found = drawn(made_lists.sources(1, 5), 180)
    assert list(by_kind) == ["citation_matrix", "distribution"]
    assert {n.kind for n in found.not_drawn} == {"heatmap", "upset"}


def test_a_whole_field_is_not_drawn_but_its_distribution() -> None:
    rows = [(f"s{i}", f"r{j}", "included") for j in range(200) for i in range(j, j + 3)]
    table = pd.DataFrame([(f"r{j}", f"A{j}", 2000.0) for j in range(200)],
                         columns=["review_id", "first_author", "year"])  # fmt: skip
    sources = Sources(pd.DataFrame(rows, columns=["study_id", "review_id", "state"]), table,
                      list(table["review_id"]))  # fmt: skip
    by_kind, _, found = drawn(sources, 180)
    assert list(by_kind) == ["distribution"]
    assert {n.kind for n in found.not_drawn} == {"heatmap", "citation_matrix", "upset"}
    assert all("200 reviews" in n.reason for n in found.not_drawn)


@pytest.mark.parametrize("most", [1, 12, 20, 21, 60, 2_000])
def test_rows_of_the_distribution_hold_every_study(most: int) -> None:
    counts = [most - k for k in range(most)]
    steps = counted_steps(counts)
    assert sum(s.n for s in steps) == sum(counts)
    assert [s.low for s in steps[1:]] == [s.high + 1 for s in steps[:-1]]
    assert steps[0].low == 1 and steps[-1].high == most and len(steps) <= 30


def test_structural_missingness_is_crossed() -> None:
    def crosses(sources: Sources) -> int:
        figures = [f for f, _ in drawn(sources, 180)[0]["citation_matrix"]]
        return sum(
            len(c.get_segments())
            for f in figures
            for c in f.artists
            if type(c).__name__ == "LineCollection" and "#9aa5af" in _colours(c)
        )

    sources = made_lists.sources(4, 10)
    cells = int((sources.matrix["state"] == "structural_missing").sum())
    assert cells and crosses(sources) == 2 * (cells + 1)  # one in the legend
    assert crosses(made_lists.sources(4, 10, years=False)) == 0


def _colours(collection: Any) -> set[str]:
    from matplotlib.colors import to_hex

    return {to_hex(c) for c in collection.get_colors()}


def test_bands_grow_darker() -> None:
    def lightness(colour: str) -> float:
        red, green, blue = (int(part, 16) for part in re.findall("..", colour[1:]))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    shades = [lightness(COLOURS[name]) for name in BANDS]
    assert all(a - b > 25 for a, b in itertools.pairwise(shades))


def test_long_names_keep_their_year() -> None:
    name = "Smith and the Collaborating Group of Long Names for Systematic Reviews 2012"
    assert turned(name)[-1].endswith("… 2012") and len(turned(name)) == 2
    assert turned(f"{name} (r036)", 1)[0].endswith("… 2012 (r036)")
    assert turned("Smith 2012") == ["Smith 2012"]


def test_letters_without_a_font_are_named() -> None:
    full = made_lists.sources(4, 10)
    table = full.reviews.assign(first_author=["\U00012345", "王", "Smith", "Ng"])
    by_kind, *_ = drawn(Sources(full.matrix, table, full.listed, full.labels, full.years), 180)
    for kind in ("heatmap", "citation_matrix", "upset"):
        words = " ".join(t.get_text() for t in texts_of(by_kind[kind][0][0]))
        assert "stand as boxes:" in words and "U+12345" in words
        assert "\U00012345 2000" in words


# --- appraisal ------------------------------------------------------------------------------------


@RATED
def test_appraisal_can_be_read_at_every_size(reviews: int, recorded: int, width: float) -> None:
    tool = load_tool("amstar2")
    sources = made_lists.appraised(reviews, tool, recorded=recorded, open_every=17)
    by_kind, *_ = drawn(sources, width, "appraisal")
    assert list(by_kind) == ["items", "answers"]
    shown = {}
    for figure, spots in by_kind["items"]:
        assert_clear(figure, spots, r"\|label-(review|item)", "(cell|grade)")
        shown |= {t.get_gid().partition("|key:")[2]: t.get_text() for t in texts_of(figure)}
    for row in sources.items.to_dict("records"):
        letters = look_of(row["answer"]).letter if row["answer"] else "?"
        letters = "–" if row["state"] == "not_scored" else letters
        assert shown[f"appraisal.items.{row['review_id']}.{row['item']}"] == letters
    graded = [s.facts[0] for _, spots in by_kind["items"] for s in spots
              if s.place.startswith("grade")]  # fmt: skip
    keys = {key for _, _, key in graded}
    assert keys == {f"appraisal.overall.{r}.grade" for r in sources.reviews["review_id"]}
    assert len(graded) == reviews + recorded


@RATED
def test_bars_have_their_denominators(reviews: int, recorded: int, width: float) -> None:
    tool = load_tool("amstar2")
    sources = made_lists.appraised(reviews, tool, recorded=recorded, open_every=17)
    by_kind, *_ = drawn(sources, width, "appraisal")
    figure, spots = by_kind["answers"][0]
    assert_clear(figure, _bars(figure), r"\|label-item", "bar")
    for item in tool.items:
        own = sources.items[sources.items["item"] == item.id]
        facts = {key: text for s in spots for _, text, key in s.facts}
        key = f"appraisal.item.{item.id}"
        assert facts[f"{key}.scored"] == str((own["answer"] != "").sum())
        for name, n in own["answer"].value_counts().items():
            if name:
                assert facts[f"{key}.{name}"].split(" ")[0] == str(n)
        unscored = int((own["state"] == "not_scored").sum())
        assert facts.get(f"{key}.not_scored", "0") == str(unscored)
    shown = {t.get_gid().partition("|key:")[2]: t.get_text() for t in texts_of(figure)}
    for key, text in shown.items():
        if key.startswith("appraisal.item."):
            assert facts.get(key, "0").split(" ")[0] == text


def _bars(figure: Any) -> list[Any]:
    """Give the filled boxes of a figure as places."""
    from parapluie.figure.spots import Spot

    wide, high = figure.get_size_inches() * 72
    found = []
    for collection in figure.artists:
        if type(collection).__name__ == "PolyCollection":
            for path in collection.get_paths():
                box = path.get_extents()
                found.append(Spot("bar", "", [], box.x0 * wide, (1 - box.y1) * high,
                                  box.width * wide, box.height * high))  # fmt: skip
    assert found
    return found


def test_critical_items_are_marked() -> None:
    sources = made_lists.appraised(4, load_tool("amstar2"))
    by_kind, *_ = drawn(sources, 180, "appraisal")
    heads = [t for t in texts_of(by_kind["items"][0][0]) if "|label-item" in t.get_gid()]
    marked = {t.get_text().split("*")[0] for t in heads if "*" in t.get_text()}
    assert marked == sources.profile.critical
    assert {t.get_text() for t in heads if t.get_weight() == "bold"} == {
        t.get_text() for t in heads if "*" in t.get_text()
    }


def test_recorded_grades_alone_are_bars() -> None:
    sources = made_lists.appraised(0, load_tool("amstar2"), recorded=12)
    by_kind, _, found = drawn(sources, 180, "appraisal")
    assert list(by_kind) == ["grades"]
    assert {n.kind for n in found.not_drawn} == {"items", "answers"}
    figure, spots = by_kind["grades"][0]
    assert "appraisal.overall.set.low.critically_low" in keys_of(figure)
    assert sum(int(s.facts[0][1]) for s in spots) == 12
    assert ("Source", "Cooper 2024 (S1)", "") in spots[-1].facts


@pytest.mark.parametrize("name", tool_names())
def test_answers_of_an_item_have_letters_of_their_own(name: str) -> None:
    for item in load_tool(name).items:
        letters = [look_of(a).letter for a in item.answers]
        assert len(set(letters)) == len(letters), item.id


@pytest.mark.parametrize("name", [n for n in tool_names() if load_tool(n).items])
def test_every_tool_can_be_drawn(name: str) -> None:
    for width in (85, 180):
        by_kind, *_ = drawn(made_lists.appraised(5, load_tool(name)), width, "appraisal")
        assert set(by_kind) == {"items", "answers"}


def test_recorded_domains_are_a_table_of_their_own() -> None:
    sources = made_lists.appraised(4, load_tool("amstar2"))
    rows = [(f"r{i:03}", part, rating, f"S{i}", 2 + i) for i in range(4)
            for part, rating in (("1", "high"), ("2", "Low"), ("overall", "unclear"))]  # fmt: skip
    rows += [("absent", "1", "high", "S9", 99), ("r000", "3", "", "S9", 98)]
    table = pd.DataFrame(rows, columns=["review_id", "part", "rating", "source", "_row"])
    robis = Source("robis", "recorded", "data/appraisal/robis/recorded.csv", table)
    made = Figures("appraisal")
    found = appraisal_pictures.plan(sources, made, 120, [robis])
    drawing = next(d for d in found.drawings if d.kind == "recorded")
    figure, spots = drawing.draw()
    assert_printable(drawing, figure, spots, 120)
    shown = {t.get_gid().partition("|key:")[2]: t.get_text() for t in texts_of(figure)}
    parts = {"1": "H", "2": "L", "overall": "U"}
    keys = {f"appraisal.recorded_parts.r{i:03}.robis.{p}": x
            for i in range(4) for p, x in parts.items()}  # fmt: skip
    assert {k: v for k, v in shown.items() if k} == keys
    assert keys.keys() <= made.lines.keys()
    assert all("S0" in str(s.facts) for s in spots if s.name.startswith("Smith 2000"))
    amstar = Source("amstar2", "recorded", "data/appraisal/amstar2/recorded.csv", table)
    kinds = [d.kind for d in appraisal_pictures.plan(sources, made, 120, [amstar]).drawings]
    assert kinds == ["items", "answers"]


# --- files ----------------------------------------------------------------------------------------


def test_files_are_the_same_each_time_and_hold_their_fonts(tmp_path: Path) -> None:
    sources = made_lists.sources(4, 10, steps=True)
    contents = []
    for run in ("one", "two"):
        found = overlap_pictures.plan(sources, Figures("overlap"), 120)
        write(found.drawings, overlap_pictures.KINDS, tmp_path / run, 60)
        contents.append({p.name: p.read_bytes() for p in sorted((tmp_path / run).iterdir())})
    assert contents[0] == contents[1]
    assert {Path(n).suffix for n in contents[0]} == {".svg", ".pdf", ".png"}
    for name, body in contents[0].items():
        if name.endswith(".pdf"):
            assert b"/FontFile2" in body and b"/Type3" not in body
        if name.endswith(".svg"):
            root = Xml.fromstring(body)
            assert list(root.iter("{http://www.w3.org/2000/svg}text"))
            assert not list(root.iter("{http://www.w3.org/2000/svg}image"))


def test_figures_of_an_earlier_run_go(tmp_path: Path) -> None:
    kept = tmp_path / "items_of_others.svg"
    for name in ("items.svg", "items_2.png", "answers.pdf"):
        (tmp_path / name).write_text("old")
    kept.write_text("kept")
    (tmp_path / "items.csv").write_text("kept")
    write([], appraisal_pictures.KINDS, tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"items_of_others.svg", "items.csv"}


def test_parts_are_numbered() -> None:
    draws: list[Any] = [lambda: None] * 2
    assert [d.stem for d in in_parts("heatmap", "T", "", draws)] == ["heatmap", "heatmap_2"]
    assert in_parts("heatmap", "T", "", draws)[1].title == "T, part 2 of 2"
    assert in_parts("heatmap", "T", "", draws[:1])[0].title == "T"


def test_kinds_are_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "reviews.csv").write_text("review_id,year,n_studies\na,2010,NR\nb,2012,3\n")
    (tmp_path / "studies.csv").write_text("review_id,study_label\na,X\na,Y\nb,Y\n")
    words = ["overlap", "--reviews", str(tmp_path / "reviews.csv"), "--studies",
             str(tmp_path / "studies.csv"), "--out", str(tmp_path / "out")]  # fmt: skip
    assert main([*words, "--kinds", "upset"]) == 0
    assert {p.name for p in (tmp_path / "out").glob("*.svg")} == {"upset.svg"}
    assert main([*words, "--kinds"]) == 0
    assert list((tmp_path / "out").glob("*.svg")) == []
    assert main([*words, "--kinds", "pie", "cake"]) == 2
    assert "'pie'" in (said := capsys.readouterr().err) and "'cake'" in said


# --- the grid of other stages ---------------------------------------------------------------------


def label(name: str, length: int) -> str:
    return (f"{name} " + "Longauthor and Other-Author " * 4)[:length].strip()


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


# --- on the page ----------------------------------------------------------------------------------


def test_a_year_on_a_line_of_its_own_is_a_label_on_the_page(tmp_path: Path) -> None:
    sources = made_lists.sources(4, 10)
    found = overlap_pictures.plan(sources, made := Figures("overlap"), 180)
    write(found.drawings, overlap_pictures.KINDS, tmp_path, 60)
    page = Xml.fromstring(inline((tmp_path / "heatmap.svg").read_text(), made.lines))
    texts = [t for t in page.iter("{http://www.w3.org/2000/svg}text") if t.text == "2006"]
    assert [t.get("class") for t in texts] == ["label"]
    spots = [g for g in page.iter() if g.get("class") == "spot"]
    # what is left of the ids is what signs and clipped parts refer to
    referred = set(re.findall(r"#([^)\"]+)", Xml.tostring(page, encoding="unicode")))
    assert {e.get("id") for e in page.iter() if e.get("id")} <= referred
    assert {k for g in spots for k in g.get("data-keys", "").split(";") if k} <= set(made.lines)
