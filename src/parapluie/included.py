"""The included reviews and their reports: the screening result joined to extraction.

A report is a document; a review is told by one or more reports. An older version of a review is,
with ``versions: latest``, a superseded report of the same review, not an exclusion.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from parapluie.schema import table_schema
from parapluie.tables import ROW, split_list
from parapluie.trace import ALL, Figures, Rows, where
from parapluie.vocabulary import INCLUDE

SUPERSEDED = "superseded"
LATEST = "latest"

REPORT_COLUMNS = (
    "report_id",
    "review_id",
    "role",
    "superseded_by",
    "full_text_state",
    "reason",
    "title",
    "doi",
    "year",
)
AWAITING_COLUMNS = ("report_id", "title", "authors", "year", "doi", "review_id", "role", "missing")
PROBLEM_COLUMNS = ("file", "row", "review_id", "report_id", "problem", "mend")

NO_REPORTS_ROW = "extraction/reports.csv"
NO_REVIEWS_ROW = "extraction/reviews.csv"

_INCLUDED_BY = (
    "screening.full_text.include",
    "screening.title_abstract.include",
)


@dataclass(frozen=True)
class Included:
    """What the stage gives: included reviews, all reports at full text, what waits, problems."""

    reviews: pd.DataFrame
    reports: pd.DataFrame
    awaiting: pd.DataFrame
    problems: pd.DataFrame
    figures: Figures


@dataclass(frozen=True)
class Sources:
    """What the stage reads.

    Parameters
    ----------
    state : DataFrame
        state.csv of screening.
    about : mapping
        report_id to its row of reports.csv of deduplication.
    aliases : mapping
        Any id to the report_id that is valid now.
    links : DataFrame
        extraction/reports.csv (human table); without rows if there is none.
    reviews : DataFrame
        extraction/reviews.csv (human table); without rows if there is none.
    links_file, reviews_file : str
        Their names as shown.
    versions : str
        ``latest`` or ``all``, from the protocol.
    """

    state: pd.DataFrame
    about: Mapping[str, Mapping[str, str]]
    aliases: Mapping[str, str]
    links: pd.DataFrame
    reviews: pd.DataFrame
    links_file: str
    reviews_file: str
    versions: str = LATEST


def included(given: Sources) -> Included:
    """Join the states at full text to the reviews that the reports tell of.

    Returns
    -------
    Included
        `reviews` has the rows of extraction/reviews.csv of reviews with at least one included
        report, with ``report_ids`` and ``n_reports`` (reports that are included, superseded ones
        among them), and ``absent`` (number columns that hold NR or NA); `reports` has every report
        that reached full text.
    """
    links = _links(given)
    reports = _reports(given, links)
    counted = reports[reports["full_text_state"] == INCLUDE]
    by_review: dict[str, list[str]] = defaultdict(list)
    for report, review in zip(counted["report_id"], counted["review_id"], strict=True):
        if review:
            by_review[review].append(report)
    reviews = _reviews(given.reviews, by_review)
    awaiting = _awaiting(given, counted, set(given.reviews["review_id"]))
    problems = _problems(given, links, reports, by_review)
    figures = _figures(given, reports, reviews, by_review, awaiting)
    return Included(reviews, reports, awaiting, problems, figures)


def _links(given: Sources) -> dict[str, dict[str, Any]]:
    """Give the row of extraction/reports.csv of each report, under the id valid now.

    Where two reports were merged that both have a row, the one under the valid id counts.
    """
    rows: dict[str, dict[str, Any]] = {}
    for row in given.links.to_dict("records"):
        report = given.aliases.get(row["report_id"], row["report_id"])
        if report not in rows or row["report_id"] == report:
            rows[report] = {str(k): v for k, v in row.items()}
    return rows


def _reports(given: Sources, links: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    at = given.state[given.state["stage"] == "full_text"]
    rows = []
    for report, state, reason in zip(at["report_id"], at["state"], at["reason"], strict=True):
        link, about = links.get(report, {}), given.about.get(report, {})
        rows.append(
            {
                "report_id": report,
                "review_id": link.get("review_id", ""),
                "role": link.get("role", ""),
                "superseded_by": link.get("superseded_by", ""),
                "full_text_state": state,
                "reason": reason,
                "title": about.get("title", ""),
                "doi": about.get("doi", ""),
                "year": about.get("year", ""),
            }
        )
    return pd.DataFrame(rows, columns=list(REPORT_COLUMNS), dtype="object")


def _reviews(reviews: pd.DataFrame, by_review: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    kept = reviews[reviews["review_id"].isin(by_review)].copy()
    kept["report_ids"] = ["; ".join(sorted(by_review[i])) for i in kept["review_id"]]
    kept["n_reports"] = [len(by_review[i]) for i in kept["review_id"]]
    kept["absent"] = [_absent_codes(row) for row in kept.to_dict("records")]
    return kept


def _absent_codes(row: Mapping[Any, Any]) -> str:
    """Keep NR and NA of number columns, whose cells must stay numbers, as ``column=NR``."""
    ends = "__absent"
    codes = {str(c).removesuffix(ends): v for c, v in row.items() if str(c).endswith(ends)}
    return "; ".join(f"{c}={v}" for c, v in sorted(codes.items()) if v in ("NR", "NA"))


# --- what waits for extraction --------------------------------------------------------------------


def _awaiting(given: Sources, counted: pd.DataFrame, known: set[str]) -> pd.DataFrame:
    """List included reports that lack a row in one of the two tables, ready to be pasted."""
    taken = set(known) | set(given.links["review_id"])
    rows = []
    for report in counted.sort_values("report_id").to_dict("records"):
        review, missing = report["review_id"], NO_REVIEWS_ROW
        about = given.about.get(report["report_id"], {})
        if not review:
            review, missing = suggested_review_id(about, report["report_id"], taken), NO_REPORTS_ROW
            taken.add(review)
        elif review in known:
            continue
        rows.append(
            {
                **{c: about.get(c, "") for c in ("title", "authors", "year", "doi")},
                "report_id": report["report_id"],
                "review_id": review,
                "role": report["role"] or "main",
                "missing": missing,
            }
        )
    return pd.DataFrame(rows, columns=list(AWAITING_COLUMNS), dtype="object")


def suggested_review_id(about: Mapping[str, str], report_id: str, taken: Iterable[str]) -> str:
    """Suggest a short name for a review: family name and year, made unique by a letter.

    Parameters
    ----------
    about : mapping
        ``authors`` (``Family, Given; ...``) and ``year`` of the report.
    report_id : str
        Used where there is neither author nor year.
    taken : iterable of str
        Names that exist already.

    Examples
    --------
    >>> suggested_review_id({"authors": "O\'Brien, Zoë", "year": "2021"}, "rec_1", ["obrien2021"])
    'obrien2021b'
    """
    authors = split_list(about.get("authors", ""))
    family = authors[0].split(",")[0] if authors else ""
    plain = unicodedata.normalize("NFKD", family).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]", "", plain) + about.get("year", "")
    name = name or re.sub(r"[^a-z0-9_-]", "_", report_id.lower())
    used, letters = set(taken), "bcdefghijklmnopqrstuvwxyz"
    tries = [name, *(name + x for x in letters), *(f"{name}_{i}" for i in range(2, len(used) + 3))]
    return next(t for t in tries if t not in used)


# --- problems -------------------------------------------------------------------------------------


def _problems(
    given: Sources,
    links: Mapping[str, Mapping[str, Any]],
    reports: pd.DataFrame,
    by_review: Mapping[str, Sequence[str]],
) -> pd.DataFrame:
    problems = [
        _problem(
            given.reviews_file,
            row,
            "a review with no included report",
            "Decide on its report at full text, name its report in extraction/reports.csv, "
            "or remove the row.",
        )
        for row in given.reviews.to_dict("records")
        if row["review_id"] not in by_review
    ]
    at_full_text = set(reports["report_id"])
    main = Counter(
        row["review_id"]
        for report, row in links.items()
        if row["role"] == "main" and report in at_full_text
    )
    for report, row in sorted(links.items()):
        problems.extend(
            _problem(given.links_file, row, text, mend)
            for text, mend in _link_problems(report, row, at_full_text, links, given.aliases)
        )
        if row["role"] == "main" and main[row["review_id"]] > 1 and row["review_id"] in by_review:
            problems.append(
                _problem(
                    given.links_file,
                    row,
                    "more than one main report of a review",
                    "Call one main, the others companion, update or superseded.",
                )
            )
    return pd.DataFrame(problems, columns=list(PROBLEM_COLUMNS), dtype="object")


def _link_problems(
    report: str,
    row: Mapping[str, Any],
    at_full_text: set[str],
    links: Mapping[str, Mapping[str, Any]],
    aliases: Mapping[str, str],
) -> Iterable[tuple[str, str]]:
    if report not in at_full_text:
        yield (
            "a report that did not reach full text",
            "Decide on it at title and abstract, or remove the row.",
        )
    newer = aliases.get(row["superseded_by"], row["superseded_by"])
    if newer and newer in links and links[newer]["review_id"] != row["review_id"]:
        yield (
            "superseded by a report of another review",
            "Give both reports the same review_id, or correct superseded_by.",
        )


def _problem(file: str, row: Mapping[Any, Any], problem: str, mend: str) -> dict[str, Any]:
    return {
        "file": file,
        "row": row[ROW],
        "review_id": row["review_id"],
        "report_id": row.get("report_id", ""),
        "problem": problem,
        "mend": mend,
    }


# --- figures --------------------------------------------------------------------------------------


def _figures(
    given: Sources,
    reports: pd.DataFrame,
    reviews: pd.DataFrame,
    by_review: Mapping[str, Sequence[str]],
    awaiting: pd.DataFrame,
) -> Figures:
    figures = Figures("included")
    links = [Rows(given.links_file, ALL, len(given.links))] if len(given.links) else []
    rows = [Rows(given.reviews_file, ALL, len(given.reviews))] if len(given.reviews) else []
    superseded = _superseded(reports, given.versions)
    n_included = int((reports["full_text_state"] == INCLUDE).sum())
    counts = (
        (
            "reviews",
            len(reviews),
            "reviews",
            "reviews with at least one included report and a row in extraction/reviews.csv",
        ),
        (
            "reports",
            n_included,
            "reports",
            "reports included at full text, superseded ones among them",
        ),
        (
            "reports_superseded",
            superseded,
            "reports",
            "included reports that a later version of the same review replaces",
        ),
        (
            "awaiting_extraction",
            len(awaiting),
            "reports",
            "included reports without a row in extraction/reports.csv or extraction/reviews.csv",
        ),
    )
    for key, value, unit, rule in counts:
        figures.add(key, value, rule=rule, basis=[*links, *rows], rests_on=_INCLUDED_BY, unit=unit)
    _add_review_columns(figures, reviews, given.reviews_file)
    return figures


def _superseded(reports: pd.DataFrame, versions: str) -> int:
    if versions != LATEST:
        return 0
    old = (reports["full_text_state"] == INCLUDE) & (reports["role"] == SUPERSEDED)
    return int(old.sum())


def _add_review_columns(figures: Figures, reviews: pd.DataFrame, file: str) -> None:
    """Add each number of each included review, with the source of its row."""
    numeric = sorted(table_schema("extraction/reviews").numeric() & set(reviews.columns))
    for row in reviews.sort_values("review_id").to_dict("records"):
        for column in numeric:
            code = str(row.get(f"{column}__absent", ""))
            value = row[column]
            missing = value != value
            figures.add(
                f"reviews.{row['review_id']}.{column}",
                None if missing else value,
                rule=f"{column} of the review, as extracted",
                basis=[Rows(file, where(review_id=str(row["review_id"])), 1)],
                rests_on=["included.reviews"],
                absent=_ABSENT.get(code, "not_available") if missing else "",
                source=str(row.get("source", "")),
            )
        figures.add(
            f"reviews.{row['review_id']}.n_reports",
            int(row["n_reports"]),
            rule="included reports of the review, superseded ones among them",
            basis=[Rows(file, where(review_id=str(row["review_id"])), 1)],
            rests_on=["included.reviews"],
            unit="reports",
        )


_ABSENT = {
    "": "not_available: not known yet",
    "NR": "not_available: not reported in the source",
    "NA": "not_available: does not apply",
}
