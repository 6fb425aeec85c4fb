"""Spoilt letters: put right where all of a value goes back to UTF-8, else left and said."""

from __future__ import annotations

import json

import pytest

from parapluie.records.pieces import Export, read_piece
from parapluie.records.readers import recognise
from parapluie.records.spoilt import is_mojibake, unspoilt

ABOUT = Export("s", "S", "", False, "a.ris", "ris")
TEXTS = (
    "Évaluation d’une thérapie", "Größe und Übung – ein Überblick", "Łódź, Šibenik, Žižek",
    "TNF-α and β-blockers", "“Quoted” … 5 °C ± 2 µg", "Ünïcödé Àíîñ €100",
)  # fmt: skip


def spoil(text: str) -> str:
    """Read UTF-8 as Windows-1252; bytes that it leaves open are taken as they are."""
    data = text.encode()
    return "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in data)


@pytest.mark.parametrize("text", TEXTS)
def test_what_was_spoilt_once_or_twice_comes_back(text: str) -> None:
    assert is_mojibake(spoil(text))
    assert unspoilt(spoil(text)) == text
    assert unspoilt(spoil(spoil(text))) == text


@pytest.mark.parametrize(
    "text",
    [*TEXTS, "SÃO PAULO", "«CAFÉ» and “BLÅ”", "BLÅ–GUL", "a – b", "Âge", "Ångström", "A cafÃ© näiv",
     "Ã", "mañana", "naïve", "Île", "20 Â", "ΠΣ", "漢字", "plain"],
)  # fmt: skip
def test_sound_text_stays(text: str) -> None:
    assert unspoilt(text) == text


def test_what_stood_there_is_kept() -> None:
    text = f"TY  - JOUR\nTI  - A {spoil('café')}\nAU  - {spoil('Müller')}, A\nN1  - n\nER  - \n"
    data = (text + "TY  - JOUR\nTI  - Sound\nER  - \n").encode()
    reader, _ = recognise("a.ris", data)
    assert reader is not None
    piece = read_piece(reader, data, ABOUT)
    first, second = piece.rows
    assert (first["title"], first["authors"]) == ("A café", "Müller, A")
    assert json.loads(first["raw_extra"]) == {
        "authors (as exported)": [f"{spoil('Müller')}, A"],
        "title (as exported)": [f"A {spoil('café')}"],
    }
    assert "mojibake_mended" in first["warnings"].split(";")
    assert "mojibake" not in second["warnings"]
    assert piece.codes["mojibake_mended"] == [1]
    assert "mojibake" not in piece.codes


def test_one_part_that_is_not_certain_keeps_the_warning() -> None:
    data = f"TY  - JOUR\nTI  - {spoil('é')}\nAB  - {spoil('é')} é\nER  - \n".encode()
    reader, _ = recognise("a.ris", data)
    assert reader is not None
    piece = read_piece(reader, data, ABOUT)
    (row,) = piece.rows
    assert (row["title"], row["abstract"]) == ("é", f"{spoil('é')} é")
    assert row["warnings"].split(";")[-2:] == ["mojibake_mended", "mojibake"]
    assert piece.codes["mojibake"] == [1]


# --- bytes that are not UTF-8 ---------------------------------------------------------------------

RECORD = "TY  - JOUR\nTI  - {}\nER  - \n"


def titles(data: bytes) -> tuple[list[str], str]:
    reader, _ = recognise("a.ris", data)
    assert reader is not None
    scanned = reader.scan(data)
    return [values["TI"][0] for values in reader.read(scanned)], scanned.encoding


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_one_odd_byte_spoils_no_other_record(end: str, mark: bytes) -> None:
    texts = (RECORD.format("Größe") * 2).replace("\n", end).encode()
    odd = RECORD.format("café").replace("\n", end).encode("cp1252")
    found, encoding = titles(mark + texts + odd + texts)
    assert found == ["Größe", "Größe", "café", "Größe", "Größe"]
    assert encoding == "utf-8 and cp1252"


def test_a_file_cut_inside_a_letter_loses_that_letter_only() -> None:
    data = (RECORD.format("Größe") + "TY  - JOUR\nTI  - Müde é").encode()
    assert titles(data[:-1]) == (["Größe", "Müde \ufffd"], "utf-8")
    assert titles("TY  - JOUR\nTI  - Müde é".encode()[:-1]) == (["Müde \ufffd"], "utf-8")
    assert titles(RECORD.format("A").encode() + b"TY  - JOUR\nTI  - caf\xe9")[0] == ["A", "café"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_cut_inside_a_letter_is_read(encoding: str) -> None:
    data = (RECORD.format("Größe") + "TY  - JOUR\nTI  - Müde").encode(encoding)
    assert titles(data[:-1]) == (["Größe", "Müd"], "utf-16")
