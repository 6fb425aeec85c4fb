"""Subgroups of studies: the ways to form them, their subtotals, and the test between them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from parapluie.effects.intervals import DEFAULT_CI
from parapluie.effects.subgroups import Difference, Subgroups, between, subgroups
from parapluie.forest.model import POOLED, WORDS, Cell, Row, interval, number, p_value
from parapluie.forest.sources import Sources
from parapluie.measures import Measure

NOT_KNOWN, DIFFERS = "Not reported", "Differs within the study"


@dataclass(frozen=True)
class Group:
    """One subgroup: its value in the table, its name, and its studies in the order of the plot."""

    value: str
    label: str
    studies: Sequence[str]


@dataclass(frozen=True)
class Split:
    """One way to form subgroups, with what was computed of each.

    ``key`` begins the keys of its figures.
    """

    column: str
    label: str
    key: str
    groups: Sequence[Group]
    found: Subgroups

    @property
    def difference(self) -> Difference:
        """Test whether the subgroups differ; those that are none (not known) are left out."""
        named = [i for i, g in enumerate(self.groups) if g.value not in ("", DIFFERS)]
        return between(self.found.pools.estimate[named], self.found.pools.se_model[named])

    @property
    def has_unnamed(self) -> bool:
        """Whether some studies stand in no real subgroup."""
        return any(g.value in ("", DIFFERS) for g in self.groups)

    @property
    def placed(self) -> set[str]:
        """Give all studies that stand in a subgroup."""
        return {s for group in self.groups for s in group.studies}

    def group_key(self, i: int) -> str:
        """Give the key of a subgroup."""
        return f"{self.key}.{self.groups[i].value or 'not_known'}"


def splits(sources: Sources, part: pd.DataFrame) -> Iterator[Split]:
    """Give the ways to form subgroups that the protocol names and that part these studies."""
    for wanted in wanted_splits(sources):
        if not split_reason(sources, str(wanted["column"]), part):
            values = values_of(sources, str(wanted["column"]), part)
            yield _split(sources, wanted, values, part)


def wanted_splits(sources: Sources) -> Sequence[Mapping[str, Any]]:
    """Give the ways to form subgroups that the protocol names."""
    return (sources.protocol.get("synthesis") or {}).get("subgroups") or []


def split_reason(sources: Sources, column: str, part: pd.DataFrame) -> str:
    """Say why studies are not drawn in subgroups; empty where they are."""
    if column not in sources.study_effects and column not in sources.study_facts:
        return f"not_available: neither study_effects nor study_facts has a column {column}"
    values = set(values_of(sources, column, part).values())
    if values == {""}:
        return f"not_available: {column} is not known of any study"
    one = f"not_estimable: all studies are in one subgroup of {column}"
    return one if len(values) == 1 else ""


def values_of(sources: Sources, column: str, part: pd.DataFrame) -> dict[str, str]:
    """Give the value of each study: of its results in the outcome, else of the study."""
    outcome = part["outcome"].iloc[0]
    results, facts = sources.study_effects, sources.study_facts
    said: dict[str, set[str]] = {}
    if column in results:
        own = results[results["outcome"] == outcome]
        for study, value in zip(own["study_id"], own[column], strict=True):
            said.setdefault(str(study), set()).add(_text(value))
    elif column in facts:
        for study, value in zip(facts["study_id"], facts[column], strict=True):
            said.setdefault(str(study), set()).add(_text(value))
    out = {}
    for study in part["study_id"]:
        known = said.get(study, set()) - {"", "NR", "NA"}
        out[study] = next(iter(known)) if len(known) == 1 else (DIFFERS if known else "")
    return out


def _text(value: Any) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:g}"
    return str(value).strip()


def _split(
    sources: Sources, wanted: Mapping[str, Any], values: Mapping[str, str], part: pd.DataFrame
) -> Split:
    names, labels = wanted.get("values") or {}, sources.study_labels
    order = sorted(set(values.values()), key=lambda v: _place(v, list(names)))
    rows = part.to_dict("records")
    rows.sort(key=lambda r: (labels.get(r["study_id"], r["study_id"]).casefold(), r["study_id"]))
    rows.sort(key=lambda r: order.index(values[r["study_id"]]))
    main = sources.protocol.get("synthesis") or {}
    found = subgroups(
        [r["yi"] for r in rows], [r["vi"] for r in rows], [values[r["study_id"]] for r in rows],
        main.get("method", "REML"), main.get("ci", DEFAULT_CI), main.get("pi", "t_k1"),
    )  # fmt: skip
    groups = [
        Group(v, _name(v, names),
              [r["study_id"] for r in rows if values[r["study_id"]] == v])
        for v in order
    ]  # fmt: skip
    column = str(wanted["column"])
    label = str(wanted.get("label") or column.replace("_", " ").capitalize())
    return Split(column, label, f"forest.subgroups.{rows[0]['pool_id']}.{column}", groups, found)


def _name(value: str, names: Mapping[str, Any]) -> str:
    """Give the name of a subgroup; a value without one begins with a capital letter."""
    if value in names:
        return str(names[value])
    words = value.replace("_", " ") or NOT_KNOWN
    return words[0].upper() + words[1:]


def _place(value: str, named: Sequence[str]) -> tuple[bool, bool, int, str]:
    """Order values as the protocol names them, then by themselves; what is not known last."""
    at = named.index(value) if value in named else len(named)
    return (value == "", value == DIFFERS, at, value)


# --- rows -----------------------------------------------------------------------------------------


def subtotal_rows(split: Split, i: int, measure: Measure, digits: int) -> list[Row]:
    """Make the diamond of a subgroup and the line on its heterogeneity; of one study neither."""
    pools, key, group = split.found.pools, split.group_key(i), split.groups[i]
    if len(group.studies) == 1:
        return []
    estimate, low, high = (
        measure.to_natural(float(x[i])) for x in (pools.estimate, pools.ci_low, pools.ci_high)
    )
    effect = (interval(estimate, low, high, digits), f"{key}.estimate")
    spread = _heterogeneity(split, i, key)
    facts = [("Subtotal", *effect), ("Studies", f"{len(group.studies)}", f"{key}.k")]
    diamond = Row((f"Subtotal, {group.label}", ""), "", estimate, low, high, kind=POOLED, level=1,
                  cells={"effect": effect}, facts=facts)  # fmt: skip
    return [diamond, Row(("", ""), kind=WORDS, words=spread, level=1)]


def _heterogeneity(split: Split, i: int, key: str) -> list[Cell]:
    pools = split.found.pools
    cells = [
        ("Heterogeneity:", ""),
        (f"Q = {number(float(pools.q[i]))},", f"{key}.q"),
        (f"df = {pools.df[i]:.0f},", f"{key}.df"),
        (f"{p_value(float(pools.q_p[i]))};", f"{key}.q_p"),
    ]
    if not math.isnan(pools.tau2[i]):
        cells.append((f"τ² = {number(float(pools.tau2[i]), 3)};", f"{key}.tau2"))
    return [*cells, (f"I² = {number(float(pools.i2[i]), 1)}%", f"{key}.i2")]


def difference_row(split: Split) -> Row:
    """Make the line of the test of subgroup differences."""
    found = split.difference
    words: list[Cell] = [("Test of subgroup differences:", "")]
    if found.reason:
        words.append((found.reason, f"{split.key}.q"))
    else:
        words += [
            (f"Q = {number(found.q)},", f"{split.key}.q"),
            (f"df = {found.df:.0f},", f"{split.key}.df"),
            (p_value(found.p), f"{split.key}.p"),
        ]
    if split.has_unnamed:
        words.append(("(of the named subgroups)", ""))
    return Row(("", ""), kind=WORDS, words=words)
