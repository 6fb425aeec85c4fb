"""Tables of a manuscript as Word documents and as a workbook."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import docx
import openpyxl
import pytest
from docx.oxml.ns import qn
from hypothesis import given
from hypothesis import strategies as st

from parapluie.report import manuscript, word, workbook
from parapluie.report.printed import (
    PrintCell,
    PrintTable,
    column_of,
    footnotes,
    letters,
    parts,
    upright,
    widths,
)
from parapluie.report.results import Results
from parapluie.report.table import Column, make
from tests import made_report

REVIEWS = [
    {"review_id": "a", "first_author": "Ash", "year": "2019"},
    {"review_id": "b", "first_author": "Birch", "year": "2021"},
    {"review_id": "c", "first_author": "Cedar", "year": "2022"},
]


def item(review: str, name: str, answer: str, state: str = "consensus") -> dict[str, str]:
    critical = "yes" if name == "2" else "no"
    return {"review_id": review, "item": name, "label": f"label {name}", "critical": critical,
            "answer": answer, "state": state}  # fmt: skip


def results(**stages: list[dict[str, str]]) -> Results:
    named = {key.replace("__", "/"): rows for key, rows in stages.items()}
    protocol = {"fulltext_reasons": [{"code": "out", "label": "Wrong outcome"}]}
    return Results({"included/reviews": REVIEWS, **named}, {}, protocol)


def built(made: Results, name: str) -> PrintTable:
    return next(table for _, table in manuscript.build(made, []).tables if table.name == name)


def texts(table: PrintTable) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_items_by_reviews_with_marks_and_abbreviations() -> None:
    rows = [
        item("a", "1", "yes"), item("a", "2", "no"), item("b", "1", "", "not_scored"),
        item("b", "2", "", "empty"),
    ]  # fmt: skip
    grades = [
        {"review_id": "a", "final": "critically_low", "basis": "override", "tool": "amstar2"},
        {"review_id": "b", "final": "", "final_set": "low;high", "basis": "recorded_set"},
    ]
    table = built(results(appraisal__items=rows, appraisal__overall=grades), "items_by_review")
    assert [c.title for c in table.columns] == ["Review", "1", "2*", "Confidence"]
    assert texts(table) == [
        ["Ash 2019", "Y", "N", "critically low‡"],
        ["Birch 2021", "–", "?", "low or high†"],
    ]
    under = " ".join(table.notes)
    for words in ("1 label 1; 2 label 2", "* Critical item.", "N no", "– not scored", "? waits",
                  "‡ Grade set by hand.", "† Grade as a source prints it."):  # fmt: skip
        assert words in under
    assert "PY" not in under


def test_excluded_reports_have_their_reason_in_words() -> None:
    rows = [
        {"report_id": "r1", "full_text_state": "exclude", "reason": "out", "title": "A title"},
        {"report_id": "r2", "full_text_state": "include", "reason": "", "title": "Another"},
    ]
    table = built(results(included__reports=rows), "excluded_reports")
    assert texts(table) == [["r1", "A title", "Wrong outcome"]]


def test_the_citation_matrix_names_states_and_reviews_without_a_list() -> None:
    rows = [
        {"study_id": "s2", "review_id": "a", "state": "included"},
        {"study_id": "s1", "review_id": "b", "state": "included"},
        {"study_id": "s2", "review_id": "b", "state": "structural_missing"},
    ]
    table = built(results(overlap__matrix=rows), "citation_matrix")
    assert [c.title for c in table.columns] == ["Study", "Ash 2019", "Birch 2021"]
    assert texts(table) == [["s1", "", "●"], ["s2", "●", "X"]]
    assert "without a list of studies: Cedar 2022" in " ".join(table.notes)


def test_tables_that_are_not_made_have_a_reason() -> None:
    made = manuscript.build(results(), [])
    assert made.tables == ()
    assert all(reason for _, _, reason in made.not_made)
    assert ("quality", "Items by review", "No item is answered yet.") in made.not_made


def test_a_matrix_that_is_too_long_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"study_id": s, "review_id": "a", "state": "included"} for s in ("s1", "s2")]
    monkeypatch.setattr(manuscript, "MOST_CELLS", 3)
    table = built(results(overlap__matrix=rows), "citation_matrix")
    assert not manuscript.in_word(table)
    monkeypatch.setattr(manuscript, "MOST_SHEET_CELLS", 3)
    made = manuscript.build(results(overlap__matrix=rows), [])
    assert any(title == "Citation matrix" and "too long" in why for _, title, why in made.not_made)


# --- Word -----------------------------------------------------------------------------------------


def wide_table(reviews: int, rows: int = 3) -> PrintTable:
    columns = (column_of("Study", ["Clarke 1995"]), *(upright(f"R {i}") for i in range(reviews)))
    body = tuple(
        (PrintCell(f"s{i}"), *(PrintCell(str(j)) for j in range(reviews))) for i in range(rows)
    )
    return PrintTable("wide", "A wide table & more", columns, body, ("A note.",))


def test_a_document_is_across_with_a_heading_that_repeats_and_whole_rows(tmp_path: Path) -> None:
    word.write(tmp_path / "t.docx", wide_table(90))
    document = docx.Document(str(tmp_path / "t.docx"))
    section = document.sections[0]
    assert section.page_width > section.page_height
    assert len(document.tables) > 1
    captions = [p.text for p in document.paragraphs if p.style.name == "Caption"]
    assert captions[0] == f"Table 1. A wide table & more (part 1 of {len(document.tables)})"
    seen = []
    for table in document.tables:
        first, *others = table._tbl.tr_lst
        assert first.find(qn("w:trPr")).find(qn("w:tblHeader")) is not None
        assert all(r.find(qn("w:trPr")).find(qn("w:cantSplit")) is not None for r in others)
        grid = [int(c.get(qn("w:w"))) for c in table._tbl.tblGrid.iter(qn("w:gridCol"))]
        assert sum(grid) / 1440 * 25.4 <= word.ROOM_MM + 0.5
        assert [row.cells[0].text for row in table.rows] == ["Study", "s0", "s1", "s2"]
        seen += [cell.text for cell in table.rows[1].cells[1:]]
    assert seen == [str(j) for j in range(90)]


def test_reasons_of_absence_become_notes_with_letters(tmp_path: Path) -> None:
    columns = (Column("id", "Row", "id"), Column("n", "n", "count", "x.{id}"))
    line = {"value": "1234", "absent_reason": "", "rests_on": ""}
    absent = line | {"value": "", "absent_reason": "not_estimable: k=1"}
    rows = [{"id": "r1"}, {"id": "r2"}, {"id": "r3"}]
    page = make("effects", "Results", columns, rows, {"x.r1": line, "x.r2": absent, "x.r3": absent})
    ((_, table),) = manuscript.build(results(), [("effects", page)]).tables
    assert footnotes(table) == {"not estimable: k=1": "a"}
    word.write(tmp_path / "t.docx", table)
    document = docx.Document(str(tmp_path / "t.docx"))
    cells = [row.cells[1].text for row in document.tables[0].rows]
    assert cells == ["n", "1,234", "not estimablea", "not estimablea"]
    assert "a not estimable: k=1" in [p.text for p in document.paragraphs]
    workbook.write_printed(tmp_path / "t.xlsx", [table])
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["results_of_reviews"]
    column = [sheet.cell(i, 2).value for i in range(2, 6)]
    assert column == ["n", 1234, "not estimable (a)", "not estimable (a)"]
    assert sheet.freeze_panes == "B3" and sheet.print_title_rows == "$1:$2"


def test_the_same_tables_give_the_same_bytes(tmp_path: Path) -> None:
    """Nothing in the files tells when they were written: neither the zip nor the properties."""
    table = wide_table(3)
    for name in ("a", "b"):
        word.write(tmp_path / f"{name}.docx", table)
        workbook.write_printed(tmp_path / f"{name}.xlsx", [table])
    for ending in ("docx", "xlsx"):
        one, two = (tmp_path / f"{name}.{ending}" for name in "ab")
        assert one.read_bytes() == two.read_bytes()
        with zipfile.ZipFile(one) as held:
            assert {info.date_time[0] for info in held.infolist()} == {1980}
            core = held.read("docProps/core.xml").decode()
        assert set(re.findall(r"W3CDTF\">(\d{4})", core)) == {"1980"}


def test_signs_that_xml_cannot_hold_and_formulas(tmp_path: Path) -> None:
    columns = (column_of("A<b>", ["x"]),)
    table = PrintTable("t", "<&>", columns, ((PrintCell("=1+1 <\x07>"),),))
    word.write(tmp_path / "t.docx", table)
    assert docx.Document(str(tmp_path / "t.docx")).tables[0].rows[1].cells[0].text == "=1+1 < >"
    workbook.write_printed(tmp_path / "t.xlsx", [table])
    assert openpyxl.load_workbook(tmp_path / "t.xlsx")["t"]["A3"].value == "'=1+1 < >"


# --- widths ---------------------------------------------------------------------------------------


@given(st.lists(st.text("ab ", max_size=80), min_size=1, max_size=60), st.floats(150, 300))
def test_every_column_stands_once_and_parts_fit(titles: list[str], room: float) -> None:
    columns = tuple(column_of(t, [t]) for t in ("Study", *titles))
    row = tuple(PrintCell(str(i)) for i in range(len(columns)))
    cut = parts(PrintTable("t", "t", columns, (row,)), room)
    assert [c.text for part in cut for c in part.rows[0][1:]] == [c.text for c in row[1:]]
    assert all(part.rows[0][0].text == "0" for part in cut)
    assert all(sum(widths(part, room)) <= room + 1e-6 for part in cut)


def test_letters_go_on_after_z() -> None:
    assert [letters(i) for i in (0, 25, 26, 51, 52, 701, 702)] == [
        "a", "z", "aa", "az", "ba", "zz", "aaa",
    ]  # fmt: skip


# --- the whole command ----------------------------------------------------------------------------


def test_the_report_writes_and_links_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made_report.make(tmp_path)
    assert made_report.report(tmp_path) == 0
    page = (tmp_path / "reports/index.html").read_text(encoding="utf-8")
    named = {p.name for p in (tmp_path / "reports/tables").glob("*.docx")}
    assert "characteristics.docx" in named
    for name in (*named, "manuscript_tables.xlsx"):
        assert f'href="tables/{name}"' in page
    book = openpyxl.load_workbook(tmp_path / "reports/tables/manuscript_tables.xlsx")
    assert {f"{name}.docx" for name in book.sheetnames} == named
