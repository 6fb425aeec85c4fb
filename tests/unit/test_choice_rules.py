"""Rules that choose among reviews which share studies: cases with known ends, and properties."""

from __future__ import annotations

import itertools
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie.quality import Quality
from parapluie.synthesis.choices import RULES, Choice, Chosen, Facts, Settings, Threshold, Unit
from parapluie.synthesis.choices.rules import (
    BASE_PLUS_SUPPLEMENT,
    BEST_GRADE,
    KEEP_ALL,
    LEXICOGRAPHIC,
    MANUAL,
    MOST_COMPREHENSIVE,
    MOST_RECENT,
    ONLY_SERIES,
    OPEN,
    POST_HOC,
    PREFER_SERIES,
    PROTOCOL,
    choose,
    kept_of,
)
from parapluie.synthesis.choices.tables import choice_frame, loss_frame, supplement_frame
from parapluie.synthesis.choices.units import groups, shared_pairs

# The case of the customer's overlap_choice_rules.yaml (section `tests`), typed again: A {s1,s2,s3}
# searched 2020, B {s2,s3,s4,s5} searched 2023, C {s9}.
HELD = {
    "a": frozenset({"s1", "s2", "s3"}),
    "b": frozenset({"s2", "s3", "s4", "s5"}),
    "c": frozenset({"s9"}),
}
DATES = {"a": "2020", "b": "2023", "c": "2019"}


def graded(grade: str, failed: int | None = None) -> Quality:
    return Quality(grade, "computed", (grade,), "", "amstar2", failed)


def facts(
    dates: dict[str, str] = DATES, grades: dict[str, Quality] | None = None, series: str = "",
    of_series: tuple[str, ...] = (), people: dict[str, float] | None = None,
    relevance: list[dict[str, str]] | None = None, years: dict[str, str] | None = None,
) -> Facts:  # fmt: skip
    names = {*dates, *(years or {})}
    reviews = {
        r: {"search_end": dates.get(r, ""), "year": (years or {}).get(r, ""),
            "series": "Cochrane" if r in of_series else ""}
        for r in names
    }  # fmt: skip
    return Facts(reviews, grades or {}, people or {}, relevance or [], series)


def unit(held: dict[str, Any] = HELD, **more: Any) -> Unit:
    return Unit("mood", "", held, **more)


def end_of(rule: str, known: Facts, held: dict[str, Any] = HELD, **more: Any) -> list[Choice]:
    return choose(unit(held), rule, known, Settings(rule, known.series), **more)


def lost(rule: str, known: Facts, held: dict[str, Any] = HELD) -> set[str]:
    chosen = Chosen.of([unit(held)], known, Settings(rule, known.series))
    line = loss_frame(chosen).set_index("rule").loc[rule]
    return set(line["lost"].split(";")) - {""}


# --- the cases of the specification ---------------------------------------------------------------


@pytest.mark.parametrize("rule", [MOST_RECENT, MOST_COMPREHENSIVE])
def test_the_later_and_larger_review_is_taken(rule: str) -> None:
    assert kept_of(end_of(rule, facts())) == ["b", "c"]
    assert lost(rule, facts()) == {"s1"}


def test_the_review_of_the_series_is_preferred() -> None:
    known = facts(series="cochrane", of_series=("a",))
    assert kept_of(end_of(PREFER_SERIES, known)) == ["a", "c"]
    assert lost(PREFER_SERIES, known) == {"s4", "s5"}


def test_the_better_grade_is_taken() -> None:
    known = facts(grades={"a": graded("high"), "b": graded("critically_low")})
    assert kept_of(end_of(BEST_GRADE, known)) == ["a", "c"]


def test_equal_reviews_are_left_open() -> None:
    held = {"a": frozenset({"s1", "s2"}), "b": frozenset({"s2", "s3"})}
    known = facts({"a": "2020-01", "b": "2020-01"}, {r: graded("low", 2) for r in held})
    for rule in (MOST_RECENT, MOST_COMPREHENSIVE, LEXICOGRAPHIC, BEST_GRADE):
        (choice,) = end_of(rule, known, held)
        assert choice.open.startswith(OPEN), rule
        assert choice.kept == ("a", "b") and choice.dropped == ()


