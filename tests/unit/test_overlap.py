"""Overlap: CCA, pairs, identity of studies, scopes, recorded bounds, drawing.

Golden matrices come from the R package ccaR and public overviews; see golden/overlap/README.md of
the reference files.
"""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from parapluie import tables
from parapluie.cli import main
from parapluie.errors import InputError
from parapluie.overlap import Inputs, Options, overlap
from parapluie.overlap.cca import (
    Matrix,
    band,
    corrected_covered_area,
    matrix,
    weighted_covered_area,
)
from parapluie.overlap.recorded import Step, bounds
from parapluie.trace import matches


def golden(shared: Path, name: str) -> Matrix:
    with (shared / "golden/overlap" / f"{name}.matrix.csv").open(encoding="utf-8") as file:
        header, *rows = list(csv.reader(file))
    cells = np.array([row[1:] for row in rows])
    return matrix([row[0] for row in rows], header[1:], cells == "1", cells == "X")


def table(schema: str, rows: list[dict[str, object]]) -> pd.DataFrame:
    listed = [{k: str(v) for k, v in row.items()} for row in rows]
    columns = list(dict.fromkeys(c for row in listed for c in row))
    made = tables.Table(
        "t.csv",
        columns,
        [{c: r.get(c, "") for c in columns} for r in listed],
        list(range(2, len(listed) + 2)),
    )
    return tables.frame(made, tables.table_schema(f"extraction/{schema}"))


def inputs(
    studies: list[dict[str, object]],
    reviews: list[str] | None = None,
    links: list[dict[str, object]] | None = None,
    facts: list[dict[str, object]] | None = None,
    distribution: list[dict[str, object]] | None = None,
    years: dict[str, int] | None = None,
) -> Inputs:
    names = reviews or sorted({str(s["review_id"]) for s in studies})
    frame = pd.DataFrame({"review_id": names, "n_studies": math.nan})
    frame["year"] = [float((years or {}).get(n, math.nan)) for n in names]
    shown = {"studies": "data/extraction/studies.csv"}
    if links:
        shown["links"] = "data/extraction/study_links.csv"
    if distribution:
        shown["distribution"] = "data/extraction/overlap_distribution.csv"
    return Inputs(
        frame,
        table("studies", studies),
        table("study_links", links or []),
        table("study_facts", facts or []),
        table("overlap_distribution", distribution or []),
        shown,
    )


def listed(**reviews: str) -> list[dict[str, object]]:
    return [
        {"review_id": review, "study_label": s.upper(), "study_id": s}
        for review, studies in reviews.items()
        for s in studies.split()
    ]


# --- golden numbers -------------------------------------------------------------------------------


@pytest.mark.shared
def test_hand_examples(shared: Path) -> None:
    hand = json.loads((shared / "golden/overlap/hand_examples.json").read_text())
    want = hand["wcca"]
    held = np.array([[r in s["reviews"] for r in "ABC"] for s in want["studies"]])
    cells = matrix([s["id"] for s in want["studies"]], list("ABC"), held)
    sizes = np.array([float(s["n"]) for s in want["studies"]])
    assert weighted_covered_area(cells, sizes) == pytest.approx(want["wcca"])
    rows: list[dict[str, object]] = [
        {"review_id": a.lower(), "study_label": s, "study_id": s, "outcome": o}
        for a, s, o in hand["outcome_level"]["long"]
    ]
    cca = overlap(inputs(rows), Options()).tables["cca"].set_index("scope")
    for scope, key in (("all", "overall"), ("pain", "pain"), ("function", "function")):
        for column in ("c", "r", "cca"):
            assert cca.loc[scope, column] == pytest.approx(hand["outcome_level"][key][column])
        assert cca.loc[scope, "n"] == hand["outcome_level"][key]["N"]


@pytest.mark.shared
def test_year_rule_equals_golden(shared: Path) -> None:
    """X where the study is later than the review rebuilds the X of the golden file."""
    cells = golden(shared, "gerd_missing")
    rows: list[dict[str, object]] = []
    for i, j in zip(*np.nonzero(cells.included), strict=True):
        year, label = cells.studies[i].split(" ", 1)
        rows.append({"review_id": f"r{j}", "study_label": f"{year} {label}", "year": year})
    years = {f"r{j}": int(name[:4]) for j, name in enumerate(cells.reviews)}
    line = overlap(inputs(rows, years=years), Options("half_open", "year")).tables["cca"].loc[0]
    assert (line["x"], line["r"]) == (151, 66)
    assert line["cca_adjusted"] == pytest.approx(0.15349887133182843)
    assert line["cca"] == pytest.approx(0.11447811447811448)


