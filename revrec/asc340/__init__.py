"""The rules of ASC 340-40: what it costs to win and to carry out a contract.

The same kind of functions as in ``asc606``: pure, exact, each with its paragraphs. Beside the five
steps, never inside them: what a contract cost moves no cent of its revenue.
"""
