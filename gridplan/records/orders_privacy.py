"""What may not enter a ledger: numbers by which a person is known or reached.

A history that is never rewritten cannot forget; so such text is refused before it is written. Names
cannot be recognised: people stand in a ledger by their staff or customer number.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gridplan.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: What is refused, with its pattern: numbers of mobile phones and identity cards of the PRC, names
#: in a chat service.
_PERSONAL = {
    "a phone number": re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)"),
    "an identity number": re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)"),
    "a chat name": re.compile(r"微信|wechat|wxid", re.IGNORECASE),
}

#: Longest text of a field.
MAX_CHARACTERS = 500


def text_faults(texts: Mapping[str, str]) -> Iterator[Fault]:
    """What is wrong with free texts, by the name of their field."""
    for name, text in texts.items():
        if len(text) > MAX_CHARACTERS:
            what = f"has {len(text)} characters"
            remedy = f"keep it below {MAX_CHARACTERS}"
            yield Fault(code="long-text", where=name, what=what, remedy=remedy)
        for what, pattern in _PERSONAL.items():
            if pattern.search(text):
                yield Fault(
                    code="personal-data",
                    where=name,
                    what=f"looks like {what}, which a ledger must not hold",
                    remedy="use the staff number or the customer number",
                )
