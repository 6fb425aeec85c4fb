"""The umbrella forest: every pooled result of every outcome, on one common scale, on one page.

Rows are results of reviews as they print them, and the team's own pooled results; nothing is
pooled here. Effects of unlike measures are drawn as their equivalents on one scale (see the stage
synthesis) and turned so that one side always favours the intervention.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parapluie.figure.looks import quality_style
from parapluie.forest.model import (
    ABSENT,
    HEADING,
    NOT_ESTIMABLE,
    UMBRELLA,
    Cell,
    Column,
    ColumnNote,
    Legend,
    Plot,
    Row,
    interval,
    note,
    number,
)
from parapluie.forest.pooled import key_of
from parapluie.forest.reviews import MARKS, TIMES, cell, detail, facts_of, marks_of
from parapluie.forest.shared import Shared, shared_trials
from parapluie.forest.sources import NOT_RATED, Sources, certainty, grade_words
from parapluie.measures import MEASURES

SCALES = {"eg": "SMD", "eor": "OR"}
"""Column of equivalents.csv to the measure of the axis."""
RATIOS = ("RR", "OR", "HR", "IRR")
OWN = "This overview"
NO_DOMAIN = "Other outcomes"
NOT_TURNED = "‖"
NOT_TURNED_NOTE = (
    f"{NOT_TURNED} The protocol does not say which direction is better: drawn as it is, so the "
    "labels of the axis do not hold for this row."
)
SUBGROUPS_OUT = "Results of subgroups of a review are left out: they rest on the same trials."
WIDE_MM = 150.0
DROPPED_FIRST = ("as_printed", "shared", "i2", "n", "grade", "class", "k", "review", "amstar2")
FAVOURS = ("Favours control", "Favours intervention")
LEGEND_WORDS = {
    "high": "High", "moderate": "Moderate", "low": "Low", "critically_low": "Critically low",
    "set": "One of several grades", "": "Not rated",
}  # fmt: skip


@dataclass(frozen=True)
class Result:
    """One result on the common scale (natural values), as drawn, with the words of its row."""

    id: str
    level: str
    outcome: str
    name: str
    ends: tuple[float, float, float]
    turned: bool
    reason: str
    style: str
    cells: Mapping[str, Cell]
    facts: Sequence[tuple[str, str, str]]
    detail: str = ""
    time: str = ""

    @property
    def is_drawn(self) -> bool:
        """Whether there is an effect on the common scale."""
        return not math.isnan(self.ends[0])


def umbrella_plot(sources: Sources, width_mm: float = WIDE_MM) -> Plot | None:
    """Give the plot of all results; ``None`` where there is none to draw.

    Parameters
    ----------
    sources : Sources
    width_mm : float
        Width of the figure. Wide ones have a column of outcomes and one of reviews; in others an
        outcome is a heading.
    """
    wide = width_mm >= WIDE_MM
    scale = common_scale(sources)
    results = [*_of_reviews(sources, scale), *_of_studies(sources, scale)]
    if not any(r.is_drawn for r in results):
        return None
    measure = MEASURES[SCALES[scale]]
    left, right, empty = _columns(sources, measure.code, results, wide)
    styles = {r.style.removeprefix("quality:") for r in results if r.level == "effect"}
    return Plot(
        stem=f"umbrella__{measure.code}",
        outcome="",
        level=UMBRELLA,
        measure=measure,
        title="All pooled results on one scale, by domain and outcome",
        caption=_caption(results, measure.label),
        name="Outcome" if wide else "Review",
        left=left,
        right=right,
        rows=list(_rows(sources, results, wide)),
        notes=_notes(sources, results, empty),
        column_notes=_column_notes(sources, results),
        favours=FAVOURS,
        axis_name=f"{measure.label}, equivalent{' (log scale)' if measure.log else ''}",
        legend=[Legend(f"quality:{s}", w) for s, w in LEGEND_WORDS.items() if s in styles],
        legend_title="AMSTAR 2:" if styles else "",
        dropped_first=DROPPED_FIRST,
        kind="umbrella",
    )


def common_scale(sources: Sources) -> str:
    """Choose the scale that fewer results must be converted to; differences where it is even."""
    found = sources.equivalents
    ratios = int(found["measure"].isin(RATIOS).sum())
    return "eor" if ratios > len(found) - ratios else "eg"


def _columns(
    sources: Sources, code: str, results: Sequence[Result], wide: bool
) -> tuple[list[Column], list[Column], list[str]]:
    """Give the columns of both sides, and the headings of those that no row fills."""
    left = [
        *([Column("review", "Review", moves=True, room=84.0)] if wide else []),
        Column("k", "k", True),
        Column("n", "n", True),
        Column("shared", "Shared", True),
    ]
    right = [
        Column("effect", f"{code} [95% CI]", True),
        Column("as_printed", "On its own scale", True),
        Column("i2", "I²", True),
        Column("amstar2", "AMSTAR 2", moves=True),
        Column("grade", "GRADE", moves=True),
        *([Column("class", "Class", moves=True)] if sources.classes() else []),
    ]
    nothing = ("", ABSENT, NOT_RATED)
    filled = {n for r in results for n, c in r.cells.items() if c[0] not in nothing}
    empty = [c.heading for c in (*left, *right) if c.name not in {*filled, "shared"}]
    return (
        [c for c in left if c.name in filled], [c for c in right if c.name in filled], empty
    )  # fmt: skip


# --- results --------------------------------------------------------------------------------------


def _equivalents(sources: Sources, level: str) -> dict[str, Mapping[Any, Any]]:
    rows = sources.equivalents[sources.equivalents["level"] == level].to_dict("records")
    return {str(row["id"]): row for row in rows}


def _turned(
    row: Mapping[Any, Any] | None, scale: str, better: str
) -> tuple[tuple[float, float, float], bool]:
    """Give estimate and ends so that more is better, and whether they were turned."""
    if row is None:
        return (math.nan, math.nan, math.nan), False
    estimate, low, high = (float(row[f"{scale}{end}"]) for end in ("", "_low", "_high"))
    if better != "lower":
        return (estimate, low, high), False
    if scale == "eor":
        return (_inverse(estimate), _inverse(high), _inverse(low)), True
    return (0.0 - estimate, 0.0 - high, 0.0 - low), True


def _inverse(ratio: float) -> float:
    return 1 / ratio if ratio else math.inf


def _effect_cell(ends: tuple[float, float, float], key: str) -> Cell:
    if math.isnan(ends[0]):
        return NOT_ESTIMABLE, ""
    return interval(*ends), key


def _of_reviews(sources: Sources, scale: str) -> Iterator[Result]:
    known, quality = _equivalents(sources, "effect"), sources.quality()
    shared, effects = shared_by_outcome(sources), sources.effects
    names, classes = sources.names, sources.classes()
    told_twice = set(effects.loc[effects["same_basis"] != "", "effect_id"])
    drawn = effects[(effects["same_as"] == "") & (effects["is_subgroup"] != "yes")]
    for row in drawn.to_dict("records"):
        effect, outcome = str(row["effect_id"]), str(row["outcome"])
        better = str(sources.outcome(outcome).get("better_when", ""))
        found, grades = known.get(effect), quality.get(row["review_id"], ())
        ends, turned = _turned(found, scale, better)
        marks = marks_of({**row, "direction": ""}, effect in told_twice)
        cells = {
            **_numbers(row, ends),
            "review": (f"{names[row['review_id']]} {marks}{'' if better else NOT_TURNED}"
                       .strip(), f"included.reviews.{row['review_id']}.year"),
            "shared": shared.get(outcome, Shared()).counts.get(row["review_id"], (ABSENT, "")),
            "amstar2": (grade_words(grades), ""),
            "grade": certainty(row),
            "class": classes.get(effect, ("", "")),
        }  # fmt: skip
        facts = facts_of(row, {**cells, "effect": cells["as_printed"]}, MEASURES["GEN"])
        yield Result(
            effect, "effect", outcome, cells["review"][0], ends, turned,
            _reason(found, scale, row), quality_style(grades), cells,
            [(SCALES[scale], *cells["effect"]), *_renamed(facts, row["timepoint"])],
            detail(row), TIMES.get(str(row["timepoint_class"]), ""),
        )  # fmt: skip


def _numbers(row: Mapping[Any, Any], ends: tuple[float, float, float]) -> dict[str, Cell]:
    key = f"synthesis.effects.{row['effect_id']}"
    own = interval(row["estimate"], row["ci_low"], row["ci_high"])
    return {
        "k": cell(row["k"], f"{key}.k", 0),
        "n": cell(row["n"], f"{key}.n", 0),
        "effect": _effect_cell(ends, f"forest.umbrella.{row['effect_id']}"),
        "as_printed": (ABSENT, "")
        if math.isnan(row["estimate"])
        else (f"{row['measure']} {own}", f"{key}.estimate"),
        "i2": cell(row["i2"], f"{key}.i2", 0, "%"),
    }


def _renamed(
    facts: Sequence[tuple[str, str, str]], time: str
) -> list[tuple[str, str, str]]:  # fmt: skip
    """Call the effect what it is beside its equivalent, and add the time."""
    own = [("On its own scale", *f[1:]) if f[0].startswith("GEN") else f for f in facts]
    return [own[0], *([("Time", str(time), "")] if time else []), *own[1:]]


def _reason(found: Mapping[Any, Any] | None, scale: str, row: Mapping[Any, Any]) -> str:
    if found is None:
        return str(row.get("reason", "")) or "not_available: no equivalent"
    return str(found[f"{scale}_reason"])


def _of_studies(sources: Sources, scale: str) -> Iterator[Result]:
    known, classes = _equivalents(sources, "pooled"), sources.classes()
    rows = sources.pooled[
        (sources.pooled["main"] == "yes") & (sources.pooled["level"] == "studies")
    ]
    for row in rows.to_dict("records"):
        pool, outcome, key = str(row["pool_id"]), str(row["outcome"]), key_of(row)
        better = str(sources.outcome(outcome).get("better_when", ""))
        found = known.get(pool)
        ends, turned = _turned(found, scale, better)
        own = interval(row["natural_estimate"], row["natural_ci_low"], row["natural_ci_high"])
        cells: dict[str, Cell] = {
            "review": (f"{OWN} {'' if better else NOT_TURNED}".strip(), ""),
            "k": cell(row["k_studies"], f"{key}.k_studies", 0),
            "n": (ABSENT, ""),
            "shared": (ABSENT, ""),
            "effect": _effect_cell(ends, f"forest.umbrella.{pool}"),
            "as_printed": (f"{row['measure']} {own}", f"{key}.natural_estimate"),
            "i2": cell(row["i2"], f"{key}.i2", 0, "%"),
            "amstar2": (ABSENT, ""),
            "grade": (ABSENT, ""),
            "class": classes.get(pool, ("", "")),
        }
        facts = [(SCALES[scale], *cells["effect"]), ("On its own scale", *cells["as_printed"]),
                 ("Studies", *cells["k"]), ("Class", *cells["class"]),
                 ("How", str(row["method_label"]), "")]  # fmt: skip
        yield Result(pool, "pooled", outcome, OWN, ends, turned, _reason(found, scale, row), "",
                     cells, [f for f in facts if f[1]])  # fmt: skip


def shared_by_outcome(sources: Sources) -> dict[str, Shared]:
    """Count the trials that reviews of one outcome share, whatever their measures."""
    effects = sources.effects[sources.effects["is_subgroup"] != "yes"]
    return {
        str(o): shared_trials(sources, str(o), set(part["review_id"]))
        for o, part in effects.groupby("outcome", sort=True)
    }


# --- rows -----------------------------------------------------------------------------------------


def _rows(sources: Sources, results: Sequence[Result], wide: bool) -> Iterator[Row]:
    """Give the rows by domain and outcome; an outcome is named at its first row, or above."""
    order = sources.outcome_order
    by_outcome: dict[str, list[Result]] = {}
    for result in results:
        by_outcome.setdefault(result.outcome, []).append(result)
    domains: dict[str, list[str]] = {}
    for outcome in sorted(by_outcome, key=lambda o: (order.get(o, len(order)), o)):
        domain = str(sources.outcome(outcome).get("domain", "")).capitalize() or NO_DOMAIN
        domains.setdefault(domain, []).append(outcome)
    for domain, outcomes in domains.items():
        if list(domains) != [NO_DOMAIN]:
            yield Row((domain, ""), kind=HEADING, level=1, ruled=not wide)
        for outcome in outcomes:
            members = sorted(by_outcome[outcome], key=_place)
            apart, name = _told_apart(members), sources.outcome_label(outcome)
            if not wide:
                yield Row((name, ""), kind=HEADING, level=2)
            for i, result in enumerate(members):
                label = ("" if i else name, "") if wide else result.cells["review"]
                yield _row(result, label, apart[i], joined=wide and i > 0)


def _told_apart(members: Sequence[Result]) -> list[str]:
    """Say what each result is of, where a review has several: the time, or as it is reported."""
    out = []
    for result in members:
        twins = [m for m in members if m.name == result.name and m.level == result.level]
        times = [m.time for m in twins]
        apart = len(set(times)) == len(twins) and all(times)
        out.append("" if len(twins) == 1 else (result.time if apart else result.detail))
    return out


def _place(result: Result) -> tuple[bool, str, str]:
    return (result.level == "pooled", result.name.casefold(), result.id)


def _row(result: Result, label: Cell, detail_text: str, joined: bool) -> Row:
    why = "" if result.is_drawn else _in_short(result.reason)
    return Row(
        label=label, detail=detail_text,
        estimate=result.ends[0], low=result.ends[1], high=result.ends[2],
        cells={**result.cells, **({"effect": (why, "")} if why else {})}, style=result.style,
        facts=[*result.facts, *([("Why", result.reason, "")] if why and result.reason else [])],
        joined=joined,
    )  # fmt: skip


def _in_short(reason: str) -> str:
    """Say in the cell that there is no equivalent; the reason in full stands among the facts."""
    return "no equivalent" if reason.startswith("not_available") else NOT_ESTIMABLE


# --- words ----------------------------------------------------------------------------------------


def _notes(
    sources: Sources, results: Sequence[Result], empty: Sequence[str]
) -> list[list[Cell]]:  # fmt: skip
    names = [r.cells["review"][0] for r in results]
    found = [note(f"{m} {text}") for m, text in MARKS.items() if any(m in n for n in names)]
    if any(NOT_TURNED in n for n in names):
        found.append(note(NOT_TURNED_NOTE))
    turned = sum(r.turned for r in results)
    if turned:
        found.append(note("Where less is better, the effect is turned: to the right is better."))
    if not all(r.is_drawn for r in results):
        found.append(note("No equivalent: the result cannot be brought to this scale with the "
                          "numbers that the data hold."))  # fmt: skip
    effects = sources.effects
    if (effects["is_subgroup"] == "yes").any():
        found.append(note(SUBGROUPS_OUT))
    if empty:
        found.append(note(f"Not given for any row: {', '.join(empty)}."))
    return found


def _column_notes(sources: Sources, results: Sequence[Result]) -> list[ColumnNote]:
    shared = "Shared: trials of the review that another review of the outcome includes too, of all"
    return [
        *(("class", line) for line in sources.class_note(r.cells["class"][0] for r in results)),
        ("shared", note(f"{shared} that it lists.")),
        (ABSENT, note(f"{ABSENT} not given in the data, or does not apply.")),
    ]


def _caption(results: Sequence[Result], scale: str) -> str:
    reviews = len({r.name for r in results if r.level == "effect"})
    text = (
        f"{number(float(len(results)), 0)} pooled results drawn as {scale.lower()} or its "
        "equivalent, with 95% intervals. Reviews may share trials; nothing is pooled across them."
    )
    marks = " Form and colour of a marker tell the quality of the review (AMSTAR 2)."
    return text + (marks if reviews else "")


def umbrella_figures(
    sources: Sources,
) -> Iterator[tuple[str, float, str, str]]:
    """Give name, value, rule and the key it rests on of each effect that is drawn."""
    scale = common_scale(sources)
    words = MEASURES[SCALES[scale]].label
    for result in (*_of_reviews(sources, scale), *_of_studies(sources, scale)):
        if result.is_drawn:
            rule = f"{words}, equivalent"
            if result.turned:
                rule += ", turned so that more is better"
            yield (result.id, result.ends[0], f"{rule}.",
                   f"synthesis.equivalents.{result.level}.{result.id}.{scale}")  # fmt: skip
