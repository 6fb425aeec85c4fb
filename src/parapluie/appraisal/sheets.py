"""Sheets for raters to fill in: one row a criterion, its reading beside it, answers to choose.

What a tool asks comes from its file alone; a new tool needs nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from parapluie.appraisal.answers import given_by
from parapluie.appraisal.tool import criterion_of, item_of, plain
from parapluie.rating_sheets import SHEET

ANSWER_COLUMNS = ("answer", "page", "quote", "rationale")
"""What a rater fills in."""
ASKED = ("item", "criterion", "question", "reading", "allowed")
WHOSE = ("review_id", "rater", "tool", "profile")
"""Columns of a CSV that a workbook has above its columns instead."""
DIFFERS = "differs"

_NOT_SCORED = "Not scored for this kind of review: leave it empty."


@dataclass(frozen=True)
class Row:
    """One row of a sheet.

    Parameters
    ----------
    item, criterion : str
        The item or its part; the criterion, ``""`` for the row of the item itself.
    question, reading : str
        What is asked, and what gives which answer.
    allowed : tuple of str
        Answers to choose from; none where the item is not scored.
    critical, optional : bool
        Whether the item is critical under the profile; whether it may stay empty.
    """

    item: str
    criterion: str
    question: str
    reading: str
    allowed: tuple[str, ...]
    critical: bool = False
    optional: bool = False

    @property
    def is_item(self) -> bool:
        """Whether the row is that of the item itself."""
        return not self.criterion


@dataclass(frozen=True)
class Sheet:
    """A sheet: whose it is, its rows, and what stands in them already.

    Parameters
    ----------
    about : mapping
        ``review_id``, ``title``, ``rater``, ``tool``, ``profile``.
    heading, hint : str
        First and second line for people.
    rows : tuple of Row
    raters : tuple of str
        Of a sheet for consensus: whose answers are shown.
    shown : mapping
        Item, criterion and rater to the answer and to what else the rater wrote.
    agreed : mapping
        Item and criterion to the answer that all raters gave.
    """

    about: Mapping[str, str]
    heading: str
    hint: str
    rows: tuple[Row, ...]
    raters: tuple[str, ...] = ()
    shown: Mapping[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)
    agreed: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of the workbook."""
        between = [name for r in self.raters for name in (f"{r} answer", f"{r} says")]
        return (*ASKED, *between, *([DIFFERS] if self.raters else []), *ANSWER_COLUMNS)

    def cells(self) -> Iterator[dict[str, str]]:
        """Give the text of each row by column."""
        for row in self.rows:
            place = (row.item, row.criterion)
            texts = {
                "item": row.item,
                "criterion": row.criterion,
                "question": row.question,
                "reading": row.reading,
                "allowed": ", ".join(row.allowed),
                "answer": self.agreed.get(place, ""),
            }
            given = []
            for rater in self.raters:
                answer, said = self.shown.get((*place, rater), ("", ""))
                given.append(answer)
                texts |= {f"{rater} answer": answer, f"{rater} says": said}
            texts[DIFFERS] = DIFFERS if len(set(given) - {""}) > 1 else ""
            yield {column: texts.get(column, "") for column in self.columns}


# --- rows of a tool -------------------------------------------------------------------------------


def rows_of(
    tool: Mapping[str, Any], critical: Iterable[str] = (), not_scored: Iterable[str] = ()
) -> tuple[Row, ...]:
    """Give the rows of a tool: each item, or each of its parts, followed by its criteria.

    Parameters
    ----------
    tool : mapping
        The file of the tool as it stands there.
    critical, not_scored : iterable of str
        Items that the profile names so.
    """
    listed: list[Row] = []
    for item in tool.get("items", ()):
        is_critical = item["id"] in set(critical)
        left_out = item["id"] in set(not_scored)
        for name, body in (item.get("parts") or {item["id"]: item}).items():
            asked = {"label": item["label"], **body}
            listed += _rows_of_item(name, asked, is_critical, left_out)
    return tuple(listed)


