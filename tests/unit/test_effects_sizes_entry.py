"""Entering what papers print: standard errors recovered, the first whole way, what is lacking."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from parapluie.effects import recover
from parapluie.effects.cells import Array
from parapluie.effects.enter import NUMBERS, Entered, enter, paths
from parapluie.effects.entry import DEFAULT, METAUMBRELLA, TEXT_COLUMNS, Rules
from parapluie.effects.quantiles import FIVE, QUARTILES, RANGE, from_five_numbers, skewed
from parapluie.effects.registry import MEASURES, escalc
from parapluie.synthesis.study_effects import study_averages, with_effects

NAN = math.nan
Z = 1.959963984540054


def one(measure: str, rules: Rules = DEFAULT, **cells: Any) -> tuple[float, float, str, str, str]:
    """Give effect, standard error, way, words and reason of one row."""
    found = enter(measure, cells, rules)
    return (
        float(found.yi[0]), math.sqrt(found.vi[0]), str(found.path[0]), str(found.words[0]),
        str(found.reason[0]),
    )  # fmt: skip


# --- standard errors ------------------------------------------------------------------------------


def test_examples_of_the_cochrane_handbook() -> None:
    # Section 6.5.2.3: a mean difference of 3.8 with p = 0.008, 25 and 22 people.
    t = recover.statistic_from_p(0.008, 45)
    se = 3.8 / float(t)
    assert (round(float(t), 2), round(se, 2)) == (2.78, 1.37)
    # The book goes on with its rounded 1.37.
    assert round(round(se, 2) / math.sqrt(1 / 25 + 1 / 22), 2) == 4.69
    # Section 6.5.2.2: a mean with the interval 30.0 to 34.2 of 25 people.
    spread = math.sqrt(25) * (34.2 - 30.0) / (2 * float(recover.critical_value(95, 24)))
    assert round(spread, 2) == 5.09
    # Section 6.3.1: a risk difference of -0.03 with p = 0.008.
    taken = recover.from_statistic(np.array([-0.03]), -recover.statistic_from_p([0.008]))
    assert round(float(taken.se[0]), 3) == 0.011


@given(
    st.floats(-3, 3), st.floats(0.01, 5), st.sampled_from([80.0, 90.0, 95.0, 99.0]),
    st.sampled_from([np.inf, 3.0, 40.0]),
)  # fmt: skip
def test_an_interval_gives_its_standard_error_back(
    y: float, se: float, level: float, df: float
) -> None:
    half = se * float(recover.critical_value(level, df))
    taken = recover.from_interval(*(np.array([x]) for x in (y, y - half, y + half)), level, df)
    assert taken.se[0] == pytest.approx(se, rel=1e-9)
    assert abs(taken.asymmetry[0]) < 1e-6 and taken.note[0] == ""
    p = 2 * _tail(abs(y) / se, df)
    if 1e-300 < p < 0.999:
        by_p = recover.from_statistic(np.array([y]), recover.statistic_from_p([p], df))
        assert by_p.se[0] == pytest.approx(se, rel=1e-5)


def _tail(x: float, df: float) -> float:
    from scipy.special import ndtr, stdtr

    return float(ndtr(-x) if math.isinf(df) else stdtr(df, -x))


@pytest.mark.parametrize(
    ("estimate", "low", "high", "reason"),
    [
        (1.0, 2.0, 0.0, "the interval ends below its start"),
        (1.0, 1.0, 1.0, "the interval has no width"),
        (3.0, 0.0, 2.0, "the estimate is outside its interval"),
        (1.0, -np.inf, 2.0, "an end of the interval has no value on the scale of analysis"),
        (1.0, np.nan, 2.0, "an end of the interval has no value on the scale of analysis"),
    ],
)
def test_an_interval_that_gives_nothing(
    estimate: float, low: float, high: float, reason: str
) -> None:
    taken = recover.from_interval(*(np.array([x]) for x in (estimate, low, high)))
    assert taken.reason[0] == f"not_estimable: {reason}" and np.isnan(taken.se[0])


def test_the_size_of_an_asymmetry_is_said() -> None:
    # A quarter below, three quarters above.
    *_, words, reason = one("MD", estimate=1.0, ci_low=0.0, ci_high=4.0)
    assert reason == "" and "asymmetric interval: 75% of its width lies above the estimate" in words
    assert enter("MD", {"estimate": 1.0, "ci_low": 0.0, "ci_high": 4.0}).asymmetry[0] == 0.5
    # The same ratio is symmetric on the log scale, asymmetric on the natural one.
    assert "asymmetric" not in one("OR", estimate=2.0, ci_low=1.0, ci_high=4.0)[3]
    assert "asymmetric" in one("RD", estimate=2.0, ci_low=1.0, ci_high=4.0)[3]


def test_the_degrees_of_freedom_of_an_interval() -> None:
    half = float(recover.critical_value(95, 18))
    rows = {"estimate": 0.0, "ci_low": -half, "ci_high": half}
    assert one("MD", **rows, n1i=10, n2i=10)[1] == pytest.approx(1)
    assert one("MD", **rows)[1] == pytest.approx(half / Z)
    assert one("SMD", **rows, n1i=10, n2i=10)[1] == pytest.approx(half / Z)
    assert one("MD", **rows, n1i=10, n2i=10, ci_level=90)[3].endswith("90% interval")


def test_a_p_that_is_only_a_bound_is_no_number() -> None:
    fine = one("OR", estimate=2.0, p=0.05, p_operator="=")
    assert fine[2] == "estimate_p" and fine[1] == pytest.approx(math.log(2) / Z)
    for operator in ("<", ">", "<=", "≤"):
        bound = one("OR", estimate=2.0, p=0.05, p_operator=operator)
        assert bound[2] == "" and "estimate_p: p is only a bound" in bound[4]
    assert "p is not between 0 and 1" in one("OR", estimate=2.0, p=1.2)[4]


def test_a_statistic_of_several_degrees_of_freedom_is_refused() -> None:
    assert one("OR", estimate=2.0, chi2=4.0)[1] == pytest.approx(math.log(2) / 2)
    assert "more than one degree" in one("OR", estimate=2.0, chi2=4.0, df=2)[4]
    assert "differ in sign" in one("MD", estimate=2.0, t=-4.0)[3]


def test_an_interval_of_a_correlation_is_taken_on_the_scale_of_fisher() -> None:
    z, se = math.atanh(0.5), 0.1
    ends = {"ci_low": math.tanh(z - Z * se), "ci_high": math.tanh(z + Z * se)}
    yi, error, way, words, _ = one("COR", estimate=0.5, **ends)
    assert (way, yi) == ("interval", pytest.approx(0.5))
    assert error == pytest.approx(se * (1 - 0.25)) and "Fisher's z" in words


def test_an_interval_of_a_proportion_is_taken_on_the_logit_scale() -> None:
    logit, se = math.log(0.2 / 0.8), 0.3
    ends = [1 / (1 + math.exp(-(logit + k * Z * se))) for k in (-1, 1)]
    yi, error, *_ = one("PROP", estimate=0.2, ci_low=ends[0], ci_high=ends[1])
    assert yi == pytest.approx(0.2) and error == pytest.approx(se * 0.16)


def test_one_end_of_an_interval() -> None:
    whole = one("OR", estimate=2.0, ci_low=1.0, ci_high=4.0)
    for ends in ({"ci_high": 4.0}, {"ci_low": 1.0}, {"ci_low": 0.0, "ci_high": 4.0}):
        yi, se, way, words, _ = one("OR", estimate=2.0, **ends)
        assert (yi, way) == (whole[0], "one_side") and se == pytest.approx(whole[1])
        assert "the other is taken as equally far" in words
    yi, se, way, words, _ = one("OR", ci_low=1.0, ci_high=4.0)
    assert way == "ends_only" and "taken as the middle" in words
    assert (yi, se) == (pytest.approx(whole[0]), pytest.approx(whole[1]))


# --- the order of the ways ------------------------------------------------------------------------

EVERYTHING = {
    "yi": 0.1, "vi": 0.2, "se": 0.4, "estimate": 1.5, "ci_low": 1.0, "ci_high": 2.25, "z": 2.0,
    "t": 2.0, "f": 4.0, "chi2": 4.0, "p": 0.04, "ai": 4.0, "bi": 6.0, "ci": 2.0, "di": 8.0,
    "n1i": 10.0, "n2i": 10.0, "percent1i": 40.0, "percent2i": 20.0,
}  # fmt: skip


def test_the_first_whole_way_wins() -> None:
    cells: dict[str, Any] = dict(EVERYTHING)
    order = []
    lost = ("vi", "yi", "ci_low", "se", "ai", "z", "t", "f", "chi2", "percent1i", "ci_high", "p")
    for column in lost:
        order.append(one("OR", **cells)[2])
        cells[column] = NAN
    order.append(one("OR", METAUMBRELLA, **cells)[2])
    assert one("OR", **cells)[2] == ""
    assert order == [
        "yi_vi", "yi_se", "interval", "estimate_se", "cells:OR", "estimate_z", "estimate_t",
        "estimate_f", "estimate_chi2", "percentages", "one_side", "estimate_p", "ratio_margins",
    ]  # fmt: skip


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_the_order_is_that_of_the_documentation(root: Path, measure: str) -> None:
    """Every way of every measure stands in docs/effect_sizes.md, in this order."""
    text = (root / "docs" / "effect_sizes.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([a-z_0-9]+)` \|", text, re.MULTILINE)
    ours = [way.code.split(":")[0] for way in paths(MEASURES[measure], METAUMBRELLA)]
    places = [listed.index(code) for code in ours]
    assert places == sorted(places)


def test_every_recipe_is_documented(root: Path) -> None:
    text = (root / "docs" / "effect_sizes.md").read_text(encoding="utf-8")
    for measure in MEASURES.values():
        (line,) = re.findall(
            rf"^\| (?:[A-Z, ]*\b)?{measure.code}\b[A-Z, ]* \|.*$", text, re.MULTILINE
        )
        assert all(f"`{recipe.name}`" in line for recipe in measure.recipes)


def test_raw_cells_may_come_first() -> None:
    assert one("OR", Rules(cells_first=True), **EVERYTHING)[2] == "cells:OR"
    assert one("OR", Rules(recipes={"OR": "PETO"}, cells_first=True), **EVERYTHING)[2] == (
        "cells:PETO"
    )


def test_each_row_has_its_own_way() -> None:
    found = enter(
        "OR",
        {
            "yi": [0.1, NAN, NAN, NAN], "vi": [0.2, NAN, NAN, NAN],
            "estimate": [NAN, 2.0, 2.0, NAN], "ci_low": [NAN, 1.0, NAN, NAN],
            "ci_high": [NAN, 4.0, NAN, NAN], "ai": [NAN, NAN, 5.0, 5.0], "n1i": 10.0,
            "ci": 2.0, "n2i": [10.0, 10.0, 10.0, NAN],
        },
    )  # fmt: skip
    assert list(found.path) == ["yi_vi", "interval", "cells:OR", ""]
    assert list(found.reason[:3]) == ["", "", ""]
    assert found.reason[3] == "not_available: cells:OR lacks di or n2i; percentages lacks " + (
        "percent1i, percent2i, n2i"
    )


def test_a_way_that_failed_is_said_beside_the_number() -> None:
    yi, _, way, words, reason = one(
        "OR", estimate=2.0, ci_low=3.0, ci_high=4.0, ai=5, n1i=10, ci=2, n2i=10
    )  # fmt: skip
    assert way == "cells:OR" and reason == "" and yi == pytest.approx(math.log(4))
    assert words.endswith("not taken interval: the estimate is outside its interval")


@pytest.mark.parametrize(
    ("measure", "cells"),
    [("GEN", {"yi": [0.2], "se": [-0.1]}), ("RR", {"estimate": [1.2], "se": [-0.1]})],
)
def test_a_standard_error_with_a_minus_is_not_squared_away(
    measure: str, cells: dict[str, list[float]]
) -> None:
    entered = enter(measure, cells)
    assert np.isnan(entered.yi).all() and "the standard error is below 0" in entered.reason[0]


def test_what_is_lacking_is_said() -> None:
    assert one("SMD", n1i=10, n2i=10, m1i=1, m2i=2, sd1i=1)[4].startswith(
        "not_available: cells:SMD lacks sd2i; means lacks sd2i or se2i or m2i_low"
    )
    nothing = one("HR", note=NAN)[4]
    assert nothing.startswith("not_available: nothing to compute from; the ways are yi_vi, yi_se")
    assert len(enter("HR", {"estimate": []})) == 0
    with pytest.raises(KeyError, match="'XX' is no measure"):
        enter("XX", {"yi": 1})


def test_adjusted_estimates_say_so() -> None:
    found = enter(
        "OR",
        {"estimate": [2.0, 2.0], "ci_low": 1.0, "ci_high": 4.0, "adjusted": ["yes", "no"]},
    )
    assert list(found.words) == [
        "adjusted estimate and its interval; on the log scale",
        "estimate and its interval; on the log scale",
    ]


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_no_rubbish_comes_out_of_any_way(measure: str) -> None:
    rng = np.random.default_rng(7)
    names = sorted({n for way in paths(MEASURES[measure]) for k in way.needs for n in k.split("|")})
    usual = [NAN, NAN, NAN, -1.0, 0.0, 0.3, 1.0, 2.5, 12.0, 1e8, np.inf]
    for rules in (DEFAULT, METAUMBRELLA):
        rows: dict[str, Any] = {name: rng.choice(usual, 3000) for name in names}
        rows["p_operator"] = rng.choice(["", "=", "<"], 3000)
        rows["bias_corrected"] = rng.choice(["", "yes", "no"], 3000)
        found = enter(measure, rows, rules)
        good = found.reason == ""
        assert 0 < good.sum() < 3000
        assert np.isfinite(found.yi[good]).all() and (found.vi[good] > 0).all()
        assert np.isfinite(found.vi[good]).all() and (found.path[good] != "").all()
        assert np.isnan(found.yi[~good]).all() and (found.path[~good] == "").all()
        assert all(str(r).startswith("not_") for r in found.reason[~good])


# --- standardised differences ---------------------------------------------------------------------


def agree(found: Entered, yi: Array, vi: Array) -> None:
    np.testing.assert_allclose(found.yi, yi, rtol=1e-9)
    np.testing.assert_allclose(found.vi, vi, rtol=1e-9)


def two_groups(n: int = 50) -> dict[str, Array]:
    rng = np.random.default_rng(8)
    cells = {f"m{i}i": rng.normal(10, 3, n) for i in (1, 2)}
    cells |= {f"sd{i}i": rng.uniform(1, 5, n) for i in (1, 2)}
    return cells | {f"n{i}i": rng.integers(4, 90, n).astype(float) for i in (1, 2)}


def test_every_way_to_a_standardised_difference_gives_the_same() -> None:
    cells = two_groups()
    n1, n2 = cells["n1i"], cells["n2i"]
    sizes = {"n1i": n1, "n2i": n2}
    wanted = escalc("SMD", cells)
    pooled = np.sqrt(
        ((n1 - 1) * cells["sd1i"] ** 2 + (n2 - 1) * cells["sd2i"] ** 2) / (n1 + n2 - 2)
    )
    md = cells["m1i"] - cells["m2i"]
    se = pooled * np.sqrt(1 / n1 + 1 / n2)
    t, sign = md / se, np.sign(md)
    half = se * recover.critical_value(95, n1 + n2 - 2)
    p = 2 * np.array([_tail(abs(x), d) for x, d in zip(t, n1 + n2 - 2, strict=True)])
    ways: dict[str, dict[str, Any]] = {
        "test": {"t": t},
        "test ": {"f": t**2, "direction": sign},
        "test  ": {"p": p, "direction": sign},
        "difference": {"md": md, "sd": pooled},
        "difference ": {"md": md, "md_se": se},
        "difference  ": {"md": md, "md_low": md - half, "md_high": md + half},
        "estimate_sizes": {"estimate": wanted.yi},
    }
    for way, given_cells in ways.items():
        found = enter("SMD", given_cells | sizes)
        assert set(found.path) == {way.strip()}, found.reason
        agree(found, wanted.yi, wanted.vi)


def test_means_with_other_spreads() -> None:
    cells = two_groups()
    wanted = escalc("MD", cells)
    rest = {k: v for k, v in cells.items() if k != "sd1i"}
    se = cells["sd1i"] / np.sqrt(cells["n1i"])
    half = se * recover.critical_value(95, cells["n1i"] - 1)
    for spread in (
        {"se1i": se},
        {"m1i_low": cells["m1i"] - half, "m1i_high": cells["m1i"] + half},
    ):
        found = enter("MD", rest | spread)
        assert set(found.path) == {"means"}
        assert all("standard deviation of group 1 from its" in w for w in found.words)
        agree(found, wanted.yi, wanted.vi)


def test_percentages_become_people() -> None:
    found = enter("RR", {"percent1i": 33.3, "n1i": 30, "percent2i": 20.1, "n2i": 40})
    wanted = escalc("RR", {"ai": 10, "n1i": 30, "ci": 8, "n2i": 40})
    assert found.yi[0] == wanted.yi[0] and found.path[0] == "percentages"


def test_a_printed_d_is_corrected_only_if_it_is_said_to_be_one() -> None:
    row: dict[str, Any] = {"estimate": 1.0, "se": 0.3, "n1i": 10, "n2i": 10}
    j = 1 - 3 / (4 * 18 - 1)
    assert one("SMD", **row)[0] == 1.0
    d = one("SMD", **row, bias_corrected="no")
    assert d[0] == pytest.approx(j, rel=1e-3) and "d times J" in d[3]
    assert d[1] / d[0] == pytest.approx(0.3)
    assert one("SMD", METAUMBRELLA, **row)[0] == d[0]
    assert one("SMD", METAUMBRELLA, **row, bias_corrected="yes")[0] == 1.0
    one_group = one("SMC", estimate=1.0, se=0.3, n1i=10, bias_corrected="no")
    assert one_group[0] == pytest.approx(1 - 3 / (4 * 9 - 1), rel=1e-2)
    unknown = one("SMD", estimate=1.0, se=0.3, bias_corrected="no")
    assert "d is corrected for bias by n1i and n2i" in unknown[4]


def test_adjusted_means() -> None:
    row: dict[str, Any] = {
        "m1i_adjusted": 103.0, "m2i_adjusted": 100.0, "sd1i": 5.5, "sd2i": 4.5, "n1i": 50,
        "n2i": 50, "r_covariate": 0.7,
    }  # fmt: skip
    yi, se, way, *_ = one("SMD", **row)
    assert way == "adjusted_means"
    d = 3 / math.sqrt((5.5**2 + 4.5**2) / 2)
    # Borenstein in Cooper et al. 2009, table 12.3: the covariate takes its share of the variance.
    assert yi == pytest.approx(d * (1 - 3 / (4 * 97 - 1)), rel=1e-4)
    assert (se / yi * d) ** 2 == pytest.approx(0.04 * 0.51 + d**2 / 200)


def test_a_sign_is_needed_where_the_statistic_has_none() -> None:
    for cells in ({"f": 4.0}, {"p": 0.04}):
        assert "no direction (1 or -1)" in one("SMD", n1i=10, n2i=10, **cells)[4]
        assert one("SMD", n1i=10, n2i=10, direction=-1, **cells)[0] < 0
    assert "neither 1 nor -1" in one("SMD", n1i=10, n2i=10, f=4.0, direction=0)[4]


def test_correlations_from_their_tests() -> None:
    r, n = 0.4, 50
    t = r * math.sqrt((n - 2) / (1 - r**2))
    for cells in (
        {"t": t},
        {"f": t**2, "direction": 1},
        {"p": 2 * _tail(t, n - 2), "direction": 1},
    ):
        found = enter("ZCOR", {"ni": n, **cells})
        assert found.path[0] == "test" and found.yi[0] == pytest.approx(math.atanh(r))
        assert found.vi[0] == pytest.approx(1 / 47)
    phi = enter("COR", {"ni": 100, "chi2": 9.0, "direction": -1})
    assert phi.yi[0] == pytest.approx(-0.3) and phi.path[0] == "test_z"
    assert enter("COR", {"estimate": 0.3, "ni": 50}).path[0] == "estimate_size"


def test_log_rank() -> None:
    yi, se, way, *_ = one("HR", o_e=-5.0, v=10.0)
    assert (yi, way) == (-0.5, "log_rank") and se == pytest.approx(math.sqrt(0.1))


# --- medians --------------------------------------------------------------------------------------


def test_numbers_of_other_software() -> None:
    # metaBLUE 1.0.0 (R), printed examples: Luo.mean and Wan.std of (1, 4, 10), n = 30, type S1.
    found = from_five_numbers({"min": 1, "median": 4, "max": 10, "n": 30})
    assert round(float(found.mean[0]), 6) == 4.356748
    assert round(float(found.sd[0]), 6) == 2.205578
    assert found.scenario[0] == RANGE


def test_a_normal_sample_is_given_back() -> None:
    rng = np.random.default_rng(9)
    x = np.sort(rng.normal(50, 8, (4000, 101)), axis=1)
    five = {"min": x[:, 0], "q1": x[:, 25], "median": x[:, 50], "q3": x[:, 75], "max": x[:, 100]}
    for names, scenario in (
        (("min", "median", "max"), RANGE),
        (("q1", "median", "q3"), QUARTILES),
        (tuple(five), FIVE),
    ):
        cells: dict[str, Any] = {name: five[name] for name in names}
        for mean in ("luo2018", "wan2014"):
            for sd in ("shi2020", "wan2014"):
                found = from_five_numbers(cells | {"n": 101}, mean, sd)
                assert set(found.scenario) == {scenario} and (found.reason == "").all()
                assert abs(np.mean(found.mean) - 50) < 0.2
                assert abs(np.mean(found.sd) - 8) < 0.15
        # The test of skewness errs in about 5% of normal samples, and sees an exponential one.
        assert 0.03 < np.mean(skewed(cells | {"n": 101})) < 0.07
    far: dict[str, Any] = {k: np.exp(v / 8) for k, v in five.items()}
    assert np.mean(skewed(far | {"n": 101})) > 0.9


def test_medians_enter_with_what_they_suppose() -> None:
    row: dict[str, Any] = {"n1i": 40, "n2i": 40, "m2i": 10.0, "sd2i": 4.0}
    found = enter("MD", row | {"median_1i": 12.0, "q1_1i": 9.0, "q3_1i": 15.0})
    assert found.path[0] == "means" and found.yi[0] == pytest.approx(2.0)
    assert "supposing normal values" in found.words[0]
    assert "speak against" not in found.words[0]
    bent = enter("MD", row | {"median_1i": 12.0, "q1_1i": 11.5, "q3_1i": 25.0})
    assert "the numbers speak against it (Shi 2023)" in bent.words[0]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"median": 5, "q1": 6, "q3": 7, "n": 20}, "the five numbers are not in order"),
        ({"median": 5, "q1": 4, "n": 20}, "neither both ends of the range nor both quartiles"),
        ({"q1": 4, "q3": 6, "n": 20}, "no median"),
        ({"median": 5, "q1": 4, "q3": 6}, "no size"),
    ],
)
def test_five_numbers_that_give_nothing(cells: dict[str, float], reason: str) -> None:
    found = from_five_numbers(cells)
    assert reason in found.reason[0] and np.isnan(found.mean[0]) and np.isnan(found.sd[0])


def test_a_method_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="mean is one of luo2018, wan2014"):
        from_five_numbers({"median": 1, "n": 2}, mean="x")


def test_the_correlation_of_before_and_after_may_be_assumed() -> None:
    row: dict[str, Any] = {"mc1i": 3.0, "sdc1i": 5.5, "n1i": 50, "sd1i_pre": 6.0}
    assert "correlation of before and after (ri)" in one("SMC", **row)[4]
    assert "taken as 0.8" in one("SMC", METAUMBRELLA, **row)[3]


# --- the table of effects -------------------------------------------------------------------------


def test_the_schema_has_every_column_that_a_way_reads(root: Path) -> None:
    file = root / "workflow/schemas/extraction/study_effects.schema.yaml"
    properties = yaml.safe_load(file.read_text(encoding="utf-8"))["properties"]
    read = {
        n for m in MEASURES.values() for way in paths(m) for k in way.needs for n in k.split("|")
    }
    assert read <= set(NUMBERS)
    assert set(NUMBERS) | set(TEXT_COLUMNS) <= set(properties)
    assert {properties[c]["type"] for c in NUMBERS} == {"number"}


def test_rows_of_a_table_get_their_effects() -> None:
    rows = pd.DataFrame(
        {
            "study_id": ["a", "a", "b", "c"],
            "review_id": "this_overview",
            "outcome": "mood",
            "measure": ["OR", "OR", "SMD", "OR"],
            "estimate": [2.0, np.nan, np.nan, np.nan],
            "ci_low": [1.0, np.nan, np.nan, np.nan],
            "ci_high": [4.0, np.nan, np.nan, np.nan],
            "ai": [np.nan, 5.0, np.nan, np.nan],
            "n1i": [np.nan, 10.0, 20.0, 3.0],
            "ci": [np.nan, 2.0, np.nan, np.nan],
            "n2i": [np.nan, 10.0, 22.0, np.nan],
            "t": [np.nan, np.nan, 2.0, np.nan],
            "adjusted": ["yes", "", "", ""],
            "note": "x",
        }
    )
    found = with_effects(rows)
    assert list(found["path"]) == ["interval", "cells:OR", "test", ""]
    assert found["how"].iloc[0].startswith("adjusted estimate and its interval")
    assert found["reason"].iloc[3].startswith("not_available: ")
    averages = study_averages(found[found["path"] != ""], 0.5)
    line = averages.set_index("study_id").loc["a"]
    assert (line["paths"], line["n_effects"]) == ("cells:OR;interval", 2)
    assert line["how"] == "adjusted estimate and its interval; on the log scale | " + (
        "log odds ratio (Woolf 1955)"
    )
