"""What the readers of tagged formats prepare before `fields.row_of` fills the columns.

A field that is made here carries the name of its column; what it was made from stays under its tag
unless the column holds it word for word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from parapluie.records.fields import FieldMap, row_of

Values = Mapping[str, list[str]]

Made = tuple[tuple[str, ...], list[str]]
"""Tags whose values a new field may hold unchanged, and the values of the field."""

_INITIALS = re.compile(
    r"(\S.*?)\s+((?:[^\W\d_]\.?-?){1,4})((?:\s+(?:Jr|Sr|2nd|3rd|4th|II|III|IV))?\.?)"
)
_ISSN = re.compile(r"(?<!\d)(?<!\d-)\d{4}-?\d{3}[\dXx](?![\dXx-])")
_ISBN = re.compile(r"(?<!\d)(?<!\d-)(?:97[89][- ]?)?\d{1,5}[- ]?\d+[- ]?\d+[- ]?[\dXx](?![\dXx-])")


def filled(
    values: Values,
    made: Mapping[str, Made],
    place: tuple[str, str],
    fields: FieldMap,
    links: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Make the columns of one record from its fields and from those that were made of them.

    Parameters
    ----------
    values : mapping
        Tag to its values.
    made : mapping
        Name of a new field to what it was made from, and its values.
    place : (str, str)
        Dialect, and the database as searches.csv names it.
    fields : FieldMap
        Where the fields go, the new ones among them.
    links : mapping, optional
        See `retraction_of`.

    Returns
    -------
    dict
        Column to text. Each value of a tag that no column holds word for word is in ``raw_extra``,
        under its tag; what was made is only in the columns.
    """
    row = row_of(_together(values, made), *place, fields)
    if any(f'"{name}":' in row["raw_extra"] for name in made):
        row["raw_extra"] = _given_back(row["raw_extra"], values, made)
    row["retraction_status"] = retraction_of(row, values, links)
    return row


def _together(values: Values, made: Mapping[str, Made]) -> dict[str, list[str]]:
    """Add the new fields; a value that stands unchanged in one of them is not kept twice."""
    together = {tag: found for tag, found in values.items() if found}
    for name, (tags, new) in made.items():
        for tag in tags if new else ():
            together[tag] = [value for value in together.get(tag, ()) if value not in new]
            if not together[tag]:
                del together[tag]
        if new:
            together[name] = new
    return together


def _given_back(raw_extra: str, values: Values, made: Mapping[str, Made]) -> str:
    """Put values that no column took from a new field back under the tags they came from."""
    extra: dict[str, list[str]] = json.loads(raw_extra)
    for name, (tags, _) in made.items():
        left = extra.pop(name, [])
        for tag in tags:
            back = [value for value in values.get(tag, ()) if value in left]
            if back:
                extra[tag] = extra.get(tag, []) + back
    return json.dumps(dict(sorted(extra.items())), ensure_ascii=False) if extra else ""


def union(values: Values, *tags: str) -> Made:
    """Give the values of several tags as those of one field, each once."""
    return tags, list(dict.fromkeys(v for tag in tags for v in values.get(tag, ()) if v))


def inverted(name: str) -> str:
    """Give a name with the family name first and a comma, where initials show which part it is.

    Examples
    --------
    >>> inverted("van der Berg AB"), inverted("Behan L."), inverted("King ML Jr")
    ('van der Berg, AB', 'Behan, L.', 'King, ML Jr')
    >>> inverted("Geoffrey Chaucer"), inverted("Chaucer, Geoffrey")
    ('Geoffrey Chaucer', 'Chaucer, Geoffrey')
    """
    match = _INITIALS.fullmatch(name) if "," not in name else None
    if not match or not match[2].isupper():
        return name
    return f"{match[1]}, {match[2]}{match[3]}"


def issns(texts: Iterable[str]) -> list[str]:
    """Give the ISSN that stand in texts like ``0342-9601 (Print)``, each once."""
    return list(dict.fromkeys(n for text in texts for n in _ISSN.findall(text)))


def isbns(texts: Iterable[str]) -> list[str]:
    """Give the ISBN (10 or 13 digits) that stand in texts like ``3-540-20222-6 (cloth)``."""
    found = (n for text in texts for n in _ISBN.findall(text))
    return list(dict.fromkeys(n for n in found if len(re.sub(r"\W", "", n)) in (10, 13)))


# --- retractions ----------------------------------------------------------------------------------

_OF_ITSELF = re.compile(r"(?i)\((retracted|withdrawn) (article|publication)\b")
_OF_ANOTHER = re.compile(r"(?i)\(retraction of\b")
_TYPES = (
    ("retracted", re.compile(r"(?i)retracted|withdrawn|item withdrawal|article withdrawn")),
    ("retraction_notice", re.compile(r"(?i)retraction\b")),
    ("expression_of_concern", re.compile(r"(?i)expression of concern\b")),
)
"""Status, and how a type of publication begins that says so."""


def retraction_of(row: Mapping[str, str], values: Values, links: Mapping[str, str] | None) -> str:
    """Give the status of a record as to retraction, if anything in it tells.

    Parameters
    ----------
    row : mapping
        Its columns so far; a status that `fields.row_of` found stays.
    values : mapping
        Tag to its values.
    links : mapping, optional
        Tag that leads to another document, to what it says of the record it stands in.
    """
    if row["retraction_status"]:
        return row["retraction_status"]
    for tag, status in (links or {}).items():
        if any(values.get(tag, ())):
            return status
    title = row["title"]
    if _OF_ITSELF.search(title):
        return "retracted"
    if _OF_ANOTHER.search(title):
        return "retraction_notice"
    types = [part.strip() for part in row["pub_types"].split(";")]
    return next((s for s, pattern in _TYPES if any(map(pattern.match, types))), "")
