"""The profile of metaumbrella against what version 1.1.0 of that package gives on its own data.

How those numbers were made, and the defects of the package that show in them: README.md beside
them. Where a defect reaches a number or a class, the test names the factor and shows both.

Its searches for tau² stop early: REML and ML at a change of 1e-5, PM at 1.2e-4. So tau² is compared
to that, and everything else with the package's own tau² put in, where nothing but the formulas is
left to differ; then once more from end to end.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from parapluie import tables
from parapluie.credibility import sheet_metaumbrella
from parapluie.credibility.classify import Classified, classify, verdict_rows
from parapluie.credibility.measured import known_of
from parapluie.credibility.rules import FOLDER, RuleSet, load
from parapluie.credibility.sheets import Sheet
from parapluie.effects.convert import equivalent_g, equivalent_odds_ratio
from parapluie.effects.metaumbrella import CONVENTIONS
from parapluie.effects.pooling import pool, pool_sets
from parapluie.effects.umbrella import Battery, Conventions, battery
from parapluie.effects.umbrella_tests import power_of_groups
from parapluie.errors import InputError
from parapluie.overlap.cca import matrix, pairs

pytestmark = pytest.mark.shared

SETS = ("IRR", "MC", "MD", "OR.multi", "R", "RR", "SMC", "SMD", "radua2019")
METHODS = {
    "REML": ("REML", "z"), "DL": ("DL", "z"), "hksj": ("DL", "HK"), "PM": ("PM", "z"),
    "ML": ("ML", "z"), "FE": ("common", "z"),
}  # fmt: skip
"""Its estimators to ours."""
SEARCH = {"REML": 1.5e-5, "ML": 1.5e-5, "PM": 1.3e-4}
"""How far its search for tau² may stop from the solution."""
DIRECT = ("DL", "common")


@dataclass(frozen=True)
class Run:
    """One variant: what is ours, and what is theirs by factor."""

    name: str
    variant: str
    sheet: Sheet
    found: Battery
    theirs: dict[str, Any]

    @property
    def factors(self) -> list[tuple[int, str, dict[str, Any]]]:
        return [(i, str(f), self.theirs[f]) for i, f in enumerate(self.sheet.factors.names)]

    def ours(self, name: str, i: int) -> float:
        return float(self.found.numbers[name][i])


@cache
def golden(folder: Path, name: str) -> dict[str, Any]:
    text = (folder / f"golden/metaumbrella/outputs/df.{name}.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@cache
def sheet_of(folder: Path, name: str, r: float = 0.5, pre_post: float = 0.8) -> Sheet:
    path = folder / f"golden/metaumbrella/inputs/df.{name}.csv"
    return sheet_metaumbrella.read(tables.read_text(path), r, pre_post)


def conventions(args: dict[str, Any]) -> Conventions:
    method, ci = METHODS[args.get("method.var", "REML")]
    return CONVENTIONS.but({
        "method": method,
        "ci": ci,
        "excess": args.get("method.esb", "TESSPSST"),
        "true_effect": args.get("true_effect", "UWLS"),
        "tau2_of_power": args.get("tau2"),
    })  # fmt: skip


@cache
def run(folder: Path, name: str, variant: str) -> Run:
    given = golden(folder, name)["variants"][variant]
    args = dict(given["args"] or {})
    sheet = sheet_of(folder, name, args.get("r", 0.5), args.get("pre_post_cor", 0.8))
    found = battery(sheet.factors, conventions(args))
    return Run(name, variant, sheet, found, given.get("factors", {}))


VARIANTS = [
    (name, variant)
    for name in SETS
    for variant in (
        ["default", "method.var=hksj"]
        + (["r=0.8"] if name == "radua2019" else [])
        + (["method.var=FE", "r=0.2", "r=0.8"] if name == "OR.multi" else [])
        + (
            [f"method.var={m}" for m in ("DL", "PM", "ML", "FE")]
            + ["method.esb=TESS", "method.esb=PSST", "true_effect=largest", "true_effect=0.2",
               "tau2=0"]
            if name not in ("OR.multi", "radua2019") else []
        )
        + (["pre_post_cor=0.2", "pre_post_cor=0.5"] if name in ("MC", "MD", "SMC") else [])
    )
]  # fmt: skip
every_variant = pytest.mark.parametrize(("name", "variant"), VARIANTS)


def test_no_variant_is_passed_over(shared: Path) -> None:
    there = {
        (name, variant)
        for name in SETS
        for variant, given in golden(shared, name)["variants"].items()
        if "factors" in given
    }
    assert there == set(VARIANTS)
    assert sum(len(run(shared, *v).factors) for v in VARIANTS) == 253
    without = {
        (name, variant)
        for name in SETS
        for variant, given in golden(shared, name)["variants"].items()
        if "factors" not in given
    }
    assert {variant for _, variant in without} == {"true_effect=pooled"} and len(without) == 7


def same(ours: float, theirs: float | None, relative: float) -> bool:
    """Tell whether two numbers are both absent, or as near as that."""
    if theirs is None or math.isnan(ours):
        return theirs is None and math.isnan(ours)
    return math.isclose(ours, theirs, rel_tol=relative, abs_tol=1e-300)


# --- studies --------------------------------------------------------------------------------------

OTHER_SIZES = {
    "OR.multi": {"n-3 fatty acids": 3, "Carbohydrates": 6, "Sodium": 2},
    "radua2019": {"Psychotic disorder": 2},
}
"""Studies whose size defect 2 makes the sum over all joined studies of the factor."""


@pytest.mark.parametrize("name", SETS)
def test_every_study(shared: Path, name: str) -> None:
    for variant in [v for n, v in VARIANTS if n == name]:
        one = run(shared, name, variant)
        given, joined = one.sheet.factors.numbers, one.found.of_studies
        sizes: Counter[str] = Counter()
        seen = 0
        for i, factor, theirs in one.factors:
            by_name = {f"{s['author']} {s['year']}": s for s in theirs["studies"]}
            start, end = one.sheet.factors.offsets[i : i + 2]
            assert len(by_name) == end - start
            for place in range(start, end):
                study = by_name[str(one.sheet.factors.studies[place])]
                seen += 1
                assert math.isclose(given["yi"][place], study["value"], rel_tol=1e-9, abs_tol=1e-12)
                assert same(math.sqrt(given["vi"][place]), study["se"], 1e-9)
                assert same(given["n_cases"][place], study["n_cases"], 0)
                assert same(given["n_controls"][place], study["n_controls"], 0)
                assert bool(joined["significant"][place]) == study["significant"]
                if not study.get("multiple_es"):
                    assert math.isclose(given["ci_low"][place], study["ci_lo"], abs_tol=1e-9)
                    assert math.isclose(given["ci_high"][place], study["ci_up"], abs_tol=1e-9)
                sizes[factor] += not same(given["n_total"][place], study["n_sample"], 0)
        assert seen == sum(len(f["studies"]) for _, _, f in one.factors)
        assert {f: n for f, n in sizes.items() if n} == OTHER_SIZES.get(name, {})


@pytest.mark.parametrize("name", ["OR.multi", "radua2019"])
def test_defect_1_joined_studies_have_intervals_of_their_own(shared: Path, name: str) -> None:
    """Theirs is that of the first joined study for all of them; value and error are right."""
    one = run(shared, name, "default")
    given = one.sheet.factors.numbers
    wrong = Counter({f: 0 for _, f, _ in one.factors})
    for i, factor, theirs in one.factors:
        by_name = {f"{s['author']} {s['year']}": s for s in theirs["studies"]}
        for place in range(*one.sheet.factors.offsets[i : i + 2]):
            study = by_name[str(one.sheet.factors.studies[place])]
            if not study.get("multiple_es"):
                continue
            middle = (given["ci_low"][place] + given["ci_high"][place]) / 2
            assert math.isclose(middle, study["value"], abs_tol=1e-9)
            off = abs((study["ci_lo"] + study["ci_up"]) / 2 - study["value"])
            wrong[factor] += off > 1e-6
        assert wrong[factor] == theirs["aggregated_ci_not_centred_on_value"]
    assert sum(wrong.values()) == {"OR.multi": 9, "radua2019": 6}[name]


@pytest.mark.parametrize("name", ["OR.multi", "radua2019"])
def test_defect_2_sizes_of_joined_outcomes_are_their_own(shared: Path, name: str) -> None:
    """Theirs are the sum of all people of the joined outcomes of the factor."""
    one = run(shared, name, "default")
    given, compared = one.sheet.factors.numbers, 0
    for i, _, theirs in one.factors:
        outcomes = [s for s in theirs["studies"] if s.get("multiple_es") == "aggregated_outcomes"]
        if len(outcomes) < 2:
            continue
        everyone = sum(s["n_cases"] + s["n_controls"] for s in outcomes)
        places = {str(one.sheet.factors.studies[p]): p
                  for p in range(*one.sheet.factors.offsets[i : i + 2])}  # fmt: skip
        for study in outcomes:
            ours = given["n_total"][places[f"{study['author']} {study['year']}"]]
            assert ours == study["n_cases"] + study["n_controls"]
            assert study["n_sample"] == everyone
            compared += 1
    assert compared == {"OR.multi": 11, "radua2019": 2}[name]


# --- pooled ---------------------------------------------------------------------------------------


@every_variant
def test_tau2_is_where_its_search_was_going(shared: Path, name: str, variant: str) -> None:
    one = run(shared, name, variant)
    method = one.found.conventions.method
    for i, _, theirs in one.factors:
        if theirs["tau2"] is None:
            assert method == "common" and one.ours("tau2", i) == 0
        elif method in DIRECT:
            assert math.isclose(one.ours("tau2", i), theirs["tau2"], rel_tol=1e-8, abs_tol=1e-12)
        else:
            assert abs(one.ours("tau2", i) - theirs["tau2"]) <= SEARCH[method]


@every_variant
def test_formulas_with_its_tau2_put_in(shared: Path, name: str, variant: str) -> None:
    """Pooled effect, interval, p and prediction: all to 1e-8; Q, I² and Egger's test too."""
    one = run(shared, name, variant)
    given = one.sheet.factors
    rules = one.found.conventions
    tau2 = np.array([theirs["tau2"] or 0.0 for _, _, theirs in one.factors])
    fed = pool_sets(given.numbers["yi"], given.numbers["vi"], given.offsets, ci=rules.ci,
                    pi=rules.pi, tau2=tau2)  # fmt: skip
    for i, _, theirs in one.factors:
        names = {"estimate": "value", "ci_low": "ci_lo", "ci_high": "ci_up", "p": "p_value"}
        if rules.method != "common":
            names |= {"pi_low": "pi_lo", "pi_high": "pi_up"}
        for ours, name_ in names.items():
            value = float(getattr(fed, ours)[i])
            assert math.isclose(value, theirs[name_], rel_tol=1e-8, abs_tol=1e-12), (name_, i)
        plain = float(fed.estimate[i] / fed.se_model[i])  # also of hksj, as it prints it
        assert math.isclose(plain, theirs["z"], rel_tol=1e-8, abs_tol=1e-12)
        for ours, name_ in (("i2_q", "I2"), ("q", "Q"), ("q_p", "Q_p"), ("egger_t", "egger_t"),
                            ("egger_p", "egger_p")):  # fmt: skip
            assert same(one.ours(ours, i), theirs[name_], 1e-8) or theirs[name_] == 0


