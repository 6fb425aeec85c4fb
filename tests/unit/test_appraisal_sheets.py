"""Sheets for raters: what stands in them, that they come back, and what is refused."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
import yaml

from parapluie import inputs, rating_sheets, tables
from parapluie.appraisal import sheets
from parapluie.check import problems_of_review
from parapluie.cli import main

TOOLS = Path(sheets.__file__).parent / "tools"
AMSTAR = yaml.safe_load((TOOLS / "amstar2.yaml").read_text(encoding="utf-8"))

PROTOCOL = """\
title: Made up
review_types:
  - {id: scoping, label: Scoping review, scoping: true, meta_analysis: false}
  - {id: other, label: Other}
appraisal: {tool: amstar2, profile: cooper2024}
"""
REVIEWS = """\
review_id,first_author,year,title,review_type
ash2019,Ash,2019,=On hope,other
birch2020,Birch,2020,On scope,scoping
"""


@pytest.fixture
def review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in {
        "config/config.yaml": "seed: 1\n",
        "data/protocol.yaml": PROTOCOL,
        "data/search/searches.csv": "search_id,source,kind,files\n",
        "data/extraction/reviews.csv": REVIEWS,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def home(rater: str, name: str = "ash2019.xlsx") -> Path:
    return Path("data/appraisal/amstar2") / rater / name


def blank(rater: str, out: Path, review_id: str = "ash2019", *more: str) -> int:
    whose = ["--consensus"] if rater == "consensus" else ["--rater", rater]
    return main(["appraisal", "--blank", review_id, *whose, "--out", str(out), *more])


def fill(path: Path, answers: dict[tuple[str, str], dict[str, str]]) -> None:
    """Type into a workbook as a rater would."""
    book = openpyxl.load_workbook(path)
    sheet = book["rating"]
    head = next(r for r in sheet.iter_rows() if r[0].value == "item")
    columns = {cell.value: cell.column for cell in head}
    for row in range(head[0].row + 1, sheet.max_row + 1):
        place = (str(sheet.cell(row, 1).value), sheet.cell(row, 2).value or "")
        for column, text in answers.get(place, {}).items():
            cell = sheet.cell(row, columns[column])
            assert not cell.protection.locked, (place, column)
            cell.value = text
    book.save(path)


def every_item(answer: str, **others: str) -> dict[tuple[str, str], dict[str, str]]:
    rows = sheets.rows_of(AMSTAR)
    given = {(r.item, ""): {"answer": answer} for r in rows if r.is_item}
    return given | {(item, ""): {"answer": text} for item, text in others.items()}


# --- what stands in it ----------------------------------------------------------------------------


def test_one_row_an_item_or_part_and_one_a_criterion() -> None:
    rows = sheets.rows_of(AMSTAR, critical=["2"], not_scored=["9"])
    names = [r.item for r in rows if r.is_item]
    assert names[:2] == ["1", "2"] and {"9_rct", "9_nrsi", "11_rct", "11_nrsi"} < set(names)
    assert "9" not in names and len(set(names)) == len(names)
    criteria = {
        (name, key)
        for name, body in sheets.bodies_of(AMSTAR).items()
        for key in body.get("criteria", {})
        if not name.startswith("9")
    }
    assert {(r.item, r.criterion) for r in rows if not r.is_item} == criteria
    by_place = {(r.item, r.criterion): r for r in rows}
    assert by_place["9_rct", ""].allowed == ()
    assert by_place["2", ""].critical and not by_place["1", ""].critical
    assert by_place["2", "deviations_justified"].allowed == ("yes", "no", "not_needed")
    assert by_place["2", "review_questions"].reading == "Needed for partial yes and yes."


def test_the_reading_tells_each_answer_once() -> None:
    reading = sheets.reading_of(sheets.bodies_of(AMSTAR)["8"])
    yes, partial, otherwise = reading.split("\n")
    assert yes.startswith("Yes: what gives partial yes; ") and partial.startswith("Partial yes: ")
    assert otherwise == "Otherwise: no."


def test_the_workbook_is_laid_out_for_people(review: Path) -> None:
    assert blank("R1", home("R1")) == 0
    sheet = openpyxl.load_workbook(home("R1"))["rating"]
    assert sheet["A1"].value == "AMSTAR 2: Ash 2019"
    about = {sheet.cell(i, 1).value: sheet.cell(i, 2).value for i in range(3, 8)}
    assert about == {"review_id": "ash2019", "title": "'=On hope", "rater": "R1",
                     "tool": "amstar2", "profile": "cooper2024"}  # fmt: skip
    assert sheet.freeze_panes == "B9" and sheet.protection.sheet
    assert sheet.page_setup.orientation == "landscape" and sheet.print_title_rows == "$8:$8"
    lists = {d.formula1: d for d in sheet.data_validations.dataValidation}
    head = [cell.value for cell in sheet[8]]
    letter = "ABCDEFGHI"[head.index("answer")]
    for i in range(9, sheet.max_row + 1):
        allowed = sheet.cell(i, head.index("allowed") + 1).value
        formula = '"' + allowed.replace(", ", ",") + '"'
        assert f"{letter}{i}" in lists[formula]
        for column, name in enumerate(head, start=1):
            cell = sheet.cell(i, column)
            assert cell.protection.locked == (name not in sheets.ANSWER_COLUMNS)


def test_items_that_the_profile_leaves_out_take_no_answer(review: Path) -> None:
    assert blank("R1", Path("s.csv"), "birch2020") == 0
    rows = {(r["item"], r["criterion"]): r for r in tables.read_text(Path("s.csv")).rows}
    for item in ("9_rct", "9_nrsi", "11_rct", "11_nrsi", "15"):
        assert rows[item, ""]["allowed"] == "" and "Not scored" in rows[item, ""]["reading"]
    assert rows["1", ""]["allowed"] == "yes, no"


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_the_same_sheet_has_the_same_bytes(review: Path, ending: str) -> None:
    for name in "ab":
        assert blank("R1", Path(f"{name}.{ending}")) == 0
    assert Path(f"a.{ending}").read_bytes() == Path(f"b.{ending}").read_bytes()


@pytest.mark.parametrize("name", sorted(p.stem for p in TOOLS.glob("*.yaml")))
def test_every_tool_with_items_has_a_sheet(review: Path, name: str) -> None:
    tool = yaml.safe_load((TOOLS / f"{name}.yaml").read_text(encoding="utf-8"))
    has_items = bool(tool.get("items"))
    assert blank("R1", Path("s.xlsx"), "ash2019", "--tool", name) == (0 if has_items else 2)
    if has_items:
        rows = tables.read_text(Path("s.xlsx")).rows
        wanted = [n for i in tool["items"] for n in (i.get("parts") or [i["id"]])]
        assert [r["item"] for r in rows if not r["criterion"]] == wanted
        assert all(r["question"] and r["allowed"] for r in rows)


def test_items_that_may_stay_empty_and_their_domain() -> None:
    first = {"id": "a", "label": "A", "domain": "First", "optional": True, "answers": ["yes"]}
    tool = {"items": [first, {"id": "b", "label": "B", "answers": ["yes"]}]}
    rows = sheets.rows_of(tool)
    assert rows[0].reading == "First.\nMay stay empty."
    assert sheets.open_items(rows, sheets.bodies_of(tool), {}) == ["b"]


# --- coming back ----------------------------------------------------------------------------------


def test_a_filled_workbook_comes_back_as_it_was_typed(review: Path) -> None:
    assert blank("R1", home("R1")) == 0
    typed = {
        ("1", "population"): {"answer": "yes", "page": "3-5", "quote": "-0.3 [...] 'hope'"},
        ("9_rct", ""): {"answer": "only_nrsi", "rationale": "no trials"},
    }
    fill(home("R1"), typed)
    (found,) = inputs.appraisals(Path("data"), "ratings")
    table = tables.read_text(Path(found))
    assert not table.problems and rating_sheets.place_of(Path(found)) == ("amstar2", "R1")
    rows = {(r["item"], r["criterion"]): r for r in table.rows}
    for place, cells in typed.items():
        assert {c: rows[place][c] for c in cells} == cells
        assert rows[place]["review_id"] == "ash2019"
    assert sum(bool(r["answer"]) for r in table.rows) == len(typed)
    sheet = openpyxl.load_workbook(found)["rating"]
    for number, row in zip(table.numbers, table.rows, strict=True):
        assert str(sheet.cell(number, 1).value) == row["item"]


def test_workbook_and_csv_hold_the_same(review: Path) -> None:
    for name in ("ash2019.xlsx", "ash2019.csv"):
        assert blank("R1", home("R1", name)) == 0
    one, two = (tables.read_text(home("R1", f"ash2019.{e}")).rows for e in ("xlsx", "csv"))
    assert [{c: row[c] for c in one[0]} for row in two] == one


def test_sheets_are_checked_where_they_lie(review: Path) -> None:
    assert blank("R1", home("R1")) == 0
    assert problems_of_review(review) == []
    home("R2").parent.mkdir()
    home("R1").rename(home("R2", "birch2020.xlsx"))
    lines = [problem.line() for problem in problems_of_review(review)]
    assert len(lines) == 2
    assert all(line.startswith("data/appraisal/amstar2/R2/birch2020.xlsx") for line in lines)
    assert "column rater: found 'R1'; allowed: R2" in " ".join(lines)
    assert "column review_id: found 'ash2019'; allowed: birch2020" in " ".join(lines)


def test_a_row_named_twice_is_told_with_its_row_of_the_sheet(review: Path) -> None:
    assert blank("R1", home("R1")) == 0
    book = openpyxl.load_workbook(home("R1"))
    book["rating"].cell(11, 2).value = "population"
    book.save(home("R1"))
    (line,) = [problem.line() for problem in problems_of_review(review)]
    assert "ash2019.xlsx row 11" in line and "which row 10 has already" in line


def test_sheets_of_several_reviews_go_through_the_stage(review: Path) -> None:
    """One rater answers criteria, the other items; one review a sheet, one in a table."""
    criteria = {
        (name, key): {"answer": "yes"}
        for name, body in sheets.bodies_of(AMSTAR).items()
        for key in body.get("criteria", {})
    }
    for name in ("ash2019", "birch2020"):
        sheet = home("R1", f"{name}.xlsx")
        assert blank("R1", sheet, name) == 0
        scored = {(r["item"], r["criterion"]) for r in tables.read_text(sheet).rows if r["allowed"]}
        fill(sheet, {place: cells for place, cells in criteria.items() if place in scored})
    assert blank("R2", home("R2")) == 0
    fill(home("R2"), {**every_item("yes"), ("5", ""): {"answer": "no"}})
    assert appraise() == 0
    items = {(r["review_id"], r["item"]): r for r in tables.read_text(Path("out/items.csv")).rows}
    assert items["ash2019", "5"]["state"] == "open"
    assert {items["ash2019", i]["answer"] for i in ("1", "2", "4", "9", "11")} == {"yes"}
    assert {r["answer"] for (name, _), r in items.items() if name == "birch2020"} == {""}


def appraise() -> int:
    files = inputs.appraisals(Path("data"), "ratings")
    return main(["appraisal", "--protocol", "data/protocol.yaml", "--out", "out",
                 "--reviews", "data/extraction/reviews.csv", "--ratings", *files])  # fmt: skip


def test_a_review_in_two_files_of_a_rater_is_refused(
    review: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert blank("R1", home("R1")) == 0
    home("R1").parent.with_suffix(".csv").write_text(
        "review_id,item,answer\nash2019,1,yes\nbirch2020,1,yes\n", encoding="utf-8"
    )
    told = "answers of R1 to ash2019, which data/appraisal/amstar2/R1.csv has too"
    (line,) = [problem.line() for problem in problems_of_review(review)]
    assert told in line
    assert len(inputs.appraisals(Path("data"), "ratings")) == 2
    assert appraise() == 2
    assert told in capsys.readouterr().err and not Path("out").exists()


# --- what is refused ------------------------------------------------------------------------------


def test_a_sheet_that_is_there_is_never_written_over(
    review: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert blank("R1", home("R1")) == 0
    before = home("R1").read_bytes()
    assert blank("R1", home("R1")) == 2
    assert home("R1").read_bytes() == before
    assert "may hold answers" in capsys.readouterr().err


def test_every_fault_is_told_at_once(review: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert blank("consensus x", Path("a.doc"), "nobody", "--profile", "none") == 2
    lines = capsys.readouterr().err.splitlines()
    assert {line.split(":")[0] for line in lines} == {"--rater", "--out", "--blank", "--profile"}
    assert blank("R1", Path("a.csv"), "ash2019", "--tool", "../amstar2") == 2
    assert not Path("a.csv").exists()


# --- consensus ------------------------------------------------------------------------------------


def test_consensus_waits_until_both_are_done(
    review: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert blank("consensus", home("consensus")) == 2
    assert "two raters" in capsys.readouterr().err
    for rater in ("R1", "R2"):
        assert blank(rater, home(rater)) == 0
    fill(home("R1"), every_item("no"))
    fill(home("R2"), {**every_item("no"), ("4", ""): {"answer": ""}})
    assert blank("consensus", home("consensus")) == 2
    told = capsys.readouterr().err
    assert "answers of R2: found no answer to 4 of ash2019" in told and "R1" not in told
    assert not home("consensus").exists()


def test_consensus_shows_both_and_fills_in_what_they_share(review: Path) -> None:
    for rater in ("R1", "R2"):
        assert blank(rater, home(rater)) == 0
    criteria = {("1", k): {"answer": "yes"} for k in ("population", "intervention", "comparator")}
    first = {**every_item("no"), ("1", ""): {"answer": ""}, **criteria,
             ("1", "outcome"): {"answer": "Yes", "page": "2", "quote": "hope"}}  # fmt: skip
    fill(home("R1"), first)
    fill(home("R2"), every_item("N"))
    assert blank("consensus", home("consensus")) == 0
    rows = {(r["item"], r["criterion"]): r for r in tables.read_text(home("consensus")).rows}
    one, two = rows["1", ""], rows["2", ""]
    assert (one["R1 answer"], one["R2 answer"], one["differs"], one["answer"]) == (
        "yes", "no", "differs", "")  # fmt: skip
    assert (two["R1 answer"], two["R2 answer"], two["differs"], two["answer"]) == (
        "no", "no", "", "no")  # fmt: skip
    assert rows["1", "outcome"]["R1 says"] == "p. 2; “hope”"
    assert problems_of_review(review) == []


@pytest.mark.parametrize(
    ("ticks", "answer"),
    [("yyyyyyyy", "yes"), ("yyyynnnn", "partial_yes"), ("ynyyyyyy", "no"), ("yyyyy-yy", "")],
)
def test_criteria_give_the_answer_of_their_item(ticks: str, answer: str) -> None:
    bodies, rows = sheets.bodies_of(AMSTAR), sheets.rows_of(AMSTAR)
    names = bodies["2"]["criteria"]
    said = {"y": "Yes", "n": "no", "-": ""}
    typed = {("2", k): {"answer": said[t]} for k, t in zip(names, ticks, strict=True)}
    given = sheets.in_full(AMSTAR, rows, typed)
    assert sheets.answer_of("2", rows, bodies, given) == answer
    assert sheets.answer_of("2", rows, bodies, {**given, ("2", ""): {"answer": "no"}}) == "no"
