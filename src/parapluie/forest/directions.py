"""Directions of effect: what reviews report in words, and what their pooled results show."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from parapluie.figure.looks import Look
from parapluie.forest.sources import Sources
from parapluie.measures import MEASURES

IMPROVED, NO_EFFECT, MIXED, WORSENED, UNCLEAR, DIFFERS = (
    "improved", "no_effect", "mixed", "worsened", "unclear", "differs",
)  # fmt: skip
SHOWN = {
    WORSENED: ("−", "Worsened", Look("o", "#D55E00", "#7A3600")),
    NO_EFFECT: ("=", "No effect", Look("o", "#C4C9CE", "#6B7680")),
    MIXED: ("±", "Mixed", Look("o", "#F0E442", "#8A8000")),
    DIFFERS: ("≠", "Differs within the review", Look("o", "#E3B5CF", "#8A4A70")),
    UNCLEAR: ("?", "Unclear", Look("o", "#FFFFFF", "#6B7680")),
    IMPROVED: ("+", "Improved", Look("o", "#56B4E9", "#0B5C8F")),
}
"""Direction to its sign, its words and its colours; the sign tells what the colour tells."""
META, NARRATIVE = "meta-analysis", "narrative"
FROM_INTERVAL = "from the interval of the pooled result"


@dataclass(frozen=True)
class Vote:
    """The direction that one review reports for an outcome, a time and a kind of evidence."""

    review: str
    outcome: str
    time: str
    evidence: str
    direction: str
    source: str


@dataclass(frozen=True)
class MapCell:
    """What the evidence map shows of one review and outcome.

    ``k`` is the number of studies in the largest pooled result, NaN where none is given; ``key`` is
    the key of that number. ``evidence`` is `META` where something is pooled, `UNCLEAR` where no row
    says what kind it is.
    """

    review: str
    outcome: str
    direction: str
    k: float
    key: str
    evidence: str
    facts: Sequence[tuple[str, str, str]] = field(default_factory=list)


def votes(sources: Sources) -> list[Vote]:
    """Give one vote for each review, outcome, time and kind of evidence.

    A review that reports several directions there differs within itself and counts as that alone.
    """
    included = set(sources.reviews["review_id"])
    said: dict[tuple[str, str, str, str], list[Mapping[Any, Any]]] = {}
    for row in sources.findings.to_dict("records"):
        if row["review_id"] in included:
            place = (str(row["outcome"]), str(row["review_id"]),
                     str(row.get("timepoint_class") or UNCLEAR),
                     str(row.get("evidence") or UNCLEAR))  # fmt: skip
            said.setdefault(place, []).append(row)
    found = []
    for (outcome, review, time, evidence), rows in sorted(said.items()):
        results = {str(r["result"]) for r in rows}
        direction = next(iter(results)) if len(results) == 1 else DIFFERS
        documents = dict.fromkeys(str(r.get("source") or "") for r in rows)
        source = "; ".join(d for d in documents if d)
        found.append(Vote(review, outcome, time, evidence, direction, source))
    return found


def shown_by(low: float, high: float, null: float | None, better: str) -> str:
    """Tell the direction of a pooled result from its interval.

    Parameters
    ----------
    low, high : float
        Ends of the interval, natural values.
    null : float or None
    better : {'higher', 'lower', ''}

    Examples
    --------
    >>> shown_by(-0.5, -0.1, 0.0, "lower"), shown_by(-0.5, 0.1, 0.0, "lower")
    ('improved', 'no_effect')
    """
    if null is None or math.isnan(low + high) or not better:
        return UNCLEAR
    if low <= null <= high:
        return NO_EFFECT
    return IMPROVED if (low > null) is (better == "higher") else WORSENED


def map_cells(sources: Sources) -> list[MapCell]:
    """Give the cells of the evidence map: of findings in words, and of pooled results."""
    by_place: dict[tuple[str, str], list[Vote]] = {}
    for vote in votes(sources):
        by_place.setdefault((vote.outcome, vote.review), []).append(vote)
    pooled = _pooled_results(sources)
    places = sorted({*by_place, *pooled})
    return [_cell(sources, p, by_place.get(p, []), pooled.get(p, [])) for p in places]


def _pooled_results(sources: Sources) -> dict[tuple[str, str], list[Mapping[Any, Any]]]:
    found: dict[tuple[str, str], list[Mapping[Any, Any]]] = {}
    effects = sources.effects
    for row in effects[effects["is_subgroup"] != "yes"].to_dict("records"):
        found.setdefault((str(row["outcome"]), str(row["review_id"])), []).append(row)
    return found


def _cell(
    sources: Sources, place: tuple[str, str], said: Sequence[Vote],
    rows: Sequence[Mapping[Any, Any]],
) -> MapCell:  # fmt: skip
    outcome, review = place
    facts: list[tuple[str, str, str]] = list(_vote_facts(said))
    directions = {v.direction for v in said}
    if not said:
        directions = {_of_result(sources, row) for row in rows}
    facts += _result_facts(rows, bool(said))
    largest = max(rows, key=lambda r: -1.0 if math.isnan(r["k"]) else r["k"], default=None)
    k = largest["k"] if largest is not None else math.nan
    key = "" if math.isnan(k) or largest is None else f"synthesis.effects.{largest['effect_id']}.k"
    if key:
        facts.append(("Studies", f"{k:.0f}", key))
    return MapCell(
        review, outcome, next(iter(directions)) if len(directions) == 1 else DIFFERS, k, key,
        _evidence(said, rows), facts,
    )  # fmt: skip


def _evidence(said: Sequence[Vote], rows: Sequence[Mapping[Any, Any]]) -> str:
    kinds = {v.evidence for v in said} | ({META} if rows else set())
    return next(k for k in (META, NARRATIVE, UNCLEAR) if k in kinds)


def _of_result(sources: Sources, row: Mapping[Any, Any]) -> str:
    measure = MEASURES.get(str(row["measure"]))
    better = "" if row["direction"] == "not_harmonised" else str(
        sources.outcome(str(row["outcome"])).get("better_when", ""))  # fmt: skip
    return shown_by(row["ci_low"], row["ci_high"], measure.null if measure else None, better)


def _vote_facts(said: Sequence[Vote]) -> Iterator[tuple[str, str, str]]:
    for vote in said:
        words = [vote.evidence, vote.time]
        name = ", ".join(w for w in words if w != UNCLEAR) or "Reported"
        yield name.capitalize(), SHOWN[vote.direction][1].lower(), ""
    documents = dict.fromkeys(v.source for v in said if v.source)
    if documents:
        yield "Source", "; ".join(documents), ""


def _result_facts(
    rows: Sequence[Mapping[Any, Any]], reported: bool
) -> list[tuple[str, str, str]]:  # fmt: skip
    if reported or not rows:
        return []
    documents = dict.fromkeys(str(r["source"]) for r in rows if r["source"])
    return [
        ("Direction", FROM_INTERVAL, ""),
        *([("Source", "; ".join(documents), "")] if documents else []),
    ]
