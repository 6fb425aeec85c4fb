"""In how many reviews each study is: counted, and as a source records it."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

_COLUMNS = (
    Column("scope", "Studies counted"),
    Column("times_included", "In how many reviews", "label"),
    Column("n_studies", "Studies", "count", "overlap.{scope}.distribution.{times_included}"),
    Column("source", "Source", "ref"),
)


def build(results: Results) -> Table:
    """Make the table."""
    return make(
        "overlap_distribution",
        "In how many reviews the studies are",
        _COLUMNS,
        results.rows("overlap/distribution"),
        results.figures,
        notes=["“recorded” is as a source prints it."],
        empty="No list of studies and no recorded distribution yet.",
        folded=True,
    ).without_empty_columns()
