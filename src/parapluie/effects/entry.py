"""What every way into the table of effects shares: its rules, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from parapluie.effects.cells import Array, Cells, Mask, Sizes, Texts, mark, texts
from parapluie.effects.correction import Correction
from parapluie.effects.recover import LEVEL, Recovered
from parapluie.effects.registry import ANALYSIS, FISHER, LOGIT, Measure
from parapluie.effects.sizes.means import hedges_factor

TEXT_COLUMNS = ("p_operator", "bias_corrected", "adjusted")
"""Columns of words; all others are numbers."""


@dataclass(frozen=True)
class Rules:
    """What is decided for all rows.

    Parameters
    ----------
    recipes : mapping
        Measure to the name of its recipe; default the first of each.
    correction : Correction, optional
        For zero cells; default the usual rule of each recipe.
    t_interval : frozenset of str
        Measures whose printed intervals, p and t rest on t with n1 + n2 - 2 degrees of freedom
        where both sizes are given; all others are normal.
    level : float
        Percent of an interval whose level is not said.
    mean, sd : str
        Methods of `parapluie.effects.quantiles`.
    ri : float
        Correlation of before and after where a row gives none; NaN for none.
    smd_is_d : bool
        Whether a printed standardised difference is not corrected for bias unless the row says so.
    g_scaled : bool
        Whether the variance of g, worked out from sizes, is J² times that of d.
    guess_variance : bool
        Whether an odds ratio with nothing but margins gets the mean variance of all tables.
    cells_first : bool
        Whether raw cells come before printed effects.
    """

    recipes: Mapping[str, str] = field(default_factory=dict)
    correction: Correction | None = None
    t_interval: frozenset[str] = frozenset({"MD"})
    level: float = LEVEL
    mean: str = "luo2018"
    sd: str = "shi2020"
    ri: float = np.nan
    smd_is_d: bool = False
    g_scaled: bool = False
    guess_variance: bool = False
    cells_first: bool = False


DEFAULT = Rules()
METAUMBRELLA = Rules(
    recipes={"SMD": "SMD_LS2", "SMC": "SMC_cooper"},
    t_interval=frozenset({"SMD", "MD", "MC", "SMC"}),
    ri=0.8,
    smd_is_d=True,
    g_scaled=True,
    guess_variance=True,
)
"""As metaumbrella 1.1.0 does. Its change is before minus after: the signs of SMC and MC, worked out
from values before and after, are opposite to those here."""


NOT_THIS_WAY = "not_this_way"
"""Begins the reason of a row that another way is for; nothing is said of it."""


@dataclass(frozen=True)
class Found:
    """What one way gives for the rows that are complete for it.

    ``note`` is said beside the number; ``asymmetry`` as in `Recovered`.
    """

    yi: Array
    vi: Array
    reason: Texts
    note: Texts
    asymmetry: Array


Compute = Callable[[Mapping[str, ArrayLike], Measure, Rules], Found]


@dataclass(frozen=True)
class Path:
    """One way from what a paper prints to an effect.

    Parameters
    ----------
    code : str
        Its name beside the number.
    words : str
        What it takes, in words.
    needs : tuple of str
        Columns; ``x|y`` is one or the other.
    compute : callable
        Rows, measure and rules to `Found`.
    measures : frozenset of str
        The measures it is for; empty for all.
    """

    code: str
    words: str
    needs: tuple[str, ...]
    compute: Compute
    measures: frozenset[str] = frozenset()

    def serves(self, measure: Measure) -> bool:
        """Tell whether the way leads to a measure."""
        return not self.measures or measure.code in self.measures


# --- small parts of the ways ----------------------------------------------------------------------


def from_sizes(sizes: Sizes) -> Found:
    """Turn computed effects into what a way finds."""
    return Found(
        sizes.yi, sizes.vi, sizes.reason, sizes.rule.copy(), np.full(len(sizes), np.nan)
    )  # fmt: skip


def found(
    yi: Array, vi: Array, reason: Texts, note: Texts, asymmetry: Array | None = None
) -> Found:
    """Check numbers and give each row that has none its reason."""
    why = reason.copy()
    with np.errstate(invalid="ignore"):
        mark(why, ~np.isfinite(yi), "the estimate has no value on the scale of analysis")
        mark(why, ~np.isfinite(vi), "the numbers give no finite variance")
        mark(why, ~(vi > 0), "the variance is not above 0")
    return Found(yi, vi, why, note, np.full(len(yi), np.nan) if asymmetry is None else asymmetry)


def words(cells: Cells, name: str, n: int) -> Texts:
    """Give a column of words, in lower case; empty where it has none."""
    given = np.atleast_1d(np.asarray(cells.get(name, ""), dtype=object))
    return np.array([str(w or "").strip().lower() for w in np.broadcast_to(given, (n,))], object)


def add_note(note: Texts, where: Mask, text: str) -> None:
    """Add a remark to the notes of some rows."""
    note[where] = [f"{old}; {text}" if old else text for old in note[where]]


def interval_scale(values: Array, measure: Measure) -> Array:
    """Bring natural values to the scale on which the interval of a measure is symmetric."""
    with np.errstate(all="ignore"):
        if measure.interval == FISHER:
            return np.arctanh(values)
        if measure.interval == LOGIT:
            return np.asarray(logit(values))
        return np.log(values) if measure.log else values


def from_interval_scale(y: Array, v: Array, measure: Measure) -> tuple[Array, Array]:
    """Bring effect and variance from the scale of the interval to that of the analysis."""
    with np.errstate(all="ignore"):
        if measure.interval == FISHER:
            r = np.tanh(y)
            return r, v * (1 - r**2) ** 2
        if measure.interval == LOGIT:
            p = np.asarray(expit(y))
            return p, v * (p * (1 - p)) ** 2
    return y, v


def scale_words(measure: Measure) -> str:
    """Name the scale on which an interval is taken as symmetric."""
    if measure.interval == ANALYSIS:
        return "on the log scale" if measure.log else ""
    return f"on the scale of {measure.interval}"


def with_error(
    y: Array, recovered: Recovered, cells: Cells, measure: Measure, rules: Rules, note: Texts
) -> Found:
    """Put a printed estimate and its recovered standard error on the scale of analysis."""
    yi, vi = from_interval_scale(y, recovered.se**2, measure)
    said = note.copy()
    for text in dict.fromkeys(t for t in recovered.note if t):
        add_note(said, recovered.note == text, str(text))
    out = found(yi, vi, recovered.reason, said, recovered.asymmetry)
    return corrected_for_bias(out, cells, measure, rules)


def corrected_for_bias(out: Found, cells: Cells, measure: Measure, rules: Rules) -> Found:
    """Turn printed d into g, where the row or the rules say that it is d."""
    if measure.code not in ("SMD", "SMC"):
        return out
    is_d = said_to_be_d(cells, rules, len(out.yi))
    if not is_d.any():
        return out
    j = hedges_factor(_df_of_spread(cells, measure, len(out.yi)))
    reason, note = out.reason.copy(), out.note.copy()
    mark(reason, is_d & np.isnan(j), "not_available: d is corrected for bias by n1i and n2i")
    add_note(note, is_d & (reason == ""), "d times J (Hedges 1981)")
    return Found(
        np.where(is_d, out.yi * j, out.yi),
        np.where(is_d, out.vi * j**2, out.vi),
        reason,
        note,
        out.asymmetry,
    )


def _df_of_spread(cells: Cells, measure: Measure, n: int) -> Array:
    """Give the degrees of freedom of the standard deviation: of one group for a change in one."""
    n1, n2 = (np.asarray(cells.get(c, np.nan), dtype=float) for c in ("n1i", "n2i"))
    one = np.isnan(n2) & (measure.code == "SMC")
    return np.broadcast_to(np.where(one, n1 - 1, n1 + n2 - 2), (n,))


def said_to_be_d(cells: Cells, rules: Rules, n: int) -> Mask:
    """Tell which printed standardised differences are not corrected for bias."""
    said = words(cells, "bias_corrected", n)
    return np.asarray((said == "no") | (rules.smd_is_d & (said != "yes")), dtype=bool)


def sizes_of(cells: Cells, n: int) -> Array:
    """Give n1 + n2 - 2; NaN where a size is not given."""
    n1, n2 = (np.asarray(cells.get(c, np.nan), dtype=float) for c in ("n1i", "n2i"))
    return np.broadcast_to(n1 + n2 - 2, (n,))


def degrees(cells: Cells, measure: Measure, rules: Rules, n: int) -> tuple[Array, Texts]:
    """Give the degrees of freedom on which an interval or p rests, and what is said of it."""
    note = texts(n)
    df = np.full(n, np.inf)
    if measure.code in rules.t_interval:
        by_sizes = sizes_of(cells, n)
        df = np.where(by_sizes >= 1, by_sizes, np.inf)
        note[np.isfinite(df)] = "t with n1 + n2 - 2 degrees of freedom"
    return df, note
