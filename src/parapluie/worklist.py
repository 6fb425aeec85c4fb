"""Worklists: what waits for a person, as a workbook to fill in, and its answers as events.

A workbook shows no one's votes. Its answers are checked all at once; either all of them become
events or none does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parapluie.decision_log import ADJUDICATOR, Log, Place, events, reason_codes, standing
from parapluie.errors import Problem
from parapluie.tables import Table
from parapluie.vocabulary import (
    AWAITING,
    AWAITING_SECOND,
    CONFLICT,
    EXCLUDE,
    INCLUDE,
    MAYBE,
)

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

TITLE_ABSTRACT, FULL_TEXT = "title_abstract", "full_text"
SHOWN = ("report_id", "year", "authors", "title", "abstract", "journal", "doi")
"""Columns of reports.csv that a worklist shows, as far as they are there."""

LIST_SHEET, CRITERIA_SHEET, ABOUT_SHEET = "worklist", "criteria", "about"

_WIDTHS = {"title": 50, "abstract": 90, "authors": 25, "journal": 25, "doi": 22, "note": 30}
_LONGEST_CELL = 32_000
"""A spreadsheet holds 32,767 characters in a cell."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def allowed_decisions(stage: str) -> tuple[str, ...]:
    """Give the decisions that may be taken at a stage: maybe only at title and abstract."""
    return (INCLUDE, EXCLUDE, MAYBE) if stage == TITLE_ABSTRACT else (INCLUDE, EXCLUDE)


def columns_of(stage: str) -> tuple[str, ...]:
    """Give the columns of a worklist."""
    answers = ("decision", "note") if stage == TITLE_ABSTRACT else ("decision", "reason", "note")
    return (*SHOWN, *answers)


# --- what waits -----------------------------------------------------------------------------------


def waiting_for(
    state: Iterable[Mapping[str, str]], stage: str, reviewer: str, roles: Mapping[str, str]
) -> list[str]:
    """Give the reports that wait for a person.

    A reviewer gets reports without a decision on which the person has not voted; an adjudicator
    gets conflicts, and without one in the protocol those who voted get them.

    Parameters
    ----------
    state : iterable of mapping
        Rows of state.csv of screening.
    stage, reviewer : str
        Stage and person.
    roles : mapping
        Person to role, from the protocol.

    Returns
    -------
    list of str
        Sorted report_ids.
    """
    settles = roles.get(reviewer) == ADJUDICATOR
    nobody_settles = ADJUDICATOR not in roles.values()
    found = []
    for row in state:
        voted = reviewer in [name.strip() for name in row["decided_by"].split(";")]
        undecided = row["state"] in (AWAITING, AWAITING_SECOND) and not settles and not voted
        conflict = row["state"] == CONFLICT and (settles or (nobody_settles and voted))
        if row["stage"] == stage and (undecided or conflict):
            found.append(row["report_id"])
    return sorted(found)


def worklist_rows(
    report_ids: Sequence[str], reports: Mapping[str, Mapping[str, str]], stage: str
) -> list[dict[str, str]]:
    """Give the rows of a worklist, its answers empty."""
    columns = columns_of(stage)
    return [
        {c: reports.get(i, {}).get(c, "") if c in SHOWN else "" for c in columns} | {"report_id": i}
        for i in report_ids
    ]


# --- workbooks ------------------------------------------------------------------------------------


def workbook(
    rows: Sequence[Mapping[str, str]], place: Place, protocol: Mapping[str, Any]
) -> Workbook:
    """Make the workbook: the list with drop-downs, the criteria, and whose list it is.

    Parameters
    ----------
    rows : sequence of mapping
        From `worklist_rows`.
    place : Place
        Stage, round and reviewer.
    protocol : mapping
        For eligibility and reasons.
    """
    import openpyxl

    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = LIST_SHEET
    _fill_list(sheet, rows, columns_of(place.stage))
    _add_choices(sheet, columns_of(place.stage), "decision", allowed_decisions(place.stage), rows)
    if place.stage == FULL_TEXT:
        _add_choices(sheet, columns_of(place.stage), "reason", reason_codes(protocol), rows)
    _fill_plain(book.create_sheet(CRITERIA_SHEET), _criteria(protocol), 100)
    _fill_plain(book.create_sheet(ABOUT_SHEET), list(place._asdict().items()), 30)
    return book


