"""Forest plots of the results that reviews print: as they are, without joint diamond or weight."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from parapluie.forest.model import (
    ABSENT,
    HEADING,
    REVIEWS,
    Cell,
    Column,
    ColumnNote,
    Plot,
    Row,
    digits_for,
    interval,
    note,
    number,
)
from parapluie.forest.pooled import method_row, pooled_rows
from parapluie.forest.shared import Shared, shared_trials
from parapluie.forest.sources import Sources, certainty, grade_words
from parapluie.measures import MEASURES, Measure

NO_ESTIMATE = "no estimate"
TIMES = {
    "post": "After the intervention",
    "follow-up": "At follow-up",
    "mixed": "Mixed times",
    "unclear": "Time not stated",
    "": "Time not known yet",
}
"""Headings of the rows of reviews, in their order."""
SUBGROUPS = "Subgroups of a review"
SUBGROUP_NOTE = "Subgroups of a review rest on trials that the rows above may count too."
MARKS = {
    "†": "Not brought to the direction of the outcome: as printed, so the labels of the axis do "
    "not hold for this row.",
    "‡": "Another row of the data tells of the same trials; drawn once.",
    "§": "Printed numbers of this row do not fit each other; see the data problems.",
}
"""Marks behind a name, with what they say."""


def review_plots(sources: Sources) -> Iterator[Plot]:
    """Give a plot for each outcome and measure that a review has a result of."""
    drawn = sources.effects[sources.effects["drawn"] == "yes"]
    for (outcome, measure), part in drawn.groupby(["outcome", "measure"], sort=True):
        yield _plot(sources, str(outcome), MEASURES[str(measure)], part)


def _plot(sources: Sources, outcome: str, measure: Measure, part: pd.DataFrame) -> Plot:
    without = _without_estimate(sources.effects, outcome, measure)
    rows = _ordered(pd.concat([part, without]), sources.names)
    shared = shared_trials(sources, f"{outcome}__{measure.code}", set(part["review_id"]))
    main = method_row(sources.pooled, outcome, measure, REVIEWS)
    listed = _listed(sources, rows, shared, measure)
    pooled = pooled_rows(main, {}, digits_for(listed)) if main else []
    return Plot(
        stem=f"{outcome}__{measure.code}__{REVIEWS}",
        outcome=outcome,
        level=REVIEWS,
        measure=measure,
        title=f"{sources.outcome_label(outcome)}: {measure.label.lower()}, as the included "
        "reviews report it",
        caption=_caption(sources, rows, outcome, measure, main),
        name="Review",
        left=_left(shared),
        right=_right(measure, sources),
        rows=[*listed, *pooled],
        notes=_notes(listed),
        column_notes=_column_notes(listed, shared, sources),
        favours=sources.favours(outcome),
        reference=main["natural_estimate"] if main else math.nan,
    )


def _left(shared: Shared) -> tuple[Column, ...]:
    columns = [Column("k", "k", True), Column("n", "n", True)]
    return (*columns, *([Column("shared", "Shared", True)] if shared.counts else []))


def _right(measure: Measure, sources: Sources) -> tuple[Column, ...]:
    columns = [
        Column("effect", f"{measure.code} [95% CI]", True),
        Column("i2", "I²", True),
        Column("amstar2", "AMSTAR 2", moves=True),
        Column("grade", "GRADE", moves=True),
    ]
    return (*columns, *([Column("class", "Class", moves=True)] if sources.classes() else []))


def _without_estimate(effects: pd.DataFrame, outcome: str, measure: Measure) -> pd.DataFrame:
    """Give the results of which the data hold no estimate; they are listed with these words."""
    return effects[
        (effects["outcome"] == outcome)
        & (effects["measure"] == measure.code)
        & (effects["reason"] != "")
        & (effects["same_as"] == "")
    ]


def _ordered(part: pd.DataFrame, names: Mapping[str, str]) -> list[dict[Any, Any]]:
    rows = part.to_dict("records")
    return sorted(rows, key=lambda r: (names[r["review_id"]].casefold(), r["effect_id"]))


def _listed(
    sources: Sources, rows: Sequence[dict[Any, Any]], shared: Shared, measure: Measure
) -> list[Row]:
    told_twice = set(sources.effects.loc[sources.effects["same_basis"] != "", "effect_id"])
    quality, classes, names = sources.quality(), sources.classes(), sources.names
    digits = digits_for([Row(("", ""), "", r["estimate"], r["ci_low"], r["ci_high"]) for r in rows])
    listed: list[Row] = []
    for heading, members in _sections(rows):
        if heading:
            listed.append(Row((heading, ""), kind=HEADING, level=1))
        for row in members:
            review = row["review_id"]
            cells = {
                **_numbers(row, digits),
                "amstar2": (grade_words(quality.get(review, ())), ""),
                "grade": certainty(row),
                "class": classes.get(row["effect_id"], ("", "")),
                "shared": shared.counts.get(review, (ABSENT, "")),
            }
            marks = marks_of(row, row["effect_id"] in told_twice)
            listed.append(_row(row, names[review], marks, cells, measure))
    return listed


def _sections(rows: Sequence[dict[Any, Any]]) -> list[tuple[str, list[dict[Any, Any]]]]:
    """Group rows by time; results of subgroups stand last. One group alone has no heading."""
    main = [r for r in rows if r["is_subgroup"] != "yes"]
    groups = [(name, [r for r in main if r["timepoint_class"] == t]) for t, name in TIMES.items()]
    groups.append((SUBGROUPS, [r for r in rows if r["is_subgroup"] == "yes"]))
    filled = [(name, members) for name, members in groups if members]
    return filled if len(filled) > 1 or filled[0][0] == SUBGROUPS else [("", filled[0][1])]


def marks_of(row: Mapping[Any, Any], twice: bool) -> str:
    """Give the marks that stand behind the name of a result."""
    held = (row["direction"] == "not_harmonised", twice, bool(row["checks"]))
    return "".join(mark for mark, holds in zip(MARKS, held, strict=True) if holds)


def _numbers(row: Mapping[Any, Any], digits: int) -> dict[str, Cell]:
    key = f"synthesis.effects.{row['effect_id']}"
    estimate = row["estimate"]
    effect = (NO_ESTIMATE, "") if math.isnan(estimate) else (
        interval(estimate, row["ci_low"], row["ci_high"], digits), f"{key}.estimate")  # fmt: skip
    return {
        "k": cell(row["k"], f"{key}.k", 0),
        "n": cell(row["n"], f"{key}.n", 0),
        "effect": effect,
        "i2": cell(row["i2"], f"{key}.i2", 0, "%"),
    }


def cell(value: float, key: str, digits: int, unit: str = "") -> Cell:
    """Give a number with its key; a dot where the data have none."""
    return (ABSENT, "") if math.isnan(value) else (f"{number(value, digits)}{unit}", key)


def _row(
    row: Mapping[Any, Any], name: str, marks: str, cells: Mapping[str, Cell],
    measure: Measure,
) -> Row:  # fmt: skip
    year = f"included.reviews.{row['review_id']}.year"
    return Row(
        label=(f"{name} {marks}".strip(), year if name[-4:].isdigit() else ""),
        detail=detail(row),
        estimate=row["estimate"],
        low=row["ci_low"],
        high=row["ci_high"],
        cells=cells,
        facts=facts_of(row, cells, measure),
    )


def detail(row: Mapping[Any, Any]) -> str:
    """Name the outcome as reported, with its time where that is not said already."""
    said, time = row["outcome_as_reported"], row["timepoint"]
    if not said or not time or row["is_subgroup"] == "yes" or time.casefold() in said.casefold():
        return str(said or time)
    return str(said) if time.casefold() in ("not stated", "nr", "na") else f"{said}; {time}"


def facts_of(
    row: Mapping[Any, Any], cells: Mapping[str, Cell], measure: Measure
) -> list[tuple[str, str, str]]:
    """Say what a reader is told who points at a result of a review."""
    key = f"synthesis.effects.{row['effect_id']}"
    named = {"effect": f"{measure.code} [95% CI]", "k": "k", "n": "n", "i2": "I²",
             "amstar2": "AMSTAR 2", "grade": "GRADE", "class": "Class",
             "shared": "Shared trials"}  # fmt: skip
    facts = [
        (words, *cells[name]) for name, words in named.items()
        if cells.get(name, ("", ""))[0] not in ("", ABSENT)
    ]  # fmt: skip
    if row["direction"] not in ("as_printed", ""):
        printed = interval(row["printed_estimate"], row["printed_ci_low"], row["printed_ci_high"])
        if not math.isnan(row["printed_estimate"]):
            facts.append(("As printed", printed, f"{key}.printed_estimate"))
    if row["reason"]:
        facts.append(("Why", row["reason"], ""))
    return [*facts, ("Source", row["source"] or "not stated", "")]


# --- words ----------------------------------------------------------------------------------------


def _notes(rows: Sequence[Row]) -> list[list[Cell]]:
    """Say what each mark in use means."""
    names = [row.label[0] for row in rows]
    found = [note(f"{m} {text}") for m, text in MARKS.items() if any(m in n for n in names)]
    return [*found, *([note(SUBGROUP_NOTE)] if SUBGROUPS in names else [])]


def _column_notes(rows: Sequence[Row], shared: Shared, sources: Sources) -> list[ColumnNote]:
    classes = sources.class_note(row.cells["class"][0] for row in rows if "class" in row.cells)
    return [
        *(("shared", line) for line in shared.notes),
        *(("class", line) for line in classes),
        (ABSENT, note(f"{ABSENT} not given in the data.")),
    ]


def _caption(
    sources: Sources,
    rows: Sequence[Mapping[Any, Any]],
    outcome: str,
    measure: Measure,
    main: Mapping[Any, Any] | None,
) -> str:
    effects, names = sources.effects, sources.names
    parts = ["Each row is a pooled result of one review, as the review reports it."]
    if not main:
        parts.append("Reviews may share trials; nothing is pooled across them.")
    drawn = {r["effect_id"] for r in rows}
    for row in effects[effects["same_as"].isin(drawn)].to_dict("records"):
        other = effects[effects["effect_id"] == row["same_as"]].iloc[0]
        parts.append(
            f"The same trials: {names[other['review_id']]} ({row['same_as']}) and "
            f"{names[row['review_id']]} ({row['effect_id']})."
        )
    unplaced = effects[
        (effects["outcome"] == outcome) & (effects["reason"] != "") & (effects["measure"] == "")
    ]
    if len(unplaced):
        listed = "; ".join(
            f"{names[r['review_id']]} ({r['effect_id']})" for r in unplaced.to_dict("records")
        )
        parts.append(f"No estimate in the data, nor its measure: {listed}.")
    if main:
        text = "Pooled across reviews, as the protocol asks; trials counted twice"
        parts.append(f"{text}: {main['counted_twice']}.")
    return " ".join(parts)
