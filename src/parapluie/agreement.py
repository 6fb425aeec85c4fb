"""Agreement of two raters on the same units: percent, kappa, PABAK and AC1, with the 2×2 table.

All four are given because each misleads alone: with a rare category percent agreement stays near 1
while kappa falls, whatever the raters do. Where categories have an order, weighted kappa and AC2
count a near miss as part of an agreement; `estimates` gives intervals.

References
----------
Cohen 1960, Educational and Psychological Measurement 20:37-46 (kappa).
Byrt, Bishop and Carlin 1993, Journal of Clinical Epidemiology 46:423-429 (PABAK).
Gwet 2008, British Journal of Mathematical and Statistical Psychology 61:29-48 (AC1).
Cohen 1968, Psychological Bulletin 70:213-220 (weighted kappa); linear weights: Cicchetti and
Allison 1971, American Journal of EEG Technology 11:101-109.
Fleiss, Cohen and Everitt 1969, Psychological Bulletin 72:323-327 (its standard error).
Gwet 2014, Handbook of Inter-Rater Reliability, 4th edition, chapters 3 to 6 (AC2; standard errors;
intervals by t with n - 1 degrees of freedom).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NO_UNITS = "not_estimable: no unit rated by both"
NO_CHANCE = "not_estimable: expected agreement is 1"
ONE_CATEGORY = "not_estimable: fewer than two categories"

STATISTICS = ("percent", "kappa", "pabak", "ac1")
"""Names of the coefficients, in the order in which tables show them."""


@dataclass(frozen=True)
class Agreement:
    """Agreement of two raters.

    Parameters
    ----------
    n : int
        Units that both rated.
    percent, kappa, pabak, ac1 : float or None
        Observed agreement as a proportion (0 to 1), Cohen's kappa, the prevalence-adjusted
        bias-adjusted kappa, and Gwet's AC1 (each at most 1); ``None`` where there is none.
    absent : mapping
        Name of a coefficient that is ``None`` to the reason.
    """

    n: int
    percent: float | None = None
    kappa: float | None = None
    pabak: float | None = None
    ac1: float | None = None
    absent: Mapping[str, str] = field(default_factory=dict)


def agreement(
    first: Sequence[str], second: Sequence[str], categories: Collection[str] = ()
) -> Agreement:
    """Compute the four coefficients.

    Parameters
    ----------
    first, second : sequence of str
        Category of each unit, in the same order of units.
    categories : collection of str, optional
        Every category that the raters could have used; those that occur are added. PABAK and AC1
        depend on their number, so give them whenever they are known.

    Returns
    -------
    Agreement

    Raises
    ------
    ValueError
        If the two sequences differ in length.

    Examples
    --------
    >>> agreement(["yes", "yes", "no", "no"], ["yes", "no", "no", "no"]).kappa
    0.5
    """
    pairs = list(zip(first, second, strict=True))
    if not pairs:
        return Agreement(0, absent=dict.fromkeys(STATISTICS, NO_UNITS))
    n = len(pairs)
    observed = sum(a == b for a, b in pairs) / n
    number = len(set(categories) | set(first) | set(second))
    values = {
        "percent": (observed, ""),
        "kappa": _kappa(observed, first, second),
        "pabak": _pabak(observed, number),
        "ac1": _ac1(observed, first, second, number),
    }
    return Agreement(
        n,
        **{name: value for name, (value, _) in values.items()},
        absent={name: reason for name, (_, reason) in values.items() if reason},
    )


def _kappa(
    observed: float, first: Sequence[str], second: Sequence[str]
) -> tuple[float | None, str]:
    """Cohen 1960: chance agreement from each rater's own marginals."""
    left, right = Counter(first), Counter(second)
    # Whole numbers until the last step: a chance agreement of exactly 1 must be seen as such.
    products = sum(left[c] * right[c] for c in left)
    units = len(first) ** 2
    if products == units:
        return None, NO_CHANCE
    expected = products / units
    return (observed - expected) / (1 - expected), ""


def _pabak(observed: float, categories: int) -> tuple[float | None, str]:
    """Byrt 1993, for any number of categories: chance agreement is 1 / categories."""
    if categories < 2:
        return None, ONE_CATEGORY
    return (categories * observed - 1) / (categories - 1), ""


def _ac1(
    observed: float, first: Sequence[str], second: Sequence[str], categories: int
) -> tuple[float | None, str]:
    """Gwet 2008: chance agreement from the mean marginals, sum of p(1 - p) / (categories - 1)."""
    if categories < 2:
        return None, ONE_CATEGORY
    both = Counter(first) + Counter(second)
    shares = [both[c] / (2 * len(first)) for c in sorted(both)]
    expected = sum(p * (1 - p) for p in shares) / (categories - 1)
    return (observed - expected) / (1 - expected), ""


# --- intervals and weights ------------------------------------------------------------------------

NO_ORDER = "not_applicable: fewer than three ordered categories"
ESTIMATES = ("percent", "kappa", "ac1", "weighted_kappa", "ac2")
"""Names of the coefficients with an interval, in the order in which tables show them."""


