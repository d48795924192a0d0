"""Commitments and credits: facts in, balances at any date and what reconciles the bills out.

::

    lots         what grants and commitments are to draw on
    accounts     who draws on what: contracts and pools, and what happens to their lots
    burn         the use of accounts, drawn day by day
    standing     where credits stand at a date, and what draws are worth as paid
    consumption  how far commitments are consumed, and what is missing
    billing      under which consideration something is billed
    charges      what should have been billed for them
    documents    the invoice or credit memo that reconciles what was billed with it
    performance  use as obligations are performed by it, for the engine
    position     all of it at the end of a day
    agreement    what was drawn beside what the engine counts

Which lot gives for which use is ``revrec.drawing``, the same for the engine's entitlements.
"""
