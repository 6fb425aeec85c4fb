"""From raw cells to fits, tests of bias and trim and fill, on data sets of no other reference file.

Numbers were made by R (``tests/golden/metadat.R``): teaching data of the package metadat.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parapluie.effects import pool
from parapluie.effects.bias import begg, egger
from parapluie.effects.registry import escalc
from parapluie.effects.trim_fill import trim_and_fill

GOLDEN = Path(__file__).parents[1] / "golden"
CASES: dict[str, Any] = json.loads((GOLDEN / "metadat.json").read_text(encoding="utf-8"))["cases"]
METHODS, CI = ("FE", "DL", "HE", "SJ", "PM", "ML", "REML"), {"z": "z", "knha": "HK"}
ITERATED = ("PM", "ML", "REML")
FIELDS = {"beta": "estimate", "se": "se", "ci.lb": "ci_low", "ci.ub": "ci_high", "pval": "p",
          "QE": "q", "QEp": "q_p"}  # fmt: skip
R_STOPS = {"graves2010_RD": 3e-5, "hart1999_IRD": 3e-5}
"""Sets with effects near 0.001: R's search stops at a change of tau² that is large for them."""


def numbers(values: list[float | None]) -> np.ndarray[Any, Any]:
    return np.array([math.nan if v is None else v for v in values], dtype=float)


def effects(name: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    y, v = numbers(CASES[name]["yi"]), numbers(CASES[name]["vi"])
    return y[~np.isnan(y)], v[~np.isnan(y)]


def test_the_grid_is_whole() -> None:
    assert len(CASES) == 37
    assert {case["measure"] for case in CASES.values()} == {
        "RR", "OR", "RD", "MD", "SMD", "ROM", "IRR", "IRD", "COR", "ZCOR", "PLO", "PAS", "PFT",
    }  # fmt: skip
    fits = {f"{m}.{t}" for m in METHODS for t in CI}
    assert all(fits | {"tests"} <= set(case) for case in CASES.values())


@pytest.mark.parametrize("name", sorted(CASES))
def test_effects_from_raw_cells(name: str) -> None:
    case = CASES[name]
    cells = {column: numbers(values) for column, values in case["cells"].items()}
    found = escalc(case["measure"], cells)
    wanted_y, wanted_v = numbers(case["yi"]), numbers(case["vi"])
    there = ~np.isnan(wanted_y)
    assert np.allclose(found.yi[there], wanted_y[there], rtol=1e-9, atol=1e-13)
    assert np.allclose(found.vi[there], wanted_v[there], rtol=1e-9, atol=1e-18)
    assert all(found.reason[~there])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", sorted(CASES))
def test_fits(name: str, method: str) -> None:
    y, v = effects(name)
    rel = R_STOPS.get(name, 1e-6) if method in ITERATED else 1e-9
    for test, ci in CI.items():
        fit = CASES[name][f"{method}.{test}"]
        found = pool(y, v, "common" if method == "FE" else method, ci, "z")
        for theirs, ours in FIELDS.items():
            limit = rel * 10 if theirs == "pval" else rel
            floor = 1e-14 if ours in ("p", "q_p") else 1e-12
            assert getattr(found, ours) == pytest.approx(fit[theirs], rel=limit, abs=floor), theirs
        if method != "FE":
            assert found.tau2 == pytest.approx(fit["tau2"], rel=10 * rel, abs=1e-9)
            # where the root lies at 0, R stops a little above it
            assert found.i2 == pytest.approx(fit["I2"], rel=10 * rel, abs=1e-6)


@pytest.mark.parametrize("name", sorted(CASES))
def test_tests_and_trim_and_fill(name: str) -> None:
    (y, v), wanted = effects(name), CASES[name]["tests"]
    profile = pool(y, v, "DL", "z")
    assert profile.tau2_low == pytest.approx(wanted["tau2_low"], rel=1e-6, abs=1e-10)
    assert profile.tau2_high == pytest.approx(wanted["tau2_high"], rel=1e-6, abs=1e-10)
    found = egger(y, v)
    assert found.statistic == pytest.approx(wanted["egger"], rel=1e-9)
    assert found.p == pytest.approx(wanted["egger_p"], rel=1e-9, abs=1e-14)
    assert begg(y, v).tau == pytest.approx(wanted["rank_tau"], rel=1e-12, abs=1e-14)
    for estimator in ("L0", "R0"):
        filled = trim_and_fill(y, v, "common", estimator)
        assert filled.k0 == wanted[estimator], estimator
        again = pool(filled.yi, filled.vi, "common", "z").estimate
        assert again == pytest.approx(wanted[f"{estimator}_estimate"], rel=1e-9)
