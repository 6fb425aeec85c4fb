"""Figures of the report and the way back from each of them to rows in ``data/``.

A figure has a key (``stage.name[.part]`` or ``stage.table.row_id.column``), a value or the reason
why it has none, the rule by which it was made, and its basis: rows of files under ``data/`` (a
filter and a count) and other figures on which it rests. Followed through, a trace ends at file and
row in ``data/``.

Filters
-------
``all``, or conditions joined by `` & ``: ``column=value``, ``column=a|b``, ``column!=value``,
``column~item`` (a ``;`` list holds the item), ``row=7|9`` (rows as a spreadsheet counts them).
Characters with a meaning are percent-encoded inside values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "key",
    "value",
    "unit",
    "absent_reason",
    "rule",
    "file",
    "rows",
    "rests_on",
    "source",
)
"""Columns of every ``figures.csv``; ``file`` and ``rows`` are lists of equal length."""

ALL = "all"
_SPECIAL = "%;|&=!~[]"
_CONDITION = re.compile(r"^([^=!~]+)(=|!=|~)(.*)$")


def encode(value: str) -> str:
    """Percent-encode the characters that have a meaning in a filter."""
    return "".join(f"%{ord(c):02X}" if c in _SPECIAL else c for c in value)


def where(**conditions: str | Iterable[str]) -> str:
    """Write a filter: each keyword is a column, its value the text (or texts) that the cell has.

    Examples
    --------
    >>> where(stage="full_text", decision=["include", "maybe"])
    'stage=full_text & decision=include|maybe'
    """
    parts = []
    for column, value in conditions.items():
        values = [value] if isinstance(value, str) else sorted(value)
        parts.append(f"{column}={'|'.join(encode(v) for v in values)}")
    return " & ".join(parts) or ALL


def has_item(column: str, item: str) -> str:
    """Write the filter: the list in `column` holds `item`."""
    return f"{column}~{encode(item)}"


def at_rows(numbers: Iterable[int]) -> str:
    """Write the filter: these rows, as a spreadsheet counts them (header = 1)."""
    return "row=" + "|".join(str(n) for n in sorted(numbers))


def matches(filter_text: str, row: Mapping[str, str], number: int) -> bool:
    """Tell whether a row of a file in ``data/`` is in a filter.

    Parameters
    ----------
    filter_text : str
        The filter, without the count in brackets.
    row : mapping
        Column to text.
    number : int
        The row number as a spreadsheet shows it.
    """
    if filter_text == ALL:
        return True
    return all(_holds(part, row, number) for part in filter_text.split(" & "))


def _holds(condition: str, row: Mapping[str, str], number: int) -> bool:
    found = _CONDITION.match(condition)
    if not found:
        raise ValueError(f"not a filter: {condition!r}")
    column, operator, text = found.groups()
    values = [unquote(v) for v in text.split("|")]
    held = str(number) if column == "row" else row.get(column, "")
    if operator == "~":
        return any(v in [item.strip() for item in held.split(";")] for v in values)
    return (held in values) is (operator == "=")


@dataclass(frozen=True)
class Rows:
    """Rows of one file under ``data/``: the file as shown, a filter, and how many rows it picks."""

    file: str
    rows: str = ALL
    n: int | None = None

    def text(self) -> str:
        """Write filter and count."""
        return self.rows if self.n is None else f"{self.rows} [{self.n} rows]"


def split_rows(text: str) -> list[str]:
    """Give the filters of a ``rows`` cell, without their counts."""
    return [re.sub(r" \[\d+ rows\]$", "", part.strip()) for part in text.split(";") if part.strip()]


@dataclass
class Figures:
    """The figures of one stage, collected one by one and written as ``figures.csv``.

    Parameters
    ----------
    stage : str
        First part of every key.
    """

    stage: str
    lines: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(
        self,
        key: str,
        value: Any,
        *,
        rule: str,
        basis: Sequence[Rows] = (),
        rests_on: Iterable[str] = (),
        unit: str = "",
        absent: str = "",
        source: str = "",
    ) -> str:
        """Add one figure and give its full key.

        Parameters
        ----------
        key : str
            The key without the name of the stage.
        value : object
            The number or text; ``None`` or NaN where there is none, then `absent` must say why.
        rule : str
            How it was made, in one sentence that a reader of the report understands.
        basis : sequence of Rows
            Rows under ``data/`` it was made from directly.
        rests_on : iterable of str
            Full keys of other figures it rests on.
        unit, absent, source : str
            Unit of the value; reason of absence; document and table or page of an extracted value.

        Raises
        ------
        ValueError
            If the key is there already, if a value and a reason of absence are both given or both
            missing, or if the figure has no basis.
        """
        full = f"{self.stage}.{key}"
        missing = value is None or value != value
        if missing != bool(absent):
            raise ValueError(f"{full}: a figure has a value or a reason of absence, never both")
        if full in self.lines:
            raise ValueError(f"{full}: a key stands for one figure")
        rests = sorted(set(rests_on))
        if not basis and not rests and not absent:
            raise ValueError(f"{full}: a figure needs rows or figures that it rests on")
        self.lines[full] = {
            "key": full,
            "value": None if missing else value,
            "unit": unit,
            "absent_reason": absent,
            "rule": rule,
            "file": ";".join(b.file for b in basis),
            "rows": ";".join(b.text() for b in basis),
            "rests_on": ";".join(rests),
            "source": source,
        }
        return full

    def frame(self) -> pd.DataFrame:
        """Give all figures as a frame with the columns `COLUMNS`, sorted by key."""
        import pandas as pd

        return pd.DataFrame(self.ordered(), columns=list(COLUMNS), dtype="object")

    def ordered(self) -> list[dict[str, Any]]:
        """Give the rows of figures.csv, sorted by key."""
        return [self.lines[key] for key in sorted(self.lines)]


def resolve(figures: Mapping[str, Mapping[str, str]], key: str) -> list[tuple[str, str]]:
    """Follow a figure through all it rests on, down to files and filters.

    Parameters
    ----------
    figures : mapping
        Key to a line of ``figures.csv`` as text.
    key : str
        The figure.

    Returns
    -------
    list of (file, filter)
        Without repeats, in the order met.

    Raises
    ------
    KeyError
        If a key is not among the figures.
    """
    found: dict[tuple[str, str], None] = {}
    seen: set[str] = set()
    queue = [key]
    while queue:
        current = queue.pop(0)
        if current in seen:
            continue
        seen.add(current)
        line = figures[current]
        files = [f for f in line["file"].split(";") if f]
        for pair in zip(files, split_rows(line["rows"]), strict=True):
            found[pair] = None
        queue.extend(k for k in line["rests_on"].split(";") if k)
    return list(found)
