"""Corrected covered area: how much the reviews of an overview rest on the same studies.

Symbols, after Pieper et al. 2014: N inclusions, r unique studies, c reviews, X cells in which a
study could not have been in a review (structural missingness).

References
----------
Pieper et al. 2014, Journal of Clinical Epidemiology 67:368-375 (CCA, bands on whole percents).
Bracchiglione et al. 2025, Research Synthesis Methods, doi 10.1017/rsm.2025.10056 (half-open bands).
Kirvalidze et al. 2023, Research Synthesis Methods 14:764-767 (pairs of unequal size).
Ying et al. 2025, Research Synthesis Methods (weights: square roots of sample sizes).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Cells = NDArray[np.bool_]

BANDS = ("slight", "moderate", "high", "very_high")
CUTS = {"half_open": (5.0, 10.0, 15.0), "pieper2014": (6.0, 11.0, 16.0)}
"""Percent at which the next band begins; for pieper2014 on percents rounded to whole ones."""

INSIDE_CCA, INSIDE_SHARE = 0.10, 0.80
"""A pair with a CCA below the first and a containment of at least the second is flagged: the small
review lies inside the large one, and their CCA alone hides it (Kirvalidze et al. 2023)."""


@dataclass(frozen=True)
class Matrix:
    """A citation matrix without empty rows.

    Parameters
    ----------
    studies, reviews : tuple of str
        Names of rows and columns.
    included : array of bool, shape (studies, reviews)
        Whether the review includes the study.
    missing : array of bool, same shape
        Whether the study could not have been in the review.
    """

    studies: tuple[str, ...]
    reviews: tuple[str, ...]
    included: Cells
    missing: Cells

    @property
    def times(self) -> NDArray[np.int64]:
        """Number of reviews that include each study."""
        return np.asarray(self.included.sum(axis=1), dtype=np.int64)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Number of studies in each review."""
        return np.asarray(self.included.sum(axis=0), dtype=np.int64)


def matrix(
    studies: list[str], reviews: list[str], included: Cells, missing: Cells | None = None
) -> Matrix:
    """Make a matrix; studies that no review includes are dropped, they are not part of the body.

    Raises
    ------
    ValueError
        If a cell is both included and structurally missing.
    """
    missing = np.zeros_like(included) if missing is None else missing
    if (included & missing).any():
        raise ValueError("a study that a review includes cannot be structurally missing there")
    held: Cells = np.asarray(included.any(axis=1))
    names = tuple(s for s, keep in zip(studies, held, strict=True) if keep)
    return Matrix(names, tuple(reviews), included[held], missing[held])


def corrected_covered_area(n: int, r: int, c: int, x: int = 0) -> float | None:
    """Compute (N - r) / (r c - r - X).

    Parameters
    ----------
    n, r, c, x : int
        Inclusions, unique studies, reviews, structurally missing cells.

    Returns
    -------
    float or None
        A proportion from 0 to 1; ``None`` where the denominator is not positive (one review).

    Examples
    --------
    >>> corrected_covered_area(281, 261, 11)
    0.007662835249042145
    """
    denominator = r * c - r - x
    return (n - r) / denominator if denominator > 0 else None


def weighted_covered_area(cells: Matrix, sizes: NDArray[np.float64]) -> float | None:
    """Compute the CCA with each study weighted by the square root of its sample size.

    Parameters
    ----------
    cells : Matrix
    sizes : array of float, shape (studies,)
        Participants of each study.

    Returns
    -------
    float or None
        A proportion; ``None`` where a size is unknown or there is one review.

    Notes
    -----
    The direct reading of the abstract of Ying et al. 2025; their printed formula was not compared.
    """
    weights = np.sqrt(sizes)
    total = float(weights.sum())
    denominator = (len(cells.reviews) - 1) * total
    if not np.isfinite(total) or denominator <= 0:
        return None
    return (float((weights * cells.times).sum()) - total) / denominator


def band(cca: float | None, scheme: str = "half_open") -> str:
    """Name the band of a CCA given as a proportion; ``""`` for ``None``.

    Examples
    --------
    >>> band(0.0519), band(0.0519, "pieper2014")
    ('moderate', 'slight')
    """
    if cca is None:
        return ""
    # 12 decimals: a share such as 3/20 must not fall below its own cut by machine rounding.
    percent = round(100 * cca, 12)
    if scheme == "pieper2014":
        percent = math.floor(percent + 0.5)
    return BANDS[sum(percent >= cut for cut in CUTS[scheme])]


@dataclass(frozen=True)
class Pair:
    """Two reviews: sizes, shared studies, CCA and containment as proportions."""

    a: str
    b: str
    n_a: int
    n_b: int
    shared: int
    x: int

    @property
    def union(self) -> int:
        """Studies in either review."""
        return self.n_a + self.n_b - self.shared

    @property
    def cca(self) -> float | None:
        """Shared over union (the Jaccard index, the CCA with c = 2)."""
        return self.shared / self.union if self.union else None

    @property
    def cca_adjusted(self) -> float | None:
        """As `cca`, without the studies that could not have been in one of the two."""
        return self.shared / (self.union - self.x) if self.union > self.x else None

    @property
    def contained_a(self) -> float | None:
        """Share of the first review's studies that the second holds."""
        return self.shared / self.n_a if self.n_a else None

    @property
    def contained_b(self) -> float | None:
        """Share of the second review's studies that the first holds."""
        return self.shared / self.n_b if self.n_b else None

    @property
    def overlap_coefficient(self) -> float | None:
        """Shared over the smaller review."""
        smaller = min(self.n_a, self.n_b)
        return self.shared / smaller if smaller else None

    @property
    def inside(self) -> bool:
        """Whether a small CCA hides that one review lies (nearly) inside the other."""
        cca, coefficient = self.cca, self.overlap_coefficient
        return (
            cca is not None
            and coefficient is not None
            and cca < INSIDE_CCA
            and coefficient >= INSIDE_SHARE
        )


def pairs(cells: Matrix) -> list[Pair]:
    """Compare every two reviews, in the order of the columns."""
    held = cells.included.astype(np.int64)
    missing = cells.missing.astype(np.int64)
    shared = held.T @ held
    # A study counts as X of the pair when one of the two holds it and the other could not have.
    apart = held.T @ missing
    apart = apart + apart.T
    sizes = cells.sizes
    return [
        Pair(
            cells.reviews[i],
            cells.reviews[j],
            int(sizes[i]),
            int(sizes[j]),
            int(shared[i, j]),
            int(apart[i, j]),
        )
        for i in range(len(cells.reviews))
        for j in range(i + 1, len(cells.reviews))
    ]


def only_here(cells: Matrix) -> NDArray[np.int64]:
    """Count for each review the studies that no other review includes."""
    return np.asarray(cells.included[cells.times == 1].sum(axis=0), dtype=np.int64)
