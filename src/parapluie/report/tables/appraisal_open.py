"""Reviews whose grade is blocked by missing answers, or waits for a rater."""

from __future__ import annotations

from parapluie.report.results import Results, Row
from parapluie.report.table import Column, Table, make
from parapluie.report.tables.appraisal import waits
from parapluie.tables import split_list


def build(results: Results) -> Table:
    """Make the table."""
    columns = (
        Column("review_id", "Review", "label", say=results.review_labels()),
        Column("blocked_by", "Items without a settled answer", "list"),
        Column("who", "Waits for", "label"),
    )
    rows = [
        {**row, "blocked_by": "" if waits(row) else row["blocked_by"], "who": _who(row, results)}
        for row in results.rows("appraisal/overall")
        if row.get("blocked_by") or waits(row)
    ]
    return make(
        "appraisal_open",
        "Reviews whose grade is blocked, or waits for a rater",
        columns,
        rows,
        results.figures,
        notes=["An item without an answer blocks the grade; it is never taken as no."],
    ).without_empty_columns()


def _who(row: Row, results: Results) -> str:
    """Name who has to answer: raters that are not done, or what an open item waits for."""
    if waits(row):
        return row["reason"].removeprefix("waiting for ")
    said = {
        text
        for item in results.rows("appraisal/items")
        if item["review_id"] == row["review_id"]
        for text in split_list(item.get("waits_for", ""))
    }
    return "; ".join(sorted(said))
