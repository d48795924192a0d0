"""Commitments and credits: facts in, balances at any date and what reconciles the bills out.

::

    accounts     who draws on what: contracts, pools, and the lots that the facts make
    burn         the use of accounts, drawn day by day
    standing     where credits and commitments stand at a date
    charges      what should have been billed for them
    documents    the invoice or credit memo that reconciles what was billed with it
    performance  use as obligations are performed by it, for the engine
    agreement    what was drawn beside what the engine counts

Which lot gives for which use is ``revrec.drawing``, the same for the engine's entitlements.
"""
