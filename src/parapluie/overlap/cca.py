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
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse as _scipy_sparse

Cells = NDArray[np.bool_]
Places = NDArray[np.int64]
sparse: Any = _scipy_sparse
_NOWHERE: Places = np.zeros(0, dtype=np.int64)

BANDS = ("slight", "moderate", "high", "very_high")
CUTS = {"half_open": (5.0, 10.0, 15.0), "pieper2014": (6.0, 11.0, 16.0)}
"""Percent at which the next band begins; for pieper2014 on percents rounded to whole ones."""

INSIDE_CCA, INSIDE_SHARE = 0.10, 0.80
"""A pair with a CCA below the first and a containment of at least the second is flagged: the small
review lies inside the large one, and their CCA alone hides it (Kirvalidze et al. 2023)."""


@dataclass(frozen=True, eq=False)
class Matrix:
    """A citation matrix without empty rows, as lists of its cells that are not empty.

    Parameters
    ----------
    studies, reviews : tuple of str
        Names of rows and columns.
    rows, columns : array of int
        Study and review of each inclusion, each cell once.
    missing_rows, missing_columns : array of int
        Study and review of each cell in which the study could not have been (X).
    """

    studies: tuple[str, ...]
    reviews: tuple[str, ...]
    rows: Places
    columns: Places
    missing_rows: Places = field(default_factory=lambda: _NOWHERE)
    missing_columns: Places = field(default_factory=lambda: _NOWHERE)

    @property
    def n(self) -> int:
        """Number of inclusions."""
        return len(self.rows)

    @property
    def x(self) -> int:
        """Number of structurally missing cells."""
        return len(self.missing_rows)

    @property
    def times(self) -> NDArray[np.int64]:
        """Number of reviews that include each study."""
        return np.bincount(self.rows, minlength=len(self.studies)).astype(np.int64)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Number of studies in each review."""
        return np.bincount(self.columns, minlength=len(self.reviews)).astype(np.int64)

    @property
    def included(self) -> Cells:
        """Whether each review includes each study, shape (studies, reviews); for small ones."""
        return self._spread(self.rows, self.columns)

    @property
    def missing(self) -> Cells:
        """Whether each study could not have been in each review; for small ones."""
        return self._spread(self.missing_rows, self.missing_columns)

    def _spread(self, rows: Places, columns: Places) -> Cells:
        cells = np.zeros((len(self.studies), len(self.reviews)), dtype=bool)
        cells[rows, columns] = True
        return cells


def matrix(
    studies: Sequence[str], reviews: Sequence[str], included: Cells, missing: Cells | None = None
) -> Matrix:
    """Make a matrix of cells that are spread out (see `matrix_of`).

    Parameters
    ----------
    studies, reviews : sequence of str
    included, missing : array of bool, shape (studies, reviews)

    Raises
    ------
    ValueError
        If a cell is both included and structurally missing.
    """
    absent = np.zeros_like(included) if missing is None else missing
    return matrix_of(studies, reviews, _where(included), _where(absent))


def _where(cells: Cells) -> tuple[Places, Places]:
    rows, columns = np.nonzero(cells)
    return rows.astype(np.int64), columns.astype(np.int64)


def matrix_of(
    studies: Sequence[str],
    reviews: Sequence[str],
    included: tuple[Places, Places],
    missing: tuple[Places, Places] | None = None,
) -> Matrix:
    """Make a matrix; studies that no review includes are dropped, they are not part of the body.

    Parameters
    ----------
    studies, reviews : sequence of str
    included, missing : pair of arrays of int
        Rows and columns of the cells; repeats count once.

    Raises
    ------
    ValueError
        If a cell is both included and structurally missing.
    """
    c = max(len(reviews), 1)
    cells = np.unique(np.asarray(included[0], dtype=np.int64) * c + included[1])
    left = _NOWHERE if missing is None else np.asarray(missing[0], dtype=np.int64) * c + missing[1]
    absent = np.unique(left)
    if np.isin(absent, cells).any():
        raise ValueError("a study that a review includes cannot be structurally missing there")
    held = np.zeros(len(studies), dtype=bool)
    held[cells // c] = True
    line = np.cumsum(held) - 1
    absent = absent[held[absent // c]]
    names = tuple(s for s, keep in zip(studies, held.tolist(), strict=True) if keep)
    return Matrix(names, tuple(reviews), line[cells // c], cells % c, line[absent // c], absent % c)


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


def weighted_covered_area(
    cells: Matrix, sizes: NDArray[np.float64], adjusted: bool = False
) -> float | None:
    """Compute the CCA with each study weighted by the square root of its sample size.

    (sum w k - sum w) / (c sum w - sum w), w = sqrt(n), k the number of reviews with the study.

    Parameters
    ----------
    cells : Matrix
    sizes : array of float, shape (studies,)
        Participants of each study.
    adjusted : bool
        Whether the weights of structurally missing cells leave the denominator (our extension).

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
    if adjusted:
        denominator -= float(weights[cells.missing_rows].sum())
    # Two sums of the same weights in another order may leave a trace of machine rounding.
    if not np.isfinite(total) or denominator <= 1e-12 * total:
        return None
    return float((weights * (cells.times - 1)).sum()) / denominator


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
    wcca: float | None = None

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


