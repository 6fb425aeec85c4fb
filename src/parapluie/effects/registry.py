"""The measures of effect: one entry each, which every other part looks up.

To add a measure, add one entry to `MEASURES`; its recipes name the functions that compute it from
raw cells, the default first. The tests go over all entries and all recipes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from parapluie.effects.cells import Cells, Sizes
from parapluie.effects.correction import NO_CORRECTION, ONLY0, Correction
from parapluie.effects.sizes import (
    change,
    correlations,
    means,
    proportions,
    rates,
    standardised,
    tables,
)

ANALYSIS, FISHER, LOGIT, UNKNOWN = "analysis", "Fisher's z", "logit", ""
"""Scales on which a printed interval is symmetric about its estimate."""


@dataclass(frozen=True)
class Recipe:
    """One way from raw cells to an effect.

    Parameters
    ----------
    name : str
        Its name in tables and messages; metafor's name of the measure or variant where it has one.
    words : str
        What it computes, in words that stand beside a number.
    needs : tuple of str
        The cells it needs; ``x|y`` is one or the other.
    compute : callable
        Cells and a rule for zero cells to `Sizes`.
    correction : Correction
        Its usual rule for zero cells.
    """

    name: str
    words: str
    needs: tuple[str, ...]
    compute: Callable[[Cells, Correction], Sizes]
    correction: Correction = NO_CORRECTION


@dataclass(frozen=True)
class Measure:
    """One measure of effect.

    Parameters
    ----------
    code : str
        Its name in every table.
    label : str
        Its name for readers.
    null : float or None
        The natural value of no effect; ``None`` for measures of one group.
    log : bool
        Whether it is analysed as a natural log.
    interval : str
        The scale on which its printed intervals are symmetric: that of the analysis, another one,
        or none that is known.
    invertible : bool
        Whether the ratio may be inverted to change the direction of an outcome; RR never.
    signed : bool
        Whether a change of direction changes the sign.
    t_interval : bool
        Whether printed intervals usually rest on t with n1 + n2 - 2 degrees of freedom.
    recipes : tuple of Recipe
        The ways to it from raw cells, the default first; none for measures that are only given.
    """

    code: str
    label: str
    null: float | None
    log: bool = False
    interval: str = ANALYSIS
    invertible: bool = False
    signed: bool = False
    t_interval: bool = False
    recipes: tuple[Recipe, ...] = ()

    @property
    def scale(self) -> str:
        """Name of the scale of analysis."""
        return f"log {self.code}" if self.log else self.code

    @property
    def symmetric(self) -> bool:
        """Whether intervals are symmetric about the estimate on the scale of analysis."""
        return self.interval == ANALYSIS

    def to_analysis(self, value: float) -> float:
        """Turn a natural value into the scale of analysis; NaN where there is none."""
        if not self.log:
            return value
        return math.log(value) if value > 0 else math.nan

    def to_natural(self, value: float) -> float:
        """Turn a value on the scale of analysis into a natural one."""
        back: Callable[[float], float] = math.exp if self.log else float
        return back(value)

    def recipe(self, name: str = "") -> Recipe:
        """Give a recipe by its name, or the default.

        Raises
        ------
        KeyError
            If there is none of that name; the message lists those there are.
        """
        for recipe in self.recipes:
            if name in ("", recipe.name):
                return recipe
        known = ", ".join(r.name for r in self.recipes) or "none: it is only given"
        raise KeyError(f"{self.code} has no recipe {name!r}; it has {known}")


def _table(
    name: str,
    words: str,
    compute: Callable[[Cells, Correction], Sizes],
    correction: Correction = ONLY0,
) -> Recipe:
    return Recipe(name, words, tables.CELLS, compute, correction)


def _means(name: str, words: str, compute: Callable[[Cells, Correction], Sizes]) -> Recipe:
    return Recipe(name, words, means.CELLS, compute)


def _change(name: str, words: str, compute: Callable[[Cells, Correction], Sizes]) -> Recipe:
    return Recipe(name, words, change.CELLS, compute)


def _pearson(name: str, words: str, compute: Callable[[Cells, Correction], Sizes]) -> Recipe:
    return Recipe(name, words, correlations.CELLS, compute)


def _group(
    name: str,
    words: str,
    compute: Callable[[Cells, Correction], Sizes],
    correction: Correction = ONLY0,
) -> Recipe:
    return Recipe(name, words, proportions.CELLS, compute, correction)


_RISK_RATIO = Measure("RR", "Risk ratio", 1.0, log=True,
    recipes=(_table("RR", "log risk ratio", tables.risk_ratio),))  # fmt: skip
_ODDS_RATIO = Measure("OR", "Odds ratio", 1.0, log=True, invertible=True, recipes=(
    _table("OR", "log odds ratio (Woolf 1955)", tables.odds_ratio),
    _table("PETO", "log odds ratio by Peto's one step (Yusuf 1985)", tables.peto_odds_ratio,
           NO_CORRECTION),
))  # fmt: skip
_RATE_RATIO = Measure("IRR", "Incidence rate ratio", 1.0, log=True, invertible=True, recipes=(
    Recipe("IRR", "log incidence rate ratio", rates.CELLS, rates.rate_ratio, ONLY0),
))  # fmt: skip
_RATE_DIFFERENCE = Measure("IRD", "Incidence rate difference", 0.0, signed=True, recipes=(
    Recipe("IRD", "incidence rate difference", rates.CELLS, rates.rate_difference, ONLY0),
))  # fmt: skip
_RATIO_OF_MEANS = Measure("ROM", "Ratio of means", 1.0, log=True, recipes=(
    _means("ROM", "log ratio of means, bias not corrected", means.ratio_of_means),
    _means("ROM_corrected", "log ratio of means with the second-order correction (Lajeunesse 2015)",
           means.ratio_of_means_corrected),
))  # fmt: skip
_STANDARDISED = Measure("SMD", "Standardised mean difference", 0.0, signed=True, recipes=(
    _means("SMD", "Hedges' g, large-sample variance at g", standardised.hedges_g),
    _means("SMD_LS2", "Hedges' g, variance of d times J²", standardised.g_scaled),
    _means("SMD_UB", "Hedges' g, unbiased variance", standardised.g_unbiased),
    _means("SMD_AV", "Hedges' g, variance at the average of all rows", standardised.g_average),
    _means("SMDH", "difference over the root mean variance (Bonett 2008)", standardised.bonett),
    _means("SMDH_before_4.6", "difference over the root mean variance, variance times J² (metafor "
           "before 4.6)", standardised.bonett_scaled),
    _means("SMD_d", "Cohen's d, bias not corrected", standardised.cohens_d),
))  # fmt: skip
_MEAN_DIFFERENCE = Measure("MD", "Mean difference", 0.0, signed=True, t_interval=True, recipes=(
    _means("MD", "mean difference, variances not taken as equal", means.mean_difference),
    _means("MD_HO", "mean difference, one variance for both groups",
           means.mean_difference_equal_variances),
))  # fmt: skip
_STANDARDISED_CHANGE = Measure("SMC", "Standardised mean change", 0.0, signed=True, recipes=(
    _change("SMCR", "mean change over the standard deviation before (Becker 1988)",
            change.by_sd_before),
    _change("SMCC", "mean change over the standard deviation of the change", change.by_change_sd),
    _change("SMC_cooper", "mean change over the spread of people that the change implies (Cooper "
            "et al. 2009)", change.by_sd_within),
))  # fmt: skip
_MEAN_CHANGE = Measure("MC", "Mean change", 0.0, signed=True, recipes=(
    _change("MC", "mean change", change.mean_change),
))  # fmt: skip
_CORRELATION = Measure("COR", "Correlation", 0.0, interval=FISHER, signed=True, recipes=(
    _pearson("COR", "raw correlation", correlations.correlation),
    _pearson("COR_AV", "raw correlation, variance at the average of all rows",
             correlations.correlation_average),
    _pearson("UCOR", "correlation corrected for bias (Olkin and Pratt 1958)",
             correlations.unbiased_correlation),
))  # fmt: skip
_FISHER = Measure("ZCOR", "Fisher's z", 0.0, signed=True, recipes=(
    _pearson("ZCOR", "Fisher's z", correlations.fisher_z),
))  # fmt: skip

MEASURES: Mapping[str, Measure] = {
    measure.code: measure
    for measure in (
        _RISK_RATIO,
        _ODDS_RATIO,
        Measure("HR", "Hazard ratio", 1.0, log=True, invertible=True),
        _RATE_RATIO,
        _RATIO_OF_MEANS,
        Measure("RD", "Risk difference", 0.0, signed=True,
                recipes=(_table("RD", "risk difference", tables.risk_difference),)),
        Measure("AS", "Arcsine difference of risks", 0.0, signed=True, recipes=(
            _table("AS", "arcsine difference of risks (Rücker 2009)", tables.arcsine_difference,
                   NO_CORRECTION),
        )),
        _RATE_DIFFERENCE,
        _STANDARDISED,
        _MEAN_DIFFERENCE,
        _STANDARDISED_CHANGE,
        _MEAN_CHANGE,
        _CORRELATION,
        _FISHER,
        Measure("PLO", "Log odds of a proportion", None,
                recipes=(_group("PLO", "log odds of a proportion", proportions.log_odds),)),
        Measure("PLN", "Log of a proportion", None,
                recipes=(_group("PLN", "log of a proportion", proportions.log_proportion),)),
        Measure("PAS", "Arcsine of a proportion", None, recipes=(
            _group("PAS", "arcsine of a proportion", proportions.arcsine, NO_CORRECTION),
        )),
        Measure("PFT", "Double arcsine of a proportion", None, recipes=(
            _group("PFT", "double arcsine of a proportion", proportions.double_arcsine,
                   NO_CORRECTION),
        )),
        Measure("PROP", "Proportion", None, interval=LOGIT,
                recipes=(_group("PR", "raw proportion", proportions.proportion),)),
        Measure("GEN", "Effect as the review defines it", 0.0, interval=UNKNOWN),
    )
}  # fmt: skip
"""Code to measure."""


def escalc(
    measure: str, cells: Cells, recipe: str = "", correction: Correction | None = None
) -> Sizes:
    """Compute effects with their variances from raw cells.

    Parameters
    ----------
    measure : str
        A key of `MEASURES`.
    cells : mapping
        Column to numbers, one a row; NaN where a row has none. Which columns, says the recipe.
    recipe : str
        Name of a recipe of the measure; default its first.
    correction : Correction, optional
        What is done with zero cells; default the usual rule of the recipe.

    Returns
    -------
    Sizes
        On the scale of analysis; every row has a number or a reason.

    Raises
    ------
    KeyError
        If there is no such measure or recipe; the message lists those there are.

    Examples
    --------
    >>> escalc("RR", {"ai": 4, "n1i": 123, "ci": 11, "n2i": 139}).yi.round(4)
    array([-0.8893])
    """
    if measure not in MEASURES:
        raise KeyError(f"{measure!r} is no measure; there are {', '.join(MEASURES)}")
    made = MEASURES[measure].recipe(recipe)
    return made.compute(cells, made.correction if correction is None else correction)
