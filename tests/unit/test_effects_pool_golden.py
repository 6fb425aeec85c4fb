"""Pooling against R: every fit of metafor and meta in ``tests/golden/meta_fits*.json``."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks import solver_reference as other
from scipy.special import chdtri

from parapluie.effects import Pooled, pool, pool_sets
from parapluie.effects.tau2 import ALIASES, ESTIMATORS
from tests import meta_fits

GOLDEN = Path(__file__).parents[1] / "golden"
METAFOR: dict[str, Any] = json.loads((GOLDEN / "meta_fits.json").read_text(encoding="utf-8"))
META: dict[str, Any] = json.loads((GOLDEN / "meta_fits_pkg.json").read_text(encoding="utf-8"))
SETS: dict[str, Any] = METAFOR["sets"]
WITH_ALL_TESTS = ("FE", "DL", "REML", "PM")
IN_R = ("EE", "FE", "DL", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM", "GENQ")
FITS = [
    f"{method}.{test}"
    for method in IN_R
    for test in ("z", "knha", "t", "adhoc")
    if test in ("z", "knha") or method in WITH_ALL_TESTS
]  # fmt: skip
ITERATED = ("ML", "REML", "EB", "PM", "PMM")
CI = {"z": "z", "knha": "HK", "t": "t", "adhoc": "HK_floor"}
"""Name of an interval in metafor to ours."""
FIELDS = {
    "beta": "estimate", "se": "se", "ci_lb": "ci_low", "ci_ub": "ci_high", "stat": "statistic",
    "ddf": "df_ci", "pval": "p", "tau2": "tau2", "se_tau2": "se_tau2", "I2": "i2", "H2": "h2",
    "QE": "q", "QE_df": "df", "QEp": "q_p", "logLik": "log_likelihood", "AIC": "aic", "BIC": "bic",
    "AICc": "aicc",
}  # fmt: skip
PREDICTED = {"t_k1": "t_k1", "t_k2": "hts_k2", "z": "default"}
"""Rule of a prediction interval to its columns in the golden file; for z with test z only."""

COARSE = "edge:tiny_scale"
"""R's own search stops early here: see `test_where_r_stops_early_ours_is_nearer`."""
CUT_OFF = "edge:large_scale"
"""R's intervals of tau² end at tau2.max = 1e5 here."""


def close(found: float, wanted: float | None, tolerance: float, floor: float = 1e-9) -> bool:
    """Compare relatively; a number that R does not give must be absent or infinite here."""
    if wanted is None:
        return not math.isfinite(found)
    return found == wanted or abs(found - wanted) <= tolerance * max(abs(wanted), floor)


def fit_of(name: str, fit: str) -> dict[str, Any]:
    return dict(zip(METAFOR["fields"], SETS[name]["fits"][fit], strict=True))


def pooled(name: str, fit: str, pi: str = "t_k1") -> Pooled:
    method, test = fit.split(".")
    return pool(SETS[name]["yi"], SETS[name]["vi"], method, CI[test], pi)


def test_the_list_of_cases_is_whole() -> None:
    names = [n for n in SETS if not n.startswith("edge:")]
    assert (len(names), len(SETS)) == (32, 45)
    assert all(sorted(case["fits"]) == sorted(FITS) for case in SETS.values())
    assert {f.split(".")[0] for f in FITS} == {*ESTIMATORS, *ALIASES} - {"common"}
    assert tuple(METAFOR["fields"]) == meta_fits.FIT
    assert sorted(META["sets"]) == sorted(names)
    assert {len(case["fits"]) for case in META["sets"].values()} == {18}


@pytest.mark.shared
@pytest.mark.parametrize("name", sorted(meta_fits.FILES))
def test_the_golden_files_are_those_of_the_reference_folder(name: str, shared: Path) -> None:
    assert (GOLDEN / name).read_text(encoding="utf-8") == meta_fits.text(
        meta_fits.FILES[name](shared)
    )


# --- metafor --------------------------------------------------------------------------------------

ABSENT_HERE = {"edge:k1": {"tau2", "I2", "H2", "QEp", "logLik", "AIC", "BIC", "AICc"}}
"""What metafor gives for one study and we say is not estimable."""


