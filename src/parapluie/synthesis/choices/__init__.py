"""Which of reviews that share studies are used, and what that costs.

For each unit (comparison and outcome) the reviews that share studies form groups; nine rules choose
in them. Every choice is recorded, its losses are counted, every result is shown under every rule,
and reviews that disagree are named. Nothing is dropped: a review that is not used stays in the
matrix and the tables, marked so.
"""

from __future__ import annotations

from parapluie.synthesis.choices.facts import Facts
from parapluie.synthesis.choices.rules import RULES, Choice, Settings, choose
from parapluie.synthesis.choices.tables import Chosen
from parapluie.synthesis.choices.units import Threshold, Unit, groups

__all__ = ["RULES", "Choice", "Chosen", "Facts", "Settings", "Threshold", "Unit", "choose",
           "groups"]  # fmt: skip
