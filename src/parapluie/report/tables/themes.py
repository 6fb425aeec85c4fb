"""Findings under themes: counts by perspective and valence."""

from __future__ import annotations

from parapluie.report.results import Results, Row
from parapluie.report.table import Column, Table, make
from parapluie.report.tables.framework import slug
from parapluie.report.tables.votes import QUALITY

_KEY = "narrative.themes.{theme_slug}.{view_slug}."


def build(results: Results) -> Table:
    """Make the table."""
    rows: dict[tuple[str, str], Row] = {}
    for row in results.rows("narrative/themes"):
        place = (slug(row["theme"]), slug(row["perspective"]))
        rows.setdefault(place, {**row, "theme_slug": place[0], "view_slug": place[1]})
    columns = (
        Column("theme", "Theme", "label"),
        Column("perspective", "Perspective", "label"),
        Column("benefit", "Benefits", "count", _KEY + "benefit"),
        Column("challenge", "Challenges", "count", _KEY + "challenge"),
        Column("mixed", "Mixed", "count", _KEY + "mixed"),
        Column("reviews", "Reviews", "count", _KEY + "reviews"),
        *(Column(name, title, "count", _KEY + name) for name, title in QUALITY),
    )
    return make(
        "themes",
        "Findings by theme and perspective",
        columns,
        rows.values(),
        results.figures,
        empty="No finding of an included review is placed under a theme yet.",
    )
