"""The benchmarks measure what they say: made bibliographies, scores, the harness, Splink's view."""

from __future__ import annotations

import importlib.util
import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from benchmarks import deduplication, labelled, made_records, made_works, measured, scored
from hypothesis import given
from hypothesis import strategies as st

from parapluie.cli import main
from parapluie.deduplication import probability
from parapluie.records.fields import COLUMNS

# --- made bibliographies --------------------------------------------------------------------------

N = 12_000


@pytest.fixture(scope="module")
def bibliography(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    made_records.write(*made_records.made(N, 1, processes=1), folder)
    return folder


@pytest.fixture(scope="module")
def records(bibliography: Path) -> pd.DataFrame:
    works = labelled.read(bibliography / "truth.csv")
    table = labelled.read(bibliography / "records.csv")
    return table.merge(works, on="record_id", validate="one_to_one")


def test_same_seed_same_bytes_on_any_number_of_cores(bibliography: Path, tmp_path: Path) -> None:
    made_records.write(*made_records.made(N, 1, processes=2), tmp_path)
    for name in ("records.csv", "truth.csv", "twins.csv"):
        assert (tmp_path / name).read_bytes() == (bibliography / name).read_bytes()


def test_another_seed_makes_other_records() -> None:
    one, other = (made_records.made(200, seed, processes=1)[0] for seed in (1, 2))
    assert not {row[2] for row in one} & {row[2] for row in other}
    assert not {row[4]["title"] for row in one} & {row[4]["title"] for row in other}


def test_there_are_as_many_records_as_asked_for_each_with_its_work(
    bibliography: Path, records: pd.DataFrame
) -> None:
    assert len(records) == N and records["record_id"].is_unique
    assert tuple(labelled.read(bibliography / "records.csv").columns) == COLUMNS
    assert list(labelled.read(bibliography / "truth.csv")["record_id"]) == list(
        labelled.read(bibliography / "records.csv")["record_id"]
    )
    twins = labelled.read(bibliography / "twins.csv")
    assert set(twins["work_a"]) | set(twins["work_b"]) <= set(records["cluster_id"])


def test_a_database_holds_a_work_once(records: pd.DataFrame) -> None:
    assert not records.duplicated(["cluster_id", "database"]).any()


def test_the_noise_has_the_rates_that_the_page_names(records: pd.DataFrame) -> None:
    n_works = records["cluster_id"].nunique()
    assert 1 - n_works / N == pytest.approx(0.37, abs=0.015)
    assert (records["doi"] == "").mean() == pytest.approx(0.38, abs=0.03)
    assert (records["pmid"] != "").mean() == pytest.approx(0.35, abs=0.03)
    known = {
        j.short: j.name for j in made_works.world(1).journals if j.short.lower() != j.name.lower()
    }
    short = {name.upper() for name in known} | set(known)
    named = records[
        records["journal"].isin(short | {n for x in known.values() for n in (x, x.upper())})
    ]
    assert named["journal"].isin(short).mean() == pytest.approx(0.4, abs=0.05)
    several = records.groupby("cluster_id").filter(lambda g: len(g) > 1)
    years = several.groupby("cluster_id")["year"].transform(lambda y: y.mode()[0])
    assert (several["year"] != years).mean() == pytest.approx(0.04, abs=0.02)


def test_about_six_of_a_hundred_works_are_the_twin_of_another(
    bibliography: Path, records: pd.DataFrame
) -> None:
    twins = labelled.read(bibliography / "twins.csv")
    share = twins["work_b"].nunique() / records["cluster_id"].nunique()
    assert share == pytest.approx(0.06, abs=0.01)


def test_abstracts_are_made_if_asked() -> None:
    rows, _ = made_records.made(300, 1, abstracts=True, processes=1)
    lengths = [len(row[4]["abstract"]) for row in rows if row[4]["abstract"]]
    assert len(lengths) > 150 and min(lengths) > 100
    bare, _ = made_records.made(300, 1, processes=1)
    assert not any(row[4]["abstract"] for row in bare)


# --- twins are other works ------------------------------------------------------------------------


def families(n: int) -> Iterator[list[made_works.Work]]:
    maker = made_works.Maker(random.Random("twins"), made_works.world(1), 0)
    while n:
        works = made_works.family(maker)
        if len(works) > 1:
            n -= 1
            yield works


PAIRS = [(works[0], twin) for works in families(1500) for twin in works[1:]]


def of_kind(kind: str) -> list[tuple[made_works.Work, made_works.Work]]:
    found = [pair for pair in PAIRS if pair[1].kind == kind]
    assert len(found) >= 10, f"only {len(found)} twins of the kind {kind}"
    return found


def place(work: made_works.Work) -> tuple[Any, ...]:
    return work.journal.name, work.year, work.volume, work.issue, work.pages


def test_no_twin_has_the_title_and_the_place_of_its_work() -> None:
    for work, twin in PAIRS:
        assert work.number != twin.number
        assert (work.whole_title, place(work)) != (twin.whole_title, place(twin))


def test_only_abstracts_on_one_page_share_a_doi_or_a_page() -> None:
    for work, twin in PAIRS:
        if twin.kind == "abstracts on one page":
            assert work.pages == twin.pages and work.whole_title != twin.whole_title
        else:
            assert not work.doi or work.doi != twin.doi


def test_no_two_works_have_one_doi_or_pubmed_id_by_chance() -> None:
    maker = made_works.Maker(random.Random("ids"), made_works.world(1), 0)
    works = [work for _ in range(3000) for work in made_works.family(maker)]
    shared = {w.doi for w in works if w.kind == "abstracts on one page"}
    for named in (
        [w.doi.lower() for w in works if w.doi and w.doi not in shared],
        [w.pmid for w in works if w.pmid],
    ):
        assert len(named) == len(set(named))


def test_versions_of_a_cochrane_review_differ_in_year_and_doi() -> None:
    for kind in ("cochrane update", "cochrane protocol"):
        for work, twin in of_kind(kind):
            assert work.pages == twin.pages and work.year < twin.year
            assert work.doi in twin.doi and ".pub" in twin.doi


def test_errata_and_comments_name_the_title_and_stand_on_other_pages() -> None:
    for kind in ("erratum", "comment or reply"):
        for work, twin in of_kind(kind):
            assert work.title in twin.whole_title and twin.whole_title != work.whole_title
            assert place(work) != place(twin)


def test_parts_populations_and_protocols_differ_in_the_title() -> None:
    for kind in ("part", "other population", "protocol", "same authors, other question"):
        for work, twin in of_kind(kind):
            assert work.whole_title.lower() != twin.whole_title.lower()


def test_preprints_abstracts_and_columns_stand_in_another_place() -> None:
    for work, twin in of_kind("preprint"):
        assert work.journal.name != twin.journal.name and not twin.volume
    for work, twin in of_kind("abstract and paper"):
        assert "Suppl" in twin.issue and "Suppl" not in work.issue
    for work, twin in of_kind("column"):
        assert (work.volume, work.issue) != (twin.volume, twin.issue)


def test_works_of_others_with_one_title_have_other_authors() -> None:
    for work, twin in of_kind("same title, other authors"):
        assert work.whole_title == twin.whole_title and work.authors != twin.authors


def test_every_kind_is_there() -> None:
    assert len(Counter(twin.kind for _, twin in PAIRS)) == len(made_works.KINDS) + 1  # protocols


# --- scores ---------------------------------------------------------------------------------------


def clusters(**members: str) -> pd.DataFrame:
    rows = [(record, name) for name, ids in members.items() for record in ids]
    return pd.DataFrame(rows, columns=["record_id", "cluster_id"])


TRUTH = clusters(w1="abc", w2="de", w3="f", w4="g")
FOUND = clusters(x="ab", y="cdf", z="e", q="g")


def test_the_score_of_a_case_counted_by_hand() -> None:
    """Kept a (w1), c (w1), e (w2), g (w4): w3 is lost, c is a copy left in, b and d are removed."""
    found = scored.score(TRUTH, FOUND)
    assert (found.records, found.works) == (7, 4)
    assert (found.tp, found.fp, found.fn, found.wrong_merges) == (2, 1, 1, 2)
    assert found.f1 == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert found.recall == pytest.approx(2 / 3)
    assert found.wrong_per_1000 == pytest.approx(500)


def test_records_that_a_tool_does_not_name_are_alone() -> None:
    assert scored.score(TRUTH, clusters(x="ab")) == scored.score(
        TRUTH, clusters(x="ab", c="c", d="d", e="e", f="f", g="g")
    )
    with pytest.raises(ValueError, match="1 records are not in the truth"):
        scored.score(TRUTH, clusters(x="az"))


def test_wrong_merges_are_told_by_kind() -> None:
    kinds = {frozenset(("w1", "w2")): "erratum"}
    assert scored.wrong_merges(TRUTH, FOUND, kinds) == {"erratum": 1, "unrelated": 2}


def test_answered_pairs_join_their_clusters() -> None:
    same = pd.DataFrame([("a", "c"), ("c", "e")], columns=["record_a", "record_b"])
    joined = scored.answered(FOUND, same).groupby("cluster_id")["record_id"].agg("".join)
    assert sorted(map(sorted, joined)) == [list("abcdef"), ["g"]]


@pytest.mark.shared
def test_the_score_is_that_of_the_scorer_beside_the_sets(shared: Path) -> None:
    score = labelled.scorer(shared / "benchmarks" / "dedup")
    letters = st.lists(st.sampled_from("pqrst"), min_size=9, max_size=9)

    @given(letters, letters)
    def agree(true: list[str], found: list[str]) -> None:
        ids = [f"r{n}" for n in range(9)]
        truth = pd.DataFrame({"record_id": ids, "cluster_id": true})
        said = pd.DataFrame({"record_id": ids, "cluster_id": found})
        ours, theirs = scored.score(truth, said), score(truth, said)[0]
        assert (ours.tp, ours.fp, ours.fn, ours.works, ours.wrong_merges) == tuple(
            theirs[k]
            for k in ("record_tp", "record_fp", "record_fn", "true_works", "works_lost_upper_bound")
        )
        assert ours.f1 == pytest.approx(theirs["record_f1"], nan_ok=True)
        assert ours.wrong_per_1000 == pytest.approx(theirs["false_merge_rate_per_1000_works"])

    agree()


# --- the harness ----------------------------------------------------------------------------------


def cells_of(text: str, first: str) -> list[str]:
    """Give the cells of the row of a printed table that starts so."""
    (line,) = [x for x in text.splitlines() if x.startswith(f"| {first}")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_harness_measures_a_made_bibliography(capsys: pytest.CaptureFixture[str]) -> None:
    deduplication.main(["--parts", "made", "--ours", "--sizes", "600"])
    said = capsys.readouterr().out
    row = dict(zip(deduplication.MADE_COLUMNS, cells_of(said, "600 |"), strict=True))
    tp, _, fn = map(int, row["TP/FP/FN"].split("/"))
    truth = pd.Series([r[3] for r in made_records.made(600, 1, processes=1)[0]])
    assert tp + fn == len(truth) - truth.nunique() and tp > 0
    assert float(row["seconds"]) > 0
    assert cells_of(said, "erratum")[1].isdigit()


def test_time_that_grows_as_the_square_has_the_exponent_two() -> None:
    assert deduplication.exponent((10, 1.0), (100, 100.0)) == pytest.approx(2)


@pytest.mark.shared
def test_the_harness_measures_a_labelled_set(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deduplication.main(["--parts", "sets", "--ours", "--sets", "tafenoquine"])
    cells = cells_of(capsys.readouterr().out, "tafenoquine (179, 75)")
    for counted in (cells[2], cells[6]):
        tp, _, fn = map(int, counted.split("/"))
        assert tp + fn == 75 and tp > 60


def test_without_the_labelled_sets_a_line_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(measured.SHARED, raising=False)
    deduplication.main(["--parts", "sets", "pairs", "--ours"])
    said = capsys.readouterr().out
    assert "labelled sets are not measured" in said and "hard pairs are not measured" in said


def test_without_the_peer_a_line_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(measured, "CACHE", tmp_path)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    said: list[str] = []
    assert deduplication.peer_python(said.append) is None
    assert said == ["bib-dedupe 0.11.0 cannot be installed, ours alone is measured: no word"]


def test_questions_between_two_clusters_count_once() -> None:
    questions = pd.DataFrame(
        [("a", "c"), ("b", "d"), ("c", "b"), ("a", "b"), ("e", "g")],
        columns=["record_a", "record_b"],
    )
    left = deduplication._open_questions(FOUND, questions)
    assert left.to_numpy().tolist() == [["a", "c"], ["e", "g"]]


def test_questions_are_answered_as_the_labels_say() -> None:
    asked = pd.DataFrame([("a", "c"), ("c", "d")], columns=["record_a", "record_b"])
    assert list(deduplication.answers(asked, TRUTH)["answer"]) == ["same", "different"]


def test_time_and_memory_are_those_of_the_command_and_what_it_starts() -> None:
    fill = "x = bytearray(60 * 2**20); x[::4096] = b'1' * len(x[::4096])"
    both = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {fill!r}])"
    plain = measured.measure([sys.executable, "-c", "pass"])
    assert plain.largest_mb < 60 and plain.seconds > 0
    assert (
        60 < measured.measure([sys.executable, "-c", both]).largest_mb < 60 + plain.largest_mb + 9
    )


def test_a_command_that_fails_is_told_in_its_own_words() -> None:
    with pytest.raises(measured.CommandFailedError, match="no such thing"):
        measured.measure([sys.executable, "-c", "raise SystemExit('no such thing')"])


def test_a_block_of_a_page_is_replaced_and_nothing_else() -> None:
    page = "a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n"
    new = measured.replace_block(page, "x", "new\n")
    assert new == "a\n<!-- x: begin -->\nnew\n<!-- x: end -->\nb\n"
    with pytest.raises(ValueError, match="y: begin"):
        measured.replace_block(page, "y", "")


def test_each_benchmark_of_the_makefile_is_a_script_and_on_the_page(root: Path) -> None:
    (names,) = re.findall(r"^BENCHMARKS := (.+)$", (root / "Makefile").read_text(), re.M)
    page = (root / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for name in names.split():
        script = (root / "benchmarks" / f"{name}.py").read_text(encoding="utf-8")
        assert "def main(" in script and '"--full"' in script
        assert f"| `{name}.py` |" in page


# --- the shipped settings in Splink ---------------------------------------------------------------


@pytest.fixture(scope="module")
def keys(bibliography: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the command on the first records of the bibliography; give the folder."""
    folder = tmp_path_factory.mktemp("keys")
    lines = (bibliography / "records.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    chosen = [lines[0], *random.Random(1).sample(lines[1:], 3000)]
    (folder / "records.csv").write_text("".join(chosen), encoding="utf-8")
    (folder / "keys").mkdir()
    words = ["--records", str(folder / "records.csv"), "--out", str(folder / "out")]
    words += ["--keys", str(folder / "keys" / "1.parquet")]
    assert main(["deduplication", *words]) == 0
    return folder


def page_code(root: Path) -> str:
    (code,) = re.findall(r"```python\n(.*?)```", (root / "docs" / "scaling.md").read_text(), re.S)
    return str(code)


def linker_on(keys: Path) -> Any:
    """Load the shipped settings in Splink on DuckDB."""
    from splink import DuckDBAPI, Linker

    settings = {**probability.settings(), "unique_id_column_name": "record_id"}
    engine = duckdb.connect()
    table = engine.sql(f"select * exclude (i, batch) from '{keys}/keys/*.parquet'")
    return Linker(DuckDBAPI(connection=engine).register(table), settings)


def test_splink_reads_the_settings_and_finds_our_probabilities(keys: Path) -> None:
    predicted = linker_on(keys).inference.predict().as_pandas_dataframe()
    assert len(predicted) > 1000 and predicted["match_probability"].between(0.01, 0.99).any()
    engine = duckdb.connect()
    engine.execute(f"create table keys as select * from '{keys}/keys/*.parquet'")
    place = dict(engine.execute("select record_id, i from keys").fetchall())
    pairs = [
        (place[a], place[b])
        for a, b in zip(predicted["record_id_l"], predicted["record_id_r"], strict=True)
    ]
    ours = probability.match_probabilities(engine, pairs)
    assert [ours[p] for p in pairs] == pytest.approx(list(predicted["match_probability"]), abs=1e-9)


def test_the_settings_mean_the_same_to_spark() -> None:
    """No quoted names (Spark takes them for texts), and each condition parses to the same tree."""
    import sqlglot

    settings = probability.settings()
    conditions = [
        level["sql_condition"] for c in settings["comparisons"] for level in c["comparison_levels"]
    ]
    conditions = [c for c in conditions if c != "ELSE"]
    conditions += settings["blocking_rules_to_generate_predictions"]
    assert len(conditions) > 20 and not any('"' in c for c in conditions)
    for condition in conditions:
        duckdb_tree, spark_tree = (
            sqlglot.parse_one(condition, read=dialect) for dialect in ("duckdb", "spark")
        )
        assert duckdb_tree.sql("spark") == spark_tree.sql("spark"), condition


def test_parts_of_the_page_keep_nearly_all_reports_whole(root: Path, keys: Path) -> None:
    """The page says that cutting by Splink costs a few reports in ten thousand."""
    linker = linker_on(keys)
    (least,) = re.findall(r"^LEAST = ([0-9.]+)", page_code(root), re.M)
    likely = linker.inference.predict(threshold_match_probability=float(least))
    found = linker.clustering.cluster_pairwise_predictions_at_threshold(likely, float(least))
    part = found.as_pandas_dataframe().set_index("record_id")["cluster_id"]
    reports = labelled.read(keys / "out" / "clusters.csv")
    n_parts = reports["record_id"].map(part).groupby(reports["report_id"]).nunique()
    assert (n_parts >= 1).all() and n_parts.index.size > 1000
    assert (n_parts > 1).sum() <= 0.002 * len(n_parts)


@pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None, reason="pyspark is not installed: Spark not tried"
)
def test_the_page_runs_on_spark(root: Path, keys: Path) -> None:
    code = keys / "parts.py"
    code.write_text(page_code(root), encoding="utf-8")
    paths = [str(root / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(
        [sys.executable, code], cwd=keys, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    parts = [labelled.read(path) for path in sorted((keys / "parts").glob("part=*/*.csv"))]
    together = pd.concat(parts).sort_values("record_id").reset_index(drop=True)
    whole = labelled.read(keys / "records.csv").sort_values("record_id").reset_index(drop=True)
    pd.testing.assert_frame_equal(together, whole)
