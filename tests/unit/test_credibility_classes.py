"""From facts to classes: strict thresholds, what is not known, and what would change the class."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie.credibility import geometry
from parapluie.credibility.classify import Classified, Results, class_rows, classify, verdict_rows
from parapluie.credibility.conditions import (
    ABOVE,
    AT_LEAST,
    AT_MOST,
    BELOW,
    Criterion,
    if_moved,
    states,
)
from parapluie.credibility.facts import FACTS, Values, between, exactly, flags, shown, words
from parapluie.credibility.rules import FOLDER, Equivalence, RuleSet, load, shipped

RULES = {name: load(FOLDER / f"{name}.yaml") for name in shipped()}
CLASS_I = {
    "n_cases": 1001, "p": 9e-7, "i2": 49.9, "pi": "excludes_null", "egger_p": 0.5, "excess_p": 0.5,
    "largest_ci": "excludes_null", "largest_same_side": "yes", "total_n": 30_000,
    "outcome_type": "dichotomous", "effect": "ratio", "n_studies": 12,
}  # fmt: skip
"""A result that is in the best class of every ladder."""
CLEAN = {
    **CLASS_I, "rob": 80, "ci_side": "above", "pi_side": "above", "ci_low_inside": "no",
    "ci_high_inside": "no", "ci_low_beyond": "no", "ci_high_beyond": "yes", "pi_low_beyond": "no",
    "pi_high_beyond": "yes", "pi_inside": "no", "opposite": 0.0, "indirectness": "no indirectness",
    "ci_to_large": "no", "smaller_arm": 5000, "low_reporting": 90,
}  # fmt: skip
"""A result from which the algorithm takes nothing off."""


def value(name: str, given_: Any) -> Values:
    if given_ is None:
        return exactly([math.nan], "not_available: not told")
    if isinstance(given_, tuple):
        return between([given_[0]], [given_[1]], "rounded")
    if FACTS[name].words:
        return words(name, [given_], "")
    return exactly([float(given_)])


def judged(rules: RuleSet, known: Mapping[str, Any]) -> Classified:
    facts = {name: value(name, v) for name, v in known.items()}
    one = np.array(["r"], dtype=object)
    kind = np.array([known.get("effect", "ratio")], dtype=object)
    return classify(rules, Results(one, one, np.array(["studies"], object), facts, kind), facts)


def verdict(name: str | RuleSet, known: Mapping[str, Any]) -> dict[str, str]:
    (row,) = verdict_rows(judged(RULES[name] if isinstance(name, str) else name, known))
    return row


# --- criteria -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "below", "at", "above"),
    [(ABOVE, 0, 0, 2), (AT_LEAST, 0, 2, 2), (BELOW, 2, 0, 0), (AT_MOST, 2, 2, 0)],
)
def test_thresholds(operator: str, below: int, at: int, above: int) -> None:
    found = states(Criterion("i2", operator, 50.0), exactly([49.999, 50, 50.001]))
    assert found.tolist() == [below, at, above]


def test_a_value_between_two_ends_passes_only_if_both_do() -> None:
    values = between([0.0, 40.0, 60.0, math.nan, 55.0], [45.0, 55.0, 70.0, math.nan, math.nan], "x")
    assert states(Criterion("i2", BELOW, 50.0), values).tolist() == [2, 1, 0, 1, 0]
    assert states(Criterion("i2", "missing"), values).tolist() == [0, 0, 0, 2, 0]


def test_words_pass_if_they_are_among_those_asked_for() -> None:
    said = words("ci_side", ["below", "spans", "above", ""], "no interval")
    either = Criterion("ci_side", "is", words=frozenset({0, 2}))
    assert states(either, said).tolist() == [2, 0, 2, 1]


def test_how_values_are_written() -> None:
    assert shown(FACTS["p"], 1e-7, 1e-7) == "1e-07"
    assert shown(FACTS["n_cases"], 1200.0, math.inf) == "at least 1200"
    assert shown(FACTS["p"], -math.inf, 0.05) == "at most 0.05"
    assert shown(FACTS["p"], 0.0, 0.05) == "0 to 0.05"
    assert shown(FACTS["pi"], 1.0, 1.0) == "excludes_null"
    assert shown(FACTS["pi"], -math.inf, math.inf) == ""


# --- ladders --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ioannidis", "ioannidis_participants", "metaumbrella"])
@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({}, "I"),
        ({"i2": 50}, "II"),
        ({"pi": "includes_null"}, "II"),
        ({"egger_p": 0.05}, "II"),
        ({"excess_p": 0.05}, "II"),
        ({"i2": 50, "largest_ci": "includes_null", "largest_same_side": "no"}, "III"),
        ({"p": 1e-6}, "III"),
        ({"p": 1e-3}, "IV"),
        ({"n_cases": 1000, "total_n": 20_000}, "IV"),
        ({"p": 0.05}, "last"),
        ({"p": 1.0}, "last"),
    ],
)
def test_the_classes_of_ioannidis(name: str, changed: dict[str, Any], wanted: str) -> None:
    row = verdict(name, {**CLASS_I, **changed})
    assert row["class"] == (RULES[name].otherwise[0] if wanted == "last" else wanted)
    assert (row["at_best"], row["at_least"], row["reason"]) == (row["class"], row["class"], "")


def test_participants_stand_for_cases_where_the_outcome_is_continuous() -> None:
    known = {**CLASS_I, "n_cases": None, "outcome_type": "continuous", "total_n": 20_001}
    assert verdict("ioannidis_participants", known)["class"] == "I"
    assert verdict("ioannidis_participants", {**known, "total_n": 20_000})["class"] != "I"
    binary = {**known, "outcome_type": "dichotomous", "n_cases": 900}
    assert verdict("ioannidis_participants", binary)["class"] == "IV"
    assert verdict("ioannidis", {**known, "n_cases": 1001})["class"] == "I"


def test_the_largest_study_must_point_the_same_way_only_for_metaumbrella() -> None:
    known = {**CLASS_I, "i2": 80, "largest_same_side": "no"}
    assert verdict("metaumbrella", known)["class"] == "III"
    assert verdict("ioannidis", known)["class"] == "II"


def test_what_is_not_known_keeps_the_class_open() -> None:
    row = verdict("ioannidis", {**CLASS_I, "egger_p": None})
    assert (row["class"], row["at_best"], row["at_least"]) == ("not_assessable", "I", "II")
    assert row["reason"] == "not_assessable: Egger's p (not_available: not told)"
    assert (
        verdict(replace(RULES["ioannidis"], missing="fails"), {**CLASS_I, "egger_p": None})["class"]
        == "II"
    )


def test_what_is_not_known_and_does_not_matter_leaves_the_class() -> None:
    row = verdict("ioannidis", {**CLASS_I, "p": 0.2, "egger_p": None, "n_cases": None})
    assert (row["class"], row["reason"]) == ("V", "")


def test_a_printed_bound_may_be_enough() -> None:
    row = verdict("ioannidis", {**CLASS_I, "n_cases": 500, "p": (0.0, 1e-3), "pi": None})
    assert row["class"] == "IV"
    row = verdict("ioannidis", {**CLASS_I, "p": (0.0, 1e-3)})
    assert (row["at_best"], row["at_least"]) == ("I", "IV")


def test_nothing_known_at_all() -> None:
    row = verdict("ioannidis", {})
    assert (row["class"], row["at_best"], row["at_least"]) == ("not_assessable", "I", "V")
    assert "nobody recorded it" in row["reason"]
    assert verdict("metaumbrella", {})["class"] == "ns"


# --- what would change the class ------------------------------------------------------------------


def lines(name: str, known: Mapping[str, Any]) -> dict[tuple[str, str], dict[str, str]]:
    return {(r["for_class"], r["fact"]): r for r in class_rows(judged(RULES[name], known))}


def test_one_criterion_alone_lifts_the_class() -> None:
    found = lines("ioannidis", {**CLASS_I, "i2": 70})
    assert found["I", "i2"]["class"] == "II"
    assert (found["I", "i2"]["passed"], found["I", "i2"]["value"]) == ("no", "70")
    assert found["I", "i2"]["would_change"] == "alone, if it passed: I"
    assert found["I", "p"]["would_change"] == ""
    assert found["II", "largest_ci"]["would_change"] == "alone, if it failed: III"
    assert found["II", "n_cases"]["would_change"] == "alone, if it failed: IV"
    row = verdict("ioannidis", {**CLASS_I, "i2": 70})
    assert row["to_lift"] == "I: I² by Q below 50"
    assert row["to_lower"] == "IV: not cases above 1000; III: not p below 1e-06 or largest study " \
                              "excludes null"  # fmt: skip


def test_several_criteria_together_lift_the_class() -> None:
    found = lines("ioannidis", {**CLASS_I, "i2": 70, "excess_p": 0.01})
    assert found["I", "i2"]["would_change"] == (
        "if it passed with p of excess significance above 0.05: I"
    )
    assert verdict("ioannidis", {**CLASS_I, "i2": 70, "excess_p": 0.01})["to_lift"] == (
        "I: I² by Q below 50 and p of excess significance above 0.05"
    )


def test_a_fact_is_moved_as_a_whole() -> None:
    """When p falls below 1e-6, it is below 0.001 and 0.05 too."""
    found = lines("ioannidis", {**CLASS_I, "p": 0.2})
    assert found["I", "p"]["would_change"] == "alone, if it passed: I"
    assert found["III", "p"]["would_change"] == "alone, if it passed: III"
    assert found["IV", "p"]["would_change"] == "alone, if it passed: IV"


def test_all_criteria_on_a_fact_are_judged_where_it_is_moved_to() -> None:
    """Over a threshold means a hair beyond it, and onto it where that is enough."""
    on = {o: Criterion("i2", o, 50.0) for o in (ABOVE, AT_LEAST, BELOW, AT_MOST)}
    far = {Criterion("i2", ABOVE, 10.0): 0, Criterion("i2", BELOW, 90.0): 2,
           Criterion("p", BELOW, 50.0): 1}  # fmt: skip
    moves = {  # operator and state: what above, at least, below and at most 50 come to
        (ABOVE, 2): (2, 2, 0, 0), (ABOVE, 0): (0, 2, 0, 2), (AT_LEAST, 2): (0, 2, 0, 2),
        (AT_LEAST, 0): (0, 0, 2, 2), (BELOW, 2): (0, 0, 2, 2), (BELOW, 0): (0, 2, 0, 2),
        (AT_MOST, 2): (0, 2, 0, 2), (AT_MOST, 0): (2, 2, 0, 0),
    }  # fmt: skip
    for (operator, state), wanted in moves.items():
        before = {**dict.fromkeys(on.values(), 2 - state), **far}
        after = if_moved(before, [on[operator]], state)
        assert tuple(after[c] for c in on.values()) == wanted, (operator, state)
        assert [after[c] for c in far] == [2, 2, 1]


def test_the_best_class_is_lifted_by_nothing_and_the_last_lowered_by_nothing() -> None:
    assert verdict("ioannidis", CLASS_I)["to_lift"] == ""
    assert verdict("ioannidis", {**CLASS_I, "p": 0.9})["to_lower"] == ""
    assert verdict("grade_algorithmic", CLEAN)["to_lift"] == ""


_SAID = re.compile(r"^alone, if it (passed|failed): (.+)$")


@given(st.data())
def test_what_is_said_of_a_criterion_alone_comes_true(data: st.DataObject) -> None:
    """Move the fact by a hair over the threshold, judge anew: the class is as was said."""
    name = data.draw(st.sampled_from(["ioannidis", "ioannidis_participants", "metaumbrella"]))
    known = drawn(data)
    order = RULES[name].classes
    for row in class_rows(judged(RULES[name], known)):
        least = order.index(row["at_least"])
        asked = order.index(row["for_class"])
        state = {-1: "passed", 0: "failed"}.get((asked > least) - (asked < least))
        if state is None or (row["passed"] == "yes") is (state == "passed"):
            continue
        if row["fact"] == "outcome_type":
            assert row["would_change"] == ""
            continue
        after = order.index(verdict(name, moved(row, state, known))["at_least"])
        better, worse = after < least, after > least
        said = _SAID.match(row["would_change"])
        assert bool(said) is (better if state == "passed" else worse), (row, known)
        if said:
            assert said.groups() == (state, order[after]), (row, known)


def drawn(data: st.DataObject) -> dict[str, Any]:
    """Draw facts near to and far from the thresholds, some of them not known."""
    near = {
        "n_cases": [None, 10, 1000, 1001, 5000], "total_n": [None, 900, 20_000, 20_001],
        "p": [None, 0.0, 1e-7, 1e-6, 5e-4, 1e-3, 0.01, 0.05, 0.6, (0.0, 0.001), (0.04, 0.06)],
        "i2": [None, 0, 49.9, 50, 90], "egger_p": [None, 0.01, 0.05, 0.07, 0.1, 0.5],
        "excess_p": [None, 0.01, 0.05, 0.07, 0.1, 0.5],
    }  # fmt: skip
    known = {name: data.draw(st.sampled_from(values)) for name, values in near.items()}
    for name in ("pi", "largest_ci"):
        known[name] = data.draw(st.sampled_from([None, "includes_null", "excludes_null"]))
    known["largest_same_side"] = data.draw(st.sampled_from([None, "no", "yes"]))
    known["outcome_type"] = data.draw(st.sampled_from(["dichotomous", "continuous", "other"]))
    return known


def moved(row: Mapping[str, str], state: str, known: Mapping[str, Any]) -> dict[str, Any]:
    name, threshold = row["fact"], row["threshold"]
    if FACTS[name].words:
        word = threshold.replace(" ", "_")
        others = [w for w in FACTS[name].words if w != word]
        return {**known, name: word if state == "passed" else others[0]}
    operator, number = threshold.rsplit(" ", 1)
    edge = float(number)
    up = (operator == "above") == (state == "passed")
    far = math.inf if up else -math.inf
    return {**known, name: math.nextafter(edge, far) if state == "passed" else edge}


# --- monotone -------------------------------------------------------------------------------------

WORSE = {
    "p": +1, "i2": +1, "n_cases": -1, "total_n": -1, "egger_p": -1, "excess_p": -1,
    "jackknife_p": +1, "rob": -1, "n_studies": -1, "smaller_arm": -1, "opposite": +1,
    "low_reporting": -1,
}  # fmt: skip
"""Fact to the direction in which evidence gets worse."""
WORSE_WORDS = {
    "pi": ("excludes_null", "includes_null"), "largest_ci": ("excludes_null", "includes_null"),
    "largest_same_side": ("yes", "no"), "indirectness": ("no indirectness", "serious"),
    "ci_to_large": ("no", "yes"),
}  # fmt: skip
_SIZE = {"p": 1.0, "i2": 100.0, "egger_p": 1.0, "excess_p": 1.0, "rob": 100.0, "opposite": 1.0,
         "low_reporting": 100.0, "jackknife_p": 1.0}  # fmt: skip


@given(st.data())
def test_the_class_never_improves_when_a_fact_gets_worse(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(RULES)))
    rules = RULES[name]
    known: dict[str, Any] = dict(CLEAN)
    for fact, direction in WORSE.items():
        size = _SIZE.get(fact, 40_000.0)
        low = -7.0 if fact in ("p", "egger_p", "excess_p") else -3.0
        known[fact] = size * 10 ** data.draw(st.floats(low, 0))
        assert direction in (1, -1)
    for fact, choices in WORSE_WORDS.items():
        known[fact] = data.draw(st.sampled_from(choices))
    before = rules.classes.index(verdict(name, known)["class"])
    for fact, direction in WORSE.items():
        factor = data.draw(st.floats(1, 50))
        worse = known[fact] * factor if direction > 0 else known[fact] / factor
        worse = min(worse, _SIZE.get(fact, math.inf))
        assert rules.classes.index(verdict(name, {**known, fact: worse})["class"]) >= before, fact
    for fact, (good, bad) in WORSE_WORDS.items():
        first, second = (
            rules.classes.index(verdict(name, {**known, fact: w})["class"]) for w in (good, bad)
        )
        assert first <= second, fact


@given(st.data())
def test_knowing_less_never_narrows_the_class(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["ioannidis", "ioannidis_participants"]))
    known = drawn(data)
    order = RULES[name].classes
    row = verdict(name, known)
    for fact in [f for f, v in known.items() if v is not None]:
        less = verdict(name, {**known, fact: None})
        assert order.index(less["at_best"]) <= order.index(row["at_best"])
        assert order.index(less["at_least"]) >= order.index(row["at_least"])


def test_many_results_are_judged_as_each_alone() -> None:
    rng = np.random.default_rng(5)
    n = 200
    columns = {
        "n_cases": rng.integers(0, 3000, n).astype(float), "p": 10 ** rng.uniform(-9, 0, n),
        "i2": rng.uniform(0, 100, n), "egger_p": rng.uniform(0, 0.3, n),
        "excess_p": np.where(rng.random(n) < 0.2, np.nan, rng.uniform(0, 0.3, n)),
    }  # fmt: skip
    facts = {name: exactly(values, "gone") for name, values in columns.items()}
    for name in ("pi", "largest_ci"):
        facts[name] = flags(rng.random(n) < 0.5, rng.random(n) < 0.9, "gone")
    ids = np.array([f"r{i}" for i in range(n)], dtype=object)
    results = Results(ids, ids, ids, facts, np.full(n, "ratio", dtype=object))
    together = list(verdict_rows(classify(RULES["ioannidis"], results, facts)))
    for i, row in enumerate(together):
        one = {k: Values(v.low[[i]], v.high[[i]], v.reason[[i]]) for k, v in facts.items()}
        single = Results(ids[[i]], ids[[i]], ids[[i]], one, results.effects[[i]])
        assert list(verdict_rows(classify(RULES["ioannidis"], single, one))) == [row]
    assert len({row["class"] for row in together}) == 6


# --- downgrades -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "wanted", "domain"),
    [
        ({}, "High", ""),
        ({"rob": 74.9}, "Moderate", "risk of bias"),
        ({"rob": 49.9}, "Weak", "risk of bias"),
        ({"rob": None}, "Weak", "risk of bias"),
        ({"rob": (60, 90)}, "Moderate", "risk of bias"),
        ({"indirectness": "serious"}, "Moderate", "indirectness"),
        ({"indirectness": None}, "Weak", "indirectness"),
        ({"smaller_arm": 393}, "Moderate", "imprecision"),
        ({"smaller_arm": 63}, "Weak", "imprecision"),
        ({"ci_to_large": "yes"}, "Moderate", "imprecision"),
        ({"ci_to_large": "yes", "smaller_arm": 300}, "Weak", "imprecision"),
        ({"egger_p": 0.1}, "Moderate", "publication bias"),
        ({"egger_p": None, "excess_p": None}, "High", ""),
        ({"egger_p": None, "excess_p": None, "low_reporting": None}, "Moderate",
         "publication bias"),
        ({"n_studies": 4}, "Moderate", "few studies"),
        ({"pi_side": "spans"}, "Moderate", "heterogeneity"),
        ({"pi_side": "spans", "pi_low_beyond": "yes"}, "Weak", "heterogeneity"),
    ],
)  # fmt: skip
def test_points_off(changed: dict[str, Any], wanted: str, domain: str) -> None:
    assert verdict("grade_algorithmic", {**CLEAN, **changed})["class"] == wanted
    rows = list(class_rows(judged(RULES["grade_algorithmic"], {**CLEAN, **changed})))
    assert [r["criterion"] for r in rows if r["value"] != "0 off"] == ([domain] if domain else [])
    assert [r["criterion"] for r in rows if r["passed"] == "no"] == ([domain] if domain else [])
    for row in rows:
        if row["criterion"] == domain:
            assert row["would_change"] == "alone, without its points: High"
    if not domain:
        by_name = {r["criterion"]: r["would_change"] for r in rows}
        assert by_name["few studies"] == "alone, with 1 point off: Moderate"


def test_points_that_are_not_certain_leave_the_class_open() -> None:
    rules = replace(RULES["grade_algorithmic"], missing="not_assessable")
    row = verdict(rules, {**CLEAN, "smaller_arm": (300, 500)})
    assert (row["class"], row["at_best"], row["at_least"]) == ("not_assessable", "High", "Moderate")
    assert row["reason"] == "not_assessable: people in the smaller group (rounded)"
    (line,) = (r for r in class_rows(judged(rules, {**CLEAN, "smaller_arm": (300, 500)}))
               if r["criterion"] == "imprecision")  # fmt: skip
    assert (line["value"], line["passed"]) == ("0 to 1 off", "not_assessable")


def test_two_domains_together() -> None:
    known = {**CLEAN, "rob": 10, "indirectness": None}
    row = verdict("grade_algorithmic", known)
    assert row["class"] == "Very weak"
    assert row["to_lift"] == "Weak: no points off for risk of bias"
    rows = {r["criterion"]: r for r in class_rows(judged(RULES["grade_algorithmic"], known))}
    assert rows["indirectness"]["would_change"] == "alone, without its points: Weak"
    assert rows["indirectness"]["reason"] == "indirectness: not_available: not told"


def test_rules_for_other_effects_say_so() -> None:
    row = verdict("grade_algorithmic", {**CLEAN, "effect": "correlation"})
    assert row["class"] == "not_assessable" and row["at_best"] == ""
    assert row["reason"] == "does_not_apply: the rules are for difference and ratio effects"


# --- intervals and ranges -------------------------------------------------------------------------


def test_where_intervals_lie() -> None:
    low, high = np.array([0.1, -0.2, -0.3, np.nan]), np.array([0.4, 0.2, -0.1, np.nan])
    excludes = geometry.excludes_null(low, high, "none")
    assert excludes.low.tolist() == [1, 0, 1, -math.inf] and excludes.reason[3] == "none"
    assert geometry.side(low, high, "none").high.tolist() == [2, 1, 0, math.inf]
    same = geometry.same_side((low, high), (high - 0.3, high), "none")
    assert same.low.tolist() == [1, 0, 1, -math.inf]


def test_ranges_of_equivalence_are_natural_and_of_the_kind_of_effect() -> None:
    rules = Equivalence((-0.1, 0.1), (0.8, 1.25), 0.8, 5.0)
    effects = np.array(["difference", "ratio", "correlation"], dtype=object)
    ci = (np.array([-0.05, math.log(0.9), -0.05]), np.array([0.09, math.log(6), 0.09]))
    pi = (np.array([-0.2, math.log(0.7), -0.2]), np.array([0.3, math.log(9), 0.3]))
    reasons = {k: np.array(["no interval"] * 3, dtype=object) for k in ("ci", "pi")}
    found = geometry.within_range(ci, pi, effects, rules, reasons)
    assert {name: v.low.tolist()[:2] for name, v in found.items()} == {
        "ci_low_inside": [1, 1], "ci_high_inside": [1, 0], "ci_low_beyond": [0, 0],
        "ci_high_beyond": [0, 1], "pi_low_beyond": [1, 1], "pi_high_beyond": [1, 1],
        "pi_inside": [0, 0], "ci_to_large": [0, 1],
    }  # fmt: skip
    assert all(v.missing[2] and "no range" in v.reason[2] for v in found.values())
