"""Tests of bias, refits, dependence: a number or a reason for any set of effects."""

from __future__ import annotations

import dataclasses
import itertools
import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from parapluie.effects import pool
from parapluie.effects.bias import (
    MIXED,
    begg,
    egger,
    fail_safe,
    peese,
    pet,
    pet_peese,
    regression_test,
    thompson_sharp,
    uwls,
)
from parapluie.effects.curves import baujat, radial
from parapluie.effects.excess import excess_significance
from parapluie.effects.influence import influence, shrunken
from parapluie.effects.leave_out import cumulative, largest_study, leave_one_out
from parapluie.effects.robust import robust_variance
from parapluie.effects.subgroups import subgroups
from parapluie.effects.three_level import three_level
from parapluie.effects.trim_fill import trim_and_fill

Array = np.ndarray[Any, Any]
Data = tuple[Array, Array]
N_SETS = 10_000
"""Sets for what is quick; each test of bias has a third of them, but others than the next test."""


def random_sets(n: int, seed: int) -> Iterator[Data]:
    """Draw sets of 1 to 40 effects: none, some or much variance between them, equal effects or
    variances, zeros, outliers, ties, very unequal precision, on scales of 1e-5, 1 and 1e4."""
    rng = np.random.default_rng(seed)
    for i in range(n):
        k = int(rng.choice([1, 2, 2, 3, 3, 4, 5, 8, 13, 40]))
        v = rng.gamma(1.5, 0.1, k) + 0.003
        y = rng.normal(0.2, np.sqrt(v + rng.choice([0.0, 0.1, 4.0])))
        kind = i % 9
        if kind in (0, 6):
            y[:] = y[0]
        if kind in (1, 6):
            v[:] = v[0]
        if kind == 2:
            y[:] = 0.0
        if kind == 3:
            v *= 10.0 ** rng.uniform(-6, 3, k)
        if kind == 4:
            y[0] = y[0] * 1e3 + 50
        if kind == 5:
            y = np.round(y, 1)
        scale = float(rng.choice([1e-5, 1.0, 1.0, 1e4]))
        yield y * scale, v * scale**2


def absent(found: Any, skipped: tuple[str, ...] = ()) -> list[str]:
    """Name the numbers that are NaN."""
    out = []
    for field in dataclasses.fields(found):
        value = getattr(found, field.name)
        numbers = isinstance(value, float) or (
            isinstance(value, np.ndarray) and value.dtype == float
        )
        if numbers and np.isnan(value).any() and field.name not in skipped:
            out.append(field.name)
    return out


BIAS: dict[str, Callable[[Array, Array], Any]] = {
    "egger": egger,
    "mixed": lambda y, v: regression_test("test", y, v, np.sqrt(v), "sei", MIXED, "DL"),
    "thompson_sharp": thompson_sharp,
    "begg": begg,
    "uwls": uwls,
    "pet": pet,
    "peese": peese,
    "pet_peese": pet_peese,
    "shrunken": lambda y, v: shrunken(y, v, "DL"),
}


@pytest.mark.parametrize("name", BIAS)
def test_a_test_has_numbers_or_a_reason(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for y, v in random_sets(N_SETS // 3, 10 + list(BIAS).index(name)):
            found = BIAS[name](y, v)
            # the limit of a regression is there for some predictors only
            gone = absent(found, ("limit", "limit_low", "limit_high"))
            assert bool(gone) <= bool(found.reason), (y.tolist(), v.tolist(), gone)
            if name != "begg":
                assert not (found.reason and not gone), (y.tolist(), v.tolist(), found.reason)


def test_trim_and_fill_gives_effects_or_a_reason() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sets = zip(random_sets(N_SETS, 2), itertools.cycle(("L0", "R0", "Q0")), strict=False)
        for (y, v), estimator in sets:
            found = trim_and_fill(y, v, "DL", estimator)
            assert np.isfinite(found.yi).all() and found.yi.size == y.size + found.k0
            assert 0 <= found.k0 < y.size and (found.k0 == 0 or not found.reason)
            if not math.isfinite(found.se_k0):
                assert found.reason or estimator != "R0"


def test_an_excess_is_told_exactly_always_and_by_chi_square_where_it_can_be() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for y, v in random_sets(N_SETS, 3):
            found = excess_significance(y, v, pool(y, v, "common", "z").estimate)
            assert 0 <= found.p_exact <= 1 and 0 <= found.p_binomial <= 1
            assert math.isnan(found.p_chi2) == bool(found.chi2_reason)
            assert all(f.n >= 0 for f in fail_safe(y, v).values())


def test_refits_have_numbers_or_reasons() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for y, v in random_sets(N_SETS // 4, 4):
            for refits in (leave_one_out(y, v, "DL"), cumulative(y, v, None, "DL")):
                for name in ("estimate", "se", "ci_low", "p", "tau2", "i2", "q", "pi_low"):
                    numbers = getattr(refits.pools, name)
                    for j in np.flatnonzero(np.isnan(numbers)):
                        assert refits.pools.reason(name, int(j)), (name, y.tolist())
            assert math.isfinite(largest_study(y, v).estimate)


def test_places_in_plots_are_numbers_from_the_studies_that_they_need() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for y, v in random_sets(N_SETS // 4, 5):
            assert not absent(radial(y, v, "DL"))
            if y.size >= 2:
                assert not absent(baujat(y, v, "DL"))
            if y.size >= 3:
                assert not absent(influence(y, v, "DL"))
            else:
                with pytest.raises(ValueError, match="needs three studies"):
                    influence(y, v, "DL")


def test_dependent_effects_have_numbers_or_reasons() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for y, v in random_sets(N_SETS // 20, 6):
            study = [j // 2 for j in range(y.size)]
            if study[-1] == 0:
                for model in (three_level, robust_variance):
                    with pytest.raises(ValueError, match="studies"):
                        model(y, v, study)
                continue
            found = robust_variance(y, v, study)
            assert math.isnan(found.pi_low) == bool(found.pi_reason)
            assert absent(found.fit) in ([], ["statistic", "p"])
            assert bool(found.fit.reason) == bool(absent(found.fit))
            levels = three_level(y, v, study)
            assert not absent(levels, ("gradient",)) and min(levels.sigma2) >= 0


def test_subgroups_have_a_test_or_a_reason() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for y, v in random_sets(N_SETS // 10, 7):
            found = subgroups(y, v, ["ab"[j % 2] for j in range(y.size)], "DL")
            assert math.isnan(found.difference.p) == bool(found.difference.reason)
