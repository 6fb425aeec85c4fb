"""The section "Search and deduplication" of the report, from made-up exports to the page."""

from __future__ import annotations

import contextlib
import csv
import re
import shutil
from pathlib import Path

import pytest

from parapluie import tables
from parapluie.cli import main
from parapluie.trace import matches, resolve
from tests import made_report, made_searches


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("review")
    with contextlib.chdir(folder):
        made_report.make(folder, screened=False)
        made_searches.add(folder)
        assert made_report.report(folder) == 0
    return folder


@pytest.fixture
def review(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the review, to be read or changed."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows(review: Path, name: str) -> list[dict[str, str]]:
    with (review / f"reports/tables/{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def section(review: Path) -> str:
    page = (review / "reports/index.html").read_text(encoding="utf-8")
    found = re.search(r'<section id="search".*?</section>', page, re.S)
    assert found is not None
    return found.group()


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_what_each_search_brought(review: Path) -> None:
    found = {row["search_id"]: row for row in rows(review, "searches")}
    columns = ("declared_records", "found", "parsed", "repaired", "duplicates_within", "reports",
               "unique_reports", "shared_reports")  # fmt: skip
    assert {s: tuple(row[c] for c in columns) for s, row in found.items()} == {
        "s1": ("8", "8", "8", "0", "1", "7", "5", "2"),
        "s2": ("not_available: no declared number in searches.csv",
               "5", "5", "1", "0", "5", "2", "3"),
        "s3": ("2", "2", "2", "0", "0", "2", "0", "2"),
        "all": ("not_available: no declared number for s2", "15", "15", "1", "1", "10", "7", "3"),
    }  # fmt: skip
    assert found["s2"]["platform"] == "EBSCOhost"
    assert found["s3"]["kind"] == "expert"


def test_what_was_repaired_is_said_in_words(review: Path) -> None:
    (mended,) = [row for row in rows(review, "repairs") if row["kind"] == "repairs"]
    assert (mended["search_id"], mended["n"]) == ("s2", "1")
    assert mended["meaning"].startswith("the record had no ER line")
    assert mended["lines"].startswith("s2.ris: ")
    assert "mended" in section(review)


def test_records_less_removed_less_duplicates_are_the_reports(review: Path) -> None:
    steps = rows(review, "records_to_reports")
    count = {row["step"]: int(row["n"]) for row in steps}
    by_rule = [int(row["n"]) for row in steps if row["step"] == "Duplicate"]
    assert (count["Records read"], count["Duplicates"], count["Reports"]) == (15, 5, 10)
    assert sum(by_rule) == 5
    assert all(row["how"] for row in steps)


def test_combinations_and_pairs_are_listed_and_drawn(review: Path) -> None:
    found = {row["combination"]: int(row["reports"]) for row in rows(review, "search_combinations")}
    assert found == {"s1": 5, "s2": 2, "s1+s2": 1, "s2+s3": 1, "s1+s2+s3": 1}
    pairs = {
        (r["search_a"], r["search_b"]): r["shared_reports"] for r in rows(review, "search_pairs")
    }
    assert pairs == {("s1", "s2"): "2", ("s2", "s3"): "2", ("s1", "s3"): "1"}
    for name in ("search_combinations", "search_pairs"):
        for ending in ("svg", "pdf", "png"):
            assert (review / f"reports/figures/deduplication_{name}.{ending}").is_file()
    html = section(review)
    assert html.count("<svg") == 2
    assert 'data-key="deduplication.source_combinations.s1+s2+s3.reports"' in html


def test_a_question_has_both_records_and_lines_to_paste(review: Path) -> None:
    (question,) = rows(review, "duplicates_to_check")
    html = section(review)
    for answer in ("same", "different"):
        assert f">{question['record_a']},{question['record_b']},{answer},,,</code>" in html
    assert "10.9999/dance" in html and "10.9999/moved" in html
    assert "its first line is: record_a,record_b,answer,by,date,reason" in words(html)


@pytest.mark.parametrize(("answer", "left"), [("same", "9"), ("different", "10")])
def test_a_pasted_line_is_an_answer(review: Path, answer: str, left: str) -> None:
    head, *lines = [
        re.sub("<[^>]+>", "", code)
        for code in re.findall(r'<code class="id paste">.*?</code>', section(review))
    ]
    line = next(one for one in lines if f",{answer}," in one)
    path = review / "data/search/overrides.csv"
    path.write_text(f"{head}\n{line}\n", encoding="utf-8")
    made_searches.run()
    assert made_report.report(review) == 0
    assert rows(review, "duplicates_to_check") == []
    assert rows(review, "searches")[-1]["reports"] == left
    assert "No pair of reports waits for an answer." in section(review)


def test_lines_fit_a_file_that_is_there(review: Path) -> None:
    path = review / "data/search/overrides.csv"
    path.write_text("answer;record_b;record_a;note\n", encoding="utf-8")
    made_searches.run()
    assert made_report.report(review) == 0
    (question,) = rows(review, "duplicates_to_check")
    line = f"same;{question['record_b']};{question['record_a']};"
    assert f">{line}</code>" in section(review)
    assert "its first line is" not in section(review)


def test_linked_reports_have_both_titles(review: Path) -> None:
    links = {row["relation"]: row for row in rows(review, "linked_reports")}
    assert set(links) == {"version_of", "retraction_of"}
    knitting = "Knitting for joints and hands in winter"
    assert (links["version_of"]["title_a"], links["version_of"]["title_b"]) == (knitting, knitting)
    assert links["retraction_of"]["title_a"].startswith("Retraction: Juggling")
    assert "is a version of" in section(review)


def test_a_report_that_was_set_aside_still_has_its_title(review: Path) -> None:
    words = ["--records", "results/records/records.csv", "--searches", "data/search/searches.csv"]
    words += ["--overrides", "--removed", "--policy", "version_of=set_aside"]
    assert main(["deduplication", *words, "--out", "results/deduplication"]) == 0
    assert made_report.report(review) == 0
    (link,) = [row for row in rows(review, "linked_reports") if row["relation"] == "version_of"]
    assert link["title_a"] == link["title_b"] == "Knitting for joints and hands in winter"


def test_retractions_are_flagged_with_what_was_decided(review: Path) -> None:
    found = {row["title"]: row for row in rows(review, "retractions")}
    assert {row["retraction_status"] for row in found.values()} == {
        "retracted", "retraction_notice", "expression_of_concern",
    }  # fmt: skip
    retracted = next(row for title, row in found.items() if title.startswith("RETRACTED"))
    assert retracted["searches"] == (
        "MEDLINE (Ovid); A made-up database with a very long name, 2 of 2 (EBSCOhost)"
    )
    state = "report_id,stage,state,reason,decided_by\n"
    folder = review / "results/screening"
    folder.mkdir()
    line = f"{retracted['report_id']},title_abstract,awaiting_second,,\n"
    (folder / "state.csv").write_text(state + line, encoding="utf-8")
    assert made_report.report(review) == 0
    again = {row["report_id"]: row["title_abstract"] for row in rows(review, "retractions")}
    assert again[retracted["report_id"]] == "awaiting_second"
    assert 'class="warning"' in section(review)


def test_every_number_of_the_section_leads_to_rows_of_the_data(review: Path) -> None:
    lines = {row["key"]: row for row in rows(review, "keys")}
    used = set(re.findall(r'data-key="([^"]*)"', section(review)))
    assert len(used) > 60
    searches = tables.read_text(review / "data/search/searches.csv")
    for key in used:
        found = resolve(lines, key)
        assert found, key
        for file, rule in found:
            assert (review / file).is_file(), (key, file)
            if file == "data/search/searches.csv":
                picked = [r for r, n in zip(searches.rows, searches.numbers, strict=True)
                          if matches(rule, r, n)]  # fmt: skip
                assert picked, (key, rule)


def test_no_number_in_the_tables_of_the_section_is_without_key(review: Path) -> None:
    html = section(review)
    cells = re.findall(r'<t[dh][^>]*class="[^"]*\bnumber\b[^"]*"[^>]*>[^<]*', html)
    numbers = [cell for cell in cells if re.search(r">[^<]*\d", cell) and "scope=" not in cell]
    assert numbers
    assert [cell for cell in numbers if "data-key" not in cell] == []


def test_a_review_without_searches_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made_report.make(tmp_path, screened=False)
    head = made_searches.SEARCHES.splitlines()[0]
    (tmp_path / "data/search/searches.csv").write_text(head + "\n", encoding="utf-8")
    (tmp_path / "data/search/raw").mkdir()
    made_searches.run()
    assert made_report.report(tmp_path) == 0
    text = words(section(tmp_path))
    for said in (
        "No search is listed yet.",
        "Fewer than two searches have reports",
        "No pair of reports waits for an answer.",
        "No two reports are linked.",
        "No record tells of a retraction",
    ):
        assert said in text
    assert "<svg" not in section(tmp_path)


def test_one_search_has_a_table_and_no_drawing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made_report.make(tmp_path, screened=False)
    made_searches.add(tmp_path)
    lines = made_searches.SEARCHES.splitlines()
    (tmp_path / "data/search/searches.csv").write_text("\n".join(lines[:2]) + "\n")
    for name in ("s2", "s3"):
        (tmp_path / f"data/search/raw/{name}.ris").unlink()
    made_searches.run()
    assert made_report.report(tmp_path) == 0
    assert [row["search_id"] for row in rows(tmp_path, "searches")] == ["s1"]
    assert "<svg" not in section(tmp_path)
    assert not list((tmp_path / "reports/figures").glob("deduplication_*"))
