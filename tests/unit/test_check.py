"""`parapluie check`: every problem at once, one line each, exit code 2, inputs untouched."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from parapluie.check import problems_of_review
from parapluie.cli import main

RIS = "TY  - JOUR\nID  - {n}\nTI  - Title {n}\nAU  - Name, A\nPY  - 2020\nER  - \n"


def _table(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def review(tmp_path: Path) -> Path:
    """A small review without a fault: three records, one reviewer, one effect."""
    root = tmp_path / "review"
    assert main(["new", str(root)]) == 0
    data = root / "data"
    (data / "search" / "raw" / "a.ris").write_text("".join(RIS.format(n=n) for n in "abc"))
    _table(
        data / "search" / "searches.csv",
        "search_id,source,kind,declared_records,files,ids\na,A,database,3,a.ris,given\n",
    )
    protocol = (data / "protocol.yaml").read_text()
    protocol = protocol.replace("reviewers: []", "reviewers: [{id: R1}, {id: R2}]")
    protocol = protocol.replace("outcomes: []", "outcomes: [{id: o, label: An outcome}]")
    protocol = protocol.replace("fulltext_reasons: []", "fulltext_reasons: [{code: POP, label: p}]")
    (data / "protocol.yaml").write_text(protocol)
    _table(
        data / "screening" / "rounds.csv", "stage,round,reviewer,locked\ntitle_abstract,main,R1,\n"
    )
    _table(
        data / "screening" / "title_abstract" / "main" / "R1.csv",
        "report_id,decision\na,include\nb,exclude\n",
    )
    _table(data / "extraction" / "reports.csv", "report_id,review_id,role\na,rev1,main\n")
    _table(data / "extraction" / "reviews.csv", "review_id\nrev1\n")
    _table(
        data / "extraction" / "effects.csv",
        "effect_id,review_id,outcome,estimate,ci_low,ci_high\nE1,rev1,o,0.5,0.1,0.9\n",
    )
    return root


def _swap(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        path = root / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return change


R1 = "data/screening/title_abstract/main/R1.csv"
FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "unknown decision word": (
        _swap(R1, "b,exclude", "b,maybe?"),
        f"{R1} row 3, column decision: found 'maybe?'; allowed: include, exclude, maybe. ",
    ),
    "unknown reviewer": (
        _swap("data/protocol.yaml", "{id: R1}, ", ""),
        "data/screening/rounds.csv row 2, column reviewer: found 'R1'; allowed: R2. ",
    ),
    "decision for an unknown record": (
        _swap(R1, "b,exclude", "zzz,exclude"),
        f"{R1} row 3, column report_id: found 'zzz'; allowed: ",
    ),
    "estimate outside its interval": (
        _swap("data/extraction/effects.csv", "0.5,0.1", "5,0.1"),
        "data/extraction/effects.csv row 2, column estimate: found 5, outside its interval 0.1 to "
        "0.9; allowed: an estimate inside its interval. ",
    ),
    "interval the wrong way round": (
        _swap("data/extraction/effects.csv", "0.1,0.9", "0.9,0.1"),
        "data/extraction/effects.csv row 2, column ci_low: found ci_low 0.9 above ci_high 0.1; ",
    ),
    "duplicate ids": (
        _swap("data/extraction/reviews.csv", "rev1\n", "rev1\nrev1\n"),
        "data/extraction/reviews.csv row 3, column review_id: found 'rev1', "
        "which row 2 has already; ",
    ),
    "wrong encoding": (
        lambda root: (root / "data/extraction/reviews.csv").write_bytes(
            b"review_id\nrev1\ncaf\xe9\n"
        ),
        "data/extraction/reviews.csv row 3: found byte 0xe9; allowed: text in UTF-8. ",
    ),
    "missing column": (
        _swap("data/extraction/effects.csv", "outcome", "outcom"),
        "data/extraction/effects.csv row 1, column outcome: found no column outcome; allowed: ",
    ),
    "unknown config key": (
        _swap("config/config.yaml", "bands:", "band:"),
        "config/config.yaml row 20, column overlap.band: found unknown key band; allowed: bands, ",
    ),
    "wrong value of a config key": (
        _swap("config/config.yaml", "bands: half_open", "bands: wide"),
        "config/config.yaml row 20, column overlap.bands: found 'wide'; allowed: half_open, ",
    ),
    "YAML error": (
        _swap("data/protocol.yaml", "title: ", "title: ["),
        "data/protocol.yaml row ",
    ),
    "missing named export": (
        lambda root: (root / "data/search/raw/a.ris").unlink(),
        "data/search/searches.csv row 2, column files: found 'a.ris', which is not there; ",
    ),
    "another number of records than declared": (
        _swap("data/search/searches.csv", "database,3,", "database,4,"),
        "data/search/searches.csv row 2, column declared_records: found 4, but 3 records in a.ris",
    ),
    "the same export twice": (
        _swap(
            "data/search/searches.csv", "a.ris,given\n", "a.ris,given\nb,B,database,3,a.ris,given\n"
        ),
        "data/search/searches.csv row 3, column files: found 'a.ris', the same file as 'a.ris' in ",
    ),
    "missing file of decisions": (
        lambda root: (root / R1).unlink(),
        f"data/screening/rounds.csv row 2, column reviewer: found no file {R1}; ",
    ),
    "missing searches": (
        lambda root: (root / "data/search/searches.csv").unlink(),
        "data/search/searches.csv: found no such file; ",
    ),
    "missing protocol": (
        lambda root: (root / "data/protocol.yaml").unlink(),
        "data/protocol.yaml: found no such file; ",
    ),
    "missing config": (
        lambda root: (root / "config/config.yaml").unlink(),
        "config/config.yaml: found no such file; ",
    ),
    "a file of decisions nobody expects": (
        lambda root: _table(root / R1.replace("R1", "R2"), "report_id,decision\n"),
        f"{R1.replace('R1', 'R2')}: found a file that no row of rounds.csv names; ",
    ),
    "a stray copy": (
        lambda root: _table(root / R1.replace("R1", "R1 (1)"), "report_id,decision\n"),
        f"{R1.replace('R1', 'R1 (1)')}: found a name that a copy has; ",
    ),
    "unknown review": (
        _swap("data/extraction/effects.csv", "rev1", "rev9"),
        "data/extraction/effects.csv row 2, column review_id: found 'rev9'; ",
    ),
    "unknown outcome": (
        _swap("data/extraction/effects.csv", ",o,", ",oo,"),
        "data/extraction/effects.csv row 2, column outcome: found 'oo'; ",
    ),
}


def _bytes(root: Path) -> dict[str, str]:
    return {
        p.relative_to(root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(root.rglob("*"))
        if p.is_file()
    }


def test_a_review_without_fault_has_no_problem(review: Path) -> None:
    assert [p.line() for p in problems_of_review(review)] == []


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_in_one_line(
    review: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change, line = FAULTS[name]
    change(review)
    before = _bytes(review)
    capsys.readouterr()
    assert main(["check", str(review)]) == 2
    printed = capsys.readouterr().err
    assert any(text.startswith(line) for text in printed.splitlines()), printed
    assert "Traceback" not in printed
    assert _bytes(review) == before


def test_all_faults_are_told_at_once(review: Path, capsys: pytest.CaptureFixture[str]) -> None:
    together = [
        "unknown decision word",
        "unknown reviewer",
        "estimate outside its interval",
        "duplicate ids",
        "unknown config key",
        "a stray copy",
    ]
    for name in together:
        FAULTS[name][0](review)
    capsys.readouterr()
    assert main(["check", str(review)]) == 2
    printed = capsys.readouterr().err.splitlines()
    for name in together:
        assert any(text.startswith(FAULTS[name][1]) for text in printed), name


@pytest.mark.parametrize("example", [".", "examples/depression-prevention"])
def test_the_examples_have_no_problem(root: Path, example: str) -> None:
    assert [p.line() for p in problems_of_review(root / example)] == []


def test_new_touches_nothing_that_is_there(
    review: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = _bytes(review)
    assert main(["new", str(review)]) == 2
    assert _bytes(review) == before
    shutil.rmtree(review)
    assert main(["new", str(review)]) == 0
    assert "Next" in capsys.readouterr().out