@every_variant
def test_pooled_from_end_to_end(shared: Path, name: str, variant: str) -> None:
    """Numbers to 1e-4 of themselves and their standard error; p to 1e-3, of PM to 5e-3."""
    one = run(shared, name, variant)
    method = one.found.conventions.method
    looser = 10 if method == "PM" else 1
    for i, _, theirs in one.factors:
        se = one.ours("se", i)
        for ours, name_ in (("estimate", "value"), ("ci_low", "ci_lo"), ("ci_high", "ci_up")):
            near = (1e-8 if method in DIRECT else looser * 1e-4) * (abs(theirs[name_]) + se)
            assert abs(one.ours(ours, i) - theirs[name_]) <= near
        assert same(one.ours("p", i), theirs["p_value"], 5e-3 if method == "PM" else 1e-3)
        for ours, name_ in (("k", "n_studies"), ("n_cases", "n_cases"), ("n_total", "total_n"),
                            ("n_controls", "n_controls")):  # fmt: skip
            assert same(one.ours(ours, i), theirs[name_], 0)
        assert same(one.ours("low_risk", i), theirs["overall_rob"], looser * 1e-4)
        if method == "common":
            assert math.isnan(one.ours("pi_low", i)) and theirs["pi_lo"] is None


def _p_without_each(one: Run, i: int) -> list[np.ndarray]:
    """Give ours, and p at both ends of what its search for tau² may have stopped at."""
    rules, given = one.found.conventions, one.sheet.factors
    start, end = given.offsets[i : i + 2]
    found = [one.found.of_studies["p_without"][start:end]]
    slack = 4 * SEARCH.get(rules.method, 0.0)  # steps that small may still be far from the end
    if slack and end - start > 2:
        others = [place for left in range(start, end) for place in range(start, end)
                  if place != left]  # fmt: skip
        y, v = given.numbers["yi"][others], given.numbers["vi"][others]
        ends = np.arange(0, len(others) + 1, end - start - 1)
        tau2 = pool_sets(y, v, ends, rules.method, rules.ci).tau2
        for near in (np.maximum(0.0, tau2 - slack), tau2 + slack):
            found.append(pool_sets(y, v, ends, ci=rules.ci, tau2=near).p)
    return found


