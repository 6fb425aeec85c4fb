"""Agreement of raters before consensus, each coefficient with its interval."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from parapluie.report.results import Results, Row
from parapluie.report.table import ON_PAGE, Column, Table, make

WHOLE = {"overall": "grade", "items": "all items"}
_STATISTICS = {
    "percent": "agreement",
    "kappa": "kappa",
    "ac1": "AC1",
    "weighted_kappa": "kappa, weighted by rank",
    "ac2": "AC2 (AC1, weighted by rank)",
}
_KEY = "appraisal.agreement.{pair}.{part}."
_COLUMNS = (
    Column("part", "Of", "label", say=WHOLE),
    Column("raters", "Raters", "id"),
    Column("n", "Both answered", "count", _KEY + "n"),
    Column("statistic", "Coefficient", "label", say=_STATISTICS),
    Column("value", "Value", "d2", _KEY + "{statistic}"),
    Column("low", "From", "d2", _KEY + "{statistic}_low"),
    Column("high", "To", "d2", _KEY + "{statistic}_high"),
    Column("why", "Why not", "label"),
)
_NOTES = (
    "From and to: the ends of the interval that holds the true value with a confidence of 95 % "
    "(Gwet 2014). Agreement is a proportion.",
)


def build(results: Results) -> Table:
    """Make the table of the grade and of all items together."""
    return _table(results, "appraisal_agreement", "Agreement of the raters", whole=True)


def by_item(results: Results) -> Table:
    """Make the table of each item."""
    title = "Agreement of the raters on each item"
    table = _table(results, "appraisal_agreement_items", title, whole=False)
    return replace(table, folded=True, on_page=ON_PAGE)


def _table(results: Results, name: str, title: str, whole: bool) -> Table:
    rows = [
        line
        for row in results.rows("appraisal/agreement")
        if (row["part"] in WHOLE) == whole
        for line in _lines(row)
    ]
    return make(name, title, _COLUMNS, rows, results.figures, notes=_NOTES).without_empty_columns()


def _lines(row: Row) -> Iterator[dict[str, str]]:
    """Give a line for each coefficient."""
    reasons = dict(part.split(" ", 1) for part in row["reason"].split("; ") if " " in part)
    both = {
        "part": row["part"],
        "n": row["n"],
        "raters": f"{row['rater_a']}, {row['rater_b']}",
        "pair": f"{row['rater_a']}_{row['rater_b']}",
    }
    for name in _STATISTICS:
        value, low, high = (row.get(f"{name}{end}", "") for end in ("", "_low", "_high"))
        why = reasons.get(name, "").partition(": ")[2] or reasons.get(name, "")
        yield both | {"statistic": name, "value": value, "low": low, "high": high, "why": why}
