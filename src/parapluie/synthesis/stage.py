"""The stage as a whole: frames in, frames and figures out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from parapluie.errors import Problem, raise_if
from parapluie.measures import MEASURES
from parapluie.synthesis import checks, harmonise
from parapluie.synthesis.checks import PROBLEM_COLUMNS
from parapluie.synthesis.choices import Chosen
from parapluie.synthesis.choices.stage import (
    Evidence,
    choice_faults,
    choice_tables,
    choose_all,
    joined,
    setting_faults,
    used_studies,
)
from parapluie.synthesis.choices.views import Pooling
from parapluie.synthesis.double_counting import MOST_RECENT, ORDER, Reviews, by_rule, choices, once
from parapluie.synthesis.equivalents import equivalents
from parapluie.synthesis.pooled import POOLED_COLUMNS, Plan, pooled_tables
from parapluie.synthesis.study_effects import with_effects
from parapluie.synthesis.tracing import figures_of
from parapluie.synthesis.umbrella import repooled
from parapluie.trace import Figures
from parapluie.vocabulary import THIS_OVERVIEW

EFFECT_COLUMNS = (
    "effect_id", "review_id", "question", "outcome", "outcome_as_reported", "population",
    "comparator", "timepoint", "timepoint_class", "measure", "scale", "forest", "estimate",
    "ci_low", "ci_high", "direction", "direction_reason", "shown_better_when", "yi", "vi", "se",
    "printed_estimate", "printed_ci_low", "printed_ci_high", "better_when", "p_operator", "p", "z",
    "k", "n", "i2", "i2_ci_low", "i2_ci_high", "tau2", "q", "df", "het_p_operator", "het_p",
    "grade_certainty", "is_subgroup", "same_as", "same_basis", "drawn", "reason", "checks",
    "source", "note", "quality", "quality_basis", "quality_words", "used", "used_reason",
)  # fmt: skip
SHOWN = {
    "shown_estimate": "estimate",
    "shown_low": "ci_low",
    "shown_high": "ci_high",
    "yi": "yi",
    "se": "se",
    "direction": "direction",
}
"""Columns added to the rows, and the part of `harmonise.Shown` that fills each."""
SAME_COLUMNS = ("effect_id", "review_id", "outcome", "same_as", "kept", "basis", "note", "k", "n")


@dataclass(frozen=True)
class Sources:
    """What the stage reads, with the names of the files for the trace.

    Parameters
    ----------
    protocol : mapping
    reviews : DataFrame
        results/included/reviews.csv.
    effects, study_effects : DataFrame
        Through their schemas.
    effects_text, study_effects_text : list of mapping
        The cells of the two tables as they stand in their files, in the order of the frames.
    matrix : DataFrame or None
        study_id and review_id of inclusions, to name trials that reviews share.
    findings : DataFrame or None
        findings.csv through its schema: what reviews say in words.
    protocol_file, effects_file, study_effects_file, findings_file : str
        As shown to users; the last three ``""`` where there is no such file.
    evidence : Evidence
        Grades, lists of studies, and what people chose among reviews that share studies.
    """

    protocol: Mapping[str, Any]
    reviews: pd.DataFrame
    effects: pd.DataFrame
    study_effects: pd.DataFrame
    effects_text: Sequence[Mapping[str, str]] = ()
    study_effects_text: Sequence[Mapping[str, str]] = ()
    matrix: pd.DataFrame | None = None
    protocol_file: str = "data/protocol.yaml"
    effects_file: str = ""
    study_effects_file: str = ""
    findings: pd.DataFrame | None = None
    findings_file: str = ""
    evidence: Evidence = field(default_factory=Evidence)

    @property
    def trials_once(self) -> str:
        """The rule by which one source of a study is chosen."""
        rule: str = (self.protocol.get("synthesis") or {}).get("trials_once", MOST_RECENT)
        return rule


@dataclass(frozen=True)
class Result:
    """The tables that the stage writes."""

    effects: pd.DataFrame
    pooled: pd.DataFrame
    study_averages: pd.DataFrame
    problems: pd.DataFrame
    same_results: pd.DataFrame
    repooled: pd.DataFrame
    chosen_results: pd.DataFrame
    pooled_by_rule: pd.DataFrame
    equivalents: pd.DataFrame
    choices: pd.DataFrame
    choice_losses: pd.DataFrame
    supplement: pd.DataFrame
    results_by_rule: pd.DataFrame
    shared_results: pd.DataFrame
    discordance: pd.DataFrame
    by_quality: pd.DataFrame
    left_out_by_quality: pd.DataFrame
    figures: Figures = field(repr=False)


def synthesise(sources: Sources) -> Result:
    """Harmonise, check and pool.

    Raises
    ------
    InputError
        For an outcome that the protocol does not have, a link to a row that is not there, a ratio
        that is not positive, or several results of one study without a correlation.
    """
    raise_if([*_effect_faults(sources), *_study_faults(sources)])
    included = set(sources.reviews["review_id"])
    all_rows = _harmonised(sources)
    effects = all_rows[all_rows["review_id"].isin(included)].reset_index(drop=True)
    effects, same = _marked(effects, all_rows)
    found = [*checks.left_out(sources.effects, included, "effect_id"),
             *checks.effect_lines(effects, sources.findings)]  # fmt: skip
    flagged = checks.flags(found)
    effects["checks"] = [flagged.get(e, "") for e in effects["effect_id"]]
    studies, lines = _usable_studies(sources, included)
    chosen = choose_all(
        sources.reviews, effects, studies, _said(sources), sources.evidence, sources.protocol
    )
    raise_if(choice_faults(chosen, sources.evidence))
    effects = joined(effects, chosen, sources.evidence.qualities)
    lines += _not_used(studies, chosen)
    problems = pd.DataFrame([*found, *lines], columns=list(PROBLEM_COLUMNS))
    return _result(sources, effects, studies, problems, same, chosen)


def _said(sources: Sources) -> pd.DataFrame:
    none = pd.DataFrame(columns=["review_id", "outcome"], dtype="object")
    return none if sources.findings is None else sources.findings


def _not_used(studies: pd.DataFrame, chosen: Chosen) -> list[checks.Line]:
    """Name the results of studies that the planned rule does not use."""
    rule, (_, dropped) = chosen.settings.rule, used_studies(studies, chosen)
    why = f"Only reviews that are not used for the outcome hold the study, or tell it ({rule})."
    return [
        checks.left_out_line(row, "study_effect_id", "choice among reviews", why, "study_id")
        for row in dropped.to_dict("records")
    ]


def _result(
    sources: Sources, effects: pd.DataFrame, every: pd.DataFrame, problems: pd.DataFrame,
    same: pd.DataFrame, chosen: Chosen,
) -> Result:  # fmt: skip
    """Pool what the planned rule uses, with each study once, and compare."""
    plan, reviews = Plan.of(sources.protocol), Reviews.of(sources.reviews, sources.protocol)
    used, _ = used_studies(every, chosen)
    taken = choices(used, reviews, sources.trials_once)
    studies = once(used, taken)
    own = effects[effects["used"] == "yes"]
    pooled, averages = pooled_tables(studies, own, plan, sources.matrix)
    tables = {
        "effects": effects[list(EFFECT_COLUMNS)],
        "pooled": pooled[list(POOLED_COLUMNS)],
        "study_averages": averages,
        "problems": problems,
        "same_results": same,
        "repooled": repooled(effects, every, plan),
        "chosen_results": taken,
        "pooled_by_rule": by_rule(used, reviews, plan, sources.trials_once),
        "equivalents": equivalents(effects, pooled, _outcomes(sources.protocol)),
    }
    tables |= choice_tables(
        tables, every, chosen, sources.evidence, Pooling(reviews, plan, sources.trials_once),
        sources.protocol, list(sources.reviews["review_id"]),
    )  # fmt: skip
    return Result(**tables, figures=figures_of(tables, studies, sources))


# --- faults that stop -----------------------------------------------------------------------------


def _outcomes(protocol: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {o["id"]: o for o in protocol.get("outcomes") or []}


def _unknown_outcomes(rows: pd.DataFrame, file: str, known: Sequence[str]) -> list[Problem]:
    return [
        Problem(file, repr(o), ", ".join(known), "Correct the outcome or add it to the protocol.",
                int(n), "outcome")
        for o, n in zip(rows["outcome"], rows["_row"], strict=True)
        if known and o not in known
    ]  # fmt: skip


def _effect_faults(sources: Sources) -> list[Problem]:
    rows, file = sources.effects, sources.effects_file
    problems = _unknown_outcomes(rows, file, list(_outcomes(sources.protocol)))
    known = set(rows["effect_id"])
    for row in rows.to_dict("records"):
        number, link = int(row["_row"]), row["same_result_as"]
        if link and (link not in known or link == row["effect_id"]):
            problems.append(Problem(file, repr(link), "the effect_id of another row",
                                    "Correct the link.", number, "same_result_as"))  # fmt: skip
        problems += _ratio_faults(row, file, number)
    return problems


def _ratio_faults(row: Mapping[Any, Any], file: str, number: int) -> list[Problem]:
    measure = MEASURES.get(row["measure"])
    if measure is None or not measure.log:
        return []
    return [
        Problem(file, f"{row[c]:g}", "a number of at least 0: ratios stand on the natural scale",
                "Write the ratio itself, not its logarithm.", number, c)
        for c in ("estimate", "ci_low", "ci_high")
        if row[c] < 0
    ]  # fmt: skip


def _study_faults(sources: Sources) -> list[Problem]:
    rows, file = sources.study_effects, sources.study_effects_file
    problems = _unknown_outcomes(rows, file, list(_outcomes(sources.protocol)))
    for row in rows.to_dict("records"):
        problems += _ratio_faults(row, file, int(row["_row"]))
    problems += [*_link_faults(rows, sources.effects, file), *_order_faults(sources)]
    problems += setting_faults(sources.protocol, sources.protocol_file)
    repeated = rows.duplicated(["outcome", "measure", "study_id"]).any()
    if repeated and (sources.protocol.get("synthesis") or {}).get("r") is None:
        problems.append(
            Problem(sources.protocol_file, "no value", "a number from -1 to 1",
                    "Say how strongly several results of one study correlate (0.8 is usual).",
                    column="synthesis.r")
        )  # fmt: skip
    return problems


def _order_faults(sources: Sources) -> list[Problem]:
    """Name a rule that needs an order of reviews where the protocol has none."""
    if sources.trials_once != ORDER or (sources.protocol.get("synthesis") or {}).get(ORDER):
        return []
    return [
        Problem(sources.protocol_file, "no value", "review ids, the preferred one first",
                f"Write the order, or another rule than {ORDER} for trials_once.",
                column=f"synthesis.{ORDER}")
    ]  # fmt: skip


def _link_faults(rows: pd.DataFrame, effects: pd.DataFrame, file: str) -> list[Problem]:
    """Name results of studies that point to no result of their own review."""
    if "effect_id" not in rows:
        return []
    owner = dict(zip(effects["effect_id"], effects["review_id"], strict=True))
    return [
        Problem(file, repr(effect), "the effect_id of a result of the same review",
                "Correct the link, or leave it empty.", int(number), "effect_id")
        for effect, review, number in zip(
            rows["effect_id"], rows["review_id"], rows["_row"], strict=True
        )
        if effect and owner.get(effect) != review
    ]  # fmt: skip


# --- the reviews' own results ---------------------------------------------------------------------


def _harmonised(sources: Sources) -> pd.DataFrame:
    """Add what is displayed to every row, included or not."""
    rows = sources.effects.copy()
    outcomes = _outcomes(sources.protocol)
    rows["shown_better_when"] = [
        outcomes.get(o, {}).get("better_when", "") for o in rows["outcome"]
    ]
    results = [
        harmonise.shown({str(c): x for c, x in row.items()}, row["shown_better_when"])
        for row in rows.to_dict("records")
    ]
    for column in ("estimate", "ci_low", "ci_high"):
        rows[f"printed_{column}"] = rows[column]
    for column, field_name in SHOWN.items():
        values = [getattr(s, field_name) for s in results]
        rows[column] = pd.Series(values, dtype="object" if column == "direction" else "float64")
    rows["vi"] = rows["se"] ** 2
    reasons = [s.reason for s in results]
    missing = rows["shown_estimate"].isna()
    rows["reason"] = ["" if not m else r for r, m in zip(reasons, missing, strict=True)]
    rows["direction_reason"] = ["" if m else r for r, m in zip(reasons, missing, strict=True)]
    rows["scale"] = rows["measure"]
    pairs = zip(rows["outcome"], rows["measure"], strict=True)
    rows["forest"] = [f"{outcome}__{measure}" if measure else "" for outcome, measure in pairs]
    texts = [dict(text) for text in sources.effects_text] or [{}] * len(rows)
    rows["_text"] = pd.Series(texts, dtype="object")
    return rows


def _marked(effects: pd.DataFrame, every: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mark rows that tell one result; only one of them is drawn and counted.

    Links run through rows of reviews that are not included, but such a row never stands for a
    result.
    """
    told = _among_included(harmonise.same_results(every), effects)
    out = effects.copy()
    out["estimate"], out["ci_low"], out["ci_high"] = (
        out[c] for c in ("shown_estimate", "shown_low", "shown_high")
    )
    stands = [told.get(e, (e, ""))[0] for e in out["effect_id"]]
    out["same_as"] = [s if s != e else "" for s, e in zip(stands, out["effect_id"], strict=True)]
    out["same_basis"] = [told.get(e, ("", ""))[1] for e in out["effect_id"]]
    first = out["same_as"] == ""
    out["drawn"] = [
        "yes" if f and not r else "no" for f, r in zip(first, out["reason"], strict=True)
    ]
    same = out[out["same_basis"] != ""].copy()
    same["kept"] = ["yes" if not s else "no" for s in same["same_as"]]
    same["same_as"] = [s or e for s, e in zip(same["same_as"], same["effect_id"], strict=True)]
    same["basis"], same["note"] = same["same_basis"], "the same trials"
    return out, same[list(SAME_COLUMNS)].sort_values(["same_as", "effect_id"])


