"""Ten workbooks that must not be opened, and a child process that tries within limits."""

from __future__ import annotations

import resource
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

MOST_BYTES, MOST_S = 512 * 2**20, 5
_NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_VND = "application/vnd.openxmlformats-package"
_TYPES = (
    f'<?xml version="1.0"?><Types xmlns="{_PACKAGE}/content-types">'
    f'<Default Extension="rels" ContentType="{_VND}.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_RELS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    f'relationships"><Relationship Id="rId1" Type="{_R}/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>'
)


def cells(*rows: str) -> str:
    return (
        f'<?xml version="1.0"?><worksheet {_NS}><sheetData>{"".join(rows)}</sheetData></worksheet>'
    )


def text_cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def book(path: Path, sheet: str | bytes, *, more: dict[str, bytes] | None = None) -> Path:
    """A workbook of one sheet with this XML."""
    relations = (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        f'relationships"><Relationship Id="rId1" Type="{_R}/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>'
    )
    contents = (
        f'<?xml version="1.0"?><workbook {_NS} xmlns:r="{_R}"><sheets>'
        '<sheet name="customers" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _TYPES)
        archive.writestr("_rels/.rels", _RELS)
        archive.writestr("xl/workbook.xml", contents)
        archive.writestr("xl/_rels/workbook.xml.rels", relations)
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    return path


def bomb(path: Path) -> Path:
    return book(path, b" " * 400_000_000)


def bomb_of_strings(path: Path) -> Path:
    return book(path, cells(), more={"xl/sharedStrings.xml": b"<t>A</t>" * 30_000_000})


def lying_sizes(path: Path) -> Path:
    """A bomb whose archive states a small size for it."""
    bomb(path)
    data = bytearray(path.read_bytes())
    size = struct.pack("<L", 400_000_000)
    for at in (data.find(size), data.rfind(size)):
        data[at : at + 4] = struct.pack("<L", 1000)
    path.write_bytes(data)
    return path


def sparse_giant(path: Path) -> Path:
    return book(path, cells('<row r="1">', text_cell("A1", "x"), "</row>", '<row r="1048576">',
                            text_cell("XFD1048576", "y"), "</row>"))  # fmt: skip


def sparse_without_rows(path: Path) -> Path:
    """Far cells in a row that says nothing of where it is, attributes in another order."""
    return book(path, cells("<row>", "<c s='1' r='A1'><v>1</v></c>", "<c s='1' r='AMJ900000'>",
                            "<v>2</v></c></row>"))  # fmt: skip


def entities(path: Path) -> Path:
    """The laughs, a thousand million of them."""
    laughs = "".join(
        f'<!ENTITY l{n} "{"".join([f"&l{n - 1};"] * 10) if n else "lol"}">' for n in range(10)
    )
    sheet = cells("<row>", text_cell("A1", "&l9;"), "</row>")
    return book(path, sheet.replace("<worksheet", f"<!DOCTYPE x [{laughs}]><worksheet", 1))


def outside_entity(path: Path) -> Path:
    sheet = cells("<row>", text_cell("A1", "&e;"), "</row>")
    kind = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
    return book(path, sheet.replace("<worksheet", f"{kind}<worksheet", 1))


def formulas(path: Path) -> Path:
    """Headings of a ledger over formulas that would start a program, without saved values."""
    heads = "".join(
        text_cell(f"{c}1", h) for c, h in zip("ABC", ("户号", "杆号", "相别"), strict=True)
    )
    danger = "cmd|'/C calc'!A0"
    row = "".join(f'<c r="{c}2"><f>{danger}</f></c>' for c in "ABC")
    return book(path, cells("<row>", heads, "</row><row>", row, "</row>"))


def other_encoding(path: Path) -> Path:
    sheet = cells("<row>", text_cell("A1", "x"), "</row>").replace("1.0", '1.0" encoding="UTF-16')
    return book(path, sheet.encode("utf-16"))


def broken(path: Path) -> Path:
    book(path, cells("<row>", text_cell("A1", "x"), "</row>"))
    path.write_bytes(path.read_bytes()[:-200])
    return path


HOSTILE: dict[str, Callable[[Path], Path]] = {
    "bomb": bomb,
    "bomb of strings": bomb_of_strings,
    "lying sizes": lying_sizes,
    "sparse giant": sparse_giant,
    "sparse without rows": sparse_without_rows,
    "entities": entities,
    "outside entity": outside_entity,
    "formulas": formulas,
    "other encoding": other_encoding,
    "broken": broken,
}


def main(path: str) -> int:
    """Read a workbook with limits on processor time and data; 3 when it is refused."""
    import gridplan as gp
    from gridplan.network.ledger import read_ledger

    read_ledger.__module__  # noqa: B018 -- loaded before the limit counts
    import python_calamine  # noqa: F401

    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime)
    base = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_DATA, (base + MOST_BYTES, base + MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (spent + MOST_S, spent + MOST_S))
    try:
        read_ledger(path)
    except gp.InputError as error:
        print(error)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
