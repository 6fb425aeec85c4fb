"""Which files under ``data/`` a review has, by their part; only lists of files are read."""

from __future__ import annotations

from pathlib import Path

from parapluie import tables
from parapluie.schema import load_document

TABLE_ENDINGS = (".csv", ".tsv", ".xlsx")

MAPPING = ".mapping.yaml"
"""What follows the name of an export in the name of the file that says what its columns hold."""

EXTRACTION = frozenset(
    {
        "reports",
        "reviews",
        "studies",
        "study_facts",
        "study_links",
        "effects",
        "study_effects",
        "findings",
        "framework",
        "themes",
        "overlap_distribution",
        "choices",
        "relevance",
    }
)
"""Tables of extraction that a stage reads by name; the others may serve figures.yaml."""


def table(data: Path, stem: str) -> list[str]:
    """Give the file of a human table as a list of one path, or an empty list."""
    folder, name = (data / stem).parent, (data / stem).name
    found = tables.locate(folder, name)
    return [found.as_posix()] if found else []


def exports(data: Path) -> list[str]:
    """Give the search exports that searches.csv names, in its order, and mappings beside them."""
    named = []
    for path in table(data, "search/searches"):
        for row in tables.read_text(Path(path)).rows:
            named += tables.split_list(row.get("files", ""))
    paths = [(data / "search" / "raw" / name).as_posix() for name in dict.fromkeys(named)]
    mappings = [path + MAPPING for path in paths]
    return paths + [path for path in mappings if Path(path).is_file()]


def decisions(data: Path) -> list[str]:
    """Give the files of decisions that rounds.csv names, in its order."""
    named = []
    for path in table(data, "screening/rounds"):
        for row in tables.read_text(Path(path)).rows:
            parts = [row.get(c, "") for c in ("stage", "round", "reviewer")]
            if all(parts):
                named.append(data.joinpath("screening", *parts).with_suffix(".csv").as_posix())
    return list(dict.fromkeys(named))


def pdfs(data: Path) -> list[str]:
    """Give the full texts that are there: in the folder, and those that fulltexts.csv names."""
    found = {p.as_posix() for p in (data / "fulltexts" / "pdf").glob("*.pdf")}
    for path in table(data, "fulltexts/fulltexts"):
        named = [data / row["file"] for row in tables.read_text(Path(path)).rows if row.get("file")]
        found |= {p.as_posix() for p in named if p.is_file()}
    return sorted(found)


def appraisals(data: Path, kind: str) -> list[str]:
    """Give the files of appraisal of one kind.

    Parameters
    ----------
    kind : str
        ``ratings`` (one file a rater and consensus, or one sheet a rater and review),
        ``recorded``, ``counts`` or ``overrides``.
    """
    special = ("recorded", "counts", "overrides")
    files = sorted(
        p for p in (data / "appraisal").glob("*/*") if p.is_file() and p.suffix in TABLE_ENDINGS
    )
    wanted = [p for p in files if (p.stem == kind if kind in special else p.stem not in special)]
    if kind not in special:
        wanted += rating_sheets(data)
    return [p.as_posix() for p in wanted]


def rating_sheets(data: Path) -> list[Path]:
    """Give the sheets of raters, ``appraisal/TOOL/RATER/REVIEW``, without marks of open files."""
    found = (data / "appraisal").glob("*/*/*")
    kept = [p for p in found if p.suffix in TABLE_ENDINGS and not p.name.startswith((".", "~$"))]
    return sorted(p for p in kept if p.is_file())


def appraisal_tools(data: Path) -> list[str]:
    """Give the tools of appraisal that the team defined."""
    return sorted(p.as_posix() for p in (data / "appraisal").glob("*/tool.yaml"))


def rule_sets(data: Path) -> list[str]:
    """Give the sets of rules for credibility that the team wrote."""
    return sorted(p.as_posix() for p in (data / "credibility").glob("*.yaml"))


def extraction(data: Path) -> list[str]:
    """Give every table of extraction."""
    return sorted(
        p.as_posix() for p in (data / "extraction").glob("*") if p.suffix in TABLE_ENDINGS
    )


def every_file(data: Path) -> list[str]:
    """Give every file under ``data/`` but the full texts and hidden files."""
    return sorted(
        p.as_posix()
        for p in data.rglob("*")
        if p.is_file()
        and not any(part.startswith(".") for part in p.relative_to(data).parts)
        and p.relative_to(data).parts[:2] != ("fulltexts", "pdf")
    )


def quoted(data: Path) -> list[str]:
    """Give the tables that may hold quotes: extraction, decisions at full text.

    Quotes of raters are looked up with their answers, once all raters of a review are done.
    """
    full_text = [p for p in decisions(data) if "/full_text/" in p]
    return extraction(data) + full_text


def read_by_stages(data: Path) -> list[str]:
    """Give every file under ``data/`` that some stage reads."""
    stems = (
        "search/searches",
        "search/overrides",
        "search/removed",
        "search/recorded_flow",
        "screening/rounds",
        "fulltexts/fulltexts",
        "claims",
    )
    tables_named = [path for stem in stems for path in table(data, stem)]
    appraised = [
        path
        for kind in ("ratings", "recorded", "counts", "overrides")
        for path in appraisals(data, kind)
    ]
    documents = [
        (data / name).as_posix()
        for name in ("README.md", "protocol.yaml", "figures.yaml")
        if (data / name).is_file()
    ]
    known = [p for p in extraction(data) if Path(p).stem in EXTRACTION]
    return sorted(
        {
            *tables_named,
            *appraised,
            *documents,
            *known,
            *exports(data),
            *decisions(data),
            *of_team_figures(data),
            *rule_sets(data),
            *appraisal_tools(data),
        }
    )


def of_team_figures(data: Path) -> list[str]:
    """Give the tables that figures.yaml names."""
    path = data / "figures.yaml"
    if not path.is_file():
        return []
    content, _ = load_document(path, path.as_posix())
    named = {str(f["table"]) for f in content or []}
    named |= {str(f["join"]["table"]) for f in content or [] if "join" in f}
    return sorted((data / name).as_posix() for name in named)
