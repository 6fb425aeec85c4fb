"""Over reviews: results pooled again and explained, each trial once, effects on common scales."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie import tables
from parapluie.cli import main
from parapluie.effects import mantel_haenszel, pool
from parapluie.effects.robust import robust_variance
from parapluie.errors import InputError
from parapluie.measures import MEASURES
from parapluie.synthesis.double_counting import COUNTED_TWICE, RULES, Reviews, choices, once
from parapluie.synthesis.equivalents import Baseline, equivalent
from parapluie.synthesis.pooling import Z
from parapluie.synthesis.reproduce import Studies, by_all_ways, words_of
from parapluie.synthesis.stage import Result, Sources, synthesise
from parapluie.trace import resolve
from tests.golden_numbers import SETS, golden, method_of
from tests.unit.test_synthesis import EFFECTS, PROTOCOL, STUDIES, effect, study, table

Row = dict[str, str]
COLUMNS = ("estimate", "ci_low", "ci_high")


def run(
    folder: Path, effects: list[Row], studies: list[Row] | None = None,
    findings: list[Row] | None = None, synthesis: dict[str, Any] | None = None,
    reviews: list[Row] | None = None, outcomes: list[dict[str, Any]] | None = None,
) -> Result:  # fmt: skip
    """Run the stage on rows as text."""
    files = {"effects": effects, "study_effects": studies, "findings": findings}
    paths = {
        name: table(folder / f"{name}.csv", rows) if rows else None for name, rows in files.items()
    }
    frames = {name: tables.read(path, f"extraction/{name}", f"data/extraction/{name}.csv")
              for name, path in paths.items()}  # fmt: skip
    texts = {name: tables.read_text(path).rows if path else [] for name, path in paths.items()}
    protocol = {**PROTOCOL, "synthesis": PROTOCOL["synthesis"] | (synthesis or {})}
    if outcomes:
        protocol["outcomes"] = outcomes
    return synthesise(
        Sources(
            protocol=protocol,
            reviews=pd.DataFrame(reviews or [{"review_id": "a"}, {"review_id": "b"}]),
            effects=frames["effects"], study_effects=frames["study_effects"],
            effects_text=texts["effects"], study_effects_text=texts["study_effects"],
            effects_file=EFFECTS if effects else "",
            study_effects_file=STUDIES if studies else "",
            findings=frames["findings"], findings_file="data/extraction/findings.csv",
        )
    )  # fmt: skip


# --- pooled again: what R prints is recognised ----------------------------------------------------

FITS = golden("meta_fits")
R_WAYS = {"z": "z", "knha": "HK", "t": "t", "adhoc": "HK_floor"}
RECOGNISED = ("bcg_RR", "bcg_OR", "lee2004_OR", "normand1999_SMD", "hackshaw1998_GEN")
OURS = {"RR": "RR", "OR": "OR", "SMD": "SMD", "GEN": "MD"}


def fit_of_r(name: str, fit: str) -> dict[str, float]:
    return dict(zip(FITS["fields"], FITS["sets"][name]["fits"][fit], strict=True))


def as_review_prints(name: str, fit: str, places: int, **cells: str) -> Row:
    """Give a result of R as a review would print it."""
    measure = MEASURES[OURS[name.rsplit("_", 1)[1]]]
    numbers = fit_of_r(name, fit)
    ends = [measure.to_natural(numbers[c]) for c in ("beta", "ci_lb", "ci_ub")]
    printed = {c: f"{x:.{places}f}" for c, x in zip(COLUMNS, ends, strict=True)}
    return effect("E1", measure=measure.code, k=str(int(numbers["k"])), **printed) | cells


def studies_of(name: str, review: str = "a", **cells: str) -> list[Row]:
    measure = OURS[name.rsplit("_", 1)[1]]
    pairs = zip(SETS[name]["yi"], SETS[name]["vi"], strict=True)
    return [
        study(f"S{i}", f"s{i}", repr(y), repr(v), review_id=review, outcome="mood", measure=measure)
        | cells
        for i, (y, v) in enumerate(pairs)
    ]  # fmt: skip


def again(folder: Path, printed: Row, studies: list[Row], **options: Any) -> dict[str, Any]:
    found = run(folder, [printed], studies, **options).repooled
    (row,) = found.to_dict("records")
    return {str(c): x for c, x in row.items()}


@pytest.mark.parametrize("name", RECOGNISED)
def test_the_method_of_a_printed_result_is_recognised(tmp_path: Path, name: str) -> None:
    """R's numbers, rounded to four places, as the print; and the same with a wrong end."""
    fits = [f"{m}.{t}" for m in ("FE", "DL", "REML", "PM") for t in R_WAYS]
    printed, studies = [], []
    for i, fit in enumerate(fits):
        for kind, cells in (("right", {}), ("wrong", {"ci_high": "99"})):
            effect_id = f"{kind}{i:02}"
            printed.append(as_review_prints(name, fit, 4, **cells) | {"effect_id": effect_id})
            studies += [
                row | {"effect_id": effect_id, "study_effect_id": f"{effect_id}{row['study_id']}"}
                for row in studies_of(name)
            ]
    found = run(tmp_path, printed, studies, synthesis={"ci": "z"}).repooled.set_index("effect_id")
    for i, fit in enumerate(fits):
        method, test = fit.split(".")
        row, way = found.loc[f"right{i:02}"], words_of(method_of(method), R_WAYS[test])
        assert row["status"] in ("agrees", "method") and way in row["reproduced_by"].split(";"), fit
        assert bool(row["explanation"]) is (row["status"] == "method")
        wrong = found.loc[f"wrong{i:02}"]
        assert wrong["status"] in ("slip", "not_explained") and wrong["reproduced_by"] == ""


