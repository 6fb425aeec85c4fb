"""Each trial once: which result of a study is taken where several reviews give one.

A study whose result two reviews print would count twice. By a named rule one source is chosen for
each study, outcome and measure; its results stay (several of them are averaged later), those of the
other sources are dropped, each with the reason. The effect of the choice is shown by pooling under
the other rules too.

The ideas: Lunny C, Pieper D, Thabet P, Kanji S. BMC Med Res Methodol 2021;21:140; Pollock M et al.
Syst Rev 2019 (10.1186/s13643-018-0914-3). The chains that break ties are our own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from parapluie.measures import MEASURES
from parapluie.synthesis.pooled import Plan
from parapluie.synthesis.study_effects import study_averages
from parapluie.vocabulary import THIS_OVERVIEW

MOST_RECENT, MOST_STUDIES, MOST_PARTICIPANTS, ORDER = (
    "most_recent", "most_studies", "most_participants", "review_order",
)  # fmt: skip
RULES = {
    MOST_RECENT: "the review with the latest search",
    MOST_STUDIES: "the review with most studies for the outcome",
    MOST_PARTICIPANTS: "the source with most participants of the study",
    ORDER: "the first of the reviews in the order of the protocol",
}
"""Rule to what it takes. Ties go to the rules after it, in the order of this table, and at last to
the first review by name; what the overview took from the study itself comes before every review."""
CHOICE_COLUMNS = (
    "study_effect_id", "outcome", "measure", "study_id", "review_id", "kept", "rule", "why",
    "sources", "yi", "vi", "yi_kept", "difference", "difference_in_se",
)  # fmt: skip
BY_RULE_COLUMNS = (
    "outcome", "measure", "rule", "used", "k_studies", "k_effects", "shared_studies", "yi", "se",
    "natural_estimate", "natural_ci_low", "natural_ci_high", "method", "note",
)  # fmt: skip
_ALWAYS = (MOST_RECENT, MOST_STUDIES, MOST_PARTICIPANTS)
COUNTED_TWICE = "counted_twice"
"""Not a rule: every row as a study of its own, to show what double counting would do."""

_GROUP = ["outcome", "measure", "study_id"]


@dataclass(frozen=True)
class Reviews:
    """What is known of reviews: by id, when it searched, and its place in the protocol's order."""

    searched: Mapping[str, str]
    order: Sequence[str]

    @classmethod
    def of(cls, reviews: pd.DataFrame, protocol: Mapping[str, Any]) -> Reviews:
        """Take the date of the search, or where it is not known the year of the review."""
        order = (protocol.get("synthesis") or {}).get("review_order") or []
        return cls({r["review_id"]: _date(r) for r in reviews.to_dict("records")}, list(order))


def _date(row: Mapping[Any, Any]) -> str:
    for column in ("search_end", "year"):
        text = str(row.get(column) or "")
        if text[:4].isdigit():
            return text
    return ""


def shared(studies: pd.DataFrame) -> pd.DataFrame:
    """Give the rows of studies that more than one source tells of, for one outcome and measure."""
    if not len(studies):
        return studies
    sources = studies.groupby(_GROUP)["review_id"].transform("nunique")
    return studies[sources > 1]


def choices(studies: pd.DataFrame, reviews: Reviews, rule: str = MOST_RECENT) -> pd.DataFrame:
    """Choose one source for each study that several tell of.

    Parameters
    ----------
    studies : DataFrame
        Usable results of studies, of `study_effects.with_effects`.
    reviews : Reviews
    rule : str
        A key of `RULES`.

    Returns
    -------
    DataFrame
        One row for each result of such a study, with `CHOICE_COLUMNS`; ``difference`` is how far
        the mean result of its source is from that of the source kept.
    """
    several = shared(studies)
    totals = studies.groupby(["outcome", "measure", "review_id"])["study_id"].nunique()
    lines: list[dict[str, Any]] = []
    for _, part in several.groupby(_GROUP, sort=True):
        lines += _chosen(part, reviews, rule, totals)
    return pd.DataFrame(lines, columns=list(CHOICE_COLUMNS))


