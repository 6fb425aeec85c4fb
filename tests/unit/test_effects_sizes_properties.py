"""What must hold for any numbers: a number or a reason, and symmetries of the measures."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.integrate import quad
from scipy.special import gamma

from parapluie.effects.cells import Array, Sizes
from parapluie.effects.correction import TO, Correction
from parapluie.effects.registry import MEASURES, Recipe, escalc
from parapluie.effects.sizes import change, correlations, means, proportions, rates, tables
from parapluie.effects.sizes.correlations import _gauss
from parapluie.effects.sizes.means import hedges_factor

RECIPES = [(m.code, r) for m in MEASURES.values() for r in m.recipes]
TWO_BY_TWO = [(m, r) for m, r in RECIPES if r.needs == tables.CELLS]
TWO_MEANS = [(m, r) for m, r in RECIPES if r.needs == means.CELLS]
RULES = [
    Correction(add, to, drop00)
    for add, to, drop00 in itertools.product((0.5, 0.1), TO, (False, True))
]
MANY = 10_000


def is_whole(found: Sizes) -> bool:
    """Tell whether every row has numbers that can be pooled, or a reason and no rubbish."""
    good = found.reason == ""
    fine = np.isfinite(found.yi[good]).all() and (found.vi[good] > 0).all()
    known = all(
        str(r).startswith(("not_available: ", "not_estimable: ")) for r in found.reason[~good]
    )
    return bool(
        fine and np.isfinite(found.vi[good]).all() and known and not np.isinf(found.yi).any()
    )


def random_tables(seed: int) -> dict[str, Array]:
    """Make tables of all sizes with many zeros, empty arms and impossible or missing counts."""
    rng = np.random.default_rng(seed)
    n1, n2 = (rng.choice([0, 1, 2, 5, 30, 1000, 10**7], MANY).astype(float) for _ in range(2))
    a, c = (np.floor(rng.choice([0, 0, 0.2, 0.5, 1, 1.2], MANY) * n) for n in (n1, n2))
    a[:: MANY // 100] = np.nan
    c[1 :: MANY // 50] = -1
    n1[2 :: MANY // 50] = np.inf
    return {"ai": a, "n1i": n1, "ci": c, "n2i": n2}


@pytest.mark.parametrize("rule", RULES, ids=lambda r: f"{r.add}-{r.to}-{r.drop00}")
def test_ten_thousand_tables_give_a_number_or_a_reason(rule: Correction) -> None:
    cells = random_tables(1)
    for measure, recipe in TWO_BY_TWO:
        found = escalc(measure, cells, recipe.name, rule)
        assert is_whole(found)
        possible = (cells["ai"] > 0) & (cells["ai"] < cells["n1i"]) & (cells["ci"] > 0)
        possible &= (cells["ci"] < cells["n2i"]) & np.isfinite(cells["n1i"])
        assert possible.sum() > 400
        assert (found.reason[possible] == "").all()


@pytest.mark.parametrize(("measure", "recipe"), RECIPES, ids=lambda x: getattr(x, "name", x))
def test_ten_thousand_rows_of_rubbish_give_a_number_or_a_reason(
    measure: str, recipe: Recipe
) -> None:
    rng = np.random.default_rng(2)
    names = {n for need in recipe.needs for n in need.split("|")}
    if recipe.needs == change.CELLS:
        names |= {name.format(number) for name in change.ARM for number in (1, 2)}
    usual = [np.nan, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 40.0, 1e6, 1e300, np.inf]
    cells = {name: rng.choice(usual, MANY) for name in sorted(names)}
    for rule in RULES[:8]:
        assert is_whole(escalc(measure, cells, recipe.name, rule))


# --- symmetries -----------------------------------------------------------------------------------


def swapped(cells: dict[str, Array]) -> dict[str, Array]:
    """Change the places of both arms."""
    pairs = {"ai": "ci", "bi": "di"}
    pairs |= {v: k for k, v in pairs.items()}
    return {pairs.get(n, n.translate(str.maketrans("12", "21"))): v for n, v in cells.items()}


@pytest.mark.parametrize("rule", RULES, ids=lambda r: f"{r.add}-{r.to}-{r.drop00}")
def test_swapping_arms_changes_the_sign(rule: Correction) -> None:
    cells = random_tables(3)
    for measure, recipe in TWO_BY_TWO:
        found = escalc(measure, cells, recipe.name, rule)
        turned = escalc(measure, swapped(cells), recipe.name, rule)
        assert ((found.reason == "") == (turned.reason == "")).all()
        np.testing.assert_allclose(found.yi, -turned.yi, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(found.vi, turned.vi, rtol=1e-9)


def sizes_of_means(seed: int, n: int = 2000) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    cells = {f"m{i}i": rng.uniform(1, 50, n) for i in (1, 2)}
    cells |= {f"sd{i}i": rng.uniform(0.5, 20, n) for i in (1, 2)}
    return cells | {f"n{i}i": rng.integers(3, 200, n).astype(float) for i in (1, 2)}


@pytest.mark.parametrize(("measure", "recipe"), TWO_MEANS, ids=lambda x: getattr(x, "name", x))
def test_symmetries_of_means(measure: str, recipe: Recipe) -> None:
    cells = sizes_of_means(4)
    found = escalc(measure, cells, recipe.name)
    turned = escalc(measure, swapped(cells), recipe.name)
    np.testing.assert_allclose(found.yi, -turned.yi, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.vi, turned.vi, rtol=1e-9)
    # In another unit a difference of means scales, and the others do not change.
    unit = {c: v * 1000 if c[0] in "ms" else v for c, v in cells.items()}
    scaled = escalc(measure, unit, recipe.name)
    factor = 1000.0 if measure == "MD" else 1.0
    np.testing.assert_allclose(scaled.yi, factor * found.yi, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(scaled.vi, factor**2 * found.vi, rtol=1e-9)


@pytest.mark.parametrize(("measure", "recipe"), RECIPES, ids=lambda x: getattr(x, "name", x))
def test_the_order_of_rows_does_not_matter(measure: str, recipe: Recipe) -> None:
    rng = np.random.default_rng(5)
    names = {n for need in recipe.needs for n in need.split("|")}
    cells = {name: rng.integers(1, 40, 500).astype(float) for name in sorted(names)}
    if recipe.needs == correlations.CELLS:
        cells["ri"] = rng.uniform(-1, 1, 500)
    if recipe.needs == change.CELLS:
        cells["ri"] = rng.uniform(0, 0.9, 500)
    order = rng.permutation(500)
    found = escalc(measure, cells, recipe.name)
    moved = escalc(measure, {c: v[order] for c, v in cells.items()}, recipe.name)
    # Averages over rows add in another order.
    np.testing.assert_allclose(found.yi[order], moved.yi, rtol=1e-12)
    np.testing.assert_allclose(found.vi[order], moved.vi, rtol=1e-12)
    assert (found.reason[order] == moved.reason).all()


counts = arrays.arrays(np.int64, (4, 20), elements=st.integers(1, 500))


@given(counts)
def test_the_risks_between_the_measures_of_a_table(table: Array) -> None:
    a, b, c, d = table.astype(float)
    cells = {"ai": a, "bi": b, "ci": c, "di": d}
    rr, odds, rd = (escalc(m, cells).yi for m in ("RR", "OR", "RD"))
    baseline = c / (c + d)
    np.testing.assert_allclose(baseline * np.exp(rr), baseline + rd, rtol=1e-9)
    assert (np.abs(odds) >= np.abs(rr) - 1e-12).all()
    # Sizes in the place of non-events are the same table.
    other = escalc("OR", {"ai": a, "n1i": a + b, "ci": c, "n2i": c + d})
    np.testing.assert_array_equal(odds, other.yi)


@given(counts)
def test_a_rate_is_free_of_its_unit(table: Array) -> None:
    x1, t1, x2, t2 = table.astype(float)
    years = escalc("IRR", {"x1i": x1, "t1i": t1, "x2i": x2, "t2i": t2})
    days = escalc("IRR", {"x1i": x1, "t1i": 365.25 * t1, "x2i": x2, "t2i": 365.25 * t2})
    np.testing.assert_allclose(years.yi, days.yi, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(years.vi, days.vi)


@given(st.integers(0, 400), st.integers(1, 400))
def test_a_proportion_and_its_complement(x: int, more: int) -> None:
    n = x + more
    for name, mirror in (("PLO", 0.0), ("PAS", np.pi / 2), ("PFT", np.pi / 2), ("PROP", 1.0)):
        found, other = (escalc(name, {"xi": k, "ni": n}) for k in (x, n - x))
        np.testing.assert_allclose(found.yi + other.yi, mirror, atol=1e-9)
        np.testing.assert_allclose(found.vi, other.vi, rtol=1e-9)


# --- exact parts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("m", [2, 3, 10, 98, 1000, 10**6])
def test_the_factor_of_hedges(m: int) -> None:
    # Hedges 1981: approximately 1 - 3/(4m - 1), below 1, and never above it.
    factor = float(hedges_factor(np.array(float(m))))
    assert factor < 1
    assert factor == pytest.approx(1 - 3 / (4 * m - 1), rel=max(0.2 / m**2, 1e-9))


def test_both_forms_of_the_factor_meet() -> None:
    x = np.array([999.5, 1000.0])
    low, high = hedges_factor(x)
    slope = 3 / (4 * 999.75**2)
    assert high - low == pytest.approx(slope * 0.5, rel=1e-2)
    exact = math.exp(math.lgamma(500) - math.lgamma(499.5)) / math.sqrt(500)
    assert high == pytest.approx(exact, rel=1e-11)


def test_the_factor_of_hedges_has_a_value_from_two_degrees_of_freedom_on() -> None:
    assert np.isnan(hedges_factor(np.array([0.0, 1.0, 1.9]))).all()
    assert float(hedges_factor(np.array(2.0))) == pytest.approx(1 / np.sqrt(np.pi), rel=1e-12)


@pytest.mark.parametrize("c", [1.5, 3.0, 9.5, 10.0, 60.0, 162.0])
@pytest.mark.parametrize("x", [0.0, 0.3, 0.9, 0.9975, 1.0])
def test_the_series_of_olkin_and_pratt(c: float, x: float) -> None:
    # Euler's integral of 2F1(1/2, 1/2; c; x), with t = sin(u)^2.
    area, _ = quad(
        lambda u: 2 * np.cos(u) ** (2 * c - 2) / np.sqrt(1 - x * np.sin(u) ** 2),
        0, np.pi / 2, epsabs=1e-14, epsrel=1e-13, limit=500,
    )  # fmt: skip
    wanted = gamma(c) / (gamma(0.5) * gamma(c - 0.5)) * area
    assert float(_gauss(np.array(c), np.array(x))) == pytest.approx(wanted, rel=1e-10)


def test_what_relates_the_variants_that_r_has_not() -> None:
    cells = sizes_of_means(6)
    d, ls2 = escalc("SMD", cells, "SMD_d"), escalc("SMD", cells, "SMD_LS2")
    j = hedges_factor(cells["n1i"] + cells["n2i"] - 2)
    np.testing.assert_allclose(d.yi * j, ls2.yi, rtol=1e-12)
    np.testing.assert_allclose(d.vi * j**2, ls2.vi, rtol=1e-12)
    now, before = escalc("SMD", cells, "SMDH"), escalc("SMD", cells, "SMDH_before_4.6")
    np.testing.assert_array_equal(now.yi, before.yi)
    np.testing.assert_allclose(now.vi * j**2, before.vi, rtol=1e-12)


# --- worked examples of the book ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "recipe", "cells", "yi", "vi"),
    [
        ("MD", "MD_HO", (103, 5.5, 50, 100, 4.5, 50), 3.0, 1.01),
        ("SMD", "SMD_d", (103, 5.5, 50, 100, 4.5, 50), 0.5970, 0.0418),
        ("SMD", "SMD_LS2", (103, 5.5, 50, 100, 4.5, 50), 0.5924, 0.0411),
        ("RR", "", (5, 100, 10, 100), -0.6931, 0.2800),
        ("OR", "", (5, 100, 10, 100), -0.7472, 0.3216),
        ("RD", "", (5, 100, 10, 100), -0.0500, 0.0014),
        ("COR", "", (0.5, 100), 0.5, 0.0057),
        ("ZCOR", "", (0.5, 100), 0.5493, 0.0103),
    ],
)
def test_examples_of_borenstein_2009(
    measure: str, recipe: str, cells: tuple[float, ...], yi: float, vi: float
) -> None:
    names = {6: means.CELLS, 4: ("ai", "n1i", "ci", "n2i"), 2: correlations.CELLS}[len(cells)]
    found = escalc(measure, dict(zip(names, cells, strict=True)), recipe)
    assert round(float(found.yi[0]), 4) == yi
    assert float(found.vi[0]) == pytest.approx(vi, abs=6e-5)


def test_change_of_one_group_by_the_spread_of_people() -> None:
    # Borenstein 2009, chapter 4, paired groups: d = 0.4225, g = 0.4160.
    found = escalc("SMC", {"mc1i": 3, "sdc1i": 5.5, "n1i": 50, "ri": 0.7}, "SMC_cooper")
    assert round(float(found.yi[0]), 4) == 0.4160
    assert found.rule[0] == change.ONE_GROUP


def test_two_groups_before_and_after() -> None:
    one = {"m1i": 38.5, "m1i_pre": 30.6, "sd1i_pre": 15.0, "n1i": 20, "ri": 0.47}
    two = {"m2i": 19.7, "m2i_pre": 23.1, "sd2i_pre": 13.8, "n2i": 20}
    both = escalc("SMC", one | two)
    alone = escalc("SMC", one)
    other = escalc("SMC", {k.replace("2i", "1i"): v for k, v in two.items()} | {"ri": 0.47})
    assert both.yi[0] == alone.yi[0] - other.yi[0] and both.vi[0] == alone.vi[0] + other.vi[0]
    assert both.rule[0] == change.TWO_GROUPS
    lacking = escalc("SMC", one | {"m2i": 19.7})
    assert lacking.reason[0] == (
        "not_available: no mean change, standard deviation before, size of group 2"
    )


def test_the_correlation_is_worked_out_from_the_spreads() -> None:
    cells = {"m1i": 38.5, "m1i_pre": 30.6, "sd1i_pre": 15.0, "sd1i": 11.6, "n1i": 20.0}
    spread = np.sqrt(15.0**2 + 11.6**2 - 2 * 0.47 * 15.0 * 11.6)
    given_r = escalc("SMC", cells | {"ri": 0.47})
    worked = escalc("SMC", cells | {"sdc1i": spread})
    np.testing.assert_allclose(given_r.vi, worked.vi, rtol=1e-12)
    impossible = escalc("SMC", cells | {"sdc1i": 40.0})
    assert "correlation of before and after" in impossible.reason[0]


def test_what_is_wrong_is_said() -> None:
    found = escalc("OR", {"ai": [5, 1, np.nan], "n1i": [4, 0, 3], "ci": 1, "n2i": [9, 9, np.nan]})
    assert list(found.reason) == [
        "not_estimable: a count is below 0, or above its arm",
        "not_estimable: a count is below 0, or above its arm",
        "not_available: no ai, bi or n1i, di or n2i",
    ]
    with pytest.raises(KeyError, match="RR has no recipe 'PETO'; it has RR"):
        escalc("RR", {"ai": 1, "n1i": 2, "ci": 1, "n2i": 2}, "PETO")
    with pytest.raises(KeyError, match="HR has no recipe ''; it has none: it is only given"):
        escalc("HR", {"ai": 1})
    with pytest.raises(KeyError, match="'XX' is no measure; there are RR, OR"):
        escalc("XX", {"ai": 1})
    with pytest.raises(ValueError, match="to='some' is not one of only0"):
        Correction(to="some")


def test_each_recipe_names_its_cells() -> None:
    families = (tables, rates, means, change, correlations, proportions)
    assert {r.needs for _, r in RECIPES} == {f.CELLS for f in families}
    names = [r.name for _, r in RECIPES]
    assert len(names) == len(set(names))
    assert all(m.recipes or m.code in ("HR", "GEN") for m in MEASURES.values())
