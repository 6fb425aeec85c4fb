"""From the lists of studies to tables and figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from parapluie.errors import Problem, raise_if
from parapluie.overlap import figures as keys
from parapluie.overlap.cca import (
    Matrix,
    band,
    corrected_covered_area,
    pairs,
    weighted_covered_area,
)
from parapluie.overlap.identity import identify, place_of
from parapluie.overlap.recorded import Bounds, Step, bounds, step_problems, steps
from parapluie.overlap.scopes import Scope, Years, later_than_review, scopes, years_of
from parapluie.trace import Figures

NO_LIST = "not_available: no included review has a list of its studies"
ONE_REVIEW = "not_estimable: one review"
NO_CELLS = "not_estimable: no cell left in which studies could overlap"


@dataclass(frozen=True)
class Inputs:
    """Tables that the stage reads, with the names under which messages and traces show them.

    Parameters
    ----------
    reviews : frame
        The included reviews.
    studies, links, facts, distribution : frame
        Tables of ``extraction/``; without rows where there is no file.
    shown : dict
        ``studies``, ``links``, ``facts``, ``distribution`` to the name of the file; only files that
        are there.
    """

    reviews: pd.DataFrame
    studies: pd.DataFrame
    links: pd.DataFrame
    facts: pd.DataFrame
    distribution: pd.DataFrame
    shown: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Options:
    """How bands are named (half_open, pieper2014) and structural missingness found (none, year)."""

    bands: str = "half_open"
    structural_missingness: str = "none"


@dataclass(frozen=True)
class Overlap:
    """What the stage gives: its tables, the matrix of all studies, and its figures."""

    tables: dict[str, pd.DataFrame]
    cells: Matrix
    steps: list[Step]
    without_list: list[str]
    shorter: list[str]
    figures: Figures


def overlap(inputs: Inputs, options: Options) -> Overlap:
    """Count the overlap of primary studies between the included reviews.

    Raises
    ------
    InputError
        For links that name no label or contradict each other, and for ranges that cannot be.
    """
    studies, to_check = _named_studies(inputs)
    recorded = steps(inputs.distribution)
    raise_if(step_problems(recorded, inputs.shown.get("distribution", "")))
    ids = sorted(inputs.reviews["review_id"])
    listed = [r for r in ids if r in set(studies["review_id"])]
    without = [r for r in ids if r not in set(listed)]
    years = years_of(studies, inputs.facts, inputs.reviews)
    used = years if options.structural_missingness == "year" else None
    own_ids = bool((studies["study_id"] != "").all()) and not len(inputs.links)
    made = scopes(studies, listed, used, own_ids) if listed else []
    cells = made[0].cells if made else _empty()
    problems = _problems(inputs, studies, cells, years, without)
    bound = bounds(recorded, len(ids)) if recorded else None
    lines = {s.name: scope_line(s, options, inputs.facts) for s in made}
    table = _tables(made, lines, options, cells, recorded)
    table |= {"matches_to_check": to_check, "problems": _problem_frame(problems)}
    table["inclusions"] = _inclusions(studies)
    shorter = _shorter(inputs.reviews, cells)
    figures = keys.figures(
        keys.Counted(inputs, made, lines, table["pairs"], cells, len(to_check)), recorded, bound
    )
    return Overlap(table, cells, recorded, without, sorted(shorter), figures)


def _empty() -> Matrix:
    none = np.zeros(0, dtype=np.int64)
    return Matrix((), (), none, none)


def _named_studies(inputs: Inputs) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the rows of included reviews with the name of their study, and what to check."""
    identity = identify(inputs.studies, inputs.links, inputs.shown.get("links", ""))
    raise_if(identity.problems)
    named = inputs.studies.copy()
    rows = named[["review_id", "study_label", "study_id"]].to_dict("records")
    named["study"] = pd.Series([identity.study[place_of(row)] for row in rows], dtype="object")
    included = set(inputs.reviews["review_id"])
    to_check = identity.to_check
    both = to_check["review_a"].isin(included) & to_check["review_b"].isin(included)
    return named[named["review_id"].isin(included)].reset_index(drop=True), to_check[both]


def _inclusions(studies: pd.DataFrame) -> pd.DataFrame:
    """Give each inclusion under the name of its study, for stages that ask which reviews share."""
    rows = studies[["review_id", "study", "outcome", "eligible"]].drop_duplicates()
    named = rows.rename(columns={"study": "study_id"})
    return named.sort_values(list(named.columns), ignore_index=True)


# --- tables ---------------------------------------------------------------------------------------


def scope_line(scope: Scope, options: Options, facts: pd.DataFrame) -> dict[str, object]:
    """Count one scope: a line of cca.csv."""
    cells = scope.cells
    n, r, c, x = (
        int(cells.included.sum()),
        len(cells.studies),
        len(cells.reviews),
        int(cells.missing.sum()),
    )
    cca = corrected_covered_area(n, r, c)
    adjusted = corrected_covered_area(n, r, c, x) if x else None
    weighted, without_size = _weighted(cells, facts)
    return {
        "scope": scope.name,
        "level": "study",
        "missingness": options.structural_missingness,
        "c": c,
        "r": r,
        "n": n,
        "x": x,
        "cca": cca,
        "band": band(cca, options.bands),
        "scheme": options.bands,
        "cca_adjusted": adjusted,
        "band_adjusted": band(adjusted, options.bands),
        "wcca": weighted,
        "studies_without_size": without_size,
        "in_more_than_one": int((cells.times > 1).sum()),
        "min_per_review": int(cells.sizes.min()) if c else None,
        "median_per_review": float(np.median(cells.sizes)) if c else None,
        "max_per_review": int(cells.sizes.max()) if c else None,
        "reason": "" if cca is not None else _why_none(r, c),
    }


