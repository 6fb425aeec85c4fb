"""The page: sections with their tables and drawings, in one file without any outside request."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from parapluie.report.html import folded, slug, table_html, traces
from parapluie.report.manuscript import Printed, in_word
from parapluie.report.methods import paragraphs
from parapluie.report.printed import PrintTable
from parapluie.report.questions import questions_html
from parapluie.report.results import Results
from parapluie.report.sentence import sentence_html
from parapluie.report.svg import inline
from parapluie.report.table import Table, short_reason, show

TEMPLATES = Path(__file__).parent / "templates"
_KEY = re.compile(r'data-key="([^"]*)"')
_KEYS = re.compile(r'data-keys="([^"]*)"')
"""Keys of what a part of a drawing tells when a reader points at it."""


@dataclass(frozen=True)
class Drawing:
    """A drawing on the page: name of its files, SVG text, heading.

    Those with the same `fold` stand folded together under it.
    """

    name: str
    svg: str
    title: str = ""
    caption: str = ""
    fold: str = ""


_SECTIONS = {
    "deduplication": "search",
    "prisma": "flow",
    "appraisal": "quality",
    "overlap": "overlap",
    "forest": "effects",
}
"""Section in which the drawings of a stage stand."""

_INDEXES = ("forest/index", "appraisal/drawings", "overlap/drawings")
"""Tables of the figures of a stage, in the order in which they stand."""

_OF_DIRECTIONS = ("evidence_map", "harvest")
_IN_FULL = ("umbrella", "forest")
"""Kinds of figures of synthesis: those that tell directions; those that are shown at once."""

_TITLES = {
    "deduplication/search_combinations": (
        "Which searches found the same reports",
        "Each column is a combination of searches, marked by filled dots; the bar above it is the "
        "number of reports that exactly these searches found. On the left: the reports of each "
        "search, and those that it alone found.",
    ),
    "deduplication/search_pairs": (
        "How much of each search another one found too",
        "Read along a row: of the reports of this search, how many each other search found too, "
        "and what share of the row that is.",
    ),
}
"""Heading and caption of drawings that their stage does not describe."""


def drawings(results: Results) -> dict[str, list[Drawing]]:
    """Give the drawings by the section in which they stand; names are those in reports/figures."""
    found: dict[str, list[Drawing]] = {s: [] for s in (*_SECTIONS.values(), "votes")}
    told = {
        f"{table.partition('/')[0]}/{row['stem']}": row
        for table in _INDEXES
        for row in results.rows(table)
    }
    places = {name: i for i, name in enumerate(told)}
    in_order = sorted(results.drawings.items(), key=lambda d: (places.get(d[0], -1), d[0]))
    for name, svg in in_order:
        stage, _, stem = name.partition("/")
        row = told.get(name, {})
        title, caption = _TITLES.get(name, (row.get("title", ""), row.get("caption", "")))
        caption = caption if row.get("part", "1") == "1" else ""
        section = "votes" if row.get("kind") in _OF_DIRECTIONS else _SECTIONS[stage]
        fold = _fold_of(results, row) if stage == "forest" else _fold_of_part(row)
        found[section].append(Drawing(f"{stage}_{stem}", svg, title, caption, fold))
    return found


def _fold_of_part(row: Mapping[str, str]) -> str:
    """Name the fold of the further parts of a figure; the first part has none."""
    if row.get("part", "1") == "1":
        return ""
    return f"{row['title'].rpartition(', part ')[0]}: further parts"


def _fold_of(results: Results, row: Mapping[str, str]) -> str:
    """Name the fold of a figure of synthesis; forest plots and maps have none."""
    if row.get("kind", "forest") in (*_IN_FULL, *_OF_DIRECTIONS):
        return ""
    label = results.outcome_labels().get(row["outcome"], row["outcome"])
    return f"{label} ({row['scale']}): what lies behind the pooled result"


def render(
    results: Results,
    tables: Sequence[tuple[str, Table]],
    facts: Mapping[str, Any],
    printed: Printed | None = None,
) -> str:
    """Write the page.

    Parameters
    ----------
    results : Results
    tables : sequence of (section, Table)
    facts : mapping
        ``version``, ``digest`` of the inputs, ``versions`` of libraries.
    printed : Printed, optional
        Tables that are written as documents too.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sections: dict[str, list[Table]] = {}
    for section, table in tables:
        sections.setdefault(section, []).append(table)

    def tables_of(section: str) -> Markup:
        return Markup("\n".join(table_html(t) for t in sections.get(section, [])))

    def pictures(section: str) -> Markup:
        return Markup("\n".join(_pictures(results, placed[section])))

    placed = drawings(results)
    environment.globals.update(
        n=lambda key, kind="count": number(results, key, kind),
        has=lambda key: key in results.figures,
        tables_of=tables_of,
        pictures=pictures,
        documents=lambda section: _documents(printed, section),
        questions=Markup(questions_html(results)),
        overlap_sentence=Markup(sentence_html(results)),
        methods=paragraphs(results),
        words=words,
        css=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),
    )
    body = environment.get_template("page.html").render(
        results=results, protocol=results.protocol, **facts
    )
    return _finish(body, results)


