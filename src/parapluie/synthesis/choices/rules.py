"""The rules by which of reviews that share studies some are used, and the record of each choice.

The ideas: Pollock M et al. Syst Rev 2019 (10.1186/s13643-018-0914-3, 10.1186/s13643-018-0768-8);
Lunny C et al. BMC Med Res Methodol 2022;22:276 (order of the default rule); Kirvalidze M et al. Res
Synth Methods 2023;14:764 (no review is left out on its pairwise CCA). The chains that break ties
are our own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from parapluie.synthesis.choices import facts as of
from parapluie.synthesis.choices.facts import Facts, Value, best
from parapluie.synthesis.choices.units import Threshold, Unit, groups, inside_others

(
    KEEP_ALL, ONLY_SERIES, PREFER_SERIES, MOST_RECENT, BEST_GRADE, MOST_COMPREHENSIVE,
    LEXICOGRAPHIC, BASE_PLUS_SUPPLEMENT, MANUAL,
) = (
    "keep_all", "only_series", "prefer_series", "most_recent", "best_grade", "most_comprehensive",
    "lexicographic", "base_plus_supplement", "manual",
)  # fmt: skip
RULES = {
    KEEP_ALL: "every review; each study counts once",
    ONLY_SERIES: "only reviews of the series",
    PREFER_SERIES: "of each group the review of the series",
    MOST_RECENT: "of each group the latest search",
    BEST_GRADE: "of each group the best quality",
    MOST_COMPREHENSIVE: "of each group most eligible studies",
    LEXICOGRAPHIC: "of each group relevance, then search, studies, quality",
    BASE_PLUS_SUPPLEMENT: "a base, and the studies that only others hold",
    MANUAL: "as people chose",
}
"""Rule to what it keeps."""
CHAINS = {
    PREFER_SERIES: (of.SERIES, of.SEARCH, of.N_STUDIES, of.GRADE),
    MOST_RECENT: (of.SEARCH, of.PUBLISHED, of.N_STUDIES, of.GRADE),
    BEST_GRADE: (of.GRADE, of.CRITICAL, of.SEARCH, of.N_STUDIES),
    MOST_COMPREHENSIVE: (of.N_STUDIES, of.PARTICIPANTS, of.SEARCH, of.GRADE),
    LEXICOGRAPHIC: (of.RELEVANCE, of.SEARCH, of.N_STUDIES, of.GRADE),
    BASE_PLUS_SUPPLEMENT: (of.RELEVANCE, of.SEARCH, of.N_STUDIES, of.GRADE),
    MANUAL: (),
}
"""Rule to the steps that decide, in their order; after the last one people must choose."""
SERIES_RULES = (ONLY_SERIES, PREFER_SERIES)
OPEN = "open: manual choice needed"
PROTOCOL, POST_HOC = "protocol", "post_hoc"


@dataclass(frozen=True)
class Settings:
    """What the protocol says about the choice.

    Parameters
    ----------
    rule : str
        A key of `RULES`; ``keep_all`` where the protocol plans none.
    series : str
    threshold : Threshold
    by : str
        As in `units.units`.
    standing : str
        ``protocol`` or ``post_hoc``, with the reason in `why`.
    """

    rule: str = KEEP_ALL
    series: str = ""
    threshold: Threshold = field(default_factory=Threshold)
    by: str = "comparison"
    standing: str = POST_HOC
    why: str = "the protocol plans no choice"

    @classmethod
    def of(cls, protocol: Mapping[str, Any]) -> Settings:
        """Read the protocol; with ``overlap.choice`` and no rule it is the lexicographic one."""
        given = (protocol.get("overlap") or {}).get("choice")
        if given is None:
            return cls()
        changed = [
            a for a in protocol.get("amendments") or []
            if "overlap" in str(a.get("section", "")).casefold()
        ]  # fmt: skip
        why = "; ".join(f"amended {a.get('date', '')}: {a.get('reason', '')}" for a in changed)
        return cls(
            given.get("rule", LEXICOGRAPHIC), given.get("series", ""),
            Threshold.of(given.get("threshold")), given.get("by", "comparison"),
            POST_HOC if changed else PROTOCOL, why,
        )  # fmt: skip

    @property
    def rules(self) -> list[str]:
        """The rules that can be applied: those of a series only where one is named."""
        return [r for r in RULES if self.series or r not in SERIES_RULES]


@dataclass(frozen=True)
class Choice:
    """The record of one choice: a group of reviews of a unit under a rule.

    Parameters
    ----------
    unit, rule : str
    members, kept : tuple of str
    values : str
        What was compared, in words.
    decided_by : str
        The step that decided, or why none had to.
    tied : tuple of str
        Steps before it that left more than one review.
    open : str
        Why nothing is decided; all members stay then.
    flags : tuple of str
    overridden : str
        The review that the rule would have taken where people chose another.
    reason, by, date, standing : str
        Of a choice by people; ``standing`` is ``protocol`` or ``post_hoc``.
    """

    unit: str
    rule: str
    members: tuple[str, ...]
    kept: tuple[str, ...]
    values: str = ""
    decided_by: str = ""
    tied: tuple[str, ...] = ()
    open: str = ""
    flags: tuple[str, ...] = ()
    overridden: str = ""
    reason: str = ""
    by: str = ""
    date: str = ""
    standing: str = ""

    @property
    def dropped(self) -> tuple[str, ...]:
        """The members that are not used for the unit."""
        return tuple(m for m in self.members if m not in self.kept)


def choose(
    unit: Unit, rule: str, facts: Facts, settings: Settings,
    manual: Sequence[Mapping[str, str]] = (),
) -> list[Choice]:  # fmt: skip
    """Choose among the reviews of a unit.

    Parameters
    ----------
    unit : Unit
    rule : str
        A key of `RULES`.
    facts : Facts
    settings : Settings
    manual : sequence of mapping
        Rows of choices.csv: what people chose. They go before the planned rule, and decide where
        it leaves more than one review; the other rules are shown as they are.

    Returns
    -------
    list of Choice
        One for each group, by its first member.
    """
    found = [
        _of_group(tuple(members), unit, rule, facts) for members in groups(unit, settings.threshold)
    ]
    asked = rule == MANUAL or (rule == settings.rule and rule in CHAINS)
    own = [row for row in manual if for_unit(row, unit)] if asked else []
    return [_stamped(_by_people(choice, own), settings) for choice in found]


def for_unit(row: Mapping[str, str], unit: Unit) -> bool:
    """Tell whether a choice of people is for a unit; an empty comparator stands for all."""
    same = row.get("outcome", "") == unit.outcome
    return same and row.get("comparator", "") in ("", unit.comparator)


def _of_group(members: tuple[str, ...], unit: Unit, rule: str, facts: Facts) -> Choice:
    base = Choice(unit.name, rule, members, members, flags=tuple(_flags(members, unit)))
    if rule == KEEP_ALL:
        return replace(base, decided_by="every review stays; each study counts once")
    if rule == ONLY_SERIES:
        kept = tuple(m for m in members if facts.in_series(m))
        return replace(base, kept=kept, decided_by=f"of the series {facts.series}")
    if len(members) == 1:
        return replace(base, decided_by=_why_alone(members[0], unit))
    return _by_chain(base, unit, rule, facts)


def _why_alone(review: str, unit: Unit) -> str:
    if unit.held[review] is None:
        return "not linked: no list of studies, so what it shares is not known"
    return "shares no study here (or less than the threshold)"


def _flags(members: Sequence[str], unit: Unit) -> Iterator[str]:
    without = [m for m in members if unit.held[m] is None]
    if without:
        yield f"no list of studies: {', '.join(without)}"
    yield from inside_others(unit, members)


def _by_chain(base: Choice, unit: Unit, rule: str, facts: Facts) -> Choice:
    """Go through the steps of a rule until one review is left."""
    left, flags = list(base.members), list(base.flags)
    tied: list[str] = []
    said: list[str] = []
    for step in CHAINS[rule]:
        values = {m: facts.value(step, m, unit) for m in left}
        said.append(f"{step}: " + ", ".join(f"{m} {v.words}" for m, v in values.items()))
        flags += _of_values(step, values)
        if step == of.RELEVANCE and not all(v.known for v in values.values()):
            continue
        left = best(values)
        if len(left) == 1:
            return replace(base, kept=tuple(left), values="; ".join(said), tied=tuple(tied),
                           decided_by=of.STEPS[step], flags=tuple(flags))  # fmt: skip
        tied.append(step)
    words = "people choose" if rule == MANUAL else f"tied: {', '.join(left)}"
    return replace(base, values="; ".join(said), tied=tuple(tied), open=f"{OPEN} ({words})",
                   flags=tuple(flags))  # fmt: skip


def _of_values(step: str, values: Mapping[str, Value]) -> list[str]:
    """Flag what a step could not compare."""
    found = [v.flag for v in values.values() if v.flag]
    missing = [m for m, v in values.items() if not v.known]
    if step == of.RELEVANCE and len(missing) == len(values):
        words = {values[m].words for m in missing}
        if len(words) == 1:
            return [*found, f"begins at the search date: {words.pop()}"]
    if step == of.RELEVANCE and missing:
        said = "; ".join(f"{m} {values[m].words}" for m in missing)
        return [*found, f"begins at the search date: {said}"]
    if step == of.SERIES and all(v.low == 0 for v in values.values()):
        found.append("no review of the series in the group")
    said = "; ".join(f"{m} {values[m].words}" for m in missing)
    return [*found, f"{of.STEPS[step]} cannot be told: {said}"] if missing else found


def _by_people(choice: Choice, rows: Sequence[Mapping[str, str]]) -> Choice:
    """Let people's choice go before the rule."""
    own = [row for row in rows if row["review_id"] in choice.members]
    if not own or len(choice.members) == 1:
        return choice
    kept = tuple(sorted({row["review_id"] for row in own}))
    by_rule = "" if choice.open or choice.kept == kept else ";".join(choice.kept)
    reason, by, date, standing = (
        "; ".join(dict.fromkeys(str(row.get(c, "")) for row in own))
        for c in ("reason", "by", "date", "standing")
    )
    return replace(choice, kept=kept, open="", overridden=by_rule, decided_by="chosen by people",
                   reason=reason, by=by, date=date, standing=standing)  # fmt: skip


