"""Screening: states, conflicts, blinding, agreement, and the rows behind each figure."""

import csv
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie.cli import main
from parapluie.decision_log import Log, place_of
from parapluie.screening import Screening, screen
from parapluie.tables import Table
from parapluie.trace import matches, split_rows
from parapluie.vocabulary import STATES

PROTOCOL = {
    "reviewers": [{"id": "R1"}, {"id": "R2"}, {"id": "C", "role": "adjudicator"}],
    "fulltext_reasons": [{"code": c, "label": c} for c in ("POP", "DES", "OUT")],
}


def log(place: str, *rows: str, order: int = 0) -> Log:
    """Make an event file of lines ``report decision reason role time event``, - for empty."""
    columns = ["report_id", "decision", "reason", "role", "time", "event", "reasons_other"]
    cells = [[("" if c == "-" else c) for c in row.split()] for row in rows]
    made = [dict(zip(columns, c + [""] * 7, strict=False)) for c in cells]
    shown = f"data/screening/{place}.csv"
    found = place_of(shown)
    assert found
    return Log(Table(shown, columns, made, list(range(2, len(made) + 2))), found, order)


def run(*logs: Log, reports="abc", protocol=PROTOCOL, aliases=None) -> Screening:
    names = list(reports)
    return screen(names, {**{i: i for i in names}, **(aliases or {})}, logs, protocol)


def states(found: Screening, stage="title_abstract") -> dict[str, str]:
    rows = found.state[found.state["stage"] == stage]
    return dict(zip(rows["report_id"], rows["state"], strict=True))


def value(found: Screening, key: str):
    return found.figures.lines[f"screening.{key}"]["value"]


TA = "title_abstract/main"
FT = "full_text/main"
INCLUDED = [log(f"{TA}/R1", "a include", "b include"), log(f"{TA}/R2", "a include", "b maybe")]


def test_without_files_everything_awaits():
    found = run()
    assert states(found) == dict.fromkeys("abc", "awaiting")
    assert value(found, "title_abstract.awaiting") == 3
    assert value(found, "full_text.awaiting") == 0
    assert value(found, "worklist.title_abstract.R1") == 3


def test_votes_make_states():
    found = run(
        log(f"{TA}/R1", "a include", "b exclude", "c exclude"),
        log(f"{TA}/R2", "a maybe", "b include"),
    )
    assert states(found) == {"a": "include", "b": "conflict", "c": "awaiting_second"}
    assert list(found.conflicts["decisions"]) == ["R1=exclude; R2=include"]
    assert found.waiting["title_abstract", "R2"] == ["c"]
    assert found.waiting["title_abstract", "C"] == ["b"]


def test_no_output_shows_a_vote_before_both_voted():
    one = run(log(f"{FT}/R1", "a exclude", "b include"), *INCLUDED)
    other = run(log(f"{FT}/R1", "a include", "b exclude POP"), *INCLUDED)
    for name in ("state", "conflicts", "agreement", "problems"):
        assert getattr(one, name).equals(getattr(other, name)), name
    assert {k: v["value"] for k, v in one.figures.lines.items()} == {
        k: v["value"] for k, v in other.figures.lines.items()
    }


def test_any_include_needs_all_votes_but_one_include():
    protocol = {**PROTOCOL, "stages": {"title_abstract": {"votes": 2, "rule": "any_include"}}}
    found = run(
        log(f"{TA}/R1", "a include", "b include"), log(f"{TA}/R2", "a exclude"), protocol=protocol
    )
    assert states(found) == {"a": "include", "b": "awaiting_second", "c": "awaiting"}


def test_adjudicator_and_import_are_final():
    found = run(
        log(f"{TA}/R1", "a include", "b exclude"),
        log(f"{TA}/R2", "a exclude"),
        log(f"{TA}/C", "a exclude"),
        log(f"{TA}/X", "b include - import", "c exclude - import"),
    )
    assert states(found) == {"a": "exclude", "b": "include", "c": "exclude"}
    assert found.conflicts.empty
    assert found.state.loc[found.state["report_id"] == "a", "decided_by"].tolist() == ["C"]


