"""What the pooling of raw counts shares: its result, and Q of tables about a common effect."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import chdtrc

from parapluie.effects.cells import Sizes
from parapluie.effects.heterogeneity import from_q
from parapluie.effects.intervals import quantile, two_sided_p
from parapluie.effects.pool_blocks import Array

NO_TABLES = "not_estimable: no table can be used"
NO_EFFECT = "not_estimable: the tables give no finite effect with a variance"


@dataclass(frozen=True)
class Test:
    """A chi-squared statistic with its degrees of freedom and p; NaN with a reason if absent."""

    __test__ = False

    statistic: float
    df: float
    p: float
    reason: str = ""


@dataclass(frozen=True)
class PooledTables:
    """A common effect of tables of counts, on the scale of analysis (natural logs for ratios).

    Parameters
    ----------
    method, measure : str
        Rule and measure.
    level : float
        Of the interval, which is normal.
    k : int
        Tables that enter the estimate.
    estimate, se, ci_low, ci_high, statistic, p : float
        Common effect; NaN where `reason` says why.
    q, df, q_p, i2_q, h2_q : float
        Squares of the tables' own effects about the common one, weighted by their inverse
        variance; I² (percent) and H² by it.
    k_q : int
        Tables that have an effect of their own, and so enter Q.
    tests : mapping
        Further tests by name.
    reason : str
        Why there is no estimate; empty if there is one.
    q_reason : str
        Why there is no Q.
    notes : tuple of str
        What was done to zero cells, and which rows were left out.
    """

    method: str
    measure: str
    level: float
    k: int
    estimate: float
    se: float
    ci_low: float
    ci_high: float
    statistic: float
    p: float
    q: float
    df: float
    q_p: float
    i2_q: float
    h2_q: float
    k_q: int
    tests: Mapping[str, Test] = field(default_factory=dict)
    reason: str = ""
    q_reason: str = ""
    notes: tuple[str, ...] = ()


def chi_squared(statistic: float, df: float) -> Test:
    """Give a test; absent where it has no degrees of freedom or no statistic."""
    if math.isnan(statistic) or df < 1:
        return Test(math.nan, df, math.nan, f"not_estimable: {df:g} degrees of freedom")
    return Test(statistic, df, float(chdtrc(df, statistic)))


@dataclass(frozen=True)
class Common:
    """A common effect and its variance, or why there is none."""

    method: str
    measure: str
    level: float
    k: int
    estimate: float = math.nan
    variance: float = math.nan
    reason: str = ""

    def checked(self) -> Common:
        """Take back what is no finite effect with a positive variance."""
        there = not self.reason and math.isfinite(self.estimate) and 0 < self.variance < math.inf
        if there:
            return self
        reason = NO_TABLES if self.k == 0 else self.reason or NO_EFFECT
        return replace(self, estimate=math.nan, variance=math.nan, reason=reason)


def pooled_tables(
    common: Common, own: Sizes, tests: Mapping[str, Test], notes: tuple[str, ...]
) -> PooledTables:
    """Give the interval of a common effect, and Q of the tables' own effects about it."""
    common = common.checked()
    usable = own.reason == ""
    k_q = int(np.count_nonzero(usable))
    df = float(max(k_q - 1, 0))
    se, infinite = math.sqrt(common.variance), np.array([math.inf])
    half = float(quantile(infinite, common.level)[0]) * se
    q, why = _q(own.yi[usable], own.vi[usable], common.estimate)
    i2, h2 = (float(x[0]) for x in from_q(np.array([q]), np.array([df or math.nan])))
    return PooledTables(
        method=common.method,
        measure=common.measure,
        level=common.level,
        k=common.k,
        estimate=common.estimate,
        se=se,
        ci_low=common.estimate - half,
        ci_high=common.estimate + half,
        statistic=common.estimate / se,
        p=float(two_sided_p(np.array([common.estimate / se]), infinite)[0]),
        q=q,
        df=df,
        q_p=math.nan if why else float(chdtrc(df, q)),
        i2_q=math.nan if why else i2,
        h2_q=math.nan if why else h2,
        k_q=k_q,
        tests=tests,
        reason=common.reason,
        q_reason=why,
        notes=notes,
    )


def _q(yi: Array, vi: Array, estimate: float) -> tuple[float, str]:
    """Give the weighted squares about an estimate, or why there are none."""
    if math.isnan(estimate):
        return math.nan, "not_estimable: no common effect"
    if yi.size < 2:
        return math.nan, f"not_estimable: k={yi.size}"
    return float(((yi - estimate) ** 2 / vi).sum()), ""


def left_out(count: int) -> tuple[str, ...]:
    """Say how many rows have no table."""
    return (f"rows left out, as they hold no table: {count}",) if count else ()
