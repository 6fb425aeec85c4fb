"""From one measure to another, tables worked out from ratios, and the equivalents."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie.effects import convert as steps
from parapluie.effects.convert import (
    COX,
    STEPS,
    D,
    convert,
    d_to_log_odds_ratio,
    equivalent_g,
    equivalent_odds_ratio,
    log_odds_ratio_to_d,
    ways,
)
from parapluie.effects.reconstruct import (
    ARMS,
    OUTCOME,
    log_odds_ratio,
    log_risk_ratio,
    log_risk_ratio_of_columns,
    mean_variance,
    rebuild,
)
from parapluie.effects.registry import MEASURES, escalc

FACTS = {"n1": 40.0, "n2": 60.0, "n": 100.0, "baseline_risk": 0.2, "sd": 4.0}


@pytest.mark.parametrize(
    ("source", "target", "yi", "vi", "new_yi", "new_vi"),
    [
        ("OR", D, 0.9069, 0.0676, 0.5000, 0.0205),
        (D, "OR", 0.5000, 0.0205, 0.9069, 0.0676),
        ("COR", D, 0.50, 0.0058, 1.1547, 0.0550),
        (D, "COR", 1.1547, 0.0550, 0.5000, 0.0058),
    ],
)
def test_examples_of_borenstein_2009_chapter_7(
    source: str, target: str, yi: float, vi: float, new_yi: float, new_vi: float
) -> None:
    found = convert(yi, vi, source, target)
    assert round(float(found.yi[0]), 4) == new_yi
    # The book goes on from numbers that it rounded.
    assert float(found.vi[0]) == pytest.approx(new_vi, abs=2e-4)


@pytest.mark.parametrize("step", STEPS, ids=lambda s: f"{s.source}-{s.target}")
@given(y=st.floats(-0.9, 0.9), v=st.floats(1e-4, 1))
def test_every_step_carries_its_variance(step: steps.Step, y: float, v: float) -> None:
    """The delta method against a numerical slope; only steps that say so do otherwise."""
    facts = {k: np.array([x]) for k, x in FACTS.items() if k in (*step.needs, "n1", "n2")}
    h = 1e-6
    middle, variance = step.compute(np.array([y]), np.array([v]), facts)
    below, above = (step.compute(np.array([y + k * h]), np.array([v]), facts)[0] for k in (-1, 1))
    slope = (above[0] - below[0]) / (2 * h)
    assert np.isfinite(middle[0])
    assert variance[0] == pytest.approx(slope**2 * v, rel=1e-5)


@pytest.mark.parametrize("step", STEPS, ids=lambda s: f"{s.source}-{s.target}")
def test_every_step_has_words_and_leads_somewhere_known(step: steps.Step) -> None:
    assert step.supposes
    assert {step.source, step.target} <= {D, *MEASURES}
    assert step.assumed is (step.source in ("HR", "IRR"))


PAIRS = [
    (s.source, s.target) for s, t in itertools.product(STEPS, STEPS)
    if (s.source, s.target) == (t.target, t.source)
]  # fmt: skip


@pytest.mark.parametrize(("source", "target"), PAIRS)
@given(y=st.floats(-0.9, 0.9), v=st.floats(1e-4, 1))
def test_there_and_back(source: str, target: str, y: float, v: float) -> None:
    facts = {k: x for k, x in FACTS.items() if k != "n"}
    there = convert(y, v, source, target, facts)
    back = convert(there.yi, there.vi, target, source, facts)
    assert back.yi[0] == pytest.approx(y, rel=1e-9, abs=1e-12)
    assert back.vi[0] == pytest.approx(v, rel=1e-9)


@given(st.lists(st.integers(1, 300), min_size=4, max_size=4))
def test_ratios_of_a_table_are_converted_exactly_at_its_own_risk(table: list[int]) -> None:
    a, b, c, d = table
    cells = {"ai": a, "bi": b, "ci": c, "di": d}
    odds, risk, difference = (escalc(m, cells) for m in ("OR", "RR", "RD"))
    at = {"baseline_risk": c / (c + d)}
    assert convert(odds.yi, odds.vi, "OR", "RR", at).yi == pytest.approx(risk.yi, abs=1e-9)
    assert convert(risk.yi, risk.vi, "RR", "OR", at).yi == pytest.approx(odds.yi, abs=1e-9)
    assert convert(odds.yi, odds.vi, "OR", "RD", at).yi == pytest.approx(difference.yi, abs=1e-9)


def test_a_way_of_several_steps_says_all_that_it_supposes() -> None:
    found = convert([0.3, 0.5], [0.01, 0.02], "ZCOR", "OR", {"n1": 30, "n2": 30})
    assert found.path == "ZCOR to COR to d to OR"
    assert found.supposes.count(";") == 2 and "logistic" in found.supposes
    r = math.tanh(0.3)
    assert found.yi[0] == pytest.approx(2 * r / math.sqrt(1 - r**2) * math.pi / math.sqrt(3))
    # Groups of other sizes stand for other values.
    other = convert(0.3, 0.01, "ZCOR", D, {"n1": 10, "n2": 50})
    assert other.yi[0] == pytest.approx(math.sqrt(3600 / 500) * r / math.sqrt(1 - r**2))


def test_one_measure_is_taken_for_another_only_with_words() -> None:
    found = convert(0.4, 0.04, "HR", "OR")
    assert (found.yi[0], found.vi[0]) == (0.4, 0.04)
    assert "near it only if the outcome is rare" in found.supposes
    with pytest.raises(ValueError, match="no way leads from HR to OR"):
        convert(0.4, 0.04, "HR", "OR", assumed=False)
    assert ways("HR", "SMD", set(), assumed=False) is None


def test_what_a_way_needs_is_said() -> None:
    with pytest.raises(ValueError, match="from OR to RR one needs baseline_risk too"):
        convert(0.4, 0.04, "OR", "RR")
    with pytest.raises(ValueError, match="no way leads from ROM to OR"):
        convert(0.4, 0.04, "ROM", "OR")


def test_rows_that_cannot_be_converted_have_a_reason() -> None:
    found = convert(
        [0.4, 0.4, np.nan, 3.0], 0.04, "RR", "OR", {"baseline_risk": [np.nan, 1.0, 0.1, 0.1]}
    )
    assert list(found.reason) == [
        "not_available: no baseline_risk",
        "not_estimable: baseline_risk is not possible",
        "not_available: no effect to convert",
        "not_estimable: no finite number as OR",
    ]
    assert np.isnan(found.yi).all() and np.isnan(found.vi).all()
    outside = convert([0.9, 1.0, -1.2], 0.01, "COR", "ZCOR")
    assert list(outside.reason[1:]) == ["not_estimable: a correlation is not between -1 and 1"] * 2
    assert convert(0.5, 0.01, "COR", "ZCOR", {"n": 53}).vi[0] == 1 / 50


def test_one_effect_at_several_risks() -> None:
    found = convert(math.log(2), 0.04, "OR", "RR", {"baseline_risk": [0.1, 0.5, 0.0]})
    assert list(np.exp(found.yi[:2]).round(4)) == [1.8182, 1.3333]
    assert found.reason[2] == "not_estimable: baseline_risk is not possible"


def test_the_factor_of_cox() -> None:
    yi, vi = d_to_log_odds_ratio(np.array([0.5]), np.array([0.02]), COX)
    assert (yi[0], vi[0]) == (0.825, pytest.approx(0.05445))
    back, _ = log_odds_ratio_to_d(yi, vi, COX)
    assert back[0] == 0.5


def test_the_spread_of_a_mean_difference_may_be_an_estimate() -> None:
    known = convert(2.0, 0.16, "MD", D, {"sd": 4.0})
    estimated = convert(2.0, 0.16, "MD", D, {"sd": 4.0, "df": 98.0})
    assert (known.yi[0], known.vi[0]) == (0.5, 0.01)
    assert estimated.vi[0] == pytest.approx(0.01 + 0.25 / 196)


@given(st.floats(-3, 3))
def test_equivalents_of_odds_and_differences(y: float) -> None:
    assert equivalent_odds_ratio(y, "SMD") == pytest.approx(math.exp(y * math.pi / math.sqrt(3)))
    assert equivalent_odds_ratio(y, "RR") == pytest.approx(math.exp(y))
    assert float(equivalent_g(equivalent_g(y, "OR"), "SMD")) == pytest.approx(
        y * math.sqrt(3) / math.pi
    )
    with pytest.raises(ValueError, match="RD has no equivalent"):
        equivalent_g(y, "RD")


# --- tables worked out ----------------------------------------------------------------------------

FORMULAS = {
    ("OR", ARMS): log_odds_ratio,
    ("RR", ARMS): log_risk_ratio,
    ("RR", OUTCOME): log_risk_ratio_of_columns,
}
KEYS = sorted(FORMULAS)


@pytest.mark.parametrize(("measure", "margins"), KEYS)
@given(st.lists(st.integers(1, 60), min_size=4, max_size=4))
def test_a_table_is_found_again(measure: str, margins: str, table: list[int]) -> None:
    """The table found has the margins, and a variance that is as near as that of the true one."""
    a, b, c, d = (np.array([float(x)]) for x in table)
    y, v = FORMULAS[measure, margins](a, b, c, d)
    found = rebuild(y, v, a + b, c + d, measure, margins)
    assert (found.a + found.b, found.c + found.d) == (a + b, c + d)
    assert found.a % 1 == 0 and found.c % 1 == 0
    assert found.reason[0] == ""
    assert abs(found.vi - v) <= 1e-12 * v


@pytest.mark.parametrize(("measure", "margins"), KEYS)
def test_the_nearest_table_by_trying_all(measure: str, margins: str) -> None:
    """One by one: for each a the c whose ratio is nearest on the scale of people."""
    rng = np.random.default_rng(10)
    for _ in range(30):
        n1, n2 = (float(x) for x in rng.integers(5, 60, 2))
        y, v = rng.normal(0, 0.7), rng.uniform(0.05, 0.8)
        found = rebuild(y, v, n1, n2, measure, margins)
        best = math.inf
        for a, c in itertools.product(range(int(n1) + 1), range(int(n2) + 1)):
            four = [np.array([float(x)]) for x in (a, n1 - a, c, n2 - c)]
            _, tried = FORMULAS[measure, margins](*four)
            if _is_nearest_person(a, c, y, n1, n2, measure, margins):
                best = min(best, abs(float(tried[0]) - v))
        assert abs(float(found.vi[0]) - v) == pytest.approx(best, rel=1e-9)


def _is_nearest_person(
    a: int, c: int, y: float, n1: float, n2: float, measure: str, margins: str
) -> bool:
    """Tell whether c is the whole number next to the one that has the ratio exactly."""
    ratio = math.exp(y)
    if measure == "OR":
        exact = n2 * a / (a + (n1 - a) * ratio)
    elif margins == ARMS:
        exact = n2 * (a / n1) / ratio
    else:
        exposed = a * (n1 + n2) / (a + ratio * (n1 - a))
        exact = exposed - a
    return c == round(exact)


def test_what_is_doubtful_about_a_table_is_said() -> None:
    odds = escalc("OR", {"ai": 20, "n1i": 200, "ci": 10, "n2i": 200})
    found = rebuild(odds.yi, odds.vi, 200, 200, "OR")
    assert (found.a[0], found.c[0]) in ((20, 10), (190, 180))
    assert found.note[0].startswith("a second table fits about as well")
    tight = rebuild(odds.yi, odds.vi / 50, 200, 200, "OR")
    assert tight.note[0].startswith("no table with these margins has a variance near")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((np.nan, 0.1, 9, 9), "not_available: no ratio"),
        ((0.1, 0.0, 9, 9), "not_available: no variance"),
        ((0.1, 0.1, 0, 9), "not_available: no margins"),
        ((0.1, 0.1, 9.5, 9), "not_estimable: the margins are not whole numbers"),
        ((0.1, 0.1, 1e9, 9), "not_estimable: a margin is above 20000000"),
        ((9.0, 0.1, 3, 2), ""),
    ],
)
def test_tables_that_cannot_be_worked_out(row: tuple[float, ...], reason: str) -> None:
    yi, vi, n1, n2 = row
    assert rebuild(yi, vi, n1, n2, "OR").reason[0] == reason
    if reason != "not_available: no variance":
        assert mean_variance(yi, n1, n2)[1][0].startswith(reason)


def test_only_odds_and_risk_ratios_have_tables() -> None:
    with pytest.raises(ValueError, match="no way from HR"):
        rebuild(0.1, 0.1, 9, 9, "HR")