def _fill_list(sheet: Worksheet, rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    for j, column in enumerate(columns, start=1):
        sheet.cell(1, j, column).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(j)].width = _WIDTHS.get(column, 14)
        for i, row in enumerate(rows, start=2):
            cell = sheet.cell(i, j)
            _write_text(cell, row[column])
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "B2"


def _write_text(cell: Any, text: str) -> None:
    """Write a cell as text, also where it looks like a formula."""
    cell.value = _CONTROL.sub(" ", text)[:_LONGEST_CELL] or None
    if text:
        cell.data_type = "s"


def _add_choices(
    sheet: Worksheet,
    columns: Sequence[str],
    column: str,
    choices: Sequence[str],
    rows: Sequence[Mapping[str, str]],
) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    quoted = '"' + ",".join(choices) + '"'
    if not choices or not rows or len(quoted) > 255:  # the longest list that a drop-down takes
        return
    rule = DataValidation(type="list", formula1=quoted, allow_blank=True, showErrorMessage=True)
    rule.error = f"One of: {', '.join(choices)}"[:250]
    letter = get_column_letter(columns.index(column) + 1)
    rule.add(f"{letter}2:{letter}{len(rows) + 1}")
    sheet.add_data_validation(rule)


def _criteria(protocol: Mapping[str, Any]) -> list[tuple[str, str]]:
    eligibility = protocol.get("eligibility") or {}
    lines = [(kind, str(t)) for kind in (INCLUDE, EXCLUDE) for t in eligibility.get(kind) or []]
    reasons = protocol.get("fulltext_reasons") or []
    return lines + [(f"reason {r['code']}", str(r["label"])) for r in reasons]


def _fill_plain(sheet: Worksheet, lines: Sequence[tuple[str, str]], width: int) -> None:
    sheet.column_dimensions["A"].width = 18
    sheet.column_dimensions["B"].width = width
    for i, (name, text) in enumerate(lines, start=1):
        _write_text(sheet.cell(i, 1), name)
        _write_text(sheet.cell(i, 2), text)


def read_workbook(path: Path, shown: str) -> tuple[Table, dict[str, str]]:
    """Read a worklist that came back.

    Returns
    -------
    (Table, dict)
        The rows, and stage, round and reviewer as far as the workbook tells them.
    """
    import openpyxl

    book = openpyxl.load_workbook(path, data_only=True)
    table = Table(shown)
    name = LIST_SHEET if LIST_SHEET in book.sheetnames else book.sheetnames[0]
    cells = [[_text(v) for v in row] for row in book[name].iter_rows(values_only=True)]
    if cells:
        table.columns = [c for c in cells[0] if c]
        for number, row in enumerate(cells[1:], start=2):
            if any(row):
                table.rows.append(dict(zip(cells[0], row, strict=False)))
                table.numbers.append(number)
    about = {}
    if ABOUT_SHEET in book.sheetnames:
        lines = book[ABOUT_SHEET].iter_rows(max_col=2, values_only=True)
        about = {_text(line[0]): _text(line[-1]) for line in lines if line[0]}
    return table, about


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


# --- answers --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answers:
    """What a filled worklist gives.

    Parameters
    ----------
    rows : list of dict
        Events to append, without id and time.
    unanswered, repeated : int
        Rows without a decision, and rows that the person had decided so already.
    problems : list of Problem
        Every faulty row.
    """

    rows: list[dict[str, str]]
    unanswered: int
    repeated: int
    problems: list[Problem]


