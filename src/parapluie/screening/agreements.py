"""Agreement of pairs of reviewers in each round, from what they decided before they knew better."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

from parapluie.agreement import Agreement, agreement, two_by_two
from parapluie.decision_log import ADJUDICATOR, IMPORT, REVIEWER, Event, Log, standing
from parapluie.screening.states import TITLE_ABSTRACT, meaning
from parapluie.vocabulary import EXCLUDE, INCLUDE, MAYBE

AS_INCLUDE, APART = "as_include", "apart"
NO_VOTES = "not_available: votes not in source"
ONE_REVIEWER = "not_available: one reviewer in this round"


@dataclass(frozen=True)
class PairAgreement:
    """Agreement of one pair in one round.

    Parameters
    ----------
    stage, round : str
        Stage and round.
    pair : tuple of str
        The two reviewers, sorted; empty where a round has no pair.
    maybe : str
        ``as_include``: maybe counts as include; ``apart``: it is a category of its own.
    found : Agreement or None
        The coefficients over the reports that both decided; ``None`` where there is no pair.
    table : tuple of int or None
        a, b, c, d: both include, only the first, only the second, both exclude; ``None`` where
        maybe is a third category.
    reason : str
        Why `found` is ``None``.
    """

    stage: str
    round: str
    pair: tuple[str, ...]
    maybe: str
    found: Agreement | None = None
    table: tuple[int, int, int, int] | None = None
    reason: str = ""


def pair_agreements(logs: Sequence[Log], found: Iterable[Event]) -> list[PairAgreement]:
    """Compute the agreement of every pair in every round.

    Only reports that both decided count, each with the decision that stood when the second of the
    two had voted: from then on they could see each other's. So a report that both decided counts in
    the first such round only. A report settled by an adjudicator before both had voted does not
    count. Where events carry no time, the last decision counts.

    Parameters
    ----------
    logs : sequence of Log
        The event files.
    found : iterable of Event
        Their events.
    """
    events = list(found)
    settled = _adjudication_times(events)
    by_round: dict[tuple[str, str], list[Event]] = {
        (log.place.stage, log.place.round): [] for log in sorted(logs, key=lambda log: log.order)
    }
    for event in events:
        by_round[event.place.stage, event.place.round].append(event)
    rows: list[PairAgreement] = []
    compared: set[_Compared] = set()
    for (stage, name), here in by_round.items():
        rows.extend(_of_round(stage, name, here, settled, compared))
    return sorted(rows, key=lambda r: (r.stage, r.round, r.pair))


_Compared = tuple[str, tuple[str, str], str]
"""Stage, pair and report that both have decided in a round: they know each other's votes."""


def _adjudication_times(events: Iterable[Event]) -> dict[tuple[str, str], datetime]:
    """Give the first adjudication of each report at each stage, where its time is known."""
    times: dict[tuple[str, str], datetime] = {}
    for event in events:
        if event.role == ADJUDICATOR and event.time:
            key = (event.place.stage, event.report_id)
            times[key] = min(event.time, times.get(key, event.time))
    return times


def _of_round(
    stage: str,
    name: str,
    events: Sequence[Event],
    settled: Mapping[tuple[str, str], datetime],
    compared: set[_Compared],
) -> Iterator[PairAgreement]:
    votes: dict[str, dict[str, list[Event]]] = {}
    for event in events:
        if event.role == REVIEWER:
            by_report = votes.setdefault(event.place.reviewer, defaultdict(list))
            by_report[event.report_id].append(event)
    if len(votes) < 2:
        roles = {event.role for event in events}
        if IMPORT in roles or votes:
            reason = ONE_REVIEWER if votes else NO_VOTES
            yield PairAgreement(stage, name, (), "", reason=reason)
        return
    for pair in combinations(sorted(votes), 2):
        known = {report for at, who, report in compared if (at, who) == (stage, pair)}
        first, second = (_without(votes[person], known) for person in pair)
        units = _units(first, second, stage, settled)
        compared |= {(stage, pair, report) for report in _both_stand(first, second)}
        yield from _variants(stage, name, pair, units)


def _without(votes: Mapping[str, list[Event]], known: set[str]) -> dict[str, list[Event]]:
    return {report: events for report, events in votes.items() if report not in known}


def _both_stand(first: Mapping[str, list[Event]], second: Mapping[str, list[Event]]) -> set[str]:
    return {r for r in set(first) & set(second) if standing(first[r]) and standing(second[r])}


def _units(
    first: Mapping[str, list[Event]],
    second: Mapping[str, list[Event]],
    stage: str,
    settled: Mapping[tuple[str, str], datetime],
) -> list[tuple[str, str]]:
    """Give the two decisions on each report that both decided independently."""
    units = []
    for report in sorted(set(first) & set(second)):
        pair = _independent(standing(first[report]), standing(second[report]), stage)
        if pair and not _settled_before(pair, settled.get((stage, report))):
            units.append((pair[0].decision, pair[1].decision))
    return units


def _independent(
    first: Sequence[Event], second: Sequence[Event], stage: str
) -> tuple[Event, Event] | None:
    if not first or not second:
        return None
    if _is_mixed(first, stage) or _is_mixed(second, stage):
        return None
    times = [e.time for e in (*first, *second)]
    if None in times:
        return first[-1], second[-1]
    both_voted = max(_time(first[0]), _time(second[0]))
    return _last_by(first, both_voted), _last_by(second, both_voted)


def _is_mixed(history: Sequence[Event], stage: str) -> bool:
    """Tell whether one person decided records of one report differently before they were merged."""
    last = {event.written_id: meaning(event.decision, stage) for event in history}
    return len(set(last.values())) > 1


def _last_by(history: Sequence[Event], moment: datetime) -> Event:
    return [event for event in history if _time(event) <= moment][-1]


def _time(event: Event) -> datetime:
    assert event.time is not None
    return event.time


def _settled_before(pair: tuple[Event, Event], moment: datetime | None) -> bool:
    times = [event.time for event in pair]
    return moment is not None and any(t is not None and t > moment for t in times)


def _variants(
    stage: str, name: str, pair: tuple[str, str], units: Sequence[tuple[str, str]]
) -> Iterator[PairAgreement]:
    first, second = [a for a, _ in units], [b for _, b in units]
    if stage == TITLE_ABSTRACT:
        one, other = [meaning(d, stage) for d in first], [meaning(d, stage) for d in second]
        found = agreement(one, other, (INCLUDE, EXCLUDE))
        cells = two_by_two(one, other, (INCLUDE,))
        yield PairAgreement(stage, name, pair, AS_INCLUDE, found, cells)
        apart = agreement(first, second, (INCLUDE, EXCLUDE, MAYBE))
        yield PairAgreement(stage, name, pair, APART, apart)
        return
    found = agreement(first, second, (INCLUDE, EXCLUDE))
    table = None if MAYBE in (*first, *second) else two_by_two(first, second, (INCLUDE,))
    yield PairAgreement(stage, name, pair, APART, found, table)
