"""Which records are worth comparing: those that share a key, found by joins."""

from __future__ import annotations

import duckdb

CAP = 60
"""Largest block of records under one key that is compared; beyond, narrower keys must find them."""

COMMON_WORD = 2000
"""Records from which a word of titles is too common to bring two of them together."""

KEYS = {
    "doi": ("doi", "doi <> ''"),
    "pmid": ("pmid", "pmid <> ''"),
    "pmcid": ("pmcid", "pmcid <> ''"),
    "cochrane_id": ("cn", "cn <> ''"),
    "title": ("tk", "length(tk) >= 8"),
    "title, author, year": ("tk, first, y", "tk <> ''"),
    "title, volume, page": ("tk, volume, page", "tk <> '' and page <> ''"),
    "opening of the title, year": ("left(tk, 28), y", "length(tk) >= 28"),
    "end of the title, author": ("right(tk, 24), first", "length(tk) >= 24"),
    "volume, page, year": ("volume, page, y", "volume <> '' and page <> '' and y is not null"),
    "author, volume, page": ("first, volume, page", "first <> '' and volume <> '' and page <> ''"),
    "author, page, year": ("first, page, y", "first <> '' and page <> '' and y is not null"),
    "opening of the abstract": ("opening", "length(opening) >= 70"),
}
"""Keys under which records are compared: the columns of ``keys``, and when they are there."""

RARE_CAP = 12
"""The same for a key of two rare words, which is weaker evidence."""

_RARE = f"""
  with word as (select i, unnest(string_split(t, ' ')) as w from keys where batch <= $batch),
  counted as (select w, count(*) as n from word where length(w) >= 4
    group by w having n between 2 and {COMMON_WORD})
  select i, min({{'n': n, 'w': w}}, 3) as ws from word join counted using (w) group by i"""


def pair(engine: duckdb.DuckDBPyConnection, last_batch: int = 0) -> None:
    """Make the table ``pairs`` (a, b: places of two records, a < b) from the table ``keys``.

    Beside the keys of `KEYS`, two of the three rarest words of a title make a key: a word that
    stands in one title only cannot match, so a misspelt one does no harm.

    Parameters
    ----------
    engine : DuckDBPyConnection
        Holds ``keys`` with a column ``batch``.
    last_batch : int
        Number of the last batch of searches. Each batch is paired with all before it as it would
        have been when it was the last, so that a later search takes no pair away.
    """
    engine.execute("create or replace table pairs (a integer, b integer)")
    for batch in range(last_batch + 1):
        _pair_batch(engine, batch)


def _pair_batch(engine: duckdb.DuckDBPyConnection, batch: int) -> None:
    engine.execute(f"create or replace temp table rare as {_RARE}", {"batch": batch})
    keys = " union all ".join(
        f"select hash({n}, {columns}) as h, i from keys where {there} and batch <= {batch}"
        for n, (columns, there) in enumerate(KEYS.values())
    )
    words = " union all ".join(
        f"select hash('word', ws[{x}].w, ws[{y}].w) as h, i from rare"
        f" where len(ws) >= {y} and ws[{x}].w <> ws[{y}].w"
        for x, y in ((1, 2), (1, 3), (2, 3))
    )
    engine.execute(
        f"""create or replace temp table blocks as
        select h, i from ({keys}) qualify count(*) over (partition by h) between 2 and {CAP}
        union all
        select h, i from ({words})
        qualify count(*) over (partition by h) between 2 and {RARE_CAP}"""
    )
    engine.execute(
        """insert into pairs
        select distinct x.i as a, y.i as b from blocks x join blocks y on x.h = y.h and x.i < y.i
        except select a, b from pairs"""
    )
    engine.execute("drop table blocks; drop table rare")
