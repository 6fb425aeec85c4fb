"""Jackson's interval of tau² against R's meta, and the distribution on which it rests."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import chdtrc

from parapluie.effects import pool
from parapluie.effects.generalised_q import jackson_interval, tail_of_squares

GOLDEN = Path(__file__).parents[1] / "golden"
PKG: dict[str, Any] = json.loads((GOLDEN / "meta_fits_pkg.json").read_text(encoding="utf-8"))
SETS: dict[str, Any] = json.loads((GOLDEN / "meta_fits.json").read_text(encoding="utf-8"))["sets"]
SEARCH_ENDS = 1.2e-4
"""Where the search of R's meta may stop, on the scale of tau²: the default of R's uniroot."""


@pytest.mark.parametrize("df", [1, 2, 3, 5, 30, 100, 400, 1000])
def test_equal_weights_give_chi_squared(df: int) -> None:
    for share in (0.001, 0.05, 0.3, 0.7, 0.95, 1, 1.02, 1.1, 1.3, 2, 5, 50):
        found = tail_of_squares(share * df, np.ones(df))
        assert found == pytest.approx(float(chdtrc(df, share * df)), abs=1e-12)


def test_pairs_of_weights_give_sums_of_exponentials() -> None:
    """A pair of equal weights is exponential, so that partial fractions give the tail exactly."""
    rng, compared = np.random.default_rng(5), 0
    while compared < 200:
        w = np.sort(10 ** rng.uniform(-2, 2, int(rng.integers(2, 6))))
        if np.diff(np.log(w)).min() < 0.4:  # partial fractions of near weights lose their digits
            continue
        q = float(2 * w.sum() * rng.uniform(0.1, 3))
        parts = [np.prod([a / (a - b) for b in w if b != a]) * math.exp(-q / (2 * a)) for a in w]
        assert tail_of_squares(q, np.repeat(w, 2)) == pytest.approx(sum(parts), abs=1e-11)
        compared += 1


def test_the_interval_is_that_of_meta_for_dersimonian_and_laird() -> None:
    assert len(PKG["sets"]) == 32
    place = [PKG["fields"].index(name) for name in ("tau2_lb", "tau2_ub")]
    for name, case in PKG["sets"].items():
        found = jackson_interval(SETS[name]["yi"], SETS[name]["vi"])
        theirs = [case["fits"]["DL.classic"][i] for i in place]
        assert [found.low, found.high] == pytest.approx(theirs, abs=SEARCH_ENDS), name
        assert not found.reason


@pytest.mark.parametrize("name", ["bcg_RR", "normand1999_SMD", "lee2004_OR"])
def test_both_ends_leave_the_chance_that_they_should(name: str) -> None:
    y, v = (np.asarray(SETS[name][c], dtype=float) for c in ("yi", "vi"))
    found, w = jackson_interval(y, v, 0.9), v**-0.5
    inner = np.diag(w) - np.outer(w, w) / w.sum()
    for tau2, chance in ((found.low, 0.05), (found.high, 0.95)):
        weights = np.linalg.eigvals(inner @ np.diag(v + tau2)).real
        assert tail_of_squares(float(y @ inner @ y), np.clip(weights, 0, None)) == pytest.approx(
            chance, abs=1e-9
        )


def test_equal_variances_give_the_q_profile_interval() -> None:
    y, v = [0.1, 0.9, 0.5, 0.3, -0.4], [0.04] * 5
    profile = pool(y, v)
    for power in (0.5, 1.0):
        found = jackson_interval(y, v, power=power)
        assert found.low == pytest.approx(profile.tau2_low, abs=1e-12)
        assert found.high == pytest.approx(profile.tau2_high, rel=1e-10)


@pytest.mark.filterwarnings("error")
def test_any_set_has_an_interval_or_a_reason() -> None:
    assert jackson_interval([0.1], [0.1]).reason == "not_estimable: k=1"
    equal = jackson_interval([0.3] * 4, [0.1, 0.2, 0.3, 0.4])
    assert (equal.low, equal.high) == (0.0, 0.0)
    rng = np.random.default_rng(8)
    for _ in range(60):
        k, scale = int(rng.choice([2, 3, 5, 9])), float(rng.choice([1e-5, 1.0, 1e4]))
        v = rng.gamma(1.5, 0.1, k) * 10.0 ** rng.uniform(-3, 3, k)
        y = rng.normal(0, np.sqrt(v + rng.choice([0, 0.1, 4.0])))
        found, scaled = jackson_interval(y, v), jackson_interval(scale * y, scale**2 * v)
        assert 0 <= found.low <= found.high < math.inf
        assert scaled.low == pytest.approx(scale**2 * found.low, rel=1e-7, abs=1e-9 * scale**2)
        assert scaled.high == pytest.approx(scale**2 * found.high, rel=1e-7, abs=1e-9 * scale**2)