@every_variant
def test_without_each_study(shared: Path, name: str, variant: str) -> None:
    one = run(shared, name, variant)
    hksj = one.found.conventions.ci == "HK"
    tiny = 1e-15 if hksj else 1e-300  # defect 9: 1 - 2 |p - 0.5|
    for i, _, theirs in one.factors:
        by_name = {f"{s['author']} {s['year']}": s["jackknife_p"] for s in theirs["studies"]}
        near = np.array(_p_without_each(one, i))
        names = one.sheet.factors.studies[slice(*one.sheet.factors.offsets[i : i + 2])]
        told = [by_name[str(study)] for study in names]
        if None in told:  # theirs has no p where hksj leaves one study of two
            assert hksj and len(told) == 2 and ((near > 0) & (near < 1)).all()
            continue
        assert (near.min(axis=0) * (1 - 1e-7) - tiny <= told).all()
        assert (told <= near.max(axis=0) * (1 + 1e-7) + tiny).all()
        assert math.isclose(max(told), theirs["jackknife_p_max"], rel_tol=1e-12)
        assert same(one.ours("jackknife_p", i), theirs["jackknife_p_max"], 1e-2)


# --- excess significance and power ----------------------------------------------------------------


@every_variant
def test_excess_significance(shared: Path, name: str, variant: str) -> None:
    one = run(shared, name, variant)
    near = 1e-3 if one.found.conventions.method == "PM" else 2e-4
    test = one.found.conventions.excess
    for i, _, theirs in one.factors:
        excess = theirs["esb"]
        assert one.ours("observed", i) == excess["O"] and one.ours("k", i) == excess["k"]
        assert same(one.ours("expected", i), excess["E"], near)
        assert same(one.ours("expected", i) / excess["k"], excess["mean_power"], near)
        # theirs is 1 less a probability, which leaves 1e-16
        assert math.isclose(one.ours("excess_p", i), excess["p"], rel_tol=1e-3, abs_tol=2e-16)
        if test == "TESSPSST":
            for ours, name_ in (("tess_p", "p_TESS"), ("psst_p", "p_PSST")):
                p = one.ours(ours, i)
                assert math.isclose(p, excess[name_], rel_tol=1e-3, abs_tol=2e-16)
        by_name = {f"{s['author']} {s['year']}": s for s in theirs["studies"]}
        for place in range(*one.sheet.factors.offsets[i : i + 2]):
            study = by_name[str(one.sheet.factors.studies[place])]
            assert same(float(one.found.of_studies["chance"][place]), study["power"], 2 * near)


