"""From one measure to another, each step with what it supposes.

Nodes are the measures of the registry, and ``d`` (Cohen's d, bias not corrected). Effects and
variances are on the scale of analysis; variances are carried by the delta method unless said
otherwise. Facts that a step needs beside the effect (sizes, a baseline risk) are taken as known
without error.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from parapluie.effects.cells import Array, Texts, mark, texts
from parapluie.effects.sizes.means import hedges_factor

D = "d"
"""Cohen's d: the standardised mean difference before the correction of its bias."""
LOGISTIC = np.pi / np.sqrt(3.0)
"""Standard deviation of the logistic distribution."""
COX = 1.65
"""Cox DR. Analysis of Binary Data. 1970; Sánchez-Meca J et al. Psychol Methods 2003;8:448-467."""

Facts = Mapping[str, Array]
Pair = tuple[Array, Array]


@dataclass(frozen=True)
class Step:
    """One step from a measure to another.

    Parameters
    ----------
    source, target : str
        Measures.
    needs : tuple of str
        Facts that must be given: ``n1 n2`` sizes, ``baseline_risk`` of the comparison group (0 to
        1), ``sd`` standard deviation of the outcome, ``df`` its degrees of freedom.
    supposes : str
        What must be true for the number to mean what it says.
    compute : callable
        yi, vi and facts to yi and vi.
    assumed : bool
        Whether nothing is computed: one measure is taken for another.
    """

    source: str
    target: str
    needs: tuple[str, ...]
    supposes: str
    compute: Callable[[Array, Array, Facts], Pair]
    assumed: bool = False


@dataclass(frozen=True)
class Converted:
    """Effects on another measure.

    ``path`` names the measures gone through, ``supposes`` what each step takes as true, ``reason``
    why a row has no number.
    """

    yi: Array
    vi: Array
    path: str
    supposes: str
    reason: Texts


# --- standardised difference and odds ratio -------------------------------------------------------


def _times(factor: float) -> Callable[[Array, Array, Facts], Pair]:
    return lambda yi, vi, facts: (yi * factor, vi * factor**2)


def _same(yi: Array, vi: Array, facts: Facts) -> Pair:
    return yi, vi


def d_to_log_odds_ratio(yi: Array, vi: Array, scale: float = LOGISTIC) -> Pair:
    """Standardised difference to log odds ratio.

    ``ln OR = d pi/sqrt(3)``, variance times pi²/3. Hasselblad V, Hedges LV. Psychol Bull
    1995;117:167-178; Chinn S. Stat Med 2000;19:3127-3131. With `scale` = `COX` the factor of Cox
    (1970), which supposes normal values.
    """
    return yi * scale, vi * scale**2


def log_odds_ratio_to_d(yi: Array, vi: Array, scale: float = LOGISTIC) -> Pair:
    """Log odds ratio to standardised difference, the inverse of `d_to_log_odds_ratio`."""
    return yi / scale, vi / scale**2


# --- bias correction ------------------------------------------------------------------------------


def _d_to_g(yi: Array, vi: Array, facts: Facts) -> Pair:
    """Hedges 1981: J times d, J² times its variance."""
    j = hedges_factor(facts["n1"] + facts["n2"] - 2)
    return yi * j, vi * j**2


def _g_to_d(yi: Array, vi: Array, facts: Facts) -> Pair:
    j = hedges_factor(facts["n1"] + facts["n2"] - 2)
    return yi / j, vi / j**2


# --- correlations ---------------------------------------------------------------------------------


def _split(facts: Facts) -> Array | float:
    """Give ``N^2/(n1 n2)``, which is 4 for groups of equal size."""
    if "n1" in facts and "n2" in facts:
        return np.asarray((facts["n1"] + facts["n2"]) ** 2 / (facts["n1"] * facts["n2"]))
    return 4.0


def r_to_d(yi: Array, vi: Array, a: ArrayLike = 4.0) -> Pair:
    """Correlation to standardised difference.

    ``d = sqrt(a) r/sqrt(1 - r^2)`` with variance ``a v/(1 - r^2)^3``, where ``a = N^2/(n1 n2)``
    (4 for equal groups: ``d = 2r/sqrt(1 - r^2)``). Borenstein et al. 2009, chapter 7.
    """
    a = np.asarray(a, dtype=float)
    return np.sqrt(a) * yi / np.sqrt(1 - yi**2), a * vi / (1 - yi**2) ** 3


def d_to_r(yi: Array, vi: Array, a: ArrayLike = 4.0) -> Pair:
    """Standardised difference to correlation, the inverse of `r_to_d`.

    ``r = d/sqrt(d^2 + a)`` with variance ``a^2 v/(d^2 + a)^3``. Borenstein et al. 2009, chapter 7.
    """
    a = np.asarray(a, dtype=float)
    return yi / np.sqrt(yi**2 + a), a**2 * vi / (yi**2 + a) ** 3


def _r_to_z(yi: Array, vi: Array, facts: Facts) -> Pair:
    """Fisher 1921: ``atanh(r)``; ``1/(n - 3)`` where the size is known, else the delta method."""
    delta = vi / (1 - yi**2) ** 2
    if "n" in facts:
        exact = np.where(facts["n"] > 3, 1 / (facts["n"] - 3), np.nan)
        return np.arctanh(yi), exact
    return np.arctanh(yi), delta


