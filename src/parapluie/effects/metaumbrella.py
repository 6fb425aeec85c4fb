"""Sheets in the form of R's metaumbrella: from their rows to the studies of each factor.

What the package computes is described in Gosling CJ et al. BMJ Ment Health 2023;26:e300534 and in
its manual; the formulas are those that the functions called here name. Its version 1.1.0 was run,
and docs/validation.md lists where the numbers here are others, and why.

Vocabulary: a *row* is one effect; a *study* is the rows of one author and year within a factor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from parapluie.effects.cells import Array, Texts, mark, texts
from parapluie.effects.convert import log_odds_ratio_to_d
from parapluie.effects.dependence import composites, groups_of, joined_groups
from parapluie.effects.enter import enter
from parapluie.effects.entry import METAUMBRELLA
from parapluie.effects.reconstruct import OUTCOME, rebuild
from parapluie.effects.registry import escalc
from parapluie.effects.sizes.means import hedges_factor
from parapluie.effects.umbrella import UWLS, Conventions
from parapluie.effects.umbrella_tests import TESSPSST

Columns = Mapping[str, Array]
"""Column of the sheet to its numbers, one a row; NaN where a cell is empty."""

GROUPS, OUTCOMES = "groups", "outcomes"
"""Why a study has several rows: independent groups of people, or outcomes of the same people."""

LOGS = {"logOR": "OR", "logRR": "RR", "logHR": "HR", "logIRR": "IRR"}
"""Measures whose values stand as natural logs."""
DIFFERENCES = frozenset({"SMD", "G", "MD", "SMC", "MC"})
RATIOS = frozenset({"OR", "RR", "HR", "IRR"})
CORRELATIONS = frozenset({"R", "Z"})
MEASURES = (*sorted(DIFFERENCES), *sorted(RATIOS), *sorted(LOGS), *sorted(CORRELATIONS))
"""Measures that a sheet may have."""

SMD, SMC, OR, ZCOR = "SMD", "SMC", "OR", "ZCOR"
_OWN = {"SMD": SMD, "G": SMD, "MD": SMD, "SMC": SMC, "MC": SMC, "R": ZCOR, "Z": ZCOR}
STANDARDISED = frozenset({SMD, SMC})
"""Scales of analysis that are standardised differences."""

NUMBER_COLUMNS = (
    "value", "se", "var", "ci_lo", "ci_up", "n_sample", "n_cases", "n_controls", "n_exp", "n_nexp",
    "n_cases_exp", "n_cases_nexp", "n_controls_exp", "n_controls_nexp", "mean_cases", "sd_cases",
    "se_cases", "mean_ci_lo_cases", "mean_ci_up_cases", "mean_controls", "sd_controls",
    "se_controls", "mean_ci_lo_controls", "mean_ci_up_controls", "mean_pre_cases", "sd_pre_cases",
    "mean_pre_controls", "sd_pre_controls", "mean_change_cases", "sd_change_cases",
    "mean_change_controls", "sd_change_controls", "pre_post_cor", "time", "time_exp", "time_nexp",
    "r", "amstar",
)  # fmt: skip
"""Columns of numbers that are read."""


CONVENTIONS = Conventions(method="REML", ci="z", pi="V", excess=TESSPSST, true_effect=UWLS)
"""How metaumbrella 1.1.0 pools and tests: normal intervals; prediction by t with k - 1 degrees of
freedom and the model's standard error."""


def common_scale(measures: Sequence[str]) -> str:
    """Give the scale on which the rows of one factor are pooled.

    One measure keeps its own (mean differences and changes are standardised). Mixed: differences,
    with or without odds ratios, are pooled as g; ratios as odds ratios; correlations as Fisher's z.

    Raises
    ------
    ValueError
        If the measures cannot be brought to one scale; the message says which they are.
    """
    plain = {LOGS.get(m, m) for m in measures}
    scales = {_OWN.get(m, m) for m in plain}
    if len(scales) == 1:
        return scales.pop()
    if plain <= DIFFERENCES | {OR}:
        return SMD
    if plain <= RATIOS:
        return OR
    raise ValueError(f"{', '.join(sorted(plain))} cannot be pooled on one scale")


