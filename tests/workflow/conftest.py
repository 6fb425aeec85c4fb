"""The two examples, each built once in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workflow.chain import EXAMPLES, copy_of, run_snakemake


@pytest.fixture(scope="session", params=sorted(EXAMPLES))
def built(
    request: pytest.FixtureRequest, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """An example, run once by Snakemake; read it, do not change it."""
    target = copy_of(root, request.param, tmp_path_factory.mktemp(request.param))
    done = run_snakemake(target)
    assert done.returncode == 0, done.stdout + done.stderr
    return target