def _why_none(r: int, c: int) -> str:
    if r == 0:
        return "not_estimable: no study in this scope"
    return ONE_REVIEW if c == 1 else NO_CELLS


def _weighted(cells: Matrix, facts: pd.DataFrame) -> tuple[float | None, int]:
    known = dict(zip(facts["study_id"], facts["n_participants"], strict=True))
    sizes = np.array([known.get(s, np.nan) for s in cells.studies], dtype=float)
    return weighted_covered_area(cells, sizes), int(np.isnan(sizes).sum())


def _tables(
    made: list[Scope],
    lines: dict[str, dict[str, object]],
    options: Options,
    cells: Matrix,
    recorded: list[Step],
) -> dict[str, pd.DataFrame]:
    columns = [
        "scope",
        "level",
        "missingness",
        "c",
        "r",
        "n",
        "x",
        "cca",
        "band",
        "scheme",
        "cca_adjusted",
        "band_adjusted",
        "wcca",
        "studies_without_size",
        "in_more_than_one",
        "min_per_review",
        "median_per_review",
        "max_per_review",
        "reason",
    ]
    listed = list(lines.values()) or [_no_line(options)]
    return {
        "matrix": _long(cells),
        "cca": pd.DataFrame(listed, columns=columns, dtype="object"),
        "pairs": pair_frame(cells, options.bands),
        "distribution": _distribution(made, recorded),
    }


def _no_line(options: Options) -> dict[str, object]:
    return {
        "scope": "all",
        "level": "study",
        "missingness": options.structural_missingness,
        "scheme": options.bands,
        "reason": NO_LIST,
    }


def _long(cells: Matrix) -> pd.DataFrame:
    """Give the cells that are not empty: included, or structurally missing."""
    rows = [
        (cells.studies[i], cells.reviews[j], state)
        for state, mask in (("included", cells.included), ("structural_missing", cells.missing))
        for i, j in zip(*np.nonzero(mask), strict=True)
    ]
    return pd.DataFrame(rows, columns=["study_id", "review_id", "state"], dtype="object")


def pair_frame(cells: Matrix, scheme: str) -> pd.DataFrame:
    """Give one row per pair of reviews; CCA, containment and coefficient are proportions."""
    columns = [
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
        "contained_a",
        "contained_b",
        "overlap_coefficient",
        "one_inside_other",
        "reason",
    ]
    rows = [
        (
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
            p.cca_adjusted if p.x else None,
            p.contained_a,
            p.contained_b,
            p.overlap_coefficient,
            p.inside,
            "" if p.union else "not_estimable: neither review has a study in this scope",
        )
        for p in pairs(cells)
    ]
    return pd.DataFrame(rows, columns=columns, dtype="object")


def _distribution(made: list[Scope], recorded: list[Step]) -> pd.DataFrame:
    rows: list[tuple[object, ...]] = [
        (scope.name, k, n, "counted", "")
        for scope in made
        for k, n in enumerate(np.bincount(scope.cells.times)[1:].tolist(), start=1)
    ]
    rows += [("recorded", s.text, s.n, "recorded", s.source) for s in recorded]
    columns = ["scope", "times_included", "n_studies", "standing", "source"]
    return pd.DataFrame(rows, columns=columns, dtype="object")


# --- problems -------------------------------------------------------------------------------------


def _problem_frame(problems: list[Problem]) -> pd.DataFrame:
    columns = ["file", "row", "column", "found", "allowed", "mend"]
    rows = [[getattr(p, c) for c in columns] for p in sorted(problems, key=Problem.sort_key)]
    return pd.DataFrame(rows, columns=columns, dtype="object")


def _problems(
    inputs: Inputs, studies: pd.DataFrame, cells: Matrix, years: Years, without: list[str]
) -> list[Problem]:
    shown = inputs.shown.get("studies", "data/extraction/studies.csv")
    found = list(_without_list(shown, without, bool(cells.reviews)))
    found += [
        Problem(
            shown,
            f"{held} studies of {review}, which reports {reported}",
            "as many studies as the review reports",
            "Complete the list, or note why it differs; it is counted as it stands.",
            column="review_id",
        )
        for review, (held, reported) in _shorter(inputs.reviews, cells).items()
    ]
    found += _eligible_both_ways(studies, shown)
    found += later_than_review(cells, years, shown)
    return found


def _without_list(shown: str, without: list[str], any_list: bool) -> Iterator[Problem]:
    """Name the reviews without a list; one line says how many they are where none has one."""
    names = without if any_list else [f"any included review (k = {len(without)})"] * bool(without)
    for name in names:
        yield Problem(
            shown,
            f"no study of {name}",
            "lists of the studies of included reviews",
            "Add its studies; until then it is left out of the overlap.",
            column="review_id",
        )


def _shorter(reviews: pd.DataFrame, cells: Matrix) -> dict[str, tuple[int, int]]:
    """Find reviews whose list is shorter than the number of studies they report."""
    reported = dict(zip(reviews["review_id"], reviews["n_studies"], strict=True))
    held = dict(zip(cells.reviews, cells.sizes.tolist(), strict=True))
    return {r: (n, int(reported[r])) for r, n in held.items() if reported[r] > n}


def _eligible_both_ways(studies: pd.DataFrame, shown: str) -> list[Problem]:
    said = studies[studies["eligible"].isin(["yes", "no"])]
    both = said.groupby("study")["eligible"].nunique()
    return [
        Problem(
            shown,
            f"study {study} eligible in one row and not in another",
            "one answer per study",
            "Correct one of the rows.",
            column="eligible",
        )
        for study in sorted(both[both > 1].index)
    ]


__all__ = ["Bounds", "Inputs", "Options", "Overlap", "overlap", "pair_frame", "scope_line"]