def _among_included(
    told: Mapping[str, tuple[str, str]], effects: pd.DataFrame
) -> dict[str, tuple[str, str]]:
    groups: dict[str, list[str]] = {}
    for effect in effects["effect_id"]:
        if effect in told:
            groups.setdefault(told[effect][0], []).append(effect)
    rank = harmonise.ranks(effects)
    out = {}
    for stands, members in groups.items():
        head = stands if stands in members else min(members, key=lambda e: rank[e])
        if len(members) > 1:
            out.update({e: (head, told[e][1]) for e in members})
    return out


# --- primary studies ------------------------------------------------------------------------------


def _usable_studies(
    sources: Sources, included: set[str]
) -> tuple[pd.DataFrame, list[checks.Line]]:  # fmt: skip
    """Give the rows that can be pooled, and a line for each of the others."""
    rows, key = sources.study_effects, "study_effect_id"
    lines = checks.left_out(rows, included, key)
    lines += checks.study_lines(rows, sources.study_effects_text, sources.effects)
    rows = with_effects(rows[rows["review_id"].isin(included | {THIS_OVERVIEW})])
    without = rows["yi"].isna()
    lines += [
        checks.left_out_line(row, key, "no effect", row["reason"], "measure")
        for row in rows[without].to_dict("records")
    ]
    return rows[~without].reset_index(drop=True), lines
