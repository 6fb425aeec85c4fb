"""The keys of what was mended and noted while the exports were read, by search and by code."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from parapluie.trace import Figures, Rows, where

MENDED = "records that were mended while they were read, and faults between records"


def add_repairs(
    figures: Figures,
    searches: Iterable[str],
    log: Iterable[Mapping[str, Any]],
    notes: Iterable[Mapping[str, Any]],
    repairs: Collection[str],
    shown: tuple[str, str],
) -> None:
    """Count what was mended, and what was odd and left as it is.

    Parameters
    ----------
    figures : Figures
        Takes ``search.SEARCH.repaired`` and ``repaired``; for each code ``repairs.SEARCH.CODE``
        where something was mended, else ``warnings.SEARCH.CODE``.
    searches : iterable of str
        Every search_id, also of those without a file.
    log, notes : iterable of mapping
        Rows of import_log.csv and problems.csv.
    repairs : collection of str
        The codes that are repairs.
    shown : (str, str)
        searches.csv and the folder of the exports, as traces name them.
    """
    table, raw = shown
    files = {s: [Rows(table, where(search_id=s), 1)] for s in searches}
    mended = dict.fromkeys(files, 0)
    for row in log:
        mended[row["search_id"]] += row["repaired"]
        files[row["search_id"]].append(Rows(raw + row["file"], n=row["found"]))
    keys = [
        figures.add(f"search.{s}.repaired", n, rule=MENDED, basis=files[s], unit="records")
        for s, n in mended.items()
    ]
    every = [Rows(table, n=len(files))]
    rule = f"sum over all searches: {MENDED}"
    figures.add(
        "repaired", sum(mended.values()), rule=rule, basis=every, rests_on=keys, unit="records"
    )
    for (search, code), (n, meaning) in _by_code(notes).items():
        kind = "repairs" if code in repairs else "warnings"
        figures.add(f"{kind}.{search}.{code}", n, rule=meaning, basis=files[search])


def _by_code(notes: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], tuple[int, str]]:
    """Add up the files of a search; a code about a whole file counts files."""
    found: dict[tuple[str, str], tuple[int, str]] = {}
    for row in notes:
        place = row["search_id"], row["code"]
        before = found.get(place, (0, ""))[0]
        found[place] = (before + (row["n"] or 1), row["meaning"])
    return found
