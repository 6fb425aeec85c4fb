"""What all tests share: where the reference files outside the project are."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from tests.chain import copy_of, run_snakemake

ROOT = Path(__file__).parents[1]
SHARED = "PARAPLUIE_SHARED"

settings.register_profile("ci", max_examples=60, deadline=None, derandomize=True)
settings.load_profile("ci")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def example(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Give the folder of an example that Snakemake has run; each is run once, when asked for."""
    made: dict[str, Path] = {}

    def build(name: str) -> Path:
        if name not in made:
            made[name] = copy_of(root, name, tmp_path_factory.mktemp(name))
            done = run_snakemake(made[name])
            assert done.returncode == 0, done.stdout + done.stderr
        return made[name]

    return build


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of reference files that are not part of the project.

    Unset, the tests that read it are skipped; set but missing, they fail.
    """
    named = os.environ.get(SHARED)
    if not named:
        pytest.skip(f"{SHARED} is not set: reference files outside the project are not here")
    path = Path(named)
    if not path.is_dir():
        pytest.fail(f"{SHARED} is {named!r}, which is no folder")
    return path
