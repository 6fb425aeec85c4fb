"""The paragraph on methods follows the settings: another setting, another sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from parapluie import tables
from parapluie.effects.intervals import CI_RULES
from parapluie.effects.prediction import PI_RULES
from parapluie.effects.tau2 import ESTIMATORS
from parapluie.effects.umbrella import TRUE_EFFECTS
from parapluie.effects.umbrella_tests import EXCESS_TESTS
from parapluie.report import manifest
from parapluie.report.methods import paragraphs
from parapluie.report.results import Results
from parapluie.synthesis.pooled import Plan, pooled_tables
from tests.forest_sources import BCG, NO_EFFECTS
from tests.made_report import make, report

Rows = Sequence[Mapping[str, str]]


def as_text(frame: pd.DataFrame) -> Rows:
    columns = [str(c) for c in frame.columns]
    return [
        {c: tables.cell(v) for c, v in zip(columns, row, strict=True)}
        for row in frame.itertuples(index=False, name=None)
    ]


def stages(several: bool = False, **plan: Any) -> dict[str, Rows]:
    """Pool the trials by a plan; with several, the first has two results."""
    ids = [f"s{i}" for i in range(13)]
    same = {"outcome": "tb", "measure": "RR", "review_id": "this_overview", "path": "cells:RR"}
    rows = pd.DataFrame({"study_effect_id": ids, "study_id": ids, "yi": BCG["yi"],
                         "vi": BCG["vi"], **same})  # fmt: skip
    if several:
        rows = pd.concat([rows, rows.head(1).assign(study_effect_id="s0b")], ignore_index=True)
    pooled, averages = pooled_tables(rows, NO_EFFECTS, Plan(**plan))
    return {"synthesis/pooled": as_text(pooled), "synthesis/study_averages": as_text(averages)}


def said(tables_: Mapping[str, Rows], protocol: Mapping[str, Any] | None = None) -> str:
    found = paragraphs(Results(stages=tables_, figures={}, protocol=protocol or {}))
    return "\n".join(f"{title}: {' '.join(sentences)}" for title, sentences in found)


@pytest.mark.parametrize(
    ("setting", "known"), [("method", ESTIMATORS), ("ci", CI_RULES), ("pi", PI_RULES)]
)
def test_each_estimator_and_interval_has_its_sentence(
    setting: str, known: Mapping[str, object]
) -> None:
    texts = {name: said(stages(**{setting: name})) for name in known}
    assert len(set(texts.values())) == len(known)
    if setting == "method":
        assert all(f"({m})" in text or m == "common" for m, text in texts.items())
    if setting == "ci":
        assert all(f"interval: {words}." in texts[name] for name, words in CI_RULES.items())


def test_dependence_is_told_with_its_correlation_and_only_where_it_is() -> None:
    half, most, none = said(stages(True, r=0.5)), said(stages(True, r=0.8)), said(stages(r=0.5))
    assert "correlation of r = 0.5" in half and "rho = 0.5" in half
    assert "correlation of r = 0.8" in most and "rho = 0.8" in most
    assert "correlation" not in none and "robust" not in none


def test_zero_cells_are_told_where_effects_come_from_counts() -> None:
    given = stages()
    assert "0.5 was added" in said(given)
    rows = [{**row, "paths": "yi_vi"} for row in given["synthesis/study_averages"]]
    assert "0.5 was added" not in said({**given, "synthesis/study_averages": rows})


@pytest.mark.parametrize(
    "rule", ["most_recent", "most_studies", "most_participants", "review_order"]
)
def test_each_rule_for_shared_studies_has_its_sentence(rule: str) -> None:
    given = {**stages(), "synthesis/chosen_results": [{"kept": "no"}]}
    told = said(given, {"synthesis": {"trials_once": rule}})
    others = {said(given, {"synthesis": {"trials_once": r}})
              for r in ("most_recent", "most_studies", "most_participants", "review_order")
              if r != rule}  # fmt: skip
    assert told not in others and "counted once" in told
    assert "counted once" not in said(stages())


def test_pooling_across_reviews_is_told_as_it_was() -> None:
    given = stages()
    across = [{**row, "level": "reviews"} for row in given["synthesis/pooled"]]
    assert "were not pooled with each other" in said(given)
    both = {**given, "synthesis/pooled": [*given["synthesis/pooled"], *across]}
    assert "pooled with each other, as the protocol asks" in said(both)
    assert "No result of a primary study was pooled." in said({"synthesis/pooled": across})


def test_what_was_drawn_decides_on_subgroups_and_funnels() -> None:
    protocol = {"synthesis": {"subgroups": [{"column": "alloc", "label": "Allocation"}]}}
    drawn = [{"kind": k} for k in ("subgroups", "funnel", "leave_one_out", "cumulative")]
    told = said({**stages(), "forest/index": drawn}, protocol)
    for word in ("Subgroups of studies by: Allocation.", "trim and fill", "Cumulative", "without"):
        assert word in told
    bare = said({**stages(), "forest/index": [{"kind": "forest"}]}, protocol)
    assert "Allocation" not in bare and "trim and fill" not in bare and "Cumulative" not in bare


@pytest.mark.parametrize(
    ("setting", "known"), [("excess", EXCESS_TESTS), ("true_effect", TRUE_EFFECTS)]
)
def test_each_test_of_an_excess_has_its_sentence(setting: str, known: Mapping[str, str]) -> None:
    given = {"credibility/battery": [{"result_id": "tb"}]}
    texts = {said(given, {"credibility": {setting: name}}) for name in known}
    assert len(texts) == len(known)
    assert "Excess significance" not in said({})


def test_thresholds_of_a_set_of_rules_are_told_as_they_were_used() -> None:
    line = {"rule_set": "ours", "for_class": "I", "criterion": "cases", "alternative": ""}
    verdicts = [{"rule_set": "ours", "label": "Our classes"}]

    def told(threshold: str, **chosen: Any) -> str:
        rows = [{**line, "threshold": threshold}]
        given = {"credibility/verdicts": verdicts, "credibility/classes": rows}
        return said(given, {"credibility": {"rule_sets": [{"id": "ours", **chosen}]}})

    assert "ours (Our classes). I asks for cases above 1000." in told("above 1000")
    assert "cases above 500." in told("above 500", options={"cases": 500})
    assert "Set by the protocol for ours: cases 500." in told("above 500", options={"cases": 500})
    assert "missing fails" in told("above 1000", missing="fails")


def test_versions_are_those_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"numpy {manifest.versions()['numpy']}," in said({})
    monkeypatch.setattr("parapluie.report.methods.versions", lambda: dict.fromkeys(
        ("parapluie", "numpy", "scipy", "pandas", "matplotlib", "forestplot"), "99.9"))  # fmt: skip
    assert "numpy 99.9," in said({})


def test_the_page_has_the_paragraph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert report(tmp_path) == 0
    page = (tmp_path / "reports/index.html").read_text(encoding="utf-8")
    assert "<dt>Pooling</dt>" in page and "No result of a primary study was pooled." in page
    assert f"parapluie {manifest.versions()['parapluie']}, numpy" in page
