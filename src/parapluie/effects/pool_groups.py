"""Groups of effects to rows of a table of pooled results, every convention and absence in words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parapluie.effects.cells import Texts
from parapluie.effects.cells import columns as cell_columns
from parapluie.effects.correction import NO_CORRECTION
from parapluie.effects.heterogeneity import test_based
from parapluie.effects.intervals import CI_RULES, NORMAL
from parapluie.effects.mantel_haenszel import mantel_haenszel, mantel_haenszel_rates
from parapluie.effects.peto import peto
from parapluie.effects.pool_blocks import Array, Integers
from parapluie.effects.pool_reasons import NO_SPREAD, notes
from parapluie.effects.pool_tables import PooledTables
from parapluie.effects.pooling import NUMBERS, SPREAD, Pools, pool_sets
from parapluie.effects.prediction import PI_RULES
from parapluie.effects.registry import MEASURES, Measure
from parapluie.effects.sizes import rates, tables
from parapluie.effects.tau2 import COMMON, ESTIMATORS

TABLE_METHODS = {"MH": ("OR", "RR", "RD", "IRR", "IRD"), "Peto": ("OR",)}
"""Methods that pool raw counts, and the measures they have."""
TABLE_CELLS = ("ai", "bi", "ci", "di")
RATE_CELLS = ("x1i", "t1i", "x2i", "t2i")

_POOLED = (
    "estimate", "se", "ci_low", "ci_high", "p", "pi_low", "pi_high", "tau2", "tau2_low",
    "tau2_high", "i2", "i2_low", "i2_high", "i2_q", "i2_q_low", "i2_q_high", "h2", "q", "df", "q_p",
)  # fmt: skip
"""Numbers of a row, on the scale of analysis."""
_NATURAL = ("estimate", "ci_low", "ci_high", "pi_low", "pi_high")
COLUMNS = (
    "measure", "scale", "level", "method", "method_label", "ci_method", "ci_label", "pi_method",
    "pi_label", "confidence", "k_studies", "k_effects", *_POOLED,
    *(f"natural_{n}" for n in _NATURAL), "reason", "note",
)  # fmt: skip
"""Columns of a row, after the name of its group."""


@dataclass(frozen=True)
class Effects:
    """Effects that can be used, sorted by group.

    Parameters
    ----------
    groups : sequence of str
        Name of each group.
    offsets : array of int, shape (groups + 1,)
        Where each group begins, and the number of effects.
    yi, vi : array
        Effects and variances on the scale of analysis.
    studies : sequence of str
        Study of each effect; empty where none is named, so that each row is a study.
    """

    groups: Sequence[str]
    offsets: Integers
    yi: Array
    vi: Array
    studies: Sequence[str] = ()

    def n_studies(self, which: int) -> int:
        """Count the studies of a group."""
        part = slice(int(self.offsets[which]), int(self.offsets[which + 1]))
        return len(set(self.studies[part])) if self.studies else part.stop - part.start


def pooled_rows(
    effects: Effects, measure: str, method: str, ci: str, pi: str, level: float
) -> list[dict[str, object]]:
    """Pool each group by one method.

    Parameters
    ----------
    effects : Effects
    measure : str
        A key of `registry.MEASURES`: names the scale, and what is natural.
    method, ci, pi, level
        As in `pooling.pool`.

    Returns
    -------
    list of dict
        `COLUMNS` of each group, in the order of the groups; ``None`` where `reason` says why.
    """
    found = pool_sets(
        effects.yi, effects.vi, effects.offsets, method, ci, pi, level=level, with_spread=True
    )
    return [
        _row(found, i, MEASURES[measure], effects.n_studies(i)) for i in range(len(effects.groups))
    ]


def _row(found: Pools, which: int, measure: Measure, n_studies: int) -> dict[str, object]:
    values = {n: float(getattr(found, n)[which]) for n in _POOLED if n in NUMBERS}
    values |= {n: float(getattr(found.spread, n)[which]) for n in _POOLED if n in SPREAD}
    absent = {n: found.reason(n, which) for n, x in values.items() if math.isnan(x)}
    rules, used = found.rules, str(found.ci_used[which])
    pi = "" if rules.method == COMMON else rules.pi
    return {
        **_head(measure, rules.method, ESTIMATORS[rules.method].label, rules.level),
        "ci_method": used,
        "ci_label": CI_RULES.get(used, ""),
        "pi_method": pi,
        "pi_label": PI_RULES[pi] if pi else "",
        "k_studies": n_studies,
        "k_effects": int(found.k[which]),
        **_numbers(values, measure),
        "reason": _reasons(absent),
        "note": "; ".join(notes(found.facts(which))),
    }


def _head(measure: Measure, method: str, label: str, level: float) -> dict[str, object]:
    return {
        "measure": measure.code,
        "scale": measure.scale,
        "level": "studies",
        "method": method,
        "method_label": label,
        "confidence": level,
    }


def _numbers(values: Mapping[str, float], measure: Measure) -> dict[str, object]:
    """Give numbers with their natural values; what is absent is ``None``."""
    shown: dict[str, object] = {n: None if math.isnan(x) else x for n, x in values.items()}
    for name in _NATURAL:
        value = values.get(name, math.nan)
        shown[f"natural_{name}"] = None if math.isnan(value) else _natural(measure, value)
    return shown


def _natural(measure: Measure, value: float) -> float:
    try:
        return measure.to_natural(value)
    except OverflowError:
        return math.inf


def _reasons(absent: Mapping[str, str]) -> str:
    """Say each reason once, with the numbers it is for."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in absent.items():
        by_reason.setdefault(reason, []).append(name)
    return "; ".join(f"{reason} ({', '.join(names)})" for reason, names in by_reason.items())


