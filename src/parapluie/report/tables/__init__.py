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
    linked_reports,
    overlap,
    overlap_distribution,
    overlap_pairs,
    overlap_recorded,
    pooled,
    problems,
    questions,
    recorded_ratings,
    records_to_reports,
    repairs,
    retractions,
    reviews,
    same_results,
    search_combinations,
    search_pairs,
    searches,
    team_figures,
    themes,
    themes_findings,
    votes,
)

BUILDERS = (
    ("search", searches.build),
    ("search", repairs.build),
    ("search_overlap", search_combinations.build),
    ("search_overlap", search_pairs.build),
    ("search_steps", records_to_reports.build),
    ("search_questions", questions.build),
    ("search_links", linked_reports.build),
    ("search_retractions", retractions.build),
    ("flow", flow.build),
    ("flow", flow_checks.build),
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
