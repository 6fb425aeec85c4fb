"""What the included reviews say in words: directions, frameworks, themes by perspective.

Votes are directions as reported. They are no estimate of an effect: reviews may share trials, and a
vote knows nothing of size or precision. Each review votes once per outcome, time and kind of
evidence; a review with more than one direction there counts as ``differs_within_review`` only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from parapluie import quality
from parapluie.quality import NOT_RATED, QUALITIES, Quality
from parapluie.tables import split_list
from parapluie.trace import Figures, Rows, where
from parapluie.vocabulary import GRADES

Row = Mapping[str, str]

DIRECTIONS = ("improved", "no_effect", "mixed", "worsened", "unclear")
DIFFERS = "differs_within_review"
UNCLEAR = "unclear"

FRAMEWORK_DIRECTIONS = ("facilitator", "barrier", "mixed")
VALENCES = ("benefit", "challenge", "mixed")

VOTE_COLUMNS = (
    "outcome",
    "timepoint_class",
    "evidence",
    *DIRECTIONS,
    DIFFERS,
    "reviews",
    "review_ids",
    *(f"quality_{grade}" for grade in QUALITIES),
    "quality",
    "only_left_out",
)
_QUALITY = ("quality", "only_left_out")
"""Of a row: the grade of each review behind it; whether the view by quality leaves out all."""
FRAMEWORK_COLUMNS = (
    "framework",
    "domain",
    "row_id",
    "direction",
    "finding",
    "n_reviews",
    "review_ids",
    *_QUALITY,
)
THEME_COLUMNS = (
    "theme",
    "subtheme",
    "perspective",
    "row_id",
    "valence",
    "finding",
    "n_reviews",
    "review_ids",
    *_QUALITY,
)
BY_QUALITY_COLUMNS = ("part", "place", "count", "all", "without", "disappears")
PROBLEM_COLUMNS = ("file", "row", "column", "found", "problem")

INCLUDED = "included.reviews"
"""Key of the figure on which everything rests that counts included reviews only."""


@dataclass(frozen=True)
class Source:
    """A human table: its name as shown, its rows as text, their numbers in a spreadsheet."""

    shown: str
    rows: Sequence[Row] = ()
    numbers: Sequence[int] = ()


def slug(text: str) -> str:
    """Make a part of a key of a text: lower case, all but letters and digits ``_``."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or UNCLEAR


# --- votes ----------------------------------------------------------------------------------------


def votes(
    findings: Source, included: Iterable[str], grades: Mapping[str, str], figures: Figures
) -> list[dict[str, object]]:
    """Count the directions that included reviews report.

    Parameters
    ----------
    findings : Source
        ``extraction/findings.csv``.
    included : iterable of str
        Ids of the included reviews.
    grades : mapping
        Review to its AMSTAR 2 grade; reviews without one count as not rated. The quality of the
        reviews stands beside the votes and never weighs them.
    figures : Figures
        Takes one figure per number.

    Returns
    -------
    list of dict
        One row per outcome, time and kind of evidence, with the columns `VOTE_COLUMNS`.
    """
    known = set(included)
    groups: dict[tuple[str, str, str], dict[str, set[str]]] = {}
    for row in findings.rows:
        if row["review_id"] in known:
            group = groups.setdefault(_place(row), {})
            group.setdefault(row["review_id"], set()).add(row["result"])
    return [_vote_row(findings, place, groups[place], grades, figures) for place in sorted(groups)]


def _place(row: Row) -> tuple[str, str, str]:
    time, evidence = row.get("timepoint_class", ""), row.get("evidence", "")
    return row["outcome"], time or UNCLEAR, evidence or UNCLEAR


def _vote_row(
    findings: Source,
    place: tuple[str, str, str],
    directions: Mapping[str, set[str]],
    grades: Mapping[str, str],
    figures: Figures,
) -> dict[str, object]:
    counts: dict[str, int] = dict.fromkeys((*DIRECTIONS, DIFFERS), 0)
    for said in directions.values():
        counts[next(iter(said)) if len(said) == 1 else DIFFERS] += 1
    counts["reviews"] = len(directions)
    _add_votes(findings, place, counts, figures)
    quality = _quality(directions, grades)
    _add_quality(findings, place, quality, figures, bool(grades))
    named = dict(zip(("outcome", "timepoint_class", "evidence"), place, strict=True))
    return {**named, **counts, "review_ids": ";".join(sorted(directions)), **quality}


