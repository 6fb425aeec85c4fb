"""``parapluie pool``: any table in, one row for each group and method out, and what is said."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import pytest

from parapluie.cli import BY_HAND, main
from parapluie.effects import pool

GOLDEN = Path(__file__).parents[1] / "golden"
SETS: dict[str, Any] = json.loads((GOLDEN / "meta_fits.json").read_text(encoding="utf-8"))["sets"]
TABLES: dict[str, Any] = json.loads((GOLDEN / "meta_fits_tables.json").read_text(encoding="utf-8"))[
    "sets"
]
MIXED = """\
outcome,study,ai,n1i,ci,n2i,yi,sei
x,s1,4,123,11,139,,
x,s2,6,306,29,303,,
y,s4,,,,,0.2,0.1
y,s4,,,,,0.3,0.2
z,s5,,,,,,
,s6,,,,,0.2,0.2
w,s7,,,,,0.2,NR
w,s8,,,,,0.1,0.3
"""


def run(tmp_path: Path, text: str, *words: str) -> list[dict[str, str]]:
    """Write a table, pool it, and read what was written."""
    table, out = tmp_path / "in.csv", tmp_path / "out.csv"
    table.write_text(text, encoding="utf-8")
    assert main(["pool", str(table), *words, "--out", str(out)]) == 0
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rows_of(name: str, form: str = "{y!r},{v!r}", head: str = "yi,vi") -> str:
    pairs = zip(SETS[name]["yi"], SETS[name]["vi"], strict=True)
    return "\n".join([head, *(form.format(y=y, v=v, s=math.sqrt(v)) for y, v in pairs)]) + "\n"


def test_it_is_a_command() -> None:
    assert "pool" in BY_HAND


@pytest.mark.parametrize("method", ["REML", "DL", "PM", "common"])
def test_numbers_are_those_of_the_fit_in_full_precision(tmp_path: Path, method: str) -> None:
    (row,) = run(tmp_path, rows_of("bcg_OR"), "--method", method, "--ci", "hksj", "--pi", "t_k2",
                 "--measure", "OR")  # fmt: skip
    wanted = pool(SETS["bcg_OR"]["yi"], SETS["bcg_OR"]["vi"], method, "HK", "t_k2")
    for name in ("estimate", "se", "ci_low", "ci_high", "p", "tau2", "tau2_high", "i2", "i2_q",
                 "i2_q_low", "h2", "q", "q_p", "pi_low", "pi_high"):  # fmt: skip
        value = getattr(wanted, name)
        assert (row[name] == "") == math.isnan(value)
        assert row[name] == "" or float(row[name]) == value
        assert row[name] != "" or f"{name}" in row["reason"]
    assert (row["group"], row["k_effects"], row["ci_method"]) == ("all", "13", "HK")
    assert float(row["natural_estimate"]) == math.exp(wanted.estimate)


def test_the_ways_to_an_effect_give_the_same(tmp_path: Path) -> None:
    by_variance = run(tmp_path, rows_of("bcg_OR"), "--measure", "OR")
    by_error = run(tmp_path, rows_of("bcg_OR", "{y!r},{s!r}", "yi,sei"), "--measure", "OR")
    cells = TABLES["bcg_OR"]["cells"]
    lines = [",".join(cells), *(",".join(map(str, r)) for r in zip(*cells.values(), strict=True))]
    by_cells = run(tmp_path, "\n".join(lines), "--measure", "OR", "--method", "REML", "MH", "Peto")
    for rows in (by_error, by_cells):
        assert float(rows[0]["estimate"]) == pytest.approx(
            float(by_variance[0]["estimate"]), rel=1e-9
        )
    fits = TABLES["bcg_OR"]["fits"]
    assert [r["method"] for r in by_cells] == ["REML", "MH", "Peto"]
    assert float(by_cells[1]["estimate"]) == pytest.approx(fits["mantel_haenszel_correct"][2])
    assert float(by_cells[2]["estimate"]) == pytest.approx(fits["peto"][2])
    assert "does_not_apply" in by_cells[1]["reason"]


def test_printed_ratios_stand_on_the_natural_scale(tmp_path: Path) -> None:
    text = "estimate;ci_low;ci_high\n2,0;1,0;4,0\n1,5;1,1;2,1\n"
    (row,) = run(tmp_path, text, "--measure", "RR", "--method", "common", "--ci", "z")
    w = [(2 * 1.959963984540054 / math.log(h / l)) ** 2 for l, h in ((1, 4), (1.1, 2.1))]  # noqa: E741
    wanted = (w[0] * math.log(2) + w[1] * math.log(1.5)) / sum(w)
    assert float(row["estimate"]) == pytest.approx(wanted, rel=1e-12)
    assert float(row["natural_estimate"]) == pytest.approx(math.exp(wanted), rel=1e-12)


def test_groups_rows_and_reasons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = run(tmp_path, MIXED, "--by", "outcome", "--study", "study", "--measure", "RR")
    assert [r["outcome"] for r in rows] == ["w", "x", "y", "z"]
    by = {r["outcome"]: r for r in rows}
    assert (by["y"]["k_studies"], by["y"]["k_effects"]) == ("1", "2")
    assert by["w"]["estimate"] == "0.1" and by["w"]["tau2"] == ""
    assert "not_estimable: k=1" in by["w"]["reason"] and by["w"]["ci_method"] == "z"
    assert by["z"]["estimate"] == "" and "not_estimable: k=0" in by["z"]["reason"]
    said = capsys.readouterr().err
    assert "5 of 8 rows used, 3 left out" in said
    for row, why in ((6, "nothing to compute from"), (7, "no value in column outcome"), (8, "vi")):
        assert any(f"row {row}: left out" in x and why in x for x in said.splitlines()), row
    assert "rows 4, 5: study 's4' has 2 effects in 'y'" in said
    assert "effects by: cells:RR (2), yi_se (3)" in said


def test_the_order_of_rows_does_not_change_a_byte_of_the_groups(tmp_path: Path) -> None:
    head, *lines = MIXED.splitlines()
    there = run(tmp_path, MIXED, "--by", "outcome", "--measure", "RR")
    back = run(tmp_path, "\n".join([head, *lines[::-1]]), "--by", "outcome", "--measure", "RR")
    assert [r["outcome"] for r in there] == [r["outcome"] for r in back]
    assert run(tmp_path, MIXED, "--by", "outcome", "--measure", "RR") == there


def test_all_that_is_wrong_is_said_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, out = tmp_path / "in.csv", tmp_path / "out.csv"
    table.write_text("g,yi,vi\na,0.1,0.2\n", encoding="utf-8")
    out.write_text("earlier", encoding="utf-8")
    words = ["--by", "G", "--study", "s", "--measure", "XX", "--ci", "foo", "--pi", "bar",
             "--method", "REM", "DL", "--level", "0"]  # fmt: skip
    assert main(["pool", str(table), *words, "--out", str(out)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 7 and not any("Traceback" in line for line in lines)
    for word in ("--measure", "--ci", "--pi", "--method", "--level", "column G", "column s"):
        assert any(word in line for line in lines), word
    assert out.read_text(encoding="utf-8") == "earlier"


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("yi,vi\n0.1,x\n0.2,y\n", (), "row 2, column vi: found 'x'"),
        ("a,b\n1,2\n", (), "found columns a, b"),
        ("yi,vi\n", (), "no rows"),
        ("yi,vi\n0.1,0.2\n", ("--measure", "HR", "--method", "MH"), "MH with measure HR"),
        ("tau2,yi,vi\na,0.1,0.2\n", ("--by", "tau2"), "no column of the result"),
    ],
)
def test_bad_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: tuple[str, ...], said: str
) -> None:
    table = tmp_path / "in.csv"
    table.write_text(text, encoding="utf-8")
    assert main(["pool", str(table), *words, "--out", str(tmp_path / "out.csv")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


def test_odd_rows_are_left_out_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (row,) = run(tmp_path, "yi,sei\n0.2,-0.04\n0.3,0.1\n0.1,0\nNR,NR\n")
    assert (row["k_effects"], row["estimate"], row["ci_method"]) == ("1", "0.3", "z")
    said = capsys.readouterr().err
    assert "row 2: left out: not_estimable: yi_se: the standard error is below 0" in said
    assert "row 4: left out: not_estimable: yi_se: the variance is not above 0" in said
    assert "row 5: left out: not_available: nothing to compute from" in said
    assert "1 of 4 rows used, 3 left out" in said


def test_decimal_commas_need_another_separator(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (row,) = run(tmp_path, "yi;vi\n0,2;0,04\n0,3;0,01\n", "--method", "common")
    assert float(row["estimate"]) == pytest.approx(0.28, rel=1e-12)
    table = tmp_path / "in.csv"
    table.write_text('yi,vi\n"0,2","0,04"\n', encoding="utf-8")
    assert main(["pool", str(table), "--out", str(tmp_path / "other.csv")]) == 2
    said = capsys.readouterr().err
    assert (
        "row 2, column yi: found '0,2'; allowed: a number, or empty. Write a decimal point" in said
    )
    assert not (tmp_path / "other.csv").exists()


def test_the_input_is_never_written_over(tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    table.write_text("yi,vi\n0.1,0.2\n", encoding="utf-8")
    assert main(["pool", str(table), "--out", str(table)]) == 2
    assert main(["pool", str(tmp_path / "none.csv"), "--out", str(tmp_path / "out.csv")]) == 2
    assert table.read_text(encoding="utf-8") == "yi,vi\n0.1,0.2\n"
