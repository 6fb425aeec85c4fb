"""The sentence of the overlap on the page: as its stage wrote it, each number with its key."""

from __future__ import annotations

import re
from html import escape

from parapluie.report.results import Results
from parapluie.rounding import half_away

_ALL = "overlap.all."
PLACES: tuple[tuple[str, str, int], ...] = (
    (_ALL + "c", r"^(\S+) reviews included ", 0),
    (_ALL + "r", r"reviews included (\S+) different", 0),
    (_ALL + "n", r"primary studies (\S+) times", 0),
    (_ALL + "in_more_than_one", r"times; (\S+) studies stood", 0),
    (_ALL + "cca_percent", r"covered area was (\S+) %", 2),
    (_ALL + "x", r"Without (\S+) structurally missing", 0),
    (_ALL + "cca_adjusted", r"\) it was (\S+) % \(", 2),
    (_ALL + "pairs", r"Of (\S+) pairs of reviews", 0),
    *(
        (f"{_ALL}share_{band}", rf"pairs of reviews .*?(\S+) % {band.replace('_', ' ')}[,.]", 1)
        for band in ("slight", "moderate", "high", "very_high")
    ),
    (_ALL + "wcca", r"after Ying 2025\): (\S+) %", 2),
    ("overlap.recorded.r", r"recorded distribution of (\S+) studies", 0),
    ("overlap.recorded.cca_low_percent", r"covered area from (\S+) to", 2),
    ("overlap.recorded.cca_high_percent", r"covered area from \S+ to (\S+) %", 2),
)
"""Key of a number, where it stands in the sentence, and its decimals."""

_PROPORTIONS = ("cca_adjusted", "wcca")


def sentence_html(results: Results) -> str:
    """Write the sentence, its numbers traceable; nothing where the stage wrote none.

    A number that is not that of its figure gets no key: the tests of the page find it.
    """
    text = next((row["text"] for row in results.rows("overlap/sentence")), "")
    spans = []
    for key, pattern, places in PLACES:
        found = re.search(pattern, text)
        if found and found.group(1) == _shown(results, key, places):
            spans.append((*found.span(1), key))
    parts, end = [], 0
    for start, stop, key in sorted(spans):
        parts.append(_words(text[end:start]))
        parts.append(f'<span class="n" data-key="{key}">{escape(text[start:stop])}</span>')
        end = stop
    return "".join([*parts, _words(text[end:])])


def _shown(results: Results, key: str, places: int) -> str:
    line = results.figures.get(key)
    if line is None or line["absent_reason"]:
        return ""
    name = key.rpartition(".")[2]
    factor = 100 if name in _PROPORTIONS or name.startswith("share_") else 1
    return str(half_away(factor * float(line["value"]), places))


_NAMES = re.compile(
    r"\(.*?\)\)?|wCCA \(.*?\)|\S*\d\S*(?= sample sizes imputed)|\d+ without a list.*?\)"
)
"""Parts whose digits are no results: cut-offs, citations, names of reviews, what was imputed."""


def _words(text: str) -> str:
    """Escape words; those that name something get the class ``label``."""
    parts, end = [], 0
    for found in _NAMES.finditer(text):
        parts.append(escape(text[end : found.start()]))
        said = escape(found.group())
        parts.append(f'<span class="label">{said}</span>' if re.search(r"\d", said) else said)
        end = found.end()
    return "".join([*parts, escape(text[end:])])
