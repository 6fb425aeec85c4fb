"""Figures and lines that the report makes itself: unchecked rows, claims, problems, its date."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from parapluie import claims, rounding
from parapluie.tables import Table as TextTable
from parapluie.trace import ALL, Figures, Rows, at_rows

_DAY = re.compile(r"^(\d{4}-\d{2}-\d{2})(?:[T ].*)?$")
_DATE_COLUMNS = ("date", "time", "locked", "search_date")
_CHECKED = ("extraction/", "appraisal/")
_PLACES = ("file", "row", "lines", "column", "search_id", "effect_id", "report_id", "review_id")


def add_unchecked(figures: Figures, data: Mapping[str, TextTable]) -> None:
    """Count the extracted rows that no second person checked, by table."""
    listed = []
    for name, table in sorted(data.items()):
        if not name.startswith(_CHECKED) or not table.rows:
            continue
        n = sum(not row.get("checked_by") for row in table.rows)
        slug = re.sub(r"[^a-z0-9]+", "_", name.rsplit(".", 1)[0].lower())
        key = figures.add(
            f"unchecked.{slug}",
            n,
            rule="Rows of this table whose cell checked_by is empty.",
            basis=[Rows(table.shown, "checked_by=", n)],
            unit="rows",
        )
        listed.append((key, n))
    if listed:
        figures.add(
            "unchecked_rows",
            sum(n for _, n in listed),
            rule="Extracted and appraised rows whose cell checked_by is empty, in all tables.",
            rests_on=[key for key, _ in listed],
            unit="rows",
        )


_OVERVIEW = (
    (
        "C18",
        "unique primary studies in the flow = studies of the citation matrix",
        "prisma.studies_unique",
        "overlap.all.r",
    ),
    (
        "C20",
        "included reviews with a grade of quality = reviews included",
        "appraisal.overall.rated",
        "included.reviews",
    ),
)
"""Identities between stages: name, rule, and the two figures that must be equal."""


def add_overview_checks(
    figures: Figures, lines: Mapping[str, Mapping[str, str]]
) -> list[dict[str, str]]:
    """Compare figures of different stages that must be equal (identities of an overview).

    Parameters
    ----------
    figures : Figures
        Takes both sides of each identity.
    lines : mapping
        Every figure of the stages by its key.

    Returns
    -------
    list of dict
        Rows like those of checks.csv of prisma, with the scope ``overview``.
    """
    rows = []
    for name, rule, left, right in _OVERVIEW:
        sides = {"left": lines.get(left, {}), "right": lines.get(right, {})}
        missing = next((k for k in (left, right) if not lines.get(k, {}).get("value")), "")
        reason = f"{missing} is not available" if missing else ""
        for side, key in zip(sides, (left, right), strict=True):
            value = "" if missing else sides[side]["value"]
            figures.add(
                f"checks.{name}.{side}",
                value or None,
                rule=f"One side of the identity: {rule}.",
                rests_on=[key] if key in lines else [],
                absent="" if value else f"not_checkable: {reason}",
            )
        equal = "yes" if sides["left"].get("value") == sides["right"].get("value") else "no"
        rows.append(
            {
                "scope": "overview",
                "identity": name,
                "rule": rule,
                "left": "" if missing else sides["left"]["value"],
                "right": "" if missing else sides["right"]["value"],
                "holds": "not_checkable" if missing else equal,
                "reason": reason,
            }
        )
    return rows


def add_claims(
    figures: Figures, compared: Sequence[Mapping[str, str]], shown: str, known: Iterable[str]
) -> None:
    """Count claims by what came of them, and give each printed number its key."""
    keys = set(known)
    used = {row["key"] for row in compared} | {f"{row['key']}.percent" for row in compared}
    for result in claims.RESULTS if compared else ():
        figures.add(
            f"claims.{result}",
            sum(row["result"] == result for row in compared),
            rule=f"Claims with the result “{result.replace('_', ' ')}”.",
            basis=[Rows(shown, ALL, len(compared))],
            rests_on=used & keys,
            unit="claims",
        )
    for row in compared:
        for column in ("printed", "printed_percent"):
            if row[column]:
                number = rounding.decimal(row[column])
                figures.add(
                    f"claims.{row['row']}.{column}",
                    row[column] if number is None else str(number),
                    rule="As the manuscript prints it.",
                    basis=[Rows(shown, at_rows([int(row["row"])]), 1)],
                    source=row["where"],
                )


def problem_rows(stages: Mapping[str, Sequence[Mapping[str, str]]]) -> list[dict[str, str]]:
    """Put the problems of all stages into one form: stage, place, what."""
    return [
        _problem(name.split("/")[0], row)
        for name, rows in stages.items()
        if name.endswith("/problems")
        for row in rows
        if row.get("kind") != "consistency"
    ]


def _problem(stage: str, row: Mapping[str, str]) -> dict[str, str]:
    place = [f"{c.replace('_', ' ')} {row[c]}" for c in _PLACES if row.get(c)]
    if row.get("mend") and row.get("allowed"):
        what = f"{row['found']}; expected: {row['allowed']}. {row['mend']}"
    else:
        what = ": ".join(str(v) for c, v in row.items() if v and c not in _PLACES)
    return {"stage": stage, "place": ", ".join(place).removeprefix("file "), "what": what}


def unknown_claims(compared: Iterable[Mapping[str, str]], shown: str) -> Iterator[dict[str, str]]:
    """Name claims whose key no figure has."""
    for row in compared:
        if row["result"] == claims.UNKNOWN_KEY:
            place = f"{shown}, row {row['row']}, column key"
            yield {"stage": "claims", "place": place, "what": row["reason"]}


def missing_references(
    lines: Mapping[str, Mapping[str, Any]],
) -> Iterator[dict[str, str]]:
    """Name figures that rest on a key that no stage made."""
    for key, line in lines.items():
        for other in str(line["rests_on"]).split(";"):
            if other and other not in lines:
                what = f"{key} rests on {other}, which no stage made"
                yield {"stage": key.split(".")[0], "place": "figures.csv", "what": what}


def latest_date(data: Mapping[str, TextTable], protocol: Mapping[str, Any]) -> str:
    """Give the latest day written in the tables and the protocol; ``""`` if none is.

    The date of a report is never that of a file or of a clock.
    """
    days = [
        found.group(1)
        for table in data.values()
        for column in _DATE_COLUMNS
        if column in table.columns
        for row in table.rows
        if (found := _DAY.match(row.get(column, "")))
    ]
    dated = [protocol.get("registration") or {}, *(protocol.get("amendments") or [])]
    days += [m.group(1) for part in dated if (m := _DAY.match(str(part.get("date", ""))))]
    return max(days, default="")
