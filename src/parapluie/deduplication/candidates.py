"""Which records are worth comparing: those that share a key, found by joins."""

from __future__ import annotations

import duckdb

CAP = 20
"""Records under one key that are compared with each other: the first of them in order.

A later record joins none of the pairs of a full key and takes none away, so that what was found
before a new search is found after it; narrower keys must find the others.
"""

KEYS = {
    "doi": ("doi", "doi <> ''"),
    "pmid": ("pmid", "pmid <> ''"),
    "pmcid": ("pmcid", "pmcid <> ''"),
    "cochrane_id": ("cn", "cn <> ''"),
    "title": ("tk", "length(tk) >= 8"),
    "title, author, year": ("tk, first, y", "tk <> ''"),
    "title, volume, page": ("tk, volume, page", "tk <> '' and page <> ''"),
    "opening of the title, year": ("left(tk, 34), y", "length(tk) >= 34"),
    "opening of the title, author": ("left(tk, 20), first", "length(tk) >= 28 and first <> ''"),
    "middle of the title, author": (
        "substr(tk, 15, 16), first",
        "length(tk) >= 30 and first <> ''",
    ),
    "end of the title, author": ("right(tk, 30), first", "length(tk) >= 30"),
    "volume, page, year": ("volume, page, y", "volume <> '' and page <> '' and y is not null"),
    "author, volume, page": ("first, volume, page", "first <> '' and volume <> '' and page <> ''"),
    "author, page, year": ("first, page, y", "first <> '' and page <> '' and y is not null"),
    "opening of the abstract": ("opening", "length(opening) >= 70"),
}
"""Keys under which records are compared: the columns of ``keys``, and when they are there."""

OTHER_TITLE = ("uk", "length(uk) >= 8")
"""Columns of the key of a title in another language: it meets that of plain titles."""


def pair(engine: duckdb.DuckDBPyConnection) -> None:
    """Make the table ``pairs`` (a, b: places of two records, a < b) from the table ``keys``."""
    keys = [
        f"select hash({n}, {columns}) as h, i from keys where {there}"
        for n, (columns, there) in enumerate(KEYS.values())
    ]
    column, there = OTHER_TITLE
    n = list(KEYS).index("title")
    keys.append(f"select hash({n}, {column}) as h, i from keys where {there}")
    engine.execute(
        f"""create or replace temp table blocks as
        select h, i from ({" union all ".join(keys)})
        qualify row_number() over (partition by h order by i) <= {CAP}
          and count(*) over (partition by h) > 1"""
    )
    engine.execute(
        """create or replace table pairs as
        select distinct x.i as a, y.i as b from blocks x join blocks y on x.h = y.h and x.i < y.i"""
    )
    engine.execute("drop table blocks")
