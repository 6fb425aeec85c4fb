"""The measures of effect: one entry each, which every other part looks up.

To add a measure, add one entry here, and its recipe in `synthesis.study_effects` if it can be
computed from raw cells; the tests go over all entries.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from parapluie.vocabulary import DIFFERENCES, INVERTIBLE, RATIOS


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
    symmetric : bool
        Whether intervals are symmetric about the estimate on the scale of analysis, so that an
        interval gives a standard error.
    """

    code: str
    label: str
    null: float | None
    log: bool = False
    symmetric: bool = True

    @property
    def scale(self) -> str:
        """Name of the scale of analysis."""
        return f"log {self.code}" if self.log else self.code

    @property
    def invertible(self) -> bool:
        """Whether the ratio may be inverted to change the direction of an outcome."""
        return self.code in INVERTIBLE

    @property
    def signed(self) -> bool:
        """Whether a change of direction changes the sign."""
        return self.code in DIFFERENCES

    def to_analysis(self, value: float) -> float:
        """Turn a natural value into the scale of analysis; NaN where there is none."""
        if not self.log:
            return value
        return math.log(value) if value > 0 else math.nan

    def to_natural(self, value: float) -> float:
        """Turn a value on the scale of analysis into a natural one."""
        back: Callable[[float], float] = math.exp if self.log else float
        return back(value)


MEASURES = {
    measure.code: measure
    for measure in (
        Measure("RR", "Risk ratio", 1.0, log=True),
        Measure("OR", "Odds ratio", 1.0, log=True),
        Measure("HR", "Hazard ratio", 1.0, log=True),
        Measure("IRR", "Incidence rate ratio", 1.0, log=True),
        Measure("ROM", "Ratio of means", 1.0, log=True),
        Measure("RD", "Risk difference", 0.0),
        Measure("IRD", "Incidence rate difference", 0.0),
        Measure("SMD", "Standardised mean difference", 0.0),
        Measure("MD", "Mean difference", 0.0),
        Measure("SMC", "Standardised mean change", 0.0),
        Measure("MC", "Mean change", 0.0),
        Measure("COR", "Correlation", 0.0, symmetric=False),
        Measure("ZCOR", "Fisher's z", 0.0),
        Measure("PLO", "Log odds of a proportion", None),
        Measure("PFT", "Double arcsine of a proportion", None),
        Measure("PROP", "Proportion", None, symmetric=False),
        Measure("GEN", "Effect as the review defines it", 0.0, symmetric=False),
    )
}
"""Code to measure."""

assert {code for code, m in MEASURES.items() if m.log} == RATIOS
