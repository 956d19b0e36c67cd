"""Workbooks looked at before they are parsed: true sizes, entities, and how far their sheets reach.

A workbook is a zip archive, and an archive can lie: about sizes, about how many cells a sheet has,
about what its XML stands for. Each part is therefore unpacked once in small pieces, which are
counted, looked through and thrown away.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

#: More parts than this are no workbook of a station.
MAX_PARTS = 2_000
#: A sheet whose cells fill less than this share of the rectangle that they span is no table, once
#: the rectangle has this many cells: a reader would make all of them.
LEAST_FILLED, LARGE_CELLS = 0.02, 500_000
_PIECE = 1 << 20
_TAIL = 64  #: bytes of a piece that are looked at again with the next one
_ENTITY = re.compile(rb"<!DOCTYPE|<!ENTITY", re.IGNORECASE)
#: Only far ends count: 99 rows and 26 columns make no giant, however few of their cells are filled.
_CELL_OR_ROW = rb"""<(?:\w+:)?(?:c|row)\s[^>]*?\br=["']"""
_COLUMNS = re.compile(_CELL_OR_ROW + rb"([A-Z]{2,3})\d")
_ROWS = re.compile(_CELL_OR_ROW + rb"""[A-Z]{0,3}(\d{3,7})["']""")
_ANY_CELL = re.compile(rb"<(?:\w+:)?c[ >/]")
_LOCAL = struct.Struct("<4s5H3L2H")
_STORED, _DEFLATED = 0, 8


class HostileError(Exception):
    """An archive that is not to be opened; its text says why."""


@dataclass(slots=True)
class _Reach:
    """How far a sheet's cells reach, and how many there are."""

    rows: int = 99
    columns: int = 26
    cells: int = 0


def check_workbook(path: Path, *, most_bytes: int, most_ratio: int) -> None:
    """Raise ``HostileError`` for a workbook that must not be parsed.

    Parameters
    ----------
    path : an .xlsx file
    most_bytes : of all parts unpacked
    most_ratio : of unpacked to packed size

    Raises
    ------
    HostileError
        It is a bomb, holds entities, or has sheets of a few cells spread over millions.
    zipfile.BadZipFile, OSError
        It is damaged.
    """
    size = path.stat().st_size
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS:
            raise HostileError(f"has {len(parts):,} parts")
        stated = sum(part.file_size for part in parts)
        most = min(most_bytes, most_ratio * max(size, 1))
        if stated > most:
            raise HostileError(f"unpacks from {size:,} to {stated:,} bytes")
        total = 0
        for part in parts:
            if part.compress_type not in {_STORED, _DEFLATED} or part.flag_bits & 1:
                raise HostileError(f"part {part.filename!r} is packed in a way that is not read")
            reach = _Reach()
            tail = b""
            for piece in _unpacked(file, part):
                total += len(piece)
                if total > most:
                    raise HostileError(f"unpacks from {size:,} to more than {most:,} bytes")
                _look(tail, piece, part.filename, reach)
                tail = piece[-_TAIL:]
            _judge(part.filename, reach)


def _unpacked(file: BinaryIO, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of a part, whatever size the archive states for it."""
    file.seek(part.header_offset)
    head = file.read(_LOCAL.size)
    if len(head) < _LOCAL.size or head[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile("a part does not begin where the archive says")
    fields = _LOCAL.unpack(head)
    file.seek(fields[9] + fields[10], 1)
    left = part.compress_size
    unpack = zlib.decompressobj(-zlib.MAX_WBITS) if part.compress_type == _DEFLATED else None
    try:
        while left > 0:
            packed = file.read(min(_PIECE, left))
            if not packed:
                raise zipfile.BadZipFile("a part ends too early")
            left -= len(packed)
            if unpack is None:
                yield packed
                continue
            while packed and not unpack.eof:
                yield unpack.decompress(packed, _PIECE)
                packed = unpack.unconsumed_tail
    except zlib.error as error:
        raise zipfile.BadZipFile(str(error)) from error


def _look(tail: bytes, piece: bytes, name: str, reach: _Reach) -> None:
    """Look through a piece for entities and cells."""
    if name.startswith("xl/media/"):
        return
    text = tail + piece
    if name.endswith(".xml") and not tail and b"\0" in piece[:200]:
        raise HostileError(f"part {name!r} is not UTF-8")
    if _ENTITY.search(text):
        raise HostileError(f"part {name!r} defines entities")
    reach.cells += len(_ANY_CELL.findall(piece))
    columns, rows = set(_COLUMNS.findall(text)), set(_ROWS.findall(text))
    reach.columns = max([reach.columns, *map(_column, columns)])
    reach.rows = max([reach.rows, *map(int, rows)])


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _judge(name: str, reach: _Reach) -> None:
    area = reach.rows * reach.columns
    if area > LARGE_CELLS and reach.cells < LEAST_FILLED * area:
        what = f"{reach.cells:,} cells spread over {reach.rows:,} rows, {reach.columns:,} columns"
        raise HostileError(f"part {name!r} has {what}")
