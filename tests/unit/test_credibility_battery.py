"""The battery of many factors at once: equal to one factor at a time, and what must hold of any."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from parapluie.effects.bias import egger, uwls
from parapluie.effects.excess import excess_significance, proportion_tests
from parapluie.effects.pooling import pool
from parapluie.effects.umbrella import (
    LARGEST,
    NUMBERS,
    POOLED,
    UWLS,
    Conventions,
    Factors,
    battery,
    factors,
    largest_study,
)
from parapluie.effects.umbrella_tests import EXCESS_TESTS, power_of_groups


def made(seed: int, sizes: list[int]) -> Factors:
    """Draw factors of these sizes, all numbers of people and risks of bias known."""
    rng = np.random.default_rng(seed)
    n = sum(sizes)
    v = rng.gamma(1.5, 0.1, n) + 0.005
    y = rng.normal(0.3, np.sqrt(v + rng.choice([0.0, 0.2])))
    return factors(
        [f"f{i}" for i in range(len(sizes))], np.cumsum([0, *sizes]), [f"s{i}" for i in range(n)],
        yi=y, vi=v, n_cases=rng.integers(5, 300, n), n_controls=rng.integers(5, 300, n),
        low_risk=rng.integers(0, 2, n), low_reporting=rng.integers(0, 2, n),
    )  # fmt: skip


def part(given_: Factors, i: int) -> tuple[np.ndarray, np.ndarray]:
    rows = slice(*given_.offsets[i : i + 2])
    return given_.numbers["yi"][rows], given_.numbers["vi"][rows]


SIZES = [1, 2, 3, 4, 7, 20, 60]


@pytest.mark.parametrize("true_effect", [UWLS, LARGEST, POOLED, 0.2])
@pytest.mark.parametrize("method", ["REML", "DL", "PM", "common"])
def test_a_factor_among_others_is_as_alone(method: str, true_effect: str | float) -> None:
    all_of = made(1, SIZES)
    found = battery(all_of, Conventions(method, "HK", "t_k1", "TES", true_effect))
    numbers = found.numbers
    for i, k in enumerate(SIZES):
        y, v = part(all_of, i)
        alone = pool(y, v, method, "HK")
        for name in ("estimate", "se", "ci_low", "p", "tau2", "i2", "i2_q", "q", "pi_low"):
            wanted = getattr(alone, name)
            assert np.isclose(numbers[name][i], wanted, rtol=1e-10, atol=0, equal_nan=True), name
        test = egger(y, v)
        for name, wanted in (("egger_t", test.statistic), ("egger_p", test.p)):
            assert np.isclose(numbers[name][i], wanted, rtol=1e-9, atol=0, equal_nan=True)
        theta = {
            UWLS: uwls(y, v).estimate if k > 1 else y[0],
            LARGEST: all_of.numbers["yi"][found.largest[i]],
            POOLED: alone.estimate,
            0.2: 0.2,
        }[true_effect]
        tau2 = 0.0 if math.isnan(alone.tau2) else alone.tau2
        _same_excess(found, i, k, y, v, float(theta), tau2)


def _same_excess(found, i, k, y, v, theta, tau2) -> None:  # type: ignore[no-untyped-def]
    one, numbers = excess_significance(y, v, theta, tau2), found.numbers
    assert numbers["observed"][i] == one.observed
    assert numbers["expected"][i] == pytest.approx(one.expected, rel=1e-10)
    assert numbers["true_effect"][i] == pytest.approx(theta, rel=1e-10)
    if k < 2:
        assert all(math.isnan(numbers[n][i]) for n in ("tes_p", "tess_p", "psst_p", "excess_p"))
        return
    assert numbers["tes_p"][i] == pytest.approx(one.p_exact, rel=1e-9, abs=1e-14)
    assert numbers["tes_chi2_p"][i] == pytest.approx(one.p_chi2, rel=1e-9)
    both = proportion_tests(one.significant, np.sqrt(v), theta, tau2)
    for name, p in (("tess_p", both.p_tess), ("psst_p", both.p_psst), ("tesspsst_p", both.p)):
        assert numbers[name][i] == pytest.approx(p, rel=1e-9)


def test_without_each_study_is_the_fit_of_the_others() -> None:
    all_of = made(2, SIZES)
    found = battery(all_of, Conventions("REML", "z"))
    for i, k in enumerate(SIZES):
        y, v = part(all_of, i)
        start = all_of.offsets[i]
        p = [pool(np.delete(y, j), np.delete(v, j), "REML", "z").p for j in range(k) if k > 1]
        ours = found.of_studies["p_without"][start : start + k]
        assert np.allclose(ours, p or [np.nan], rtol=1e-9, equal_nan=True)
        assert np.isclose(found.numbers["jackknife_p"][i], max(p, default=np.nan), equal_nan=True)


@pytest.mark.parametrize("test", sorted(EXCESS_TESTS))
def test_the_test_that_is_asked_for_is_told(test: str) -> None:
    column = {"TES": "tes_p", "TES_chi2": "tes_chi2_p", "TESS": "tess_p", "PSST": "psst_p",
              "TESSPSST": "tesspsst_p"}[test]  # fmt: skip
    found = battery(made(3, [5, 9]), Conventions(excess=test))
    assert np.array_equal(found.numbers["excess_p"], found.numbers[column])


@given(st.integers(0, 10**6), st.lists(st.integers(1, 12), min_size=1, max_size=6))
def test_order_of_rows_and_of_factors_does_not_matter(seed: int, sizes: list[int]) -> None:
    all_of = made(seed, sizes)
    rng = np.random.default_rng(seed + 1)
    order = rng.permutation(len(sizes))
    rows = np.concatenate([
        rng.permutation(np.arange(*all_of.offsets[i : i + 2])) for i in order
    ])  # fmt: skip
    columns = {c: v[rows] for c, v in all_of.numbers.items()}
    other = factors(
        all_of.names[order], np.cumsum([0, *(sizes[i] for i in order)]), all_of.studies[rows],
        **columns,
    )  # fmt: skip
    first, second = battery(all_of), battery(other)
    for name in NUMBERS:
        assert np.allclose(
            first.numbers[name][order], second.numbers[name], rtol=1e-6, atol=1e-9, equal_nan=True
        ), name


@given(st.integers(0, 10**6), st.lists(st.integers(0, 6), min_size=1, max_size=6))
def test_a_number_or_a_reason_never_both(seed: int, sizes: list[int]) -> None:
    rng = np.random.default_rng(seed)
    all_of = made(seed, sizes)
    columns = dict(all_of.numbers)
    for name in ("n_cases", "n_controls", "n_total", "n_group1", "low_risk", "low_reporting"):
        gone = rng.random(columns[name].size) < 0.3
        columns[name] = np.where(gone, np.nan, columns[name])
    if not sum(sizes):
        return
    found = battery(factors(all_of.names, all_of.offsets, all_of.studies, **columns))
    for name, values in found.numbers.items():
        for i, value in enumerate(values):
            assert bool(found.reason(name, i)) == math.isnan(value), (name, i)


def test_reasons_tell_what_is_lacking() -> None:
    all_of = factors(
        ["one", "two", "same", "line"], [0, 1, 3, 6, 9], list("abcdefghi"),
        yi=[0.2, 0.1, 0.3, 0.1, 0.2, 0.3, 1, 2, 3], vi=[0.1, 0.1, 0.2, 0.1, 0.1, 0.1, 1, 4, 9],
        n_cases=[10, 20, np.nan, 5, 5, 5, 5, 5, 5],
    )  # fmt: skip
    found = battery(all_of)
    assert found.reason("egger_p", 0) == "not_estimable: k=1, a line with its error needs 3"
    assert found.reason("egger_p", 1) == "not_estimable: k=2, a line with its error needs 3"
    assert found.reason("egger_p", 2) == "not_estimable: all studies have the same precision"
    assert found.reason("jackknife_p", 0) == "not_estimable: k=1"
    assert found.reason("tau2", 0) == "not_estimable: k=1"
    assert found.reason("n_cases", 1) == "not_available: no number of cases of 1 of 2 studies"
    assert found.numbers["n_cases_known"].tolist() == [10, 20, 15, 15]
    assert found.reason("n_controls", 0) == "not_available: no number of controls of the only study"
    assert found.reason("low_risk", 0) == "not_available: no risk of bias of the only study"
    assert found.reason("power_small", 0) == "not_available: no number of people of the only study"


def test_one_study_has_its_own_interval_and_p() -> None:
    """By t where it has degrees of freedom; p keeps its digits below 1e-16."""
    all_of = factors(["t", "z"], [0, 1, 2], ["a", "b"], yi=[0.5, 2.0], vi=[0.0625, 0.01],
                     df=[18, np.nan])  # fmt: skip
    numbers = battery(all_of).numbers
    assert numbers["p"][0] == pytest.approx(2 * stats.t.sf(2.0, 18), rel=1e-12)
    assert numbers["ci_high"][0] == pytest.approx(0.5 + stats.t.ppf(0.975, 18) * 0.25, rel=1e-12)
    assert 0 < numbers["p"][1] == pytest.approx(math.erfc(20 / math.sqrt(2)), rel=1e-9)


def test_the_largest_study_is_that_with_most_people() -> None:
    """Of equal ones the smaller effect; where a size is not known, the smallest variance."""
    all_of = factors(
        ["sizes", "ties", "unknown"], [0, 3, 6, 9], list("abcdefghi"),
        yi=[0.1, 0.9, 0.2, -0.5, 0.4, 0.4, 0.1, 0.2, 0.3],
        vi=[0.01, 0.5, 0.3, 0.1, 0.2, 0.1, 0.3, 0.2, 0.4],
        n_total=[10, 500, 100, 70, 70, 10, 900, np.nan, 30],
    )  # fmt: skip
    assert all_of.studies[largest_study(all_of)].tolist() == ["b", "e", "h"]


def test_small_study_effects_need_a_conservative_largest_study() -> None:
    """Effects grow with the standard error; the largest study lies nearer to null, or farther."""
    v = np.array([0.01, 0.04, 0.09, 0.16, 0.25, 0.36])
    y = 0.1 + np.sqrt(v) + np.array([0.01, -0.01, 0.02, -0.02, 0.01, -0.01])
    names, sizes = list("abcdefghijklmnopqr"), [900, 200, 90, 50, 30, 20]
    all_of = factors(
        ["nearer", "farther", "flat"], [0, 6, 12, 18], names,
        yi=[*y, *y, *([0.3, 0.2, 0.4] * 2)], vi=[*v, *v, *v],
        n_total=[*sizes, *sizes[::-1], *sizes],
    )  # fmt: skip
    numbers = battery(all_of).numbers
    assert (numbers["egger_p"] < 0.1).tolist() == [True, True, False]
    assert numbers["small_study_effects"].tolist() == [1, 0, 0]


def test_studies_against_the_result_are_significant_ones_on_the_other_side() -> None:
    all_of = factors(["f"], [0, 4], list("abcd"), yi=[0.5, 0.6, -0.8, -0.1], vi=[0.01] * 4,
                     ci_low=[0.3, 0.4, -1.0, -0.3], ci_high=[0.7, 0.8, -0.6, 0.1])  # fmt: skip
    numbers = battery(all_of, Conventions("common", "z")).numbers
    assert numbers["estimate"][0] > 0 and numbers["opposite"][0] == 0.25


def test_weight_of_low_risk_has_ends_where_some_studies_are_not_rated() -> None:
    all_of = factors(["f"], [0, 4], list("abcd"), yi=[0.1] * 4, vi=[0.1] * 4,
                     low_risk=[1, 0, np.nan, 1])  # fmt: skip
    numbers = battery(all_of, Conventions("common", "z")).numbers
    assert math.isnan(numbers["low_risk"][0])
    assert (numbers["low_risk_least"][0], numbers["low_risk_most"][0]) == pytest.approx((50, 75))


@pytest.mark.parametrize(("n", "d"), [(393, 0.2), (64, 0.5), (26, 0.8)])
def test_power_as_in_the_tables_of_cohen(n: int, d: float) -> None:
    """Cohen 1988, table 2.4.1: the size of each group for a power of 0.80, two-sided 0.05."""
    power = power_of_groups(np.array([n, n - 1.0]), np.array([n, n - 1.0]), d)
    assert power[0] == pytest.approx(0.80, abs=0.008)
    assert 0.78 < power[1] < power[0]


@pytest.mark.parametrize("d", [0.01, 0.2, 0.5, 0.8, 3.0])
def test_power_by_integration(d: float) -> None:
    for n1, n2 in ((3.0, 9.0), (40.0, 60.0), (500.0, 700.0), (60_000.0, 90_000.0)):
        found = power_of_groups(np.array([n1]), np.array([n2]), d)[0]
        shift, df = d / math.sqrt(1 / n1 + 1 / n2), n1 + n2 - 2
        crit = stats.t.ppf(0.975, df)
        # t is (z + shift) over the root of chi-square over its degrees of freedom
        points, weights = np.polynomial.legendre.leggauss(400)
        u = (points + 1) / 2
        root = np.sqrt(stats.chi2.ppf(u, df) / df)
        inner = stats.norm.sf(crit * root - shift) + stats.norm.cdf(-crit * root - shift)
        assert found == pytest.approx(float((weights * inner).sum() / 2), abs=2e-6)


def test_names_that_are_none_are_refused() -> None:
    for wrong in ({"method": "XX"}, {"ci": "XX"}, {"pi": "XX"}, {"excess": "XX"},
                  {"true_effect": "XX"}):  # fmt: skip
        with pytest.raises(ValueError, match="'XX' is n"):
            Conventions(**wrong)
    with pytest.raises(ValueError, match="weight"):
        factors(["f"], [0, 1], ["a"], yi=[1], vi=[1], weight=[1])
    with pytest.raises(ValueError, match="lengths"):
        factors(["f"], [0, 2], ["a"], yi=[1], vi=[1])
