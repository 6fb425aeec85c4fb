"""Each tool that writes exports, in each format it writes: a made-up export of its real form.

Sources of the forms: real exports of 2019 to 2024 in public repositories; for OpenAlex and
EPPI-Reviewer the source code that writes them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from parapluie.records.fields import DIALECTS
from parapluie.records.readers import readers, recognise

FIXTURES = Path(__file__).parents[1] / "fixtures"
TITLE = "Choirs and sleep: a made-up review"
TITLED = "Choirs and Sleep: A Made-up Review"

RIS: dict[str, tuple[str, int, dict[str, str]]] = {
    "scopus": ("scopus", 2, {
        "title": TITLE, "authors": "Ash, A.; Oak, B.B.", "doi": "10.9999/scopus.1",
        "pmid": "38000001", "article_no": "2864", "journal": "Made-up Communications",
        "year": "2024", "database": "Scopus"}),
    "wos": ("wos", 2, {
        "title": TITLED, "accession": "WOS:000000000000001", "article_no": "e12292",
        "abstract": "Background: What was sung. Methods: Two arms.", "year": "2010",
        "doi": "10.9999/wos.1", "journal": "MADE-UP ONE"}),
    "embase": ("embase", 1, {
        "title": TITLE, "accession": "L2000000001", "pmid": "38000001", "pages": "3-9",
        "database": "Embase; Medline", "issn": "2041-0000; 2041-0001",
        "journal": "Made-up Commun.", "abstract": "What was sung.", "doi": "10.9999/embase.1"}),
    "cochrane": ("cochrane", 2, {
        "accession": "CN-00000001", "pmid": "12345678", "journal": "Made-up J",
        "title": "A made-up trial"}),
    "ovid": ("ovid", 2, {
        "accession": "2020-11111-001", "database": "APA PsycInfo", "doi": "10.9999/abc.1",
        "abstract": "Two lines of text that belong together.", "year": "2020"}),
    "ovid_eric": ("ovid", 1, {
        "title": f"{TITLED}.", "accession": "EJ300001", "database": "ERIC", "year": "1989",
        "pages": "24-26", "pmid": ""}),
    "ebsco": ("ebsco", 1, {
        "database": "Academic Search Premier", "doi": "10.9999/ebsco.7",
        "abstract": "What was found."}),
    "proquest": ("proquest", 1, {
        "title": TITLED, "accession": "2380000001", "year": "2020", "doi": "10.9999/proquest.1",
        "database": "ProQuest Central; Sociological Abstracts", "pages": "793-815"}),
    "psycnet": ("psycnet", 1, {
        "title": TITLE, "accession": "2020-00001-001", "pmid": "38000001",
        "doi": "10.9999/psycnet.1"}),
    "pubmed": ("pubmed", 1, {
        "title": TITLE, "pmid": "38000001", "doi": "10.9999/pubmed.1", "year": "2024"}),
    "lens": ("lens", 1, {
        "title": TITLE, "accession": "000-000-000-000-001", "pages": "e9128",
        "doi": "10.9999/lens.1", "journal": "Made"}),
    "dimensions": ("dimensions", 1, {
        "title": TITLE, "accession": "pub.1100000001", "pmid": "38000001", "pmcid": "PMC9000001",
        "abstract": "Background: What was sung. Method: Two arms."}),
    "openalex": ("openalex", 2, {
        "title": TITLE, "authors": "Ash, Ann; Oak, Bo", "doi": "10.9999/openalex.1",
        "journal": "Made-up Research", "abstract": "What was sung.", "pages": "12-19"}),
    "openalex_tags": ("openalex", 2, {
        "title": TITLE, "authors": "Ash, Ann; Oak, Bo", "doi": "10.9999/openalex.1",
        "urls": "https://doi.org/10.9999/openalex.1", "abstract": "What was sung."}),
    "endnote": ("endnote", 1, {  # the link to Ovid must not make its number a PubMed id
        "title": TITLE, "accession": "38000001", "pmid": "38000001", "pmcid": "PMC10000001",
        "keywords": "Choirs; *Sleep; Humans", "pages": "12-19", "year": "2024"}),
    "zotero": ("zotero", 1, {
        "title": TITLE, "accession": "2022-00001-001", "database": "APA PsycInfo",
        "year": "2022", "journal": "Journal of Made-up Examples"}),
    "mendeley": ("mendeley", 1, {
        "title": TITLE, "authors": "Ash, A; Oak, B", "pages": "12-19", "accession": ""}),
    "rayyan": ("rayyan", 1, {
        "title": TITLE, "accession": "", "doi": "10.9999/rayyan.1",
        "urls": "https://example.org/a; https://example.org/b"}),
    "covidence": ("covidence", 1, {
        "title": TITLE, "abstract": "What was sung.", "accession": "CN-00000001",
        "pages": "12-19", "year": "2024"}),
    "covidence_mendeley": ("covidence", 1, {
        "title": TITLE, "authors": "Ash, A.; Oak, B.B.", "year": "2024", "pages": "12-19"}),
    "eppi": ("eppi", 1, {
        "title": TITLE, "accession": "100000001", "year": "2024", "pages": "12-19",
        "journal": "Made-up Communications", "keywords": "eppi-reviewer; choir"}),
    "eppi4": ("eppi", 1, {
        "accession": "9000001", "abstract": "What was sung.", "year": "2015",
        "keywords": "eppi-reviewer4; choir; sleep"}),
    "asreview": ("asreview", 2, {
        "title": TITLE, "year": "2022", "notes": "ASReview_relevant | a note of before"}),
}  # fmt: skip
"""Name of a file of RIS to its dialect, its records, and columns of the first."""

MATRIX: dict[str, dict[str, str]] = {
    "RIS": {name: f"ris/{name}.ris" for name in RIS},
    "PubMed (nbib)": {"pubmed": "nbib/pubmed.nbib", "eric": "nbib/eric.nbib"},
    "EndNote XML": {
        "endnote": "xml/endnote.xml", "mendeley": "xml/mendeley.xml", "zotero": "xml/zotero.xml",
    },
    "PubMed XML": {"pubmed": "xml/pubmed.xml"},
    "EndNote tags (enw)": {"endnote": "enw/endnote.enw"},
    "Web of Science (tagged)": {"wos": "wos/savedrecs.txt"},
    "Ovid (tagged)": {"ovid": "ovid/embase.ovd"},
    "BibTeX": {
        name: f"bibtex/{name}.bib"
        for name in ("acm", "bibdesk", "ebsco", "jabref", "mendeley", "rayyan", "scopus", "wiley",
                     "wos", "zotero")
    },
    "table (CSV, TSV, XLSX)": {
        name: f"table/{name}.csv"
        for name in ("pubmed", "scopus", "embase", "cochrane", "ebsco", "ovid", "openalex", "lens",
                     "dimensions", "ieee", "zotero", "rayyan", "covidence", "abstrackr",
                     "clinicaltrials", "google_scholar", "publish_or_perish", "springer")
    } | {"asreview": "table/asreview2.csv", "wos": "table/wos.tsv",
         "refworks": "table/refworks.tsv", "endnote": "table/endnote_tab.txt",
         "syrf": "table/syrf.csv"},
}  # fmt: skip
"""Format to the tools that write it, each with its made-up export."""

NAMED = {
    "RIS": "ovid ebsco proquest scopus wos embase cochrane pubmed endnote zotero mendeley rayyan "
    "covidence eppi asreview lens dimensions openalex",
    "PubMed (nbib)": "pubmed",
    "EndNote XML": "endnote",
    "EndNote tags (enw)": "endnote",
    "Web of Science (tagged)": "wos",
    "BibTeX": "scopus",
    "table (CSV, TSV, XLSX)": "pubmed scopus embase cochrane ebsco openalex lens zotero rayyan "
    "covidence asreview",
}
"""What has to be read at least."""


@pytest.mark.parametrize("name", RIS)
def test_ris_lands_in_its_columns(name: str) -> None:
    dialect, n, columns = RIS[name]
    data = (FIXTURES / "ris" / f"{name}.ris").read_bytes()
    reader, _ = recognise("a", data)
    assert reader is not None and reader.NAME == "RIS"
    scanned = reader.scan(data)
    entries = reader.read(scanned)
    assert (reader.dialect(scanned), len(entries)) == (dialect, n)
    row = reader.row(entries[0], dialect, "")
    assert {c: row[c] for c in columns} == columns


@pytest.mark.parametrize(("kind", "name"), [(k, n) for k, found in MATRIX.items() for n in found])
def test_each_tool_is_known_by_its_content(kind: str, name: str) -> None:
    data = (FIXTURES / MATRIX[kind][name]).read_bytes()
    reader, problems = recognise("without an ending", data)
    assert reader is not None, problems
    assert kind == reader.NAME
    scanned = reader.scan(data)
    assert reader.dialect(scanned) == (RIS[name][0] if kind == "RIS" else name)
    assert len(reader.read(scanned)) == len(scanned.blocks) > 0


def test_no_tool_and_no_format_is_left_out() -> None:
    for kind, names in NAMED.items():
        assert set(names.split()) <= MATRIX[kind].keys(), kind
    assert {reader.NAME for reader in readers()} == MATRIX.keys()
    assert {name for name, _ in DIALECTS} == {dialect for dialect, _, _ in RIS.values()}


def test_a_record_number_of_endnote_is_no_pubmed_id() -> None:
    """EndNote's own number stands in ID, where Ovid puts that of MEDLINE."""
    data = (FIXTURES / "ris" / "endnote.ris").read_bytes()
    data = data.replace(b"AN  - 38000001\r\n", b"").replace(b"DP  - NLM", b"DB  - Ovid MEDLINE(R)")
    reader, _ = recognise("a", data)
    assert reader is not None
    scanned = reader.scan(data)
    row = reader.row(reader.read(scanned)[0], reader.dialect(scanned), "")
    assert row["pmid"] == row["accession"] == ""


def test_an_id_in_another_spelling_is_kept_as_it_stands() -> None:
    data = b"PMID- 30922926\nTI  - A made-up review\nPMC - PMc4053384\n"
    reader, _ = recognise("a", data)
    assert reader is not None
    row = reader.row(reader.read(reader.scan(data))[0], "pubmed", "")
    assert row["pmcid"] == "PMC4053384"
    assert row["raw_extra"] == '{"PMC": ["PMc4053384"]}'
