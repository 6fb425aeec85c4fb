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