def _quality(reviews: Iterable[str], grades: Mapping[str, str]) -> dict[str, int]:
    counts = {f"quality_{grade}": 0 for grade in QUALITIES}
    for review in reviews:
        counts[f"quality_{grades.get(review) or NOT_RATED}"] += 1
    return counts


def _basis(findings: Source, place: tuple[str, str, str]) -> Rows:
    outcome, time, evidence = place
    conditions = where(
        outcome=outcome, timepoint_class=_or_empty(time), evidence=_or_empty(evidence)
    )
    n = sum(_place(row) == place for row in findings.rows)
    return Rows(findings.shown, conditions, n)


def _or_empty(word: str) -> list[str]:
    return ["", UNCLEAR] if word == UNCLEAR else [word]


def _add_votes(
    findings: Source, place: tuple[str, str, str], counts: Mapping[str, int], figures: Figures
) -> None:
    what = {
        DIFFERS: "that report more than one direction there",
        "reviews": "that report a direction",
    }
    for name, n in counts.items():
        said = what.get(name, f"that report only the direction “{name.replace('_', ' ')}”")
        figures.add(
            f"votes.{'.'.join(place)}.{name}",
            n,
            rule=f"Included reviews {said}, for this outcome, time and kind of evidence. "
            "As reported; not an effect estimate; reviews may share trials.",
            basis=[_basis(findings, place)],
            rests_on=[INCLUDED],
            unit="reviews",
        )


def _add_quality(
    findings: Source,
    place: tuple[str, str, str],
    counts: Mapping[str, int],
    figures: Figures,
    rated: bool,
) -> None:
    rests = [INCLUDED, *(f"appraisal.overall.{grade}" for grade in GRADES if rated)]
    for name, n in counts.items():
        figures.add(
            f"votes.{'.'.join(place)}.{name}",
            n,
            rule="Reviews that voted here, by their AMSTAR 2 grade. The grade weighs no vote.",
            basis=[_basis(findings, place)],
            rests_on=rests,
            unit="reviews",
        )


# --- frameworks and themes ------------------------------------------------------------------------