def _stamped(choice: Choice, settings: Settings) -> Choice:
    """Say whether a choice was planned; only the rule of the protocol can have been."""
    if choice.standing:
        return choice
    planned = choice.rule == settings.rule and settings.standing == PROTOCOL
    return replace(choice, standing=PROTOCOL if planned else POST_HOC)


def kept_of(choices: Sequence[Choice]) -> list[str]:
    """Name the reviews that stay in a unit, sorted."""
    return sorted({r for choice in choices for r in choice.kept})


def supplement(unit: Unit, choices: Sequence[Choice]) -> dict[str, list[str]]:
    """Name the studies that only reviews not taken as base hold: study to those reviews."""
    kept = unit.studies(kept_of(choices))
    out: dict[str, list[str]] = {}
    for review in sorted({r for choice in choices for r in choice.dropped}):
        for study in sorted((unit.held[review] or frozenset()) - kept):
            out.setdefault(study, []).append(review)
    return dict(sorted(out.items()))


def studies_kept(unit: Unit, rule: str, choices: Sequence[Choice]) -> set[str]:
    """Give the studies that a rule leaves in a unit."""
    kept = unit.studies(kept_of(choices))
    return kept | set(supplement(unit, choices)) if rule == BASE_PLUS_SUPPLEMENT else kept
