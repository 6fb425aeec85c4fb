"""What each search brought: records, reports, those of it alone, and those it shares."""

from __future__ import annotations

import duckdb
import pandas as pd

BY_SOURCE = """
  with report as (select distinct report_id, search_id from membership),
  held as (select report_id, count(*) as n from report group by report_id),
  counted as (select search_id, count(*) as reports, count(*) filter (where n = 1) as unique_reports
    from report join held using (report_id) group by search_id),
  entries as (select search_id, count(*) as records from placed group by search_id),
  stayed as (select search_id, count(*) as kept from membership group by search_id),
  kept_as as (select search_id, count(*) as first_of_report from membership where i = first
    group by search_id)
  select e.search_id, e.records, coalesce(s.kept, 0) as after_removal,
    coalesce(c.reports, 0) as reports, coalesce(s.kept - c.reports, 0) as duplicates_within,
    coalesce(c.unique_reports, 0) as unique_reports,
    coalesce(c.reports - c.unique_reports, 0) as shared_reports,
    coalesce(k.first_of_report, 0) as first_of_report
  from entries e left join counted c using (search_id) left join stayed s using (search_id)
    left join kept_as k using (search_id)
  order by e.search_id"""

OVERLAP = """
  with report as (select distinct report_id, search_id from membership)
  select x.search_id as search_a, y.search_id as search_b, count(*) as shared_reports
  from report x join report y on x.report_id = y.report_id and x.search_id < y.search_id
  group by all order by all"""


def by_source(engine: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Count for each search its records, and the reports it found alone or with others.

    Returns
    -------
    DataFrame
        One row a search: records, after_removal (left after removal before screening), reports,
        duplicates_within (records beyond the first of a report in this search), unique_reports (in
        no other search), shared_reports, first_of_report (records that give a report its id).
    """
    return engine.execute(BY_SOURCE).df()


def overlap(engine: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Count for each two searches the reports that both found (search_a, search_b, shared)."""
    return engine.execute(OVERLAP).df()
