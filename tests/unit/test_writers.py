"""What is written for other tools can be read back, by our readers and by others."""

import csv
import io
import json
import re

import bibtexparser
import pytest
import rispy
from hypothesis import given
from hypothesis import strategies as st

from parapluie.cli.export import add_parser
from parapluie.errors import InputError
from parapluie.export import WRITERS, asreview, bibtex, csl, rayyan, ris
from parapluie.export.bibtex import plain
from parapluie.export.screening_tools import RAYYAN
from parapluie.export.values import KINDS, line, own_id
from parapluie.records.readers import ris as reader

REVIEW = {
    "report_id": "rec_00aa",
    "type": "JOUR",
    "title": "100% of {choirs} & “gardens”: α-blockers; a $5 made-up review",
    "abstract": "Aim: sing.\nER  - positive\n\nTY  - JOUR and   AB  - more.",
    "authors": "Ash, Bo; van der Elm, Cy; Sand and Gravel, Di",
    "group_authors": "Made-up Study Group",
    "year": "2021",
    "journal": "Journal of Made-up Examples",
    "volume": "12",
    "issue": "3",
    "pages": "e12-e20",
    "doi": "10.9999/abc_1(2)",
    "pmid": "12345678",
    "pmcid": "PMC1234567",
    "issn": "1234-5678; 8765-4321",
    "isbn": "978-3-16-148410-0",
    "urls": "https://example.org/a_b?c=1%20; https://example.org/2",
    "language": "English",
    "keywords": "choir; mood",
    "notes": "kept",
}
COLUMNS = (
    "type", "title", "abstract", "authors", "year", "journal", "volume", "issue", "pages", "doi",
    "pmcid", "issn", "isbn", "urls", "language", "keywords",
)  # fmt: skip

# every character that a file can hold, with what is dangerous in these formats at the front
TEXT = st.lists(
    st.sampled_from(["ER  - ", "TY  - JOUR", "\n", "\r\n", "{", "}", '"', "%", ";", ",", "\\", "@",
                     "=", "   DO  - x", "#", "~", "^", "é", "漢", "\u2028", "\x85", " and "])
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    max_size=8,
).map("".join)  # fmt: skip


def read_back(text: str):
    scanned = reader.scan(text.encode("utf-8"))
    return reader.read(scanned)


def test_ris_in_the_form_that_all_tools_take():
    text = ris([REVIEW, {"report_id": "r2", "title": "Two"}])
    lines = text.split("\r\n")
    assert "\n" not in text.replace("\r\n", "") and not text.startswith("\ufeff")
    assert lines[0] == "TY  - JOUR" and lines[1] == "AN  - rec_00aa"
    assert lines.count("ER  - ") == 2 and lines.count("TY  - GEN") == 1
    assert all(not row or re.match(r"[A-Z][A-Z0-9]  - ", row) for row in lines)
    assert "N1  - parapluie-id: rec_00aa" in lines and "N1  - PMID: 12345678" in lines
    assert "AU  - Made-up Study Group," in lines


def test_ris_comes_back_as_it_was():
    (values,) = read_back(ris([REVIEW]))
    row = reader.row(values, "ris", "")
    expected = {c: line(REVIEW[c]) for c in COLUMNS}
    assert {c: row[c] for c in COLUMNS} == expected
    assert row["group_authors"] == "Made-up Study Group,"
    assert own_id(values, {}) == "rec_00aa"


def test_ris_for_rispy():
    (found,) = rispy.loads(ris([REVIEW]))
    assert found["title"] == line(REVIEW["title"]) and found["year"] == "2021"
    assert found["authors"][:2] == ["Ash, Bo", "van der Elm, Cy"]
    assert found["abstract"] == line(REVIEW["abstract"])
    assert (found["start_page"], found["end_page"]) == ("e12", "e20")
    assert found["accession_number"] == "rec_00aa"


@given(TEXT, TEXT)
def test_no_text_breaks_ris(title, abstract):
    row = {"report_id": "r1", "title": title, "abstract": abstract}
    text = ris([row, {"report_id": "r2", "title": "Two"}])
    ours = read_back(text)
    theirs = rispy.loads(text)
    for found, tag, name, value in (
        (ours[0], "TI", "title", title),
        (ours[0], "AB", "abstract", abstract),
    ):
        assert found.get(tag, [""])[0].split() == line(value).split()
        assert theirs[0].get(name, "").split() == line(value).split()
    assert [v["AN"] for v in ours] == [["r1"], ["r2"]] and len(theirs) == 2


@given(TEXT, TEXT)
def test_no_text_breaks_bibtex(title, abstract):
    row = {"report_id": "r1", "title": title, "abstract": abstract, "authors": "Ash, Bo"}
    found = bibtexparser.parse_string(bibtex([row, {"report_id": "r2", "title": "Two"}]))
    assert not found.failed_blocks
    assert [e.key for e in found.entries] == ["r1", "r2"]
    fields = found.entries[0].fields_dict
    assert plain(fields["abstract"].value if "abstract" in fields else "") == line(abstract)
    held = fields["title"].value if "title" in fields else "{}"
    assert plain(held[1:-1]) == line(title)


