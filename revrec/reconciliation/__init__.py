r"""Billing, usage and revenue against each other: every difference named, every mistake found.

::

    terms        what a contract promises, when, and what its commercial terms tell
    bills        lines of documents at the service and the month they belong to
    schedules    instalments that terms or invoices prove
    fees         rules over fixed fees          -> named differences
    prices       what each obligation is billed for, and earns, of the fixed price
    metering     usage at one obligation each   \
    timing       what was expected when          } set-wise, in SQL
    charging     usage fees against their bills /
    usage_rules  rules over usage fees          -> named differences
    bridge       rated -> invoiced -> revenue, each difference by its reasons
    findings     mistakes as sentences

The reasons are in ``reasons``, every threshold in ``limits``. Rules run in a fixed order and say
only what the facts prove; what no rule explains stays unexplained.
"""

from revrec.reconciliation.reasons import Reason
from revrec.reconciliation.reconcile import Reconciliation, billing_findings, reconcile

__all__ = ["Reason", "Reconciliation", "billing_findings", "reconcile"]
