"""The searches against another way to the same numbers, on random sets (see the module compared).

``python -m benchmarks.check_solver`` does the same for 10,000 sets.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from benchmarks import check_solver
from benchmarks import solver_reference as other

from parapluie.effects import pool, pool_sets
from parapluie.effects.pool_blocks import blocks
from parapluie.effects.pool_moments import moments
from parapluie.effects.pool_roots import bracketed

DRAWN = list(other.draw(300, seed=1))


@pytest.mark.parametrize("method", [*check_solver.LIKELIHOOD, *check_solver.BY_Q])
def test_estimates_agree_with_a_dense_grid_in_long_doubles(method: str) -> None:
    tally = check_solver.compare(DRAWN, method, grid=400)
    assert tally.wrong == []
    assert tally.agree + tally.likelier == len(DRAWN)
    if method in check_solver.LIKELIHOOD:
        assert tally.several > 3 and tally.beyond_a_minimum > 0


def test_the_comparison_sees_a_wrong_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    right = check_solver.estimates

    def ten_times(drawn: Sequence[other.Drawn], method: str) -> other.Floats:
        return 10 * right(drawn, method)

    monkeypatch.setattr(check_solver, "estimates", ten_times)
    some = [d for d in DRAWN[:40] if d.family == "usual"]
    for method in ("REML", "PM"):
        assert len(check_solver.compare(some, method, grid=200).wrong) == len(some)


def test_the_global_maximum_where_the_score_is_negative_at_0() -> None:
    """Two precise studies that agree, two that do not: 0 is a maximum, but not the largest."""
    one = next(
        d
        for d in other.draw(2000, seed=3)
        if d.family == "two sorts of studies"
        and (r := other.largest_maximum(d, True, 300)).score_at_zero < 0 < r.tau2
    )
    found = pool(one.yi, one.vi, "REML")
    wanted = other.largest_maximum(one, True)
    assert len(wanted.maxima) > 1 and wanted.maxima[0] == 0
    assert found.tau2 == pytest.approx(wanted.tau2, rel=1e-12)


def test_an_interval_reaches_over_all_maxima_that_are_likely_enough() -> None:
    for one in other.draw(400, seed=5):
        wanted = other.largest_maximum(one, True, 400)
        if len(wanted.maxima) < 2:
            continue
        found = pool(one.yi, one.vi, "REML")
        at = np.array([found.tau2, *wanted.maxima, found.tau2_pl_high], np.longdouble)
        heights = other.likelihood(one, at, True)
        enough = heights[0] - heights[1:-1] <= 1.9207
        inside = (at[1:-1] >= found.tau2_pl_low) & (at[1:-1] <= found.tau2_pl_high)
        assert inside[enough].all()
        assert float(heights[0] - heights[-1]) == pytest.approx(1.92072941, abs=1e-7)


def test_a_step_out_of_the_bracket_is_not_taken() -> None:
    """Whatever Newton proposes, the root of t - 3 between 0 and 1000 is found."""
    block = next(iter(blocks(np.zeros(2), np.ones(2), np.array([2]))))
    for wild in (np.nan, np.inf, -5.0, 1e9, 999.0):
        low, high = np.array([0.0]), np.array([1000.0])
        found = bracketed(
            block, lambda b, t, n, wild=wild: (3 - t, np.full(1, wild)), low, high, low, high / 10
        )
        assert found[0] == pytest.approx(3, rel=1e-9)


@pytest.mark.parametrize("ratio", [1.0, 1e4, 1e8, 1e14])
def test_sums_keep_their_digits_however_unequal_the_variances(ratio: float) -> None:
    rng = np.random.default_rng(7)
    for k in (2, 3, 8):
        v = np.exp(rng.uniform(0, np.log(ratio) + 1e-9, k))
        v[:2] = 1, ratio
        y = rng.normal(0, 1, k) * np.sqrt(v)
        block = next(iter(blocks(y, v, np.array([k]))))
        got = moments(block, np.zeros(1), restricted=True).values[:, 0]
        w = 1 / v.astype(np.longdouble)
        at, unit = y.astype(np.longdouble) - y[0], np.longdouble(block.root[0]) ** 2
        p = np.diag(w) - np.outer(w, w) / w.sum()
        p[0, 0] = w[0] * w[1:].sum() / w.sum()
        py = w * (at - (w[1:] @ at[1:]) / w.sum())
        ppy = p @ py
        wanted = [py @ (at - (w[1:] @ at[1:]) / w.sum()), py @ py * unit, py @ ppy * unit**2]
        wanted += [np.trace(p) * unit, (p * p).sum() * unit**2]
        assert np.allclose(got, np.array(wanted, float), rtol=1e-11, atol=0)


def test_one_call_for_all_leave_one_out_fits() -> None:
    rng = np.random.default_rng(11)
    v = rng.gamma(1.5, 0.1, 25) + 0.01
    y = rng.normal(0.2, np.sqrt(v + 0.1))
    rest = np.array([[j for j in range(25) if j != i] for i in range(25)])
    found = pool_sets(y[rest].ravel(), v[rest].ravel(), np.arange(0, 601, 24))
    for i in (0, 7, 24):
        alone = pool(np.delete(y, i), np.delete(v, i))
        assert found.estimate[i] == pytest.approx(alone.estimate, rel=1e-12)
        assert found.p[i] == pytest.approx(alone.p, rel=1e-9)
