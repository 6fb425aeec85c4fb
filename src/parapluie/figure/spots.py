"""Parts of a drawing that tell their facts when a reader points at them or moves the focus there.

In the SVG file each becomes a group with a title, which browsers show; the page of the report shows
the same in a box of its own, also for the keyboard. Keys of the facts stand in ``data-keys``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as Xml

_SVG = "http://www.w3.org/2000/svg"
_DECLARATION = re.compile(r"([a-z-]+): ([^;]+)")
_NOT_TURNED = re.compile(r"^rotate\(-?0 [^)]*\)$")
_LONG = re.compile(r"-?\d+\.\d{3,}")
_PLACE = re.compile(r"^([a-z]*\d*)\|(.*)$")

Xml.register_namespace("", _SVG)
Xml.register_namespace("xlink", "http://www.w3.org/1999/xlink")


@dataclass(frozen=True)
class Spot:
    """A rectangle of the drawing, in points from its top left corner, and what it tells.

    Parameters
    ----------
    place : str
        Name of the part; texts whose gid begins with it and ``|`` belong to it.
    name : str
    facts : sequence of (str, str, str)
        Name, text and key (``""`` for none).
    x, y, width, height : float
    """

    place: str
    name: str
    facts: Sequence[tuple[str, str, str]]
    x: float
    y: float
    width: float
    height: float


def with_spots(svg: str, spots: Sequence[Spot]) -> str:
    """Gather the texts of each spot in a group that can have the focus.

    Parameters
    ----------
    svg : str
        As matplotlib writes it, with gids ``PLACE|NAME``.
    spots : sequence of Spot

    Returns
    -------
    str
        The drawing; ids are ``NAME`` alone.
    """
    root = Xml.fromstring(svg)
    for child in list(root):
        if child.tag == f"{{{_SVG}}}metadata":
            root.remove(child)
    figure = next(g for g in root.iter(f"{{{_SVG}}}g") if g.get("id", "").startswith("figure"))
    groups = {spot.place: _group(spot) for spot in spots}
    for parent in list(figure.iter(f"{{{_SVG}}}g")):
        for child in list(parent):
            found = _PLACE.match(child.get("id", ""))
            if found:
                child.set("id", found.group(2))
                if found.group(1) in groups:
                    parent.remove(child)
                    groups[found.group(1)].append(child)
    figure.extend(groups[spot.place] for spot in spots)
    _share_type(figure)
    _round_places(figure)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(root, encoding="unicode")


def _share_type(figure: Xml.Element) -> None:
    """Say family and size of the type once, and write of each text only what differs.

    A page with many drawings is a third shorter, and its style sheet can colour texts.
    """
    texts = list(figure.iter(f"{{{_SVG}}}text"))
    looks = [dict(_DECLARATION.findall(t.get("style", ""))) for t in texts]
    shared = {
        name: Counter(look[name] for look in looks if name in look).most_common(1)[0][0]
        for name in ("font-family", "font-size")
        if any(name in look for look in looks)
    }
    figure.set("style", "; ".join(f"{n}: {v}" for n, v in shared.items()))
    for text, look in zip(texts, looks, strict=True):
        text.attrib.pop("style", None)
        if _NOT_TURNED.match(text.get("transform", "")):
            del text.attrib["transform"]
        for place in ("x", "y"):
            if place in text.attrib:
                text.set(place, f"{float(text.get(place, '0')):.2f}".rstrip("0").rstrip("."))
        for name, value in look.items():
            if value not in (shared.get(name), "start"):
                text.set(name, value)


def _round_places(figure: Xml.Element) -> None:
    """Write places of lines and signs with two decimals of a point, which keeps pages short."""
    for part in figure.iter():
        for name in ("d", "x", "y"):
            if name in part.attrib and part.tag != f"{{{_SVG}}}text":
                part.set(name, _LONG.sub(_rounded, part.get(name, "")))


def _rounded(found: re.Match[str]) -> str:
    return f"{float(found.group()):.2f}".rstrip("0").rstrip(".")


def _group(spot: Spot) -> Xml.Element:
    lines = [f"{name}: {text}" for name, text, _ in spot.facts]
    group = Xml.Element(
        f"{{{_SVG}}}g",
        {
            "id": f"spot-{spot.place}",
            "class": "spot",
            "tabindex": "0",
            "role": "group",
            "data-keys": ";".join(key for _, _, key in spot.facts),
        },
    )
    title = Xml.SubElement(group, f"{{{_SVG}}}title")
    title.text = "\n".join([spot.name, *lines])
    box = {n: f"{getattr(spot, n):.2f}" for n in ("x", "y", "width", "height")}
    Xml.SubElement(group, f"{{{_SVG}}}rect", {**box, "fill": "none", "pointer-events": "all"})
    return group