@pytest.mark.parametrize("name", [n for n in SETS if n not in ("OR.multi", "radua2019")])
def test_defect_6_the_pooled_effect_is_a_true_effect(shared: Path, name: str) -> None:
    theirs = golden(shared, name)["variants"]["true_effect=pooled"]
    assert theirs["error"] == "argument is of length zero"
    one = run(shared, name, "true_effect=pooled")
    assert one.found.numbers["true_effect"].tolist() == one.found.numbers["estimate"].tolist()
    assert np.isfinite(one.found.numbers["excess_p"]).all()


def test_defect_6_a_true_effect_is_read_on_the_natural_scale(shared: Path, tmp_path: Path) -> None:
    """Theirs takes 0.2 for a logarithm; an odds or rate ratio of 0.2 has the logarithm -1.609."""
    from parapluie.cli import main

    path = shared / "golden/metaumbrella/inputs/df.IRR.csv"
    command = ["credibility", "--effects", str(path), "--form", "metaumbrella", "--out"]
    expected = golden(shared, "IRR")["variants"]["true_effect=0.2"]["factors"]["Smoking"]["esb"]
    found = {}
    for given in ("0.2", repr(math.exp(0.2))):
        out = tmp_path / given
        assert main([*command, str(out), "--true-effect", given]) == 0
        (row,) = tables.read_text(out / "battery.csv").rows
        found[given] = (float(row["true_effect"]), float(row["expected"]))
    assert found["0.2"][0] == pytest.approx(math.log(0.2))
    assert found["0.2"][1] > 1.5 * expected["E"]
    assert found[repr(math.exp(0.2))][1] == pytest.approx(expected["E"], rel=2e-4)


