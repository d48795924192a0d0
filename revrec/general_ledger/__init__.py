"""The journal on its way into a general ledger, and what comes back.

``documents`` says what a document of an export is; ``sources`` makes documents of journal entries
or of posting detail; ``splitting`` keeps them within a ledger's limits; ``layouts`` describes the
files that ledgers import; ``rendering`` writes them; ``references`` matches what was posted there
with what was exported. No input or output: bytes are given back.
"""
