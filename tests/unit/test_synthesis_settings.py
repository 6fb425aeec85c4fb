"""A protocol may plan any estimator and any interval; what it leaves out is guarded."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from parapluie.effects import pool
from parapluie.effects.intervals import CI_RULES, FLOOR, NORMAL
from parapluie.effects.prediction import PI_RULES
from parapluie.effects.tau2 import ESTIMATORS
from parapluie.forest.studies import study_plots
from parapluie.schema import _document_schema
from parapluie.synthesis.pooled import METHODS, Plan, pooled_tables
from tests.forest_sources import BCG, NO_EFFECTS, bcg

SETTINGS = _document_schema("protocol")["properties"]["synthesis"]["properties"]


def planned(method: str, ci: str, pi: str = "t_k1") -> tuple[pd.DataFrame, pd.Series]:
    ids = [f"s{i}" for i in range(13)]
    same = {"outcome": "tb", "measure": "RR", "review_id": "this_overview"}
    numbers = {"yi": BCG["yi"], "vi": BCG["vi"]}
    rows = pd.DataFrame({"study_effect_id": ids, "study_id": ids, **same, **numbers})
    pooled, averages = pooled_tables(rows, NO_EFFECTS, Plan(method, ci, pi))
    (main,) = pooled[pooled["main"] == "yes"].to_dict("records")
    assert len(pooled) in (len(METHODS), len(METHODS) + 1)
    return averages, pd.Series(main)


def test_the_protocol_may_name_what_the_engine_has() -> None:
    assert set(SETTINGS["method"]["enum"]) == set(ESTIMATORS)
    assert set(SETTINGS["ci"]["enum"]) == set(CI_RULES)
    assert set(SETTINGS["pi"]["enum"]) == set(PI_RULES)


@pytest.mark.parametrize("method", sorted(ESTIMATORS))
def test_every_estimator_with_every_interval_is_pooled_as_planned(method: str) -> None:
    labels = set()
    for ci in CI_RULES:
        averages, main = planned(method, ci)
        alone = pool(BCG["yi"], BCG["vi"], method, NORMAL if method == "common" else ci)
        for number in ("estimate", "se", "ci_low", "ci_high", "p", "pi_low", "q"):
            wanted = pytest.approx(getattr(alone, number), rel=1e-12, nan_ok=True)
            assert main[number] == wanted, (ci, number)
        weights = averages.set_index("study_id")["weight"][[f"s{i}" for i in range(13)]]
        assert np.allclose(weights, alone.weights, rtol=1e-12)
        labels.add(main["method_label"])
    assert len(labels) == (1 if method == "common" else len(CI_RULES))


@pytest.mark.parametrize("pi", sorted(PI_RULES))
def test_every_prediction_interval_is_named(pi: str) -> None:
    _, main = planned("PM", "HK_floor", pi)
    wanted = pool(BCG["yi"], BCG["vi"], "PM", "HK_floor", pi).pi_low
    assert main["pi_low"] == pytest.approx(wanted, rel=1e-12)
    assert main["pi_method"]


def test_what_nobody_chose_has_the_floor() -> None:
    assert Plan.of({}).ci == Plan.of({"synthesis": {"method": "DL"}}).ci == FLOOR
    equal = [0.30, 0.31, 0.32], [0.04, 0.04, 0.04]
    guarded, bare, normal = pool(*equal), pool(*equal, ci="HK"), pool(*equal, ci="z")
    assert guarded.ci_method == FLOOR
    assert bare.se < normal.se == pytest.approx(guarded.se)
    assert bare.ci_high - bare.ci_low < normal.ci_high - normal.ci_low
    assert guarded.ci_high - guarded.ci_low > normal.ci_high - normal.ci_low


def test_the_forest_plot_names_the_estimator_whatever_the_interval() -> None:
    plot = next(iter(study_plots(bcg("PM", "HK_floor"))))
    words = " ".join(text for row in plot.rows for text, _ in row.words)
    assert "(PM);" in words and "τ² = 0.318" in words
