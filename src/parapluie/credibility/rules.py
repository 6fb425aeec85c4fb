"""Sets of rules: read from YAML, checked, and made into requirements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parapluie import tables
from parapluie.credibility.conditions import (
    ABOVE,
    AT_LEAST,
    AT_MOST,
    BELOW,
    IS,
    MISSING,
    Criterion,
    Requirement,
    alone,
    criteria_of,
)
from parapluie.credibility.facts import FACTS, Fact, fact_of
from parapluie.errors import InputError, Problem, raise_if
from parapluie.schema import document_problems, load_document, plain

LADDER, DOWNGRADES = "ladder", "downgrades"
NOT_ASSESSABLE, FAILS = "not_assessable", "fails"

FOLDER = Path(__file__).parent / "rule_sets"
"""Sets of rules that come with parapluie."""

Lines = Mapping[tuple[str | int, ...], int]
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Rung:
    """A class of a ladder with what it takes."""

    name: str
    label: str
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True)
class Step:
    """A step of a domain: the points taken off where all requirements hold."""

    requirements: tuple[Requirement, ...]
    down: int


@dataclass(frozen=True)
class Domain:
    """A domain of downgrades: the first step that fits counts, else `otherwise`."""

    name: str
    steps: tuple[Step, ...]
    otherwise: int


@dataclass(frozen=True)
class Equivalence:
    """What counts as no effect (a range), and as a large one, on the natural scale."""

    difference: tuple[float, float]
    ratio: tuple[float, float]
    large_difference: float = float("inf")
    large_ratio: float = float("inf")


@dataclass(frozen=True)
class RuleSet:
    """A set of rules.

    Parameters
    ----------
    name, label, kind, source, note : str
        Of its file; `kind` is `LADDER` or `DOWNGRADES`.
    missing : str
        `NOT_ASSESSABLE` or `FAILS`: what a criterion comes to whose fact is not known.
    effects : tuple of str
        Kinds of effect that it is for; empty for all.
    rungs : tuple of Rung
        Of a ladder, the best first.
    otherwise : (str, str)
        Class where no rung is reached, and its label.
    grades : tuple of (str, int or None)
        Of downgrades: class and the most points it may lose, the best first.
    domains : tuple of Domain
    equivalence : Equivalence or None
    options : mapping
        Options with their values.
    file : str
        As shown to users; empty for a set that comes with parapluie.
    """

    name: str
    label: str
    kind: str
    source: str
    note: str = ""
    missing: str = NOT_ASSESSABLE
    effects: tuple[str, ...] = ()
    rungs: tuple[Rung, ...] = ()
    otherwise: tuple[str, str] = ("", "")
    grades: tuple[tuple[str, int | None], ...] = ()
    domains: tuple[Domain, ...] = ()
    equivalence: Equivalence | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""

    @property
    def classes(self) -> tuple[str, ...]:
        """Its classes, the best first."""
        if self.kind == LADDER:
            return (*(r.name for r in self.rungs), self.otherwise[0])
        return tuple(name for name, _ in self.grades)

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """Every criterion once, in the order in which they first stand."""
        parts = [r.requirements for r in self.rungs]
        parts += [s.requirements for d in self.domains for s in d.steps]
        return tuple(dict.fromkeys(c for reqs in parts for r in reqs for c in criteria_of(r)))


# --- reading --------------------------------------------------------------------------------------


def shipped() -> list[str]:
    """Name the sets of rules that come with parapluie, sorted."""
    return sorted(p.stem for p in FOLDER.glob("*.yaml"))


def find(name: str, own: Sequence[Path] = ()) -> Path | None:
    """Give the file of a set of rules: one of the team's first, then one that is shipped."""
    for path in own:
        if path.stem == name:
            return path
    found = FOLDER / f"{name}.yaml"
    return found if found.is_file() else None


