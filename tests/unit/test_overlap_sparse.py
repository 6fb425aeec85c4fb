"""The sparse engine gives the numbers of the dense formulas, block by block, and its files."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie import parquet
from parapluie.overlap import cca, large, sparse

NAMES = (
    "miyazaki2017",
    "gerd",
    "gerd_missing",
    "groove_style_missing",
    "ccar_large",
    "gunschera2026",
    "hedco_suicide",
    "hedco_depression",
    "hedco_depression_eligible",
    "junor_doc_example",
)


@st.composite
def matrices(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A matrix, years of its studies and of its reviews; some years are not known."""
    r, c = draw(st.integers(0, 12)), draw(st.integers(1, 9))
    cells = draw(st.lists(st.lists(st.booleans(), min_size=c, max_size=c), min_size=r, max_size=r))
    years = st.one_of(st.just(math.nan), st.integers(2000, 2006).map(float))
    of_studies = draw(st.lists(years, min_size=r, max_size=r))
    of_reviews = draw(st.lists(years, min_size=c, max_size=c))
    shape = np.array(cells, dtype=bool).reshape(r, c)
    return shape, np.array(of_studies, dtype=float), np.array(of_reviews, dtype=float)


def held_of(included: np.ndarray, seed: int = 0) -> sparse.Incidence:
    """The inclusions of a matrix, in any order, some twice."""
    study, review = np.nonzero(included)
    order = np.random.default_rng(seed).permutation(np.r_[: study.size, : study.size // 2])
    names = [f"s{i}" for i in range(included.shape[0])]
    columns = [f"r{j}" for j in range(included.shape[1])]
    return sparse.incidence(names, columns, study[order], review[order])


def dense_of(included: np.ndarray, years: np.ndarray, of_reviews: np.ndarray) -> cca.Matrix:
    later = (years[:, None] > of_reviews[None, :]) & ~included
    names = [f"s{i}" for i in range(included.shape[0])]
    return cca.matrix(names, [f"r{j}" for j in range(included.shape[1])], included, later)


def pairs_of(*blocks: Any, **options: Any) -> dict[tuple[int, int], tuple[int, ...]]:
    found = {}
    for block in sparse.pair_blocks(*blocks, **options):
        for i, pair in enumerate(zip(block.a.tolist(), block.b.tolist(), strict=True)):
            assert pair not in found
            x = () if block.x is None else (int(block.x[i]),)
            found[pair] = (int(block.shared[i]), *x)
    return found


@given(matrices(), st.sampled_from([1, 3, 8, 40, 10_000]), st.integers(0, 5))
def test_pairs_and_missing_cells_are_those_of_the_dense_formulas(
    made: tuple[np.ndarray, np.ndarray, np.ndarray], cells: int, seed: int
) -> None:
    included, years, of_reviews = made
    dense = dense_of(included, years, of_reviews)
    held = held_of(included, seed)
    kept = years[included.any(axis=1)]
    found = pairs_of(held, sparse.Times(kept, of_reviews), cells=cells)
    expected = {
        (dense.reviews.index(p.a), dense.reviews.index(p.b)): (p.shared, p.x)
        for p in cca.pairs(dense)
        if p.shared
    }
    assert found == expected
    assert list(found) == sorted(found)
    assert pairs_of(held, cells=cells) == {k: v[:1] for k, v in expected.items()}


@given(matrices(), st.integers(0, 5))
def test_totals_are_those_of_the_dense_formulas(
    made: tuple[np.ndarray, np.ndarray, np.ndarray], seed: int
) -> None:
    included, years, of_reviews = made
    dense = dense_of(included, years, of_reviews)
    people = np.arange(1.0, len(dense.studies) + 1)
    kept = years[included.any(axis=1)]
    found = sparse.totals(held_of(included, seed), sparse.Times(kept, of_reviews), people)
    n, r, c = int(dense.included.sum()), len(dense.studies), len(dense.reviews)
    x = int(dense.missing.sum())
    assert (found.n, found.r, found.c, found.x) == (n, r, c, x)
    assert found.cca == cca.corrected_covered_area(n, r, c)
    assert found.cca_adjusted == (cca.corrected_covered_area(n, r, c, x) if x else None)
    weighted = cca.weighted_covered_area(dense, people)
    assert found.wcca == (None if weighted is None else pytest.approx(weighted, rel=1e-12))


@given(matrices())
def test_the_weight_of_a_pair_is_the_sum_over_its_shared_studies(
    made: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    included = made[0][made[0].any(axis=1)]
    weights = np.sqrt(np.arange(3.0, 3 + included.shape[0]))
    for block in sparse.pair_blocks(held_of(included), weights=weights, cells=7):
        assert block.weight is not None
        for a, b, weight in zip(block.a, block.b, block.weight, strict=True):
            both = included[:, a] & included[:, b]
            assert weight == pytest.approx(weights[both].sum(), rel=1e-12)


@given(matrices(), st.sampled_from([1, 5, 30, 10_000]))
def test_blocks_cover_every_review_once(
    made: tuple[np.ndarray, np.ndarray, np.ndarray], cells: int
) -> None:
    held = held_of(made[0])
    ranges = sparse.Pairing(held, cells=cells).ranges()
    assert [i for first, last in ranges for i in range(first, last)] == list(
        range(len(held.reviews))
    )


@given(matrices())
def test_a_size_that_is_not_known_leaves_the_weighted_area_out(
    made: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    held = held_of(made[0])
    people = np.full(len(held.studies), 10.0)
    people[:1] = math.nan
    assert sparse.totals(held, participants=people).wcca is None


@pytest.mark.shared
@pytest.mark.parametrize("name", NAMES)
def test_golden_pairs(name: str, shared: Path) -> None:
    folder = shared / "golden" / "overlap"
    with (folder / f"{name}.matrix.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    reviews = rows[0][1:]
    cells = np.array([[cell == "1" for cell in row[1:]] for row in rows[1:]])
    study, review = np.nonzero(cells)
    held = sparse.incidence([row[0] for row in rows[1:]], reviews, study, review)
    found = pairs_of(held, cells=50)
    with (folder / f"{name}.pairwise.csv").open(encoding="utf-8", newline="") as file:
        expected = list(csv.DictReader(file))
    assert expected
    for row in expected:
        a, b = sorted((reviews.index(row["review_a"]), reviews.index(row["review_b"])))
        shared_studies = found.get((a, b), (0,))[0]
        assert shared_studies == int(row["shared"])
        union = held.sizes[a] + held.sizes[b] - shared_studies
        assert 100 * shared_studies / union == pytest.approx(float(row["cca_pct"]), abs=5.0001e-5)


# --- the file of pairs ----------------------------------------------------------------------------


def read_back(path: Path) -> list[dict[str, Any]]:
    """All rows, in the order of the file, read by DuckDB."""
    found = duckdb.connect().execute("select * from read_parquet(?)", [path.as_posix()])
    names = [d[0] for d in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def write_pairs(work: sparse.Pairing, path: Path, processes: int = 1) -> Path:
    pairs = large.PairFile(work)
    with parquet.Writer(path, pairs.columns) as file:
        for part in large.parts(pairs, processes):
            file.append(part.group)
    return path


@given(made=matrices(), cells=st.sampled_from([1, 9, 10_000]))
def test_the_file_holds_the_pairs_of_the_dense_formulas(
    tmp_path_factory: pytest.TempPathFactory,
    made: tuple[np.ndarray, np.ndarray, np.ndarray],
    cells: int,
) -> None:
    included, years, of_reviews = made
    dense = dense_of(included, years, of_reviews)
    kept = years[included.any(axis=1)]
    people = np.arange(1.0, len(dense.studies) + 1)
    work = sparse.Pairing(held_of(included), sparse.Times(kept, of_reviews), np.sqrt(people), cells)
    rows = read_back(write_pairs(work, tmp_path_factory.mktemp("pairs") / "pairs.parquet"))
    expected = [p for p in cca.pairs(dense, people) if p.shared]
    same = ("n_a", "n_b", "shared", "x", "cca", "cca_adjusted", "contained_a", "contained_b")
    assert len(rows) == len(expected)
    for row, pair in zip(rows, expected, strict=True):
        assert (row["review_a"], row["review_b"]) == (pair.a, pair.b)
        assert {name: row[name] for name in same} == {name: getattr(pair, name) for name in same}
        assert row["overlap_coefficient"] == pair.overlap_coefficient
        assert row["wcca"] == pytest.approx(pair.wcca, rel=1e-12)


@pytest.mark.parametrize("scheme", cca.CUTS)
def test_bands_of_many_are_those_of_one(scheme: str) -> None:
    shares = np.array([s / n for n in range(1, 301) for s in range(n + 1)])
    places = large.band_places(shares, scheme).tolist()
    assert [cca.BANDS[i] for i in places] == [cca.band(s, scheme) for s in shares.tolist()]


@given(
    made=matrices(), cells=st.sampled_from([1, 9, 10_000]), scheme=st.sampled_from(list(cca.CUTS))
)
def test_pairs_in_each_band_are_counted(
    made: tuple[np.ndarray, np.ndarray, np.ndarray], cells: int, scheme: str
) -> None:
    included, years, of_reviews = made
    dense = [p for p in cca.pairs(dense_of(included, years, of_reviews)) if p.shared]
    times = sparse.Times(years[included.any(axis=1)], of_reviews)
    pairs = large.PairFile(sparse.Pairing(held_of(included), times, cells=cells), scheme)
    found = [part.bands for part in large.parts(pairs, 1)]
    for i, values in enumerate(([p.cca for p in dense], [p.cca_adjusted for p in dense])):
        named = [cca.band(v, scheme) for v in values]
        counted = sum((bands[i] for bands in found), np.zeros(4, dtype=np.int64))
        assert counted.tolist() == [named.count(name) for name in cca.BANDS]


@pytest.fixture(scope="module")
def crowded() -> sparse.Incidence:
    """300 reviews of 1 to 900 of 1,000 studies: more distinct values than one byte can name."""
    rng = np.random.default_rng(20261125)
    sizes = rng.integers(1, 900, 300)
    review = np.repeat(np.arange(300), sizes)
    study = np.concatenate([rng.choice(1000, n, replace=False) for n in sizes])
    return sparse.incidence([f"s{i}" for i in range(1000)], [f"r{j}" for j in range(300)], study,
                            review)  # fmt: skip


def test_many_distinct_values_are_kept(crowded: sparse.Incidence, tmp_path: Path) -> None:
    rows = read_back(write_pairs(sparse.Pairing(crowded), tmp_path / "pairs.parquet"))
    assert len(rows) > 40_000
    assert len({row["cca"] for row in rows}) > 256
    for row in rows:
        assert row["cca"] == row["shared"] / (row["n_a"] + row["n_b"] - row["shared"])
        assert row["contained_b"] == row["shared"] / row["n_b"]


def test_same_bytes_on_any_number_of_processes(crowded: sparse.Incidence, tmp_path: Path) -> None:
    work = sparse.Pairing(crowded, cells=5000)
    assert len(work.ranges()) > 4
    one, three = (write_pairs(work, tmp_path / f"{n}.parquet", n).read_bytes() for n in (1, 3))
    assert one == three


def test_another_reader_agrees_on_the_file(crowded: sparse.Incidence, tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow.parquet")
    path = write_pairs(sparse.Pairing(crowded, cells=9000), tmp_path / "pairs.parquet")
    assert arrow.read_table(path).to_pylist() == read_back(path)


def test_an_earlier_file_stays_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "pairs.parquet"
    path.write_bytes(b"earlier")
    with pytest.raises(ValueError, match="stopped"), parquet.Writer(path, [("n", parquet.INT)]):
        raise ValueError("stopped")
    assert path.read_bytes() == b"earlier"
    assert [p.name for p in tmp_path.iterdir()] == ["pairs.parquet"]


def test_too_many_codes_are_refused_and_written_in_full(tmp_path: Path) -> None:
    numbers = np.arange(70_000)
    with pytest.raises(ValueError, match="70000 distinct values"):
        parquet.coded(parquet.numbers(parquet.INT, numbers), numbers)
    with parquet.Writer(tmp_path / "n.parquet", [("n", parquet.INT)]) as file:
        file.append(parquet.group(70_000, [parquet.in_full(parquet.INT, numbers)]))
    assert [row["n"] for row in read_back(tmp_path / "n.parquet")] == numbers.tolist()
