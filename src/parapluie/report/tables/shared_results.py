"""Results that rest on the same trials, and reviews that disagree although they share trials."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

_SHARED = "synthesis.shared_results.{pair}."
_DIFFER = "synthesis.discordance.{pair}."
NOT_KNOWN = (
    "Results of studies or lists of the reviews’ studies are needed to tell which results rest on "
    "the same trials; there are none."
)


def build(results: Results) -> Table:
    """Make the table of pairs of results with shared trials."""
    outcomes, reviews = results.outcome_labels(), results.review_labels()
    columns = (
        Column("outcome_a", "Result", "label", say=outcomes),
        Column("review_a", "Review", "label", say=reviews),
        Column("outcome_b", "Other result", "label", say=outcomes),
        Column("review_b", "Other review", "label", say=reviews),
        Column("n_a", "Studies", "count", _SHARED + "n_a"),
        Column("n_b", "Other’s studies", "count", _SHARED + "n_b"),
        Column("shared", "In both", "count", _SHARED + "shared"),
        Column("contained_a", "Of the first", "share", _SHARED + "contained_a"),
        Column("contained_b", "Of the other", "share", _SHARED + "contained_b"),
        Column("says_a", "First says", "label"),
        Column("says_b", "Other says", "label"),
        Column("agreement", "Together", "label"),
    )
    rows = sorted(
        results.rows("synthesis/shared_results"),
        key=lambda r: (r["agreement"] != "opposite directions", r["level"], r["pair"]),
    )
    return make(
        "shared_results",
        "Results that rest on the same trials",
        columns,
        rows,
        results.figures,
        notes=[
            "Pooled results of two outcomes, or results of two reviews on one outcome. Opposite "
            "directions from the same trials stand first: between outcomes they show a trade-off "
            "or chance, on one outcome a disagreement. Better and worse are for the outcome."
        ],
        empty=NOT_KNOWN,
    ).without_empty_columns()


def discordance(results: Results) -> Table:
    """Make the table of reviews that disagree."""
    reviews = results.review_labels()
    columns = (
        Column("outcome", "Outcome", "label", say=results.outcome_labels()),
        Column("timepoint_class", "Time", "label"),
        Column("review_a", "Review", "label", say=reviews),
        Column("says_a", "Says", "label"),
        Column("review_b", "Other review", "label", say=reviews),
        Column("says_b", "Says instead", "label"),
        Column("kind", "Disagreement", "label"),
        Column("shared", "Studies of both", "count", _DIFFER + "shared"),
        Column("only_a", "Of the first only", "count", _DIFFER + "only_a"),
        Column("only_b", "Of the other only", "count", _DIFFER + "only_b"),
        Column("reason", "Why not counted", "label"),
    )
    return make(
        "discordance",
        "Reviews that disagree and share, or may share, trials",
        columns,
        results.rows("synthesis/discordance"),
        results.figures,
        notes=[
            "Nothing is resolved here: results/synthesis/discordance.csv names the studies that "
            "only one of the two holds."
        ],
        empty="No two reviews that may share trials disagree in direction or clearness."
        if results.rows("synthesis/effects") else "",
    ).without_empty_columns()  # fmt: skip
