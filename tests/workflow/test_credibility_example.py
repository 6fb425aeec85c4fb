"""The credibility classes of the second example, from Snakemake's run to the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from parapluie import tables

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def review(example: Callable[[str], Path]) -> Path:
    return example("depression-prevention")


def rows(review: Path, name: str) -> list[dict[str, str]]:
    return tables.read_text(review / name).rows


def test_the_battery_is_that_of_the_pooled_results(review: Path) -> None:
    pooled = {r["pool_id"]: r for r in rows(review, "results/synthesis/pooled.csv")
              if r["main"] == "yes"}  # fmt: skip
    found = rows(review, "results/credibility/battery.csv")
    assert {r["result_id"] for r in found} == set(pooled) and len(found) == 10
    for row in found:
        wanted = pooled[row["result_id"]]
        assert row["k"] == wanted["k_studies"]
        for ours, theirs in (("p", "p"), ("i2_q", "i2_q"), ("pi_low", "pi_low"), ("tau2", "tau2")):
            if wanted[theirs]:
                assert float(row[ours]) == pytest.approx(float(wanted[theirs]), rel=1e-6, abs=1e-12)
            else:
                assert row[ours] == "" and ours in row["reasons"]


def test_classes_follow_from_p_and_people(review: Path) -> None:
    """No result has a p below 0.001, so none is better than class IV."""
    battery = {
        r["result_id"]: float(r["p"]) for r in rows(review, "results/credibility/battery.csv")
    }
    assert min(battery.values()) > 0.001
    found = {
        r["result_id"]: r["class"] for r in rows(review, "results/credibility/verdicts.csv")
        if r["rule_set"] == "ioannidis_participants"
    }  # fmt: skip
    assert found == {result: "IV" if p < 0.05 else "V" for result, p in battery.items()}
    assert {"IV", "V"} == set(found.values())


def test_no_figure_rests_on_one_that_is_not_there(review: Path) -> None:
    figures = {r["key"]: r for r in rows(review, "reports/tables/keys.csv")}
    mine = {k: r for k, r in figures.items() if k.startswith("credibility.")}
    assert mine["credibility.classes"]["value"] == "10" and len(mine) > 200
    for row in mine.values():
        assert all(key in figures for key in row["rests_on"].split(";") if key)


def test_the_report_shows_class_criteria_and_what_would_change(review: Path) -> None:
    shown = rows(review, "reports/tables/credibility.csv")
    assert len(shown) == 20
    assert all(r["to_lift"] for r in shown)
    criteria = rows(review, "reports/tables/credibility_criteria.csv")
    assert len(criteria) == len(rows(review, "results/credibility/classes.csv"))
    pooled = rows(review, "reports/tables/pooled.csv")
    assert {r["credibility"] != "not known yet" for r in pooled if r["main"] == "yes"} == {True}
    page = (review / "reports" / "index.html").read_text(encoding="utf-8")
    assert 'data-key="credibility.fact.anxiety.p"' in page
    assert "Pooled results with a credibility class" in page
