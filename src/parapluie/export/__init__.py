"""Writers: records or reports in the formats of reference managers and screening tools.

Each writer takes rows (column to text, as in records.csv or reports.csv) and gives the text of a
file. The own id of each row goes along, so that what comes back is recognised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from parapluie.export.bibtex import bibtex
from parapluie.export.csl import csl
from parapluie.export.ris import ris
from parapluie.export.screening_tools import asreview, rayyan

WRITERS: Mapping[str, Callable[[Sequence[Mapping[str, str]]], str]] = {
    "ris": ris,
    "rayyan": rayyan,
    "asreview": asreview,
    "csl": csl,
    "bibtex": bibtex,
}
"""Name of a format to its writer."""

__all__ = ["WRITERS", "asreview", "bibtex", "csl", "rayyan", "ris"]
