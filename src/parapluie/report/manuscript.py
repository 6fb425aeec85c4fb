"""The tables of a manuscript: items by reviews, excluded reports, characteristics, citation matrix.

Built from what the stages wrote; nothing is counted here. A table that is not made has a reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from parapluie.report.printed import (
    PrintCell,
    PrintColumn,
    PrintTable,
    column_of,
    of_table,
    upright,
)
from parapluie.report.results import Results, Row
from parapluie.report.table import Column, Table, make
from parapluie.tables import split_list

MOST_CELLS = 60_000
"""A Word document with more cells helps nobody, and takes minutes to open."""
MOST_SHEET_CELLS = 1_000_000
"""A sheet with more cells does not open on many machines."""


@dataclass(frozen=True)
class Printed:
    """Tables to print, with their section on the page; and those not made, with the reason."""

    tables: tuple[tuple[str, PrintTable], ...]
    not_made: tuple[tuple[str, str, str], ...]

    def of(self, section: str) -> list[PrintTable]:
        """Give the tables of a section."""
        return [table for place, table in self.tables if place == section]


def in_word(table: PrintTable) -> bool:
    """Tell whether a table is short enough for Word; the workbook has it in any case."""
    return _cells(table) <= MOST_CELLS


def _cells(table: PrintTable) -> int:
    return len(table.rows) * len(table.columns)


class NotMadeError(Exception):
    """A table has nothing to show; the message says why."""


def build(results: Results, page: Sequence[tuple[str, Table]]) -> Printed:
    """Build every table.

    Parameters
    ----------
    results : Results
    page : sequence of (section, Table)
        Tables of the page; characteristics, grades and results are taken from them.
    """
    named = {table.name: table for _, table in page}
    made: list[tuple[str, PrintTable]] = []
    absent: list[tuple[str, str, str]] = []
    for section, title, builder in _BUILDERS:
        try:
            table = builder(results, named)
        except NotMadeError as reason:
            absent.append((section, title, str(reason)))
            continue
        if _cells(table) > MOST_SHEET_CELLS:
            absent.append((section, title, "It is too long for a sheet; results/ has all of it."))
        else:
            made.append((section, table))
    return Printed(tuple(made), tuple(absent))


def _from_page(
    source: str, name: str, fixed: int = 1
) -> Callable[[Results, Mapping[str, Table]], PrintTable]:
    def builder(results: Results, page: Mapping[str, Table]) -> PrintTable:
        table = page.get(source)
        if table is None or not table.rows:
            raise NotMadeError(table.empty if table else "There is no such table.")
        return of_table(table, name, fixed)

    return builder


# --- items by reviews -----------------------------------------------------------------------------

LOOKS = {
    "yes": ("Y", "yes", "#D6EAF6"),
    "probably_yes": ("PY", "probably yes", "#EAF4FA"),
    "partial_yes": ("PY", "partial yes", "#F8F3D9"),
    "probably_no": ("PN", "probably no", "#FBE6D8"),
    "no": ("N", "no", "#F6CDB4"),
    "no_information": ("NI", "no information", ""),
    "unclear": ("U", "unclear", "#F8F3D9"),
    "no_meta_analysis": ("NM", "no meta-analysis", ""),
    "not_applicable": ("NA", "not applicable", ""),
}
"""Answer to its letters, its words and a soft colour; the letters alone tell it."""
_NOT_SCORED = ("–", "not scored for this review", "")
_WAITING = ("?", "waits for an answer", "")
_BASIS = {
    "recorded": ("†", "grade as a source prints it"),
    "recorded_set": ("†", "grade as a source prints it"),
    "override": ("‡", "grade set by hand"),
}


def items(results: Results, page: Mapping[str, Table]) -> PrintTable:
    """Make the table of items: reviews in rows, items in columns, the grade last."""
    rows = results.rows("appraisal/items")
    if not rows:
        raise NotMadeError("No item is answered yet.")
    names = list(dict.fromkeys(row["item"] for row in rows))
    by_review: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in rows:
        by_review[row["review_id"]][row["item"]] = row
    grades = {row["review_id"]: row for row in results.rows("appraisal/overall")}
    labels = results.review_labels()
    body = tuple(
        (
            PrintCell(labels.get(review, review)),
            *(_item_cell(found.get(name)) for name in names),
            PrintCell(_grade(grades.get(review, {}))),
        )
        for review, found in by_review.items()
    )
    critical = {row["item"] for row in rows if row["critical"] == "yes"}
    columns = (
        column_of("Review", (row[0].text for row in body)),
        *(_item_column(name, name in critical) for name in names),
        column_of("Confidence", (row[-1].text for row in body)),
    )
    tool = next(iter(grades.values()), {}).get("tool", "")
    title = f"Answers to each item of {_TOOLS.get(tool, tool or 'the tool')}, by review"
    return PrintTable("items_by_review", title, columns, body, _item_notes(rows, grades, critical))


_TOOLS = {"amstar2": "AMSTAR 2", "robis": "ROBIS", "jbi": "the JBI checklist"}


def _item_column(name: str, critical: bool) -> PrintColumn:
    return PrintColumn(f"{name}*" if critical else name, 9.0, 11.0, "center")


def _look(row: Row) -> tuple[str, str, str]:
    if row.get("state") == "not_scored":
        return _NOT_SCORED
    answer = row.get("answer", "")
    if not answer:
        return _WAITING
    words = answer.replace("_", " ")
    return LOOKS.get(answer, (words, words, ""))


def _item_cell(row: Row | None) -> PrintCell:
    if row is None:
        return PrintCell("·")
    letter, _, fill = _look(row)
    return PrintCell(letter, fill=fill)


def _grade(row: Row) -> str:
    shown = row.get("final") or " or ".join(split_list(row.get("final_set", "")))
    mark = _BASIS.get(row.get("basis", ""), ("", ""))[0] if shown else ""
    return (shown.replace("_", " ") or "not rated") + mark


def _item_notes(
    rows: Sequence[Row], grades: Mapping[str, Row], critical: Iterable[str]
) -> tuple[str, ...]:
    labels = dict.fromkeys(f"{row['item']} {row['label']}" for row in rows)
    notes = [f"Items: {'; '.join(labels)}."]
    if critical:
        notes.append("* Critical item.")
    seen = dict.fromkeys(f"{letter} {words}" for letter, words, _ in map(_look, rows))
    notes.append(f"Abbreviations: {'; '.join(sorted(seen))}.")
    used = [_BASIS[row["basis"]] for row in grades.values() if row.get("basis") in _BASIS]
    notes += sorted({f"{mark} {words[0].upper()}{words[1:]}." for mark, words in used})
    profiles = sorted({row["profile"] for row in grades.values() if row.get("profile")})
    if profiles:
        notes.append(f"Profile: {', '.join(profiles)}.")
    return tuple(notes)


# --- excluded reports -----------------------------------------------------------------------------


def excluded(results: Results, page: Mapping[str, Table]) -> PrintTable:
    """Make the table of reports excluded at full text, each with its main reason."""
    rows = [r for r in results.rows("included/reports") if r.get("full_text_state") == "exclude"]
    if not rows:
        raise NotMadeError("No report is excluded at full text.")
    reasons = {r["code"]: r["label"] for r in results.protocol.get("fulltext_reasons", [])}
    columns = (
        Column("report_id", "Report", "id"),
        Column("review_id", "Review", "id"),
        Column("title", "Title", "label"),
        Column("year", "Year", "date"),
        Column("doi", "DOI", "doi"),
        Column("reason", "Main reason", "label", say=reasons),
    )
    note = "One main reason for each report. · not known."
    title = "Reports excluded at full text, with reasons"
    made = make("excluded_reports", title, columns, rows, results.figures, notes=[note])
    return of_table(made.without_empty_columns())


# --- citation matrix ------------------------------------------------------------------------------

_STATES = {"included": ("●", "included"), "structural_missing": ("X", "could not be included")}


def citation_matrix(results: Results, page: Mapping[str, Table]) -> PrintTable:
    """Make the citation matrix: studies in rows, reviews in columns."""
    rows = results.rows("overlap/matrix")
    if not rows:
        raise NotMadeError(
            "No review has a list of studies, or the lists are too long for a document: "
            "results/overlap/matrix.csv has what there is."
        )
    labels, years = results.review_labels(), _years(results)
    reviews = sorted({r["review_id"] for r in rows}, key=lambda r: (years.get(r, ""), r))
    names = _study_labels(results)
    cells: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        cells[row["study_id"]][row["review_id"]] = row["state"]
    studies = sorted(cells, key=lambda s: (*names.get(s, ("", "~", s))[1:], s))
    body = tuple(
        (
            PrintCell(names.get(study, (study, "", ""))[0]),
            *(_mark(cells[study].get(review, "")) for review in reviews),
        )
        for study in studies
    )
    columns = (
        column_of("Study", (row[0].text for row in body)),
        *(upright(labels.get(review, review)) for review in reviews),
    )
    title = "Citation matrix: primary studies and the reviews that include them"
    notes = _matrix_notes(rows, reviews, labels)
    return PrintTable("citation_matrix", title, columns, body, notes)


def _mark(state: str) -> PrintCell:
    return PrintCell(_STATES[state][0] if state in _STATES else state.replace("_", " "))


def _matrix_notes(
    rows: Iterable[Row], reviews: Sequence[str], labels: Mapping[str, str]
) -> tuple[str, ...]:
    seen = {row["state"] for row in rows}
    notes = "; ".join(f"{mark} {words}" for s, (mark, words) in _STATES.items() if s in seen)
    without = sorted(label for review, label in labels.items() if review not in set(reviews))
    found = [f"{notes}; empty: not included. Reviews and studies by year."]
    if without:
        found.append(f"Reviews without a list of studies: {'; '.join(without)}.")
    return tuple(found)


def _years(results: Results) -> dict[str, str]:
    return {row["review_id"]: row.get("year", "") for row in results.rows("included/reviews")}


def _study_labels(results: Results) -> dict[str, tuple[str, str, str]]:
    """Give label, year and first words of each study: as the lists name it, else as the stage."""
    found: dict[str, tuple[str, str, str]] = {}
    years: dict[str, str] = {}
    for path, table in results.data.items():
        if path.rpartition(".")[0].endswith("extraction/studies"):
            for row in table.rows:
                study = row.get("study_id", "")
                label = row.get("study_label") or study
                years.setdefault(label, row.get("year", "~"))
                if study:
                    found.setdefault(study, (label, row.get("year", "~"), label))
    for named in results.rows("overlap/citation_matrix"):
        label = named["study_label"]
        found.setdefault(named["study_id"], (label, years.get(label, "~"), label))
    return found


_BUILDERS: tuple[tuple[str, str, Callable[[Results, Mapping[str, Table]], PrintTable]], ...] = (
    ("flow", "Excluded reports", excluded),
    ("reviews", "Characteristics of the reviews", _from_page("reviews", "characteristics")),
    ("quality", "Items by review", items),
    ("quality", "Confidence in each review", _from_page("appraisal", "grades")),
    ("overlap", "Citation matrix", citation_matrix),
    ("effects", "Results that reviews print", _from_page("effects", "results_of_reviews")),
    ("effects", "Pooled results", _from_page("pooled", "pooled_results", 4)),
)