def test_a_small_review_inside_a_large_one_is_one_group_and_flagged() -> None:
    large = frozenset(f"s{i}" for i in range(137))
    held = {"a": frozenset(f"s{i}" for i in range(9)), "b": large}
    assert groups(unit(held)) == [["a", "b"]]
    ((_, _, shared),) = shared_pairs(held)
    cca = shared / (9 + 137 - shared)
    assert round(100 * cca, 4) == 6.5693
    assert (shared / 9, round(shared / 137, 4)) == (1.0, 0.0657)
    (choice,) = end_of(KEEP_ALL, facts(), held)
    assert choice.flags == ("a lies inside b (100%, CCA 6.6%)",)


# --- what each rule does --------------------------------------------------------------------------


def test_only_the_series_takes_out_single_reviews_too_and_says_what_is_lost() -> None:
    known = facts(series="Cochrane", of_series=("a",))
    assert kept_of(end_of(ONLY_SERIES, known)) == ["a"]
    assert lost(ONLY_SERIES, known) == {"s4", "s5", "s9"}
    line = loss_frame(Chosen.of([unit()], known, Settings(series="Cochrane")))
    warned = line.set_index("rule")["warning"]
    assert warned[ONLY_SERIES] and not warned.drop(ONLY_SERIES).any()


def test_only_the_series_may_leave_an_outcome_without_review() -> None:
    known = facts(series="Cochrane")
    line = loss_frame(Chosen.of([unit()], known, Settings(series="Cochrane"))).set_index("rule")
    assert line.loc[ONLY_SERIES, "without_review"] == "yes"
    assert line.loc[KEEP_ALL, "without_review"] == "no"


def test_a_group_without_the_series_goes_on_to_the_next_steps() -> None:
    known = facts(series="Cochrane", of_series=("c",))
    first = end_of(PREFER_SERIES, known)[0]
    assert first.kept == ("b",) and first.tied == ("series",)
    assert "no review of the series in the group" in first.flags


def test_rules_of_a_series_are_not_shown_where_none_is_named() -> None:
    assert set(RULES) - set(Settings().rules) == {ONLY_SERIES, PREFER_SERIES}


def test_without_a_date_of_search_the_publication_stands_flagged() -> None:
    known = facts({"a": "2020", "b": ""}, years={"a": "2021", "b": "2022"})
    held = {r: HELD[r] for r in "ab"}
    (choice,) = end_of(MOST_RECENT, known, held)
    assert choice.kept == ("b",)
    assert "b: year of publication in place of the search" in choice.flags


@pytest.mark.parametrize(
    ("one", "other", "decided"),
    [("2020-05", "2020-04-30", True), ("2020", "2020-04-30", False), ("2020", "2020", False),
     ("2021", "2020-12-31", True), ("", "2020", False)],
)  # fmt: skip
def test_dates_are_compared_as_far_as_they_are_known(one: str, other: str, decided: bool) -> None:
    held = {"a": frozenset({"s1", "s2"}), "b": frozenset({"s2", "s3"})}
    (choice,) = end_of(MOST_RECENT, facts({"a": one, "b": other}), held)
    assert (choice.decided_by == "latest search") is decided


def test_grades_that_may_be_equal_do_not_decide() -> None:
    either = Quality("", "recorded_set", ("low", "critically_low"), "", "amstar2")
    held = {r: HELD[r] for r in "ab"}
    known = facts(grades={"a": graded("low"), "b": either})
    assert end_of(BEST_GRADE, known, held)[0].decided_by == "latest search"
    known = facts(grades={"a": graded("moderate"), "b": either})
    assert end_of(BEST_GRADE, known, held)[0].kept == ("a",)


def test_a_review_without_a_grade_neither_wins_nor_loses_by_grade() -> None:
    held = {r: HELD[r] for r in "ab"}
    (choice,) = end_of(BEST_GRADE, facts(grades={"a": graded("high", 0)}), held)
    assert choice.kept == ("b",) and choice.tied == ("grade", "critical_items")
    assert any("not graded" in flag for flag in choice.flags)


def test_critical_items_break_ties_of_grades() -> None:
    known = facts(grades={"a": graded("critically_low", 2), "b": graded("critically_low", 5)})
    (first, _) = end_of(BEST_GRADE, known)
    assert first.kept == ("a",) and first.decided_by == "fewest critical items answered no"


def test_robis_is_ranked_its_own_way() -> None:
    def robis(grade: str) -> Quality:
        return Quality(grade, "recorded", (grade,), "", "robis")

    known = facts(grades={"a": robis("low"), "b": robis("high")})
    assert end_of(BEST_GRADE, known)[0].kept == ("a",)


