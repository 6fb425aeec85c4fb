"""From the lists of studies to tables and figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from parapluie.errors import Problem, raise_if
from parapluie.overlap import figures as keys
from parapluie.overlap.cca import Matrix, Pair
from parapluie.overlap.codes import EXCLUDED, INCLUDED, INELIGIBLE, STRUCTURAL_MISSING, UNKNOWN
from parapluie.overlap.compared import Place
from parapluie.overlap.identity import Identity, identify, place_of
from parapluie.overlap.lines import (
    Counting,
    line_of,
    pair_frame,
    pairs_of,
    review_frame,
)
from parapluie.overlap.recorded import Bounds, Step, bounds, step_problems, steps
from parapluie.overlap.reports import reports_of
from parapluie.overlap.scopes import (
    Body,
    Scope,
    When,
    incidence,
    included_and_missing,
    later_than_review,
    scopes,
    when_of,
)
from parapluie.overlap.told import SCHEMES, assumptions, in_words, sensitivity, sentence
from parapluie.trace import ALL, Figures

NO_LIST = "not_available: no included review has a list of its studies"
SHOWN = "data/extraction/studies.csv"


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
    listed : tuple of str
        Reviews whose list is known to be there although it holds no study.
    warnings : tuple of Problem
        What reading the files had to tell.
    notes : tuple of (str, str)
        Assumptions of the reading.
    alone : int or None
        Rows of a file that stands alone and tells the reviews itself; else ``None``.
    """

    reviews: pd.DataFrame
    studies: pd.DataFrame
    links: pd.DataFrame
    facts: pd.DataFrame
    distribution: pd.DataFrame
    shown: dict[str, str] = field(default_factory=dict)
    listed: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    alone: int | None = None


@dataclass(frozen=True)
class Options:
    """How the overlap is counted.

    Parameters
    ----------
    bands : {"half_open", "pieper2014"}
    structural_missingness : {"none", "year", "date"}
        How X cells are found, beside those that a matrix gives.
    ineligible : {"not_included", "structural_missing"}
        What a study outside the scope of a review counts as.
    impute : {"none", "median"}
        What stands in for sample sizes that are not known, in the weighted CCA.
    """

    bands: str = "half_open"
    structural_missingness: str = "none"
    ineligible: str = "not_included"
    impute: str = "none"


@dataclass(frozen=True)
class Overlap:
    """What the stage gives: tables, the matrix of all studies, a sentence, and its figures."""

    tables: dict[str, pd.DataFrame]
    cells: Matrix
    steps: list[Step]
    without_list: list[str]
    shorter: list[str]
    sentence: str
    figures: Figures


@dataclass(frozen=True)
class _Work:
    """What is known once labels are resolved."""

    inputs: Inputs
    options: Options
    identity: Identity
    studies: pd.DataFrame
    listed: list[str]
    without: list[str]
    report_gaps: int
    how: Counting

    def body(self, study: Mapping[Place, str] | None = None, rule: str | None = None) -> Body:
        """Gather the rows for counting, under other names of studies or another rule for X."""
        studies = self.studies if study is None else _named(self.studies, study)
        rule = self.options.structural_missingness if rule is None else rule
        when = self.when(studies, rule) if rule != "none" else None
        own_ids = bool((studies["study_id"] != "").all()) and not len(self.inputs.links)
        missing = self.options.ineligible == STRUCTURAL_MISSING
        return Body(studies, self.listed, when, own_ids, missing)

    def when(self, studies: pd.DataFrame, rule: str) -> When:
        return when_of(studies, self.inputs.facts, self.inputs.reviews, rule)


def overlap(inputs: Inputs, options: Options) -> Overlap:
    """Count the overlap of primary studies between the included reviews.

    Raises
    ------
    InputError
        For links that name no label or contradict each other, for studies that a review both
        includes and could not have, and for ranges that cannot be.
    """
    work = _prepared(inputs, options)
    recorded = steps(inputs.distribution)
    body = work.body()
    problems = step_problems(recorded, inputs.shown.get("distribution", ""))
    raise_if([*problems, *included_and_missing(body, inputs.shown.get("studies", SHOWN))])
    made = scopes(body) if work.listed else []
    cells = made[0].cells if made else _empty()
    found = {s.name: pairs_of(s, work.how) for s in made}
    lines = {s.name: line_of(s, work.how, found[s.name]) for s in made}
    bound = bounds(recorded, len(inputs.reviews)) if recorded else None
    table = _tables(work, made, lines, found, recorded)
    table["problems"] = _problem_frame(list(_problems(work, cells)))
    shorter = sorted(_shorter(inputs.reviews, cells))
    figures = keys.figures(
        keys.Counted(inputs, made, lines, table["pairs"], cells, len(table["matches_to_check"]),
                     table["reviews"], table["sensitivity"], work.how.missingness, table["merges"]),
        recorded, bound,
    )  # fmt: skip
    said = sentence(lines.get("all") or _no_line(work.how), work.without, bound)
    return Overlap(table, cells, recorded, work.without, shorter, said, figures)


