"""Event files: places, faults, and the order of events."""

import pytest

from parapluie.decision_log import (
    Log,
    Place,
    decision_problems,
    events,
    lock_problems,
    place_of,
    rounds_problems,
    standing,
)
from parapluie.tables import Table

PROTOCOL = {
    "reviewers": [{"id": "R1"}, {"id": "C", "role": "adjudicator"}],
    "fulltext_reasons": [{"code": "POP", "label": "population"}],
}
FILE = "data/screening/full_text/main/R1.csv"


def table(*rows: dict[str, str], shown: str = FILE) -> Table:
    columns = list(dict.fromkeys(c for row in rows for c in row))
    return Table(shown, columns, list(rows), list(range(2, len(rows) + 2)))


def log(*rows: dict[str, str], shown: str = FILE, order: int = 0) -> Log:
    return Log(table(*rows, shown=shown), place_of(shown) or Place("", "", ""), order)


def test_place_is_told_by_the_path():
    assert place_of(FILE) == Place("full_text", "main", "R1")
    assert place_of("data/screening/abstracts/main/R1.csv") is None
    assert place_of("R1.csv") is None


def test_every_fault_at_once():
    found = decision_problems(
        table(
            {"report_id": "r9", "decision": "include", "event": "", "event_id": "e1"},
            {"report_id": "r1", "decision": "exclude", "reason": "NEW", "event_id": "e1"},
            {"report_id": "r1", "event": "lock"},
            {"report_id": "r1", "decision": "include"},
        ),
        "full_text",
        "R3",
        {"r1"},
        PROTOCOL,
    )
    lines = [problem.line() for problem in sorted(found, key=lambda p: p.sort_key())]
    assert len(lines) == 5
    assert "found reviewer 'R3'; allowed: C, R1" in lines[0]
    assert f"{FILE} row 2, column report_id: found 'r9'" in lines[1]
    assert "row 3, column event_id: found 'e1', which row 2 has already" in lines[2]
    assert "row 3, column reason: found 'NEW'; allowed: POP" in lines[3]
    assert "row 5, column event: found a decision after the lock of row 4" in lines[4]


def test_ids_are_not_checked_when_they_are_not_known():
    rows = table({"report_id": "r9", "decision": "include"})
    assert decision_problems(rows, "full_text", "R1", None, PROTOCOL) == []


def test_rounds_and_files_must_match():
    rounds = table(
        {"stage": "full_text", "round": "main", "reviewer": "R1"},
        {"stage": "full_text", "round": "main", "reviewer": "R2"},
        shown="data/screening/rounds.csv",
    )
    found = rounds_problems(rounds, [FILE, "data/screening/full_text/pilot/R1.csv", "x.csv"])
    assert sorted(p.file for p in found) == [
        "data/screening/full_text/pilot/R1.csv",
        "data/screening/rounds.csv",
        "x.csv",
    ]


def test_decisions_after_the_day_of_the_lock():
    rows = table(
        {"report_id": "r1", "decision": "include", "time": "2024-03-01T23:00:00Z"},
        {"report_id": "r2", "decision": "include", "time": "2024-03-02"},
    )
    assert [p.row for p in lock_problems(rows, "2024-03-01")] == [3]
    assert lock_problems(rows, "") == []


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["include"], ["include"]),
        (["include", "exclude"], ["include", "exclude"]),
        (["include", "exclude", "retract"], ["include"]),
        (["retract", "include"], ["include"]),
        (["include", "retract"], []),
    ],
)
def test_a_retraction_takes_back_the_last_decision(words, expected):
    rows = [
        {"report_id": "r1", "decision": "" if w == "retract" else w, "event": w.replace("in", "in")}
        for w in words
    ]
    for row in rows:
        row["event"] = "retract" if not row["decision"] else "decide"
    found = events(log(*rows), {"r1": "r1"}, PROTOCOL)
    assert [e.decision for e in standing(found)] == expected


def test_rounds_are_ordered_by_time_or_else_by_rounds_csv():
    late = {"report_id": "r1", "decision": "include", "time": "2024-02-01"}
    early = {"report_id": "r1", "decision": "exclude", "time": "2024-01-01"}
    other = FILE.replace("main", "update2")

    def last(first: dict[str, str], second: dict[str, str]) -> str:
        found = events(log(first), {}, PROTOCOL)
        found += events(log(second, shown=other, order=1), {}, PROTOCOL)
        return standing(found)[-1].decision

    assert last(late, early) == "include"
    assert last({**late, "time": ""}, early) == "exclude"


def test_rows_without_a_decision_claim_nothing():
    rows = [{"report_id": "r1", "decision": ""}, {"report_id": "r1", "event": "note"}]
    assert events(log(*rows), {}, PROTOCOL) == []


def test_role_comes_from_the_row_or_the_protocol():
    shown = "data/screening/full_text/main/C.csv"
    rows = [
        {"report_id": "r1", "decision": "include", "role": ""},
        {"report_id": "r2", "decision": "include", "role": "import"},
    ]
    found = events(log(*rows, shown=shown), {"r1": "r0"}, PROTOCOL)
    assert [e.role for e in found] == ["adjudicator", "import"]
    assert (found[0].report_id, found[0].written_id) == ("r0", "r1")