@pytest.mark.parametrize("name", RECOGNISED)
def test_the_method_of_the_protocol_agrees(tmp_path: Path, name: str) -> None:
    row = again(tmp_path, as_review_prints(name, "REML.knha", 2), studies_of(name))
    assert (row["status"], row["explanation"]) == ("agrees", "")
    fit = fit_of_r(name, "REML.knha")
    assert math.isclose(row["yi"], fit["beta"], rel_tol=1e-6)
    assert math.isclose(row["se"], fit["se"], rel_tol=1e-6)
    assert abs(row["difference"]) <= 0.01 and row["k_studies"] == fit["k"]


def test_mantel_haenszel_is_recognised(tmp_path: Path) -> None:
    cells = golden("escalc")["bcg_OR"]["cells"]
    a, b, c, d = (np.array(cells[x]) for x in ("ai", "bi", "ci", "di"))
    found = mantel_haenszel(a, b, c, d, "OR")
    ends = [math.exp(x) for x in (found.estimate, found.ci_low, found.ci_high)]
    printed = effect("E1", measure="OR", k="13",
                     **{col: f"{x:.3f}" for col, x in zip(COLUMNS, ends, strict=True)})  # fmt: skip
    rows = studies_of("bcg_OR")
    for i, row in enumerate(rows):
        row |= {x: f"{cells[x][i]:g}" for x in ("ai", "bi", "ci", "di")}
    row = again(tmp_path, printed, rows)
    assert row["status"] == "method"
    assert row["reproduced_by"] == "common effect (Mantel-Haenszel), normal interval"


WITHOUT_ZEROS = ("bcg_OR", "bcg_RD", "bcg_RR", "hine1989_OR", "hine1989_RD", "hine1989_RR",
                 "lee2004_OR", "lee2004_RR")  # fmt: skip


@pytest.mark.parametrize("name", WITHOUT_ZEROS)
def test_random_effects_about_mantel_haenszel_like_meta(name: str) -> None:
    """R's meta 8.0-2, ``metabin(method="MH")``: Q is taken about the estimate of MH."""
    cells = {c: np.array(x, dtype=float) for c, x in golden("escalc")[name]["cells"].items()}
    cells.setdefault("bi", cells.get("n1i", cells["ai"]) - cells["ai"])
    cells.setdefault("di", cells.get("n2i", cells["ci"]) - cells["ci"])
    yi, vi = (np.array(SETS[name][c], dtype=float) for c in ("yi", "vi"))
    names = tuple(str(i) for i in range(yi.size))
    found = by_all_ways([Studies(yi, vi, names, "", name.split("_")[1], cells)])
    way = "random effects (DerSimonian-Laird about Mantel-Haenszel), normal interval"
    estimate, low, high = found.ends[found.words.index(way), 0]
    wanted = golden("meta_bias_metabias")["metabin_random"][name]
    assert math.isclose(estimate, wanted[0], rel_tol=1e-9)
    assert math.isclose((high - low) / 2 / Z, wanted[1], rel_tol=1e-9)


