"""Names in BibTeX: ``and`` between people, ``von Last, Jr, First``, groups in braces."""

from __future__ import annotations

import re
from collections.abc import Callable

from parapluie.records.tex import folded, is_held

_AND = re.compile(r"(?i)\s+and\s+")
_INITIALS = re.compile(r"[A-ZÀ-Þ](?:\.(?:[ -]?[A-ZÀ-Þ]\.)*)?")
_VANCOUVER = re.compile(r"([^\W\d_][\w'’ -]*) ([A-ZÀ-Þ]{1,3})")
_SUFFIX = re.compile(r"(?i)(?:jr|sr|2nd|3rd|4th|ii|iii|iv)\.?")
_COMMA = re.compile(r"\s*,\s*")
_OTHERS = re.compile(r"(?i)(?:and )?others|et al\.?")


def people(text: str, decoded: Callable[[str], str]) -> tuple[list[str], list[str]]:
    """Give the persons (``Family, Given``) and the groups of a field.

    Parameters
    ----------
    text : str
        The value of ``author``.
    decoded : callable
        Makes a name plain text.

    Returns
    -------
    (list of str, list of str)
        A name that braces hold as a whole is a group; "others" is nobody. ``;`` in a name becomes
        a comma, since it separates names in records.csv.
    """
    persons: list[str] = []
    groups: list[str] = []
    for name in _listed(text):
        name = name.strip().rstrip(",")
        plain = decoded(name)
        if not plain or _OTHERS.fullmatch(plain):
            continue
        if is_held(name):
            groups.append(plain.replace(";", ","))
        else:
            persons.append(_person(name, decoded).replace(";", ","))
    return persons, groups


def turned(names: list[str]) -> list[str]:
    """Turn names that all have an initial as family name: Rayyan takes ``Ash B`` the wrong way."""
    parts = [name.split(", ") for name in names]
    is_initial = [len(p) == 2 and bool(_INITIALS.fullmatch(p[0])) for p in parts]
    if len(parts) > 1 and all(is_initial) and any(len(given) > 2 for _, given in parts):
        return [f"{given}, {family}" for family, given in parts]
    return names


def _listed(text: str) -> list[str]:
    """Split a field into names; some tools set ``;`` or commas between them instead of ``and``."""
    if "{" in text or "\\" in text:
        from bibtexparser.middlewares.names import split_multiple_persons_names

        names: list[str] = split_multiple_persons_names(text)
    else:
        names = _AND.split(text)
    if len(names) > 1 or is_held(text):
        return names
    if ";" in text and "{" not in text and "&" not in text:
        return text.split(";")
    return _at_commas([folded(part) for part in text.split(",")]) or names


def _at_commas(parts: list[str]) -> list[str]:
    """Give the names of ``Smith J, Jones KL`` or ``Smith, J., Jones, K.``; none of other texts."""
    short = [m for part in parts if (m := _VANCOUVER.fullmatch(part))]
    if len(short) == len(parts) > 1:
        return [f"{m[1]}, {m[2]}" for m in short]
    if len(parts) > 3 and all(_INITIALS.fullmatch(part) for part in parts[1::2]):
        return [", ".join(pair) for pair in zip(parts[::2], parts[1::2], strict=False)]
    return []


def _person(name: str, decoded: Callable[[str], str]) -> str:
    if "{" not in name and "\\" not in name:
        if name.count(",") == 1:
            return _COMMA.sub(", ", folded(name))
        if "," not in name and _is_family_first(name):
            family, _, initials = folded(name).rpartition(" ")
            return f"{family}, {initials}"
    from bibtexparser.middlewares.names import parse_single_name_into_parts

    parts = parse_single_name_into_parts(name, strict=False)
    family = decoded(" ".join([*parts.von, *parts.last]))
    rest = [decoded(" ".join(words)) for words in (parts.first, parts.jr) if words]
    if len(rest) == 2 and _SUFFIX.fullmatch(rest[0]):
        rest.reverse()  # ``Family, Given, Jr`` as RIS has it, where BibTeX wants the Jr before
    return ", ".join([family, *rest])


def _is_family_first(name: str) -> bool:
    """Tell whether a name without a comma ends with initials, as in ``Nayyar A.``."""
    words = name.split()
    return (
        len(words) > 1
        and bool(_INITIALS.fullmatch(words[-1]))
        and not any(_INITIALS.fullmatch(word) for word in words[:-1])
    )
