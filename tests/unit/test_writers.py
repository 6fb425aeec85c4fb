"""What is written for other tools can be read back, by our readers and by others."""

import csv
import io
import json
import re

import bibtexparser
import jsonschema_rs
import pytest
import rispy
from hypothesis import given
from hypothesis import strategies as st

from parapluie.cli.export import add_parser
from parapluie.errors import InputError
from parapluie.export import WRITERS, asreview, bibtex, csl, rayyan, ris
from parapluie.export.screening_tools import ASREVIEW, RAYYAN
from parapluie.export.values import ID_COLUMN, KINDS, line, own_id
from parapluie.records.readers import bibtex as bibtex_reader
from parapluie.records.readers import recognise
from parapluie.records.readers import ris as reader
from parapluie.records.tex import from_tex

REVIEW = {
    "report_id": "rec_00aa",
    "type": "JOUR",
    "title": "100% of {choirs} & “gardens”: α-blockers; a $5 made-up review",
    "abstract": "Aim: sing.\nER  - positive\n\nTY  - JOUR and   AB  - more.",
    "authors": "Ash, Bo; van der Elm, Cy; Sand and Gravel, Di",
    "group_authors": "Made-up Study Group; Sing, Hum and Play",
    "year": "2021",
    "journal": "Journal of Made-up Examples",
    "volume": "12",
    "issue": "3",
    "pages": "e12-e20",
    "doi": "10.9999/abc_1(2)",
    "pmid": "12345678",
    "pmcid": "PMC1234567",
    "article_no": "e77",
    "pub_types": "Review; Meta-Analysis",
    "issn": "1234-5678; 8765-4321",
    "isbn": "978-3-16-148410-0",
    "urls": "https://example.org/a_b?c=1%20; https://example.org/2",
    "language": "English",
    "keywords": "choir; Ear, Middle",
    "notes": "kept",
}
COLUMNS = (
    "type", "title", "abstract", "authors", "year", "journal", "volume", "issue", "pages", "doi",
    "pmcid", "issn", "isbn", "urls", "language", "keywords", "article_no", "pub_types",
)  # fmt: skip