def test_power_of_the_whole_meta_analysis(shared: Path) -> None:
    compared = 0
    for name in SETS:
        one = run(shared, name, "default")
        for i, _, theirs in one.factors:
            told = theirs["evidence"].get("PERSO2", {}).get("power")
            groups = [np.array([one.ours(g, i)]) for g in ("n_group1", "n_group2")]
            for d, power in zip((0.2, 0.3, 0.5), told or (), strict=False):
                assert power_of_groups(*groups, d)[0] == pytest.approx(power, rel=1e-8)
                compared += 1
    assert compared == 72


# --- the largest study ----------------------------------------------------------------------------

OTHER_LARGEST = {
    "OR.multi": {"n-3 fatty acids", "Carbohydrates", "Vitamin D"},
    "radua2019": {"Ethnic minority", "Low education"},
}
"""Factors whose largest study has another interval by defects 1 and 2."""
OTHER_SHARE = {"OR.multi": {"Carbohydrates"}, "radua2019": {"Ethnic minority", "Low education"}}
"""Factors whose share of studies against the result is another one by defect 1 (Carbohydrates not
where the correlation of 0.8 widens the interval of that study)."""


@every_variant
def test_largest_study_and_studies_against(shared: Path, name: str, variant: str) -> None:
    one = run(shared, name, variant)
    other_largest, other_share = set(), set()
    for i, factor, theirs in one.factors:
        ends = ("largest_ci_low", "largest_ci_lo"), ("largest_ci_high", "largest_ci_up")
        if all(math.isclose(one.ours(o, i), theirs[t], abs_tol=1e-9) for o, t in ends):
            continue
        other_largest.add(factor)
        joined = [s for s in theirs["studies"] if s.get("multiple_es")]
        assert any(s["ci_lo"] == theirs["largest_ci_lo"] for s in joined), "not by defects 1 and 2"
    for i, factor, theirs in one.factors:
        if not same(one.ours("opposite", i), theirs["perc_contradict"], 1e-9):
            other_share.add(factor)
            assert theirs["aggregated_ci_not_centred_on_value"] > 0
    assert other_largest == OTHER_LARGEST.get(name, set())
    assert other_share == (set() if variant == "r=0.8" and name == "OR.multi" else
                           OTHER_SHARE.get(name, set()))  # fmt: skip


