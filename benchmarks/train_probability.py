"""Train the model that ranks questions, with Splink, and write its settings.

``PARAPLUIE_SHARED`` names a folder with labelled sets (``benchmarks/dedup``). The frequencies of
agreement among pairs that are one report (m) come from the labels, those among other pairs (u) from
random pairs. Only these numbers are shipped: ``src/parapluie/deduplication/model.json``.

    python benchmarks/train_probability.py
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from splink import DuckDBAPI, Linker, SettingsCreator

from parapluie.deduplication.normalised import normalise
from parapluie.deduplication.probability import COLUMNS

TARGET = Path(__file__).parents[1] / "src" / "parapluie" / "deduplication" / "model.json"
SETS = ("stroke", "haematology", "cytology_screening", "diabetes", "digital_work", "tafenoquine")
SEED = 1
ROUND = 6


def comparison(column: str, absent: str, levels: list[str]) -> dict[str, Any]:
    """Describe a comparison; its conditions are plain enough for DuckDB and for Spark.

    Names stand without quotes, which differ between the two.
    """
    found: list[dict[str, Any]] = [
        {"sql_condition": absent, "label_for_charts": "not said", "is_null_level": True}
    ]
    found += [{"sql_condition": level, "label_for_charts": level} for level in levels]
    found.append({"sql_condition": "ELSE", "label_for_charts": "anything else"})
    return {"output_column_name": column, "comparison_levels": found}


def empty(column: str) -> str:
    """Say that one of the two records has no such text."""
    return f"{column}_l = '' or {column}_r = ''"


def near(column: str, share: float) -> str:
    """Say that two texts differ in at most this share of their letters."""
    longest = f"greatest(length({column}_l), length({column}_r))"
    return f"levenshtein({column}_l, {column}_r) <= {share} * {longest}"


COMPARISONS = [
    comparison(
        "t",
        empty("t"),
        [
            "t_l = t_r",
            near("t", 0.1),
            "t_l like (t_r || ' %') or t_r like (t_l || ' %')",
            near("t", 0.3),
        ],
    ),
    comparison("first", empty("first"), ["first_l = first_r"]),
    comparison(
        "y",
        "y_l is null or y_r is null",
        ["y_l = y_r", "abs(y_l - y_r) <= 1"],
    ),
    comparison("doi", empty("doi"), ["doi_l = doi_r"]),
    comparison(
        "page",
        empty("page"),
        ["page_l = page_r and volume_l = volume_r", "page_l = page_r"],
    ),
    comparison("volume", empty("volume"), ["volume_l = volume_r"]),
    comparison("journal", empty("journal"), ["journal_l = journal_r", near("journal", 0.4)]),
    comparison(
        "opening",
        "length(opening_l) < 60 or length(opening_r) < 60",
        ["opening_l = opening_r", near("opening", 0.2)],
    ),
]


BLOCKING = [
    "l.t = r.t and l.t <> ''",
    "l.doi = r.doi and l.doi <> ''",
    "l.pmid = r.pmid and l.pmid <> ''",
    "l.cn = r.cn and l.cn <> ''",
    "l.first = r.first and l.y = r.y and l.first <> ''",
    "l.volume = r.volume and l.page = r.page and l.volume <> '' and l.page <> ''",
    "substr(l.tk, 1, 28) = substr(r.tk, 1, 28) and length(l.tk) >= 28",
]
"""Keys for those who run the settings with Splink itself; two empty texts are no agreement."""


def labelled(folder: Path) -> pd.DataFrame:
    """Read the sets in comparable form, with the label of each record."""
    frames = []
    for name in SETS:
        data = pd.read_csv(folder / f"{name}.csv.gz", dtype=str, keep_default_na=False)
        data = data.rename(columns={"author": "authors", "number": "issue"}).replace("NA", "")
        data.insert(0, "i", range(len(data)))
        data["batch"] = 0
        engine = duckdb.connect()
        engine.register("raw", data)
        engine.execute("create table source as select * from raw")
        normalise(engine, list(data.columns))
        keys = engine.execute(f"select record_id, {', '.join(COLUMNS)} from keys").df()
        keys["label"] = (
            name
            + ":"
            + keys["record_id"].map(dict(zip(data["record_id"], data["cluster_id"], strict=True)))
        )
        keys["unique_id"] = name + ":" + keys["record_id"]
        frames.append(keys)
    return pd.concat(frames, ignore_index=True)


def train(data: pd.DataFrame) -> dict[str, Any]:
    """Estimate u from random pairs and m from the labels."""
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=COMPARISONS,
        blocking_rules_to_generate_predictions=BLOCKING,
    )
    api = DuckDBAPI()
    linker = Linker(api.register(data), settings)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6, seed=SEED)
    linker.training.estimate_m_from_label_column("label")
    saved: dict[str, Any] = linker.misc.save_model_to_json()
    true = data.groupby("label").size()
    n_pairs = int((true * (true - 1) // 2).sum())
    saved["probability_two_random_records_match"] = n_pairs / (len(data) * (len(data) - 1) / 2)
    saved.pop("linker_uid", None)  # random
    saved["blocking_rules_to_generate_predictions"] = BLOCKING  # not tied to one dialect
    for level in (x for c in saved["comparisons"] for x in c["comparison_levels"]):
        if not level.get("is_null_level"):  # never seen: the rule of succession
            level.setdefault("m_probability", 1 / (n_pairs + 2))
            level.setdefault("u_probability", 1 / (n_pairs + 2))
    return saved


def rounded(value: Any) -> Any:
    """Cut numbers to what they can say, so that the file stays readable."""
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return float(f"{value:.{ROUND}g}") if isinstance(value, float) else value


def main() -> None:
    """Train on the labelled sets and write the settings."""
    shared = os.environ.get("PARAPLUIE_SHARED")
    if not shared:
        sys.exit("PARAPLUIE_SHARED is not set: no labelled sets to train on")
    found = rounded(train(labelled(Path(shared) / "benchmarks" / "dedup")))
    TARGET.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"written: {TARGET}")


if __name__ == "__main__":
    main()
