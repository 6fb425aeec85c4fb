"""The page on credibility shows the facts and the rules as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks.measured import replace_block

from parapluie.credibility.describe import facts_markdown, markdown
from parapluie.credibility.rules import FOLDER, load, shipped

SETS = "\n\n".join(markdown(load(FOLDER / f"{name}.yaml")) for name in shipped())


@pytest.mark.parametrize(("block", "made"), [("facts", facts_markdown()), ("rule sets", SETS)])
def test_the_page_has_the_tables_of_the_rules(root: Path, block: str, made: str) -> None:
    page = (root / "docs" / "credibility.md").read_text(encoding="utf-8")
    assert len(made) > 500
    assert page == replace_block(page, block, made), (
        "write the tables of parapluie.credibility.describe between the marks of the page"
    )


def test_every_set_tells_where_it_comes_from() -> None:
    assert len(shipped()) == 4
    for name in shipped():
        rules = load(FOLDER / f"{name}.yaml")
        assert "20" in rules.source and rules.label and rules.criteria
