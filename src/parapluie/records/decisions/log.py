"""Rayyan's customizations_log.csv: who decided what when, with the owner of each reason."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from parapluie.records.decisions.rows import COLUMNS
from parapluie.tables import Table, _csv_cells
from parapluie.vocabulary import EXCLUDE, INCLUDE, MAYBE

HEADER = ("created_at", "user_id", "user_email", "article_id", "key", "value")
DECISIONS = {"1": INCLUDE, "0": MAYBE, "-1": EXCLUDE}
REASON = "__EXR__"
_KEY = re.compile(r"rayyan-(\d+)")


def is_log(text: str) -> bool:
    """Tell by its header whether a file is Rayyan's log, whatever its name."""
    first = text.lstrip("\ufeff").split("\n", 1)[0].strip().replace('"', "")
    return tuple(first.split(",")) == HEADER


def log_rows(text: str) -> list[dict[str, str]]:
    """Read the rows of a log; ``_row`` is the number that a spreadsheet shows."""
    cells = _csv_cells(Table("log"), text.encode("utf-8", "replace"))[1:]
    padding = [""] * len(HEADER)  # a row that was cut short is kept
    return [
        dict(zip(HEADER, [*(v.strip() for v in row), *padding], strict=False))
        | {"_row": str(number)}
        for number, row in enumerate(cells, start=2)
        if any(row)
    ]


def article_of(values: Mapping[str, Sequence[str]]) -> str:
    """Give the digits of the ``rayyan-NNN`` by which an export names a record; ``""`` if none."""
    found = (_KEY.fullmatch(v.strip()) for vs in values.values() for v in vs)
    return next((m[1] for m in found if m), "")


def reversals(rows: Sequence[Mapping[str, str]]) -> int:
    """Count how often a person changed a decision on a record."""
    return sum(_changes(found) for found in _by_person(rows).values())


def log_decisions(
    rows: Sequence[Mapping[str, str]],
    known: Mapping[str, Mapping[str, object]],
    source_file: str = "customizations_log.csv",
) -> list[dict[str, str]]:
    """Give what each person finally said on each record.

    Parameters
    ----------
    rows : sequence of mapping
        From `log_rows`.
    known : mapping
        Digits of ``rayyan-NNN`` (see `article_of`) to the record in records.csv.
    source_file : str
        Name of the log.

    Returns
    -------
    list of dict
        One row for each person and record, sorted, with all of `COLUMNS`: the last decision with
        its time, and the reasons and labels that the person has not taken back. Where no export
        holds the record, ``record_id`` is empty and the note names the article.
    """
    found = []
    for (person, article), events in sorted(_by_person(rows).items()):
        record = known.get(article, {})
        row = dict.fromkeys(COLUMNS, "")
        row.update({c: str(record.get(c, "") or "") for c in ("record_id", "search_id")})
        row.update(_state(events), tool="rayyan_log", reviewer=person, source_file=source_file)
        codes = ["reversed"] if _changes(events) else []
        codes += ["decision_unknown"] if _unknown(events) else []
        if not record:
            codes.append("unknown_record")
            row["note"] = f"article rayyan-{article}"
        row["warnings"] = ";".join(codes)
        row["origin"] = f"{source_file} line {row['origin']}"
        found.append(row)
    return found


def _by_person(
    rows: Sequence[Mapping[str, str]],
) -> dict[tuple[str, str], list[Mapping[str, str]]]:
    found: dict[tuple[str, str], list[Mapping[str, str]]] = defaultdict(list)
    for row in rows:
        found[row["user_email"] or row["user_id"], row["article_id"]].append(row)
    for events in found.values():
        events.sort(key=lambda r: r["created_at"])
    return found


def _votes(events: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    return [e for e in events if e["key"].strip('"') == "included"]


def _changes(events: Sequence[Mapping[str, str]]) -> int:
    said = [e["value"] for e in _votes(events)]
    return sum(a != b for a, b in itertools.pairwise(said))


def _unknown(events: Sequence[Mapping[str, str]]) -> bool:
    return any(e["value"] not in (*DECISIONS, "deleted") for e in _votes(events)[-1:])


def _state(events: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Give decision, reasons and labels as they stand after the last event."""
    standing: dict[str, None] = {}
    for event in events:
        name = event["key"].strip('"')
        if name == "included":
            continue
        if event["value"] == "deleted":
            standing.pop(name, None)
        else:
            standing[name] = None
    last = _votes(events)[-1:]
    about = (last or list(events[-1:]))[0]
    reasons = [n.removeprefix(REASON) for n in standing if n.startswith(REASON)]
    labels = [n for n in standing if not n.startswith(REASON)]
    return {
        "decision": DECISIONS.get(last[0]["value"], "") if last else "",
        "reason": ";".join(r.replace(";", ",") for r in reasons),
        "labels": ";".join(n.replace(";", ",") for n in labels),
        "time": about["created_at"],
        "origin": about["_row"],
    }
