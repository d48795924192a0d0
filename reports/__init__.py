"""What people read: data sets on their way to workbooks, their twins and a manifest.

Nothing here queries or computes accounting. ``cover`` says whose report it is and on which inputs
it rests; ``totals`` adds up data sets exactly; ``workbook`` writes them for people,
``csv_twin`` and ``parquet_twin`` for programs; ``schedules``, ``journal`` and ``reconciliation``
choose what goes into the three files of a close. The same inputs give the same bytes.
"""
