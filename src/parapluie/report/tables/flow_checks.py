"""Identities of the flow: both sides of each, and whether it holds."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

_HOLDS = {"yes": "holds", "no": "does not hold", "True": "holds", "False": "does not hold"}
_COLUMNS = (
    Column("scope", "Flow"),
    Column("rule", "Identity", "label"),
    Column("left", "Left", "count", "prisma.checks.{scope}_{identity}.left"),
    Column("right", "Right", "count", "prisma.checks.{scope}_{identity}.right"),
    Column("holds", "Result", "word", say=_HOLDS),
    Column("reason", "Reason", "label"),
)


def build(results: Results) -> Table:
    """Make the table."""
    return make(
        "flow_checks",
        "Identities of the flow",
        _COLUMNS,
        results.rows("prisma/checks"),
        results.figures,
        empty="No identity is checked yet.",
        folded=True,
    ).without_empty_columns()
