"""Everything that is wrong with a county's sheets, in one list."""

from __future__ import annotations

from dataclasses import dataclass, field

from gridplan.errors import Fault

MAX_LISTED = 100  #: faults of one kind that are listed; more of them are counted


@dataclass(slots=True)
class Faults:
    """Everything that is wrong or worth saying, in order."""

    found: list[Fault] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        """Whether anything refuses the input."""
        return any(fault.severity == "error" for fault in self.found)

    def error(self, code: str, where: str, what: str, remedy: str) -> None:
        """Add what refuses the input."""
        self._add(code, where, what, remedy, "error", 1)

    def warn(self, code: str, where: str, what: str, remedy: str) -> None:
        """Add what is hard to believe."""
        self._add(code, where, what, remedy, "warning", 1)

    def note(self, code: str, where: str, what: str, rows: int = 1) -> None:
        """Add what was done."""
        self._add(code, where, what, "", "note", rows)

    def _add(self, code: str, where: str, what: str, remedy: str, kind: str, rows: int) -> None:
        self.found.append(
            Fault(
                code=f"screen-{code}",
                where=where,
                what=what,
                remedy=remedy,
                severity=kind,
                rows=rows,
            )
        )

    def collapsed(self) -> list[Fault]:
        """The faults, with those of a kind and sheet beyond the first hundred counted in one."""
        count: dict[tuple[str, str], int] = {}
        last: dict[tuple[str, str], Fault] = {}
        listed = []
        for fault in self.found:
            key = fault.code, fault.where.rpartition(":")[0]
            count[key], last[key] = count.get(key, 0) + 1, fault
            if count[key] <= MAX_LISTED:
                listed.append(fault)
        for key, number in count.items():
            if number > MAX_LISTED:
                more, fault = number - MAX_LISTED, last[key]
                what = f"{more} more like these, the last at {fault.where}"
                listed.append(
                    Fault(
                        code=fault.code,
                        where=key[1],
                        what=what,
                        remedy=fault.remedy,
                        severity=fault.severity,
                        rows=more,
                    )
                )
        return listed