def load(
    path: Path, options: Mapping[str, Any] | None = None, missing: str = "", shown: str = ""
) -> RuleSet:
    """Read a set of rules.

    Parameters
    ----------
    path : Path
        The YAML file.
    options : mapping
        Other values of its options.
    missing : str
        What stands in the place of its `missing`.
    shown : str
        Name of the file in messages; default the path.

    Raises
    ------
    InputError
        With every fault of the file and of the options.
    """
    shown = shown or path.as_posix()
    content, lines = load_document(path, shown)
    content = numbers_read(plain(content) or {})
    raise_if(document_problems("credibility/rule_set", content, lines, shown))
    chosen = {**content.get("options", {}), **(options or {})}
    reader = _Reader(shown, lines, chosen)
    raise_if([*_other_options(content, options or {}, shown), *reader.faults(content, path.stem)])
    return reader.made(content, missing, "" if path.parent == FOLDER else shown)


def chosen(
    wanted: Sequence[Mapping[str, Any]], own: Sequence[Path], shown: str
) -> tuple[list[RuleSet], list[Problem]]:
    """Load sets of rules by their names.

    Parameters
    ----------
    wanted : sequence of mapping
        ``id``, and perhaps ``options`` and ``missing``, as a protocol has them.
    own : sequence of Path
        Files of the team.
    shown : str
        Where the sets are chosen, in messages.

    Returns
    -------
    (list of RuleSet, list of Problem)
        The sets without faults, and every fault of the others.
    """
    found, problems = [], []
    for entry in wanted:
        name = str(entry.get("id", ""))
        path = find(name, own)
        if path is None:
            known = ", ".join([*shipped(), *(p.stem for p in own)])
            problems.append(
                Problem(shown, f"set of rules {name!r}", known,
                        f"Correct the name, or write data/credibility/{name}.yaml.",
                        column="credibility.rule_sets")
            )  # fmt: skip
            continue
        try:
            said = path.as_posix() if path in own else path.name
            found.append(load(path, entry.get("options"), entry.get("missing", ""), said))
        except InputError as error:
            problems.extend(error.problems)
    return found, problems


def numbers_read(content: Any, inside: bool = False) -> Any:
    """Turn texts that are numbers into numbers where numbers stand: YAML takes 1e-6 for a text."""
    if isinstance(content, Mapping):
        return {
            k: numbers_read(v, inside or k in ("criteria", "when", "options", "any_of"))
            for k, v in content.items()
        }
    if isinstance(content, list):
        return [numbers_read(v, inside) for v in content]
    if inside and isinstance(content, str):
        value = tables.parse_number(content)
        return content if value is None else value
    return content


def _other_options(
    content: Mapping[str, Any], options: Mapping[str, Any], shown: str
) -> Iterator[Problem]:
    known = content.get("options") or {}
    for name, value in options.items():
        if name not in known:
            yield Problem(
                shown, f"option {name}", ", ".join(known) or "no options",
                "Correct the name of the option where the set of rules is chosen.",
            )  # fmt: skip
        elif isinstance(value, list) is not isinstance(known[name], list):
            wanted = "a list of two numbers" if isinstance(known[name], list) else "a number"
            yield Problem(shown, f"{name}: {value!r}", wanted, "Correct the value of the option.")


# --- what a schema cannot say ---------------------------------------------------------------------

_OF_KIND = {LADDER: ("classes", "otherwise"), DOWNGRADES: ("grades", "domains")}
_COMPARED = {ABOVE, BELOW, AT_LEAST, AT_MOST}


