"""Options that several commands share."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from parapluie.errors import raise_if
from parapluie.schema import document_problems, load_document, plain


def file_in(parser: argparse.ArgumentParser, name: str, text: str, required: bool = True) -> None:
    """Add an option for one input file; an optional one may be given without a value."""
    if required:
        parser.add_argument(f"--{name}", type=Path, required=True, metavar="FILE", help=text)
    else:
        parser.add_argument(f"--{name}", type=Path, nargs="?", metavar="FILE", help=text)


def files_in(parser: argparse.ArgumentParser, name: str, text: str) -> None:
    """Add an option for any number of input files, none included."""
    parser.add_argument(f"--{name}", type=Path, nargs="*", default=[], metavar="FILE", help=text)


def folder_out(parser: argparse.ArgumentParser) -> None:
    """Add the option for the folder that a stage writes."""
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="folder to write")


def read_protocol(path: Path) -> Mapping[str, Any]:
    """Read and check the protocol.

    Raises
    ------
    InputError
        With every fault and its line.
    """
    content, lines = load_document(path, path.as_posix())
    raise_if(document_problems("protocol", content, lines, path.as_posix()))
    protocol: Mapping[str, Any] = plain(content)
    return protocol
