"""Table of the flow: every box counted from the rows, and beside it the published flow."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from parapluie.report.results import Results
from parapluie.report.table import Cell, Column, Table, number_cell

OTHER_SEARCHES = frozenset({"website_results", "organisation_results", "citations_results"})
SUMS = frozenset(
    {
        "identified",
        "removed",
        "duplicates_total",
        "awaiting_screening",
        "screened",
        "excluded_screening",
        "conflict_screening",
        "sought",
        "not_retrieved",
        "full_text_awaiting",
        "assessed",
        "excluded",
        "full_text_conflict",
        "reviews_assessed",
        "reviews_excluded",
        "reviews_conflict",
        "reviews_included",
    }
)
"""Boxes that add up both arms; with one arm they repeat its boxes."""

_COLUMNS = (
    Column("box", "Box", "label"),
    Column("arm", "Found by"),
    Column("unit", "Unit"),
    Column("n", "Counted", "count"),
    Column("recorded", "As published", "count"),
    Column("note", "Note", "label"),
)


def build(results: Results) -> Table:
    """Make the table."""
    published = {str(row["box"]): row for row in _published(results)}
    counted = {str(b["box"]): b for b in _counted(results, published)}
    rows = tuple(
        _row(results, name, counted.get(name, {}), published.get(name, {}))
        for name in [*counted, *(b for b in published if b not in counted)]
    )
    table = Table("flow", "Boxes of the flow", _COLUMNS, rows, empty="No box is counted yet.")
    if published:
        table = table.with_note(
            "As published: as a source prints it; never mixed with what is counted here."
        )
    return table.without_empty_columns()


def _counted(results: Results, published: Container[str]) -> list[Mapping[str, Any]]:
    """Give the counted boxes; while the arm of other methods is empty, without it and the sums."""
    boxes = [b for b in results.flow if b.get("kind", "counted") == "counted"]
    if any(_is_other(str(b["box"])) and b["n"] for b in boxes):
        return boxes
    return [b for b in boxes if str(b["box"]) in published or not _repeats(str(b["box"]))]


def _is_other(box: str) -> bool:
    return box.startswith("other_") or box in OTHER_SEARCHES


def _repeats(box: str) -> bool:
    return box.startswith("other_") or box.split(".")[0] in SUMS


def _published(results: Results) -> list[dict[str, str]]:
    table = results.data.get("search/recorded_flow.csv")
    return list(table.rows) if table else []


def _arm(box: str) -> str:
    if _is_other(box):
        return "other methods"
    alone = box.split(".")[0] not in SUMS and not box.startswith(("new_", "studies", "reviews_"))
    return "databases" if alone and not box.startswith("reports_") else ""


def _row(
    results: Results, name: str, box: Mapping[str, Any], published: Mapping[str, str]
) -> tuple[Cell, ...]:
    label = str(box.get("label") or published.get("label") or name.replace("_", " "))
    arm = _arm(name) if box else ""
    unit = str(box.get("unit") or published.get("unit") or "")
    note = str(box.get("note") or "")
    return (
        Cell(name, label, "", "label"),
        Cell(arm, arm),
        Cell(unit, unit),
        _number(results, f"prisma.{name}"),
        _number(results, f"prisma.recorded.{name}"),
        Cell(note, note, "", "label"),
    )


def _number(results: Results, key: str) -> Cell:
    line = results.figures.get(key)
    return number_cell(key, line, "count") if line else Cell("", "")
