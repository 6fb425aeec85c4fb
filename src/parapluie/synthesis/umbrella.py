"""What reviews report, pooled again from their own primary results by one method.

Where a review's result and the results of its studies are both extracted, the result is pooled
again by the method of the protocol. Where that gives other numbers, the reason is sought: another
method, another set of studies, or a slip. A reason is named only if it brings out every printed
number of the result, within rounding; else the difference stays unexplained.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parapluie.effects.dependence import composites
from parapluie.effects.sizes import tables as counts_of
from parapluie.measures import MEASURES, Measure
from parapluie.synthesis import reproduce
from parapluie.synthesis.consistency import INTERVAL, Printed, analysis_range, decimals, printed
from parapluie.synthesis.pooled import Plan
from parapluie.synthesis.pooling import Z
from parapluie.synthesis.reproduce import Studies, Ways, words_of

Array = NDArray[np.float64]

AGREES, METHOD, STUDY_SET, SLIP, NOT_EXPLAINED, NOT_AVAILABLE = (
    "agrees", "method", "study_set", "slip", "not_explained", "not_available",
)  # fmt: skip
STATUSES = {
    AGREES: "the method of the protocol gives the printed numbers",
    METHOD: "another method gives the printed numbers",
    STUDY_SET: "the review pooled another set of studies than is extracted",
    SLIP: "a slip in one printed number, or in the direction, would explain it",
    NOT_EXPLAINED: "no method and no set of studies that was tried gives the printed numbers",
    NOT_AVAILABLE: "the results of the review's own studies are not extracted",
}
REPOOLED_COLUMNS = (
    "effect_id", "review_id", "outcome", "measure", "status", "explanation", "k_printed",
    "k_studies", "k_effects", "printed_estimate", "printed_ci_low", "printed_ci_high", "method",
    "yi", "se", "natural_estimate", "natural_ci_low", "natural_ci_high", "tau2", "i2_q",
    "difference", "difference_in_se", "reproduced_by",
)  # fmt: skip


def repooled(effects: pd.DataFrame, studies: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Pool each review's result again from the results of its studies.

    Parameters
    ----------
    effects : DataFrame
        Results of reviews as printed: effect_id, review_id, outcome, measure, timepoint,
        is_subgroup, printed_estimate, printed_ci_low, printed_ci_high, k, and ``_text`` with the
        cells as they stand in the file.
    studies : DataFrame
        Usable results of studies, of `study_effects.with_effects`; ``effect_id`` names the pooled
        result that a row belongs to.
    plan : Plan

    Returns
    -------
    DataFrame
        One row for each result of a review, with `REPOOLED_COLUMNS`; numbers are on the scale of
        analysis, except those called natural or printed.
    """
    members, reasons = linked(effects, studies)
    results = []
    for row in effects.to_dict("records"):
        own = studies.iloc[members.get(row["effect_id"], [])]
        results.append(_Result.of(row, own, plan))
    sets = [s for result in results for s in result.readings]
    ways = reproduce.by_all_ways(sets, reproduce.pairs_with((plan.method, _ci(plan))))
    owner = [i for i, result in enumerate(results) for _ in result.readings]
    lines = []
    for i, result in enumerate(results):
        mine = [n for n, whose in enumerate(owner) if whose == i]
        part = Ways(ways.words, ways.ends[:, mine])
        lines.append(_line(result, part, plan, reasons.get(result.row["effect_id"], "")))
    return pd.DataFrame(lines, columns=list(REPOOLED_COLUMNS))


# --- which results of studies belong to which result of a review ----------------------------------


