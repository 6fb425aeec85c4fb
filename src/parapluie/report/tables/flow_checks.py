"""Identities of the flow: both sides of each, and whether it holds."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

_HOLDS = {"yes": "holds", "no": "does not hold", "True": "holds", "False": "does not hold"}
_COLUMNS = (
    Column("scope", "Flow"),
    Column("rule", "Identity", "label"),
    Column("left", "Left", "count", "{key}.left"),
    Column("right", "Right", "count", "{key}.right"),
    Column("holds", "Result", "word", say=_HOLDS),
    Column("reason", "Reason", "label"),
)


def build(results: Results) -> Table:
    """Make the table."""
    rows = [
        {**row, "key": f"prisma.checks.{row['scope']}_{row['identity']}"}
        for row in results.rows("prisma/checks")
    ]
    rows += [
        {**row, "key": f"report.checks.{row['identity']}"} for row in results.rows("report/checks")
    ]
    return make(
        "flow_checks",
        "Identities of the flow",
        _COLUMNS,
        rows,
        results.figures,
        empty="No identity is checked yet.",
        folded=True,
    ).without_empty_columns()
