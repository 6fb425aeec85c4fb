"""Checks of printed numbers against each other.

A printed number stands for every value that rounds to it. A check fails only if no choice of
unrounded values could have been printed so: all computations are on intervals, whose half-width is
half a unit of the last printed decimal. Where a source may have used t in place of the normal
distribution, both count as possible.

Half-width: a spreadsheet drops trailing zeros, so 0.2 beside -0.42 was printed as 0.20. Within
one estimate and its interval a number therefore has the decimals of its neighbour with the most,
unless it has as many significant digits as that one already (12.4 beside 0.98: a source that prints
significant digits). Every other number has the decimals that stand in its cell.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from scipy.special import chdtrc

from parapluie.measures import MEASURES
from parapluie.synthesis.pooling import quantile, two_sided_p

Range = tuple[float, float]
"""Lowest and highest value that a number may have had before rounding."""

_SLACK = 1e-9
"""Relative slack for the computer's own rounding."""


@dataclass(frozen=True)
class Finding:
    """Two printed numbers that cannot both be right.

    Parameters
    ----------
    check : str
        What was compared.
    printed, implied : str
        What stands there, and what the other numbers allow.
    difference : float
        The least distance between what may have been rounded to the printed number and what the
        others allow, in the unit of the printed number; NaN where words are compared.
    why : str
        One sentence for the reader.
    columns : tuple of str
        The columns compared.
    """

    check: str
    printed: str
    implied: str
    difference: float
    why: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Printed:
    """The numbers of one row with the ranges they were rounded from.

    Parameters
    ----------
    text : mapping
        Column to the text of the cell.
    value : mapping
        Column to number, where there is one.
    ranges : mapping
        Column to range.
    """

    text: Mapping[str, str]
    value: Mapping[str, float]
    ranges: Mapping[str, Range]

    def has(self, *columns: str) -> bool:
        """Tell whether all the columns hold numbers."""
        return all(c in self.value for c in columns)


# --- rounding -------------------------------------------------------------------------------------

_FORM = re.compile(r"[-+−–]?(\d*)[.,]?(\d*)(?:[eE]([-+]?\d+))?$")
_MINUS = str.maketrans({"−": "-", "–": "-"})
INTERVAL = ("estimate", "ci_low", "ci_high")


def decimals(text: str) -> int:
    """Count the decimals of a number as printed; ``1e-05`` has five."""
    found = _FORM.match(text.strip())
    if not found:
        return 0
    return max(0, len(found.group(2)) - int(found.group(3) or 0))


def significant(text: str) -> int:
    """Count the significant digits of a number as printed."""
    found = _FORM.match(text.strip())
    digits = (found.group(1) + found.group(2)).lstrip("0") if found else ""
    return len(digits)


def printed(text: Mapping[str, str], value: Mapping[str, float]) -> Printed:
    """Give the ranges of the numbers of one row.

    Parameters
    ----------
    text : mapping
        Column to the text of the cell as it stands in the file.
    value : mapping
        Column to number; NaN where absent.
    """
    present = {c: v for c, v in value.items() if not math.isnan(v)}
    places = {c: decimals(text.get(c, "")) for c in present}
    places.update(_interval_places(text, [c for c in INTERVAL if c in present]))
    ranges = {c: _around(v, 0.5 * 10.0 ** -places[c]) for c, v in present.items()}
    whole = {c: (v, v) for c, v in present.items() if c in ("k", "n", "df")}
    return Printed(text, present, {**ranges, **whole})


def _interval_places(text: Mapping[str, str], columns: list[str]) -> dict[str, int]:
    if not columns:
        return {}
    most = max(columns, key=lambda c: decimals(text.get(c, "")))
    finest = decimals(text.get(most, ""))
    fewest_digits = min(
        significant(text.get(c, "")) for c in columns if decimals(text.get(c, "")) == finest
    )
    return {
        c: finest if significant(text.get(c, "")) <= fewest_digits else decimals(text.get(c, ""))
        for c in columns
    }


def _around(value: float, half: float) -> Range:
    slack = _SLACK * max(abs(value), half)
    return value - half - slack, value + half + slack


def _gap(one: Range, other: Range) -> float:
    """Give the distance between two ranges; not above 0 where they meet."""
    return max(other[0] - one[1], one[0] - other[1])


def _apart(one: Range, other: Range) -> bool:
    return _gap(one, other) > 0


