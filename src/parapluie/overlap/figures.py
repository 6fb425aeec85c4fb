"""The keys of the overlap: every number of its tables with the rows it was counted from."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from parapluie.overlap.cca import BANDS, Matrix, only_here
from parapluie.overlap.lines import WCCA
from parapluie.overlap.names import slug
from parapluie.overlap.recorded import Bounds, Step
from parapluie.overlap.scopes import Scope
from parapluie.tables import split_list
from parapluie.trace import ALL, Figures, Rows, matches, where

if TYPE_CHECKING:
    from parapluie.overlap.stage import Inputs

INCLUDED = ["included.reviews"]

CCA_RULE = "(N - r) / (r x c - r): inclusions N, unique studies r, reviews with a list c"
RULES = {
    "c": ("included reviews that have a list of studies", "reviews"),
    "r": ("unique studies that at least one of these reviews includes", "studies"),
    "n": ("inclusions of a study in a review", "inclusions"),
    "x": ("cells in which the study is later than the review and could not be in it", "cells"),
    "cca": (CCA_RULE, "proportion"),
    "covered_area": ("N / (r x c)", "proportion"),
    "cca_percent": (f"100 x {CCA_RULE}", "percent"),
    "cca_adjusted": ("(N - r) / (r x c - r - X), X structurally missing cells", "proportion"),
    "wcca": (f"{WCCA}: weights are square roots of participants", "proportion"),
    "wcca_adjusted": (f"{WCCA}, without the weights of X cells", "proportion"),
    "in_one": ("studies that one review alone includes", "studies"),
    "reviews_without_study": ("reviews with a list that holds no study of this scope", "reviews"),
    "pairs": ("pairs of reviews that have a CCA", "pairs"),
    **{f"pairs_{b}": (f"pairs of reviews whose CCA is {b} in the bands", "pairs") for b in BANDS},
    **{f"share_{b}": (f"pairs whose CCA is {b} / pairs that have a CCA", "proportion")
       for b in BANDS},
    "in_more_than_one": ("studies that more than one review includes", "studies"),
    "min_per_review": ("fewest studies in a review", "studies"),
    "median_per_review": ("median of studies per review", "studies"),
    "max_per_review": ("most studies in a review", "studies"),
}  # fmt: skip
"""Name of a number of a scope to its rule and unit."""

BY_ROWS = frozenset({"r", "n", "in_one", "in_more_than_one", "max_per_review"})
"""Numbers that only the rows of a scope's own studies can change."""


BY_STUDY = frozenset({"x", "cca_adjusted", "wcca", "wcca_adjusted"})
"""Numbers that rest on years and sizes of studies, which any row of a study may tell."""


@dataclass(eq=False)
class Counted:
    """What the figures are made from."""

    inputs: Inputs
    scopes: Sequence[Scope]
    lines: Mapping[str, Mapping[str, Any]]
    pairs: pd.DataFrame
    cells: Matrix
    n_to_check: int = 0
    reviews: pd.DataFrame = field(default_factory=pd.DataFrame)
    sensitivity: pd.DataFrame = field(default_factory=pd.DataFrame)
    missingness: str = "none"
    merges: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def before(self) -> list[str]:
        """Figures of other stages on which everything rests: none where the lists stand alone."""
        return INCLUDED if self.inputs.alone is None else []

    @functools.cached_property
    def rows_of(self) -> Counter[str]:
        """Rows of studies.csv per review; 0 for one whose list is empty."""
        return Counter(self.inputs.studies["review_id"])

    def picked(self, rows: str) -> int:
        """Count the rows of studies.csv that a filter on eligible or outcome picks."""
        if rows == ALL:
            return len(self.inputs.studies)
        listed = self.inputs.studies[["eligible", "outcome"]].itertuples(index=False, name=None)
        counts = Counter(listed)
        return sum(
            n for (e, o), n in counts.items() if matches(rows, {"eligible": e, "outcome": o}, 0)
        )

    def basis(self, rows: str, *also: str, n: int | None = None) -> list[Rows]:
        """Give rows of studies.csv, all links, and all rows of the tables named in `also`."""
        files = self.inputs.shown
        n = self.picked(rows) if n is None else n
        if self.inputs.alone is not None:
            # The file has names where the stage has ids, and a matrix no rows of single reviews.
            rows, n = ALL, self.inputs.alone
        found = [Rows(files["studies"], rows, n)] if "studies" in files else []
        if "links" in files:
            found.append(Rows(files["links"], ALL, len(self.inputs.links)))
        if "facts" in files and "facts" in also:
            found.append(Rows(files["facts"], ALL, len(self.inputs.facts)))
        return found


