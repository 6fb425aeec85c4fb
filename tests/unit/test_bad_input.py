"""Bad input of a search, row by row of the table of what may go wrong, each with its message."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from parapluie import tables
from parapluie.cli import main

TITLE = "A made-up review of walking"
RIS = f"TY  - JOUR\nTI  - {TITLE}\nAU  - Ash, A\nPY  - 2020\nAB  - Text.\nER  - \n"
NBIB = "PMID- 12345678\nTI  - A made-up review\nAB  - x\nFAU - Ash, A\nDP  - 2020\nSO  - J. 2020\n"
WOS = "FN Clarivate\nVR 1.0\nPT J\nAU Ash, A\nTI A made-up review\nPY 2020\nER\n\nEF\n"
XML = (
    "<xml><records><record><ref-type>17</ref-type><titles><title>A made-up review</title></titles>"
    "</record></records></xml>"
)
CSV = 'Title,Authors,Year\nA made-up review,"Ash, A",2020\n'
OF_PUBMED = "1. J Made Up. 2020 Jan;1(2):3-4. doi: 10.9999/x.\n\nA made-up review.\n\nAsh A(1).\n\n"


def ris(**more: str) -> str:
    """Give a record with other or further values; an empty one takes the line away."""
    lines = dict(line.split("  - ") for line in RIS.splitlines()[:-1]) | more
    return "\n".join(f"{tag}  - {v}" for tag, v in lines.items() if v) + "\nER  - \n"


@dataclass(frozen=True)
class Case:
    """Files, and what is said of them.

    Parameters
    ----------
    row : int
        Row of the table, from 1.
    files : dict
        Name to content.
    refused : str
        Pattern of the message; empty where the files are read.
    notes : dict
        Code in problems.csv to the lines that it names; of a whole file, none.
    warned : str
        What the first record has in its column ``warnings``.
    record : dict
        Further columns of the first record.
    words : tuple of str
        Further words of the command.
    declared, sha256 : str
        Cells of searches.csv.
    """

    row: int
    files: dict[str, str | bytes]
    refused: str = ""
    notes: dict[str, str] = field(default_factory=dict)
    warned: str = ""
    record: dict[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    declared: str = ""
    sha256: str = ""


def spoilt(text: str, code: str, encoding: str = "utf-8") -> Case:
    """Say that the first of two records has letters of which the code warns."""
    content = (ris(TI=text) + RIS).encode(encoding)
    return Case(6, {"a.ris": content}, notes={code: "1"}, warned=code)


CASES = [
    Case(1, {"a.ris": ""}, "found an empty file"),
    Case(1, {"a.ris": "Provider: X\nDatabase: Y\n"}, "no record of a known format.*0 records"),
    Case(1, {"a.ris": "<!DOCTYPE html><html><body>Log in"}, r"a web page \(HTML\).*log-in page"),
    Case(1, {"a.ris": b"%PDF-1.4\n"}, "found a PDF document"),
    Case(2, {"a.ris": RIS}, "found 3, but 1 records in a.ris", declared="3"),
    Case(2, {"a.ris": RIS}, words=("--accept-count", "s0=two are pages"), declared="3"),
    Case(2, {"a.ris": RIS}, "--accept-count.*SEARCH_ID=REASON.*Say why",
         words=("--accept-count", "s0="), declared="3"),
    Case(3, {"a.ris": NBIB}, notes={"other_name": ""}, record={"dialect": "pubmed"}),
    Case(3, {"a.csv": WOS}, notes={"other_name": ""}, record={"dialect": "wos"}),
    Case(3, {"a.ris": CSV}, notes={"other_name": ""}, record={"title": "A made-up review"}),
    Case(3, {"a.nbib": XML}, notes={"other_name": ""}, record={"title": "A made-up review"}),
    Case(3, {"a.txt": RIS}, record={"title": TITLE}),
    Case(4, {"a.txt": OF_PUBMED + "PMID: 12345678\n"}, r"'Abstract \(text\)'.*Format: PubMed"),
    Case(4, {"a.txt": "1: Ash A. A made-up review. J. 2020. PMID: 12345678.\n"},
         r"'Summary \(text\)'.*Format: PubMed"),
    Case(5, {"a.ris": b"\xef\xbb\xbf" + RIS.encode()}, notes={"byte_order_mark": ""}),
    Case(5, {"a.ris": RIS.encode("utf-16")}, notes={"utf16": ""}),
    Case(5, {"a.ris": RIS.replace("\n", "\r")}, notes={"cr_line_ends": ""}),
    Case(5, {"a.ris": RIS.replace("\n", "\r\n", 2)}, notes={"mixed_line_ends": ""}),
    spoilt("A caf\xe9", "not_utf8", "cp1252"),
    spoilt("A caf\xc3\xa9", "mojibake_mended"),
    spoilt("A caf\xc3\xa9, na\xefve", "mojibake"),  # not all of it goes back to UTF-8
    spoilt("A caf\ufffd", "replacement_character"),
    Case(7, {"a.ris": RIS.replace("ER  - \n", "") + RIS}, notes={"no_end": "5"}, warned="no_end"),
    Case(7, {"a.ris": RIS + RIS.replace("TY  - JOUR\n", "")}, notes={"no_type": "7"}),
    Case(7, {"a.ris": RIS + "ER  - \n"}, notes={"doubled_end": "7"}),
    Case(7, {"a.ris": "TY  - JOUR\n" + RIS}, notes={"doubled_type": "2"}),
    Case(7, {"a.ris": RIS + "N2  - late\n"}, notes={"tag_after_end": "7"}, warned="tag_after_end"),
    Case(7, {"a.ris": "N1  - early\n" + RIS}, notes={"tag_before_first": "1"}),
    Case(8, {"a.ris": ris(TI="")}, notes={"no_title": "1"}, warned="no_title"),
    Case(8, {"a.ris": ris(PY="")}, notes={"no_year": "1"}, warned="no_year"),
    Case(8, {"a.ris": ris(AB="")}, notes={"no_abstract": "1"}, warned="no_abstract"),
    Case(9, {"a.ris": ris(DO="see the web")}, notes={"doi_malformed": "1"},
         record={"doi": "", "raw_extra": '{"DO": ["see the web"]}'}),
    Case(9, {"a.ris": ris(DO="10.9999/a\nDO  - 10.9999/b")}, notes={"several_dois": "1"},
         record={"doi": "10.9999/a", "raw_extra": '{"DO": ["10.9999/b"]}'}),
    *(Case(9, {"a.ris": ris(N1=note)}, notes={"doi_of_other_work": "1"},
           record={"doi": "", "notes": note})
      for note in ("Erratum in: J 2021. doi: 10.9999/e", "Preprint: https://doi.org/10.9999/p",
                   "Comment in: doi 10.9999/c")),
    Case(10, {"a.ris": RIS, "b.ris": RIS}, "row 3.*'b.ris', the same file as 'a.ris' in row 2"),
    Case(10, {"a.ris": RIS}, "column sha256: found 'a.ris' with another content", sha256="0" * 64),
    Case(10, {"a.ris": RIS}, "column sha256: found 2 for 1 files", sha256=f"{'0' * 64};{'1' * 64}"),
    Case(11, {"a.csv": "Export of 1 June\n\n" + CSV}, record={"line_first": "4"}),
    Case(11, {"a.csv": CSV + "\nTerm,Count\n"}, "row 4: found 2 cells.*ignore_rows"),
    Case(11, {"a.csv": CSV + "B,C,2020,x,y\n"}, "row 3: found 5 cells.*3 cells, as in the header"),
    Case(11, {"a.csv": "Title,Title,Year\nA made-up review,B,2020\n"},
         notes={"several_titles": "2"}, record={"raw_extra": '{"Title": ["B"]}'}),
    Case(11, {"a.csv": "Title;Authors;Year\nA made-up review;Ash, A;2020\n"},
         record={"authors": "Ash, A", "year": "2020"}),
    Case(11, {"a.tsv": "Title\tAuthors\tYear\nA made-up review\tAsh, A\t2020\n"},
         record={"authors": "Ash, A", "year": "2020"}),
    Case(12, {"a.csv": "Title,Year,Pages\nA made-up review,2020,3-Mar\n"},
         notes={"excel_date": "2"}),
    Case(12, {"a.csv": "Title,Year,PMID\nA made-up review,2020,1.2E+07\n"},
         notes={"excel_number": "2"}, record={"pmid": ""}),
    Case(12, {"a.csv": f"Title,Year,Abstract\nA made-up review,2020,{'x' * 32767}\n"},
         notes={"excel_cut": "2"}),
]  # fmt: skip

ELSEWHERE = {
    13: ("test_decide_import", "test_every_fault_is_told_and_nothing_is_written",
         "test_the_log_wins_over_the_notes"),
    14: ("test_decision_log", "test_every_fault_at_once",
         "test_decisions_after_the_day_of_the_lock"),
    15: ("test_screening", "test_without_files_everything_awaits", "test_votes_make_states"),
    16: ("test_fulltexts", "test_status_of_files", "test_match_rule"),
}  # fmt: skip
"""Rows about decisions and full texts, with the tests that hold their messages."""


def read(case: Case, folder: Path) -> int:
    """Run the command on the files of a case."""
    raw = folder / "raw"
    raw.mkdir()
    rows = ["search_id,source,kind,declared_records,files,sha256"]
    for n, (name, content) in enumerate(case.files.items()):
        (raw / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        rows.append(f"s{n},S,database,{case.declared},{name},{case.sha256}")
    (folder / "searches.csv").write_text("\n".join([*rows, ""]), encoding="utf-8")
    files = [str(raw / name) for name in case.files]
    searches = str(folder / "searches.csv")
    return main(
        ["records", "--searches", searches, "--raw", *files, "--out", str(folder / "out"),
         *case.words]
    )  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"row{c.row}")
def test_each_row_says_what_it_should(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = read(case, tmp_path)
    told = capsys.readouterr().err
    if case.refused:
        assert code == 2 and re.search(case.refused, told), told
        assert not (tmp_path / "out" / "records.csv").exists()
        return
    assert code == 0, told
    notes = {
        r["code"]: r for r in tables.read_result(tmp_path / "out/problems.csv").to_dict("records")
    }
    assert case.notes.items() <= {c: r["lines"] for c, r in notes.items()}.items()
    assert all(notes[c]["meaning"] for c in case.notes)
    rows = tables.read_result(tmp_path / "out/records.csv").to_dict("records")
    first = min(rows, key=lambda r: int(r["source_record_no"]))
    assert case.record.items() <= first.items()
    assert set(case.warned.split(";")) - {""} <= set(first["warnings"].split(";"))
    if case.row == 6:
        (other,) = (r for r in rows if r is not first)
        assert case.warned not in other["warnings"]


def test_rows_of_decisions_and_full_texts_are_tested() -> None:
    for module, *tests in ELSEWHERE.values():
        there = importlib.import_module(f"tests.unit.{module}")
        assert all(callable(getattr(there, name)) for name in tests)


@pytest.mark.shared
def test_every_row_of_the_table_has_a_case(shared: Path) -> None:
    text = (shared / "specs" / "ingest-and-screening.md").read_text(encoding="utf-8")
    table = text.split("### 5.4")[1].split("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("|")][2:]
    assert {case.row for case in CASES} | {*ELSEWHERE} == set(range(1, len(rows) + 1))
