"""Which records are worth comparing: those that share a key, found by joins."""

from __future__ import annotations

import duckdb

CAP = 40
"""Records under one key that are compared with each other: the first of them in order.

A later record joins none of the pairs of a full key and takes none away, so that what was found
before a new search is found after it; narrower keys must find the others.
"""

WORD_CAP = 12
"""The same for a key of two words, which is weaker evidence."""

LONG_WORD = 6
"""Letters from which a word of a title may be part of a key."""

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

OTHER_TITLE = ("uk", "length(uk) >= 8")
"""Columns of the key of a title in another language: it meets that of plain titles."""

_WORDS = f"""
  select i, list_slice(list_sort(list_distinct(list_transform(
      regexp_extract_all(t, '[\\p{{L}}\\p{{N}}]{{{LONG_WORD},}}'),
      lambda w: (-length(w), w)))), 1, 3) as ws from keys"""


def pair(engine: duckdb.DuckDBPyConnection) -> None:
    """Make the table ``pairs`` (a, b: places of two records, a < b) from the table ``keys``.

    Beside the keys of `KEYS`, two of the three longest words of a title make a key.
    """
    names = list(KEYS)
    keys = " union all ".join(
        f"select hash({n}, {columns}) as h, i from keys where {there}"
        for n, (columns, there) in enumerate([*KEYS.values()])
    )
    column, there = OTHER_TITLE
    other = f"select hash({names.index('title')}, {column}) as h, i from keys where {there}"
    words = " union all ".join(
        f"select hash('words', ws[{x}], ws[{y}]) as h, i from longest where len(ws) >= {y}"
        for x, y in ((1, 2), (1, 3), (2, 3))
    )
    engine.execute(f"create or replace temp table longest as {_WORDS}")
    engine.execute(
        f"""create or replace temp table blocks as
        select h, i from ({keys} union all {other})
        qualify row_number() over (partition by h order by i) <= {CAP}
          and count(*) over (partition by h) > 1
        union all
        select h, i from ({words})
        qualify row_number() over (partition by h order by i) <= {WORD_CAP}
          and count(*) over (partition by h) > 1"""
    )
    engine.execute(
        """create or replace table pairs as
        select distinct x.i as a, y.i as b from blocks x join blocks y on x.h = y.h and x.i < y.i"""
    )
    engine.execute("drop table blocks; drop table longest")
