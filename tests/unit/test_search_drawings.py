"""The drawings of what searches share have room, whatever the searches are called."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from parapluie import drawing
from parapluie.deduplication.picture import combinations, draw, pairs, percent
from parapluie.deduplication.source_figures import add_sources
from parapluie.deduplication.sources import LARGEST, MOST, Sources
from parapluie.search_names import labels_of
from parapluie.trace import Figures

LONG = "Applied Social Sciences Index and Abstracts, with dissertations (ProQuest, 2 of 3)"
COUNTS = pytest.mark.parametrize("count", [2, 4, 12, MOST + 3])
SIZES = pytest.mark.parametrize("most", [9, 123456])
NAMES = pytest.mark.parametrize("name", ["A", LONG])


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Collect figures in place of writing them."""
    figures: list[Any] = []
    monkeypatch.setattr(drawing, "save", lambda figure, *_: figures.append(figure) or [])
    return figures


def texts_of(figure: Any) -> list[Any]:
    return [t for axes in figure.axes for t in axes.texts if t.get_text()]


def assert_has_room(figure: Any) -> None:
    """No two text boxes overlap by more than a third of a point, and none leaves the figure."""
    renderer = figure.canvas.get_renderer()
    boxes = np.array([t.get_window_extent(renderer).extents for t in texts_of(figure)])
    low, high = boxes[:, :2], boxes[:, 2:]
    assert (low >= -0.5).all() and (high <= np.array(figure.bbox.size) + 0.5).all()
    apart = np.maximum(low[:, None], low[None]) + 0.5 >= np.minimum(high[:, None], high[None])
    meets = ~apart.any(axis=2)
    np.fill_diagonal(meets, False)
    pairs = [tuple(texts_of(figure)[k].get_text() for k in pair) for pair in np.argwhere(meets)]
    assert not pairs, pairs[:5]


def held(count: int, most: int) -> Sources:
    """Make up searches that share reports in many combinations, each of up to `most` reports."""
    generator = np.random.default_rng(count)
    ids = [f"search_{i:02}" for i in range(count)]
    sets = {(i,) for i in ids} | {tuple(ids)}
    sets |= {tuple(sorted(generator.choice(ids, generator.integers(1, count + 1), False)))
             for _ in range(4 * count)}  # fmt: skip
    sizes = {s: int(generator.integers(1, most + 1)) for s in sorted(sets)}
    return of_sets(sizes)


def of_sets(sizes: dict[tuple[str, ...], int], also: tuple[str, ...] = ()) -> Sources:
    """Give the tables of these combinations, counted here another way than the stage does."""
    ids = sorted({i for s in sizes for i in s} | set(also))
    rows = []
    for search in ids:
        reports = sum(n for s, n in sizes.items() if search in s)
        alone = sizes.get((search,), 0)
        rows.append((search, reports, reports, reports, 0, alone, reports - alone))
    columns = ["search_id", "records", "after_removal", "reports", "duplicates_within",
               "unique_reports", "shared_reports"]  # fmt: skip
    shared = [
        (a, b, sum(n for s, n in sizes.items() if a in s and b in s))
        for a, b in itertools.combinations(ids, 2)
    ]
    shared = [row for row in shared if row[2]]
    return Sources(
        pd.DataFrame(rows, columns=columns),
        pd.DataFrame(shared, columns=["search_a", "search_b", "shared_reports"]),
        pd.DataFrame([("+".join(s), len(s), n) for s, n in sizes.items()],
                     columns=["combination", "searches", "reports"]),
        pd.DataFrame(columns=["rule", "meaning", "duplicates"]),
    )  # fmt: skip


def keys_of(figure: Any) -> list[str]:
    gids = [text.get_gid() or "" for text in texts_of(figure)]
    return [gid.removeprefix("key:") for gid in gids if gid.startswith("key:")]


def figures_of(found: Sources) -> dict[str, Any]:
    figures = Figures("deduplication")
    add_sources(figures, found, [])
    return figures.lines


@COUNTS
@SIZES
@NAMES
def test_combinations_have_room(count: int, most: int, name: str, drawn: list[Any]) -> None:
    found = held(count, most)
    labels = {i: f"{name} {i}" for i in found.by_source["search_id"]}
    combinations(found, labels, Path("c"))
    assert_has_room(drawn[0])
    lines = figures_of(found)
    texts = {t.get_gid()[4:]: t.get_text() for t in texts_of(drawn[0]) if t.get_gid()}
    assert set(texts) <= set(lines)
    assert {k: f"{lines[k]['value']:,}" for k in texts} == texts
    towers = [k for k in texts if k.startswith("deduplication.source_combinations.")]
    assert len(towers) == min(LARGEST, len(found.combinations)) or count > MOST


