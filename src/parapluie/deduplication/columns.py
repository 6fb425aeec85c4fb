"""The columns of a table of records, also of one that another tool wrote."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from parapluie.errors import Problem, raise_if

COLUMNS = (
    "record_id", "search_id", "source_file", "source_sha256", "source_record_no", "line_first",
    "line_last", "dialect", "database", "search_date", "type", "title", "abstract", "authors",
    "group_authors", "year", "year_raw", "journal", "volume", "issue", "pages", "article_no", "doi",
    "pmid", "pmcid", "accession", "cochrane_id", "issn", "isbn", "urls", "language", "keywords",
    "pub_types", "notes", "retraction_status", "raw_extra", "warnings",
)  # fmt: skip
"""Columns of records.csv."""

SYNONYMS = {
    "record_id": ("id", "key", "ref_id", "refid", "citation_key"),
    "title": ("primary_title", "article_title", "document_title"),
    "abstract": ("abstract_note",),
    "authors": ("author", "author_names"),
    "group_authors": ("corporate_author", "group_author"),
    "year": ("publication_year", "pub_year", "date"),
    "journal": (
        "booktitle", "secondary_title", "source_title", "journal_title", "container_title",
        "publication_title", "journal_name", "conference",
    ),
    "volume": ("vol",),
    "issue": ("number", "issue_number"),
    "pages": ("page", "page_range"),
    "article_no": ("article_number",),
    "pmid": ("pubmed_id",),
    "urls": ("url",),
    "type": ("entrytype", "reference_type", "item_type", "document_type"),
    "pub_types": ("publication_type",),
    "database": ("source",),
}  # fmt: skip
"""Names that other tools give to a column, the first with a value first; blanks are ``_``."""

NEEDED = ("title", "authors", "year", "journal", "volume", "pages", "doi")
"""Columns without which fewer copies are found."""

ABSENT = ("na", "n/a", "nan", "none", "null", "nr", "<na>")
"""Words that stand for no value in a cell."""

LISTED = 20
"""Faulty ids that are named one by one."""


def as_records(
    records: duckdb.DuckDBPyRelation,
) -> tuple[duckdb.DuckDBPyRelation, tuple[str, ...]]:
    """Give a table the names of records.csv, and say what is not there and what is not used.

    Parameters
    ----------
    records : relation
        Every cell as text.

    Returns
    -------
    relation, tuple of str
        The columns of records.csv that it has, an empty text where a cell says nothing; and a
        sentence on columns that are missing or not used.

    Raises
    ------
    InputError
        If no column holds the id of a record.
    """
    there = {_plain(name): name for name in records.columns}
    sources = {
        column: [there[n] for n in (column, *SYNONYMS.get(column, ())) if n in there]
        for column in COLUMNS
    }
    used = {name for names in sources.values() for name in names}
    raise_if(() if sources["record_id"] else [_no_id(records.columns)])
    chosen = ", ".join(f"{_first(names)} as {c}" for c, names in sources.items() if names)
    notes = _notes(
        [c for c in NEEDED if not sources[c]], [c for c in records.columns if c not in used]
    )
    return records.project(chosen), notes


def _plain(name: str) -> str:
    return "_".join(name.strip().lower().replace("-", " ").replace("_", " ").split())


def _first(names: Sequence[str]) -> str:
    """Take the first column that says something."""
    texts = [_said(_quoted(name)) for name in names]
    if len(texts) == 1:
        return texts[0]
    return "coalesce(" + ", ".join(f"nullif({text}, '')" for text in texts) + ", '')"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _said(column: str) -> str:
    absent = ", ".join(f"'{word}'" for word in ABSENT)
    longest = max(map(len, ABSENT))
    return (
        f"case when {column} is null or strlen({column}) <= {longest}"
        f" and lower({column}) in ({absent}) then '' else {column} end"
    )


def _notes(missing: Sequence[str], unknown: Sequence[str]) -> tuple[str, ...]:
    notes = []
    if missing:
        notes.append(f"no column {', '.join(missing)}: fewer copies are found without")
    if unknown:
        notes.append(f"not used: column {', '.join(unknown)}")
    return tuple(notes)


def _no_id(columns: Sequence[str]) -> Problem:
    found = f"columns {', '.join(columns) or 'none'}"
    return Problem("records", found, "a column record_id", "Give each record an id of its own.")


def id_problems(engine: duckdb.DuckDBPyConnection) -> list[Problem]:
    """Report ids that are empty or stand at several records of the table ``placed``."""
    rows = engine.execute(
        """select record_id, count(*) from placed group by record_id
        having count(*) > 1 or record_id = '' order by record_id"""
    ).fetchall()
    found = [
        Problem(
            "records",
            f"{record_id!r} at {n} record{'s' if n > 1 else ''}" if record_id else f"no id at {n}",
            "each id once",
            "Give each record an id of its own.",
            column="record_id",
        )
        for record_id, n in rows[:LISTED]
    ]
    if len(rows) > LISTED:
        more = f"{len(rows) - LISTED} further ids"
        found.append(Problem("records", more, "each id once", "Mend them too.", column="record_id"))
    return found