def test_participants_break_ties_of_numbers_of_studies() -> None:
    held = {"a": frozenset({"s1", "s2"}), "b": frozenset({"s2", "s3"})}
    known = facts(people={"s1": 100, "s2": 10, "s3": 50})
    (choice,) = end_of(MOST_COMPREHENSIVE, known, held)
    assert choice.kept == ("a",) and choice.decided_by == "most participants"
    (choice,) = end_of(MOST_COMPREHENSIVE, facts(people={"s1": 100, "s2": 10}), held)
    assert choice.decided_by == "latest search"


def mark(review: str, rater: str, relevance: int) -> dict[str, str]:
    return {"review_id": review, "outcome": "mood", "rater": rater, "relevance": str(relevance),
            "reason": "made up"}  # fmt: skip


BOTH = [mark(r, w, n) for r, n in (("a", 3), ("b", 1)) for w in ("R1", "R2")]


def test_relevance_rated_by_two_goes_first() -> None:
    first = end_of(LEXICOGRAPHIC, facts(relevance=BOTH))[0]
    assert first.kept == ("a",) and first.decided_by == "relevance to the question"


@pytest.mark.parametrize(
    ("rows", "said"),
    [([], "not rated by two"), (BOTH[:3], "not rated by two"),
     ([*BOTH[:3], mark("b", "R2", 2)], "raters disagree (1, 2)")],
)  # fmt: skip
def test_without_agreed_relevance_the_chain_begins_at_the_search_and_says_so(
    rows: list[dict[str, str]], said: str
) -> None:
    first = end_of(LEXICOGRAPHIC, facts(relevance=rows))[0]
    assert first.kept == ("b",) and first.decided_by == "latest search"
    assert any(f.startswith("begins at the search date") and said in f for f in first.flags)


def test_consensus_settles_relevance() -> None:
    rows = [*BOTH[:3], mark("b", "R2", 2), mark("b", "consensus", 1)]
    assert end_of(LEXICOGRAPHIC, facts(relevance=rows))[0].kept == ("a",)


def test_a_base_and_its_supplement_lose_no_study() -> None:
    known = facts()
    chosen = Chosen.of([unit()], known, Settings(BASE_PLUS_SUPPLEMENT))
    assert chosen.kept(unit(), BASE_PLUS_SUPPLEMENT) == ["b", "c"]
    added = supplement_frame(chosen)[["study_id", "review_ids"]].values.tolist()
    assert added == [["s1", "a"]]
    assert lost(BASE_PLUS_SUPPLEMENT, known) == set()


CHOSEN = {"outcome": "mood", "review_id": "a", "reason": "fits the question", "by": "R1",
          "date": "2024-01-31", "standing": "protocol"}  # fmt: skip


def test_people_go_before_the_rule_and_the_record_tells_it() -> None:
    settings = Settings(MOST_RECENT, standing=PROTOCOL)
    (first, second) = choose(unit(), MOST_RECENT, facts(), settings, [CHOSEN])
    assert (first.kept, first.overridden, first.reason, first.by, first.date) == (
        ("a",), "b", "fits the question", "R1", "2024-01-31",
    )  # fmt: skip
    assert first.standing == PROTOCOL and second.overridden == ""
    (shown, _) = choose(unit(), MOST_COMPREHENSIVE, facts(), settings, [CHOSEN])
    assert shown.kept == ("b",) and shown.standing == POST_HOC


def test_manual_is_open_until_people_choose() -> None:
    assert end_of(MANUAL, facts())[0].open.startswith(OPEN)
    (first, single) = end_of(MANUAL, facts(), manual=[CHOSEN])
    assert first.kept == ("a",) and not first.open and single.kept == ("c",)


def test_a_choice_of_the_protocol_is_planned_and_others_are_post_hoc() -> None:
    planned = Settings.of({"overlap": {"choice": {"rule": MOST_RECENT}}})
    assert choose(unit(), MOST_RECENT, facts(), planned)[0].standing == PROTOCOL
    assert choose(unit(), BEST_GRADE, facts(), planned)[0].standing == POST_HOC
    assert Settings.of({"overlap": {"choice": {}}}).rule == LEXICOGRAPHIC
    assert Settings.of({}).rule == KEEP_ALL and Settings.of({}).standing == POST_HOC
    amended = [{"section": "overlap.choice", "date": "2024-02-01", "reason": "too few left"}]
    later = Settings.of({"overlap": {"choice": {"rule": MOST_RECENT}}, "amendments": amended})
    assert later.standing == POST_HOC and "2024-02-01" in later.why


# --- groups ---------------------------------------------------------------------------------------


