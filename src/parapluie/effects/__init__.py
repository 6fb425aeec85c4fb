"""Statistics of effects on arrays: no frames, no files.

Every function names the published formula it computes. A number that cannot be had is NaN and has a
reason beside it.
"""

from __future__ import annotations

from parapluie.effects.mantel_haenszel import mantel_haenszel, mantel_haenszel_rates
from parapluie.effects.peto import peto
from parapluie.effects.pooling import Pooled, Pools, pool, pool_sets

__all__ = [
    "Pooled",
    "Pools",
    "mantel_haenszel",
    "mantel_haenszel_rates",
    "peto",
    "pool",
    "pool_sets",
]