def test_a_study_that_the_review_left_out_is_named(tmp_path: Path) -> None:
    y, v = np.array(SETS["bcg_RR"]["yi"]), np.array(SETS["bcg_RR"]["vi"])
    rest = np.arange(13) != 7
    fit = pool(y[rest], v[rest], "DL", "z")
    ends = [math.exp(x) for x in (fit.estimate, fit.ci_low, fit.ci_high)]
    numbers = {c: f"{x:.3f}" for c, x in zip(COLUMNS, ends, strict=True)}
    printed = effect("E1", measure="RR", k="12", **numbers)
    row = again(tmp_path, printed, studies_of("bcg_RR"))
    assert row["status"] == "study_set"
    assert row["explanation"] == (
        "printed without s7, by: random effects (DerSimonian-Laird), normal interval; "
        "the review pooled 12 results, 13 are extracted"
    )
    fewer = again(tmp_path, printed | {"k": "15"}, studies_of("bcg_RR"))
    assert (fewer["status"], fewer["explanation"]) == (
        "study_set", "the review pooled 15 results, 13 are extracted",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (lambda e, lo, hi: (1 / e, 1 / hi, 1 / lo), "the ratio is the other way round"),
        (lambda e, lo, hi: (math.log(e), math.log(lo), math.log(hi)), "logarithms are printed"),
        (lambda e, lo, hi: (e, lo, hi + 0.3), "ci_high is printed as 1.026, and is 0.726 by"),
        (lambda e, lo, hi: (e + 0.05, lo, hi), "estimate is printed as 0.539, and is 0.489 by"),
    ],
)
def test_slips_are_named(tmp_path: Path, change: Any, wanted: str) -> None:
    y, v = SETS["bcg_RR"]["yi"], SETS["bcg_RR"]["vi"]
    fit = pool(y, v, "REML", "HK")
    ends = change(*(math.exp(x) for x in (fit.estimate, fit.ci_low, fit.ci_high)))
    if min(ends) < 0:
        ends = tuple(-x for x in ends) if max(ends) < 0 else ends
    numbers = {c: f"{x:.3f}" for c, x in zip(COLUMNS, ends, strict=True)}
    rows = studies_of("bcg_RR")
    if "logarithms" in wanted:
        # ratios above 1, so that their logarithms look like ratios
        rows = [r | {"yi": repr(-float(r["yi"]))} for r in rows]
        numbers = {
            c: f"{-math.log(x):.3f}"
            for c, x in zip(
                ("estimate", "ci_high", "ci_low"),
                (math.exp(x) for x in (fit.estimate, fit.ci_low, fit.ci_high)),
                strict=True,
            )
        }
        numbers = {c: numbers[c] for c in COLUMNS}
    row = again(tmp_path, effect("E1", measure="RR", k="13", **numbers), rows)
    assert row["status"] == "slip" and row["explanation"].startswith(wanted), row["explanation"]


def test_what_nothing_explains_names_the_nearest_way(tmp_path: Path) -> None:
    printed = effect("E1", measure="RR", estimate="0.30", ci_low="0.20", ci_high="0.45", k="13")
    row = again(tmp_path, printed, studies_of("bcg_RR"))
    assert row["status"] == "not_explained" and row["explanation"].startswith("nearest: ")
    assert row["reproduced_by"] == "" and row["difference_in_se"] > 1


def test_several_results_of_a_study_may_have_been_taken_as_studies(tmp_path: Path) -> None:
    rows = studies_of("bcg_RR")
    rows[1]["study_id"] = "s0"
    fit = fit_of_r("bcg_RR", "DL.z")
    row = again(tmp_path, as_review_prints("bcg_RR", "DL.z", 3), rows)
    assert row["status"] == "method" and (row["k_studies"], row["k_effects"]) == (12, 13)
    assert row["explanation"] == (
        "printed by: random effects (DerSimonian-Laird), normal interval, "
        "each result taken as a study of its own"
    )
    assert fit["k"] == row["k_printed"]


