"""The boxes of the PRISMA 2020 flow diagram, and the CSV form of the R package PRISMA2020.

References
----------
Page et al. 2021, BMJ 372:n71 (template); Haddaway et al. 2022, Campbell Systematic Reviews 18:e1230
(the CSV form: columns ``data`` and ``n``, reasons as ``Reason, number; Reason, number``).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

TEMPLATES = (
    "new_databases",
    "new_databases_other",
    "updated_databases",
    "updated_databases_other",
)
"""The four official templates: new or updated, databases only or with other methods."""

REASON_BOXES = (
    "database_specific_results",
    "register_specific_results",
    "dbr_excluded",
    "other_excluded",
)
"""Boxes that hold a list of names with numbers."""

OTHER_SOURCES = (
    "website_results",
    "organisation_results",
    "citations_results",
    "expert_results",
    "other_results",
    "other_methods",
)
"""Boxes of what other methods found; the last three are further lines, as the template allows."""

Parts = tuple[tuple[str, int | None], ...]
"""A list of reasons or sources, each with its number (``None``: without a number)."""

Flow = Mapping[str, "int | Parts | None"]
"""Box to its number, its list, or ``None`` where nothing is known."""

_NUMBER = re.compile(r"\d{1,3}(?:[, ]\d{3})+|\d+")
_PART = re.compile(r"(.*?),\s*(\d{1,3}(?:,\d{3})+|\d+|x{2,})", re.IGNORECASE)
_ABSENT = ("", "NA")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@functools.cache
def layout() -> Mapping[str, Any]:
    """Load the description of the diagram: boxes, columns, rows, labels, edges."""
    text = Path(__file__).with_name("template.yaml").read_text(encoding="utf-8")
    described: Mapping[str, Any] = yaml.load(text, Loader=_Loader)
    return described


def from_csv(rows: Iterable[Mapping[str, str]]) -> tuple[dict[str, int | Parts | None], list[str]]:
    """Read the rows of a CSV file in the form of the R package PRISMA2020.

    Parameters
    ----------
    rows : iterable of mapping
        Column to text, with the columns ``data`` (box) and ``n``.

    Returns
    -------
    flow : dict
        Box to number, list or ``None``; lists keep commas inside a reason.
    faults : list of str
        One line for each cell that is no count, such as a placeholder ``xxx`` left over.
    """
    flow: dict[str, int | Parts | None] = {}
    faults: list[str] = []
    for row in rows:
        box, text = row["data"].strip(), row["n"].strip()
        if box in _ABSENT:
            continue
        try:
            flow[box] = _parts(text) if box in REASON_BOXES else parse_count(text)
        except ValueError as fault:
            flow[box] = None
            faults.append(f"{box}: {fault}")
    return flow, faults


def parse_count(text: str) -> int | None:
    """Read a count with or without separators of thousands; ``None`` for an empty cell and NA.

    Raises
    ------
    ValueError
        If it is not a whole number of at least 0.
    """
    if text in _ABSENT:
        return None
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a count")
    return int(re.sub(r"[, ]", "", text))


def _parts(text: str) -> Parts | None:
    if text in _ABSENT:
        return None
    return tuple(_part(part.strip()) for part in text.split(";") if part.strip())


def _part(text: str) -> tuple[str, int | None]:
    found = _PART.fullmatch(text)
    if not found:
        return text, None
    if "x" in found[2].lower():
        raise ValueError(f"{text!r} is a placeholder")
    return found[1].strip(), int(found[2].replace(",", ""))
