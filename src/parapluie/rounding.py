"""Rounding as journals do it: halves away from zero, on decimal arithmetic.

Binary floats and Python's ``round`` (halves to even) would print 2016.5 as 2016; a manuscript
prints 2017. The decimal digits that identify a float (``repr``) are what is rounded.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

_THOUSANDS = re.compile(r"^-?\d{1,3}(,\d{3})+(\.\d+)?$")
_MINUS = str.maketrans({"−": "-", "–": "-"})


def decimal(text: str) -> Decimal | None:
    """Read a number as printed (``4,784``, ``−0.39``, ``97%``); ``None`` if it is none.

    Examples
    --------
    >>> decimal("4,784")
    Decimal('4784')
    """
    plain = text.translate(_MINUS).strip().removesuffix("%").strip()
    if _THOUSANDS.match(plain):
        plain = plain.replace(",", "")
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def places(text: str) -> int:
    """Count the decimals of a number as printed."""
    number = decimal(text)
    if number is None:
        return 0
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def half_away(value: Decimal | float | int, digits: int) -> Decimal:
    """Round to a number of decimals, halves away from zero.

    Parameters
    ----------
    value : Decimal, float or int
        Finite.
    digits : int
        Decimals to keep.

    Examples
    --------
    >>> half_away(37.5, 0)
    Decimal('38')
    """
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    rounded = exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return rounded.copy_abs() if rounded == 0 else rounded
