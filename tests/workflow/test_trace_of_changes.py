"""What a trace promises: a figure changes only when a row changes that its trace names."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from parapluie import tables
from parapluie.trace import matches, resolve
from tests.chain import copy_of, run_chain

pytestmark = pytest.mark.workflow

SEED = 20241122
DECISIONS = {"include": "exclude", "exclude": "include", "maybe": "exclude"}
ANSWERS = {"yes": "no", "no": "yes", "partial_yes": "no"}
RESULTS = {
    "improved": "no_effect",
    "no_effect": "improved",
    "mixed": "worsened",
    "unclear": "mixed",
}
RATINGS = {"critically_low": "low", "low": "critically_low", "high": "moderate"}


@dataclass(frozen=True)
class Change:
    """One cell and what it becomes."""

    file: str
    column: str
    swap: Callable[[str], str | None]


def _of(words: Mapping[str, str]) -> Callable[[str], str | None]:
    return lambda text: words.get(text)


def _plus_one(text: str) -> str | None:
    return str(int(text) + 1) if text.isdigit() else None


def _wider(text: str) -> str | None:
    value = tables.parse_number(text)
    return None if value is None else tables.format_number(round(value + 0.01, 6))


CHANGES = {
    "peer-support": [
        *[
            Change(f"data/screening/{stage}/main/{who}.csv", "decision", _of(DECISIONS))
            for stage in ("title_abstract", "full_text")
            for who in ("R1", "R2", "consensus")
        ],
        Change("data/appraisal/amstar2/recorded.csv", "rating", _of(RATINGS)),
        Change("data/extraction/reviews.csv", "n_studies", _plus_one),
        Change("data/extraction/effects.csv", "n", _plus_one),
        Change("data/extraction/effects.csv", "ci_high", _wider),
        Change("data/extraction/findings.csv", "result", _of(RESULTS)),
        Change("data/extraction/overlap_distribution.csv", "n_studies", _plus_one),
        Change("data/search/recorded_flow.csv", "n", _plus_one),
        Change("data/search/overrides.csv", "answer", _of({"different": "same"})),
        Change("data/extraction/reports.csv", "review_id", lambda text: f"{text}x"),
    ],
    "depression-prevention": [
        Change("data/screening/title_abstract/main/consensus.csv", "decision", _of(DECISIONS)),
        Change("data/screening/full_text/main/consensus.csv", "decision", _of(DECISIONS)),
        Change("data/appraisal/amstar2/consensus.csv", "answer", _of(ANSWERS)),
        Change("data/appraisal/robis/recorded.csv", "rating", _of({"high": "low", "low": "high"})),
        Change("data/extraction/study_facts.csv", "n_participants", _plus_one),
        Change("data/extraction/studies.csv", "eligible", _of({"yes": "no", "no": "yes"})),
        Change("data/extraction/studies.csv", "study_id", lambda text: f"{text}-other"),
        Change("data/extraction/study_effects.csv", "yi", _wider),
        Change("data/extraction/study_effects.csv", "vi", _wider),
        Change("data/extraction/reviews.csv", "n_studies", _plus_one),
    ],
}
PLACES = {"peer-support": 15, "depression-prevention": 10}


def _cases() -> Iterator[tuple[str, Change, int]]:
    for example, changes in CHANGES.items():
        draw = random.Random(SEED)
        for i in range(PLACES[example]):
            yield example, changes[i % len(changes)], draw.randrange(10**6)


def _keys(review: Path) -> dict[str, dict[str, str]]:
    return {row["key"]: row for row in tables.read_text(review / "reports/tables/keys.csv").rows}


def _change_one(
    path: Path, change: Change, seed: int
) -> tuple[int, dict[str, str], dict[str, str]]:
    """Change one cell of a column; give the row number, the row before and the row after."""
    table = tables.read_text(path)
    possible = [
        i for i, row in enumerate(table.rows) if change.swap(row[change.column]) is not None
    ]
    chosen = possible[seed % len(possible)]
    before = dict(table.rows[chosen])
    after = {**before, change.column: str(change.swap(before[change.column]))}
    table.rows[chosen] = after
    import pandas as pd

    frame = pd.DataFrame(table.rows, columns=table.columns)
    tables.write(frame, path)
    return chosen + 2, before, after


@pytest.fixture(scope="session")
def bases(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def base(example: str) -> Path:
        if example not in made:
            made[example] = copy_of(root, example, tmp_path_factory.mktemp(example))
            run_chain(made[example])
        return made[example]

    return base


def _named(
    lines: dict[str, dict[str, str]], key: str, file: str, row: Mapping[str, str], n: int
) -> bool:
    if key not in lines:
        return False
    return any(f == file and matches(text, row, n) for f, text in resolve(lines, key))


@pytest.mark.parametrize(("example", "change", "seed"), list(_cases()))
def test_a_figure_changes_only_with_rows_that_its_trace_names(
    bases: Callable[[str], Path], tmp_path: Path, example: str, change: Change, seed: int
) -> None:
    base = bases(example)
    own = tmp_path / "review"
    for part in ("config", "data"):
        shutil.copytree(base / part, own / part)
    number, before, after = _change_one(own / change.file, change, seed)
    run_chain(own)
    first, second = _keys(base), _keys(own)
    changed = [
        key
        for key in sorted(first.keys() | second.keys())
        if first.get(key, {}).get("value") != second.get(key, {}).get("value")
        or first.get(key, {}).get("absent_reason") != second.get(key, {}).get("absent_reason")
    ]
    assert changed, "the change of a cell changes some figure"
    unnamed = [
        key
        for key in changed
        if not _named(first, key, change.file, before, number)
        and not _named(second, key, change.file, after, number)
    ]
    assert unnamed == [], f"{change.file} row {number}: {before} -> {after}"
