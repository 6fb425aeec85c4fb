"""Compare the estimators that are found by a search with another way to them, on random sets.

    python -m benchmarks.check_solver [--sets 10000]

See `solver_reference` for the sets and the other way. An estimate agrees if it differs by at most
1e-9 of tau² plus the typical variance, or if it is likelier, which is told.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import chdtri

from benchmarks import measured
from benchmarks import solver_reference as other
from parapluie.effects import pool_sets

TOLERANCE = 1e-9
LIKELIHOOD = ("REML", "ML")
BY_Q = ("PM", "EB", "PMM")


@dataclass
class Tally:
    """What was found of one estimator."""

    method: str
    worst: float = 0.0
    agree: int = 0
    likelier: int = 0
    wrong: list[str] = field(default_factory=list)
    several: int = 0
    beyond_a_minimum: int = 0


def estimates(drawn: Sequence[other.Drawn], method: str) -> other.Floats:
    """Give tau² of all sets, fitted at once."""
    offsets = np.concatenate([[0], np.cumsum([d.yi.size for d in drawn])])
    y, v = np.concatenate([d.yi for d in drawn]), np.concatenate([d.vi for d in drawn])
    return pool_sets(y, v, offsets, method, "z").tau2


def typical(drawn: other.Drawn) -> float:
    """Give the typical sampling variance (Higgins and Thompson 2002)."""
    w = 1 / drawn.vi.astype(np.longdouble)
    return float((w.size - 1) * w.sum() / (w.sum() ** 2 - (w**2).sum()))


def compare(drawn: Sequence[other.Drawn], method: str, grid: int = other.GRID) -> Tally:
    """Compare all sets with the other way."""
    tally = Tally(method)
    for one, found in zip(drawn, estimates(drawn, method), strict=True):
        if method in LIKELIHOOD:
            _by_likelihood(tally, one, float(found), grid)
        else:
            target = one.yi.size - 1.0
            if method == "PMM":
                target = float(chdtri(target, 0.5))
            _count(tally, one, float(found), other.where_q_is(one, target))
    return tally


def _by_likelihood(tally: Tally, one: other.Drawn, found: float, grid: int) -> None:
    restricted = tally.method == "REML"
    wanted = other.largest_maximum(one, restricted, grid)
    tally.several += len(wanted.maxima) > 1
    tally.beyond_a_minimum += wanted.score_at_zero < 0 and wanted.tau2 > 0
    both = other.likelihood(one, np.array([found, wanted.tau2], np.longdouble), restricted)
    if not _near(one, found, wanted.tau2) and both[0] >= both[1]:
        tally.likelier += 1
        return
    _count(tally, one, found, wanted.tau2)


def _near(one: other.Drawn, found: float, wanted: float) -> bool:
    return abs(found - wanted) <= TOLERANCE * (wanted + typical(one))


def _count(tally: Tally, one: other.Drawn, found: float, wanted: float) -> None:
    if not _near(one, found, wanted):
        tally.wrong.append(f"{one.family}, k = {one.yi.size}: {found!r}, not {wanted!r}")
        return
    tally.agree += 1
    tally.worst = max(tally.worst, abs(found - wanted) / (wanted + typical(one)))


def main(words: Sequence[str] | None = None) -> int:
    """Compare and print; 1 if an estimate is wrong."""
    parser = argparse.ArgumentParser(prog="benchmarks.check_solver", description=__doc__)
    parser.add_argument("--sets", type=int, default=10_000)
    args = parser.parse_args(words)
    drawn = list(other.draw(args.sets))
    families = Counter(d.family for d in drawn)
    print(f"{len(drawn)} sets: " + ", ".join(f"{n} {name}" for name, n in families.items()))
    tallies = [compare(drawn, method) for method in (*LIKELIHOOD, *BY_Q)]
    header = (
        "estimator", "agree", "worst difference", "likelier than the grid's", "wrong",
        "several maxima", "score negative at 0, tau² > 0",
    )  # fmt: skip
    rows = [
        (t.method, t.agree, f"{t.worst:.1e}", t.likelier, len(t.wrong),
         *((t.several, t.beyond_a_minimum) if t.method in LIKELIHOOD else ("-", "-")))
        for t in tallies
    ]  # fmt: skip
    print(measured.table(header, rows))
    for tally in tallies:
        for line in tally.wrong[:10]:
            print(f"{tally.method}: {line}")
    return int(any(t.wrong for t in tallies))


if __name__ == "__main__":
    raise SystemExit(main())
