"""What the figures of the appraisal are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from parapluie.appraisal.pictures.looks import GRADES, MARKS, SET, UNGRADED, Look, look_of_cell
from parapluie.appraisal.tool import Item, Profile, Tool
from parapluie.figure.texts import Cell
from parapluie.grid import labels_of


@dataclass(frozen=True)
class Rated:
    """A review with its answers by item, the states of its items, and its grade."""

    review: str
    label: str
    answers: Mapping[str, str]
    states: Mapping[str, str]
    grades: tuple[str, ...] = ()
    basis: str = ""
    source: str = ""

    def look(self, item: str) -> Look:
        """Give the look of the cell of an item."""
        return look_of_cell(self.answers.get(item, ""), self.states.get(item, ""))


@dataclass(frozen=True)
class Sources:
    """The tables of the stage that the figures are made from.

    Parameters
    ----------
    items : DataFrame
        review_id, item, answer, state; a line for each item of each review that somebody rates.
    overall : DataFrame
        review_id, final, final_set, basis, source.
    reviews : DataFrame
        The included reviews: review_id, first_author, year.
    tool, profile : Tool, Profile
    files : sequence of str
        Files of the answers, as shown to users.
    lines : mapping
        Key to a line of figures.csv of the stage.
    prefix : str
        First part of the keys of the cells.
    """

    items: pd.DataFrame
    overall: pd.DataFrame
    reviews: pd.DataFrame
    tool: Tool
    profile: Profile
    files: Sequence[str] = ()
    lines: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    prefix: str = "appraisal.items"

    @cached_property
    def documents(self) -> dict[tuple[str, str], str]:
        """Give the source of each answer, by review and item, where the table names it."""
        if "source" not in self.items:
            return {}
        columns = (self.items[c] for c in ("review_id", "item", "source"))
        return {(r, i): str(s) for r, i, s in zip(*columns, strict=True) if s}

    @cached_property
    def rated(self) -> list[Rated]:
        """Give all included reviews, by name."""
        answers: dict[str, dict[str, str]] = {}
        states: dict[str, dict[str, str]] = {}
        for row in self.items.to_dict("records"):
            answers.setdefault(str(row["review_id"]), {})[str(row["item"])] = str(row["answer"])
            states.setdefault(str(row["review_id"]), {})[str(row["item"])] = str(row["state"])
        grades = {str(row["review_id"]): row for row in self.overall.to_dict("records")}
        found = []
        for review, label in labels_of(self.reviews).items():
            row = grades.get(review, {})
            named = str(row.get("final", "") or row.get("final_set", "") or "")
            found.append(
                Rated(review, label, answers.get(review, {}), states.get(review, {}),
                      tuple(g for g in named.split(";") if g), str(row.get("basis", "")),
                      str(row.get("source", "") or ""))
            )  # fmt: skip
        return sorted(found, key=lambda r: (r.label.casefold(), r.review))

    @property
    def answered(self) -> list[Rated]:
        """Give the reviews whose items somebody has begun to rate."""
        return [r for r in self.rated if r.states]

    @property
    def graded(self) -> list[Rated]:
        """Give the reviews with a grade or a set of grades."""
        return [r for r in self.rated if r.grades]

    def critical(self, item: Item) -> bool:
        """Tell whether an item is critical in the profile."""
        return item.id in self.profile.critical

    def number(self, item: Item) -> str:
        """Give the number of an item, with a star where it is critical."""
        return f"{item.id}*" if self.critical(item) else item.id

    def head(self, item: Item) -> str:
        """Write the head of a column: number and short name."""
        return item.short if self.of_recorded else f"{self.number(item)}  {item.short}"

    def item_name(self, item: Item) -> str:
        """Name an item beside the name of a review."""
        return item.label if self.of_recorded else f"item {item.id}"

    @property
    def of_recorded(self) -> bool:
        """Whether these are ratings of parts as recorded, not answers to items."""
        return self.tool.id == "recorded"

    def grade_words(self, one: Rated) -> str:
        """Write the grade of a review with the mark of where it is from."""
        words = " or ".join(self.tool.grades.get(g, g).lower() for g in one.grades) or "open"
        mark = MARKS.get(one.basis, "")
        return f"{words[0].upper()}{words[1:]}{f' {mark}' if mark else ''}"

    def grade_letters(self, one: Rated) -> str:
        """Write the grade of a review by its first letters."""
        letters = ["".join(w[0] for w in self.tool.grades.get(g, g).split()) for g in one.grades]
        return "/".join(letters).upper() + MARKS.get(one.basis, "") if letters else "?"

    def notes(self, shown: Sequence[Rated]) -> list[list[Cell]]:
        """Say how the tool was used and what the marks mean."""
        if self.of_recorded:
            return [[(f"{self.tool.label}: ratings as recorded by the source, not computed.", "")]]
        notes = [_profile_words(self.tool, self.profile)]
        if self.profile.note:
            notes.append(self.profile.note)
        bases = {r.basis for r in shown}
        if bases & {"recorded", "recorded_set"}:
            notes.append(
                "† Grade as its source records it; answers to the items are not available."
            )
        if "override" in bases:
            notes.append("‡ Grade set by hand; its reason stands in the table of grades.")
        if any(not r.grades for r in shown) and self.tool.grades:
            notes.append("Open: items without a settled answer keep the grade back.")
        return [[(text, "")] for text in notes]


def _profile_words(tool: Tool, profile: Profile) -> str:
    order = [item.id for item in tool.items if item.id in profile.critical]
    said = f"{tool.label}, profile {profile.id}" if profile.id else tool.label
    said += f" ({profile.reference})" if profile.reference else ""
    return f"{said}; * critical item: {', '.join(order)}." if order else f"{said}."


def grade_colour(one: Rated) -> str:
    """Give the colour of the cell that holds a grade."""
    if len(one.grades) == 1:
        return GRADES.get(one.grades[0], SET)
    return SET if one.grades else UNGRADED