@dataclass(frozen=True)
class Estimate:
    """A coefficient with its 95 % interval, or the reason why it (or its interval) is absent."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    absent: str = ""


def estimates(
    first: Sequence[str],
    second: Sequence[str],
    categories: Collection[str] = (),
    order: Sequence[str] = (),
) -> dict[str, Estimate]:
    """Compute agreement with intervals, and weighted agreement where the categories are ordered.

    Parameters
    ----------
    first, second : sequence of str
        Category of each unit, in the same order of units.
    categories : collection of str
        Every category that the raters could have used; those that occur are added.
    order : sequence of str
        Categories from lowest to highest, where they have an order. Weighted coefficients are
        computed over the pairs of which both are among them; weights fall in a straight line with
        the distance of ranks.

    Returns
    -------
    dict
        Each of `ESTIMATES` to its estimate. Intervals are at most 1 and at least -1 (0 for percent
        agreement); with one unit there is none.

    Examples
    --------
    >>> found = estimates(["yes", "yes", "no", "no"], ["yes", "no", "no", "no"])
    >>> found["kappa"].value
    0.5
    """
    pairs = list(zip(first, second, strict=True))
    used = sorted({*categories, *first, *second})
    plain = _of_pairs(pairs, used, ordered=False)
    found = {name: plain[name] for name in ("percent", "kappa", "ac1")}
    if len(order) < 3:
        return found | dict.fromkeys(("weighted_kappa", "ac2"), Estimate(absent=NO_ORDER))
    ranked = [pair for pair in pairs if pair[0] in order and pair[1] in order]
    weighted = _of_pairs(ranked, order, ordered=True)
    return found | {"weighted_kappa": weighted["kappa"], "ac2": weighted["ac1"]}


def _of_pairs(
    pairs: Sequence[tuple[str, str]], categories: Sequence[str], ordered: bool
) -> dict[str, Estimate]:
    """Estimate percent, kappa and AC1 of pairs; weights by rank where categories are ordered."""
    import numpy as np

    names = ("percent", "kappa", "ac1")
    if not pairs:
        return dict.fromkeys(names, Estimate(absent=NO_UNITS))
    ranks = {category: i for i, category in enumerate(categories)}
    shares = np.zeros((len(ranks), len(ranks)))
    for a, b in pairs:
        shares[ranks[a], ranks[b]] += 1
    n, q = len(pairs), len(ranks)
    places = np.arange(q)
    apart = np.abs(places[:, None] - places[None, :])
    weights = 1 - apart / max(q - 1, 1) if ordered else (apart == 0).astype(float)
    return _estimated(shares / n, weights, n)


def _estimated(shares: Floats, weights: Floats, n: int) -> dict[str, Estimate]:
    """Estimate from the table of shares (rows: first rater), Gwet 2014.

    Each coefficient is (pa - pe) / (1 - pe); its variance is that of the mean of the terms
    w - (1 - coefficient) * e, where e is what a pair of categories adds to the chance agreement.
    """
    import numpy as np

    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    observed = float((shares * weights).sum())
    found = {"percent": _interval(observed, 0.0, weights, shares, np.zeros_like(weights), n, 0.0)}
    by_kappa = (weights @ columns)[:, None] + (weights.T @ rows)[None, :]
    # Rounding must not turn a chance agreement of exactly 1 into a division by nearly 0.
    chance = float(rows @ weights @ columns)
    if 1 - chance < 1e-12:
        found["kappa"] = Estimate(absent=NO_CHANCE)
    else:
        found["kappa"] = _interval(observed, chance, weights, shares, by_kappa, n)
    q = len(rows)
    if q < 2:
        return found | {"ac1": Estimate(absent=ONE_CATEGORY)}
    mean, scale = (rows + columns) / 2, float(weights.sum()) / (q * (q - 1))
    by_ac = 2 * scale * (1 - (mean[:, None] + mean[None, :]) / 2)
    chance = scale * float((mean * (1 - mean)).sum())
    return found | {"ac1": _interval(observed, chance, weights, shares, by_ac, n)}


def _interval(
    observed: float, chance: float, weights: Floats, shares: Floats, by_chance: Floats, n: int,
    lowest: float = -1.0,
) -> Estimate:  # fmt: skip
    from scipy.special import stdtrit

    value = (observed - chance) / (1 - chance)
    if n < 2:
        return Estimate(value, absent="not_estimable: no interval from one unit")
    terms = weights - (1 - value) * by_chance
    centre = observed - 2 * (1 - value) * chance
    variance = float((shares * terms**2).sum()) - centre**2
    half = float(stdtrit(n - 1, 0.975)) * (max(variance, 0.0) / n) ** 0.5 / (1 - chance)
    return Estimate(value, max(lowest, value - half), min(1.0, value + half))


def two_by_two(
    first: Sequence[str], second: Sequence[str], positive: Collection[str]
) -> tuple[int, int, int, int]:
    """Count the 2×2 table of two raters.

    Parameters
    ----------
    first, second : sequence of str
        Category of each unit, in the same order of units.
    positive : collection of str
        Categories that count as positive, as ``{"include"}``.

    Returns
    -------
    (a, b, c, d) : tuple of int
        a: both positive; b: only the first; c: only the second; d: neither.
    """
    counts = Counter((x in positive, y in positive) for x, y in zip(first, second, strict=True))
    return (
        counts[True, True],
        counts[True, False],
        counts[False, True],
        counts[False, False],
    )
