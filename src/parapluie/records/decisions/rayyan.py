"""Rayyan: decisions written behind the notes of a record."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from parapluie.records.decisions.rows import NOTES, Values, under
from parapluie.vocabulary import EXCLUDE, INCLUDE, MAYBE

DECISIONS = {"Included": INCLUDE, "Excluded": EXCLUDE, "Maybe": MAYBE}
_MARK = re.compile(
    r"(?:^|\|)\s*(?:(RAYYAN-INCLUSION|RAYYAN-LABELS|RAYYAN-EXCLUSION-REASONS):|(USER-NOTES):(?=\s*\{))"
)
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_VOTE = re.compile(rf"{_QUOTED}\s*=>\s*{_QUOTED}")
_SAID = re.compile(rf"{_QUOTED}\s*=>\s*\[((?:{_QUOTED}|[\s,])*)\]")
_TEXT = re.compile(_QUOTED)
_BETWEEN_REASONS = re.compile(r",(?!\s)")


def parts(note: str) -> tuple[str, dict[str, str]]:
    """Split a note into what stood there before Rayyan, and Rayyan's parts by their mark.

    Examples
    --------
    >>> parts('old | RAYYAN-LABELS: a,b')
    ('old', {'RAYYAN-LABELS': 'a,b'})
    """
    marks = list(_MARK.finditer(note))
    if not marks:
        return note, {}
    ends = [m.start() for m in marks[1:]] + [len(note)]
    found = {
        str(m[1] or m[2]): note[m.end() : end].strip() for m, end in zip(marks, ends, strict=True)
    }
    return note[: marks[0].start()].strip(), found


def listed(text: str) -> tuple[list[str], bool]:
    """Split reasons or labels at commas; tell whether one of them seems to hold a comma.

    Rayyan sets no blank behind the comma that separates; one with a blank is taken as text.
    """
    found = [part.strip() for part in _BETWEEN_REASONS.split(text) if part.strip()]
    return found, any("," in part for part in found)


def decisions(values: Values, dialect: str) -> Iterator[dict[str, str]]:
    """Give one row for each person who decided or wrote a note.

    Reasons and labels have no owner: the reasons go to each who excluded (with a warning unless
    that is one person), the labels to all.
    """
    for note in under(values, NOTES):
        _, found = parts(note)
        if found:
            yield from _rows(found)


def _rows(found: dict[str, str]) -> Iterator[dict[str, str]]:
    votes, codes = _votes(found.get("RAYYAN-INCLUSION", ""))
    said = _said(found.get("USER-NOTES", ""))
    reasons, doubtful = listed(found.get("RAYYAN-EXCLUSION-REASONS", ""))
    labels, _ = listed(found.get("RAYYAN-LABELS", ""))
    codes += ["reason_with_comma"] if doubtful else []
    excluders = [name for name, vote in votes.items() if vote == EXCLUDE]
    codes += ["reason_without_owner"] if reasons and len(excluders) != 1 else []
    people = list(dict.fromkeys([*votes, *said]))
    if not people or (reasons and not excluders):
        people.append("")  # labels and reasons without a person are kept too
    for name in people:
        owned = name in excluders or (not name and not excluders)
        unknown = ["decision_unknown"] if name in votes and not votes[name] else []
        yield {
            "tool": "rayyan",
            "reviewer": name,
            "decision": votes.get(name, ""),
            "reason": ";".join(r.replace(";", ",") for r in reasons) if owned else "",
            "labels": ";".join(r.replace(";", ",") for r in labels),
            "note": " / ".join(said.get(name, [])),
            "warnings": ";".join([*codes, *unknown]),
        }


def _votes(text: str) -> tuple[dict[str, str], list[str]]:
    """Give the decision of each name; ``""`` where the word for it is not known."""
    found = {_plain(m[1]): DECISIONS.get(m[2], "") for m in _VOTE.finditer(text)}
    left = re.sub(r"[{},\s]", "", _VOTE.sub("", text))
    return found, ["inclusion_unreadable"] if left else []


def _said(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for m in _SAID.finditer(text):
        found[_plain(m[1])].extend(_plain(t[1]) for t in _TEXT.finditer(m[2]))
    return dict(found)


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
