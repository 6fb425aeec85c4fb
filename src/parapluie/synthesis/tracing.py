"""The figures of the stage: each number with its rule and the rows it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from parapluie.synthesis.choices.tracing import Basis, add_choices
from parapluie.synthesis.harmonise import RULES
from parapluie.synthesis.pooled import RVE
from parapluie.synthesis.tracing_umbrella import add_umbrella
from parapluie.trace import ALL, Figures, Rows, where

if TYPE_CHECKING:
    from parapluie.synthesis.stage import Sources

INCLUDED = "included.reviews"
_DISPLAYED = ("estimate", "ci_low", "ci_high", "yi", "se", "vi")
_AS_PRINTED = (
    "printed_estimate", "printed_ci_low", "printed_ci_high", "p", "z", "k", "n", "i2",
    "i2_ci_low", "i2_ci_high", "tau2", "q", "df", "het_p",
)  # fmt: skip
_POOLED = (
    "k_studies", "k_effects", "estimate", "se", "ci_low", "ci_high", "p", "pi_low", "pi_high",
    "tau2", "i2", "i2_q", "h2", "q", "df", "q_p", "natural_estimate", "natural_ci_low",
    "natural_ci_high", "natural_pi_low", "natural_pi_high",
)  # fmt: skip
_AVERAGES = (
    "n_effects", "yi", "vi", "se", "estimate", "ci_low", "ci_high", "weight_common", "weight_DL",
    "weight_REML", "weight",
)  # fmt: skip
_UNITS = {"i2": "percent", "i2_q": "percent", "i2_ci_low": "percent", "i2_ci_high": "percent"}
_RULES = {
    "tau2": "Between-study variance.",
    "i2": "I² from tau² and the typical sampling variance (Higgins and Thompson 2002).",
    "i2_q": "I² from Q: 100 (Q - df) / Q.",
    "pi_low": "Lower end of the 95% prediction interval.",
    "pi_high": "Upper end of the 95% prediction interval.",
}


def figures_of(
    tables: Mapping[str, pd.DataFrame], studies: pd.DataFrame, sources: Sources
) -> Figures:
    """Collect all figures of the stage.

    Parameters
    ----------
    tables : mapping
        What the stage writes, by name.
    studies : DataFrame
        The results of studies that are pooled.
    sources : Sources
    """
    out = Figures("synthesis")
    effects, problems = tables["effects"], tables["problems"]
    for row in effects.to_dict("records"):
        _effect(out, row, sources.effects_file)
    _counts(out, effects, problems, tables["same_results"], sources)
    _problems(out, problems, sources)
    for row in tables["pooled"].to_dict("records"):
        _pooled(out, row, sources)
    rows = sources.study_effects.groupby(["outcome", "study_id"]).size().to_dict()
    for row in tables["study_averages"].to_dict("records"):
        _average(out, row, rows, sources.study_effects_file)
    _study_counts(out, tables["study_averages"], studies, sources)
    add_umbrella(out, tables, sources)
    add_choices(out, tables, _choice_basis(sources))
    return out


def _choice_basis(sources: Sources) -> Basis:
    """Say what the choice among reviews rests on."""
    found, said = sources.evidence, sources.findings
    files = [
        (sources.effects_file, len(sources.effects)),
        (sources.study_effects_file, len(sources.study_effects)),
        (sources.findings_file, 0 if said is None else len(said)),
        (found.facts_file, len(found.facts)),
        (found.relevance_file, len(found.relevance)),
        (found.choices_file, len(found.choices)),
    ]
    return Basis(files, bool(len(found.inclusions)), bool(found.appraisal))


def _rows_of(table: pd.DataFrame, file: str, **conditions: str) -> list[Rows]:
    """Give the rows of a human table whose cells are these; as many as a reader will find there."""
    picked = table
    for column, value in conditions.items():
        picked = picked[picked[column] == value]
    return [Rows(file, where(**conditions), len(picked))]


def _effect(out: Figures, row: Mapping[Any, Any], file: str) -> None:
    basis = [Rows(file, where(effect_id=row["effect_id"]), 1)]
    for column in (*_DISPLAYED, *_AS_PRINTED):
        if row[column] != row[column]:
            continue
        rule = RULES[row["direction"]] if column in _DISPLAYED else RULES["as_printed"]
        if column in ("se", "vi"):
            rule = "From the width of the printed 95% interval on the scale of analysis."
        out.add(
            f"effects.{row['effect_id']}.{column}",
            row[column],
            rule=_sentence(rule, row["direction_reason"] if column in _DISPLAYED else ""),
            basis=basis,
            rests_on=[INCLUDED],
            unit=_UNITS.get(column, row["measure"] if column in _DISPLAYED[:3] else ""),
            source=row["source"],
        )


def _sentence(rule: str, reason: str) -> str:
    text = rule[0].upper() + rule[1:].removesuffix(".")
    return f"{text} ({reason})." if reason else f"{text}."


def _counts(
    out: Figures,
    effects: pd.DataFrame,
    problems: pd.DataFrame,
    same: pd.DataFrame,
    sources: Sources,
) -> None:
    wrong = problems.loc[problems["kind"] == "consistency", "effect_id"]
    flagged = wrong[wrong.isin(effects["effect_id"])].nunique()
    counts = {
        "effects": (len(effects), "Results that the included reviews print."),
        "results": (
            int((effects["same_as"] == "").sum()),
            "The same, each result once where two rows rest on the same trials.",
        ),
        "drawn": (int((effects["drawn"] == "yes").sum()), "Results with an estimate, each once."),
        "same_results": (len(same), "Rows that tell a result which another row tells too."),
        "problems": (flagged, "Results with printed numbers that cannot all be right."),
    }
    for key, (value, rule) in counts.items():
        if sources.effects_file:
            basis = [Rows(sources.effects_file, ALL, len(sources.effects))]
            if key == "problems" and sources.findings is not None and sources.findings_file:
                basis.append(Rows(sources.findings_file, ALL, len(sources.findings)))
            out.add(key, value, rule=rule, basis=basis, rests_on=[INCLUDED])
        else:
            out.add(key, None, rule=rule, absent="not_available: no results of reviews extracted")


def _problems(out: Figures, problems: pd.DataFrame, sources: Sources) -> None:
    of_studies = set(sources.study_effects["study_effect_id"])
    for row in problems[problems["kind"] == "consistency"].to_dict("records"):
        check = row["check"].lower().replace(" ", "_")
        key, file = "effect_id", sources.effects_file
        if row["effect_id"] in of_studies:
            key, file = "study_effect_id", sources.study_effects_file
        basis = [Rows(file, where(**{key: row["effect_id"]}), 1), *_said(row, sources)]
        apart = "Least distance between the printed number and what the others allow."
        told = {"printed": "As printed.", "implied": row["why"], "difference": apart}
        for column, rule in told.items():
            value = row[column]
            missing = value is None or value != value
            out.add(
                f"problems.{row['effect_id']}.{check}.{column}",
                None if missing else value,
                rule=rule,
                basis=basis,
                rests_on=[INCLUDED],
                absent="does not apply: words are compared" if missing else "",
            )


def _said(row: Mapping[Any, Any], sources: Sources) -> list[Rows]:
    """Give the finding, or the results of studies, that a line compares too."""
    columns = str(row["columns"]).split(";")
    named = [c.removeprefix("findings ") for c in columns if c.startswith("findings ")]
    found = [Rows(sources.findings_file, where(finding_id=name), 1) for name in named]
    if "weight_percent" in columns and sources.study_effects_file:
        found.append(Rows(sources.study_effects_file, where(review_id=str(row["review_id"]))))
    return found


def _pooled(out: Figures, row: Mapping[Any, Any], sources: Sources) -> None:
    basis = (
        _rows_of(sources.study_effects, sources.study_effects_file, outcome=row["outcome"])
        if row["level"] == "studies"
        else _rows_of(sources.effects, sources.effects_file, outcome=row["outcome"])
    )
    for column in _POOLED:
        value = row[column]
        missing = value is None or value != value
        reason = row["pi_reason"] if "pi_" in column else row["reason"]
        out.add(
            f"pooled.{row['pool_id']}.{row['method']}.{column}",
            value,
            rule=f"{_RULES.get(column, '')} {row['method_label']}; {_method(row)}.".strip(),
            basis=basis,
            rests_on=[INCLUDED],
            unit=_UNITS.get(column, ""),
            absent=reason if missing else "",
        )


def _method(row: Mapping[Any, Any]) -> str:
    parts = [f"scale {row['scale']}", f"interval {row['ci_method']}"]
    if row["pi_method"]:
        parts.append(f"prediction interval {row['pi_method']}")
    if row["r"] == row["r"] and row["r"] is not None:
        words = "results of one study" if row["method"] == RVE else "results of one study averaged"
        parts.append(f"{words}, correlation {row['r']:g}")
    return "; ".join(parts)


def _average(
    out: Figures, row: Mapping[Any, Any], rows: Mapping[Any, int], file: str
) -> None:  # fmt: skip
    outcome, study = row["outcome"], row["study_id"]
    one = [Rows(file, where(outcome=outcome, study_id=study), rows[outcome, study])]
    every = [Rows(file, where(outcome=row["outcome"]))]
    for column in _AVERAGES:
        weight = column.startswith("weight")
        out.add(
            f"studies.{row['pool_id']}.{row['study_id']}.{column}",
            row[column],
            rule="Weight in the pooled result." if weight else "Plain mean of the study's results.",
            basis=every if weight else one,
            rests_on=[INCLUDED],
            unit="percent" if weight else "",
        )


def _study_counts(
    out: Figures, averages: pd.DataFrame, studies: pd.DataFrame, sources: Sources
) -> None:
    for outcome in sorted(set(averages["outcome"])):
        per_study = studies[studies["outcome"] == outcome].groupby("study_id").size()
        counts = {
            "k_studies": (len(per_study), "Studies with a usable result."),
            "k_effects": (int(per_study.sum()), "Usable results of studies."),
            "effects_min": (int(per_study.min()), "Fewest results of one study."),
            "effects_max": (int(per_study.max()), "Most results of one study."),
            "effects_median": (float(per_study.median()), "Median number of results of a study."),
        }
        basis = _rows_of(sources.study_effects, sources.study_effects_file, outcome=outcome)
        for key, (value, rule) in counts.items():
            out.add(f"study.{outcome}.{key}", value, rule=rule, basis=basis, rests_on=[INCLUDED])
