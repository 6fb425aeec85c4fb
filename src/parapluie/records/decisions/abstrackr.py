"""abstrackr: a column for each reviewer, named like the reviewer, and the consensus."""

from __future__ import annotations

import re
from collections.abc import Iterator

from parapluie.records.decisions.rows import Values, one
from parapluie.vocabulary import EXCLUDE, INCLUDE, MAYBE

DECISIONS = {"1": INCLUDE, "0": MAYBE, "-1": EXCLUDE}
_MARK = "(internal) id"
_PLAIN = frozenset({
    _MARK, "(source) id", "pubmed id", "keywords", "abstract", "title", "journal", "authors",
    "tags", "consensus", "labeled_at",
})  # fmt: skip
_NOTE = re.compile(r"(?:general|population|intervention/comparator|outcome) notes \((.*)\)")


def decisions(values: Values, dialect: str) -> Iterator[dict[str, str]]:
    """Give one row for each reviewer with a decision, and one for a consensus."""
    if not any(name.lower() == _MARK for name in values):
        return
    people = [
        name
        for name, found in values.items()
        if name.lower() not in _PLAIN and not _NOTE.fullmatch(name) and any(found)
    ]
    times = [t for name, found in values.items() if name == "labeled_at" for t in found if t]
    labels = one(values, "tags").replace(",", ";")
    for place, name in enumerate(people):
        word = next(v for v in values[name] if v).strip()
        yield {
            "tool": "abstrackr",
            "reviewer": name,
            "decision": DECISIONS.get(word, ""),
            "labels": labels,
            "note": _note(values, name),
            # with fewer times than people it is unknown whose they are
            "time": times[place - len(people)] if len(times) >= len(people) else "",
            "warnings": "" if word in DECISIONS else "decision_unknown",
        }
    final = one(values, "consensus")
    if final in DECISIONS:
        yield {"tool": "abstrackr", "decision": DECISIONS[final], "labels": labels}


def _note(values: Values, name: str) -> str:
    found = [
        v for n, vs in values.items() if (m := _NOTE.fullmatch(n)) and m[1] == name for v in vs
    ]
    return " / ".join(v for v in found if v)
