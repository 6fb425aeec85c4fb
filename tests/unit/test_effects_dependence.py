"""Dependent effects against metafor, clubSandwich and robumeta, and what must hold for any data."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parapluie.effects import pool
from parapluie.effects.cluster_robust import (
    CLUSTERS,
    CR0,
    CR1P,
    CR2,
    SATTERTHWAITE,
    cluster_robust,
)
from parapluie.effects.dependence import (
    composites,
    compound_symmetric,
    joined_groups,
    split_control,
)
from parapluie.effects.multivariate import multivariate
from parapluie.effects.regression import design
from parapluie.effects.robust import CORRELATED, HIERARCHICAL, robust_variance
from parapluie.effects.three_level import (
    BETWEEN,
    BOTH,
    ThreeLevelFit,
    three_level,
    variance_intervals,
    working_covariance,
)
from tests.golden_numbers import CLOSED, FLOOR, R_STOPS, apart, golden, near

Array = np.ndarray[Any, Any]
Data = tuple[Array, Array, list[str]]

GOLDEN = golden("meta_multilevel")
CASES: dict[str, Any] = GOLDEN["cases"]
BERKEY: dict[str, Any] = golden("meta_multilevel_berkey1998")["cases"]["berkey1998"]
DEPRESSION: dict[str, Any] = golden("meta_multilevel_depression")["cases"]
NAMES = ("assink2016", "knapp2017", "konstantopoulos2011")
FITS = ("REML.z", "REML.t", "ML.z", "ML.t", "REML_two_level_outer_only", "naive_rma_REML",
        "naive_rma_FE")  # fmt: skip
RHO = ("rho0.2", "rho0.5", "rho0.8")
RVE = ("CORR.rho0", "CORR.rho0.5", "CORR.rho0.8", "HIER")
COEF_TESTS = ("CR0", "CR1", "CR1S", "CR2")
AT_THE_BORDER = ("knapp2017", "rho0.8")
"""Where the variance between studies is 0, R stops at 2e-10."""


def test_the_grid_of_golden_cases_is_whole() -> None:
    assert tuple(CASES) == NAMES
    for case in CASES.values():
        assert tuple(case["fits"]) == FITS and tuple(case["CHE"]) == RHO
        assert set(case["robumeta"]) == {f"{m}.small{s}" for m in RVE for s in ("TRUE", "FALSE")}
        assert tuple(case["aggregate"]) == (*RHO, "ID")
        with_tests = [f for f in (*case["fits"].values(), *case["CHE"].values()) if "rve" in f]
        assert len(with_tests) == 7
        assert all(len(f["rve"]) == 3 + len(COEF_TESTS) for f in with_tests)
        assert [key for key, f in case["fits"].items() if "profile_ci" in f] == ["REML.z", "ML.z"]
    assert tuple(BERKEY["fits"]) == ("REML", "ML")
    assert len(DEPRESSION) == 18


def data_of(name: str) -> Data:
    case = CASES[name]
    return np.array(case["yi"]), np.array(case["vi"]), case["study"]


# --- three levels ---------------------------------------------------------------------------------

OF_THE_SEARCH = {
    "*": 1e-5, "ci_lb": 1e-4, "sigma2": 1e-4, "logLik": 1e-7, "AIC": 1e-7, "BIC": 1e-7,
    "QE": CLOSED, "QEp": 1e-5, "pval": 1e-4,
}  # fmt: skip
"""Relative, as tests/golden/README.md has them; p and the end that is nearly 0 follow from se."""
NOT_OURS = ("coef_names", "tau2", "rho", "sigma_levels", "rel_tol", "profile_ci", "I2", "rve")
"""What R adds of its own search and what is tested by itself."""


def numbers(fit: ThreeLevelFit, levels: int) -> dict[str, Any]:
    return {
        "k": fit.k, "beta": [fit.estimate], "se": [fit.se], "ci_lb": [fit.ci_low],
        "ci_ub": [fit.ci_high], "stat": [fit.statistic], "ddf": [fit.df], "pval": [fit.p],
        "sigma2": fit.sigma2[:levels], "logLik": fit.log_likelihood, "AIC": fit.aic,
        "BIC": fit.bic, "QE": fit.q, "QEp": fit.q_p, "QM": fit.statistic**2, "QMp": fit.p,
        "pi_lb": fit.pi_low, "pi_ub": fit.pi_high,
    }  # fmt: skip


def check_fit(name: str, fit: ThreeLevelFit, wanted: dict[str, Any], r: float) -> None:
    asked = {f: x for f, x in wanted.items() if f not in NOT_OURS}
    at_border = (name, f"rho{r:g}") == AT_THE_BORDER
    ours = numbers(fit, len(wanted["sigma2"]))
    assert apart(ours, asked, OF_THE_SEARCH, 1e-9 if at_border else FLOOR) == {}
    if "I2" in wanted:
        total = {"total": fit.i2_total, "per_level": fit.i2, "typical_v": fit.typical_variance}
        assert apart(total, wanted["I2"], 1e-4, 1e-6 if at_border else FLOOR) == {}
    if "rve" in wanted:
        _, v, study = data_of(name)
        check_robust(name, working_covariance(v, study, fit.sigma2, r), wanted["rve"], 1e-5)


@pytest.mark.parametrize("fit", [f for f in FITS if not f.startswith("naive")])
@pytest.mark.parametrize("name", NAMES)
def test_three_levels_like_metafor(name: str, fit: str) -> None:
    method, _, test = fit.partition(".")
    levels = BOTH if test else BETWEEN
    found = three_level(*data_of(name), method if test else "REML", test or "z", levels=levels)
    check_fit(name, found, CASES[name]["fits"][fit], 0.0)


@pytest.mark.parametrize("rho", RHO)
@pytest.mark.parametrize("name", NAMES)
def test_correlated_and_hierarchical_effects_like_metafor(name: str, rho: str) -> None:
    r = float(rho.removeprefix("rho"))
    check_fit(name, three_level(*data_of(name), r=r), CASES[name]["CHE"][rho], r)


@pytest.mark.parametrize("method", ("REML", "ML"))
@pytest.mark.parametrize("name", NAMES)
def test_profile_likelihood_intervals_like_metafor(name: str, method: str) -> None:
    wanted = CASES[name]["fits"][f"{method}.z"]["profile_ci"]
    found = variance_intervals(*data_of(name), method)
    for place, interval in enumerate(found, start=1):
        ends = [interval.estimate, interval.low, interval.high]
        assert near(ends, wanted[str(place)][f"sigma^2.{place}"], 1e-3)
        roots = [math.sqrt(x) for x in ends]
        assert near(roots, wanted[str(place)][f"sigma.{place}"], 1e-3)


def test_what_a_model_of_three_levels_cannot_tell() -> None:
    y, v = np.array([0.1, 0.5, 0.3, 0.9]), np.full(4, 0.02)
    alone = three_level(y, v, list("abcd"))
    assert alone.note.startswith("each study has one effect") and alone.sigma2[1] == 0
    assert math.isclose(alone.estimate, pool(y, v, "REML", "z").estimate, rel_tol=1e-9)
    assert math.isclose(alone.sigma2[0], pool(y, v, "REML", "z").tau2, rel_tol=1e-6)
    within = variance_intervals(y, v, list("abcd"))[1]
    assert math.isnan(within.low) and math.isnan(within.high)
    with pytest.raises(ValueError, match="two studies"):
        three_level(y, v, list("aaaa"))
    with pytest.raises(ValueError, match="no correlation"):
        three_level(y, v, list("aaab"), r=-0.6)


effects = st.lists(
    st.tuples(st.floats(-2, 2), st.floats(0.02, 1), st.sampled_from("abcde")), min_size=4,
    max_size=14,
).filter(lambda rows: len({row[2] for row in rows}) > 2).map(
    lambda rows: (np.array([r[0] for r in rows]), np.array([r[1] for r in rows]),
                  [r[2] for r in rows]))  # fmt: skip


def by_matrix(data: Data, sigma2: tuple[float, float], r: float, restricted: bool) -> float:
    """Give the log-likelihood with the whole covariance, as it is defined."""
    y, v, study = data
    k = y.size
    same = np.array([[a == b for b in study] for a in study])
    m = np.where(same, r * np.sqrt(np.outer(v, v)) + sigma2[0], 0.0)
    np.fill_diagonal(m, v + sigma2[0] + sigma2[1])
    w = np.linalg.inv(m)
    mean = w.sum(axis=0) @ y / w.sum()
    value = np.linalg.slogdet(m)[1] + (y - mean) @ w @ (y - mean)
    if not restricted:
        return float(-0.5 * (value + k * math.log(2 * math.pi)))
    value += math.log(w.sum()) - math.log(k) + (k - 1) * math.log(2 * math.pi)
    return float(-0.5 * value)


@given(effects, st.booleans(), st.sampled_from([0.0, 0.5]))
def test_no_other_variances_are_likelier(data: Data, restricted: bool, r: float) -> None:
    found = three_level(*data, "REML" if restricted else "ML", r=r)
    best = by_matrix(data, found.sigma2, r, restricted)
    assert math.isclose(best, found.log_likelihood, rel_tol=1e-9, abs_tol=1e-9)
    steps = (0.0, 0.5, 0.99, 1.01, 2.0)
    for between in [found.sigma2[0] * s for s in steps] + [0.05, 1.0]:
        for within in [found.sigma2[1] * s for s in steps] + [0.05, 1.0]:
            assert by_matrix(data, (between, within), r, restricted) <= best + 1e-7


@given(effects)
def test_the_order_of_effects_does_not_matter(data: Data) -> None:
    y, v, study = data
    one = three_level(y, v, study, r=0.3)
    other = three_level(-y[::-1], v[::-1], study[::-1], r=0.3)
    assert math.isclose(one.estimate, -other.estimate, abs_tol=1e-5)
    assert math.isclose(one.log_likelihood, other.log_likelihood, abs_tol=1e-7)


# --- cluster-robust variances ---------------------------------------------------------------------

KINDS = {
    "robust_default_adjust": (CR1P, CLUSTERS),
    "robust_no_adjust": (CR0, CLUSTERS),
    "robust_clubSandwich_CR2": (CR2, SATTERTHWAITE),
} | {f"coef_test_{kind}": (kind, SATTERTHWAITE) for kind in COEF_TESTS}


def check_robust(name: str, covariance: Any, wanted: dict[str, Any], relative: float) -> None:
    y, _, study = data_of(name)
    assert set(wanted) == set(KINDS)
    for test, numbers_ in wanted.items():
        kind, df = KINDS[test]
        fit = cluster_robust(y, covariance, study, kind=kind, df=df)
        ours = {
            "beta": fit.coefficients, "se": fit.se, "ddf": fit.df, "df": fit.df,
            "stat": fit.statistic, "tstat": fit.statistic, "pval": fit.p, "p": fit.p,
            "ci_lb": fit.ci_low, "ci_ub": fit.ci_high, "n_clusters": fit.n_clusters,
        }  # fmt: skip
        assert apart({f: ours[f] for f in numbers_}, numbers_, relative) == {}, test


@pytest.mark.parametrize("fit", ("naive_rma_REML", "naive_rma_FE"))
@pytest.mark.parametrize("name", NAMES)
def test_cluster_robust_variances_of_plain_pooling(name: str, fit: str) -> None:
    y, v, _ = data_of(name)
    method = "common" if fit.endswith("FE") else "REML"
    pooled, wanted = pool(y, v, method, "z"), CASES[name]["fits"][fit]
    relative = CLOSED if method == "common" else 1e-6
    for field, ours in (("beta", pooled.estimate), ("se", pooled.se), ("QE", pooled.q)):
        assert near(ours, wanted[field], relative)
    assert near(pooled.tau2, wanted["tau2"], 1e-5)
    check_robust(name, v + pooled.tau2, wanted["rve"], 1e-5 if method == "REML" else CLOSED)


def by_whole_matrices(y: Array, v: Array, study: list[str], x: Array) -> tuple[Array, Array]:
    """Give CR2 standard errors and degrees of freedom as they are defined, with weights not 1/v.

    Pustejovsky and Tipton 2018, equations 3, 10 and 11; nothing is cut into blocks.
    """
    phi, w = np.diag(v), np.diag(1 / (v + 0.3))
    hat = x @ np.linalg.inv(x.T @ w @ x) @ x.T @ w
    left = np.eye(y.size) - hat
    m = np.linalg.inv(x.T @ w @ x)
    total, rows = np.zeros((x.shape[1],) * 2), []
    for name in dict.fromkeys(study):
        at = np.array([s == name for s in study])
        root = np.linalg.cholesky(phi[np.ix_(at, at)]).T
        middle = root @ left[at] @ phi @ left[at].T @ root.T
        values, vectors = np.linalg.eigh(middle)
        keep = values > 1e-10 * values.max()
        half = vectors[:, keep] / np.sqrt(values[keep]) @ vectors[:, keep].T
        a = root.T @ half @ root
        g = m @ x[at].T @ w[np.ix_(at, at)] @ a @ left[at]
        rows.append(g)
        total += np.outer(g @ y, g @ y)
    df = []
    for c in range(x.shape[1]):
        p = np.array([[r[c] @ phi @ s[c] for s in rows] for r in rows])
        df.append(np.trace(p) ** 2 / (p**2).sum())
    return np.sqrt(np.diag(total)), np.array(df)


@given(effects)
def test_blocks_give_what_whole_matrices_give(data: Data) -> None:
    y, v, study = data
    x = design(np.linspace(-1, 1, y.size) ** 2)
    se, df = by_whole_matrices(y, v, study, x)
    found = cluster_robust(y, v, study, x, weights=1 / (v + 0.3))
    assert np.allclose(found.se, se, rtol=1e-6, atol=1e-9)
    assert np.allclose(found.df, df, rtol=1e-6)
    whole = cluster_robust(y, np.diag(v), study, x, weights=np.diag(1 / (v + 0.3)))
    assert np.allclose(whole.se, found.se) and np.allclose(whole.df, found.df)


def test_what_cluster_robust_variances_cannot_do() -> None:
    y, study = np.array([0.1, 0.2, 0.3]), ["a", "a", "b"]
    with pytest.raises(ValueError, match="covary"):
        cluster_robust(y, np.eye(3) + 0.1, study)
    with pytest.raises(ValueError, match="need more clusters; there are 2"):
        cluster_robust(y, np.ones(3), study, np.column_stack([np.ones(3), y]))
    assert cluster_robust(y, np.ones(3), study).few.all()


# --- one effect a study ---------------------------------------------------------------------------


def in_order_of_r(case: dict[str, Any], clusters: list[str]) -> list[int]:
    first = list(dict.fromkeys(case["study"]))
    return [first.index(cluster) for cluster in clusters]


@pytest.mark.parametrize("rho", RHO)
@pytest.mark.parametrize("name", NAMES)
def test_composites_like_aggregate(name: str, rho: str) -> None:
    wanted, r = CASES[name]["aggregate"][rho], float(rho.removeprefix("rho"))
    order = in_order_of_r(CASES[name], wanted["cluster"])
    for how, weighted in (("weighted", True), ("unweighted", False)):
        found = composites(*data_of(name), r, weighted)
        assert near(found.yi[order], wanted[f"yi_{how}"], CLOSED)
        assert near(found.vi[order], wanted[f"vi_{how}"], CLOSED)
    joined = composites(*data_of(name), r, weighted=True)
    pooled = pool(joined.yi, joined.vi, "REML", "z")
    for field, ours in (("beta", pooled.estimate), ("se", pooled.se), ("tau2", pooled.tau2)):
        assert near(ours, wanted["REML_on_weighted"][field], 1e-5, R_STOPS)


@pytest.mark.parametrize("name", NAMES)
def test_joined_groups_like_aggregate(name: str) -> None:
    wanted = CASES[name]["aggregate"]["ID"]
    found = joined_groups(*data_of(name))
    order = in_order_of_r(CASES[name], wanted["cluster"])
    assert near(found.yi[order], wanted["yi"], CLOSED)
    assert near(found.vi[order], wanted["vi"], CLOSED)


def test_a_correlation_that_cannot_be() -> None:
    assert compound_symmetric(np.array([1.0, 4.0]), 0.5)[0, 1] == 1.0
    with pytest.raises(ValueError, match="no correlation that 3 effects"):
        compound_symmetric(np.ones(3), -0.5)


def test_a_shared_control_group_is_split() -> None:
    assert split_control([90, 50], [3, 1]).tolist() == [30, 50]
    assert split_control([90], [2], events=[9]).tolist() == [4.5]


# --- robust variance estimation -------------------------------------------------------------------


@pytest.mark.parametrize("small", ("TRUE", "FALSE"))
@pytest.mark.parametrize("model", RVE)
@pytest.mark.parametrize("name", NAMES)
def test_robust_variance_estimation_like_robumeta(name: str, model: str, small: str) -> None:
    wanted = CASES[name]["robumeta"][f"{model}.small{small}"]
    kind, _, rho = model.partition(".rho")
    found = robust_variance(
        *data_of(name), model=kind, rho=float(rho or 0.8), small=small == "TRUE"
    )
    fit = found.fit
    ours = {
        "beta": fit.coefficients[0], "se": fit.se[0], "t": fit.statistic[0], "df": fit.df[0],
        "p": fit.p[0], "ci_lb": fit.ci_low[0], "ci_ub": fit.ci_high[0], "tau2": found.tau2,
        "omega2": found.omega2, "I2": found.i2, "n_studies": found.n_studies, "k": found.k,
    }  # fmt: skip
    assert apart({f: ours[f] for f in wanted}, wanted, CLOSED) == {}


@given(effects)
def test_the_moments_of_hierarchical_effects_as_they_are_defined(data: Data) -> None:
    """What both squares expect is computed with whole matrices, and solved."""
    y, v, study = data
    k = y.size
    same = np.array([[float(a == b) for b in study] for a in study])
    w, x = np.diag(1 / v), np.ones((k, 1))
    left = np.eye(k) - x @ np.linalg.inv(x.T @ w @ x) @ x.T @ w
    e = left @ y

    def expected(part: Array) -> list[float]:
        of_residuals = left @ part @ left.T
        return [float(np.trace(w @ of_residuals)), float((same * of_residuals).sum())]

    by_v, by_tau2, by_omega2 = (expected(part) for part in (np.diag(v), same, np.eye(k)))
    squares = np.array([e @ w @ e, e @ same @ e]) - by_v
    equations = np.array([by_tau2, by_omega2]).T
    if abs(np.linalg.det(equations)) < 1e-6:
        return
    omega2 = max(0.0, float(np.linalg.solve(equations, squares)[1]))
    tau2 = max(0.0, float((squares[0] - omega2 * by_omega2[0]) / by_tau2[0]))
    found = robust_variance(y, v, study, model=HIERARCHICAL)
    assert math.isclose(found.omega2, omega2, rel_tol=1e-6, abs_tol=1e-9)
    assert math.isclose(found.tau2, tau2, rel_tol=1e-6, abs_tol=1e-9)
    assert math.isnan(found.i2) and math.isnan(found.rho)


def test_what_robust_variance_estimation_cannot_do() -> None:
    y, v = np.array([0.1, 0.2, 0.4]), np.full(3, 0.1)
    with pytest.raises(ValueError, match="between 0 and 1"):
        robust_variance(y, v, list("abc"), rho=1.2)
    with pytest.raises(ValueError, match="there are 1"):
        robust_variance(y, v, list("aaa"))
    two = robust_variance(y, v, list("aab"))
    assert math.isnan(two.pi_low) and two.model == CORRELATED


# --- the second example ---------------------------------------------------------------------------

ANALYSED = ("depression_diagnosis", "depression_symptoms", "anxiety")
MODERATORS = (
    "rct", "high_rob", "baseline_smd", "secondary_school", "public_school", "united_states",
    "primary_prevention", "tau_comparator", "publication_year",
)  # fmt: skip


def example_rows(root: Path, outcome: str) -> list[dict[str, str]]:
    """Give the study effects of an outcome from the project's own copy."""
    file = root / "examples/depression-prevention/data/extraction/study_effects.csv"
    with file.open(encoding="utf-8", newline="") as text:
        return [row for row in csv.DictReader(text) if row["outcome"] == outcome]