def _words(found: Range, digits: int = 2) -> str:
    """Write a range for a reader, with enough digits to tell its ends apart from a neighbour's."""
    low, high = (f"{x:.{digits}f}" if abs(x) >= 10.0**-digits else f"{x:.2g}" for x in found)
    return low if low == high else f"{low} to {high}"


# --- what an interval allows ----------------------------------------------------------------------


def analysis_range(row: Printed, column: str) -> Range:
    """Give a range on the scale of analysis."""
    low, high = row.ranges[column]
    if not MEASURES[row.text["measure"]].log:
        return low, high
    return (math.log(low) if low > 0 else -math.inf), (math.log(high) if high > 0 else -math.inf)


def _ratio_to_half_width(row: Printed) -> Range:
    """Give the range of the absolute estimate over the half-width of its interval."""
    estimate, low, high = (analysis_range(row, c) for c in INTERVAL)
    widths = (max(high[0] - low[1], 0.0) / 2, (high[1] - low[0]) / 2)
    ends = sorted(abs(x) for x in estimate)
    smallest = 0.0 if estimate[0] <= 0 <= estimate[1] else ends[0]
    return smallest / widths[1], (ends[1] / widths[0] if widths[0] > 0 else math.inf)


def _degrees(row: Printed) -> list[float]:
    """Give the degrees of freedom that a source may have used: normal, or t at its widest."""
    if row.has("k") and row.value["k"] > 1:
        return [math.inf, row.value["k"] - 1]
    if row.has("k", "n") and row.value["n"] > 2:
        return [math.inf, row.value["n"] - 2]
    return [math.inf] if row.has("k") else [math.inf, 1.0]


def _has_standard_error(row: Printed) -> bool:
    measure = MEASURES.get(row.text.get("measure", ""))
    if measure is None or not measure.symmetric or not row.has(*INTERVAL):
        return False
    return math.isfinite(analysis_range(row, "estimate")[0])


# --- checks ---------------------------------------------------------------------------------------


def _inside(row: Printed) -> Iterator[Finding]:
    for middle, low, high in (INTERVAL, ("i2", "i2_ci_low", "i2_ci_high")):
        if not row.has(middle, low, high):
            continue
        gap = _gap(row.ranges[middle], (row.ranges[low][0], row.ranges[high][1]))
        if gap > 0:
            yield Finding(
                f"{middle} inside its interval",
                row.text[middle],
                f"{row.text[low]} to {row.text[high]}",
                gap,
                f"The printed {middle} lies outside its own interval.",
                (middle, low, high),
            )


def _symmetry(row: Printed) -> Iterator[Finding]:
    if not _has_standard_error(row):
        return
    estimate, low, high = (analysis_range(row, c) for c in INTERVAL)
    middle = ((low[0] + high[0]) / 2, (low[1] + high[1]) / 2)
    if _apart(estimate, middle):
        measure = MEASURES[row.text["measure"]]
        implied = (measure.to_natural(middle[0]), measure.to_natural(middle[1]))
        yield Finding(
            "symmetry of the interval",
            row.text["estimate"],
            _words(implied, decimals(row.text["ci_low"]) + 1),
            _gap(row.ranges["estimate"], implied),
            f"The middle of the interval{' (on the log scale)' if measure.log else ''} is not "
            "the printed estimate.",
            INTERVAL,
        )


def _k_and_df(row: Printed) -> Iterator[Finding]:
    if row.has("k", "df") and row.value["df"] != row.value["k"] - 1:
        yield Finding(
            "k against df",
            f"k = {row.text['k']}, df = {row.text['df']}",
            f"df = {row.value['k'] - 1:g}",
            abs(row.value["df"] - row.value["k"] + 1),
            "Q of k results has k - 1 degrees of freedom.",
            ("k", "df"),
        )


def _z_and_interval(row: Printed) -> Iterator[Finding]:
    if not row.has("z") or not _has_standard_error(row):
        return
    ratio = _ratio_to_half_width(row)
    factors = [quantile(df) for df in _degrees(row)]
    allowed = (ratio[0] * min(factors), ratio[1] * max(factors))
    if _apart(_absolute(row.ranges["z"]), allowed):
        normal = (ratio[0] * factors[0], ratio[1] * factors[0])
        yield Finding(
            "z against interval",
            row.text["z"],
            _words(normal),
            _gap(_absolute(row.ranges["z"]), allowed),
            "Estimate and interval give another z (nor does t with k - 1 degrees of freedom fit).",
            ("z", *INTERVAL),
        )


