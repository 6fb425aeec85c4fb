"""Joining records to reports: rules, vetoes, human answers, and what must hold of any input."""

import random
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie import tables
from parapluie.cli import main
from parapluie.deduplication import DeduplicationResult, deduplicate
from parapluie.deduplication.engine import new_engine
from parapluie.deduplication.normalised import normalise
from parapluie.deduplication.rules import QUESTIONS, RELATIONS, RULES, VETOES
from parapluie.errors import InputError

SEARCHES = pd.DataFrame(
    [
        {"search_id": "a", "kind": "database", "files": "a.ris"},
        {"search_id": "b", "kind": "expert", "files": "b.ris"},
    ]
)
BASE = {
    "title": "Walking groups and mood: a made-up review",
    "authors": "Ash, Ann; Oak, Bo",
    "year": "2020",
}
X = "10.9999/x"
OVERRIDES = ["_row", "record_a", "record_b", "answer"]
REMOVED = ["_row", "record_id", "search_id", "n", "type"]


def run(
    rows: list[dict[str, str]],
    answers: list[tuple[str, str, str]] | None = None,
    removals: list[tuple[str, str, float, str]] | None = None,
    searches: pd.DataFrame = SEARCHES,
) -> DeduplicationResult:
    records = pd.DataFrame([{"search_id": "a", "source_file": "a.ris", **r} for r in rows])
    said = [(i, *a) for i, a in enumerate(answers or [], start=2)]
    gone = [(i, *r) for i, r in enumerate(removals or [], start=2)]
    return deduplicate(
        records.fillna(""),
        searches,
        pd.DataFrame(said, columns=OVERRIDES),
        pd.DataFrame(gone, columns=REMOVED),
        {"overrides": "data/search/overrides.csv"} if answers else {},
    )


def partition(result: DeduplicationResult) -> set[frozenset[str]]:
    groups = result.clusters.df().groupby("report_id")["record_id"]
    return {frozenset(ids) for _, ids in groups}


def together(one: dict[str, str], two: dict[str, str]) -> bool:
    return len(partition(run([{"record_id": "1", **one}, {"record_id": "2", **two}]))) == 1


# --- comparable forms -----------------------------------------------------------------------------


def keys_of(**fields: str) -> dict[str, Any]:
    engine = new_engine()
    row = {"i": 0, "batch": 0, "record_id": "1", **fields}
    engine.register("raw", pd.DataFrame([row]))
    engine.execute("create table source as select * from raw")
    normalise(engine, list(row))
    (found,) = engine.execute("select * from keys").df().to_dict("records")
    return {str(k): v for k, v in found.items()}


@pytest.mark.parametrize(
    ("authors", "name"),
    [("Åkerblom, K. B.; Ness, O.", "akerblom"), ("du Plessis, C.", "plessis"),
     ("Smith AB", "smith"), ("van der Meer T M", "meer"), ("", "")],
)  # fmt: skip
def test_the_first_author_is_known_by_the_last_word_of_the_surname(authors: str, name: str) -> None:
    assert keys_of(authors=authors)["first"] == name


@pytest.mark.parametrize(
    ("title", "key"),
    [("Meta-Analysis: Straße, 2nd", "meta analysis strasse 2nd"),
     ("A <i>made-up</i> review. [Review] (German)", "a made up review"),
     ("[Ein Titel]", "ein titel")],
)  # fmt: skip
def test_titles_are_compared_by_letters_and_digits_without_notes(title: str, key: str) -> None:
    assert keys_of(title=title)["t"] == key


def test_a_key_with_an_empty_part_never_matches() -> None:
    for empty in ("title", "authors"):
        part = {**BASE, empty: ""}
        assert not together(part, part)