# --- people ---------------------------------------------------------------------------------------


def _first(*choices: Array) -> Array:
    """Give the first number of each row that is there."""
    found = choices[0].copy()
    for other in choices[1:]:
        found = np.where(np.isnan(found), other, found)
    return found


def _people(c: Columns) -> dict[str, Array]:
    """Work out the numbers of cases, controls and all people of each row."""
    cases = _first(c["n_cases"], c["n_cases_exp"] + c["n_cases_nexp"])
    controls = _first(
        c["n_controls"],
        c["n_controls_exp"] + c["n_controls_nexp"],
        c["n_exp"] + c["n_nexp"] - cases,
    )
    only_cases = np.where(np.isfinite(_first(c["time"], c["time_exp"])), cases, np.nan)
    return {
        "n_cases": cases,
        "n_controls": controls,
        "n_total": _first(c["n_sample"], cases + controls, only_cases),
    }


def _table(c: Columns, people: Mapping[str, Array]) -> dict[str, Array]:
    """Give exposed and unexposed people as arms, with and without the outcome."""
    return {
        "ai": c["n_cases_exp"],
        "bi": _first(c["n_controls_exp"], c["n_exp"] - c["n_cases_exp"]),
        "ci": c["n_cases_nexp"],
        "di": _first(c["n_controls_nexp"], c["n_nexp"] - c["n_cases_nexp"]),
        "n1i": people["n_cases"],
        "n2i": people["n_controls"],
    }


# --- effects of rows ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rows:
    """Effects of the rows of one factor on its scale.

    Parameters
    ----------
    yi, vi : array, shape (n,)
        NaN where `reason` says why.
    people : mapping
        ``n_cases``, ``n_controls`` and ``n_total``.
    df : array
        Degrees of freedom of a study's own interval; infinite: normal.
    ci_low, ci_high : array
        Ends of the interval as printed, on the scale of the factor; NaN where it was not used.
    raw_yi, raw_vi : array
        The mean difference or mean change itself, where the row has one.
    path, reason : array of str
    """

    yi: Array
    vi: Array
    people: Mapping[str, Array]
    df: Array
    ci_low: Array
    ci_high: Array
    raw_yi: Array
    raw_vi: Array
    path: Texts
    reason: Texts

    def __len__(self) -> int:
        """Give the number of rows."""
        return len(self.yi)


def effects(measures: Texts, columns: Columns, scale: str) -> Rows:
    """Give each row of a factor its effect on the scale of the factor.

    Parameters
    ----------
    measures : array of str
        Measure of each row, one of `MEASURES`.
    columns : mapping
        Each of `NUMBER_COLUMNS`.
    scale : str
        Of `common_scale`.
    """
    n = len(measures)
    people = _people(columns)
    out = _none(n, people)
    for measure in dict.fromkeys(measures):
        rows = np.flatnonzero(measures == measure)
        part = {name: values[rows] for name, values in columns.items()}
        some = {name: values[rows] for name, values in people.items()}
        _fill(out, rows, _effects_of(str(measure), part, some, scale))
    return out


def _none(n: int, people: Mapping[str, Array]) -> Rows:
    """Give rows without an effect, to be filled."""
    return Rows(
        yi=np.full(n, np.nan),
        vi=np.full(n, np.nan),
        people=people,
        df=np.full(n, np.inf),
        ci_low=np.full(n, np.nan),
        ci_high=np.full(n, np.nan),
        raw_yi=np.full(n, np.nan),
        raw_vi=np.full(n, np.nan),
        path=texts(n),
        reason=texts(n),
    )


def _fill(out: Rows, rows: NDArray[np.intp], found: Rows) -> None:
    for name in ("yi", "vi", "df", "ci_low", "ci_high", "raw_yi", "raw_vi", "path", "reason"):
        getattr(out, name)[rows] = getattr(found, name)


def _effects_of(measure: str, c: Columns, people: Mapping[str, Array], scale: str) -> Rows:
    """Give the effects of rows of one measure."""
    plain = LOGS.get(measure, measure)
    cells = _printed(measure, c)
    if scale == SMD and plain == OR:
        return _odds_ratios_as_g(cells, c, people)
    if scale == OR and plain == "RR":
        return _risk_ratios_as_odds_ratios(cells, c, people)
    found = _entered(plain, cells, c, people)
    if scale in STANDARDISED:
        found = replace(found, df=_degrees(people))
    return _with_printed_ends(found, plain, cells)


