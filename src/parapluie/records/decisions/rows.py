"""What the decisions of all tools share: columns, codes, and how fields are found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

COLUMNS = (
    "record_id", "search_id", "source_file", "tool", "reviewer", "stage", "decision", "reason",
    "labels", "note", "time", "origin", "warnings",
)  # fmt: skip
"""Columns of decisions.csv; lists are separated by ``;``."""

WARNINGS: Mapping[str, str] = {
    "inclusion_unreadable": "part of RAYYAN-INCLUSION could not be read; it stays in the notes",
    "decision_unknown": "the tool gives a word for a decision that is not known",
    "reason_with_comma": "a reason seems to hold a comma, which also separates reasons",
    "reason_without_owner": "not one person excluded, so whose reasons these are is unknown",
    "contradictory_labels": "the record is labelled both relevant and irrelevant",
    "log_and_notes_differ": "the log of Rayyan and the notes differ; the log wins",
    "reversed": "the person changed the decision before",
    "unknown_record": "the log decides on a record that no export holds",
}
"""What the codes in ``warnings`` mean."""

NOTES = frozenset({"n1", "notes", "note", "annote"})
"""Names of the fields in which formats keep notes (lower case)."""

Values = Mapping[str, Sequence[str]]


def under(values: Values, names: frozenset[str]) -> list[str]:
    """Give the values of fields by name, whatever the case of the names in the export."""
    return [v for name, found in values.items() if name.lower() in names for v in found if v]


def one(values: Values, *names: str) -> str:
    """Give the first value among fields, ``""`` if there is none."""
    return next((v.strip() for name in names for v in under(values, frozenset({name}))), "")
