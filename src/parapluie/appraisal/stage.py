"""From ratings to items, grades, agreement and figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import pandas as pd

from parapluie.agreement import STATISTICS, Agreement, agreement
from parapluie.appraisal import figures as keys
from parapluie.appraisal.answers import (
    CONSENSUS,
    Answers,
    Settled,
    Source,
    differences,
    not_scored,
    read_answers,
    settle,
)
from parapluie.appraisal.grades import Computed, Final, compute, final_of
from parapluie.appraisal.tool import NO_META_ANALYSIS, Profile, Tool, load_tool
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
        Type of review to its entry in the protocol (``meta_analysis``, ``scoping``).
    """

    reviews: pd.DataFrame
    ratings: Sequence[Source] = ()
    recorded: Sequence[Source] = ()
    counts: Sequence[Source] = ()
    overrides: Sequence[Source] = ()
    review_types: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

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


@dataclass(frozen=True)
class Appraisal:
    """What the stage gives: tables, the graded reviews, figures, and the profile in use."""

    tables: dict[str, pd.DataFrame]
    graded: list[Graded]
    figures: Figures
    profile: Profile


def appraise(inputs: Inputs, tool_name: str = "amstar2", profile_name: str = "") -> Appraisal:
    """Appraise the included reviews with one tool, and count what is recorded of the others.

    Parameters
    ----------
    inputs : Inputs
    tool_name, profile_name : str
        The tool whose item answers are graded, and how it is used; by default its first profile.

    Raises
    ------
    InputError
        For answers, items and grades that the tool does not have, and for an unknown profile.
    """
    tool = load_tool(tool_name)
    profile = _profile(tool, profile_name)
    unscored = {r: not_scored(profile, kinds) for r, kinds in _kinds(inputs).items()}
    consensus, raters, problems = _read_ratings(inputs, tool, unscored)
    problems += _grade_problems(inputs, tool)
    raise_if(problems)
    graded = [
        _grade(inputs, tool, profile, unscored[review], review, consensus, raters)
        for review in inputs.ids
    ]
    compared = _agreement(inputs.ids, tool, profile, unscored, raters)
    notes = [*_not_included(inputs), *_doubts(inputs, tool, graded)]
    table = {
        "items": _items(tool, profile, graded),
        "overall": _overall(tool, profile, graded),
        "agreement": compared,
        "disagreements": differences(tool, inputs.ids, consensus, raters),
        "problems": _problem_frame(notes),
    }
    made = keys.figures(inputs, tool, graded, compared)
    return Appraisal(table, graded, made, profile)


def _profile(tool: Tool, name: str) -> Profile:
    if not tool.profiles:
        return Profile(name, frozenset(), {}, "", "")
    wanted = name or next(iter(tool.profiles))
    if wanted not in tool.profiles:
        known = ", ".join(tool.profiles)
        mend = "Write the name of a profile."
        raise_if([Problem("data/protocol.yaml", wanted, known, mend, None, "appraisal.profile")])
    return tool.profiles[wanted]


def _kinds(inputs: Inputs) -> dict[str, list[str]]:
    """Tell for each review whether it is a scoping review and whether it has no meta-analysis."""
    kinds: dict[str, list[str]] = {}
    for row in inputs.reviews.to_dict("records"):
        said = inputs.review_types.get(str(row.get("review_type", "")), {})
        found = ["scoping"] if said.get("scoping") else []
        found += [NO_META_ANALYSIS] if said.get("meta_analysis") is False else []
        kinds[str(row["review_id"])] = found
    return kinds


def _read_ratings(
    inputs: Inputs, tool: Tool, unscored: Mapping[str, Mapping[str, str]]
) -> tuple[Answers, dict[str, Answers], list[Problem]]:
    consensus: Answers = {}
    raters: dict[str, Answers] = {}
    problems: list[Problem] = []
    for source in inputs.of("ratings", tool.id) if tool.items else ():
        answers, faults = read_answers(source, tool, unscored)
        problems += faults
        if source.name == CONSENSUS:
            consensus |= answers
        else:
            raters.setdefault(source.name, {}).update(answers)
    return consensus, raters, problems


