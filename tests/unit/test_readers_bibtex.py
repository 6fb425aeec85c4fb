"""BibTeX: each tool's way of writing it, broken entries, TeX in values, names."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie.export.values import own_id
from parapluie.records.bibtex_names import people, turned
from parapluie.records.decisions import decisions_of
from parapluie.records.fields import COLUMNS
from parapluie.records.pieces import Export, cut, read_piece
from parapluie.records.readers import bibtex as reader
from parapluie.records.readers import recognise
from parapluie.records.tex import from_address, from_plain, from_tex, is_held

FIXTURES = Path(__file__).parents[1] / "fixtures" / "bibtex"
DIALECTS = ["acm", "bibdesk", "ebsco", "jabref", "mendeley", "rayyan", "scopus", "wiley", "wos",
            "zotero"]  # fmt: skip


def rows(data: bytes) -> list[dict[str, str]]:
    scanned = reader.scan(data)
    dialect = reader.dialect(scanned)
    return [reader.row(entry, dialect, "") for entry in reader.read(scanned)]


def of(name: str) -> list[dict[str, str]]:
    return rows((FIXTURES / name).read_bytes())


def one(fields: str, kind: str = "article") -> dict[str, str]:
    (row,) = rows(f"@{kind}{{k,\n{fields}\n}}".encode())
    return row


def letters(text: str) -> Counter[str]:
    return Counter(re.findall(r"[^\W\d_]", text.casefold()))


@pytest.mark.parametrize("name", DIALECTS)
def test_dialects_are_known_by_content(name: str) -> None:
    data = (FIXTURES / f"{name}.bib").read_bytes()
    chosen, problems = recognise("x.txt", data)
    assert (chosen, problems) == (reader, [])
    assert reader.dialect(reader.scan(data)) == name


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.bib")), ids=lambda p: p.stem)
def test_every_word_ends_in_a_column_or_in_raw_extra(path: Path) -> None:
    scanned = reader.scan(path.read_bytes())
    dialect = reader.dialect(scanned)
    for block, entry in zip(scanned.blocks, reader.read(scanned), strict=True):
        if not block.strings.texts:  # abbreviations are resolved
            assert not letters(block.raw) - letters(" ".join(f"{k} {v}" for k, v in block.tags))
        row = reader.row(entry, dialect, "")
        assert set(row) <= set(COLUMNS)
        extra = json.loads(row["raw_extra"] or "{}")
        kept = [*row.values(), *(v for found in extra.values() for v in found)]
        held = reader.bare(" ".join(kept))
        assert all(reader.bare(v) in held for values in entry.values() for v in values)


# --- what each tool writes ------------------------------------------------------------------------


def test_zotero() -> None:
    article, chapter, page = of("zotero.bib")
    assert article["title"] == (
        "Choirs and mood in Copenhagen: an umbrella review of <20 reviews, 5% & more"
    )
    assert article["abstract"] == (
        "Aim: to sing. Results: RR 1.2 (95% CI 0.9–1.6), p < 0.05, in H2O."
    )
    assert article["authors"] == "Özgür, Aşkın; van der Elm, Cy; Dupont, Émile"
    assert article["group_authors"] == "Made-up Study Group"
    assert (article["pmid"], article["pmcid"]) == ("12345678", "PMC1234567")
    assert (article["pages"], article["type"]) == ("134-137", "JOUR")
    assert article["keywords"] == "Choirs; Mood disorders; Cantus"
    extra = json.loads(article["raw_extra"])
    assert extra["title (raw)"][0].startswith("Choirs and mood in {Copenhagen}")
    assert extra["entrytype"] == ["article"] and extra["ID"] == ["ash_choirs_2021"]
    assert chapter["type"] == "CHAP" and chapter["journal"] == "Handbook of Made-up Therapies"
    assert chapter["authors"] == "Elm, Cy" and chapter["isbn"] == "978-3-16-148410-0"
    assert page["group_authors"] == "World Health Office" and page["type"] == "GEN"


def test_mendeley() -> None:
    (row,) = of("mendeley.bib")
    assert row["title"] == "A title that two pairs of braces hold"
    assert row["abstract"] == "Text with an under_score and a % sign."
    assert row["authors"] == "Ash, B.; Elm, C."  # "others" is nobody
    assert (row["doi"], row["urls"]) == ("10.9999/abc_1", "http://example.org/x_y")
    assert "1234-5678" in row["issn"] and row["isbn"] == ""


def test_scopus_writes_plain_text_and_fields_twice() -> None:
    (row,) = of("scopus.bib")
    assert row["title"] == "Choirs: ~50% of {A, B} -- a review"
    assert row["abstract"] == "Taylor & Francis wrote this. © 2020"
    assert (row["database"], row["pub_types"]) == ("Scopus", "Review")
    assert (row["article_no"], row["pages"]) == ("1722034", "")
    assert row["keywords"] == "Choir; Mood; mood; singing"
    extra = json.loads(row["raw_extra"])
    assert extra["funding_details"] == ["A Fund", "Another Fund, 12"]
    assert extra["funding_text 1"] == ["The A Fund supported this."]
    (block,) = reader.scan((FIXTURES / "scopus.bib").read_bytes()).blocks
    assert block.tags and [code for _, code in block.repairs] == ["repeated_field"]


def test_web_of_science() -> None:
    (row,) = of("wos.bib")
    assert row["title"].startswith("[Choirs] & mood: an umbrella review of reviews (Retracted")
    assert row["authors"] == "Ash, Bo; Müller, Cy" and row["year"] == "2019"
    assert (row["doi"], row["accession"]) == ("10.9999/999-9_3", "WOS:000000000000001")
    assert row["issn"] == "0111-9119; 1111-3333" and row["retraction_status"] == "retracted"
    assert row["abstract"] == "p < 0.05 in 50% of them"


def test_braces_that_do_not_balance_lose_no_field() -> None:
    whole, broken = of("ebsco.bib")
    assert whole["title"] == "A whole entry."
    assert (broken["title"], broken["year"]) == ("Braces that do not balance.", "2001")
    first, second = reader.scan((FIXTURES / "ebsco.bib").read_bytes()).blocks
    assert (first.repairs, second.repairs) == ([], [(12, "braces")])
    assert (second.line_first, second.line_last) == (12, 18)


def test_rayyan() -> None:
    data = (FIXTURES / "rayyan.bib").read_bytes()
    first, second = rows(data)
    assert first["title"] == "Choirs and mood: a trial with {A, B} sets"
    assert first["abstract"] == "Some 50% of ~20 people."
    assert first["authors"] == "ASH, B; MÍAS, C; K. K, A"  # Rayyan took them the wrong way
    assert second["authors"] == "Ash, B.A.; Elm, C.; Fir, D.E."
    assert second["doi"] == "10.9999/978-3-16_4"  # stands in the address only
    assert (second["issn"], second["isbn"]) == ("25228595", "9783161484100")
    entries = reader.read(reader.scan(data))
    found = decisions_of(entries[0], {"record_id": "r1"}, "rayyan")
    assert [(d["reviewer"], d["decision"], d["reason"]) for d in found] == [
        ('Zo "Z" Doe', "include", ""),
        ("Bo", "exclude", "wrong dose"),
    ]


def test_a_long_note_is_kept_whole() -> None:
    cited = "Yew, (2001) Cited; " * 600
    row = one(f'note = {{{cited}| RAYYAN-INCLUSION: {{"A"=>"Included"}}}}')
    assert len(row["notes"]) > 9000 and row["notes"].endswith('RAYYAN-INCLUSION: {"A"=>"Included"}')


def test_marks_of_tools_in_notes_are_read_from_tex() -> None:
    (entry,) = reader.read(reader.scan(rb"@misc{k, note = {ASReview\_relevant}}"))
    assert [d["decision"] for d in decisions_of(entry, {}, "")] == ["include"]
    assert entry["note (raw)"] == [r"ASReview\_relevant"]


def test_decisions_that_rayyan_adds_to_our_note_are_read_as_they_stand() -> None:
    note = r'parapluie-id: rec\_1 | RAYYAN-INCLUSION: {"Zo \"Z\" Doe"=>"Included"}'
    (entry,) = reader.read(reader.scan(f"@misc{{k, note = {{{note}}}}}".encode()))
    assert [d["reviewer"] for d in decisions_of(entry, {}, "")] == ['Zo "Z" Doe']
    assert own_id(entry, {}) == "rec_1"


def test_jabref_abbreviations_and_joined_values() -> None:
    (row,) = of("jabref.bib")
    assert row["title"] == 'Choirs, gardens and "mood": a review'
    assert row["journal"] == "Journal of Made-up Examples"
    assert row["authors"] == "Ash, Bo; van der Elm, Ludwig" and row["group_authors"] == "WHO Group"
    assert json.loads(row["raw_extra"])["publisher"] == ["Press of Town"]
    assert reader.scan((FIXTURES / "jabref.bib").read_bytes()).n_junk == 9


def test_bibdesk() -> None:
    (row,) = of("bibdesk.bib")
    assert row["authors"] == "Ash, Bo, Jr.; Ørsted, Åge"
    assert row["title"] == "Schrödinger's “choir”"
    assert (row["doi"], row["urls"]) == ("10.9999/aa", "https://doi.org/10.9999/aa")
    assert reader.scan((FIXTURES / "bibdesk.bib").read_bytes()).n_junk == 7


def test_acm_and_wiley() -> None:
    (acm,) = of("acm.bib")
    assert (acm["type"], acm["article_no"], acm["doi"]) == (
        "CPAPER", "12", "10.1145/0000001.0000002",
    )  # fmt: skip
    (wiley,) = of("wiley.bib")
    assert (wiley["title"], wiley["doi"]) == ("John Ash & Sons", "10.9999/gps.1")


# --- broken entries -------------------------------------------------------------------------------


def test_each_broken_entry_comes_out_and_says_what_was_mended() -> None:
    scanned = reader.scan((FIXTURES / "odd.bib").read_bytes())
    entries = reader.read(scanned)
    assert len(entries) == len(scanned.blocks) == 11
    found = [
        (b.line_first, e.get("title", [""])[0], [c for _, c in b.repairs])
        for b, e in zip(scanned.blocks, entries, strict=True)
    ]
    assert found == [
        (1, "Blanks in the key", ["odd_key"]),
        (5, "Not closed", ["no_end"]),
        (9, "A comma is missing", ["no_comma"]),
        (14, "No key", ["no_key"]),
        (15, "In (round) brackets", []),
        (16, "In one line", []),
        (16, "Behind it", []),
        (17, "Same key", []),
        (18, "Same key, other entry", []),
        (19, "", ["odd_key"]),
        (20, "Cut off here", ["no_end", "braces"]),
    ]
    assert entries[2]["journal"] == ["Examples"] and entries[2]["year"] == ["2003"]
    assert entries[4]["year"] == ["2005"]
    assert entries[10]["abstract"] == ["The file en"]
    assert all(code in reader.REPAIRS for b in scanned.blocks for _, code in b.repairs)


def test_what_cannot_be_read_at_all_is_kept_as_text() -> None:
    text = "@article{k, {some words} and {more, of them}"
    (block,) = reader.scan(text.encode()).blocks
    (entry,) = reader.read(reader.scan(text.encode()))
    assert entry["text"] == [text]
    assert block.tags and ("unread" in [c for _, c in block.repairs])
    assert json.loads(rows(text.encode())[0]["raw_extra"])["text"] == [text]


NASTY = st.lists(
    st.sampled_from(["{", "}", '"', ",", "=", "\\", "#", "%", "\n", "$", "(", ")", "},\n", "'", " ",
                     "a = {b},\n", "x = y", "p = 0.05\n", "word", "é"]),
    max_size=12,
).map("".join)  # fmt: skip


@given(NASTY)
def test_no_text_loses_an_entry_or_a_word(text: str) -> None:
    data = (
        f"@article{{k1,\n  title = {{A {text}}},\n  year = {{2020}}\n}}\n\n"
        "@article{k2,\n  title = {Second}\n}\n"
    ).encode()
    scanned = reader.scan(data)
    assert [b.line_first for b in scanned.blocks] == [1, data.decode().count("\n") - 2]
    _, second = reader.read(scanned)
    assert (second["ID"], second["title"]) == (["k2"], ["Second"])
    kept = " ".join(f"{name} {value}" for name, value in scanned.blocks[0].tags)
    assert not letters(scanned.blocks[0].raw) - letters(kept)
    assert len(rows(data)) == 2


@given(st.text(max_size=200), st.binary(max_size=200))
def test_no_input_breaks_the_scanner(text: str, data: bytes) -> None:
    for content in (text.encode("utf-8", "surrogatepass"), data, b"@article{" + data):
        scanned = reader.scan(content)
        assert len(reader.read(scanned)) == len(scanned.blocks)


def test_pieces_of_a_file_hold_what_the_whole_holds() -> None:
    text = "".join(
        f"@article{{k{n},\n  title = {{About {n} {'x' * (n % 50)}}},\n  year = {{2020}}\n}}\n\n"
        for n in range(300)
    )
    text = text.replace("year = {2020}\n}\n\n@article{k7,", "year = {2020}\n\n@article{k7,")
    about = Export("s", "", "", False, "x.bib", "bibtex")
    pieces = [
        read_piece(reader, text.encode()[start:end], about, line)
        for start, end, line in cut(reader, text.encode(), 2000)
    ]
    whole = read_piece(reader, text.encode(), about)
    assert len(pieces) > 5
    assert [row for piece in pieces for row in piece.rows] == whole.rows
    assert [line for piece in pieces for line in piece.lines] == whole.lines
    assert len(list(cut(reader, (text + "@string{a = {b}}").encode(), 2000))) == 1


# --- what is BibTeX -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><body><pre>\n@article{a,\n title={x}\n}</pre></body></html>",
        b"TY  - JOUR\nTI  - x\nAB  - See\n@article{a,\n title={x}\n}\nER  - \n",
        b"PMID- 1\nOWN - NLM\nAB  - See\n@article{a,\n title={x}\n}\n",
        b"@string{a = {b}}\n@comment{nothing}",
        b"someone@example.org, (see {that} = x)",
        b"@media(print) { a = {b} }",
        b'{"title": "@article{a, title={x}}"}',
    ],
)
def test_what_is_not_bibtex(data: bytes) -> None:
    assert not reader.sniff(data, data.decode())


def test_a_bibtex_file_with_ris_in_an_abstract_is_bibtex() -> None:
    data = b"@article{a,\n abstract={See\nTY  - JOUR\nER  - \n},\n title={x}\n}\n"
    assert recognise("x.ris", data)[0] is reader


# --- TeX ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"M\"uller M{\"u}ller M\"{u}ller {M}{\"u}{l}ler", "Müller Müller Müller Müller"),
        (r"\c{c}a, \c ca, A{\c s}k{\i}n, \v{S}im, Er\H{o}s", "ça, ça, Aşkın, Šim, Erős"),
        (r"Garc{\'\i}a, Mu{\~n}oz, {\L}{\'o}d{\'z}, \aa{} {\O}", "García, Muñoz, Łódź, å Ø"),
        (r"Nguy{\~{\^e}}n, \'{\^e}, \a'E, \r{a}, \k{a}, \u{g}, \d{s}", "Nguyễn, ế, É, å, ą, ğ, ṣ"),
        (r"Stra{\ss}e, \ss x, \OE uvre", "Straße, ßx, Œuvre"),
        (r"5\% of \$5 \& \#1 \_ \{x\}", "5% of $5 & #1 _ {x}"),
        ("a---b, 1--2, ``q'', a~b", "a—b, 1–2, “q”, a b"),
        (r"$\alpha$-blocker, $p<0.05$, 10$^{-3}$ and $x_2$", "α-blocker, p<0.05, 10^-3 and x2"),
        (r"\emph{in vivo} {\bf bold} \textsuperscript{13}C", "in vivo bold 13C"),
        (r"\url{https://example.org}", "https://example.org"),
        ("50% of $5 and $10 & more # here ^ there", "50% of $5 and $10 & more # here ^ there"),
        (r"C:\unknown\folder \also{this}", r"C:\unknown\folder \also this"),
        ("A &lt; B &amp; C&apos;s", "A < B & C's"),
        (r"\textbackslash{}\textbraceleft{}\textasciitilde{}\textless 5", r"\{~<5"),
        (r"\{\vphantom{\}}a b\vphantom{\{}\}", "{a b}"),
    ],
)
def test_tex_is_read(tex: str, text: str) -> None:
    assert from_tex(tex) == text


def test_plain_text_of_databases_keeps_its_marks() -> None:
    assert from_plain(r"{~50% of {A} -- \& {\ss} {\'e}}") == "~50% of {A} -- & ß é"
    assert from_plain("a $b$ c--d") == "a $b$ c--d"


def test_addresses_keep_dashes_and_tildes() -> None:
    assert from_address(r"https://example.org/~a{\_}b--c\%20") == "https://example.org/~a_b--c%20"


@given(st.text(st.characters(exclude_characters="\\{}$~&-`'", exclude_categories=["Cs"])))
def test_text_without_marks_stays(text: str) -> None:
    assert from_tex(text).split() == from_plain(text).split() == text.split()


def test_held() -> None:
    assert is_held("{a {b} c}") and is_held(r"{a \} b}")
    assert not any(map(is_held, ["{a} b {c}", "a", "{a", "{a}}", ""]))


@pytest.mark.parametrize(
    ("text", "persons", "groups"),
    [
        ("Ash, B. and van der Elm, C.", ["Ash, B.", "van der Elm, C."], []),
        ("Ludwig van Beethoven and Bo Ash", ["van Beethoven, Ludwig", "Ash, Bo"], []),
        ("King, Jr., Martin L. and Ash, Bo, Jr.", ["King, Martin L., Jr.", "Ash, Bo, Jr."], []),
        ("{Sand and Gravel}, Di", ["Sand and Gravel, Di"], []),
        ("{World Health Office} and {{WHO} Group}", [], ["World Health Office", "WHO Group"]),
        ("Nayyar A. and Ash, B.", ["Nayyar, A.", "Ash, B."], []),
        ("Ash J, Elm KL, Yew M", ["Ash, J", "Elm, KL", "Yew, M"], []),
        ("Ash, J., Elm, K., Yew, M.", ["Ash, J.", "Elm, K.", "Yew, M."], []),
        ("Ash, B.; Elm, C.", ["Ash, B.", "Elm, C."], []),
        ("Madonna and others", ["Madonna"], []),
        ("O, Kim", ["O, Kim"], []),
        ("", [], []),
    ],
)
def test_names(text: str, persons: list[str], groups: list[str]) -> None:
    assert people(text, from_tex) == (persons, groups)


def test_names_that_rayyan_turned_are_turned_back() -> None:
    assert turned(["B, ASH", "C, ELM", "A, K. K"]) == ["ASH, B", "ELM, C", "K. K, A"]
    for names in (
        ["O, Kim"],
        ["Ash, B", "Elm, C"],
        ["B, Ash", "Elm, C"],
        ["A, B", "C, D"],
        ["Ash"],
    ):
        assert turned(names) == names


@pytest.mark.parametrize(
    ("kind", "type_"),
    [("ARTICLE", "JOUR"), ("InProceedings", "CPAPER"), ("mastersthesis", "THES"),
     ("techreport", "RPRT"), ("inbook", "CHAP"), ("online", "ELEC"), ("madeup", "GEN")],
)  # fmt: skip
def test_types_are_those_of_ris(kind: str, type_: str) -> None:
    assert one("title = {x}", kind)["type"] == type_


def test_europe_pmc_puts_the_pubmed_id_into_the_key() -> None:
    made = rows(
        b"@article {PMID:31000001,\n\tTitle = {A},\n}\n\n@misc {PPR:PPR1,\n\tTitle = {B},\n}\n"
    )
    assert [(r["title"], r["pmid"]) for r in made] == [("A", "31000001"), ("B", "")]
