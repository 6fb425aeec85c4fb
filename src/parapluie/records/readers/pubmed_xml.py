"""PubMed XML: what E-utilities give, and what the baseline files hold (``PubmedArticleSet``)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from parapluie.records.columns import retraction_of
from parapluie.records.fields import FieldMap, row_of
from parapluie.records.scan import Scan, gathered
from parapluie.records.xml import REPAIRS, Element, XmlBlock, scan_xml

NAME = "PubMed XML"
ENDINGS = (".xml",)
PRIORITY = 9

FIELDS = FieldMap(
    type=("RIS type",),
    title=("ArticleTitle", "BookTitle", "VernacularTitle"),
    abstract=("AbstractText",),
    authors=("Author",),
    group_authors=("CollectiveName",),
    journal=("Title", "book", "ISOAbbreviation", "MedlineTA"),
    year=("PubDate", "ArticleDate", "ContributionDate"),
    doi=("doi",),
    urls=("URL",),
    volume=("Volume",),
    issue=("Issue",),
    pages=("MedlinePgn",),
    first_page=("StartPage",),
    last_page=("EndPage",),
    article_no=("article_no",),
    issn=("ISSN",),
    isbn=("Isbn",),
    language=("Language",),
    keywords=("Keyword",),
    pub_types=("PublicationType",),
    notes=("GeneralNote",),
    pmcid=("pmc",),
    pmid={"": ("PMID",)},
    accession={"": ("bookaccession",)},
)
"""Where the elements go, by their names; ``doi``, ``pmc`` and the like are types of identifiers."""

LINKS = {
    "RetractionIn": "retracted",
    "RetractionOf": "retraction_notice",
    "ExpressionOfConcernIn": "expression_of_concern",
    "ExpressionOfConcernFor": "expression_of_concern",
}
"""Types of links to other articles, and what they say of the record they stand in."""

GROUPS = frozenset({
    "MedlineCitation", "PubmedData", "Article", "Journal", "JournalIssue", "Pagination",
    "Abstract", "MedlineJournalInfo", "History", "BookDocument", "PubmedBookData", "Book",
    "Publisher", "Sections",
})  # fmt: skip
"""Elements that only group others; so do those whose names end with ``List``. Any other one, with
all that it holds, is one value."""

_PLURAL = re.compile(r"[A-Z]\w*List")
_HEAD = re.compile(r"<Pubmed(?:Book)?Article(?:Set)?\b")
_ARTICLE_NO = re.compile(r"[A-Za-z]{0,2}\d{1,8}")
_NUMBERED = frozenset({"ArticleId", "ELocationID"})

Values = Mapping[str, list[str]]


def sniff(data: bytes, text: str) -> bool:
    """Tell whether a text is XML that holds articles of PubMed."""
    head = text[:20_000].lstrip("\ufeff \t\r\n")
    return head.startswith("<") and bool(_HEAD.search(head)) and "<html" not in head[:500].lower()


def scan(data: bytes) -> Scan[XmlBlock]:
    """Find the records: articles, and books or chapters."""
    return scan_xml(data, "PubmedArticle|PubmedBookArticle", _fields)


def read(scanned: Scan[XmlBlock]) -> list[dict[str, list[str]]]:
    """Give the values of each record by the names of their elements."""
    return [gathered(block) for block in scanned.blocks]


def dialect(scanned: Scan[XmlBlock]) -> str:
    """Name the database."""
    return "pubmed"


def row(values: Values, dialect: str, source: str) -> dict[str, str]:
    """Make the columns of one record."""
    made = row_of(_prepared(values), dialect, source, FIELDS)
    made["retraction_status"] = retraction_of(made, values, LINKS)
    number = values.get("PMID", [""])[0]
    if not made["pmid"] and number.isdigit():  # the first ones have fewer than five digits
        made["pmid"] = number
    return made


def _prepared(values: Values) -> dict[str, list[str]]:
    entry = {name: list(found) for name, found in values.items()}
    entry["RIS type"] = [_kind(values)]
    for name, also in (("ISSN", "ISSNLinking"), ("Keyword", "MeshHeading")):
        both = [*values.get(also, ()), *values.get(name, ())]
        entry[name] = list(dict.fromkeys(both))
        entry.pop(also, None)
    if entry["RIS type"] == ["CHAP"]:
        entry["book"] = entry.pop("BookTitle")
    if not values.get("MedlinePgn") and not values.get("StartPage"):
        places = [v for v in values.get("pii", ()) if _ARTICLE_NO.fullmatch(v)]
        entry["article_no"] = places[:1]
    return {name: found for name, found in entry.items() if found}


def _kind(values: Values) -> str:
    if not values.get("BookTitle"):
        return "JOUR"
    return "CHAP" if values.get("ArticleTitle") else "BOOK"


# --- elements -------------------------------------------------------------------------------------


def _fields(record: Element) -> Iterator[tuple[str, str]]:
    for child in record:
        yield from _walk(child)


def _walk(element: Element) -> Iterator[tuple[str, str]]:
    """Give the values of an element: of the groups one for each part, of others one."""
    tag = element.tag
    if tag == "MeshHeading":
        yield from _heading(element)
    elif tag == "Author" or tag == "Investigator":
        yield from _person(element)
    elif tag in GROUPS or _PLURAL.fullmatch(tag):
        yield from _attributes(element, tag)
        for child in element:
            yield from _walk(child)
    else:
        yield from _value(element)


def _attributes(element: Element, name: str, but: str = "") -> Iterator[tuple[str, str]]:
    yield from ((f"{name}@{a}", v) for a, v in element.attrib.items() if v and a != but)


def _value(element: Element) -> Iterator[tuple[str, str]]:
    """Give one value: of a leaf its text, of a small tree the texts in it, with blanks between."""
    tag, kind = element.tag, ""
    text = _text(element)
    if tag in _NUMBERED:
        kind = "IdType" if tag == "ArticleId" else "EIdType"
        tag = element.get(kind) or tag
    elif tag == "CommentsCorrections":
        kind = "RefType"
        tag = element.get(kind) or tag
    elif tag == "AbstractText" and element.get("Label"):
        kind = "Label"
        text = f"{element.get(kind)}: {text}"
    if text:
        yield tag, text
    yield from _attributes(element, tag, kind)
    for child in element.iterdescendants():
        yield from _attributes(child, f"{tag}/{child.tag}")


def _text(element: Element) -> str:
    """Give the text of an element; in a formula or italics it is joined, of parts kept apart."""
    has_text = any((text or "").strip() for text in (element.text, *(c.tail for c in element)))
    is_inline = has_text or any(c.tag in _INLINE or "}" in c.tag for c in element)
    between = "" if is_inline or not len(element) else " "
    return " ".join(between.join(element.itertext()).split())


_INLINE = frozenset({"i", "b", "u", "sub", "sup", "DispFormula"})


def _person(element: Element) -> Iterator[tuple[str, str]]:
    """Give the name as ``Family, Given, Suffix``, or that of a group, and what else is said."""
    name = _name(element, ("LastName", "ForeName", "Suffix"))
    editors = element.getparent().get("Type") == "editors" if element.tag == "Author" else False
    known = {"LastName", "ForeName", "Suffix"} if name else set()
    if name:
        yield ("Editor" if editors else element.tag), name
    yield from _attributes(element, element.tag)
    for child in element:
        if child.tag not in known:
            yield from _value(child)


def _name(element: Element, tags: Iterable[str]) -> str:
    parts = [_text(child) for tag in tags for child in element.findall(tag)[:1]]
    return ", ".join(part.replace(";", ",") for part in parts if part)


def _heading(element: Element) -> Iterator[tuple[str, str]]:
    """Give a heading as MEDLINE does: ``Malaria/*drug therapy``, a star for major topics."""
    parts = ["*" * (c.get("MajorTopicYN") == "Y") + _text(c) for c in element]
    yield element.tag, "/".join(parts)
    for child in element:
        yield from _attributes(child, child.tag, "MajorTopicYN")


__all__ = ["ENDINGS", "NAME", "PRIORITY", "REPAIRS", "dialect", "read", "row", "scan", "sniff"]
