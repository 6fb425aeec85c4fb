"""Ways for raw numbers, and for those from which raw numbers can be worked out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from parapluie.effects import recover
from parapluie.effects.cells import Array, Mask, Texts, columns, mark, texts
from parapluie.effects.convert import r_to_d
from parapluie.effects.entry import Found, Path, Rules, add_note, found, from_sizes
from parapluie.effects.given import p_faults
from parapluie.effects.quantiles import from_five_numbers
from parapluie.effects.registry import MEASURES, Measure, escalc
from parapluie.effects.sizes import correlations, means, tables
from parapluie.effects.sizes.means import hedges_factor
from parapluie.effects.sizes.standardised import large_sample, large_sample_scaled

Row = Mapping[str, ArrayLike]


def from_cells(cells: Row, measure: Measure, rules: Rules) -> Found:
    """Take raw cells by the recipe of the rules."""
    rows = dict(cells)
    if measure.code in ("SMC", "MC"):
        (ri,) = columns(cells, ("ri",))
        rows["ri"] = np.where(np.isnan(ri), rules.ri, ri)
    sizes = escalc(measure.code, rows, rules.recipes.get(measure.code, ""), rules.correction)
    out = from_sizes(sizes)
    if "ri" in rows and measure.code in ("SMC", "MC") and np.isfinite(rules.ri):
        assumed = np.isnan(columns(cells, ("ri",))[0])
        add_note(out.note, assumed, f"correlation of before and after taken as {rules.ri:g}")
    return out


def _percentages(cells: Row, measure: Measure, rules: Rules) -> Found:
    """Turn percentages of the arms into whole people."""
    p1, n1, p2, n2 = columns(cells, ("percent1i", "n1i", "percent2i", "n2i"))
    counts = {"ai": np.round(p1 * n1 / 100), "n1i": n1, "ci": np.round(p2 * n2 / 100), "n2i": n2}
    out = from_cells(counts, measure, rules)
    add_note(out.note, out.reason == "", "people from percentages, to whole ones")
    return out


# --- means, however they are printed --------------------------------------------------------------

_FIVE = ("min", "q1", "median", "q3", "max")


def arm_columns(number: int) -> tuple[str, ...]:
    """Name the columns that a group's mean and standard deviation may come from."""
    return (
        *(f"{c}{number}i" for c in ("m", "sd", "se")),
        *(f"m{number}i_{end}" for end in ("low", "high")),
        *(f"{c}_{number}i" for c in _FIVE),
        f"n{number}i",
    )


def _arm(cells: Row, number: int, rules: Rules) -> tuple[Array, Array, Array, Texts]:
    """Give mean, standard deviation, size and notes of one group, by the first way that is whole.

    Standard deviation; standard error of the mean times sqrt(n); interval of the mean by t with
    n - 1 degrees of freedom; median and quantiles. Cochrane Handbook, section 6.5.2.
    """
    m, sd, se, low, high, *five, n = columns(cells, arm_columns(number))
    note = texts(len(n))
    with np.errstate(all="ignore"):
        by_interval = (high - low) / (2 * recover.critical_value(recover.LEVEL, n - 1)) * np.sqrt(n)
        for found_sd, words in ((se * np.sqrt(n), "its standard error"),
                                (by_interval, "its interval")):  # fmt: skip
            use = np.isnan(sd) & np.isfinite(found_sd)
            sd = np.where(use, found_sd, sd)
            add_note(note, use, f"standard deviation of group {number} from {words}")
    summary = from_five_numbers(
        dict(zip((*_FIVE, "n"), (*five, n), strict=True)), rules.mean, rules.sd
    )
    fine = (summary.reason == "") & (np.isnan(m) | np.isnan(sd))
    for text in dict.fromkeys(summary.note[fine]):
        add_note(note, fine & (summary.note == text), f"group {number}: {text}")
    return (
        np.where(fine & np.isnan(m), summary.mean, m),
        np.where(fine & np.isnan(sd), summary.sd, sd),
        n,
        note,
    )


def _means(cells: Row, measure: Measure, rules: Rules) -> Found:
    m1, sd1, n1, note = _arm(cells, 1, rules)
    m2, sd2, n2, other = _arm(cells, 2, rules)
    values = dict(zip(means.CELLS, (m1, sd1, n1, m2, sd2, n2), strict=True))
    out = from_cells(values, measure, rules)
    for text in dict.fromkeys(other):
        if text:
            add_note(note, other == text, str(text))
    for text in dict.fromkeys(t for t in note if t):
        add_note(out.note, note == text, str(text))
    return out


