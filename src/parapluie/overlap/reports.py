"""Reports of primary studies: one study may be told by several, and reviews may use either."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from parapluie.overlap.codes import INCLUDED
from parapluie.overlap.compared import Place, Two, place_of

_COLUMNS = ("report_id", "doi", "pmid")


def reports_of(studies: pd.DataFrame, same: Iterable[Two]) -> tuple[pd.Series[str], int]:
    """Name the report of each row: its study and its report_id, DOI or PMID.

    Parameters
    ----------
    studies : frame
        Rows with ``study``.
    same : iterable of pairs of places
        Labels that people called the same, down to the report.

    Returns
    -------
    (Series, int)
        The names, and how many included rows tell no report (then reports cannot be counted).
    """
    columns = [c for c in _COLUMNS if c in studies]
    keys = [_key(row, columns) for row in studies[columns].to_dict("records")]
    places = [place_of(row) for row in studies.to_dict("records")]
    mine: dict[Place, set[str]] = defaultdict(set)
    for place, key in zip(places, keys, strict=True):
        mine[place].add(key)
    one = _joined(mine, same)
    names = [
        f"{study}:{one.get((place, key), key)}"
        for study, place, key in zip(studies["study"], places, keys, strict=True)
    ]
    held = (studies["status"] == INCLUDED).tolist()
    unknown = sum(
        not one.get((place, key), key)
        for place, key, counts in zip(places, keys, held, strict=True)
        if counts
    )
    return pd.Series(names, index=studies.index, dtype="object"), unknown


def _key(row: Mapping[Any, Any], columns: Iterable[str]) -> str:
    for column in columns:
        text = str(row[column]).strip().casefold()
        if text not in ("", "nr", "na"):
            return f"{column}={text.removeprefix('https://doi.org/')}"
    return ""


def _joined(mine: Mapping[Place, set[str]], same: Iterable[Two]) -> dict[tuple[Place, str], str]:
    """Give two labels that are one report one name, where each has one report only."""
    name: dict[tuple[Place, str], str] = {}
    for a, b in sorted(same):
        if len(mine[a]) == len(mine[b]) == 1:
            (one,), (two,) = mine[a], mine[b]
            shared = min({name.get((a, one), one), name.get((b, two), two)} - {""}, default="")
            shared = shared or f"answer={min(a, b)[0]}.{min(a, b)[1]}"
            name[a, one] = name[b, two] = shared
    return name
