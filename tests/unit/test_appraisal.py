"""Appraisal: reading answers, settling, grades, agreement, traces.

Golden ratings: public overviews and the example files of the R package amstar2Vis; see
golden/amstar2/README.md of the reference files.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie import tables
from parapluie.appraisal import Appraisal, Inputs, Source, Team, appraise
from parapluie.appraisal.answers import combine, read_answers
from parapluie.appraisal.grades import overall
from parapluie.appraisal.tool import load_tool, tool_names
from parapluie.cli import main
from parapluie.errors import InputError
from parapluie.schema import table_schema
from parapluie.trace import matches

ITEMS = [str(i) for i in range(1, 17)]
TYPES = {
    "ma": {"meta_analysis": True},
    "noma": {"meta_analysis": False},
    "scoping": {"meta_analysis": False, "scoping": True},
}


def source(kind: str, name: str, rows: list[dict[str, str]], tool: str = "amstar2") -> Source:
    columns = list(dict.fromkeys(c for row in rows for c in row))
    shown = f"data/appraisal/{tool}/{name}.csv"
    made = tables.Table(shown, columns, rows, list(range(2, len(rows) + 2)))
    return Source(tool, name, shown, tables.frame(made, table_schema(f"appraisal/{kind}")))


def ratings(name: str = "consensus", **reviews: dict[str, str]) -> Source:
    """Rate reviews: yes on every item but those given; an item given as None is left out."""
    rows = [
        {"review_id": review, "item": item, "answer": answer}
        for review, given_answers in reviews.items()
        for item, answer in (dict.fromkeys(ITEMS, "yes") | given_answers).items()
        if answer is not None
    ]
    return source("ratings", name, rows)


def appraised(
    *given_ratings: Source, types: dict[str, str] | None = None, profile: str = "", **more: object
) -> Appraisal:
    reviews = types or {r: "ma" for s in given_ratings for r in s.data["review_id"]}
    frame = pd.DataFrame({"review_id": list(reviews), "review_type": list(reviews.values())})
    inputs = Inputs(frame, given_ratings, review_types=TYPES, **more)  # type: ignore[arg-type]
    return appraise(inputs, "amstar2", profile)


def grades(found: Appraisal) -> dict[str, dict[str, object]]:
    return found.tables["overall"].set_index("review_id").to_dict("index")


def value(found: Appraisal, key: str) -> object:
    return found.figures.lines[f"appraisal.{key}"]["value"]


# --- golden numbers -------------------------------------------------------------------------------

FILES = (
    "hedco_depression",
    "pmc7382724",
    "jmir_telemedicine_partial",
    "bmj_drc_bariatric_diabetes",
    "bmjpo_preterm_feeding",
    "amstar2vis_sample",
    "amstar2vis_almeida_lowbackpain",
    "amstar2vis_sglt2",
    "amstar2vis_pcsk9",
)
DIALECTS = (
    {},
    {"yes": "Y", "partial_yes": "PY", "no": "N", "no_meta_analysis": "NMA"},
    {"yes": "1", "partial_yes": "Partial Yes", "no": "0", "no_meta_analysis": "N/A"},
    {"yes": " YES ", "partial_yes": "p", "no": "No", "no_meta_analysis": "No MA"},
)


@pytest.mark.shared
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_grades_equal_golden(shared: Path, name: str, dialect: dict[str, str]) -> None:
    folder = shared / "golden/amstar2"
    assert {p.stem for p in folder.glob("*.csv")} == set(FILES)
    rows = list(csv.DictReader((folder / f"{name}.csv").open(encoding="utf-8")))
    answers = {
        f"r{i}": {item: dialect.get(row[item], row[item]) for item in ITEMS}
        for i, row in enumerate(rows)
    }
    found = grades(appraised(ratings(**answers)))
    for i, row in enumerate(rows):
        got = found[f"r{i}"]
        assert got["computed"] == row["algorithm_overall"]
        assert got["n_critical"] == int(row["n_critical_no"])
        assert got["n_noncritical"] == int(row["n_noncritical_no"])
        if "amstar2vis_overall" in row:
            assert got["computed"] == row["amstar2vis_overall"]


@pytest.mark.shared
def test_rule_gives_every_published_grade_of_hedco(shared: Path) -> None:
    rows = list(csv.DictReader((shared / "golden/amstar2/hedco_depression.csv").open()))
    names = [f"r{i}" for i in range(len(rows))]
    recorded = source(
        "recorded",
        "recorded",
        [
            {"review_id": n, "part": "overall", "rating": r["published_overall"]}
            for n, r in zip(names, rows, strict=True)
        ],
    )
    answers = {n: {i: r[i] for i in ITEMS} for n, r in zip(names, rows, strict=True)}
    found = appraised(ratings(**answers), recorded=[recorded])
    assert value(found, "overall.rule_agrees_with_recorded") == len(rows) == 24
    assert (value(found, "item.7.no"), value(found, "item.10.no")) == (20, 24)
    assert (value(found, "overall.low"), value(found, "overall.critically_low")) == (2, 22)


@pytest.mark.shared
def test_profile_equals_the_facts_of_its_paper(shared: Path) -> None:
    rules = json.loads((shared / "example/peer-support/amstar2_rules.json").read_text())
    profile = load_tool("amstar2").profiles["cooper2024"]
    assert {int(i) for i in profile.critical} == set(rules["critical_items"])
    left_out = {k: [int(i) for i in v] for k, v in profile.not_scored.items()}
    assert left_out["scoping"] == rules["not_scored"]["scoping reviews"]
    assert left_out["no_meta_analysis"] == rules["not_scored"]["reviews without meta-analysis"]


# --- the rule -------------------------------------------------------------------------------------


@given(st.integers(0, 7), st.integers(0, 9))
def test_more_weaknesses_never_raise_a_grade(critical: int, minor: int) -> None:
    order = ["high", "moderate", "low", "critically_low"]
    tool = load_tool("amstar2")

    def rank(major: int, other: int) -> int:
        return order.index(overall(tool, major, other, {}))

    here = rank(critical, minor)
    assert rank(critical + 1, minor) >= here
    assert rank(critical, minor + 1) >= here


def test_tools_are_well_formed() -> None:
    assert tool_names() == ["amstar2", "jbi", "robis"]
    tool = load_tool("amstar2")
    assert [item.id for item in tool.items] == ITEMS
    for item in tool.items:
        assert set(item.answers) <= set(tool.codes)
        assert len(item.short) <= 18
    assert all(p.critical <= set(ITEMS) for p in tool.profiles.values())


# --- answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "typed", "allowed"),
    [
        ("1", "partial yes", False),
        ("2", "Partial_Yes", True),
        ("9", "NA", False),
        ("15", "NA", True),
        ("3", "maybe", False),
        ("9_rct", "only nrsi", True),
        ("9_rct", "only rct", False),
        ("17", "yes", False),
        ("11_nrsi", "only rct", True),
    ],
)
def test_answers_are_checked_with_their_row(item: str, typed: str, allowed: bool) -> None:
    given_source = source("ratings", "R1", [{"review_id": "a", "item": item, "answer": typed}])
    problems = read_answers(given_source, load_tool("amstar2"), {"a": []}).problems
    assert [p.row for p in problems] == ([] if allowed else [2])


def test_all_faults_are_told_together() -> None:
    rows = [
        ("a", "1", "maybe"),
        ("a", "99", "yes"),
        ("a", "9", "yes"),
        ("a", "9_rct", "yes"),
        ("b", "9_rct", "only_nrsi"),
        ("b", "9_nrsi", "only_rct"),
    ]
    columns = ("review_id", "item", "answer")
    listed = [dict(zip(columns, row, strict=True)) for row in rows]
    bad = source("recorded", "recorded", [{"review_id": "a", "part": "overall", "rating": "fair"}])
    with pytest.raises(InputError) as error:
        appraised(source("ratings", "consensus", listed), recorded=[bad])
    assert len(error.value.problems) == 5


@pytest.mark.parametrize(
    ("item", "parts", "answer"),
    [
        ("9", ["yes", "no"], "no"),
        ("9", ["partial_yes", "only_rct"], "partial_yes"),
        ("9", ["only_nrsi", "yes"], "yes"),
        ("9", ["only_nrsi", "only_rct"], None),
        ("11", ["no_meta_analysis", "no_meta_analysis"], "no_meta_analysis"),
        ("11", ["no_meta_analysis", "no"], "no"),
    ],
)
def test_parts_combine_to_the_worst_that_applies(
    item: str, parts: list[str], answer: str | None
) -> None:
    tool = load_tool("amstar2")
    assert combine(tool, tool.items[int(item) - 1], parts) == answer


def test_parts_reach_the_grade() -> None:
    found = appraised(ratings(a={"9": None, "9_rct": "yes", "9_nrsi": "no"}))  # type: ignore[dict-item]
    assert grades(found)["a"]["failed_critical"] == "9"
    waiting = appraised(ratings(a={"9": None, "9_rct": "yes"}))  # type: ignore[dict-item]
    assert grades(waiting)["a"]["blocked_by"] == "9_nrsi"


# --- what blocks ----------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["", None])
def test_an_empty_or_missing_answer_blocks_and_is_named(answer: str | None) -> None:
    recorded = source(
        "recorded", "recorded", [{"review_id": "a", "part": "overall", "rating": "high"}]
    )
    found = appraised(ratings(a={"7": answer, "2": "no"}), recorded=[recorded])  # type: ignore[dict-item]
    line = grades(found)["a"]
    assert (line["grade"], line["blocked_by"], line["basis"]) == ("", "7", "none")
    assert "7" in str(line["reason"])
    assert value(found, "item.7.scored") == 0
    assert value(found, "overall.not_rated") == 1


def test_raters_that_agree_pass_and_those_that_differ_block() -> None:
    same = appraised(ratings("R1", a={"2": "no"}), ratings("R2", a={"2": "No"}))
    assert grades(same)["a"]["grade"] == "low"
    differ = appraised(ratings("R1", a={"2": "no"}), ratings("R2", a={"2": "yes"}))
    assert grades(differ)["a"]["blocked_by"] == "2"
    table = differ.tables["disagreements"]
    assert list(table["answers"]) == ["R1: no; R2: yes"]
    settled = source("ratings", "consensus", [{"review_id": "a", "item": "2", "answer": "yes"}])
    agreed = appraised(ratings("R1", a={"2": "no"}), ratings("R2", a={"2": "yes"}), settled)
    assert grades(agreed)["a"]["grade"] == "high"
    assert list(agreed.tables["disagreements"]["state"]) == ["settled"]


def test_each_review_waits_for_as_many_raters_as_it_needs() -> None:
    both = (ratings("R1", a={}, b={}), ratings("R2", a={}))
    found = appraised(*both)
    assert [grades(found)[r]["reason"] for r in "ab"] == ["", "waiting for R2"]
    alone = appraised(*both, team=Team(each=1))
    assert [grades(alone)[r]["grade"] for r in "ab"] == ["high", "high"]
    named = appraised(ratings("R1", a={}), team=Team(["R1", "R2"]))
    assert grades(named)["a"]["reason"] == "waiting for R2"
    of_three = appraised(ratings("R1", a={}), team=Team(["R1", "R2", "R3"]))
    assert grades(of_three)["a"]["reason"] == "waiting for another rater"
    begun = source("ratings", "R2", [{"review_id": "b", "item": "1", "answer": "yes"}])
    waiting = appraised(ratings("R1", b={}), begun)
    assert grades(waiting)["b"]["blocked_by"] == "waiting for R2"


# --- not scored, overrides, recorded --------------------------------------------------------------


def test_not_scored_items_leave_the_denominator() -> None:
    """Cooper et al. 2024: item 9 for scoping reviews; 11 and 15 without meta-analysis."""
    answers = {"9": "no", "11": "no", "15": "no"}
    types = {"a": "ma", "b": "noma", "c": "scoping"}
    found = appraised(ratings(a=answers, b=answers, c=answers), types=types, profile="cooper2024")
    assert [value(found, f"item.{i}.scored") for i in ("9", "11", "15", "2")] == [2, 1, 1, 3]
    assert [grades(found)[r]["grade"] for r in "abc"] == ["critically_low", "low", "high"]
    absent = found.figures.lines["appraisal.items.c.9"]["absent_reason"]
    assert absent == "not_applicable: scoping review (profile cooper2024)"
    plain = appraised(ratings(a=answers, b=answers, c=answers), types=types)
    assert [value(plain, f"item.{i}.scored") for i in ("9", "11", "15")] == [3, 3, 3]


def test_not_applicable_only_where_not_scored() -> None:
    types = {"a": "scoping"}
    found = appraised(ratings(a={"9": "not applicable"}), types=types, profile="cooper2024")
    assert grades(found)["a"]["grade"] == "high"
    with pytest.raises(InputError):
        appraised(ratings(a={"9": "not applicable"}), types={"a": "ma"}, profile="cooper2024")


def test_override_stands_beside_the_computed_grade() -> None:
    override = source(
        "overrides",
        "overrides",
        [
            {
                "review_id": "a",
                "grade": "moderate",
                "reason": "item 2 was met in substance",
                "by": "R1",
            }
        ],
    )
    found = appraised(ratings(a={"2": "no"}), overrides=[override])
    line = grades(found)["a"]
    assert (line["computed"], line["override"], line["final"]) == ("low", "moderate", "moderate")
    assert line["basis"] == "override"
    assert value(found, "overall.moderate") == 1


def test_recorded_grades_and_sets_serve_where_only_they_exist() -> None:
    recorded = source(
        "recorded",
        "recorded",
        [
            {"review_id": "a", "part": "overall", "rating": "high", "source": "S1"},
            {"review_id": "b", "part": "overall", "rating": "", "set": "low;critically_low"},
            {"review_id": "z", "part": "overall", "rating": "low"},
        ],
    )
    found = appraised(types={"a": "ma", "b": "ma", "c": "ma"}, recorded=[recorded])
    assert [grades(found)[r]["basis"] for r in "abc"] == ["recorded", "recorded_set", "none"]
    assert value(found, "overall.low_or_critically_low") == 1
    assert value(found, "overall.low") == 0
    assert value(found, "overall.set.low.critically_low") == 1
    assert found.figures.lines["appraisal.overall.a.grade"]["source"] == "S1"
    assert list(found.tables["problems"]["found"]) == ["z"]
    item = found.figures.lines["appraisal.item.2.no"]
    assert item["absent_reason"] == "not_available: no item answers recorded"


def test_other_tools_are_counted_as_recorded() -> None:
    robis = source(
        "recorded",
        "recorded",
        [
            {"review_id": r, "part": "1", "rating": a}
            for r, a in zip("abc", ("low", "high", "low"), strict=True)
        ],
        tool="robis",
    )
    found = appraised(types=dict.fromkeys("ab", "ma"), recorded=[robis])
    assert value(found, "recorded.robis.1.low") == 1
    assert value(found, "recorded.robis.1.unclear") == 0


def test_published_counts_stand_as_recorded() -> None:
    counts = source(
        "counts",
        "counts",
        [
            {"what": "item 9: risk of bias", "n": "10", "denominator": "29", "source": "S1"},
            {"what": "item 9, risk of bias", "n": "1", "denominator": "2", "source": "S1"},
        ],
    )
    found = appraised(types={"a": "ma"}, counts=[counts])
    assert value(found, "counts.item_9_risk_of_bias_2") == 10
    assert value(found, "counts.item_9_risk_of_bias.denominator") == 2


# --- agreement ------------------------------------------------------------------------------------


def test_agreement_per_item_and_on_the_grade() -> None:
    first = ratings("R1", a={"2": "no"}, b={}, c={})
    second = ratings("R2", a={"2": "no"}, b={"2": "no"}, c={"3": ""})
    agreed = ratings("consensus", c={})
    table = appraised(first, second, agreed).tables["agreement"].set_index("part")
    assert (table.loc["2", "n"], table.loc["2", "percent"]) == (3, pytest.approx(2 / 3))
    assert table.loc["3", "n"] == 2
    assert table.loc["items", "n"] == 47
    assert (table.loc["overall", "n"], table.loc["overall", "percent"]) == (2, 0.5)
    open_c = appraised(first, second).tables["agreement"].set_index("part")
    assert (open_c.loc["3", "n"], open_c.loc["items", "n"]) == (2, 32)
    assert "kappa not_estimable" in table.loc["1", "reason"]


def test_unknown_profile_is_told() -> None:
    with pytest.raises(InputError, match="cooper2024"):
        appraised(ratings(a={}), profile="nonsense")


# --- traces and command ---------------------------------------------------------------------------


@pytest.mark.parametrize(("item", "answer"), [("7", "no"), ("9", ""), ("11", "no")])
def test_a_changed_answer_is_in_the_basis_of_what_it_changes(item: str, answer: str) -> None:
    types = {"a": "ma", "b": "scoping"}
    before = appraised(ratings(a={}, b={}), types=types, profile="cooper2024").figures.lines
    after = appraised(ratings(a={item: answer}, b={}), types=types, profile="cooper2024")
    changed = [k for k in before if before[k]["value"] != after.figures.lines[k]["value"]]
    assert changed
    row = {"review_id": "a", "item": item, "answer": answer}
    for key in changed:
        filters = [f.split(" [")[0] for f in before[key]["rows"].split(";")]
        assert any(matches(f, row, 1 + int(item)) for f in filters), key


def test_command(tmp_path: Path) -> None:
    folder = tmp_path / "data/appraisal/amstar2"
    folder.mkdir(parents=True)
    body = "".join(f"{r},{i},{'no' if i == '2' else 'Yes'}\n" for r in "ab" for i in ITEMS)
    (folder / "consensus.csv").write_text("review_id,item,answer\n" + body)
    (tmp_path / "data/protocol.yaml").write_text("title: t\nappraisal: {tool: amstar2}\n")
    (tmp_path / "reviews.csv").write_text("review_id,first_author,year\na,Smith,2010\nb,,\n")
    words = ["appraisal", "--protocol", str(tmp_path / "data/protocol.yaml")]
    words += ["--reviews", str(tmp_path / "reviews.csv"), "--recorded", "--counts", "--overrides"]
    words += ["--ratings", str(folder / "consensus.csv"), "--out", str(tmp_path / "out")]
    assert main(words) == 0
    svg = (tmp_path / "out/items.svg").read_text()
    assert 'data-key="appraisal.items.a.2"' in svg and "Smith 2010" in svg
    assert 'data-key="appraisal.item.2.no"' in (tmp_path / "out/answers.svg").read_text()
    lines = tables.read_result(tmp_path / "out/overall.csv")
    assert Counter(lines["final"]) == {"low": 2}
    (folder / "consensus.csv").write_text("review_id,item,answer\na,1,perhaps\n")
    assert main(words) == 2
