"""The two examples give the figures of their publications, and only the known slips disagree.

Expected values are those that the publications print (data/claims.csv of each example holds them
with their place), the facts about the arranged search files (data/README.md), and for the pooling
of study averages the converged values of metafor 3.8-1 (``rma(yi, vi, method="REML",
test="knha")`` on study averages with within-study correlation 0.8).
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from parapluie import tables

pytestmark = pytest.mark.workflow

SLIPS = {
    "reviews.medline_only",
    "robis.1.high",
    "studies.registered",
    "studies.participants_total",
    "study_rob.high_domain.RoB2.5",
    "effects.depression_diagnosis.participants",
    "effects.self_harm.k_studies",
    "pooled.depression_symptoms.i2",
}
"""Figures that the depression overview prints wrong; see its README."""

CONVERGED = {
    "depression_diagnosis": (-0.37551526, -0.6605432, -0.09048775),
    "depression_symptoms": (-0.12771586, None, None),
    "anxiety": (-0.06227414, None, None),
}
ARRANGED = {
    "deduplication.records": 157,
    "deduplication.duplicates": 72,
    "deduplication.reports": 85,
    "prisma.records_excluded": 38,
    "prisma.dbr_assessed": 47,
    "prisma.dbr_excluded": 11,
    "included.reports": 36,
    "included.reviews": 35,
}


def _rows(review: Path, name: str) -> list[dict[str, str]]:
    with (review / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _values(review: Path) -> dict[str, str]:
    return {row["key"]: row["value"] for row in _rows(review, "reports/tables/keys.csv")}


def _is(built: Path, example: str) -> None:
    if not built.name.startswith(example):
        pytest.skip(f"about {example}")


def test_peer_support_every_claim_agrees_or_says_why_not(built: Path) -> None:
    _is(built, "peer-support")
    claims = _rows(built, "reports/tables/claims.csv")
    assert Counter(row["result"] for row in claims) == {"agrees": 97, "not_recomputed": 24}
    assert all(row["reason"] for row in claims if row["result"] == "not_recomputed")


def test_peer_support_arranged_search_files(built: Path) -> None:
    _is(built, "peer-support")
    values = _values(built)
    assert {key: int(values[key]) for key in ARRANGED} == ARRANGED


def test_peer_support_consistency_checks(built: Path) -> None:
    _is(built, "peer-support")
    rows = _rows(built, "results/synthesis/problems.csv")
    assert [(r["effect_id"], r["check"]) for r in rows if r["kind"] == "consistency"] == [
        ("E01", "k against df"),
        ("E01", "z against interval"),
        ("E17", "interval against words"),
        ("E27", "p against interval"),
    ]


def test_peer_support_the_same_trials_are_counted_once(built: Path) -> None:
    _is(built, "peer-support")
    rows = _rows(built, "results/synthesis/same_results.csv")
    groups: dict[str, set[str]] = {}
    for row in rows:
        groups.setdefault(row["same_as"], set()).add(row["effect_id"])
    assert {frozenset(group) for group in groups.values()} >= {
        frozenset({"E11", "E20", "E25"}),
        frozenset({"E17", "E24"}),
    }
    values = _values(built)
    dropped = sum(row["kept"] == "no" for row in rows)
    assert int(values["synthesis.results"]) + dropped == int(values["synthesis.effects"])


def test_depression_only_the_known_slips_disagree(built: Path) -> None:
    _is(built, "depression-prevention")
    claims = _rows(built, "reports/tables/claims.csv")
    assert {row["claim_id"] for row in claims if row["result"] == "disagrees"} == SLIPS
    left = {row["claim_id"]: row["reason"] for row in claims if row["result"] == "not_recomputed"}
    assert all(left.values())
    assert {name.split(".")[0] for name in left} == {"flow", "pooled", "metareg"}
    assert {n for n in left if n.startswith("flow.")} == {
        "flow.identified",
        "flow.duplicates_removed",
        "flow.not_retrieved",
    }
    assert {row["result"] for row in claims} == {"agrees", "disagrees", "not_recomputed"}


def test_depression_published_effects_by_robust_variance_estimation(built: Path) -> None:
    _is(built, "depression-prevention")
    claims = {row["claim_id"]: row for row in _rows(built, "reports/tables/claims.csv")}
    pooled = {n: r for n, r in claims.items() if n.startswith("pooled.") and "RVE" in r["key"]}
    assert len(pooled) == 21
    results = Counter(row["result"] for row in pooled.values())
    assert results == {"agrees": 20, "disagrees": 1}


def test_depression_pooling_of_study_averages(built: Path, shared: Path) -> None:
    _is(built, "depression-prevention")
    pooled = {
        row["outcome"]: row
        for row in _rows(built, "results/synthesis/pooled.csv")
        if row["method"] == "REML_HK"
    }
    table = tables.read_text(shared / "example/depression-prevention/computed_effects.csv").rows
    expected = [row for row in table if row["model"] == "study_average_rho0.8_REML_HK"]
    assert len(expected) == 3
    for row in expected:
        for column in ("estimate", "se", "ci_low", "ci_high"):
            ours = float(pooled[row["outcome"]][column])
            assert ours == pytest.approx(float(row[column]), abs=2e-6), (row["outcome"], column)


@pytest.mark.parametrize("outcome", CONVERGED)
def test_depression_converged_values(built: Path, outcome: str) -> None:
    _is(built, "depression-prevention")
    rows = _rows(built, "results/synthesis/pooled.csv")
    (row,) = (r for r in rows if r["outcome"] == outcome and r["method"] == "REML_HK")
    assert row["main"] == "yes"
    for column, value in zip(("estimate", "ci_low", "ci_high"), CONVERGED[outcome], strict=True):
        if value is not None:
            tolerance = 1e-8 if column == "estimate" else 2e-6
            assert float(row[column]) == pytest.approx(value, abs=tolerance)


def test_depression_naive_pooling_appears_nowhere(built: Path, shared: Path) -> None:
    _is(built, "depression-prevention")
    table = tables.read_text(shared / "example/depression-prevention/computed_effects.csv").rows
    naive = [float(r["estimate"]) for r in table if r["model"] == "naive_all_effects_DL"]
    assert len(naive) == 3
    numbers = [
        number
        for row in _rows(built, "reports/tables/keys.csv")
        if row["key"].startswith("synthesis.pooled.")
        and (number := tables.parse_number(row["value"])) is not None
    ]
    assert len(numbers) > 100
    for value in naive:
        assert not [n for n in numbers if n == pytest.approx(value, abs=5e-5)]


def test_no_identity_of_the_flow_is_broken(built: Path) -> None:
    rows = _rows(built, "results/prisma/checks.csv")
    assert [r for r in rows if r["holds"] == "no"] == []
    assert all(r["reason"] for r in rows if r["holds"] == "not_checkable")
    assert sum(r["holds"] == "yes" for r in rows) > 20


def test_no_absence_is_without_reason(built: Path) -> None:
    for row in _rows(built, "reports/tables/keys.csv"):
        assert bool(row["value"]) != bool(row["absent_reason"]), row["key"]
        assert row["value"].lower() != "nan"


def test_every_key_that_a_figure_rests_on_is_there(built: Path) -> None:
    rows = _rows(built, "reports/tables/keys.csv")
    known = {row["key"] for row in rows}
    assert len(known) == len(rows)
    missing = {k for row in rows for k in row["rests_on"].split(";") if k} - known
    assert missing == set()
