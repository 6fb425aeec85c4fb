"""The one reader and writer of tables: dialects of spreadsheets, faults, stable bytes."""

from __future__ import annotations

import math
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from parapluie import tables
from parapluie.errors import InputError
from parapluie.schema import table_schema

EFFECTS = table_schema("extraction/effects")


def _file(folder: Path, text: str | bytes, name: str = "effects.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("\ufeffeffect_id,review_id,outcome,estimate\nE1,a,o,-0.5\n", "byte order mark"),
        ("effect_id,review_id,outcome,estimate\r\nE1,a,o,-0.5\r\n", "line ends other than LF"),
        ("effect_id;review_id;outcome;estimate\nE1;a;o;-0,5\n", "columns separated by ;"),
        ("effect_id\treview_id\toutcome\testimate\nE1\ta\to\t−0,5\n", "columns separated by tab"),
    ],
)
def test_what_excel_does_is_read_with_a_note(tmp_path: Path, text: str, note: str) -> None:
    table = tables.read_text(_file(tmp_path, text))
    assert note in table.notes
    assert tables.problems_of(table, EFFECTS) == []
    assert tables.frame(table, EFFECTS)["estimate"].tolist() == [-0.5]


def test_a_workbook_is_read_by_sheet_name(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "notes"
    sheet = book.create_sheet("effects")
    for row in (["effect_id", "review_id", "outcome", "k"], ["E1", "a", "o", 9]):
        sheet.append(row)
    book.save(tmp_path / "effects.xlsx")
    data = tables.read(tmp_path / "effects.xlsx", "extraction/effects")
    assert data["k"].tolist() == [9.0]
    assert data["_row"].tolist() == [2]


def test_row_numbers_are_those_of_a_spreadsheet(tmp_path: Path) -> None:
    path = _file(tmp_path, 'effect_id,review_id,outcome,note\nE1,a,o,"two\nlines"\n\nE2,a,o,\n')
    assert tables.read_text(path).numbers == [2, 4]


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    path = _file(tmp_path, "effect_id,review_id,outcome,k,p\nE1,a,o,5.5,2\nE1,A B,,3,0.1\n")
    with pytest.raises(InputError) as caught:
        tables.read(path, "extraction/effects", "data/extraction/effects.csv")
    places = {(p.row, p.column) for p in caught.value.problems}
    assert places == {
        (2, "k"),
        (2, "p"),
        (3, "review_id"),
        (3, "outcome"),
        (3, "effect_id"),
    }
    assert str(caught.value).splitlines()[0] == (
        "data/extraction/effects.csv row 2, column k: found '5.5'; "
        "allowed: a whole number at least 1. Correct the cell."
    )


@pytest.mark.parametrize(
    ("data", "column"),
    [
        (b"effect_id,review_id,outcome\nE1,caf\xe9,o\n", ""),
        (b"effect_id,outcome\nE1,o\n", "review_id"),
    ],
)
def test_wrong_encoding_and_missing_columns_are_named(
    tmp_path: Path, data: bytes, column: str
) -> None:
    problems = tables.problems_of(tables.read_text(_file(tmp_path, data)), EFFECTS)
    assert problems[0].column == column
    assert problems[0].row == (2 if not column else 1)


@pytest.mark.parametrize("name", ["R1 (1).csv", "R1 (conflicted copy 2024-01-02).csv"])
def test_stray_copies_are_refused_by_name(tmp_path: Path, name: str) -> None:
    table = tables.read_text(_file(tmp_path, "report_id,decision\n", name))
    assert "copies" in table.problems[0].mend


def test_absence_is_kept_apart(tmp_path: Path) -> None:
    path = _file(
        tmp_path, "effect_id,review_id,outcome,n\nE1,a,o,NR\nE2,a,o,NA\nE3,a,o,\nE4,a,o,7\n"
    )
    data = tables.read(path, "extraction/effects")
    assert tables.absence(data, "n").tolist() == [
        "not reported in the source",
        "does not apply",
        "not known yet",
        "",
    ]
    assert math.isnan(data["n"][0]) and data["n"][3] == 7.0


def test_written_tables_survive_a_spreadsheet_and_come_back(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "id": ["b", "a"],
            "title": ["=SUM(A1)", "@home"],
            "x": [0.1 + 0.2, -3.0],
            "_hidden": [1, 2],
        }
    )
    tables.write(frame, tmp_path / "t.csv", ["id"])
    text = (tmp_path / "t.csv").read_bytes()
    assert text == b"id,title,x\na,'@home,-3\nb,'=SUM(A1),0.30000000000000004\n"
    back = tables.read_result(tmp_path / "t.csv", ["x"])
    assert back["title"].tolist() == ["@home", "=SUM(A1)"]
    assert back["x"].tolist() == [-3.0, 0.1 + 0.2]


def test_appending_changes_nothing_that_stands_there(tmp_path: Path) -> None:
    path = _file(tmp_path, "report_id,decision,mine\nr1,include,x", "R1.csv")
    tables.append_rows(
        path, ["report_id", "decision"], [{"report_id": "r2", "decision": "exclude"}]
    )
    assert path.read_text() == "report_id,decision,mine\nr1,include,x\nr2,exclude,\n"


def test_columns_are_written_as_rows_are(tmp_path: Path) -> None:
    columns: dict[str, list[float] | list[str]] = {
        "floats": [0.1, -0.0, 1e-10, -20.0, 100.0],
        "large": [1e15, 1e22, -3.0, 1e14, -1e300],
        "gaps": [math.nan, 1.0, -0.0, math.nan, 5e-324],
        "words": ["a, b", "=1", "", "a, b", 'say "x"'],
    }
    rows = [{name: values[i] for name, values in columns.items()} for i in range(5)]
    tables.write_columns(tmp_path / "columns.csv", columns)
    tables.write_rows(tmp_path / "rows.csv", list(columns), rows)
    assert (tmp_path / "columns.csv").read_bytes() == (tmp_path / "rows.csv").read_bytes()
