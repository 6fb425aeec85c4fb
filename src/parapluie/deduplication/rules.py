"""The rules of deduplication, as conditions on how two records agree (see `compared`).

Three outcomes for a pair: a rule joins it, a question asks a human, or it is left distinct. A veto
comes before all rules: what it names is never joined by a machine. Conditions are in the language
of the engine; 1 means the same, -1 a conflict, 0 that one of the two records does not say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Rule:
    """A named condition.

    Parameters
    ----------
    name : str
        Its name in clusters.csv or pairs_to_check.csv.
    when : str
        The condition.
    meaning : str
        What it says, for people.
    asks : bool
        Of a veto: a pair that a rule would join is asked.
    despite_doi : bool
        Of a rule: it holds although two DOIs come together in a report. A translated edition or a
        misprint gives one article two.
    """

    name: str
    when: str
    meaning: str
    asks: bool = False
    despite_doi: bool = False


TERMS = {
    "same_title": "title in ('equal', 'variant')",
    "near_title": "(cut_title or title = 'extra' or coalesce(likeness, 0) >= 0.8)",
    "long_title": "letters >= 30",
    "authors": "(surnames >= 0.5 or names >= 0.34)",
    "no_other_authors": "coalesce(authors, true)",
    "authors_or_one_place": "coalesce(authors, journal = 1 and years = 0)",
    "first_and_authors": "(first = 1 and (surnames >= 0.5 or names >= 0.6))",
    "one_place": "(volume = 1 and page = 1)",
    "no_other_place": "(volume >= 0 and issue >= 0 and page >= 0)",
    "no_other_doi": "doi >= 0",
    "tells_of": "(title <> 'none' and (contained or near_title))",
}
"""Words in which the conditions are written."""

VETOES = (
    Rule(
        "version",
        "cochrane = -2 or (both_cochrane and doi <> 1 and pmid <> 1 and (years > 0 or issue = -1))",
        "other version of a Cochrane review",
    ),
    Rule("preprint", "one_preprint", "a preprint and another publication"),
    Rule(
        "kind",
        "not same_kind and 'thesis' not in (kind_a, kind_b)",
        "another kind of document",
    ),
    Rule("thesis", "not same_kind", "a thesis and another publication", asks=True),
    Rule(
        "numbers",
        "not same_numbers and not (title in ('equal', 'variant'))"
        " and not (one_place and abstract = 1)"
        " and not (page_range and volume >= 0 and issue >= 0 and years = 0 and first_and_authors)",
        "other numbers in the titles",
        asks=True,
    ),
)
"""What forbids a join, whatever else agrees."""

IDENTIFIER_RULES = (
    Rule(
        "doi",
        "doi = 1 and same_title and years <= 2 and (not (page = -1 and volume = -1)"
        " or long_title and first_and_authors and journal = 1 and years <= 1)",
        "the same DOI and title",
    ),
    Rule(
        "doi_near_title",
        "doi = 1 and near_title and no_other_authors and years <= 2 and page >= 0"
        " and abstract >= 0",
        "the same DOI, nearly the same title, the same authors",
    ),
    Rule(
        "doi_pages",
        "doi = 1 and first_and_authors and one_place and page_range and years <= 1",
        "the same DOI, authors and pages, the title in two languages",
    ),
    Rule(
        "doi_alone",
        "doi = 1 and title = 'none' and no_other_authors and volume >= 0 and page >= 0"
        " and years <= 1",
        "the same DOI; one record has no title",
    ),
    Rule("pmid", "pmid = 1 and (same_title or near_title) and years <= 2", "the same PubMed id"),
    Rule("pmcid", "pmcid = 1 and (same_title or near_title) and years <= 2", "the same PMC id"),
    Rule(
        "cochrane_id",
        "(cochrane = 1 or cochrane = 2 and years = 0 and issue >= 0)"
        " and (same_title or near_title or title = 'none' and no_other_authors)"
        " and no_other_doi and years <= 1",
        "the same version of a Cochrane review",
    ),
)
"""Rules that rest on an identifier, in the order in which they join."""

TITLE_RULES = (
    Rule(
        "title_place",
        "same_title and long_title and authors and one_place and years <= 1 and no_other_doi"
        " and (issue >= 0 or first_and_authors)",
        "the same title, authors, volume and first page",
        despite_doi=True,
    ),
    Rule(
        "title_place_journal",
        "same_title and long_title and one_place and issue >= 0 and journal = 1 and years = 0"
        " and no_other_doi",
        "the same title, journal, volume and first page",
    ),
    Rule(
        "title_pages",
        "title = 'equal' and letters >= 20 and one_place and page_range and issue = 1"
        " and years = 0 and no_other_doi",
        "the same title and pages of the same volume and issue",
    ),
    Rule(
        "title_place_two_dois",
        "same_title and letters >= 20 and coalesce(first_and_authors or surnames >= 0.7, true)"
        " and page = 1 and volume >= 0 and issue >= 0 and journal = 1 and years = 0"
        " and (page_range or volume = 1 and issue = 1)",
        "the same title, authors, journal and pages; one article can have two DOIs",
        despite_doi=True,
    ),
    Rule(
        "title_issue",
        "title = 'equal' and long_title and first_and_authors and volume = 1 and issue = 1"
        " and page = 0 and years = 0 and no_other_doi",
        "the same title, authors, volume and issue",
    ),
    Rule(
        "title_year_author",
        "same_title and long_title and authors_or_one_place and no_other_place and no_other_doi"
        " and not abstract_and_paper"
        " and ((journal >= 0 and years = 0) or (journal = 1 and years <= 1))",
        "the same title, authors and year, and no other place",
    ),
    Rule(
        "short_title_place",
        "same_title and not long_title and authors and one_place and issue >= 0 and years <= 1"
        " and journal >= 0 and no_other_doi",
        "the same short title in the same place",
    ),
    Rule(
        "place_near_title",
        "near_title and authors_or_one_place and one_place and years <= 1 and issue >= 0"
        " and journal >= 0 and no_other_doi and (title = 'extra' or page_range or likeness >= 0.9)",
        "nearly the same title and the same authors in the same place",
    ),
    Rule(
        "pages_near_title",
        "near_title and first_and_authors and page_range and long_page and volume >= 0"
        " and issue >= 0 and years <= 1 and journal >= 0 and no_other_doi",
        "nearly the same title, the same authors and pages",
    ),
    Rule(
        "no_subtitle",
        "no_subtitle and letters >= 20 and first_and_authors and volume = 1 and issue = 1"
        " and page >= 0 and journal = 1 and years = 0 and no_other_doi",
        "the same authors and issue; one record leaves the subtitle out",
    ),
    Rule(
        "page_end",
        "(same_title or near_title) and first_and_authors and page_end and volume = 1"
        " and issue >= 0 and years = 0 and journal >= 0 and no_other_doi",
        "nearly the same title, the same authors, volume and last page",
    ),
    Rule(
        "translated_title",
        "likeness < 0.8 and letters >= 20 and first_and_authors and surnames >= 0.7 and page_range"
        " and volume = 1 and issue >= 0 and years = 0 and journal = 1 and no_other_doi",
        "the same authors and pages of the same volume, the title in two languages",
    ),
    Rule(
        "title_volume",
        "title = 'equal' and long_title and first = 1 and surnames >= 0.7 and journal = 1"
        " and no_other_doi and (volume = 1 and issue >= 0 and years <= 1"
        " or volume = 0 and issue = 1 and years = 0)",
        "the same title, authors, journal and volume, the pages written otherwise",
    ),
    Rule(
        "title_page",
        "title = 'equal' and long_title and first = 1 and surnames >= 0.7 and journal = 1"
        " and page = 1 and (page_range or long_page) and years = 0 and no_other_doi",
        "the same title, authors, journal, year and pages, the volume written otherwise",
    ),
    Rule(
        "same_record",
        "title = 'equal' and letters >= 18 and surnames = 1 and first = 1 and years = 0"
        " and journal >= 0 and no_other_place and no_other_doi and not abstract_and_paper",
        "the same title, authors and year, and nothing that differs",
    ),
    Rule(
        "title_abstract",
        "same_title and abstract = 1 and authors and years <= 1 and journal >= 0",
        "the same title, authors and opening of the abstract",
    ),
)
"""Rules that rest on title, authors and place, in the order in which they join."""

RULES = (*IDENTIFIER_RULES, *TITLE_RULES)
"""All rules in the order in which they join."""

QUESTIONS = (
    Rule(
        "other_place",
        "same_title and long_title and (authors or surnames is null) and years <= 2",
        "the same title and authors",
    ),
    Rule(
        "short_title",
        "same_title and not long_title and (authors or surnames is null) and years <= 1"
        " and doi >= 0 and volume >= 0 and issue >= 0 and page >= 0",
        "the same short title and authors",
    ),
    Rule(
        "near_title",
        "near_title and authors and no_other_place and years <= 1 and same_numbers"
        " and no_other_doi and only_a + only_b <= 4",
        "nearly the same title, the same authors",
    ),
    Rule(
        "other_pages",
        "near_title and first_and_authors and volume = 1 and issue = 1 and years = 0"
        " and journal = 1 and same_numbers and no_other_doi",
        "nearly the same title and the same authors in one issue, other pages",
    ),
    Rule(
        "same_doi",
        "doi = 1 and likeness >= 0.5 and abstract >= 0",
        "the same DOI",
    ),
    Rule("same_pmid", "pmid = 1 or pmcid = 1", "the same PubMed or PMC id"),
    Rule(
        "same_place",
        "title = 'none' and one_place and journal = 1 and years = 0",
        "one record has no title; the place is the same",
    ),
)
"""What a human is asked about, where no rule joined."""


RELATIONS = (
    Rule(
        "version_of",
        "cochrane = -2 or (both_cochrane and same_title and authors and (years > 0 or issue = -1))"
        " or (one_preprint and same_title and authors and years <= 4)",
        "versions of one Cochrane review, or a preprint and what became of it",
    ),
    Rule(
        "retraction_of",
        "'retraction' in (kind_a, kind_b) and not same_kind and tells_of",
        "a notice of retraction and what it retracts",
    ),
    Rule(
        "erratum_of",
        "'erratum' in (kind_a, kind_b) and not same_kind and tells_of and authors_or_one_place",
        "an erratum and the article it corrects",
    ),
    Rule(
        "comment_on",
        "'comment' in (kind_a, kind_b) and not same_kind and tells_of and years <= 2",
        "a comment or reply and the article it is about",
    ),
    Rule(
        "protocol_of",
        "('protocol' in (kind_a, kind_b) or 'registration' in (kind_a, kind_b)) and not same_kind"
        " and tells_of and no_other_authors",
        "a protocol or registration and what was planned in it",
    ),
    Rule(
        "abstract_of",
        "one_abstract and same_title and long_title and authors and years <= 2 and abstract <= 0"
        " and (page = -1 or volume = -1)",
        "an abstract of a conference and the paper",
    ),
)
"""Links between reports that are not one: kept, and named."""


def expanded(condition: str) -> str:
    """Write a condition out in columns of ``compared``."""
    for _ in range(3):  # a term may use another one
        condition = re.sub(r"\b(" + "|".join(TERMS) + r")\b", lambda m: TERMS[m[1]], condition)
    return condition


def _first(rules: tuple[Rule, ...]) -> str:
    cases = " ".join(f"when {expanded(r.when)} then {n}" for n, r in enumerate(rules))
    return f"case {cases} end"


def decide(engine: duckdb.DuckDBPyConnection) -> None:
    """Make the table ``decided`` from ``compared``: the numbers of veto, rule and question."""
    engine.execute(
        f"""create or replace table decided as
        select *, {_first(VETOES)} as veto, {_first(RULES)} as rule,
          {_first(QUESTIONS)} as question, {_first(RELATIONS)} as relation
        from compared"""
    )
    engine.execute("drop table compared")
