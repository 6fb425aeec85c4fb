"""A long table of many reviews gives what the usual way gives, without its matrix."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest
from benchmarks import overlap as benchmark

from parapluie.cli import main, overlap_large
from parapluie.overlap import cca, large

SAME = (
    "scope", "level", "missingness", "c", "r", "n", "x", "covered_area", "cca", "band", "scheme",
    "cca_adjusted", "band_adjusted", "studies_without_size", "sizes_imputed", "in_one",
    "in_more_than_one", "reviews_without_study", "min_per_review", "median_per_review",
    "max_per_review", "reason",
)  # fmt: skip
HEADER = ("review_id", "study_id", "status", "year", "n", "outcome", "eligible")


def table(seed: int = 1) -> list[tuple[str, ...]]:
    """Rows of 160 reviews, in any order, some twice, some of them excluded."""
    rng = np.random.default_rng(seed)
    study = np.r_[rng.integers(1, 201, 950), np.ones(50, dtype=np.int64)]
    review = np.r_[:160, rng.integers(0, 160, 840)]
    years = rng.integers(1990, 2024, 201)
    people = rng.integers(10, 900, 201)
    rows = []
    for s, r in zip(study.tolist(), review.tolist(), strict=True):
        rows.append(
            (
                f"Review {r:04} {2000 + r % 25}",
                f"S{s}",
                "excluded" if rng.random() < 0.05 else rng.choice(["1", "", "included"]),
                str(years[s]),
                str(people[s]),
                ["pain", "Sleep at night", ""][s % 3],
                ["yes", "no"][s % 2],
            )
        )
    return [rows[i] for i in rng.permutation(len(rows)).tolist()]


def write(path: Path, rows: list[tuple[str, ...]], header: tuple[str, ...] = HEADER) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def numbers_equal(a: str, b: str) -> bool:
    return a == b or float(a) == pytest.approx(float(b), rel=1e-12)


@pytest.fixture(scope="module", autouse=True)
def _many_from_a_hundred_on() -> Iterator[None]:
    """So that the usual way, which the numbers are compared with, ends soon."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cca, "IN_FULL", 100)
        patch.setattr(overlap_large, "LEAST_BYTES", 0)
        yield