def _with_printed_ends(found: Rows, plain: str, cells: Mapping[str, Array]) -> Rows:
    """Keep the ends of an interval that was used, as printed: rounding makes them lopsided."""
    low, high = cells["ci_low"], cells["ci_high"]
    if plain in RATIOS:
        with np.errstate(invalid="ignore", divide="ignore"):
            low, high = np.log(low), np.log(high)
    if plain in STANDARDISED:  # printed d, corrected for bias
        j = hedges_factor(found.people["n_cases"] + found.people["n_controls"] - 2)
        low, high = j * low, j * high
    used = found.path == "interval"
    return replace(found, ci_low=np.where(used, low, np.nan), ci_high=np.where(used, high, np.nan))


def _degrees(people: Mapping[str, Array]) -> Array:
    df = people["n_cases"] + people["n_controls"] - 2
    return np.where(df >= 1, df, np.inf)


def _printed(measure: str, c: Columns) -> dict[str, Array]:
    """Give the printed effect under our names, on the natural scale; `se` on that of analysis."""
    ends = {"estimate": c["value"], "ci_low": c["ci_lo"], "ci_high": c["ci_up"]}
    if measure in LOGS:
        ends = {name: np.exp(values) for name, values in ends.items()}
    return {**ends, "se": _first(c["se"], np.sqrt(c["var"]))}


def _taken(code: str, cells: Mapping[str, Array | Texts], people: Mapping[str, Array]) -> Rows:
    found = enter(code, cells, METAUMBRELLA)
    none = _none(len(found), people)
    return replace(none, yi=found.yi, vi=found.vi, path=found.path, reason=found.reason)


def _means(c: Columns, people: Mapping[str, Array]) -> dict[str, Array]:
    arms: dict[str, Array] = {}
    for number, arm in ((1, "cases"), (2, "controls")):
        arms |= {
            f"m{number}i": c[f"mean_{arm}"],
            f"sd{number}i": c[f"sd_{arm}"],
            f"se{number}i": c[f"se_{arm}"],
            f"m{number}i_low": c[f"mean_ci_lo_{arm}"],
            f"m{number}i_high": c[f"mean_ci_up_{arm}"],
            f"n{number}i": people[f"n_{arm}"],
        }
    return arms


def _entered(plain: str, cells: dict[str, Array], c: Columns, people: Mapping[str, Array]) -> Rows:
    """Enter rows whose own measure is that of the factor."""
    if plain in ("SMD", "G"):
        given: dict[str, Array | Texts] = {**cells, **_means(c, people)}
        given["bias_corrected"] = texts(len(c["value"]), "yes" if plain == "G" else "no")
        return _taken(SMD, given, people)
    if plain == "MD":
        return _mean_differences(cells, c, people)
    if plain in ("SMC", "MC"):
        return _changes(plain, cells, c, people)
    if plain in CORRELATIONS:
        return _correlations(plain, cells, c, people)
    if plain == "IRR":
        counts = {"x1i": c["n_cases_exp"], "t1i": c["time_exp"], "x2i": c["n_cases_nexp"],
                  "t2i": c["time_nexp"]}  # fmt: skip
        return _taken("IRR", cells | counts, people)
    return _taken(plain, cells if plain == "HR" else cells | _table(c, people), people)


def _mean_differences(cells: dict[str, Array], c: Columns, people: Mapping[str, Array]) -> Rows:
    """Standardise mean differences; keep the difference itself beside."""
    arms = _means(c, people)
    spread = {"md": cells["estimate"], "md_se": cells["se"], "md_low": cells["ci_low"],
              "md_high": cells["ci_high"]}  # fmt: skip
    found = _taken(SMD, arms | spread, people)
    raw = enter("MD", cells | arms, METAUMBRELLA)
    return replace(found, raw_yi=raw.yi, raw_vi=raw.vi)


