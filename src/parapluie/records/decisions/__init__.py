"""Decisions inside exports: what Rayyan, ASReview, abstrackr and Covidence write beside a record.

Everything here is text in, rows out, one record at a time; a person who has no decision in an
export gives no row, since a missing name means not screened.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from parapluie.records.decisions import abstrackr, asreview, covidence, rayyan
from parapluie.records.decisions.log import (
    article_of,
    is_log,
    log_decisions,
    log_rows,
    reversals,
)
from parapluie.records.decisions.rows import COLUMNS, WARNINGS, Values

TOOLS = (rayyan, asreview, abstrackr, covidence)
DIALECTS = frozenset({"rayyan", "asreview", "abstrackr", "covidence"})
"""Names of the exporting tools in whose exports each record is looked at."""

_MARK = re.compile(r"RAYYAN-|ASReview_|[Ee]xclusion [Rr]eason")


def may_hold_decisions(row: Mapping[str, str], dialect: str) -> bool:
    """Tell whether a record is worth `decisions_of`, by its tool and its notes."""
    return dialect in DIALECTS or bool(row["notes"] and _MARK.search(row["notes"]))


def decisions_of(values: Values, row: Mapping[str, object], dialect: str) -> list[dict[str, str]]:
    """Give the decisions that an export holds on one record.

    Parameters
    ----------
    values : mapping
        Name of a field, as the format calls it, to its values.
    row : mapping
        The record in records.csv: ``record_id``, ``search_id``, ``source_file`` and ``line_first``.
    dialect : str
        Name of the exporting tool.

    Returns
    -------
    list of dict
        One for each person (or for the tool, where it names none), with all of `COLUMNS`.
    """
    place = {c: str(row.get(c, "") or "") for c in ("record_id", "search_id", "source_file")}
    line = row.get("line_first", "")
    place["origin"] = f"{place['source_file']} line {line}" if line else place["source_file"]
    found = [one for tool in TOOLS for one in tool.decisions(values, dialect)]
    return [{**dict.fromkeys(COLUMNS, ""), **one, **place} for one in found]


def joined(
    notes: Sequence[Mapping[str, str]], logged: Sequence[Mapping[str, str]]
) -> list[dict[str, str]]:
    """Put the decisions of exports and of logs together, sorted; say where the two differ.

    The log names people by address and the notes by display name, so what is compared is how often
    each decision was taken on a record. Both are kept; the log wins when they are imported.

    Parameters
    ----------
    notes, logged : sequence of mapping
        From `decisions_of` and `log_decisions`.
    """
    votes: dict[str, dict[bool, list[str]]] = {}
    for row in (*notes, *logged):
        if row["tool"] in ("rayyan", "rayyan_log"):
            sides = votes.setdefault(row["record_id"], {False: [], True: []})
            sides[row["tool"] == "rayyan_log"].extend([row["decision"]] if row["decision"] else [])
    said = {row["record_id"] for row in notes if row["tool"] == "rayyan"}
    logs = {row["record_id"] for row in logged}
    differ = {i for i in said & logs if sorted(votes[i][False]) != sorted(votes[i][True])}
    return sorted(
        (_warned(row, row["record_id"] in differ) for row in (*notes, *logged)),
        key=lambda r: tuple(r[c] for c in ("record_id", "tool", "reviewer", "time", "origin")),
    )


def _warned(row: Mapping[str, str], differs: bool) -> dict[str, str]:
    if not differs or row["tool"] not in ("rayyan", "rayyan_log"):
        return dict(row)
    codes = [c for c in row["warnings"].split(";") if c]
    return {**row, "warnings": ";".join([*codes, "log_and_notes_differ"])}


__all__ = [
    "COLUMNS",
    "WARNINGS",
    "article_of",
    "decisions_of",
    "is_log",
    "joined",
    "log_decisions",
    "log_rows",
    "may_hold_decisions",
    "reversals",
]
