"""Agreement of the reviewers, by stage, round and pair."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

_KEY = "screening.agreement.{place}"
_MAYBE = {"as_include": "counts as include", "apart": "a category of its own"}
_COLUMNS = (
    Column("stage", "Stage"),
    Column("round", "Round", "label"),
    Column("pair", "Reviewers", "label"),
    Column("maybe", "Maybe", say=_MAYBE),
    *(
        Column(name, title, kind, f"{_KEY}.{name}")
        for name, title, kind in (
            ("n", "Both decided", "count"),
            ("a", "Both include", "count"),
            ("b", "First only", "count"),
            ("c", "Second only", "count"),
            ("d", "Both exclude", "count"),
            ("percent", "Agreement", "share"),
            ("kappa", "Kappa", "d2"),
            ("pabak", "PABAK", "d2"),
            ("ac1", "AC1", "d2"),
        )
    ),
    Column("absent_reason", "Why not", "label"),
)


def build(results: Results) -> Table:
    """Make the table."""
    rows = [_named(dict(row)) for row in results.rows("screening/agreement")]
    return make(
        "agreement",
        "Agreement of reviewers before adjudication",
        _COLUMNS,
        rows,
        results.figures,
        notes=[
            "Counted over reports that both decided independently.",
        ],
        empty="No report has two independent decisions yet.",
        folded=True,
    ).without_empty_columns()


def _named(row: dict[str, str]) -> dict[str, str]:
    """Add the place of the row in the keys, and the reviewers in words."""
    apart = row.get("maybe") == "apart" and row["stage"] == "title_abstract"
    parts = [row["stage"], row["round"], row["pair"], "maybe_apart" if apart else ""]
    shown = row["pair"].replace("_", ", ") or "not known"
    return row | {"place": ".".join(p for p in parts if p), "pair": shown}
