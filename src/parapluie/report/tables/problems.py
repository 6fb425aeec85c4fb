"""Problems of the data that every stage noted."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

_COLUMNS = (
    Column("stage", "Stage"),
    Column("place", "Where", "ref"),
    Column("what", "What", "label"),
)


def build(results: Results) -> Table:
    """Make the table."""
    return make(
        "problems",
        "Problems of the data",
        _COLUMNS,
        results.problems,
        results.figures,
        empty="No stage noted a problem.",
    )
