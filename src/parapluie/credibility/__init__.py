"""Credibility: the class of each pooled result by declared sets of rules.

A set of rules is a YAML file; each class is given with every criterion, its value and its
threshold, whether it passed, failed or could not be assessed and why, and what would change the
class. The class stands beside the certainty of evidence (GRADE, as a review gives it) and the
quality of the review (AMSTAR 2); the three are never merged.
"""
