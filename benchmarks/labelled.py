"""The labelled sets, in the form that each tool reads, and without their labels.

They stay where they are: ``PARAPLUIE_SHARED`` names the folder that holds them. Their README says
where each comes from.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.measured import SHARED

SETS = ("stroke", "haematology", "cytology_screening", "diabetes", "digital_work", "tafenoquine")
PAIRS = {
    "hard_pairs_bibdedupe_history.csv.gz": "labelled_duplicate",
    "pair_cases_bibdedupe.csv": "expected_duplicate",
}
"""Files of pairs, and the column that says ``1`` for a duplicate."""

_NOT_SAID = ("NA", "UNKNOWN", "")
_CONFERENCE = ("CPAPER", "CONF")


def folder() -> Path | None:
    """Give the folder of the labelled sets; ``None`` where no variable names it."""
    named = os.environ.get(SHARED)
    return Path(named) / "benchmarks" / "dedup" if named else None


def scorer(source: Path) -> Callable[[pd.DataFrame, pd.DataFrame], tuple[Any, Any, Any]]:
    """Load ``score`` of the evaluate.py that stands beside the sets."""
    spec = importlib.util.spec_from_file_location("evaluate", source / "evaluate.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    score: Callable[[pd.DataFrame, pd.DataFrame], tuple[Any, Any, Any]] = module.score
    return score


def read(path: Path) -> pd.DataFrame:
    """Read a set as text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def read_pairs(path: Path) -> pd.DataFrame:
    """Read pairs: two rows each, with ``side`` (a, b), ``is_duplicate`` and a ``record_id``."""
    table = read(path)
    label = next(c for c in PAIRS.values() if c in table)
    table = table.assign(
        side=["ab"[n] for n in table.groupby("pair_id").cumcount()],
        is_duplicate=table[label] == "1",
        type=table.get("type", "article"),
    )
    table["record_id"] = table["pair_id"] + ":" + table["side"]
    return table.drop(columns=[label, "dataset", "listed_as", "note"], errors="ignore")


def as_records(labelled: pd.DataFrame) -> pd.DataFrame:
    """Give a set the columns of records.csv, as our readers would fill them.

    A conference stands in ``journal``; what the set marks as not said is empty. The author lists of
    "diabetes" run on without separator, as EndNote wrote them, and stay so.
    """
    table = labelled.drop(columns=["cluster_id"], errors="ignore").replace(list(_NOT_SAID), "")
    table = table.rename(columns={"author": "authors", "number": "issue"})
    if "booktitle" in table:
        table["journal"] = table["journal"].where(table["journal"] != "", table.pop("booktitle"))
    return table.assign(authors=table["authors"].str.replace(" and ", "; ", regex=False))


def labelled_as_bibtex(labelled: pd.DataFrame) -> pd.DataFrame:
    """Give a set the columns of BibTeX, which bib-dedupe reads.

    A type that is not one of BibTeX costs that tool recall without a word, and so does a conference
    in ``journal``: both are as it wants them.
    """
    table = labelled.drop(columns=["cluster_id", "source", "isbn", "pmid"], errors="ignore")
    table = table.rename(columns={"record_id": "ID", "type": "ENTRYTYPE"})
    return table.assign(ENTRYTYPE=table["ENTRYTYPE"].replace("", "article"))


def records_as_bibtex(records: pd.DataFrame) -> pd.DataFrame:
    """Give records.csv the columns of BibTeX (see `labelled_as_bibtex`)."""
    at_conference = records["type"].isin(_CONFERENCE)
    return pd.DataFrame(
        {
            "ID": records["record_id"],
            "ENTRYTYPE": at_conference.map({True: "inproceedings", False: "article"}),
            "title": records["title"],
            "author": records["authors"].str.replace("; ", " and ", regex=False),
            "year": records["year"],
            "journal": records["journal"].mask(at_conference, ""),
            "booktitle": records["journal"].where(at_conference, ""),
            "volume": records["volume"],
            "number": records["issue"],
            "pages": records["pages"],
            "doi": records["doi"],
            "abstract": records["abstract"],
        }
    )
