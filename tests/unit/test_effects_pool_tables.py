"""Mantel-Haenszel and Peto against R, and what must hold for any tables."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie.effects import mantel_haenszel, mantel_haenszel_rates, peto
from parapluie.effects.mantel_haenszel import OWN_EFFECTS
from parapluie.effects.pool_tables import PooledTables

GOLDEN = Path(__file__).parents[1] / "golden"
TABLES: dict[str, Any] = json.loads((GOLDEN / "meta_fits_tables.json").read_text(encoding="utf-8"))
SETS: dict[str, Any] = TABLES["sets"]
META: dict[str, Any] = json.loads((GOLDEN / "meta_fits_pkg.json").read_text(encoding="utf-8"))
FIELDS = {
    "k": "k", "k_yi": "k_q", "beta": "estimate", "se": "se", "ci_lb": "ci_low", "ci_ub": "ci_high",
    "zval": "statistic", "pval": "p", "QE": "q", "QEp": "q_p", "I2": "i2_q", "H2": "h2_q",
}  # fmt: skip
TESTS = {"MH": "cmh", "TA": "tarone", "BD": "breslow_day"}


def close(found: float, wanted: float, tolerance: float = 1e-9, floor: float = 1e-9) -> bool:
    return abs(found - wanted) <= tolerance * max(abs(wanted), floor)


def cells(name: str) -> list[np.ndarray]:
    return [np.array(c, dtype=float) for c in SETS[name]["cells"].values()]


def fitted(name: str, kind: str) -> PooledTables:
    measure = SETS[name]["measure"]
    if kind == "peto":
        return peto(*cells(name))
    if measure == "IRR":
        return mantel_haenszel_rates(*cells(name), measure)
    return mantel_haenszel(*cells(name), measure, correct=kind == "mantel_haenszel_correct")


def test_the_list_of_cases_is_whole() -> None:
    kinds = [(SETS[n]["measure"], kind) for n in SETS for kind in SETS[n]["fits"]]
    assert (len(SETS), len(kinds)) == (18, 40)
    assert {m for m, _ in kinds} == {"OR", "RR", "RD", "IRR"}
    assert sum(kind == "peto" for _, kind in kinds) == 8


@pytest.mark.parametrize("name", sorted(SETS))
def test_like_metafor(name: str) -> None:
    for kind, row in SETS[name]["fits"].items():
        wanted, found = dict(zip(TABLES["fields"], row, strict=True)), fitted(name, kind)
        for field, ours in FIELDS.items():
            if wanted[field] is not None:
                floor = 1e-14 if ours in ("p", "q_p") else 1e-9
                assert close(getattr(found, ours), wanted[field], 1e-8, floor), (kind, field)
        for field, ours in TESTS.items():
            if wanted.get(field) is not None:
                assert close(found.tests[ours].statistic, wanted[field]), (kind, field)
                assert close(found.tests[ours].p, wanted[f"{field}p"], 1e-7, 1e-14), (kind, field)


def test_peto_like_meta_too() -> None:
    compared = 0
    for name, case in META["sets"].items():
        if "Peto" in case["tables"]:
            estimate, se, q = case["tables"]["Peto"]
            found = peto(*cells(name))
            assert close(found.estimate, estimate) and close(found.se, se) and close(found.q, q)
            compared += 1
    assert compared == 7


def test_mantel_haenszel_like_meta_with_its_rule_for_zero_cells() -> None:
    """Its risk difference has the variance of Greenland and Robins (1985, formula 13)."""
    compared, changed = 0, set()
    for name, case in META["sets"].items():
        if "MH" in case["tables"] and name.split("_")[-1] in ("OR", "RR", "RD"):
            estimate, se, _ = case["tables"]["MH"]
            measure, four = name.split("_")[-1], cells(name)
            found = mantel_haenszel(*four, measure, correction=OWN_EFFECTS)
            assert close(found.estimate, estimate, 1e-12), name
            if measure == "RD":
                a, b, c, d = four
                n1, n2 = a + b, c + d
                variance = ((a * b * n2**3 + c * d * n1**3) / (n1 * n2 * (n1 + n2) ** 2)).sum()
                assert close(math.sqrt(variance) / (n1 * n2 / (n1 + n2)).sum(), se, 1e-12)
            else:
                assert close(found.se, se, 1e-12), name
            changed |= {name} if "also for the estimate" in found.notes[0] else set()
            compared += 1
    assert compared == 14
    assert changed == {"egger2001_OR", "egger2001_RR", "li2007_OR", "nielweise2007_OR",
                       "nielweise2007_RR", "yusuf1985_t6_OR"}  # fmt: skip


def test_the_rate_difference_like_metafor() -> None:
    """R 4.2.2, metafor 3.8-1: ``rma.mh(measure="IRD", x1i=, t1i=, x2i=, t2i=)``."""
    found = mantel_haenszel_rates([3, 1], [100, 50], [5, 4], [120, 40], "IRD")
    assert close(found.estimate, -0.0314473684210526) and close(found.se, 0.0238695235630009)
    assert close(found.q, 1.41742894000968) and close(found.q_p, 0.233827050879367)


def test_tables_that_tell_nothing_give_a_reason() -> None:
    empty = ([0, 0], [5, 6], [0, 0], [5, 7])
    assert "either arm" in mantel_haenszel(*empty, "OR").reason
    assert "either arm" in mantel_haenszel(*empty, "RR").reason
    assert mantel_haenszel(*empty, "RD").reason.startswith("not_estimable")
    assert peto(*empty).reason and "2" in peto(*empty).notes[-1]
    assert "arm 1" in mantel_haenszel([0, 0], [5, 6], [1, 2], [5, 7], "RR").reason
    for found in (mantel_haenszel([], [], [], []), mantel_haenszel([9], [-1], [2], [3])):
        assert found.k == 0 and found.reason == "not_estimable: no table can be used"
    assert "1" in mantel_haenszel([9, 3], [-1, 4], [2, 3], [3, 9]).notes[1]
    one = mantel_haenszel([4], [16], [2], [18], "OR")
    assert one.q_reason == "not_estimable: k=1" and one.tests["tarone"].reason
    assert close(one.estimate, math.log(4 * 18 / (16 * 2)))


def test_measures_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="is not one of OR, RR, RD"):
        mantel_haenszel([1], [2], [3], [4], "HR")
    with pytest.raises(ValueError, match="is not one of IRR, IRD"):
        mantel_haenszel_rates([1], [2], [3], [4], "RR")


counts = st.lists(st.tuples(*(st.integers(0, 40) for _ in range(4))), min_size=1, max_size=8)


@given(counts, st.sampled_from(["OR", "RR", "RD", "Peto"]))
def test_arms_exchanged_turn_the_effect(rows: list[tuple[int, ...]], measure: str) -> None:
    a, b, c, d = (np.array(x) for x in zip(*rows, strict=True))
    args = (a, b, c, d), (c, d, a, b)
    there, back = (peto(*x) if measure == "Peto" else mantel_haenszel(*x, measure) for x in args)
    assert bool(there.reason) == bool(back.reason) == math.isnan(there.estimate)
    if not there.reason:
        assert math.isclose(there.estimate, -back.estimate, rel_tol=1e-9, abs_tol=1e-12)
        assert math.isclose(there.se, back.se, rel_tol=1e-9)
        assert there.ci_low <= there.estimate <= there.ci_high
    assert math.isnan(there.q) == bool(there.q_reason)
