"""Snakemake runs what a change touches, and no more; the same inputs give the same bytes."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from parapluie.cli import STAGES as IN_ORDER
from tests.chain import ROOT, copy_of, rules_to_run, run_snakemake

pytestmark = pytest.mark.workflow

STAGES = set(IN_ORDER)
AFTER_SCREENING = STAGES - {"records", "deduplication"}


def _bytes(review: Path) -> dict[str, str]:
    files = [p for part in ("results", "reports") for p in sorted((review / part).rglob("*"))]
    return {
        p.relative_to(review).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in files
        if p.is_file() and "logs" not in p.parts and p.name != ".snakemake_timestamp"
    }


@pytest.fixture
def own(built: Path, tmp_path: Path) -> Path:
    """A copy of a built review, to be changed."""
    target = tmp_path / "review"
    shutil.copytree(built, target)
    return target


def test_everything_runs_without_activating_anything(built: Path) -> None:
    assert (built / "reports" / "index.html").is_file()


def test_a_second_run_has_nothing_to_do(built: Path) -> None:
    assert rules_to_run(built) == set()


def test_a_touched_file_runs_nothing(own: Path) -> None:
    for path in [*own.glob("data/**/*.csv"), *own.glob("data/search/raw/*")]:
        path.touch()
    assert rules_to_run(own) == set()


def test_an_appended_decision_runs_screening_and_what_follows(own: Path) -> None:
    path = next(iter(sorted(own.glob("data/screening/full_text/main/*.csv"))))
    text = path.read_text()
    path.write_text(text + text.splitlines()[1] + "\n")
    assert rules_to_run(own) == AFTER_SCREENING


def test_an_extracted_effect_runs_only_what_uses_it(own: Path) -> None:
    for name in ("effects", "study_effects"):
        path = own / "data" / "extraction" / f"{name}.csv"
        if path.is_file():
            lines = path.read_text().splitlines(keepends=True)
            path.write_text("".join(lines[:-1]))
            run = rules_to_run(own)
            assert {"synthesis", "forest", "credibility", "report"} <= run
            assert run.isdisjoint({"records", "deduplication", "screening", "included", "overlap"})
            return
    pytest.fail("neither table of effects is there")


def test_an_edited_module_runs_the_stages_that_use_it(own: Path, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    for part in ("src", "workflow", "profiles"):
        shutil.copytree(ROOT / part, checkout / part)
    shutil.copy(ROOT / "Snakefile", checkout)
    module = checkout / "src" / "parapluie" / "narrative.py"
    module.write_text(module.read_text() + "\n# edited\n")
    run = rules_to_run(own, checkout=checkout)
    assert {"narrative", "report"} <= run
    assert run.isdisjoint({"records", "screening", "synthesis"})


@pytest.mark.parametrize(
    ("victim", "words"),
    [
        ("data/protocol.yaml", "data/protocol.yaml: found no such file"),
        ("data/search/searches.csv", "data/search/searches.csv: found no such file"),
        ("data/screening/rounds.csv", "a file that no row of rounds.csv names"),
    ],
)
def test_a_deleted_input_gives_a_clear_line_and_keeps_the_report(
    own: Path, victim: str, words: str
) -> None:
    before = _bytes(own)
    (own / victim).unlink()
    done = run_snakemake(own)
    text = done.stdout + done.stderr
    assert done.returncode != 0
    assert words in text
    assert "Traceback" not in text
    assert _bytes(own) == before


def test_only_the_lines_of_the_problems_are_shown(own: Path) -> None:
    path = next(iter(sorted(own.glob("data/screening/title_abstract/main/*.csv"))))
    path.write_text(path.read_text().replace(",exclude", ",exlude", 1))
    done = run_snakemake(own)
    lines = (done.stdout + done.stderr).splitlines()
    # Snakemake itself says first, before it reads the Snakefile, that it takes options of a profile
    shown = [line for line in lines if line.strip() and "specific profile" not in line]
    assert len(shown) == 1, shown
    assert "allowed: include, exclude, maybe" in shown[0]
    assert done.returncode == 2


def test_a_stage_that_fails_says_why_and_the_last_report_stays(own: Path) -> None:
    before = {k: v for k, v in _bytes(own).items() if k.startswith("reports/")}
    path = own / "data" / "figures.yaml"
    path.write_text(
        path.read_text().replace("statistic: count", "statistic: sum\n  column: no_such", 1)
    )
    done = run_snakemake(own)
    assert done.returncode != 0
    assert "data/figures.yaml" in done.stderr and "no_such" in done.stderr
    assert "Traceback" not in done.stderr
    assert {k: v for k, v in _bytes(own).items() if k.startswith("reports/")} == before


def test_a_renamed_export_gives_a_clear_line(own: Path) -> None:
    path = next(iter(sorted((own / "data" / "search" / "raw").iterdir())))
    path.rename(path.with_name("other.ris"))
    done = run_snakemake(own)
    assert f"'{path.name}', which is not there" in done.stdout + done.stderr


def test_a_run_elsewhere_gives_the_same_bytes(built: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / "deeper"
    for part in ("config", "data"):
        shutil.copytree(built / part, target / part)
    done = run_snakemake(target)
    assert done.returncode == 0, done.stdout + done.stderr
    first, second = _bytes(built), _bytes(target)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    assert len(first) > 40


def test_copies_hold_only_what_people_wrote(root: Path, tmp_path: Path) -> None:
    target = copy_of(root, "peer-support", tmp_path / "copy")
    assert sorted(p.name for p in target.iterdir()) == ["config", "data"]
