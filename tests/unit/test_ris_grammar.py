"""Any records as RIS, with any of the ends, blanks and headings that tools write."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from parapluie.records import ris
from parapluie.records.pieces import Export, cut, read_piece
from parapluie.records.readers import recognise
from parapluie.records.readers import ris as reader
from tests.unit.test_readers_tagged import LINE
from tests.unit.test_real_exports import bare

TAGS = ("AU", "A1", "AB", "N2", "N1", "KW", "PY", "DA", "DO", "L3", "UR", "SN", "SP", "EP", "JF",
        "T2", "M1", "C7", "AN", "ID", "LA", "DB", "U1", "NV")  # fmt: skip
Value = tuple[str, list[str]]
VALUES = st.tuples(
    st.sampled_from(TAGS),
    st.lists(LINE, min_size=1, max_size=3).map(
        lambda lines: [lines[0], *(f"and {line}" for line in lines[1:])]
    ),
)
RECORDS = st.lists(st.lists(VALUES, max_size=6), min_size=1, max_size=5)
ER = st.sampled_from(["ER  - ", "ER  -", "ER  -   ", "er  - "])
BETWEEN = st.sampled_from(["", "\n", "\n\n", "2. \n", "\nRecord #1 of 3\nProvider: X\n\n"])
ABOUT = Export("s", "S", "", False, "f", "ris")


def written(made: Sequence[Sequence[Value]], er: str, between: str) -> str:
    """Write records as RIS; a title comes first, since a record without any line is none."""
    text = ""
    for number, record in enumerate(made, start=1):
        lines = ["TY  - JOUR", f"TI  - Record {number}"]
        lines += [f"{tag}  - " + "\n".join(value) for tag, value in record]
        text += "\n".join([*lines, er]) + "\n" + between
    return text


@given(
    made=RECORDS, er=ER, between=BETWEEN, end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), is_closed=st.booleans(),
)  # fmt: skip
def test_any_records_of_ris(
    made: list[list[Value]], er: str, between: str, end: str, encoding: str, is_closed: bool
) -> None:
    text = written(made, er, between)
    if not is_closed:
        text = text[: text.rfind(er)]
    data = text.replace("\n", end).encode(encoding)
    assert recognise("x", data)[0] is reader
    scanned = reader.scan(data)
    read = reader.read(scanned)
    assert (len(scanned.blocks), len(read)) == (len(made), len(made))
    assert reader.reference(scanned) == read  # as rispy reads them
    for record, values in zip(made, read, strict=True):
        for tag, lines in record:
            assert bare("\n".join(lines)) in bare("\n".join(values[tag]))
        row = reader.row(values, "ris", "")
        extra = json.loads(row["raw_extra"] or "{}")
        kept = bare("\n".join([*row.values(), *(v for found in extra.values() for v in found)]))
        assert all(bare(v) in kept for found in values.values() for v in found)


@given(made=RECORDS, er=ER, between=BETWEEN)
def test_the_quick_way_and_pieces_give_the_same(
    made: list[list[Value]], er: str, between: str
) -> None:
    text = written(made, er, between)
    data = text.encode()
    scanned = reader.scan(data)
    for block in scanned.blocks:
        slow = ris.RisBlock(block.raw, block.line_first, block.line_last, block.outside)
        assert block.tags == ris._tags_of(slow)
    whole = read_piece(reader, data, ABOUT)
    parts = [read_piece(reader, data[a:b], ABOUT, line) for a, b, line in cut(reader, data, 60)]
    assert [row for part in parts for row in part.rows] == whole.rows
    assert [place for part in parts for place in part.lines] == whole.lines
    assert [i for part in parts for i in part.ids] == whole.ids
