"""Rows for searches.csv from what exports tell of themselves: a start, for a person to complete."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from parapluie.errors import InputError, Problem
from parapluie.records.decisions import is_log
from parapluie.records.pieces import Export, cut, read_piece
from parapluie.records.readers import recognise
from parapluie.records.scan import decode

COLUMNS = (
    "search_id", "source", "platform", "kind", "search_date", "declared_records", "files", "sha256",
    "ids", "strategy_file", "batch", "note",
)  # fmt: skip
"""Columns of searches.csv, with a note that says what is left to do."""

PLATFORMS = {
    "ovid": "Ovid", "ebsco": "EBSCOhost", "proquest": "ProQuest", "embase": "Embase.com",
    "scopus": "Scopus", "wos": "Web of Science", "cochrane": "Cochrane Library",
    "pubmed": "PubMed", "lens": "Lens.org", "dimensions": "Dimensions", "openalex": "OpenAlex",
    "psycnet": "APA PsycNet", "eric": "ERIC (eric.ed.gov)",
}  # fmt: skip
"""Platform by the dialect of an export; reference managers and screening tools name none."""

SOURCES = {
    "pubmed": "PubMed", "scopus": "Scopus", "embase": "Embase", "wos": "Web of Science",
    "cochrane": "Cochrane Library", "lens": "Lens.org", "dimensions": "Dimensions",
    "openalex": "OpenAlex", "psycnet": "APA PsycInfo", "eric": "ERIC",
}  # fmt: skip
"""Source by the dialect, where the records do not name their database."""

IN_NAMES = {
    "medline": "MEDLINE", "pubmed": "PubMed", "embase": "Embase", "psycinfo": "APA PsycInfo",
    "psychinfo": "APA PsycInfo", "cinahl": "CINAHL", "central": "CENTRAL", "cctr": "CENTRAL",
    "cochrane": "Cochrane Library", "scopus": "Scopus", "wos": "Web of Science",
    "webofscience": "Web of Science", "eric": "ERIC", "econlit": "EconLit", "lens": "Lens.org",
    "openalex": "OpenAlex", "dimensions": "Dimensions", "epistemonikos": "Epistemonikos",
    "campbell": "Campbell Library", "greenfile": "GreenFILE", "lilacs": "LILACS",
    "assia": "ASSIA", "amed": "AMED",
}  # fmt: skip
"""Sources by what people call their files; a guess, and the note says so."""

REGISTERS = re.compile(r"(?i)\b(CENTRAL|trials|register|registry|clinicaltrials|ictrp|prospero)\b")


def suggested(
    contents: Mapping[str, Any],
    known: Sequence[Mapping[str, str]] = (),
    mappings: Mapping[str, Any] | None = None,
) -> list[dict[str, str]]:
    """Give a row for each export that no row of searches.csv names yet.

    The number that the source declared is left empty: only the person who searched knows it, and
    filling in what was counted would check nothing. The note gives the count to compare with.

    Parameters
    ----------
    contents : mapping
        Name of a file under data/search/raw/ to its bytes.
    known : sequence of mapping
        The rows of searches.csv.
    mappings : mapping, optional
        Name of a file to the mapping that says what its columns hold.

    Raises
    ------
    InputError
        If a file is no export of records; every one is named.
    """
    named = {n.strip() for row in known for n in row.get("files", "").split(";")}
    taken = {row.get("search_id", "") for row in known}
    rows: list[dict[str, str]] = []
    problems: list[Problem] = []
    new = {name: content for name, content in contents.items() if name not in named}
    logs = {name: content for name, content in new.items() if _is_log(content)}
    of_rayyan = []
    for name in (name for name in new if name not in logs):
        row, dialect, faults = _row(name, new[name], (mappings or {}).get(name))
        problems.extend(faults)
        if row:
            row["search_id"] = _free(row["search_id"], taken)
            rows.append(row)
            of_rayyan.extend([row] if dialect == "rayyan" else [])
    problems.extend(_put_beside(logs, of_rayyan))
    if problems:
        raise InputError(problems)
    return rows


def _is_log(content: Any) -> bool:
    return is_log(decode(bytes(content[:2000]))[0])


def _put_beside(logs: Mapping[str, Any], rows: Sequence[dict[str, str]]) -> Iterator[Problem]:
    """Put Rayyan's log into the row of Rayyan's articles; more of them a person must assign."""
    if len(logs) == len(rows) == 1:
        ((name, content),) = logs.items()
        rows[0]["files"] += f";{name}"
        rows[0]["sha256"] += f";{hashlib.sha256(content).hexdigest()}"
        return
    for name, content in logs.items():
        yield from recognise(f"data/search/raw/{name}", content)[1]


def _row(
    name: str, content: Any, mapping: Mapping[str, Any] | None
) -> tuple[dict[str, str] | None, str, list[Problem]]:
    reader, problems = recognise(f"data/search/raw/{name}", content, mapping)
    if reader is None:
        return None, "", problems
    pieces = list(cut(reader, content))
    dialect = reader.dialect(reader.scan(bytes(content[: pieces[0][1]])))
    about = Export("", "", "", False, name, dialect)
    read = [read_piece(reader, bytes(content[a:b]), about, line) for a, b, line in pieces]
    count = sum(len(piece.rows) for piece in read)
    bases = Counter(row["database"] for piece in read for row in piece.rows if row["database"])
    said = _source(bases) or SOURCES.get(dialect, "")
    source = said or _named(name)
    row = dict.fromkeys(COLUMNS, "")
    row |= {
        "search_id": _short(source or PurePath(name).stem),
        "source": source,
        "platform": PLATFORMS.get(dialect, ""),
        "kind": "register" if REGISTERS.search(source) else "database" if source else "",
        "files": name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "note": _note(count, reader.NAME, said, source),
    }
    return row, dialect, []


def _source(bases: Counter[str]) -> str:
    """Give the database that records name; of several, that of nearly all."""
    if not bases:
        return ""
    (name, n), *_ = bases.most_common(1)
    return re.sub(r"\(R\)|®", "", name).strip() if n >= 0.9 * bases.total() else ""


def _named(name: str) -> str:
    """Guess the source from the name of the file."""
    words = re.split(r"[^a-z]+", PurePath(name).stem.lower())
    return next((IN_NAMES[word] for word in words if word in IN_NAMES), "")


def _note(count: int, form: str, said: str, source: str) -> str:
    records = "1 record" if count == 1 else f"{count} records"
    guess = "; the source is a guess from the name of the file" if source and not said else ""
    todo = ["search_date", "declared_records"] + ([] if source else ["source", "kind"])
    return f"{records} read ({form}){guess}; still to fill in: {', '.join(todo)}"


def _short(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "search"


def _free(wanted: str, taken: set[str]) -> str:
    n, found = 1, wanted
    while found in taken:
        n += 1
        found = f"{wanted}_{n}"
    taken.add(found)
    return found
