"""The stage: results of studies and printed results, tables of effects, figures, faults."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from parapluie import tables
from parapluie.cli import main
from parapluie.credibility import sheet_metaumbrella
from parapluie.credibility.people import low_risk, people
from parapluie.credibility.printed import p_of, rounded
from parapluie.credibility.rules import FOLDER, load
from parapluie.credibility.sheets import averaged, study_effects
from parapluie.credibility.stage import Assessed, Sources, assess
from parapluie.effects.dependence import composites, joined_groups
from parapluie.effects.pooling import pool
from parapluie.effects.umbrella import battery
from parapluie.errors import InputError

IOANNIDIS = load(FOLDER / "ioannidis.yaml")
PEOPLE = load(FOLDER / "ioannidis_participants.yaml")
GRADE = load(FOLDER / "grade_algorithmic.yaml")
PROTOCOL: dict[str, Any] = {"synthesis": {"method": "REML", "ci": "HK", "pi": "t_k1"}}


# --- people ---------------------------------------------------------------------------------------


def test_people_from_whatever_cells_there_are() -> None:
    cells = {
        "ai": [5, np.nan, np.nan, 3], "bi": [45, np.nan, np.nan, np.nan],
        "ci": [10, np.nan, np.nan, 4], "di": [40, np.nan, np.nan, np.nan],
        "n1i": [np.nan, 30, np.nan, 20], "n2i": [np.nan, 35, np.nan, 25],
        "n_cases": [np.nan, np.nan, 12, np.nan], "n_total": [np.nan, np.nan, 99, np.nan],
    }  # fmt: skip
    found = people({c: np.array(v, dtype=float) for c, v in cells.items()}, 4)
    nan = math.nan
    assert np.array_equal(found["n_cases"], [15, nan, 12, 7], equal_nan=True)
    assert np.array_equal(found["n_total"], [100, 65, 99, 45], equal_nan=True)
    assert np.array_equal(found["n_controls"], [85, nan, 87, 38], equal_nan=True)
    assert np.array_equal(found["n_group1"], [50, 30, 12, 20], equal_nan=True)


def test_a_risk_of_bias_that_is_not_rated_is_not_high() -> None:
    said = np.array(["low", "high", "some concerns", "", "NR", "NA"], dtype=object)
    assert np.array_equal(low_risk(said), [1, 0, 0, np.nan, np.nan, np.nan], equal_nan=True)


# --- printed results ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "ends"),
    [(0.25, (0.245, 0.255)), (78, (77.5, 78.5)), (0.0, (-0.5, 0.5)), (1e-5, (5e-6, 1.5e-5))],
)
def test_a_printed_number_stands_for_all_that_round_to_it(
    value: float, ends: tuple[float, float]
) -> None:
    assert rounded(value) == pytest.approx(ends, rel=1e-9)


def printed_p(**given: Any) -> tuple[tuple[float, float], str]:
    nan = math.nan
    usual = {"p": nan, "p_operator": "", "yi": nan, "low": nan, "high": nan, "off": 0.0, "k": nan}
    return p_of({**usual, **given})


def test_p_as_printed() -> None:
    assert printed_p(p=0.001, p_operator="<") == ((0.0, 0.001), "printed as < 0.001")
    assert printed_p(p=0.05, p_operator=">") == ((0.05, 1.0), "printed as > 0.05")
    ends, why = printed_p(p=0.03, p_operator="=")
    assert ends == pytest.approx((0.025, 0.035)) and why == "rounded: printed as 0.03"
    ends, why = printed_p()
    assert all(map(math.isnan, ends)) and why.startswith("not_available: neither p nor an interval")


def test_p_of_a_printed_interval_may_rest_on_normal_or_t() -> None:
    half = 0.2
    ends, _ = printed_p(yi=0.3, low=0.3 - half, high=0.3 + half, off=0.0, k=5)
    normal = 2 * stats.norm.sf(0.3 / (half / stats.norm.ppf(0.975)))
    by_t = 2 * stats.t.sf(0.3 / (half / stats.t.ppf(0.975, 4)), 4)
    assert ends == pytest.approx((normal, by_t), rel=1e-9)
    wider, _ = printed_p(yi=0.3, low=0.3 - half, high=0.3 + half, off=0.005, k=5)
    assert wider[0] < ends[0] and wider[1] > ends[1]


def test_a_printed_bound_is_narrowed_by_the_interval() -> None:
    ends, why = printed_p(p=0.001, p_operator="<", yi=0.3, low=0.2, high=0.4, off=0.005)
    assert (
        0 < ends[0] < ends[1] < 1e-6
        and why == "printed as < 0.001, narrowed by the printed interval"
    )
    ends, why = printed_p(p=0.5, p_operator="=", yi=0.3, low=0.2, high=0.4, off=0.005)
    assert ends == pytest.approx((0.45, 0.55)) and "another p" in why


def effect(name: str, **cells: str) -> dict[str, str]:
    usual = {
        "effect_id": name, "review_id": "a", "outcome": "mood", "measure": "OR", "same_as": "",
        "estimate": "1.5", "ci_low": "1.3", "ci_high": "1.73", "p": "1e-8", "p_operator": "<",
        "k": "12", "n": "9000", "i2": "30",
    }  # fmt: skip
    return usual | cells


def review_effect(name: str, **cells: Any) -> dict[str, Any]:
    return {"effect_id": name, "outcome": "mood", **cells}


def of_reviews(
    *rows: dict[str, str], extra: tuple[dict[str, Any], ...] = (), **more: Any
) -> Assessed:
    return assess(
        Sources(
            protocol=PROTOCOL, rules=more.pop("rules", [IOANNIDIS]), printed=rows,
            review_effects=extra or [review_effect(r["effect_id"]) for r in rows],
            review_effects_file="data/extraction/effects.csv", **more,
        )
    )  # fmt: skip


def by_fact(found: Assessed, result: str, of_class: str = "I") -> dict[str, dict[str, str]]:
    return {
        r["fact"]: r for r in found.classes
        if r["result_id"] == result and r.get("for_class") == of_class
    }  # fmt: skip


def test_a_printed_result_is_judged_as_far_as_it_goes() -> None:
    found = of_reviews(effect("E1"))
    (row,) = found.verdicts
    assert (row["class"], row["at_best"], row["at_least"]) == ("not_assessable", "I", "IV")
    lines = by_fact(found, "E1")
    assert lines["egger_p"]["passed"] == "not_assessable"
    assert lines["egger_p"]["reason"] == (
        "not_available: the review does not print it, and the studies are not extracted"
    )
    assert lines["n_cases"]["value"] == "at most 9000"
    assert lines["p"]["passed"] == "yes" and lines["i2"]["passed"] == "yes"
    assert "cases (not_available: the number of cases is not extracted" in row["reason"]


def test_what_a_team_adds_of_a_printed_result_is_used() -> None:
    more = review_effect("E1", n_cases="1500", pi_low="1.1", pi_high="2.1", egger_p="0.4",
                         excess_p="0.6", largest_ci_low="1.2", largest_ci_high="1.6")  # fmt: skip
    found = of_reviews(effect("E1"), extra=(more,))
    assert found.verdicts[0]["class"] == "I"
    assert of_reviews(effect("E1"), extra=({**more, "pi_low": "0.9"},)).verdicts[0]["class"] == "II"


def test_a_printed_result_that_is_not_significant_needs_nothing_else() -> None:
    (row,) = of_reviews(effect("E1", ci_low="0.88", ci_high="2.56", p="")).verdicts
    assert (row["class"], row["reason"]) == ("V", "")


def test_fewer_people_than_cases_asked_for() -> None:
    found = of_reviews(effect("E1", n="900"))
    assert by_fact(found, "E1")["n_cases"]["passed"] == "no"
    assert found.verdicts[0]["class"] == "IV"


def test_a_continuous_outcome_has_no_cases() -> None:
    row = effect("E1", measure="SMD", estimate="0.5", ci_low="0.4", ci_high="0.6", n="25000")
    found = of_reviews(row, rules=[IOANNIDIS, PEOPLE])
    assert by_fact(found, "E1")["n_cases"]["reason"] == (
        "does_not_apply: a continuous outcome has no cases"
    )
    assert [v["at_best"] for v in found.verdicts] == ["I", "I"]
    assert [v["at_least"] for v in found.verdicts] == ["IV", "III"]


def test_rows_that_tell_the_same_result_are_judged_once_and_empty_ones_with_a_reason() -> None:
    found = of_reviews(effect("E1"), effect("E2", same_as="E1"),
                       effect("E3", estimate="", ci_low="", ci_high="", p=""))  # fmt: skip
    assert [v["result_id"] for v in found.verdicts] == ["E1", "E3"]
    assert by_fact(found, "E3", "IV")["p"]["reason"].startswith("not_available: neither p nor")


def test_amstar_grade_and_overlap_can_be_asked_for_by_a_team(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(
        "id: ours\nlabel: Ours\nkind: ladder\nsource: us\nclasses:\n"
        "  - {class: good, criteria: {amstar2: {at_least: moderate}, cca: {below: 10}}}\n"
        "otherwise: {class: other}\n"
    )
    appraisal = [{"review_id": "a", "final": "high"}]
    overlap = [{"scope": "mood", "level": "study", "cca": "0.05"}]
    rules = [load(tmp_path / "ours.yaml")]
    found = of_reviews(effect("E1"), rules=rules, appraisal=appraisal, overlap=overlap)
    assert found.verdicts[0]["class"] == "good"
    assert of_reviews(effect("E1"), rules=rules, overlap=overlap).verdicts[0]["class"] == (
        "not_assessable"
    )


# --- results of studies ---------------------------------------------------------------------------


def of_studies(k: int = 12, measure: str = "OR", **more: Any) -> Sources:
    rng = np.random.default_rng(7)
    v = rng.uniform(0.01, 0.1, k)
    y = rng.normal(0.5, np.sqrt(v))
    averages = [
        {"pool_id": "mood", "outcome": "mood", "measure": measure, "study_id": f"s{i}",
         "yi": repr(float(y[i])), "vi": repr(float(v[i]))}
        for i in range(k)
    ]  # fmt: skip
    effects = [
        {"study_effect_id": f"e{i}", "study_id": f"s{i}", "outcome": "mood", "measure": measure,
         "ai": 60.0, "bi": 140.0, "ci": 40.0, "di": 160.0, "n1i": math.nan, "n2i": math.nan,
         "ni": math.nan, "x1i": math.nan, "x2i": math.nan, "xi": math.nan, "mi": math.nan}
        for i in range(k)
    ]  # fmt: skip
    facts = [{"study_id": f"s{i}", "rob_overall": "low" if i % 4 else "high",
              "n_participants": 500.0} for i in range(k)]  # fmt: skip
    pooled = [{"pool_id": "mood", "outcome": "mood", "measure": measure, "level": "studies",
               "method": "REML_HK", "main": "yes"}]  # fmt: skip
    return Sources(
        **{
            "protocol": PROTOCOL, "rules": [IOANNIDIS, GRADE], "pooled": pooled,
            "averages": averages, "study_effects": effects, "study_facts": facts,
            "study_effects_file": "data/extraction/study_effects.csv", **more,
        }
    )  # fmt: skip


def test_studies_are_pooled_as_the_protocol_says() -> None:
    sources = of_studies()
    (row,) = assess(sources).battery
    y = [float(a["yi"]) for a in sources.averages]
    v = [float(a["vi"]) for a in sources.averages]
    alone = pool(y, v, "REML", "HK", "t_k1")
    assert row["p"] == pytest.approx(alone.p, rel=1e-12)
    assert (row["k"], row["n_cases"], row["n_total"]) == (12, 1200, 4800)
    assert row["low_risk"] == pytest.approx(
        sum(w for i, w in enumerate(alone.weights) if i % 4), rel=1e-9
    )


def test_each_criterion_of_a_result_is_told() -> None:
    found = assess(of_studies())
    assert [v["rule_set"] for v in found.verdicts] == ["ioannidis", "grade_algorithmic"]
    lines = by_fact(found, "mood")
    assert lines["n_cases"]["value"] == "1200" and lines["n_cases"]["threshold"] == "above 1000"
    assert lines["n_cases"]["figure"] == "credibility.fact.mood.n_cases"
    assert len([r for r in found.classes if r["rule_set"] == "ioannidis"]) == 12
    assert len([r for r in found.classes if r["rule_set"] == "grade_algorithmic"]) == 6


def test_figures_lead_back_to_rows_and_to_the_pooled_result() -> None:
    figures = assess(of_studies()).figures.lines
    p = figures["credibility.fact.mood.p"]
    assert p["rests_on"] == "synthesis.pooled.mood.REML_HK.p"
    assert (
        p["file"] == "data/extraction/study_effects.csv" and p["rows"] == "outcome=mood [12 rows]"
    )
    one = figures["credibility.class.ioannidis.mood"]
    assert "credibility.fact.mood.egger_p" in one["rests_on"].split(";")
    assert figures["credibility.classes"]["value"] == 1
    assert figures["credibility.rule_set.ioannidis"]["value"] == 1
    assert figures["credibility.fact.mood.ci_to_large.grade_algorithmic"]["value"] in ("yes", "no")


def test_one_study_and_two_studies() -> None:
    one = assess(of_studies(1, rules=[IOANNIDIS]))
    lines = by_fact(one, "mood")
    assert lines["pi"]["reason"] == "not_estimable: k=1"
    assert lines["egger_p"]["reason"] == "not_estimable: k=1, a line with its error needs 3"
    two = assess(of_studies(2, rules=[IOANNIDIS]))
    assert by_fact(two, "mood")["egger_p"]["passed"] == "not_assessable"
    assert two.battery[0]["jackknife_p"] > 0
    assert "egger_t, egger_p, small_study_effects: not_estimable: k=2" in two.battery[0]["reasons"]


def test_people_of_the_study_stand_in_where_its_results_do_not_tell() -> None:
    sources = of_studies(3, study_effects=[])
    (row,) = assess(sources).battery
    assert row["n_total"] == 1500 and math.isnan(row["n_cases"])
    assert "n_cases, n_controls" not in row["reasons"]
    assert "not_available: no number of cases of 3 of 3 studies" in row["reasons"]


def test_results_pooled_over_reviews_get_no_class() -> None:
    across = {"pool_id": "mood__OR__reviews", "outcome": "mood", "measure": "OR",
              "level": "reviews", "method": "REML", "main": "yes"}  # fmt: skip
    sources = of_studies()
    found = assess(of_studies(pooled=[*sources.pooled, across]))
    row = found.verdicts[-1]
    assert row["class"] == "not_assessable" and "may share trials" in row["reason"]
    assert found.figures.lines["credibility.classes"]["value"] == 1


def test_without_a_set_of_rules_there_are_no_classes_but_the_numbers() -> None:
    found = assess(of_studies(rules=[]))
    assert (found.classes, found.verdicts, len(found.battery)) == ([], [], 1)
    assert found.figures.lines["credibility.classes"]["absent_reason"] == (
        "not_available: no set of rules for credibility is chosen"
    )
    empty = assess(Sources(protocol={}, rules=[IOANNIDIS])).figures.lines
    assert empty["credibility.classes"]["absent_reason"] == "not_available: no pooled result"


# --- tables of effects ----------------------------------------------------------------------------


def sheet(folder: Path, rows: list[dict[str, Any]], name: str = "sheet.csv") -> Path:
    columns = list(dict.fromkeys(c for row in rows for c in row))
    path = folder / name
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def study(factor: str, name: str, **cells: Any) -> dict[str, Any]:
    return {"factor": factor, "study_id": name, "measure": "OR", "yi": 0.3, "vi": 0.04} | cells


def test_rows_of_one_study_are_averaged(tmp_path: Path) -> None:
    rows = [study("f", "a", yi=0.1, vi=0.04, n_cases=10, n_controls=20),
            study("g", "a", yi=0.9), study("f", "b", yi=0.5),
            study("f", "a", yi=0.3, vi=0.09, n_cases=30, n_controls=5)]  # fmt: skip
    found = study_effects(tables.read_text(sheet(tmp_path, rows)), "factor", 0.6)
    wanted = composites([0.1, 0.3], [0.04, 0.09], ["a", "a"], 0.6)
    assert found.factors.names.tolist() == ["f", "g"]
    assert found.factors.studies.tolist() == ["a", "b", "a"]
    assert found.factors.numbers["yi"][0] == pytest.approx(wanted.yi[0])
    assert found.factors.numbers["vi"][0] == pytest.approx(wanted.vi[0])
    assert found.factors.numbers["n_cases"][0] == 30  # the most of any result
    assert found.paths.tolist()[0] == "mean of the results of the study"


def test_averages_are_those_of_composites_whatever_their_number() -> None:
    rng = np.random.default_rng(3)
    which = np.sort(rng.integers(0, 20, 60))
    _, which = np.unique(which, return_inverse=True)
    y, v, r = rng.normal(size=60), rng.uniform(0.01, 1, 60), rng.uniform(-0.05, 1, 20)[which]
    yi, vi = averaged(y, v, r, which, int(which.max()) + 1)
    for i in range(yi.size):
        rows = which == i
        wanted = composites(y[rows], v[rows], ["s"] * rows.sum(), float(r[rows][0]))
        assert (yi[i], vi[i]) == pytest.approx((wanted.yi[0], wanted.vi[0]))


def test_a_factor_with_several_measures_becomes_one_for_each(tmp_path: Path) -> None:
    rows = [study("f", "a"), study("f", "b", measure="SMD"), study("g", "c")]
    found = study_effects(tables.read_text(sheet(tmp_path, rows)), "factor")
    assert found.factors.names.tolist() == ["f__OR", "f__SMD", "g"]
    assert found.about.measures == ["OR", "SMD", "OR"]


def test_a_row_without_an_effect_is_left_out_with_a_line(tmp_path: Path) -> None:
    rows = [study("f", "a"), study("f", "b", yi=""), study("g", "c", vi="")]
    found = study_effects(tables.read_text(sheet(tmp_path, rows)), "factor")
    assert [(r["factor"], r["study"], r["row"]) for r in found.left_out] == [
        ("f", "b", "3"), ("g", "c", "4"),
    ]  # fmt: skip
    assert all(r["reason"].startswith("not_available") for r in found.left_out)
    numbers = battery(found.factors)
    assert numbers.numbers["k"].tolist() == [1, 0]
    assert numbers.reason("p", 1) == "not_estimable: k=0"


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([{"factor": "f", "yi": 1}], ["no column measure", "no column study_id"]),
        ([study("f", "a", measure="OOR")], ["'OOR'"]),
        ([study("", "a"), study("f", "")], ["row 2", "row 3"]),
        ([study("f", "a", yi="0,3x")], ["'0,3x'; allowed: a number"]),
        ([study("f", "a"), study("f", "a")], ["2 rows of studies with several results"]),
        ([study("f", "a", yi="x", vi="y", measure="z")], ["'x'", "'y'", "'z'"]),
    ],
)
def test_faults_of_a_table_are_told_together(
    tmp_path: Path, rows: list[dict[str, Any]], found: list[str]
) -> None:
    with pytest.raises(InputError) as caught:
        study_effects(tables.read_text(sheet(tmp_path, rows)), "factor")
    text = str(caught.value)
    assert all(part in text for part in found), text
    assert len(text.splitlines()) == len(found)


def test_the_command_writes_the_same_bytes_twice_and_whatever_the_order_of_rows(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(11)
    rows = [study(f"f{i}", f"s{j}", yi=round(rng.normal(0.3, 0.3), 4),
                  vi=round(rng.uniform(0.01, 0.2), 4), n_cases=int(rng.integers(9, 400)),
                  n_controls=int(rng.integers(9, 400)), rob="low")
            for i in range(5) for j in range(4 + i)]  # fmt: skip
    command = ["credibility", "--rule-sets", "ioannidis", "grade_algorithmic", "--effects"]
    outs = []
    for n, some in enumerate([rows, rows, [rows[i] for i in rng.permutation(len(rows))]]):
        path, out = sheet(tmp_path, some, f"s{n}.csv"), tmp_path / f"out{n}"
        assert main([*command, str(path), "--out", str(out)]) == 0
        outs.append({p.name: p.read_bytes() for p in sorted(out.iterdir())})
    assert set(outs[0]) == {
        "battery.csv", "classes.csv", "left_out.csv", "studies.csv", "verdicts.csv"
    }  # fmt: skip
    assert outs[0] == outs[1]
    first, third = (
        sorted((r["result_id"], r["rule_set"], r["class"]) for r in csv.DictReader(
            o["verdicts.csv"].decode().splitlines())) for o in (outs[0], outs[2])
    )  # fmt: skip
    assert first == third and len(first) == 10


def test_options_of_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [study("f", s, yi=y) for s, y in (("a", 0.1), ("b", 0.6), ("c", 0.2))]
    path = str(sheet(tmp_path, rows))
    base = ["credibility", "--effects", path, "--out", str(tmp_path / "out")]
    assert main([*base, "--method", "DL", "--ci", "z", "--pi", "t_k2", "--rule-sets"]) == 0
    (row,) = tables.read_text(tmp_path / "out" / "battery.csv").rows
    alone = pool([0.1, 0.6, 0.2], [0.04] * 3, "DL", "z", "t_k2")
    assert float(row["p"]) == pytest.approx(alone.p)
    assert tables.read_text(tmp_path / "out" / "verdicts.csv").rows == []
    for wrong, said in (
        (["--method", "XX"], "method 'XX'"), (["--excess", "XX"], "excess 'XX'"),
        (["--true-effect", "XX"], "'XX'; allowed: UWLS, largest, pooled, or a number"),
        (["--rule-sets", "XX"], "set of rules 'XX'"),
    ):  # fmt: skip
        capsys.readouterr()
        assert main([*base, *wrong]) == 2
        assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "no such file"),
        ("", "an empty file"),
        ("factor,study_id,measure,yi,vi\nf,a,OR,1e400,0.1\n", "'1e400'"),
    ],
)
def test_a_table_that_cannot_be_read_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, said: str
) -> None:
    path = tmp_path / "t.csv"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert main(["credibility", "--effects", str(path), "--out", str(tmp_path / "out")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line and not (tmp_path / "out").exists()


@pytest.mark.parametrize("rows", ["", "f,a,OR,,\n", "f,a,OR,0.1,-1\n"])
def test_a_table_without_any_effect_gives_empty_tables(tmp_path: Path, rows: str) -> None:
    path, out = tmp_path / "t.csv", tmp_path / "out"
    path.write_text("factor,study_id,measure,yi,vi\n" + rows, encoding="utf-8")
    assert main(["credibility", "--effects", str(path), "--out", str(out)]) == 0
    assert tables.read_text(out / "studies.csv").rows == []
    n = 1 if rows else 0
    assert len(tables.read_text(out / "left_out.csv").rows) == n
    verdicts = tables.read_text(out / "verdicts.csv").rows
    assert [r["class"] for r in verdicts] == ["not_assessable"] * n


def test_the_stage_says_which_inputs_are_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["credibility", "--out", str(tmp_path)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 6 and all("found no --" in line for line in lines)
    assert list(tmp_path.iterdir()) == []


# --- sheets of metaumbrella -----------------------------------------------------------------------


def row_of(factor: str, author: str, **cells: Any) -> dict[str, Any]:
    usual = {"meta_review": "m", "factor": factor, "author": author, "year": 2001, "measure": "SMD"}
    return usual | cells


def read(folder: Path, rows: list[dict[str, Any]]) -> Any:
    return sheet_metaumbrella.read(tables.read_text(sheet(folder, rows)))


def test_defect_3_each_study_has_the_correlation_of_its_own_rows(tmp_path: Path) -> None:
    rows = [
        row_of("f", author, measure="logOR", value=y, se=0.3, multiple_es="outcomes", r=r)
        for author, r in (("a", 0.1), ("b", 0.9)) for y in (0.2, 0.4)
    ]  # fmt: skip
    vi = read(tmp_path, rows).factors.numbers["vi"]
    wanted = [composites([0.2, 0.4], [0.09, 0.09], ["s", "s"], r).vi[0] for r in (0.1, 0.9)]
    assert vi == pytest.approx(wanted) and wanted[0] < wanted[1]


def test_defect_4_one_study_is_tested_by_its_own_degrees_of_freedom(tmp_path: Path) -> None:
    """The first row of the sheet has 998 degrees of freedom, the single study 18."""
    rows = [row_of("f", a, measure="G", value=0.5, se=0.1, n_cases=500, n_controls=500)
            for a in ("a", "b")]  # fmt: skip
    rows.append(row_of("g", "c", measure="G", value=0.8, se=0.4, n_cases=10, n_controls=10))
    numbers = battery(read(tmp_path, rows).factors).numbers
    assert numbers["p"][1] == pytest.approx(2 * stats.t.sf(2.0, 18), rel=1e-9)
    assert numbers["p"][1] > 0.05 > 2 * stats.t.sf(2.0, 998)


def test_defect_9_p_keeps_its_digits(tmp_path: Path) -> None:
    rows = [row_of("f", "a", measure="logOR", value=5.0, se=0.5)]
    p = battery(read(tmp_path, rows).factors).numbers["p"][0]
    assert p == pytest.approx(math.erfc(10 / math.sqrt(2)), rel=1e-9)


def test_groups_are_joined_by_inverse_variance_and_people_added(tmp_path: Path) -> None:
    rows = [row_of("f", "a", measure="OR", value=v, ci_lo=lo, ci_up=up, n_cases=n, n_controls=2 * n,
                   multiple_es="groups")
            for v, lo, up, n in ((2.0, 1.0, 4.0, 30), (1.5, 1.0, 2.25, 50))]  # fmt: skip
    found = read(tmp_path, rows).factors.numbers
    se = [math.log(4) / (2 * stats.norm.ppf(0.975)), math.log(2.25) / (2 * stats.norm.ppf(0.975))]
    wanted = joined_groups([math.log(2), math.log(1.5)], [s**2 for s in se], ["s", "s"])
    assert (found["yi"][0], found["vi"][0]) == pytest.approx((wanted.yi[0], wanted.vi[0]))
    assert (found["n_cases"][0], found["n_total"][0]) == (80, 240)
    half = stats.norm.ppf(0.975) * math.sqrt(wanted.vi[0])
    assert found["ci_high"][0] == pytest.approx(wanted.yi[0] + half)


def test_reversed_effects_and_discarded_rows(tmp_path: Path) -> None:
    plain = {
        "measure": "OR",
        "value": 2.0,
        "ci_lo": 1.1,
        "ci_up": 3.9,
        "n_cases": 9,
        "n_controls": 9,
    }
    rows = [row_of("f", "a", **plain), row_of("f", "b", **plain, reverse_es="reverse"),
            row_of("f", "c", **plain, discard="yes")]  # fmt: skip
    found = read(tmp_path, rows).factors
    assert found.studies.tolist() == ["a 2001", "b 2001"]
    assert found.numbers["yi"].tolist() == [math.log(2), -math.log(2)]
    assert found.numbers["ci_low"][1] == pytest.approx(-math.log(3.9))
    assert found.numbers["ci_high"][1] == pytest.approx(-math.log(1.1))


@pytest.mark.parametrize(
    ("measures", "scale"),
    [
        (["SMD", "SMD"], "SMD"),
        (["MD", "G"], "SMD"),
        (["SMD", "OR"], "SMD"),
        (["SMC", "SMD"], "SMD"),
        (["MC", "MC"], "SMC"),
        (["OR", "RR"], "OR"),
        (["HR", "RR"], "OR"),
        (["logOR", "OR"], "OR"),
        (["HR", "HR"], "HR"),
        (["IRR"], "IRR"),
        (["R", "Z"], "ZCOR"),
    ],
)
def test_the_common_scale_of_a_factor(measures: list[str], scale: str) -> None:
    from parapluie.effects.metaumbrella import common_scale

    assert common_scale(measures) == scale


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([row_of("f", "a", measure="XX")], "'XX'; allowed: G, MC"),
        ([row_of("f", "a", measure="SMD"), row_of("f", "b", measure="RR")], "RR, SMD cannot be"),
        ([row_of("f", "a", measure="R"), row_of("f", "b", measure="OR")], "OR, R cannot be"),
        ([row_of("f", "a"), row_of("f", "a")], "2 rows of one study with ''"),
        (
            [row_of("f", "a", multiple_es="groups"), row_of("f", "a", multiple_es="outcomes")],
            "2 rows of one study with 'groups', 'outcomes'",
        ),
        ([row_of("f", "a", multiple_es="both")], "'both'; allowed: groups, outcomes"),
        ([row_of("f", "a", rob="bad")], "'bad'; allowed: low, unclear, high"),
        ([row_of("f", "a", value="x")], "'x'; allowed: a number"),
        ([row_of("", "a")], "''; allowed: a name"),
    ],
)
def test_faults_of_a_sheet(tmp_path: Path, rows: list[dict[str, Any]], found: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, rows)
    assert found in str(caught.value)
    assert len(caught.value.problems) == 1


def test_a_row_that_gives_no_effect_is_left_out_with_a_line(tmp_path: Path) -> None:
    rows = [row_of("f", "a", value=0.3, se=0.1, n_cases=50, n_controls=50), row_of("f", "b"),
            row_of("g", "c")]  # fmt: skip
    found = read(tmp_path, rows)
    assert found.factors.names.tolist() == ["f"]
    assert [(r["factor"], r["study"], r["row"]) for r in found.left_out] == [
        ("f", "b 2001", "3"), ("g", "c 2001", "4"),
    ]  # fmt: skip