def _empty() -> Matrix:
    none = np.zeros(0, dtype=np.int64)
    return Matrix((), (), none, none)


def _prepared(inputs: Inputs, options: Options) -> _Work:
    """Resolve labels; find which reviews have a list, and how X cells and sizes are known."""
    studies = _with_status(inputs.studies)
    identity = identify(studies, inputs.links, inputs.shown.get("links", ""))
    raise_if(identity.problems)
    studies = _named(studies[studies["review_id"].isin(set(inputs.reviews["review_id"]))],
                     identity.study)  # fmt: skip
    names, gaps = reports_of(studies, identity.same_report)
    told = (studies[[c for c in ("report_id", "doi", "pmid") if c in studies]] != "").any(axis=None)
    if told and not gaps:
        studies["report"] = names
    ids = sorted(inputs.reviews["review_id"])
    has_list = set(studies.loc[studies["status"] != UNKNOWN, "review_id"]) | set(inputs.listed)
    listed = [r for r in ids if r in has_list]
    how = Counting(options.bands, _missingness(studies, options), _sizes(studies, inputs.facts),
                   options.impute)  # fmt: skip
    without = [r for r in ids if r not in has_list]
    return _Work(inputs, options, identity, studies, listed, without, gaps if told else -1, how)


def _with_status(studies: pd.DataFrame) -> pd.DataFrame:
    """Fill in what an empty status means: the row is an inclusion."""
    said = studies["status"] if "status" in studies else pd.Series("", index=studies.index)
    return studies.assign(status=said.where(~said.isin(["", "NR", "NA"]), INCLUDED))


def _named(studies: pd.DataFrame, study: Mapping[Place, str]) -> pd.DataFrame:
    rows = studies[["review_id", "study_label", "study_id"]].to_dict("records")
    names = pd.Series([study[place_of(row)] for row in rows], dtype="object")
    return studies.reset_index(drop=True).assign(study=names)


def _missingness(studies: pd.DataFrame, options: Options) -> str:
    states = set(studies["status"])
    given = STRUCTURAL_MISSING in states or (
        options.ineligible == STRUCTURAL_MISSING and INELIGIBLE in states
    )
    rule = options.structural_missingness
    return "+".join(["given"] * given + [rule] * (rule != "none")) or "none"


def _sizes(studies: pd.DataFrame, facts: pd.DataFrame) -> dict[str, float]:
    """Take participants from study_facts.csv, else the largest number that the lists give."""
    known: dict[str, float] = {}
    if "n_participants" in studies:
        listed = studies.dropna(subset=["n_participants"])
        most = listed.groupby("study")["n_participants"].max()
        known = {str(study): float(n) for study, n in most.items()}
    told = facts.dropna(subset=["n_participants"])
    return known | dict(zip(told["study_id"], told["n_participants"], strict=True))


# --- tables ---------------------------------------------------------------------------------------


def _tables(
    work: _Work,
    made: Sequence[Scope],
    lines: Mapping[str, Mapping[str, object]],
    found: Mapping[str, Sequence[Pair]],
    recorded: list[Step],
) -> dict[str, pd.DataFrame]:
    cells = made[0].cells if made else _empty()
    included = set(work.inputs.reviews["review_id"])
    to_check = work.identity.to_check
    both = to_check["review_a"].isin(included) & to_check["review_b"].isin(included)
    columns = list(next(iter(lines.values()), _no_line(work.how)))
    listed = list(lines.values()) or [_no_line(work.how)]
    return {
        "matrix": _long(work.studies, cells),
        "inclusions": _inclusions(work.studies),
        "citation_matrix": _wide(work, cells),
        "cca": pd.DataFrame(listed, columns=columns, dtype="object"),
        "pairs": pair_frame(found.get("all", ()), work.options.bands),
        "pairs_of_scopes": _pairs_of_scopes(found, work.options.bands),
        "reviews": review_frame(cells, found.get("all", ()), _names(work.inputs), work.without),
        "distribution": _distribution(made, recorded),
        "matches_to_check": to_check[both],
        "merges": work.identity.merges,
        "sensitivity": _sensitivity(work, made),
        "assumptions": assumptions(list(_assumptions(work))),
    }


