"""Names of reviews and studies as people write them, and ids made of them."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable

_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")


def trimmed(name: str) -> str:
    """Take away blanks around a name, and all but one inside."""
    return " ".join(name.split())


@functools.lru_cache(maxsize=100_000)
def folded(text: str) -> str:
    """Reduce a name to its letters and digits, without accents and case."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(
        re.findall(r"[^\W_]+", "".join(c for c in plain if not unicodedata.combining(c)))
    )


def slug(name: str) -> str:
    """Make a short name of a-z, 0-9 and _ of a name.

    Examples
    --------
    >>> slug("Pérez-Bracchiglione, 2022")
    'perez_bracchiglione_2022'
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return "_".join(re.findall(r"[a-z0-9]+", plain))


def ids_of(names: Iterable[str], otherwise: str) -> dict[str, str]:
    """Give each name an id; names that would have the same one are numbered.

    Parameters
    ----------
    names : iterable of str
        In any order: the ids do not depend on it.
    otherwise : str
        The id of a name without Latin letters and digits.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(set(names)):
        first = slug(name) or otherwise
        number, free = 1, first
        while free in taken:
            number += 1
            free = f"{first}__{number}"
        taken.add(free)
        found[name] = free
    return found


def year_in(name: str) -> int | None:
    """Find the last year of four digits in a name (``Cardemil 2007a``); ``None`` without one."""
    years = _YEAR.findall(name)
    return int(years[-1]) if years else None


def without_year(name: str) -> str:
    """Take the last year, and what joins it, out of a name; the name itself if nothing is left.

    Examples
    --------
    >>> without_year("2008 Pace"), without_year("Liu_2022"), without_year("2020 Lechien_a")
    ('Pace', 'Liu', 'Lechien_a')
    """
    years = list(_YEAR.finditer(name))
    if not years:
        return name
    left, right = name[: years[-1].start()], name[years[-1].end() :]
    return (left.strip(" _,-(") + right.rstrip(" )").lstrip(" _,-")).strip() or name