def _rows_of_item(
    name: str, body: Mapping[str, Any], critical: bool, left_out: bool
) -> Iterator[Row]:
    answers = () if left_out else tuple(body["answers"])
    reading = _NOT_SCORED if left_out else reading_of(body)
    label = f"{body['label']} (critical)" if critical else body["label"]
    yield Row(name, "", label, reading, answers, critical, bool(body.get("optional")))
    for key, criterion in (body.get("criteria") or {}).items() if not left_out else ():
        reading = _needed_for(key, body, criterion)
        allowed = criterion_of(key, criterion).answers
        yield Row(name, key, criterion["label"], reading, allowed)


def reading_of(body: Mapping[str, Any]) -> str:
    """Put into words what gives which answer of an item.

    Examples
    --------
    >>> reading_of({"criteria": {"a": {"label": "one"}, "b": {"label": "two"}},
    ...             "gives": [{"answer": "yes", "any_of": ["a", "b"]}], "otherwise": "no"})
    'Yes: one; or two.\\nOtherwise: no.'
    """
    labels = {key: c["label"] for key, c in (body.get("criteria") or {}).items()}
    rules = body.get("gives", ())
    lines = [_given_words(rule, rules[i + 1 :], labels) for i, rule in enumerate(rules)]
    if body.get("domain"):
        lines.insert(0, f"{body['domain']}.")
    if body.get("optional"):
        lines.append("May stay empty.")
    if body.get("otherwise"):
        lines.append(f"Otherwise: {words(body['otherwise'])}.")
    if body.get("note"):
        lines.append(str(body["note"]).strip())
    return "\n".join(lines)


def _given_words(
    rule: Mapping[str, Any], later: Sequence[Mapping[str, Any]], labels: Mapping[str, str]
) -> str:
    """Put a rule into words; what a lesser answer needs too is not told twice."""
    every, said = list(rule.get("all_of", ())), []
    for lesser in later:
        shared = set(lesser.get("all_of", ()))
        if shared and shared < set(every):
            said.append(f"what gives {words(lesser['answer'])}")
            every = [key for key in every if key not in shared]
            break
    said += [labels.get(key, key) for key in every]
    one = [labels.get(key, key) for key in rule.get("any_of", ())]
    said += ["; or ".join(one)] if one else []
    return f"{words(rule['answer']).capitalize()}: {'; '.join(said)}."


def _needed_for(key: str, body: Mapping[str, Any], criterion: Mapping[str, Any]) -> str:
    """Say what a criterion is needed for."""
    every = [words(r["answer"]) for r in body.get("gives", ()) if key in r.get("all_of", ())]
    one = [words(r["answer"]) for r in body.get("gives", ()) if key in r.get("any_of", ())]
    said = [f"Needed for {' and '.join(reversed(every))}."] if every else []
    said += [f"One of those that give {' and '.join(one)}."] if one else []
    if not said:
        said.append("Advised only: it changes no answer.")
    if criterion.get("conditional"):
        said.append("Not needed, where it does not arise, counts as met.")
    if criterion.get("note"):
        said.append(str(criterion["note"]).strip())
    return " ".join(said)


def words(answer: str) -> str:
    """Give an answer in plain words."""
    return answer.replace("_", " ")


# --- consensus ------------------------------------------------------------------------------------

Given = Mapping[tuple[str, str], Mapping[str, str]]
"""Item and criterion to the row of one rater: answer, page, quote, rationale."""


def answer_of(item: str, rows: Sequence[Row], bodies: Mapping[str, Any], given: Given) -> str:
    """Give a rater's answer to an item: as typed, else as its criteria give it, else ``""``."""
    typed = given.get((item, ""), {}).get("answer", "").strip()
    if typed:
        return typed
    ticked = {
        r.criterion: given.get((item, r.criterion), {}).get("answer", "")
        for r in rows
        if r.item == item
    }
    ticked.pop("", None)
    named = {"label": item, "short": item, **bodies[item]}  # parts have no names of their own
    return given_by(item_of(item, named), ticked)[0]


def in_full(tool: Mapping[str, Any], rows: Sequence[Row], given: Given) -> Given:
    """Give the same answers with each code written in full: ``Y`` becomes ``yes``."""
    allowed = {(row.item, row.criterion): row.allowed for row in rows}
    return {
        place: {**told, "answer": _meant(tool, allowed.get(place, ()), told.get("answer", ""))}
        for place, told in given.items()
    }