def once(studies: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """Give the results of studies without those that `choices` dropped."""
    dropped = set(chosen.loc[chosen["kept"] == "no", "study_effect_id"])
    return studies[~studies["study_effect_id"].isin(dropped)].reset_index(drop=True)


def _chosen(
    part: pd.DataFrame, reviews: Reviews, rule: str, totals: pd.Series[int]
) -> list[dict[str, Any]]:
    """Make the lines of one study."""
    outcome, measure = part["outcome"].iloc[0], part["measure"].iloc[0]
    sources = sorted(set(part["review_id"]))
    values = {
        s: _values(part[part["review_id"] == s], s, reviews, int(totals[outcome, measure, s]))
        for s in sources
    }
    kept, why = _best(values, rule)
    means = {s: float(part.loc[part["review_id"] == s, "yi"].mean()) for s in sources}
    lines = []
    for row in part.to_dict("records"):
        source = row["review_id"]
        gap = means[source] - means[kept]
        lines.append(
            {c: row[c] for c in ("study_effect_id", *_GROUP, "review_id", "yi", "vi")}
            | {
                "kept": "yes" if source == kept else "no",
                "rule": rule,
                "why": why if source == kept else f"{kept} is taken: {why}",
                "sources": ";".join(sources),
                "yi_kept": means[kept],
                "difference": gap,
                "difference_in_se": gap / math.sqrt(row["vi"]),
            }
        )
    return lines


Values = dict[str, tuple[Any, str]]
"""Rule to what it compares (larger is better), and that in words."""


def _values(own: pd.DataFrame, source: str, reviews: Reviews, studies: int) -> Values:
    place = reviews.order.index(source) if source in reviews.order else len(reviews.order)
    people = _people(own)
    date = reviews.searched.get(source, "")
    return {
        MOST_RECENT: (date, f"searched {date}" if date else "no date of a search"),
        MOST_STUDIES: (studies, f"{studies} studies"),
        MOST_PARTICIPANTS: (people, f"{people:g} participants" if people else "sizes not known"),
        ORDER: (-place, f"place {place + 1}" if source in reviews.order else "not in the order"),
    }


def _people(own: pd.DataFrame) -> float:
    """Give the largest number of people of a result; 0 where it is not known."""
    counts = []
    for columns in (("ni",), ("n1i", "n2i"), ("ai", "bi", "ci", "di")):
        if all(c in own for c in columns):
            counts.append(own[list(columns)].astype(float).sum(axis=1, skipna=False).max())
    known = [c for c in counts if not math.isnan(c)]
    return float(max(known)) if known else 0.0


def _best(values: Mapping[str, Values], rule: str) -> tuple[str, str]:
    """Choose a source by the rule, then by the others; say what decided."""
    if THIS_OVERVIEW in values:
        return THIS_OVERVIEW, "the overview took it from the study itself"
    left = sorted(values)
    tied: list[str] = []
    for step in [rule, *(r for r in RULES if r != rule)]:
        best = max(values[s][step][0] for s in left)
        left = [s for s in left if values[s][step][0] == best]
        if len(left) == 1:
            words = f"{RULES[step]} ({values[left[0]][step][1]})"
            return left[0], words + (f", after a tie in {', '.join(tied)}" if tied else "")
        tied.append(step)
    return left[0], f"the first by name, after a tie in {', '.join(tied)}"


# --- what the choice costs ------------------------------------------------------------------------


def by_rule(studies: pd.DataFrame, reviews: Reviews, plan: Plan, used: str) -> pd.DataFrame:
    """Pool each outcome with shared studies under every rule, and with the studies counted twice.

    Parameters
    ----------
    studies : DataFrame
        All usable results of studies.
    reviews : Reviews
    plan : Plan
    used : str
        The rule of the protocol.

    Returns
    -------
    DataFrame
        With `BY_RULE_COLUMNS`; none where no study is shared.
    """
    lines: list[dict[str, Any]] = []
    several = shared(studies)
    for (outcome, measure), part in several.groupby(["outcome", "measure"], sort=True):
        here = (studies["outcome"] == outcome) & (studies["measure"] == measure)
        rows, number = studies[here], part["study_id"].nunique()
        for rule in [r for r in RULES if r in (used, *_ALWAYS) or reviews.order]:
            taken = once(rows, choices(rows, reviews, rule))
            lines.append(_pooled(taken, plan, rule, used, number))
        apart = rows.assign(study_id=rows["study_id"] + "/" + rows["review_id"])
        lines.append(_pooled(apart, plan, COUNTED_TWICE, used, number))
    return pd.DataFrame(_compared(lines), columns=list(BY_RULE_COLUMNS))


def _pooled(
    rows: pd.DataFrame, plan: Plan, rule: str, used: str, number: int
) -> dict[str, Any]:  # fmt: skip
    from parapluie.effects import pool

    averages = study_averages(rows, plan.r)
    ci = "z" if plan.method == "common" else plan.ci
    found = pool(averages["yi"], averages["vi"], plan.method, ci)
    measure = MEASURES[rows["measure"].iloc[0]]
    back: Callable[[float], float] = measure.to_natural
    return {
        "outcome": rows["outcome"].iloc[0], "measure": measure.code, "rule": rule,
        "used": "yes" if rule == used else "no", "k_studies": found.k, "k_effects": len(rows),
        "shared_studies": number, "yi": found.estimate, "se": found.se, "method": plan.main,
        "natural_estimate": back(found.estimate), "natural_ci_low": back(found.ci_low),
        "natural_ci_high": back(found.ci_high), "_low": found.ci_low, "_high": found.ci_high,
    }  # fmt: skip


def _compared(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Say where a rule would change the sign of a result, or whether its interval holds 0."""
    base = {(line["outcome"], line["measure"]): line for line in lines if line["used"] == "yes"}
    for line in lines:
        used = base[line["outcome"], line["measure"]]
        notes = []
        if np.sign(line["yi"]) != np.sign(used["yi"]):
            notes.append("the direction is another one")
        if (line["_low"] <= 0 <= line["_high"]) != (used["_low"] <= 0 <= used["_high"]):
            notes.append("the interval holds no effect" if line["_low"] <= 0 <= line["_high"]
                         else "the interval leaves out no effect")  # fmt: skip
        if line["rule"] == COUNTED_TWICE:
            notes.insert(0, "wrong: shared studies count more than once")
        line["note"] = "; ".join(notes)
    return lines
