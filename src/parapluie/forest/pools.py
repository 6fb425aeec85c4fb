"""The pools of studies: arrays with the names that figures of one meta-analysis need."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parapluie.effects.intervals import DEFAULT_CI
from parapluie.forest.model import STUDIES
from parapluie.forest.pooled import method_row
from parapluie.forest.sources import Sources
from parapluie.measures import MEASURES, Measure

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Pool:
    """Studies of one outcome and measure that are pooled; arrays in the order of their names.

    ``yi`` and ``vi`` are on the scale of analysis; ``year`` is NaN where it is not known; ``main``
    is the row of pooled.csv by the method of the protocol.
    """

    id: str
    outcome: str
    measure: Measure
    label: str
    studies: tuple[str, ...]
    names: tuple[str, ...]
    yi: Array
    vi: Array
    year: Array
    main: Mapping[Any, Any]
    method: str
    ci: str
    pi: str

    @property
    def k(self) -> int:
        """Give the number of studies."""
        return len(self.studies)

    @property
    def stem(self) -> str:
        """Give the beginning of the names of the files."""
        return f"{self.outcome}__{self.measure.code}"

    def study_key(self, i: int, column: str = "estimate") -> str:
        """Give the key of a figure of a study."""
        return f"synthesis.studies.{self.id}.{self.studies[i]}.{column}"

    def pooled_key(self, column: str = "natural_estimate") -> str:
        """Give the key of a figure of the pooled result."""
        return f"synthesis.pooled.{self.id}.{self.main['method']}.{column}"


def pools(sources: Sources) -> Iterator[Pool]:
    """Give every pool of two studies or more."""
    plan = sources.protocol.get("synthesis") or {}
    for (outcome, code), part in sources.averages.groupby(["outcome", "measure"], sort=True):
        measure = MEASURES[str(code)]
        main = method_row(sources.pooled, str(outcome), measure, STUDIES)
        if main is not None:
            yield _pool(sources, str(outcome), measure, part, main, plan)


def _pool(
    sources: Sources, outcome: str, measure: Measure, part: pd.DataFrame, main: Mapping[Any, Any],
    plan: Mapping[str, Any],
) -> Pool:  # fmt: skip
    labels, years = sources.study_labels, sources.study_years
    rows = part.to_dict("records")
    rows.sort(key=lambda r: (labels.get(r["study_id"], r["study_id"]).casefold(), r["study_id"]))
    studies = tuple(str(r["study_id"]) for r in rows)
    return Pool(
        id=str(main["pool_id"]),
        outcome=outcome,
        measure=measure,
        label=sources.outcome_label(outcome),
        studies=studies,
        names=tuple(labels.get(s, s) for s in studies),
        yi=np.array([r["yi"] for r in rows], dtype=float),
        vi=np.array([r["vi"] for r in rows], dtype=float),
        year=np.array([years.get(s, math.nan) for s in studies], dtype=float),
        main=main,
        method=str(plan.get("method", "REML")),
        ci=str(plan.get("ci", DEFAULT_CI)),
        pi=str(plan.get("pi", "t_k1")),
    )
