"""The figures of the overlap: pairs, the citation matrix, intersections, the distribution."""

from parapluie.overlap.pictures.lists import Lists, Named, Sources, lists_of, years_and_names
from parapluie.overlap.pictures.stage import KINDS, MOST_REVIEWS, Pictures, plan

__all__ = [
    "KINDS",
    "MOST_REVIEWS",
    "Lists",
    "Named",
    "Pictures",
    "Sources",
    "lists_of",
    "plan",
    "years_and_names",
]