def linked(
    effects: pd.DataFrame, studies: pd.DataFrame
) -> tuple[dict[str, list[int]], dict[str, str]]:
    """Find the results of studies that went into each result of a review.

    A row that names its ``effect_id`` belongs to that result. The others belong to the one result
    of their review with their outcome, measure and (where both have one) timepoint that is not of a
    subgroup; where several could be meant, none is.

    Returns
    -------
    (dict, dict)
        effect_id to places among `studies`, and effect_id to the reason why it has none.
    """
    members: dict[str, list[int]] = {}
    doubtful: dict[str, str] = {}
    named = studies["effect_id"] if "effect_id" in studies else pd.Series("", index=studies.index)
    rows = effects.to_dict("records")
    for place, (row, name) in enumerate(zip(studies.to_dict("records"), named, strict=True)):
        found = [str(name)] if name else _candidates(row, rows)
        if len(found) == 1:
            members.setdefault(found[0], []).append(place)
        for effect in found if len(found) > 1 else []:
            others = ", ".join(e for e in found if e != effect)
            doubtful[effect] = (
                f"not_available: results of studies may belong to this or to {others}; "
                "name it in their column effect_id"
            )
    return members, {e: why for e, why in doubtful.items() if e not in members}


def _candidates(row: Mapping[Any, Any], effects: Sequence[Mapping[Any, Any]]) -> list[str]:
    return [
        str(e["effect_id"])
        for e in effects
        if all(e[c] == row[c] for c in ("review_id", "outcome", "measure"))
        and e["is_subgroup"] != "yes"
        and _same_time(str(e.get("timepoint") or ""), str(row.get("timepoint") or ""))
    ]


def _same_time(one: str, other: str) -> bool:
    return not one or not other or one == other


# --- one result -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Result:
    """A result of a review: as printed, and its studies in every reading; the plain one first."""

    row: Mapping[Any, Any]
    measure: Measure | None
    printed: Printed
    readings: list[Studies]
    k_effects: int

    @classmethod
    def of(cls, row: Mapping[Any, Any], own: pd.DataFrame, plan: Plan) -> _Result:
        numbers = {c: float(row[f"printed_{c}"]) for c in INTERVAL} | {"k": float(row["k"])}
        text = {c: str(row[c]) for c in ("measure",)} | dict(row.get("_text") or {})
        measure = MEASURES.get(row["measure"])
        readings = list(_readings(own, plan)) if measure is not None and len(own) else []
        return cls(row, measure, printed(text, numbers), readings, len(own))

    @property
    def whole(self) -> bool:
        """Tell whether estimate and interval are printed."""
        return self.printed.has(*INTERVAL)

    def target(self) -> Array:
        """Give the ranges of the printed numbers on the scale of analysis, shape (3, 2)."""
        return np.array([
            analysis_range(self.printed, c) if self.printed.has(c) else (-math.inf, math.inf)
            for c in INTERVAL
        ])  # fmt: skip


def _readings(own: pd.DataFrame, plan: Plan) -> Iterator[Studies]:
    """Give the ways in which the results of the studies may have been read."""
    plain = _studies(own)
    if own["study_id"].duplicated().any():
        joined = composites(plain.yi, plain.vi, plain.names, plan.r)
        names = tuple(dict.fromkeys(plain.names))
        yield Studies(joined.yi, joined.vi, names, measure=plain.measure)
        yield replace(plain, words="each result taken as a study of its own")
    else:
        yield plain
    yield from _other_effects(own, plain)


def _studies(own: pd.DataFrame) -> Studies:
    yi, vi = own["yi"].to_numpy(float), own["vi"].to_numpy(float)
    names = tuple(str(s) for s in own["study_id"])
    return Studies(yi, vi, names, "", str(own["measure"].iloc[0]), _table(own))


def _table(own: pd.DataFrame) -> dict[str, Array]:
    """Give the cells of two-by-two tables, if every row has them."""
    columns = ("ai", "bi", "ci", "di", "n1i", "n2i")
    cells = {c: own[c].to_numpy(float) for c in columns if c in own}
    if not {"ai", "ci"} <= set(cells):
        return {}
    four, reason = counts_of.counts(cells)
    whole = all(np.isfinite(x).all() for x in four) and bool((reason == "").all())
    return dict(zip(reproduce.TABLE, four, strict=True)) if whole else {}


