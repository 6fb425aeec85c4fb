"""Tables of databases and tools: known by their headers, every cell kept, every row assigned."""

import csv
import io
import json
import re
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie import tables as csv_tables
from parapluie.cli import main
from parapluie.records.decisions import decisions_of
from parapluie.records.ids import given_ids, record_ids
from parapluie.records.readers import readers, recognise, table
from parapluie.records.tables.dialects import ROLES, by_name, known, plain
from parapluie.records.tables.lines import rows_of as cut_rows
from parapluie.records.tables.mapping import mapping_of
from parapluie.records.tables.names import people

FIXTURES = Path(__file__).parents[1] / "fixtures" / "table"
ABSTRACT = "Aim: to see. Methods: two arms."


def rows_of(data: bytes, mapping: bytes | None = None) -> list[dict[str, str]]:
    reader = table
    if mapping is not None:
        said, problems = mapping_of("data/search/raw/x.csv.mapping.yaml", mapping)
        assert not problems, problems
        reader = table.with_mapping(said)
    scanned = reader.scan(data)
    assert not scanned.problems, [p.line() for p in scanned.problems]
    return [reader.row(entry, reader.dialect(scanned), "SOURCE") for entry in reader.read(scanned)]


def lines_of(data: bytes) -> list[str]:
    """Give the problems of a table as lines, with the name of a file."""
    scanned = table.scan(data)
    return [p.line() for p in scanned.problems]


def extra(row: dict[str, str]) -> dict[str, list[str]]:
    return json.loads(row["raw_extra"] or "{}")


def codes(data: bytes) -> list[tuple[int, str]]:
    scanned = table.scan(data)
    table.read(scanned)
    return [r for b in scanned.blocks for r in b.repairs] + scanned.repairs


def text(*lines: str, end: str = "\n") -> bytes:
    return (end.join(lines) + end).encode()


def book(sheets: dict[str, list[list[object]]]) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


# --- dialects -------------------------------------------------------------------------------------