def test_opposite_decisions_on_merged_records_are_a_conflict():
    both = (log(f"{TA}/R1", "a include", "a2 exclude"), log(f"{TA}/R2", "a include"))
    found = run(*both, reports="a", aliases={"a2": "a"})
    assert states(found) == {"a": "conflict"}
    assert list(found.conflicts["kind"]) == ["merged"]
    imported = log(f"{TA}/X", "a include - import", "a2 exclude - import")
    assert states(run(imported, reports="a", aliases={"a2": "a"})) == {"a": "conflict"}
    settled = run(*both, log(f"{TA}/C", "a include"), reports="a", aliases={"a2": "a"})
    assert states(settled) == {"a": "include"}


def test_a_vote_changed_after_adjudication_is_a_discrepancy():
    rows = ("a include - - 2024-01-01", "a exclude - - 2024-03-01")
    found = run(
        log(f"{TA}/R1", *rows),
        log(f"{TA}/R2", "a exclude - - 2024-01-02"),
        log(f"{TA}/C", "a include - - 2024-02-01"),
    )
    assert states(found)["a"] == "include"
    assert found.conflicts[["kind", "who"]].values.tolist() == [["discrepancy", "C; R1"]]


def test_main_reason_is_the_first_of_the_protocol():
    first = log(f"{FT}/R1", "a exclude DES", "b exclude")
    first.table.rows[0]["reasons_other"] = "OUT;POP"
    found = run(*INCLUDED, first, log(f"{FT}/R2", "a exclude OUT", "b exclude"))
    reasons = found.state[found.state["stage"] == "full_text"]
    assert dict(zip(reasons["report_id"], reasons["reason"], strict=True)) == {
        "a": "POP",
        "b": "not_given",
    }
    assert list(found.conflicts["kind"]) == ["reasons"]
    assert value(found, "full_text.reason.POP") == 1
    assert value(found, "full_text.reason.not_given") == 1
    assert len(found.problems) == 2


def test_full_text_decisions_need_an_inclusion_before():
    found = run(*INCLUDED, log(f"{FT}/R1", "c exclude POP", "a include"))
    assert states(found, "full_text") == {"a": "awaiting_second", "b": "awaiting"}
    assert found.problems[["row", "report_id"]].values.tolist() == [[2, "c"]]
    assert "exclude" not in " ".join(found.problems["problem"])


def test_maybe_at_full_text_settles_nothing():
    found = run(*INCLUDED, log(f"{FT}/R1", "a maybe"), log(f"{FT}/R2", "a maybe"))
    assert states(found, "full_text")["a"] == "conflict"


def test_agreement_shows_maybe_both_ways():
    found = run(
        log(f"{TA}/R1", "a include", "b exclude", "c exclude"),
        log(f"{TA}/R2", "a maybe", "b exclude", "c include"),
    )
    stem = "agreement.title_abstract.main.R1_R2"
    assert [value(found, f"{stem}.{c}") for c in "nabcd"] == [3, 1, 0, 1, 1]
    assert value(found, f"{stem}.percent") == pytest.approx(2 / 3)
    assert value(found, f"{stem}.maybe_apart.percent") == pytest.approx(1 / 3)


def test_agreement_uses_what_stood_when_the_second_had_voted():
    changed = ("a include - - 2024-01-01", "a exclude - - 2024-01-05")
    found = run(log(f"{TA}/R1", *changed), log(f"{TA}/R2", "a exclude - - 2024-01-03"))
    assert states(found)["a"] == "exclude"
    assert value(found, "agreement.title_abstract.main.R1_R2.b") == 1
    settled = run(
        log(f"{TA}/R1", "a include - - 2024-01-01"),
        log(f"{TA}/C", "a include - - 2024-01-02"),
        log(f"{TA}/R2", "a include - - 2024-01-03"),
    )
    assert value(settled, "agreement.title_abstract.main.R1_R2.n") == 0