@pytest.mark.parametrize("name", sorted(SETS))
def test_pooled_like_metafor(name: str) -> None:
    for fit in FITS:
        found, wanted = pooled(name, fit), fit_of(name, fit)
        iterated = found.method in ITERATED
        tolerance = 2e-6 if name == COARSE else 1e-6 if iterated else 1e-9
        for field, ours in FIELDS.items():
            value = getattr(found, ours)
            if field in ABSENT_HERE.get(name, ()):
                assert ours in found.reasons or (found.method, ours, value) == ("common", "tau2", 0)
            elif wanted["se"] == 0 and field == "stat":  # R gives none; all effects are equal
                assert math.isinf(value) and found.notes
            elif field in ("pval", "QEp"):
                assert close(value, wanted[field], max(tolerance, 1e-8), 1e-14), (fit, field)
            else:
                assert close(value, wanted[field], tolerance), (fit, field, value, wanted[field])


@pytest.mark.parametrize("rule", sorted(PREDICTED))
@pytest.mark.parametrize("name", sorted(SETS))
def test_prediction_intervals_like_metafor(name: str, rule: str) -> None:
    for fit in FITS:
        method, test = fit.split(".")
        if rule == "z" and test != "z":
            continue
        found, wanted = pooled(name, fit, rule), fit_of(name, fit)
        if method in ("EE", "FE") or len(SETS[name]["yi"]) == 1:
            assert math.isnan(found.pi_low) and found.reasons["pi_low"]
            continue
        tolerance = 2e-6 if name == COARSE else 1e-6 if method in ITERATED else 1e-9
        column = PREDICTED[rule]
        if rule == "t_k1" and wanted["pi_lb_t_k1"] is None and test != "z":
            column = "default"  # with k = 2 only the default is kept
        elif rule == "t_k1" and wanted["pi_lb_t_k1"] is None:
            continue
        assert close(found.pi_low, wanted[f"pi_lb_{column}"], tolerance), (fit, rule)
        assert close(found.pi_high, wanted[f"pi_ub_{column}"], tolerance), (fit, rule)


@pytest.mark.parametrize("name", sorted(SETS))
def test_intervals_of_heterogeneity_like_metafor(name: str) -> None:
    if len(SETS[name]["yi"]) == 1:
        assert pooled(name, "DL.z").reasons["tau2_low"] == "not_estimable: k=1"
        return
    found = pooled(name, "DL.z")
    for field, ours in (("tau2", "tau2"), ("I2", "i2"), ("H2", "h2")):
        low, high = SETS[name]["qprofile"][field]
        assert close(getattr(found, f"{ours}_low"), low, 3e-6 if name == COARSE else 1e-6)
        if name != CUT_OFF:
            assert close(getattr(found, f"{ours}_high"), high, 1e-6)


@pytest.mark.parametrize("name", sorted(n for n, s in SETS.items() if s["profile_likelihood"]))
@pytest.mark.parametrize("method", ["ML", "REML"])
def test_profile_likelihood_like_metafor(name: str, method: str) -> None:
    found = pooled(name, f"{method}.z")
    low, high = SETS[name]["profile_likelihood"][method]
    assert close(found.tau2_pl_low, low, 3e-4 if name == COARSE else 1e-6)
    assert name == CUT_OFF or close(found.tau2_pl_high, high, 1e-4 if name == COARSE else 1e-6)


@pytest.mark.parametrize("name", sorted(SETS))
def test_test_based_intervals_by_the_formula(name: str) -> None:
    found, wanted = pooled(name, "DL.z"), SETS[name]["higgins_thompson"]
    for field, ours in (
        ("I2", "i2_q"), ("I2_lb", "i2_q_low"), ("I2_ub", "i2_q_high"), ("H_lb", "h_q_low"),
        ("H_ub", "h_q_high"),
    ):  # fmt: skip
        assert close(getattr(found, ours), wanted[field], 1e-9), field


@pytest.mark.parametrize("name", sorted(SETS))
def test_weights_like_metafor(name: str) -> None:
    for fit, wanted in SETS[name]["weights"].items():
        assert np.allclose(pooled(name, fit).weights, wanted, rtol=1e-6, atol=0)


def test_where_r_stops_early_ours_is_nearer() -> None:
    """On a scale of 1e-5 R's search ends early; the equations themselves tell who is right."""
    drawn = other.Drawn("", np.array(SETS[COARSE]["yi"]), np.array(SETS[COARSE]["vi"]))

    def off(tau2: float, restricted: bool) -> float:
        return abs(float(other.score(drawn, np.array([tau2], np.longdouble), restricted)[0]))

    for method in ("ML", "REML"):
        ours, theirs = pooled(COARSE, f"{method}.z").tau2, fit_of(COARSE, f"{method}.z")["tau2"]
        assert off(ours, method == "REML") < 1e-6 * off(theirs, method == "REML")
    low, wanted = pooled(COARSE, "DL.z").tau2_low, float(chdtri(drawn.yi.size - 1, 0.025))
    theirs = SETS[COARSE]["qprofile"]["tau2"][0]
    q_ours, q_theirs = other.q(drawn, np.array([low, theirs], np.longdouble))
    assert abs(q_ours - wanted) < 1e-6 * abs(q_theirs - wanted)


