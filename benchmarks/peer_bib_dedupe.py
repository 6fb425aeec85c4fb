"""Run bib-dedupe on a table; it runs in the environment of that tool, not in ours.

python peer_bib_dedupe.py RECORDS.csv FOLDER

RECORDS.csv has the tool's own columns (ID, ENTRYTYPE, title, author ...). FOLDER gets clusters.csv
(record_id, cluster_id; records in no cluster are alone) and questions.csv (record_a, record_b): its
"maybe" pairs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import bib_dedupe.bib_dedupe as tool
import pandas as pd


def deduplicate(records: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give clusters and questions, by the steps that the tool's documentation names."""
    pairs = tool.block(tool.prep(records, verbosity_level=0))
    matched = tool.match(pairs)
    rows = [(i, min(ids)) for ids in tool.cluster(matched) for i in ids]
    clusters = pd.DataFrame(rows, columns=["record_id", "cluster_id"], dtype=str)
    maybe = matched[matched["duplicate_label"] == "maybe"]
    questions = maybe.rename(columns={"ID_1": "record_a", "ID_2": "record_b"})
    return clusters, questions[["record_a", "record_b"]]


def main() -> None:
    """Read, deduplicate, write."""
    records = pd.read_csv(sys.argv[1], dtype=str, keep_default_na=False)
    clusters, questions = deduplicate(records)
    clusters.to_csv(Path(sys.argv[2]) / "clusters.csv", index=False)
    questions.to_csv(Path(sys.argv[2]) / "questions.csv", index=False)


if __name__ == "__main__":
    main()