def test_a_report_that_both_decided_in_an_earlier_round_does_not_count_again():
    found = run(
        log("title_abstract/calibration1/R1", "a include", order=0),
        log("title_abstract/calibration1/R2", "a exclude", order=1),
        log(f"{TA}/R1", "a exclude", "b exclude", "c include", order=2),
        log(f"{TA}/R2", "a exclude", "b exclude", order=3),
    )
    assert states(found)["a"] == "exclude"
    assert value(found, "agreement.title_abstract.calibration1.R1_R2.b") == 1
    assert value(found, "agreement.title_abstract.main.R1_R2.n") == 1
    key = "screening.agreement.title_abstract.main.R1_R2.n"
    assert names(found, key, "data/screening/title_abstract/calibration1/R2.csv", {}, 2)
    assert not names(
        found,
        "screening.agreement.title_abstract.calibration1.R1_R2.n",
        f"data/screening/{TA}/R2.csv",
        {},
        2,
    )


def test_agreement_rests_on_which_records_are_one_report():
    lines = run(*INCLUDED).figures.lines
    assert (
        "deduplication.reports"
        in lines["screening.agreement.title_abstract.main.R1_R2.n"]["rests_on"]
    )


def test_imported_decisions_have_no_agreement():
    found = run(log(f"{TA}/X", "a include - import"))
    line = found.figures.lines["screening.agreement.title_abstract.main.kappa"]
    assert line["absent_reason"] == "not_available: votes not in source"


# --- properties -----------------------------------------------------------------------------------

EVENT = st.tuples(
    st.sampled_from("abcd"),
    st.sampled_from(["include", "exclude", "maybe", "-"]),
    st.sampled_from(["POP", "DES", "-"]),
    st.sampled_from(["-", "-", "import", "adjudicator"]),
    st.sampled_from(["-", "2024-01-01", "2024-01-02", "2024-01-03"]),
    st.sampled_from(["-", "-", "-", "retract", "note"]),
).map(" ".join)
PLACES = [
    f"{s}/{r}/{p}"
    for s in ("title_abstract", "full_text")
    for r, p in (("pilot", "R1"), ("main", "R1"), ("main", "R2"), ("main", "C"))
]
LOGS = st.tuples(*[st.lists(EVENT, max_size=5) for _ in PLACES])
RULES = st.sampled_from(["agree", "any_include"])


def made(rows_by_place, rule):
    logs = [
        log(p, *rows, order=i)
        for i, (p, rows) in enumerate(zip(PLACES, rows_by_place, strict=True))
    ]
    protocol = {**PROTOCOL, "stages": {"title_abstract": {"rule": rule}}}
    return logs, run(*logs, reports="abc", aliases={"d": "a"}, protocol=protocol)


@given(LOGS, RULES)
def test_every_report_is_in_one_state_and_the_counts_add_up(rows_by_place, rule):
    _, found = made(rows_by_place, rule)
    assert not found.state.duplicated(["report_id", "stage"]).any()
    assert sorted(states(found)) == list("abc")
    assert set(found.state["state"]) <= set(STATES)
    for stage, total in (
        ("title_abstract", 3),
        ("full_text", value(found, "title_abstract.include")),
    ):
        assert sum(value(found, f"{stage}.{state}") for state in STATES) == total
        settled = ("include", "exclude", "conflict")
        screened = sum(value(found, f"{stage}.{state}") for state in settled)
        assert value(found, f"{stage}.screened") == screened
    codes = ("POP", "DES", "OUT", "not_given")
    reasons = sum(value(found, f"full_text.reason.{code}") for code in codes)
    assert reasons == value(found, "full_text.exclude")


