"""Quotes of raters: found on their page, on another one, not found, or not to be looked up."""

from __future__ import annotations

import random
from pathlib import Path

import pymupdf
import pytest

from parapluie.pdf import read_pdf
from parapluie.quotes import for_comparison, look_up, named_pages, pieces

PAGES = (
    "a title",
    "The e\ufb00ect was signi\ufb01-\ncant in well-\nbeing (g = -0.30). Two reviewers\u2019 choice.",
    "Journal 2019, page 3\nThe sentence that begins on this page\nfoot 3",
    "Journal 2019, page 4\nis said to the end on the following one\nfoot 4",
    "ends here",
    "or here",
)


@pytest.mark.parametrize(
    ("quote", "page", "found"),
    [
        ("effect was significant in well-being", "p. 2", "yes"),
        ("“Effect was   significant in wellbeing”.", "2", "yes"),
        ("The effect [...] well-being … g = −0.30", "2", "yes"),
        ("two reviewers' choice", "1-3", "yes"),
        ("two reviewers' choice", "1, 3", "other_page 2"),
        ("effect was significant", "1", "other_page 2"),
        ("effect was significant", "", "other_page 2"),
        ("well-being [...] The effect", "2", "no"),
        ("g = 0.30", "2", "no"),
        ("g = -0.30", "2", "yes"),
        ("ends here or here", "5", "yes"),
        ("ends here or here", "6", "other_page 5"),
        ("begins on this page is said to the end", "3", "yes"),
        ("begins on this page is told to the end", "3", "no"),
        ("or here", "5", "other_page 6"),
        ("no", "2", "too_short"),
        ("[...]", "2", "too_short"),
    ],
)
def test_quotes_survive_typesetting_but_not_other_words(quote, page, found):
    assert look_up(quote, page, PAGES) == found


def test_signs_in_front_of_numbers_stay():
    assert for_comparison("(g = −0.30)") == "(g=-0.30)"
    assert pieces("a, (...) b. [. . .] c") == ("a", "b", "c")


@pytest.mark.parametrize(
    ("typed", "pages"),
    [
        ("", ()),
        ("p. 3", (3,)),
        ("pp. 3\N{EN DASH}5 and 9", (3, 4, 5, 9)),
        ("9-3", (3, 9)),
        ("1-99999", (1, 99999)),
    ],
)
def test_pages_as_typed(typed, pages):
    assert named_pages(typed) == pages


def test_a_quote_typed_from_a_pdf_is_found(tmp_path: Path):
    document = pymupdf.open()
    for text in ("Title of a review", "Two authors inde-\npendently selected\nthe studies."):
        document.new_page().insert_text((72, 72), text)
    document.save(tmp_path / "made.pdf")
    pages = read_pdf(tmp_path / "made.pdf").pages
    assert look_up("two authors independently selected the studies", "2", pages) == "yes"
    assert look_up("two authors independently selected the studies", "1", pages) == "other_page 2"
    assert look_up("one author selected the studies", "2", pages) == "no"


@pytest.mark.shared
def test_real_articles_hold_what_is_quoted_from_them(shared: Path):
    """Runs of words of the PDFs, retyped on one line as a rater would, and the same with one word
    changed."""
    chance = random.Random(20)
    for path in sorted((shared / "corpora" / "pdfs").glob("*.pdf")):
        pages = read_pdf(path).pages
        tried = 0
        for number, page in enumerate(pages, start=1):
            words = page.split()
            if len(words) < 60:
                continue
            start = chance.randrange(len(words) - 12)
            run = words[start : start + 12]
            tried += 1
            assert look_up(" ".join(run), str(number), pages) == "yes", (path.name, number, run)
            left_out = " ".join(["«", *run[:4], "[...]", *run[8:]])
            assert look_up(left_out, str(number), pages) == "yes", (path.name, number, run)
            assert look_up(" ".join([*run[:6], "umbrellas", *run[6:]]), str(number), pages) == "no"
        assert tried > 3, path.name
