"""A second count of the screening, straight from the files of decisions.

Shares no code with the screening stage, so that a fault in one of the two shows as a difference.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from parapluie.vocabulary import AWAITING, AWAITING_SECOND, CONFLICT, EXCLUDE, INCLUDE, MAYBE

TITLE, FULL = "title_abstract", "full_text"
FINAL_ROLES = ("adjudicator", "import")
"""Roles whose decision settles a report, the stronger one first."""


class Event(NamedTuple):
    """A row of a file of decisions, with what the path of the file tells."""

    stage: str
    round: str
    reviewer: str
    row: Mapping[str, str]


class _Voice(NamedTuple):
    """One person in one role, and the id under which the person wrote."""

    role: str
    reviewer: str
    written: str


_Held = dict[_Voice, list[Event]]


def recount(
    events: Iterable[Event],
    aliases: Mapping[str, str],
    reports: Sequence[str],
    protocol: Mapping[str, Any],
) -> dict[str, Counter[str]]:
    """Count the reports in each state of each stage.

    Parameters
    ----------
    events : iterable of Event
        In the order of rounds.csv, then of each file; a later one of the same reviewer wins.
    aliases : mapping
        Any record_id or earlier report_id to the report_id of today.
    reports : sequence of str
        Every report after removal of duplicates.
    protocol : mapping
        For ``stages`` (votes, rule) and the roles of ``reviewers``.

    Returns
    -------
    dict
        Stage to a count of reports by state; at full text only reports that title and abstract
        included.
    """
    roles = {r["id"]: r.get("role", "reviewer") for r in protocol.get("reviewers") or []}
    held: dict[tuple[str, str], _Held] = defaultdict(lambda: defaultdict(list))
    for event in events:
        written = event.row["report_id"]
        role = event.row.get("role") or roles.get(event.reviewer, "reviewer")
        key = (event.stage, aliases.get(written, written))
        # The id written for stays apart: after a merge, opposite decisions of one person on the two
        # halves are a conflict, not a change of mind.
        held[key][_Voice(role, event.reviewer, written)].append(event)
    first = {r: _state(held.get((TITLE, r), {}), TITLE, protocol) for r in reports}
    sought = [r for r in reports if first[r] == INCLUDE]
    second = [_state(held.get((FULL, r), {}), FULL, protocol) for r in sought]
    return {TITLE: Counter(first.values()), FULL: Counter(second)}


def _state(held: _Held, stage: str, protocol: Mapping[str, Any]) -> str:
    """Say where a report stands: final decisions first, else the votes once all are there."""
    said: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for voice, events in held.items():
        word = _last_word(events)
        if word:
            # At title and abstract a maybe keeps the report; at full text it settles nothing.
            word = INCLUDE if word == MAYBE and stage == TITLE else word
            said[voice.role][voice.reviewer].add(word)
    for role in FINAL_ROLES:
        if said[role]:
            return _agreed(said[role].values())
    rules = (protocol.get("stages") or {}).get(stage) or {}
    votes = said["reviewer"]
    if len(votes) < int(rules.get("votes", 2)):
        return AWAITING_SECOND if votes else AWAITING
    if rules.get("rule") == "any_include" and {INCLUDE} in votes.values():
        return INCLUDE
    return _agreed(votes.values())


def _agreed(words: Iterable[set[str]]) -> str:
    together = set().union(*words)
    return together.pop() if together in ({INCLUDE}, {EXCLUDE}) else CONFLICT


def _last_word(events: Sequence[Event]) -> str:
    """Give the decision that stands; a retraction takes back the last one before it."""
    standing: list[str] = []
    for event in _in_time(events):
        kind = event.row.get("event") or "decide"
        word = event.row.get("decision", "")
        if kind == "retract":
            del standing[-1:]
        elif kind == "decide" and word in (INCLUDE, EXCLUDE, MAYBE):
            standing.append(word)
    return standing[-1] if standing else ""


def _in_time(events: Sequence[Event]) -> list[Event]:
    """Order events of several rounds by their times where all have one, else leave the order."""
    told = [e for e in events if (e.row.get("event") or "decide") in ("decide", "retract")]
    if len({e.round for e in told}) < 2 or not all(_time(e) for e in told):
        return told
    return sorted(told, key=lambda e: _time(e) or datetime.min.replace(tzinfo=UTC))


def _time(event: Event) -> datetime | None:
    try:
        moment = datetime.fromisoformat(event.row.get("time", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
