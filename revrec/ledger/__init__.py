"""The ledger: postings as the difference to what is posted, journal entries, their chain."""
