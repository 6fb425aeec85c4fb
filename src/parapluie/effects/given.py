"""Ways for numbers that a paper prints as effects: estimate with interval, p or statistic."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from parapluie.effects import recover
from parapluie.effects.cells import Array, Cells, Texts, columns, mark, texts
from parapluie.effects.entry import (
    NOT_THIS_WAY,
    Found,
    Path,
    Rules,
    add_note,
    corrected_for_bias,
    degrees,
    found,
    from_sizes,
    interval_scale,
    said_to_be_d,
    scale_words,
    with_error,
    words,
)
from parapluie.effects.reconstruct import mean_variance
from parapluie.effects.registry import MEASURES, UNKNOWN, Measure, escalc
from parapluie.effects.sizes.means import hedges_factor
from parapluie.effects.sizes.standardised import large_sample, large_sample_scaled

Row = Mapping[str, ArrayLike]


def _yi_vi(cells: Row, measure: Measure, rules: Rules) -> Found:
    yi, vi = columns(cells, ("yi", "vi"))
    return found(yi, vi, texts(len(yi)), texts(len(yi)))


def _yi_se(cells: Row, measure: Measure, rules: Rules) -> Found:
    yi, se = columns(cells, ("yi", "se"))
    return found(yi, se**2, _below_zero(se), texts(len(yi)))


def _below_zero(se: Array) -> Texts:
    """Refuse a standard error with a minus: its square would hide it."""
    reason = texts(len(se))
    mark(reason, se < 0, "the standard error is below 0")
    return reason


def _level(cells: Row, rules: Rules, note: Texts) -> Array:
    """Give the level of each interval in percent, and say it where it is not 95."""
    (level,) = columns(cells, ("ci_level",))
    level = np.where(np.isnan(level), rules.level, level)
    for other in np.unique(level[level != recover.LEVEL]):
        add_note(note, level == other, f"{other:g}% interval")
    return level


def _interval(cells: Row, measure: Measure, rules: Rules) -> Found:
    estimate, low, high = _on_scale(cells, measure)
    df, note = degrees(cells, measure, rules, len(estimate))
    level = _level(cells, rules, note)
    taken = recover.from_interval(estimate, low, high, level, df)
    mark(taken.reason, ~np.isfinite(estimate), "the estimate has no value on the scale of analysis")
    return _on_its_scale(with_error(estimate, taken, cells, measure, rules, note), measure)


def _on_its_scale(out: Found, measure: Measure) -> Found:
    """Say on which scale an interval was taken as symmetric."""
    if scale_words(measure):
        add_note(out.note, out.reason == "", scale_words(measure))
    return out


def _on_scale(cells: Row, measure: Measure) -> tuple[Array, Array, Array]:
    estimate, low, high = (
        interval_scale(v, measure) for v in columns(cells, ("estimate", "ci_low", "ci_high"))
    )
    return estimate, low, high


def _one_side(cells: Row, measure: Measure, rules: Rules) -> Found:
    estimate, low, high = _on_scale(cells, measure)
    df, note = degrees(cells, measure, rules, len(estimate))
    level = _level(cells, rules, note)
    taken = recover.from_one_side(estimate, low, high, level, df)
    both = np.isfinite(low) & np.isfinite(high)
    taken.reason[both] = f"{NOT_THIS_WAY}: both ends of the interval are there"
    return _on_its_scale(with_error(estimate, taken, cells, measure, rules, note), measure)


def _ends_only(cells: Row, measure: Measure, rules: Rules) -> Found:
    _, low, high = _on_scale(cells, measure)
    df, note = degrees(cells, measure, rules, len(low))
    level = _level(cells, rules, note)
    middle = (low + high) / 2
    taken = recover.from_interval(middle, low, high, level, df)
    printed = ~np.isnan(columns(cells, ("estimate",))[0])
    taken.reason[printed] = f"{NOT_THIS_WAY}: the estimate is printed"
    add_note(note, taken.reason == "", "the estimate is taken as the middle of the interval")
    return _on_its_scale(with_error(middle, taken, cells, measure, rules, note), measure)


def _estimate_se(cells: Row, measure: Measure, rules: Rules) -> Found:
    estimate, se = columns(cells, ("estimate", "se"))
    y = interval_scale(estimate, measure) if measure.log else estimate
    out = found(y, se**2, _below_zero(se), texts(len(y)))
    return corrected_for_bias(out, cells, measure, rules)


def _by_statistic(name: str, root: bool) -> Callable[[Row, Measure, Rules], Found]:
    """Make the way by a test statistic of one degree of freedom (of the numerator)."""

    def compute(cells: Row, measure: Measure, rules: Rules) -> Found:
        estimate, statistic, df = columns(cells, ("estimate", name, "df"))
        y = interval_scale(estimate, measure)
        reason = texts(len(y))
        if root:
            mark(reason, statistic < 0, f"{name} is below 0")
            more = ~np.isnan(df) & (df != 1) & (name == "chi2")
            mark(reason, more, "chi2 of more than one degree of freedom")
            # A test of the effect against its null: the sign is that of the estimate.
            statistic = np.sqrt(np.where(statistic < 0, np.nan, statistic)) * np.sign(y)
        taken = recover.from_statistic(y, statistic)
        taken.reason[reason != ""] = reason[reason != ""]
        return with_error(y, taken, cells, measure, rules, texts(len(y)))

    return compute


def _by_p(cells: Row, measure: Measure, rules: Rules) -> Found:
    estimate, p = columns(cells, ("estimate", "p"))
    y = interval_scale(estimate, measure)
    df, note = degrees(cells, measure, rules, len(y))
    taken = recover.from_statistic(y, recover.statistic_from_p(p, df) * np.sign(y))
    for text, where in p_faults(cells, p):
        taken.reason[where] = text
    return with_error(y, taken, cells, measure, rules, note)


def p_faults(cells: Cells, p: Array) -> list[tuple[str, np.typing.NDArray[np.bool_]]]:
    """Tell why a printed p gives no statistic."""
    operator = words(cells, "p_operator", len(p))
    return [
        ("not_estimable: p is only a bound", ~np.isin(operator, ("", "=", "nan"))),
        ("not_estimable: p is not between 0 and 1", ~((p > 0) & (p <= 1))),
    ]


def _smd_and_sizes(cells: Row, measure: Measure, rules: Rules) -> Found:
    """Standardised difference with nothing but sizes: the usual variance of d or g."""
    g, n1, n2 = columns(cells, ("estimate", "n1i", "n2i"))
    is_d = said_to_be_d(cells, rules, len(g))
    reason, note = texts(len(g)), texts(len(g))
    with np.errstate(all="ignore"):
        mark(reason, ~(n1 + n2 - 2 >= 2), "too few people to standardise")
        j = hedges_factor(n1 + n2 - 2)
        d = np.where(is_d, g, g / j)
        variance = large_sample_scaled if rules.g_scaled else large_sample
        add_note(note, is_d, "d times J (Hedges 1981)")
        return found(d * j, variance(d, j, n1, n2), reason, note)


def _correlation_and_size(cells: Row, measure: Measure, rules: Rules) -> Found:
    """Correlation or z with nothing but its size."""
    estimate, n = columns(cells, ("estimate", "ni"))
    r = estimate if measure.code == "COR" else np.tanh(estimate)
    return from_sizes(escalc(measure.code, {"ri": r, "ni": n}))


def _ratio_and_margins(cells: Row, measure: Measure, rules: Rules) -> Found:
    """Odds ratio with nothing but margins: the mean variance of all tables that have it."""
    estimate, n1, n2 = columns(cells, ("estimate", "n1i", "n2i"))
    y = interval_scale(estimate, measure)
    v, reason = mean_variance(y, n1, n2)
    note = texts(len(y), "variance guessed: the mean over all tables with this ratio and margins")
    return found(y, v, reason, note)


def _log_rank(cells: Row, measure: Measure, rules: Rules) -> Found:
    """Yusuf 1985, Parmar MKB et al. Stat Med 1998;17:2815-2834: (O - E)/V with variance 1/V."""
    difference, v = columns(cells, ("o_e", "v"))
    safe = np.where(v > 0, v, np.nan)
    return found(difference / safe, 1 / safe, texts(len(v)), texts(len(v)))


_SCALED = frozenset(c for c, m in MEASURES.items() if m.interval != UNKNOWN)
"""Measures whose interval has a known scale."""
_PLAIN = frozenset(c for c, m in MEASURES.items() if m.symmetric)
"""Measures that are analysed on the scale of their interval."""

PRINTED: tuple[Path, ...] = (
    Path("yi_vi", "effect and variance on the scale of analysis", ("yi", "vi"), _yi_vi),
    Path("yi_se", "effect and standard error on the scale of analysis", ("yi", "se"), _yi_se),
    Path("interval", "estimate and its interval", ("estimate", "ci_low", "ci_high"), _interval,
         _SCALED),
    Path("estimate_se", "estimate, and standard error on the scale of analysis",
         ("estimate", "se"), _estimate_se, _SCALED),
    Path("log_rank", "O - E and V of a log-rank test", ("o_e", "v"), _log_rank,
         frozenset({"HR"})),
)  # fmt: skip
"""The ways for effects that are printed whole, in the order in which they are tried."""

STATISTICS: tuple[Path, ...] = (
    Path("estimate_z", "estimate and z", ("estimate", "z"), _by_statistic("z", root=False), _PLAIN),
    Path("estimate_t", "estimate and t", ("estimate", "t"), _by_statistic("t", root=False), _PLAIN),
    Path("estimate_f", "estimate and F on one degree of freedom", ("estimate", "f"),
         _by_statistic("f", root=True), _PLAIN),
    Path("estimate_chi2", "estimate and chi² on one degree of freedom (test-based)",
         ("estimate", "chi2"), _by_statistic("chi2", root=True), _PLAIN),
)  # fmt: skip
"""The ways for an estimate with its test statistic."""

PARTIAL: tuple[Path, ...] = (
    Path("one_side", "estimate and one end of its interval", ("estimate", "ci_low|ci_high"),
         _one_side, _SCALED),
    Path("ends_only", "interval without its estimate", ("ci_low", "ci_high"), _ends_only, _SCALED),
    Path("estimate_p", "estimate and two-sided p", ("estimate", "p"), _by_p, _PLAIN),
)  # fmt: skip
"""The ways for effects that are printed in part, or from a p that was rounded."""

LAST: tuple[Path, ...] = (
    Path("estimate_sizes", "standardised difference and the sizes of the groups",
         ("estimate", "n1i", "n2i"), _smd_and_sizes, frozenset({"SMD"})),
    Path("estimate_size", "correlation and its size", ("estimate", "ni"), _correlation_and_size,
         frozenset({"COR", "ZCOR"})),
)  # fmt: skip
"""The ways that take least, tried last."""

GUESSES: tuple[Path, ...] = (
    Path("ratio_margins", "odds ratio and the sizes of the groups", ("estimate", "n1i", "n2i"),
         _ratio_and_margins, frozenset({"OR"})),
)  # fmt: skip
"""Ways that guess a variance; tried only if the rules say so."""
