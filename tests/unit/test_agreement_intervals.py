"""Intervals and weighted agreement.

The expected values are those of the Python package irrCAC 0.4.4 (a port of Gwet's R package of
that name): ``CAC(table, weights=...)`` with ``pa2``, ``cohen`` and ``gwet``, 10 digits.
"""

from __future__ import annotations

import pytest

from parapluie.agreement import ESTIMATES, NO_CHANCE, NO_ORDER, NO_UNITS, agreement, estimates

TABLE = [[22, 4, 0], [3, 9, 2], [1, 2, 7]]
"""Rows: the first rater; columns: the second."""
EXPECTED = {
    "percent": (0.76, 0.6386243174, 0.8813756826),
    "kappa": (0.6062992126, 0.4109388957, 0.8016595295),
    "ac1": (0.6548252553, 0.47581498, 0.83383553),
    "weighted_kappa": (0.6778989098, 0.5040483796, 0.8517494401),
    "ac2": (0.7358618354, 0.58709035, 0.88463332),
}
ORDER = ("no", "partial_yes", "yes")


def units() -> tuple[list[str], list[str]]:
    cells = [(ORDER[i], ORDER[j], n) for i, row in enumerate(TABLE) for j, n in enumerate(row)]
    return [a for a, _, n in cells for _ in range(n)], [b for _, b, n in cells for _ in range(n)]


@pytest.mark.parametrize("name", ESTIMATES)
def test_estimates_equal_irrcac(name: str) -> None:
    found = estimates(*units(), ORDER, ORDER)[name]
    assert (found.value, found.low, found.high) == pytest.approx(EXPECTED[name], abs=1e-8)


def test_they_agree_with_the_plain_coefficients() -> None:
    plain, found = agreement(*units(), ORDER), estimates(*units(), ORDER)
    for name in ("percent", "kappa", "ac1"):
        assert found[name].value == pytest.approx(getattr(plain, name), abs=1e-12)


def test_what_cannot_be_estimated_has_a_reason() -> None:
    none = estimates([], [], ORDER, ORDER)
    assert {e.absent for e in none.values()} == {NO_UNITS}
    same = estimates(["no"] * 5, ["no"] * 5, ORDER, ORDER)
    assert same["kappa"].absent == NO_CHANCE
    assert (same["ac1"].value, same["ac1"].low) == (1, 1)
    assert estimates(["a"], ["b"], (), ("a", "b"))["ac2"].absent == NO_ORDER
    one = estimates(["no"], ["no"], ORDER)["percent"]
    assert (one.value, one.low) == (1, None)


def test_answers_without_rank_are_left_out_of_weighted_agreement() -> None:
    first, second = units()
    more = estimates([*first, "no_meta_analysis"], [*second, "yes"], (), ORDER)
    assert more["weighted_kappa"].value == pytest.approx(EXPECTED["weighted_kappa"][0])
    assert more["percent"].value == pytest.approx(38 / 51)
