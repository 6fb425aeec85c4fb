"""The states, decisions, measures and grades that tables share, each word in one place."""

from __future__ import annotations

STAGES = ("title_abstract", "full_text")
"""Stages of screening, in their order."""

INCLUDE, EXCLUDE, MAYBE = "include", "exclude", "maybe"
CONFLICT, AWAITING, AWAITING_SECOND = "conflict", "awaiting", "awaiting_second"
STATES = (INCLUDE, EXCLUDE, CONFLICT, AWAITING_SECOND, AWAITING)
"""States of a report at a stage of screening."""

GRADES = ("high", "moderate", "low", "critically_low")
"""Overall confidence in a review (AMSTAR 2), best first."""

DATABASE_KINDS = ("database", "register")
"""Kinds of search whose records take the database arm of the flow diagram."""

ROB_WORST = ("high", "serious", "critical")
"""Ratings of risk of bias that count as high."""

THIS_OVERVIEW = "this_overview"
"""Stands for a review where the overview took a result from the study itself."""
