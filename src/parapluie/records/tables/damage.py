"""What a spreadsheet does to cells, seen from what they hold."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

MEANINGS = {
    "excel_date": "pages, volume or issue look like a date that a spreadsheet made of them",
    "excel_number": "an id or number was rounded by a spreadsheet, as in 1.2E+07",
    "excel_cut": "a cell has 32,767 characters, the most that a spreadsheet keeps; its end is lost",
}
"""What each code means; the values stay as they are."""

LIMIT = 32_767
SHORT = 30
"""Characters up to which a cell may be a date or a rounded number."""

_PLACES = frozenset({"pages", "first_page", "last_page", "volume", "issue", "article_no"})
NUMBERED = _PLACES | {"pmid", "pmcid", "accession", "doi", "issn", "isbn", "numbers", "record_id"}
"""Columns whose cells a spreadsheet may take for dates or numbers."""

_MONTH = (
    "jan|feb|fev|fév|mar|mär|mrz|mars|apr|avr|abr|may|mai|jun|juin|jul|juil|aug|ago|aou|août"
    "|sep|sept|set|oct|okt|out|nov|dec|dez|dic|déc"
)
_DATE = re.compile(  # as spreadsheets show dates; "3 March" is an issue
    rf"(?i)\d{{1,2}}-(?:{_MONTH})\.?(?:-\d{{2,4}})?|(?:{_MONTH})\.?-\d{{2,4}}"
    rf"|\d{{1,2}}\. ?(?:{_MONTH})\.?|(?:mrz|mai|okt|dez)\.? \d{{2}}"
    r"|\d{4}-\d{2}-\d{2}|\d{1,2}[/.]\d{1,2}[/.](?:19|20)\d\d"
)
_ROUNDED = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d{1,3}")


def codes(value: str, roles: Collection[str]) -> Iterator[str]:
    """Give the codes of what a spreadsheet seems to have done to a cell.

    Parameters
    ----------
    value : str
        The cell.
    roles : collection of str
        The columns of records.csv that it fills.
    """
    if len(value) == LIMIT:
        yield "excel_cut"
    if len(value) > SHORT:
        return
    if not _PLACES.isdisjoint(roles) and _DATE.fullmatch(value):
        yield "excel_date"
    if not NUMBERED.isdisjoint(roles) and _ROUNDED.fullmatch(value):
        yield "excel_number"
