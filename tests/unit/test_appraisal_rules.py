"""Appraisal: tools as files, criteria, the rule over many answers, ROBIS and JBI."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from parapluie.appraisal import Appraisal, Inputs, appraise
from parapluie.appraisal.answers import Settled, given_by
from parapluie.appraisal.grades import compute
from parapluie.appraisal.tool import load_tool, profile_of, read_profile, read_tool
from parapluie.errors import InputError
from tests.unit.test_appraisal import ITEMS, appraised, grades, ratings, source, value

ORDER = ["high", "moderate", "low", "critically_low"]
TOOL = load_tool("amstar2")
PROFILE = profile_of(TOOL, "", "")


def grade_of(answers: dict[str, str]) -> str:
    settled = {item: Settled(answer, "consensus") for item, answer in answers.items()}
    return compute(TOOL, PROFILE, settled).grade


# --- the rule over patterns of answers ------------------------------------------------------------


def test_no_grade_improves_when_an_answer_gets_worse() -> None:
    """3^16 patterns of yes, partial yes and no, sampled; every single step down of each."""
    generator = np.random.default_rng(16)
    worse = {"yes": ("partial_yes", "no"), "partial_yes": ("no",), "no": ()}
    steps = 0
    for pattern in generator.choice(["yes", "partial_yes", "no"], (400, 16), p=[0.6, 0.2, 0.2]):
        answers = dict(zip(ITEMS, map(str, pattern), strict=True))
        here = ORDER.index(grade_of(answers))
        for item in ITEMS:
            for step in worse[answers[item]]:
                assert ORDER.index(grade_of(answers | {item: step})) >= here
                steps += 1
    assert steps > 5000


@given(st.lists(st.sampled_from(["yes", "no"]), min_size=16, max_size=16), st.permutations(ITEMS))
def test_order_of_rows_never_matters(pattern: list[str], order: list[str]) -> None:
    answers = dict(zip(ITEMS, pattern, strict=True))
    rows = [{"review_id": "a", "item": i, "answer": answers[i]} for i in order]
    found = grades(appraised(source("ratings", "consensus", rows)))["a"]
    assert found["computed"] == grade_of(answers)
    failed = [i for i in ITEMS if answers[i] == "no" and i in PROFILE.critical]
    assert found["failed_critical"] == ";".join(failed)


# --- criteria -------------------------------------------------------------------------------------


def ticked(item: str, **answers: str) -> list[dict[str, str]]:
    return [
        {"review_id": "a", "item": item, "criterion": c, "answer": x} for c, x in answers.items()
    ]


def all_criteria(name: str, answer: str = "yes") -> dict[str, str]:
    return dict.fromkeys(TOOL.places()[name][1].criteria, answer)


@pytest.mark.parametrize("name", [n for n, (_, x) in TOOL.places().items() if x.criteria])
def test_all_criteria_give_yes_and_none_gives_no(name: str) -> None:
    item = TOOL.places()[name][1]
    assert given_by(item, all_criteria(name)) == ("yes", ())
    assert given_by(item, all_criteria(name, "no")) == ("no", ())
    assert given_by(item, {})[0] == ""


@pytest.mark.parametrize(
    ("name", "missing", "answer"),
    [
        ("2", "protocol_registered", "partial_yes"),
        ("2", "search_strategy", "no"),
        ("4", "content_experts", "partial_yes"),
        ("7", "each_exclusion_justified", "partial_yes"),
        ("8", "setting", "partial_yes"),
        ("9_rct", "random_sequence", "partial_yes"),
        ("9_nrsi", "confounding", "no"),
        ("11_nrsi", "adjusted_estimates_pooled_or_raw_justified", "no"),
        ("1", "follow_up_timeframe", "yes"),
        ("3", "why_only_rct", "yes"),
    ],
)
def test_one_criterion_that_is_not_met(name: str, missing: str, answer: str) -> None:
    item = TOOL.places()[name][1]
    assert given_by(item, all_criteria(name) | {missing: "no"})[0] == answer


def test_a_criterion_that_is_not_needed_counts_as_met() -> None:
    rest = ratings(a={"2": None})  # type: ignore[dict-item]
    rows = ticked("2", **all_criteria("2") | {"deviations_justified": "not needed"})
    rows += rest.data[["review_id", "item", "answer"]].to_dict("records")
    assert grades(appraised(source("ratings", "consensus", rows)))["a"]["grade"] == "high"
    rows[0]["answer"] = "not needed"
    with pytest.raises(InputError, match="yes, no"):
        appraised(source("ratings", "consensus", rows))


def test_criteria_reach_the_grade_and_an_empty_one_blocks_it_by_name() -> None:
    rest = ratings(a={"7": None}).data[["review_id", "item", "answer"]].to_dict("records")  # type: ignore[dict-item]
    listed = "list_of_full_texts_read_and_excluded"
    rows = ticked("7", **{listed: "no", "each_exclusion_justified": "no"})
    assert grades(appraised(source("ratings", "consensus", rest + rows)))["a"]["grade"] == "low"
    rows[0]["answer"] = ""
    blocked = grades(appraised(source("ratings", "consensus", rest + rows)))["a"]
    assert (blocked["grade"], blocked["blocked_by"]) == ("", f"7 {listed}")


def test_an_answer_that_differs_from_its_criteria_stays_and_is_named() -> None:
    rest = ratings(a={}).data[["review_id", "item", "answer"]].to_dict("records")
    rows = rest + ticked("7", **all_criteria("7", "no"))
    found = appraised(source("ratings", "consensus", rows))
    assert grades(found)["a"]["grade"] == "high"
    (line,) = found.tables["problems"].to_dict("records")
    assert line["found"] == "yes on item 7 of a"
    assert line["allowed"] == "no, as its criteria give it"


def test_unknown_criterion_is_told_with_its_row() -> None:
    rows = ticked("7", nonsense="yes") + ticked("8", setting="maybe")
    with pytest.raises(InputError) as error:
        appraised(source("ratings", "consensus", rows))
    assert [(p.row, p.column) for p in error.value.problems] == [(2, "criterion"), (3, "answer")]


def test_checks_of_designs_are_remarked() -> None:
    parts = {"9": None, "9_rct": "yes", "9_nrsi": "only rct", "11": None, "11_rct": "yes"}
    found = appraised(ratings(a=parts | {"11_nrsi": "no"}))  # type: ignore[arg-type]
    assert "9_nrsi says that there are only" in found.tables["problems"]["found"].iloc[0]


# --- critical sets --------------------------------------------------------------------------------


def with_set(critical: list[str], reason: str) -> Appraisal:
    given_ratings = ratings(a={"2": "no", "7": "no"}, b={"7": "no"})
    import pandas as pd

    frame = pd.DataFrame({"review_id": ["a", "b"], "review_type": ["ma", "ma"]})
    inputs = Inputs(frame, [given_ratings])
    return appraise(inputs, "amstar2", "", critical, reason)


def test_a_critical_set_of_the_team_stands_beside_the_standard_one() -> None:
    line = grades(with_set(["4", "7", "9"], "item 2 cannot be met here"))["a"]
    assert (line["computed"], line["standard_grade"]) == ("low", "critically_low")
    assert line["critical_set"] == "4;7;9"
    assert line["standard_set"] == "2;4;7;9;11;13;15"
    assert line["critical_reason"] == "item 2 cannot be met here"
    with pytest.raises(InputError, match="17"):
        with_set(["17"], "x")


def test_floor_is_the_share_of_the_lowest_grade() -> None:
    found = appraised(ratings(a={"2": "no", "7": "no"}, b={}, c={"1": ""}))
    assert value(found, "overall.floor_share") == 0.5


# --- other tools ----------------------------------------------------------------------------------


def of_tool(name: str, answers: dict[str, str]) -> Appraisal:
    import pandas as pd

    rows = [{"review_id": "a", "item": i, "answer": x} for i, x in answers.items()]
    frame = pd.DataFrame({"review_id": ["a"], "review_type": [""]})
    inputs = Inputs(frame, [source("ratings", "consensus", rows, name)])
    return appraise(inputs, name)


def robis(**changed: str) -> dict[str, str]:
    required = [i for i in load_tool("robis").items if not i.optional]
    given_answers = {i.id: "Y" if "yes" in i.answers else "low" for i in required}
    return given_answers | {k.replace("_", ".").removeprefix("q"): v for k, v in changed.items()}


def test_robis_is_as_judged_and_doubts_are_named() -> None:
    found = of_tool("robis", robis())
    assert grades(found)["a"]["computed"] == "low"
    assert found.tables["problems"].empty
    odd = of_tool("robis", robis(q1_1="PN"))
    assert "domain 1 low although" in odd.tables["problems"]["found"].iloc[0]
    settled = of_tool("robis", robis(q2="high", A="PY", q2_1="N"))
    assert settled.tables["problems"].empty
    unsettled = of_tool("robis", robis(q2="high", A="NI", q2_1="N"))
    assert "overall low although a domain is high" in unsettled.tables["problems"]["found"].iloc[0]
    assert grades(unsettled)["a"]["computed"] == "low"
    blocked = of_tool("robis", robis(q3_4=""))
    assert grades(blocked)["a"]["blocked_by"] == "3.4"


def test_robis_has_its_questions() -> None:
    tool = load_tool("robis")
    questions = [i.id for i in tool.items if "no_information" in i.answers]
    assert len([q for q in questions if q[0].isdigit()]) == 21
    assert questions[-3:] == ["A", "B", "C"]


def test_jbi_counts_and_gives_no_grade() -> None:
    answers = {str(i): "yes" for i in range(1, 12)} | {"9": "No", "10": "NA", "11": "unclear"}
    found = of_tool("jbi", answers)
    line = grades(found)["a"]
    assert (line["computed"], line["basis"]) == ("", "none")
    assert line["reason"] == "not_applicable: the tool has no overall grade"
    assert line["n_noncritical"] == 1
    assert value(found, "item.10.not_applicable") == 1


# --- a new tool -----------------------------------------------------------------------------------

NEW = {
    "id": "short",
    "label": "Short tool",
    "reference": "the team 2026",
    "answers": {"yes": ["y"], "no": ["n"]},
    "items": [
        {"id": "a", "label": "First", "short": "First", "answers": ["yes", "no"]},
        {"id": "b", "label": "Second", "short": "Second", "answers": ["yes", "no"]},
    ],
    "grades": {"good": "Good", "poor": "Poor"},
    "overall": {"rules": [{"grade": "good", "answers_at_least": {"yes": 2}}, {"grade": "poor"}]},
}


def written(tmp_path: Path, body: dict[str, object]) -> Path:
    path = tmp_path / "tool.yaml"
    path.write_text(yaml.safe_dump(body, sort_keys=False), encoding="utf-8")
    return path


@pytest.mark.parametrize(("second", "grade"), [("Y", "good"), ("n", "poor")])
def test_a_new_tool_is_a_file(tmp_path: Path, second: str, grade: str) -> None:
    import pandas as pd

    tool = read_tool(written(tmp_path, NEW))
    rows = [("a", "yes"), ("b", second)]
    listed = [{"review_id": "r", "item": i, "answer": x} for i, x in rows]
    frame = pd.DataFrame({"review_id": ["r"], "review_type": [""]})
    found = appraise(Inputs(frame, [source("ratings", "consensus", listed, "short")]), tool)
    assert grades(found)["r"]["computed"] == grade


def test_every_fault_of_a_tool_file_is_one_line(tmp_path: Path) -> None:
    bad = NEW | {"colour": "blue", "items": [{"id": "a b", "label": "First", "answers": []}]}
    with pytest.raises(InputError) as error:
        read_tool(written(tmp_path, bad))
    lines = str(error.value).splitlines()
    assert len(lines) >= 4
    assert all("tool.yaml" in line for line in lines)


def test_names_and_cut_offs_that_no_review_can_reach_are_told(tmp_path: Path) -> None:
    rules = [{"grade": "good", "answers_at_least": {"yes": 9}}, {"grade": "splendid"}]
    bad = NEW | {"overall": {"rules": rules, "weakness": ["never"]}}
    with pytest.raises(InputError) as error:
        read_tool(written(tmp_path, bad))
    told = str(error.value)
    assert len(error.value.problems) == 3
    assert "splendid" in told and "never" in told and "at most 2" in told


def test_a_profile_may_be_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "ours.yaml"
    path.write_text("id: ours\nreference: us\ncritical: ['4', '7']\nnot_scored: {scoping: ['9']}\n")
    profile = profile_of(TOOL, read_profile(path), "--profile")
    assert profile.critical == {"4", "7"}
    path.write_text("id: ours\ncritical: ['99']\n")
    with pytest.raises(InputError, match="reference"):
        read_profile(path)


def test_a_grade_set_by_hand_is_one_of_the_tool() -> None:
    made = {"review_id": "a", "grade": "splendid", "reason": "x", "by": "R1"}
    with pytest.raises(InputError, match="critically_low") as error:
        appraised(ratings(a={}), overrides=[source("overrides", "overrides", [made])])
    assert [(p.row, p.column) for p in error.value.problems] == [(2, "grade")]