@given(LOGS, RULES, st.data())
def test_every_figure_that_changes_names_the_row_that_changed(rows_by_place, rule, data):
    before_logs, before = made(rows_by_place, rule)
    full = [i for i, entry in enumerate(before_logs) if entry.table.rows]
    if not full:
        return
    i = data.draw(st.sampled_from(full))
    j = data.draw(st.integers(0, len(before_logs[i].table.rows) - 1))
    decision = data.draw(st.sampled_from(["include", "exclude", "maybe", "-"]))
    cells = rows_by_place[i][j].split()
    changed = [list(rows) for rows in rows_by_place]
    changed[i][j] = " ".join([cells[0], decision, *cells[2:]])
    after_logs, after = made(changed, rule)
    file, number = before_logs[i].file, j + 2
    for key in set(before.figures.lines) & set(after.figures.lines):
        one, other = before.figures.lines[key], after.figures.lines[key]
        if one["value"] == other["value"] and one["absent_reason"] == other["absent_reason"]:
            continue
        assert names(before, key, file, before_logs[i].table.rows[j], number) or names(
            after, key, file, after_logs[i].table.rows[j], number
        ), key


def names(found: Screening, key: str, file: str, row: dict[str, str], number: int) -> bool:
    line = found.figures.lines.get(key)
    if line is None:  # a figure of an earlier stage
        return False
    pairs = zip([f for f in line["file"].split(";") if f], split_rows(line["rows"]), strict=True)
    return any(f == file and matches(r, row, number) for f, r in pairs) or any(
        names(found, other, file, row, number) for other in line["rests_on"].split(";") if other
    )


# --- the command ----------------------------------------------------------------------------------


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def review(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write(
        Path("data/protocol.yaml"),
        "title: T\nreviewers: [{id: R1}, {id: R2}, {id: X, role: import}]\n",
    )
    write(Path("results/deduplication/reports.csv"), "report_id,title\nr1,One\nr2,Two\n")
    write(Path("results/deduplication/aliases.csv"), "record_id,report_id\nr1,r1\nr2,r2\nr3,r2\n")
    return tmp_path


def command(*decisions: str, rounds: str = "data/screening/rounds.csv") -> int:
    return main(
        [
            "screening",
            "--protocol",
            "data/protocol.yaml",
            "--reports",
            "results/deduplication/reports.csv",
            "--aliases",
            "results/deduplication/aliases.csv",
            "--rounds",
            *([rounds] if rounds else []),
            "--decisions",
            *decisions,
            "--out",
            "results/screening",
        ]
    )


def test_command_without_any_decision(review):
    assert command(rounds="") == 0
    text = Path("results/screening/state.csv").read_text()
    assert text.splitlines()[1:] == [
        "r1,title_abstract,awaiting,,,0",
        "r2,title_abstract,awaiting,,,0",
    ]


def test_command_tells_all_faults_and_writes_nothing(review, capsys):
    file = "data/screening/title_abstract/main/R1.csv"
    write(Path("data/screening/rounds.csv"), "stage,round,reviewer\ntitle_abstract,main,R2\n")
    write(Path(file), "report_id,decision\nr1,incl\nr9,include\n")
    assert command(file) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 4
    assert any("'incl'; allowed: include, exclude, maybe" in line for line in lines)
    assert any("'r9'" in line for line in lines)
    assert any("no row of rounds.csv names" in line for line in lines)
    assert any("no file title_abstract/main/R2.csv" in line for line in lines)
    assert not Path("results/screening").exists()


def test_command_follows_aliases(review):
    file = "data/screening/title_abstract/main/X.csv"
    write(Path("data/screening/rounds.csv"), "stage,round,reviewer\ntitle_abstract,main,X\n")
    write(Path(file), "report_id,decision\nr1,exclude\nr3,include\n")
    assert command(file) == 0
    with Path("results/screening/state.csv").open() as opened:
        rows = {(r["report_id"], r["stage"]): r["state"] for r in csv.DictReader(opened)}
    assert rows == {
        ("r1", "title_abstract"): "exclude",
        ("r2", "title_abstract"): "include",
        ("r2", "full_text"): "awaiting",
    }


def test_thousands_of_imported_decisions_are_fast():
    names = [f"r{i}" for i in range(4784)]
    big = log(f"{TA}/X", *(f"{i} exclude - import" for i in names))
    begin = time.perf_counter()
    found = screen(names, {}, [big], PROTOCOL)
    assert time.perf_counter() - begin < 1.5
    assert value(found, "title_abstract.exclude") == 4784
