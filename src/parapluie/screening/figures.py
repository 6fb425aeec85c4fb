"""The figures of screening: counts, coefficients, and the rows in ``data/`` behind each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from parapluie.agreement import STATISTICS
from parapluie.decision_log import (
    ADJUDICATOR,
    RETRACT,
    REVIEWER,
    Event,
    Log,
    reason_codes,
    votes_and_rule,
)
from parapluie.screening.agreements import APART, PairAgreement
from parapluie.screening.states import FULL_TEXT, NOT_GIVEN, TITLE_ABSTRACT, Verdict
from parapluie.trace import ALL, Figures, Rows, where
from parapluie.vocabulary import (
    AWAITING,
    AWAITING_SECOND,
    CONFLICT,
    EXCLUDE,
    INCLUDE,
    MAYBE,
    STAGES,
)

DOES_NOT_APPLY = "does not apply: maybe is a third category"
_MANY = 200
"""A filter that would name more reports than this names all rows instead."""

_WORDS = {TITLE_ABSTRACT: "title and abstract", FULL_TEXT: "full text"}
_RULES = {
    INCLUDE: "reports included at {stage}",
    EXCLUDE: "reports excluded at {stage}",
    CONFLICT: "reports in conflict at {stage}: all votes are there but do not settle it",
    AWAITING: "reports on which nobody has voted at {stage}",
    AWAITING_SECOND: "reports at {stage} with some of the votes they need, but not all",
}
_COEFFICIENTS = {
    "n": "reports that both decided, independently and before adjudication",
    "a": "reports that both included",
    "b": "reports that only the first of the two included",
    "c": "reports that only the second of the two included",
    "d": "reports that both excluded",
    "percent": "observed agreement",
    "kappa": "Cohen's kappa (Cohen 1960)",
    "pabak": "prevalence-adjusted bias-adjusted kappa (Byrt 1993)",
    "ac1": "Gwet's AC1 (Gwet 2008)",
}


def screening_figures(
    verdicts: Sequence[Verdict],
    by_unit: Mapping[tuple[str, str], Sequence[Event]],
    pairs: Sequence[PairAgreement],
    waiting: Mapping[tuple[str, str], Sequence[str]],
    logs: Sequence[Log],
    protocol: Mapping[str, Any],
) -> Figures:
    """Collect the figures of screening.

    Parameters
    ----------
    verdicts : sequence of Verdict
        State of each report at each stage.
    by_unit : mapping
        (stage, report_id) to the events on it.
    pairs : sequence of PairAgreement
        Agreement of each pair in each round.
    waiting : mapping
        (stage, person) to the reports that wait for that person.
    logs : sequence of Log
        The event files.
    protocol : mapping
        Votes needed and reasons.
    """
    figures = Figures("screening")
    for stage in STAGES:
        basis = _Basis(stage, by_unit, logs, votes_and_rule(protocol, stage)[0])
        here = [v for v in verdicts if v.stage == stage]
        _add_states(figures, stage, here, basis)
        if stage == FULL_TEXT:
            _add_reasons(figures, here, basis, protocol)
        for person in sorted(p for s, p in waiting if s == stage):
            figures.add(
                f"worklist.{stage}.{person}",
                len(waiting[stage, person]),
                rule=f"reports at {_WORDS[stage]} that wait for {person}",
                basis=basis.everything(),
                rests_on=_upstream(stage),
                unit="reports",
            )
    adjudication = {e.file for found in by_unit.values() for e in found if e.role == ADJUDICATOR}
    for pair in pairs:
        _add_agreement(figures, pair, _agreement_basis(pair, logs, adjudication))
    return figures


def _upstream(stage: str) -> list[str]:
    """Name the figure that says which reports come to a stage."""
    return (
        ["deduplication.reports"]
        if stage == TITLE_ABSTRACT
        else ["screening.title_abstract.include"]
    )


class _Basis:
    """Rows of a stage's event files behind a figure.

    A count of inclusions rests on the rows that include, and on every row about a report with more
    than plain votes (retracted, changed, settled by someone else, voted by more people than
    needed): there another row can decide when one is taken away.
    """

    def __init__(
        self,
        stage: str,
        by_unit: Mapping[tuple[str, str], Sequence[Event]],
        logs: Sequence[Log],
        votes: int,
    ) -> None:
        self._logs = [log for log in logs if log.place.stage == stage]
        self._intricate: dict[str, set[str]] = {log.file: set() for log in self._logs}
        for (at, _), found in by_unit.items():
            if at == stage and _is_intricate(found, votes):
                for event in found:
                    self._intricate[event.file].add(event.written_id)

    def everything(self) -> list[Rows]:
        """Give all rows of the stage."""
        return [Rows(log.file, ALL, len(log.table.rows)) for log in self._logs]

    def decided(self, decisions: Sequence[str]) -> list[Rows]:
        """Give the rows with one of the decisions, and all rows about intricate reports."""
        rows = []
        for log in self._logs:
            counts = Counter(row.get("decision", "") for row in log.table.rows)
            n = sum(counts[d] for d in decisions)
            rows.append(Rows(log.file, where(decision=decisions), n))
            ids = self._intricate[log.file]
            if len(ids) > _MANY:
                rows[-1] = Rows(log.file, ALL, len(log.table.rows))
            elif ids:
                n = sum(row["report_id"] in ids for row in log.table.rows)
                rows.append(Rows(log.file, where(report_id=ids), n))
        return rows


def _is_intricate(found: Sequence[Event], votes: int) -> bool:
    people = Counter((e.role, e.place.reviewer) for e in found)
    voters = sum(role == REVIEWER for role, _ in people)
    final = len(people) - voters
    return (
        max(people.values()) > 1
        or any(e.kind == RETRACT for e in found)
        or voters > votes
        or final > 1
        or bool(final and voters)
    )


def _add_states(figures: Figures, stage: str, here: Sequence[Verdict], basis: _Basis) -> None:
    counts = Counter(v.state for v in here)
    named = {INCLUDE: [INCLUDE, MAYBE], EXCLUDE: [EXCLUDE]}
    for state, rule in _RULES.items():
        figures.add(
            f"{stage}.{state}",
            counts[state],
            rule=rule.format(stage=_WORDS[stage]),
            basis=basis.decided(named[state]) if state in named else basis.everything(),
            rests_on=_upstream(stage),
            unit="reports",
        )
    figures.add(
        f"{stage}.screened",
        sum(counts[s] for s in (INCLUDE, EXCLUDE, CONFLICT)),
        rule=f"reports decided on at {_WORDS[stage]}: included, excluded or in conflict",
        basis=basis.everything(),
        rests_on=_upstream(stage),
        unit="reports",
    )


def _add_reasons(
    figures: Figures, here: Sequence[Verdict], basis: _Basis, protocol: Mapping[str, Any]
) -> None:
    counts = Counter(v.reason for v in here)
    for code in (*reason_codes(protocol), NOT_GIVEN):
        given = "without a reason" if code == NOT_GIVEN else f"with the main reason {code}"
        figures.add(
            f"{FULL_TEXT}.reason.{code}",
            counts[code],
            rule=f"reports excluded at full text {given}; of several, the first of the protocol",
            basis=basis.decided([EXCLUDE]),
            rests_on=_upstream(FULL_TEXT),
            unit="reports",
        )


# --- agreement ------------------------------------------------------------------------------------


def _add_agreement(figures: Figures, pair: PairAgreement, basis: Sequence[Rows]) -> None:
    stem = f"agreement.{pair.stage}.{pair.round}"
    if pair.found is None:
        for name in STATISTICS:
            figures.add(
                f"{stem}.{name}",
                None,
                rule=_COEFFICIENTS[name],
                basis=basis,
                rests_on=_upstream(TITLE_ABSTRACT),
                absent=pair.reason,
            )
        return
    stem += "." + "_".join(pair.pair)
    apart = pair.maybe == APART and pair.stage == TITLE_ABSTRACT
    suffix = "; maybe is a category of its own" if apart else ""
    if apart:
        stem += ".maybe_apart"
    for name, (value, reason) in _values(pair).items():
        figures.add(
            f"{stem}.{name}",
            value,
            rule=_COEFFICIENTS[name] + suffix,
            basis=basis,
            rests_on=_upstream(TITLE_ABSTRACT),
            absent=reason,
            unit="proportion"
            if name == "percent"
            else "coefficient"
            if name in STATISTICS
            else "reports",
        )


def _values(pair: PairAgreement) -> dict[str, tuple[Any, str]]:
    """Give each figure of a pair with the reason where it has no value."""
    assert pair.found is not None
    cells: Sequence[int | None] = pair.table or (None,) * 4
    values: dict[str, tuple[Any, str]] = {"n": (pair.found.n, "")}
    for name, cell in zip("abcd", cells, strict=True):
        values[name] = (cell, DOES_NOT_APPLY if cell is None else "")
    for name in STATISTICS:
        values[name] = (getattr(pair.found, name), pair.found.absent.get(name, ""))
    return values


def _agreement_basis(
    pair: PairAgreement, logs: Sequence[Log], adjudication: Collection[str]
) -> list[Rows]:
    """Give the files of the pair, and those of adjudication, whose time ends independence.

    The files of earlier rounds are among them: what both decided there does not count again.
    """
    last = max((log.order for log in logs if log.place.round == pair.round), default=0)
    rows = []
    for log in logs:
        own = log.place.reviewer in pair.pair and log.order <= last
        own = own or (not pair.pair and log.place.round == pair.round)
        if log.place.stage == pair.stage and (own or log.file in adjudication):
            rows.append(Rows(log.file, ALL, len(log.table.rows)))
    return rows
