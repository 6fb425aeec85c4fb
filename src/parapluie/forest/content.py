"""What stands in each forest plot: rows, columns, summary, marks and caption."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from parapluie.measures import MEASURES, Measure

REVIEWS, STUDIES = "reviews", "studies"
NOT_RATED = "not rated"
ABSENT = "·"
NOT_REPORTED = "not reported"
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

Cell = tuple[str, str]
"""A text and the key of the figure that it shows (``""`` for none)."""


@dataclass(frozen=True)
class Column:
    """A column of text: its name in `Row.cells`, its heading, and whether it is right-aligned."""

    name: str
    heading: str
    right: bool = False


@dataclass(frozen=True)
class Row:
    """One marker with its texts, or a heading (``estimate`` None).

    Estimate and interval are natural values; NaN where there is none. ``weight`` is percent, NaN
    where nothing was pooled.
    """

    label: Cell
    detail: str = ""
    estimate: float | None = None
    low: float = math.nan
    high: float = math.nan
    weight: float = math.nan
    cells: Mapping[str, Cell] = field(default_factory=dict)

    @property
    def is_heading(self) -> bool:
        """Whether the row has no marker."""
        return self.estimate is None


@dataclass(frozen=True)
class Summary:
    """A pooled result: natural values, its texts, and the line about heterogeneity."""

    label: str
    estimate: float
    low: float
    high: float
    pi_low: float
    pi_high: float
    pi_label: str
    cells: Mapping[str, Cell]
    pi_cell: Cell
    heterogeneity: Sequence[Cell]


@dataclass(frozen=True)
class Plot:
    """Everything that one forest plot shows."""

    stem: str
    outcome: str
    level: str
    measure: Measure
    title: str
    caption: str
    left: Sequence[Column]
    right: Sequence[Column]
    rows: Sequence[Row]
    summary: Summary | None
    notes: Sequence[str]
    favours: tuple[str, str] | None

    @property
    def n_rows(self) -> int:
        """How many results are drawn."""
        return sum(not row.is_heading for row in self.rows)


@dataclass(frozen=True)
class Sources:
    """The frames that the plots are made from.

    Parameters
    ----------
    protocol : mapping
    effects, pooled, averages : DataFrame
        results/synthesis/effects.csv, pooled.csv and study_averages.csv.
    reviews : DataFrame
        results/included/reviews.csv.
    appraisal : DataFrame
        review_id, final, final_set.
    study_labels : mapping
        study_id to the name of the study; a study without a name is drawn under its id.
    """

    protocol: Mapping[str, Any]
    effects: pd.DataFrame
    pooled: pd.DataFrame
    averages: pd.DataFrame
    reviews: pd.DataFrame
    appraisal: pd.DataFrame
    study_labels: Mapping[str, str] = field(default_factory=dict)


def plots(sources: Sources) -> list[Plot]:
    """Give all plots, in the order of the protocol's outcomes, reviews before studies."""
    order = {o["id"]: i for i, o in enumerate(sources.protocol.get("outcomes") or [])}
    made = [*_review_plots(sources), *_study_plots(sources)]
    return sorted(made, key=lambda p: (order.get(p.outcome, len(order)), p.outcome, p.stem))


def number(value: float, digits: int = 2) -> str:
    """Write a number for a plot: fixed decimals and a true minus sign; no minus before zero."""
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")


def interval(estimate: float, low: float, high: float) -> str:
    """Write an estimate with its interval."""
    ends = "not reported" if math.isnan(low + high) else f"{number(low)}, {number(high)}"
    return f"{number(estimate)} [{ends}]"