def figures(counted: Counted, recorded: Sequence[Step], bound: Bounds | None) -> Figures:
    """Make all figures of the stage."""
    made = Figures("overlap")
    for scope in counted.scopes:
        _scope(made, counted, scope)
    if not counted.scopes:
        _no_lists(made, counted)
    _reviews(made, counted)
    _pairs(made, counted)
    _sensitivity(made, counted)
    if len(counted.merges):
        _merges(made, counted)
    made.add(
        "matches_to_check",
        counted.n_to_check,
        rule="pairs of labels that look like one study and that nobody has answered on",
        basis=counted.basis(ALL),
        rests_on=counted.before,
        unit="pairs",
    )
    if bound:
        _recorded(made, counted, recorded, bound)
    return made


def _no_lists(made: Figures, counted: Counted) -> None:
    """Say of every number of the scope of all studies why it is not there."""
    basis = counted.basis(ALL)
    for name, (rule, unit) in RULES.items():
        made.add(
            f"all.{name}",
            None,
            rule=rule,
            basis=basis,
            rests_on=counted.before,
            unit=unit,
            absent="not_available: no included review has a list of its studies",
        )


def _scope(made: Figures, counted: Counted, scope: Scope) -> None:
    line = counted.lines[scope.name]
    percent = None if line["cca"] is None else 100 * line["cca"]
    values = dict(line) | {"cca_percent": percent} | _shares(line)
    for name, (rule, unit) in RULES.items():
        if name in BY_ROWS:
            basis = counted.basis(scope.rows)
        elif name in BY_STUDY:
            basis = counted.basis(ALL, "facts")
        else:
            basis = counted.basis(scope.rows_of_reviews)
        value = values[name]
        made.add(
            f"{scope.name}.{name}",
            value,
            rule=rule,
            basis=basis,
            rests_on=counted.before,
            unit=unit,
            absent=_absent(name, line) if value is None else "",
        )
    basis = counted.basis(scope.rows)
    for k, n in enumerate(np.bincount(scope.cells.times)[1:].tolist(), start=1):
        made.add(
            f"{scope.name}.distribution.{k}",
            n,
            basis=basis,
            rests_on=counted.before,
            unit="studies",
            rule=f"studies that are in {k} of these reviews",
        )


def _shares(line: Mapping[str, Any]) -> dict[str, float | None]:
    """Give the share of each band among the pairs: an overall CCA hides them."""
    pairs = line["pairs"]
    return {f"share_{b}": line[f"pairs_{b}"] / pairs if pairs else None for b in BANDS}


def _absent(name: str, line: Mapping[str, Any]) -> str:
    if name.startswith("share_"):
        return "not_estimable: no pair of reviews with a CCA"
    if name.endswith("_adjusted") and not line["x"]:
        return "not_applicable: no structurally missing cell"
    if name.startswith("wcca") and line["studies_without_size"] > line["sizes_imputed"]:
        return f"not_available: participants not known of {line['studies_without_size']} studies"
    return str(line["reason"] or "not_estimable: no cell left in which studies could overlap")


def _reviews(made: Figures, counted: Counted) -> None:
    """Give the diagonal of the drawing: studies of a review, and those in no other review."""
    cells = counted.cells
    alone = only_here(cells).tolist()
    for review, size, unique in zip(cells.reviews, cells.sizes.tolist(), alone, strict=True):
        mine = counted.basis(where(review_id=review), n=counted.rows_of[review])
        made.add(
            f"reviews.{review}.total",
            size,
            rule="studies of this review",
            basis=mine,
            rests_on=counted.before,
            unit="studies",
        )
        made.add(
            f"reviews.{review}.unique",
            unique,
            rule="studies that no other included review has",
            basis=counted.basis(ALL),
            rests_on=counted.before,
            unit="studies",
        )


ASSUMED = {
    "all the same": ("questions.if_same", "if all open questions on studies were answered: same"),
    "all different": (
        "questions.if_different",
        "if all open questions on studies were answered: different",
    ),
    "none": ("missingness.none", "if no cell were structurally missing by date"),
    "year": ("missingness.year", "if cells were structurally missing by year"),
    "date": ("missingness.date", "if cells were structurally missing by date of the last search"),
}
"""Value of an assumption to the first part of its keys, and the words of its rule."""


