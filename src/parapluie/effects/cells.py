"""Columns of numbers as arrays, and effects with a reason for every number that is absent.

Vocabulary: *cells* are the raw numbers that a study prints (events, means, person-time), under the
names of `NAMES`; an *effect* is ``yi`` with its sampling variance ``vi`` on the scale of analysis;
a *reason* says why there is none, and begins with ``not_available`` (nothing to compute from) or
``not_estimable`` (the numbers do not give an effect).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Texts = NDArray[np.object_]
Cells = Mapping[str, ArrayLike]
"""Name of a column to its numbers, one a row; NaN where a row has none."""

NOT_AVAILABLE, NOT_ESTIMABLE = "not_available", "not_estimable"


@dataclass(frozen=True)
class Sizes:
    """Effects of many rows.

    Parameters
    ----------
    yi, vi : array of float
        Effect and sampling variance on the scale of analysis (natural logs for ratios). NaN only
        where `reason` says why; a variance of 0 is kept and has a reason too.
    reason : array of str
        Empty where the row can be pooled: both numbers are finite and the variance is positive.
    rule : array of str
        What was done to the cells of the row before the formula; empty where nothing was.
    """

    yi: Array
    vi: Array
    reason: Texts
    rule: Texts

    def __len__(self) -> int:
        """Give the number of rows."""
        return len(self.yi)


def texts(n: int, text: str = "") -> Texts:
    """Make an array of `n` equal texts."""
    return np.full(n, text, dtype=object)


def length(cells: Cells) -> int:
    """Give the number of rows that the columns of `cells` share; a scalar counts as one row."""
    shapes = [np.atleast_1d(np.asarray(v)).shape for v in cells.values()]
    return int(np.broadcast_shapes(*shapes)[0]) if shapes else 0


def columns(cells: Cells, names: Sequence[str]) -> list[Array]:
    """Give columns as arrays of equal length; one that is not there is all NaN.

    Parameters
    ----------
    cells : mapping
        Column to numbers; scalars are repeated.
    names : sequence of str
        The columns wanted, in this order.
    """
    n = length(cells) if cells else 0
    return [
        np.broadcast_to(np.atleast_1d(np.asarray(cells.get(name, np.nan), dtype=float)), (n,))
        for name in names
    ]


def absent(named: Mapping[str, Array]) -> Texts:
    """Say for each row which of the columns it lacks; empty where it has all.

    Parameters
    ----------
    named : mapping
        Column to its numbers.
    """
    stacked = np.array([np.isnan(v) for v in named.values()])
    found = texts(stacked.shape[1])
    for row in np.flatnonzero(stacked.any(axis=0)):
        lacking = [name for name, gone in zip(named, stacked[:, row], strict=True) if gone]
        found[row] = f"{NOT_AVAILABLE}: no {', '.join(lacking)}"
    return found


def mark(reason: Texts, where: Mask, text: str) -> None:
    """Write why a row has no effect, unless a reason stands there already."""
    reason[where & (reason == "")] = text if ":" in text else f"{NOT_ESTIMABLE}: {text}"


def finish(
    compute: Callable[[], tuple[Array, Array]], reason: Texts, rule: Texts | None = None
) -> Sizes:
    """Compute effects and give every row that has none its reason.

    Parameters
    ----------
    compute : callable
        Gives yi and vi; may divide by zero where `reason` is written, or where the row has no
        effect.
    reason : array of str
        Why rows known beforehand have no effect; their numbers are not shown.
    rule : array of str, optional
        What was done to the cells.
    """
    with np.errstate(all="ignore"):
        yi, vi = (np.array(a, dtype=float) for a in compute())
    shown, why = reason == "", reason.copy()
    mark(why, ~np.isfinite(yi), "the numbers give no finite effect")
    mark(why, ~np.isfinite(vi), "the numbers give no finite variance")
    mark(why, ~(vi > 0), "the variance is not above 0")
    return Sizes(
        np.where(shown & np.isfinite(yi), yi, np.nan),
        np.where(shown & np.isfinite(yi) & np.isfinite(vi), vi, np.nan),
        why,
        texts(len(yi)) if rule is None else rule,
    )
