"""Quotes of raters, looked up in the full texts of the review; marks for items and the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from parapluie.appraisal.answers import Source
from parapluie.quotes import NO, OTHER_PAGE, TOO_SHORT, YES, look_up, named_pages
from parapluie.trace import Figures, Rows

NO_PDF, NO_TEXT = "no_pdf", "no_text"
COLUMNS = (
    "review_id",
    "rater",
    "item",
    "criterion",
    "page",
    "quote",
    "found",
    "report_id",
    "file",
    "link_page",
    "where",
)
_MARKS = {YES: "found", OTHER_PAGE: "on another page", NO: "not found"}
_NOT_LOOKED_UP = "not looked up"

SETTLED = frozenset({"consensus", "raters_agree", "one_rater", "open", "not_scored"})
"""States of an item that every rater of the review has answered."""


@dataclass(frozen=True)
class FullText:
    """The full text of a report.

    Parameters
    ----------
    report_id, file : str
        The report and its PDF, as shown.
    pages : callable
        Gives the text of each page; called only where there is a quote to look up.
    """

    report_id: str
    file: str
    pages: Callable[[], Sequence[str]]


FullTexts = Mapping[str, Sequence[FullText]]
"""Review to the full texts of its reports, the main one first."""


def look_up_all(
    sources: Iterable[Source], items: pd.DataFrame, full_texts: FullTexts
) -> pd.DataFrame:
    """Look up every quote of the ratings.

    Quotes of a review are shown once all its raters are done: a quote tells what the other thinks.

    Parameters
    ----------
    sources : iterable of Source
        Ratings of the tool in use.
    items : DataFrame
        Items of the stage (review_id, item, state).
    full_texts : mapping
        Review to its full texts; a review without any has no entry.

    Returns
    -------
    DataFrame
        One row a quote, with `COLUMNS`. ``found`` is as in `parapluie.quotes.look_up`, ``no_pdf``
        or ``no_text``; ``link_page`` the page to open.
    """
    shown = done_reviews(items)
    rows = [
        _row(source, row, full_texts.get(row["review_id"], ()))
        for source in sources
        for row in _quoting(source.data)
        if row["review_id"] in shown
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype="object")


def done_reviews(items: pd.DataFrame) -> set[str]:
    """Give the reviews of which every rater who began has answered every item."""
    begun = set(items["review_id"])
    return begun - set(items.loc[~items["state"].isin(SETTLED), "review_id"])


def _quoting(data: pd.DataFrame) -> Iterator[dict[str, str]]:
    if "quote" not in data.columns:
        return
    for row in data.to_dict("records"):
        texts = {str(column): _as_text(value) for column, value in row.items()}
        if texts["quote"].strip():
            yield texts


def _as_text(value: object) -> str:
    return "" if value is None or value != value else str(value)


def _row(source: Source, row: Mapping[str, str], texts: Sequence[FullText]) -> dict[str, object]:
    page, quote = row.get("page", ""), row["quote"]
    found, text = _best(quote, page, texts)
    names = {c: row.get(c, "") for c in ("review_id", "item", "criterion")}
    return {
        **names,
        "rater": source.name,
        "page": page,
        "quote": quote,
        "found": found,
        "report_id": text.report_id if text else "",
        "file": text.file if text else "",
        "link_page": _page_to_open(found, page) if text else None,
        "where": f"{source.shown} row {row.get('_row', '')}",
    }


def _best(quote: str, page: str, texts: Sequence[FullText]) -> tuple[str, FullText | None]:
    """Look in each full text that may be meant; the best answer counts."""
    answers = []
    for text in texts:
        pages = text.pages()
        has_text = any(p.split() for p in pages)
        answers.append((look_up(quote, page, pages) if has_text else NO_TEXT, text))
    if not answers:
        return NO_PDF, None
    return min(answers, key=lambda a: _RANK.index(a[0].split()[0]))


_RANK = (YES, OTHER_PAGE, NO, TOO_SHORT, NO_TEXT)


def _page_to_open(found: str, page: str) -> int:
    if found.startswith(OTHER_PAGE):
        return int(found.split()[1])
    return next(iter(named_pages(page)), 1)


def mark(found: str) -> str:
    """Put the answer of a look-up into words.

    Examples
    --------
    >>> mark("other_page 7"), mark("no_pdf")
    ('on another page', 'not looked up')
    """
    return _MARKS.get(found.split()[0], _NOT_LOOKED_UP)


def with_marks(items: pd.DataFrame, quotes: pd.DataFrame, item_of: Mapping[str, str]) -> pd.Series:
    """Give for each item what became of the quotes behind it: ``found: 2; not found: 1``.

    Parameters
    ----------
    items : DataFrame
        Items of the stage.
    quotes : DataFrame
        From `look_up_all`.
    item_of : mapping
        Name of an item or of a part of it to the item.
    """
    marks: dict[tuple[str, str], Counter[str]] = {}
    for row in quotes.to_dict("records"):
        place = (row["review_id"], item_of.get(row["item"], row["item"]))
        marks.setdefault(place, Counter())[mark(row["found"])] += 1
    order = (*_MARKS.values(), _NOT_LOOKED_UP)
    texts = [
        "; ".join(f"{name}: {counts[name]}" for name in order if counts[name])
        for place in zip(items["review_id"], items["item"], strict=True)
        for counts in [marks.get(place, Counter())]
    ]
    return pd.Series(texts, index=items.index, dtype="object")


_RULES = {
    "found": "quotes of raters that stand on the page they name",
    "on another page": "quotes of raters that stand on another page",
    "not found": "quotes of raters that do not stand in the full text",
    _NOT_LOOKED_UP: "quotes of raters without a PDF with text, or too short to look up",
}


def add_figures(figures: Figures, quotes: pd.DataFrame, sources: Iterable[Source]) -> None:
    """Add how many quotes were found; nothing where no rater cites one."""
    rows = [row for source in sources for row in _quoting(source.data)]
    if not rows:
        return
    counts = Counter(mark(found) for found in quotes["found"])
    files = Counter(str(where).rpartition(" row ")[0] for where in quotes["where"])
    basis = [Rows(file, "quote!=", n) for file, n in sorted(files.items())]
    for name, rule in _RULES.items():
        key = f"quotes.{name.replace(' ', '_')}"
        rests = ["included.reviews"]
        figures.add(key, counts[name], rule=rule, basis=basis, rests_on=rests, unit="quotes")
