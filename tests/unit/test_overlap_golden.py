"""Overlap against reference matrices, read as files: overall, every pair, X cells, printed values.

Matrices of the R package ccaR, of junoR and of public overviews (HEDCO Institute, CC BY 4.0;
Gunschera et al. 2026, Apache-2.0); origins in golden/overlap/README.md of the reference files.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from parapluie import tables
from parapluie.errors import InputError
from parapluie.overlap import Inputs, Options, Overlap, overlap
from parapluie.overlap.cca import band, corrected_covered_area, matrix, weighted_covered_area
from parapluie.overlap.codes import Codes
from parapluie.overlap.given import frames_of, from_matrix

pytestmark = pytest.mark.shared

NAMES = (
    "ccar_large",
    "gerd",
    "gerd_missing",
    "groove_style_missing",
    "gunschera2026",
    "hedco_depression",
    "hedco_depression_eligible",
    "hedco_suicide",
    "junor_doc_example",
    "miyazaki2017",
)
FOLDER = "golden/overlap"
REPEATS = {"ccar_large.matrix.csv": "different"}
"""ccar_large names "Safarinejad 2009" in two rows (276, 278), and its figures count both."""


def counted(path: Path, options: Options | None = None, codes: Codes | None = None) -> Overlap:
    made = from_matrix(
        tables.read_text(path), codes or Codes(repeats=REPEATS.get(path.name, "error"))
    )
    reviews, studies = frames_of(made, "m.csv", "extraction/studies")
    others = {
        name: tables.read(None, f"extraction/{name}")
        for name in ("study_links", "study_facts", "overlap_distribution")
    }
    inputs = Inputs(
        reviews, studies, *others.values(), {"studies": "m.csv"},
        tuple(made.listed), tuple(made.warnings), tuple(made.notes), 1,
    )  # fmt: skip
    return overlap(inputs, options or Options())


def line(found: Overlap) -> dict[str, Any]:
    first: dict[str, Any] = found.tables["cca"].iloc[0].to_dict()
    return first


def names(found: Overlap) -> dict[str, str]:
    reviews = found.tables["reviews"]
    return dict(zip(reviews["review_id"], reviews["name"], strict=True))


def expected(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / FOLDER / "expected.json").read_text())
    return found


def test_every_reference_file_is_asserted(shared: Path) -> None:
    there = {p.name for p in (shared / FOLDER).iterdir()}
    ours = {f"{n}.{kind}.csv" for n in NAMES for kind in ("matrix", "pairwise")}
    others = {"README.md", "expected.json", "hand_examples.json", "published_examples.json"}
    assert there == ours | others
    assert set(expected(shared)) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_overall(shared: Path, name: str) -> None:
    want = expected(shared)[name]
    found = counted(shared / FOLDER / f"{name}.matrix.csv")
    got = line(found)
    assert (got["n"], got["r"], got["c"], got["x"]) == (
        want["N"],
        want["r"],
        want["c"],
        want["X_structural_missing"],
    )
    for column in ("covered_area", "cca", "cca_adjusted"):
        if want[column] is None:
            assert got[column] is None
        else:
            assert got[column] == pytest.approx(want[column], rel=1e-9)
    assert (got["band_adjusted"] or got["band"]) == want["band"]
    assert got["in_one"] == want["studies_in_1_review"]
    assert got["in_more_than_one"] == want["studies_in_2plus"]
    assert got["pairs"] == want["pairs"]
    end = "_adjusted" if want["X_structural_missing"] else ""
    bands = {b: got[f"pairs_{b}{end}"] for b in ("slight", "moderate", "high", "very_high")}
    assert {b: n for b, n in bands.items() if n} == want["pair_bands"]
    dropped = found.tables["problems"]["found"].str.contains("in no review").sum()
    assert dropped == want["zero_rows_dropped"]


@pytest.mark.parametrize("name", NAMES)
def test_every_pair(shared: Path, name: str) -> None:
    """The files print percents with four decimals: ours, rounded so, are the same."""
    with (shared / FOLDER / f"{name}.pairwise.csv").open(encoding="utf-8") as file:
        wanted = {frozenset((r["review_a"], r["review_b"])): r for r in csv.DictReader(file)}
    found = counted(shared / FOLDER / f"{name}.matrix.csv")
    said = names(found)
    rows = found.tables["pairs"].to_dict("records")
    assert len(rows) == len(wanted)
    for row in rows:
        a, b = said[row["review_a"]], said[row["review_b"]]
        want = wanted.pop(frozenset((a, b)))
        one, two = ("a", "b") if want["review_a"] == a else ("b", "a")
        assert [row["n_a"], row["n_b"]] == [int(want[f"n_{one}"]), int(want[f"n_{two}"])]
        assert (row["shared"], row["in_either"], row["x"]) == tuple(
            int(want[k]) for k in ("shared", "r", "X")
        )
        adjusted = row["cca"] if row["cca_adjusted"] is None else row["cca_adjusted"]
        numbers = {
            "cca_pct": row["cca"],
            "cca_adjusted_pct": adjusted,
            "overlap_coefficient_pct": row["overlap_coefficient"],
            f"pct_of_{one}_in_{two}": row["contained_a"],
            f"pct_of_{two}_in_{one}": row["contained_b"],
        }
        for column, value in numbers.items():
            assert round(100 * (value or 0), 4) == pytest.approx(float(want[column]), abs=1e-9)
        assert (row["band_adjusted"] or row["band"]) == want["band"]
    assert not wanted


@pytest.mark.parametrize("name", ["gerd", "hedco_suicide", "hedco_depression"])
def test_year_rule_from_names(shared: Path, name: str) -> None:
    want = expected(shared)[name]["by_year_rule"]
    found = counted(shared / FOLDER / f"{name}.matrix.csv", Options("half_open", "year"))
    got = line(found)
    assert got["x"] == want["X"]
    assert round(100 * got["cca_adjusted"], 4) == want["cca_adjusted_pct"]
    told = [t for t in found.tables["problems"]["found"] if ") in " in t]
    assert len(told) == want["conflicts_included_but_later"]
    slugs = [("_".join(n.casefold().replace("-", " ").split()) for n in two)
             for two in want.get("conflicts", ())]  # fmt: skip
    for study, review in slugs:
        assert any(t.startswith(f"{study} (") and f" in {review} (" in t for t in told)


@pytest.mark.parametrize("name", ["gerd_missing", "groove_style_missing"])
def test_year_rule_rebuilds_every_cell(shared: Path, tmp_path: Path, name: str) -> None:
    """With the X taken out, the rule puts back these cells and no others."""
    path = shared / FOLDER / f"{name}.matrix.csv"
    bare = tmp_path / "m.csv"
    rows = list(csv.reader(path.open(encoding="utf-8")))
    text = [[("0" if cell == "X" else cell) for cell in row] for row in rows]
    bare.write_text("\n".join(",".join(f'"{c}"' for c in row) for row in text) + "\n")
    given, ruled = counted(path), counted(bare, Options("half_open", "year"))
    columns = ["study_id", "review_id", "state"]
    assert (given.tables["matrix"]["state"] == "structural_missing").sum() > 0
    pd.testing.assert_frame_equal(
        given.tables["matrix"].sort_values(columns, ignore_index=True),
        ruled.tables["matrix"].sort_values(columns, ignore_index=True),
    )


def test_blank_cells_mean_x_only_when_said(shared: Path, tmp_path: Path) -> None:
    """test4.xlsx of ccaR leaves X cells blank: 28.5714 % adjusted, and a warning either way."""
    text = (shared / FOLDER / "groove_style_missing.matrix.csv").read_text()
    blank = tmp_path / "m.csv"
    blank.write_text(text.replace("X", ""))
    said = counted(blank, codes=Codes("structural_missing"))
    assert round(100 * line(said)["cca_adjusted"], 4) == 28.5714
    plain = counted(blank)
    assert line(plain)["x"] == 0
    assert round(100 * line(plain)["cca"], 4) == 22.2222
    for found in (said, plain):
        assert found.tables["problems"]["found"].str.contains("empty cells beside").sum() == 1


def test_a_study_in_two_rows_is_refused_with_both(shared: Path) -> None:
    with pytest.raises(InputError) as error:
        counted(shared / FOLDER / "ccar_large.matrix.csv", codes=Codes())
    assert [p.found for p in error.value.problems] == [
        "study 'Safarinejad 2009' 2 times, in rows 276 and 278"
    ]
    found = counted(shared / FOLDER / "ccar_large.matrix.csv")
    assert found.tables["problems"]["found"].str.contains("Safarinejad").sum() == 2


def test_stray_blanks_in_names_change_nothing(shared: Path, tmp_path: Path) -> None:
    path = shared / FOLDER / "junor_doc_example.matrix.csv"
    spaced = tmp_path / "m.csv"
    spaced.write_text(
        path.read_text().replace("Review_2", "  Review_2 ").replace("Study_1", " Study_1")
    )
    assert names(counted(spaced)) == names(counted(path))
    assert line(counted(spaced)) == line(counted(path))


def test_all_zero_rows_do_not_count(shared: Path) -> None:
    """junor_doc_example: 41.6667 %, and 15.0 % if the two rows counted."""
    got = line(counted(shared / FOLDER / "junor_doc_example.matrix.csv"))
    assert round(100 * got["cca"], 4) == 41.6667
    assert corrected_covered_area(got["n"], got["r"] + 2, got["c"]) == pytest.approx(0.15)


def test_band_boundary(shared: Path) -> None:
    path = shared / FOLDER / "gunschera2026.matrix.csv"
    assert line(counted(path))["band"] == "moderate"
    assert line(counted(path, Options("pieper2014")))["band"] == "slight"


@pytest.mark.parametrize(
    ("name", "small", "large", "n", "percent"),
    [
        ("hedco_depression", "Bastounis 2016", "Caldwell 2021", (9, 137), 6.5693),
        ("ccar_large", "Xiao 2012", "Madeira 2020", (2, 179), 1.1173),
    ],
)
def test_small_review_inside_large_one(
    shared: Path, name: str, small: str, large: str, n: tuple[int, int], percent: float
) -> None:
    """Kirvalidze et al. 2023: flagged, and the small review is told to add no study of its own."""
    found = counted(shared / FOLDER / f"{name}.matrix.csv")
    ids = {v: k for k, v in names(found).items()}
    pairs = found.tables["pairs"]
    two = pairs[pairs["review_a"].isin([ids[small], ids[large]])
                & pairs["review_b"].isin([ids[small], ids[large]])].iloc[0]  # fmt: skip
    sizes = {two["review_a"]: two["n_a"], two["review_b"]: two["n_b"]}
    assert (sizes[ids[small]], sizes[ids[large]], two["shared"]) == (*n, n[0])
    assert round(100 * two["cca"], 4) == percent
    assert two["one_inside_other"]
    mine = found.tables["reviews"].set_index("review_id").loc[ids[small]]
    assert ids[large] in mine["inside"].split(";")
    assert mine["standing"] == "adds no study: inside one review"


# --- worked by hand, and printed ------------------------------------------------------------------


def edges(shared: Path) -> dict[str, dict[str, Any]]:
    hand = json.loads((shared / FOLDER / "hand_examples.json").read_text())
    return {e["case"]: e for e in hand["edges"]}


def test_edges_by_hand(shared: Path) -> None:
    want = edges(shared)
    same = matrix(list("abcde"), ["r1", "r2"], np.ones((5, 2), dtype=bool))
    apart = matrix(["a", "b"], ["r1", "r2"], np.eye(2, dtype=bool))
    zero = matrix(list("abc"), ["r1", "r2"], np.array([[1, 1], [1, 0], [0, 0]], dtype=bool))
    one = matrix(["a", "b"], ["r1"], np.ones((2, 1), dtype=bool))
    cca = {
        "two identical reviews of 5 studies": same,
        "two disjoint reviews": apart,
        "all-zero row among 3 rows, 2 reviews sharing 1 of 2 studies": zero,
    }
    for case, cells in cca.items():
        assert corrected_covered_area(cells.n, len(cells.studies), 2) == want[case]["cca"]
    case = "all-zero row among 3 rows, 2 reviews sharing 1 of 2 studies"
    assert len(zero.studies) == want[case]["r"]
    assert want["one review"]["expect"] == "cca empty"
    assert corrected_covered_area(one.n, 2, 1) is None
    bands = {case: e["band"] for case, e in want.items() if "band" in e}
    assert bands == {case: band(float(case.split()[0]) / 100) for case in bands}
    assert len(bands) + len(cca) + 1 == len(want)


def test_wcca_by_hand(shared: Path) -> None:
    want = json.loads((shared / FOLDER / "hand_examples.json").read_text())["wcca"]
    held = np.array([[r in s["reviews"] for r in "ABC"] for s in want["studies"]])
    cells = matrix([s["id"] for s in want["studies"]], list("ABC"), held)
    sizes = np.array([float(s["n"]) for s in want["studies"]])
    assert weighted_covered_area(cells, sizes) == pytest.approx(want["wcca"], rel=1e-9)
    n, r = cells.n, len(cells.studies)
    assert (n, r, float(np.sqrt(sizes).sum())) == (want["N"], want["r"], want["sum_w"])
    assert corrected_covered_area(n, r, want["c"]) == pytest.approx(want["cca"], rel=1e-9)


def printed(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / FOLDER / "published_examples.json").read_text())
    return found


def test_published_values(shared: Path) -> None:
    """Each value that a paper or manual prints, to the digits that it prints."""
    seen = 0
    for one in printed(shared)["published"]:
        if one["kind"] not in ("cca", "cca_adjusted"):
            continue
        n, r, c = (one["inputs"][k] for k in ("N", "r", "c"))
        cca = 100 * (corrected_covered_area(n, r, c) or 0)
        if one["kind"] == "cca_adjusted":
            adjusted = 100 * (corrected_covered_area(n, r, c, one["inputs"]["X"]) or 0)
            assert round(cca, 4) == one["unadjusted_pct"]
            assert round(adjusted, 4) == one["adjusted_pct"]
        else:
            assert round(cca, 4) == one["recomputed_pct"]
            said = one.get("published_pct", 100 * one.get("published_proportion", 0))
            digits = len(str(said).partition(".")[2])
            assert round(cca, digits) == said
        if "matrix" in one:
            got = line(counted(shared / FOLDER / f"{one['matrix']}.matrix.csv"))
            assert (got["n"], got["r"], got["c"]) == (n, r, c)
        seen += 1
    assert seen == 8


def test_published_diagonal(shared: Path) -> None:
    """The README of ccaR prints studies of each review, and those in no other."""
    one = next(p for p in printed(shared)["published"] if p["kind"] == "single_over_total")
    found = counted(shared / FOLDER / f"{one['matrix']}.matrix.csv")
    mine = found.tables["reviews"].set_index("name")
    for name, want in one["published"].items():
        assert (mine.loc[name, "total"], mine.loc[name, "unique"]) == (
            want["total"],
            want["single"],
        )


def test_derived_wcca(shared: Path) -> None:
    for one in printed(shared)["derived_wcca"]:
        pairs = one["studies_n_k"]
        held = np.array([[j < k for j in range(one["c"])] for _, k in pairs])
        reviews = [f"r{j}" for j in range(one["c"])]
        cells = matrix([f"s{i}" for i in range(len(pairs))], reviews, held)
        sizes = np.array([float(n) for n, _ in pairs])
        assert weighted_covered_area(cells, sizes) == pytest.approx(one["wcca"], rel=1e-9)
        cca = corrected_covered_area(cells.n, len(pairs), one["c"])
        assert cca == pytest.approx(one["cca"], rel=1e-9)


def test_band_cases(shared: Path) -> None:
    for case in printed(shared)["band_cases"]:
        assert band(case["pct"] / 100) == case["default"]
        assert band(case["pct"] / 100, "pieper2014") == case["pieper2014"]
