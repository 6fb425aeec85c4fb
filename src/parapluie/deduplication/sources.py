"""What each search brought: records, reports, those of it alone, those it shares; and by what rule
duplicates were joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pandas as pd

from parapluie.deduplication.rules import RULES

TOGETHER = "+"
"""Stands between the searches of a combination; no search_id has it."""

LARGEST = 18
"""Combinations of searches that are drawn: those with the most reports."""

MOST = 20
"""Searches that are drawn: those with the most reports."""

_MEANINGS = {
    "human": "a person answered that they are the same",
    "single": "joined through other records of the report",
    **{rule.name: rule.meaning for rule in RULES},
}

BY_SOURCE = """
  with report as (select distinct report_id, search_id from membership),
  held as (select report_id, count(*) as n from report group by report_id),
  counted as (select search_id, count(*) as reports, count(*) filter (where n = 1) as unique_reports
    from report join held using (report_id) group by search_id),
  listed as (select search_id from search union select search_id from placed),
  entries as (select search_id, count(*) as records from placed group by search_id),
  stayed as (select search_id, count(*) as kept from membership group by search_id),
  kept_as as (select search_id, count(*) as first_of_report from membership where i = first
    group by search_id)
  select l.search_id, coalesce(e.records, 0) as records, coalesce(s.kept, 0) as after_removal,
    coalesce(c.reports, 0) as reports, coalesce(s.kept - c.reports, 0) as duplicates_within,
    coalesce(c.unique_reports, 0) as unique_reports,
    coalesce(c.reports - c.unique_reports, 0) as shared_reports,
    coalesce(k.first_of_report, 0) as first_of_report
  from listed l left join entries e using (search_id) left join counted c using (search_id)
    left join stayed s using (search_id) left join kept_as k using (search_id)
  order by l.search_id"""

OVERLAP = """
  with report as (select distinct report_id, search_id from membership)
  select x.search_id as search_a, y.search_id as search_b, count(*) as shared_reports
  from report x join report y on x.report_id = y.report_id and x.search_id < y.search_id
  group by all order by all"""

COMBINATIONS = f"""
  with report as (select distinct report_id, search_id from membership),
  held as (select string_agg(search_id, '{TOGETHER}' order by search_id) as combination,
    count(*) as searches from report group by report_id)
  select combination, searches, count(*) as reports from held group by all order by combination"""

BY_RULE = """
  select rule, count(*) as duplicates from outcome
  where record_id <> report_id and not starts_with(rule, 'removed_') group by rule"""


@dataclass(frozen=True)
class Sources:
    """What the searches brought, as tables.

    Parameters
    ----------
    by_source : DataFrame
        One row a search: records, after_removal (left after removal before screening), reports,
        duplicates_within (records beyond the first of a report in this search), unique_reports (in
        no other search), shared_reports, first_of_report (records that give a report its id).
    overlap : DataFrame
        One row a pair of searches that share reports: search_a, search_b, shared_reports.
    combinations : DataFrame
        One row for each set of searches that some report was found by, and by no other search:
        combination (search_ids, joined by `TOGETHER`), searches, reports.
    rules : DataFrame
        One row a rule that found duplicates: rule, meaning, duplicates (records that are not the
        first of their report), in the order of the rules.
    """

    by_source: pd.DataFrame
    overlap: pd.DataFrame
    combinations: pd.DataFrame
    rules: pd.DataFrame

    def drawn_searches(self) -> list[str]:
        """Give the searches with reports that are drawn, the largest first."""
        held = [r for r in self.by_source.to_dict("records") if r["search_id"] and r["reports"]]
        held.sort(key=lambda r: (-r["reports"], r["search_id"]))
        return [str(r["search_id"]) for r in held[:MOST]]

    def drawn_combinations(self, searches: Sequence[str]) -> list[tuple[list[str], int]]:
        """Give the largest combinations of the searches that are drawn, with their reports."""
        rows = self.combinations.to_dict("records")
        rows.sort(key=lambda r: (-r["reports"], r["searches"], r["combination"]))
        split = [(str(r["combination"]).split(TOGETHER), int(r["reports"])) for r in rows]
        return [(names, n) for names, n in split if set(names) <= set(searches)][:LARGEST]


def sources(engine: duckdb.DuckDBPyConnection) -> Sources:
    """Count what the searches brought.

    Parameters
    ----------
    engine : DuckDBPyConnection
        Holds ``search``, ``placed``, ``membership`` and ``outcome``.
    """
    by_source, overlap, combinations = (
        engine.execute(query).df() for query in (BY_SOURCE, OVERLAP, COMBINATIONS)
    )
    return Sources(by_source, overlap, combinations, _rules(engine))


def _rules(engine: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    counts = dict(engine.execute(BY_RULE).fetchall())
    order = ["human", *(rule.name for rule in RULES), "single"]
    rows = [(name, _MEANINGS[name], counts[name]) for name in order if name in counts]
    return pd.DataFrame(rows, columns=["rule", "meaning", "duplicates"])