def _adjusted_means(cells: Row, measure: Measure, rules: Rules) -> Found:
    """Adjusted means of an analysis of covariance, over the unadjusted standard deviation.

    ``d = (m1 - m2)/s`` with variance ``(1/n1 + 1/n2)(1 - R^2) + d^2/(2 (n1 + n2))`` and J at
    n1 + n2 - 2 - q degrees of freedom, R the correlation with q covariates. Borenstein M, in Cooper
    et al. 2009, chapter 12, tables 12.2 and 12.3.
    """
    names = ("m1i_adjusted", "m2i_adjusted", "sd1i", "sd2i", "n1i", "n2i", "r_covariate",
             "n_covariates")  # fmt: skip
    m1, m2, sd1, sd2, n1, n2, r, q = columns(cells, names)
    q = np.where(np.isnan(q), 1.0, q)
    g = means.groups({"m1i": m1, "sd1i": sd1, "n1i": n1, "m2i": m2, "sd2i": sd2, "n2i": n2})
    reason = g.reason.copy()
    with np.errstate(all="ignore"):
        mark(reason, ~(np.abs(r) < 1), "a correlation is outside -1 to 1")
        mark(reason, ~(g.pooled_sd > 0), "the standard deviation is 0")
        j = hedges_factor(n1 + n2 - 2 - q)
        d = (m1 - m2) / g.pooled_sd
        v = (1 / n1 + 1 / n2) * (1 - r**2) + d**2 / (2 * (n1 + n2))
    return found(j * d, j**2 * v, reason, texts(len(d), "adjusted for covariates"))


# --- a mean difference with a spread --------------------------------------------------------------


def _g(d: Array, n1: Array, n2: Array, reason: Texts, note: Texts, rules: Rules) -> Found:
    """Give g and its variance from d and the sizes."""
    with np.errstate(all="ignore"):
        mark(reason, ~(n1 + n2 - 2 >= 2), "too few people to standardise")
        j = hedges_factor(n1 + n2 - 2)
        variance = large_sample_scaled if rules.g_scaled else large_sample
        return found(j * d, variance(d, j, n1, n2), reason, note)


def _difference(cells: Row, measure: Measure, rules: Rules) -> Found:
    """Standardise a mean difference by the standard deviation that its own numbers imply.

    ``s = se/sqrt(1/n1 + 1/n2)``: given; from the standard error; from the interval by t with
    n1 + n2 - 2 degrees of freedom. Cochrane Handbook, section 6.5.2.3.
    """
    names = ("md", "sd", "md_se", "md_low", "md_high", "n1i", "n2i")
    md, sd, se, low, high, n1, n2 = columns(cells, names)
    reason, note = texts(len(md)), texts(len(md))
    with np.errstate(all="ignore"):
        interval = (high - low) / (2 * recover.critical_value(rules.level, n1 + n2 - 2))
        for error, words in ((se, "standard error"), (interval, "interval")):
            use = np.isnan(sd) & np.isfinite(error)
            sd = np.where(use, error / np.sqrt(1 / n1 + 1 / n2), sd)
            add_note(note, use, f"standard deviation from the {words} of the difference")
        mark(reason, np.isnan(sd), "not_available: no sd, md_se, or md_low and md_high")
        mark(reason, ~(sd > 0), "the standard deviation is not above 0")
        return _g(md / np.where(sd > 0, sd, np.nan), n1, n2, reason, note, rules)


# --- test statistics alone ------------------------------------------------------------------------


def _signed(size: Array, cells: Row, reason: Texts, signless: Mask) -> Array:
    """Give a statistic its sign; F, chi² and p have none of their own."""
    (direction,) = columns(cells, ("direction",))
    mark(reason, signless & np.isnan(direction), "not_available: no direction (1 or -1)")
    mark(reason, signless & ~np.isnan(direction) & ~np.isin(direction, (1, -1)),
         "direction is neither 1 nor -1")  # fmt: skip
    return np.where(signless, size * direction, size)


def _t_of(cells: Row, df: Array, reason: Texts) -> tuple[Array, Texts]:
    """Give t from t, F on one degree of freedom, or two-sided p, and which it was."""
    t, f, p = columns(cells, ("t", "f", "p"))
    by_p = np.isnan(t) & np.isnan(f)
    by_f = np.isnan(t) & ~np.isnan(f)
    with np.errstate(all="ignore"):
        mark(reason, by_f & (f < 0), "F is below 0")
        for text, where in p_faults(cells, p):
            mark(reason, by_p & where, text)
        size = np.where(by_f, np.sqrt(f), np.where(by_p, recover.statistic_from_p(p, df), t))
    note = texts(len(t), "from t")
    note[by_f], note[by_p] = "from F on one degree of freedom", "from two-sided p of a t test"
    return _signed(size, cells, reason, by_f | by_p), note


def _smd_by_test(cells: Row, measure: Measure, rules: Rules) -> Found:
    """Standardised difference from a t test of two groups: ``d = t sqrt(1/n1 + 1/n2)``.

    Borenstein, in Cooper et al. 2009, table 12.1.
    """
    n1, n2 = columns(cells, ("n1i", "n2i"))
    reason = texts(len(n1))
    with np.errstate(all="ignore"):
        t, note = _t_of(cells, n1 + n2 - 2, reason)
        return _g(t * np.sqrt(1 / n1 + 1 / n2), n1, n2, reason, note, rules)


