"""Meta-regression against metafor, and what must hold for any data."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie.effects import pool
from parapluie.effects.regression import (
    METHODS,
    RegressionFit,
    design,
    least_squares,
    likelihood,
    meta_regression,
    residual_tau2,
)
from tests.golden_numbers import (
    CLOSED,
    FLOOR,
    ITERATED,
    PROBABILITY,
    REFITTED,
    apart,
    effects_of,
    golden,
    method_of,
)

Array = np.ndarray[Any, Any]

BCG = golden("meta_regression")
CASES: dict[str, Any] = BCG["cases"]
FORMULAS = ("~ablat", "~ablat+year", "~alloc", "~alloc-1")


def test_the_grid_of_golden_cases_is_whole() -> None:
    grid = itertools.product(("DL", "REML", "ML", "FE"), ("z", "knha"), FORMULAS)
    assert list(CASES) == [" ".join(case) for case in grid]


def matrix_of(formula: str) -> Array:
    """Make R's design matrix; the first level of a factor is its reference."""
    columns = {c: np.array(BCG[c], dtype=float) for c in ("ablat", "year")}
    levels = {f"alloc{level}": np.array([a == level for a in BCG["alloc"]], dtype=float)
              for level in ("alternate", "random", "systematic")}  # fmt: skip
    if formula == "~alloc-1":
        return np.column_stack(list(levels.values()))
    if formula == "~alloc":
        return design(*list(levels.values())[1:])
    return design(*(columns[name] for name in formula[1:].split("+")))


def numbers(fit: RegressionFit, tested: int) -> dict[str, Any]:
    return {
        "beta": fit.coefficients, "se": fit.se, "stat": fit.statistic, "pval": fit.p,
        "tau2": fit.tau2, "I2": fit.i2, "R2": fit.r2, "QE": fit.q, "QEp": fit.q_p,
        "QM": fit.moderators, "QMp": fit.moderators_p, "QMdf": np.array([tested, fit.df]),
    }  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_meta_regression_like_metafor(case: str) -> None:
    method, test, formula = case.split()
    y, v = effects_of("bcg_RR")
    fit = meta_regression(
        y, v, matrix_of(formula), method_of(method), {"knha": "HK"}.get(test, test)
    )
    wanted = {f: x for f, x in CASES[case].items() if f != "coef"}
    searched = {"*": ITERATED, "tau2": REFITTED, "I2": REFITTED, "R2": REFITTED,
                "pval": PROBABILITY, "QMp": PROBABILITY}  # fmt: skip
    tolerance = searched if method in ("ML", "REML") else {"*": CLOSED}
    tested = fit.coefficients.size - (formula != "~alloc-1")
    assert apart(numbers(fit, tested), wanted, tolerance, FLOOR) == {}


studies = st.lists(
    st.tuples(st.floats(-3, 3), st.floats(1e-2, 2), st.floats(-5, 5)), min_size=5, max_size=12,
    unique_by=lambda study: round(study[2], 2),
).map(lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True)))  # fmt: skip


@given(studies, st.sampled_from(METHODS))
def test_without_moderators_it_is_the_pooled_effect(
    data: tuple[Array, Array, Array], method: str
) -> None:
    y, v, _ = data
    found, pooled = meta_regression(y, v, np.ones((y.size, 1)), method), pool(y, v, method, "z")
    assert math.isclose(found.coefficients[0], pooled.estimate, rel_tol=1e-7, abs_tol=1e-9)
    assert math.isclose(found.se[0], pooled.se, rel_tol=1e-6)
    assert math.isnan(found.moderators)


@given(studies, st.sampled_from(METHODS), st.floats(0.1, 10), st.floats(-3, 3))
def test_a_moderator_on_another_scale_gives_the_same_line(
    data: tuple[Array, Array, Array], method: str, unit: float, zero: float
) -> None:
    y, v, x = data
    one, other = (meta_regression(y, v, design(z), method) for z in (x, (x - zero) / unit))
    assert math.isclose(one.tau2, other.tau2, rel_tol=1e-5, abs_tol=1e-9)
    line = design(x) @ one.coefficients
    assert np.allclose(line, design((x - zero) / unit) @ other.coefficients, atol=1e-6)


@given(studies, st.booleans())
def test_no_other_variance_is_likelier(data: tuple[Array, Array, Array], restricted: bool) -> None:
    y, v, x = data
    matrix, method = design(x), "REML" if restricted else "ML"
    tau2 = residual_tau2(y, v, matrix, method)
    best = likelihood(tau2, y, v, matrix, restricted)
    others = [0.0, *np.geomspace(1e-4, 50, 300)]
    assert all(likelihood(t, y, v, matrix, restricted) <= best + 1e-9 for t in others)


@pytest.mark.parametrize("fit", [meta_regression, least_squares])
@pytest.mark.parametrize("x", [design([1.0, 2.0]), design([1.0, 1.0, 1.0])])
def test_what_cannot_be_fitted_is_refused(fit: Any, x: Array) -> None:
    with pytest.raises(ValueError, match="more effects than coefficients, not collinear"):
        fit(np.arange(x.shape[0]), np.ones(x.shape[0]), x)


@pytest.mark.shared
def test_no_reference_number_was_changed(shared: Path) -> None:
    file = shared / "golden" / "meta" / "metareg" / "bcg_RR.json"
    theirs = json.loads(file.read_text(encoding="utf-8"))
    assert theirs.pop("models") == CASES
    assert theirs == {field: x for field, x in BCG.items() if field != "cases"}
