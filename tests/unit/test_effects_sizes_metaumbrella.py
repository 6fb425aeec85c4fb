"""Effects of single studies as metaumbrella 1.1.0 gives them, from its own example data.

Its `README.md` beside the numbers says how they were made. Aggregated rows are left out: theirs are
averages.
"""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from parapluie.effects.convert import D, convert, equivalent_g, equivalent_odds_ratio
from parapluie.effects.enter import enter
from parapluie.effects.entry import METAUMBRELLA
from parapluie.effects.reconstruct import OUTCOME, log_odds_ratio, rebuild
from parapluie.effects.sizes.means import hedges_factor

pytestmark = pytest.mark.shared

SETS = ("SMD", "MD", "MC", "SMC", "R", "IRR", "RR", "OR.multi", "radua2019")
COLUMNS = {
    "value": "estimate", "se": "se", "ci_lo": "ci_low", "ci_up": "ci_high", "n_cases": "n1i",
    "n_controls": "n2i", "mean_cases": "m1i", "sd_cases": "sd1i", "mean_controls": "m2i",
    "sd_controls": "sd2i", "mean_change_cases": "mc1i", "sd_change_cases": "sdc1i",
    "mean_change_controls": "mc2i", "sd_change_controls": "sdc2i", "pre_post_cor": "ri",
    "mean_pre_cases": "m1i_pre", "sd_pre_cases": "sd1i_pre", "mean_pre_controls": "m2i_pre",
    "sd_pre_controls": "sd2i_pre", "n_cases_exp": "ai", "n_cases_nexp": "bi",
    "n_controls_exp": "ci", "n_controls_nexp": "di",
}  # fmt: skip
PRINTED = ("estimate", "se", "ci_low", "ci_high")
MEASURES = {"MD": "SMD", "MC": "SMC", "R": "ZCOR"}
"""Its measures to those on whose scale it works."""

# One row of radua2019 (Age, yang) has an odds ratio of 0.13 beside counts that give 7.5: cases and
# controls changed places. For a conversion the package takes the counts, and so does this test.


def row_of(rows: list[dict[str, str]], factor: str, study: dict[str, Any]) -> dict[str, str]:
    (found,) = (
        r for r in rows
        if (r["factor"], r["author"], r["year"])
        == (factor, str(study["author"]), str(study["year"]))
    )  # fmt: skip
    return found


def entered(row: dict[str, str], scale: str) -> tuple[float, float, str]:
    """Give effect, standard error and way as the package would choose them."""
    measure = row["measure"]
    target = MEASURES.get(measure, measure)
    cells = {ours: float(row[theirs]) for theirs, ours in COLUMNS.items() if row.get(theirs)}
    if measure == "R":
        cells = {"ri": float(row["value"]), "ni": float(row["n_sample"])}
    if measure in ("MD", "MC"):
        # Its value is on another scale than the one it works on.
        cells = {c: v for c, v in cells.items() if c not in PRINTED}
    if scale == "OR" and measure == "RR":
        return _odds_from_risks(cells)
    to_g = scale == "G" and target != "SMD"
    found = enter(target, cells, replace(METAUMBRELLA, cells_first=to_g))
    yi, vi = found.yi, found.vi
    if to_g:
        d = convert(yi, vi, target, D)
        # It corrects for bias with the sizes of the table to which it added the halves.
        more = 1.0 if "added" in found.words[0] else 0.0
        g = convert(d.yi, d.vi, D, "SMD", {"n1": cells["n1i"] + more, "n2": cells["n2i"] + more})
        yi, vi = g.yi, g.vi
    return float(yi[0]), math.sqrt(vi[0]), str(found.path[0])


def _odds_from_risks(cells: dict[str, float]) -> tuple[float, float, str]:
    """Turn a risk ratio into an odds ratio: by its counts, or by those worked out."""
    if "ai" in cells:
        found = enter("OR", {c: v for c, v in cells.items() if c not in PRINTED})
        return float(found.yi[0]), math.sqrt(found.vi[0]), str(found.path[0])
    risk = enter("RR", cells, METAUMBRELLA)
    table = rebuild(risk.yi, risk.vi, cells["n1i"], cells["n2i"], "RR", OUTCOME, compared="OR")
    yi, vi = log_odds_ratio(table.a, table.b, table.c, table.d)
    return float(yi[0]), math.sqrt(vi[0]), "rebuilt"


