"""What the overlap rests on, in words: assumptions, the sentence for the report, sensitivity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from parapluie.overlap.cca import BANDS
from parapluie.overlap.lines import WCCA
from parapluie.overlap.recorded import Bounds
from parapluie.rounding import half_away

SCHEMES = {
    "half_open": "half_open (slight < 5, moderate 5 to < 10, high 10 to < 15, very high from 15 %)",
    "pieper2014": "pieper2014 (on whole percents: 0-5, 6-10, 11-15, above 15 %)",
}
MISSINGNESS = {
    "none": "none",
    "given": "X cells as given",
    "year": "year: a study published in a later year than the review",
    "date": "date: a study published after the last search of the review, by year where not known",
}


def in_words(missingness: str) -> str:
    """Say how structurally missing cells were found."""
    return "; ".join(MISSINGNESS[part] for part in missingness.split("+"))


def assumptions(facts: Sequence[tuple[str, object]]) -> pd.DataFrame:
    """Give the table of assumptions: what was decided, and how."""
    rows = [(what, str(value)) for what, value in facts]
    return pd.DataFrame(rows, columns=["assumption", "value"], dtype="object")


def sentence(line: Mapping[str, Any], without: Sequence[str], bound: Bounds | None = None) -> str:
    """Write the sentence for the report: the number first, then its band and what it rests on."""
    recorded = _recorded(bound)
    if line.get("cca") is None:
        reason = str(line["reason"]).partition(": ")[2]
        return f"The corrected covered area could not be computed ({reason}).{recorded}\n"
    left = f" {len(without)} without a list of studies left out ({', '.join(without)})."
    left = (left if without else "") + recorded
    parts = [
        f"{line['c']} reviews included {line['r']} different primary studies {line['n']} times; "
        f"{line['in_more_than_one']} studies stood in more than one review.",
        f"The corrected covered area was {percent(line['cca'])} % "
        f"({line['band'].replace('_', ' ')} overlap; bands {SCHEMES[line['scheme']]}).",
        _adjusted(line),
        _pairs(line),
        _weighted(line),
        f"Counted at the level of the {line['level']}, over all of them.{left}",
    ]
    return " ".join(part for part in parts if part) + "\n"


def _recorded(bound: Bounds | None) -> str:
    if bound is None or bound.cca_low is None or bound.cca_high is None:
        return ""
    return (
        f" The recorded distribution of {bound.r} studies allows a corrected covered area from "
        f"{percent(bound.cca_low)} to {percent(bound.cca_high)} %."
    )


def _adjusted(line: Mapping[str, Any]) -> str:
    if line["cca_adjusted"] is None:
        return f"Structural missingness: {in_words(line['missingness'])}; no such cell."
    return (
        f"Without {line['x']} structurally missing cells ({in_words(line['missingness'])}) it was "
        f"{percent(line['cca_adjusted'])} % ({line['band_adjusted'].replace('_', ' ')})."
    )


def _pairs(line: Mapping[str, Any]) -> str:
    if not line["pairs"]:
        return ""
    shares = [
        f"{percent(line[f'pairs_{name}'] / line['pairs'], 1)} % {name.replace('_', ' ')}"
        for name in BANDS
    ]
    return f"Of {line['pairs']} pairs of reviews {', '.join(shares)}."


def _weighted(line: Mapping[str, Any]) -> str:
    if line["wcca"] is None:
        return ""
    imputed = f", {line['sizes_imputed']} sample sizes imputed by the median"
    imputed = imputed if line["sizes_imputed"] else ""
    return f"{WCCA}: {percent(line['wcca'])} %{imputed}."


def percent(proportion: float, digits: int = 2) -> str:
    """Write a proportion in percent, halves away from zero."""
    return str(half_away(100 * proportion, digits))


SENSITIVITY = ("assumption", "value", "c", "r", "n", "x", "cca", "band", "cca_adjusted")


def sensitivity(lines: Sequence[tuple[str, str, Mapping[str, Any]]]) -> pd.DataFrame:
    """Give the overall numbers under other assumptions beside the ones chosen."""
    rows = [
        (what, value, *(line.get(name) for name in SENSITIVITY[2:])) for what, value, line in lines
    ]
    return pd.DataFrame(rows, columns=list(SENSITIVITY), dtype="object")
