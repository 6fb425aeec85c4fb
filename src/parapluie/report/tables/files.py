"""Files of data that no stage reads."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

_COLUMNS = (Column("file", "File", "ref"),)


def build(results: Results) -> Table:
    """Make the table."""
    return make(
        "files_not_read",
        "Files that no stage reads",
        _COLUMNS,
        [row for row in results.files if row["read"] == "no"],
        results.figures,
        empty="Every file under data/ is read by some stage.",
    )
