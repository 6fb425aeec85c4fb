"""EndNote XML, as EndNote, Mendeley and Zotero write it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from parapluie.records.columns import isbns, issns, retraction_of
from parapluie.records.fields import FieldMap, row_of
from parapluie.records.scan import Scan, gathered
from parapluie.records.xml import REPAIRS, Element, XmlBlock, scan_xml

NAME = "EndNote XML"
ENDINGS = (".xml",)
PRIORITY = 9

_NAMED = {
    "Aggregated Database": "AGGR", "Ancient Text": "ANCIENT", "Artwork": "ART",
    "Audiovisual Material": "ADVS", "Bill": "BILL", "Blog": "BLOG", "Book": "BOOK",
    "Book Section": "CHAP", "Case": "CASE", "Catalog": "CTLG", "Chart or Table": "CHART",
    "Classical Work": "CLSWK", "Computer Program": "COMP", "Conference Paper": "CPAPER",
    "Conference Proceedings": "CONF", "Dataset": "DATA", "Dictionary": "DICT",
    "Edited Book": "EDBOOK", "Electronic Article": "EJOUR", "Electronic Book": "EBOOK",
    "Electronic Book Section": "ECHAP", "Encyclopedia": "ENCYC", "Equation": "EQUA",
    "Figure": "FIGURE", "Film or Broadcast": "MPCT", "Generic": "GEN",
    "Government Document": "GOVDOC", "Grant": "GRNT", "Hearing": "HEAR",
    "Journal Article": "JOUR", "Legal Rule or Regulation": "LEGAL", "Magazine Article": "MGZN",
    "Manuscript": "MANSCPT", "Map": "MAP", "Music": "MUSIC", "Newspaper Article": "NEWS",
    "Online Database": "DBASE", "Online Multimedia": "MULTI", "Pamphlet": "PAMP",
    "Patent": "PAT", "Personal Communication": "PCOMM", "Report": "RPRT", "Serial": "SER",
    "Standard": "STAND", "Statute": "STAT", "Thesis": "THES", "Unpublished Work": "UNPB",
    "Web Page": "ELEC",
}  # fmt: skip
TYPES = {name.lower(): kind for name, kind in _NAMED.items()}
"""Type of a reference to that of RIS, which `type` holds for every format; others are ``GEN``."""

NUMBERS = {
    "5": "CHAP", "6": "BOOK", "10": "CONF", "12": "ELEC", "13": "GEN", "17": "JOUR", "19": "MGZN",
    "23": "NEWS", "27": "RPRT", "28": "EDBOOK", "32": "THES", "34": "UNPB", "36": "MANSCPT",
    "43": "EJOUR", "44": "EBOOK", "47": "CPAPER", "59": "DATA", "60": "ECHAP",
}  # fmt: skip
"""Number of a type in EndNote; counts only where the name is missing, since Mendeley's differ."""

FIELDS = FieldMap(
    type=("RIS type",),
    title=("titles/title",),
    abstract=("abstract",),
    authors=("contributors/authors/author",),
    journal=(
        "titles/secondary-title", "periodical/full-title", "titles/alt-title",
        "alt-periodical/full-title", "periodical/abbr-1", "periodical/abbr-2",
    ),
    year=("dates/year", "dates/pub-dates/date"),
    doi=("electronic-resource-num", "urls/related-urls/url", "urls/web-urls/url", "notes"),
    doi_said=("urls/related-urls/url", "urls/web-urls/url", "notes"),
    urls=(
        "urls/related-urls/url", "urls/web-urls/url", "urls/text-urls/url", "urls/pdf-urls/url",
        "urls/url",
    ),
    volume=("volume",),
    issue=("number", "issue"),
    pages=("pages",),
    article_no=("custom7",),
    issn=("issn",),
    isbn=("ISBN",),
    database=("remote-database-name", "remote-database-provider"),
    language=("language",),
    keywords=("keywords/keyword",),
    pub_types=("types",),
    notes=("notes", "research-notes"),
    pmcid=("pmcid", "custom2"),
    cochrane_id=("accession-num", "pages", "custom7"),
    pmid={"": ("pmid",)},
    accession={"": ("accession-num",)},
)  # fmt: skip
"""Where the elements go, named by their path in the record; names without a counterpart in the
format (``RIS type``, ``issn``, ``ISBN``, ``types``, ``pmid``, ``pmcid``) are made here."""

PUBMED_TYPES = frozenset({
    "case reports", "clinical study", "clinical trial", "clinical trial protocol",
    "clinical trial, phase i", "clinical trial, phase ii", "clinical trial, phase iii",
    "clinical trial, phase iv", "comment", "comparative study", "congress",
    "consensus development conference", "controlled clinical trial", "editorial",
    "english abstract", "equivalence trial", "evaluation study", "expression of concern",
    "guideline", "historical article", "introductory journal article", "journal article",
    "letter", "meta-analysis", "multicenter study", "news", "observational study",
    "patient education handout", "practice guideline", "pragmatic clinical trial", "preprint",
    "published erratum", "randomized controlled trial", "retracted publication",
    "retraction of publication", "review", "scoping review", "systematic review", "twin study",
    "validation study",
})  # fmt: skip
"""Types of publication of PubMed (lower case), which EndNote puts into the notes, one a line."""

_LISTS = ("notes", "research-notes", "keywords/keyword", "contributors/authors/author",
          "urls/related-urls/url", "urls/web-urls/url", "urls/pdf-urls/url")  # fmt: skip
