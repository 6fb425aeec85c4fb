"""Mean and standard deviation from median, quartiles and range.

All suppose values from a normal distribution; `skewed` says where the numbers speak against it.

Sources
-------
Wan X, Wang W, Liu J, Tong T. BMC Med Res Methodol 2014;14:135 (standard deviation; means of Hozo
2005 and Bland 2015 as compared there).
Luo D, Wan X, Liu J, Tong T. Stat Methods Med Res 2018;27:1785-1805 (optimal mean).
Shi J, Luo D, Weng H et al. Res Synth Methods 2020;11:641-654 (optimal standard deviation from all
five numbers).
Shi J, Luo D, Wan X et al. Stat Methods Med Res 2023;32:1338-1360 (test of skewness).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from parapluie.effects.cells import Array, Cells, Mask, Texts, columns, mark, texts

CELLS = ("min", "q1", "median", "q3", "max", "n")
RANGE, QUARTILES, FIVE = "S1", "S2", "S3"
"""Which numbers there are, named as in the papers: minimum, median, maximum; the quartiles and the
median; all five."""
MEANS = ("luo2018", "wan2014")
SDS = ("shi2020", "wan2014")


@dataclass(frozen=True)
class Summary:
    """Means and standard deviations worked out from five numbers.

    ``scenario`` is `RANGE`, `QUARTILES` or `FIVE`; ``reason`` says why a row has none, ``note``
    what was supposed and where the numbers speak against it.
    """

    mean: Array
    sd: Array
    scenario: Texts
    reason: Texts
    note: Texts


def from_five_numbers(cells: Cells, mean: str = "luo2018", sd: str = "shi2020") -> Summary:
    """Work out mean and standard deviation.

    Parameters
    ----------
    cells : mapping
        ``min q1 median q3 max`` in the unit of the outcome, and size ``n``. Of the five, the median
        and at least one pair (minimum and maximum, or both quartiles).
    mean : str
        One of `MEANS`. ``luo2018`` weighs by size; ``wan2014`` is that of the earlier paper.
    sd : str
        One of `SDS`; they differ only where all five numbers are given.

    Raises
    ------
    ValueError
        If a method is not known.
    """
    if mean not in MEANS or sd not in SDS:
        raise ValueError(f"mean is one of {', '.join(MEANS)}, sd one of {', '.join(SDS)}")
    a, q1, m, q3, b, n = columns(cells, CELLS)
    scenario = _scenario(a, q1, q3, b)
    reason = _reasons((a, q1, m, q3, b), n, scenario)
    pick = {RANGE: 0, QUARTILES: 1, FIVE: 2}
    which = np.array([pick.get(str(s), 0) for s in scenario], dtype=int)
    with np.errstate(all="ignore"):
        means = (_luo if mean == "luo2018" else _wan_mean)(a, q1, m, q3, b, n)
        sds = _sds(a, q1, q3, b, n, sd)
        said = skewed(cells)
    fine = reason == ""
    note = texts(len(n))
    note[fine] = "mean and standard deviation from median and quantiles, supposing normal values"
    note[fine & said] += "; the numbers speak against it (Shi 2023)"
    return Summary(
        np.where(fine, np.choose(which, means), np.nan),
        np.where(fine, np.choose(which, sds), np.nan),
        scenario,
        reason,
        note,
    )


def _scenario(a: Array, q1: Array, q3: Array, b: Array) -> Texts:
    ends, quartiles = ~np.isnan(a + b), ~np.isnan(q1 + q3)
    found = texts(len(a))
    found[ends], found[quartiles], found[ends & quartiles] = RANGE, QUARTILES, FIVE
    return found


def _reasons(five: tuple[Array, ...], n: Array, scenario: Texts) -> Texts:
    reason = texts(len(n))
    mark(reason, np.isnan(five[2]), "not_available: no median")
    mark(reason, np.isnan(n), "not_available: no size")
    mark(reason, scenario == "", "not_available: neither both ends of the range nor both quartiles")
    with np.errstate(invalid="ignore"):
        mark(reason, ~(n >= 2), "fewer than two people")
        for low, high in _ordered(five):
            mark(reason, low > high, "the five numbers are not in order")
    return reason


def _ordered(five: tuple[Array, ...]) -> list[tuple[Array, Array]]:
    return [(five[i], five[j]) for i in range(5) for j in range(i + 1, 5)]


def _wan_mean(
    a: Array, q1: Array, m: Array, q3: Array, b: Array, n: Array
) -> tuple[Array, Array, Array]:
    """Means as compared by Wan et al. 2014, for `RANGE`, `QUARTILES` and `FIVE`."""
    return (a + 2 * m + b) / 4, (q1 + m + q3) / 3, (a + 2 * q1 + 2 * m + 2 * q3 + b) / 8


def _luo(
    a: Array, q1: Array, m: Array, q3: Array, b: Array, n: Array
) -> tuple[Array, Array, Array]:
    """Optimal means of Luo et al. 2018, for `RANGE`, `QUARTILES` and `FIVE`."""
    ends, middle = (a + b) / 2, (q1 + q3) / 2
    w1, w2 = 4 / (4 + n**0.75), 0.7 + 0.39 / n
    w3, w4 = 2.2 / (2.2 + n**0.75), 0.7 - 0.72 / n**0.55
    return (
        w1 * ends + (1 - w1) * m,
        w2 * middle + (1 - w2) * m,
        w3 * ends + w4 * middle + (1 - w3 - w4) * m,
    )


def _sds(
    a: Array, q1: Array, q3: Array, b: Array, n: Array, method: str
) -> tuple[Array, Array, Array]:
    """Standard deviations of Wan et al. 2014, and for `FIVE` of Shi et al. 2020."""
    by_range = (b - a) / (2 * ndtri((n - 0.375) / (n + 0.25)))
    by_quartiles = (q3 - q1) / (2 * ndtri((0.75 * n - 0.125) / (n + 0.25)))
    w = 1 / (1 + 0.07 * n**0.6) if method == "shi2020" else 0.5
    return by_range, by_quartiles, w * by_range + (1 - w) * by_quartiles


def skewed(cells: Cells) -> Mask:
    """Tell where the numbers speak against a symmetric distribution at the 5% level.

    The distances of the median from the middle of the ends and of the quartiles, over the widths,
    against the approximate critical values of Shi et al. 2023.
    """
    a, q1, m, q3, b, n = columns(cells, CELLS)
    with np.errstate(all="ignore"):
        ends = np.abs(a + b - 2 * m) / (b - a)
        middle = np.abs(q1 + q3 - 2 * m) / (q3 - q1)
        first = ends > 1.01 / np.log(n + 9) + 2.43 / (n + 1)
        second = middle > 2.65 / np.sqrt(n) - 6 / n**2
        scaled = 2.65 * np.log(0.6 * n) / np.sqrt(n) * ends
        third = np.maximum(scaled, middle) > 2.97 / np.sqrt(n) - 39.1 / n**3
    both = ~np.isnan(ends) & ~np.isnan(middle)
    return np.asarray(np.where(both, third, first | second))
