"""Filters and the way from a figure to its rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie.trace import (
    ALL,
    Figures,
    Rows,
    at_rows,
    has_item,
    matches,
    resolve,
    split_rows,
    where,
)

ROW = {"stage": "full_text", "decision": "maybe", "groups": "a; b c", "empty": ""}


@pytest.mark.parametrize(
    ("filter_text", "held"),
    [
        (ALL, True),
        (where(decision=["include", "maybe"]), True),
        (where(decision="include"), False),
        (where(stage="full_text", decision="maybe"), True),
        ("decision!=maybe", False),
        (has_item("groups", "b c"), True),
        (has_item("groups", "b"), False),
        (at_rows([9, 7]), True),
        (where(empty=""), True),
        (where(missing="x"), False),
    ],
)
def test_filters(filter_text: str, held: bool) -> None:
    assert matches(filter_text, ROW, 7) is held


@given(st.text(max_size=20))
def test_a_filter_for_any_text_finds_exactly_that_text(text: str) -> None:
    cell = Rows("f", where(c=text), 1).text()
    (filter_text,) = split_rows(cell)
    if text == text.strip() and "\n" not in text:
        assert matches(filter_text, {"c": text}, 2)
        assert not matches(filter_text, {"c": text + "x"}, 2)


def test_a_trace_ends_at_files_and_rows() -> None:
    figures = Figures("s")
    first = figures.add("a", 1, rule="rows", basis=[Rows("data/x.csv", where(d="e;f"), 2)])
    figures.add("b", 2, rule="twice", rests_on=[first], basis=[Rows("data/y.csv")])
    frame = figures.frame()
    lines = {row["key"]: row for row in frame.to_dict("records")}
    assert resolve(lines, "s.b") == [("data/y.csv", "all"), ("data/x.csv", "d=e%3Bf")]


@pytest.mark.parametrize(
    "arguments",
    [
        {"value": None, "basis": [Rows("f")]},
        {"value": float("nan"), "basis": [Rows("f")]},
        {"value": 1, "absent": "not known yet", "basis": [Rows("f")]},
        {"value": 1},
    ],
)
def test_a_figure_without_value_reason_or_basis_is_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"s\.k"):
        Figures("s").add("k", rule="r", **arguments)  # type: ignore[arg-type]


def test_a_key_stands_for_one_figure() -> None:
    figures = Figures("s")
    figures.add("k", 1, rule="r", basis=[Rows("f")])
    with pytest.raises(ValueError, match="one figure"):
        figures.add("k", 1, rule="r", basis=[Rows("f")])
