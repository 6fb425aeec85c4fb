"""Zero cells: what is added, to which rows, and which rows have no effect at all.

Sources: Woolf B. Ann Hum Genet 1955;19:251-253 and Haldane JBS. Ann Hum Genet 1956;20:309-311
(one half to each cell); Sweeting MJ, Sutton AJ, Lambert PC. Stat Med 2004;23:1351-1375 (what the
choice does when events are rare).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parapluie.effects.cells import Array, Mask, Texts, texts

TO = {
    "only0": "rows with a zero cell",
    "if0all": "all rows, as one of them has a zero cell",
    "all": "all rows",
    "none": "no row",
}
"""To which rows the constant is added, by the names that metafor uses."""


@dataclass(frozen=True)
class Correction:
    """A rule for zero cells.

    Parameters
    ----------
    add : float
        Constant added to each cell of a row (events).
    to : str
        A key of `TO`.
    drop00 : bool
        Whether a row without events in both arms (or with nothing but events in both) has no
        effect.

    Raises
    ------
    ValueError
        If `to` is not a key of `TO`, or `add` is negative.
    """

    add: float = 0.5
    to: str = "only0"
    drop00: bool = False

    def __post_init__(self) -> None:
        """Refuse a rule that is none."""
        if self.to not in TO:
            raise ValueError(f"to={self.to!r} is not one of {', '.join(TO)}")
        if not self.add >= 0:
            raise ValueError(f"add={self.add!r} is not a number of at least 0")

    @property
    def words(self) -> str:
        """The rule in words, as it stands beside a number."""
        return f"{self.add:g} added to each cell ({self.to}: {TO[self.to]})"


ONLY0 = Correction()
"""One half to each cell of a row that has a zero cell: metafor's default."""
NO_CORRECTION = Correction(add=0.0, to="none")
"""Nothing is added; used where the formula has no need of it."""


def rows_to_correct(counts: Sequence[Array], rule: Correction) -> Mask:
    """Tell to which rows the constant is added.

    Parameters
    ----------
    counts : sequence of array
        The cells, each an array over rows; a row with a missing cell has no zero.
    rule : Correction
    """
    n = len(counts[0])
    if rule.to == "none" or rule.add == 0:
        return np.zeros(n, dtype=bool)
    zero = np.any([c == 0 for c in counts], axis=0) & np.all([~np.isnan(c) for c in counts], axis=0)
    if rule.to == "only0":
        return np.asarray(zero)
    return np.full(n, rule.to == "all" or bool(zero.any()))


def corrected(counts: Sequence[Array], rule: Correction) -> tuple[list[Array], Texts]:
    """Add the constant of a rule.

    Returns
    -------
    (list of array, array of str)
        The cells, and for each row the rule in words where something was added.
    """
    where = rows_to_correct(counts, rule)
    said = texts(len(where))
    said[where] = rule.words
    return [np.where(where, c + rule.add, c) for c in counts], said
