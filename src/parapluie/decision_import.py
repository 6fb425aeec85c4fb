"""Decisions taken in another tool as events of the review: all of them, or none.

A decision of a named person becomes a vote of that person; one without a name is a decision taken
elsewhere (role ``import``). Where Rayyan's log and its notes speak of one person, the log wins.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from parapluie.decision_log import (
    IMPORT,
    REVIEWER,
    Log,
    events,
    reason_codes,
    reviewer_roles,
    standing,
)
from parapluie.errors import Problem
from parapluie.records.decisions import (
    COLUMNS,
    decisions_of,
    is_log,
    joined,
    log_decisions,
)
from parapluie.records.decisions.log import article_of, log_rows
from parapluie.tables import Table, _csv_cells, split_list
from parapluie.vocabulary import EXCLUDE
from parapluie.worklist import FULL_TEXT, allowed_decisions

Row = Mapping[str, str]
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}([T ][0-9:.]+(Z|[+-][0-9:]+)?)?")


@dataclass(frozen=True)
class Wanted:
    """What the user says of an import.

    Parameters
    ----------
    stage : str
        Stage of screening.
    people : mapping
        Name in the tool to reviewer of the protocol; ``""`` stands for a decision without a name.
    reasons : mapping
        Reason in the tool to code of the protocol; ``""`` for an exclusion without a reason.
    nameless : str
        Reviewer in whose file decisions without a name are kept, as taken elsewhere.
    decision : str
        What each record of `files` means, where the tool says it by the choice of the file.
    files : collection of str
        Only the decisions of these exports; all when empty.
    leave : collection of str
        Records that are left out.
    """

    stage: str
    people: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    nameless: str = ""
    decision: str = ""
    files: Collection[str] = ()
    leave: Collection[str] = ()


@dataclass
class Imported:
    """What an import gives.

    Parameters
    ----------
    events : dict
        Reviewer to the events to append, without id.
    repeated, undecided, superseded, merged : int
        Decisions that are there already; rows without a decision; notes of Rayyan for which the log
        speaks; decisions of one person on further records of the same report.
    problems : list of Problem
        Everything that must be mended first.
    """

    events: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    repeated: int = 0
    undecided: int = 0
    superseded: int = 0
    merged: int = 0
    problems: list[Problem] = field(default_factory=list)


def imported(
    rows: Sequence[Row],
    shown: str,
    wanted: Wanted,
    aliases: Mapping[str, str],
    protocol: Mapping[str, Any],
) -> Imported:
    """Turn decisions of other tools into events.

    Parameters
    ----------
    rows : sequence of mapping
        As in decisions.csv.
    shown : str
        Name of their file in messages.
    wanted : Wanted
        What the user says of them.
    aliases : mapping
        Every known id to the report_id that is valid now.
    protocol : mapping
        Reviewers and reasons.
    """
    found = Imported()
    chosen = [_said(row, wanted) for row in rows if _is_chosen(row, wanted)]
    decided = [row for row in chosen if row["decision"]]
    found.undecided = len(chosen) - len(decided)
    people = _people(decided, shown, wanted, protocol, found.problems)
    reasons = _reasons(decided, shown, wanted, protocol, found.problems)
    by_unit: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in _without_superseded(decided, people, found):
        report = aliases.get(row["record_id"], "")
        found.problems.extend(_row_problems(row, shown, report, wanted.stage))
        if report and row["reviewer"] in people:
            by_unit[people[row["reviewer"]], report].append(row)
    for (person, report), same in sorted(by_unit.items()):
        if len({row["decision"] for row in same}) > 1:
            found.problems.append(_opposite(same, shown, person, report))
            continue
        found.merged += len(same) - 1
        best = min(same, key=lambda r: (not r["time"], not r["reason"], r["origin"]))
        event = _event(best, report, wanted, reasons, reason_codes(protocol))
        found.events.setdefault(person, []).append(event)
    return found


def without_repeated(
    found: Imported, person: str, log: Log, aliases: Mapping[str, str], protocol: Mapping[str, Any]
) -> list[dict[str, str]]:
    """Give the events of a person that the file does not hold, and count the others.

    A decision is there if it stands, or if it was imported from the same place before: a person who
    has changed it here since is not overruled by a second import.
    """
    last: dict[str, tuple[str, str]] = {}
    by_report = defaultdict(list)
    for event in events(log, aliases, protocol):
        by_report[event.report_id].append(event)
    for report, said in by_report.items():
        for event in standing(said)[-1:]:
            last[report] = (event.decision, (*event.reasons, "")[0])
    before = {
        (aliases.get(r.get("report_id", ""), ""), r.get("decision", ""), r.get("origin", ""))
        for r in log.table.rows
    }
    new = [
        e
        for e in found.events.get(person, [])
        if last.get(e["report_id"]) != (e["decision"], e["reason"])
        and (e["report_id"], e["decision"], e["origin"]) not in before
    ]
    found.repeated += len(found.events.get(person, [])) - len(new)
    return new


# --- which rows, and what they say ----------------------------------------------------------------


def _is_chosen(row: Row, wanted: Wanted) -> bool:
    names = {row["record_id"], row["note"].removeprefix("article ")}
    in_files = not wanted.files or row["source_file"] in wanted.files
    return in_files and not names & set(wanted.leave)


def _said(row: Row, wanted: Wanted) -> dict[str, str]:
    return {**row, "decision": row["decision"] or wanted.decision}


def _without_superseded(
    rows: Sequence[Row], people: Mapping[str, str], found: Imported
) -> list[Row]:
    """Leave out the notes of Rayyan on what the log of the same person decides."""
    logged = {
        (people.get(r["reviewer"]), r["record_id"]) for r in rows if r["tool"] == "rayyan_log"
    }
    kept = [
        r
        for r in rows
        if r["tool"] != "rayyan" or (people.get(r["reviewer"]), r["record_id"]) not in logged
    ]
    found.superseded = len(rows) - len(kept)
    return kept


def _people(
    rows: Sequence[Row],
    shown: str,
    wanted: Wanted,
    protocol: Mapping[str, Any],
    problems: list[Problem],
) -> dict[str, str]:
    """Find the reviewer for each name; one line for each name that has none."""
    known = sorted(reviewer_roles(protocol))
    allowed = ", ".join(known) or "no reviewers yet"
    people = {}
    for name in sorted({row["reviewer"] for row in rows}):
        person = wanted.people.get(name, name or wanted.nameless)
        if person in known:
            people[name] = person
            continue
        told = f"reviewer {name!r}" if name else "decisions without a name"
        mend = f"Say who this is: --map {name + '=' + (known or ['R1'])[0]!r}."
        if not name:
            mend = (
                "Give --reviewer NAME to keep them as decisions taken elsewhere, or --map '=NAME'."
            )
        problems.append(Problem(shown, told, allowed, mend, column="reviewer"))
    return people


def _reasons(
    rows: Sequence[Row],
    shown: str,
    wanted: Wanted,
    protocol: Mapping[str, Any],
    problems: list[Problem],
) -> dict[str, str]:
    """Find the code for each reason of an exclusion at full text; a line for each without one."""
    if wanted.stage != FULL_TEXT:
        return {}
    codes = reason_codes(protocol)
    same = {code.lower(): code for code in codes}
    labels = protocol.get("fulltext_reasons") or []
    same |= {str(r.get("label", "")).lower(): str(r["code"]) for r in labels if "code" in r}
    excluded = [row for row in rows if row["decision"] == EXCLUDE]
    names = {name for row in excluded for name in split_list(row["reason"]) or [""]}
    found = {}
    for name in sorted(names):
        code = wanted.reasons.get(name, same.get(name.lower(), ""))
        if code in codes:
            found[name] = code
            continue
        told = f"the reason {name!r}" if name else "an exclusion without a reason"
        example = f"{name}={(codes or ['CODE'])[0]}"
        problems.append(
            Problem(shown, told, ", ".join(codes) or "no reasons yet",
                    f"Say which code it is: --map-reason {example!r}.", column="reason")
        )  # fmt: skip
    return found


def _row_problems(row: Row, shown: str, report: str, stage: str) -> list[Problem]:
    problems = []
    name = row["record_id"] or row["note"]
    if not report:
        problems.append(
            Problem(shown, f"a decision on {name!r} ({row['origin']})", "the id of a record",
                    "Add the search that holds the record, or leave it out with --leave.",
                    column="record_id")
        )  # fmt: skip
    if row["decision"] not in allowed_decisions(stage):
        problems.append(
            Problem(shown, f"{row['decision']!r} on {name} ({row['origin']})",
                    ", ".join(allowed_decisions(stage)),
                    "Settle it in the tool, or leave it out with --leave.", column="decision")
        )  # fmt: skip
    return problems


def _opposite(rows: Sequence[Row], shown: str, person: str, report: str) -> Problem:
    said = "; ".join(sorted(f"{r['decision']} on {r['record_id']} ({r['origin']})" for r in rows))
    return Problem(
        shown,
        f"several decisions of {person} on the report {report}: {said}",
        "one decision of a person on a report",
        "Leave out the records whose decision does not hold: --leave ID.",
        column="decision",
    )


# --- events ---------------------------------------------------------------------------------------


def _event(
    row: Row, report: str, wanted: Wanted, reasons: Mapping[str, str], order: Sequence[str]
) -> dict[str, str]:
    named = row["reviewer"] or "" in wanted.people
    time = row["time"] if _TIME.fullmatch(row["time"]) else ""
    codes = {reasons[n] for n in split_list(row["reason"]) or [""] if n in reasons}
    notes = [row["note"]]
    if row["decision"] == EXCLUDE and wanted.stage == FULL_TEXT:
        ranked = sorted(codes, key=order.index)  # the protocol ranks the reasons
    else:  # at title and abstract a reason has no code, so its words are kept
        ranked, notes = [], [*notes, row["reason"] and f"reason: {row['reason']}"]
    return {
        "report_id": report,
        "decision": row["decision"],
        "reason": (ranked or [""])[0],
        "reasons_other": ";".join(ranked[1:]),
        "event": "decide",
        "role": REVIEWER if named else IMPORT,
        "labels": row["labels"],
        "note": " / ".join(n for n in notes if n),
        "time": time,
        "tool": row["tool"],
        "origin": f"{row['origin']} ({row['record_id']})",
    }


# --- exports that come straight from a tool -------------------------------------------------------


def rows_of_export(
    files: Sequence[tuple[str, bytes]], known: Mapping[str, object]
) -> tuple[list[dict[str, str]], list[Problem]]:
    """Read decisions from exports of a tool to which the review was sent.

    The records are known by the id that `parapluie export` sent along.

    Parameters
    ----------
    files : sequence of (str, bytes)
        Names and contents of exports and of Rayyan's log.
    known : mapping
        Its keys are every id of the review.
    """
    found: list[dict[str, str]] = []
    problems: list[Problem] = []
    articles: dict[str, dict[str, str]] = {}
    logs = []
    for shown, data in files:
        text = data.decode("utf-8-sig", errors="replace")
        if is_log(text):
            logs.append((shown, text))
            continue
        entries, faults = _entries(shown, data, text)
        problems.extend(faults)
        for line, values, dialect in entries:
            row = _record(shown, line, values, known)
            articles[article_of(values)] = row
            found.extend(decisions_of(values, row, dialect) or [_undecided(row)])
    logged = [d for shown, text in logs for d in log_decisions(log_rows(text), articles, shown)]
    return joined(found, logged), problems


def _record(
    shown: str, line: int, values: Mapping[str, Sequence[str]], known: Mapping[str, object]
) -> dict[str, str]:
    from parapluie.export.values import own_id

    return {"record_id": own_id(values, known), "source_file": shown, "line_first": str(line)}


def _undecided(row: Row) -> dict[str, str]:
    """Keep a record without a decision: the choice of the file may be one."""
    origin = f"{row['source_file']} line {row['line_first']}"
    place = {"record_id": row["record_id"], "source_file": row["source_file"], "origin": origin}
    return {**dict.fromkeys(COLUMNS, ""), "tool": "file", **place}


def _entries(
    shown: str, data: bytes, text: str
) -> tuple[Iterable[tuple[int, Mapping[str, list[str]], str]], list[Problem]]:
    from parapluie.records.readers import recognise

    reader, problems = recognise(shown, data)
    if reader is not None:
        scanned = reader.scan(data)
        lines = [block.line_first for block in scanned.blocks]
        dialect = reader.dialect(scanned)
        return [(n, v, dialect) for n, v in zip(lines, reader.read(scanned), strict=True)], []
    table = Table(shown)
    header, *cells = _csv_cells(table, data) or [[]]
    problems = table.problems or problems
    if {"record_id", "key", "Covidence #", "title", "Title"} & set(header):
        return [(n, _cells(header, row), "") for n, row in enumerate(cells, start=2) if row], []
    return [], problems


def _cells(header: Sequence[str], row: Sequence[str]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, cell in zip(header, row, strict=False):
        values.setdefault(name, []).append(cell)
    return values
