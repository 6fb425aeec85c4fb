"""Where intervals lie: against no effect, and against a range that counts as no effect.

All on the scale of analysis, where no effect is 0.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from parapluie.credibility.facts import Array, Texts, Values, exactly, flags
from parapluie.credibility.rules import Equivalence

DIFFERENCE, RATIO = "difference", "ratio"
NO_INTERVAL = "not_available: no interval"
NO_RANGE = "does_not_apply: no range of equivalence for this kind of effect"

_BELOW, _SPANS, _ABOVE = 0.0, 1.0, 2.0


def excludes_null(low: Array, high: Array, reason: Texts | str) -> Values:
    """Tell whether an interval lies on one side of no effect."""
    return flags((low > 0) | (high < 0), np.isfinite(low) & np.isfinite(high), reason)


def side(low: Array, high: Array, reason: Texts | str) -> Values:
    """Tell on which side of no effect an interval lies, or that it spans it."""
    place = np.where(low > 0, _ABOVE, np.where(high < 0, _BELOW, _SPANS))
    return exactly(np.where(np.isfinite(low) & np.isfinite(high), place, np.nan), reason)


def same_side(ci: tuple[Array, Array], largest: tuple[Array, Array], reason: Texts | str) -> Values:
    """Tell whether the interval of the largest study lies with that of the pooled effect."""
    above = (ci[0] > 0) & (largest[0] > 0)
    below = (ci[1] < 0) & (largest[1] < 0)
    known = np.all(np.isfinite([*ci, *largest]), axis=0)
    return flags(above | below, known, reason)


def within_range(
    ci: tuple[Array, Array],
    pi: tuple[Array, Array],
    effect: Texts,
    given: Equivalence,
    reasons: Mapping[str, Texts],
) -> dict[str, Values]:
    """Give the facts that depend on a range of equivalence.

    Parameters
    ----------
    ci, pi : (array, array)
        Ends of the confidence and the prediction interval; NaN where there is none.
    effect : array of str
        `DIFFERENCE`, `RATIO` or another kind.
    given : Equivalence
        Ranges on the natural scale.
    reasons : mapping
        ``ci`` and ``pi`` to why there is none.
    """
    low, high, large = _ends(effect, given)
    ranged = np.isfinite(low)
    why = {k: np.where(ranged, r, NO_RANGE).astype(object) for k, r in reasons.items()}
    there = {"ci": ranged & np.isfinite(ci[0]), "pi": ranged & np.isfinite(pi[0])}
    tests = {
        "ci_low_inside": (ci[0] >= low) & (ci[0] <= high),
        "ci_high_inside": (ci[1] >= low) & (ci[1] <= high),
        "ci_low_beyond": ci[0] < low,
        "ci_high_beyond": ci[1] > high,
        "pi_low_beyond": pi[0] < low,
        "pi_high_beyond": pi[1] > high,
        "pi_inside": (pi[0] >= low) & (pi[1] <= high),
        "ci_to_large": (ci[0] < 0) & (ci[1] > 0) & ((ci[0] <= -large) | (ci[1] >= large)),
    }
    return {name: flags(true, there[name[:2]], why[name[:2]]) for name, true in tests.items()}


def _ends(effect: Texts, given: Equivalence) -> tuple[Array, Array, Array]:
    """Give both ends of the range and the size of a large effect, NaN for other kinds of effect."""
    by_kind = {
        DIFFERENCE: (*given.difference, given.large_difference),
        RATIO: (*np.log(given.ratio), np.log(given.large_ratio)),
    }
    found = np.array([by_kind.get(str(e), (np.nan,) * 3) for e in effect], dtype=float)
    low, high, large = found.reshape(-1, 3).T
    return low, high, large
