"""parapluie: umbrella reviews that are run, not typed.

Vocabulary (the field's terms, used with one meaning everywhere)
----------------------------------------------------------------
record
    One entry of a search export.
report
    A document (paper, protocol, abstract); several records can be one report.
review
    One systematic review, told by one or more reports.
study
    A primary study inside reviews.
effect
    One number with its uncertainty.
figure (of a report)
    One value with a key, under which its rows, its rule and its source are found. A picture is
    called a drawing in the code.
"""

__version__ = "0.1.0"