@pytest.mark.parametrize("name", SETS)
def test_every_study(shared: Path, name: str) -> None:
    folder = shared / "golden" / "metaumbrella"
    with (folder / f"inputs/df.{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    text = (folder / f"outputs/df.{name}.json").read_text(encoding="utf-8")
    factors = json.loads(text)["variants"]["default"]["factors"]
    seen: Counter[str] = Counter()
    for factor, result in factors.items():
        for study in result["studies"]:
            if study.get("multiple_es"):
                continue
            row = row_of(rows, factor, study)
            yi, se, way = entered(row, result["measure"])
            assert yi == pytest.approx(study["value"], rel=1e-9, abs=1e-12), study["author"]
            assert se == pytest.approx(study["se"], rel=1e-9), study["author"]
            seen[way] += 1
    assert dict(seen) == WAYS[name]


WAYS = {
    "SMD": {"interval": 33},
    "MD": {"cells:SMD_LS2": 33},
    "MC": {"cells:SMC_cooper": 33},
    "SMC": {"estimate_se": 33},
    "R": {"cells:ZCOR": 45},
    "IRR": {"interval": 15},
    "RR": {"interval": 51},
    "OR.multi": {"interval": 94},
    "radua2019": {
        "cells:OR": 155, "cells:SMD_LS2": 38, "interval": 48, "ratio_margins": 3,
        "estimate_sizes": 1, "rebuilt": 1,
    },
}  # fmt: skip
"""How many studies of each set went which way: no study may be passed over."""


def test_tables_are_worked_out_from_odds_ratios_and_margins(shared: Path) -> None:
    """Where another table than the true one is found, its note says that one fits as well."""
    path = shared / "golden/metaumbrella/inputs/df.OR.multi.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    cells = {o: np.array([float(r[t]) for r in rows]) for t, o in COLUMNS.items() if t in rows[0]}
    odds = enter("OR", {c: cells[c] for c in ("estimate", "ci_low", "ci_high")})
    found = rebuild(
        odds.yi, odds.vi, cells["ai"] + cells["bi"], cells["ci"] + cells["di"], "OR"
    )  # fmt: skip
    right = (found.a == cells["ai"]) & (found.c == cells["ci"])
    assert len(rows) == 143 and right.sum() == 123 and (found.note != "").sum() == 134
    assert all(note.startswith("a second table") for note in found.note[~right])
    np.testing.assert_allclose(found.vi, odds.vi, rtol=1e-3)
    np.testing.assert_allclose(found.yi, odds.yi, atol=0.03)


def test_change_worked_out_from_before_and_after(shared: Path) -> None:
    """The printed changes are those of the means: d of each arm, before minus after."""
    path = shared / "golden/metaumbrella/inputs/df.SMC.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        cells = {o: float(row[t]) for t, o in COLUMNS.items() if row.get(t) and o not in PRINTED}
        arms = []
        for number in (1, 2):
            arm = {c.replace(f"{number}i", "1i"): v for c, v in cells.items() if f"{number}i" in c}
            found = enter("SMC", arm | {"ri": cells["ri"]}, METAUMBRELLA)
            assert found.path[0] == "cells:SMC_cooper"
            arms.append(found.yi[0] / hedges_factor(np.array(arm["n1i"] - 1)))
        assert arms[1] - arms[0] == pytest.approx(float(row["value"]), rel=1e-9)
    assert len(rows) == 33


@pytest.mark.parametrize("name", ["SMD", "SMC", "R", "IRR", "RR", "OR.multi"])
def test_equivalents_in_its_summary(shared: Path, name: str) -> None:
    path = shared / f"golden/metaumbrella/outputs/df.{name}.json"
    result = json.loads(path.read_text(encoding="utf-8"))["variants"]["default"]
    scale = {"R": "ZCOR", "G": "SMD", "MC": "SMC"}
    for line in result["summary_Ioannidis"]:
        factor = result["factors"][line["Factor"]]
        measure = scale.get(factor["measure"], factor["measure"])
        assert float(equivalent_g(factor["value"], measure)) == pytest.approx(line["eG"], abs=6e-4)
        ratio = float(equivalent_odds_ratio(factor["value"], measure))
        assert ratio == pytest.approx(line["eOR"], abs=6e-4 * max(1, ratio))
