"""Disclosures and audit papers as data sets: what was earned, owed and promised, and the proof.

``schedules`` derives them from a book, its accounting and what was posted; nothing here reads or
writes a store. ``frame`` holds the inputs as tables, the other modules are one schedule each, and
``tie_outs`` compares every total with every other.
"""

from revrec.disclosure.disclose import Schedules, schedules
from revrec.disclosure.key_figures import KeyFigures

__all__ = ["KeyFigures", "Schedules", "schedules"]
