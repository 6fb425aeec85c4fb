"""From ratings to items, grades, agreement and figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import pandas as pd

from parapluie.agreement import ESTIMATES, STATISTICS, agreement, estimates
from parapluie.appraisal import blinding
from parapluie.appraisal import figures as keys
from parapluie.appraisal.answers import (
    CONSENSUS,
    Ratings,
    Read,
    Settled,
    Source,
    differences,
    not_scored,
    read_answers,
    settle,
)
from parapluie.appraisal.blinding import Team
from parapluie.appraisal.grades import Computed, Final, compute, final_of
from parapluie.appraisal.published import Compared, explain
from parapluie.appraisal.tool import NO_META_ANALYSIS, Item, Profile, Tool, load_tool, profile_of
from parapluie.errors import Problem, raise_if
from parapluie.schema import ABSENT_CODES
from parapluie.tables import split_list
from parapluie.trace import Figures

OVERALL = "overall"
"""Name of the part of recorded.csv that holds the grade."""


@dataclass(frozen=True)
class Inputs:
    """Tables that the stage reads.

    Parameters
    ----------
    reviews : frame
        The included reviews (review_id, review_type).
    ratings, recorded, counts, overrides : sequence of Source
        Tables of ``data/appraisal/TOOL/``.
    review_types : mapping
        Type of review to its entry in the protocol (``meta_analysis``, ``scoping``,
        ``qualitative``).
    team : Team
        Who rates, and how many rate each review.
    notes : sequence of Problem
        What a person should look at in the tables that were read.
    """

    reviews: pd.DataFrame
    ratings: Sequence[Source] = ()
    recorded: Sequence[Source] = ()
    counts: Sequence[Source] = ()
    overrides: Sequence[Source] = ()
    review_types: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    team: Team = field(default_factory=Team)
    notes: Sequence[Problem] = ()

    @property
    def ids(self) -> list[str]:
        """Included reviews, sorted."""
        return sorted(self.reviews["review_id"])

    def of(self, table: str, tool: str) -> list[Source]:
        """Give the tables of one tool, in the order of their names."""
        listed: Sequence[Source] = getattr(self, table)
        return sorted((s for s in listed if s.tool == tool), key=lambda s: s.shown)


@dataclass(frozen=True)
class Graded:
    """One review: its settled items (none where nobody rated it) and its grades."""

    review: str
    settled: Mapping[str, Settled]
    unscored: Mapping[str, str]
    computed: Computed | None
    override: Mapping[str, str]
    recorded: Mapping[str, str]
    final: Final
    waits: tuple[str, ...] = ()
    standard: Computed | None = None
    adapted: frozenset[str] = frozenset()

    @property
    def published(self) -> str:
        """The grade that a source prints, ``""`` where there is none."""
        return known(self.recorded.get("rating", ""))

    @property
    def compared(self) -> bool:
        """Whether there are both a computed and a published grade."""
        return bool(self.computed and self.computed.grade and self.published)


@dataclass(frozen=True)
class Appraisal:
    """What the stage gives: tables, the graded reviews, figures, the tool and profile in use.

    ``waits`` holds the reviews of which a rater has not finished: nothing of theirs may be shown.
    """

    tables: dict[str, pd.DataFrame]
    graded: list[Graded]
    figures: Figures
    profile: Profile
    tool: Tool
    waits: Mapping[str, tuple[str, ...]]


def appraise(
    inputs: Inputs,
    tool: str | Tool = "amstar2",
    profile: str | Profile = "",
    critical: Sequence[str] = (),
    reason: str = "",
    shown: str = "data/protocol.yaml",
) -> Appraisal:
    """Appraise the included reviews with one tool, and count what is recorded of the others.

    Parameters
    ----------
    inputs : Inputs
    tool, profile : str, Tool, Profile
        The tool whose item answers are graded, and how it is used; by default its first profile.
    critical : sequence of str
        Critical items in place of those of the profile.
    reason : str
        Why the team chose them.
    shown : str
        Where tool, profile and critical items are named, for messages.

    Raises
    ------
    InputError
        For answers, items and grades that the tool does not have, and for an unknown profile.
    """
    tool = tool if isinstance(tool, Tool) else load_tool(tool)
    used = profile_of(tool, profile, shown, critical, reason)
    kinds = _kinds(inputs)
    unscored = {r: not_scored(used, found) for r, found in kinds.items()}
    ratings, problems = _read_ratings(inputs, tool, unscored)
    raise_if([*problems, *_grade_problems(inputs, tool)])
    waits = blinding.waits_for(ratings, inputs.ids, unscored, inputs.team)
    graded = [
        _grade(inputs, used, unscored[r], r, ratings, waits.get(r, ()), kinds[r])
        for r in inputs.ids
    ]
    open_to_all = [r for r in inputs.ids if r not in waits]
    compared = _agreement(open_to_all, used, unscored, ratings)
    table = {
        "items": _items(tool, used, graded),
        "overall": _overall(tool, used, graded),
        "agreement": compared,
        "disagreements": differences(ratings, open_to_all),
        "problems": _problem_frame(
            [
                *_not_included(inputs, tool),
                *_doubts(inputs, tool, graded),
                *_remarks(ratings, waits),
                *inputs.notes,
            ]
        ),
    }
    made = keys.figures(inputs, tool, graded, compared)
    return Appraisal(table, graded, made, used, tool, waits)


def _kinds(inputs: Inputs) -> dict[str, list[str]]:
    """Tell for each review whether it is a scoping review and whether it has no meta-analysis."""
    kinds: dict[str, list[str]] = {}
    for row in inputs.reviews.to_dict("records"):
        said = inputs.review_types.get(str(row.get("review_type", "")), {})
        found = ["scoping"] if said.get("scoping") else []
        found += ["qualitative"] if said.get("qualitative") else []
        found += [NO_META_ANALYSIS] if said.get("meta_analysis") is False else []
        kinds[str(row["review_id"])] = found
    return kinds


def _read_ratings(
    inputs: Inputs, tool: Tool, unscored: Mapping[str, Mapping[str, str]]
) -> tuple[Ratings, list[Problem]]:
    consensus, raters = Read(), dict[str, Read]()
    problems: list[Problem] = []
    for source in inputs.of("ratings", tool.id) if tool.items else ():
        found = read_answers(source, tool, unscored)
        problems += found.problems
        if source.name == CONSENSUS:
            consensus = consensus.joined(found)
        else:
            raters[source.name] = raters.get(source.name, Read()).joined(found)
    return Ratings(tool, consensus, raters), problems


def _grade_problems(inputs: Inputs, tool: Tool) -> Iterable[Problem]:
    """Find recorded grades, and grades set by hand, that the tool does not have."""
    judged = [item for item in tool.items if item.id == tool.as_judged]
    allowed = list(tool.grades) or [answer for item in judged for answer in item.answers]
    for source in inputs.of("recorded", tool.id) if tool.grades else ():
        for row in source.data[source.data["part"] == OVERALL].to_dict("records"):
            for column in ("rating", "set"):
                text = row[column]
                given = split_list(text) if column == "set" else [known(text)]
                yield from (_no_grade(source, row, column, v, allowed) for v in given
                            if v and v not in allowed)  # fmt: skip
    for source in inputs.of("overrides", tool.id):
        for row in source.data.to_dict("records"):
            if row["grade"] not in allowed:
                yield _no_grade(source, row, "grade", row["grade"], allowed)


def _no_grade(
    source: Source, row: Mapping[Any, Any], column: str, value: str, allowed: Iterable[str]
) -> Problem:
    words = ", ".join(allowed) or "nothing: the tool has no grade"
    mend = "Write one of these grades."
    return Problem(source.shown, repr(value), words, mend, int(row["_row"]), column)


def known(text: str) -> str:
    """Give the text of a cell, ``""`` where it is NR or NA."""
    return "" if text in ABSENT_CODES else text


# --- grades ---------------------------------------------------------------------------------------


def _grade(
    inputs: Inputs,
    profile: Profile,
    unscored: Mapping[str, str],
    review: str,
    ratings: Ratings,
    waits: tuple[str, ...],
    kinds: Iterable[str],
) -> Graded:
    tool = ratings.tool
    settled = _settle(ratings, unscored, review, profile, waits)
    computed = compute(tool, profile, settled) if settled else None
    standard = replace(profile, critical=profile.standard or frozenset())
    override = {} if waits else _row_of(inputs.of("overrides", tool.id), review)
    recorded = _row_of(inputs.of("recorded", tool.id), review, part=OVERALL)
    final = (
        Final("", (), "none", f"waiting for {', '.join(waits)}")
        if waits
        else final_of(
            computed,
            override.get("grade", ""),
            known(recorded.get("rating", "")),
            tuple(split_list(recorded.get("set", ""))),
        )
    )
    adapted = frozenset(i for kind in kinds for i in profile.adapted.get(kind, ()))
    return Graded(
        review, settled, unscored, computed, override, recorded, final, waits,
        compute(tool, standard, settled) if settled else None, adapted,
    )  # fmt: skip


def _settle(
    ratings: Ratings,
    unscored: Mapping[str, str],
    review: str,
    profile: Profile,
    waits: tuple[str, ...] = (),
) -> dict[str, Settled]:
    """Settle every item of a review; nothing where nobody has begun to rate it."""
    mine = ratings.of(review)
    if not mine.raters and review not in ratings.consensus.reviews:
        return {}

    def one(item: Item) -> Settled:
        if item.id in unscored:
            return Settled("", "not_scored")
        if waits:
            return Settled("", "waiting", (f"waiting for {', '.join(waits)}",))
        return settle(mine, item, review, profile.combine)

    return {item.id: one(item) for item in ratings.tool.items}


def _row_of(sources: Iterable[Source], review: str, part: str = "") -> dict[str, str]:
    for source in sources:
        for row in source.data.to_dict("records"):
            if row["review_id"] == review and row.get("part", "") == part:
                return {str(k): str(v) for k, v in row.items()}
    return {}


# --- agreement ------------------------------------------------------------------------------------


def _agreement(
    reviews: Sequence[str],
    profile: Profile,
    unscored: Mapping[str, Mapping[str, str]],
    ratings: Ratings,
) -> pd.DataFrame:
    """Compare every two raters: per item, over all items, and on the grade.

    Only reviews of which all raters are done are compared.
    """
    rows = []
    alone = {
        name: {r: _settle(ratings.alone(name), unscored[r], r, profile) for r in reviews}
        for name in ratings.raters
    }
    for a, b in combinations(sorted(ratings.raters), 2):
        units = _units(ratings.tool, profile, reviews, alone[a], alone[b])
        for part, pairs, categories, order in units:
            rows.append(_agreement_row(part, a, b, pairs, categories, order))
    bounds = [f"{name}_{end}" for name in ESTIMATES for end in ("low", "high")]
    columns = ["part", "rater_a", "rater_b", "n", *STATISTICS, *ESTIMATES[3:], *bounds, "reason"]
    return pd.DataFrame(rows, columns=columns, dtype="object")


_Pairs = list[tuple[str, str]]


def _units(
    tool: Tool,
    profile: Profile,
    reviews: Sequence[str],
    first: Mapping[str, Mapping[str, Settled]],
    second: Mapping[str, Mapping[str, Settled]],
) -> Iterable[tuple[str, _Pairs, Sequence[str], Sequence[str]]]:
    """Give for each part the pairs of answers of both raters, the categories, and their order."""
    both = [r for r in reviews if first[r] and second[r]]
    everything: _Pairs = []
    for item in tool.items:
        given = [(first[r][item.id].answer, second[r][item.id].answer) for r in both]
        pairs = [pair for pair in given if all(pair)]
        everything += pairs
        yield item.id, pairs, item.answers, [a for a in tool.order if a in item.answers]
    yield "items", everything, sorted({a for i in tool.items for a in i.answers}), tool.order
    if not tool.rules:
        return
    grades = [
        (compute(tool, profile, first[r]).grade, compute(tool, profile, second[r]).grade)
        for r in both
    ]
    scale = list(tool.grades)
    yield OVERALL, [pair for pair in grades if all(pair)], scale, scale[::-1]


def _agreement_row(
    part: str, a: str, b: str, pairs: _Pairs, categories: Sequence[str], order: Sequence[str]
) -> dict[str, Any]:
    one, other = [x for x, _ in pairs], [y for _, y in pairs]
    found = agreement(one, other, categories)
    values: dict[str, Any] = {name: getattr(found, name) for name in STATISTICS}
    absent = dict(found.absent)
    for name, estimate in estimates(one, other, categories, order).items():
        values.setdefault(name, estimate.value)
        values |= {f"{name}_low": estimate.low, f"{name}_high": estimate.high}
        if estimate.value is None:
            absent.setdefault(name, estimate.absent)
    reasons = "; ".join(f"{name} {absent[name]}" for name in absent)
    return {"part": part, "rater_a": a, "rater_b": b, "n": found.n, **values, "reason": reasons}


# --- tables ---------------------------------------------------------------------------------------


def _items(tool: Tool, profile: Profile, graded: Iterable[Graded]) -> pd.DataFrame:
    weakness = profile.weakness or tool.weakness
    rows = []
    for one in graded:
        for item in tool.items if one.settled else ():
            settled = one.settled[item.id]
            rows.append(
                {
                    "review_id": one.review,
                    "item": item.id,
                    "label": item.label,
                    "critical": item.id in profile.critical,
                    "answer": settled.answer,
                    "weakness": settled.answer in weakness,
                    "state": settled.state,
                    "waits_for": ";".join(settled.waits_for),
                    "not_scored_reason": one.unscored.get(item.id, ""),
                    "parts": "; ".join(
                        f"{k}: {v}" for k, v in settled.given.items() if k != item.id and v
                    ),
                    "adapted": item.id in one.adapted,
                }
            )
    columns = [
        "review_id",
        "item",
        "label",
        "critical",
        "answer",
        "weakness",
        "state",
        "waits_for",
        "not_scored_reason",
        "parts",
        "adapted",
    ]
    return pd.DataFrame(rows, columns=columns, dtype="object")


def _overall(tool: Tool, profile: Profile, graded: Sequence[Graded]) -> pd.DataFrame:
    """Give the grades of each review, and what explains a published grade that differs."""
    reasons = explain(tool, profile, [_compared(one) for one in graded if one.compared])
    ids = [item.id for item in tool.items]
    used = ";".join(i for i in ids if i in profile.critical)
    standard = ";".join(i for i in ids if i in (profile.standard or ()))
    rows = [
        {
            "review_id": one.review,
            "tool": tool.id,
            "profile": profile.id,
            "grade": one.override.get("grade") or _of(one, "grade", ""),
            **_weaknesses(one),
            "override": one.override.get("grade", ""),
            "override_reason": one.override.get("reason", ""),
            "override_by": one.override.get("by", ""),
            "recorded": one.recorded.get("rating", ""),
            "recorded_set": one.recorded.get("set", ""),
            "final": one.final.final,
            "final_set": ";".join(one.final.final_set),
            "basis": one.final.basis,
            "reason": one.final.reason,
            "source": one.recorded.get("source", ""),
            "critical_set": used,
            "critical_reason": profile.reason,
            "standard_set": standard,
            "standard_grade": one.standard.grade if one.standard else "",
            "published": one.published,
            "agrees": _compared(one).agrees if one.compared else None,
            "explained_by": reasons.get(one.review, ""),
        }
        for one in graded
    ]
    columns = list(rows[0]) if rows else ["review_id"]
    return pd.DataFrame(rows, columns=columns, dtype="object")


def _of(one: Graded, name: str, absent: Any) -> Any:
    return getattr(one.computed, name) if one.computed else absent


def _weaknesses(one: Graded) -> dict[str, Any]:
    """Give the counts of weaknesses; none while the review waits for a rater."""
    shown = not one.waits
    return {
        "n_critical": _of(one, "n_critical", None) if shown else None,
        "n_noncritical": _of(one, "n_noncritical", None) if shown else None,
        "failed_critical": ";".join(_of(one, "failed", ())),
        "blocked_by": ";".join(_of(one, "blocked_by", ())),
        "computed": _of(one, "grade", ""),
    }


def _compared(one: Graded) -> Compared:
    said = one.override
    same = said.get("grade") == one.published
    stated = f"{said['grade']}, {said['reason']} ({said['by']})" if said and same else ""
    return Compared(one.review, one.settled, one.published, _of(one, "grade", ""), stated)


# --- problems -------------------------------------------------------------------------------------


def _problem_frame(problems: Iterable[Problem]) -> pd.DataFrame:
    columns = ["file", "row", "column", "found", "allowed", "mend"]
    rows = [[getattr(p, c) for c in columns] for p in sorted(set(problems), key=Problem.sort_key)]
    return pd.DataFrame(rows, columns=columns, dtype="object")


def _not_included(inputs: Inputs, tool: Tool) -> Iterable[Problem]:
    """Name rated reviews that are not included, and item answers of tools without a definition."""
    known = set(inputs.ids)
    for source in (*inputs.ratings, *inputs.recorded, *inputs.overrides):
        for row in source.data.drop_duplicates("review_id").to_dict("records"):
            if row["review_id"] not in known:
                yield Problem(
                    source.shown,
                    row["review_id"],
                    "an included review",
                    "Nothing, if it is not meant to be included; else correct the id.",
                    int(row["_row"]),
                    "review_id",
                )
    for source in inputs.ratings:
        if source.tool != tool.id and not load_tool(source.tool).items:
            yield Problem(
                source.shown,
                f"answers to items of {source.tool}",
                "a tool whose items are defined",
                "Record its ratings in recorded.csv; these answers are not used.",
            )


def _remarks(ratings: Ratings, waits: Mapping[str, Any]) -> Iterable[Problem]:
    """Name answers that differ from their criteria, where all raters are done."""
    for read in (ratings.consensus, *ratings.raters.values()):
        yield from (problem for review, problem in read.remarks if review not in waits)


def _doubts(inputs: Inputs, tool: Tool, graded: Iterable[Graded]) -> Iterable[Problem]:
    """Name answers that do not fit each other, and recorded grades that the rule does not give."""
    files = [s.shown for s in inputs.of("ratings", tool.id)]
    shown = next((f for f in files if f.endswith(f"{CONSENSUS}.csv")), (files or [""])[0])
    for one in graded:
        if one.waits:
            who = ", ".join(one.waits)
            mend = "Nothing is shown of this review until all its raters are done."
            yield Problem(shown, f"{one.review} waits for {who}", "an answer to every item", mend)
        yield from _apart(tool, one, shown)
        given = {k: v for s in one.settled.values() for k, v in s.given.items()}
        given |= {item: s.answer for item, s in one.settled.items()}
        for check in tool.checks:
            if check.holds(given):
                yield Problem(
                    shown, f"{check.remark}: {one.review}", "answers that fit each other",
                    "Check these items.", None, "item",
                )  # fmt: skip
        if one.compared and not _compared(one).agrees:
            grade = _of(one, "grade", "")
            yield Problem(
                inputs.of("recorded", tool.id)[0].shown,
                f"{one.published} for {one.review}",
                f"{grade}, as computed from its items",
                "Check the items; both grades are shown.",
                int(one.recorded["_row"]),
                "rating",
            )


def _apart(tool: Tool, one: Graded, shown: str) -> Iterable[Problem]:
    """Name an answer that is given on some of the items which should have it together."""
    for answer, ids in tool.together.items():
        scored = [one.settled[i].answer for i in ids if i in one.settled and one.settled[i].answer]
        if answer in scored and set(scored) != {answer}:
            yield Problem(
                shown,
                f"{answer} on some of items {', '.join(ids)} of {one.review}",
                "the same on all that are scored",
                "Check these items.",
                None,
                "item",
            )
