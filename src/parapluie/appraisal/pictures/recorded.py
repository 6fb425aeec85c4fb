"""Ratings of parts, such as domains of ROBIS, as sources record them: parts by reviews."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from parapluie.appraisal.answers import Source
from parapluie.appraisal.pictures.sources import Sources
from parapluie.appraisal.tool import Item, Profile, Tool, load_tool, plain
from parapluie.trace import Figures, Rows, where

PREFIX = "appraisal.recorded_parts"
TITLE = "Ratings as sources record them"
CAPTION = "Reviews by parts of the tool; letters: ratings as recorded, not computed."


def recorded_sources(
    reviews: pd.DataFrame, recorded: Sequence[Source], main: str
) -> Sources | None:
    """Give what the table of recorded ratings is made from; ``None`` where there is none.

    Parameters
    ----------
    reviews : DataFrame
        The included reviews.
    recorded : sequence of Source
        Tables review_id, part, rating, source.
    main : str
        The tool whose grades stand in the table of its items, so not here.
    """
    used = [s for s in recorded if s.tool != main and load_tool(s.tool).parts]
    rows = [row for source in used for row in _rows(source, set(reviews["review_id"]))]
    if not rows:
        return None
    items = pd.DataFrame(rows)
    tools = sorted({load_tool(s.tool).id: load_tool(s.tool) for s in used}.items())
    parts = [_item(tool, part) for _, tool in tools for part in tool.parts]
    shown = [i for i in parts if i.id in set(items["item"])]
    label = ", ".join(tool.label for _, tool in tools)
    whole = Tool("recorded", label, tuple(shown), {}, {}, {}, {}, (), ())
    none = pd.DataFrame(columns=["review_id", "final", "final_set", "basis", "source"])
    return Sources(items, none, reviews, whole, Profile("", frozenset(), {}, "", ""),
                   [s.shown for s in used], prefix=PREFIX)  # fmt: skip


def _item(tool: Tool, part: str) -> Item:
    name = f"{tool.label} {part}"
    return Item(f"{tool.id}.{part}", name, name, tool.ratings)


def _rows(source: Source, included: set[str]) -> Iterator[dict[str, Any]]:
    parts = set(load_tool(source.tool).parts)
    for row in source.data.to_dict("records"):
        if row["review_id"] in included and row["part"] in parts and row["rating"]:
            rating = plain(str(row["rating"])).replace(" ", "_")
            yield {
                "review_id": str(row["review_id"]),
                "item": f"{source.tool}.{row['part']}",
                "answer": rating,
                "state": "recorded",
                "source": str(row.get("source", "") or ""),
                "part": str(row["part"]),
                "file": source.shown,
            }


def add_figures(sources: Sources, made: Figures) -> None:
    """Give each recorded rating its key, with its row and its source."""
    for row in sources.items.to_dict("records"):
        key = f"{PREFIX}.{row['review_id']}.{row['item']}"
        if key not in made.lines:
            rows = Rows(row["file"], where(review_id=row["review_id"], part=row["part"]), 1)
            made.add(
                key.removeprefix("appraisal."), row["answer"].replace("_", " "),
                rule="rating as recorded by the source", basis=[rows],
                rests_on=["included.reviews"], source=row["source"],
            )  # fmt: skip
