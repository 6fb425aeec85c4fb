"""The tables of the report: one module each, ``build(results) -> Table``, in page order."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Table
from parapluie.report.tables import (
    agreement,
    appraisal,
    appraisal_items,
    awaiting,
    awaiting_extraction,
    claims,
    consistency,
    effects,
    files,
    flow,
    flow_checks,
    framework,
    framework_findings,
    full_text,
    overlap,
    overlap_distribution,
    overlap_pairs,
    overlap_recorded,
    pooled,
    problems,
    recorded_ratings,
    reviews,
    same_results,
    searches,
    team_figures,
    themes,
    themes_findings,
    votes,
)

BUILDERS = (
    ("flow", flow.build),
    ("flow", flow_checks.build),
    ("flow", searches.build),
    ("flow", agreement.build),
    ("flow", full_text.build),
    ("reviews", reviews.build),
    ("reviews", team_figures.build),
    ("quality", appraisal.build),
    ("quality", appraisal_items.build),
    ("quality", recorded_ratings.build),
    ("overlap", overlap.build),
    ("overlap", overlap_recorded.build),
    ("overlap", overlap_distribution.build),
    ("overlap", overlap_pairs.build),
    ("effects", effects.build),
    ("effects", pooled.build),
    ("effects", same_results.build),
    ("votes", votes.build),
    ("framework", framework.build),
    ("framework", framework_findings.build),
    ("themes", themes.build),
    ("themes", themes_findings.build),
    ("awaiting", awaiting.build),
    ("awaiting", awaiting_extraction.build),
    ("problems", consistency.build),
    ("problems", problems.build),
    ("claims", claims.build),
    ("files", files.build),
)
"""Section and builder of each table: a new table is a module and a line here."""


def build_all(results: Results) -> list[tuple[str, Table]]:
    """Build every table, each with the section in which it stands."""
    return [(section, build(results)) for section, build in BUILDERS]
