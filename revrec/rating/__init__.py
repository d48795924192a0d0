"""Rating: from counted usage to amounts, by the rate cards contracts agreed to.

::

    windows      days over which totals, allowances and minimums count
    pieces       one price as stretches of the running total, exact
    catalogue    which price holds for which usage, since when
    tables       the same as tables
    rate         all usage at once: running totals -> pieces -> amounts
    events       prices of single transactions, with what is free of them
    promotions   promotional credits, drawn from what was rated
    metering     what does not add up by days: peaks, distinct users, levels held over time
    grants       burn-down: which credits pay for which use, what is left at any moment
    settlement   credits over lines, commitments within commitments, invoices
    proration    parts of periods

The rated lines enter the usage ledger as rows like any other; see ``revrec.usage.rerating``.
"""
