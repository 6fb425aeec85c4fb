"""``parapluie appraisal --items``: a table alone, against published grades; blinding of raters."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from parapluie import tables
from parapluie.cli import main
from tests.unit.test_appraisal import FILES, ITEMS

CAUSES = {
    "bmjpo_preterm_feeding": "critical set without 2, 15 (4, 7, 9, 11, 13) fits all 8 reviews",
    "bmj_drc_bariatric_diabetes": "critical set without 2, 13 (4, 7, 9, 11, 15) fits all 7 reviews",
    "jmir_telemedicine_partial": "slip or override not stated",
}
"""What the README of the reference files names as the cause, in our words."""


def run(path: Path, out: Path, *more: str) -> list[dict[str, str]]:
    assert main(["appraisal", "--items", str(path), "--kinds", "--out", str(out), *more]) == 0
    with (out / "overall.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- golden ---------------------------------------------------------------------------------------


@pytest.mark.shared
def test_published_grades_come_out_or_are_explained(shared: Path, tmp_path: Path) -> None:
    agrees, seen, vis = 0, 0, 0
    for name in FILES:
        path = shared / f"golden/amstar2/{name}.csv"
        wanted = list(csv.DictReader(path.open(encoding="utf-8")))
        found = {row["review_id"]: row for row in run(path, tmp_path / name)}
        assert len(found) == len(wanted)
        names: set[str] = set()
        for number, row in enumerate(wanted, start=2):
            again = row["review"] in names
            got = found[f"{row['review']} (row {number})" if again else row["review"]]
            names.add(row["review"])
            assert got["computed"] == row["algorithm_overall"]
            assert got["n_critical"] == row["n_critical_no"]
            assert got["n_noncritical"] == row["n_noncritical_no"]
            if "amstar2vis_overall" in row:
                assert got["computed"] == row["amstar2vis_overall"]
                vis += 1
            if row.get("published_overall"):
                seen += 1
                agrees += got["agrees"] == "yes"
                assert (got["agrees"] == "yes") == (got["explained_by"] == "")
                if got["agrees"] == "no":
                    assert CAUSES[name] in got["explained_by"]
    assert (agrees, seen, vis) == (62, 72, 174)


# --- forms of tables ------------------------------------------------------------------------------


def wide(path: Path, rows: dict[str, dict[str, str]], head: str = "review") -> Path:
    columns = list(dict.fromkeys(c for row in rows.values() for c in row))
    lines = [",".join([head, *columns])]
    lines += [",".join([r, *(row.get(c, "") for c in columns)]) for r, row in rows.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def all_yes(**changed: str) -> dict[str, str]:
    return dict.fromkeys(ITEMS, "Y") | changed


def test_long_and_wide_give_the_same(tmp_path: Path) -> None:
    answers = {"Smith 2020": all_yes(**{"2": "N", "4": "PY"}), "Ng 2021": all_yes()}
    one = run(wide(tmp_path / "wide.csv", answers), tmp_path / "a")
    long = tmp_path / "long.csv"
    rows = [f"{r},{i},{x}" for r, given in answers.items() for i, x in given.items()]
    long.write_text("review_id,item,answer\n" + "\n".join(rows[::-1]) + "\n", encoding="utf-8")
    assert one == run(long, tmp_path / "b")
    assert Counter(row["computed"] for row in one) == {"low": 1, "high": 1}


def test_a_workbook_and_other_headers_are_read(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["Study", *(f"Item {i}" for i in ITEMS if i != "9"), "9_RCT", "9 NRSI"])
    book.active.append(["Smith 2020", *["Yes"] * 15, "Partial Yes", "No"])
    book.save(tmp_path / "items.xlsx")
    (row,) = run(tmp_path / "items.xlsx", tmp_path / "a")
    assert (row["review_id"], row["computed"], row["failed_critical"]) == ("Smith 2020", "low", "9")


def test_better_part_of_split_items_explains_a_grade(tmp_path: Path) -> None:
    parts = {"9_rct": "yes", "9_nrsi": "no", "published_overall": "High"}
    row = all_yes() | parts
    del row["9"]
    made = wide(tmp_path / "t.csv", {"a": row, "b": all_yes(published_overall="high")})
    found = {r["review_id"]: r for r in run(made, tmp_path / "o")}
    assert (found["a"]["computed"], found["a"]["agrees"]) == ("low", "no")
    assert "better part of split items (9)" in found["a"]["explained_by"]
    assert found["b"]["agrees"] == "yes"


def test_two_reviews_of_one_name_are_both_kept_and_told(tmp_path: Path) -> None:
    made = tmp_path / "t.csv"
    rows = [",".join(["Zheng", *["Y"] * 15, last]) for last in "YN"]
    made.write_text(f"review,{','.join(ITEMS)}\n" + "\n".join(rows) + "\n", encoding="utf-8")
    found = run(made, tmp_path / "o")
    assert [row["review_id"] for row in found] == ["Zheng", "Zheng (row 3)"]
    notes = tables.read_result(tmp_path / "o/problems.csv")
    assert list(notes["row"]) == ["3"]


def test_kinds_of_reviews_change_the_denominator(tmp_path: Path) -> None:
    """As in Cooper 2024: 10 of 29 for item 9, since 6 of 35 scoping reviews are not scored."""
    rows = {f"r{i}": all_yes(**{"9": "N" if i < 16 else "Y"}) for i in range(35)}
    for i, row in enumerate(rows.values()):
        row["review_type"] = "scoping" if i < 6 else ""
    run(wide(tmp_path / "t.csv", rows), tmp_path / "o", "--profile", "cooper2024")
    lines = tables.read_result(tmp_path / "o/figures.csv").set_index("key")["value"]
    assert lines["appraisal.item.9.no"] == "10"
    assert lines["appraisal.item.9.scored"] == "29"


def test_every_problem_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = {"a": all_yes(**{"1": "maybe"}), "b": all_yes(**{"3": "PY", "published": "fair"})}
    made = wide(tmp_path / "t.csv", rows)
    before = made.read_bytes()
    out = tmp_path / "o"
    assert main(["appraisal", "--items", str(made), "--out", str(out)]) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 3
    assert ["row 2" in told[0], "row 3" in told[1], "row 3" in told[2]] == [True] * 3
    assert not out.exists()
    assert made.read_bytes() == before


def test_critical_items_on_the_command_line(tmp_path: Path) -> None:
    made = wide(tmp_path / "t.csv", {"a": all_yes(**{"2": "N", "7": "N"})})
    (row,) = run(made, tmp_path / "o", "--critical", "4,7")
    assert (row["computed"], row["standard_grade"], row["critical_set"]) == (
        "low", "critically_low", "4;7",
    )  # fmt: skip


# --- blinding -------------------------------------------------------------------------------------

PLANTED = "zebrafinch"


def review(tmp_path: Path, second: dict[str, str]) -> list[str]:
    """Make a review that R1 has finished, with a planted reason, and R2 as given."""
    folder = tmp_path / "data/appraisal/amstar2"
    folder.mkdir(parents=True)
    head = "review_id,item,answer,rationale,page,quote\n"
    first = dict.fromkeys(ITEMS, "yes") | {"2": "partial yes", "7": "no"}
    for name, answers in (("R1", first), ("R2", second)):
        rows = [f"a,{i},{x},{PLANTED},3,{PLANTED} quote" for i, x in answers.items()]
        (folder / f"{name}.csv").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    overrides = f"review_id,grade,reason,by\na,low,{PLANTED},R1\n"
    (folder / "overrides.csv").write_text(overrides, encoding="utf-8")
    (tmp_path / "data/protocol.yaml").write_text("title: t\n", encoding="utf-8")
    (tmp_path / "reviews.csv").write_text("review_id,first_author,year\na,Smith,2010\n")
    words = ["appraisal", "--protocol", str(tmp_path / "data/protocol.yaml")]
    words += ["--reviews", str(tmp_path / "reviews.csv"), "--recorded", "--counts"]
    words += ["--overrides", str(folder / "overrides.csv")]
    words += ["--ratings", str(folder / "R1.csv"), str(folder / "R2.csv")]
    return [*words, "--out", str(tmp_path / "out")]


UNFINISHED = [{i: ("" if i == "16" else "yes") for i in ITEMS}, {"1": "yes"}]


@pytest.mark.parametrize("second", UNFINISHED)
def test_no_output_shows_an_answer_until_both_are_done(
    tmp_path: Path, second: dict[str, str]
) -> None:
    assert main(review(tmp_path, second)) == 0
    written = sorted(p for p in (tmp_path / "out").rglob("*") if p.is_file())
    assert {"items.csv", "overall.csv", "agreement.csv", "disagreements.csv", "problems.csv",
            "figures.csv"} <= {p.name for p in written}  # fmt: skip
    for path in written:
        text = path.read_bytes()
        assert PLANTED.encode() not in text, path.name
        assert b"partial yes on" not in text, path.name
    items = tables.read_result(tmp_path / "out/items.csv")
    assert set(items["answer"]) == {""} and set(items["state"]) == {"waiting"}
    (line,) = tables.read_result(tmp_path / "out/overall.csv").to_dict("records")
    assert line["reason"] == "waiting for R2"
    shown = ("grade", "computed", "override", "n_critical", "n_noncritical", "failed_critical")
    assert [line[c] for c in shown] == [""] * 6
    assert tables.read_result(tmp_path / "out/disagreements.csv").empty
    agreement = tables.read_result(tmp_path / "out/agreement.csv")
    assert set(agreement["n"]) == {"0"}
    figures = tables.read_result(tmp_path / "out/figures.csv")
    counted = figures[figures["key"].str.match(r"appraisal\.item\.\d+\.(yes|no|partial_yes)$")]
    assert set(counted["value"]) == {"0"}
    # A trace prints the rows to which it leads: none of these may be a row of a rater.
    for _, figure in figures.iterrows():
        named = dict(zip(figure["file"].split(";"), figure["rows"].split(";"), strict=True))
        for file, rows in named.items():
            assert not file.endswith(("R1.csv", "R2.csv")) or rows.endswith("[0 rows]")


def test_once_both_are_done_all_is_shown(tmp_path: Path) -> None:
    words = review(tmp_path, dict.fromkeys(ITEMS, "yes"))
    assert main(words) == 0
    different = tables.read_result(tmp_path / "out/disagreements.csv")
    assert list(different["item"]) == ["2", "7"]
    (line,) = tables.read_result(tmp_path / "out/overall.csv").to_dict("records")
    assert (line["override"], line["override_by"], line["final"]) == ("low", "R1", "low")
    assert line["blocked_by"] == "2;7"


# --- what the protocol says -----------------------------------------------------------------------


def with_protocol(tmp_path: Path, text: str) -> tuple[int, Path]:
    words = review(tmp_path, dict.fromkeys(ITEMS, "yes") | {"7": "no"})
    (tmp_path / "data/protocol.yaml").write_text(f"title: t\n{text}", encoding="utf-8")
    del words[words.index("--overrides") : words.index("--ratings")]
    return main([*words, "--kinds"]), tmp_path / "out"


def test_the_protocol_names_a_critical_set_and_its_reason(tmp_path: Path) -> None:
    said = (
        "appraisal: {tool: amstar2, critical: [4, 9], critical_reason: no list is printed here}\n"
    )
    code, out = with_protocol(tmp_path, said)
    (line,) = tables.read_result(out / "overall.csv").to_dict("records")
    assert (code, line["critical_set"], line["critical_reason"]) == (
        0, "4;9", "no list is printed here",
    )  # fmt: skip
    assert line["blocked_by"] == "2"


def test_a_critical_set_without_reason_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = with_protocol(tmp_path, "appraisal: {critical: [4, 9]}\n")
    assert code == 2 and not out.exists()
    assert "critical_reason" in capsys.readouterr().err


def test_reviews_wait_for_the_reviewers_of_the_protocol(tmp_path: Path) -> None:
    code, out = with_protocol(tmp_path, "reviewers: [{id: R1}, {id: R2}, {id: R3}]\n")
    (line,) = tables.read_result(out / "overall.csv").to_dict("records")
    assert (code, line["reason"]) == (0, "open: 2")


@pytest.mark.parametrize(
    ("published", "cause"),
    [
        ("moderate", f"override: moderate, {PLANTED} (R1)"),
        ("high", "critical set without 7 (2, 4, 9, 11, 13, 15) fits the only review"),
    ],
)
def test_an_override_explains_the_grade_that_it_gives(
    tmp_path: Path, published: str, cause: str
) -> None:
    words = review(tmp_path, dict.fromkeys(ITEMS, "yes") | {"2": "PY", "7": "no"})
    recorded = tmp_path / "data/appraisal/amstar2/recorded.csv"
    recorded.write_text(f"review_id,part,rating\na,overall,{published}\n", encoding="utf-8")
    words[words.index("--recorded") + 1 : words.index("--counts")] = [str(recorded)]
    overrides = f"review_id,grade,reason,by\na,moderate,{PLANTED},R1\n"
    (recorded.parent / "overrides.csv").write_text(overrides, encoding="utf-8")
    assert main([*words, "--kinds"]) == 0
    (line,) = tables.read_result(tmp_path / "out/overall.csv").to_dict("records")
    assert (line["computed"], line["published"], line["agrees"]) == ("low", published, "no")
    assert line["explained_by"] == cause


def test_a_tool_of_the_team_needs_no_python(tmp_path: Path) -> None:
    from tests.unit.test_appraisal_rules import NEW, written

    made = wide(tmp_path / "t.csv", {"x": {"a": "y", "b": "n"}, "z": {"a": "y", "b": "y"}})
    rows = run(made, tmp_path / "o", "--tool", str(written(tmp_path, NEW)))
    assert [row["computed"] for row in rows] == ["poor", "good"]
    assert {row["tool"] for row in rows} == {"short"}