def _names(inputs: Inputs) -> dict[str, str]:
    if "name" not in inputs.reviews:
        return {}
    return dict(zip(inputs.reviews["review_id"], inputs.reviews["name"], strict=True))


def _no_line(how: Counting) -> dict[str, object]:
    none = Scope("all", _empty(), ALL, ALL)
    empty: dict[str, object] = dict.fromkeys(line_of(none, how, ()))
    chosen = {"scope": "all", "level": "study", "missingness": how.missingness}
    return empty | chosen | {"scheme": how.bands, "reason": NO_LIST}


def _inclusions(studies: pd.DataFrame) -> pd.DataFrame:
    """Give each inclusion under the name of its study, for stages that ask which reviews share."""
    held = studies[studies["status"] == INCLUDED]
    rows = held[["review_id", "study", "outcome", "eligible"]].drop_duplicates()
    named = rows.rename(columns={"study": "study_id"})
    return named.sort_values(list(named.columns), ignore_index=True)


def _long(studies: pd.DataFrame, cells: Matrix) -> pd.DataFrame:
    """Give the cells that are not empty, of the studies that count; excluded ones for display."""
    rows = [
        (cells.studies[i], cells.reviews[j], state)
        for state, at in (
            (INCLUDED, (cells.rows, cells.columns)),
            (STRUCTURAL_MISSING, (cells.missing_rows, cells.missing_columns)),
        )
        for i, j in zip(*(a.tolist() for a in at), strict=True)
    ]
    taken = {(study, review) for study, review, _ in rows}
    counted = set(cells.studies)
    seen = studies[studies["status"].isin([EXCLUDED, INELIGIBLE])]
    cells_seen = set(zip(seen["study"], seen["review_id"], seen["status"], strict=True))
    rows += sorted(c for c in cells_seen if c[0] in counted and c[:2] not in taken)
    return pd.DataFrame(rows, columns=["study_id", "review_id", "state"], dtype="object")


WIDE = 2_000_000
"""Most cells of the matrix that is written with one column for each review."""


def _wide(work: _Work, cells: Matrix) -> pd.DataFrame:
    """Give the matrix as people know it: 1 included, 0 not, X could not be."""
    label: dict[str, str] = {}
    for study, text in zip(work.studies["study"], work.studies["study_label"], strict=True):
        label[study] = min(label.get(study, text), text)
    spread = np.zeros((0, 0), dtype=object)
    if len(cells.studies) * len(cells.reviews) <= WIDE:
        spread = np.full((len(cells.studies), len(cells.reviews)), "0", dtype=object)
        spread[cells.rows, cells.columns] = "1"
        spread[cells.missing_rows, cells.missing_columns] = "X"
    first = pd.DataFrame(
        [(s, label[s]) for s in cells.studies[: len(spread)]], columns=["study_id", "study_label"]
    )
    rest = pd.DataFrame(spread, columns=list(cells.reviews) if len(spread) else None)
    return pd.concat([first, rest], axis=1)


def _pairs_of_scopes(found: Mapping[str, Sequence[Pair]], scheme: str) -> pd.DataFrame:
    """Give the pairs of every scope but that of all studies."""
    parts = [
        pair_frame(listed, scheme).assign(scope=name)
        for name, listed in found.items()
        if name != "all" and listed
    ]
    made = pd.concat(parts) if parts else pair_frame((), scheme).assign(scope="")
    return made[["scope", *[c for c in made.columns if c != "scope"]]]


def _distribution(made: Sequence[Scope], recorded: list[Step]) -> pd.DataFrame:
    rows: list[tuple[object, ...]] = [
        (scope.name, k, n, "counted", "")
        for scope in made
        for k, n in enumerate(np.bincount(scope.cells.times)[1:].tolist(), start=1)
    ]
    rows += [("recorded", s.text, s.n, "recorded", s.source) for s in recorded]
    columns = ["scope", "times_included", "n_studies", "standing", "source"]
    return pd.DataFrame(rows, columns=columns, dtype="object")


