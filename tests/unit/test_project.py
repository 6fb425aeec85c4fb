"""The project keeps its own promises: one place for each thing, and lists that stay in step."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from parapluie.cli import STAGES
from parapluie.code import digest_of_command, files_of_command
from parapluie.schema import table_names, table_schema

CONDA_NAMES = {
    "duckdb": "python-duckdb",
    "matplotlib": "matplotlib-base",
    "snakemake": "snakemake-minimal",
}


def _requirements(root: Path, extra: str = "") -> list[Requirement]:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    listed = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return [Requirement(text) for text in listed]


def _locked(root: Path) -> dict[str, list[Version]]:
    """Name to its locked versions; one package may have several, for several Pythons."""
    text = (root / "requirements.lock").read_text()
    locked: dict[str, list[Version]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)", text, re.M):
        locked.setdefault(name.lower().replace("_", "-"), []).append(Version(version))
    return locked


def test_the_lock_is_in_step_with_the_dependencies(root: Path) -> None:
    locked = _locked(root)
    for needed in _requirements(root) + _requirements(root, "dev"):
        name = needed.name.lower().replace("_", "-")
        assert name in locked, f"{name} is not in requirements.lock: run make lock"
        for version in locked[name]:
            assert needed.specifier.contains(version), f"{needed} but {version} is locked"


def test_the_lock_pins_by_hash_and_names_no_address(root: Path) -> None:
    text = (root / "requirements.lock").read_text()
    blocks = re.split(r"\n(?=[A-Za-z])", text.strip())
    assert len(blocks) == sum(len(versions) for versions in _locked(root).values())
    assert all("--hash=sha256:" in block for block in blocks)
    assert "http" not in text and "--index-url" not in text


def test_conda_has_the_same_packages(root: Path) -> None:
    conda = yaml.safe_load((root / "environment.yml").read_text())["dependencies"]
    nested = next(part["pip"] for part in conda if isinstance(part, dict))
    named = {
        Requirement(text).name: Requirement(text).specifier
        for text in [p for p in conda if isinstance(p, str)] + nested
        if not text.startswith("-e")
    }
    for needed in _requirements(root):
        assert named[CONDA_NAMES.get(needed.name, needed.name)] == needed.specifier
    assert len(named) == len(_requirements(root)) + 2  # python and pip


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_has_its_rule_its_module_its_command_and_its_page(root: Path, stage: str) -> None:
    source = root / "src" / "parapluie"
    assert (root / "workflow" / "rules" / f"{stage}.smk").is_file()
    assert (source / f"{stage}.py").is_file() or (source / stage / "__init__.py").is_file()
    assert (source / "cli" / f"{stage}.py").is_file()
    assert (root / "docs" / f"{stage}.md").is_file()


def test_stages_do_not_import_each_other(root: Path) -> None:
    source = root / "src" / "parapluie"
    found = []
    for stage in STAGES:
        files = [source / f"{stage}.py", *sorted((source / stage).rglob("*.py"))]
        for path in (f for f in files if f.is_file()):
            text = path.read_text()
            found += [
                f"{path.name} imports {other}"
                for other in STAGES
                if other != stage
                and re.search(rf"\bparapluie\.{other}\b|from parapluie import .*\b{other}\b", text)
            ]
    assert found == []


@pytest.mark.parametrize(
    ("package", "home"),
    [("pymupdf", "pdf.py"), ("forestplot", "forest"), ("csv", "tables.py"), ("rispy", "records")],
)
def test_one_module_imports(root: Path, package: str, home: str) -> None:
    source = root / "src" / "parapluie"
    users = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*.py")
        if re.search(
            rf"^\s*(import {package}\b|from {package}\b)|import_module\(.{package}.\)",
            path.read_text(),
            re.M,
        )
    }
    assert users
    assert all(user == home or user.startswith((f"{home}/", f"{home}.")) for user in users), users


def test_the_snakefile_is_short(root: Path) -> None:
    assert len((root / "Snakefile").read_text().splitlines()) <= 60


def test_new_reviews_begin_with_the_settings_of_the_checkout(root: Path) -> None:
    template = root / "src" / "parapluie" / "new_review" / "config.yaml"
    assert template.read_text() == (root / "config" / "config.yaml").read_text()


def test_every_key_of_the_config_is_commented_and_in_the_manual(root: Path) -> None:
    schema = yaml.safe_load((root / "workflow" / "schemas" / "config.schema.yaml").read_text())
    config, manual = (root / "config" / n for n in ("config.yaml", "README.md"))
    for section, part in schema["properties"].items():
        for key in part.get("properties", {section: None}):
            assert re.search(rf"^\s*{key}:", config.read_text(), re.M), key
            assert f"`{section}.{key}`" in manual.read_text() or f"`{key}`" in manual.read_text(), (
                key
            )


@pytest.mark.parametrize("name", table_names())
def test_every_column_that_is_not_plain_has_a_sentence(name: str) -> None:
    schema = table_schema(name)
    assert schema.body["title"]
    assert set(schema.key) <= set(schema.columns)
    assert set(schema.required) <= set(schema.columns)
    assert set(schema.header) <= set(schema.columns)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_runs_again_when_its_modules_change(root: Path, stage: str) -> None:
    names = {path.name for path in files_of_command(stage)}
    assert f"{stage}.py" in names
    assert "tables.py" in names
    assert len(digest_of_command(stage)) == 16


def test_records_run_again_when_a_reader_changes(root: Path) -> None:
    readers = set((root / "src/parapluie/records/readers").glob("*.py"))
    assert len(readers) > 5
    assert readers <= set(files_of_command("records"))


def test_no_name_of_the_examples_stands_in_the_code(root: Path) -> None:
    names = _example_names(root)
    assert len(names) > 400
    found = []
    for path in [*(root / "src").rglob("*.py"), *(root / "workflow").rglob("*")]:
        if path.is_file() and path.suffix in (".py", ".smk", ".yaml"):
            literals = set(re.findall(r"""["']([^"'\n]{3,80})["']""", path.read_text()))
            found += [f"{path.name}: {name}" for name in sorted(literals & names)]
    assert found == []


def _example_names(root: Path) -> set[str]:
    """Review ids, study ids and labels of outcomes of the two examples."""
    from parapluie import tables

    names: set[str] = set()
    for review in (root, root / "examples" / "depression-prevention"):
        for stem, column in (("reviews", "review_id"), ("study_facts", "study_id")):
            path = tables.locate(review / "data" / "extraction", stem)
            if path:
                names |= {row[column] for row in tables.read_text(path).rows}
        protocol = yaml.safe_load((review / "data" / "protocol.yaml").read_text())
        names |= {outcome["label"] for outcome in protocol["outcomes"]}
    return names
