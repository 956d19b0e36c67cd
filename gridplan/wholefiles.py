"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def replace_file(path: Path, content: str | bytes) -> Path:
    """Write ``content`` to a new file beside ``path`` and rename it into place; text is UTF-8.

    A reader sees the old file or the new one, never half of it; an interrupted run leaves the old.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        draft.write_bytes(data)
        os.replace(draft, path)  # noqa: PTH105 -- the one call that replaces on Windows, too
    finally:
        draft.unlink(missing_ok=True)
    return path