def test_published_values() -> None:
    """Alfaraj et al. 2026, J Prosthodont 35:127 (0.77 %); HEDCO overview of depression (6.8 %)."""
    assert corrected_covered_area(281, 261, 11) == pytest.approx(0.0077, abs=5e-5)
    assert corrected_covered_area(1152, 450, 24) == pytest.approx(0.068, abs=5e-4)


# --- bands and edges ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cca", "scheme", "name"),
    [
        (0.04999, "half_open", "slight"),
        (0.05, "half_open", "moderate"),
        (0.15, "half_open", "very_high"),
        (3 / 20, "half_open", "very_high"),
        (0.0519, "pieper2014", "slight"),
        (0.055, "pieper2014", "moderate"),
        (0.154, "pieper2014", "high"),
        (None, "half_open", ""),
    ],
)
def test_bands(cca: float | None, scheme: str, name: str) -> None:
    assert band(cca, scheme) == name


def test_one_review_has_no_cca() -> None:
    found = overlap(inputs(listed(a="s1 s2")), Options())
    line = found.figures.lines["overlap.all.cca"]
    assert line["value"] is None
    assert line["absent_reason"] == "not_estimable: one review"


def test_no_lists_say_so() -> None:
    found = overlap(inputs([], reviews=["a", "b"]), Options())
    assert (
        "no included review has a list" in found.figures.lines["overlap.all.cca"]["absent_reason"]
    )
    assert list(found.tables["problems"]["found"]) == ["no study of any included review (k = 2)"]


def test_reviews_without_list_are_left_out_and_named() -> None:
    found = overlap(inputs(listed(a="s1 s2", b="s2"), reviews=["a", "b", "c"]), Options())
    assert found.figures.lines["overlap.all.c"]["value"] == 2
    assert found.without_list == ["c"]
    assert list(found.tables["problems"]["found"]) == ["no study of c"]


def test_small_review_inside_large_one_is_flagged() -> None:
    """Bastounis 2016 in Caldwell 2021 has this form: 9 of 137 studies, all shared."""
    large = " ".join(f"s{i}" for i in range(40))
    row = overlap(inputs(listed(a=large, b="s1 s2")), Options()).tables["pairs"].loc[0]
    assert row["one_inside_other"]
    assert row["contained_b"] == 1


def test_included_later_than_review_stays_and_warns() -> None:
    rows = listed(a="s1 s2", b="s2 s3")
    for row, year in zip(rows, (2000, 2012, 2012, 2012), strict=True):
        row["year"] = year
    found = overlap(inputs(rows, years={"a": 2010, "b": 2015}), Options("half_open", "year"))
    assert found.tables["cca"].loc[0, "x"] == 1
    assert any("s2 (2012) in a (2010)" in f for f in found.tables["problems"]["found"])


# --- identity -------------------------------------------------------------------------------------


def row(review: str, label: str, **more: object) -> dict[str, object]:
    return {"review_id": review, "study_label": label, **more}


def link(a: str, x: str, b: str, y: str, answer: str) -> dict[str, object]:
    return {"review_a": a, "study_label_a": x, "review_b": b, "study_label_b": y, "answer": answer}


def test_same_label_counts_once_and_is_listed() -> None:
    found = overlap(inputs([row("a", "Smith 2010"), row("b", "SMITH, 2010")]), Options())
    assert found.figures.lines["overlap.all.r"]["value"] == 1
    assert list(found.tables["matches_to_check"]["counted_as"]) == ["same"]


def test_pairs_to_check_are_counted() -> None:
    rows = [row("a", "Smith 2001"), row("b", "Smith (2001)"), row("b", "Other")]
    assert overlap(inputs(rows), Options()).figures.lines["overlap.matches_to_check"]["value"] == 1


def test_same_author_and_year_is_only_listed() -> None:
    rows = [
        row("a", "Smith 2010a", first_author="Smith", year=2010),
        row("b", "Smith 2010b", first_author="Smith", year=2010),
    ]
    found = overlap(inputs(rows), Options())
    assert found.figures.lines["overlap.all.r"]["value"] == 2
    assert list(found.tables["matches_to_check"]["counted_as"]) == ["different"]


@pytest.mark.parametrize(("answer", "r"), [("same", 1), ("different", 2)])
def test_people_decide(answer: str, r: int) -> None:
    rows = [row("a", "Smith 2010"), row("b", "Smith 2010" if answer == "different" else "Smythe")]
    links = [link("a", "Smith 2010", "b", str(rows[1]["study_label"]), answer)]
    found = overlap(inputs(rows, links=links), Options())
    assert found.figures.lines["overlap.all.r"]["value"] == r
    assert found.tables["matches_to_check"].empty


