"""What a file is that no reader takes, and which export to choose instead."""

from __future__ import annotations

import re

_RIS = (
    "Export the search again as RIS (in reference managers: 'RIS' or 'RefMan'); docs/records.md "
    "names the menus of the databases."
)
_PUBMED = (
    "In PubMed choose Save > Selection: All results > Format: PubMed > Create file, or Send to > "
    "Citation manager."
)
_OVID = "In Ovid choose Export > Format: RIS (or Citavi) > Fields: Complete Reference."
_WOS = (
    "In Web of Science choose Export > Plain text file or RIS > Record Content: Full Record, and "
    "look at the range of records there."
)
_COCHRANE = (
    "In the Cochrane Library choose Export selected citation(s) > RIS (EndNote), abstracts "
    "included."
)

_UNPACK = "Unpack it beside the other exports and name the files in it."

_ABSTRACTS = re.compile(r"(?m)^PMID: \d+")
_CITATIONS = re.compile(r"\A\s*\d+[.:] \S[\s\S]*?\bPMID: \d+")

_BYTES = (
    (b"%PDF-", "a PDF document", _RIS),
    (
        b"PK\x03\x04",
        "a workbook without a table of records",
        "It needs a row of headers with a column of titles. Else: " + _RIS,
    ),
    (
        b"\xd0\xcf\x11\xe0",
        "an old Excel or Word document",
        "In Excel choose File > Save as > Excel workbook (.xlsx). Else: " + _RIS,
    ),
    (b"{\\rtf", "a formatted text (RTF)", _RIS),
    (b"\x1f\x8b", "a compressed file (gzip)", _UNPACK),
    (b"Rar!", "a compressed file (RAR)", _UNPACK),
    (b"7z\xbc\xaf", "a compressed file (7z)", _UNPACK),
)

_TEXTS = (
    (
        r"(?i)\A\s*<(!doctype html|html)",
        "a web page (HTML); perhaps the log-in page of the database",
        "Open it in a browser to see why, then download the export again as RIS.",
    ),
    (r"\A(\s*\d{1,8}\s*(\n|\Z))+\Z", "a list of numbers, as PubMed's format 'PMID'", _PUBMED),
    (r"(?m)^(PMID|OWN |STAT)- ", "the PubMed format (nbib) without a whole record", _PUBMED),
    (
        r"(?m)^(FN .*\n|VR \d)",
        "the header of an export of Web of Science without a record",
        _WOS,
    ),
    (
        r"(?m)^<\d+\.? *>\s*$",
        "a text of Ovid with the names of fields in full, or without fields",
        _OVID,
    ),
    (
        r"(?m)^Record #\d+ of \d+",
        "the plain text of the Cochrane Library",
        _COCHRANE,
    ),
    (
        r"(?m)^RT [A-Z].*\n(SR|ID|A1|T1) ",
        "the tagged format of RefWorks",
        "In RefWorks choose Export references > RIS.",
    ),
    (
        r"\A\s*(<\?xml|<\w+[\s>])",
        "XML without records of EndNote or PubMed",
        "In EndNote choose File > Export > Output style 'RefMan (RIS) Export'; in PubMed choose "
        "Save > Format: PubMed.",
    ),
    (
        r"(?m)^\s*@\w+\s*\{",
        "BibTeX without an entry",
        "Choose RIS in the export dialogue, or convert the file with a reference manager.",
    ),
    (r"\A\s*[\[{]\s*[\"{\]}]", "JSON", _RIS),
    (
        r"\A[^\n]*[,;\t][^\n]*[,;\t][^\n]*\n",
        "a table (CSV) without a column that is known to hold titles",
        "Export the table again with all fields, and with its row of headers. Else: " + _RIS,
    ),
)
"""What a text begins with, what it then is, and which menu gives an export that is read."""


def citations_of_pubmed(text: str) -> tuple[str, str] | None:
    """Say which of PubMed's texts without tags a file is, and the remedy; ``None`` if it is none.

    The commas and semicolons of such a text may look like a table.
    """
    head = text[:20_000]
    if not _CITATIONS.match(head):
        return None
    if _ABSTRACTS.search(head):
        return "the PubMed format 'Abstract (text)', which has no tags", _PUBMED
    return "the PubMed format 'Summary (text)', which has no tags and no abstracts", _PUBMED


def _archive(data: bytes) -> tuple[str, str] | None:
    """Say which files a zip archive holds; ``None`` for a workbook, and what is no archive."""
    if not data.startswith(b"PK\x03\x04"):
        return None
    import io
    import zipfile

    try:
        names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "a zip archive or workbook that is cut off or damaged", "Download it again."
    if "[Content_Types].xml" in names:
        return None
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return (
        f"a zip archive with {shown or 'nothing in it'}",
        _UNPACK,
    )


def looks_like(data: bytes, text: str) -> tuple[str, str]:
    """Say what a file without readable records is, and what to do.

    Parameters
    ----------
    data : bytes
        The content.
    text : str
        The content, decoded.

    Returns
    -------
    (str, str)
        What was found, and the remedy in the imperative.
    """
    if not text.strip():
        return "an empty file", "Download the export again; a file of 0 records is not an export."
    archive = _archive(data)
    if archive:
        return archive
    for mark, found, mend in _BYTES:
        if data.startswith(mark):
            return found, mend
    of_pubmed = citations_of_pubmed(text)
    if of_pubmed:
        return of_pubmed
    for pattern, found, mend in _TEXTS:
        if re.search(pattern, text[:20_000]):
            return found, mend
    return "text in which no record of a known format begins, so 0 records", _RIS
