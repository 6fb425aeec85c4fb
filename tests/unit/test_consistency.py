"""Checks of printed numbers: they flag what nothing could have printed, and no more."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import chdtrc, stdtr, stdtrit

from parapluie.synthesis.consistency import (
    Finding,
    against_words,
    decimals,
    findings,
    printed,
    significant,
    weights,
)

NUMBERS = (
    "estimate", "ci_low", "ci_high", "p", "z", "k", "n", "i2", "i2_ci_low", "i2_ci_high", "tau2",
    "q", "df", "het_p",
)  # fmt: skip


def found_in(**cells: str) -> list[Finding]:
    """Run all checks on the cells of a row."""
    text = {"measure": "SMD"} | cells
    value = {c: float(text[c].replace("−", "-")) if text.get(c) else math.nan for c in NUMBERS}
    return findings(printed(text, value))


def checks(**cells: str) -> list[str]:
    return [found.check for found in found_in(**cells)]


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


@pytest.mark.parametrize(
    ("cells", "printed_", "implied", "difference"),
    [
        # 0.385 to 0.395 over half a width of 0.155 to 0.145, times 1.96
        (
            {"estimate": "-0.39", "ci_low": "-0.54", "ci_high": "-0.24", "z": "9.42"},
            "9.42",
            "4.87 to 5.34",
            9.415 - 5.34,
        ),
        ({"k": "16", "df": "20"}, "k = 16, df = 20", "df = 15", 5.0),
        ({"n": "5", "k": "9"}, "n = 5, k = 9", "n of at least 9", 4.0),
        ({"q": "91.38", "df": "20", "i2": "76"}, "76", "78.1", 1.61),
        ({"i2": "70", "i2_ci_low": "10", "i2_ci_high": "60"}, "70", "10 to 60", 9.0),
        ({"measure": "RR", "estimate": "0.80", "ci_low": "0.49", "ci_high": "0.96"}, "0.80",
         "0.681 to 0.691", 0.104),
        ({"q": "4.09", "k": "4", "het_p": "0.52", "het_p_operator": ">"}, "> 0.52", "0.25", 0.263),
    ],
)  # fmt: skip
def test_a_finding_names_both_numbers_and_how_far_apart_they_are(
    cells: dict[str, str], printed_: str, implied: str, difference: float
) -> None:
    cells = cells | ({"k": "10000"} if "z" in cells else {})
    (found,) = found_in(**cells)
    assert (found.printed, found.implied) == (printed_, implied)
    assert math.isclose(found.difference, difference, abs_tol=0.01)


@pytest.mark.parametrize(
    ("word", "cells", "wanted"),
    [
        ("improved", {"estimate": "0.20", "better_when": "lower"}, ["sign against words"]),
        ("improved", {"estimate": "0.20", "better_when": "higher"}, []),
        ("improved", {"estimate": "0.00", "better_when": "lower"}, []),
        ("improved", {"estimate": "0.20"}, []),
        ("worsened", {"estimate": "0.80", "measure": "RR", "better_when": "lower"},
         ["sign against words"]),
        ("worsened", {"estimate": "1.004", "measure": "RR", "better_when": "lower"}, []),
        ("no_effect", {"estimate": "-0.24", "ci_low": "-0.40", "ci_high": "-0.08",
                       "better_when": "lower"}, ["interval against words"]),
        ("no_effect", {"estimate": "-0.24", "ci_low": "-0.48", "ci_high": "0.00",
                       "better_when": "lower"}, []),
        ("mixed", {"estimate": "-0.24", "ci_low": "-0.40", "ci_high": "-0.08",
                   "better_when": "lower"}, []),
        ("improved", {"estimate": "0.3", "measure": "PROP", "better_when": "lower"}, []),
    ],
)  # fmt: skip
def test_words_and_numbers(word: str, cells: dict[str, str], wanted: list[str]) -> None:
    assert [c for c in checks(result_as_reported=word, **cells) if "words" in c] == wanted
    text = {"measure": "SMD"} | cells
    value = {c: float(text[c]) if text.get(c) else math.nan for c in NUMBERS}
    found = list(against_words(printed(text, value), word, ("findings",)))
    assert [f.check for f in found] == wanted
    assert all("findings" in f.columns and math.isnan(f.difference) for f in found)


@pytest.mark.parametrize(
    ("texts", "difference"),
    [
        (["33.3", "33.3", "33.4"], 0.0),
        (["33", "33", "33"], 0.0),
        (["33.3", "33.3", "33.3"], 0.0),
        (["40.1", "40.2", "25"], 5.15),
        (["20.0", "20,0", "20.0"], 39.85),
        (["60", "60"], 19.0),
    ],
)
def test_weights_that_cannot_add_up(texts: list[str], difference: float) -> None:
    found = weights(texts)
    assert (found is None) is (difference == 0.0)
    if found is not None:
        assert math.isclose(found.difference, difference, abs_tol=1e-6)
        assert found.implied == "100" and f"({len(texts)} weights)" in found.printed


@given(st.lists(st.floats(0.01, 5), min_size=1, max_size=30), st.integers(0, 2))
def test_rounded_weights_are_never_flagged(raw: list[float], places: int) -> None:
    total = math.fsum(raw)
    texts = [f"{100 * x / total:.{places}f}" for x in raw]
    assert weights([t.rstrip("0").rstrip(".") if "." in t else t for t in texts]) is None


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


def test_the_effects_of_the_first_example(root: Path) -> None:
    """All checks of its 47 results: the known slips, and nothing else."""
    with (root / "data/extraction/effects.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 47
    flagged = {}
    for row in rows:
        cells = {c: v.removeprefix("'") for c, v in row.items()}
        if found := found_in(**cells):
            flagged[row["effect_id"]] = [(f.check, f.printed, f.implied) for f in found]
    assert flagged == {
        "E01": [
            ("k against df", "k = 16, df = 20", "df = 15"),
            ("z against interval", "9.42", "4.87 to 5.34"),
        ],
        "E27": [("p against interval", "0.56", "0.46 to 0.51")],
    }
