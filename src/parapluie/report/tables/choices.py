"""Which of reviews that share studies are used: the record of the choices, and what rules lose."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

RULES = {
    "keep_all": "every review, each study once",
    "only_series": "only the series",
    "prefer_series": "the series first",
    "most_recent": "latest search",
    "best_grade": "best quality",
    "most_comprehensive": "most studies",
    "lexicographic": "relevance, search, studies, quality",
    "base_plus_supplement": "a base and what it lacks",
    "manual": "as people chose",
}
"""Rule to words."""
STANDING = {"protocol": "planned", "post_hoc": "post hoc"}
_KEY = "synthesis.choice.{unit}.{rule}."
NO_LISTS = (
    "No outcome has several reviews with lists of their studies: which of them share studies, and "
    "what a rule would lose, is not known, so every review stays."
)


def losses(results: Results) -> Table:
    """Make the table of what each rule keeps and loses."""
    columns = (
        Column("outcome", "Outcome", "label", say=results.outcome_labels()),
        Column("comparator", "Comparator", "label"),
        Column("rule", "Rule", "label", say=RULES),
        Column("used", "Used"),
        Column("reviews", "Reviews", "count", _KEY + "reviews"),
        Column("reviews_kept", "Stay", "count", _KEY + "reviews_kept"),
        Column("groups_open", "Groups left open", "count", _KEY + "groups_open"),
        Column("studies", "Studies", "count", _KEY + "studies"),
        Column("studies_kept", "Studies that stay", "count", _KEY + "studies_kept"),
        Column("studies_lost", "Studies lost", "count", _KEY + "studies_lost"),
        Column("participants_lost", "Participants lost", "count", _KEY + "participants_lost"),
        Column("warning", "Note", "label"),
    )
    rows = [
        {**row, "warning": "; ".join(filter(None, (row["warning"], _none_left(row))))}
        for row in results.rows("synthesis/choice_losses")
        if not row["reason"] and row["reviews"] not in ("0", "1")
    ]
    return make(
        "choice_losses",
        "What each rule for reviews that share studies keeps and loses",
        columns,
        rows,
        results.figures,
        notes=[
            "A review that is not used stays in the matrix and the tables. Studies lost are those "
            "that only such reviews hold; participants are counted where their number is known.",
            "results/synthesis/choice_losses.csv names the studies and what the review lacks that "
            "is taken.",
        ],
        empty=NO_LISTS,
        folded=True,
    ).without_empty_columns()


def _none_left(row: dict[str, str] | object) -> str:
    left_none = isinstance(row, dict) and row["without_review"] == "yes"
    return "no review is left for this outcome" if left_none else ""


def record(results: Results) -> Table:
    """Make the record of the choices in groups of reviews."""
    labels = results.review_labels()
    rows = [
        {**row, "kept": _named(row["kept"], labels), "dropped": _named(row["dropped"], labels)}
        for row in results.rows("synthesis/choices")
        if row["dropped"] or row["overridden"] or (row["open"] and row["rule"] != "manual")
    ]
    columns = (
        Column("outcome", "Outcome", "label", say=results.outcome_labels()),
        Column("comparator", "Comparator", "label"),
        Column("group", "Group", "id"),
        Column("rule", "Rule", "label", say=RULES),
        Column("used", "Used"),
        Column("standing", "Standing", "label", say=STANDING),
        Column("kept", "Taken", "list"),
        Column("decided_by", "Decided by", "label"),
        Column("tied", "After a tie in", "list"),
        Column("open", "Open", "label"),
        Column("overridden", "In place of", "list"),
        Column("reason", "Reason", "label"),
        Column("by", "By", "label"),
        Column("date", "Date", "date"),
    )
    return make(
        "choices",
        "Choices among reviews that share studies",
        columns,
        rows,
        results.figures,
        notes=[
            "Groups are reviews of one outcome linked by shared studies; results/synthesis/"
            "choices.csv has their members, the values compared and what could not be compared."
        ],
        empty="",
        folded=True,
    ).without_empty_columns()


def _named(reviews: str, labels: dict[str, str]) -> str:
    return ";".join(labels.get(r, r) for r in reviews.split(";") if r)
