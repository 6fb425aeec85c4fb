"""Change from before to after, in one group or compared between two.

Cells of group 1: mean and standard deviation after (``m1i sd1i``) and before (``m1i_pre
sd1i_pre``), size ``n1i``; or mean and standard deviation of the change (``mc1i sdc1i``); of group
2 the same with a 2. ``ri`` is the correlation of before and after, for both groups. Change is
after minus before. A row that has nothing of group 2 is one group; otherwise the effect is the
change in group 1 minus that in group 2, and their variances add.

What is not given is worked out where it can be: ``sdc^2 = sd_pre^2 + sd^2 - 2 r sd_pre sd``, and
the correlation from the same equation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from parapluie.effects.cells import (
    Array,
    Cells,
    Mask,
    Sizes,
    Texts,
    columns,
    finish,
    length,
    mark,
    texts,
)
from parapluie.effects.correction import ONLY0, Correction
from parapluie.effects.sizes.means import hedges_factor

CELLS = ("m1i|mc1i", "m1i_pre|mc1i", "sd1i|sdc1i", "n1i", "ri|sdc1i")
ARM = ("m{}i", "sd{}i", "m{}i_pre", "sd{}i_pre", "mc{}i", "sdc{}i", "n{}i")

ONE_GROUP = "one group, before and after"
TWO_GROUPS = "change in group 1 minus change in group 2"


@dataclass(frozen=True)
class Arm:
    """One group before and after.

    ``change`` and ``sd_change`` are mean and standard deviation of the change, ``sd_pre`` of the
    values before; ``r`` the correlation of before and after; ``given`` whether the group has any
    number at all.
    """

    change: Array
    sd_change: Array
    sd_pre: Array
    r: Array
    n: Array
    given: Mask

    def lacks(self, names: tuple[str, ...]) -> Texts:
        """Say what a row lacks of the numbers `names`."""
        said = texts(len(self.n))
        for name in names:
            gone = np.isnan(getattr(self, name))
            said[gone] = [f"{t}, {_SAID[name]}" if t else _SAID[name] for t in said[gone]]
        return said


_SAID = {
    "change": "mean change",
    "sd_change": "standard deviation of the change",
    "sd_pre": "standard deviation before",
    "r": "correlation of before and after (ri)",
    "n": "size",
}


def arm(cells: Cells, number: int) -> Arm:
    """Give the numbers of one group, worked out where that is possible."""
    names = [name.format(number) for name in ARM]
    m, sd, m_pre, sd_pre, mc, sdc, n = columns(cells, names) if cells else [np.empty(0)] * 7
    (r,) = columns(cells, ("ri",))
    given = np.asarray(~np.all([np.isnan(x) for x in (m, sd, m_pre, sd_pre, mc, sdc, n)], axis=0))
    with np.errstate(all="ignore"):
        change = np.where(np.isnan(mc), m - m_pre, mc)
        found = (sd_pre**2 + sd**2 - sdc**2) / (2 * sd_pre * sd)
        r = np.where(np.isnan(r), np.where(np.abs(found) <= 1, found, np.nan), r)
        worked = np.sqrt(sd_pre**2 + sd**2 - 2 * r * sd_pre * sd)
    return Arm(change, np.where(np.isnan(sdc), worked, sdc), sd_pre, r, n, given)


Formula = Callable[[Arm], tuple[Array, Array]]


def _compared(cells: Cells, formula: Formula, needs: tuple[str, ...], least: int) -> Sizes:
    """Apply a formula to one or both groups of each row."""
    first, second = arm(cells, 1), arm(cells, 2)
    reason = texts(length(cells))
    for number, group in ((1, first), (2, second)):
        _check(reason, group, number, needs, least)
    two = second.given
    rule = np.where(two, TWO_GROUPS, ONE_GROUP).astype(object)

    def compute() -> tuple[Array, Array]:
        (y1, v1), (y2, v2) = formula(first), formula(second)
        return np.where(two, y1 - y2, y1), np.where(two, v1 + v2, v1)

    return finish(compute, reason, rule)


def _check(reason: Texts, group: Arm, number: int, needs: tuple[str, ...], least: int) -> None:
    """Write what a group lacks, or why it has no effect."""
    wanted = group.given if number == 2 else np.ones(len(group.n), dtype=bool)
    lacking = group.lacks(needs)
    for row in np.flatnonzero(wanted & (lacking != "") & (reason == "")):
        reason[row] = f"not_available: no {lacking[row]} of group {number}"
    with np.errstate(invalid="ignore"):
        mark(reason, wanted & (np.abs(group.r) > 1), "a correlation is outside -1 to 1")
        mark(reason, wanted & ~(group.n >= least), f"group {number} has fewer than {least} people")
        mark(reason, wanted & (group.sd_change < 0), "a standard deviation is below 0")


def mean_change(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Mean change in the unit of the outcome: variance ``sdc^2/n``.

    Borenstein et al. 2009, chapter 4 (paired groups).
    """
    return _compared(
        cells, lambda a: (a.change, a.sd_change**2 / a.n), ("change", "sd_change", "n"), 1
    )


def by_change_sd(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Mean change standardised by the standard deviation of the change.

    ``g = J(n - 1) change/sdc`` with variance ``1/n + g^2/(2 n)``. Gibbons RD, Hedeker DR, Davis JM.
    J Educ Stat 1993;18:271-279; metafor's ``SMCC``. Not comparable with a difference between
    groups that is standardised by the spread of people.
    """

    def formula(a: Arm) -> tuple[Array, Array]:
        g = hedges_factor(a.n - 1) * a.change / a.sd_change
        return g, 1 / a.n + g**2 / (2 * a.n)

    return _compared(cells, formula, ("change", "sd_change", "n"), 3)


def by_sd_before(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Mean change standardised by the standard deviation before.

    ``g = J(n - 1) change/sd_pre`` with variance ``2 (1 - r)/n + g^2/(2 n)``. Becker BJ. Br J Math
    Stat Psychol 1988;41:257-278; metafor's ``SMCR``. Between groups: g of group 1 minus g of
    group 2.
    """

    def formula(a: Arm) -> tuple[Array, Array]:
        g = hedges_factor(a.n - 1) * a.change / a.sd_pre
        return g, 2 * (1 - a.r) / a.n + g**2 / (2 * a.n)

    return _compared(cells, formula, ("change", "sd_pre", "r", "n"), 3)


def by_sd_within(cells: Cells, rule: Correction = ONLY0) -> Sizes:
    """Mean change standardised by the spread of people that the change implies.

    ``d = change/sdc sqrt(2 (1 - r))``, ``g = J(n - 1) d``, variance
    ``J^2 (2 (1 - r)/n + d^2/(2 n))``. Cooper H, Hedges LV, Valentine JC (editors). The Handbook of
    Research Synthesis and Meta-Analysis, 2nd edition 2009, chapter 12; what metaumbrella calls
    ``cooper``. Supposes equal spread before and after.
    """

    def formula(a: Arm) -> tuple[Array, Array]:
        j = hedges_factor(a.n - 1)
        d = a.change / a.sd_change * np.sqrt(2 * (1 - a.r))
        return j * d, j**2 * (2 * (1 - a.r) / a.n + d**2 / (2 * a.n))

    return _compared(cells, formula, ("change", "sd_change", "r", "n"), 3)