EXPECTED: dict[str, tuple[str, int, dict[str, str]]] = {
    "pubmed.csv": ("pubmed", 2, {
        "title": "Peer support after a fall", "authors": "Roe, J; van Dam, AB; Ng, C",
        "year": "2020", "journal": "J Made Up", "volume": "63", "issue": "2 Suppl 1",
        "pages": "101-9", "doi": "10.9999/made.1", "pmid": "30000001", "pmcid": "PMC7000001",
        "database": "SOURCE", "warnings": "no_abstract",
    }),
    "pubmed_legacy.csv": ("pubmed", 2, {
        "title": "Peer support, reviewed.", "authors": "Roe, J; Ng, C", "year": "2019",
        "journal": "J Made Up.", "volume": "30", "issue": "5", "pages": "1368-1375",
        "doi": "10.9999/made.3", "pmid": "31000001", "database": "PubMed",
    }),
    "scopus.csv": ("scopus", 2, {
        "title": "Peer support", "authors": "Roe, Jane; Ng, Cy", "abstract": ABSTRACT,
        "year": "2024", "journal": "Made Journal", "volume": "15", "issue": "1",
        "article_no": "2864", "pages": "", "doi": "10.9999/made.5", "pmid": "38000001",
        "accession": "2-s2.0-1", "database": "Scopus", "language": "English",
        "keywords": "peers; support; Humans; Peer Group", "pub_types": "Review", "type": "Review",
    }),
    "embase.csv": ("embase", 2, {
        "title": "Peer support at home", "authors": "Roe, J.; Ng, C.", "year": "2024",
        "abstract": 'First part. Second "part", over lines.', "journal": "Made Medicine",
        "volume": "15", "issue": "1 January", "article_no": "4063", "pages": "",
        "issn": "2041-1723 (electronic)", "doi": "10.9999/made.7", "pmid": "38000002",
        "accession": "L2000000001", "pub_types": "Article", "language": "English",
        "keywords": "peers; support; article; fall (prevention, therapy); human",
    }),
    "cochrane.csv": ("cochrane", 1, {
        "title": "Peer support trial", "authors": "Roe, J; Ng, C", "year": "2011",
        "journal": "Trials", "volume": "12", "issue": "", "pages": "39", "pmid": "21000001",
        "doi": "10.9999/made.8", "accession": "CN-00000001", "cochrane_id": "",
        "database": "Cochrane Central Register of Controlled Trials (CENTRAL)",
    }),
    "cochrane_reviews.csv": ("cochrane", 1, {
        "title": "Peer support for all", "cochrane_id": "CD000001.pub2", "issue": "3",
        "doi": "10.1002/14651858.cd000001.pub2", "accession": "CD000001.PUB2",
    }),
    "ebsco.csv": ("ebsco", 1, {
        "title": "Peer support.", "authors": "Roe, Jane; Ng, Cy", "year": "2024",
        "journal": "Made Journal", "volume": "19", "issue": "4", "pages": "1",
        "issn": "19326203", "doi": "10.9999/made.9", "accession": "176000001",
        "database": "CINAHL", "keywords": "falls; PEERS; SUPPORT groups",
    }),
    "ebsco_xml.csv": ("ebsco", 1, {
        "title": "Peer support", "authors": "Roe, Jane; Ng, Cy; Third, Bo; Last, Ann",
        "year": "2023", "journal": "Made Journal", "volume": "6", "issue": "2", "pages": "66",
        "doi": "10.9999/made.10", "pmid": "31000003", "accession": "172000001",
        "database": "CINAHL Plus", "keywords": "Peer Group; Adult", "abstract": ABSTRACT,
    }),
    "ovid.csv": ("ovid", 2, {
        "title": "Peer support.", "authors": "Roe, Jane; Ng, Cy",
        "group_authors": "Made Foundation.", "year": "2024", "journal": "Made Journal",
        "volume": "45", "issue": "3", "pages": "1209-1216", "doi": "10.9999/made.11",
        "accession": "2024-00001-001", "database": "APA PsycInfo",
    }),
    "openalex.csv": ("openalex", 1, {
        "title": "Peer support", "authors": "Roe, Jane; van der Ng, Cy", "year": "2024",
        "journal": "Made Journal", "volume": "154", "pages": "105752",
        "issn": "0195-6671; 1095-998X", "doi": "10.9999/made.12", "pmid": "38000003",
        "accession": "https://openalex.org/W1000000001", "keywords": "Peers; Support",
        "retraction_status": "retracted",
    }),
    "openalex_2023.csv": ("openalex", 1, {
        "title": "Peer support", "authors": "Roe, Jane; van der Ng, Cy", "year": "2023",
        "journal": "Made Journal", "volume": "12", "issue": "1", "pages": "105-109",
        "issn": "0195-6671; 1095-998X", "doi": "10.9999/made.13", "pmid": "38000004",
        "pmcid": "PMC9000004", "accession": "https://openalex.org/W1000000002",
        "type": "JOUR", "urls": "https://doi.org/10.9999/made.13",
    }),
    "lens.csv": ("lens", 1, {
        "title": "Peer support", "authors": "Roe, Jane; Ng, Cy", "year": "2020",
        "journal": "Made Journal", "volume": "41", "issue": "2", "pages": "1-12",
        "doi": "10.9999/made.13", "pmid": "33000001", "pmcid": "PMC7000002",
        "accession": "000-000-000-000-001", "keywords": "peers",
        "urls": "http://dx.doi.org/10.9999/made.13; https://example.org/a; https://example.org/b",
    }),
    "zotero.csv": ("zotero", 1, {
        "type": "JOUR", "title": "Peer support", "authors": "Roe, Jane; Ng, Cy",
        "year": "2022", "journal": "Made Journal", "volume": "36", "issue": "3",
        "pages": "1032-1038", "issn": "1939-1676; 0891-6640", "doi": "10.9999/made.14",
        "pmid": "35000001", "pmcid": "PMC9000001", "keywords": "*Peers; Adult; Humans",
    }),
    "rayyan.csv": ("rayyan", 1, {
        "title": "Peer support", "authors": "Roe, J.; Ng, C.", "year": "2024",
        "journal": "Made J.", "volume": "15", "issue": "1", "pages": "10-12",
        "issn": "2041-1723", "doi": "10.9999/made.15", "accession": "",
        "urls": "https://www.embase.com/search/results?id=L1&from=export; "
                "http://dx.doi.org/10.9999/made.15; https://example.org/link",
        "keywords": "peers; support",
    }),
    "covidence.csv": ("covidence", 1, {
        "title": "Peer support", "authors": "Roe, J.; Ng, C.", "year": "2024",
        "journal": "Made Journal", "volume": "19", "issue": "12 December", "pages": "e1",
        "doi": "10.9999/made.16", "notes": "Exclusion reason: Wrong dose;",
    }),
    "asreview1.csv": ("asreview", 2, {
        "title": "Peer support für alle", "authors": "Roe; Ng; Müller", "year": "2016",
        "journal": "Made Journal", "volume": "89", "issue": "6", "pages": "981-9",
        "issn": "1432-1246", "isbn": "", "doi": "10.9999/made.17",
    }),
    "asreview2.csv": ("asreview", 2, {
        "title": "Peer support", "authors": "Roe, J.; Ng, C.", "year": "2016",
        "doi": "10.9999/made.18", "abstract": ABSTRACT,
    }),
    "abstrackr.csv": ("abstrackr", 2, {
        "title": "Peer support", "abstract": "Two lines.", "authors": "Roe, J.; Ng, C.",
        "journal": "Made J", "keywords": "peers; support", "pmid": "", "warnings": "no_year",
    }),
    "refworks.tsv": ("refworks", 1, {
        "title": "Peer support", "authors": "van Dam; Roe, Jane A.", "year": "2014",
        "journal": "Made Journal", "volume": "25", "issue": "3", "pages": "69-79",
        "issn": "1051-0443", "isbn": "", "doi": "10.9999/made.19", "notes": "ID: 1",
        "urls": "https://example.org/a; https://example.org/b",
    }),
    "endnote_tab.txt": ("endnote", 2, {
        "title": "Peer support", "authors": "Roe, Jane; Ng, Cy", "year": "2020", "type": "JOUR",
        "journal": "Made Journal", "volume": "7", "issue": "2", "pages": "11-19",
        "issn": "1234-5678", "doi": "10.9999/made.40", "accession": "31000040",
        "database": "MEDLINE", "keywords": "peers; support", "urls": "https://example.org/a",
    }),
    "syrf.csv": ("syrf", 1, {
        "title": "Peer support in mice", "authors": "Roe, Jane; Ng, Cy", "year": "2020",
        "journal": "Made Journal", "doi": "10.9999/made.41", "type": "JOUR",
        "keywords": "peers; mice",
    }),
    "zoological_record.csv": ("wos", 1, {
        "title": "Peer support among gulls.", "authors": "Roe, Jane; ter Maat, Cy",
        "year": "2017", "journal": "Made Birds", "volume": "220", "issue": "24", "pages": "81-88",
        "pmid": "31000042", "accession": "ZOOREC:ZOOR10000000001", "type": "JOUR",
        "pub_types": "Article",
    }),
    "google_scholar.csv": ("google_scholar", 1, {
        "title": "Peer support", "authors": "Roe, Jane M; Ng, Cy", "year": "2001",
        "journal": "Made Journal", "volume": "76", "issue": "3", "pages": "411-447",
    }),
    "publish_or_perish.csv": ("publish_or_perish", 1, {
        "title": "Peer support", "authors": "Roe, J; Ng, CD", "year": "2001",
        "journal": "Made Journal", "volume": "7", "issue": "2", "pages": "11-19",
        "doi": "10.9999/made.20", "urls": "https://example.org/a", "abstract": ABSTRACT,
    }),
    "springer.csv": ("springer", 1, {
        "title": "Peer support", "authors": "Roe, Jane; McNg, Cy; Lee, Ann (Bo)",
        "year": "2000", "journal": "Made Journal", "volume": "17", "issue": "3",
        "doi": "10.9999/made.21",
    }),
    "dimensions.csv": ("dimensions", 1, {
        "title": "Peer support", "authors": "Roe, Jane; Ng, Cy", "year": "2020",
        "journal": "Made Journal", "volume": "4", "issue": "2", "pages": "11-19",
        "doi": "10.9999/made.22", "pmid": "33000002", "pmcid": "PMC7000003",
        "accession": "pub.1000000001", "keywords": "Peers; Adult",
    }),
    "wos.tsv": ("wos", 2, {
        "title": '"Peer" support and 15" screens', "authors": "Roe, Jane; Ng, Cy",
        "group_authors": "Made Study Grp", "year": "2020", "journal": "MADE JOURNAL",
        "volume": "3", "issue": "4", "pages": "11-19", "doi": "10.9999/made.23",
        "pmid": "33000003", "accession": "WOS:000000000000001", "language": "English",
        "issn": "1939-1676; 0891-6640", "keywords": "peers; support; PEER; GROUP",
    }),
    "ieee.csv": ("ieee", 1, {
        "title": "Peer support", "authors": "Roe, J.; Ng, C.", "year": "2017",
        "journal": "2017 Made Conference", "pages": "66-69", "isbn": "978-1-5386-0000-1",
        "doi": "10.9999/made.24", "keywords": "peers; Support; Groups",
    }),
    "eviatlas.csv": ("eviatlas", 1, {
        "type": "JOUR", "title": "Peer support", "authors": "Roe, Jane; Ng, Cy",
        "year": "2019", "journal": "Made Journal", "volume": "8", "issue": "1", "pages": "22",
        "issn": "2047-2382", "doi": "10.9999/made.25",
    }),
    "clinicaltrials.csv": ("clinicaltrials", 1, {
        "title": "Peer support trial", "group_authors": "Made University", "year": "2019",
        "accession": "NCT00000002", "keywords": "Depression; Falls; Behavioral: peers",
        "abstract": "A trial of support.",
    }),
    "plain.csv": ("table", 2, {
        "title": "Peer support", "authors": "Roe, Jane; Ng, Cy", "year": "2019",
        "journal": "Made Journal", "doi": "10.9999/made.26", "pmid": "31000006",
        "abstract": ABSTRACT,
    }),
}  # fmt: skip
"""Fixture to its dialect, its number of records, and columns of the first record."""