@pytest.fixture(scope="module", params=["none", "year"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of both ways from one table, in the folders large and usual."""
    folder = tmp_path_factory.mktemp("both")
    given = write(folder / "long.csv", table())
    command = ["overlap", "--studies", str(given), "--structural-missingness", request.param]
    command += ["--kinds", "--out"]
    assert main([*command, str(folder / "large")]) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overlap_large, "run", lambda args: False)
        assert main([*command, str(folder / "usual")]) == 0
    assert not (folder / "large" / "figures.csv").exists()
    assert (folder / "usual" / "figures.csv").exists()
    return folder


def test_totals_of_every_scope(both: Path) -> None:
    large_lines, usual = (read(both / name / "cca.csv") for name in ("large", "usual"))
    assert [{c: row[c] for c in SAME} for row in large_lines] == [
        {c: row[c] for c in SAME} for row in usual
    ]
    assert len(usual) == 4
    for mine, other in zip(large_lines, usual, strict=True):
        for name in ("wcca", "wcca_adjusted"):
            assert numbers_equal(mine[name], other[name])


def test_pairs(both: Path) -> None:
    mine, usual = (read(both / name / "pairs.csv") for name in ("large", "usual"))
    assert len(mine) == len(usual) > 1_000
    for a, b in zip(mine, usual, strict=True):
        weighted = a.pop("wcca")
        assert numbers_equal(weighted, b["wcca"])
        if "cca_adjusted" in a and not b["cca_adjusted"]:
            assert (a["x"], a.pop("cca_adjusted")) == ("0", b["cca"])
        assert a == {name: b[name] for name in a}


def test_distribution_reviews_and_inclusions(both: Path) -> None:
    for name in ("distribution", "matrix"):
        mine, usual = (read(both / way / f"{name}.csv") for way in ("large", "usual"))
        if name == "matrix":
            usual = [row for row in usual if row["state"] == "included"]
            for rows in (mine, usual):
                rows.sort(key=lambda row: (row["study_id"].lower(), row["review_id"]))
            usual = [{**row, "study_id": row["study_id"].upper()} for row in usual]
        assert mine == usual
    mine, usual = (read(both / way / "reviews.csv") for way in ("large", "usual"))
    same = ("review_id", "name", "total", "unique", "shared_with_any", "inside_union")
    assert [[row[c] for c in same] for row in mine] == [[row[c] for c in same] for row in usual]


def test_bands_count_every_pair(both: Path) -> None:
    line = read(both / "large" / "cca.csv")[0]
    shared = [float(row["cca"]) for row in read(both / "large" / "pairs.csv")]
    slight = sum(value < 0.05 for value in shared)
    assert int(line["pairs"]) == 160 * 159 // 2
    assert int(line["pairs_slight"]) == int(line["pairs"]) - len(shared) + slight
    assert int(line["pairs_very_high"]) == sum(value >= 0.15 for value in shared)


def test_figures_are_left_out_with_a_reason(both: Path) -> None:
    assert {row["reason"] for row in read(both / "large" / "not_drawn.csv")} <= {
        "too_many: 160 reviews, a figure holds 150; see the tables"
    }
    assert not list((both / "large").glob("*.svg"))


def test_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    rows = table()
    for name, given in (("a", rows), ("b", rows[::-1])):
        path = write(tmp_path / f"{name}.csv", given)
        assert main(["overlap", "--studies", str(path), "--out", str(tmp_path / name)]) == 0
    for path in sorted((tmp_path / "a").iterdir()):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_parquet_in_and_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = write(tmp_path / "long.csv", table())
    engine = duckdb.connect()
    engine.read_csv(str(given), all_varchar=True).write_parquet(str(tmp_path / "long.parquet"))
    monkeypatch.setattr(large, "MOST_IN_CSV", 100)
    for ending in ("csv", "parquet"):
        path = tmp_path / f"long.{ending}"
        assert main(["overlap", "--studies", str(path), "--out", str(tmp_path / ending)]) == 0
    for name in ("pairs.parquet", "cca.csv", "matrix.csv"):
        assert (tmp_path / "csv" / name).read_bytes() == (tmp_path / "parquet" / name).read_bytes()
    assert not (tmp_path / "csv" / "pairs.csv").exists()


def test_a_parquet_file_of_another_form_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "other.parquet"
    duckdb.connect().sql("select 1 as a").write_parquet(str(path))
    assert main(["overlap", "--studies", str(path), "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert "no long table of inclusions" in told
    assert len(told.splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("Review 1", "S1", "perhaps", "", "", "", ""), "'perhaps'"),
        (("", "S1", "1", "", "", "", ""), "an empty cell"),
    ],
)
def test_faults_are_told_as_usual(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: tuple[str, ...], said: str
) -> None:
    path = write(tmp_path / "long.csv", [*table(), row])
    assert main(["overlap", "--studies", str(path), "--out", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err


# --- the benchmark --------------------------------------------------------------------------------


def test_the_made_table_is_as_it_is_described() -> None:
    rows = benchmark.inclusions(0.125)
    reviews, studies = rows[:, 0], rows[:, 1]
    assert len(rows) == len({tuple(row) for row in rows.tolist()}) == 125_000
    assert len(np.unique(studies)) == 50_000
    assert reviews.max() < 2_500
    assert (rows == benchmark.inclusions(0.125)).all()


def test_heavy_studies_stand_in_as_many_reviews() -> None:
    times = np.sort(np.bincount(benchmark.inclusions(0.25)[:, 1]))[::-1]
    assert (times[:5] >= benchmark.IN_EACH).all()
    assert times[5] < benchmark.IN_EACH / 10


def test_the_benchmark_compares_with_r_where_it_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "made.csv"
    benchmark.write_matrix(path, 8, 40)
    seconds, ours = benchmark.fit_ours(path, 2)
    assert len(seconds) == 2
    peer = benchmark.fit_r(path, 2, tmp_path, ours)
    if peer is None:
        assert "Rscript is not there" in capsys.readouterr().err
        return
    assert len(peer) == 2
    with pytest.raises(SystemExit, match="differ"):
        benchmark.fit_r(path, 1, tmp_path, {**ours, ("", ""): 0.5})