# every character that a file can hold, with what is dangerous in these formats at the front
TEXT = st.lists(
    st.sampled_from(["ER  - ", "TY  - JOUR", "\n", "\r\n", "{", "}", '"', "%", ";", ",", "\\", "@",
                     "=", "   DO  - x", "#", "~", "^", "é", "漢", "\u2028", "\x85", " and ", "--",
                     "``", "''", "&amp;", "$", "<<", "?`", "\\'e", "Ж"])
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
    assert row["group_authors"] == "Made-up Study Group,; Sing, Hum and Play,"
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
    assert from_tex(fields["abstract"].value if "abstract" in fields else "") == line(abstract)
    assert from_tex(fields["title"].value if "title" in fields else "") == line(title)


def test_bibtex_fields():
    (entry,) = bibtexparser.parse_string(bibtex([REVIEW])).entries
    fields = {f.key: f.value for f in entry.fields}
    assert (entry.entry_type, entry.key) == ("article", "rec_00aa")
    assert fields["author"] == (
        "Ash, Bo and van der Elm, Cy and {Sand and Gravel}, Di and {Made-up Study Group} and "
        "{Sing, Hum and Play}"
    )
    assert fields["doi"] == REVIEW["doi"]  # a DOI is an address, not a text
    assert fields["issn"] == "1234-5678; 8765-4321" and fields["pages"] == "e12-e20"
    assert "PMID" not in fields["note"] and fields["pmid"] == "12345678"
    assert own_id({"note": [fields["note"]]}, {}) == "rec_00aa"


def from_bibtex(*rows):
    data = bibtex(rows).encode("utf-8")
    scanned = bibtex_reader.scan(data)
    assert not any(b.repairs for b in scanned.blocks) and scanned.n_junk == 0
    entries = bibtex_reader.read(scanned)
    dialect = bibtex_reader.dialect(scanned)
    assert dialect == "parapluie"
    return [bibtex_reader.row(entry, dialect, "") for entry in entries], entries


def test_bibtex_comes_back_as_it_was():
    (row,), (entry,) = from_bibtex(REVIEW)
    same = (*COLUMNS, "pmid", "group_authors")
    assert {c: row[c] for c in same} == {c: line(REVIEW[c]) for c in same}
    assert row["notes"] == "kept | parapluie-id: rec_00aa"
    assert own_id(entry, {}) == "rec_00aa"
    assert recognise("x", bibtex([REVIEW]).encode())[0] is bibtex_reader


def test_an_article_number_stands_for_pages_and_comes_back_as_one():
    one = {"report_id": "r1", "title": "x", "article_no": "e77"}
    (row,), _ = from_bibtex(one)
    assert (row["article_no"], row["pages"]) == ("e77", "")
    assert "SP  - e77" in ris([one]) and "C7  - e77" in ris([one])
    assert json.loads(csl([one]))[0]["page"] == "e77"


@pytest.mark.parametrize(
    ("authors", "written"),
    [
        ("Ash, Bo, Jr.", "Ash, Jr., Bo"),
        ("Madonna", "{Madonna}"),
        ("World Health Office", "{World Health Office}"),
        ("Band, Andy", "Band, Andy"),
        ("Ash, Bo and Co", "Ash, {Bo and Co}"),
        ("Ash, Bo, PhD", "Ash, {Bo, PhD}"),
    ],
)
def test_names_in_bibtex(authors, written):
    text = bibtex([{"report_id": "r1", "authors": authors}])
    assert f"author = {{{written}}}," in text
    (row,), _ = from_bibtex({"report_id": "r1", "authors": authors})
    assert row["authors"] or row["group_authors"] == authors
    assert authors in (row["authors"], row["group_authors"])


WORD = st.text(st.characters(categories=["L"], min_codepoint=97), min_size=2, max_size=8)
NAMES = st.lists(st.tuples(WORD, WORD).map(", ".join), max_size=4, unique=True).map("; ".join)
LISTED = st.lists(TEXT.filter(lambda t: ";" not in t and line(t)), max_size=4, unique=True)
FULL = st.fixed_dictionaries({
    "report_id": st.from_regex(r"rec_[0-9a-f]{16}", fullmatch=True),
    "title": TEXT, "abstract": TEXT, "journal": TEXT, "language": TEXT,
    "volume": TEXT, "issue": TEXT, "authors": NAMES, "year": st.just("2021"),
    "keywords": LISTED.map("; ".join), "notes": TEXT,
})  # fmt: skip


def is_said(text):
    """Tell whether a reader takes this for a value; ``NA`` or a copyright notice is none."""
    return line(text).lower() not in NULLS and not line(text).startswith("©")


NULLS = {"", "na", "n/a", "no", "none", "null", "nan", "undefined", "specified", "-",
                "not specified", "no abstract", "no title", "no abstract available"}  # fmt: skip


def compared(row, got):
    for column in ("title", "journal", "language", "volume", "issue"):
        if is_said(row[column]) and ";" not in row[column]:
            assert got[column] == line(row[column]), column
    assert got["abstract"] == line(row["abstract"]) or not is_said(row["abstract"])
    assert got["authors"] == row["authors"] and got["year"] == "2021"
    words = [line(w) for w in row["keywords"].split("; ") if is_said(w)]
    assert [w for w in got["keywords"].split("; ") if is_said(w)] == list(dict.fromkeys(words))
    assert line(row["notes"]) in got["notes"] and row["report_id"] in got["notes"]


@given(FULL)
def test_every_field_of_bibtex_comes_back(row):
    (got,), (entry,) = from_bibtex(row)
    compared(row, got)
    assert own_id(entry, {}) == row["report_id"]


@given(FULL)
def test_every_field_of_ris_comes_back(row):
    scanned = reader.scan(ris([row]).encode("utf-8"))
    (entry,) = reader.read(scanned)
    got = reader.row(entry, "ris", "")
    compared(row, got)
    assert own_id(entry, {}) == row["report_id"]


@given(FULL)
def test_every_cell_of_the_tables_comes_back(row):
    for writer, id_column in ((rayyan, "key"), (asreview, ID_COLUMN)):
        (got,) = csv.DictReader(io.StringIO(writer([row]), newline=""))
        assert (got["title"], got["abstract"]) == (line(row["title"]), line(row["abstract"]))
        assert (got[id_column], got["year"]) == (row["report_id"], "2021")
        assert own_id({k: [v] for k, v in got.items()}, {}) == row["report_id"]


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


def test_a_word_in_place_of_a_year_is_not_sent():
    row = {"report_id": "r1", "year": "in press", "title": "x"}
    assert next(csv.DictReader(io.StringIO(asreview([row]))))["year"] == ""
    assert next(csv.DictReader(io.StringIO(rayyan([row]))))["year"] == ""
    assert "PY  - " not in ris([row]) and "year" not in bibtex([row])
    assert "issued" not in json.loads(csl([row]))[0]


def test_asreview_table():
    rows = [{**REVIEW, "state": s} for s in ("include", "exclude", "awaiting", "conflict")]
    found = list(csv.DictReader(io.StringIO(asreview(rows))))
    assert [r["included"] for r in found] == ["1", "0", "", ""]
    assert found[0]["title"] == REVIEW["title"]
    assert tuple(found[0]) == ASREVIEW and "record_id" not in ASREVIEW
    assert own_id({k: [v] for k, v in found[0].items()}, {}) == "rec_00aa"


_STRING = {"type": "string"}
_TYPES = """
article article-journal article-magazine article-newspaper bill book broadcast chapter classic
collection dataset document entry entry-dictionary entry-encyclopedia figure graphic hearing
interview legal_case legislation manuscript map motion_picture musical_score pamphlet
paper-conference patent performance periodical personal_communication post post-weblog regulation
report review review-book software song speech standard thesis treaty webpage
"""
_NAMES = """
title container-title volume issue number page DOI PMID PMCID language abstract genre source ISSN
ISBN URL keyword note
"""
CSL = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["id", "type"],
        "additionalProperties": False,
        "properties": {
            **dict.fromkeys(_NAMES.split(), _STRING),
            "id": _STRING,
            "type": {"enum": _TYPES.split()},
            "author": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": dict.fromkeys(("family", "given", "suffix", "literal"), _STRING),
                },
            },
            "issued": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "date-parts": {
                        "type": "array",
                        "minItems": 1,
                        "items": {"type": "array", "minItems": 1, "items": {"type": "integer"}},
                    }
                },
            },
        },
    },
}
"""What csl-data of the citation style language (1.0.2) allows of the parts that are written."""