BY_BOOK = frozenset({"eppi"})
"""Dialects that a workbook made below tests."""


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_cells_land_in_their_columns(name: str) -> None:
    dialect, n, wanted = EXPECTED[name]
    data = (FIXTURES / name).read_bytes()
    reader, problems = recognise("misnamed.ris", data)  # the name does not count
    assert reader is table, problems
    scanned = table.scan(data)
    assert (table.dialect(scanned), len(scanned.blocks)) == (dialect, n)
    first = rows_of(data)[0]
    assert {column: first[column] for column in wanted} == wanted


def test_every_dialect_and_every_fixture_is_tested() -> None:
    assert {d for d, _, _ in EXPECTED.values()} | BY_BOOK == set(by_name())
    assert {p.name for p in FIXTURES.iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(by_name()))
def test_dialects_hold_together(name: str) -> None:
    dialect = by_name()[name]
    assert set(dialect.headers) <= set(ROLES)
    for part in dialect.parts:
        assert set(part.pattern.groupindex) <= set(ROLES)
    for needed in dialect.recognised_by:
        assert known(sorted(needed)) is dialect, f"{name}: another dialect takes its header"


def bare(value: str) -> str:
    return re.sub(r"[\s;|]+", "", value)


def read_apart(data: bytes) -> list[list[str]]:
    """Read a table with nothing but the csv module, as it is."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            content = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    first = content.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    return list(csv.reader(io.StringIO(content, newline=""), delimiter=delimiter))


def kept_of(row: dict[str, str]) -> str:
    return bare(
        "\n".join(v for c, v in row.items() if c != "raw_extra")
        + "\n".join(v for vs in extra(row).values() for v in vs)
    )


PLAIN_FILES = sorted(set(EXPECTED) - {"embase.csv", "abstrackr.csv", "wos.tsv", "dimensions.csv"})
"""Fixtures that the csv module reads right by itself."""


@pytest.mark.parametrize("name", PLAIN_FILES)
def test_no_cell_is_lost(name: str) -> None:
    data = (FIXTURES / name).read_bytes()
    rows = rows_of(data)
    cells = [c for c in read_apart(data)[1:] if any(v.strip() for v in c)]
    assert len(cells) == len(rows)
    for row, line in zip(rows, cells, strict=True):
        kept = kept_of(row)
        for value in line:
            value = re.sub(r'^="(.*)"$|^\'(?=[=+@-])', r"\1", value)
            for part in re.split(r"\s{3,}[A-Z][A-Z0-9]{1,3}  - ", value):  # RIS fused into Rayyan
                part = " ".join(json.loads(part)) if part.startswith('["') else part
                assert all(bare(p) in kept for p in part.split("; "))


def test_values_that_a_column_changes_stay_as_they_were() -> None:
    (row, _) = rows_of((FIXTURES / "scopus.csv").read_bytes())
    kept = extra(row)
    assert kept["Authors"] == ["Roe J.; Ng C."]
    assert kept["Author full names"] == ["Roe, Jane (11111111111); Ng, Cy (22222222222)"]
    assert kept["DOI"] == ["10.9999/MADE.5"]
    assert "Title" not in kept and "Author Keywords" not in kept


def test_a_word_for_nothing_fills_no_column() -> None:
    _, row = rows_of((FIXTURES / "ovid.csv").read_bytes())
    assert (row["pages"], row["article_no"]) == ("", "1225786")
    assert extra(row)["PG"] == ["No Pagination Specified"]
    assert row["pmid"] == "31000004"  # the accession number of MEDLINE
    assert row["journal"] == "Other Journal"


def test_the_second_page_of_embase_is_passed_over_and_source_is_read() -> None:
    scanned = table.scan((FIXTURES / "embase.csv").read_bytes())
    assert scanned.repairs == [(12, "header_again")]
    assert scanned.n_junk == 2 + 2 + 1  # lines before the header, twice, and the header again
    _, second = rows_of((FIXTURES / "embase.csv").read_bytes())
    wanted = {"journal": "Made Medicine", "year": "2014", "volume": "3", "issue": "3",
              "pages": "152-160"}  # fmt: skip
    assert {c: second[c] for c in wanted} == wanted


def test_an_eppi_workbook() -> None:
    data = book({"data": [["Included", "ID", "ShortTitle", "Title", "Year"],
                          ["I", 102199191, "Roe (2024)", "Peer support", 2024]]})  # fmt: skip
    scanned = table.scan(data)
    (row,) = rows_of(data)
    assert scanned.dialect == "eppi" and scanned.encoding == "xlsx, sheet 'data'"
    assert (row["title"], row["year"], row["accession"]) == ("Peer support", "2024", "102199191")
    assert extra(row) == {"Included": ["I"], "ShortTitle": ["Roe (2024)"]}


def test_web_of_science_as_workbook() -> None:
    header = ["Publication Type", "Authors", "Author Full Names", "Group Authors", "Article Title",
              "Source Title", "Language", "Document Type", "Author Keywords", "Keywords Plus",
              "Abstract", "ISSN", "eISSN", "Publication Year", "Volume", "Issue", "Start Page",
              "End Page", "Article Number", "DOI", "DOI Link", "UT (Unique WOS ID)", "Pubmed Id",
              "Web of Science Record"]  # fmt: skip
    cells = ["J", "Roe, J; Ng, C", "Roe, Jane; Ng, Cy", "", "Peer support", "MADE JOURNAL",
             "English", "Review", "peers", "GROUP", ABSTRACT, "1939-1676", "0891-6640", 2020.0, 3,
             4, 11, 19, None, "10.9999/made.27", None, "WOS:000000000000003", 33000004,
             "View Full Record in Web of Science"]  # fmt: skip
    (row,) = rows_of(book({"savedrecs": [header, cells]}))
    wanted = {"title": "Peer support", "authors": "Roe, Jane; Ng, Cy", "year": "2020",
              "journal": "MADE JOURNAL", "volume": "3", "issue": "4", "pages": "11-19",
              "doi": "10.9999/made.27", "pmid": "33000004", "accession": "WOS:000000000000003",
              "keywords": "peers; GROUP", "pub_types": "Review"}  # fmt: skip
    assert {c: row[c] for c in wanted} == wanted


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "separator", "order", "found"),
    [
        ("Smith J, Doe K", "", "", "Smith, J; Doe, K"),
        ("Smith, J.; Doe, K.", "", "", "Smith, J.; Doe, K."),
        ("Smith, J., Doe, K.", "", "", "Smith, J.; Doe, K."),
        ("Jane Smith and Kim van der Doe", "", "", "Smith, Jane; van der Doe, Kim"),
        ("Ann Roe, Bo Lee and Cy Day", "", "", "Roe, Ann; Lee, Bo; Day, Cy"),
        ("Roe, Ann and Lee, Bo", "", "", "Roe, Ann; Lee, Bo"),
        ("Smith, Jane", "", "", "Smith, Jane"),
        ("Smith", "", "", "Smith"),
        ("Smith et al.", "", "", "Smith et al."),
        ("Porru, Carta, Bozzola", "", "", "Porru; Carta; Bozzola"),
        ("['A. Roe', 'B. Lee']", "", "", "Roe, A.; Lee, B."),
        ("Roe A|Lee B", "", "", "Roe, A; Lee, B"),
        ("Roe, A\nLee, B\n", "", "", "Roe, A; Lee, B"),
        ("Smith JA Jr, De La Cruz M", ",", "family given", "Smith, JA Jr; De La Cruz, M"),
        ("Wei Li, Ann Lee", ",", "given family", "Li, Wei; Lee, Ann"),
        ("DeHao ChenWenGuang RoeWeiMin Ng", "glued", "given family",
         "Chen, DeHao; Roe, WenGuang; Ng, WeiMin"),
        ("Bo Roe \u6768\u535aKai Ng \u5362\u51ef", "glued", "given family", "Roe, Bo; Ng, Kai"),
        ("Eva Dvo\u0159\u0160imon NgJan Roe", "glued", "given family",
         "Dvo\u0159, Eva; Ng, \u0160imon; Roe, Jan"),
        ("Andy SmithTom McDonaldJ.R. DeVries", "glued", "given family",
         "Smith, Andy; McDonald, Tom; DeVries, J.R."),
        ("", "", "", ""),
    ],
)  # fmt: skip
def test_names_are_family_and_given(cell: str, separator: str, order: str, found: str) -> None:
    assert "; ".join(people(cell, separator, order)[0]) == found


def test_groups_are_told_from_persons() -> None:
    assert people("Roe J, Ng C; Made Study Group.", ",", "family given") == (
        ["Roe, J", "Ng, C"], ["Made Study Group"],
    )  # fmt: skip
    assert people("World Health Organization; Roe, J.", ";") == (
        ["Roe, J."], ["World Health Organization"],
    )  # fmt: skip


@given(st.text(max_size=60))
def test_no_list_of_names_makes_trouble(cell: str) -> None:
    for separator in ("", ",", ";", " and ", "glued", "newline"):
        persons, groups = people(cell, separator)
        assert all(name.strip() for name in persons)
        assert not any("\n" in name for name in persons + groups)


# --- characters and separators --------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_encodings_line_ends_and_separators(encoding: str, end: str, separator: str) -> None:
    lines = [["Title", "Year", "DOI"], ["Über Müdigkeit", "2020", "10.9999/x"]]
    content = end.join(separator.join(line) for line in lines) + end + end
    data = content.encode(encoding)
    assert recognise("x.csv", data)[0] is table
    (row,) = rows_of(data)
    assert (row["title"], row["year"], row["doi"]) == ("Über Müdigkeit", "2020", "10.9999/x")


def test_a_line_that_names_the_separator() -> None:
    (row,) = rows_of(text("sep=;", "Title;Year", "Peers, and others;2020"))
    assert (row["title"], row["year"]) == ("Peers, and others", "2020")


def test_a_title_above_the_header() -> None:
    data = text("Our search of May;;", ";;", "Title;Year;DOI", "Peers;2020;10.9999/x")
    scanned = table.scan(data)
    assert (scanned.n_junk, scanned.blocks[0].line_first) == (2, 4)
    assert rows_of(data)[0]["doi"] == "10.9999/x"


# --- rows -----------------------------------------------------------------------------------------


def test_a_block_is_the_text_of_the_row() -> None:
    scanned = table.scan(b'\xef\xbb\xbfTitle,Year\r\n"A, ""b""\r\nc",2020\r\n\r\nD,2021\r\n')
    first, second = scanned.blocks
    assert (first.raw, first.line_first, first.line_last) == ('"A, ""b""\nc",2020', 2, 3)
    assert first.tags == [("Title", 'A, "b"\nc'), ("Year", "2020")]
    assert (second.raw, second.line_first) == ("D,2021", 5)
    # sha256 of "s\n1\nD,2021"
    made = __import__("hashlib").sha256(b"s\n1\nD,2021").hexdigest()[:16]
    assert record_ids("s", [b.raw for b in scanned.blocks])[1] == "rec_" + made


def test_ids_that_a_table_brings() -> None:
    scanned = table.scan(text("record_id,title", "r1,A", "r2,B"))
    assert given_ids(scanned.blocks) == ["r1", "r2"]
    mapping, _ = mapping_of("m", b"title: Name\nrecord_id: Our key\n")
    assert mapping is not None
    scanned = table.with_mapping(mapping).scan(text("Our key,Name,ID", "k1,A,9", "k2,B,8"))
    assert given_ids(scanned.blocks) == ["k1", "k2"]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["Title,Year,DOI", "A,2020,", "B,2021"], ("row 3", "2 cells")),
        (["Title,Year,DOI", "A,2020,,x"], ("row 2", "4 cells")),
        (["Title,Year,DOI", "A,2020,", "see the second file,,", ",,", ",2020,"],
         ("row 5", "without title, authors or id")),
        (["Title,Year,DOI", '"A', 'and a",2020,', "B,2021"],
         ("row 4:", "(row 3 in a spreadsheet)")),
        (["Title,Year,DOI", "A,2020,", "PMID,Title,Authors,Citation,Journal/Book",
          "1,B,C,D,E"], ("row 3", "the header of another table (PubMed CSV)")),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_assigned_is_told(lines: list[str], found: tuple[str, str]) -> None:
    told = lines_of(text(*lines))
    assert told
    assert any(all(part in line for part in found) for line in told), told


def test_a_wrong_row_stops_the_import_with_its_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export = tmp_path / "x.csv"
    export.write_bytes(text("Title,Year,DOI", "A,2020,10.9999/a", "B,2021"))
    assert main(["records", str(export), "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert "x.csv row 3: found 2 cells" in told and "ignore_rows: [3]" in told
    assert not (tmp_path / "out" / "records.csv").exists()


def test_cells_over_the_header_may_be_empty() -> None:
    assert len(rows_of(text("Title,Year", "A,2020,", "B,2021,,"))) == 2


def test_empty_rows_are_no_records() -> None:
    assert len(rows_of(text("Title,Year", "A,2020", ",", "", " , ", "B,2021", ",", ","))) == 2


def test_a_header_twice_in_a_row_is_one() -> None:
    data = text("Title,Year", "A,2020", "Title,Year", "B,2021")
    assert len(rows_of(data)) == 2
    assert codes(data) == [(3, "header_again")]


def test_a_column_twice_keeps_both_cells() -> None:
    (row,) = rows_of(text("Title,Year,Title", "A,2020,Another"))
    assert row["title"] == "A"
    assert extra(row) == {"Title": ["Another"]}
    assert row["warnings"].split(";")[-1] == "several_titles"


# --- quotes ---------------------------------------------------------------------------------------


def test_quotes_inside_of_quotes() -> None:
    data = text("Title,Year,DOI", '"He said "yes" twice",2020,10.9999/a', '"A, b",2021,')
    first, second = rows_of(data)
    assert (first["title"], first["year"]) == ('He said "yes" twice', "2020")
    assert second["title"] == "A, b"
    assert codes(data) == [(2, "quote_in_cell")]


def test_a_stray_quote_swallows_nothing() -> None:
    lines = ["Title,Year,DOI", '"Open title,2020,10.9999/a', "B,2021,10.9999/b", "C,2022,10.9999/c"]
    data = text(*lines)
    assert [r["title"] for r in rows_of(data)] == ['"Open title', "B", "C"]
    assert codes(data) == [(2, "quote_in_cell")]


def test_a_stray_quote_that_joins_records_is_told_with_its_line() -> None:
    data = text("No,Title,Year", '1,"Open title,2020', '2,"A, b",2021', "3,C,2022")
    (line,) = [told for told in lines_of(data) if "joins" in told]
    assert "row 2" in line and "lines 2 to 3" in line


def test_two_stray_quotes_that_look_right_are_told() -> None:
    # by the rules of CSV this is one row with three cells
    data = text("No,Title,Year", '1,"Open title,2020', '2,15",2021', '3,"C, d",2022')
    (line,) = lines_of(data)
    assert "row 2" in line and "lines 2 to 3" in line


def test_an_abstract_over_many_lines_is_no_such_case() -> None:
    abstract = "\n".join(["Aim: one, two, 2020", "", "Results, of 10, in 2021"] * 3)
    data = f'Title,Year,Abstract\nA,2020,"{abstract}"\n'.encode()
    (row,) = rows_of(data)
    assert row["abstract"] == " ".join(abstract.split())


def test_a_very_long_cell() -> None:
    long = "word " * 60_000
    (row,) = rows_of(text("Title,Year,References", f'A,2020,"{long}"'))
    assert extra(row)["References"] == [long.strip()]


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), min_size=1),
            st.integers(1800, 2099),
            st.text(st.characters(codec="utf-8", exclude_characters="\r\x00")),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_what_the_csv_module_writes_is_read(rows: list[tuple[str, int, str]]) -> None:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["Title", "Year", "Notes here"])
    writer.writerows(("x" + title, year, note) for title, year, note in rows)
    scanned = table.scan(buffer.getvalue().encode())
    assert not [p for p in scanned.problems if "joins" not in p.line()]
    if not scanned.problems:
        assert len(scanned.blocks) == len(rows)
        found = [dict(b.tags)["Title"] for b in scanned.blocks]
        assert found == [("x" + title).strip() for title, _, _ in rows]


@given(st.text(alphabet='",\n a1', max_size=80))
def test_each_line_belongs_to_a_row(content: str) -> None:
    lines = ("Title,Year,DOI\n" + content).split("\n")
    rows = cut_rows(lines, 1, ",", lambda row: len(row.cells) == 3, lambda cells: len(cells) == 3)
    assert [row.first for row in rows] == [2, *(row.last + 1 for row in rows[:-1])][: len(rows)]
    assert not "".join(lines[rows[-1].last if rows else 1 :]).strip()
    whole = "".join(lines[1:])
    kept = "".join(c for row in rows for cell in row.cells for c in cell)
    assert sorted(re.sub(r'[",\n]', "", whole)) == sorted(re.sub(r'[",\n]', "", kept))


@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_make_trouble(data: bytes, has_header: bool) -> None:
    data = b"Title,Year,DOI\n" * has_header + data
    recognise("x.csv", data)
    scanned = table.scan(data)
    assert len(table.read(scanned)) == len(scanned.blocks)


# --- spreadsheets ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "cell", "code"),
    [
        ("Pages", "3-Mar", "excel_date"), ("Pages", "Mar-03", "excel_date"),
        ("Issue", "02. Mrz", "excel_date"), ("Issue", "Jan-24", "excel_date"),
        ("Pages", "2024-03-03", "excel_date"), ("Pages", "3-9", ""), ("Issue", "1 January", ""),
        ("Issue", "Jan-Mar", ""), ("Notes", "3-Mar", ""), ("PMID", "1.2E+07", "excel_number"),
        ("DOI", "1,02E+07", "excel_number"), ("PMID", "12345678", ""),
        ("Abstract", "x" * 32_767, "excel_cut"), ("Abstract", "x" * 32_768, ""),
    ],
)  # fmt: skip
def test_what_excel_did_is_a_warning_on_the_record(header: str, cell: str, code: str) -> None:
    data = text(f"Title,{header}", f'A,"{cell}"')
    assert codes(data) == ([(2, code)] if code else [])
    (row,) = rows_of(data)
    assert bare(cell) in kept_of(row)


def test_every_code_has_a_meaning() -> None:
    source = "".join(
        p.read_text(encoding="utf-8") for p in Path(table.__file__).parents[1].rglob("*.py")
    )
    used = set(re.findall(r'"(excel_\w+|header_again|fused_tags|names_by_capitals|other_sheet)"',
                          source))  # fmt: skip
    assert used <= set(table.REPAIRS)


def test_cells_of_a_workbook_as_a_spreadsheet_shows_them() -> None:
    rows = [
        ["Search of May", None, None, None],
        [],
        ["Title", "Year", "Pages", "PMID", "Searched", "Seen"],
        ["Peers", 2019.0, datetime(2024, 3, 3), 31000001, datetime(2024, 5, 1, 10, 30), True],
        [None, None, None, None],
        ["Others", "2020", "1-9", None, None, None],
        [None] * 6,
    ]
    data = book({"Sheet1": rows})
    scanned = table.scan(data)
    assert [b.line_first for b in scanned.blocks] == [4, 6]
    assert scanned.blocks[0].raw == "Peers\t2019\t2024-03-03\t31000001\t2024-05-01T10:30:00\tTRUE"
    assert scanned.n_junk == 1
    first, _ = rows_of(data)
    assert (first["year"], first["pmid"], first["pages"]) == ("2019", "31000001", "2024-03-03")
    assert codes(data) == [(4, "excel_date")]


def test_of_several_sheets_one_is_read_and_the_others_are_named() -> None:
    records = [["Title", "Year", "DOI"], ["A", 2020, "10.9999/a"], ["B", 2021, ""]]
    data = book({"About": [["made by us"]], "Old": records[:2], "Scopus": [
        ["EID", "Source title", "Title", "Year"], ["2-s2.0-1", "J", "C", 2022]]})  # fmt: skip
    scanned = table.scan(data)
    assert scanned.dialect == "scopus"
    assert scanned.encoding == "xlsx, sheet 'Scopus'; not read: 'Old' (1 rows)"
    assert codes(data) == [(1, "other_sheet")]
    (first,) = rows_of(data, b"title: Title\nsheet: Old\n")
    assert first["title"] == "A"


def test_a_formula_without_a_result_stays() -> None:
    made = openpyxl.Workbook()
    made.active.append(["Title", "Link"])
    made.active.append(["A", '=HYPERLINK("https://example.org/a","open")'])
    buffer = io.BytesIO()
    made.save(buffer)
    (row,) = rows_of(buffer.getvalue())
    assert 'HYPERLINK("https://example.org/a"' in row["raw_extra"].replace("\\", "")


def test_text_that_was_kept_from_being_a_formula() -> None:
    (row,) = rows_of(text("Title,ISSN,Year", '\'-omics,"=""0000-1111""",2020'))
    assert (row["title"], row["issn"]) == ("-omics", "0000-1111")


