"""Included reviews: the join of screening and extraction, and what waits."""

import pandas as pd

from parapluie.included import Sources, included, suggested_review_id
from parapluie.schema import table_schema
from parapluie.tables import Table, frame, text_of


def table(name: str, *rows: dict[str, str]) -> pd.DataFrame:
    columns = list(dict.fromkeys(c for row in rows for c in row))
    made = Table(name, columns, list(rows), list(range(2, len(rows) + 2)))
    return frame(made, table_schema(name))


def run(states: dict[str, str], links=(), reviews=(), about=None, aliases=None, **options):
    state = pd.DataFrame(
        [(i, "full_text", s, "POP" if s == "exclude" else "") for i, s in states.items()],
        columns=["report_id", "stage", "state", "reason"],
    )
    named = [
        dict(
            zip(("report_id", "review_id", "role", "superseded_by"), [*x.split(), ""], strict=False)
        )
        for x in links
    ]
    return included(
        Sources(
            state,
            about or {},
            {**{i: i for i in states}, **(aliases or {})},
            table("extraction/reports", *named),
            table("extraction/reviews", *reviews),
            "data/extraction/reports.csv",
            "data/extraction/reviews.csv",
            **options,
        )
    )


def values(found) -> dict[str, object]:
    return {k.removeprefix("included."): v["value"] for k, v in found.figures.lines.items()}


def test_reports_of_one_review_are_counted_once():
    found = run(
        {"a": "include", "b": "include", "c": "exclude", "d": "awaiting"},
        ["a2 one2020 main", "b one2020 superseded a", "c two2019 main"],
        [{"review_id": "one2020", "year": "2020", "n_studies": "NR"}],
        aliases={"a2": "a"},
    )
    assert found.reviews[["review_id", "report_ids", "n_reports"]].values.tolist() == [
        ["one2020", "a; b", 2]
    ]
    assert list(found.reports["review_id"]) == ["one2020", "one2020", "two2019", ""]
    assert list(found.reports["full_text_state"]) == ["include", "include", "exclude", "awaiting"]
    counts = values(found)
    assert [counts[k] for k in ("reviews", "reports", "reports_superseded")] == [1, 2, 1]
    assert counts["reviews.one2020.year"] == 2020
    line = found.figures.lines["included.reviews.one2020.n_studies"]
    assert line["absent_reason"] == "not_available: not reported in the source"
    assert "n_studies=NR" in text_of(found.reviews)
    assert found.problems.empty


def test_versions_all_has_no_superseded_reports():
    found = run({"a": "include"}, ["a one2020 superseded"], versions="all")
    assert values(found)["reports_superseded"] == 0


def test_excluded_reports_need_no_review_row():
    found = run({"c": "exclude"}, ["c two2019 main"])
    assert found.awaiting.empty
    assert found.problems.empty
    assert values(found)["reviews"] == 0


def test_what_waits_is_ready_to_paste():
    about = {
        "a": {"authors": "Müller, A.; Li, B.", "year": "2020", "title": "T"},
        "b": {"authors": "Muller, C.", "year": "2020"},
        "c": {},
    }
    found = run(dict.fromkeys("abcd", "include"), ["d four2020 main"], about=about)
    assert found.awaiting[["report_id", "review_id", "missing"]].values.tolist() == [
        ["a", "muller2020", "extraction/reports.csv"],
        ["b", "muller2020b", "extraction/reports.csv"],
        ["c", "c", "extraction/reports.csv"],
        ["d", "four2020", "extraction/reviews.csv"],
    ]
    assert values(found)["awaiting_extraction"] == 4


def test_suggested_ids_are_valid_and_unique():
    assert suggested_review_id({"authors": "de la Cruz, X", "year": ""}, "R1", []) == "delacruz"
    assert suggested_review_id({}, "rec_A.1", ["rec_a_1"]) == "rec_a_1b"


def test_problems_name_file_and_row():
    found = run(
        {"a": "include", "b": "include"},
        ["a one2020 main", "b one2020 main", "z two2020 main"],
        [{"review_id": "one2020"}, {"review_id": "lost2001"}],
    )
    assert found.problems[["file", "row", "problem"]].values.tolist() == [
        ["data/extraction/reviews.csv", 3, "a review with no included report"],
        ["data/extraction/reports.csv", 2, "more than one main report of a review"],
        ["data/extraction/reports.csv", 3, "more than one main report of a review"],
        ["data/extraction/reports.csv", 4, "a report that did not reach full text"],
    ]


def test_figures_rest_on_screening():
    line = run({"a": "include"}, ["a one2020 main"]).figures.lines["included.reviews"]
    assert "screening.full_text.include" in line["rests_on"]
    assert line["file"] == "data/extraction/reports.csv"
