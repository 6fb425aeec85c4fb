"""The state of a report at a stage of screening, from the votes and final decisions on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from parapluie.decision_log import ADJUDICATOR, IMPORT, REVIEWER, Event, standing
from parapluie.vocabulary import (
    AWAITING,
    AWAITING_SECOND,
    CONFLICT,
    EXCLUDE,
    INCLUDE,
    MAYBE,
)

TITLE_ABSTRACT, FULL_TEXT = "title_abstract", "full_text"
NOT_GIVEN = "not_given"
"""Shown in place of the code where an exclusion at full text has no reason."""

MIXED = "mixed"
"""What one person says who decided two records differently that turned out to be one report."""


@dataclass(frozen=True)
class Flag:
    """Something about a report that people must look at.

    Parameters
    ----------
    kind : str
        ``decisions`` (the votes differ), ``merged`` (records decided differently were merged),
        ``unsettled`` (maybe at full text, or final decisions that differ), ``reasons`` (the same
        exclusion for different main reasons), ``discrepancy`` (a vote changed after adjudication).
    who : tuple of str
        The people concerned.
    decisions : str
        What each of them decided, as ``R1=include; R2=exclude``.
    """

    kind: str
    who: tuple[str, ...]
    decisions: str


@dataclass(frozen=True)
class Verdict:
    """State of one report at one stage.

    Parameters
    ----------
    report_id, stage, state : str
        The state is one of `vocabulary.STATES`.
    reason : str
        Code of the main reason of an exclusion at full text, `NOT_GIVEN`, or ``""``.
    decided_by : tuple of str
        Who decided: the adjudicator or importer, else all who voted.
    votes_n : int
        Number of people whose vote stands.
    flags : tuple of Flag
        Empty until all votes that are needed are there.
    deciding : tuple of Event
        The events that the state follows from.
    """

    report_id: str
    stage: str
    state: str
    reason: str = ""
    decided_by: tuple[str, ...] = ()
    votes_n: int = 0
    flags: tuple[Flag, ...] = ()
    deciding: tuple[Event, ...] = ()


@dataclass(frozen=True)
class Voice:
    """What one person says on a report in one role: the decisions that stand, oldest first."""

    reviewer: str
    history: tuple[Event, ...]
    last: tuple[Event, ...]
    meaning: str


@dataclass(frozen=True)
class Terms:
    """What the protocol says of a stage: votes needed, rule, and reasons in their order."""

    stage: str
    votes: int
    rule: str
    codes: tuple[str, ...]


def meaning(decision: str, stage: str) -> str:
    """Give what a decision counts as: at title and abstract, maybe is include."""
    return INCLUDE if decision == MAYBE and stage == TITLE_ABSTRACT else decision


def voices(found: Iterable[Event], role: str, stage: str) -> list[Voice]:
    """Give what each person says in a role, sorted by name.

    Parameters
    ----------
    found : iterable of Event
        Events on one report at one stage.
    role : str
        ``reviewer``, ``adjudicator`` or ``import``.
    stage : str
        The stage.
    """
    written: dict[str, dict[str, list[Event]]] = defaultdict(lambda: defaultdict(list))
    for event in found:
        if event.role == role:
            written[event.place.reviewer][event.written_id].append(event)
    said = [_voice(name, list(by_id.values()), stage) for name, by_id in sorted(written.items())]
    return [voice for voice in said if voice.last]


def _voice(reviewer: str, groups: Sequence[Sequence[Event]], stage: str) -> Voice:
    histories = [history for history in map(standing, groups) if history]
    last = tuple(history[-1] for history in histories)
    meanings = {meaning(event.decision, stage) for event in last}
    said = meanings.pop() if len(meanings) == 1 else MIXED
    return Voice(reviewer, tuple(e for h in histories for e in h), last, said)


def verdict(report_id: str, found: Sequence[Event], terms: Terms) -> Verdict:
    """Decide the state of a report at a stage.

    An adjudicator's decision is final; without one an imported decision is; without either the
    votes decide once there are as many as the protocol needs.

    Parameters
    ----------
    report_id : str
        The report.
    found : sequence of Event
        All events on it at this stage.
    terms : Terms
        Votes, rule and reasons of the stage.

    Returns
    -------
    Verdict
    """
    votes = voices(found, REVIEWER, terms.stage)
    final = voices(found, ADJUDICATOR, terms.stage) or voices(found, IMPORT, terms.stage)
    if final:
        return _final(report_id, final, votes, terms)
    if len(votes) < terms.votes:
        state = AWAITING_SECOND if votes else AWAITING
        return Verdict(report_id, terms.stage, state, "", _names(votes), len(votes))
    return _voted(report_id, votes, terms)


def _final(report_id: str, final: Sequence[Voice], votes: Sequence[Voice], terms: Terms) -> Verdict:
    state = _agreed(final)
    flags = list(_discrepancies(final, votes, terms.stage))
    if state == CONFLICT:
        flags.append(_flag("merged" if _any_mixed(final) else "unsettled", final))
    return _verdict(report_id, state, final, len(votes), flags, terms)


def _voted(report_id: str, votes: Sequence[Voice], terms: Terms) -> Verdict:
    state = _agreed(votes)
    if terms.rule == "any_include" and any(v.meaning == INCLUDE for v in votes):
        state = INCLUDE
    flags = []
    if state == CONFLICT:
        flags.append(_flag(_kind(votes), votes))
    elif state == EXCLUDE and terms.stage == FULL_TEXT and _reasons_differ(votes, terms):
        flags.append(_flag("reasons", votes))
    return _verdict(report_id, state, votes, len(votes), flags, terms)


def _agreed(said: Sequence[Voice]) -> str:
    meanings = {voice.meaning for voice in said}
    only = meanings.pop() if len(meanings) == 1 else ""
    return only if only in (INCLUDE, EXCLUDE) else CONFLICT


def _kind(votes: Sequence[Voice]) -> str:
    if _any_mixed(votes):
        return "merged"
    if len({voice.meaning for voice in votes}) == 1:
        return "unsettled"
    return "merged" if len({e.written_id for v in votes for e in v.last}) > 1 else "decisions"


def _any_mixed(said: Iterable[Voice]) -> bool:
    return any(voice.meaning == MIXED for voice in said)


def _verdict(
    report_id: str,
    state: str,
    said: Sequence[Voice],
    votes_n: int,
    flags: Sequence[Flag],
    terms: Terms,
) -> Verdict:
    deciding = tuple(event for voice in said for event in voice.last)
    reason = ""
    if state == EXCLUDE and terms.stage == FULL_TEXT:
        reason = main_reason((r for e in deciding for r in e.reasons), terms.codes)
    return Verdict(
        report_id, terms.stage, state, reason, _names(said), votes_n, tuple(flags), deciding
    )


def main_reason(given: Iterable[str], codes: Sequence[str]) -> str:
    """Give the one main reason: of several, the first in the order of the protocol."""
    ranked = sorted(set(given) & set(codes), key=codes.index)
    return ranked[0] if ranked else NOT_GIVEN


def _reasons_differ(votes: Sequence[Voice], terms: Terms) -> bool:
    main = {main_reason((r for e in v.last for r in e.reasons), terms.codes) for v in votes}
    return len(main - {NOT_GIVEN}) > 1


def _discrepancies(final: Sequence[Voice], votes: Sequence[Voice], stage: str) -> Iterable[Flag]:
    """Find votes changed after the adjudication; events without a time cannot be compared."""
    if not all(e.role == ADJUDICATOR and e.time for v in final for e in v.last):
        return
    settled = max(e.time for v in final for e in v.last if e.time)
    for voice in votes:
        before = [e for e in voice.history if e.time and e.time <= settled]
        after = [e for e in voice.history if e.time and e.time > settled]
        if before and after and meaning(before[-1].decision, stage) != voice.meaning:
            yield _flag("discrepancy", [*final, voice])


def _flag(kind: str, said: Sequence[Voice]) -> Flag:
    decisions = "; ".join(
        f"{voice.reviewer}={'|'.join(sorted({e.decision for e in voice.last}))}" for voice in said
    )
    return Flag(kind, _names(said), decisions)


def _names(said: Iterable[Voice]) -> tuple[str, ...]:
    return tuple(sorted(voice.reviewer for voice in said))