# --- classes --------------------------------------------------------------------------------------

_OPERATORS = {
    "n_studies": "above", "total_n": "above", "n_cases": "above", "p_value": "below",
    "I2": "below", "rob": "above", "amstar": "above", "egger_p": "above", "esb_p": "above",
    "JK_p": "below",
}  # fmt: skip


def _criterion(name: str, value: Any) -> dict[str, Any]:
    if name == "pi":
        return {"pi": {"is": "excludes_null"}}
    if name == "largest_CI":  # also of this criterion it asks that both lie on one side
        return {"largest_same_side": {"is": "yes"}}
    if name == "imprecision":
        return {"power": {"above": 0.8, "for_smd": float(value)}}
    return {name: {_OPERATORS[name]: float(value)}}


def personalised(folder: Path, name: str, given: dict[str, Any]) -> RuleSet:
    """Write its personalised criteria as a set of rules of a team, and read it."""
    classes = [
        {
            "class": key.removeprefix("class_"),
            "criteria": {k: v for n, x in criteria.items() for k, v in _criterion(n, x).items()},
        }
        for key, criteria in given.items()
    ]
    content = {
        "id": name, "label": name, "kind": "ladder", "source": "its arguments", "missing": "fails",
        "classes": classes, "otherwise": {"class": "V"},
    }  # fmt: skip
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return load(path)


def judged(one: Run, rules: RuleSet) -> Classified:
    known = known_of(one.found, one.sheet.about)
    return classify(rules, known.results, known.facts_for(rules))


@every_variant
def test_every_class(shared: Path, name: str, variant: str, tmp_path: Path) -> None:
    one = run(shared, name, variant)
    sets = {"Ioannidis": load(FOLDER / "metaumbrella.yaml"),
            "GRADE": load(FOLDER / "grade_algorithmic.yaml")}  # fmt: skip
    for key, criteria in golden(shared, name)["personalised_criteria"].items():
        sets[key] = personalised(tmp_path, key.lower(), criteria)
    other = {"range_difference": [-0.2, 0.2], "range_ratio": [0.9, 1.1]}
    sets["GRADE_or0.9_1.1_g0.2"] = load(FOLDER / "grade_algorithmic.yaml", other)
    for key, rules in sets.items():
        rows = list(verdict_rows(judged(one, rules)))
        for (_, factor, theirs), row in zip(one.factors, rows, strict=True):
            evidence = theirs["evidence"].get(key)
            if evidence is None or (isinstance(evidence, dict) and "error" in evidence):
                continue
            wanted = evidence if isinstance(evidence, str) else evidence["class"]
            assert row["class"] == wanted, (key, factor)
            assert (row["at_best"], row["at_least"]) == (wanted, wanted)


def test_how_many_classes_are_compared(shared: Path) -> None:
    seen: Counter[str] = Counter()
    for name, variant in VARIANTS:
        for _, _, theirs in run(shared, name, variant).factors:
            for key, evidence in theirs["evidence"].items():
                failed = isinstance(evidence, dict) and "error" in evidence
                seen[f"{key} error" if failed else key] += 1
    assert seen == {
        "Ioannidis": 253, "GRADE": 149, "GRADE error": 24, "GRADE_or0.9_1.1_g0.2": 149,
        "GRADE_or0.9_1.1_g0.2 error": 24, "PERSO": 165, "PERSO error": 8, "PERSO2": 144,
        "PERSO2 error": 29,
    }  # fmt: skip