def test_results_without_studies_say_why(tmp_path: Path) -> None:
    printed = [
        effect("E1", measure="RR"),
        effect("E2", "b", measure="RR"),
        effect("E3", "b", measure="RR", outcome="harm", estimate="", ci_low="", ci_high=""),
    ]
    two = [study("S1", "x", review_id="b"), study("S2", "y", review_id="b")]
    found = run(tmp_path, printed, two).repooled.set_index("effect_id")
    assert list(found["status"]) == ["not_available"] * 3
    assert found.loc["E1", "explanation"].startswith("not_available: the results of the review's")
    assert found.loc["E3", "explanation"] == "not_available: the review prints no estimate"
    assert found.loc["E3", "k_studies"] == 2 and not math.isnan(found.loc["E3", "yi"])


def test_rows_that_may_belong_to_two_results_belong_to_none(tmp_path: Path) -> None:
    printed = [effect("E1", measure="RR", timepoint="post"),
               effect("E2", measure="RR", timepoint="6 months")]  # fmt: skip
    rows = studies_of("bcg_RR")
    found = run(tmp_path, printed, rows).repooled
    assert list(found["status"]) == ["not_available"] * 2
    assert "may belong to this or to E2" in found["explanation"].iloc[0]
    timed = run(tmp_path, printed, [r | {"timepoint": "post"} for r in rows]).repooled
    assert list(timed["k_effects"]) == [13, 0]
    named = run(tmp_path, printed, [r | {"effect_id": "E2"} for r in rows]).repooled
    assert list(named["k_effects"]) == [0, 13]


def test_a_link_to_a_result_of_another_review_is_a_fault(tmp_path: Path) -> None:
    rows = [r | {"effect_id": "E9"} for r in studies_of("bcg_RR")[:2]]
    with pytest.raises(InputError) as caught:
        run(tmp_path, [effect("E1", measure="RR"), effect("E9", "b", measure="RR")], rows)
    assert [(p.row, p.column) for p in caught.value.problems] == [
        (2, "effect_id"),
        (3, "effect_id"),
    ]


# --- each trial once ------------------------------------------------------------------------------

REVIEWS = [
    {"review_id": "a", "search_end": "2019-05", "year": "2020"},
    {"review_id": "b", "search_end": "", "year": "2022"},
    {"review_id": "c", "search_end": "2021-01-31", "year": "2021"},
]


def trial(name: str, review: str, study_id: str, yi: str = "0.2", n: str = "") -> Row:
    return study(name, study_id, yi, "0.04", review_id=review, n1i=n, n2i=n)


SHARED = [
    trial("S1", "a", "x", "0.20", "50"),
    trial("S2", "b", "x", "0.30", "40"),
    trial("S3", "b", "x", "0.50", "40"),
    trial("S4", "a", "y"),
    trial("S5", "a", "z"),
    trial("S6", "c", "z", "0.40", "90"),
    trial("S7", "b", "w"),
]


def shared_run(folder: Path, **synthesis: Any) -> Result:
    return run(folder, [], SHARED, synthesis=synthesis, reviews=REVIEWS)


@pytest.mark.parametrize(
    ("rule", "dropped", "why"),
    [
        # b has no date of a search, so its year stands for it
        ("most_recent", {"S1", "S5"}, "the review with the latest search (searched 2022)"),
        ("most_studies", {"S2", "S3", "S6"},
         "the review with most studies for the outcome (3 studies)"),
        ("most_participants", {"S2", "S3", "S5"},
         "the source with most participants of the study (100 participants)"),
        ("review_order", {"S1", "S5"}, "the first of the reviews in the order of the protocol"),
    ],
)  # fmt: skip
def test_each_trial_is_pooled_once(
    tmp_path: Path, rule: str, dropped: set[str], why: str
) -> None:  # fmt: skip
    found = shared_run(tmp_path, trials_once=rule, review_order=["c", "b", "a"])
    chosen = found.chosen_results
    assert set(chosen["study_id"]) == {"x", "z"} and set(chosen["rule"]) == {rule}
    assert set(chosen.loc[chosen["kept"] == "no", "study_effect_id"]) == dropped
    kept = chosen[(chosen["study_id"] == "x") & (chosen["kept"] == "yes")]
    assert kept["why"].iloc[0].startswith(why)
    assert all(chosen.loc[chosen["kept"] == "no", "why"].str.contains("is taken: "))
    averages = found.study_averages.set_index("study_id")
    assert list(averages.index) == ["w", "x", "y", "z"]
    assert all(";" not in reviews for reviews in averages["review_ids"])
    assert set(found.pooled["k_studies"]) == {4}
    assert found.figures.lines["synthesis.shared_studies"]["value"] == 2
    assert found.figures.lines["synthesis.dropped_results"]["value"] == len(dropped)


