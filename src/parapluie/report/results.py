"""What the report is made of: tables of the stages as text, figures by key, tables of the team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from parapluie.tables import Table as TextTable

Row = Mapping[str, str]

STAGES = (
    "records",
    "deduplication",
    "screening",
    "fulltexts",
    "included",
    "prisma",
    "appraisal",
    "overlap",
    "synthesis",
    "credibility",
    "narrative",
    "forest",
)
"""Stages whose figures the report unites, in the order of the work."""


@dataclass(frozen=True)
class Results:
    """Everything the report reads.

    Parameters
    ----------
    stages : mapping
        ``STAGE/TABLE`` to its rows as text; a table that is not there has no entry.
    figures : mapping
        Key to a line of ``figures.csv``, of every stage, of the team and of the report itself.
    protocol : mapping
    flow : sequence of mappings
        Boxes of the flow diagram (``flow.json``).
    drawings : mapping
        ``STAGE/NAME`` to the text of an SVG.
    data : mapping
        Path under ``data/`` to the table as text.
    team, claims, files : sequences
        Definitions of ``figures.yaml``; compared claims; every file under ``data/`` with its digest
        and whether a stage reads it.
    """

    stages: Mapping[str, Sequence[Row]]
    figures: Mapping[str, Mapping[str, Any]]
    protocol: Mapping[str, Any]
    flow: Sequence[Mapping[str, Any]] = ()
    drawings: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, TextTable] = field(default_factory=dict)
    team: Sequence[Mapping[str, Any]] = ()
    claims: Sequence[Row] = ()
    problems: Sequence[Row] = ()
    files: Sequence[Row] = ()
    date: str = ""

    def rows(self, name: str) -> Sequence[Row]:
        """Give the rows of a table of a stage; none if it is not there."""
        return self.stages.get(name, ())

    def value(self, key: str) -> float:
        """Give a figure as number; 0 if it is not there or has no value."""
        line = self.figures.get(key)
        if line is None or line["absent_reason"]:
            return 0.0
        return float(line["value"])

    def keys(self, prefix: str) -> list[str]:
        """Give the keys that start with a text, sorted."""
        return sorted(key for key in self.figures if key.startswith(prefix))

    def outcome_labels(self) -> dict[str, str]:
        """Outcome to its label in the protocol."""
        return {o["id"]: o["label"] for o in self.protocol.get("outcomes", [])}

    def review_labels(self) -> dict[str, str]:
        """Review to first author and year."""
        return {r["review_id"]: label_of(r) for r in self.rows("included/reviews")}


def label_of(row: Row) -> str:
    """Name a review by first author and year, or by its id."""
    words = [row.get("first_author", ""), row.get("year", "").removesuffix(".0")]
    return " ".join(w for w in words if w and w not in ("NR", "NA")) or row["review_id"]
