"""Policies that ship with revrec, as data: elections with their paragraphs, and accounts."""
