"""Checks of printed numbers: they flag what nothing could have printed, and no more."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import chdtrc, stdtr, stdtrit

from parapluie.synthesis.consistency import decimals, findings, printed, significant

NUMBERS = (
    "estimate", "ci_low", "ci_high", "p", "z", "k", "n", "i2", "i2_ci_low", "i2_ci_high", "tau2",
    "q", "df", "het_p",
)  # fmt: skip


def checks(**cells: str) -> list[str]:
    """Run all checks on the cells of a row."""
    text = {"measure": "SMD"} | cells
    value = {c: float(text[c].replace("−", "-")) if text.get(c) else math.nan for c in NUMBERS}
    return [found.check for found in findings(printed(text, value))]


@pytest.mark.parametrize(
    ("text", "places", "digits"),
    [("0.50", 2, 2), ("-0.4", 1, 1), ("1e-05", 5, 1), ("12.4", 1, 3), ("−0.39", 2, 2), ("3", 0, 1)],
)
def test_the_form_of_printed_numbers(text: str, places: int, digits: int) -> None:
    assert (decimals(text), significant(text)) == (places, digits)


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        ({"estimate": "-0.39", "ci_low": "-0.54", "ci_high": "-0.24", "z": "5.1"}, []),
        (
            {"estimate": "-0.39", "ci_low": "-0.54", "ci_high": "-0.24", "z": "9.42", "k": "16"},
            ["z against interval"],
        ),
        ({"k": "16", "df": "20"}, ["k against df"]),
        ({"estimate": "0.4", "ci_low": "0.6", "ci_high": "0.9"},
         ["estimate inside its interval", "symmetry of the interval"]),
        # a spreadsheet drops trailing zeros: 0.2 beside -0.42 is 0.20
        (
            {"estimate": "-0.11", "ci_low": "-0.42", "ci_high": "0.2", "p": "0.56", "k": "2"},
            ["p against interval"],
        ),
        ({"estimate": "-0.11", "ci_low": "-0.42", "ci_high": "0.2", "p": "0.49", "k": "2"}, []),
        # significant digits: 12.4 beside 0.98 may have been 12.44
        ({"measure": "OR", "estimate": "3.5", "ci_low": "0.98", "ci_high": "12.4"}, []),
        ({"measure": "RR", "estimate": "0.69", "ci_low": "0.49", "ci_high": "0.96"}, []),
        ({"measure": "RR", "estimate": "0.80", "ci_low": "0.49", "ci_high": "0.96"},
         ["symmetry of the interval"]),
        ({"estimate": "0.5", "ci_low": "0.1", "ci_high": "0.9", "p": "0.01", "p_operator": "<"},
         []),
        (
            {"estimate": "0.50", "ci_low": "0.10", "ci_high": "0.90", "p": "0.001", "k": "40",
             "p_operator": "<"},
            ["p against interval"],
        ),
        ({"q": "91.38", "df": "20", "i2": "78"}, []),
        ({"q": "91.38", "df": "20", "i2": "76"}, ["I2 against Q and df"]),
        ({"q": "4.09", "k": "4", "het_p": "0.25"}, []),
        ({"q": "4.09", "k": "4", "het_p": "0.52"}, ["heterogeneity p against Q and df"]),
        ({"i2": "70", "i2_ci_low": "10", "i2_ci_high": "60"}, ["i2 inside its interval"]),
        ({"n": "5", "k": "9"}, ["n against k"]),
        ({"z": "3.1", "p": "0.3", "k": "30"}, ["p against z"]),
        ({"measure": "PROP", "estimate": "0.1", "ci_low": "0.02", "ci_high": "0.4", "z": "9"}, []),
        ({"measure": "OR", "estimate": "0.00", "ci_low": "0.00", "ci_high": "0.96", "z": "9"}, []),
        ({}, []),
    ],
)  # fmt: skip
def test_what_is_flagged(cells: dict[str, str], wanted: list[str]) -> None:
    assert checks(**cells) == wanted


@given(
    st.floats(-2, 2), st.floats(0.02, 1), st.integers(2, 40), st.integers(1, 4), st.booleans(),
    st.booleans(), st.floats(0, 200), st.booleans(),
)  # fmt: skip
def test_what_was_rounded_from_one_truth_is_never_flagged(
    estimate: float, se: float, k: int, places: int, t: bool, ratio: bool, q: float, strip: bool
) -> None:
    df = k - 1 if t else 1e12
    crit, statistic = float(stdtrit(df, 0.975)), abs(estimate / se)
    triple = [estimate, estimate - crit * se, estimate + crit * se]
    shown = [f"{math.exp(x) if ratio else x:.{places}f}" for x in triple]
    shown = [s.rstrip("0").rstrip(".") if strip and "." in s else s for s in shown]
    cells = dict(zip(("estimate", "ci_low", "ci_high"), shown, strict=True))
    cells |= {"measure": "OR" if ratio else "SMD", "k": str(k), "df": str(k - 1)}
    cells |= {"z": f"{statistic:.2f}", "p": f"{2 * float(stdtr(df, -statistic)):.3f}"}
    cells |= {"q": f"{q:.2f}", "i2": f"{100 * max(0, (q - k + 1) / q) if q else 0:.0f}"}
    cells |= {"het_p": f"{float(chdtrc(k - 1, q)):.2f}"}
    assert checks(**cells) == []


@pytest.mark.shared
def test_the_published_effects_of_the_example(shared: Path) -> None:
    flagged: dict[str, list[str]] = {}
    path = shared / "example" / "peer-support" / "effects.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            cells = {**row, "q": row["chi2"], "measure": row["measure"].replace("Hedges g", "SMD")}
            if found := checks(**cells):
                flagged[row["effect_id"]] = found
    assert flagged == {"E01": ["k against df", "z against interval"], "E27": ["p against interval"]}