def _other_effects(own: pd.DataFrame, plain: Studies) -> Iterator[Studies]:
    """Give the effects by other recipes of the measure, where the raw cells are known."""
    for recipe in MEASURES[plain.measure].recipes[1:]:
        needed = [need.split("|") for need in recipe.needs]
        if not all(any(c in own and own[c].notna().all() for c in need) for need in needed):
            continue
        cells = {c: own[c].to_numpy(float) for need in needed for c in need if c in own}
        found = recipe.compute(cells, recipe.correction)
        if (found.reason == "").all():
            yield Studies(found.yi, found.vi, plain.names, recipe.words, plain.measure)


# --- what explains the difference -----------------------------------------------------------------


def _line(result: _Result, ways: Ways, plan: Plan, doubt: str) -> dict[str, Any]:
    """Make one row; what is not known is empty, with the reason in ``explanation``."""
    row = result.row
    line: dict[str, Any] = {
        "effect_id": row["effect_id"], "review_id": row["review_id"], "outcome": row["outcome"],
        "measure": row["measure"], "status": NOT_AVAILABLE,
        "k_printed": None if math.isnan(row["k"]) else row["k"], "k_effects": result.k_effects,
        **{f"printed_{c}": row[f"printed_{c}"] for c in INTERVAL},
    }  # fmt: skip
    if not result.readings:
        return line | {"explanation": doubt or f"not_available: {STATUSES[NOT_AVAILABLE]}"}
    plain = result.readings[0]
    line |= {"k_studies": plain.yi.size, "method": words_of(plan.method, _ci(plan))}
    line |= _again(result, plain, plan)
    if not result.printed.has("estimate"):
        return line | {"explanation": "not_available: the review prints no estimate"}
    status, explanation, ways_found = _explain(result, ways, plan)
    mismatch = _sizes(result)
    return line | {
        "status": status,
        "explanation": "; ".join(part for part in (explanation, mismatch) if part),
        "reproduced_by": ";".join(ways_found),
    }


def _ci(plan: Plan) -> str:
    return "z" if plan.method == "common" else plan.ci


def _again(result: _Result, plain: Studies, plan: Plan) -> dict[str, Any]:
    """Pool the plain reading by the protocol's method, and compare it with the printed numbers."""
    from parapluie.effects import pool

    measure = result.measure
    assert measure is not None
    found = pool(plain.yi, plain.vi, plan.method, _ci(plan))
    natural = [measure.to_natural(x) for x in (found.estimate, found.ci_low, found.ci_high)]
    line: dict[str, Any] = {
        "yi": found.estimate, "se": found.se, "tau2": found.tau2, "i2_q": found.i2_q,
        **dict(zip((f"natural_{c}" for c in INTERVAL), natural, strict=True)),
    }  # fmt: skip
    shown = measure.to_analysis(result.row["printed_estimate"])
    low, high = (measure.to_analysis(result.row[f"printed_{c}"]) for c in INTERVAL[1:])
    se = (high - low) / (2 * Z)
    line["difference"] = found.estimate - shown
    line["difference_in_se"] = line["difference"] / se if se > 0 else math.nan
    return line


def _explain(result: _Result, ways: Ways, plan: Plan) -> tuple[str, str, list[str]]:
    """Give status, words, and the ways that bring out every printed number."""
    found = _reproduced(result, ways)
    planned = words_of(plan.method, _ci(plan))
    if planned in found:
        return AGREES, "", found
    if found:
        return METHOD, f"printed by: {found[0]}", found
    for reason in (_other_set, _turned, _one_number):
        words = reason(result, ways)
        if words:
            return (STUDY_SET if reason is _other_set else SLIP), words, []
    if _sizes(result):
        return STUDY_SET, "", []
    return NOT_EXPLAINED, _nearest(result, ways), []


def _within(ends: Array, target: Array) -> NDArray[np.bool_]:
    """Tell which numbers lie in the ranges of the printed ones; shape (..., 3)."""
    return np.asarray((ends >= target[:, 0]) & (ends <= target[:, 1]), dtype=bool)


