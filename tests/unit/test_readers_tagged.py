"""Tagged text of PubMed, Web of Science, EndNote and Ovid: each quirk, and nothing lost."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie import tables
from parapluie.records import pieces, records
from parapluie.records.readers import enw, nbib, ovid, recognise, wos
from parapluie.records.readers.ovid import author, source_parts
from tests.unit.test_real_exports import bare, listed

FIXTURES = Path(__file__).parents[1] / "fixtures"
READERS = {"nbib": nbib, "wos": wos, "enw": enw, "ovid": ovid}
FILES = [(k, path) for k in READERS for path in sorted((FIXTURES / k).iterdir())]
COUNTS = {
    "pubmed.nbib": 4, "eric.nbib": 2, "damaged.nbib": 3, "unindented.nbib": 1,
    "savedrecs.txt": 3, "zoorec.txt": 1, "damaged.ciw": 4,
    "endnote.enw": 3, "titles_first.txt": 4,
    "embase.ovd": 3, "several.txt": 4,
}  # fmt: skip
"""Records of each file, counted when it was written."""

SYNTAX = {
    "nbib": r"(?m)^[A-Z]{2,4} {0,2}- ?",
    "wos": r"(?m)^(ER\s*$|[A-Z][A-Z0-9]( |$))",
    "enw": r"(?m)^%[^\sa-z] ",
    "ovid": r"(?m)^[A-Z][A-Z0-9]  - ?",
}
"""What is left out of a raw record to get its values: the tags of the format."""


def rows(kind: str, name: str, source: str = "S") -> list[dict[str, str]]:
    reader = READERS[kind]
    scanned = reader.scan((FIXTURES / kind / name).read_bytes())
    dialect = reader.dialect(scanned)
    return [reader.row(entry, dialect, source) for entry in reader.read(scanned)]


def repairs(kind: str, name: str) -> list[tuple[int, str]]:
    scanned = READERS[kind].scan((FIXTURES / kind / name).read_bytes())
    READERS[kind].read(scanned)
    return [r for block in scanned.blocks for r in block.repairs] + scanned.repairs


def kept(row: dict[str, str]) -> str:
    """Give all letters of a row and of what its columns did not hold."""
    extra = json.loads(row["raw_extra"] or "{}")
    return bare("\n".join(row.values()) + "\n".join(v for vs in extra.values() for v in vs))


def whole(kind: str, data: bytes) -> None:
    """Check that the letters of each record are those of its values, and all are in its row."""
    reader = READERS[kind]
    scanned = reader.scan(data)
    entries = reader.read(scanned)
    for block, values in zip(scanned.blocks, entries, strict=True):
        text = re.sub(SYNTAX[kind], "", f"{block.raw}\n{block.outside}")
        assert bare(text) == bare("".join(v for _, v in block.tags)), block.line_first
        row = kept(reader.row(values, reader.dialect(scanned), ""))
        for value in (v for found in values.values() for v in found):
            assert bare(value) in row, (block.line_first, value)


# --- every file -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "path"), FILES, ids=[p.name for _, p in FILES])
def test_fixtures_are_recognised_counted_and_kept_whole(kind: str, path: Path) -> None:
    data = path.read_bytes()
    chosen, problems = recognise("x.ris", data)
    assert (chosen, problems) == (READERS[kind], [])
    assert len(READERS[kind].scan(data).blocks) == COUNTS[path.name]
    assert {code for _, code in repairs(kind, path.name)} <= set(READERS[kind].REPAIRS)
    if path.name != "unindented.nbib":  # what stands there like tags is text
        whole(kind, data)


@pytest.mark.shared
@pytest.mark.parametrize("kind", READERS)
def test_real_exports_keep_every_letter(shared: Path, kind: str) -> None:
    folder = shared / "corpora" / "search-exports"
    names = [name for name, k, _ in listed(folder) if k == kind]
    assert names
    for name in names:
        whole(kind, (folder / name).read_bytes())


@pytest.mark.shared
def test_real_exports_of_other_formats_are_left_to_other_readers(shared: Path) -> None:
    folder = shared / "corpora" / "search-exports"
    others = [name for name, kind, _ in listed(folder) if kind not in READERS]
    assert len(others) > 80
    for name in others:
        chosen, _ = recognise(name, (folder / name).read_bytes())
        assert chosen not in READERS.values(), name


def test_the_stage_reads_them_all_and_names_each_repair(tmp_path: Path) -> None:
    lines = [f"s{n},S,database,,{COUNTS[p.name]},{p.name}," for n, (_, p) in enumerate(FILES)]
    path = tmp_path / "searches.csv"
    header = "search_id,source,kind,search_date,declared_records,files,ids"
    path.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    result = records(
        tables.read(path, "search/searches"), {p.name: p.read_bytes() for _, p in FILES}
    )
    assert len(result.records) == sum(COUNTS.values())
    said = set(zip(result.problems["file"], result.problems["code"], strict=True))
    assert {
        ("damaged.nbib", "blank_line"), ("damaged.nbib", "cut_short"),
        ("damaged.nbib", "not_utf8"), ("unindented.nbib", "unknown_tag_in_text"),
        ("damaged.ciw", "no_end"), ("damaged.ciw", "no_type"), ("damaged.ciw", "tag_after_end"),
        ("titles_first.txt", "no_blank_line"),
    } <= said  # fmt: skip
    assert set(result.problems["meaning"]) - {""}


@pytest.mark.parametrize(("kind", "path"), FILES, ids=[p.name for _, p in FILES])
@pytest.mark.parametrize("size", [1, 700])
def test_pieces_hold_the_same_records_as_the_whole(kind: str, path: Path, size: int) -> None:
    reader = READERS[kind]
    end = b"\r\n\r\n" if b"\r\n" in path.read_bytes() else b"\n\n"
    data = (path.read_bytes().removeprefix(b"\xef\xbb\xbf") + end) * 5
    about = pieces.Export("s", "S", "", False, path.name, "d")
    one = pieces.read_piece(reader, data, about)
    parts = [
        pieces.read_piece(reader, data[a:b], about, line)
        for a, b, line in pieces.cut(reader, data, size)
    ]
    assert [r for p in parts for r in p.rows] == one.rows
    assert [x for p in parts for x in p.lines] == one.lines
    assert sum(p.n_junk for p in parts) == one.n_junk
    for code, found in one.codes.items():
        assert [n for p in parts for n in p.codes.get(code, [])] == found


@pytest.mark.parametrize(("name", "n"), [("pubmed.nbib", 4), ("savedrecs.txt", 3),
                                         ("endnote.enw", 2), ("embase.ovd", 2)])  # fmt: skip
def test_large_files_are_cut(name: str, n: int) -> None:
    kind, path = next((k, p) for k, p in FILES if p.name == name)
    data = (path.read_bytes() + b"\r\n\r\n") * 3
    assert len(list(READERS[kind].cuts(data, 1))) >= 2 * n


# --- which format ---------------------------------------------------------------------------------

RIS = (
    "TY  - JOUR\nTI  - About formats\nAB  - Records begin so:\nPMID- 12\nOWN - NLM\n"
    "FN Clarivate Analytics\nVR 1.0\nPT J\nAU x\n%0 Journal Article\n%T x\n<1. >\nTI  - y\nER  - \n"
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (RIS, "RIS"),
        ("Provider: X\n\n<1. >\n" + RIS, "RIS"),
        ("PMID- 1\nOWN - NLM\nTI  - x\nAB  - Records begin so:\n" + RIS, nbib.NAME),
        ("PT J\nTI x\nAB Records begin so:\n" + RIS + "ER\n", wos.NAME),
        ("%0 Book\n%T x\n%X Records begin so:\n" + RIS.replace("%", ""), enw.NAME),
        ("<1. >\nVN  - Ovid Technologies\nTI  - x\nAB  - Records begin so:\n" + RIS, ovid.NAME),
        ("junk, and more\n" * 10_000 + "PMID- 1\nOWN - NLM\nTI  - x\n", nbib.NAME),
        ("junk, and more\n" * 40_000 + "PT J\nTI x\nER\n", wos.NAME),
    ],
)
def test_what_stands_first_decides(text: str, name: str) -> None:
    chosen, _ = recognise("x.txt", text.encode())
    assert chosen is not None
    assert name == chosen.NAME


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_encodings_and_line_ends(encoding: str, end: str) -> None:
    text = "PMID- 91000001\nOWN - NLM\nTI  - Über\n      Müdigkeit\n\nPMID- 91000002\nTI  - Ähren\n"
    data = text.replace("\n", end).encode(encoding)
    assert recognise("x", data)[0] is nbib
    assert [v["TI"] for v in nbib.read(nbib.scan(data))] == [["Über Müdigkeit"], ["Ähren"]]


@pytest.mark.parametrize(
    ("text", "found", "mend"),
    [
        ("1. J Made Up. 2021;1:1.\n\nA title.\n\nAsh B.\n\nText.\n\nPMID: 91000001\n",
         "Abstract (text)", "Format: PubMed"),
        ("1. J Made Up. 2021;1:1.\n\nA title.\n\nWe searched\nCENTRAL; PubMed; Embase; Title;\n"
         "DOI; CINAHL; PsycInfo; Year;\n\nPMID: 91000001\n",
         "Abstract (text)", "Format: PubMed"),
        ("1: Ash B. A title. J Made Up. 2021;1:1. PMID: 91000001.\n",
         "Summary (text)", "Format: PubMed"),
        ("91000001\n91000002\n", "a list of numbers", "Format: PubMed"),
        ("PMID- 91000001\nno tag below\n", "PubMed format (nbib)", "Format: PubMed"),
        ("FN Clarivate Analytics Web of Science\nVR 1.0\nEF\n", "Web of Science", "Full Record"),
        ("<1>\nUnique Identifier\n  91000001\nTitle\n  A title.\n", "of Ovid", "Citavi"),
        ("Record #1 of 1\nID: CN-00000001\nTI: A title\n", "Cochrane", "RIS (EndNote)"),
        ("RT Journal Article\nSR Print\nID 1\nA1 Ash,B.\n", "RefWorks", "RIS"),
        ('[{"title": "x"}]', "JSON", "RIS"),
        ("{\\rtf1\\ansi Choirs}", "RTF", "RIS"),
    ],
)  # fmt: skip
def test_text_without_records_is_refused_with_the_right_menu(
    text: str, found: str, mend: str
) -> None:
    chosen, (problem,) = recognise("data/search/raw/x.txt", text.encode())
    assert chosen is None
    assert found in problem.found
    assert mend in problem.mend


@pytest.mark.shared
def test_abstracts_of_pubmed_as_text_are_refused_in_one_line(shared: Path) -> None:
    path = shared / "corpora" / "search-exports" / "lb_pubmed_abstracts.txt"
    chosen, (problem,) = recognise(path.name, path.read_bytes())
    assert chosen is None
    assert "Abstract (text)" in problem.found
    assert "Format: PubMed" in problem.mend


# --- PubMed ---------------------------------------------------------------------------------------


def test_columns_of_pubmed() -> None:
    first, notice, chapter, old = rows("nbib", "pubmed.nbib")
    assert (first["pmid"], first["pmcid"], first["doi"]) == (
        "91000001", "PMC9100001", "10.9999/made.2021.001",
    )  # fmt: skip
    assert first["authors"] == "Ash, Bo; van der Elm, Cy D Jr"
    assert first["group_authors"] == "Made-up Singing Group"
    assert first["keywords"] == "*Singing; Mental Health; choir"
    assert (first["issn"], first["language"]) == ("9999-123X; 9999-1245", "eng; ger")
    assert first["pub_types"] == "Journal Article; Systematic Review; Retracted Publication"
    assert first["abstract"].endswith("this text, and so is TY  - JOUR at its end.")
    assert first["notes"] == "KIE: an unpadded tag | KIE: and another"
    assert (first["retraction_status"], notice["retraction_status"]) == (
        "retracted", "retraction_notice",
    )  # fmt: skip
    assert (notice["authors"], notice["article_no"], notice["pages"]) == ("Reed, T", "e12", "")
    assert (chapter["type"], chapter["journal"]) == ("CHAP", "Made-up Book Reviews(®)")
    assert (chapter["isbn"], chapter["authors"]) == ("978-3-16-148410-0", "Fern, Gil")
    assert (old["title"], old["pmid"], old["year"]) == ("Über das Singen im Chor.", "4321", "1975")
    assert old["abstract"] == "An abstract in another hand."
    assert json.loads(old["raw_extra"])["TI"] == ["[Not Available]."]


def test_columns_of_eric() -> None:
    first, second = rows("nbib", "eric.nbib")
    assert (first["dialect"], first["accession"], first["pmid"]) == ("eric", "EJ9100001", "")
    assert (first["doi"], first["issn"]) == ("10.9999/eric.12", "9999-1234")
    assert first["urls"].startswith("http://eric.ed.gov/?id=EJ9100001")
    assert (second["type"], second["title"]) == ("THES", "A thesis without identifiers")


@pytest.mark.parametrize(
    ("tag", "status"),
    [("RIN", "retracted"), ("RRI", "retracted"), ("ROF", "retraction_notice"),
     ("ECI", "expression_of_concern"), ("ECF", "expression_of_concern"), ("CIN", "")],
)  # fmt: skip
def test_links_of_pubmed_tell_of_retractions(tag: str, status: str) -> None:
    row = nbib.row({"TI": ["A title"], tag: ["J Made Up. 2021;1:1."]}, "pubmed", "")
    assert row["retraction_status"] == status
    assert json.loads(row["raw_extra"]) == {tag: ["J Made Up. 2021;1:1."]}


@pytest.mark.parametrize(
    ("types", "status"),
    [("Retracted Publication", "retracted"), ("Retraction of Publication", "retraction_notice"),
     ("Retraction Notice", "retraction_notice"), ("Published Erratum", ""), ("Comment", ""),
     ("Expression of Concern", "expression_of_concern")],
)  # fmt: skip
def test_publication_types_of_pubmed_are_kept_and_tell_of_retractions(
    types: str, status: str
) -> None:
    row = nbib.row({"TI": ["A title"], "PT": ["Journal Article", types]}, "pubmed", "")
    assert (row["pub_types"], row["retraction_status"]) == (f"Journal Article; {types}", status)


def test_authors_without_a_full_name_keep_their_place() -> None:
    values = {"FAU": ["Ash, Bo", "Elm, Cy"], "AU": ["Ash B", "Birch AA", "Elm C"]}
    row = nbib.row(values, "pubmed", "")
    assert row["authors"] == "Ash, Bo; Birch, AA; Elm, Cy"
    assert json.loads(row["raw_extra"])["AU"] == values["AU"]


def test_dois_of_pubmed() -> None:
    said = {"LID": ["S1-2 [pii]"], "SO": ["J. 2021;1:1. doi: 10.9999/from.source. Epub 2021."]}
    assert nbib.row(said, "pubmed", "")["doi"] == "10.9999/from.source"
    assert "doi" not in nbib.row({"LID": ["10.9999/1 [pii]"]}, "pubmed", "")["warnings"]
    wrong = nbib.row({"LID": ["unknown [doi]"]}, "pubmed", "")
    assert (wrong["doi"], "doi_malformed" in wrong["warnings"]) == ("", True)
    two = nbib.row({"LID": ["10.9999/A [doi]"], "AID": ["10.9999/b [doi]"]}, "pubmed", "")
    assert (two["doi"], "several_dois" in two["warnings"]) == ("10.9999/a", True)
    assert json.loads(two["raw_extra"]) == {"AID": ["10.9999/b [doi]"], "LID": ["10.9999/A [doi]"]}


def test_damaged_pubmed_files_are_mended_and_said() -> None:
    assert [r["title"] for r in rows("nbib", "damaged.nbib")] == [
        "Müdigkeit – a title in cp1252.",
        "No blank line before this record.",
        "The last record is cut",
    ]
    assert rows("nbib", "damaged.nbib")[0]["authors"] == "Nuß, P"
    assert repairs("nbib", "damaged.nbib") == [
        (11, "blank_line"), (14, "blank_line"), (16, "no_blank_line"), (29, "cut_short"),
    ]  # fmt: skip
    scanned = nbib.scan((FIXTURES / "nbib" / "damaged.nbib").read_bytes())
    assert (scanned.n_junk, scanned.encoding) == (4, "cp1252")


def test_a_number_may_stand_at_the_dash() -> None:
    text = "PMID-11111111\nTI  - A\n      title\nAB  - PMID-7 in it.\n\nPMID-22222222\nTI  - Two\n"
    scanned = nbib.scan(text.encode())
    made = [nbib.row(entry, "pubmed", "") for entry in nbib.read(scanned)]
    assert [r["pmid"] for r in made] == ["11111111", "22222222"]
    assert [r["title"] for r in made] == ["A title", "Two"]
    assert (made[0]["abstract"], scanned.n_junk) == ("PMID-7 in it.", 0)


def test_text_that_looks_like_tags_stays_text() -> None:
    (row,) = rows("nbib", "unindented.nbib")
    assert row["abstract"].endswith("ER  - positive in half of them. CD4 - cells were not counted.")
    assert repairs("nbib", "unindented.nbib") == [(n, "unknown_tag_in_text") for n in (5, 6, 7)]


def test_lines_doubled_by_line_ends_are_not_records() -> None:
    text = (FIXTURES / "nbib" / "pubmed.nbib").read_bytes()
    doubled = nbib.scan(text.replace(b"\r\n", b"\r\n\r\n"))
    assert [b.tags for b in doubled.blocks] == [b.tags for b in nbib.scan(text).blocks]


# --- Web of Science -------------------------------------------------------------------------------


def test_columns_of_web_of_science() -> None:
    first, chapter, medline = rows("wos", "savedrecs.txt")
    assert first["title"].startswith("Choirs and well-being: a made-up overview of systematic")
    assert first["abstract"] == (
        "The hazard ratio was HR  - 1.20, ER ER positive, and PT J is part of this text."
    )
    assert (first["authors"], first["group_authors"]) == (
        "Ash, Bo; van der Elm, Cy", "Made-up Singing Group; Second Group",
    )  # fmt: skip
    assert first["keywords"] == "singing; mental health; choir; QUALITY-OF-LIFE; MOOD"
    assert (first["accession"], first["pmid"]) == ("WOS:000910000000001", "91000001")
    assert (first["issn"], first["pages"]) == ("9999-123X; 9999-1245", "101-119")
    assert (first["retraction_status"], first["pub_types"]) == ("retracted", "Review; Early Access")
    assert first["database"] == "Web of Science Core Collection"
    assert len(json.loads(first["raw_extra"])["CR"]) == 2
    assert (chapter["type"], chapter["doi"], chapter["pages"]) == ("CHAP", "", "7")
    assert chapter["isbn"] == "978-3-16-148410-0; 978-3-16-148411-7"
    assert (medline["pmid"], medline["database"]) == ("54321", "MEDLINE")
    assert (medline["year"], medline["article_no"]) == ("1975", "1722")
    (bird,) = rows("wos", "zoorec.txt")
    assert (bird["authors"], bird["pages"]) == ("Ivy, Kim N.; Juniper, Lou", "i-iv, 1-74")
    assert bird["database"] == "Zoological Record"


def test_a_book_of_web_of_science_has_its_own_doi() -> None:
    values = {"PT": ["B"], "TI": ["A Book"], "SO": ["A BOOK"], "D2": ["10.9999/BOOK"]}
    assert (wos.row(values, "wos", "")["type"], wos.row(values, "wos", "")["doi"]) == (
        "BOOK", "10.9999/book",
    )  # fmt: skip


def test_damaged_web_of_science_files_are_mended_and_said() -> None:
    assert [r["title"] for r in rows("wos", "damaged.ciw")] == [
        "No type line here – Größe", "No end here", "A tag after the end", "Cut",
    ]  # fmt: skip
    assert repairs("wos", "damaged.ciw") == [
        (5, "no_type"), (15, "no_end"), (21, "tag_after_end"), (25, "no_end"),
    ]  # fmt: skip


def test_lines_of_web_of_science_outside_records_are_kept_and_said() -> None:
    data = (
        b"DA 2024\n\nPT J\nTI x\nER\nER\n\nAU Elm, C\nUT WOS:1\nER\n\n"
        b"   PT J\nVL 2\n\nPT J\nTI y\nER\n"
    )
    scanned = wos.scan(data)
    assert wos.read(scanned) == [
        {"PT": ["J"], "TI": ["x"], "DA": ["2024"]},
        {"AU": ["Elm, C"], "UT": ["WOS:1"], "VL": ["2"]},
        {"PT": ["J"], "TI": ["y"]},
    ]
    assert [code for block in scanned.blocks for _, code in block.repairs] == [
        "tag_before_first", "no_type", "tag_after_end",
    ]  # fmt: skip
    assert (scanned.repairs, scanned.n_junk) == ([(6, "doubled_end")], 1)
    assert [data[place:] for place in wos.cuts(data, 1)] == []


def test_two_files_of_web_of_science_in_one() -> None:
    data = (FIXTURES / "wos" / "zoorec.txt").read_bytes() * 2
    scanned = wos.scan(data)
    assert (len(scanned.blocks), scanned.n_junk, scanned.repairs) == (2, 0, [])


# --- EndNote --------------------------------------------------------------------------------------


def test_columns_of_endnote() -> None:
    first, chapter, thesis = rows("enw", "endnote.enw")
    assert (first["type"], first["year"], first["pages"]) == ("JOUR", "2021", "101-119")
    assert first["abstract"] == (
        "First paragraph of the abstract. Second paragraph: 50% of the choirs sang %d is no tag."
    )
    assert (first["authors"], first["group_authors"]) == (
        "Ash, Bo; van der Elm, Cy", "Made-up Singing Group,",
    )  # fmt: skip
    assert first["keywords"] == "singing; *mental health; choir"
    assert (first["doi"], first["pmid"]) == ("10.9999/made.2021.001", "91000001")
    assert (first["pmcid"], first["database"]) == ("PMC9100001", "PubMed")
    assert first["urls"] == "https://example.org/a?b=1; https://example.org/2"
    assert first["notes"] == "First note on two lines"
    assert (chapter["type"], chapter["journal"]) == ("CHAP", "Made-up Book of Gardens")
    assert (chapter["isbn"], chapter["issn"]) == ("978-3-16-148410-0", "")
    assert (thesis["type"], thesis["doi"]) == ("THES", "10.9999/thesis.4")
    assert "no_title" in thesis["warnings"]


def test_records_of_endnote_that_begin_with_their_title() -> None:
    found = rows("enw", "titles_first.txt")
    assert [r["type"] for r in found] == ["", "JOUR", "", ""]
    assert found[0]["authors"] == "Ivy, Kim; Juniper, Lou"
    assert (found[1]["authors"], found[1]["keywords"]) == ("Larch, L", "a keyword stands first")
    assert repairs("enw", "titles_first.txt") == [
        (18, "blank_line"), (19, "no_blank_line"), (21, "no_blank_line"),
    ]  # fmt: skip


# --- Ovid -----------------------------------------------------------------------------------------


def test_columns_of_ovid() -> None:
    first, abstract, empty = rows("ovid", "embase.ovd")
    assert first["abstract"].endswith("HR  - 1.20, and TY  - JOUR is part of this text.")
    assert (first["authors"], first["database"]) == ("Ash, B.; van der Elm, C.D.", "Embase")
    assert (first["accession"], first["pmid"]) == ("2091000001", "91000001")
    assert (first["journal"], first["volume"], first["issue"], first["pages"]) == (
        "Journal of Made-up Examples", "12", "3", "101-119",
    )  # fmt: skip
    assert (first["doi"], first["issn"]) == ("10.9999/made.2021.001", "9999-123X; 9999-1245")
    assert first["keywords"] == "*singing; human; choir"
    assert (abstract["type"], abstract["article_no"]) == ("ABST", "77")
    assert json.loads(empty["raw_extra"]) == {"untagged": ["<3003. >"]}
    medline, psycinfo, chapter, journals = rows("ovid", "several.txt")
    assert (medline["pmid"], medline["retraction_status"]) == ("91000031", "retracted")
    assert (medline["authors"], medline["issue"]) == ("Larch, Lou M", "Suppl 1")
    assert (psycinfo["accession"], psycinfo["pmid"]) == ("2010-91000-001", "")
    assert (psycinfo["keywords"], psycinfo["pages"]) == ("Singing; choir, mood", "45-52")
    assert (chapter["authors"], chapter["isbn"]) == ("Nettle, N. O.; Oak, P.", "3-16-148410-0")
    assert chapter["keywords"] == "first term second term behind a blank line"
    assert (journals["authors"], journals["year"]) == ("Zhang, Weijia; Poe, Q.", "2010")


def test_numbers_above_records_of_ovid_are_no_part_of_their_ids() -> None:
    data = (FIXTURES / "ovid" / "embase.ovd").read_bytes()
    moved = ovid.scan(data.replace(b"<3001. >", b"<7>"))
    assert moved.blocks[0].raw == ovid.scan(data).blocks[0].raw


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("BMJ. 374:n1234, 2021 08 12.", ("BMJ", "374", "", "n1234", "")),
        ("J Examples. 12(3 Suppl):45-67, 2020 Jan.", ("J Examples", "12", "3 Suppl", "45-67", "")),
        ("J. Ex. Psych. 12(3) (pp 45-67), 2020. Date of Publication: 1 Mar 2020.",
         ("J. Ex. Psych", "12", "3", "45-67", "")),
        ("Examples. 8 (no pagination), 2020. Article Number: 12. Date of Publication: 2020.",
         ("Examples", "8", "", "", "12")),
        ("Examples in Psychology. Vol.45(3), 2019, ArtID 123.",
         ("Examples in Psychology", "45", "3", "", "123")),
        ("A book without places.", ("", "", "", "", "")),
    ],
)  # fmt: skip
def test_parts_of_sources(source: str, parts: Sequence[str]) -> None:
    found = source_parts(source)
    names = ("journal", "volume", "issue", "pages", "article_no")
    assert tuple(found.get(name, "") for name in names) == tuple(parts)


@pytest.mark.parametrize(
    ("written", "name"),
    [("Behan L.", "Behan, L."), ("Smith, MA", "Smith, MA"), ("Noel, J. C. 3", "Noel, J. C."),
     ("Peterson, James A. Ph.D., FACSM", "Peterson, James A."), ("WIJERS, Gea D M.",
      "WIJERS, Gea D M."), ("World Health Organization", "World Health Organization")],
)  # fmt: skip
def test_authors_of_ovid(written: str, name: str) -> None:
    assert author(written) == name


# --- any number of any records --------------------------------------------------------------------

WORD = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs"], exclude_characters="\ufeff"),
    min_size=1,
    max_size=8,
).filter(lambda word: not word.isspace())
DANGER = ["PMID- 1", "OWN - NLM", "TI  - x", "ER", "ER  - ", "PT J", "EF", "VR 1.0", "TY  - JOUR",
          "%0 Book", "%T x", "<1. >", "12.", "VN  - Ovid Technologies", "a; b", "n/a"]  # fmt: skip
LINE = st.lists(st.one_of(WORD, st.sampled_from(DANGER)), min_size=1, max_size=4).map(" ".join)
VALUE = st.lists(LINE, min_size=1, max_size=3)
ENDS = st.sampled_from(["\n", "\r\n"])
Records = list[list[tuple[str, list[str]]]]


def entries(tags: Sequence[str]) -> st.SearchStrategy[Records]:
    """Give records: for each a title first, and further tags with the lines of their values."""
    pairs = st.lists(st.tuples(st.sampled_from(tags), VALUE), max_size=6)
    return st.lists(st.tuples(VALUE, pairs).map(lambda r: [("title", r[0]), *r[1]]), min_size=1,
                    max_size=5)  # fmt: skip


def check(
    reader: ModuleType, made: Records, tags: Callable[[str], str], text: str, n_own: int
) -> None:
    """Check that as many records are read as were made, with every value under its tag."""
    data = text.encode()
    assert recognise("x", data)[0] is reader
    scanned = reader.scan(data)
    read = reader.read(scanned)
    assert (len(scanned.blocks), len(read)) == (len(made), len(made))
    for record, values in zip(made, read, strict=True):
        for tag, lines in record:
            found = bare("\n".join(values[tags(tag)]))
            assert bare("\n".join(lines)) in found
        assert len(values) == len({tag for tag, _ in record}) + n_own
        row = kept(reader.row(values, reader.dialect(scanned), ""))
        assert all(bare(v) in row for found in values.values() for v in found)


@given(
    made=entries(["AB", "AU", "FAU", "CN", "JT", "PG", "LID", "MH", "PT", "DP", "CIN", "GR"]),
    end=ENDS,
    apart=st.sampled_from(["", "\n", "\n\n", "\n1:\n"]),
)
def test_any_records_of_pubmed(made: Records, end: str, apart: str) -> None:
    def tag(name: str) -> str:
        return "TI" if name == "title" else name

    text = "\n"
    for number, record in enumerate(made, start=1):
        text += f"PMID- {number}\nOWN - NLM\n"
        text += "".join(f"{tag(t):<4}- " + "\n      ".join(v) + "\n" for t, v in record) + apart
    check(nbib, made, tag, text.replace("\n", end), 2)


@given(
    made=entries(["AB", "AU", "AF", "CA", "SO", "BP", "DI", "DE", "ID", "CR", "C1", "UT"]),
    end=ENDS,
    is_ended=st.booleans(),
)
def test_any_records_of_web_of_science(made: Records, end: str, is_ended: bool) -> None:
    def tag(name: str) -> str:
        return "TI" if name == "title" else name

    text = "FN Clarivate Analytics Web of Science\nVR 1.0\n"
    for record in made:
        text += "PT J\n" + "".join(f"{tag(t)} " + "\n   ".join(v) + "\n" for t, v in record)
        text += "ER\n\n" if is_ended else ""
    check(wos, made, tag, (text + "EF\n").replace("\n", end), 1)


@given(
    made=entries(["%X", "%A", "%J", "%D", "%P", "%K", "%U", "%R", "%Z", "%@", "%9", "%~"]),
    apart=st.sampled_from(["\n", "\n\n\n"]),
    is_first=st.booleans(),
)
def test_any_records_of_endnote(made: Records, apart: str, is_first: bool) -> None:
    def tag(name: str) -> str:
        return "%T" if name == "title" else name

    text = ""
    for record in made:
        lines = [f"{tag(t)} " + "\n".join(line.replace("%", "_") for line in v) for t, v in record]
        lines.insert(0 if is_first else 1, "%0 Journal Article")
        text += "\n".join(lines) + "\n" + apart
    made = [[(t, [line.replace("%", "_") for line in v]) for t, v in r] for r in made]
    check(enw, made, tag, text, 1)


@given(
    made=entries(["AB", "AU", "SO", "MH", "IS", "DO", "DB", "PT", "YR", "PM", "IN", "KW"]),
    end=ENDS,
    apart=st.sampled_from(["", "\n", "\n\n"]),
)
def test_any_records_of_ovid(made: Records, end: str, apart: str) -> None:
    def tag(name: str) -> str:
        return "TI" if name == "title" else name

    text = ""
    for number, record in enumerate(made, start=1):
        text += f"<{number}. >\nVN  - Ovid Technologies\n"
        safe = ([line.replace("<", "(") for line in v] for _, v in record)
        text += "".join(
            f"{tag(t)}  - " + "\n      ".join(v) + "\n"
            for (t, _), v in zip(record, safe, strict=True)
        )
        text += apart
    made = [[(t, [line.replace("<", "(") for line in v]) for t, v in r] for r in made]
    check(ovid, made, tag, text.replace("\n", end), 1)
