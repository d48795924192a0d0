"""Rating: from counted usage to amounts, by the rate cards contracts agreed to.

::

    windows      days over which totals, allowances and minimums count
    pieces       one price as stretches of the running total, exact
    catalogue    which price holds for which usage, since when
    tables       the same as tables
    rate         all usage at once: running totals -> pieces -> amounts
    events       prices of single transactions, with what is free of them
    promotions   promotional credits, drawn from what was rated

The rated lines enter the usage ledger as rows like any other; see ``revrec.usage.rerating``.
"""
