"""Pooling against R, and what must hold for any data."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie.synthesis.pooling import COMMON, DL, HK, NORMAL, PI_RULES, REML, pool, reml
from parapluie.synthesis.study_effects import average_variance

GOLDEN = Path(__file__).parents[1] / "golden"
POOLING: dict[str, Any] = json.loads((GOLDEN / "pooling.json").read_text(encoding="utf-8"))
GRID = [f"{m}.{ci}" for m in (COMMON, DL, REML) for ci in (NORMAL, HK)]
SLOW_IN_R = {"tau2": 1e-5, "i2": 1e-5, "h2": 1e-5}


def close(found: float, wanted: float, tolerance: float, floor: float = 1e-9) -> bool:
    return found == wanted or abs(found - wanted) <= tolerance * max(abs(wanted), floor)


def test_the_grid_of_golden_cases_is_whole() -> None:
    sets = [name for name in POOLING if not name.startswith("edge:")]
    assert (len(sets), len(POOLING)) == (32, 45)
    assert all(list(case["fits"]) == GRID for case in POOLING.values())


@pytest.mark.parametrize("fit", GRID)
@pytest.mark.parametrize("name", sorted(POOLING))
def test_pooled_like_metafor(name: str, fit: str) -> None:
    case, (method, ci) = POOLING[name], fit.split(".")
    found = pool(case["yi"], case["vi"], method, ci)
    for field, wanted in case["fits"][fit].items():
        if wanted is None or field.startswith("pi_"):
            continue
        p = field in ("p", "q_p")
        tolerance = 1e-5 if p else SLOW_IN_R.get(field, 1e-6) if method == REML else 1e-9
        value = getattr(found, field)
        assert close(value, wanted, tolerance, 1e-14 if p else 1e-9), (field, value, wanted)


@pytest.mark.parametrize("rule", sorted(PI_RULES))
@pytest.mark.parametrize("name", sorted(POOLING))
def test_prediction_intervals_like_metafor(name: str, rule: str) -> None:
    case = POOLING[name]
    for fit in ("DL.z", "DL.HK", "REML.z", "REML.HK"):
        wanted = case["fits"][fit].get(f"pi_low_{rule}")
        if wanted is None or len(case["yi"]) == 1:
            continue
        found = pool(case["yi"], case["vi"], *fit.split("."), pi=rule)
        assert close(found.pi_low, wanted, 1e-6)
        assert close(found.pi_high, case["fits"][fit][f"pi_high_{rule}"], 1e-6)


def test_one_study_is_itself() -> None:
    found = pool([0.4], [0.05], REML, HK)
    assert (found.estimate, found.tau2, found.i2, found.ci_method) == (0.4, 0.0, 0.0, NORMAL)
    assert math.isnan(found.pi_low)


def test_two_studies_have_no_prediction_interval_with_k_minus_2() -> None:
    assert math.isnan(pool([0.1, 0.9], [0.02, 0.02], DL, NORMAL, "t_k2").pi_low)
    assert math.isfinite(pool([0.1, 0.9], [0.02, 0.02], DL, NORMAL, "t_k1").pi_low)


def test_a_variance_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="positive variance"):
        pool([0.1, 0.2], [0.1, 0.0])


effects = st.lists(st.tuples(st.floats(-3, 3), st.floats(1e-3, 2)), min_size=2, max_size=12).map(
    lambda pairs: (np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs]))
)


@given(effects, st.sampled_from([1e-6, 1.0, 1e4]))
def test_reml_is_at_a_maximum_on_every_scale(data: tuple[Any, Any], scale: float) -> None:
    y, v = data
    found = reml(y * scale, v * scale**2)
    assert found >= 0
    assert math.isclose(found, reml(y, v) * scale**2, rel_tol=1e-8, abs_tol=1e-8 * scale**2)


@given(effects)
def test_the_order_of_studies_and_the_sign_do_not_matter(data: tuple[Any, Any]) -> None:
    y, v = data
    for method in (COMMON, DL, REML):
        found, turned = pool(y, v, method, HK), pool(-y[::-1], v[::-1], method, HK)
        assert math.isclose(found.estimate, -turned.estimate, abs_tol=1e-9)
        assert math.isclose(found.ci_low, -turned.ci_high, abs_tol=1e-7)
        assert min(y) - 1e-9 <= found.estimate <= max(y) + 1e-9


def test_the_variance_of_a_plain_average() -> None:
    assert math.isclose(average_variance([0.04, 0.09], 0.0), 0.13 / 4)
    assert math.isclose(average_variance([0.04, 0.04], 1.0), 0.04)
    # Borenstein et al. 2009, formula 24.6, for three outcomes
    errors, r = [0.1, 0.2, 0.3], 0.5
    crossed = 2 * r * (0.1 * 0.2 + 0.1 * 0.3 + 0.2 * 0.3)
    wanted = (sum(e**2 for e in errors) + crossed) / 9
    assert math.isclose(average_variance([e**2 for e in errors], r), wanted)
