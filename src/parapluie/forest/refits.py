"""Forest plots of refits: each study left out, and studies added one by one in order of year."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from parapluie.effects.leave_out import Refits, cumulative, leave_one_out
from parapluie.forest.model import (
    ABSENT,
    Cell,
    Column,
    Plot,
    Row,
    digits_for,
    interval,
    note,
    number,
)
from parapluie.forest.pooled import pooled_rows
from parapluie.forest.pools import Pool
from parapluie.forest.sources import Sources

LEAVE_OUT, CUMULATIVE = "leave_one_out", "cumulative"
FEWEST = 3
"""Studies that a refit plot needs: of two, each refit would be one study."""
NO_YEARS = "not_available: the year of {n} of {k} studies is not known"
TOO_FEW = "not_estimable: k={k}, fewer than {fewest}"


def refit_reason(pool: Pool, kind: str) -> str:
    """Say why a plot of refits is not drawn; empty where it is."""
    if pool.k < FEWEST:
        return TOO_FEW.format(k=pool.k, fewest=FEWEST)
    unknown = int(np.isnan(pool.year).sum())
    return NO_YEARS.format(n=unknown, k=pool.k) if kind == CUMULATIVE and unknown else ""


def refits(pool: Pool, kind: str) -> Refits:
    """Compute the refits of a plot."""
    if kind == LEAVE_OUT:
        return leave_one_out(pool.yi, pool.vi, pool.method, pool.ci, pool.pi)
    return cumulative(pool.yi, pool.vi, pool.year, pool.method, pool.ci, pool.pi)


def refit_plot(sources: Sources, pool: Pool, kind: str) -> Plot:
    """Make the plot of the refits of a pool.

    Parameters
    ----------
    sources : Sources
    pool : Pool
    kind : {'leave_one_out', 'cumulative'}
    """
    leaving = kind == LEAVE_OUT
    rows = list(_rows(pool, kind))
    code = pool.measure.code
    pooled = pooled_rows(pool.main, {}, _digits(rows))[:1]
    words = "each study left out" if leaving else "studies added in order of year"
    caption = (
        "Each row is the pooled result without that study."
        if leaving
        else "Each row is the pooled result of that study and all above it."
    )
    return Plot(
        stem=f"{pool.stem}__{kind}",
        outcome=pool.outcome,
        level="studies",
        measure=pool.measure,
        title=f"{pool.label}: {pool.measure.label.lower()}, {words}",
        caption=f"{caption} {pool.main['method_label']}.",
        name="Study left out" if leaving else "Study added",
        left=(),
        right=(
            Column("effect", f"{code} [95% CI]", True),
            Column("tau2", "τ²", True),
            Column("i2", "I²", True),
        ),
        rows=[*rows, *pooled],
        notes=[],
        column_notes=[(ABSENT, note(f"{ABSENT} not estimable from one study."))],
        favours=sources.favours(pool.outcome),
        reference=pool.main["natural_estimate"],
        kind=kind,
    )


def _rows(pool: Pool, kind: str) -> Iterator[Row]:
    found = refits(pool, kind)
    natural = [
        [pool.measure.to_natural(float(x)) for x in values]
        for values in (found.pools.estimate, found.pools.ci_low, found.pools.ci_high)
    ]
    plain = [Row(("", ""), "", *ends) for ends in zip(*natural, strict=True)]
    digits = _digits(plain)
    for n, (study, row) in enumerate(zip(found.study, plain, strict=True)):
        key = f"forest.{kind}.{pool.id}.{pool.studies[study]}"
        effect = interval(row.estimate, row.low, row.high, digits)
        cells: dict[str, Cell] = {
            "effect": (effect, f"{key}.estimate"),
            "tau2": _cell(float(found.pools.tau2[n]), f"{key}.tau2", 3, ""),
            "i2": _cell(float(found.pools.i2[n]), f"{key}.i2", 0, "%"),
        }
        facts = [(f"{pool.measure.code} [95% CI]", *cells["effect"]), ("τ²", *cells["tau2"]),
                 ("I²", *cells["i2"]), ("How", str(pool.main["method_label"]), "")]  # fmt: skip
        yield Row((pool.names[study], ""), "", row.estimate, row.low, row.high, cells=cells,
                  facts=facts)  # fmt: skip


def _digits(rows: Sequence[Row]) -> int:
    """Give one decimal more where the refits would read alike: how they differ is the point."""
    digits = digits_for(rows)
    estimates = [row.estimate for row in rows]
    return digits + (max(estimates) - min(estimates) < 20 * 10.0**-digits)


def _cell(value: float, key: str, digits: int, unit: str) -> Cell:
    return (ABSENT, "") if math.isnan(value) else (f"{number(value, digits)}{unit}", key)