def _absolute(found: Range) -> Range:
    ends = sorted(abs(x) for x in found)
    return (0.0 if found[0] <= 0 <= found[1] else ends[0]), ends[1]


def _p_and_interval(row: Printed) -> Iterator[Finding]:
    if not row.has("p") or not _has_standard_error(row):
        return
    ratio = _ratio_to_half_width(row)
    by_df = [_p_range(ratio, quantile(df), df) for df in _degrees(row)]
    allowed = (min(r[0] for r in by_df), max(r[1] for r in by_df))
    if _p_gap(row, "p", allowed) > 0:
        yield Finding(
            "p against interval",
            _p_text(row, "p"),
            _words(by_df[0]),
            _p_gap(row, "p", allowed),
            "Estimate and interval give another p (nor does t with k - 1 degrees of freedom fit).",
            ("p", *INTERVAL),
        )


def _p_and_z(row: Printed) -> Iterator[Finding]:
    if not row.has("p", "z"):
        return
    z = _absolute(row.ranges["z"])
    by_df = [_p_range(z, 1.0, df) for df in _degrees(row)]
    allowed = (min(r[0] for r in by_df), max(r[1] for r in by_df))
    if _p_gap(row, "p", allowed) > 0:
        yield Finding(
            "p against z",
            _p_text(row, "p"),
            _words(by_df[0]),
            _p_gap(row, "p", allowed),
            "The printed z gives another p (nor does t with k - 1 degrees of freedom fit).",
            ("p", "z"),
        )


def _p_range(ratio: Range, factor: float, df: float) -> Range:
    return two_sided_p(ratio[1] * factor, df), two_sided_p(ratio[0] * factor, df)


def _p_text(row: Printed, column: str) -> str:
    operator = row.text.get(f"{column}_operator", "") or "="
    return row.text[column] if operator == "=" else f"{operator} {row.text[column]}"


def _p_gap(row: Printed, column: str, allowed: Range) -> float:
    """Give how far a printed p, with its operator, is from a range of p values; 0 if it is in it.

    A strict operator at the very end of the range is impossible too, at no distance: then the gap
    is the smallest number above 0.
    """
    operator = row.text.get(f"{column}_operator", "") or "="
    low, high = row.ranges[column]
    gaps = {
        "=": _gap((low, high), allowed),
        "<": _beyond(allowed[0] - high),
        "<=": allowed[0] - high,
        ">": _beyond(low - allowed[1]),
        ">=": low - allowed[1],
    }
    return max(0.0, gaps[operator])


def _beyond(gap: float) -> float:
    return math.ulp(0.0) if gap == 0 else gap


def _degrees_of_q(row: Printed) -> float:
    if row.has("df"):
        return row.value["df"]
    return row.value["k"] - 1 if row.has("k") else math.nan


def _i2_and_q(row: Printed) -> Iterator[Finding]:
    df = _degrees_of_q(row)
    if not row.has("i2", "q") or not df >= 1:
        return
    low, high = (100 * max(0.0, (q - df) / q) if q > 0 else 0.0 for q in row.ranges["q"])
    if _apart(row.ranges["i2"], (low, high)):
        yield Finding(
            "I2 against Q and df",
            row.text["i2"],
            _words((low, high), 1),
            _gap(row.ranges["i2"], (low, high)),
            f"Q on {df:g} degrees of freedom gives another I² (100 (Q - df) / Q).",
            ("i2", "q", "df" if row.has("df") else "k"),
        )


def _p_and_q(row: Printed) -> Iterator[Finding]:
    df = _degrees_of_q(row)
    if not row.has("het_p", "q") or not df >= 1:
        return
    low, high = (float(chdtrc(df, max(q, 0.0))) for q in reversed(row.ranges["q"]))
    if _p_gap(row, "het_p", (low, high)) > 0:
        yield Finding(
            "heterogeneity p against Q and df",
            _p_text(row, "het_p"),
            _words((low, high)),
            _p_gap(row, "het_p", (low, high)),
            f"Q on {df:g} degrees of freedom gives another p.",
            ("het_p", "q", "df" if row.has("df") else "k"),
        )


def _n_and_k(row: Printed) -> Iterator[Finding]:
    if row.has("n", "k") and row.value["n"] < row.value["k"]:
        yield Finding(
            "n against k",
            f"n = {row.text['n']}, k = {row.text['k']}",
            f"n of at least {row.text['k']}",
            row.value["k"] - row.value["n"],
            "There are fewer participants than studies.",
            ("n", "k"),
        )