# --- rules and vetoes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "two", "is_one"),
    [
        (BASE, {**BASE, "title": BASE["title"].upper() + "."}, True),
        (BASE, {**BASE, "year": "2021"}, False),
        (BASE, {**BASE, "authors": "Elm, Cy"}, False),
        ({**BASE, "doi": X}, {"doi": "https://doi.org/10.9999/X"}, True),
        ({**BASE, "doi": X}, {**BASE, "doi": "10.9999/y"}, False),
        ({**BASE, "doi": X}, BASE, True),
        ({**BASE, "doi": X}, {**BASE, "doi": X, "title": "Other words here"}, False),
        ({**BASE, "doi": X}, {**BASE, "doi": X, "title": "Erratum: " + BASE["title"]},
         False),
        ({**BASE, "pmid": "12345678"}, {"pmid": "12345678", "title": "Walking groups"}, True),
        ({**BASE, "pmid": "12345678"}, {**BASE, "pmid": "12345678", "year": "2010"}, False),
        ({**BASE, "cochrane_id": "CD000001.pub2"}, {**BASE, "cochrane_id": "CD000001.pub3"}, False),
        ({**BASE, "cochrane_id": "CD000001.pub2"}, {"cochrane_id": "CD000001.pub2"}, True),
        ({**BASE, "volume": "3", "pages": "12-20"},
         {**BASE, "volume": "3", "pages": "12", "year": "2021"}, True),
        ({**BASE, "volume": "3", "pages": "12-20"}, {**BASE, "volume": "7", "pages": "S4"}, False),
        ({**BASE, "title": "Editorial", "pages": "1"}, {**BASE, "title": "Editorial", "pages": "9"},
         False),
    ],
)  # fmt: skip
def test_what_is_one_report(one: dict[str, str], two: dict[str, str], is_one: bool) -> None:
    assert together(one, two) is is_one


def test_what_a_veto_keeps_apart_waits_for_a_human() -> None:
    rows = [
        {"record_id": "1", **BASE, "doi": "10.9999/x"},
        {"record_id": "2", **BASE, "doi": "10.9999/y"},
        {"record_id": "3", **BASE, "doi": "", "year": "2023"},
    ]
    pairs = run(rows).pairs_to_check
    assert list(zip(pairs["report_a"], pairs["report_b"], strict=True)) == [("1", "2")]
    assert pairs["reason"][0].endswith("; differs in DOI")
    assert not len(run(rows, [("1", "2", "different")]).pairs_to_check)


def test_a_record_without_doi_does_not_bridge_two_dois() -> None:
    rows = [
        {"record_id": "1", **BASE, "doi": "10.9999/x"},
        {"record_id": "2", **BASE, "doi": "10.9999/y"},
        {"record_id": "3", **BASE},
    ]
    groups = partition(run(rows))
    assert len(groups) == 2
    assert not any({"1", "2"} <= g for g in groups)


def test_versions_of_a_cochrane_review_are_related_not_merged() -> None:
    rows = [
        {"record_id": "1", **BASE, "cochrane_id": "CD000001.pub2"},
        {"record_id": "2", **BASE, "cochrane_id": "CD000001.pub10"},
    ]
    (relation,) = run(rows).relations.to_dict("records")
    assert (relation["report_a"], relation["relation"], relation["report_b"]) == (
        "2",
        "version_of",
        "1",
    )


# --- human answers --------------------------------------------------------------------------------


def test_same_joins_what_rules_do_not_and_different_parts_what_rules_join() -> None:
    rows = [{"record_id": i, **BASE} for i in "12"] + [{"record_id": "3", "title": "Else"}]
    assert partition(run(rows, [("1", "3", "same")])) == {frozenset("123")}
    parted = run(rows, [("1", "2", "different")])
    assert partition(parted) == {frozenset(i) for i in "123"}
    assert not len(parted.pairs_to_check)


def test_different_holds_against_a_chain_of_rules() -> None:
    rows = [{"record_id": i, **BASE} for i in "123"]
    result = run(rows, [("1", "3", "different")])
    assert not any({"1", "3"} <= g for g in partition(result))
    assert len(result.problems)


def test_relations_never_merge() -> None:
    rows = [{"record_id": i, **BASE} for i in "12"]
    result = run(rows, [("1", "2", "abstract_of")])
    assert len(partition(result)) == 2
    (relation,) = result.relations.to_dict("records")
    assert relation["basis"] == "data/search/overrides.csv row 2"