def p_value(p: float) -> str:
    """Write a p value."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


# --- reviews' own results -------------------------------------------------------------------------


def _review_plots(sources: Sources) -> Iterator[Plot]:
    drawn = sources.effects[sources.effects["drawn"] == "yes"]
    for (outcome, measure), part in drawn.groupby(["outcome", "measure"], sort=True):
        yield _review_plot(sources, str(outcome), MEASURES[str(measure)], part)


def _review_plot(sources: Sources, outcome: str, measure: Measure, part: pd.DataFrame) -> Plot:
    names, grades = review_names(sources.reviews), _grades(sources.appraisal)
    rows = _ordered(part, names)
    told_twice = set(sources.effects.loc[sources.effects["same_basis"] != "", "effect_id"])
    label = _outcome(sources, outcome).get("label", outcome)
    summary = _summary(sources.pooled, outcome, measure, REVIEWS)
    listed: list[Row] = []
    for heading, members in _sections(rows):
        if heading:
            listed.append(Row((heading, "")))
        listed += [
            _review_row(row, names, grades, row["effect_id"] in told_twice) for row in members
        ]
    return Plot(
        stem=f"{outcome}__{measure.code}__{REVIEWS}",
        outcome=outcome,
        level=REVIEWS,
        measure=measure,
        title=f"{label}: {measure.label.lower()}, as the included reviews report it",
        caption=_review_caption(sources, rows, outcome, names, summary is not None),
        left=(Column("k", "k", True), Column("n", "n", True)),
        right=(
            Column("effect", f"{measure.code} [95% CI]", True),
            Column("i2", "I²", True),
            Column("amstar2", "AMSTAR 2"),
            Column("grade", "GRADE"),
        ),
        rows=listed,
        summary=summary,
        notes=_review_notes(listed),
        favours=_favours(sources, outcome),
    )


def _review_notes(rows: Sequence[Row]) -> list[str]:
    """Say what each mark in use means."""
    names = [row.label[0] for row in rows]
    notes = [f"{m} {text}" for m, text in MARKS.items() if any(m in name for name in names)]
    absent = any(cell == (ABSENT, "") for row in rows for cell in row.cells.values())
    return [
        *notes,
        *([SUBGROUP_NOTE] if SUBGROUPS in names else []),
        *([f"{ABSENT} not given in the data."] if absent else []),
    ]


def review_names(reviews: pd.DataFrame) -> dict[str, str]:
    """Give each review its name: first author and year, or its id."""
    return {
        row["review_id"]: " ".join(
            x for x in (row.get("first_author", ""), row.get("year", "")) if x
        )
        or str(row["review_id"])
        for row in reviews.to_dict("records")
    }


def _grades(appraisal: pd.DataFrame) -> dict[str, str]:
    """Give each review its AMSTAR 2 grade in words; a set of grades stays a set."""
    out = {}
    for row in appraisal.to_dict("records"):
        text = " or ".join(
            g.replace("_", " ") for g in (row["final"] or row.get("final_set", "")).split(";") if g
        )
        out[str(row["review_id"])] = text.capitalize()
    return out


def _ordered(part: pd.DataFrame, names: Mapping[str, str]) -> list[dict[Any, Any]]:
    rows = part.to_dict("records")
    return sorted(rows, key=lambda r: (names[r["review_id"]].casefold(), r["effect_id"]))


def _sections(rows: Sequence[dict[Any, Any]]) -> list[tuple[str, list[dict[Any, Any]]]]:
    """Group rows by time; results of subgroups stand last. One group alone has no heading."""
    main = [r for r in rows if r["is_subgroup"] != "yes"]
    groups = [(name, [r for r in main if r["timepoint_class"] == t]) for t, name in TIMES.items()]
    groups.append((SUBGROUPS, [r for r in rows if r["is_subgroup"] == "yes"]))
    filled = [(name, members) for name, members in groups if members]
    return filled if len(filled) > 1 or filled[0][0] == SUBGROUPS else [("", filled[0][1])]


def _review_row(
    row: Mapping[Any, Any], names: Mapping[str, str], grades: Mapping[str, str], twice: bool
) -> Row:
    marks = "".join(
        mark
        for mark, holds in (
            ("†", row["direction"] == "not_harmonised"),
            ("‡", twice),
            ("§", bool(row["checks"])),
        )
        if holds
    )
    key = f"synthesis.effects.{row['effect_id']}"
    name, year = names[row["review_id"]], f"included.reviews.{row['review_id']}.year"
    return Row(
        label=(f"{name} {marks}".strip(), year if name[-4:].isdigit() else ""),
        detail=_detail(row),
        estimate=row["estimate"],
        low=row["ci_low"],
        high=row["ci_high"],
        cells={
            "k": _cell(row["k"], f"{key}.k", 0),
            "n": _cell(row["n"], f"{key}.n", 0),
            "effect": (interval(row["estimate"], row["ci_low"], row["ci_high"]), f"{key}.estimate"),
            "i2": _cell(row["i2"], f"{key}.i2", 0, "%"),
            "amstar2": (grades.get(row["review_id"], "") or NOT_RATED, ""),
            "grade": (row["grade_certainty"].replace("_", " ").capitalize() or NOT_RATED, ""),
        },
    )


def _detail(row: Mapping[Any, Any]) -> str:
    """Name the outcome as reported, with its time where that is not said already."""
    said, time = row["outcome_as_reported"], row["timepoint"]
    if not said or not time or row["is_subgroup"] == "yes" or time.casefold() in said.casefold():
        return str(said or time)
    return str(said) if time.casefold() in ("not stated", "nr", "na") else f"{said}; {time}"


def _cell(value: float, key: str, digits: int, unit: str = "") -> Cell:
    return (ABSENT, "") if math.isnan(value) else (f"{number(value, digits)}{unit}", key)


def _review_caption(
    sources: Sources,
    rows: Sequence[Mapping[Any, Any]],
    outcome: str,
    names: Mapping[str, str],
    pooled: bool,
) -> str:
    effects = sources.effects
    parts = ["Each row is a pooled result of one review, as the review reports it."]
    if not pooled:
        parts.append("Reviews may share trials; nothing is pooled across them.")
    drawn = {r["effect_id"] for r in rows}
    for row in effects[effects["same_as"].isin(drawn)].to_dict("records"):
        other = effects[effects["effect_id"] == row["same_as"]].iloc[0]
        parts.append(
            f"The same trials: {names[other['review_id']]} ({row['same_as']}) and "
            f"{names[row['review_id']]} ({row['effect_id']})."
        )
    without = effects[(effects["outcome"] == outcome) & (effects["reason"] != "")]
    if len(without):
        listed = "; ".join(
            f"{names[r['review_id']]} ({r['effect_id']})" for r in without.to_dict("records")
        )
        parts.append(f"No estimate in the data: {listed}.")
    if pooled:
        parts.append(_counted_twice(sources.pooled, outcome))
    return " ".join(parts)


def _counted_twice(pooled: pd.DataFrame, outcome: str) -> str:
    line = pooled[(pooled["outcome"] == outcome) & (pooled["level"] == REVIEWS)].iloc[0]
    text = "Pooled across reviews, as the protocol asks; trials counted twice"
    return f"{text}: {line['counted_twice']}."


def _outcome(sources: Sources, outcome: str) -> Mapping[str, Any]:
    found = [o for o in sources.protocol.get("outcomes") or [] if o["id"] == outcome]
    return found[0] if found else {}


def _favours(sources: Sources, outcome: str) -> tuple[str, str] | None:
    """Say what each side of the null line favours, where the protocol says what is better."""
    sides = ("Favours intervention", "Favours control")
    better = _outcome(sources, outcome).get("better_when", "")
    return {"lower": sides, "higher": (sides[1], sides[0])}.get(better)


# --- primary studies ------------------------------------------------------------------------------


def _study_plots(sources: Sources) -> Iterator[Plot]:
    for (outcome, measure), part in sources.averages.groupby(["outcome", "measure"], sort=True):
        yield _study_plot(sources, str(outcome), MEASURES[str(measure)], part)


def _study_plot(sources: Sources, outcome: str, measure: Measure, part: pd.DataFrame) -> Plot:
    label = _outcome(sources, outcome).get("label", outcome)
    pooled = len(part) > 1
    rows = part.sort_values("study_id").to_dict("records")
    weight = (Column("weight", "Weight", True),) if pooled else ()
    return Plot(
        stem=f"{outcome}__{measure.code}__{STUDIES}",
        outcome=outcome,
        level=STUDIES,
        measure=measure,
        title=f"{label}: {measure.label.lower()}, primary studies",
        caption=_study_caption(pooled, bool((part["n_effects"] > 1).any())),
        left=(Column("n_effects", "Results", True),),
        right=(*weight, Column("effect", f"{measure.code} [95% CI]", True)),
        rows=[_study_row(row, pooled, sources.study_labels) for row in rows],
        summary=_summary(sources.pooled, outcome, measure, STUDIES) if pooled else None,
        notes=[] if pooled else ["One study: nothing is pooled."],
        favours=_favours(sources, outcome),
    )


def _study_row(row: Mapping[Any, Any], pooled: bool, labels: Mapping[str, str]) -> Row:
    study = str(row["study_id"])
    key = f"synthesis.studies.{row['pool_id']}.{study}"
    return Row(
        label=(labels.get(study, study), ""),
        estimate=row["estimate"],
        low=row["ci_low"],
        high=row["ci_high"],
        weight=row["weight"] if pooled else math.nan,
        cells={
            "n_effects": _cell(row["n_effects"], f"{key}.n_effects", 0),
            "weight": _cell(row["weight"], f"{key}.weight", 1, "%"),
            "effect": (interval(row["estimate"], row["ci_low"], row["ci_high"]), f"{key}.estimate"),
        },
    )


def _study_caption(pooled: bool, averaged: bool) -> str:
    parts = ["Each row is one primary study."]
    if averaged:
        parts.append("Several results of a study are averaged first.")
    if pooled:
        parts.append("Areas of squares show weights; the diamond is the pooled result.")
    return " ".join(parts)


# --- pooled results -------------------------------------------------------------------------------


def _summary(pooled: pd.DataFrame, outcome: str, measure: Measure, level: str) -> Summary | None:
    """Give the row of the protocol's method; ``None`` where nothing was pooled."""
    found = pooled[
        (pooled["outcome"] == outcome)
        & (pooled["measure"] == measure.code)
        & (pooled["level"] == level)
        & (pooled["main"] == "yes")
        & (pooled["k_studies"] > 1)
    ]
    if not len(found):
        return None
    row = found.iloc[0].to_dict()
    key = f"synthesis.pooled.{row['pool_id']}.{row['method']}"
    estimate, low, high = (row[f"natural_{c}"] for c in ("estimate", "ci_low", "ci_high"))
    pi_low, pi_high = row["natural_pi_low"], row["natural_pi_high"]
    has_pi = not math.isnan(pi_low)
    return Summary(
        label=row["method_label"],
        estimate=estimate,
        low=low,
        high=high,
        pi_low=pi_low,
        pi_high=pi_high,
        pi_label="95% prediction interval",
        cells={
            "n_effects": _cell(row["k_effects"], f"{key}.k_effects", 0),
            "effect": (interval(estimate, low, high), f"{key}.natural_estimate"),
        },
        pi_cell=(f"[{number(pi_low)}, {number(pi_high)}]", f"{key}.natural_pi_low")
        if has_pi
        else ("", ""),
        heterogeneity=_heterogeneity(row, key),
    )


def _heterogeneity(row: Mapping[Any, Any], key: str) -> list[Cell]:
    cells = [
        ("Heterogeneity:", ""),
        (f"Q = {number(row['q'])},", f"{key}.q"),
        (f"df = {row['df']:.0f},", f"{key}.df"),
        (f"{p_value(row['q_p'])};", f"{key}.q_p"),
    ]
    if row["method"] == "common":
        return [*cells, (f"I² = {number(row['i2_q'], 1)}% (from Q)", f"{key}.i2_q")]
    cells += [
        (f"τ² = {number(row['tau2'], 3)};", f"{key}.tau2"),
        (f"I² = {number(row['i2'], 1)}%", f"{key}.i2"),
        ("from τ²,", ""),
        (f"{number(row['i2_q'], 1)}%", f"{key}.i2_q"),
        ("from Q.", ""),
    ]
    if row["pi_method"] and not math.isnan(row["natural_pi_low"]):
        cells.append((f"Prediction interval: {row['pi_method']}.", ""))
    return cells