# --- what is no search result ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "found", "mend"),
    [
        (text("created_at,user_id,user_email,article_id,key,value", "2024,1,a@b.org,7,included,1"),
         "Rayyan's log of decisions", "decide --import"),
        (text("record_id,label,classifier,querier,training_set,time", "1,1,nb,max,0,9"),
         "labels of an ASReview project", "export the data set with its labels"),
        (text("title,authors,final_decision,reason for exclusion", "A,Roe,1,NA"),
         "a table of decisions (final_decision, reason for exclusion)", "data/screening/"),
        (text("Title,Year,DOI", ",,"), "a table with a header but no rows", "Export"),
        (text("Who,What,When", "a,b,c"), "(columns: Who, What, When)", "FILE.mapping.yaml"),
        (book({"One": [["Who", "What"], ["a", "b"]]}), "sheet 'One': Who, What",
         "FILE.mapping.yaml"),
    ],
)  # fmt: skip
def test_tables_without_records_are_refused(data: bytes, found: str, mend: str) -> None:
    reader, (problem,) = recognise("data/search/raw/x.csv", data)
    assert reader is None
    assert found in problem.found and mend in problem.mend
    assert "\n" not in problem.line()


@pytest.mark.parametrize(
    "content", ["only words", "one, two\n", "a\nb\nc\n", "", "Dear all, the title, year\nof it\n"]
)
def test_text_is_no_table(content: str) -> None:
    assert not table.sniff(content.encode(), content)