class _Reader:
    """Reads the parts of one file, with its lines for messages and its options for thresholds."""

    def __init__(self, shown: str, lines: Lines, options: Mapping[str, Any]) -> None:
        self.shown, self.lines, self.options = shown, lines, options

    def fault(self, place: Place, found: str, allowed: str, mend: str) -> Problem:
        row = next((self.lines[place[:i]] for i in range(len(place), -1, -1)
                    if place[:i] in self.lines), None)  # fmt: skip
        return Problem(self.shown, found, allowed, mend, row, ".".join(map(str, place)))

    def faults(self, content: Mapping[str, Any], stem: str) -> Iterator[Problem]:
        """Give what a schema cannot find."""
        if content["id"] != stem:
            yield self.fault(("id",), repr(content["id"]), stem, "Name the file like the id.")
        kind = content["kind"]
        for key in _OF_KIND[kind]:
            if key not in content:
                yield self.fault((), f"no {key}", f"{key} in a set of kind {kind}", "Add the key.")
        for other in (k for ks in _OF_KIND.values() for k in ks if k not in _OF_KIND[kind]):
            if other in content:
                yield self.fault(
                    (other,), f"{other} in a set of kind {kind}", ", ".join(_OF_KIND[kind]),
                    "Remove the key, or change the kind.",
                )  # fmt: skip
        yield from self._names(content)
        yield from self._ranges(content)
        for place, criteria in _criteria(content):
            yield from self._criteria_faults(place, criteria, "equivalence" in content)

    def _names(self, content: Mapping[str, Any]) -> Iterator[Problem]:
        named: list[tuple[Place, str]] = [
            ((key, i, "class"), entry["class"])
            for key in ("classes", "grades")
            for i, entry in enumerate(content.get(key) or [])
        ]
        if "otherwise" in content:
            named.append((("otherwise", "class"), content["otherwise"]["class"]))
        seen: set[str] = set()
        for place, name in named:
            if name in seen:
                yield self.fault(place, f"{name!r} twice", "each class once", "Rename one of them.")
            seen.add(name)
        grades = content.get("grades") or []
        most = [g.get("most") for g in grades]
        rising = all(m is not None for m in most[:-1]) and most[:-1] == sorted(set(most[:-1]))
        if grades and not (rising and most[-1] is None):
            yield self.fault(
                ("grades",), f"most: {most}", "rising numbers, and none for the last class",
                "Write how many points each class may lose, from the best class on.",
            )  # fmt: skip

    def _ranges(self, content: Mapping[str, Any]) -> Iterator[Problem]:
        for key, name in (content.get("equivalence") or {}).items():
            value = self.options.get(name)
            wanted = float if key.startswith("large") else list
            if value is None or isinstance(value, list) is not (wanted is list):
                yield self.fault(
                    ("equivalence", key), repr(name),
                    f"the name of an option that is {'a list' if wanted is list else 'a number'}",
                    "Add the option, or correct its name.",
                )  # fmt: skip
            elif key.startswith("ratio") and min(value) <= 0:
                yield self.fault(("equivalence", key), repr(value), "ratios above 0",
                                 "Give ratios on the natural scale.")  # fmt: skip

    def _criteria_faults(
        self, place: Place, criteria: Mapping[str, Any], ranged: bool
    ) -> Iterator[Problem]:
        for name, test in criteria.items():
            if name == "any_of":
                for i, alternative in enumerate(test):
                    yield from self._criteria_faults((*place, name, i), alternative, ranged)
                continue
            fact = fact_of(name)
            if fact is None:
                yield self.fault((*place, name), f"fact {name}", ", ".join(FACTS),
                                 "Correct the name of the fact.")  # fmt: skip
                continue
            yield from self._test_faults((*place, name), fact, test, ranged)

    def _test_faults(
        self, place: Place, fact: Fact, test: Mapping[str, Any], ranged: bool
    ) -> Iterator[Problem]:
        from parapluie.credibility.facts import RANGED

        if fact.name in RANGED and not ranged:
            yield self.fault(place, fact.name, "a set with the key equivalence",
                             "Add equivalence: the range that counts as no effect.")  # fmt: skip
        if (fact.name == "power") is not ("for_smd" in test):
            have = "without" if fact.name == "power" else "with"
            yield self.fault(
                place, f"{fact.name} {have} for_smd", "for_smd with power, and with no other fact",
                "Say for which standardised difference the power is meant.",
            )  # fmt: skip
        for operator in [o for o in test if o != "for_smd"]:
            yield from self._operator_faults((*place, operator), fact, operator, test[operator])

    def _operator_faults(
        self, place: Place, fact: Fact, operator: str, given: Any
    ) -> Iterator[Problem]:
        allowed = ""
        if operator == IS:
            said = [_word(w) for w in (given if isinstance(given, list) else [given])]
            if not fact.words or any(w not in fact.words for w in said):
                allowed = ", ".join(fact.words) or "a comparison with a number, as above: 5"
        elif operator in _COMPARED and fact.words:
            if not fact.ordered or operator in (ABOVE, BELOW) or given not in fact.words:
                allowed = (
                    f"at_least or at_most with one of {', '.join(fact.words)}"
                    if fact.ordered else f"is: {' or '.join(fact.words)}"
                )  # fmt: skip
        elif operator in _COMPARED and self._number(given) is None:
            allowed = f"a number, or one of the options {', '.join(self.options) or '(none)'}"
        if allowed:
            yield self.fault(place, f"{operator}: {given!r}", allowed, "Correct the test.")

    def _number(self, given: Any) -> float | None:
        value = self.options.get(given, None) if isinstance(given, str) else given
        return float(value) if isinstance(value, int | float) else None

    # --- making -----------------------------------------------------------------------------------

    def made(self, content: Mapping[str, Any], missing: str, file: str) -> RuleSet:
        """Make the set of a content without faults."""
        other = content.get("otherwise") or {}
        return RuleSet(
            name=content["id"],
            label=content["label"],
            kind=content["kind"],
            source=content["source"],
            note=content.get("note", ""),
            missing=missing or content.get("missing", NOT_ASSESSABLE),
            effects=tuple(content.get("effects", ())),
            rungs=tuple(self._rung(c) for c in content.get("classes", ())),
            otherwise=(other["class"], other.get("label", "")) if other else ("", ""),
            grades=tuple((g["class"], g.get("most")) for g in content.get("grades", ())),
            domains=tuple(self._domain(d) for d in content.get("domains", ())),
            equivalence=self._equivalence(content.get("equivalence")),
            options=dict(self.options),
            file=file,
        )

    def _rung(self, entry: Mapping[str, Any]) -> Rung:
        return Rung(entry["class"], entry.get("label", ""), self._all_of(entry["criteria"]))

    def _domain(self, entry: Mapping[str, Any]) -> Domain:
        steps = tuple(Step(self._all_of(s["when"]), s["down"]) for s in entry["steps"])
        return Domain(entry["domain"], steps, entry["otherwise"])

    def _equivalence(self, entry: Mapping[str, Any] | None) -> Equivalence | None:
        if not entry:
            return None
        return Equivalence(**{k: _range(self.options[name]) for k, name in entry.items()})

    def _all_of(self, criteria: Mapping[str, Any]) -> tuple[Requirement, ...]:
        found: list[Requirement] = []
        for name, test in criteria.items():
            if name == "any_of":
                found.append(tuple(
                    tuple(c for n, t in alternative.items() for c in self._tests(n, t))
                    for alternative in test
                ))  # fmt: skip
            else:
                found += [alone(c) for c in self._tests(name, test)]
        return tuple(found)

    def _tests(self, name: str, test: Mapping[str, Any]) -> list[Criterion]:
        fact = fact_of(name)
        assert fact is not None
        key = f"{fact.name}@{test['for_smd']:g}" if "for_smd" in test else fact.name
        return [self._criterion(key, fact, o, v) for o, v in test.items() if o != "for_smd"]

    def _criterion(self, key: str, fact: Fact, operator: str, given: Any) -> Criterion:
        if operator == MISSING:
            return Criterion(key, MISSING)
        if operator == IS:
            said = [_word(w) for w in (given if isinstance(given, list) else [given])]
            return Criterion(key, IS, words=frozenset(fact.words.index(w) for w in said))
        if fact.words:
            return Criterion(key, operator, float(fact.words.index(given)))
        number = self._number(given)
        assert number is not None
        return Criterion(key, operator, number)


def _criteria(content: Mapping[str, Any]) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Give every mapping of criteria with its place."""
    for i, entry in enumerate(content.get("classes") or []):
        yield ("classes", i, "criteria"), entry["criteria"]
    for i, domain in enumerate(content.get("domains") or []):
        for j, step in enumerate(domain["steps"]):
            yield ("domains", i, "steps", j, "when"), step["when"]


def _word(given: Any) -> str:
    """Give a word as written; YAML takes yes and no for true and false."""
    return {True: "yes", False: "no"}.get(given, str(given)) if isinstance(given, bool) else given


def _range(value: Any) -> Any:
    return (min(value), max(value)) if isinstance(value, list) else float(value)
