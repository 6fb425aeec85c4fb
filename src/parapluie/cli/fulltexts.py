"""``parapluie fulltexts``: status of full texts, PDFs, and quotes on their pages."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from parapluie import tables
from parapluie.cli.ids import read_aliases
from parapluie.cli.options import file_in, files_in, folder_out
from parapluie.errors import raise_if
from parapluie.fulltexts import Sources, full_texts
from parapluie.pdf import PdfText, read_pdf
from parapluie.schema import table_schema
from parapluie.trace import ALL, Rows


def add_parser(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser("fulltexts", help="which full texts are there; quotes looked up")
    file_in(parser, "state", "results/screening/state.csv")
    file_in(parser, "reports", "results/deduplication/reports.csv")
    file_in(parser, "aliases", "results/deduplication/aliases.csv")
    file_in(parser, "fulltexts", "data/fulltexts/fulltexts.csv", required=False)
    files_in(parser, "pdfs", "data/fulltexts/pdf/REPORT_ID.pdf")
    files_in(parser, "quotes", "tables with the columns quote and page")
    file_in(parser, "extraction-reports", "data/extraction/reports.csv", required=False)
    folder_out(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Read the PDFs and tables, and write the tables of the stage."""
    reports = {row["report_id"]: row for row in tables.read_text(args.reports).rows}
    aliases = read_aliases(args.aliases, reports)
    listed = _checked(args.fulltexts, "fulltexts/fulltexts")
    pdfs, missing = _pdfs(args.fulltexts, listed, args.pdfs, aliases)
    links = _checked(args.extraction_reports, "extraction/reports")
    found = full_texts(
        Sources(
            tables.read_result(args.state),
            reports,
            aliases,
            listed,
            pdfs,
            missing,
            [tables.read_text(path) for path in args.quotes],
            _reports_of_review(links, aliases),
            (Rows(links.shown, ALL, len(links.rows)),) if links.rows else (),
        )
    )
    tables.write(found.status, args.out / "status.csv", ["report_id"])
    tables.write(found.quotes, args.out / "quotes.csv")
    tables.write(found.figures.frame(), args.out / "figures.csv")


def _checked(path: Path | None, schema: str) -> tables.Table:
    if path is None:
        return tables.Table(f"data/{schema}.csv")
    table = tables.read_text(path)
    raise_if(tables.problems_of(table, table_schema(schema)))
    return table


def _pdfs(
    path: Path | None, listed: tables.Table, files: Sequence[Path], aliases: Mapping[str, str]
) -> tuple[dict[str, PdfText], dict[str, str]]:
    """Read the PDF of each report: the file that fulltexts.csv names, else REPORT_ID.pdf.

    Of two files for one report that were merged, the one under the valid id is taken.
    """
    by_report: dict[str, Path] = {}
    own = [f for f in files if f.parent.name == "pdf"]
    for file in sorted(own, key=lambda f: f.stem in set(aliases.values())):
        by_report[aliases.get(file.stem, file.stem)] = file
    missing = {}
    for row in listed.rows:
        if path is None or not row.get("file"):
            continue
        report = aliases.get(row["report_id"], row["report_id"])
        file = path.parent.parent / row["file"]
        if file.is_file():
            by_report[report] = file
        else:
            by_report.pop(report, None)
            missing[report] = file.as_posix()
    return {report: read_pdf(file) for report, file in sorted(by_report.items())}, missing


def _reports_of_review(table: tables.Table, aliases: Mapping[str, str]) -> dict[str, list[str]]:
    """Give the reports of each review, the main one first."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in sorted(table.rows, key=lambda r: (r["role"] != "main", r["report_id"])):
        found[row["review_id"]].append(aliases.get(row["report_id"], row["report_id"]))
    return found