def test_tables_are_asked_last() -> None:
    assert readers()[-1] is table


# --- decisions ------------------------------------------------------------------------------------


def decisions(name: str) -> list[dict[str, str]]:
    scanned = table.scan((FIXTURES / name).read_bytes())
    return [
        d for b, v in zip(scanned.blocks, table.read(scanned), strict=True)
        for d in decisions_of(v, {"line_first": b.line_first}, scanned.dialect)
    ]  # fmt: skip


def test_decisions_in_tables_reach_their_readers() -> None:
    found = [(d["reviewer"], d["decision"], d["labels"]) for d in decisions("rayyan.csv")]
    assert found == [("Emily", "include", "a;b"), ("Zo", "exclude", "a;b")]
    first, second = decisions("asreview1.csv")
    assert (first["decision"], first["labels"], first["note"]) == ("include", "prior", "yes")
    assert second["decision"] == "exclude"
    (labelled,) = decisions("asreview2.csv")
    assert (labelled["decision"], labelled["time"]) == ("include", "2023-11-14T22:13:20Z")
    (anna,) = decisions("abstrackr.csv")
    assert (anna["reviewer"], anna["decision"]) == ("Anna", "include")
    assert (anna["time"], anna["labels"], anna["note"]) == (
        "2024-08-15 08:42:23", "late", "read twice",
    )  # fmt: skip
    (covidence,) = decisions("covidence.csv")
    assert (covidence["decision"], covidence["reason"], covidence["labels"]) == (
        "", "Wrong dose", "late",
    )  # fmt: skip


