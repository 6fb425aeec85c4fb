"""Screening: the state of every report at each stage, conflicts, what waits, and agreement.

The state of a reviewer on a report is the last decision that is not retracted. Missing is never
exclude. Before both have voted on a report, no output shows either vote.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from parapluie.agreement import STATISTICS
from parapluie.decision_log import (
    ADJUDICATOR,
    REVIEWER,
    Event,
    Log,
    events,
    reason_codes,
    reviewer_roles,
    votes_and_rule,
)
from parapluie.screening.agreements import PairAgreement, pair_agreements
from parapluie.screening.figures import DOES_NOT_APPLY, screening_figures
from parapluie.screening.states import (
    FULL_TEXT,
    NOT_GIVEN,
    TITLE_ABSTRACT,
    Terms,
    Verdict,
    verdict,
    voices,
)
from parapluie.trace import Figures
from parapluie.vocabulary import AWAITING, AWAITING_SECOND, CONFLICT, EXCLUDE, INCLUDE, STAGES

STATE_COLUMNS = ("report_id", "stage", "state", "reason", "decided_by", "votes_n")
CONFLICT_COLUMNS = ("report_id", "stage", "kind", "who", "decisions")
PROBLEM_COLUMNS = ("file", "row", "report_id", "stage", "problem", "mend")
AGREEMENT_COLUMNS = ("stage", "round", "pair", "maybe", "n", "a", "b", "c", "d", *STATISTICS)


@dataclass(frozen=True)
class Screening:
    """What screening gives.

    Parameters
    ----------
    state, conflicts, agreement, problems : DataFrame
        The tables of the stage; `state` has one row for each report at title and abstract, and
        one at full text for each report included there.
    waiting : mapping
        (stage, reviewer) to the report_ids that wait for that person.
    figures : Figures
        Counts and coefficients with their rows.
    """

    state: pd.DataFrame
    conflicts: pd.DataFrame
    agreement: pd.DataFrame
    problems: pd.DataFrame
    waiting: Mapping[tuple[str, str], Sequence[str]]
    figures: Figures


def screen(
    report_ids: Sequence[str],
    aliases: Mapping[str, str],
    logs: Sequence[Log],
    protocol: Mapping[str, Any],
) -> Screening:
    """Compute states, conflicts, agreement and what waits for whom.

    Parameters
    ----------
    report_ids : sequence of str
        All reports.
    aliases : mapping
        Any record_id to the report_id that is valid now.
    logs : sequence of Log
        The event files, free of faults (`decision_log.decision_problems`).
    protocol : mapping
        Votes, rule, reasons and reviewers.

    Returns
    -------
    Screening
    """
    found = [event for log in logs for event in events(log, aliases, protocol)]
    by_unit: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in found:
        by_unit[event.place.stage, event.report_id].append(event)
    verdicts = _verdicts(report_ids, by_unit, protocol)
    pairs = pair_agreements(logs, found)
    waiting = _waiting(verdicts, by_unit, logs, protocol)
    figures = screening_figures(verdicts, by_unit, pairs, waiting, logs, protocol)
    return Screening(
        _state_frame(verdicts),
        _conflict_frame(verdicts),
        _agreement_frame(pairs),
        _problem_frame(_problems(verdicts, by_unit)),
        waiting,
        figures,
    )


def _verdicts(
    report_ids: Sequence[str],
    by_unit: Mapping[tuple[str, str], Sequence[Event]],
    protocol: Mapping[str, Any],
) -> list[Verdict]:
    """Decide both stages; full text only for what title and abstract included."""
    verdicts: list[Verdict] = []
    here = sorted(report_ids)
    for stage in STAGES:
        terms = Terms(stage, *votes_and_rule(protocol, stage), tuple(reason_codes(protocol)))
        decided = [verdict(i, by_unit.get((stage, i), ()), terms) for i in here]
        verdicts.extend(decided)
        here = [v.report_id for v in decided if v.state == INCLUDE]
    return verdicts


# --- what waits -----------------------------------------------------------------------------------


def _waiting(
    verdicts: Sequence[Verdict],
    by_unit: Mapping[tuple[str, str], Sequence[Event]],
    logs: Sequence[Log],
    protocol: Mapping[str, Any],
) -> dict[tuple[str, str], list[str]]:
    """Give what waits for each person: undecided reports for reviewers, conflicts for adjudicators.

    Without an adjudicator in the protocol, a conflict waits for those who voted.
    """
    roles = reviewer_roles(protocol)
    reviewers = sorted(name for name, role in roles.items() if role == REVIEWER)
    adjudicators = sorted(name for name, role in roles.items() if role == ADJUDICATOR)
    waiting: dict[tuple[str, str], list[str]] = {}
    for stage in STAGES:
        for person in (*reviewers, *adjudicators):
            waiting[stage, person] = []
    for found in verdicts:
        said = voices(by_unit.get((found.stage, found.report_id), ()), REVIEWER, found.stage)
        voted = {voice.reviewer for voice in said}
        if found.state in (AWAITING, AWAITING_SECOND):
            people = [name for name in reviewers if name not in voted]
        elif found.state == CONFLICT:
            people = adjudicators or sorted(voted)
        else:
            people = []
        for person in people:
            waiting.setdefault((found.stage, person), []).append(found.report_id)
    return waiting


# --- problems -------------------------------------------------------------------------------------


def _problems(
    verdicts: Sequence[Verdict], by_unit: Mapping[tuple[str, str], Sequence[Event]]
) -> list[dict[str, Any]]:
    """List what is kept but not as it should be; nothing here tells a vote before both voted."""
    known = {v.report_id: v.state for v in verdicts if v.stage == TITLE_ABSTRACT}
    problems = []
    for (stage, report), found in by_unit.items():
        for event in found:
            text = _unused(stage, known.get(report))
            if text:
                problems.append(_problem(event, *text))
    for decided in verdicts:
        if decided.state == EXCLUDE and decided.reason == NOT_GIVEN:
            problems.extend(_problem(e, *_NO_REASON) for e in decided.deciding if not e.reasons)
    return problems


_NO_REASON = (
    "excluded at full text without a reason",
    "Append the decision again with the code of its reason.",
)


def _unused(stage: str, state: str | None) -> tuple[str, str] | None:
    if state is None:
        return (
            "not used: the record is not among the reports that are screened",
            "Look whether it was removed before screening.",
        )
    if stage == FULL_TEXT and state != INCLUDE:
        return (
            f"not used: decided at full text, but at title and abstract it is {state}",
            "Decide at title and abstract first, or retract this decision.",
        )
    return None


def _problem(event: Event, problem: str, mend: str) -> dict[str, Any]:
    return {
        "file": event.file,
        "row": event.row,
        "report_id": event.report_id,
        "stage": event.place.stage,
        "problem": problem,
        "mend": mend,
    }


# --- frames ---------------------------------------------------------------------------------------


def _state_frame(verdicts: Iterable[Verdict]) -> pd.DataFrame:
    rows = [
        (v.report_id, v.stage, v.state, v.reason, "; ".join(v.decided_by), v.votes_n)
        for v in verdicts
    ]
    return pd.DataFrame(rows, columns=list(STATE_COLUMNS))


def _conflict_frame(verdicts: Iterable[Verdict]) -> pd.DataFrame:
    rows = [
        (v.report_id, v.stage, flag.kind, "; ".join(flag.who), flag.decisions)
        for v in verdicts
        for flag in v.flags
    ]
    return pd.DataFrame(rows, columns=list(CONFLICT_COLUMNS))


def _problem_frame(problems: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(list(problems), columns=list(PROBLEM_COLUMNS))


def _agreement_frame(pairs: Iterable[PairAgreement]) -> pd.DataFrame:
    rows = [_agreement_row(pair) for pair in pairs]
    return pd.DataFrame(rows, columns=[*AGREEMENT_COLUMNS, "absent_reason"], dtype="object")


def _agreement_row(pair: PairAgreement) -> dict[str, Any]:
    row: dict[str, Any] = {
        "stage": pair.stage,
        "round": pair.round,
        "pair": "_".join(pair.pair),
        "maybe": pair.maybe,
        "absent_reason": pair.reason,
    }
    if pair.found is None:
        return row
    absent = dict(pair.found.absent)
    if pair.table is None:
        absent["table"] = DOES_NOT_APPLY
    values = {name: getattr(pair.found, name) for name in ("n", *STATISTICS)}
    cells = dict(zip("abcd", pair.table, strict=True)) if pair.table else {}
    reasons = "; ".join(f"{name}: {reason}" for name, reason in sorted(absent.items()))
    return {**row, **values, **cells, "absent_reason": reasons}
