"""ASReview: labels in the notes of RIS, and in columns of tables (versions 1 and 2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from parapluie.records.decisions.rows import NOTES, Values, one, under
from parapluie.vocabulary import EXCLUDE, INCLUDE

_LABEL = re.compile(r"ASReview_(relevant|irrelevant|not_seen|prior)\b")
_WORDS = {"1": INCLUDE, "0": EXCLUDE, "relevant": INCLUDE, "irrelevant": EXCLUDE}
_UNSEEN = frozenset({"", "-1", "not_seen"})


def decisions(values: Values, dialect: str) -> Iterator[dict[str, str]]:
    """Give the one row of a record that was labelled; ASReview names no person."""
    names = {name.lower() for name in values}
    of_table = any(name.startswith("asreview_") for name in names)
    if of_table or (dialect == "asreview" and "included" in names):
        yield from _of_table(values)
    else:
        yield from _of_notes(values)


def _of_notes(values: Values) -> Iterator[dict[str, str]]:
    marks = [m[1] for note in under(values, NOTES) for m in _LABEL.finditer(note)]
    said = {_WORDS[m] for m in marks if m in _WORDS}
    if said:
        yield {
            "tool": "asreview",
            "decision": said.pop() if len(said) == 1 else "",
            "labels": "prior" if "prior" in marks else "",
            "warnings": "contradictory_labels" if len(set(marks) & set(_WORDS)) > 1 else "",
        }


def _of_table(values: Values) -> Iterator[dict[str, str]]:
    word = one(values, "asreview_label") or one(values, "included", "label_included")
    word = word.removesuffix(".0").lower()
    if word in _UNSEEN:
        return
    notes = [one(values, "asreview_note")]
    notes += [
        v for name in sorted(values) if name.startswith("exported_notes") for v in values[name]
    ]
    yield {
        "tool": "asreview",
        "reviewer": one(values, "asreview_user_name") or one(values, "asreview_user_email"),
        "decision": _WORDS.get(word, ""),
        "labels": ";".join(_labels(values)),
        "note": " / ".join(n for n in notes if n),
        "time": _time(one(values, "asreview_time")),
        "warnings": "" if word in _WORDS else "decision_unknown",
    }


def _labels(values: Values) -> Iterator[str]:
    """Give ``prior``, and the tags that are ticked: columns ``asreview_tag_GROUP_TAG`` with 1.

    Source: the function of ASReview 2 that writes its exports (asreview/asreview, projects.py).
    """
    if one(values, "asreview_prior").removesuffix(".0") == "1":
        yield "prior"
    for name, found in values.items():
        if name.startswith("asreview_tag_") and found and found[0].removesuffix(".0") == "1":
            yield name.removeprefix("asreview_tag_")


def _time(text: str) -> str:
    """Give a time in UTC; version 2 writes seconds since 1970 or a date, by its release."""
    if re.fullmatch(r"\d{9,10}(\.\d+)?", text):
        return datetime.fromtimestamp(int(float(text)), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return text