# --- mappings -------------------------------------------------------------------------------------

STRANGE = text(
    "Liste,,",
    "Nr;Heading;Wer;Wann;Stichworte",
    "1;Peers;Jane Roe / Cy Ng;im Mai 2020;a+b",
    "2;Others;Bo Lee;;",
    "Ende;;;;",
)
MAPPING = b"""
title: Heading
authors: Wer
authors_separator: /
authors_order: given family
year: Wann
keywords: Stichworte
keywords_separator: +
separator: ;
header_row: 2
ignore_rows: [5]
"""


def test_a_table_with_a_mapping() -> None:
    first, second = rows_of(STRANGE, MAPPING)
    wanted = {"title": "Peers", "authors": "Roe, Jane; Ng, Cy", "year": "2020",
              "year_raw": "im Mai 2020", "keywords": "a; b", "dialect": "mapped"}  # fmt: skip
    assert {c: first[c] for c in wanted} == wanted
    assert extra(first) == {"Nr": ["1"], "Stichworte": ["a+b"], "Wer": ["Jane Roe / Cy Ng"]}
    assert second["authors"] == "Lee, Bo"


def test_the_example_of_the_docs_is_read(root: Path) -> None:
    page = (root / "docs" / "records.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(# data/search/raw/[^\n]*\n.*?)```", page, re.DOTALL)
    mapping, problems = mapping_of("docs/records.md", example.encode())
    assert mapping is not None, problems
    (header,) = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    rows = rows_of(header.encode(), example.encode())
    assert [r["title"] for r in rows] == ["Peer support at home", "Peer support in groups"]
    assert rows[0]["authors"] == "Roe, Jane; van Dam, Kim"
    assert rows[0]["doi"] == "10.9999/made.1"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("titel: A", "row 1, column titel: found unknown key titel; allowed: abstract"),
        ("abstract: A", "found only abstract; allowed: title, doi or pmid among the keys"),
        ("", "found only no keys; allowed: title, doi or pmid among the keys"),
        ("title: [A, 3]", "column title: found ['A', 3]; allowed: a header of the export"),
        ("title: ''", "row 1, column title: found ''; allowed: a header of the export"),
        ("title: A\nseparator: '#'", 'row 2, column separator: found \'#\'; allowed: "," ";"'),
        ("title: A\nheader_row: 0", "row 2, column header_row: found 0; allowed: a whole number"),
        ("title: A\nsheet: 3", "row 2, column sheet: found 3; allowed: the name of a sheet"),
        ("title: A\nencoding: klingon", "row 2, column encoding: found 'klingon'; allowed"),
        ("title: A\nignore_rows: 7", "row 2, column ignore_rows: found 7; allowed: a list of row"),
        ("title: A\nauthors_order: up", "column authors_order: found 'up'; allowed: family given"),
        ("title: A\nauthors_separator: 3", "column authors_separator: found 3; allowed: the char"),
        ("- title", "found ['title']; allowed: object"),
        ("title: A: B", "row 1: found mapping values are not allowed"),
        ("title: 'A", "data/search/raw/x.csv.mapping.yaml row"),
    ],
)
def test_a_wrong_key_of_a_mapping_gives_one_line(content: str, found: str) -> None:
    mapping, problems = mapping_of("data/search/raw/x.csv.mapping.yaml", content.encode())
    assert mapping is None
    (problem,) = problems
    assert found in problem.line(), problem.line()
    assert problem.line().startswith("data/search/raw/x.csv.mapping.yaml")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"title: Heading\nyear: Jahr\n", "row 2, column year: found 'Jahr', which is no header"),
        (b"title: Heading\nignore_rows: [4, 99]\n", "row 2, column ignore_rows: found 99, where"),
        (b"title: Heading\nheader_row: 3\n", "row 1, column title: found 'Heading', which is"),
    ],
)
def test_a_header_that_the_export_has_not_is_told(content: bytes, found: str) -> None:
    mapping, _ = mapping_of("m.yaml", content)
    assert mapping is not None
    told = [p.line() for p in table.with_mapping(mapping).scan(STRANGE).problems]
    assert [line for line in told if found in line and line.startswith("m.yaml")], told


