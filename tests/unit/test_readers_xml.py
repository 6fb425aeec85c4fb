"""EndNote XML and PubMed XML: what each program writes, and XML that is broken or cut off."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie.records.decisions import decisions_of
from parapluie.records.fields import COLUMNS
from parapluie.records.readers import endnote_xml, pubmed_xml, recognise
from parapluie.records.readers import ris as ris_reader
from parapluie.records.xml import parsed, scan_xml

FIXTURES = Path(__file__).parents[1] / "fixtures" / "xml"
READERS = {"endnote": endnote_xml, "mendeley": endnote_xml, "zotero": endnote_xml,
           "pubmed": pubmed_xml}  # fmt: skip


def content(name: str) -> bytes:
    return (FIXTURES / f"{name}.xml").read_bytes()


def rows(data: bytes, reader=endnote_xml) -> list[dict[str, str]]:
    scanned = reader.scan(data)
    dialect = reader.dialect(scanned)
    return [reader.row(entry, dialect, "") for entry in reader.read(scanned)]


def bare(text: str) -> str:
    return re.sub(r"[\s;|]+", "", text)


def wrapped(*records: str) -> bytes:
    return f"<?xml version='1.0'?><xml><records>{''.join(records)}</records></xml>".encode()


def record(text: str) -> str:
    return f"<record><ref-type name='Journal Article'>17</ref-type>{text}</record>"


@pytest.mark.parametrize(("name", "reader"), READERS.items())
def test_dialects_are_known_by_content(name: str, reader) -> None:
    chosen, problems = recognise("x.txt", content(name))
    assert (chosen, problems) == (reader, [])
    assert reader.dialect(reader.scan(content(name))) == name


@pytest.mark.parametrize(("name", "reader"), READERS.items())
def test_every_word_and_attribute_ends_in_a_column_or_in_raw_extra(name: str, reader) -> None:
    scanned = reader.scan(content(name))
    entries = reader.read(scanned)
    assert not scanned.repairs and not any(b.repairs for b in scanned.blocks)
    for block, entry in zip(scanned.blocks, entries, strict=True):
        row = reader.row(entry, name, "")
        assert set(row) <= set(COLUMNS)
        extra = json.loads(row["raw_extra"])
        kept = bare(" ".join([*row.values(), *(v for found in extra.values() for v in found)]))
        assert all(bare(v) in kept for values in entry.values() for v in values)
        element, _ = parsed(block.raw)
        for part in element.iter():
            words = (part.text or "").split() + (part.tail or "").split()
            if part.tag != "style" and "}" not in part.tag:  # style only says how a text looks
                # of identifiers the attribute is the name, of headings a star
                named = ("IdType", "EIdType", "MajorTopicYN")
                words += [v for name, v in part.attrib.items() if name not in named]
            assert all(bare(word) in kept for word in words), part.tag


# --- what each program writes ---------------------------------------------------------------------


def test_endnote() -> None:
    article, chapter = rows(content("endnote"))
    assert article["title"] == "Effect of E. coli on choirs & mood: <20 reviews"
    assert article["abstract"] == "First part. Second part, H2O."
    assert article["authors"] == "Ash, B. A.; Müller, Cy"
    assert article["group_authors"].rstrip(",") == "Made-up Study Group"
    assert (article["type"], article["year"], article["pages"]) == ("JOUR", "2019", "134-137")
    assert (article["volume"], article["issue"]) == ("32", "4")
    assert (article["doi"], article["pmid"]) == ("10.9999/cmr.11", "31366609")
    assert (article["pmcid"], article["issn"]) == ("PMC6750137", "0893-8512")
    assert article["pub_types"] == "Journal Article; Systematic Review"
    assert article["notes"].startswith("1098-6618 | Ash, Bo A | Journal Article | ")
    assert article["keywords"] == "*Choirs; Mood/*therapy"
    extra = json.loads(article["raw_extra"])
    assert extra["isbn"] == ["0893-8512 (Print) 0893-8512"]
    assert extra["ref-type@name"] == ["Journal Article"] and extra["rec-number"] == ["19"]
    assert (chapter["type"], chapter["journal"]) == ("CHAP", "Handbook")
    assert (chapter["authors"], chapter["isbn"]) == ("Elm, C.", "978-3-16-148410-0")


def test_raw_text_is_that_of_the_file() -> None:
    data = content("endnote")
    first, second = endnote_xml.scan(data).blocks
    assert first.raw.encode() in data and second.raw.encode() in data
    assert first.raw.startswith("<record><database") and first.raw.endswith("</record>")
    assert "&#xD;" in first.raw
    assert (first.line_first, second.line_last) == (1, 1)
    (block,) = endnote_xml.scan(content("zotero").replace(b"\n", b"\r\n")).blocks
    assert block.raw == endnote_xml.scan(content("zotero")).blocks[0].raw
    lines = content("zotero").decode().split("\n")
    assert lines[block.line_first - 1].strip() == "<record>"
    assert lines[block.line_last - 1].strip() == "</record>"


def test_lines_beyond_those_that_lxml_counts() -> None:
    many = "\n".join(record(f"<titles><title>{n}</title></titles>\n\n") for n in range(30_000))
    blocks = endnote_xml.scan(wrapped(many)).blocks
    assert len(blocks) == 30_000
    assert (blocks[-1].line_first, blocks[-1].line_last) == (89_998, 90_000)
    assert dict(blocks[-1].tags)["titles/title"] == "29999"


def test_mendeley_says_pubmed_ids_and_issues_in_its_own_way() -> None:
    first, second = rows(content("mendeley"))
    assert (first["pmid"], first["issue"], first["type"]) == ("35319117", "3", "JOUR")
    assert first["abstract"] == "BACKGROUND: Short (p < 0.05)."
    assert (second["type"], second["warnings"]) == ("GEN", "no_abstract;no_year;no_authors")


def test_zotero() -> None:
    (row,) = rows(content("zotero"))
    assert row["title"] == "Growth of Allium in choirs" and row["type"] == "THES"
    assert row["urls"] == "https://example.org/thesis?a=1&b=2"
    (entry,) = endnote_xml.read(endnote_xml.scan(content("zotero")))
    assert entry["research-notes"] == ["<p>ASReview_relevant</p>"]
    assert "internal-pdf://Ash.pdf" in row["raw_extra"]


@pytest.mark.parametrize(
    ("kind", "type_"),
    [('<ref-type name="Electronic Article">43</ref-type>', "EJOUR"),
     ("<ref-type>32</ref-type>", "THES"), ("<ref-type>999</ref-type>", "GEN"),
     ('<ref-type name="Podcast">62</ref-type>', "GEN"), ("", "GEN")],
)  # fmt: skip
def test_types_are_those_of_ris(kind: str, type_: str) -> None:
    (row,) = rows(wrapped(f"<record>{kind}<titles><title>x</title></titles></record>"))
    assert row["type"] == type_


def test_an_accession_number_is_a_pubmed_id_only_where_the_record_is_from_medline() -> None:
    number = (
        "<accession-num>12345678</accession-num><source-app name='EndNote'>EndNote</source-app>"
    )
    other = "<remote-database-name>Embase</remote-database-name>"
    medline = "<remote-database-name>Ovid MEDLINE(R)</remote-database-name>"
    found = rows(wrapped(record(number + other), record(number + medline), record(number)))
    assert [row["pmid"] for row in found] == ["", "12345678", ""]
    assert {row["accession"] for row in found} == {"12345678"}


def test_pubmed() -> None:
    article, chapter = rows(content("pubmed"), pubmed_xml)
    assert article["title"] == "Effect of E. coli on choirs in H2O."
    assert article["abstract"] == "AIM: To sing. RESULTS: Inhaled He3 (p<0.05)."
    assert article["authors"] == "Ash, Bo C, Jr"
    assert article["group_authors"] == "Made-up Study Group"
    assert (article["year"], article["year_raw"]) == ("2015", "2015 Sep-Oct")
    assert (article["doi"], article["pmid"], article["pmcid"]) == (
        "10.9999/jds.2014", "12345678", "PMC6022861",
    )  # fmt: skip
    assert (article["pages"], article["volume"], article["issue"]) == ("5194-5210", "98", "8")
    assert article["journal"] == "Journal of made-up examples"
    assert article["issn"] == "0022-0302; 1525-3198"
    assert article["keywords"] == "Mood/*therapy; choir"
    assert article["pub_types"] == "Journal Article; Systematic Review"
    assert article["retraction_status"] == "retracted"  # by the link to the retraction
    assert "several_dois" not in article["warnings"]  # that of a cited work is another one's
    extra = json.loads(article["raw_extra"])
    assert extra["Reference"] == ["Examples. 2015;1:2 10.9999/of-another"]
    assert extra["MedlinePgn"] == ["5194-210"]
    assert (chapter["type"], chapter["title"]) == ("CHAP", "Gardening")
    assert (chapter["journal"], chapter["authors"]) == ("Handbook of Choirs", "Elm, Cy")
    assert (chapter["accession"], chapter["isbn"]) == ("NBK22", "1859962521")
    assert json.loads(chapter["raw_extra"])["Editor"] == ["Yew, Di"]


def test_a_book_of_pubmed_and_an_old_number() -> None:
    book = (
        "<PubmedArticleSet><PubmedBookArticle><BookDocument><PMID>22</PMID><Book><BookTitle>"
        "Choirs</BookTitle></Book></BookDocument></PubmedBookArticle></PubmedArticleSet>"
    )
    (row,) = rows(book.encode(), pubmed_xml)
    assert (row["type"], row["title"], row["journal"], row["pmid"]) == ("BOOK", "Choirs", "", "22")


@pytest.mark.parametrize("root", ["PubmedArticle", "PubmedBookArticle"])
def test_one_record_of_pubmed_without_a_set(root: str) -> None:
    data = f"<{root}><X><PMID>22</PMID></X></{root}>".encode()
    assert recognise("x.xml", data) == (pubmed_xml, [])
    assert len(pubmed_xml.scan(data).blocks) == 1


# --- broken XML -----------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", [1, 8, 20, 400, 700])
def test_what_stands_before_a_cut_is_read_and_the_cut_is_said(cut: int) -> None:
    data = content("endnote")[:-cut]
    scanned = endnote_xml.scan(data)
    entries = endnote_xml.read(scanned)
    assert len(entries) == len(scanned.blocks) == 2
    assert entries[0]["titles/title"] and entries[1]["ref-type"] == ["5"]
    codes = {c for _, c in scanned.repairs} | {c for b in scanned.blocks for _, c in b.repairs}
    assert codes >= ({"file_cut"} if cut > 6 else set())
    assert all(code in endnote_xml.REPAIRS for code in codes)


def test_a_cut_record_keeps_its_text() -> None:
    text = record("<titles><title>Choirs</title></titles><abstract>The file en")
    data = wrapped(text)[: -len("</record></records></xml>")]
    (block,) = endnote_xml.scan(data).blocks
    (entry,) = endnote_xml.read(endnote_xml.scan(data))
    assert (entry["titles/title"], entry["abstract"]) == (["Choirs"], ["The file en"])
    assert block.tags and "no_end" in [code for _, code in block.repairs]


def test_a_missing_end_closes_where_the_next_record_begins() -> None:
    first = "<record><titles><title>One</title></titles>"
    scanned = endnote_xml.scan(wrapped(first, record("<titles><title>Two</title></titles>")))
    assert [e["titles/title"] for e in endnote_xml.read(scanned)] == [["One"], ["Two"]]
    assert "no_end" in [code for _, code in scanned.blocks[0].repairs]


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("A & B", "A & B"),
        ("p <0.05 & p < 1", "p <0.05 & p < 1"),
        ("A&nbsp;B &eacute; &unknown;", "A B é &unknown;"),
        ("A\x0bB\x01 &#x1F;C &#0;D", "A B C D"),
        ("<![CDATA[A & </record> B]]>", "A & </record> B"),
        ("A <!-- </record> --> B", "A B"),
        ("a <b than c", "a <b than c"),
    ],
)
def test_marks_that_xml_forbids_are_mended_and_said(title: str, read: str) -> None:
    data = wrapped(record(f"<titles><title>{title}</title></titles>"), record("<pages>1</pages>"))
    scanned = endnote_xml.scan(data)
    first, second = endnote_xml.read(scanned)
    assert first["titles/title"] == [read]
    assert second["pages"] == ["1"] and not scanned.blocks[1].repairs
    said = [code for _, code in scanned.blocks[0].repairs]
    assert said == ([] if title.startswith(("<!", "A <!")) else ["xml_mended"])


def test_a_record_beyond_mending_keeps_its_whole_text() -> None:
    broken = "<record><ref-type>17</ref-type><titles><title>Choirs</titles></title><a b>x</record>"
    scanned = endnote_xml.scan(wrapped(broken, record("<pages>1</pages>")))
    first, second = endnote_xml.read(scanned)
    assert second["pages"] == ["1"]
    assert [code for _, code in scanned.blocks[0].repairs] == ["xml_broken"]
    assert first["titles/title"] == ["Choirs"] and first["xml"] == [broken]


def test_no_entity_is_expanded_and_nothing_is_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    entities = f'<!ENTITY s SYSTEM "{secret.as_uri()}"><!ENTITY a "ha"><!ENTITY b "&a;&a;">'
    found = record("<titles><title>&s; &b;</title></titles>")
    data = f"<!DOCTYPE xml [{entities}]><xml><records>{found}</records></xml>".encode()
    (entry,) = endnote_xml.read(endnote_xml.scan(data))
    assert entry["titles/title"] == ["&s; &b;"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252", "iso-8859-2", "koi8-r"])
def test_encodings_are_those_that_the_file_names(encoding: str) -> None:
    word = {"iso-8859-2": "Łódź", "koi8-r": "Хор"}.get(encoding, "Müller")
    head = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>'
    data = f"{head}<xml><records>{record(f'<pages>{word}</pages>')}</records></xml>".encode(
        encoding
    )
    assert endnote_xml.read(endnote_xml.scan(data))[0]["pages"] == [word]
    assert recognise("x.xml", data)[0] is endnote_xml


PARTS = st.lists(
    st.sampled_from(["<", ">", "&", "</", "/>", "<i>", "</i>", "&amp;", "]]>", "<!--", "-->", '"',
                     "word", "é", "\n", "\x0b", "<style>", "</title>", "&#xD;", "&#0;", "<a"]),
    max_size=10,
).map("".join)  # fmt: skip


@given(PARTS)
def test_no_text_loses_a_record_or_a_word(text: str) -> None:
    data = wrapped(
        record(f"<titles><title>A {text} Z</title></titles>"), record("<pages>1</pages>")
    )
    scanned = endnote_xml.scan(data)
    entries = endnote_xml.read(scanned)
    if "<!--" in text:  # a comment may hide the end
        assert len(entries) == len(scanned.blocks) >= 1
        return
    first, second = entries
    assert second["pages"] == ["1"]
    held = " ".join(v for values in first.values() for v in values)
    for word in ("A", "Z", "word", "é"):
        assert held.count(word) >= text.count(word)
    assert len(rows(data)) == 2


@given(st.binary(max_size=200))
def test_no_input_breaks_the_scanner(data: bytes) -> None:
    for reader, name in ((endnote_xml, b"record"), (pubmed_xml, b"PubmedArticle")):
        for found in (data, b"<" + name + b">" + data + b"</" + name + b">"):
            scanned = reader.scan(found)
            entries = reader.read(scanned)
            assert len(entries) == len(scanned.blocks)
            assert all(reader.row(entry, "", "")["type"] for entry in entries)


def test_text_between_records_is_counted() -> None:
    scanned = scan_xml(wrapped("<r>a</r>", "\nstray\n", "<r/>"), "r", lambda e: iter(()))
    assert (len(scanned.blocks), scanned.n_junk) == (2, 1)


# --- what belongs to other formats ----------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<?xml version='1.0'?><xml><records></records></xml>",
        "<!DOCTYPE html><html><body><xml><records><record><titles></body></html>",
        "<html><PubmedArticle></html>",
        "TY  - JOUR\nAB  - <xml><records><record><titles>\nER  - \n",
        "<records><REC><UID>WOS:1</UID></REC></records>",
        "<collection><record><leader>0</leader></record></collection>",
        "<xml><records><rec><title>EBSCO</title></rec></records></xml>",
    ],
)
def test_what_is_neither(text: str) -> None:
    assert not endnote_xml.sniff(text.encode(), text)
    assert not pubmed_xml.sniff(text.encode(), text)


def test_ris_stays_ris() -> None:
    data = b"TY  - JOUR\nAB  - <PubmedArticle> <xml><records><record><titles>\nER  - \n"
    assert recognise("x.xml", data)[0] is ris_reader


def test_decisions_in_notes_of_zotero_are_found() -> None:
    entry = endnote_xml.read(
        endnote_xml.scan(wrapped(record('<notes>old | RAYYAN-INCLUSION: {"A"=>"Maybe"}</notes>')))
    )[0]
    assert [d["decision"] for d in decisions_of(entry, {}, "")] == ["maybe"]