# --- raw counts -----------------------------------------------------------------------------------


def rows_of_tables(
    groups: Sequence[str], of: Integers, cells: Mapping[str, Array], measure: str, method: str,
    level: float,
) -> list[dict[str, object]]:  # fmt: skip
    """Pool the raw counts of each group by Mantel-Haenszel or Peto.

    Parameters
    ----------
    groups : sequence of str
        Name of each group.
    of : array of int
        Group of each row of `cells`.
    cells : mapping
        Counts under metafor's names.
    measure, method : str
        See `TABLE_METHODS`.
    level : float
        Of the interval.
    """
    rows = []
    for i in range(len(groups)):
        part = {name: values[of == i] for name, values in cells.items()}
        rows.append(_row_of_tables(_of_counts(part, measure, method, level), MEASURES[measure]))
    return rows


def _of_counts(cells: Mapping[str, Array], measure: str, method: str, level: float) -> PooledTables:
    if measure in ("IRR", "IRD"):
        x1, t1, x2, t2 = cell_columns(cells, RATE_CELLS)
        return mantel_haenszel_rates(x1, t1, x2, t2, measure, level=level)
    a, b, c, d, n1, n2 = cell_columns(cells, (*TABLE_CELLS, "n1i", "n2i"))
    b, d = np.where(np.isnan(b), n1 - a, b), np.where(np.isnan(d), n2 - c, d)
    if method == "Peto":
        return peto(a, b, c, d, level=level)
    return mantel_haenszel(a, b, c, d, measure, level=level)


def _row_of_tables(found: PooledTables, measure: Measure) -> dict[str, object]:
    names = ("estimate", "se", "ci_low", "ci_high", "p", "q", "df", "q_p", "i2_q")
    values = dict.fromkeys(_POOLED, math.nan)
    values |= {name: float(getattr(found, name)) for name in names}
    if not found.q_reason:
        ends, _ = test_based(np.array([found.q]), np.array([found.df]), found.level)
        values["i2_q_low"], values["i2_q_high"] = (float(end[0]) for end in ends)
    absent = {n: _why_of_tables(n, found) for n, value in values.items() if math.isnan(value)}
    return {
        **_head(measure, found.method, _LABELS[found.method], found.level),
        "ci_method": NORMAL,
        "ci_label": CI_RULES[NORMAL],
        "k_studies": found.k,
        "k_effects": found.k,
        **_numbers(values, measure),
        "reason": _reasons(absent),
        "note": "; ".join(found.notes),
    }


_LABELS = {
    "MH": "Common effect (Mantel-Haenszel)",
    "Peto": "Common effect (Peto)",
}


def _why_of_tables(number: str, found: PooledTables) -> str:
    """Say why a common effect of tables lacks a number."""
    if number in ("estimate", "se", "ci_low", "ci_high", "p"):
        return found.reason
    if number in ("q", "q_p", "i2_q", "i2_q_low", "i2_q_high"):
        return found.q_reason or f"not_estimable: k={found.k_q}"
    return NO_SPREAD


def without_counts(cells: Mapping[str, Array], measure: str) -> Texts:
    """Say of each row why it holds no counts to pool; empty where it does."""
    if measure in ("IRR", "IRD"):
        found = rates.rate_difference(cells, NO_CORRECTION)
        return np.where(np.isfinite(found.yi), "", found.reason).astype(object)
    return tables.counts(cells)[1]