def _z_to_r(yi: Array, vi: Array, facts: Facts) -> Pair:
    r = np.tanh(yi)
    return r, vi * (1 - r**2) ** 2


# --- risks ----------------------------------------------------------------------------------------


def odds_ratio_to_risk_ratio(yi: Array, vi: Array, risk: Array) -> Pair:
    """Log odds ratio to log risk ratio at a baseline risk.

    ``RR = OR/(1 - p0 + p0 OR)``. Zhang J, Yu KF. JAMA 1998;280:1690-1691. The variance by the delta
    method: ``(1 - p0)/(1 - p0 + p0 OR)`` squared. For adjusted odds ratios this is biased (McNutt
    2003).
    """
    below = 1 - risk + risk * np.exp(yi)
    return yi - np.log(below), vi * ((1 - risk) / below) ** 2


def risk_ratio_to_odds_ratio(yi: Array, vi: Array, risk: Array) -> Pair:
    """Log risk ratio to log odds ratio at a baseline risk.

    ``OR = RR (1 - p0)/(1 - p0 RR)``. Grant RL. BMJ 2014;348:f7450. The variance by the delta
    method: ``1/(1 - p0 RR)`` squared. None where ``p0 RR`` is 1 or more.
    """
    left = np.where(risk * np.exp(yi) < 1, 1 - risk * np.exp(yi), np.nan)
    return yi + np.log((1 - risk) / left), vi / left**2


def risk_ratio_to_difference(yi: Array, vi: Array, risk: Array) -> Pair:
    """Log risk ratio to risk difference: ``p0 (RR - 1)``, delta method ``p0 RR`` squared.

    Schünemann HJ et al. Cochrane Handbook, chapter 15 (absolute effects from a baseline risk).
    """
    return risk * np.expm1(yi), vi * (risk * np.exp(yi)) ** 2


# --- difference of means --------------------------------------------------------------------------


def _md_to_d(yi: Array, vi: Array, facts: Facts) -> Pair:
    """``d = MD/s``: variance ``v/s^2``, plus ``d^2/(2 df)`` where s is itself an estimate."""
    d = yi / facts["sd"]
    vd = vi / facts["sd"] ** 2
    return d, vd + d**2 / (2 * facts["df"]) if "df" in facts else vd


def _d_to_md(yi: Array, vi: Array, facts: Facts) -> Pair:
    return yi * facts["sd"], vi * facts["sd"] ** 2


_TWO_GROUPS = ("n1", "n2")
_LOGISTIC_WORDS = "a continuous outcome with logistic values, cut at any point"
_POINT = "two groups stand for two values of the other variable (point-biserial correlation)"
_BASELINE = "the baseline risk is that of the comparison group, known without error"
_RARE = "is taken for an odds ratio: near it only if the outcome is rare in both groups"

STEPS: tuple[Step, ...] = (
    Step(D, "SMD", _TWO_GROUPS, "g = J d (Hedges 1981)", _d_to_g),
    Step("SMD", D, _TWO_GROUPS, "d = g/J (Hedges 1981)", _g_to_d),
    Step("SMD", "OR", (), _LOGISTIC_WORDS, _times(LOGISTIC)),
    Step("OR", "SMD", (), _LOGISTIC_WORDS, _times(1 / LOGISTIC)),
    Step(D, "OR", (), _LOGISTIC_WORDS, _times(LOGISTIC)),
    Step("OR", D, (), _LOGISTIC_WORDS, _times(1 / LOGISTIC)),
    Step("COR", D, (), _POINT, lambda y, v, f: r_to_d(y, v, _split(f))),
    Step(D, "COR", (), _POINT, lambda y, v, f: d_to_r(y, v, _split(f))),
    Step("COR", "ZCOR", (), "z = atanh(r) (Fisher 1921)", _r_to_z),
    Step("ZCOR", "COR", (), "r = tanh(z) (Fisher 1921)", _z_to_r),
    Step("OR", "RR", ("baseline_risk",), f"{_BASELINE} (Zhang and Yu 1998)",
         lambda y, v, f: odds_ratio_to_risk_ratio(y, v, f["baseline_risk"])),
    Step("RR", "OR", ("baseline_risk",), f"{_BASELINE} (Grant 2014)",
         lambda y, v, f: risk_ratio_to_odds_ratio(y, v, f["baseline_risk"])),
    Step("RR", "RD", ("baseline_risk",), _BASELINE,
         lambda y, v, f: risk_ratio_to_difference(y, v, f["baseline_risk"])),
    Step("MD", D, ("sd",), "the standard deviation is that of the outcome in both groups",
         _md_to_d),
    Step(D, "MD", ("sd",), "the standard deviation is known without error", _d_to_md),
    Step("HR", "OR", (), f"the hazard ratio {_RARE}", _same, assumed=True),
    Step("IRR", "OR", (), f"the incidence rate ratio {_RARE}", _same, assumed=True),
)  # fmt: skip
"""All steps, in the order in which ways of equal length are preferred."""


