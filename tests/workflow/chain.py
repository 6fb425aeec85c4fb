"""Run a whole review: by Snakemake, or in this process stage by stage (for many small changes)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

from parapluie import inputs
from parapluie.cli import main

ROOT = Path(__file__).parents[2]
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
    """Run every stage in this process, with the same flags as the rules."""
    with chdir(review):
        for command in commands(with_pictures):
            code = main(command)
            assert code == 0, command


def commands(with_pictures: bool) -> list[list[str]]:
    """Give the command of every stage, as the rules write it, for the review in this folder."""
    data = Path("data")

    def optional(stem: str) -> list[str]:
        return inputs.table(data, stem)

    protocol = ["--protocol", "data/protocol.yaml"]
    done = "results/{}/{}.csv".format
    searches = ["--searches", *optional("search/searches")]
    reviews = ["--reviews", done("included", "reviews")]
    reports = ["--reports", done("deduplication", "reports")]
    aliases = ["--aliases", done("deduplication", "aliases")]
    state = ["--state", done("screening", "state")]
    decisions = ["--decisions", *inputs.decisions(data)]
    removed = ["--removed", *optional("search/removed")]
    chain = [
        ["records", *searches, "--raw", *inputs.exports(data)],
        [
            "deduplication",
            "--records",
            done("records", "records"),
            *searches,
            "--overrides",
            *optional("search/overrides"),
            *removed,
        ],
        [
            "screening",
            *protocol,
            *reports,
            *aliases,
            "--rounds",
            *optional("screening/rounds"),
            *decisions,
        ],
        [
            "fulltexts",
            *state,
            *reports,
            *aliases,
            "--fulltexts",
            *optional("fulltexts/fulltexts"),
            "--pdfs",
            *inputs.pdfs(data),
            "--quotes",
            *inputs.quoted(data),
            "--extraction-reports",
            *optional("extraction/reports"),
        ],
        [
            "included",
            *protocol,
            *state,
            *reports,
            *aliases,
            "--extraction-reports",
            *optional("extraction/reports"),
            "--extraction-reviews",
            *optional("extraction/reviews"),
        ],
        [
            "prisma",
            *protocol,
            *searches,
            "--records",
            done("records", "records"),
            "--clusters",
            done("deduplication", "clusters"),
            *reports,
            *aliases,
            *removed,
            *state,
            *decisions,
            "--fulltexts",
            done("fulltexts", "status"),
            "--included-reports",
            done("included", "reports"),
            "--included-reviews",
            done("included", "reviews"),
            "--studies",
            *optional("extraction/studies"),
            "--recorded-flow",
            *optional("search/recorded_flow"),
            "--per-source",
            "yes",
        ],
        [
            "appraisal",
            *protocol,
            *reviews,
            "--ratings",
            *inputs.appraisals(data, "ratings"),
            "--recorded",
            *inputs.appraisals(data, "recorded"),
            "--counts",
            *inputs.appraisals(data, "counts"),
            "--overrides",
            *inputs.appraisals(data, "overrides"),
        ],
        [
            "overlap",
            *reviews,
            "--studies",
            *optional("extraction/studies"),
            "--study-facts",
            *optional("extraction/study_facts"),
            "--links",
            *optional("extraction/study_links"),
            "--distribution",
            *optional("extraction/overlap_distribution"),
            "--bands",
            "half_open",
            "--structural-missingness",
            "none",
        ],
        [
            "synthesis",
            *protocol,
            *reviews,
            "--effects",
            *optional("extraction/effects"),
            "--study-effects",
            *optional("extraction/study_effects"),
        ],
        [
            "credibility",
            *protocol,
            "--pooled",
            done("synthesis", "pooled"),
            "--appraisal",
            done("appraisal", "overall"),
            "--overlap",
            done("overlap", "cca"),
        ],
        [
            "narrative",
            *protocol,
            *reviews,
            "--findings",
            *optional("extraction/findings"),
            "--framework",
            *optional("extraction/framework"),
            "--themes",
            *optional("extraction/themes"),
            "--appraisal",
            done("appraisal", "overall"),
        ],
    ]
    if with_pictures:
        chain.append(
            [
                "forest",
                *protocol,
                "--effects",
                done("synthesis", "effects"),
                "--pooled",
                done("synthesis", "pooled"),
                "--studies",
                done("synthesis", "study_averages"),
                *reviews,
                "--appraisal",
                done("appraisal", "overall"),
            ]
        )
    chain = [[*command, "--out", f"results/{command[0]}"] for command in chain]
    figures = ["data/figures.yaml"] if (data / "figures.yaml").is_file() else []
    chain.append(
        [
            "report",
            *protocol,
            "--config",
            "config/config.yaml",
            "--claims",
            *optional("claims"),
            "--figures",
            *figures,
            "--data",
            *inputs.every_file(data),
            "--results",
            "results",
            "--read",
            *inputs.read_by_stages(data),
            "--out",
            "reports",
        ]
    )
    return chain
