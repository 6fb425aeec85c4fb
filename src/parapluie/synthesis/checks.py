"""The lines of problems.csv: printed numbers that cannot be right, and rows that are not used."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from parapluie.measures import MEASURES
from parapluie.synthesis.consistency import (
    IN_WORDS,
    Finding,
    Printed,
    against_words,
    findings,
    printed,
    same_effect,
    weights,
)
from parapluie.vocabulary import THIS_OVERVIEW

CONSISTENCY, LEFT_OUT = "consistency", "left_out"
PROBLEM_COLUMNS = (
    "effect_id", "review_id", "kind", "check", "printed", "implied", "difference", "why", "columns",
)  # fmt: skip
PRINTED = (
    "estimate", "ci_low", "ci_high", "p", "z", "k", "n", "i2", "i2_ci_low", "i2_ci_high",
    "tau2", "q", "df", "het_p",
)  # fmt: skip
"""Numeric columns of effects.csv."""
OF_STUDIES = ("estimate", "ci_low", "ci_high", "p", "z", "yi")
"""Those of study_effects.csv that are compared; its other columns mean other things."""
META_ANALYSIS = "meta-analysis"

Line = dict[str, Any]


def left_out(rows: pd.DataFrame, included: set[str], key: str) -> list[Line]:
    """Name rows of reviews that are not included; nothing is dropped without a line."""
    return [
        left_out_line(row, key, "review not included",
                      "The review of this row is not among the included ones.", "review_id")
        for row in rows.to_dict("records")
        if row["review_id"] not in included and row["review_id"] != THIS_OVERVIEW
    ]  # fmt: skip


def left_out_line(row: Mapping[Any, Any], key: str, check: str, why: str, columns: str) -> Line:
    """Name a row that is not used."""
    cells = (str(row[key]), str(row["review_id"]), LEFT_OUT, check, "", "", None, why, columns)
    return dict(zip(PROBLEM_COLUMNS, cells, strict=True))


def _line(key: str, review: str, found: Finding) -> Line:
    difference = None if math.isnan(found.difference) else found.difference
    cells = (key, review, CONSISTENCY, found.check, found.printed, found.implied, difference,
             found.why, ";".join(found.columns))  # fmt: skip
    return dict(zip(PROBLEM_COLUMNS, cells, strict=True))


def flags(lines: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Give the checks that each row fails."""
    flagged: dict[str, list[str]] = {}
    for line in lines:
        if line["kind"] == CONSISTENCY:
            flagged.setdefault(line["effect_id"], []).append(line["check"])
    return {effect: ";".join(checks) for effect, checks in flagged.items()}


# --- results of reviews ---------------------------------------------------------------------------


def as_printed(row: Mapping[Any, Any]) -> Printed:
    """Give the printed numbers of a row of effects, with the ranges they were rounded from."""
    numbers = {c: float(row[f"printed_{c}"] if f"printed_{c}" in row else row[c]) for c in PRINTED}
    words = ("measure", "better_when", "p_operator", "het_p_operator")
    text = {c: str(row[c]) for c in words} | dict(row["_text"] or {})
    return printed(text, numbers)


def effect_lines(effects: pd.DataFrame, said: pd.DataFrame | None = None) -> list[Line]:
    """Check each result of a review, and compare it with the findings that the team took down.

    Parameters
    ----------
    effects : DataFrame
        Results of reviews as printed, with ``_text``.
    said : DataFrame or None
        findings.csv: directions that reviews report in words.
    """
    lines = []
    rows = effects.to_dict("records")
    words = words_said(effects, said)
    for row in rows:
        numbers = as_printed(row)
        found = findings(numbers)
        word, source = words.get(row["effect_id"], ("", ""))
        found += list(against_words(numbers, word, (source,)))
        lines += [_line(str(row["effect_id"]), str(row["review_id"]), f) for f in found]
    return lines


_CELL = ("review_id", "outcome", "timepoint_class")


def words_said(
    effects: pd.DataFrame, said: pd.DataFrame | None
) -> dict[str, tuple[str, str]]:  # fmt: skip
    """Find what the findings say of each result that has no words of its own.

    A finding speaks of a result if review, outcome and class of time are the same and it rests on a
    meta-analysis. It is taken only if both are the only ones of their kind: else it may speak of
    another result.

    Returns
    -------
    dict
        effect_id to the word, and where it stands.
    """
    if said is None or not len(said) or not len(effects):
        return {}
    own = effects[IN_WORDS] if IN_WORDS in effects else pd.Series("", index=effects.index)
    usable = effects[(effects["is_subgroup"] != "yes") & (effects["timepoint_class"] != "")]
    known = said[(said["evidence"] == META_ANALYSIS) & (said["timepoint_class"] != "")]
    results, spoken = _by_cell(usable), _by_cell(known)
    out = {}
    for cell, members in results.items():
        found = spoken.get(cell, [])
        if len(members) == 1 and len(found) == 1 and not own[members[0].name]:
            where = f"findings {found[0]['finding_id']}"
            out[str(members[0]["effect_id"])] = (str(found[0]["result"]), where)
    return out


def _by_cell(rows: pd.DataFrame) -> dict[tuple[str, ...], list[Any]]:
    out: dict[tuple[str, ...], list[Any]] = {}
    for _, row in rows.iterrows():
        out.setdefault(tuple(str(row[c]) for c in _CELL), []).append(row)
    return out


# --- results of studies ---------------------------------------------------------------------------


def study_lines(
    rows: pd.DataFrame, texts: Sequence[Mapping[str, str]], effects: pd.DataFrame
) -> list[Line]:
    """Check each result of a study, and the weights of all studies of a pooled result.

    Parameters
    ----------
    rows : DataFrame
        study_effects.csv, through its schema.
    texts : sequence of mapping
        Its cells as they stand in the file, in the same order.
    effects : DataFrame
        Results of reviews, which tell how many studies they pooled.
    """
    pairs = list(zip(rows.to_dict("records"), texts, strict=True)) if texts else []
    lines = [
        _line(str(row["study_effect_id"]), str(row["review_id"]), found)
        for row, text in pairs
        for found in _of_study(row, text)
    ]
    pooled = dict(zip(effects["effect_id"], effects["k"], strict=True))
    return lines + list(_weight_lines([text for _, text in pairs], pooled))


def _of_study(row: Mapping[Any, Any], text: Mapping[str, str]) -> list[Finding]:
    level = row.get("ci_level", math.nan)
    if row["measure"] not in MEASURES or not (math.isnan(level) or level == 95):
        return []
    numbers = {c: float(row[c]) for c in OF_STUDIES if c in row}
    found = printed(text, numbers)
    return [*findings(found), *same_effect(found)]


_RESULT = ("review_id", "effect_id", "outcome", "measure", "timepoint")


def _weight_lines(
    texts: Sequence[Mapping[str, str]], pooled: Mapping[str, float]
) -> Iterator[Line]:
    """Check the weights of each pooled result of a review; too little only where all are there."""
    groups: dict[tuple[str, ...], list[Mapping[str, str]]] = {}
    for text in texts:
        if "weight_percent" in text:
            groups.setdefault(tuple(text.get(c, "") for c in _RESULT), []).append(text)
    for (review, effect, *_), members in groups.items():
        cells = [m["weight_percent"] for m in members if _is_number(m["weight_percent"])]
        every = len(cells) == len(members) == pooled.get(effect, math.nan)
        found = weights(cells, every) if cells else None
        if found is not None:
            yield _line(effect or members[0]["study_effect_id"], review, found)


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True
