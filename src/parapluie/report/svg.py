"""Drawings inside the page: one SVG element each, numbers traceable, other texts classed."""

from __future__ import annotations

import re
from collections.abc import Container
from xml.etree import ElementTree as Xml

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_NUMBER = re.compile(r"^[\s\d.,%+−-]+$")
_TICK = re.compile(r"(?:^|-)(?:xtick|ytick|axis)")
_REFERENCE = re.compile(r"(?:^|url\()#([^)]+)")
_PATH = f"{{{_SVG}}}path"
_WORDS = {f"{{{_SVG}}}{name}" for name in ("text", "tspan", "title", "desc", "style")}
_LABEL = re.compile(r"(?:^|-)label-")
"""Ids of names of rows and columns, whose year may stand on a line of its own."""

Xml.register_namespace("", _SVG)
Xml.register_namespace("xlink", _XLINK)


def inline(text: str, keys: Container[str], names: Container[str] = ()) -> str:
    """Make a drawing ready for the page.

    Texts inside an element with ``data-key`` stay; a key that no figure has is taken away. Ticks
    get the class ``axis``, words with digits and names of rows the class ``label``, also the year
    of a name that stands on a line of its own. A bare number that is none of these is left as it
    is: it is a fault of the drawing, and the tests of the page find it.

    Parameters
    ----------
    text : str
        The SVG file.
    keys : container of str
        Keys of all figures.
    names : container of str
        Numbers that name a row or column of the drawing, such as items of a tool.
    """
    root = Xml.fromstring(text)
    for child in list(root):
        if child.tag == f"{{{_SVG}}}metadata":
            root.remove(child)
    width = root.attrib.pop("width", "")
    root.attrib.pop("height", None)
    root.set("class", "drawing")
    root.set("style", f"--natural:{_points(width):.0f}pt")
    for style in root.iter(f"{{{_SVG}}}style"):
        style.text = (style.text or "").replace("*{", "svg.drawing *{")
    _mark(root, keys, names, keyed=False, kind="")
    _shorten(root)
    return Xml.tostring(root, encoding="unicode")


def _shorten(root: Xml.Element) -> None:
    """Take away ids that nothing refers to, and blanks between elements; neither is seen."""
    values = [value for element in root.iter() for value in element.attrib.values()]
    referred = {name for value in values for name in _REFERENCE.findall(value)}
    for element in root.iter():
        if element.get("id", "") not in referred:
            element.attrib.pop("id", None)
        if element.tag not in _WORDS:
            element.text = element.text if (element.text or "").strip() else None
            for child in element:
                child.tail = child.tail if (child.tail or "").strip() else None
    for element in root.iter():
        _join_lines(element)


def _join_lines(element: Xml.Element) -> None:
    """Make one path of neighbouring lines that look the same: thousands of crosses weigh less.

    Only strokes without a fill are joined, which a common path draws as they were.
    """
    before: Xml.Element | None = None
    for child in list(element):
        if child.tag == _PATH:
            child.set("d", " ".join(child.get("d", "").split()))
        if before is not None and _joinable(before, child):
            before.set("d", f"{before.get('d')} {child.get('d')}")
            element.remove(child)
        else:
            before = child


def _joinable(one: Xml.Element, other: Xml.Element) -> bool:
    style = one.get("style", "")
    return (
        one.tag == other.tag == _PATH
        and "fill: none" in style
        and "opacity" not in style
        and style == other.get("style")
        and set(one.attrib) == set(other.attrib) == {"d", "style"}
        and not len(one)
        and not len(other)
        and not one.tail
    )


def _points(width: str) -> float:
    number = re.match(r"[\d.]+", width)
    return float(number.group()) if number else 480.0


def _mark(
    element: Xml.Element, keys: Container[str], names: Container[str], keyed: bool, kind: str
) -> None:
    key = element.get("data-key")
    if key is not None and key not in keys:
        del element.attrib["data-key"]
        key = None
    keyed = keyed or key is not None
    name = element.get("id", "")
    kind = "axis" if _TICK.search(name) else "label" if _LABEL.search(name) else kind
    if element.tag == f"{{{_SVG}}}text" and not keyed:
        words = "".join(element.itertext())
        if any(c.isdigit() for c in words):
            if kind:
                element.set("class", kind)
            elif words.strip() in names or not _NUMBER.match(words):
                element.set("class", "label")
    for child in element:
        _mark(child, keys, names, keyed, kind)
