"""What must hold for any sets: order, sign, scale, range, and a reason for every absent number."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie.effects import Pooled, Pools, pool, pool_sets
from parapluie.effects.intervals import CI_RULES
from parapluie.effects.pooling import NUMBERS, SPREAD
from parapluie.effects.prediction import PI_RULES
from parapluie.effects.tau2 import ESTIMATORS

COUNT = 10_000
METHODS = sorted(ESTIMATORS)


def many(seed: int = 42) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw sets of 1 to 12 effects: like and unlike, precise and not, some all equal."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 13, COUNT)
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    of = np.repeat(np.arange(COUNT), sizes)
    v = np.exp(rng.normal(rng.normal(-3, 2, COUNT)[of], rng.choice([0, 0.5, 2], COUNT)[of]))
    spread = rng.choice([0.0, 0.3, 1.0, 5.0, 100.0], COUNT)[of]
    y = rng.normal(0.2, 1, v.size) * spread * np.sqrt(v) + rng.choice([0.0, 0.3], COUNT)[of]
    return y, v, offsets


Y, V, OFFSETS = many()
STARTS, SIZES = OFFSETS[:-1], np.diff(OFFSETS)
TYPICAL = np.add.reduceat(1 / V, STARTS) ** -1 * SIZES


def alike(a: np.ndarray, b: np.ndarray, scale: np.ndarray | float) -> bool:
    """Compare, with differences measured against a scale; what is absent must be so in both."""
    same = (np.isnan(a) & np.isnan(b)) | (a == b)
    with np.errstate(invalid="ignore"):
        return bool((same | (np.abs(a - b) <= 1e-8 * (np.abs(b) + scale))).all())


def size_of_numbers(found: Pools) -> np.ndarray:
    return np.sqrt(found.se_model**2 + np.nan_to_num(found.tau2))


@pytest.mark.parametrize("method", METHODS)
def test_the_estimate_lies_within_the_effects_and_tau2_is_not_negative(method: str) -> None:
    found = pool_sets(Y, V, OFFSETS, method)
    least, most = np.minimum.reduceat(Y, STARTS), np.maximum.reduceat(Y, STARTS)
    room = 1e-12 * (np.abs(least) + np.abs(most) + size_of_numbers(found))
    assert ((found.estimate >= least - room) & (found.estimate <= most + room)).all()
    several = SIZES > 1
    assert (found.tau2[several] >= 0).all()
    assert (found.se[several] >= 0).all() and (found.se[~several] > 0).all()
    assert ((found.i2[several] >= 0) & (found.i2[several] <= 100)).all()


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_rows_does_not_matter(method: str) -> None:
    rng = np.random.default_rng(1)
    of = np.repeat(np.arange(COUNT), SIZES)
    mixed = np.lexsort((rng.random(Y.size), of))
    a, b = pool_sets(Y, V, OFFSETS, method), pool_sets(Y[mixed], V[mixed], OFFSETS, method)
    scale = size_of_numbers(a)
    assert alike(a.tau2, b.tau2, TYPICAL)
    assert alike(a.estimate, b.estimate, scale) and alike(a.se, b.se, scale)


@pytest.mark.parametrize("method", METHODS)
def test_a_change_of_sign_turns_the_result(method: str) -> None:
    a, b = pool_sets(Y, V, OFFSETS, method), pool_sets(-Y, V, OFFSETS, method)
    scale = size_of_numbers(a)
    assert alike(a.tau2, b.tau2, TYPICAL) and alike(a.se, b.se, scale)
    assert alike(a.ci_low, -b.ci_high, scale) and alike(a.pi_low, -b.pi_high, scale)


@pytest.mark.parametrize("factor", [1e-5, 1e7, 2.0**40])
@pytest.mark.parametrize("method", METHODS)
def test_the_scale_of_effects_does_not_matter(method: str, factor: float) -> None:
    a = pool_sets(Y, V, OFFSETS, method)
    b = pool_sets(Y * factor, V * factor**2, OFFSETS, method)
    scale = size_of_numbers(a)
    assert alike(a.tau2, b.tau2 / factor**2, TYPICAL) and alike(a.i2, b.i2, 1.0)
    assert alike(a.estimate, b.estimate / factor, scale)
    if math.log2(factor).is_integer():
        assert np.array_equal(a.estimate * factor, b.estimate)


def test_a_shift_of_all_effects_shifts_the_estimate_alone() -> None:
    a, b = pool_sets(Y, V, OFFSETS), pool_sets(Y + 8.0, V, OFFSETS)
    scale = size_of_numbers(a)
    assert alike(a.tau2, b.tau2, TYPICAL + 1e-6) and alike(a.estimate + 8, b.estimate, scale)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("ci", sorted(CI_RULES))
def test_a_number_is_absent_with_a_reason_and_only_then(method: str, ci: str) -> None:
    """All 10,000 sets for the numbers of every set; a reason is asked for each kind of absence."""
    pi = "KR" if ci == "KR" else "t_k2"
    spread = method in ("common", "DL", "REML") and ci in ("z", "KR")
    found = pool_sets(Y, V, OFFSETS, method, ci, pi, with_spread=spread)
    for name in (*NUMBERS, *(SPREAD if spread else ())):
        absent = np.isnan(getattr(found.spread if name in SPREAD else found, name))
        kinds = {(int(SIZES[i]), bool(found.se[i] == 0)): i for i in np.flatnonzero(absent)}
        for which in kinds.values():
            assert found.reason(name, int(which)).split(":")[0] in (
                "not_estimable",
                "does_not_apply",
            )
        if name in ("k", "estimate", "se", "se_model", "df_ci", "df", "q"):
            assert not absent.any()
        if absent.size and not absent.all():
            assert found.reason(name, int(np.flatnonzero(~absent)[0])) == ""


effects = st.lists(st.tuples(st.floats(-50, 50), st.floats(1e-8, 1e4)), min_size=1, max_size=9).map(
    lambda pairs: ([p[0] for p in pairs], [p[1] for p in pairs])
)


@given(
    effects,
    st.sampled_from(METHODS),
    st.sampled_from(sorted(CI_RULES)),
    st.sampled_from(sorted(PI_RULES)),
)
def test_any_set_gives_numbers_or_reasons(
    data: tuple[list[float], list[float]], method: str, ci: str, pi: str
) -> None:
    found = pool(*data, method, ci, pi)
    absent = {
        f.name for f in fields(Pooled)
        if isinstance(getattr(found, f.name), float) and math.isnan(getattr(found, f.name))
    }  # fmt: skip
    assert absent == set(found.reasons) and all(found.reasons.values())
    assert found.ci_used in CI_RULES and found.weights.sum() == pytest.approx(100)
    if "tau2_low" not in absent:
        assert 0 <= found.tau2_low <= found.tau2_high
    if "pi_low" not in absent and "ci_low" not in absent and pi in ("t_k1", "t_k2"):
        assert found.pi_low <= found.estimate <= found.pi_high


def test_what_cannot_be_pooled_is_refused_in_one_line() -> None:
    for yi, vi, words in (
        ([], [], "at least one"),
        ([0.1, math.nan], [0.1, 0.1], "not so at 1"),
        ([0.1, 0.2], [0.1, 0.0], "not so at 1"),
        ([0.1] * 9, [-1.0] * 9, "0, 1, 2, 3, 4, ..."),
        ([0.1, 0.2], [0.1], "one length"),
    ):
        with pytest.raises(ValueError, match=r"positive variance|one length") as error:
            pool(yi, vi)
        assert words in str(error.value)
    for wrong in ({"method": "DSL"}, {"ci": "wald2"}, {"pi": "t"}, {"level": 95}, {"tau2": -1.0}):
        with pytest.raises(ValueError, match=r"is not one of|level|tau2"):
            pool([0.1, 0.2], [0.1, 0.1], **wrong)
    for yi, vi in (([1e21], [1.0]), ([0.1, 0.2], [1.0, 1e-41]), ([0.1], [1e41])):
        with pytest.raises(ValueError, match="standard errors from"):
            pool(yi, vi)
    with pytest.raises(ValueError, match="offsets"):
        pool_sets([0.1, 0.2], [0.1, 0.1], [0, 1])


@pytest.mark.parametrize("method", METHODS)
def test_numbers_at_the_edge_of_what_is_let_in(method: str) -> None:
    for yi, vi in (
        ([1e20, -1e20], [1e-40, 1e-40]),
        ([1e20, -1e20, 0.0], [1e-40, 1e40, 1.0]),
        ([0.1, 0.2, 0.3], [1e-40, 1.0, 1.0]),
        ([1e-20, 2e-20], [1e-40, 1e-40]),
        ([0.1, 0.2, 0.4, 0.1], [1e40, 1e40, 1e-40, 1e-40]),
        ([3.0, 3.0, 3.0], [1e40, 1e40, 1e40]),
    ):
        for ci in ("HK", "KR"):
            found = pool(yi, vi, method, ci, "t_k2")
            for name in ("estimate", "se", "tau2", "q", "i2", "tau2_low", "tau2_high"):
                assert math.isfinite(getattr(found, name)) or name in found.reasons, name


def test_an_empty_set_among_others_has_its_reason() -> None:
    found = pool_sets([0.1, 0.2, 0.3], [0.1] * 3, [0, 2, 2, 3])
    assert np.isnan(found.estimate).tolist() == [False, True, False]
    assert found.reason("estimate", 1) == "not_estimable: k=0"
    assert found.reason("tau2", 2) == "not_estimable: k=1"


def test_one_study_is_itself_with_a_normal_interval_and_says_so() -> None:
    found = pool([0.4], [0.05], "REML", "HK")
    assert (found.estimate, found.se, found.ci_used) == (0.4, math.sqrt(0.05), "z")
    assert found.reasons["tau2"] == "not_estimable: k=1" and "k=1" in found.notes[0]


def test_equal_effects_have_no_error_by_hartung_knapp_and_this_is_said() -> None:
    found = pool([0.3] * 3, [0.1, 0.2, 0.05], "REML", "HK")
    assert (found.se, found.tau2, found.q) == (0.0, 0.0, 0.0)
    assert any("all effects are equal" in note for note in found.notes)
    assert pool([0.3] * 3, [0.1, 0.2, 0.05], "REML", "HK_floor").se == found.se_model
    nothing = pool([0.0] * 3, [0.1, 0.2, 0.05], "REML", "HK")
    assert "both 0" in nothing.reasons["p"] and "p" not in found.reasons


def test_names_of_r_are_understood() -> None:
    data = ([0.1, 0.5, 0.2], [0.1, 0.05, 0.02])
    assert pool(*data, "reml", "knha", "riley").ci_method == "HK"
    assert pool(*data, "EE", "hksj").method == "common"
    assert pool(*data, "DL", "adhoc").ci_method == "HK_floor"


def test_a_given_tau2_is_taken() -> None:
    data = ([0.1, 0.5, 0.2], [0.1, 0.05, 0.02])
    fitted = pool(*data, "DL", "z")
    given_ = pool(*data, ci="z", tau2=fitted.tau2)
    assert (given_.method, given_.estimate, given_.se) == ("given", fitted.estimate, fitted.se)
    assert "given" in given_.reasons["se_tau2"]