def test_csl_items():
    (item,) = json.loads(csl([{**REVIEW, "authors": "Ash, Bo; Elm, Cy, Jr.; Madonna"}]))
    assert (item["id"], item["type"]) == ("rec_00aa", "article-journal")
    assert item["author"][:3] == [
        {"family": "Ash", "given": "Bo"},
        {"family": "Elm", "given": "Cy", "suffix": "Jr."},
        {"literal": "Madonna"},
    ]
    assert item["author"][-1] == {"literal": "Sing, Hum and Play"}
    assert item["issued"] == {"date-parts": [[2021]]}
    assert item["ISSN"] == "1234-5678, 8765-4321"


@given(st.lists(FULL, max_size=3))
def test_csl_is_valid_whatever_the_texts(rows):
    found = json.loads(csl([REVIEW, *rows]))
    jsonschema_rs.validate(CSL, found)
    assert [item["id"] for item in found[1:]] == [row["report_id"] for row in rows]


@pytest.mark.parametrize("kind", KINDS)
def test_each_type_is_valid_in_csl_and_known_to_our_bibtex(kind):
    row = {"report_id": "r1", "title": "x", "type": kind}
    jsonschema_rs.validate(CSL, json.loads(csl([row])))
    assert f"TY  - {kind}" in ris([row])
    assert KINDS[kind][1] in bibtex_reader.TYPES


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