def test_contradicting_answers_and_unknown_ids_are_told() -> None:
    rows = [{"record_id": i} for i in "123"]
    with pytest.raises(InputError, match="row 3, column answer"):
        run(rows, [("1", "2", "same"), ("2", "3", "same"), ("1", "3", "different")])
    with pytest.raises(InputError, match="'9'"):
        run(rows, [("1", "9", "same")])
    with pytest.raises(InputError) as error:
        run(rows, removals=[("9", "", float("nan"), "other"), ("", "", 3, "other")])
    assert len(error.value.problems) == 2


def test_removed_records_keep_their_rows() -> None:
    rows = [{"record_id": i, **BASE} for i in "123"]
    nan = float("nan")
    result = run(rows, removals=[("1", "", nan, "automatic"), ("", "b", 4, "other")])
    clusters = result.clusters.df()
    assert dict(zip(clusters["record_id"], clusters["rule"], strict=True)) == {
        "1": "removed_automatic", "2": "title_year_author", "3": "title_year_author",
    }  # fmt: skip
    assert list(result.reports.df()["report_id"]) == ["2"]
    figures = result.figures.lines
    assert figures["deduplication.removed.automatic"]["value"] == 1
    assert figures["deduplication.removed.other"]["value"] == 4
    assert figures["deduplication.duplicates"]["value"] == 1


# --- the merged view ------------------------------------------------------------------------------


def test_a_report_has_the_id_of_its_first_record_and_the_fields_of_all() -> None:
    rows = [
        {"record_id": "1", "search_id": "b", "source_file": "b.ris", **BASE, "doi": "10.9999/x"},
        {"record_id": "2", **BASE, "abstract": "short", "database": "A"},
        {"record_id": "3", **BASE, "abstract": "longer text", "database": "B"},
    ]
    (report,) = run(rows).reports.df().to_dict("records")
    assert (report["report_id"], report["record_ids"]) == ("2", "2;3;1")
    assert (report["abstract"], report["doi"]) == ("longer text", "10.9999/x")
    assert (report["arm"], report["databases"], report["search_ids"]) == ("database", "A;B", "a;b")
    assert '"doi": "1"' in report["field_sources"]


# --- what holds of any input ----------------------------------------------------------------------

SOME = st.fixed_dictionaries(
    {
        "title": st.sampled_from(["", BASE["title"], BASE["title"] + " [Review]", "Editorial"]),
        "authors": st.sampled_from(["", "Ash, A", "Elm, C"]),
        "year": st.sampled_from(["", "2019", "2020"]),
        "doi": st.sampled_from(["", "", "10.9999/x", "10.9999/y"]),
        "pmid": st.sampled_from(["", "", "12345678"]),
        "cochrane_id": st.sampled_from(["", "", "CD000001.pub2", "CD000001.pub3"]),
        "volume": st.sampled_from(["", "3", "4"]),
        "pages": st.sampled_from(["", "12-20", "12"]),
    }
)


@given(st.lists(SOME, min_size=1, max_size=9), st.randoms(use_true_random=False), st.data())
def test_clusters_do_not_depend_on_the_order_of_rows(
    some: list[dict[str, str]], rnd: random.Random, data: Any
) -> None:
    rows = [{"record_id": f"r{i}", **row} for i, row in enumerate(some)]
    answers = []
    if len(rows) > 1:
        pair = data.draw(st.permutations([r["record_id"] for r in rows]))[:2]
        answers = [(*pair, data.draw(st.sampled_from(["same", "different", "version_of"])))]
    result = run(rows, answers)
    clusters, reports = result.clusters.df(), result.reports.df()
    assert sorted(clusters["record_id"]) == sorted(r["record_id"] for r in rows)
    assert sorted(result.aliases.df()["alias"]) == sorted(r["record_id"] for r in rows)
    assert set(clusters["report_id"]) == set(reports["report_id"])
    rnd.shuffle(rows)
    again = run(rows, answers)
    assert partition(again) == partition(result)
    assert tables.text_of(again.reports.df()) == tables.text_of(reports)
    assert tables.text_of(again.pairs_to_check) == tables.text_of(result.pairs_to_check)
    joined = (
        any({answers[0][0], answers[0][1]} <= g for g in partition(result)) if answers else None
    )
    assert joined in (None, answers[0][2] == "same" if answers else None)