def _meant(tool: Mapping[str, Any], allowed: Sequence[str], text: str) -> str:
    """Give the allowed answer that a text means; the text where it means none."""
    codes = tool.get("answers", {})
    for answer in allowed:
        if plain(text) in {plain(str(code)) for code in (answer, *codes.get(answer, ()))}:
            return answer
    return text.strip()


def bodies_of(tool: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Give each item, or each of its parts, by its name."""
    return {
        name: body
        for item in tool.get("items", ())
        for name, body in (item.get("parts") or {item["id"]: item}).items()
    }


def open_items(rows: Sequence[Row], bodies: Mapping[str, Any], given: Given) -> list[str]:
    """Name the scored items, or parts, that a rater has not answered yet.

    An item of parts may be answered whole: then its parts are not open.
    """
    whole = {item for (item, criterion), row in given.items() if not criterion and row["answer"]}
    return [
        row.item
        for row in rows
        if row.is_item
        and row.allowed
        and not row.optional
        and not answer_of(row.item, rows, bodies, given)
        and row.item.split("_")[0] not in whole
    ]


def for_consensus(blank: Sheet, tool: Mapping[str, Any], given: Mapping[str, Given]) -> Sheet:
    """Give a sheet that shows what all raters answered, with the answers they share filled in.

    Parameters
    ----------
    blank : Sheet
    tool : mapping
        The file of the tool.
    given : mapping
        Rater to answers `in_full`, each complete (`open_items` gives none).
    """
    bodies, raters = bodies_of(tool), tuple(sorted(given))
    shown: dict[tuple[str, str, str], tuple[str, str]] = {}
    agreed: dict[tuple[str, str], str] = {}
    for row in blank.rows:
        place = (row.item, row.criterion)
        for rater in raters:
            told = given[rater].get(place, {})
            answer = (
                answer_of(row.item, blank.rows, bodies, given[rater])
                if row.is_item
                else told.get("answer", "")
            )
            shown[(*place, rater)] = (answer, _said(told))
        answers = {shown[(*place, rater)][0] for rater in raters}
        if len(answers) == 1 and "" not in answers:
            agreed[place] = answers.pop()
    return Sheet(blank.about, blank.heading, blank.hint, blank.rows, raters, shown, agreed)


def _said(told: Mapping[str, str]) -> str:
    """Put page, quote and rationale of a rater into one text."""
    page, quote, why = (told.get(c, "").strip() for c in ("page", "quote", "rationale"))
    parts = [f"p. {page}" if page else "", f"“{quote}”" if quote else "", why]
    return "; ".join(part for part in parts if part)


# --- workbook -------------------------------------------------------------------------------------

_WIDTHS = {"item": 10, "criterion": 18, "question": 34, "reading": 46, "allowed": 14, "answer": 13,
           "page": 7, "quote": 40, "rationale": 34, DIFFERS: 9}  # fmt: skip
_ITEM_FILL, _ANSWER_FILL, _DIFFERS_FILL = "E6EEF5", "FFFDF2", "FBE6D8"
_GREY = "6B6B6B"
_ABOVE = 7
"""Rows above the columns: heading, hint, and a line for each of `about`."""


def workbook(sheet: Sheet) -> Any:
    """Make the workbook: drop-down lists, a heading that stays, all locked but the answers.

    Parameters
    ----------
    sheet : Sheet

    Returns
    -------
    openpyxl.Workbook
    """
    import openpyxl

    book = openpyxl.Workbook()
    target: Any = book.active
    target.title = SHEET
    _write_head(target, sheet)
    _write_rows(target, sheet)
    _add_choices(target, sheet)
    _set_page(target, sheet)
    return book


def _write_head(target: Any, sheet: Sheet) -> None:
    from openpyxl.styles import Alignment, Border, Font, Side
    from openpyxl.utils import get_column_letter

    target.cell(1, 1, _text(sheet.heading)).font = Font(bold=True, size=13)
    target.cell(2, 1, _text(sheet.hint)).font = Font(italic=True, color=_GREY)
    for i, (name, text) in enumerate(sheet.about.items(), start=3):
        target.cell(i, 1, name).font = Font(color=_GREY)
        target.cell(i, 2, _text(text)).font = Font(bold=True)
    for j, column in enumerate(sheet.columns, start=1):
        cell = target.cell(_ABOVE + 1, j, _text(column))
        cell.font, cell.border = Font(bold=True), Border(bottom=Side("medium"))
        cell.alignment = Alignment(wrap_text=True, vertical="bottom")
        width = _WIDTHS.get(column, 13 if column.endswith(" answer") else 30)
        target.column_dimensions[get_column_letter(j)].width = width


def _write_rows(target: Any, sheet: Sheet) -> None:
    from openpyxl.styles import Alignment, Border, Font, Protection, Side

    border = Border(bottom=Side("hair", color="BBBBBB"))
    for i, (row, texts) in enumerate(zip(sheet.rows, sheet.cells(), strict=True), _ABOVE + 2):
        for j, column in enumerate(sheet.columns, start=1):
            cell = target.cell(i, j, _text(texts[column]) or None)
            fills_in = column in ANSWER_COLUMNS and bool(row.allowed)
            indent = 1 if column == "question" and not row.is_item else 0
            cell.alignment = Alignment("left", "top", wrap_text=True, indent=indent)
            cell.font = _font(row, column, Font)
            cell.border, cell.protection = border, Protection(locked=not fills_in)
            cell.fill = _fill(row, column, fills_in, bool(texts.get(DIFFERS)))
            if column in ANSWER_COLUMNS:
                cell.number_format = "@"  # a page such as 3-5 is no date


def _font(row: Row, column: str, font: Any) -> Any:
    if column in ("criterion", "allowed"):
        return font(size=9, color=_GREY)
    return font(bold=row.is_item and column in ("item", "question"))


def _fill(row: Row, column: str, fills_in: bool, differs: bool) -> Any:
    from openpyxl.styles import PatternFill

    if differs and (column == DIFFERS or column.endswith(" answer")):
        return PatternFill("solid", fgColor=_DIFFERS_FILL)
    if fills_in:
        return PatternFill("solid", fgColor=_ANSWER_FILL)
    return PatternFill("solid", fgColor=_ITEM_FILL) if row.is_item else PatternFill()


def _add_choices(target: Any, sheet: Sheet) -> None:
    """Add a drop-down list for each set of answers."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    letter = get_column_letter(sheet.columns.index("answer") + 1)
    rules: dict[tuple[str, ...], Any] = {}
    for i, row in enumerate(sheet.rows, start=_ABOVE + 2):
        if not row.allowed:
            continue
        if row.allowed not in rules:
            choices = f'"{",".join(row.allowed)}"'
            rule = DataValidation(
                type="list", formula1=choices, allow_blank=True, showErrorMessage=True
            )
            rule.error = f"One of: {', '.join(row.allowed)}"[:250]
            rules[row.allowed] = rule
            target.add_data_validation(rule)
        rules[row.allowed].add(f"{letter}{i}")


def _set_page(target: Any, sheet: Sheet) -> None:
    last = _ABOVE + 1 + len(sheet.rows)
    target.freeze_panes = target.cell(_ABOVE + 2, 2)
    target.print_title_rows = f"{_ABOVE + 1}:{_ABOVE + 1}"
    target.page_setup.orientation, target.page_setup.paperSize = "landscape", 9
    target.page_setup.fitToWidth, target.page_setup.fitToHeight = 1, 0
    target.sheet_properties.pageSetUpPr.fitToPage = True
    target.oddFooter.left.text = " · ".join(
        sheet.about.get(c, "").replace("&", "&&") for c in ("tool", "review_id", "rater")
    )
    target.oddFooter.right.text = "&P / &N"
    target.auto_filter.ref = f"A{_ABOVE + 1}:{target.cell(last, len(sheet.columns)).coordinate}"
    locks = target.protection
    locks.sheet = True
    # locked against slips, not people: no password; widths, heights and filters are free
    locks.formatColumns = locks.formatRows = locks.autoFilter = False


def _text(text: str) -> str:
    """Give a text that a sheet can hold and does not run as a formula."""
    plain = "".join(c if c >= " " or c in "\t\n" else " " for c in text)
    return f"'{plain}" if plain.startswith(("=", "+", "-", "@")) else plain


def csv_rows(sheet: Sheet) -> tuple[list[str], list[dict[str, str]]]:
    """Give columns and rows of the sheet as CSV: whose it is stands in every row."""
    whose = {column: sheet.about.get(column, "") for column in WHOSE}
    return [*WHOSE, *sheet.columns], [{**whose, **texts} for texts in sheet.cells()]
