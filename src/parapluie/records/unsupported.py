"""What a file is that no reader takes, and which export to choose instead."""

from __future__ import annotations

import re

_RIS = "Export the search again as RIS (in reference managers: 'RIS' or 'RefMan')."

_BYTES = (
    (b"%PDF-", "a PDF document", _RIS),
    (b"PK\x03\x04", "a workbook or zip archive", _RIS + " A zip archive must be unpacked first."),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word document", _RIS),
)

_TEXTS = (
    (
        r"(?i)\A\s*<(!doctype html|html)",
        "a web page (HTML); perhaps the log-in page of the database",
        "Open it in a browser to see why, then download the export again as RIS.",
    ),
    (
        r"(?m)^(PMID- |OWN - |STAT- )",
        "the PubMed format (nbib)",
        "Open the file in a reference manager such as Zotero and export the records as RIS.",
    ),
    (
        r"(?m)^(FN |VR \d|PT [A-Z]\s*$)",
        "the tagged format of Web of Science (.ciw, savedrecs.txt)",
        "In Web of Science choose Export > RIS.",
    ),
    (
        r"\A\s*(<\?xml|<xml|<records|<PubmedArticleSet)",
        "XML (EndNote or PubMed)",
        "In EndNote choose File > Export > Output style 'RefMan (RIS) Export'.",
    ),
    (
        r"(?m)^\s*@\w+\s*\{",
        "BibTeX",
        "Choose RIS in the export dialogue, or convert the file with a reference manager.",
    ),
    (r"(?m)^%[0A-Z] ", "the %-tags of EndNote (.enw)", _RIS),
    (
        r"(?m)^<\d+\. ?>\s*$",
        "the Citavi or text format of Ovid",
        "In Ovid choose Export > Format: RIS, Fields: Complete Reference.",
    ),
    (
        r"(?m)^PMID: \d+",
        "the PubMed format 'Abstract (text)', which has no tags",
        "In PubMed choose Send to > Citation manager, and convert that file to RIS.",
    ),
    (
        r"\A[^\n]*[,;\t][^\n]*[,;\t][^\n]*\n",
        "a table (CSV)",
        _RIS + " A table from a database can be imported into a reference manager first.",
    ),
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
    for mark, found, mend in _BYTES:
        if data.startswith(mark):
            return found, mend
    for pattern, found, mend in _TEXTS:
        if re.search(pattern, text[:20_000]):
            return found, mend
    return "text without a line 'TY  - ', so 0 records", _RIS
