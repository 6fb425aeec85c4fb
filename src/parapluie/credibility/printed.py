"""The facts of a result that a review prints: what stands there, and what follows from it.

A printed number stands for all values that round to it. Where p is printed only as a bound, or not
at all, it is narrowed by the printed interval; the interval may rest on the normal distribution or
on t with k - 1 degrees of freedom, so both count as possible. What needs the studies, and is not
printed, is not known.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from parapluie.credibility import geometry
from parapluie.credibility.classify import Results
from parapluie.credibility.facts import Values, between, exactly, words
from parapluie.credibility.measured import (
    NO_CASES,
    REVIEWS,
    Known,
    kind_of_effect,
    type_of_outcome,
)
from parapluie.measures import MEASURES

Row = Mapping[str, Any]
Range = tuple[float, float]

UNKNOWN: Range = (math.nan, math.nan)
NEEDS_STUDIES = "not_available: the review does not print it, and the studies are not extracted"

EXTRA = (
    "n_cases", "n_controls", "n_group1", "n_group2", "pi_low", "pi_high", "egger_p", "excess_p",
    "jackknife_p", "largest_ci_low", "largest_ci_high", "low_risk_percent", "amstar",
)  # fmt: skip
"""Further columns of ``effects.csv`` that are used where a team has filled them."""


def rounded(value: float) -> Range:
    """Give the values that a printed number may have been rounded from.

    Trailing zeros are lost in spreadsheets, so the range may be wider than it was.

    Examples
    --------
    >>> rounded(0.25)
    (0.245, 0.255)
    """
    text = f"{value:.15g}"
    if "e" in text:
        mantissa, _, power = text.partition("e")
        decimals = len(mantissa.partition(".")[2]) - int(power)
    else:
        decimals = len(text.partition(".")[2])
    half = 0.5 * 10.0**-decimals
    digits = decimals + 1
    return round(value - half, digits), round(value + half, digits)


def p_of(row: Row) -> tuple[Range, str]:
    """Give the range of p, and why it is not exact.

    Parameters
    ----------
    row : mapping
        ``p`` and ``p_operator`` as printed; ``yi``, ends of the interval on the scale of analysis
        (``low``, ``high``) with their rounding (``width``, ``off``), and ``k``.
    """
    printed, why = _printed_p(row)
    worked, reason = _p_of_interval(row)
    if math.isnan(printed[0]):
        return worked, reason
    if math.isnan(worked[0]):
        return printed, why
    both = (max(printed[0], worked[0]), min(printed[1], worked[1]))
    if both[0] > both[1]:
        return printed, f"{why}; the printed interval gives another p"
    return both, f"{why}, narrowed by the printed interval"


def _printed_p(row: Row) -> tuple[Range, str]:
    p, operator = row["p"], row["p_operator"] or "="
    if math.isnan(p):
        return UNKNOWN, ""
    if operator in ("<", "<="):
        return (0.0, p), f"printed as < {p:g}"
    if operator in (">", ">="):
        return (p, 1.0), f"printed as > {p:g}"
    low, high = rounded(p)
    return (max(0.0, low), min(1.0, high)), f"rounded: printed as {p:g}"


def _p_of_interval(row: Row) -> tuple[Range, str]:
    """Work p out from the effect over the half-width of its interval."""
    y, low, high, off = row["yi"], row["low"], row["high"], row["off"]
    half = (high - low) / 2
    if math.isnan(half) or half <= off:
        return UNKNOWN, "not_available: neither p nor an interval is printed"
    ratios = [max(0.0, abs(y) - off) / (half + off), (abs(y) + off) / (half - off)]
    crit = float(ndtri(0.975))
    found = [2 * float(ndtr(-r * crit)) for r in ratios]
    if row["k"] >= 2:
        t = float(stdtrit(row["k"] - 1, 0.975))
        found += [2 * float(stdtr(row["k"] - 1, -r * t)) for r in ratios]
    return (min(found), max(found)), "worked out from the printed interval, normal or t"


# --- rows to results ------------------------------------------------------------------------------


def known_of(
    rows: Sequence[Row], extra: Mapping[str, Mapping[str, float]], grades: Mapping[str, str],
    cca: Mapping[str, float],
) -> Known:  # fmt: skip
    """Give the facts of results that reviews print.

    Parameters
    ----------
    rows : sequence of mapping
        Of results/synthesis/effects.csv: numbers as float, NaN where absent.
    extra : mapping
        effect_id to the columns of `EXTRA` that are filled.
    grades : mapping
        review_id to its grade in AMSTAR 2.
    cca : mapping
        Outcome to its corrected covered area (percent).
    """
    lines = [_line(row, extra.get(row["effect_id"], {})) for row in rows]
    n = len(lines)
    ids, outcomes, reviews = (
        np.array([row[c] for row in rows], dtype=object)
        for c in ("effect_id", "outcome", "review_id")
    )
    kinds = np.array([kind_of_effect(row["measure"]) for row in rows], dtype=object)
    ci, pi, largest = (
        (_column(lines, f"{c}_low"), _column(lines, f"{c}_high")) for c in ("ci", "pi", "largest")
    )
    facts = _facts(lines) | _of_intervals(ci, pi, largest)
    facts["effect"] = words("effect", kinds, "")
    types = [type_of_outcome(row["measure"]) for row in rows]
    facts["outcome_type"] = words("outcome_type", types, "")
    facts["amstar2"] = words(
        "amstar2", [grades.get(r, "") for r in reviews], "not_available: the review is not rated"
    )
    facts["cca"] = exactly(
        [cca.get(o, math.nan) for o in outcomes],
        "not_available: no matrix of studies for the outcome",
    )
    results = Results(ids, outcomes, np.full(n, REVIEWS, dtype=object), facts, kinds)
    none = np.full(n, NEEDS_STUDIES, dtype=object)
    groups = (_column(lines, "n_group1"), _column(lines, "n_group2"))
    no_interval = np.full(n, "not_available: no interval is printed", dtype=object)
    return Known(results, ci, pi, {"ci": no_interval, "pi": none}, groups, none)


def _line(row: Row, extra: Mapping[str, float]) -> dict[str, Any]:
    """Bring a row to the scale of analysis and work out the ranges of its numbers."""
    measure = MEASURES.get(row["measure"])
    given = {c: extra.get(c, math.nan) for c in EXTRA}
    ends = [row["ci_low"], row["estimate"], row["ci_high"]]
    if measure is None or not measure.symmetric:
        low = middle = high = math.nan
    else:
        low, middle, high = (measure.to_analysis(x) for x in ends)
    line = {
        **row,
        "yi": middle,
        "low": low,
        "high": high,
        "off": _off(ends, measure is not None and measure.log),
        "ci_low": low,
        "ci_high": high,
    }
    line["p_range"], line["p_reason"] = p_of(line)
    line |= {c: v for c, v in given.items() if not c.endswith(("_low", "_high"))}
    for name, column in (("pi", "pi"), ("largest", "largest_ci")):
        for end in ("low", "high"):
            x = given[f"{column}_{end}"]
            line[f"{name}_{end}"] = measure.to_analysis(x) if measure is not None else math.nan
    return line


def _off(ends: Sequence[float], log: bool) -> float:
    """Give how far rounding may have moved an end, on the scale of analysis.

    The numbers of one interval have the decimals of the one that shows most.
    """
    there = [e for e in ends if not math.isnan(e)]
    if not there:
        return 0.0
    half = min((high - low) / 2 for low, high in map(rounded, there))
    if not log:
        return half
    return max(-math.log1p(-half / e) if e > half else math.inf for e in there)


def _column(lines: Sequence[Row], name: str) -> np.typing.NDArray[np.float64]:
    return np.array([line.get(name, math.nan) for line in lines], dtype=float)


def _facts(lines: Sequence[Row]) -> dict[str, Values]:
    n_total = _column(lines, "n")
    facts = {
        "n_studies": exactly(_column(lines, "k"), "not_available: k is not extracted"),
        "total_n": exactly(n_total, "not_available: n is not extracted"),
        "p": between(
            [line["p_range"][0] for line in lines],
            [line["p_range"][1] for line in lines],
            [line["p_reason"] for line in lines],
        ),
        "i2": _rounded_column(lines, "i2"),
        "n_cases": _cases(lines),
        "n_controls": exactly(_column(lines, "n_controls"), NEEDS_STUDIES),
        "smaller_arm": exactly(
            np.minimum(_column(lines, "n_group1"), _column(lines, "n_group2")), NEEDS_STUDIES
        ),
        "amstar": exactly(_column(lines, "amstar"), "not_available: nobody recorded it"),
        "rob": exactly(_column(lines, "low_risk_percent"), NEEDS_STUDIES),
    }
    for name in ("egger_p", "excess_p", "jackknife_p"):
        facts[name] = exactly(_column(lines, name), NEEDS_STUDIES)
    return facts


def _rounded_column(lines: Sequence[Row], name: str) -> Values:
    """Take a printed percentage with all values that round to it; 0 stands for 0 too."""
    values = _column(lines, name)
    ranges = [UNKNOWN if math.isnan(v) else rounded(v) for v in values]
    reasons = [
        f"not_available: {name} is not extracted" if math.isnan(v) else f"rounded: printed as {v:g}"
        for v in values
    ]
    return between([max(0.0, r[0]) if r[0] == r[0] else r[0] for r in ranges],
                   [r[1] for r in ranges], reasons)  # fmt: skip


def _cases(lines: Sequence[Row]) -> Values:
    """Give the number of cases: as recorded; else it is at most the number of people."""
    low, high, reasons = [], [], []
    for line in lines:
        cases, people = line["n_cases"], line["n"]
        continuous = type_of_outcome(line["measure"]) == "continuous"
        known = not math.isnan(cases)
        low.append(cases if known else math.nan)
        high.append(cases if known else math.nan if continuous else people)
        reasons.append(
            NO_CASES if continuous
            else "not_available: the number of cases is not extracted (column n_cases)"
        )  # fmt: skip
    return between(low, high, reasons)


def _of_intervals(
    ci: tuple[Any, Any], pi: tuple[Any, Any], largest: tuple[Any, Any]
) -> dict[str, Values]:
    return {
        "pi": geometry.excludes_null(*pi, NEEDS_STUDIES),
        "pi_side": geometry.side(*pi, NEEDS_STUDIES),
        "ci_side": geometry.side(*ci, "not_available: no interval is printed"),
        "largest_ci": geometry.excludes_null(*largest, NEEDS_STUDIES),
        "largest_same_side": geometry.same_side(ci, largest, NEEDS_STUDIES),
    }