@every_variant
def test_points_of_every_domain(shared: Path, name: str, variant: str) -> None:
    one = run(shared, name, variant)
    rules = load(FOLDER / "grade_algorithmic.yaml")
    keys = ("down_rob", "down_het", "down_ind", "down_imp", "down_pubbias", "down_small_k")
    for (_, factor, theirs), verdict in zip(one.factors, judged(one, rules).verdicts, strict=True):
        evidence = theirs["evidence"].get("GRADE")
        if evidence is not None and "error" not in evidence:
            ours = [line.down for line in verdict.lines]
            assert ours == [(evidence[k], evidence[k]) for k in keys], factor


def test_it_has_no_grade_of_correlations_and_we_say_why(shared: Path) -> None:
    one = run(shared, "R", "default")
    for _, _, theirs in one.factors:
        assert theirs["evidence"]["GRADE"]["error"] == "The effect measure is not tolerated"
    rows = list(verdict_rows(judged(one, load(FOLDER / "grade_algorithmic.yaml"))))
    assert {row["class"] for row in rows} == {"not_assessable"}
    assert {row["reason"] for row in rows} == {
        "does_not_apply: the rules are for difference and ratio effects"
    }


def test_defect_7_power_is_known_whatever_the_measure(shared: Path, tmp_path: Path) -> None:
    one = run(shared, "radua2019", "default")
    criteria = golden(shared, "radua2019")["personalised_criteria"]["PERSO2"]
    for _, _, theirs in one.factors:
        assert theirs["evidence"]["PERSO2"]["error"] == "replacement has length zero"
    rules = personalised(tmp_path, "perso2", criteria)
    rows = list(verdict_rows(judged(one, rules)))
    for (i, _, theirs), row in zip(one.factors, rows, strict=True):
        # no risk of bias, so no class I; class II asks for more than 1000 people and I² below 60
        assert theirs["total_n"] > 1000 and theirs["overall_rob"] is None
        assert one.ours("power_small", i) > 0.8
        assert row["class"] == ("II" if theirs["I2"] < 60 else "III")
    assert Counter(row["class"] for row in rows) == {"II": 1, "III": 6}


def test_defect_5_two_studies_have_no_test_and_the_grading_goes_on(shared: Path) -> None:
    one = run(shared, "OR.multi", "default")
    (i,) = (i for i, factor, _ in one.factors if factor == "Sodium")
    assert math.isnan(one.ours("egger_p", i)) and one.theirs["Sodium"]["egger_p"] is None
    assert one.found.reason("egger_p", i) == "not_estimable: k=2, a line with its error needs 3"
    lines = judged(one, load(FOLDER / "metaumbrella.yaml")).verdicts[i].lines
    (line,) = (x for x in lines if x.criterion is not None and x.criterion.fact == "egger_p")
    assert line.of_class == "I" and line.state == 0


# --- by-products ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["MD", "MC"])
def test_pooled_mean_differences(shared: Path, name: str) -> None:
    """The mean difference or change itself, pooled by the same method."""
    for variant in [v for n, v in VARIANTS if n == name]:
        one = run(shared, name, variant)
        method, ci = one.found.conventions.method, one.found.conventions.ci
        for i, _, theirs in one.factors:
            part = slice(*one.sheet.factors.offsets[i : i + 2])
            found = pool(one.sheet.raw[0][part], one.sheet.raw[1][part], method, ci)
            ours = (found.estimate, found.ci_low, found.ci_high)
            near = 1e-8 if method in DIRECT else 2e-4
            for mine, wanted in zip(ours, theirs["pooled_md"], strict=True):
                assert math.isclose(mine, wanted, rel_tol=near, abs_tol=near * found.se)


def _thousandths(value: float | None, shown: Any) -> bool:
    """Tell whether a number rounds to what is printed with three decimals."""
    if value is None or math.isnan(value):
        return shown is None
    return abs(value - float(shown)) <= 0.00051 + 1e-3 * abs(value)


