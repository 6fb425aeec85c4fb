"""Which source files a command runs, as one digest: an edited module re-runs its stages."""

from __future__ import annotations

import functools
import hashlib
import re
from pathlib import Path

from parapluie.schema import schemas_dir

_PACKAGE = Path(__file__).parent
_IMPORT = re.compile(
    r"^\s*(?:from\s+(parapluie[\w.]*)\s+import\s+([^\n(]*\(?)|import\s+(parapluie[\w.]*))", re.M
)
_NAMES = re.compile(r"\w+")
_SCHEMA = re.compile(r"""["'](?:[a-z_]+/)?[a-z_]+["']""")


@functools.cache
def digest_of_command(command: str) -> str:
    """Give a digest of every module, template and schema that ``parapluie COMMAND`` uses.

    Parameters
    ----------
    command : str
        Name of the command, as in ``deduplication``.

    Returns
    -------
    str
        16 hex digits.
    """
    digest = hashlib.sha256()
    for path in files_of_command(command):
        digest.update(path.name.encode())
        digest.update(_bytes(path))
    return digest.hexdigest()[:16]


def files_of_command(command: str) -> list[Path]:
    """List the files whose content decides what a command does, in sorted order."""
    seen: set[Path] = set()
    queue = [_PACKAGE / "cli" / f"{command}.py", _PACKAGE / "cli" / "__init__.py"]
    while queue:
        path = queue.pop()
        if path in seen or not path.is_file():
            continue
        seen.add(path)
        if path.suffix == ".py":
            queue.extend(_imported(path))
            if path.name == "__init__.py" and path.parent.name not in ("parapluie", "cli"):
                queue.extend(_resources(path.parent))
    return sorted(seen | _schemas(seen))


@functools.cache
def _bytes(path: Path) -> bytes:
    return path.read_bytes()


@functools.cache
def _imported(path: Path) -> list[Path]:
    """Files of the package that a module imports."""
    text = _bytes(path).decode("utf-8")
    found = []
    for match in _IMPORT.finditer(text):
        module = match.group(1) or match.group(3)
        found += _module_files(module)
        if match.group(1):
            names = text[
                match.start(2) : text.find(")", match.start(2))
                if "(" in match.group(2)
                else match.end(2)
            ]
            for name in _NAMES.findall(names):
                found += _module_files(f"{module}.{name}")
    if "entry_points(" in text:  # its neighbours are what the entry points name
        found += sorted(path.parent.glob("*.py"))
    return found


def _module_files(module: str) -> list[Path]:
    base = _PACKAGE.parent.joinpath(*module.split("."))
    candidates = [base.with_suffix(".py"), base / "__init__.py"]
    if module in ("parapluie", "parapluie.cli"):
        return []
    return [p for p in candidates if p.is_file()]


def _resources(folder: Path) -> list[Path]:
    """Templates and data beside the modules of a package."""
    return [
        p
        for p in folder.rglob("*")
        if p.is_file() and p.suffix not in (".py", ".pyc") and "__pycache__" not in p.parts
    ]


def _schemas(files: set[Path]) -> set[Path]:
    """Schemas whose name stands as a text in one of the modules."""
    root = schemas_dir()
    named: set[Path] = set()
    for path in files:
        if path.suffix == ".py":
            for literal in _SCHEMA.findall(_bytes(path).decode("utf-8")):
                schema = root / f"{literal.strip(chr(34) + chr(39))}.schema.yaml"
                if schema.is_file():
                    named.add(schema)
    return named
