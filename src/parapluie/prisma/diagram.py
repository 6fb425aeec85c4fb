"""The drawing of the flow: four official templates, boxes as high as their text.

Text is measured before it is placed, so that a list of any length stays inside its box. Numbers are
texts of their own whose gid names their key; a reader of the report can ask each where it is from.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from parapluie import drawing
from parapluie.fonts import families
from parapluie.prisma.template import layout

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from parapluie.prisma.counts import Count

WIDTH_MM = 175.0
POINTS_PER_MM = 72 / drawing.MM_PER_INCH
WIDTH = WIDTH_MM * POINTS_PER_MM
"""Width of the drawing in points; all lengths below are points too."""

SIZE, SMALL = 7.0, 6.5
LEADING = 1.28
PAD_X, PAD_Y = 4.5, 4.0
STRIP, STRIP_GAP = 14.0, 7.0
GAP_X = {2: 26.0, 3: 18.0, 4: 13.0, 5: 11.0}
GAP_Y, STACK_GAP = 15.0, 7.0
INDENT, HANG = 6.0, 5.0
MIN_HEIGHT = 25.0
MARGIN = 2.0

INK, EDGE = "#1a1a1a", "#333333"
BLUE, BLUE_EDGE = "#cfe0f1", "#8fb0d3"
YELLOW, GREY, GREY_INK = "#fbe3a1", "#e4e4e4", "#6b6b6b"
"""Colours of side labels, of the header of databases, of the other headers; light, as official."""

COLUMN_ORDER = ("previous", "main", "side", "other", "other_side")
BEFORE = {"side": "main", "other_side": "other"}
TITLE = "PRISMA 2020 flow diagram"


@dataclass(frozen=True)
class Number:
    """A number with its unit letter and the key it has in the report."""

    unit: str
    n: int
    key: str


@dataclass(frozen=True)
class Line:
    """A label with no, one or two numbers, as ``Reports excluded (n = 532; k = 529):``."""

    label: str
    numbers: tuple[Number, ...] = ()
    indent: int = 0
    tail: str = ""


@dataclass(frozen=True)
class Block:
    """A box of the diagram."""

    id: str
    column: str
    row: int
    lines: tuple[Line, ...]
    dashed: bool = False


@dataclass(frozen=True)
class Run:
    """A piece of text at a place inside its box; `key` names the figure it shows, if it is one."""

    text: str
    x: float
    line: int
    key: str = ""
    anchor: str = "left"


@dataclass
class Placed:
    """A box with its place (points from the upper left corner) and its pieces of text."""

    block: Block
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0
    runs: list[Run] = field(default_factory=list)

    @property
    def right(self) -> float:
        """The x of the right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of the lower edge."""
        return self.y + self.height


@dataclass
class Drawing:
    """A finished figure, where its boxes stand, and which text belongs to which box."""

    figure: Figure
    boxes: dict[str, tuple[float, float, float, float]]
    texts: list[tuple[str, Any]]
    description: str
    height: float


# --- content --------------------------------------------------------------------------------------


def blocks(counts: Mapping[str, Count], template: str, per_source: bool = True) -> list[Block]:
    """Choose boxes and lines for a flow.

    Parameters
    ----------
    counts : mapping
        Box to its count.
    template : str
        One of `parapluie.prisma.template.TEMPLATES`.
    per_source : bool
        Whether databases and registers are listed one by one.
    """
    columns = set(layout()["widths"][template])
    updated = template.startswith("updated")
    found = []
    for box in layout()["boxes"]:
        if box["column"] not in columns or (box.get("previous") and not updated):
            continue
        lines = [ln for spec in box["lines"] for ln in _lines(spec, counts, updated, per_source)]
        if lines:
            title = [Line(box["title"])] if "title" in box else []
            found.append(
                Block(
                    box["id"], box["column"], box["row"], (*title, *lines), box.get("dashed", False)
                )
            )
    return found


def _lines(
    spec: Mapping[str, Any], counts: Mapping[str, Count], updated: bool, per_source: bool
) -> Iterator[Line]:
    count = counts.get(spec["box"])
    label = spec["updated"] if updated and "updated" in spec else spec["label"]
    indent = spec.get("indent", 0)
    if spec.get("extra") and not (count and count.n):
        return
    if count is None or count.n is None:
        if spec.get("required") or (count is not None and spec.get("shown_absent")):
            recorded = any(c.recorded for c in counts.values())
            yield Line(f"{label}: {'not recorded' if recorded else 'not available'}", indent=indent)
        return
    reviews = _reviews(spec, count, counts)
    parts = _parts(spec["box"], counts) if spec.get("reasons") else []
    yield Line(label, (_number(count), *reviews), indent, ":" if parts else "")
    for part in parts:
        second = counts.get(f"{spec.get('reviews', '')}.{part.box.partition('.')[2]}")
        both = bool(reviews) and second is not None and second.n is not None
        yield Line(part.label, (_number(part), *((_number(second),) if both and second else ())), 1)
    if per_source and "parts" in spec:
        listed = _parts(spec["parts"], counts)
        if len(listed) > 1 or (listed and listed[0].label != label):
            yield from (Line(part.label, (_number(part),), 1) for part in listed)


def _reviews(
    spec: Mapping[str, Any], count: Count, counts: Mapping[str, Count]
) -> tuple[Number, ...]:
    """Give the same count in reviews, where one review has several of the reports."""
    reviews = counts.get(spec.get("reviews", ""))
    if reviews is None or reviews.n is None or reviews.n == count.n:
        return ()
    return (_number(reviews),)


def _parts(box: str, counts: Mapping[str, Count]) -> list[Count]:
    return [c for name, c in counts.items() if name.startswith(f"{box}.") and c.n is not None]


def _number(count: Count) -> Number:
    return Number(layout()["units"].get(count.unit, "n"), count.n or 0, f"prisma.{count.key}")


def further(counts: Mapping[str, Count], drawn: Iterable[Block]) -> list[Line]:
    """Give recorded boxes that no drawn line shows, so that none is lost."""
    shown = {n.key for block in drawn for line in block.lines for n in line.numbers}
    return [
        Line(c.label, (_number(c),))
        for c in counts.values()
        if c.n is not None and f"prisma.{c.key}" not in shown
    ]


# --- measuring and breaking lines -----------------------------------------------------------------


def _unhinted() -> None:
    """Let text have one width at every resolution: what is measured is what is drawn."""
    import matplotlib as mpl

    mpl.rcParams["text.hinting"] = "none"


@functools.cache
def _renderer() -> Any:
    from matplotlib.backends.backend_agg import RendererAgg

    _unhinted()
    return RendererAgg(1, 1, 720.0)  # type: ignore[no-untyped-call]


@functools.cache
def text_width(text: str, size: float, bold: bool = False) -> float:
    """Measure a text in points."""
    from matplotlib.font_manager import FontProperties

    font = FontProperties(family=families()[0], size=size, weight="bold" if bold else "normal")
    return float(_renderer().get_text_width_height_descent(text, font, False)[0]) / 10.0


def wrap(text: str, width: float, size: float, bold: bool = False) -> list[str]:
    """Break a text into lines of at most `width` points; a word that is too long is cut."""
    lines: list[str] = []
    current = ""
    for word in _pieces(text, width, size, bold):
        trial = f"{current} {word}" if current else word
        if current and text_width(trial, size, bold) > width:
            lines.append(current)
            current = word
        else:
            current = trial
    return [*lines, current]


def _pieces(text: str, width: float, size: float, bold: bool) -> Iterator[str]:
    for word in text.split():
        while len(word) > 1 and text_width(word, size, bold) > width:
            fits = next(
                n
                for n in range(len(word) - 1, 0, -1)
                if n == 1 or text_width(word[:n] + "-", size, bold) <= width
            )
            yield word[:fits] + "-"
            word = word[fits:]
        yield word


def _set_lines(lines: Iterable[Line], width: float, size: float) -> tuple[list[Run], int]:
    """Place lines of text in a column of `width`; gives the pieces and how many lines they take."""
    runs: list[Run] = []
    at = 0
    for line in lines:
        left = line.indent * INDENT
        # Lines after the first of a list's entry hang, so that entries stay apart to the eye.
        hang = left + (HANG if line.indent else 0.0)
        labels = wrap(line.label, width - hang, size)
        runs += [Run(text, hang if i else left, at + i) for i, text in enumerate(labels)]
        at += len(labels)
        if line.numbers:
            start = hang if len(labels) > 1 else left
            end = start + text_width(labels[-1], size)
            more, at = _set_numbers(line, hang, end, at, width, size)
            runs += more
    return runs, at


def _set_numbers(
    line: Line, left: float, end: float, at: int, width: float, size: float
) -> tuple[list[Run], int]:
    """Place ``(n = 12; k = 9)`` behind the label, which ends at `end`, or on the next line."""
    space = text_width("a a", size) - text_width("aa", size)
    fits = end + space + _numbers_width(line, size) <= width
    x = end + space if fits else left
    at = at - 1 if fits else at
    runs = []
    for i, number in enumerate(line.numbers):
        last = i == len(line.numbers) - 1
        head = f"({number.unit} =" if i == 0 else f"{number.unit} ="
        value, tail = f"{number.n:,}", f"){line.tail}" if last else ";"
        if x + _width(head, value, tail, size) > width and x > left:
            x, at = left, at + 1
        # The head ends where the number begins, so that another font leaves no hole before it.
        x += text_width(head, size) + space
        runs.append(Run(head, x - space, at, anchor="right"))
        runs.append(Run(value, x, at, number.key))
        x += text_width(value, size)
        runs.append(Run(tail, x, at))
        x += text_width(tail, size) + space
    return runs, at + 1


def _width(head: str, value: str, tail: str, size: float) -> float:
    return text_width(f"{head} {value}{tail}", size)


def _numbers_width(line: Line, size: float) -> float:
    inside = "; ".join(f"{n.unit} = {n.n:,}" for n in line.numbers)
    return text_width(f"({inside}){line.tail}", size)


# --- layout ---------------------------------------------------------------------------------------


class _Grid:
    """Columns of one template: where each begins and how wide it is."""

    def __init__(self, template: str) -> None:
        shares = layout()["widths"][template]
        self.columns = [c for c in COLUMN_ORDER if c in shares]
        self.leading = SIZE * LEADING
        gap = GAP_X[len(self.columns)]
        left = MARGIN + STRIP + STRIP_GAP
        free = WIDTH - MARGIN - left - gap * (len(self.columns) - 1)
        self.x, self.width = {}, {}
        for column in self.columns:
            self.x[column] = left
            self.width[column] = free * shares[column] / sum(shares.values())
            left += self.width[column] + gap

    def span(self, first: str, last: str) -> tuple[float, float]:
        """Left edge and width of neighbouring columns together."""
        return self.x[first], self.x[last] + self.width[last] - self.x[first]

    def place(self, block: Block, x: float, width: float) -> Placed:
        """Measure a box; its y follows later."""
        runs, n = _set_lines(block.lines, width - 2 * PAD_X, SIZE)
        height = max(MIN_HEIGHT, n * self.leading + 2 * PAD_Y)
        return Placed(block, x, 0.0, width, height, runs)


def _place_rows(
    grid: _Grid, chosen: Sequence[Block], top: float
) -> tuple[list[Placed], dict[int, tuple[float, float]]]:
    """Stack the boxes of each row; gives them and the top and bottom of each row."""
    placed: list[Placed] = []
    rows: dict[int, tuple[float, float]] = {}
    y = top
    for row in sorted({b.row for b in chosen}):
        boxes = _place_row(grid, [b for b in chosen if b.row == row], y)
        rows[row] = (y, max(box.bottom for box in boxes))
        if row == max(b.row for b in chosen if _group(b.row) == _group(row)):
            first = next(rows[r][0] for r in sorted(rows) if _group(r) == _group(row))
            rows[row] = (y, max(rows[row][1], first + _label_height(_group(row))))
        placed += boxes
        y = rows[row][1] + GAP_Y
    return placed, rows


def _place_row(grid: _Grid, blocks: Sequence[Block], top: float) -> list[Placed]:
    """Stack the boxes of one row from its top, column by column."""
    placed: list[Placed] = []
    wide = len(grid.columns) > 3
    for column in grid.columns:
        y = top
        for block in (b for b in blocks if b.column == column):
            # What is included stands below both columns of its arm, where there is room.
            last = "side" if wide and column == "main" and block.row >= 5 else column
            box = grid.place(block, *grid.span(column, last))
            box.y = y
            y = box.bottom + STACK_GAP
            placed.append(box)
    return placed


def _group(row: int) -> str:
    """Name the side label of a row."""
    return str(next(g["label"] for g in layout()["groups"] if row in g["rows"]))


def _label_height(label: str) -> float:
    """Height that a side label needs."""
    return text_width(label, SIZE, True) + 8.0


# --- drawing --------------------------------------------------------------------------------------


def draw(
    counts: Iterable[Count],
    template: str,
    title: str = "",
    notes: Sequence[str] = (),
    per_source: bool = True,
) -> Drawing:
    """Draw a flow.

    Parameters
    ----------
    counts : iterable of Count
        Counted or recorded boxes.
    template : str
        One of `parapluie.prisma.template.TEMPLATES`.
    title : str
        Printed above the diagram, if given.
    notes : sequence of str
        Printed below it.
    per_source : bool
        Whether databases and registers are listed one by one.

    Returns
    -------
    Drawing
        175 mm wide, as high as its text needs.
    """
    by_box = {c.box: c for c in counts}
    recorded = any(c.recorded for c in by_box.values())
    grid = _Grid(template)
    top = MARGIN + (SIZE * 1.15 * LEADING + 5 if title else 0.0)
    headers = _headers(grid, template, top)
    chosen = blocks(by_box, template, per_source)
    placed, rows = _place_rows(grid, chosen, max(h.bottom for h in headers) + 8.0)
    end = max(bottom for _, bottom in rows.values())
    extra = _foot_box(grid, further(by_box, chosen) if recorded else [], end + 10.0)
    below = _notes(notes, (extra[-1].bottom if extra else end) + 8.0)
    last = below[-1][1] + SMALL * LEADING if below else (extra[-1].bottom if extra else end) + 6.0
    height = last + SMALL * 2.2
    canvas = _Canvas(height)
    canvas.title(title, top)
    for header in headers:
        canvas.box(header, SIZE, header=True)
    for box in [*placed, *extra]:
        canvas.box(box, SIZE)
    canvas.side_labels(rows)
    canvas.arrows(placed, grid)
    canvas.notes(below, height)
    return canvas.finish(_describe([*placed, *extra]))


def _headers(grid: _Grid, template: str, top: float) -> list[Placed]:
    words = layout()["headers"]
    ending = "_updated" if template.startswith("updated") else ""
    wanted = [("databases", words[f"databases{ending}"], "main", "side")]
    if "other" in grid.columns:
        wanted.append(("other", words[f"other{ending}"], "other", "other_side"))
    if "previous" in grid.columns:
        wanted.insert(0, ("previous", words["previous"], "previous", "previous"))
    placed = []
    for name, text, first, last in wanted:
        x, width = grid.span(first, last)
        lines = wrap(text, width - 2 * PAD_X, SIZE, bold=True)
        runs = [Run(line, 0.0, i, anchor="middle") for i, line in enumerate(lines)]
        height = len(lines) * SIZE * LEADING + 2 * PAD_Y
        placed.append(Placed(Block(f"header_{name}", first, 0, ()), x, top, width, height, runs))
    tallest = max(p.height for p in placed)
    for header in placed:
        header.height = tallest
    return placed


def _foot_box(grid: _Grid, lines: Sequence[Line], top: float) -> list[Placed]:
    """A box over the whole width for recorded numbers that the template has no line for."""
    if not lines:
        return []
    x, width = grid.span(grid.columns[0], grid.columns[-1])
    block = Block("further", "main", 9, (Line("Also recorded:"), *lines), dashed=True)
    box = grid.place(block, x, width)
    box.y = top
    return [box]


def _notes(notes: Sequence[str], top: float) -> list[tuple[str, float]]:
    """Lines of the notes with the y of their upper edge."""
    left = MARGIN + STRIP + STRIP_GAP
    lines = [line for note in notes for line in wrap(note, WIDTH - left - MARGIN, SMALL)]
    return [(line, top + i * SMALL * LEADING) for i, line in enumerate(lines)]


def _describe(placed: Sequence[Placed]) -> str:
    """Write the alternative text: every line with its numbers."""
    sentences = []
    for box in placed:
        for line in box.block.lines:
            numbers = "; ".join(f"{n.unit} = {n.n}" for n in line.numbers)
            sentences.append(f"{line.label} ({numbers})" if numbers else line.label)
    return ". ".join(s.rstrip(":") for s in sentences) + "."


class _Canvas:
    """A matplotlib figure in points, y downwards."""

    def __init__(self, height: float) -> None:
        self.height = height
        self.figure = drawing.new_figure(WIDTH_MM, height / POINTS_PER_MM)
        _unhinted()
        self.axes = self.figure.add_axes((0.0, 0.0, 1.0, 1.0))
        self.axes.set_xlim(0, WIDTH)
        self.axes.set_ylim(height, 0)
        self.axes.set_axis_off()
        self.boxes: dict[str, tuple[float, float, float, float]] = {}
        self.texts: list[tuple[str, Any]] = []

    def text(self, owner: str, x: float, y: float, words: str, size: float, **style: Any) -> None:
        style = {"ha": "left", "va": "baseline", "color": INK, **style}
        artist = self.axes.text(x, y, words, fontsize=size, parse_math=False, **style)
        artist.set_gid(style.get("gid") or f"text.{owner}.{len(self.texts)}")
        self.texts.append((owner, artist))

    def box(self, placed: Placed, size: float, header: bool = False) -> None:
        from matplotlib.patches import Rectangle

        name = placed.block.id
        fill = {"header_databases": YELLOW}.get(name, GREY) if header else "white"
        self.axes.add_patch(
            Rectangle(
                (placed.x, placed.y),
                placed.width,
                placed.height,
                facecolor=fill,
                edgecolor=EDGE if not header else fill,
                linewidth=0.7,
                linestyle=(0, (3, 2)) if placed.block.dashed else "solid",
                gid=f"box.{name}",
            )
        )
        self.boxes[name] = (placed.x, placed.y, placed.width, placed.height)
        leading = size * LEADING
        lines = max((r.line for r in placed.runs), default=0) + 1
        # Text stands in the middle of a box that is higher than it needs.
        first = placed.y + (placed.height - lines * leading) / 2 + size * 1.02
        for run in placed.runs:
            middle = run.anchor == "middle"
            x = placed.x + (placed.width / 2 if middle else PAD_X + run.x)
            self.text(
                name,
                x,
                first + run.line * leading,
                run.text,
                size,
                ha="center" if middle else run.anchor,
                weight="bold" if header else "normal",
                gid=f"key:{run.key}" if run.key else None,
            )

    def title(self, words: str, top: float) -> None:
        if words:
            self.text("title", MARGIN, top - 6.5, words, SIZE * 1.15, weight="bold")

    def side_labels(self, rows: Mapping[int, tuple[float, float]]) -> None:
        from matplotlib.patches import FancyBboxPatch

        for group in layout()["groups"]:
            spans = [rows[r] for r in group["rows"] if r in rows]
            top, bottom = min(s[0] for s in spans), max(s[1] for s in spans)
            patch = FancyBboxPatch(
                (MARGIN + 2, top + 2),
                STRIP - 4,
                bottom - top - 4,
                boxstyle="round,pad=2,rounding_size=3",
                facecolor=BLUE,
                edgecolor=BLUE_EDGE,
                linewidth=0.6,
                gid=f"box.{group['label'].lower()}",
            )
            self.axes.add_patch(patch)
            name = f"label_{group['label'].lower()}"
            self.boxes[name] = (MARGIN, top, STRIP, bottom - top)
            self.text(
                name,
                MARGIN + STRIP / 2,
                (top + bottom) / 2,
                group["label"],
                SIZE,
                ha="center",
                va="center",
                rotation=90,
                rotation_mode="anchor",
                weight="bold",
            )

    def notes(self, lines: Sequence[tuple[str, float]], height: float) -> None:
        for words, y in lines:
            left = MARGIN + STRIP + STRIP_GAP
            self.text("notes", left, y + SMALL, words, SMALL, color=INK)
        left = MARGIN + STRIP + STRIP_GAP
        self.text("source", left, height - 4.5, layout()["source"], SMALL - 0.4, color=GREY_INK)

    # arrows

    def arrows(self, placed: Sequence[Placed], grid: _Grid) -> None:
        by_id = {p.block.id: p for p in placed}
        for start, end in layout()["edges"]:
            if start in by_id and end in by_id:
                self._edge(by_id[start], by_id[end])
        for column, before in BEFORE.items():
            for row in sorted({p.block.row for p in placed}):
                side = [p for p in placed if p.block.column == column and p.block.row == row]
                main = next(
                    (p for p in placed if p.block.column == before and p.block.row == row), None
                )
                if main and side:
                    self._fan(main, side)

    def _edge(self, start: Placed, end: Placed) -> None:
        if start.block.column == end.block.column:
            x = start.x + start.width / 2
            if start.width != end.width:
                x = min(start.x + start.width / 2, end.x + end.width / 2)
            self._line([(x, start.bottom), (x, end.y)])
        else:
            x, y = start.x + start.width / 2, end.y + end.height / 2
            self._line([(x, start.bottom), (x, y), (end.x if x < end.x else end.right, y)])

    def _fan(self, main: Placed, side: Sequence[Placed]) -> None:
        """Arrows from a box to those beside it; to lower ones by way of a trunk between them."""
        first = side[0]
        y = min(main.y + main.height / 2, first.y + first.height / 2)
        self._line([(main.right, y), (first.x, y)])
        trunk = (main.right + first.x) / 2 - 1.5
        for other in side[1:]:
            at = other.y + other.height / 2
            self._line([(trunk, y), (trunk, at), (other.x, at)])

    def _line(self, points: Sequence[tuple[float, float]]) -> None:
        from matplotlib.patches import Polygon

        xs, ys = zip(*points, strict=True)
        (x0, y0), (x1, y1) = points[-2:]
        length = abs(x1 - x0) + abs(y1 - y0)
        ux, uy = (x1 - x0) / length, (y1 - y0) / length
        head, half = 4.2, 1.7
        base = (x1 - ux * head, y1 - uy * head)
        self.axes.plot(
            [*xs[:-1], base[0]],
            [*ys[:-1], base[1]],
            color=EDGE,
            linewidth=0.7,
            solid_joinstyle="miter",
            solid_capstyle="butt",
        )
        wings = [
            (base[0] - uy * half, base[1] + ux * half),
            (base[0] + uy * half, base[1] - ux * half),
        ]
        self.axes.add_patch(Polygon([(x1, y1), *wings], closed=True, facecolor=EDGE, linewidth=0))

    def finish(self, description: str) -> Drawing:
        return Drawing(self.figure, self.boxes, self.texts, description, self.height)


def notes_of(counts: Iterable[Count]) -> list[str]:
    """Give the notes below the diagram: which included reviews have no list of primary studies."""
    by_box = {c.box: c for c in counts}
    without, listed = by_box.get("reviews_without_list"), by_box.get("reviews_with_list")
    if without is None or not without.n:
        return []
    if listed is None or not listed.n:
        return ["No list of primary studies is there for any included review."]
    return [f"No list of primary studies: {without.note}."]