# --- words ----------------------------------------------------------------------------------------

IN_WORDS = "result_as_reported"
"""Column of effects.csv: what the review says of the result."""
IMPROVED, WORSENED, NO_EFFECT = "improved", "worsened", "no_effect"


def _own_words(row: Printed) -> Iterator[Finding]:
    yield from against_words(row, row.text.get(IN_WORDS, ""), (IN_WORDS,))


def against_words(row: Printed, word: str, columns: tuple[str, ...] = ()) -> Iterator[Finding]:
    """Compare a result with what is said of it.

    ``improved`` and ``worsened`` are contradicted by an estimate on the other side of no effect,
    ``no_effect`` by an interval that leaves no effect out. Whether an effect is large enough to be
    called one is not judged.

    Parameters
    ----------
    row : Printed
        With ``better_when`` of the printed number in its text.
    word : str
    columns : tuple of str
        Where the word stands.
    """
    measure = MEASURES.get(row.text.get("measure", ""))
    better = {"higher": 1, "lower": -1}.get(row.text.get("better_when", ""), 0)
    if measure is None or measure.null is None or not row.has("estimate"):
        return
    side = _side(row.ranges["estimate"], measure.null) * better
    if word in (IMPROVED, WORSENED) and side == (-1 if word == IMPROVED else 1):
        yield Finding(
            "sign against words",
            f"{row.text['estimate']} ({row.text['better_when']} is better)",
            word.replace("_", " "),
            math.nan,
            "The estimate lies on the other side of no effect than the words say.",
            ("estimate", "better_when", *columns),
        )
    if word == NO_EFFECT and row.has("ci_low", "ci_high"):
        whole = (row.ranges["ci_low"][0], row.ranges["ci_high"][1])
        if _side(whole, measure.null):
            yield Finding(
                "interval against words",
                f"{row.text['ci_low']} to {row.text['ci_high']}",
                "no effect",
                math.nan,
                f"The interval leaves out no effect ({measure.null:g}).",
                ("ci_low", "ci_high", *columns),
            )


def _side(found: Range, null: float) -> int:
    """Tell on which side of no effect a range lies, 0 where it may lie on either."""
    return 1 if found[0] > null else -1 if found[1] < null else 0


CHECKS: tuple[Callable[[Printed], Iterator[Finding]], ...] = (
    _inside,
    _symmetry,
    _k_and_df,
    _z_and_interval,
    _p_and_interval,
    _p_and_z,
    _i2_and_q,
    _p_and_q,
    _n_and_k,
    _own_words,
)
"""All checks, in the order in which their findings are listed."""


def findings(row: Printed) -> list[Finding]:
    """Run all checks on one row."""
    return [finding for check in CHECKS for finding in check(row)]


def same_effect(row: Printed) -> Iterator[Finding]:
    """Compare an effect given on the scale of analysis with the natural one beside it."""
    measure = MEASURES.get(row.text.get("measure", ""))
    if measure is None or not row.has("yi", "estimate"):
        return
    natural = analysis_range(row, "estimate")
    if _apart(row.ranges["yi"], natural):
        scale = "the natural logarithm of " if measure.log else ""
        yield Finding(
            "yi against estimate",
            row.text["yi"],
            _words(natural, decimals(row.text["yi"])),
            _gap(row.ranges["yi"], natural),
            f"yi is not {scale}the estimate beside it.",
            ("yi", "estimate"),
        )


# --- results of several studies -------------------------------------------------------------------


def weights(texts: Sequence[str], every: bool = True) -> Finding | None:
    """Tell whether the printed weights of the studies of a result cannot add up to 100.

    Parameters
    ----------
    texts : sequence of str
        The weights in percent, as they stand in their cells; a spreadsheet may have dropped zeros,
        so that all have the decimals of the one with the most.
    every : bool
        Whether these are all studies of the result; else only too much can be told.
    """
    places = max(decimals(text) for text in texts)
    half = 0.5 * 10.0**-places * len(texts)
    total = math.fsum(float(text.translate(_MINUS).replace(",", ".")) for text in texts)
    gap = _gap(_around(total, half), (100.0 if every else 0.0, 100.0))
    if gap <= 0:
        return None
    return Finding(
        "weights summing to 100",
        f"{total:.{places}f} ({len(texts)} weights)",
        "100",
        gap,
        "The printed weights of the studies do not add up to 100 percent."
        if every
        else "The printed weights of the studies add up to more than 100 percent.",
        ("weight_percent",),
    )
