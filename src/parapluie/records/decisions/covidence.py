"""Covidence: the file chosen is the decision; a record holds only the reason and the tags."""

from __future__ import annotations

import re
from collections.abc import Iterator

from parapluie.records.decisions.rows import NOTES, Values, one, under

_REASON = re.compile(r"(?i)exclusion reason:\s*([^;\n]+);?")


def decisions(values: Values, dialect: str) -> Iterator[dict[str, str]]:
    """Give the reason and tags of a record, without a decision: the user says what a file means."""
    notes = under(values, NOTES)
    reasons = [m[1].strip() for note in notes for m in _REASON.finditer(note)]
    is_table = any(name.lower() == "covidence #" for name in values)
    if not is_table and not reasons:
        return
    rest = [_REASON.sub("", note).strip(" ;") for note in notes]
    yield {
        "tool": "covidence",
        "reason": ";".join(dict.fromkeys(reasons)),
        "labels": one(values, "tags").replace(",", ";"),
        "note": " / ".join(r for r in rest if r),
    }
