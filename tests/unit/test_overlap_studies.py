"""Which labels are one study: rules, questions, answers, both ends of what is open."""

from __future__ import annotations

import random
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie.errors import InputError
from parapluie.overlap import Inputs, Options, Overlap, overlap
from tests.unit.test_overlap import inputs, link, row


def count(found: Overlap) -> int:
    r: int = found.figures.lines["overlap.all.r"]["value"]
    return r


def rules(found: Overlap) -> list[str]:
    return list(found.tables["merges"]["rule"])


def asked(found: Overlap) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in r.items()}
            for r in found.tables["matches_to_check"].to_dict("records")]  # fmt: skip


def run(rows: list[dict[str, object]], *links: dict[str, object]) -> Overlap:
    return overlap(inputs(rows, links=list(links)), Options())


# --- rules ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("column", "name"), [("doi", "DOI"), ("pmid", "PMID")])
def test_same_identifier_with_agreeing_facts_is_one_study(column: str, name: str) -> None:
    found = run(
        [
            row("a", "Smith 2010", title="Yoga for sleep", **{column: "10.1/AB"}),
            row("b", "Smith et al.", title="Yoga for sleep.", **{column: "10.1/ab"}),
        ]
    )
    assert count(found) == 1
    assert rules(found) == [f"{name}, other facts agree"]
    assert not asked(found)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"year": 2015},
        {"title": "Something else altogether"},
        {"n_participants": 12},
        {"first_author": "Brown"},
        {"registration": "NCT2"},
    ],
)
def test_same_doi_without_agreement_is_a_question(more: dict[str, object]) -> None:
    """One paper may tell two studies, and one DOI several conference abstracts."""
    known = {"year": 2010, "title": "Yoga for sleep", "n_participants": 90,
             "first_author": "Smith", "registration": "NCT1"}  # fmt: skip
    first = row("a", "Study one", doi="10.1/x", **(known if more else {}))
    second = row("b", "Study two", doi="10.1/x", **(known | more if more else {}))
    found = run([first, second])
    assert count(found) == 2
    (question,) = asked(found)
    assert question["counted_as"] == "different"
    assert "doi" in question["looks_same_by"]
    assert question["differs_in"] == ("" if not more else next(iter(
        {"n_participants": "n", "first_author": "author"}.get(k, k) for k in more)))  # fmt: skip


def test_ids_of_people_are_never_joined_silently() -> None:
    found = run(
        [
            row("a", "Ho 2010", study_id="ho1", doi="10.1/x", title="T one"),
            row("b", "Ho 2010", study_id="ho2", doi="10.1/x", title="T one"),
        ]
    )
    assert count(found) == 2
    assert [q["counted_as"] for q in asked(found)] == ["different"]
    joined = run(
        [row("a", "Ho 2010", study_id="ho1"), row("b", "Ho 2010", study_id="ho2")],
        link("a", "Ho 2010", "b", "Ho 2010", "same"),
    )
    assert count(joined) == 1


def test_a_label_that_could_be_either_of_two_ids_joins_neither() -> None:
    rows = [
        row("a", "Ho one", study_id="ho1", doi="10.1/x", year=2010),
        row("b", "Ho two", study_id="ho2", doi="10.1/x", year=2010),
        row("c", "Ho", doi="10.1/x", year=2010),
    ]
    found = run(rows)
    assert count(found) == 3
    assert rules(found) == []
    # Both ends stand beside what is counted.
    ends = found.tables["sensitivity"].set_index("value")
    assert (ends.loc["all the same", "r"], ends.loc["all different", "r"]) == (1, 3)


def test_two_labels_of_one_review_are_not_joined_by_a_rule() -> None:
    found = run([row("a", "Ho 2010", doi="10.1/x"), row("a", "Ho, 2010", doi="10.1/x"),
                 row("b", "Other 2001")])  # fmt: skip
    assert count(found) == 3
    assert len(asked(found)) == 1


@pytest.mark.parametrize("column", ["doi", "pmid", "registration", "title"])
def test_one_label_with_facts_that_differ_is_a_question(column: str) -> None:
    found = run([row("a", "Ho 2010", **{column: "111 aaa"}),
                 row("b", "Ho 2010", **{column: "999 zzz"})])  # fmt: skip
    assert count(found) == 2
    (question,) = asked(found)
    assert (question["counted_as"], question["differs_in"]) == ("different", column)


def test_label_alone_is_joined_with_its_rule_and_asked() -> None:
    found = run([row("a", "Ho 2010"), row("b", "HO 2010"), row("c", "Ho, 2010")])
    assert count(found) == 1
    assert set(rules(found)) == {"label, first author and year"}
    assert {q["counted_as"] for q in asked(found)} == {"same"}
    ends = found.tables["sensitivity"].set_index("value")
    assert list(ends.loc[["as counted", "all the same", "all different"], "r"]) == [1, 1, 3]
    assert list(ends.loc[["as counted", "all the same", "all different"], "cca"]) == [1, 1, 0]
    lines = found.figures.lines
    assert lines["overlap.questions.if_different.cca"]["value"] == 0
    assert lines["overlap.questions.if_same.cca"]["value"] == 1