def test_the_rule_of_an_order_needs_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"synthesis\.review_order"):
        shared_run(tmp_path, trials_once="review_order")
    found = shared_run(tmp_path, review_order=["c"]).pooled_by_rule
    assert set(found["rule"]) == {*RULES, COUNTED_TWICE}


def test_how_far_the_sources_of_a_trial_are_apart(tmp_path: Path) -> None:
    chosen = shared_run(tmp_path).chosen_results.set_index("study_effect_id")
    # b prints 0.3 and 0.5 for study x, a prints 0.2
    assert math.isclose(chosen.loc["S1", "yi_kept"], 0.4)
    assert math.isclose(chosen.loc["S1", "difference"], -0.2)
    assert math.isclose(chosen.loc["S1", "difference_in_se"], -1.0)
    assert chosen.loc["S2", "sources"] == "a;b"


def test_what_the_overview_took_itself_comes_first(tmp_path: Path) -> None:
    rows = [trial("S1", "a", "x", n="99"), trial("S2", "this_overview", "x"), trial("S3", "b", "y")]
    chosen = run(tmp_path, [], rows, reviews=REVIEWS).chosen_results.set_index("study_effect_id")
    assert list(chosen["kept"]) == ["no", "yes"]
    assert chosen.loc["S2", "why"] == "the overview took it from the study itself"


def test_ties_go_down_a_chain_that_is_named(tmp_path: Path) -> None:
    same = [{"review_id": r, "search_end": "2020", "year": ""} for r in ("a", "b")]
    rows = [trial("S1", "a", "x"), trial("S2", "b", "x"), trial("S3", "b", "y")]
    chosen = run(tmp_path, [], rows, reviews=same).chosen_results.set_index("study_effect_id")
    assert chosen.loc["S2", "why"] == (
        "the review with most studies for the outcome (2 studies), after a tie in most_recent"
    )
    even = run(tmp_path, [], rows[:2], reviews=same).chosen_results.set_index("study_effect_id")
    assert even.loc["S1", "why"].startswith("the first by name, after a tie in most_recent, ")


def test_what_another_rule_would_give_is_shown(tmp_path: Path) -> None:
    found = shared_run(tmp_path, trials_once="most_studies", ci="z").pooled_by_rule
    assert list(found["rule"]) == ["most_recent", "most_studies", "most_participants",
                                   COUNTED_TWICE]  # fmt: skip
    assert list(found["used"]) == ["no", "yes", "no", "no"]
    by = found.set_index("rule")
    assert list(by["k_studies"]) == [4, 4, 4, 6] and set(by["shared_studies"]) == {2}
    assert by.loc[COUNTED_TWICE, "note"].startswith("wrong: shared studies count more than once")
    assert by.loc[COUNTED_TWICE, "se"] < by.loc["most_studies", "se"]
    y, v = [0.2, 0.2, 0.2, 0.2], [0.04] * 4
    assert math.isclose(by.loc["most_studies", "yi"], pool(y, v, "REML", "z").estimate)


def test_no_trial_shared_no_choice(tmp_path: Path) -> None:
    found = run(tmp_path, [], SHARED[3:5])
    assert len(found.chosen_results) == len(found.pooled_by_rule) == 0
    assert found.figures.lines["synthesis.shared_studies"]["value"] == 0
    nothing = run(tmp_path, [effect("E1")])
    assert nothing.figures.lines["synthesis.shared_studies"]["absent_reason"]


rows_of_trials = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("wxyz"), st.floats(-1, 1)),
    min_size=1, max_size=12,
)  # fmt: skip


