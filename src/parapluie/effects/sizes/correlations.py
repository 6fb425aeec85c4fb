"""Correlations: raw, unbiased, and Fisher's z. Cells: ``ri`` (-1 to 1) and ``ni``."""

from __future__ import annotations

import numpy as np
from scipy.special import hyp2f1

from parapluie.effects.cells import Array, Cells, Sizes, Texts, absent, columns, finish, mark
from parapluie.effects.correction import ONLY0, Correction

CELLS = ("ri", "ni")

_LARGE_C, _TERMS = 10.0, 200
"""From this c on, that many terms of the series leave less than 1e-16."""


def _correlations(cells: Cells, least: int) -> tuple[Array, Array, Texts]:
    r, n = columns(cells, CELLS)
    reason = absent({"ri": r, "ni": n})
    with np.errstate(invalid="ignore"):
        mark(reason, np.abs(r) > 1, "a correlation is outside -1 to 1")
        mark(reason, n < least, f"fewer than {least} people")
    return r, n, reason


def correlation(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Raw correlation with variance ``(1 - r^2)^2/(n - 1)``.

    Borenstein et al. 2009, chapter 6.
    """
    r, n, reason = _correlations(cells, 2)
    return finish(lambda: (r, (1 - r**2) ** 2 / (n - 1)), reason)


@np.errstate(all="ignore")
def correlation_average(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Raw correlation, its variance at the average of all rows, weighted by size.

    ``(1 - rbar^2)^2/(n - 1)``. Hunter JE, Schmidt FL. Methods of Meta-Analysis, 2nd edition 2004,
    chapter 3; metafor's vtype ``AV``. Depends on which rows are given together.
    """
    r, n, reason = _correlations(cells, 2)
    there = reason == ""
    average = np.sum((n * r)[there]) / np.sum(n[there]) if there.any() else np.nan
    return finish(lambda: (r, (1 - average**2) ** 2 / (n - 1)), reason)


def unbiased_correlation(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Correlation corrected for its bias.

    ``G = r 2F1(1/2, 1/2; (n - 2)/2; 1 - r^2)`` with variance ``(1 - G^2)^2/(n - 1)``. Olkin I,
    Pratt JW. Ann Math Stat 1958;29:201-211.
    """
    r, n, reason = _correlations(cells, 5)

    def compute() -> tuple[Array, Array]:
        g = r * _gauss((n - 2) / 2, 1 - r**2)
        return g, (1 - g**2) ** 2 / (n - 1)

    return finish(compute, reason)


def _gauss(c: Array, x: Array) -> Array:
    """Give 2F1(1/2, 1/2; c; x) for 0 <= x <= 1 and c > 1.

    Large c by the series, whose terms fall like k^-c; SciPy's function gives NaN there.
    """
    term = np.ones(np.broadcast(c, x).shape)
    total = term.copy()
    for k in range(_TERMS):
        term = term * (k + 0.5) ** 2 / ((c + k) * (k + 1)) * x
        total = total + term
    return np.where(c >= _LARGE_C, total, hyp2f1(0.5, 0.5, np.minimum(c, _LARGE_C), x))


def fisher_z(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Fisher's z: ``atanh(r)`` with variance ``1/(n - 3)``.

    Fisher RA. Metron 1921;1:3-32.
    """
    r, n, reason = _correlations(cells, 4)
    mark(reason, np.abs(r) == 1, "a correlation of 1 has no z")
    return finish(lambda: (np.arctanh(r), 1 / (n - 3)), reason)
