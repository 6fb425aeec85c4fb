"""Agreement of two raters: tables worked by hand, and a real log of two screeners."""

import csv
from collections import defaultdict
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie.agreement import NO_CHANCE, NO_UNITS, ONE_CATEGORY, agreement, two_by_two

LETTERS = st.sampled_from("ABC")


def table(a: int, b: int, c: int, d: int) -> tuple[list[str], list[str]]:
    first = ["include"] * (a + b) + ["exclude"] * (c + d)
    second = ["include"] * a + ["exclude"] * b + ["include"] * c + ["exclude"] * d
    return first, second


def test_two_by_two_worked_by_hand():
    # po = 35/50, pe = (25*30 + 25*20)/2500 = 0.5; AC1: p = 0.55, pe = 2*0.55*0.45 = 0.495.
    first, second = table(20, 5, 10, 15)
    found = agreement(first, second)
    assert two_by_two(first, second, {"include"}) == (20, 5, 10, 15)
    assert found.percent == pytest.approx(0.7)
    assert found.kappa == pytest.approx(0.4)
    assert found.pabak == pytest.approx(0.4)
    assert found.ac1 == pytest.approx((0.7 - 0.495) / (1 - 0.495))


def test_rare_category_halves_kappa_but_not_percent():
    # po = 0.9 in both; pe = 0.5 and 0.82.
    assert agreement(*table(45, 5, 5, 45)).kappa == pytest.approx(0.8)
    assert agreement(*table(5, 5, 5, 85)).kappa == pytest.approx(0.08 / 0.18)


def test_three_categories_worked_by_hand():
    # po = 3/6; marginals A 2 and 2, B 3 and 2, C 1 and 2; of all 12 ratings A 4, B 5, C 3.
    found = agreement(list("AABBBC"), list("AABCCB"), "ABC")
    assert found.percent == pytest.approx(0.5)
    assert found.kappa == pytest.approx((0.5 - (2 * 2 + 3 * 2 + 1 * 2) / 36) / (1 - 12 / 36))
    assert found.pabak == pytest.approx((3 * 0.5 - 1) / 2)
    expected = (4 * 8 + 5 * 7 + 3 * 9) / 144 / 2
    assert found.ac1 == pytest.approx((0.5 - expected) / (1 - expected))


def test_absent_with_reason():
    assert agreement([], []).absent == dict.fromkeys(("percent", "kappa", "pabak", "ac1"), NO_UNITS)
    one = agreement(["x", "x"], ["x", "x"])
    assert (one.percent, one.kappa, one.pabak, one.ac1) == (1.0, None, None, None)
    assert one.absent == {"kappa": NO_CHANCE, "pabak": ONE_CATEGORY, "ac1": ONE_CATEGORY}
    known = agreement(["x", "x"], ["x", "x"], ["x", "y"])
    assert (known.kappa, known.pabak, known.ac1) == (None, 1.0, 1.0)


@given(st.lists(st.tuples(LETTERS, LETTERS), min_size=1, max_size=30), st.randoms())
def test_bounds_symmetry_and_order(pairs, random):
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    found = agreement(first, second, "ABC")
    for value in (found.kappa, found.pabak, found.ac1):
        assert value is None or -1 <= round(value, 9) <= 1
    swapped = agreement(second, first, "ABC")
    assert (found.percent, found.pabak) == (swapped.percent, swapped.pabak)
    assert found.kappa == pytest.approx(swapped.kappa)
    random.shuffle(pairs)
    again = agreement([a for a, _ in pairs], [b for _, b in pairs], "ABC")
    assert again.ac1 == pytest.approx(found.ac1)


@pytest.mark.shared
def test_real_log_of_two_screeners(shared: Path):
    # Last decision of each person on each record; 1 and 0 (maybe) count as include.
    path = shared / "corpora/search-exports/ray_felipe_log.csv"
    state: dict[str, dict[str, str]] = defaultdict(dict)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in sorted(csv.DictReader(file), key=lambda r: r["created_at"]):
            if row["key"] == "included":
                state[row["user_id"]][row["article_id"]] = row["value"]
    pairs = {
        (p, q): sorted(set(state[p]) & set(state[q])) for p, q in combinations(sorted(state), 2)
    }
    (p, q), both = next((k, v) for k, v in pairs.items() if len(v) == 97)
    votes = [["exclude" if state[w][r] == "-1" else "include" for r in both] for w in (p, q)]
    found = agreement(*votes, ["include", "exclude"])
    assert [round(v, 4) for v in (found.percent, found.kappa, found.pabak, found.ac1)] == [
        0.9485,
        0.6803,
        0.8969,
        0.9386,
    ]
