"""The merged view of a report: each field from the first of its records that has it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from parapluie.vocabulary import DATABASE_KINDS

FIELDS = (
    "title", "abstract", "authors", "group_authors", "year", "journal", "volume", "issue", "pages",
    "article_no", "doi", "pmid", "pmcid", "cochrane_id", "issn", "isbn", "urls", "language",
    "keywords", "pub_types", "retraction_status",
)  # fmt: skip
"""Fields of a report, in the order of reports.csv."""

COLUMNS = (
    "report_id", "record_ids", "n_records", *FIELDS, "search_ids", "arm", "databases",
    "field_sources",
)  # fmt: skip
"""Columns of reports.csv."""

_LONGEST = frozenset({"abstract", "authors"})
"""Fields of which the longest value is taken: some databases cut them."""


def report_row(
    report_id: str, records: Sequence[Mapping[str, str]], kinds: Mapping[str, str]
) -> dict[str, Any]:
    """Merge the records of one report.

    Parameters
    ----------
    report_id : str
        The report.
    records : sequence of mapping
        Its rows of records.csv, in the order of searches, files and records.
    kinds : mapping
        search_id to the kind of the search.

    Returns
    -------
    dict
        A row of reports.csv; ``field_sources`` names the record that each field is from.
    """
    row: dict[str, Any] = {
        "report_id": report_id,
        "record_ids": ";".join(r["record_id"] for r in records),
        "n_records": len(records),
    }
    sources = {}
    for name in FIELDS:
        holders = [r for r in records if r.get(name)]
        if name in _LONGEST:
            holders.sort(key=lambda r: -len(r[name]))
        row[name] = holders[0][name] if holders else ""
        if holders:
            sources[name] = holders[0]["record_id"]
    searches = list(dict.fromkeys(r.get("search_id", "") for r in records))
    row["search_ids"] = ";".join(s for s in searches if s)
    is_database = any(kinds.get(s) in DATABASE_KINDS for s in searches)
    row["arm"] = "database" if is_database else "other"
    row["databases"] = ";".join(dict.fromkeys(r["database"] for r in records if r.get("database")))
    row["field_sources"] = json.dumps(sources) if sources else ""
    return row
