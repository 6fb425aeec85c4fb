"""PDF files: whether they can be read, and their text page by page.

The only module that imports PyMuPDF (AGPL-3.0), and only when there is a PDF to read. Text only:
numbers are never taken from its tables.
"""

from __future__ import annotations

import hashlib
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OK = "ok"
EMPTY, NOT_A_PDF, DAMAGED = "empty", "not_a_pdf", "damaged"
ENCRYPTED, SCANNED = "encrypted", "scanned"

_MARK_WITHIN = 1024
"""The mark ``%PDF-`` may stand a little behind the start of a file."""

_SCANNED_PAGES, _SCANNED_CHARACTERS = 3, 200
"""Fewer characters than this on the first pages: pictures of pages, no text."""


@dataclass(frozen=True)
class PdfText:
    """What a PDF file holds.

    Parameters
    ----------
    file : str
        The file as shown.
    status : str
        ``ok``, ``empty``, ``not_a_pdf``, ``damaged``, ``encrypted`` or ``scanned``.
    sha256 : str
        Digest of the file.
    pages : tuple of str
        Text of each page, the first at index 0; empty if the file cannot be read.
    """

    file: str
    status: str
    sha256: str
    pages: tuple[str, ...] = ()


def read_pdf(path: Path) -> PdfText:
    """Read a PDF file; a file that cannot be read has a status that says why.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    PdfText
    """
    data = path.read_bytes()
    shown, digest = path.as_posix(), hashlib.sha256(data).hexdigest()
    if not data:
        return PdfText(shown, EMPTY, digest)
    if b"%PDF-" not in data[:_MARK_WITHIN]:
        return PdfText(shown, NOT_A_PDF, digest)
    status, pages = _pages(data)
    return PdfText(shown, status, digest, pages)


def _pages(data: bytes) -> tuple[str, tuple[str, ...]]:
    pymupdf: Any = importlib.import_module("pymupdf")  # untyped, and slow to import
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        with pymupdf.open(stream=data, filetype="pdf") as document:
            if document.needs_pass:
                return ENCRYPTED, ()
            pages = tuple(str(page.get_text()) for page in document)
    except (RuntimeError, ValueError):
        return DAMAGED, ()
    if not pages:
        return DAMAGED, ()
    start = "".join("".join(page.split()) for page in pages[:_SCANNED_PAGES])
    return (SCANNED if len(start) < _SCANNED_CHARACTERS else OK), pages
