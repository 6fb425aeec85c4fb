"""What people said of records: answers on pairs, and records removed before screening."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from parapluie.deduplication.clusters import Clusters
from parapluie.errors import Problem

SAME, DIFFERENT = "same", "different"
OVERRIDES = "data/search/overrides.csv"
REMOVED = "data/search/removed.csv"

Rows = Sequence[Mapping[str, Any]]


def pairs(answers: Rows, place: Mapping[str, int], answer: str = "") -> list[tuple[int, int]]:
    """Give the places of answered pairs of records that are still there.

    Parameters
    ----------
    answers : sequence of mapping
        Rows of overrides.csv.
    place : mapping
        record_id to place.
    answer : str
        Only those with this answer; all when empty.
    """
    return [
        (place[a["record_a"]], place[a["record_b"]])
        for a in answers
        if (not answer or a["answer"] == answer)
        and a["record_a"] in place
        and a["record_b"] in place
    ]


def linked(
    answers: Rows, place: Mapping[str, int], shown: Mapping[str, str]
) -> list[tuple[int, int, str, str]]:
    """Give the relations that people named, with the row of each."""
    file = shown.get("overrides", OVERRIDES)
    return [
        (place[a["record_a"]], place[a["record_b"]], a["answer"], f"{file} row {int(a['_row'])}")
        for a in answers
        if a["answer"] not in (SAME, DIFFERENT)
        and a["record_a"] in place
        and a["record_b"] in place
    ]


def answer_problems(
    answers: Rows, ids: Collection[str], shown: Mapping[str, str]
) -> Iterator[Problem]:
    """Report answers on records that are not there, and on one record twice."""
    file = shown.get("overrides", OVERRIDES)
    known = set(ids) if answers else set()
    for answer in answers:
        row = int(answer["_row"])
        for column in ("record_a", "record_b"):
            if answer[column] not in known:
                yield _unknown(file, row, column, answer[column])
        if answer["record_a"] == answer["record_b"]:
            yield Problem(file, f"{answer['record_a']} twice", "two records",
                          "Correct one of the ids.", row, "record_b")  # fmt: skip


def removal_problems(
    removals: Rows, ids: Collection[str], searches: Collection[str], shown: Mapping[str, str]
) -> Iterator[Problem]:
    """Report removals of what is not there, twice, or without a number."""
    file = shown.get("removed", REMOVED)
    known = set(ids) if removals else set()
    seen: set[str] = set()
    for removal in removals:
        row, record, search = int(removal["_row"]), removal["record_id"], removal["search_id"]
        if record and record not in known:
            yield _unknown(file, row, "record_id", record)
        if record and record in seen:
            yield Problem(file, f"{record} a second time", "each record once", "Remove one row.",
                          row, "record_id")  # fmt: skip
        if search and search not in searches:
            yield Problem(file, repr(search), ", ".join(searches) or "no searches yet",
                          "Correct the name of the search.", row, "search_id")  # fmt: skip
        if not record and not (search and removal["n"] == removal["n"]):
            yield Problem(file, "no record_id, and no search_id with n", "one of them",
                          "Name a record, or how many of a search.", row, "record_id")  # fmt: skip
        if record and removal["n"] == removal["n"] and removal["n"] != 1:
            yield Problem(file, f"record_id with n {removal['n']:g}", "n empty or 1",
                          "Give each record a row of its own.", row, "n")  # fmt: skip
        seen.add(record)


def _unknown(file: str, row: int, column: str, found: str) -> Problem:
    mend = "Copy the id from results/records/records.csv or from the worklist."
    return Problem(file, repr(found), "the id of a record of the searches", mend, row, column)


def contradictions(
    answers: Rows, place: Mapping[str, int], groups: Clusters, shown: Mapping[str, str]
) -> Iterator[Problem]:
    """Report answers `same` that would join two records which another answer keeps apart."""
    file = shown.get("overrides", OVERRIDES)
    rows = {
        frozenset((place[a["record_a"]], place[a["record_b"]])): a
        for a in answers
        if a["record_a"] in place and a["record_b"] in place
    }
    for refused in groups.refused:
        if refused.edge.rule >= 0 or not refused.between:
            continue
        answer = rows[frozenset((refused.edge.a, refused.edge.b))]
        other = rows[frozenset(refused.between)]
        yield Problem(
            file,
            f"same, though row {int(other['_row'])} says {other['answer']} of two records that "
            "the answers `same` join",
            "answers that agree with each other",
            "Correct one of the two rows.",
            int(answer["_row"]),
            "answer",
        )


def count_removed(removals: Rows, kind: str) -> int:
    """Count the records removed before screening, named or given only as a number."""
    rows = [r for r in removals if r["type"] == kind]
    return sum(1 if r["record_id"] else int(r["n"]) for r in rows)