def example_effects(rows: list[dict[str, str]]) -> Data:
    yi, vi = (np.array([float(row[c].lstrip("'")) for row in rows]) for c in ("yi", "vi"))
    return yi, vi, [row["study_id"] for row in rows]


def number(cell: str) -> float:
    words = {"yes": 1.0, "no": 0.0}
    return words[cell] if cell in words else float(cell.lstrip("'")) if cell else math.nan


@pytest.fixture(scope="module")
def printed(root: Path) -> dict[str, str]:
    """What the publication prints, by the name of the claim."""
    file = root / "examples/depression-prevention/data/claims.csv"
    with file.open(encoding="utf-8", newline="") as text:
        return {row["claim_id"]: row["printed"].lstrip("'") for row in csv.DictReader(text)}


def as_printed(value: float, text: str) -> bool:
    """Tell whether a number rounds to a printed one; trailing zeros may have been dropped."""
    places = len(text.partition(".")[2])
    return abs(value - float(text)) <= 0.5 * 10.0**-places + 1e-9


def places_of_the_report(text: str) -> str:
    """Give a printed effect with the two decimals that the report has."""
    return f"{float(text):.2f}"


@pytest.mark.parametrize("outcome", ANALYSED)
def test_the_published_pooled_effects_come_out(
    root: Path, printed: dict[str, str], outcome: str
) -> None:
    rows = example_rows(root, outcome)
    found = robust_variance(*example_effects(rows))
    natural = math.exp if outcome == "depression_diagnosis" else float
    effects_ = {
        "estimate": natural(found.estimate), "ci_low": natural(found.fit.ci_low[0]),
        "ci_high": natural(found.fit.ci_high[0]), "pi_low": natural(found.pi_low),
        "pi_high": natural(found.pi_high), "tau2": found.tau2,
    }  # fmt: skip
    for field, value in effects_.items():
        text = places_of_the_report(printed[f"pooled.{outcome}.{field}"])
        assert as_printed(value, text), (field, value, text)
    i2 = printed[f"pooled.{outcome}.i2"]
    # 70.49 is printed as 71: the one number of the three that does not come out
    assert as_printed(found.i2, i2) is (outcome != "depression_symptoms")
    assert (round(found.i2, 2), i2) == (70.49, "71") or outcome != "depression_symptoms"


