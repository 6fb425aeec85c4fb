"""What each review adds: the studies that no other included review has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from parapluie.report.results import Results, Row
from parapluie.report.table import ON_PAGE, Column, Table, make
from parapluie.tables import split_list

_NONE = "adds no study: "
_STANDING = {
    f"{_NONE}inside one review": "adds none: all its studies are in a single other review",
    f"{_NONE}inside all others": "adds none: all its studies are in the other reviews together",
}
_KEY = "overlap.reviews.{review_id}."


def build(results: Results) -> Table:
    """Make the table of the reviews that add no study; one without a list is not among them."""
    rows = [row for row in results.rows("overlap/reviews") if row["standing"].startswith(_NONE)]
    listed = any(row["total"] for row in results.rows("overlap/reviews"))
    return _table(
        results,
        "overlap_adds_none",
        "Reviews that add no study of their own",
        rows,
        empty="No review has all its studies in other included reviews." if listed else "",
    )


def every_review(results: Results) -> Table:
    """Make the table of all reviews."""
    rows = results.rows("overlap/reviews")
    table = _table(results, "overlap_reviews", "What each review adds", rows, folded=True)
    return replace(table, on_page=ON_PAGE)


def _table(
    results: Results,
    name: str,
    title: str,
    rows: Sequence[Row],
    empty: str = "",
    folded: bool = False,
) -> Table:
    labels = results.review_labels()
    columns = (
        Column("review_id", "Review", "label", say=labels),
        Column("total", "Studies", "count", _KEY + "total"),
        Column("unique", "In no other review", "count", _KEY + "unique"),
        Column("within", "Wholly inside", "list"),
        Column("standing", "Standing", "label", say=_STANDING),
    )
    shown = [_named(row, labels) for row in rows]
    return make(
        name, title, columns, shown, results.figures, empty=empty, folded=folded
    ).without_empty_columns()


def _named(row: Row, labels: dict[str, str]) -> dict[str, str]:
    within = ";".join(labels.get(r, r) for r in split_list(row.get("inside", "")))
    return {**row, "within": within}