@given(rows_of_trials, st.sampled_from(sorted(RULES)))
def test_no_trial_is_ever_pooled_twice_or_lost(
    rows: list[tuple[str, str, float]], rule: str
) -> None:
    studies = pd.DataFrame(
        [
            {"study_effect_id": f"S{i}", "outcome": "harm", "measure": "SMD", "study_id": s,
             "review_id": r, "yi": y, "vi": 0.04}
            for i, (r, s, y) in enumerate(rows)
        ]
    )  # fmt: skip
    known = Reviews.of(pd.DataFrame(REVIEWS), {})
    chosen = choices(studies, known, rule)
    left = once(studies, chosen)
    assert set(left["study_id"]) == {s for _, s, _ in rows}
    assert left.groupby("study_id")["review_id"].nunique().max() == 1
    assert len(left) + int((chosen["kept"] == "no").sum()) == len(rows)
    turned = once(studies, choices(studies[::-1], known, rule))
    assert set(turned["study_effect_id"]) == set(left["study_effect_id"])


# --- robust variance estimation in the stage ------------------------------------------------------


def test_several_results_of_a_study_are_pooled_robustly_too(tmp_path: Path) -> None:
    found = run(tmp_path, [], SHARED, reviews=REVIEWS)
    line = found.pooled.set_index("method").loc["RVE"]
    kept = [r for r in SHARED if r["study_effect_id"] not in ("S1", "S5")]
    yi, vi = ([float(r[c]) for r in kept] for c in ("yi", "vi"))
    alone = robust_variance(yi, vi, [r["study_id"] for r in kept], rho=0.8)
    assert (line["estimate"], line["k_studies"], line["k_effects"]) == (alone.estimate, 4, 5)
    assert line["ci_method"].startswith("robust (CR2), t(") and "too few" in line["ci_method"]
    assert line["main"] == "no" and line["r"] == 0.8
    figure = found.figures.lines["synthesis.pooled.harm.RVE.i2"]
    assert figure["absent_reason"].startswith("does not apply: robust variance estimation")


# --- common scales --------------------------------------------------------------------------------

K = math.pi / math.sqrt(3)


def test_equivalents_by_hand() -> None:
    ratio = (math.log(2), math.log(1), math.log(4))
    g = equivalent(ratio, "OR", "SMD", Baseline(), turn=False)
    assert math.isclose(g.estimate, math.log(2) / K) and g.low == 0.0
    assert g.path == "OR to SMD" and "logistic" in g.supposes
    risk = equivalent(ratio, "OR", "RR", Baseline(0.25), turn=False)
    # odds 1/3 twice are 2/3, a risk of 0.4
    assert math.isclose(risk.estimate, 0.4 / 0.25) and math.isclose(risk.low, 1.0)
    odds = equivalent((0.5, 0.2, 0.8), "SMD", "OR", Baseline(), turn=False)
    assert math.isclose(odds.estimate, math.exp(0.5 * K))
    same = equivalent((0.5, 0.2, 0.8), "SMD", "SMD", Baseline(), turn=True)
    assert (same.estimate, same.low, same.high) == (-0.5, -0.8, -0.2)


def test_a_risk_ratio_is_turned_round_on_the_common_scale() -> None:
    halved = (math.log(0.5), math.log(0.25), math.log(0.8))
    found = equivalent(halved, "RR", "RR", Baseline(0.2), turn=True)
    # risk 0.1 against 0.2: odds 1/9 against 1/4, ratio 4/9; turned 9/4 at odds 1/4 is 9/16
    assert math.isclose(found.estimate, (9 / 25) / 0.2)
    assert found.low < found.estimate < found.high and "turned round" in found.path
    assert equivalent(halved, "RR", "RR", Baseline(), turn=True).reason.startswith("not_available")
    taken = equivalent(halved, "RR", "SMD", Baseline(), turn=True)
    assert math.isclose(taken.estimate, -math.log(0.5) / K)
    assert taken.supposes.startswith("the risk ratio is taken for an odds ratio")


@pytest.mark.parametrize("measure", sorted(MEASURES))
@pytest.mark.parametrize("target", ("SMD", "OR", "RR"))
def test_every_measure_has_an_equivalent_or_a_reason(measure: str, target: str) -> None:
    found = equivalent((0.2, 0.1, 0.3), measure, target, Baseline(0.3), turn=False)
    assert bool(found.reason) is math.isnan(found.estimate)
    if not found.reason:
        assert found.low < found.estimate < found.high and found.path
    back = equivalent((0.2, 0.1, 0.3), measure, target, Baseline(), turn=False)
    assert bool(back.reason) is math.isnan(back.estimate)


