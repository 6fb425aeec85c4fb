"""Counts of the flow on small tables, on random decision logs, and on a published overview."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie.prisma import checks, counts, recount
from parapluie.trace import Figures, Rows

SHOWN = {
    "protocol": "data/protocol.yaml",
    "searches": "data/search/searches.csv",
    "studies": "data/extraction/studies.csv",
    "extraction_reports": "data/extraction/reports.csv",
}
PROTOCOL: Mapping[str, Any] = {
    "title": "A review",
    "fulltext_reasons": [
        {"code": "POP", "label": "Population"},
        {"code": "DES", "label": "Design"},
    ],
}


def table(columns: str, rows: Iterable[Sequence[Any]] = ()) -> pd.DataFrame:
    return pd.DataFrame([tuple(r) for r in rows], columns=columns.split(), dtype="object")


def inputs(**changed: Any) -> counts.Inputs:
    """Six records of three searches; r3 twice in databases, r4 also on a website."""
    searches = [
        ("a", "MEDLINE", "database"),
        ("b", "PROSPERO", "register"),
        ("w", "Web", "website"),
    ]
    records = [
        ("r1", "a"),
        ("r2", "a"),
        ("r3", "a"),
        ("r3b", "b"),
        ("r4", "b"),
        ("r4w", "w"),
        ("r5", "w"),
        ("gone", "a"),
    ]
    clusters = [(r, {"r3b": "r3", "r4w": "r4"}.get(r, r), "single") for r, _ in records[:-1]]
    title = [
        ("r1", "exclude"),
        ("r2", "include"),
        ("r3", "include"),
        ("r4", "conflict"),
        ("r5", "include"),
    ]
    full = [("r2", "include", ""), ("r3", "exclude", "DES"), ("r5", "awaiting", "")]
    state = [(r, "title_abstract", s, "") for r, s in title]
    state += [(r, "full_text", s, reason) for r, s, reason in full]
    given_tables: dict[str, Any] = {
        "protocol": PROTOCOL,
        "searches": table("search_id source kind", searches),
        "records": table("record_id search_id", records),
        "clusters": table(
            "record_id report_id rule", [*clusters, ("gone", "gone", "removed_automatic")]
        ),
        "reports": table(
            "report_id arm",
            [
                ("r1", "database"),
                ("r2", "database"),
                ("r3", "database"),
                ("r4", "database"),
                ("r5", "other"),
            ],
        ),
        "removed": table("record_id search_id n type", [("gone", "", float("nan"), "automatic")]),
        "state": table("report_id stage state reason", state),
        "status": table("report_id status", [("r2", "retrieved"), ("r5", "not_retrieved")]),
        "included_reports": table(
            "report_id review_id role", [("r2", "one2020", "main"), ("r3", "two2021", "main")]
        ),
        "included_reviews": table("review_id", [("one2020",)]),
        "studies": table("review_id study_id eligible"),
        "shown": SHOWN,
    }
    return counts.Inputs(**{**given_tables, **changed})


def boxes(given_inputs: counts.Inputs) -> dict[str, int | None]:
    return {c.box: c.n for c in counts.count_flow(given_inputs)}


def test_each_box_of_a_small_flow() -> None:
    n = boxes(inputs())
    assert n["identified"] == 8
    assert (n["database_results"], n["register_results"], n["website_results"]) == (4, 2, 2)
    assert (n["duplicates"], n["other_duplicates"], n["excluded_automatic"]) == (1, 1, 1)
    assert (n["records_screened"], n["records_excluded"], n["conflict_screening"]) == (4, 1, 1)
    assert (n["dbr_sought_reports"], n["dbr_assessed"], n["dbr_excluded.DES"]) == (2, 2, 1)
    assert (n["other_sought_reports"], n["other_notretrieved_reports"]) == (1, 1)
    assert (n["new_studies"], n["new_reports"], n["reviews_excluded"]) == (1, 1, 1)


def test_report_found_by_a_database_and_another_way_counts_in_the_database_arm() -> None:
    n = boxes(inputs())
    assert n["dbr_conflict_screening"] == 1
    assert n["other_conflict_screening"] == 0


def test_all_identities_hold_on_the_small_flow() -> None:
    flow = checks.flow_of(counts.count_flow(inputs()))
    found = [*checks.check_template(flow), *checks.check_whole(flow)]
    assert [c for c in found if c.holds == checks.NO] == []
    assert {c.holds for c in found if c.identity.startswith("F")} == {checks.YES}


def test_records_removed_by_number_are_identified_too() -> None:
    removed = table("record_id search_id n type", [("", "a", 10.0, "automatic")])
    clusters = inputs().clusters
    clusters.loc[clusters["record_id"] == "gone", "rule"] = "removed_other"
    given_inputs = inputs(removed=removed, clusters=clusters)
    n = boxes(given_inputs)
    assert (n["identified"], n["excluded_automatic"], n["excluded_other"]) == (18, 10, 1)
    assert (
        checks.check_whole(checks.flow_of(counts.count_flow(given_inputs)))[0].holds == checks.YES
    )


def test_one_review_with_several_reports_is_counted_once_with_its_first_reason() -> None:
    state = inputs().state
    state.loc[(state["report_id"] == "r2") & (state["stage"] == "full_text"), "state"] = "exclude"
    state.loc[state["report_id"] == "r2", "reason"] = "POP"
    reports = table("report_id review_id role", [("r2", "one", "main"), ("r3", "one", "companion")])
    n = boxes(inputs(state=state, included_reports=reports, included_reviews=table("review_id")))
    assert (n["dbr_excluded"], n["reviews_excluded"]) == (2, 1)
    assert n["reviews_excluded.POP"] == 1
    assert "reviews_excluded.DES" not in n


def test_exclusion_without_reason_and_unknown_reason_are_shown_last() -> None:
    state = inputs().state
    full = state["stage"] == "full_text"
    state.loc[full, "state"] = "exclude"
    state.loc[full, "reason"] = ["", "XYZ", "POP"]
    flow = [c.box for c in counts.count_flow(inputs(state=state)) if "dbr_excluded." in c.box]
    assert flow == ["dbr_excluded.XYZ", "dbr_excluded.not_given"]


def test_studies_are_counted_where_lists_are_there_and_absent_with_a_reason_otherwise() -> None:
    found = {c.box: c for c in counts.count_flow(inputs())}
    assert found["studies_unique"].n is None
    assert found["studies_unique"].absent.startswith("not_available")
    assert found["reviews_without_list"].note == "one2020"
    rows = [("one2020", "s1", "yes"), ("one2020", "s2", "no"), ("two2021", "s3", "yes")]
    n = boxes(inputs(studies=table("review_id study_id eligible", rows)))
    assert (n["studies_unique"], n["studies_eligible"], n["reviews_with_list"]) == (2, 1, 1)


def test_previous_version_makes_totals() -> None:
    protocol = {**PROTOCOL, "previous_version": {"studies": 12, "reports": 15}}
    n = boxes(inputs(protocol=protocol))
    assert (n["total_studies"], n["total_reports"]) == (13, 16)


@pytest.mark.parametrize(("versions", "n"), [("latest", 1), ("all", 0)])
def test_versions_are_superseded_only_where_the_latest_counts(versions: str, n: int) -> None:
    roles = [("r2", "one2020", "superseded"), ("r3", "two2021", "main")]
    reports = table("report_id review_id role", roles)
    given_inputs = inputs(included_reports=reports, protocol={**PROTOCOL, "versions": versions})
    assert boxes(given_inputs)["reports_superseded"] == n


def test_every_count_becomes_a_figure_with_a_basis() -> None:
    figures = Figures("prisma")
    found = counts.count_flow(inputs())
    counts.add_figures(figures, found)
    assert set(figures.lines) == {f"prisma.{c.box}" for c in found}
    assert figures.lines["prisma.database_results"]["rows"] == "kind=database"


def test_recorded_flow_keeps_what_is_absent() -> None:
    recorded = table(
        "_row box n unit label source note n__absent",
        [
            (2, "dbr_assessed", 93.0, "reports", "", "S1", "", "-"),
            (3, "duplicates", float("nan"), "records", "", "S1", "not readable", ""),
        ],
    )
    found = counts.recorded_flow(recorded, "data/search/recorded_flow.csv")
    assert [c.key for c in found] == ["recorded.dbr_assessed", "recorded.duplicates"]
    assert found[1].absent == "not_available: not readable"
    assert found[0].basis == (Rows("data/search/recorded_flow.csv", "box=dbr_assessed", 1),)


# --- the second count -----------------------------------------------------------------------------


def event(reviewer: str, decision: str, report: str = "r1", **more: str) -> recount.Event:
    stage = more.pop("stage", "title_abstract")
    row = {"report_id": report, "decision": decision, **more}
    return recount.Event(stage, more.get("round", "main"), reviewer, row)


def first_state(events: Sequence[recount.Event], **stage: Any) -> str:
    protocol = {"stages": {"title_abstract": stage}} if stage else {}
    found = recount.recount(events, {"old": "r1"}, ["r1"], protocol)
    return next(iter(found["title_abstract"]))


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], "awaiting"),
        ([event("R1", "include")], "awaiting_second"),
        ([event("R1", "include"), event("R2", "maybe")], "include"),
        ([event("R1", "include"), event("R2", "exclude")], "conflict"),
        ([event("R1", "include"), event("R1", "exclude"), event("R2", "exclude")], "exclude"),
        ([event("R1", "include"), event("R1", "", event="retract")], "awaiting"),
        (
            [
                event("R1", "include"),
                event("R2", "exclude"),
                event("C", "exclude", role="adjudicator"),
            ],
            "exclude",
        ),
        ([event("X", "include", role="import")], "include"),
        # A merge joined two reports on which one person had decided differently.
        (
            [event("R1", "include"), event("R1", "exclude", "old"), event("R2", "exclude")],
            "conflict",
        ),
    ],
)
def test_state_from_events(events: list[recount.Event], state: str) -> None:
    assert first_state(events) == state


def test_one_inclusion_is_enough_where_the_protocol_says_so() -> None:
    votes = [event("R1", "include"), event("R2", "exclude")]
    assert first_state(votes, votes=2, rule="any_include") == "include"
    assert first_state(votes[1:], votes=1, rule="agree") == "exclude"


def test_a_wrong_state_is_found_by_the_recount() -> None:
    again = recount.recount([event("R1", "exclude"), event("R2", "exclude")], {}, ["r1"], {})
    held = checks.check_recount({"title_abstract": {"exclude": 1}, "full_text": {}}, again)
    assert {c.holds for c in held} == {checks.YES}
    wrong = checks.check_recount({"title_abstract": {"include": 1}, "full_text": {}}, again)
    assert [c.identity for c in wrong if c.holds == checks.NO] == [
        "C21.title_abstract.include",
        "C21.title_abstract.exclude",
    ]


# --- whatever is decided --------------------------------------------------------------------------

TITLE_STATES = ("include", "exclude", "conflict", "awaiting", "awaiting_second", "")
REPORTS = ("r1", "r2", "r3", "r4", "r5")


@given(
    st.tuples(*[st.sampled_from(TITLE_STATES)] * 5),
    st.tuples(*[st.sampled_from(TITLE_STATES)] * 5),
    st.tuples(*[st.sampled_from(("retrieved", "not_retrieved", "awaiting", ""))] * 5),
    st.tuples(*[st.sampled_from(("", "one", "two"))] * 5),
)
def test_identities_hold_at_any_moment(
    title: Sequence[str], full: Sequence[str], status: Sequence[str], review: Sequence[str]
) -> None:
    state = [(r, "title_abstract", s, "") for r, s in zip(REPORTS, title, strict=True) if s]
    state += [
        (r, "full_text", s, "POP")
        for r, t, s in zip(REPORTS, title, full, strict=True)
        if s and t == "include"
    ]
    ends = {(r, stage): s for r, stage, s, _ in state}
    named = {
        v for r, v in zip(REPORTS, review, strict=True) if ends.get((r, "full_text")) == "include"
    }
    given_inputs = inputs(
        state=table("report_id stage state reason", state),
        status=table("report_id status", [p for p in zip(REPORTS, status, strict=True) if p[1]]),
        included_reports=table(
            "report_id review_id role", [(*p, "main") for p in zip(REPORTS, review, strict=True)]
        ),
        included_reviews=table("review_id", [(v,) for v in sorted(named - {""})]),
    )
    flow = checks.flow_of(counts.count_flow(given_inputs))
    awaiting, without = counts.unmatched_reviews(given_inputs)
    found = [
        *checks.check_template(flow),
        *checks.check_whole(flow),
        *checks.check_overview(flow, len(awaiting), "", without),
    ]
    wrong = [c for c in found if c.holds == checks.NO and c.identity != "C17"]
    assert wrong == []


@pytest.mark.shared
def test_published_overview_in_reports_and_reviews(shared: Path) -> None:
    """HEDCO Institute, Depression_Prevention_Overview (CC BY 4.0), Figure 1: 4,784 records."""
    path = shared / "example" / "depression-prevention" / "screening.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    ids = [r["record_id"] for r in rows]
    state = [(r["record_id"], "title_abstract", r["title_abstract"], "") for r in rows]
    state += [
        (r["record_id"], "full_text", r["full_text"], r["reason"])
        for r in rows
        if r["full_text"] != "not_reached"
    ]
    reviews = sorted({r["group_id"] for r in rows if r["full_text"] == "include"})
    given_inputs = inputs(
        protocol={"title": "A review"},
        searches=table("search_id source kind", [("a", "all", "database")]),
        records=table("record_id search_id", [(i, "a") for i in ids]),
        clusters=table("record_id report_id rule", [(i, i, "single") for i in ids]),
        reports=table("report_id arm", [(i, "database") for i in ids]),
        removed=table("record_id search_id n type"),
        state=table("report_id stage state reason", state),
        status=table("report_id status"),
        included_reports=table(
            "report_id review_id role", [(r["record_id"], r["group_id"], "main") for r in rows]
        ),
        included_reviews=table("review_id", [(r,) for r in reviews]),
    )
    n = boxes(given_inputs)
    assert (n["records_screened"], n["records_excluded"], n["dbr_assessed"]) == (4784, 4222, 562)
    assert (n["dbr_excluded"], n["new_reports"]) == (532, 30)
    assert (n["reviews_assessed"], n["reviews_excluded"], n["reviews_included"]) == (553, 529, 24)
    published = {
        "ANX": 35,
        "POP": 53,
        "INT": 180,
        "CMP": 1,
        "OUT": 43,
        "SET": 53,
        "NSR": 33,
        "NMA": 116,
        "PUB": 14,
        "OTH": 1,
    }
    assert {code: n[f"reviews_excluded.{code}"] for code in published} == published