def _grade_problems(inputs: Inputs, tool: Tool) -> list[Problem]:
    """Find recorded grades that the tool does not have."""
    if not tool.grades:
        return []
    return [
        Problem(
            source.shown,
            repr(value),
            ", ".join(tool.grades),
            "Write one of these grades.",
            int(row["_row"]),
            column,
        )
        for source in inputs.of("recorded", tool.id)
        for row in source.data.to_dict("records")
        if row["part"] == OVERALL
        for column in ("rating", "set")
        for value in (split_list(row[column]) if column == "set" else [known(row[column])])
        if value and value not in tool.grades
    ]


def known(text: str) -> str:
    """Give the text of a cell, ``""`` where it is NR or NA."""
    return "" if text in ABSENT_CODES else text


# --- grades ---------------------------------------------------------------------------------------


def _grade(
    inputs: Inputs,
    tool: Tool,
    profile: Profile,
    unscored: Mapping[str, str],
    review: str,
    consensus: Answers,
    raters: Mapping[str, Answers],
) -> Graded:
    settled = _settle(tool, unscored, review, consensus, raters)
    computed = compute(tool, profile, settled) if settled else None
    override = _row_of(inputs.of("overrides", tool.id), review)
    recorded = _row_of(inputs.of("recorded", tool.id), review, part=OVERALL)
    final = final_of(
        computed,
        override.get("grade", ""),
        known(recorded.get("rating", "")),
        tuple(split_list(recorded.get("set", ""))),
    )
    return Graded(review, settled, unscored, computed, override, recorded, final)


def _settle(
    tool: Tool,
    unscored: Mapping[str, str],
    review: str,
    consensus: Answers,
    raters: Mapping[str, Answers],
) -> dict[str, Settled]:
    """Settle every item of a review; nothing where nobody has begun to rate it."""
    mine = {name: a for name, a in raters.items() if any(r == review for r, _ in a)}
    if not mine and not any(r == review for r, _ in consensus):
        return {}
    return {
        item.id: Settled("", "not_scored")
        if item.id in unscored
        else settle(item, review, consensus, mine)
        for item in tool.items
    }


def _row_of(sources: Iterable[Source], review: str, part: str = "") -> dict[str, str]:
    for source in sources:
        for row in source.data.to_dict("records"):
            if row["review_id"] == review and row.get("part", "") == part:
                return {str(k): str(v) for k, v in row.items()}
    return {}


# --- agreement ------------------------------------------------------------------------------------


def _agreement(
    reviews: Sequence[str],
    tool: Tool,
    profile: Profile,
    unscored: Mapping[str, Mapping[str, str]],
    raters: Mapping[str, Answers],
) -> pd.DataFrame:
    """Compare every two raters: per item, over all items, and on the grade."""
    rows = []
    alone = {
        name: {r: _settle(tool, unscored[r], r, {}, {name: answers}) for r in reviews}
        for name, answers in raters.items()
    }
    for a, b in combinations(sorted(raters), 2):
        for part, pairs, categories in _units(tool, profile, reviews, alone[a], alone[b]):
            found = agreement([x for x, _ in pairs], [y for _, y in pairs], categories)
            rows.append(_agreement_row(part, a, b, found))
    columns = ["part", "rater_a", "rater_b", "n", *STATISTICS, "reason"]
    return pd.DataFrame(rows, columns=columns, dtype="object")


def _units(
    tool: Tool,
    profile: Profile,
    reviews: Sequence[str],
    first: Mapping[str, Mapping[str, Settled]],
    second: Mapping[str, Mapping[str, Settled]],
) -> Iterable[tuple[str, list[tuple[str, str]], Sequence[str]]]:
    """Give for each part the pairs of answers of reviews that both rated, and the categories."""
    both = [r for r in reviews if first[r] and second[r]]
    everything: list[tuple[str, str]] = []
    for item in tool.items:
        given = [(first[r][item.id].answer, second[r][item.id].answer) for r in both]
        pairs = [pair for pair in given if all(pair)]
        everything += pairs
        yield item.id, pairs, item.answers
    yield "items", everything, sorted({a for item in tool.items for a in item.answers})
    grades = [
        (compute(tool, profile, first[r]).grade, compute(tool, profile, second[r]).grade)
        for r in both
    ]
    yield OVERALL, [pair for pair in grades if all(pair)], list(tool.grades)


