"""Quotes of raters: found on their page, on another one, not found, or not to be looked up."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pandas as pd
import pymupdf
import pytest

from parapluie.appraisal import Source, quotes
from parapluie.cli import main
from parapluie.pdf import read_pdf
from parapluie.quotes import for_comparison, look_up, named_pages, pieces
from parapluie.report.results import Results
from parapluie.report.tables import appraisal_quotes
from parapluie.tables import read_text
from parapluie.trace import Figures

PAGES = (
    "a title",
    "The e\ufb00ect was signi\ufb01-\ncant in well-\nbeing (g = -0.30). Two raters\u2019 choice.",
    "Journal 2019, page 3\nThe sentence that begins on this page\nfoot 3",
    "Journal 2019, page 4\nis said to the end on the following one\nfoot 4",
    "ends here",
    "or here",
)


@pytest.mark.parametrize(
    ("quote", "page", "found"),
    [
        ("effect was significant in well-being", "p. 2", "yes"),
        ("“Effect was   significant in wellbeing”.", "2", "yes"),
        ("The effect [...] well-being … g = −0.30", "2", "yes"),
        ("two raters' choice", "1-3", "yes"),
        ("two ra\x02\u200bters' choice", "2", "yes"),
        ("two raters' choice", "1, 3", "other_page 2"),
        ("effect was significant", "1", "other_page 2"),
        ("effect was significant", "", "other_page 2"),
        ("well-being [...] The effect", "2", "no"),
        ("g = 0.30", "2", "no"),
        ("g = -0.30", "2", "yes"),
        ("ends here or here", "5", "yes"),
        ("ends here or here", "6", "other_page 5"),
        ("begins on this page is said to the end", "3", "yes"),
        ("begins on this page is told to the end", "3", "no"),
        ("or here", "5", "other_page 6"),
        ("no", "2", "too_short"),
        ("[...]", "2", "too_short"),
    ],
)
def test_quotes_survive_typesetting_but_not_other_words(quote, page, found):
    assert look_up(quote, page, PAGES) == found


def test_signs_in_front_of_numbers_stay():
    assert for_comparison("(g = −0.30)") == "(g=-0.30)"
    assert pieces("a, (...) b. [. . .] c") == ("a", "b", "c")


@pytest.mark.parametrize(
    ("typed", "pages"),
    [
        ("", ()),
        ("p. 3", (3,)),
        ("pp. 3\N{EN DASH}5 and 9", (3, 4, 5, 9)),
        ("9-3", (3, 9)),
        ("1-99999", (1, 99999)),
    ],
)
def test_pages_as_typed(typed, pages):
    assert named_pages(typed) == pages


def test_a_quote_typed_from_a_pdf_is_found(tmp_path: Path):
    document = pymupdf.open()
    for text in ("Title of a review", "Two authors inde-\npendently selected\nthe studies."):
        document.new_page().insert_text((72, 72), text)
    document.save(tmp_path / "made.pdf")
    pages = read_pdf(tmp_path / "made.pdf").pages
    assert look_up("two authors independently selected the studies", "2", pages) == "yes"
    assert look_up("two authors independently selected the studies", "1", pages) == "other_page 2"
    assert look_up("one author selected the studies", "2", pages) == "no"


# --- the quotes of raters -------------------------------------------------------------------------

ITEMS = pd.DataFrame(
    [
        ("ash", "2", "open"),
        ("ash", "9", "raters_agree"),
        ("birch", "2", "empty"),
        ("elm", "2", "open"),
    ],
    columns=["review_id", "item", "state"],
)


def rated(name: str, *rows: tuple[str, str, str, str]) -> Source:
    columns = ["review_id", "item", "page", "quote"]
    data = pd.DataFrame(rows, columns=columns, dtype="object").assign(_row=range(2, 2 + len(rows)))
    return Source("amstar2", name, f"data/appraisal/amstar2/{name}.csv", data)


def text(report: str, *pages: str) -> quotes.FullText:
    return quotes.FullText(report, f"data/fulltexts/pdf/{report}.pdf", lambda: pages)


RATERS = [
    rated("R1", ("ash", "2", "1", "ends here"), ("ash", "9_rct", "2", "not a word of it"),
          ("birch", "2", "1", "ends here"), ("elm", "2", "1", "ends here")),
    rated("R2", ("ash", "2", "9", "ends here"), ("ash", "2", "1", "")),
]  # fmt: skip


def test_each_quote_has_its_mark_and_the_page_to_open() -> None:
    given = {
        "ash": [text("r1", "a scan", "x"), text("r2", "it ends here", "x")],
        "elm": [text("r3", " ")],
    }
    found = quotes.look_up_all(RATERS, ITEMS, given)
    shown = found[["review_id", "rater", "found", "report_id", "link_page"]].to_numpy().tolist()
    assert shown == [
        ["ash", "R1", "yes", "r2", 1],
        ["ash", "R1", "no", "r1", 2],
        ["elm", "R1", "no_text", "r3", 1],
        ["ash", "R2", "other_page 1", "r2", 1],
    ]
    marks = quotes.with_marks(ITEMS, found, {"2": "2", "9_rct": "9", "9": "9"})
    assert list(marks) == ["found: 1; on another page: 1", "not found: 1", "", "not looked up: 1"]
    assert found["where"][1] == "data/appraisal/amstar2/R1.csv row 3"


def test_quotes_wait_until_every_item_of_the_review_is_answered() -> None:
    found = quotes.look_up_all(RATERS, ITEMS, {"birch": [text("r9", "it ends here")]})
    assert "birch" not in set(found["review_id"])
    done = ITEMS.assign(state="raters_agree")
    assert "birch" in set(quotes.look_up_all(RATERS, done, {})["review_id"])


def test_without_pdfs_quotes_are_not_looked_up_and_counted_so() -> None:
    found = quotes.look_up_all(RATERS, ITEMS, {})
    assert set(found["found"]) == {"no_pdf"} and found["link_page"].isna().all()
    figures = Figures("appraisal")
    quotes.add_figures(figures, found, RATERS)
    assert figures.lines["appraisal.quotes.not_looked_up"]["value"] == 4
    assert figures.lines["appraisal.quotes.found"]["value"] == 0
    nothing = Figures("appraisal")
    quotes.add_figures(nothing, found.iloc[:0], [])
    assert nothing.lines == {}


def test_the_report_links_the_page() -> None:
    rows = [
        {"review_id": "ash", "rater": "R1", "item": "2", "criterion": "", "page": "3", "quote": "q",
         "found": "other_page 5", "file": "data/fulltexts/pdf/r 1.pdf", "link_page": "5"},
        {"review_id": "ash", "rater": "R1", "item": "2", "criterion": "", "page": "3", "quote": "q",
         "found": "no_pdf", "file": "", "link_page": ""},
    ]  # fmt: skip
    linked, bare = appraisal_quotes.build(Results({"appraisal/quotes": rows}, {}, {})).rows
    assert linked[-1].href == "../data/fulltexts/pdf/r%201.pdf#page=5"
    assert (linked[-1].shown, linked[-2].shown) == ("3 → 5", "✗ on page 5")
    assert (bare[-1].href, bare[-2].shown) == ("", "no PDF")


def test_the_stage_looks_quotes_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path("data/appraisal/amstar2")
    folder.mkdir(parents=True)
    answers = "".join(f"ash,{i},yes,,\n" for i in range(2, 17))
    (folder / "R1.csv").write_text(
        f"review_id,item,answer,page,quote\nash,1,yes,2,it ends here\n{answers}", encoding="utf-8"
    )
    Path("data/protocol.yaml").write_text("title: Made up\n", encoding="utf-8")
    Path("reviews.csv").write_text("review_id,review_type\nash,\n", encoding="utf-8")
    Path("reports.csv").write_text("report_id,review_id,role\nr1,ash,main\n", encoding="utf-8")
    Path("status.csv").write_text("report_id,pdf_status,file\nr1,ok,r1.pdf\n", encoding="utf-8")
    command = ["appraisal", "--protocol", "data/protocol.yaml", "--reviews", "reviews.csv",
               "--ratings", str(folder / "R1.csv"), "--out", "out",
               "--reports", "reports.csv", "--status", "status.csv"]  # fmt: skip
    for pdf, mark, answer in ((False, "not looked up: 1", "no_pdf"), (True, "found: 1", "yes")):
        if pdf:
            document = pymupdf.open()
            for words in ("a title", "and it ends\nhere"):
                document.new_page().insert_text((72, 72), words)
            document.save("r1.pdf")
        assert main(command) == 0
        assert read_text(Path("out/items.csv")).rows[0]["quotes"] == mark
        assert [r["found"] for r in read_text(Path("out/quotes.csv")).rows] == [answer]


@pytest.mark.shared
def test_real_articles_hold_what_is_quoted_from_them(shared: Path):
    """Runs of words of the PDFs, retyped on one line as a rater would, and the same with one word
    changed."""
    chance = random.Random(20)
    for path in sorted((shared / "corpora" / "pdfs").glob("*.pdf")):
        pages = read_pdf(path).pages
        tried = 0
        for number, page in enumerate(pages, start=1):
            words = page.split()
            if len(words) < 60:
                continue
            start = chance.randrange(len(words) - 12)
            run = words[start : start + 12]
            tried += 1
            assert look_up(" ".join(run), str(number), pages) == "yes", (path.name, number, run)
            left_out = " ".join(["«", *run[:4], "[...]", *run[8:]])
            assert look_up(left_out, str(number), pages) == "yes", (path.name, number, run)
            assert look_up(" ".join([*run[:6], "umbrellas", *run[6:]]), str(number), pages) == "no"
        assert tried > 3, path.name


@pytest.mark.shared
def test_what_another_program_reads_is_found(shared: Path):
    """Poppler reads the same pages otherwise: other ligatures, hyphens and order of columns.

    What is not found is mostly out of tables, which no one quotes.
    """
    poppler = shutil.which("pdftotext") or pytest.skip("pdftotext is not installed")
    chance = random.Random(3)
    answers: Counter[str] = Counter()
    for path in sorted((shared / "corpora" / "pdfs").glob("*.pdf")):
        pages = read_pdf(path).pages
        made = subprocess.run([poppler, path, "-"], capture_output=True, text=True, check=True)
        for number, page in enumerate(made.stdout.split("\f")[: len(pages)], start=1):
            listed = [part.split() for part in page.split("\n\n")]
            prose = [words for words in listed if len(words) >= 25]
            for words in chance.sample(prose, min(4, len(prose))):
                start = chance.randrange(len(words) - 12)
                answers[look_up(" ".join(words[start : start + 12]), str(number), pages)] += 1
    assert answers["yes"] > 0.85 * answers.total() > 300