@pytest.mark.parametrize("name", SETS)
def test_printed_summaries(shared: Path, name: str) -> None:
    one = run(shared, name, "default")
    summary = golden(shared, name)["variants"]["default"]["summary_Ioannidis"]
    classes = {r["result_id"]: r["class"]
               for r in verdict_rows(judged(one, load(FOLDER / "metaumbrella.yaml")))}  # fmt: skip
    places = {factor: i for i, factor, _ in one.factors}
    assert {line["Factor"] for line in summary} == set(places)
    other = OTHER_LARGEST.get(name, set())
    for line in summary:
        i = places[line["Factor"]]
        measure = one.sheet.about.measures[i]
        assert line["Class"] == classes[line["Factor"]]
        for ends, column in ((("ci_low", "ci_high"), "CI"), (("pi_low", "pi_high"), "PI")):
            for scale, convert in (("eG", equivalent_g), ("eOR", equivalent_odds_ratio)):
                printed = line[f"{scale}_CI"] if column == "CI" else line[f"PI_{scale}"]
                numbers = [float(x) for x in printed.strip("[]").split(",")]
                ours = [float(convert(one.ours(e, i), measure)) for e in ends]
                if (name, column, scale) == ("R", "CI", "eG"):
                    # its lower end is not that of the odds ratio printed beside it, which is ours
                    del numbers[0], ours[0]
                assert all(_thousandths(a, b) for a, b in zip(ours, numbers, strict=True))
        assert _thousandths(float(equivalent_g(one.ours("estimate", i), measure)), line["eG"])
        assert _thousandths(one.ours("i2_q", i), line["I2"])
        for ours, said in (("egger_p", "egger"), ("excess_p", "ESB")):
            p = one.ours(ours, i)
            if math.isnan(p):
                assert line[f"{said}_p"] in (None, "NA", "NaN")
            else:
                assert math.isclose(p, float(line[f"{said}_p"]), rel_tol=0.01)
        null = one.ours("pi_low", i) < 0 < one.ours("pi_high", i)
        assert line["PI_sign"] == ("null" if null else "notnull")
        if line["Factor"] not in other:
            inside = one.ours("largest_ci_low", i) < 0 < one.ours("largest_ci_high", i)
            assert line["largest_sign"] == ("null" if inside else "notnull")


@pytest.mark.parametrize("name", [n for n in SETS if n not in ("IRR", "RR")])
def test_shared_studies_of_factors(shared: Path, name: str) -> None:
    """Its overlap is the share of a factor's studies that another has too, in three decimals.

    The two sets with one factor have no overlap.
    """
    one = run(shared, name, "default")
    given = one.sheet.factors
    places: dict[str, int] = {}
    rows = [places.setdefault(str(study), len(places)) for study in given.studies]
    included = np.zeros((len(places), len(given.names)), dtype=bool)
    included[rows, given.group.of] = True
    ours: dict[tuple[str, str], float] = {}
    for pair in pairs(matrix(list(places), [str(n) for n in given.names], included)):
        ours[pair.a, pair.b] = pair.shared / pair.n_a
        ours[pair.b, pair.a] = pair.shared / pair.n_b
    table = golden(shared, name)["variants"]["default"]["overlap_prim"]
    for line in table:
        for other in given.names:
            if other != line["factor"]:
                assert ours[line["factor"], other] == pytest.approx(line[other], abs=5.1e-4)


# --- sheets that do not pass its checks -----------------------------------------------------------


def test_the_set_made_to_fail(shared: Path) -> None:
    path = shared / "golden/metaumbrella/inputs/df.train.csv"
    assert "did not pass checks" in golden(shared, "train")["umbrella_error"]
    with pytest.raises(InputError) as caught:
        sheet_metaumbrella.read(tables.read_text(path))
    assert [p.column for p in caught.value.problems] == [
        "author", "factor", "measure", "meta_review", "year",
    ]  # fmt: skip
