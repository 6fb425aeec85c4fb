"""Sets of reviews: how many studies exactly these include."""

from __future__ import annotations

from dataclasses import replace

from parapluie.report.results import Results
from parapluie.report.table import ON_PAGE, Column, Table, make

_COLUMNS = (
    Column("names", "Included by these reviews, and by no other", "label"),
    Column("n_studies", "Studies", "count", "overlap.intersections.{ids}.studies"),
)


def build(results: Results) -> Table:
    """Make the table: the largest first, as the stage lists them."""
    labels = results.review_labels()
    rows = []
    for row in results.rows("overlap/intersections"):
        ids = row["reviews"].split(";")
        names = "; ".join(labels.get(r, r) for r in ids)
        rows.append({**row, "ids": "+".join(ids), "names": names})
    table = make(
        "overlap_intersections",
        "Studies by the reviews that include them",
        _COLUMNS,
        rows,
        results.figures,
        empty="",
        folded=True,
    )
    return replace(table, on_page=ON_PAGE)
