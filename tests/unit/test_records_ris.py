"""The scanner of RIS: each oddity of real exports, one small file each."""

import itertools
import sys
from pathlib import Path

import pytest

from parapluie.records import ids
from parapluie.records.readers import readers, recognise
from parapluie.records.readers import ris as reader
from parapluie.records.ris import scan

FIXTURES = Path(__file__).parents[1] / "fixtures" / "ris"


def read(name: str) -> list[dict[str, list[str]]]:
    return reader.read(scan((FIXTURES / name).read_bytes()))


def codes(name: str) -> list[str]:
    found = scan((FIXTURES / name).read_bytes())
    for block in found.blocks:
        assert block.tags
    return [code for b in found.blocks for _, code in b.repairs] + [c for _, c in found.repairs]


def test_tags_after_the_end_go_to_the_record_just_closed() -> None:
    first, second = read("ovid.ris")
    assert first["NL"] == second["NL"] == ["full text link"]
    assert first["M1"] == ["First cited work", "Second cited work"]
    assert first["N2"] == ["Two lines of text that belong together."]


def test_lines_that_belong_to_no_record_are_counted() -> None:
    assert scan((FIXTURES / "cochrane.ris").read_bytes()).n_junk == 6


def test_keywords_over_several_lines_are_several_keywords() -> None:
    assert read("ebsco.ris")[0]["KW"] == ["garden", "sleep"]


def test_text_that_looks_like_tags_stays_text() -> None:
    (record,) = read("tags_in_text.ris")
    assert record["AB"] == [
        "Results were HR  - 1.2 (0.9 to 1.6) and the state ER  - positive in half of them."
    ]
    assert record["DO"] == ["10.9999/fused.1"]
    assert record["LK"] == ["https://example.org/link"]
    assert record["UK"] == ["a tag of that name"]
    assert codes("tags_in_text.ris") == ["unknown_tag_in_text"] * 2 + ["fused_tags"]


def test_missing_ends_and_types_are_mended_and_said() -> None:
    titles = [r["TI"][0] for r in read("unended.ris")]
    assert titles == [
        "No end here",
        "Blank line after the type",
        "No type here",
        "No end in the file",
    ]
    assert sorted(codes("unended.ris")) == [
        "doubled_end", "doubled_type", "no_end", "no_end", "no_type",
    ]  # fmt: skip