# --- what it rests on -----------------------------------------------------------------------------


def _sensitivity(work: _Work, made: Sequence[Scope]) -> pd.DataFrame:
    """Count all studies again under other answers and other rules for structural missingness."""
    if not made:
        return sensitivity([])
    identity = work.identity
    lines = []
    for value, study in (
        ("as counted", identity.study),
        ("all the same", identity.if_same),
        ("all different", identity.if_different),
    ):
        lines.append(("open questions on studies", value, _again(work, work.body(study))))
    for rule in ("none", "year", "date"):
        body = work.body(rule=rule)
        lines.append(("structural missingness by date", rule, _again(work, body)))
    return sensitivity(lines)


def _again(work: _Work, body: Body) -> dict[str, Any]:
    held = body.studies[body.studies["status"] == INCLUDED]
    cells = incidence(body, held, body.reviews)
    return line_of(Scope("all", cells, ALL, ALL), replace(work.how, sizes={}), ())


def _assumptions(work: _Work) -> Iterator[tuple[str, object]]:
    """Say what was decided, before anything is read into the numbers."""
    rule = work.options.structural_missingness
    yield "level", "study; reports beside it" if "report" in work.studies else "study"
    yield "level of reports", _of_reports(work)
    yield "scope", "all studies; eligible ones and each outcome beside it, where given"
    yield "structural missingness", in_words(work.how.missingness)
    if rule == "date":
        dated = work.when(work.studies, rule).by_date
        yield "reviews with a date of the last search", f"{dated} of {len(work.inputs.reviews)}"
    yield "studies outside the scope of a review", work.options.ineligible
    yield "reviews left out", _left_out(work.without)
    yield "bands", SCHEMES[work.options.bands]
    yield "sample sizes not known", work.options.impute
    merged = Counter(work.identity.merges["rule"].astype(str))
    said = ", ".join(f"{merged[name]} by {name}" for name in sorted(merged))
    yield "labels joined to one study", said or "none, beyond those with one study_id"
    yield "open questions on studies", len(work.identity.to_check)
    yield from work.inputs.notes


def _of_reports(work: _Work) -> str:
    if "report" in work.studies:
        return "counted by report_id, else DOI, else PMID"
    gaps = work.report_gaps
    told = f"{gaps} inclusions without report_id, DOI or PMID" if gaps > 0 else "no report is told"
    return f"not_available: {told}"


def _left_out(without: Sequence[str]) -> str:
    return f"{len(without)}, no list of studies: {', '.join(without)}" if without else "none"


# --- problems -------------------------------------------------------------------------------------


def _problem_frame(problems: list[Problem]) -> pd.DataFrame:
    columns = ["file", "row", "column", "found", "allowed", "mend"]
    rows = [[getattr(p, c) for c in columns] for p in sorted(problems, key=Problem.sort_key)]
    return pd.DataFrame(rows, columns=columns, dtype="object")


def _problems(work: _Work, cells: Matrix) -> Iterator[Problem]:
    inputs, shown = work.inputs, work.inputs.shown.get("studies", SHOWN)
    yield from inputs.warnings
    yield from _without_list(shown, work.without, bool(cells.reviews))
    yield from _empty_lists(shown, cells)
    yield from _too_short(shown, inputs.reviews, cells)
    yield from _eligible_both_ways(work.studies, shown)
    rule = work.options.structural_missingness
    yield from later_than_review(cells, work.when(work.studies, rule), shown)


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


def _empty_lists(shown: str, cells: Matrix) -> Iterator[Problem]:
    for review, size in zip(cells.reviews, cells.sizes.tolist(), strict=True):
        if not size:
            yield Problem(
                shown,
                f"no included study of {review}, which has a list",
                "a study in each review",
                "Check its list; the review counts in c.",
                column="review_id",
            )


def _too_short(shown: str, reviews: pd.DataFrame, cells: Matrix) -> Iterator[Problem]:
    for review, (held, reported) in _shorter(reviews, cells).items():
        yield Problem(
            shown,
            f"{held} studies of {review}, which reports {reported}",
            "as many studies as the review reports",
            "Complete the list, or note why it differs; it is counted as it stands.",
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


__all__ = ["Bounds", "Inputs", "Options", "Overlap", "overlap"]
