"""Measure a whole umbrella meta-analysis as a command, on one thread.

    python -m benchmarks.umbrella [--factors 1000] [--studies 20] [--repeat 5] [--write]

From one CSV of study effects to every table: pooled, every study left out once, all tests, classes
by the rules of Ioannidis. The same numbers within one process are told apart, so that one sees what
starting, reading and writing take.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks import measured

PAGE = measured.ROOT / "docs" / "credibility.md"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
HEADER = ("factor", "study_id", "measure", "yi", "vi", "n_cases", "n_controls")


def rows(n_factors: int, n_studies: int) -> Iterator[tuple[object, ...]]:
    """Draw log odds ratios with no, some or much variance between studies; always the same."""
    rng = np.random.default_rng(20261125)
    for i in range(n_factors):
        tau2 = rng.choice([0.0, 0.05, 0.2])
        v = rng.gamma(1.5, 0.1, n_studies) + 0.005
        y = rng.normal(rng.normal(0.1, 0.2), np.sqrt(v + tau2))
        people = rng.integers(20, 400, (n_studies, 2))
        for j in range(n_studies):
            numbers = (repr(float(y[j])), repr(float(v[j])), *people[j].tolist())
            yield f"f{i:05}", f"s{j:04}", "OR", *numbers


def write(path: Path, n_factors: int, n_studies: int) -> None:
    """Write the table of effects."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(rows(n_factors, n_studies))


def inside(path: Path) -> dict[str, float]:
    """Time the steps within one process: seconds of reading, of computing, of judging."""
    from parapluie import tables
    from parapluie.credibility.classify import class_rows, classify
    from parapluie.credibility.measured import known_of
    from parapluie.credibility.rules import FOLDER, load
    from parapluie.credibility.sheets import study_effects
    from parapluie.effects.umbrella import battery

    laps = [time.perf_counter()]
    sheet = study_effects(tables.read_text(path), "factor")
    laps.append(time.perf_counter())
    found = battery(sheet.factors)
    laps.append(time.perf_counter())
    known = known_of(found, sheet.about)
    rules = load(FOLDER / "ioannidis.yaml")
    list(class_rows(classify(rules, known.results, known.facts_for(rules))))
    laps.append(time.perf_counter())
    names = ("reading and effects", "all numbers", "classes and what would change them")
    return dict(zip(names, np.diff(laps).tolist(), strict=True))


def measure(n_factors: int, n_studies: int, repeat: int) -> str:
    """Measure the command and its steps, and give the table."""
    os.environ.update(ONE_THREAD)
    program = Path(sys.executable).parent / "parapluie"
    with tempfile.TemporaryDirectory() as name:
        table = Path(name) / "effects.csv"
        write(table, n_factors, n_studies)
        command = [program, "credibility", "--effects", table, "--out", Path(name) / "out"]
        costs = [measured.measure(command) for _ in range(repeat)]
        with (Path(name) / "out" / "battery.csv").open(encoding="utf-8") as file:
            written = sum(1 for _ in file) - 1
        if written != n_factors:
            sys.exit(f"{n_factors} factors given, {written} written")
        steps = [inside(table) for _ in range(repeat)]
    lines = [("the command, from start to end", [c.seconds for c in costs])]
    lines += [(f"within it: {step}", [s[step] for s in steps]) for step in steps[0]]
    memory = measured.span([c.largest_mb for c in costs], ".0f")
    said = f"{n_factors} factors of {n_studies} studies, {repeat} runs, {memory} MB"
    body = measured.table(
        ["", "seconds"], [(what, measured.span(seconds, ".2f")) for what, seconds in lines]
    )
    return f"{measured.machine()}; {said}; one thread\n\n{body}"


def main() -> None:
    """Measure, print the table, and keep it on the page if that is asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--factors", type=int, default=1000)
    parser.add_argument("--studies", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="put the table on the page")
    parser.add_argument("--full", action="store_true", help="as without it")
    args = parser.parse_args()
    found = measure(args.factors, args.studies, args.repeat)
    print(found)
    if args.write:
        page = measured.replace_block(PAGE.read_text(encoding="utf-8"), "speed", found)
        PAGE.write_text(page, encoding="utf-8", newline="")


if __name__ == "__main__":
    main()