IN_FULL = 1500
"""Up to this many reviews every pair is listed; beyond, only pairs that share a study."""


def pairs(cells: Matrix, sizes: NDArray[np.float64] | None = None) -> list[Pair]:
    """Compare every two reviews, in the order of the columns.

    Parameters
    ----------
    cells : Matrix
        Beyond `IN_FULL` reviews, pairs without a shared study are left out.
    sizes : array of float, shape (studies,), optional
        Participants of each study, for the weighted CCA of the pairs; NaN where not known.
    """
    first, second, shared, apart = _crossed(cells)
    size = cells.sizes.tolist()
    weighted = _weighted_pairs(cells, sizes, first, second)
    return [
        Pair(cells.reviews[i], cells.reviews[j], size[i], size[j], s, x, w)
        for i, j, s, x, w in zip(
            first.tolist(), second.tolist(), shared.tolist(), apart.tolist(), weighted, strict=True
        )
    ]


def _crossed(cells: Matrix) -> tuple[Places, Places, Places, Places]:
    """Give for each pair its two columns, the shared studies, and the X of the pair."""
    c = len(cells.reviews)
    if c < 2:
        return (_NOWHERE,) * 4
    held = _sparse(cells, cells.rows, cells.columns)
    missing = _sparse(cells, cells.missing_rows, cells.missing_columns)
    shared = (held.T @ held).tocsr()
    # A study counts as X of the pair when one of the two holds it and the other could not have.
    apart = (held.T @ missing).tocsr()
    apart = (apart + apart.T).tocsr()
    if c <= IN_FULL:
        first, second = np.triu_indices(c, 1)
    else:
        upper = sparse.triu(shared, 1).tocoo()
        order = np.lexsort((upper.col, upper.row))
        first, second = upper.row[order], upper.col[order]
    return (
        first.astype(np.int64),
        second.astype(np.int64),
        np.asarray(shared[first, second], dtype=np.int64).ravel(),
        np.asarray(apart[first, second], dtype=np.int64).ravel(),
    )


def _sparse(
    cells: Matrix, rows: Places, columns: Places, values: NDArray[Any] | None = None
) -> Any:
    values = np.ones(len(rows), dtype=np.int64) if values is None else values
    return sparse.csr_matrix(
        (values, (rows, columns)), shape=(len(cells.studies), len(cells.reviews))
    )


def _weighted_pairs(
    cells: Matrix, sizes: NDArray[np.float64] | None, first: Places, second: Places
) -> list[float | None]:
    """Give weight of shared over weight of either; ``None`` where a size of the two is unknown."""
    if sizes is None or not len(first):
        return [None] * len(first)
    weights = np.sqrt(sizes)
    unknown = np.isnan(weights)
    known = np.where(unknown, 0.0, weights)
    held = _sparse(cells, cells.rows, cells.columns)
    each = _sparse(cells, cells.rows, cells.columns, known[cells.rows])
    shared = np.asarray((held.T @ each).tocsr()[first, second], dtype=float).ravel()
    total = np.bincount(cells.columns, known[cells.rows], minlength=len(cells.reviews))
    gaps = np.bincount(cells.columns, unknown[cells.rows], minlength=len(cells.reviews))
    either = total[first] + total[second] - shared
    there = (gaps[first] + gaps[second] == 0) & (either > 0)
    return [
        min(s / e, 1.0) if k else None
        for s, e, k in zip(shared.tolist(), either.tolist(), there.tolist(), strict=True)
    ]


def only_here(cells: Matrix) -> NDArray[np.int64]:
    """Count for each review the studies that no other review includes."""
    single = cells.times[cells.rows] == 1
    return np.bincount(cells.columns[single], minlength=len(cells.reviews)).astype(np.int64)
