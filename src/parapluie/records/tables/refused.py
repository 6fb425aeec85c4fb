"""Tables that are no search results: what they are, and where they belong."""

from __future__ import annotations

import re
from collections.abc import Sequence

from parapluie.records.decisions.log import is_log
from parapluie.records.tables import books
from parapluie.records.tables.dialects import PLAIN, plain, plain_columns
from parapluie.records.tables.found import DELIMITERS, SEARCHED, Start, head_of, in_file
from parapluie.records.tables.lines import one_row
from parapluie.records.unsupported import citations_of_pubmed

Refusal = tuple[str, str]
"""What was found, and the remedy in the imperative."""

BY_MAPPING = (
    "If its rows are records, say in a file FILE.mapping.yaml beside it what its columns are "
    "(docs/records.md)."
)

_STATE = frozenset({
    "classifier", "querier", "query strategy", "balancer", "balance strategy", "training set",
    "feature extractor", "feature extraction", "labeling time",
})  # fmt: skip
_DECISION = re.compile(r"\b(?:decision|response|verdict|vote|included?|excluded?|exclusion)\b")
_BLANKS = ' \t,;|"'
_PLACED = frozenset({"year", "journal", "doi", "pmid", "accession", "urls", "volume", "pages"})


def refusal(data: bytes, text: str) -> Refusal | None:
    """Say what a table is that holds no search results; ``None`` for any other file.

    Parameters
    ----------
    data : bytes
        The file.
    text : str
        The file, decoded.
    """
    return no_results(data, text, in_file(data, text))


def no_results(data: bytes, text: str, start: Start | None) -> Refusal | None:
    """Say the same where it is known where a table begins in the file (`start`)."""
    if books.is_book(data):
        return None if start else _strange_book(data)
    if is_log(text):
        return (
            "Rayyan's log of decisions (customizations_log.csv), which holds no records",
            "Name it in searches.csv beside the articles that Rayyan exports with it, or give it "
            "to 'parapluie decide --import'.",
        )
    of_pubmed = citations_of_pubmed(text)
    if of_pubmed:
        return of_pubmed
    lines = head_of(text)
    header = list(start.header) if start else _header(lines)
    names = {plain(h) for h in header}
    if "record id" in names and len(names & _STATE) > 1:
        return (
            "labels of an ASReview project, without titles and abstracts",
            "In ASReview export the data set with its labels as CSV, and name that file.",
        )
    if start and not any(line.strip(_BLANKS) for line in lines[start.last :]):
        return "a table with a header but no rows", "Export the search again, with its records."
    if start and start.dialect.name == PLAIN and _is_of_decisions(header):
        told = ", ".join(h for h in header if _DECISION.search(plain(h)))
        return (
            f"a table of decisions ({told}) on records without year, journal or id",
            "Decisions belong in data/screening/ (parapluie worklist, parapluie decide); here the "
            "export of the search is needed. " + BY_MAPPING,
        )
    return _strange(header) if header and not start else None


def _is_of_decisions(header: Sequence[str]) -> bool:
    decided = [h for h in header if _DECISION.search(plain(h))]
    return len(decided) > 1 and not plain_columns(header).keys() & _PLACED


def _strange(header: Sequence[str]) -> Refusal:
    columns = ", ".join(h.strip() for h in header[:12] if h.strip())
    return f"a table without a column for title, DOI or PubMed id (columns: {columns})", BY_MAPPING


def _strange_book(data: bytes) -> Refusal:
    try:
        sheets = books.sheets(data, SEARCHED)
    except books.DamagedBookError:
        return "a workbook that cannot be read", "Open it, save it anew as .xlsx, or as CSV."
    told = []
    for name, rows in sheets:
        first = next((cells for cells in rows if any(cells)), [])
        told.append(f"sheet {name!r}: {', '.join(c for c in first[:12] if c) or 'empty'}")
    return (
        f"a workbook without a column for title, DOI or PubMed id ({'; '.join(told)})",
        BY_MAPPING,
    )


def _header(lines: Sequence[str]) -> list[str]:
    """Give the first row of a text that is followed by rows with as many cells, three or more."""
    filled = [line for line in lines if line.strip()][:14]
    for k in range(max(len(filled) - 1, 0)):
        for delimiter in DELIMITERS:
            rows = [one_row([line], delimiter) for line in filled[k : k + 4]]
            if len(rows[0]) > 2 and len({len(r) for r in rows}) == 1:
                return rows[0]
    return []
