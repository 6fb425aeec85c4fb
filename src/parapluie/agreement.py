"""Agreement of two raters on the same units: percent, kappa, PABAK and AC1, with the 2×2 table.

All four are given because each misleads alone: with a rare category percent agreement stays near 1
while kappa falls, whatever the raters do.

References
----------
Cohen 1960, Educational and Psychological Measurement 20:37-46 (kappa).
Byrt, Bishop and Carlin 1993, Journal of Clinical Epidemiology 46:423-429 (PABAK).
Gwet 2008, British Journal of Mathematical and Statistical Psychology 61:29-48 (AC1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

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
