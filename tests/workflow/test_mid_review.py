"""A review under way: the report builds, says what awaits whom, and the flow adds up."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parapluie import tables
from parapluie.cli import main
from tests.chain import run_chain, run_snakemake

pytestmark = pytest.mark.workflow

N = 12
RECORD = "TY  - JOUR\nTI  - A review about subject {n}\nAU  - Author{n}, A\nPY  - {y}\nER  - \n\n"
HEADER = "report_id,decision,reason\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


@pytest.fixture
def review(tmp_path: Path) -> Path:
    """A new review with two searches that share records, and nothing decided."""
    root = tmp_path / "review"
    assert main(["new", str(root)]) == 0
    raw = root / "data" / "search" / "raw"
    records = [RECORD.format(n=n, y=2000 + n) for n in range(N)]
    _write(raw / "a.ris", "".join(records))
    _write(raw / "b.ris", "".join(records[:5]))
    _write(
        root / "data" / "search" / "searches.csv",
        f"search_id,source,kind,declared_records,files\na,A,database,{N},a.ris\nb,B,website,5,b.ris\n",
    )
    protocol = root / "data" / "protocol.yaml"
    text = protocol.read_text()
    text = text.replace("reviewers: []", "reviewers: [{id: R1}, {id: R2}]")
    text = text.replace(
        "fulltext_reasons: []", "fulltext_reasons: [{code: POP, label: p}, {code: DES, label: d}]"
    )
    protocol.write_text(text)
    return root


def _reports(review: Path) -> list[str]:
    rows = tables.read_text(review / "results" / "deduplication" / "reports.csv").rows
    return [row["report_id"] for row in rows]


def _decide(review: Path, votes: dict[tuple[str, str], Sequence[tuple[str, str, str]]]) -> None:
    rounds = ["stage,round,reviewer,locked"]
    for (stage, reviewer), rows in votes.items():
        rounds.append(f"{stage},main,{reviewer},")
        lines = "".join(",".join(row) + "\n" for row in rows)
        _write(review / "data" / "screening" / stage / "main" / f"{reviewer}.csv", HEADER + lines)
    _write(review / "data" / "screening" / "rounds.csv", "\n".join(rounds) + "\n")


def _broken_identities(review: Path) -> list[str]:
    with (review / "results" / "prisma" / "checks.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert any(row["holds"] == "yes" for row in rows)
    return [f"{r['identity']}: {r['left']} {r['right']}" for r in rows if r["holds"] == "no"]


def _figure(review: Path, key: str) -> str:
    rows = tables.read_text(review / "reports" / "tables" / "keys.csv").rows
    return next(row["value"] for row in rows if row["key"] == key)


def _text(review: Path) -> str:
    page = (review / "reports" / "index.html").read_text(encoding="utf-8")
    page = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_searches_only(review: Path) -> None:
    done = run_snakemake(review)
    assert done.returncode == 0, done.stdout + done.stderr
    assert _broken_identities(review) == []
    assert _figure(review, "screening.title_abstract.awaiting") == str(N)
    assert "awaits" in _text(review)


def test_half_screened(review: Path) -> None:
    run_chain(review)
    ids = _reports(review)
    _decide(
        review,
        {
            ("title_abstract", "R1"): [(i, "include", "") for i in ids[:6]],
            ("title_abstract", "R2"): [
                (i, "exclude" if i == ids[0] else "include", "") for i in ids[:4]
            ],
        },
    )
    run_chain(review, with_pictures=True)
    assert _broken_identities(review) == []
    assert _figure(review, "screening.title_abstract.conflict") == "1"
    assert _figure(review, "screening.title_abstract.awaiting_second") == "2"
    # what R2 has not seen, and the conflict, which nobody else settles
    assert _figure(review, "screening.worklist.title_abstract.R2") == str(N - 4 + 1)
    text = _text(review)
    assert "R2" in text


def test_before_both_have_voted_no_output_shows_a_vote(review: Path) -> None:
    run_chain(review)
    ids = _reports(review)
    _decide(
        review, {("title_abstract", "R1"): [(ids[0], "exclude", "")], ("title_abstract", "R2"): []}
    )
    run_chain(review, with_pictures=True)
    for path in [*review.glob("results/**/*.csv"), *review.glob("reports/tables/*.csv")]:
        for row in tables.read_text(path).rows:
            if row.get("report_id") == ids[0]:
                assert "exclude" not in row.values(), path


def test_screened_but_nothing_extracted(review: Path) -> None:
    run_chain(review)
    ids = _reports(review)
    both = [(i, "include" if n < 5 else "exclude", "") for n, i in enumerate(ids)]
    full = [
        (i, "include" if n < 3 else "exclude", "" if n < 3 else "POP")
        for n, i in enumerate(ids[:5])
    ]
    _decide(
        review,
        {
            (s, r): v
            for s, v in (("title_abstract", both), ("full_text", full))
            for r in ("R1", "R2")
        },
    )
    run_chain(review, with_pictures=True)
    assert _broken_identities(review) == []
    assert _figure(review, "included.awaiting_extraction") == "3"
    waiting = tables.read_text(review / "results" / "included" / "awaiting_extraction.csv").rows
    assert [row["report_id"] for row in waiting] == sorted(ids[:3])


votes = st.lists(st.sampled_from(["include", "exclude", "maybe", ""]), min_size=N, max_size=N)
full_votes = st.lists(st.sampled_from(["include", "exclude", ""]), min_size=N, max_size=N)


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(first=votes, second=votes, third=full_votes, fourth=full_votes)
def test_the_flow_adds_up_for_any_decisions(
    review: Path, first: list[str], second: list[str], third: list[str], fourth: list[str]
) -> None:
    if not (review / "results").exists():
        run_chain(review)
    ids = _reports(review)
    shutil.rmtree(review / "data" / "screening")

    def rows(words: list[str], reason: str) -> list[tuple[str, str, str]]:
        return [
            (i, w, reason if w == "exclude" else "") for i, w in zip(ids, words, strict=False) if w
        ]

    _decide(
        review,
        {
            ("title_abstract", "R1"): rows(first, ""),
            ("title_abstract", "R2"): rows(second, ""),
            ("full_text", "R1"): rows(third, "POP"),
            ("full_text", "R2"): rows(fourth, "DES"),
        },
    )
    run_chain(review)
    assert _broken_identities(review) == []
