"""Printed figures against recomputed ones, and the rounding they rest on."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie import claims, rounding


def line(value: object, unit: str = "", absent: str = "") -> dict[str, object]:
    return {"value": value, "unit": unit, "absent_reason": absent}


FIGURES = {
    "a.n": line("23"),
    "a.n.percent": line("95.83333333333333"),
    "a.cca": line("0.06782608695652174", "proportion"),
    "a.median": line("2016.5"),
    "a.gone": line("", "", "not_estimable: k=1"),
}


def verdict(**claim: str) -> dict[str, str]:
    return claims.compare([{"printed": "", **claim}], [2], FIGURES)[0]


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        (2016.5, 0, "2017"),
        (37.5, 0, "38"),
        (-0.125, 2, "-0.13"),
        (2.675, 2, "2.68"),
        (-0.001, 2, "0.00"),
    ],
)
def test_halves_are_rounded_away_from_zero(value: float, digits: int, expected: str) -> None:
    assert str(rounding.half_away(value, digits)) == expected


@given(st.decimals(-10_000, 10_000, places=4), st.integers(0, 3))
def test_rounding_is_symmetric_and_close(value: Decimal, digits: int) -> None:
    rounded = rounding.half_away(value, digits)
    assert rounding.half_away(-value, digits) == -rounded
    assert abs(rounded - value) <= Decimal(5).scaleb(-digits - 1)


@pytest.mark.parametrize(
    ("text", "number", "places"),
    [("4,784", "4784", 0), ("−0.39", "-0.39", 2), ("97%", "97", 0), ("10.0", "10.0", 1)],
)
def test_numbers_are_read_as_printed(text: str, number: str, places: int) -> None:
    assert rounding.decimal(text) == Decimal(number)
    assert rounding.places(text) == places


def test_what_agrees() -> None:
    assert verdict(key="a.n", printed="23", printed_percent="95.8")["result"] == "agrees"
    assert verdict(key="a.cca", printed="6.8")["result"] == "agrees"
    assert verdict(key="a.median", printed="2017")["recomputed"] == "2017"


def test_a_wrong_percentage_disagrees_although_the_count_is_right() -> None:
    row = verdict(key="a.n", printed="23", printed_percent="95.9")
    assert row["result"] == "disagrees"
    assert row["reason"] == "printed 95.9, recomputed 95.8"


def test_what_cannot_be_recomputed_says_why() -> None:
    assert verdict(printed="5223", not_recomputed="not in the source") | {} == {
        **verdict(printed="5223", not_recomputed="not in the source"),
        "result": "not_recomputed",
        "reason": "not in the source",
    }
    assert verdict(key="a.gone", printed="1")["reason"] == "not_estimable: k=1"
    row = verdict(key="a.median", printed="2017", printed_percent="5")
    assert row["reason"] == "the figure has no denominator for the percentage"


def test_an_unknown_key_is_told() -> None:
    row = verdict(key="a.m", printed="1")
    assert (row["result"], row["reason"]) == ("unknown_key", "no figure has the key a.m")


@pytest.mark.parametrize(("value", "holds"), [("0.0004", True), ("0.002", False)])
def test_a_bound_is_compared_as_a_bound(value: str, holds: bool) -> None:
    assert (claims.judge("<0.001", value).result == "agrees") is holds