def answers(
    table: Table,
    log: Log,
    aliases: Mapping[str, str],
    protocol: Mapping[str, Any],
    role: str,
) -> Answers:
    """Turn the rows of a filled worklist into events.

    Parameters
    ----------
    table : Table
        The worklist.
    log : Log
        The event file as it is; without rows if there is none yet.
    aliases : mapping
        Every known id to the report_id that is valid now.
    protocol : mapping
        For the codes of reasons.
    role : str
        Role of the person in the protocol.
    """
    problems = [_no_column(table, c) for c in ("report_id", "decision") if c not in table.columns]
    before = _standing(log, aliases, protocol)
    found = Answers([], 0, 0, problems)
    unanswered = repeated = 0
    seen: dict[str, int] = {}
    for row, number in zip(table.rows, table.numbers, strict=True):
        event = _event(row, role)
        if not event["decision"]:
            unanswered += 1
            continue
        report = aliases.get(event["report_id"], "")
        faults = _faults(table, event, number, log.place.stage, report, reason_codes(protocol))
        if report in seen:
            faults.append(_twice(table, event, number, seen[report]))
        seen[report] = number
        found.problems.extend(faults)
        if before.get(report) == (event["decision"], event["reason"]):
            repeated += 1
        elif not faults:
            found.rows.append(event)
    return Answers(found.rows, unanswered, repeated, found.problems)


def _event(row: Mapping[str, str], role: str) -> dict[str, str]:
    return {
        "report_id": row.get("report_id", "").strip(),
        "decision": row.get("decision", "").strip().lower(),
        "reason": row.get("reason", "").strip(),
        "note": row.get("note", "").strip(),
        "event": "decide",
        "role": role,
    }


def _standing(
    log: Log, aliases: Mapping[str, str], protocol: Mapping[str, Any]
) -> dict[str, tuple[str, str]]:
    """Give the decision and reason of each report that stand in the file."""
    by_report: dict[str, list[Any]] = {}
    for event in events(log, aliases, protocol):
        by_report.setdefault(event.report_id, []).append(event)
    last = {report: standing(found)[-1:] for report, found in by_report.items()}
    return {
        report: (found[0].decision, found[0].reasons[0] if found[0].reasons else "")
        for report, found in last.items()
        if found
    }


def _faults(
    table: Table,
    event: Mapping[str, str],
    number: int,
    stage: str,
    report: str,
    codes: Sequence[str],
) -> list[Problem]:
    """Find what is wrong with one answer."""
    problems = []

    def fault(column: str, allowed: str, mend: str) -> None:
        found = repr(event[column]) if event[column] else "an empty cell"
        problems.append(Problem(table.shown, found, allowed, mend, number, column))

    if not report:
        fault("report_id", "the id of a record of the searches", "Copy the id from the worklist.")
    if event["decision"] not in allowed_decisions(stage):
        fault("decision", ", ".join(allowed_decisions(stage)), "Correct the cell.")
    if stage == FULL_TEXT and event["decision"] == EXCLUDE and event["reason"] not in codes:
        fault("reason", ", ".join(codes) or "no reasons yet", "Give one code of fulltext_reasons.")
    if event["reason"] and (stage != FULL_TEXT or event["decision"] != EXCLUDE):
        fault("reason", "empty", "Only an exclusion at full text has a reason; use the note.")
    return problems


def _no_column(table: Table, column: str) -> Problem:
    found, mend = f"no column {column}", "Use the workbook that `parapluie worklist` wrote."
    return Problem(table.shown, found, f"a column {column}", mend, 1, column)


def _twice(table: Table, event: Mapping[str, str], number: int, first: int) -> Problem:
    found = f"{event['report_id']!r}, which row {first} has already"
    return Problem(table.shown, found, "each once", "Keep one row.", number, "report_id")


def stamped(
    rows: Iterable[Mapping[str, str]], reviewer: str, now: datetime, tool: str
) -> list[dict[str, str]]:
    """Give events their id, time and tool.

    Parameters
    ----------
    rows : iterable of mapping
        Events without them.
    reviewer : str
        Part of the id, so that the ids of two people never meet.
    now : datetime
        The time, in UTC.
    tool : str
        Name and version of the program.
    """
    moment, time = now.strftime("%Y%m%dT%H%M%S%fZ"), now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return [
        {**row, "event_id": f"{moment}-{reviewer}-{i:04d}", "time": time, "tool": tool}
        for i, row in enumerate(rows, start=1)
    ]
