"""``parapluie report``: the page, its tables, the workbook, the drawings and the manifest."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from parapluie import claims, tables, team_figures
from parapluie.cli import options
from parapluie.errors import raise_if
from parapluie.report import manifest, own
from parapluie.report.results import STAGES, Results
from parapluie.schema import document_problems, load_document, plain, table_schema
from parapluie.trace import COLUMNS, Figures

Lines = dict[str, dict[str, Any]]
_PICTURES = ("deduplication", "prisma", "appraisal", "overlap", "forest")
_DATA = "data/"
_LONGEST_MATRIX = 3_000_000
"""Bytes of a citation matrix that may become a document."""


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("report", help="the page, tables, workbook and manifest")
    options.file_in(parser, "protocol", "the protocol")
    options.file_in(parser, "config", "settings of the pipeline", required=False)
    options.file_in(parser, "claims", "figures that a manuscript prints", required=False)
    options.file_in(parser, "figures", "figures that the team defines", required=False)
    options.files_in(parser, "data", "every file under data/")
    parser.add_argument("--results", type=Path, required=True, metavar="FOLDER")
    options.files_in(parser, "read", "files under data/ that some stage reads")
    options.folder_out(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> None:
    """Read what the stages wrote, and write the report."""
    from parapluie.report import manuscript
    from parapluie.report.page import render
    from parapluie.report.tables import build_all

    digests = _digests(args)
    results = _gather(args)
    built = build_all(results)
    facts = {
        "version": manifest.versions()["parapluie"],
        "digest": manifest.digest_of_inputs(digests),
        "date": results.date,
    }
    printed = manuscript.build(results, built)
    page = render(results, built, facts, printed)
    _write_tables(args.out, [table for _, table in built], results.figures)
    _write_printed(args.out / "tables", printed)
    _copy_drawings(args.results, args.out / "figures")
    (args.out / "manifest.json").write_text(
        manifest.text(digests, results.date), encoding="utf-8", newline="\n"
    )
    (args.out / "index.html").write_text(page, encoding="utf-8", newline="\n")


# --- reading --------------------------------------------------------------------------------------


def _digests(args: argparse.Namespace) -> dict[str, str]:
    paths = {*args.data, args.protocol, *[p for p in (args.config, args.claims, args.figures) if p]}
    return {path.as_posix(): manifest.digest(path.read_bytes()) for path in paths}


def _gather(args: argparse.Namespace) -> Results:
    protocol = options.read_protocol(args.protocol)
    stages = _stage_tables(args.results)
    stages["deduplication/named_reports"] = _named_reports(args.results, stages)
    data = _data_tables(args.data)
    lines = _stage_figures(args.results)
    definitions = _definitions(args.figures)
    included = [row["review_id"] for row in stages.get("included/reviews", [])]
    team, team_problems = team_figures.compute(definitions, _sources(data), included, lines)
    lines |= team.lines
    compared = _claims(args.claims, lines)
    figures = Figures("report")
    own.add_unchecked(figures, data)
    stages["report/checks"] = own.add_overview_checks(figures, lines)
    if args.claims:
        own.add_claims(figures, compared, args.claims.as_posix(), lines)
    lines |= figures.lines
    stages["figures/problems"] = [{k: str(v) for k, v in row.items()} for row in team_problems]
    return Results(
        stages=stages,
        figures={key: lines[key] for key in sorted(lines)},
        protocol=protocol,
        flow=_flow(args.results),
        drawings=_drawings(args.results),
        data=data,
        team=definitions,
        claims=compared,
        problems=[
            *own.problem_rows(stages),
            *own.unknown_claims(compared, "data/claims.csv"),
            *own.missing_references(lines),
        ],
        files=_files(args.data, args.read, definitions),
        date=own.latest_date(data, protocol),
    )


def _stage_tables(folder: Path) -> dict[str, Sequence[Mapping[str, str]]]:
    found: dict[str, Sequence[Mapping[str, str]]] = {}
    large = (f"deduplication/{name}" for name in ("clusters", "aliases", "reports"))
    skipped = ("records/records", *large, "/figures", "overlap/matrix", "overlap/inclusions")
    for stage in STAGES:
        for path in sorted((folder / stage).glob("*.csv")):
            name = f"{stage}/{path.stem}"
            short = name == "overlap/matrix" and path.stat().st_size <= _LONGEST_MATRIX
            if short or not any(part in name for part in skipped):
                found[name] = tables.read_text(path).rows
    told = folder / "overlap/sentence.txt"
    if told.is_file():
        found["overlap/sentence"] = [{"text": told.read_text(encoding="utf-8").strip()}]
    return found


def _named_reports(
    folder: Path, stages: Mapping[str, Sequence[Mapping[str, str]]]
) -> list[dict[str, str]]:
    """Read the reports that the page names: linked ones, and those of a retraction or concern.

    reports.csv may be large, so it is searched, not held; a report that was set aside is not in it,
    but its first record, which has its id, is among the records.
    """
    links = stages.get("deduplication/relations", [])
    linked = {row[side] for row in links for side in ("report_a", "report_b")}
    flag = "or retraction_status <> ''"
    found = _search_rows(folder / "deduplication/reports.csv", "report_id", linked, flag)
    missing = linked - {row["report_id"] for row in found}
    if missing:
        found += _search_rows(folder / "records/records.csv", "record_id", missing)
    return found


_NAMED = ("title", "year", "doi", "search_ids", "retraction_status")
"""What the page tells of a report that it names."""


def _search_rows(path: Path, name: str, ids: set[str], flag: str = "") -> list[dict[str, str]]:
    """Give the rows of a table that have one of these ids, or for which `flag` holds."""
    if not path.is_file():
        return []
    import duckdb

    engine = duckdb.connect()
    table = tables.scan(path, engine, (name, *_NAMED))
    columns = [c if c in table.columns else f"'' as {c}" for c in _NAMED]
    table.create_view("listed")
    engine.execute("create table wanted as select unnest($1::varchar[]) as id", [sorted(ids)])
    engine.execute(
        f"""with named as (select "{name}" as report_id, {", ".join(columns)} from listed)
        select * from named where report_id in (select id from wanted) {flag} order by report_id"""
    )
    return [dict(zip(("report_id", *_NAMED), row, strict=True)) for row in engine.fetchall()]


def _stage_figures(folder: Path) -> Lines:
    lines: Lines = {}
    for stage in STAGES:
        path = folder / stage / "figures.csv"
        if path.is_file():
            lines |= {row["key"]: dict(row) for row in tables.read_text(path).rows}
    return lines


def _data_tables(paths: Sequence[Path]) -> dict[str, tables.Table]:
    endings = (".csv", ".tsv", ".xlsx")
    found = {}
    for path in paths:
        name = path.as_posix().split(_DATA, 1)[-1]
        if path.suffix in endings and not name.startswith("search/raw/"):
            found[name] = tables.read_text(path)
    return found


def _sources(data: Mapping[str, tables.Table]) -> dict[str, team_figures.Source]:
    return {n: team_figures.Source(t.shown, t.columns, t.rows) for n, t in data.items()}


def _definitions(path: Path | None) -> list[dict[str, Any]]:
    if path is None:
        return []
    content, lines = load_document(path, path.as_posix())
    content = content or []
    raise_if(document_problems("figures", content, lines, path.as_posix()))
    return list(plain(content))


def _claims(path: Path | None, lines: Lines) -> list[dict[str, str]]:
    if path is None:
        return []
    table = tables.read_text(path)
    raise_if(tables.problems_of(table, table_schema("claims")))
    return claims.compare(table.rows, table.numbers, lines)


def _flow(folder: Path) -> list[dict[str, Any]]:
    path = folder / "prisma" / "flow.json"
    if not path.is_file():
        return []
    content = json.loads(path.read_text(encoding="utf-8"))
    boxes: list[dict[str, Any]] = content if isinstance(content, list) else content["boxes"]
    return boxes


def _drawings(folder: Path) -> dict[str, str]:
    return {
        f"{stage}/{path.stem}": path.read_text(encoding="utf-8")
        for stage in _PICTURES
        for path in sorted((folder / stage).glob("*.svg"))
    }


def _files(
    paths: Sequence[Path], read: Sequence[Path], definitions: Sequence[Mapping[str, Any]]
) -> list[dict[str, str]]:
    by_stages = {path.as_posix() for path in read}
    used = {str(d["table"]) for d in definitions}
    used |= {str(d["join"]["table"]) for d in definitions if d.get("join")}
    rows = []
    for path in sorted(paths, key=Path.as_posix):
        name = path.as_posix()
        by_team = name.split(_DATA, 1)[-1] in used
        rows.append({"file": name, "read": "yes" if name in by_stages or by_team else "no"})
    return rows


# --- writing --------------------------------------------------------------------------------------


def _write_tables(out: Path, built: Sequence[Any], figures: Mapping[str, Any]) -> None:
    from parapluie.report import workbook

    folder = out / "tables"
    shutil.rmtree(folder, ignore_errors=True)
    for table in built:
        names = [column.name for column in table.columns]
        rows = [
            dict(zip(names, (cell.value or cell.title for cell in row), strict=True))
            for row in table.rows
        ]
        tables.write_rows(folder / f"{table.name}.csv", names, rows)
    tables.write_rows(folder / "keys.csv", COLUMNS, figures.values())
    workbook.write(out / "parapluie.xlsx", built)


def _write_printed(folder: Path, printed: Any) -> None:
    """Write the tables of a manuscript: each as a Word document, all as one workbook."""
    from parapluie.report import manuscript, word, workbook

    made = [table for _, table in printed.tables]
    for table in filter(manuscript.in_word, made):
        word.write(folder / f"{table.name}.docx", table)
    if made:
        workbook.write_printed(folder / "manuscript_tables.xlsx", made)


def _copy_drawings(results: Path, out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for stage in _PICTURES:
        for path in sorted((results / stage).glob("*")):
            if path.suffix in (".svg", ".pdf", ".png"):
                shutil.copyfile(path, out / f"{stage}_{path.name}")
