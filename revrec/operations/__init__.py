"""Verbs: one function is one transaction is one audit event.

``workspace`` holds what they need; ``computing`` turns pinned facts into postings; the rest are
the verbs the command line and the API offer.
"""
