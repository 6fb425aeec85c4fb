"""Identities of the flow: the golden files in the form of the R package PRISMA2020, and our own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parapluie import tables
from parapluie.prisma import checks, counts, template
from parapluie.trace import Figures, Rows

CONSISTENT: dict[str, int | template.Parts | None] = {
    "database_results": 100,
    "register_results": 10,
    "duplicates": 20,
    "excluded_automatic": 5,
    "excluded_other": 0,
    "records_screened": 85,
    "records_excluded": 60,
    "dbr_sought_reports": 25,
    "dbr_notretrieved_reports": 2,
    "dbr_assessed": 23,
    "dbr_excluded": (("Not a systematic review", 10), ("Wrong population", 3)),
    "new_reports": 10,
    "new_studies": 9,
}


def failing(found: list[checks.Check]) -> set[str]:
    return {c.identity.split(".")[0] for c in found if c.holds == checks.NO}


@pytest.mark.shared
def test_golden_flows_break_exactly_the_checks_they_were_made_to_break(shared: Path) -> None:
    folder = shared / "golden" / "prisma"
    expected = json.loads((folder / "expected_checks.json").read_text(encoding="utf-8"))
    wanted = {**{name: [] for name in expected["valid"]}, **expected["invalid"]}
    assert len(wanted) == 8
    for name, broken in wanted.items():
        flow, faults = template.from_csv(tables.read_text(folder / name).rows)
        assert failing(checks.check_template(flow, faults)) == set(broken), name


@pytest.mark.shared
def test_template_has_its_rows_and_placeholders(shared: Path) -> None:
    folder = shared / "golden" / "prisma"
    expected = json.loads((folder / "expected_checks.json").read_text(encoding="utf-8"))
    rows = tables.read_text(folder / "PRISMA2020_template.csv").rows
    _, faults = template.from_csv(rows)
    assert len(rows) == expected["template_rows"]
    assert [f.split(":")[0] for f in faults] == expected["template_has_placeholders"]


def test_consistent_flow_holds() -> None:
    assert failing(checks.check_template(CONSISTENT)) == set()


@pytest.mark.parametrize(
    ("box", "value", "broken"),
    [
        ("duplicates", 21, {"C03"}),
        ("records_excluded", 61, {"C04"}),
        ("dbr_notretrieved_reports", 3, {"C05"}),
        ("new_studies", 11, {"C11"}),
        ("other_sought_reports", 4, {"C16"}),
        ("excluded_other", -1, {"C01", "C03"}),
    ],
)
def test_one_wrong_number_is_found(box: str, value: int, broken: set[str]) -> None:
    assert failing(checks.check_template({**CONSISTENT, box: value})) == broken


def test_reports_that_wait_or_conflict_balance_the_arm() -> None:
    open_flow = {
        **CONSISTENT,
        "records_screened": 80,
        "dbr_awaiting_screening": 5,
        "dbr_sought_reports": 18,
        "dbr_conflict_screening": 2,
        "dbr_assessed": 15,
        "dbr_awaiting": 1,
        "dbr_conflict": 2,
        "new_reports": 0,
        "new_studies": 0,
    }
    assert failing(checks.check_template(open_flow)) == set()


def test_missing_box_is_not_checkable_with_its_name() -> None:
    flow = {k: v for k, v in CONSISTENT.items() if k != "duplicates"}
    found = {c.identity: c for c in checks.check_template(flow)}
    assert found["C03"].holds == checks.NOT_CHECKABLE
    assert "duplicates" in found["C03"].reason
    assert found["C03"].left is None


def test_reasons_are_looked_at() -> None:
    reasons = (("Other", 9), ("Wrong population", 2), ("wrong population", 1), ("Unclear", None))
    found = {c.identity: c for c in checks.check_template({**CONSISTENT, "dbr_excluded": reasons})}
    assert found["C15.dbr"].left == 3
    assert found["C06"].holds == checks.NOT_CHECKABLE


def test_recorded_flow_that_does_not_split_its_arms_is_read_as_a_whole() -> None:
    flow = {
        "database_results": 777,
        "other_methods": 2,
        "records_total": 779,
        "dbr_assessed": 93,
        "dbr_excluded": 57,
        "new_reports": 36,
        "new_studies": 35,
    }
    found = {c.identity: c for c in checks.check_recorded(flow)}
    assert (found["F4"].left, found["F4"].right, found["F4"].holds) == (93, 93, checks.YES)
    assert found["F5"].holds == checks.YES
    assert "dbr_assessed" in found["F4"].boxes
    assert found["F1"].holds == checks.NOT_CHECKABLE
    assert checks.template_of(flow, recorded=True) == "new_databases"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("MEDLINE, 1,100; Embase, 900", (("MEDLINE", 1100), ("Embase", 900))),
        ("No comparison, or a wrong one, 7", (("No comparison, or a wrong one", 7),)),
        ("Unclear", (("Unclear", None),)),
        ("NA", None),
    ],
)
def test_reasons_keep_their_commas(text: str, parts: template.Parts | None) -> None:
    flow, faults = template.from_csv([{"data": "dbr_excluded", "n": text}])
    assert (flow["dbr_excluded"], faults) == (parts, [])


def test_what_is_no_count_is_a_fault() -> None:
    rows = [{"data": "duplicates", "n": "about 20"}, {"data": "new_reports", "n": "1,032"}]
    flow, faults = template.from_csv(rows)
    assert flow == {"duplicates": None, "new_reports": 1032}
    assert failing(checks.check_template(flow, faults)) == {"C01"}


def test_what_decides_which_boxes_are_compared_is_in_the_trace() -> None:
    recorded = {
        "database_results": 10,
        "website_results": 2,
        "dbr_assessed": 9,
        "dbr_excluded": 4,
        "new_reports": 5,
    }
    listed = [
        counts.Count(
            box, "reports", n, box, "as printed", basis=(Rows("data/flow.csv"),), recorded=True
        )
        for box, n in recorded.items()
    ]
    figures = Figures("prisma")
    counts.add_figures(figures, listed)
    found = checks.check_recorded(checks.flow_of(listed))
    checks.add_figures(figures, "recorded", found, ["prisma.recorded.new_reports"])
    line = figures.lines["prisma.checks.recorded_C10.left"]
    assert line["absent_reason"] == "not_checkable: other_assessed is not known"
    assert "prisma.recorded.website_results" in line["rests_on"].split(";")
