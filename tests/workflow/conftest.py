"""The two examples, each built once in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chain import EXAMPLES


@pytest.fixture(scope="session", params=sorted(EXAMPLES))
def built(request: pytest.FixtureRequest, example: Callable[[str], Path]) -> Path:
    """An example, run once by Snakemake; read it, do not change it."""
    return example(request.param)
