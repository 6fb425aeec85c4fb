"""The merged view of a report: each field from the first of its records that has it."""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from parapluie.vocabulary import DATABASE_KINDS

FIELDS = (
    "title", "abstract", "authors", "group_authors", "year", "journal", "volume", "issue", "pages",
    "article_no", "doi", "pmid", "pmcid", "cochrane_id", "issn", "isbn", "urls", "language",
    "keywords", "pub_types", "retraction_status",
)  # fmt: skip
"""Fields of a report, in the order of reports.csv."""

COLUMNS = (
    "report_id", "record_ids", "n_records", *FIELDS, "search_ids", "arm", "databases",
    "field_sources",
)  # fmt: skip
"""Columns of reports.csv."""

_LONGEST = frozenset({"abstract", "authors"})
"""Fields of which the longest value is taken: some databases cut them."""

_STATUS = """case when report_id in (select report_id from notice) then 'retracted'
  else retraction_status end"""

_PLACES = 4294967296  # more than there are records


def report_query(columns: Collection[str]) -> str:
    """Give the query that makes the merged view.

    Parameters
    ----------
    columns : collection of str
        Columns that the table of records has; the others of `FIELDS` are empty.

    Returns
    -------
    str
        A query over ``whole`` (all fields of the records), ``membership`` (record_id, i, first,
        report_id, search_id, is_database) and ``notice`` (report_id of what a notice retracts);
        ``field_sources`` names the record that each field is from.
    """
    there = [name for name in FIELDS if name in columns]
    alone = f"""
      select m.report_id, m.record_id as record_ids, 1 as n_records,
        {", ".join(f"w.{n}" for n in there)}, m.search_id as search_ids,
        m.is_database as is_database, {_database(columns)} as databases,
        {_sources({n: f"case when w.{n} <> '' then w.record_id end" for n in there})}
          as field_sources
      from whole w join membership m using (record_id) where m.n = 1"""
    picked = ", ".join(f"{_best(n, f'row(w.{n}, w.record_id)')} as {n}" for n in there)
    best = f"""
      select m.report_id, string_agg(m.record_id, ';' order by m.i) as record_ids, count(*) as n,
        {picked}, array_to_string(list_distinct_kept(list(m.search_id order by m.i)), ';') as s,
        bool_or(m.is_database) as is_database,
        array_to_string(list_distinct_kept(list({_database(columns)} order by m.i)), ';') as d
      from whole w join membership m using (record_id) where m.n > 1 group by m.report_id"""
    several = f"""
      select report_id, record_ids, n, {", ".join(f"coalesce({n}[1], '') as {n}" for n in there)},
        s, is_database, d, {_sources({n: f"{n}[2]" for n in there})} from ({best})"""
    chosen = ", ".join(_column(name, there) for name in COLUMNS)
    return f"with r as ({alone} union all {several}) select {chosen} from r"


def _database(columns: Collection[str]) -> str:
    return "w.database" if "database" in columns else "''"


def _best(name: str, value: str) -> str:
    """Give the value of the first record that has the field, or of that where it is longest."""
    there = f"filter (where w.{name} <> '')"
    if name in _LONGEST:
        return f"arg_max({value}, length(w.{name})::hugeint * {_PLACES} - m.i) {there}"
    return f"arg_min({value}, m.i) {there}"


def _sources(record_of: dict[str, str]) -> str:
    """Write the record of each field, as JSON within braces."""
    parts = ", ".join(f"""'"{name}": "' || {record} || '"'""" for name, record in record_of.items())
    return f"concat_ws(', ', {parts})"  # which leaves out what is null


def _column(name: str, there: Collection[str]) -> str:
    if name == "retraction_status" and name in there:
        return f"{_STATUS} as {name}"
    if name == "field_sources":
        said = "'{' || field_sources || '}'"
        return f"case when field_sources = '' then '' else {said} end as field_sources"
    if name == "arm":
        return "case when is_database then 'database' else 'other' end as arm"
    if name in FIELDS and name not in there:
        return f"'' as {name}"
    return name


def retraction_statuses(
    engine: duckdb.DuckDBPyConnection, columns: Collection[str]
) -> dict[str, int]:
    """Count reports by retraction_status, those without one left out.

    Parameters
    ----------
    engine : DuckDBPyConnection
        Holds ``whole``, ``membership`` and ``notice``.
    columns : collection of str
        Columns that the table of records has.

    Returns
    -------
    dict
        The status as reports.csv has it to the number of reports.
    """
    if "retraction_status" not in columns:
        return {}
    best = _best("retraction_status", "w.retraction_status")
    rows = engine.execute(
        f"""with r as (select m.report_id, coalesce({best}, '') as retraction_status
          from whole w join membership m using (record_id) group by m.report_id)
        select {_STATUS} as status, count(*) from r where status <> '' group by status"""
    ).fetchall()
    return dict(rows)


def prepare(engine: duckdb.DuckDBPyConnection) -> None:
    """Give the engine what the query needs."""
    engine.execute(
        """create or replace macro list_distinct_kept(l) as
        list_filter(l, lambda v, n: v <> '' and list_position(l, v) = n)"""
    )


def is_database(kind: str) -> bool:
    """Tell whether a search of this kind counts in the database arm of the flow."""
    return kind in DATABASE_KINDS
