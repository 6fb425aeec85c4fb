"""The embedded engine, and how it is put to work on all cores."""

from __future__ import annotations

import os
import tempfile
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb

PART = "$part"
"""What stands in a query for the condition that cuts it into parts."""

PARTS_FROM = 20_000
"""Rows from which a query over a table is cut into parts, one for each core."""


MEMORY = "1500MB"
"""Memory of the engine beyond which it works on the disk: what a million records need."""


def new_engine(memory: str = "") -> duckdb.DuckDBPyConnection:
    """Give an engine of its own, in memory.

    Parameters
    ----------
    memory : str
        Most that it may use, as in ``2GB`` (default `MEMORY`); beyond, it works in a temporary
        folder, which goes with the process.
    """
    engine = duckdb.connect()
    engine.execute("set preserve_insertion_order = false")
    engine.execute(f"set memory_limit = '{memory or MEMORY}'")
    folder = tempfile.TemporaryDirectory(prefix="parapluie-")
    weakref.finalize(engine, folder.cleanup)
    engine.execute(f"set temp_directory = '{Path(folder.name).as_posix()}'")
    return engine


def make_in_parts(
    engine: duckdb.DuckDBPyConnection, table: str, query: str, column: str, n: int
) -> None:
    """Make a table from a query that looks at each row of another one alone.

    The engine takes up to 122,880 rows of a table as one piece of work, which leaves cores idle.

    Parameters
    ----------
    engine : DuckDBPyConnection
        Where the table is made.
    table : str
        Its name.
    query : str
        With `PART` where a condition on `column` stands; it reads no temporary table, which other
        cursors do not see.
    column : str
        A whole number from 0 to `n` - 1.
    n : int
        Number of rows.
    """
    engine.execute(f"create or replace table {table} as {query.replace(PART, 'false')}")
    n_parts = (os.cpu_count() or 1) if n >= PARTS_FROM else 1
    borders = [n * k // n_parts for k in range(n_parts + 1)]

    def make(k: int) -> None:
        part = f"{column} >= {borders[k]} and {column} < {borders[k + 1]}"
        engine.cursor().execute(f"insert into {table} {query.replace(PART, part)}")

    if n_parts == 1:
        engine.execute(f"insert into {table} {query.replace(PART, 'true')}")
        return
    with ThreadPoolExecutor(n_parts) as pool:
        list(pool.map(make, range(n_parts)))
