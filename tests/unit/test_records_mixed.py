"""Two formats in one file: refused with the line, whichever comes first."""

from __future__ import annotations

import itertools

import pytest

from parapluie.records.ids import ids_of_search
from parapluie.records.pieces import Export, read_piece
from parapluie.records.readers import recognise, wos
from tests.unit.test_every_character import FIXTURES, files

PARTS = {
    "RIS": "TY  - JOUR\nTI  - One\nAU  - Ash, A\nPY  - 2020\nAB  - x\nER  - \n",
    "PubMed (nbib)": "PMID- 12345678\nOWN - NLM\nTI  - Two\nAB  - y\nFAU - Oak, B\nSO  - J. 2020\n",
    "Web of Science (tagged)": "FN Clarivate\nVR 1.0\nPT J\nAU Ash, A\nTI Three\nER\n\nEF\n",
    "BibTeX": "@article{a,\n title={Four},\n author={Elm, C},\n year={2020}\n}\n",
    "EndNote tags (enw)": "%0 Journal Article\n%T Five\n%A Fir, D\n%D 2020\n",
    "Ovid (tagged)": "<1. >\nVN  - Ovid Technologies\nTI  - Six\nAU  - Fir D\n",
}  # fmt: skip
ABOUT = Export("s", "S", "", False, "a.txt")


@pytest.mark.parametrize(("first", "second"), list(itertools.permutations(PARTS, 2)))
def test_a_second_format_is_told_with_its_line(first: str, second: str) -> None:
    data = f"{PARTS[first]}\n{PARTS[second]}".encode()
    reader, _ = recognise("a.txt", data)
    assert reader is not None and first == reader.NAME
    (problem,) = read_piece(reader, data, ABOUT, 100).problems
    assert problem.found == f"a record of {second}, in a file of {first}"
    assert problem.row == 100 + PARTS[first].count("\n") + 2
    assert problem.file == "data/search/raw/a.txt"


TABLE = 'Title,Authors,Year\nSeven,"Ash, A",2020\n'


@pytest.mark.parametrize("other", PARTS)
def test_a_table_beside_another_format_is_told(other: str) -> None:
    for text, line in ((f"{TABLE}\n{PARTS[other]}", 1),
                       (f"{PARTS[other]}\n{TABLE}", PARTS[other].count("\n") + 2)):  # fmt: skip
        reader, _ = recognise("a.txt", text.encode())
        assert reader is not None
        problems = read_piece(reader, text.encode(), ABOUT).problems
        if other == reader.NAME:
            expected = (f"a record of table (CSV, TSV, XLSX), in a file of {other}", line)
            assert [(p.found, p.row) for p in problems] == [expected]
        else:
            assert f"a record of {other}, in a file of {reader.NAME}" in [p.found for p in problems]


@pytest.mark.parametrize("path", files(FIXTURES, ["customizations_log.csv"]), ids=lambda p: p.name)
def test_files_of_one_format_are_none_of_it(path) -> None:  # type: ignore[no-untyped-def]
    reader, _ = recognise(path.name, path.read_bytes())
    assert reader is not None
    found = [p.found for p in read_piece(reader, path.read_bytes(), ABOUT).problems]
    assert not [text for text in found if text.startswith("a record of")]


def test_marks_inside_an_abstract_are_text() -> None:
    text = PARTS["RIS"].replace(
        "AB  - x", "AB  - PMID- 1\n@article{a,\nsays BibTeX\n%0 Book\n<1. >"
    )
    reader, _ = recognise("a.ris", text.encode())
    assert reader is not None
    assert not read_piece(reader, text.encode(), ABOUT).problems


def test_tags_before_the_first_record_of_wos_are_not_cut_off_from_it() -> None:
    data = b"IS 10\nVL 20\nER\n\nPT J\nTI A\nER\n\nPT J\nTI B\nER\n\nEF\n"
    for size in range(1, 40):
        places = [0, *wos.cuts(data, size), len(data)]
        parts = [data[a:b] for a, b in itertools.pairwise(places)]
        assert len(wos.scan(parts[0]).blocks) >= 1, size
        assert sum(len(wos.scan(part).blocks) for part in parts) == 2, size


def test_check_tells_it_too() -> None:
    data = f"{PARTS['RIS']}\n{PARTS['BibTeX']}".encode()
    _, (problem,) = ids_of_search("s", "hashed", {"data/search/raw/a.ris": data})
    assert (problem.file, problem.row) == ("data/search/raw/a.ris", 8)
    assert "BibTeX" in problem.found