def ways(source: str, target: str, given: set[str], assumed: bool = True) -> list[Step] | None:
    """Give the shortest way between two measures with the facts at hand, or ``None``.

    Parameters
    ----------
    source, target : str
        Measures.
    given : set of str
        Names of the facts that are there.
    assumed : bool
        Whether steps that take one measure for another are allowed.
    """
    steps = [s for s in STEPS if set(s.needs) <= given and (assumed or not s.assumed)]
    queue: deque[list[Step]] = deque([[]])
    reached = {source}
    while queue:
        way = queue.popleft()
        here = way[-1].target if way else source
        if here == target:
            return way
        for step in steps:
            if step.source == here and step.target not in reached:
                reached.add(step.target)
                queue.append([*way, step])
    return None


def convert(
    yi: ArrayLike,
    vi: ArrayLike,
    source: str,
    target: str,
    facts: Mapping[str, ArrayLike] | None = None,
    assumed: bool = True,
) -> Converted:
    """Bring effects from one measure to another.

    Parameters
    ----------
    yi, vi : array_like of float
        On the scale of analysis of `source`.
    source, target : str
        Measures, or `D`.
    facts : mapping, optional
        What steps need or use: ``n1 n2`` (sizes of two groups), ``n`` (of a correlation),
        ``baseline_risk`` (0 to 1), ``sd``, ``df``.
    assumed : bool
        Whether one measure may be taken for another (a hazard ratio for an odds ratio).

    Returns
    -------
    Converted

    Raises
    ------
    ValueError
        If no way leads there with these facts; the message says what would open one.
    """
    there = {k: np.atleast_1d(np.asarray(v, dtype=float)) for k, v in (facts or {}).items()}
    way = ways(source, target, set(there), assumed)
    if way is None:
        raise ValueError(_no_way(source, target, set(there), assumed))
    y, v, *values = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(a, dtype=float)) for a in (yi, vi, *there.values()))
    )
    there = dict(zip(there, values, strict=True))
    reason = _reasons(y, v, there, way)
    with np.errstate(all="ignore"):
        for step in way:
            y, v = step.compute(y, v, there)
    mark(reason, ~(np.isfinite(y) & np.isfinite(v)), f"no finite number as {target}")
    fine = reason == ""
    return Converted(
        np.where(fine, y, np.nan),
        np.where(fine, v, np.nan),
        " to ".join([source, *(s.target for s in way)]),
        "; ".join(s.supposes for s in way),
        reason,
    )


def _reasons(y: Array, v: Array, facts: Facts, way: list[Step]) -> Texts:
    reason = texts(len(y))
    with np.errstate(invalid="ignore"):
        mark(reason, ~(np.isfinite(y) & np.isfinite(v)), "not_available: no effect to convert")
        for need in dict.fromkeys(n for s in way for n in s.needs):
            value = facts[need]
            mark(reason, np.isnan(value), f"not_available: no {need}")
            outside = ~((value > 0) & (value < 1)) if need == "baseline_risk" else ~(value > 0)
            mark(reason, outside, f"{need} is not possible")
        for step in way:
            if step.source == "COR" and step is way[0]:
                mark(reason, ~(np.abs(y) < 1), "a correlation is not between -1 and 1")
    return reason


def _no_way(source: str, target: str, given: set[str], assumed: bool) -> str:
    everything = {need for step in STEPS for need in step.needs}
    wider = ways(source, target, given | everything, assumed)
    if wider is None:
        return f"no way leads from {source} to {target}"
    lacking = sorted({n for s in wider for n in s.needs} - given)
    return f"from {source} to {target} one needs {', '.join(lacking)} too"


# --- equivalents ----------------------------------------------------------------------------------

_ODDS_LIKE = ("OR", "RR", "HR", "IRR")


def equivalent_g(yi: ArrayLike, measure: str) -> Array:
    """Give an effect as a standardised difference, to set unlike measures side by side.

    As metaumbrella does: ``eG = ln(ratio) sqrt(3)/pi``, any ratio taken for an odds ratio; from
    Fisher's z through r, ``2r/sqrt(1 - r^2)``.

    Parameters
    ----------
    yi : array_like of float
        On the scale of analysis.
    measure : str
        OR, RR, HR, IRR, SMD, SMC, COR or ZCOR.

    Raises
    ------
    ValueError
        If the measure has no equivalent.
    """
    y = np.asarray(yi, dtype=float)
    if measure in _ODDS_LIKE:
        return np.asarray(y / LOGISTIC)
    if measure in ("COR", "ZCOR"):
        r = y if measure == "COR" else np.tanh(y)
        return np.asarray(2 * r / np.sqrt(1 - r**2))
    if measure in ("SMD", "SMC", D):
        return y
    raise ValueError(f"{measure} has no equivalent standardised difference")


def equivalent_odds_ratio(yi: ArrayLike, measure: str) -> Array:
    """Give an effect as an odds ratio: ``exp(eG pi/sqrt(3))``; see `equivalent_g`."""
    return np.asarray(np.exp(equivalent_g(yi, measure) * LOGISTIC))