def test_bibtex_fields():
    (entry,) = bibtexparser.parse_string(bibtex([REVIEW])).entries
    fields = {f.key: f.value for f in entry.fields}
    assert (entry.entry_type, entry.key) == ("article", "rec_00aa")
    assert plain(fields["title"]) == "{" + line(REVIEW["title"]) + "}"
    assert fields["author"] == (
        "Ash, Bo and van der Elm, Cy and {Sand and Gravel, Di} and {Made-up Study Group}"
    )
    assert fields["doi"] == REVIEW["doi"]  # a DOI is an address, not a text
    assert fields["issn"] == "1234-5678; 8765-4321" and fields["pages"] == "e12-e20"
    assert own_id({"note": [fields["note"]]}, {}) == "rec_00aa"


def test_rayyan_table():
    (row,) = csv.DictReader(io.StringIO(rayyan([REVIEW])))
    assert tuple(row) == RAYYAN and len(RAYYAN) == 21
    assert row["key"] == "rec_00aa" and row["notes"].endswith("parapluie-id: rec_00aa")
    assert row["authors"].startswith("Ash, Bo and van der Elm, Cy") and row["pubmed_id"]
    back = {**row, "key": "rayyan-9", "notes": row["notes"] + ' | RAYYAN-INCLUSION: {"A"=>"Maybe"}'}
    assert own_id({k: [v] for k, v in back.items()}, {}) == "rec_00aa"


@pytest.mark.shared
def test_the_columns_are_those_of_rayyan(shared):
    for name in ("ray_nalaham.csv", "cff_rayyan.csv"):
        path = shared / "corpora/search-exports" / name
        with path.open(encoding="utf-8") as file:
            assert file.readline().strip().split(",") == list(RAYYAN)


def test_asreview_table():
    rows = [{**REVIEW, "state": s} for s in ("include", "exclude", "awaiting", "conflict")]
    found = list(csv.DictReader(io.StringIO(asreview(rows))))
    assert [r["included"] for r in found] == ["1", "0", "", ""]
    assert found[0]["title"] == REVIEW["title"]


def test_csl_items():
    (item,) = json.loads(csl([REVIEW]))
    assert (item["id"], item["type"]) == ("rec_00aa", "article-journal")
    assert item["author"][0] == {"family": "Ash", "given": "Bo"}
    assert item["author"][-1] == {"literal": "Made-up Study Group"}
    assert item["issued"] == {"date-parts": [[2021]]}
    assert all(isinstance(v, str) for k, v in item.items() if k not in ("author", "issued"))
    # names of the citation style language, schema csl-data
    allowed = {"id", "type", "title", "container-title", "volume", "issue", "page", "number", "DOI",
               "PMID", "PMCID", "language", "abstract", "ISSN", "ISBN", "URL", "author", "issued",
               "keyword", "note"}  # fmt: skip
    assert set(item) <= allowed
    types = {"article-journal", "article-magazine", "article-newspaper", "book", "chapter",
             "paper-conference", "thesis", "report", "dataset", "webpage", "manuscript",
             "document"}  # fmt: skip
    assert {names[0] for names in KINDS.values()} == types


@pytest.mark.parametrize("name", WRITERS)
def test_an_empty_record_is_written_and_none_is_lost(name):
    rows = [{"report_id": f"r{i}"} for i in range(3)]
    text = WRITERS[name](rows)
    assert all(f"r{i}" in text for i in range(3))


# --- the command ----------------------------------------------------------------------------------


def export(*words: str) -> None:
    import argparse

    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    args = parser.parse_args(["export", *words])
    args.run(args)


def test_command(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reports.csv").write_text("report_id,title\nr1,One\nr2,Two\n")
    (tmp_path / "state.csv").write_text(
        "report_id,stage,state\nr1,title_abstract,include\nr2,title_abstract,exclude\n"
    )
    words = ["--reports", "reports.csv", "--state", "state.csv"]
    export(*words, "--to", "asreview", "--out", "a.csv")
    assert (tmp_path / "a.csv").read_text().count("\n") == 3
    export(*words, "--to", "ris", "--out", "a.ris", "--only", "include")
    assert "TI  - One" in (tmp_path / "a.ris").read_text()
    assert "1 of 2 written" in capsys.readouterr().out
    with pytest.raises(InputError, match="'r9'"):
        export(*words, "--to", "ris", "--out", "b.ris", "--only", "r9", "r1")
    assert not (tmp_path / "b.ris").exists()
    with pytest.raises(InputError, match="Run `snakemake` first"):
        export("--reports", "none.csv", "--to", "ris", "--out", "b.ris")
