"""What a user can mend: problems with place, finding and remedy, one line each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One fault in an input, told so that its owner can mend it.

    Parameters
    ----------
    file : str
        Path relative to the review folder, as in ``data/search/searches.csv``.
    found : str
        What stands there.
    allowed : str
        What may stand there.
    mend : str
        What to do about it, in the imperative.
    row : int or None
        The row number that a spreadsheet shows (header = 1), or the line of a YAML or RIS file.
    column : str
        The column or key.
    """

    file: str
    found: str
    allowed: str
    mend: str
    row: int | None = None
    column: str = ""

    def line(self) -> str:
        """Give the problem as one line: file, row, column, found, allowed, mend."""
        place = self.file
        if self.row is not None:
            place += f" row {self.row}"
        if self.column:
            place += f", column {self.column}" if self.row is not None else f" column {self.column}"
        text = f"{place}: found {self.found}; allowed: {self.allowed}. {self.mend}"
        return " ".join(text.split())

    def sort_key(self) -> tuple[str, int, str, str]:
        """Order problems by file, then row, then column."""
        return (self.file, self.row or 0, self.column, self.found)


class InputError(Exception):
    """Inputs that their owner must mend; carries every problem found, not only the first.

    The command line prints the lines and leaves with code 2, without a traceback.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=Problem.sort_key))
        super().__init__("\n".join(problem.line() for problem in self.problems))


def raise_if(problems: Iterable[Problem]) -> None:
    """Raise one `InputError` with all problems, if there are any.

    Raises
    ------
    InputError
        When `problems` is not empty.
    """
    listed = list(problems)
    if listed:
        raise InputError(listed)
