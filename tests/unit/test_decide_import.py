"""Decisions of other tools become events: all or none, once, and screening counts them."""

from pathlib import Path

import pytest

from parapluie import tables
from parapluie.cli import main
from parapluie.export import asreview, ris
from parapluie.records.decisions import decisions_of, joined, log_decisions
from parapluie.records.decisions.log import article_of, log_rows
from parapluie.records.decisions.rows import COLUMNS
from parapluie.records.readers import ris as reader
from tests.chain import run_chain

FIXTURES = Path(__file__).parents[1] / "fixtures" / "decisions"
RESULT = Path("results/records/decisions.csv")
FILE = Path("data/screening/title_abstract/main/R1.csv")
PROTOCOL = (
    "title: T\nreviewers: [{id: R1}, {id: R2}, {id: TOOL, role: import}]\n"
    "eligibility: {include: [a review], exclude: []}\n"
    "fulltext_reasons: [{code: DES, label: wrong design}, {code: POP, label: the population}]\n"
)
TWO = ["--map", "Emily=R1", 'Zo "Z" Doe=R2', "emily@example.org=R1", "zo@example.org=R2"]


def write(name: str | Path, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")


def decisions(*rows: dict[str, str]) -> None:
    tables.write_rows(RESULT, COLUMNS, rows)


def one(record: str, decision: str, reviewer: str = "Emily", **more: str) -> dict[str, str]:
    row = {"record_id": record, "decision": decision, "reviewer": reviewer, "tool": "rayyan"}
    return {**dict.fromkeys(COLUMNS, ""), "origin": f"x.ris line {record}", **row, **more}


def decide(*words: str, stage: str = "title_abstract", file: Path | str = RESULT) -> int:
    return main(["decide", "--import", str(file), "--stage", stage, *words])


@pytest.fixture
def review(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("data/protocol.yaml", PROTOCOL)
    write("results/deduplication/reports.csv", "report_id,title\nr1,One\nr2,Two\nr3,Three\n")
    write("results/deduplication/aliases.csv",
          "record_id,report_id\nr1,r1\nr1b,r1\nr2,r2\nr3,r3\n")  # fmt: skip


def events(path: Path = FILE) -> list[dict[str, str]]:
    return tables.read_text(path).rows


def test_events_keep_time_tool_and_origin_and_come_once(review, capsys):
    decisions(
        one("r1b", "include", time="2024-02-01T09:00:00Z", labels="a;b"),
        one("r2", "exclude", reason="wrong design", note="odd"),
        one("r3", ""),
    )
    assert decide("--map", "Emily=R1", "--check") == 0
    assert not FILE.exists() and "2 decisions would be appended" in capsys.readouterr().out
    assert decide("--map", "Emily=R1") == 0
    first, second = events()
    assert (first["report_id"], first["decision"], first["role"]) == ("r1", "include", "reviewer")
    assert (first["time"], first["labels"]) == ("2024-02-01T09:00:00Z", "a;b")
    assert first["origin"] == "x.ris line r1b (r1b)" and first["tool"].startswith("rayyan, ")
    assert (second["reason"], second["note"], second["time"]) == (
        "", "odd / reason: wrong design", "",
    )  # fmt: skip
    assert "1 rows without a decision" in capsys.readouterr().out
    before = FILE.read_bytes()
    assert decide("--map", "Emily=R1") == 0
    assert FILE.read_bytes() == before
    assert "2 were there already" in capsys.readouterr().out
    by_hand = ["decide", "--reviewer", "R1", "--stage", "title_abstract", "--report", "r1"]
    assert main([*by_hand, "--decision", "exclude"]) == 0
    changed = FILE.read_bytes()
    assert decide("--map", "Emily=R1") == 0
    assert FILE.read_bytes() == changed  # a later change here is not overruled


def test_every_fault_is_told_and_nothing_is_written(review, capsys):
    decisions(
        one("r1", "include"),
        one("r1b", "exclude"),
        one("r9", "include"),
        one("r2", "include", reviewer="Nobody"),
        one("r3", "include", reviewer=""),
    )
    assert decide("--map", "Emily=R1") == 2
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 4
    assert "a decision on 'r9'" in told and "reviewer 'Nobody'; allowed: R1, R2, TOOL" in told
    assert "several decisions of R1 on the report r1: exclude on r1b" in told
    assert "decisions without a name" in told and not Path("data/screening").exists()
    more = ["Nobody=R2", "--leave", "r1b", "r9", "--reviewer", "TOOL"]
    assert decide("--map", "Emily=R1", *more) == 0
    (event,) = events(FILE.with_name("TOOL.csv"))
    assert (event["report_id"], event["role"]) == ("r3", "import")
    assert len(tables.read_text(Path("data/screening/rounds.csv")).rows) == 3


def test_reasons_at_full_text_are_codes_in_the_order_of_the_protocol(review, capsys):
    decisions(
        one("r1", "exclude", reason="wrong people;wrong design"),
        one("r2", "exclude"),
        one("r3", "maybe"),
    )
    words = ["--map", "Emily=R1", "--map-reason", "wrong people=POP"]
    assert decide(*words, stage="full_text") == 2
    told = capsys.readouterr().err
    assert "an exclusion without a reason; allowed: DES, POP" in told and "'maybe' on r3" in told
    assert decide(*words, "=POP", "--leave", "r3", stage="full_text") == 0
    found = events(Path("data/screening/full_text/main/R1.csv"))
    assert [(e["reason"], e["reasons_other"]) for e in found] == [("DES", "POP"), ("POP", "")]


def test_the_log_wins_over_the_notes(review, capsys):
    decisions(
        one("r1", "exclude"),
        one("r1", "include", reviewer="emily@example.org", tool="rayyan_log"),
    )
    assert decide(*TWO) == 0
    assert [e["decision"] for e in events()] == ["include"]
    assert "1 notes for which the log speaks" in capsys.readouterr().out


def test_the_choice_of_the_file_is_the_decision(review, capsys):
    write("results/records/records.csv",
          "record_id,source_file,line_first,search_id\nr1,excluded.csv,2,s\nr2,other.csv,2,s\n"
          "r3,excluded.csv,3,s\n")  # fmt: skip
    covidence = one("r1", "", reviewer="", tool="covidence", reason="wrong design")
    decisions({**covidence, "source_file": "excluded.csv"})
    words = ["--decision", "exclude", "--files"]
    assert decide(*words, "none.csv", stage="full_text") == 2
    words += ["excluded.csv", "--reviewer", "TOOL", "--map-reason", "=POP"]
    assert decide(*words, stage="full_text") == 0
    found = events(Path("data/screening/full_text/main/TOOL.csv"))
    assert [(e["report_id"], e["reason"], e["role"]) for e in found] == [
        ("r1", "DES", "import"),
        ("r3", "POP", "import"),
    ]


def test_a_locked_round_and_an_event_file_without_the_columns(review, capsys):
    write(FILE, "report_id,decision\nr1,include\n")
    write("data/screening/rounds.csv",
          "stage,round,reviewer,locked\ntitle_abstract,main,R1,2024-05-01\n")  # fmt: skip
    decisions(one("r2", "include"))
    assert decide("--map", "Emily=R1") == 2
    told = capsys.readouterr().err
    assert "Add the column origin" in told and "a round that is locked" in told


def test_an_export_that_went_out_comes_back_with_decisions(review):
    rows = [{"report_id": f"r{i}", "title": f"Title {i}", "year": "2020"} for i in (1, 2, 3)]
    text = (
        ris(rows)
        .replace("AN  - r1", "AN  - rayyan-71")
        .replace(
            "N1  - parapluie-id: r1",
            'N1  - parapluie-id: r1 | RAYYAN-INCLUSION: {"Emily"=>"Included"}',
        )
    )
    write("back.ris", text)
    assert decide("--map", "Emily=R1", file="back.ris") == 0
    assert [(e["report_id"], e["decision"]) for e in events()] == [("r1", "include")]
    table = asreview([{**row, "state": "exclude"} for row in rows[1:2]])
    write("labelled.csv", table.replace("included\n", "included,asreview_ranking\n")
          .replace(",0\n", ",0,1\n"))  # fmt: skip
    assert decide("--reviewer", "TOOL", file="labelled.csv") == 0
    (event,) = events(FILE.with_name("TOOL.csv"))
    assert (event["report_id"], event["decision"], event["tool"][:8]) == (
        "r2",
        "exclude",
        "asreview",
    )


@pytest.mark.workflow
def test_a_whole_review_screens_what_rayyan_decided(tmp_path, monkeypatch, capsys):
    root = tmp_path / "review"
    assert main(["new", str(root)]) == 0
    monkeypatch.chdir(root)
    write("data/protocol.yaml", PROTOCOL)
    data = (FIXTURES / "rayyan.ris").read_bytes()
    Path("data/search/raw").mkdir(parents=True, exist_ok=True)
    Path("data/search/raw/rayyan.ris").write_bytes(data)
    write("data/search/searches.csv",
          "search_id,source,kind,search_date,declared_records,files\n"
          "ray,Rayyan,database,2024-01-31,3,rayyan.ris\n")  # fmt: skip
    run_chain(root)
    records = tables.read_text(Path("results/records/records.csv")).rows
    entries = reader.read(reader.scan(data))
    notes = [
        d for v, r in zip(entries, sorted(records, key=lambda r: int(r["source_record_no"])),
                          strict=True) for d in decisions_of(v, r, r["dialect"])
    ]  # fmt: skip
    known = {
        article_of(v): r
        for v, r in zip(
            entries, sorted(records, key=lambda r: int(r["source_record_no"])), strict=True
        )
    }
    log = log_rows((FIXTURES / "customizations_log.csv").read_text(encoding="utf-8"))
    decisions(*joined(notes, log_decisions(log, known)))
    assert decide(*TWO, "--leave", "rayyan-999") == 0
    assert main(["check"]) == 0, capsys.readouterr()
    run_chain(root)
    states = {r["report_id"]: r for r in tables.read_text(Path("results/screening/state.csv")).rows
              if r["stage"] == "title_abstract"}  # fmt: skip
    by_article = {a: states[r["record_id"]]["state"] for a, r in known.items()}
    assert by_article == {"501": "conflict", "502": "awaiting_second", "503": "awaiting"}
