"""Combinations of searches: how many reports exactly these searches found."""

from __future__ import annotations

from dataclasses import replace

from parapluie.report.results import Results
from parapluie.report.table import ON_PAGE, Column, Table, make
from parapluie.search_names import labels_of

_COLUMNS = (
    Column("combination", "Searches", "ref"),
    Column("names", "Found by these, and by no other", "label"),
    Column(
        "reports", "Reports", "count", "deduplication.source_combinations.{combination}.reports"
    ),
)


def build(results: Results) -> Table:
    """Make the table: the largest first."""
    listed = results.data.get("search/searches.csv")
    labels = labels_of(listed.rows if listed else [])
    rows = [
        {**row, "names": "; ".join(labels.get(s, s) for s in row["combination"].split("+"))}
        for row in results.rows("deduplication/source_combinations")
    ]
    rows.sort(key=lambda row: (-int(row["reports"]), int(row["searches"]), row["combination"]))
    table = make(
        "search_combinations",
        "Reports by the searches that found them",
        _COLUMNS,
        rows,
        results.figures,
        folded=True,
    )
    return replace(table, on_page=ON_PAGE)
