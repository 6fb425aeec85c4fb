"""Feed the readers of exports with broken files and look whether anything is lost.

    python benchmarks/fuzz_readers.py [FOLDER OF SEEDS ...] -max_total_time=3600

needs atheris, which is no dependency of the project. What must hold of any bytes: no exception, no
hang; as many records read as found; every line of a RIS file in a record or counted; every value in
a column or in ``raw_extra``; the same records whether a file is read whole or in pieces.
"""

from __future__ import annotations

import json
import re
import sys
import traceback
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["parapluie.records"]):
    from parapluie.records import pieces, ris, scan
    from parapluie.records.readers import readers, recognise

MAX_BYTES = 6000


def bare(text: str) -> str:
    """Leave out what separates values."""
    return re.sub(r"[\s;|]+", "", text)


def check_values(piece: pieces.Piece, entries: list[dict[str, list[str]]]) -> None:
    """Look for every value in the columns of its record."""
    for row, entry in zip(piece.rows, entries, strict=True):
        extra = json.loads(row["raw_extra"] or "{}")
        kept = bare("\n".join(row.values()) + "\n".join(v for vs in extra.values() for v in vs))
        for value in (v for values in entry.values() for v in values):
            assert bare(value) in kept, (value, row)


def check_lines(found: scan.Scan[ris.RisBlock]) -> None:
    """Count the lines of a RIS file: each is in a record, beside one, junk or blank."""
    held: set[int] = set()
    for block in found.blocks:
        held.update(range(block.line_first, block.line_last + 1))
        held.update(n for n, _ in block.outside)
    lines = found.text.split("\n")
    left = [n for n, line in enumerate(lines, start=1) if line.strip() and n not in held]
    ends = {n for n, code in found.repairs if code == "doubled_end"}
    assert len([n for n in left if n not in ends]) <= found.n_junk, left


def same_found(data: bytes) -> None:
    """Compare the quick way through a regular file with the one line by line."""
    quick = ris.scan(data)
    regular = ris._take_regular
    ris._take_regular = lambda found: False
    try:
        slow = ris.scan(data)
    finally:
        ris._take_regular = regular
    assert [b.raw for b in quick.blocks] == [b.raw for b in slow.blocks]
    assert [b.line_first for b in quick.blocks] == [b.line_first for b in slow.blocks]


def one_input(data: bytes) -> None:
    """Read a file in every way and compare."""
    reader, problems = recognise("a file", data)
    if reader is None:
        assert problems
        return
    scanned = reader.scan(data)
    entries = reader.read(scanned)
    assert len(entries) == len(scanned.blocks)
    about = pieces.Export("s", "S", "", False, "f", reader.dialect(scanned))
    whole = pieces.read_piece(reader, data, about)
    check_values(whole, entries)
    if reader.NAME == "RIS" and scanned.blocks:
        check_lines(scanned)
        same_found(data)
    parts = [
        pieces.read_piece(reader, data[a:b], about, line)
        for a, b, line in pieces.cut(reader, data, 150)
    ]
    if {p.encoding for p in parts} != {whole.encoding}:
        return  # each piece has an encoding of its own
    assert [i for p in parts for i in p.ids] == whole.ids
    assert [x for p in parts for x in p.lines] == whole.lines
    assert [r for p in parts for r in p.rows] == whole.rows


SEEN: set[str] = set()


def told(data: bytes) -> None:
    """Keep one input for each place in the code that fails and each format, and go on."""
    try:
        one_input(data)
    except Exception:
        lines = traceback.format_exc().splitlines()
        place = [line for line in lines if line.strip().startswith("File")][-1]
        reader, _ = recognise("a file", data)
        place += f" {reader.NAME if reader else 'no format'}"
        if place not in SEEN:
            SEEN.add(place)
            name = f"failure-{len(SEEN)}"
            print(name, *lines[-7:], sep="\n", flush=True)
            Path(name).write_bytes(data)


def main() -> None:
    """Start with the first part of each file of the folders."""
    folders = [Path(a) for a in sys.argv[1:] if not a.startswith("-")]
    flags = [a for a in sys.argv[1:] if a.startswith("-")]
    corpus = Path(next((f[9:] for f in flags if f.startswith("--corpus=")), "fuzz-corpus"))
    corpus.mkdir(parents=True, exist_ok=True)
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            (corpus / f"seed-{path.name}").write_bytes(path.read_bytes()[:MAX_BYTES])
    readers()
    options = [f for f in flags if not f.startswith("--corpus=")]
    atheris.Setup([sys.argv[0], *options, f"-max_len={MAX_BYTES}", str(corpus)], told)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