def test_equivalents_stand_in_the_direction_of_the_outcome(tmp_path: Path) -> None:
    rows = [
        effect("E1"),
        effect("E2", estimate="-0.24", ci_low="-0.46", ci_high="-0.02", better_when="lower"),
        effect("E3", measure="RR", estimate="0.50", ci_low="0.25", ci_high="0.80",
               better_when="lower"),
        effect("E4", measure="OR", estimate="0.50", ci_low="0.25", ci_high="0.80",
               better_when="lower"),
        effect("E5", measure="MD"),
        effect("E6", ci_low="", ci_high=""),
    ]  # fmt: skip
    outcomes = [{"id": "mood", "label": "Mood", "better_when": "higher", "baseline_risk": 0.2,
                 "baseline_source": "control arms"}]  # fmt: skip
    found = run(tmp_path, rows, outcomes=outcomes)
    table_ = found.equivalents.set_index("id")
    assert set(table_["level"]) == {"effect"} and set(table_["baseline_risk"]) == {0.2}
    assert math.isclose(table_.loc["E1", "eg"], table_.loc["E2", "eg"])
    assert (table_.loc[["E1", "E2", "E3", "E4"], "eg"] > 0).all()
    assert table_.loc["E3", "direction"] == "turned on the common scale"
    assert math.isclose(table_.loc["E4", "eor"], 2.0)
    assert table_.loc["E5", "eg_reason"] == "not_available: from MD to SMD one needs n1, n2, sd too"
    lines = found.figures.lines
    assert lines["synthesis.equivalents.effect.E5.eg"]["absent_reason"]
    assert lines["synthesis.equivalents.effect.E6.eg_low"]["absent_reason"]
    assert "supposes: " in lines["synthesis.equivalents.effect.E1.eor"]["rule"]


def test_planned_pooled_results_have_equivalents(tmp_path: Path) -> None:
    found = run(tmp_path, [], studies_of("bcg_RR", "this_overview"))
    (row,) = found.equivalents.to_dict("records")
    main_row = found.pooled[found.pooled["main"] == "yes"].iloc[0]
    assert (row["level"], row["id"]) == ("pooled", "mood")
    assert math.isclose(row["err"], main_row["natural_estimate"])
    assert math.isclose(row["eg"], main_row["estimate"] / K)


# --- checks of extracted numbers in the stage -----------------------------------------------------


def said(name: str, result: str, **cells: str) -> Row:
    usual = {"review_id": "a", "outcome": "mood", "evidence": "meta-analysis",
             "timepoint_class": "post"}  # fmt: skip
    return {"finding_id": name, "result": result} | usual | cells


def checked(found: Result) -> list[tuple[str, str]]:
    rows = found.problems[found.problems["kind"] == "consistency"]
    return list(zip(rows["effect_id"], rows["check"], strict=True))


def test_findings_that_contradict_the_numbers(tmp_path: Path) -> None:
    one = [effect("E1", timepoint_class="post")]
    found = run(tmp_path, one, findings=[said("F1", "no_effect")])
    assert checked(found) == [("E1", "interval against words")]
    assert found.problems["columns"].iloc[0] == "ci_low;ci_high;findings F1"
    line = found.figures.lines["synthesis.problems.E1.interval_against_words.printed"]
    assert line["file"].split(";") == [EFFECTS, "data/extraction/findings.csv"]
    assert checked(run(tmp_path, one, findings=[said("F1", "worsened")])) == [
        ("E1", "sign against words")
    ]
    silent = [
        [said("F1", "improved")],
        [said("F1", "no_effect", timepoint_class="follow-up")],
        [said("F1", "no_effect", evidence="narrative")],
        [said("F1", "no_effect"), said("F2", "improved")],
        [said("F1", "no_effect", outcome="harm")],
    ]
    assert [checked(run(tmp_path, one, findings=f)) for f in silent] == [[]] * len(silent)
    own = [effect("E1", timepoint_class="post", result_as_reported="improved")]
    assert checked(run(tmp_path, own, findings=[said("F1", "no_effect")])) == []


