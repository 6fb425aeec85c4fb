"""Numbers made by R (tests/golden), and how near ours must come; see tests/golden/README.md."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

GOLDEN = Path(__file__).parent / "golden"
CLOSED, ITERATED, REFITTED, PROBABILITY = 1e-9, 1e-6, 1e-5, 1e-5
"""Relative: closed forms; searches for a maximum; refits, which R stops earlier; p values."""
FLOOR = 1e-12
"""Absolute, on the scale of analysis; R's searches end at 1e-9."""
R_STOPS = 1e-9


def golden(name: str) -> dict[str, Any]:
    """Read one of the files."""
    found: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return found


SETS = {n: c for n, c in golden("pooling").items() if not n.startswith("edge:")}
"""The 32 sets of effects: `yi` and `vi`."""


def effects_of(name: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Give yi and vi of a set."""
    return np.array(SETS[name]["yi"], dtype=float), np.array(SETS[name]["vi"], dtype=float)


def method_of(name: str) -> str:
    """Give our name of one of metafor's methods."""
    return {"FE": "common"}.get(name, name)


def near(found: Any, wanted: Any, relative: float, absolute: float = FLOOR) -> bool:
    """Tell whether a number, or each of an array, is R's; NA in R must have no number here."""
    if isinstance(wanted, list):
        values = np.asarray(found).tolist()
        pairs = zip(values, wanted, strict=True)
        return all(near(f, w, relative, absolute) for f, w in pairs)
    if wanted is None:
        return not math.isfinite(found)
    return bool(abs(found - wanted) <= max(relative * abs(wanted), absolute))


def apart(
    found: Mapping[str, Any],
    wanted: Mapping[str, Any],
    relative: Mapping[str, float] | float,
    absolute: float = FLOOR,
) -> dict[str, tuple[Any, Any]]:
    """Give the fields in which a result is not R's; both must have the same fields.

    `relative` may name a tolerance for each field; ``*`` is that of all others.
    """  # fmt: skip
    assert set(found) == set(wanted), set(found) ^ set(wanted)
    by = relative if isinstance(relative, Mapping) else {"*": relative}
    return {
        field: (found[field], value)
        for field, value in wanted.items()
        if not near(found[field], value, by.get(field, by["*"]), absolute)
    }
