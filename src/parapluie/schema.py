"""The schemas of tables, protocol and config: where they are, and what a fault against them means.

A schema is a JSON Schema in YAML under ``workflow/schemas/``. For a table it describes one row; the
extra keys say what JSON Schema cannot:

``x-key``
    columns that together name a row; must be unique
``x-header``
    columns that the header must have (default: those of ``required``)
``x-list`` (of a column)
    the cell holds several values separated by ``;``
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from parapluie.errors import Problem, raise_if

ABSENT_CODES = {
    "": "not known yet",
    "NR": "not reported in the source",
    "NA": "does not apply",
}
"""What an empty cell, NR and NA mean in every table that people write."""

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def schemas_dir() -> Path:
    """Give the folder of the schemas, in a checkout or in an installed package."""
    inside = Path(__file__).parent / "schemas"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "workflow" / "schemas"


@dataclass(frozen=True)
class TableSchema:
    """The schema of one row of a table, with what the readers need to know of its columns."""

    name: str
    body: Mapping[str, Any]
    validator: Any

    @property
    def columns(self) -> Mapping[str, Mapping[str, Any]]:
        """Column name to its part of the schema."""
        properties: Mapping[str, Mapping[str, Any]] = self.body["properties"]
        return properties

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that name a row."""
        return tuple(self.body.get("x-key", ()))

    @property
    def required(self) -> tuple[str, ...]:
        """Columns in which no cell may be empty."""
        return tuple(self.body.get("required", ()))

    @property
    def header(self) -> tuple[str, ...]:
        """Columns that the header must have."""
        return tuple(self.body.get("x-header", self.required))

    @property
    def is_open(self) -> bool:
        """Whether further columns are allowed."""
        return bool(self.body.get("additionalProperties", True))

    def numeric(self) -> set[str]:
        """Columns that hold numbers."""
        return {c for c, part in self.columns.items() if part.get("type") in ("number", "integer")}


@functools.cache
def table_schema(name: str) -> TableSchema:
    """Load the schema of a table.

    Parameters
    ----------
    name : str
        Path under ``workflow/schemas`` without the ending, as in ``extraction/effects``.
    """
    body = yaml.load(
        (schemas_dir() / f"{name}.schema.yaml").read_text(encoding="utf-8"), Loader=_Loader
    )
    return TableSchema(name, body, jsonschema_rs.Draft202012Validator(body))


def table_names() -> list[str]:
    """Name every table that has a schema, in sorted order."""
    root = schemas_dir()
    return sorted(
        p.relative_to(root).as_posix().removesuffix(".schema.yaml")
        for p in root.rglob("*.schema.yaml")
        if "x-key" in p.read_text(encoding="utf-8")
    )


def explain(error: Any, part: Mapping[str, Any]) -> tuple[str, str]:
    """Say what a schema fault allows and how to mend it.

    Parameters
    ----------
    error : jsonschema_rs.ValidationError
        The fault.
    part : mapping
        The part of the schema that it broke, for its ``description`` and ``x-mend``.

    Returns
    -------
    (str, str)
        What is allowed, and the remedy.
    """
    allowed = part.get("x-allowed") or _allowed(part) or error.message
    return str(allowed), str(part.get("x-mend", "Correct the cell."))


def _allowed(part: Mapping[str, Any]) -> str:
    if "enum" in part:
        return ", ".join(str(v) for v in part["enum"])
    if part.get("type") in ("number", "integer"):
        return _number_range(part)
    if "items" in part:
        return "a list separated by ; of " + (_allowed(part["items"]) or "texts")
    if "pattern" in part:
        return f"text of the form {part['pattern']}"
    return str(part.get("type", ""))


def _number_range(part: Mapping[str, Any]) -> str:
    word = "a whole number" if part["type"] == "integer" else "a number"
    bounds = [
        f"{label} {part[name]}"
        for name, label in (
            ("minimum", "at least"),
            ("exclusiveMinimum", "above"),
            ("maximum", "at most"),
            ("exclusiveMaximum", "below"),
        )
        if name in part
    ]
    return " ".join([word, " and ".join(bounds)]).strip()


# --- YAML documents -------------------------------------------------------------------------------