@pytest.mark.parametrize("term", MODERATORS)
def test_the_published_meta_regressions_come_out(
    root: Path, printed: dict[str, str], term: str
) -> None:
    rows = [r for r in example_rows(root, "depression_symptoms") if r[term]]
    moderator = [number(row[term]) for row in rows]
    found = robust_variance(*example_effects(rows), x=design(moderator))
    numbers_ = [found.fit.coefficients[1], found.fit.ci_low[1], found.fit.ci_high[1], found.i2,
                found.tau2]  # fmt: skip
    texts = printed[f"metareg.{term}"].split("; ")
    shown = [places_of_the_report(t) if i != 3 else t for i, t in enumerate(texts)]
    agrees = [as_printed(x, t) for x, t in zip(numbers_, shown, strict=True)]
    # -0.404 is printed as -0.41
    assert agrees == [True, term != "public_school", True, True, True], (numbers_, texts)
    wanted = DEPRESSION[f"depression_symptoms.robumeta_corr_rho0.8_small_metareg.{term}"]
    ours = [found.n_studies, found.k, *numbers_[:3], found.i2, found.tau2]
    columns = ("k_studies", "k_effects", "estimate", "ci_low", "ci_high", "i2", "tau2")
    assert near(ours, [wanted[c] for c in columns], 2e-6)


