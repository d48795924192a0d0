"""Step 5: the arithmetic. One SQL for progress and recognition, over every segment at once.

``measures`` and ``progress.sql`` find exact ratios, ``recognise.sql`` multiplies and rounds;
``arithmetic`` is their face. One contract is a table of one row: there is no second, slower or
faster, path.
"""
