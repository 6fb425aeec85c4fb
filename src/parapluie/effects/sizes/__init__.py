"""Effect sizes with their sampling variances, one module for each kind of raw cells.

Every function takes cells (column to array) and a rule for zero cells and gives
`parapluie.effects.cells.Sizes`; `parapluie.effects.registry` says which function is which measure.

Books cited: Borenstein M, Hedges LV, Higgins JPT, Rothstein HR. Introduction to Meta-Analysis.
Wiley 2009.
"""
