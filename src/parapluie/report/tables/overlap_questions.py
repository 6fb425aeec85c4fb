"""Which labels were joined to one study, by which rule, and which pairs wait for an answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from parapluie.report.results import Results, Row
from parapluie.report.table import Cell, Column, Table, make, number_cell

SHOWN = 10
"""Pairs that the page shows; the file has all."""

FILE = "data/extraction/study_links.csv"
_HEADER = ("review_a", "study_label_a", "review_b", "study_label_b", "answer", "by", "reason")
"""Header of a new file of answers."""


def merges(results: Results) -> Table:
    """Count the joined labels by rule."""
    rows = tuple(
        (_rule(results.figures[key]["rule"]), number_cell(key, results.figures[key], "count"))
        for key in results.keys("overlap.merges.")
    )
    columns = (Column("rule", "Rule", "label"), Column("n", "Pairs of labels", "count"))
    return Table(
        "overlap_merges",
        "Labels joined to one study, by rule",
        columns,
        rows,
        notes=("Rows with one study_id in the list are one study without a rule.",),
        empty="No label was joined to another by a rule." if results.value("overlap.all.r") else "",
    )


def _rule(text: str) -> Cell:
    """Take the name of the rule out of the words of its figure."""
    name = text.partition(" by: ")[2] or text
    return Cell(name, name, "", "label")


def joined(results: Results) -> Table:
    """List the joined labels."""
    labels = results.review_labels()
    columns = (
        Column("study_id", "Study", "id"),
        Column("rule", "Rule", "label"),
        *_sides(labels),
    )
    rows = results.rows("overlap/merges")
    title = "Each pair of labels that was joined"
    table = make("overlap_joined", title, columns, rows, results.figures, folded=True)
    return replace(table, on_page=200)


def build(results: Results) -> Table:
    """Make the table of the pairs that wait for an answer, the most alike first."""
    columns, delimiter, name, is_new = _file(results)
    rows = [
        {
            **row,
            **{a: _line(row, a, columns, delimiter) for a in ("same", "different")},
        }
        for row in results.rows("overlap/matches_to_check")
    ]
    first = [f"The file is not there yet; its first line is: {delimiter.join(columns)}"]
    table = make(
        "overlap_questions",
        "Studies that may be one, waiting for an answer",
        _columns(results.review_labels()),
        rows,
        results.figures,
        notes=[f"To answer, copy one of the two lines to the end of {name}.", *first * is_new],
        empty="No pair of labels waits for an answer." if results.value("overlap.all.r") else "",
    )
    return replace(table, on_page=SHOWN)


def _sides(labels: dict[str, str]) -> tuple[Column, ...]:
    return tuple(
        column
        for side in "ab"
        for column in (
            Column(f"review_{side}", f"Review {side.upper()}", "label", say=labels),
            Column(f"study_label_{side}", f"Its label {side.upper()}", "label"),
        )
    )


def _columns(labels: dict[str, str]) -> tuple[Column, ...]:
    return (
        Column("rank", "Rank", "id"),
        *_sides(labels),
        Column("counted_as", "Counted as", "label"),
        Column("looks_same_by", "Alike in", "list"),
        Column("differs_in", "Differs in", "list"),
        Column("same", "If one study", "ref"),
        Column("different", "If two studies", "ref"),
    )


def _file(results: Results) -> tuple[Sequence[str], str, str, bool]:
    """Give header, delimiter and name of the file of answers, and whether it is a new one."""
    for name, table in results.data.items():
        if re.fullmatch(r"extraction/study_links\.(csv|tsv|xlsx)", name):
            delimiter = "\t" if name.endswith("xlsx") else table.delimiter
            return table.columns, delimiter, f"data/{name}", False
    return _HEADER, ",", FILE, True


def _line(row: Row, answer: str, columns: Sequence[str], delimiter: str) -> str:
    """Write the row of the table of answers, cells that are not known left empty."""
    known = {name: row[name] for name in _HEADER[:4]} | {"answer": answer}
    return delimiter.join(_quoted(known.get(column, ""), delimiter) for column in columns)


def _quoted(text: str, delimiter: str) -> str:
    """Put a cell into quotes where a reader of the table would else split it."""
    if not any(mark in text for mark in (delimiter, '"', "\n")):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
