"""What a human is asked: pairs of reports that may be one, the likeliest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pandas as pd

from parapluie.deduplication import probability
from parapluie.deduplication.answers import pairs
from parapluie.deduplication.clusters import Clusters
from parapluie.deduplication.rules import QUESTIONS, RELATIONS, RULES, VETOES

_FIELDS = {
    "title": "title", "author": "authors", "year": "year", "journal": "journal",
    "place": "place", "doi": "doi",
}  # fmt: skip

COLUMNS = (
    "report_a", "report_b", "record_a", "record_b", "probability", "question", "reason",
    *(f"{name}_{side}" for name in _FIELDS for side in "ab"),
)  # fmt: skip
"""Columns of pairs_to_check.csv; ``probability`` ranks the questions and decides nothing."""

SERIAL = 4
"""Issues of a journal in which a title stands, from which it is that of a column."""

_ABSTRACT_OF = next(n for n, r in enumerate(RELATIONS) if r.name == "abstract_of")
_OTHER_PLACE = next(n for n, q in enumerate(QUESTIONS) if q.name == "other_place")
_ASKING = ", ".join(str(n) for n, veto in enumerate(VETOES) if veto.asks)

_DIFFERS = {
    "title": "title in ('extra', 'differs')",
    "authors": "coalesce(greatest(surnames, names), 1) < 1",
    "year": "years > 0", "journal": "journal = -1", "volume": "volume = -1", "issue": "issue = -1",
    "pages": "page = -1", "DOI": "doi = -1", "PubMed id": "pmid = -1", "PMC id": "pmcid = -1",
    "abstract": "abstract = -1",
}  # fmt: skip
"""What a question names as different, with the condition over ``decided``."""

_OPEN = f"""
  with open as (
    select a, b, question, veto, rule, journal = 1 and doi <> 1 as in_one_journal,
      concat_ws(', ', {", ".join(f"case when {c} then '{n}' end" for n, c in _DIFFERS.items())})
        as differs
    from decided
    where (question is not null and rule is null and veto is null
        and (relation is null or relation <> {_ABSTRACT_OF} or journal = 1))
      or ((rule is not null or question = {_OTHER_PLACE}) and veto in ({_ASKING}))),
  serial as (
    select tk, journal from keys
    where (tk, journal) in (select (x.tk, x.journal) from open join keys x on x.i = open.a
      where in_one_journal and x.tk <> '' and x.journal <> '')
    group by tk, journal having count(distinct volume || '/' || issue) >= {SERIAL})
  select a, b, question, veto, rule, differs from open
  where veto is not null or not in_one_journal or not exists (
    select 1 from serial s join keys x on x.i = open.a join keys z on z.i = open.b
    where s.tk = x.tk and s.journal = x.journal and x.tk = z.tk)
  order by question, a, b"""


def pairs_to_check(
    engine: duckdb.DuckDBPyConnection,
    groups: Clusters,
    report_of: Sequence[str],
    answers: Sequence[Mapping[str, Any]],
    place: Mapping[str, int],
) -> pd.DataFrame:
    """List pairs of reports for a human, each once, the likeliest first, without those answered.

    Parameters
    ----------
    engine : DuckDBPyConnection
        Holds ``keys``, ``decided`` and ``whole``.
    groups : Clusters
        What was joined, and what was not though a rule asked for it.
    report_of : sequence of str
        The report of each record, by place.
    answers : sequence of mapping
        Rows of overrides.csv.
    place : mapping
        record_id to place, for the records that are answered.
    """
    answered = {frozenset((report_of[a], report_of[b])) for a, b in pairs(answers, place)}
    asked: dict[frozenset[str], tuple[int, int, str, str]] = {}
    for a, b, question, reason in [*_refused(groups), *_open(engine)]:
        pair = frozenset((report_of[a], report_of[b]))
        if len(pair) == 2 and pair not in answered:
            asked.setdefault(pair, (a, b, question, reason))
    chances = probability.match_probabilities(engine, [q[:2] for q in asked.values()])
    rows = [
        {"a": a, "b": b, "report_a": report_of[a], "report_b": report_of[b], "question": question,
         "reason": reason, "probability": round(chances[a, b], 4)}
        for a, b, question, reason in asked.values()
    ]  # fmt: skip
    return _with_fields(engine, rows)


def _refused(groups: Clusters) -> list[tuple[int, int, str, str]]:
    return [
        (min(r.edge.a, r.edge.b), max(r.edge.a, r.edge.b), "refused",
         f"{RULES[r.edge.rule].meaning}; but {r.reason}")
        for r in groups.refused
        if r.edge.rule >= 0 and r.reason != "other version of a Cochrane review"
    ]  # fmt: skip


def _open(engine: duckdb.DuckDBPyConnection) -> list[tuple[int, int, str, str]]:
    rows = engine.execute(_OPEN).fetchall()
    found = []
    for a, b, question, veto, rule, differs in rows:
        if veto is None:
            asked = QUESTIONS[question]
            reason = f"{asked.meaning}; differs in {differs}" if differs else asked.meaning
            found.append((a, b, asked.name, reason))
        else:
            said = RULES[rule] if rule is not None else QUESTIONS[question]
            reason = f"{said.meaning}; but {VETOES[veto].meaning}"
            found.append((a, b, VETOES[veto].name, reason))
    return found


def _with_fields(engine: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Add what a person compares: title, authors, year, journal, place and DOI of both records."""
    if not rows:
        return pd.DataFrame(columns=list(COLUMNS), dtype="object")
    there = {name: name for name in engine.sql("select * from whole limit 0").columns}
    wanted = ("title", "authors", "year", "journal", "volume", "issue", "pages", "doi")
    column = {name: f"w.{name}" if name in there else "''" for name in wanted}
    places = sorted({row[side] for row in rows for side in "ab"})
    engine.register("asked", pd.DataFrame({"i": places}))
    found = engine.execute(
        f"""select k.i, w.record_id, {", ".join(f"{c} as {n}" for n, c in column.items())}
        from asked join keys k using (i) join whole w using (record_id)"""
    ).df()
    engine.unregister("asked")
    by_place = {row["i"]: row for row in found.to_dict("records")}
    for row in by_place.values():
        row["place"] = "; ".join(str(row[c]) for c in ("volume", "issue", "pages") if row[c])
    for asked in rows:
        for side in "ab":
            record = by_place[asked[side]]
            asked[f"record_{side}"] = record["record_id"]
            asked.update({f"{name}_{side}": record[c] for name, c in _FIELDS.items()})
    ranked = sorted(rows, key=lambda r: (-r["probability"], r["report_a"], r["report_b"]))
    return pd.DataFrame(ranked, columns=list(COLUMNS), dtype="object")