def test_answers_that_cannot_be_followed_are_told_together() -> None:
    rows = [row("a", "X", study_id="s"), row("b", "Y", study_id="s"), row("c", "Z")]
    links = [link("a", "X", "b", "Y", "different"), link("a", "X", "c", "nothing", "same")]
    with pytest.raises(InputError) as error:
        overlap(inputs(rows, links=links), Options())
    assert len(error.value.problems) == 2


def test_reports_of_one_label_are_one_study() -> None:
    rows = [row("a", "Cook", year=2011), row("a", "Cook", year=2012), row("b", "Other")]
    assert overlap(inputs(rows), Options()).figures.lines["overlap.all.r"]["value"] == 2


# --- recorded distribution ------------------------------------------------------------------------


def test_recorded_bounds() -> None:
    """Cooper et al. 2024, BMC Med 22:72: 426 studies in 35 reviews, 35 of them in 4 to 8 each."""
    given_steps = [(1, 1, 300), (2, 2, 72), (3, 3, 18), (4, 8, 35), (9, 9, 1)]
    found = bounds([Step(a, b, n, f"{a}-{b}", 2, "") for a, b, n in given_steps], 35)
    assert (found.r, found.n_low, found.n_high) == (426, 647, 787)
    assert 100 * (found.cca_low or 0) == pytest.approx(1.53, abs=0.005)
    assert 100 * (found.cca_high or 0) == pytest.approx(2.49, abs=0.005)


def test_recorded_is_never_mixed_with_counted() -> None:
    steps: list[dict[str, object]] = [{"times_included": "1-2", "n_studies": 10, "source": "S1"}]
    found = overlap(inputs(listed(a="s1", b="s1"), distribution=steps), Options())
    lines = found.figures.lines
    assert lines["overlap.all.r"]["value"] == 1
    assert lines["overlap.recorded.r"]["value"] == 10
    assert lines["overlap.recorded.distribution.1-2"]["source"] == "S1"


def test_ranges_that_overlap_are_refused() -> None:
    steps: list[dict[str, object]] = [
        {"times_included": "1-3", "n_studies": 1},
        {"times_included": "3", "n_studies": 1},
        {"times_included": "9-8", "n_studies": 1},
    ]
    with pytest.raises(InputError) as error:
        overlap(inputs(listed(a="s1"), distribution=steps), Options())
    assert [p.row for p in error.value.problems] == [3, 4]


# --- traces ---------------------------------------------------------------------------------------


def test_a_changed_cell_is_in_the_basis_of_what_it_changes() -> None:
    rows = listed(a="s1 s2 s3", b="s2 s3", c="s3 s4")
    for i, one in enumerate(rows):
        one["eligible"] = "yes" if i % 2 else "no"
    before = overlap(inputs(rows), Options()).figures.lines
    for i, column, text in ((0, "study_id", "s9"), (3, "review_id", "c"), (6, "eligible", "yes")):
        changed = [dict(one) for one in rows]
        changed[i][column] = text
        after = overlap(inputs(changed), Options()).figures.lines
        assert before.keys() & after.keys()
        for key in before.keys() & after.keys():
            if before[key]["value"] != after[key]["value"]:
                filters = {f.split(" [")[0] for f in before[key]["rows"].split(";")}
                texts = [{k: str(v) for k, v in r.items()} for r in (rows[i], changed[i])]
                assert any(matches(f, t, i + 2) for f in filters for t in texts), key


# --- command and drawing --------------------------------------------------------------------------


def test_command(tmp_path: Path) -> None:
    (tmp_path / "reviews.csv").write_text("review_id,year,n_studies\na,2010,NR\nb,2012,3\n")
    (tmp_path / "studies.csv").write_text("review_id,study_label\na,X\na,Y\nb,Y\n")
    words = ["overlap", "--reviews", str(tmp_path / "reviews.csv"), "--study-facts", "--links"]
    words += ["--studies", str(tmp_path / "studies.csv"), "--distribution"]
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    written = {p.name for p in (tmp_path / "out").iterdir()}
    assert {"cca.csv", "pairs.csv", "matrix.csv", "figures.csv", "heatmap.svg"} <= written
    svg = (tmp_path / "out/heatmap.svg").read_text()
    assert 'data-key="overlap.pairs.a.b.cca"' in svg
    first = {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()}
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    assert first == {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()}
