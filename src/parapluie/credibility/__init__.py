"""The credibility class of each pooled result; no set of rules is applied yet.

The table keeps its place and its columns, so that rules can come without moving anything: outcome,
rule set, class, criterion, value, and whether the criterion was passed.
"""

from __future__ import annotations

from parapluie.trace import Figures

COLUMNS = ("outcome", "rule_set", "class", "criterion", "value", "passed")
"""Columns of ``classes.csv``."""

REASON = "not_available: no set of rules for credibility is chosen"
"""Why the table is empty."""


def figures() -> Figures:
    """Give the one figure of the stage: that there are no classes, and why."""
    made = Figures("credibility")
    made.add(
        "classes",
        None,
        rule="Number of pooled results that have a credibility class.",
        absent=REASON,
    )
    return made
