"""The evidence map: what each review says of each outcome, and on how many studies it rests."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from parapluie.figure.canvas import Canvas
from parapluie.figure.legend import Entry, draw_legend, lines_of
from parapluie.figure.looks import BAND, GREY, INK, QUALITY, RULE, Look, quality_style
from parapluie.figure.spots import Spot
from parapluie.figure.texts import flow, note_on_boxes, width, wrap
from parapluie.forest.directions import META, NARRATIVE, SHOWN, UNCLEAR, MapCell, map_cells
from parapluie.forest.layout import POINTS_PER_MM
from parapluie.forest.model import Cell, note
from parapluie.forest.sources import Sources
from parapluie.forest.umbrella import LEGEND_WORDS, NO_DOMAIN

MARGIN, GAP, LINE = 4.0, 5.0, 9.6
PITCH_MIN, PITCH_MAX = 12.0, 18.0
"""Width of a column of the map."""
HEAD_MAX = 96.0
"""Longest name of a column, turned; longer ones are wrapped in two lines, then cut."""
LABEL_SHARE = 0.34
AREA_MIN, AREA_MAX = 60.0, 150.0
"""Areas of the bubbles: of one study, and of the most; the smallest holds its sign."""
LEGEND_LINE = 13.0
NOT_STATED = "kind of evidence not stated"


@dataclass(frozen=True)
class EvidenceMap:
    """What the map shows: outcomes by domain as rows, reviews as columns."""

    cells: Sequence[MapCell]
    domains: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    """Domain, and its outcomes with their names."""
    reviews: Sequence[tuple[str, str, str]]
    """Review, its name, and the style of its quality."""
    stem: str = "evidence_map"
    title: str = "Evidence map: outcomes by reviews"
    caption: str = (
        "Each bubble is what a review reports of an outcome. Its sign and colour tell the "
        "direction, its area the number of studies in the largest pooled result; open ones are not "
        "said to be pooled. As reported; reviews may share trials."
    )


def evidence_map(sources: Sources) -> EvidenceMap | None:
    """Give the map; ``None`` where no review says anything of an outcome."""
    cells = map_cells(sources)
    if not cells:
        return None
    order = sources.outcome_order
    outcomes = sorted({c.outcome for c in cells}, key=lambda o: (order.get(o, len(order)), o))
    domains: dict[str, list[tuple[str, str]]] = {}
    for outcome in outcomes:
        domain = str(sources.outcome(outcome).get("domain", "")).capitalize() or NO_DOMAIN
        domains.setdefault(domain, []).append((outcome, sources.outcome_label(outcome)))
    names, quality = sources.names, sources.quality()
    reviews = sorted({c.review for c in cells}, key=lambda r: (str(names.get(r, r)).casefold(), r))
    return EvidenceMap(
        cells,
        list(domains.items()),
        [(r, names.get(r, r), quality_style(quality.get(r, ()))) for r in reviews],
    )


# --- places ---------------------------------------------------------------------------------------


Name = tuple[str, str, str]
"""Review, its name, and the style of its quality."""
RowOf = tuple[str, str, Sequence[str], float]
"""Domain or ``""``, outcome, lines of its name, height."""


@dataclass(frozen=True)
class _Part:
    """Some of the reviews, with the outcomes that they tell of."""

    reviews: Sequence[Name]
    rows: Sequence[RowOf]


@dataclass(frozen=True)
class _Places:
    """Places of the map in points: of names, of columns, and of the parts one below the other."""

    width: float
    label: float
    pitch: float
    parts: Sequence[_Part]
    heads: float
    legends: Sequence[tuple[str, Sequence[Sequence[Entry]]]]
    notes: Sequence[Sequence[Cell]]

    def part_high(self, part: _Part) -> float:
        """Height of a part with the names of its columns and their quality."""
        return self.heads + PITCH_MIN + sum(r[3] for r in part.rows) + GAP

    @property
    def height(self) -> float:
        """Height of the figure."""
        legends = sum(len(lines) for _, lines in self.legends) * LEGEND_LINE
        parts = sum(self.part_high(p) for p in self.parts)
        return 2 * MARGIN + parts + legends + len(self.notes) * LINE


def _places(found: EvidenceMap, width_mm: float) -> _Places:
    total = width_mm * POINTS_PER_MM
    names = [name for _, outcomes in found.domains for _, name in outcomes]
    label = min(max(width(n) for n in names) + 8, LABEL_SHARE * total)
    room = total - 2 * MARGIN - label - GAP
    each = max(1, int(room // PITCH_MIN))
    each = math.ceil(len(found.reviews) / math.ceil(len(found.reviews) / each))
    pitch = min(PITCH_MAX, room / each)
    parts = [found.reviews[i : i + each] for i in range(0, len(found.reviews), each)]
    heads = max(max(width(line) for line in _head(name)) for _, name, _ in found.reviews) + 4
    notes = [note(t) for t in _notes(found)]
    return _Places(
        total, label, pitch,
        [_Part(part, _rows_of(found, part, label, pitch)) for part in parts], heads,
        [(n, lines_of(e, total - 2 * MARGIN)) for n, e in _legend_entries(found)],
        [line for n in notes for line in flow(n, total - 2 * MARGIN)],
    )  # fmt: skip


def _rows_of(
    found: EvidenceMap, part: Sequence[Name], label: float, pitch: float
) -> list[RowOf]:  # fmt: skip
    """Give the outcomes of which these reviews tell, under their domains."""
    told = {c.outcome for c in found.cells if c.review in {r for r, _, _ in part}}
    rows: list[RowOf] = []
    for domain, outcomes in found.domains:
        own = [(o, wrap(name, label - 3)) for o, name in outcomes if o in told]
        if own and [d for d, _ in found.domains] != [NO_DOMAIN]:
            rows.append((domain, "", [domain], LINE + 3))
        rows += [("", o, lines, max(pitch, len(lines) * LINE + 1)) for o, lines in own]
    return rows


def _head(name: str) -> list[str]:
    """Break the name of a column into at most two lines."""
    lines = wrap(name, HEAD_MAX)
    return lines if len(lines) <= 1 else [lines[0], " ".join(lines[1:])[:24]]


def _notes(found: EvidenceMap) -> Iterator[str]:
    if any(math.isnan(c.k) for c in found.cells):
        yield "Squares: the number of studies is not given, or nothing is pooled."
    yield from note_on_boxes([name for _, name, _ in found.reviews])


# --- drawing --------------------------------------------------------------------------------------


def draw_map(found: EvidenceMap, width_mm: float) -> tuple[Any, list[Spot]]:
    """Draw the map; give the figure and its spots."""
    places = _places(found, width_mm)
    letters = [n for _, n, _ in found.reviews]
    letters += [n for _, outcomes in found.domains for _, n in outcomes]
    canvas = Canvas(places.width, places.height, [*letters, "−=±≠?+"])
    most = _most(found)
    spots: list[Spot] = []
    top = MARGIN
    for n, part in enumerate(places.parts):
        _columns(canvas, places, part.reviews, top, n)
        spots += _rows(canvas, places, part, (top, n), found, most)
        top += places.part_high(part)
    for name, lines in places.legends:
        top = draw_legend(canvas, lines, MARGIN, top, LEGEND_LINE, name)
    for i, line in enumerate(places.notes):
        canvas.cells(MARGIN, top + (i + 0.5) * LINE, line, f"note-{i}")
    return canvas.figure, spots


def _most(found: EvidenceMap) -> float:
    return max((c.k for c in found.cells if not math.isnan(c.k)), default=1.0)


def _x(places: _Places, column: int) -> float:
    return MARGIN + places.label + GAP + (column + 0.5) * places.pitch


def _columns(
    canvas: Canvas, places: _Places, part: Sequence[Name], top: float, n: int
) -> None:  # fmt: skip
    """Write the names of the reviews, turned, with the marker of their quality."""
    foot = top + places.heads
    for i, (_, name, style) in enumerate(part):
        x, lines = _x(places, i), _head(name)
        for m, line in enumerate(lines):
            at = x + (m - (len(lines) - 1) / 2) * (LINE - 2)
            canvas.write(at, foot - 2, line, f"label-review-{n}-{i}-{m}", rotation=90,
                         va="bottom", ha="center")  # fmt: skip
        canvas.mark(x, foot + PITCH_MIN / 2, QUALITY[style.removeprefix("quality:")], 18.0)
    canvas.write(MARGIN, foot + PITCH_MIN / 2, "AMSTAR 2", f"label-quality-{n}", color=GREY)


def _rows(
    canvas: Canvas, places: _Places, part: _Part, at: tuple[float, int], found: EvidenceMap,
    most: float,
) -> Iterator[Spot]:  # fmt: skip
    by_place = {(c.outcome, c.review): c for c in found.cells}
    y, n = at[0] + places.heads + PITCH_MIN, at[1]
    right = _x(places, len(part.reviews) - 1) + places.pitch / 2
    counted = 0
    for i, (domain, outcome, lines, high) in enumerate(part.rows):
        counted = 0 if domain else counted + 1
        if domain:
            canvas.write(MARGIN, y + high / 2 + 1, domain, f"label-{n}-{i}", weight="bold")
            canvas.line(MARGIN, y + 1, right, y + 1, color=RULE, lw=0.5)
        elif counted % 2:
            canvas.box(MARGIN, y, right - MARGIN, high, fc=BAND, zorder=-2)
        for m, line in enumerate([] if domain else lines):
            middle = y + high / 2 + (m - (len(lines) - 1) / 2) * LINE
            canvas.write(MARGIN + 3, middle, line, f"label-{n}-{i}-{m}")
        for c, (review, name, _) in enumerate(part.reviews):
            cell = by_place.get((outcome, review))
            if cell:
                x = _x(places, c)
                _bubble(canvas, cell, x, y + high / 2, most, places.pitch)
                place = f"cell{(n * 1_000 + i) * 1_000 + c}"
                told = f"{name}: {' '.join(lines)}"
                yield _spot(place, told, cell, (x, y + high / 2), places.pitch)
        y += high


def _spot(
    place: str, name: str, cell: MapCell, at: tuple[float, float], pitch: float
) -> Spot:  # fmt: skip
    return Spot(place, name, cell.facts, at[0] - pitch / 2, at[1] - pitch / 2,
                pitch, pitch)  # fmt: skip


def _bubble(
    canvas: Canvas, cell: MapCell, x: float, y: float, most: float, pitch: float
) -> None:  # fmt: skip
    sign, _, look = SHOWN[cell.direction]
    area = area_of(cell.k, most) * min(1.0, (pitch / 14.0) ** 2)
    marker = "s" if math.isnan(cell.k) else "o"
    area *= 0.72 if math.isnan(cell.k) else 1.0
    pooled = cell.evidence == META
    face = look.colour if pooled else "#FFFFFF"
    canvas.mark(x, y, Look(marker, face, look.edge), area, mew=0.6 if pooled else 1.0)
    canvas.write(x, y, sign, f"label-sign-{cell.review}-{cell.outcome}", ha="center",
                 weight="bold", color=INK)  # fmt: skip


def area_of(k: float, most: float) -> float:
    """Give the area of a bubble: rising with the number of studies; the least where not known."""
    if math.isnan(k) or most <= 1:
        return AREA_MIN
    return AREA_MIN + (AREA_MAX - AREA_MIN) * (k - 1) / (most - 1)


# --- legends --------------------------------------------------------------------------------------


def _legend_entries(found: EvidenceMap) -> list[tuple[str, list[Entry]]]:
    """Give the legends: directions, sizes, and quality."""
    used = {c.direction for c in found.cells}
    directions = [
        Entry(words, 9.0, _signed(sign, look))
        for d, (sign, words, look) in SHOWN.items()
        if d in used
    ]
    most = _most(found)
    sizes = [
        Entry(words, math.sqrt(area_of(k, most)), _round(k, most))
        for k, words in ([(1.0, "1 study"), (most, f"{most:.0f} studies")] if most > 1 else [])
    ]
    kinds = {c.evidence for c in found.cells}
    words = [w for k, w in ((NARRATIVE, "narrative"), (UNCLEAR, NOT_STATED)) if k in kinds]
    if words:
        sizes.append(Entry(" or ".join(words), 9.0, _open))
    styles = {style.removeprefix("quality:") for _, _, style in found.reviews}
    quality = [
        Entry(words, 7.0, _quality(style))
        for style, words in LEGEND_WORDS.items()
        if style in styles
    ]
    named = [("direction", directions), ("size", sizes),
             ("quality", [Entry("AMSTAR 2:"), *quality])]  # fmt: skip
    return [(name, entries) for name, entries in named if entries]


def _signed(sign: str, look: Look) -> Callable[[Canvas, float, float], None]:
    def draw(canvas: Canvas, x: float, y: float) -> None:
        canvas.mark(x + 4.5, y, look, AREA_MIN)
        canvas.write(x + 4.5, y, sign, f"legend-sign-{ord(sign[0])}", ha="center", weight="bold")

    return draw


def _round(k: float, most: float) -> Callable[[Canvas, float, float], None]:
    area = area_of(k, most)

    def draw(canvas: Canvas, x: float, y: float) -> None:
        canvas.mark(x + math.sqrt(area) / 2, y, Look("o", "#E3E7EB", GREY), area)

    return draw


def _open(canvas: Canvas, x: float, y: float) -> None:
    canvas.mark(x + 4.5, y, Look("o", "#FFFFFF", GREY), AREA_MIN, mew=1.0)


def _quality(style: str) -> Callable[[Canvas, float, float], None]:
    def draw(canvas: Canvas, x: float, y: float) -> None:
        canvas.mark(x + 3.5, y, QUALITY[style], 18.0)

    return draw
