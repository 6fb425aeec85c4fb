"""Numbers that R made, in a compact form: from the reference folder into ``tests/golden``.

    PARAPLUIE_SHARED=FOLDER python -m tests.meta_fits

writes ``meta_fits.json`` (metafor), ``meta_fits_pkg.json`` (meta) and ``meta_fits_tables.json``
(Mantel-Haenszel and Peto). A test compares the files with the folder where it is there.
"""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parent / "golden"

FIT = (
    "k", "beta", "se", "ci_lb", "ci_ub", "stat", "ddf", "pval", "tau2", "se_tau2", "I2", "H2", "QE",
    "QE_df", "QEp", "pi_lb_default", "pi_ub_default", "pi_lb_hts_k2", "pi_ub_hts_k2", "pi_lb_t_k1",
    "pi_ub_t_k1", "logLik", "AIC", "BIC", "AICc",
)  # fmt: skip
"""Fields of a fit, in the order of its numbers."""
PKG = (
    "TE_random", "seTE_random", "lower", "upper", "df", "pval", "tau2", "tau2_lb", "tau2_ub", "I2",
    "I2_lb", "I2_ub", "H", "H_lb", "H_ub", "Rb", "TE_common", "lower_common", "upper_common",
)  # fmt: skip
WEIGHTED = ("FE.z", "DL.z", "REML.z")
"""Fits whose weights are kept."""
TABLE = ("ai", "bi", "ci", "di")
TABLE_FIT = (
    "k", "k_yi", "beta", "se", "ci_lb", "ci_ub", "zval", "pval", "QE", "QEp", "I2", "H2", "MH",
    "MHp", "TA", "TAp", "BD", "BDp",
)  # fmt: skip


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _row(fit: dict[str, Any], fields: tuple[str, ...]) -> list[Any]:
    return [fit.get(field) for field in fields]


def _set(case: dict[str, Any]) -> dict[str, Any]:
    """Keep effects, fits, the intervals of heterogeneity, and some weights."""
    fits = case["fits"]
    out: dict[str, Any] = {"yi": case["yi"], "vi": case["vi"]}
    out["fits"] = {name: _row(fit, FIT) for name, fit in fits.items()}
    out["weights"] = {
        n: fits[n]["weights_percent"] for n in WEIGHTED if "weights_percent" in fits[n]
    }
    if profile := fits["DL.z"].get("qprofile"):
        out["qprofile"] = {name: profile[name][1:] for name in ("tau2", "I2", "H2")}
    likely = {m: fits[f"{m}.z"].get("profile_lik") for m in ("ML", "REML")}
    out["profile_likelihood"] = {m: p["tau2"][1:] for m, p in likely.items() if p}
    out["higgins_thompson"] = case["higgins_thompson"]
    return out


def metafor(shared: Path) -> dict[str, Any]:
    """Give all fits of metafor, corner cases included."""
    folder = shared / "golden" / "meta"
    files = sorted((folder / "fits").glob("*.json"))
    edge = _read(folder / "edge" / "pooled.json")["cases"]
    sets = {path.stem: _set(_read(path)) for path in files}
    sets |= {f"edge:{name}": _set(case) for name, case in edge.items()}
    return {"versions": _read(files[0])["versions"], "fields": FIT, "sets": sets}


def meta(shared: Path) -> dict[str, Any]:
    """Give all fits of meta with their prediction intervals; the effects are those of metafor."""
    files = sorted((shared / "golden" / "meta" / "meta_pkg").glob("*.json"))
    sets = {}
    for path in files:
        case = _read(path)
        fits = case["metagen"]
        predicted = {
            name.split(".")[0]: {rule: list(p.values()) for rule, p in fit["PI"].items()}
            for name, fit in fits.items()
            if "PI" in fit
        }
        rows = {name: _row(fit, PKG) for name, fit in fits.items()}
        of_tables = {
            name: [fit["TE_common"], fit["se_common"], fit["Q"]]
            for name, fit in case.get("metabin", {}).items()
        }
        sets[path.stem] = {"fits": rows, "prediction": predicted, "tables": of_tables}
    return {"versions": _read(files[0])["versions"], "fields": PKG, "sets": sets}


def _cells(path: Path, names: tuple[str, ...]) -> dict[str, list[float | None]]:
    """Read counts; people without the event may stand as the size of the arm."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    def cell(row: dict[str, str], name: str) -> float | None:
        if name not in row:
            events, size = {"bi": ("ai", "n1i"), "di": ("ci", "n2i")}[name]
            all_, with_event = cell(row, size), cell(row, events)
            return None if all_ is None or with_event is None else all_ - with_event
        return float(row[name]) if row[name] else None

    return {name: [cell(row, name) for row in rows] for name in names}


def tables(shared: Path) -> dict[str, Any]:
    """Give Mantel-Haenszel and Peto, with the cells they were made from."""
    folder = shared / "golden" / "meta"
    sets: dict[str, Any] = {}
    for path in sorted((folder / "fits").glob("*.json")):
        case = _read(path)
        extra = case["extra"] if isinstance(case["extra"], dict) else {}
        found = {
            n: _row(f, TABLE_FIT) for n, f in extra.items() if n.startswith(("mantel", "peto"))
        }
        if found:
            names = ("x1i", "t1i", "x2i", "t2i") if case["measure"] == "IRR" else TABLE
            cells = _cells(folder / "inputs" / f"{case['id']}.csv", names)
            sets[path.stem] = {"measure": case["measure"], "cells": cells, "fits": found}
    edge = _read(folder / "edge" / "zero_cells.json")
    cells = _cells(folder / "edge" / "zero_cells.csv", TABLE)
    for measure in ("OR", "RR", "RD"):
        fit = _row(edge["results"][f"MH.{measure}"], TABLE_FIT)
        fits = {"mantel_haenszel_correct": fit}
        if measure == "OR":
            fits["peto"] = _row(edge["results"]["PETO.rma.peto"], TABLE_FIT)
        sets[f"edge:zero_cells_{measure}"] = {"measure": measure, "cells": cells, "fits": fits}
    return {"versions": edge["versions"], "fields": TABLE_FIT, "sets": sets}


FILES = {"meta_fits.json": metafor, "meta_fits_pkg.json": meta, "meta_fits_tables.json": tables}
"""File to what makes it."""


def text(content: dict[str, Any]) -> str:
    """Write compactly, one set a line."""
    sets = content["sets"]
    head = json.dumps({k: v for k, v in content.items() if k != "sets"}, separators=(",", ":"))
    lines = [f"{json.dumps(n)}:{json.dumps(s, separators=(',', ':'))}" for n, s in sets.items()]
    return head[:-1] + ',"sets":{\n' + ",\n".join(lines) + "\n}}\n"


if __name__ == "__main__":
    for name, make in FILES.items():
        content = make(Path(os.environ["PARAPLUIE_SHARED"]))
        (GOLDEN / name).write_text(text(content), encoding="utf-8", newline="\n")