def _agreement_row(part: str, a: str, b: str, found: Agreement) -> dict[str, Any]:
    reasons = [f"{name} {found.absent[name]}" for name in STATISTICS if name in found.absent]
    values = {name: getattr(found, name) for name in STATISTICS}
    same = {"part": part, "rater_a": a, "rater_b": b, "n": found.n}
    return same | values | {"reason": "; ".join(reasons)}


# --- tables ---------------------------------------------------------------------------------------


def _items(tool: Tool, profile: Profile, graded: Iterable[Graded]) -> pd.DataFrame:
    rows = []
    for one in graded:
        for item in tool.items if one.settled else ():
            settled = one.settled[item.id]
            rows.append(
                (
                    one.review,
                    item.id,
                    item.label,
                    item.id in profile.critical,
                    settled.answer,
                    settled.answer == "no",
                    settled.state,
                    ";".join(settled.waits_for),
                    one.unscored.get(item.id, ""),
                )
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
    ]
    return pd.DataFrame(rows, columns=columns, dtype="object")


def _overall(tool: Tool, profile: Profile, graded: Iterable[Graded]) -> pd.DataFrame:
    rows = []
    for one in graded:
        computed, final = one.computed, one.final
        rows.append(
            {
                "review_id": one.review,
                "tool": tool.id,
                "profile": profile.id,
                "grade": one.override.get("grade") or (computed.grade if computed else ""),
                "n_critical": computed.n_critical if computed else None,
                "n_noncritical": computed.n_noncritical if computed else None,
                "failed_critical": ";".join(computed.failed) if computed else "",
                "blocked_by": ";".join(computed.blocked_by) if computed else "",
                "computed": computed.grade if computed else "",
                "override": one.override.get("grade", ""),
                "override_reason": one.override.get("reason", ""),
                "override_by": one.override.get("by", ""),
                "recorded": one.recorded.get("rating", ""),
                "recorded_set": one.recorded.get("set", ""),
                "final": final.final,
                "final_set": ";".join(final.final_set),
                "basis": final.basis,
                "reason": final.reason,
                "source": one.recorded.get("source", ""),
            }
        )
    columns = list(rows[0]) if rows else ["review_id"]
    return pd.DataFrame(rows, columns=columns, dtype="object")


# --- problems -------------------------------------------------------------------------------------


def _problem_frame(problems: Iterable[Problem]) -> pd.DataFrame:
    columns = ["file", "row", "column", "found", "allowed", "mend"]
    rows = [[getattr(p, c) for c in columns] for p in sorted(set(problems), key=Problem.sort_key)]
    return pd.DataFrame(rows, columns=columns, dtype="object")


def _not_included(inputs: Inputs) -> Iterable[Problem]:
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
        if not load_tool(source.tool).items:
            yield Problem(
                source.shown,
                f"answers to items of {source.tool}",
                "a tool whose items are defined",
                "Record its ratings in recorded.csv; these answers are not used.",
            )


def _doubts(inputs: Inputs, tool: Tool, graded: Iterable[Graded]) -> Iterable[Problem]:
    """Name answers that do not fit each other, and recorded grades that the rule does not give."""
    files = [s.shown for s in inputs.of("ratings", tool.id)]
    shown = next((f for f in files if f.endswith(f"{CONSENSUS}.csv")), (files or [""])[0])
    for one in graded:
        for answer, ids in tool.together.items():
            given = [one.settled[i].answer for i in ids if i in one.settled]
            scored = [a for a in given if a]
            if answer in scored and set(scored) != {answer}:
                yield Problem(
                    shown,
                    f"{answer} on some of items {', '.join(ids)} of {one.review}",
                    "the same on all that are scored",
                    "Check these items.",
                    None,
                    "item",
                )
        recorded, computed = known(one.recorded.get("rating", "")), one.computed
        if computed and computed.grade and recorded and recorded != computed.grade:
            recorded_file = inputs.of("recorded", tool.id)[0].shown
            yield Problem(
                recorded_file,
                f"{recorded} for {one.review}",
                f"{computed.grade}, as computed from its items",
                "Check the items; both grades are shown.",
                int(one.recorded["_row"]),
                "rating",
            )
