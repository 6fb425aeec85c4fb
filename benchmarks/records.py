"""Measure the import of 100 MB of RIS against rispy, the reference parser.

    python -m benchmarks.records [--megabytes 100] [--repeat 3]

Ours is the whole command, from the export to records.csv with ids, columns and counts; rispy reads
the same file into dictionaries and does nothing else (every tag as a list, no delimiters, which is
what it takes to keep all values). Both run in processes of their own, one after the other.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import measured
from benchmarks.made_records import made
from parapluie.export.ris import ris
from parapluie.records.fields import COLUMNS

WORDS = 60
"""Keywords of the made records come from this many."""

RISPY = """
import sys, rispy
from collections import defaultdict
text = open(sys.argv[1], encoding='utf-8-sig').read()
tags = sorted({line[:2] for line in text.split('\\n') if line[2:6] == '  - '})
read = rispy.loads(text, mapping={t: t for t in tags}, delimiter_tags_mapping={},
                   list_tags=[t for t in tags if t not in ('TY', 'ER')])
print(len(read))
"""


def exported(megabytes: float, seed: int) -> Iterator[str]:
    """Give records as RIS until there are as many megabytes, about 2 kB each with its abstract."""
    size, batch = 0, 0
    rng = random.Random(seed)
    words = [f"keyword {n}" for n in range(WORDS)]
    while size < megabytes * 1e6:
        rows, _ = made(5000, seed + batch, abstracts=True)
        batch += 1
        for *_, record_id, _, filled in rows:
            values = {**filled, "record_id": record_id}
            values["keywords"] = "; ".join(rng.sample(words, 8))
            values["abstract"] = " ".join([values.get("abstract", "")] * 3).strip()
            text = ris([{c: values.get(c, "") for c in COLUMNS}])
            size += len(text.encode())
            yield text
            if size >= megabytes * 1e6:
                return


def main() -> None:
    """Measure, print the table, and keep it on the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=100)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--full", action="store_true", help="as without it")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export = folder / "export.ris"
        n = 0
        with export.open("w", encoding="utf-8", newline="") as file:
            for text in exported(args.megabytes, 1):
                file.write(text)
                n += 1
        print(measured.machine())
        print(measured.versions(["rispy"]))
        size = export.stat().st_size / 1e6
        print(f"{n} records, {size:.0f} MB of RIS")
        ours, peer = [], []
        for _ in range(args.repeat):
            program = Path(sys.executable).parent / "parapluie"
            ours.append(measured.measure([program, "records", export, "--out", folder / "out"]))
            peer.append(measured.measure([sys.executable, "-c", RISPY, export]))
        with (folder / "out" / "records.csv").open(encoding="utf-8", newline="") as file:
            read = sum(1 for _ in csv.reader(file)) - 1
        if read != n:
            sys.exit(f"{n} records written, {read} read")
        rows = [
            (
                tool,
                measured.span([c.seconds for c in costs], ".2f"),
                measured.span([n / c.seconds for c in costs], ".0f"),
                measured.span([c.largest_mb for c in costs], ".0f"),
                measured.span(
                    [c.seconds / p.seconds for c, p in zip(costs, peer, strict=True)], ".2f"
                ),
            )
            for tool, costs in (("parapluie records", ours), ("rispy, reading only", peer))
        ]
        header = ["", "seconds", "records/s", "MB of the largest process", "time to rispy's"]
        print(measured.table(header, rows))


if __name__ == "__main__":
    main()