def _sensitivity(made: Figures, counted: Counted) -> None:
    """Give the numbers under other assumptions; those of the choices made stand under ``all``."""
    basis = counted.basis(ALL, "facts")
    for row in counted.sensitivity.to_dict("records"):
        if row["value"] not in ASSUMED:
            continue
        place, words = ASSUMED[row["value"]]
        for name in ("r", "x", "cca", "cca_adjusted"):
            rule, unit = RULES[name]
            made.add(
                f"{place}.{name}",
                row[name],
                rule=f"{rule}, {words}",
                basis=basis,
                rests_on=counted.before,
                unit=unit,
                absent=_absent(name, {"x": row["x"], "reason": ""}) if row[name] is None else "",
            )


def _merges(made: Figures, counted: Counted) -> None:
    """Count the labels that were joined, by the rule that joined them."""
    for rule, n in sorted(Counter(counted.merges["rule"].astype(str)).items()):
        made.add(
            f"merges.{slug(rule)}",
            n,
            rule=f"pairs of labels joined to one study by: {rule}",
            basis=counted.basis(ALL),
            rests_on=counted.before,
            unit="pairs",
        )


PAIR_RULES = {
    "shared": ("studies that both reviews include", "studies"),
    "cca": ("shared / (n_a + n_b - shared)", "proportion"),
    "cca_adjusted": ("shared / (studies in either - X of the pair)", "proportion"),
    "contained_a": ("shared / n_a", "proportion"),
    "contained_b": ("shared / n_b", "proportion"),
    "overlap_coefficient": ("shared / studies of the smaller review", "proportion"),
    "wcca": (f"{WCCA} of the pair: weight of shared over weight of either", "proportion"),
}

BY_FACTS = ("cca_adjusted", "wcca")
"""Numbers of a pair that rest on the facts of studies, too."""


def _pairs(made: Figures, counted: Counted) -> None:
    # The year of a study, and which labels people call the same, may stand in a row of any review;
    # all else about a pair stands in the rows of the two.
    of_any = counted.basis(ALL, "facts")
    linked = counted.basis(ALL) if len(counted.inputs.links) else None
    for row in counted.pairs.to_dict("records"):
        two = [row["review_a"], row["review_b"]]
        n = sum(counted.rows_of[review] for review in two)
        own = linked or counted.basis(where(review_id=two), n=n)
        for name, (rule, unit) in PAIR_RULES.items():
            value = row[name]
            if name in BY_FACTS and value is None:
                continue
            made.add(
                f"pairs.{row['review_a']}.{row['review_b']}.{name}",
                value,
                rule=rule,
                basis=of_any if name in BY_FACTS else own,
                rests_on=counted.before,
                unit=unit,
                absent="not_estimable: no study in the list" if value is None else "",
            )


def _recorded(made: Figures, counted: Counted, listed: Sequence[Step], bound: Bounds) -> None:
    shown = counted.inputs.shown["distribution"]
    everything = [Rows(shown, ALL, len(listed))]
    sources = ";".join(sorted({part for s in listed for part in split_list(s.source)}))
    for name, value, rule, unit in _bound_lines(bound):
        made.add(
            f"recorded.{name}",
            value,
            rule=rule,
            basis=everything,
            unit=unit,
            source=sources,
            rests_on=counted.before if "cca" in name else (),
            absent="not_estimable: fewer than two reviews" if value is None else "",
        )
    for step in listed:
        rows = [Rows(shown, where(times_included=step.text), 1)]
        made.add(
            f"recorded.distribution.{step.text}",
            step.n,
            basis=rows,
            unit="studies",
            source=step.source,
            rule=f"studies that are in this many reviews: {step.text}, as recorded",
        )


def _bound_lines(bound: Bounds) -> list[tuple[str, float | None, str, str]]:
    lines: list[tuple[str, float | None, str, str]] = [
        ("r", bound.r, "sum of the recorded distribution", "studies")
    ]
    for end, n, cca in (
        ("low", bound.n_low, bound.cca_low),
        ("high", bound.n_high, bound.cca_high),
    ):
        ranges = f"each range taken at its {end} end"
        lines += [
            (f"n_{end}", n, f"sum of times included x studies, {ranges}", "inclusions"),
            (
                f"cca_{end}",
                cca,
                f"CCA from that sum, r and all included reviews, {ranges}",
                "proportion",
            ),
            (
                f"cca_{end}_percent",
                None if cca is None else 100 * cca,
                f"100 x CCA from that sum, r and all included reviews, {ranges}",
                "percent",
            ),
        ]
    return lines