@pytest.mark.parametrize("outcome", ANALYSED)
def test_the_second_example_by_three_models_like_r(root: Path, outcome: str) -> None:
    y, v, study = example_effects(example_rows(root, outcome))
    rve = robust_variance(y, v, study)
    fit = three_level(y, v, study, r=0.8)
    che = cluster_robust(y, working_covariance(v, study, fit.sigma2, 0.8), study)
    mean = composites(y, v, study, 0.8)
    average = pool(mean.yi, mean.vi, "REML", "HK", "t_k1")
    ours = {
        "robumeta_corr_rho0.8_small": {
            "estimate": rve.estimate, "se": rve.fit.se[0], "df": rve.fit.df[0],
            "ci_low": rve.fit.ci_low[0], "ci_high": rve.fit.ci_high[0], "pi_low": rve.pi_low,
            "pi_high": rve.pi_high, "i2": rve.i2, "tau2": rve.tau2,
        },
        "metafor_rma.mv_CHE_rho0.8_CR2": {
            "estimate": che.coefficients[0], "se": che.se[0], "df": che.df[0],
            "ci_low": che.ci_low[0], "ci_high": che.ci_high[0], "pi_low": math.nan,
            "pi_high": math.nan, "i2": math.nan, "tau2": sum(fit.sigma2),
        },
        "study_average_rho0.8_REML_HK": {
            "estimate": average.estimate, "se": average.se, "df": average.df_ci,
            "ci_low": average.ci_low, "ci_high": average.ci_high, "pi_low": average.pi_low,
            "pi_high": average.pi_high, "i2": average.i2, "tau2": average.tau2,
        },
    }  # fmt: skip
    for model, numbers_ in ours.items():
        wanted = DEPRESSION[f"{outcome}.{model}.intercept"]
        sizes = {"k_studies": len(mean.yi), "k_effects": y.size}
        # R's searches ended early here: tau² of averages at a change of 1e-5
        relative = {"*": 1e-6} if model.startswith("robu") else {"*": 1e-4}
        assert apart(numbers_ | sizes, wanted, relative) == {}, model


