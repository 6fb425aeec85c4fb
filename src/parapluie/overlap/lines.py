"""The numbers of a citation matrix: one line of cca.csv, its pairs, and what each review adds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from parapluie.overlap.cca import (
    BANDS,
    Matrix,
    Pair,
    band,
    corrected_covered_area,
    only_here,
    pairs,
    weighted_covered_area,
)
from parapluie.overlap.scopes import Scope

WCCA = "wCCA (square-root weights, after Ying 2025)"
ONE_REVIEW = "not_estimable: one review"
NO_CELLS = "not_estimable: no cell left in which studies could overlap"
NO_STUDY = "not_estimable: no study in this scope"
IMPUTE = ("none", "median")


@dataclass(frozen=True)
class Counting:
    """How a matrix is counted.

    Parameters
    ----------
    bands : {"half_open", "pieper2014"}
    missingness : str
        How structurally missing cells were found, for the tables.
    sizes : mapping
        Study to its participants.
    impute : {"none", "median"}
        What stands in for participants that are not known.
    """

    bands: str
    missingness: str
    sizes: Mapping[str, float]
    impute: str = "none"


@dataclass(frozen=True)
class Sizes:
    """Participants of the studies of a matrix; how many are not known, and how many imputed."""

    values: NDArray[np.float64]
    unknown: int
    imputed: int


def sizes_of(cells: Matrix, how: Counting, level: str = "study") -> Sizes:
    """Take the participants of the studies of a matrix; a report has those of its study."""
    names = cells.studies if level == "study" else [s.partition(":")[0] for s in cells.studies]
    values = np.array([how.sizes.get(s, np.nan) for s in names], dtype=float)
    gaps = np.isnan(values)
    if how.impute == "median" and gaps.any() and not gaps.all():
        values[gaps] = np.median(values[~gaps])
        return Sizes(values, int(gaps.sum()), int(gaps.sum()))
    return Sizes(values, int(gaps.sum()), 0)


def line_of(scope: Scope, how: Counting, found: Sequence[Pair]) -> dict[str, object]:
    """Count one scope: a line of cca.csv."""
    cells = scope.cells
    n, r, c, x = cells.n, len(cells.studies), len(cells.reviews), cells.x
    cca = corrected_covered_area(n, r, c)
    adjusted = corrected_covered_area(n, r, c, x) if x else None
    sizes = sizes_of(cells, how, scope.level)
    times = cells.times
    return {
        "scope": scope.name,
        "level": scope.level,
        "missingness": how.missingness,
        "c": c,
        "r": r,
        "n": n,
        "x": x,
        "covered_area": n / (r * c) if r * c else None,
        "cca": cca,
        "band": band(cca, how.bands),
        "scheme": how.bands,
        "cca_adjusted": adjusted,
        "band_adjusted": band(adjusted, how.bands),
        "wcca": weighted_covered_area(cells, sizes.values),
        "wcca_adjusted": weighted_covered_area(cells, sizes.values, True) if x else None,
        "studies_without_size": sizes.unknown,
        "sizes_imputed": sizes.imputed,
        "in_one": int((times == 1).sum()),
        "in_more_than_one": int((times > 1).sum()),
        "reviews_without_study": int((cells.sizes == 0).sum()),
        **_per_review(cells),
        **bands_of(found, how.bands),
        "reason": "" if cca is not None else why_none(r, c),
    }


def why_none(r: int, c: int) -> str:
    """Say why there is no CCA."""
    if r == 0:
        return NO_STUDY
    return ONE_REVIEW if c == 1 else NO_CELLS


def _per_review(cells: Matrix) -> dict[str, object]:
    sizes = cells.sizes
    there = len(cells.reviews) > 0
    return {
        "min_per_review": int(sizes.min()) if there else None,
        "median_per_review": float(np.median(sizes)) if there else None,
        "max_per_review": int(sizes.max()) if there else None,
    }


def bands_of(found: Sequence[Pair], scheme: str) -> dict[str, object]:
    """Count the pairs in each band, plain and adjusted: an overall number hides them."""
    plain = Counter(band(p.cca, scheme) for p in found)
    adjusted = Counter(band(p.cca_adjusted, scheme) for p in found)
    any_x = any(p.x for p in found)
    made: dict[str, object] = {"pairs": sum(n for name, n in plain.items() if name)}
    made |= {f"pairs_{name}": plain[name] for name in BANDS}
    made |= {f"pairs_{name}_adjusted": adjusted[name] if any_x else None for name in BANDS}
    return made


PAIR_COLUMNS = (
    "review_a",
    "review_b",
    "n_a",
    "n_b",
    "shared",
    "in_either",
    "x",
    "cca",
    "band",
    "scheme",
    "cca_adjusted",
    "band_adjusted",
    "wcca",
    "contained_a",
    "contained_b",
    "overlap_coefficient",
    "one_inside_other",
    "reason",
)


def pairs_of(scope: Scope, how: Counting) -> list[Pair]:
    """Compare every two reviews of a scope."""
    return pairs(scope.cells, sizes_of(scope.cells, how, scope.level).values)


def pair_frame(found: Sequence[Pair], scheme: str) -> pd.DataFrame:
    """Give one row per pair of reviews; CCA, containment and coefficient are proportions."""
    rows = [_pair_row(p, scheme) for p in found]
    return pd.DataFrame(rows, columns=list(PAIR_COLUMNS), dtype="object")


def _pair_row(p: Pair, scheme: str) -> tuple[object, ...]:
    adjusted = p.cca_adjusted if p.x else None
    if not p.union:
        reason = "not_estimable: neither review has a study in this scope"
    else:
        reason = "" if p.cca_adjusted is not None else NO_CELLS
    return (
        p.a,
        p.b,
        p.n_a,
        p.n_b,
        p.shared,
        p.union,
        p.x,
        p.cca,
        band(p.cca, scheme),
        scheme,
        adjusted,
        band(adjusted, scheme),
        p.wcca,
        p.contained_a,
        p.contained_b,
        p.overlap_coefficient,
        p.inside,
        reason,
    )


# --- what each review adds ------------------------------------------------------------------------

REVIEW_COLUMNS = (
    "review_id",
    "name",
    "total",
    "unique",
    "shared_with_any",
    "inside",
    "inside_union",
    "standing",
)


def review_frame(
    cells: Matrix, found: Sequence[Pair], names: Mapping[str, str], without: Sequence[str]
) -> pd.DataFrame:
    """Tell of each review what it adds: studies that no other has, and in which others it lies.

    Parameters
    ----------
    cells : Matrix
    found : sequence of Pair
        Its pairs.
    names : mapping
        Review to its name.
    without : sequence of str
        Reviews without a list.
    """
    inside: dict[str, list[str]] = {}
    for p in found:
        if p.shared and p.shared == p.n_a:
            inside.setdefault(p.a, []).append(p.b)
        if p.shared and p.shared == p.n_b:
            inside.setdefault(p.b, []).append(p.a)
    alone = only_here(cells).tolist()
    rows: list[tuple[object, ...]] = []
    for review, total, unique in zip(cells.reviews, cells.sizes.tolist(), alone, strict=True):
        within = ";".join(sorted(inside.get(review, ())))
        union = bool(total) and not unique
        standing = _standing(total, unique, within)
        rows.append((review, names.get(review, review), total, unique, total - unique,
                     within, union, standing))  # fmt: skip
    rows += [(r, names.get(r, r), *[None] * 5, "no list of studies: left out") for r in without]
    return pd.DataFrame(rows, columns=list(REVIEW_COLUMNS), dtype="object")


def _standing(total: int, unique: int, within: str) -> str:
    if not total:
        return "no study in this body"
    if unique:
        return "adds studies of its own"
    return "adds no study: inside one review" if within else "adds no study: inside all others"
