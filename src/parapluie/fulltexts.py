"""Full texts: which are there, whether each is the right article, whether quotes stand in it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from parapluie.pdf import OK, SCANNED, PdfText
from parapluie.quotes import NO, OTHER_PAGE, TOO_SHORT, YES, look_up
from parapluie.tables import Table
from parapluie.trace import ALL, Figures, Rows
from parapluie.vocabulary import AWAITING, AWAITING_SECOND, INCLUDE

RETRIEVED, NOT_RETRIEVED = "retrieved", "not_retrieved"
NOT_SOUGHT, UNKNOWN_REPORT = "not_sought", "unknown_report"
WRONG_ARTICLE, MISSING_FILE = "wrong_article", "missing_file"
NO_PDF, NO_TEXT = "no_pdf", "no_text"

STATUS_COLUMNS = (
    "report_id",
    "status",
    "pdf_status",
    "file",
    "pages",
    "sha256",
    "match_rule",
    "not_retrieved_reason",
    "note",
)
QUOTE_COLUMNS = ("where", "report_id", "page", "found", "quote")

_DOI_PAGES, _TITLE_PAGES = 3, 2
_SHORTEST_TITLE = 15
"""Letters and digits; a shorter title could stand on any page by chance."""


# --- matching -------------------------------------------------------------------------------------


def letters_and_digits(text: str) -> str:
    """Reduce a text to its letters and digits in lower case, ligatures and accents taken apart."""
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if c.isalnum())


def match_rule(pages: Sequence[str], doi: str, title: str) -> str:
    """Tell by what a PDF is known to be a report.

    Parameters
    ----------
    pages : sequence of str
        Text of each page.
    doi, title : str
        Of the report; either may be empty.

    Returns
    -------
    str
        ``doi`` (on pages 1 to 3, blanks removed), ``title`` (on pages 1 or 2, letters and digits
        only), ``not_matched``, or ``not_checkable`` where the report has neither.
    """
    start = "".join("".join(pages[:_DOI_PAGES]).split()).casefold()
    if doi and "".join(doi.split()).casefold() in start:
        return "doi"
    wanted = letters_and_digits(title)
    if len(wanted) >= _SHORTEST_TITLE:
        if any(wanted in letters_and_digits(page) for page in pages[:_TITLE_PAGES]):
            return "title"
        return "not_matched"
    return "not_matched" if doi else "not_checkable"


# --- status ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FullTexts:
    """Tables of the stage: status of each report sought, quotes looked up, and figures."""

    status: pd.DataFrame
    quotes: pd.DataFrame
    figures: Figures


@dataclass(frozen=True)
class Sources:
    """What the stage reads.

    Parameters
    ----------
    state : DataFrame
        state.csv of screening.
    reports : mapping
        report_id to its row of reports.csv, of which ``doi`` and ``title`` are used if there.
    aliases : mapping
        Any id to the report_id that is valid now.
    listed : Table
        fulltexts.csv; without rows if there is none.
    pdfs : mapping
        report_id to its PDF.
    missing : mapping
        report_id to the file that fulltexts.csv names and that is not there.
    quoting : sequence of Table
        Human tables that may hold quotes.
    reports_of_review : mapping
        review_id to its report_ids.
    links : tuple of Rows
        The rows of extraction/reports.csv that say so.
    """

    state: pd.DataFrame
    reports: Mapping[str, Mapping[str, str]]
    aliases: Mapping[str, str]
    listed: Table
    pdfs: Mapping[str, PdfText]
    missing: Mapping[str, str]
    quoting: Sequence[Table]
    reports_of_review: Mapping[str, Sequence[str]]
    links: tuple[Rows, ...] = ()


def full_texts(given: Sources) -> FullTexts:
    """Give the status of every report sought, and look every quote up on its page.

    A report is retrieved if it was decided on at full text, if fulltexts.csv says so, or if a
    readable PDF of it is there.
    """
    at = given.state
    sought = set(at[(at["stage"] == "title_abstract") & (at["state"] == INCLUDE)]["report_id"])
    full = at[(at["stage"] == "full_text") & (at["state"] != AWAITING)]
    decided = set(full["report_id"])
    listed = {
        given.aliases.get(row["report_id"], row["report_id"]): row for row in given.listed.rows
    }
    twins = Counter(pdf.sha256 for pdf in given.pdfs.values())
    rows = []
    for report in sorted({*sought, *given.pdfs, *given.missing}):
        told = listed.get(report, {})
        row = _pdf_part(report, given, twins)
        row["report_id"] = report
        row["not_retrieved_reason"] = told.get("not_retrieved_reason", "")
        row["status"] = NOT_SOUGHT if report in given.reports else UNKNOWN_REPORT
        if report in sought:
            row["status"] = _status(report in decided, told.get("retrieved", ""), row["pdf_status"])
        if report in decided and told.get("retrieved") == "no":
            row["note"] = "fulltexts.csv says it was not retrieved, but it was decided at full text"
        rows.append(row)
    status = pd.DataFrame(rows, columns=list(STATUS_COLUMNS), dtype="object")
    quotes = pd.DataFrame(_quotes(given), columns=list(QUOTE_COLUMNS), dtype="object")
    return FullTexts(status, quotes, _figures(status, quotes, given))


def _status(decided: bool, told: str, pdf: str) -> str:
    """A decision at full text implies that the full text was there."""
    if decided or told == "yes":
        return RETRIEVED
    if told == "no":
        return NOT_RETRIEVED
    return RETRIEVED if told == "" and pdf in (OK, SCANNED) else AWAITING


def _pdf_part(report: str, given: Sources, twins: Mapping[str, int]) -> dict[str, Any]:
    """Give what is known of the PDF of a report."""
    pdf = given.pdfs.get(report)
    if pdf is None:
        missing = given.missing.get(report, "")
        return {"pdf_status": MISSING_FILE if missing else "", "file": missing}
    about = given.reports.get(report, {})
    rule = ""
    if pdf.status == OK:
        rule = match_rule(pdf.pages, about.get("doi", ""), about.get("title", ""))
    return {
        "pdf_status": WRONG_ARTICLE if rule == "not_matched" else pdf.status,
        "file": pdf.file,
        "pages": len(pdf.pages) or None,
        "sha256": pdf.sha256,
        "match_rule": rule,
        "note": "the same file stands for another report too" if twins[pdf.sha256] > 1 else "",
    }


# --- quotes of the tables -------------------------------------------------------------------------


def _quotes(given: Sources) -> list[dict[str, str]]:
    """Look up the quote of every row that has one; of a decision, once all votes are there."""
    found = []
    state = given.state
    hidden = set(state[state["state"] == AWAITING_SECOND]["report_id"])
    for table in given.quoting:
        for row, number in zip(table.rows, table.numbers, strict=True):
            if not row.get("quote") or "page" not in row:
                continue
            report = row.get("report_id", "")
            candidates = [given.aliases.get(report, report)] if report else []
            if "decision" in row and not hidden.isdisjoint(candidates):
                continue
            candidates += given.reports_of_review.get(row.get("review_id", ""), ())
            where_found, answer = _look_up(row["quote"], row["page"], candidates, given.pdfs)
            found.append(
                {
                    "where": f"{table.shown} row {number}",
                    "report_id": where_found,
                    "page": row["page"],
                    "found": answer,
                    "quote": row["quote"],
                }
            )
    return found


def _look_up(
    quote: str, page: str, candidates: Iterable[str], pdfs: Mapping[str, PdfText]
) -> tuple[str, str]:
    """Look in the PDF of each report that may be meant; the best answer counts."""
    listed = list(candidates)
    there = [report for report in listed if report in pdfs and pdfs[report].pages]
    with_text = [report for report in there if any(page.split() for page in pdfs[report].pages)]
    answers = [(report, look_up(quote, page, pdfs[report].pages)) for report in with_text]
    if answers:
        return min(answers, key=lambda a: _rank(a[1]))
    return next(iter(there or listed), ""), NO_TEXT if there else NO_PDF


def _rank(found: str) -> int:
    """Order answers, the best first."""
    return (YES, OTHER_PAGE, NO).index(found.split()[0]) if found != TOO_SHORT else 3


# --- figures --------------------------------------------------------------------------------------

_SOUGHT = "screening.title_abstract.include"
_DECIDED = (_SOUGHT, "screening.full_text.screened", "screening.full_text.awaiting_second")


def _figures(status: pd.DataFrame, quotes: pd.DataFrame, given: Sources) -> Figures:
    figures = Figures("fulltexts")
    counts = Counter(status["status"])
    every = [Rows(given.listed.shown, ALL, len(given.listed.rows))] if given.listed.rows else []
    counted = {
        RETRIEVED: "reports retrieved, or decided on at full text, which implies it",
        NOT_RETRIEVED: "reports sought that could not be had and were not decided on",
        AWAITING: "reports sought that are neither retrieved nor given up",
    }
    for name, rule in counted.items():
        figures.add(name, counts[name], rule=rule, basis=every, rests_on=_DECIDED, unit="reports")
    sought = sum(counts[name] for name in counted)
    figures.add(
        "sought",
        sought,
        rule="reports included at title and abstract",
        rests_on=[_SOUGHT],
        unit="reports",
    )
    readable = int(status["pdf_status"].isin([OK, SCANNED]).sum())
    figures.add(
        "pdf",
        readable,
        rule="reports with a PDF that opens and is not known to be another article",
        basis=every,
        rests_on=[_SOUGHT],
        unit="reports",
    )
    figures.add(
        "pdf_problems",
        int((~status["pdf_status"].fillna("").isin(["", OK])).sum()),
        rule="PDF files named or given that are missing, cannot be read, have no text, or are "
        "another article",
        basis=every,
        rests_on=[_SOUGHT],
        unit="files",
    )
    _add_quotes(figures, quotes, given)
    return figures


def _add_quotes(figures: Figures, quotes: pd.DataFrame, given: Sources) -> None:
    basis = []
    for table in given.quoting:
        n = sum(bool(row.get("quote")) for row in table.rows)
        if n and "page" in table.columns:
            basis.append(Rows(table.shown, "quote!=", n))
    basis += given.links if basis else ()
    found = Counter(quotes["found"])
    not_checked = sum(found[state] for state in (NO_PDF, NO_TEXT, TOO_SHORT))
    counted = {
        "found": ("quotes that stand on the page they name", found[YES]),
        "not_checked": (
            "quotes whose full text is not here as a PDF with text, or that are too short",
            not_checked,
        ),
        "not_found": (
            "quotes that do not stand on the page they name",
            len(quotes) - found[YES] - not_checked,
        ),
    }
    for name, (rule, n) in counted.items():
        figures.add(f"quotes.{name}", n, rule=rule, basis=basis, rests_on=_DECIDED, unit="quotes")
