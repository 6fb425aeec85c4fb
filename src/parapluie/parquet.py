"""Parquet files of numbers that repeat, written row group by row group.

For tables too large for CSV whose columns hold few distinct values: each value is stored once in
each row group, and the rows name it by a code of one or two bytes, which numpy has ready as bytes.
Nothing is compressed beyond that. DuckDB, which reads the files back, hashes every value to write
them; here the caller knows the codes. The format is that of Apache Parquet 2.9 (parquet.thrift and
Encodings.md), its metadata in Thrift's compact protocol.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

TEXT, INT, FLOAT = 6, 1, 5
"""Physical types: byte arrays (UTF-8), 32-bit integers, doubles."""

_DTYPES = {INT: "<i4", FLOAT: "<f8"}
_PLAIN, _RLE, _CODED = 0, 3, 8
_UTF8 = 0
_MAGIC = b"PAR1"
_MOST_CODES = 1 << 16


@dataclass(frozen=True)
class Values:
    """Distinct values of a column: how many, and their bytes, one after the other."""

    count: int
    data: bytes


@dataclass(frozen=True)
class Chunk:
    """A column of a row group: its distinct values (``None``: written in full) and its rows."""

    values: Values | None
    data: bytes


@dataclass(frozen=True)
class Group:
    """A row group as bytes, with the size of each column and of its distinct values."""

    rows: int
    data: bytes
    sizes: tuple[tuple[int, int], ...]


# --- columns --------------------------------------------------------------------------------------


class Texts:
    """Names whose neighbours are often the distinct values of a column; encoded once.

    Parameters
    ----------
    names : sequence of str
    """

    def __init__(self, names: Sequence[str]) -> None:
        encoded = [name.encode() for name in names]
        self._data = b"".join(len(e).to_bytes(4, "little") + e for e in encoded)
        lengths = np.fromiter((len(e) + 4 for e in encoded), np.int64, len(encoded))
        self._ends = [0, *np.cumsum(lengths).tolist()]

    def part(self, first: int, last: int) -> Values:
        """Give the names from `first` to before `last` as distinct values."""
        return Values(last - first, self._data[self._ends[first] : self._ends[last]])


def numbers(kind: int, values: NDArray[Any]) -> Values:
    """Give distinct numbers."""
    return Values(values.size, values.astype(_DTYPES[kind]).tobytes())


def coded(values: Values, codes: NDArray[Any]) -> Chunk:
    """Make a column of codes: the position of each row's value.

    Raises
    ------
    ValueError
        For more than 65,536 distinct values.
    """
    if values.count > _MOST_CODES:
        raise ValueError(f"{values.count} distinct values; write them in full")
    dtype = np.dtype("<u1" if values.count <= 256 else "<u2")
    whole = -(-codes.size // 8)
    data = codes.astype(dtype).tobytes() + bytes((8 * whole - codes.size) * dtype.itemsize)
    width = bytes([8 * dtype.itemsize])
    return Chunk(values, width + _varint(whole << 1 | 1) + data if codes.size else width)


def runs(values: Values, lengths: Sequence[int], codes: Sequence[int]) -> Chunk:
    """Make a column in which each value stands for a run of rows."""
    size = 1 if values.count <= 256 else 2 if values.count <= _MOST_CODES else 4
    told = (
        _varint(length << 1) + code.to_bytes(size, "little")
        for length, code in zip(lengths, codes, strict=True)
        if length
    )
    return Chunk(values, bytes([8 * size]) + b"".join(told))


def in_full(kind: int, values: NDArray[Any]) -> Chunk:
    """Make a column of numbers that do not repeat."""
    return Chunk(None, values.astype(_DTYPES[kind]).tobytes())


def group(rows: int, chunks: Iterable[Chunk]) -> Group:
    """Join the columns of a row group."""
    parts, sizes = [], []
    for chunk in chunks:
        first = b""
        if chunk.values is not None:
            held = chunk.values
            about = _struct([(1, _int(held.count)), (2, _int(_PLAIN))])
            first = _page(2, len(held.data), (7, about)) + held.data
        encoding = _PLAIN if chunk.values is None else _CODED
        told = enumerate((rows, encoding, _RLE, _RLE), start=1)
        about = _struct([(number, _int(value)) for number, value in told])
        rest = _page(0, len(chunk.data), (5, about)) + chunk.data
        parts += [first, rest]
        sizes.append((len(first), len(rest)))
    return Group(rows, b"".join(parts), tuple(sizes))


def _page(kind: int, size: int, about: _Field) -> bytes:
    return _struct([(1, _int(kind)), (2, _int(size)), (3, _int(size)), about])[1]


# --- the file -------------------------------------------------------------------------------------


@dataclass
class Writer:
    """Write row groups to a file; an earlier file stays until all of them are there.

    Parameters
    ----------
    path : Path
    columns : sequence of (str, int)
        Name and type (`TEXT`, `INT`, `FLOAT`) of each column.
    """

    path: Path
    columns: Sequence[tuple[str, int]]
    rows: int = 0
    _groups: list[_Value] = field(default_factory=list)
    _at: int = len(_MAGIC)
    _file: BinaryIO | None = None

    @property
    def _part(self) -> Path:
        return self.path.with_name(self.path.name + ".part")

    def __enter__(self) -> Writer:
        """Open a file beside the final one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._part.open("wb")
        self._file.write(_MAGIC)
        return self

    def append(self, part: Group) -> None:
        """Write a row group."""
        assert self._file is not None
        self._file.write(part.data)
        told, at = [], self._at
        for (name, kind), (first, rest) in zip(self.columns, part.sizes, strict=True):
            told.append(_column(name, kind, part.rows, at, first, rest))
            at += first + rest
        size = len(part.data)
        self._groups.append(_struct([(1, _list(told)), (2, _long(size)), (3, _long(part.rows))]))
        self._at = at
        self.rows += part.rows

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Write what the file holds and put it in its place; leave nothing after an error."""
        assert self._file is not None
        if kind is None:
            footer = self._footer()
            self._file.write(footer + len(footer).to_bytes(4, "little") + _MAGIC)
        self._file.close()
        if kind is None:
            self._part.replace(self.path)
        else:
            self._part.unlink(missing_ok=True)

    def _footer(self) -> bytes:
        root = _struct([(4, _text("pairs")), (5, _int(len(self.columns)))])
        leaves = [
            _struct(
                [(1, _int(kind)), (3, _int(0)), (4, _text(name))]
                + ([(6, _int(_UTF8))] if kind == TEXT else [])
            )
            for name, kind in self.columns
        ]
        return _struct(
            [
                (1, _int(2)),
                (2, _list([root, *leaves])),
                (3, _long(self.rows)),
                (4, _list(self._groups)),
                (6, _text("parapluie")),
            ]
        )[1]


def _column(name: str, kind: int, rows: int, at: int, first: int, rest: int) -> _Value:
    encodings = [_int(_PLAIN), _int(_RLE), _int(_CODED)] if first else [_int(_PLAIN), _int(_RLE)]
    about = [
        (1, _int(kind)),
        (2, _list(encodings)),
        (3, _list([_text(name)])),
        (4, _int(0)),
        (5, _long(rows)),
        (6, _long(first + rest)),
        (7, _long(first + rest)),
        (9, _long(at + first)),
    ]
    about += [(11, _long(at))] if first else []
    return _struct([(2, _long(at)), (3, _struct(about))])


# --- Thrift's compact protocol --------------------------------------------------------------------

_Value = tuple[int, bytes]
"""Type code and bytes of a value."""

_Field = tuple[int, _Value]


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def _int(value: int) -> _Value:
    return 5, _varint(value << 1)  # none of ours is negative


def _long(value: int) -> _Value:
    return 6, _varint(value << 1)


def _text(value: str) -> _Value:
    encoded = value.encode()
    return 8, _varint(len(encoded)) + encoded


def _list(values: Sequence[_Value]) -> _Value:
    kind = values[0][0] if values else 12
    size = len(values)
    head = bytes([size << 4 | kind]) if size < 15 else bytes([0xF0 | kind]) + _varint(size)
    return 9, head + b"".join(data for _, data in values)


def _struct(fields: Iterable[_Field]) -> _Value:
    """Write fields in ascending order of their numbers, none more than 15 after another."""
    parts, before = [], 0
    for number, (kind, data) in fields:
        parts.append(bytes([(number - before) << 4 | kind]) + data)
        before = number
    return 12, b"".join(parts) + b"\0"
