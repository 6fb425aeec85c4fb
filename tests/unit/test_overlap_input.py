"""Citation matrices and long tables that stand alone: codes, layouts, workbooks, faults."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from parapluie import tables
from parapluie.cli import main
from parapluie.errors import InputError
from parapluie.overlap.codes import Codes, state_of
from parapluie.overlap.given import Given, from_long, from_matrix

MATRIX = "study,Pace 2008,Tolia 2019\nAine 1993,1,1\nCook 2011,X,1\nDahl 2004,1,0\n"


def run(tmp_path: Path, *words: str) -> tuple[int, Path]:
    out = tmp_path / "out"
    return main(["overlap", *words, "--kinds", "--out", str(out)]), out


def written(tmp_path: Path, text: str, name: str = "m.csv") -> str:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def line(out: Path) -> dict[str, str]:
    return rows_of(out / "cca.csv")[0]


def read(tmp_path: Path, text: str, **codes: Any) -> Given:
    path = Path(written(tmp_path, text))
    return from_matrix(tables.read_text(path, "m.csv"), Codes(**codes))


# --- codes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "state"),
    [
        *((t, "included") for t in ("1", "Yes", "yes", "Y", "TRUE", "True", "1 - Yes", "1.0")),
        *((t, "not_included") for t in ("0", "No", "N", "FALSE", "0 - No", "", "  ", "0.0")),
        *((t, "structural_missing") for t in ("X", "NA", " X ")),
        ("excluded", "excluded"),
        ("ineligible", "ineligible"),
        ("unknown", "unknown"),
        ("?", "unknown"),
        *((t, None) for t in ("x", "2", "maybe", "na", "-")),
    ],
)
def test_codes(text: str, state: str | None) -> None:
    assert state_of(text, Codes()) == state


def test_settings_of_codes() -> None:
    assert state_of("x", Codes(lower_x=True)) == "included"
    assert state_of("X", Codes(lower_x=True)) == "structural_missing"
    assert state_of("", Codes(empty="structural_missing")) == "structural_missing"


def test_empty_cells_beside_zeros_warn(tmp_path: Path) -> None:
    both = read(tmp_path, "study,A,B\ns,1,\nt,0,1\n")
    assert [w.found for w in both.warnings] == ["1 empty cells beside 1 that say not included"]
    assert not read(tmp_path, "study,A,B\ns,1,\nt,,1\n").warnings
    assert not read(tmp_path, "study,A,B\ns,1,0\nt,0,1\n").warnings


# --- the command ----------------------------------------------------------------------------------


def test_matrix_stands_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(tmp_path, "--matrix", written(tmp_path, MATRIX))
    assert code == 0
    got = line(out)
    assert [got[k] for k in ("c", "r", "n", "x")] == ["2", "3", "4", "1"]
    assert (float(got["cca"]), float(got["cca_adjusted"])) == (pytest.approx(1 / 3), 0.5)
    wide = rows_of(out / "citation_matrix.csv")
    assert [tuple(r.values())[1:] for r in wide] == [
        ("Aine 1993", "1", "1"),
        ("Cook 2011", "X", "1"),
        ("Dahl 2004", "1", "0"),
    ]
    assert (out / "sentence.txt").read_text() in capsys.readouterr().out
    told = {r["assumption"]: r["value"] for r in rows_of(out / "assumptions.csv")}
    assert told["empty cells"] == "not_included"
    assert told["structural missingness"] == "X cells as given"
    assert told["reviews left out"] == "none"
    assert told["bands"].startswith("half_open")


def test_every_printed_number_has_its_key(tmp_path: Path) -> None:
    _, out = run(tmp_path, "--matrix", written(tmp_path, MATRIX))
    keys = {r["key"]: r for r in rows_of(out / "figures.csv")}
    for name in ("c", "r", "n", "x", "cca", "cca_adjusted", "covered_area", "in_one"):
        assert keys[f"overlap.all.{name}"]["value"] == line(out)[name]
    for pair in rows_of(out / "pairs.csv"):
        for name in ("shared", "cca", "cca_adjusted", "contained_a", "overlap_coefficient"):
            key = f"overlap.pairs.{pair['review_a']}.{pair['review_b']}.{name}"
            assert keys[key]["value"] == pair[name]
    file = (tmp_path / "m.csv").as_posix()
    assert {r["file"] for r in keys.values()} == {file}
    assert {r["rows"] for r in keys.values()} <= {"all [3 rows]", "all"}


def test_workbook_sheet_and_turned_matrix(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("Notes").append(["nothing here"])
    sheet = book.create_sheet("Matrix")
    for row in (
        ("Review", "Aine 1993", " Cook 2011 ", "Dahl 2004", "year"),
        ("Pace", 1, "X", True, 2008),
        ("Tolia", 1.0, "Yes", None, 2019),
        ("n", 40, 60, 80, None),
    ):
        sheet.append(row)
    path = tmp_path / "book.xlsx"
    book.save(path)
    code, out = run(tmp_path, "--matrix", str(path), "--sheet", "Matrix")
    assert code == 0
    got = line(out)
    assert [got[k] for k in ("c", "r", "n", "x")] == ["2", "3", "4", "1"]
    weights = [40**0.5, 60**0.5, 80**0.5]
    assert float(got["wcca"]) == pytest.approx(weights[0] / sum(weights))
    told = {r["assumption"]: r["value"] for r in rows_of(out / "assumptions.csv")}
    assert told["layout of the matrix"] == "reviews in rows"


@pytest.mark.parametrize("sheet", ["--sheet", "--matrix"])
def test_unknown_sheet_and_no_workbook_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], sheet: str
) -> None:
    path = tmp_path / "book.xlsx"
    if sheet == "--sheet":
        openpyxl.Workbook().save(path)
        code, _ = run(tmp_path, "--matrix", str(path), "--sheet", "None such")
    else:
        path.write_text("no workbook")
        code, _ = run(tmp_path, "--matrix", str(path))
    told = capsys.readouterr().err.splitlines()
    assert code == 2
    assert len(told) == 1
    assert "book.xlsx" in told[0]


def test_turned_by_option_is_the_same(tmp_path: Path) -> None:
    turned = "name,Aine 1993,Cook 2011,Dahl 2004\nPace 2008,1,X,1\nTolia 2019,1,1,0\n"
    _, out = run(tmp_path, "--matrix", written(tmp_path, MATRIX))
    first = {n: (out / n).read_bytes() for n in ("cca.csv", "pairs.csv", "matrix.csv")}
    run(tmp_path, "--matrix", written(tmp_path, turned), "--reviews-in", "rows")
    assert first == {n: (out / n).read_bytes() for n in first}


def test_years_and_search_dates_in_the_matrix(tmp_path: Path) -> None:
    text = (
        "study,publication date,A,B\nyear,,2010,2016\nsearch end,,,2015-06-30\n"
        "s,2011,0,1\nt,2015-09,1,0\nu,2015,0,1\nv,2009,1,1\n"
    )
    _, out = run(tmp_path, "--matrix", written(tmp_path, text), "--structural-missingness", "date")
    missing = [r for r in rows_of(out / "matrix.csv") if r["state"] == "structural_missing"]
    # t is in A although later than it: kept, and told. u may be of the months before the search.
    assert {(r["study_id"], r["review_id"]) for r in missing} == {
        ("s", "a"), ("u", "a"), ("t", "b"),
    }  # fmt: skip
    told = [r["found"] for r in rows_of(out / "problems.csv")]
    assert any(t.startswith("t (2015-09-01) in a (2010)") for t in told)
    by_year, out_year = run(
        tmp_path, "--matrix", str(tmp_path / "m.csv"), "--structural-missingness", "year"
    )
    assert by_year == 0
    missing = [r for r in rows_of(out_year / "matrix.csv") if r["state"] == "structural_missing"]
    assert {(r["study_id"], r["review_id"]) for r in missing} == {("s", "a"), ("u", "a")}


def test_all_faults_at_once_and_nothing_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "study,A,B,C\ns,1,x,?\ns,0,2,1\n,1,1,1\n"
    code, out = run(tmp_path, "--matrix", written(tmp_path, text))
    told = capsys.readouterr().err
    assert code == 2
    assert not out.exists()
    assert "Traceback" not in told
    for part in (
        "study 's' 2 times, in rows 2 and 3",
        "row 4: found a study without a name",
        "row 2, column B: found 'x'",
        "--lower-case-x",
        "row 3, column B: found '2'",
        "C unknown in 1 of 3 cells",
    ):
        assert part in told
    assert len(told.splitlines()) == 5


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "an empty file"),
        ("study\ns\n", "1 studies and 0 reviews"),
        ("study,A,A\ns,1,1\n", "column 'A' twice"),
        ("study,year,A\ns,93,1\n", "'93'"),
        ("study,A\nyear,96\ns,1\n", "'96' of A"),
    ],
)
def test_bad_matrices(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, part: str
) -> None:
    code, _ = run(tmp_path, "--matrix", written(tmp_path, text))
    assert code == 2
    assert part in capsys.readouterr().err


def test_files_that_exclude_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # fmt: skip
    path = written(tmp_path, MATRIX)
    assert run(tmp_path, "--matrix", path, "--studies", path)[0] == 2
    assert run(tmp_path)[0] == 2
    assert run(tmp_path, "--matrix", str(tmp_path / "none.csv"))[0] == 2
    assert "none.csv" in capsys.readouterr().err


def test_review_without_list_and_review_without_study(tmp_path: Path) -> None:
    text = "study,A,B,C,D\ns,1,1,?,0\nt,1,0,?,0\n"
    _, out = run(tmp_path, "--matrix", written(tmp_path, text))
    got = line(out)
    assert (got["c"], got["reviews_without_study"]) == ("3", "1")
    told = [r["found"] for r in rows_of(out / "problems.csv")]
    assert told == [
        "no included study of d, which has a list",
        "no study of c",
        "4 reviews in columns and 2 studies in rows",
    ]
    standing = {r["review_id"]: r["standing"] for r in rows_of(out / "reviews.csv")}
    assert standing == {
        "a": "adds studies of its own",
        "b": "adds no study: inside one review",
        "c": "no list of studies: left out",
        "d": "no study in this body",
    }
    assert "1 without a list of studies left out (c)" in (out / "sentence.txt").read_text()


def test_inside_all_others_together(tmp_path: Path) -> None:
    text = "study,A,B,C\ns,1,1,0\nt,1,0,1\nu,0,1,0\nv,0,0,1\n"
    _, out = run(tmp_path, "--matrix", written(tmp_path, text))
    mine = rows_of(out / "reviews.csv")[0]
    assert (mine["inside"], mine["inside_union"]) == ("", "yes")
    assert mine["standing"] == "adds no study: inside all others"


def test_one_review_has_no_cca(tmp_path: Path) -> None:
    _, out = run(tmp_path, "--matrix", written(tmp_path, "study,A\ns,1\nt,1\n"))
    assert (line(out)["cca"], line(out)["reason"]) == ("", "not_estimable: one review")
    assert "could not be computed (one review)" in (out / "sentence.txt").read_text()


def test_excluded_and_ineligible_are_shown_and_do_not_count(tmp_path: Path) -> None:
    text = written(tmp_path, "study,A,B\ns,1,1\nt,1,excluded\nu,ineligible,1\n")
    _, out = run(tmp_path, "--matrix", text)
    assert [line(out)[k] for k in ("n", "r", "x")] == ["4", "3", "0"]
    states = {(r["study_id"], r["review_id"]): r["state"] for r in rows_of(out / "matrix.csv")}
    assert (states["t", "b"], states["u", "a"]) == ("excluded", "ineligible")
    run(tmp_path, "--matrix", text, "--ineligible", "structural_missing")
    assert line(out)["x"] == "1"
    assert float(line(out)["cca_adjusted"]) == pytest.approx(0.5)


# --- the long table -------------------------------------------------------------------------------

LONG = (
    "Review,Study,DOI,n,outcome,comparison,status\n"
    "Alba 2010,Smith 2001,10.1/a,100,Pain,drug,\nAlba 2010,Jones 2002,10.1/b,400,Pain,drug,\n"
    "Bruno 2012,Smith 2001,10.1/a,100,Pain,drug,included\nBruno 2012,Other 2005,10.1/c,,Sleep,,\n"
    "Bruno 2012,Late 2013,,,,,X\n"
)


def test_long_table_stands_alone(tmp_path: Path) -> None:
    code, out = run(tmp_path, "--studies", written(tmp_path, LONG))
    assert code == 0
    scopes = {r["scope"]: r for r in rows_of(out / "cca.csv")}
    assert list(scopes) == ["all", "all_reports", "pain", "sleep", "drug__pain"]
    assert [scopes["all"][k] for k in ("c", "r", "n")] == ["2", "3", "4"]
    assert scopes["all_reports"]["level"] == "report"
    assert scopes["pain"]["r"] == scopes["drug__pain"]["r"] == "2"
    assert scopes["sleep"]["reason"] == "not_estimable: one review"
    keys = {r["key"]: r for r in rows_of(out / "figures.csv")}
    assert keys["overlap.all.wcca"]["absent_reason"] == (
        "not_available: participants not known of 1 studies"
    )
    assert float(scopes["pain"]["wcca"]) == pytest.approx(10 / 30)


def test_imputed_sizes_are_counted(tmp_path: Path) -> None:
    _, out = run(tmp_path, "--studies", written(tmp_path, LONG), "--impute", "median")
    got = line(out)
    assert got["sizes_imputed"] == "1"
    assert float(got["wcca"]) == pytest.approx(10 / (10 + 20 + 250**0.5))
    assert "1 sample sizes imputed by the median" in (out / "sentence.txt").read_text()
    assert "wCCA (square-root weights, after Ying 2025)" in (out / "sentence.txt").read_text()


def test_x_where_the_review_includes_the_study_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "review,study_id,status\nA,s,1\nB,s,1\nB,s,X\n"
    assert run(tmp_path, "--studies", written(tmp_path, text))[0] == 2
    assert "row 4, column status: found 's' structurally missing in b" in capsys.readouterr().err


def test_long_tables_with_faults_tell_them_all(tmp_path: Path) -> None:
    path = Path(written(tmp_path, "review,study,status\n,s,1\nA,,1\nA,s,maybe\n"))
    with pytest.raises(InputError) as error:
        from_long(tables.read_text(path), Codes())
    assert [(p.row, p.column) for p in error.value.problems] == [
        (2, "review_id"),
        (3, "study_label"),
        (4, "status"),
    ]
    path.write_text("who,what\na,b\n")
    with pytest.raises(InputError) as error:
        from_long(tables.read_text(path), Codes())
    assert {p.column for p in error.value.problems} == {"review_id", "study_label"}


def test_recorded_distribution_alone_in_the_sentence(tmp_path: Path) -> None:
    """Cooper et al. 2024: 426 studies in 35 reviews, 35 of them in 4 to 8 each."""
    reviews = "review_id,year,n_studies\n" + "".join(f"r{i},2020,\n" for i in range(35))
    steps = "times_included,n_studies\n1,300\n2,72\n3,18\n4-8,35\n9,1\n"
    code, out = run(
        tmp_path, "--reviews", written(tmp_path, reviews, "reviews.csv"), "--studies",
        "--distribution", written(tmp_path, steps, "d.csv"),
    )  # fmt: skip
    assert code == 0
    text = (out / "sentence.txt").read_text()
    assert "distribution of 426 studies allows a corrected covered area from 1.53 to 2.49 %" in text


def test_the_example_of_the_manual(tmp_path: Path, root: Path) -> None:
    """docs/overlap.md works one matrix by hand; the command gives its numbers."""
    manual = (root / "docs/overlap.md").read_text(encoding="utf-8").split("## By hand")[1]
    table = [r for r in manual.splitlines() if r.startswith("|")][:5]
    rows = [[c.strip() for c in r.strip("|").split("|")] for r in table if "---" not in r]
    sizes = ["n", "100", "225", "400"]
    text = "\n".join(",".join([*r, n]) for r, n in zip(rows, sizes, strict=True)) + "\n"
    _, out = run(tmp_path, "--matrix", written(tmp_path, text))
    got = {k: float(v) for k, v in line(out).items() if k in ("covered_area", "cca",
           "cca_adjusted", "wcca")}  # fmt: skip
    said = {"covered_area": 4 / 6, "cca": 1 / 3, "cca_adjusted": 1 / 2, "wcca": 10 / 45}
    assert got == pytest.approx(said)
    for percent in ("66.67 %", "33.33 %", "50 %", "22.22 %"):
        assert percent in manual


def test_a_review_without_list_in_a_long_table(tmp_path: Path) -> None:
    text = "review,study,status\nA,s,\nB,s,\nC,,unknown\nD,t,excluded\n"
    code, out = run(tmp_path, "--studies", written(tmp_path, text))
    assert code == 0
    assert [line(out)[k] for k in ("c", "r", "n")] == ["3", "1", "2"]
    standing = {r["review_id"]: r["standing"] for r in rows_of(out / "reviews.csv")}
    assert standing["c"] == "no list of studies: left out"
    assert standing["d"] == "no study in this body"
