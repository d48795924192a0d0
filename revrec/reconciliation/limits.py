"""What is tolerated and how long it is waited for: every threshold of the reconciliation."""

from __future__ import annotations

ROUNDING_MINOR_PER_LINE = 1
"""Minor units by which a line may differ from exact arithmetic: each line is rounded once."""
INVOICE_DAYS = 10
"""Days after a month by which its usage is expected to be invoiced, when nothing is known of the
customer's rhythm or of an invoice run."""
RUN_DAYS = 5
"""Days an invoice run takes: what the run did not bring by then is missing from it."""
RUN_CONTRACTS_MIN = 2
"""Contracts invoiced for a month from which on there was an invoice run of that month."""
RUN_WITHIN_DAYS = 31
"""Days after a month in which its invoice run is looked for; later bills are late bills."""
FEE_DAYS = 5
"""Days after the agreed day by which a fixed fee must be invoiced."""
CREDIT_DAYS = 10
"""Days after new terms by which the credit that goes with them must be given."""
COMPLETED_DAYS = 30
"""Days after completion by which the rest of a fixed fee is expected, unless the contract's terms
say that it is billed then."""
SIBLINGS_MIN = 2
"""Equal lines from which on an instalment is known without being written in the terms."""
LIST_PRICE_CONTRACTS_MIN = 3
"""Contracts that pay one price for a meter from which on it is the price of the list."""
NAMED_RATIO_MINOR_MIN = 100
"""Least amount in minor units at which a ratio of two amounts says anything."""
CLEARLY_NEARER = 4
"""How many times nearer to the usual rate another reading of a bill must be to be preferred."""
WEIGHT_ATOMS = 10**6
"""Atoms of rated amount in a unit of weight, where a bill is split over the months of its days."""
RATIO_PLACES = 6
"""Decimal places of the scores; they are cut, not rounded, so that 1 means all."""
AGES = ((30, "0-30 days"), (60, "31-60 days"), (90, "61-90 days"))
"""Upper ends of the ageing buckets in days, with their names."""
OLDEST = ">90 days"
CURRENT = "current"
"""The bucket of what is not due yet."""