# --- several outcomes -----------------------------------------------------------------------------


@pytest.mark.parametrize("method", ("REML", "ML"))
def test_two_outcomes_like_metafor(method: str) -> None:
    wanted = BERKEY["fits"][method]
    found = multivariate(BERKEY["yi"], BERKEY["V"], BERKEY["study"], BERKEY["outcome"], method)
    order = [found.outcomes.index(name.removeprefix("outcome")) for name in wanted["coef_names"]]
    ours = {
        "k": found.k, "beta": found.estimate[order], "se": found.se[order],
        "ci_lb": found.ci_low[order], "ci_ub": found.ci_high[order],
        "stat": found.statistic[order], "ddf": [math.inf] * 2, "pval": found.p[order],
        "tau2": found.tau2[order], "rho": [found.correlation[0, 1]],
        "logLik": found.log_likelihood, "AIC": found.aic, "BIC": found.bic, "QE": found.q,
        "QEp": found.q_p, "QM": found.all_zero, "QMp": found.all_zero_p,
    }  # fmt: skip
    left = ("coef_names", "sigma2", "sigma_levels", "rel_tol")
    asked = {f: x for f, x in wanted.items() if f not in left}
    tolerance = {"*": 1e-5, "tau2": 1e-4, "logLik": 1e-7, "AIC": 1e-6, "BIC": 1e-6, "rho": 1e-4,
                 "pval": 1e-3, "QMp": 1e-3}  # fmt: skip
    assert apart(ours, asked, tolerance) == {}
    assert found.gradient < 1e-6


