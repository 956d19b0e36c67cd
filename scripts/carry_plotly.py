"""Carry the plotly.js bundle of the report into the project.

python scripts/carry_plotly.py FOLDER

FOLDER is the unpacked npm package `plotly.js-cartesian-dist-min` (MIT licence): scatter, heat map
and bar, a third of the size of the bundle that the Python package brings. After a change of version
run the browser tests, and look at every figure.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

TARGET = Path(__file__).parents[1] / "gridplan" / "report" / "data"
BUNDLE = "plotly-cartesian.min.js"


def main(folder: Path) -> None:
    text = (folder / BUNDLE).read_text(encoding="utf-8")
    # it stands inside a script element of the page
    for end in ("</script", "<!--", "\r"):
        if end in text:
            sys.exit(f"{folder / BUNDLE} has {end!r}, which would break the page it is put into")
    TARGET.mkdir(exist_ok=True)
    (TARGET / BUNDLE).write_text(text, encoding="utf-8")
    licence = (folder / "LICENSE").read_text(encoding="utf-8")
    (TARGET / "plotly-LICENSE.txt").write_text(licence, encoding="utf-8")
    version = json.loads((folder / "package.json").read_text(encoding="utf-8"))["version"]
    print(f"{TARGET / BUNDLE}: version {version}, {len(text.encode()):,} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
