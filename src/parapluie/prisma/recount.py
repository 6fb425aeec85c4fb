"""A second count of the screening, straight from the files of decisions.

Shares no code with the screening stage, so that a fault in one of the two shows as a difference.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from parapluie.vocabulary import AWAITING, AWAITING_SECOND, CONFLICT, EXCLUDE, INCLUDE, MAYBE

Event = tuple[str, str, Mapping[str, str]]
"""Stage, reviewer, and the row of the file of decisions."""

FINAL_ROLES = ("adjudicator", "import")
"""Roles whose decision settles a report, the stronger one first."""


def recount(
    events: Iterable[Event],
    aliases: Mapping[str, str],
    reports: Sequence[str],
    protocol: Mapping[str, Any],
) -> dict[str, Counter[str]]:
    """Count the reports in each state of each stage.

    Parameters
    ----------
    events : iterable of (stage, reviewer, row)
        Events in the order of rounds.csv, then of each file; a later one of the same reviewer wins.
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
    roles = {r["id"]: r.get("role", "reviewer") for r in protocol.get("reviewers", [])}
    votes = _last_votes(events, aliases, roles)
    first = _states("title_abstract", reports, votes, protocol)
    sought = [report for report in reports if first[report] == INCLUDE]
    second = _states("full_text", sought, votes, protocol)
    return {"title_abstract": Counter(first.values()), "full_text": Counter(second.values())}


Votes = Mapping[tuple[str, str], Mapping[tuple[str, str, str], str]]


def _last_votes(
    events: Iterable[Event], aliases: Mapping[str, str], roles: Mapping[str, str]
) -> Votes:
    """Give for each stage and report the last decision per role, reviewer and id written for.

    The id written for stays apart, so that a merge of two reports with opposite decisions of one
    reviewer shows as a conflict and is not settled by the order of the rows.
    """
    votes: dict[tuple[str, str], dict[tuple[str, str, str], str]] = defaultdict(dict)
    for stage, reviewer, row in events:
        written = row["report_id"]
        held = votes[stage, aliases.get(written, written)]
        key = (row.get("role") or roles.get(reviewer, "reviewer"), reviewer, written)
        kind = row.get("event") or "decide"
        if kind == "retract":
            for old in [k for k in held if k[1:] == key[1:]]:
                del held[old]
        elif kind == "decide" and row.get("decision"):
            held.pop(key, None)
            held[key] = row["decision"]
    return votes


def _states(
    stage: str, reports: Sequence[str], votes: Votes, protocol: Mapping[str, Any]
) -> dict[str, str]:
    rules = protocol.get("stages", {}).get(stage, {})
    needed, rule = int(rules.get("votes", 2)), rules.get("rule", "agree")
    return {r: _state(votes.get((stage, r), {}), stage, needed, rule) for r in reports}


def _state(held: Mapping[tuple[str, str, str], str], stage: str, needed: int, rule: str) -> str:
    # A maybe keeps a report in the race at title and abstract; at full text it stays a word apart.
    words = {
        key: INCLUDE if word == MAYBE and stage == "title_abstract" else word
        for key, word in held.items()
    }
    for role in FINAL_ROLES:
        settled = [word for key, word in words.items() if key[0] == role]
        if settled:
            return _agreed(set(settled))
    said = {word for key, word in words.items() if key[0] == "reviewer"}
    voters = {key[1] for key in words if key[0] == "reviewer"}
    if rule == "any_include" and INCLUDE in said:
        return INCLUDE
    if len(said) > 1:
        return CONFLICT
    if len(voters) < needed:
        return AWAITING_SECOND if voters else AWAITING
    return _agreed(said)


def _agreed(said: set[str]) -> str:
    word = next(iter(said)) if len(said) == 1 else CONFLICT
    return word if word in (INCLUDE, EXCLUDE) else CONFLICT
