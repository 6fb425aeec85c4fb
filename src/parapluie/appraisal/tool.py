"""Tools of appraisal as data: items, answers, profiles."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(__file__).parent / "tools"

NO_META_ANALYSIS, NOT_APPLICABLE = "no_meta_analysis", "not_applicable"


@dataclass(frozen=True)
class Item:
    """One item, or one part of an item that is answered per design of study."""

    id: str
    label: str
    short: str
    answers: tuple[str, ...]
    read_as: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Item, ...] = ()


@dataclass(frozen=True)
class Profile:
    """How a tool is used: critical items, and items that are not scored for a kind of review."""

    id: str
    critical: frozenset[str]
    not_scored: Mapping[str, tuple[str, ...]]
    note: str
    reference: str


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
    body: dict[str, Any] = {}
    if path.is_file():
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Tool(
        id=name,
        label=body.get("label", name),
        items=tuple(_item(part) for part in body.get("items", ())),
        codes={answer: tuple(codes) for answer, codes in body.get("answers", {}).items()},
        together={answer: tuple(ids) for answer, ids in body.get("together", {}).items()},
        grades=body.get("grades", {}),
        profiles={key: _profile(key, part) for key, part in body.get("profiles", {}).items()},
        parts=tuple(body.get("parts", ())),
        ratings=tuple(body.get("ratings", ())),
    )


def _item(body: Mapping[str, Any]) -> Item:
    parts = tuple(
        Item(name, body["label"], body["short"], tuple(part["answers"]), part.get("read_as", {}))
        for name, part in body.get("parts", {}).items()
    )
    return Item(body["id"], body["label"], body["short"], tuple(body["answers"]), {}, parts)


def _profile(name: str, body: Mapping[str, Any]) -> Profile:
    left_out = {kind: tuple(ids) for kind, ids in body.get("not_scored", {}).items()}
    return Profile(
        name, frozenset(body["critical"]), left_out, body.get("note", ""), body["reference"]
    )
