"""Full texts: status, PDFs that are no PDFs, the right article, quotes on their page."""

from pathlib import Path

import pandas as pd
import pymupdf
import pytest

from parapluie.cli import main
from parapluie.fulltexts import Sources, full_texts, match_rule
from parapluie.pdf import read_pdf
from parapluie.tables import Table, read_result

LINES = ["Peer support in groups: a systematic review", "doi 10.1000/", "abc.1", "x " * 300]


def make_pdf(path: Path, pages: list[str], **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    document = pymupdf.open()
    for text in pages:
        page = document.new_page()
        page.insert_textbox(pymupdf.Rect(50, 50, 550, 800), text, fontsize=9)
    document.save(path, **options)
    return path


def test_status_of_files(tmp_path):
    text = "\n".join(LINES)
    good = read_pdf(make_pdf(tmp_path / "good.pdf", [text, "second"]))
    assert (good.status, len(good.pages)) == ("ok", 2)
    assert read_pdf(make_pdf(tmp_path / "scan.pdf", ["1", "2"])).status == "scanned"
    locked = make_pdf(
        tmp_path / "locked.pdf", [text], encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="x"
    )
    assert read_pdf(locked).status == "encrypted"
    for name, content, status in (
        ("empty", b"", "empty"),
        ("page", b"<html>Access denied</html>", "not_a_pdf"),
        ("broken", b"%PDF-1.7\nnothing", "damaged"),
    ):
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(content)
        assert read_pdf(path).status == status


@pytest.mark.parametrize(
    ("doi", "title", "rule"),
    [
        ("10.1000/ABC.1", "Another title that is long", "doi"),
        ("10.1000/other", "Peer-support in Groups — a systematic review", "title"),
        ("", "Another title that is long", "not_matched"),
        ("10.1000/other", "", "not_matched"),
        ("", "Short", "not_checkable"),
    ],
)
def test_match_rule(doi, title, rule):
    assert match_rule(["\n".join(LINES)], doi, title) == rule


@pytest.fixture
def review(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "results/screening/state.csv": "report_id,stage,state,reason,decided_by,votes_n\n"
        + "".join(
            f"r{i},title_abstract,{'exclude' if i == 6 else 'include'},,,2\n" for i in range(1, 7)
        )
        + "r1,full_text,include,,,2\nr2,full_text,awaiting,,,0\nr3,full_text,awaiting,,,0\n"
        + "r4,full_text,awaiting,,,0\nr5,full_text,awaiting,,,0\n",
        "results/deduplication/reports.csv": "report_id,title,doi\n"
        + f"r1,{LINES[0]},10.1000/abc.1\nr2,,\nr3,,\nr4,A quite different article,\nr5,,\nr6,,\n",
        "results/deduplication/aliases.csv": "record_id,report_id\nr2b,r2\n",
        "data/fulltexts/fulltexts.csv": "report_id,retrieved,not_retrieved_reason,file\n"
        + "r1,no,,\nr2b,no,no library has it,\nr5,awaiting,,fulltexts/pdf/gone.pdf\n",
        "data/extraction/reports.csv": "report_id,review_id,role\nr1,one2020,main\n",
        "data/extraction/findings.csv": "finding_id,review_id,quote,page\n"
        + "F1,one2020,systematic review,1\nF2,one2020,not there,1\n"
        + "F3,two2020,any,1\nF4,one2020,,1\n",
    }.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    make_pdf(Path("data/fulltexts/pdf/r1.pdf"), ["\n".join(LINES)])
    make_pdf(Path("data/fulltexts/pdf/r4.pdf"), ["\n".join(LINES)])
    return tmp_path


def test_command(review):
    pdfs = ["data/fulltexts/pdf/r1.pdf", "data/fulltexts/pdf/r4.pdf"]
    results = [
        "--state",
        "results/screening/state.csv",
        "--reports",
        "results/deduplication/reports.csv",
        "--aliases",
        "results/deduplication/aliases.csv",
    ]
    assert (
        main(
            [
                "fulltexts",
                *results,
                "--fulltexts",
                "data/fulltexts/fulltexts.csv",
                "--pdfs",
                *pdfs,
                "--quotes",
                "data/extraction/findings.csv",
                "data/extraction/reports.csv",
                "--extraction-reports",
                "data/extraction/reports.csv",
                "--out",
                "results/fulltexts",
            ]
        )
        == 0
    )
    status = read_result(Path("results/fulltexts/status.csv")).set_index("report_id")
    assert dict(status["status"]) == {
        "r1": "retrieved",
        "r2": "not_retrieved",
        "r3": "awaiting",
        "r4": "awaiting",
        "r5": "awaiting",
    }
    assert dict(status["pdf_status"]) == {
        "r1": "ok",
        "r2": "",
        "r3": "",
        "r4": "wrong_article",
        "r5": "missing_file",
    }
    assert "decided at full text" in status.loc["r1", "note"]
    assert status.loc["r1", "match_rule"] == "doi"
    quotes = read_result(Path("results/fulltexts/quotes.csv"))
    assert list(quotes["found"]) == ["yes", "no", "no_pdf"]
    figures = read_result(Path("results/fulltexts/figures.csv")).set_index("key")["value"]
    assert figures["fulltexts.sought"] == "5"
    assert figures["fulltexts.quotes.not_checked"] == "1"
    rows = read_result(Path("results/fulltexts/figures.csv")).set_index("key")["file"]
    assert "data/extraction/reports.csv" in rows["fulltexts.quotes.found"].split(";")
    assert (figures["fulltexts.pdf"], figures["fulltexts.pdf_problems"]) == ("1", "2")
    assert (
        main(
            [
                "fulltexts",
                *results,
                "--fulltexts",
                "--pdfs",
                "--quotes",
                "--extraction-reports",
                "--out",
                "results/bare",
            ]
        )
        == 0
    )


@pytest.mark.parametrize(("state", "rows"), [("awaiting_second", 0), ("include", 1)])
def test_quotes_of_a_decision_wait_for_all_votes(state, rows):
    columns = ["report_id", "decision", "page", "quote"]
    made = [{"report_id": "r1b", "decision": "include", "page": "1", "quote": "words"}]
    votes = Table("data/screening/full_text/main/R1.csv", columns, made, [2])
    states = [("r1", "title_abstract", "include"), ("r1", "full_text", state)]
    found = full_texts(
        Sources(
            state=pd.DataFrame(states, columns=["report_id", "stage", "state"]),
            reports={"r1": {}},
            aliases={"r1": "r1", "r1b": "r1"},
            listed=Table("data/fulltexts/fulltexts.csv"),
            pdfs={},
            missing={},
            quoting=[votes],
            reports_of_review={},
        )
    )
    assert len(found.quotes) == rows


@pytest.mark.shared
def test_real_pdfs_hold_their_text(shared):
    found = [read_pdf(path) for path in sorted((shared / "corpora/pdfs").rglob("*.pdf"))]
    assert len(found) == 12
    assert {pdf.status for pdf in found} == {"ok"}
