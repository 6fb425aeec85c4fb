"""How many people a study has, from the cells that a table of effects holds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from parapluie.credibility.facts import Array, Texts

COLUMNS = (
    "n_cases", "n_controls", "n_total", "n_participants", "n1i", "n2i", "ni", "ai", "bi", "ci",
    "di", "x1i", "x2i", "xi", "mi",
)  # fmt: skip
"""Columns that say how many people there are."""


def people(cells: Mapping[str, Array], n: int) -> dict[str, Array]:
    """Work out the numbers of people of each row; NaN where the cells do not tell.

    Cases are people with the event, in both groups. A mean has none.

    Parameters
    ----------
    cells : mapping
        Some of `COLUMNS`, each shape (n,).
    n : int
        Number of rows.

    Returns
    -------
    dict
        ``n_cases``, ``n_controls``, ``n_total``, ``n_group1``, ``n_group2``.
    """
    c = {name: cells.get(name, np.full(n, np.nan)) for name in COLUMNS}
    group1 = _first(c["n1i"], c["ai"] + c["bi"])
    group2 = _first(c["n2i"], c["ci"] + c["di"])
    cases = _first(c["n_cases"], c["ai"] + c["ci"], c["x1i"] + c["x2i"], c["xi"])
    total = _first(
        c["n_total"], c["n_participants"], c["n_cases"] + c["n_controls"], group1 + group2, c["ni"],
        c["xi"] + c["mi"],
    )  # fmt: skip
    return {
        "n_cases": cases,
        "n_controls": _first(c["n_controls"], total - cases),
        "n_total": total,
        "n_group1": _first(group1, c["n_cases"]),
        "n_group2": _first(group2, c["n_controls"]),
    }


def _first(*choices: Array) -> Array:
    found = choices[0].copy()
    for other in choices[1:]:
        found = np.where(np.isnan(found), other, found)
    return found


def low_risk(said: Texts) -> Array:
    """Tell whether a risk of bias is low: 1, another one: 0, none or not reported: NaN."""
    places = {"low": 1.0, "": np.nan, "NR": np.nan, "NA": np.nan}
    return np.array([places.get(str(s).strip(), 0.0) for s in said])


def most_of(values: Array, which: np.typing.NDArray[np.intp], m: int) -> Array:
    """Give the largest number of each group of rows; NaN where no row of it has one."""
    found = np.full(m, -np.inf)
    np.maximum.at(found, which, np.where(np.isnan(values), -np.inf, values))
    return np.where(np.isinf(found), np.nan, found)
