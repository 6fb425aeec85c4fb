"""The PRISMA 2020 flow of an overview: counted from the rows, checked, drawn.

Modules
-------
counts
    Every box of the flow, counted from the tables of the stages before.
checks
    Identities between the boxes, of a counted flow and of one that a publication prints.
recount
    The same screening counts by a second path, straight from the files of decisions.
template
    The boxes of the PRISMA 2020 template, and the reader of the PRISMA2020 package's CSV form.
diagram
    The drawing.
"""
