"""The report: tables, page, workbook, manifest."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from parapluie.report import own, svg
from parapluie.report.html import table_html
from parapluie.report.table import Column, make, show
from parapluie.tables import Table as TextTable
from parapluie.trace import Figures
from tests import made_report


@pytest.fixture
def review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    made_report.make(tmp_path)
    assert made_report.report(tmp_path) == 0
    return tmp_path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("4784", "count", "4,784"),
        ("-0.385", "d2", "−0.39"),
        ("0.06782608695652174", "share", "6.8%"),
        ("2017", "year", "2017"),
        ("37.50", "free", "37.5"),
        ("0.0004", "p", "<0.001"),
        ("low", "count", "low"),
    ],
)
def test_numbers_are_rounded_where_they_are_shown(value: str, kind: str, expected: str) -> None:
    assert show(value, kind) == expected


def test_a_table_as_html() -> None:
    columns = (Column("id", "Row", "id"), Column("n", "Number", "count", "x.{id}.n"))
    line = {"value": "1234", "absent_reason": "", "rests_on": ""}
    figures = {
        "x.r1.n": line,
        "x.r2.n": line | {"value": "", "absent_reason": "not_estimable: k=1"},
    }
    table = make("t", "Table", columns, [{"id": "r1"}, {"id": "r2"}, {"id": "r3"}], figures)
    html = table_html(table)
    assert (
        '<th scope="row" class="id">r1</th><td class="number" data-key="x.r1.n">1,234</td>' in html
    )
    absent = 'class="absent number" data-key="x.r2.n" title="not_estimable: k=1">not estimable<'
    assert absent in html
    assert '<td class="label number" title="not known yet">·</td>' in html


def test_a_table_of_thousands_shows_its_first_rows_and_says_so() -> None:
    columns = (Column("id", "Row", "id"),)
    table = make("t", "T", columns, [{"id": f"r{i}"} for i in range(5)], {})
    short = table_html(replace(table, on_page=3))
    assert ("r2<" in short, "r3<" in short, "the CSV has all" in short) == (True, False, True)
    for whole in (table, replace(table, on_page=5)):
        assert "r4<" in table_html(whole) and "the CSV has all" not in table_html(whole)


def test_an_empty_table_says_why() -> None:
    assert table_html(make("t", "T", (), [], {}, empty="Nothing yet.")) == (
        '<p class="empty">Nothing yet.</p>'
    )


def test_texts_of_drawings_are_traceable_or_classed() -> None:
    drawn = svg.inline(made_report.SVG, {"prisma.records_screened"})
    assert "metadata" not in drawn and "<?xml" not in drawn
    assert '<g data-key="prisma.records_screened">' in drawn
    assert re.search(r'<text [^>]*class="axis">0.5<', drawn)
    assert re.search(r'<text [^>]*class="label">CC BY 4.0<', drawn)
    unknown = svg.inline(made_report.SVG, set())
    assert "data-key" not in unknown


def test_the_date_is_the_latest_in_the_data() -> None:
    table = TextTable(
        "t", ["date", "n"], [{"date": "2021-05-06T10:00:00Z", "n": "2030-01-01"}], [2]
    )
    assert own.latest_date({"t": table}, {"registration": {"date": "2020-01-02"}}) == "2021-05-06"
    assert own.latest_date({}, {}) == ""


def test_every_key_on_the_page_is_in_keys_csv(review: Path) -> None:
    page = (review / "reports/index.html").read_text(encoding="utf-8")
    known = {row["key"] for row in rows(review / "reports/tables/keys.csv")}
    used = set(re.findall(r'data-key="([^"]*)"', page))
    assert {"included.reviews", "included.reviews.alpha2019.n_studies"} <= used <= known
    traces = re.search(r'id="traces">(.*?)</script>', page, re.S)
    assert traces is not None
    carried = json.loads(traces.group(1))["k"]
    assert used <= set(carried) <= known
    assert "records.search.s1.parsed" in carried


def test_claims_come_out(review: Path) -> None:
    found = {r["claim_id"]: r for r in rows(review / "reports/tables/claims.csv")}
    assert {c: r["result"] for c, r in found.items()} == {
        "c1": "agrees",
        "c2": "agrees",
        "c3": "disagrees",
        "c4": "not_recomputed",
        "c5": "unknown_key",
    }
    assert found["c2"]["recomputed_percent"] == "50"


def test_open_work_unread_files_and_unchecked_rows_are_named(review: Path) -> None:
    open_work = rows(review / "reports/tables/awaiting.csv")
    assert [(r["who"], r["n"]) for r in open_work] == [
        ("R1", "3"),
        ("the team", "1"),
        ("the team", "1"),
    ]
    unread = rows(review / "reports/tables/files_not_read.csv")
    assert [r["file"] for r in unread] == ["data/extraction/strange.csv"]


def test_workbook_and_manifest(review: Path) -> None:
    book = openpyxl.load_workbook(review / "reports/parapluie.xlsx")
    assert book["reviews"]["B2"].value == "On hope"
    manifest = json.loads((review / "reports/manifest.json").read_text(encoding="utf-8"))
    digests = {entry["path"]: entry["sha256"] for entry in manifest["inputs"]}
    content = (review / "data/extraction/reviews.csv").read_bytes()
    assert digests["data/extraction/reviews.csv"] == hashlib.sha256(content).hexdigest()
    assert manifest["date_of_data"] == "2020-01-02"


def test_two_runs_give_the_same_bytes(review: Path) -> None:
    def digests() -> dict[str, str]:
        files = [p for p in (review / "reports").rglob("*") if p.is_file()]
        return {p.as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

    before = digests()
    assert made_report.report(review) == 0
    assert digests() == before


def test_searches_only_makes_a_report_that_says_what_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made_report.make(tmp_path, screened=False)
    assert made_report.report(tmp_path) == 0
    page = (tmp_path / "reports/index.html").read_text(encoding="utf-8")
    for words in ("No review is included yet.", "No result of a review is extracted yet."):
        assert words in page
    assert "nan" not in re.sub(r"<script.*?</script>", "", page.lower(), flags=re.S)


def test_a_wrong_definition_is_told_and_no_report_is_written(
    review: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (review / "reports/index.html").read_bytes()
    path = review / "data/figures.yaml"
    path.write_text(made_report.TEAM.replace("n_studies", "n_studys"), encoding="utf-8")
    assert made_report.report(review) == 2
    assert "'n_studys' in figure with_studies" in capsys.readouterr().err
    assert (review / "reports/index.html").read_bytes() == before


@pytest.mark.parametrize(
    ("left", "right", "holds"),
    [("450", "450", "yes"), ("450", "449", "no"), ("", "449", "not_checkable")],
)
def test_identities_between_stages(left: str, right: str, holds: str) -> None:
    figures = Figures("report")
    lines = {"prisma.studies_unique": {"value": left}, "overlap.all.r": {"value": right}}
    row = own.add_overview_checks(figures, lines)[0]
    assert row["identity"] == "C18"
    assert row["holds"] == holds
    side = figures.lines["report.checks.C18.left"]
    assert bool(side["absent_reason"]) is (holds == "not_checkable")