def _changes(plain: str, cells: dict[str, Array], c: Columns, people: Mapping[str, Array]) -> Rows:
    """Enter changes. From values before and after, change is before minus after."""
    arms = {"ri": c["pre_post_cor"]}
    change: dict[str, Array] = {}
    for number, arm in ((1, "cases"), (2, "controls")):
        arms[f"n{number}i"] = people[f"n_{arm}"]
        change |= {f"mc{number}i": c[f"mean_change_{arm}"], f"sdc{number}i": c[f"sd_change_{arm}"]}
        arms |= {f"m{number}i": c[f"mean_{arm}"], f"sd{number}i": c[f"sd_{arm}"]}
        arms |= {f"m{number}i_pre": c[f"mean_pre_{arm}"], f"sd{number}i_pre": c[f"sd_pre_{arm}"]}
    printed = cells if plain == "SMC" else {}
    found = _taken(SMC, printed | arms | change, people)
    by_values = np.char.startswith(found.path.astype(str), "cells") & np.isnan(change["mc1i"])
    yi = np.where(by_values, -found.yi, found.yi)
    if plain == "SMC":
        return replace(found, yi=yi)
    raw = enter("MC", cells | arms | change, METAUMBRELLA)
    turned = np.char.startswith(raw.path.astype(str), "cells") & np.isnan(change["mc1i"])
    return replace(found, yi=yi, raw_yi=np.where(turned, -raw.yi, raw.yi), raw_vi=raw.vi)


def _correlations(
    plain: str, cells: dict[str, Array], c: Columns, people: Mapping[str, Array]
) -> Rows:
    if plain == "Z":
        return _taken(ZCOR, cells | {"ni": people["n_total"]}, people)
    return _taken(ZCOR, {"ri": c["value"], "ni": people["n_total"]}, people)


# --- from one measure to another ------------------------------------------------------------------


def _odds_ratios_as_g(cells: dict[str, Array], c: Columns, people: Mapping[str, Array]) -> Rows:
    """Turn odds ratios into g: from the table where there is one, else from the printed ratio.

    J takes the sizes as they are after the correction for zero cells.
    """
    by_table = escalc(OR, _table(c, people))
    printed = _taken(OR, cells | {k: people[f"n_{v}"] for k, v in _SIZES.items()}, people)
    use = by_table.reason == ""
    yi, vi = np.where(use, by_table.yi, printed.yi), np.where(use, by_table.vi, printed.vi)
    added = np.where(use & (by_table.rule != ""), 2.0, 0.0)  # one half to each of four cells
    m = people["n_cases"] + people["n_controls"] - 2 + added
    j = hedges_factor(m)
    d, v = log_odds_ratio_to_d(yi, vi)
    reason = np.where(use, "", printed.reason).astype(object)
    mark(reason, np.isnan(j), "not_available: g takes the numbers of cases and controls")
    path = np.where(use, "cells:OR", printed.path).astype(object)
    fine = reason == ""
    return replace(
        printed, yi=np.where(fine, j * d, np.nan), vi=np.where(fine, j**2 * v, np.nan),
        df=np.where(m >= 1, m, np.inf), path=path, reason=reason,
    )  # fmt: skip


_SIZES = {"n1i": "cases", "n2i": "controls"}


def _risk_ratios_as_odds_ratios(
    cells: dict[str, Array], c: Columns, people: Mapping[str, Array]
) -> Rows:
    """Turn risk ratios into odds ratios: from the table, or from one that fits the ratio."""
    by_table = escalc(OR, _table(c, people))
    printed = _taken("RR", cells, people)
    guessed = rebuild(
        printed.yi, printed.vi, people["n_cases"], people["n_controls"], "RR", OUTCOME, compared=OR
    )
    again = escalc(OR, {"ai": guessed.a, "bi": guessed.c, "ci": guessed.b, "di": guessed.d})
    use = by_table.reason == ""
    reason = np.where(use, "", np.where(printed.reason != "", printed.reason, guessed.reason))
    path = np.where(use, "cells:OR", "table worked out from the risk ratio").astype(object)
    return replace(
        printed, yi=np.where(use, by_table.yi, again.yi), vi=np.where(use, by_table.vi, again.vi),
        path=path, reason=reason.astype(object),
    )  # fmt: skip


