"""Events in person-time: incidence rate ratio and difference.

Cells: events ``x1i`` and ``x2i``, person-time ``t1i`` and ``t2i`` in one unit for both arms.
"""

from __future__ import annotations

import numpy as np

from parapluie.effects.cells import Array, Cells, Sizes, Texts, absent, columns, finish, mark
from parapluie.effects.correction import ONLY0, Correction, corrected

CELLS = ("x1i", "t1i", "x2i", "t2i")


def _rates(cells: Cells, rule: Correction) -> tuple[list[Array], Texts, Texts]:
    """Give corrected events and person-time, why a row has none, and what was added."""
    x1, t1, x2, t2 = columns(cells, CELLS)
    reason = absent({"x1i": x1, "t1i": t1, "x2i": x2, "t2i": t2})
    with np.errstate(invalid="ignore"):
        mark(reason, (x1 < 0) | (x2 < 0), "a count is below 0")
        mark(reason, ~((t1 > 0) & (t2 > 0)), "an arm has no person-time")
    if rule.drop00:
        mark(reason, (x1 == 0) & (x2 == 0), "no events in either arm (drop00)")
    (x1, x2), said = corrected([x1, x2], rule)
    return [x1, t1, x2, t2], reason, said


def rate_ratio(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Log incidence rate ratio.

    ``ln((x1/t1)/(x2/t2))`` with variance ``1/x1 + 1/x2``. Rothman KJ, Greenland S, Lash TL. Modern
    Epidemiology, 3rd edition 2008, chapter 14.
    """
    (x1, t1, x2, t2), reason, said = _rates(cells, rule)
    mark(reason, (x1 == 0) | (x2 == 0), "a rate of 0 has no ratio without a correction")
    return finish(
        lambda: (np.log(x1 * t2 / (x2 * t1)), 1 / x1 + 1 / x2),
        reason,
        said,
    )


def rate_difference(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Incidence rate difference (events per unit of person-time).

    ``x1/t1 - x2/t2`` with variance ``x1/t1^2 + x2/t2^2``. Rothman, Greenland and Lash 2008,
    chapter 14.
    """
    (x1, t1, x2, t2), reason, said = _rates(cells, rule)
    return finish(lambda: (x1 / t1 - x2 / t2, x1 / t1**2 + x2 / t2**2), reason, said)
