"""Figures that a team defines over its own tables."""

from __future__ import annotations

from typing import Any

import pytest

from parapluie import team_figures
from parapluie.errors import InputError
from parapluie.trace import matches, split_rows

REVIEWS = [
    {"review_id": "a", "year": "2010", "db": "PubMed; ERIC", "search_end": "2009-05", "n": "NR"},
    {"review_id": "b", "year": "2011", "db": "MEDLINE", "search_end": "", "n": "10"},
    {"review_id": "c", "year": "2020", "db": "PubMed; MEDLINE", "search_end": "2020", "n": "7"},
    {"review_id": "z", "year": "1999", "db": "PubMed", "search_end": "1999", "n": "99"},
]
EFFECTS = [
    {"study_id": "s1", "review_id": "this_overview", "outcome": "x"},
    {"study_id": "s1", "review_id": "this_overview", "outcome": "x"},
    {"study_id": "s2", "review_id": "this_overview", "outcome": "x"},
    {"study_id": "s3", "review_id": "this_overview", "outcome": "y"},
]
FACTS = [
    {"study_id": "s1", "participants": "100", "eligible": "yes"},
    {"study_id": "s2", "participants": "50", "eligible": "no"},
    {"study_id": "s3", "participants": "8", "eligible": "yes"},
]
SOURCES = {
    f"extraction/{name}.csv": team_figures.Source(
        f"data/extraction/{name}.csv", list(rows[0]), rows
    )
    for name, rows in (("reviews", REVIEWS), ("effects", EFFECTS), ("facts", FACTS))
}
JOIN = {"table": "extraction/facts.csv", "by": "study_id"}


def compute(*definitions: dict[str, Any]) -> team_figures.Figures:
    whole = [
        {"key": f"k{i}", "label": "L", "table": "extraction/reviews.csv", "statistic": "count"} | d
        for i, d in enumerate(definitions)
    ]
    others = {"included.reviews": {"value": "3", "absent_reason": ""}}
    return team_figures.compute(whole, SOURCES, "abc", others)[0]


def value(**definition: Any) -> Any:
    return compute(definition).lines["figures.k0"]["value"]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({}, 3),
        ({"year": "2010"}, 1),
        ({"year": [2010, 2011]}, 2),
        ({"db": {"has": "PubMed"}}, 2),
        ({"db": {"has": "MEDLINE", "has_not": "PubMed"}}, 1),
        ({"year": {"not": "2010"}}, 2),
        ({"search_end": {"empty": True}}, 1),
        ({"search_end": {"empty": False}}, 2),
        ({"year": {"from": 2010, "to": 2011}}, 2),
    ],
)
def test_filters(wish: dict[str, Any], expected: int) -> None:
    assert value(filter=wish) == expected


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ({"reviews": "all"}, 4),
        ({"statistic": "sum", "column": "n"}, 17),
        ({"statistic": "min", "column": "year"}, 2010),
        ({"statistic": "median", "column": "search_end", "of": "year"}, 2014.5),
        ({"statistic": "distinct", "column": "db"}, 3),
        ({"statistic": "share", "filter": {"year": "2010"}}, 1 / 3),
    ],
)
def test_statistics(definition: dict[str, Any], expected: float) -> None:
    assert value(**definition) == expected


def test_groups() -> None:
    table = {"table": "extraction/effects.csv", "filter": {"outcome": "x"}, "per": "study_id"}
    assert value(**table) == 2
    assert value(**table, of="rows", statistic="max") == 2
    assert value(**table, join=JOIN, column="participants", statistic="sum") == 150


def test_a_filter_may_be_on_the_joined_table_and_the_trace_names_both() -> None:
    wish = {"outcome": "x", "eligible": "yes"}
    figures = compute({"table": "extraction/effects.csv", "join": JOIN, "filter": wish})
    line = figures.lines["figures.k0"]
    assert line["value"] == 2
    assert line["file"] == "data/extraction/effects.csv;data/extraction/facts.csv"
    own, theirs = split_rows(line["rows"])
    assert (own, theirs) == ("outcome=x", "eligible=yes")
    assert [matches(theirs, row, 2) for row in FACTS] == [True, False, True]


def test_a_condition_without_a_word_in_traces_names_more_rows_never_fewer() -> None:
    figures = compute({"filter": {"db": {"has": "MEDLINE", "has_not": "PubMed"}}})
    assert split_rows(figures.lines["figures.k0"]["rows"]) == ["db~MEDLINE"]


def test_percent_of_a_denominator() -> None:
    figures = compute({"filter": {"db": {"has": "PubMed"}}, "denominator": "included.reviews"})
    line = figures.lines["figures.k0.percent"]
    assert line["value"] == pytest.approx(200 / 3)
    assert line["rests_on"] == "figures.k0;included.reviews"


def test_a_table_that_is_not_there_leaves_the_figure_absent() -> None:
    line = compute({"table": "extraction/none.csv"}).lines["figures.k0"]
    assert line["absent_reason"] == "not_available: data/extraction/none.csv is not there"


def test_a_group_with_two_values_is_a_problem_not_a_number() -> None:
    rows = [dict(FACTS[0]), {**FACTS[0], "participants": "101"}]
    sources = {"t.csv": team_figures.Source("data/t.csv", list(rows[0]), rows)}
    definition = {"key": "k", "label": "L", "table": "t.csv", "statistic": "sum"}
    definition |= {"per": "study_id", "column": "participants"}
    figures, problems = team_figures.compute([definition], sources, "", {})
    assert figures.lines["figures.k"]["absent_reason"].startswith("not_estimable: s1 has several")
    assert len(problems) == 1


@pytest.mark.parametrize(
    ("definition", "word"),
    [
        ({"filter": {"yaer": "2010"}}, "yaer"),
        ({"statistic": "sum"}, "no column"),
        ({"denominator": "nowhere"}, "nowhere"),
        ({"filter": {"db": {"contains": "x"}}}, "contains"),
    ],
)
def test_wrong_definitions_are_told_in_one_line_each(definition: dict[str, Any], word: str) -> None:
    with pytest.raises(InputError, match=word):
        compute(definition)
