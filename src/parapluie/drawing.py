"""Saving drawings: SVG with real text, PDF and PNG, the same bytes for the same input.

A text whose gid starts with ``key:`` becomes a traceable number of the report: the group around it
carries ``data-key``. All other ids are prefixed by the name of the drawing, so that many drawings
can stand on one page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from parapluie.fonts import CUT, NARROW, families

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MM_PER_INCH = 25.4
FORMATS = ("svg", "pdf", "png")
PNG_DPI = 300

STYLE: dict[str, Any] = {
    "font.size": 7.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "parapluie",
    "pdf.fonttype": 42,
    "axes.linewidth": 0.6,
    "figure.dpi": 100,
    # text has one width at every resolution: what is measured is what is drawn
    "text.hinting": "none",
}

OKABE_ITO = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "purple": "#CC79A7",
    "grey": "#999999",
}
"""Colours that colour-blind readers tell apart (Okabe and Ito 2008)."""


_FONTS_OF_READERS = {
    f"'{CUT}', 'DejaVu Sans'": "'DejaVu Sans', Verdana, sans-serif",
    f"'{NARROW}', 'DejaVu Sans'": "'DejaVu Sans Condensed', Arial, Helvetica, 'Liberation Sans', "
    "'DejaVu Sans', sans-serif",
}
"""Fonts that a machine without ours is asked for: as wide, or narrower."""


def new_figure(width_mm: float, height_mm: float, fonts: Sequence[str] = ()) -> Figure:
    """Make an empty figure of a size in mm, with the house style and, if given, other fonts."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    for name, value in STYLE.items():
        mpl.rcParams[name] = value  # type: ignore[index]
    for name in ("font.family", "font.sans-serif", "font.monospace"):
        mpl.rcParams[name] = list(fonts or families())  # type: ignore[index]
    figure = Figure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH))
    FigureCanvasAgg(figure)
    return figure


def save(
    figure: Figure, stem: Path, title: str, description: str,
    *, rework: Callable[[str], str] | None = None, dpi: int = PNG_DPI,
    pages: Sequence[Figure] = (),
) -> list[Path]:  # fmt: skip
    """Write a figure as STEM.svg, STEM.pdf and STEM.png, without dates.

    Parameters
    ----------
    figure : matplotlib Figure
    stem : Path
        Path without the ending; its last part prefixes the ids inside the SVG.
    title, description : str
        Name and alternative text, for screen readers.
    rework : callable, optional
        Changes the SVG, as matplotlib writes it, before ids are prefixed.
    dpi : int
        Of the PNG.
    pages : sequence of Figure
        The pages of the PDF, for a figure that is higher than a page.
    """
    stem.parent.mkdir(parents=True, exist_ok=True)
    paths = [stem.parent / f"{stem.name}.{ending}" for ending in FORMATS]
    figure.savefig(paths[0], format="svg", metadata={"Date": None, "Creator": None})
    if rework:
        changed = rework(paths[0].read_text(encoding="utf-8"))
        paths[0].write_text(changed, encoding="utf-8", newline="\n")
    _finish_svg(paths[0], stem.name, title, description)
    _save_pdf(pages or [figure], paths[1], title)
    figure.savefig(
        paths[2],
        format="png",
        dpi=dpi,
        metadata={"Software": None},
        pil_kwargs={"compress_level": 2},  # faster, and as small for line art
    )
    return paths


def _save_pdf(pages: Sequence[Figure], path: Path, title: str) -> None:
    from matplotlib.backends.backend_pdf import PdfPages

    with PdfPages(path, metadata={"CreationDate": None, "Title": title}) as pdf:
        for page in pages:
            pdf.savefig(page)


def _finish_svg(path: Path, name: str, title: str, description: str) -> None:
    text = path.read_text(encoding="utf-8")
    for ours, theirs in _FONTS_OF_READERS.items():
        text = text.replace(ours, theirs)
    text = re.sub(r'\bid="key:([^"]*)"', r'data-key="\1"', text)
    text = re.sub(r'\bid="([^"]*)"', rf'id="{name}-\1"', text)
    text = re.sub(r"url\(#([^)]*)\)", rf"url(#{name}-\1)", text)
    text = re.sub(r'((?:xlink:)?href)="#([^"]*)"', rf'\1="#{name}-\2"', text)
    role = "group" if 'class="spot"' in text else "img"
    label = f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
    text = re.sub(
        r"<svg ([^>]*)>",
        lambda m: f'<svg {m.group(1)} role="{role}" aria-label={quoteattr(title)}>{label}',
        text,
        count=1,
    )
    path.write_text(text, encoding="utf-8", newline="\n")
