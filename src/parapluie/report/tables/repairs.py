"""What was mended while the exports were read, and what is odd in them."""

from __future__ import annotations

from collections.abc import Iterable

from parapluie.report.results import Results, Row
from parapluie.report.table import Column, Table, make
from parapluie.search_names import labels_of

_MENDED, _NOTED = "repairs", "warnings"


def build(results: Results) -> Table:
    """Make the table: what was mended first."""
    listed = results.data.get("search/searches.csv")
    columns = (
        Column("search_id", "Search", "label", say=labels_of(listed.rows if listed else [])),
        Column("kind", "Done", say={_MENDED: "mended", _NOTED: "noted only"}),
        Column("meaning", "What", "label"),
        Column("n", "How many", "count", "records.{kind}.{search_id}.{code}"),
        Column("lines", "First lines", "ref"),
    )
    return make(
        "repairs",
        "What was repaired or noted while the exports were read",
        columns,
        _rows(results, results.rows("records/problems")),
        results.figures,
        notes=["Counted in records; what is said of a whole file, in files."],
        empty="Nothing had to be repaired, and nothing odd was noted.",
        folded=True,
    )


def _rows(results: Results, notes: Iterable[Row]) -> list[dict[str, str]]:
    """Join what was noted of the files of a search to a row for each code."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for note in notes:
        place = f"{note['file']}: {note['lines'].replace(';', ', ')}" if note["lines"] else ""
        row = found.setdefault((note["search_id"], note["code"]), dict(note) | {"lines": ""})
        row["lines"] = "; ".join(p for p in (row["lines"], place or note["file"]) if p)
        mended = f"records.{_MENDED}.{note['search_id']}.{note['code']}" in results.figures
        row["kind"] = _MENDED if mended else _NOTED
    return sorted(found.values(), key=lambda row: row["kind"])