def test_groups_are_connected_parts_not_pairs() -> None:
    chain = {"a": frozenset("12"), "b": frozenset("23"), "c": frozenset("34"), "d": frozenset("9")}
    assert groups(unit(chain)) == [["a", "b", "c"], ["d"]]


@pytest.mark.parametrize(
    ("measure", "at_least", "linked"),
    [("cca", 0.4, True), ("cca", 0.41, False), ("overlap_coefficient", 0.66, True),
     ("overlap_coefficient", 0.67, False)],
)  # fmt: skip
def test_a_threshold_cuts_links(measure: str, at_least: float, linked: bool) -> None:
    held = {r: HELD[r] for r in "ab"}  # 2 of 5 studies; 2 of the 3 of the smaller one
    found = groups(unit(held), Threshold(measure, at_least))
    assert (found == [["a", "b"]]) is linked


def test_a_review_without_a_list_stays_and_is_named() -> None:
    held: dict[str, Any] = {**HELD, "d": None}
    found = end_of(MOST_RECENT, facts(), held)
    (alone,) = [c for c in found if c.members == ("d",)]
    assert alone.kept == ("d",) and "no list of studies" in alone.decided_by
    line = loss_frame(Chosen.of([unit(held)], facts(), Settings(MOST_RECENT))).iloc[0]
    assert line["without_list"] == "d"


def test_reviews_that_tell_one_result_are_linked_without_lists() -> None:
    held = {"a": None, "b": None}
    assert groups(unit(held, same=(("a", "b"),))) == [["a", "b"]]


def test_nothing_is_counted_where_no_list_is_known() -> None:
    line = loss_frame(Chosen.of([unit({"a": None})], facts(), Settings())).iloc[0]
    assert line["studies"] is None and line["reason"].startswith("not_available")


# --- losses ---------------------------------------------------------------------------------------


def test_losses_count_people_where_known_and_say_what_the_winner_lacks() -> None:
    known = facts({"a": "2023", "b": "2020"}, people={"s4": 120})
    held = {r: HELD[r] for r in "ab"}
    line = loss_frame(Chosen.of([unit(held)], known, Settings(MOST_RECENT))).set_index("rule")
    own = line.loc[MOST_RECENT]
    assert (own["studies"], own["studies_kept"], own["studies_lost"]) == (5, 3, 2)
    assert (own["participants_lost"], own["lost_without_size"]) == (120, 1)
    assert own["winner_lacks"] == "a lacks 2"
    assert own["dropped"] == "b"


HELD_SETS = st.dictionaries(
    st.sampled_from("abcdefg"), st.frozensets(st.sampled_from([f"s{i}" for i in range(12)])),
    min_size=1,
)  # fmt: skip


@given(HELD_SETS, st.dictionaries(st.sampled_from("abcdefg"), st.sampled_from(["2020", "2021"])))
def test_no_rule_but_that_of_the_series_drops_a_whole_group(
    held: dict[str, frozenset[str]], dates: dict[str, str]
) -> None:
    known = facts(dates, series="Cochrane", of_series=("a",))
    chosen = Chosen.of([unit(held)], known, Settings(series="Cochrane"))
    parts = groups(unit(held))
    for rule in RULES:
        kept = set(chosen.kept(unit(held), rule))
        assert kept <= set(held)
        if rule != ONLY_SERIES:
            assert all(kept & set(part) for part in parts)
            assert {p[0] for p in parts if len(p) == 1} <= kept
        line = loss_frame(chosen).set_index("rule").loc[rule]
        assert line["studies_kept"] + line["studies_lost"] == line["studies"]
    assert lost(KEEP_ALL, known, held) == set() == lost(BASE_PLUS_SUPPLEMENT, known, held)


@given(HELD_SETS)
def test_groups_do_not_depend_on_the_order_and_share_nothing(
    held: dict[str, frozenset[str]],
) -> None:
    turned = dict(reversed(list(held.items())))
    parts = groups(unit(held))
    assert parts == groups(unit(turned))
    assert sorted(itertools.chain(*parts)) == sorted(held)
    for one, other in itertools.combinations(parts, 2):
        assert not unit(held).studies(one) & unit(held).studies(other)


def test_the_record_has_what_was_compared() -> None:
    frame = choice_frame(Chosen.of([unit()], facts(), Settings(MOST_RECENT)))
    row = frame[(frame["rule"] == MOST_RECENT) & (frame["members"] == "a;b")].iloc[0]
    assert row["used"] == "yes" and row["dropped"] == "a"
    assert "a searched 2020" in row["values"] and "b searched 2023" in row["values"]
    assert set(pd.unique(frame["rule"])) == set(Settings().rules)
