"""Regression results as JUnit XML, which CI systems show as tests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from gridplan.records.baseline import TOLERANCES, Comparison

#: Characters that XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(comparisons: Sequence[Comparison], suite: str, seconds: float) -> bytes:
    """One test case per quantity, grouped by its layer."""
    failed = sum(not row.passed for row in comparisons)
    root = ET.Element("testsuites")
    attributes = {
        "name": _text(suite),
        "tests": str(len(comparisons)),
        "failures": str(failed),
        "errors": "0",
        "time": f"{seconds:.3f}",
    }
    element = ET.SubElement(root, "testsuite", attributes)
    for row in comparisons:
        layer, _, name = row.name.partition("/")
        names = {"classname": _text(f"{suite}.{layer}"), "name": _text(name), "time": "0"}
        case = ET.SubElement(element, "testcase", names)
        if not row.passed:
            failure = ET.SubElement(case, "failure", {"message": _text(str(row)), "type": row.kind})
            failure.text = _text(f"{row}\n{TOLERANCES[row.kind].reason}")
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def _text(value: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", value)
