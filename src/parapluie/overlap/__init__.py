"""Overlap: how many primary studies the included reviews share.

The stage turns lists of studies into a citation matrix, the corrected covered area overall and per
pair, containment, and the distribution of studies over reviews. What a source only records is
bounded and shown beside what is counted, never mixed with it.
"""

from parapluie.overlap.stage import Inputs, Options, Overlap, overlap

__all__ = ["Inputs", "Options", "Overlap", "overlap"]
