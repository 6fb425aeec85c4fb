"""The stage as a whole: rows in, rows and figures out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parapluie.credibility import measured, printed
from parapluie.credibility.classify import class_rows, classify, verdict_rows
from parapluie.credibility.measured import STUDIES, About, Known
from parapluie.credibility.people import COLUMNS as PEOPLE
from parapluie.credibility.people import low_risk, most_of, people
from parapluie.credibility.rules import NOT_ASSESSABLE, RuleSet
from parapluie.credibility.tracing import figures_of
from parapluie.effects.umbrella import Battery, Conventions, battery, factors
from parapluie.effects.umbrella_tests import TES
from parapluie.tables import parse_number
from parapluie.trace import Figures

Row = Mapping[str, Any]

ACROSS = "not_available: pooled over reviews that may share trials, no class is given"


@dataclass(frozen=True)
class Sources:
    """What the stage reads: rows of tables, numbers as text or float.

    Parameters
    ----------
    protocol : mapping
    rules : sequence of RuleSet
        Those that the protocol chooses, in its order.
    pooled, averages, printed : sequence of mapping
        pooled.csv, study_averages.csv and effects.csv of the stage synthesis.
    study_effects, study_facts, review_effects : sequence of mapping
        Tables of extraction.
    appraisal, overlap : sequence of mapping
        overall.csv and cca.csv of those stages.
    study_effects_file, review_effects_file, protocol_file : str
        As shown to users; empty where there is no such file.
    """

    protocol: Row
    rules: Sequence[RuleSet] = ()
    pooled: Sequence[Row] = ()
    averages: Sequence[Row] = ()
    printed: Sequence[Row] = ()
    study_effects: Sequence[Row] = ()
    study_facts: Sequence[Row] = ()
    review_effects: Sequence[Row] = ()
    appraisal: Sequence[Row] = ()
    overlap: Sequence[Row] = ()
    study_effects_file: str = ""
    review_effects_file: str = ""
    protocol_file: str = "data/protocol.yaml"


@dataclass(frozen=True)
class Assessed:
    """What the stage writes."""

    classes: list[dict[str, str]]
    verdicts: list[dict[str, str]]
    battery: list[dict[str, Any]]
    figures: Figures = field(repr=False)


def assess(sources: Sources) -> Assessed:
    """Give each pooled result its class under each set of rules."""
    main = [r for r in sources.pooled if r["main"] == "yes" and r["level"] == STUDIES]
    across = [r for r in sources.pooled if r["main"] == "yes" and r["level"] != STUDIES]
    found = _battery(sources, main) if main else None
    parts = [_of_studies(sources, main, found)] if found is not None else []
    shown = [_typed(row) for row in sources.printed if not row["same_as"]]
    if shown:
        parts.append(_of_reviews(sources, shown))
    judged = [
        classify(rules, known.results, known.facts_for(rules))
        for known in parts for rules in sources.rules
    ]  # fmt: skip
    verdicts = [row for c in judged for row in verdict_rows(c)]
    verdicts += list(_not_judged(across, sources.rules))
    return Assessed(
        classes=[row for c in judged for row in class_rows(c)],
        verdicts=verdicts,
        battery=list(battery_rows(found)) if found is not None else [],
        figures=figures_of(judged, main, found, verdicts, sources),
    )


def _not_judged(rows: Iterable[Row], rules: Sequence[RuleSet]) -> Iterator[dict[str, str]]:
    for row in rows:
        for each in rules:
            yield {
                "result_id": row["pool_id"],
                "outcome": row["outcome"],
                "level": row["level"],
                "rule_set": each.name,
                "label": each.label,
                "class": NOT_ASSESSABLE,
                "reason": ACROSS,
            }


# --- results of studies ---------------------------------------------------------------------------


def conventions_of(protocol: Row) -> Conventions:
    """Read how results are pooled and tested; what the protocol leaves out is as by default."""
    pooling, tests = protocol.get("synthesis") or {}, protocol.get("credibility") or {}
    plain = Conventions()
    return Conventions(
        method=pooling.get("method", plain.method),
        ci=pooling.get("ci", plain.ci),
        pi=pooling.get("pi", plain.pi),
        excess=tests.get("excess", TES),
        true_effect=tests.get("true_effect", plain.true_effect),
    )


def _battery(sources: Sources, main: Sequence[Row]) -> Battery:
    """Compute everything for each pooled result from the averages of its studies."""
    by_pool: dict[str, list[Row]] = {row["pool_id"]: [] for row in main}
    for row in sources.averages:
        if row["pool_id"] in by_pool:
            by_pool[row["pool_id"]].append(row)
    studies = [row for rows in by_pool.values() for row in rows]
    numbers = {c: np.array([number(row[c]) for row in studies]) for c in ("yi", "vi")}
    numbers |= _people(sources, studies)
    numbers["low_risk"] = _low_risk(sources.study_facts, studies)
    ends = np.cumsum([0, *(len(rows) for rows in by_pool.values())])
    made = factors(list(by_pool), ends, [row["study_id"] for row in studies], **numbers)
    return battery(made, conventions_of(sources.protocol))


def _people(sources: Sources, studies: Sequence[Row]) -> dict[str, Any]:
    """Give the people of each study: the most of any of its results; else those of the study."""
    place = {(r["outcome"], r["measure"], r["study_id"]): i for i, r in enumerate(studies)}
    pairs = [
        (row, place[key]) for row in sources.study_effects
        if (key := (row["outcome"], row["measure"], row["study_id"])) in place
    ]  # fmt: skip
    cells = {c: np.array([number(row.get(c, "")) for row, _ in pairs]) for c in PEOPLE}
    which = np.array([i for _, i in pairs], dtype=np.intp)
    counted = people(cells, len(pairs))
    found = {name: most_of(values, which, len(studies)) for name, values in counted.items()}
    of_study = {r["study_id"]: number(r.get("n_participants", "")) for r in sources.study_facts}
    fallback = np.array([of_study.get(r["study_id"], math.nan) for r in studies])
    found["n_total"] = np.where(np.isnan(found["n_total"]), fallback, found["n_total"])
    return found


def _low_risk(facts: Sequence[Row], studies: Sequence[Row]) -> Any:
    said = {r["study_id"]: str(r.get("rob_overall", "")) for r in facts}
    return low_risk(np.array([said.get(r["study_id"], "") for r in studies], dtype=object))


def _of_studies(sources: Sources, main: Sequence[Row], found: Battery) -> Known:
    cca = _cca(sources.overlap)
    outcomes = [row["outcome"] for row in main]
    about = About(
        outcomes, [row["measure"] for row in main], cca=[cca.get(o, math.nan) for o in outcomes]
    )
    return measured.known_of(found, about)


# --- results that reviews print -------------------------------------------------------------------

_NUMBERS = ("estimate", "ci_low", "ci_high", "p", "k", "n", "i2")


def _typed(row: Row) -> dict[str, Any]:
    return {**row, **{c: number(row[c]) for c in _NUMBERS}}


def _of_reviews(sources: Sources, shown: Sequence[Row]) -> Known:
    extra = {
        row["effect_id"]: {
            c: number(row[c]) for c in printed.EXTRA if not math.isnan(number(row.get(c, "")))
        }
        for row in sources.review_effects
    }
    grades = {row["review_id"]: row.get("final", "") for row in sources.appraisal}
    return printed.known_of(shown, extra, grades, _cca(sources.overlap))


def _cca(overlap: Sequence[Row]) -> dict[str, float]:
    """Give the corrected covered area of each scope in percent, at the level of studies."""
    return {
        row["scope"]: 100 * number(row["cca"])
        for row in overlap
        if row.get("level") == "study" and not math.isnan(number(row["cca"]))
    }


def number(value: Any) -> float:
    """Read a number of a table; NaN where there is none."""
    if isinstance(value, float):
        return value
    found = parse_number(str(value))
    return math.nan if found is None else found


# --- battery --------------------------------------------------------------------------------------

BATTERY_COLUMNS = (
    "result_id", "k", "estimate", "se", "ci_low", "ci_high", "p", "pi_low", "pi_high", "tau2",
    "tau2_low", "tau2_high", "i2", "i2_low", "i2_high", "i2_q", "q", "q_p", "egger_t", "egger_p",
    "small_study_effects", "true_effect", "observed", "expected", "excess_p", "tes_p",
    "tes_chi2_p", "tess_p", "psst_p", "tesspsst_p", "jackknife_p", "largest_study", "largest",
    "largest_ci_low", "largest_ci_high", "opposite", "n_cases", "n_controls", "n_total",
    "n_group1", "n_group2", "low_risk", "low_reporting", "power_small", "power_medium",
    "power_large", "reasons",
)  # fmt: skip
"""Columns of ``battery.csv``; ``reasons`` says why others are empty."""


def battery_rows(found: Battery) -> Iterator[dict[str, Any]]:
    """Give the battery of each result as a row."""
    for i, name in enumerate(found.factors.names):
        row: dict[str, Any] = {"result_id": str(name)}
        absent: dict[str, list[str]] = {}
        for column in BATTERY_COLUMNS:
            if column in found.numbers:
                value = float(found.numbers[column][i])
                row[column] = value
                if math.isnan(value):
                    absent.setdefault(found.reason(column, i), []).append(column)
        place = int(found.largest[i])
        row["largest_study"] = str(found.factors.studies[place]) if place >= 0 else ""
        row["reasons"] = "; ".join(f"{', '.join(names)}: {why}" for why, names in absent.items())
        yield row
