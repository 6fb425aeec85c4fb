"""What searches are called, in drawings and tables alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

ABSENT = ("", "NR", "NA")


def labels_of(searches: Iterable[Mapping[Any, Any]]) -> dict[str, str]:
    """Name searches by source and platform; what reads the same gets its date, then its id.

    Parameters
    ----------
    searches : iterable of mapping
        Rows of searches.csv, in their order.

    Returns
    -------
    dict
        search_id to its name.

    Examples
    --------
    >>> labels_of([{"search_id": "m1", "source": "MEDLINE", "platform": "Ovid"}])
    {'m1': 'MEDLINE (Ovid)'}
    """
    rows = list(searches)
    ids = [str(row["search_id"]) for row in rows]
    names = [_with(_text(row, "source") or str(row["search_id"]), row, "platform") for row in rows]
    names = _apart(
        names, [_with(n, row, "search_date") for n, row in zip(names, rows, strict=True)]
    )
    names = _apart(names, [n if n == i else f"{n} ({i})" for i, n in zip(ids, names, strict=True)])
    return dict(zip(ids, names, strict=True))


def _text(row: Mapping[Any, Any], column: str) -> str:
    text = str(row.get(column) or "").strip()
    return "" if text in ABSENT else text


def _with(name: str, row: Mapping[Any, Any], column: str) -> str:
    text = _text(row, column)
    return f"{name} ({text})" if text and text not in name else name


def _apart(names: list[str], longer: list[str]) -> list[str]:
    """Take the longer name where several read the same."""
    times = Counter(names)
    return [more if times[name] > 1 else name for name, more in zip(names, longer, strict=True)]
