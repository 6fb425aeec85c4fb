"""Every number of the page and of every drawing leads to a rule and to rows in data."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from parapluie import tables
from parapluie.cli import main
from parapluie.trace import matches, resolve

pytestmark = pytest.mark.workflow

Figures = dict[str, dict[str, str]]
Counter = Callable[[str, str], int]
KINDS = {
    "peer-support": ("forest.umbrella.", "synthesis.effects."),
    "depression-prevention": (
        "credibility.class.", "credibility.fact.", "forest.baujat.", "forest.cumulative.",
        "forest.funnel.", "forest.galbraith.", "forest.leave_one_out.", "forest.subgroups.",
        "forest.umbrella.", "synthesis.pooled.", "synthesis.studies.",
    ),
}  # fmt: skip
"""Beginnings of keys that a page of the example must show."""
NOTHING_COUNTED = "=register"
"""Filter of the only counts of 0 that a page shows."""


def _figures(review: Path) -> Figures:
    csv.field_size_limit(10**8)
    with (review / "reports/tables/keys.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: row for row in csv.DictReader(file)}


def _shown(review: Path) -> set[str]:
    """Give every key of the page, of the drawings, and of what their rows tell."""
    files = [review / "reports/index.html", *sorted((review / "reports/figures").glob("*.svg"))]
    found: set[str] = set()
    for file in files:
        text = file.read_text(encoding="utf-8")
        found |= set(re.findall(r'data-key="([^"]+)"', text))
        for keys in re.findall(r'data-keys="([^"]+)"', text):
            found |= set(filter(None, keys.split(";")))
    return found


def _counter(review: Path) -> Counter:
    @cache
    def table(file: str) -> tables.Table:
        return tables.read_text(review / file)

    @cache
    def count(file: str, filter_text: str) -> int:
        found = table(file)
        return sum(
            matches(filter_text, row, n) for row, n in zip(found.rows, found.numbers, strict=True)
        )

    return count


def _leads_nowhere(key: str, figures: Figures, review: Path, count: Counter) -> str:
    line = figures[key]
    if not line["rule"]:
        return "no rule"
    places = resolve(figures, key)
    if not places:
        return "" if line["absent_reason"] else "no rows"
    for file, filter_text in places:
        if not (review / file).is_file():
            return f"{file} is not there"
        empty = file.endswith(".csv") and not count(file, filter_text)
        if empty and NOTHING_COUNTED not in filter_text:
            return f"{file}: no row with {filter_text}"
    return ""


def test_every_number_shown_leads_to_rows(built: Path) -> None:
    figures, shown, count = _figures(built), _shown(built), _counter(built)
    example = next(name for name in KINDS if built.name.startswith(name))
    assert len(shown) > 1000 and shown <= set(figures)
    for beginning in KINDS[example]:
        assert any(key.startswith(beginning) for key in shown), beginning
    wrong = {key: _leads_nowhere(key, figures, built, count) for key in sorted(shown)}
    assert {key: why for key, why in wrong.items() if why} == {}


def test_the_command_tells_rows_method_and_versions(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not built.name.startswith("depression-prevention"):
        pytest.skip("nothing is pooled in this example")
    for key in ("synthesis.pooled.anxiety.REML_HK.natural_estimate", "credibility.fact.anxiety.p",
                "forest.funnel.anxiety.egger_p", "forest.umbrella.anxiety"):  # fmt: skip
        named = next(k for k in _figures(built) if k.startswith(key))
        assert main(["trace", named, "--review", str(built)]) == 0
        out = capsys.readouterr().out
        assert re.search(r"  by      parapluie \S+, numpy \S+, scipy \S+", out), named
        assert "study_effects.csv" in out and re.search(r"      row \d+: ", out), named
        assert re.search(r"^  rule    \S", out, re.M), named