# --- real records ---------------------------------------------------------------------------------


def imported(folder: Path, out: Path, names: list[str]) -> Path:
    """Import the RIS files of a folder as searches with given ids; give the review's folder."""
    raw = out / "data" / "search" / "raw"
    raw.mkdir(parents=True)
    for name in names:
        (raw / f"{name}.ris").write_bytes((folder / f"{name}.ris").read_bytes())
    lines = [f"{n},{n},database,{n}.ris,given" for n in names]
    (raw.parent / "searches.csv").write_text(
        "\n".join(["search_id,source,kind,files,ids", *lines, ""]), encoding="utf-8"
    )
    return out


def commands(review: Path) -> None:
    searches = str(review / "data/search/searches.csv")
    raw = sorted(str(p) for p in (review / "data/search/raw").iterdir())
    records = str(review / "records")
    assert main(["records", "--searches", searches, "--raw", *raw, "--out", records]) == 0
    words = ["deduplication", "--records", f"{records}/records.csv", "--searches", searches]
    assert main([*words, "--overrides", "--removed", "--out", str(review / "dedup")]) == 0


@pytest.mark.shared
def test_real_records_of_four_databases(shared: Path, tmp_path: Path) -> None:
    folder = shared / "example" / "peer-support" / "records"
    review = imported(folder, tmp_path, ["medline", "embase", "psycinfo", "cochrane"])
    commands(review)
    truth = tables.read_result(folder / "dedup_truth.csv")
    found = tables.read_result(review / "dedup" / "clusters.csv").merge(
        truth, on="record_id", validate="one_to_one"
    )
    assert (len(found), found["report_id"].nunique()) == (157, 85)
    assert (found.groupby("unique_id")["report_id"].nunique() == 1).all()
    assert (found.groupby("report_id")["unique_id"].nunique() == 1).all()


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "n_found"),
    [("stroke", 312), ("haematology", 120), ("cytology_screening", 772), ("diabetes", 1260),
     ("digital_work", 364), ("tafenoquine", 75)],
)  # fmt: skip
def test_labelled_sets_lose_no_work(shared: Path, name: str, n_found: int) -> None:
    """`n_found` is what the rules find now: more is welcome, less is not; a lost work never."""
    truth = pd.read_csv(
        shared / "benchmarks" / "dedup" / f"{name}.csv.gz", dtype=str, keep_default_na=False
    )
    none = pd.DataFrame(columns=OVERRIDES), pd.DataFrame(columns=REMOVED)
    result = deduplicate(truth.drop(columns="cluster_id"), SEARCHES, *none)
    found = result.clusters.df().merge(truth[["record_id", "cluster_id"]])
    assert (found.groupby("report_id")["cluster_id"].nunique() == 1).all()
    assert len(found) - found["report_id"].nunique() >= n_found
    assert len(result.pairs_to_check) <= 0.03 * len(found)


def test_bare_given_ids_stay_reports_of_their_own(tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    text = "".join(f"TY  - GEN\nID  - {1000 + i}\nER  - \n\n" for i in range(500))
    (folder / "all.ris").write_text(text, encoding="utf-8")
    review = imported(folder, tmp_path / "review", ["all"])
    commands(review)
    reports = tables.read_result(review / "dedup" / "reports.csv")
    assert len(reports) == 500
    assert set(reports["report_id"]) == {str(1000 + i) for i in range(500)}


def test_the_page_lists_every_rule_as_it_is(root: Path) -> None:
    page = (root / "docs" / "deduplication.md").read_text(encoding="utf-8")
    for one in (*VETOES, *RULES, *QUESTIONS, *RELATIONS):
        assert f"| `{one.name}` | {one.meaning} |" in page
    listed = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    known = {r.name for r in (*VETOES, *RULES, *QUESTIONS, *RELATIONS)}
    assert set(listed) == known | {"refused", "companion_of"}
