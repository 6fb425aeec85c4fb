"""How likely two records are one report: a score that ranks questions and decides nothing.

Fellegi and Sunter (1969) as Splink computes it (Linacre et al. 2022): the weights of the model are
in ``model.json``, which Splink reads as it stands.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import duckdb
import pandas as pd

COLUMNS = ("t", "first", "y", "doi", "volume", "page", "journal", "opening")
"""Columns of ``keys`` that the model looks at."""


@functools.cache
def settings() -> dict[str, Any]:
    """Give the settings of the model, as Splink writes them."""
    text = (files("parapluie.deduplication") / "model.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def weight_expression() -> str:
    """Give the match weight (log2 of the odds) of ``x`` and ``z``, as an expression."""
    prior = settings()["probability_two_random_records_match"]
    parts = [repr(math.log2(prior / (1 - prior)))]
    for comparison in settings()["comparisons"]:
        cases = []
        for level in comparison["comparison_levels"]:
            weight = 0.0
            if not level.get("is_null_level"):
                weight = math.log2(level["m_probability"] / level["u_probability"])
            condition = level["sql_condition"]
            if condition.strip().upper() == "ELSE":
                cases.append(f"else {weight!r}")
            else:
                cases.append(f"when {_sided(condition)} then {weight!r}")
        parts.append(f"case {' '.join(cases)} end")
    return " + ".join(f"({part})" for part in parts)


def _sided(condition: str) -> str:
    """Write ``"title_l"`` as ``x.title``, ``"title_r"`` as ``z.title``."""
    return re.sub(
        r'"?\b([a-z_]+)_([lr])\b"?',
        lambda m: f"{'x' if m[2] == 'l' else 'z'}.{m[1]}",
        condition,
    )


def match_probabilities(
    engine: duckdb.DuckDBPyConnection, pairs: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], float]:
    """Give the probability (0 to 1) that the records at these places are one report.

    Parameters
    ----------
    engine : DuckDBPyConnection
        Holds ``keys``.
    pairs : sequence of (int, int)
        Places of records.
    """
    if not pairs:
        return {}
    engine.register("ranked", pd.DataFrame(list(pairs), columns=["a", "b"]))
    rows = engine.execute(
        f"""select a, b, 1 / (1 + pow(2.0, -({weight_expression()})))
        from ranked join keys x on x.i = a join keys z on z.i = b"""
    ).fetchall()
    engine.unregister("ranked")
    return {(a, b): p for a, b, p in rows}
