"""The characters of every export, added up: what stands in its records is in a column or raw_extra.

What a record holds is found here without the readers: by the tags of lines, by lxml, by the csv
module, by the fields of BibTeX. Letters and digits are counted; marks between values are not.
"""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from parapluie.records.readers import Reader, readers, recognise

FIXTURES = Path(__file__).parents[1] / "fixtures"
TAGS = {
    "RIS": r"[A-Za-z][A-Za-z0-9]{1,4}[ \t]{0,4}-",
    "PubMed (nbib)": r"[A-Z]{2,4} {0,2}-",
    "Web of Science (tagged)": r"(?:ER\s*$|[A-Z][A-Z0-9](?: |$))",
    "EndNote tags (enw)": r"%[^\sa-z] ",
    "Ovid (tagged)": r"[A-Z][A-Z0-9] {1,2}-",
}
"""How a line of each format begins that opens a value."""

REFUSED = {
    "lb_pubmed_abstracts.txt": "'Abstract (text)'",
    "lb_fulltext.csv": "a table of decisions",
    "ray_felipe_log.csv": "Rayyan's log", "ray_nalaham_log.csv": "Rayyan's log",
    "ray_tinea_log.csv": "Rayyan's log",
    "scol_abstracts_daniel.yaml": "0 records", "scol_abstracts_resolved.yaml": "0 records",
}  # fmt: skip
"""Files of the corpus that hold no records, and what is said of them."""

FIXTURES_REFUSED = {"customizations_log.csv": "Rayyan's log"}


FRAME = re.compile(r"FN .*|VR \d.*|EF|<\d+\.?\s*>")
"""Lines of Web of Science and Ovid around records."""

ELSEWHERE = frozenset({"odd.bib"})
"""Entries that break the rules of BibTeX; their words are looked for in test_readers_bibtex."""


def letters(text: str) -> str:
    """Give the letters and digits of a text, with character references read."""
    return re.sub(r"[\W_]+", "", html.unescape(text))


Units = Callable[[Any, str], Iterator[str]]
"""What finds the values of a record in its block and the text of the file."""


def of_lines(tag: str) -> Units:
    """Give what finds the values of a record whose lines begin with tags."""
    begins = re.compile(tag)

    def units(block: Any, text: str) -> Iterator[str]:
        outside = [line for _, line in apart(block)]
        for line in [*block.raw.split("\n"), *outside]:
            match = begins.match(line)
            yield from re.split(
                r"\s{3,}[A-Z][A-Z0-9]{1,3}  - ", line[match.end() if match else 0 :]
            )

    return units


def apart(block: Any) -> list[tuple[int, str]]:
    """Give the lines outside of a record that belong to it, with numbers if they are known."""
    found = getattr(block, "outside", ())
    return [(0, line) for line in found.split("\n")] if isinstance(found, str) else list(found)


def of_xml(block: Any, text: str) -> Iterator[str]:
    """Give the text between tags, and the attributes; not those of layout and of kinds of ids."""
    element = etree.fromstring(re.sub(r"&(?!#?\w+;)", "&amp;", block.raw))
    for one in element.iter(etree.Element):
        if one.tag != "style":
            yield from (str(v) for name, v in one.attrib.items() if name != "IdType")
        yield from (part for part in (one.text, one.tail) if part)


def of_bibtex(block: Any, text: str) -> Iterator[str]:
    """Give the words behind ``name =`` of an entry, its type and its key; not abbreviations."""
    short = set(re.findall(r"(?i)@string\s*\{\s*(\w+)", text))
    kind, _, rest = block.raw.partition("{")
    key, _, fields = rest.partition(",")
    yield from (kind, key)
    for line in re.split(r"(?m),?\s*^\s*[A-Za-z][\w-]*\s*=\s*|\n", fields):
        parts = re.split(r",?\s*\b[A-Za-z][\w-]*\s*=\s*[{\"]", line)
        yield from (part for part in parts if part not in short)


