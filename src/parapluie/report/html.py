"""Tables as HTML, and the traces that the page carries."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from parapluie.report.table import Cell, Column, Table

MANY_COLUMNS = 9
"""Tables with more columns stand across the page in print."""

MIDDLE_TEXT, WIDE_TEXT = 20, 60
"""Cells with more characters get a wider column."""


def table_html(table: Table) -> str:
    """Write a table; one without rows says why."""
    if not table.rows:
        return f'<p class="empty">{_classed(table.empty)}</p>' if table.empty else ""
    table = table.for_page()
    caption = f"t-{table.name}"
    head = "".join(
        f'<th scope="col"{_class(_column_class(c))}>{_classed(c.title)}</th>' for c in table.columns
    )
    body = "".join(_row(table.columns, row) for row in table.rows)
    frame = "scroll long" if table.is_long else "scroll"
    many = " many" if len(table.columns) > MANY_COLUMNS else ""
    notes = "".join(f"<p>{_classed(note)}</p>" for note in table.notes)
    link = f'<a class="csv" href="tables/{table.name}.csv">CSV</a>'
    inner = (
        f'<div class="{frame}" tabindex="0" role="region" aria-labelledby="{caption}">'
        f'<table><caption id="{caption}">{_classed(table.title)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f'<div class="notes">{notes}<p class="files">{link}</p></div>'
    )
    return _fold(table, inner, many) if table.folded else f'<div class="table{many}">{inner}</div>'


def _fold(table: Table, inner: str, many: str) -> str:
    return folded(f"b-{table.name}", table.title, inner, f"table fold{many}")


def folded(name: str, title: str, inner: str, classes: str = "fold") -> str:
    """Write a part that stands folded under its title until a reader opens it."""
    return (
        f'<div class="{classes}"><button type="button" class="toggle" aria-expanded="false" '
        f'aria-controls="{name}">{_classed(title)}</button>'
        f'<div class="body" id="{name}">{inner}</div></div>'
    )


def slug(text: str) -> str:
    """Make an id of a text."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _classed(text: str) -> str:
    """Escape words; those with digits get the class ``label``."""
    if any(c.isdigit() for c in text):
        return f'<span class="label">{escape(text)}</span>'
    return escape(text)


def _column_class(column: Column) -> str:
    return "number" if column.is_number else ""


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def _row(columns: Iterable[Column], cells: Iterable[Cell]) -> str:
    parts = [
        _cell(column, cell, i == 0)
        for i, (column, cell) in enumerate(zip(columns, cells, strict=True))
    ]
    return f"<tr>{''.join(parts)}</tr>"


def _cell(column: Column, cell: Cell, first: bool) -> str:
    classes = [] if cell.kind in ("word", "number") else [cell.kind]
    if column.is_number:
        classes += ["number", *(["zero"] if cell.shown == "0" else [])]
    elif len(cell.shown) > WIDE_TEXT:
        classes.append("wide")
    elif len(cell.shown) > MIDDLE_TEXT:
        classes.append("middle")
    attributes = _class(" ".join(dict.fromkeys(classes)))
    if cell.key:
        attributes += f' data-key="{escape(cell.key)}"'
    if cell.title:
        attributes += f' title="{escape(cell.title)}"'
    text = escape(cell.shown)
    if cell.href:
        text = f'<a href="{escape(cell.href)}" rel="noreferrer">{text}</a>'
    return f'<th scope="row"{attributes}>{text}</th>' if first else f"<td{attributes}>{text}</td>"


def traces(figures: Mapping[str, Mapping[str, Any]], used: Iterable[str]) -> str:
    """Write the figures that a page shows, and all they rest on, as compact JSON.

    Texts that repeat (rules, files, filters) stand once in a list ``s``; ``k`` maps a key to
    [value, unit, reason of absence, rule, source, [file, filter, ...], [key, ...]], texts by
    number.
    """
    texts: dict[str, int] = {}

    def number(text: object) -> int:
        return texts.setdefault(str(text), len(texts))

    found: dict[str, list[Any]] = {}
    queue = sorted(set(used))
    while queue:
        key = queue.pop()
        if key in found or key not in figures:
            continue
        line = figures[key]
        rests = [k for k in str(line["rests_on"]).split(";") if k in figures]
        files = [f for f in str(line["file"]).split(";") if f]
        counted = [r.strip() for r in str(line["rows"]).split(";") if r.strip()]
        pairs = [number(part) for pair in zip(files, counted, strict=False) for part in pair]
        words = [number(line[c]) for c in ("unit", "absent_reason", "rule", "source")]
        found[key] = [str(line["value"] if line["value"] is not None else ""), *words, pairs, rests]
        queue.extend(rests)
    content = {"s": list(texts), "k": {key: found[key] for key in sorted(found)}}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
