"""Agreement of the reviewers, by stage, round and pair."""

from __future__ import annotations

from parapluie.report.results import Results
from parapluie.report.table import Column, Table, make

_KEY = "screening.agreement.{stage}.{round}.{pair_key}"
_COLUMNS = (
    Column("stage", "Stage"),
    Column("round", "Round", "label"),
    Column("pair", "Reviewers", "id"),
    *(
        Column(name, title, kind, f"{_KEY}.{name}")
        for name, title, kind in (
            ("n", "Both decided", "count"),
            ("a", "Both include", "count"),
            ("b", "First only", "count"),
            ("c", "Second only", "count"),
            ("d", "Both exclude", "count"),
            ("percent", "Agreement", "percent"),
            ("kappa", "Kappa", "d2"),
            ("pabak", "PABAK", "d2"),
            ("ac1", "AC1", "d2"),
        )
    ),
)


def build(results: Results) -> Table:
    """Make the table."""
    rows = [_named(dict(row)) for row in results.rows("screening/agreement")]
    columns = _COLUMNS
    if any(row.get("reason") for row in rows):
        columns = (*columns, Column("reason", "Why not", "label"))
    return make(
        "agreement",
        "Agreement of reviewers before adjudication",
        columns,
        rows,
        results.figures,
        notes=[
            "Counted over reports that both decided independently; maybe counts as include.",
        ],
        empty="No report has two independent decisions yet.",
        folded=True,
    )


def _named(row: dict[str, str]) -> dict[str, str]:
    pair = row.get("pair") or "_".join(row.get(c, "") for c in ("reviewer_a", "reviewer_b"))
    return row | {"pair": pair, "pair_key": pair.replace(";", "_").replace(" ", "")}
