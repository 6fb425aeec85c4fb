"""How the records of a pair agree: one row of small numbers for each pair worth a look.

1 means the same, -1 a conflict, 0 that one of the two does not say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from parapluie.deduplication.engine import PART, make_in_parts
from parapluie.deduplication.normalised import folded, words
from parapluie.deduplication.words import TitleDifference, compare_journals, compare_titles

HOPELESS = 0.5
"""Similarity of titles below which a pair without a common identifier or place is left."""

MISCOUNTED = 2
"""Pages by which databases differ on where an article begins."""

CHUNK = 500_000
"""Titles that are compared at a time, so that memory stays bounded."""

_IDENTIFIED = """(x.doi = z.doi and x.doi <> '' or x.pmid = z.pmid and x.pmid <> ''
    or x.pmcid = z.pmcid and x.pmcid <> '' or x.cn = z.cn and x.cn <> ''
    or x.opening = z.opening and length(x.opening) >= 60
    or x.volume = z.volume and x.page = z.page and x.page <> '' and x.volume <> '')"""

_SAME_TITLE = "(x.tk = z.tk or x.uk <> '' and x.uk in (z.tk, z.uk) or z.uk <> '' and z.uk = x.tk)"

_FIRST_LOOK = f"""
  select a, b, {_IDENTIFIED} as identified,
    case when x.tk = '' or z.tk = '' then null when {_SAME_TITLE} then 1.0
      when starts_with(x.tk, z.tk) or starts_with(z.tk, x.tk) then 0.99 else -1 end::float
      as likeness
  from pairs join keys x on x.i = a join keys z on z.i = b
  where {PART} and ({_SAME_TITLE} or {_IDENTIFIED} or len(x.surnames) = 0 or len(z.surnames) = 0
    or list_has_any(x.surnames, z.surnames))"""


def _same(column: str) -> str:
    return (
        f"case when x.{column} = '' or z.{column} = '' then 0"
        f" when x.{column} = z.{column} then 1 else -1 end::tinyint as {column}"
    )


def _share(one: str, other: str) -> str:
    """Give the share of the shorter list that both have; null where one is empty."""
    n_one, n_other = f"len(list_distinct({one}))", f"len(list_distinct({other}))"
    return (
        f"case when len({one}) = 0 or len({other}) = 0 then null"
        f" when {one} = {other} then 1"
        f" else len(list_intersect({one}, {other})) / least({n_one}, {n_other}) end"
    )


_NUMBER_A, _NUMBER_B = (f"regexp_extract({side}.page, '\\d+')" for side in "xz")

_PAGE = f"""
    case when x.page = '' or z.page = '' then 0
      when {_NUMBER_A} = {_NUMBER_B} and (x.page = z.page
        or regexp_full_match(x.page, '\\d+') or regexp_full_match(z.page, '\\d+')) then 1
      when x.page = '1' and x.volume = '' or z.page = '1' and z.volume = '' then 0
      else -1 end::tinyint"""
# pages from 1 on without a volume are those of an article ahead of print

_ISSUE = """
    case when x.issue = '' or z.issue = '' then 0 when x.issue = z.issue then 1
      when x.issue in ('s', 's' || z.issue) or z.issue in ('s', 's' || x.issue)
        or x.in_supplement and z.in_supplement and (x.issue[1] = 's') <> (z.issue[1] = 's') then 0
      else -1 end::tinyint"""
# "4 Suppl 1", "Suppl 1" and even "1" are one supplement; "10" is another issue

_SURNAMES = _share("x.surnames", "z.surnames")
_NAMES = _share(words(folded("x.people")), words(folded("z.people")))

_COMPARED = f"""
  select a, b, likeness, least(length(x.tk), length(z.tk)) as letters,
    {_same("doi")}, {_same("pmid")}, {_same("pmcid")},
    case when x.cn = '' or z.cn = '' then 0 when x.cn <> z.cn then -1
      when x.cv = '' or z.cv = '' then 2 when x.cv = z.cv then 1 else -2 end::tinyint as cochrane,
    coalesce(abs(x.y - z.y), 0) as years,
    case when x.by_group = z.by_group then {_SURNAMES} end::float as surnames,
    case when x.by_group <> z.by_group then null when {_SURNAMES} >= 0.5 then 1 else {_NAMES}
      end::float as names,
    {_same("volume")}, {_ISSUE} as issue,
    case when len(x.firsts) = 0 or len(z.firsts) = 0 or x.by_group <> z.by_group then 0
      when x.first = z.first then 1
      when list_has_any(x.firsts, z.firsts) then 1 else -1 end::tinyint as first,
    {_PAGE} as page,
    {_NUMBER_A} = {_NUMBER_B} and x.last_page = z.last_page and x.last_page <> ''
      and x.last_page <> {_NUMBER_A} as page_range,
    x.last_page <> '' and x.last_page = z.last_page
      and abs(try_cast({_NUMBER_A} as bigint) - try_cast({_NUMBER_B} as bigint)) <= {MISCOUNTED}
      as page_end,
    length(x.page) >= 3 as long_page,
    x.is_preprint <> z.is_preprint as one_preprint,
    x.abstract_or_paper * z.abstract_or_paper = -1 as abstract_and_paper,
    (x.abstract_or_paper = 1) <> (z.abstract_or_paper = 1) as one_abstract,
    x.is_cochrane and z.is_cochrane as both_cochrane,
    case when length(x.opening) < 60 or length(z.opening) < 60 then 0
      when starts_with(x.opening, z.opening) or starts_with(z.opening, x.opening) then 1
      when jaro_winkler_similarity(x.opening, z.opening) > 0.9 then 0 else -1 end::tinyint
      as abstract,
    x.kind = z.kind as same_kind, x.kind as kind_a, z.kind as kind_b,
    x.numbers = z.numbers as same_numbers,
    length(x.tk) >= 25 and length(z.tk) >= 25 and (contains(x.tk, z.tk) or contains(z.tk, x.tk))
      as contained,
    likeness = 0.99::float and (x.main = length(z.tk) or z.main = length(x.tk)) as no_subtitle,
    x.t as title_a, z.t as title_b, x.journal as journal_a, z.journal as journal_b
  from near join keys x on x.i = a join keys z on z.i = b
  where {PART}"""

_WORTH_A_LOOK = """likeness < 1 and (doi = 1 or pmid = 1 or pmcid = 1
  or (coalesce(greatest(surnames, names), 1) >= 0.3 and years <= 2))"""


def compare(engine: duckdb.DuckDBPyConnection) -> None:
    """Make the table ``compared`` from the tables ``keys`` and ``pairs``.

    Titles that are neither equal nor hopeless, and journals under two names, are looked at word by
    word; all else is expressions over columns.
    """
    (n,) = engine.execute("select count(*) from pairs").fetchall()[0]
    make_in_parts(engine, "first_look", _FIRST_LOOK, "pairs.rowid", n)
    _score_titles(engine)
    (n,) = engine.execute("select count(*) from near").fetchall()[0]
    make_in_parts(engine, "second_look", _COMPARED, "near.rowid", n)
    titles = _judged(
        engine,
        f"select distinct title_a, title_b from second_look where {_WORTH_A_LOOK}",
        lambda a, b: _told(compare_titles(a, b)),
        "relation varchar, only_a smallint, only_b smallint",
        "near_title",
    )
    journals = _judged(
        engine,
        """select distinct journal_a, journal_b from second_look
           where journal_a <> journal_b and journal_a <> '' and journal_b <> ''
             and likeness >= 0.8 or page = 1 and volume = 1""",
        lambda a, b: (compare_journals(a, b),),
        "same smallint",
        "near_journal",
    )
    engine.execute(
        f"""create or replace table compared as
        select p.* exclude (title_a, title_b, journal_a, journal_b),
          case when likeness = 1 then 'equal' when likeness is null then 'none'
            else coalesce(n.relation, 'differs') end as title,
          coalesce(n.only_a, 0) as only_a, coalesce(n.only_b, 0) as only_b,
          likeness = 0.99::float and letters >= 20 as cut_title,
          case when p.journal_a = '' or p.journal_b = '' then 0
            when p.journal_a = p.journal_b then 1 else coalesce(j.same, 0) end as journal
        from second_look p
        left join {titles} n on n.a = p.title_a and n.b = p.title_b
        left join {journals} j on j.a = p.journal_a and j.b = p.journal_b"""
    )
    engine.execute(f"drop table second_look; drop table {titles}; drop table {journals}")


def _told(difference: TitleDifference) -> tuple[str, int, int]:
    return difference.relation, difference.only_a, difference.only_b


def _score_titles(engine: duckdb.DuckDBPyConnection) -> None:
    """Make the table ``near``: pairs whose titles are alike, or that share more than a name.

    The score is the normalised Levenshtein similarity, 0 to 1.
    """
    engine.execute(
        "create or replace table near as"
        " select * from first_look where likeness is null or likeness >= 0"
    )
    (n,) = engine.execute("select count(*) from first_look where likeness < 0").fetchall()[0]
    for start in range(0, n, CHUNK):
        found = engine.execute(
            f"""select a, b, identified, x.t as one, z.t as other
            from (select * from first_look where likeness < 0 order by a, b
              limit {CHUNK} offset {start}) join keys x on x.i = a join keys z on z.i = b"""
        ).fetchnumpy()
        likeness = process.cpdist(
            found["one"], found["other"], scorer=Levenshtein.normalized_similarity,
            score_cutoff=HOPELESS, dtype=np.float32, workers=-1,
        )  # fmt: skip
        frame = pd.DataFrame({c: found[c] for c in ("a", "b", "identified")})
        frame["likeness"] = likeness
        engine.register("scored", frame)
        engine.execute(
            """insert into near select a, b, identified, likeness from scored
            where identified or likeness > 0"""
        )
        engine.unregister("scored")
    engine.execute("drop table first_look")


def _judged(
    engine: duckdb.DuckDBPyConnection,
    query: str,
    judge: Callable[[str, str], tuple[Any, ...]],
    columns: str,
    name: str,
) -> str:
    """Make a table of what a function says of each pair of texts of a query."""
    rows = [(a, b, *judge(a, b)) for a, b in engine.execute(query).fetchall()]
    engine.execute(f"create or replace temp table {name} (a varchar, b varchar, {columns})")
    if rows:
        names = ["a", "b", *(part.split()[0] for part in columns.split(", "))]
        engine.register("judged", pd.DataFrame(rows, columns=names))
        engine.execute(f"insert into {name} select * from judged")
        engine.unregister("judged")
    return name