def framework(
    source: Source,
    included: Iterable[str],
    order: Sequence[str],
    figures: Figures,
    known: Mapping[str, Quality] | None = None,
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """List findings under the domains of frameworks, and count them by direction.

    Parameters
    ----------
    source : Source
        ``extraction/framework.csv``.
    included : iterable of str
        Ids of the included reviews; a finding counts if one of them reports it.
    order : sequence of str
        Domains in the order of the protocol; others follow in alphabetical order.
    figures : Figures
        Takes the counts.
    known : mapping or None
        Review to its quality; without it the quality behind the findings is not counted.

    Returns
    -------
    (rows, problems)
        Rows with `FRAMEWORK_COLUMNS`; findings that no included review is known to report.
    """
    rows, problems = _reported(source, included, FRAMEWORK_COLUMNS)
    rows.sort(key=lambda r: (r["framework"], _rank(order, r["domain"]), str(r["row_id"])))
    for name in sorted({str(r["framework"]) for r in rows}):
        own = [r for r in rows if r["framework"] == name]
        _count_framework(source, name, own, figures, known)
    return rows, problems


def _count_framework(
    source: Source, name: str, rows: Sequence[Mapping[str, object]], figures: Figures,
    known: Mapping[str, Quality] | None,
) -> None:  # fmt: skip
    whole = Rows(source.shown, where(framework=name), _count(source, {"framework": [name]}))
    groups = _grouped(rows, lambda r: slug(str(r["domain"])))
    _add(figures, f"framework.{name}.domains", len(groups), "Domains with a finding.", whole, "")
    _add(figures, f"framework.{name}.findings", len(rows), "Findings.", whole, "findings")
    _add_reviews(figures, f"framework.{name}", rows, whole)
    for domain, found in groups.items():
        names = sorted({str(r["domain"]) for r in found})
        basis = Rows(
            source.shown,
            where(framework=name, domain=names),
            _count(source, {"framework": [name], "domain": names}),
        )
        key = f"framework.{name}.{domain}"
        _add_directions(figures, key, found, "direction", FRAMEWORK_DIRECTIONS, basis)
        _add_reviews(figures, key, found, basis)
        _add_graded(figures, key, found, basis, known)


def themes(
    source: Source,
    included: Iterable[str],
    order: Sequence[str],
    perspectives: Sequence[str],
    figures: Figures,
    known: Mapping[str, Quality] | None = None,
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """List findings under themes, and count them by perspective and valence.

    Parameters
    ----------
    source : Source
        ``extraction/themes.csv``.
    included : iterable of str
        Ids of the included reviews; a finding counts if one of them reports it.
    order, perspectives : sequence of str
        Themes and perspectives in the order of the protocol.
    figures : Figures
        Takes the counts.
    known : mapping or None
        Review to its quality; without it the quality behind the findings is not counted.

    Returns
    -------
    (rows, problems)
        Rows with `THEME_COLUMNS`; findings that no included review is known to report.
    """
    rows, problems = _reported(source, included, THEME_COLUMNS)
    rows.sort(
        key=lambda r: (
            _rank(order, r["theme"]),
            _rank(perspectives, r["perspective"]),
            str(r["row_id"]),
        )
    )
    whole = Rows(source.shown, "all", len(source.rows))
    groups = _grouped(rows, lambda r: slug(str(r["theme"])))
    if rows:
        _add(figures, "themes.themes", len(groups), "Themes with a finding.", whole, "")
        _add(figures, "themes.findings", len(rows), "Findings.", whole, "findings")
        _add_reviews(figures, "themes", rows, whole)
    for theme, found in groups.items():
        for view, seen in _grouped(found, lambda r: slug(str(r["perspective"]))).items():
            _count_theme(source, f"themes.{theme}.{view}", seen, figures, known)
    return rows, problems


def _count_theme(
    source: Source, key: str, rows: Sequence[Mapping[str, object]], figures: Figures,
    known: Mapping[str, Quality] | None,
) -> None:  # fmt: skip
    conditions = {
        "theme": sorted({str(r["theme"]) for r in rows}),
        "perspective": sorted({str(r["perspective"]) for r in rows}),
    }
    basis = Rows(source.shown, where(**conditions), _count(source, conditions))
    _add_directions(figures, key, rows, "valence", VALENCES, basis)
    _add_reviews(figures, key, rows, basis)
    _add_graded(figures, key, rows, basis, known)


def _reported(
    source: Source, included: Iterable[str], columns: Sequence[str]
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Split findings into those of included reviews and, as problems, the others."""
    known = set(included)
    rows: list[dict[str, object]] = []
    problems: list[dict[str, object]] = []
    for row, number in zip(source.rows, source.numbers, strict=True):
        named = split_list(row.get("review_ids", ""))
        reviews = sorted({review for review in named if review in known})
        if reviews:
            kept: dict[str, object] = {c: row.get(c, "") for c in columns}
            rows.append(kept | {"n_reviews": len(reviews), "review_ids": ";".join(reviews)})
        else:
            why = (
                "is reported by no included review" if named else "names no review that reports it"
            )
            problems.append(
                {
                    "file": source.shown,
                    "row": number,
                    "column": "review_ids",
                    "found": row.get("review_ids", ""),
                    "problem": f"the finding {row.get('row_id', '')} {why}: not counted",
                }
            )
    return rows, problems


def _rank(order: Sequence[str], value: object) -> tuple[int, str]:
    text = str(value)
    return (order.index(text) if text in order else len(order), text)


def _grouped(
    rows: Iterable[Mapping[str, object]], name: Callable[[Mapping[str, object]], str]
) -> dict[str, list[Mapping[str, object]]]:
    groups: dict[str, list[Mapping[str, object]]] = {}
    for row in rows:
        groups.setdefault(name(row), []).append(row)
    return groups


def _count(source: Source, conditions: Mapping[str, Sequence[str]]) -> int:
    return sum(
        all(row.get(column, "") in values for column, values in conditions.items())
        for row in source.rows
    )


def _add(figures: Figures, key: str, n: int, rule: str, basis: Rows, unit: str) -> None:
    figures.add(
        key,
        n,
        rule=f"{rule} Only what included reviews report is counted.",
        basis=[basis],
        rests_on=[INCLUDED],
        unit=unit,
    )


def _add_directions(
    figures: Figures,
    key: str,
    rows: Sequence[Mapping[str, object]],
    column: str,
    words: Sequence[str],
    basis: Rows,
) -> None:
    for word in words:
        n = sum(row[column] == word for row in rows)
        _add(
            figures, f"{key}.{word}", n, f"Findings with the {column} “{word}”.", basis, "findings"
        )


def _add_reviews(
    figures: Figures, key: str, rows: Sequence[Mapping[str, object]], basis: Rows
) -> None:
    reviews = {review for row in rows for review in str(row["review_ids"]).split(";")}
    _add(
        figures, f"{key}.reviews", len(reviews), "Reviews that report a finding.", basis, "reviews"
    )


def _add_graded(
    figures: Figures, key: str, rows: Sequence[Mapping[str, object]], basis: Rows,
    known: Mapping[str, Quality] | None,
) -> None:  # fmt: skip
    """Count the reviews behind findings by their grade."""
    if known is None:
        return
    reviews = {review for row in rows for review in str(row["review_ids"]).split(";")}
    for name, n in quality.counts(reviews, known).items():
        figures.add(
            f"{key}.{name}",
            n,
            rule="Reviews that report a finding here, by their AMSTAR 2 grade.",
            basis=[basis],
            rests_on=[INCLUDED, *_graded(known)],
            unit="reviews",
        )


def _graded(known: Mapping[str, Quality]) -> list[str]:
    return [f"appraisal.overall.{grade}" for grade in GRADES if known]


# --- the quality behind the rows ------------------------------------------------------------------


def with_quality(
    rows: Iterable[Mapping[str, object]], known: Mapping[str, Quality], threshold: str
) -> list[dict[str, object]]:
    """Add to each row the grades of its reviews, and whether the view by quality loses it.

    Parameters
    ----------
    rows : iterable of mapping
        Of `votes`, `framework` or `themes`, with ``review_ids``.
    known : mapping
        Review to its quality; one that nobody rated is not graded, with the reason.
    threshold : str
        Grade at and below which the view leaves reviews out.
    """
    out = []
    for row in rows:
        reviews = split_list(str(row["review_ids"]))
        gone = quality.left_out(reviews, known, threshold)
        weak = "yes" if len(gone) == len(set(reviews)) else "no"
        behind = quality.behind(reviews, known)
        out.append({**row, "quality": behind, "only_left_out": weak})
    return out


_PARTS = ("votes", "framework", "themes")


def by_quality(
    every: Figures, without: Figures, known: Mapping[str, Quality], threshold: str
) -> list[dict[str, object]]:
    """Put each count beside what it is without weak reviews, and add the figures of these.

    Parameters
    ----------
    every, without : Figures
        Counts of all included reviews, and of those that the view keeps. `every` takes the figures
        of the view, as ``by_quality.`` and the key of the count.
    known : mapping
        Review to its quality.
    threshold : str
        Grade at and below which reviews are left out.

    Returns
    -------
    list of dict
        With `BY_QUALITY_COLUMNS`; what is in no review that stays has 0 and disappears.
    """
    rows: list[dict[str, object]] = []
    words = threshold.replace("_", " ")
    for key in sorted(every.lines):
        stage, _, place = key.partition(".")
        part, _, rest = place.partition(".")
        if part not in _PARTS or ".quality_" in place:
            continue
        line = every.lines[key]
        left = without.lines[key]["value"] if key in without.lines else 0
        gone = "yes" if line["value"] and not left else "no"
        name, _, count = rest.rpartition(".")
        rows.append({"part": part, "place": name, "count": count, "all": line["value"],
                     "without": left, "disappears": gone})  # fmt: skip
        shown = f"{stage}.by_quality.{place}"
        rests = sorted({*str(line["rests_on"]).split(";"), *_graded(known)} - {""})
        every.lines[shown] = {
            **line, "key": shown, "value": left, "rests_on": ";".join(rests),
            "rule": f"{line['rule']} Without reviews graded {words} or below.",
        }  # fmt: skip
    return rows