@COUNTS
@SIZES
@NAMES
def test_pairs_have_room(count: int, most: int, name: str, drawn: list[Any]) -> None:
    found = held(count, most)
    labels = {i: f"{name} {i}" for i in found.by_source["search_id"]}
    pairs(found, labels, Path("p"))
    assert_has_room(drawn[0])
    keys, lines = keys_of(drawn[0]), figures_of(found)
    assert set(keys) <= set(lines)
    n = min(count, MOST)
    assert len([k for k in keys if k.endswith(".shared_reports")]) == n * (n - 1)
    assert min(t.get_fontsize() for t in texts_of(drawn[0])) >= 5


def test_what_is_not_drawn_is_said(drawn: list[Any]) -> None:
    found = held(MOST + 3, 9)
    labels = {i: f"<{i}>" for i in found.by_source["search_id"]}
    combinations(found, labels, Path("c"))
    said = " ".join(t.get_text() for t in texts_of(drawn[0]))
    left_out = set(labels) - set(found.drawn_searches())
    assert len(left_out) == 3
    assert all(labels[i] in said for i in left_out)
    value = {k: line["value"] for k, line in figures_of(found).items()}
    rest = "deduplication.source_combinations_not_drawn"
    assert rest in keys_of(drawn[0])
    shown = [k for k in keys_of(drawn[0]) if k.startswith("deduplication.source_combinations.")]
    everything = found.combinations["reports"].sum()
    assert sum(value[k] for k in shown) + value[f"{rest}.reports"] == everything


def test_searches_that_share_nothing(drawn: list[Any]) -> None:
    found = of_sets({("a",): 3, ("b",): 2}, also=("nothing",))
    for each in (combinations, pairs):
        each(found, {"nothing": "Nothing found"}, Path("x"))
        assert_has_room(drawn[-1])
        assert "Without a report: Nothing found." in [t.get_text() for t in texts_of(drawn[-1])]


@pytest.mark.parametrize("sizes", [{}, {("a",): 5}])
def test_fewer_than_two_searches_are_not_drawn_and_old_drawings_go(
    sizes: dict[tuple[str, ...], int], tmp_path: Path
) -> None:
    draw(of_sets({("a",): 1, ("a", "b"): 2}), {}, tmp_path)
    names = {p.name for p in tmp_path.iterdir()}
    assert names == {f"search_{n}.{e}" for n in ("combinations", "pairs") for e in drawing.FORMATS}
    draw(of_sets(sizes), {}, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_svg_has_text_and_traceable_numbers(tmp_path: Path) -> None:
    found = of_sets({("a",): 1234, ("a", "b"): 2})
    draw(found, {"a": "MEDLINE & others <all>", "b": "B"}, tmp_path)
    svg = (tmp_path / "search_combinations.svg").read_text(encoding="utf-8")
    assert 'data-key="deduplication.source_combinations.a+b.reports"' in svg
    assert ">1,234</text>" in svg
    assert "MEDLINE &amp; others &lt;all&gt;" in svg
    again = tmp_path / "again"
    draw(found, {"a": "MEDLINE & others <all>", "b": "B"}, again)
    for path in again.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes()


@pytest.mark.parametrize(
    ("n", "of", "text"),
    [(0, 5, "0%"), (1, 8, "13%"), (1, 1000, "<1%"), (999, 1000, ">99%"), (5, 5, "100%")],
)
def test_shares_never_round_to_none_or_all(n: int, of: int, text: str) -> None:
    assert percent(n, of) == text


def test_searches_are_named_apart() -> None:
    rows = [
        {"search_id": "m1", "source": "MEDLINE", "platform": "Ovid", "search_date": "2020-01-01"},
        {"search_id": "m2", "source": "MEDLINE", "platform": "Ovid", "search_date": "2022-02-02"},
        {"search_id": "m3", "source": "MEDLINE", "platform": "", "search_date": ""},
        {"search_id": "m4", "source": "MEDLINE", "platform": "NR", "search_date": ""},
        {"search_id": "e", "source": "Embase.com", "platform": "Embase.com"},
    ]
    assert labels_of(rows) == {
        "m1": "MEDLINE (Ovid) (2020-01-01)",
        "m2": "MEDLINE (Ovid) (2022-02-02)",
        "m3": "MEDLINE (m3)",
        "m4": "MEDLINE (m4)",
        "e": "Embase.com",
    }
