"""Two-by-two tables worked out from a ratio, its variance and the margins.

The counts of an odds or risk ratio are often not printed, though its interval and the sizes are.
Of the tables of whole numbers with the given margins, those whose ratio is the printed one to the
nearest person are looked at, and the one whose variance is nearest is taken. As in metaumbrella
1.1.0 (Gosling CJ et al. BMJ Ment Health 2023;26:e300534), which tries them one by one; here a row
is one pass over an array.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from parapluie.effects.cells import Array, Texts, mark, texts

Grid = tuple[Array, Array, Array, Array]
Formula = Callable[[Array, Array, Array, Array], tuple[Array, Array]]
Partner = Callable[[Array, float, float, float], Array]

ARMS, OUTCOME = "arms", "outcome"


@dataclass(frozen=True)
class Rebuilt:
    """Tables with given margins.

    Parameters
    ----------
    a, b, c, d : array of float
        Cells (whole numbers) of the two rows whose sums are the margins.
    yi, vi : array of float
        Log ratio and variance of the table, to set beside the printed ones.
    reason : array of str
        Why a row has no table.
    note : array of str
        Where quite another table fits about as well: along a ratio the variance first falls, then
        rises, so that rare and common events cannot always be told apart.
    """

    a: Array
    b: Array
    c: Array
    d: Array
    yi: Array
    vi: Array
    reason: Texts
    note: Texts


def _half(a: Array, b: Array, c: Array, d: Array) -> Grid:
    """Add one half to each cell of the tables that have a zero."""
    add = np.where((a == 0) | (b == 0) | (c == 0) | (d == 0), 0.5, 0.0)
    return a + add, b + add, c + add, d + add


def log_odds_ratio(a: Array, b: Array, c: Array, d: Array) -> tuple[Array, Array]:
    """Woolf 1955, one half added to tables with a zero."""
    a, b, c, d = _half(a, b, c, d)
    return np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d


def log_risk_ratio(a: Array, b: Array, c: Array, d: Array) -> tuple[Array, Array]:
    """Katz 1978 for rows that are arms, one half added to tables with a zero."""
    a, b, c, d = _half(a, b, c, d)
    return np.log(a * (c + d) / (c * (a + b))), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def log_risk_ratio_of_columns(a: Array, b: Array, c: Array, d: Array) -> tuple[Array, Array]:
    """Katz 1978 where the rows are cases and controls: a exposed cases, b unexposed cases."""
    return log_risk_ratio(a, c, b, d)


def _partner_by_odds(a: Array, ratio: float, n1: float, n2: float) -> Array:
    """Give the c that has the odds ratio, for each a."""
    return np.asarray(n2 * a / (a + (n1 - a) * ratio))


def _partner_by_risk(a: Array, ratio: float, n1: float, n2: float) -> Array:
    """Give the c that has the risk ratio of arms, for each a."""
    return np.asarray(n2 * a / (n1 * ratio))


def _partner_by_risk_of_columns(a: Array, ratio: float, n1: float, n2: float) -> Array:
    """Give the c that has the risk ratio of exposed against unexposed, for each a."""
    return np.asarray(a * (n1 + n2) / (a + ratio * (n1 - a)) - a)


_WAYS: dict[tuple[str, str], tuple[Partner, Formula]] = {
    ("OR", ARMS): (_partner_by_odds, log_odds_ratio),
    ("OR", OUTCOME): (_partner_by_odds, log_odds_ratio),
    ("RR", ARMS): (_partner_by_risk, log_risk_ratio),
    ("RR", OUTCOME): (_partner_by_risk_of_columns, log_risk_ratio_of_columns),
}


def rebuild(
    yi: ArrayLike,
    vi: ArrayLike,
    n1: ArrayLike,
    n2: ArrayLike,
    measure: str,
    margins: str = ARMS,
    compared: str = "",
) -> Rebuilt:
    """Work out tables from log ratios and variances.

    Parameters
    ----------
    yi, vi : array_like of float
        Log ratio and its sampling variance.
    n1, n2 : array_like of float
        Margins, whole numbers: the sizes of the two rows.
    measure : str
        OR or RR.
    margins : str
        What the rows are: `ARMS` (``a`` and ``c`` have the event), or `OUTCOME` (cases and
        controls; ``a`` and ``c`` are exposed). Makes no difference to an odds ratio.
    compared : str
        The measure whose variance is compared with `vi`; default `measure`. ``OR`` for risk ratios
        gives the table of metaumbrella 1.1.0 in the one row of its examples that shows it.

    Raises
    ------
    ValueError
        If measure or margins are others.
    """
    compared = compared or measure
    if (measure, margins) not in _WAYS or (compared, margins) not in _WAYS:
        raise ValueError(f"no way from {measure} with margins of {margins} to a table")
    partner, formula = _WAYS[measure, margins]
    variance = _WAYS[compared, margins][1]
    rows = np.broadcast_arrays(*(np.atleast_1d(np.asarray(x, float)) for x in (yi, vi, n1, n2)))
    reason, note = _reasons(*rows), texts(rows[0].size)
    out = np.full((6, len(reason)), np.nan)
    for i in np.flatnonzero(reason == ""):
        y, v, m1, m2 = (float(x[i]) for x in rows)
        found = _nearest(y, v, m1, m2, partner, formula, variance)
        if found is None:
            reason[i] = "not_estimable: no table of whole numbers has this ratio and these margins"
        else:
            out[:, i], note[i] = found
    a, b, c, d, yi_found, vi_found = out
    return Rebuilt(a, b, c, d, yi_found, vi_found, reason, note)


def _reasons(yi: Array, vi: Array, n1: Array, n2: Array) -> Texts:
    reason = texts(len(yi))
    with np.errstate(invalid="ignore"):
        mark(reason, ~np.isfinite(yi), "not_available: no ratio")
        mark(reason, ~(vi > 0) | ~np.isfinite(vi), "not_available: no variance")
        mark(reason, ~((n1 >= 1) & (n2 >= 1)), "not_available: no margins")
        mark(reason, (n1 % 1 != 0) | (n2 % 1 != 0), "the margins are not whole numbers")
        mark(reason, np.maximum(n1, n2) > _LARGEST, f"a margin is above {_LARGEST:.0f}")
    return reason


_LARGEST = 2e7
"""Largest margin that is tried: an array of so many numbers is held at once."""


def _candidates(ratio: float, n1: float, n2: float, partner: Partner) -> tuple[Array, Array]:
    """Give the tables whose ratio is right to within half a person, as pairs of a and c."""
    a = np.arange(0.0, n1 + 1)
    c = np.round(partner(a, ratio, n1, n2))
    inside = (c >= 0) & (c <= n2)
    return a[inside], c[inside]


_AS_NEAR = 0.01
"""Relative distance from the printed variance within which a second table fits about as well."""
_FAR = 0.1
"""Relative distance from which on the table does not have the printed variance."""


def _nearest(
    yi: float,
    vi: float,
    n1: float,
    n2: float,
    partner: Partner,
    formula: Formula,
    variance: Formula,
) -> tuple[Array, str] | None:
    """Give the table whose variance is nearest (of equals the nearest ratio), and what to say."""
    a, c = _candidates(float(np.exp(yi)), n1, n2, partner)
    if not len(a):
        return None
    y, v = formula(a, n1 - a, c, n2 - c)
    w = variance(a, n1 - a, c, n2 - c)[1]
    off = np.abs(w - vi)
    equal = np.flatnonzero(off == off.min())
    best = equal[np.argmin(np.abs(y[equal] - yi))]
    found = np.array([a[best], n1 - a[best], c[best], n2 - c[best], y[best], v[best]])
    return found, _said(a, c, w, vi, int(best))


def _said(a: Array, c: Array, w: Array, vi: float, best: int) -> str:
    """Say where the best table is a poor one, or has a rival beyond the least variance."""
    off = np.abs(w - vi)
    if off[best] > _FAR * vi:
        return f"no table with these margins has a variance near {vi:.3g}; nearest {w[best]:.3g}"
    lowest = a[np.argmin(w)]
    other = np.where((a - lowest) * (a[best] - lowest) < 0, off, np.inf)
    rival = int(np.argmin(other))
    if other[rival] > _AS_NEAR * vi:
        return ""
    return f"a second table fits about as well: {a[rival]:.0f} and {c[rival]:.0f}"


def mean_variance(yi: ArrayLike, n1: ArrayLike, n2: ArrayLike) -> tuple[Array, Texts]:
    """Give the mean variance of log odds ratio over all tables with the margins and the ratio.

    For an odds ratio that is printed with nothing but the margins, as metaumbrella 1.1.0 does: each
    number of exposed cases gives one table, the exposed controls rounded to whole people; tables
    with a zero are left out. A guess: it supposes that all those tables are equally likely.

    Parameters
    ----------
    yi, n1, n2 : array_like of float
        Log odds ratio, and the whole margins.

    Returns
    -------
    (array, array of str)
        Variances, and why a row has none.
    """
    y, m1, m2 = np.broadcast_arrays(*(np.atleast_1d(np.asarray(x, float)) for x in (yi, n1, n2)))
    reason = _reasons(y, np.ones(y.shape), m1, m2)
    out = np.full(len(reason), np.nan)
    for i in np.flatnonzero(reason == ""):
        a = np.arange(1.0, m1[i])
        c = np.round(_partner_by_odds(a, float(np.exp(y[i])), float(m1[i]), float(m2[i])))
        whole = (c > 0) & (c < m2[i])
        if whole.any():
            v = log_odds_ratio(a, m1[i] - a, c, m2[i] - c)[1]
            out[i] = float(np.mean(v[whole]))
    mark(reason, np.isnan(out), "no table has these margins")
    return out, reason
