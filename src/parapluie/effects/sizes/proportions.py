"""Proportions of one group: raw, log, logit, arcsine and double arcsine.

Cells: ``xi`` people with the event, and ``mi`` without it or ``ni`` in all.
"""

from __future__ import annotations

import numpy as np

from parapluie.effects.cells import Array, Cells, Sizes, Texts, absent, columns, finish, mark
from parapluie.effects.correction import NO_CORRECTION, ONLY0, Correction, corrected

CELLS = ("xi", "mi|ni")


@np.errstate(all="ignore")
def _counts(cells: Cells, rule: Correction) -> tuple[Array, Array, Texts, Texts]:
    """Give corrected counts with and without the event, why a row has none, and what was added."""
    x, m, n = columns(cells, ("xi", "mi", "ni"))
    m = np.where(np.isnan(m), n - x, m)
    reason = absent({"xi": x, "mi or ni": m})
    mark(reason, (x < 0) | (m < 0), "a count is below 0, or above its group")
    mark(reason, np.isinf(x) | np.isinf(m), "a count is not finite")
    mark(reason, x + m == 0, "the group has nobody")
    (x, m), said = corrected([x, m], rule)
    return x, m, reason, said


def proportion(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Raw proportion ``p`` with variance ``p (1 - p)/n``."""
    x, m, reason, said = _counts(cells, rule)
    return finish(lambda: (x / (x + m), x * m / (x + m) ** 3), reason, said)


def log_proportion(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Natural log of a proportion with variance ``1/x - 1/n`` (delta method)."""
    x, m, reason, said = _counts(cells, rule)
    mark(reason, x == 0, "a proportion of 0 has no logarithm without a correction")
    return finish(lambda: (np.log(x / (x + m)), 1 / x - 1 / (x + m)), reason, said)


def log_odds(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Log odds ``ln(x/m)`` with variance ``1/x + 1/m``.

    Agresti A. Categorical Data Analysis, 3rd edition 2013, section 3.1.
    """
    x, m, reason, said = _counts(cells, rule)
    mark(reason, (x == 0) | (m == 0), "a proportion of 0 or 1 has no odds without a correction")
    return finish(lambda: (np.log(x / m), 1 / x + 1 / m), reason, said)


def arcsine(cells: Cells, rule: Correction = NO_CORRECTION) -> Sizes:
    """Arcsine square root ``asin(sqrt(p))`` (radians) with variance ``1/(4 n)``.

    Anscombe FJ. Biometrika 1948;35:246-254. Needs no correction for zero cells.
    """
    x, m, reason, said = _counts(cells, rule)
    return finish(lambda: (np.arcsin(np.sqrt(x / (x + m))), 1 / (4 * (x + m))), reason, said)


def double_arcsine(cells: Cells, rule: Correction = NO_CORRECTION) -> Sizes:
    """Mean of two arcsines (radians) with variance ``1/(4 n + 2)``.

    ``(asin(sqrt(x/(n + 1))) + asin(sqrt((x + 1)/(n + 1))))/2``. Freeman MF, Tukey JW. Ann Math
    Stat 1950;21:607-611; half of their sum, as is usual now. Needs no correction for zero cells.
    """
    x, m, reason, said = _counts(cells, rule)
    return finish(
        lambda: (
            (np.arcsin(np.sqrt(x / (x + m + 1))) + np.arcsin(np.sqrt((x + 1) / (x + m + 1)))) / 2,
            1 / (4 * (x + m) + 2),
        ),
        reason,
        said,
    )
