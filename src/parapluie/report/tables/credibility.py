"""The credibility class of each pooled result, and what would change it."""

from __future__ import annotations

from collections.abc import Mapping

from parapluie.report.results import Results, Row
from parapluie.report.table import Column, Table, make

NO_RULES = "The protocol chooses no set of rules for credibility."
NO_RESULTS = "There is no pooled result to be judged yet."


NONE = "–"
"""Stands where there is nothing to say."""


def build(results: Results) -> Table:
    """Make the table."""
    columns = (
        Column("outcome", "Outcome", "label", say=results.outcome_labels()),
        Column("effect", "Printed result", "id"),
        Column("label", "Rules", "label"),
        Column("class_shown", "Class", "label"),
        Column("to_lift", "A better class takes", "label"),
        Column("to_lower", "A lower class if", "label"),
        Column("reason", "Why not assessable", "label"),
    )
    chosen = (results.protocol.get("credibility") or {}).get("rule_sets")
    return make(
        "credibility",
        "Credibility of pooled results",
        columns,
        _with_reasons([_shown(row) for row in results.rows("credibility/verdicts")]),
        results.figures,
        notes=[
            "The class stands beside certainty (GRADE as a review gives it) and quality of the "
            "review (AMSTAR 2); none of the three is made from another, unless a set of rules of "
            "the team says so.",
            "Criteria, values and thresholds: see the next table.",
        ],
        empty=NO_RESULTS if chosen else NO_RULES,
    ).without_empty_columns()


def _shown(row: Row) -> dict[str, str]:
    """Put the class into words; name the row of a result that a review prints."""
    name = _in_words(row)
    return {
        **row,
        "effect": row["result_id"] if row["level"] == "reviews" else "",
        "class_shown": f"{name} ({row['class_label']})" if row["class_label"] else name,
        "to_lift": row["to_lift"] or NONE,
        "to_lower": row["to_lower"] or NONE,
    }


def _with_reasons(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Put a dash where a result needs no reason, if others have one."""
    some = any(row["reason"] for row in rows)
    return [{**row, "reason": row["reason"] or (NONE if some else "")} for row in rows]


def _in_words(row: Row) -> str:
    """Give the class, or between which classes it lies."""
    name = row["class"].replace("_", " ")
    if row["class"] == "not_assessable" and row["at_best"]:
        return f"{name} (between {row['at_best']} and {row['at_least']})"
    return name


def class_of(results: Results) -> Mapping[str, str]:
    """Give each result its classes in words, one for each set of rules."""
    said: dict[str, list[str]] = {}
    for row in results.rows("credibility/verdicts"):
        said.setdefault(row["result_id"], []).append(f"{row['rule_set']}: {_in_words(row)}")
    return {result: "; ".join(classes) for result, classes in said.items()}