def test_results_of_studies_are_checked_too(tmp_path: Path) -> None:
    usual = {"yi": "", "vi": "", "measure": "RR"}
    rows = [
        study("S1", "x", estimate="0.80", ci_low="0.49", ci_high="0.96", **usual),
        study("S2", "y", estimate="0.69", ci_low="0.49", ci_high="0.96", **usual),
        study("S3", "z", estimate="0.69", ci_low="0.49", ci_high="0.96", **usual)
        | {"yi": "-0.73", "vi": "0.03"},
        study("S4", "w", estimate="0.80", ci_low="0.49", ci_high="0.96", ci_level="90", **usual),
    ]
    found = run(tmp_path, [], rows)
    assert checked(found) == [("S1", "symmetry of the interval"), ("S3", "yi against estimate")]
    assert (
        found.figures.lines["synthesis.problems.S1.symmetry_of_the_interval.printed"]["file"]
        == STUDIES
    )
    assert found.figures.lines["synthesis.problems"]["absent_reason"]


def test_weights_are_checked_where_all_are_there(tmp_path: Path) -> None:
    def weighed(*cells: str, link: str = "E1") -> list[Row]:
        return [
            study(f"S{i}", f"s{i}", review_id="a", outcome="mood", effect_id=link, weight_percent=c)
            for i, c in enumerate(cells)
        ]

    three = [effect("E1", measure="RR", k="3", estimate="1.20", ci_low="1.00", ci_high="1.44")]
    assert checked(run(tmp_path, three, weighed("33.3", "33.3", "33.4"))) == []
    assert checked(run(tmp_path, three, weighed("33.3", "33.3", "23.4"))) == [
        ("E1", "weights summing to 100")
    ]
    # only some of the weights: too little says nothing, too much does
    assert checked(run(tmp_path, three, weighed("33.3", "23.4"))) == []
    assert checked(run(tmp_path, three, weighed("33.3", "23.4", "", link=""))) == []
    assert checked(run(tmp_path, three, weighed("83.3", "23.4", link=""))) == [
        ("S0", "weights summing to 100")
    ]


# --- trace and command ----------------------------------------------------------------------------


def test_every_figure_ends_at_rows_in_data(tmp_path: Path) -> None:
    rows = [
        *studies_of("bcg_RR"),
        *(r | {"study_effect_id": f"T{r['study_id']}{r['yi']}"} for r in SHARED),
    ]
    found = run(tmp_path, [as_review_prints("bcg_RR", "DL.z", 2)], rows, reviews=REVIEWS)
    lines = found.figures.lines | {
        "included.reviews": {"file": "data/extraction/reviews.csv", "rows": "all", "rests_on": ""}
    }
    kinds = ("repooled", "by_rule", "equivalents", "shared_studies")
    for kind in kinds:
        keys = [k for k in found.figures.lines if k.startswith(f"synthesis.{kind}")]
        assert keys
        for key in keys:
            files = {file for file, _ in resolve(lines, key)}
            assert files & {EFFECTS, STUDIES}, key
    assert found.figures.lines["synthesis.repooled.E1.status"]["value"] == "method"
    assert found.figures.lines["synthesis.repooled_results.method"]["value"] == 1


def test_the_command_writes_what_was_compared(tmp_path: Path) -> None:
    protocol = tmp_path / "protocol.yaml"
    protocol.write_text(
        "title: T\noutcomes: [{id: mood, label: Mood, better_when: higher, baseline_risk: 0.2}]\n"
        "synthesis: {method: DL, ci: z, r: 0.5, trials_once: review_order, review_order: [b]}\n"
    )
    reviews = table(tmp_path / "reviews.csv", [{"review_id": "a"}, {"review_id": "b"}])
    effects = table(tmp_path / "effects.csv", [as_review_prints("bcg_RR", "DL.z", 2)])
    studies = table(
        tmp_path / "study_effects.csv",
        [*studies_of("bcg_RR"), study("T1", "s0", review_id="b", outcome="mood", measure="RR")],
    )
    out = tmp_path / "out"
    words = ["synthesis", "--protocol", protocol, "--reviews", reviews, "--effects", effects,
             "--study-effects", studies, "--findings", "--out", out]  # fmt: skip
    assert main([str(w) for w in words]) == 0
    (row,) = tables.read_result(out / "repooled.csv").to_dict("records")
    assert row["status"] == "agrees"
    chosen = tables.read_result(out / "chosen_results.csv").set_index("study_effect_id")
    assert dict(chosen["kept"]) == {"S0": "no", "T1": "yes"}
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    assert main([str(w) for w in words]) == 0
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before
