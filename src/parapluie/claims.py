"""Figures that a manuscript prints, each against the recomputed one at its printed precision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from parapluie import rounding

AGREES, DISAGREES, NOT_RECOMPUTED, UNKNOWN_KEY = (
    "agrees",
    "disagrees",
    "not_recomputed",
    "unknown_key",
)
RESULTS = (AGREES, DISAGREES, NOT_RECOMPUTED, UNKNOWN_KEY)
"""What can come of a claim."""

COLUMNS = (
    "row",
    "claim_id",
    "key",
    "printed",
    "recomputed",
    "printed_percent",
    "recomputed_percent",
    "result",
    "reason",
    "where",
    "note",
)
"""Columns of the compared claims."""

_OPERATORS = ("<=", ">=", "<", ">")
_HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Verdict:
    """What came of one printed number: the recomputed one at its precision, result and reason."""

    recomputed: str
    result: str
    reason: str = ""


def compare(
    claims: Sequence[Mapping[str, str]],
    numbers: Sequence[int],
    figures: Mapping[str, Mapping[str, Any]],
) -> list[dict[str, str]]:
    """Compare each claim with the figure it names.

    Parameters
    ----------
    claims : sequence of mappings
        Rows of ``claims.csv`` as text.
    numbers : sequence of int
        Their row numbers as a spreadsheet shows them.
    figures : mapping
        Key to a line of ``figures.csv``; ``KEY.percent`` holds a figure as percent of its
        denominator.

    Returns
    -------
    list of dict
        One row a claim, with the columns `COLUMNS`. A printed number is compared at its printed
        decimals, halves rounded away from zero; of a proportion, 100 times its value is compared.
    """
    return [
        _compared(claim, number, figures) for claim, number in zip(claims, numbers, strict=True)
    ]


def _compared(
    claim: Mapping[str, str], number: int, figures: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    row = {c: claim.get(c, "") for c in COLUMNS} | {"row": str(number)}
    value = _value_verdict(claim, figures)
    percent = _percent_verdict(claim, figures)
    row |= {
        "recomputed": value.recomputed,
        "recomputed_percent": percent.recomputed if percent else "",
    }
    verdicts = [v for v in (value, percent) if v]
    decisive = next((v for v in verdicts if v.result == DISAGREES), None) or next(
        (v for v in verdicts if v.result != AGREES), value
    )
    return row | {"result": decisive.result, "reason": decisive.reason}


def _value_verdict(claim: Mapping[str, str], figures: Mapping[str, Mapping[str, Any]]) -> Verdict:
    key = claim.get("key", "")
    if not key or claim.get("not_recomputed"):
        return Verdict("", NOT_RECOMPUTED, claim.get("not_recomputed") or "no reason is given")
    line = figures.get(key)
    if line is None:
        return Verdict("", UNKNOWN_KEY, f"no figure has the key {key}")
    if line["absent_reason"]:
        return Verdict("", NOT_RECOMPUTED, str(line["absent_reason"]))
    return judge(claim.get("printed", ""), line["value"], str(line["unit"]))


def _percent_verdict(
    claim: Mapping[str, str], figures: Mapping[str, Mapping[str, Any]]
) -> Verdict | None:
    printed, key = claim.get("printed_percent", ""), claim.get("key", "")
    if not printed or not key or claim.get("not_recomputed") or key not in figures:
        return None
    line = figures.get(f"{key}.percent")
    if line is None:
        return Verdict("", NOT_RECOMPUTED, "the figure has no denominator for the percentage")
    if line["absent_reason"]:
        return Verdict("", NOT_RECOMPUTED, str(line["absent_reason"]))
    return judge(printed, line["value"], "percent")


def judge(printed: str, value: Any, unit: str = "") -> Verdict:
    """Compare one printed number (or word) with a value.

    Parameters
    ----------
    printed : str
        As printed; ``<0.001`` holds if the value is below.
    value : object
        The recomputed number, or text.
    unit : str
        ``proportion`` is compared as percent.

    Examples
    --------
    >>> judge("2017", 2016.5).result
    'agrees'
    """
    operator = next((o for o in _OPERATORS if printed.strip().startswith(o)), "")
    number = rounding.decimal(printed.strip().removeprefix(operator))
    exact = rounding.decimal(str(value))
    if number is None or exact is None:
        same = printed.strip().lower() == str(value).strip().lower()
        return _verdict(same, str(value), printed)
    if unit == "proportion":
        exact *= _HUNDRED
    if operator:
        return _verdict(_holds(exact, operator, number), str(exact), printed)
    rounded = rounding.half_away(exact, rounding.places(printed))
    return _verdict(rounded == number, str(rounded), printed)


def _holds(value: Decimal, operator: str, bound: Decimal) -> bool:
    if value == bound:
        return operator.endswith("=")
    return (value < bound) is operator.startswith("<")


def _verdict(same: bool, recomputed: str, printed: str) -> Verdict:
    if same:
        return Verdict(recomputed, AGREES)
    return Verdict(recomputed, DISAGREES, f"printed {printed}, recomputed {recomputed}")