@given(effects)
def test_one_outcome_is_plain_pooling(data: Data) -> None:
    y, v, _ = data
    found = multivariate(y, np.diag(v), [str(i) for i in range(y.size)], ["o"] * y.size)
    pooled = pool(y, v, "REML", "z")
    assert math.isclose(found.estimate[0], pooled.estimate, rel_tol=1e-4, abs_tol=1e-5)
    assert math.isclose(found.between[0, 0], pooled.tau2, rel_tol=1e-3, abs_tol=1e-5)


def test_what_several_outcomes_cannot_be() -> None:
    with pytest.raises(ValueError, match="has an outcome twice"):
        multivariate([0.1, 0.2], np.eye(2), ["a", "a"], ["x", "x"])
    with pytest.raises(ValueError, match=r"fewer than two studies: \['y'\]"):
        multivariate([0.1, 0.2, 0.3], np.eye(3), ["a", "b", "a"], ["x", "x", "y"])


# --- the reference files themselves ---------------------------------------------------------------


@pytest.mark.shared
def test_no_reference_number_was_changed_or_left_out(shared: Path) -> None:
    folder = shared / "golden" / "meta" / "multilevel"
    files = {f.stem: json.loads(f.read_text(encoding="utf-8")) for f in folder.glob("*.json")}
    assert set(files) == {*NAMES, "berkey1998"}
    for name in NAMES:
        parts = ("fits", "robumeta", "CHE", "aggregate")
        assert {p: files[name][p] for p in parts} == {p: CASES[name][p] for p in parts}
        assert set(files[name]) == {*parts, "dataset", "versions", "random", "optimizer"}
    assert {p: files["berkey1998"][p] for p in ("V", "fits")} == {
        p: BERKEY[p] for p in ("V", "fits")
    }
    table = shared / "example" / "depression-prevention" / "computed_effects.csv"
    with table.open(encoding="utf-8", newline="") as text:
        rows = [r for r in csv.DictReader(text) if "naive" not in r["model"]]
    assert len(rows) == len(DEPRESSION)
    for row in rows:
        ours = DEPRESSION[".".join((row["outcome"], row["model"], row["term"]))]
        assert {c: float(row[c]) if row[c] else None for c in ours} == ours
