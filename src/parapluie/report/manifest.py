"""What a report was made from: every input with its digest, and the versions of what made it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib import metadata

from parapluie import __version__

LIBRARIES = (
    "forestplot",
    "jinja2",
    "matplotlib",
    "numpy",
    "openpyxl",
    "pandas",
    "pymupdf",
    "rispy",
    "scipy",
    "snakemake",
)
"""Libraries whose version may show in the results."""


def digest(data: bytes) -> str:
    """Give the SHA-256 of a file's bytes as hex."""
    return hashlib.sha256(data).hexdigest()


def versions() -> dict[str, str]:
    """Give the version of the package and of its libraries, as installed."""
    found = {"parapluie": __version__}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def text(inputs: Mapping[str, str], date: str) -> str:
    """Write the manifest as JSON: no time of writing, the date only as data give it.

    Parameters
    ----------
    inputs : mapping
        Path, relative to the review folder, to its SHA-256.
    date : str
        Latest day written in data; ``""`` if none.
    """
    content = {
        "date_of_data": date or None,
        "inputs": [{"path": path, "sha256": inputs[path]} for path in sorted(inputs)],
        "versions": versions(),
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def digest_of_inputs(inputs: Mapping[str, str]) -> str:
    """Give one digest of all inputs, to name the state of the data on the page."""
    lines = "".join(f"{inputs[path]}  {path}\n" for path in sorted(inputs))
    return digest(lines.encode())[:16]
