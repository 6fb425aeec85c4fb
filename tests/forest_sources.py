"""Frames for tests of figures: the 13 trials of BCG vaccine, and made-up reviews."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from parapluie.forest import Sources
from parapluie.synthesis.pooled import (
    AVERAGE_COLUMNS,
    POOLED_COLUMNS,
    Plan,
    pooled_tables,
)

GOLDEN = Path(__file__).parent / "golden"
BCG: dict[str, Any] = json.loads((GOLDEN / "forest_bcg.json").read_text(encoding="utf-8"))
PARTS: dict[str, Any] = json.loads((GOLDEN / "forest_bcg_parts.json").read_text(encoding="utf-8"))
LONG = "A name of just eighty characters, as reviews have them in their longest moments."
NO_REVIEWS = pd.DataFrame({"review_id": [], "final": [], "final_set": []}, dtype="object")
NO_EFFECTS = pd.DataFrame(
    columns=["effect_id", "review_id", "outcome", "measure", "drawn", "same_as", "same_basis",
             "reason", "is_subgroup", "source"]
)  # fmt: skip


def bcg(method: str = "REML", ci: str = "z", labels: Sequence[str] = (), **more: Any) -> Sources:
    """Give the 13 trials as study effects, pooled by the stage synthesis; t on k-2 predicts."""
    ids = [f"s{i}" for i in range(13)]
    cells = {"ai": "tpos", "bi": "tneg", "ci": "cpos", "di": "cneg"}
    rows = pd.DataFrame(
        {"study_effect_id": ids, "outcome": "tb", "measure": "RR", "study_id": ids,
         "review_id": "this_overview", "yi": BCG["yi"], "vi": BCG["vi"], "alloc": PARTS["alloc"],
         "source": "Colditz 1994, Table 1", **{c: PARTS[name] for c, name in cells.items()}}
    )  # fmt: skip
    pooled, averages = pooled_tables(rows, NO_EFFECTS, Plan(method, ci, "t_k2"))
    protocol = {
        "outcomes": [{"id": "tb", "label": "Tuberculosis", "better_when": "lower"}],
        "synthesis": {"method": method, "ci": ci, "pi": "t_k2", "subgroups": [{"column": "alloc"}]},
    }
    given: dict[str, Any] = {
        "study_labels": dict(zip(ids, labels or BCG["label"], strict=True)),
        "study_years": dict(zip(ids, PARTS["year"], strict=True)),
        "study_effects": rows,
    }
    return Sources(protocol, NO_EFFECTS, pooled, averages, NO_REVIEWS, NO_REVIEWS, **given | more)


GRADES = ("high", "moderate", "low", "critically_low", "")
OUTCOMES = (("hope", "Hope", "psychosocial", "higher"), ("pain", "Pain", "clinical", "lower"),
            ("stay", "Length of stay in days", "", ""))  # fmt: skip


def reviews(n: int, label: str = "", seed: int = 1) -> Sources:
    """Give n results of made-up reviews over three outcomes, with equivalents and findings.

    Parameters
    ----------
    n : int
        Results; each is of a review of its own.
    label : str
        First author of all of them; `Author N` without it.
    seed : int
    """
    random = np.random.default_rng(seed)
    estimate = random.normal(0.2, 0.4, n).round(2)
    half = random.uniform(0.05, 0.6, n).round(2)
    which = [OUTCOMES[i % 3] for i in range(n)]
    ids = [f"r{i:03d}" for i in range(n)]
    effects = pd.DataFrame(
        {
            "effect_id": [f"E{i:03d}" for i in range(n)],
            "review_id": ids,
            "outcome": [o[0] for o in which],
            "outcome_as_reported": [LONG if i % 4 == 0 else "as reported" for i in range(n)],
            "timepoint": "six months",
            "timepoint_class": [("post", "follow-up", "")[i % 3] for i in range(n)],
            "measure": "SMD", "estimate": estimate, "ci_low": estimate - half,
            "ci_high": estimate + half, "direction": "as_printed", "printed_estimate": estimate,
            "printed_ci_low": estimate - half, "printed_ci_high": estimate + half,
            "k": random.integers(1, 40, n).astype(float), "i2": random.integers(0, 99, n) * 1.0,
            "n": random.integers(20, 99999, n).astype(float), "is_subgroup": "no",
            "grade_certainty": [("", "very_low", "moderate")[i % 3] for i in range(n)],
            "same_as": "", "same_basis": "", "drawn": "yes", "reason": "",
            "checks": ["k against df" if i % 5 == 0 else "" for i in range(n)],
            "source": "Author 2020, Table 2",
        }
    )  # fmt: skip
    return Sources(
        protocol=_protocol(),
        effects=effects,
        pooled=pd.DataFrame(columns=list(POOLED_COLUMNS)),
        averages=pd.DataFrame(columns=list(AVERAGE_COLUMNS)),
        reviews=pd.DataFrame({"review_id": ids, "year": "2020",
                              "first_author": [label or f"Author {i}" for i in range(n)]}),
        appraisal=pd.DataFrame({"review_id": ids, "final": [GRADES[i % 5] for i in range(n)],
                                "final_set": ""}),
        verdicts=_verdicts(effects),
        matrix=pd.DataFrame({"study_id": [f"t{i % 7}" for i in range(2 * n)],
                             "review_id": [ids[i // 2] for i in range(2 * n)],
                             "state": "included"}),
        equivalents=_equivalents(effects),
        findings=_findings(effects),
    )  # fmt: skip


def _protocol() -> dict[str, Any]:
    outcomes = [
        {"id": i, "label": name, "domain": domain, "better_when": better}
        for i, name, domain, better in OUTCOMES
    ]
    return {"outcomes": outcomes, "credibility": {"rule_sets": [{"id": "ioannidis"}]}}


def _verdicts(effects: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {"result_id": effects["effect_id"], "rule_set": "ioannidis",
         "label": "Classes of Ioannidis",
         "class": [("IV", "V", "not_assessable")[i % 3] for i in range(len(effects))],
         "class_label": [("weak", "not significant", "")[i % 3] for i in range(len(effects))]}
    )  # fmt: skip


def _equivalents(effects: pd.DataFrame) -> pd.DataFrame:
    rows = effects[["effect_id", "outcome", "review_id", "measure"]].rename(
        columns={"effect_id": "id"}
    )
    ends = {"": "estimate", "_low": "ci_low", "_high": "ci_high"}
    for end, column in ends.items():
        rows[f"eg{end}"] = effects[column]
        rows[f"eor{end}"] = np.exp(effects[column])
    return rows.assign(level="effect", eg_reason="", eor_reason="")


def _findings(effects: pd.DataFrame) -> pd.DataFrame:
    said = ("improved", "no_effect", "mixed", "worsened", "unclear")
    return pd.DataFrame(
        {"finding_id": effects["effect_id"], "review_id": effects["review_id"],
         "outcome": effects["outcome"], "timepoint_class": "post",
         "evidence": ["narrative" if i % 2 else "meta-analysis" for i in range(len(effects))],
         "result": [said[i % 5] for i in range(len(effects))], "source": "Author 2020, page 3"}
    )  # fmt: skip