def of_table(block: Any, text: str) -> Iterator[str]:
    """Give the cells of a row; those of a workbook are separated by tabs."""
    counted = ({sep: line.count(sep) for sep in ",;\t"} for line in text.split("\n"))
    head = next(found for found in counted if max(found.values()) > 1)
    separator = max(head, key=lambda sep: head[sep])
    for cell in next(csv.reader(io.StringIO(block.raw, newline=""), delimiter=separator)):
        inside = json.loads(cell) if cell.startswith('["') else [re.sub(r'^="(.*)"$', r"\1", cell)]
        for part in inside:
            yield from re.split(r"\s{3,}[A-Z][A-Z0-9]{1,3}  - ", part)


UNITS: dict[str, Units] = {
    **{name: of_lines(tag) for name, tag in TAGS.items()},
    "EndNote XML": of_xml,
    "PubMed XML": of_xml,
    "BibTeX": of_bibtex,
    "table (CSV, TSV, XLSX)": of_table,
}


def missing(reader: Reader, data: bytes) -> tuple[int, list[str]]:
    """Count the letters of all records, and name the values that are not where they should be."""
    scanned = reader.scan(data)
    dialect = reader.dialect(scanned)
    total, lost = 0, []
    for block, values in zip(scanned.blocks, reader.read(scanned), strict=True):
        row = reader.row(values, dialect, "")
        extra = json.loads(row["raw_extra"] or "{}")
        kept = letters(
            "\n".join([*row.values(), *(f"{t} {' '.join(v)}" for t, v in extra.items())])
        )
        small = kept.lower()
        for unit in map(letters, UNITS[reader.NAME](block, scanned.text)):
            total += len(unit)
            if unit not in kept and unit.lower() not in small:
                lost.append(f"line {block.line_first}: {unit[:80]}")
    return total, lost


def between(reader: Reader, data: bytes) -> list[str]:
    """Give the lines beside records that are neither counted nor given to one."""
    scanned = reader.scan(data)
    held: set[int] = {n for n, _ in scanned.repairs}
    for block in scanned.blocks:
        held.update(range(block.line_first, block.line_last + 1))
        held.update(n for n, _ in apart(block))
    lines = scanned.text.split("\n")
    left = [s for n, s in enumerate(lines, start=1) if s.strip() and n not in held]
    given = {line.strip() for block in scanned.blocks for _, line in apart(block)}
    left = [s for s in left if s.strip() not in given and not FRAME.fullmatch(s.strip())]
    return left if len(left) > scanned.n_junk else []


def files(folder: Path, without: Collection[str] = ()) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in without)


def check(path: Path, refused: dict[str, str]) -> str:
    """Check one file; give the name of its format."""
    data = path.read_bytes()
    reader, problems = recognise(path.name, data)
    if path.name in refused:
        assert reader is None and refused[path.name] in problems[0].found
        return ""
    assert reader is not None, problems
    total, lost = missing(reader, data)
    assert total > 0, path.name
    assert not lost, (path.name, len(lost), lost[:5])
    if reader.NAME in TAGS:
        assert not between(reader, data), path.name
    return reader.NAME


@pytest.mark.parametrize("path", files(FIXTURES, ELSEWHERE), ids=lambda p: p.name)
def test_fixtures_keep_every_character(path: Path) -> None:
    check(path, FIXTURES_REFUSED)


def test_every_reader_is_added_up() -> None:
    found = {reader.NAME for reader in readers()}
    assert found == UNITS.keys()
    assert found <= {check(path, FIXTURES_REFUSED) for path in files(FIXTURES, ELSEWHERE)}


@pytest.mark.shared
def test_real_exports_keep_every_character(shared: Path) -> None:
    every = files(shared / "corpora" / "search-exports", ["README.md"])
    assert len(every) == 129
    found = [check(path, REFUSED) for path in every]
    assert found.count("") == len(REFUSED)
    assert set(found) - {""} == UNITS.keys() - {"PubMed XML"}  # there is no real one in the folder
