"""Two-by-two tables: risk ratio, odds ratio, risk difference, arcsine difference.

Cells: ``ai`` and ``ci`` are people with the event in arm 1 (intervention or exposed) and arm 2,
``bi`` and ``di`` people without it, ``n1i`` and ``n2i`` the sizes of the arms; either the others
or the sizes may be given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parapluie.effects.cells import Array, Cells, Sizes, Texts, absent, columns, finish, mark
from parapluie.effects.correction import NO_CORRECTION, ONLY0, Correction, corrected

CELLS = ("ai", "bi|n1i", "ci", "di|n2i")
"""What a table needs; ``x|y`` is one or the other."""


@dataclass(frozen=True)
class Table:
    """Two-by-two tables of many rows, corrected for zero cells.

    ``a b c d`` are corrected cells, ``n1 n2`` their sums; ``reason`` and ``rule`` as in `Sizes`.
    """

    a: Array
    b: Array
    c: Array
    d: Array
    reason: Texts
    rule: Texts

    @property
    def n1(self) -> Array:
        """Size of arm 1."""
        return self.a + self.b

    @property
    def n2(self) -> Array:
        """Size of arm 2."""
        return self.c + self.d


@np.errstate(all="ignore")
def counts(cells: Cells) -> tuple[list[Array], Texts]:
    """Give the four cells of each table, and why a row has no table."""
    a, b, c, d, n1, n2 = columns(cells, ("ai", "bi", "ci", "di", "n1i", "n2i"))
    b, d = np.where(np.isnan(b), n1 - a, b), np.where(np.isnan(d), n2 - c, d)
    reason = absent({"ai": a, "bi or n1i": b, "ci": c, "di or n2i": d})
    four = [a, b, c, d]
    mark(reason, np.any([x < 0 for x in four], axis=0), "a count is below 0, or above its arm")
    mark(reason, np.any([np.isinf(x) for x in four], axis=0), "a count is not finite")
    mark(reason, a + b == 0, "arm 1 has nobody")
    mark(reason, c + d == 0, "arm 2 has nobody")
    return four, reason


def table(cells: Cells, rule: Correction) -> Table:
    """Give the tables of many rows, corrected by `rule`."""
    four, reason = counts(cells)
    a, b, c, d = four
    empty = ((a == 0) & (c == 0)) | ((b == 0) & (d == 0))
    if rule.drop00:
        mark(reason, empty, "no events in either arm, or nothing else (drop00)")
    changed, said = corrected(four, rule)
    said[(said != "") & empty] += "; both arms have no events, or nothing else"
    a, b, c, d = changed
    return Table(a, b, c, d, reason, said)


def risk_ratio(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Log risk ratio.

    ``ln(p1/p2)`` with variance ``1/a - 1/n1 + 1/c - 1/n2``. Katz D et al. Biometrics
    1978;34:469-474.
    """
    t = table(cells, rule)
    mark(t.reason, (t.a == 0) | (t.c == 0), "a risk of 0 has no ratio without a correction")
    return finish(
        lambda: (
            np.log(t.a * t.n2 / (t.c * t.n1)),
            1 / t.a - 1 / t.n1 + 1 / t.c - 1 / t.n2,
        ),
        t.reason,
        t.rule,
    )


def odds_ratio(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Log odds ratio.

    ``ln(ad/bc)`` with variance ``1/a + 1/b + 1/c + 1/d``. Woolf B. Ann Hum Genet 1955;19:251-253.
    """
    t = table(cells, rule)
    zero = np.any([x == 0 for x in (t.a, t.b, t.c, t.d)], axis=0)
    mark(t.reason, zero, "a zero cell has no odds without a correction")
    return finish(
        lambda: (
            np.log(t.a * t.d / (t.b * t.c)),
            1 / t.a + 1 / t.b + 1 / t.c + 1 / t.d,
        ),
        t.reason,
        t.rule,
    )


@np.errstate(all="ignore")
def peto_odds_ratio(cells: Cells, rule: Correction = NO_CORRECTION) -> Sizes:
    """Log odds ratio by one step from its null value.

    ``(O - E)/V`` with variance ``1/V``, where ``E = n1 m/N`` and
    ``V = n1 n2 m (N - m)/(N^2 (N - 1))`` for ``m`` events. Yusuf S et al. Prog Cardiovasc Dis
    1985;27:335-371. Needs no correction for zero cells, and has no effect where no arm has events.
    """
    t = table(cells, rule)
    n, events = t.n1 + t.n2, t.a + t.c
    mark(t.reason, (events == 0) | (events == n), "no events in either arm, or nothing else")
    mark(t.reason, ~(n > 1), "fewer than two people")
    v = t.n1 * t.n2 * events * (n - events) / (n**2 * (n - 1))
    # O - E as one fraction: the difference of two large numbers would lose digits.
    return finish(lambda: ((t.a * t.d - t.b * t.c) / n / v, 1 / v), t.reason, t.rule)


def risk_difference(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Risk difference (as a proportion).

    ``p1 - p2`` with variance ``p1(1 - p1)/n1 + p2(1 - p2)/n2``. Borenstein M,
    Hedges LV, Higgins JPT, Rothstein HR. Introduction to Meta-Analysis. Wiley 2009, chapter 5.
    """
    t = table(cells, rule)
    return finish(
        lambda: (
            t.a / t.n1 - t.c / t.n2,
            t.a / t.n1 * (t.b / t.n1) / t.n1 + t.c / t.n2 * (t.d / t.n2) / t.n2,
        ),
        t.reason,
        t.rule,
    )


def arcsine_difference(cells: Cells, rule: Correction = NO_CORRECTION) -> Sizes:
    """Difference of arcsine square roots of the risks (radians).

    ``asin(sqrt(p1)) - asin(sqrt(p2))`` with variance ``1/(4 n1) + 1/(4 n2)``. Rücker G et al.
    Stat Med 2009;28:721-738. Needs no correction for zero cells.
    """
    t = table(cells, rule)
    return finish(
        lambda: (
            np.arcsin(np.sqrt(t.a / t.n1)) - np.arcsin(np.sqrt(t.c / t.n2)),
            1 / (4 * t.n1) + 1 / (4 * t.n2),
        ),
        t.reason,
        t.rule,
    )