def _correlation_by_test(cells: Row, measure: Measure, rules: Rules) -> Found:
    """Correlation from its t test: ``r = t/sqrt(t^2 + n - 2)``. Rosenthal R. 1991, chapter 2."""
    (n,) = columns(cells, ("ni",))
    reason = texts(len(n))
    with np.errstate(all="ignore"):
        t, note = _t_of(cells, n - 2, reason)
        r = t / np.sqrt(t**2 + n - 2)
    return _correlation(r, n, reason, note, measure, rules)


def _r_of_z(cells: Row, n: Array, reason: Texts) -> tuple[Array, Texts]:
    """Correlation from z or chi² on one degree of freedom: ``r = z/sqrt(n)``, phi for tables.

    Rosenthal R. Meta-Analytic Procedures for Social Research, revised edition 1991, chapter 2.
    """
    z, chi2 = columns(cells, ("z", "chi2"))
    by_chi2 = np.isnan(z)
    with np.errstate(all="ignore"):
        mark(reason, by_chi2 & (chi2 < 0), "chi2 is below 0")
        z = _signed(np.where(by_chi2, np.sqrt(chi2), z), cells, reason, by_chi2)
        r = z / np.sqrt(n)
        mark(reason, np.abs(r) >= 1, "the statistic is too large for the size")
    note = texts(len(z), "r from z")
    note[by_chi2] = "r from chi² on one degree of freedom"
    return r, note


def _correlation_by_z(cells: Row, measure: Measure, rules: Rules) -> Found:
    (n,) = columns(cells, ("ni",))
    reason = texts(len(n))
    r, note = _r_of_z(cells, n, reason)
    return _correlation(r, n, reason, note, measure, rules)


def _smd_by_z(cells: Row, measure: Measure, rules: Rules) -> Found:
    """Standardised difference by way of r; see `_r_of_z` and `convert.r_to_d`."""
    n1, n2 = columns(cells, ("n1i", "n2i"))
    reason = texts(len(n1))
    r, note = _r_of_z(cells, n1 + n2, reason)
    with np.errstate(all="ignore"):
        d, _ = r_to_d(r, r, (n1 + n2) ** 2 / (n1 * n2))
    return _g(d, n1, n2, reason, note, rules)


def _correlation(
    r: Array, n: Array, reason: Texts, note: Texts, measure: Measure, rules: Rules
) -> Found:
    out = from_cells({"ri": r, "ni": n}, measure, rules)
    why = np.where(reason != "", reason, out.reason)
    return Found(out.yi, out.vi, why, note, out.asymmetry)


_TABLES = frozenset(
    c for c, m in MEASURES.items() if m.recipes and m.recipes[0].needs == tables.CELLS
)
_MEANS = frozenset(
    c for c, m in MEASURES.items() if m.recipes and m.recipes[0].needs == means.CELLS
)
_CORRELATIONS = frozenset(
    c for c, m in MEASURES.items() if m.recipes and m.recipes[0].needs == correlations.CELLS
)
_SMD = frozenset({"SMD"})

WORKED: tuple[Path, ...] = (
    Path("percentages", "percentages with the event and sizes",
         ("percent1i", "n1i", "percent2i", "n2i"), _percentages, _TABLES),
    Path("means", "means and spreads of both groups, some of them worked out",
         ("m1i|median_1i", "sd1i|se1i|m1i_low|q1_1i|min_1i", "n1i",
          "m2i|median_2i", "sd2i|se2i|m2i_low|q1_2i|min_2i", "n2i"), _means, _MEANS),
    Path("adjusted_means", "adjusted means, standard deviations, and the correlation with the "
         "covariates", ("m1i_adjusted", "m2i_adjusted", "sd1i", "sd2i", "n1i", "n2i",
                        "r_covariate"), _adjusted_means, _SMD),
    Path("difference", "mean difference, its spread, and the sizes",
         ("md", "sd|md_se|md_low", "n1i", "n2i"), _difference, _SMD),
)  # fmt: skip
"""The ways for raw numbers that must be worked out, in the order in which they are tried."""

TESTS: tuple[Path, ...] = (
    Path("test", "test statistic and sizes", ("t|f|p", "n1i", "n2i"), _smd_by_test, _SMD),
    Path("test", "test statistic and size", ("t|f|p", "ni"), _correlation_by_test, _CORRELATIONS),
    Path("test_z", "z or chi², and sizes", ("z|chi2", "n1i", "n2i"), _smd_by_z, _SMD),
    Path("test_z", "z or chi², and size", ("z|chi2", "ni"), _correlation_by_z, _CORRELATIONS),
)  # fmt: skip
"""The ways for a test statistic alone."""
