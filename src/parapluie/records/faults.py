"""Faults that are found before any record is read into a frame, told alike by check and stage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from parapluie.errors import Problem


def other_count(
    place: tuple[str, int], search_id: str, declared: int, read: int, files: Sequence[str]
) -> Problem:
    """Say that a search declared another number of records than its files hold.

    Parameters
    ----------
    place : (str, int)
        searches.csv as shown, and the row of the search.
    search_id : str
        The search.
    declared, read : int
        Numbers of records: as the source said, and in the files.
    files : sequence of str
        Names of the files.
    """
    return Problem(
        place[0],
        f"{declared}, but {read} records in {', '.join(files)}",
        "the number of records in the files of the search",
        "Export again what is missing or correct the number; or accept the difference, with its "
        f"reason, as {search_id} under records.accept_count in config/config.yaml, or by "
        f"--accept-count '{search_id}=REASON'.",
        place[1],
        "declared_records",
    )


def changed(
    place: tuple[str, int], names: Sequence[str], noted: Sequence[str], now: Mapping[str, str]
) -> Iterator[Problem]:
    """Report exports that are no longer what they were when their search was written down.

    Parameters
    ----------
    place : (str, int)
        searches.csv as shown, and the row of the search.
    names : sequence of str
        Its files.
    noted : sequence of str
        SHA-256 of each, as the row has it; nothing is compared where it is empty.
    now : mapping
        Name of a file to the SHA-256 of its content, as far as it is there.
    """
    if noted and len(noted) != len(names):
        yield Problem(
            place[0],
            f"{len(noted)} for {len(names)} files",
            "one for each file, in their order",
            "Correct the list or empty the cell.",
            place[1],
            "sha256",
        )
        return
    for name, before in zip(names, noted, strict=False):
        if now.get(name, before) != before:
            yield Problem(
                place[0],
                f"{name!r} with another content ({now[name][:12]}) than was noted ({before[:12]})",
                "the export as it was: decisions rest on its records",
                "Put the first file back. A new export of the search is a search of its own: give "
                "it another name and a row. If the file was mended on purpose, empty the cell.",
                place[1],
                "sha256",
            )


def same_content(shown: str, named: Iterable[tuple[int, str, str]]) -> Iterator[Problem]:
    """Report files that are the same, byte for byte: one export would count twice.

    Parameters
    ----------
    shown : str
        searches.csv as shown.
    named : iterable of (int, str, str)
        Row of searches.csv, name of the file, and the SHA-256 of its content.
    """
    first: dict[str, tuple[int, str]] = {}
    for row, name, digest in named:
        if digest in first:
            other = first[digest]
            yield Problem(
                shown,
                f"{name!r}, the same file as {other[1]!r} in row {other[0]}",
                "each export once",
                "Remove one of them, or export again.",
                row,
                "files",
            )
        first.setdefault(digest, (row, name))