def test_other_blanks_lower_case_and_carriage_returns() -> None:
    (record,) = read("loose.ris")
    assert record == {
        "TY": ["JOUR"], "TI": ["Loose blanks"], "AU": ["Ivy, Kim"], "PY": ["2015"],
        "PMID": ["23456789"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("encoding", "named"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8 with BOM"), ("utf-16", "utf-16"),
     ("utf-16-le", "utf-16"), ("cp1252", "cp1252")],
)  # fmt: skip
def test_encodings(encoding: str, named: str) -> None:
    data = "TY  - JOUR\nTI  - Über Müdigkeit\nER  - \n".encode(encoding)
    found = scan(data)
    assert found.encoding == named
    assert reader.read(found)[0]["TI"] == ["Über Müdigkeit"]
    assert found.notes == (["not_utf8"] if named == "cp1252" else [])


@pytest.mark.parametrize(
    ("data", "found", "mend"),
    [
        (b"", "an empty file", "Download"),
        (b"<!DOCTYPE html><html>", "web page", "download the export again as RIS"),
        (b"Who,What,When\nx,y,2020\n", "a table without a column for title", "mapping.yaml"),
        (b'<?xml version="1.0"?><xml><records>', "XML", "RefMan"),
        (b"@string{x = {y}}", "BibTeX", "RIS"),
        (b"%PDF-1.4", "a PDF", "RIS"),
        (b"only words", "0 records", "RIS"),
    ],
)
def test_other_formats_are_named_with_advice(data: bytes, found: str, mend: str) -> None:
    chosen, (problem,) = recognise("data/search/raw/x.ris", data)
    assert chosen is None
    assert found in problem.found
    assert mend in problem.mend


def test_every_reader_has_what_the_registry_needs() -> None:
    for each in readers():
        assert each.NAME
        assert not each.sniff(b"", "")


def test_ids_depend_on_search_and_raw_text_only() -> None:
    text = "TY  - JOUR\nTI  - A\nER  - \n"
    twice = [b.raw for b in scan((text + "\n\n" + text).encode()).blocks]
    one = [b.raw for b in scan(text.replace("\n", "\r\n").encode("utf-8-sig")).blocks]
    first, second = ids.record_ids("s", twice)
    assert first != second
    assert ids.record_ids("s", one) == [first]
    assert ids.record_ids("t", one) != [first]
    # sha256 of "s\n1\nTY  - JOUR\nTI  - A\nER  - "
    assert (
        first
        == "rec_"
        + __import__("hashlib").sha256(b"s\n1\nTY  - JOUR\nTI  - A\nER  - ").hexdigest()[:16]
    )


def test_given_ids_must_be_there_and_unique() -> None:
    data = b"TY  - GEN\nID  - 7\nER  - \nTY  - GEN\nER  - \n"
    found, (problem,) = ids.ids_of_search("s", "given", {"data/search/raw/x.ris": data})
    assert found == ["7", ""]
    assert problem.row == 4
    (twice,) = ids.repeated_ids({"s": ["7", "8"], "t": ["7"]})
    assert "7" in twice.found


def test_ids_are_had_without_heavy_imports() -> None:
    import subprocess

    code = "import parapluie.records.ids, sys; print({'pandas', 'rispy'} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "set()"


# --- what a fuzzer found --------------------------------------------------------------------------


def test_a_record_before_the_first_type_line_keeps_its_lines() -> None:
    found = scan(b"Words\nN1  - a note\nER  - \n\nTY  - JOUR\nTI  - A\nER  - \n")
    assert [b.line_first for b in found.blocks] == [5]
    assert found.blocks[0].outside == [(2, "N1  - a note")]
    assert found.n_junk == 1


def test_lines_before_a_record_without_type_are_counted() -> None:
    found = scan(b"TY  - A\nER  - \nwhat is this\nTI  - B\nER  - \n")
    assert [b.line_first for b in found.blocks] == [1, 4]
    assert found.n_junk == 1


def test_another_type_on_a_second_type_line_is_kept() -> None:
    (block,) = scan(b"TY  - JOUR\nTY  - BOOK\nTI  - A\nER  - \n").blocks
    assert block.tags == [("TY", "JOUR"), ("N1", "TY  - BOOK"), ("TI", "A")]


def test_a_type_line_in_any_case_begins_a_record() -> None:
    assert len(scan(b"TY  - A\nER  - \ntY  - B\nER  - \n").blocks) == 2


def test_a_spoilt_byte_order_mark_costs_no_record() -> None:
    text = "\ufeff".encode().decode("cp1252") + "TY  - JOUR\nTI  - A\nER  - \n"
    (block,) = scan(text.encode()).blocks
    assert block.line_first == 1
    assert not block.repairs


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_regular_file_is_found_as_line_by_line(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n\nTY  - JOUR\nTI  - A\nAB  - ER  - no end\nER  - \n\n\nTY  - BOOK\nER  - \n"
    quick = scan(text.replace("\n", end).encode())
    monkeypatch.setattr("parapluie.records.ris._take_regular", lambda found: False)
    slow = scan(text.replace("\n", end).encode())
    assert [vars(b) for b in quick.blocks] == [vars(b) for b in slow.blocks]
    assert [b.line_first for b in quick.blocks] == [3, 9]


def test_a_value_before_the_first_record_keeps_its_second_line() -> None:
    found = scan(b"Words\nN1  - a note\nthat goes on\nTY  - JOUR\nTI  - A\nER  - \n")
    assert reader.read(found)[0]["N1"] == ["a note that goes on"]
    assert found.n_junk == 1


def test_tags_before_the_first_record_are_not_cut_off_from_it() -> None:
    data = b"SN  - 2730-7182\nN1  - x\nER  - \n\nTY  - JOUR\nTI  - A\nER  - \nTY  - JOUR\nER  - \n"
    for size in range(1, 60):
        places = [0, *reader.cuts(data, size), len(data)]
        parts = [data[a:b] for a, b in itertools.pairwise(places)]
        assert len(scan(parts[0]).blocks) >= 1, size
        assert sum(len(scan(part).blocks) for part in parts) == 2, size


def test_a_blank_that_does_not_break_may_follow_the_dash() -> None:
    first = "TY  -\xa0JOUR\nTI  -\xa0One\nER  -\xa0\n"
    text = first + "TY  - JOUR\nTI  - Two\nER  - \nTY  -\xa0BOOK\nER  -\n"
    found = scan(text.encode())
    read = reader.read(found)
    assert [r["TY"] for r in read] == [["JOUR"], ["JOUR"], ["BOOK"]]
    assert read[0]["TI"] == ["One"]
    assert not [r for b in found.blocks for r in b.repairs]


def test_tags_of_the_web_of_science_whose_line_ends_were_lost() -> None:
    text = (
        "TY  - JOUR\nTI  - Peers\n"
        "AD  - Made Univ, USAAD  - Other Univ, USAC3  - Made UnivPU  - MADE\n"
        "WE  - Science Citation Index Expanded (SCI-EXPANDED)AN  - WOS:000000000000001\nER  -\n"
    )
    scanned = scan(text.encode())
    (entry,) = reader.read(scanned)
    assert entry["AD"] == ["Made Univ, USA", "Other Univ, USA"]
    assert (entry["C3"], entry["PU"]) == (["Made Univ"], ["MADE"])
    row = reader.row(entry, reader.dialect(scanned), "")
    assert (row["dialect"], row["accession"]) == ("wos", "WOS:000000000000001")