_ROOT = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<(?:xml|records)\b", re.DOTALL
)
_RECORD = re.compile(
    r"<record[\s>].{0,20000}?<(?:ref-type|rec-number|titles|contributors)\b", re.DOTALL
)
_APP = re.compile(r"<source-app\b[^>]*\bname=[\"']([^\"']+)[\"']")
_DIGITS = re.compile(r"\d{5,8}")
_PMID_SAID = re.compile(r"(?i)\bPMID:?\s*(\d{5,8})\b")
_PMCID = re.compile(r"PMC\d{4,9}\b")

Values = Mapping[str, list[str]]


def sniff(data: bytes, text: str) -> bool:
    """Tell whether a text is XML with a record as EndNote describes it."""
    head = text[:400_000].lstrip("\ufeff")
    return bool(_ROOT.match(head) and _RECORD.search(head))


def scan(data: bytes) -> Scan[XmlBlock]:
    """Find the records."""
    return scan_xml(data, "record", _fields)


def read(scanned: Scan[XmlBlock]) -> list[dict[str, list[str]]]:
    """Give the values of each record by the path of their element."""
    return [gathered(block) for block in scanned.blocks]


def dialect(scanned: Scan[XmlBlock]) -> str:
    """Name the program that wrote the file, as it says itself; Mendeley does not say so."""
    head = scanned.text[:100_000]
    named = _APP.search(head)
    if named:
        return re.sub(r"[^a-z0-9]+", "_", named[1].lower()).strip("_") or "endnote"
    return "endnote" if "<style" in head else "mendeley"


def row(values: Values, dialect: str, source: str) -> dict[str, str]:
    """Make the columns of one record."""
    made = row_of(_prepared(values, dialect), dialect, source, FIELDS)
    made["retraction_status"] = retraction_of(made, values, {})
    return made


# --- elements -------------------------------------------------------------------------------------


def _fields(record: Element) -> Iterator[tuple[str, str]]:
    for child in record:
        yield from _walk(child, "")


def _walk(element: Element, path: str) -> Iterator[tuple[str, str]]:
    """Give the texts of an element and below; ``style`` only says how a text looks."""
    name = f"{path}{element.tag}"
    parts = [child for child in element if child.tag != "style"] if len(element) else []
    text = _lines("".join(element.itertext())) if not parts or _has_text(element) else ""
    if text:
        yield name, text
    if element.attrib:
        yield from ((f"{name}@{a}", v) for a, v in element.attrib.items() if v and v != text)
    for child in () if text else parts:
        yield from _walk(child, f"{name}/")


def _lines(text: str) -> str:
    """Leave out blanks at the ends of lines, runs of them, and empty lines."""
    if "\n" not in text and "\r" not in text:
        return " ".join(text.split())
    lines = (" ".join(line.split()) for line in re.split(r"[\r\n]+", text))
    return "\n".join(line for line in lines if line)


def _has_text(element: Element) -> bool:
    return bool((element.text or "").strip() or any((c.tail or "").strip() for c in element))


# --- fields as the columns want them --------------------------------------------------------------


def _prepared(values: Values, dialect: str) -> dict[str, list[str]]:
    entry = {name: [v.replace("\n", " ") for v in found] for name, found in values.items()}
    for name in _LISTS:
        if name in values:
            entry[name] = [line for v in values[name] for line in v.split("\n")]
    entry["RIS type"] = [_kind(values)]
    entry["types"] = [*entry.pop("work-type", []), *_types(entry.get("notes", ()))]
    entry.update(_numbers(values.get("isbn", [])))
    entry["pmid"] = _pmid(values, dialect)
    codes = [m[0] for v in values.get("custom2", ()) if (m := _PMCID.match(v))]
    entry["pmcid"] = [code for code in codes if code not in values["custom2"]]
    return {name: found for name, found in entry.items() if found}


def _kind(values: Values) -> str:
    name = values.get("ref-type@name", [""])[0].lower()
    number = values.get("ref-type", [""])[0]
    return TYPES.get(name, "GEN") if name else NUMBERS.get(number, "GEN")


def _types(notes: Iterable[str]) -> list[str]:
    return [line for line in notes if line.lower() in PUBMED_TYPES]


def _numbers(texts: Sequence[str]) -> dict[str, list[str]]:
    """Tell ISSN from ISBN; the text stays where it says more (``0893-8512 (Print)``)."""
    books = isbns(texts)
    papers = [n for n in issns(texts) if not any(n in book for book in books)]
    kept = [v for v in texts if v not in [*books, *papers]]
    return {"ISBN": books, "issn": papers, "isbn": [v.replace("\n", " ") for v in kept]}


def _pmid(values: Values, dialect: str) -> list[str]:
    """Give the PubMed id: the accession number of a record from MEDLINE, or what notes call one."""
    said = " ".join(v for name in FIELDS.database for v in values.get(name, ())).lower().split()
    is_pubmed = dialect == "mendeley" or not {"nlm", "pubmed", "medline"}.isdisjoint(said)
    numbers = values.get("accession-num", []) if is_pubmed else []
    found = [n for n in numbers if _DIGITS.fullmatch(n)]
    noted = {m for v in values.get("notes", ()) for m in _PMID_SAID.findall(v)}
    return found[:1] or (list(noted) if len(noted) == 1 else [])


__all__ = ["ENDINGS", "NAME", "PRIORITY", "REPAIRS", "dialect", "read", "row", "scan", "sniff"]
