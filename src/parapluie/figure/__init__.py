"""What the figures of all stages are made with: texts that are measured, a canvas, legends, spots.

Places are in points from the upper left corner. Type is 7 points, as journals ask; letters that the
house font lacks come from fonts of the machine.
"""
