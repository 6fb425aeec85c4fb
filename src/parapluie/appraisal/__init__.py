"""Appraisal: how far each included review can be relied on.

AMSTAR 2 is computed from item answers; other tools, and reviews of which a source prints only the
grade, are taken as recorded. Tools are data (``tools/*.yaml``).
"""

from parapluie.appraisal.answers import Source
from parapluie.appraisal.blinding import Team
from parapluie.appraisal.stage import Appraisal, Graded, Inputs, appraise

__all__ = ["Appraisal", "Graded", "Inputs", "Source", "Team", "appraise"]
