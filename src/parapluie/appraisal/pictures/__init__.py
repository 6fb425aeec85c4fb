"""The figures of the appraisal: items by reviews, answers by item, grades."""

from parapluie.appraisal.pictures.sources import Sources
from parapluie.appraisal.pictures.stage import KINDS, Pictures, plan

__all__ = ["KINDS", "Pictures", "Sources", "plan"]