def test_where_r_cuts_off_ours_solves_the_equation() -> None:
    drawn = other.Drawn("", np.array(SETS[CUT_OFF]["yi"]), np.array(SETS[CUT_OFF]["vi"]))
    found = pooled(CUT_OFF, "REML.z")
    assert SETS[CUT_OFF]["qprofile"]["tau2"][1] == 1e5 < found.tau2_high
    q = other.q(drawn, np.array([found.tau2_high], np.longdouble))[0]
    assert close(float(q), float(chdtri(drawn.yi.size - 1, 0.975)), 1e-12)
    ends = np.array([found.tau2, found.tau2_pl_high], np.longdouble)
    top, end = other.likelihood(drawn, ends, True)
    assert close(float(top - end), float(chdtri(1, 0.05)) / 2, 1e-9)


# --- meta -----------------------------------------------------------------------------------------

META_CI = {
    "classic": "z", "HK": "HK", "HK.se": "HK_floor", "HK.ci": "HK_ci", "HK.IQWiG6": "HK_IQWiG6",
    "KR": "KR",
}  # fmt: skip
META_FIELDS = {
    "TE_random": "estimate", "seTE_random": "se", "lower": "ci_low", "upper": "ci_high",
    "df": "df_ci", "pval": "p", "I2": "i2_q", "I2_lb": "i2_q_low", "I2_ub": "i2_q_high",
    "H_lb": "h_q_low", "H_ub": "h_q_high",
}  # fmt: skip
FEW = "nielweise2008_IRD"
"""meta estimates tau² = 0 here, so that KR has 0.008 degrees of freedom."""


@pytest.mark.parametrize("name", sorted(META["sets"]))
def test_pooled_like_meta_at_its_tau2(name: str) -> None:
    """meta searches tau² under coarse defaults, so its tau² is given; the formulas are compared."""
    case = META["sets"][name]
    for fit, row in case["fits"].items():
        method, ci = fit.split(".", 1)
        wanted = dict(zip(META["fields"], row, strict=True))
        found = pool(SETS[name]["yi"], SETS[name]["vi"], method, META_CI[ci], tau2=wanted["tau2"])
        for field, ours in META_FIELDS.items():
            value = getattr(found, ours)
            if name == FEW and ci == "KR" and math.isnan(value):
                assert "too few" in found.reasons[ours] and wanted["df"] < 0.01
                continue
            small = field == "pval"
            assert close(value, wanted[field], 1e-7 if small else 1e-8, 1e-14 if small else 1e-9)
        assert close(found.r_b / 100, wanted["Rb"], 1e-8)


@pytest.mark.parametrize("name", sorted(META["sets"]))
def test_prediction_intervals_like_meta_at_its_tau2(name: str) -> None:
    """KR with DL or PM is left out: meta then gives its rule V under the name KR."""
    case = META["sets"][name]
    for method, rules in case["prediction"].items():
        tau2 = dict(zip(META["fields"], case["fits"][f"{method}.classic"], strict=True))["tau2"]
        for rule, (low, high, df) in rules.items():
            if rule == "KR" and method != "REML":
                continue
            found = pool(SETS[name]["yi"], SETS[name]["vi"], method, "z", rule, tau2=tau2)
            assert close(found.pi_low, low, 1e-8) and close(found.pi_high, high, 1e-8)
            assert close(found.df_pi, df, 1e-8)


# --- many at once ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", sorted(ESTIMATORS))
def test_many_sets_at_once_are_the_same_as_one_by_one(method: str) -> None:
    cases = list(SETS.values())
    offsets = np.cumsum([0, *(len(c["yi"]) for c in cases)])
    yi, vi = (np.concatenate([c[column] for c in cases]) for column in ("yi", "vi"))
    together = pool_sets(yi, vi, offsets, method, "HK", with_spread=True)
    for i, case in enumerate(cases):
        alone = pool(case["yi"], case["vi"], method, "HK")
        for number in ("estimate", "se", "ci_low", "p", "tau2", "i2", "q", "pi_low"):
            a, b = getattr(together, number)[i], getattr(alone, number)
            assert math.isnan(a) == math.isnan(b)
            assert math.isnan(a) or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-15), number
            assert together.reason(number, i) == alone.reasons.get(number, "")