def test_questions_are_ranked_by_what_agrees() -> None:
    found = run(
        [
            row("a", "Ho 2010", registration="NCT1", title="A trial of yoga in old people"),
            row("b", "Hou 2011", registration="NCT1", title="A trial of yoga in old people"),
            row("a", "Lee 2004"),
            row("b", "Lee et al., 2004"),
        ]
    )
    listed = asked(found)
    assert [q["rank"] for q in listed] == [1, 2]
    assert [q["study_label_a"] for q in listed] == ["Ho 2010", "Lee 2004"]
    assert listed[0]["looks_same_by"] == "registration;title"
    assert listed[1]["looks_same_by"] == "author;year"


# --- answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "r"), [("same", 1), ("same_thread", 1), ("different", 2)])
def test_answers_win_over_rules(answer: str, r: int) -> None:
    rows = [row("a", "Ho", doi="10.1/x", year=2010), row("b", "Ho", doi="10.1/x", year=2010)]
    for two in (("a", "b"), ("b", "a")):
        found = run(rows, link(two[0], "Ho", two[1], "Ho", answer))
        assert count(found) == r
        assert not asked(found)


def test_reports_of_one_study_stay_two_reports() -> None:
    rows = [row("a", "Ho 2010", doi="10.1/x"), row("b", "Ho 2012", doi="10.1/y")]
    found = run(rows, link("a", "Ho 2010", "b", "Ho 2012", "same_thread"))
    r = found.tables["cca"].set_index("scope")["r"]
    assert (r["all"], r["all_reports"]) == (1, 2)
    one = run(rows, link("a", "Ho 2010", "b", "Ho 2012", "same"))
    r = one.tables["cca"].set_index("scope")["r"]
    assert (r["all"], r["all_reports"]) == (1, 1)


@pytest.mark.parametrize("answers", [("same", "different"), ("same", "same_thread")])
def test_contradictory_answers_are_problems(answers: tuple[str, str]) -> None:
    rows = [row("a", "X"), row("b", "Y")]
    links = [link("a", "X", "b", "Y", answers[0]), link("b", "Y", "a", "X", answers[1])]
    with pytest.raises(InputError) as error:
        overlap(inputs(rows, links=links), Options())
    assert len(error.value.problems) == 1


def test_a_chain_of_answers_that_contradicts_itself_is_a_problem() -> None:
    rows = [row("a", "X"), row("b", "Y"), row("c", "Z")]
    links = [
        link("a", "X", "b", "Y", "same"),
        link("b", "Y", "c", "Z", "same_thread"),
        link("a", "X", "c", "Z", "different"),
    ]
    with pytest.raises(InputError):
        overlap(inputs(rows, links=links), Options())


def test_an_answer_different_keeps_a_third_label_from_either() -> None:
    rows = [row(r, "Ho 2010") for r in "abc"]
    found = run(rows, link("a", "Ho 2010", "b", "Ho 2010", "different"))
    assert count(found) == 3
    assert len(asked(found)) == 2


# --- order ----------------------------------------------------------------------------------------

ROWS: list[dict[str, object]] = [
    row("a", "Ho 2010", doi="10.1/x", title="Yoga for sleep"),
    row("b", "Ho, 2010", doi="10.1/x"),
    row("b", "Ho 2012", doi="10.1/y", registration="NCT1", title="Yoga for sleep: one year"),
    row("c", "Ho 2010", year=2010),
    row("c", "Ho 2010", pmid="77"),
    row("d", "Ho", pmid="77", year=2010),
    row("d", "Lee 2001", study_id="lee"),
    row("a", "Lee 2001"),
    row("e", "Lee et al. 2001", registration="NCT1"),
]
LINKS = [link("d", "Ho", "c", "Ho 2010", "same"), link("a", "Lee 2001", "d", "Lee 2001", "same")]


def tables_of(given: Inputs) -> dict[str, pd.DataFrame]:
    return overlap(given, Options()).tables


@given(st.integers(0, 10_000))
def test_order_of_rows_and_answers_does_not_matter(seed: int) -> None:
    mixed, answers = list(ROWS), list(LINKS)
    random.Random(seed).shuffle(mixed)
    random.Random(seed + 1).shuffle(answers)
    ours = tables_of(inputs(ROWS, links=LINKS))
    theirs = tables_of(inputs(mixed, links=answers))
    for name in ("matrix", "cca", "pairs", "matches_to_check", "merges", "sensitivity", "reviews"):
        pd.testing.assert_frame_equal(ours[name], theirs[name])
