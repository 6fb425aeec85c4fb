"""Findings under the domains of frameworks: counts by direction."""

from __future__ import annotations

import re

from parapluie.report.results import Results, Row
from parapluie.report.table import Column, Table, make
from parapluie.report.tables.votes import QUALITY

_KEY = "narrative.framework.{framework}.{slug}."


def slug(text: str) -> str:
    """Make a part of a key of a text: lower case, all but letters and digits ``_``."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "unclear"


def build(results: Results) -> Table:
    """Make the table."""
    labels = {f["id"]: f["label"] for f in results.protocol.get("frameworks", [])}
    rows: dict[tuple[str, str], Row] = {}
    for row in results.rows("narrative/framework"):
        place = (row["framework"], slug(row["domain"]))
        rows.setdefault(place, {**row, "slug": place[1]})
    columns = (
        Column("framework", "Framework", "label", say=labels),
        Column("domain", "Domain", "label"),
        Column("facilitator", "Facilitators", "count", _KEY + "facilitator"),
        Column("barrier", "Barriers", "count", _KEY + "barrier"),
        Column("mixed", "Mixed", "count", _KEY + "mixed"),
        Column("reviews", "Reviews", "count", _KEY + "reviews"),
        *(Column(name, title, "count", _KEY + name) for name, title in QUALITY),
    )
    return make(
        "framework",
        "Findings by domain and direction",
        columns,
        rows.values(),
        results.figures,
        empty="No finding of an included review is placed in a framework yet.",
    )
