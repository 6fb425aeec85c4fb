"""Measure pooling against PyMARE and R's metafor: the fits alone, on one thread.

    python -m benchmarks.synthesis [--ours] [--repeat 7] [--write]

See docs/pooling.md for what is measured how.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import measured

PEER, PEER_VERSION = "PyMARE", "0.0.13"
PAGE = measured.ROOT / "docs" / "pooling.md"
WORKS = ((1000, 20), (20, 1000))
"""Sets and studies of each that all tools fit."""
SLOPE = ((20, 2000), (20, 4000), (20, 8000))
"""Sets that only the tools which are linear in the number of studies fit."""
MOST_IN_R = 1000
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

Floats = NDArray[np.float64]
Say = Callable[[str], None]


@dataclass
class Fitted:
    """What a tool took for each repeat (seconds), and the numbers it gave."""

    tool: str
    seconds: list[float]
    numbers: dict[str, Floats]


def made(sets: int, studies: int) -> tuple[Floats, Floats]:
    """Draw sets with no, some and much variance between studies; always the same."""
    rng = np.random.default_rng(20261125)
    v = rng.gamma(1.5, 0.1, (sets, studies)) + 0.005
    tau2 = rng.choice([0.0, 0.1, 0.4], size=(sets, 1))
    return rng.normal(0.3, np.sqrt(v + tau2)), v


# --- the tools ------------------------------------------------------------------------------------


def fit_ours(data: Path, repeat: int) -> dict[str, Any]:
    """Fit all sets of a file at once; called in a process of its own, on one thread."""
    from parapluie.effects import pool_sets

    loaded = np.load(data)
    y, v = loaded["y"].ravel(), loaded["v"].ravel()
    offsets = np.arange(0, y.size + 1, loaded["y"].shape[1])
    seconds = []
    for _ in range(repeat):
        start = time.perf_counter()
        found = pool_sets(y, v, offsets, "REML", "HK")
        seconds.append(time.perf_counter() - start)
    names = ("estimate", "se", "ci_low", "tau2")
    return {"seconds": seconds, **{n: getattr(found, n).tolist() for n in names}}


def _run(command: Sequence[str | Path]) -> str:
    """Run a command on one thread and give what it prints.

    Raises
    ------
    CommandFailedError
        If it does not end with 0.
    """
    done = subprocess.run(
        [str(w) for w in command], cwd=measured.ROOT, env={**os.environ, **ONE_THREAD},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise measured.CommandFailedError(f"{Path(command[0]).name}: {done.stderr.strip()[-2000:]}")
    return done.stdout


def _from_json(tool: str, text: str) -> Fitted:
    found = json.loads(text.splitlines()[-1])
    seconds = found.pop("seconds")
    return Fitted(tool, seconds, {name: np.array(values) for name, values in found.items()})


def ours(folder: Path, repeat: int) -> Fitted:
    """Fit with parapluie."""
    words = [sys.executable, "-m", "benchmarks.synthesis", "--fit", folder / "data.npz"]
    return _from_json("parapluie", _run([*words, "--repeat", str(repeat)]))


def pymare(python: Path, folder: Path, repeat: int) -> Fitted:
    """Fit with PyMARE, sets stacked."""
    script = Path(__file__).parent / "peer_pymare.py"
    return _from_json(
        f"{PEER} {PEER_VERSION}", _run([python, script, folder / "data.npz", str(repeat)])
    )


def metafor(folder: Path, repeat: int) -> Fitted:
    """Fit with metafor, one set after the other."""
    script = Path(__file__).parent / "peer_metafor.R"
    text = _run(["Rscript", script, folder / "data.csv", str(repeat)])
    lines = [line.split() for line in text.splitlines()]
    rows = np.array(
        [[np.nan if x == "NA" else float(x) for x in w[1:]] for w in lines if w[0] == "set"]
    )
    names = ("estimate", "se", "ci_low", "tau2")
    version = next(" ".join(w[1:2]) for w in lines if w[0] == "version")
    seconds = [float(w[1]) for w in lines if w[0] == "seconds"]
    return Fitted(f"metafor {version}", seconds, dict(zip(names, rows.T, strict=True)))


def pymare_python(say: Say) -> Path | None:
    """Give the Python of an environment with PyMARE; make it once; ``None`` if that fails."""
    place = measured.CACHE / f"pymare-{PEER_VERSION}"
    python = place / "bin" / "python"
    if (place / "ready").exists():
        return python
    pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    for command in ([sys.executable, "-m", "venv", str(place)], [*pip, f"pymare=={PEER_VERSION}"]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()[-1]
            say(f"{PEER} {PEER_VERSION} cannot be installed and is left out: {last}")
            return None
    (place / "ready").touch()
    return python


def has_metafor(say: Say) -> bool:
    """Tell whether R with metafor is there, and say so if not."""
    if shutil.which("Rscript"):
        command = ["Rscript", "-e", "library(metafor)"]
        if not subprocess.run(command, capture_output=True, check=False).returncode:
            return True
    say("R with metafor is not installed and is left out")
    return False


# --- the whole ------------------------------------------------------------------------------------

HEADER = ("sets x studies", "tool", "ms", "median ms", "not fitted", "estimate", "se", "tau²")


def gap(found: Fitted, wanted: Fitted, name: str) -> str:
    """Give the largest difference from another tool, as a share of the typical standard error.

    Of tau² it is a share of tau² plus 0.01.
    """
    a, b = found.numbers[name], wanted.numbers[name]
    scale = np.abs(b) + 0.01 if name == "tau2" else wanted.numbers["se"]
    return f"{np.nanmax(np.abs(a - b) / scale):.0e}"


def rows(sets: int, studies: int, fitted: Sequence[Fitted]) -> list[list[str]]:
    """Write the lines of one work; differences are those from the first tool."""
    lines = []
    for n, one in enumerate(fitted):
        missing = int(np.isnan(one.numbers["estimate"]).sum())
        differences = [gap(one, fitted[0], c) if n else "" for c in ("estimate", "se", "tau2")]
        ms = sorted(1e3 * s for s in one.seconds)
        median = ms[len(ms) // 2]
        lines.append(
            [f"{sets:,} x {studies:,}" if not n else "", one.tool, f"{ms[0]:.2f}", f"{median:.2f}",
             str(missing), *differences]
        )  # fmt: skip
    return lines


def measure_work(
    sets: int, studies: int, repeat: int, python: Path | None, with_r: bool
) -> list[Fitted]:
    """Let each tool fit the same sets."""
    y, v = made(sets, studies)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savez(folder / "data.npz", y=y, v=v)
        label = np.repeat(np.arange(sets), studies)
        cells = zip(label.tolist(), y.ravel().tolist(), v.ravel().tolist(), strict=True)
        text = "\n".join(["set,y,v", *(f"{s},{a!r},{b!r}" for s, a, b in cells)])
        (folder / "data.csv").write_text(text, encoding="utf-8")
        fitted = [ours(folder, repeat)]
        if python:
            fitted.append(pymare(python, folder, repeat))
        if with_r and studies <= MOST_IN_R:
            fitted.append(metafor(folder, 1))
    return fitted


def parsed(words: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.synthesis", description=__doc__)
    add = parser.add_argument
    add("--ours", action="store_true", help="leave the other tools out")
    add("--repeat", type=int, default=15, help="fits of each work; the fastest is told first")
    add("--fit", type=Path, metavar="FILE", help=argparse.SUPPRESS)
    add("--full", action="store_true", help="no difference here; for `make bench ARGS=--full`")
    add("--write", action="store_true", help="put the table into docs/pooling.md")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print, and keep what was printed if asked."""
    args = parsed(words)
    if args.fit:
        print(json.dumps(fit_ours(args.fit, args.repeat)))
        return
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        print(f"{text}\n", flush=True)

    say(f"{measured.machine()}\n{measured.versions(('parapluie', 'numpy', 'scipy'))}; one thread")
    python = None if args.ours else pymare_python(say)
    with_r = not args.ours and has_metafor(say)
    lines = []
    for sets, studies in (*WORKS, *SLOPE):
        lines += rows(sets, studies, measure_work(sets, studies, args.repeat, python, with_r))
    say(measured.table(HEADER, lines))
    if args.write:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(measured.replace_block(page, "synthesis", "\n\n".join(said)), "utf-8")


if __name__ == "__main__":
    main()
