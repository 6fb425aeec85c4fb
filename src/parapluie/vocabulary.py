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

RATIOS = frozenset({"RR", "OR", "HR", "IRR", "ROM"})
"""Measures that are ratios: natural in human tables, natural logs in ``yi``; null value 1."""

INVERTIBLE = frozenset({"OR", "HR", "IRR"})
"""Ratios that may be inverted to change the direction of an outcome; RR never."""

DIFFERENCES = frozenset({"SMD", "MD", "RD", "IRD", "SMC", "COR", "ZCOR"})
"""Measures whose sign changes with the direction of an outcome; null value 0."""

DATABASE_KINDS = ("database", "register")
"""Kinds of search whose records take the database arm of the flow diagram."""

ROB_WORST = ("high", "serious", "critical")
"""Ratings of risk of bias that count as high."""

THIS_OVERVIEW = "this_overview"
"""Stands for a review where the overview took a result from the study itself."""
