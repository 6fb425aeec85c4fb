"""Pooled results and the reviews' own under every rule for reviews that share studies."""

from __future__ import annotations

from parapluie.report.results import Results, Row
from parapluie.report.table import Column, Table, make
from parapluie.report.tables.choices import NO_LISTS, RULES

_KEY = "synthesis.results_by_rule.{level}.{place}.{view}."


def with_place(row: Row) -> Row:
    """Add the part of the keys that names outcome and measure."""
    place = f"{row['outcome']}__{row['measure']}" if row["measure"] else row["outcome"]
    return {**row, "place": place}


def changes(results: Results) -> Table:
    """Make the table of what another rule changes."""
    rows = [with_place(r) for r in results.rows("synthesis/results_by_rule") if r["changes"]]
    differ = any(r["reason"] == "" for r in results.rows("synthesis/choice_losses"))
    return make(
        "changes_by_rule",
        "Where another rule for reviews that share studies changes a result",
        _columns(results, ("changes", "What changes", "label")),
        rows,
        results.figures,
        notes=[_planned(results)],
        empty="No rule changes the direction or the grade of a result." if differ else NO_LISTS,
    ).without_empty_columns()


def _planned(results: Results) -> str:
    """Say which rule the report uses, and whether the protocol plans it."""
    choice = (results.protocol.get("overlap") or {}).get("choice")
    if choice is None:
        return "The protocol plans no choice: every review is used, and each study counts once."
    rule = RULES[choice.get("rule", "lexicographic")]
    return f"Used is the rule of the protocol ({rule}); the others show what it decides."


def build(results: Results) -> Table:
    """Make the table of all results under all rules, where a rule leaves reviews out."""
    rows = [with_place(r) for r in results.rows("synthesis/results_by_rule")]
    reviews = {(r["outcome"], r["reviews_kept"]) for r in rows}
    several = {o for o, _ in reviews if sum(x == o for x, _ in reviews) > 1}
    return make(
        "results_by_rule",
        "Each result under every rule for reviews that share studies",
        _columns(results, ("changes", "What changes", "label")),
        [r for r in rows if r["outcome"] in several],
        results.figures,
        notes=[
            "Pooled: results of studies that a review which stays holds, or that no review lists. "
            "Reviews: their own results, none of a subgroup; they are not pooled."
        ],
        empty="",
        folded=True,
    ).without_empty_columns()


def _columns(results: Results, *more: tuple[str, str, str]) -> tuple[Column, ...]:
    return (
        Column("outcome", "Outcome", "label", say=results.outcome_labels()),
        Column("measure", "Measure"),
        Column("level", "Level"),
        Column("view", "Rule", "label", say=RULES),
        Column("used", "Used"),
        Column("reviews_kept", "Reviews", "count", _KEY + "reviews_kept"),
        Column("k_studies", "Studies", "count", _KEY + "k_studies"),
        Column("natural_estimate", "Estimate", "d2", _KEY + "natural_estimate"),
        Column("natural_ci_low", "CI low", "d2", _KEY + "natural_ci_low"),
        Column("natural_ci_high", "CI high", "d2", _KEY + "natural_ci_high"),
        Column("directions", "Directions of reviews", "label"),
        Column("quality", "Quality of reviews", "list"),
        *(Column(*column) for column in more),
    )
