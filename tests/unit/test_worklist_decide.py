"""The round trip of a person: worklist out, decisions in."""

from pathlib import Path

import openpyxl
import pytest

from parapluie.cli import main
from parapluie.tables import read_text

FILE = Path("data/screening/title_abstract/main/R1.csv")
ROUNDS = Path("data/screening/rounds.csv")


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")


def screen() -> None:
    decisions = sorted(p.as_posix() for p in Path("data/screening").glob("*/*/*.csv"))
    rounds = [ROUNDS.as_posix()] if ROUNDS.exists() else []
    assert (
        main(
            [
                "screening",
                "--protocol",
                "data/protocol.yaml",
                "--reports",
                "results/deduplication/reports.csv",
                "--aliases",
                "results/deduplication/aliases.csv",
                "--rounds",
                *rounds,
                "--decisions",
                *decisions,
                "--out",
                "results/screening",
            ]
        )
        == 0
    )


@pytest.fixture
def review(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(
        "data/protocol.yaml",
        "title: T\nreviewers: [{id: R1}, {id: R2}, {id: C, role: adjudicator}]\n"
        "eligibility: {include: [a systematic review], exclude: []}\n"
        "fulltext_reasons: [{code: POP, label: not the population}]\n",
    )
    write(
        "results/deduplication/reports.csv",
        "report_id,title,abstract,authors,year,journal,doi\n"
        'r1,\'=1+1 is two,About,"Li, A.",2020,J,10.1/x\nr2,Two,,,,,\nr3,Three,,,,,\n',
    )
    write("results/deduplication/aliases.csv", "record_id,report_id\nr1,r1\nr2,r2\nr3,r3\n")
    screen()


def worklist(out: str, reviewer: str = "R1", stage: str = "title_abstract") -> int:
    return main(["worklist", "--stage", stage, "--reviewer", reviewer, "--out", out])


def fill(path: str, **columns: list[str]) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book["worklist"]
    header = [cell.value for cell in sheet[1]]
    for column, values in columns.items():
        for i, value in enumerate(values, start=2):
            sheet.cell(i, header.index(column) + 1, value or None)
    book.save(path)


def test_round_trip(review, capsys):
    assert worklist("R1.xlsx") == 0
    book = openpyxl.load_workbook("R1.xlsx")
    assert book.sheetnames == ["worklist", "criteria", "about"]
    rows = list(book["worklist"].iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["report_id", "r1", "r2", "r3"]
    assert rows[1][3] == "=1+1 is two" and book["worklist"]["D2"].data_type == "s"
    assert book["criteria"]["B1"].value == "a systematic review"
    (rule,) = book["worklist"].data_validations.dataValidation
    assert (rule.formula1, str(rule.sqref)) == ('"include,exclude,maybe"', "H2:H4")

    fill("R1.xlsx", decision=["Include", "exclude", ""], note=["", "off topic", ""])
    assert main(["decide", "--from", "R1.xlsx"]) == 0
    table = read_text(FILE)
    assert [(r["report_id"], r["decision"], r["note"]) for r in table.rows] == [
        ("r1", "include", ""),
        ("r2", "exclude", "off topic"),
    ]
    assert len({r["event_id"] for r in table.rows}) == 2
    assert table.rows[0]["time"].endswith("Z") and table.rows[0]["tool"].startswith("parapluie ")
    assert ROUNDS.read_text() == "stage,round,reviewer,locked\ntitle_abstract,main,R1,\n"
    assert "2 decisions appended" in capsys.readouterr().out

    before = FILE.read_bytes()
    assert main(["decide", "--from", "R1.xlsx"]) == 0
    assert FILE.read_bytes() == before
    out = capsys.readouterr().out
    assert "0 decisions appended" in out and "2 were there already; 1 rows without" in out
    screen()
    assert worklist("again.xlsx") == 0
    rows = list(openpyxl.load_workbook("again.xlsx")["worklist"].iter_rows(values_only=True))
    assert [row[0] for row in rows[1:]] == ["r3"]


def test_all_or_nothing(review, capsys):
    worklist("R1.xlsx")
    fill("R1.xlsx", report_id=["r1", "r9", "r1"], decision=["include", "include", "perhaps"])
    assert main(["decide", "--from", "R1.xlsx"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert "R1.xlsx row 3, column report_id: found 'r9'" in lines[0]
    assert not FILE.exists() and not ROUNDS.exists()


def test_one_decision_by_hand_and_a_conflict_for_the_adjudicator(review):
    by_hand = ["decide", "--stage", "title_abstract", "--report", "r2", "--decision"]
    assert main([*by_hand, "include", "--reviewer", "R1", "--note", "see table 1"]) == 0
    assert main([*by_hand, "exclude", "--reviewer", "R2"]) == 0
    screen()
    assert worklist("C.csv", "C") == 0
    assert [row["report_id"] for row in read_text(Path("C.csv")).rows] == ["r2"]
    assert main([*by_hand, "exclude", "--reviewer", "C"]) == 0
    screen()
    assert "r2,title_abstract,exclude,,C,2" in Path("results/screening/state.csv").read_text()


def test_full_text_exclusion_needs_a_reason(review, capsys):
    words = ["decide", "--stage", "full_text", "--reviewer", "R1", "--report", "r1", "--decision"]
    assert main([*words, "exclude"]) == 2
    assert "column reason: found an empty cell; allowed: POP" in capsys.readouterr().err
    assert main([*words, "maybe"]) == 2
    assert main([*words, "exclude", "--reason", "POP"]) == 0


def test_faults_are_told_without_traceback(review, capsys):
    assert worklist("R1.xlsx", "R7") == 2
    assert "allowed: C, R1, R2" in capsys.readouterr().err
    assert main(["decide", "--stage", "title_abstract", "--reviewer", "R1"]) == 2
    assert main(["decide", "--from", "nothing.xlsx"]) == 2
    capsys.readouterr()
    Path("results/screening/state.csv").unlink()
    assert worklist("R1.xlsx") == 2
    assert "Run `snakemake` first." in capsys.readouterr().err


def test_an_expected_file_is_made_and_a_locked_round_stays_closed(review, capsys):
    write(ROUNDS.as_posix(), "stage,round,reviewer,locked\ntitle_abstract,main,R1,\n")
    assert worklist("R1.csv") == 0
    assert FILE.read_text().startswith("report_id,decision,reason,")
    assert worklist("R1.csv") == 2
    write(ROUNDS.as_posix(), "stage,round,reviewer,locked\ntitle_abstract,main,R1,2024-01-01\n")
    words = ["decide", "--stage", "title_abstract", "--reviewer", "R1", "--report", "r1"]
    capsys.readouterr()
    assert main([*words, "--decision", "include"]) == 2
    assert "a round that is locked" in capsys.readouterr().err


def test_a_file_made_by_hand_must_have_the_columns_that_are_filled(review, capsys):
    write(FILE.as_posix(), "report_id,decision\nr1,include\n")
    words = ["decide", "--stage", "title_abstract", "--reviewer", "R1", "--report", "r2"]
    assert main([*words, "--decision", "maybe", "--note", "why not"]) == 2
    assert "no column note" in capsys.readouterr().err
    assert main([*words, "--decision", "maybe"]) == 0
    assert FILE.read_text() == "report_id,decision\nr1,include\nr2,maybe\n"
