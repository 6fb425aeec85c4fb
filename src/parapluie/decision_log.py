"""The event files of screening: whose they are, what they say, and what is wrong with them.

An event file only grows; its path tells stage, round and reviewer
(``screening/STAGE/ROUND/REVIEWER.csv``). This module needs no pandas, so that `parapluie check`
starts fast; the rules by which events become states are in `parapluie.screening`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from parapluie.errors import Problem
from parapluie.tables import Table, split_list
from parapluie.vocabulary import STAGES

COLUMNS = (
    "report_id",
    "decision",
    "reason",
    "event_id",
    "time",
    "event",
    "role",
    "reasons_other",
    "note",
    "tool",
)
"""Columns of an event file that a command makes."""

DECIDE, RETRACT, LOCK = "decide", "retract", "lock"
REVIEWER, ADJUDICATOR, IMPORT = "reviewer", "adjudicator", "import"
DEFAULT_VOTES, DEFAULT_RULE = 2, "agree"
_NEVER = datetime.min.replace(tzinfo=UTC)


class Place(NamedTuple):
    """Stage, round and reviewer of an event file, as its path tells them."""

    stage: str
    round: str
    reviewer: str


@dataclass(frozen=True)
class Log:
    """An event file with its place, and the position of its row in rounds.csv."""

    table: Table
    place: Place
    order: int

    @property
    def file(self) -> str:
        """The file as shown."""
        return self.table.shown


@dataclass(frozen=True)
class Event:
    """A decision or a retraction.

    Parameters
    ----------
    file, row : str, int
        Where it stands: the file as shown, and the row as a spreadsheet counts it.
    place : Place
        Stage, round and reviewer.
    order : int
        Position of the round among the rows of rounds.csv.
    report_id, written_id : str
        The report, and the id under which the event was written (a record, or a report that has
        since been merged).
    kind : str
        ``decide`` or ``retract``.
    role : str
        ``reviewer``, ``adjudicator`` or ``import``, from the row or else from the protocol.
    decision : str
        ``include``, ``exclude`` or ``maybe``; ``""`` for a retraction.
    reasons : tuple of str
        Codes of reasons, as given.
    time : datetime or None
        When, in UTC; ``None`` where the row does not say.
    """

    file: str
    row: int
    place: Place
    order: int
    report_id: str
    written_id: str
    kind: str
    role: str
    decision: str
    reasons: tuple[str, ...]
    time: datetime | None


# --- what the protocol says of screening ----------------------------------------------------------


def reviewer_roles(protocol: Mapping[str, Any]) -> dict[str, str]:
    """Give the role of each reviewer of the protocol, ``reviewer`` where none is given."""
    listed = protocol.get("reviewers") or []
    return {str(r["id"]): str(r.get("role") or REVIEWER) for r in listed if "id" in r}


def reason_codes(protocol: Mapping[str, Any]) -> list[str]:
    """Give the codes of the reasons of exclusion at full text, in the order that ranks them."""
    return [str(r["code"]) for r in protocol.get("fulltext_reasons") or [] if "code" in r]


def votes_and_rule(protocol: Mapping[str, Any], stage: str) -> tuple[int, str]:
    """Give the votes that a decision needs at a stage, and the rule: agree or any_include."""
    part = (protocol.get("stages") or {}).get(stage) or {}
    return int(part.get("votes", DEFAULT_VOTES)), str(part.get("rule", DEFAULT_RULE))


# --- places ---------------------------------------------------------------------------------------


def place_of(shown: str) -> Place | None:
    """Read stage, round and reviewer from the path of an event file; ``None`` if it tells none.

    Examples
    --------
    >>> place_of("data/screening/full_text/main/R2.csv")
    Place(stage='full_text', round='main', reviewer='R2')
    """
    path = PurePosixPath(shown)
    if len(path.parts) < 4 or path.parts[-4] != "screening" or path.parts[-3] not in STAGES:
        return None
    return Place(path.parts[-3], path.parts[-2], path.stem)


def rounds_problems(rounds: Table, files: Sequence[str]) -> list[Problem]:
    """Compare the event files with the rows of rounds.csv: each must have the other.

    Parameters
    ----------
    rounds : Table
        rounds.csv; a table without rows if there is none.
    files : sequence of str
        The event files, as shown.
    """
    named = {
        Place(*(row.get(c, "") for c in Place._fields)): number
        for row, number in zip(rounds.rows, rounds.numbers, strict=True)
    }
    found = {file: place_of(file) for file in files}
    problems = [_unnamed(file, place) for file, place in found.items() if place not in named]
    missing = sorted(set(named) - set(found.values()))
    return problems + [_missing(rounds.shown, place, named[place]) for place in missing]


def _unnamed(file: str, place: Place | None) -> Problem:
    if place is None:
        return Problem(
            file,
            "a file at this place",
            "data/screening/STAGE/ROUND/REVIEWER.csv",
            f"Move the file; STAGE is one of {', '.join(STAGES)}.",
        )
    return Problem(
        file,
        "a file that no row of rounds.csv names",
        "files named by data/screening/rounds.csv",
        f"Add the row {','.join(place)} to rounds.csv or remove the file.",
    )


def _missing(shown: str, place: Place, number: int) -> Problem:
    return Problem(
        shown,
        f"no file {'/'.join(place)}.csv",
        "a file for each expected reviewer",
        "Put the file back, make one with its header only, or remove the row.",
        number,
        "reviewer",
    )


# --- faults of one event file ---------------------------------------------------------------------


def decision_problems(
    table: Table,
    stage: str,
    reviewer: str,
    known_ids: Collection[str] | None,
    protocol: Mapping[str, Any],
) -> list[Problem]:
    """Check an event file against protocol and records; faults of single cells are not looked for.

    Parameters
    ----------
    table : Table
        The event file.
    stage, reviewer : str
        As its path tells them.
    known_ids : collection of str or None
        Every record_id and report_id; ``None`` if they are not known, then ids are not checked.
    protocol : mapping
        The protocol.

    Returns
    -------
    list of Problem
        A reviewer whom the protocol does not name, unknown records, unknown codes of reasons,
        decisions after the reviewer's own lock, and event ids that occur twice.
    """
    problems = _reviewer_problems(table, reviewer, protocol)
    known = None if known_ids is None else set(known_ids)
    codes = reason_codes(protocol)
    for row, number in zip(table.rows, table.numbers, strict=True):
        if known is not None and row.get("event") != LOCK:
            problems.extend(_id_problems(table, row, number, known))
        if stage == "full_text":
            problems.extend(_reason_problems(table, row, number, codes))
    problems.extend(_after_lock(table))
    problems.extend(_repeated_events(table))
    return problems


def _reviewer_problems(table: Table, reviewer: str, protocol: Mapping[str, Any]) -> list[Problem]:
    names = sorted(reviewer_roles(protocol))
    if reviewer in names:
        return []
    return [
        Problem(
            table.shown,
            f"reviewer {reviewer!r}",
            ", ".join(names) or "no reviewers yet",
            "Add the reviewer to data/protocol.yaml or correct the name of the file.",
        )
    ]


def _id_problems(
    table: Table, row: Mapping[str, str], number: int, known: set[str]
) -> Iterator[Problem]:
    found = row.get("report_id", "")
    if found and found not in known:
        yield Problem(
            table.shown,
            repr(found),
            "the id of a record of the searches",
            "Copy the id from the worklist.",
            number,
            "report_id",
        )


def _reason_problems(
    table: Table, row: Mapping[str, str], number: int, codes: Sequence[str]
) -> Iterator[Problem]:
    for column in ("reason", "reasons_other"):
        for code in split_list(row.get(column, "")):
            if code not in codes:
                yield Problem(
                    table.shown,
                    repr(code),
                    ", ".join(codes) or "no reasons yet",
                    "Use a code of fulltext_reasons in data/protocol.yaml.",
                    number,
                    column,
                )


def _after_lock(table: Table) -> Iterator[Problem]:
    locked = 0
    for row, number in zip(table.rows, table.numbers, strict=True):
        if row.get("event") == LOCK:
            locked = locked or number
        elif locked and row.get("event", "") in ("", DECIDE, RETRACT):
            yield Problem(
                table.shown,
                f"a decision after the lock of row {locked}",
                "no decisions after the lock",
                "Decide in a new round, or let an adjudicator decide.",
                number,
                "event",
            )


def _repeated_events(table: Table) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for row, number in zip(table.rows, table.numbers, strict=True):
        name = row.get("event_id", "")
        if name and name in first:
            yield Problem(
                table.shown,
                f"{name!r}, which row {first[name]} has already",
                "each once",
                "Remove the repeated event.",
                number,
                "event_id",
            )
        first.setdefault(name, number)


def lock_problems(table: Table, locked: str) -> list[Problem]:
    """Find decisions whose time is after the day on which rounds.csv says the round was locked.

    Parameters
    ----------
    table : Table
        The event file.
    locked : str
        The cell ``locked`` of its row in rounds.csv; empty while the round is open.
    """
    if not locked:
        return []
    return [
        Problem(
            table.shown,
            f"a decision of {row['time']}",
            f"no decisions after the lock of {locked}",
            "Decide in a new round, or let an adjudicator decide.",
            number,
            "time",
        )
        for row, number in zip(table.rows, table.numbers, strict=True)
        if row.get("time", "")[: len(locked)] > locked
        and row.get("event", "") in ("", DECIDE, RETRACT)
    ]


# --- events ---------------------------------------------------------------------------------------


def events(log: Log, aliases: Mapping[str, str], protocol: Mapping[str, Any]) -> list[Event]:
    """Give the decisions and retractions of an event file, in the order of its rows.

    Notes, locks, and rows without a decision (not known yet, no claim) give none.

    Parameters
    ----------
    log : Log
        The event file, without faults.
    aliases : mapping
        Any id to the report_id that is valid now.
    protocol : mapping
        For the role of the reviewer where the row gives none.
    """
    table, place = log.table, log.place
    own_role = reviewer_roles(protocol).get(place.reviewer, REVIEWER)
    found = []
    for row, number in zip(table.rows, table.numbers, strict=True):
        kind = row.get("event", "") or DECIDE
        decision = row.get("decision", "") if kind == DECIDE else ""
        if kind not in (DECIDE, RETRACT) or (kind == DECIDE and decision in ("", "NR", "NA")):
            continue
        written = row["report_id"]
        reasons = split_list(row.get("reason", "")) + split_list(row.get("reasons_other", ""))
        found.append(
            Event(
                table.shown,
                number,
                place,
                log.order,
                aliases.get(written, written),
                written,
                kind,
                row.get("role", "") or own_role,
                decision,
                tuple(reasons),
                parse_time(row.get("time", "")),
            )
        )
    return found


def parse_time(text: str) -> datetime | None:
    """Read a time of an event as UTC; a day stands for its beginning; ``None`` if there is none."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def in_order(found: Iterable[Event]) -> list[Event]:
    """Order events of one reviewer on one report by round and row, or by time across rounds.

    A file only grows, so within it the row decides; a time is needed to compare two files.
    """
    by_file = sorted(found, key=lambda e: (e.order, e.file, e.row))
    times = [e.time for e in by_file]
    if len({e.file for e in by_file}) < 2 or None in times:
        return by_file
    return sorted(by_file, key=lambda e: e.time or _NEVER)


def standing(found: Iterable[Event]) -> list[Event]:
    """Give the decisions that stand, oldest first; each retraction takes back the last one."""
    stack: list[Event] = []
    for event in in_order(found):
        if event.kind == DECIDE:
            stack.append(event)
        elif stack:
            stack.pop()
    return stack