def test_a_sheet_that_the_workbook_has_not_is_told() -> None:
    mapping, _ = mapping_of("m.yaml", b"title: Title\nsheet: Other\n")
    assert mapping is not None
    data = book({"One": [["Title"], ["A"]], "Two": [["x"]]})
    (problem,) = table.with_mapping(mapping).scan(data).problems
    assert "m.yaml row 2, column sheet: found 'Other'; allowed: 'One', 'Two'" in problem.line()


def test_a_mapping_reads_what_would_be_refused() -> None:
    data = text("title,authors,final_decision,reason for exclusion", "A,Roe J,1,NA")
    (row,) = rows_of(data, b"title: title\nauthors: authors\n")
    assert (row["title"], row["authors"]) == ("A", "Roe, J")


def test_another_encoding_by_a_mapping() -> None:
    data = "题名,年\n同伴支持,2020\n".encode("gb18030")
    (row,) = rows_of(data, "title: 题名\nyear: 年\nencoding: gb18030\n".encode())
    assert (row["title"], row["year"]) == ("同伴支持", "2020")


@pytest.fixture
def review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "review"
    assert main(["new", str(root)]) == 0
    monkeypatch.chdir(root)
    raw = root / "data" / "search" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    (raw / "list.csv").write_bytes(STRANGE)
    (root / "data" / "search" / "searches.csv").write_text(
        "search_id,source,kind,search_date,declared_records,files\n"
        "list,Experts,expert,2024-05-01,2,list.csv\n",
        encoding="utf-8",
    )
    return root


