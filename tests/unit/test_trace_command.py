"""``parapluie trace``: the way back from a number to rows in data."""

from __future__ import annotations

from pathlib import Path

import pytest

from parapluie.cli import main
from tests import made_report


@pytest.fixture
def review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    made_report.make(tmp_path)
    assert made_report.report(tmp_path) == 0
    return tmp_path


def test_a_trace_ends_at_rows(review: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "included.reviews", "--review", str(review)]) == 0
    out = capsys.readouterr().out
    assert "value   2" in out
    assert "    prisma.records_screened = 5\n      records.search.s1.parsed = 5" in out
    assert "row 3: review_id=beta2020" in out
    assert "row 2: search_id=s1" in out


def test_a_source_is_told(review: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["trace", "included.reviews.alpha2019.n_studies"])
    assert "source  Table 1" in capsys.readouterr().out


def test_an_unknown_key_gets_the_nearest(review: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "included.review"]) == 2
    assert "nearest are included.reviews" in capsys.readouterr().err


def test_no_report_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "x", "--review", str(tmp_path)]) == 2
    assert "Run snakemake first." in capsys.readouterr().err