# --- one effect a study ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Studies:
    """One effect of each study of a factor, in the order in which studies first come.

    Parameters
    ----------
    names : array of str, shape (m,)
    numbers : mapping
        The numbers that `umbrella.factors` takes.
    raw_yi, raw_vi : array
        Mean difference or change itself, NaN where there is none.
    joined : array of str
        `GROUPS` or `OUTCOMES` where a study has several rows, else empty.
    first : array of int
        Place of the first row of each study.
    """

    names: Texts
    numbers: Mapping[str, Array]
    raw_yi: Array
    raw_vi: Array
    joined: Texts
    first: NDArray[np.intp]


def studies(
    rows: Rows, names: Texts, kinds: Texts, r: Array, low: Mapping[str, Array], scale: str
) -> Studies:
    """Join the rows of each study.

    Groups: mean weighted by inverse variance, people added. Outcomes: plain mean with the
    correlation `r` of the study, people the most of any outcome (Borenstein et al. 2009, chapters
    23 and 24). Each study has the interval and the number of people of its own.

    Parameters
    ----------
    rows : Rows
        All with an effect.
    names : array of str
        Study of each row.
    kinds : array of str
        `GROUPS`, `OUTCOMES` or empty.
    r : array of float
        Correlation of the outcomes of a study; the first of its rows counts.
    low : mapping
        ``low_risk`` and ``low_reporting`` of each row; of several rows the least.
    scale : str
        Of `common_scale`.
    """
    members = groups_of(names)
    first = np.array([m[0] for m in members], dtype=np.intp)
    found = [_joined(rows, m, str(kinds[m[0]]), float(r[m[0]])) for m in members]
    numbers = {column: np.array([f[column] for f in found]) for column in _JOINED}
    for column, values in low.items():
        numbers[column] = np.array([values[m].min() for m in members])
    numbers |= excess(numbers, scale)
    several = np.array([len(m) > 1 for m in members])
    single = np.where(several, np.nan, 1.0)
    return Studies(
        np.array([names[i] for i in first], object), numbers, rows.raw_yi[first] * single,
        rows.raw_vi[first], np.where(several, kinds[first], "").astype(object), first,
    )  # fmt: skip


_JOINED = ("yi", "vi", "df", "ci_low", "ci_high", "n_cases", "n_controls", "n_total")


def _joined(rows: Rows, m: NDArray[np.intp], kind: str, r: float) -> dict[str, float]:
    """Join the rows of one study."""
    people = rows.people
    if len(m) == 1:
        numbers = {c: getattr(rows, c)[m[0]] for c in ("yi", "vi", "df", "ci_low", "ci_high")}
        return {c: float(v) for c, v in {**numbers, **{c: people[c][m[0]] for c in people}}.items()}
    one, added = ["study"] * len(m), kind == GROUPS
    found = (
        joined_groups(rows.yi[m], rows.vi[m], one)
        if added
        else composites(rows.yi[m], rows.vi[m], one, r)
    )
    sizes = {c: float(people[c][m].sum() if added else people[c][m].max()) for c in people}
    both = sizes["n_cases"] + sizes["n_controls"]
    sizes["n_total"] = sizes["n_total"] if np.isnan(both) else both
    df = np.inf if np.isinf(rows.df[m[0]]) else both - 2
    ends = {"ci_low": np.nan, "ci_high": np.nan}  # worked out from the joined effect
    return {"yi": float(found.yi[0]), "vi": float(found.vi[0]), "df": float(df), **ends, **sizes}


def excess(numbers: Mapping[str, Array], scale: str) -> dict[str, Array]:
    """Give effect and variance by which a study counts in the test of excess significance.

    Standardised differences: the difference not corrected for bias, variance 1/n1 + 1/n2. All
    others: as pooled.
    """
    if scale not in STANDARDISED:
        empty = np.full(len(numbers["yi"]), np.nan)
        return {"excess_yi": empty, "excess_vi": empty}
    n1, n2 = numbers["n_cases"], numbers["n_controls"]
    return {"excess_yi": numbers["yi"] / hedges_factor(n1 + n2 - 2), "excess_vi": 1 / n1 + 1 / n2}