def _reproduced(result: _Result, ways: Ways) -> list[str]:
    """Name the ways that give all printed numbers: of the plain reading first."""
    fits = np.asarray(_within(ways.ends, result.target()).all(axis=-1))
    out = []
    for n, reading in enumerate(result.readings):
        for w in np.flatnonzero(fits[:, n]):
            out.append(f"{ways.words[w]}{f', {reading.words}' if reading.words else ''}")
    return out


def _sizes(result: _Result) -> str:
    """Say that the review pooled another number of results than is extracted."""
    sizes = {reading.yi.size for reading in result.readings}
    if not result.printed.has("k") or result.printed.value["k"] in sizes:
        return ""
    here = " or ".join(str(n) for n in sorted(sizes))
    return f"the review pooled {result.printed.value['k']:g} results, {here} are extracted"


def _other_set(result: _Result, ways: Ways) -> str:
    """Look for a study without which a usual way gives the printed numbers."""
    if not result.whole:
        return ""
    for reading in result.readings:
        k = reading.yi.size
        if k < 3 or (result.printed.has("k") and result.printed.value["k"] != k - 1):
            continue
        less = reproduce.without_one(reading)
        fits = np.asarray(_within(less.ends, result.target()).all(axis=-1))
        for w, out in itertools.product(range(len(less.words)), range(k)):
            if fits[w, out]:
                return f"printed without {reading.names[out]}, by: {less.words[w]}"
    return ""


_TURNED = np.array([0, 2, 1])


def _turned(result: _Result, ways: Ways) -> str:
    """Look for a printed sign that is turned round, or a logarithm printed as a ratio."""
    measure, target = result.measure, result.target()
    assert measure is not None
    turned = np.asarray(_within(-ways.ends[..., _TURNED], target).all(axis=-1))
    if turned.any() and result.whole:
        word = "the ratio is the other way round" if measure.log else "the sign is turned round"
        return f"{word}; else as by: {ways.words[int(np.argwhere(turned)[0][0])]}"
    if measure.log and result.whole:
        natural = np.array([result.printed.ranges[c] for c in INTERVAL])
        logs = np.asarray(_within(ways.ends, natural).all(axis=-1))
        if logs.any():
            way = ways.words[int(np.argwhere(logs)[0][0])]
            return f"logarithms are printed as ratios; else as by: {way}"
    return ""


def _one_number(result: _Result, ways: Ways) -> str:
    """Look for a way that gives two of the three printed numbers, and say what the third is.

    Only usual ways are tried: of very many, one would give two numbers by chance.
    """
    measure = result.measure
    assert measure is not None
    if not result.whole or result.readings[0].yi.size < 2:
        return ""
    fits = _within(ways.ends, result.target())
    usual = [w for w, words in enumerate(ways.words) if words in reproduce.USUAL_WORDS]
    for w, n in itertools.product(usual, range(len(result.readings))):
        if fits[w, n].sum() != 2:
            continue
        off = int(np.argmin(fits[w, n]))
        value = measure.to_natural(float(ways.ends[w, n, off]))
        column = INTERVAL[off]
        shown = result.printed.text.get(column, "")
        places = max(2, *(decimals(result.printed.text.get(c, "")) for c in INTERVAL))
        return f"{column} is printed as {shown}, and is {value:.{places}f} by: {ways.words[w]}"
    return ""


def _nearest(result: _Result, ways: Ways) -> str:
    """Say which way comes nearest to the printed numbers."""
    target = result.target()
    middle = np.where(np.isfinite(target).all(axis=1), target.mean(axis=1), np.nan)
    distance = np.abs(ways.ends - middle)
    apart = np.where(np.isnan(distance), 0.0, distance).max(axis=-1)
    apart[np.isnan(ways.ends).any(axis=-1)] = math.inf
    w, n = np.unravel_index(int(np.argmin(apart)), apart.shape)
    words = result.readings[int(n)].words
    return f"nearest: {ways.words[int(w)]}{f', {words}' if words else ''}"
