"""The stage of synthesis: direction, results told twice, problems, pooling, trace."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from parapluie import tables
from parapluie.cli import main
from parapluie.errors import InputError
from parapluie.measures import MEASURES
from parapluie.synthesis import Result, Sources, synthesise
from parapluie.synthesis.harmonise import shown
from parapluie.synthesis.pooled import counted_twice
from parapluie.trace import matches, split_rows

EFFECTS = "data/extraction/effects.csv"
STUDIES = "data/extraction/study_effects.csv"
PROTOCOL: dict[str, Any] = {
    "title": "T",
    "outcomes": [
        {"id": "mood", "label": "Mood", "better_when": "higher"},
        {"id": "harm", "label": "Harm", "better_when": "lower"},
    ],
    "synthesis": {"method": "REML", "ci": "HK", "pi": "t_k1", "r": 0.8},
}


def table(path: Path, rows: list[dict[str, str]]) -> Path:
    columns = list(dict.fromkeys(c for row in rows for c in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def effect(name: str, review: str = "a", **cells: str) -> dict[str, str]:
    """A row in which higher is better, as printed."""
    usual = {"measure": "SMD", "outcome": "mood", "estimate": "0.24", "ci_low": "0.02",
             "ci_high": "0.46", "better_when": "higher"}  # fmt: skip
    return {"effect_id": name, "review_id": review} | usual | cells


def run(
    folder: Path,
    effects: list[dict[str, str]] | None = None,
    studies: list[dict[str, str]] | None = None,
    protocol: dict[str, Any] = PROTOCOL,
    included: tuple[str, ...] = ("a", "b"),
    matrix: pd.DataFrame | None = None,
) -> Result:
    first = table(folder / "effects.csv", effects) if effects else None
    second = table(folder / "study_effects.csv", studies) if studies else None
    return synthesise(
        Sources(
            protocol=protocol,
            reviews=pd.DataFrame({"review_id": list(included)}),
            effects=tables.read(first, "extraction/effects", EFFECTS),
            study_effects=tables.read(second, "extraction/study_effects", STUDIES),
            effects_text=tables.read_text(first).rows if first else [],
            matrix=matrix,
            effects_file=EFFECTS if effects else "",
            study_effects_file=STUDIES if studies else "",
        )
    )


# --- direction ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "better", "direction", "displayed"),
    [
        ("SMD", "higher", "as_printed", (0.5, 0.25, 1.0)),
        ("SMD", "lower", "sign_changed", (-0.5, -1.0, -0.25)),
        ("OR", "lower", "inverted", (2.0, 1.0, 4.0)),
        ("HR", "lower", "inverted", (2.0, 1.0, 4.0)),
        ("IRR", "lower", "inverted", (2.0, 1.0, 4.0)),
        ("RR", "lower", "not_harmonised", (0.5, 0.25, 1.0)),
        ("RR", "higher", "as_printed", (0.5, 0.25, 1.0)),
        ("SMD", "", "not_harmonised", (0.5, 0.25, 1.0)),
    ],
)
def test_the_rule_of_direction(
    measure: str, better: str, direction: str, displayed: tuple[float, float, float]
) -> None:
    row = {"measure": measure, "estimate": 0.5, "ci_low": 0.25, "ci_high": 1.0,
           "better_when": better}  # fmt: skip
    found = shown(row, "higher")
    assert found.direction == direction
    assert (found.estimate, found.ci_low, found.ci_high) == displayed
    assert bool(found.reason) is (direction == "not_harmonised")


@pytest.mark.parametrize("code", sorted(MEASURES))
def test_every_measure_goes_to_its_scale_and_back(code: str) -> None:
    measure = MEASURES[code]
    assert math.isclose(measure.to_natural(measure.to_analysis(0.7)), 0.7)
    assert measure.null == (1.0 if measure.log else 0.0) or measure.null is None
    row = {"measure": code, "estimate": 0.7, "ci_low": 0.5, "ci_high": 0.98,
           "better_when": "lower"}  # fmt: skip
    assert shown(row, "lower").direction == "as_printed"


def test_zero_has_no_sign() -> None:
    row = {"measure": "SMD", "estimate": 0.0, "ci_low": -0.1, "ci_high": 0.0,
           "better_when": "lower"}  # fmt: skip
    assert str(shown(row, "higher").estimate) == "0.0" and str(shown(row, "higher").ci_low) == "0.0"


# --- the same result twice ------------------------------------------------------------------------

TWICE = [
    effect("E1", k="3", n="967", q="5.74"),
    effect("E2", "b", k="3", n="967", q="5.74", estimate="-0.24", ci_low="-0.46", ci_high="-0.02",
           better_when="lower"),
    effect("E3", same_result_as="E1"),
    effect("E4", "b", k="3", n="967", q="5.75"),
]  # fmt: skip


def test_results_told_twice_are_drawn_once(tmp_path: Path) -> None:
    found = run(tmp_path, TWICE)
    assert dict(zip(found.effects["effect_id"], found.effects["drawn"], strict=True)) == {
        "E1": "yes", "E2": "no", "E3": "no", "E4": "yes",
    }  # fmt: skip
    assert set(found.same_results["same_as"]) == {"E1"}
    assert list(found.same_results["note"].unique()) == ["the same trials"]
    values = found.figures.lines
    assert values["synthesis.results"]["value"] == 2
    assert values["synthesis.effects"]["value"] == 4


def test_a_row_of_a_review_left_out_never_stands_for_a_result(tmp_path: Path) -> None:
    found = run(tmp_path, TWICE, included=("b",))
    drawn = found.effects[found.effects["drawn"] == "yes"]
    assert list(drawn["effect_id"]) == ["E2", "E4"]
    left = found.problems[found.problems["kind"] == "left_out"]
    assert list(left["effect_id"]) == ["E1", "E3"]
    assert found.figures.lines["synthesis.problems"]["value"] == 0


# --- faults and problems --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"outcome": "moood"}, "outcome"),
        ({"same_result_as": "E9"}, "same_result_as"),
        ({"measure": "OR", "estimate": "-0.3", "ci_low": "", "ci_high": ""}, "estimate"),
    ],
)
def test_faults_are_named_with_row_and_column(
    tmp_path: Path, cells: dict[str, str], column: str
) -> None:
    with pytest.raises(InputError) as caught:
        run(tmp_path, [effect("E1", **cells)])
    (problem,) = caught.value.problems
    assert (problem.file, problem.row, problem.column) == (EFFECTS, 2, column)


def test_several_results_of_a_study_need_a_correlation(tmp_path: Path) -> None:
    protocol = {**PROTOCOL, "synthesis": {"method": "DL"}}
    with pytest.raises(InputError, match=r"synthesis\.r"):
        run(tmp_path, studies=[study("S1", "x"), study("S2", "x")], protocol=protocol)


def test_inconsistent_numbers_are_flagged_with_a_figure(tmp_path: Path) -> None:
    found = run(tmp_path, [effect("E1", k="16", df="20"), effect("E2")])
    assert list(found.problems["effect_id"]) == ["E1"]
    assert found.effects.set_index("effect_id").loc["E1", "checks"] == "k against df"
    lines = found.figures.lines
    assert lines["synthesis.problems"]["value"] == 1
    assert lines["synthesis.problems.E1.k_against_df.implied"]["value"] == "df = 15"


def test_a_row_without_estimate_stays_with_its_reason(tmp_path: Path) -> None:
    rows = [effect("E1", estimate="", ci_low="", ci_high=""), effect("E2", measure="", estimate="")]
    found = run(tmp_path, rows).effects
    assert list(found["reason"]) == [
        "not_available: no estimate in data", "not_available: no measure in data",
    ]  # fmt: skip
    assert list(found["drawn"]) == ["no", "no"]


def test_nothing_extracted_yet(tmp_path: Path) -> None:
    found = run(tmp_path)
    assert len(found.effects) == len(found.pooled) == len(found.study_averages) == 0
    assert found.figures.lines["synthesis.effects"]["absent_reason"].startswith("not_available")


# --- pooling --------------------------------------------------------------------------------------


def study(
    name: str, study_id: str, yi: str = "0.2", vi: str = "0.04", **cells: str
) -> dict[str, str]:
    usual = {"review_id": "this_overview", "outcome": "harm", "measure": "RR", "yi": yi, "vi": vi}
    return {"study_effect_id": name, "study_id": study_id} | usual | cells


def test_results_of_a_study_are_averaged_then_pooled(tmp_path: Path) -> None:
    rows = [study("S1", "x"), study("S2", "x", "0.4", "0.09"), study("S3", "y", "-0.1")]
    found = run(tmp_path, studies=rows)
    x = found.study_averages.set_index("study_id").loc["x"]
    assert (x["n_effects"], round(x["yi"], 12)) == (2, 0.3)
    assert math.isclose(x["vi"], (0.04 + 0.09 + 2 * 0.8 * 0.2 * 0.3) / 4)
    assert set(found.pooled["method"]) == {"common", "DL", "DL_HK", "REML", "REML_HK", "RVE"}
    assert list(found.pooled.loc[found.pooled["main"] == "yes", "method"]) == ["REML_HK"]
    assert set(found.pooled["k_studies"]) == {2} and set(found.pooled["k_effects"]) == {3}
    row = found.pooled.set_index("method").loc["DL"]
    assert math.isclose(row["natural_estimate"], math.exp(row["estimate"]))
    assert math.isclose(found.study_averages["weight"].sum(), 100)


def test_one_study_is_not_called_pooled(tmp_path: Path) -> None:
    found = run(tmp_path, studies=[study("S1", "x")])
    assert set(found.pooled["reason"]) == {"not_estimable: k=1"}
    assert found.pooled[["tau2", "i2", "q"]].isna().all(axis=None)
    line = found.figures.lines["synthesis.pooled.harm.REML_HK.tau2"]
    assert line["absent_reason"] == "not_estimable: k=1"


def test_a_second_measure_of_an_outcome_has_its_own_name(tmp_path: Path) -> None:
    rows = [study("S1", "x"), study("S2", "x", measure="OR")]
    assert set(run(tmp_path, studies=rows).pooled["pool_id"]) == {"harm__RR", "harm__OR"}


def test_rows_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    rows = [study("S1", "x"), study("S2", "y", "", ""), study("S3", "z", review_id="gone")]
    found = run(tmp_path, studies=rows)
    assert list(found.problems["effect_id"]) == ["S3", "S2"]
    assert set(found.problems["kind"]) == {"left_out"}


def test_reviews_are_not_pooled_unless_the_protocol_says_so(tmp_path: Path) -> None:
    rows = [effect("E1"), effect("E2", "b", estimate="0.30", ci_low="0.08", ci_high="0.52")]
    assert len(run(tmp_path, rows).pooled) == 0
    asked = {**PROTOCOL, "synthesis": {**PROTOCOL["synthesis"], "pool_across_reviews": True}}
    matrix = pd.DataFrame({"study_id": ["s1", "s1", "s2"], "review_id": ["a", "b", "a"]})
    found = run(tmp_path, rows, protocol=asked, matrix=matrix).pooled
    assert set(found["level"]) == {"reviews"} and set(found["counted_twice"]) == {"s1"}
    assert counted_twice(["a"], None).startswith("not_available")


def test_what_could_not_be_in_a_review_is_not_counted_twice(tmp_path: Path) -> None:
    rows = [effect("E1"), effect("E2", "b", estimate="0.30", ci_low="0.08", ci_high="0.52")]
    table(tmp_path / "effects.csv", rows)
    table(tmp_path / "reviews.csv", [{"review_id": "a"}, {"review_id": "b"}])
    cells = [("s1", "a"), ("s1", "b"), ("s2", "a")]
    matrix = [{"study_id": s, "review_id": r, "state": "included"} for s, r in cells]
    matrix.append({"study_id": "s2", "review_id": "b", "state": "structural_missing"})
    table(tmp_path / "matrix.csv", matrix)
    protocol = "title: T\noutcomes:\n  - {id: mood, label: Mood, better_when: higher}\n"
    protocol += "synthesis: {pool_across_reviews: true}\n"
    (tmp_path / "protocol.yaml").write_text(protocol, encoding="utf-8")
    given = [f"--{name}" for name in ("protocol", "reviews", "effects", "matrix")]
    files = ["protocol.yaml", "reviews.csv", "effects.csv", "matrix.csv"]
    words = [w for flag, f in zip(given, files, strict=True) for w in (flag, str(tmp_path / f))]
    assert main(["synthesis", *words, "--study-effects", "--out", str(tmp_path / "out")]) == 0
    pooled = tables.read_result(tmp_path / "out/pooled.csv")
    assert set(pooled["counted_twice"]) == {"s1"}


def test_a_pool_keeps_its_name_when_results_on_another_scale_come(tmp_path: Path) -> None:
    outcomes = [{**o, "scale": "SMD"} for o in PROTOCOL["outcomes"]]
    ratio = [study("S1", "x", outcome="mood")]
    protocol = {**PROTOCOL, "outcomes": outcomes}
    one = run(tmp_path, studies=ratio, protocol=protocol).pooled
    both_rows = [*ratio, study("S2", "y", outcome="mood", measure="SMD")]
    both = run(tmp_path, studies=both_rows, protocol=protocol).pooled
    assert set(one["pool_id"]) == {"mood__RR"}
    assert set(both["pool_id"]) == {"mood__RR", "mood"}


# --- trace ----------------------------------------------------------------------------------------


def test_a_trace_says_as_many_rows_as_its_filter_picks(tmp_path: Path) -> None:
    rows = [study("S1", "x"), study("S2", "y", "", ""), study("S3", "z", review_id="gone")]
    effects = [effect("E1"), effect("E2", "gone"), effect("E3", is_subgroup="yes")]
    found = run(tmp_path, effects, rows).figures.lines
    for key in ("synthesis.pooled.harm.REML.estimate", "synthesis.study.harm.k_studies"):
        assert found[key]["rows"] == "outcome=harm [3 rows]"
    assert found["synthesis.effects"]["rows"] == "all [3 rows]"
    assert found["synthesis.effects"]["value"] == 2


def test_every_changed_figure_names_the_changed_row(tmp_path: Path) -> None:
    rows = [study("S1", "x"), study("S2", "x", "0.4"), study("S3", "y", "-0.1")]
    after = [*rows[:2], study("S3", "y", "-0.2")]
    effects = [effect("E1", k="3"), effect("E2", "b")]
    changed_effects = [effect("E1", k="3"), effect("E2", "b", ci_high="0.48")]
    one = run(tmp_path, effects, rows).figures.lines
    two = run(tmp_path, changed_effects, after).figures.lines
    changed = [key for key in one if one[key]["value"] != two[key]["value"]]
    assert "synthesis.pooled.harm.REML_HK.estimate" in changed
    assert "synthesis.effects.E2.ci_high" in changed
    for key in changed:
        named = zip(one[key]["file"].split(";"), split_rows(one[key]["rows"]), strict=True)
        assert any(
            matches(condition, *((after[2], 4) if name == STUDIES else (changed_effects[1], 3)))
            for name, condition in named
        ), key
    assert not any(".E1." in key for key in changed)


def test_the_command_writes_its_tables(tmp_path: Path) -> None:
    protocol = tmp_path / "protocol.yaml"
    protocol.write_text("title: T\noutcomes: [{id: mood, label: Mood, better_when: higher}]\n")
    reviews = table(
        tmp_path / "reviews.csv", [{"review_id": "a", "first_author": "A", "year": "2020"}]
    )
    effects = table(tmp_path / "effects.csv", [effect("E1"), effect("E2", estimate="0.2")])
    grades = table(tmp_path / "overall.csv", [{"review_id": "a", "final": "low", "final_set": ""}])
    out = tmp_path / "synthesis"
    words = ["synthesis", "--protocol", protocol, "--reviews", reviews, "--effects", effects,
             "--study-effects", "--out", out]  # fmt: skip
    assert main([str(w) for w in words]) == 0
    assert sorted(p.name for p in out.iterdir()) == [
        "by_quality.csv", "choice_losses.csv", "choices.csv", "chosen_results.csv",
        "discordance.csv", "effects.csv", "equivalents.csv", "figures.csv",
        "left_out_by_quality.csv", "pooled.csv", "pooled_by_rule.csv", "problems.csv",
        "repooled.csv", "results_by_rule.csv", "same_results.csv", "shared_results.csv",
        "study_averages.csv", "supplement.csv",
    ]  # fmt: skip
    words = ["forest", "--protocol", protocol, "--effects", out / "effects.csv", "--pooled",
             out / "pooled.csv", "--studies", out / "study_averages.csv", "--reviews", reviews,
             "--appraisal", grades, "--kinds", "forest", "--limits", "SMD=-1,1", "--out",
             tmp_path / "forest"]  # fmt: skip
    assert main([str(w) for w in words]) == 0
    index = tables.read_result(tmp_path / "forest" / "index.csv")
    assert list(index["stem"]) == ["mood__SMD__reviews"] and list(index["n_rows"]) == ["2"]
    words[words.index("SMD=-1,1")] = "SMD=1"
    assert main([str(w) for w in words]) == 2


@pytest.mark.shared
def test_the_study_averages_of_the_second_example(shared: Path, tmp_path: Path) -> None:
    folder = shared / "example" / "depression-prevention"
    with (folder / "study_effects.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            {
                "study_effect_id": row["effect_id"],
                "study_id": row["study_id"],
                "review_id": "this_overview",
                "outcome": row["outcome"],
                "measure": {"log_RR": "RR", "SMD_g": "SMD"}[row["measure"]],
                "yi": row["yi"],
                "vi": row["vi"],
            }
            for row in csv.DictReader(file)
        ]
    protocol = {"title": "T", "synthesis": PROTOCOL["synthesis"]}
    found = run(tmp_path, studies=rows, protocol=protocol).pooled
    main_rows = found[found["main"] == "yes"].set_index("outcome")
    with (folder / "computed_effects.csv").open(encoding="utf-8", newline="") as file:
        wanted = [r for r in csv.DictReader(file) if r["model"] == "study_average_rho0.8_REML_HK"]
    assert len(wanted) == 3
    for row in wanted:
        ours = main_rows.loc[row["outcome"]]
        for column in ("estimate", "se", "ci_low", "ci_high"):
            assert abs(ours[column] - float(row[column])) < 2e-6
        # the table was made with R's default stop, which is coarser in tau²
        for column in ("pi_low", "pi_high", "tau2"):
            assert abs(ours[column] - float(row[column])) < 2e-5
        assert ours["k_studies"] == int(row["k_studies"])
        assert ours["k_effects"] == int(row["k_effects"])
    converged = [-0.37551526, -0.12771586, -0.06227414]
    found_values = [main_rows.loc[row["outcome"], "estimate"] for row in wanted]
    assert [round(v, 8) for v in found_values] == converged
