"""What the cells of a citation matrix mean.

Six states: a review includes a study; does not; could not have (structural missingness, X); saw and
excluded it; the study is outside the scope of the review; or the review gives no list at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

INCLUDED = "included"
NOT_INCLUDED = "not_included"
STRUCTURAL_MISSING = "structural_missing"
EXCLUDED = "excluded"
INELIGIBLE = "ineligible"
UNKNOWN = "unknown"
STATES = (INCLUDED, NOT_INCLUDED, STRUCTURAL_MISSING, EXCLUDED, INELIGIBLE, UNKNOWN)

EMPTY = (NOT_INCLUDED, STRUCTURAL_MISSING)
"""What an empty cell may mean; files differ, so that the user says it."""

_WORDS = {
    **dict.fromkeys(("1", "yes", "y", "true", "1 - yes"), INCLUDED),
    **dict.fromkeys(("0", "no", "n", "false", "0 - no"), NOT_INCLUDED),
    **{state: state for state in STATES},
    "not included": NOT_INCLUDED,
    "structural missing": STRUCTURAL_MISSING,
    "?": UNKNOWN,
}
_LETTERS = {"X": STRUCTURAL_MISSING, "NA": STRUCTURAL_MISSING}
_WHOLE = re.compile(r"([01])\.0*")

ALLOWED = (
    "1, Yes, Y, TRUE, 1 - Yes; 0, No, N, FALSE, 0 - No, empty; X, NA; excluded, ineligible, unknown"
)
"""All codes, for messages."""


@dataclass(frozen=True)
class Codes:
    """How the codes that files use in different ways are read.

    Parameters
    ----------
    empty : {"not_included", "structural_missing"}
        What an empty cell means.
    lower_x : bool
        Whether a lower-case x means that the review includes the study; else it is a fault.
    repeats : {"error", "different"}
        Whether a study that stands twice is a fault, or two studies of one name.
    """

    empty: str = NOT_INCLUDED
    lower_x: bool = False
    repeats: str = "error"


def state_of(text: str, codes: Codes) -> str | None:
    """Read a cell; ``None`` where it is no code.

    Examples
    --------
    >>> state_of("Yes", Codes()), state_of("X", Codes()), state_of("x", Codes())
    ('included', 'structural_missing', None)
    """
    word = " ".join(text.split())
    if not word:
        return codes.empty
    if word == "x":
        return INCLUDED if codes.lower_x else None
    if word in _LETTERS:
        return _LETTERS[word]
    return _WORDS.get(_WHOLE.sub(r"\1", word).casefold())
