"""From whatever a paper prints to an effect and its variance, with the way said beside it.

The ways are tried in one order (`paths`); the first that is complete and gives a number is taken.
Where none is, the reason says what each began way still lacks. Nothing is averaged over ways, and
no way is taken silently: its code, its words and what it supposed stand beside the number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from parapluie.effects import given, worked
from parapluie.effects.cells import NOT_AVAILABLE, Array, Mask, Texts, length, texts
from parapluie.effects.entry import DEFAULT, NOT_THIS_WAY, TEXT_COLUMNS, Found, Path, Rules, words
from parapluie.effects.registry import MEASURES, Measure

NUMBERS = (
    "yi", "vi", "se", "estimate", "ci_low", "ci_high", "ci_level", "z", "t", "f", "chi2", "df",
    "p", "direction", "o_e", "v", "ai", "bi", "ci", "di", "n1i", "n2i", "percent1i", "percent2i",
    "x1i", "t1i", "x2i", "t2i", "xi", "mi", "ni", "ri",
    *(f"{c}{g}i{end}" for g in (1, 2) for c, end in (
        ("m", ""), ("sd", ""), ("se", ""), ("m", "_low"), ("m", "_high"), ("m", "_pre"),
        ("sd", "_pre"), ("mc", ""), ("sdc", ""), ("m", "_adjusted"), ("min_", ""), ("q1_", ""),
        ("median_", ""), ("q3_", ""), ("max_", ""),
    )),
    "md", "md_se", "md_low", "md_high", "sd", "r_covariate", "n_covariates",
)  # fmt: skip
"""Every column of numbers that a way reads; those of words are `TEXT_COLUMNS`."""


@dataclass(frozen=True)
class Entered:
    """Effects of many rows, each with its way.

    Parameters
    ----------
    yi, vi : array of float
        On the scale of analysis; NaN only where `reason` says why.
    path : array of str
        Code of the way; empty where there is none.
    words : array of str
        The way in words, with what it supposed.
    asymmetry : array of float
        Of the interval on which the number rests: 0 symmetric, 1 all above the estimate, -1 all
        below; NaN where no interval was used.
    reason : array of str
        Why a row has no effect: what failed, and what each begun way lacks.
    """

    yi: Array
    vi: Array
    path: Texts
    words: Texts
    asymmetry: Array
    reason: Texts

    def __len__(self) -> int:
        """Give the number of rows."""
        return len(self.yi)


def paths(measure: Measure, rules: Rules = DEFAULT) -> list[Path]:
    """Give the ways to a measure, in the order in which they are tried.

    What needs least supposed comes first: effects printed whole; raw cells (before those, if the
    rules say so); estimates with a test statistic; raw numbers worked out from others; effects
    printed in part or with a p; test statistics alone; sizes alone.
    """
    raw: list[Path] = []
    if measure.recipes:
        recipe = measure.recipe(rules.recipes.get(measure.code, ""))
        raw = [Path(f"cells:{recipe.name}", recipe.words, recipe.needs, worked.from_cells)]
    first = [*raw, *given.PRINTED] if rules.cells_first else [*given.PRINTED, *raw]
    guesses = given.GUESSES if rules.guess_variance else ()
    ways = [
        *first, *given.STATISTICS, *worked.WORKED, *given.PARTIAL, *worked.TESTS, *given.LAST,
        *guesses,
    ]  # fmt: skip
    return [way for way in ways if way.serves(measure)]


def enter(measure: str, cells: Mapping[str, ArrayLike], rules: Rules = DEFAULT) -> Entered:
    """Give each row its effect by the first complete way.

    Parameters
    ----------
    measure : str
        A key of `MEASURES`.
    cells : mapping
        Column to values, one a row; NaN (or an empty word) where a row has none. Ratios stand on
        the natural scale in ``estimate``, ``ci_low`` and ``ci_high``, as logs in ``yi``.
    rules : Rules
        What is decided for all rows.

    Returns
    -------
    Entered

    Raises
    ------
    KeyError
        If there is no such measure.

    Examples
    --------
    >>> enter("OR", {"estimate": 2.0, "ci_low": 1.0, "ci_high": 4.0}).path
    array(['interval'], dtype=object)
    """
    if measure not in MEASURES:
        raise KeyError(f"{measure!r} is no measure; there are {', '.join(MEASURES)}")
    n = length(cells)
    rows = _broadcast(cells, n)
    out = _Filling(n)
    ways = paths(MEASURES[measure], rules)
    for way in ways:
        open_rows = out.open & ~_lacks_any(rows, way.needs, n)
        if open_rows.any():
            part = {name: values[open_rows] for name, values in rows.items()}
            with np.errstate(all="ignore"):
                found = way.compute(part, MEASURES[measure], rules)
            out.fill(open_rows, way, found)
    out.say_adjusted(words(rows, "adjusted", n) == "yes")
    out.say_why(rows, ways)
    return Entered(out.yi, out.vi, out.path, out.words, out.asymmetry, out.reason)


def _broadcast(cells: Mapping[str, ArrayLike], n: int) -> dict[str, np.typing.NDArray[np.generic]]:
    rows: dict[str, np.typing.NDArray[np.generic]] = {}
    for name, values in cells.items():
        kind = object if name in TEXT_COLUMNS else float
        rows[name] = np.broadcast_to(np.atleast_1d(np.asarray(values, dtype=kind)), (n,))
    return rows


def _gone(rows: Mapping[str, ArrayLike], need: str, n: int) -> Mask:
    """Tell which rows have none of the columns of a need."""
    gone = np.ones(n, dtype=bool)
    for name in need.split("|"):
        if name in rows:
            gone &= np.isnan(np.asarray(rows[name], dtype=float))
    return gone


def _lacks_any(rows: Mapping[str, ArrayLike], needs: tuple[str, ...], n: int) -> Mask:
    lacks = np.zeros(n, dtype=bool)
    for need in needs:
        lacks |= _gone(rows, need, n)
    return lacks


class _Filling:
    """The rows while ways are tried."""

    def __init__(self, n: int) -> None:
        self.yi, self.vi, self.asymmetry = (np.full(n, np.nan) for _ in range(3))
        self.path, self.words, self.reason = texts(n), texts(n), texts(n)

    @property
    def open(self) -> Mask:
        """The rows without an effect."""
        return np.asarray(self.path == "", dtype=bool)

    def fill(self, where: Mask, way: Path, found: Found) -> None:
        """Take what a way found; keep why it failed for the others."""
        rows = np.flatnonzero(where)
        fine = found.reason == ""
        good, bad = rows[fine], rows[~fine]
        self.yi[good], self.vi[good] = found.yi[fine], found.vi[fine]
        self.asymmetry[good], self.path[good] = found.asymmetry[fine], way.code
        failed = [f"; {self.reason[i]}" if self.reason[i] else "" for i in good]
        self.words[good] = [
            _sentence(way.words, str(note), before)
            for note, before in zip(found.note[fine], failed, strict=True)
        ]
        self.reason[good] = ""
        for i, why in zip(bad, found.reason[~fine], strict=True):
            if str(why).startswith(NOT_THIS_WAY):
                continue
            said = f"{way.code}: {str(why).partition(': ')[2]}"
            self.reason[i] = f"{self.reason[i]}; {said}" if self.reason[i] else said

    def say_adjusted(self, adjusted: Mask) -> None:
        """Say beside a number that the paper adjusted it."""
        for i in np.flatnonzero(adjusted & ~self.open):
            self.words[i] = f"adjusted {self.words[i]}"

    def say_why(self, rows: Mapping[str, ArrayLike], ways: list[Path]) -> None:
        """Say for each open row what its begun ways lack."""
        n = len(self.yi)
        left = self.open
        gone = {need: _gone(rows, need, n) for way in ways for need in way.needs}
        for i in np.flatnonzero(left):
            lacks = sorted((_lacking(way, i, gone) for way in ways), key=lambda found: found[0])
            begun = [text for _, text in lacks if text]
            if self.reason[i]:
                begun.insert(0, self.reason[i])
            kind = "not_estimable" if self.reason[i] else NOT_AVAILABLE
            self.reason[i] = f"{kind}: {'; '.join(begun) or _nothing(ways)}"


def _sentence(way: str, note: str, failed: str) -> str:
    """Put together what is said beside a number."""
    before = f"; not taken{failed[1:]}" if failed else ""
    return f"{way}; {note}{before}" if note else f"{way}{before}"


def _lacking(way: Path, row: np.intp, gone: Mapping[str, Mask]) -> tuple[int, str]:
    """Say how much a begun way lacks in a row, and what; no text where it is whole or not begun."""
    lacks = [need for need in way.needs if gone[need][row]]
    if not lacks or len(lacks) == len(way.needs):
        return 0, ""
    return len(lacks), f"{way.code} lacks {', '.join(need.replace('|', ' or ') for need in lacks)}"


def _nothing(ways: list[Path]) -> str:
    """Name the ways, for a row that has nothing."""
    return "nothing to compute from; the ways are " + ", ".join(way.code for way in ways)
