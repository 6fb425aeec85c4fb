"""The drawing on the renderer's own boxes: nothing overlaps, nothing is cut, at any content."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest

from parapluie import drawing
from parapluie.prisma import diagram
from parapluie.prisma.counts import Count
from parapluie.prisma.template import TEMPLATES

LONG = "A reason whose label has eighty characters and says at length why it was so (80)"
WORD = "Electroencephalographically-unsubstantiated/uncategorisable-interventions"


def flow(reasons: list[str], number: int = 3, waiting: int = 0, sources: int = 2) -> list[Count]:
    def count(box: str, unit: str, n: int = number, label: str = "") -> Count:
        return Count(box, unit, n, label or box, "counted")

    records = [
        "database_results",
        "register_results",
        "website_results",
        "organisation_results",
        "citations_results",
        "duplicates",
        "excluded_automatic",
        "excluded_other",
        "records_screened",
        "records_excluded",
    ]
    reports = [
        "previous_reports",
        "dbr_sought_reports",
        "dbr_notretrieved_reports",
        "dbr_assessed",
        "dbr_excluded",
        "other_sought_reports",
        "other_notretrieved_reports",
        "other_assessed",
        "other_excluded",
        "new_reports",
        "total_reports",
    ]
    open_boxes = [
        "dbr_awaiting_screening",
        "dbr_conflict_screening",
        "dbr_awaiting",
        "dbr_conflict",
        "other_duplicates",
        "other_records_excluded",
        "other_awaiting",
        "other_conflict",
        "reports_superseded",
    ]
    return [
        *(count(box, "records") for box in records),
        *(
            count(f"database_specific_results.s{i}", "records", label=f"Source {i}")
            for i in range(sources)
        ),
        *(count(box, "reports") for box in reports),
        *(count(box, "reports", waiting) for box in open_boxes),
        *(
            count(f"{arm}_excluded.R{i}", "reports", label=text)
            for arm in ("dbr", "other")
            for i, text in enumerate(reasons)
        ),
        *(
            count(f"{arm}_reviews_excluded.R{i}", "reviews", number - 1)
            for arm in ("dbr", "other")
            for i, _ in enumerate(reasons)
        ),
        *(
            count(f"{arm}_reviews_{name}", "reviews", number - 1)
            for arm in ("dbr", "other")
            for name in ("assessed", "excluded")
        ),
        *(
            count(box, "reviews")
            for box in [
                "previous_studies",
                "new_studies",
                "total_studies",
                "reviews_with_list",
                "reviews_without_list",
            ]
        ),
        count("studies_unique", "studies"),
    ]


CONTENTS = {
    "small": flow(["Wrong population"]),
    "huge": flow([LONG] * 20, 1_234_567, 4_321, 12),
    "words": flow([WORD, WORD], 1_234_567, 1),
}


def overlap(a: tuple[float, ...], b: tuple[float, ...], slack: float = 0.0) -> bool:
    return (
        a[0] < b[2] - slack and b[0] < a[2] - slack and a[1] < b[3] - slack and b[1] < a[3] - slack
    )


def text_boxes(made: diagram.Drawing) -> list[tuple[str, str, tuple[float, ...]]]:
    """Owner, words and corners of each text, in points from the upper left corner."""
    renderer = made.figure.canvas.get_renderer()  # type: ignore[attr-defined]
    scale = 72 / made.figure.dpi
    found = []
    for owner, artist in made.texts:
        box = artist.get_window_extent(renderer)
        corners = (box.x0, made.height / scale - box.y1, box.x1, made.height / scale - box.y0)
        found.append((owner, artist.get_text(), tuple(c * scale for c in corners)))
    return found


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("template", TEMPLATES)
def test_texts_stay_apart_and_inside_their_boxes(template: str, content: str) -> None:
    notes = ["No list of primary studies: " + "alpha2020, beta2021, " * 30]
    made = diagram.draw(CONTENTS[content], template, "Recorded in the publication", notes)
    texts = text_boxes(made)
    page = (0.0, 0.0, diagram.WIDTH, made.height)
    for owner, words, (x0, y0, x1, y1) in texts:
        left, top, width, height = made.boxes.get(owner, (0.0, 0.0, *page[2:]))
        inside = left - 0.5 <= x0 and x1 <= left + width + 0.5
        assert inside and top - 0.5 <= y0 and y1 <= top + height + 0.5, (owner, words)
    # Ascenders and descenders of neighbouring lines may share a little of the leading.
    for (_, one, a), (_, other, b) in combinations(texts, 2):
        assert not overlap(a, b, 0.8), (one, other)


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("template", TEMPLATES)
def test_boxes_stay_apart_and_on_the_page(template: str, content: str) -> None:
    made = diagram.draw(CONTENTS[content], template)
    corners = {n: (x, y, x + w, y + h) for n, (x, y, w, h) in made.boxes.items()}
    for name, (x0, y0, x1, y1) in corners.items():
        assert x0 >= 0 and y0 >= 0 and x1 <= diagram.WIDTH and y1 <= made.height, name
    for one, other in combinations(corners, 2):
        assert not overlap(corners[one], corners[other]), (one, other)


def test_templates_have_their_arms() -> None:
    drawn = {t: set(diagram.draw(CONTENTS["small"], t).boxes) for t in TEMPLATES}
    other = {"box11", "box12", "box13", "box14", "box15", "header_other"}
    previous = {"box1", "box16", "header_previous"}
    basic = {f"box{i}" for i in range(2, 11)}
    for template, found in drawn.items():
        assert basic <= found
        assert (other <= found) is template.endswith("other")
        assert (previous <= found) is template.startswith("updated")
        assert not (other & found and not template.endswith("other"))


def test_what_waits_has_a_box_only_above_zero() -> None:
    quiet = diagram.draw(CONTENTS["small"], "new_databases").boxes
    waiting = diagram.draw(CONTENTS["words"], "new_databases").boxes
    extra = {"awaiting_screening", "conflict_screening", "awaiting", "conflict"}
    assert not extra & set(quiet)
    assert extra <= set(waiting)


def test_both_units_are_shown_where_a_review_has_several_reports() -> None:
    lines = [
        ln
        for b in diagram.blocks({c.box: c for c in CONTENTS["small"]}, "new_databases")
        for ln in b.lines
    ]
    excluded = next(ln for ln in lines if ln.label == "Reports excluded")
    assert [(n.unit, n.n) for n in excluded.numbers] == [("n", 3), ("k", 2)]


def test_recorded_numbers_without_a_line_are_not_lost() -> None:
    recorded = [
        Count("database_results", "records", 777, "Databases", "", recorded=True),
        Count("records_total", "records", 779, "References in all", "", recorded=True),
        Count("duplicates", "records", None, "Duplicates", "", absent="x", recorded=True),
    ]
    made = diagram.draw(recorded, "new_databases")
    words = [artist.get_text() for _, artist in made.texts]
    assert "References in all" in words
    assert "Duplicate records removed: not recorded" in words
    keys = [a.get_gid() for _, a in made.texts if str(a.get_gid()).startswith("key:")]
    assert keys == ["key:prisma.recorded.database_results", "key:prisma.recorded.records_total"]


def test_svg_has_real_text_keys_and_the_same_bytes_twice(tmp_path: Path) -> None:
    for name in ("one", "two"):
        made = diagram.draw(CONTENTS["small"], "new_databases")
        drawing.save(made.figure, tmp_path / name / "flow", diagram.TITLE, made.description)
    for ending in drawing.FORMATS:
        first = (tmp_path / "one" / f"flow.{ending}").read_bytes()
        assert first == (tmp_path / "two" / f"flow.{ending}").read_bytes(), ending
    svg = (tmp_path / "one" / "flow.svg").read_text(encoding="utf-8")
    assert 'data-key="prisma.records_screened"' in svg
    assert len(re.findall(r"<text", svg)) == len(made.texts)
    assert "<title>PRISMA 2020 flow diagram</title>" in svg
    assert "Records screened (n = 3)" in svg
    ids = re.findall(r'\bid="([^"]*)"', svg)
    assert len(ids) == len(set(ids))


def test_words_that_are_too_long_are_cut() -> None:
    lines = diagram.wrap(WORD, 60.0, diagram.SIZE)
    assert len(lines) > 1
    assert all(diagram.text_width(line, diagram.SIZE) <= 60.0 for line in lines)
    assert "".join(line.removesuffix("-") for line in lines).replace("-", "") == WORD.replace(
        "-", ""
    )
