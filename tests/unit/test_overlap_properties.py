"""What must hold for every citation matrix."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from parapluie.overlap.cca import (
    Matrix,
    corrected_covered_area,
    matrix,
    only_here,
    pairs,
    weighted_covered_area,
)
from parapluie.overlap.recorded import Step, bounds

CELLS = st.integers(2, 6).flatmap(
    lambda c: st.lists(st.lists(st.booleans(), min_size=c, max_size=c), min_size=1, max_size=12)
)
SIZES = st.lists(st.floats(1, 1e5), min_size=12, max_size=12)


def made_of(held: np.ndarray, missing: np.ndarray | None = None) -> Matrix:
    return matrix(
        [f"s{i}" for i in range(held.shape[0])],
        [f"r{j}" for j in range(held.shape[1])],
        held,
        missing,
    )


def cca_of(cells: Matrix) -> float | None:
    return corrected_covered_area(cells.n, len(cells.studies), len(cells.reviews))


@given(st.integers(1, 12), st.integers(2, 6), SIZES)
def test_identical_reviews_have_a_cca_of_one(r: int, c: int, sizes: list[float]) -> None:
    cells = made_of(np.ones((r, c), dtype=bool))
    assert cca_of(cells) == 1
    assert weighted_covered_area(cells, np.array(sizes[:r])) == pytest.approx(1)
    assert {p.cca for p in pairs(cells, np.array(sizes[:r]))} == {1.0}


@given(st.lists(st.integers(1, 4), min_size=2, max_size=6), SIZES)
def test_disjoint_reviews_have_a_cca_of_zero(counts: list[int], sizes: list[float]) -> None:
    columns = np.repeat(np.arange(len(counts)), counts)
    held = columns[:, None] == np.arange(len(counts))[None, :]
    cells = made_of(held)
    assert cca_of(cells) == 0
    weights = np.resize(np.array(sizes), len(columns))
    assert weighted_covered_area(cells, weights) == 0
    assert {(p.cca, p.wcca) for p in pairs(cells, weights)} == {(0.0, 0.0)}
    assert only_here(cells).tolist() == counts


@given(CELLS, SIZES, st.floats(0.01, 1000))
def test_weighted_cca(rows: list[list[bool]], sizes: list[float], factor: float) -> None:
    """Equal sizes: the CCA. A common factor changes nothing. One pair: weighted Jaccard."""
    held = np.array(rows)
    assume(held.any())
    cells = made_of(held)
    own = np.array(sizes[: len(cells.studies)])
    assert weighted_covered_area(cells, np.full(len(own), 7.0)) == pytest.approx(cca_of(cells))
    found = weighted_covered_area(cells, own)
    assert found is not None
    assert 0 <= found <= 1 + 1e-12
    assert weighted_covered_area(cells, factor * own) == pytest.approx(found)
    for p in pairs(cells, own):
        two = [cells.reviews.index(p.a), cells.reviews.index(p.b)]
        part = cells.included[:, two]
        either = part.any(axis=1)
        if either.any():
            alone = made_of(part[either])
            assert p.wcca == pytest.approx(weighted_covered_area(alone, own[either]))
        else:
            assert p.wcca is None


@given(st.integers(1, 6), st.integers(1, 6), st.integers(2, 5), st.integers(2, 5))
def test_larger_shared_studies_raise_the_weighted_cca(
    shared: int, alone: int, c: int, times: int
) -> None:
    """All shared studies are in as many reviews, so that size alone moves the number."""
    times = min(times, c)
    held = np.zeros((shared + alone, c), dtype=bool)
    held[:shared, :times] = True
    held[shared:, 0] = True
    cells = made_of(held)
    first = np.arange(shared + alone) < shared
    large = weighted_covered_area(cells, np.where(first, 900.0, 100.0))
    small = weighted_covered_area(cells, np.where(first, 100.0, 900.0))
    cca = cca_of(cells)
    assert cca is not None
    assert large is not None
    assert small is not None
    assert small < cca < large


@given(CELLS, st.integers(0, 5), st.lists(st.booleans(), min_size=12, max_size=12))
def test_a_review_inside_another_never_lowers_containment(
    rows: list[list[bool]], outer: int, keep: list[bool]
) -> None:
    """Adding one changes no pair, and it lies wholly in the other."""
    held = np.array(rows)
    assume(outer < held.shape[1])
    inner = held[:, outer] & np.array(keep[: len(rows)])
    assume(inner.any())
    before = {(p.a, p.b): (p.contained_a, p.contained_b) for p in pairs(made_of(held))}
    after = pairs(made_of(np.column_stack([held, inner])))
    new = f"r{held.shape[1]}"
    most: dict[str, float] = {}
    for p in after:
        if new not in (p.a, p.b):
            assert (p.contained_a, p.contained_b) == before[p.a, p.b]
        elif p.a == f"r{outer}":
            assert p.contained_b == 1
        most[p.a] = max(most.get(p.a, 0), p.contained_a or 0)
    earlier: dict[str, float] = {}
    for (a, _), (contained, _) in before.items():
        earlier[a] = max(earlier.get(a, 0), contained or 0)
    assert all(most[a] >= earlier[a] for a in earlier)


@given(CELLS, st.randoms(use_true_random=False))
def test_order_of_rows_and_columns_never_matters(rows: list[list[bool]], random: object) -> None:
    held = np.array(rows)
    lines, columns = list(range(held.shape[0])), list(range(held.shape[1]))
    random.shuffle(lines)  # type: ignore[attr-defined]
    random.shuffle(columns)  # type: ignore[attr-defined]
    missing = ~held & (np.add.outer(np.arange(held.shape[0]), np.arange(held.shape[1])) % 3 == 0)
    ours = made_of(held, missing)
    theirs = matrix(
        [f"s{i}" for i in lines], [f"r{j}" for j in columns],
        held[lines][:, columns], missing[lines][:, columns],
    )  # fmt: skip
    assert (ours.n, ours.x, sorted(ours.studies)) == (theirs.n, theirs.x, sorted(theirs.studies))

    def by_name(cells: Matrix) -> dict[frozenset[str], tuple[object, ...]]:
        return {frozenset((p.a, p.b)): (p.cca, p.shared, p.x, p.cca_adjusted) for p in pairs(cells)}

    assert by_name(ours) == by_name(theirs)


@given(CELLS)
def test_pairs_are_those_of_sets(rows: list[list[bool]]) -> None:
    """By another way: each pair counted from Python sets, X from the cells."""
    held = np.array(rows)
    missing = ~held & (np.add.outer(np.arange(held.shape[0]), np.arange(held.shape[1])) % 2 == 0)
    cells = made_of(held, missing)
    kept, absent = cells.included, cells.missing
    for p in pairs(cells):
        i, j = cells.reviews.index(p.a), cells.reviews.index(p.b)
        a, b = set(np.flatnonzero(kept[:, i])), set(np.flatnonzero(kept[:, j]))
        x = {s for s in a - b if absent[s, j]} | {s for s in b - a if absent[s, i]}
        assert (p.n_a, p.n_b, p.shared, p.x) == (len(a), len(b), len(a & b), len(x))
        left = len(a | b) - len(x)
        assert p.cca_adjusted == (len(a & b) / left if left else None)


@given(CELLS, st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=6, max_size=6))
def test_bounds_hold_the_truth(rows: list[list[bool]], widths: list[tuple[int, int]]) -> None:
    """A distribution told in ranges allows the CCA of the matrix that it was told of."""
    cells = made_of(np.array(rows))
    assume(len(cells.studies))
    c = len(cells.reviews)
    counts = np.bincount(cells.times, minlength=c + 1)
    listed, k = [], 1
    while k <= c:
        last = min(c, k + widths[k - 1][0])
        listed.append(Step(k, last, int(counts[k : last + 1].sum()), f"{k}-{last}", 2, ""))
        k = last + 1
    found = bounds(listed, c)
    cca = cca_of(cells)
    assert cca is not None
    assert found.cca_low is not None
    assert found.cca_high is not None
    assert found.r == len(cells.studies)
    assert found.n_low <= cells.n <= found.n_high
    assert found.cca_low - 1e-12 <= cca <= found.cca_high + 1e-12
