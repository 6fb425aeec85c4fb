"""Tools of appraisal as data: items, criteria, answers, overall rule, profiles."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from parapluie.errors import Problem, raise_if
from parapluie.schema import document_problems, load_document

_FOLDER = Path(__file__).parent / "tools"

NO_META_ANALYSIS, NOT_APPLICABLE = "no_meta_analysis", "not_applicable"
NOT_NEEDED = "not_needed"
"""A conditional criterion that does not arise; it counts as met."""


@dataclass(frozen=True)
class Criterion:
    """What is ticked yes or no; ``conditional`` ones may be not needed, ``optional`` ones lack."""

    id: str
    label: str
    optional: bool = False
    conditional: bool = False

    @property
    def answers(self) -> tuple[str, ...]:
        """What may be answered."""
        return ("yes", "no", NOT_NEEDED) if self.conditional else ("yes", "no")


@dataclass(frozen=True)
class Gives:
    """An answer, and the criteria that must all be met and of which one must be met."""

    answer: str
    all_of: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """One item, or one part of an item that is answered per design of study."""

    id: str
    label: str
    short: str
    answers: tuple[str, ...]
    read_as: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Item, ...] = ()
    criteria: Mapping[str, Criterion] = field(default_factory=dict)
    gives: tuple[Gives, ...] = ()
    otherwise: str = ""
    optional: bool = False
    domain: str = ""


@dataclass(frozen=True)
class Profile:
    """How a tool is used: critical items, and items that are not scored for a kind of review.

    ``adapted`` names the items that are reworded for a kind; ``weakness`` and ``combine`` stand in
    place of those of the tool where given; ``standard`` is the critical set before the team chose
    another one, and ``reason`` says why it did.
    """

    id: str
    critical: frozenset[str]
    not_scored: Mapping[str, tuple[str, ...]]
    note: str
    reference: str
    adapted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    weakness: frozenset[str] = frozenset()
    combine: str = ""
    standard: frozenset[str] | None = None
    reason: str = ""


@dataclass(frozen=True)
class Rule:
    """A grade, and what it needs: at least so many weaknesses, or so many of an answer."""

    grade: str
    critical: int = 0
    noncritical: int = 0
    weaknesses: int = 0
    answers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """A remark that is made where all conditions hold: (any of these items, is, is not)."""

    remark: str
    conditions: tuple[tuple[tuple[str, ...], frozenset[str], frozenset[str]], ...]

    def holds(self, given: Mapping[str, str]) -> bool:
        """Tell whether the answers fulfil every condition; an item without answer fulfils none."""
        return all(
            any(
                given.get(name) and (not wanted or given[name] in wanted) and given[name] not in no
                for name in names
            )
            for names, wanted, no in self.conditions
        )


@dataclass(frozen=True)
class Tool:
    """A tool with its items and profiles; a tool without items has recorded ratings only."""

    id: str
    label: str
    items: tuple[Item, ...]
    codes: Mapping[str, tuple[str, ...]]
    together: Mapping[str, tuple[str, ...]]
    grades: Mapping[str, str]
    profiles: Mapping[str, Profile]
    parts: tuple[str, ...]
    ratings: tuple[str, ...]
    order: tuple[str, ...] = ()
    absent: frozenset[str] = frozenset()
    combine: str = "worst"
    weakness: frozenset[str] = frozenset()
    rules: tuple[Rule, ...] = ()
    as_judged: str = ""
    checks: tuple[Check, ...] = ()
    reference: str = ""

    def places(self) -> dict[str, tuple[Item, Item]]:
        """Give what may stand in the column ``item``: its name to item and part (or item twice)."""
        found = {}
        for item in self.items:
            found[item.id] = (item, item)
            found.update({part.id: (item, part) for part in item.parts})
        return found

    def read_answer(self, text: str) -> tuple[str, ...]:
        """Give the answers that a typed text may mean; a code can stand for two of them."""
        typed = plain(text)
        return tuple(
            answer
            for answer, codes in self.codes.items()
            if typed in {plain(code) for code in (answer, *codes)}
        )


def plain(text: str) -> str:
    """Reduce an answer to lower case with single blanks."""
    return re.sub(r"[\s_-]+", " ", text).strip().casefold()


def tool_names() -> list[str]:
    """Name the tools that are defined, in sorted order."""
    return sorted(path.stem for path in _FOLDER.glob("*.yaml"))


@functools.cache
def load_tool(name: str) -> Tool:
    """Load a tool by name; a tool without a definition has recorded ratings only."""
    path = _FOLDER / f"{name}.yaml"
    return read_tool(path, path.name) if path.is_file() else _tool({"id": name})


def read_tool(path: Path, shown: str = "") -> Tool:
    """Read the file of a tool.

    Parameters
    ----------
    path : Path
        A file in YAML, as those under ``tools/``.
    shown : str
        Its name in messages.

    Raises
    ------
    InputError
        With every fault of the file, one line each.
    """
    shown = shown or path.as_posix()
    content, lines = load_document(path, shown)
    raise_if(document_problems("appraisal/tool", content, lines, shown))
    raise_if(_unfit(content, lines, shown))
    return _tool(content)


def read_profile(path: Path) -> Profile:
    """Read a profile from a file of its own.

    Raises
    ------
    InputError
        With every fault of the file.
    """
    shown = path.as_posix()
    content, lines = load_document(path, shown)
    raise_if(document_problems("appraisal/profile", content, lines, shown))
    return _profile(content["id"], content)


def profile_of(
    tool: Tool, profile: str | Profile, shown: str, critical: Sequence[str] = (), reason: str = ""
) -> Profile:
    """Give the profile that is to be used, with the critical set of the team, if there is one.

    Parameters
    ----------
    tool : Tool
    profile : str or Profile
        Name of one of the profiles of the tool (empty: its first), or a profile.
    shown : str
        Where they are named, for messages.
    critical : sequence of str
        Critical items in place of those of the profile.
    reason : str
        Why the team chose them.

    Raises
    ------
    InputError
        For a profile or critical items that the tool does not have.
    """
    ids = {item.id for item in tool.items}
    found = profile if isinstance(profile, Profile) else _named(tool, profile, shown)
    used = {*found.critical, *critical, *(i for x in found.not_scored.values() for i in x)}
    known, mend = ", ".join(i.id for i in tool.items) or "none", "Write numbers of items."
    raise_if(Problem(shown, i, known, mend, None, "appraisal.critical") for i in sorted(used - ids))
    if not critical:
        return replace(found, standard=found.critical)
    return replace(found, critical=frozenset(critical), standard=found.critical, reason=reason)


def _named(tool: Tool, name: str, shown: str) -> Profile:
    if not tool.profiles and not name:
        return Profile("", frozenset(), {}, "", tool.reference)
    wanted = name or next(iter(tool.profiles))
    if wanted not in tool.profiles:
        known = ", ".join(tool.profiles) or "no profile"
        mend = "Write the name of a profile."
        raise_if([Problem(shown, wanted, known, mend, None, "appraisal.profile")])
    return tool.profiles[wanted]


# --- from the file --------------------------------------------------------------------------------


def _tool(body: Mapping[str, Any]) -> Tool:
    combined, overall = body.get("combine", {}), body.get("overall", {})
    return Tool(
        id=body["id"],
        label=body.get("label", body["id"]),
        items=tuple(item_of(part["id"], part) for part in body.get("items", ())),
        codes={answer: tuple(codes) for answer, codes in body.get("answers", {}).items()},
        together={answer: tuple(ids) for answer, ids in body.get("together", {}).items()},
        grades=body.get("grades", {}),
        profiles={key: _profile(key, part) for key, part in body.get("profiles", {}).items()},
        parts=tuple(body.get("parts", ())),
        ratings=tuple(body.get("ratings", ())),
        order=tuple(body.get("order", ())),
        absent=frozenset(combined.get("absent", ())),
        combine=combined.get("rule", "worst"),
        weakness=frozenset(overall.get("weakness", ())),
        rules=tuple(_rule(part) for part in overall.get("rules", ())),
        as_judged=overall.get("as_judged", ""),
        checks=tuple(_check(part) for part in body.get("checks", ())),
        reference=body.get("reference", ""),
    )


def item_of(name: str, body: Mapping[str, Any], whole: Mapping[str, Any] | None = None) -> Item:
    """Make an item, or a part of the item `whole`, from its entry in the file of a tool."""
    named = {**(whole or {}), **body}
    return Item(
        id=name,
        label=named["label"],
        short=named["short"],
        answers=tuple(body["answers"]),
        read_as=body.get("read_as", {}),
        parts=tuple(item_of(key, part, body) for key, part in body.get("parts", {}).items()),
        criteria={key: criterion_of(key, c) for key, c in body.get("criteria", {}).items()},
        gives=tuple(
            Gives(g["answer"], tuple(g.get("all_of", ())), tuple(g.get("any_of", ())))
            for g in body.get("gives", ())
        ),
        otherwise=body.get("otherwise", ""),
        optional=body.get("optional", False),
        domain=body.get("domain", ""),
    )  # fmt: skip


def criterion_of(name: str, body: Mapping[str, Any]) -> Criterion:
    """Make a criterion from its entry in the file of a tool."""
    is_optional, is_conditional = (body.get(key, False) for key in ("optional", "conditional"))
    return Criterion(name, body["label"], is_optional, is_conditional)


def _profile(name: str, body: Mapping[str, Any]) -> Profile:
    def kinds(key: str) -> dict[str, tuple[str, ...]]:
        return {kind: tuple(ids) for kind, ids in body.get(key, {}).items()}

    return Profile(
        name,
        frozenset(body.get("critical", ())),
        kinds("not_scored"),
        body.get("note", ""),
        body["reference"],
        adapted=kinds("adapted"),
        weakness=frozenset(body.get("weakness", ())),
        combine=body.get("combine", ""),
        reason=body.get("reason", ""),
    )


def _rule(body: Mapping[str, Any]) -> Rule:
    return Rule(
        body["grade"],
        body.get("critical_at_least", 0),
        body.get("noncritical_at_least", 0),
        body.get("weaknesses_at_least", 0),
        body.get("answers_at_least", {}),
    )


def _check(body: Mapping[str, Any]) -> Check:
    conditions = tuple(
        (
            tuple(part.get("any_item", ())) or (part["item"],),
            frozenset(part.get("is", ())),
            frozenset(part.get("is_not", ())),
        )
        for part in body["if"]
    )
    return Check(body["remark"], conditions)


# --- what the schema cannot say -------------------------------------------------------------------

_Lines = Mapping[tuple[str | int, ...], int]


def _unfit(body: Mapping[str, Any], lines: _Lines, shown: str) -> Iterator[Problem]:
    """Find names that the file does not define, and cut-offs that no review can reach."""
    for path, found, allowed in _names(body):
        if found not in allowed:
            mend = "Correct the name, or define it."
            yield Problem(
                shown, found, ", ".join(allowed) or "none", mend, lines.get(path), _dotted(path)
            )
    n = len(body.get("items", ()))
    for i, rule in enumerate(body.get("overall", {}).get("rules", ())):
        for key, least in (*rule.items(), *rule.get("answers_at_least", {}).items()):
            if isinstance(least, int) and least > n:
                path = ("overall", "rules", i)
                mend = "A cut-off must not be above the number of items."
                yield Problem(
                    shown, f"{key} at least {least}", f"at most {n}, the number of items", mend,
                    lines.get(path), _dotted(path),
                )  # fmt: skip


_Named = tuple[tuple[str | int, ...], str, Sequence[str]]


def _names(body: Mapping[str, Any]) -> Iterator[_Named]:
    """Give every name that the file uses, with where it stands and what it may be."""
    answers = list(body.get("answers", {}))
    ids = [item["id"] for item in body.get("items", ())]
    parts = [p for item in body.get("items", ()) for p in item.get("parts", {})]
    for i, item in enumerate(body.get("items", ())):
        yield from _names_of_item(item, ("items", i), answers)
        for name, part in item.get("parts", {}).items():
            yield from _names_of_item(part, ("items", i, "parts", name), answers)
    yield from _all(("order",), body.get("order", ()), answers)
    yield from _all(("combine",), body.get("combine", {}).get("absent", ()), answers)
    overall = body.get("overall", {})
    yield from _all(("overall", "weakness"), overall.get("weakness", ()), answers)
    yield from _all(("overall",), [overall[k] for k in ("as_judged",) if k in overall], ids)
    grades = [rule["grade"] for rule in overall.get("rules", ())]
    yield from _all(("overall", "rules"), grades, list(body.get("grades", {})))
    for name, profile in body.get("profiles", {}).items():
        for key in ("critical", "not_scored", "adapted"):
            given = profile.get(key, ())
            listed = [i for x in given.values() for i in x] if isinstance(given, dict) else given
            yield from _all(("profiles", name, key), listed, ids)
    for i, check in enumerate(body.get("checks", ())):
        used = [x for c in check["if"] for x in (c.get("any_item") or [c.get("item", "")])]
        yield from _all(("checks", i), used, ids + parts)


def _names_of_item(
    item: Mapping[str, Any], path: tuple[str | int, ...], answers: Sequence[str]
) -> Iterator[_Named]:
    yield from _all((*path, "answers"), item["answers"], answers)
    criteria = list(item.get("criteria", {}))
    for i, gives in enumerate(item.get("gives", ())):
        yield from _all((*path, "gives", i), [gives["answer"]], item["answers"])
        used = [*gives.get("all_of", ()), *gives.get("any_of", ())]
        yield from _all((*path, "gives", i), used, criteria)
    if criteria:
        yield from _all((*path, "otherwise"), [item.get("otherwise", "")], item["answers"])


def _all(
    path: tuple[str | int, ...], found: Iterable[str], allowed: Sequence[str]
) -> Iterator[_Named]:
    return ((path, name, allowed) for name in found)


def _dotted(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path))
