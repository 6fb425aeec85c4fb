"""Tables as Word documents: A4 across, a heading row that repeats, no row cut by the end of a page.

Notes stand under the table with their letters: footnotes of a page would leave the table, and
journals ask for notes below it. The same tables give the same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from parapluie.report.printed import PrintCell, PrintColumn, PrintTable, footnotes, parts, widths
from parapluie.report.workbook import without_times

ROOM_MM = 297 - 2 * 15
"""Width of A4 across between its margins."""
_TWIPS = 1440 / 25.4
_HALF_POINTS = 17
"""Size of the type in tables: 8.5 points."""
_FONT = "Arial"
_UPRIGHT_HEIGHT_MM, _UPRIGHT_HIGHEST_MM = 1.9, 60
# python-docx takes a time without a zone
_FIXED = datetime(1980, 1, 1)
_NS = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def write(path: Path, table: PrintTable) -> None:
    """Write one table as a document of its own; a wide one as several tables."""
    import docx

    document: Any = docx.Document()
    _page(document)
    cut = parts(table, ROOM_MM)
    for number, part in enumerate(cut, start=1):
        if number > 1:
            document.add_page_break()
        _caption(document, part.title, f" (part {number} of {len(cut)})" if len(cut) > 1 else "")
        _table(document, part)
        _notes(document, part)
    _properties(document, table.title)
    buffer = io.BytesIO()
    document.save(buffer)
    path.write_bytes(without_times(buffer.getvalue()))


# --- page -----------------------------------------------------------------------------------------


def _page(document: Any) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.shared import Mm, Pt

    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(15)
    style = document.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(9)
    style.paragraph_format.space_after = Pt(2)
    foot = section.footer.paragraphs[0]
    foot.alignment = 2
    for piece in _field("PAGE", "1"):
        foot._p.append(piece)


def _caption(document: Any, title: str, part: str) -> None:
    """Write a caption with a number that Word counts anew where the table is pasted."""
    from docx.shared import Pt, RGBColor

    paragraph = document.add_paragraph(style="Caption")
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.space_after = Pt(4)
    paragraph.add_run("Table ")
    same = "" if not part or part.startswith(" (part 1 ") else "\\c "  # \\c: the number before
    for piece in _field(f"SEQ Table {same}\\* ARABIC", "1"):
        paragraph._p.append(piece)
    paragraph.add_run(f". {_clean(title)}{part}")
    for run in paragraph.runs:
        run.font.name, run.font.size, run.font.bold = _FONT, Pt(10), True
        run.font.color.rgb = RGBColor(0x1A, 0x1A, 0x1A)


def _field(code: str, shown: str) -> Iterator[Any]:
    from docx.oxml import parse_xml

    yield parse_xml(f'<w:r {_NS}><w:fldChar w:fldCharType="begin"/></w:r>')
    yield parse_xml(f'<w:r {_NS}><w:instrText xml:space="preserve"> {code} </w:instrText></w:r>')
    yield parse_xml(f'<w:r {_NS}><w:fldChar w:fldCharType="separate"/></w:r>')
    yield parse_xml(f"<w:r {_NS}><w:t>{shown}</w:t></w:r>")
    yield parse_xml(f'<w:r {_NS}><w:fldChar w:fldCharType="end"/></w:r>')


def _notes(document: Any, table: PrintTable) -> None:
    from docx.shared import Pt

    lines = [("", note) for note in table.notes]
    lines += [(letter, note) for note, letter in footnotes(table).items()]
    for i, (letter, note) in enumerate(lines):
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.space_before = Pt(4 if i == 0 else 0)
        if letter:
            run = paragraph.add_run(letter)
            run.font.superscript = True
        paragraph.add_run(_clean(f" {note}" if letter else note))
        for run in paragraph.runs:
            run.font.size = Pt(8)


def _properties(document: Any, title: str) -> None:
    """Set what python-docx would fill with its own words and the time."""
    core = document.core_properties
    core.title, core.author, core.comments = _clean(title)[:255], "", ""
    core.last_modified_by, core.revision = "", 1
    core.created = core.modified = _FIXED


# --- table ----------------------------------------------------------------------------------------


def _table(document: Any, table: PrintTable) -> None:
    """Write the table as XML at once: by the cells of python-docx a long one takes minutes."""
    from docx.oxml import parse_xml

    wide = [round(w * _TWIPS) for w in widths(table, ROOM_MM)]
    grid = "".join(f'<w:gridCol w:w="{w}"/>' for w in wide)
    given = footnotes(table)
    rows = [_row(row, table.columns, wide, given) for row in table.rows]
    xml = (
        f"<w:tbl {_NS}><w:tblPr>"
        f'<w:tblW w:w="{sum(wide)}" w:type="dxa"/>{_BORDERS}'
        '<w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/>'
        f"</w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid>"
        f"{_heading(table.columns, wide)}{''.join(rows)}</w:tbl>"
    )
    body = document.element.body
    body.insert(len(body) - 1, parse_xml(xml))  # the last child holds the page


_RULE = 'w:val="single" w:space="0" w:color="404040"'
_BORDERS = (
    f'<w:tblBorders><w:top w:sz="8" {_RULE}/><w:bottom w:sz="8" {_RULE}/>'
    '<w:insideH w:val="single" w:sz="2" w:space="0" w:color="D0D0D0"/></w:tblBorders>'
)

_BELOW = f'<w:tcBorders><w:bottom w:sz="6" {_RULE}/></w:tcBorders>'
_UPRIGHT = '<w:textDirection w:val="btLr"/><w:vAlign w:val="center"/>'
_ON_LINE = '<w:vAlign w:val="bottom"/>'


def _heading(columns: Sequence[PrintColumn], wide: Sequence[int]) -> str:
    longest = max((len(c.title) for c in columns if c.upright), default=0)
    height = min(_UPRIGHT_HIGHEST_MM, longest * _UPRIGHT_HEIGHT_MM + 4) * _TWIPS
    exact = f'<w:trHeight w:val="{round(height)}" w:hRule="exact"/>' if longest else ""
    cells = "".join(
        _cell_xml(
            PrintCell(c.title, bold=True),
            w,
            "left" if c.upright else c.align,
            look=f"{_BELOW}{_UPRIGHT if c.upright else _ON_LINE}",
        )
        for c, w in zip(columns, wide, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/>{exact}<w:tblHeader/></w:trPr>{cells}</w:tr>"


def _row(
    cells: Sequence[PrintCell],
    columns: Sequence[PrintColumn],
    wide: Sequence[int],
    given: Mapping[str, str],
) -> str:
    inner = "".join(
        _cell_xml(cell, w, c.align, letter=given.get(cell.note, ""))
        for cell, c, w in zip(cells, columns, wide, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{inner}</w:tr>"


def _cell_xml(cell: PrintCell, wide: int, align: str, *, look: str = "", letter: str = "") -> str:
    if cell.fill:
        look += f'<w:shd w:val="clear" w:color="auto" w:fill="{cell.fill.lstrip("#")}"/>'
    bold = "<w:b/>" if cell.bold else ""
    size = f'<w:rFonts w:ascii="{_FONT}" w:hAnsi="{_FONT}" w:cs="{_FONT}"/>{bold}'
    size += f'<w:sz w:val="{_HALF_POINTS}"/><w:szCs w:val="{_HALF_POINTS}"/>'
    text = f'<w:r><w:rPr>{size}</w:rPr><w:t xml:space="preserve">{_xml(cell.text)}</w:t></w:r>'
    if letter:
        raised = f'{size}<w:vertAlign w:val="superscript"/>'
        text += f"<w:r><w:rPr>{raised}</w:rPr><w:t>{letter}</w:t></w:r>"
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{wide}" w:type="dxa"/>{look}</w:tcPr><w:p><w:pPr>'
        f'<w:spacing w:before="20" w:after="20"/><w:jc w:val="{align}"/></w:pPr>{text}</w:p></w:tc>'
    )


def _xml(text: str) -> str:
    return escape(_clean(text))


def _clean(text: str) -> str:
    """Leave out characters that XML cannot hold."""
    return _CONTROL.sub(" ", text)
