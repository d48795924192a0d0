"""What each command is for: the duties of which one lets somebody run it, once people are enrolled.

Which role has which duties is the database's to say. Commands that are not listed open no books.
"""

from __future__ import annotations

from collections.abc import Mapping

from revrec.model.people import Duty

_READ = frozenset({Duty.READ})
_RECORD = frozenset({Duty.RECORD, Duty.PREPARE})
_PREPARE = frozenset({Duty.PREPARE})
_APPROVE = frozenset({Duty.APPROVE})
_CLOSE = frozenset({Duty.PREPARE, Duty.APPROVE, Duty.CONTROL})
_CHECK = _RECORD | _CLOSE
_CONTROL = frozenset({Duty.PREPARE, Duty.CONTROL})
_INSPECT = frozenset({Duty.INSPECT})
_AUDIT = frozenset({Duty.AUDIT})
_OPERATE = frozenset({Duty.OPERATE})
_ADMINISTER = frozenset({Duty.ADMINISTER})
_ANY = frozenset(Duty)

NEEDS: Mapping[str, frozenset[Duty]] = {
    "load": _RECORD,
    "ingest": _RECORD,
    "rate": _RECORD,
    "flags": _READ,
    "usage batches": _READ,
    "usage batch": _READ,
    "usage days": _READ,
    "usage rules": _READ,
    "usage count": _RECORD,
    "usage compare": _READ,
    "usage totals": _READ,
    "usage rows": _READ,
    "usage statement": _READ,
    "usage roll-up": _OPERATE,
    "quarantine list": _READ,
    "quarantine show": _READ,
    "quarantine release": _PREPARE,
    "quarantine request": _PREPARE,
    "quarantine requests": _READ,
    "quarantine approve": _APPROVE,
    "quarantine reject": _PREPARE,
    "refused list": _READ,
    "refused show": _READ,
    "refused release": _PREPARE,
    "refused dismiss": _PREPARE,
    "decide-ahead": _CLOSE,
    "close": _CLOSE,
    "cut-off": _CONTROL,
    "reopen": _CONTROL,
    "waive": _CONTROL,
    "consent": _CLOSE,
    "status": _READ,
    "gates": _READ,
    "checklist list": _READ,
    "checklist prepare": _PREPARE,
    "checklist sign": _APPROVE,
    "explain posting": _READ,
    "explain contract": _READ,
    "explain obligation": _READ,
    "explain fact": _READ,
    "explain period": _READ,
    "explain line": _READ,
    "changes": _READ,
    "verify": _READ,
    "replay": _READ,
    "diff": _READ,
    "propose": _PREPARE,
    "combinations": _READ,
    "reconcile": _READ,
    "checks run": _CHECK,
    "findings list": _READ,
    "findings show": _READ,
    "findings assign": _CLOSE,
    "findings accept": _CLOSE,
    "findings start": _CLOSE,
    "findings resolve": _CLOSE,
    "findings reopen": _CLOSE,
    "findings note": _CLOSE,
    "misstatements": _READ,
    "assess": _PREPARE,
    "estimate": _PREPARE,
    "proposals": _READ,
    "decide": _APPROVE,
    "override": _PREPARE,
    "forecast": _READ,
    "look-back": _READ,
    "ssp-study": _PREPARE,
    "memos": _READ,
    "balances": _READ,
    "burn-down": _READ,
    "trial-balance": _READ,
    "parallel": _READ,
    "cutover": _READ,
    "books compare": _READ,
    "books rules": _READ,
    "commitments": _READ,
    "true-up": _READ,
    "settle": _PREPARE,
    "calculate": _READ,
    "prorate": _READ,
    "export": _READ,
    "export-journal": _PREPARE,
    "exports": _READ,
    "posted-references": _RECORD,
    "compact": _OPERATE,
    "serve": _OPERATE,
    "users begin": _ANY,
    "users add": _ADMINISTER,
    "users grant": _ADMINISTER,
    "users end": _ANY,
    "users except": frozenset({Duty.CONTROL}),
    "users list": _INSPECT,
    "keys add": _ANY,
    "keys rotate": _ANY,
    "keys revoke": _ANY,
    "keys list": _INSPECT,
    "audit-log": _INSPECT,
    "sample draw": _AUDIT,
    "sample results": _AUDIT,
    "sample evaluate": _AUDIT,
    "evidence": _INSPECT,
    "sample pack": _READ,
    "sample list": _READ,
    "sample show": _READ,
    "webhooks add": _ADMINISTER,
    "webhooks list": _INSPECT,
    "webhooks rotate": _ADMINISTER,
    "webhooks end": _ADMINISTER,
    "webhooks deliveries": _INSPECT,
    "webhooks replay": _OPERATE,
    "webhooks deliver": _OPERATE,
    "jobs start": _READ | _RECORD,
    "jobs cancel": _READ | _RECORD,
    "jobs list": _READ,
    "jobs show": _READ,
    "jobs work": _OPERATE,
}


def command_of(path: str) -> str:
    """The command of a path such as ``revrec users add``, however the program was called."""
    return path.partition(" ")[2]
