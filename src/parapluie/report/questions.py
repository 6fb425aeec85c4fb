"""The questions of deduplication on the page: two records side by side, and the line to paste."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from parapluie.report.results import Results, Row
from parapluie.report.table import NOT_KNOWN
from parapluie.report.tables.questions import FIELDS

SHOWN = 5
"""Questions that the page shows; the table has all."""

LONGEST = 200
"""Characters of a field that are shown."""

FILE = "data/search/overrides.csv"
_COLUMNS = ("record_a", "record_b", "answer", "by", "date", "reason")
"""Header of a new file of answers."""


def questions_html(results: Results) -> str:
    """Write the first questions, each with its two records and the lines that answer it.

    Parameters
    ----------
    results : Results
    """
    rows = results.rows("deduplication/pairs_to_check")
    if not rows:
        return ""
    columns, delimiter, name = _file(results)
    parts = [_how(columns, delimiter, name, _is_new(results))]
    parts += [_question(i, row, columns, delimiter) for i, row in enumerate(rows[:SHOWN], 1)]
    more = "The first questions are shown, the likeliest first. " if len(rows) > SHOWN else ""
    link = '<a class="csv" href="tables/duplicates_to_check.csv">CSV</a>'
    return "\n".join([*parts, f'<p class="files">{more}All of them: {link}</p>'])


def _file(results: Results) -> tuple[Sequence[str], str, str]:
    """Give the header, the delimiter and the name of the file of answers."""
    for name, table in results.data.items():
        if re.fullmatch(r"search/overrides\.(csv|tsv|xlsx)", name):
            return table.columns, "\t" if name.endswith("xlsx") else table.delimiter, f"data/{name}"
    return _COLUMNS, ",", FILE


def _is_new(results: Results) -> bool:
    return not any(name.startswith("search/overrides.") for name in results.data)


def _how(columns: Sequence[str], delimiter: str, name: str, is_new: bool) -> str:
    head = _line(delimiter.join(columns))
    first = f"<p>The file is not there yet; its first line is: {head}</p>" if is_new else ""
    return (
        '<div class="how"><p>To answer, copy one of the two lines below a question to the end of '
        f"<code>{escape(name)}</code>, in a text editor or a spreadsheet, and make the report "
        "again. You may fill in by, date and reason. Where two reports are not one and belong "
        "together, write in place of <code>different</code>: <code>version_of</code>, "
        "<code>protocol_of</code>, <code>abstract_of</code>, <code>erratum_of</code>, "
        "<code>comment_on</code> or <code>companion_of</code>; the first record is then the "
        f"version, protocol, abstract and so on of the second.</p>{first}</div>"
    )


def _question(number: int, row: Row, columns: Sequence[str], delimiter: str) -> str:
    body = "".join(_compared(row, name) for name in FIELDS)
    sides = (("First", row["record_a"]), ("Second", row["record_b"]))
    heads = "".join(
        f'<th scope="col">{words} record <span class="id">{escape(record)}</span></th>'
        for words, record in sides
    )
    answers = "".join(
        f"<dt>{words}</dt><dd>{_line(_answer(row, answer, columns, delimiter))}</dd>"
        for answer, words in (("same", "One report"), ("different", "Two reports"))
    )
    caption = f"q-{number}"
    return (
        '<div class="question"><div class="scroll" tabindex="0" role="region" '
        f'aria-labelledby="{caption}"><table><caption id="{caption}">'
        f'<span class="label">{escape(_sentence(row["reason"]))}</span></caption>'
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
        f'<dl class="answers">{answers}</dl></div>'
    )


def _compared(row: Row, name: str) -> str:
    title, kind = FIELDS[name]
    texts = [row.get(f"{name}_{side}", "") for side in "ab"]
    if not any(texts):
        return ""
    differs = all(texts) and _plain(texts[0]) != _plain(texts[1])
    head = f"{title} <small>differs</small>" if differs else title
    mark = f"{kind} differs" if differs else kind
    cells = "".join(f'<td class="{mark}">{escape(_short(text))}</td>' for text in texts)
    return f'<tr><th scope="row">{head}</th>{cells}</tr>'


def _short(text: str) -> str:
    """Cut what is too long to compare at a glance, such as a list of fifty authors."""
    if len(text) <= LONGEST:
        return text or NOT_KNOWN
    return text[:LONGEST].rsplit(" ", 1)[0].rstrip(";, ") + " …"


def _plain(text: str) -> str:
    """Give letters and digits only: what a person would call the same text."""
    return "".join(c for c in text.lower() if c.isalnum())


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _answer(row: Row, answer: str, columns: Sequence[str], delimiter: str) -> str:
    """Write the row of the table of answers, cells that are not known left empty."""
    known = {"record_a": row["record_a"], "record_b": row["record_b"], "answer": answer}
    return delimiter.join(known.get(column, "") for column in columns)


def _line(text: str) -> str:
    return f'<code class="id paste">{escape(text)}</code>'
