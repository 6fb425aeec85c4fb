"""Run a whole review: by Snakemake, or in this process stage by stage (for many small changes)."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

from parapluie.cli import STAGES, main

ROOT = Path(__file__).parents[1]
SNAKEMAKE = Path(sys.executable).parent / "snakemake"
EXAMPLES = {"peer-support": ".", "depression-prevention": "examples/depression-prevention"}


def copy_of(root: Path, example: str, target: Path) -> Path:
    """Copy what people wrote of an example: config and data."""
    for part in ("config", "data"):
        shutil.copytree(root / EXAMPLES[example] / part, target / part)
    return target


def run_snakemake(
    review: Path, *options: str, checkout: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run Snakemake of a checkout on a review, with nothing activated."""
    folders = os.environ["PATH"].split(os.pathsep)
    path = os.pathsep.join(p for p in folders if p != str(SNAKEMAKE.parent))
    return subprocess.run(
        [str(SNAKEMAKE), "--directory", str(review), *options],
        cwd=checkout,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(checkout / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


def rules_to_run(review: Path, checkout: Path = ROOT) -> set[str]:
    """Name the rules that a dry run would run."""
    done = run_snakemake(review, "--dry-run", "--quiet", "host", checkout=checkout)
    text = done.stdout + done.stderr
    assert done.returncode == 0, text
    named = {line.split()[1].rstrip(":") for line in text.splitlines() if line.startswith("rule ")}
    return named - {"all"}


def run_chain(review: Path, *, with_pictures: bool = False) -> None:
    """Run the command of every rule in this process, which is faster than a process each.

    The commands are those that Snakemake would run, in its order; without pictures the forest plots
    and the figures of appraisal and overlap are left out.
    """
    names = tuple(p.relative_to(review).as_posix() for p in sorted((review / "data").rglob("*.*")))
    with chdir(review):
        for command in _commands(review if names not in _KNOWN else None, names):
            if command[0] == "forest" and not with_pictures:
                Path("results/forest").mkdir(exist_ok=True)
                continue
            if command[0] in ("appraisal", "overlap") and not with_pictures:
                command = [*command, "--kinds"]
            assert main(command) == 0, command


_KNOWN: dict[tuple[str, ...], list[list[str]]] = {}


def _commands(review: Path | None, names: tuple[str, ...]) -> list[list[str]]:
    """Ask Snakemake for its commands; they are the same for reviews with the same files."""
    if review is not None:
        done = run_snakemake(
            review, "--forceall", "--dry-run", "--printshellcmds", "--quiet", "host"
        )
        text = done.stdout + done.stderr
        assert done.returncode == 0, text
        lines = re.findall(r"^Shell command: parapluie (.*?) 2> ", text, re.M)
        assert len(lines) == len(STAGES)
        _KNOWN[names] = [shlex.split(line) for line in lines]
    return _KNOWN[names]
