"""``parapluie records`` as somebody uses it who has exports and nothing else."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest

from parapluie import tables
from parapluie.cli import main

FIXTURES = Path(__file__).parents[1] / "fixtures" / "decisions"
RIS = "TY  - JOUR\nTI  - {}\nAU  - Ash, A\nPY  - 2020\nAB  - Text.\nER  - \n"


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "search" / "raw"
    folder.mkdir(parents=True)
    (folder / "a.ris").write_text(RIS.format("One"), encoding="utf-8")
    return folder


def searches(raw: Path, declared: str) -> list[str]:
    path = raw.parent / "searches.csv"
    rows = f"search_id,source,kind,declared_records,files\ns,S,database,{declared},a.ris\n"
    path.write_text(rows, encoding="utf-8")
    return ["--searches", str(path), "--raw", *map(str, sorted(raw.iterdir()))]


def codes(out: Path) -> set[str]:
    return {row["code"] for row in tables.read_result(out / "problems.csv").to_dict("records")}


def test_exports_of_the_same_name_are_both_read(tmp_path: Path) -> None:
    for folder, title in (("scopus", "One"), ("embase", "Two")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "export.ris").write_text(RIS.format(title), encoding="utf-8")
    files = [str(tmp_path / folder / "export.ris") for folder in ("scopus", "embase")]
    out = tmp_path / "out"
    assert main(["records", *files, "--out", str(out)]) == 0
    rows = tables.read_result(out / "records.csv").to_dict("records")
    assert {row["title"] for row in rows} == {"One", "Two"}
    assert {row["source_file"] for row in rows} == set(files)


def test_an_export_named_twice_is_told(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["records", *[str(raw / "a.ris")] * 2, "--out", str(tmp_path / "out")]) == 2
    assert "the file, named 2 times" in capsys.readouterr().err


def test_an_export_that_no_search_names_is_told(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (raw / "b.ris").write_text(RIS.format("Two"), encoding="utf-8")
    assert main(["records", *searches(raw, "1"), "--out", str(tmp_path / "out")]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("b.ris: not read, since no search names it.")
    assert "--suggest" in line


def test_a_reason_counts_only_where_there_is_a_difference(
    raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["records", *searches(raw, "2"), "--out", str(out)]) == 2
    assert "--accept-count 's=REASON'" in capsys.readouterr().err
    accept = ["--accept-count", "s=one is a page of the journal", "--out", str(out)]
    for declared, reason, code in (("2", "one is a page of the journal", set()),
                                   ("1", "", {"count_agrees"})):  # fmt: skip
        assert main(["records", *searches(raw, declared), *accept]) == 0
        (log,) = tables.read_result(out / "import_log.csv").to_dict("records")
        assert (log["accepted_reason"], codes(out)) == (reason, code)


def test_a_zip_archive_names_what_is_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with zipfile.ZipFile(tmp_path / "rayyan.zip", "w") as archive:
        archive.writestr("articles.csv", "key,title\n")
        archive.writestr("customizations_log.csv", "created_at\n")
    (tmp_path / "cut.zip").write_bytes((tmp_path / "rayyan.zip").read_bytes()[:60])
    (tmp_path / "a.ris.gz").write_bytes(gzip.compress(RIS.encode()))
    files = [str(tmp_path / name) for name in ("rayyan.zip", "cut.zip", "a.ris.gz")]
    assert main(["records", *files, "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert "a zip archive with articles.csv, customizations_log.csv" in told
    assert "Unpack it" in told
    assert "cut off or damaged" in told
    assert "a compressed file (gzip)" in told


def test_the_log_of_rayyan_stands_in_the_row_of_its_articles(
    raw: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("rayyan.ris", "customizations_log.csv"):
        (raw / name).write_bytes((FIXTURES / name).read_bytes())
    review = raw.parents[2]
    assert main(["records", "--suggest", "--append", "--review", str(review)]) == 0
    table = raw.parent / "searches.csv"
    rows = {row["files"]: row for row in tables.read_text(table).rows}
    assert rows.keys() == {"a.ris", "rayyan.ris;customizations_log.csv"}
    assert rows["rayyan.ris;customizations_log.csv"]["sha256"].count(";") == 1
    (raw / "b.ris").write_bytes((FIXTURES / "rayyan.ris").read_bytes() + b"\n")
    table.unlink()
    capsys.readouterr()
    assert main(["records", "--suggest", "--review", str(review)]) == 2
    assert "beside the articles" in capsys.readouterr().err