def _finish(body: str, results: Results) -> str:
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    told = [key for keys in _KEYS.findall(body) for key in keys.split(";") if key]
    data = traces(results.figures, [*_KEY.findall(body), *told])
    end = (
        f'<script type="application/json" id="traces">{data}</script>\n'
        f"<script>{script}</script>\n</body>\n</html>\n"
    )
    return body.rstrip() + "\n" + end


def number(results: Results, key: str, kind: str = "count") -> Markup:
    """Write a figure inside a sentence; nothing where no stage made it."""
    line = results.figures.get(key)
    if line is None:
        return Markup('<span class="absent">not known yet</span>')
    if line["absent_reason"]:
        return Markup('<span class="absent" data-key="{}">{}</span>').format(
            key, short_reason(str(line["absent_reason"]))
        )
    return Markup('<span class="n" data-key="{}">{}</span>').format(key, show(line["value"], kind))


def words(text: object) -> Markup:
    """Write words of the team; with digits they get the class ``label``."""
    said = str(text)
    if any(c.isdigit() for c in said):
        return Markup('<span class="label">{}</span>').format(said)
    return Markup(escape(said))


def _documents(printed: Printed | None, section: str) -> Markup:
    """Write links to the documents of a section, and what is not made, with the reason."""
    if printed is None:
        return Markup("")
    parts = [_document(table) for table in printed.of(section)]
    if parts:
        parts.append(Markup('<a href="tables/manuscript_tables.xlsx">all as Excel</a>'))
    parts += [words(f"{name}: {why}") for place, name, why in printed.not_made if place == section]
    if not parts:
        return Markup("")
    return Markup('<p class="files">For a manuscript: {}</p>').format(Markup(" ").join(parts))


def _document(table: PrintTable) -> Markup:
    if not in_word(table):
        return words(f"{table.title} (too long for Word)")
    return Markup('{} <a href="tables/{}.docx">Word</a>').format(words(table.title), table.name)


def _row_names(results: Results) -> set[str]:
    """Give the numbers that name rows of drawings: items of a tool, times of inclusion."""
    items = {row["item"] for row in results.rows("appraisal/items")}
    times = {row["times_included"] for row in results.rows("overlap/distribution")}
    return items | times


def _pictures(results: Results, drawn: Sequence[Drawing]) -> Iterator[str]:
    """Write drawings, those of one fold together."""
    for fold, members in itertools.groupby(drawn, key=lambda d: d.fold):
        inner = "\n".join(_picture(results, d) for d in members)
        yield folded(f"f-{slug(fold)}", fold, inner) if fold else inner


def _picture(results: Results, drawing: Drawing) -> str:
    links = " ".join(
        f'<a href="figures/{drawing.name}.{e}">{e.upper()}</a>' for e in ("svg", "pdf", "png")
    )
    title = f"<h3>{words(drawing.title)}</h3>" if drawing.title else ""
    caption = f"<p>{words(drawing.caption)}</p>" if drawing.caption else ""
    svg = inline(drawing.svg, results.figures, _row_names(results))
    return (
        f'{title}<figure><div class="picture" tabindex="0" role="group">{svg}</div>'
        f'<figcaption class="notes">{caption}<p class="files">{links}</p></figcaption></figure>'
    )