def load_document(path: Path, shown: str) -> tuple[Any, dict[tuple[str | int, ...], int]]:
    """Read a YAML file with the line of each of its keys.

    Parameters
    ----------
    path : Path
        The file.
    shown : str
        Its name in messages.

    Returns
    -------
    (object, dict)
        The content (``None`` for an empty file), and path of a value to the line where it stands.

    Raises
    ------
    InputError
        If the file is not UTF-8 or not YAML.
    """
    return parse_document(path.read_bytes(), shown)


def parse_document(data: bytes, shown: str) -> tuple[Any, dict[tuple[str | int, ...], int]]:
    """Read the bytes of a YAML file as `load_document` does."""
    try:
        text = data.decode("utf-8-sig")
        node = yaml.compose(text, Loader=_Loader)
        content = yaml.load(text, Loader=_Loader)
    except UnicodeDecodeError as error:
        raise_if([_not_utf8(shown, error)])
    except yaml.MarkedYAMLError as error:
        raise_if([_yaml_problem(shown, error)])
    lines: dict[tuple[str | int, ...], int] = dict(_lines(node, ())) if node else {}
    return content, lines


def _not_utf8(shown: str, error: UnicodeDecodeError) -> Problem:
    found = f"byte 0x{error.object[error.start]:02x} at position {error.start}"
    return Problem(shown, found, "text in UTF-8", "Save the file as UTF-8.")


def _yaml_problem(shown: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    return Problem(
        shown,
        error.problem or "text that is not YAML",
        "YAML",
        "Look at this line and the one before: indentation, a missing colon or quote.",
        row=mark.line + 1 if mark else None,
    )


def _lines(node: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield (*path, str(key.value)), key.start_mark.line + 1
            for deeper, line in _lines(value, (*path, str(key.value))):
                if deeper != (*path, str(key.value)):
                    yield deeper, line
    elif isinstance(node, yaml.SequenceNode):
        for i, value in enumerate(node.value):
            yield from _lines(value, (*path, i))


def document_problems(
    name: str, content: Any, lines: Mapping[tuple[str | int, ...], int], shown: str
) -> list[Problem]:
    """Check a YAML document against the schema ``NAME.schema.yaml``: all faults and lines."""
    body = _document_schema(name)
    validator = jsonschema_rs.Draft202012Validator(body)
    return [
        _document_problem(error, body, lines, shown)
        for error in validator.iter_errors(_jsonable(content))
    ]


@functools.cache
def _document_schema(name: str) -> dict[str, Any]:
    text = (schemas_dir() / f"{name}.schema.yaml").read_text(encoding="utf-8")
    body: dict[str, Any] = yaml.load(text, Loader=_Loader)
    return body


def _jsonable(value: Any) -> Any:
    """Turn dates, which YAML makes of 2024-01-31, back into text."""
    if isinstance(value, Mapping):
        return {str(k): _jsonable(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_jsonable(v) for v in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def plain(content: Any) -> Any:
    """Give the content of a YAML document with dates as ISO 8601 text."""
    return _jsonable(content)


def _document_problem(
    error: Any,
    body: Mapping[str, Any],
    lines: Mapping[tuple[str | int, ...], int],
    shown: str,
) -> Problem:
    path = tuple(error.instance_path)
    unknown = (
        re.findall(r"'([^']+)'", error.message) if "dditional properties" in error.message else []
    )
    part = _part(body, path)
    if unknown:
        known = ", ".join(sorted(part.get("properties", {}))) or "no keys"
        where = (*path, unknown[0])
        keys = ", ".join(unknown)
        return Problem(
            shown,
            f"unknown key {keys}",
            known,
            "Correct the spelling or remove the key.",
            row=lines.get(where),
            column=".".join(map(str, where)),
        )
    allowed, _ = explain(error, part)
    missing = "is a required property" in error.message
    found = error.message if missing else repr(error.instance)[:80]
    return Problem(
        shown,
        found,
        allowed if not missing else "all required keys",
        str(part.get("x-mend", "Correct the value.")) if not missing else "Add the key.",
        row=lines.get(path),
        column=".".join(map(str, path)),
    )


def _part(body: Mapping[str, Any], path: Sequence[str | int]) -> Mapping[str, Any]:
    """Follow a path of the instance through the schema."""
    part: Mapping[str, Any] = body
    for step in path:
        if isinstance(step, int):
            part = part.get("items", {})
        else:
            extra = part.get("additionalProperties")
            part = part.get("properties", {}).get(step) or (
                extra if isinstance(extra, dict) else {}
            )
    return part