def test_a_mapping_beside_the_export_reaches_stage_and_check(
    review: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = review / "data" / "search" / "raw"
    words = ["records", "--searches", "data/search/searches.csv", "--raw",
             "data/search/raw/list.csv", "--out", "results/records"]  # fmt: skip
    assert main(words) == 2
    assert "a table without a column for title" in capsys.readouterr().err
    (raw / "list.csv.mapping.yaml").write_bytes(MAPPING)
    assert main(words) == 0
    found = csv_tables.read_text(review / "results/records/records.csv").rows
    assert sorted(r["title"] for r in found) == ["Others", "Peers"]
    (remark,) = [r for r in csv_tables.read_text(review / "results/records/problems.csv").rows
                 if r["code"] == "columns_taken"]  # fmt: skip
    assert "title from Heading" in remark["meaning"] and "raw_extra only: Nr" in remark["meaning"]
    capsys.readouterr()
    main(["check"])
    assert "list.csv" not in capsys.readouterr().err
    (raw / "list.csv.mapping.yaml").write_bytes(MAPPING.replace(b"year: Wann", b"jear: Wann"))
    assert main(["check"]) == 2
    assert "list.csv.mapping.yaml row 6, column jear: found unknown key" in capsys.readouterr().err
    assert main(words) == 2
    assert "unknown key jear" in capsys.readouterr().err


def test_a_mapping_is_an_input_of_the_stage(review: Path) -> None:
    from parapluie import inputs

    beside = review / "data" / "search" / "raw" / "list.csv.mapping.yaml"
    assert inputs.exports(Path("data")) == ["data/search/raw/list.csv"]
    beside.write_bytes(MAPPING)
    assert inputs.exports(Path("data"))[1:] == ["data/search/raw/list.csv.mapping.yaml"]


# --- exports of real databases --------------------------------------------------------------------

REAL: dict[str, dict[str, str]] = {
    "asr_embase.csv": {"title": "Title", "abstract": "Abstract"},
    "asr_embase_newpage.csv": {"title": "Title", "abstract": "Abstract"},
    "asr_utrecht_all.csv": {"title": "title", "journal": "journal", "volume": "volume",
                            "issue": "number", "year": "year", "issn": "isbn"},
    "asysd_zotero.csv": {"title": "Title", "authors": "Author", "journal": "Publication Title",
                         "volume": "Volume", "issue": "Issue", "pages": "Pages", "doi": "DOI",
                         "year": "Publication Year", "abstract": "Abstract Note"},
    "bib_lens_sample.csv": {"title": "Title", "accession": "Lens ID", "doi": "DOI",
                            "journal": "Source Title", "volume": "Volume",
                            "issue": "Issue Number", "year": "Publication Year"},
    "bib_openalex_sample.csv": {"title": "display_name", "accession": "id", "abstract": "abstract",
                                "journal": "primary_location.source.display_name"},
    "bib_scopus_sample.csv": {"title": "Title", "accession": "EID", "volume": "Volume",
                              "issue": "Issue", "article_no": "Art. No.", "doi": "DOI"},
    "cff_cinahl.csv": {"title": "Article Title", "volume": "Volume",
                       "issue": "Issue", "pages": "First Page", "doi": "DOI",
                       "accession": "Accession Number"},
    "cff_cochrane.csv": {"title": "Title", "authors": "Author(s)", "journal": "Source",
                         "volume": "Volume", "issue": "Issue", "pages": "Pages", "doi": "DOI",
                         "accession": "CENTRAL ID", "database": "Database Name"},
    "cff_covidence.csv": {"title": "Title", "authors": "Authors", "abstract": "Abstract",
                          "journal": "Journal", "volume": "Volume", "issue": "Issue",
                          "pages": "Pages", "doi": "DOI", "year": "Published Year"},
    "cff_googlescholar.csv": {"title": "Title", "journal": "Publication", "volume": "Volume",
                              "issue": "Number", "pages": "Pages", "year": "Year"},
    "cff_openalex.csv": {"title": "title", "accession": "id", "abstract": "abstract",
                         "volume": "biblio.volume", "issue": "biblio.issue"},
    "cff_pubmed.csv": {"title": "Title", "journal": "Journal/Book", "year": "Publication Year",
                       "doi": "DOI", "pmid": "PMID", "pmcid": "PMCID"},
    "cff_rayyan.csv": {"title": "title", "journal": "journal", "volume": "volume",
                       "issue": "issue", "pages": "pages", "abstract": "abstract",
                       "notes": "notes"},
    "cff_refworks.tsv": {"title": "Title Primary", "journal": "Periodical Full",
                         "volume": "Volume", "issue": "Issue", "year": "Pub Year", "doi": "DOI"},
    "cff_scopus.csv": {"title": "Title", "abstract": "Abstract", "journal": "Source title",
                       "volume": "Volume", "issue": "Issue", "article_no": "Art. No.",
                       "doi": "DOI", "pmid": "PubMed ID", "accession": "EID",
                       "database": "Source", "language": "Language of Original Document"},
    "lb_cinahl.csv": {"title": "artinfo/tig/atl", "abstract": "artinfo/ab/0",
                      "journal": "jinfo/jtl", "volume": "pubinfo/vid", "issue": "pubinfo/iid",
                      "accession": "header/_uiTerm", "database": "header/_longDbName"},
    "lb_medline.csv": {"title": "Title", "journal": "Journal/Book", "pmid": "PMID", "doi": "DOI",
                       "pmcid": "PMCID", "year": "Publication Year"},
    "lb_psycinfo.csv": {"abstract": "AB", "journal": "JN", "volume": "VO", "issue": "IP",
                        "accession": "AN", "year": "YR", "database": "DB"},
    "p1m_pubmed_legacy.csv": {"title": "Title", "pmid": "EntrezUID", "database": "Resource"},
    "ray_nalaham.csv": {"title": "title", "journal": "journal", "volume": "volume",
                        "pages": "pages", "doi": "doi", "notes": "notes"},
    "scol_titles_disagreements.csv": {"title": "title"},
    "syn_eviatlas.csv": {"title": "TI", "journal": "JO", "volume": "VL", "pages": "SP"},
    "tony_scopus.csv": {"title": "Title", "abstract": "Abstract", "journal": "Source title",
                        "volume": "Volume", "doi": "DOI", "accession": "EID"},
}  # fmt: skip
"""Real export to columns whose cells must be those of a header, word for word, in each record."""


@pytest.mark.shared
@pytest.mark.parametrize("name", sorted(REAL))
def test_real_cells_land_in_their_columns(shared: Path, name: str) -> None:
    data = (shared / "corpora/search-exports" / name).read_bytes()
    header, *lines = read_apart(data)
    rows = rows_of(data)
    assert len(rows) == len(lines) > 0
    for column, named in REAL[name].items():
        place = header.index(named)
        filled = 0
        for row, line in zip(rows, lines, strict=True):
            cell = re.sub(r'^="(.*)"$', r"\1", line[place]).strip()
            filled += bool(cell)
            cell = "" if cell in ("NA", "-", "No abstract available") else cell
            wanted = cell.lower() if column == "doi" else cell
            assert bare(row[column]) == bare(wanted), (column, cell)
        assert filled, (name, column)


@pytest.mark.shared
def test_real_values_inside_of_cells(shared: Path) -> None:
    folder = shared / "corpora/search-exports"
    embase = rows_of((folder / "asr_embase.csv").read_bytes())
    assert [(r["journal"], r["year"], r["volume"], r["issue"], r["pages"]) for r in embase[:2]] == [
        ("Endoscopic Ultrasound", "2014", "3", "3", "152-160"),
        ("Cancer", "2004", "102", "4", "253-258"),
    ]
    assert embase[0]["authors"] == "Liu, R.; Adler, D.G."
    assert embase[0]["doi"] == "10.4103/2303-9027.138783"
    ovid = rows_of((folder / "lb_psycinfo.csv").read_bytes())
    assert ovid[0]["doi"] == "10.1007/s10072-023-07116-w"
    assert ovid[0]["title"].endswith("with cluster analysis.")
    pubmed = rows_of((folder / "lb_medline.csv").read_bytes())
    assert (pubmed[1]["volume"], pubmed[1]["issue"], pubmed[1]["pages"]) == ("40", "4", "918-926")
    said = [bool(re.search(r"\d{4}[^;:.]*;[^(]", extra(r)["Citation"][0])) for r in pubmed]
    assert [bool(r["volume"]) for r in pubmed] == said
    scopus = rows_of((folder / "tony_scopus.csv").read_bytes())
    assert scopus[0]["authors"] == "Osei-Kyei, R.; Tam, V.; Komac, U.; Ampratwum, G."
    lens = rows_of((folder / "bib_lens_sample.csv").read_bytes())
    assert lens[0]["authors"].startswith("Radanliev, Petar; De Roure, David; Van Kleek, Max")
    excel = rows_of((folder / "asr_utrecht_relevant.csv").read_bytes())
    assert len(excel) == 11 and all(r["title"] and r["abstract"] for r in excel)


@pytest.mark.shared
def test_real_tables_lose_no_cell(shared: Path) -> None:
    folder = shared / "corpora/search-exports"
    for name in sorted(REAL):
        data = (folder / name).read_bytes()
        _, *lines = read_apart(data)
        for row, line in zip(rows_of(data), lines, strict=True):
            kept = kept_of(row)
            for value in line:
                value = re.sub(r'^="(.*)"$', r"\1", value.strip())
                for part in re.split(r"\s{3,}[A-Z][A-Z0-9]{1,3}  - ", value):
                    inside = json.loads(part) if part.startswith('["') else [part]
                    assert all(bare(p) in kept for p in inside), (name, value)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("lb_fulltext.csv", "a table of decisions"),
        ("ray_felipe_log.csv", "Rayyan's log"),
        ("ray_nalaham_log.csv", "Rayyan's log"),
        ("ray_tinea_log.csv", "Rayyan's log"),
    ],
)
def test_real_files_without_records_are_refused(shared: Path, name: str, found: str) -> None:
    data = (shared / "corpora/search-exports" / name).read_bytes()
    reader, (problem,) = recognise(name, data)
    assert reader is None and found in problem.found


def test_names_of_headers_are_compared_plainly() -> None:
    assert plain("Art. No.") == plain("art_no") == plain("ART NO") == "art no"
    assert plain("Author/s") != plain("Authors")


def test_records_of_medline_in_the_web_of_science_have_their_pubmed_id() -> None:
    data = b"PT\tAU\tTI\tSO\tPY\tPS\tUT\rJ\tRoe, Jane\tPeers\tMade J\t2014\te9\tMEDLINE:31000043\r"
    (row,) = rows_of(data)
    assert (row["pmid"], row["accession"]) == ("31000043", "MEDLINE:31000043")
    assert (row["title"], row["pages"], row["type"]) == ("Peers", "e9", "JOUR")
