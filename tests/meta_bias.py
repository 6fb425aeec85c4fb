"""Numbers that R made, in a compact form: bias tests, dependent effects, meta-regression.

    PARAPLUIE_SHARED=FOLDER python -m tests.meta_bias

writes ``meta_bias_*.json``, ``meta_multilevel*.json`` and ``meta_regression.json`` into
``tests/golden``. Tests compare them with the folder where it is there: no number is changed.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parent / "golden"
Case = dict[str, Any]

CLUSTERS = {"assink2016": "study", "knapp2017": "study", "konstantopoulos2011": "district"}
SIZES = (("n1i", "n2i"), ("ai", "bi", "ci", "di"), ("t1i", "t2i"), ("ni",), ("xi", "mi"))
"""Columns that add up to the size of a study; the first that are there are taken."""
EFFECT = ("k_studies", "k_effects", "estimate", "se", "df", "ci_low", "ci_high", "pi_low",
          "pi_high", "i2", "tau2")  # fmt: skip


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(name: str, head: Mapping[str, Any], cases: Mapping[str, Any]) -> None:
    """Write a file with one line a case."""
    lines = [f"{json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}," for k, v in head.items()]
    body = ",\n".join(
        f"{json.dumps(n)}: {json.dumps(c, separators=(',', ':'), ensure_ascii=False)}"
        for n, c in cases.items()
    )
    text = "\n".join(["{", *lines, '"cases": {', body, "}", "}", ""])
    (GOLDEN / f"{name}.json").write_text(text, encoding="utf-8", newline="\n")


def columns_of(rows: Iterable[Case]) -> list[str]:
    """Give all fields in the order in which they first come."""
    return list(dict.fromkeys(field for row in rows if "error" not in row for field in row))


def rows_of(table: Mapping[str, Case], columns: list[str]) -> Case:
    """Write each row as its numbers; an error of R stays as it is."""
    return {k: r if "error" in r else [r.get(c) for c in columns] for k, r in table.items()}


# --- bias -----------------------------------------------------------------------------------------


def sizes(meta: Path, name: str) -> list[float] | None:
    """Give the sizes of the studies of a set, where they are known."""
    inputs = _table(meta / "inputs" / f"{name.rsplit('_', 1)[0]}.csv")
    used = [r["used"] == "TRUE" for r in _table(meta / "escalc" / f"{name}.csv")]
    found = []
    for row, take in zip(inputs, used, strict=True):
        if take:
            names = next((s for s in SIZES if all(c in row for c in s)), ())
            cells = [row[c] for c in names]
            found.append(sum(float(c) for c in cells) if cells and all(cells) else None)
    return None if None in found else [n for n in found if n is not None]


def sides(runs: Mapping[str, Case]) -> Case:
    """Write a run that found its side by itself as that side."""
    out: Case = {}
    for key, run in runs.items():
        fit, side = key.rsplit(".", 1)
        twin = run.get("side") or next(s for s in ("left", "right") if runs[f"{fit}.{s}"] == run)
        out[key] = twin if side == "auto" else run
        assert runs[f"{fit}.{twin}"] == run or side != "auto"
    return out


def _bias(meta: Path) -> None:
    files = {p.stem: _json(p) for p in sorted(meta.glob("bias/*.json"))}
    bias = {n: f["bias"] for n, f in files.items()}
    first = next(iter(files.values()))
    head = {"versions": first["versions"]}
    columns = {p: columns_of(first["bias"][p].values()) for p in ("regtest_rma", "regtest_lm")}
    plain = ("egger_classic", "uwls", "pet", "peese", "ranktest", "fsn")
    write("meta_bias_tests", head | {"columns": columns}, {
        n: {"ni": sizes(meta, n), **{p: rows_of(b[p], c) for p, c in columns.items()},
            **{p: b[p] for p in plain}}
        for n, b in bias.items()
    })  # fmt: skip
    fields = columns_of(r for b in bias.values() for r in b["trimfill"].values())
    write("meta_bias_trimfill", head | {"columns": fields}, {
        n: {k: r if isinstance(r, str) or "error" in r else [r.get(f) for f in fields]
            for k, r in sides(b["trimfill"]).items()}
        for n, b in bias.items()
    })  # fmt: skip
    write("meta_bias_leave_out", head, {n: _refits(b) for n, b in bias.items()})
    write("meta_bias_excess", head, {n: b["tes"] for n, b in bias.items()})
    parts = ("influence", "blup_REML")
    write("meta_bias_influence", head, {n: {p: b[p] for p in parts} for n, b in bias.items()})


def _refits(bias: Case) -> Case:
    """Write the order of the cumulative fits once; it is that of all methods."""
    order = ("order_rule", "order_index_1based")
    fits = bias["cumul"]
    shared = {field: next(iter(fits.values()))[field] for field in order}
    bare = {m: {f: x for f, x in fit.items() if f not in order} for m, fit in fits.items()}
    return {"leave1out": bias["leave1out"], "cumul": shared | bare}


def _metabias(meta: Path) -> None:
    files = {p.stem: _json(p) for p in sorted(meta.glob("meta_pkg/*.json"))}
    tables = {n: f["metabin"]["MH"] for n, f in files.items() if "metabin" in f}
    head = {
        "versions": files["bcg_RR"]["versions"],
        "metabin_random": {n: [t["TE_random"], t["se_random"]] for n, t in tables.items()},
    }
    write("meta_bias_metabias", head, {n: f["metabias"] for n, f in files.items()})


# --- the rest -------------------------------------------------------------------------------------


def _regression(meta: Path) -> None:
    file = _json(meta / "metareg" / "bcg_RR.json")
    models = file.pop("models")
    write("meta_regression", file, models)


def _multilevel(meta: Path) -> None:
    folder = meta / "multilevel"
    cases, versions = {}, {}
    for name, cluster in CLUSTERS.items():
        file, rows = _json(folder / f"{name}.json"), _table(folder / "inputs" / f"{name}.csv")
        versions = file["versions"]
        data = {"study": [r[cluster] for r in rows]}
        numbers = {c: [float(r[c]) for r in rows] for c in ("yi", "vi")}
        parts = ("fits", "robumeta", "CHE", "aggregate")
        cases[name] = {**data, **numbers, **{p: file[p] for p in parts}}
    write("meta_multilevel", {"versions": versions}, cases)
    file, rows = _json(folder / "berkey1998.json"), _table(folder / "inputs/berkey1998.csv")
    case = {
        "study": [r["trial"] for r in rows], "outcome": [r["outcome"] for r in rows],
        "yi": [float(r["yi"]) for r in rows], "V": file["V"], "fits": file["fits"],
    }  # fmt: skip
    head = {"versions": file["versions"], "model": file["model"]}
    write("meta_multilevel_berkey1998", head, {"berkey1998": case})


def _depression(shared: Path) -> None:
    rows = _table(shared / "example" / "depression-prevention" / "computed_effects.csv")
    cases = {
        ".".join((r["outcome"], r["model"], r["term"])): {
            c: float(r[c]) if r[c] else None for c in EFFECT
        }
        for r in rows
        if "naive" not in r["model"]
    }
    versions = _json(shared / "golden/meta/multilevel/assink2016.json")["versions"]
    write("meta_multilevel_depression", {"versions": versions}, cases)


def main() -> None:
    """Write all files."""
    shared = Path(os.environ["PARAPLUIE_SHARED"])
    meta = shared / "golden" / "meta"
    for make in (_bias, _metabias, _regression, _multilevel):
        make(meta)
    _depression(shared)


if __name__ == "__main__":
    main()
