"""Under which consideration of a contract something is billed, where nobody told."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from revrec.model.contract import ConsiderationKind
from revrec.model.events import InvoiceLine
from revrec.model.history import ContractHistory
from revrec.recognition.counts import meters


@dataclass(frozen=True, slots=True)
class Considerations:
    """Considerations of a contract by what they are for; what is for several has none."""

    of_meter: dict[str, str]
    """Meter -> the consideration that charges its use."""
    of_use: dict[str, str]
    """Obligation -> the consideration that charges its use."""
    fixed: dict[str, str]
    """Obligation -> the fixed amount stated for it."""
    any: dict[str, str]
    """Obligation -> the only consideration stated for it."""

    def of_line(self, line: InvoiceLine) -> str | None:
        """What a line bills: the consideration it names, else the one of its obligation."""
        return line.consideration or self.any.get(line.obligation or "")


def considerations_of(history: ContractHistory) -> Considerations:
    """The considerations of a contract over its life."""
    use: dict[str, set[str]] = defaultdict(set)
    fixed: dict[str, set[str]] = defaultdict(set)
    for each in history.consideration:
        if each.obligation is None:
            continue
        if each.kind is ConsiderationKind.FIXED:
            fixed[each.obligation].add(each.id)
        elif each.kind is ConsiderationKind.USAGE:
            use[each.obligation].add(each.id)
    by_meter = {
        meter: set().union(*(use[name] for name in names if name in use))
        for meter, names in meters(history).items()
    }
    every = {name: use[name] | fixed[name] for name in {*use, *fixed}}
    return Considerations(
        of_meter=_single(by_meter), of_use=_single(use), fixed=_single(fixed), any=_single(every)
    )


def _single(found: dict[str, set[str]]) -> dict[str, str]:
    return {name: min(told) for name, told in found.items() if len(told) == 1}
