"""Measure the overlap of very many reviews as a command, and of a matrix beside R.

    python -m benchmarks.overlap [--parts large matrix] [--repeat 2] [--write]

The large table is drawn from a seed: 20,000 reviews, 400,000 studies, 1,000,000 inclusions, twenty
studies in 2,000 reviews each; a half and a quarter of it have fewer reviews and studies in
proportion, and so many of the twenty studies. The same matrix goes to us and to R (ccar.R).
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import measured

PAGE = measured.ROOT / "benchmarks" / "README.md"
SEED = 20261125
REVIEWS, STUDIES, INCLUSIONS, HEAVY, IN_EACH = 20_000, 400_000, 1_000_000, 20, 2_000
PARTS = ("large", "matrix")
SIZES = (0.25, 0.5, 1.0)
MADE = (200, 3000)
"""Reviews and studies of the made matrix that R gets."""
GOLDEN = "golden/overlap/ccar_large.matrix.csv"
PROGRAM = Path(sys.executable).parent / "parapluie"


# --- what is measured -----------------------------------------------------------------------------


def inclusions(share: float) -> np.ndarray:
    """Draw (review, study), each pair once, in any order; always the same.

    Parameters
    ----------
    share : float
        Of the whole size; the reviews that hold a heavy study stay as many.
    """
    rng = np.random.default_rng(SEED)
    reviews, studies = int(REVIEWS * share), int(STUDIES * share)
    total, heavy = int(INCLUSIONS * share), int(HEAVY * share)
    first = np.concatenate([rng.choice(reviews, IN_EACH, replace=False) for _ in range(heavy)])
    held = first * studies + np.repeat(np.arange(heavy), IN_EACH)
    # Every other study is somewhere; the rest goes by popularity of studies and size of reviews.
    size = rng.lognormal(0, 1, reviews)
    popular = 1 / np.arange(1, studies - heavy + 1) ** 0.35
    while held.size < total:
        lacking = total - held.size
        if held.size == heavy * IN_EACH:
            study = np.arange(heavy, studies)
        else:
            study = rng.choice(studies - heavy, lacking, p=popular / popular.sum()) + heavy
        review = rng.choice(reviews, study.size, p=size / size.sum())
        held = np.unique(np.concatenate([held, review * studies + study]))
    return rng.permutation(np.stack(np.divmod(held, studies), axis=1))


def write_long(path: Path, rows: np.ndarray) -> None:
    """Write the inclusions as a long table."""
    lines = (f"r{review:05d},s{study:06d}\n" for review, study in rows.tolist())
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("review_id,study_id\n")
        file.writelines(lines)


def write_matrix(path: Path, reviews: int, studies: int) -> None:
    """Draw a matrix in which some studies are in many reviews; always the same."""
    rng = np.random.default_rng(SEED)
    often = np.minimum(rng.pareto(1.0, studies) / 50, 0.6)
    cells = (rng.random((studies, reviews)) < often[:, None]).astype(int)
    cells[np.arange(studies), rng.integers(0, reviews, studies)] = 1
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["study", *(f"r{j:03d}" for j in range(reviews))])
        writer.writerows([f"s{i:05d}", *row] for i, row in enumerate(cells.tolist()))


# --- the command on a large table -----------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """One run of the command: what it took on the clock, on the processors, and of memory."""

    cost: measured.Cost
    user: float
    system: float


def run(command: Sequence[str | Path]) -> Run:
    """Run a command to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = measured.measure(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Run(cost, after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime)


def large(folder: Path, sizes: Sequence[float], repeat: int) -> str:
    """Measure the command at each size."""
    rows, before = [], None
    for share in sorted(sizes):
        path = folder / "long.csv"
        write_long(path, inclusions(share))
        command = [PROGRAM, "overlap", "--studies", path, "--out", folder / "out"]
        runs = [run(command) for _ in range(repeat)]
        pairs, shared = _checked(folder / "out", path)
        processor = min(r.user + r.system for r in runs)
        growth = (
            f"{np.log(processor / before[1]) / np.log(pairs / before[0]):.2f}" if before else ""
        )
        rows.append(_large_row(share, pairs, shared, runs, growth, folder / "out"))
        before = pairs, processor
    header = ("reviews × studies, inclusions", "pairs that share a study", "shared studies",
              "seconds", "user + system", "growth", "MB largest / sum", "MB of pairs")  # fmt: skip
    return measured.table(header, rows)


def _large_row(
    share: float, pairs: int, shared: int, runs: Sequence[Run], growth: str, out: Path
) -> tuple[str, ...]:
    held = f"{REVIEWS * share:,.0f} × {STUDIES * share:,.0f}, {INCLUSIONS * share:,.0f}"
    memory = measured.span([r.cost.largest_mb for r in runs], ".0f")
    sums = [r.cost.sum_mb for r in runs if r.cost.sum_mb is not None]
    size = sum(p.stat().st_size for p in out.glob("pairs.*")) / 2**20
    return (
        held, f"{pairs:,}", f"{shared:,}", measured.span([r.cost.seconds for r in runs]),
        measured.span([r.user + r.system for r in runs]), growth,
        f"{memory} / {measured.span(sums, '.0f') if sums else 'not told'}", f"{size:.0f}",
    )  # fmt: skip


def _checked(out: Path, source: Path) -> tuple[int, int]:
    """Compare the file of pairs with a count by DuckDB's own join; give pairs, shared studies.

    The join runs over 40 of the reviews, all numbers of the rows are worked out again.
    """
    import duckdb

    engine = duckdb.connect()
    engine.execute("set memory_limit = '2GB'")
    files = [p.as_posix() for p in out.glob("pairs.*")]
    kind = "read_parquet" if files[0].endswith("parquet") else "read_csv"
    engine.execute(f"create view pairs as select * from {kind}('{files[0]}')")
    engine.execute(f"create view long as select * from read_csv('{source.as_posix()}')")
    wrong = engine.sql(
        "select count(*) from pairs where cca <> shared / (n_a + n_b - shared) or review_a >="
        " review_b or contained_a <> shared / n_a or contained_b <> shared / n_b or"
        " overlap_coefficient <> shared / least(n_a, n_b)"
    ).fetchall()[0][0]
    some = "select distinct review_id from long order by hash(review_id) limit 40"
    joined = (
        f"select a.review_id, b.review_id, count(*) from (select * from long where review_id in"
        f" ({some})) a join long b using (study_id) where a.review_id < b.review_id group by all"
    )
    told = f"select review_a, review_b, shared from pairs where review_a in ({some})"
    for one, other in ((joined, told), (told, joined)):
        wrong += engine.sql(f"select count(*) from ({one} except all {other})").fetchall()[0][0]
    if wrong:
        sys.exit(f"{wrong} pairs are not as DuckDB counts them")
    found = engine.sql("select count(*), sum(shared)::bigint from pairs").fetchall()[0]
    return int(found[0]), int(found[1])


# --- a matrix, beside R ---------------------------------------------------------------------------


def matrices(folder: Path, repeat: int) -> str:
    """Measure computing alone on the same matrix: ours, and the formula in R."""
    rows = []
    for name, path in _given(folder):
        ours, cca = fit_ours(path, repeat)
        peer = fit_r(path, repeat, folder, cca)
        told = measured.span([1000 * s for s in peer], ",.0f") if peer else "not run"
        ratio = f"{min(peer) / min(ours):,.0f}" if peer else ""
        rows.append((name, measured.span([1000 * s for s in ours], ".2f"), told, ratio))
    return measured.table(("matrix", "parapluie, ms", "formula in R, ms", "R : parapluie"), rows)


def _given(folder: Path) -> Iterator[tuple[str, Path]]:
    shared = os.environ.get(measured.SHARED)
    if shared:
        yield "ccar_large, 339 × 23", Path(shared) / GOLDEN
    else:
        print(f"{measured.SHARED} is not set: ccar_large is not measured", file=sys.stderr)
    path = folder / "made.csv"
    write_matrix(path, *MADE)
    yield f"made, {MADE[1]:,} × {MADE[0]}", path


def fit_ours(path: Path, repeat: int) -> tuple[list[float], dict[tuple[str, str], float]]:
    """Count all pairs and the whole: seconds of each repeat, and the CCA of the pairs."""
    from parapluie.overlap import sparse

    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    cells = np.array([[cell == "1" for cell in row[1:]] for row in rows])
    study, review = np.nonzero(cells)
    seconds, found = [], {}
    for _ in range(repeat):
        start = time.perf_counter()
        held = sparse.incidence([row[0] for row in rows], header[1:], study, review)
        overall = sparse.totals(held).cca
        blocks = [
            (b.a, b.b, b.shared / (held.sizes[b.a] + held.sizes[b.b] - b.shared))
            for b in sparse.pair_blocks(held)
        ]
        seconds.append(time.perf_counter() - start)
    for block in blocks:
        for a, b, cca in zip(*(column.tolist() for column in block), strict=True):
            found[header[1 + a], header[1 + b]] = cca
    found["", ""] = float(overall or 0)
    return seconds, found


def fit_r(
    path: Path, repeat: int, folder: Path, ours: dict[tuple[str, str], float]
) -> list[float] | None:
    """Run the formula in R; seconds of each repeat, ``None`` without R; stop if numbers differ."""
    program = shutil.which("Rscript")
    if program is None:
        print("Rscript is not there: the formula in R is not measured", file=sys.stderr)
        return None
    script, out = Path(__file__).with_name("ccar.R"), folder / "r.csv"
    words = [program, script, path, str(repeat), out]
    done = subprocess.run(
        [str(w) for w in words], capture_output=True, text=True, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"R: {done.stderr.strip()[-500:]}")
    *seconds, overall = map(float, done.stdout.split())
    with out.open(encoding="utf-8", newline="") as file:
        theirs = {(r["review_a"], r["review_b"]): float(r["cca"]) for r in csv.DictReader(file)}
    theirs["", ""] = overall
    for key, cca in theirs.items():
        if abs(ours.get(key, 0.0) - cca) > 1e-12:
            sys.exit(f"R and parapluie differ in {key}: {cca}, {ours.get(key)}")
    return seconds


def main() -> None:
    """Measure, print the tables, and keep them on the page if that is asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--sizes", nargs="+", type=float, default=list(SIZES), metavar="SHARE")
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="put the tables on the page")
    parser.add_argument("--full", action="store_true", help="as without it")
    args = parser.parse_args()
    parts = [measured.machine()]
    with tempfile.TemporaryDirectory() as name:
        if "matrix" in args.parts:
            parts.append(matrices(Path(name), max(args.repeat, 3)))
        if "large" in args.parts:
            parts.append(large(Path(name), args.sizes, args.repeat))
    parts.append(f"load of the last minute after: {os.getloadavg()[0]:.1f}")
    found = "\n\n".join(parts)
    print(found)
    if args.write:
        page = measured.replace_block(PAGE.read_text(encoding="utf-8"), "overlap", found)
        PAGE.write_text(page, encoding="utf-8", newline="")


if __name__ == "__main__":
    main()
