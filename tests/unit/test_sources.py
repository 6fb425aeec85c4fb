"""What each search brought: tables and keys, against counts made by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from parapluie.deduplication import DeduplicationResult, deduplicate

NAN = float("nan")
WALKS = {
    "title": "Walking groups and their mood: a made-up review",
    "authors": "Ash, Ann; Oak, Bo",
    "year": "2020",
    "journal": "Made up",
    "volume": "3",
    "issue": "1",
    "pages": "12-20",
}
DANCE = WALKS | {"title": "Dancing and balance in towns: a made-up review", "pages": "31-40"}
ALONE = WALKS | {"title": "Rowing and strength in lakes: a made-up review", "pages": "51-60"}
SONGS = WALKS | {"title": "Singing and breathing in choirs: a made-up review", "pages": "71-80"}
ROWS = [
    ("a", WALKS), ("a", WALKS), ("a", DANCE), ("a", ALONE),
    ("b", WALKS), ("b", SONGS),
    ("c", WALKS), ("c", DANCE),
]  # fmt: skip
"""Search a has one report twice; four reports in all: a+b+c, a+c, a, b."""


def run(
    rows: list[tuple[str, dict[str, str]]], removed: list[tuple[str, str, float, str]] | None = None
) -> DeduplicationResult:
    searches = pd.DataFrame(
        [{"search_id": s, "kind": "database", "files": f"{s}.ris"} for s in ("a", "b", "c", "none")]
    )
    records = pd.DataFrame(
        [
            {"record_id": f"r{i}", "search_id": s, "source_file": f"{s}.ris", **fields}
            for i, (s, fields) in enumerate(rows)
        ],
        columns=["record_id", "search_id", "source_file", *WALKS, "retraction_status"],
        dtype="object",
    ).fillna("")
    gone = [(i, *r) for i, r in enumerate(removed or [], start=2)]
    return deduplicate(
        records,
        searches,
        pd.DataFrame(columns=["_row", "record_a", "record_b", "answer"]),
        pd.DataFrame(gone, columns=["_row", "record_id", "search_id", "n", "type"]),
        {"removed": "data/search/removed.csv"} if removed else {},
    )


@pytest.fixture(scope="module")
def found() -> DeduplicationResult:
    return run(ROWS)


def values(result: DeduplicationResult) -> dict[str, Any]:
    lines = result.figures.lines.items()
    return {key.removeprefix("deduplication."): line["value"] for key, line in lines}


def test_numbers_of_each_search(found: DeduplicationResult) -> None:
    value = values(found)
    names = ("records", "removed", "duplicates_within", "reports", "unique_reports",
             "shared_reports", "unique_share")  # fmt: skip
    per_search = {s: tuple(value[f"sources.{s}.{n}"] for n in names) for s in ("a", "b", "c")}
    assert per_search == {
        "a": (4, 0, 1, 3, 1, 2, 1 / 3),
        "b": (2, 0, 0, 2, 1, 1, 1 / 2),
        "c": (2, 0, 0, 2, 0, 2, 0),
    }
    assert (value["found_by_one"], value["found_by_several"]) == (2, 2)
    assert (value["duplicates_within"], value["duplicates_across"]) == (1, 3)


def test_a_search_without_records_has_zeros_and_no_share(found: DeduplicationResult) -> None:
    lines = found.figures.lines
    assert lines["deduplication.sources.none.reports"]["value"] == 0
    share = lines["deduplication.sources.none.unique_share"]
    assert share["absent_reason"] == "not_estimable: the search has no report"
    assert list(found.sources.by_source["search_id"]) == ["a", "b", "c", "none"]


def test_pairs_and_combinations_of_searches(found: DeduplicationResult) -> None:
    value = values(found)
    pairs = {("a", "b"): 1, ("a", "c"): 2, ("b", "c"): 1}
    assert {p: value[f"source_overlap.{p[0]}.{p[1]}.shared_reports"] for p in pairs} == pairs
    assert value["source_overlap.a.c.share_of_a"] == 2 / 3
    assert value["source_overlap.a.c.share_of_b"] == 1
    combinations = found.sources.combinations
    assert dict(zip(combinations["combination"], combinations["reports"], strict=True)) == {
        "a": 1, "a+b+c": 1, "a+c": 1, "b": 1,
    }  # fmt: skip
    assert value["source_combinations.a+c.reports"] == 1


def test_combinations_and_rules_add_up(found: DeduplicationResult) -> None:
    value = values(found)
    assert found.sources.combinations["reports"].sum() == value["reports"]
    assert found.sources.rules["duplicates"].sum() == value["duplicates"] == 4
    assert all(found.sources.rules["meaning"])
    by_rule = {k: v for k, v in value.items() if k.startswith("rules.")}
    assert sum(by_rule.values()) == 4


def test_two_searches_that_share_nothing_have_a_zero() -> None:
    value = values(run([("a", WALKS), ("b", SONGS)]))
    assert value["source_overlap.a.b.shared_reports"] == 0
    assert value["source_overlap.a.b.share_of_b"] == 0


def test_removed_records_leave_the_counts_of_their_search() -> None:
    result = run(ROWS, [("r3", "", NAN, "automatic"), ("", "b", 7, "other")])
    value = values(result)
    assert value["sources.a.removed"] == 1
    assert value["sources.a.unique_reports"] == 0
    assert value["removed.only_number"] == 7
    parts = value["removed.automatic"] + value["removed.other"] + value["duplicates"]
    assert value["records"] + value["removed.only_number"] - parts == value["reports"]
    line = result.figures.lines["deduplication.removed.only_number"]
    assert (line["file"], line["rows"]) == ("data/search/removed.csv", "record_id= [1 rows]")


def test_retracted_reports_are_counted_and_stay() -> None:
    rows = [
        ("a", ALONE | {"retraction_status": "retracted"}),
        ("a", SONGS | {"retraction_status": "expression_of_concern"}),
        ("b", DANCE),
    ]
    value = values(run(rows))
    statuses = ("retracted", "retraction_notice", "expression_of_concern")
    assert [value[f"retractions.{s}"] for s in statuses] == [1, 0, 1]
    assert (value["retractions"], value["reports"]) == (2, 3)


def test_links_are_counted_by_what_they_say() -> None:
    versions = [DANCE | {"cochrane_id": f"CD000001.pub{n}"} for n in (2, 3)]
    result = run_with_cochrane(versions)
    value = values(result)
    assert value["relations"] == len(result.relations) == 1
    assert value["relations.version_of"] == 1


def run_with_cochrane(rows: list[dict[str, str]]) -> DeduplicationResult:
    records = pd.DataFrame(
        [{"record_id": f"r{i}", "search_id": "a", "source_file": "a.ris", **r}
         for i, r in enumerate(rows)]
    )  # fmt: skip
    searches = pd.DataFrame([{"search_id": "a", "kind": "database", "files": "a.ris"}])
    empty = pd.DataFrame(columns=["_row", "record_a", "record_b", "answer"])
    removed = pd.DataFrame(columns=["_row", "record_id", "search_id", "n", "type"])
    return deduplicate(records, searches, empty, removed)


def test_nothing_found_gives_zeros() -> None:
    value = values(run([]))
    zero = ("reports", "found_by_one", "found_by_several", "relations", "retractions",
            "duplicates_within", "removed.only_number")  # fmt: skip
    assert [value[key] for key in zero] == [0] * len(zero)
