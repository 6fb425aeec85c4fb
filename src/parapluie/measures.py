"""The measures of effect, by code; their one entry stands in `parapluie.effects.registry`."""

from __future__ import annotations

from parapluie.effects.registry import MEASURES, Measure

__all__ = ["MEASURES", "Measure"]
