"""What awaits whom: every open piece of work, with its count."""

from __future__ import annotations

from collections.abc import Iterator

from parapluie.report.results import Results
from parapluie.report.table import Cell, Column, Table, number_cell

_COLUMNS = (
    Column("who", "Who", "label"),
    Column("what", "What", "label"),
    Column("n", "How many", "count"),
    Column("next", "Next step", "ref"),
)
_TEAM = "the team"
_OPEN = (
    ("screening.{stage}.conflict", "in conflict: adjudicate", "adjudicator", "decide"),
    ("screening.{stage}.awaiting_second", "await a second decision", _TEAM, "worklist"),
    ("screening.{stage}.awaiting", "await a first decision", _TEAM, "worklist"),
)
_STAGES = {"title_abstract": "Title and abstract", "full_text": "Full text"}
_OTHERS = (
    ("deduplication.pairs_to_check", "Pairs of reports that may be one", "search/overrides.csv"),
    ("fulltexts.awaiting", "Full texts to be retrieved", "fulltexts/fulltexts.csv"),
    ("fulltexts.pdf", "PDF files that cannot be read as they are", "fulltexts/pdf/"),
    ("included.awaiting_extraction", "Included reports without a review", "extraction/reports.csv"),
    ("prisma.reviews_awaiting_extraction", "Included reviews to extract", "extraction/reviews.csv"),
    ("appraisal.overall.not_rated", "Included reviews without a grade", "appraisal/"),
    ("overlap.matches_to_check", "Pairs of study labels that may be one", "study_links.csv"),
)


def build(results: Results) -> Table:
    """Make the table."""
    return Table(
        "awaiting",
        "Open work",
        _COLUMNS,
        tuple(_rows(results)),
        empty="Nothing is open.",
    )


def _rows(results: Results) -> Iterator[tuple[Cell, ...]]:
    for stage, label in _STAGES.items():
        prefix = f"screening.worklist.{stage}."
        for key in results.keys(prefix):
            who = key.removeprefix(prefix)
            command = f"parapluie worklist --stage {stage} --reviewer {who}"
            yield from _row(results, key, who, f"{label}: reports to decide", command)
        for template, words, who, command in _OPEN:
            key = template.format(stage=stage)
            step = f"parapluie {command} --stage {stage}"
            yield from _row(results, key, who, f"{label}: reports that {words}", step)
    for key, words, place in _OTHERS:
        yield from _row(results, key, _TEAM, words, f"data/{place}")
    for key in results.keys("report.unchecked."):
        shown = str(results.figures[key]["file"])
        yield from _row(results, key, _TEAM, "Rows that no second person checked", shown)


def _row(results: Results, key: str, who: str, what: str, step: str) -> Iterator[tuple[Cell, ...]]:
    if not results.value(key):
        return
    yield (
        Cell(who, who, "", "label"),
        Cell(what, what, "", "label"),
        number_cell(key, results.figures[key], "count"),
        Cell(step, step, "", "ref"),
    )
