"""A small cut of DejaVu Sans, made anew in each process, so that a PDF embeds its font quickly.

matplotlib cuts the full font (5,900 signs, with tables for scripts that tables and plots rarely
need) for every PDF, which takes longer than drawing. From this cut of 700 signs it takes a quarter
of a second less a drawing. Any other sign is still drawn, from the full font.
"""

from __future__ import annotations

import dataclasses
import functools
import tempfile
from collections.abc import Iterable
from pathlib import Path

FULL = "DejaVu Sans"
"""Comes with matplotlib, so text has the same size on every machine."""
CUT = "DejaVu Sans cut"
"""Name under which matplotlib finds the cut."""
NARROW = "DejaVu Sans Condensed cut"
"""The cut at nine tenths of its width, as DejaVu Sans Condensed is made; for full tables."""

_FILES = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
_NARROW_FILES = ("DejaVuSansCondensed.ttf", "DejaVuSansCondensed-Bold.ttf")
_SIGNS = (
    *range(0x20, 0x180),  # Latin with its accents
    *range(0x370, 0x400),  # Greek
    *range(0x2010, 0x20A0),  # punctuation, raised and lowered digits
    *range(0x2190, 0x2194),  # arrows
    *(0x2212, 0x2248, 0x2260, 0x2264, 0x2265, 0x25C6),
)
_MORE_SIGNS = (*range(0x180, 0x250), *range(0x400, 0x530), *range(0x1E00, 0x1F00))
"""Cyrillic, and Latin of Africa and Vietnam: names of authors, in the narrow cut too."""
_UNUSED = ("GSUB", "GPOS", "GDEF", "kern", "FFTM")
_SHARE = 0.9


@functools.cache
def families() -> tuple[str, str]:
    """Make the cut known to matplotlib.

    Returns
    -------
    (str, str)
        The families of a text: the cut, then the full font for signs that it lacks.
    """
    for name in _FILES:
        path = Path(_folder().name) / name
        _cut(_full(name), path)
        _announce(path, CUT)
    return CUT, FULL


@functools.cache
def narrow_families() -> tuple[str, str]:
    """Make the narrow cut known to matplotlib; give it with the full font, as `families` does."""
    for name, target in zip(_FILES, _NARROW_FILES, strict=True):
        path = Path(_folder().name) / target
        _cut(_full(name), path, (*_SIGNS, *_MORE_SIGNS))
        _narrow(path, path.stem)
        _announce(path, NARROW)
    return NARROW, FULL


def _full(name: str) -> Path:
    import matplotlib as mpl

    return Path(mpl.get_data_path()) / "fonts" / "ttf" / name


def _announce(path: Path, family: str) -> None:
    from matplotlib import font_manager

    entry = font_manager.ttfFontProperty(font_manager.get_font(path))
    font_manager.fontManager.ttflist.append(
        dataclasses.replace(entry, name=family, stretch="normal")
    )


def others_for(letters: frozenset[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Find fonts of this machine for letters that DejaVu Sans lacks.

    Parameters
    ----------
    letters : frozenset of str
        All letters of a drawing.

    Returns
    -------
    (tuple of str, frozenset of str)
        Families to ask after DejaVu Sans, and the letters that none has.
    """
    from matplotlib import font_manager

    missing = {c for c in letters if c.isprintable()} - _covered(str(_full(_FILES[0])), letters)
    found: dict[str, None] = {}
    if missing:
        plain = [e for e in font_manager.fontManager.ttflist if e.style == "normal"]
        for entry in sorted(plain, key=lambda e: (abs(int(e.weight) - 400), e.name, e.fname)):
            if not missing or entry.name.startswith(("DejaVu", "Last Resort")):
                continue
            has = missing & _covered(entry.fname, frozenset(missing))
            if has:
                found[entry.name] = None
                missing -= has
    return tuple(found), frozenset(missing)


@functools.lru_cache(maxsize=256)
def _covered(path: str, letters: frozenset[str]) -> frozenset[str]:
    """Give those of the letters that a font has."""
    from matplotlib.font_manager import get_font

    font = get_font(path)
    return frozenset(c for c in letters if font.get_char_index(ord(c)))


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Give a folder that goes when the process ends."""
    return tempfile.TemporaryDirectory(prefix="parapluie-fonts-")


def _cut(source: Path, target: Path, signs: Iterable[int] = _SIGNS) -> None:
    from fontTools import subset

    options = subset.Options(layout_features=[], hinting=False, glyph_names=False, name_IDs=["*"])
    options.drop_tables += _UNUSED
    font = subset.load_font(str(source), options, dontLoadGlyphNames=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=signs)
    cutter.subset(font)
    subset.save_font(font, str(target), options)


def _narrow(path: Path, name: str) -> None:
    """Draw each sign of a font at nine tenths of its width, and name the font after it."""
    from fontTools.ttLib import TTFont

    font = TTFont(path, recalcTimestamp=False)
    for sign in font.getGlyphOrder():
        glyph = font["glyf"][sign]
        for part in glyph.components if glyph.isComposite() else ():
            part.x = round(part.x * _SHARE)
        if glyph.numberOfContours > 0:
            glyph.coordinates.scale((_SHARE, 1))
            glyph.coordinates.toInt()
        advance, bearing = font["hmtx"][sign]
        font["hmtx"][sign] = (round(advance * _SHARE), round(bearing * _SHARE))
    for sign in font.getGlyphOrder():
        font["glyf"][sign].recalcBounds(font["glyf"])
    for record in font["name"].names:
        if record.nameID in (1, 4, 6, 16):
            record.string = name if record.nameID == 6 else "DejaVu Sans Condensed"
    font.save(path, reorderTables=False)
