"""Reading the ids under which people may have written of a report."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from parapluie import tables


def read_aliases(path: Path, report_ids: Iterable[str]) -> dict[str, str]:
    """Give every id of a record or report with the report_id that is valid now.

    Parameters
    ----------
    path : Path
        aliases.csv of deduplication: the column ``report_id``, and the alias in the other column.
    report_ids : iterable of str
        All reports; each is its own alias.
    """
    table = tables.read_text(path)
    other = next((c for c in table.columns if c != "report_id"), "report_id")
    aliases = {row[other]: row["report_id"] for row in table.rows}
    return {**{i: i for i in report_ids}, **aliases}
