"""The quality of reviews beside every row, and what is left without weak ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie import narrative, quality, tables
from parapluie.cli import main
from parapluie.errors import InputError
from parapluie.quality import CRITICALLY_LOW, LOW, NO_APPRAISAL, Quality, qualities
from parapluie.synthesis.choices.stage import NO_INCLUSIONS, Evidence
from parapluie.synthesis.stage import Result, Sources, synthesise
from parapluie.trace import Figures, resolve
from parapluie.vocabulary import GRADES, THIS_OVERVIEW
from tests.unit.test_narrative import source
from tests.unit.test_synthesis import EFFECTS, PROTOCOL, STUDIES, effect, study, table

Row = dict[str, str]


def graded(review: str, final: str, **cells: str) -> Row:
    return {"review_id": review, "tool": "amstar2", "final": final, "final_set": final,
            "basis": "computed", "reason": ""} | cells  # fmt: skip


OVERALL = [
    graded("a", "critically_low"),
    graded("b", "high"),
    graded("c", "", final_set="low;critically_low", basis="recorded_set"),
    graded("d", "", blocked_by="4;7"),
    graded("e", "low", basis="override"),
]
KNOWN = qualities(OVERALL)


# --- the words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("review", "words"),
    [("a", "critically low (computed)"), ("b", "high (computed)"),
     ("c", "low or critically low (recorded)"), ("d", "not graded: no answer to 4;7"),
     ("e", "low (set by hand)"), ("nobody", f"not graded: {NO_APPRAISAL}")],
)  # fmt: skip
def test_every_review_has_a_grade_or_the_reason_why_not(review: str, words: str) -> None:
    assert quality.of(review, KNOWN).words == words


@pytest.mark.parametrize(("threshold", "gone"), [(CRITICALLY_LOW, ["a"]), (LOW, ["a", "c", "e"])])
def test_only_what_is_surely_weak_is_left_out(threshold: str, gone: list[str]) -> None:
    assert quality.left_out("abcde", KNOWN, threshold) == gone
    assert quality.not_graded("abcde", KNOWN) == ["c", "d"]


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from([*GRADES, ""])))
def test_counts_add_up_and_a_review_without_grade_is_never_left_out(grades: dict[str, str]) -> None:
    known = qualities(graded(r, g) for r, g in grades.items())
    assert sum(quality.counts("abcdef", known).values()) == 6
    for threshold in quality.LEAVE_OUT:
        gone = quality.left_out("abcdef", known, threshold)
        assert not set(gone) & set(quality.not_graded("abcdef", known))
    weaker = quality.left_out("abcdef", known, LOW)
    assert set(quality.left_out("abcdef", known, CRITICALLY_LOW)) <= set(weaker)


def test_robis_is_not_left_out_by_a_grade_of_amstar() -> None:
    low_risk = Quality("low", "recorded", ("low",), "", "robis")
    assert not low_risk.at_most(LOW)


# --- results of reviews and studies ---------------------------------------------------------------


def inclusions(lists: Mapping[str, str], outcome: str = "") -> pd.DataFrame:
    rows = [
        {"review_id": r, "study_id": s, "outcome": outcome, "eligible": ""}
        for r, studies in lists.items()
        for s in studies.split()
    ]
    return pd.DataFrame(rows, columns=NO_INCLUSIONS.columns, dtype="object")


def run(
    folder: Path, effects: list[Row] | None = None, studies: list[Row] | None = None,
    lists: Mapping[str, str] | None = None, choice: dict[str, Any] | None = None,
    manual: list[Row] | None = None, leave_out: str = "", reviews: str = "abc",
    searched: Mapping[str, str] | None = None,
) -> Result:  # fmt: skip
    """Run the stage on rows as text, with grades and lists of studies."""

    def read(name: str, rows: list[Row] | None) -> tuple[pd.DataFrame, list[Row]]:
        path = table(folder / f"{name}.csv", rows) if rows else None
        frame = tables.read(path, f"extraction/{name}", f"data/extraction/{name}.csv")
        return frame, tables.read_text(path).rows if path else []

    (of_reviews, text), (of_studies, study_text) = (
        read("effects", effects), read("study_effects", studies),
    )  # fmt: skip
    protocol: dict[str, Any] = dict(PROTOCOL)
    if choice is not None:
        protocol["overlap"] = {"choice": choice}
    if leave_out:
        protocol["appraisal"] = {"leave_out": leave_out}
    rows = [{"review_id": r, "search_end": (searched or {}).get(r, "")} for r in reviews]
    evidence = Evidence(
        appraisal=OVERALL, inclusions=inclusions(lists or {}), choices=manual or [],
        choice_rows=list(range(2, 2 + len(manual or []))),
        choices_file="data/extraction/choices.csv",
    )  # fmt: skip
    return synthesise(Sources(
        protocol=protocol, reviews=pd.DataFrame(rows), effects=of_reviews,
        study_effects=of_studies, effects_text=text, study_effects_text=study_text,
        effects_file=EFFECTS if effects else "", study_effects_file=STUDIES if studies else "",
        evidence=evidence,
    ))  # fmt: skip


def own(name: str, study_id: str, yi: str, review: str = THIS_OVERVIEW) -> Row:
    return study(name, study_id, yi, review_id=review)


STUDY_ROWS = [own("S1", "s1", "0.5"), own("S2", "s2", "-0.4"), own("S3", "s3", "-0.3"),
              own("S9", "s9", "0.1")]  # fmt: skip
LISTS = {"a": "s1 s2", "b": "s2 s3"}
SEARCHED = {"a": "2020", "b": "2022"}


def view(frame: pd.DataFrame, name: str) -> dict[Any, Any]:
    (row,) = frame[frame["view"] == name].to_dict("records")
    return row


def test_each_result_of_a_review_carries_its_quality(tmp_path: Path) -> None:
    found = run(tmp_path, [effect("E1", "a"), effect("E2", "b"), effect("E3", "c")]).effects
    shown = found[["quality", "quality_basis", "quality_words"]].to_numpy().tolist()
    assert shown == [
        ["critically_low", "computed", "critically low (computed)"],
        ["high", "computed", "high (computed)"],
        ["", "recorded_set", "low or critically low (recorded)"],
    ]


def test_pooled_results_stand_beside_those_without_weak_reviews(tmp_path: Path) -> None:
    """s1 is held by the weak review only; s9 by none, so the overview found it itself."""
    found = run(tmp_path, studies=STUDY_ROWS, lists=LISTS).by_quality
    every, less = view(found, "all"), view(found, "without_critically_low")
    assert (every["k_studies"], less["k_studies"], less["lost"]) == (4, 3, "s1")
    alone = run(tmp_path, studies=[r for r in STUDY_ROWS if r["study_id"] != "s1"]).pooled
    main_row = alone[alone["main"] == "yes"].iloc[0]
    assert less["yi"] == pytest.approx(main_row["estimate"], rel=1e-12)
    assert "direction" in less["changes"] or every["yi"] * less["yi"] > 0


def test_a_threshold_of_low_leaves_out_more(tmp_path: Path) -> None:
    lists = {"a": "s1", "b": "s2", "c": "s3"}
    at_low = run(tmp_path, studies=STUDY_ROWS, lists=lists, leave_out="low")
    less = view(at_low.by_quality, "without_low")
    assert less["lost"] == "s1;s3" and less["reviews"] == "b"
    kept = run(tmp_path, studies=STUDY_ROWS, lists=lists)
    assert view(kept.by_quality, "without_critically_low")["lost"] == "s1"


def test_where_nothing_is_left_the_line_says_so(tmp_path: Path) -> None:
    rows = [own("S1", "s1", "0.5"), own("S2", "s2", "0.4")]
    found = run(tmp_path, studies=rows, lists={"a": "s1 s2"})
    less = view(found.by_quality, "without_critically_low")
    assert less["k_studies"] == 0 and less["reason"].startswith("not_estimable")
    assert less["changes"] == "no result is left"
    line = found.figures.lines[
        "synthesis.by_quality.pooled.harm__RR.without_critically_low.natural_estimate"
    ]
    assert line["value"] is None and line["absent_reason"].startswith("not_estimable")


def test_results_of_reviews_that_disappear_are_named(tmp_path: Path) -> None:
    found = run(tmp_path, [effect("E1", "a"), effect("E2", "a")])
    less = view(found.by_quality, "without_critically_low")
    assert less["lost"] == "E1;E2" and less["changes"] == "no result is left"
    why = found.left_out_by_quality.set_index("review_id")
    assert why["left_out"].to_dict() == {"a": "yes", "b": "no", "c": "no"}
    assert why.loc["c", "why"].startswith("kept: it is not surely so low")


# --- the rule of the protocol, through the whole stage --------------------------------------------


def test_without_a_planned_rule_every_review_is_used_and_each_study_counts_once(
    tmp_path: Path,
) -> None:
    rows = [own("S1", "s1", "0.5", "a"), own("S2", "s1", "0.3", "b"), own("S3", "s2", "-0.3", "b")]
    found = run(tmp_path, studies=rows, searched=SEARCHED)
    assert not found.study_averages.duplicated(["pool_id", "study_id"]).any()
    main_row = found.pooled[found.pooled["main"] == "yes"].iloc[0]
    assert main_row["k_studies"] == 2
    assert set(found.choices.loc[found.choices["used"] == "yes", "rule"]) == {"keep_all"}


def test_pooling_follows_the_planned_rule_and_names_what_it_drops(tmp_path: Path) -> None:
    found = run(tmp_path, [effect("E1", "a", outcome="harm", measure="RR", estimate="1.2",
                                  ci_low="1.1", ci_high="1.3"), effect("E2", "b", outcome="harm")],
                STUDY_ROWS, LISTS, {"rule": "most_recent"}, searched=SEARCHED)  # fmt: skip
    assert set(found.study_averages["study_id"]) == {"s2", "s3", "s9"}
    dropped = found.problems[found.problems["check"] == "choice among reviews"]
    assert dropped["effect_id"].tolist() == ["S1"]
    used = found.effects.set_index("effect_id")
    assert used["used"].to_dict() == {"E1": "no", "E2": "yes"}
    assert "b is taken (most_recent: latest search)" in used.loc["E1", "used_reason"]
    by_rule = found.results_by_rule
    pooled = by_rule[by_rule["level"] == "pooled"]
    assert view(pooled, "most_recent")["k_studies"] == 3
    assert view(pooled, "keep_all")["k_studies"] == 4
    main_row = found.pooled[found.pooled["main"] == "yes"].iloc[0]
    assert view(pooled, "most_recent")["yi"] == pytest.approx(main_row["estimate"], rel=1e-12)


def test_a_base_keeps_the_studies_that_it_lacks(tmp_path: Path) -> None:
    rows = [own("S1", "s1", "0.5", "a"), *STUDY_ROWS[1:]]
    found = run(tmp_path, studies=rows, lists=LISTS, choice={"rule": "base_plus_supplement"},
                searched=SEARCHED)  # fmt: skip
    assert set(found.study_averages["study_id"]) == {"s1", "s2", "s3", "s9"}
    assert found.supplement[["study_id", "review_ids"]].to_numpy().tolist() == [["s1", "a"]]


def test_what_people_chose_is_followed_and_faults_are_told_at_once(tmp_path: Path) -> None:
    chosen = {"outcome": "harm", "review_id": "a", "reason": "fits", "by": "R1",
              "date": "2024-01-31", "standing": "post_hoc"}  # fmt: skip
    found = run(tmp_path, studies=STUDY_ROWS, lists=LISTS, choice={"rule": "most_recent"},
                manual=[chosen], searched=SEARCHED)  # fmt: skip
    assert set(found.study_averages["study_id"]) == {"s1", "s2", "s9"}
    row = found.choices[(found.choices["used"] == "yes") & (found.choices["overridden"] != "")]
    assert row["overridden"].tolist() == ["b"] and row["standing"].tolist() == ["post_hoc"]
    wrong = [chosen | {"outcome": "none"}, chosen | {"review_id": "zz"}]
    with pytest.raises(InputError) as caught:
        run(tmp_path, studies=STUDY_ROWS, lists=LISTS, manual=wrong)
    assert [(p.row, p.column) for p in caught.value.problems] == [(2, "outcome"), (3, "review_id")]


def test_a_rule_of_a_series_needs_its_name(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        run(tmp_path, studies=STUDY_ROWS, choice={"rule": "prefer_series"})
    assert [p.column for p in caught.value.problems] == ["overlap.choice.series"]


# --- the same trials, and reviews that disagree ---------------------------------------------------


def test_opposite_results_from_the_same_trials_are_told(tmp_path: Path) -> None:
    effects = [effect("E1", "a", estimate="0.4", ci_low="0.2", ci_high="0.6"),
               effect("E2", "b", estimate="-0.4", ci_low="-0.6", ci_high="-0.2"),
               effect("E3", "c", estimate="-0.4", ci_low="-0.6", ci_high="-0.2")]  # fmt: skip
    found = run(tmp_path, effects, lists={"a": "s1 s2 s3", "b": "s2 s3", "c": "s7"})
    (pair,) = found.shared_results.to_dict("records")
    assert (pair["result_a"], pair["result_b"], pair["shared"]) == ("E1", "E2", 2)
    assert pair["agreement"] == "opposite directions" and pair["contained_b"] == 1
    (line,) = found.discordance.to_dict("records")
    assert line["kind"] == "opposite directions"
    assert (line["studies_only_a"], line["studies_only_b"]) == ("s1", "")
    assert found.figures.lines["synthesis.shared_results.opposite"]["value"] == 1


def test_one_clear_and_one_unclear_result_are_a_disagreement(tmp_path: Path) -> None:
    effects = [effect("E1", "a", estimate="0.4", ci_low="0.2", ci_high="0.6"),
               effect("E2", "b", estimate="0.4", ci_low="-0.1", ci_high="0.9")]  # fmt: skip
    (line,) = run(tmp_path, effects, lists=LISTS).discordance.to_dict("records")
    assert line["kind"] == "one clear, the other not"
    assert (line["only_a"], line["only_b"], line["shared"]) == (1, 1, 1)


def test_reviews_without_lists_that_disagree_are_told_with_the_reason(tmp_path: Path) -> None:
    effects = [effect("E1", "a", estimate="0.4", ci_low="0.2", ci_high="0.6"),
               effect("E2", "b", estimate="-0.4", ci_low="-0.6", ci_high="-0.2")]  # fmt: skip
    (line,) = run(tmp_path, effects).discordance.to_dict("records")
    assert line["reason"] == "not_available: no list of studies of a and b"


def test_pooled_results_of_two_outcomes_share_trials(tmp_path: Path) -> None:
    rows = [*STUDY_ROWS, study("M1", "s1", "0.2", outcome="mood", measure="SMD",
                               review_id=THIS_OVERVIEW)]  # fmt: skip
    found = run(tmp_path, studies=rows, lists=LISTS).shared_results
    (pair,) = found.to_dict("records")
    assert (pair["n_a"], pair["n_b"], pair["shared"], pair["shared_studies"]) == (4, 1, 1, "s1")


# --- words of reviews -----------------------------------------------------------------------------


def rows_of(*reviews: str) -> list[Row]:
    return [{"row_id": f"F{i}", "framework": "cfir", "domain": "Inner", "direction": "barrier",
             "finding": "text", "review_ids": r} for i, r in enumerate(reviews)]  # fmt: skip


def test_findings_carry_the_quality_of_their_reviews() -> None:
    rows, _ = narrative.framework(source(rows_of("a", "a;d")), "abcd", [], Figures("narrative"))
    joined = narrative.with_quality(rows, KNOWN, CRITICALLY_LOW)
    assert [r["quality"] for r in joined] == [
        "a: critically low (computed)",
        "a: critically low (computed); d: not graded: no answer to 4;7",
    ]
    assert [r["only_left_out"] for r in joined] == ["yes", "no"]


def test_counts_stand_beside_those_without_weak_reviews() -> None:
    every, less = Figures("narrative"), Figures("narrative")
    findings = source(rows_of("a", "a;b", "b"))
    narrative.framework(findings, "ab", [], every, KNOWN)
    narrative.framework(findings, "b", [], less, KNOWN)
    rows = narrative.by_quality(every, less, KNOWN, CRITICALLY_LOW)
    counts = {(r["place"], r["count"]): (r["all"], r["without"], r["disappears"]) for r in rows}
    assert counts["cfir.inner", "barrier"] == (3, 2, "no")
    assert counts["cfir.inner", "reviews"] == (2, 1, "no")
    assert counts["cfir.inner", "facilitator"] == (0, 0, "no")
    line = every.lines["narrative.by_quality.framework.cfir.inner.barrier"]
    assert line["value"] == 2 and "appraisal.overall.critically_low" in line["rests_on"]
    assert every.lines["narrative.framework.cfir.inner.quality_high"]["value"] == 1


def test_what_only_weak_reviews_say_disappears() -> None:
    every, less = Figures("narrative"), Figures("narrative")
    narrative.framework(source(rows_of("a")), "a", [], every, KNOWN)
    narrative.framework(source(rows_of("a")), "", [], less, KNOWN)
    rows = narrative.by_quality(every, less, KNOWN, CRITICALLY_LOW)
    assert {r["count"]: r["disappears"] for r in rows if r["place"] == "cfir.inner"} == {
        "barrier": "yes", "facilitator": "no", "mixed": "no", "reviews": "yes",
    }  # fmt: skip


# --- the examples ---------------------------------------------------------------------------------


@pytest.mark.workflow
@pytest.mark.parametrize("name", ["peer-support", "depression-prevention"])
def test_each_figure_of_the_choice_and_the_views_leads_to_rows(
    example: Callable[[str], Path], name: str
) -> None:
    rows = tables.read_text(example(name) / "reports/tables/keys.csv").rows
    lines = {row["key"]: row for row in rows}
    parts = ("synthesis.choice.", "synthesis.results_by_rule.", "synthesis.by_quality.",
             "synthesis.shared_results.", "narrative.by_quality.")  # fmt: skip
    own_keys = [key for key in lines if key.startswith(parts)]
    assert len(own_keys) > 100
    for key in own_keys:
        assert resolve(lines, key), key


def test_the_command_says_what_a_wrong_relevance_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    protocol = tmp_path / "protocol.yaml"
    protocol.write_text("title: T\noutcomes: [{id: mood, label: Mood, better_when: higher}]\n")
    reviews = table(tmp_path / "reviews.csv", [{"review_id": "a"}])
    wrong = [{"outcome": "mood", "review_id": "a", "rater": "R1", "relevance": "4", "reason": "x"}]
    relevance = table(tmp_path / "relevance.csv", wrong)
    words = ["synthesis", "--protocol", protocol, "--reviews", reviews, "--relevance", relevance,
             "--out", tmp_path / "out"]  # fmt: skip
    assert main([str(w) for w in words]) == 2
    assert "row 2, column relevance" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
