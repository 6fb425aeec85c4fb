"""Synthesis: the reviews' own results side by side, and primary studies pooled.

Reviews are not studies. What reviews print is harmonised in direction, checked against itself and
shown as it is; it is pooled only if the protocol says so. Results of primary studies are averaged
within each study and then pooled.
"""

from __future__ import annotations

from parapluie.synthesis.pooling import Fit, pool
from parapluie.synthesis.stage import Result, Sources, synthesise

__all__ = ["Fit", "Result", "Sources", "pool", "synthesise"]
