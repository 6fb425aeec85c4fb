"""Forest plots of primary studies: weights, the pooled result, and subgroups with their test."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from parapluie.effects.pooling import pool
from parapluie.forest import cells as raw
from parapluie.forest.model import (
    HEADING,
    NOT_ESTIMABLE,
    STUDIES,
    Cell,
    Column,
    Plot,
    Row,
    digits_for,
    in_type,
    interval,
    note,
    number,
)
from parapluie.forest.pooled import key_of, method_row, pooled_rows
from parapluie.forest.reviews import cell
from parapluie.forest.sources import Sources
from parapluie.forest.subgroups import Split, difference_row, splits, subtotal_rows
from parapluie.measures import MEASURES, Measure

IN_REVIEWS = "Reviews: how many of the included reviews hold the study."
ONE = "One study: nothing is pooled."


def study_plots(sources: Sources) -> Iterator[Plot]:
    """Give a plot for each outcome and measure, and one for each way to form subgroups."""
    for (outcome, measure), part in sources.averages.groupby(["outcome", "measure"], sort=True):
        made = _Pool(sources, str(outcome), MEASURES[str(measure)], part)
        yield made.plot(None)
        for split in splits(sources, part):
            yield made.plot(split)


class _Pool:
    """The studies of one outcome and measure, as rows."""

    def __init__(
        self, sources: Sources, outcome: str, measure: Measure, part: pd.DataFrame
    ) -> None:
        self.sources, self.outcome, self.measure, self.part = sources, outcome, measure, part
        self.main = method_row(sources.pooled, outcome, measure, STUDIES) if len(part) > 1 else None
        self.raw = raw.cells_of(sources.study_effects, outcome, measure, part)
        self.reviews = _in_reviews(sources.matrix)
        plain = [Row(("", ""), "", r["estimate"], r["ci_low"], r["ci_high"])
                 for r in part.to_dict("records")]  # fmt: skip
        self.digits = digits_for(plain)
        self.rows = self._rows()

    def _rows(self) -> dict[str, Row]:
        """Give the row of each study, those without effect last in their own words."""
        names = self.sources.study_labels
        records = self.part.to_dict("records")
        records.sort(key=lambda r: (names.get(r["study_id"], r["study_id"]).casefold(),
                                    r["study_id"]))  # fmt: skip
        return {str(r["study_id"]): self._row(r) for r in records} | self._without_effect()

    def _row(self, row: Mapping[Any, Any]) -> Row:
        study = str(row["study_id"])
        key = f"synthesis.studies.{row['pool_id']}.{study}"
        effect = interval(row["estimate"], row["ci_low"], row["ci_high"], self.digits)
        cells: dict[str, Cell] = {
            "n_effects": cell(row["n_effects"], f"{key}.n_effects", 0),
            "effect": (effect, f"{key}.estimate"),
            "reviews": self.reviews.get(study, ("0", f"forest.in_reviews.{study}")),
            **self.raw.get(study, {}),
        }
        if self.main:
            cells["weight"] = cell(row["weight"], f"{key}.weight", 1, "%")
        source = _sources_of(self, study)
        facts = [
            (f"{self.measure.code} [95% CI]", *cells["effect"]),
            *([("Weight", *cells["weight"])] if self.main else []),
            ("Results", *cells["n_effects"]),
            ("How", str(row.get("how", "")), ""),
            ("Source", source or "not stated", ""),
        ]
        label = self.sources.study_labels.get(study, study)
        return Row(
            label=(label, ""), estimate=row["estimate"], low=row["ci_low"], high=row["ci_high"],
            weight=row["weight"] if self.main else math.nan, cells=cells,
            facts=[f for f in facts if f[1]],
        )  # fmt: skip

    def _without_effect(self) -> dict[str, Row]:
        """Give the rows of studies of which no result has an effect."""
        table, problems = self.sources.study_effects, self.sources.problems
        out: dict[str, Row] = {}
        if not len(table) or not len(problems):
            return out
        without = problems[(problems["kind"] == "left_out") & (problems["check"] == "no effect")]
        why = dict(zip(without["effect_id"], without["why"], strict=True))
        own = table[
            (table["outcome"] == self.outcome)
            & (table["measure"] == self.measure.code)
            & ~table["study_id"].isin(set(self.part["study_id"]))
        ]
        for row in own.to_dict("records"):
            study, said = str(row["study_id"]), str(why.get(row["study_effect_id"], ""))
            if said and study not in out:
                label = self.sources.study_labels.get(study, study)
                cells = {"effect": (NOT_ESTIMABLE, ""), **self.raw.get(study, {})}
                out[study] = Row((label, ""), cells=cells, facts=[("Why", said, "")])
        return out

    # --- the plot ---------------------------------------------------------------------------------

    def plot(self, split: Split | None) -> Plot:
        """Make the plot, in subgroups if a way to form them is given."""
        label = self.sources.outcome_label(self.outcome)
        by = f" by {split.label.lower()}" if split else ""
        stem = f"{self.outcome}__{self.measure.code}__{STUDIES}"
        return Plot(
            stem=f"{stem}__by_{split.column}" if split else stem,
            outcome=self.outcome,
            level=STUDIES,
            measure=self.measure,
            title=f"{label}: {self.measure.label.lower()}, primary studies{by}",
            caption=self._caption(),
            name="Study",
            left=self._left(),
            right=(
                *([Column("weight", "Weight", True)] if self.main else []),
                Column("effect", f"{self.measure.code} [95% CI]", True),
            ),
            rows=self._listed(split),
            notes=self._notes(),
            column_notes=[("reviews", note(IN_REVIEWS))],
            favours=self.sources.favours(self.outcome),
            reference=self.main["natural_estimate"] if self.main else math.nan,
            kind="subgroups" if split else "forest",
        )

    def _left(self) -> tuple[Column, ...]:
        columns = list(raw.columns(self.raw))
        if (self.part["n_effects"] > 1).any():
            columns.append(Column("n_effects", "Results", True))
        if self.reviews:
            columns.append(Column("reviews", "Reviews", True))
        return tuple(columns)

    def _listed(self, split: Split | None) -> list[Row]:
        rows = list(self.rows.values())
        if split and self.main:
            rows = self._in_subgroups(split)
        if not self.main:
            return rows
        total = {"n_effects": cell(self.main["k_effects"], f"{key_of(self.main)}.k_effects", 0)}
        made = pooled_rows(self._with_spread(), total, self.digits)
        return [*rows, *made, *([difference_row(split)] if split else [])]

    def _in_subgroups(self, split: Split) -> list[Row]:
        rows: list[Row] = []
        for i, group in enumerate(split.groups):
            rows.append(Row((group.label, ""), kind=HEADING, level=1))
            rows += [self.rows[s] for s in group.studies]
            rows += subtotal_rows(split, i, self.measure, self.digits)
        others = [r for s, r in self.rows.items() if s not in split.placed]
        if others:
            rows += [Row(("No effect", ""), kind=HEADING, level=1), *others]
        return rows

    def _with_spread(self) -> dict[Any, Any]:
        """Add the interval of I² to the pooled row."""
        row = dict(self.main or {})
        if row["method"] == "common":
            return row
        found = spread_of(self.part, row)
        return row | {"i2_low": found[0], "i2_high": found[1]}

    def _notes(self) -> list[list[Cell]]:
        found: list[list[Cell]] = [] if self.main else [note(ONE)]
        if self.main and self.main["pi_method"]:
            found.append(note(f"Prediction interval: {in_type(self.main['pi_method'])}."))
        return found

    def _caption(self) -> str:
        parts = ["Each row is one primary study."]
        if (self.part["n_effects"] > 1).any():
            parts.append("Several results of a study are averaged first.")
        if self.main:
            parts.append("Areas of squares show weights; the diamond is the pooled result.")
        return " ".join(parts)


def spread_of(part: pd.DataFrame, main: Mapping[Any, Any]) -> tuple[float, float]:
    """Give the 95% interval of I² (percent) that follows from that of tau² (Q-profile)."""
    estimator = str(main["method"]).partition("_")[0]
    found = pool(part["yi"].to_numpy(float), part["vi"].to_numpy(float), estimator)
    return found.i2_low, found.i2_high


def _sources_of(pool: _Pool, study: str) -> str:
    """Give the documents that hold the results of a study."""
    table = pool.sources.study_effects
    if "source" not in table:
        return ""
    own = table[(table["study_id"] == study) & (table["outcome"] == pool.outcome)]
    return "; ".join(dict.fromkeys(s for s in own["source"] if s))


def _in_reviews(matrix: pd.DataFrame) -> dict[str, Cell]:
    """Count the reviews that hold each study."""
    inside = matrix[matrix["state"] == "included"]
    counts = inside.groupby("study_id")["review_id"].nunique()
    return {str(s): (number(float(n), 0), f"forest.in_reviews.{s}") for s, n in counts.items()}
