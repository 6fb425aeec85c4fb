"""Decisions that screening tools write into their exports, and Rayyan's log."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie.agreement import agreement
from parapluie.records.decisions import decisions_of, is_log, joined, log_decisions, reversals
from parapluie.records.decisions.log import article_of, log_rows
from parapluie.records.decisions.rayyan import listed, parts
from parapluie.records.decisions.rows import COLUMNS, WARNINGS
from parapluie.records.readers import ris

FIXTURES = Path(__file__).parents[1] / "fixtures" / "decisions"


def of_ris(path: Path):
    scanned = ris.scan(path.read_bytes())
    dialect = ris.dialect(scanned)
    entries = ris.read(scanned)
    rows = [
        {
            "record_id": f"r{i}",
            "search_id": "s",
            "source_file": path.name,
            "line_first": b.line_first,
        }
        for i, b in enumerate(scanned.blocks, start=1)
    ]
    found = [d for v, r in zip(entries, rows, strict=True) for d in decisions_of(v, r, dialect)]
    return found, {article_of(v): r for v, r in zip(entries, rows, strict=True)}


def of_csv(path: Path, dialect: str = ""):
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file)
        header = next(lines)
        found = []
        for number, cells in enumerate(lines, start=1):
            values: dict[str, list[str]] = {}
            for name, cell in zip(header, cells, strict=False):
                values.setdefault(name, []).append(cell)
            found.extend(decisions_of(values, {"record_id": str(number)}, dialect))
    return found


def of_notes(text: str):
    return decisions_of({"notes": [text]}, {"record_id": "r1"}, "rayyan")


def test_rayyan_notes_one_row_a_person():
    found, _ = of_ris(FIXTURES / "rayyan.ris")
    assert all(tuple(row) == COLUMNS for row in found)
    emily, zo, maybe, nobody = found
    assert (emily["reviewer"], emily["decision"], emily["reason"]) == ("Emily", "include", "")
    assert emily["note"] == "first, with a | bar / second"
    assert (zo["reviewer"], zo["decision"]) == ('Zo "Z" Doe', "exclude")
    assert zo["reason"] == "wrong population;wrong design, no control"
    assert zo["warnings"] == "reason_with_comma" and zo["labels"] == "check;late"
    assert zo["origin"] == "rayyan.ris line 1"
    assert (maybe["record_id"], maybe["decision"]) == ("r2", "maybe")
    assert (nobody["record_id"], nobody["reviewer"], nobody["decision"]) == ("r3", "", "")
    assert nobody["labels"] == "check"


def test_a_missing_name_is_no_decision_and_what_is_unreadable_is_said():
    assert of_notes("only a note of the database") == []
    (row,) = of_notes('RAYYAN-INCLUSION: {"A"=>"Postponed"}')
    assert (row["decision"], row["warnings"]) == ("", "decision_unknown")
    (row,) = of_notes('RAYYAN-INCLUSION: {"A"=>"Included", B broken}')
    assert (row["decision"], row["warnings"]) == ("include", "inclusion_unreadable")


def test_reasons_of_two_people_have_no_owner():
    found = of_notes(
        'x | RAYYAN-INCLUSION: {"A"=>"Excluded", "B"=>"Excluded"} | RAYYAN-EXCLUSION-REASONS: p,q'
    )
    assert [(r["reason"], r["warnings"]) for r in found] == [("p;q", "reason_without_owner")] * 2


@given(st.text(max_size=40).filter(lambda t: "RAYYAN" not in t and "USER-NOTES" not in t))
def test_what_stood_before_is_kept(text):
    before, found = parts(f'{text} | RAYYAN-INCLUSION: {{"A"=>"Included"}}')
    assert before == text.strip() and found == {"RAYYAN-INCLUSION": '{"A"=>"Included"}'}


def test_a_long_note_is_read():
    found = of_notes("Cited: " + "Yew 2001; " * 2000 + '| RAYYAN-INCLUSION: {"A"=>"Included"}')
    assert [r["decision"] for r in found] == ["include"]


def test_a_comma_with_a_blank_is_part_of_a_reason():
    assert listed("a,b") == (["a", "b"], False)
    assert listed("a, really,b") == (["a, really", "b"], True)


def test_log_gives_the_last_word_with_its_time_and_owner():
    text = (FIXTURES / "customizations_log.csv").read_text(encoding="utf-8")
    assert is_log(text) and not is_log("key,title\n")
    notes, known = of_ris(FIXTURES / "rayyan.ris")
    rows = log_rows(text)
    assert reversals(rows) == 1
    logged = log_decisions(rows, known)
    by = {(r["record_id"], r["reviewer"]): r for r in logged}
    emily, zo = by["r1", "emily@example.org"], by["r1", "zo@example.org"]
    assert (emily["decision"], emily["reason"], emily["warnings"]) == ("include", "", "reversed")
    assert emily["time"] == "2024-02-01T09:01:01.000Z"
    assert emily["origin"] == "customizations_log.csv line 5"
    assert (zo["reason"], zo["labels"]) == ("wrong population", "late")
    stranger = by["", "emily@example.org"]
    assert stranger["warnings"] == "unknown_record" and "rayyan-999" in stranger["note"]
    both = joined(notes, logged)
    assert len(both) == len(notes) + len(logged)
    differ = {r["record_id"] for r in both if "log_and_notes_differ" in r["warnings"]}
    assert differ == {"r2"}
    codes = {c for r in both for c in r["warnings"].split(";") if c}
    assert codes <= set(WARNINGS)


def test_a_damaged_row_of_a_log_is_kept_and_said():
    text = (FIXTURES / "customizations_log.csv").read_text(encoding="utf-8")
    rows = log_rows(text + "2024-03-01T09:00:00.000Z,9,new@example.org,501,included\n\n")
    assert len(rows) == 10
    (row,) = [r for r in log_decisions(rows, {}) if r["reviewer"] == "new@example.org"]
    assert (row["decision"], row["warnings"]) == ("", "decision_unknown;unknown_record")


def test_asreview_labels_in_notes_also_wrapped_in_markup():
    def one(*notes: str):
        return decisions_of({"N1": list(notes)}, {}, "asreview")

    assert one("<p>ASReview_relevant</p>", "ASReview_prior")[0]["decision"] == "include"
    assert one("ASReview_relevant", "ASReview_prior")[0]["labels"] == "prior"
    assert one("Additional notes 1. ASReview_irrelevant.")[0]["decision"] == "exclude"
    assert one("ASReview_not_seen") == []
    both = one("ASReview_relevant", "ASReview_irrelevant")
    assert (both[0]["decision"], both[0]["warnings"]) == ("", "contradictory_labels")


def test_asreview_tables_of_both_versions():
    v1 = {"included": ["0"], "asreview_ranking": ["4"], "exported_notes_1": ["no"]}
    (row,) = decisions_of(v1, {}, "")
    assert (row["decision"], row["note"], row["tool"]) == ("exclude", "no", "asreview")
    v2 = {"asreview_label": ["1"], "asreview_time": ["1700000000.5"], "asreview_note": ["yes"]}
    (row,) = decisions_of(v2, {}, "")
    assert (row["decision"], row["time"]) == ("include", "2023-11-14T22:13:20Z")
    server = {"asreview_label": ["0"], "asreview_user_name": ["Ann"], "asreview_user_email": [""],
              "asreview_tag_design_rct": ["1"], "asreview_tag_design_cohort": ["0"],
              "asreview_prior": ["1"]}  # fmt: skip
    (row,) = decisions_of(server, {}, "")
    assert (row["decision"], row["reviewer"]) == ("exclude", "Ann")
    assert row["labels"] == "prior;design_rct"
    assert decisions_of({"included": [""], "asreview_ranking": ["9"]}, {}, "") == []
    assert decisions_of({"included": ["1"], "title": ["a data set"]}, {}, "") == []


def test_covidence_has_reasons_but_no_decision():
    values = {"Covidence #": ["#7"], "Notes": ["Exclusion reason: Wrong dose; read twice"]}
    (row,) = decisions_of(values, {}, "covidence")
    assert (row["decision"], row["reason"], row["note"]) == ("", "Wrong dose", "read twice")


# --- exports of real reviews ----------------------------------------------------------------------


@pytest.mark.shared
def test_agreement_of_a_real_log(shared):
    text = (shared / "corpora/search-exports/ray_felipe_log.csv").read_text(encoding="utf-8")
    rows = log_rows(text)
    articles = {r["article_id"]: {"record_id": r["article_id"]} for r in rows}
    assert reversals(rows) == 110
    votes: dict[str, dict[str, str]] = {}
    for row in log_decisions(rows, articles):
        if row["decision"]:
            votes.setdefault(row["record_id"], {})[row["reviewer"]] = row["decision"]
    pairs = [tuple(v[k] for k in sorted(v)) for v in votes.values() if len(v) == 2]
    # the anchors count maybe as include, as screening at title and abstract does
    first, second = ([("exclude" if w == "exclude" else "include") for w in s]
                     for s in zip(*pairs, strict=True))  # fmt: skip
    found = agreement(first, second)
    assert found.n == 97
    values = [round(v or 0, 4) for v in (found.percent, found.kappa, found.pabak, found.ac1)]
    assert values == [0.9485, 0.6803, 0.8969, 0.9386]


@pytest.mark.shared
def test_real_exports(shared):
    folder = shared / "corpora/search-exports"
    tinea, _ = of_ris(folder / "ray_tinea.ris")
    undecided = [r for r in tinea if not r["decision"]]
    # README: 14 records, 2 reviewers, one conflict, 2 unscreened
    assert len({r["record_id"] for r in tinea}) == 14 and len(undecided) == 2
    assert {r["reviewer"] for r in tinea if r["decision"]} == {"Zbys", "m.el-gohary"}
    by_record: dict[str, set[str]] = {}
    for row in tinea:
        by_record.setdefault(row["record_id"], set()).add(row["decision"])
    assert sum(len(v) > 1 for v in by_record.values()) == 1
    labels, _ = of_ris(folder / "asr_notes_labels.ris")
    text = (folder / "asr_notes_labels.ris").read_text(encoding="utf-8-sig")
    marked = Counter(w for b in text.split("TY  - ")[1:] for w in ("_relevant", "_irrelevant")
                     if f"ASReview{w}" in b)  # fmt: skip
    said = Counter(r["decision"] for r in labels)
    assert said["include"] + said["exclude"] + said[""] * 2 == sum(marked.values())
    abstrackr = of_csv(folder / "cff_abstrackr.csv")
    assert Counter(r["decision"] for r in abstrackr) == {"include": 2, "exclude": 2, "maybe": 2}
    assert {r["reviewer"] for r in abstrackr} == {"Anonymous"}
    nala = of_csv(folder / "ray_nalaham.csv")
    assert {r["reviewer"] for r in nala if r["decision"]} == {"Nala"}
    emily = of_csv(folder / "cff_rayyan.csv")
    assert {r["reviewer"] for r in emily if r["decision"]} == {"Emily"}
    assert len(of_csv(folder / "cff_covidence.csv")) == 10
    with (folder / "asr_utrecht_all.csv").open(encoding="utf-8-sig", newline="") as file:
        seen = Counter(row["included"] for row in csv.DictReader(file))
    said = Counter(r["decision"] for r in of_csv(folder / "asr_utrecht_all.csv"))
    assert said == Counter(include=seen["1"], exclude=seen["0"])
